"""Models for one example: layers in a row, and the splitting of a model into what is trained and what is not.

`networks` builds them from the layers that a question names. A user's own model is any Equinox module whose call takes
one example (and, where it draws at random, `key=`) and returns the scores of all heads in a row; it needs nothing from
this file.
"""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from seedbed.errors import PartError
from seedbed.parts.convolution import Conv2d
from seedbed.parts.layers import Activation, Dense, Fixed, LearnedSlope, RandomSlope
from seedbed.parts.regularizers import BatchNorm


class Chain(eqx.Module):
    """Layers applied one after the other."""

    layers: tuple[eqx.Module, ...]

    def __call__(self, x: Array, state: Any = None, *, key: PRNGKeyArray | None = None) -> Any:
        """What the last layer returns for one example; `key` reaches the layers that draw at random.

        With a `state`, which layers such as batch norm keep, the result is (what the last layer returns, new state).
        """
        out, after = self.followed(x, state, key)[:2]
        return out if state is None else (out, after)

    def followed(
        self, x: Array, state: Any = None, key: PRNGKeyArray | None = None, offsets: Sequence[Array] = ()
    ) -> tuple[Array, Any, list[tuple[Array, Array]]]:
        """The same, and on the way what every hidden activation was given and what it returned: (z, a).

        `offsets` are added to each z: zeros, for those who differentiate by them.
        """
        hidden: list[tuple[Array, Array]] = []
        for index, layer in enumerate(self.layers):
            active = is_activation(layer)
            z = x + offsets[len(hidden)] if active and offsets else x
            x, state = _apply(layer, z, state, key, index)
            hidden += [(z, x)] if active else []
        return x, state, hidden


class Concatenate(eqx.Module):
    """Branches that see the same input, their results put one after the other along the first axis.

    Of images that axis is the channel, of rows the feature. `names` tells a model's heads apart, which are such
    branches: a learning rate of a head's own looks for its branch by name. Branches inside a model have no names.
    """

    branches: tuple[eqx.Module, ...]
    names: tuple[str, ...] = eqx.field(static=True)

    def __call__(self, x: Array, state: Any = None, *, key: PRNGKeyArray | None = None) -> Any:
        """The results of all branches for one example; with a `state`, the new one beside them."""
        parts: list[Array] = []
        for index, branch in enumerate(self.branches):
            part, state = _apply(branch, x, state, key, index)
            parts.append(part)
        return jnp.concatenate(parts) if state is None else (jnp.concatenate(parts), state)


def _apply(layer: Any, x: Array, state: Any, key: PRNGKeyArray | None, index: int) -> tuple[Array, Any]:
    """A layer's result and the state after it; only what needs them is given state and key."""
    chance = {"key": None if key is None else jax.random.fold_in(key, index)} if _may_draw(layer) else {}
    if state is not None and (isinstance(layer, Chain | Concatenate | Residual | eqx.nn.StatefulLayer)):
        return layer(x, state, **chance)
    return layer(x, **chance), state


def _may_draw(layer: Any) -> bool:
    return hasattr(layer, "inference") or isinstance(layer, Chain | Concatenate | Residual)


def is_activation(layer: Any) -> bool:
    """Whether a layer is an activation inside a model."""
    return isinstance(layer, Activation | LearnedSlope | RandomSlope)


class Residual(eqx.Module):
    """x + f(x)."""

    inner: Chain

    def __call__(self, x: Array, state: Any = None, *, key: PRNGKeyArray | None = None) -> Any:
        """The sum for one example; with a `state`, the new one beside it."""
        out, after = _apply(self.inner, x, state, key, 0)
        return x + out if state is None else (x + out, after)


class AsImage(eqx.Module):
    """An image without channels becomes one of a single channel."""

    def __call__(self, x: Array) -> Array:
        """The image `(channel, height, width)`."""
        return x[None] if x.ndim == 2 else x


def of_heads(tree: Any, change: Callable[[str, Any], Any]) -> Any:
    """A tree like a model's, with `change(name, branch)` in place of each head; PartError if it has no heads."""

    def heads(node: Any) -> bool:
        return isinstance(node, Concatenate) and bool(node.names)

    if not any(heads(node) for node in jax.tree.leaves(tree, is_leaf=heads)):
        raise PartError(
            'this model has no heads of its own (a Concatenate with their names), which shared="sum" needs; '
            'write shared="weighted"'
        )

    def changed(node: Any) -> Any:
        if not heads(node):
            return node
        branches = tuple(change(name, branch) for name, branch in zip(node.names, node.branches, strict=True))
        return eqx.tree_at(lambda one: one.branches, node, branches, is_leaf=lambda leaf: leaf is None)

    return jax.tree.map(changed, tree, is_leaf=heads)


def split(model: Any) -> tuple[Any, Any, Any]:
    """A model as (trained arrays, arrays that stay fixed, everything that is no array)."""
    arrays, plain = eqx.partition(model, eqx.is_array)

    def trained(node: Any) -> Any:
        return jax.tree.map(_never, node) if isinstance(node, Fixed) else eqx.is_inexact_array(node)

    mask = jax.tree.map(trained, arrays, is_leaf=lambda node: isinstance(node, Fixed))
    return (*eqx.partition(arrays, mask), plain)


def _never(_: Any) -> bool:
    return False


def layers_of(model: Any) -> list[tuple[str, Any]]:
    """The layers that hold weights, in the order of the tree, labelled "1 dense", "2 dense", ..."""
    found = [node for node in jax.tree.leaves(model, is_leaf=is_layer) if is_layer(node)]
    return [(f"{index} {type(node).__name__.lower()}", node) for index, node in enumerate(found, start=1)]


def norms_of(model: Any) -> list[BatchNorm]:
    """Every batch norm of a model, in the order of the tree."""

    def is_norm(node: Any) -> bool:
        return isinstance(node, BatchNorm)

    return [node for node in jax.tree.leaves(model, is_leaf=is_norm) if is_norm(node)]


def estimating(model: Any) -> Any:
    """The model with every running average taken from the next batch alone: a momentum of 1."""
    norms = norms_of(model)
    if not norms:
        return model
    whole = [Fixed(jnp.ones(())) for _ in norms]
    return eqx.tree_at(
        lambda one: [norm.momentum for norm in norms_of(one)], model, whole,
        is_leaf=lambda node: node is None or isinstance(node, Fixed),
    )  # fmt: skip


def hidden_of(model: Any) -> list[str]:
    """Labels of the activations inside a model, "hidden 1", "hidden 2", ...; none where it is no chain of layers."""
    active = [layer for layer in model.layers if is_activation(layer)] if isinstance(model, Chain) else []
    return [f"hidden {number}" for number in range(1, len(active) + 1)]


def is_layer(node: Any) -> bool:
    """Whether a node holds a weight, and mostly a bias, that an initializer redraws."""
    return isinstance(node, Dense | Conv2d | eqx.nn.Linear | eqx.nn.Conv | eqx.nn.ConvTranspose)
