"""The training examples of a question as a record, for pages that show what a network sees and should answer.

Kept like any other record, under one seed (that of the first member where each draws a set of its own, else 0) unless
more are asked for.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from seedbed.datasets.heads import by_head
from seedbed.procedures.measure import measure
from seedbed.record import Block
from seedbed.spec import Spec
from seedbed.store import Store

AXES = {1: ("feature",), 2: ("row", "column"), 3: ("channel", "row", "column")}


def examples(question: Spec, *, seeds: Any = 1, store: Store | None = None, name: str = "examples") -> xr.Dataset:
    """What a question trains on: `inputs` (..., seed, example, ...) and each head's targets under `target_<head>`.

    The head of a data set that has a single one is called `target`. A set that all members share stands there once for
    every one of the `seeds`.
    """
    return measure(
        "examples", {}, question, _shown, store=store, name=name, engine="", seeds=seeds, notes={"aside": True}
    )


def _shown(spec: Spec, dataset_of: Callable[..., Any], seeds: np.ndarray) -> Block:  # noqa: ARG001
    data = dataset_of(seeds)
    inputs, targets = (
        each if data.fresh else np.broadcast_to(each, (len(seeds), *each.shape)) for each in (data.inputs, data.targets)
    )
    arrays = {"inputs": inputs}
    dims: dict[str, tuple[str, ...]] = {"inputs": ("example", *AXES[inputs.ndim - 2])}
    for head, values in by_head(targets, data.heads).items():
        named = f"target_{head}" if head else "target"
        single = values.size == len(seeds) * inputs.shape[1]
        arrays[named] = values.reshape(*values.shape[:2], -1)[..., 0] if single else values
        dims[named] = ("example", "unit")[: arrays[named].ndim - 1]
    return Block(seeds, arrays, dims)
