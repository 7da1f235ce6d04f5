"""`seedbed export`: a record as tables for other programs. The tables themselves are `seedbed.store.exporting`'s."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", show_default=False, help="A folder that a run has left.")],
    to: Annotated[Literal["csv"], typer.Option("--to", help="The form of the tables.")] = "csv",
    record: Annotated[str | None, typer.Option(metavar="NAME", help="Which record, where a run left several.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", show_default=False, help="Where; DIR/export unless given.")
    ] = None,
) -> None:
    """Write a record as tables for other programs.

    members.csv has a line for each network, with its setting, its seed and its last values; traces.csv one for each
    network and step. Runs nothing.
    """
    from seedbed.store import open_record
    from seedbed.store.exporting import write_csv

    inside = folder / "record" if (folder / "record").is_dir() else folder
    found = open_record(inside, record)
    for path in {"csv": write_csv}[to](found, folder / "export" if out is None else out):
        typer.echo(path)
