"""One member at one step: the model, what it says of the batch, and the gradient of its loss."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jaxtyping import Array


class Signals(NamedTuple):
    """What passes each hidden layer on a batch: a = f(z) forward, dL/dz backward, and z, the inputs.

    All `(unit, ..., example)`.
    """

    forward: tuple[Array, ...]
    backward: tuple[Array, ...]
    inputs: tuple[Array, ...]


@dataclass(frozen=True)
class ProbeContext:
    """What a probe is given: one member at one step of its training.

    `scores` are raw outputs `(unit, example)` on the current batch, `predictions` the same behind the output
    activation; `gradient` and `update` have the shape of the trained arrays of `model`, with None elsewhere.
    `signals` goes through the batch once more; a model that is no chain of layers has none (PartError). `state` is what
    layers carry (running averages), `estimated` that state as one pass over this batch alone would give it, with
    nothing drawn; `judged` are the hidden activations on the batch as the network is judged. `variance(parts)`
    goes through the batch in equal parts once more, and gives the variance of the gradient of one of them, summed over
    all weights. `examples` is how many examples the gradient of the step is of.
    """

    model: Any
    gradient: Any
    update: Any
    scores: Array
    loss: Array
    predictions: Array
    signals: Callable[[], Signals]
    state: Any = None
    estimated: Callable[[], Any] = lambda: None
    judged: Callable[[], tuple[Array, ...]] = tuple
    variance: Callable[[int], Array] = field(kw_only=True)
    examples: Array | int = field(kw_only=True)
