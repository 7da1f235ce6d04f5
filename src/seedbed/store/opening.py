"""Opening a store: made where the folder is empty or absent, refused where it is something else or newer."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.errors import StoreError
from seedbed.store.checks import BLOCKS, FOLDERS, LOCKS, SETTINGS, sweep
from seedbed.store.files import PARTIAL, UnreadableError, explained, json_bytes, make_folder, read_json, replace
from seedbed.store.folder import Store
from seedbed.store.locks import hold, writing

if TYPE_CHECKING:
    import xarray as xr

FORMAT = 1
MARKER = "seedbed-store.json"


def create_or_open(folder: str | Path) -> Store:
    """The store in a folder, made there if the folder is empty or absent; what killed runs left half-written goes.

    Raises StoreError for a file, a folder of other things, a newer format, or a place that cannot be written.
    """
    root = Path(folder)
    with explained("open a store in", root):
        made = (root / MARKER).exists()
    if not made:
        _make(root)
    store = open_existing(root)
    with suppress(StoreError):  # a store that cannot be written to can be read
        sweep(root)
    return store


def open_existing(folder: str | Path) -> Store:
    """The store in a folder. Raises StoreError where there is none, or one of a newer format."""
    root = Path(folder)
    marker = root / MARKER
    with explained("open the store at", root):
        there = marker.exists()
    if not there and (root / BLOCKS).is_dir() and (root / SETTINGS).is_dir():
        raise StoreError(_unmarked(root))
    if not there:
        raise StoreError(f"no store at {root}{_stores_below(root)}; give the folder that holds {MARKER}")
    try:
        version = read_json(marker)["format"]
        if type(version) is not int or version < 1:
            raise TypeError
    except (UnreadableError, KeyError, TypeError):
        raise StoreError(f'{marker} is damaged; restore it as {{"format":{FORMAT}}}, the blocks are unharmed') from None
    if version > FORMAT:
        raise StoreError(f"the store {root} has format {version}, this seedbed reads up to {FORMAT}; upgrade seedbed")
    return Store(root)


def open_record(folder: str | Path, name: str | None = None) -> xr.Dataset:
    """The record in a store, rebuilt from its files alone; `name` is needed where there are several."""
    return open_existing(folder).record(name)


def _make(root: Path) -> None:
    with explained("make a store in", root):
        make_folder(root)
        found = {entry.name for entry in root.iterdir() if not entry.name.endswith(PARTIAL)} - {LOCKS}
        if (root / MARKER).exists():  # another process was faster
            return
        if found and found <= set(FOLDERS):
            raise StoreError(_unmarked(root))
        if found:
            raise StoreError(f"{root} is not a store and not empty, it holds {min(found)}; choose another folder")
        with hold(writing(root), shared=True):
            replace(root / MARKER, json_bytes({"format": FORMAT}, "format"))


def _unmarked(root: Path) -> str:
    remedy = f'restore it as {{"format":{FORMAT}}}, or choose another folder'
    return f"{root} holds the folders of a store, but no {MARKER}; {remedy}"


def _stores_below(root: Path) -> str:
    if not root.is_dir():
        return ""
    below = sorted(path.parent.name for path in root.glob(f"*/{MARKER}"))
    return f" (there are some in its folders {', '.join(below)})" if below else ""
