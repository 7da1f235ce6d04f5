"""Many members in portions, on all cores: NumPy lets go of Python's lock while it computes."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from seedbed.reference.twin import Array

Result = TypeVar("Result")


def in_portions(work: Callable[[Array], Result], rows: Array, size: int) -> list[Result]:
    """`work` of every `size` rows (at least one), in their order; no result depends on the number of cores.

    >>> import numpy as np
    >>> in_portions(lambda rows: rows.sum(), np.arange(5), 2)
    [1, 5, 4]
    """
    parts = [rows[first : first + max(size, 1)] for first in range(0, len(rows), max(size, 1))]
    if len(parts) < 2:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(min(os.cpu_count() or 1, len(parts))) as pool:
        return list(pool.map(work, parts))
