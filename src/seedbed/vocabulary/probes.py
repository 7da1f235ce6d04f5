"""Probes by name: what can be measured at the steps of a trace without changing the training."""

from seedbed.vocabulary.part import Part, part


def dead() -> Part:
    """1 when all outputs over the training batch are equal, the gradient exactly zero and the weights finite; else 0.

    Told apart from *diverged* (a number that is not finite) and from *slow* (a small gradient).
    """
    return part("probe", "dead")


def gradient_norm() -> Part:
    """Euclidean norm of the loss gradient with respect to the weights and biases of each layer."""
    return part("probe", "gradient_norm")


def weight_norm() -> Part:
    """Euclidean norm of the weights and biases of each layer."""
    return part("probe", "weight_norm")


def parameters() -> Part:
    """Every weight and bias in a row: layer after layer, the weight (outputs x inputs, row by row), then the bias.

    For small networks: a trace of it is the path of the descent.
    """
    return part("probe", "parameters")


TABLE = {word.__name__: word for word in (dead, gradient_norm, weight_norm, parameters)}
