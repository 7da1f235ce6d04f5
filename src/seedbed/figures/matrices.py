"""Small matrices with their numbers written in: kernels, and what a kernel does at one place of an image.

Nothing is computed here. Whole outputs beside their inputs are drawn by `responses`.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from seedbed.errors import SpecError
from seedbed.figures.axes import wrapped
from seedbed.figures.style import INK, PALETTE, WIDTH, applied, blank
from seedbed.figures.surfaces import DIVERGING

GRAY = "gray"  # black is 0, as the digits are meant to be seen
# Images are drawn as "nearest", not "none": the few pixels of a kernel would be smoothed by whoever shows the SVG.


def matrices(values: np.ndarray, titles: Sequence[str], *, same_scale: bool = True, columns: int = 5) -> Figure:
    """Matrices (matrix, row, column), each under its title: blue below 0, white at 0, red above.

    Colors reach to the largest absolute number of all, or of each where not `same_scale`.

    Raises: SpecError unless there are matrices, with one title each.
    """
    values = np.asarray(values, float)
    if values.ndim != 3 or not values.size or len(titles) != len(values):
        raise SpecError(
            f"matrices must be (matrix, row, column) with one title each, got {values.shape} and {len(titles)} titles; "
            "give one each"
        )
    with applied():
        columns = min(columns, len(values))
        rows = -(-len(values) // columns)
        side = WIDTH / max(columns, 4)
        figure = blank(rows * (side * values.shape[1] / values.shape[2] + 0.55), width=columns * side)
        for axes in figure.subplots(rows, columns, squeeze=False).flat[len(values) :]:
            axes.remove()
        reach = [abs(values).max() if same_scale else abs(matrix).max() for matrix in values]
        for axes, matrix, title, most in zip(figure.axes, values, titles, reach, strict=True):
            written(axes, matrix, DIVERGING, -most or -1.0, most or 1.0)
            axes.set_title(wrapped(title, side), fontsize=7.5, loc="center")
    return figure


def one_place(
    image: np.ndarray, at: tuple[int, int], window: np.ndarray, kernel: np.ndarray, product: np.ndarray,
    output: np.ndarray,
) -> Figure:  # fmt: skip
    """What a kernel does at row and column `at`: the image with the window framed, what the window sees, the kernel,
    their product number by number, and the output with the sum of the product framed.

    Raises: SpecError unless window, kernel and product have one shape.
    """
    if not window.shape == kernel.shape == product.shape:
        raise SpecError(
            f"window, kernel and product must have one shape, got {window.shape}, {kernel.shape} and {product.shape}; "
            "cut them to one"
        )
    with applied():
        figure = blank(4.6)
        panels = figure.subplots(1, 5, width_ratios=(1, 1, 1, 1, 1))
        high, wide = window.shape
        _picture(panels[0], image, GRAY, float(image.min()), float(image.max()))
        _framed(panels[0], at, high, wide)
        written(panels[1], window, GRAY, float(image.min()), float(image.max()))
        for axes, matrix in ((panels[2], kernel), (panels[3], product)):
            most = float(abs(matrix).max()) or 1.0
            written(axes, matrix, DIVERGING, -most, most)
        most = float(abs(output).max()) or 1.0
        _picture(panels[4], output, DIVERGING, -most, most)
        _framed(panels[4], at, 1, 1)
        total = f"{output[at]:,.4g}".replace("-", "−")
        titles = (
            "the image",
            "what the window sees",
            "times the kernel",
            "number by number …",
            f"… adds up to {total}",
        )
        for axes, title in zip(panels, titles, strict=True):
            axes.set_title(wrapped(title, 3.0), fontsize=7.5, loc="center")
    return figure


def written(axes: Axes, matrix: np.ndarray, cmap: str, low: float, high: float) -> None:
    """A matrix as colors, with every number in its cell, in black or white as can be read there."""
    image = axes.imshow(matrix, cmap=cmap, vmin=low, vmax=high if high > low else low + 1, interpolation="nearest")
    size = {1: 8, 2: 8, 3: 7.5, 4: 6.5, 5: 5.5}.get(matrix.shape[1], 4.5)
    for row, column in np.ndindex(matrix.shape):
        red, green, blue, _ = image.cmap(image.norm(matrix[row, column]))
        light = 0.299 * red + 0.587 * green + 0.114 * blue
        axes.text(column, row, _short(float(matrix[row, column])), ha="center", va="center", fontsize=size,
                  color=INK if light > 0.5 else "white")  # fmt: skip
    _bare(axes)
    for row in range(1, matrix.shape[0]):
        axes.axhline(row - 0.5, color="white", linewidth=0.6)
    for column in range(1, matrix.shape[1]):
        axes.axvline(column - 0.5, color="white", linewidth=0.6)


def _short(value: float) -> str:
    """A number in as few letters as its cell holds.

    >>> _short(0.0625), _short(-0.4758), _short(4.0), _short(-123.4)
    ('.06', '−.48', '4', '−123')
    """
    if value == round(value) or abs(value) >= 99.5:
        text = f"{value:.0f}"
    else:
        text = f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
    text = text.removeprefix("-") if not text.strip("-0.") else text
    return (
        (text or "0").replace("0.", ".", 1).replace("-", "−")
        if abs(value) < 1 and "." in text
        else text.replace("-", "−")
    )


def _picture(axes: Axes, image: np.ndarray, cmap: str, low: float, high: float) -> None:
    axes.imshow(image, cmap=cmap, vmin=low, vmax=high if high > low else low + 1, interpolation="nearest")
    _bare(axes)


def _framed(axes: Axes, at: tuple[int, int], high: int, wide: int) -> None:
    row, column = at
    frame = Rectangle((column - 0.5, row - 0.5), wide, high, fill=False, edgecolor=PALETTE[4], linewidth=1.6)
    axes.add_patch(frame)


def _bare(axes: Axes) -> None:
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set_visible(True)
