"""Blocks to look at: the images of a set, and the first kernels of a convolutional network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

import seedbed as sb
from seedbed.report.context import Block, Context
from seedbed.report.page import Answer, Figure, Prose, Reading

if TYPE_CHECKING:
    import xarray as xr


def images(*, record: str = "examples", head: str = "") -> Block:
    """The first images of each label of a set that was asked for by `measures.examples`."""

    def items(context: Context) -> Iterator[Figure]:
        shown, labels = images_of(context.record(record), head)
        count, *size = shown.shape
        yield Figure(
            "images",
            sb.figures.labelled_images(shown, labels),
            f"The first images of each label among the {count} of the set, of {' × '.join(map(str, size))} "
            f"pixels. All {count} are shown to the network in every step.",
            "Images of every label",
        )

    return Block("What the network sees", items)


def images_of(record: xr.Dataset, head: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Images (example, row, column) and labels (example,) of the first seed, as arrays."""
    first = record.isel(seed=0)
    return first["inputs"].values, first[f"target_{head}" if head else "target"].values.ravel()


def kernels(*, record: str = "", start: str = "start") -> Block:
    """The first kernels of one member, and how far all moved, where `start` is a record of the initial draws.

    Both records need the probe `first_kernels`.
    """

    def items(context: Context) -> Iterator[Figure | Prose | Reading | Answer]:
        before = context.records.get(start)
        for item in sb.pieces.kernel_items(context.record(record), before):
            yield item
            if isinstance(item, Prose):
                yield Answer(item.text)
        if before is not None:
            yield Reading("first_kernels_moved", sb.pieces.kernels_moved(context.record(record), before))

    return Block("The first kernels", items)
