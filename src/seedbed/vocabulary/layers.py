"""Layers by name, for `models.sequential`: each turns one example into another. Numbers that are no shapes are dials.

An example is a row of features `(feature,)` or an image `(channel, height, width)`; an image without channels has one.
The layer of output width stands behind the last layer by itself. What a layer computes stands in `parts.networks` and,
in NumPy, in `reference.steps`; shapes and counts are worked out by `vocabulary.walk`.
"""

from typing import Any

from seedbed.errors import PartError, shown
from seedbed.vocabulary.activations import TABLE as ACTIVATIONS
from seedbed.vocabulary.numbers import MOST, Number, Switch, Whole, plain, switch, whole
from seedbed.vocabulary.part import Part, own, part
from seedbed.vocabulary.schedules import dial, levels
from seedbed.vocabulary.words import find_in

Padding = Any  # "valid", "same", or a number of zeros


def dense(units: Whole, bias: Switch = True) -> Part:
    """z = w x + b, or w x; an image is taken as a row, channel by channel, as behind `flatten`.

    `units (features + 1)` parameters, or `units features`. The first draw is uniform in +-1/sqrt(features).
    """
    return part("layer", "dense", units=_size("dense", "units", units), **_unless(_switch("dense", "bias", bias)))


def conv(
    channels: Whole, kernel: Whole = 3, stride: Whole = 1, padding: Padding = "valid", bias: Switch = True
) -> Part:
    """y[o, i, j] = b[o] + sum over c, a, e of w[o, c, a, e] x[c, stride i + a, stride j + e], kernel by kernel places.

    `padding` is "valid" (none), "same" (zeros until the side is ceil(side / stride), the odd one below and right) or
    zeros on every side. `channels (kernel^2 channels before + 1)` parameters. The first draw is uniform in
    +-1/sqrt(kernel^2 channels before).

    Source: LeCun et al. 1998, Gradient-based learning applied to document recognition.
    """
    return part("layer", "conv", channels=_size("conv", "channels", channels), kernel=_size("conv", "kernel", kernel),
                stride=_size("conv", "stride", stride), padding=_padding("conv", padding),
                **_unless(_switch("conv", "bias", bias)))  # fmt: skip


def activation(function: Any = None) -> Part:
    """f of every number: the model's own activation, which stays a factor of the question, or a fixed one.

    `activation()` is what `sequential(..., activation="relu")` names; `activation("tanh")` is tanh whatever that is.
    """
    return part("layer", "activation", **({} if function is None else {"function": activation_of(function)}))


def batch_norm(momentum: Number = None) -> Part:
    """y = scale (x - mean) / sqrt(variance + 1e-5) + shift, feature by feature, of images channel by channel.

    In training mean and variance are those of the batch, otherwise running averages r <- (1 - momentum) r + momentum
    batch, with the variance that divides by n - 1. `momentum` is a dial, 0.1 where it is left out. Scale and shift are
    trained: 2 parameters for each feature or channel.

    Source: Ioffe, Szegedy 2015, Batch normalization, algorithms 1 and 2, with PyTorch's conventions.
    Elsewhere: the momentum of Keras and Equinox is 1 - momentum.
    """
    return part(
        "layer", "batch_norm", **({} if momentum is None else {"momentum": _share("batch_norm", "momentum", momentum)})
    )


def dropout(rate: Number = 0.5) -> Part:
    """x / (1 - rate) with probability 1 - rate, else 0, for every number by itself; x where nothing is trained.

    The rate is a dial. Source: Srivastava et al. 2014, Dropout, scaled in training as in PyTorch and Keras.
    """
    return part("layer", "dropout", rate=_share("dropout", "rate", rate))


def max_pool(window: Whole = 2, stride: Whole = None, padding: Padding = "valid") -> Part:
    """y[c, i, j] = max over a, e < window of x[c, stride i + a, stride j + e]; the stride is the window if left out.

    What is left over at the lower and right border is not looked at. Padding, as in `conv`, never is the maximum. Of
    equal numbers the first, row by row, gets the gradient.
    """
    return part("layer", "max_pool", window=_size("max_pool", "window", window),
                stride=_size("max_pool", "stride", window if stride is None else stride),
                padding=_padding("max_pool", padding))  # fmt: skip


