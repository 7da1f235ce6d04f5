"""A record: what a run measured, as named arrays, with everything needed to trust it.

A record is an `xarray.Dataset` with one axis per factor, then `seed`, then `step` and what a probe adds (`layer`).
Variables:

    hit_step        first step at which the target held, in updates; NaN: never before the cap (censored there)
    hit_after       where targets are judged on a schedule (attribute `judged`): the last judged step at which it did
                    not hold, so that it came to hold after `hit_after` and by `hit_step`; NaN: never seen not to hold
    diverged_step   first step with a number that is not finite; NaN: never
    stop_step       the last step at which the member was evaluated
    copy_of         the seed whose initial arrays this one begins with too, NaN for none; absent where no member has one
    <split>_<quantity>          a trace, NaN after the member stopped; the split "batch" is the batch of the step, in
                                the mode of training, all others are whole and judged as in inference, on the steps
                                of `Spec.evaluate` and NaN between them
    final_<split>_<quantity>    the value at stop_step

Step s means after s updates; step 0 is the initial draw. A record never holds a network that was not run.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.errors import SpecError, nearest
from seedbed.spec import EXAMPLES, Spec, canonical_json, levels_of

if TYPE_CHECKING:
    import xarray as xr

SEED = "seed"
START = "start"  # of a block: a digest of what each member begins with, where equal ones make members copies
COPY_OF = "copy_of"


@dataclass(frozen=True)
class Block:
    """What a stretch of seeds of one setting gave; the first axis of every array is the seed.

    `dims` names the further axes of each array (absent: none), `coords` the labels along those axes,
    `meta` says how it was made (device, versions, width, seconds).
    """

    seeds: np.ndarray
    arrays: Mapping[str, np.ndarray]
    dims: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    coords: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)

    def select(self, keep: np.ndarray) -> Block:
        """The same block with the members that `keep` marks or lists."""
        arrays = {name: array[keep] for name, array in self.arrays.items()}
        return Block(self.seeds[keep], arrays, self.dims, self.coords, self.meta)

    def in_order(self, seeds: Sequence[int]) -> Block:
        """The same block, whose seeds are sorted, with its members in the order of `seeds`."""
        wanted = np.asarray(seeds)
        return self if np.array_equal(self.seeds, wanted) else self.select(np.searchsorted(self.seeds, wanted))


def join(blocks: Sequence[Block]) -> Block:
    """Blocks of one setting as one, in the order of their seeds."""
    seeds = np.concatenate([block.seeds for block in blocks])
    order = np.argsort(seeds, kind="stable")
    names = blocks[0].arrays
    arrays = {name: np.concatenate([block.arrays[name] for block in blocks])[order] for name in names}
    seconds = sum(float(block.meta.get("wall_seconds", 0.0)) for block in blocks)
    return Block(seeds[order], arrays, blocks[0].dims, blocks[0].coords, {**blocks[0].meta, "wall_seconds": seconds})


def assemble(question: Spec, blocks: Sequence[Block], provenance: Mapping[str, Any]) -> xr.Dataset:
    """One record from one block per setting, in the order of `question.settings()`; all have the same seeds."""
    axes = {factor.name: factor.labels for factor in question.factors}
    return put_together(axes, blocks, {**attributes(question), **provenance})


def attributes(question: Spec) -> dict[str, Any]:
    """What a record says of its question: the spec and its levels as JSON, its hash, the cap in steps, the target.

    Where steps are varied, the cap is the fewest of any setting, up to which all of them were watched.
    """
    caps = [setting.spec.steps for setting in question.settings() if isinstance(setting.spec.steps, int)]
    known = {} if question.in_epochs else {"cap": min(caps), "longest": max(caps)}  # else the run says what epochs are
    return {"spec": canonical_json(question.canonical()), "levels": json.dumps(levels_of(question)),
            "spec_hash": question.hash(), **known, "target": str(question.stop or "")}  # fmt: skip


def put_together(
    axes: Mapping[str, Sequence[Any]], blocks: Sequence[Block], attributes: Mapping[str, Any]
) -> xr.Dataset:
    """One record from factors (name: labels) and one block per combination of labels, the last factor fastest.

    Where settings were recorded at other steps, the record has all of these, and NaN where a setting has none.
    """
    import xarray as xr  # not above: with pandas it takes longer than jax, and a run begins to train without it

    blocks = _with_all_names([_copies_named(block) for block in _on_one_grid(blocks)])
    if not any(np.isfinite(block.arrays[COPY_OF]).any() for block in blocks):
        blocks = [_without(block, COPY_OF) for block in blocks]
    else:
        attributes = {**attributes, "copies": copies_told(axes, blocks)}
    names, shape = tuple(axes), tuple(len(labels) for labels in axes.values())
    first = blocks[0]
    variables: dict[str, Any] = {}
    for name in first.arrays:
        stacked = np.stack(_alike([block.arrays[name] for block in blocks]))
        stacked = stacked.reshape(*shape, *stacked.shape[1:])
        variables[name] = ((*names, SEED, *first.dims.get(name, ())), stacked, {"units": units(name)})
    used = {dim for name in first.arrays for dim in first.dims.get(name, ())}
    coords: dict[str, Any] = {name: np.asarray(labels) for name, labels in axes.items()}
    coords[SEED] = first.seeds
    for dim in used.intersection(first.coords):
        coords[dim] = np.asarray(max((block.coords.get(dim, ()) for block in blocks), key=len))
    return xr.Dataset(variables, coords, dict(attributes))


def _alike(arrays: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
    """Arrays of settings whose networks have other numbers of layers or units, filled up with NaN to one shape."""
    if len({array.shape for array in arrays}) == 1:
        return arrays
    most = np.max([array.shape for array in arrays], axis=0)
    gaps = [[(0, int(size) - own) for size, own in zip(most, array.shape, strict=True)] for array in arrays]
    return [np.pad(array, gap, constant_values=np.nan) for array, gap in zip(arrays, gaps, strict=True)]


def _copies_named(block: Block) -> Block:
    """The block with `copy_of` in place of the digests of how its members begin."""
    first: dict[int, int] = {}
    starts = block.arrays.get(START)
    known = [] if starts is None else starts.tolist()
    listed = [first.setdefault(start, seed) for start, seed in zip(known, block.seeds.tolist(), strict=False)]
    copies = np.full(len(block.seeds), np.nan)
    if listed:
        copies = np.where(np.asarray(listed) == block.seeds, np.nan, np.asarray(listed, np.float64))
    bare = _without(block, START)
    return Block(bare.seeds, {COPY_OF: copies, **bare.arrays}, bare.dims, bare.coords, bare.meta)


def _without(block: Block, name: str) -> Block:
    arrays = {key: array for key, array in block.arrays.items() if key != name}
    return Block(block.seeds, arrays, block.dims, block.coords, block.meta)


def copies_told(axes: Mapping[str, Sequence[Any]], blocks: Sequence[Block]) -> str:
    """A sentence: how many members of which settings are copies."""
    listed = [dict(zip(axes, chosen, strict=True)) for chosen in itertools.product(*axes.values())]
    counts = [int(np.isfinite(block.arrays[COPY_OF]).sum()) for block in blocks]
    told = [f"{count:,} of {len(block.seeds):,} networks" + (f" of {name_of(levels)}" if levels else "")
            for levels, count, block in zip(listed, counts, blocks, strict=True) if count]  # fmt: skip
    more = f" and in {len(told) - 3} more settings" if len(told) > 3 else ""
    return (
        f"{'; '.join(told[:3])}{more} begin with the very arrays of another seed: copies, which no test counts as "
        "networks of their own; draw the weights from the key"
    )


def independent(record: xr.Dataset) -> xr.Dataset:
    """The record without the seeds that are copies of another one under any of its settings."""
    if COPY_OF not in record:
        return record
    copied = np.isfinite(record[COPY_OF].transpose(SEED, ...).values).reshape(record.sizes[SEED], -1).any(axis=1)
    return record.isel({SEED: np.flatnonzero(~copied)})


def _with_all_names(blocks: Sequence[Block]) -> Sequence[Block]:
    """The blocks with every array that any of them has, NaN where a setting was not measured by it."""
    if all(block.arrays.keys() == blocks[0].arrays.keys() for block in blocks):
        return blocks
    owner = {name: block for block in reversed(blocks) for name in block.arrays}
    dims = {name: block.dims.get(name, ()) for name, block in owner.items()}
    coords = {dim: labels for block in reversed(blocks) for dim, labels in block.coords.items()}

    def filled(block: Block) -> Block:
        shapes = {name: (len(block.seeds), *one.arrays[name].shape[1:]) for name, one in owner.items()}
        absent = {name: np.full(shape, np.nan) for name, shape in shapes.items() if name not in block.arrays}
        arrays = {**block.arrays, **absent}
        return Block(block.seeds, {name: arrays[name] for name in owner}, dims, coords, block.meta)

    return [filled(block) for block in blocks]


def _on_one_grid(blocks: Sequence[Block]) -> Sequence[Block]:
    grids = [list(block.coords.get("step", ())) for block in blocks]
    if all(grid == grids[0] for grid in grids):
        return blocks
    whole = sorted(set(itertools.chain(*grids)))
    return [_spread(block, whole) for block in blocks]


def _spread(block: Block, grid: list[Any]) -> Block:
    """A block with its traces on a grid that holds the block's own steps."""
    at = np.searchsorted(grid, block.coords["step"])
    arrays = dict(block.arrays)
    for name, dims in block.dims.items():
        if "step" in dims:
            axis = 1 + dims.index("step")
            traces = np.moveaxis(block.arrays[name], axis, 0)
            spread = np.full((len(grid), *traces.shape[1:]), np.nan, traces.dtype)
            spread[at] = traces
            arrays[name] = np.moveaxis(spread, 0, axis)
    return Block(block.seeds, arrays, block.dims, {**block.coords, "step": grid}, block.meta)


