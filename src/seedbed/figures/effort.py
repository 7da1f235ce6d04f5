"""Share of members that arrived against several measures of effort, a panel each: steps, operations, seconds.

Arrivals of one record against its steps, with intervals and published values, are in `arrivals`.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seedbed.errors import SpecError
from seedbed.figures.axes import share_axis
from seedbed.figures.style import applied, legend_below, look, multiples, outer_labels


def by_effort(arrived: Mapping[str, np.ndarray], scales: Mapping[str, Mapping[str, float]]) -> Figure:
    """Share with effort <= x, a curve for each name in `arrived` (steps of its members; NaN: never), on log axes.

    `scales` gives, for each panel by the name of its axis, what a step of each network costs.

    Raises: SpecError where a panel lacks the cost of a network.
    """
    for panel, costs in scales.items():
        if lacking := [name for name in arrived if name not in costs]:
            raise SpecError(f'the panel "{panel}" has no cost of a step for {", ".join(lacking)}; give one for each')
    with applied():
        columns = max(len(scales), 1)
        figure, grid = multiples(len(scales), columns, shape=0.7, share=False)
        for axes, (panel, costs) in zip(grid, scales.items(), strict=True):
            axes.set_xscale("log")
            for index, (name, steps) in enumerate(arrived.items()):
                its = look(index)
                x, y = _curve(np.asarray(steps, float) * costs[name])
                axes.step(x, y, where="post", color=its.color, linestyle=its.dash)
            share_axis(axes.yaxis)
            axes.set_xlabel(panel)
        outer_labels([grid[0]], 1, next(iter(scales)), "share of members that arrived")
        handles = [Line2D([], [], color=look(index).color, linestyle=look(index).dash, label=name)
                   for index, name in enumerate(arrived)]  # fmt: skip
        legend_below(figure, handles, min(len(handles), 2))
    return figure


def _curve(effort: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the curve of the share arrived jumps, and to what; an arrival before the first step costs nothing."""
    reached = np.sort(effort[np.isfinite(effort) & (effort > 0)])
    share = np.arange(1, len(reached) + 1) + int((effort == 0).sum())
    begin = reached[:1] / 1.15
    return np.concatenate([begin, reached]), np.concatenate([[0.0] * len(begin), share / len(effort)])
