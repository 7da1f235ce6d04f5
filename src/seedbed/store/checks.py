"""The integrity of a store: every hash derived again, every file that does not belong named.

Checking changes nothing. `discard` removes what was found damaged, so that it alone is run again; `sweep` removes
what killed runs left half-written.
"""

import json
import os
from pathlib import Path
from typing import Any

from seedbed.errors import StoreError
from seedbed.spec import digest
from seedbed.store import checkpoints, questions
from seedbed.store.blocks import Damage, DamagedError, block_file, damaged, read_block
from seedbed.store.files import PARTIAL, explained, names_in, remove
from seedbed.store.locks import hold, writing

BLOCKS, SETTINGS, NOTES = "blocks", "settings", "notes"
FOLDERS = (BLOCKS, SETTINGS, questions.FOLDER, checkpoints.FOLDER, NOTES)
LEFTOVER = "half-written: a run is writing it now, or was killed before it finished; harmless"


def verify(root: Path) -> list[Damage]:
    """Everything in the store that is not what its name says, in the order of the paths; empty for a sound store."""
    files = [root / SETTINGS / name for name in names_in(root / SETTINGS)]
    files += [path for key in names_in(root / BLOCKS) for path in _inside(root / BLOCKS / key)]
    files += [root / folder / name for folder in FOLDERS[2:] for name in names_in(root / folder)]
    found = [damage for path in files for damage in inspect(root, path)]
    return found + [Damage(path, LEFTOVER, harmless=True) for path in leftovers(root)]


def inspect(root: Path, path: Path) -> tuple[Damage, ...]:
    """What is wrong with one file of the store; nothing for a sound one."""
    try:
        _read(path, path.relative_to(root).parts)
    except DamagedError as error:
        return error.damages
    return ()


def discard(root: Path, damage: Damage) -> None:
    """Remove a damaged file; one that a run has made good in the meantime stays.

    Raises StoreError for a file outside the store.
    """
    if not damage.path.is_relative_to(root) or damage.path.parent == root:
        raise StoreError(f"{damage.path} is not a block of the store {root}; discard what its own store named")
    if damage.harmless:
        sweep(root)
    elif inspect(root, damage.path):
        remove(damage.path)


def sweep(root: Path) -> list[Path]:
    """Remove what killed runs left half-written, unless a run is writing just now; returns what was removed."""
    with explained("clean", root), hold(writing(root), wait=False) as alone:
        gone = leftovers(root) if alone else []
        for path in gone:
            path.unlink(missing_ok=True)
    return gone


def leftovers(root: Path) -> list[Path]:
    """Every half-written file below the store, sorted."""
    found = [
        Path(folder, name)
        for folder, _, names in os.walk(root)
        for name in names
        if name.startswith(".") and name.endswith(PARTIAL)
    ]
    return sorted(found)


def check_setting(path: Path) -> None:
    """Raise DamagedError unless the identity in a settings file has the digest that is its name."""
    try:
        good = digest(json.loads(path.read_bytes())) == path.stem
    except (OSError, ValueError):
        good = False
    if not good or path.suffix != ".json":
        raise damaged(path, "it does not describe the setting its name says")


def read_note(path: Path) -> Any:
    """The JSON of a note. Raises DamagedError for a file that holds none."""
    with explained("read", path):
        text = path.read_bytes()
    try:
        return json.loads(text)
    except ValueError:
        raise damaged(path, "it is not JSON") from None


def _inside(path: Path) -> list[Path]:
    return [path / name for name in names_in(path)] if path.is_dir() else [path]


def _read(path: Path, place: tuple[str, ...]) -> None:
    if place[0] == SETTINGS:
        check_setting(path)
    elif place[0] == questions.FOLDER:
        questions.parse_question(path)
    elif place[0] == checkpoints.FOLDER:
        checkpoints.read_checkpoint(path)
    elif place[0] == NOTES:
        read_note(path)
    else:
        file = block_file(path)
        if file is None or len(place) != 3:
            raise damaged(path, "its name is not that of a block")
        read_block(place[1], file)
