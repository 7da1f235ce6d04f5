"""Outcomes by epoch with their table, and what the best of several runs adds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb
from seedbed.record import SEED, factors, name_of, rows, select
from seedbed.report.context import Block, Context
from seedbed.report.numbers import interval, number, tenth
from seedbed.report.page import Answer, Prose, Reading, Table
from seedbed.report.show.costing import examples_of
from seedbed.report.show.training import words

MOST_NAMED = 4  # settings that an answer names one by one
WITHOUT = "a network that has diverged or stopped has no value, and then there is no mean"

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.stats.interval import Interval


def steps_in_epoch(record: xr.Dataset) -> int:
    """Steps of one pass over the training split, from the batch and the number of examples."""
    batch = json.loads(record.attrs["spec"])["batch_size"]
    return 1 if batch is None else max(1, examples_of(record)[0] // batch)


def by_epoch(record: xr.Dataset, epochs: Sequence[int], name: str) -> xr.Dataset:
    """An outcome with the factor "epoch" ("epoch 1", ...): of these epochs those trained to their end, and the last.

    Traces of the batch are averaged over the recorded steps of the epoch, before each of its updates; those of splits
    are read at its end. `name` is that of the record.
    """
    length, grid = steps_in_epoch(record), record["step"].values
    last = max(1, int(record.attrs["cap"]) // length)
    done = sorted({epoch for epoch in (*epochs, last) if 0 < epoch <= last})
    levels = {factor: record[factor].values.tolist() for factor in factors(record)}
    traces = [
        str(key)
        for key, one in record.data_vars.items()
        if "step" in one.dims and set(one.dims) <= {*levels, SEED, "step"}
    ]

    def reading(chosen: dict[str, Any], _: Any) -> dict[str, np.ndarray]:
        epoch = int(str(chosen["epoch"]).rpartition(" ")[2])
        part = select(record, {factor: chosen[factor] for factor in levels})
        within = (grid >= (epoch - 1) * length) & (grid < epoch * length)
        found: dict[str, np.ndarray] = {}
        for trace in traces:
            values = part[trace].transpose(SEED, "step").values
            batch = trace.startswith("batch_")
            end = min(int(np.searchsorted(grid, epoch * length)), len(grid) - 1)
            found[trace] = values[:, within].mean(axis=1) if batch else values[:, end]
        return found

    axes = {**levels, "epoch": [f"epoch {epoch}" for epoch in done]}
    return sb.derive(record, reading, axes=axes, seeds=record[SEED].values.tolist(), of=name)


def by_epoch_table(*variables: str, record: str = "by_epoch") -> Block:
    """Means of an outcome of `by_epoch`, a table for each variable: a row per setting, a column per epoch."""

    def items(context: Context) -> Iterator[Any]:
        shown = context.record(record)
        epochs, n = shown["epoch"].values.tolist(), shown.sizes[SEED]
        for variable in variables:
            means = {
                (name_of({key: level for key, level in levels.items() if key != "epoch"}), levels["epoch"]): (
                    _mean(part[variable].values)
                )
                for levels, part in rows(shown)
            }
            names = list(dict.fromkeys(name for name, _ in means))
            what = words(variable).lower()
            form = tenth if variable.endswith("accuracy") else number
            cells = {key: one if isinstance(one, str) else interval(one, form) for key, one in means.items()}
            when = "over the batches of each epoch" if variable.startswith("batch_") else "at the end of each epoch"
            yield Table(
                ("setting", *epochs),
                [(name, *(cells[name, epoch] for epoch in epochs)) for name in names],
                f"Mean {what} {when}, over n = {n} members with 95 % BCa bootstrap intervals"
                + (f"; {WITHOUT}." if any(isinstance(one, str) for one in means.values()) else "."),
            )
            yield Reading(
                f"{record}_{variable}",
                {name: {epoch: getattr(means[name, epoch], "estimate", None) for epoch in epochs} for name in names},
            )
            several = len(epochs) > 1
            to = [f" to {cells[name, epochs[-1]]}" * several for name in names]
            told = [f"{cells[name, epochs[0]]}{end} with {name}" for name, end in zip(names, to, strict=True)]
            listed = told if len(told) <= MOST_NAMED else [*told[:2], "…", told[-1]]
            when = f"From {epochs[0]} to {epochs[-1]}" if several else f"In {epochs[0]}"
            goes = "goes from" if several else "is"
            yield Answer(f"{when} the mean {what} {goes} {'; '.join(listed)} (n = {n}, 95 % intervals).")

    return Block("Epoch by epoch", items)


def _mean(values: np.ndarray) -> Interval | str:
    """The mean over members with its interval; where some diverged or had stopped, how many have no value."""
    lost = int((~np.isfinite(values)).sum())
    return f"({lost} of {values.size} without a value)" if lost else sb.stats.scores.mean(values)


def best_of(k: int, *, record: str = "", variable: str = "") -> Block:
    """What the best of `k` runs adds to the mean: the expected best of k new runs, and the gain with its interval."""

    def items(context: Context) -> Iterator[Any]:
        scored = context.scored(record, variable)
        better: Any = scored.score.better
        if scored.n <= k:
            yield Prose(f"The best of {k} runs can only be told from more than {k} seeds; this run has {scored.n}.")
            return
        found = sb.stats.luck.seed_luck(scored.members, better=better, ks=(k,), seeds=())
        yield Reading(
            f"best_of_{k}",
            {one.name: {"mean": one.mean, "best": one.best[k], "gain": one.gains[k].plain()} for one in found},
        )
        yield Table(
            ("setting", f"mean {scored.words}", f"expected best of {k}", f"the best of {k} adds"),
            [
                (one.name, scored.interval(mean), scored.shown(one.best[k]), interval(one.gains[k], scored.shown))
                for one, mean in zip(found, scored.means, strict=True)
            ],
            f"What showing the best of {k} runs adds to the mean of all: the expected best of {k} new runs, exact over "
            f"all choices of {k} of these n = {scored.n} members, and its gain over the mean with a 95 % interval "
            "(jackknife).",
        )
        gains = sorted(found, key=lambda one: one.gains[k].estimate)
        ends = [f"{interval(one.gains[k], scored.shown)} for {one.name}" for one in (gains[0], gains[-1])]
        told = ends[0] if len(found) == 1 else f"from {ends[0]} to {ends[1]}"
        yield Answer(
            f"The best of {k} runs is better than the mean by {told} (n = {scored.n} members each, 95 % intervals): a "
            f"published best of {k} is that much too good for the network it stands for."
        )

    return Block(f"What the best of {k} adds", items)
