"""What a network costs, counted from the shapes of its layers: parameters, multiply-adds, operations of a step.

Exact counts, nothing is measured; seconds are in a record's attributes. Own models have no counts here.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from seedbed.errors import SpecError
from seedbed.vocabulary import Part

WIDENING = {"crelu": 2}  # activations that hand on more channels than they get
FORWARD, BACKWARD = 2, 2  # operations of a multiply-add; of its weight's gradient, and again of its input's


@dataclass(frozen=True)
class Layer:
    """A layer with weights: the shape it hands on, and its multiply-adds for one example in one forward pass."""

    name: str
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int


def layers(model: Part, inputs: Sequence[int], units: Sequence[int] = (1,)) -> list[Layer]:
    """The layers of a `neuron`, `mlp` or `cnn` on examples of shape `inputs`, with a linear layer per head at the end.

    `units` are the outputs of each head. The scale and shift of batch norm, 2 numbers for each of its units, count
    with the layer in front of it. Raises: SpecError for another model.

    >>> from seedbed.vocabulary import models
    >>> [layer.parameters for layer in layers(models.cnn([16, 8], 7), (16, 16))]
    [800, 6280, 129]
    """
    if model.function is not None or model.name not in ("neuron", "mlp", "cnn"):
        raise SpecError(f'the layers of model "{model.name}" are not known here; count those of neuron, mlp or cnn')
    chosen = dict(model.options)
    widening = WIDENING.get(chosen["activation"].name, 1) if "activation" in chosen else 1
    shape = tuple(inputs) if len(inputs) == 3 or model.name != "cnn" else (1, *inputs)
    found: list[Layer] = []
    for layer in _convolutions(model, shape, widening):
        found.append(layer)
        shape = layer.shape
    into = math.prod(shape)
    norm = 2 * (chosen.get("norm", "none") == "batch")
    for width in chosen.get("hidden", ()):
        dense = _dense(into, width, widening)
        found.append(replace(dense, parameters=dense.parameters + norm * width))
        into = width * widening
    found += [_dense(into, width, 1, chosen.get("bias", True)) for width in units]
    return [Layer(f"{place} {one.name}", one.shape, one.parameters, one.multiply_adds)
            for place, one in enumerate(found, start=1)]  # fmt: skip


def training_operations(found: Sequence[Layer]) -> int:
    """Floating-point operations of one training step for one example: forward pass and gradient.

    2 for a multiply-add forward, 2 for the gradient of its weight, 2 for the gradient of its input, which the first
    layer does not need: 4 M for the first layer and 6 M for every other. Biases, batch norm, activations, losses and
    the update of the weights are left out.

    >>> from seedbed.vocabulary import models
    >>> training_operations(layers(models.mlp([4]), (4, 4)))
    280
    """
    first, *rest = (layer.multiply_adds for layer in found)
    return (FORWARD + BACKWARD) * first + (FORWARD + 2 * BACKWARD) * sum(rest)


def parameter_count(found: Sequence[Layer]) -> int:
    """Weights and biases of all layers, scales and shifts of batch norm included."""
    return sum(layer.parameters for layer in found)


def _convolutions(model: Part, shape: tuple[int, ...], widening: int) -> Iterator[Layer]:
    if model.name != "cnn":
        return
    into, *size = shape
    for width, side, stride in zip(model["channels"], model["kernel"], model["stride"], strict=True):
        size = [_out(length, side, stride, model["padding"]) for length in size]
        kernel = into * side * side
        multiply_adds = math.prod(size) * kernel * width
        into = width * widening
        if model["pool"] != "none" and min(size) >= 2:
            size = [length // 2 for length in size]
        yield Layer("conv2d", (into, *size), width * (kernel + 1), multiply_adds)


def _out(length: int, side: int, stride: int, padding: str | int) -> int:
    if padding == "same":
        return -(-length // stride)
    return (length + (0 if padding == "valid" else 2 * int(padding)) - side) // stride + 1


def _dense(into: int, width: int, widening: int, bias: bool = True) -> Layer:
    return Layer("dense", (width * widening,), width * (into + bias), into * width)
