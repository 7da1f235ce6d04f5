"""Laws of the initial draws: distribution, fan-in and fan-out, orthogonality, keys."""

import inspect
import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from seedbed import vocabulary
from seedbed.errors import PartError
from seedbed.parts.initializers import INITIALIZERS, fans, rai
from seedbed.parts.layers import Activation
from seedbed.parts.networks import build
from seedbed.parts.redraw import initialize
from seedbed.vocabulary import models
from seedbed.vocabulary.walk import walk

FALSE_ALARM = 1e-4  # for each test of a distribution, over the choice of its key
SHAPES = [(300, 200), (5, 3, 40, 100)]

# The law of one weight, from fan-in, fan-out and the one dial; None where it is not one of independent weights.
LAWS = {
    "constant": None,
    "zeros": None,
    "normal": lambda into, out, dial: stats.norm(0, dial),
    "truncated_normal": lambda into, out, dial: stats.truncnorm(-2, 2, 0, dial),
    "uniform": lambda into, out, dial: stats.uniform(-dial, 2 * dial),
    "glorot_normal": lambda into, out, dial: stats.norm(0, dial * math.sqrt(2 / (into + out))),
    "glorot_uniform": lambda into, out, dial: symmetric(dial * math.sqrt(6 / (into + out))),
    "he_normal": lambda into, out, dial: stats.norm(0, dial * math.sqrt(2 / into)),
    "he_uniform": lambda into, out, dial: symmetric(dial * math.sqrt(6 / into)),
    "lecun_normal": lambda into, out, dial: stats.norm(0, dial * math.sqrt(1 / into)),
    "lecun_uniform": lambda into, out, dial: symmetric(dial * math.sqrt(3 / into)),
    "orthogonal": None,
}
PAIRS = {"rai"}  # draws of weight and bias together, with tests of their own
RANDOM = sorted(set(LAWS) - {"constant", "zeros"})


def symmetric(bound):
    return stats.uniform(-bound, 2 * bound)


@pytest.fixture(params=sorted(set(INITIALIZERS) - PAIRS))
def name(request):
    return request.param


@pytest.fixture
def dials(name, defaults):
    return {key: value for key, value in defaults("initializer", name).items() if key != "bias"}


def moments_agree(drawn, law, alarm=FALSE_ALARM):
    """Whether mean and variance of independent draws lie where the central limit theorem puts them."""
    variance, excess = (float(x) for x in law.stats(moments="vk"))
    mean_z = drawn.mean() / math.sqrt(variance / drawn.size)
    square_z = (np.mean(drawn.astype(float) ** 2) / variance - 1) / math.sqrt((excess + 2) / drawn.size)
    return max(abs(mean_z), abs(square_z)) < stats.norm.isf(alarm / 4)


def test_names_are_those_of_the_vocabulary():
    assert set(INITIALIZERS) == set(vocabulary.TABLES["initializer"]) == set(LAWS) | PAIRS


def test_dials_are_those_of_the_vocabulary(name, dials):
    taken = list(inspect.signature(INITIALIZERS[name]).parameters)
    assert taken == ["key", "shape", "dtype", *dials]
    assert INITIALIZERS[name](jax.random.key(0), (4, 16), jnp.float32, **dials).shape == (4, 16)


@pytest.mark.parametrize("name", sorted(name for name, law in LAWS.items() if law))
@pytest.mark.parametrize("shape", SHAPES, ids=["dense", "convolution"])
def test_the_exact_law(name, dials, shape):
    ((dial, value),) = dials.items()
    drawn = np.asarray(INITIALIZERS[name](jax.random.key(1), shape, jnp.float32, **{dial: 3 * value})).ravel()
    space = math.prod(shape[:-2])
    law = LAWS[name](space * shape[-2], space * shape[-1], 3 * value)
    low, high = law.support()
    assert (drawn >= np.float32(low)).all()
    assert (drawn <= np.float32(high)).all()
    assert moments_agree(drawn, law)
    assert stats.kstest(drawn, law.cdf).pvalue > FALSE_ALARM


def test_the_test_of_the_law_sees_a_scale_that_is_two_percent_off():
    drawn = np.asarray(INITIALIZERS["normal"](jax.random.key(1), SHAPES[0], jnp.float32, std=1.02))
    assert not moments_agree(drawn.ravel(), stats.norm())


