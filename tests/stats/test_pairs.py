"""Pairs by seed: against scipy and slow twins, what is tied or never arrives, and what is refused."""

import itertools

import numpy as np
import pytest
import xarray as xr
from scipy import optimize, stats

from seedbed.errors import StatsError
from seedbed.stats import Survival, equivalence, luck, pairs, wilson

NAN = float("nan")


def test_the_difference_of_restricted_means(draw_hits):
    a, b = draw_hits("skewed", 0.3, 40), draw_hits("skewed", 0.6, 40)
    ours = pairs.difference(a, b, cap=1000)
    assert ours.estimate == pytest.approx(
        Survival(a, 1000).restricted_mean().estimate - Survival(b, 1000).restricted_mean().estimate
    )
    cut = [np.where(np.isnan(steps), 1000, steps) for steps in (a, b)]
    theirs = stats.ttest_rel(*cut).confidence_interval(0.95)
    noise = 0.03 * (ours.high - ours.low)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=noise)


def test_pairing_is_used(rng):
    """A large effect of the seed, common to both, cancels from the paired difference."""
    seed = rng.normal(0, 100, 50)
    a, b = seed + rng.normal(0, 1, 50), seed + rng.normal(0, 1, 50) + 2
    paired, broken = pairs.difference(a, b), pairs.difference(a, np.roll(b, 1))
    assert paired.high < 0
    assert paired.high - paired.low < 0.05 * (broken.high - broken.low)


def test_the_difference_of_medians(rng):
    a, b = rng.exponential(1, 60), rng.exponential(3, 60)
    ours = pairs.difference(a, b, "median")
    assert ours.estimate == pytest.approx(np.median(a) - np.median(b))
    assert ours.low < ours.estimate < ours.high < 0
    assert "BCa" in ours.method


def test_swapping_the_sides_turns_everything_around(rng):
    a, b = rng.normal(0, 1, 30), rng.normal(0.5, 1, 30)
    one, other = pairs.difference(a, b), pairs.difference(b, a)
    assert (one.estimate, one.low, one.high) == pytest.approx((-other.estimate, -other.high, -other.low))
    one, other = pairs.superiority(a, b), pairs.superiority(b, a)
    assert (one.estimate, one.low, one.high) == pytest.approx((1 - other.estimate, 1 - other.high, 1 - other.low))
    assert pairs.superiority(a, b, "higher") == other
    assert pairs.sign_flip(a, b).p == pytest.approx(pairs.sign_flip(b, a).p)
    assert pairs.wilcoxon(a, b).p == pytest.approx(pairs.wilcoxon(b, a).p)


@pytest.mark.parametrize("n", [2, 5, 9])
def test_sign_flips_count_every_pattern(rng, n):
    a, b = rng.integers(0, 6, n).astype(float), rng.integers(0, 6, n).astype(float)
    b[0], b[1] = a[0] + 1, a[1] - 2
    gaps = a - b
    sums = [abs(np.dot(signs, gaps)) for signs in itertools.product((-1, 1), repeat=n)]
    slow = np.mean([total >= abs(gaps.sum()) - 1e-9 for total in sums])
    assert pairs.sign_flip(a, b).p == pytest.approx(slow)
    scipys = stats.permutation_test((gaps,), np.mean, permutation_type="samples", n_resamples=2**n)
    assert pairs.sign_flip(a, b).p == pytest.approx(scipys.pvalue)


@pytest.mark.parametrize("n", [4, 7, 20, 80])
@pytest.mark.parametrize("tied", [False, True])
def test_wilcoxon_agrees_with_scipy(rng, n, tied):
    gaps = rng.integers(-4, 6, n).astype(float) if tied else rng.normal(0.3, 1, n)
    gaps[:2] = 1.5, -2.5
    ours, theirs = pairs.wilcoxon(gaps, np.zeros(n)), stats.wilcoxon(gaps[gaps != 0])
    assert (ours.statistic, ours.p) == pytest.approx((theirs.statistic, theirs.pvalue))


