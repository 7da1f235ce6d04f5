"""An activation against ReLU under the same seeds: what was shown, and how that is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import seedbed as sb

RELU = "relu"
MARGIN, WITHIN = 0.2, "20 %"
TITLES = {"lines": "the line set", "detection": "the detection set"}
KINDS = {
    "same": f"the same as ReLU to within {WITHIN}",
    "fewer": "fewer steps than ReLU",
    "more": "more steps than ReLU",
    "undecided": "neither a difference nor equality was shown",
    "capped": "no verdict, because fewer than half of the members arrived",
}


@dataclass(frozen=True)
class Against:
    """An activation against ReLU, paired by seed: difference, ratio, tests, equivalence, who is first."""

    activation: str
    n: int
    difference: Any
    p: float
    equivalence: Any
    equivalence_p: float
    family: str
    before_relu: Any
    arrived: float
    relu_arrived: float

    @property
    def kind(self) -> str:
        """What was shown: the same, more steps, fewer steps, neither (undecided), or nothing (capped)."""
        if min(self.arrived, self.relu_arrived) < 0.5:
            return "capped"
        if self.equivalence_p < self.equivalence.alpha:
            return "same"
        return ("more" if self.difference.estimate > 0 else "fewer") if self.p < 0.05 else "undecided"

    @property
    def ratio(self) -> str:
        """The ratio of steps with its interval."""
        return sb.show.interval(self.equivalence.estimate, lambda value: f"{value:.2f}".replace("-", "−"))


def against_relu(hits: Any) -> list[Against]:
    """Every activation against ReLU at the same level of whatever else is varied; none where ReLU takes no step."""
    steps, arrived = hits.restricted().values, (~hits.never).mean(axis=0)
    pairs = [
        (hits.members.column(levels), hits.members.column({**levels, "activation": RELU}))
        for levels in hits.members.settings
        if levels["activation"] != RELU
    ]
    if not pairs or not all(steps[:, j].mean() > 0 for _, j in pairs):
        return []
    same = [sb.stats.equivalence.by_ratio(steps[:, i], steps[:, j], MARGIN) for i, j in pairs]
    apart = sb.stats.holm([sb.stats.pairs.sign_flip(steps[:, i], steps[:, j]).p for i, j in pairs])
    alike = sb.stats.holm([one.p for one in same])
    return [
        Against(
            activation=hits.names[i],
            n=len(steps),
            difference=sb.stats.pairs.difference(steps[:, i], steps[:, j], cap=hits.cap),
            p=float(apart.p[k]),
            equivalence=same[k],
            equivalence_p=float(alike.p[k]),
            family=apart.method,
            before_relu=sb.stats.pairs.superiority(steps[:, i], steps[:, j]),
            arrived=float(arrived[i]),
            relu_arrived=float(arrived[j]),
        )
        for k, (i, j) in enumerate(pairs)
    ]


def verdict(name: str, one: Against) -> str:
    """One comparison in a sentence."""
    start, n = f"On {TITLES[name]}, **{one.activation}", one.n
    facts = f"{one.ratio} times ReLU's steps (90 % interval, n = {n} seeds)"
    equal, gap = p_named(one.equivalence_p), p_named(one.p)
    if one.kind == "capped":
        return (
            f"{start}**: no verdict. {sb.show.percent(one.arrived)} of its members arrived and "
            f"{sb.show.percent(one.relu_arrived)} of ReLU's (n = {n} each); where fewer than half arrive, the cap "
            "decides the mean."
        )
    if one.kind == "same":
        more = "A difference is there all the same, smaller than the margin" if one.p < 0.05 else "None was found"
        return (
            f"{start} does the same as ReLU to within {WITHIN}**: {facts}, {equal} for a difference of the margin or "
            f"more. {more} ({gap} for no difference)."
        )
    if one.kind == "undecided":
        return (
            f"{start}: undecided**. {facts}; neither a difference ({gap}) nor equality to within {WITHIN} ({equal}) "
            "was shown; more seeds can decide it."
        )
    return (
        f"{start} takes {one.kind} steps than ReLU**: {facts}, {gap}; that it does the same to within {WITHIN} was not "
        f"shown ({equal})."
    )


def grouped(name: str, every: Sequence[Against]) -> list[str]:
    """Many comparisons by what they have shown."""
    found = {kind: [one.activation for one in every if one.kind == kind] for kind in KINDS}
    return [
        f"On {TITLES[name]}, {text} (n = {every[0].n} seeds, Holm-adjusted at 5 %): {', '.join(found[kind])}."
        for kind, text in KINDS.items()
        if found[kind]
    ]


def p_named(p: float) -> str:
    """A p value in a sentence."""
    text = sb.show.p_value(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"
