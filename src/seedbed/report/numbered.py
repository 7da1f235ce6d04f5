"""What both formats show alike: the header, the numbers of figures and tables, and the cells as text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seedbed.errors import UserError
from seedbed.report import numbers
from seedbed.report.page import Figure, Formula, Page, Prose, Table
from seedbed.report.prose import plain

Item = Prose | Formula | Table | Figure


@dataclass(frozen=True)
class Header:
    """What stands above the sections. `byline` is one line about this run; `question` is Markdown."""

    title: str
    source: str
    question: str
    byline: str = ""


@dataclass(frozen=True)
class Numbered:
    """An item of the page with its label (`Figure 2`, `Table 1`; none for prose and formulas) and an anchor."""

    item: Item
    label: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Part:
    """A section with its items numbered."""

    title: str
    anchor: str
    items: tuple[Numbered, ...]


@dataclass(frozen=True)
class Head:
    """*In short*: its sentences, the figure (not counted: it is none of the sections'), answers with their anchors."""

    sentences: str
    figure: Figure | None
    answers: tuple[tuple[str, str, str, str], ...]
    notes: str


@dataclass(frozen=True)
class Grid:
    """A table ready to be set: heads (none: rows name themselves), columns of cells, rows of the same cells."""

    heads: tuple[str, ...]
    right: tuple[bool, ...]
    rows: tuple[tuple[numbers.Cell, ...], ...]


def numbered(page: Page) -> list[Part]:
    """The sections of a page, with figures and tables counted through the whole of it."""
    count: dict[type, int] = {}
    return [
        Part(plain(section.title), f"section-{place}", tuple(_number(section.items, count)))
        for place, section in enumerate(page.sections, start=1)
    ]


def head(page: Page, parts: Sequence[Part]) -> Head | None:
    """What stands first, with (question, answer, title, anchor) for each answer; None where a page has none."""
    if page.short is None:
        return None
    anchors = {part.title: part.anchor for part in parts}
    answers = [(asks, answer, plain(title), anchors[plain(title)]) for asks, answer, title in page.short.answers]
    return Head(page.short.sentences, page.short.figure, tuple(answers), page.short.notes)


def grid(table: Table) -> Grid:
    """A table as text: numbers rounded and lined up by column.

    Raises: UserError where a row does not fit the columns.
    """
    width = len(table.columns)
    for row in table.rows:
        if len(row) != width or not width:
            raise UserError(
                f'a row of the table "{table.caption}" has {len(row)} cells under {width} columns; give one for each'
            )
    columns = [numbers.column([row[place] for row in table.rows], table.digits) for place in range(width)]
    cells = [[numbers.Cell(plain(cell.text), cell.tail) for cell in column.cells] for column in columns]
    heads = tuple(plain(head) for head in table.columns)
    rows = tuple(zip(*cells, strict=True)) if table.rows else ()
    return Grid(heads if any(heads) else (), tuple(column.numeric for column in columns), rows)


def _number(items: Sequence[Item], count: dict[type, int]) -> Iterator[Numbered]:
    for item in items:
        kind = type(item)
        count[kind] = count.get(kind, 0) + 1
        place = count[kind]
        label = f"{kind.__name__} {place}" if isinstance(item, Figure | Table) else ""
        yield Numbered(item, label, f"{kind.__name__.lower()}-{place}")
