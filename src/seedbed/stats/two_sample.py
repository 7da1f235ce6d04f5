"""Two settings, of one record or of two: everything there is to say about which is better, paired or not.

Under the same seeds everything is paired (`pairs`). Where the seeds differ, as between two records or two programs, the
members are independent: each mean is resampled by itself, and the tests are Welch's, Mann and Whitney's and log-rank.
Which of the two was used is always said. Many settings at once: `comparisons`.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import special, stats

import seedbed.stats.proportions as proportions
import seedbed.stats.scores as scores
from seedbed import markup
from seedbed.errors import StatsError
from seedbed.stats.families import holm
from seedbed.stats.hits import Hits
from seedbed.stats.interval import Interval, Significance, finite, shown
from seedbed.stats.luck import POWERS, Needed, paired_need, seeds_for
from seedbed.stats.members import Members
from seedbed.stats.pairs import Better, checked_better, mcnemar, share_difference, sign_flip, superiority, wilcoxon
from seedbed.stats.proportions import score_bounds, wilson
from seedbed.stats.resampling import difference_interval, mean_intervals, resampled_means
from seedbed.stats.single_run import Chance, one_run
from seedbed.stats.survival import logrank


@dataclass(frozen=True)
class Side:
    """One of the two: n, for hits the share that arrived, the median, the (restricted) mean, else the middle mean."""

    name: str
    n: int
    arrived: Interval | None
    median: Interval
    mean: Interval
    middle: Interval | None

    def plain(self) -> dict[str, Any]:
        """The same as JSON-ready data."""
        return {"name": self.name, "n": self.n, "arrived": self.arrived and self.arrived.plain(),
                "median": self.median.plain(), "mean": self.mean.plain(),
                "interquartile_mean": self.middle and self.middle.plain()}  # fmt: skip


@dataclass(frozen=True)
class TwoSample:
    """`a` against `b`: the difference of means mean(a) - mean(b) with its test, and what goes with it.

    `cap` is that of hits; `common` counts the seeds that both have. `p` is that test's,
    adjusted where several comparisons are made together (`together`). `ranks` asks about typical
    seeds, `curves` (hits with different seeds) about the whole course of arrival, `shares` (hits) is the difference of
    the shares that arrived, with its test in `share_test`.
    """

    a: Side
    b: Side
    what: str
    better: Better
    paired: bool
    difference: Interval
    test: Significance
    p: float
    ranks: Significance
    curves: Significance | None
    shares: Interval | None
    share_test: Significance | None
    beats: Interval
    one_run: Chance
    needed: Needed
    cap: float | None = None
    common: int = 0
    family: str = ""

    @property
    def told_apart(self) -> bool:
        """Whether the test of the difference of means rejects, 5 % for a 95 % interval, and the interval agrees."""
        return self.p < 1 - self.difference.level and not self._holds_0

    @property
    def _holds_0(self) -> bool:
        return self.difference.low <= 0 <= self.difference.high

    def __repr__(self) -> str:
        return f"<TwoSample: {self.sentence()}>"

    def _repr_html_(self) -> str:
        rows = [[side.name, str(side.n), str(side.median), str(side.mean)] for side in (self.a, self.b)]
        return markup.table(["setting", "n", "median", "mean"], rows, self.sentence())

    def sentence(self) -> str:
        """The answer in one sentence, with its interval and n."""
        gap, unit = self.difference, " steps" if self.a.arrived else ""
        bounds = f"{100 * gap.level:g} % interval"
        seeds = f"{self.a.n} seeds each, paired" if self.paired else f"{self.a.n} and {self.b.n} seeds, unpaired"
        p = "p < 0.0001" if self.p < 1e-4 else f"p = {self.p:.2g}"
        p += f" ({self.family})" if self.family else ""
        a, b = self.a.name, self.b.name
        if self.a.arrived and self.b.arrived and self.a.arrived.estimate == self.b.arrived.estimate == 0:
            most = max(self.a.arrived.high, self.b.arrived.high)
            share = f"0 % arrived, {bounds} to {100 * most:.0f} %, {seeds}"
            return f"{a} and {b} never arrived ({share}), so they cannot be told apart."
        if not self.told_apart:
            found = f"{shown(gap.estimate)}{unit} ({bounds} {shown(gap.low)} to {shown(gap.high)}, {p}, {seeds})"
            torn = self._holds_0 == (self.p < 1 - gap.level)
            return (f"{a} and {b} cannot be told apart: their means differ by {found}{self._counted}."
                    + " Interval and test disagree, so no order is claimed." * torn)  # fmt: skip
        ahead = (gap.estimate < 0) == (self.better == "lower")
        first, second = (a, b) if ahead else (b, a)
        low, high = (gap.low, gap.high) if gap.estimate > 0 else (-gap.high, -gap.low)
        says = "arrives sooner than" if self.a.arrived else f"has a {self.better} {self.what} than"
        found = f"{shown(abs(gap.estimate))}{unit} ({bounds} {shown(low)} to {shown(high)}, {p}, {seeds})"
        return f"{first} {says} {second}, on average by {found}{self._counted}."

    @property
    def _counted(self) -> str:
        """What a member counts with that never arrived, where there is one."""
        shares = [side.arrived.estimate for side in (self.a, self.b) if side.arrived]
        return f", counted up to step {self.cap:,.0f}" if self.cap is not None and min(shares, default=1.0) < 1 else ""

    def plain(self) -> dict[str, Any]:
        """The same as JSON-ready data."""
        return {"sentence": self.sentence(), "what": self.what, "better": self.better, "paired": self.paired,
                "a": self.a.plain(), "b": self.b.plain(), "difference": self.difference.plain(),
                "cap": self.cap, "common_seeds": self.common,
                "p": finite(self.p), "test": "; ".join(filter(None, (self.test.method, self.family))),
                "ranks": _test(self.ranks), "curves": _test(self.curves),
                "share_difference": self.shares and self.shares.plain(), "share_test": _test(self.share_test),
                "a_beats_b": self.beats.plain(),
                "one_run_misleads": self.one_run.misleads.plain(), "one_run_ties": finite(self.one_run.ties),
                "needed": self.needed.plain()}  # fmt: skip


def compare(
    a: Hits | Members,
    b: Hits | Members,
    names: tuple[str, str] | None = None,
    better: Better = "lower",
    what: str = "mean",
    level: float = 0.95,
) -> TwoSample:
    """One setting against another; both are hits, or both are members with one finite number each.

    Paired where both have the same seeds, else independent, whatever seeds they have in common (`TwoSample.common`).
    `what` names the mean in words ("mean final_train_loss"). Hits are compared by their restricted means, so the cap
    has to be one.

    Raises: StatsError for several settings on a side, hits beside scores, two caps, fewer than two seeds, or values
    that are not finite.
    """
    checked_better(better)
    one, other = (side.restricted() if isinstance(side, Hits) else side for side in (a, b))
    _fit(a, b, one, other)
    if isinstance(a, Hits):
        better = "lower"
    called = names or (one.names[0], other.names[0])
    together = np.array_equal(np.sort(one.seeds), np.sort(other.seeds))
    x, y = (side.values[np.argsort(side.seeds), 0] for side in (one, other))
    bounds = (0.0, a.cap) if isinstance(a, Hits) else None
    sides = [_side(side, values, name, bounds, level)
             for side, values, name in ((a, x, called[0]), (b, y, called[1]))]  # fmt: skip
    found = _paired(x, y, bounds, better, level) if together else _apart(x, y, bounds, better, level)
    difference, test, ranks, beats, chance, need = found
    curves = shares = share_test = None
    if isinstance(a, Hits) and isinstance(b, Hits):
        arrived = [~side.never[np.argsort(side.members.seeds), 0] for side in (a, b)]
        shares, share_test = _shares(arrived[0], arrived[1], together, level)
        curves = None if together else logrank(a.survival(one.settings[0]), b.survival(other.settings[0]))
    need = replace(need, a={"setting": called[0]}, b={"setting": called[1]})
    return TwoSample(sides[0], sides[1], what, better, together, difference, test, test.p, ranks, curves, shares,
                     share_test, beats, chance, need, cap=a.cap if isinstance(a, Hits) else None,
                     common=np.intersect1d(one.seeds, other.seeds).size)  # fmt: skip


def together(found: Sequence[TwoSample]) -> list[TwoSample]:
    """The same comparisons with Holm's adjustment over all of them."""
    family = holm([two.test.p for two in found])
    return [replace(two, p=float(p), family=family.method) for two, p in zip(found, family.p, strict=True)]


