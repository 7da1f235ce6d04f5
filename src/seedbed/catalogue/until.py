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
from seedbed.stats.pairs import Better
from seedbed.stats.sequential import Decision, Settled

HIT = "hit_step"
FIRST = 32  # seeds of the first look; fewer tell little, and cost as much to train


@dataclass(frozen=True)
class Until:
    """Add seeds, at most as many as asked for, until all pairs are told apart or agree to within `margin`.

    `variable` is the score of the study, and `better` its direction; "" stands for the steps to the target, or the last
    loss where there is none.
    """

    most: int
    margin: float = 0.1
    variable: str = ""
    better: Better = "lower"

    def of(self, record: xr.Dataset) -> str:
        """The variable of this record that is compared."""
        if self.variable in record and (self.variable != HIT or record.attrs.get("target")):
            return self.variable
        if record.attrs.get("target"):
            return HIT
        return "final_test_loss" if "final_test_loss" in record else "final_train_loss"

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
    record = _trained(records)
    found: Settled | None = None
    for n in until.looks():
        if n <= record.sizes[SEED]:
            found = sequential.group_sequential(
                _compared(record.isel(seed=slice(n)), until), until.looks(), found, margin=until.margin,
                better=until.better if until.of(record) == until.variable else "lower",
            )  # fmt: skip
    if found is None:
        raise StatsError(
            f"the first look needs {until.looks()[0]} seeds, got {record.sizes[SEED]}; run the study with --until again"
        )
    return found


def compared_by(records: Mapping[str, xr.Dataset], until: Until) -> str:
    """What the pairs were compared by, in words: "final test accuracy"."""
    variable = until.of(_trained(records))
    return "steps to the target" if variable == HIT else variable.replace("_", " ")


def _trained(records: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """The first record of networks that were trained for the question itself."""
    record = next((one for one in records.values() if "stop_step" in one and not one.attrs.get("aside")), None)
    if record is None:
        raise StatsError("nothing here is trained, so no seeds can be added until it is settled; leave out --until")
    return record


def _compared(record: xr.Dataset, until: Until) -> Hits | Members:
    """The study's score of every member, or what stands in its place (`Until.of`)."""
    variable = until.of(record)
    return hits(record) if variable == HIT else read(record, variable)


def section(found: Settled, by: str) -> Section:
    """What was settled, by which number, and after how many seeds."""
    return Section("When it was settled", list(_items(found, by)))


def _items(found: Settled, by: str) -> Iterator[Prose | Table]:
    most, still = found.looks[-1], sum(not one.settled for one in found.decisions)
    pairs = len(found.decisions)
    ended = f"{still} of {pairs} pairs are still open" if still else f"All {pairs} pairs are settled"
    if pairs == 1:
        ended = "The pair is still open" if still else "The pair is settled"
    yield Prose(
        f"Seeds were added until every pair of settings was told apart by the mean of {by}, or shown to agree in it to "
        f"within {found.margin:.0%}. "
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
