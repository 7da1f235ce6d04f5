"""Losses by name, each for one example, with how the examples of a batch are combined.

`y_hat` is the prediction (the output activation applied), `z` the raw output of the model, called a score or a
logit. Losses in `ON_SCORE` take z, because computing them from y_hat would overflow; the others take y_hat.
"""

from seedbed.errors import PartError
from seedbed.vocabulary.part import Dial, Part, number, part

ON_SCORE = frozenset({"cross_entropy", "perceptron", "hinge"})


def l2(reduction: str = "mean") -> Part:
    """L = sum over output units of (y_hat - y)^2, without the factor 1/2 that some texts put in front.

    Source: CIS680 assignment 1, part 1, question 2.
    """
    return _loss("l2", reduction)


def mse(reduction: str = "mean") -> Part:
    """L = mean over output units of (y_hat - y)^2; for one unit the same as l2."""
    return _loss("mse", reduction)


def mae(reduction: str = "mean") -> Part:
    """L = mean over output units of |y_hat - y|; the gradient at 0 is 0."""
    return _loss("mae", reduction)


def cross_entropy(reduction: str = "mean") -> Part:
    """Binary targets: L = -(y log y_hat + (1 - y) log(1 - y_hat)), y_hat = sigmoid(z), summed over output units.

    Classes: L = -log softmax(z)[y]. In nats, computed from z without overflow; dL/dz = y_hat - y.

    Source: CIS680 assignment 1, part 1, question 4; Dube homework 2, problem 2.
    """
    return _loss("cross_entropy", reduction)


def perceptron(reduction: str = "mean") -> Part:
    """L = sum over output units of max(0, -y z), y in {-1, 1} (labels 0 and 1 are mapped to them).

    Gradient 0 at y z = 0. Source: Dube homework 2, problem 1 (a = 0).
    """
    return _loss("perceptron", reduction)


def hinge(margin: float = 1.0, reduction: str = "mean") -> Part:
    """L = sum over output units of max(0, margin - y z), y in {-1, 1} (labels 0 and 1 are mapped to them).

    The margin is a dial. Source: Dube homework 2, problem 1 (a = 1).
    """
    return _loss("hinge", reduction, margin=margin)


def _loss(name: str, reduction: str, **dials: float) -> Part:
    if reduction not in ("mean", "sum"):
        raise PartError(
            f'the reduction of {name} is "mean" or "sum", got "{reduction}"; write {name}(reduction="mean")'
        )
    return part(
        "loss", name, reduction=reduction, **{key: Dial(number(v, f"{key} of {name}")) for key, v in dials.items()}
    )


TABLE = {word.__name__: word for word in (l2, mse, mae, cross_entropy, perceptron, hinge)}
