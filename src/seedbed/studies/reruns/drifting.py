"""How far the reruns of a network are from one another: distances of weights, doubling times, changed predictions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import seedbed as sb

NONE, ONE, ALL, PERCENT = "none", "last bit of one weight", "last bit of all weights", "1 % of one weight"
AGAIN, PROGRAM, ARITHMETIC = "same program again", "another program", "other arithmetic"
ORDER, SEED = "another order of images", "a new seed"
CHANGES = (AGAIN, PROGRAM, ARITHMETIC, ONE, ALL, PERCENT, ORDER, SEED)
RECORDS = {AGAIN: "again", PROGRAM: "program", ARITHMETIC: "arithmetic"}
GROWING = (1e-7, 1e-2)  # drifts between which the doubling time is read
number, interval, percent = sb.show.number, sb.show.interval, sb.show.percent


def pair(records: Mapping[str, Any], change: str, place: int) -> tuple[Any, Any]:
    """Two records of the same seeds at a rate: with and without the change, (seed, ...) each."""
    base = records["nets"].sel(change=NONE).isel(learning_rate=place)
    if change == SEED:
        return base, base.roll(seed=-1)
    if change == ORDER:
        found = records["order"].isel(learning_rate=place)
        return found, found.roll(seed=-1)
    if change == AGAIN:
        return records["again"].isel(learning_rate=-1 - place), base
    if change in RECORDS:
        return records[RECORDS[change]].isel(learning_rate=place), base
    return records["nets"].sel(change=change).isel(learning_rate=place), base


def drifts(records: Mapping[str, Any], change: str, place: int) -> tuple[np.ndarray, np.ndarray]:
    """Steps, and ‖W − W′‖ ÷ ‖W′‖ (seed, step) at those that both records have."""
    ours, base = pair(records, change, place)
    steps = np.intersect1d(ours["step"].values, base["step"].values)
    weights, before = (
        one["parameters"].sel(step=steps).transpose("seed", "step", "parameter").values.astype(float)
        for one in (ours, base)
    )
    return steps, np.linalg.norm(weights - before, axis=-1) / np.linalg.norm(before, axis=-1)


def doubling(steps: np.ndarray, drift: np.ndarray) -> np.ndarray:
    """Steps in which each seed's drift doubles while it grows, (seed,); NaN with fewer than three points."""
    found = np.full(len(drift), np.nan)
    for seed, row in enumerate(drift):
        over = np.flatnonzero(row > GROWING[1])
        grows = np.arange(len(steps)) < (over[0] if over.size else len(steps))
        used = grows & (row > GROWING[0])
        if used.sum() >= 3:
            slope = np.polyfit(steps[used], np.log2(row[used]), 1)[0]
            found[seed] = 1 / slope if slope > 0 else np.nan
    return found


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """For every change and rate, seed by seed: how far weights, loss, accuracy and predictions are at the end."""
    rates = records["nets"]["learning_rate"].values.tolist()

    def measured(levels: Mapping[str, Any], _: Any) -> dict[str, np.ndarray]:
        place = rates.index(levels["learning_rate"])
        ours, base = pair(records, levels["change"], place)
        answers, before = (
            one["final_predictions"].transpose("seed", "output", "example").values.argmax(axis=1)
            for one in (ours, base)
        )
        losses = [one["final_test_loss"].values / summed_over(one) for one in (ours, base)]
        return {
            "drift": drifts(records, levels["change"], place)[1][:, -1],
            "flips": (answers != before).mean(axis=1),
            "accuracy_change": (ours["final_test_accuracy"] - base["final_test_accuracy"]).values,
            "loss_gap": np.abs(losses[0] - losses[1]),
        }

    axes, of = {"change": list(CHANGES), "learning_rate": rates}, "nets program arithmetic order"
    found = sb.derive(records["nets"], measured, of=of, axes=axes)
    moved = found[["flips"]].sel(change=list(CHANGES[2:])).isel(learning_rate=0, drop=True)
    return {"drift": found, "predictions": moved.assign_attrs(found.attrs, factors="change")}


