"""Layers for one example. The member axis and the batch axis belong to the engine, with one exception told below.

`Dense` carries its own rule for a batch: differentiated automatically, `w @ x` over a batch in the last axis gives
cotangents with the batch in the middle, and every layer then pays a transposition. The rule writes the three
products of a dense layer with the batch last: 0.67 instead of 1.07 microseconds per network and step for a 16-4-1 net
(LOG.md, 2026-11-21).
"""

from collections.abc import Callable, Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from seedbed.parts.activations import prelu, rrelu


class Fixed(eqx.Module):
    """An array that belongs to a model but is never trained: a dial, for instance the slope of a leaky ReLU."""

    value: Array


class Dense(eqx.Module):
    """w x + b, for one example.

    weight `(out, in)`, bias `(out,)`; the first draw is uniform in +-1/sqrt(in), as in Equinox and PyTorch.
    """

    weight: Float[Array, "out into"]
    bias: Float[Array, " out"]

    def __init__(self, into: int, out: int, key: PRNGKeyArray) -> None:
        bound = 1 / into**0.5
        wkey, bkey = jax.random.split(key)
        self.weight = jax.random.uniform(wkey, (out, into), minval=-bound, maxval=bound)
        self.bias = jax.random.uniform(bkey, (out,), minval=-bound, maxval=bound)

    def __call__(self, x: Float[Array, " into"]) -> Float[Array, " out"]:
        """Apply the layer to one example."""
        return _affine(self.weight, self.bias, x)


class Activation(eqx.Module):
    """An elementwise function with its options held fixed."""

    function: Callable[..., Array] = eqx.field(static=True)
    options: Mapping[str, Fixed]

    def __call__(self, x: Array) -> Array:
        """Apply the function to one example."""
        return self.function(x, **{name: option.value for name, option in self.options.items()})


class LearnedSlope(eqx.Module):
    """PReLU: one slope per layer, trained with the weights."""

    slope: Float[Array, ""]

    def __call__(self, x: Array) -> Array:
        """Apply the activation to one example."""
        return prelu(x, self.slope)


class RandomSlope(eqx.Module):
    """RReLU: a slope drawn for every unit and example in training, the mean slope in inference."""

    lower: Fixed
    upper: Fixed
    inference: bool = False

    def __call__(self, x: Array, *, key: PRNGKeyArray | None = None) -> Array:
        """Apply the activation to one example; training needs a key."""
        return rrelu(x, self.lower.value, self.upper.value, key=None if self.inference else key)


@jax.custom_vjp
def _affine_batch(w: Array, b: Array, x: Array) -> Array:
    return w @ x + b[:, None]


def _affine_forward(w: Array, b: Array, x: Array) -> tuple[Array, tuple[Array, Array]]:
    return _affine_batch(w, b, x), (w, x)


def _affine_backward(kept: tuple[Array, Array], upstream: Array) -> tuple[Array, Array, Array]:
    w, x = kept
    return upstream @ x.T, upstream.sum(axis=-1), w.T @ upstream


_affine_batch.defvjp(_affine_forward, _affine_backward)


def _affine_one(w: Array, b: Array, x: Array) -> Array:
    return w @ x + b


_affine = jax.custom_batching.custom_vmap(_affine_one)


@_affine.def_vmap
def _affine_rule(size: int, batched: Any, w: Array, b: Array, x: Array) -> tuple[Array, bool]:
    """Only the examples are batched: one product, batch last. Anything else: what vmap would do anyway."""
    if tuple(batched) == (False, False, True):
        return jnp.moveaxis(_affine_batch(w, b, jnp.moveaxis(x, 0, -1)), -1, 0), True
    axes = tuple(0 if flag else None for flag in batched)
    return jax.vmap(_affine_one, in_axes=axes, axis_size=size)(w, b, x), True
