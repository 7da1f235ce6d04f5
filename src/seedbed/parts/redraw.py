"""Redraw every weight and bias of a model, so that architecture and initialization are separate factors.

Works on any Equinox model, a user's own too: dense, convolutional and transposed convolutional layers are found by
their type. Arrays outside such layers (a learned slope, a scale) keep the values their module gave them.
"""

from collections.abc import Callable
from functools import partial
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

    Layers of one shape are drawn in one call under `vmap`: the program of a deep net holds a generator for each shape,
    not for each layer, and compiles in half the time.
    """

    def drawn(shape: tuple[int, ...], dtype: Any, key: PRNGKeyArray) -> tuple[Array, Any]:
        out, into, *space = shape
        made = draw(key, (*space, into, out), dtype)
        weight, own = made if isinstance(made, tuple) else (made, jnp.asarray(bias, dtype))
        return jnp.moveaxis(weight, (-1, -2), (0, 1)), own

    found = [layer for _, layer in layers_of(model)]
    keys = jax.vmap(partial(jax.random.fold_in, key))(jnp.arange(len(found)))
    alike: dict[tuple[tuple[int, ...], Any], list[int]] = {}
    for index, layer in enumerate(found):
        alike.setdefault((layer.weight.shape, layer.weight.dtype), []).append(index)
    pairs: dict[int, tuple[Array, Any]] = {}
    for (shape, dtype), chosen in alike.items():
        weights, own = jax.vmap(partial(drawn, shape, dtype))(keys[jnp.array(chosen)])
        pairs |= {index: (weights[place], own[place]) for place, index in enumerate(chosen)}
    new = [pairs[index][0] for index in range(len(found))]
    biases = [fitted(pairs[index][1], layer.bias) for index, layer in enumerate(found) if has_bias(layer)]

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