def summed_over(record: Any) -> int:
    """How many test images a loss of this record is a sum over: 1 where it is a mean."""
    question = json.loads(record.attrs["spec"])
    return question["data"]["test"] if question["loss"]["reduction"] == "sum" else 1


def nothing_changed(context: sb.Context) -> Iterator[Any]:
    """What the same program and another program for the same formulas change: nothing, or something."""
    found, n = context.record("drift"), context.record("drift").sizes["seed"]
    told = {}
    for change in (AGAIN, PROGRAM):
        part = found.sel(change=change)
        differ = int(((part["drift"].values > 0) | (part["flips"].values > 0)).any(axis=0).sum())
        told[change] = sb.stats.wilson(differ, n)
    sentences = {
        change: f"“{change}”: {sb.show.share(share)} of n = {n} networks differ in any weight or prediction"
        for change, share in told.items()
    }
    yield sb.Reading("networks_that_differ", {change: share.plain() for change, share in told.items()})
    yield "; ".join(sentences.values()) + " (95 % Wilson intervals, both rates together)."
    yield """
        The engine promises that a network's numbers do not depend on which others are trained beside it, where it
        stands among them, or when the program pauses. So reruns on one machine are equal bit by bit, and what follows
        needs a change."""
    yield sb.Answer(f"{'; '.join(sentences.values())} (95 % intervals, both rates together).")


def when_and_how_far(context: sb.Context) -> Iterator[Any]:
    """Drift against step, and how long it takes to double."""
    records, found = context.records, context.record("drift")
    rates = found["learning_rate"].values.tolist()
    n, cells, doublings, ends = found.sizes["seed"], [], {}, {}
    panels = [
        (f"learning rate {rate:g}", {change: drifts(records, change, place) for change in CHANGES})
        for place, rate in enumerate(rates)
    ]
    yield sb.Figure(
        "drift",
        sb.figures.bands(panels, "‖W − W′‖ ÷ ‖W′‖", log=True),
        f"Relative distance ‖W − W′‖ ÷ ‖W′‖ of the weights of two trainings against step: medians and middle halves of "
        f"n = {n} seeds. What is exactly 0 is not drawn.",
        "Distance of weights against step for every change, a panel per learning rate",
    )
    for place, rate in enumerate(rates):
        for change in CHANGES:
            steps, drift = drifts(records, change, place)
            times = doubling(steps, drift)
            there = times[np.isfinite(times)]
            speed = sb.stats.scores.median(there) if there.size else None
            doublings[change, rate] = speed
            last = found.sel(change=change, learning_rate=rate)
            ends[f"{change}, {rate:g}"] = sb.stats.scores.median(last["drift"].values)
            cells.append(
                (change, f"{rate:g}", interval(ends[f"{change}, {rate:g}"], number),
                 f"{interval(speed, number)} (n = {there.size})" if speed else "—",
                 interval(sb.stats.scores.median(last["loss_gap"].values), number))
            )  # fmt: skip
    yield sb.Table(
        ("change", "rate", "drift at the end", "steps in which it doubles", "|difference of test loss|"),
        cells,
        f"Medians over n = {n} seeds with 95 % intervals (order statistics). A drift that is never between "
        f"{GROWING[0]:g} and {GROWING[1]:g} at three traced steps has no doubling time.",
    )
    yield sb.Reading("drift_at_the_end", {name: one.plain() for name, one in ends.items()})
    yield sb.Reading(
        "doubling_steps", {f"{change}, {rate:g}": one.plain() for (change, rate), one in doublings.items() if one}
    )
    told = []
    for rate in rates:
        bit, seed = (
            sb.stats.scores.median(found["drift"].sel(change=change, learning_rate=rate).values)
            for change in (ONE, SEED)
        )
        fast = doublings[ONE, rate]
        doubles = f", doubling in {interval(fast, number)} steps while it grows" if fast else ""
        told.append(
            f"at rate {rate:g} the last bit of one weight has moved the weights by {interval(bit, number)} of their "
            f"norm at the end{doubles}; a new seed by {interval(seed, number)}"
        )
    said = "; ".join(told)
    yield sb.Answer(f"{said[0].upper()}{said[1:]} (medians, n = {n}, 95 % intervals).")


