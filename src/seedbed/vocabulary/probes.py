"""Probes by name: what can be measured at the steps of a trace without changing the training."""

from seedbed.vocabulary.part import Part, part


def dead() -> Part:
    """1 when every example of the training batch gets the same output and no gradient reaches the first layer; else 0.

    Exactly zero, at a finite loss: told apart from *diverged* (a number that is not finite) and from *slow* (a small
    gradient). A dead network may still move the constant it answers with. Weights drawn as exactly zero look dead too,
    as long as they are.
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


def largest_weight() -> Part:
    """Largest absolute value among all weights and biases."""
    return part("probe", "largest_weight")


def first_kernels() -> Part:
    """Weights of the first convolution (kernel, channel, row, column), kept where a member stops only."""
    return part("probe", "first_kernels")


def predictions() -> Part:
    """Answers to the examples of the batch (output, example), all heads in a row, kept where a member stops only."""
    return part("probe", "predictions")


AT_THE_END = frozenset({"first_kernels", "predictions"})  # too large for a trace
WORDS = (dead, gradient_norm, weight_norm, parameters, largest_weight, first_kernels, predictions)
TABLE = {word.__name__: word for word in WORDS}
