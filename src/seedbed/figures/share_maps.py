"""A share at every crossing of two factors, as colors with the number and its interval written in.

Shares and intervals are computed by `seedbed.stats` and handed in. Maps of a function over numbers are in `heat`.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from seedbed.errors import SpecError
from seedbed.figures.axes import percent
from seedbed.figures.style import INK, TICKS, applied, single
from seedbed.figures.surfaces import SEQUENTIAL


def share_map(
    shares: np.ndarray, rows: Sequence[str], columns: Sequence[str], *, row_label: str, column_label: str,
    what: str, low: np.ndarray | None = None, high: np.ndarray | None = None,
) -> Figure:  # fmt: skip
    """Shares (row, column) between 0 and 1 as cells, the first row on top; below each its interval `low` to `high`.

    Raises: SpecError where the shapes do not belong together.
    """
    shape = len(rows), len(columns)
    given = [array for array in (shares, low, high) if array is not None]
    if not shares.size or any(np.shape(array) != shape for array in given):
        got = ", ".join(str(np.shape(array)) for array in given)
        raise SpecError(f"a map of {shape[0]} rows and {shape[1]} columns needs arrays of that shape, got {got}")
    with applied():
        figure, axes = single(min(1.15 * shape[0] + 2.0, 20))
        image = axes.imshow(shares, cmap=SEQUENTIAL, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        for row, column in np.ndindex(shape):
            ink = INK if shares[row, column] > 0.6 else "white"
            axes.text(column, row, percent(round(float(shares[row, column]), 2)), ha="center",
                      va="bottom" if low is not None else "center", fontsize=8, color=ink)  # fmt: skip
            if low is not None and high is not None:
                axes.text(column, row + 0.08, f"{100 * low[row, column]:.0f}–{100 * high[row, column]:.0f}",
                          ha="center", va="top", fontsize=6.5, color=ink)  # fmt: skip
        axes.set_xticks(range(shape[1]), columns)
        axes.set_yticks(range(shape[0]), rows)
        axes.set(xlabel=column_label, ylabel=row_label)
        axes.grid(visible=False)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        bar = figure.colorbar(image, ax=axes, label=what, aspect=24, pad=0.02)
        bar.ax.yaxis.set_major_formatter(FuncFormatter(percent))
        bar.ax.tick_params(**TICKS)
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return figure
