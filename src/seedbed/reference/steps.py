"""The steps that a network is a chain of: dense and convolutional layers, activations, pooling, flattening.

A step holds no numbers, only functions of its input x and of what it is `given`: its weights, and what its activation
draws. Here a function, its pullbacks and its initial draw are joined; their arithmetic is that of `layers`,
`convolution`, `pooling` and `activations`. x is `([member,] example, *shape)`: all members and examples at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from seedbed.errors import PartError
from seedbed.reference import convolution, layers, pooling
from seedbed.reference.activations import ACTIVATIONS
from seedbed.reference.initializers import INITIALIZERS, Shape, fans
from seedbed.reference.options import numbers
from seedbed.reference.twin import Array
from seedbed.reference.windows import Padding
from seedbed.vocabulary import Part

Given = Mapping[str, Array]
Pullback = Callable[[Array, Given, Array], Array]


def nothing_drawn(*_: object) -> dict[str, Array]:
    """What a step starts with that has no weights, and draws in training that has no chance in it."""
    return {}


@dataclass(frozen=True)
class Step:
    """One step of a chain: `value(x, given)`, and `pullback(x, given, upstream)`, the gradient of x.

    `weights` has the pullback of each weight, by name. `start(initializer, rng)` gives one member's weights at the
    start, `noise(rng, examples)` what it draws at each training step.
    """

    kind: str
    value: Callable[[Array, Given], Array]
    pullback: Pullback
    weights: Mapping[str, Pullback] = field(default_factory=dict)
    start: Callable[[Part | None, np.random.Generator], dict[str, Array]] = nothing_drawn
    noise: Callable[[np.random.Generator, int], dict[str, Array]] = nothing_drawn


def dense_step(features: int, units: int, bias: bool = True) -> Step:
    """z = x w + b, or x w."""
    pullbacks: dict[str, Pullback] = {
        "weight": lambda x, _, upstream: layers.dense_weight_pullback(x, upstream),
        "bias": lambda _x, _, upstream: layers.dense_bias_pullback(upstream),
    }
    names = ("weight", "bias") if bias else ("weight",)

    def start(initializer: Part | None, rng: np.random.Generator) -> dict[str, Array]:
        drawn = first_draw((features, units), initializer, rng)
        return {name: drawn[name] for name in names}

    return Step(
        kind="dense",
        value=lambda x, given: layers.dense(x, given["weight"], given.get("bias")),
        pullback=lambda _, given, upstream: layers.dense_input_pullback(given["weight"], upstream),
        weights={name: pullbacks[name] for name in names},
        start=start,
    )


def conv2d_step(channels: int, out: int, kernel: int, stride: int, padding: Padding) -> Step:
    """A convolution with a square kernel; its weight is drawn as (a, b, in, out) and kept as (out, in, a, b)."""
    window = (kernel, kernel)

    def start(initializer: Part | None, rng: np.random.Generator) -> dict[str, Array]:
        drawn = first_draw((*window, channels, out), initializer, rng)
        return {**drawn, "weight": np.moveaxis(drawn["weight"], (-1, -2), (0, 1))}

    return Step(
        kind="conv2d",
        value=lambda x, given: convolution.conv2d(x, given["weight"], given["bias"], stride, padding),
        pullback=lambda x, given, upstream: convolution.conv2d_input_pullback(
            given["weight"], upstream, x.shape[-2:], stride, padding
        ),
        weights={
            "weight": lambda x, _, upstream: convolution.conv2d_weight_pullback(x, upstream, window, stride, padding),
            "bias": lambda _x, _, upstream: convolution.conv2d_bias_pullback(upstream),
        },
        start=start,
    )


def first_draw(shape: Shape, initializer: Part | None, rng: np.random.Generator) -> dict[str, Array]:
    """A weight of shape (*space, in, out) and the bias of its layer, in this order.

    Without an initializer both are U(-1/sqrt(fan_in), 1/sqrt(fan_in)).
    """
    if initializer is None:
        bound = 1 / np.sqrt(fans(shape)[0])
        return {"weight": rng.uniform(-bound, bound, shape), "bias": rng.uniform(-bound, bound, shape[-1])}
    dials = numbers(initializer)
    bias = np.full(shape[-1], dials.pop("bias", 0.0))
    dials.pop("draw", None)  # whose generator this is was settled where it was made
    drawn = INITIALIZERS[initializer.name](rng, shape, **dials)
    weight, bias = drawn if isinstance(drawn, tuple) else (drawn, bias)
    return {"weight": weight, "bias": bias}


def activation_step(shape: tuple[int, ...], name: str, options: Mapping[str, float]) -> Step:
    """An activation of examples of this shape, one slope for all where it learns one.

    It sees an image as a row of units (channel, height, width). So `crelu`, which joins two rows, joins the images
    along the channels.
    """
    twin = ACTIVATIONS[name]

    def rows(x: Array) -> Array:
        return layers.flatten(x, len(shape))

    def with_options(given: Given) -> dict[str, float | Array]:
        learned = {option: given[option][..., np.newaxis] for option in twin.learned}  # the same for every example
        return {**options, **given, **learned}

    def value(x: Array, given: Given) -> Array:
        out = twin.value(rows(x), **with_options(given))
        return layers.flatten_pullback(out, (-1, *shape[1:]))

    def pullback(x: Array, given: Given, upstream: Array) -> Array:
        gradient = twin.pullback(rows(x), rows(upstream), **with_options(given))
        return layers.flatten_pullback(gradient, shape)

    def of_option(gradient: Callable[[Array, Array], Array]) -> Pullback:
        return lambda x, _, upstream: gradient(rows(x), rows(upstream))

    def noise(rng: np.random.Generator, examples: int) -> dict[str, Array]:
        units = (examples, int(np.prod(shape)))
        return {option: draw(rng, units, **options) for option, draw in twin.drawn.items()}

    return Step(
        kind="activation",
        value=value,
        pullback=pullback,
        weights={option: of_option(gradient) for option, gradient in twin.learned.items()},
        start=lambda _, __: {option: np.full(1, options[option]) for option in twin.learned},
        noise=noise,
    )


def pool_step(kind: str, window: int = 2, stride: int = 2) -> Step:
    """Pooling by "max" or "average"."""
    if kind not in POOLS:
        raise PartError(f'pooling is by {" or ".join(POOLS)}, got "{kind}"; write pool="max"')
    pool, pullback = POOLS[kind]
    return Step(
        kind=f"{kind}_pool",
        value=lambda x, _: pool(x, window, stride),
        pullback=lambda x, _, upstream: pullback(x, upstream, window, stride),
    )


def flatten_step(shape: tuple[int, ...]) -> Step:
    """Examples of this shape as rows of features."""
    return Step(
        kind="flatten",
        value=lambda x, _: layers.flatten(x, len(shape)),
        pullback=lambda _x, _, upstream: layers.flatten_pullback(upstream, shape),
    )


POOLS = {
    "max": (pooling.max_pool, pooling.max_pool_pullback),
    "average": (pooling.average_pool, pooling.average_pool_pullback),
}
