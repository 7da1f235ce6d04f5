"""Laws of the losses: derivatives, closed forms, behavior far out and at kinks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

from seedbed import vocabulary
from seedbed.errors import PartError
from seedbed.parts.losses import LOSSES, binary_cross_entropy, cross_entropy, reduce, softmax_cross_entropy
from seedbed.vocabulary.losses import ON_SCORE


@pytest.fixture(params=sorted(LOSSES))
def name(request):
    return request.param


@pytest.fixture
def loss(name, defaults):
    options = {key: value for key, value in defaults("loss", name).items() if key != "reduction"}
    return lambda said, true: LOSSES[name](said, true, **options)


def test_names_are_those_of_the_vocabulary():
    assert set(LOSSES) == set(vocabulary.TABLES["loss"]) - {"heads"}  # which only puts losses together
    assert set(LOSSES) >= ON_SCORE


def draw(units=6, seed=0):
    """What was said and what is true (a sign, which every loss but cross-entropy may take, or a probability)."""
    rng = np.random.default_rng(seed)
    return jnp.asarray(rng.normal(0, 2, units)), jnp.asarray(rng.choice([-1.0, 1.0], units))


def test_gradient_is_the_central_difference(loss, double):
    said, true = (jnp.stack(column) for column in zip(*(draw(seed=seed) for seed in range(10)), strict=True))

    def moved(step):
        steps = step * jnp.eye(said.shape[1])
        return jax.vmap(lambda said, true: jax.vmap(lambda change: loss(said + change, true))(steps))(said, true)

    difference = (moved(1e-5) - moved(-1e-5)) / 2e-5
    np.testing.assert_allclose(jax.vmap(jax.grad(loss))(said, true), difference, rtol=1e-7, atol=1e-9)


def test_value_and_gradient_are_finite_far_out(loss):
    for size in (0.0, 1.0, 30.0, 100.0, 1e4):
        said = jnp.array([size, size, -size, -size])
        true = jnp.array([0.0, 1.0, 0.0, 1.0])
        value, gradient = jax.value_and_grad(loss)(said, true)
        assert value.shape == ()
        assert jnp.isfinite(value)
        assert jnp.isfinite(gradient).all()


def test_a_nan_is_not_hidden(loss):
    assert jnp.isnan(loss(jnp.array([jnp.nan, 1.0]), jnp.ones(2)))


def test_units_are_summed_or_averaged(name, loss, double):
    said, true = draw()
    each = [loss(said[i : i + 1], true[i : i + 1]) for i in range(said.size)]
    combined = np.mean if name in ("mse", "mae") else np.sum
    np.testing.assert_allclose(loss(said, true), combined(each), rtol=1e-12)


def test_in_a_batch_as_alone(loss):
    batch = [draw(seed=seed) for seed in range(4)]
    said, true = (jnp.stack(column, axis=-1) for column in zip(*batch, strict=True))
    crowd = jax.vmap(loss, in_axes=(-1, -1))(said, true)
    np.testing.assert_allclose(crowd, [loss(*pair) for pair in batch], rtol=1e-6)


def test_closed_gradients_of_the_distances(double):
    y_hat, y = draw()
    u = y.size
    np.testing.assert_allclose(jax.grad(LOSSES["l2"])(y_hat, y), 2 * (y_hat - y), rtol=1e-12)
    np.testing.assert_allclose(jax.grad(LOSSES["mse"])(y_hat, y), 2 * (y_hat - y) / u, rtol=1e-12)
    np.testing.assert_allclose(jax.grad(LOSSES["mae"])(y_hat, y), np.sign(y_hat - y) / u, rtol=1e-12)


@pytest.mark.parametrize("name", ["l2", "mse", "mae"])
def test_a_right_prediction_costs_nothing_and_pulls_nowhere(loss):
    value, gradient = jax.value_and_grad(loss)(jnp.ones(3), jnp.ones(3))
    assert value == 0
    assert not gradient.any()


def test_binary_cross_entropy_gradient_is_prediction_minus_target(double):
    z = jnp.concatenate([jnp.linspace(-40, 40, 161), jnp.array([-1e4, 0.0, 1e4])])
    y = jnp.asarray(np.random.default_rng(0).choice([0.0, 0.25, 0.5, 1.0], z.size))
    np.testing.assert_allclose(jax.grad(binary_cross_entropy)(z, y), special.expit(z) - y, atol=1e-14)


def test_binary_cross_entropy_has_the_curvature_of_the_sigmoid_and_a_slope_in_the_target(double):
    z = jnp.array([-30.0, -1.0, 0.0, 1e-9, 2.0, 30.0])
    y = jnp.array([0.0, 1.0, 0.5, 1.0, 0.25, 1.0])
    s = special.expit(np.asarray(z))
    bent = jax.jacfwd(jax.grad(binary_cross_entropy))(z, y)
    np.testing.assert_allclose(np.diag(bent), s * special.expit(-np.asarray(z)), rtol=1e-12)
    np.testing.assert_allclose(jax.grad(binary_cross_entropy, argnums=1)(z, y), -z)


def test_binary_cross_entropy_from_probabilities(double):
    z, y = jnp.linspace(-5, 5, 21), jnp.linspace(0, 1, 21)
    s = special.expit(np.asarray(z))
    np.testing.assert_allclose(binary_cross_entropy(z, y), -np.sum(y * np.log(s) + (1 - y) * np.log(1 - s)), rtol=1e-12)


def test_binary_cross_entropy_is_least_at_the_target_where_it_is_the_entropy(double):
    y = jnp.linspace(0.1, 0.9, 9)
    value, gradient = jax.value_and_grad(binary_cross_entropy)(jnp.log(y / (1 - y)), y)
    np.testing.assert_allclose(value, special.entr(y).sum() + special.entr(1 - y).sum(), rtol=1e-12)
    np.testing.assert_allclose(gradient, 0, atol=1e-15)


def test_binary_cross_entropy_keeps_the_digits_of_a_sure_answer():
    for z, y in ((50.0, 1.0), (-50.0, 0.0)):
        value, gradient = jax.value_and_grad(binary_cross_entropy)(jnp.array([z]), jnp.array([y]))
        np.testing.assert_allclose(value, np.exp(-50), rtol=1e-5)
        np.testing.assert_allclose(abs(gradient), np.exp(-50), rtol=1e-5)


def test_a_sure_and_wrong_answer_costs_its_score():
    assert binary_cross_entropy(jnp.array([1e4]), jnp.zeros(1)) == 1e4
    assert softmax_cross_entropy(jnp.array([1e4, 0.0, -1e4]), jnp.int32(2)) == 2e4
    assert softmax_cross_entropy(jnp.array([1e4, 0.0, -1e4]), jnp.int32(0)) == 0
    assert jnp.isfinite(jax.grad(softmax_cross_entropy)(jnp.array([3e38, 0.0, -3e38]), jnp.int32(1))).all()


def test_softmax_cross_entropy_gradient_is_prediction_minus_one_hot(double):
    for label in range(5):
        z = 10 * draw(units=5, seed=label)[0]
        value, gradient = jax.value_and_grad(softmax_cross_entropy)(z, jnp.int32(label))
        np.testing.assert_allclose(value, special.logsumexp(z) - z[label], rtol=1e-12)
        np.testing.assert_allclose(gradient, special.softmax(z) - np.eye(5)[label], atol=1e-14)


def test_two_classes_are_one_binary_unit(double):
    z = draw(units=2)[0]
    difference = z[1:] - z[:1]
    np.testing.assert_allclose(
        softmax_cross_entropy(z, jnp.int32(1)), binary_cross_entropy(difference, jnp.ones(1)), rtol=1e-12
    )


def test_softmax_cross_entropy_does_not_see_a_common_shift(double):
    z = draw()[0]
    np.testing.assert_allclose(
        softmax_cross_entropy(z, jnp.int32(3)), softmax_cross_entropy(z + 1e6, jnp.int32(3)), rtol=1e-8
    )


def test_cross_entropy_takes_the_form_that_the_target_asks_for():
    z = jnp.array([0.3, -1.0])
    assert cross_entropy(z, jnp.int32(1)) == softmax_cross_entropy(z, jnp.int32(1))
    assert cross_entropy(z, jnp.ones(2)) == binary_cross_entropy(z, jnp.ones(2))


@pytest.mark.parametrize("target", [jnp.ones(3), jnp.float32(1), jnp.array([0, 1])], ids=["wide", "scalar", "whole"])
def test_cross_entropy_refuses_other_targets(target):
    with pytest.raises(PartError, match=r"cross_entropy needs .*, got targets .*; give"):
        cross_entropy(jnp.zeros(2), target)


def test_perceptron_and_hinge_push_only_while_the_margin_is_missed():
    sign = jnp.array([1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
    score = jnp.array([-2.0, 0.0, 2.0, -2.0, 0.0, 2.0])
    push = jax.grad(LOSSES["perceptron"])(score, sign)
    assert push.tolist() == [-1, 0, 0, 0, 0, 1]
    push = jax.grad(LOSSES["hinge"])(score, sign, margin=2.0)  # at y z = margin the gradient is 0
    assert push.tolist() == [-1, -1, 0, 0, 1, 1]
    assert LOSSES["hinge"](score, sign, margin=2.0) == 4 + 2 + 2 + 4


def test_perceptron_is_hinge_without_a_margin():
    score, sign = draw()
    assert LOSSES["perceptron"](score, sign) == LOSSES["hinge"](score, sign, margin=jnp.float32(0))


def test_reduce():
    each = jnp.array([1.0, 2.0, 6.0])
    assert reduce(each, "mean") == 3
    assert reduce(each, "sum") == 9
    with pytest.raises(PartError, match=r'a reduction is .*, got "median"; write'):
        reduce(each, "median")
