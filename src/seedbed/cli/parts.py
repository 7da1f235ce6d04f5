"""`seedbed run --part` and `seedbed merge`: a run in parts, for batch systems. What they do is `catalogue.parts`."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated, Any

import typer

from seedbed.cli.progress import watching
from seedbed.study import Study

MOST_NAMED = 6  # missing parts that are listed


def run_parts(chosen: Mapping[str, Study], part: str, options: Sequence[str], **how: Any) -> None:
    """Train one part of every study, and say what is there and what comes next."""
    from seedbed.catalogue.parts import read_part, run_part

    mine = read_part(part)
    for word, study in chosen.items():
        with watching(quiet=False) as listen, redirect_stdout(sys.stderr):
            command = shlex.join(["seedbed", "run", word, *options])
            done = run_part(study, mine, listen=listen, command=command, **how)
        trained = ", ".join(f"{name} {count} seed{'s' * (count != 1)}" for name, count in done.seeds.items())
        typer.echo(f"{word}, part {mine.number} of {mine.count}: {trained or 'no seeds are left for it'}")
        if done.left:
            typer.echo(f"left to the run after merging: {', '.join(done.left)}")
        typer.echo(f"kept in {done.folder}; when all parts are there: seedbed merge DIR..., then {command}")


def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR", show_default=False)],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where they are put together.")] = Path("seedbed-runs"),
) -> None:
    """Put together what seedbed run --part has left.

    DIR is the --out of a part. Every block is checked against its digest; parts may come in any order, again, or
    later. Parts of different runs, or made by different programs or kinds of devices, are refused. Trains nothing: the
    same command without --part then writes the report.
    """
    from seedbed.catalogue.parts import merge_parts
    from seedbed.store.files import readable

    incomplete = False
    for one in merge_parts(folders, out):
        at = [] if out == Path("seedbed-runs") else ["--out", shlex.quote(str(out))]
        command = " ".join([one.command, *at])
        there = f", {one.merged.there} were there" if one.merged.there else ""
        typer.echo(f"{one.study}: {one.merged.copied} blocks copied to {one.folder}{there}")
        for damage in one.merged.damaged:
            typer.echo(f"{readable(damage.path)}: {damage.reason}; left out, and trained again by the run")
        if one.missing:
            incomplete = True
            listed = ", ".join(map(str, one.missing[:MOST_NAMED])) + ", …" * (len(one.missing) > MOST_NAMED)
            typer.echo(
                f"missing of {one.parts} parts: {listed}; run: {one.command} --part {one.missing[0]}/{one.parts}"
            )
        typer.echo(f"report, and whatever is missing: {command}")
    if incomplete:
        raise typer.Exit(1)
