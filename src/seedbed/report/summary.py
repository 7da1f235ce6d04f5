"""`summary.json`: every number of a report with its n, its interval and its method, in a form programs can read.

The numbers come from `seedbed.stats` and from the study; here they are only gathered. JSON has no NaN and no infinity:
both become null.
"""

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from seedbed import stats
from seedbed.record import SEED
from seedbed.report.frame import seeds_text
from seedbed.report.page import Page
from seedbed.study import ProfileName, Study

SCHEMA = 1  # rises when a field goes or means something else; docs/summary.md describes the fields


def summary(
    study: Study,
    records: Mapping[str, Any],
    page: Page,
    *,
    profile: ProfileName,
    seeds: Sequence[int] | int,
    provenance: Mapping[str, Any],
    entries: Sequence[Mapping[str, Any]] | None = None,
    comparisons: Sequence[Mapping[str, Any]] | None = None,
    claims: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The summary of a run, in plain values.

    `entries` (one per setting) and `comparisons` are made by `seedbed.stats` from every record unless given. Where a
    study has several records, each entry and comparison names its own under `"record"`.
    """
    settings = _gather(records, stats.summarize) if entries is None else entries
    compared = _gather(records, stats.compare) if comparisons is None else comparisons
    return {
        "schema": SCHEMA,
        "study": study.name,
        "profile": profile,
        "seeds": seeds_text(seeds),
        "settings": plain_values(list(settings)),
        "comparisons": plain_values(list(compared)),
        "luck": plain_values(_gather(records, _luck)),
        "needed": plain_values(_gather(records, _needed)),
        "claims": plain_values(list(claims)),
        "provenance": plain_values(provenance),
        "readings": plain_values(page.readings),
    }


def to_json(values: Mapping[str, Any]) -> str:
    """JSON with sorted keys, two spaces of indentation and a final newline; equal values give equal bytes."""
    return json.dumps(plain_values(values), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def plain_values(value: Any) -> Any:
    """A value made of dictionaries, lists, text, numbers and None only.

    >>> plain_values({1: np.array([0.5, np.nan]), "n": np.int64(3)})
    {'1': [0.5, None], 'n': 3}
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain_values(item) for key, item in value.items()}
    if hasattr(value, "__array__"):
        return plain_values(np.asarray(value).tolist())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain_values({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    if isinstance(value, set | frozenset):
        return sorted(plain_values(list(value)), key=str)
    if isinstance(value, Iterable):
        return [plain_values(item) for item in value]
    raise TypeError(f"a summary holds numbers, text and lists, got {type(value).__name__}; convert it first")


def _luck(record: Any) -> list[dict[str, Any]]:
    """The lucky-seed meter of every setting, where the record has a target and more than one seed."""
    if not record.attrs.get("target") or record.sizes[SEED] < 2:
        return []
    return [one.plain() for one in stats.luck.seed_luck(stats.hits(record).restricted())]


def _needed(record: Any) -> list[dict[str, Any]]:
    """How many seeds would tell each pair of settings apart, where the record has a target and is a pilot at all."""
    if not record.attrs.get("target"):
        return []
    members = stats.hits(record).restricted()
    several = min(members.values.shape) > 1
    return [one.plain() for one in stats.luck.needed(members)] if several else []


def _gather(records: Mapping[str, Any], measure: Any) -> list[dict[str, Any]]:
    """What `measure` says of every record with members, each with the record's name where there are several."""
    named = [(name, found) for name, record in records.items() if SEED in record.dims for found in measure(record)]
    return [{"record": name, **found} if len(records) > 1 else dict(found) for name, found in named]
