"""Two settings under the same seeds: the difference, its interval, its tests, and how often one beats the other.

Everything is paired: position i of `a` and of `b` is the same seed, and only whole seeds are resampled, never single
members. For hits, give min(T, cap): the mean difference is then the difference of restricted means, and two members
that never arrive under one seed are a tie with difference 0, neither dropped nor counted for a side.
Many pairs at once: `comparisons`. Settings without common seeds: `survival.logrank`.
"""

from typing import Any, Literal

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import optimize, special, stats

from seedbed.errors import StatsError, one_of
from seedbed.record import SEED
from seedbed.stats.interval import Interval, Significance, checked_level
from seedbed.stats.resampling import difference_interval, resampled_means
from seedbed.stats.scores import alike, by_scipy, checked

Better = Literal["lower", "higher"]
Statistic = Literal["mean", "median"]


def checked_better(better: Any) -> Better:
    """Which values are the better ones, if the word is one of the two; raises StatsError otherwise."""
    return "lower" if one_of(better, ("lower", "higher"), "better", StatsError) == "lower" else "higher"


def checked_statistic(statistic: Any) -> Statistic:
    """Of what a difference or a band is, if the word is one of the two; raises StatsError otherwise."""
    return "mean" if one_of(statistic, ("mean", "median"), "the statistic", StatsError) == "mean" else "median"


EXACT_UP_TO = 13


def difference(
    a: ArrayLike | xr.DataArray,
    b: ArrayLike | xr.DataArray,
    statistic: Literal["mean", "median"] = "mean",
    level: float = 0.95,
    cap: float | int | None = None,
) -> Interval:
    """statistic(a) - statistic(b) with a paired bootstrap over seeds; for hits give `cap`, and NaN means never.

    With `cap`, both are cut to min(T, cap) first: "mean" is the difference of restricted means. The interval is
    `resampling.difference_interval` for means (also where all seeds agree), and `scores.by_scipy` for medians.

    Raises: StatsError for fewer than two seeds, seeds that are not the same, or NaN without a cap.
    """
    first, second = paired(_cut(a, cap), _cut(b, cap))
    if checked_statistic(statistic) == "median":
        return by_scipy((first, second), _median_difference, level)
    bounds = None if cap is None else (-float(cap), float(cap))
    gaps = first - second
    return difference_interval(gaps, resampled_means(gaps[:, None])[:, 0], level, bounds)


