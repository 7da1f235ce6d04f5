"""Two convolutions and a dense layer in the engine: the net of the study lines, and a smaller one."""

from typing import Any

import seedbed as sb
from benchmarks.engine import OUT_OF_REACH, timed


def measure(kernel: int, size: int, members: int, steps: int) -> dict[str, Any]:
    """Time the net with 16 and 8 kernels, without padding, on 64 images of lines."""
    spec = sb.Spec(
        data=sb.data.lines(64, size),
        model=sb.models.cnn([16, 8], kernel),
        initializer=sb.initializers.truncated_normal(0.1, bias=0.1),
        loss="cross_entropy",
        optimizer=sb.optimizers.sgd(0.1),
        stop=OUT_OF_REACH,
        steps=steps,
        trace=max(steps // 4, 1),
    )
    return timed(spec, members)
