"""What happens inside: inputs that drift, units that go together, and variances that dropout shifts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.normalize_or_drop.learned import by_layer
from seedbed.studies.normalize_or_drop.networks import BOTH, DROP, HIDDEN, INPUT, NORM, PLAIN

TERMS = """
    **Internal covariate shift** (Ioffe and Szegedy): a layer learns from the outputs of the layer below, and these
    change their distribution with every update of that layer. An example: when the first layer's weights grow, the
    second layer suddenly sees larger numbers, although the images are the same; it has to adapt to that before it can
    learn anything about digits. Batch norm fixes mean and variance of what a unit is given.

    **Co-adaptation** (Srivastava et al.): a unit that corrects the mistakes of particular other units is of use only
    where those are there. An example: two units each detect half of a loop, and neither means anything alone. Dropout
    removes a random half of the units at every step, so a unit can rely on no particular other one."""


def drift(context: sb.Context) -> Iterator[Any]:
    """The 15th, 50th and 85th percentile of one unit's input against the step, with and without batch norm."""
    record = context.record("sigmoids")
    shown = record.assign(
        unit_input=record["unit_inputs"]
        .isel(hidden=-1, drop=True)
        .rename(percentile="layer")
        .assign_coords(layer=[f"{percent}th percentile" for percent in (15, 50, 85)])
    )
    n = record.sizes["seed"]
    yield sb.Figure(
        "unit_input",
        sb.figures.by_layer(shown, "unit_input", step="linear"),
        "Percentiles of the input of the first unit of the last hidden layer over a batch, against the step: median, "
        f"25–75 % and 5–95 % of n = {n} networks (three layers of 100 sigmoid units, as in the paper's figure 1).",
        "Percentiles of one unit's input against the step, without and with batch norm",
    )
    moved = {net: sb.stats.scores.mean(_drift(part)) for net, part in _parts(shown, "net")}
    yield sb.Reading("drift", moved)
    told = "; ".join(f"{net} {sb.show.plain(one)}" for net, one in moved.items())
    said = (
        f"After the first tenth of the training the median of the unit's input still wandered over this many times its "
        f"spread (85th minus 15th percentile): {told} (mean, n = {n}, 95 % intervals)."
    )
    yield said
    accuracy = {net: sb.stats.scores.mean(part["final_test_accuracy"].values) for net, part in _parts(shown, "net")}
    yield (
        "Test accuracy of these networks after the last step: "
        + "; ".join(f"{net} {sb.show.interval(one, sb.show.hundredths)}" for net, one in accuracy.items())
        + f" (mean, n = {n}, 95 % intervals)."
    )
    yield sb.Answer(f"Covariate shift: {said[:1].lower()}{said[1:]}")


