"""Blocks about when members arrive: shares, medians, restricted means, curves, and published runs as marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb
from seedbed.record import name_of
from seedbed.report.context import Block, Context, Scored
from seedbed.report.numbers import counted, interval, percent, steps, whole
from seedbed.report.page import Answer, Figure, Table

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.stats.hits import Hits
    from seedbed.stats.interval import Interval

LEVEL = "95 %"
MOST_NAMED = 4  # settings that an answer names one by one
Mark = tuple[str, float | int, str]  # setting, step, who


def arrivals(*, record: str = "", until_last: float | None = None, figures: bool = True, suffix: str = "") -> Block:
    """When members arrive: a table, arrival curves with bands, and every step of arrival, with published runs marked.

    Without `figures` only the table. `until_last` ends the axis where the last member arrived, or at that step where it
    is later. `suffix` keeps the names of figures apart where a page shows arrivals of several records.
    """

    def items(context: Context) -> Iterator[Table | Figure | Answer]:
        scored = context.scored(record, "hit_step", "lower")
        if scored.hits is None:
            return
        shown = scored.record if until_last is None else up_to_last(scored.record, until_last)
        yield arrival_table(scored)
        if figures:
            yield from arrival_figures(shown, published_marks(context, scored.hits, record), suffix)
        yield Answer(arrival_words(scored))

    return Block("When they arrive", items)


def up_to_last(record: xr.Dataset, least: float | int = 0) -> xr.Dataset:
    """The record up to the step at which its last member arrived, and `least`, for figures that would be mostly empty.

    As it is where a member never arrived: then the cap belongs into the picture.
    """
    if not np.isfinite(record["hit_step"].values).all():
        return record
    end = max(float(record["stop_step"].max()), float(least), 1.0)
    if "step" in record.dims:
        steps = record["step"].values
        end = float(steps[min(np.searchsorted(steps, end), len(steps) - 1)])
        record = record.sel(step=slice(0, end))
    return record.assign_attrs(cap=min(int(end), record.attrs["cap"]))


def published_marks(context: Context, hits: Hits, record: str = "") -> list[Mark]:
    """Published single runs among the claims, at the settings that were run, unless their set-up was another one."""
    found: list[Mark] = []
    for claim in context.study.claims:
        name, step = one_run(claim, context, record)
        if step is not None and name in hits.names and step <= hits.cap and not claim.differs:
            found.append((name, step, claim.source.partition(",")[0]))
    return found


def one_run(claim: Any, context: Context, record: str = "") -> tuple[str, float | None]:
    """The setting and the step of a claim that is a single published run; ("", None) for other claims and records."""
    of_this = (claim.record or context.first) == (record or context.main)
    if claim.value is None or not of_this or not claim.check.startswith("one_run(hit_step"):
        return "", None
    (term,) = sb.stats.parse(claim.check).terms
    return name_of(term.levels) or "the only setting", claim.value


def arrival_words(scored: Scored) -> str:
    """The median step of every setting in a sentence, or how many arrived where half did not."""
    hits = scored.hits
    if hits is None:
        return ""
    ranked = sorted(
        zip(scored.names, scored.medians, hits.shares().values(), strict=True),
        key=lambda one: np.nan_to_num(one[1].estimate, nan=np.inf),
    )
    told = {name: _half(median) or _part(share) for name, median, share in ranked}
    if len(told) == 1:
        return f"Of {counted(scored.n, 'network')}, {next(iter(told.values()))}."
    shown = [f"with {name.replace('_', ' ')} {words}" for name, words in told.items()]
    listed = shown if len(shown) <= MOST_NAMED else [*shown[:2], "…", shown[-1]]
    return f"Of {counted(scored.n, 'network')} each, {'; '.join(listed)}."


def _half(median: Interval) -> str:
    """When half were there; empty where they never were."""
    if np.isnan(median.estimate):
        return ""
    high = "no bound" if np.isnan(median.high) else whole(median.high)
    taken = steps(round(median.estimate))
    return f"half arrived after {taken} ({LEVEL} interval {whole(median.low)} to {high})"


def _part(share: Interval) -> str:
    bounds = f"{LEVEL} interval {percent(share.low)} to {percent(share.high)}"
    return f"{percent(share.estimate)} arrived ({bounds})"


def arrival_table(scored: Scored | Hits) -> Table:
    """One row per setting: share that arrived, median and middle half of the hit step, restricted mean."""
    hits: Any = scored.hits if isinstance(scored, Scored) else scored
    shares, means = hits.shares(), scored.means if isinstance(scored, Scored) else hits.restricted_means()
    table: list[Sequence[Any]] = []
    for index, name in enumerate(hits.names):
        survival = hits.survival(hits.members.settings[index])
        low, high = (survival.quantile(q).estimate for q in (0.05, 0.95))
        spread = f"{_or_never(low)} … {_or_never(high)}"
        table.append(
            (name, interval(shares[name], percent), interval(survival.median()), spread, interval(means[index]))
        )
    columns = ("setting", "arrived", "median step", "5–95 % of members", "restricted mean step")
    caption = (
        f"Arrival at the target ({hits.target}) within {steps(hits.cap)}; n = {len(hits.never)} members per "
        f"setting. Brackets are {LEVEL} intervals: Wilson for shares, Brookmeyer–Crowley for medians, BCa bootstrap "
        "over seeds for restricted means (the mean of the step of arrival, the cap counting for members that never "
        f"arrive).{_judged_words(hits)}"
    )
    return Table(columns, table, caption)


def _judged_words(hits: Hits) -> str:
    """Between which steps an arrival lies, where the target was not judged at every step."""
    if hits.judged in ("", "every step"):
        return ""
    when = "at other steps in other settings" if hits.judged == "various" else f"at {hits.judged}"
    when = when.replace("at every", "every")
    return (
        f" The whole split was judged {when} only: a member came to the target after the last judged step at which it "
        "did not hold (`hit_after` in the record) and by the step told here."
    )


def arrival_figures(record: Any, marks: Sequence[Mark] = (), suffix: str = "") -> Iterator[Figure]:
    """Arrival curves with bands, and the distribution of hit steps, with published values where they are given."""
    hits, n = sb.stats.hits(record), record.sizes["seed"]
    bands = {}
    for levels in hits.members.settings:
        curve = hits.survival(levels).curve()
        bands[name_of(levels)] = (curve.step, 1 - curve.high, 1 - curve.low)
    end = f"_{suffix}" if suffix else ""
    some = sb.figures.drawn_words(record)
    published = (" Marks are published single runs." if marks else "") + (f" {some}." if some else "")
    yield Figure(
        f"arrivals{end}",
        sb.figures.arrivals(record, list(marks) or None, bands=bands),
        f"Share of members that had reached the target by each step; bands are {LEVEL} pointwise Kaplan–Meier "
        f"intervals, n = {n} members per setting.{published}",
        "Share arrived against step, a curve per setting",
    )
    yield Figure(
        f"hit_steps{end}",
        sb.figures.hit_distribution(record, list(marks) or None),
        f"Step of arrival of every member; boxes are the middle half, whiskers 5–95 %, n = {n} per setting. "
        f"Members that never arrived count beyond the cap.{published}",
        "Distribution of hit steps per setting",
    )


def _or_never(step: float) -> str:
    return "never" if np.isnan(step) else whole(step)
