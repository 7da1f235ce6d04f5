"""Many members in portions, on all cores: NumPy lets go of Python's lock while it computes."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

Result = TypeVar("Result")


def in_portions(work: Callable[[np.ndarray], Result], rows: np.ndarray, size: int) -> list[Result]:
    """`work` of every `size` rows (at least one), in their order; no result depends on the number of cores.

    >>> in_portions(lambda rows: rows.tolist(), np.arange(5), 2)
    [[0, 1], [2, 3], [4]]
    """
    parts = [rows[first : first + max(size, 1)] for first in range(0, len(rows), max(size, 1))]
    if len(parts) < 2:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(min(os.cpu_count() or 1, len(parts))) as pool:
        return list(pool.map(work, parts))
