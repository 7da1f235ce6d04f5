"""Every hand-derived gradient against central differences, and values against formulas written another way."""

import math

import numpy as np
import pytest
from central_differences import away_from_kinks, default_options, differences
from scipy import special

from seedbed import vocabulary
from seedbed.reference import (
    ACTIVATIONS,
    INITIALIZERS,
    LAYERS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    OUTPUTS,
    PROBES,
    backward,
    forward,
    loss_for,
    neuron,
)
from seedbed.resolve import FITTING
from seedbed.vocabulary.probes import BY_CLASS

TABLES = {
    "activation": ACTIVATIONS,
    "initializer": INITIALIZERS,
    "loss": LOSSES,
    "metric": METRICS,
    "layer": LAYERS,
    "optimizer": OPTIMIZERS,
    "probe": PROBES,
}
FORMULAS = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": lambda z: (math.exp(2 * z) - 1) / (math.exp(2 * z) + 1),
    "relu": lambda z: max(0.0, z),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "prelu": lambda z: z if z > 0 else 0.25 * z,
    "rrelu": lambda z: z if z > 0 else (1 / 8 + 1 / 3) / 2 * z,
    "elu": lambda z: z if z > 0 else math.exp(z) - 1,
    "selu": lambda z: 1.0507009873554805 * (z if z > 0 else 1.6732632423543772 * (math.exp(z) - 1)),
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "gelu": lambda z: z * (1 + math.erf(z / math.sqrt(2))) / 2,
    "silu": lambda z: z / (1 + math.exp(-z)),
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables_have_the_names_of_the_vocabulary(kind):
    """But for the loss "heads", made of the others, and probes of classes, made where splits are judged."""
    assert set(TABLES[kind]) == set(vocabulary.TABLES[kind]) - {"heads"} - BY_CLASS


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"crelu"}))
def test_activation_follows_its_formula(name):
    z = np.linspace(-4, 4, 33)
    expected = [FORMULAS[name](float(number)) for number in z]
    np.testing.assert_allclose(ACTIVATIONS[name].value(z, **default_options(name)), expected, rtol=1e-13, atol=1e-15)


def test_crelu_joins_both_halves_along_the_unit_axis():
    z = np.array([[1.0, -2.0], [-3.0, 4.0]])
    np.testing.assert_array_equal(ACTIVATIONS["crelu"].value(z), [[1, 0, 0, 2], [0, 4, 3, 0]])


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activation_pullback(name):
    rng = np.random.default_rng(0)
    z, options = away_from_kinks(rng, 3, 5), default_options(name)
    twin = ACTIVATIONS[name]
    upstream = rng.standard_normal(twin.value(z, **options).shape)
    by_differences = differences(lambda at: np.sum(upstream * twin.value(at, **options)), z)
    np.testing.assert_allclose(twin.pullback(z, upstream, **options), by_differences, atol=1e-8)


@pytest.mark.parametrize("target", sorted(OUTPUTS))
def test_output_pullback(target):
    rng = np.random.default_rng(1)
    z, upstream, twin = rng.standard_normal((4, 3)), rng.standard_normal((4, 3)), OUTPUTS[target]
    by_differences = differences(lambda at: np.sum(upstream * twin.value(at)), z)
    np.testing.assert_allclose(twin.pullback(z, upstream), by_differences, atol=1e-8)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "prelu", "rrelu", "crelu"])
def test_at_the_kink_the_left_derivative_is_taken(name):
    z, options = np.zeros((1, 2)), default_options(name)
    upstream = np.ones_like(ACTIVATIONS[name].value(z, **options))
    left = {"leaky_relu": 0.01, "prelu": 0.25, "rrelu": (1 / 8 + 1 / 3) / 2}.get(name, 0.0)
    np.testing.assert_allclose(ACTIVATIONS[name].pullback(z, upstream, **options), np.full((1, 2), left))


def test_learned_slope_has_its_own_gradient_per_member():
    rng = np.random.default_rng(2)
    z, upstream, twin = away_from_kinks(rng, 2, 4, 3), rng.standard_normal((2, 4, 3)), ACTIVATIONS["prelu"]
    slope = np.array([[0.25], [0.1]])
    by_differences = differences(lambda at: np.sum(upstream * twin.value(z, slope=at[..., None])), slope)
    np.testing.assert_allclose(twin.learned["slope"](z, upstream), by_differences, atol=1e-8)


