"""Pieces of a page that every study with hits needs: tables and figures of arrivals, orders, pairs and single runs.

A piece takes a record (or what `stats.hits` makes of it) and returns items of a page. Nothing is estimated here.
"""

from collections.abc import Iterator
from typing import Any

import xarray as xr

from seedbed import figures
from seedbed.record import factors
from seedbed.report.context import Scored
from seedbed.report.kernels import kernel_items as kernel_items
from seedbed.report.kernels import kernels_moved as kernels_moved
from seedbed.report.numbers import interval as interval
from seedbed.report.numbers import p_value as p_value
from seedbed.report.operations import layers as layers
from seedbed.report.operations import parameter_count as parameter_count
from seedbed.report.operations import training_operations as training_operations
from seedbed.report.page import Figure, Prose, Table
from seedbed.report.show import comparing
from seedbed.report.show.arriving import arrival_figures as arrival_figures
from seedbed.report.show.arriving import arrival_table as arrival_table
from seedbed.report.show.training import fate_table as fate_table
from seedbed.report.side_by_side import Cost as Cost
from seedbed.report.side_by_side import cost_figure as cost_figure
from seedbed.report.side_by_side import cost_table as cost_table
from seedbed.report.side_by_side import ratio_of_medians as ratio_of_medians
from seedbed.report.side_by_side import side_by_side as side_by_side
from seedbed.report.side_by_side import until_last as until_last
from seedbed.stats.hits import Hits
from seedbed.study import Score


def order_items(hits: Hits) -> Iterator[Prose | Table | Figure]:
    """The order of settings with its uncertainty, in a sentence, a figure and a table of pairs."""
    return comparing.order_items(_scored(hits))


def single_run_items(hits: Hits) -> Iterator[Prose | Table]:
    """The chance that one run misleads, the lucky-seed meter, and how many seeds would tell each pair apart."""
    return comparing.single_run_items(_scored(hits))


def _scored(hits: Hits) -> Scored:
    return Scored(xr.Dataset(coords={"seed": hits.members.seeds}), Score("hit_step"), hits)


def fan(record: xr.Dataset, variable: str, what: str, **how: Any) -> Figure:
    """A fan figure of a trace with its caption."""
    figure = figures.curves(record, variable, **how)
    caption = (
        f"{what} against step, a panel per setting: every member faint, bands 25–75 % and 5–95 % of "
        f"n = {record.sizes['seed']} members, the median, and one single run. "
        f"{_sentence(str(figure.get_label() or ''))}"
    )
    return Figure(variable, figure, caption, f"{what} against step")


def has_arrivals(record: xr.Dataset) -> bool:
    """Whether the question had a target to arrive at."""
    return "hit_step" in record and bool(record.attrs.get("target"))


def several(record: xr.Dataset) -> bool:
    """Whether there is anything to compare: several settings and several seeds."""
    return bool(factors(record)) and record["hit_step"].size > record.sizes["seed"] > 1


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}." if note else ""
