"""The gradient noise scale: how large a batch must be before its gradient is more signal than noise.

With G the gradient of the whole set and Sigma the covariance of the gradient of one example, a batch of B examples has
E|g_B|^2 = |G|^2 + tr(Sigma) / B. Two sizes of batch give both unknowns without bias,

    |G|^2 = (B |g_B|^2 - b |g_b|^2) / (B - b)        tr(Sigma) = (|g_b|^2 - |g_B|^2) / (1 / b - 1 / B),

and B_simple = tr(Sigma) / |G|^2. Each estimate is noisy and may be negative, so B_simple is the ratio of their means
over seeds; the mean of their ratios would be biased.

Two ways to a batch size stand here as well: `grown_until_noise` reads it from a training whose batch grows, and
`critical_batch` from how many updates trainings with several sizes need to a target.

Source: McCandlish, Kaplan, Amodei 2018, An empirical model of large-batch training, appendix A and section 2.3.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from scipy.signal import lfilter

from seedbed.errors import StatsError
from seedbed.stats.interval import Interval
from seedbed.stats.resampling import ratio_interval, resampled_means


def two_sizes(small: ArrayLike, large: ArrayLike, b: int, of: int) -> tuple[np.ndarray, np.ndarray]:
    """Unbiased (|G|^2, tr(Sigma)) from the mean |g_b|^2 of batches of `b` examples and |g_B|^2 of one of B = `of`.

    >>> two_sizes(small=5.0, large=2.0, b=1, of=4)
    (array(1.), array(4.))

    Raises: StatsError unless 0 < b < B.
    """
    if not 0 < b < of:
        raise StatsError(f"two sizes of batch are needed, the smaller first, got {b} and {of}; give b below B")
    small, large = np.asarray(small, float), np.asarray(large, float)
    squares, variances = (of * large - b * small) / (of - b), (small - large) / (1 / b - 1 / of)
    return np.asarray(squares), np.asarray(variances)


def of_record(record: Any, since: int = 0, until: int | None = None, level: float = 0.95) -> Interval:
    """B_simple of a record with the probe `gradient_noise`, one setting: over all traced steps from `since` to `until`.

    The estimates of a seed are averaged over its steps first, and the ratio is that of means over seeds.

    Raises: StatsError for a record without that probe, or with several settings, or without a step in that range.
    """
    squares, variances = _estimates(record)
    steps = record["step"].values
    chosen = (steps >= since) & (steps <= (np.inf if until is None else until))
    if not chosen.any():
        raise StatsError(f"no step from {since} to {until} is traced, got {steps[0]} to {steps[-1]}; take others")
    weight = np.isfinite(squares + variances)[:, chosen]
    taken = [np.where(weight, table[:, chosen], 0.0).sum(axis=1) for table in (squares, variances)]
    count = weight.sum(axis=1)
    squares, variances = (np.divide(table, count, out=np.full(len(table), np.nan), where=count > 0) for table in taken)
    return noise_scale(squares[:, np.newaxis], variances[:, np.newaxis], level)[0]


def over_steps(record: Any, level: float = 0.95) -> list[Interval]:
    """B_simple at each traced step of such a record.

    Raises: StatsError as `of_record`.
    """
    return noise_scale(*_estimates(record), level)


def noise_scale(squares: ArrayLike, variances: ArrayLike, level: float = 0.95) -> list[Interval]:
    """B_simple at each step, in examples, from two tables (seed, step), with a BCa interval over seeds.

    The mean of tr(Sigma) by the mean of |G|^2. NaN at a step where the latter is not above 0: there so many seeds
    cannot tell the gradient from noise. A seed that is not finite at a step (it diverged or stopped) is left out
    there, and `n` says how many there were.

    Raises: StatsError for arrays of different shapes.
    """
    squares, variances = np.atleast_2d(np.asarray(squares, float)), np.atleast_2d(np.asarray(variances, float))
    if squares.shape != variances.shape or squares.ndim != 2:
        raise StatsError(
            f"|G|^2 and tr(Sigma) stand side by side (seed, step), got the shapes {squares.shape} and "
            f"{variances.shape}; give two tables of equal shape"
        )
    return [_ratio(above, below, level) for above, below in zip(variances.T, squares.T, strict=True)]


def of_seeds(record: Any, since: int = 0, until: int | None = None) -> np.ndarray:
    """B_simple of every seed by itself, `(seed,)`, over the same steps; NaN where its |G|^2 is not above 0.

    The ratio of two noisy means: it spreads, and its mean is biased. For a result take `of_record`.
    """
    found = [of_record(record.isel(seed=[place]), since, until) for place in range(record.sizes["seed"])]
    return np.array([one.estimate for one in found])


def grown_until_noise(sizes: ArrayLike, squares: ArrayLike, variances: ArrayLike, memory: float = 10.0) -> np.ndarray:
    """The size at which a batch that grows from step to step is first as large as the noise scale, for each seed.

    `sizes` (step,) or (seed, step) are the examples of each update, `squares` and `variances` (seed, step) the
    estimates there. Both are averaged over about `memory` steps before they are divided: a_t = beta a_(t-1) + (1 -
    beta) x_t with beta = 1 - 1 / memory, corrected for its start. Before `memory` steps nothing is read. NaN for a
    seed whose batch never gets there.

    >>> grown_until_noise([8, 16, 32, 64], [[1.0] * 4], [[30.0] * 4], memory=2)
    array([32.])

    Raises: StatsError for tables of different shapes, or a memory below 1.
    """
    squares, variances = np.atleast_2d(np.asarray(squares, float)), np.atleast_2d(np.asarray(variances, float))
    sizes = np.asarray(sizes, float)
    if squares.shape != variances.shape or sizes.shape not in (squares.shape, squares.shape[1:]) or memory < 1:
        raise StatsError(
            f"sizes, |G|^2 and tr(Sigma) stand step by step, got the shapes {sizes.shape}, {squares.shape} and "
            f"{variances.shape} and a memory of {memory:g} steps; give them step by step, and a memory of at least 1"
        )
    sizes, beta = np.broadcast_to(sizes, squares.shape), 1 - 1 / memory
    square, variance = (np.asarray(lfilter([1 - beta], [1, -beta], table, axis=1)) for table in (squares, variances))
    reached = (square > 0) & (sizes * square >= variance)  # equal factors of the correction cancel
    reached[:, : max(int(memory) - 1, 0)] = False
    first = sizes[np.arange(len(sizes)), reached.argmax(axis=1)]
    return np.where(reached.any(axis=1), first, np.nan)


def critical_batch(sizes: ArrayLike, updates: ArrayLike) -> tuple[float, float]:
    """S_min and B_crit of S = S_min (1 + B_crit / B), by least squares on log S, from the updates S to a target.

    With E = S B examples this is (S / S_min - 1) (E / E_min - 1) = 1, E_min = S_min B_crit: at B_crit both costs are
    twice their least. B_crit is looked for between a hundredth of the smallest size and a hundred times the largest.
    Sizes that never reach the target (NaN) are left out; with fewer than three others both are NaN.

    >>> [round(float(number), 3) for number in critical_batch([16, 64, 256, 1024], [500.0, 200.0, 125.0, 106.25])]
    [100.0, 64.0]

    Source: McCandlish, Kaplan, Amodei 2018, equation 2.11.
    Raises: StatsError unless there is one number of updates above 0 for each size above 0.
    """
    sizes, updates = np.asarray(sizes, float), np.asarray(updates, float)
    if sizes.shape != updates.shape or sizes.ndim != 1 or not (sizes > 0).all() or (updates <= 0).any():
        raise StatsError(
            f"a number of updates above 0 belongs to each size of batch, got {updates.tolist()} for {sizes.tolist()}; "
            "give as many of both, NaN for a target that is never reached"
        )
    there = np.isfinite(updates)
    if there.sum() < 3:
        return np.nan, np.nan
    sizes, logs = sizes[there], np.log(updates[there])

    def gaps(log_critical: float) -> np.ndarray:
        return logs - np.log1p(np.exp(log_critical) / sizes)

    limits = (np.log(sizes.min() / 100), np.log(sizes.max() * 100))
    found: Any = minimize_scalar(lambda at: float(np.var(gaps(at))), bounds=limits, method="bounded",
                                     options={"xatol": 1e-8})  # fmt: skip
    critical = float(found.x)
    return float(np.exp(gaps(critical).mean())), float(np.exp(critical))


def _estimates(record: Any) -> tuple[np.ndarray, np.ndarray]:
    """|G|^2 and tr(Sigma) of every seed at every traced step."""
    if "gradient_noise" not in record or set(record["gradient_noise"].dims) != {"seed", "step", "estimate"}:
        raise StatsError(
            "the noise scale is read from one setting with a trace of the probe gradient_noise, got a record with "
            f"{', '.join(map(str, record.sizes))}; ask for it with probes=[sb.probes.gradient_noise()] and trace=1"
        )
    squares, variances = record["gradient_noise"].transpose("estimate", "seed", "step").values.astype(float)
    return squares, variances


def _ratio(above: np.ndarray, below: np.ndarray, level: float) -> Interval:
    there = np.isfinite(above) & np.isfinite(below)
    above, below = above[there], below[there]
    n = int(there.sum())
    if not n or below.sum() <= 0:
        return Interval(np.nan, np.nan, np.nan, level, "the gradient cannot be told from noise", n)
    if n == 1:
        return Interval(float(above[0] / below[0]), np.nan, np.nan, level, "no interval from 1 value", n)
    if np.ptp(above * below.sum() - below * above.sum()) == 0:
        ratio = float(above.sum() / below.sum())
        return Interval(ratio, ratio, ratio, level, f"all {n} agree", n)
    resampled = resampled_means(np.stack([above, below], axis=1))
    resampled = np.where(resampled[:, 1:] > 0, resampled, [[np.inf, 1.0]])  # no bound above where |G|^2 may be 0
    return ratio_interval(above, below, resampled, level)
