"""Where the variation between networks comes from: several sources of chance, fully crossed, and the share of each.

Members are a table with one axis per source (initial weights, data, order of examples) and one member in each cell.
Nothing is averaged over one source to judge another: every pair of members counts by what the two share, so that
sources may act together in any way. Two sources with many places each, such as maps: `crossed`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from seedbed.errors import StatsError
from seedbed.stats.interval import Interval, checked_level
from seedbed.stats.resampling import SEED

RESAMPLES = 999
MOST_CELLS = 4_096  # the pairs of so many members are 16.8 million


@dataclass(frozen=True)
class Sources:
    """The variance of one member with every source drawn anew, and the share of it that each source is alone.

    `deviation` is the square root of that variance, in the unit of the values. `shares` follow the names of the
    sources; `together` is what no source explains alone. They sum to 1. `levels`: how many of each source there were.
    """

    deviation: Interval
    shares: Mapping[str, Interval]
    together: Interval
    levels: Mapping[str, int]

    def plain(self) -> dict[str, Any]:
        """The same as JSON-ready data."""
        return {"deviation": self.deviation.plain(), "together": self.together.plain(), "levels": dict(self.levels),
                "shares": {name: share.plain() for name, share in self.shares.items()}}  # fmt: skip


def sources(values: Float[np.ndarray, "*source"], names: Sequence[str], level: float = 0.95) -> Sources:
    """The variance components of a full crossing: y = m + sum of an effect of each source + of their interactions.

    Half the mean of (y - y')^2 over pairs that share no source is the whole variance v; over pairs that share source s
    and no other it is v - v_s, whatever the interactions. So v_s is a difference of two means of pairs, without bias;
    a source that does nothing may come out a little below 0. Intervals: the levels of every source are resampled, and
    pairs of a level with its own copy count as sharing it (the pigeonhole bootstrap). They are percentiles of 999
    resamples, wide rather than narrow.

    Raises: StatsError for fewer than two sources or two levels of one, more than 4,096 members, or values that are not
    finite.
    Source: Searle, Casella and McCulloch 1992, Variance Components; Owen 2007, Ann. Appl. Stat. 1, 386-411.

    >>> found = sources(np.array([[0.0, 0.0], [2.0, 2.0]]), ("data", "weights"))
    >>> found.shares["data"].estimate, found.shares["weights"].estimate
    (1.0, 0.0)
    """
    _check(values, names)
    flat = values.reshape(-1, 1).astype(np.float64)
    means = pair_means(distances(flat), values.shape, weights_of(values.shape))
    with np.errstate(invalid="ignore", divide="ignore"):
        neither, alone = means[0], [(means[0] - one) / means[0] for one in means[1:]]
    n = values.size
    method = f"levels of all sources resampled, percentiles of {RESAMPLES} resamples"
    shares = {name: percentiles(share, level, n, method) for name, share in zip(names, alone, strict=True)}
    return Sources(
        percentiles(np.sqrt(neither / 2), level, n, method),
        shares,
        percentiles(1 - np.sum(alone, axis=0), level, n, method),
        dict(zip(names, values.shape, strict=True)),
    )


def weights_of(shape: Sequence[int]) -> list[Float[np.ndarray, "resample _"]]:
    """How often each level of each source is drawn; the first row is the table itself."""
    rng = np.random.default_rng(SEED)
    drawn = (rng.multinomial(size, np.full(size, 1 / size), RESAMPLES) for size in shape)
    return [np.vstack([np.ones(counts.shape[1]), counts]) for counts in drawn]


def distances(flat: Float[np.ndarray, "member place"]) -> Float[np.ndarray, "member member"]:
    """The mean of (a - b)^2 over places for every pair of members."""
    centred = flat - flat.mean(axis=0)  # keeps the digits of what follows
    inner = centred @ centred.T / centred.shape[1]
    square = np.diag(inner)
    return np.maximum(square[:, None] + square - 2 * inner, 0)


def pair_means(
    apart: Float[np.ndarray, "member member"],
    shape: Sequence[int],
    weights: Sequence[Float[np.ndarray, "resample _"]],
) -> list[Float[np.ndarray, " resample"]]:
    """The mean distance of pairs that share no source, then of those that share one and no other, by source."""
    whole = np.ones((len(weights[0]), 1))
    for one in weights:
        whole = (whole[:, :, None] * one[:, None, :]).reshape(len(one), -1)
    place = np.indices(tuple(shape)).reshape(len(shape), -1)
    same = place[:, :, None] == place[:, None, :]  # (source, member, member)
    shared = same.sum(axis=0, dtype=np.int8)
    twice = np.array([(one**2).sum(axis=1) for one in weights])  # pairs of a level with itself, by source
    other = np.array([one.sum(axis=1) ** 2 for one in weights]) - twice
    found: list[np.ndarray] = []
    with np.errstate(invalid="ignore", divide="ignore"):
        for at in (None, *range(len(weights))):
            kind = shared == 0 if at is None else (shared == 1) & same[at]
            total = np.einsum("ki,ki->k", whole @ np.where(kind, apart, 0.0), whole)
            pairs = [twice[k] if k == at else other[k] for k in range(len(weights))]
            found.append(total / np.prod(pairs, axis=0))
    return found


def percentiles(values: Float[np.ndarray, " resample"], level: float, n: int, method: str) -> Interval:
    """The first value with the percentiles of the others, as far as these are defined."""
    tail, kept = (1 - checked_level(level)) / 2, values[1:][np.isfinite(values[1:])]
    estimate = float(values[0])
    if not (kept.size and np.isfinite(estimate)):
        return Interval(estimate, np.nan, np.nan, level, "undefined: all members are alike", n)
    low, high = np.quantile(kept, [tail, 1 - tail])
    return Interval(estimate, float(min(low, estimate)), float(max(high, estimate)), level, method, n)


def _check(values: np.ndarray, names: Sequence[str]) -> None:
    if values.ndim != len(names) or values.ndim < 2 or min(values.shape) < 2:
        raise StatsError(
            f"sources need two levels each of at least two named sources, got {values.shape} for "
            f"{', '.join(names) or 'no names'}; run more"
        )
    if values.size > MOST_CELLS:
        raise StatsError(f"a crossing may have at most {MOST_CELLS:,} members, got {values.size:,}; take fewer levels")
    if not np.isfinite(values).all():
        raise StatsError("a crossing needs finite values; leave out levels with members that diverged, and say so")