def which_answers(context: sb.Context) -> Iterator[Any]:
    """The share of predictions that change, over that of a new seed."""
    found = context.record("drift")
    rates, n, cells, told = found["learning_rate"].values.tolist(), found.sizes["seed"], [], []
    ratios: dict[str, Any] = {}
    for rate in rates:
        seeds = found["flips"].sel(change=SEED, learning_rate=rate).values
        for change in CHANGES[:-1]:
            part = found.sel(change=change, learning_rate=rate)
            flips = part["flips"].values
            ratio = sb.stats.scores.by_scipy((flips, seeds), ratio_of_means, 0.95) if flips.any() else None
            shown = interval(ratio, number) if ratio else "0"
            ratios[f"{change}, {rate:g}"] = ratio.plain() if ratio else 0.0
            points = sb.stats.scores.mean(100 * part["accuracy_change"].values)
            cells.append((change, f"{rate:g}", interval(sb.stats.scores.mean(flips), percent), shown,
                          interval(points, number) if part["accuracy_change"].values.any() else "0"))  # fmt: skip
            if change in (ARITHMETIC, ONE):
                told.append(f"at rate {rate:g} {change} {shown}")
    yield sb.Table(
        ("change", "rate", "predictions that change", "÷ those of a new seed", "change of test accuracy, points"),
        cells,
        f"Means over n = {n} seeds with 95 % bootstrap intervals; the ratio is one of means, over the same seeds.",
    )
    yield sb.Reading("flips_over_those_of_a_new_seed", ratios)
    yield sb.Answer(
        f"Of the predictions that a new seed changes, this share (as a ratio) is changed by a rerun: "
        f"{'; '.join(told)} (n = {n}, 95 % intervals)."
    )


def ratio_of_means(above: np.ndarray, below: np.ndarray, axis: int = -1) -> Any:
    """Mean over mean, resampled together."""
    return above.mean(axis=axis) / below.mean(axis=axis)


def control(context: sb.Context) -> Iterator[Any]:
    """A convex problem by two engines: jax in single precision, NumPy in double."""
    single, double = (
        context.record(name)["parameters"].transpose("seed", "step", "parameter").values.astype(float)
        for name in ("single", "double")
    )
    norm = np.linalg.norm(double[:, 1:], axis=-1)
    drift = np.linalg.norm((single - double)[:, 1:], axis=-1) / np.where(norm > 0, norm, 1)
    first, last = (sb.stats.scores.median(drift[:, at]) for at in (0, -1))
    cap = context.record("single").attrs["cap"]
    engines = "jax in single and NumPy in double precision"
    if context.record("single").attrs.get("engine") == context.record("double").attrs.get("engine"):
        engines = "the same engine twice"
    said = (
        f"Logistic regression on 64 random images, from zero, by full-batch gradient descent: after {cap:,} steps "
        f"{engines} are {interval(last, number)} of the norm apart, after the first traced step "
        f"{interval(first, number)} (medians, n = {len(drift)} sets of images, 95 % intervals)."
    )
    yield said
    yield """
        The two engines draw initial weights of a deep network by different generators, so that only a training
        without chance can be compared number by number. On a convex problem rounding stays rounding: it is
        forgotten as fast as it comes. Drift that doubles belongs to networks whose loss has directions that curve down
        or kinks, not to floating-point numbers."""
    yield sb.Reading("single_against_double", {"first": first.plain(), "last": last.plain()})
    yield sb.Answer(said)
