"""Claims that several processes on one machine can make on a name, so that two do not do the same work.

The lock is the kernel's (`flock` on a file under `locks/`): it is released when its process ends, however it ends,
so no stale lock can exist. A lock only saves work; nothing in the store depends on it for being right, because a
block is written whole and named by its content. Where `fcntl` is absent (Windows) every claim is granted: two
processes may then train the same block twice, and both results are kept whole. Locks do not reach across machines
unless their shared file system carries `flock`.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


@contextmanager
def hold(path: Path, shared: bool = False, wait: bool = True) -> Generator[bool, None, None]:
    """Hold the lock file `path`, alone or shared; yields False where another process has it and `wait` is False.

    Not re-entrant: a process that already holds a name waits for itself. Raises the OSError of the file system.
    """
    if fcntl is None:
        yield True
        return
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)  # a forked child may still hold this file open


def writing(root: Path) -> Path:
    """The lock that every writer of the store at `root` shares, and that sweeping takes alone."""
    return root / "locks" / ".writing"