def derive(
    record: xr.Dataset, reading: Callable[[dict[str, Any], Any], Mapping[str, Any]], *,
    axes: Mapping[str, Sequence[Any]] | None = None, seeds: Sequence[int] | None = None, of: str = "",
    exact: bool = False, **attributes: Any,
) -> xr.Dataset:  # fmt: skip
    """Outcomes of every member, as a record: `reading(levels, part)` gives arrays (seed,) by name for each setting.

    By default over the settings and seeds of `record`; with `axes` (factor: levels) of one's own, `part` is None. `of`
    names the records it comes from, `exact` marks numbers that no seed could have changed; see `Study`.
    """
    names = {name: record[name].values.tolist() for name in factors(record)} if axes is None else dict(axes)
    listed = [dict(zip(names, chosen, strict=True)) for chosen in itertools.product(*names.values())]
    found = [reading(levels, select(record, levels) if axes is None else None) for levels in listed]
    if axes is None and seeds is None and COPY_OF in record:
        found = [{COPY_OF: select(record, levels)[COPY_OF].values, **one}
                 for levels, one in zip(listed, found, strict=True)]  # fmt: skip
    numbers = np.asarray(record[SEED].values if seeds is None else seeds)
    blocks = [Block(numbers, {name: np.asarray(array) for name, array in one.items()}) for one in found]
    kept = {name: record.attrs[name] for name in ("cap", "longest") if name in record.attrs}
    whole = put_together(names, blocks, {**kept, "factors": " ".join(names), "of": of, **attributes})
    for variable in whole.data_vars.values():
        variable.attrs |= {"exact": True} if exact else {}
    return whole


