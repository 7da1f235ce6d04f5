"""Pieces of a page that every study with hits needs: tables and figures of arrivals, orders, pairs and single runs.

A piece takes a record (or what `stats.hits` makes of it) and returns items of a page. Nothing is estimated here.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import xarray as xr

from seedbed import figures, stats
from seedbed.record import factors, name_of, rows
from seedbed.report.kernels import kernel_items as kernel_items
from seedbed.report.kernels import kernels_moved as kernels_moved
from seedbed.report.numbers import interval as interval
from seedbed.report.numbers import number as number
from seedbed.report.numbers import p_value, percent, steps
from seedbed.report.numbers import whole as whole
from seedbed.report.operations import Layer as Layer
from seedbed.report.operations import layers as layers
from seedbed.report.operations import parameter_count as parameter_count
from seedbed.report.operations import training_operations as training_operations
from seedbed.report.over_time import over_time_items as over_time_items
from seedbed.report.page import Figure, Prose, Table
from seedbed.report.side_by_side import Cost as Cost
from seedbed.report.side_by_side import cost_figure as cost_figure
from seedbed.report.side_by_side import cost_table as cost_table
from seedbed.report.side_by_side import costs as costs
from seedbed.report.side_by_side import ratio_of_medians as ratio_of_medians
from seedbed.report.side_by_side import short as short
from seedbed.report.side_by_side import side_by_side as side_by_side
from seedbed.report.side_by_side import until_last as until_last
from seedbed.report.single_runs import one_run_words as one_run_words
from seedbed.report.single_runs import single_run_items as single_run_items
from seedbed.stats.hits import Hits
from seedbed.stats.interval import Interval
from seedbed.stats.order import Order

Mark = tuple[str, float | int, str]  # setting, step, who
LEVEL = "95 %"


def file_name(words: str) -> str:
    """Words as the name of a figure: `elu(alpha=1)` becomes `elu_alpha_1_`."""
    return "".join(character if character.isalnum() else "_" for character in words)


def tenths(value: Interval) -> str:
    """A share with its interval in percent with one digit after the point, for shares that lie near one another.

    >>> tenths(Interval(0.923, 0.905, 0.938, 0.95, "Wilson", 1000))
    '92.3 % [90.5 %,\\xa093.8 %]'
    """
    return interval(value, lambda share: f"{100 * share:.1f} %".replace("-", "−"))


def arrival_table(hits: Hits) -> Table:
    """One row per setting: share that arrived, median and middle half of the hit step, restricted mean."""
    shares, means = hits.shares(), hits.restricted_means()
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


def order_items(hits: Hits) -> Iterator[Prose | Table | Figure]:
    """The order of settings with its uncertainty, in a sentence, a figure and a table of pairs."""
    order = hits.order()
    ranked = zip(order.names, order.ranks, strict=True)
    rank_rows = [{"label": name, "rank": rank.estimate, "low": rank.low, "high": rank.high} for name, rank in ranked]
    yield Prose(_order_words(order, len(hits.never)))
    yield Figure("order", figures.order(rank_rows),
                 f"Rank of each setting by restricted mean step, with {LEVEL} intervals "
                 f"from resampled seeds; n = {len(hits.never)} seeds, the same seeds for every setting.",
                 "Settings in order of arrival with rank intervals")  # fmt: skip
    yield pair_table(hits)


def order_words(hits: Hits) -> str:
    """The order of settings as a sentence, with what cannot be told apart and how sure the order is."""
    return _order_words(hits.order(), len(hits.never))


def _order_words(order: Order, seeds: int) -> str:
    chain = ", then ".join(
        f"**{name}** ({interval(mean)} steps)" for name, mean in zip(order.names, order.means, strict=True)
    )
    together = [group for group in order.groups if len(group) > 1]
    apart = "Every pair can be told apart at 5 % (Holm-adjusted over all pairs)."
    if together:
        apart = " ".join(f"{_listed(group)} cannot be told apart at 5 % (Holm-adjusted)." for group in together)
    likely, share = order.orders[0]
    return (
        f"By restricted mean step, fastest first: {chain}. {apart} Over resampled seeds the order "
        f"{likely} came out in {percent(share)} of the draws (n = {seeds} seeds)."
    )


def pair_table(hits: Hits) -> Table:
    """Every compared pair: difference of restricted means, adjusted p, who beats whom, what one run would have said."""
    table: list[Sequence[Any]] = []
    for pair in hits.pairs():
        a, b = pair.names()
        chance = pair.one_run.misleads
        table.append(
            (
                f"{a} − {b}",
                interval(pair.difference),
                p_value(pair.p),
                interval(pair.beats, percent),
                "no order" if np.isnan(chance.estimate) else interval(chance, percent),
            )
        )
    columns = ("pair (a − b)", "difference in steps", "p (Holm)", "a before b", "one run misleads")
    caption = (
        f"Differences of restricted means, paired by seed, with {LEVEL} bootstrap intervals; p from sign flips or "
        "paired t, Holm-adjusted over the pairs; “a before b” is the chance that a member of a arrives before the "
        "member of b with the same seed, ties half; “one run misleads” is the chance that one run of each, seeds drawn "
        f"independently, gives the other order. n = {len(hits.never)} seeds."
    )
    return Table(columns, table, caption)


def arrival_figures(record: xr.Dataset, marks: Sequence[Mark] = ()) -> Iterator[Figure]:
    """Arrival curves with bands, and the distribution of hit steps, with published values where they are given."""
    hits, n = stats.hits(record), record.sizes["seed"]
    bands = {}
    for levels in hits.members.settings:
        curve = hits.survival(levels).curve()
        bands[name_of(levels)] = (curve.step, 1 - curve.high, 1 - curve.low)
    published = " Marks are published single runs." if marks else ""
    yield Figure("arrivals", figures.arrivals(record, list(marks) or None, bands=bands),
                 f"Share of members that had reached the target by each step; bands are {LEVEL} pointwise Kaplan–Meier "
                 f"intervals, n = {n} members per setting.{published}",
                 "Share arrived against step, a curve per setting")  # fmt: skip
    yield Figure("hit_steps", figures.hit_distribution(record, list(marks) or None),
                 f"Step of arrival of every member; boxes are the middle half, whiskers 5–95 %, n = {n} per setting. "
                 f"Members that never arrived count beyond the cap.{published}",
                 "Distribution of hit steps per setting")  # fmt: skip


def fan(record: xr.Dataset, variable: str, what: str, **how: Any) -> Figure:
    """A fan figure of a trace with its caption."""
    figure = figures.curves(record, variable, **how)
    caption = (
        f"{what} against step, a panel per setting: every member faint, bands 25–75 % and 5–95 % of "
        f"n = {record.sizes['seed']} members, the median, and one single run. "
        f"{_sentence(str(figure.get_label() or ''))}"
    )
    return Figure(variable, figure, caption, f"{what} against step")


def fate_table(record: xr.Dataset) -> Table:
    """How members ended: arrived, still training at the cap, diverged, dead."""
    table: list[Sequence[Any]] = []
    for levels, part in rows(record):
        arrived = np.isfinite(part["hit_step"].values)
        diverged = np.isfinite(part["diverged_step"].values)
        dead = part["final_dead"].values == 1 if "final_dead" in part else np.zeros_like(arrived)
        slow = ~arrived & ~diverged & ~dead
        name = ", ".join(map(str, levels.values())) or "the only setting"
        table.append(
            (name, arrived.size, *(int(mask.sum()) for mask in (arrived, slow, dead & ~diverged & ~arrived, diverged)))
        )
    columns = ("setting", "members", "arrived", "still training at the cap", "dead", "diverged")
    caption = (
        "How the members ended, in numbers of members. Dead: finite weights, the same output for every example, no "
        "gradient. Diverged: a number that is not finite. All stay in every denominator."
    )
    return Table(columns, table, caption)


def has_arrivals(record: xr.Dataset) -> bool:
    """Whether the question had a target to arrive at."""
    return "hit_step" in record and bool(record.attrs.get("target"))


def several(record: xr.Dataset) -> bool:
    """Whether there is anything to compare: several settings and several seeds."""
    return bool(factors(record)) and record["hit_step"].size > record.sizes["seed"] > 1


def _or_never(step: float) -> str:
    return "never" if np.isnan(step) else whole(step)


def _listed(names: Sequence[str]) -> str:
    if any("," in name for name in names):  # relu, l2; relu, cross_entropy; and sigmoid, l2
        return "; ".join([*names[:-1], f"and {names[-1]}"])
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}." if note else ""
