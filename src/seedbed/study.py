"""A study: one question of the catalogue, with where it comes from, how it is run, and how its answer is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Profile = Literal["smoke", "quick", "full"]
PROFILES: tuple[Profile, ...] = ("smoke", "quick", "full")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A published statement that can be checked against a record: who said it, where, and the figure given."""

    id: str
    source: str
    statement: str
    levels: Mapping[str, Any] = field(default_factory=dict)
    value: float | None = None


@dataclass(frozen=True, kw_only=True)
class Study:
    """A question of the catalogue.

    `ask` returns the question for a profile as a `Spec`, or None where nothing is trained. `measure` takes a `Lab`
    and returns named records; by default it runs the question. `tell` turns the records into a `Page`.
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
    seeds: Mapping[Profile, int] = field(default_factory=lambda: {"smoke": 8, "quick": 256, "full": 1024})
    decided: tuple[str, ...] = ()
    reduced: Mapping[Profile, str] = field(default_factory=dict)
    takes: Mapping[Profile, str] = field(default_factory=dict)
    figures: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
