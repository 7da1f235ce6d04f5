"""One member at one step: the model, what it says of the batch, and the gradient of its loss."""

from dataclasses import dataclass
from typing import Any

from jaxtyping import Array


@dataclass(frozen=True)
class Moment:
    """A moment of training of one member.

    `scores` are raw outputs `(unit, example)` on the current batch, `predictions` the same behind the output
    activation; `gradient` has the shape of the trained arrays of `model`, with None elsewhere.
    """

    model: Any
    gradient: Any
    scores: Array
    loss: Array
    predictions: Array
