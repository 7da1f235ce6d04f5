"""Batch norm and dropout: PyTorch's documented formulas, laws, and where their chance comes from."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seedbed.parts.layers import Fixed
from seedbed.parts.regularizers import EPS, BatchNorm, Dropout
from seedbed.reference import regularizers as by_twin


def over_batch(layer, state, x):
    state = jax.tree.map(lambda array: array, state)  # Equinox lets a state be used once
    return jax.vmap(lambda one: layer(one, state), in_axes=-1, out_axes=(-1, None), axis_name="batch")(x)


def by_formula(x, scale, shift, mean, variance):
    along = (slice(None), *(None,) * (x.ndim - 1))
    return (x - mean[along]) / np.sqrt(variance[along] + EPS) * scale[along] + shift[along]


@pytest.mark.parametrize("shape", [(3, 16), (3, 4, 5, 6)])
def test_batch_norm_is_the_formula_in_training_and_in_inference(shape):
    """PyTorch: the batch's own biased variance in training, the running unbiased one afterwards."""
    rng = np.random.default_rng(5)
    layer, state = eqx.nn.make_with_state(BatchNorm)(3)
    scale, shift = rng.normal(size=3), rng.normal(size=3)
    layer = eqx.tree_at(lambda one: (one.scale, one.shift), layer, (jnp.asarray(scale), jnp.asarray(shift)))
    mean, variance = np.zeros(3), np.ones(3)
    for _ in range(4):
        x = rng.normal(2, 3, shape)
        rows = x.reshape(3, -1)
        out, state = over_batch(layer, state, jnp.asarray(x))
        expected = by_formula(x, scale, shift, rows.mean(axis=1), rows.var(axis=1))
        np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)
        mean, variance = 0.9 * mean + 0.1 * rows.mean(axis=1), 0.9 * variance + 0.1 * rows.var(axis=1, ddof=1)
    for ours, theirs in zip(state.get(layer.running), (mean, variance), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    x = rng.normal(size=shape)
    out, _ = over_batch(eqx.nn.inference_mode(layer), state, jnp.asarray(x))
    np.testing.assert_allclose(out, by_formula(x, scale, shift, mean, variance), rtol=1e-5, atol=1e-5)


@pytest.mark.usefixtures("double")
def test_batch_norm_by_jax_by_hand_and_by_central_differences():
    rng = np.random.default_rng(8)
    x, scale, shift, upstream = rng.normal(size=(7, 3)), rng.normal(size=3), rng.normal(size=3), rng.normal(size=(7, 3))
    layer, state = eqx.nn.make_with_state(BatchNorm)(3)

    def ours(x, scale, shift):
        own = eqx.tree_at(lambda one: (one.scale, one.shift), layer, (scale, shift))
        return over_batch(own, state, x.T)[0].T

    arrays = tuple(map(jnp.asarray, (x, scale, shift)))
    out, back = jax.vjp(ours, *arrays)
    by_hand = (by_twin.batch_norm_pullback(x, scale, upstream), by_twin.batch_norm_scale_pullback(x, upstream),
               by_twin.batch_norm_shift_pullback(upstream))  # fmt: skip
    np.testing.assert_allclose(out, by_twin.batch_norm(x, scale, shift), rtol=1e-10)
    for traced, derived in zip(back(jnp.asarray(upstream)), by_hand, strict=True):
        np.testing.assert_allclose(traced, derived, rtol=1e-9, atol=1e-12)
    for place in ((0, 0), (6, 2)):
        step = np.zeros_like(x)
        step[place] = 1e-6
        values = [(by_twin.batch_norm(x + sign * step, scale, shift) * upstream).sum() for sign in (1, -1)]
        np.testing.assert_allclose(by_hand[0][place], (values[0] - values[1]) / 2e-6, rtol=1e-6, atol=1e-9)
    mean, variance = over_batch(layer, state, arrays[0].T)[1].get(layer.running)
    for traced, derived in zip((mean, variance), by_twin.running((np.zeros(3), np.ones(3)), x), strict=True):
        np.testing.assert_allclose(traced, derived, rtol=1e-10)


@pytest.mark.usefixtures("double")
def test_dropout_by_jax_and_by_hand():
    x, layer, key = jnp.arange(1.0, 31.0), Dropout(Fixed(jnp.asarray(0.25))), jax.random.key(9)
    out, back = jax.vjp(lambda x: layer(x, key=key), x)
    kept = np.asarray(out) != 0
    np.testing.assert_allclose(out, by_twin.dropout(np.asarray(x), kept, 0.25))
    np.testing.assert_allclose(back(x)[0], by_twin.dropout_pullback(kept, np.asarray(x), 0.25))


def test_batch_norm_is_torch_s():
    """Ten steps of training with their gradients, and inference after them, within 1e-5."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(6)
    theirs, (layer, state) = torch.nn.BatchNorm1d(5), eqx.nn.make_with_state(BatchNorm)(5)
    for _ in range(10):
        x, weights = rng.normal(1, 2, (5, 12)), rng.normal(size=(5, 12))

        def loss(layer, x, state=state, weights=weights):
            out, after = over_batch(layer, state, x)
            return jnp.sum(out**2 * weights), (out, after)

        (_, (out, after)), (by_layer, by_input) = eqx.filter_value_and_grad(
            lambda both, loss=loss: loss(*both), has_aux=True
        )((layer, jnp.asarray(x, jnp.float32)))
        given = torch.tensor(x.T, dtype=torch.float32, requires_grad=True)
        told = theirs(given)
        theirs.zero_grad()
        (told**2 * torch.tensor(weights.T, dtype=torch.float32)).sum().backward()
        np.testing.assert_allclose(out, told.detach().numpy().T, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(by_input, given.grad.numpy().T, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(by_layer.scale, theirs.weight.grad, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(by_layer.shift, theirs.bias.grad, rtol=1e-4, atol=1e-4)
        state = after
    x = rng.normal(size=(5, 7))
    out, _ = over_batch(eqx.nn.inference_mode(layer), state, jnp.asarray(x, jnp.float32))
    np.testing.assert_allclose(out, theirs.eval()(torch.tensor(x.T, dtype=torch.float32)).detach().numpy().T, atol=1e-5)


def test_batch_norm_of_many_members_is_that_of_each():
    rng = np.random.default_rng(7)
    x = jnp.asarray(rng.normal(size=(4, 3, 16)))
    layer, state = eqx.nn.make_with_state(BatchNorm)(3)
    together, states = jax.vmap(lambda own: over_batch(layer, state, own))(x)
    for member in range(4):
        alone, after = over_batch(layer, state, x[member])
        np.testing.assert_allclose(together[member], alone, rtol=1e-6, atol=1e-6)
        for many, one in zip(states.get(layer.running), after.get(layer.running), strict=True):
            np.testing.assert_allclose(many[member], one, rtol=1e-6)


def test_dropout_has_its_law():
    """The share of zeros is the rate, what is kept is scaled so that the mean stays; nothing happens in inference."""
    layer, x = Dropout(Fixed(jnp.float32(0.3))), jnp.full(200_000, 2.0)
    out = np.asarray(layer(x, key=jax.random.key(3)))
    np.testing.assert_allclose(np.unique(out), [0, 2 / 0.7], rtol=1e-6)
    assert abs((out == 0).mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / x.size)
    np.testing.assert_array_equal(out, layer(x, key=jax.random.key(3)))
    assert not np.array_equal(out, layer(x, key=jax.random.key(4)))
    np.testing.assert_array_equal(eqx.nn.inference_mode(layer)(x, key=jax.random.key(3)), x)
    np.testing.assert_array_equal(Dropout(Fixed(jnp.float32(0.0)))(x, key=jax.random.key(3)), x)
