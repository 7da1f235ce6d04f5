"""A study: one question of the catalogue, with where it comes from, how it is run, and how its answer is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Profile = Literal["smoke", "quick", "full"]
PROFILES: tuple[Profile, ...] = ("smoke", "quick", "full")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A published statement: who said it, where, in our words, and the line that decides it.

    `check` is a line of `seedbed.stats.checks`, such as "median(hit_step, activation=relu) < 1000", about the record
    named `record` (by default the study's first) or what `Study.outcomes` derives. `value` is the figure published.
    What the statement assumes beyond the study's full question: `assumes="course files"`, the course's own data, which
    `--data` brings (numbers need them; an order should hold on any set of the law). `differs` names what is known to
    have been different in the published run: then no verdict but "set-up differs" is given, beside the evidence.
    `contradicts` is the id of a claim of the same study that says the opposite.
    """

    id: str
    source: str
    statement: str
    check: str = ""
    record: str = ""
    assumes: str = ""
    differs: str = ""
    contradicts: str = ""
    value: float | None = None


@dataclass(frozen=True, kw_only=True)
class Study:
    """A question of the catalogue.

    `ask` returns the question for a profile as a `Spec`, or None where nothing is trained. `measure` takes a `Lab`
    and returns named records; by default it runs the question. `tell` turns the records into a `Page`. `outcomes` turns
    them into further records, one number per member, that claims are about: axes are factors and `seed`. The attribute
    `of` names the records an outcome comes from (with blanks between them), `read_at` the step at which it is read.
    `seeds` is the number of seeds per profile; `decided` states what the source leaves open and how it is settled
    here; `reduced` says what a profile leaves out compared with the source; `takes` how long it takes on two cores,
    where an upper bound from its one question would mislead.
    """

    name: str
    title: str
    source: str
    question: str
    ask: Callable[[Profile], Any] | None = None
    measure: Callable[[Any], Mapping[str, Any]] | None = None
    tell: Callable[[Any], Any] | None = None
    outcomes: Callable[[Any], Mapping[str, Any]] | None = None
    seeds: Mapping[Profile, int] = field(default_factory=lambda: {"smoke": 8, "quick": 256, "full": 1024})
    decided: tuple[str, ...] = ()
    reduced: Mapping[Profile, str] = field(default_factory=dict)
    takes: Mapping[Profile, str] = field(default_factory=dict)
    figures: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
