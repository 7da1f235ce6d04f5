"""A share, such as the accuracy, while settings train: mean curves with bands, compared at named steps and by area."""

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

from seedbed import figures
from seedbed.errors import StatsError
from seedbed.record import name_of
from seedbed.report.numbers import SPACE, number, p_value
from seedbed.report.page import Figure, Prose, Table
from seedbed.stats import curves
from seedbed.stats.comparisons import Comparison


def over_time_items(
    record: xr.Dataset, variable: str, what: str, steps: Sequence[int]
) -> Iterator[Figure | Table | Prose]:
    """Mean curves of a share that grows as settings learn, then every pair at `steps` and by the area between curves.

    `steps` are named before anything is looked at; the recorded step next to each is taken, those beyond the cap are
    left out. Settings that lost members are not compared, and the reason is given.
    """
    found = curves.bands(record, variable, simultaneous=True)
    shown = [figures.ShareCurve(name, band.step, band.estimate, np.clip(band.low, 0, 1), np.clip(band.high, 0, 1))
             for name, band in found.items()]  # fmt: skip
    n, some = record.sizes["seed"], figures.drawn_words(record)
    if some:
        names = {name_of(levels) for levels in figures.drawn(record)}
        shown = [curve for curve in shown if curve.name in names]
    yield Figure(f"mean_{variable}", figures.shares(shown, f"mean {what}", step="log"),
                 f"Mean {what} against step, n = {n} members per setting. The bands hold at all steps together: each "
                 "contains the whole true curve with a chance of 95 % (largest deviation over steps, seeds resampled). "
                 f"A member that stopped counts with its last value.{f' {some[0].upper()}{some[1:]}.' if some else ''}",
                 f"Curves of the mean {what} with simultaneous bands, one per setting")  # fmt: skip
    known = record[variable]["step"].values
    named = sorted({int(known[np.abs(known - step).argmin()]) for step in steps if step <= known[-1]})
    try:
        compared = curves.at_steps(record, variable, named, better="higher") if named else {}
        areas = curves.by_area(record, variable, better="higher")
    except StatsError as error:
        yield Prose(f"The settings are not compared step by step: {error}.")
        return
    rows = [(" − ".join(area.names()), *(_difference(compared[step][k]) for step in named), _difference(area))
            for k, area in enumerate(areas)]  # fmt: skip
    columns = ("pair (a − b)", *(f"at step {number(step)}" for step in named), "over all steps")
    yield Table(columns, rows,
                f"Differences of mean {what} in percentage points, paired by seed, with 95 % bootstrap intervals, n = "
                f"{n} seeds; p in parentheses, from sign flips or paired t. Steps are named in advance, and p is "
                "Holm-adjusted over all pairs at all of them. Over all steps: the area between the two curves up to "
                f"step {number(int(known[-1]))}, divided by the steps, Holm-adjusted over the pairs.")  # fmt: skip


def _difference(one: Comparison) -> str:
    gap = one.difference
    low, middle, high = (_points(bound) for bound in (gap.low, gap.estimate, gap.high))
    return f"{middle}{SPACE}[{low},{SPACE}{high}] ({p_value(one.p).replace(' ', SPACE)})"  # one place to break it


def _points(share: float) -> str:
    """A difference of shares in percentage points, signed; what rounds to nothing has no sign.

    >>> _points(0.0123), _points(-0.3), _points(-0.0001)
    ('+1.2', '−30.0', '0.0')
    """
    shown = f"{100 * share:+.1f}".replace("-", "−")
    return shown.lstrip("+−") if float(shown.lstrip("+−")) == 0 else shown
