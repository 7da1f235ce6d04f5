"""Kernels as small images on one diverging scale: what a convolution multiplies its input with.

Matrices with their numbers written in are in `matrices`, images that a network is shown in `images`.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from seedbed.errors import SpecError
from seedbed.figures.axes import plain
from seedbed.figures.style import TICKS, WIDTH, applied, blank
from seedbed.figures.surfaces import DIVERGING
from seedbed.figures.tiles import tiles

PER_ROW = 8
LABEL, BAR = 1.9, 1.4  # cm beside the kernels, for the names of groups and for the color bar


def kernel_grid(groups: Mapping[str, np.ndarray], *, value: str = "weight") -> Figure:
    """Kernels (kernel, row, column) of every group, eight in a row: blue below 0, white at 0, red above.

    All groups share one scale, which reaches to the largest absolute weight, and one color bar.

    Raises: SpecError unless every group holds kernels of one shape.
    """
    arrays = {name: np.asarray(kernels, float) for name, kernels in groups.items()}
    if not arrays or any(array.ndim != 3 or not array.size for array in arrays.values()):
        shapes = ", ".join(str(array.shape) for array in arrays.values()) or "nothing"
        raise SpecError(f"kernels must be (kernel, row, column) in every group, got {shapes}; reshape them")
    with applied():
        rows = [(name if not start else "", array[start : start + PER_ROW])
                for name, array in arrays.items() for start in range(0, len(array), PER_ROW)]  # fmt: skip
        columns = min(PER_ROW, max(len(array) for array in arrays.values()))
        side = (WIDTH - LABEL - BAR) / PER_ROW
        figure = blank(len(rows) * (side + 0.1) + 0.2, width=columns * side + LABEL + BAR)
        axes = figure.add_subplot()
        reach = max(float(np.nanmax(abs(array))) for array in arrays.values()) or 1.0
        tiles(axes, [list(kernels) for _, kernels in rows], names=[name for name, _ in rows], cmap=DIVERGING,
              vmin=-reach, vmax=reach)  # fmt: skip
        colors = ScalarMappable(Normalize(-reach, reach), DIVERGING)
        bar = figure.colorbar(colors, ax=axes, label=value, shrink=min(1.0, 6 / len(rows)), aspect=24)
        bar.locator = MaxNLocator(5, steps=[1, 2, 5, 10])
        bar.formatter = FuncFormatter(plain)
        bar.update_ticks()
        bar.ax.tick_params(**TICKS)
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return figure
