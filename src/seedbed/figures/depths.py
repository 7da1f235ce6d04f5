"""What passes the layers of a deep net: how values spread at each, and how a quantity changes from one to the next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from seedbed.errors import SpecError
from seedbed.figures.axes import plain, power_of_ten
from seedbed.figures.style import GREY, INK, applied, columns_for, legend_below, look, multiples, outer_labels

BODY = "#56B4E9"


@dataclass(frozen=True)
class Spread:
    """One panel: its title, for each layer a sample of values, and (or None) the expected mean and deviation."""

    title: str
    layers: Sequence[np.ndarray]
    expected: tuple[np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True)
class AcrossLayers:
    """One line: median and an interval at each layer, and (or None) what theory expects there."""

    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray
    expected: np.ndarray | None = None


def violins(panels: Sequence[Spread], x_label: str, y_label: str, ticks: Sequence[str] = ()) -> Figure:
    """A violin per layer, a panel for each title, each with a vertical axis of its own.

    `ticks` name the violins, the same in every panel; without them they are numbered from 1. A white line marks the
    median, a grey bar the middle half; whiskers show the expected mean +- one deviation.

    Raises: SpecError for no panels, or a layer without finite values.
    """
    if not panels or any(not np.isfinite(layer).all() or not len(layer) for one in panels for layer in one.layers):
        raise SpecError("violins need at least one panel, and finite values at every layer; leave out what has none")
    with applied():
        columns = columns_for(len(panels))
        figure, grid = multiples(len(panels), columns, [one.title for one in panels], shape=0.8, share=False)
        for axes, one in zip(grid, panels, strict=True):
            for place, values in enumerate(one.layers, start=1):
                _violin(axes, place, np.asarray(values, float))
            if one.expected is not None:
                mean, std = one.expected
                places = np.arange(1, len(mean) + 1)
                axes.errorbar(places, mean, std, fmt="none", ecolor=INK, elinewidth=0.9, capsize=2.5, capthick=0.9)
            axes.set_title(one.title)
            axes.set_xticks(range(1, len(one.layers) + 1), ticks or None)
            axes.yaxis.set_major_locator(MaxNLocator(4))
            axes.yaxis.set_major_formatter(FuncFormatter(plain))
        outer_labels(grid, columns, x_label, y_label)
    return figure


def _violin(axes: Axes, place: int, values: np.ndarray) -> None:
    low, first, middle, third, high = np.quantile(values, (0, 0.25, 0.5, 0.75, 1))
    if high - low <= 1e-6 * max(abs(low), abs(high)):  # a point mass has no density
        axes.plot([place - 0.35, place + 0.35], [middle, middle], color=BODY, linewidth=2)
        return
    drawn: Any = axes.violinplot([values], [place], widths=0.85, showextrema=False)["bodies"]
    (body,) = drawn
    body.set(facecolor=BODY, edgecolor=BODY, alpha=0.75)
    axes.plot([place, place], [first, third], color=GREY, linewidth=3, solid_capstyle="butt")
    axes.plot([place - 0.12, place + 0.12], [middle, middle], color="white", linewidth=1.2)


def across_layers(panels: Mapping[str, Mapping[str, AcrossLayers]], x_label: str, y_label: str) -> Figure:
    """Lines with bands against the layer, one color for each name in every panel, on a log axis; theory is dashed.

    Zeros have no place on a log axis: such points are left out.

    Raises: SpecError for no panels.
    """
    if not panels or not any(panels.values()):
        raise SpecError("there is no line to draw across layers; give at least one")
    names = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    with applied():
        figure, grid = multiples(len(panels), len(panels), list(panels), shape=1.15)
        for axes, (title, lines) in zip(grid, panels.items(), strict=True):
            for name, line in lines.items():
                _line(axes, line, names.index(name))
            axes.set_title(title)
            axes.set_yscale("log")
            axes.set_xticks(range(1, max(len(line.middle) for line in lines.values()) + 1))
            axes.yaxis.set_major_locator(LogLocator(numticks=8))
            axes.yaxis.set_major_formatter(FuncFormatter(power_of_ten))
            axes.yaxis.set_minor_formatter(NullFormatter())
        outer_labels(grid, len(panels), x_label, y_label)
        handles = [Line2D([], [], color=look(index).color, marker=look(index).marker, markersize=3.5, label=name)
                   for index, name in enumerate(names)]  # fmt: skip
        if any(line.expected is not None for lines in panels.values() for line in lines.values()):
            handles.append(Line2D([], [], color=GREY, linestyle=(0, (2, 2)), label="theory, infinite width"))
        legend_below(figure, handles, min(len(handles), 4))
    return figure


def _line(axes: Axes, line: AcrossLayers, index: int) -> None:
    its, places = look(index), np.arange(1, len(line.middle) + 1)
    low, middle, high = (np.where(values > 0, values, np.nan) for values in (line.low, line.middle, line.high))
    axes.fill_between(places, low, high, color=its.color, alpha=0.2, linewidth=0)
    axes.plot(places, middle, color=its.color, marker=its.marker, markersize=3.5, linewidth=1.2)
    if line.expected is not None:
        axes.plot(places, np.where(line.expected > 0, line.expected, np.nan), color=its.color, linewidth=0.9,
                  linestyle=(0, (2, 2)))  # fmt: skip
