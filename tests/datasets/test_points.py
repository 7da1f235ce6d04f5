"""Points of the line and of the plane follow their laws; each member may have its own, test split included."""

import numpy as np
import pytest

from seedbed import run
from seedbed.datasets.load import load
from seedbed.datasets.points import BLOBS, CURVES, eggholder_of
from seedbed.errors import PartError
from seedbed.spec import Spec
from seedbed.vocabulary import data, initializers, optimizers


def test_the_diagonal_labels_by_the_larger_coordinate():
    found = load(data.diagonal(20, 1000, fresh=True), range(200))
    assert found.inputs.shape == (200, 20, 2)
    assert found.test_inputs.shape == (200, 1000, 2)
    for points, labels in ((found.inputs, found.targets), (found.test_inputs, found.test_targets)):
        assert 0 <= points.min() < points.max() < 1
        np.testing.assert_array_equal(labels[..., 0], np.where(points[..., 0] > points[..., 1], 1, -1))
        assert abs(labels.mean()) < 4 / np.sqrt(labels.size)


@pytest.mark.parametrize("word", [data.diagonal, data.xor_blobs, data.circles, data.spirals, data.eggholder])
def test_training_points_do_not_depend_on_how_many_test_points_follow(word):
    none, some, many = (load(word(20, test)) for test in (0, 10, 50))
    assert none.test_inputs is None
    for other in (some, many):
        np.testing.assert_array_equal(other.inputs, none.inputs)
        np.testing.assert_array_equal(other.targets, none.targets)
    assert not np.isin(many.test_inputs, many.inputs).any()


def test_the_words_and_the_curves_have_the_same_names():
    assert tuple(CURVES) == data.CURVES


@pytest.mark.parametrize(
    ("name", "at", "value"),
    [("abs", -2.0, 2.0), ("x_sin_5x", 0.3, 0.3 * np.sin(1.5)), ("step_sin_5x", 0.5, 1 + 0.2 * np.sin(2.5)),
     ("step_sin_5x", -0.5, 0.2 * np.sin(-2.5))],
)  # fmt: skip
def test_curves_are_their_formulas(name, at, value):
    found = load(data.curve(name, 3000, fresh=True), [3])
    x, y = found.inputs[0, :, 0], found.targets[0, :, 0]
    assert abs(x).max() <= np.float32(7**0.5)
    assert abs(x).max() > 2.6
    near = np.argmin(abs(x - at))
    assert y[near] == pytest.approx(value, abs=float(6 * abs(x[near] - at)) + 1e-6)


def test_corners_are_xor():
    found = load(data.corners())
    assert found.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert found.targets[:, 0].tolist() == [0, 1, 1, 0]


def test_blobs_lie_about_their_middles_in_equal_numbers():
    found = load(data.xor_blobs(4000, 100, 0.1))
    nearest = ((found.inputs[:, None] - BLOBS) ** 2).sum(-1).argmin(axis=1)
    assert np.bincount(nearest).tolist() == [1000] * 4
    np.testing.assert_array_equal(found.targets[:, 0], nearest % 2)
    assert (found.inputs - BLOBS[nearest]).std() == pytest.approx(0.1, rel=0.05)
    assert found.test_inputs.shape == (100, 2)


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_circles_have_their_radii_noise_and_uniform_angles(noise):
    found = load(data.circles(4001, 100, radius=0.4, noise=noise))
    label = found.targets[:, 0]
    assert np.bincount(label.astype(int)).tolist() == [2001, 2000]
    far = np.hypot(*found.inputs.T.astype(float))
    for kind, radius in ((0, 1.0), (1, 0.4)):
        np.testing.assert_allclose(far[label == kind].mean(), radius, atol=1e-6 + noise / 10)
        assert far[label == kind].std() == pytest.approx(noise, rel=0.08, abs=1e-6)
    angle = np.arctan2(*found.inputs.T)
    assert np.histogram(angle, 8, (-np.pi, np.pi))[0] == pytest.approx(500, abs=6 * 500**0.5)


