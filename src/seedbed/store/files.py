"""Files that are whole or absent: written under a temporary name, forced to the disk, then renamed.

Says in one sentence what a file system refused. Knows nothing of blocks or questions.
"""

import errno
import hashlib
import json
import os
import re
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.errors import StoreError
from seedbed.store.locks import hold, writing

PARTIAL = ".partial"
LARGEST_JSON, LARGEST_FILE = 2**28, 2**34  # bytes; what seedbed writes is far smaller
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
REFUSED = {
    errno.ENOSPC: "the disk is full; free some space and run again, everything finished is kept",
    errno.EDQUOT: "the disk quota is used up; free some space and run again, everything finished is kept",
    errno.EFBIG: "the file would exceed the size this system allows; raise the limit (ulimit -f) and run again",
    errno.EROFS: "this file system is read-only; choose another folder",
    errno.EACCES: "permission denied; change the folder's permissions or choose another folder",
    errno.EPERM: "permission denied; change the folder's permissions or choose another folder",
    errno.ENOTDIR: "a file stands where a folder belongs; choose another folder",
    errno.EEXIST: "a file stands where a folder belongs; choose another folder",
    errno.ENOTEMPTY: "it is a folder that holds something; look into it, and move it elsewhere",
    errno.ENOENT: "it does not exist; check the path",
    errno.ENAMETOOLONG: "the name is too long for this file system; choose a shorter one",
    errno.ELOOP: "its links lead around in a circle; choose another folder",
}


class RefusedError(StoreError):
    """What the file system refused."""


class UnreadableError(Exception):
    """Why a file of a store cannot be read, as a clause: it is a folder, too large, no JSON."""


@contextmanager
def explained(action: str, path: Path) -> Generator[None, None, None]:
    """Turn an error of the file system into one sentence of a StoreError: `cannot ACTION PATH: reason; remedy`."""
    try:
        yield
    except OSError as error:
        other = f"{error.strerror or error}; put that right and run again"
        raise RefusedError(f"cannot {action} {readable(path)}: {REFUSED.get(error.errno or 0, other)}") from error


@contextmanager
def claimed(path: Path, wait: bool) -> Generator[bool, None, None]:
    """Hold a lock file alone; True when it is ours, False where another process has it and `wait` is False."""
    lock = hold(path, wait=wait)
    with explained("lock", path):  # only while taking the lock: an OSError of the work inside is not ours to tell
        ours = lock.__enter__()
    try:
        yield ours
    finally:
        lock.__exit__(None, None, None)


def read_bytes(path: Path, most: int = LARGEST_FILE, expected: str = "") -> bytes:
    """The content of a plain file of at most `most` bytes; never waits for a pipe, a device or a socket.

    With `expected`, its SHA-256 is compared before the content fills the memory.

    Raises: UnreadableError.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe without a writer opens at once
        with open(handle, "rb") as file:
            _check_plain(os.fstat(handle), most)
            if expected and hashlib.file_digest(file, "sha256").hexdigest() != expected:
                raise UnreadableError("its content has another hash than its name (truncated or altered)")
            file.seek(0)
            return file.read()
    except OSError as error:
        raise UnreadableError(_kind(path) or f"it cannot be read ({error.strerror or error})") from error
    except MemoryError:
        raise UnreadableError("it is larger than the memory") from None


def read_json(path: Path) -> Any:
    """The JSON value in a plain file. Raises UnreadableError for a file that is none."""
    data = read_bytes(path, LARGEST_JSON)
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise UnreadableError("it is not JSON") from None


def readable(path: Any) -> str:
    """A path on one line, whatever bytes are in its name."""
    text = str(path).encode("utf-8", "backslashreplace").decode()
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def _check_plain(status: os.stat_result, most: int) -> None:
    if (kind := _named_kind(status.st_mode)) is not None:
        raise UnreadableError(kind)
    if status.st_size > most:
        raise UnreadableError(f"it has {status.st_size:,} bytes, where at most {most:,} are read")


def _kind(path: Path) -> str | None:
    """What stands at a path if it is no plain file; None for a plain file, or where nothing can be learned."""
    try:
        return _named_kind(path.stat().st_mode)
    except OSError:
        return None


def _named_kind(mode: int) -> str | None:
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    if stat.S_ISREG(mode):
        return None
    return f"it is {next((name for test, name in kinds if test(mode)), 'a device')}, not a file"


def write_whole(root: Path, path: Path, data: bytes) -> None:
    """Write a file of the store at `root` so that it appears complete, and on the disk, or not at all."""
    with explained("write", path):
        make_folder(path.parent)
        with hold(writing(root), shared=True):
            replace(path, data)


def replace(path: Path, data: bytes) -> None:
    """Put a file in place in one step; raises the OSError of the file system."""
    partial = path.with_name(f".{path.name[:40]}.{os.getpid()}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        with partial.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
        sync_folder(path.parent)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, and force their entries to the disk; raises the OSError of the file system."""
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Force the entries of a folder to the disk, where the system lets a folder be opened (Windows does not)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path: Path) -> None:
    """Delete a file or an empty folder; one that is gone already is no error."""
    with explained("remove", path):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)


def names_in(folder: Path) -> list[str]:
    """The visible names in a folder, sorted; none where the folder does not exist."""
    with explained("read", folder):
        if not folder.is_dir():
            return []
        return sorted(entry.name for entry in os.scandir(folder) if not entry.name.startswith("."))


def json_bytes(value: Any, what: str) -> bytes:
    """JSON with sorted keys; NumPy numbers and arrays become plain ones. Raises StoreError for anything else."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(
            f"the {what} cannot be written as JSON: {error}; give plain text, finite numbers, lists"
        ) from None


def sha256(data: bytes) -> str:
    """The SHA-256 of some bytes, in 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def checked_name(name: Any, what: str) -> str:
    """A name that is safe as a file name on every system, or a StoreError."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise StoreError(
            f'"{readable(name)[:200]}" cannot name a {what}: letters, digits and _ - . only, at most 100; choose '
            "another name"
        )
    return name


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not plain data")
