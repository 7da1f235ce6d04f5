"""Traces against the step as fans: every member faint, quantile bands, the median, and one member as a run looks.

`curves` gives each setting its panel, `overlay` puts all settings into one. Shares of arrival are in `arrivals`,
quantities with a layer axis in `layers`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from seedbed.figures.axes import (
    STEP,
    LineEnd,
    Scale,
    is_share,
    label_ends,
    panel_title,
    quantity,
    share_axis,
    step_axis,
    value_axis,
)
from seedbed.figures.style import INK, applied, columns_for, legend_below, multiples, outer_labels, single
from seedbed.figures.traces import Traces, drawn_words, last_factor, line, members_text, need, quantiles, read, thinned


def curves(
    record: xr.Dataset,
    variable: str,
    *,
    step: Scale = "log",
    hold: bool = True,
    panels: Sequence[Mapping[str, Any]] | None = None,
    hits: bool = False,
) -> Figure:
    """Fans of `variable` (seed, step), one panel per setting, with shared axes.

    With `hold`, a member that stopped counts in the bands with its last value, since its training stopped there;
    without, bands are over the members still training. A diverged member leaves the bands at its last finite step, and
    the panel says how many did. At most 300 member lines are drawn, evenly spaced in the order of seeds; the legend and
    `figure.get_label()` say how many. `hits` marks where each drawn member arrived. `panels` picks settings.

    Raises: SpecError for an unknown variable or one that does not run over seed and step.
    """
    need(record, variable, ("step",), "curves")
    with applied():
        settings = read(record, variable, hold, panels)
        columns = columns_for(len(settings), last_factor(record) if panels is None else 1)
        titles = [panel_title(traces.name, _diverged(traces), columns) for traces in settings]
        figure, grid = multiples(len(settings), columns, titles)
        frame = _Frame.around(variable, settings)
        for axes, traces, title in zip(grid, settings, titles, strict=True):
            _fan(axes, traces, hits)
            axes.set_title(title)
            step_axis(axes, float(traces.steps[-1]), step)
            frame.apply(axes)
        outer_labels(grid, columns, STEP, _name(record, variable))
        legend_below(figure, _legend(settings[0], hits), 3)
        figure.set_label("; ".join(filter(None, (drawn_words(record, panels), _note(settings, hold)))))
    return figure


def overlay(
    record: xr.Dataset,
    variable: str,
    *,
    step: Scale = "log",
    hold: bool = True,
    panels: Sequence[Mapping[str, Any]] | None = None,
) -> Figure:
    """Medians of all settings with their 25-75 % bands in one panel, labelled at the line ends; see `curves`."""
    need(record, variable, ("step",), "overlay")
    with applied():
        settings = read(record, variable, hold, panels)
        height = max(8.0, 0.85 * len(settings) + 1.8)
        figure, axes = single(height)
        bands = [quantiles(traces.held, (0.25, 0.5, 0.75)) for traces in settings]
        for traces, (low, middle, high) in zip(settings, bands, strict=True):
            its = traces.look
            axes.fill_between(
                traces.steps, low, high, color=its.color, alpha=0.18 if len(settings) <= 6 else 0.08, linewidth=0
            )
            axes.plot(traces.steps, middle, color=its.color, linestyle=its.dash)
        step_axis(axes, float(settings[0].steps[-1]), step)
        _Frame.of(variable, np.stack(bands), np.stack(bands)).apply(axes)
        axes.set_xlabel(STEP)
        axes.set_ylabel(_name(record, variable))
        if settings[0].name:
            label_ends(axes, [_end(t, middle) for t, (_, middle, _) in zip(settings, bands, strict=True)], height - 1.6)
        shown = [Line2D([], [], color=INK, label="median"), Patch(color=INK, alpha=0.18, label="25–75 % of members")]
        legend_below(figure, shown, 2)
        figure.set_label(_note(settings, hold))
    return figure


@dataclass(frozen=True)
class _Frame:
    """The limits and the scale of the value axis, the same for all panels."""

    low: float
    high: float
    log: bool
    share: bool

    @classmethod
    def around(cls, variable: str, settings: Sequence[Traces]) -> "_Frame":
        """Around the bands and all but the outermost 0.2 % of values: a stray or diverged member flattens nothing."""
        bands = np.stack([quantiles(traces.held) for traces in settings])
        return cls.of(variable, bands, np.concatenate([traces.values[~traces.diverged].ravel() for traces in settings]))

    @classmethod
    def of(cls, variable: str, bands: np.ndarray, values: np.ndarray) -> "_Frame":
        bands = bands[np.isfinite(bands)]
        if not len(bands):
            return cls(0.0, 1.0, False, is_share(variable))
        finite = np.concatenate([values[np.isfinite(values)], bands])
        log = bool(bands.min() > 0) and not is_share(variable)
        kept = np.quantile(finite[finite > 0] if log else finite, (0.002, 0.998))
        low, high = min(float(kept[0]), float(bands.min())), max(float(kept[1]), float(bands.max()))
        return cls(low, high, log and high > 10 * low, is_share(variable))

    def apply(self, axes: Axes) -> None:
        if self.share:
            share_axis(axes.yaxis, min(self.low, 0.9), margin=0.025 * (1 - min(self.low, 0.9)))
        else:
            value_axis(axes, self.low, self.high, self.log)


def _fan(axes: Axes, traces: Traces, hits: bool) -> None:
    color = traces.look.color
    shown = thinned(len(traces.seeds))
    lines = [line(traces, member) for member in shown.tolist()]
    faint = float(np.clip(40 / len(lines), 0.15, 0.5))
    # Hundreds of lines as shapes would make the picture heavy and slow to open, so these alone are pixels.
    members = LineCollection(lines, colors=color, linewidths=0.5, alpha=faint, rasterized=True, zorder=1.5)
    axes.add_collection(members, autolim=False)
    low, lower, middle, upper, high = quantiles(traces.held)
    # Paper under the bands: the members stay visible beneath, and the bands stand out from them.
    axes.fill_between(traces.steps, low, high, color="white", alpha=0.55, linewidth=0, zorder=1.9)
    axes.fill_between(traces.steps, low, high, color=color, alpha=0.18, linewidth=0, zorder=2)
    axes.fill_between(traces.steps, lower, upper, color=color, alpha=0.34, linewidth=0, zorder=2.1)
    axes.plot(traces.steps, middle, color=color, linewidth=1.8, zorder=3)
    axes.plot(
        *lines[0].T,
        color=INK,
        linewidth=0.8,
        marker="o",
        markersize=2,
        markevery=[-1] if len(lines[0]) else [],
        zorder=4,
    )
    if hits:
        axes.plot(traces.hit[shown], traces.final[shown], "|", color=color, markersize=5, markeredgewidth=0.5, zorder=5)


def _diverged(traces: Traces) -> str:
    count = int(traces.diverged.sum())
    return f"{count:,} of {len(traces.seeds):,} diverged" if count else ""


def _legend(traces: Traces, hits: bool) -> list[Any]:
    members, drawn = len(traces.seeds), len(thinned(len(traces.seeds)))
    each = f"each of {members:,} members" if drawn == members else f"members ({drawn} of {members:,} drawn)"
    arrived = (
        [Line2D([], [], color=INK, marker="|", markersize=5, linestyle="none", label="target reached")] if hits else []
    )
    if members == 1:
        return [Line2D([], [], color=INK, linewidth=0.8, label=f"the only run (seed {traces.seeds[0]})"), *arrived]
    return [
        Line2D([], [], color=INK, linewidth=1.8, label="median"),
        Patch(color=INK, alpha=0.46, linewidth=0, label="25–75 % of members"),
        Patch(color=INK, alpha=0.18, linewidth=0, label="5–95 % of members"),
        Line2D([], [], color=INK, linewidth=0.8, label=f"one single run (seed {traces.seeds[0]})"),
        Line2D([], [], color=INK, linewidth=0.5, alpha=0.45, label=each),
        *arrived,
    ]


def _note(settings: Sequence[Traces], hold: bool) -> str:
    """What the reader should know about how the figure was drawn, as sentences for a caption."""
    members = len(settings[0].seeds)
    drawn = len(thinned(members))
    lines = (
        f"{drawn} of {members:,} members drawn, evenly spaced in the order of seeds"
        if drawn < members
        else members_text(members)
    )
    stopped = "a member that stopped keeps its last value" if hold else "bands over the members still training"
    diverged = sum(int(traces.diverged.sum()) for traces in settings)
    gone = f"; {diverged} diverged members leave the bands where they diverged" if diverged else ""
    return f"{lines}; {stopped}{gone}"


def _end(traces: Traces, middle: np.ndarray) -> LineEnd:
    known = np.flatnonzero(np.isfinite(middle))
    last = int(known[-1]) if len(known) else 0
    y = float(middle[last]) if len(known) else 1.0
    return LineEnd(float(traces.steps[last]), y, traces.name, traces.look.color)


def _name(record: xr.Dataset, variable: str) -> str:
    return quantity(variable, str(record[variable].attrs.get("units", "")))
