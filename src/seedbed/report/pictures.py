"""The pictures of a page as bytes, and an SVG made fit to stand inside an HTML page.

Drawing and saving are `seedbed.figures`; here pictures are only chosen and placed. Inside one HTML page, identifiers
and style rules of several SVG files would meet, so each file gets a prefix of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from seedbed.errors import UserError
from seedbed.figures import style
from seedbed.report.page import Figure, Page

LARGEST_SVG = 400_000  # bytes: a larger drawing goes into the page as PNG, so that the page stays small
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
ROOT = re.compile(r"<svg\b[^>]*>", re.DOTALL)
NOT_DRAWN = re.compile(r"<!--.*?-->|<metadata\b.*?</metadata>|<title\b.*?</title>", re.DOTALL)
IDENTIFIER = re.compile(r"""(\sid=["']|\s(?:xlink:)?href=["']\#|url\(\#)""")
STYLE_RULE = re.compile(r"(<style[^>]*>)(.*?)(</style>)", re.DOTALL)


@dataclass(frozen=True)
class Picture:
    """A figure as files: the drawing as SVG (absent where dense), the same as PNG, and its width in points."""

    svg: bytes | None
    png: bytes
    width: float

    @property
    def as_svg(self) -> bool:
        """Whether the page shows the drawing itself rather than its pixels."""
        return self.svg is not None and len(self.svg) <= LARGEST_SVG


def figures_of(page: Page) -> Iterator[Figure]:
    """Every figure of a page, in order; one that stands in *In short* and in a section comes once."""
    first = [page.short.figure] if page.short and page.short.figure else []
    rest = (item for section in page.sections for item in section.items if isinstance(item, Figure))
    yield from first
    yield from (item for item in rest if all(item is not one for one in first))


def draw(page: Page, folder: Path) -> dict[str, Picture]:
    """Every figure of the page saved into `folder`, and read back by name.

    Raises: UserError where two figures share a name or a name cannot be a file name.
    """
    pictures: dict[str, Picture] = {}
    for figure in figures_of(page):
        if not FILE_NAME.fullmatch(figure.name):
            raise UserError(f'a figure is named "{figure.name}"; name it with letters, digits, "-" and "_" only')
        if figure.name in pictures:
            raise UserError(f'two figures of the page are named "{figure.name}"; give each a name of its own')
        pictures[figure.name] = _draw(figure, folder / figure.name)
    return pictures


def inline_svg(document: str, prefix: str, words: str, css: str) -> str:
    """An SVG document as an element of an HTML page: its own identifiers, no size of its own, and words to be read."""
    body = NOT_DRAWN.sub("", document[document.index("<svg") :])
    body = IDENTIFIER.sub(lambda found: f"{found[0]}{prefix}-", body)
    body = STYLE_RULE.sub(lambda found: found[1] + found[2].replace("*", f"#{prefix} *", 1) + found[3], body)
    box = re.search(r'viewBox="[^"]*"', ROOT.search(body)[0])  # pyright: ignore[reportOptionalSubscript]
    head = f'<svg id="{prefix}" {box[0] if box else ""} style="{css}" role="img" aria-label="{escape(words)}">'
    return ROOT.sub(lambda _: head, body, count=1).strip()


def _draw(figure: Figure, stem: Path) -> Picture:
    style.save(figure.figure, stem, dense=figure.dense)
    drawing, pixels = stem.with_suffix(".svg"), stem.with_suffix(".png")
    svg = drawing.read_bytes() if drawing.exists() and not figure.dense else None
    return Picture(svg, pixels.read_bytes(), 72 * float(figure.figure.get_size_inches()[0]))
