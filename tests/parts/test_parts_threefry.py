"""The generator is jax's own, bit for bit, also under vmap and for every kind of draw."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seedbed.parts import threefry

DRAWS = {
    "bits": lambda key: jax.random.bits(key, (7,)),
    "bytes": lambda key: jax.random.bits(key, (5,), jnp.uint8),
    "uniform": lambda key: jax.random.uniform(key, (3, 5)),
    "normal": lambda key: jax.random.normal(key, (4, 16)),
    "truncated": lambda key: jax.random.truncated_normal(key, -2, 2, (3, 3)),
    "split": lambda key: jax.random.key_data(jax.random.split(key, 3)),
    "fold_in": lambda key: jax.random.key_data(jax.random.fold_in(key, 9)),
    "permutation": lambda key: jax.random.permutation(key, 20),
    "integers": lambda key: jax.random.randint(key, (7,), 0, 100),
}


@pytest.mark.parametrize("draw", DRAWS)
def test_draws_are_those_of_jax(draw):
    ours, theirs = (
        jax.jit(jax.vmap(lambda seed, root=root: DRAWS[draw](jax.random.fold_in(root, seed))))(jnp.arange(4))
        for root in (threefry.key(7), jax.random.key(7))
    )
    np.testing.assert_array_equal(ours, theirs)


def test_known_answers():
    """The published vectors of Threefry-2x32 with 20 rounds (Random123, kat_vectors)."""
    zeros = jnp.zeros(2, jnp.uint32)
    assert [int(word) for word in threefry.block(zeros, zeros[0], zeros[0])] == [0x6B200159, 0x99BA4EFE]
    ones = jnp.full(2, 0xFFFFFFFF, jnp.uint32)
    assert [int(word) for word in threefry.block(ones, ones[0], ones[0])] == [0x1CB996FC, 0xBB002BE7]