def test_weights_are_independent_of_their_neighbors():
    drawn = np.asarray(INITIALIZERS["he_normal"](jax.random.key(2), (300, 200), jnp.float32, gain=1.0))
    for a, b in ((drawn[1:], drawn[:-1]), (drawn[:, 1:], drawn[:, :-1])):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) * math.sqrt(a.size) < stats.norm.isf(FALSE_ALARM / 2)


def test_constant_and_zeros_are_flat():
    key = jax.random.key(0)
    assert (INITIALIZERS["constant"](key, (4, 3), jnp.float32, value=0.25) == 0.25).all()
    assert not INITIALIZERS["zeros"](key, (4, 3), jnp.float32).any()


def test_what_is_left_of_a_truncated_normal_deviates_by_0_8796():
    law = LAWS["truncated_normal"](1, 1, 1.0)  # the law that the draws are held to above
    assert round(law.std(), 4) == 0.8796


@pytest.mark.parametrize("shape", [(7, 7), (4, 9), (3, 3, 2, 8), (3, 3, 2, 30)])
def test_orthogonal_rows_or_columns(shape):
    @jax.jit
    @jax.vmap
    def draw(key, gain):
        return INITIALIZERS["orthogonal"](key, shape, jnp.float32, gain=gain)

    for drawn in draw(jax.random.split(jax.random.key(3), 5), jnp.full(5, 3.0)):
        w = np.asarray(drawn).reshape(-1, shape[-1])
        gram = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
        np.testing.assert_allclose(gram, 9 * np.eye(min(w.shape)), atol=1e-5)


def test_orthogonal_is_uniform_among_such_matrices():
    keys = jax.random.split(jax.random.key(4), 5_000)
    drawn = np.asarray(jax.vmap(lambda key: INITIALIZERS["orthogonal"](key, (5, 3), jnp.float32))(keys))
    for row, column in ((0, 0), (4, 2), (1, 2)):  # the square of one entry of a random direction in 5 dimensions
        entry = drawn[:, row, column]
        assert stats.kstest(entry**2, stats.beta(1 / 2, 4 / 2).cdf).pvalue > FALSE_ALARM
        assert stats.binomtest(int((entry > 0).sum()), entry.size).pvalue > FALSE_ALARM


@pytest.mark.parametrize("name", RANDOM)
def test_the_key_decides(name, dials):
    def draw(seed):
        return INITIALIZERS[name](jax.random.key(seed), (4, 16), jnp.float32, **dials)

    assert jnp.array_equal(draw(0), draw(0))
    assert not (draw(0) == draw(1)).any()


def test_dials_may_differ_from_member_to_member(name, dials):
    @jax.jit
    @jax.vmap
    def crowd(scale, key):
        return INITIALIZERS[name](key, (4, 6), jnp.float32, **{dial: scale * value for dial, value in dials.items()})

    scales, keys = jnp.array([1.0, 2.0, 0.0]), jax.random.split(jax.random.key(5), 3)
    drawn = crowd(scales, keys)
    for scale, key, own in zip(scales, keys, drawn, strict=True):
        alone = INITIALIZERS[name](key, (4, 6), jnp.float32, **dials)
        np.testing.assert_allclose(own, scale * alone, rtol=1e-5, atol=1e-6)


def test_the_dtype_is_the_one_asked_for(name, dials, double):
    traced = {key: jnp.asarray(value, jnp.float64) for key, value in dials.items()}
    for dtype in (jnp.float32, jnp.float64):
        draw = partial(INITIALIZERS[name], shape=(4, 6), dtype=dtype, **traced)
        assert jax.eval_shape(draw, jax.random.key(0)).dtype == dtype


@pytest.mark.parametrize("name", [*(name for name in LAWS if "_" in name and name != "truncated_normal"), "orthogonal"])
def test_a_vector_has_no_fan_in(name, dials):
    with pytest.raises(PartError, match=r"needs a weight of shape .*, got \(4,\); reshape"):
        INITIALIZERS[name](jax.random.key(0), (4,), jnp.float32, **dials)


