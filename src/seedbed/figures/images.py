"""Small images side by side: what a network is shown."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from seedbed.errors import SpecError
from seedbed.figures.axes import wrapped
from seedbed.figures.style import TALLEST, WIDTH, applied, blank
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


def image_rows(rows: Mapping[str, np.ndarray], titles: Sequence[Sequence[str]] = ()) -> Figure:
    """Images (image, height, width) in a row for each name, as many in every row; dark is a high value.

    `titles` stand over the images. An image of NaN stays empty.

    Raises: SpecError unless every row has as many images of one shape.
    """
    arrays = {name: np.asarray(images, float) for name, images in rows.items()}
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 3 or not all(next(iter(shapes))):
        raise SpecError(
            f"rows of images must be (image, height, width) of one shape, got {sorted(shapes)}; give as many in each"
        )
    count, height, width = next(iter(shapes))
    with applied():
        longest = max(map(len, arrays))
        left = min(0.17 * longest + 0.4, 3.5)
        over = 0.1 + LINE if titles else 0.0
        side = min((WIDTH - left) / count, 1.7, (TALLEST / len(arrays) - over) * width / height)
        figure = blank(len(arrays) * (side * height / width + 0.12 + over) + 0.1, width=count * side + left)
        every = np.concatenate(list(arrays.values()))
        low, high = float(np.nanmin(every)), float(np.nanmax(every))
        told = [[wrapped(str(title), 3 * side) for title in row] for row in titles]
        tiles(figure.add_subplot(), [list(images) for images in arrays.values()], names=list(arrays), titles=told,
              over=over / side, cmap="gray_r", vmin=low, vmax=high if high > low else low + 1)  # fmt: skip
    return figure


def _gray(images: np.ndarray) -> dict[str, Any]:
    """How images are drawn: dark is high, one scale for all."""
    low, high = float(images.min()), float(images.max())
    return {"cmap": "gray_r", "vmin": low, "vmax": high if high > low else low + 1}
