"""From a model's layers on their shapes (`vocabulary.walk`) to Equinox modules for one example.

Layer number n of those that are drawn, counted in the order of the list and into the lists inside it, is drawn from
`fold_in(key, n)`; the layers of output width come last. A layer of a fixed kind is one row of `LAYERS`.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import equinox as eqx
import jax
from jaxtyping import Array, PRNGKeyArray

from seedbed.parts.convolution import AvgPool2d, Conv2d, MaxPool2d
from seedbed.parts.layers import Dense, Fixed, Flatten, GlobalAverage
from seedbed.parts.models import AsImage, Chain, Concatenate, Residual
from seedbed.parts.regularizers import BatchNorm, Dropout
from seedbed.vocabulary import Part
from seedbed.vocabulary.walk import Stage

Numbers = Mapping[str, Array]


class Making(NamedTuple):
    """What making the layers of one member takes: the numbers of its dials by path, and how an activation is made.

    `drawn` are the keys of the layers that are drawn, in order.
    """

    numbers: Numbers
    active: Callable[[Part, str], eqx.Module]
    drawn: Iterator[PRNGKeyArray]


def build(
    key: PRNGKeyArray, stages: Sequence[Stage], features: int, heads: Mapping[str, int], numbers: Numbers,
    active: Callable[[Part, str], eqx.Module], bias: bool = True,
) -> Chain:  # fmt: skip
    """Layers in a row, then a linear layer of `features` for each head, with or without a bias.

    `numbers` has the dials that the layers name by their path, `active(activation, path)` makes an activation.
    """
    making = Making(numbers, active, (jax.random.fold_in(key, number) for number in itertools.count()))
    layers = [LAYERS[stage.kind](stage, making) for stage in stages]
    last = [Dense(features, units, next(making.drawn), bias) for units in heads.values()]
    return Chain((*layers, last[0] if len(last) == 1 else Concatenate(tuple(last), tuple(heads))))


def _image(stage: Stage, making: Making) -> eqx.Module:  # noqa: ARG001
    return AsImage()


def _flatten(stage: Stage, making: Making) -> eqx.Module:  # noqa: ARG001
    return Flatten()


def _dense(stage: Stage, making: Making) -> eqx.Module:
    return Dense(stage.takes[0], stage.part["units"], next(making.drawn), dict(stage.part.options).get("bias", True))


def _conv(stage: Stage, making: Making) -> eqx.Module:
    options = dict(stage.part.options)
    return Conv2d(stage.takes[0], options["channels"], options["kernel"], next(making.drawn), options["stride"],
                  options["padding"], options.get("bias", True))  # fmt: skip


def _activation(stage: Stage, making: Making) -> eqx.Module:
    return making.active(stage.part["function"], stage.placed.at("function"))


def _batch_norm(stage: Stage, making: Making) -> eqx.Module:
    own = "momentum" in dict(stage.part.options)
    return BatchNorm(stage.takes[0], _dial(stage, "momentum", making) if own else None)


def _dropout(stage: Stage, making: Making) -> eqx.Module:
    return Dropout(_dial(stage, "rate", making))


def _max_pool(stage: Stage, making: Making) -> eqx.Module:  # noqa: ARG001
    return MaxPool2d(stage.part["window"], stage.part["stride"], stage.part["padding"])


def _average_pool(stage: Stage, making: Making) -> eqx.Module:  # noqa: ARG001
    return AvgPool2d(stage.part["window"], stage.part["stride"])


def _global_average(stage: Stage, making: Making) -> eqx.Module:  # noqa: ARG001
    return GlobalAverage()


def _parallel(stage: Stage, making: Making) -> eqx.Module:
    return Concatenate(tuple(_chain(branch, making) for branch in stage.inner), ())


def _residual(stage: Stage, making: Making) -> eqx.Module:
    return Residual(_chain(stage.inner[0], making))


def _chain(stages: Sequence[Stage], making: Making) -> Chain:
    return Chain(tuple(LAYERS[stage.kind](stage, making) for stage in stages))


def _dial(stage: Stage, option: str, making: Making) -> Fixed:
    path = stage.placed.at(option)
    return Fixed(making.numbers[path], path)


LAYERS: Mapping[str, Callable[[Stage, Making], eqx.Module]] = {
    "image": _image,
    "flatten": _flatten,
    "dense": _dense,
    "conv": _conv,
    "activation": _activation,
    "batch_norm": _batch_norm,
    "dropout": _dropout,
    "max_pool": _max_pool,
    "average_pool": _average_pool,
    "global_average_pool": _global_average,
    "parallel": _parallel,
    "residual": _residual,
}
