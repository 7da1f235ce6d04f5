"""Unfinished work, kept so that a killed run goes on where it was: one file per name, the newest one counts.

`checkpoints/<name>.<count>.<sha256>.npz`. A new checkpoint is in place before the previous one goes, so there is
always a good one; a damaged one is passed over, because a checkpoint only ever saves time.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.store.blocks import DamagedError, check_array, damaged, pack, read_hashed
from seedbed.store.files import checked_name, names_in, remove, sha256, write_whole

FOLDER = "checkpoints"
FILE = re.compile(r"(.+)\.(\d+)\.([0-9a-f]{64})\.npz")
ARRAY = "array."


def save_checkpoint(root: Path, name: str, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> None:
    """Keep arrays and JSON-ready meta under a name; the previous checkpoint of that name is replaced."""
    checked_name(name, "checkpoint")
    for key, array in arrays.items():
        check_array(key, array)
    earlier = _counted(root, name)
    count = 1 + max((number for number, _ in earlier), default=0)
    data = pack({ARRAY + key: array for key, array in arrays.items()}, {"meta": dict(meta), "name": name})
    write_whole(root, root / FOLDER / f"{name}.{count}.{sha256(data)}.npz", data)
    for _, path in earlier:
        remove(path)


def load_checkpoint(root: Path, name: str) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """Arrays and meta of the newest good checkpoint of a name; None where there is none."""
    for _, path in reversed(_counted(root, checked_name(name, "checkpoint"))):
        try:
            return read_checkpoint(path)
        except DamagedError:
            continue
    return None


def read_checkpoint(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and meta of one checkpoint file. Raises DamagedError."""
    match = FILE.fullmatch(path.name)
    if match is None:
        raise damaged(path, "its name is not that of a checkpoint")
    arrays, about = read_hashed(path, match[3])
    if about.get("name") != match[1]:
        raise damaged(path, f"it is the checkpoint of {about.get('name')}")
    return {key.removeprefix(ARRAY): array for key, array in arrays.items()}, about["meta"]


def drop_checkpoint(root: Path, name: str) -> None:
    """Forget the checkpoints of a name; none is no error."""
    for _, path in _counted(root, checked_name(name, "checkpoint")):
        remove(path)


def _counted(root: Path, name: str) -> list[tuple[int, Path]]:
    found = [(FILE.fullmatch(file), root / FOLDER / file) for file in names_in(root / FOLDER)]
    return sorted((int(match[2]), path) for match, path in found if match and match[1] == name)
