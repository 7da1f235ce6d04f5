"""Several stores into one: descriptions and blocks are copied, every byte checked against its hash on the way.

Merging is commutative and may be repeated: a block's name holds its hash, so two blocks of one name are one block. A
damaged block is left behind and named; a damaged one in the target gives way to a sound copy. Records are not copied:
the run that asks for one writes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from seedbed.store.blocks import Damage, DamagedError, block_file, read_block
from seedbed.store.checks import BLOCKS, SETTINGS, inspect
from seedbed.store.files import explained, names_in, write_whole
from seedbed.store.folder import Store


@dataclass(frozen=True)
class Merged:
    """What merging did: blocks copied, blocks that were there, and what was damaged and left behind."""

    copied: int
    there: int
    damaged: Sequence[Damage]


def merge(target: Store, source: Store) -> Merged:
    """Copy what `source` holds and `target` lacks; raises StoreError where a file cannot be read or written."""
    copied = there = 0
    lost: list[Damage] = []
    for path, damages in _sound(source.folder):
        place = target.folder / path.relative_to(source.folder)
        lost += damages
        if damages:
            continue
        known = place.exists() and not inspect(target.folder, place)
        if not known:
            with explained("read", path):
                write_whole(target.folder, place, path.read_bytes())
        if path.parent.parent.name == BLOCKS:
            copied, there = copied + (not known), there + known
    return Merged(copied, there, lost)


def _sound(root: Path) -> Iterator[tuple[Path, Sequence[Damage]]]:
    """Every description and every block of a store, with what is wrong with it."""
    for name in names_in(root / SETTINGS):
        yield root / SETTINGS / name, inspect(root, root / SETTINGS / name)
    for key in names_in(root / BLOCKS):
        for name in names_in(root / BLOCKS / key):
            file = block_file(root / BLOCKS / key / name)
            if file is None:
                continue
            try:
                read_block(key, file)
                yield file.path, ()
            except DamagedError as error:
                yield file.path, error.damages
