"""What a record says of a check: supported, refuted, or cannot be told, with the evidence.

One rule for all checks: the statement marks a region of numbers (below 1000, above 0, 0.9 to 1.1), and the 95 %
interval of what was measured lies wholly inside it (supported), wholly outside (refuted), or in both (cannot be told).
Two terms are compared by their difference under the same seeds, or by their ratio where the margin is in percent;
where the difference has a test of its own, that has to reject at 5 % too. So at the border of the truth each wrong
verdict has a chance of about 2.5 %; the bootstrap intervals deviate from that as their docstrings say, and from fewer
than six members none is believed. A mean of steps counts the cap for members that never arrive, so where there are such
members it bounds the mean from below only, and nothing that needs a bound from above is supported by it.

A chain holds if every link does, so no adjustment is needed to support it. It is refuted if any link is reversed, and
links are more chances to be wrong: each is judged at 1 - 5 % / links for that (the first step of Holm's rule).
Several checks of one study are judged each on its own: a statement must not become undecided because another one was
entered beside it. Who reads k verdicts as one should expect up to k times the error of one.

"One run" is the chance that single runs would have said the opposite of the verdict: one member of every setting, seeds
drawn independently. The language is `checks`, estimates are `terms`; whether the record was run as the statement
assumes is for the caller to know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import xarray as xr

import seedbed.stats.equivalence as equivalence
from seedbed import markup
from seedbed.errors import StatsError
from seedbed.stats.checks import Check, Term, parse
from seedbed.stats.interval import Interval, Significance, finite
from seedbed.stats.proportions import wilson
from seedbed.stats.single_run import rising
from seedbed.stats.terms import FEWEST, Column, OpenError, beyond_the_cap, column, estimate, gap

Answer = Literal["supported", "refuted", "cannot be told"]
Sides = Sequence[Column | float]
Kind = Literal["value", "difference", "ratio", "tail"]
RARE = 0.05  # a published run is refuted where at most this share of runs lies as far out
HIDDEN = 0.05  # of members that never arrive: more, and a cap makes two settings look alike


@dataclass(frozen=True)
class Finding:
    """A term as the record has it: its setting, the unit ("steps", "share", "1"), the estimate, how many never came."""

    term: Term
    levels: Mapping[str, Any]
    unit: str
    value: Interval
    never: float = 0.0


@dataclass(frozen=True)
class Link:
    """Two neighbours of a check: what was measured (`effect`), and the region in which the statement puts it.

    `kind` is "value" (a term beside a number), "difference" or "ratio" of two terms, or "tail" (how many members lie as
    far out as a single published run).
    """

    kind: Kind
    effect: Interval
    region: tuple[float, float]
    unit: str
    test: Significance | None
    answer: Answer
    reason: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a record says of a check; `effect` is the link that decides, `reason` why nothing could be told."""

    check: Check
    answer: Answer
    findings: tuple[Finding, ...] = ()
    links: tuple[Link, ...] = ()
    effect: Link | None = None
    one_run: Interval | None = None
    reason: str = ""

    def __repr__(self) -> str:
        found = [f"{what} = {value}, n = {n}" for what, value, n in self._rows()]
        return f"<Verdict: {self.answer}: {'; '.join([str(self.check), *found, *filter(None, [self.reason])])}>"

    def _repr_html_(self) -> str:
        title = f"{self.answer}: {self.check}" + (f" ({self.reason})" if self.reason else "")
        return markup.table(["term", "value and 95 % interval", "n"], self._rows(), title)

    def _rows(self) -> list[list[str]]:
        """A line for each term of the check: its value with its interval and unit, and n."""
        units = {"1": "", "share": ""}
        return [[str(one.term), f"{one.value} {units.get(one.unit, one.unit)}".strip(), str(one.value.n)]
                for one in self.findings]  # fmt: skip

    def plain(self) -> dict[str, Any]:
        """The same as JSON-ready data."""
        return {
            "check": str(self.check), "verdict": self.answer, "reason": self.reason,
            "n": self.findings[0].value.n if self.findings else None,
            "findings": [{"term": str(one.term), "statistic": one.term.statistic, "variable": one.term.variable,
                          "q": one.term.q, "times": one.term.times, "levels": dict(one.levels), "unit": one.unit,
                          "never": one.never, **one.value.plain()}
                         for one in self.findings],
            "effect": None if self.effect is None else {
                **self.effect.effect.plain(), "kind": self.effect.kind, "unit": self.effect.unit,
                "region": [finite(bound) for bound in self.effect.region],
                "p": finite(self.effect.test.p) if self.effect.test else None,
                "test": self.effect.test.method if self.effect.test else None,
            },
            "one_run": None if self.one_run is None else self.one_run.plain(),
        }  # fmt: skip


