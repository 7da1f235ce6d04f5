"""Tell what was measured: the study's page, the numbers for `summary.json`, the report. Nothing is run here."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr

import seedbed
from seedbed.report import plain
from seedbed.report.summary import summary
from seedbed.report.write import write
from seedbed.study import Profile, Study


def tell(
    folder: Path, study: Study, records: Mapping[str, xr.Dataset], profile: Profile, seeds: range, command: str
) -> tuple[dict[str, Any], list[Path]]:
    """Write what the records say into a folder: the content of `summary.json`, and the files written."""
    page = study.tell(records) if study.tell else plain.tell(records)
    records = {name: record for name, record in records.items() if not record.attrs.get("aside")}
    provenance = {"seedbed": seedbed.__version__, **_made(next(iter(records.values())))}
    claims = [{"id": claim.id, "source": claim.source, "statement": claim.statement, "published": claim.value}
              for claim in study.claims]  # fmt: skip
    trained = {name: record for name, record in records.items() if "stop_step" in record}
    told = summary(study, trained, page, profile=profile, seeds=seeds, provenance=provenance, claims=claims)
    written = write(folder, study, page, profile=profile, seeds=seeds, command=command, records=records, summary=told,
                    provenance=provenance)  # fmt: skip
    return told, written


def _made(record: xr.Dataset) -> dict[str, Any]:
    names = ("engine", "jax", "device", "devices", "dtype", "width", "data", "data_hash", "spec_hash",
             "wall_seconds", "compile_seconds")  # fmt: skip
    return {name: json.loads(json.dumps(record.attrs[name], default=str)) for name in names if name in record.attrs}