def test_fans_count_the_receptive_field():
    assert fans((16, 4)) == (16, 4)
    assert fans((3, 5, 16, 8)) == (240, 120)


def units_of_rai(shape, count, gain=0.6007):
    """Rows of units, the bias last: (unit, fan_in + 1)."""
    keys = jax.random.split(jax.random.key(6), count)
    weight, bias = jax.vmap(lambda key: rai(key, shape, jnp.float32, gain=gain))(keys)
    rows = np.moveaxis(np.asarray(weight).reshape(count, -1, shape[-1]), 1, 2).reshape(-1, fans(shape)[0])
    return np.column_stack([rows, np.asarray(bias).reshape(-1)])


def test_a_tiny_gain_leaves_one_entry_of_each_unit_and_that_is_beta_anywhere_in_its_row():
    rows = units_of_rai((3, 2), 10_000, gain=1e-6)
    large = np.abs(rows) > 1e-4  # a root below 1e-4 has chance 1e-8
    assert (large.sum(axis=1) == 1).all()
    assert stats.kstest(rows[large], stats.beta(2, 1).cdf).pvalue > FALSE_ALARM
    assert stats.chisquare(np.bincount(large.argmax(axis=1), minlength=4)).pvalue > FALSE_ALARM
    alike = large.argmax(axis=1).reshape(-1, 2)
    assert stats.binomtest(int((alike[:, 0] == alike[:, 1]).sum()), len(alike), 1 / 4).pvalue > FALSE_ALARM


@pytest.mark.parametrize("shape", [(2, 2), (3, 3, 2, 4)], ids=["dense", "convolution"])
def test_the_law_of_one_number_of_rai(shape):
    fan_in = fans(shape)[0]
    rows = units_of_rai(shape, 40_000 // shape[-1], gain=2.0)
    normal, share = stats.norm(0, 2.0 / math.sqrt(fan_in)), 1 / (fan_in + 1)

    def law(x):
        return (1 - share) * normal.cdf(x) + share * stats.beta(2, 1).cdf(x)

    for column in (0, fan_in - 1, fan_in):  # weights and the bias alike
        assert stats.kstest(rows[:, column], law).pvalue > FALSE_ALARM
    assert stats.kstest(rows[:, 0], normal.cdf).pvalue < FALSE_ALARM  # the test sees the replaced entry
    square = (1 - share) * normal.var() + share * stats.beta(2, 1).moment(2)
    spread = (rows**2).std() / math.sqrt(rows.size)
    assert abs((rows**2).mean() - square) < stats.norm.isf(FALSE_ALARM / 2) * spread * math.sqrt(2)


def test_rai_by_key_dtype_and_shape(double):
    draw = partial(rai, shape=(4, 3), gain=0.6007)
    (weight, bias), (again, _), (other, _) = (draw(jax.random.key(seed)) for seed in (0, 0, 1))
    assert (weight.shape, bias.shape) == ((4, 3), (3,))
    assert jnp.array_equal(weight, again)
    assert not (weight == other).any()
    for dtype in (jnp.float32, jnp.float64):
        assert all(array.dtype == dtype for array in jax.eval_shape(partial(draw, dtype=dtype), jax.random.key(0)))
    with pytest.raises(PartError, match=r"needs a weight of shape"):
        rai(jax.random.key(0), (4,))


def test_a_pair_sets_weights_and_biases_of_every_layer_and_a_plain_draw_leaves_biases_as_told():
    stages = walk(models.mlp([2, 2]), (3,))
    built = build(jax.random.key(0), stages, 2, {"": 1}, {}, lambda *_: Activation(jax.nn.relu, {}))
    pair = partial(rai, gain=1e-6)
    layers = [layer for layer in initialize(built, pair, 0.0, jax.random.key(1)).layers if hasattr(layer, "weight")]
    rows = [np.column_stack([layer.weight, layer.bias]) for layer in layers]
    assert [row.shape for row in rows] == [(2, 4), (2, 3), (1, 3)]
    assert all(((row > 1e-4).sum(axis=1) == 1).all() for row in rows)
    plain = initialize(built, partial(INITIALIZERS["normal"], std=0.1), 0.25, jax.random.key(1))
    assert all((layer.bias == 0.25).all() for layer in plain.layers if hasattr(layer, "weight"))
