"""Timing: seconds of a training step of each setting of a question, for one network alone and for many side by side.

Nothing is trained to an end; the seconds are kept like any other record, under seed 0, and belong to the machine they
were measured on: on another one they are measured again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.errors import SpecError
from seedbed.procedures import engines
from seedbed.procedures.machine import processor
from seedbed.procedures.measure import measure
from seedbed.progress import Listener, silent
from seedbed.record import Block
from seedbed.spec import Spec
from seedbed.store import Store

if TYPE_CHECKING:
    import xarray as xr


def timed(
    question: Spec, *, repeats: int = 5, least: float = 0.3, store: Store | None = None, name: str = "times",
    engine: str = "jax", listen: Listener = silent,
) -> xr.Dataset:  # fmt: skip
    """Seconds of a step and network `(..., seed, repeat)`, each setting measured `repeats` times.

    alone        one network, trained by itself on one device
    wave         a network among the `lanes` that the engine trains side by side on all devices: seconds of a step of
                 all of them, divided by their number
    alone_steps, wave_steps  training steps behind each measurement, as many as fill `least` seconds

    Compiling, warming up and evaluating the test set are not in it. Settings that differ in dials only take the same
    time and are measured once. NaN where a network diverged while it was timed.
    Raises: SpecError for less than one repeat, or no time at all.
    """
    if repeats < 1 or not least > 0:
        raise SpecError(f"times need at least one repeat of more than 0 seconds, got {repeats} of {least:g}")
    seconds, where = engines.module(engine, "timing").seconds, processor()

    def compute(spec: Spec, dataset_of: Callable[..., Any], seeds: np.ndarray) -> Block:
        found = seconds(spec, dataset_of, repeats=repeats, least=least)
        arrays = {key: np.asarray(values)[None] for key, values in found.items()}
        dims = {key: ("repeat",)[: values.ndim - 1] for key, values in arrays.items()}
        return Block(seeds, arrays, dims, {"repeat": list(range(repeats))})

    return measure("seconds", {"repeats": repeats, "least": least, "machine": where}, question, compute, store=store,
                   name=name, engine=engine, per_setting=False, listen=listen,
                   notes={"device": where, "aside": True})  # fmt: skip
