"""Models once more, in plain NumPy: which steps a list of layers is made of, given data and heads.

Shapes come from `seedbed.vocabulary.walk`, as in the other engine. What the steps compute stands in
`seedbed.reference.steps` and `composed`, how a chain of them runs in `seedbed.reference.network`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seedbed.reference.composed import parallel_step, residual_step, row_step
from seedbed.reference.network import Network
from seedbed.reference.options import numbers
from seedbed.reference.steps import (
    Step,
    activation_step,
    batch_norm_step,
    conv2d_step,
    dense_step,
    dropout_step,
    flatten_step,
    global_average_step,
    pool_step,
)
from seedbed.vocabulary import TABLES, Part, models
from seedbed.vocabulary.walk import Stage, features_of, walk

Options = Mapping[str, float]


def neuron(features: int, units: Sequence[int], bias: bool = True) -> Network:
    """A single linear layer for each head, of the given widths: z = w . x + b, or w . x where there is no bias."""
    return network_for(models.neuron(bias), (features,), units)


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
    return network_for(models.mlp(hidden, TABLES["activation"][activation](**(options or {}))), (features,), units)


def cnn(
    shape: tuple[int, int, int],
    units: Sequence[int],
    channels: Sequence[int] = (16, 8),
    kernel: Sequence[int] = (7, 7),
    stride: Sequence[int] = (1, 1),
    *,
    activation: str = "relu",
    options: Options | None = None,
    **further: Any,
) -> Network:
    """Images (channel, height, width) through convolutions, then as a row of features through dense layers.

    `further` options are those of the word `cnn`.

    >>> cnn((1, 16, 16), [1, 1]).layers
    ('1 conv2d', '2 conv2d', '3 dense', '4 dense')
    """
    chosen = TABLES["activation"][activation](**(options or {}))
    return network_for(models.cnn(channels, kernel, chosen, stride, **further), shape, units)


def network_for(model: Part, shape: tuple[int, ...], units: Sequence[int]) -> Network:
    """The network that a part of kind "model" describes, for inputs of this shape and heads of these widths.

    Raises PartError for a layer that does not fit what it is given.
    """
    stages = walk(model, shape)
    sees = shape
    if stages and stages[0].kind in ("image", "flatten"):  # data are brought into the form that the first step sees
        sees, stages = stages[0].gives, stages[1:]
    features = features_of(stages, sees)
    return Network(sees, steps_of(stages), features, tuple(units), dict(model.options).get("bias", True))


def steps_of(stages: Sequence[Stage]) -> tuple[Step, ...]:
    """The steps of layers on their shapes."""
    return tuple(LAYERS[stage.kind](stage, numbers(stage.part)) for stage in stages)


def _dense(stage: Stage, options: Mapping[str, Any]) -> Step:
    return dense_step(stage.takes[0], options["units"], options.get("bias", True))


def _conv(stage: Stage, options: Mapping[str, Any]) -> Step:
    return conv2d_step(stage.takes[0], options["channels"], options["kernel"], options["stride"], options["padding"],
                       options.get("bias", True))  # fmt: skip


def _activation(stage: Stage, options: Mapping[str, Any]) -> Step:
    function: Part = options["function"]
    return activation_step(stage.takes, function.name, numbers(function))


def _batch_norm(stage: Stage, options: Mapping[str, Any]) -> Step:
    return batch_norm_step(stage.takes, **options)


def _dropout(stage: Stage, options: Mapping[str, Any]) -> Step:
    return dropout_step(stage.takes, **options)


def _max_pool(stage: Stage, options: Mapping[str, Any]) -> Step:  # noqa: ARG001
    return pool_step("max", **options)


def _average_pool(stage: Stage, options: Mapping[str, Any]) -> Step:  # noqa: ARG001
    return pool_step("average", **options)


def _global_average(stage: Stage, options: Mapping[str, Any]) -> Step:  # noqa: ARG001
    return global_average_step()


def _flatten(stage: Stage, options: Mapping[str, Any]) -> Step:  # noqa: ARG001
    return flatten_step(stage.takes)


def _parallel(stage: Stage, options: Mapping[str, Any]) -> Step:  # noqa: ARG001
    sizes = [branch[-1].gives[0] if branch else stage.takes[0] for branch in stage.inner]
    return parallel_step([row_step(steps_of(branch)) for branch in stage.inner], sizes, -len(stage.gives))


def _residual(stage: Stage, options: Mapping[str, Any]) -> Step:  # noqa: ARG001
    return residual_step(row_step(steps_of(stage.inner[0])))


LAYERS: Mapping[str, Callable[[Stage, Mapping[str, Any]], Step]] = {
    "dense": _dense,
    "conv": _conv,
    "activation": _activation,
    "batch_norm": _batch_norm,
    "dropout": _dropout,
    "max_pool": _max_pool,
    "average_pool": _average_pool,
    "global_average_pool": _global_average,
    "flatten": _flatten,
    "parallel": _parallel,
    "residual": _residual,
}
