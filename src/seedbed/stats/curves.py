"""Traces over seeds: bands at each step and at all steps together, and settings compared at named steps or by area.

A trace ends where its member stopped. As in the figures, a member that stopped counts with its last value from then on,
since its training stopped there; one that diverged has no value after that step. It leaves bands there (their `n` says
so), and no comparison is made of settings that have lost members: their mean would be that of the survivors.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import xarray as xr
from jaxtyping import Float
from scipy import special

from seedbed.errors import StatsError
from seedbed.record import SEED, independent, looked_at
from seedbed.stats.comparisons import Comparison, pairwise
from seedbed.stats.families import holm
from seedbed.stats.interval import checked_level
from seedbed.stats.members import Members, read
from seedbed.stats.pairs import Better, checked_statistic
from seedbed.stats.resampling import drawn_counts, mean_intervals, resampled_means, widened
from seedbed.stats.scores import median


@dataclass(frozen=True, eq=False)
class Band:
    """A statistic of one setting at each recorded step, its bounds, and how many members have a value there.

    NaN in `low` or `high`: the members set no bound there.
    """

    step: Float[np.ndarray, " step"]
    estimate: Float[np.ndarray, " step"]
    low: Float[np.ndarray, " step"]
    high: Float[np.ndarray, " step"]
    n: np.ndarray
    level: float
    method: str


def bands(
    record: xr.Dataset,
    variable: str,
    statistic: Literal["mean", "median"] = "mean",
    level: float = 0.95,
    simultaneous: bool = False,
) -> dict[str, Band]:
    """The band of a trace (seed, step) for every setting, by its name.

    At each step: the mean with `resampling.mean_interval`, the median with its exact interval from order statistics.
    `simultaneous`: the whole true curve lies in the band with the level's chance. Whole seeds are resampled, so that
    steps stay as dependent as they are. Mean: mean -+ c s(t), s the standard error of the resampled means and c the
    level's quantile of the largest |resampled mean - mean| / s(t) over steps, widened for few seeds as in
    `resampling.widened`. Median: order statistics at n / 2 -+ c sqrt(n), c from the resampled numbers of members below
    the median in the same way. Coverage of 95 % bands (docs/coverage.md): mean of normal values 0.92 with 5 seeds and
    0.95 from 20 on, of log-normal ones 0.78 with 5, 0.83 with 20, 0.90 with 100; median 0.95 or more for both.

    Raises: StatsError for fewer than two seeds, or a variable that does not run over seed and step.
    Source: Montiel Olea and Plagborg-Møller 2019, J. Appl. Econom. 34, 1-17 (sup-t bands).
    """
    checked_level(level)
    checked_statistic(statistic)
    found: dict[str, Band] = {}
    for name, values, steps in _settings(record, variable):
        if len(values) < 2:
            raise StatsError("a band needs at least two seeds, got 1; run more seeds")
        make = _BANDS[statistic, simultaneous]
        estimate, low, high, method = make(values, level)
        found[name] = Band(steps, estimate, low, high, np.isfinite(values).sum(axis=0), level, method)
    return found


def at_steps(
    record: xr.Dataset, variable: str, steps: Sequence[int], better: Better = "lower", level: float = 0.95
) -> dict[int, list[Comparison]]:
    """Settings compared at steps that were named in advance, as `pairwise` does; Holm goes over all steps and pairs.

    Raises: StatsError for a step that was not recorded, or settings that have lost members by then.
    """
    record = looked_at(record, variable)
    grid = record[variable]["step"].values.tolist() if variable in record and "step" in record[variable].dims else []
    _named(steps, grid, variable)
    table = _table(record, variable)
    found = [pairwise(replace(table[0], values=table[1][:, :, grid.index(step)]), better, level) for step in steps]
    every = [one for part in found for one in part]
    family, ranks = holm([one.test.p for one in every]), holm([one.wilcoxon.p for one in every])
    method = f"{family.method} ({len(steps)} steps named in advance)"
    judged = [
        replace(one, p=float(p), wilcoxon_p=float(rank), family=method)
        for one, p, rank in zip(every, family.p, ranks.p, strict=True)
    ]
    size = len(found[0])
    return {step: judged[i * size : (i + 1) * size] for i, step in enumerate(steps)}


def by_area(record: xr.Dataset, variable: str, better: Better = "lower", level: float = 0.95) -> list[Comparison]:
    """Settings compared by the mean of a trace over time, as `pairwise` does; for a rising quantity better="higher"."""
    return pairwise(time_means(record, variable), better, level)


def time_means(record: xr.Dataset, variable: str) -> Members:
    """The area under each member's trace by the trapezoid rule over its recorded steps, divided by their span.

    The grid of steps may be uneven. Raises: StatsError for fewer than two steps, or settings that have lost members.
    """
    table, values, steps = _table(record, variable)
    if len(steps) < 2:
        raise StatsError(f"an area needs at least two recorded steps, got {len(steps)}; compare at that step")
    return replace(table, values=np.trapezoid(values, steps, axis=-1) / (steps[-1] - steps[0]))


def held(part: xr.Dataset, variable: str) -> Float[np.ndarray, "seed step"]:
    """One setting's trace with every stopped member at its last value, NaN from where it diverged."""
    values = np.asarray(part[variable].transpose(SEED, "step").values, dtype=np.float64)
    known = np.isfinite(values)
    last = values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    final = np.take_along_axis(values, last[:, None], axis=1)[:, 0]
    if f"final_{variable}" in part and part[f"final_{variable}"].dims == (SEED,):
        given = np.asarray(part[f"final_{variable}"].values, dtype=np.float64)
        final = np.where(np.isfinite(given), given, final)
    if "diverged_step" in part:
        final = np.where(np.isfinite(part["diverged_step"].values), np.nan, final)
    after = np.arange(values.shape[1]) > np.where(known.any(axis=1), last, -1)[:, None]
    return np.where(after, final[:, None], np.where(known, values, np.nan))