def judge(check: Check | str, record: xr.Dataset, level: float = 0.95) -> Verdict:
    """The verdict of a record on a check, which may be a line of the language.

    Raises: StatsError for a line that cannot be read, or that names what the record does not have.

    >>> hits = xr.Dataset({"hit_step": ("seed", np.arange(80.0, 120.0))}, {"seed": np.arange(40)}, {"cap": 500})
    >>> judge("median(hit_step) < 150", hits).answer, judge("median(hit_step) < 100", hits).answer
    ('supported', 'cannot be told')
    """
    asked = parse(check) if isinstance(check, str) else check
    try:
        columns = [column(side, record) if isinstance(side, Term) else side for side in asked.sides]
    except OpenError as reason:
        return Verdict(asked, "cannot be told", reason=str(reason))
    findings = tuple(
        Finding(side.term, side.levels, side.unit, _shown(side, level), side.never)
        for side in columns
        if isinstance(side, Column)
    )
    try:
        links = [_link(asked, columns, at, level) for at in range(len(asked.relations))]
        reversed_at = _reversed(asked, columns, links, level)
    except OpenError as reason:
        return Verdict(asked, "cannot be told", findings, reason=str(reason))
    answer: Answer = "refuted" if reversed_at is not None else "cannot be told"
    if all(link.answer == "supported" for link in links):
        answer = "supported"
    open_at = next((at for at, link in enumerate(links) if link.answer != "supported"), None)
    at = reversed_at if reversed_at is not None else open_at if open_at is not None else _tightest(links)
    reason = links[at].reason if answer == "cannot be told" else ""
    return Verdict(asked, answer, findings, tuple(links), links[at], _single(asked, columns, answer, level), reason)


def _link(check: Check, sides: Sides, at: int, level: float) -> Link:
    link = _measured(check, sides, at, level)
    given = [side for side in sides[at : at + 2] if isinstance(side, Column)]
    if link.effect.n >= FEWEST or link.answer == "cannot be told" or not _resampled(link.kind, given):
        return link
    return replace(link, answer="cannot be told", reason=f"{link.effect.n} seeds are too few to bound this; run more")


def _resampled(kind: Kind, given: Sequence[Column]) -> bool:
    """Whether the interval of a link is a bootstrap's or a t test's, which needs some members."""
    if all(side.exact for side in given) or kind == "tail":
        return False
    if all(side.term.statistic == "share" for side in given):
        return any(side.term.times != 1 for side in given) and kind != "value"
    return kind != "value" or given[0].term.statistic in ("mean", "iqm")


def _measured(check: Check, sides: Sides, at: int, level: float) -> Link:
    left, right, relation = sides[at], sides[at + 1], check.relations[at]
    if isinstance(left, Column) and isinstance(right, Column) and left.unit == "steps" and left.cap != right.cap:
        raise OpenError(f"one side was watched for {left.cap:g} steps and the other for {right.cap:g}")
    if relation == "=":
        return _equal(check, left, right, level)
    if isinstance(left, Column) and isinstance(right, Column):
        effect, test = gap(left, right, level)
        link = _decided("difference", effect, _region(relation, 0.0), left.unit, test, relation)
        if left.hidden and right.hidden:
            reason = f"neither was reached by step {left.cap:g}, where watching ended"
            return replace(link, answer="cannot be told", reason=reason)
        return link
    if isinstance(left, Column) and not isinstance(right, Column):
        return _beside(left, right, relation, level)
    if isinstance(right, Column) and not isinstance(left, Column):
        return _beside(right, left, relation.translate(str.maketrans("<>", "><")), level)
    raise StatsError(f'two numbers stand side by side in "{check}"; take one away')


def _beside(side: Column, number: float, relation: str, level: float) -> Link:
    """A term beside a number; means that a cap has cut bound nothing from above, and nothing beyond the cap."""
    effect = estimate(side, level)
    seen = replace(effect, low=np.nextafter(effect.low, np.inf)) if beyond_the_cap(side, level) else effect
    link = replace(_decided("value", seen, _region(relation, number), side.unit, None, relation), effect=effect)
    return _beyond(link, side, number) or link


