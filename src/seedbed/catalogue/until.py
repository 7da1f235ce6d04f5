"""Seeds added in blocks until every pair of settings is settled, and how the page tells of it.

What was settled follows from the record alone: the looks are gone through again over its first seeds. So a run that was
killed, or a report written again, comes to the same answer. The rules are `seedbed.stats.sequential`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import xarray as xr

from seedbed.errors import StatsError
from seedbed.record import SEED
from seedbed.report.numbers import interval
from seedbed.report.page import Prose, Section, Table
from seedbed.spec import Seeds
from seedbed.stats import sequential
from seedbed.stats.hits import Hits, hits
from seedbed.stats.members import Members, read
from seedbed.stats.sequential import Decision, Settled

FIRST = 32  # seeds of the first look; fewer tell little, and cost as much to train


@dataclass(frozen=True)
class Until:
    """Add seeds, at most as many as asked for, until all pairs are told apart or agree to within `margin`."""

    most: int
    margin: float = 0.1

    def looks(self) -> tuple[int, ...]:
        """How many seeds there are at each look."""
        return sequential.looks(min(FIRST, self.most), self.most)


def added(
    measure: Callable[[Seeds], dict[str, xr.Dataset]], seeds: Seeds, until: Until
) -> tuple[dict[str, xr.Dataset], Seeds]:
    """Measure look after look, and stop when all is settled: the records, and the seeds they have."""
    first, *later = until.looks()
    n, records = first, measure(seeds[:first])
    for more in later:
        if settled(records, until).all_settled:
            break
        n, records = more, measure(seeds[:more])
    return records, seeds[:n]


def settled(records: Mapping[str, xr.Dataset], until: Until) -> Settled:
    """What the looks that these records allow have settled, in order."""
    record = next((one for one in records.values() if "stop_step" in one and not one.attrs.get("aside")), None)
    if record is None:
        raise StatsError("nothing here is trained, so no seeds can be added until it is settled; leave out --until")
    found: Settled | None = None
    for n in until.looks():
        if n <= record.sizes[SEED]:
            found = sequential.group_sequential(
                _compared(record.isel(seed=slice(n))), until.looks(), found, margin=until.margin
            )
    if found is None:
        raise StatsError(
            f"the first look needs {until.looks()[0]} seeds, got {record.sizes[SEED]}; run the study with --until again"
        )
    return found


def _compared(record: xr.Dataset) -> Hits | Members:
    """Steps of arrival where there is a target, else the last loss."""
    if record.attrs.get("target"):
        return hits(record)
    return read(record, "final_test_loss" if "final_test_loss" in record else "final_train_loss")


def section(found: Settled) -> Section:
    """What was settled, after how many seeds."""
    return Section("When it was settled", list(_items(found)))


def _items(found: Settled) -> Iterator[Prose | Table]:
    most, still = found.looks[-1], sum(not one.settled for one in found.decisions)
    pairs = len(found.decisions)
    ended = f"{still} of {pairs} pairs are still open" if still else f"All {pairs} pairs are settled"
    if pairs == 1:
        ended = "The pair is still open" if still else "The pair is settled"
    yield Prose(
        f"Seeds were added until every pair of settings was told apart or shown to agree to within {found.margin:.0%}. "
        f"{ended} with {found.n:,} seeds of at most {most:,}. Other intervals of this page take the number of seeds as "
        "given; as it depends on what was seen, they are a little too narrow."
    )
    yield Table(
        ("pair", "found", "seeds", "mean difference"),
        [(" against ".join(map(_name, (one.a, one.b))), one.state, one.n or "—", _gap(one)) for one in found.decisions],
        found.words()[-1],
    )


def _name(levels: Mapping[str, Any]) -> str:
    return ", ".join(map(str, levels.values()))


def _gap(one: Decision) -> str:
    return interval(one.difference, lambda value: f"{value:,.4g}".replace("-", "−"))
