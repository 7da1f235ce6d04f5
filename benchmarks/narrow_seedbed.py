"""The net of the study dying_relu in the engine: nine hidden layers of two units, a data set for each network."""

from typing import Any

import seedbed as sb
from benchmarks.engine import timed


def measure(members: int, steps: int) -> dict[str, Any]:
    """Time the net on |x|, with Adam and minibatches of 64 of its own 3,000 points."""
    spec = sb.Spec(
        data=sb.data.curve("abs", fresh=True),
        model=sb.models.mlp([2] * 9, activation="relu"),
        initializer=sb.initializers.he_normal(),
        loss="l2",
        optimizer=sb.optimizers.adam(),
        batch_size=64,
        steps=steps,
        trace=max(steps // 4, 1),
    )
    return timed(spec, members)
