"""Reading a record for drawing: one setting at a time, with its look, its traces and their quantile bands.

This is all the arithmetic that figures do. Intervals, tests and rankings come from `seedbed.stats`, through the caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from seedbed import record as records
from seedbed.errors import SpecError, nearest
from seedbed.figures.style import Look, look

MOST_LINES = 300
MOST_SETTINGS, DRAWN = 36, 12  # settings in one figure, and how many of more: nobody tells 200 apart, and time is short
BANDS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Traces:
    """The traces of one setting.

    `values` is (seed, step) as measured, NaN where a member no longer trained; `held` is the same with each stopped
    member at its last value, NaN from the step at which it diverged; `stop`, `final`, `hit` and
    `diverged` (true or false) are (seed,).
    """

    name: str
    look: Look
    seeds: np.ndarray
    steps: np.ndarray
    values: np.ndarray
    held: np.ndarray
    stop: np.ndarray
    final: np.ndarray
    hit: np.ndarray
    diverged: np.ndarray


def need(record: xr.Dataset, variable: str, dims: tuple[str, ...], figure: str) -> None:
    """Raise SpecError unless `variable` exists and runs over seeds and `dims`, apart from the factors."""
    if variable not in record.data_vars:
        known = [str(name) for name in record.data_vars]
        raise SpecError(
            f'no variable "{variable}" in this record{nearest(variable, known)} (it has {", ".join(known)})'
        )
    has = {str(dim) for dim in record[variable].dims} - set(records.factors(record))
    wanted = {records.SEED, *dims}
    if has != wanted:
        got, want = " and ".join(sorted(has)) or "nothing", " and ".join(sorted(wanted))
        raise SpecError(f'{figure} draws a variable over {want}; "{variable}" runs over {got}; choose one that does')


def looks(record: xr.Dataset) -> dict[str, Look]:
    """The look of each setting, by its name; the same in every figure of the record."""
    return {records.name_of(levels): look(index) for index, levels in enumerate(records.settings(record))}


def chosen(record: xr.Dataset, panels: Sequence[Mapping[str, Any]] | None) -> list[tuple[str, xr.Dataset]]:
    """The settings to draw, as (name, part of the record): those of `panels` in that order, or `drawn`."""
    wanted = drawn(record) if panels is None else list(panels)
    if not wanted:
        raise SpecError("a figure needs at least one setting, got an empty list; leave panels out to draw all")
    names = records.factors(record)
    for levels in wanted:
        missing = [name for name in names if name not in levels]
        if missing:
            raise SpecError(
                f"a panel is one setting, got {dict(levels)} without {', '.join(missing)}; give every factor"
            )
    parts = (records.select(record, levels) for levels in wanted)
    return [
        (records.name_of({name: levels[name] for name in names}), part)
        for levels, part in zip(wanted, parts, strict=True)
    ]


def drawn(record: xr.Dataset) -> list[dict[str, Any]]:
    """The settings of a figure for which none were named: all, or 12 of more than 36, evenly spaced in their order."""
    settings = records.settings(record)
    shown = range(len(settings)) if len(settings) <= MOST_SETTINGS else thinned(len(settings), DRAWN).tolist()
    return [settings[index] for index in shown]


def drawn_words(record: xr.Dataset, panels: Sequence[Mapping[str, Any]] | None = None) -> str:
    """A clause for a caption that says how many settings are drawn; empty where all are, or some were named."""
    settings = len(records.settings(record))
    if panels is not None or settings <= MOST_SETTINGS:
        return ""
    return f"{DRAWN} of {settings:,} settings drawn, evenly spaced in their order"


def read(
    record: xr.Dataset, variable: str, hold: bool, panels: Sequence[Mapping[str, Any]] | None = None
) -> list[Traces]:
    """The traces of `variable`, one setting after the other."""
    look_of = looks(record)
    return [_traces(name, look_of[name], part, variable, hold) for name, part in chosen(record, panels)]


def last_factor(record: xr.Dataset) -> int:
    """The number of levels of the last of several factors, else 1."""
    names = records.factors(record)
    return record.sizes[names[-1]] if len(names) > 1 else 1


def members(part: xr.Dataset, variable: str) -> np.ndarray:
    """A variable over seeds, (seed,); NaN throughout where the record does not hold it."""
    if variable not in part.data_vars:
        return np.full(part.sizes[records.SEED], np.nan)
    return np.asarray(part[variable].values, dtype=float)


def measured(part: xr.Dataset, variable: str, *further: str) -> np.ndarray:
    """A variable as (seed, step, further ...), NaN where it is not finite."""
    values = np.asarray(part[variable].transpose(records.SEED, "step", *further).values, dtype=float)
    return np.where(np.isfinite(values), values, np.nan)


def held(part: xr.Dataset, variable: str, values: np.ndarray) -> np.ndarray:
    """`values` (seed, step, ...) with each member that stopped at its last value from then on.

    The last value is `final_<variable>` where the record has it, else the last one traced. A member that diverged has
    no value after that.
    """
    last = _last_traced(values)
    final = f"final_{variable}"
    if final in part.data_vars and part[final].ndim == values.ndim - 1:
        given = np.asarray(part[final].values, dtype=float)
        last = np.where(np.isfinite(given), given, last)
    last[np.isfinite(members(part, "diverged_step"))] = np.nan
    after = np.isnan(values) & (np.cumsum(np.isfinite(values)[:, ::-1], axis=1)[:, ::-1] == 0)
    return np.where(after, last[:, None], values)


def _last_traced(values: np.ndarray) -> np.ndarray:
    """The last finite value along the step axis, (seed, ...)."""
    known = np.isfinite(values)
    index = values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    return np.take_along_axis(values, index[:, None], axis=1)[:, 0].copy()


def _traces(name: str, its: Look, part: xr.Dataset, variable: str, hold: bool) -> Traces:
    part = records.looked_at(part, variable)
    values = measured(part, variable)
    diverged = members(part, "diverged_step")
    final = members(part, f"final_{variable}")
    return Traces(
        name=name,
        look=its,
        seeds=part[records.SEED].values,
        steps=part["step"].values,
        values=values,
        held=held(part, variable, values) if hold else values,
        stop=members(part, "stop_step"),
        final=np.where(np.isnan(diverged) & np.isfinite(final), final, np.nan),
        hit=members(part, "hit_step"),
        diverged=np.isfinite(diverged),
    )


def quantiles(values: np.ndarray, levels: Sequence[float] = BANDS) -> np.ndarray:
    """Quantiles over the first axis, (level, ...), leaving out NaN; NaN where nothing is left."""
    flat = values.reshape(len(values), -1)
    result = np.full((len(levels), flat.shape[1]), np.nan)
    known = np.isfinite(flat)
    whole, some = known.all(axis=0), known.any(axis=0)
    result[:, whole] = np.quantile(flat[:, whole], levels, axis=0)
    for column in np.flatnonzero(some & ~whole):  # numpy's nanquantile does the same, and warns where nothing is left
        result[:, column] = np.quantile(flat[known[:, column], column], levels)
    return result.reshape(len(levels), *values.shape[1:])


def members_text(count: int) -> str:
    """How many members, in words.

    >>> members_text(1), members_text(1024)
    ('1 member', '1,024 members')
    """
    return "1 member" if count == 1 else f"{count:,} members"


def thinned(count: int, most: int = MOST_LINES) -> np.ndarray:
    """Which members get a line of their own: all, or `most` of them evenly spaced in the order of seeds."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def line(traces: Traces, member: int) -> np.ndarray:
    """The line of one member, (point, 2): its trace as measured, up to the step at which it stopped."""
    known = np.isfinite(traces.values[member])
    points = np.column_stack([traces.steps[known], traces.values[member, known]])
    stop, final = traces.stop[member], traces.final[member]
    last = points[-1, 0] if len(points) else -1
    return np.vstack([points, [stop, final]]) if np.isfinite(final) and stop > last else points
