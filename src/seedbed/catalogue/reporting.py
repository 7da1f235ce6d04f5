"""Tell what was measured: the study's page, the numbers for `summary.json`, the report. Nothing is run here."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import xarray as xr

import seedbed
import seedbed.catalogue.until as until
from seedbed.catalogue.claims import judged_claims, outcomes_of
from seedbed.catalogue.request import CROSSED
from seedbed.procedures.crossing import AXES
from seedbed.report.cautions import cautions
from seedbed.report.compose import compose
from seedbed.report.context import Context
from seedbed.report.in_short import spoken
from seedbed.report.page import Section
from seedbed.report.summary import plain_values, summary
from seedbed.report.variation import variation
from seedbed.report.verdicts import statements
from seedbed.report.write import write
from seedbed.spec import seeds_back
from seedbed.study import Study


def write_report(
    folder: Path, study: Study, records: Mapping[str, xr.Dataset], request: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Path]]:
    """Write what the records say into a folder: the content of `summary.json`, and the files written.

    `request` is what `run_study` was asked for, as it is kept in the store.
    """
    profile, seeds, command = request["profile"], seeds_back(request["seeds"]), request["command"]
    crossed, records = records.get(CROSSED), {name: one for name, one in records.items() if name != CROSSED}
    outcomes = outcomes_of(study, records)
    claims, further, besides = judged_claims(study, records, profile, outcomes), list[Section](), dict[str, Any]()
    context = Context(study, study.profile(profile), records, outcomes, claims)
    page = compose(context)
    if request.get("until"):
        asked_until = until.Until(**request["until"])
        looked, by = until.settled(records, asked_until), until.compared_by(records, asked_until)
        further.append(until.section(looked, by))
        besides["until"] = {**looked.plain(), "of": by}
    if crossed is not None:
        told_apart, besides["sources"] = variation(crossed, AXES, crossed.attrs["not_crossed"])
        further.append(told_apart)
    if claims:
        further.append(statements(claims))
    records = {name: record for name, record in records.items() if not record.attrs.get("aside")}
    page = replace(page, sections=[*page.sections, *further])
    provenance = {"seedbed": seedbed.__version__, **_made(next(iter(records.values())))}
    trained = {name: record for name, record in records.items() if "stop_step" in record}
    told = summary(
        study,
        trained,
        page,
        profile=profile,
        seeds=seeds,
        provenance=provenance,
        claims=claims,
        comparisons=comparisons(context, trained),
    )
    told |= plain_values(besides) | ({"in_short": spoken(page.short)} if page.short else {})
    told |= {"cautions": first} if (first := cautions(records)) else {}
    written = write(
        folder,
        study,
        page,
        profile=profile,
        seeds=seeds,
        command=command,
        records=records,
        summary=told,
        provenance=provenance,
    )
    return told, written


def comparisons(context: Context, trained: Mapping[str, xr.Dataset]) -> list[dict[str, Any]]:
    """Pairs of settings of every record with a target: those that the page has computed are not computed again."""
    found: list[dict[str, Any]] = []
    for name, record in trained.items():
        if record.attrs.get("target"):
            scored = context.scored(name, "hit_step", "lower")
            pairs = [pair.plain() for pair in scored.pairs] if scored.several else []
            found += [{"record": name, **pair} if len(trained) > 1 else pair for pair in pairs]
    return found


def _made(record: xr.Dataset) -> dict[str, Any]:
    names = ("engine", "jax", "device", "devices", "dtype", "width", "program", "programs", "data", "data_hash",
             "spec_hash", "wall_seconds", "compile_seconds")  # fmt: skip
    return {name: json.loads(json.dumps(record.attrs[name], default=str)) for name in names if name in record.attrs}
