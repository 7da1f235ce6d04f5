"""The steps that a network is a chain of: dense and convolutional layers, activations, batch norm, dropout, pooling.

A step holds no numbers, only functions of its input x and of what it is `given`: its weights, and what its activation
draws. Here a function, its pullbacks and its initial draw are joined; their arithmetic is that of `layers`,
`convolution`, `pooling`, `activations` and `regularizers`. Steps made of steps stand in `composed`. x is
`([member,] example, *shape)`: all members and examples at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

import seedbed.reference.convolution as convolution
import seedbed.reference.layers as layers
import seedbed.reference.pooling as pooling
import seedbed.reference.regularizers as regularizers
from seedbed.reference.activations import ACTIVATIONS
from seedbed.reference.initializers import INITIALIZERS, Shape, fans
from seedbed.reference.options import numbers
from seedbed.reference.twin import Array
from seedbed.reference.windows import Border, Padding, border, pad_pullback
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
    start, `noise(rng, examples)` what it draws at each training step. What it starts with and has no pullback for is
    state: `carried(x, given)` is that state after a batch. `layers` are the kinds of its layers with a weight.
    """

    kind: str
    value: Callable[[Array, Given], Array]
    pullback: Pullback
    weights: Mapping[str, Pullback] = field(default_factory=dict)
    start: Callable[[Part | None, np.random.Generator], dict[str, Array]] = nothing_drawn
    noise: Callable[[np.random.Generator, int], dict[str, Array]] = nothing_drawn
    carried: Callable[[Array, Given], dict[str, Array]] = nothing_drawn
    layers: tuple[str, ...] = ()


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
        layers=("dense",),
    )


