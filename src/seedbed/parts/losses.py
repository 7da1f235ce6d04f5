"""Losses in jax, for one example. Which of them takes the score z and which the prediction y_hat: `ON_SCORE`.

Formulas and sources stand in `seedbed.vocabulary.losses`. Class labels are whole numbers in range(classes), which
the data set has to see to: inside a compiled program a label out of range cannot raise. Labels in {0, 1} come to
`perceptron` and `hinge` as signs. `reduce` combines the examples of a batch.
"""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int

from seedbed.errors import PartError
from seedbed.parts.batched import sum_over_examples


def l2(prediction: Float[Array, " unit"], target: Float[Array, " unit"]) -> Float[Array, ""]:
    """L = sum over units of (y_hat - y)^2."""
    return jnp.sum((prediction - target) ** 2)


def mse(prediction: Float[Array, " unit"], target: Float[Array, " unit"]) -> Float[Array, ""]:
    """L = mean over units of (y_hat - y)^2."""
    return jnp.mean((prediction - target) ** 2)


def mae(prediction: Float[Array, " unit"], target: Float[Array, " unit"]) -> Float[Array, ""]:
    """L = mean over units of |y_hat - y|, with gradient 0 at 0."""
    error = prediction - target
    return jnp.mean(jnp.maximum(error, -error))  # jnp.abs has slope 1 at 0


def cross_entropy(score: Float[Array, " unit"], target: Array) -> Float[Array, ""]:
    """Of a class where the target is a whole number, of a probability per unit where it is floats like the score.

    Raises: PartError for any other target.
    """
    if target.shape == () and jnp.issubdtype(target.dtype, jnp.integer):
        return softmax_cross_entropy(score, target)
    if target.shape == score.shape and jnp.issubdtype(target.dtype, jnp.floating):
        return binary_cross_entropy(score, target)
    raise PartError(
        f"cross_entropy needs a class index or one probability per output, got targets {target.dtype}{target.shape} "
        f"for scores of shape {score.shape}; give integer labels (), or floats {score.shape}"
    )


def binary_cross_entropy(score: Float[Array, " unit"], target: Float[Array, " unit"]) -> Float[Array, ""]:
    """L = sum over units of max(z, 0) - y z + log(1 + exp(-|z|)), in nats; dL/dz = sigmoid(z) - y.

    The same as softplus(z) - y z without the difference of two large numbers, so that the small loss of a sure and
    right answer keeps its digits, and its gradient too.
    """
    return jnp.sum(_binary(score, target))


@jax.custom_jvp
def _binary(z: Array, y: Array) -> Array:
    return jnp.maximum(z, 0) - y * z + jnp.log1p(jnp.exp(-jnp.abs(z)))


@_binary.defjvp
def _binary_jvp(at: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    """The slope as one expression. Automatic differentiation makes three of it, each a pass over the batch (LOG.md)."""
    (z, y), (dz, dy) = at, tangents
    tail = jnp.exp(-jnp.abs(z))
    against = tail / (1 + tail)  # the probability of the answer that z speaks against, with all its digits
    return _binary(z, y), jnp.where(z < 0, against - y, (1 - y) - against) * dz - z * dy


def softmax_cross_entropy(score: Float[Array, " class"], label: Int[Array, ""]) -> Float[Array, ""]:
    """L = -log softmax(z)[label], in nats; dL/dz = softmax(z) - one_hot(label)."""
    # A mask instead of an index: the gradient of an index is a scatter, which is slow over many members.
    chosen = jnp.arange(score.size) == label
    return -jnp.sum(jnp.where(chosen, jax.nn.log_softmax(score), 0))


def perceptron(score: Float[Array, " unit"], sign: Float[Array, " unit"]) -> Float[Array, ""]:
    """L = sum over units of max(0, -y z), y in {-1, 1}, with gradient 0 at y z = 0."""
    return jnp.sum(jax.nn.relu(-sign * score))


def hinge(score: Float[Array, " unit"], sign: Float[Array, " unit"], margin: ArrayLike) -> Float[Array, ""]:
    """L = sum over units of max(0, margin - y z), y in {-1, 1}, with gradient 0 at y z = margin."""
    return jnp.sum(jax.nn.relu(margin - sign * score))


def reduce(per_example: Float[Array, " example"], reduction: str) -> Float[Array, ""]:
    """The loss of a batch: the "mean" or the "sum" over its examples."""
    if reduction == "mean":
        return sum_over_examples(per_example) / per_example.size
    if reduction == "sum":
        return sum_over_examples(per_example)
    raise PartError(f'a reduction is "mean" or "sum", got "{reduction}"; write one of the two')


LOSSES = {
    "l2": l2,
    "mse": mse,
    "mae": mae,
    "cross_entropy": cross_entropy,
    "perceptron": perceptron,
    "hinge": hinge,
}
