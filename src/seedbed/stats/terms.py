"""The terms of a check, read from a record: which members are meant, the estimate of one, the difference of two.

One number per member, as `members.read` gives it. NaN in a yes-or-no outcome: the question does not arise for this
member, and a share is of the others. Steps (a variable that ends in `_step`) are hits: NaN means never,
and the mean is the restricted mean up to the cap. A share is of the members that arrived, or of a yes-or-no outcome.
What follows from an estimate is for `verdicts`; the language is `checks`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from scipy import stats

import seedbed.stats.pairs as pairs
import seedbed.stats.scores as scores
from seedbed.errors import StatsError, nearest
from seedbed.record import as_printed, independent, label_text, name_of, watched
from seedbed.stats.checks import Term
from seedbed.stats.hits import hits
from seedbed.stats.interval import Interval, Significance
from seedbed.stats.members import Members, read
from seedbed.stats.proportions import wilson
from seedbed.stats.resampling import difference_interval, mean_intervals, resampled_means
from seedbed.stats.survival import Survival

FEWEST = 6  # members that agree: fewer bound nothing, as an exact 95 % interval of a median needs six


class OpenError(Exception):
    """Why a record leaves a check open: one seed, values that are not finite. Never leaves this package."""


@dataclass(frozen=True, eq=False)
class Column:
    """The members that a term is about: one number per seed, NaN for a step that never came before the cap."""

    term: Term
    levels: Mapping[str, Any]
    values: Float[np.ndarray, " seed"]
    cap: float | None
    exact: bool

    @property
    def setting(self) -> str:
        """The setting in words; empty where there is only one."""
        return name_of(self.levels)

    @property
    def unit(self) -> str:
        """What the estimate counts: "steps", "share", or "1" for a pure number."""
        return "share" if self.term.statistic == "share" else "1" if self.cap is None else "steps"

    @property
    def never(self) -> float:
        """The share of members whose step never came; 0 for what is no step."""
        return float(np.isnan(self.values).mean()) if self.cap is not None else 0.0

    @property
    def hidden(self) -> bool:
        """Whether this is a quantile of steps, or their middle mean, that lies beyond the cap for these members."""
        q = {"median": 0.5, "quantile": self.term.q, "iqm": 0.25}.get(self.term.statistic)
        return self.unit == "steps" and q is not None and 1 - self.never < q

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Between which numbers every value of `single` must lie, where that is known."""
        if self.unit == "share":
            return 0.0, self.term.times
        return None if self.cap is None else (0.0, self.term.times * self.cap)

    def single(self) -> Float[np.ndarray, " seed"]:
        """What each member alone says: its step up to the cap, yes or no as 1 or 0, or its number; times the factor."""
        if self.unit == "share":
            shown = np.isfinite(self.values) if self.cap is not None else self.values
        else:
            shown = self.values if self.cap is None else np.where(np.isnan(self.values), self.cap, self.values)
        return self.term.times * np.asarray(shown, dtype=np.float64)


def column(term: Term, record: xr.Dataset) -> Column:
    """The members that a term names in a record.

    Raises: StatsError for a variable, factor or level that the record lacks, a factor with several levels that is left
    out, steps without a cap, or a share of what is not yes or no; OpenError where the values leave the check open.
    """
    if term.variable not in record:
        read(record, term.variable)  # says which there are
    record = independent(record)
    variable = record[term.variable]
    steps = term.variable.endswith("_step") or variable.attrs.get("units") == "steps"
    exact = bool(variable.attrs.get("exact"))
    members, cap = read(record, term.variable), None
    levels = members.settings[_at(term, members)]
    if steps and not exact:
        given = hits(watched(record, levels), term.variable, variable.attrs.get("cap"))
        members, cap = given.members, given.cap
    found = Column(term, levels, members.values[:, members.column(levels)], cap, exact)
    _check_values(found)
    _check_watched(found, record)
    return found


def estimate(of: Column, level: float = 0.95) -> Interval:
    """The statistic of one column with its interval, times the term's factor; open ends are infinite.

    Wilson for shares; Brookmeyer and Crowley for quantiles of steps, BCa for restricted means; for other numbers BCa
    for means and interquartile means, order statistics for quantiles. Where the cap hides a quantile, its bounds are
    the cap and infinity. Fewer than six members that all agree bound nothing.
    """
    found = _unscaled(of, level)
    times, hidden = of.term.times, of.cap if of.unit == "steps" else None
    low = found.low if not np.isnan(found.low) else hidden if hidden is not None else -np.inf
    high = found.high if not np.isnan(found.high) else np.inf
    if hidden is not None and np.isnan(found.low) and found.n < 2:
        low = 0.0
    return replace(found, estimate=times * found.estimate, low=times * low, high=times * high)


def gap(a: Column, b: Column, level: float = 0.95) -> tuple[Interval, Significance | None]:
    """The difference a - b, paired by seed, with its interval and the test that belongs to it.

    Means: paired bootstrap and sign flips. Shares: Tango and McNemar. Other statistics: BCa or percentile bootstrap
    over seeds, without a test.
    """
    _check_units(a, b)
    one, two = a.single(), b.single()
    if not (np.isfinite(one).all() and np.isfinite(two).all()):
        raise OpenError("an outcome that does not apply to every member cannot be paired by seed")
    kinds = {a.term.statistic, b.term.statistic}
    if a.exact and b.exact:
        value = float(one.mean() - two.mean())
        return Interval(value, value, value, level, "exact", one.size), None
    if kinds == {"share"} and a.term.times == b.term.times == 1:
        return pairs.share_difference(one, two, level), pairs.mcnemar(one, two)
    if kinds <= {"mean", "share"}:
        lowest, highest = (a.bounds, b.bounds) if a.bounds and b.bounds else (None, None)
        limits = None if lowest is None or highest is None else (lowest[0] - highest[1], lowest[1] - highest[0])
        gaps = one - two
        found = difference_interval(gaps, resampled_means(gaps[:, None])[:, 0], level, limits)
        return found, pairs.sign_flip(one, two)
    first, second = _function(a.term), _function(b.term)
    return scores.by_scipy((one, two), lambda x, y, axis=-1: first(x, axis=axis) - second(y, axis=axis), level), None


