"""Commands that work: run and report. What a run does is `seedbed.catalogue`; here are its words and its ending."""

import json
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from seedbed.cli.answer import reports, write_answer
from seedbed.cli.levels import changes
from seedbed.cli.parts import run_parts
from seedbed.cli.pick import pick
from seedbed.cli.progress import watching
from seedbed.cli.screen import terminal
from seedbed.errors import StoreError, UserError
from seedbed.study import ProfileName, Study


def run(
    studies: Annotated[
        list[str], typer.Argument(metavar="STUDY", show_default=False, help="Names, files such as mine.py, or all.")
    ],
    profile: Annotated[
        ProfileName, typer.Option(help="smoke: seconds. quick: minutes. full: as its source has it.")
    ] = "quick",
    seeds: Annotated[str | None, typer.Option(metavar="256|0:1000|42,7", help="How many seeds, or which.")] = None,
    levels: Annotated[
        list[str] | None, typer.Option("--set", metavar="FACTOR=LEVEL,LEVEL", help="Set or vary a factor (repeatable).")
    ] = None,
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="Use data files in this folder.")] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where results are kept.")] = Path("seedbed-runs"),
    engine: Annotated[Literal["jax", "reference"], typer.Option(help="reference is plain NumPy, and slow.")] = "jax",
    until: Annotated[
        Literal["settled"] | None,
        typer.Option(help="Add seeds until all pairs of settings are settled, at most --seeds."),
    ] = None,
    margin: Annotated[
        float, typer.Option(metavar="SHARE", min=0.001, max=0.999, help="Settled also means: the same within this.")
    ] = 0.1,
    sources: Annotated[
        int | None,
        typer.Option(metavar="8", min=2, max=16, help="Cross initial weights, data and order, so many levels each."),
    ] = None,
    keep_older: Annotated[
        bool, typer.Option("--keep-older", help="Keep what another program trained; the report says so.")
    ] = False,
    part: Annotated[
        str | None, typer.Option(metavar="3/16", help="Train only this part of the seeds; see merge.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write summary.json to standard output, nothing else.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before a full run.")] = False,
) -> None:
    """Run studies and write their reports.

    Each leaves its report, its numbers and its record in DIR/STUDY/. With --json and several studies, standard output
    is the list of their summaries; one that fails stands there as its error, and the others are run.

    What is kept already is not run again, so an interrupted run goes on where it stopped. With --part 3/16 only the
    third sixteenth of the seeds is trained, and no report is written: for batch systems, see seedbed merge.
    """
    from seedbed.catalogue import data_at_hand, run_study
    from seedbed.spec import read_seeds

    chosen, asked = pick(studies), changes(levels or [])
    wanted = None if seeds is None else read_seeds(seeds)
    if data is not None and not data.is_dir():
        raise UserError(f'--data takes a folder with data files, got "{data}", which is not one; check the path')
    if profile == "full" and not yes and sys.stdin.isatty() and terminal(sys.stderr):
        _confirm(list(chosen.values()))
    options = _options(profile=profile, seeds=seeds, levels=levels or (), data=data, out=out, engine=engine)
    options += _further(until=until, margin=margin, sources=sources) + ["--keep-older"] * keep_older
    if part is not None:
        if until or sources or as_json:
            raise UserError("a part has no report, so --part goes without --until, --sources and --json")
        whole = _options(profile=profile, seeds=seeds, levels=levels or (), data=data, engine=engine)
        how = {"profile": profile, "seeds": wanted, "changes": asked, "data": data, "out": out, "engine": engine}
        run_parts(chosen, part, [*whole, *["--keep-older"] * keep_older], keep_older=keep_older, **how)
        return
    for study in chosen.values() if len(chosen) > 1 else ():  # before the first of them takes its minutes
        data_at_hand(study, profile)

    first = next(iter(chosen), "")

    def carry_out(word: str, study: Study) -> Path:
        with watching(quiet=as_json) as listen, redirect_stdout(sys.stderr):  # what a function of one's own prints
            outcome = run_study(
                study, profile=profile, seeds=wanted, changes=asked, data=data, out=out,
                engine=engine, listen=listen, command=shlex.join(["seedbed", "run", word, *options]),
                source=Path(word) if word.endswith(".py") else None,
                settle_within=margin if until else None, sources=sources, keep_older=keep_older,
            )  # fmt: skip
        if not as_json:
            typer.echo("" if word == first else "\n", nl=False)
            write_answer(study.title, outcome)
        return Path(outcome.folder)

    if as_json and len(chosen) > 1:
        _write_all(chosen, carry_out)
        return
    folders = [carry_out(word, study) for word, study in chosen.items()]
    if as_json:
        typer.echo((folders[0] / "summary.json").read_text(encoding="utf-8").strip())


def report(folders: Annotated[list[Path], typer.Argument(metavar="DIR", show_default=False)]) -> None:
    """Write reports again from what is stored.

    DIR is what a run has left, such as seedbed-runs/four_settings. Runs nothing.
    """
    from seedbed.catalogue import retell

    for folder in folders:
        if not folder.is_dir():
            raise StoreError(
                f'no folder "{folder}" here; name one that a run has left, such as seedbed-runs/four_settings'
            )
        with redirect_stdout(sys.stderr):
            told = retell(folder)
        for path in reports(told):
            typer.echo(path)


def _confirm(studies: Sequence[Study]) -> None:
    """Ask before hours are spent; only a person at a terminal is asked."""
    from seedbed.catalogue import estimate

    for study in studies:
        typer.echo(f"{study.name}, as its source has it: {estimate(study, 'full')}", err=True)
    typer.echo("Go on? [y/N] ", err=True, nl=False)  # typer.confirm would put a space on standard output
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise typer.Abort


def _options(
    *,
    profile: str,
    seeds: str | None,
    levels: Sequence[str],
    data: Path | None,
    engine: str,
    out: Path = Path("seedbed-runs"),
) -> list[str]:
    """The options of a command line that does the same again; what is left at its default is left out."""
    given = [("--profile", profile, "quick"), ("--seeds", seeds, None), ("--data", data, None)]
    given += [("--set", level, None) for level in levels]
    given += [("--out", out, Path("seedbed-runs")), ("--engine", engine, "jax")]
    return [word for name, value, usual in given if value != usual for word in (name, str(value))]


def _further(*, until: str | None, margin: float, sources: int | None) -> list[str]:
    """The same for the options that add seeds or networks."""
    given = [("--until", until, None), ("--margin", margin if until else 0.1, 0.1), ("--sources", sources, None)]
    return [word for name, value, usual in given if value != usual for word in (name, str(value))]


def _write_all(chosen: Mapping[str, Study], carry_out: Callable[[str, Study], Path]) -> None:
    """Run every study and write the list of their summaries, with the error of one that failed in its place.

    The first error is raised once the list is written, so that the exit code is that of this error.
    """
    listed: list[Any] = []
    errors: list[Exception] = []
    for word, study in chosen.items():
        try:
            listed.append(json.loads((carry_out(word, study) / "summary.json").read_text(encoding="utf-8")))
        except Exception as error:
            errors.append(error)
            listed.append({"study": study.name, "error": f"{type(error).__name__}: {error}"})
    typer.echo(json.dumps(listed, indent=2, ensure_ascii=False))
    if errors:
        raise errors[0]
