"""The order of examples: a keyed bijection of the positions of an epoch, evaluated only where a batch needs it.

No sort, no table, no epoch loop: the examples of step s are positions s * size ... of the epoch's permutation, and a
permutation is computed position by position by *swap-or-not*: in round r, x and its partner (k_r - x) mod n change
places when a hash bit of their maximum is set. It is a bijection for every n.
Source: Hoang, Morris, Rogaway 2012, An enciphering scheme based on a card shuffle.
"""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Int, UInt32

ROUNDS = 24


def batch_positions(key: UInt32[Array, "2"], step: Int[Array, ""], n: int, size: int) -> Int[Array, " size"]:
    """The examples of one minibatch: `size` of the `n`, without replacement within an epoch of n // size steps.

    The last n mod size positions of an epoch are not visited; every epoch leaves out others.
    """
    per_epoch = n // size
    epoch, place = step // per_epoch, step % per_epoch
    positions = place * size + jnp.arange(size, dtype=jnp.int32)
    return permuted(key, epoch, positions, n)


def permuted(
    key: UInt32[Array, "2"], epoch: Int[Array, ""], positions: Int[Array, " size"], n: int
) -> Int[Array, " size"]:
    """Where a permutation of range(n), chosen by key and epoch, sends `positions`."""
    epoch_key = mix(mix(jnp.uint32(epoch) ^ key[0]) ^ key[1])

    def round_(r: Array, x: Array) -> Array:
        round_key = mix(epoch_key + jnp.uint32(r) * jnp.uint32(0x9E3779B9))
        gap = jnp.int32(round_key % jnp.uint32(n)) - x  # between -n and n, so that adding n is all that % n would do
        partner = jnp.where(gap < 0, gap + n, gap)
        above = jnp.maximum(x, partner)
        swap = mix(above.astype(jnp.uint32) ^ mix(round_key)) >> 31
        return jnp.where(swap == 1, partner, x)

    return lax.fori_loop(0, ROUNDS, round_, positions)


def mix(x: UInt32[Array, "*shape"]) -> UInt32[Array, "*shape"]:
    """A bijection of 32 bits in which every input bit reaches every output bit.

    Source: Mueller 2016 and Wellons 2018, the constants of "lowbias32".
    """
    x = (x ^ (x >> 16)) * jnp.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * jnp.uint32(0x846CA68B)
    return x ^ (x >> 16)


__all__ = ["ROUNDS", "batch_positions", "mix", "permuted"]
