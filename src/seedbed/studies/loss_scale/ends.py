"""How the members of a setting ended, and how a changed scale compares with the sheet's under the same seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import seedbed as sb

SHEET, HUGE = "as the sheet", 1e30
LOST = ("dead", "weights beyond 1e30", "not finite")
FATES = ("arrived", "still training", *LOST)


def exploded(part: Any) -> np.ndarray:
    """Which members have a weight beyond 1e30, or a number that is none, and did not arrive."""
    found = fates_of(part)
    return (found["weights beyond 1e30"][0] | found["not finite"][0]) & ~found["arrived"][0]


def fates_of(part: Any) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Of every fate: which members had it, and at which step (NaN: never). A member has one fate, and a weight that
    was huge before it was no number has a step of its own."""
    hit, broken = part["hit_step"].values, part["diverged_step"].values
    huge, dead = (
        first_step(part[name].values, most, part["step"].values)
        for name, most in (("largest_weight", HUGE), ("dead", 0.5))
    )
    arrived, not_finite = np.isfinite(hit), np.isfinite(broken)
    beyond = (np.isfinite(huge) | (part["final_largest_weight"].values > HUGE)) & ~arrived & ~not_finite
    lost = (part["final_dead"].values == 1) & ~arrived & ~not_finite & ~beyond
    masks = (arrived, ~(arrived | not_finite | beyond | lost), lost, beyond, not_finite)
    steps = (hit, np.full(hit.size, np.nan), np.where(lost, dead, np.nan), huge, broken)
    return dict(zip(FATES, zip(masks, steps, strict=True), strict=True))


def first_step(values: np.ndarray, bound: float, steps: np.ndarray) -> np.ndarray:
    """The first traced step at which a trace (member, step) exceeds a bound; NaN: never."""
    over = np.nan_to_num(values, nan=-np.inf, posinf=np.inf) > bound
    return np.where(over.any(axis=1), steps[over.argmax(axis=1)], np.nan)


@dataclass(frozen=True)
class End:
    """How the members of one setting ended: numbers, shares with Wilson's intervals, steps, and largest weights."""

    setting: str
    levels: Mapping[str, Any]
    n: int
    counts: Mapping[str, int]
    shares: Mapping[str, Any]
    when: Mapping[str, Mapping[str, Any]]
    largest_weight: Mapping[str, float]

    @property
    def diverged(self) -> Any:
        """The share with weights beyond 1e30 or a number that is none."""
        return sb.stats.wilson(count([self], *LOST[1:]), self.n)


def end_of(levels: Mapping[str, Any], part: Any) -> End:
    """How the members of one setting ended."""
    found = fates_of(part)
    counts = {fate: int(mask.sum()) for fate, (mask, _) in found.items()}
    n = part.sizes["seed"]
    shares = {fate: sb.stats.wilson(count, n) for fate, count in counts.items()}
    when = {fate: steps_of(steps) for fate, (_, steps) in found.items() if fate != "still training"}
    weights = sb.stats.scores.spread(part["final_largest_weight"].values)
    return End(sb.name_of(levels), dict(levels), n, counts, shares, when, weights)


def steps_of(values: np.ndarray) -> dict[str, Any]:
    """How finite steps lie, and the exact interval of their median."""
    known = values[np.isfinite(values)]
    return {**sb.stats.scores.spread(known), "interval": sb.stats.scores.median(known) if known.size else None}


@dataclass(frozen=True)
class Against:
    """A changed scale against the sheet's under the same seeds: over all members, and where both arrive."""

    setting: str
    levels: Mapping[str, Any]
    n: int
    p: float
    family: str
    difference: Any
    arrived: int
    both: int
    times: Any

    @property
    def found(self) -> str:
        """What was shown over all members, in words."""
        if not self.arrived:
            return "no member arrived"
        if not self.p < 0.05:
            return "no difference shown"
        return "faster" if self.difference.estimate < 0 else "slower, though some arrive"


def against_the_sheet(hits: Any) -> list[Against]:
    """Every changed scale against the sheet's under the same seeds."""
    pairs = [
        (dict(levels), hits.members.column(levels), hits.members.column({**levels, "scale": SHEET}))
        for levels in hits.members.settings
        if levels["scale"] != SHEET
    ]
    if len(hits.never) < 2:
        return []
    cut = hits.restricted().values
    family = sb.stats.holm([sb.stats.pairs.sign_flip(cut[:, i], cut[:, j]).p for _, i, j in pairs])
    found: list[Against] = []
    for (levels, i, j), p in zip(pairs, family.p.tolist(), strict=True):
        both = ~hits.never[:, i] & ~hits.never[:, j] & (cut[:, j] > 0)
        times = sb.stats.scores.quantile(cut[both, j] / np.maximum(cut[both, i], 1), 0.5) if both.any() else None
        gap = sb.stats.pairs.difference(cut[:, i], cut[:, j], cap=hits.cap)
        arrived = int((~hits.never[:, i]).sum())
        name = sb.name_of(levels)
        found.append(Against(name, levels, len(cut), p, family.method, gap, arrived, int(both.sum()), times))
    return found


def measured(context: sb.Context) -> tuple[dict[str, list[End]], dict[str, list[Against]]]:
    """How every setting of both kinds of network ended, and the changed scales beside the sheet's: computed once."""
    if "measured" not in context.kept:
        parts = {name: [end_of(*setting) for setting in sb.rows(record)] for name, record in context.records.items()}
        pairs = {name: against_the_sheet(context.scored(name, "hit_step", "lower").hits) for name in parts}
        context.kept["measured"] = parts, pairs
    return context.kept["measured"]


def changed(every: Sequence[End]) -> list[End]:
    """The settings whose scale is not the sheet's."""
    return [one for one in every if one.levels["scale"] != SHEET]


def count(every: Iterable[End], *fates: str) -> int:
    """Members of several settings that had one of these fates."""
    return sum(one.counts[fate] for one in every for fate in fates)
