"""`seedbed data`: which data sets can be had, and fetching one. Mirrors and digests are `seedbed.data.fetch`."""

from typing import Annotated

import typer

from seedbed.cli.screen import write_json, write_rows
from seedbed.errors import DataError, nearest

app = typer.Typer(no_args_is_help=False, rich_markup_mode=None, help="List data sets, or fetch one.")


@app.command("list")
def list_sets(as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False) -> None:
    """List the data sets that can be fetched.

    Each is shown with whether it is here already. SEEDBED_DATA=DIR uses local copies.
    """
    from seedbed.data.fetch import DATASETS, available

    rows = [
        {"name": name, "says": _says(DATASETS[name]), "here": "yes" if available(name) else "no"} for name in DATASETS
    ]
    if as_json:
        write_json(rows)
    else:
        write_rows(rows)


@app.command("fetch")
def fetch_set(name: Annotated[str, typer.Argument(metavar="NAME", show_default=False)]) -> None:
    """Fetch a data set, check its digest, and print where its files are."""
    from seedbed.data.fetch import DATASETS, fetch

    if name not in DATASETS:
        raise DataError(f'no data set "{name}"{nearest(name, DATASETS)} (seedbed data list)')
    typer.echo(fetch(name))


def _says(dataset: object) -> str:
    return str(getattr(dataset, "says", dataset))
