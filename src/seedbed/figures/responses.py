"""Outputs of kernels on images as a grid: a row per image, a column per kernel, inputs at the left, kernels on top."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from seedbed.errors import SpecError
from seedbed.figures.axes import plain, wrapped
from seedbed.figures.matrices import GRAY
from seedbed.figures.style import TALLEST, TICKS, WIDTH, applied, single
from seedbed.figures.surfaces import DIVERGING
from seedbed.figures.tiles import tile

LABELS = 1.0  # cm left of the grid
GAP = 0.04  # between tiles, in tiles


def responses(
    images: np.ndarray, kernels: np.ndarray, outputs: np.ndarray, rows: Sequence[str], columns: Sequence[str], *,
    same_scale: bool = True,
) -> Figure:  # fmt: skip
    """Images (image, row, column), kernels (kernel, a, b) and outputs (image, kernel, row, column), with their names.

    Outputs are blue below 0, white at 0 and red above, on a scale symmetric about 0: one for all, or with
    `same_scale=False` one for every column, whose end is written below it. Kernels have their own colors, each from
    its own largest number; inputs are gray, black being the least value. All lie as tiles in one panel: a panel for
    each would take most of a second to lay out.

    Raises: SpecError unless the shapes belong together.
    """
    shape = (len(images), len(kernels))
    if outputs.ndim != 4 or outputs.shape[:2] != shape or (len(rows), len(columns)) != shape or not outputs.size:
        raise SpecError(
            f"outputs must be (image, kernel, row, column) of {shape[0]} images and {shape[1]} kernels, got "
            f"{outputs.shape} with {len(rows)} and {len(columns)} names; give a name and an output for each"
        )
    reach = abs(outputs).max(axis=(0, 2, 3))
    reach = np.full_like(reach, reach.max()) if same_scale else reach
    reach = np.where(reach > 0, reach, 1.0)
    ends = [float(most) for most in reach]
    tall, wide = shape[0] + 1, shape[1] + 1
    with applied():
        side = min((WIDTH - LABELS) / wide, (TALLEST - 3) / tall, 2.4)
        figure, axes = single(tall * side + 1.9, width=max(wide * side + LABELS, 8))
        dark, light = float(images.min()), float(images.max())
        for at, image in enumerate(images, start=1):
            _tile(axes, at, 0, image, GRAY, dark, light)
        for at, kernel in enumerate(kernels, start=1):
            most = float(abs(kernel).max()) or 1.0
            _tile(axes, 0, at, kernel, DIVERGING, -most, most)
        for image, kernel in np.ndindex(shape):
            _tile(axes, image + 1, kernel + 1, outputs[image, kernel], DIVERGING, -ends[kernel], ends[kernel])
        axes.set(xlim=(-GAP, wide), ylim=(tall, -GAP), aspect="equal")
        axes.set_yticks(np.arange(1, tall) + 0.5, [wrapped(name, 1.5) for name in rows])
        axes.set_xticks(np.arange(1, wide) + 0.5, ["" if same_scale else f"±{most:,.0f}" for most in ends])
        for at, name in enumerate(columns, start=1):
            axes.text(at + 0.5 - GAP / 2, -2 * GAP, wrapped(name, 1.3 * side), ha="center", va="bottom", fontsize=6.5)
        axes.tick_params(length=0, labelsize=6.5, pad=2)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        _bar(figure, axes, ends[0] if same_scale else None)
    return figure


def _tile(axes: Axes, row: int, column: int, image: np.ndarray, cmap: str, low: float, high: float) -> None:
    """An image in a square cell of the grid."""
    tile(axes, image, (column, row), 1 - GAP, 1 - GAP, cmap=cmap, vmin=low, vmax=high if high > low else low + 1)


def _bar(figure: Figure, axes: Axes, reach: float | None) -> None:
    """One color bar below the grid, in the unit of the outputs, or in words where every column has its own scale."""
    most = reach or 1.0
    options: dict[str, Any] = {"location": "bottom", "aspect": 45, "shrink": 0.6, "pad": 0.02, "fraction": 0.06}
    bar = figure.colorbar(ScalarMappable(Normalize(-most, most), DIVERGING), ax=axes, **options)
    if reach is None:
        bar.ax.set_xticks([-1, 0, 1], ["− the number below its column", "0", "+ the number below its column"])
    else:
        bar.ax.xaxis.set_major_formatter(plain)
        bar.set_label("output")
    bar.ax.tick_params(**TICKS)
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
