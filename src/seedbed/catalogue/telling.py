"""Tell what was measured: the study's page, the numbers for `summary.json`, the report. Nothing is run here."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import xarray as xr

import seedbed
from seedbed.catalogue.claims import judged
from seedbed.report import plain
from seedbed.report.judged import statements
from seedbed.report.summary import summary
from seedbed.report.write import write
from seedbed.study import Profile, Study


def tell(
    folder: Path, study: Study, records: Mapping[str, xr.Dataset], profile: Profile, seeds: range, command: str
) -> tuple[dict[str, Any], list[Path]]:
    """Write what the records say into a folder: the content of `summary.json`, and the files written."""
    page = study.tell(records) if study.tell else plain.tell(records)
    claims = judged(study, records, profile)
    if claims:
        page = replace(page, sections=[*page.sections, statements(claims)])
    records = {name: record for name, record in records.items() if not record.attrs.get("aside")}
    provenance = {"seedbed": seedbed.__version__, **_made(next(iter(records.values())))}
    trained = {name: record for name, record in records.items() if "stop_step" in record}
    told = summary(study, trained, page, profile=profile, seeds=seeds, provenance=provenance, claims=claims)
    written = write(folder, study, page, profile=profile, seeds=seeds, command=command, records=records, summary=told,
                    provenance=provenance)  # fmt: skip
    return told, written


def _made(record: xr.Dataset) -> dict[str, Any]:
    names = ("engine", "jax", "device", "devices", "dtype", "width", "data", "data_hash", "spec_hash",
             "wall_seconds", "compile_seconds")  # fmt: skip
    return {name: json.loads(json.dumps(record.attrs[name], default=str)) for name in names if name in record.attrs}
