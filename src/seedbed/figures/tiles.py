"""Many small images in one set of axes, each with its frame, a name before every row, a title over every image.

matplotlib lays out and draws axes by axes, ticks and all: many images in axes of their own take several times as long.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

FRAME: dict[str, Any] = {"fill": False, "edgecolor": "#9A9A9A", "linewidth": 0.4, "clip_on": False}
GAP = 0.08  # between two images, as a share of their width


def tile(axes: Axes, image: np.ndarray, corner: tuple[float, float], wide: float, high: float, **how: Any) -> None:
    """An image in a thin frame, its upper left corner at `corner`, whatever its own number of pixels."""
    x, y = corner
    axes.imshow(image, extent=(x, x + wide, y + high, y), interpolation="none", **how)
    axes.add_patch(Rectangle(corner, wide, high, **FRAME))


def tiles(
    axes: Axes, rows: Sequence[Sequence[np.ndarray]], *, names: Sequence[str] = (),
    titles: Sequence[Sequence[str]] = (), over: float = 0.0, **how: Any,
) -> None:  # fmt: skip
    """Draw images of one shape, `rows[i][j]` in row i and column j, as `imshow` does with `how`.

    `names` stand before the rows; `titles` over the images, for which `over` widths are left free.
    """
    high, wide = rows[0][0].shape
    right, down = wide * (1 + GAP), high + wide * (GAP + over)
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            x, y = j * right, i * down
            tile(axes, image, (x, y), wide, high, **how)
            if titles:
                axes.text(x + wide / 2, y - 0.06 * wide, titles[i][j], ha="center", va="bottom", fontsize=7)
    for i, name in enumerate(names):
        axes.text(-0.15 * wide, i * down + high / 2, name, ha="right", va="center")
    axes.set(
        xlim=(0, right * max(map(len, rows)) - wide * GAP), ylim=(down * (len(rows) - 1) + high, -over * wide),
        aspect="equal",
    )  # fmt: skip
    axes.set_axis_off()
