"""What a run says at its end: one line per setting, then where the report is. Every number is in summary.json."""

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from seedbed.cli.screen import write_table


def write_answer(title: str, outcome: Any) -> None:
    """The outcome of a study on standard output."""
    summary: Mapping[str, Any] = outcome.summary
    seeds = f", {summary['seeds']} seeds" if summary.get("settings") else ""
    typer.echo(f"{title} ({summary['profile']}{seeds}, {duration(outcome.seconds)})")
    if summary.get("settings"):
        head, body = table(summary["settings"])
        write_table(head, body)
    for path in outcome.written:
        if path.suffix in (".html", ".pdf"):
            typer.echo(path)


def table(settings: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """One row per setting: how many arrived, with the interval of the share, and when."""
    hits = any(setting.get("hit_share") for setting in settings)
    head = ["setting", *(["arrived", "share", "95 % interval", "median step"] if hits else []), "n", "diverged"]
    return head, [_row(setting, hits) for setting in settings]


def duration(seconds: float) -> str:
    """A stretch of time in words.

    >>> duration(7.24), duration(192), duration(7500)
    ('7.2 s', '3 min 12 s', '2 h 5 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _row(setting: Mapping[str, Any], hits: bool) -> list[str]:
    levels: Mapping[str, Any] = setting["factors"]
    name = ", ".join(f"{key}={value:g}" if isinstance(value, float) else str(value) for key, value in levels.items())
    row = [name or "all", str(setting["n"]), str(setting["diverged"])]
    return [row[0], *_hits(setting), *row[1:]] if hits else row


def _hits(setting: Mapping[str, Any]) -> list[str]:
    share, step = setting["hit_share"], setting["hit_step"]
    median = "after the cap" if step.get("median") is None else f"{step['median']:,.0f}"
    return [f"{round(share['estimate'] * setting['n'])}", f"{share['estimate']:.1%}",
            f"{share['low']:.1%} to {share['high']:.1%}", median]  # fmt: skip
