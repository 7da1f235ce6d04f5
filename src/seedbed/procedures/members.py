"""A member of a record, opened as an Equinox module: `record.member(seed=7, activation="relu")`.

A record keeps what was measured, not the networks. A member is opened by training it once more, alone, in the same
program; that it ends where the record says it ended is checked.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed import record as records
from seedbed import store
from seedbed.datasets.load import load
from seedbed.errors import SpecError, StoreError, shown
from seedbed.procedures import engines
from seedbed.procedures.epochs import in_steps
from seedbed.procedures.identity import is_fresh, key_of
from seedbed.spec import Spec, read_back

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.engine.replay import Opened

CHOICES = ("best", "median", "worst", "failed")


def member(record: xr.Dataset, seed: int | str, question: Spec | None = None, **levels: Any) -> Opened:
    """The trained network of one member as an Equinox module for one example; its `predict` takes many.

    `seed` is one of the record's, or "best", "median", "worst" or "failed" (`chosen` says what these mean). `levels`
    name the setting, one level for each factor that has several. `question` is needed where it has parts of a user's
    own, which a record cannot hold.

    Raises: SpecError for another seed or level; StoreError where the member does not end as it did, as under other
    versions or on another device.
    """
    setting = _setting(record, levels)
    spec = _question(record, question, setting)
    part = records.select(record, setting)
    number = chosen(part, seed)
    again = _replayed(spec, number)
    was = part.sel(seed=number)
    for name in ("hit_step", "diverged_step", "stop_step"):
        before, now = float(was[name]), float(getattr(again, name))
        if not np.array_equal(before, now, equal_nan=True):
            raise StoreError(
                f"seed {number} of {records.name_of(setting) or 'this record'} had {name} {before:g} and has {now:g} "
                "when trained again, so the network would be another; use the versions and the kind of device that the "
                "record names"
            )
    return again.opened


def chosen(part: xr.Dataset, seed: int | str) -> int:
    """The seed of one setting that a choice means.

    "best": the earliest arrival, without a target the lowest final loss; "worst": the latest arrival or highest loss,
    a member that never arrived or diverged being worse than all others; "median": the one in the middle of that order
    (the lower of two); "failed": the lowest seed that never arrived, or that diverged. Equal members: the lowest seed.
    """
    known = part["seed"].values.tolist()
    if not isinstance(seed, str):
        if seed not in known:
            few = f"{min(known)} to {max(known)}" if len(known) > 8 else ", ".join(map(str, known))
            raise SpecError(f"seed {seed} is not in this record (it has {few}); name one of these")
        return int(seed)
    if seed not in CHOICES:
        raise SpecError(f'a member is chosen by its seed or as {", ".join(CHOICES)}, got "{seed}"; write one of these')
    aimed = bool(part.attrs.get("target"))
    score = part["hit_step" if aimed else "final_train_loss"].values.astype(float)
    score = np.where(np.isfinite(part["diverged_step"].values), np.inf, score)
    score = np.where(np.isfinite(score), score, np.inf)
    failed = np.flatnonzero(np.isinf(score))
    if seed == "failed":
        if not failed.size:
            raise SpecError("no member of this setting failed; choose another one, or the worst")
        return int(known[failed[0]])
    order = np.argsort(score, kind="stable")
    if seed == "worst":
        return int(known[int(np.flatnonzero(score == score[order[-1]])[0])])
    return int(known[order[0 if seed == "best" else (len(order) - 1) // 2]])


def open_record(folder: Any, name: str | None = None) -> xr.Dataset:
    """The record that a run has left in a folder; `name` is needed where there are several. Trains nothing.

    Like every record of `run` it has `record.member(...)`.
    """
    if not isinstance(folder, str | Path):
        raise StoreError(f'a record is opened by its folder, got {shown(folder)}; write open("seedbed-runs/my_run")')
    with_members()
    return store.open_record(folder, name)


def _setting(record: xr.Dataset, levels: dict[str, Any]) -> dict[str, Any]:
    """A level for each factor: the named ones, and the only one of the others."""
    known = {name: record[name].values.tolist() for name in records.factors(record)}
    levels = records.as_labelled(record, levels)
    records.select(record, levels)  # refuses what is no factor or no level
    for name, labels in known.items():
        if name not in levels and len(labels) > 1:
            raise SpecError(
                f"{name} has {len(labels)} levels here ({', '.join(map(str, labels))}); name one: {name}=..."
            )
    return {name: levels.get(name, labels[0]) for name, labels in known.items()}


def _question(record: xr.Dataset, question: Spec | None, setting: dict[str, Any]) -> Spec:
    """The question of one setting."""
    if record.attrs.get("engine") != "jax":
        raise SpecError(
            "only networks of the jax engine can be opened, this record is of "
            f"{record.attrs.get('engine', 'no engine')}; "
            'run the question with engine="jax"'
        )
    asked = question or read_back(json.loads(record.attrs["spec"]), json.loads(record.attrs["levels"]))
    listed = asked.settings()
    setting = {**_picked(record), **setting}
    at = next((at for at, one in enumerate(listed) if dict(one.levels) == setting), None)
    if at is None or asked.hash() != record.attrs["spec_hash"] or key_of(listed[at]) != _key(record, at):
        raise StoreError("the question is not the one of this record; give the one that was run")
    return listed[at].spec


def _picked(record: xr.Dataset) -> dict[str, Any]:
    """The levels of factors of which `record.sel` has left one."""
    factors = [name for name, _ in json.loads(record.attrs["levels"])]
    return {name: record[name].item() for name in factors if name in record.coords and record[name].ndim == 0}


def _key(record: xr.Dataset, at: int) -> str:
    """Under which name a setting of a record is kept, which says what its own functions computed."""
    return str(record.attrs["keys"]).split()[at]


def _replayed(spec: Spec, seed: int) -> Any:
    replay = engines.module("jax", "replay").replay
    data = load(spec.data, np.array([seed])) if is_fresh(spec.data) else load(spec.data)
    return replay(in_steps(spec, data.examples), data, seed)


class Members:
    """What `record.member` is: called with a seed or a choice and with levels, it opens that member."""

    def __init__(self, record: xr.Dataset) -> None:
        self._record = record

    def __call__(self, seed: int | str, question: Spec | None = None, **levels: Any) -> Opened:
        """Open a member; see `member`."""
        return member(self._record, seed, question, **levels)


def with_members() -> None:
    """Give every record `record.member(...)`, an accessor of xarray's; once."""
    import xarray as xr  # not above: with pandas it takes longer than jax, and a run begins to train without it

    if not hasattr(xr.Dataset, "member"):
        xr.register_dataset_accessor("member")(Members)
