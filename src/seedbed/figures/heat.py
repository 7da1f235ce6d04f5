"""A surface seen from above, with contour lines, and the ways that descents take over it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator

from seedbed.figures.axes import plain, wrapped
from seedbed.figures.style import INK, PALETTE, TICKS, applied, single
from seedbed.figures.surfaces import Panel


@dataclass(frozen=True)
class Descent:
    """The way of one descent: positions `x` and `y`, from the start on, and its name."""

    label: str
    x: np.ndarray
    y: np.ndarray


def heat(panel: Panel, x_label: str, y_label: str, *, paths: Sequence[Descent] = ()) -> Figure:
    """A surface as colors and contour lines; each path starts at a ring and ends at a dot with its label.

    Colors are logarithmic where z is positive and spans more than two decades.
    """
    with applied():
        figure, axes = single(9.5, width=13)
        cmap, low, high = panel.colors()
        finite = panel.z[np.isfinite(panel.z)]
        log = bool(finite.size and finite.min() > 0 and finite.max() > 100 * finite.min())
        norm = LogNorm(low, high) if log else Normalize(low, high)
        image = axes.pcolormesh(panel.x, panel.y, panel.z, cmap=cmap, norm=norm, shading="gouraud", rasterized=True)
        levels = np.geomspace(low, high, 12)[1:-1] if log else np.linspace(low, high, 12)[1:-1]
        axes.contour(panel.x, panel.y, panel.z, levels=levels, colors="white", linewidths=0.5, alpha=0.7)
        for index, path in enumerate(paths):
            _descent(axes, path, index)
        axes.set(xlabel=x_label, ylabel=y_label, title=wrapped(panel.title, 11.0))
        axes.set_xlim(float(np.min(panel.x)), float(np.max(panel.x)))
        axes.set_ylim(float(np.min(panel.y)), float(np.max(panel.y)))
        axes.grid(visible=False)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
            axis.set_major_formatter(FuncFormatter(plain))
        bar = figure.colorbar(image, ax=axes, label=panel.z_label, shrink=0.9, aspect=24)
        bar.ax.tick_params(**TICKS)
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return figure


def _descent(axes: Axes, path: Descent, index: int) -> None:
    """A path in white and black: it must be seen on every color of the map beneath."""
    dash = ("solid", (0, (4, 1.5)), (0, (1.5, 1)))[index % 3]
    axes.plot(path.x, path.y, color="white", linewidth=2.6, zorder=3, solid_capstyle="round")
    axes.plot(path.x, path.y, color=INK, linewidth=1.1, linestyle=dash, zorder=4)
    axes.plot(path.x[0], path.y[0], "o", markerfacecolor="white", markeredgecolor=INK, markersize=9, zorder=5)
    axes.plot(path.x[-1], path.y[-1], "o", color=PALETTE[1], markeredgecolor="white", markersize=5.5, zorder=5.1)
    left, right = axes.get_xlim()
    side = -1 if path.x[-1] > (left + right) / 2 else 1
    axes.annotate(
        wrapped(path.label, 3.4),
        (float(path.x[-1]), float(path.y[-1])),
        (7 * side, 5),
        textcoords="offset points",
        ha="left" if side > 0 else "right",
        fontsize=7.5,
        path_effects=[withStroke(linewidth=2.4, foreground="white")],
        zorder=6,
    )
