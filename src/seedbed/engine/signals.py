"""What passes the hidden layers of one member on a batch: activations forward, loss gradients backward."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from seedbed.errors import PartError
from seedbed.parts.models import Chain, hidden_of
from seedbed.probing import Signals


def signals(
    model: Any, state: eqx.nn.State | None, inputs: Array, key: Array | None, loss_of: Callable[[Array], Array]
) -> Signals:
    """Go through a batch (examples last) once more, and differentiate `loss_of(scores)` by every activation's input.

    Raises PartError where the model is no chain of layers with an activation in it.
    """
    if not hidden_of(model):
        raise PartError(
            f"{type(model).__name__} has no hidden layers that a probe can see; take a model of seedbed's with an "
            "activation in it, or leave out the probes of activations"
        )
    chain: Chain = model
    keys = None if key is None else jax.random.split(key, inputs.shape[-1])
    stateful = bool(jax.tree.leaves(state))

    def one(x: Array, k: Array | None, offsets: tuple[Array, ...]) -> tuple[Array, list[tuple[Array, Array]]]:
        carried = jax.tree.map(lambda array: array, state) if stateful else None  # Equinox lets a state be used once
        out, _, hidden = chain.followed(x, carried, k, offsets)
        return out, hidden

    def over_examples(offsets: tuple[Array, ...]) -> tuple[Array, list[tuple[Array, Array]]]:
        axes = (-1, None if keys is None else 0, -1)
        return jax.vmap(one, in_axes=axes, out_axes=-1, axis_name="batch")(inputs, keys, offsets)

    def loss(offsets: tuple[Array, ...]) -> tuple[Array, list[tuple[Array, Array]]]:
        scores, hidden = over_examples(offsets)
        return loss_of(scores), hidden

    shapes = jax.eval_shape(lambda: over_examples(()))[1]
    zeros = tuple(jnp.zeros(z.shape, z.dtype) for z, _ in shapes)
    backward, hidden = jax.grad(loss, has_aux=True)(zeros)
    return Signals(tuple(a for _, a in hidden), backward, tuple(z for z, _ in hidden))
