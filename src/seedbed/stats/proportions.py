"""Shares: how many of n members did something.

Wilson's score interval, from statsmodels, which also accepts the fractional counts that `single_run` needs.
Times belong to `survival`, scores to `scores`.
"""

import numpy as np

from seedbed.errors import StatsError
from seedbed.stats.interval import Interval, checked_level


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


def score_bounds(successes: float | int, n: float | int, level: float) -> tuple[float, float]:
    """Wilson's bounds for a count and an n that need not be whole."""
    from statsmodels.stats.proportion import proportion_confint

    bounds = proportion_confint(successes, n, alpha=1 - checked_level(level), method="wilson")
    low, high = np.asarray(bounds, dtype=np.float64)
    return (0.0 if successes == 0 else float(low)), (1.0 if successes == n else float(high))
