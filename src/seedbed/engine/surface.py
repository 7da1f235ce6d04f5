"""A single neuron at many weights and biases at once: its output, its loss, and the gradient of the loss."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from seedbed.datasets.dataset import Dataset
from seedbed.engine.assemble import assemble
from seedbed.engine.judging import Judging
from seedbed.engine.schedules import dials_of
from seedbed.engine.shapes import shape_of
from seedbed.parts import threefry
from seedbed.parts.models import layers_of
from seedbed.spec import Spec


def surface(spec: Spec, dataset: Dataset, weight: np.ndarray, bias: np.ndarray) -> dict[str, np.ndarray]:
    """Output, loss and gradient of a neuron with one input, at points (weight[i], bias[i]); averages over examples."""
    shape = shape_of(dataset)
    member = assemble(spec, shape)
    judge = Judging(member.resolved.goals)
    dials = dials_of(spec)
    network, _ = member.start(threefry.key(0), dials)
    inputs, targets = (
        jnp.moveaxis(jnp.asarray(dataset.inputs), 0, -1),
        jnp.moveaxis(jnp.asarray(dataset.targets), 0, -1),
    )

    def at(w: Array, b: Array) -> dict[str, Array]:
        trained = eqx.tree_at(_weight_and_bias, network.trained, [w[None, None], b[None]])
        compute = jax.value_and_grad(member.objective, has_aux=True)
        (loss, (scores, _, _)), gradient = compute(trained, network, inputs, targets, None, dials)
        dw, db = _weight_and_bias(gradient)
        output = jnp.mean(judge.predictions(scores, dials))
        return {"prediction": output, "objective": loss, "gradient_weight": dw[0, 0], "gradient_bias": db[0]}

    found = jax.jit(jax.vmap(at))(jnp.asarray(weight, jnp.float32), jnp.asarray(bias, jnp.float32))
    return {name: np.asarray(values) for name, values in found.items()}


def _weight_and_bias(model: Any) -> list[Any]:
    ((_, layer),) = layers_of(model)
    return [layer.weight, layer.bias]
