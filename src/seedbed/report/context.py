"""What a block of a page sees: the study, its records, and their scores, each statistic computed once.

A block is a function of the context that yields items: prose, formulas, tables and figures for the page, a `Reading`
for `summary.json`, and an `Answer` for *In short*. Those that every study needs are `report.show`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb
from seedbed.errors import SpecError, nearest
from seedbed.record import SEED, factors
from seedbed.report.numbers import hundredths, interval, number, percent, tenth, whole
from seedbed.spec import Spec, read_back
from seedbed.study import Profile, Score, Study

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.stats.comparisons import Comparison
    from seedbed.stats.hits import Hits
    from seedbed.stats.interval import Interval
    from seedbed.stats.members import Members
    from seedbed.stats.order import Order
    from seedbed.stats.single_run import OneRun

SHARES = ("accuracy", "within", "share")
FINE = 0.02  # standard deviation of a share below which whole percentages would hide the differences


@dataclass(frozen=True)
class Block:
    """A block of a page: its heading where it stands under none, and the function of the context that makes it."""

    title: str
    items: Callable[[Context], Iterable[Any]]
    variables: Sequence[str] = ()  # that the record of this name must have
    record: str = ""

    def __call__(self, context: Context) -> Iterable[Any]:
        """The items, for this context. Raises SpecError for a variable that the record lacks."""
        for name in self.variables:
            if name not in context.record(self.record):
                there = [str(key) for key in context.record(self.record).data_vars]
                lacks = f'the block "{self.title}" shows what its record lacks, got "{name}"{nearest(name, there)}'
                raise SpecError(f"{lacks}; there are {', '.join(there)}")
        return self.items(context)


@dataclass(frozen=True, eq=False)
class Context:
    """A study that has been run. `records` are what it asked for, `outcomes` what it derives from them, and `claims`
    its published statements with their verdicts."""

    study: Study
    profile: Profile
    records: Mapping[str, xr.Dataset]
    outcomes: Mapping[str, xr.Dataset] = field(default_factory=dict)
    claims: Sequence[Mapping[str, Any]] = ()
    kept: dict[Any, Any] = field(default_factory=dict)  # what blocks share, each computed once

    def has(self, name: str) -> bool:
        """Whether this run has a record or outcome of that name."""
        return name in self.records or name in self.outcomes

    @property
    def first(self) -> str:
        """The name of the first record, which claims are about unless they say otherwise."""
        return next(iter(self.records))

    @property
    def main(self) -> str:
        """The name of the record that the score is about."""
        return (self.study.score.record if self.study.score else "") or self.first

    def record(self, name: str = "") -> xr.Dataset:
        """A record or outcome by name; by default the one that the score is about, else the first.

        Raises: SpecError for a name that is neither.
        """
        known, name = {**self.records, **self.outcomes}, name or self.main
        if name not in known:
            raise SpecError(f'this run has no record "{name}"{nearest(name, known)}, got {", ".join(known)}; name one')
        return known[name]

    def spec(self, name: str = "") -> Spec | None:
        """The question of a record; None where it has functions of a user's own, or is no question at all."""
        about = self.record(name).attrs
        try:
            return read_back(json.loads(about["spec"]), json.loads(about["levels"]))
        except (sb.errors.SeedbedError, KeyError):
            return None

    def scored(self, record: str = "", variable: str = "", better: str = "") -> Scored:
        """The scores of a record: the study's own score, or another variable of it."""
        chosen = self.study.score or usual_score(self.record(record))
        chosen = replace(chosen, variable=variable, words="") if variable not in ("", chosen.variable) else chosen
        chosen = replace(chosen, better=better) if better else chosen
        key = ("scored", record or self.main, chosen.variable, chosen.better)
        if key not in self.kept:
            self.kept[key] = Scored(self.record(record), chosen)
        return self.kept[key]

    @property
    def score(self) -> Scored:
        """The study's score, member by member."""
        return self.scored()

    @property
    def is_trained(self) -> bool:
        """Whether there are members with a score at all."""
        record = self.record()
        return SEED in record.dims and (self.study.score is not None or "stop_step" in record)


def usual_score(record: xr.Dataset) -> Score:
    """Arrival where there was a target, else the last test loss, or training loss where there is no test split."""
    if record.attrs.get("target"):
        return Score("hit_step")
    return Score("final_test_loss" if "final_test_loss" in record else "final_train_loss")


