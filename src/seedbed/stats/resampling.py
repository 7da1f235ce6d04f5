"""Means under resampling of seeds: one draw of seeds serves every setting at once, which keeps them paired.

A resample of seeds enters a mean only through how often each seed was drawn, so all settings and all pairs of
settings share one table of counts and one matrix product. `scipy.stats.bootstrap` gathers every resample of every
sample anew, and its BCa runs an n x n jackknife, which for a mean has a closed form; with 10,000 seeds and 28 pairs
that is the difference between one second and minutes. Statistics that are not means go through scipy
(`scores`, `pairs`); a test holds the two together.

Randomness: numpy's default generator from `SEED` on every call, so that the same record gives the same interval.
"""

import numpy as np
from jaxtyping import Float
from scipy import stats

from seedbed.stats.interval import Interval, checked_level

SEED = 271_828
MOST, LEAST, BUDGET, CHUNK = 9_999, 2_000, 20_000_000, 1_000_000


def resamples(n: int) -> int:
    """How many resamples of n seeds are drawn: 9,999 up to 2,000 seeds, 2,000 from 10,000 on, n x resamples = 2e7 between.

    >>> resamples(256), resamples(5_000), resamples(10_000)
    (9999, 4000, 2000)
    """
    return int(np.clip(BUDGET // n, LEAST, MOST))


def resampled_means(values: Float[np.ndarray, "seed column"]) -> Float[np.ndarray, "resample column"]:
    """The mean of every column under each resample of the seeds (rows); NaN marks a value that does not exist.

    A resample that happens to draw no existing value of a column gives NaN there.
    """
    n, columns = values.shape
    present = np.isfinite(values)
    complete = bool(present.all())
    filled = np.where(present, values, 0.0)
    both = filled if complete else np.hstack([filled, present])
    rng = np.random.default_rng(SEED)
    rows = max(1, CHUNK // n)
    sums = np.vstack([_counts(rng, size, n) @ both for size in _portions(resamples(n), rows)])
    with np.errstate(invalid="ignore"):
        return sums / n if complete else sums[:, :columns] / sums[:, columns:]


def mean_interval(
    values: Float[np.ndarray, " seed"],
    resampled: Float[np.ndarray, " resample"],
    level: float = 0.95,
    bounds: tuple[float, float] | None = None,
) -> Interval:
    """The mean of the values that exist, with the bias-corrected and accelerated (BCa) interval of its resamples.

    Where all values agree, resampling sees no spread. Without `bounds` the interval is then the point, as the
    percentile bootstrap has it, and `method` says so. With `bounds` (a, b) between which every value must lie,
    it is [(1 - u) v + u a, (1 - u) v + u b] with u = 1 - ((1 - level) / 2)^(1/n), the largest share of other values
    that n members can have missed. One value alone has no interval (NaN).

    Coverage (simulated, 95 %): 0.93-0.96 for hits at 0-97 % censored from 30 seeds on (0.92 where about three
    members arrived), 0.86-0.95 with 8 seeds; a long right tail without a cap lowers it (log-normal, sigma 1:
    0.80 at n = 8, 0.89 at 30, 0.93 at 200).
    Source: Efron 1987, J. Am. Stat. Assoc. 82, 171-185.
    """
    kept = values[np.isfinite(values)]
    n, estimate = kept.size, float(kept.mean()) if kept.size else np.nan
    if n < 2:
        return Interval(estimate, np.nan, np.nan, level, f"no interval from {n or 'no'} value{'s' * (n != 1)}", n)
    if np.ptp(kept) == 0:
        return _agreeing(estimate, n, level, bounds)
    low, high = _bca(kept, resampled[np.isfinite(resampled)], level)
    return Interval(estimate, low, high, level, f"BCa bootstrap over seeds, {resampled.size} resamples", n)


def mean_intervals(
    values: Float[np.ndarray, "seed column"], level: float = 0.95, bounds: tuple[float, float] | None = None
) -> list[Interval]:
    """`mean_interval` of every column, from one draw of seeds."""
    resampled = resampled_means(values)
    return [mean_interval(values[:, column], resampled[:, column], level, bounds) for column in range(values.shape[1])]


def most_missed(n: int, level: float) -> float:
    """The largest share of members of another kind that n equal members are compatible with: 1 - ((1 - level) / 2)^(1/n).

    The Clopper-Pearson bound for 0 of n; about 3.7 / n at 95 %.
    """
    return 1 - ((1 - checked_level(level)) / 2) ** (1 / n)


def _portions(total: int, size: int) -> list[int]:
    return [min(size, total - start) for start in range(0, total, size)]


def _counts(rng: np.random.Generator, rows: int, n: int) -> Float[np.ndarray, "row seed"]:
    """How often each of n seeds is drawn in each of so many resamples."""
    drawn = rng.integers(0, n, (rows, n)) + n * np.arange(rows)[:, None]
    return np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def _agreeing(value: float, n: int, level: float, bounds: tuple[float, float] | None) -> Interval:
    if bounds is None:
        return Interval(value, value, value, level, f"percentile bootstrap: all {n} agree", n)
    missed = most_missed(n, level)
    low, high = ((1 - missed) * value + missed * bound for bound in bounds)
    return Interval(value, low, high, level, f"all {n} agree: what {n} members can have missed", n)


def _bca(values: Float[np.ndarray, " seed"], resampled: Float[np.ndarray, " resample"], level: float) -> tuple[float, float]:
    """Bounds from the resampled means, shifted for bias and skewness; the jackknife of a mean in closed form."""
    centred = values - values.mean()
    acceleration = np.sum(centred**3) / (6 * np.sum(centred**2) ** 1.5)
    below = (np.mean(resampled < values.mean()) + np.mean(resampled <= values.mean())) / 2
    bias = stats.norm.ppf(below)
    tail = (1 - checked_level(level)) / 2
    shifted = bias + stats.norm.ppf([tail, 1 - tail])
    low, high = np.quantile(resampled, stats.norm.cdf(bias + shifted / (1 - acceleration * shifted)))
    return float(low), float(high)
