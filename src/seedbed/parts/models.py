"""Models for one example: layers in a row, and the splitting of a model into what is trained and what is not.

Widths of input and output come from the data. A user's own model is any Equinox module whose call takes one example
(and, where it draws at random, `key=`); it needs nothing from this file.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, PRNGKeyArray

from seedbed.parts.layers import Dense, Fixed


class Chain(eqx.Module):
    """Layers applied one after the other to a flattened example."""

    layers: tuple[eqx.Module, ...]

    def __call__(self, x: Array, *, key: PRNGKeyArray | None = None) -> Array:
        """Raw outputs `(unit,)` of one example; `key` reaches the layers that draw at random."""
        x = x.reshape(-1)
        for index, layer in enumerate(self.layers):
            if hasattr(layer, "inference"):
                x = layer(x, key=None if key is None else jax.random.fold_in(key, index))  # type: ignore[operator]
            else:
                x = layer(x)  # type: ignore[operator]
        return x


def neuron(key: PRNGKeyArray, shape: Sequence[int], units: int) -> Chain:
    """One linear unit per output."""
    return Chain((Dense(math.prod(shape), units, key),))


def mlp(
    key: PRNGKeyArray,
    shape: Sequence[int],
    units: int,
    hidden: Sequence[int],
    activation: Callable[[], eqx.Module],
    widening: int = 1,
) -> Chain:
    """Dense layers with an activation after each but the last; `widening` is 2 where the activation doubles width."""
    layers: list[eqx.Module] = []
    into = math.prod(shape)
    for index, width in enumerate(hidden):
        layers += [Dense(into, width, jax.random.fold_in(key, index)), activation()]
        into = width * widening
    return Chain((*layers, Dense(into, units, jax.random.fold_in(key, len(hidden)))))


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


def is_layer(node: Any) -> bool:
    """Whether a node holds a weight and a bias that an initializer redraws."""
    return isinstance(node, Dense | eqx.nn.Linear | eqx.nn.Conv | eqx.nn.ConvTranspose)


MODELS = {"neuron": neuron, "mlp": mlp}
