"""Several tests asked at once: p values adjusted so that the whole family keeps its level.

Holm's rule stands here in three lines, because statsmodels' `multipletests` collects Python's garbage at every call,
0.13 s with jax loaded and six calls to a report. The tests hold the two together.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from seedbed.errors import StatsError


@dataclass(frozen=True, eq=False)
class Family:
    """Adjusted p values in the order asked, NaN where the test was undefined; `method` says how many counted."""

    p: Float[np.ndarray, " test"]
    method: str


def holm(p_values: ArrayLike) -> Family:
    """Holm's step-down adjustment: the chance of any false alarm in the family stays at the level.

    Undefined tests (NaN) are no hypotheses: they are dropped first, and `method` says how many.

    Raises: StatsError for a p value outside 0..1.
    Source: Holm 1979, Scand. J. Stat. 6, 65-70.
    Elsewhere: statsmodels' `multipletests` defaults to another method (Holm-Šidák) and counts NaN as a hypothesis.

    >>> holm([0.01, float("nan"), 0.04]).p.tolist(), holm([0.01, float("nan"), 0.04]).method
    ([0.02, nan, 0.04], 'Holm over 2 tests (1 undefined test dropped)')
    """
    raw = np.atleast_1d(np.asarray(p_values, dtype=np.float64))
    defined = np.isfinite(raw)
    wrong = raw[(raw < 0) | (raw > 1)]
    if wrong.size:
        raise StatsError(f"a p value must lie between 0 and 1, got {wrong[0]:g}; give p values, not statistics")
    adjusted = raw.copy()
    adjusted[defined] = _step_down(raw[defined])
    return Family(adjusted, f"Holm over {_count(int(defined.sum()))}{_dropped(int((~defined).sum()))}")


def _step_down(p: Float[np.ndarray, " test"]) -> Float[np.ndarray, " test"]:
    """The k-th smallest of m times m + 1 - k, never below the one before it, at most 1."""
    adjusted, order = np.empty_like(p), np.argsort(p, kind="stable")
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return adjusted


def _dropped(lost: int) -> str:
    return f" ({_count(lost, 'undefined ')} dropped)" if lost else ""


def _count(tests: int, kind: str = "") -> str:
    return f"{tests} {kind}test{'s' * (tests != 1)}"
