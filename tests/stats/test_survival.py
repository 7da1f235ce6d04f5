"""Hits as right-censored data: against lifelines and statsmodels, by exact coverage, and where they degenerate."""

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times, restricted_mean_survival_time
from scipy import stats

from seedbed.errors import StatsError
from seedbed.stats import Hits, Members, Survival, logrank

NAN = float("nan")


def split(survival):
    return survival.restricted(), np.isfinite(survival.hit_step)


@pytest.mark.parametrize("censored", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("law", ["skewed", "tied"])
def test_curve_and_median_agree_with_lifelines(draw_hits, law, censored):
    survival = Survival(draw_hits(law, censored, 81), 1000)
    theirs = KaplanMeierFitter(alpha=0.05).fit(*split(survival))
    curve = survival.curve()
    at = [theirs.predict(step) for step in curve.step]
    assert np.allclose(curve.share, at)
    bounds = theirs.confidence_interval_survival_function_.to_numpy()
    inside = (curve.share > 0) & (curve.share < 1)
    rows = [np.searchsorted(theirs.survival_function_.index, step, side="right") - 1 for step in curve.step[inside]]
    assert np.allclose(np.c_[curve.low, curve.high][inside], bounds[rows])
    median = survival.median()
    reached = theirs.median_survival_time_
    assert median.estimate == reached or (np.isnan(median.estimate) and np.isinf(reached))
    low, high = median_survival_times(theirs.confidence_interval_survival_function_).to_numpy().ravel()
    assert median.low == low or (np.isnan(median.low) and np.isinf(low))
    assert median.high == high or (np.isnan(median.high) and np.isinf(high))


@pytest.mark.parametrize("censored", [0.0, 0.5, 0.9])
def test_restricted_mean_is_the_area_under_the_curve(draw_hits, censored):
    survival = Survival(draw_hits("tied", censored, 60), 1000)
    curve = survival.curve()
    area = np.sum(np.diff(curve.step) * curve.share[:-1])
    mean = survival.restricted_mean()
    assert mean.estimate == pytest.approx(area)
    assert mean.estimate == pytest.approx(np.mean(survival.restricted()))
    theirs = restricted_mean_survival_time(KaplanMeierFitter().fit(*split(survival)), t=1000)
    assert mean.estimate == pytest.approx(theirs)
    assert mean.low < mean.estimate < mean.high


def test_kaplan_meier_is_the_share_not_yet_arrived(draw_hits):
    survival = Survival(draw_hits("tied", 0.4, 50), 1000)
    curve = survival.curve()
    slow = [np.mean([not t <= step for t in survival.hit_step]) for step in curve.step]
    assert np.allclose(curve.share, slow)
    assert curve.step[0] == 0
    assert curve.step[-1] == 1000


@pytest.mark.parametrize("n", [4, 5, 8, 31, 40, 1000])
@pytest.mark.parametrize("q", [0.05, 0.1, 0.25, 0.3, 0.5, 0.7, 0.75, 0.9, 0.95])
def test_a_quantile_is_the_first_step_at_which_that_share_has_arrived(n, q):
    survival = Survival(np.arange(1.0, n + 1), n + 1)
    rank = int(np.ceil(round(q * n, 9)))
    assert survival.quantile(q).estimate == rank


def test_the_median_at_exactly_one_half_is_the_earlier_step():
    assert Survival(np.array([10.0, 20.0, 30.0, 40.0]), 100).median().estimate == 20
    assert Survival(np.array([10.0, 20.0, NAN, NAN]), 100).median().estimate == 20
    late = Survival(np.array([10.0, NAN, NAN]), 100).median()
    assert np.isnan(late.estimate)
    assert "not reached" in late.method


def exact_coverage(n, q):
    """The chance that the interval holds the true quantile, over the binomial count that arrived by it."""
    held = []
    for count in range(n + 1):
        steps = np.append(np.arange(1.0, count + 1), np.arange(n + 1.0, 2 * n - count + 1))
        interval = Survival(steps, 3 * n).quantile(q)
        # the true quantile lies between the arrivals numbered count and count + 1
        high = np.inf if np.isnan(interval.high) else interval.high
        low = np.inf if np.isnan(interval.low) else interval.low
        held.append(low <= n + 0.5 < high)
    return stats.binom.pmf(np.arange(n + 1), n, q)[held].sum()


@pytest.mark.parametrize("n", [8, 30, 200])
@pytest.mark.parametrize("q", [0.05, 0.25, 0.5, 0.75, 0.95])
def test_quantile_intervals_cover_as_documented(n, q):
    """Exact, no simulation: counts are whole, so that 95 % is met up to the steps of the binomial law."""
    assert exact_coverage(n, q) >= {8: 0.94, 30: 0.93, 200: 0.94}[n]
    assert exact_coverage(n, 0.5) <= 0.97


def test_logrank_agrees_with_statsmodels_and_lifelines(draw_hits):
    from lifelines.statistics import multivariate_logrank_test
    from statsmodels.duration.survfunc import survdiff

    a, b, c = (Survival(draw_hits("tied", share, 40), 1000) for share in (0.1, 0.3, 0.6))
    two, three = logrank(a, b), logrank(a, b, c)
    times, status = (np.concatenate(both) for both in zip(split(a), split(b), strict=True))
    chi, p = survdiff(times, status.astype(int), np.repeat([0, 1], 40))
    assert two.statistic**2 == pytest.approx(chi)
    assert two.p == pytest.approx(p)
    times, status = (np.concatenate(all_) for all_ in zip(split(a), split(b), split(c), strict=True))
    theirs = multivariate_logrank_test(times, np.repeat([0, 1, 2], 40), status)
    assert three.statistic == pytest.approx(theirs.test_statistic)
    assert three.p == pytest.approx(theirs.p_value)


@pytest.mark.parametrize("groups", [2, 3])
def test_a_logrank_without_information_is_named(groups):
    nobody, together = Survival(np.full(5, NAN), 100), Survival(np.full(5, 7.0), 100)
    for survival, reason in ((nobody, "no member arrived"), (together, "at one step")):
        result = logrank(*[survival] * groups)
        assert np.isnan(result.p)
        assert reason in result.method
    assert logrank(nobody, *[together] * (groups - 1)).p < 0.05


def test_nobody_arrived():
    survival = Survival(np.full(8, NAN), 100)
    assert survival.arrived == 0
    for q in (0.05, 0.5, 0.95):
        assert np.isnan(survival.quantile(q).estimate)
        assert np.isnan(survival.quantile(q).high)
    mean = survival.restricted_mean()
    missed = 1 - 0.025 ** (1 / 8)
    assert (mean.estimate, mean.high) == (100, 100)
    assert mean.low == pytest.approx(100 * (1 - missed))
    assert "all 8 agree" in mean.method


def test_everybody_arrived_at_once():
    survival = Survival(np.full(8, 40.0), 100)
    median, mean = survival.median(), survival.restricted_mean()
    assert (median.estimate, median.low, median.high) == (40, 40, 40)
    assert mean.low < 40 < mean.high < 100
    assert Survival(np.zeros(8), 100).median().estimate == 0


def test_one_member():
    survival = Survival(np.array([40.0]), 100)
    assert survival.median().estimate == 40
    assert np.isnan(survival.median().high)
    assert np.isnan(survival.restricted_mean().low)
    assert "1 value" in survival.restricted_mean().method


def test_a_hit_at_the_cap_is_an_arrival():
    survival = Survival(np.array([100.0, 100.0, NAN, NAN]), 100)
    assert survival.arrived == 2
    assert survival.median().estimate == 100


@pytest.mark.parametrize(
    ("hit_step", "cap", "words"),
    [
        ([], 100, "shape"),
        ([[1.0]], 100, "shape"),
        ([1.0], 0, "positive"),
        ([1.0], NAN, "positive"),
        ([101.0], 100, "write NaN for never"),
        ([np.inf], 100, "write NaN for never"),
        ([-1.0], 100, "between step 0 and the cap"),
    ],
)
def test_what_is_not_hits_is_refused(hit_step, cap, words):
    with pytest.raises(StatsError, match=words):
        Survival(np.array(hit_step), cap)


def test_a_logrank_needs_two_groups_and_one_cap():
    one = Survival(np.array([1.0, 2.0]), 100)
    with pytest.raises(StatsError, match="at least two groups"):
        logrank(one)
    with pytest.raises(StatsError, match="one cap"):
        logrank(one, Survival(np.array([1.0]), 200))
    with pytest.raises(StatsError, match="between 0 and 1"):
        one.quantile(1.5)


def test_expected_running_time_is_all_steps_over_arrivals(draw_hits):
    found = draw_hits("skewed", 0.5, 60)
    ours = Survival(found, 1000).running_time()
    steps = np.where(np.isnan(found), 1000, found)
    assert ours.estimate == pytest.approx(steps.sum() / np.isfinite(found).sum())
    assert ours.low < ours.estimate < ours.high
    # a ratio of means: scipy's BCa of the same ratio, members resampled whole
    columns = np.array([steps, np.isfinite(found).astype(float)])
    theirs = stats.bootstrap(
        tuple(columns), lambda s, a, axis: s.sum(axis=axis) / a.sum(axis=axis), paired=True, vectorized=True,
        n_resamples=4000, method="BCa", rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    width = theirs.high - theirs.low
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.15 * width)


def test_running_times_of_several_settings_are_those_of_each(draw_hits):
    table = np.column_stack(
        [draw_hits("skewed", 0.5, 30), np.full(30, NAN), np.arange(1.0, 31), draw_hits("tied", 0.5, 30)]
    )
    members = Members(tuple({"s": j} for j in range(4)), np.arange(30), table)
    together = [str(one) for one in Hits(members, 1000.0).running_times()]
    assert together == [str(Survival(one, 1000).running_time()) for one in table.T]


def test_running_time_where_all_or_none_arrived():
    every, nobody = Survival(np.array([10.0, 20.0, 30.0]), 100), Survival(np.full(8, NAN), 100)
    assert every.running_time() == every.restricted_mean()
    none = nobody.running_time()
    missed = 1 - 0.025 ** (1 / 8)
    assert np.isnan(none.estimate)
    assert np.isnan(none.high)
    assert none.low == pytest.approx(100 * (1 - missed) / missed)
    assert "none of 8 arrived" in none.method
    rare = Survival(np.append(np.full(9, NAN), 50.0), 100).running_time()
    assert rare.estimate == 950
    assert np.isnan(rare.high)  # a third of the resamples hold no arrival


def test_a_band_for_all_steps_is_kolmogorov_s(draw_hits):
    survival = Survival(draw_hits("skewed", 0.4, 40), 1000)
    curve, wide = survival.curve(), survival.curve(simultaneous=True)
    reach = stats.kstwo.ppf(0.95, 40)
    inside = (curve.share > reach) & (curve.share < 1 - reach)
    assert np.allclose((wide.high - wide.low)[inside], 2 * reach)
    assert wide.low.min() >= 0
    assert wide.high.max() <= 1
    assert reach < np.sqrt(np.log(2 / 0.05) / 80)
    # a true curve at just less than that distance is inside, by scipy's own test
    assert stats.ks_1samp(np.arange(1, 41) / 41, stats.uniform.cdf).pvalue > 0.05
