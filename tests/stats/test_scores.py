"""Scores and shares: against numpy and scipy, and where they degenerate."""

import json
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from seedbed.errors import StatsError
from seedbed.stats import Interval, holm, resampling, scores, wilson


@pytest.mark.parametrize("successes", [0, 1, 7, 15, 29, 30])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_wilson_agrees_with_scipy(successes, level):
    ours = wilson(successes, 30, level)
    theirs = stats.binomtest(successes, 30).proportion_ci(level, method="wilson")
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    assert ours.estimate == successes / 30
    assert 0 <= ours.low <= ours.estimate <= ours.high <= 1


@pytest.mark.parametrize("n", [8, 30, 200])
def test_wilson_covers_as_documented(n):
    """Exact: the coverage of each p, summed over the binomial law."""
    grid = np.linspace(0.001, 0.999, 999)
    bounds = np.array([(i.low, i.high) for i in (wilson(count, n) for count in range(n + 1))])
    held = (bounds[:, :1] <= grid) & (grid <= bounds[:, 1:])
    coverage = (stats.binom.pmf(np.arange(n + 1)[:, None], n, grid) * held).sum(axis=0)
    assert coverage.mean() == pytest.approx(0.95, abs=0.01)
    assert coverage[(grid > 0.2) & (grid < 0.8)].min() > 0.91
    assert coverage.min() > 0.83


@pytest.mark.parametrize(
    ("successes", "n", "words"), [(0, 0, "at least one member"), (5, 4, "between 0 and n"), (-1, 4, "0 and n")]
)
def test_shares_that_cannot_be_are_refused(successes, n, words):
    with pytest.raises(StatsError, match=words):
        wilson(successes, n)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_is_a_number_between_0_and_1(level):
    for ask in (
        lambda: wilson(1, 2, level),
        lambda: scores.mean([1.0, 2.0], level),
        lambda: scores.median([1.0, 2.0], level),
    ):
        with pytest.raises(StatsError, match="level"):
            ask()


@pytest.mark.parametrize("n", [30, 300])
def test_the_mean_is_scipys_bca_at_the_widened_level(rng, n):
    """Two resamplings of the same data: the bounds agree up to the noise of 9,999 resamples."""
    values = rng.lognormal(0, 1, n)
    ours = scores.mean(values)
    level = 2 * stats.norm.cdf(resampling.widened(n, 0.95)) - 1
    theirs = stats.bootstrap((values,), np.mean, confidence_level=level, rng=np.random.default_rng(1))
    noise = 0.05 * (ours.high - ours.low)
    assert ours.estimate == pytest.approx(values.mean())
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=noise)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=noise)


def test_the_closed_form_jackknife_is_the_jackknife(rng):
    values = rng.exponential(1, 25)
    left_out = np.array([np.delete(values, i).mean() for i in range(25)])
    gaps = left_out.mean() - left_out
    acceleration = np.sum(gaps**3) / (6 * np.sum(gaps**2) ** 1.5)
    resampled = resampling.resampled_means(values[:, None])[:, 0]
    bias = stats.norm.ppf(np.mean(resampled < values.mean()))
    shifted = bias + resampling.widened(25, 0.95) * np.array([-1, 1])
    slow = np.quantile(resampled, stats.norm.cdf(bias + shifted / (1 - acceleration * shifted)))
    ours = scores.mean(values)
    assert (ours.low, ours.high) == pytest.approx(tuple(slow))


def test_resampled_means_are_means_of_resampled_rows(rng):
    """The table of counts against the slow way: draw rows, take means, with the same stream."""
    values = rng.normal(size=(7, 3))
    values[2, 1] = np.nan
    ours = resampling.resampled_means(values)
    drawn = np.random.default_rng(resampling.SEED).integers(0, 7, (len(ours), 7))
    assert np.allclose(ours[:, 0], values[drawn, 0].mean(axis=1))
    present = np.isfinite(values[drawn, 1]).any(axis=1)
    assert np.allclose(ours[present, 1], np.nanmean(values[drawn, 1][present], axis=1))
    assert np.isnan(ours[~present, 1]).all()


def test_intervals_repeat(rng):
    values = rng.normal(size=40)
    assert scores.mean(values) == scores.mean(values)
    assert scores.interquartile_mean(values) == scores.interquartile_mean(values)


