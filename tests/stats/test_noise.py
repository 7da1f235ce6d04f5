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


def test_a_batch_grows_until_it_is_as_large_as_the_noise_scale():
    sizes = 8 * 1.02 ** np.arange(160)
    squares, variances = noise.two_sizes(*drawn(200, 160), 1, SIZE)
    found = noise.grown_until_noise(sizes, np.where(np.arange(160) < 5, -1, squares), variances, memory=40)
    assert abs(np.log(np.nanmedian(found) / 21)) < np.log(2)
    assert np.isnan(noise.grown_until_noise(sizes, -np.ones((1, 160)), np.ones((1, 160)))).all()
    assert np.isnan(noise.grown_until_noise([4, 8], np.ones((1, 2)), np.full((1, 2), 100.0), memory=1)).all()
    with pytest.raises(StatsError, match="stand step by step"):
        noise.grown_until_noise([4, 8, 16], np.ones((1, 2)), np.ones((1, 2)))


@pytest.mark.parametrize(("least", "critical"), [(40.0, 20.0), (300.0, 900.0)])
def test_the_critical_batch_of_a_hyperbola(least, critical):
    sizes = np.array([16, 64, 256, 1024, 4096])
    updates = least * (1 + critical / sizes)
    assert noise.critical_batch(sizes, updates) == pytest.approx((least, critical), rel=1e-4)
    assert noise.critical_batch(sizes, np.where(sizes < 64, np.nan, updates)) == pytest.approx(
        (least, critical), rel=1e-4
    )


def test_updates_that_do_not_depend_on_the_batch_have_their_critical_batch_below_all_sizes():
    assert noise.critical_batch([16, 64, 256], [100.0, 100.0, 100.0])[1] < 1
    assert np.isnan(noise.critical_batch([16, 64, 256], [100.0, np.nan, np.nan])).all()
    with pytest.raises(StatsError, match="above 0"):
        noise.critical_batch([16, 64], [1.0, 0.0])
