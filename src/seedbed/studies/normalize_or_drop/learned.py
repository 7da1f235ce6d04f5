"""What batch norm has learned: scale, shift and running averages of every layer, and whether the input needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.normalize_or_drop.networks import BOTH, HIDDEN, INPUT, NORM

QUANTITIES = {
    "scale": "scale γ",
    "shift": "shift β",
    "running mean": "running mean",
    "running variance": "running variance",
}
MARGIN = 0.001
MOST = 6  # steps that have a violin


def by_layer(record: Any, arm: str = "", variable: str = "norm_parameters", factor: str = "arm") -> dict[str, Any]:
    """A probe of batch norm in one arm, layer by layer: (seed, step, unit, quantity) without the places left over.

    No arm: of a record with a single setting.
    """
    found = record[variable].sel({factor: arm} if arm else {}).transpose("seed", "step", "norm", "unit", ...)
    names = ("input", *HIDDEN) if arm == INPUT else HIDDEN
    layers: dict[str, Any] = {}
    for place, name in enumerate(names[: found.sizes["norm"]]):
        layer = found.isel(norm=place)
        layers[name] = layer.isel(unit=np.flatnonzero(np.isfinite(layer).any(dim=("seed", "step", layer.dims[-1]))))
    return layers


def parameters(context: sb.Context) -> Iterator[Any]:
    """Violins of the learned parameters against the step, and their means at the end, layer by layer."""
    record = context.record("nets")
    known = [arm for arm in (NORM, INPUT, BOTH) if arm in record["arm"].values]
    if not known:
        yield "This run has no arm with batch norm."
        return
    shown = INPUT if INPUT in known else known[0]
    layers, steps = by_layer(record, shown), record["step"].values
    picked = np.unique(np.linspace(0, len(steps) - 1, min(MOST, len(steps))).round().astype(int))
    n = record.sizes["seed"]
    for quantity, words in QUANTITIES.items():
        panels = [
            sb.figures.Spread(
                f"{name} ({part.sizes['unit']})", [_finite(part.isel(step=at), quantity) for at in picked]
            )
            for name, part in layers.items()
        ]
        yield sb.Figure(
            f"learned_{sb.show.file_name(quantity)}",
            sb.figures.violins(panels, "step (updates)", words, [sb.show.number(int(steps[at])) for at in picked]),
            f"{words[:1].upper()}{words[1:]} of every batch norm while it trains, arm “{shown}”: a violin over all "
            f"channels or units (their number in brackets) of n = {n} members, at the steps named. White: the median; "
            "grey: the middle half. Every panel has an axis of its own.",
            f"Violins of the {words} by layer and step",
        )
    means = {arm: {name: _means(part) for name, part in by_layer(record, arm).items()} for arm in known}
    yield sb.Reading("learned", means)
    yield sb.Table(
        ("arm", "layer", *QUANTITIES.values()),
        [
            (arm, name, *(sb.show.interval(one[quantity], sb.show.number) for quantity in QUANTITIES))
            for arm, found in means.items()
            for name, one in found.items()
        ],
        f"Batch norm after the last step: the mean over the units of a layer, averaged over n = {n} members, with 95 % "
        "BCa bootstrap intervals over members. At the start every scale is 1 and every shift 0, running means are 0 "
        "and running variances 1.",
    )
    if NORM in means:
        yield sb.Answer(f"With {NORM}: {_told(means[NORM], n)}.")
    if INPUT in means:
        one = means[INPUT]["input"]
        told = "; ".join(f"{words} {sb.show.interval(one[name], sb.show.number)}" for name, words in QUANTITIES.items())
        yield f"**The input layer** has one channel, so batch norm learns two numbers there, and follows two: {told}."


def _told(layers: Mapping[str, Any], n: int) -> str:
    told = "; ".join(f"{name} γ {sb.show.interval(one['scale'], sb.show.number)}, β "
                     f"{sb.show.interval(one['shift'], sb.show.number)}" for name, one in layers.items())  # fmt: skip
    return f"mean over units: {told} (n = {n}, 95 % intervals; all running averages are in the table)"


def _finite(part: Any, quantity: str) -> np.ndarray:
    values = part.sel(learned=quantity).values.ravel()
    return values[np.isfinite(values)]


def _means(part: Any) -> dict[str, Any]:
    """Of the last step: the mean over units, over members."""
    last = part.isel(step=-1).mean("unit")
    return {name: sb.stats.scores.mean(last.sel(learned=name).values) for name in QUANTITIES}


def input_or_not(context: sb.Context) -> Iterator[Any]:
    """Whether batch norm on the input and standardization give the same test accuracy, to within a margin."""
    scored = context.scored("inputs", "final_test_accuracy", "higher")
    if scored.n < 2 or not {NORM, INPUT} <= set(scored.names):
        yield "This run lacks one of the two arms, or has one seed only: they are not compared."
        return
    ours, usual = (scored.members.values[:, scored.names.index(name)] for name in (INPUT, NORM))
    found = sb.stats.equivalence.by_difference(ours, usual, MARGIN)
    shown = sb.show.interval(found.estimate, sb.show.hundredths)
    yield sb.Reading("input_norm", found.plain())
    yield sb.Table(
        ("input", "mean test accuracy", "median"),
        [
            (name, sb.show.interval(mean, sb.show.hundredths), sb.show.interval(median, sb.show.hundredths))
            for name, mean, median in zip(scored.names, scored.means, scored.medians, strict=True)
        ],
        "Test accuracy with a standardized input and batch norm in the hidden layers, and with batch norm on the "
        f"input too; n = {scored.n} seeds, the same for both. 95 % intervals.",
    )
    if found.equivalent:
        said = "The two inputs give the same to within 0.1 percentage points"
    elif found.p_low > 0.95 or found.p_high > 0.95:
        said = "The two inputs differ by more than 0.1 percentage points"
    else:
        said = "Whether the two inputs give the same to within 0.1 percentage points cannot be told from so many seeds"
    told = (
        f"{said}: batch norm on the input minus standardization is {shown} in test accuracy (n = {scored.n}, 90 % "
        f"interval; two one-sided paired t tests against ±0.1 points, p = {sb.show.p_value(found.p)})."
    )
    yield told
    yield (
        "Both subtract a mean and divide by a deviation. The training set's are fixed; those of a batch of 64 images × "
        "784 pixels hardly vary from batch to batch, so what is left is a scale and a shift that the first convolution "
        "could learn as well. “Not told apart” would be no proof of that; a test of equivalence is."
    )
    yield sb.Answer(told)
