"""Networks of different questions side by side: one record of their arrivals."""

from collections.abc import Mapping
from typing import Any

import xarray as xr

from seedbed.errors import SpecError
from seedbed.record import SEED, name_of, rows

KEPT = ("hit_step", "stop_step", "diverged_step", "final_dead")


def side_by_side(records: Mapping[str, xr.Dataset], factor: str = "network") -> xr.Dataset:
    """The arrivals of several records as one, a level of `factor` for each setting, over the seeds that all have.

    Only how members ended is taken over. The cap is the smallest of all: a later arrival counts as none.

    Raises: SpecError where the records have no seed in common.
    """
    parts = {_joined(name, levels, record): part for name, record in records.items() for levels, part in rows(record)}
    common = set.intersection(*(set(part[SEED].values.tolist()) for part in parts.values()))
    if not common:
        raise SpecError(f"the records {', '.join(records)} have no seed in common; run them with the same seeds")
    cap = min(record.attrs["cap"] for record in records.values())
    kept = [name for name in KEPT if all(name in part for part in parts.values())]
    cut = [_until(part[kept].sel({SEED: sorted(common)}), cap) for part in parts.values()]
    whole = xr.concat(cut, xr.Variable(factor, list(parts)), coords="minimal", compat="override")
    targets = {name: record.attrs.get("target", "") for name, record in records.items()}
    same = len(set(targets.values())) == 1
    told = next(iter(targets.values())) if same else "; ".join(f"{name}: {text}" for name, text in targets.items())
    return whole.assign_attrs(cap=cap, target=told, factors=factor)


def _joined(name: str, levels: Mapping[str, Any], record: xr.Dataset) -> str:
    """The name of a record, and of the setting where it has several."""
    told = name_of({axis: level for axis, level in levels.items() if record.sizes[axis] > 1})
    return f"{name}, {told}" if told else name


def _until(part: xr.Dataset, cap: float) -> xr.Dataset:
    late = part["hit_step"] > cap
    part = part.assign(hit_step=part["hit_step"].where(~late), stop_step=part["stop_step"].clip(max=cap))
    return part.drop_vars([name for name in part.coords if name != SEED])
