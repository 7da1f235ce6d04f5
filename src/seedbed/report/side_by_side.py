"""Networks of different questions side by side: one record of their arrivals, and what an arrival cost each.

Pieces of one question's settings are in `pieces`; counts of operations come from `operations`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from seedbed import figures, stats
from seedbed.errors import SpecError
from seedbed.record import SEED, name_of, rows
from seedbed.report.numbers import number
from seedbed.report.operations import Layer, parameter_count, training_operations
from seedbed.report.page import Figure, Table
from seedbed.stats.hits import Hits
from seedbed.stats.interval import Interval

KEPT = ("hit_step", "stop_step", "diverged_step", "final_dead")


@dataclass(frozen=True)
class Cost:
    """What a step costs a network: the examples it sees, its layers. No layers: they are not known."""

    examples: int
    layers: Sequence[Layer]

    @property
    def operations(self) -> float:
        """Floating-point operations of a step; see `operations.training_operations` for what is counted."""
        return float(self.examples * training_operations(self.layers)) if self.layers else np.nan


def side_by_side(records: Mapping[str, xr.Dataset], factor: str = "network") -> xr.Dataset:
    """The arrivals of several records as one, a level of `factor` for each setting, over the seeds that all have.

    Only how members ended is taken over. The cap is the smallest of all: a later arrival counts as none.

    Raises: SpecError where the records have no seed in common.
    """
    parts = {_joined(name, levels, record): part for name, record in records.items() for levels, part in rows(record)}
    common = set.intersection(*(set(part[SEED].values.tolist()) for part in parts.values()))
    if not common:
        raise SpecError(f"the records {', '.join(records)} have no seed in common; run them with the same seeds")
    cap = min(record.attrs["cap"] for record in records.values())
    kept = [name for name in KEPT if all(name in part for part in parts.values())]
    cut = [_until(part[kept].sel({SEED: sorted(common)}), cap) for part in parts.values()]
    whole = xr.concat(cut, xr.Variable(factor, list(parts)), coords="minimal", compat="override")
    targets = {name: record.attrs.get("target", "") for name, record in records.items()}
    same = len(set(targets.values())) == 1
    told = next(iter(targets.values())) if same else "; ".join(f"{name}: {text}" for name, text in targets.items())
    return whole.assign_attrs(cap=cap, target=told, factors=factor)


def until_last(record: xr.Dataset, least: float | int = 0) -> xr.Dataset:
    """The record up to the step at which its last member arrived, and `least`, for figures that would be mostly empty.

    As it is where a member never arrived: then the cap belongs into the picture.
    """
    if not np.isfinite(record["hit_step"].values).all():
        return record
    end = max(float(record["stop_step"].max()), float(least), 1.0)
    if "step" in record.dims:
        steps = record["step"].values
        end = float(steps[min(np.searchsorted(steps, end), len(steps) - 1)])
        record = record.sel(step=slice(0, end))
    return record.assign_attrs(cap=min(int(end), record.attrs["cap"]))


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
    return Figure(name, figures.by_effort(arrived, scales),
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
        return Interval(np.nan, np.nan, np.nan, level, "no median", n)
    logs = np.log(np.maximum(hits.restricted().values[:, columns], 0.5))  # an arrival at step 0 has no logarithm
    gap = stats.pairs.difference(logs[:, 0], logs[:, 1], statistic="median", level=level)
    estimate, low, high = np.exp([gap.estimate, gap.low, gap.high]).tolist()
    return Interval(estimate, low, high, level, f"ratio of medians, {gap.method}", n)


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


def _joined(name: str, levels: Mapping[str, Any], record: xr.Dataset) -> str:
    """The name of a record, and of the setting where it has several."""
    told = name_of({axis: level for axis, level in levels.items() if record.sizes[axis] > 1})
    return f"{name}, {told}" if told else name


def _until(part: xr.Dataset, cap: float) -> xr.Dataset:
    late = part["hit_step"] > cap
    part = part.assign(hit_step=part["hit_step"].where(~late), stop_step=part["stop_step"].clip(max=cap))
    return part.drop_vars([name for name in part.coords if name != SEED])
