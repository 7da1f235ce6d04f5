"""Models for one example: layers in a row, and the splitting of a model into what is trained and what is not.

Sizes of input and output come from the data: `shape` is that of one example, `heads` are the numbers of units that
each thing to predict needs. A user's own model is any Equinox module whose call takes one example (and, where it draws
at random, `key=`) and returns the scores of all heads in a row; it needs nothing from this file.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from seedbed.errors import PartError
from seedbed.parts.convolution import AvgPool2d, Conv2d, MaxPool2d, Padding, out_size
from seedbed.parts.layers import Activation, Dense, Fixed, Flatten, LearnedSlope, RandomSlope
from seedbed.parts.regularizers import BatchNorm, Dropout

POOLS = {"max": MaxPool2d, "average": AvgPool2d}
Heads = Mapping[str, int]
Make = Callable[[], eqx.Module]


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

    Of images that axis is the channel, of rows the feature. `names` tells the branches apart: a model's heads are such
    branches, and a learning rate of a head's own looks for its branch by name.
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
    if state is not None and (isinstance(layer, Chain | Concatenate | eqx.nn.StatefulLayer)):
        return layer(x, state, **chance)
    return layer(x, **chance), state


def _may_draw(layer: Any) -> bool:
    return hasattr(layer, "inference") or isinstance(layer, Chain | Concatenate)


def is_activation(layer: Any) -> bool:
    """Whether a layer is an activation inside a model."""
    return isinstance(layer, Activation | LearnedSlope | RandomSlope)


def neuron(key: PRNGKeyArray, shape: Sequence[int], heads: Heads, bias: bool = True) -> Chain:
    """One linear unit per output, with or without a bias."""
    return Chain((Flatten(), _last(math.prod(shape), heads, key, 0, bias)))


def mlp(
    key: PRNGKeyArray, shape: Sequence[int], heads: Heads, hidden: Sequence[int], activation: Make, widening: int = 1,
    norm: str = "none", dropout: Array | None = None,
) -> Chain:  # fmt: skip
    """Dense layers with an activation after each but the last; `widening` is 2 where the activation doubles width.

    Batch norm stands before an activation, dropout behind it.
    """
    between = _between(activation, norm, dropout)
    return Chain((Flatten(), *_dense(math.prod(shape), heads, hidden, between, widening, key, 0)))


def cnn(
    key: PRNGKeyArray, shape: Sequence[int], heads: Heads, channels: Sequence[int], kernel: Sequence[int],
    stride: Sequence[int], padding: Padding, pool: str, hidden: Sequence[int], activation: Make, widening: int = 1,
) -> Chain:  # fmt: skip
    """Convolutions with an activation (and pooling) after each, then dense layers. Raises PartError if one fits not."""
    into, *size = _image(shape)
    layers: list[eqx.Module] = [AsImage()]
    for index, (width, side, step) in enumerate(zip(channels, kernel, stride, strict=True)):
        after = [out_size(length, side, step, padding) for length in size]
        if min(after) < 1:
            raise PartError(
                f"a kernel of {side}x{side} does not fit the {size[0]}x{size[1]} image that layer {index + 1} sees; "
                'take a smaller one, fewer layers, or padding="same"'
            )
        layers += [Conv2d(into, width, side, jax.random.fold_in(key, index), step, padding), activation()]
        into, size = width * widening, after
        if pool in POOLS and min(size) >= 2:
            layers.append(POOLS[pool](2, 2))
            size = [length // 2 for length in size]
    between = _between(activation, "none", None)
    rest = _dense(into * math.prod(size), heads, hidden, between, widening, key, len(channels))
    return Chain((*layers, Flatten(), *rest))


class AsImage(eqx.Module):
    """An image without channels becomes one of a single channel."""

    def __call__(self, x: Array) -> Array:
        """The image `(channel, height, width)`."""
        return x[None] if x.ndim == 2 else x


def _image(shape: Sequence[int]) -> Sequence[int]:
    if len(shape) not in (2, 3):
        raise PartError(
            f"cnn needs images (height, width) or (channel, height, width), got examples of shape {tuple(shape)}; "
            "take mlp, or other data"
        )
    return (1, *shape) if len(shape) == 2 else shape


def _between(activation: Make, norm: str, dropout: Array | None) -> Callable[[int], list[eqx.Module]]:
    """What stands behind a linear layer of so many units."""

    def layers(width: int) -> list[eqx.Module]:
        before: list[eqx.Module] = [BatchNorm(width)] if norm == "batch" else []
        after: list[eqx.Module] = [] if dropout is None else [Dropout(Fixed(jnp.asarray(dropout), "model.dropout"))]
        return [*before, activation(), *after]

    return layers


def _dense(
    into: int, heads: Heads, hidden: Sequence[int], between: Callable[[int], list[eqx.Module]], widening: int,
    key: PRNGKeyArray, drawn: int,
) -> list[eqx.Module]:  # fmt: skip
    layers: list[eqx.Module] = []
    for index, width in enumerate(hidden, start=drawn):
        layers += [Dense(into, width, jax.random.fold_in(key, index)), *between(width)]
        into = width * widening
    return [*layers, _last(into, heads, key, drawn + len(hidden))]


def _last(into: int, heads: Heads, key: PRNGKeyArray, drawn: int, bias: bool = True) -> eqx.Module:
    """The linear layer behind everything else, or one for each head. Layer number `n` is drawn from its own key."""
    keys = [jax.random.fold_in(key, drawn + index) for index in range(len(heads))]
    layers = [Dense(into, units, own, bias) for own, units in zip(keys, heads.values(), strict=True)]
    return layers[0] if len(layers) == 1 else Concatenate(tuple(layers), tuple(heads))


def of_heads(tree: Any, change: Callable[[str, Any], Any]) -> Any:
    """A tree like a model's, with `change(name, branch)` in place of each head; PartError if it has no heads."""

    def heads(node: Any) -> bool:
        return isinstance(node, Concatenate)

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


def hidden_of(model: Any) -> list[str]:
    """Labels of the activations inside a model, "hidden 1", "hidden 2", ...; none where it is no chain of layers."""
    active = [layer for layer in model.layers if is_activation(layer)] if isinstance(model, Chain) else []
    return [f"hidden {number}" for number in range(1, len(active) + 1)]


def is_layer(node: Any) -> bool:
    """Whether a node holds a weight, and mostly a bias, that an initializer redraws."""
    return isinstance(node, Dense | Conv2d | eqx.nn.Linear | eqx.nn.Conv | eqx.nn.ConvTranspose)


MODELS = {"neuron": neuron, "mlp": mlp, "cnn": cnn}
