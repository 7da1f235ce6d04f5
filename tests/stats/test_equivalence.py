"""Equivalence: against statsmodels, the interval and the test say the same, false equivalence, what is refused."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

from seedbed.errors import StatsError
from seedbed.stats import equivalence


def correlated(rng, n, ratio=1.0, spread=0.3):
    """Steps of two settings under common seeds, skewed to the right; `ratio` of the true means."""
    seed, own = rng.normal(0, spread, n), rng.normal(0, spread, (2, n))
    a, b = np.exp(seed + own) * 100 * np.exp(-(spread**2))
    return ratio * a, b


@pytest.mark.parametrize("n", [5, 32, 200])
@pytest.mark.parametrize("margin", [3.0, 15.0, 60.0])
def test_differences_are_statsmodels_on_the_same_numbers(rng, n, margin):
    a, b = correlated(rng, n, 1.05)
    ours = equivalence.by_difference(a, b, margin)
    theirs = ttost_paired(a, b, -margin, margin)
    assert ours.p == pytest.approx(theirs[0], rel=1e-9)
    assert (ours.p_low, ours.p_high) == pytest.approx((theirs[1][1], theirs[2][1]), rel=1e-9)
    interval = stats.ttest_rel(a, b).confidence_interval(0.9)
    assert (ours.estimate.low, ours.estimate.high) == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_ratios_are_statsmodels_on_scaled_references(rng, share):
    """P(not below) tests a against (1 - share) b, P(not above) against (1 + share) b: each a margin of its own."""
    a, b = correlated(rng, 40, 1.1)
    ours = equivalence.by_ratio(a, b, share)
    below = ttost_paired(a - (1 - share) * b, np.zeros(40), 0, 1e9)[1][1]
    above = ttost_paired(a - (1 + share) * b, np.zeros(40), -1e9, 0)[2][1]
    assert (ours.p_low, ours.p_high) == pytest.approx((below, above), rel=1e-9)


def test_the_interval_and_the_test_say_the_same(rng):
    """p < alpha exactly where the interval at level 1 - 2 alpha lies inside the margin."""
    seen = set()
    for _ in range(100):
        a, b = correlated(rng, int(rng.integers(4, 40)), rng.uniform(0.7, 1.3))
        for found in (equivalence.by_ratio(a, b, 0.2), equivalence.by_difference(a, b, 20.0)):
            inside = found.low < found.estimate.low and found.estimate.high < found.high
            assert inside == found.equivalent, found
            seen.add(inside)
    assert seen == {True, False}


@pytest.mark.parametrize("edge", [0.8, 1.2])
def test_false_equivalence_at_the_edge_of_the_margin(rng, edge):
    """Where the true ratio is just the margin, equivalence may be found in 5 % of experiments (32 seeds, skewed)."""
    runs = 1000
    found = sum(equivalence.by_ratio(*correlated(rng, 32, edge), 0.2).equivalent for _ in range(runs))
    assert 0.03 < found / runs < 0.07, found / runs  # three standard errors of 1,000 runs


def test_power_where_they_are_the_same(rng):
    found = sum(equivalence.by_ratio(*correlated(rng, 200, 1.0), 0.2).equivalent for _ in range(100))
    assert found >= 99


def test_few_seeds_are_no_evidence_of_equality(rng):
    a, b = correlated(rng, 4, 1.0, spread=1.0)
    assert stats.ttest_rel(a, b).pvalue > 0.05
    assert not equivalence.by_ratio(a, b, 0.2).equivalent


def test_swapping_the_sides_mirrors_the_difference(rng):
    a, b = correlated(rng, 20)
    one, other = equivalence.by_difference(a, b, 9.0), equivalence.by_difference(b, a, 9.0)
    assert (one.p_low, one.p_high) == pytest.approx((other.p_high, other.p_low))
    assert one.p == pytest.approx(other.p)


def test_all_seeds_agree(rng):
    """No spread: the t test has nothing to divide by, and n equal signs are what is left."""
    b = rng.integers(5, 50, 10).astype(float)
    same = equivalence.by_difference(b, b, 1.0)
    assert (same.p, same.estimate.low, same.estimate.high) == (2.0**-10, 0.0, 0.0)
    assert equivalence.by_difference(b + 2, b, 1.0).p == 1.0
    ratio = equivalence.by_ratio(1.5 * b, b, 0.2)
    assert ratio.estimate.low == pytest.approx(1.5)
    assert not ratio.equivalent


def test_plain_is_ready_for_json(rng):
    plain = equivalence.by_ratio(*correlated(rng, 30), 0.2).plain()
    assert plain["margin"] == [0.8, 1.2]
    assert plain["estimate"]["level"] == pytest.approx(0.9)
    assert plain["estimate"]["n"] == 30


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: equivalence.by_difference([1.0, 2.0], [1.0, 2.0], 0),
            "margin of an equivalence test must be positive",
        ),
        (lambda: equivalence.by_ratio([1.0, 2.0], [1.0, 2.0], 1.5), "share .* must lie between 0 and 1, got 1.5"),
        (lambda: equivalence.by_ratio([1.0, 2.0], [-1.0, 0.0], 0.2), "reference with a positive mean, got -0.5"),
        (lambda: equivalence.by_ratio([1.0, 2.0], [1.0], 0.2), "the same seeds on both sides"),
    ],
)
def test_what_is_refused(call, sentence):
    with pytest.raises(StatsError, match=sentence):
        call()


def test_seeds_that_all_reach_the_cap_do_not_make_two_settings_equivalent():
    """Five equal members say little about those that were not drawn: one in ten apart by the whole cap is a margin."""
    capped = np.full(5, 1000.0)
    assert equivalence.by_ratio(capped, capped, 0.1).equivalent
    found = equivalence.by_ratio(capped, capped, 0.1, cap=1000)
    assert found.p == pytest.approx(0.9**5)
    assert not found.equivalent
    assert equivalence.by_ratio(np.full(40, 1000.0), np.full(40, 1000.0), 0.1, cap=1000).equivalent
    many = np.random.default_rng(0).normal(500, 5, (2, 60))
    assert equivalence.by_ratio(*many, 0.1, cap=1000).p == pytest.approx(0.95**60, rel=0.05)
