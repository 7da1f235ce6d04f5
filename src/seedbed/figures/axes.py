"""Axes with names, units and ticks a reader can use: the step axis that shows step 0, log axes, labels at line ends."""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.markers import TICKDOWN, TICKLEFT
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from seedbed.errors import one_of
from seedbed.figures.style import TICKS, WIDTH, darker

Scale = Literal["log", "linear"]
STEP = "step (updates)"
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SHARES = ("accuracy", "within", "precision", "recall", "_f1", "dead")


def count_text(value: float | int, _: object = None) -> str:
    """A whole number as a tick: 500, 2k, 10k, 1M.

    >>> [count_text(value) for value in (0, 500, 2500, 10_000, 1_000_000)]
    ['0', '500', '2.5k', '10k', '1M']
    """
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def plain(value: float, _: object = None) -> str:
    """A number as a tick, without needless zeros and with a real minus sign.

    >>> plain(0.1), plain(-10.0)
    ('0.1', '−10')
    """
    return f"{value:g}".replace("-", "−")


def power_of_ten(value: float, _: object = None) -> str:
    """A power of ten as a tick, in letters that every font has: no second set of fonts for a formula.

    >>> power_of_ten(1e-9), power_of_ten(100.0)
    ('10⁻⁹', '10²')
    """
    return f"10{str(round(math.log10(value))).translate(RAISED)}"


def percent(value: float, _: object = None) -> str:
    """A share as a tick: 0.25 is "25 %"."""
    return f"{100 * value:g} %"


def step_axis(axes: Axes, cap: float | int, scale: str, first: float | int = 0) -> None:
    """Lay out the x axis from step `first` to the cap.

    A log axis from 0 is linear up to step 1 and logarithmic from there, so that the initial draw has its place.
    """
    one_of(scale, ("log", "linear"), "a step axis")
    cap = max(cap, first + 1)  # nothing was trained: an axis needs a length all the same
    if scale == "linear":
        axes.set_xlim(first, cap)
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(count_text))
        return
    if first < 1:
        first = 0
        axes.set_xscale("symlog", linthresh=1, linscale=0.35)
    else:
        axes.set_xscale("log")
    axes.set_xlim(first, cap)
    low, high = math.ceil(math.log10(max(first, 1)) - 1e-9), math.floor(math.log10(max(cap, 1)) + 1e-9)
    decades = [10.0**power for power in range(low, high + 1)]
    between = [part * 10.0**power for power in range(low - 1, high + 1) for part in range(2, 10)]
    minor = [value for value in between if max(first, 1) < value < cap]
    major = ([0.0] if first < 1 else []) + decades
    if len(major) < 3:  # less than two decades in sight: name the parts of a decade too
        major = sorted({*major, *(value for value in minor if f"{value:e}"[0] in "25")})
    axes.xaxis.set_major_locator(FixedLocator(major))
    axes.xaxis.set_major_formatter(FuncFormatter(count_text))
    _small_ticks(axes, "x", minor)


def value_axis(axes: Axes, low: float | int, high: float | int, log: bool) -> None:
    """Lay out the y axis so that `low` to `high` fits with a margin."""
    if not log:
        margin = 0.04 * (high - low) or 0.05 * (abs(high) or 1)
        axes.set_ylim(low - margin, high + margin)
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
        return
    margin = (high / low) ** 0.04
    axes.set_yscale("log")
    axes.set_ylim(low / margin, high * margin)
    decades = math.log10(high / low)
    axes.yaxis.set_major_locator(
        LogLocator(subs=(1, 2, 5) if decades < 2.2 else (1,), numticks=8 if decades < 2.2 else 6)
    )
    axes.yaxis.set_major_formatter(FuncFormatter(plain if decades < 4 else power_of_ten))
    powers = range(math.floor(math.log10(low / margin)), math.ceil(math.log10(high * margin)))
    between = [part * 10.0**power for power in powers for part in range(2, 10)] if decades < 8 else []
    _small_ticks(axes, "y", [value for value in between if low / margin <= value <= high * margin])


def _small_ticks(axes: Axes, which: Literal["x", "y"], values: Sequence[float]) -> None:
    """The ticks between the named ones, as one artist; limits and named ticks must be final.

    A tick of matplotlib is five artists, and it measures and draws each of them several times over: thirty small ticks
    to an axis took half the time of a figure.
    """
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_minor_locator(NullLocator())
    named = axis.get_majorticklocs()
    along = [value for value in values if not np.isclose(named, value, rtol=1e-9, atol=0).any()]
    edge = [0.0] * len(along)
    places: Any = (along, edge) if which == "x" else (edge, along)
    style: dict[str, Any] = {
        "marker": TICKDOWN if which == "x" else TICKLEFT,
        "markersize": TICKS["length"],
        "markeredgewidth": TICKS["width"],
        "color": TICKS["color"],
    }
    marks = Line2D(*places, linestyle="none", zorder=-1, **style)
    marks.set_transform(axes.get_xaxis_transform() if which == "x" else axes.get_yaxis_transform())
    marks.set_in_layout(False)
    figure: Any = axes.figure  # not into the axes, whose lines are data
    figure.add_artist(marks, clip=False)


