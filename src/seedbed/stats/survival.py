"""Hits as right-censored data: the step of arrival, where some members never arrive before the cap.

A member that diverged or died stays at risk to the cap: it is counted as one that never arrives, censored at the cap
and not where it broke, because breaking is no reason to expect that it would have arrived as often as the others.
So every member is observed to the cap. Kaplan-Meier then reduces to the share of all n members that has not yet
arrived, and the restricted mean to the plain mean of min(T, cap); tests hold both to be the same. The curve, its
intervals and the tests come from scipy and statsmodels.

Comparisons paired by seed are in `pairs`; `logrank` takes its groups as independent.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float
from scipy import stats

from seedbed.errors import StatsError
from seedbed.stats.interval import Interval, Significance, checked_level
from seedbed.stats.resampling import mean_intervals, most_missed, ratio_interval, resampled_means

ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Curve:
    """The share of members that has not arrived by each step, with bounds; constant between the steps."""

    step: Float[np.ndarray, " step"]
    share: Float[np.ndarray, " step"]
    low: Float[np.ndarray, " step"]
    high: Float[np.ndarray, " step"]


@dataclass(frozen=True, eq=False)
class Survival:
    """The steps at which members of one setting arrived (NaN: never before the cap), and the cap, in updates.

    Raises: StatsError for no members, a cap that is not positive, or a step outside 0..cap.

    >>> print(Survival(np.array([10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, np.nan]), 100).median())
    40 [10, 70]
    """

    hit_step: np.ndarray
    cap: float | int

    def __post_init__(self) -> None:
        data, cap = np.asarray(self.hit_step, dtype=np.float64), float(self.cap)
        object.__setattr__(self, "hit_step", data)
        object.__setattr__(self, "cap", cap)
        if data.ndim != 1 or data.size == 0:
            raise StatsError(
                f"hits are one step per member, got shape {data.shape}; select one setting with some seeds"
            )
        if not (np.isfinite(cap) and cap > 0):
            raise StatsError(
                f"the cap of hits must be a positive number of steps, got {cap:g}; give the steps of the run"
            )
        wrong = data[(data < 0) | (data > cap)]
        if wrong.size:
            raise StatsError(
                f"a hit must lie between step 0 and the cap {cap:g}, got {wrong[0]:g}; write NaN for never"
            )

    @property
    def n(self) -> int:
        """Members, those that never arrived included."""
        return self.hit_step.size

    @property
    def arrived(self) -> int:
        """Members that arrived before or at the cap."""
        return int(np.isfinite(self.hit_step).sum())

    def restricted(self) -> Float[np.ndarray, " member"]:
        """min(T, cap) of every member, in steps."""
        return np.where(np.isfinite(self.hit_step), self.hit_step, self.cap)

    def curve(self, level: float = 0.95, simultaneous: bool = False) -> Curve:
        """Kaplan-Meier from step 0 to the cap, with log-log bounds at each step.

        Where nobody or everybody has arrived, log-log is undefined and the exact binomial bound stands in. Coverage of
        95 % intervals at a step (docs/coverage.md): 0.91 with 5 members where 10 % have arrived, 0.94 from 20 on.
        `simultaneous`: bounds that hold at all steps together. Since every member is observed to the cap, 1 - S(t) is
        an empirical distribution, and S(t) -+ c with Kolmogorov's c is exact for every n (conservative where arrivals
        tie); bands for censored data, such as Hall and Wellner's, are its limit for large n only. Below 6 members
        c is above 1/2.

        Source: Kolmogorov 1933; Massart 1990, Ann. Probab. 18, 1269-1283 (c < sqrt(log(2 / alpha) / 2 n)).
        """
        survival = stats.ecdf(self.censored()).sf
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The confidence interval is undefined", RuntimeWarning)
            bounds = survival.confidence_interval(confidence_level=checked_level(level), method="log-log")
        step, share = np.asarray(survival.quantiles), np.asarray(survival.probabilities)
        missed = most_missed(self.n, level)
        low = np.select([share == 1, share == 0], [1 - missed, 0.0], np.asarray(bounds.low.probabilities))
        high = np.select([share == 1, share == 0], [1.0, missed], np.asarray(bounds.high.probabilities))
        if step[0] > 0:
            step, share = np.append(0.0, step), np.append(1.0, share)
            low, high = np.append(1 - missed, low), np.append(1.0, high)
        if step[-1] < self.cap:
            step = np.append(step, self.cap)
            share, low, high = (np.append(line, line[-1]) for line in (share, low, high))
        if simultaneous:
            reach = _kolmogorov(self.n, checked_level(level))
            low, high = np.maximum(share - reach, 0.0), np.minimum(share + reach, 1.0)
        return Curve(step, share, low, high)

    def quantile(self, q: float, level: float = 0.95) -> Interval:
        """The first step t with S(t) <= 1 - q; NaN where that does not happen before the cap ("not reached").

        This is the ceil(q n)-th arrival, also where S(t) hits 1 - q exactly. The interval is Brookmeyer and Crowley's:
        from the first step whose lower log-log bound is <= 1 - q to the first whose upper bound is; low is 0 where
        arrivals could have begun at any step, high is NaN where the cap comes first. Exact coverage of 95 %
        intervals by the binomial law, q from 0.05 to 0.95: 0.91-1 for n = 5, 0.94-1 for n = 8, 0.93-0.99 for 30,
        0.94-0.97 for 200.

        Source: Brookmeyer and Crowley 1982, Biometrics 38, 29-41.
        Elsewhere: statsmodels takes the next arrival where S(t) equals 1 - q exactly.
        """
        return self.quantiles((q,), level)[0]

    def quantiles(self, qs: tuple[float, ...], level: float = 0.95) -> list[Interval]:
        """Several quantiles of one curve; see `quantile`."""
        if not all(0 < q < 1 for q in qs):
            raise StatsError(
                f"quantiles must lie between 0 and 1, got {', '.join(map(str, qs))}; write 0.5 for the median"
            )
        curve = self.curve(level)
        found = []
        for q in qs:
            estimate, low, high = (
                _first(curve.step, line <= 1 - q + ROUNDING) for line in (curve.share, curve.low, curve.high)
            )
            method = "Kaplan-Meier, Brookmeyer-Crowley log-log" + "; not reached" * bool(np.isnan(estimate))
            found.append(Interval(estimate, low, high, level, method, self.n))
        return found

    def median(self, level: float = 0.95) -> Interval:
        """The median step of arrival; see `quantile`."""
        return self.quantile(0.5, level)

    def restricted_mean(self, level: float = 0.95) -> Interval:
        """The mean of min(T, cap): steps spent before arrival or the cap, the area under the curve; BCa over members.

        All members equal (for instance none arrived): the bounds are what n members can have missed; see
        `resampling.mean_interval`.
        Source: Royston and Parmar 2013, BMC Med. Res. Methodol. 13, 152.
        """
        return mean_intervals(self.restricted()[:, None], level, (0.0, self.cap))[0]

    def running_time(self, level: float = 0.95) -> Interval:
        """The expected running time: steps until one member has arrived, if members are started until one does.

        The steps of all members, min(T, cap), over the number that arrived: (mean of min(T, cap)) / (share arrived).
        BCa over members; `high` is NaN where too many resamples hold no arrival. All arrived: the restricted mean and
        its interval. None arrived: NaN ("none arrived"), and `low` is what n members can have missed.
        Coverage of 95 % intervals (docs/coverage.md): 0.95 or more with 5 to 1,000 members, 50 or 90 % censored; where
        nearly none arrive, because `high` is open.

        Source: Auger and Hansen 2005, CEC, 1777-1784 (success performance); Hansen et al. 2021, Optim. Methods Softw.
        36, 114-144 (section 2.5).

        >>> print(Survival(np.array([10.0, 30.0, np.nan, np.nan]), 100).running_time().estimate)
        120.0
        """
        return running_times([self], level)[0]

    def censored(self) -> stats.CensoredData:
        """The same for scipy's functions."""
        hit = np.isfinite(self.hit_step)
        return stats.CensoredData(uncensored=self.hit_step[hit], right=np.full(int((~hit).sum()), self.cap))