def test_the_interquartile_mean_is_the_mean_of_the_middle(rng):
    values = np.append(rng.normal(size=38), [1e6, -1e6])
    ours = scores.interquartile_mean(values)
    assert ours.estimate == pytest.approx(np.sort(values)[10:30].mean())
    assert ours.low < ours.estimate < ours.high < 10
    assert ours.method.startswith("BCa")


def test_the_method_says_when_bca_gave_way(rng):
    middle_agrees = np.append(np.full(18, 2.0), [1.0, 3.0])
    assert "degenerate" in scores.interquartile_mean(middle_agrees).method
    assert "BCa is for up to 500" in scores.interquartile_mean(rng.normal(size=501)).method
    for ours in (scores.mean(np.full(9, 0.3)), scores.interquartile_mean(np.full(9, 0.3))):
        assert ours.low == pytest.approx(0.3)
        assert ours.high == pytest.approx(0.3)
        assert "percentile" in ours.method


@pytest.mark.parametrize("q", [0.25, 0.5, 0.9])
def test_quantiles_agree_with_numpy_and_their_interval_is_exact(rng, q):
    values = rng.lognormal(0, 1, 50)
    ours = scores.quantile(values, q)
    assert ours.estimate == np.quantile(values, q)
    ordered = np.sort(values)
    low, high = np.searchsorted(ordered, [ours.low, ours.high])
    inside = stats.binom.cdf(high, 50, q) - stats.binom.cdf(low, 50, q)
    assert inside >= 0.95
    assert inside < 0.985


def test_too_few_members_bound_nothing():
    assert np.isnan(scores.median([1.0, 2.0, 3.0]).low)
    assert np.isnan(scores.mean([1.0]).low)
    assert "1 value" in scores.mean([1.0]).method
    assert "1 value" in scores.interquartile_mean([1.0]).method


def test_scores_that_are_not_finite_are_counted_and_refused():
    for ask in (scores.mean, scores.median, scores.interquartile_mean):
        with pytest.raises(StatsError, match="got 2 of 3"):
            ask([1.0, np.nan, np.inf])
        with pytest.raises(StatsError, match="shape"):
            ask([])
        with pytest.raises(StatsError, match="shape"):
            ask([[1.0, 2.0]])


def test_holm_against_its_definition(rng):
    p = rng.random(6) * 0.1
    slow = [min(1, max(other * np.sum(p >= other) for other in p if other <= one)) for one in p]
    assert np.allclose(holm(p).p, slow)


@settings(max_examples=50)
@given(st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.05, 1.0])), min_size=1, max_size=30))
def test_holm_agrees_with_statsmodels_ties_and_ends_included(p):
    with patch("gc.collect"):  # which statsmodels does in every call
        theirs = multipletests(p, method="holm")[1]
    assert np.allclose(holm(p).p, theirs, rtol=1e-14, atol=0)


def test_holm_drops_what_is_undefined_and_says_so():
    family = holm([0.01, np.nan, 0.04])
    assert family.p[[0, 2]].tolist() == [0.02, 0.04]
    assert np.isnan(family.p[1])
    assert "1 undefined test dropped" in family.method
    assert holm([np.nan]).method == "Holm over 0 tests (1 undefined test dropped)"
    assert holm([]).p.size == 0
    with pytest.raises(StatsError, match="between 0 and 1"):
        holm([1.2])


def test_an_interval_becomes_json_and_words():
    interval = Interval(1234.5, float("nan"), 2000.0, 0.95, "by hand", 8)
    assert json.loads(json.dumps(interval.plain(), allow_nan=False))["low"] is None
    assert str(interval) == "1234 [-, 2000]"


def test_means_of_several_columns_are_the_means_of_each():
    values = np.random.default_rng(4).gamma(2, size=(40, 3))
    together = scores.means(values)
    for column, one in enumerate(together):
        alone = scores.mean(values[:, column])
        assert (one.estimate, one.low, one.high, one.n) == pytest.approx((alone.estimate, alone.low, alone.high, 40))
    with pytest.raises(StatsError, match="member, column"):
        scores.means(values[:, 0])
    with pytest.raises(StatsError):
        scores.means(np.full((3, 2), np.nan))


def test_members_that_nearly_diverged_have_an_interval_too():
    """Losses of 1e150 are finite, their cubes are not: scaling all values scales the interval."""
    small, huge = (scores.mean(np.array([1.0, 2.0, 5.0, 3.0]) * size) for size in (1.0, 1e150))
    np.testing.assert_allclose([huge.low, huge.high], [1e150 * small.low, 1e150 * small.high], rtol=1e-12)
