"""What one run would have said: the chance that one run per setting gives another order than the ensemble.

The ensemble's order is the order of the means (restricted means, for hits). One run per setting contradicts it if any
setting that the ensemble puts first comes out strictly behind another; a tie (both never arrived, say) settles nothing
and is counted apart. Two ways of running once: seeds drawn independently per setting, or one seed for all.
All chances are counted exactly over the members at hand, nothing is simulated.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from seedbed.errors import StatsError
from seedbed.stats.interval import Interval
from seedbed.stats.pairs import Better, checked_better
from seedbed.stats.proportions import score_bounds, wilson
from seedbed.stats.scores import checked

ROUNDING = 1e-10


@dataclass(frozen=True)
class Chance:
    """What one run says: `misleads` (another order), `agrees` (the ensemble's, strictly), `ties`; they sum to one.

    All NaN where the ensemble itself puts two settings level, so that there is no order to contradict.
    """

    misleads: Interval
    agrees: float
    ties: float


@dataclass(frozen=True)
class OneRun:
    """The ensemble's order, best first, and what one run per setting says: independent seeds, or one seed for all."""

    order: tuple[str, ...]
    independent: Chance
    same_seed: Chance


def one_run(
    values: Float[np.ndarray, "seed setting"], names: tuple[str, ...], better: Better = "lower", level: float = 0.95
) -> OneRun:
    """The chance that one run per setting contradicts the order of the column means, for all columns together.

    Settings whose members all have one common value (never arrived, usually) are level in the ensemble and in every
    run: they count as one. Other settings with equal means leave the ensemble without an order (NaN).

    Independent seeds: P(X1 < X2 < ... < Xk), counted by adding settings from best to worst over the sorted values.
    Its interval: Wilson's with the effective number of members that gives it the variance of a U-statistic under seeds
    shared by the settings, from each member's influence on the chance. Same seed: Wilson over the seeds.

    >>> chance = one_run(np.array([[1.0, 2.0], [3.0, 4.0]]), ("a", "b"))
    >>> chance.independent.misleads.estimate, chance.same_seed.misleads.estimate
    (0.25, 0.0)
    """
    checked(values.ravel())
    if values.shape[1] != len(names) or len(names) < 2:
        raise StatsError(f"an order needs at least two settings, got {values.shape[1]}; vary something")
    lower = values if checked_better(better) == "lower" else -values
    means = lower.mean(axis=0)
    best = np.argsort(means, kind="stable")
    kept = _without_doubles(lower, best)
    chain = lower[:, kept]
    ordered = tuple(names[j] for j in best)
    if len(kept) < 2 or np.abs(np.diff(means[kept])).min() <= ROUNDING * np.abs(lower).max():
        return OneRun(ordered, _no_order(len(values), level), _no_order(len(values), level))
    merged = f"; {len(best) - len(kept) + 1} equal settings count as one" * (len(kept) < len(best))
    return OneRun(ordered, _independent(chain, level, merged), _same_seed(chain, level, merged))


def rising(chain: Float[np.ndarray, "seed setting"], strict: bool = False, level: float = 0.95) -> Interval:
    """The chance that one run per column, seeds drawn independently, rises from column to column (or does not fall).

    The order is given beforehand, where `one_run` takes that of the ensemble. Interval as there.

    >>> rising(np.array([[1.0, 2.0], [3.0, 4.0]])).estimate
    0.75
    """
    checked(chain.ravel())
    reached = _risen(chain, strict)
    chance = float(np.clip(reached[:, 0].mean(), 0.0, 1.0))
    chance = 1.0 if chance > 1 - ROUNDING else 0.0 if chance < ROUNDING else chance
    return _counted(chance, reached.sum(axis=1), len(chain), level, "")


def _without_doubles(lower: np.ndarray, best: np.ndarray) -> list[int]:
    """The settings in order, with settings that are constant at the same value reduced to the first of them."""
    kept: list[int] = []
    constants: set[float] = set()
    for j in best.tolist():
        constant = float(lower[0, j]) if np.ptp(lower[:, j]) == 0 else None
        if constant is None or constant not in constants:
            kept.append(j)
        if constant is not None:
            constants.add(constant)
    return kept


def _independent(chain: Float[np.ndarray, "seed setting"], level: float, merged: str) -> Chance:
    n = len(chain)
    strictly, weakly = _risen(chain, strict=True), _risen(chain, strict=False)
    agrees, possible = float(strictly[:, 0].mean()), float(weakly[:, 0].mean())
    misleads = 1 - possible if possible < 1 - ROUNDING else 0.0
    ties = possible - agrees
    interval = _counted(misleads, weakly.sum(axis=1), n, level, merged)
    return Chance(interval, agrees, ties if ties > ROUNDING else 0.0)


def _counted(chance: float, influence: Float[np.ndarray, " seed"], n: int, level: float, merged: str) -> Interval:
    """A chance counted over all choices of members, with Wilson's interval for its effective number of members."""
    variance = float(influence.var(ddof=1)) / n if n > 1 else 0.0
    effective = chance * (1 - chance) / variance if variance > ROUNDING / n and 0 < chance < 1 else float(n)
    low, high = score_bounds(chance * effective, effective, level)
    return Interval(chance, low, high, level, f"exact count, Wilson with {effective:.3g} effective members{merged}", n)


def _same_seed(chain: Float[np.ndarray, "seed setting"], level: float, merged: str) -> Chance:
    n, steps = len(chain), np.diff(chain, axis=1)
    against = int((steps < 0).any(axis=1).sum())
    rising = int((steps > 0).all(axis=1).sum())
    share = wilson(against, n, level)
    interval = Interval(share.estimate, share.low, share.high, level, f"Wilson over seeds{merged}", n)
    return Chance(interval, rising / n, (n - rising - against) / n)


def _risen(chain: Float[np.ndarray, "seed setting"], strict: bool) -> Float[np.ndarray, "seed setting"]:
    """For every member, the chance that the whole chain rises when its setting shows this member and the others draw.

    The mean of any column is the chance itself. Product of the chance of what lies below (running up the settings)
    and of what lies above (running down).
    """
    below, above = np.ones_like(chain), np.ones_like(chain)
    for j in range(1, chain.shape[1]):
        below[:, j] = _mass_below(chain[:, j - 1], below[:, j - 1], chain[:, j], strict)
    for j in range(chain.shape[1] - 2, -1, -1):
        above[:, j] = _mass_below(-chain[:, j + 1], above[:, j + 1], -chain[:, j], strict)
    return below * above


def _mass_below(values: np.ndarray, mass: np.ndarray, at: np.ndarray, strict: bool) -> Float[np.ndarray, " seed"]:
    """The mean over values of mass[i] where values[i] < at (or <= at)."""
    ascending = np.argsort(values, kind="stable")
    reached = np.append(0.0, np.cumsum(mass[ascending])) / values.size
    return reached[np.searchsorted(values[ascending], at, side="left" if strict else "right")]


def _no_order(n: int, level: float) -> Chance:
    nothing = Interval(np.nan, np.nan, np.nan, level, "the ensemble itself puts two settings level", n)
    return Chance(nothing, float("nan"), float("nan"))
