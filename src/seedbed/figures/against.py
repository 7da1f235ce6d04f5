"""Quantities of many members against anything: the median of each group as a line, its middle half as a band.

Traces of a record against the step are in `curves`; here the caller brings arrays and its own x for each group.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from seedbed.errors import SpecError
from seedbed.figures.axes import LineEnd, label_ends, step_axis, value_axis
from seedbed.figures.style import GREY, applied, look, single
from seedbed.figures.traces import quantiles


def against(
    groups: Mapping[str, tuple[np.ndarray, np.ndarray]],
    x_label: str,
    y_label: str,
    *,
    log: bool = True,
    log_x: bool = True,
    marks: Sequence[tuple[str, float]] = (),
    first: int = 0,
) -> Figure:
    """Groups name -> (x (point,), values (member, point)) over a log x axis: median and 25-75 % of the members.

    `log` makes the y axis logarithmic, on which quantiles of 0 leave gaps, `log_x` False the x axis linear. `marks` are
    named heights, drawn as dotted lines. `first` is the look of the first group, where another figure has shown some.

    Raises: SpecError for no groups, or values whose points are not those of x, or an x that is not above 0 (of a
    linear axis: below 0).
    """
    for name, (x, values) in groups.items():
        if (
            np.ndim(values) != 2
            or np.shape(values)[1:] != np.shape(x)
            or not np.size(x)
            or np.min(x) < 0
            or (log_x and np.min(x) == 0)
        ):
            raise SpecError(
                f'"{name}" needs x (point,) above 0 and values (member, point), got {np.shape(x)} and '
                f"{np.shape(values)}; give both on the same points"
            )
    if not groups:
        raise SpecError("against needs at least one group, got none; give a mapping of names to x and values")
    with applied():
        figure, axes = single(8.6)
        ends: list[LineEnd] = []
        every: list[float] = [height for _, height in marks]
        for index, (name, (x, values)) in enumerate(groups.items(), start=first):
            bands = quantiles(np.asarray(values, float), (0.25, 0.5, 0.75))
            low, middle, high = np.where(bands > 0, bands, np.nan) if log else bands
            its = look(index)
            axes.fill_between(x, low, high, color=its.color, alpha=0.15, linewidth=0)
            axes.plot(x, middle, color=its.color, linestyle=its.dash)
            every += [value for value in (*low, *high) if np.isfinite(value)]
            shown = np.flatnonzero(np.isfinite(middle))
            if shown.size:
                ends.append(LineEnd(float(x[shown[-1]]), float(middle[shown[-1]]), name, its.color))
        least, most = (fold(float(fold(x)) for x, _ in groups.values()) for fold in (min, max))
        if log_x:
            axes.set_xscale("log")
            step_axis(axes, most, "log", least) if least >= 1 else axes.set_xlim(least, most)
        else:
            axes.set_xlim(0, most)
        bottom, top = min(every, default=0.1), max(every, default=1.0)
        alone = log and bottom == top  # one height has no extent on a logarithmic axis
        value_axis(axes, bottom / 2 if alone else bottom, top * 2 if alone else top, log)
        for name, height in marks:
            axes.axhline(height, color=GREY, linewidth=0.8, linestyle=(0, (1, 1.5)))
            axes.annotate(name, (0.01, height), (0, 2), xycoords=("axes fraction", "data"), textcoords="offset points",
                          fontsize=7, color=GREY)  # fmt: skip
        axes.set(xlabel=x_label, ylabel=y_label)
        label_ends(axes, ends, 7.0)
    return figure
