"""Models once more, in plain NumPy: which steps `neuron`, `mlp` and `cnn` are made of, given data and heads.

What the steps compute stands in `seedbed.reference.steps`, how a chain of them runs in `seedbed.reference.network`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from seedbed.errors import PartError
from seedbed.reference.network import Network
from seedbed.reference.options import numbers
from seedbed.reference.steps import Step, activation_step, conv2d_step, dense_step, flatten_step, pool_step
from seedbed.reference.windows import Padding, places
from seedbed.resolve import image
from seedbed.vocabulary import Part

Options = Mapping[str, float]


def neuron(features: int, units: Sequence[int], bias: bool = True) -> Network:
    """A single linear layer for each head, of the given widths: z = w . x + b, or w . x where there is no bias."""
    return Network((features,), (), features, tuple(units), bias)


def mlp(
    features: int,
    units: Sequence[int],
    hidden: Sequence[int],
    activation: str = "relu",
    options: Options | None = None,
) -> Network:
    """Hidden layers of the given widths, an activation after each, then a linear layer for each head.

    >>> mlp(16, [1, 3], [4]).layers
    ('1 dense', '2 dense', '3 dense')
    """
    steps, last = hidden_steps(features, hidden, activation, options or {})
    return Network((features,), tuple(steps), last, tuple(units))


def cnn(
    shape: tuple[int, int, int],
    units: Sequence[int],
    channels: Sequence[int] = (16, 8),
    kernel: Sequence[int] = (7, 7),
    stride: Sequence[int] = (1, 1),
    padding: Padding = "valid",
    pool: str = "none",
    hidden: Sequence[int] = (),
    activation: str = "relu",
    options: Options | None = None,
) -> Network:
    """Images (channel, height, width) through convolutions, then as a row of features through dense layers.

    After each convolution: the activation, then pooling 2 x 2 where the image is at least 2 high and wide.

    >>> cnn((1, 16, 16), [1, 1]).layers
    ('1 conv2d', '2 conv2d', '3 dense', '4 dense')
    """
    steps: list[Step] = []
    now = shape
    for out, side, pace in zip(channels, kernel, stride, strict=True):
        size = places(now[1:], (side, side), pace, padding)
        steps += [
            conv2d_step(now[0], out, side, pace, padding),
            activation_step((out, *size), activation, options or {}),
        ]
        if pool != "none" and min(size) >= 2:
            steps.append(pool_step(pool))
            size = (size[0] // 2, size[1] // 2)
        now = (seen(out, activation), *size)
    dense, last = hidden_steps(math.prod(now), hidden, activation, options or {})
    return Network(shape, (*steps, flatten_step(now), *dense), last, tuple(units))


def hidden_steps(features: int, hidden: Sequence[int], activation: str, options: Options) -> tuple[list[Step], int]:
    """Dense layers of the given widths, an activation after each; and how many features come out."""
    steps: list[Step] = []
    for width in hidden:
        steps += [dense_step(features, width), activation_step((width,), activation, options)]
        features = seen(width, activation)
    return steps, features


def seen(width: int, activation: str) -> int:
    """How many units or channels the next layer sees: `crelu` doubles them."""
    return 2 * width if activation == "crelu" else width


def network_for(model: Part, shape: tuple[int, ...], units: Sequence[int]) -> Network:
    """The network that a part of kind "model" describes, for inputs of this shape and heads of these widths."""
    if model.name not in MODELS:
        raise PartError(
            f'the reference engine knows {", ".join(MODELS)}, got the model "{model.name}"; use --engine jax'
        )
    options = numbers(model)
    if refused := sorted({"norm", "dropout"} & options.keys()):
        raise PartError(f"the reference engine trains without {' and '.join(refused)}; use --engine jax")
    if isinstance(activation := options.get("activation"), Part):
        options |= {"activation": activation.name, "options": numbers(activation)}
    sees: Any = image(shape) if model.name == "cnn" else math.prod(shape)
    return MODELS[model.name](sees, units, **options)


MODELS = {"neuron": neuron, "mlp": mlp, "cnn": cnn}
