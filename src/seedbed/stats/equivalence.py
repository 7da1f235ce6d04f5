"""Whether two settings under the same seeds are equally fast, to within a margin that is stated beforehand.

"Cannot be told apart" is no evidence of "the same": few seeds never tell anything apart. Here the burden lies the other
way round. Two one-sided tests (TOST) both have to reject: that the difference is below the margin's low end, and that
it is above its high end. For hits, give min(T, cap), as in `pairs`; where many members never arrive, the cap makes two
settings alike, and the caller should not call that equivalent. Whether two settings differ at all: `pairs`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import special

from seedbed.errors import StatsError
from seedbed.stats.interval import Interval, finite
from seedbed.stats.pairs import paired
from seedbed.stats.scores import alike


@dataclass(frozen=True)
class Equivalence:
    """The outcome of a pair of one-sided tests.

    `estimate` is a difference or a ratio with its interval at level 1 - 2 alpha: `p` is below alpha exactly where that
    interval lies between `low` and `high`. `p` is the larger of the two one-sided p values: `p_low` tests the low end
    of the margin, `p_high` the high one.
    """

    estimate: Interval
    low: float
    high: float
    p_low: float
    p_high: float
    alpha: float
    method: str

    @property
    def p(self) -> float:
        """The p value of "they differ by at least the margin"."""
        return max(self.p_low, self.p_high)

    @property
    def equivalent(self) -> bool:
        """Whether the two agree to within the margin, at level alpha."""
        return self.p < self.alpha

    def plain(self) -> dict[str, Any]:
        """The same as JSON-ready data."""
        return {"estimate": self.estimate.plain(), "margin": [self.low, self.high], "p": finite(self.p),
                "equivalent": self.equivalent, "alpha": self.alpha, "test": self.method}  # fmt: skip


def by_difference(
    a: ArrayLike | xr.DataArray, b: ArrayLike | xr.DataArray, margin: float | int, alpha: float = 0.05
) -> Equivalence:
    """|mean(a) - mean(b)| < margin, by two paired t tests; `margin` has the unit of the values.

    Raises: StatsError for a margin that is not positive, or values that are not paired.
    Source: Schuirmann 1987, J. Pharmacokinet. Biopharm. 15, 657-680.

    >>> by_difference([10.0, 12.0, 11.0, 13.0], [10.5, 11.5, 11.0, 12.5], margin=2.0).equivalent
    True
    """
    first, second = paired(a, b)
    limit = _checked(margin, "margin", np.inf)
    gaps = first - second
    low, high = _t_interval(gaps, alpha)
    estimate = Interval(float(gaps.mean()), low, high, 1 - 2 * alpha, "paired t", gaps.size)
    size = max(np.abs(first).max(), np.abs(second).max())
    p_low, p_high = _above(gaps + limit, size), _above(limit - gaps, size)
    return Equivalence(estimate, -limit, limit, p_low, p_high, alpha, "TOST, paired t tests of the mean")


def by_ratio(
    a: ArrayLike | xr.DataArray,
    b: ArrayLike | xr.DataArray,
    share: float,
    alpha: float = 0.05,
    cap: float | int | None = None,
) -> Equivalence:
    """1 - share < mean(a) / mean(b) < 1 + share, by paired t tests of a - (1 -+ share) b; b is the reference.

    The margin is a share of the reference's mean, which is itself estimated; testing a - r b takes that into account,
    where a margin of share * mean(b) steps would take it as known. The interval is Fieller's: every r that a paired
    t test of a - r b = 0 does not reject, with an open end (NaN) where mean(b) cannot be told from 0. Coverage of 90 %
    intervals (docs/coverage.md): 0.88 or more, but 0.84 with 20 seeds and 0.5 with 5 where 90 % of members never arrive
    and hits tie: few seeds that all reach the cap know nothing of the others.

    The tests keep their level within the error of the simulation, but for the same case: a false "equivalent" in 8 % of
    samples of 20 seeds and in half of those of 5. With the `cap` of hits they keep it there too: then p is at least
    (1 - share mean(b) / cap)^n, the chance that n seeds miss a minority that is wide apart and moves the mean by the
    margin.

    Raises: StatsError for a share outside 0..1, a reference whose mean is not positive, or values not paired.
    Source: Fieller 1954, J. R. Stat. Soc. B 16, 175-185.

    >>> by_ratio([10.0, 12.0, 11.0, 13.0], [10.5, 11.5, 11.0, 12.5], share=0.2).equivalent
    True
    """
    first, second = paired(a, b)
    part = _checked(share, "share", 1.0)
    if second.mean() <= 0:
        raise StatsError(
            f"a ratio needs a reference with a positive mean, got {second.mean():g}; compare by difference instead"
        )
    low, high = _fieller(first, second, alpha)
    estimate = Interval(float(first.mean() / second.mean()), low, high, 1 - 2 * alpha, "Fieller, paired", first.size)
    missed = 0.0 if cap is None else (1 - min(part * float(second.mean()) / cap, 1.0)) ** first.size
    size = max(np.abs(first).max(), np.abs(second).max())
    p_low, p_high = _above(first - (1 - part) * second, size), _above((1 + part) * second - first, size)
    return Equivalence(
        estimate, 1 - part, 1 + part, max(p_low, missed), max(p_high, missed), alpha,
        "TOST, paired t tests of a - (1 ± share) b",
    )  # fmt: skip


def _checked(value: float | int, what: str, below: float) -> float:
    if not 0 < value < below:
        limits = "be positive" if below == np.inf else "lie between 0 and 1"
        raise StatsError(f"the {what} of an equivalence test must {limits}, got {value:g}; state one before looking")
    return float(value)


def _above(gaps: Float[np.ndarray, " seed"], size: float) -> float:
    """The one-sided p value of "the mean is at most 0"; where all seeds agree, the chance that n signs do."""
    if alike(gaps, size):
        return 2.0**-gaps.size if gaps[0] > 0 else 1.0
    return float(special.stdtr(gaps.size - 1, -gaps.mean() * gaps.size**0.5 / gaps.std(ddof=1)))


def _t_interval(gaps: Float[np.ndarray, " seed"], alpha: float) -> tuple[float, float]:
    reach = float(special.stdtrit(gaps.size - 1, 1 - alpha) * gaps.std(ddof=1) / gaps.size**0.5)
    return float(gaps.mean() - reach), float(gaps.mean() + reach)


def _fieller(a: Float[np.ndarray, " seed"], b: Float[np.ndarray, " seed"], alpha: float) -> tuple[float, float]:
    """The ends of (mean(a) - r mean(b))^2 <= t^2 var(a - r b) / n, a quadratic in r."""
    t2 = float(special.stdtrit(a.size - 1, 1 - alpha)) ** 2 / a.size
    (aa, ab), (_, bb) = np.cov(a, b)
    square, linear, constant = b.mean() ** 2 - t2 * bb, a.mean() * b.mean() - t2 * ab, a.mean() ** 2 - t2 * aa
    if square <= 0:
        return float("nan"), float("nan")
    reach = max(linear**2 - square * constant, 0.0) ** 0.5
    return float((linear - reach) / square), float((linear + reach) / square)
