"""The numbers of a record as JSON-ready lists: `settings` and `comparisons` of `summary.json`; None stands for NaN."""

from typing import Any

import numpy as np
import xarray as xr

from seedbed.errors import StatsError
from seedbed.record import independent
from seedbed.stats.hits import Hits, hits
from seedbed.stats.interval import Interval, finite
from seedbed.stats.members import read
from seedbed.stats.resampling import mean_intervals
from seedbed.stats.scores import quantile

QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}


def summarize(record: xr.Dataset, level: float = 0.95) -> list[dict[str, Any]]:
    """One entry per setting: factors, n, hits with intervals, how many diverged or ended dead, final values.

    `hit_share` and `hit_step` are None where the question had no target. In `hit_step`, quantiles that were not reached
    are None, and `rmst` is the restricted mean. `diverged` and `dead` are counts, None where the record does not say.
    `final` covers the variables final_* with one number per member; `n` in it counts the members whose value is finite
    and `not_finite` the others (diverged, as a rule), which no mean can include.

    Raises: StatsError for a record without members, or with members that were not run.
    """
    members = read(record, _main(record))
    record = independent(record)
    listed, n = members.settings, len(members.seeds)
    arrivals = hits(record) if has_target(record) else None
    arrived = [{"hit_share": None, "hit_step": None}] * len(listed) if arrivals is None else _arrivals(arrivals, level)
    diverged, dead = _diverged(record, len(listed)), _dead(record, len(listed))
    final = _finals(record, len(listed), level)
    return [
        {"factors": dict(levels), "n": n, **arrived[j], "diverged": diverged[j], "dead": dead[j], "final": final[j]}
        for j, levels in enumerate(listed)
    ]


def compare(record: xr.Dataset, level: float = 0.95) -> list[dict[str, Any]]:
    """Pairs of settings by their hits, as `comparisons.Comparison.plain` writes them.

    Every pair up to eight settings; above, the pairs that differ in one factor. Empty where there is nothing to
    compare: no target, one setting, or one seed.
    """
    if not has_target(record):
        return []
    arrivals = hits(record)
    if len(arrivals.names) < 2 or len(arrivals.members.seeds) < 2:
        return []
    return [pair.plain() for pair in arrivals.pairs(level)]


def has_target(record: xr.Dataset) -> bool:
    """Whether the members had something to arrive at: there is a hit_step, and no attribute says "no target"."""
    return "hit_step" in record and record.attrs.get("target", "unstated") != ""


def _arrivals(arrivals: Hits, level: float) -> list[dict[str, Any]]:
    shares, means = list(arrivals.shares(level).values()), arrivals.restricted_means(level)
    entries = []
    for j, levels in enumerate(arrivals.members.settings):
        found = arrivals.survival(levels).quantiles(tuple(QUANTILES.values()), level)
        steps = {name: value.plain() for name, value in zip(QUANTILES, found, strict=True)}
        entries.append({"hit_share": shares[j].plain(), "hit_step": {**steps, "rmst": means[j].plain()}})
    return entries


def _main(record: xr.Dataset) -> str:
    """The variable whose axes say what the settings are."""
    for name in ("hit_step", "stop_step", *_final_names(record)):
        if name in record:
            return name
    known = ", ".join(map(str, record.data_vars)) or "no variable"
    raise StatsError(f"a summary needs hit_step, stop_step or a variable final_*, got {known}; name one of them so")


def _final_names(record: xr.Dataset) -> list[str]:
    return [str(name) for name in record.data_vars if str(name).startswith("final_") and name != "final_dead"]


def _diverged(record: xr.Dataset, count: int) -> list[int | None]:
    if "diverged_step" not in record:
        return [None] * count
    return np.isfinite(read(record, "diverged_step").values).sum(axis=0).tolist()


def _dead(record: xr.Dataset, count: int) -> list[int | None]:
    """Members whose last reading of the probe `dead` was 1."""
    if "final_dead" in record:
        return (read(record, "final_dead").values == 1).sum(axis=0).tolist()
    if "dead" not in record or "step" not in record["dead"].dims:
        return [None] * count
    backwards = record["dead"].isel(step=slice(None, None, -1))
    last = record.assign(
        dead=backwards.isel(step=backwards.notnull().argmax("step")).drop_vars("step", errors="ignore")
    )
    return (read(last, "dead").values == 1).sum(axis=0).tolist()


def _finals(record: xr.Dataset, count: int, level: float) -> list[dict[str, Any]]:
    axes = set(record[_main(record)].dims)
    entries: list[dict[str, Any]] = [{} for _ in range(count)]
    for name in _final_names(record):
        if set(record[name].dims) != axes:
            continue
        values = read(record, name).values
        means = mean_intervals(np.where(np.isfinite(values), values, np.nan), level)
        for j in range(count):
            entries[j][name] = _final(values[:, j], means[j])
    return entries


def _final(values: np.ndarray, mean: Interval) -> dict[str, Any]:
    """Mean with interval, median with interval, and how many values are behind them."""
    kept = values[np.isfinite(values)]
    middle = (
        quantile(kept, 0.5, mean.level).plain()
        if kept.size
        else {"estimate": None, "low": None, "high": None, "method": ""}
    )
    return {
        "mean": finite(mean.estimate), "low": finite(mean.low), "high": finite(mean.high), "level": mean.level,
        "method": mean.method, "median": middle["estimate"], "median_low": middle["low"], "median_high": middle["high"],
        "median_method": middle["method"], "n": mean.n, "not_finite": int(values.size - kept.size),
    }  # fmt: skip
