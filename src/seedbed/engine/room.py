"""Whether the members that train at once have room, before anything is drawn: one sentence instead of a hang.

An estimate from below, by shapes alone: weights and what the optimizer keeps of every lane, and of the lanes of one
product their gradient and the largest result of a step. What XLA needs besides, and the traces, come on top; `plan`
keeps those small.
"""

from collections.abc import Sequence
from typing import Any

import jax
from jax.sharding import Mesh

from seedbed import memory
from seedbed.engine.plan import Sizes
from seedbed.errors import PartError
from seedbed.spec import Spec


def check(spec: Spec, mesh: Mesh, sizes: Sizes, lane: Any, step: Any) -> None:
    """Raise PartError where the lanes of all devices do not fit into memory. `step` is the jaxpr of one member's."""
    state, weights = _bytes(lane), _bytes(lane.network)
    largest = max((_bytes(out.aval) for equation in step.eqns for out in equation.outvars), default=0)
    needed = mesh.size * (sizes.width * state + sizes.at_once * (weights + largest))
    lanes = mesh.size * sizes.width
    told = f"the model {spec.model.label()} has {weights // 4:,} numbers, and training {lanes} such networks at once"
    remedy = "give it fewer or smaller layers" + (", or take a smaller batch" if largest > weights else "")
    memory.check(needed, told, remedy, PartError, free(list(mesh.devices.flat)))


def free(devices: Sequence[Any]) -> int | None:
    """What is free on devices with a memory of their own; None on a processor."""
    stats = [device.memory_stats() for device in devices]
    if not all(one and "bytes_limit" in one for one in stats):
        return None
    return sum(one["bytes_limit"] - one.get("bytes_in_use", 0) for one in stats)


def _bytes(tree: Any) -> int:
    total = 0
    for leaf in jax.tree.leaves(tree):
        size = getattr(leaf.dtype, "itemsize", 4)
        for length in leaf.shape:
            size *= length
        total += size
    return total
