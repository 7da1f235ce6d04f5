"""A dense layer with and without a bias: gradients against central differences, one example against a batch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seedbed.parts.layers import Dense


def moved(layer, w, b):
    """The same layer with other arrays."""
    new = object.__new__(type(layer))
    object.__setattr__(new, "weight", w)
    object.__setattr__(new, "bias", b)
    return new


@pytest.mark.parametrize("bias", [True, False])
def test_gradient_against_central_differences(double, bias):
    rng = np.random.default_rng(0)
    layer = Dense(3, 2, jax.random.key(0), bias=bias)
    w, xs, up = (jnp.asarray(rng.standard_normal(shape)) for shape in ((2, 3), (3, 5), (2, 5)))
    b = jnp.asarray(rng.standard_normal(2)) if bias else None

    def outcome(w, xs):
        return jnp.sum(up * jax.vmap(moved(layer, w, b), in_axes=-1, out_axes=-1)(xs))

    found, small = jax.grad(outcome, argnums=(0, 1))(w, xs), 1e-6
    for number, array in enumerate((w, xs)):
        for at in np.ndindex(array.shape):
            sides = [outcome(*(a if n != number else a.at[at].add(side * small) for n, a in enumerate((w, xs))))
                     for side in (1, -1)]  # fmt: skip
            np.testing.assert_allclose(found[number][at], (sides[0] - sides[1]) / (2 * small), atol=1e-7)


def test_one_example_is_a_batch_of_one():
    layer, xs = Dense(3, 2, jax.random.key(1), bias=False), jnp.arange(12.0).reshape(3, 4)
    together = jax.vmap(layer, in_axes=-1, out_axes=-1)(xs)
    np.testing.assert_allclose(together, layer.weight @ xs, rtol=1e-6)
    np.testing.assert_allclose(layer(xs[:, 1]), together[:, 1], rtol=1e-6)


@pytest.mark.parametrize(("features", "units", "products"), [(1, 2, 1), (2, 2, 1), (3, 2, 2), (2, 3, 2), (3, 3, 3)])
def test_products_of_at_most_two_terms_are_written_out(features, units, products):
    """Of a layer without bias: its answer, its weight gradient (always a product), and its input gradient."""
    layer, xs = Dense(features, units, jax.random.key(2), bias=False), jnp.ones((features, 7))

    def outcome(w, xs):
        return jnp.sum(jax.vmap(moved(layer, w, None), in_axes=-1, out_axes=-1)(xs) ** 2)

    step = str(jax.make_jaxpr(jax.grad(outcome, argnums=(0, 1)))(layer.weight, xs))
    assert step.count("dot_general") == products
