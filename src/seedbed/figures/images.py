"""Small images side by side: what a network is shown."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from seedbed.errors import SpecError
from seedbed.figures.axes import wrapped
from seedbed.figures.style import WIDTH, applied, blank

PER_LABEL = 8


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
        rows = -(-len(images) // columns)
        side = min(WIDTH / columns, 3.0)
        figure = blank(rows * (side * images.shape[1] / images.shape[2] + 0.55), width=max(columns * side, 4.0))
        grid = figure.subplots(rows, columns, squeeze=False)
        low, high = float(images.min()), float(images.max())
        for index, axes in enumerate(grid.flat):
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(index < len(images))
            axes.grid(visible=False)
            if index < len(images):
                axes.imshow(
                    images[index], cmap="gray_r", vmin=low, vmax=high if high > low else low + 1, interpolation="none"
                )
                axes.set_title(wrapped(str(titles[index]), side), fontsize=7, loc="center")
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
        grid = figure.subplots(len(kinds), each, squeeze=False)
        low, high = float(images.min()), float(images.max())
        for row, kind in zip(grid, kinds, strict=True):
            of_kind = images[labels == kind][:each]
            for index, axes in enumerate(row):
                axes.set(xticks=[], yticks=[])
                axes.grid(visible=False)
                axes.spines[:].set_visible(index < len(of_kind))
                if index < len(of_kind):
                    axes.imshow(
                        of_kind[index],
                        cmap="gray_r",
                        vmin=low,
                        vmax=high if high > low else low + 1,
                        interpolation="none",
                    )
            row[0].set_ylabel(
                f"label {kind:g}" if np.issubdtype(labels.dtype, np.number) else str(kind),
                rotation=0,
                ha="right",
                va="center",
            )
    return figure
