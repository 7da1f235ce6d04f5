"""Shares of several crossed sources: by hand on a small table, the shares of a known law, intervals that cover."""

import itertools

import numpy as np
import pytest

from seedbed import stats
from seedbed.errors import StatsError

NAMES = ("weights", "data", "order")


def table(rng, sides, deviations, rest):
    """A main effect of every source, and an effect of every cell."""
    shapes = [[size if axis == at else 1 for axis, size in enumerate(sides)] for at in range(len(sides))]
    effects = (deviation * rng.standard_normal(shape) for deviation, shape in zip(deviations, shapes, strict=True))
    return sum(effects) + rest * rng.standard_normal(sides)


def test_every_pair_counted_by_a_loop():
    values = np.random.default_rng(1).standard_normal((2, 3, 4))
    cells = list(itertools.product(*map(range, values.shape)))
    pairs = {}
    for one, other in itertools.permutations(cells, 2):
        shared = tuple(i == j for i, j in zip(one, other, strict=True))
        pairs.setdefault(shared, []).append((values[one] - values[other]) ** 2)
    none = np.mean(pairs[False, False, False])
    found = stats.sources(values, NAMES)
    assert found.deviation.estimate == pytest.approx(np.sqrt(none / 2))
    for at, name in enumerate(NAMES):
        only = np.mean(pairs[tuple(axis == at for axis in range(3))])
        assert found.shares[name].estimate == pytest.approx(1 - only / none)
    assert found.together.estimate == pytest.approx(1 - sum(share.estimate for share in found.shares.values()))


def test_two_sources_are_those_of_crossed():
    values = np.random.default_rng(2).standard_normal((5, 6))
    two, maps = stats.sources(values, ("rows", "columns")), stats.crossed(values[..., None])
    for name in ("rows", "columns"):
        assert two.shares[name].estimate == pytest.approx(maps.shares[name].estimate)
        assert two.shares[name].low == pytest.approx(maps.shares[name].low)


def test_shares_are_those_of_the_law_and_intervals_cover():
    """60 tables of 8 x 8 x 8; variances 1, 2, 0 and 1 of what is left."""
    rng, truth = np.random.default_rng(3), {"weights": 0.25, "data": 0.5, "order": 0.0}
    found = [stats.sources(table(rng, (8, 8, 8), (1, 2**0.5, 0), 1), NAMES) for _ in range(60)]
    for name, share in truth.items():
        assert np.median([one.shares[name].estimate for one in found]) == pytest.approx(share, abs=0.08), name
        assert sum(one.shares[name].low <= share <= one.shares[name].high for one in found) >= 0.85 * 60, name


def test_members_that_are_all_alike_have_no_shares():
    found = stats.sources(np.ones((3, 3)), ("weights", "data"))
    assert found.deviation.estimate == 0
    assert np.isnan(found.shares["data"].estimate)
    assert "alike" in found.together.method


@pytest.mark.parametrize(
    ("values", "names", "words"),
    [
        (np.ones((1, 3)), ("a", "b"), "two levels each"),
        (np.ones((3, 3)), ("a",), "two levels each"),
        (np.ones(4), ("a",), "two levels each"),
        (np.full((2, 2), np.nan), ("a", "b"), "finite"),
        (np.ones((17, 17, 17)), NAMES, "at most 4,096 members"),
    ],
)
def test_what_is_refused(values, names, words):
    with pytest.raises(StatsError, match=words):
        stats.sources(values, names)
