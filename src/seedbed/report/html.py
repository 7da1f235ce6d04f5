"""The report as one HTML page that reads the same without a network, on paper and by ear.

Everything is inside the page except plotly's script, which stands beside it (see `interactive`). The page is made
by the template `templates/page.html`; here its ingredients are prepared. Nothing is computed from results.
"""

import base64
from collections.abc import Mapping
from functools import partial
from html import escape
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from seedbed.errors import UserError
from seedbed.report import interactive, prose
from seedbed.report.numbered import Header, Item, grid, head, numbered
from seedbed.report.page import Figure, Formula, Page
from seedbed.report.pictures import Picture, figures_of, inline_svg
from seedbed.report.typeset import FORMULA_SIZE, formula_svg, template

LARGEST_PAGE = 5_000_000  # bytes
# The page may run its own scripts and show its own pictures; it can fetch from nowhere and send to nowhere.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: blob:; "
    "script-src 'self' file: 'unsafe-inline' 'unsafe-eval'; worker-src blob:; form-action 'none'; base-uri 'none'"
)
FIGURE_CSS = "width:{:.4g}rem;max-width:100%;height:auto"
FORMULA_CSS = "width:{:.4g}em;height:auto"
POINTS_PER_REM = 10.35  # 1 rem is 12 pt; a screen is read from further off than paper, so figures grow by 16 %


def render(header: Header, page: Page, pictures: Mapping[str, Picture]) -> str:
    """The page as HTML text, given its pictures by figure name.

    Raises: UserError for a formula that is no mathematics, a crooked table, too many 3-D scenes, or a page over 5 MB.
    """
    interactive.check_scenes(list(figures_of(page)))
    parts = numbered(page)
    body = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    text = body.from_string(template("page.html")).render(
        header={name: prose.plain(getattr(header, name)) for name in ("title", "source", "byline")},
        question=_words(header.question),
        policy=POLICY,
        parts=parts,
        short=head(page, parts),
        style=Markup(template("page.css")),  # noqa: S704
        kind=_kind,
        words=_words,
        formula=_formula,
        picture=partial(_picture, pictures),
        payload=_payload,
        grid=grid,
        plain=prose.plain,
        script=interactive.SCRIPT if any(figure.interactive is not None for figure in figures_of(page)) else "",
    )
    _check_size(text, page, pictures)
    return text


# `Markup` marks what is HTML already: made by markdown-it with HTML switched off, by our own drawings, or as JSON.


def _kind(item: Item) -> str:
    return type(item).__name__


def _words(text: str) -> Markup:
    return Markup(prose.to_html(text))  # noqa: S704


def _payload(figure: Any) -> Markup:
    return Markup(interactive.payload(figure))  # noqa: S704


def _formula(item: Formula, anchor: str) -> Markup:
    document = formula_svg(item)
    width = float(document.partition('viewBox="')[2].split()[2])
    css = FORMULA_CSS.format(width / FORMULA_SIZE)
    return Markup(inline_svg(document, anchor, prose.plain(item.words), css))  # noqa: S704


def _picture(pictures: Mapping[str, Picture], item: Figure, anchor: str) -> Markup:
    picture = pictures[item.name]
    css, words = FIGURE_CSS.format(picture.width / POINTS_PER_REM), prose.plain(item.words)
    if picture.as_svg and picture.svg is not None:
        return Markup(inline_svg(picture.svg.decode(), f"{anchor}-drawing", words, css))  # noqa: S704
    data = base64.b64encode(picture.png).decode()
    return Markup(f'<img src="data:image/png;base64,{data}" style="{css}" alt="{escape(words)}">')  # noqa: S704


def _check_size(text: str, page: Page, pictures: Mapping[str, Picture]) -> None:
    size = len(text.encode())
    if size <= LARGEST_PAGE:
        return
    weight = {figure.name: _weight(figure, pictures[figure.name]) for figure in figures_of(page)}
    largest = max(weight, key=lambda name: weight[name], default="none")
    raise UserError(
        f"a report page holds at most {LARGEST_PAGE / 1e6:g} MB, got {size / 1e6:.1f} MB; "
        f'make a figure lighter, first "{largest}" (fewer points, or dense=True)'
    )


def _weight(figure: Figure, picture: Picture) -> int:
    still = len(picture.svg) if picture.as_svg and picture.svg is not None else len(picture.png)
    return still + (len(interactive.payload(figure.interactive)) if figure.interactive is not None else 0)
