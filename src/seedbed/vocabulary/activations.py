"""Activations by name: formula, options, source. `parts.activations` and `reference.activations` compute them."""

from seedbed.errors import PartError
from seedbed.vocabulary.numbers import Number, number
from seedbed.vocabulary.part import Dial, Part, part
from seedbed.vocabulary.schedules import dial, levels


def identity() -> Part:
    """f(z) = z; derivative 1. A network of identities stays linear."""
    return part("activation", "identity")


def sigmoid() -> Part:
    """f(z) = 1 / (1 + exp(-z)); derivative f (1 - f), at most 1/4.

    Source: CIS680 assignment 1, part 1.
    """
    return part("activation", "sigmoid")


def tanh() -> Part:
    """f(z) = tanh z; derivative 1 - f^2, at most 1.

    Source: EE449 report, question 1.1.
    """
    return part("activation", "tanh")


def relu() -> Part:
    """f(z) = max(0, z); derivative 1 where z > 0, else 0 (at 0 too).

    Source: Nair, Hinton 2010, Rectified linear units improve restricted Boltzmann machines.
    """
    return part("activation", "relu")


def leaky_relu(slope: Number = 0.01) -> Part:
    """f(z) = z where z > 0, else slope * z; derivative 1 or slope. The slope is a dial.

    Source: Maas, Hannun, Ng 2013, Rectifier nonlinearities improve neural network acoustic models.
    Elsewhere: Keras defaults to slope 0.3, PyTorch and this table to 0.01.
    """
    return part("activation", "leaky_relu", slope=_dial("slope", slope))


def prelu(slope: Number = 0.25) -> Part:
    """f(z) = z where z > 0, else a * z, with one a per layer, learned; it starts at `slope`, a dial.

    Source: He et al. 2015, Delving deep into rectifiers, equation 1.
    """
    return part("activation", "prelu", slope=Dial(number(slope, "slope that prelu starts at")))


def rrelu(lower: Number = 1 / 8, upper: Number = 1 / 3) -> Part:
    """f(z) = z where z > 0, else a * z, with a drawn uniformly from [lower, upper] for every unit and example.

    In evaluation a = (lower + upper) / 2. Both bounds are dials. Raises PartError when lower > upper.
    Source: Xu et al. 2015, Empirical evaluation of rectified activations in convolutional network.
    """
    low, high = _dial("lower", lower), _dial("upper", upper)
    most, least = max(levels(low), default=0.0), min(levels(high), default=1.0)
    if most > least:
        raise PartError(
            f"the lower bound of rrelu cannot exceed the upper, got [{most:g}, {least:g}]; exchange the two"
        )
    return part("activation", "rrelu", lower=low, upper=high)


def crelu() -> Part:
    """f(z) = [max(0, z), max(0, -z)] along the channel axis; the next layer sees twice the channels.

    Source: Shang et al. 2016, Understanding and improving convolutional neural networks via concatenated ReLU.
    """
    return part("activation", "crelu")


def elu(alpha: Number = 1.0) -> Part:
    """f(z) = z where z > 0, else alpha (exp(z) - 1). alpha is a dial.

    Source: Clevert, Unterthiner, Hochreiter 2015, equation 15.
    """
    return part("activation", "elu", alpha=_dial("alpha", alpha))


def selu() -> Part:
    """f(z) = 1.0507 z where z > 0, else 1.0507 * 1.6733 (exp(z) - 1), with the constants in full precision.

    Source: Klambauer et al. 2017, Self-normalizing neural networks, equation 2.
    """
    return part("activation", "selu")


def softplus() -> Part:
    """f(z) = log(1 + exp(z)), computed without overflow; derivative sigmoid(z).

    Source: Dugas et al. 2001, Incorporating second-order functional knowledge.
    """
    return part("activation", "softplus")


def gelu() -> Part:
    """f(z) = z Phi(z), with the exact normal distribution function Phi.

    Source: Hendrycks, Gimpel 2016, Gaussian error linear units.
    Elsewhere: jax.nn.gelu uses the tanh approximation by default.
    """
    return part("activation", "gelu")


def silu() -> Part:
    """f(z) = z sigmoid(z), also called swish.

    Source: Elfwing, Uchibe, Doya 2018, Sigmoid-weighted linear units.
    """
    return part("activation", "silu")


def _dial(name: str, value: Number) -> Dial | Part:
    return dial(value, f"{name} of the activation")


TABLE = {
    word.__name__: word
    for word in (identity, sigmoid, tanh, relu, leaky_relu, prelu, rrelu, crelu, elu, selu, softplus, gelu, silu)
}
LEARNS, DRAWS = frozenset({"prelu"}), frozenset({"rrelu"})  # a slope is trained, or drawn anew in training
WIDENS = {"crelu": 2}  # activations that hand on more channels than they get