def test_drawn_slope_takes_the_place_of_the_mean():
    twin = ACTIVATIONS["rrelu"]
    slope = twin.drawn["slope"](np.random.default_rng(3), (1000, 4), lower=0.2, upper=0.4)
    assert slope.min() >= 0.2
    assert slope.max() <= 0.4
    np.testing.assert_allclose(slope.mean(), 0.3, atol=5 * 0.2 / math.sqrt(12 * 4000))
    z = np.full((1000, 4), -2.0)
    np.testing.assert_allclose(twin.value(z, slope=slope), -2 * slope)
    np.testing.assert_allclose(twin.pullback(z, np.ones_like(z), slope=slope), slope)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activation_stays_finite_far_out(name):
    z, options = np.array([[-1e4, 1e4]]), default_options(name)
    twin = ACTIVATIONS[name]
    value = twin.value(z, **options)
    assert np.isfinite(value).all()
    assert np.isfinite(twin.pullback(z, np.ones_like(value), **options)).all()


def said_and_true(name: str, target: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    said = away_from_kinks(rng, 2, 5, 3)
    if target == "classes":
        return said, np.eye(3)[rng.integers(0, 3, (2, 5))]
    if name in ("perceptron", "hinge"):
        return said, rng.choice([-1.0, 1.0], (5, 3))
    return said, rng.uniform(0, 1, (5, 3)) if target == "binary" else rng.standard_normal((5, 3))


@pytest.mark.parametrize(("name", "target"), [(name, target) for name in LOSSES for target in FITTING[name]])
def test_loss_gradient(name, target):
    loss = loss_for(name, target)
    said, true = said_and_true(name, target, np.random.default_rng(4))
    by_differences = differences(lambda at: np.sum(loss.value(at, true)), said)
    np.testing.assert_allclose(loss.gradient(said, true), by_differences, atol=1e-8)
    assert loss.value(said, true).shape == (2, 5)


def test_losses_against_their_definitions():
    z, y = np.array([[0.3, -1.2]]), np.array([[1.0, 0.0]])
    s = special.expit(z)
    np.testing.assert_allclose(LOSSES["cross_entropy"].value(z, y), [-math.log(s[0, 0]) - math.log(1 - s[0, 1])])
    np.testing.assert_allclose(loss_for("cross_entropy", "classes").value(z, y), [-special.log_softmax(z)[0, 0]])
    np.testing.assert_allclose(LOSSES["l2"].value(z, y), [0.7**2 + 1.2**2])
    np.testing.assert_allclose(LOSSES["mse"].value(z, y), [(0.7**2 + 1.2**2) / 2])
    np.testing.assert_allclose(LOSSES["mae"].value(z, y), [(0.7 + 1.2) / 2])
    signs = 2 * y - 1
    np.testing.assert_allclose(LOSSES["perceptron"].value(z, signs), [0.0])
    np.testing.assert_allclose(LOSSES["hinge"].value(z, signs), [0.7])
    np.testing.assert_allclose(LOSSES["hinge"].value(z, signs, margin=2.0), [1.7 + 0.8])


def test_cross_entropy_neither_overflows_nor_loses_its_tail():
    z, y = np.array([[1000.0], [-1000.0], [50.0]]), np.array([[1.0], [1.0], [1.0]])
    np.testing.assert_allclose(LOSSES["cross_entropy"].value(z, y), [0, 1000, math.exp(-50)], rtol=1e-12)


def test_corners_of_losses_have_gradient_zero():
    one = np.ones((1, 1))
    assert LOSSES["mae"].gradient(one, one).item() == 0
    assert LOSSES["perceptron"].gradient(0 * one, one).item() == 0
    assert LOSSES["hinge"].gradient(one, one).item() == 0


def test_single_neuron_checkpoints():
    """x = 1, y = 0.5: L2 in [0, 1/4], dL2/dw = 2 (s - 1/2) s (1 - s) with extremes at s = 1/2 +- 1/sqrt(12)."""
    reach = np.linspace(-12, 12, 4801)[:, None, None]
    weights = [{"weight": reach, "bias": np.zeros((len(reach), 1))}]
    x, y = np.ones((1, 1)), np.full((1, 1), 0.5)
    z, kept = forward(neuron(1, [1]), weights, x)
    s = OUTPUTS["binary"].value(z)
    l2 = LOSSES["l2"].value(s, y)
    assert 0 <= l2.min() < 1e-12
    assert 0.2499 < l2.max() < 0.25
    upstream = OUTPUTS["binary"].pullback(z, LOSSES["l2"].gradient(s, y))
    slope = backward(neuron(1, [1]), kept, upstream)[0]["weight"].ravel()
    flat = s.ravel()
    np.testing.assert_allclose(slope, 2 * (flat - 0.5) * flat * (1 - flat), atol=1e-15)
    assert slope.max() == pytest.approx(0.0962, abs=5e-5)
    assert slope.min() == pytest.approx(-0.0962, abs=5e-5)
    assert flat[slope.argmax()] == pytest.approx(0.5 + 1 / math.sqrt(12), abs=2e-3)
    assert LOSSES["cross_entropy"].value(z, y).min() == pytest.approx(math.log(2), abs=1e-12)
    np.testing.assert_allclose(LOSSES["cross_entropy"].gradient(z, y).ravel(), flat - 0.5)
