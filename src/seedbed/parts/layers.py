"""Layers for one example. The member axis and the batch axis belong to the engine; `batched` says what a layer does
to a whole batch. Convolution and pooling stand in `convolution`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, Float, PRNGKeyArray

from seedbed.parts.activations import prelu, rrelu
from seedbed.parts.batched import elementwise, over_batch, sum_over_examples


class Fixed(eqx.Module):
    """An array that belongs to a model but is never trained: a dial, for instance the slope of a leaky ReLU.

    `path` is where the dial stands in the question: a schedule that stands there sets the array anew at every step.
    """

    value: Array
    path: str = eqx.field(static=True, default="")


class Dense(eqx.Module):
    """w x + b, for one example; w x where the bias is None.

    weight `(out, in)`, bias `(out,)`; the first draw is uniform in +-1/sqrt(in), as in Equinox and PyTorch. The weight
    is drawn alike with and without a bias.
    """

    weight: Float[Array, "out into"]
    bias: Float[Array, " out"] | None

    def __init__(self, into: int, out: int, key: PRNGKeyArray, bias: bool = True) -> None:
        bound = 1 / into**0.5
        wkey, bkey = jax.random.split(key)
        self.weight = jax.random.uniform(wkey, (out, into), minval=-bound, maxval=bound)
        self.bias = jax.random.uniform(bkey, (out,), minval=-bound, maxval=bound) if bias else None

    def __call__(self, x: Float[Array, " into"]) -> Float[Array, " out"]:
        """Apply the layer to one example."""
        return _linear(self.weight, x) if self.bias is None else _affine(self.weight, self.bias, x)


class Flatten(eqx.Module):
    """All numbers of one example in a row, the last axis fastest."""

    def __call__(self, x: Array) -> Float[Array, " feature"]:
        """Apply the layer to one example."""
        return _in_a_row(x)


class GlobalAverage(eqx.Module):
    """The mean of every channel: an image `(channel, height, width)` becomes a row `(channel,)`."""

    def __call__(self, x: Float[Array, "channel height width"]) -> Float[Array, " channel"]:
        """Apply the layer to one example."""
        return _mean_of_places(x)


class Activation(eqx.Module):
    """An elementwise function with its options held fixed: dials as arrays, `words` as they are."""

    function: Callable[..., Array] = eqx.field(static=True)
    options: Mapping[str, Fixed]
    words: tuple[tuple[str, Any], ...] = eqx.field(static=True, default=())

    def __call__(self, x: Array) -> Array:
        """Apply the function to one example."""
        names = tuple(self.options)

        def apply(x: Array, *values: Array) -> Array:
            return self.function(x, **dict(self.words), **dict(zip(names, values, strict=True)))

        return elementwise(apply)(*(self.options[name].value for name in names), x)


class LearnedSlope(eqx.Module):
    """PReLU: one slope per layer, trained with the weights."""

    slope: Float[Array, ""]

    def __call__(self, x: Array) -> Array:
        """Apply the activation to one example."""
        return elementwise(prelu)(self.slope, x)


class RandomSlope(eqx.Module):
    """RReLU: a slope drawn for every unit and example in training, the mean slope in inference."""

    lower: Fixed
    upper: Fixed
    inference: bool = False

    def __call__(self, x: Array, *, key: PRNGKeyArray | None = None) -> Array:
        """Apply the activation to one example; training needs a key."""
        return rrelu(x, self.lower.value, self.upper.value, key=None if self.inference else key)


def _product(w: Array, x: Array) -> Array:
    """w x, written out where a sum has at most two terms.

    XLA then makes it part of what is computed around it. A product it hands to a library, a call for every member: in
    layers of two units more than half of a step (LOG.md).
    """
    if w.shape[1] > 2:
        return w @ x
    return sum((w[:, k, None] * x[None, k] for k in range(1, w.shape[1])), w[:, 0, None] * x[None, 0])


@jax.custom_vjp
def _affine_batch(w: Array, b: Array, x: Array) -> Array:
    return _product(w, x) + b[:, None]


def _affine_forward(w: Array, b: Array, x: Array) -> tuple[Array, tuple[Array, Array]]:
    return _affine_batch(w, b, x), (w, x)


def _affine_backward(kept: tuple[Array, Array], upstream: Array) -> tuple[Array, Array, Array]:
    w, x = kept
    return upstream @ x.T, sum_over_examples(upstream), _product(w.T, upstream)


_affine_batch.defvjp(_affine_forward, _affine_backward)
_affine = over_batch(_affine_batch)


@jax.custom_vjp
def _linear_batch(w: Array, x: Array) -> Array:
    return _product(w, x)


def _linear_forward(w: Array, x: Array) -> tuple[Array, tuple[Array, Array]]:
    return _linear_batch(w, x), (w, x)


def _linear_backward(kept: tuple[Array, Array], upstream: Array) -> tuple[Array, Array]:
    w, x = kept
    return upstream @ x.T, _product(w.T, upstream)


_linear_batch.defvjp(_linear_forward, _linear_backward)
_linear = over_batch(_linear_batch)
_mean_of_places = over_batch(lambda x: x.reshape(x.shape[0], -1, x.shape[-1]).mean(axis=1))
_in_a_row = over_batch(lambda x: x.reshape(-1, x.shape[-1]))
