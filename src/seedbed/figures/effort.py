"""Share of members that arrived against several measures of effort, a panel each: steps, operations, seconds.

Arrivals of one record against its steps, with intervals and published values, are in `arrivals`.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from seedbed.errors import SpecError
from seedbed.figures.axes import count_text, share_axis
from seedbed.figures.style import TICKS, applied, legend_below, look, multiples, outer_labels


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
            _ticks(axes)
        outer_labels([grid[0]], 1, next(iter(scales)), "share of members that arrived")
        handles = [Line2D([], [], color=look(index).color, linestyle=look(index).dash, label=name)
                   for index, name in enumerate(arrived)]  # fmt: skip
        legend_below(figure, handles, min(len(handles), 3))
    return figure


def _ticks(axes: Axes) -> None:
    """Whole powers of ten, and parts of a decade where there are few of them."""
    low, high = axes.get_xlim()
    if high < 10 * low:
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
    else:
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 150 * low < 15_000_000 else (1,), numticks=12))
    axes.xaxis.set_minor_locator(LogLocator(subs=range(2, 10), numticks=60))
    if 10 * low <= high < 1e6:
        axes.xaxis.set_major_formatter(FuncFormatter(count_text))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(which="both", **TICKS)


def _curve(effort: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the curve of the share arrived jumps, and to what; an arrival before the first step costs nothing."""
    reached = np.sort(effort[np.isfinite(effort) & (effort > 0)])
    share = np.arange(1, len(reached) + 1) + int((effort == 0).sum())
    begin = reached[:1] / 1.15
    return np.concatenate([begin, reached]), np.concatenate([[0.0] * len(begin), share / len(effort)])
