"""Whether anything still flows through a network, and how much of it."""

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from seedbed.parts.models import layers_of
from seedbed.probing.context import ProbeContext
from seedbed.vocabulary.probes import QUANTILES


def dead(context: ProbeContext) -> Float[Array, ""]:
    """1 where all examples get the same output and no gradient reaches the first layer, at a finite loss; else 0."""
    same = jnp.all(context.scores == context.scores[..., :1])
    reached = [layer for _, layer in layers_of(context.gradient)][:1] or [context.gradient]
    still = jnp.stack([jnp.all(array == 0) for array in jax.tree.leaves(reached)]).all()
    return jnp.where(same & still & jnp.isfinite(context.loss), 1.0, 0.0)


def activation_moments(context: ProbeContext) -> Float[Array, "hidden moment"]:
    """Mean and standard deviation of each hidden layer's activations."""
    return jnp.stack([_moments(layer) for layer in context.signals().forward])


def activation_quantiles(context: ProbeContext) -> Float[Array, "hidden quantile"]:
    """Quantiles of each hidden layer's activations."""
    return jnp.stack([_quantiles(layer) for layer in context.signals().forward])


def backward_moments(context: ProbeContext) -> Float[Array, "hidden moment"]:
    """Mean and standard deviation of the loss gradient at each hidden layer's input."""
    return jnp.stack([_moments(layer) for layer in context.signals().backward])


def backward_quantiles(context: ProbeContext) -> Float[Array, "hidden quantile"]:
    """Quantiles of the loss gradient at each hidden layer's input."""
    return jnp.stack([_quantiles(layer) for layer in context.signals().backward])


def dead_units(context: ProbeContext) -> Float[Array, " hidden"]:
    """Share of units of each hidden layer that answer every example alike."""
    return jnp.stack([_alike(layer) for layer in context.signals().forward])


def _moments(layer: Array) -> Float[Array, " moment"]:
    return jnp.stack([jnp.mean(layer), jnp.std(layer)])


def _quantiles(layer: Array) -> Float[Array, " quantile"]:
    places = [int(q * layer.size) for q in QUANTILES]
    return _sorted(layer.ravel())[jnp.array(places)]


def _sorted(values: Array) -> Array:
    """Ascending, NaN last, as `jnp.sort` has it. The bits of a float, read as an integer, rise with it once those of
    negative numbers are turned over, and XLA sorts integers on a CPU ten times faster (LOG.md, 2026-11-21)."""
    bits = lax.bitcast_convert_type(jnp.where(jnp.isnan(values), jnp.nan, values), jnp.int32)
    ascending = lax.sort(_turned(bits), is_stable=False)
    return lax.bitcast_convert_type(_turned(ascending), jnp.float32)


def _turned(bits: Array) -> Array:
    """Its own inverse: all bits of a negative number but the sign."""
    return bits ^ ((bits >> 31) & 0x7FFFFFFF)


def _alike(layer: Array) -> Float[Array, ""]:
    units = layer.reshape(layer.shape[0], -1)
    return jnp.mean(jnp.all(units == units[:, :1], axis=1))
