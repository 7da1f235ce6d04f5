"""The report as PDF on A4, set by Typst from the same header and page as the HTML.

Everything is handed to the template `templates/report.typ` as data, so no text can be read as markup. The document
carries no date: the same input gives the same bytes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from seedbed.report import prose
from seedbed.report.numbered import Header, Numbered, Part, grid, head, numbered
from seedbed.report.page import Figure, Formula, Page, Prose, Table
from seedbed.report.pictures import Picture
from seedbed.report.typeset import formula_svg, template, typeset


def render(header: Header, page: Page, pictures: Mapping[str, Picture]) -> bytes:
    """The page as PDF, given its pictures by figure name.

    Raises: UserError for a formula that is no mathematics or a crooked table; RunError where Typst warns.
    """
    files = {_file(name, picture): _bytes(picture) for name, picture in pictures.items()}
    parts = numbered(page)
    data = {
        "short": _short(page, parts, pictures),
        "title": prose.plain(header.title),
        "source": prose.plain(header.source),
        "byline": prose.plain(header.byline),
        "question": prose.to_nodes(header.question),
        "sections": [
            {"title": part.title, "anchor": part.anchor, "items": [_item(entry, pictures) for entry in part.items]}
            for part in parts
        ],
    }
    return typeset(template("report.typ"), data, files, "pdf")


def _short(page: Page, parts: Sequence[Part], pictures: Mapping[str, Picture]) -> dict[str, Any] | None:
    found = head(page, parts)
    if found is None:
        return None
    answers = [
        {"asks": prose.to_nodes(asks), "answer": prose.to_nodes(answer), "title": title, "anchor": anchor}
        for asks, answer, title, anchor in found.answers
    ]
    figure = found.figure and {
        **_picture(found.figure, pictures[found.figure.name]),
        "label": "",
        "caption": prose.plain(found.figure.caption),
    }
    return {
        "sentences": prose.to_nodes(found.sentences),
        "figure": figure,
        "answers": answers,
        "notes": prose.to_nodes(found.notes),
    }


def _item(entry: Numbered, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    item = entry.item
    if isinstance(item, Prose):
        return {"kind": "prose", "body": prose.to_nodes(item.text)}
    if isinstance(item, Formula):
        formula_svg(item)  # alone first, so that a mistake in it is told as one
        return {"kind": "formula", "math": prose.plain(item.typst), "words": prose.plain(item.words)}
    labeled = {"label": entry.label, "caption": prose.plain(item.caption)}
    return labeled | (_table(item) if isinstance(item, Table) else _picture(item, pictures[item.name]))


def _table(item: Table) -> dict[str, Any]:
    table = grid(item)
    rows = [[{"text": cell.text, "tail": cell.tail} for cell in row] for row in table.rows]
    return {"kind": "table", "heads": list(table.heads), "right": list(table.right), "rows": rows}


def _picture(item: Figure, picture: Picture) -> dict[str, Any]:
    return {
        "kind": "figure",
        "file": _file(item.name, picture),
        "width": picture.width,
        "words": prose.plain(item.words),
    }


def _file(name: str, picture: Picture) -> str:
    return f"{name}.{'svg' if picture.as_svg else 'png'}"


def _bytes(picture: Picture) -> bytes:
    return picture.svg if picture.as_svg and picture.svg is not None else picture.png