@dataclass(frozen=True, eq=False)
class Scored:
    """One number per member of every setting, and its statistics, all over the same seeds.

    Of hits, a member that never arrives counts with the cap in means, orders and pairs. Of other scores, seeds under
    which a setting's score is no number (diverged, as a rule) are left out for all settings; `lost` counts them.
    """

    record: xr.Dataset
    score: Score

    @cached_property
    def hits(self) -> Hits | None:
        """The arrivals, where the score is one."""
        return sb.stats.hits(self.record) if self.score.variable == "hit_step" else None

    @cached_property
    def members(self) -> Members:
        """The scores (seed, setting), all of them numbers."""
        if self.hits is not None:
            return self.hits.restricted()
        found = sb.stats.read(self.record, self.score.variable)
        kept = np.isfinite(found.values).all(axis=1)
        return replace(found, seeds=found.seeds[kept], values=found.values[kept])

    @property
    def lost(self) -> int:
        """Seeds left out because a score is no number."""
        return self.record.sizes[SEED] - self.n

    @property
    def n(self) -> int:
        """Seeds of every setting."""
        return len(self.members.seeds)

    @property
    def names(self) -> tuple[str, ...]:
        """The settings in words, in the record's order."""
        return self.members.names

    @property
    def is_share(self) -> bool:
        """Whether the score is yes or no, so that its mean is a share of members."""
        return self.hits is None and self.record[self.score.variable].dtype == bool

    @property
    def several(self) -> bool:
        """Whether there is anything to compare: several settings and several seeds."""
        return len(self.names) > 1 and self.n > 1

    @cached_property
    def means(self) -> list[Interval]:
        """The mean of every setting (of hits, the restricted mean; of yes or no, the share, with Wilson's interval)."""
        if self.is_share:
            return [sb.stats.wilson(int(column.sum()), self.n) for column in self.members.values.T]
        return sb.stats.scores.means(self.members.values) if self.hits is None else self.hits.restricted_means()

    @cached_property
    def medians(self) -> list[Interval]:
        """The median of every setting."""
        if self.hits is None:
            return [sb.stats.scores.median(column) for column in self.members.values.T]
        return [self.hits.survival(levels).median() for levels in self.members.settings]

    @cached_property
    def pairs(self) -> list[Comparison]:
        """Every pair of settings; see `stats.pairwise` for which."""
        if self.hits is not None:
            return self.hits.pairs()
        return sb.stats.pairwise(self.members, self.score.better)

    @cached_property
    def order(self) -> Order:
        """The settings by mean, best first."""
        if self.hits is not None:
            return self.hits.order()
        return sb.stats.order(self.members.values, self.names, self.score.better)

    @cached_property
    def one_run(self) -> OneRun:
        """What one run of each setting would have said."""
        if self.hits is not None:
            return self.hits.one_run()
        return sb.stats.one_run(self.members.values, self.names, self.score.better)

    @property
    def words(self) -> str:
        """The score in words: `test accuracy`."""
        if self.hits is not None:
            return "steps"
        return self.score.words or self.score.variable.removeprefix("final_").replace("_", " ")

    @property
    def unit(self) -> str:
        """What stands behind a number of the score."""
        return "" if self.hits is None else " steps"

    def shown(self, value: float) -> str:
        """A number of the score for reading."""
        if self.hits is not None:
            return whole(value)
        if self.is_share:
            return tenth(value)
        if not self.score.variable.endswith(SHARES):
            return number(value)
        return hundredths(value) if self.is_fine else percent(value)

    @cached_property
    def is_fine(self) -> bool:
        """Whether members of a setting mostly differ by less than a percentage point or so: two decimals are shown."""
        return self.n > 1 and bool(0 < np.median(self.members.values.std(axis=0)) < FINE)

    def interval(self, value: Interval) -> str:
        """An estimate of the score with its interval: `0.93 [0.92, 0.94]`."""
        return interval(value, self.shown)

    def __getitem__(self, name: str) -> str:
        """The mean of a setting with its interval, for sentences: `{score[dropout]}`."""
        return self.interval(self.means[self.names.index(name)])


def settings_vary(record: xr.Dataset) -> bool:
    """Whether a record has more than one setting."""
    return any(record.sizes[name] > 1 for name in factors(record))
