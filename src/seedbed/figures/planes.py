"""Labelled points of a plane and what divides them: lines, boundaries of many networks, the answer at every place.

The plane may be that of the inputs or that of two hidden units; whoever calls says which. Nothing is computed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from seedbed.errors import SpecError
from seedbed.figures.axes import panel_title, plain
from seedbed.figures.style import INK, PALETTE, TICKS, applied, columns_for, legend_below, multiples, outer_labels
from seedbed.figures.surfaces import DIVERGING

FEW = 12  # up to so many points are drawn large
COLORS, MARKS = (PALETTE[0], PALETTE[1]), ("o", "s")  # of labels 0 and 1
NO_LINE = 1e-12
BOUNDARY = "boundary: 1/2"


@dataclass(frozen=True)
class Plane:
    """Points `(point, 2)` with labels 0 or 1 `(point,)`, and what divides them.

    `lines` are (a, b, c): the places with a x + b y + c = 0; one without direction (a = b = 0) is not drawn. `z[j, i]`
    between 0 and 1 colors the place `x[i]`, `y[j]`; its boundary, z = 1/2, is drawn thick, that of each of the
    `contours`, shaped like z, thin.
    """

    title: str
    points: np.ndarray
    labels: np.ndarray
    lines: Sequence[tuple[float, float, float]] = ()
    x: np.ndarray | None = None
    y: np.ndarray | None = None
    z: np.ndarray | None = None
    contours: Sequence[np.ndarray] = ()

    def __post_init__(self) -> None:
        if np.ndim(self.points) != 2 or np.shape(self.points) != (len(self.labels), 2):
            raise SpecError(
                f'the plane "{self.title}" needs points (point, 2) with a label each, got {np.shape(self.points)} and '
                f"{len(self.labels)} labels; give one of each"
            )
        fields = [*([] if self.z is None else [self.z]), *self.contours]
        grid = None if self.x is None or self.y is None else (len(self.y), len(self.x))
        if any(np.shape(field) != grid for field in fields):
            raise SpecError(
                f'the plane "{self.title}" needs fields of shape (y, x) = {grid}; give x, y and such fields'
            )


def planes(
    panels: Sequence[Plane], x_label: str, y_label: str, *, limits: tuple[float, float], z_label: str = "",
    columns: int | None = None, names: tuple[str, str] = ("label 0", "label 1"),
) -> Figure:  # fmt: skip
    """Planes as small multiples, square, both axes from limits[0] to limits[1]; `z_label` says what the colors mean.

    Raises: SpecError for no panels.
    """
    if not panels:
        raise SpecError("planes need at least one panel, got none; give a list of Plane(title, points, labels)")
    with applied():
        columns = min(columns or columns_for(len(panels)), len(panels))
        titles = [panel_title(panel.title, "", max(columns, 2)) for panel in panels]
        figure, grid = multiples(len(panels), columns, titles, shape=0.95)
        for axes, panel, title in zip(grid, panels, titles, strict=True):
            axes.set_title(title)
            _fields(axes, panel)
            _lines(axes, panel, limits)
            _points(axes, panel)
            axes.set(xlim=limits, ylim=limits, aspect="equal")
            axes.grid(visible=False)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
                axis.set_major_formatter(plain)
        outer_labels(grid, columns, x_label, y_label)
        if any(panel.z is not None for panel in panels):
            bar = figure.colorbar(ScalarMappable(Normalize(0, 1), DIVERGING), ax=grid, label=z_label, shrink=0.8,
                                  aspect=28, pad=0.02, ticks=[0, 0.25, 0.5, 0.75, 1])  # fmt: skip
            bar.ax.tick_params(**TICKS)
            bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
        legend_below(figure, _legend(panels, names), 4)
    return figure


def _fields(axes: Axes, panel: Plane) -> None:
    if panel.x is None or panel.y is None:
        return
    if panel.z is not None:
        axes.pcolormesh(panel.x, panel.y, panel.z, cmap=DIVERGING, vmin=0, vmax=1, shading="auto", rasterized=True,
                        alpha=0.75, linewidth=0)  # fmt: skip
    thin: dict[str, Any] = {"colors": INK, "linewidths": 0.5, "alpha": 0.45}
    thick: dict[str, Any] = {"colors": INK, "linewidths": 1.5}
    for field, style in [*((one, thin) for one in panel.contours), *([] if panel.z is None else [(panel.z, thick)])]:
        if np.isfinite(field).all() and field.min() < 0.5 < field.max():
            axes.contour(panel.x, panel.y, field, levels=[0.5], **style)


def _lines(axes: Axes, panel: Plane, limits: tuple[float, float]) -> None:
    """Every line from one side of the panel to another."""
    reach = np.array([limits[0] - 1, limits[1] + 1])
    for a, b, c in panel.lines:
        if not np.hypot(a, b) > NO_LINE:
            continue
        x, y = (reach, -(a * reach + c) / b) if abs(b) >= abs(a) else (-(b * reach + c) / a, reach)
        axes.plot(x, y, color=INK, linewidth=1.3, scalex=False, scaley=False)


def _points(axes: Axes, panel: Plane) -> None:
    large = len(panel.points) <= FEW
    for label, (color, mark) in enumerate(zip(COLORS, MARKS, strict=True)):
        at = panel.points[panel.labels == label]
        if not len(at):
            continue  # an empty line that is not clipped has an extent without end, and no layout
        axes.plot(at[:, 0], at[:, 1], mark, color=color, markersize=7 if large else 2.6, markeredgecolor="white",
                  markeredgewidth=0.9 if large else 0.3, clip_on=not large, zorder=4)  # fmt: skip


def _legend(panels: Sequence[Plane], names: tuple[str, str]) -> list[Line2D]:
    there = {int(label) for panel in panels for label in panel.labels}
    handles = [Line2D([], [], marker=MARKS[label], color=COLORS[label], linestyle="none", markersize=5, label=name)
               for label, name in enumerate(names) if label in there]  # fmt: skip
    if any(len(panel.lines) for panel in panels) or any(panel.z is not None for panel in panels):
        handles.append(Line2D([], [], color=INK, linewidth=1.4, label=BOUNDARY))
    if any(len(panel.contours) for panel in panels):
        handles.append(Line2D([], [], color=INK, linewidth=0.5, alpha=0.6, label="boundaries of single networks"))
    return handles
