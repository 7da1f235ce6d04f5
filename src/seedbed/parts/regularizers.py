"""Batch norm and dropout, for one example like every layer; the batch is the engine's `vmap`.

Batch norm is written here and not taken from Equinox, whose running variance is that of the batch (PyTorch's is the
unbiased one, which differs where batches are small) and whose averages are corrected for their start; and because a
mean over a named axis leaves the batch where vmap put it, a transposition before and after (see `batched`).
Dropout is written here because its rate is a dial.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from seedbed.parts.batched import over_batch_with_summary
from seedbed.parts.layers import Fixed

MOMENTUM, EPS = 0.1, 1e-5


class BatchNorm(eqx.nn.StatefulLayer):
    """scale (x - mean) / sqrt(variance + 1e-5) + shift, unit by unit; of images `(channel, height, width)` by channel.

    In training, mean and variance are those of the batch (the variance divides by n), and running averages move on:
    r <- r + momentum (batch - r), with the variance that divides by n - 1; they begin at 0 and 1, momentum is 0.1 where
    it is no dial. In inference the running averages stand in their place. Conventions of PyTorch's BatchNorm1d and
    BatchNorm2d.
    Source: Ioffe, Szegedy 2015, Batch normalization, algorithms 1 and 2.
    """

    scale: Float[Array, " unit"]
    shift: Float[Array, " unit"]
    running: eqx.nn.StateIndex[tuple[Array, Array]]
    momentum: Fixed | None = None
    inference: bool = False

    def __init__(self, units: int, momentum: Fixed | None = None) -> None:
        self.scale, self.shift = jnp.ones(units), jnp.zeros(units)
        self.running = eqx.nn.StateIndex((jnp.zeros(units), jnp.ones(units)))
        self.momentum, self.inference = momentum, False

    def __call__(
        self, x: Array, state: eqx.nn.State, *, key: PRNGKeyArray | None = None  # noqa: ARG002 - nothing is drawn
    ) -> tuple[Array, eqx.nn.State]:  # fmt: skip
        """Apply the layer to one example of a batch."""
        mean, variance = state.get(self.running)
        if self.inference:
            return _normalized(self.scale, self.shift, x[..., None], mean, variance)[..., 0], state
        out, (batch_mean, batch_variance) = _over_the_batch(self.scale, self.shift, x)
        share = MOMENTUM if self.momentum is None else self.momentum.value
        moved = (mean + share * (batch_mean - mean), variance + share * (batch_variance - variance))
        return out, state.set(self.running, moved)


class Dropout(eqx.Module):
    """x / (1 - rate) with probability 1 - rate, else 0, for every number by itself; x in inference. 0 <= rate < 1.

    Source: Srivastava et al. 2014, Dropout, scaled in training as in PyTorch and Keras ("inverted").
    """

    rate: Fixed
    inference: bool = False

    def __call__(self, x: Array, *, key: PRNGKeyArray | None = None) -> Array:
        """Apply the layer to one example; training needs a key."""
        if self.inference or key is None:
            return x
        kept = jax.random.bernoulli(key, 1 - self.rate.value, x.shape)
        return jnp.where(kept, x / (1 - self.rate.value), 0)


def _along(unit: Array, like: Array) -> Array:
    """One number per unit, in the shape of a batch `(unit, ..., example)`."""
    return unit.reshape(-1, *(1,) * (like.ndim - 1))


def _normalized(scale: Array, shift: Array, xs: Array, mean: Array, variance: Array) -> Array:
    slope = scale * jax.lax.rsqrt(variance + EPS)
    return (xs - _along(mean, xs)) * _along(slope, xs) + _along(shift, xs)


def _on_batch(scale: Array, shift: Array, xs: Array) -> tuple[Array, tuple[Array, Array]]:
    rows = xs.reshape(xs.shape[0], -1)
    mean, variance = jnp.mean(rows, axis=1), jnp.var(rows, axis=1)
    unbiased = variance * (rows.shape[1] / max(rows.shape[1] - 1, 1))
    summary = jax.lax.stop_gradient((mean, unbiased))
    return _normalized(scale, shift, xs, mean, variance), summary


_over_the_batch = over_batch_with_summary(_on_batch)