def units(name: str) -> str:
    """The unit of a variable, by its name: steps, nats, or 1 for a pure number."""
    if name.removeprefix("final_") in EXAMPLES:
        return "examples"
    return "steps" if name.endswith("_step") or name == "hit_after" else "1"


def factors(record: xr.Dataset) -> list[str]:
    """The factor axes of a record, in order."""
    order = str(record.attrs.get("factors", "")).split()
    axes = (
        [str(dim) for dim in record["stop_step"].dims] if "stop_step" in record else [str(dim) for dim in record.dims]
    )
    return order or [dim for dim in axes if dim not in (SEED, "step", "layer")]


def settings(record: xr.Dataset) -> list[dict[str, Any]]:
    """Every combination of factor levels in a record, the last factor fastest; [{}] where nothing was varied."""
    names = factors(record)
    levels = [record[name].values.tolist() for name in names]
    return [dict(zip(names, combination, strict=True)) for combination in itertools.product(*levels)]


def as_labelled(record: xr.Dataset, levels: Mapping[str, Any]) -> dict[str, Any]:
    """These levels as the record has them, where they are written as they are printed (`as_printed`)."""
    labels = {name: record[name].values.tolist() if name in record.dims else [] for name in levels}
    return {name: as_printed(level, labels[name]) for name, level in levels.items()}


