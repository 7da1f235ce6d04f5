"""Update rules by name, with the conventions of PyTorch's documentation. All numbers are dials; an eps is above 0.

g is the gradient, w a weight, t the step counted from 1, v, s, m, d the memory of the rule, all 0 at the start.
"""

from seedbed.errors import PartError
from seedbed.vocabulary.numbers import Number, number
from seedbed.vocabulary.part import Dial, Part, part


def sgd(learning_rate: Number) -> Part:
    """w <- w - learning_rate g."""
    return _optimizer("sgd", learning_rate=learning_rate)


def momentum(learning_rate: Number, momentum: Number = 0.9) -> Part:
    """v <- momentum v + g; w <- w - learning_rate v.

    Source: Polyak 1964. Elsewhere: Keras keeps learning_rate inside v; the paths agree while it is constant.
    """
    return _optimizer("momentum", learning_rate=learning_rate, momentum=momentum)


def nesterov(learning_rate: Number, momentum: Number = 0.9) -> Part:
    """v <- momentum v + g; w <- w - learning_rate (g + momentum v).

    Source: Sutskever et al. 2013, in the form that evaluates the gradient at the current weights.
    """
    return _optimizer("nesterov", learning_rate=learning_rate, momentum=momentum)


def adagrad(learning_rate: Number = 0.01, eps: Number = 1e-10) -> Part:
    """s <- s + g^2; w <- w - learning_rate g / (sqrt(s) + eps).

    Source: Duchi, Hazan, Singer 2011. Elsewhere: optax starts s at 0.1 and puts eps inside the root.
    """
    return _optimizer("adagrad", learning_rate=learning_rate, eps=eps)


def rmsprop(learning_rate: Number = 0.01, decay: Number = 0.99, eps: Number = 1e-8) -> Part:
    """s <- decay s + (1 - decay) g^2; w <- w - learning_rate g / (sqrt(s) + eps).

    Source: Hinton 2012, lecture 6. Elsewhere: Keras and optax default to decay 0.9, and optax puts eps inside the root.
    """
    return _optimizer("rmsprop", learning_rate=learning_rate, decay=decay, eps=eps)


def rmsprop_nesterov(
    learning_rate: Number = 0.01, decay: Number = 0.99, momentum: Number = 0.9, eps: Number = 1e-8
) -> Part:
    """s as in rmsprop; u = g / (sqrt(s) + eps); v <- momentum v + u; w <- w - learning_rate (u + momentum v).

    Source: Dube homework 2, problem 7. Elsewhere: PyTorch has rmsprop with momentum, but not this look-ahead.
    """
    return _optimizer("rmsprop_nesterov", learning_rate=learning_rate, decay=decay, momentum=momentum, eps=eps)


def adadelta(learning_rate: Number = 1.0, decay: Number = 0.9, eps: Number = 1e-6) -> Part:
    """s <- decay s + (1 - decay) g^2; u = g sqrt(d + eps) / sqrt(s + eps); d <- decay d + (1 - decay) u^2.

    w <- w - learning_rate u. Source: Zeiler 2012, algorithm 1 (learning_rate 1). Elsewhere: Keras defaults to 0.001.
    """
    return _optimizer("adadelta", learning_rate=learning_rate, decay=decay, eps=eps)


def adam(learning_rate: Number = 0.001, b1: Number = 0.9, b2: Number = 0.999, eps: Number = 1e-8) -> Part:
    """m <- b1 m + (1 - b1) g; s <- b2 s + (1 - b2) g^2; w <- w - learning_rate m' / (sqrt(s') + eps).

    m' = m / (1 - b1^t), s' = s / (1 - b2^t). Source: Kingma, Ba 2014, algorithm 1.
    Elsewhere: Keras uses eps 1e-7.
    """
    return _optimizer("adam", learning_rate=learning_rate, b1=b1, b2=b2, eps=eps)


def _optimizer(name: str, **numbers: Number) -> Part:
    dials = {key: Dial(number(value, f"{key} of {name}")) for key, value in numbers.items()}
    for key, dial in dials.items():
        if key == "eps" and dial.value <= 0:
            raise PartError(
                f"the eps of {name} must be above 0 (at 0, a gradient of zero gives 0/0), got {dial.value:g}; "
                "give a small positive number, for instance 1e-8"
            )
        if dial.value < 0:
            raise PartError(f"the {key} of {name} cannot be negative, got {dial.value:g}; give 0 or more")
        if key in ("momentum", "decay", "b1", "b2") and dial.value >= 1:
            raise PartError(f"the {key} of {name} must be below 1, got {dial.value:g}; give a number in [0, 1)")
    return part("optimizer", name, **dials)


TABLE = {
    word.__name__: word
    for word in (sgd, momentum, nesterov, adagrad, rmsprop, rmsprop_nesterov, adadelta, adam)
}  # fmt: skip
