"""What a step of a question costs in seconds in NumPy: one network alone, and each of several side by side."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from seedbed.reference.train import train
from seedbed.spec import Spec

LANES = 4  # members that share every array
CALLS = 3  # the least of them is taken: what else a machine does only ever adds
LEAST_STEPS, GROWTH, MOST_STEPS = 2, 4, 100_000


def seconds(spec: Spec, dataset_of: Callable[[np.ndarray], Any], *, repeats: int, least: float) -> dict[str, Any]:
    """Seconds of a step and network, `repeats` times each, and what they were measured on.

    alone, wave              (repeat,) one member; `lanes` members side by side, per member
    alone_steps, wave_steps  steps between the two ends of each measurement
    lanes                    members side by side

    Each is the difference of a training of 1 + k steps and the shortest of three of a single step, divided by k, with k
    so large that its steps take `least` seconds more than that, and a busy machine hardly turns the sign. NaN where a
    member diverged on the way.
    """
    alone, alone_steps = _measure(spec, dataset_of, np.arange(1), repeats, least)
    wave, wave_steps = _measure(spec, dataset_of, np.arange(LANES), repeats, least)
    return {"alone": alone, "wave": wave / LANES, "alone_steps": np.int64(alone_steps),
            "wave_steps": np.int64(wave_steps), "lanes": np.int64(LANES)}  # fmt: skip


def _measure(
    spec: Spec, dataset_of: Callable[[np.ndarray], Any], seeds: np.ndarray, repeats: int, least: float
) -> tuple[np.ndarray, int]:
    data = dataset_of(seeds)

    def call(steps: int) -> float:
        began = time.perf_counter()
        block = train(spec.replace(steps=steps, trace=steps, stop=None), data, seeds)
        took = time.perf_counter() - began
        return took if np.isnan(block.arrays["diverged_step"]).all() else float("nan")

    call(1)
    short, steps = min(call(1) for _ in range(CALLS)), LEAST_STEPS
    while steps < MOST_STEPS and min(call(1 + steps) for _ in range(CALLS)) < 2 * short + least:
        steps *= GROWTH
    return np.array([(call(1 + steps) - short) / steps for _ in range(repeats)]), steps
