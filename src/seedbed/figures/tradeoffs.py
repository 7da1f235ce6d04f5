"""What an effort buys: a quantity with its interval against units, parameters, operations or seconds, on log axes.

Quantities of many members as bands are in `against`; share arrived against effort is in `effort`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from seedbed.errors import SpecError
from seedbed.figures.axes import count_text, value_axis
from seedbed.figures.style import GREY, applied, legend_below, look, multiples

Points = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class TradeOff:
    """One line: x (point,) above 0, the middle of y and its interval there (NaN: no bound); faint points behind it.

    `single` are x and y of what the line sums up; `published` those of a source, drawn as hollow marks.
    """

    x: np.ndarray
    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray
    single: Points | None = None
    published: Points | None = None


def trade_offs(
    panels: Mapping[str, Mapping[str, TradeOff]], x_label: str, y_label: str, *, log: bool = False,
    marks: Sequence[tuple[str, float]] = (), theirs: str = "published",
) -> Figure:  # fmt: skip
    """Lines with error bars over a log x axis, one look for each name in every panel, on common axes.

    `log` makes the y axis logarithmic too. `marks` are named heights, drawn as dotted lines; `theirs` names hollow
    marks in the legend.

    Raises: SpecError for no line, arrays of several lengths in one, or an x that is not above 0.
    """
    lines = [(name, line) for panel in panels.values() for name, line in panel.items()]
    if not lines:
        raise SpecError("there is no line to draw as a trade-off; give at least one")
    for name, line in lines:
        shapes = {np.shape(array) for array in (line.x, line.middle, line.low, line.high)}
        if len(shapes) != 1 or not np.size(line.x) or np.min(line.x) <= 0:
            raise SpecError(f'"{name}" needs x above 0 and as many y with bounds, got {shapes}; give all at each point')
    names = list(dict.fromkeys(name for name, _ in lines))
    with applied():
        columns = min(len(panels), 2)
        figure, grid = multiples(len(panels), columns, list(panels), shape=0.9 if len(panels) > 1 else 0.46)
        for axes, (title, panel) in zip(grid, panels.items(), strict=True):
            for name, line in panel.items():
                _draw(axes, line, names.index(name))
            for name, height in marks:
                axes.axhline(height, color=GREY, linewidth=0.8, linestyle=(0, (1, 1.5)))
                axes.annotate(name, (0.99, height), (0, 2), xycoords=("axes fraction", "data"), ha="right",
                              textcoords="offset points", fontsize=7, color=GREY)  # fmt: skip
            axes.set_title(title)
            axes.set_xlabel(x_label)
        grid[0].set_ylabel(y_label)
        _scales(grid, [line for _, line in lines], [height for _, height in marks], log)
        handles = [Line2D([], [], color=look(at).color, linestyle=look(at).dash, marker=look(at).marker, label=name)
                   for at, name in enumerate(names)]  # fmt: skip
        if any(line.published is not None for _, line in lines):
            handles.append(Line2D([], [], color=GREY, linestyle="none", marker="o", markerfacecolor="none",
                                  label=theirs))  # fmt: skip
        legend_below(figure, handles, min(len(handles), 4))
    return figure


def _draw(axes: Axes, line: TradeOff, index: int) -> None:
    its = look(index)
    if line.single is not None:
        axes.plot(*line.single, color=its.color, linestyle="none", marker=its.marker, markersize=3, alpha=0.35)
    low, high = (np.nan_to_num(np.abs(line.middle - end)) for end in (line.low, line.high))
    axes.errorbar(line.x, line.middle, (low, high), color=its.color, linestyle=its.dash, marker=its.marker,
                  markersize=4, capsize=2.5, elinewidth=0.9)  # fmt: skip
    if line.published is not None:
        axes.plot(*line.published, color=its.color, linestyle="none", marker=its.marker, markersize=5.5,
                  markerfacecolor="none", markeredgewidth=1.0)  # fmt: skip


def _scales(grid: Sequence[Axes], lines: Sequence[TradeOff], heights: Sequence[float], log: bool) -> None:
    """Limits with a margin that hold every point, and ticks a reader can use."""
    extra = [points for line in lines for points in (line.single, line.published) if points is not None]
    x = np.concatenate([*(line.x for line in lines), *(points[0] for points in extra)])
    bounds = [np.where(np.isfinite(end), end, line.middle) for line in lines for end in (line.low, line.high)]
    y = np.concatenate([*bounds, *(points[1] for points in extra), np.asarray(heights, float)])
    y = y[np.isfinite(y) & ((y > 0) | (not log))]
    least, most = float(x.min()), float(x.max())
    margin = max((most / least) ** 0.05, 1.05)
    for axes in grid:
        axes.set_xscale("log")
        axes.set_xlim(least / margin, most * margin)
        subs = (1, 1.5, 2, 3, 5, 7) if most < 5 * least else (1, 2, 5) if most < 200 * least else (1,)
        axes.xaxis.set_major_locator(LogLocator(subs=subs, numticks=12))
        axes.xaxis.set_major_formatter(FuncFormatter(count_text))
        axes.xaxis.set_minor_formatter(NullFormatter())
        value_axis(axes, float(y.min()) if y.size else 0.1, float(y.max()) if y.size else 1.0, log)
