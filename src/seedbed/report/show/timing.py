"""Seconds of a training step, setting by setting, from what `measures.timed` measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from seedbed.record import name_of, settings
from seedbed.report.context import Block, Context
from seedbed.report.numbers import number
from seedbed.report.page import Answer, Reading, Table


def step_times(*, record: str = "times", to: str = "", steps: int = 0) -> Block:
    """Milliseconds of a training step of every setting, alone and side by side, and as a multiple of the setting `to`.

    With `steps` also how long so many steps take one network alone. A median over repeats with the least and the most.
    """

    def items(context: Context) -> Iterator[Table | Reading | Answer]:
        times = context.record(record)
        found = {name_of(levels): _milliseconds(times.sel(levels)) for levels in settings(times.isel(repeat=0))}
        base = found.get(to, {}).get("alone")
        repeats = times.sizes["repeat"]
        cells = [
            (
                name,
                _spread(one["alone"]),
                _spread(one["side by side"]),
                "—" if base is None else f"{number(np.median(one['alone']) / np.median(base), 3)}",
                *([_long(np.median(one["alone"]) / 1e3 * steps)] if steps else []),
            )
            for name, one in found.items()
        ]
        columns = ("setting", "ms a step, alone", "ms a step, side by side", f"times {to or 'the first'}")
        yield Table(
            (*columns, *([f"{number(steps)} steps alone"] if steps else [])),
            cells,
            f"Milliseconds of a training step of one network, median of n = {repeats} repeats with the least and the "
            f"most, on {times.attrs['device']}. Alone: one network on one core; side by side: a network among those "
            "that fill all cores. Compiling and judging are not in it.",
        )
        ratios = {} if base is None else {name: _ratio(one["alone"], base) for name, one in found.items() if name != to}
        yield Reading("step_times", {"milliseconds": found, f"times_{to}": ratios})
        if ratios:
            told = "; ".join(
                f"{name} {number(middle)} ({number(low)} to {number(high)})"
                for name, (middle, low, high) in ratios.items()
            )
            yield Answer(
                f"A step takes this many times as long as with {to}: {told} (medians and ranges of n = {repeats} "
                "repeats)."
            )

    return Block("Seconds of a step", items)


def _milliseconds(part: Any) -> dict[str, np.ndarray]:
    return {name: 1e3 * np.ravel(part[key].values) for name, key in (("alone", "alone"), ("side by side", "wave"))}


def _ratio(times: np.ndarray, base: np.ndarray) -> tuple[float, float, float]:
    """The ratio of medians, and the range of the ratio repeat by repeat, which share what disturbs a machine."""
    each = times / base
    return float(np.median(times) / np.median(base)), float(np.min(each)), float(np.max(each))


def _spread(values: np.ndarray) -> str:
    low, middle, high = np.quantile(values, (0, 0.5, 1))
    return f"{number(middle)} ({number(low)} to {number(high)})"


def _long(seconds: float) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{number(seconds / size)} {unit}"
    return f"{number(seconds)} s"
