"""The problems that cases share, 64 binary images for a 16-4-1 net or a convolutional one, and how a case is timed."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.datasets.load import load

RATE = 0.1
SHAPES = {"w1": (4, 16), "b1": (4,), "w2": (1, 4), "b2": (1,)}


class AbsentError(Exception):
    """A case cannot run here; the message says what is missing."""


def images() -> tuple[np.ndarray, np.ndarray]:
    """Inputs (64, 16) and labels (64, 1)."""
    data = load(sb.data.random_images(64, (4, 4)))
    return data.inputs.reshape(64, 16).astype(np.float32), data.targets.reshape(64, 1).astype(np.float32)


def lines(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of lines (64, 1, size, size) and labels (64, 1)."""
    data = load(sb.data.lines(64, size))
    return data.inputs[:, None].astype(np.float32), data.targets.reshape(64, 1).astype(np.float32)


def weights(members: int) -> dict[str, np.ndarray]:
    """Initial weights, the member axis first."""
    rng = np.random.default_rng(0)
    return {name: rng.normal(0, 0.1, (members, *shape)).astype(np.float32) for name, shape in SHAPES.items()}


def microseconds(advance: Callable[[], Any], network_steps: int, repeats: int = 5) -> dict[str, float]:
    """Median time of `advance()` per network and step, after one call to warm up."""
    advance()
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        advance()
        seconds.append(time.perf_counter() - began)
    return {"us": float(np.median(seconds)) / network_steps * 1e6}


def torch() -> Any:
    """PyTorch, which is an extra."""
    try:
        import torch as found
    except ImportError as error:
        raise AbsentError("PyTorch is not installed: pip install 'seedbed[bench]'") from error
    return found


def on_best_threads(th: Any, advance: Callable[[], Any], network_steps: int) -> dict[str, float]:
    """PyTorch at its best: its own choice of threads, or one, which a small net or a busy machine may prefer."""
    found = []
    for threads in (th.get_num_threads(), 1):
        th.set_num_threads(threads)
        found.append({**microseconds(advance, network_steps, repeats=3), "threads": threads})
    return min(found, key=lambda one: one["us"])
