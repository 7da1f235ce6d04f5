"""Initial draws by name. Each redraws every weight of a model by its fan-in and fan-out, and sets every bias to `bias`;
`rai` draws the biases too.

`fan_in` is the number of inputs of one unit (for a convolution: channels times kernel area), `fan_out` the number of
its outputs. All numbers are dials: initial scales can differ from member to member of one program.
Elsewhere: Keras and jax draw glorot, he and lecun "normal" from a truncated normal rescaled to the same deviation;
PyTorch and this table draw from the normal distribution itself, as the papers do.

Every member draws by its own seed. With `draw=i` all members begin with the weights that seed i would draw; over data
of each member's own (`fresh=True`) that crosses initial draws with data sets:
`.vary(start={f"{i}": {"initializer.draw": i} for i in range(8)})`.
"""

from seedbed.errors import PartError
from seedbed.vocabulary.numbers import Number, number, whole
from seedbed.vocabulary.part import Dial, Part, part

MOST_DRAWS = 2**24  # a dial is a number in single precision


def constant(value: Number, bias: Number = 0.0, draw: Number = None) -> Part:
    """Every weight equals `value`."""
    return _initializer("constant", value=value, bias=bias, draw=draw)


def zeros(bias: Number = 0.0, draw: Number = None) -> Part:
    """Every weight is 0: hidden units never become different from one another."""
    return _initializer("zeros", bias=bias, draw=draw)


def normal(std: Number, bias: Number = 0.0, draw: Number = None) -> Part:
    """w ~ N(0, std^2)."""
    return _initializer("normal", std=std, bias=bias, draw=draw)


def truncated_normal(std: Number, bias: Number = 0.0, draw: Number = None) -> Part:
    """w ~ N(0, std^2) redrawn until |w| <= 2 std; the deviation of what remains is 0.8796 std.

    Source: CIS680 assignment 1, part 2; the same law as TensorFlow's truncated normal.
    """
    return _initializer("truncated_normal", std=std, bias=bias, draw=draw)


def uniform(bound: Number, bias: Number = 0.0, draw: Number = None) -> Part:
    """w ~ U(-bound, bound)."""
    return _initializer("uniform", bound=bound, bias=bias, draw=draw)


def glorot_normal(gain: Number = 1.0, bias: Number = 0.0, draw: Number = None) -> Part:
    """w ~ N(0, 2 gain^2 / (fan_in + fan_out)), also called Xavier. Source: Glorot, Bengio 2010, equation 12."""
    return _initializer("glorot_normal", gain=gain, bias=bias, draw=draw)


def glorot_uniform(gain: Number = 1.0, bias: Number = 0.0, draw: Number = None) -> Part:
    """w ~ U(-r, r), r = gain sqrt(6 / (fan_in + fan_out)). Source: Glorot, Bengio 2010, equation 16."""
    return _initializer("glorot_uniform", gain=gain, bias=bias, draw=draw)


def he_normal(gain: Number = 1.0, bias: Number = 0.0, draw: Number = None) -> Part:
    """w ~ N(0, 2 gain^2 / fan_in), also called Kaiming. Source: He et al. 2015, equation 12."""
    return _initializer("he_normal", gain=gain, bias=bias, draw=draw)


def he_uniform(gain: Number = 1.0, bias: Number = 0.0, draw: Number = None) -> Part:
    """w ~ U(-r, r), r = gain sqrt(6 / fan_in). Source: He et al. 2015, equation 12."""
    return _initializer("he_uniform", gain=gain, bias=bias, draw=draw)


def lecun_normal(gain: Number = 1.0, bias: Number = 0.0, draw: Number = None) -> Part:
    """w ~ N(0, gain^2 / fan_in). Source: LeCun et al. 1998, Efficient backprop, equation 16."""
    return _initializer("lecun_normal", gain=gain, bias=bias, draw=draw)


def lecun_uniform(gain: Number = 1.0, bias: Number = 0.0, draw: Number = None) -> Part:
    """w ~ U(-r, r), r = gain sqrt(3 / fan_in). Source: LeCun et al. 1998, Efficient backprop, equation 16."""
    return _initializer("lecun_uniform", gain=gain, bias=bias, draw=draw)


def orthogonal(gain: Number = 1.0, bias: Number = 0.0, draw: Number = None) -> Part:
    """The weight matrix (outputs x fan_in) is gain times a random matrix with orthonormal rows or columns.

    Source: Saxe, McClelland, Ganguli 2013, Exact solutions to the nonlinear dynamics of learning.
    """
    return _initializer("orthogonal", gain=gain, bias=bias, draw=draw)


def rai(gain: Number = 0.6007, draw: Number = None) -> Part:
    """Randomized asymmetric: weights and bias of a unit ~ N(0, gain^2 / fan_in), then one of them, any, ~ Beta(2, 1).

    The one is drawn evenly among the fan_in + 1 numbers of the unit; Beta(2, 1) has density 2x on [0, 1], so that it is
    above 0 and pulls the unit to where ReLU lives. Source: Lu, Shin, Su, Karniadakis 2020, Dying ReLU and
    initialization, as it is commonly written.
    """
    return _initializer("rai", gain=gain, draw=draw)


def _initializer(name: str, draw: Number = None, **numbers: Number) -> Part:
    if draw is not None:
        drawn = number(draw, f"draw of {name}")
        numbers["draw"] = whole(int(drawn) if drawn.is_integer() else draw, f"the draw of {name}", 0, MOST_DRAWS - 1)
    dials = {key: Dial(number(value, f"{key} of {name}")) for key, value in numbers.items()}
    for key in ("std", "bound", "gain"):
        if key in dials and dials[key].value < 0:
            raise PartError(f"the {key} of {name} cannot be negative, got {dials[key].value:g}; give 0 or more")
    return part("initializer", name, **dials)


TABLE = {
    word.__name__: word
    for word in (constant, zeros, normal, truncated_normal, uniform, glorot_normal, glorot_uniform,
                 he_normal, he_uniform, lecun_normal, lecun_uniform, orthogonal, rai)
}  # fmt: skip
