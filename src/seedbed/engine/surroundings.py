"""What compiled programs depend on besides the question, and where they are kept for other processes of this user.

Each state of the sources and libraries has a folder of its own, in which jax keeps what it compiled and seedbed the
programs of recipes (`program_cache`). A new one takes the place of old ones.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

import platformdirs

import seedbed

TRACED = ("engine", "parts", "probing", "datasets", "vocabulary")  # what tracing goes through, with the modules beside
LIBRARIES = ("jax", "jaxlib", "equinox", "optax", "numpy")
KEPT = 4  # states of the sources


def folder() -> Path:
    """The folder of these sources and libraries."""
    return _root() / state()[:16]


def tidy() -> None:
    """Make the folder, or note that it is in use; remove all but those used last."""
    try:
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        os.utime(folder())
        by_use = sorted((path for path in _root().iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    except OSError:  # what cannot be kept is compiled again
        return
    for old in by_use[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


@cache
def state() -> str:
    """Digest of the sources that tracing goes through, of the libraries and of Python."""
    found = hashlib.sha256(sys.version.encode())
    for name in LIBRARIES:
        found.update(f"{name} {version(name)}".encode())
    for path in _sources():
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def _root() -> Path:
    return Path(os.environ.get("SEEDBED_CACHE", platformdirs.user_cache_dir("seedbed"))) / "compiled"


def _sources() -> Iterator[Path]:
    package = Path(seedbed.__file__).parent
    yield from sorted(package.glob("*.py"))
    for name in TRACED:
        yield from sorted((package / name).rglob("*.py"))


__all__ = ["folder", "state", "tidy"]
