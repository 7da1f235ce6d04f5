"""Landscapes: a single neuron's output, loss and gradient over a grid of its weight and its bias.

A landscape is kept like any other record, with one seed (0) that stands for "nothing was drawn".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.engine import plan
from seedbed.errors import SpecError
from seedbed.procedures import engines
from seedbed.procedures.run import run
from seedbed.record import Block
from seedbed.spec import Spec
from seedbed.store import Store

if TYPE_CHECKING:
    import xarray as xr


def landscape(
    question: Spec, weight: np.ndarray, bias: np.ndarray, *,
    store: Store | None = None, name: str = "landscape", engine: str = "jax",
) -> xr.Dataset:  # fmt: skip
    """The record of a single neuron over a grid: variables `(…, seed, bias, weight)`.

    prediction       the output of the neuron, averaged over the examples
    objective        the loss of the question
    gradient_weight  its derivative by the weight
    gradient_bias    its derivative by the bias
    """
    if stray := [one.spec.model for one in question.settings() if one.spec.model.canonical() != {"part": "neuron"}]:
        raise SpecError(f'a landscape is drawn over the weight and bias of a "neuron", got "{stray[0].label()}"')
    train = _over(engines.module(engine, "surface").surface, np.asarray(weight), np.asarray(bias))
    grid = {"weight_range": [float(weight[0]), float(weight[-1])], "bias_range": [float(bias[0]), float(bias[-1])]}
    return run(question, 1, store=store, name=name, engine=f"{engine} landscape {_grid(weight)} {_grid(bias)}",
               train=train, notes=grid)  # fmt: skip


def _over(surface: Callable[..., dict[str, np.ndarray]], weight: np.ndarray, bias: np.ndarray) -> Any:
    """A function that "trains" a group by evaluating its one member on the grid."""
    across, down = (axis.ravel() for axis in np.meshgrid(weight, bias))

    def train(group: plan.Group, dataset_of: Any, **_: Any) -> Iterator[tuple[int, Block]]:
        for stretch in group.stretches:
            seeds = np.asarray(stretch.seeds)
            flat = surface(stretch.spec, dataset_of(seeds), across, down)
            arrays = {key: values.reshape(1, len(bias), len(weight)) for key, values in flat.items()}
            dims = dict.fromkeys(arrays, ("bias", "weight"))
            yield stretch.setting, Block(seeds, arrays, dims, {"bias": bias.tolist(), "weight": weight.tolist()}, {})

    return train


def _grid(axis: np.ndarray) -> str:
    return f"{axis[0]:g}:{axis[-1]:g}:{len(axis)}"