def _beyond(link: Link, side: Column, number: float) -> Link | None:
    """The link left open where members that never arrived decide it; quantiles know of them what there is to know."""
    if side.unit != "steps" or side.cap is None or side.never == 0:
        return None
    if link.kind == "value" and side.term.statistic in ("median", "quantile"):
        return None
    if number >= side.term.times * side.cap:
        return replace(link, answer="cannot be told", reason=f"watching ended at step {side.cap:g}, before {number:g}")
    low, high = link.region
    from_above = np.isfinite(high) if link.answer == "supported" else link.effect.high <= low
    if link.kind == "tail" or link.answer == "cannot be told" or not from_above:
        return None
    reason = f"{side.never:.0%} never arrived by step {side.cap:g}, so nothing bounds the mean from above"
    return replace(link, answer="cannot be told", reason=reason)


def _equal(check: Check, left: Column | float, right: Column | float, level: float) -> Link:
    margin = check.margin or 0.0
    if not isinstance(left, Column):
        raise StatsError(f'a number stands right of "=", got "{check}"; turn the two sides around')
    if left.term.statistic == "one_run":
        return _tail(left, float(right) if not isinstance(right, Column) else np.nan, level)
    if not isinstance(right, Column):
        reach = abs(right) * margin / 100 if check.relative else margin
        link = _decided("value", estimate(left, level), (right - reach, right + reach), left.unit, None, "=")
        return _beyond(link, left, right + reach) or link
    link = _ratio(check, left, right, level) if check.relative else _near(left, right, margin, level)
    if link.answer == "supported" and max(left.never, right.never) > HIDDEN:
        worst = max(left, right, key=lambda side: side.never)
        reason = (
            f"{worst.never:.0%} of {worst.setting or 'the members'} never arrive, and the cap alone makes them alike"
        )
        return replace(link, answer="cannot be told", reason=reason)
    return link


def _ratio(check: Check, left: Column, right: Column, level: float) -> Link:
    if {left.term.statistic, right.term.statistic} != {"mean"}:
        raise StatsError(f'a margin in percent between two terms needs means, got "{check}"; give a plain number')
    if left.unit != right.unit:
        raise StatsError(f"{left.term} and {right.term} have other units; compare like with like")
    share = (check.margin or 0.0) / 100
    cap = None if right.cap is None else right.term.times * right.cap
    try:
        tested = equivalence.by_ratio(left.single(), right.single(), share, (1 - level) / 2, cap)
    except StatsError as error:
        raise OpenError(str(error)) from None
    low, high = (_open(bound, end) for bound, end in ((tested.estimate.low, -np.inf), (tested.estimate.high, np.inf)))
    effect = replace(tested.estimate, low=low, high=high)
    link = _decided("ratio", effect, (1 - share, 1 + share), "1", None, "=")
    if link.answer == "supported" and not tested.equivalent:
        reason = f"{effect.n} seeds may have missed a minority that is wide apart; run more"
        return replace(link, answer="cannot be told", reason=reason)
    return link


def _near(left: Column, right: Column, margin: float, level: float) -> Link:
    effect, _ = gap(left, right, level)
    return _decided("difference", effect, (-margin, margin), left.unit, None, "=")


def _tail(side: Column, published: float, level: float) -> Link:
    """Whether a single published run is one that such members give: twice the share of members at least as far out.

    A member that never arrived lies beyond every number up to the cap. Twice the smaller of the shares at or below and
    at or above; Wilson's interval, doubled.
    """
    values = side.single()
    reached = np.isfinite(side.values)
    below = int((reached & (values <= published)).sum())
    above = int((~reached | (values >= published)).sum())
    share = wilson(min(below, above), values.size, level)
    doubled = {name: min(2 * getattr(share, name), 1.0) for name in ("estimate", "low", "high")}
    where = "below" if below <= above else "above"
    method = f"two-sided tail, {min(below, above)} of {values.size} members at or {where}; Wilson, doubled"
    effect = Interval(**doubled, level=level, method=method, n=values.size)
    link = _decided("tail", effect, (RARE, np.inf), "share", None, ">")
    return _beyond(link, side, published) or link


