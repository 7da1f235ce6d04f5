"""Models by name. Input and output widths follow from the data, so a model names only what lies between."""

from collections.abc import Sequence
from typing import Any

import seedbed.vocabulary.networks as networks
from seedbed.errors import PartError, one_of, shown
from seedbed.vocabulary.layers import activation_of
from seedbed.vocabulary.networks import (
    ee449_cnn_3,
    ee449_cnn_4,
    ee449_cnn_5,
    ee449_mlp_1,
    ee449_mlp_2,
    lenet5,
    mini_googlenet,
    sequential,
)
from seedbed.vocabulary.numbers import MOST, Number, Word, plain, switch
from seedbed.vocabulary.part import Dial, Part, part
from seedbed.vocabulary.schedules import dial, levels
from seedbed.vocabulary.walk import layers_of
from seedbed.vocabulary.words import find_in


def neuron(bias: Any = True) -> Part:
    """A single linear unit per output, z = w . x + b; the output activation is the question's `output`.

    With `bias=False`, z = w . x: a boundary through the origin. `neuron(bias=True)` is the same part as `neuron()`.
    Source: CIS680 assignment 1, part 1; without bias Dube, homework 2, problem 1.
    """
    bias = switch(bias, "the bias of neuron", "write neuron(bias=False)")
    return part("model", "neuron", **({} if bias else {"bias": False}))


def mlp(hidden: Any, activation: Any = "relu", norm: Word = "none", dropout: Number = None) -> Part:
    """Fully connected layers of the given widths, each followed by `activation`, then a linear layer of output width.

    Image inputs are flattened. `norm="batch"` puts batch norm before every activation; `dropout` is the probability,
    a dial, with which a number behind an activation is set to 0 in training, or None for no such layer. `mlp([4])` on
    4x4 images with one output has 16*4 + 4 + 4 + 1 = 73 parameters. Source: CIS680 assignment 1, part 2.
    """
    widths = _widths(hidden)
    if not widths or not all(_whole(width) for width in widths):
        raise PartError(
            f"the hidden widths of mlp must be whole numbers of at least 1, got {shown(hidden)}; write mlp([4])"
        )
    one_of(norm, ("none", "batch"), "the norm of mlp", PartError)
    # An option that is left out is left out: questions without it keep their names.
    further: dict[str, Any] = {} if norm == "none" else {"norm": norm}
    further |= {} if dropout is None else {"dropout": _rate(dropout)}
    return part("model", "mlp", activation=activation_of(activation), hidden=widths, **further)


def cnn(
    channels: Any = (16, 8), kernel: Any = 7, activation: Any = "relu",
    stride: Any = 1, padding: Any = "valid", pool: Word = "none", hidden: Any = (),
) -> Part:  # fmt: skip
    """Convolutions, each followed by `activation`, then fully connected layers as in `mlp`.

    `channels` are the kernels of each convolution, `kernel` their side (one number, or one for each). `padding` is
    "valid" (none), "same" (the image keeps its size, divided by the stride) or zeros on every side. `pool` is "none",
    "max" or "average": 2x2 with stride 2 after every activation, while the image is at least 2 wide. `hidden` are dense
    widths behind the flattened image (channel, row, column). `cnn([16, 8], 7)` on 16x16 images with one output has
    800 + 6280 + 129 = 7209 parameters.
    Source: CIS680 assignment 1, part 3.
    """
    made, padding = _widths(channels), plain(padding)
    sides, steps = _each(kernel, len(made)), _each(stride, len(made))
    for what, values in (("channels", made), ("kernel", sides), ("stride", steps), ("hidden", _widths(hidden))):
        if not all(_whole(value) for value in values) or (what != "hidden" and len(values) != len(made)) or not made:
            raise PartError(
                f"the {what} of cnn must be whole numbers of at least 1, one per convolution, got {shown(values)}; "
                "write cnn([16, 8], kernel=7)"
            )
    if padding not in ("valid", "same") and not (_whole(padding) or padding == 0):
        raise PartError(f'the padding of cnn is "valid", "same" or a whole number of zeros, got {shown(padding)}')
    one_of(pool, ("none", "max", "average"), "the pool of cnn", PartError)
    return part("model", "cnn", activation=activation_of(activation), channels=made, hidden=_widths(hidden),
                kernel=sides, padding=padding, pool=pool, stride=steps)  # fmt: skip


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST


def _each(value: Any, count: int) -> tuple[Any, ...]:
    value = plain(value)
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,) * count


def _widths(hidden: Any) -> tuple[Any, ...]:
    hidden = plain(hidden)
    return tuple(hidden) if isinstance(hidden, Sequence) and not isinstance(hidden, str) else (hidden,)


def _rate(dropout: Any) -> Dial | Part:
    made = dial(dropout, "dropout of mlp")
    for rate in levels(made):
        if not 0 <= rate < 1:
            raise PartError(f"the dropout of mlp is a probability from 0 to below 1, got {rate:g}; write dropout=0.5")
    return made


def list_of_layers(model: Any, inputs: Sequence[int] = (28, 28)) -> list[Part]:
    """The list of layers that a model by name stands for, to be changed and given to `sequential`.

    `inputs` is the shape of an example, on which only the pooling of `cnn` depends. Raises PartError for a model of a
    user's own.

    >>> [layer.label() for layer in list_of_layers(mlp([4]))]
    ['flatten', 'dense(units=4)', 'activation']
    """
    return [placed.part for placed in layers_of(find_in(TABLE, "model", model), inputs)]


TABLE = {word.__name__: word for word in (neuron, mlp, cnn)} | networks.TABLE

__all__ = [
    "TABLE", "cnn", "ee449_cnn_3", "ee449_cnn_4", "ee449_cnn_5", "ee449_mlp_1", "ee449_mlp_2", "lenet5",
    "list_of_layers", "mini_googlenet", "mlp", "neuron", "sequential",
]  # fmt: skip
