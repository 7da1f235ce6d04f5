"""Everything there is to say about when members arrived, from one record: `hits(record)`.

Also for a Dataset of one's own: it needs a `seed` axis, the variable asked for (NaN: never), and a cap. Scores such as
a final loss: `scores`, or `order` and `pairwise` on `members.read`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from seedbed import markup
from seedbed.errors import StatsError
from seedbed.stats.comparisons import Comparison, pairwise
from seedbed.stats.interval import Interval
from seedbed.stats.members import Members, read
from seedbed.stats.order import Order, order
from seedbed.stats.proportions import wilson
from seedbed.stats.resampling import mean_intervals
from seedbed.stats.single_run import OneRun, one_run
from seedbed.stats.survival import Survival, running_times
from seedbed.stats.words import Overview, median_text, table


@dataclass(frozen=True, eq=False)
class Hits:
    """The steps of arrival of all members (NaN: never before the cap), in updates, paired by seed."""

    members: Members
    cap: float
    target: str = ""
    judged: str = ""  # when the target was judged, "" or "every step" where at every step

    def __repr__(self) -> str:
        return f"{self._title()}\n\n{table(*self._rows())}"

    def _repr_html_(self) -> str:
        return markup.table(*self._rows(), self._title())

    def _title(self) -> str:
        target = f" until {self.target}" if self.target else ""
        return f"Steps{target}: {len(self.names)} settings, {len(self.never)} seeds each, watched to step {self.cap:g}"

    def _rows(self) -> tuple[list[str], list[list[str]]]:
        """A line for each setting: how many arrived, the share and the median with their 95 % intervals."""
        rows = [
            [name, f"{round(share.estimate * share.n)} of {share.n}", str(share),
             median_text(Survival(column, self.cap).median())]
            for (name, share), column in zip(self.shares().items(), self.members.values.T, strict=True)
        ]  # fmt: skip
        return ["setting", "arrived", "share", "median step"], rows

    @property
    def names(self) -> tuple[str, ...]:
        """The settings in words, in the record's order."""
        return self.members.names

    @property
    def never(self) -> np.ndarray:
        """Which members never arrived, (seed, setting)."""
        return np.isnan(self.members.values)

    def restricted(self) -> Members:
        """min(T, cap) of every member: what means, orders and pairs are computed from."""
        return replace(self.members, values=np.where(self.never, self.cap, self.members.values))

    def shares(self, level: float = 0.95) -> dict[str, Interval]:
        """The share of members that arrived, by setting, with Wilson's interval."""
        arrived = (~self.never).sum(axis=0).tolist()
        return {name: wilson(count, len(self.never), level) for name, count in zip(self.names, arrived, strict=True)}

    def survival(self, levels: Mapping[str, Any] | None = None) -> Survival:
        """One setting as right-censored data; `levels` may be left out where there is only one setting."""
        return Survival(self.members.values[:, self.members.column(levels)], self.cap)

    def restricted_means(self, level: float = 0.95) -> list[Interval]:
        """The restricted mean of every setting, in the record's order, from one draw of resampled seeds."""
        return mean_intervals(self.restricted().values, level, (0.0, self.cap))

    def running_times(self, level: float = 0.95) -> list[Interval]:
        """The expected running time of every setting, in the record's order, from one draw of resampled seeds."""
        return running_times([Survival(column, self.cap) for column in self.members.values.T], level)

    def pairs(self, level: float = 0.95) -> list[Comparison]:
        """Every pair of settings, by difference of restricted means; see `comparisons.pairwise` for which pairs."""
        return pairwise(self.restricted(), "lower", level, (0.0, self.cap), self.never)

    def order(self, level: float = 0.95) -> Order:
        """The settings by restricted mean, fastest first, with the uncertainty of that order."""
        return order(self.restricted().values, self.names, "lower", level, (0.0, self.cap))

    def one_run(self, level: float = 0.95) -> OneRun:
        """The chance that one run per setting gives another order than all members do."""
        return one_run(self.restricted().values, self.names, "lower", level)

    def compare(self, level: float = 0.95) -> Overview:
        """Order, pairs and single runs together; its `repr` is a plain-text table."""
        medians = {
            name: Survival(self.members.values[:, j], self.cap).median(level) for j, name in enumerate(self.names)
        }
        return Overview(
            self.target,
            self.cap,
            self.shares(level),
            medians,
            self.order(level),
            tuple(self.pairs(level)),
            self.one_run(level),
        )


def hits(record: xr.Dataset, variable: str = "hit_step", cap: float | int | None = None) -> Hits:
    """The hits of a record; `cap` in updates where the record's attributes do not state it.

    Where settings were run for other numbers of steps, all are watched up to the fewest: later hits count as not yet.

    Raises: StatsError for a variable, target or cap that is missing, hits outside 0..cap, or members that were not run.
    """
    if variable == "hit_step" and record.attrs.get("target") == "":
        raise StatsError("this record has no hits, its question had no target; ask again with stop=reaches(...)")
    members = read(record, variable)
    limit = cap if cap is not None else record.attrs.get("cap")
    if limit is None:
        raise StatsError(
            f'{variable} needs the step at which watching ended, got no attribute "cap"; give hits(record, cap=...)'
        )
    if "stop_step" in record and record["stop_step"].dims == record[variable].dims:
        missing = int(np.isnan(read(record, "stop_step").values).sum())
        if missing:
            raise StatsError(
                f"every setting needs every seed, got {missing} of {members.values.size} members without a stop_step; "
                "run the missing members, or select the settings and seeds that are complete"
            )
    if cap is None and record.attrs.get("longest", limit) > limit:
        members = replace(members, values=np.where(members.values > limit, np.nan, members.values))
    for column in members.values.T:
        Survival(column, float(limit))  # refuses steps outside 0..cap
    judged = str(record.attrs.get("judged", "")) if variable == "hit_step" else ""
    return Hits(members, float(limit), str(record.attrs.get("target", "")), judged)
