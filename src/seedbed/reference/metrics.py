"""Metrics once more, in plain NumPy: one number per example; their mean over a batch is what a trace shows.

Each takes the score z, the prediction y_hat and the truth y, all `(..., example, unit)` (classes one-hot), and the
kind of target. A NaN is never right. Formulas stand in `seedbed.vocabulary.metrics`.
"""

import numpy as np

from seedbed.reference.losses import Examples, Units


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


METRICS = {"accuracy": accuracy, "within": within, "squared_error": squared_error}
