"""Landscapes: a single neuron's output, loss and gradient over a grid of its weight and its bias.

A landscape is kept like any other record, with one seed (0) that stands for "nothing was drawn".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.errors import SpecError
from seedbed.procedures import engines
from seedbed.procedures.measure import measure
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
    surface = engines.module(engine, "surface").surface
    across, down = (axis.ravel() for axis in np.meshgrid(weight, bias))

    def compute(spec: Spec, dataset_of: Callable[..., Any], seeds: np.ndarray) -> Block:
        flat = surface(spec, dataset_of(seeds), across, down)
        arrays = {key: values.reshape(1, len(bias), len(weight)) for key, values in flat.items()}
        dims = dict.fromkeys(arrays, ("bias", "weight"))
        return Block(seeds, arrays, dims, {"bias": np.asarray(bias).tolist(), "weight": np.asarray(weight).tolist()})

    grid = {"weight_range": [float(weight[0]), float(weight[-1])], "bias_range": [float(bias[0]), float(bias[-1])]}
    axes = {"weight": np.asarray(weight, float), "bias": np.asarray(bias, float)}
    return measure("landscape", axes, question, compute, store=store, name=name, engine=engine, notes=grid)