def as_printed(level: Any, labels: Sequence[Any]) -> Any:
    """The label that a level is equal to, else the only one that is printed like it, else the level itself.

    >>> as_printed("0.00316228", [0.001, 0.0031622776601683794])
    0.0031622776601683794
    """
    same = [label for label in labels if label == level or str(label) == str(level)]
    alike = same or [label for label in labels if label_text(label) == str(level)]
    if not alike and not isinstance(level, bool):
        try:
            text = f"{float(level):g}"
        except (TypeError, ValueError):
            return level
        alike = [label for label in labels if not isinstance(label, str) and label_text(label) == text]
    return alike[0] if len(alike) == 1 or same else level


def label_text(label: Any) -> str:
    """A label as tables and axes print it.

    >>> label_text(0.0031622776601683794), label_text("relu")
    ('0.00316228', 'relu')
    """
    return f"{label:g}" if isinstance(label, float) else str(label)


def select(record: xr.Dataset, levels: Mapping[str, Any]) -> xr.Dataset:
    """The part of a record at the given levels, which may be written as they are printed."""
    levels = as_labelled(record, levels)
    for name, level in levels.items():
        if name not in record.dims:
            raise SpecError(f'no factor "{name}" in this record{nearest(name, factors(record))}')
        known = record[name].values.tolist()
        if level not in known:
            printed = [label_text(label) for label in known]
            close = nearest(str(level), printed)
            raise SpecError(f'no level "{level}" of {name} in this record{close} (it has {", ".join(printed)})')
    return watched(record, levels).sel(dict(levels))


def watched(record: xr.Dataset, levels: Mapping[str, Any]) -> xr.Dataset:
    """The record with the cap of the given levels: where steps are varied, that of the level chosen."""
    if "cap" not in record.attrs or not isinstance(levels.get("steps"), int | float):  # epochs: the fewest of any
        return record
    return record.assign_attrs(cap=int(levels["steps"]))


def looked_at(record: xr.Dataset, variable: str) -> xr.Dataset:
    """The record on the steps on which a trace was looked at: splits may be judged on fewer than the batch.

    Steps after the last of these, at which all members had stopped, stay.
    """
    if variable not in record or "step" not in record[variable].dims:
        return record
    values = record[variable].transpose("step", ...).values.reshape(record.sizes["step"], -1)
    known = np.asarray(np.isfinite(values).any(axis=1))
    seen = known | (np.arange(len(known)) > np.max(np.flatnonzero(known), initial=-1))
    return record if seen.all() else record.isel(step=seen)


def name_of(levels: Mapping[str, Any]) -> str:
    """A setting in words: `relu, cross_entropy`; a number is shown with its factor's name."""
    return ", ".join(f"{key}={value:g}" if isinstance(value, float) else str(value) for key, value in levels.items())


def rows(record: xr.Dataset) -> Iterable[tuple[dict[str, Any], xr.Dataset]]:
    """Each setting with its part of the record."""
    return ((levels, select(record, levels)) for levels in settings(record))