def _settings(record: xr.Dataset, variable: str) -> list[tuple[str, np.ndarray, np.ndarray]]:
    members, values, steps = _held_table(record, variable)
    return [(name, values[:, j], steps) for j, name in enumerate(members.names)]


def _table(record: xr.Dataset, variable: str) -> tuple[Members, np.ndarray, np.ndarray]:
    """As `_held_table`, all values finite."""
    members, values, steps = _held_table(record, variable)
    lost = ~np.isfinite(values).all(axis=-1)
    if lost.any():
        where = ", ".join(
            f"{count} of {name}" for name, count in zip(members.names, lost.sum(axis=0), strict=True) if count
        )
        raise StatsError(
            f"a comparison of {variable} needs every member at every step, got members without a value ({where} "
            "diverged, as a rule); compare hits, in which they count as never arrived, or leave the setting out"
        )
    return members, values, steps


def _held_table(record: xr.Dataset, variable: str) -> tuple[Members, np.ndarray, np.ndarray]:
    """Settings and seeds, the held traces (seed, setting, step), and the steps."""
    if variable in record and "step" not in record[variable].dims:
        axes = ", ".join(map(str, record[variable].dims))
        raise StatsError(f"{variable} has no step axis, got axes {axes}; compare it as one number per member")
    record = looked_at(independent(record), variable)
    first = read(record.isel(step=0, drop=True) if "step" in record.dims else record, variable)
    parts = [record.sel(dict(levels)) for levels in first.settings]
    values = np.stack([held(part, variable) for part in parts], axis=1)
    return first, values, np.asarray(record["step"].values, dtype=np.float64)


def _named(steps: Sequence[int], grid: list[int], variable: str) -> None:
    if not steps:
        raise StatsError(f"a comparison of {variable} needs steps named in advance, got none; write steps=(100, 1000)")
    for step in steps:
        if grid and step not in grid:
            near = min(grid, key=lambda known: abs(known - step))
            raise StatsError(f"{variable} was not recorded at step {step}; the nearest recorded step is {near}")


_Found = tuple[np.ndarray, np.ndarray, np.ndarray, str]


