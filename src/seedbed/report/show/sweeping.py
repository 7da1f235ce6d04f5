"""A block about a sweep of the learning rate: the loss against the rate, and what each finder reads from every seed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb
from seedbed.report.context import Block, Context
from seedbed.report.numbers import interval, number
from seedbed.report.page import Answer, Figure, Reading, Table

if TYPE_CHECKING:
    from seedbed.stats.ranges import Spread

SMOOTH = 0.9  # for the eye: a lag of ten steps, where the tools' own smoothing lags by fifty


def sweep(*, record: str = "sweep", suffix: str = "") -> Block:
    """The loss of a sweep against its rate as a fan over seeds, and every finder's answers with their spread.

    The record's learning rate is `sb.schedules.sweep`, its trace 1. `suffix` keeps names apart where a page shows two.
    """

    def items(context: Context) -> Iterator[Figure | Table | Reading | Answer]:
        spreads = spreads_of(context, record)
        rates, losses = sb.stats.ranges.swept(context.record(record))
        n, end = len(losses), f"_{suffix}" if suffix else ""
        smooth = np.stack([sb.stats.ranges.corrected(row, SMOOTH) for row in losses])
        yield Figure(
            f"sweep{end}",
            sb.figures.sweep(rates, smooth, {one.rule: one.rates for one in spreads}),
            f"Loss of the batch against the learning rate of that step, n = {n} networks, each with a sweep of its own "
            f"over {len(rates):,} steps (smoothed over about ten steps for the eye). Below, the rate that each rule "
            "reads from every seed's curve.",
            "Loss against learning rate as a fan over seeds, and a row of points for each rule",
        )
        yield Table(
            ("rule", "median rate", "95 % interval", "lower end", "spread in decades", "seeds without"),
            [
                (one.rule, number(one.median.estimate), f"{number(one.median.low)} to {number(one.median.high)}",
                 number(lower_end(one)), number(one.decades, 2), one.without)
                for one in spreads
            ],
            f"What each rule reads from n = {n} sweeps that differ in the seed alone: the median with its interval "
            "(order statistics), the median lower end where the rule gives one, the width of the middle 90 % of seeds "
            "in decades (factors of ten), and the seeds on whose curve the rule finds no rate.",
        )  # fmt: skip
        yield Reading(f"rules{end}", [plain(one) for one in spreads])
        named = [one for one in spreads if np.isfinite(one.median.estimate)]
        if named:
            low, high = (choose(named, key=lambda one: one.median.estimate) for choose in (min, max))
            widest = max(named, key=lambda one: one.decades)
            yield Answer(
                f"The rules do not agree: their median rates run from {interval(low.median, number)} ({low.rule}) to "
                f"{interval(high.median, number)} ({high.rule}), n = {n}, 95 % intervals. One rule, read from one "
                f"sweep after another, spreads over up to {number(widest.decades, 2)} decades ({widest.rule}, middle "
                "90 % of seeds)."
            )

    return Block("A sweep of the learning rate", items)


def spreads_of(context: Context, record: str = "sweep") -> list[Spread]:
    """What every rule reads from every seed of a sweep, computed once for a page."""
    key = ("sweep", record)
    if key not in context.kept:
        context.kept[key] = sb.stats.ranges.over_seeds(*sb.stats.ranges.swept(context.record(record)))
    return context.kept[key]


def lower_end(spread: Spread) -> float:
    """The median of the lower ends that a rule reads; NaN where it gives none."""
    there = spread.lows[np.isfinite(spread.lows)]
    return float(np.median(there)) if there.size else np.nan


def plain(spread: Spread) -> dict[str, Any]:
    """A rule's readings for `summary.json`."""
    return {"rule": spread.rule, "rate": spread.median.plain(), "lower_end": lower_end(spread),
            "decades": spread.decades, "without": spread.without}  # fmt: skip
