"""Where a member stands in the space of its weights."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from seedbed.parts.models import layers_of
from seedbed.probing.moment import Moment


def parameters(moment: Moment) -> Float[Array, " parameter"]:
    """Weights and biases of all layers in a row, each layer's weight before its bias."""
    rows = [
        jnp.ravel(array)
        for _, layer in layers_of(moment.model)
        for array in (layer.weight, layer.bias)
        if array is not None
    ]
    return jnp.concatenate(rows)
