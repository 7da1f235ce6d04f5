"""Where a member stands in the space of its weights, and what it answers from there."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from seedbed.errors import PartError
from seedbed.parts.models import layers_of
from seedbed.probing.context import ProbeContext


def parameters(context: ProbeContext) -> Float[Array, " parameter"]:
    """Weights and biases of all layers in a row, each layer's weight before its bias."""
    rows = [
        jnp.ravel(array)
        for _, layer in layers_of(context.model)
        for array in (layer.weight, layer.bias)
        if array is not None
    ]
    return jnp.concatenate(rows)


def largest_weight(context: ProbeContext) -> Float[Array, ""]:
    """Largest absolute value among all weights and biases."""
    largest = [jnp.max(jnp.abs(array)) for _, layer in layers_of(context.model) for array in jax.tree.leaves(layer)]
    return jnp.max(jnp.stack(largest))


def first_kernels(context: ProbeContext) -> Float[Array, "kernel channel row column"]:
    """The weights of the first layer. Raises PartError where that is no convolution of images."""
    _, first = layers_of(context.model)[0]
    if first.weight.ndim != 4:
        raise PartError("first_kernels needs a model that begins with a convolution; take weight_norm or parameters")
    return first.weight


def first_weights(context: ProbeContext) -> Float[Array, "first_unit first_input"]:
    """The weights of the first layer, a row for each unit or kernel."""
    _, first = layers_of(context.model)[0]
    return first.weight.reshape(first.weight.shape[0], -1)


def predictions(context: ProbeContext) -> Float[Array, "output example"]:
    """What the member answers to each example of the batch, the outputs of all heads in a row."""
    return context.predictions
