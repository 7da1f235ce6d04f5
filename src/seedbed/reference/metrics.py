"""Metrics once more, in plain NumPy: what every example gives, and what `finished` makes of a whole split.

Most give one number per example, and a split has their mean; those in `RATES` give counts. Each takes the score z, the
prediction y_hat and the truth y, all `(..., example, unit)` (classes one-hot), and the kind of target. A NaN is never
right. Formulas stand in `seedbed.vocabulary.metrics`.
"""

import numpy as np

from seedbed.reference.losses import Examples, Units
from seedbed.reference.twin import Array


def accuracy(z: Units, y_hat: Units, y: Units, target: str) -> Examples:
    """1 for an example labelled rightly, else 0; with several binary outputs, all of them must be right."""
    if target == "classes":
        right = (z.argmax(axis=-1) == y.argmax(axis=-1)) & ~np.isnan(z).any(axis=-1)
        return right.astype(float)
    said, border = (y_hat, 0.5) if target == "binary" else (z, 0.0)
    # Not (said > border) == (y > border): that would call NaN right wherever the label is the lower one.
    return np.all(np.where(y > border, said > border, said <= border), axis=-1).astype(float)


def within(z: Units, y_hat: Units, y: Units, target: str, tolerance: float = 0.5) -> Examples:  # noqa: ARG001
    """1 where |y_hat - y| < tolerance in every output unit, else 0."""
    return np.all(np.abs(y_hat - y) < tolerance, axis=-1).astype(float)


def squared_error(z: Units, y_hat: Units, y: Units, target: str) -> Examples:  # noqa: ARG001
    """Mean over output units of (y_hat - y)^2."""
    return np.mean((y_hat - y) ** 2, axis=-1)


def counts(z: Units, y_hat: Units, y: Units, target: str) -> Array:
    """`(..., example, 3, class)`: of every class 1 where the example has it and is given it; is given it; has it.

    Classes of labels; of binary outputs and signs, the positive one of every output, then the negative ones. An example
    with a NaN is given no class.
    """
    if target == "classes":
        true = y > 0.5
        given = (np.arange(z.shape[-1]) == z.argmax(axis=-1)[..., np.newaxis]) & ~np.isnan(z).any(-1, keepdims=True)
    else:
        said, border = (y_hat, 0.5) if target == "binary" else (z, 0.0)
        given = np.concatenate([said > border, said <= border], axis=-1)
        true = np.concatenate([y > border, y <= border], axis=-1)
    true = np.broadcast_to(true, given.shape)  # members may share the truth
    return np.stack([given & true, given, true], axis=-2).astype(float)


def balanced_accuracy(found: Array, target: str) -> Array:  # noqa: ARG001
    """Mean of TP / P over the classes that occur, of binary labels over both."""
    both, _, true = np.moveaxis(found, -2, 0)
    return mean_where(true > 0, both / np.maximum(true, 1))


def precision(found: Array, target: str) -> Array:
    """TP / given, 0 where none is given."""
    both, given, true = np.moveaxis(positive(found, target), -2, 0)
    return mean_where((true > 0) | (target != "classes"), both / np.maximum(given, 1))


def recall(found: Array, target: str) -> Array:
    """TP / P."""
    both, _, true = np.moveaxis(positive(found, target), -2, 0)
    return mean_where((true > 0) | (target != "classes"), both / np.maximum(true, 1))


def f1(found: Array, target: str) -> Array:
    """2 TP / (P + given)."""
    both, given, true = np.moveaxis(positive(found, target), -2, 0)
    return mean_where((true > 0) | (target != "classes"), 2 * both / np.maximum(true + given, 1))


def positive(found: Array, target: str) -> Array:
    """The counts of all classes, of binary labels those of the positive ones."""
    return found if target == "classes" else found[..., : found.shape[-1] // 2]


def mean_where(chosen: np.ndarray, values: Array) -> Array:
    """The mean over the last axis of the chosen values, 0 where none is."""
    return np.sum(np.where(chosen, values, 0), axis=-1) / np.maximum(np.sum(chosen, axis=-1), 1)


def finished(name: str, each: Array, target: str) -> Array:
    """The value of a metric from what it gave for every example: the rate of the counts in sum, or the mean."""
    return RATES[name](each.sum(axis=-3), target) if name in RATES else each.mean(axis=-1)


RATES = {"balanced_accuracy": balanced_accuracy, "precision": precision, "recall": recall, "f1": f1}
METRICS = {"accuracy": accuracy, "within": within, "squared_error": squared_error, **dict.fromkeys(RATES, counts)}
