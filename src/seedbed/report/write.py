"""Leave a report in a folder: `report.html`, `report.pdf`, `summary.json` and `figures/`.

Everything is made before anything is written, and each file appears whole or not at all. `summary.json` names the
figures; those that an earlier one names and the new report does not have are removed. The record is saved by
`seedbed.store`, not here.
"""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seedbed.errors import StoreError
from seedbed.report import html, interactive, pdf
from seedbed.report.frame import frame
from seedbed.report.page import Page
from seedbed.report.pictures import FILE_NAME, Picture, draw, figures_of
from seedbed.report.summary import to_json
from seedbed.study import ProfileName, Study

FIGURES = "figures"
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
    pictures = _draw(whole)
    turning = [figure.interactive for figure in figures_of(whole) if figure.interactive is not None]
    contents = {
        **_picture_files(pictures),
        **({interactive.SCRIPT: interactive.script(turning[0])} if turning else {}),
        SUMMARY: to_json({**summary, FIGURES: list(pictures)}).encode(),
        "report.pdf": pdf.render(header, whole, pictures),
        "report.html": html.render(header, whole, pictures).encode(),
    }
    earlier = _figures_named(Path(folder) / SUMMARY)
    written = [_put(Path(folder) / name, content) for name, content in contents.items()]
    for name in earlier - pictures.keys():
        for ending in (".svg", ".png"):
            (Path(folder) / FIGURES / f"{name}{ending}").unlink(missing_ok=True)
    return written


def _draw(page: Page) -> dict[str, Picture]:
    with tempfile.TemporaryDirectory() as scratch:
        return draw(page, Path(scratch))


def _picture_files(pictures: Mapping[str, Picture]) -> dict[str, bytes]:
    drawings = {f"{FIGURES}/{name}.svg": picture.svg for name, picture in pictures.items() if picture.svg is not None}
    return drawings | {f"{FIGURES}/{name}.png": picture.png for name, picture in pictures.items()}


def _figures_named(path: Path) -> set[str]:
    """The figures that an earlier summary names; none where there is no such summary."""
    try:
        named = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    listed = named.get(FIGURES) if isinstance(named, dict) else None
    names = listed if isinstance(listed, list) else ()
    return {name for name in names if isinstance(name, str) and FILE_NAME.fullmatch(name)}


def _put(path: Path, content: bytes) -> Path:
    """One file, whole or not at all: written beside its place, then renamed into it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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