def beyond_the_cap(of: Column, level: float) -> bool:
    """Whether a quantile of steps lies beyond the cap with all of its interval: more than the cap, not just as much."""
    quantile = of.unit == "steps" and of.term.statistic in ("median", "quantile")
    return quantile and of.values.size > 1 and bool(np.isnan(_unscaled(of, level).low))


def _at(term: Term, members: Members) -> int:
    """The index of the setting that a term names."""
    known = {name: list(dict.fromkeys(one[name] for one in members.settings)) for name in members.settings[0]}
    for name, level in term.levels.items():
        if name not in known:
            listed = ", ".join(known) or "none"
            raise StatsError(
                f'no factor "{name}" of {term.variable} in this record{nearest(name, known)} (it has {listed})'
            )
        if as_printed(level, known[name]) not in known[name]:
            labels = [label_text(label) for label in known[name]]
            close = nearest(level, labels)
            raise StatsError(f'no level "{level}" of {name} in this record{close} (it has {", ".join(labels)})')
    for name, labels in known.items():
        if name not in term.levels and len(labels) > 1:
            raise StatsError(
                f"{term} leaves {name} open, which has the levels {', '.join(map(label_text, labels))}; name one of "
                "them, because nothing is averaged over settings"
            )
    chosen = {name: as_printed(level, known[name]) for name, level in term.levels.items()}
    return next(at for at, one in enumerate(members.settings) if chosen.items() <= dict(one).items())


def lacking(term: Term, record: xr.Dataset) -> list[str]:
    """The levels of its own factors that a record does not have, in words: "activation gelu"."""
    known = {name: record[name].values.tolist() for name in term.levels if name in record.coords}
    return [
        f"{name.replace('_', ' ')} {term.levels[name]}"
        for name, labels in known.items()
        if as_printed(term.levels[name], labels) not in labels
    ]


def _check_values(of: Column) -> None:
    n = of.values.size
    if of.cap is None and of.unit == "share":
        n = int(np.isfinite(of.values).sum())
        if n == 0:
            raise OpenError(f"{of.term.variable} applies to none of the {of.values.size} members")
        if not np.isin(of.values[np.isfinite(of.values)], (0.0, 1.0)).all():
            raise StatsError(
                f"share(...) is of steps or of a yes-or-no outcome, got other numbers in {of.term.variable}; "
                "take mean(...) or median(...)"
            )
    elif of.cap is None:
        lost = int((~np.isfinite(of.values)).sum())
        if lost:
            raise OpenError(f"{lost} of the {n} values of {of.term.variable} are not finite")
    if n < 2 and not of.exact:
        raise OpenError("one seed says nothing of others; run more seeds")


def _check_watched(of: Column, record: xr.Dataset) -> None:
    """A member that stopped at its target was watched no longer: of a later divergence it says nothing."""
    if of.term.variable != "diverged_step" or of.term.statistic == "share" or "stop_step" not in record:
        return
    stopped = read(record, "stop_step")
    early = np.isnan(of.values) & (stopped.values[:, stopped.column(of.levels)] < (of.cap or np.inf))
    if early.any():
        raise OpenError(
            f"{int(early.sum())} of {early.size} members stopped at their target and were watched no longer; ask for "
            "share(diverged_step)"
        )


def _check_units(a: Column, b: Column) -> None:
    if a.unit != b.unit:
        words = {"steps": "steps", "share": "a share", "1": "a pure number"}
        raise StatsError(f"{a.term} is {words[a.unit]} and {b.term} is {words[b.unit]}; compare like with like")


def _unscaled(of: Column, level: float) -> Interval:
    term, values = of.term, of.values
    if of.exact:
        value = float(values.mean())
        return Interval(value, value, value, level, "exact", values.size)
    if of.unit == "share":
        yes = np.isfinite(values) if of.cap is not None else values[np.isfinite(values)]
        return wilson(int(yes.sum()), yes.size, level)
    if of.cap is not None and term.statistic in ("median", "quantile"):
        return Survival(values, of.cap).quantile(term.q or 0.5, level)
    shown = replace(of, term=replace(term, times=1.0)).single()
    if term.statistic == "mean":
        found = mean_intervals(shown[:, None], level, None if of.cap is None else (0.0, of.cap))[0]
    elif term.statistic == "iqm":
        found = scores.interquartile_mean(shown, level)
    else:
        found = scores.quantile(shown, term.q or 0.5, level)
    if np.ptp(shown) == 0 and of.cap is None and shown.size < FEWEST:
        return replace(found, low=np.nan, high=np.nan, method=f"all {shown.size} agree, too few to bound others")
    return found


def _function(term: Term) -> Callable[..., Any]:
    if term.statistic == "quantile":
        return partial(np.quantile, q=term.q or 0.5)
    if term.statistic == "iqm":
        return partial(stats.trim_mean, proportiontocut=0.25)
    return np.median if term.statistic == "median" else np.mean