def _mean_at_each(values: np.ndarray, level: float) -> _Found:
    found = mean_intervals(values, level)
    lines = np.array([(one.estimate, one.low, one.high) for one in found]).T
    return lines[0], lines[1], lines[2], "at each step, " + max((one.method for one in found), key=len)


def _median_at_each(values: np.ndarray, level: float) -> _Found:
    ordered, n = np.sort(np.where(np.isfinite(values), values, np.inf), axis=0), np.isfinite(values).sum(axis=0)
    low, high = np.full(n.shape, np.nan), np.full(n.shape, np.nan)
    for size in np.unique(n[n > 0]):
        at = np.flatnonzero(n == size)
        rank = median(np.arange(size), level)  # which order statistics bound the median depends on n alone
        low[at] = np.nan if np.isnan(rank.low) else ordered[int(rank.low), at]
        high[at] = np.nan if np.isnan(rank.high) else ordered[int(rank.high), at]
    return _middle(values), low, high, "at each step, order statistics, exact"


def _mean_together(values: np.ndarray, level: float) -> _Found:
    there = np.isfinite(values)
    n = there.sum(axis=0)
    drawn = resampled_means(values)
    known = np.isfinite(drawn)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = np.where(there, values, 0.0).sum(axis=0) / n
        square = np.where(known, drawn - np.where(known, drawn, 0.0).sum(axis=0) / known.sum(axis=0), 0.0) ** 2
        error = np.sqrt(square.sum(axis=0) / known.sum(axis=0))  # as np.nanstd, which warns where nothing is
        off = np.abs(drawn - middle) / np.where(error > 0, error, np.nan)
    reach = _level_of_largest(off, level) * widened(len(values), level) / float(special.ndtri((1 + level) / 2))
    missing = n < 2
    low, high = (np.where(missing, np.nan, middle + sign * reach * error) for sign in (-1, 1))
    return middle, low, high, f"sup-t over {values.shape[1]} steps, {len(drawn)} resamples of seeds"


def _median_together(values: np.ndarray, level: float) -> _Found:
    there = np.isfinite(values)
    n = there.sum(axis=0)
    ordered = np.sort(np.where(there, values, np.inf), axis=0)
    middle = _middle(values)
    existing = there.astype(np.float64)
    side = np.where(there, np.sign(values - middle), 0.0) / 2  # +-1/2, so that ties with the median lean nowhere
    with np.errstate(invalid="ignore", divide="ignore"):
        off = np.vstack([np.abs(counts @ side - side.sum(axis=0)) / np.sqrt(counts @ existing)
                         for counts in drawn_counts(len(values))])  # fmt: skip
    reach = _level_of_largest(off, level) * widened(len(values), level) / float(special.ndtri((1 + level) / 2))
    rank = np.floor(n / 2 - reach * np.sqrt(n)).astype(int)  # that many members at least lie beyond either bound
    columns, known = np.arange(values.shape[1]), rank >= 1
    low = np.where(known, ordered[np.maximum(rank - 1, 0), columns], np.nan)
    high = np.where(known, ordered[np.clip(n - rank, 0, len(values) - 1), columns], np.nan)
    return middle, low, high, f"order statistics at all {values.shape[1]} steps, ranks by resampled seeds"


def _middle(values: np.ndarray) -> Float[np.ndarray, " step"]:
    """The median of what is there at each step, NaN where nothing is."""
    there = np.isfinite(values).any(axis=0)
    found = np.full(values.shape[1], np.nan)
    found[there] = np.nanmedian(np.where(np.isfinite(values), values, np.nan)[:, there], axis=0)
    return found


def _level_of_largest(off: np.ndarray, level: float) -> float:
    """The level's quantile, over resamples, of the largest over steps; 0 where nothing varies."""
    largest = np.max(np.where(np.isfinite(off), off, 0.0), axis=1)
    return float(np.quantile(largest, level))


_BANDS = {
    ("mean", False): _mean_at_each,
    ("median", False): _median_at_each,
    ("mean", True): _mean_together,
    ("median", True): _median_together,
}
