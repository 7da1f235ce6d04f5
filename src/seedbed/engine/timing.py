"""What a step of a question costs in seconds: one network alone, and each network of a full pack.

Nothing that is timed leaves a result; who keeps the seconds is `procedures.timing`. Training itself is `ensemble`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np

from seedbed.datasets.dataset import Dataset
from seedbed.engine import devices, plan
from seedbed.engine.lanes import NEVER
from seedbed.engine.lowered import Lowered
from seedbed.engine.program import Program
from seedbed.engine.shapes import data_arrays_of
from seedbed.spec import Spec

WARM_STEPS = 8
SHORT_CALLS = 3  # the least of them is taken: what else a machine does only ever adds
LEAST_STEPS = 4
CAP = 2**30  # never reached


def seconds(
    spec: Spec, dataset_of: Callable[[np.ndarray], Dataset], *, repeats: int, least: float
) -> dict[str, np.ndarray]:
    """Seconds of a step and network, `repeats` times each, and what they were measured on.

    alone, wave              (repeat,) one lane on one device; all lanes of a pack on all devices, per network
    alone_steps, wave_steps  steps between the two ends of each measurement
    lanes                    networks of a pack

    Each is the difference of a call of 1 + k steps and the shortest of three of a single step, divided by k: what a
    call costs besides its steps (dispatch) cancels; it looks at nothing. k is what fills `least` seconds,
    at least 4; alone and wave take turns. Compiling and two calls before the first measurement are not in it. Every
    call begins at step 0 with the same networks; where one of them diverges on the way, which would end its training
    early, the seconds are NaN.
    """
    spec = spec.replace(stop=None)
    first = dataset_of(np.arange(1))
    untested = replace(first, test_inputs=None, test_targets=None, valid_inputs=None, valid_targets=None)
    lowered = Lowered.of(spec.replace(probes=()), untested)
    single = replace(lowered, sizes=plan.Sizes(1, 1, 1), mesh=devices.mesh(1)).compiled()
    whole = Lowered.of(spec, first).compiled()
    alone = _watch(single, spec, untested, least)
    pack = _watch(whole, spec, dataset_of(np.arange(whole.lanes)), least)
    found = np.array([(alone.per_step(), pack.per_step()) for _ in range(repeats)])
    return {"alone": found[:, 0], "wave": found[:, 1] / whole.lanes, "alone_steps": np.array(alone.steps),
            "wave_steps": np.array(pack.steps), "lanes": np.array(whole.lanes)}  # fmt: skip


@dataclass(frozen=True)
class Watch:
    """A program warmed up: seconds of a call of so many steps, of one step, and how many a measurement makes."""

    call: Callable[[int], float]
    short: float
    steps: int

    def per_step(self) -> float:
        """Seconds of a step of all lanes."""
        return (self.call(1 + self.steps) - self.short) / self.steps


def _watch(program: Program, spec: Spec, dataset: Dataset, least: float) -> Watch:
    seeds = np.arange(program.lanes, dtype=np.uint32)
    dials = {path: np.full(program.lanes, value, np.float32) for path, value in spec.dials().items()}
    placed = program.on_members(seeds), program.on_members(dials)
    data_arrays = data_arrays_of(dataset)
    data_arrays = program.on_members(data_arrays) if program.layout.own_data else program.everywhere(data_arrays)

    def call(steps: int) -> float:
        lanes, rng_keys = program.start(*placed)
        stops = np.array([0, *[steps] * plan.ROWS], np.int32)
        rows = program.everywhere(plan.Rows(stops, np.zeros(plan.ROWS, np.int32)))
        cap = program.everywhere(np.int32(CAP))
        jax.block_until_ready((lanes, rng_keys, rows, cap, data_arrays))
        began = time.perf_counter()
        done: Any = jax.block_until_ready(program.train(lanes, rng_keys, placed[1], data_arrays, rows, cap))
        took = time.perf_counter() - began
        return took if (np.asarray(done[0].stop_step) == NEVER).all() else float("nan")

    call(1)
    warm = call(WARM_STEPS) / WARM_STEPS
    steps = LEAST_STEPS if np.isnan(warm) else max(LEAST_STEPS, round(least / warm))
    return Watch(call, min(call(1) for _ in range(SHORT_CALLS)), steps)
