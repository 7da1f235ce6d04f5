"""What a report is made of: sections of prose, formulas, tables and figures, before any HTML or PDF.

Prose is Markdown (paragraphs, emphasis, code, lists, links). Formulas are Typst mathematics. A figure is a matplotlib
figure, with an interactive plotly twin where turning it helps. Rendering is `report.html` and `report.pdf`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Prose:
    """Paragraphs in Markdown."""

    text: str


@dataclass(frozen=True)
class Formula:
    """A displayed formula in Typst mathematics, with the same in words for a reader who cannot see it."""

    typst: str
    words: str


@dataclass(frozen=True)
class Table:
    """Rows under named columns. Cells are text or numbers; `digits` rounds the numbers for reading."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    caption: str
    digits: int = 3


@dataclass(frozen=True)
class Figure:
    """A picture: file name without ending, matplotlib figure, caption with n and interval, and words for the blind."""

    name: str
    figure: Any
    caption: str
    words: str
    interactive: Any = None
    dense: bool = False  # many points: stored as PNG instead of SVG


@dataclass(frozen=True)
class Reading:
    """A number, or several, for `summary.json` under `readings`; it shows nothing on the page."""

    name: str
    value: Any


@dataclass(frozen=True)
class Answer:
    """The answer of a section in a sentence, with its n and interval, for *In short* at the head of the report."""

    text: str


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it: items, and in a study's `page` also blocks that make items.

    `asks` is the question of the sheet that the section answers; a section that `needs` a record is left out of runs
    that have none of that name.
    """

    title: str
    items: Sequence[Any]
    asks: str = ""
    needs: str = ""


@dataclass(frozen=True)
class Short:
    """What stands first: sentences (Markdown), one figure if there is one, (question, answer, section) lines, and notes
    that explain the terms used so far."""

    sentences: str
    figure: Figure | None = None
    answers: Sequence[tuple[str, str, str]] = ()
    notes: str = ""


@dataclass(frozen=True)
class Page:
    """A whole report: sections, and the study's own readings for `summary.json`."""

    sections: Sequence[Section]
    readings: Mapping[str, Any] = field(default_factory=dict)
    short: Short | None = None
