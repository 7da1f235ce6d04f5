"""The engine as a study uses it, with hits, divergence, freezing, traces and probes. Nobody finishes while timed."""

import time
from typing import Any

import numpy as np

from seedbed.datasets.load import load
from seedbed.engine import devices, plan
from seedbed.spec import Spec, falls_to, trace_steps

CHUNK = 2_000
OUT_OF_REACH = falls_to("train_loss", -1.0)


def timed(spec: Spec, members: int) -> dict[str, Any]:
    """Time all chunks of a run, from the first step to the cap, after a run to warm up."""
    devices.prepare()
    from seedbed.engine.compiler import Compiler

    own = bool(dict(spec.data.options).get("fresh", False))
    program = Compiler().request(spec, load(spec.data, np.arange(1) if own else None), {}).program()
    dataset = load(spec.data, np.arange(program.lanes) if own else None)
    _train(program, spec, dataset, members)
    seconds = [_train(program, spec, dataset, members) for _ in range(2)]
    found = {"us": float(np.median(seconds)) / spec.steps / members * 1e6}
    return {**found, "lanes": program.lanes, "at_once": program.sizes.at_once}


def _train(program: Any, spec: Spec, dataset: Any, members: int) -> float:
    """Seconds in which so many members train to the cap."""
    import jax

    from seedbed.engine.shapes import data_arrays_of

    packs = -(-members // program.lanes)
    seeds = program.on_members(np.arange(program.lanes, dtype=np.uint32))
    dials = program.on_members(
        {path: np.full(program.lanes, value, np.float32) for path, value in spec.dials().items()}
    )
    data, grid = data_arrays_of(dataset), trace_steps(spec.steps, spec.trace)
    data = program.on_members(data) if program.layout.own_data else program.everywhere(data)
    cap = program.everywhere(np.int32(spec.steps + 1))  # so that the last step is an update like all others
    spent = 0.0
    for _ in range(packs):
        lanes, rng_keys = jax.block_until_ready(program.start(seeds, dials))
        at, began = 0, time.perf_counter()
        while at < spec.steps:
            rows, _ = plan.chunk_rows(grid, grid, at, CHUNK, spec.steps - 1)
            lanes, shown = program.train(lanes, rng_keys, dials, data, program.everywhere(rows), cap)
            jax.block_until_ready(shown)
            at = int(rows.stops[-1])
        spent += time.perf_counter() - began
        if (np.asarray(lanes.stop_step) >= 0).any():
            raise ArithmeticError("a member finished while it was timed: its remaining steps would be counted too")
    return spent
