"""`seedbed claims`: published statements with the verdict of the runs at hand, or a statement of one's own judged.

What was judged is read from `summary.json`, where the report has it from; only a check of one's own opens a record.
"""

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seedbed.cli.pick import pick
from seedbed.cli.rows import claim_rows
from seedbed.cli.screen import terminal, write_json
from seedbed.errors import StoreError, UserError, nearest
from seedbed.study import Study

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.store import Store

NOT_RUN = "not run yet"
COLORS = {"supported": "green", "refuted": "red", "set-up differs": "yellow"}
WIDEST = 120
KINDS = ("supported", "refuted", "cannot be told", "set-up differs")
UNEXPECTED = 3  # the exit code of --expect where a verdict is another one
ROOM = 15  # columns of the verdict


def claims(
    study: Annotated[
        str | None, typer.Argument(metavar="STUDY|FOLDER", show_default=False, help="A name; with --check a folder.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where results are kept.")] = Path("seedbed-runs"),
    check: Annotated[
        str | None, typer.Option(metavar="LINE", show_default=False, help="Judge this about a run instead.")
    ] = None,
    record: Annotated[str | None, typer.Option(metavar="NAME", help="With --check: which of several records.")] = None,
    expect: Annotated[
        Literal["supported", "refuted", "cannot be told", "set-up differs"] | None,
        typer.Option(help="End with exit code 3 where a verdict is another one."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")] = False,
) -> None:
    """Judge published statements by what was run.

    Each statement with its verdict (supported, refuted, cannot be told, set-up differs) and the evidence, from the runs
    in DIR. With --check LINE, a statement of your own about the run in a folder, for instance --check "median(hit_step,
    activation=relu, loss=l2) < 1000" seedbed-runs/four_settings. Compared (<, <=, >, >=, = 900 within 10 %) are numbers
    and mean, median, iqm, quantile(hit_step, 0.9) and share.
    """
    if check is not None:
        _as_expected([_check(check, study, record, as_json)], expect)
        return
    if record is not None:
        raise UserError('--record names one of the records that --check is about, got no --check; give --check "LINE"')
    found = {name: told(one, out) for name, one in pick([study or "all"]).items()}
    verdicts = [row["verdict"] for rows in found.values() for row in rows]
    if as_json:
        write_json([row for rows in found.values() for row in rows])
        _as_expected(verdicts, expect)
        return
    width = _width()
    pages = ["\n".join(_page(name, rows, out, width, whole=study is not None)) for name, rows in found.items() if rows]
    typer.echo("\n\n".join(pages) if pages else "no published statements")
    _as_expected(verdicts, expect)


def _as_expected(verdicts: Sequence[str], expect: str | None) -> None:
    """End with the exit code 3 where a verdict is not the one expected, or there is none to judge."""
    others = [verdict for verdict in verdicts if verdict != expect]
    if expect is None or (verdicts and not others):
        return
    got = ", ".join(f"{others.count(other)} {other}" for other in dict.fromkeys(others)) or "no statement"
    typer.echo(f'expected "{expect}", got {got}', err=True)
    raise typer.Exit(UNEXPECTED)


def told(study: Study, out: Path) -> list[dict[str, Any]]:
    """Every claim of a study, with what the run in `out` says of it."""
    rows = claim_rows([study])
    place = out / study.name / "summary.json"
    judged = {one["id"]: one for one in _judged(place)}
    return [{**row, "verdict": NOT_RUN, **judged.get(row["name"], {})} for row in rows]


def _judged(place: Path) -> list[dict[str, Any]]:
    if not place.is_file():
        return []
    try:
        found = json.loads(place.read_text(encoding="utf-8"))["claims"]
    except (ValueError, KeyError, TypeError):
        raise StoreError(f"{place} cannot be read; write it again with: seedbed report {place.parent}") from None
    return [one for one in found if "verdict" in one]


def _page(name: str, rows: Sequence[Mapping[str, Any]], out: Path, width: int, *, whole: bool) -> Iterator[str]:
    """A study: what contradicts first, then each statement with its verdict and, for one study, its evidence."""
    from seedbed.report.verdicts import disputes, paired, short, single, undecided

    judged = [row for row in rows if row["verdict"] != NOT_RUN]
    if not judged:
        yield f"{name}: {len(rows)} statement{'s' * (len(rows) != 1)}, none judged yet; run: {_command(name, out)}"
        for row in rows if whole else ():
            yield from _statement(row, "", width)
        return
    counts = [(sum(row["verdict"] == kind for row in judged), kind) for kind in KINDS]
    sizes = {row["n"] for row in judged if row["n"]}
    alike = max(sizes) if len(sizes) == 1 else 0
    counted = f" ({alike} networks of each setting)" if whole and alike > 1 else ""
    yield f"{name}{counted}: {', '.join(f'{count} {kind}' for count, kind in counts if count)}"
    if whole and undecided(judged):
        yield from _wrapped(undecided(judged), width)
    if whole:
        yield from (line for text in disputes(judged) for line in ("", *_wrapped(text, width), ""))
    opposed = {row["contradicts"] for row in judged} | {row["name"] for row in judged if row["contradicts"]}
    for row in paired(judged):
        if not whole or single(row) is None:
            yield from _statement(row, short(row, row["name"] in opposed, bool(counted)) if whole else "", width)
    if whole:
        yield from _singles([row for row in judged if single(row) is not None], width)
    if len(judged) < len(rows):
        yield f"{len(rows) - len(judged)} more are not judged yet; run: seedbed report {out / name}"


def _statement(row: Mapping[str, Any], evidence: str, width: int) -> Iterator[str]:
    """The verdict in a column of its own, beside the statement with its source, and the evidence below."""
    lines = _wrapped(f"{row['says']} ({row['source']})", width - ROOM)
    lines += [f"  {line}" for line in _wrapped(evidence, width - ROOM - 2)]
    for at, line in enumerate(lines):
        yield (_colored(row["verdict"], ROOM) if at == 0 else " " * ROOM) + line


def _singles(rows: Sequence[Mapping[str, Any]], width: int) -> Iterator[str]:
    """Published single runs, a line for each, and below it what is known to differ."""
    from seedbed.report.verdicts import single, single_notes

    cells = [[cell.replace("\xa0", " ") for cell in found] for row in rows if (found := single(row)) is not None]
    if not cells:
        return
    if len({row.get("record") for row in rows}) > 1:  # the same setting may stand in several
        cells = [[*line[:2], f"{row['record']}: {line[2]}", line[3]] for row, line in zip(rows, cells, strict=True)]
    head = ["published", "by", "setting", "runs as far out"]
    widths = [max(len(line[at]) for line in [head, *cells]) for at in range(len(head))]
    sizes = sorted({row["n"] for row in rows})
    yield from ("", f"Published single runs beside {' and '.join(map(str, sizes))} networks of each setting")
    yield (" " * ROOM + "  ".join(word.ljust(size) for word, size in zip(head, widths, strict=True))).rstrip()
    for row, line in zip(rows, cells, strict=True):
        yield _colored(row["verdict"], ROOM) + "  ".join(
            cell.ljust(size) for cell, size in zip(line, widths, strict=True)).rstrip()  # fmt: skip
    for note in single_notes(rows):
        yield from _wrapped(f"differs: {note}", width, "  ")


def _colored(verdict: str, room: int) -> str:
    padded = verdict.ljust(room)
    if verdict in COLORS and terminal(sys.stdout):
        return typer.style(padded, fg=COLORS[verdict])
    return padded


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Plain lines; a hard space keeps a number with its unit."""
    lines = textwrap.wrap(text.replace("**", "").replace("`", ""), width, subsequent_indent=indent)
    return [line.replace("\xa0", " ") for line in lines]


def _command(name: str, out: Path) -> str:
    return f"seedbed run {name}" + (f" --out {out}" if out != Path("seedbed-runs") else "")


def _width() -> int:
    import shutil

    return min(shutil.get_terminal_size((WIDEST, 40)).columns, WIDEST)


def _check(line: str, folder: str | None, name: str | None, as_json: bool) -> str:
    """A check of one's own: the verdict, and its evidence in a sentence; returns the verdict."""
    if folder is None:
        raise UserError("--check judges a run, got no folder; name one, such as seedbed-runs/four_settings")
    from seedbed.catalogue import verdict_of

    found = verdict_of(line, _record(Path(folder), name))
    if as_json:
        write_json(found)
    else:
        typer.echo("\n".join([f"{found['verdict']}: {line}", *_wrapped(found["sentence"], _width())]))
    return str(found["verdict"])


def _record(folder: Path, name: str | None) -> "xr.Dataset":
    """The record of a run's folder, or of the store in it; an outcome that its study derives has a name as well."""
    from seedbed.store import open_existing

    if not folder.is_dir():
        raise StoreError(f'no folder "{folder}" here; name one that a run has left, such as seedbed-runs/four_settings')
    kept = open_existing(folder / "record" if (folder / "record").is_dir() else folder)
    known = kept.questions()
    name = kept.only() if name is None else name
    if name in known:
        return kept.record(name)
    outcomes = _outcomes(kept)
    if name is not None and name in outcomes:
        return outcomes[name]
    listed = ", ".join([*known, *outcomes])
    if len(known) + len(outcomes) == 1:
        raise UserError(f'this run has one record, "{listed}", got "{name}"; leave --record out')
    received = "got none" if name is None else f'got "{name}"{nearest(name, [*known, *outcomes])}'
    raise UserError(f"this run has several records, {received}; name one by --record: {listed}")


def _outcomes(kept: "Store") -> Mapping[str, Any]:
    from seedbed.catalogue import outcomes_of

    return outcomes_of(kept)
