"""Probes once more, in plain NumPy: what can be measured at a step, for all members at once.

Where the batch of a step is not the whole split, the probes of a split are those of `seedbed.reference.splits`.

Formulas stand in `seedbed.vocabulary.probes`, and the names of the axes behind the first, which is the member.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from seedbed.errors import PartError
from seedbed.reference.evaluation import ProbeContext
from seedbed.reference.twin import Array
from seedbed.vocabulary.probes import PERCENTILES, QUANTILES


def dead(context: ProbeContext) -> Array:
    """1 where all examples get the same scores and no gradient reaches the first layer, at a finite loss; else 0."""
    same = np.all(context.score == context.score[:, :1], axis=(1, 2))
    first = [array.reshape(len(array), -1) for array in layered(context.gradients)[0]]
    still = np.all(np.concatenate(first, axis=-1) == 0, axis=-1)
    return (same & still & np.isfinite(context.loss)).astype(float)


def gradient_norm(context: ProbeContext) -> Array:
    """Norm of the gradient over the weights and biases of each layer, `(member, layer)`."""
    return norms(context.gradients)


def gradient_moments(context: ProbeContext) -> Array:
    """Mean and standard deviation of the gradient over the weights of each layer, `(member, layer, moment)`."""
    return np.stack([moments(weight) for weight, *_ in layered(context.gradients)], axis=1)


def gradient_noise(context: ProbeContext, parts: int) -> Array:
    """|G|^2 and tr(Sigma) of one example, from the gradients of the step and of equal parts, `(member, estimate)`."""
    examples, size = context.score.shape[1], context.at_once // parts
    each = [in_a_row(context.of_part(slice(k * size, (k + 1) * size))) for k in range(parts)]
    variance = size * np.var(each, axis=0, ddof=1).sum(axis=-1)
    square = np.sum(in_a_row(context.gradients) ** 2, axis=-1)
    return np.stack([square - variance / examples, variance], axis=-1)


def in_a_row(gradients: Sequence[Mapping[str, Array]]) -> Array:
    """All that is trained, `(member, number)`."""
    return np.concatenate([array.reshape(len(array), -1) for own in gradients for array in own.values()], axis=1)


def weight_norm(context: ProbeContext) -> Array:
    """Norm of the weights and biases of each layer, `(member, layer)`."""
    return norms(context.weights)


def update_ratio(context: ProbeContext) -> Array:
    """Norm of the update of each layer divided by the norm of the layer, `(member, layer)`; 0 for weights of zero."""
    size = norms(context.weights)
    return np.divide(norms(context.updates), size, out=np.zeros_like(size), where=size > 0)


def largest_weight(context: ProbeContext) -> Array:
    """The largest |weight| or |bias| of the network, `(member,)`."""
    arrays = [np.abs(array).reshape(len(array), -1) for layer in layered(context.weights) for array in layer]
    return np.concatenate(arrays, axis=-1).max(axis=-1)


def parameters(context: ProbeContext) -> Array:
    """Every weight and bias in a row, `(member, parameter)`: unit after unit, as the vocabulary has it."""
    ordered = [array for weight, *bias in layered(context.weights) for array in (by_unit(weight), *bias)]
    return np.concatenate([array.reshape(len(array), -1) for array in ordered], axis=-1)


def first_kernels(context: ProbeContext) -> Array:
    """The weight of the first layer, `(member, kernel, channel, row, column)`.

    Raises: PartError where the first layer is no convolution.
    """
    weight, *_ = layered(context.weights)[0]
    if weight.ndim != 5:
        raise PartError("first_kernels needs a model that begins with a convolution; take weight_norm or parameters")
    return weight


def first_weights(context: ProbeContext) -> Array:
    """The weights of the first layer, `(member, unit, input)`."""
    weight, *_ = layered(context.weights)[0]
    ordered = by_unit(weight)
    return ordered.reshape(*ordered.shape[:2], -1)


def predictions(context: ProbeContext) -> Array:
    """The prediction of each example of the batch, `(member, output, example)`, the outputs of all heads in a row."""
    return context.prediction.swapaxes(-1, -2)


def activation_moments(context: ProbeContext) -> Array:
    """Mean and standard deviation of each hidden layer's activations, `(member, hidden, context)`."""
    return np.stack([moments(layer) for layer in context.signals()[0]], axis=1)


def activation_quantiles(context: ProbeContext) -> Array:
    """Quantiles of each hidden layer's activations, `(member, hidden, quantile)`."""
    return np.stack([quantiles(layer) for layer in context.signals()[0]], axis=1)


def backward_moments(context: ProbeContext) -> Array:
    """Mean and standard deviation of the loss gradient at each hidden layer's input, `(member, hidden, context)`."""
    return np.stack([moments(layer) for layer in context.signals()[1]], axis=1)


def backward_quantiles(context: ProbeContext) -> Array:
    """Quantiles of the loss gradient at each hidden layer's input, `(member, hidden, quantile)`."""
    return np.stack([quantiles(layer) for layer in context.signals()[1]], axis=1)


def dead_units(context: ProbeContext) -> Array:
    """Share of units of each hidden layer that answer every example alike, `(member, hidden)`; of images, channels."""
    return np.stack([alike(layer) for layer in context.signals()[0]], axis=1)


