"""Judge the claims of a study by its records: the verdict of the statistics, unless the set-up was another one."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from seedbed import stats
from seedbed.catalogue.questions import questions_of
from seedbed.catalogue.setups import COURSE, differences, own_data
from seedbed.errors import StatsError
from seedbed.report.side_by_side import side_by_side
from seedbed.report.verdicts import sentence
from seedbed.spec import Spec
from seedbed.stats.verdicts import Verdict
from seedbed.study import PROFILES, Claim, ProfileName, Study

DIFFERS = "set-up differs"
OPEN = "cannot be told"
ANOTHER_SET = "another set of images of the same law, not the course's own, which `--data DIR` brings"


def judged_claims(
    study: Study, records: Mapping[str, xr.Dataset], profile: ProfileName, outcomes: Mapping[str, xr.Dataset]
) -> list[dict[str, Any]]:
    """Every claim of a study with its verdict, its evidence and a sentence: the `claims` of `summary.json`.

    `outcomes` are what the study derives from the records.
    """
    if not study.claims:
        return []
    known = {**records, **outcomes}
    asked = {name: questions_of(study, name, ("training", "card")) for name in PROFILES}
    return [_judged(claim, study, known, asked, profile) for claim in study.claims]


def outcomes_of(study: Study, records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """What a study derives from its records: arrivals side by side, and outcomes of its own."""
    found = {
        name: side_by_side({shown: records[one] for shown, one in networks.items()}).assign_attrs(
            of=" ".join(networks.values())
        )
        for name, networks in study.together.items()
        if set(networks.values()) <= records.keys()
    }
    return {**found, **(study.outcomes(records) if study.outcomes else {})}


def claimed(study: Study) -> list[tuple[str, str, str]]:
    """The variables that claims are about: what names each, the record it is read from, its name.

    Raises: StatsError for a check that cannot be read.
    """
    return [
        (f'the claim "{claim.id}"', claim.record, term.variable)
        for claim in study.claims
        if claim.check
        for term in stats.parse(claim.check).terms
    ]


def verdict_of(check: str, record: xr.Dataset) -> dict[str, Any]:
    """A user's own check of a record, as plain data with its sentence; what cannot be read raises StatsError."""
    found = stats.judge(check, record).plain()
    return {**found, "sentence": sentence(found)}


def _judged(
    claim: Claim,
    study: Study,
    records: Mapping[str, xr.Dataset],
    asked: Mapping[str, Mapping[str, Spec]],
    profile: ProfileName,
) -> dict[str, Any]:
    name = claim.record or next(iter(records))
    verdict, reason = _verdict(claim, records, name)
    empty = {"verdict": OPEN, "reason": reason, "n": None, "findings": [], "effect": None, "one_run": None}
    found: dict[str, Any] = verdict.plain() if verdict else empty
    differs, decided_by = [claim.differs] if claim.differs else [], ""
    if verdict is not None and verdict.findings:
        ours = _set_up(claim, verdict, records, name, asked["full"], study.profile(profile).reduced)
        decided_by = "" if claim.differs or not ours else _command(study, ours, asked, _sources(records[name], name))
        differs += ours
    found |= {
        "id": claim.id,
        "source": claim.source,
        "statement": claim.statement,
        "published": claim.value,
        "check": claim.check,
        "record": name,
        "contradicts": claim.contradicts,
        "under": found["verdict"],
        "differs": "; ".join(dict.fromkeys(differs)),
        "decided_by": decided_by,
    }
    if differs:
        found["verdict"] = DIFFERS
    return {**found, "sentence": sentence(found)}


def _command(
    study: Study, differs: Sequence[str], asked: Mapping[str, Mapping[str, Spec]], sources: Sequence[str]
) -> str:
    """The command that runs what a statement is about: the least profile that asks the full question, on which data."""
    asks = {name: [found[one].hash() for one in sources if one in found] for name, found in asked.items()}
    least = next(name for name in PROFILES if asks[name] == asks["full"])
    words = ["seedbed", "run", study.name, *(["--profile", least] if least != "quick" else [])]
    return " ".join([*words, *(["--data", "DIR"] if ANOTHER_SET in differs else [])])


def _sources(judged_on: xr.Dataset, name: str) -> list[str]:
    """The records behind a record: what an outcome is made of, else itself."""
    return str(judged_on.attrs.get("of", name)).split()


def _verdict(claim: Claim, records: Mapping[str, xr.Dataset], name: str) -> tuple[Verdict | None, str]:
    """The verdict, or why there is none: this run may lack a setting that the statement is about."""
    if not claim.check:
        return None, "the statement has no check"
    if name not in records:
        return None, f"this run has no {name.replace('_', ' ')}"
    left_out = [
        one for term in stats.checks.parse(claim.check).terms for one in stats.terms.lacking(term, records[name])
    ]
    if left_out:
        return None, f"this run has no {' and no '.join(dict.fromkeys(left_out))}"
    try:
        return stats.judge(claim.check, records[name]), ""
    except StatsError as error:
        return None, str(error)


def _set_up(
    claim: Claim,
    verdict: Verdict,
    records: Mapping[str, xr.Dataset],
    name: str,
    asked: Mapping[str, Spec],
    reduced: str,
) -> list[str]:
    """What was run otherwise than in full, in the settings and records that the check is about."""
    judged_on, chosen = records[name], [dict(one.levels) for one in verdict.findings]
    names = [source for source in _sources(judged_on, name) if source in records]
    sources = [records[source] for source in names]
    found: list[str] = []
    for source, record in zip(names, sources, strict=True):
        if source in asked and "spec" in record.attrs:
            through = _through(verdict, judged_on, record, asked[source])
            found += differences(record, asked[source], chosen, arrived=through)
        elif "stop_step" in record and reduced:  # a question after a record: its full form is not known
            found.append(reduced)
    if claim.assumes == COURSE and not all(own_data(record) for record in sources):
        found.append(ANOTHER_SET)
    return found


def _through(verdict: Verdict, judged_on: xr.Dataset, record: xr.Dataset, full: Spec) -> bool:
    """Whether another cap would have changed nothing: it is read before either, or all members had arrived."""
    read_at = judged_on.attrs.get("read_at")
    if read_at is not None:
        return float(read_at) <= min(
            float(record.attrs["cap"]), full.steps if isinstance(full.steps, int) else math.inf
        )
    terms: Sequence[Any] = [one for one in verdict.findings if one.term.variable.endswith("_step")]
    columns = [stats.terms.column(one.term, judged_on) for one in terms]
    return len(terms) == len(verdict.findings) and all(np.isfinite(one.values).all() for one in columns)
