"""How far the gradients of parts of a batch lie apart, for one member: what the probe `gradient_noise` is made of."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float


def variance_of_parts(gradient_of: Callable[..., Any], step_trace: Any, dials: Any, parts: int) -> Float[Array, ""]:
    """The unbiased variance of the gradient of one of `parts` equal parts of a batch, summed over all weights.

    `gradient_of(network, inputs, targets, key, dials)` is the gradient of a mean loss. Mean and deviations are updated
    part by part (Welford 1962), so that no large numbers cancel and no more than three gradients are kept.
    """
    network, key = step_trace.network, step_trace.key
    size = step_trace.inputs.shape[-1] // parts

    def of_part(number: Array) -> Any:
        inputs, targets = (
            lax.dynamic_slice_in_dim(array, number * size, size, axis=-1)
            for array in (step_trace.inputs, step_trace.targets)
        )
        return gradient_of(network, inputs, targets, None if key is None else jax.random.fold_in(key, number), dials)

    def add(carry: tuple[Any, Array], number: Array) -> tuple[tuple[Any, Array], None]:
        mean, deviations = carry
        before = jax.tree.map(jnp.subtract, of_part(number), mean)
        share = 1 / (number + 1.0)
        mean = jax.tree.map(lambda middle, far: middle + share * far, mean, before)
        squares = [jnp.sum(far**2) for far in jax.tree.leaves(before)]
        return (mean, deviations + (1 - share) * sum(squares[1:], squares[0])), None

    start = jax.tree.map(jnp.zeros_like, network.trained)
    (_, deviations), _ = lax.scan(add, (start, jnp.float32(0)), jnp.arange(parts))
    return deviations / (parts - 1)
