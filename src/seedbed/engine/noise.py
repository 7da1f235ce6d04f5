"""How far the gradients of parts of a batch lie apart, for one member: what the probe `gradient_noise` is made of."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float


def gradient_noise(
    gradient_of: Callable[..., Any], step_trace: Any, dials: Any, parts: int
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """|mean|^2 of the gradients of `parts` equal parts of a batch, and the unbiased variance of one of them.

    `gradient_of(network, inputs, targets, key, dials)` is the gradient of a mean loss. The variance is summed over
    all weights. Mean and deviations are updated part by part (Welford 1962), so that no large numbers cancel and no
    more than three gradients are kept.
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
        return (mean, deviations + (1 - share) * squared_norm(before)), None

    start = jax.tree.map(jnp.zeros_like, network.trained)
    (mean, deviations), _ = lax.scan(add, (start, jnp.float32(0)), jnp.arange(parts))
    return squared_norm(mean), deviations / (parts - 1)


def squared_norm(tree: Any) -> Array:
    """The sum of the squares of all numbers of all arrays."""
    squares = [jnp.sum(array**2) for array in jax.tree.leaves(tree)]
    return sum(squares[1:], squares[0])