def running_times(settings: Sequence[Survival], level: float = 0.95) -> list[Interval]:
    """`Survival.running_time` of settings with the same seeds, from one draw of resampled seeds."""
    times = np.column_stack([one.restricted() for one in settings])
    arrived = np.column_stack([np.isfinite(one.hit_step).astype(np.float64) for one in settings])
    some = [j for j, one in enumerate(settings) if 0 < one.arrived < one.n]
    drawn = resampled_means(np.hstack([times[:, some], arrived[:, some]])) if some else np.empty((0, 0))
    found: list[Interval] = []
    for j, one in enumerate(settings):
        if one.arrived == one.n:
            found.append(one.restricted_mean(level))
        elif one.arrived == 0:
            missed = most_missed(one.n, level)
            low = one.cap * (1 - missed) / missed
            method = f"none of {one.n} arrived: what they can have missed"
            found.append(Interval(np.nan, low, np.nan, level, method, one.n))
        else:
            columns = drawn[:, [some.index(j), some.index(j) + len(some)]]
            found.append(ratio_interval(times[:, j], arrived[:, j], columns, level))
    return found


def logrank(*groups: Survival) -> Significance:
    """The log-rank test that all groups arrive alike: scipy for two groups (z), statsmodels for more (chi-squared).

    Undefined (NaN, named in `method`) where no member arrived, or all arrived at one step. With seeds shared between
    the groups it is approximate; `pairs` has the paired tests. False alarms at 5 %: up to 7 % with 5 members a group,
    5 % from 20 on (docs/coverage.md).

    Raises: StatsError for fewer than two groups, or groups with different caps.
    Source: Mantel 1966, Cancer Chemother. Rep. 50, 163-170.
    """
    if len(groups) < 2:
        raise StatsError(f"a log-rank test compares at least two groups, got {len(groups)}; give another")
    caps = sorted({group.cap for group in groups})
    if len(caps) > 1:
        raise StatsError(
            f"a log-rank test needs one cap, got {', '.join(f'{cap:g}' for cap in caps)}; cut all to {caps[0]:g}"
        )
    n = sum(group.n for group in groups)
    steps = np.concatenate([group.hit_step for group in groups])
    if np.isnan(steps).all():
        return Significance(np.nan, np.nan, "log-rank: undefined, no member arrived before the cap", n)
    if np.isfinite(steps).all() and np.ptp(steps) == 0:
        return Significance(np.nan, np.nan, "log-rank: undefined, all members arrived at one step", n)
    if len(groups) == 2:
        result = stats.logrank(groups[0].censored(), groups[1].censored())
        return Significance(float(result.statistic), float(result.pvalue), "log-rank", n)
    return _many(groups, n)


def _many(groups: tuple[Survival, ...], n: int) -> Significance:
    from statsmodels.duration.survfunc import survdiff

    times = np.concatenate([group.restricted() for group in groups])
    status = np.concatenate([np.isfinite(group.hit_step) for group in groups]).astype(np.int64)
    labels = np.repeat(np.arange(len(groups)), [group.n for group in groups])
    statistic, p = survdiff(times, status, labels)
    return Significance(float(statistic), float(p), f"log-rank of {len(groups)} groups, chi-squared", n)


@cache
def _kolmogorov(n: int, level: float) -> float:
    """The level's quantile of the largest distance of an empirical distribution of n from the true one; exact."""
    return float(stats.kstwo.ppf(level, n))


def _first(steps: Float[np.ndarray, " step"], holds: np.ndarray) -> float:
    return float(steps[np.argmax(holds)]) if holds.any() else float("nan")
