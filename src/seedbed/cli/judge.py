"""`seedbed claims`: published statements with the verdict of the runs at hand, or a statement of one's own judged.

What was judged is read from `summary.json`, where the report has it from; only a check of one's own opens a record.
"""

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
WIDEST = 110


def claims(
    study: Annotated[
        str | None,
        typer.Argument(metavar="STUDY|RECORD", show_default=False, help="Name; with --check, a run's folder."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where results are kept.")] = Path("seedbed-runs"),
    check: Annotated[
        str | None, typer.Option(metavar="LINE", help='Judge this instead: "median(hit_step, loss=l2) < 1000".')
    ] = None,
    record: Annotated[str | None, typer.Option(metavar="NAME", help="With --check: which of several records.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")] = False,
) -> None:
    """Judge published statements by what was run.

    Each statement with its verdict (supported, refuted, cannot be told, set-up differs) and the evidence, from the runs
    in DIR. With --check LINE, a statement of your own about a run, such as seedbed-runs/four_settings; compare a median,
    mean, iqm, quantile(..., 0.9) or share with a number or with one another (<, >, "= 900 within 10 %").
    """
    if check is not None:
        _check(check, study, record, as_json)
        return
    if record is not None:
        raise UserError('--record names one of the records that --check is about, got no --check; give --check "LINE"')
    found = {name: told(one, out) for name, one in pick([study or "all"]).items()}
    if as_json:
        write_json([row for rows in found.values() for row in rows])
        return
    width = _width()
    pages = ["\n".join(_page(name, rows, out, width, whole=study is not None)) for name, rows in found.items() if rows]
    typer.echo("\n\n".join(pages) if pages else "no published statements")


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
    from seedbed.report.judged import disputes, paired, short

    open_ones = [row for row in rows if row["verdict"] == NOT_RUN]
    if len(open_ones) == len(rows):
        yield f"{name}: {len(rows)} statements, none judged yet; run: {_command(name, out)}"
        for row in rows if whole else ():
            yield from _statement(row, "", width)
        return
    judged = [row for row in rows if row["verdict"] != NOT_RUN]
    counts = [f"{sum(row['verdict'] == kind for row in judged)} {kind}" for kind in
              ("supported", "refuted", "cannot be told", "set-up differs")]  # fmt: skip
    yield f"{name}: {', '.join(counts)}"
    if whole:
        yield from ("", *(line for text in disputes(judged) for line in textwrap.wrap(_bare(text), width)))
    for row in paired(judged):
        yield from _statement(row, short(row) if whole else "", width)
    if open_ones:
        yield f"{len(open_ones)} more are not judged yet; run: seedbed report {out / name}"


def _statement(row: Mapping[str, Any], evidence: str, width: int) -> Iterator[str]:
    """The verdict in a column of its own, beside the statement with its source, and the evidence below."""
    room = 16
    lines = textwrap.wrap(f"{row['says']} ({row['source']})", width - room)
    lines += [f"  {line}" for line in textwrap.wrap(_bare(evidence), width - room - 2)]
    for at, line in enumerate(lines):
        yield (_colored(row["verdict"], room) if at == 0 else " " * room) + line


def _colored(verdict: str, room: int) -> str:
    padded = verdict.ljust(room)
    if verdict in COLORS and terminal(sys.stdout):
        return typer.style(padded, fg=COLORS[verdict])
    return padded


def _bare(text: str) -> str:
    return text.replace("**", "").replace("`", "").replace("\xa0", " ")


def _command(name: str, out: Path) -> str:
    return f"seedbed run {name}" + (f" --out {out}" if out != Path("seedbed-runs") else "")


def _width() -> int:
    import shutil

    return min(shutil.get_terminal_size((WIDEST, 40)).columns, WIDEST)


def _check(line: str, folder: str | None, name: str | None, as_json: bool) -> None:
    """A check of one's own: the verdict, and its evidence in a sentence."""
    if folder is None:
        raise UserError("--check judges a run, got no folder; name one, such as seedbed-runs/four_settings")
    from seedbed.catalogue import verdict_of

    found = verdict_of(line, _record(Path(folder), name))
    if as_json:
        write_json(found)
        return
    typer.echo("\n".join([f"{found['verdict']}: {line}", *textwrap.wrap(_bare(found["sentence"]), _width())]))


def _record(folder: Path, name: str | None) -> "xr.Dataset":
    """The record of a run's folder, or of the store in it; an outcome that its study derives has a name as well."""
    from seedbed.store import open_existing

    if not folder.is_dir():
        raise StoreError(f'no folder "{folder}" here; name one that a run has left, such as seedbed-runs/four_settings')
    kept = open_existing(folder / "record" if (folder / "record").is_dir() else folder)
    known = kept.questions()
    if name is None and len(known) == 1:
        return kept.record(known[0])
    if name in known:
        return kept.record(name)
    outcomes = _outcomes(kept)
    if name is not None and name in outcomes:
        return outcomes[name]
    listed = ", ".join([*known, *outcomes])
    received = "got none" if name is None else f'got "{name}"{nearest(name, [*known, *outcomes])}'
    raise UserError(f"this run has several records, {received}; name one by --record: {listed}")


def _outcomes(kept: "Store") -> Mapping[str, Any]:
    from seedbed.catalogue import outcomes_of

    return outcomes_of(kept)
