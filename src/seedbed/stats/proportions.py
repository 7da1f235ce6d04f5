"""Shares: how many of n members did something, two shares of different seeds, and a share against a published one.

Wilson's score interval, from statsmodels, which also accepts the fractional counts that `single_run` needs.
Two shares under the same seeds: `pairs.share_difference` and `pairs.mcnemar`. Times belong to `survival`, scores to
`scores`.
"""

import numpy as np
from scipy import stats

from seedbed.errors import StatsError
from seedbed.stats.interval import Interval, Significance, checked_level


def wilson(successes: int, n: int, level: float = 0.95) -> Interval:
    """The share successes / n with Wilson's interval: all p with |share - p| <= z sqrt(p (1 - p) / n).

    It stays inside [0, 1] and has width at 0 of n and n of n. Coverage is near the level on average over p and
    swings around it, because counts are whole; near p = 0 or 1 it can fall to about 0.89 for a 95 % interval.

    Raises: StatsError where n is 0 or the count lies outside 0..n.
    Source: Wilson 1927, J. Am. Stat. Assoc. 22, 209-212.

    >>> print(wilson(30, 30))
    1 [0.8865, 1]
    """
    if n < 1:
        raise StatsError(f"a share needs at least one member, got {successes} of {n}; run some seeds first")
    if not 0 <= successes <= n:
        raise StatsError(f"a share needs a count between 0 and n, got {successes} of {n}; check what was counted")
    low, high = score_bounds(successes, n, level)
    return Interval(successes / n, low, high, level, "Wilson", n)


def unpaired(a: int, n_a: int, b: int, n_b: int, level: float = 0.95) -> Interval:
    """a / n_a - b / n_b of members with different seeds, with Newcombe's hybrid score interval.

    Each share's distance to its own Wilson bound, squared and added. Coverage of 95 % intervals swings between 0.93 and
    1, because counts are whole (docs/coverage.md). `n` is the smaller of the two numbers.

    Raises: StatsError where a count lies outside 0..n.
    Source: Newcombe 1998, Stat. Med. 17, 873-890 (method 10).

    >>> print(unpaired(56, 70, 48, 80))
    0.2 [0.05243, 0.3339]
    """
    one, other = wilson(a, n_a, level), wilson(b, n_b, level)
    gap = one.estimate - other.estimate
    low = gap - float(np.hypot(one.estimate - one.low, other.high - other.estimate))
    high = gap + float(np.hypot(one.high - one.estimate, other.estimate - other.low))
    return Interval(gap, low, high, level, f"Newcombe hybrid score, {n_a} and {n_b} members", min(n_a, n_b))


def against(successes: int, n: int, published: float) -> Significance:
    """The exact binomial test that the share is a published one; the statistic is the share minus it.

    Two-sided: all counts that are no likelier than the one seen. The published value is taken as known: where it was
    itself measured on a few runs, compare with `unpaired`.

    Raises: StatsError for a share outside 0..1, or a count outside 0..n.

    >>> round(against(95, 100, 0.9).p, 4)
    0.1301
    """
    share = wilson(successes, n).estimate
    if not 0 <= published <= 1:
        raise StatsError(f"a published share must lie between 0 and 1, got {published:g}; divide percentages by 100")
    p = float(stats.binomtest(successes, n, published).pvalue)
    return Significance(share - published, p, f"exact binomial against {published:g}", n)


def score_bounds(successes: float | int, n: float | int, level: float) -> tuple[float, float]:
    """Wilson's bounds for a count and an n that need not be whole."""
    from statsmodels.stats.proportion import proportion_confint

    bounds = proportion_confint(successes, n, alpha=1 - checked_level(level), method="wilson")
    low, high = np.asarray(bounds, dtype=np.float64)
    return (0.0 if successes == 0 else float(low)), (1.0 if successes == n else float(high))