def conv2d_step(channels: int, out: int, kernel: int, stride: int, padding: Padding, bias: bool = True) -> Step:
    """A convolution with a square kernel; its weight is drawn as (a, b, in, out) and kept as (out, in, a, b)."""
    window = (kernel, kernel)
    names = ("weight", "bias") if bias else ("weight",)

    def start(initializer: Part | None, rng: np.random.Generator) -> dict[str, Array]:
        drawn = first_draw((*window, channels, out), initializer, rng)
        kept = {**drawn, "weight": np.moveaxis(drawn["weight"], (-1, -2), (0, 1))}
        return {name: kept[name] for name in names}

    def value(x: Array, given: Given) -> Array:
        biases = given["bias"] if bias else np.zeros(given["weight"].shape[:-3])
        return convolution.conv2d(x, given["weight"], biases, stride, padding)

    pullbacks: dict[str, Pullback] = {
        "weight": lambda x, _, upstream: convolution.conv2d_weight_pullback(x, upstream, window, stride, padding),
        "bias": lambda _x, _, upstream: convolution.conv2d_bias_pullback(upstream),
    }
    return Step(
        kind="conv2d",
        value=value,
        pullback=lambda x, given, upstream: convolution.conv2d_input_pullback(
            given["weight"], upstream, x.shape[-2:], stride, padding
        ),
        weights={name: pullbacks[name] for name in names},
        start=start,
        layers=("conv2d",),
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


def batch_norm_step(shape: tuple[int, ...], momentum: float = 0.1) -> Step:
    """Batch norm of rows (feature,) or, by channel, of images; its state are the running mean and variance.

    Where a training step has drawn its mark "batch", mean and variance are those of the batch, else the running ones.
    """
    units = shape[0]

    def rows(x: Array) -> Array:
        return units_last(x, shape)

    def back(y: Array, like: Array) -> Array:
        return units_back(y, shape, like)

    def value(x: Array, given: Given) -> Array:
        scale, shift = given["scale"], given["shift"]
        if "batch" in given:
            return back(regularizers.batch_norm(rows(x), scale, shift), x)
        average = given["running_mean"], given["running_variance"]
        return back(regularizers.batch_norm_evaluated(rows(x), scale, shift, average), x)

    def pullback(x: Array, given: Given, upstream: Array) -> Array:
        if "batch" in given:
            return back(regularizers.batch_norm_pullback(rows(x), given["scale"], rows(upstream)), x)
        slope = given["scale"] / np.sqrt(given["running_variance"] + regularizers.EPS)
        return back(rows(upstream) * slope[..., np.newaxis, :], x)

    def of_scale(x: Array, given: Given, upstream: Array) -> Array:
        unscaled = value(x, {**given, "scale": np.ones_like(given["scale"]), "shift": np.zeros_like(given["shift"])})
        return (rows(upstream) * rows(unscaled)).sum(axis=-2)

    def carried(x: Array, given: Given) -> dict[str, Array]:
        average = given["running_mean"], given["running_variance"]
        mean, variance = regularizers.running(average, rows(x), momentum) if "batch" in given else average
        return {"running_mean": mean, "running_variance": variance}

    return Step(
        kind="batch_norm",
        value=value,
        pullback=pullback,
        weights={
            "scale": of_scale,
            "shift": lambda _x, _, upstream: regularizers.batch_norm_shift_pullback(rows(upstream)),
        },
        start=lambda _, __: {
            "scale": np.ones(units), "shift": np.zeros(units),
            "running_mean": np.zeros(units), "running_variance": np.ones(units),
        },
        noise=lambda _, __: {"batch": np.ones(1)},
        carried=carried,
    )  # fmt: skip


def units_last(x: Array, shape: tuple[int, ...]) -> Array:
    """Examples of this shape as `(..., example, unit)`: the places of an image stand among the examples."""
    if len(shape) == 1:
        return x
    last = np.moveaxis(x, -len(shape), -1)
    return last.reshape(*x.shape[: -len(shape) - 1], -1, shape[0])


def units_back(y: Array, shape: tuple[int, ...], like: Array) -> Array:
    """The reverse of `units_last`, for as many examples as `like` has."""
    if len(shape) == 1:
        return y
    image = y.reshape(*y.shape[:-2], like.shape[-len(shape) - 1], *shape[1:], shape[0])
    return np.moveaxis(image, -1, -len(shape))


def dropout_step(shape: tuple[int, ...], rate: float) -> Step:
    """Dropout of examples of this shape: what is "kept" is drawn at each training step, in evaluation x passes."""
    return Step(
        kind="dropout",
        value=lambda x, given: regularizers.dropout(x, given["kept"], rate) if "kept" in given else x,
        pullback=lambda _, given, upstream: (
            regularizers.dropout_pullback(given["kept"], upstream, rate) if "kept" in given else upstream
        ),
        noise=lambda rng, examples: {"kept": 1.0 * (rng.random((examples, *shape)) >= rate)},
    )


def pool_step(kind: str, window: int = 2, stride: int = 2, padding: Padding = "valid") -> Step:
    """Pooling by "max" or "average"; a border is minus infinity, so that it never is a maximum."""
    pool, pullback = POOLS[kind]

    def bordered(x: Array) -> tuple[Array, Border]:
        size: tuple[int, int] = x.shape[-2:]
        borders = border(size, (window, window), stride, padding)
        return np.pad(x, [(0, 0)] * (x.ndim - 2) + [*borders], constant_values=-np.inf), borders

    def back(x: Array, upstream: Array) -> Array:
        whole, borders = bordered(x)
        return pad_pullback(pullback(whole, upstream, window, stride), borders)

    return Step(
        kind=f"{kind}_pool",
        value=lambda x, _: pool(bordered(x)[0], window, stride),
        pullback=lambda x, _, upstream: back(x, upstream),
    )


def global_average_step() -> Step:
    """The mean of every channel: y_c = mean over i, j of x_cij; each place gets the same share of upstream."""
    return Step(
        kind="global_average_pool",
        value=lambda x, _: x.mean(axis=(-2, -1)),
        pullback=lambda x, _, upstream: (
            upstream[..., np.newaxis, np.newaxis] * np.full(x.shape[-2:], 1 / (x.shape[-2] * x.shape[-1]))
        ),
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
