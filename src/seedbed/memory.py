"""How much memory this process may still take, and what would not fit, told before anything is started.

Without this, a process that is too large is killed by the system, or waits forever for memory. Where the system says
nothing (other systems than Linux), nothing is refused. Devices with a memory of their own: `engine.room`.
"""

from collections.abc import Iterator
from pathlib import Path

from seedbed.errors import UserError

try:
    import resource
except ImportError:  # Windows
    resource = None

PROC, GROUPS = Path("/proc"), Path("/sys/fs/cgroup")
UNLIMITED = 2**60  # bytes; what version 1 of control groups writes for "no limit" is larger


def available() -> int | None:
    """The bytes that this process may still take: the least of what machine, control groups and limits leave."""
    return min((left for left in (_of_machine(), *_of_groups(), _of_process()) if left is not None), default=None)


def check(needed: float, what: str, remedy: str, error: type[UserError], left: int | None = None) -> None:
    """Raise `error` where so many bytes are not there. `left`: those that are; by default `available`.

    >>> check(0, "nothing", "ask for less", UserError)
    """
    free = available() if left is None else left
    if free is not None and needed > free:
        raise error(f"{what} takes about {in_words(needed)} of memory, {in_words(free)} are free; {remedy}")


def in_words(size: float) -> str:
    """Bytes with three digits.

    >>> in_words(58_400_000_000), in_words(12_345), in_words(0)
    ('58.4 GB', '12.3 kB', '0 bytes')
    """
    for unit, name in ((1e18, "EB"), (1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:,.3g} {name}" if size < 1e21 else "far more"
    return f"{max(int(size), 0)} bytes"


def _of_machine() -> int | None:
    for line in _lines(PROC / "meminfo"):
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return 1024 * int(value.split()[0])
    return None


def _of_groups() -> Iterator[int]:
    """What each control group that the process is in leaves: version 2 of the interface, and version 1."""
    for line in _lines(PROC / "self" / "cgroup"):
        _, kinds, path = line.split(":", 2)
        named = [part for part in path.split("/") if part not in ("", "..")]
        root = GROUPS / "memory" if kinds else GROUPS
        names = ("memory.limit_in_bytes", "memory.usage_in_bytes") if kinds else ("memory.max", "memory.current")
        if kinds and "memory" not in kinds.split(","):
            continue
        for depth in range(len(named) + 1):
            left = _left(root.joinpath(*named[:depth]), *names)
            if left is not None:
                yield left


def _left(group: Path, limit: str, used: str) -> int | None:
    """What is left of a group's limit; pages of files that can be dropped count as left."""
    most, taken = (next(iter(_lines(group / name)), "") for name in (limit, used))
    if not most.isdigit() or not taken.isdigit() or int(most) >= UNLIMITED:
        return None
    kept = dict(line.split() for line in _lines(group / "memory.stat"))
    files = int(kept.get("total_inactive_file", kept.get("inactive_file", "0")))
    return max(int(most) - int(taken) + files, 0)


def _of_process() -> int | None:
    """What is left of the limit on addresses (ulimit -v)."""
    if resource is None or (most := resource.getrlimit(resource.RLIMIT_AS)[0]) == resource.RLIM_INFINITY:
        return None
    pages = next(iter(_lines(PROC / "self" / "statm")), "0").split()[0]
    return max(most - int(pages) * resource.getpagesize(), 0)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