def test_spirals_are_two_arms_of_their_turns_half_a_turn_apart():
    found = load(data.spirals(2000, 100, turns=1.25, noise=0.0))
    far, angle = np.hypot(*found.inputs.T.astype(float)), np.arctan2(*found.inputs.T[::-1].astype(float))
    expected = 2 * np.pi * 1.25 * far + np.pi * found.targets[:, 0]
    np.testing.assert_allclose(np.cos(angle - expected)[far > 0.01], 1, atol=1e-4)
    assert np.bincount(found.targets[:, 0].astype(int)).tolist() == [1000, 1000]
    assert np.histogram(far, 4, (0, 1))[0] == pytest.approx(500, abs=6 * 500**0.5)
    noisy = load(data.spirals(2000, 100, turns=1.25, noise=0.1))
    assert (noisy.inputs - found.inputs).std() == pytest.approx(0.1, rel=0.06)


def test_eggholder_has_the_published_spread_and_noise():
    clean, noisy = (load(data.eggholder(50_000, 0, noise)) for noise in (0.0, 5.0))
    assert clean.targets.std() == pytest.approx(298.4, rel=0.02)
    np.testing.assert_allclose(
        eggholder_of(*(512.0 * clean.inputs.T.astype(float))), clean.targets[:, 0], atol=0.05, rtol=1e-3
    )
    assert (noisy.targets - clean.targets).std() == pytest.approx(5, rel=0.03)


def test_a_scale_divides_the_targets_of_eggholder_and_nothing_else():
    plain, scaled = (load(data.eggholder(500, 100, 5.0, scale=scale)) for scale in (1.0, 300.0))
    np.testing.assert_array_equal(plain.inputs, scaled.inputs)
    np.testing.assert_allclose(plain.targets, 300 * scaled.targets, rtol=1e-6)
    np.testing.assert_allclose(plain.test_targets, 300 * scaled.test_targets, rtol=1e-6)


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_each_member_is_tested_on_its_own_points(engine):
    """One neuron for all, which always answers +1: it is right on each member's own share of +1."""
    question = Spec(
        data=data.diagonal(20, 50, fresh=True), model="neuron", loss="perceptron", steps=3, trace=1,
        initializer=initializers.constant(1.0, bias=0.1), optimizer=optimizers.sgd(0.0),
    )  # fmt: skip
    right = run(question, 40, engine=engine)["test_accuracy"].values
    own = (load(question.data, range(40)).test_targets[..., 0] == 1).mean(axis=1)
    assert len(np.unique(own)) > 10
    np.testing.assert_allclose(right, np.tile(own[:, None], 4), rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (lambda: data.diagonal(0), "n of diagonal must be a whole number from 1, got 0"),
        (lambda: data.xor_blobs(10, -1), "test of xor_blobs must be a whole number from 0, got -1"),
        (lambda: data.xor_blobs(std=-1.0), "deviation of the blobs must be 0 or more"),
        (lambda: data.circles(radius=1.0), "radius of the inner circle lies between 0 and 1, got 1"),
        (lambda: data.circles(noise=-0.1), "noise of circles must be 0 or more, got -0.1"),
        (lambda: data.spirals(turns=0.0), "turns of spirals are above 0 and at most 10, got 0"),
        (lambda: data.eggholder(noise=float("nan")), "deviation of the noise must be 0 or more"),
        (lambda: data.eggholder(scale=0.0), "scale of the targets must be above 0, got 0"),
        (lambda: data.curve("x_sin_5"), r'the formula of curve is .* got .x_sin_5.; did you mean "x_sin_5x"'),
        (lambda: data.curve(low=1.0, high=1.0), "low < high, got 1 and 1"),
    ],
)
def test_what_cannot_be_drawn_is_one_sentence(make, wrong):
    with pytest.raises(PartError, match=wrong) as caught:
        make()
    assert "\n" not in str(caught.value)
