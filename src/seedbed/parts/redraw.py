"""Redraw every weight and bias of a model, so that architecture and initialization are separate factors.

Works on any Equinox model, a user's own too: dense, convolutional and transposed convolutional layers are found by
their type. Arrays outside such layers (a learned slope, a scale) keep the values their module gave them.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from seedbed.parts.models import layers_of


def initialize(model: Any, draw: Callable[..., Any], bias: Any, key: PRNGKeyArray) -> Any:
    """`model` with each weight drawn by `draw(key, shape, dtype)` and each bias set to `bias`.

    A `draw` that returns a pair gives (weight, bias), and `bias` is not asked; a layer without one keeps the weight.
    `draw` sees shapes in jax's order (*space, in, out), so that fan-in and fan-out are its last two axes times the
    space; Equinox stores (out, in, *space). Without the change of order fan-in would silently be the output width.
    """

    def drawn(layer: Any, key: PRNGKeyArray) -> tuple[Array, Any]:
        out, into, *space = layer.weight.shape
        made = draw(key, (*space, into, out), layer.weight.dtype)
        weight, own = made if isinstance(made, tuple) else (made, bias)
        return jnp.moveaxis(weight, (-1, -2), (0, 1)), own

    found = [layer for _, layer in layers_of(model)]
    pairs = [drawn(layer, jax.random.fold_in(key, index)) for index, layer in enumerate(found)]
    new = [weight for weight, _ in pairs]
    biases = [fitted(own, layer.bias) for layer, (_, own) in zip(found, pairs, strict=True) if has_bias(layer)]

    def arrays(tree: Any) -> list[Any]:
        layers = [layer for _, layer in layers_of(tree)]
        return [layer.weight for layer in layers] + [layer.bias for layer in layers if has_bias(layer)]

    return eqx.tree_at(arrays, model, new + biases)


def fitted(bias: Any, like: Array) -> Array:
    """A number, or one per unit, in the shape of a bias: Equinox gives that of a convolution axes of length 1."""
    given = jnp.asarray(bias, like.dtype)
    return jnp.broadcast_to(given.reshape(-1, *(1,) * (like.ndim - 1)), like.shape)


def has_bias(layer: Any) -> bool:
    """Whether a layer has a bias."""
    return layer.bias is not None
