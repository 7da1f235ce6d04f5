"""Update rules by name, with the conventions of PyTorch's documentation. All numbers are dials; an eps is above 0.

g is the gradient, w a weight, t the step counted from 1, v, s, m, d the memory of the rule, all 0 at the start. A
schedule may stand in the place of any number (`seedbed list schedules`).

`l2` is coupled weight decay, which every rule takes: g + l2 w stands in the place of g, before the rule (PyTorch's
`weight_decay` of every rule but AdamW). It is the gradient of l2/2 |w|^2, which is not part of the loss that is told.
Like there, it acts on everything that is trained: biases, the scale and shift of batch norm and learned slopes too.
"""

from seedbed.errors import PartError
from seedbed.vocabulary.numbers import Number
from seedbed.vocabulary.part import Part, part
from seedbed.vocabulary.schedules import dial, levels


def sgd(learning_rate: Number, l2: Number = None) -> Part:
    """w <- w - learning_rate g."""
    return _optimizer("sgd", l2, learning_rate=learning_rate)


def momentum(learning_rate: Number, momentum: Number = 0.9, l2: Number = None) -> Part:
    """v <- momentum v + g; w <- w - learning_rate v.

    Source: Polyak 1964. Elsewhere: Keras keeps learning_rate inside v; the paths agree while it is constant.
    """
    return _optimizer("momentum", l2, learning_rate=learning_rate, momentum=momentum)


def nesterov(learning_rate: Number, momentum: Number = 0.9, l2: Number = None) -> Part:
    """v <- momentum v + g; w <- w - learning_rate (g + momentum v).

    Source: Sutskever et al. 2013, in the form that evaluates the gradient at the current weights.
    """
    return _optimizer("nesterov", l2, learning_rate=learning_rate, momentum=momentum)


def adagrad(learning_rate: Number = 0.01, eps: Number = 1e-10, l2: Number = None) -> Part:
    """s <- s + g^2; w <- w - learning_rate g / (sqrt(s) + eps).

    Source: Duchi, Hazan, Singer 2011. Elsewhere: optax starts s at 0.1 and puts eps inside the root.
    """
    return _optimizer("adagrad", l2, learning_rate=learning_rate, eps=eps)


def rmsprop(learning_rate: Number = 0.01, decay: Number = 0.99, eps: Number = 1e-8, l2: Number = None) -> Part:
    """s <- decay s + (1 - decay) g^2; w <- w - learning_rate g / (sqrt(s) + eps).

    Source: Hinton 2012, lecture 6. Elsewhere: Keras and optax default to decay 0.9, and optax puts eps inside the root.
    """
    return _optimizer("rmsprop", l2, learning_rate=learning_rate, decay=decay, eps=eps)


def rmsprop_nesterov(
    learning_rate: Number = 0.01, decay: Number = 0.99, momentum: Number = 0.9, eps: Number = 1e-8,
    l2: Number = None,
) -> Part:  # fmt: skip
    """s as in rmsprop; u = g / (sqrt(s) + eps); v <- momentum v + u; w <- w - learning_rate (u + momentum v).

    Source: Dube homework 2, problem 7. Elsewhere: PyTorch has rmsprop with momentum, but not this look-ahead.
    """
    return _optimizer("rmsprop_nesterov", l2, learning_rate=learning_rate, decay=decay, momentum=momentum, eps=eps)


def adadelta(learning_rate: Number = 1.0, decay: Number = 0.9, eps: Number = 1e-6, l2: Number = None) -> Part:
    """s <- decay s + (1 - decay) g^2; u = g sqrt(d + eps) / sqrt(s + eps); d <- decay d + (1 - decay) u^2.

    w <- w - learning_rate u. Source: Zeiler 2012, algorithm 1 (learning_rate 1). Elsewhere: Keras defaults to 0.001.
    """
    return _optimizer("adadelta", l2, learning_rate=learning_rate, decay=decay, eps=eps)


def adam(
    learning_rate: Number = 0.001, b1: Number = 0.9, b2: Number = 0.999, eps: Number = 1e-8, l2: Number = None
) -> Part:
    """m <- b1 m + (1 - b1) g; s <- b2 s + (1 - b2) g^2; w <- w - learning_rate m' / (sqrt(s') + eps).

    m' = m / (1 - b1^t), s' = s / (1 - b2^t). Source: Kingma, Ba 2014, algorithm 1.
    Elsewhere: Keras uses eps 1e-7.
    """
    return _optimizer("adam", l2, learning_rate=learning_rate, b1=b1, b2=b2, eps=eps)


def adamw(
    learning_rate: Number = 0.001, b1: Number = 0.9, b2: Number = 0.999, eps: Number = 1e-8,
    weight_decay: Number = 0.01, l2: Number = None,
) -> Part:  # fmt: skip
    """As adam, and beside it w <- w - learning_rate weight_decay w: decoupled from the gradient, hence not divided.

    Source: Loshchilov, Hutter 2019, algorithm 2, in PyTorch's form (times the learning rate, on everything trained).
    Elsewhere: optax defaults to weight_decay 1e-4.
    """
    return _optimizer("adamw", l2, learning_rate=learning_rate, b1=b1, b2=b2, eps=eps, weight_decay=weight_decay)


def _optimizer(name: str, l2: Number, **numbers: Number) -> Part:
    given = numbers if l2 is None else {**numbers, "l2": l2}  # left out where it is not given: names stay as they are
    dials = {key: dial(value, f"{key} of {name}") for key, value in given.items()}
    for key, level in ((key, level) for key, made in dials.items() for level in levels(made)):
        if key == "eps" and level <= 0:
            raise PartError(
                f"the eps of {name} must be above 0 (at 0, a gradient of zero gives 0/0), got {level:g}; "
                "give a small positive number, for instance 1e-8"
            )
        if level < 0:
            raise PartError(f"the {key} of {name} cannot be negative, got {level:g}; give 0 or more")
        if key in ("momentum", "decay", "b1", "b2") and level >= 1:
            raise PartError(f"the {key} of {name} must be below 1, got {level:g}; give a number in [0, 1)")
    return part("optimizer", name, **dials)


TABLE = {
    word.__name__: word
    for word in (sgd, momentum, nesterov, adagrad, rmsprop, rmsprop_nesterov, adadelta, adam, adamw)
}  # fmt: skip
