"""A small table in HTML, as notebooks show what is the last line of a cell. Reports are made elsewhere."""

import html
from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> str:
    """Rows under their names, with a line above; every text is escaped.

    >>> table(["setting", "n"], [["a < b", "8"]])
    '<table><tr><th>setting</th><th>n</th></tr><tr><td>a &lt; b</td><td>8</td></tr></table>'
    """
    lines = [_line("th", head), *(_line("td", row) for row in rows)]
    return paragraph(title) + f"<table>{''.join(lines)}</table>"


def paragraph(text: str) -> str:
    """A line of text; nothing where there is none."""
    return f"<p>{html.escape(text)}</p>" if text else ""


def _line(mark: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{mark}>{html.escape(cell)}</{mark}>" for cell in cells) + "</tr>"
