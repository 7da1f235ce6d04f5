"""Typst, called in one way only: bundled fonts, no date, and a warning is an error, so bytes repeat everywhere.

Nothing is fetched: packages are not used. Files go through a temporary folder, since the wheel takes only text from
memory and pictures are bytes.
"""

import json
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import typst

from seedbed.errors import RunError, UserError
from seedbed.report.page import Formula
from seedbed.report.prose import plain

FORMULA = """
#set document(date: none)
#set page(width: auto, height: auto, margin: (x: 1pt, y: 2pt), fill: none)
#set text(size: 11pt)
#math.equation(block: true, eval(json("data.json"), mode: "math"))
"""
FORMULA_SIZE = 11.0  # pt: what one em of a formula measures


def typeset(source: str, data: Any, pictures: Mapping[str, bytes], form: Literal["pdf", "svg"]) -> bytes:
    """A document from a Typst source, its data (read as `data.json`) and its pictures by file name."""
    told = {"main.typ": source.encode(), "data.json": json.dumps(data, allow_nan=False).encode()}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (told | dict(pictures)).items():
            (Path(folder) / name).write_bytes(content)
        document, warnings = typst.compile_with_warnings(
            Path(folder) / "main.typ", root=Path(folder), format=form, ignore_system_fonts=True
        )
    if warnings:
        raise RunError(
            f"typst warned while setting the report: {warnings[0].message}; report this as a fault of seedbed"
        )
    return document


def formula_svg(formula: Formula) -> str:
    """A formula as an SVG document.

    Raises: UserError where it is not Typst mathematics.
    """
    try:
        return typeset(FORMULA, plain(formula.typst), {}, "svg").decode()
    except typst.TypstError as error:
        hint = f" ({error.hints[0]})" if error.hints else ""
        raise UserError(
            f"a formula of the page is not Typst mathematics: {error.message}{hint}, got {formula.typst!r}; correct it"
        ) from None


def template(name: str) -> str:
    """The text of a file in `templates/`."""
    return files("seedbed.report").joinpath("templates", name).read_text(encoding="utf-8")
