"""Seeds added in blocks until every comparison is settled: looking more than once without raising more false alarms.

Nothing is trained here. Whoever looks after every block and stops at the first p < 0.05 is wrong far more often than in
5 % of cases. So the error is spent over the looks: with n of at most `cap` seeds the share t = n / cap of the evidence
is in, and up to then alpha*(t) = 2 (1 - Phi(z / sqrt t)) may have been spent, z the normal quantile of 1 - alpha / 2:
next to nothing early, alpha at the cap. A look at n seeds after one at m tests at alpha*(n / cap) - alpha*(m / cap);
the sum over all looks is alpha, so by the union bound no dependence between looks matters; exact boundaries would
need it and gain little. At each look Holm's rule goes over the pairs that are not told apart yet. A pair told apart
at an earlier look leaves the family, and this is still the closed test: of any set of true hypotheses, the one
rejected first was rejected while all of them counted. A pair shown equivalent goes on counting: nothing was rejected
in this family.

Source: O'Brien and Fleming 1979, Biometrics 35, 549-556; Lan and DeMets 1983, Biometrika 70, 659-663 (the spending
function); Maurer and Bretz 2013, Stat. Biopharm. Res. 5, 311-320 (families).
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Float
from scipy import special

from seedbed.errors import StatsError
from seedbed.record import name_of
from seedbed.stats.comparisons import chosen_pairs
from seedbed.stats.equivalence import by_ratio
from seedbed.stats.families import holm
from seedbed.stats.hits import Hits
from seedbed.stats.interval import Interval, shown
from seedbed.stats.members import ALONE, Members
from seedbed.stats.pairs import Better, checked_better, sign_flip

State = Literal["a faster", "b faster", "a better", "b better", "equivalent", "open"]


@dataclass(frozen=True)
class Decision:
    """What is known of one pair of settings.

    `look` (counted from 1) and `n` (seeds) say when it was settled; None while it is open. `difference` is mean(a) -
    mean(b) as of that look, or of the last look while open, with an interval that holds at all looks together; `few`
    says that less than half of the members of either setting had arrived, so that the cap makes the two alike.
    """

    a: Mapping[str, Any]
    b: Mapping[str, Any]
    state: State
    look: int | None
    n: int | None
    difference: Interval
    few: bool = False

    @property
    def settled(self) -> bool:
        """Whether the pair is told apart or shown equivalent."""
        return self.state != "open"

    def plain(self) -> dict[str, Any]:
        """The same as JSON-ready data."""
        return {"a": dict(self.a), "b": dict(self.b), "state": self.state, "look": self.look, "n": self.n,
                "difference": self.difference.plain()}  # fmt: skip


@dataclass(frozen=True)
class Settled:
    """Every declared pair after the look at `n` seeds, the `look`-th of `looks`."""

    decisions: tuple[Decision, ...]
    looks: tuple[int, ...]
    look: int
    n: int
    margin: float
    alpha: float
    better: Better
    unit: str

    @property
    def all_settled(self) -> bool:
        """Whether no pair is open."""
        return all(decision.settled for decision in self.decisions)

    def words(self) -> tuple[str, ...]:
        """A sentence for each pair, and one that says once what errors are controlled."""
        return (*(_sentence(decision, self) for decision in self.decisions), _control(self))

    def plain(self) -> dict[str, Any]:
        """The same as JSON-ready data."""
        return {"pairs": [decision.plain() for decision in self.decisions], "looks": list(self.looks),
                "look": self.look, "n": self.n, "margin": self.margin, "alpha": self.alpha,
                "all_settled": self.all_settled, "words": list(self.words())}  # fmt: skip


def looks(first: int, cap: int, growth: float | int = 2.0) -> tuple[int, ...]:
    """How many seeds there are at each look: `first`, then `growth` times as many each time, and `cap` at last.

    Raises: StatsError for fewer than two seeds, a cap below the first look, or a growth that is not above 1.

    >>> looks(32, 200)
    (32, 64, 128, 200)
    """
    if first < 2:
        raise StatsError(f"the first look needs at least two seeds, got {first}; begin with 16 or more")
    if cap < first:
        raise StatsError(
            f"the most seeds must be at least those of the first look, got {cap} after {first}; allow more"
        )
    if not 1 < growth < math.inf:
        raise StatsError(f"each look must have more seeds than the one before, got a growth of {growth:g}; write 2")
    found = [first]
    while found[-1] < cap:
        found.append(min(max(round(found[-1] * growth), found[-1] + 1), cap))
    return tuple(found)


def spent(share: float | int, alpha: float = 0.05) -> float:
    """The error that may have been spent when this share of the evidence is in; 0 at 0, alpha at 1.

    >>> [round(spent(share), 5) for share in (0.25, 0.5, 1.0)]
    [9e-05, 0.00557, 0.05]
    """
    return 0.0 if share <= 0 else float(2 * special.ndtr(special.ndtri(alpha / 2) / share**0.5))


def group_sequential(
    hits: Hits | Members,
    looks: Sequence[int],
    so_far: Settled | None = None,
    margin: float = 0.1,
    alpha: float = 0.05,
    better: Better = "lower",
) -> Settled:
    """One look: what the seeds at hand settle, added to what earlier looks have settled.

    `hits` are all seeds so far, and their number must be one of `looks`; a look that is left out passes its error on
    to the next one, as long as it was not left out for what it showed. Members (one finite number each, such as a final
    loss) are compared by their mean, and `better` says which way; hits by the restricted mean up to the cap.
    A pair is told apart by the test of its mean difference (`pairs.sign_flip`), and is equivalent where mean(a) over
    mean(b) lies within 1 -+ margin (`equivalence.by_ratio`), which spends an alpha of its own; equivalence is not tried
    where mean(b) is not positive. What is settled stays settled. The pairs: all up to eight settings, above those that
    differ in one factor.

    The chance that any pair is wrongly told apart, over all looks, is at most alpha, and so is that of any pair wrongly
    being called equivalent. The interval of a difference holds at all looks together (for its one pair): mean +- t s /
    sqrt(n) with Student's quantile at what this look spends; NaN where that is too little for any bound, or where all
    seeds agree.
    States: "a faster" and "b faster" for hits, "a better" and "b better" for members, "equivalent", "open".

    Raises: StatsError for a number of seeds that is no look or was looked at before, other settings, looks, alpha or
    margin than before, fewer than two settings, or values that are not finite.
    """
    checked_better(better)
    members = hits.restricted() if isinstance(hits, Hits) else hits
    plan = _plan(members, tuple(looks), so_far, alpha)
    before = so_far or _begun(hits, members, plan, margin, alpha, better)
    _same(before, members, plan, margin, alpha, better)
    n = len(members.values)
    level = spent(n / plan[-1], alpha) - (spent(so_far.n / plan[-1], alpha) if so_far else 0.0)
    at = plan.index(n) + 1
    columns = [(members.values[:, members.column(one.a)], members.values[:, members.column(one.b)])
               for one in before.decisions]  # fmt: skip
    apart = _rejected([sign_flip(a, b).p for a, b in columns], before, level, ("equivalent",))
    cap = hits.cap if isinstance(hits, Hits) else None
    alike = _rejected([_tost(a, b, margin, cap) for a, b in columns], before, level, ("a", "b"))
    arrived = np.mean(~hits.never, axis=0) if isinstance(hits, Hits) else np.ones(len(members.settings))
    decisions: list[Decision] = []
    for k, one in enumerate(before.decisions):
        if one.settled:
            decisions.append(one)
            continue
        gap = columns[k][0] - columns[k][1]
        few = bool(max(arrived[members.column(one.a)], arrived[members.column(one.b)]) < 0.5)
        state = _ahead(float(gap.mean()), better, isinstance(hits, Hits)) if apart[k] else "equivalent"
        done = bool(apart[k] or alike[k])
        found = replace(one, difference=_repeated(gap, level, alpha, at, len(plan)), few=few)
        decisions.append(replace(found, state=state, look=at, n=n) if done else found)
    return replace(before, decisions=tuple(decisions), look=at, n=n)


def _plan(members: Members, plan: tuple[int, ...], so_far: Settled | None, alpha: float) -> tuple[int, ...]:
    n = len(members.values)
    if not 0 < alpha < 1:
        raise StatsError(f"the error that may be spent must lie between 0 and 1, got {alpha:g}; write 0.05 for 5 %")
    if not plan or plan[0] < 2 or any(late <= early for early, late in itertools.pairwise(plan)):
        raise StatsError(f"looks are rising numbers of seeds from 2 on, got {plan}; make them with sequential.looks")
    if n not in plan:
        raise StatsError(
            f"a look needs {', '.join(map(str, plan))} seeds as planned, got {n}; run up to the next of them"
        )
    if so_far and n <= so_far.n:
        raise StatsError(f"a look needs more seeds than the last one, got {n} after {so_far.n}; add the next block")
    if len(members.settings) < 2:
        raise StatsError("nothing can be settled between fewer than two settings, got 1; vary something")
    return plan


def _begun(hits: Hits | Members, members: Members, plan: tuple[int, ...], margin: float, alpha: float,
           better: Better) -> Settled:  # fmt: skip
    """Every pair open, before any look."""
    nothing = Interval(np.nan, np.nan, np.nan, 1 - alpha, "no look yet", 0)
    decisions = tuple(
        Decision(members.settings[i], members.settings[j], "open", None, None, nothing)
        for i, j in chosen_pairs(members.settings)
    )
    return Settled(decisions, plan, 0, 0, margin, alpha, better, " steps" if isinstance(hits, Hits) else "")


def _same(
    before: Settled, members: Members, plan: tuple[int, ...], margin: float, alpha: float, better: Better
) -> None:
    """The rules may not change on the way, or nothing is controlled."""
    asked = (plan, margin, alpha, better)
    if (before.looks, before.margin, before.alpha, before.better) != asked:
        raise StatsError(
            f"every look needs the rules of the first, got looks, margin, alpha, better {asked}; keep them"
        )
    known = [(one.a, one.b) for one in before.decisions]
    if known != [(members.settings[i], members.settings[j]) for i, j in chosen_pairs(members.settings)]:
        raise StatsError("every look needs the settings of the first, got others; begin anew to compare these")


def _rejected(p: list[float], before: Settled, level: float, elsewhere: tuple[str, ...]) -> list[bool]:
    """Holm over the pairs whose hypothesis was not rejected before; those settled in the other way only count."""
    counting = [k for k, one in enumerate(before.decisions) if not one.settled or one.state.startswith(elsewhere)]
    raw = [1.0 if before.decisions[k].settled else p[k] for k in counting]
    adjusted = dict(zip(counting, holm(raw).p.tolist(), strict=True)) if counting else {}
    return [not before.decisions[k].settled and adjusted[k] < level for k in range(len(p))]


def _tost(a: Float[np.ndarray, " seed"], b: Float[np.ndarray, " seed"], margin: float, cap: float | None) -> float:
    return by_ratio(a, b, margin, cap=cap).p if b.mean() > 0 else 1.0


def _ahead(gap: float, better: Better, arrivals: bool) -> State:
    first = (gap < 0) == (better == "lower")
    if arrivals:
        return "a faster" if first else "b faster"
    return "a better" if first else "b better"


def _repeated(gap: Float[np.ndarray, " seed"], level: float, alpha: float, at: int, of: int) -> Interval:
    n, middle = gap.size, float(gap.mean())
    varies = level > 0 and np.ptp(gap) > 0
    reach = float(-special.stdtrit(n - 1, level / 2) * gap.std(ddof=1) / n**0.5) if varies else np.nan
    low, high = (middle - reach, middle + reach) if np.isfinite(reach) else (np.nan, np.nan)
    return Interval(middle, low, high, 1 - alpha, f"paired t, repeated at {of} looks (this is the {_th(at)})", n)


def _th(number: int) -> str:
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number if number < 20 else number % 10, 'th') }"


def _sentence(decision: Decision, whole: Settled) -> str:
    a, b = (name_of(levels) or ALONE for levels in (decision.a, decision.b))
    gap, level = decision.difference, f"{100 * decision.difference.level:g} %"
    bounds = "no interval yet" if math.isnan(gap.low) else f"{level} interval {shown(gap.low)} to {shown(gap.high)}"
    found = f"mean difference {shown(gap.estimate)}{whole.unit}, {bounds}, n = {gap.n} seeds"
    when = f"Settled at look {decision.look} of {len(whole.looks)}: " if decision.settled else ""
    if decision.state == "open":
        return f"Open after look {whole.look} of {len(whole.looks)}: {a} and {b} ({found})."
    if decision.state == "equivalent":
        few = ", where most members of both never arrived, which makes them alike" if decision.few else ""
        return f"{when}{a} and {b} have the same mean to within {100 * whole.margin:g} %{few} ({found})."
    first, second = (a, b) if decision.state.startswith("a ") else (b, a)
    verb = "arrives sooner than" if decision.state.endswith("faster") else f"has a {whole.better} mean than"
    return f"{when}{first} {verb} {second} ({found})."


def _control(whole: Settled) -> str:
    pairs = len(whole.decisions)
    counted = "1 pair" if pairs == 1 else f"{pairs} pairs"
    return (
        f"Over all {len(whole.looks)} planned looks and {counted} (Holm), the chance of any wrong order is at most "
        f'{100 * whole.alpha:g} %, and so is that of any wrong "same"; intervals hold at all looks together.'
    )
