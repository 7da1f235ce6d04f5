"""jax's own threefry generator with its rounds written out, so that a first run on a CPU does not wait for it.

The numbers are those of `jax.random.key(seed)`, bit for bit (tested). jax compiles the rounds on CPUs as a loop in a
loop, which takes 1.1-1.5 s per kind of draw; written out they take 0.2 s and run about three times as fast.
Source: Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3.
"""

import math
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend import random as extend
from jaxtyping import Array

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA


def key(seed: int) -> Array:
    """The key of a seed: `jax.random.key(seed)`, drawing faster."""
    return jax.random.key(seed, impl=implementation())


@cache
def implementation() -> Any:
    """The generator, made known to jax once per process."""
    return extend.define_prng_impl(
        key_shape=(2,), seed=extend.threefry_prng_impl.seed, split=_split, random_bits=_bits, fold_in=_fold_in,
        name="seedbed_threefry", tag="seedbed",
    )  # fmt: skip


@jax.jit
def block(key: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """Threefry-2x32 with 20 rounds: encrypt the counters (x, y) under a key of two words."""
    words = key[0], key[1], key[0] ^ key[1] ^ jnp.uint32(PARITY)
    x, y = x + words[0], y + words[1]
    for group in range(5):
        for turn in ROTATIONS[group % 2]:
            x = x + y
            y = x ^ ((y << turn) | (y >> (32 - turn)))
        x, y = x + words[(group + 1) % 3], y + words[(group + 2) % 3] + jnp.uint32(group + 1)
    return x, y


def _split(key: Array, shape: tuple[int, ...]) -> Array:
    return jnp.stack(block(key, *_counters(shape)), axis=-1)


def _fold_in(key: Array, data: Array | int) -> Array:
    word = jnp.asarray(data, jnp.uint32)
    return jnp.stack(block(key, jnp.zeros_like(word), word), axis=-1)


def _bits(key: Array, width: int, shape: tuple[int, ...]) -> Array:
    high, low = block(key, *_counters(shape))
    if width == 64:
        return (high.astype(jnp.uint64) << 32) | low.astype(jnp.uint64)
    return (high ^ low).astype({8: jnp.uint8, 16: jnp.uint16, 32: jnp.uint32}[width])


def _counters(shape: tuple[int, ...]) -> tuple[Array, Array]:
    size = math.prod(shape)
    if size >= 2**32:
        raise ValueError(f"one draw has at most 2^32 - 1 numbers, got {size}; draw in parts")
    low = jnp.arange(size, dtype=jnp.uint32).reshape(shape)
    return jnp.zeros_like(low), low
