"""Blocks to look at: the images of a set, and the first kernels of a convolutional network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb
from seedbed.record import SEED, name_of, rows
from seedbed.report.context import Block, Context
from seedbed.report.numbers import percent
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
        for item in kernel_items(context.record(record), before):
            yield item
            if isinstance(item, Prose):
                yield Answer(item.text)
        if before is not None:
            yield Reading("first_kernels_moved", kernels_moved(context.record(record), before))

    return Block("The first kernels", items)


def kernel_items(record: xr.Dataset, start: xr.Dataset | None = None) -> Iterator[Figure | Prose]:
    """The kernels of the first member of the first setting, and the change of all where `start` holds the draws.

    Both records need the probe `first_kernels`. Kernels with several channels are shown as their mean.
    """
    levels, part = next(iter(rows(record)))
    after = part["final_first_kernels"].values
    groups = {"trained": after[0].mean(axis=1)}
    if start is not None:
        before = _draws(start)
        groups = {"initial draw": before[0].mean(axis=1), **groups, "change": (after - before)[0].mean(axis=1)}
    seed, steps = int(part[SEED].values[0]), int(part["stop_step"].values[0])
    setting = f", {name_of(levels)}" if levels else ""
    yield Figure("kernels", sb.figures.kernel_grid(groups),
                 f"The kernels of the first convolution of one member (seed {seed}{setting}) that trained for "
                 f"{steps:,} steps, all on one scale: a single run.",
                 "First kernels as small images before and after training")  # fmt: skip
    if start is not None:
        moved = kernels_moved(record, start)
        yield Prose(
            f"From the initial draw to where they stopped, the first kernels moved by {percent(moved['median'])} of "
            f"their own norm (median of n = {moved['n']} members, middle half {percent(moved['q25'])} to "
            f"{percent(moved['q75'])})."
        )


def kernels_moved(record: xr.Dataset, start: xr.Dataset) -> dict[str, Any]:
    """Euclidean distance of the first kernels from their draw, over the norm of that draw: quartiles over members."""
    after = next(iter(rows(record)))[1]["final_first_kernels"].values
    before = _draws(start)
    size = np.linalg.norm(before.reshape(len(before), -1), axis=1)
    moved = np.linalg.norm((after - before).reshape(len(before), -1), axis=1) / size
    low, middle, high = np.quantile(moved, (0.25, 0.5, 0.75)).tolist()
    return {"n": len(moved), "q25": low, "median": middle, "q75": high}


def _draws(start: xr.Dataset) -> np.ndarray:
    return next(iter(rows(start)))[1]["final_first_kernels"].values