def test_above_thirteen_seeds_sign_flips_become_students_t(rng):
    a, b = rng.normal(0, 1, 14), rng.normal(0.7, 1, 14)
    assert pairs.sign_flip(a, b).p == pytest.approx(stats.ttest_rel(a, b).pvalue)
    flips = stats.permutation_test((a - b,), np.mean, permutation_type="samples", n_resamples=2**14)
    assert pairs.sign_flip(a, b).p == pytest.approx(flips.pvalue, abs=0.01)


@pytest.mark.parametrize("n", [2, 8, 30])
def test_where_no_seed_differs(n):
    never = np.full(n, NAN)
    ours = pairs.difference(never, never, cap=100)
    missed = 100 * (1 - 0.025 ** (1 / n))
    assert (ours.estimate, ours.low, ours.high) == pytest.approx((0, -missed, missed))
    assert "agree" in ours.method
    same = np.full(n, 100.0)
    assert pairs.sign_flip(same, same).p == 1
    assert pairs.wilcoxon(same, same).p == 1
    assert f"{n} tied seeds" in pairs.wilcoxon(same, same).method
    beats = pairs.superiority(same, same)
    assert beats.estimate == 0.5
    assert beats.low < 0.5 < beats.high


@pytest.mark.parametrize("n", [2, 8, 30])
def test_where_all_seeds_differ_by_the_same(n):
    a = np.arange(float(n))
    ours = pairs.sign_flip(a, a + 1)
    assert ours.p == 2.0 ** (1 - n)
    assert "all seeds differ by the same" in ours.method
    assert pairs.superiority(a, a + 1).high == 1


def test_ties_and_members_that_never_arrive():
    a, b = np.array([1.0, NAN, NAN, 4.0]), np.array([2.0, NAN, 5.0, 4.0])
    ours = pairs.difference(a, b, cap=10)
    assert ours.estimate == pytest.approx((-1 + 0 + 5 + 0) / 4)
    cut = [np.where(np.isnan(steps), 10, steps) for steps in (a, b)]
    assert pairs.superiority(*cut).estimate == 0.5
    assert "2 tied seeds" in pairs.superiority(*cut).method
    assert "2 tied seeds" in pairs.wilcoxon(*cut).method


def slow_tango(wins, losses, n, level=0.95):
    """Every difference d whose score, with the likeliest share of losses under d found numerically, is within z."""
    z = stats.norm.ppf((1 + level) / 2)

    def inside(d):
        def unlikely(lost):
            shares = np.array([lost + d, lost, 1 - 2 * lost - d])
            counts = np.array([wins, losses, n - wins - losses])
            return -np.sum(counts * np.log(np.maximum(shares, 1e-300)))

        lowest, highest = max(0, -d), (1 - d) / 2
        lost = optimize.minimize_scalar(
            unlikely, bounds=(lowest, highest), method="bounded", options={"xatol": 1e-10}
        ).x
        return abs(wins - losses - n * d) <= z * np.sqrt(n * (2 * lost + d - d * d))

    grid = np.linspace(-0.998, 0.998, 500)
    held = [d for d in grid if inside(d)]
    return min(held), max(held)


@pytest.mark.parametrize(
    ("wins", "losses", "n"), [(7, 3, 20), (1, 0, 30), (0, 0, 25), (12, 0, 16), (3, 9, 12), (0, 5, 40)]
)
def test_superiority_is_tangos_interval(wins, losses, n):
    a = np.concatenate([np.zeros(wins), np.full(losses, 2.0), np.ones(n - wins - losses)])
    ours = pairs.superiority(a, np.ones(n))
    low, high = slow_tango(wins, losses, n)
    assert (2 * ours.low - 1, 2 * ours.high - 1) == pytest.approx((low, high), abs=5e-3)


