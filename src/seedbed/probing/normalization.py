"""What batch norm has learned and what reaches it; what a single unit is given, and how alike units of a layer are."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from seedbed.errors import PartError
from seedbed.parts.models import norms_of
from seedbed.parts.regularizers import BatchNorm
from seedbed.probing.context import ProbeContext
from seedbed.vocabulary.probes import PERCENTILES


def norm_parameters(context: ProbeContext) -> Float[Array, "norm unit learned"]:
    """Scale, shift, running mean and running variance of every batch norm; NaN beyond the units of a layer."""
    each = [jnp.stack([norm.scale, norm.shift, *context.state.get(norm.running)], axis=-1) for norm in _norms(context)]
    return _padded(each)


def norm_inputs(context: ProbeContext) -> Float[Array, "norm unit statistic"]:
    """Mean and variance of what reaches every batch norm of the batch with nothing dropped."""
    norms, state = _norms(context), context.estimated()
    return _padded([jnp.stack(state.get(norm.running), axis=-1) for norm in norms])


def unit_inputs(context: ProbeContext) -> Float[Array, "hidden percentile"]:
    """Percentiles of the input of the first unit of each hidden layer over the batch."""
    return jnp.stack([_percentiles(layer[0]) for layer in context.signals().inputs])


def unit_correlation(context: ProbeContext) -> Float[Array, " hidden"]:
    """Mean |correlation| between the units of each hidden layer, over the pairs of units that vary."""
    return jnp.stack([_correlation(layer) for layer in context.judged()])


def _norms(context: ProbeContext) -> list[BatchNorm]:
    found = norms_of(context.model)
    if not found:
        raise PartError(
            "norm_parameters and norm_inputs need a model with batch norm, got one without; put batch_norm() among "
            "its layers, or leave these probes out"
        )
    return found


def _padded(layers: list[Array]) -> Array:
    """Layers `(unit, number)` stacked, those with fewer units filled up with NaN."""
    most = max(len(layer) for layer in layers)
    return jnp.stack([jnp.pad(layer, ((0, most - len(layer)), (0, 0)), constant_values=jnp.nan) for layer in layers])


def _percentiles(unit: Array) -> Float[Array, " percentile"]:
    return jnp.sort(unit.ravel())[jnp.array([percent * unit.size // 100 for percent in PERCENTILES])]


def _correlation(layer: Array) -> Any:
    units = layer.reshape(layer.shape[0], -1)
    varies = jnp.any(units != units[:, :1], axis=1)
    centered = units - units.mean(axis=1, keepdims=True)
    size = jnp.sqrt(jnp.sum(centered**2, axis=1, keepdims=True))
    scaled = jnp.where(varies[:, None], centered / jnp.where(size > 0, size, 1), 0)
    pairs = varies.sum() * (varies.sum() - 1)
    total = jnp.abs(scaled @ scaled.T).sum() - jnp.sum(scaled**2)
    return jnp.where(pairs > 0, total / jnp.maximum(pairs, 1), jnp.nan)
