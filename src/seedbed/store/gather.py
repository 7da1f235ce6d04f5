"""Seeds of one setting, gathered from the blocks that hold them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.errors import StoreError
from seedbed.record import Block, join
from seedbed.store.blocks import BlockFile, Damage, DamagedError, read_block

Seeds = Iterable[int] | np.ndarray


def as_array(seeds: Seeds) -> np.ndarray:
    """Seeds as an array of whole numbers, in their order."""
    return np.asarray(seeds if isinstance(seeds, np.ndarray) else list(seeds), np.int64)


def absent(files: Iterable[BlockFile], seeds: Seeds) -> list[int]:
    """Which of `seeds` no file holds, sorted; by the names of the files."""
    held = [np.arange(file.first, file.last + 1) for file in files]
    return np.setdiff1d(as_array(seeds), np.concatenate(held) if held else np.empty(0, np.int64)).tolist()


def gather(root: Path, key: str, files: Sequence[BlockFile], seeds: np.ndarray) -> Block:
    """Exactly `seeds` of the setting `key`, in this order, each from the first good file that holds it.

    `meta` has one value where all blocks used agree, else the list of the distinct values; wall seconds are added up.
    Raises StoreError naming the seeds that are missing, DamagedError naming the files that are damaged.
    """
    found: list[Block] = []
    broken: list[tuple[BlockFile, Damage]] = []
    wanted = np.unique(seeds)
    for file in files:
        if not file.holds(wanted).any():
            continue
        try:
            block = read_block(key, file)
        except DamagedError as error:
            broken += [(file, damage) for damage in error.damages]
            continue
        found.append(block.select(np.isin(block.seeds, wanted)))
        wanted = wanted[~file.holds(wanted)]
    if wanted.size:
        raise _incomplete(root, key, wanted, [damage for file, damage in broken if file.holds(wanted).any()])
    _check_alike(key, found)
    block = join(found)
    if not np.array_equal(block.seeds, seeds):
        block = block.select(np.searchsorted(block.seeds, seeds))
    meta = _merged([part.meta for part in found])
    if "wall_seconds" in meta:
        meta["wall_seconds"] = block.meta["wall_seconds"]  # join adds them up
    return Block(block.seeds, block.arrays, block.dims, block.coords, meta)


def seed_ranges(seeds: Seeds) -> list[range]:
    """Sorted seeds as ranges without gaps.

    >>> seed_ranges([0, 1, 2, 7, 8])
    [range(0, 3), range(7, 9)]
    """
    array = as_array(seeds)
    parts = np.split(array, np.flatnonzero(np.diff(array) != 1) + 1)
    return [range(int(part[0]), int(part[-1]) + 1) for part in parts if part.size]


def _incomplete(root: Path, key: str, lost: np.ndarray, broken: Sequence[Damage]) -> StoreError:
    seeds = ", ".join(f"{part.start}-{part.stop - 1}" for part in seed_ranges(lost.tolist()))
    if not broken:
        return StoreError(f"seeds {seeds} of the setting {key} are not in {root}; run them first")
    named = "; ".join(f"{damage.path.name}: {damage.reason}" for damage in broken)
    remedy = "remove them with seedbed verify --discard, and run again"
    return DamagedError(f"seeds {seeds} of the setting {key} in {root} are lost ({named}); {remedy}", broken)


def _check_alike(key: str, blocks: Sequence[Block]) -> None:
    first = blocks[0]
    for block in blocks[1:]:
        if (set(block.arrays), block.dims, block.coords) != (set(first.arrays), first.dims, first.coords):
            raise StoreError(f"the blocks of the setting {key} differ in arrays or axes; run it again in a new store")


def _merged(metas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    merged: dict[str, list[Any]] = {}
    for meta in metas:
        for name, value in meta.items():
            values = merged.setdefault(name, [])
            if value not in values:
                values.append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in merged.items()}
