"""Judge the claims of a study by its records: the verdict of the statistics, unless the set-up was another one."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from seedbed import stats
from seedbed.catalogue.asked import questions
from seedbed.catalogue.setups import COURSE, differences, own_data
from seedbed.errors import StatsError
from seedbed.report.judged import sentence
from seedbed.spec import Spec
from seedbed.stats.verdicts import Verdict
from seedbed.study import Claim, Profile, Study

DIFFERS = "set-up differs"
OPEN = "cannot be told"
ANOTHER_SET = "another set of images of the same law, not the course's own, which `--data DIR` brings"


def judged(study: Study, records: Mapping[str, xr.Dataset], profile: Profile) -> list[dict[str, Any]]:
    """Every claim of a study with its verdict, its evidence and a sentence: the `claims` of `summary.json`."""
    if not study.claims:
        return []
    known = with_outcomes(study, records)
    asked = questions(study)
    return [_judged(claim, study, known, asked, profile) for claim in study.claims]


def with_outcomes(study: Study, records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """The records of a study, and the outcomes it derives from them."""
    return {**records, **(study.outcomes(records) if study.outcomes else {})}


def verdict_of(check: str, record: xr.Dataset) -> dict[str, Any]:
    """A user's own check of a record, as plain data with its sentence; what cannot be read raises StatsError."""
    found = stats.judge(check, record).plain()
    return {**found, "sentence": sentence(found)}


def _judged(
    claim: Claim, study: Study, records: Mapping[str, xr.Dataset], asked: Mapping[str, Spec] | None, profile: Profile
) -> dict[str, Any]:
    name = claim.record or next(iter(records))
    verdict, reason = _verdict(claim, records, name)
    empty = {"verdict": OPEN, "reason": reason, "n": None, "findings": [], "effect": None, "one_run": None}
    found: dict[str, Any] = verdict.plain() if verdict else empty
    differs = [claim.differs] if claim.differs else []
    if verdict is not None and verdict.findings:
        differs += _set_up(claim, verdict, records, name, asked, study.reduced.get(profile, ""))
    found |= {"id": claim.id, "source": claim.source, "statement": claim.statement, "published": claim.value,
              "check": claim.check, "record": name, "contradicts": claim.contradicts, "under": found["verdict"],
              "differs": "; ".join(dict.fromkeys(differs))}  # fmt: skip
    if differs:
        found["verdict"] = DIFFERS
    return {**found, "sentence": sentence(found)}


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
    claim: Claim, verdict: Verdict, records: Mapping[str, xr.Dataset], name: str, asked: Mapping[str, Spec] | None,
    reduced: str,
) -> list[str]:  # fmt: skip
    """What was run otherwise than in full, in the settings and records that the check is about."""
    judged_on, chosen = records[name], [dict(one.levels) for one in verdict.findings]
    sources = [records[source] for source in str(judged_on.attrs.get("of", name)).split() if source in records]
    names = [source for source in str(judged_on.attrs.get("of", name)).split() if source in records]
    found: list[str] = []
    if asked is None:
        found += [reduced] * bool(reduced)
    else:
        for source, record in zip(names, sources, strict=True):
            if source in asked and "spec" in record.attrs:
                through = _through(verdict, judged_on, record, asked[source])
                found += differences(record, asked[source], chosen, arrived=through)
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
