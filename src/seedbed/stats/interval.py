"""What every estimate and every test of this package is reported as: a number never travels without its n and method.

Nothing is computed here; the sibling modules do that and say in `method` what they did.
"""

import math
from dataclasses import dataclass

from seedbed.errors import StatsError


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval; NaN in `low` or `high` means that the data set no bound on that side.

    `n` counts the members behind it, `level` is the nominal coverage, `method` names the rule in words, with
    whatever was degenerate about this case.

    >>> str(Interval(412.0, 398.0, 430.0, 0.95, "by hand", 256))
    '412 [398, 430]'
    """

    estimate: float
    low: float
    high: float
    level: float
    method: str
    n: int

    def __str__(self) -> str:
        if math.isnan(self.estimate) and math.isnan(self.low):
            return "none"
        return f"{shown(self.estimate)} [{shown(self.low)}, {shown(self.high)}]"

    def plain(self) -> dict[str, float | int | str | None]:
        """The same as JSON-ready data, None for NaN."""
        bounds = {"estimate": finite(self.estimate), "low": finite(self.low), "high": finite(self.high)}
        return {**bounds, "level": self.level, "method": self.method, "n": self.n}


@dataclass(frozen=True)
class Significance:
    """The outcome of a test; `p` is NaN where the data leave the test undefined, and `method` says why."""

    statistic: float
    p: float
    method: str
    n: int


def finite(value: float) -> float | None:
    """The number, or None where it is not finite: JSON has no NaN."""
    return float(value) if math.isfinite(value) else None


def shown(value: float) -> str:
    """A number for reading: whole from 1,000 on, four significant digits below, a dash for NaN.

    >>> shown(12345.6), shown(0.123456), shown(float("nan"))
    ('12346', '0.1235', '-')
    """
    if math.isnan(value):
        return "-"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def checked_level(level: float) -> float:
    """The level, if it is one; raises StatsError otherwise."""
    if not 0 < level < 1:
        raise StatsError(f"the level of an interval must lie between 0 and 1, got {level:g}; write 0.95 for 95 %")
    return level
