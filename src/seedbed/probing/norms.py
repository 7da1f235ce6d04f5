"""The gradient and the weights by layer: Euclidean norms, and moments of the gradient."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from seedbed.parts.models import layers_of
from seedbed.probing.context import ProbeContext


def gradient_norm(context: ProbeContext) -> Float[Array, " layer"]:
    """Norm of the loss gradient over the weights and biases of each layer."""
    return _norms(context.gradient)


def gradient_moments(context: ProbeContext) -> Float[Array, "layer moment"]:
    """Mean and standard deviation of the loss gradient over the weights of each layer."""
    weights = [layer.weight for _, layer in layers_of(context.gradient)]
    return jnp.stack([jnp.stack([jnp.mean(weight), jnp.std(weight)]) for weight in weights])


def gradient_noise(context: ProbeContext, parts: int) -> Float[Array, " estimate"]:
    """|G|^2 and tr(Sigma) of one example, from the gradient of the step and those of equal parts of its batch."""
    variance = context.variance(parts) * (context.scores.shape[-1] // parts)
    square = sum(jnp.sum(array**2) for array in jax.tree.leaves(context.gradient))
    return jnp.stack([square - variance / context.examples, variance])


def weight_norm(context: ProbeContext) -> Float[Array, " layer"]:
    """Norm of the weights and biases of each layer."""
    return _norms(context.model)


def update_ratio(context: ProbeContext) -> Float[Array, " layer"]:
    """Norm of the update of each layer, divided by the norm of the layer; 0 where it has no weights but zeros."""
    size = _norms(context.model)
    return jnp.where(size > 0, _norms(context.update) / jnp.where(size > 0, size, 1), 0)


def _norms(model: Any) -> Float[Array, " layer"]:
    squares = [sum(jnp.sum(array**2) for array in jax.tree.leaves(layer)) for _, layer in layers_of(model)]
    return jnp.sqrt(jnp.stack([jnp.asarray(square) for square in squares]))
