"""Rows on a screen: a drawn table on a terminal, aligned plain text in a pipe, JSON when asked for.

A pipe never sees control codes, whatever FORCE_COLOR says.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

import typer

if TYPE_CHECKING:
    from rich.console import Console


def terminal(stream: TextIO) -> bool:
    """Whether someone looks at `stream` on a terminal that understands control codes."""
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def console(stream: TextIO) -> "Console":
    """A rich console on `stream`, with colors only on a terminal."""
    from rich.console import Console

    return Console(file=stream, force_terminal=terminal(stream), highlight=False, markup=False, emoji=False)


def write_json(value: Any) -> None:
    """`value` as indented JSON on standard output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def write_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows with a `name`, what it `says`, and further fields."""
    if terminal(sys.stdout):
        _draw(rows)
    else:
        typer.echo("\n".join(_aligned([[_text(value) for value in row.values()] for row in rows])))


def write_table(head: Sequence[str], body: Sequence[Sequence[str]]) -> None:
    """A table of short texts, its first column to the left and all others to the right."""
    if not terminal(sys.stdout):
        typer.echo("\n".join(_aligned([head, *body], right=True)))
        return
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
    for place, name in enumerate(head):
        table.add_column(name, justify="right" if place else "left", overflow="fold")
    for cells in body:
        table.add_row(*cells)
    console(sys.stdout).print(table)


def _draw(rows: Sequence[Mapping[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for row in rows:
        below = [f"{key}: {_text(value)}" for key, value in row.items() if key not in ("name", "says") and _text(value)]
        table.add_row(row["name"], Text(row["says"]).append("".join(f"\n{line}" for line in below), style="dim"))
    console(sys.stdout).print(table)


def _text(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _aligned(lines: Sequence[Sequence[str]], right: bool = False) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rest = str.rjust if right else str.ljust
    padded = [
        [line[0].ljust(widths[0]), *(rest(cell, width) for cell, width in zip(line[1:], widths[1:], strict=True))]
        for line in lines
    ]
    return ["  ".join(cells).rstrip() for cells in padded]
