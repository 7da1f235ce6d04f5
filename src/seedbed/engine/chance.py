"""Keys: every random number of a member follows from its seed and a named purpose, and from nothing else.

`fold_in(fold_in(root, seed), purpose)`: never a split over members, so that a member's numbers do not depend on how
many others there are.
"""

from enum import IntEnum

import jax
from jaxtyping import Array

from seedbed.parts import threefry

ROOT = 20171011  # the due date of the first sheet; any constant serves, but it may never change


class Purpose(IntEnum):
    """What a stream of random numbers is for; numbers are part of every stored result and are never reused."""

    MODEL = 0
    INIT = 1
    ORDER = 2
    NOISE = 3


def seed_key(seed: Array) -> Array:
    """The key of a member, from its seed."""
    return jax.random.fold_in(threefry.key(ROOT), seed)


def purpose_key(key: Array, purpose: Purpose) -> Array:
    """The key of one purpose of a member."""
    return jax.random.fold_in(key, purpose)


def noise_key(words: Array, at: Array) -> Array:
    """The key of the noise of one step, from the two words a lane carries."""
    return jax.random.fold_in(jax.random.wrap_key_data(words, impl=threefry.implementation()), at)