def independent_difference(
    a: ArrayLike, b: ArrayLike, level: float = 0.95, bounds: tuple[float, float] | None = None
) -> Interval:
    """mean(a) - mean(b) of members with different seeds, both resampled independently.

    Each mean's distance to its own BCa bound (`resampling.mean_interval`), squared and added, so that skewness and
    members that all agree are treated as they are there. `n` is the smaller of the two numbers. Coverage of 95 %
    intervals (docs/coverage.md, the other side twice as many): normal values 0.94 or more; log-normal ones 0.87 with 5
    seeds, 0.91 with 20, 0.92 with 100, 0.94 with 1,000; whole numbers that tie 0.92 with 5 and 0.93 with 20.

    Source: Zou and Donner 2008, Stat. Med. 27, 1693-1702 (the method of variance estimates recovery).
    """
    one, other = (mean_intervals(scores.checked(side)[:, None], level, bounds)[0] for side in (a, b))
    return recovered(one, other)


def recovered(one: Interval, other: Interval) -> Interval:
    """The difference of two independent estimates: each one's distances to its own bounds, squared and added."""
    gap = one.estimate - other.estimate
    low = gap - float(np.hypot(one.estimate - one.low, other.high - other.estimate))
    high = gap + float(np.hypot(one.high - one.estimate, other.estimate - other.low))
    method = f"both resampled independently ({one.method}); distances to the bounds squared and added"
    return Interval(gap, low, high, one.level, method, min(one.n, other.n))