def _drift(part: Any) -> np.ndarray:
    """Range of the median over the steps after the first tenth, over the mean spread there, member by member."""
    late = part["unit_input"].transpose("seed", "step", "layer").values[:, part.sizes["step"] // 10 :]
    low, middle, high = np.moveaxis(late, -1, 0)
    return np.ptp(middle, axis=1) / np.maximum((high - low).mean(axis=1), 1e-12)


def together(context: sb.Context) -> Iterator[Any]:
    """How correlated the units of each layer are in every arm after training, and what dropout changes."""
    record = context.record("nets")
    last = record["final_unit_correlation"].transpose("arm", "hidden", "seed")
    names, n = last["arm"].values.tolist(), record.sizes["seed"]
    yield sb.Table(
        ("arm", *HIDDEN),
        [
            (
                arm,
                *(
                    sb.show.interval(sb.stats.scores.mean(_known(row)), sb.show.number)
                    for row in last.sel(arm=arm).values
                ),
            )
            for arm in names
        ],
        "Mean absolute correlation between two units of a layer (channels of a convolution) over a training batch, "
        "with nothing dropped, after the last step: means over "
        f"n = {n} members with 95 % intervals. Units that answer every example alike are left out. A batch of 64 gives "
        "unrelated units of a dense layer about 0.1.",
    )
    if not {PLAIN, DROP} <= set(names) or n < 2:
        return
    gaps = {
        layer: sb.stats.pairs.difference(last.sel(arm=DROP).values[place], last.sel(arm=PLAIN).values[place])
        for place, layer in enumerate(HIDDEN)
    }
    yield sb.Reading("correlation_dropout_minus_plain", gaps)
    told = "; ".join(f"{layer} {sb.show.interval(gap, sb.show.number)}" for layer, gap in gaps.items())
    less = [layer for layer, gap in gaps.items() if gap.high < 0]
    more = [layer for layer, gap in gaps.items() if gap.low > 0]
    words = [f"less alike in {', '.join(less)}"] * bool(less) + [f"more alike in {', '.join(more)}"] * bool(more)
    said = (
        f"With dropout the units are {' and '.join(words) or 'not told apart'} than without: "
        f"the mean correlation changes by {told} (paired, n = {n}, 95 % intervals)."
    )
    yield said
    if more:
        yield (
            "More correlation is no contradiction of less co-adaptation: units that must each be useful alone tend to "
            "carry the same information several times over, which is redundancy. What dropout forbids is to depend on "
            "one partner, not to resemble one."
        )
    yield sb.Answer(f"Co-adaptation: {said[:1].lower()}{said[1:]}")


def variance_shift(context: sb.Context) -> Iterator[Any]:
    """The running variance of batch norm over the variance that it meets when nothing is dropped, layer by layer."""
    record = context.record("nets")
    found = {arm: shifts(record, arm) for arm in (NORM, INPUT, BOTH) if arm in record["arm"].values}
    if not found:
        return
    n = record.sizes["seed"]
    means = {arm: {name: sb.stats.scores.mean(one) for name, one in layers.items()} for arm, layers in found.items()}
    yield sb.Reading("variance_shift", means)
    yield sb.Table(
        ("arm", "input", *HIDDEN),
        [
            (arm, *(sb.show.plain(layers[name]) if name in layers else "—" for name in ("input", *HIDDEN)))
            for arm, layers in means.items()
        ],
        "Variance shift: the running variance that batch norm keeps from training, divided by the variance of the same "
        "units when a batch passes with nothing dropped (both summed over the units of a layer); means over n = "
        f"{n} members with 95 % intervals, after the last step. 1: what is judged looks like what was trained on.",
    )
    yield (
        "Dropout that keeps a share q of the numbers divides those that stay by q. Their mean is as before, but the "
        "mean of their squares is 1/q times as large: batch norm behind it learns a variance that is up to 1/q times "
        "as large, 2 behind the hidden layers and 1.25 behind the input, and when nothing is dropped any more it "
        "divides by too much."
    )
    if {NORM, BOTH} <= set(means):
        told = "; ".join(
            f"{name} {sb.show.plain(means[BOTH][name])} against {sb.show.plain(means[NORM][name])}" for name in HIDDEN
        )
        yield sb.Answer(
            f"Dropout shifts the variance that batch norm behind it has learned: by layer {told} without dropout "
            f"(n = {n}, 95 % intervals)."
        )


def repaired(context: sb.Context) -> Iterator[Any]:
    """What estimating the statistics of batch norm anew, with nothing dropped, does to the test accuracy."""
    record = context.record("nets")
    if not context.has("anew") or BOTH not in record["arm"].values or record.sizes["seed"] < 2:
        return
    anew = context.record("anew")
    before, after = record["final_test_accuracy"].sel(arm=BOTH).values, anew["final_test_accuracy"].values
    gap, n = sb.stats.pairs.difference(after, before), before.size
    left = {name: sb.stats.scores.mean(one) for name, one in shifts(anew).items()}
    yield sb.Reading("estimated_anew", {"gain": gap, "variance_shift": left})
    verdict = (
        "repairs part of it" if gap.low > 0 else "makes it worse" if gap.high < 0 else "has no effect that can be told"
    )
    said = (
        f"Estimating the running averages of “{BOTH}” anew with nothing dropped, after the same training, {verdict}: "
        f"the test accuracy moves by {sb.show.interval(gap, sb.show.hundredths)} to "
        f"{sb.show.interval(sb.stats.scores.mean(after), sb.show.hundredths)} (paired, n = {n}, 95 % intervals)."
    )
    yield said
    told = "; ".join(f"{name} {sb.show.plain(one)}" for name, one in left.items())
    yield f"The variance shift is then, layer by layer: {told} (mean, n = {n}, 95 % intervals)."
    yield sb.Answer(said)


def shifts(record: Any, arm: str = "") -> Mapping[str, np.ndarray]:
    """Running variance over the variance without dropout after the last step, (seed,) for each layer."""
    kept, met = by_layer(record, arm), by_layer(record, arm, "norm_inputs")
    return {
        name: kept[name].isel(step=-1).sel(learned="running variance").sum("unit").values
        / met[name].isel(step=-1).sel(statistic="variance").sum("unit").values
        for name in kept
    }


def _parts(record: Any, factor: str) -> Iterator[tuple[str, Any]]:
    return ((str(level), record.sel({factor: level})) for level in record[factor].values)


def _known(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values)]
