"""How much a network varies: slopes by differences, the layer at which it stops, and rounding told from death."""

import numpy as np
import pytest

import seedbed as sb
from seedbed.errors import PartError, SpecError

GRID = np.linspace(-2.0, 2.0, 65)


def rows_of(*layers):
    """Weights and biases of layers in the order of the probe `parameters`."""
    return np.concatenate([np.ravel(array).astype(float) for layer in layers for array in layer])


@pytest.mark.parametrize("activation", ["relu", "leaky_relu(slope=0.1)", "tanh", "elu(alpha=1.0)", "identity"])
def test_answers_are_those_of_replay_and_slopes_those_of_differences(activation):
    model = sb.models.mlp([3, 2], activation=activation)
    rows = np.random.default_rng(1).standard_normal((5, 4, 3 + 3 + 6 + 2 + 2 + 1))
    found = sb.variation(model, rows, GRID)
    answers = sb.replay(model, rows, GRID[:, None])[..., 0]
    np.testing.assert_allclose(found.lowest, answers.min(axis=-1), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.highest, answers.max(axis=-1), rtol=1e-12, atol=1e-12)
    width = 1e-6
    sides = (sb.replay_layers(model, rows, GRID[:, None] + side) for side in (-width / 2, width / 2))
    layers = [(after - before) / width for before, after in zip(*sides, strict=True)]
    for number, slope in enumerate(layers):
        np.testing.assert_allclose(found.steepest[..., number], np.abs(slope).max(axis=(-1, -2)), rtol=1e-4, atol=1e-6)


def test_the_first_layer_that_is_dead_is_named():
    alive, dead = ([[1.0], [-1.0]], [0.0, 0.0]), ([[-1.0, -1.0], [-2.0, 0.0]], [-0.1, 0.0])
    on, out = ([[1.0, 0.0], [0.0, 1.0]], [0.5, 0.0]), ([[1.0, 1.0]], [0.25])
    rows = np.stack([rows_of(alive, on, dead, out), rows_of(alive, dead, on, out), rows_of(alive, on, on, out)])
    found = sb.variation(sb.models.mlp([2, 2, 2]), rows, GRID)
    assert found.first_still.tolist() == [3, 2, 0]
    assert found.still.tolist() == [True, True, False]
    assert found.constant.tolist() == [True, True, False]
    assert found.lowest[:2].tolist() == [0.25, 0.75]


def test_a_constant_by_rounding_is_not_still():
    """A slope of 1e-12 beside 1 is lost in single precision and kept in double."""
    rows = rows_of(([[1e-12]], [1.0]), ([[1.0]], [1.0]))
    single, double = (sb.variation(sb.models.mlp([1]), rows, GRID, dtype=dtype) for dtype in (np.float32, np.float64))
    assert (bool(single.constant), bool(single.still)) == (True, False)
    assert (bool(double.constant), bool(double.still)) == (False, False)


def test_underflow_in_single_precision_is_not_death_in_double():
    rows = rows_of(*[([[1.0]], [-5.0])] * 9, ([[1.0]], [0.0]))
    model = sb.models.mlp([1] * 9, activation="leaky_relu(slope=0.000001)")
    single, double = (sb.variation(model, rows, GRID, dtype=dtype) for dtype in (np.float32, np.float64))
    assert bool(single.still)
    assert not bool(double.still)
    assert double.steepest[-1] == pytest.approx(1e-54)


def test_equal_points_answer_equally_whatever_their_number():
    """A product by a library may round its last columns otherwise: constants would seem to vary."""
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((400, 55))
    for points in (2, 7, 64, 65, 129):
        found = sb.variation(sb.models.mlp([2] * 9), rows, np.linspace(-2, 2, points))
        assert not (found.still & ~found.constant).any()


def test_a_step_between_two_points_is_seen():
    """relu(x) - relu(x - 0.01), then a ramp cut off at both ends: flat at all points but one step high."""
    rows = rows_of(([[1.0], [1.0]], [-0.001, -0.011]), ([[100.0, -100.0]], [0.0]), ([[1.0]], [0.0]))
    found = sb.variation(sb.models.mlp([2, 1]), rows, GRID)
    assert found.steepest[1] == pytest.approx(1 / 4)
    assert not bool(found.still)


def test_what_is_not_finite_is_neither_constant_nor_still():
    rows = np.ones((2, 4))
    rows[1, 0] = np.nan
    found = sb.variation(sb.models.mlp([1]), rows, GRID)
    assert found.constant.tolist() == found.still.tolist() == [False, False]


@pytest.mark.parametrize(
    ("model", "rows", "inputs", "error", "words"),
    [
        (sb.models.mlp([2]), np.ones((3, 8)), GRID, SpecError, "7 weights and biases, got rows of 8"),
        (sb.models.mlp([2]), np.ones((3, 7)), GRID[:, None], SpecError, "points of one number"),
        (sb.models.mlp([2], activation="crelu"), np.ones((3, 9)), GRID, PartError, "elementwise activation"),
        ("neuron", np.ones((3, 2)), GRID, PartError, "needs an mlp"),
    ],
)
def test_what_does_not_fit_is_a_sentence(model, rows, inputs, error, words):
    with pytest.raises(error, match=words):
        sb.variation(model, rows, inputs)
