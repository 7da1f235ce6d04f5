"""The shape of a twin: a function together with its hand-derived pullback.

The *pullback* of y = f(z) turns the gradient of some loss with respect to y (called `upstream`) into the gradient with
respect to z. For a function that acts on every number alone it is `upstream * f'(z)`. Backpropagation is nothing else
than calling the pullbacks of a network in reverse order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

Array = Float[np.ndarray, "..."]


@dataclass(frozen=True)
class Twin:
    """A function `value(z, **options)` and its `pullback(z, upstream, **options)`.

    `learned` holds, for each option that is trained along with the weights, its own gradient
    `f(z, upstream) -> (..., 1)`. `drawn` holds, for each option that is drawn anew in training,
    `f(rng, shape, **options)`.
    """

    value: Callable[..., Array]
    pullback: Callable[..., Array]
    learned: Mapping[str, Callable[[Array, Array], Array]] = field(default_factory=dict)
    drawn: Mapping[str, Callable[..., Array]] = field(default_factory=dict)


def elementwise(value: Callable[..., Array], derivative: Callable[..., Array]) -> Twin:
    """The twin of a function that acts on every number alone: pullback = upstream * derivative(z)."""

    def pullback(z: Array, upstream: Array, **options: float | Array | None) -> Array:
        return upstream * derivative(z, **options)

    return Twin(value, pullback)
