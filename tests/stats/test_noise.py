"""The gradient noise scale on a quadratic, where the truth is known."""

import numpy as np
import pytest

from seedbed.errors import StatsError
from seedbed.stats import noise

RNG = np.random.default_rng(3)
G, SPREAD, SIZE = np.array([0.3, -0.4, 0.0]), np.array([1.0, 2.0, 0.5]), 16  # |G|^2 = 0.25, tr(Sigma) = 5.25


def drawn(seeds: int, steps: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of a quadratic 1/2 |w - x|^2 with x ~ N(-G, SPREAD^2): of every example, and of batches of 16."""
    each = G + SPREAD * RNG.standard_normal((seeds, steps, SIZE, 3))
    return (each**2).sum(-1).mean(-1), (each.mean(-2) ** 2).sum(-1)


def test_two_sizes_are_unbiased():
    squares, variances = noise.two_sizes(*drawn(40_000), 1, SIZE)
    assert squares.mean() == pytest.approx(0.25, abs=4 * squares.std() / 200)
    assert variances.mean() == pytest.approx(5.25, abs=4 * variances.std() / 200)


def test_the_scale_is_the_ratio_of_means_and_its_interval_covers():
    covered = 0
    for _ in range(100):
        (scale,) = noise.noise_scale(*noise.two_sizes(*drawn(200), 1, SIZE))
        covered += scale.low <= 21 <= (np.inf if np.isnan(scale.high) else scale.high)
    assert covered >= 86


def test_the_mean_of_ratios_would_be_far_off():
    squares, variances = noise.two_sizes(*drawn(2_000), 1, SIZE)
    (scale,) = noise.noise_scale(squares, variances)
    assert abs(scale.estimate - 21) < 3
    assert abs((variances / squares).mean() - 21) > 3


def test_a_gradient_that_is_all_noise_has_no_scale():
    scales = noise.noise_scale(np.array([[-1.0, 1.0], [0.5, 2.0]]), np.ones((2, 2)))
    assert np.isnan(scales[0].estimate)
    assert "noise" in scales[0].method
    assert scales[1].estimate == pytest.approx(2 / 3)


def test_a_seed_that_stopped_is_left_out():
    scale, gone = noise.noise_scale(np.array([[1.0, np.nan], [2.0, np.nan]]), np.array([[2.0, np.nan], [4.0, 1.0]]))
    assert (scale.n, scale.estimate) == (2, 2.0)
    assert (gone.n, np.isnan(gone.estimate)) == (0, True)


def test_what_does_not_fit_is_told():
    with pytest.raises(StatsError, match="two sizes of batch"):
        noise.two_sizes(1.0, 1.0, 8, 8)
    with pytest.raises(StatsError, match="side by side"):
        noise.noise_scale(np.ones((2, 3)), np.ones((2, 2)))
