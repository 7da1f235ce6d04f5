"""Two sources of chance, crossed: how much of what differs between networks is due to each, and to both together.

Members are a table: rows are levels of one source (data sets), columns of the other (initial draws), one member in each
cell. Nothing is averaged over one source to judge the other: every pair of members counts by what the two share.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from seedbed.errors import StatsError
from seedbed.stats.interval import Interval, checked_level
from seedbed.stats.resampling import SEED

RESAMPLES = 999
METHOD = f"rows and columns resampled, percentiles of {RESAMPLES} resamples"


@dataclass(frozen=True)
class Crossed:
    """What two members differ by, as the mean of (a - b)^2 over places, and where it comes from.

    `same_row`, `same_column`: pairs that share one source. `neither`: pairs that share none. `shares` of the variance
    of a member with both drawn anew: "rows" alone, "columns" alone, "together" (what neither alone explains).
    """

    same_row: Interval
    same_column: Interval
    neither: Interval
    shares: Mapping[str, Interval]


def crossed(values: Float[np.ndarray, "row column place"], level: float = 0.95) -> Crossed:
    """Differences of members (row, column) and their sources; for values 0 and 1 the share of places where two differ.

    Under y = m + r_i + c_j + e_ij with independent parts, half the mean of (y - y')^2 is v_c + v_e for pairs of one
    row, v_r + v_e for pairs of one column, and v_r + v_c + v_e for pairs that share neither. So v_r = (neither -
    same_row) / 2 and so on, without bias; a share that is nothing may come out a little below 0. Intervals: rows and
    columns are resampled independently, pairs of a cell with its own copy left out. They are percentiles, wide
    rather than narrow: coverage of 95 % intervals (simulated, 8 and 16 levels of each source, shares from 0.05 to
    0.65) was 0.95 to 1.

    Raises: StatsError for fewer than two rows or columns, or values that are not finite.
    Source: Owen 2007, The pigeonhole bootstrap, Ann. Appl. Stat. 1, 386-411.

    >>> found = crossed(np.array([[[0.0], [0.0]], [[1.0], [1.0]]]))
    >>> found.same_row.estimate, found.same_column.estimate, found.shares["rows"].estimate
    (0.0, 1.0, 1.0)
    """
    rows, columns = values.shape[:2]
    if min(rows, columns) < 2 or values.shape[2] == 0:
        raise StatsError(f"a crossed table needs two rows, two columns and a place, got {values.shape}; run more")
    if not np.isfinite(values).all():
        raise StatsError("a crossed table needs finite values; leave out rows or columns that diverged, and say so")
    rng = np.random.default_rng(SEED)
    drawn = (rng.multinomial(size, np.full(size, 1 / size), RESAMPLES) for size in (rows, columns))
    r, c = (np.vstack([np.ones(counts.shape[1]), counts]) for counts in drawn)  # the first is the table itself
    means = _pair_means(_distances(values), r, c)
    same_row, same_column, neither = means
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = {
            "rows": (neither - same_row) / neither,
            "columns": (neither - same_column) / neither,
            "together": (same_row + same_column - neither) / neither,
        }
    n = rows * columns
    row, column, apart = (_interval(mean, level, n) for mean in means)
    return Crossed(row, column, apart, {name: _interval(share, level, n) for name, share in shares.items()})


def _distances(values: np.ndarray) -> np.ndarray:
    """Mean of (a - b)^2 over places for every pair of cells, (row, column, row, column)."""
    flat = values.reshape(-1, values.shape[2]).astype(np.float64)
    flat = flat - flat.mean(axis=0)  # keeps the digits of what follows
    inner = flat @ flat.T / flat.shape[1]
    square = np.diag(inner)
    return np.maximum(square[:, None] + square - 2 * inner, 0).reshape(*values.shape[:2], *values.shape[:2])


def _pair_means(distances: np.ndarray, r: np.ndarray, c: np.ndarray) -> list[np.ndarray]:
    """The mean distance of the three kinds of pairs under every pair of weights of rows and columns, (resample,)."""
    rows, columns = distances.shape[:2]
    in_row = distances[np.arange(rows), :, np.arange(rows), :]  # (row, column, column)
    in_column = distances[:, np.arange(columns), :, np.arange(columns)]  # (column, row, row)
    apart = distances * (1 - np.eye(rows))[:, None, :, None] * (1 - np.eye(columns))[None, :, None, :]
    weights = (r[:, :, None] * c[:, None, :]).reshape(len(r), -1)
    both = np.einsum("ki,ki->k", weights @ apart.reshape(rows * columns, -1), weights)
    pairs_r, pairs_c = (w.sum(axis=1) ** 2 - (w**2).sum(axis=1) for w in (r, c))
    one_row = ((_outer(c) @ in_row.reshape(rows, -1).T) * r**2).sum(axis=1)
    one_column = ((_outer(r) @ in_column.reshape(columns, -1).T) * c**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return [one_row / ((r**2).sum(axis=1) * pairs_c), one_column / ((c**2).sum(axis=1) * pairs_r),
                both / (pairs_r * pairs_c)]  # fmt: skip


def _outer(weights: np.ndarray) -> np.ndarray:
    """The products of all pairs of weights, (resample, pair)."""
    return (weights[:, :, None] * weights[:, None, :]).reshape(len(weights), -1)


def _interval(values: np.ndarray, level: float, n: int) -> Interval:
    """The first value with the percentiles of the others, as far as these are defined."""
    tail, kept = (1 - checked_level(level)) / 2, values[1:][np.isfinite(values[1:])]
    estimate = float(values[0])
    if not kept.size:
        return Interval(estimate, np.nan, np.nan, level, "undefined: all members are alike", n)
    low, high = np.quantile(kept, [tail, 1 - tail])
    return Interval(estimate, float(min(low, estimate)), float(max(high, estimate)), level, METHOD, n)
