"""Metrics by name, each for one example and averaged over the examples of a split. The loss is always kept besides."""

from seedbed.vocabulary.numbers import Number, number
from seedbed.vocabulary.part import Part, part


def accuracy() -> Part:
    """Share of examples labelled rightly.

    y_hat > 1/2 for binary labels, z > 0 for signs, the largest score for classes.
    """
    return part("metric", "accuracy")


def within(tolerance: Number = 0.5) -> Part:
    """Share of examples with |y_hat - y| < tolerance in every output unit.

    Source: CIS680 assignment 1, part 3, question 2 (tolerance 0.5).
    """
    return part("metric", "within", tolerance=number(tolerance, "tolerance of within"))


def squared_error() -> Part:
    """Mean over output units of (y_hat - y)^2; the root of its mean over a split is the RMSE."""
    return part("metric", "squared_error")


TABLE = {word.__name__: word for word in (accuracy, within, squared_error)}
