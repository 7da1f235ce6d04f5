"""Laws of the activations: derivatives, limits, symmetries, and nothing but numbers for finite input."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

from seedbed import vocabulary
from seedbed.parts.activations import ACTIVATIONS
from seedbed.vocabulary.activations import WIDENS

ONE_FOR_ONE = sorted(set(ACTIVATIONS) - set(WIDENS))
FALSE_ALARM = 1e-4  # for each test of a distribution, over the choice of its key


@pytest.fixture(params=sorted(ACTIVATIONS))
def name(request):
    return request.param


@pytest.fixture(params=[1.0, 1.5], ids=["default", "other"])
def f(request, name, defaults):
    """An activation with its default options, and with options half as large again."""
    options = {key: request.param * value for key, value in defaults("activation", name).items()}
    return lambda z: ACTIVATIONS[name](z, **options)


def test_names_are_those_of_the_vocabulary():
    assert set(ACTIVATIONS) == set(vocabulary.TABLES["activation"])


def test_options_are_those_of_the_vocabulary(name, defaults):
    taken = set(inspect.signature(ACTIVATIONS[name]).parameters) - {"z", "key"}
    assert taken == set(defaults("activation", name))


def test_gradient_is_the_central_difference(f, double):
    z = jnp.asarray(np.random.default_rng(0).normal(0, 3, 200))
    upstream = jnp.cos(jnp.arange(f(z).size, dtype=z.dtype))
    step = 1e-5

    def total(z):
        return jnp.sum(upstream * f(z))

    moved = jax.vmap(lambda direction: total(z + step * direction) - total(z - step * direction))(jnp.eye(z.size))
    np.testing.assert_allclose(jax.grad(total)(z), moved / (2 * step), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", ONE_FOR_ONE)
def test_derivative_at_zero_is_the_one_from_the_left(name, f, double):
    zero, step = jnp.zeros(1), 1e-7
    left = (f(zero) - f(zero - step)) / step
    np.testing.assert_allclose(jax.grad(lambda z: f(z).sum())(zero), left, atol=1e-6)


def test_relu_and_both_halves_of_crelu_are_flat_at_zero():
    assert jax.grad(lambda z: ACTIVATIONS["relu"](z).sum())(jnp.zeros(1)) == 0
    assert not jax.jacobian(ACTIVATIONS["crelu"])(jnp.zeros(3)).any()


def test_value_and_gradient_are_finite_for_large_input(name, defaults):
    size = jnp.concatenate([jnp.zeros(1), jnp.logspace(-6, 4, 101)])
    z = jnp.concatenate([-size, size])
    options = {key: jnp.float32(value) for key, value in defaults("activation", name).items()}

    def total(z, options):
        return ACTIVATIONS[name](z, **options).sum()

    assert jnp.isfinite(ACTIVATIONS[name](z, **options)).all()
    for gradient in jax.tree.leaves(jax.grad(total, argnums=(0, 1))(z, options)):
        assert jnp.isfinite(gradient).all()


def test_a_nan_is_not_hidden(f):
    assert jnp.isnan(f(jnp.full(2, jnp.nan))).all()


def test_the_output_keeps_the_dtype_and_has_the_stated_channels(name, f):
    out = f(jnp.ones((3, 5, 5)))
    assert out.dtype == jnp.float32
    assert out.shape == (3 * WIDENS.get(name, 1), 5, 5)


def test_options_may_differ_from_member_to_member(name, defaults):
    z = jnp.linspace(-3, 3, 7)
    members = {key: value * jnp.array([0.5, 1.0, 2.0]) for key, value in defaults("activation", name).items()}
    crowd = jax.jit(jax.vmap(lambda index, options: ACTIVATIONS[name](z, **options)))(jnp.arange(3), members)
    for member in range(3):
        alone = ACTIVATIONS[name](z, **{key: value[member] for key, value in members.items()})
        np.testing.assert_allclose(crowd[member], alone, rtol=1e-6, atol=1e-7)


# One law per name that only the right function meets: f at z, f at -z, z, options.
LAWS = {
    "identity": lambda at, mirrored, z: at == z,
    "sigmoid": lambda at, mirrored, z: np.isclose(special.logit(at), z),
    "tanh": lambda at, mirrored, z: np.isclose(np.arctanh(at), z),
    "relu": lambda at, mirrored, z: (at - mirrored == z) & (at * mirrored == 0) & (at >= 0),
    "leaky_relu": lambda at, mirrored, z: (
        np.isclose(at + mirrored, 0.99 * abs(z)) & np.isclose(at - mirrored, 1.01 * z)
    ),
    "prelu": lambda at, mirrored, z: np.isclose(at + mirrored, 0.75 * abs(z)) & np.isclose(at - mirrored, 1.25 * z),
    "rrelu": lambda at, mirrored, z: (
        np.isclose(np.minimum(at, mirrored), -abs(z) * 11 / 48) & (np.maximum(at, mirrored) == abs(z))
    ),
    "crelu": lambda at, mirrored, z: at[: z.size] - at[z.size :] == z,
    "elu": lambda at, mirrored, z: np.isclose(np.where(at > 0, at, np.log(1 + np.minimum(at, 0))), z),
    "selu": lambda at, mirrored, z: np.isclose(np.where(z > 0, at, 0), 1.0507009873554805 * np.maximum(z, 0)),
    "softplus": lambda at, mirrored, z: np.isclose(np.log(np.expm1(at)), z),
    "gelu": lambda at, mirrored, z: np.isclose(at, z * special.ndtr(z)) & np.isclose(at - mirrored, z),
    "silu": lambda at, mirrored, z: np.isclose(at - mirrored, z) & np.isclose(at + mirrored, z * np.tanh(z / 2)),
}


def test_every_activation_has_a_law():
    assert set(LAWS) == set(ACTIVATIONS)


def test_law(name, defaults, double):
    z = np.random.default_rng(1).normal(0, 2, 100)
    at, mirrored = (np.asarray(ACTIVATIONS[name](jnp.asarray(x), **defaults("activation", name))) for x in (z, -z))
    assert np.all(LAWS[name](at, mirrored, z))


def test_selu_keeps_mean_zero_and_variance_one(double):
    nodes, weights = np.polynomial.hermite_e.hermegauss(
        200
    )  # expectation over a standard normal; the kink costs digits
    value = np.asarray(ACTIVATIONS["selu"](jnp.asarray(nodes)))
    mean, square = (np.sum(weights * v) / np.sqrt(2 * np.pi) for v in (value, value**2))
    assert abs(mean) < 3e-3
    assert abs(square - 1) < 3e-3


def test_the_drawn_slope_is_uniform_and_every_element_has_its_own():
    def draw(seed):
        return -ACTIVATIONS["rrelu"](-jnp.ones(10_000), 0.125, 0.5, key=jax.random.key(seed))

    slopes = np.asarray(draw(0))
    assert stats.kstest(slopes, stats.uniform(0.125, 0.375).cdf).pvalue > FALSE_ALARM
    assert abs(np.corrcoef(slopes[:-1], slopes[1:])[0, 1]) < stats.norm.isf(FALSE_ALARM / 2) / 100
    assert np.array_equal(slopes, draw(0))
    assert not np.array_equal(slopes, draw(1))


def test_the_drawn_slope_leaves_positive_input_alone():
    z = jnp.linspace(0.1, 5, 50)
    assert jnp.array_equal(ACTIVATIONS["rrelu"](z, 0.125, 0.5, key=jax.random.key(0)), z)
