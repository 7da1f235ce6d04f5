"""Redraw every weight and bias of a model, so that architecture and initialization are separate factors.

Works on any Equinox model, a user's own too: layers are found by their type (linear, convolutional and transposed
convolutional, recurrent cells, embeddings, and what is made of them, such as attention). A module of a user's own names
its weights in a class attribute `weights_to_draw`: a list of fields, or a mapping from each to the field of its bias.
Scales, shifts and learned slopes keep the values their module gave them; a matrix of unknown role is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from seedbed.errors import PartError
from seedbed.parts.convolution import Conv2d
from seedbed.parts.layers import Dense

DECLARED = "weights_to_draw"
LAYERS = (Dense, Conv2d, eqx.nn.Linear, eqx.nn.Conv, eqx.nn.ConvTranspose, eqx.nn.Embedding)
CELLS = {eqx.nn.GRUCell: 3, eqx.nn.LSTMCell: 4}  # the gates whose matrices lie one below the other in a weight
OF_LIBRARIES = ("equinox.", "seedbed.parts")  # whose other arrays are scales, shifts, slopes or fixed
LEFT = "bias_n"  # of a GRU's new gate, which is no part of its other bias


class Slot(NamedTuple):
    """An array of a model and its role: "weight", "bias", "kept" or "unknown".

    `at` is its place among the leaves, `path` its name, `bias` the path of the bias that belongs to a weight, and
    `gates` into how many matrices a weight is drawn.
    """

    at: int
    path: str
    role: str
    array: Any
    bias: str = ""
    gates: int = 1


def initialize(model: Any, draw: Callable[..., Any], bias: Any, key: PRNGKeyArray) -> Any:
    """`model` with each weight drawn by `draw(key, shape, dtype)` and each bias set to `bias`.

    A `draw` that returns a pair gives (weight, bias), and `bias` is not asked; a layer without one keeps the weight.
    `draw` sees shapes in jax's order (*space, in, out), so that fan-in and fan-out are its last two axes times the
    space; Equinox stores (out, in, *space). Without the change of order fan-in would silently be the output width.
    Each gate of a recurrent cell is a draw of its own. The fan-in of an embedding is the length of its vectors, as in
    PyTorch.

    Layers of one shape are drawn in one call under `vmap`: the program of a deep net holds a generator for each shape,
    not for each layer, and compiles in half the time.

    Raises: PartError where there is nothing to redraw, or a matrix whose role is not known.
    """
    found = slots(model)
    if not found:  # the engine says that there is nothing to train
        return model
    weights = [slot for slot in found if slot.role == "weight"]
    _all_known(model, found, weights)
    keys = jax.vmap(partial(jax.random.fold_in, key))(jnp.arange(len(weights)))
    alike: dict[tuple[tuple[int, ...], Any, int], list[int]] = {}
    for index, slot in enumerate(weights):
        alike.setdefault((slot.array.shape, slot.array.dtype, slot.gates), []).append(index)
    leaves, structure = jax.tree.flatten(model)
    own: dict[str, Array] = {}
    for (shape, dtype, gates), chosen in alike.items():
        drawn = jax.vmap(partial(_drawn, draw, bias, shape, dtype, gates))(keys[jnp.array(chosen)])
        for place, index in enumerate(chosen):
            leaves[weights[index].at] = drawn[0][place]
            own[weights[index].bias] = drawn[1][place]
    for slot in found:
        if slot.role == "bias":
            leaves[slot.at] = _fitted(own.get(slot.path, bias), slot.array)
    return jax.tree.unflatten(structure, leaves)


def _drawn(
    draw: Callable[..., Any], bias: Any, shape: tuple[int, ...], dtype: Any, gates: int, key: PRNGKeyArray
) -> tuple[Array, Array]:
    """A weight in Equinox's order, with its bias, a number or one for each unit."""
    if gates > 1:
        each = (shape[0] // gates, *shape[1:])
        keys = jax.vmap(partial(jax.random.fold_in, key))(jnp.arange(gates))
        many, own = jax.vmap(partial(_drawn, draw, bias, each, dtype, 1))(keys)
        return many.reshape(shape), jnp.repeat(own, each[0]) if own.ndim == 1 else own.reshape(-1)
    given = (*shape[2:], shape[1], shape[0]) if len(shape) > 1 else shape
    made = draw(key, given, dtype)
    weight, own = made if isinstance(made, tuple) else (made, bias)
    turned = jnp.moveaxis(weight, (-1, -2), (0, 1)) if len(shape) > 1 else weight
    return turned, jnp.asarray(own, dtype)


def slots(model: Any) -> list[Slot]:
    """The arrays of a model with their roles, in the order of its leaves."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(model)
    return [_slot(at, path, leaf, model) for at, (path, leaf) in enumerate(leaves) if _is_array(leaf)]


def _slot(at: int, path: Sequence[Any], array: Any, model: Any) -> Slot:
    owner, before, field = _owner(model, path)
    name, prefix = jax.tree_util.keystr(tuple(path)), jax.tree_util.keystr(tuple(before))
    if not jnp.issubdtype(array.dtype, jnp.inexact):
        return Slot(at, name, "kept", array)
    named = _declared(owner)
    if named is not None:
        role = "weight" if field in named else "bias" if field in named.values() else "kept"
        partner = named.get(field)
        return Slot(at, name, role, array, f"{prefix}.{partner}" if partner else "")
    if isinstance(owner, LAYERS) and field in ("weight", "bias"):
        return Slot(at, name, field, array, f"{prefix}.bias")
    gates = next((count for cell, count in CELLS.items() if isinstance(owner, cell)), 0)
    if gates and field in ("weight_ih", "weight_hh"):
        return Slot(at, name, "weight", array, f"{prefix}.bias" if field == "weight_ih" else "", gates)
    if gates and field in ("bias", LEFT):
        return Slot(at, name, "bias", array)
    known = type(owner).__module__.startswith(OF_LIBRARIES) or array.ndim < 2
    return Slot(at, name, "kept" if known else "unknown", array)


def _owner(model: Any, path: Sequence[Any]) -> tuple[Any, Sequence[Any], str]:
    """The innermost module on the way to an array, the path to it, and its field that holds the array."""
    node, found = model, (model, (), "")
    for index, step in enumerate(path):
        if isinstance(node, eqx.Module):
            found = (node, path[:index], getattr(step, "name", ""))
        node = _inside(node, step)
    return found


def _inside(node: Any, step: Any) -> Any:
    if hasattr(step, "name"):
        return getattr(node, step.name, None)
    place: Any = step.idx if hasattr(step, "idx") else getattr(step, "key", None)
    holder: Any = node
    return holder[place] if isinstance(holder, list | tuple | dict) else None


def _declared(owner: Any) -> Mapping[str, str | None] | None:
    """Which fields of a user's module are weights, and each one's bias; None where it does not say."""
    listed = getattr(type(owner), DECLARED, None)
    if listed is None:
        return None
    fields = (listed,) if isinstance(listed, str) else listed
    named: dict[str, str | None] = dict(fields) if isinstance(fields, Mapping) else dict.fromkeys(fields)
    absent = [name for name in (*named, *named.values()) if name is not None and not hasattr(owner, name)]
    if absent:
        raise PartError(
            f"{DECLARED} of {type(owner).__name__} names {absent[0]}, which it has not; name fields that hold arrays"
        )
    return named


def _all_known(model: Any, found: Sequence[Slot], weights: Sequence[Slot]) -> None:
    unknown = [slot for slot in found if slot.role == "unknown"]
    if unknown or not weights:
        told = ", ".join(f"{slot.path} {tuple(slot.array.shape)}" for slot in (unknown or found)[:4])
        raise PartError(
            f"an initializer cannot tell which arrays of {type(model).__name__} are weights and would leave {told}; "
            f'name them in its class, {DECLARED} = ("field", ...), () for none, or leave the initializer out'
        )


def _is_array(leaf: Any) -> bool:
    return eqx.is_array(leaf) or isinstance(leaf, jax.ShapeDtypeStruct)


def _fitted(bias: Any, like: Array) -> Array:
    """A number, or one per unit, in the shape of a bias: Equinox gives that of a convolution axes of length 1."""
    given = jnp.asarray(bias, like.dtype)
    return jnp.broadcast_to(given.reshape(-1, *(1,) * (like.ndim - 1)), like.shape)
