"""Blocks about cost: parameters, examples and operations until the median member arrived, networks side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb
from seedbed.errors import SpecError
from seedbed.record import name_of
from seedbed.report.context import Block, Context
from seedbed.report.numbers import interval, number
from seedbed.report.operations import Layer, layers, parameter_count, training_operations
from seedbed.report.page import Figure, Reading, Table

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.stats.hits import Hits
    from seedbed.stats.interval import Interval


@dataclass(frozen=True)
class Cost:
    """What a step costs a network: the examples it sees, its layers. No layers: they are not known."""

    examples: int
    layers: Sequence[Layer]

    @property
    def operations(self) -> float:
        """Floating-point operations of a step; see `operations.training_operations` for what is counted."""
        return float(self.examples * training_operations(self.layers)) if self.layers else np.nan


def cost(
    networks: str, *, figure: str = "", reading: str = "costs", units: Mapping[str, Sequence[int]] | None = None
) -> Block:
    """What arriving cost each network of an outcome that `Study.together` names: parameters, steps, operations.

    `figure` names a figure of the shares arrived against steps and operations; none where it is empty. `units` are the
    outputs of each head, by network, where there is not a single one.
    """

    def items(context: Context) -> Iterator[Table | Figure | Reading]:
        hits, found = context.scored(networks).hits, costs(context, networks, units)
        if hits is None:
            return
        yield cost_table(hits, found)
        if figure:
            yield cost_figure(hits, found, figure)
        yield Reading(reading, cost_readings(found))

    return Block("What it cost", items)


def ratio(context: Context, networks: str, a: str, b: str) -> Interval:
    """How many times as many steps the median member of network `a` needs as that of `b`; NaN where half of either did
    not arrive. Where a network has several settings, its first is meant."""
    hits: Any = context.scored(networks).hits
    first, second = (next(one for one in hits.names if one == name or one.startswith(f"{name}, ")) for name in (a, b))
    return ratio_of_medians(hits, first, second)


def times(value: Any) -> str:
    """A ratio with its interval in a sentence: `2.1 [1.9, 2.3] times`."""
    return f"{plain(value)} times"


def plain(value: Any) -> str:
    """A ratio with its interval: `2.1 [1.9, 2.3]`."""
    return interval(value, number)


def costs(context: Context, networks: str, units: Mapping[str, Sequence[int]] | None = None) -> dict[str, Cost]:
    """What a step costs each network, by the names it has in the outcome; no layers where they are not known."""
    found: dict[str, Cost] = {}
    for shown, name in context.study.together[networks].items():
        record, spec = context.record(name), context.spec(name)
        for setting in spec.settings() if spec is not None else [None]:
            levels = setting.levels if setting is not None else {}
            varied = {key: level for key, level in levels.items() if record.sizes[key] > 1}
            found[", ".join(filter(None, (shown, name_of(varied))))] = _cost(
                setting and setting.spec, record, (units or {}).get(shown, (1,))
            )
    return found


def cost_readings(found: Mapping[str, Cost]) -> dict[str, Any]:
    """Parameters and operations of a step, by network."""
    return {
        name: {
            "parameters": parameter_count(one.layers),
            "operations_per_step": one.operations,
            "multiply_adds": [layer.multiply_adds for layer in one.layers],
        }
        for name, one in found.items()
        if one.layers
    }


def _cost(spec: Any, record: xr.Dataset, units: Sequence[int]) -> Cost:
    count, *shape = examples_of(record)
    if spec is None:
        return Cost(count, ())
    try:
        return Cost(round(spec.usual_batch or count), layers(spec.model, shape, units))
    except SpecError:
        return Cost(round(spec.usual_batch or count), ())


def examples_of(record: xr.Dataset) -> tuple[int, ...]:
    """The number of training examples and their shape: (64, 16, 16).

    Raises: SpecError where settings have examples of different shapes.
    """
    size = str(record.attrs.get("data_size", ""))
    if ";" in size or " of " not in size:
        raise SpecError(f"costs need examples of one shape, got “{size}”; ask for each data set as a record of its own")
    count, _, shape = size.partition(" of ")
    return (int(count), *map(int, shape.split("x")))


def cost_table(hits: Hits, costs: Mapping[str, Cost]) -> Table:
    """Steps, examples and operations until the median member of each network arrived; a row per name in `costs`."""
    table = [_cost_row(hits, name, cost) for name, cost in costs.items()]
    columns = ("network", "parameters", "median step", "examples seen", "operations per step", "operations in all")
    caption = (
        f"What the median of n = {len(hits.never)} members of each network needed, with 95 % Brookmeyer–Crowley "
        "intervals. Examples are steps times the batch. Operations are counted from the layers: with M multiply-adds "
        "for an example, 4 M for the first layer (forward pass and gradient of the weights) and 6 M for every other "
        "(the gradient of its input too), times the examples of a step. Left out: biases, activations, losses, the "
        "update of the weights, and the look at the accuracy. M = 10⁶, G = 10⁹."
    )
    return Table(columns, table, caption)


def cost_figure(hits: Hits, costs: Mapping[str, Cost], name: str) -> Figure:
    """Share arrived against steps, and against operations where they are known."""
    arrived = {who: hits.members.values[:, hits.names.index(who)] for who in costs}
    scales = {"step (updates)": dict.fromkeys(costs, 1.0)}
    if all(cost.layers for cost in costs.values()):
        scales["floating-point operations"] = {who: cost.operations for who, cost in costs.items()}
    return Figure(name, sb.figures.by_effort(arrived, scales),
                  f"Share of n = {len(hits.never)} members that had arrived, against the steps taken and against the "
                  "floating-point operations these steps cost.",
                  f"Share arrived against effort for {', '.join(costs)}")  # fmt: skip


def ratio_of_medians(hits: Hits, a: str, b: str, level: float = 0.95) -> Interval:
    """How many times as many steps the median member of `a` needs as that of `b`, with a bootstrap over seeds.

    NaN where fewer than half of either arrived, or there are fewer than two seeds.
    """
    columns = [hits.names.index(name) for name in (a, b)]
    n = len(hits.never)
    if n < 2 or (hits.never[:, columns].mean(axis=0) >= 0.5).any():
        return sb.stats.Interval(np.nan, np.nan, np.nan, level, "no median", n)
    logs = np.log(np.maximum(hits.restricted().values[:, columns], 0.5))  # an arrival at step 0 has no logarithm
    gap = sb.stats.pairs.difference(logs[:, 0], logs[:, 1], statistic="median", level=level)
    estimate, low, high = np.exp([gap.estimate, gap.low, gap.high]).tolist()
    return sb.stats.Interval(estimate, low, high, level, f"ratio of medians, {gap.method}", n)


def short(value: float) -> str:
    """A large count with three digits: 58.7 M, 1.02 G.

    >>> short(58_654_720), short(17_920), short(float("nan"))
    ('58.7 M', '17.9 k', '—')
    """
    for size, letter in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{number(value / size)} {letter}"
    return number(value)


def _cost_row(hits: Hits, name: str, cost: Cost) -> tuple[Any, ...]:
    middle = hits.survival(hits.members.settings[hits.names.index(name)]).median()
    count = number(parameter_count(cost.layers)) if cost.layers else "—"
    return (name, count, _scaled(middle, 1), _scaled(middle, cost.examples), short(cost.operations),
            _scaled(middle, cost.operations, short))  # fmt: skip


def _scaled(middle: Interval, factor: float, form: Any = None) -> str:
    shown = form or (lambda value: number(round(value)))
    if np.isnan(middle.estimate):
        return "not reached"
    if np.isnan(factor):
        return "—"
    high = "–" if np.isnan(middle.high) else shown(middle.high * factor)
    return f"{shown(middle.estimate * factor)} [{shown(middle.low * factor)}, {high}]"
