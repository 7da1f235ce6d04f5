"""One block as one file: `<first>-<last>.<made by>.<sha256 of the bytes>.npz`, in a folder named after its setting.

The format is NumPy's own `.npz`, uncompressed: a block is written once, whole, and read whole, so the region
writes and chunked compression of zarr would bring dependencies and no use; any NumPy can read a block without
seedbed. The members are `seeds`, `array.NAME`, and `json`, which holds dims, coords and meta as UTF-8 bytes.
The hash in the name makes a truncated or altered file visible; reading always checks it. What made a block (`made_by`
or `program` in its meta) stands in the name too, so that blocks of different programs are told apart without reading.
"""

import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.errors import StoreError
from seedbed.record import Block
from seedbed.spec import MOST_SEEDS
from seedbed.store.files import UnreadableError, json_bytes, read_bytes, readable, sha256

FORMAT = 1
ARRAY = "array."
FILE = re.compile(r"(\d+)-(\d+)\.(?:([0-9a-f]{16})\.)?([0-9a-f]{64})\.npz")
MADE_BY = re.compile(r"[0-9a-f]{16}")
KINDS = "biufcUSmM"  # every NumPy kind that needs no pickle, less raw void


@dataclass(frozen=True)
class Damage:
    """A file of a store that is not what its name says, or that is not there.

    `harmless` where nothing is lost by it, `lost` where a record needs it and there is nothing to remove.
    """

    path: Path
    reason: str
    harmless: bool = False
    lost: bool = False


class DamagedError(StoreError):
    """A file that was found damaged while it was needed; `damages` can be discarded and run again."""

    def __init__(self, message: str, damages: Sequence[Damage]) -> None:
        super().__init__(message)
        self.damages = tuple(damages)


@dataclass(frozen=True)
class BlockFile:
    """The name of a stored block, read: its seeds from `first` to `last`, both included, and what made it."""

    path: Path
    first: int
    last: int
    program: str
    sha256: str

    @property
    def seeds(self) -> range:
        """The seeds it holds."""
        return range(self.first, self.last + 1)

    def holds(self, seeds: np.ndarray) -> np.ndarray:
        """Which of `seeds` this block holds, as a mask."""
        return (seeds >= self.first) & (seeds <= self.last)


def block_file(path: Path) -> BlockFile | None:
    """The parts of a block's file name; None for any other name."""
    match = FILE.fullmatch(path.name)
    if match is None or not 0 <= int(match[2]) - int(match[1]) < MOST_SEEDS:
        return None
    return BlockFile(path, int(match[1]), int(match[2]), match[3] or "", match[4])


def pack_block(key: str, block: Block) -> tuple[str, bytes]:
    """The file name and the bytes of a block of the setting `key`.

    Raises StoreError for a block whose seeds, shapes or types cannot be kept.
    """
    _check(block)
    dims = {name: list(dims) for name, dims in block.dims.items()}
    coords = {name: list(labels) for name, labels in block.coords.items()}
    about = {"key": key, "dims": dims, "coords": coords, "meta": dict(block.meta)}
    data = pack({"seeds": block.seeds.astype(np.int64), **{ARRAY + k: v for k, v in block.arrays.items()}}, about)
    made_by = str(block.meta.get("made_by") or block.meta.get("program") or "")
    if made_by and not MADE_BY.fullmatch(made_by):
        raise StoreError(
            f'a block is made by sixteen hexadecimal digits, got "{made_by}"; name its program by a digest'
        )
    return f"{block.seeds[0]}-{block.seeds[-1]}.{made_by}{'.' * bool(made_by)}{sha256(data)}.npz", data


def read_block(key: str, file: BlockFile) -> Block:
    """The block in a file, after checking its hash, its setting and its seeds. Raises DamagedError."""
    arrays, about = read_hashed(file.path, file.sha256)
    try:
        seeds = arrays.pop("seeds")
        dims = {name: tuple(dims) for name, dims in about["dims"].items()}
        named = {name.removeprefix(ARRAY): array for name, array in arrays.items()}
        block, own_key = Block(seeds, named, dims, about["coords"], about["meta"]), about["key"]
    except (KeyError, AttributeError):
        raise damaged(file.path, "it is not a block") from None
    if own_key != key:
        raise damaged(file.path, f"it is a block of the setting {own_key}")
    if not np.array_equal(seeds, np.arange(file.first, file.last + 1)):
        raise damaged(file.path, "it holds other seeds than its name says")
    if str(block.meta.get("made_by") or block.meta.get("program") or "") != file.program:
        raise damaged(file.path, "it was made by another program than its name says")
    return block


def read_hashed(path: Path, expected: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and JSON of a packed file whose bytes must have the SHA-256 `expected`. Raises DamagedError."""
    try:
        return unpack(read_bytes(path, expected=expected))
    except UnreadableError as why:
        raise damaged(path, str(why)) from why
    except (ValueError, KeyError, TypeError, EOFError, MemoryError, RecursionError, zipfile.BadZipFile, zlib.error):
        raise damaged(path, "it is not a file of this format") from None


def damaged(path: Path, reason: str) -> DamagedError:
    """The error for one damaged file."""
    sentence = f"{readable(path)} is damaged: {reason}; remove it with seedbed verify --discard, and run again"
    return DamagedError(sentence, [Damage(path, reason)])


def pack(arrays: Mapping[str, np.ndarray], about: Mapping[str, Any]) -> bytes:
    """Named arrays and JSON-ready data as the bytes of an `.npz` file; equal contents give equal bytes."""
    text = np.frombuffer(json_bytes({"format": FORMAT, **about}, "description of a block"), np.uint8)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays, json=text)  # type: ignore[arg-type]
    return file.getvalue()


def unpack(data: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """What `pack` was given."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in file.zip.infolist()):
            raise ValueError("a block is never compressed, so that it takes no more memory than its file has bytes")
        arrays = {name: file[name] for name in file.files}
    return arrays, json.loads(arrays.pop("json").tobytes())


def check_array(name: str, array: np.ndarray) -> None:
    """Raise StoreError for an array of a type that could not be read back safely."""
    if array.dtype.kind not in KINDS:
        raise StoreError(
            f'the array "{name}" has type {array.dtype}, which is never stored; convert it to numbers or text'
        )


def _check(block: Block) -> None:
    seeds = block.seeds
    rising = seeds.ndim == 1 and seeds.size > 0 and seeds.dtype.kind in "iu" and int(seeds[0]) >= 0
    if not rising or not np.array_equal(seeds, int(seeds[0]) + np.arange(seeds.size)):
        raise StoreError(f"a block holds a rising stretch of seeds without gaps, got {seeds}; split it")
    for name, array in block.arrays.items():
        check_array(name, array)
        dims = block.dims.get(name, ())
        if array.ndim != 1 + len(dims) or len(array) != seeds.size:
            wanted = f"({seeds.size} seeds{''.join(f', {dim}' for dim in dims)})"
            raise StoreError(f'the array "{name}" should have shape {wanted}, got {array.shape}; name its dims')
        for dim, length in zip(dims, array.shape[1:], strict=True):
            if dim in block.coords and len(block.coords[dim]) != length:
                raise StoreError(
                    f'axis {dim} of "{name}" has {length} entries, got {len(block.coords[dim])} labels; give one each'
                )