def welch(a: ArrayLike, b: ArrayLike) -> Significance:
    """Welch's t test of two means of different seeds; where both sides are constant, the chance of that split.

    False alarms at 5 %: 4 to 6 % for normal, log-normal and tied values from 5 seeds on (docs/coverage.md).
    """
    x, y = scores.checked(a), scores.checked(b)
    n = min(x.size, y.size)
    if np.ptp(x) == 0 and np.ptp(y) == 0:
        p = 1.0 if x[0] == y[0] else min(1.0, 2 / float(special.comb(x.size + y.size, x.size)))
        return Significance(float(x[0] - y[0]), p, "all members of each side agree: permutations", n)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)  # one side is constant, which is meant
        result: Any = stats.ttest_ind(x, y, equal_var=False)
    return Significance(float(result.statistic), float(result.pvalue), "Welch's t", n)


def mann_whitney(a: ArrayLike, b: ArrayLike) -> Significance:
    """Mann and Whitney's rank-sum test; scipy's: exact for few members without ties, else normal. All tie: p = 1."""
    x, y = scores.checked(a), scores.checked(b)
    n = min(x.size, y.size)
    if np.ptp(np.concatenate([x, y])) == 0:
        return Significance(float(x.size * y.size / 2), 1.0, "Mann-Whitney, all members tie", n)
    result = stats.mannwhitneyu(x, y, alternative="two-sided")
    return Significance(float(result.statistic), float(result.pvalue), "Mann-Whitney", n)


def independent_superiority(a: ArrayLike, b: ArrayLike, better: Better = "lower", level: float = 0.95) -> Interval:
    """P(a member of a beats one of b), ties half, over all pairs of members; exact count.

    Its interval: Wilson's with the number of members that gives it the variance of a two-sample U-statistic, from each
    member's influence; where no pair ties or is lost, the smaller of the two numbers.

    >>> print(independent_superiority([1.0, 2.0, 3.0], [2.0, 4.0]))
    0.75 [0.2141, 0.9706]
    """
    x, y = scores.checked(a), scores.checked(b)
    if checked_better(better) == "higher":
        x, y = -x, -y
    return _counted((_above(x, y) + _above(x, y, level_too=True)) / 2,
                    1 - (_above(y, x) + _above(y, x, level_too=True)) / 2, level, "ties half")  # fmt: skip


def _fit(a: Hits | Members, b: Hits | Members, one: Members, other: Members) -> None:
    if isinstance(a, Hits) != isinstance(b, Hits):
        raise StatsError("hits are compared with hits, got hits on one side and scores on the other; ask for one thing")
    for side in (one, other):
        if len(side.settings) != 1:
            raise StatsError(f"each side must be one setting, got {len(side.settings)}; name one")
        if len(side.values) < 2:
            raise StatsError("a comparison needs at least two seeds on each side, got 1; run more seeds")
        scores.checked(side.values[:, 0])
    if isinstance(a, Hits) and isinstance(b, Hits) and a.cap != b.cap:
        low = min(a.cap, b.cap)
        raise StatsError(
            f"hits are compared up to one cap, got {a.cap:g} and {b.cap:g}; run both to {low:g} steps, or compare "
            "another quantity"
        )


def _side(
    side: Hits | Members, values: np.ndarray, name: str, bounds: tuple[float, float] | None, level: float
) -> Side:
    mean = mean_intervals(values[:, None], level, bounds)[0]
    if isinstance(side, Hits):
        survival = side.survival(side.members.settings[0])
        return Side(name, values.size, wilson(survival.arrived, survival.n, level), survival.median(level), mean, None)
    middle = scores.interquartile_mean(values, level)
    return Side(name, values.size, None, scores.median(values, level), mean, middle)


