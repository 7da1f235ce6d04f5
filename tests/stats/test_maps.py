"""How alike maps are: cases whose answer is known beforehand."""

import numpy as np
import pytest

from seedbed.errors import StatsError
from seedbed.stats import maps

rng = np.random.default_rng(2)
COLUMN, ROW = "same kernel (a column)", "same image (a row)"


def by_place():
    """Three images; the map is the image's own pattern, whatever the kernel, but on a scale of its own."""
    return rng.normal(size=(3, 1, 6, 6)) * np.array([1.0, 10.0])[None, :, None, None]


def by_value():
    """Three images; each kernel has numbers of its own, in another order for every image."""
    numbers = [np.arange(36.0), 100 + np.arange(36.0) ** 2]
    return np.array([[rng.permutation(own).reshape(6, 6) for own in numbers] for _ in range(3)])


def test_maps_with_the_same_pattern_correlate():
    pairs = maps.pairs(by_place())
    np.testing.assert_allclose(pairs.groups(pairs.correlation)[ROW], 1)
    near = maps.nearest(by_place())
    assert (near["correlation"].same_image, near["correlation"].same_kernel) == (1, 0)


def test_maps_with_the_same_numbers_are_at_distance_zero():
    pairs = maps.pairs(by_value())
    groups = pairs.groups(pairs.distance)
    assert not groups[COLUMN].any()
    assert groups[ROW].min() > 100
    near = maps.nearest(by_value())
    assert (near["distance"].same_kernel, near["distance"].same_image) == (1, 0)


def test_chance_and_counts():
    of = rng.normal(size=(4, 3, 5, 5))
    pairs = maps.pairs(of)
    assert (len(pairs.distance), pairs.same_kernel.sum(), pairs.same_image.sum()) == (66, 18, 12)
    chance = maps.nearest(of)["chance"]
    assert (chance.same_kernel, chance.same_image) == (3 / 11, 2 / 11)


def test_a_constant_map_correlates_with_none():
    of = rng.normal(size=(2, 2, 4, 4))
    of[0, 0] = 0
    pairs = maps.pairs(of)
    assert np.isnan(pairs.correlation).sum() == 3
    assert np.isfinite(pairs.distance).all()
    assert sum(len(values) for values in pairs.groups(pairs.correlation).values()) == 3
    maps.nearest(of)


def test_shares_of_variance():
    kernel, image = np.array([0.0, 3.0, 6.0]), np.array([[0.0], [1.0]])
    shares = maps.variance_shares(kernel + image)
    assert shares["kernel"] == pytest.approx(6 / 6.25)
    assert shares["image"] == pytest.approx(0.25 / 6.25)
    assert shares["together"] == pytest.approx(0, abs=1e-12)
    assert np.isnan(maps.variance_shares(np.ones((2, 2)))["kernel"])


def test_kernels_foretell_their_outputs_on_noise():
    """On white noise the correlation of two outputs is the cosine of the kernels, up to the noise of 80 x 80 places."""
    kernels = rng.normal(size=(6, 3, 3))
    images = rng.normal(size=(5, 82, 82))
    seen = np.lib.stride_tricks.sliding_window_view(images, (3, 3), (1, 2))
    assert maps.foretold(kernels, np.einsum("nijab,kab->nkij", seen, kernels)) > 0.98
    assert np.isnan(maps.foretold(kernels[:2], rng.normal(size=(3, 2, 4, 4))))


def test_windows_and_roughness():
    bright, uneven = maps.windows(np.arange(12.0).reshape(1, 3, 4), (2, 2))
    np.testing.assert_allclose(bright, [[2.5, 3.5, 4.5, 6.5, 7.5, 8.5]])
    np.testing.assert_allclose(uneven, np.std([0, 1, 4, 5]))
    assert maps.roughness(np.arange(12.0).reshape(3, 4)) == 2.5
    assert maps.roughness(np.ones((2, 3, 4, 4))).tolist() == [[0, 0, 0], [0, 0, 0]]


def test_too_few_maps_are_refused():
    for shape in ((1, 3, 4, 4), (3, 1, 4, 4), (3, 4, 4)):
        with pytest.raises(StatsError, match="two images and two kernels or more, got"):
            maps.pairs(np.zeros(shape))
