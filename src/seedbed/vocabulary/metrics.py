"""Metrics by name, of the examples of a split. The loss is always kept besides.

Most are a mean over examples. Those in `COUNTED` come from counts over the whole split: of every class (of labels in
{0, 1} or {-1, 1}: of the positive one, 1) the examples that have it, P, that are given it, and both, TP.
"""

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


def balanced_accuracy() -> Part:
    """Mean over classes of the share of their examples labelled rightly, TP / P; of two labels, over both of them.

    A class that does not occur in the split counts for nothing. Several binary outputs: the mean over outputs.
    """
    return part("metric", "balanced_accuracy")


def precision() -> Part:
    """TP / (examples given the class), 0 where none is; the mean over the classes that occur, or of the positive one.

    Elsewhere: scikit-learn averages over classes that are given and do not occur too.
    """
    return part("metric", "precision")


def recall() -> Part:
    """TP / P; the mean over the classes that occur, or of the positive one (0 where it does not occur)."""
    return part("metric", "recall")


def f1() -> Part:
    """2 TP / (P + examples given the class); the mean over the classes that occur, or of the positive one.

    Elsewhere: scikit-learn averages over classes that are given and do not occur too.
    """
    return part("metric", "f1")


COUNTED = frozenset({"balanced_accuracy", "precision", "recall", "f1"})
OF_LABELS = COUNTED | {"accuracy"}  # what real numbers cannot be judged by
SHARES = OF_LABELS | {"within"}  # between 0 and 1
WORDS = (accuracy, within, squared_error, balanced_accuracy, precision, recall, f1)
TABLE = {word.__name__: word for word in WORDS}
