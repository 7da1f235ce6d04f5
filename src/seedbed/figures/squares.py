"""The unit square: points of two classes with the lines that should part them, and a quantity at many points of it.

Lines go through the origin and are given by the weights they belong to: w1 x1 + w2 x2 = 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seedbed.errors import SpecError
from seedbed.figures.axes import panel_title
from seedbed.figures.style import (
    GREY,
    INK,
    TICKS,
    WIDTH,
    applied,
    blank,
    legend_below,
    look,
    outer_labels,
)

X1, X2 = "x₁", "x₂"


@dataclass(frozen=True)
class Square:
    """Points `(point, 2)` of the unit square with their `labels` (above 0 or not), and named weights `(2,)`."""

    title: str
    points: np.ndarray
    labels: np.ndarray
    weights: Mapping[str, np.ndarray]


def separators(squares: Sequence[Square], *, truth: tuple[float, float] = (1.0, -1.0)) -> Figure:
    """Each square with its points and the line of every weight, beside the true one; panels in rows.

    Raises: SpecError for no squares, or squares whose lines have other names.
    """
    names = list(squares[0].weights) if squares else []
    if not names or any(list(one.weights) != names for one in squares):
        raise SpecError("separators need squares that name the same weights, got none or others; give the same to all")
    with applied():
        figure, grid, titles, columns = _panels([one.title for one in squares], below=1.2)
        for axes, one, title in zip(grid, squares, titles, strict=True):
            axes.set_title(title)
            _line(axes, np.asarray(truth), color=GREY, linewidth=0.9, linestyle=(0, (1, 1.5)))
            for index, weight in enumerate(one.weights.values()):
                _line(axes, np.asarray(weight, float), color=look(index).color, linestyle=look(index).dash)
            for positive, marker, filled in ((True, "o", INK), (False, "o", "white")):
                chosen = np.asarray(one.points)[(np.asarray(one.labels) > 0) == positive]
                axes.plot(*chosen.T, marker, color=INK, markerfacecolor=filled, markersize=3.4, markeredgewidth=0.8)
            _unit(axes)
        outer_labels(grid, columns, X1, X2)
        handles = [
            *(
                Line2D([], [], color=look(at).color, linestyle=look(at).dash, label=name)
                for at, name in enumerate(names)
            ),
            Line2D([], [], color=GREY, linewidth=0.9, linestyle=(0, (1, 1.5)), label="true line"),
            _dot(INK, "label +1"),
            _dot("white", "label −1"),
        ]
        legend_below(figure, handles, 3)
    return figure


def square_maps(points: np.ndarray, values: Mapping[str, np.ndarray], label: str) -> Figure:
    """Values (point,) at the same points (point, 2) of the unit square, a panel for each name on one scale from 0.

    Raises: SpecError for no values, or values that do not belong to the points.
    """
    if not values or any(np.shape(one) != (len(points),) for one in values.values()):
        raise SpecError(f"square_maps need a value for each of the {len(points)} points, got others; give (point,)")
    with applied():
        figure, grid, titles, columns = _panels(list(values), below=1.9)
        most = max(float(np.max(one)) for one in values.values()) or 1.0
        scale: dict[str, Any] = {"cmap": "viridis_r", "norm": Normalize(0, most)}
        for axes, one, title in zip(grid, values.values(), titles, strict=True):
            over = np.argsort(one, kind="stable")  # the largest value on top
            axes.scatter(*np.asarray(points)[over].T, c=np.asarray(one)[over], s=7, linewidths=0, **scale)
            axes.set_title(title)
            _unit(axes)
        outer_labels(grid, columns, X1, X2)
        bar = figure.colorbar(ScalarMappable(**scale), ax=grid, label=label, location="bottom", shrink=0.7, aspect=36)
        bar.ax.tick_params(**TICKS)
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return figure


def _panels(names: Sequence[str], below: float) -> tuple[Figure, list[Axes], list[str], int]:
    """A figure of squares, at most three in a row, with their titles and so many centimeters for what stands below."""
    columns = min(len(names), 3)
    titles = [panel_title(name, "", max(columns, 2)) for name in names]
    rows, width = -(-len(names) // columns), WIDTH if columns > 1 else 9.0
    lines = 1 + max(title.count("\n") for title in titles)
    figure = blank(rows * (0.92 * width / columns + 0.38 * lines) + below + 0.9, width)
    grid = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    for unused in grid[len(names) :]:
        unused.remove()
    for axes in grid[: len(names)]:
        axes.tick_params(which="both", **TICKS)
    return figure, grid[: len(names)], titles, columns


def _line(axes: Axes, weight: np.ndarray, **how: object) -> None:
    """The line w . x = 0, as long as any square needs it; a weight of 0 has none."""
    if np.any(weight != 0):
        along = 2 * np.array([-weight[1], weight[0]]) / np.linalg.norm(weight)
        axes.plot([-along[0], along[0]], [-along[1], along[1]], **how)  # pyright: ignore[reportArgumentType]


def _unit(axes: Axes) -> None:
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
    axes.set_aspect("equal")
    axes.grid(visible=False)


def _dot(color: str, label: str) -> Line2D:
    return Line2D([], [], marker="o", linestyle="none", color=INK, markerfacecolor=color, markersize=3.4, label=label)