_Found = tuple[Interval, Significance, Significance, Interval, Chance, Needed]


def _paired(x: np.ndarray, y: np.ndarray, bounds: tuple[float, float] | None, better: Better, level: float) -> _Found:
    drawn = resampled_means(np.column_stack([x, y]))
    limits = None if bounds is None else (bounds[0] - bounds[1], bounds[1] - bounds[0])
    run = one_run(np.column_stack([x, y]), ("a", "b"), better, level)
    return (
        difference_interval(x - y, drawn[:, 0] - drawn[:, 1], level, limits), sign_flip(x, y), wilcoxon(x, y),
        superiority(x, y, better, level), run.independent, paired_need(x, y, {}, {}),
    )  # fmt: skip


def _apart(x: np.ndarray, y: np.ndarray, bounds: tuple[float, float] | None, better: Better, level: float) -> _Found:
    gap = independent_difference(x, y, level, bounds)
    return (gap, welch(x, y), mann_whitney(x, y), independent_superiority(x, y, better, level),
            _one_run(x, y, better, level), _need(x, y, gap))  # fmt: skip


def _need(x: np.ndarray, y: np.ndarray, gap: Interval) -> Needed:
    spread = float(np.hypot(x.std(ddof=1), y.std(ddof=1)))
    nearer = max(gap.low, -gap.high, 0.0)
    return Needed(
        {}, {}, gap.n, {power: seeds_for(abs(gap.estimate), spread, power) for power in POWERS},
        {power: seeds_for(nearer, spread, power) for power in POWERS},
        "two-sample t at 5 %, seeds of each side, normal approximation",
    )  # fmt: skip


def _shares(a: np.ndarray, b: np.ndarray, together: bool, level: float) -> tuple[Interval, Significance]:
    if together:
        x, y = a.astype(np.float64), b.astype(np.float64)
        return share_difference(x, y, level), mcnemar(x, y)
    counts = [(int(side.sum()), side.size) for side in (a, b)]
    (one, n), (other, m) = counts
    exact: Any = stats.fisher_exact([[one, n - one], [other, m - other]])
    p = float(exact.pvalue)
    return proportions.unpaired(one, n, other, m, level), Significance(
        one / n - other / m, p, "Fisher exact", min(n, m)
    )


def _one_run(x: np.ndarray, y: np.ndarray, better: Better, level: float) -> Chance:
    """What one run of each says, drawn independently: against the order of the means."""
    x, y = (x, y) if better == "lower" else (-x, -y)
    if scores.alike(np.array([x.mean(), y.mean()]), max(np.abs(x).max(), np.abs(y).max())):
        level_with = Interval(
            np.nan, np.nan, np.nan, level, "the means are level, there is no order", min(x.size, y.size)
        )
        return Chance(level_with, float("nan"), float("nan"))
    ahead, behind = (x, y) if x.mean() < y.mean() else (y, x)
    misleads = _counted(_above(behind, ahead), 1 - _above(ahead, behind, level_too=True), level, "")
    agrees = float(_above(ahead, behind).mean())
    return Chance(misleads, agrees, max(1 - agrees - misleads.estimate, 0.0))


def _above(x: np.ndarray, y: np.ndarray, level_too: bool = False) -> Float[np.ndarray, " member"]:
    """For each member of x, the share of y above it, or not below it."""
    return 1 - np.searchsorted(np.sort(y), x, side="left" if level_too else "right") / y.size


def _counted(of_x: np.ndarray, of_y: np.ndarray, level: float, ties: str) -> Interval:
    """A share over all pairs of members from each member's own share, with Wilson's interval of effective members."""
    share, n = float(of_x.mean()), min(of_x.size, of_y.size)
    variance = float(of_x.var(ddof=1)) / of_x.size + float(of_y.var(ddof=1)) / of_y.size
    effective = share * (1 - share) / variance if variance > 1e-12 and 0 < share < 1 else float(n)
    low, high = score_bounds(min(max(share, 0.0), 1.0) * effective, effective, level)
    method = f"exact count, Wilson with {effective:.3g} effective members" + f", {ties}" * bool(ties)
    return Interval(share, low, high, level, method, n)


def _test(test: Significance | None) -> dict[str, Any] | None:
    return None if test is None else {"p": finite(test.p), "test": test.method, "n": test.n}