@pytest.mark.parametrize("wins", [0, 5, 30])
def test_without_ties_superiority_is_close_to_wilson(wins):
    a = np.append(np.zeros(wins), np.full(30 - wins, 2.0))
    ours, theirs = pairs.superiority(a, np.ones(30)), wilson(wins, 30)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_seeds_must_be_the_same():
    a = xr.DataArray([1.0, 2.0, 3.0], coords={"seed": [0, 1, 2]})
    shuffled = xr.DataArray([30.0, 10.0, 20.0], coords={"seed": [2, 0, 1]})
    assert pairs.difference(a, shuffled).estimate == -18
    other = xr.DataArray([1.0, 2.0, 3.0], coords={"seed": [1, 2, 3]})
    for ask in (pairs.difference, pairs.wilcoxon, pairs.sign_flip, pairs.superiority):
        with pytest.raises(StatsError, match=r"2 seeds on one side only \(seed 0 first\)"):
            ask(a, other)
        with pytest.raises(StatsError, match="3 and 2 members"):
            ask([1.0, 2.0, 3.0], [1.0, 2.0])
        with pytest.raises(StatsError, match="at least two seeds, got 1"):
            ask([1.0], [2.0])
        with pytest.raises(StatsError, match="got 1 of 2"):
            ask([1.0, NAN], [1.0, 2.0])


def test_differences_of_several_columns_are_the_differences_of_each():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(30, 3)), rng.normal(size=(30, 3))
    for column, one in enumerate(pairs.differences(a, b)):
        alone = pairs.difference(a[:, column], b[:, column])
        assert (one.estimate, one.low, one.high) == pytest.approx((alone.estimate, alone.low, alone.high))
    with pytest.raises(StatsError, match="one shape"):
        pairs.differences(a, b[:, :2])
    with pytest.raises(StatsError, match="two seeds"):
        pairs.differences(a[:1], b[:1])


def test_a_difference_of_shares_is_the_preference_between_them(rng):
    """(yes here only - yes there only) / n, with the interval that `superiority` has for the same counts."""
    a, b = (rng.random(80) < 0.7).astype(float), (rng.random(80) < 0.4).astype(float)
    ours, known = pairs.share_difference(a, b), pairs.superiority(a, b, better="higher")
    assert ours.estimate == pytest.approx(a.mean() - b.mean())
    assert (ours.low, ours.high) == pytest.approx((2 * known.low - 1, 2 * known.high - 1))


def test_mcnemar_asks_only_the_seeds_that_differ():
    a, b = np.array([1.0] * 9 + [0.0] * 91), np.array([0.0] * 8 + [1.0] + [0.0] * 90 + [1.0])
    assert pairs.mcnemar(a, b).p == pytest.approx(stats.binomtest(8, 9).pvalue)
    assert pairs.mcnemar(a, a).p == 1
    assert pairs.mcnemar(np.repeat(a, 3), np.repeat(b, 3)).p < pairs.mcnemar(a, b).p


def test_a_share_is_of_yes_or_no():
    with pytest.raises(StatsError, match="0 or 1"):
        pairs.share_difference([0.0, 0.5], [1.0, 0.0])


def test_gaps_that_differ_by_rounding_alone_are_one_gap():
    """0.3 - 0.2 and 0.5 - 0.4 are no two numbers: tests answer as for the same values times ten, as whole numbers."""
    a, b = [0.3, 0.4, 0.5], [0.2, 0.3, 0.4]
    whole, other = [3, 4, 5], [2, 3, 4]
    assert pairs.sign_flip(a, b).p == pairs.sign_flip(whole, other).p == 0.25
    ours = equivalence.by_difference(a, b, 0.2)
    assert ours.p == equivalence.by_difference(whole, other, 2).p == 0.125
    assert luck.paired_need(a, b, {}, {}).expected == luck.paired_need(whole, other, {}, {}).expected


def test_doubled_seeds_are_refused():
    one = xr.DataArray([1.0, 2.0, 3.0], {"seed": [0, 0, 1]}, "seed")
    two = xr.DataArray([1.0, 2.0], {"seed": [0, 1]}, "seed")
    for a, b in ((one, two), (two, one)):
        with pytest.raises(StatsError, match="every seed may appear once, got 1 repeated"):
            pairs.difference(a, b)