def _decided(
    kind: Kind, effect: Interval, region: tuple[float, float], unit: str, test: Significance | None, relation: str
) -> Link:
    """The answer that an interval gives for a region; a strict relation leaves the border out."""
    low, high = _open(effect.low, -np.inf), _open(effect.high, np.inf)
    strict = relation in ("<", ">")
    above = low > region[0] if strict and np.isfinite(region[0]) else low >= region[0]
    below = high < region[1] if strict and np.isfinite(region[1]) else high <= region[1]
    out = high < region[0] or low > region[1] or (strict and (high <= region[0] or low >= region[1]))
    tested = test is None or test.p < 1 - effect.level
    answer: Answer = "supported" if above and below and tested else "refuted" if out and tested else "cannot be told"
    return Link(kind, effect, region, unit, test, answer)


def _reversed(check: Check, sides: Sides, links: list[Link], level: float) -> int | None:
    """The first link that lies on the wrong side at a level adjusted for the number of links; None where none does."""
    adjusted = 1 - (1 - level) / len(links)
    for at, link in enumerate(links):
        if link.answer == "refuted" and (len(links) == 1 or _link(check, sides, at, adjusted).answer == "refuted"):
            return at
    return None


def _single(check: Check, sides: Sides, answer: Answer, level: float) -> Interval | None:
    """The chance that one run per setting says the opposite of the verdict; None where a run says nothing of it."""
    columns = [side for side in sides if isinstance(side, Column)]
    statistics = {side.term.statistic for side in columns}
    if answer == "cannot be told" or statistics & {"quantile", "one_run"} or any(side.exact for side in columns):
        return None
    if "share" in statistics and (check.relations == ("=",) or (len(columns) == 1 and len(check.relations) > 1)):
        return None  # a run is a yes or a no, and no share
    if len(columns) == 1:
        holds = _holds(check, sides, columns[0])
        return wilson(int((~holds if answer == "supported" else holds).sum()), holds.size, level)
    if len(columns) < len(sides):
        return None
    if check.relations == ("=",):
        apart = _apart(check, columns)
        found = wilson(int((apart if answer == "supported" else ~apart).sum()), apart.size, level)
        return replace(found, method=f"{found.method}, one seed for both")
    directions = {relation[0] for relation in check.relations}
    if len(directions) > 1:
        return None
    chain = np.stack([side.single() for side in columns], axis=1) * (1 if directions == {"<"} else -1)
    if answer == "refuted":
        return rising(chain, True, level)
    shown = rising(chain, False, level)
    return replace(shown, estimate=1 - shown.estimate, low=1 - shown.high, high=1 - shown.low)


def _holds(check: Check, sides: Sides, only: Column) -> np.ndarray:
    """Of each member alone: whether it shows what the check says."""
    values = np.where(np.isnan(only.values), np.inf, only.single()) if only.unit == "steps" else only.single()
    if only.unit == "share":
        values = values[np.isfinite(values)]
        more = check.relations[0][0] == (">" if isinstance(sides[0], Column) else "<")
        return values > 0 if more else values == 0
    holds = np.ones(values.size, dtype=bool)
    for at, relation in enumerate(check.relations):
        left, right = sides[at], sides[at + 1]
        if relation == "=" and not isinstance(right, Column):
            reach = abs(right) * (check.margin or 0) / 100 if check.relative else check.margin or 0
            holds &= np.abs(values - right) <= reach
        else:
            a, b = (values if isinstance(side, Column) else side for side in (left, right))
            holds &= {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[relation](a, b)
    return holds


def _apart(check: Check, columns: list[Column]) -> np.ndarray:
    """Of each seed: whether its two members differ by more than the margin."""
    a, b = (side.single() for side in columns)
    return np.abs(a - b) > (np.abs(b) * (check.margin or 0) / 100 if check.relative else check.margin or 0)


def _shown(side: Column, level: float) -> Interval:
    """A side's estimate for reading; of single runs, the median they are set beside."""
    if side.term.statistic == "one_run":
        return estimate(replace(side, term=replace(side.term, statistic="median")), level)
    return estimate(side, level)


def _tightest(links: list[Link]) -> int:
    """The supported link whose interval lies nearest to the border of its region, in widths of the interval."""

    def room(link: Link) -> float:
        gaps = [abs(end - bound) for end, bound in zip((link.effect.low, link.effect.high), link.region, strict=True)
                if np.isfinite(end) and np.isfinite(bound)]  # fmt: skip
        return min(gaps, default=np.inf) / ((link.effect.high - link.effect.low) or 1.0)

    return int(np.argmin([room(link) for link in links]))


def _region(relation: str, number: float) -> tuple[float, float]:
    return (-np.inf, number) if relation[0] == "<" else (number, np.inf)


def _open(bound: float, end: float) -> float:
    return end if np.isnan(bound) else bound
