"""Opening a store: made where the folder is empty or absent, refused where it is something else or newer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.errors import StoreError
from seedbed.store.files import PARTIAL, explained, json_bytes, make_folder, replace
from seedbed.store.folder import Store

if TYPE_CHECKING:
    import xarray as xr

FORMAT = 1
MARKER = "seedbed-store.json"


def create_or_open(folder: str | Path) -> Store:
    """The store in a folder, made there if the folder is empty or absent.

    Raises StoreError for a file, a folder of other things, a newer format, or a place that cannot be written.
    """
    root = Path(folder)
    if not (root / MARKER).is_file():
        _make(root)
    return open_existing(root)


def open_existing(folder: str | Path) -> Store:
    """The store in a folder. Raises StoreError where there is none, or one of a newer format."""
    root = Path(folder)
    marker = root / MARKER
    if not marker.is_file():
        raise StoreError(f"no store at {root}{_stores_below(root)}; give the folder that holds {MARKER}")
    try:
        with explained("read", marker):
            version = json.loads(marker.read_bytes())["format"]
    except (ValueError, KeyError, TypeError):
        raise StoreError(f'{marker} is damaged; restore it as {{"format":{FORMAT}}}, the blocks are unharmed') from None
    if not isinstance(version, int) or version > FORMAT:
        raise StoreError(f"the store {root} has format {version}, this seedbed reads up to {FORMAT}; upgrade seedbed")
    return Store(root)


def open_record(folder: str | Path, name: str | None = None) -> xr.Dataset:
    """The record in a store, rebuilt from its files alone; `name` is needed where there are several."""
    return open_existing(folder).record(name)


def _make(root: Path) -> None:
    with explained("make a store in", root):
        make_folder(root)
        others = sorted(entry.name for entry in root.iterdir() if not entry.name.endswith(PARTIAL))
        if (root / MARKER).is_file():  # another process was faster
            return
        if others:
            raise StoreError(f"{root} is not a store and not empty, it holds {others[0]}; choose another folder")
        replace(root / MARKER, json_bytes({"format": FORMAT}, "format"))


def _stores_below(root: Path) -> str:
    if not root.is_dir():
        return ""
    below = sorted(path.parent.name for path in root.glob(f"*/{MARKER}"))
    return f" (there are some in its folders {', '.join(below)})" if below else ""
