"""Small images side by side: what a network is shown."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from seedbed.errors import SpecError
from seedbed.figures.axes import wrapped
from seedbed.figures.style import WIDTH, applied, blank
from seedbed.figures.tiles import tiles

PER_LABEL = 8
LINE = 0.33  # cm, a line of a title


def image_grid(images: np.ndarray, titles: Sequence[str], *, columns: int = 8) -> Figure:
    """Images (image, height, width) in rows, each under its title; dark is a high value, on one scale for all.

    Raises: SpecError unless there are images, of this shape, with one title each.
    """
    images = np.asarray(images)
    if images.ndim != 3 or not len(images):
        raise SpecError(f"images must be of shape (image, height, width), got {images.shape}; reshape them")
    if len(titles) != len(images):
        raise SpecError(f"every image needs a title, got {len(images)} images and {len(titles)} titles; give one each")
    with applied():
        columns = min(columns, len(images))
        side = min(WIDTH / columns, 3.0)
        starts = range(0, len(images), columns)
        told = [[wrapped(str(title), side) for title in titles[start : start + columns]] for start in starts]
        over = 0.1 + LINE * max(title.count("\n") + 1 for row in told for title in row)
        high = side * images.shape[1] / images.shape[2]
        figure = blank(len(told) * (high + over + 0.1), width=max(columns * side, 4.0))
        rows = [list(images[start : start + columns]) for start in starts]
        tiles(figure.add_subplot(), rows, titles=told, over=over / side, **_gray(images))
    return figure


def labelled_images(images: np.ndarray, labels: np.ndarray, *, each: int = PER_LABEL) -> Figure:
    """The first `each` images of every label, a row per label.

    Raises: SpecError unless images are (image, height, width) with one label each.
    """
    images, labels = np.asarray(images), np.asarray(labels)
    if images.ndim != 3 or labels.shape != (len(images),) or not len(images):
        got = f"{images.shape} and {labels.shape}"
        raise SpecError(
            f"images (image, height, width) and labels (image,) must belong together, got {got}; reshape them"
        )
    with applied():
        kinds = np.unique(labels)
        side = min((WIDTH - 1.8) / each, 1.7)
        figure = blank(len(kinds) * (side * images.shape[1] / images.shape[2] + 0.12) + 0.1, width=each * side + 1.8)
        names = [f"label {kind:g}" if np.issubdtype(labels.dtype, np.number) else str(kind) for kind in kinds]
        rows = [list(images[labels == kind][:each]) for kind in kinds]
        tiles(figure.add_subplot(), rows, names=names, **_gray(images))
    return figure


def _gray(images: np.ndarray) -> dict[str, Any]:
    """How images are drawn: dark is high, one scale for all."""
    low, high = float(images.min()), float(images.max())
    return {"cmap": "gray_r", "vmin": low, "vmax": high if high > low else low + 1}