def share_axis(axis: Any, low: float = 0.0, margin: float = 0.02) -> None:
    """Lay out an axis of shares, in percent."""
    axis.axes.set_ylim(low - margin, 1 + margin)
    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(percent))


def is_share(variable: str) -> bool:
    """Whether a variable lies between 0 and 1 by its meaning."""
    return variable.partition("(")[0].endswith(SHARES)


def quantity(variable: str, units: str) -> str:
    """The name of an axis: `train_loss` in nats is "train loss (nats)".

    >>> quantity("train_loss", "nats"), quantity("gradient_norm", "1")
    ('train loss (nats)', 'gradient norm')
    """
    unit = {"steps": "updates", "1": "", "": ""}.get(units, units)
    words = variable.replace("_", " ")
    return f"{words} ({unit})" if unit else words


def wrapped(text: str, width: float | int) -> str:
    """A label broken into lines of at most `width` centimeters (or one word); letters at 8 points are 0.16 cm wide."""
    return textwrap.fill(text, max(int(width / 0.16), 8), break_long_words=False)


@dataclass(frozen=True)
class LineEnd:
    """The end of a curve, in data coordinates, and what to write beside it, behind a marker if one is given."""

    x: float
    y: float
    text: str
    color: str
    marker: str = ""


def label_ends(axes: Axes, ends: Sequence[LineEnd], height: float | int) -> None:
    """Write each label right of the axes at the height of its line's end, pushed apart where they would overlap.

    Limits and scales must be final. `height` is that of the axes in centimeters, roughly.
    """
    ends = [end for end in ends if math.isfinite(end.x) and math.isfinite(end.y)]  # a curve may end before
    if not ends:
        return
    texts = [wrapped(end.text, 3.6) for end in ends]
    to_axes = axes.transData + axes.transAxes.inverted()
    wanted = np.array([float(to_axes.transform((end.x, end.y))[1]) for end in ends])
    sizes = np.array([0.36 * (text.count("\n") + 1) + 0.08 for text in texts]) / height
    places = spread(np.clip(wanted, 0, 1), sizes)
    for end, text, place in zip(ends, texts, places, strict=True):
        if end.marker:
            style: dict[str, Any] = {"color": end.color, "markersize": 5, "clip_on": False, "transform": axes.transAxes}
            axes.plot(1.045, place, end.marker, **style)
        axes.annotate(
            f"    {text}".replace("\n", "\n    ") if end.marker else text,
            xy=(end.x, end.y),
            xycoords="data",
            xytext=(1.035, float(place)),
            textcoords="axes fraction",
            color=darker(end.color),
            fontsize=7.5,
            ha="left",
            va="center",
            annotation_clip=False,
            linespacing=1.05,
            arrowprops={
                "arrowstyle": "-",
                "color": end.color,
                "linewidth": 0.6,
                "shrinkA": 1,
                "shrinkB": 1,
                "relpos": (0, 0.5),
            },
        )


def spread(wanted: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Places near the wanted ones, in the same order, such that items of the given sizes do not overlap.

    Overlapping neighbors join into a cluster, centered on the mean of what its members want and kept within 0 to 1
    where it fits. Of equal wishes the first comes out on top.

    >>> spread(np.array([0.5, 0.5]), np.array([0.2, 0.2])).tolist()
    [0.6, 0.4]
    """
    order = np.lexsort((-np.arange(len(wanted)), wanted))
    clusters: list[tuple[list[int], float, float]] = []  # members, center, size
    for index in order:
        size = float(sizes[index])
        cluster = ([int(index)], _inside(float(wanted[index]), size), size)
        while clusters and clusters[-1][1] + clusters[-1][2] / 2 > cluster[1] - cluster[2] / 2 + 1e-12:
            members, _, size = clusters.pop()
            joined, total = members + cluster[0], size + cluster[2]
            cluster = (joined, _inside(float(wanted[joined].mean()), total), total)
        clusters.append(cluster)
    places = np.zeros(len(wanted))
    for members, center, size in clusters:
        below = np.cumsum([0.0, *sizes[members][:-1]])
        places[members] = np.round(center - size / 2 + below + sizes[members] / 2, 12)
    return places


def _inside(center: float, size: float) -> float:
    return min(max(center, size / 2), 1 - size / 2) if size <= 1 else 0.5


def panel_title(name: str, note: str, columns: int) -> str:
    """The name of a panel, and under it a remark: inside the panel it would hide data sooner or later."""
    return "\n".join(wrapped(text, WIDTH / columns - 0.8) for text in (name, note) if text)


__all__ = ["STEP", "LineEnd", "Scale", "count_text", "is_share", "label_ends", "panel_title", "plain", "quantity",
           "share_axis", "spread", "step_axis", "value_axis", "wrapped"]  # fmt: skip
