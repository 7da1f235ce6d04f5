"""Leave a report in a folder: `report.html`, `report.pdf`, `summary.json`, `figures/`, and long tables in `tables/`.

Everything is made before anything is written, and each file appears whole or not at all. `summary.json` names the
figures; those that an earlier one names and the new report does not have are removed. The record is saved by
`seedbed.store`, not here.
"""

import json
import os
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seedbed.errors import StoreError
from seedbed.report import html, interactive, pdf
from seedbed.report.frame import frame
from seedbed.report.long_tables import shortened
from seedbed.report.page import Page
from seedbed.report.pictures import FILE_NAME, Picture, draw, figures_of
from seedbed.report.summary import to_json
from seedbed.study import ProfileName, Study

FIGURES, TABLES = "figures", "tables"
OLD = 3600  # seconds
TABLE_NAME = re.compile(r"tables/table-[0-9]+\.csv")
SUMMARY = "summary.json"


def write(
    folder: str | os.PathLike[str],
    study: Study,
    page: Page,
    *,
    profile: ProfileName,
    seeds: Sequence[int] | int,
    command: str,
    records: Mapping[str, Any],
    summary: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> list[Path]:
    """Write the report of a study into `folder`, made if absent, and list what was written.

    Raises: StoreError where the folder cannot be written; UserError where the page cannot be set (see `html`, `pdf`).
    """
    header, whole = frame(
        study, page, profile=profile, seeds=seeds, command=command, records=records, provenance=provenance
    )
    whole, tables = shortened(whole)
    pictures = _draw(whole)
    turning = [figure.interactive for figure in figures_of(whole) if figure.interactive is not None]
    contents = {
        **_picture_files(pictures),
        **tables,
        **({interactive.SCRIPT: interactive.script(turning[0])} if turning else {}),
        SUMMARY: to_json({**summary, FIGURES: list(pictures), **({TABLES: list(tables)} if tables else {})}).encode(),
        "report.pdf": pdf.render(header, whole, pictures),
        "report.html": html.render(header, whole, pictures).encode(),
    }
    earlier, longer = _named(Path(folder) / SUMMARY, FIGURES), _named(Path(folder) / SUMMARY, TABLES)
    written = [_put(Path(folder) / name, content) for name, content in contents.items()]
    for name in earlier - pictures.keys():
        for ending in (".svg", ".png"):
            (Path(folder) / FIGURES / f"{name}{ending}").unlink(missing_ok=True)
    for name in longer - set(tables):
        (Path(folder) / name).unlink(missing_ok=True)
    return written


def _draw(page: Page) -> dict[str, Picture]:
    with tempfile.TemporaryDirectory() as scratch:
        return draw(page, Path(scratch))


def _picture_files(pictures: Mapping[str, Picture]) -> dict[str, bytes]:
    drawings = {f"{FIGURES}/{name}.svg": picture.svg for name, picture in pictures.items() if picture.svg is not None}
    return drawings | {f"{FIGURES}/{name}.png": picture.png for name, picture in pictures.items()}


def _named(path: Path, what: str) -> set[str]:
    """The figures or tables that an earlier summary names; none where there is no such summary."""
    try:
        named = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return set()
    listed = named.get(what) if isinstance(named, dict) else None
    names = listed if isinstance(listed, list) else ()
    pattern = FILE_NAME if what == FIGURES else TABLE_NAME
    return {name for name in names if isinstance(name, str) and pattern.fullmatch(name)}


def _put(path: Path, content: bytes) -> Path:
    """One file, whole or not at all: written beside its place, then renamed into it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        try:
            temporary.write_bytes(content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoreError(
            f"the report cannot be written: {path}: {reason}; make room there, or name another folder"
        ) from None
    return path


def _sweep(path: Path) -> None:
    """Remove what runs killed long ago left half-written in the place of this file; a run of now keeps its own."""
    for left in path.parent.glob(f".{path.name}.*.partial"):
        if time.time() - left.lstat().st_mtime > OLD:
            left.unlink(missing_ok=True)
