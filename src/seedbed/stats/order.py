"""The order of settings by their mean, and how sure it is: ranks under resampled seeds, and what cannot be told apart.

For hits the values are min(T, cap), so the order is that of the restricted means. What single runs would have said is
in `single_run`: more seeds make this order surer, and leave that one as it is.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from seedbed.errors import StatsError
from seedbed.stats.families import holm
from seedbed.stats.interval import Interval, checked_level
from seedbed.stats.pairs import Better, checked_better, sign_flip
from seedbed.stats.resampling import mean_interval, resampled_means
from seedbed.stats.scores import checked

ALPHA = 0.05
GROUPS_UP_TO = 24  # settings; above, only the best is set against the others


@dataclass(frozen=True, eq=False)
class Order:
    """Settings best first. `means` and `ranks` follow `names`; equal means share the smaller rank.

    `orders`: the likeliest complete orders under resampled seeds, each best first with "=" between ties, and its share
    of the resamples. `groups`: the largest sets in which no pair can be told apart at 5 % (sets may overlap); of more
    than 24 settings only one, the best with all that cannot be told apart from it.
    """

    names: tuple[str, ...]
    means: tuple[Interval, ...]
    ranks: tuple[Interval, ...]
    orders: tuple[tuple[str, float], ...]
    groups: tuple[tuple[str, ...], ...]
    method: str


def order(
    values: Float[np.ndarray, "seed setting"],
    names: tuple[str, ...],
    better: Better = "lower",
    level: float = 0.95,
    bounds: tuple[float, float] | None = None,
    top: int = 5,
) -> Order:
    """Order the columns by mean, with rank intervals (percentiles of the ranks of resampled seeds, whole ranks).

    The same resampled seeds serve all settings. `bounds` are limits every value must obey (0 and the cap, for hits).
    Pairs for `groups` are judged by the test of the mean difference, `pairs.sign_flip`, Holm-adjusted over all pairs.

    Raises: StatsError for fewer than two seeds or settings, or values that are not finite.
    """
    _check(values, names)
    sign = 1 if checked_better(better) == "lower" else -1
    resampled = resampled_means(values)
    means = [mean_interval(values[:, j], resampled[:, j], level, bounds) for j in range(len(names))]
    size = float(np.abs(values).max()) or 1.0
    rounded = np.round(sign * resampled / size, 12)  # equal means may differ in their last bits
    drawn = stats.rankdata(rounded, method="min", axis=1).astype(np.int64)
    estimates = np.array([mean.estimate for mean in means])
    now = stats.rankdata(np.round(sign * estimates / size, 12), method="min").astype(np.int64)
    ranks = [_rank(int(now[j]), drawn[:, j], len(values), level) for j in range(len(names))]
    best = np.argsort(now, kind="stable")
    family, groups = _grouped(values, best.tolist())
    return Order(
        tuple(names[j] for j in best),
        tuple(means[j] for j in best),
        tuple(ranks[j] for j in best),
        _likeliest(drawn, names, top),
        tuple(tuple(names[j] for j in best if j in group) for group in groups),
        f"{len(resampled)} resamples of {len(values)} seeds; pairs by sign flips or paired t, {family}, 5 %",
    )


def _check(values: np.ndarray, names: tuple[str, ...]) -> None:
    if np.ndim(values) != 2:
        raise StatsError(f"an order needs values (seed, setting), got the shape {np.shape(values)}; give a table")
    checked(values.ravel())
    if values.shape[1] != len(names) or len(names) < 2:
        raise StatsError(f"an order needs at least two settings, got {values.shape[1]}; vary something")
    if len(values) < 2:
        raise StatsError("an order needs at least two seeds, got 1; run more seeds")


def _rank(now: int, drawn: np.ndarray, n: int, level: float) -> Interval:
    tail = (1 - checked_level(level)) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], method="inverted_cdf")
    return Interval(float(now), float(min(low, now)), float(max(high, now)), level, "percentiles of resampled ranks", n)


def _likeliest(drawn: np.ndarray, names: tuple[str, ...], top: int) -> tuple[tuple[str, float], ...]:
    patterns, counts = np.unique(drawn, axis=0, return_counts=True)
    most = np.argsort(-counts, kind="stable")[:top]
    return tuple((_in_words(patterns[i], names), float(counts[i] / len(drawn))) for i in most)


def _in_words(ranks: np.ndarray, names: tuple[str, ...]) -> str:
    """`relu < tanh = sigmoid`: best first, ties joined."""
    best = np.argsort(ranks, kind="stable")
    levels = itertools.groupby(best, key=lambda j: ranks[j])
    return " < ".join(" = ".join(names[j] for j in tied) for _, tied in levels)


def _grouped(values: np.ndarray, best: list[int]) -> tuple[str, list[frozenset[int]]]:
    if len(best) <= GROUPS_UP_TO:
        family, apart = _told_apart(values, list(itertools.combinations(range(len(best)), 2)))
        return family, _groups(best, apart)
    first = best[0]
    family, apart = _told_apart(values, [(first, other) for other in best[1:]])
    return f"{family}, each with the best", [frozenset(best) - {other for _, other in apart}]


def _told_apart(values: np.ndarray, pairs: list[tuple[int, int]]) -> tuple[str, set[tuple[int, int]]]:
    family = holm([sign_flip(values[:, i], values[:, j]).p for i, j in pairs])
    return family.method, {pair for pair, p in zip(pairs, family.p, strict=True) if p < ALPHA}


def _groups(best: list[int], apart: set[tuple[int, int]]) -> list[frozenset[int]]:
    """Largest sets without a pair told apart: split every set that holds such a pair, drop sets inside others.

    Source: Piepho 2004, J. Comput. Graph. Stat. 13, 456-466.
    """
    groups = {frozenset(best)}
    for pair in apart:
        split = {group - {member} for group in groups if group.issuperset(pair) for member in pair}
        groups = {group for group in groups if not group.issuperset(pair)} | split
        groups = {group for group in groups if not any(group < other for other in groups)}
    place = {setting: rank for rank, setting in enumerate(best)}
    return sorted(groups, key=lambda group: sorted(place[setting] for setting in group))
