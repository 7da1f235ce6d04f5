"""The lucky-seed meter: what picking the best of k seeds gains, where well-known seeds fall, how many seeds are needed.

Values are one finite number per member; for hits `hits(record).restricted()`, so that steps count up to the cap. The
chance that one run tells the wrong order is in `single_run`; adding seeds until an answer is sure, in `sequential`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import special

from seedbed.errors import StatsError
from seedbed.record import name_of
from seedbed.stats.comparisons import chosen_pairs
from seedbed.stats.interval import Interval, checked_level, finite
from seedbed.stats.members import ALONE, Members
from seedbed.stats.pairs import Better, checked_better, paired
from seedbed.stats.proportions import score_bounds
from seedbed.stats.scores import alike, checked

WELL_KNOWN = (0, 42, 3407)
PICKED = (3, 5, 10)
POWERS = (0.8, 0.9)


@dataclass(frozen=True)
class Luck:
    """One setting: its mean, by k the expected best of k and its gain over the mean, by seed the share it beats."""

    levels: Mapping[str, Any]
    mean: float
    best: Mapping[int, float]
    gains: Mapping[int, Interval]
    beaten: Mapping[int, Interval]

    @property
    def name(self) -> str:
        """The setting in words."""
        return name_of(self.levels) or ALONE

    def plain(self) -> dict[str, Any]:
        """The same as JSON-ready data."""
        return {"factors": dict(self.levels), "mean": finite(self.mean),
                "best_of": {str(k): {"mean": finite(self.best[k]), "gain": gain.plain()}
                            for k, gain in self.gains.items()},
                "seeds": {str(seed): share.plain() for seed, share in self.beaten.items()}}  # fmt: skip


@dataclass(frozen=True)
class Needed:
    """How many seeds would tell two settings apart, by power.

    `expected` takes the difference as observed in a pilot of `n` seeds, `cautious` the end of its 95 % interval that is
    nearer to 0; None where that interval holds 0 (or all seeds differ by the same), so that no number can be given.
    """

    a: Mapping[str, Any]
    b: Mapping[str, Any]
    n: int
    expected: Mapping[float, int | None]
    cautious: Mapping[float, int | None]
    method: str

    def plain(self) -> dict[str, Any]:
        """The same as JSON-ready data."""
        return {"a": dict(self.a), "b": dict(self.b), "n": self.n, "method": self.method,
                "expected": {f"{power:g}": seeds for power, seeds in self.expected.items()},
                "cautious": {f"{power:g}": seeds for power, seeds in self.cautious.items()}}  # fmt: skip


def best_of(values: ArrayLike, k: int, better: Better = "lower") -> float:
    """The mean over all choices of k of the n members of the best one chosen: exact, and unbiased for k new members.

    sum over i of C(i - 1, k - 1) / C(n, k) times the i-th value, counted from the worst.
    Source: Tang et al. 2020, ACL, 2766-2770. Elsewhere: Dodge et al. 2019, EMNLP, 2185-2194 draw with replacement,
    weights (i / n)^k - ((i - 1) / n)^k, which makes the best of k too bad on average unless k is small beside n.

    Raises: StatsError for k outside 1..n, or values that are not finite.

    >>> best_of([1.0, 2.0, 3.0, 4.0], 2), best_of([1.0, 2.0, 3.0, 4.0], 2, "higher")
    (1.6666666666666667, 3.333333333333333)
    """
    ordered = _worst_first(values, k, better)
    return float(_chances(ordered.size, k) @ ordered) * (1 if better == "higher" else -1)


def gain(values: ArrayLike, k: int, better: Better = "lower", level: float = 0.95) -> Interval:
    """How much better the best of k members is than a member on average, in the unit of the values, at least 0.

    The interval: g exp(+- t s / g), g the gain, s its jackknife error (leaving out each member, in closed form) and t
    Student's with n - 1 degrees of freedom. A bootstrap of such ends of a distribution holds the truth no more often
    and costs 1,000 times as much. Best of 5, coverage of 95 % intervals (docs/coverage.md): 0.93 or more for normal
    values; less where the good end has a long tail (log-normal, sigma 1: 0.79 with 20 members, 0.89 with 100, 0.92
    with 1,000): what has not been seen yet is not in the data. The bad end's tail costs less (0.88, 0.91, 0.94).
    k >= n: NaN.

    Raises: StatsError for k below 1, or values that are not finite.

    >>> print(gain([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2))
    1.167 [0.6311, 2.157]
    """
    data = checked(values)
    n = data.size
    if k >= n:
        return Interval(np.nan, np.nan, np.nan, level, f"the best of {k} needs more than {k} members", n)
    ordered = _worst_first(data, k, better)
    best, mean = float(_chances(n, k) @ ordered), float(ordered.mean())
    found = best - mean
    if k == 1:
        return Interval(0.0, 0.0, 0.0, level, "exact: one member", n)
    if np.ptp(ordered) == 0:
        return Interval(0.0, 0.0, np.nan, level, f"all {n} agree, which bounds no gain of others", n)
    without = (n * best - k * _given(ordered, k)) / (n - k) - (n * mean - ordered) / (n - 1)
    error = float(np.sqrt((n - 1) * without.var()))
    reach = math.exp(float(special.stdtrit(n - 1, (1 + checked_level(level)) / 2)) * error / found)
    return Interval(found, found / reach, found * reach, level, "jackknife, t on the scale of logarithms", n)


def seed_luck(
    members: Members,
    better: Better = "lower",
    ks: Sequence[int] = PICKED,
    seeds: Sequence[int] = WELL_KNOWN,
    level: float = 0.95,
) -> list[Luck]:
    """Every setting's luck: the gain of the best of k, and the share of the other seeds that given seeds beat.

    Ties count half. Seeds that the members do not have are left out. The interval of a share is Wilson's: of all seeds
    there could be, how many this one beats.
    """
    checked_better(better)
    found: list[Luck] = []
    for j, levels in enumerate(members.settings):
        values = checked(members.values[:, j])
        at = {seed: int(np.flatnonzero(members.seeds == seed)[0]) for seed in seeds if seed in members.seeds}
        best = {k: best_of(values, k, better) if k <= values.size else np.nan for k in ks}
        gains = {k: gain(values, k, better, level) for k in ks}
        beaten = {seed: _beaten(values, i, better, level) for seed, i in at.items()}
        found.append(Luck(levels, float(values.mean()), best, gains, beaten))
    return found


def needed(members: Members, powers: Sequence[float] = POWERS, alpha: float = 0.05) -> list[Needed]:
    """For every pair, how many seeds a paired t test at level alpha needs to see its difference.

    n = (z_(1 - alpha / 2) + z_power)^2 s^2 / d^2 + z_(1 - alpha / 2)^2 / 2, d the mean of the paired differences and s
    their standard deviation; within one seed of the exact power from about 10 seeds on. The pairs: as in `pairwise`.

    Its limits: a pilot knows d and s only roughly, which `cautious` shows; a difference picked because it looked large
    is smaller in truth; very skewed differences need more; no adjustment for several pairs (give alpha / pairs).

    Raises: StatsError for fewer than two seeds or settings, or values that are not finite.
    Source: Guenther 1981, Am. Stat. 35, 243-244.
    """
    if len(members.settings) < 2:
        raise StatsError("how many seeds a pair needs takes two settings, got 1; vary something")
    return [
        paired_need(members.values[:, i], members.values[:, j], members.settings[i], members.settings[j], powers, alpha)
        for i, j in chosen_pairs(members.settings)
    ]


def paired_need(
    a: ArrayLike, b: ArrayLike, a_levels: Mapping[str, Any], b_levels: Mapping[str, Any],
    powers: Sequence[float] = POWERS, alpha: float = 0.05,
) -> Needed:  # fmt: skip
    """`needed` of one pair under the same seeds."""
    first, second = paired(a, b)
    gaps, n = first - second, first.size
    spread = float(gaps.std(ddof=1))
    middle = abs(float(gaps.mean()))
    nearer = max(middle - float(special.stdtrit(n - 1, 0.975)) * spread / n**0.5, 0.0)
    if alike(gaps, max(np.abs(first).max(), np.abs(second).max())):
        spread = 0.0
    least = math.ceil(1 + math.log2(1 / alpha)) if 0 < alpha < 1 else 2
    return Needed(
        a_levels, b_levels, n,
        {power: seeds_for(middle, spread, power, alpha, least) for power in powers},
        {power: seeds_for(nearer, spread, power, alpha, least) for power in powers},
        f"paired t at {100 * alpha:g} %, normal approximation",
    )  # fmt: skip


def seeds_for(difference: float, spread: float, power: float = 0.8, alpha: float = 0.05, least: int = 2) -> int | None:
    """The seeds with which a paired t test sees a mean difference, given the spread of differences; None for none.

    Never fewer than `least`: sign flips (`pairs.sign_flip`) need six seeds to reach 5 %, whatever they show.

    >>> seeds_for(0.5, 1.0), seeds_for(0.0, 1.0)
    (34, None)
    """
    if not (0 < power < 1 and 0 < alpha < 1):
        raise StatsError(f"power and level lie between 0 and 1, got {power:g} and {alpha:g}; write 0.8 and 0.05")
    if difference <= 0 or spread <= 0:
        return None
    z = float(special.ndtri(1 - alpha / 2))
    return max(least, math.ceil((z + float(special.ndtri(power))) ** 2 * (spread / difference) ** 2 + z * z / 2))


def _worst_first(values: ArrayLike, k: int, better: Better) -> Float[np.ndarray, " member"]:
    """Sorted so that the best is the largest and comes last."""
    data = checked(values)
    if not 1 <= k <= data.size:
        raise StatsError(f"the best of k needs a k from 1 to the {data.size} members, got {k}; run more seeds")
    return np.sort(data if checked_better(better) == "higher" else -data)


def _chances(n: int, k: int) -> Float[np.ndarray, " member"]:
    """The chance that the i-th from the worst is the best of k: C(i - 1, k - 1) / C(n, k)."""
    return np.exp(_choices(np.arange(n), k - 1) - _choices(np.array(n), k))


def _given(ordered: Float[np.ndarray, " member"], k: int) -> Float[np.ndarray, " member"]:
    """For each member, the mean best of the choices of k that hold it: itself, or one that is better."""
    n = ordered.size
    below = np.arange(n)
    all_choices = _choices(np.array(n - 1), k - 1)
    itself = np.exp(_choices(below, k - 1) - all_choices)
    other = np.exp(_choices(below - 1, k - 2) - all_choices) * ordered  # when a worse one is held
    return itself * ordered + np.append(np.cumsum(other[::-1])[::-1][1:], 0.0)


def _choices(n: np.ndarray, k: int) -> np.ndarray:
    """log C(n, k), -inf where there is none."""
    logs = special.gammaln(np.maximum(n, 0) + 1.0) - special.gammaln(k + 1.0)
    return np.where(n >= k, logs - special.gammaln(np.maximum(n - k, 0) + 1.0), -np.inf)


def _beaten(values: Float[np.ndarray, " seed"], at: int, better: Better, level: float) -> Interval:
    others = np.delete(values, at)
    if not others.size:
        return Interval(np.nan, np.nan, np.nan, level, "no other seed", 0)
    worse = np.sum(others > values[at]) if better == "lower" else np.sum(others < values[at])
    count = float(worse + np.sum(others == values[at]) / 2)
    low, high = score_bounds(count, others.size, level)
    return Interval(count / others.size, low, high, level, "Wilson, ties half", others.size)
