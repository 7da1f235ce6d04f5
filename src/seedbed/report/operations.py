"""What a network costs, counted from the layers that `seedbed.resolve` lists: parameters, operations of a step.

Exact counts, nothing is measured; seconds are in a record's attributes. Own models have no counts here.
"""

from collections.abc import Sequence

from seedbed.vocabulary.walk import Layer
from seedbed.vocabulary.walk import counted as layers

FORWARD, BACKWARD = 2, 2  # operations of a multiply-add; of its weight's gradient, and again of its input's


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


__all__ = ["Layer", "layers", "parameter_count", "training_operations"]
