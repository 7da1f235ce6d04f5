"""Where compiled programs are kept for later processes of this user: a folder that nobody else can write to.

`<root>/compiled/<state>`, where root is SEEDBED_CACHE or the user's cache folder, and the state is a digest of all that
machine code depends on apart from the program: jax, jaxlib, Python, the processor. What is compiled is executable, so a
folder is used only if it belongs to this user and only this user can write to it and to what it stands in; a cache that
cannot be used costs time and nothing else. Old states are removed, but never a folder without the marker of seedbed.
"""

import hashlib
import os
import shutil
import stat
import sys
from importlib.metadata import version
from pathlib import Path

import platformdirs

VARIABLE = "SEEDBED_CACHE"
MARKER = "seedbed-cache"  # a file in every folder of compiled programs; it holds the folder's own name
KEPT = 4  # states
LIBRARIES = ("jax", "jaxlib")


class UnsafeError(Exception):
    """Why a folder cannot keep what is executed later, as a clause."""


def root() -> Path:
    """The folder that SEEDBED_CACHE names, or the user's cache folder; a variable without content names none."""
    named = os.environ.get(VARIABLE, "").strip()
    return Path(named).absolute() if named else Path(platformdirs.user_cache_dir("seedbed"))


def folder(processor: str) -> Path:
    """The folder of these versions on a processor described in words."""
    told = repr((sys.version, processor, [(name, version(name)) for name in LIBRARIES]))
    return root() / "compiled" / hashlib.sha256(told.encode()).hexdigest()[:16]


def prepared(processor: str) -> Path | None:
    """The same folder, made and in order, and old ones removed; None where there is no safe place.

    The reason is told on standard error where a user has named the place.
    """
    place = folder(processor)
    try:
        _make(place)
        _sign(place)
    except (OSError, UnsafeError) as why:
        if os.environ.get(VARIABLE, "").strip():
            said = f"it cannot be written ({why.strerror or why})" if isinstance(why, OSError) else why
            sys.stderr.write(f"{VARIABLE}={root()} keeps no compiled programs: {said}; every run compiles anew\n")
        return None
    _tidy(place)
    return place


def _make(place: Path) -> None:
    """Make the folder and those above it, for this user alone where they are new, and check them."""
    if not place.is_absolute():
        raise UnsafeError("there is no home folder")
    for path in (place.parent.parent, place.parent, place):
        path.mkdir(mode=0o700, parents=path == place.parent.parent, exist_ok=True)
        check(path)
    for path in place.parent.parent.parents:
        if not _sheltered(path):
            raise UnsafeError(f"{path} is in the hands of others")


def check(path: Path) -> None:
    """Raise UnsafeError unless a path is a folder of this user that nobody else can write to."""
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise UnsafeError(f"{path} is a link or a file, not a folder")
    if not hasattr(os, "geteuid"):  # Windows keeps the folders of users apart by itself
        return
    if status.st_uid != os.geteuid():
        raise UnsafeError(f"{path} belongs to another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UnsafeError(f"others can write to {path} (chmod go-w would change that)")


def _sheltered(path: Path) -> bool:
    """Whether a folder further up is of this user or of the system, and what is in it cannot be moved by others."""
    status = path.stat()
    if not hasattr(os, "geteuid"):
        return True
    sticky = bool(status.st_mode & stat.S_ISVTX)
    return status.st_uid in (0, os.geteuid()) and (sticky or not status.st_mode & stat.S_IWOTH)


def _sign(place: Path) -> None:
    marker = place / MARKER
    if not _is_ours(place):
        if any(not path.name.startswith(MARKER) for path in place.iterdir()):
            raise UnsafeError(f"{place} holds what seedbed has not made")
        partial = place / f"{MARKER}.{os.getpid()}"  # another process may be making the same marker
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(place.name)
        os.replace(partial, marker)
    os.utime(place)


def _is_ours(place: Path) -> bool:
    """Whether a folder carries the marker that seedbed wrote into it under its present name."""
    marker = place / MARKER
    try:
        check(place)
        plain = stat.S_ISREG(marker.lstat().st_mode)
        return plain and marker.stat().st_size < 100 and marker.read_text() == place.name
    except (OSError, UnicodeDecodeError, UnsafeError):
        return False


def _tidy(place: Path) -> None:
    """Remove all folders of compiled programs but those used last."""
    try:
        ours = [path for path in place.parent.iterdir() if _is_ours(path)]
        ours.sort(key=lambda path: path.lstat().st_mtime)
    except OSError:
        return
    for old in ours[:-KEPT]:
        if old != place:
            shutil.rmtree(old, ignore_errors=True)
