"""Probes once more, in plain NumPy: what can be measured at a moment, for all members at once.

Formulas stand in `seedbed.vocabulary.probes`. The first axis is the member; `DIMS` names the further ones.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from seedbed.reference.moment import Moment, all_finite
from seedbed.reference.twin import Array


def dead(moment: Moment) -> Array:
    """1 where all examples get the same score and every gradient is exactly zero, with finite weights; else 0."""
    same = np.all(moment.score == moment.score[:, :1], axis=(1, 2))
    gradients = [array.reshape(len(array), -1) for layer in moment.gradients for array in layer.values()]
    still = np.all(np.concatenate(gradients, axis=-1) == 0, axis=-1)
    return (same & still & all_finite(moment.weights)).astype(float)


def gradient_norm(moment: Moment) -> Array:
    """Norm of the gradient over the weights and biases of each layer, `(member, layer)`."""
    return norms(moment.gradients)


def weight_norm(moment: Moment) -> Array:
    """Norm of the weights and biases of each layer, `(member, layer)`."""
    return norms(moment.weights)


def parameters(moment: Moment) -> Array:
    """Every weight and bias in a row, `(member, parameter)`.

    A weight is read as (outputs x inputs), row by row: unit after unit, as the vocabulary has it, although it is
    stored here as (inputs x outputs).
    """
    ordered = [array for layer in moment.weights for array in (layer["weight"].swapaxes(-1, -2), layer["bias"])]
    return np.concatenate([array.reshape(len(array), -1) for array in ordered], axis=-1)


def norms(layers: Sequence[Mapping[str, Array]]) -> Array:
    """sqrt(sum of squares) of weight and bias together, layer by layer."""
    squares = [np.sum(layer["weight"] ** 2, axis=(1, 2)) + np.sum(layer["bias"] ** 2, axis=1) for layer in layers]
    return np.sqrt(np.stack(squares, axis=-1))


PROBES = {"dead": dead, "gradient_norm": gradient_norm, "weight_norm": weight_norm, "parameters": parameters}
DIMS = {"dead": (), "gradient_norm": ("layer",), "weight_norm": ("layer",), "parameters": ("parameter",)}
