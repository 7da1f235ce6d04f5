"""What a run says at its end: a line per setting, *In short*, where the report is. Every number is in summary.json."""

import shutil
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from seedbed.cli.screen import write_table
from seedbed.progress import duration

WIDEST = 100


def write_answer(title: str, outcome: Any) -> None:
    """The outcome of a study on standard output."""
    summary: Mapping[str, Any] = outcome.summary
    seeds = f", seeds {summary['seeds']}" if summary.get("settings") else ""
    typer.echo(f"{title} ({summary['profile']}{seeds}, {duration(outcome.seconds)})")
    if summary.get("settings"):
        head, body = table(summary["settings"])
        write_table(head, body)
    for sentence in summary.get("cautions", ()):
        typer.echo(sentence)
    _write_short(summary.get("in_short") or {})
    for path in reports(outcome):
        typer.echo(path)


def _write_short(short: Mapping[str, Any]) -> None:
    """What the report says first: its sentences, and each question with its answer."""
    width = min(shutil.get_terminal_size((WIDEST, 40)).columns, WIDEST)
    told = [short["sentences"]] if short.get("sentences") else []
    told += [f"{one['question']} {one['answer']}" for one in short.get("answers", ())]
    for text in told:
        typer.echo("\n" + "\n".join(textwrap.wrap(text.replace("**", ""), width)))
    typer.echo("\n" if told else "", nl=False)


def reports(outcome: Any) -> list[Path]:
    """What there is to read: the files of a report that are opened as they are."""
    return sorted((path for path in outcome.written if path.suffix in (".html", ".pdf")), key=lambda path: path.suffix)


def table(settings: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """One row per setting: how many arrived, the interval of their share, and the median step; never: `> cap`."""
    hits = any(setting.get("hit_share") for setting in settings)
    ends = [end for end in ("dead", "diverged") if any(one.get(end) is not None for one in settings)]
    head = ["setting", *(["arrived", "95 % interval", "median step"] if hits else ["n"]), *ends]
    return head, [
        [_name(one), *_reached(one, hits), *("-" if one.get(end) is None else str(one[end]) for end in ends)]
        for one in settings
    ]


def _name(one: Mapping[str, Any]) -> str:
    levels: Mapping[str, Any] = one["factors"]
    shown = [f"{key}={value:g}" if isinstance(value, float) else str(value) for key, value in levels.items()]
    return ": ".join(part for part in (one.get("record"), ", ".join(shown)) if part) or "all"


def _reached(setting: Mapping[str, Any], hits: bool) -> list[str]:
    if not hits:
        return [str(setting["n"])]
    if not setting["hit_share"]:  # of a record without a target, beside one that has one
        return ["-", "-", "-"]
    share, median = setting["hit_share"], setting["hit_step"]["median"]["estimate"]
    return [
        f"{round(share['estimate'] * setting['n'])} of {setting['n']}",
        f"{100 * share['low']:.1f} to {share['high']:.1%}" if setting["n"] > 1 else "-",
        "> cap" if median is None else f"{median:,.0f}",
    ]