def norm_parameters(context: ProbeContext) -> Array:
    """Scale, shift, running mean and variance of every batch norm, `(member, norm, unit, 4)`; NaN beyond its units."""
    names = ("scale", "shift", "running_mean", "running_variance")
    return padded([np.stack(own, axis=-1) for own in normalizing(context.weights, names)])


def norm_inputs(context: ProbeContext) -> Array:
    """Mean and variance of what reaches every batch norm with nothing dropped, `(member, norm, unit, 2)`."""
    found = normalizing(context.estimated(), ("running_mean", "running_variance"))
    return padded([np.stack(own, axis=-1) for own in found])


def unit_inputs(context: ProbeContext) -> Array:
    """Percentiles of the input of each hidden layer's first unit over the batch, `(member, hidden, percentile)`."""
    found: list[Array] = []
    for layer in context.signals()[2]:
        row = np.sort(layer[:, :, 0].reshape(len(layer), -1), axis=1)
        found.append(row[:, [percent * row.shape[1] // 100 for percent in PERCENTILES]])
    return np.stack(found, axis=1)


def unit_correlation(context: ProbeContext) -> Array:
    """Mean |correlation| of two units that vary, over all pairs, `(member, hidden)`."""
    return np.stack([[correlation(own) for own in layer] for layer in context.judged()], axis=1)


def correlation(layer: Array) -> float:
    """Mean |correlation| of two units of one member's layer `(example, unit, ...)`; NaN for fewer than two."""
    units = layer.swapaxes(0, 1).reshape(layer.shape[1], -1)
    units = units[np.any(units != units[:, :1], axis=1)]
    if len(units) < 2:
        return np.nan
    return float(np.abs(np.corrcoef(units))[~np.eye(len(units), dtype=bool)].mean())


def normalizing(steps: Sequence[Mapping[str, Array]], names: Sequence[str]) -> list[list[Array]]:
    """The named arrays of every batch norm. Raises: PartError where there is none."""
    found: list[list[Array]] = []
    for step in steps:
        inner = [name.removesuffix("running_mean") for name in step if name.rpartition(".")[2] == "running_mean"]
        found += [[step[at + name] for name in names] for at in inner]
    if not found:
        raise PartError(
            "norm_parameters and norm_inputs need a model with batch norm, got one without; put batch_norm() among "
            "its layers, or leave these probes out"
        )
    return found


def padded(layers: Sequence[Array]) -> Array:
    """Layers `(member, unit, number)` side by side, those with fewer units filled up with NaN."""
    most = max(layer.shape[1] for layer in layers)
    gaps = [((0, 0), (0, most - layer.shape[1]), (0, 0)) for layer in layers]
    return np.stack([np.pad(a, gap, constant_values=np.nan) for a, gap in zip(layers, gaps, strict=True)], axis=1)


def moments(layer: Array) -> Array:
    """Mean and standard deviation of all numbers of each member, `(member, 2)`."""
    rows = layer.reshape(len(layer), -1)
    return np.stack([rows.mean(axis=1), rows.std(axis=1)], axis=1)


def quantiles(layer: Array) -> Array:
    """The order statistics in places floor(q n), `(member, quantile)`."""
    rows = np.sort(layer.reshape(len(layer), -1), axis=1)
    return rows[:, [int(q * rows.shape[1]) for q in QUANTILES]]


def alike(layer: Array) -> Array:
    """Share of units with one value only, of a layer `(member, example, unit, ...)`: `(member,)`."""
    units = layer.swapaxes(1, 2).reshape(len(layer), layer.shape[2], -1)
    return np.all(units == units[..., :1], axis=2).mean(axis=1)


def by_unit(weight: Array) -> Array:
    """A weight as `(member, unit, *input)`: a dense one is stored here as (inputs x outputs)."""
    return weight.swapaxes(-1, -2) if weight.ndim == 3 else weight


def layered(steps: Sequence[Mapping[str, Array]]) -> list[tuple[Array, ...]]:
    """(weight, bias) of every layer, or (weight,), of weights or of gradients; learned slopes are left out."""
    found: list[tuple[Array, ...]] = []
    for step in steps:
        inner = [name.removesuffix("weight") for name in step if name.rpartition(".")[2] == "weight"]
        found += [tuple(step[at + name] for name in ("weight", "bias") if at + name in step) for at in inner]
    return found


def norms(steps: Sequence[Mapping[str, Array]]) -> Array:
    """sqrt(sum of squares) of weight and bias together, layer by layer."""
    squares = [sum(np.sum(array.reshape(len(array), -1) ** 2, axis=1) for array in layer) for layer in layered(steps)]
    return np.sqrt(np.stack(squares, axis=-1))


PROBES = {
    "dead": dead,
    "gradient_norm": gradient_norm,
    "gradient_moments": gradient_moments,
    "gradient_noise": gradient_noise,
    "weight_norm": weight_norm,
    "parameters": parameters,
    "largest_weight": largest_weight,
    "update_ratio": update_ratio,
    "first_kernels": first_kernels,
    "first_weights": first_weights,
    "predictions": predictions,
    "activation_moments": activation_moments,
    "activation_quantiles": activation_quantiles,
    "backward_moments": backward_moments,
    "backward_quantiles": backward_quantiles,
    "dead_units": dead_units,
    "norm_parameters": norm_parameters,
    "norm_inputs": norm_inputs,
    "unit_inputs": unit_inputs,
    "unit_correlation": unit_correlation,
}