def average_pool(window: Whole = 2, stride: Whole = None) -> Part:
    """y[c, i, j] = mean over a, e < window of x[c, stride i + a, stride j + e], without padding."""
    return part("layer", "average_pool", window=_size("average_pool", "window", window),
                stride=_size("average_pool", "stride", window if stride is None else stride))  # fmt: skip


def global_average_pool() -> Part:
    """y[c] = mean over i, j of x[c, i, j]: an image becomes a row of its channels.

    Source: Lin, Chen, Yan 2013, Network in network, section 3.2.
    """
    return part("layer", "global_average_pool")


def flatten() -> Part:
    """All numbers of an example in a row: channel by channel, row by row."""
    return part("layer", "flatten")


def parallel(*lists: Any, branches: Any = ()) -> Part:
    """Lists of layers that see the same input; what they give is joined along the channels, or features of rows.

    `parallel([conv(32, 1)], [conv(32, 3, padding="same")])`. All branches must give images of one size.

    Source: Szegedy et al. 2014, Going deeper with convolutions, figure 2.
    """
    return part("layer", "parallel", branches=tuple(list_of("parallel", one) for one in lists or branches))


def residual(layers: Any) -> Part:
    """y = x + f(x), f a list of layers that keeps the shape.

    Source: He et al. 2015, Deep residual learning for image recognition, equation 1.
    """
    return part("layer", "residual", layers=list_of("residual", layers))


def list_of(what: str, layers: Any) -> tuple[Part, ...]:
    """A list of layers, each a part or the text of one. Raises PartError for anything else."""
    if isinstance(layers, str | Part) or not hasattr(layers, "__iter__"):
        got = layers.label() if isinstance(layers, Part) else shown(layers)
        raise PartError(f"{what} takes lists of layers, got {got}; write for instance [conv(16, 5), activation()]")
    if own := [layer for layer in layers if callable(layer) and not isinstance(layer, Part)]:
        raise PartError(
            f"the layers of {what} are words, got the function {shown(own[0])}; write activation(function), or a whole "
            "model of your own"
        )
    names = [layer.partition("(")[0].strip() for layer in layers if isinstance(layer, str)]
    if wrong := next((name for name in names if name in ACTIVATIONS and name not in TABLE), ""):
        raise PartError(
            f'the layers of {what} are words such as dense(84), got the activation "{wrong}"; write '
            f'activation("{wrong}")'
        )
    return tuple(find_in(TABLE, "layer", layer) for layer in layers)


def activation_of(value: Any) -> Part:
    """The activation that a name, a part or a function of a user's own stands for."""
    return (
        own("activation", value)
        if callable(value) and not isinstance(value, Part)
        else find_in(ACTIVATIONS, "activation", value)
    )


def _size(layer: str, option: str, value: Any) -> int:
    return whole(value, f"the {option} of {layer}")


def _padding(layer: str, value: Any) -> Padding:
    value = plain(value)
    if value in ("valid", "same") or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST):
        return value
    raise PartError(
        f'the padding of {layer} is "valid", "same" or a whole number, got {shown(value)}; write for instance padding=2'
    )


def _switch(layer: str, option: str, value: Any) -> dict[str, bool]:
    return {option: switch(value, f"the {option} of {layer}")}


def _unless(given: dict[str, bool]) -> dict[str, bool]:
    """Switches that are off; what is as usual is left out."""
    return {name: value for name, value in given.items() if not value}


def _share(layer: str, option: str, value: Any) -> Any:
    made = dial(value, f"{option} of {layer}")
    for level in levels(made):
        if not 0 <= level < 1 and not (option == "momentum" and level == 1):
            raise PartError(f"the {option} of {layer} is a share from 0 to below 1, got {level:g}; write {option}=0.5")
    return made


TABLE = {
    word.__name__: word
    for word in (
        dense, conv, activation, batch_norm, dropout, max_pool, average_pool, global_average_pool, flatten, parallel,
        residual,
    )
}  # fmt: skip