def differences(a: ArrayLike, b: ArrayLike, level: float = 0.95) -> list[Interval]:
    """`difference` of means of every column of a and b (seed, column), from one draw of seeds.

    Raises: StatsError for tables of other shapes, fewer than two seeds, or numbers that are not finite.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 2:
        raise StatsError(f"differences need two tables (seed, column) of one shape, got {first.shape}, {second.shape}")
    paired(first.ravel(), second.ravel())
    if len(first) < 2:
        raise StatsError(f"a pair needs at least two seeds, got {len(first)}; run more")
    gaps = first - second
    drawn = resampled_means(gaps)
    return [difference_interval(gaps[:, at], drawn[:, at], level) for at in range(gaps.shape[1])]


def sign_flip(a: ArrayLike | xr.DataArray, b: ArrayLike | xr.DataArray) -> Significance:
    """The test that belongs to the mean difference: under no effect each seed's difference could have either sign.

    Up to 13 seeds all 2^n sign patterns are counted; above, Student's paired t, to which that tends. No seed differs:
    p = 1. All seeds differ by the same: p = 2^(1 - n), the share of patterns as extreme, where t would be infinite.
    """
    first, second = paired(a, b)
    gaps, n = first - second, first.size
    if alike(np.append(gaps, 0.0), max(np.abs(first).max(), np.abs(second).max())):
        return Significance(0.0, 1.0, "sign flips: no seed differs", n)
    if alike(gaps, max(np.abs(first).max(), np.abs(second).max())):
        return Significance(float(gaps[0]), 2.0 ** (1 - n), "sign flips: all seeds differ by the same", n)
    if n <= EXACT_UP_TO:
        return Significance(float(gaps.mean()), _flipped(gaps), f"sign flips, all {2**n}", n)
    t = float(gaps.mean() / gaps.std(ddof=1) * n**0.5)  # scipy's ttest_rel takes ten times as long
    return Significance(t, float(2 * special.stdtr(n - 1, -abs(t))), "paired t", n)


def wilcoxon(a: ArrayLike | xr.DataArray, b: ArrayLike | xr.DataArray) -> Significance:
    """Wilcoxon's signed-rank test; seeds that tie are left out, `method` counts them. All tie: p = 1.

    It asks whether one setting is better on typical seeds, which is not the same as a better mean: with rare disasters
    the two can point in opposite directions.
    """
    first, second = paired(a, b)
    gaps, n = (first - second)[first != second], first.size
    ties = n - gaps.size
    method = "Wilcoxon signed-rank" + f", {ties} tied seed{'s' * (ties != 1)} left out" * (ties > 0)
    if ties == n:
        return Significance(0.0, 1.0, method, n)
    if gaps.size <= EXACT_UP_TO:
        ranks = stats.rankdata(np.abs(gaps))
        smaller = min(ranks[gaps > 0].sum(), ranks[gaps < 0].sum())
        return Significance(float(smaller), _flipped(ranks * np.sign(gaps)), method, n)
    result: Any = stats.wilcoxon(gaps)
    return Significance(float(result.statistic), float(result.pvalue), method, n)


def superiority(
    a: ArrayLike | xr.DataArray, b: ArrayLike | xr.DataArray, better: Better = "lower", level: float = 0.95
) -> Interval:
    """P(A beats B) under a common seed, ties counting half: (wins + ties / 2) / n, so 1/2 means no preference.

    (wins - losses) / n is a difference of two paired proportions; its interval is Tango's score interval, which uses
    how many seeds tie, keeps its width when all of them do, and is close to Wilson's when none does. Coverage of 95 %
    intervals: 0.94 or more, 0.93 with 5 seeds (docs/coverage.md).

    Source: Tango 1998, Stat. Med. 17, 891-908.

    >>> print(superiority([1.0, 2.0, 3.0, 4.0], [9.0, 9.0, 9.0, 4.0]))
    0.875 [0.4463, 0.9772]
    """
    first, second = paired(a, b)
    wins, losses = int(np.sum(first < second)), int(np.sum(first > second))
    if checked_better(better) == "higher":
        wins, losses = losses, wins
    low, high = -_tango_high(losses, wins, first.size, level), _tango_high(wins, losses, first.size, level)
    method = f"Tango score, {first.size - wins - losses} tied seeds count half"
    return Interval(0.5 + (wins - losses) / (2 * first.size), (1 + low) / 2, (1 + high) / 2, level, method, first.size)


def share_difference(a: ArrayLike | xr.DataArray, b: ArrayLike | xr.DataArray, level: float = 0.95) -> Interval:
    """share(a) - share(b) of two yes-or-no outcomes under the same seeds, with Tango's score interval.

    Only the seeds that differ count: (yes in a only - yes in b only) / n. Close to a difference of independent shares
    where the seeds do not matter, narrower where they do.

    Raises: StatsError where a value is neither 0 nor 1.
    Source: Tango 1998, Stat. Med. 17, 891-908.

    >>> print(share_difference([1, 1, 1, 0], [0, 0, 0, 0]))
    0.75 [-0.1073, 0.9544]
    """
    first, second = _yes_or_no(a, b)
    more, less = int(np.sum(first > second)), int(np.sum(first < second))
    low, high = -_tango_high(less, more, first.size, level), _tango_high(more, less, first.size, level)
    return Interval(
        (more - less) / first.size, low, high, level, f"Tango score, {more + less} seeds differ", first.size
    )


def mcnemar(a: ArrayLike | xr.DataArray, b: ArrayLike | xr.DataArray) -> Significance:
    """McNemar's exact test of two shares under the same seeds: of the seeds that differ, half should differ each way.

    The statistic is (yes in a only) - (yes in b only). No seed differs: p = 1. Source: McNemar 1947, Psychometrika 12.
    """
    first, second = _yes_or_no(a, b)
    more, less = int(np.sum(first > second)), int(np.sum(first < second))
    p = float(stats.binomtest(more, more + less).pvalue) if more + less else 1.0
    return Significance(float(more - less), p, f"McNemar exact, {more + less} seeds differ", first.size)


def _yes_or_no(a: ArrayLike | xr.DataArray, b: ArrayLike | xr.DataArray) -> tuple[np.ndarray, np.ndarray]:
    first, second = paired(a, b)
    if not np.isin(np.concatenate([first, second]), (0.0, 1.0)).all():
        raise StatsError("shares are of outcomes 0 or 1, got other numbers; compare with a bound first")
    return first, second


def paired(
    a: ArrayLike | xr.DataArray, b: ArrayLike | xr.DataArray
) -> tuple[Float[np.ndarray, " seed"], Float[np.ndarray, " seed"]]:
    """Both as arrays of finite numbers over the same seeds; raises StatsError where they are not."""
    if isinstance(a, xr.DataArray) and isinstance(b, xr.DataArray) and SEED in a.coords and SEED in b.coords:
        for side in (a, b):
            doubled = side[SEED].size - np.unique(side[SEED].values).size
            if doubled:
                raise StatsError(f"every seed may appear once, got {doubled} repeated; drop the doubles")
        only = np.setxor1d(a[SEED].values, b[SEED].values)
        if only.size:
            raise StatsError(
                f"a paired comparison needs the same seeds on both sides, got {only.size} seeds on one side only "
                f"(seed {only[0]} first); select the common seeds, or compare unpaired with a log-rank test"
            )
        b = b.sel({SEED: a[SEED]})
    first, second = checked(a), checked(b)
    if first.size != second.size:
        raise StatsError(
            f"a paired comparison needs the same seeds on both sides, got {first.size} and {second.size} members; "
            "select the common seeds, or compare unpaired with a log-rank test"
        )
    if first.size < 2:
        raise StatsError("a comparison needs at least two seeds, got 1; run more seeds")
    return first, second


def _flipped(gaps: Float[np.ndarray, " seed"]) -> float:
    """The share of sign patterns whose sum is at least as far from zero; exact, also with ties.

    One matrix product: scipy's `permutation_test`, and its `wilcoxon` where ranks tie, take seconds for 13 seeds.
    """
    signs = 1.0 - 2.0 * ((np.arange(2**gaps.size)[:, None] >> np.arange(gaps.size)) & 1)
    sums = np.abs(signs @ gaps)
    return float(np.mean(sums >= abs(gaps.sum()) - 1e-9 * np.abs(gaps).sum()))


def _cut(values: ArrayLike | xr.DataArray, cap: float | int | None) -> ArrayLike | xr.DataArray:
    if cap is None:
        return values
    if isinstance(values, xr.DataArray):
        return values.fillna(cap).clip(max=cap)
    data = np.asarray(values, dtype=np.float64)
    return np.minimum(np.where(np.isnan(data), cap, data), cap)


def _median_difference(a: np.ndarray, b: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.asarray(np.median(a, axis=axis) - np.median(b, axis=axis))


def _tango_high(wins: int, losses: int, n: int, level: float) -> float:
    """The difference d above the estimate at which the score of (wins - losses) / n = d falls to -z."""
    if wins == n:
        return 1.0
    z = float(stats.norm.ppf((1 + checked_level(level)) / 2))
    lowest = max((wins - losses) / n, -1 + 1e-9)

    def excess(d: float) -> float:
        return _tango_score(d, wins, losses, n) + z

    return float(np.asarray(optimize.brentq(excess, lowest, 1 - 1e-12)))


def _tango_score(d: float, wins: int, losses: int, n: int) -> float:
    """(wins - losses - n d) over its standard error, the share of losses being the likeliest one under d."""
    linear = -wins - losses + (2 * n - wins + losses) * d
    root = max(linear**2 + 8 * n * losses * d * (1 - d), 0.0) ** 0.5
    variance = n * ((root - linear) / (2 * n) + d * (1 - d))
    off = wins - losses - n * d
    if off == 0:
        return 0.0
    return off / variance**0.5 if variance > 0 else np.sign(off) * np.inf
