"""The law of every initial draw: exact distributions, fan rules and shapes."""

import numpy as np
import pytest
from scipy import stats

from seedbed import vocabulary
from seedbed.reference import INITIALIZERS, cnn, initial_weights, mlp
from seedbed.vocabulary import initializers

SHAPE = (300, 200)
TOTAL = sum(SHAPE)
LAWS = {
    "normal": ({"std": 0.3}, stats.norm(scale=0.3)),
    "truncated_normal": ({"std": 0.3}, stats.truncnorm(-2, 2, scale=0.3)),
    "uniform": ({"bound": 0.3}, stats.uniform(-0.3, 0.6)),
    "glorot_normal": ({"gain": 2.0}, stats.norm(scale=2 * np.sqrt(2 / TOTAL))),
    "glorot_uniform": ({"gain": 2.0}, stats.uniform(-2 * np.sqrt(6 / TOTAL), 4 * np.sqrt(6 / TOTAL))),
    "he_normal": ({"gain": 2.0}, stats.norm(scale=2 * np.sqrt(2 / 300))),
    "he_uniform": ({"gain": 2.0}, stats.uniform(-2 * np.sqrt(6 / 300), 4 * np.sqrt(6 / 300))),
    "lecun_normal": ({"gain": 2.0}, stats.norm(scale=2 * np.sqrt(1 / 300))),
    "lecun_uniform": ({"gain": 2.0}, stats.uniform(-2 * np.sqrt(3 / 300), 4 * np.sqrt(3 / 300))),
}


@pytest.mark.parametrize("name", LAWS)
def test_the_draw_follows_its_law(name):
    """Kolmogorov-Smirnov on 60,000 draws; the seed is fixed, so the test either always or never fails."""
    dials, law = LAWS[name]
    w = INITIALIZERS[name](np.random.default_rng(11), SHAPE, **dials)
    assert w.shape == SHAPE
    assert stats.kstest(w.ravel(), law.cdf).pvalue > 1e-3


def test_the_law_test_sees_a_wrong_fan():
    w = INITIALIZERS["he_normal"](np.random.default_rng(11), SHAPE, gain=2.0)
    assert stats.kstest(w.ravel(), stats.norm(scale=2 * np.sqrt(2 / 200)).cdf).pvalue < 1e-3


def test_truncated_normal_is_cut_at_two_and_has_the_stated_deviation():
    w = INITIALIZERS["truncated_normal"](np.random.default_rng(12), SHAPE, std=0.1)
    assert np.abs(w).max() <= 0.2
    assert w.std() == pytest.approx(0.08796, rel=0.02)


@pytest.mark.parametrize("shape", [(7, 3), (3, 7), (5, 5)])
def test_orthogonal_rows_or_columns(shape):
    w = INITIALIZERS["orthogonal"](np.random.default_rng(13), shape, gain=1.5)
    gram = w.T @ w if shape[0] >= shape[1] else w @ w.T
    np.testing.assert_allclose(gram, 1.5**2 * np.eye(min(shape)), atol=1e-12)


def test_orthogonal_has_no_preferred_sign():
    """Without the sign correction every first entry would be negative; by symmetry it is as often positive."""
    rng = np.random.default_rng(14)
    positive = sum(INITIALIZERS["orthogonal"](rng, (3, 3))[0, 0] > 0 for _ in range(400))
    assert stats.binomtest(positive, 400).pvalue > 1e-3


def test_constant_and_zeros():
    rng = np.random.default_rng(15)
    np.testing.assert_array_equal(INITIALIZERS["constant"](rng, (2, 3), value=0.7), np.full((2, 3), 0.7))
    np.testing.assert_array_equal(INITIALIZERS["zeros"](rng, (2, 3)), np.zeros((2, 3)))


def test_the_initializer_sets_every_bias():
    weights = initial_weights(mlp(16, [1], [4]), initializers.normal(0.1, bias=0.3), np.random.default_rng(16))
    assert [layer["bias"].tolist() for layer in weights if layer] == [[0.3] * 4, [0.3]]


def test_without_an_initializer_weights_and_biases_lie_within_one_over_root_fan_in():
    weights = initial_weights(mlp(100, [3], [400]), None, np.random.default_rng(17))
    assert stats.kstest(weights[0]["weight"].ravel(), stats.uniform(-0.1, 0.2).cdf).pvalue > 1e-3
    assert stats.kstest(weights[0]["bias"], stats.uniform(-0.1, 0.2).cdf).pvalue > 1e-3
    assert np.abs(weights[2]["weight"]).max() <= 1 / 20
    assert np.abs(weights[2]["bias"]).max() <= 1 / 20


def conv_of(initializer: str | None, seed: int = 18) -> np.ndarray:
    """A weight of 24 kernels of 5 x 5 on 12 channels: fan_in 300, fan_out 600."""
    start = None if initializer is None else vocabulary.find("initializer", initializer)
    weights = initial_weights(cnn((12, 8, 8), [1], [24], [5], [1]), start, np.random.default_rng(seed))
    assert weights[0]["weight"].shape == (24, 12, 5, 5)
    return weights[0]["weight"]


@pytest.mark.parametrize(
    ("initializer", "law"),
    [
        ("he_normal", stats.norm(scale=np.sqrt(2 / 300))),
        ("lecun_uniform", stats.uniform(-np.sqrt(3 / 300), 2 * np.sqrt(3 / 300))),
        ("glorot_normal", stats.norm(scale=np.sqrt(2 / 900))),
        ("glorot_uniform", stats.uniform(-np.sqrt(6 / 900), 2 * np.sqrt(6 / 900))),
        (None, stats.uniform(-1 / np.sqrt(300), 2 / np.sqrt(300))),
    ],
)
def test_fans_of_a_convolution_count_its_kernel(initializer, law):
    assert stats.kstest(conv_of(initializer).ravel(), law.cdf).pvalue > 1e-3


def test_an_orthogonal_convolution_has_orthonormal_kernels():
    kernels = conv_of("orthogonal").reshape(24, 300)
    np.testing.assert_allclose(kernels @ kernels.T, np.eye(24), atol=1e-12)


def test_rai_draws_weights_and_bias_with_one_positive_entry_in_each_unit():
    rng = np.random.default_rng(19)
    weight, bias = INITIALIZERS["rai"](rng, (3, 20_000), gain=1e-6)
    rows = np.vstack([weight, bias]).T
    large = np.abs(rows) > 1e-4
    assert (large.sum(axis=1) == 1).all()
    assert stats.kstest(rows[large], stats.beta(2, 1).cdf).pvalue > 1e-3
    assert stats.chisquare(large.sum(axis=0)).pvalue > 1e-3


def test_the_law_of_one_number_of_rai():
    weight, bias = INITIALIZERS["rai"](np.random.default_rng(20), (2, 30_000), gain=2.0)
    normal = stats.norm(scale=2 / np.sqrt(2))
    for numbers in (weight[0], bias):
        assert stats.kstest(numbers, lambda x: 2 / 3 * normal.cdf(x) + stats.beta(2, 1).cdf(x) / 3).pvalue > 1e-3


def test_rai_sets_the_biases_of_a_network():
    weights = initial_weights(mlp(16, [1], [400]), initializers.rai(), np.random.default_rng(21))
    assert len(np.unique(weights[0]["bias"])) == 400
    assert weights[0]["bias"].std() == pytest.approx(np.sqrt((16 * 0.6007**2 / 16 + 1 / 2) / 17), rel=0.25)
