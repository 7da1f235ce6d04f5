"""Models written as lists of layers: any list of one's own, and networks of the literature and of course sheets.

Each named network is a function that returns its list (`LISTS`); `models.list_of_layers(model)` gives it to be changed.
`models` has all words under one roof.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import seedbed.vocabulary.layers as layers
from seedbed.errors import PartError, one_of
from seedbed.vocabulary.layers import activation_of, list_of
from seedbed.vocabulary.numbers import Number, Whole, Word, number, plain
from seedbed.vocabulary.part import Part, part

EDITIONS = ("2024", "2022", "report")


def sequential(layers: Any, activation: Any = "relu") -> Part:
    """Layers one after the other, then a linear layer of output width.

    `sequential([conv(6, 5, padding=2), activation(), max_pool(2), dense(84), activation()])`: every layer called
    `activation()` is the model's `activation`, which can be varied. `seedbed list layers` has the words.
    """
    return part("model", "sequential", layers=list_of("sequential", layers), activation=activation_of(activation))


def lenet5(padding: Whole = 2, activation: Any = "relu", pool: Word = "max") -> Part:
    """conv 6 5x5, pool 2, conv 16 5x5, pool 2, dense 120, dense 84, output; an activation after each but the pools.

    `padding` zeros around the image before the first convolution. With 2 on 28x28 images of one channel and ten classes
    61,706 parameters, with 0 44,426.

    Source: LeCun et al. 1998, figure 2, in the form in which it is taught; there tanh, average pools with a trained
    scale, and an output of radial basis functions.
    """
    one_of(pool, ("max", "average"), "the pool of lenet5", PartError)
    return part("model", "lenet5", padding=layers.conv(6, 5, padding=padding)["padding"], pool=pool,
                activation=activation_of(activation))  # fmt: skip


def mini_googlenet(width: Number = 1.0, activation: Any = "relu", dropout: Number = None) -> Part:
    """A small GoogLeNet for images of 28 or 32 a side; every convolution has batch norm and an activation behind it.

    conv 96 3x3; inception 32+32, 32+48; downsample 80; inception 112+48, 96+64, 80+80, 48+96; downsample 96; inception
    176+160 twice; mean over the image; `dropout`, a dial, before the output, none where it is left out. Inception a+b
    joins 1x1 and 3x3 convolutions, downsample a joins a 3x3 convolution and a 3x3 max pool, both of stride 2.
    Everything is padded "same": 28 to 14 to 7. `width` multiplies the channels, rounded, at least 1. At width 1 with
    one channel and ten classes 1,651,098 parameters.

    Source: Zhang et al. 2017, Understanding deep learning requires rethinking generalization, figure 3.
    Elsewhere: pyimagesearch's network of this name pads no downsampling: 32 to 15 to 7.
    """
    wide = number(width, "width of mini_googlenet")
    if not 0 < wide <= 16:
        raise PartError(
            f"the width of mini_googlenet is a number above 0 and at most 16, got {wide:g}; write width=0.5"
        )
    further = {} if dropout is None else {"dropout": layers.dropout(dropout)["rate"]}
    return part("model", "mini_googlenet", width=wide, activation=activation_of(activation), **further)


def ee449_mlp_1(edition: Any = "2024", activation: Any = "relu") -> Part:
    """dense 32, activation (2022: dense 64). On 28x28 images and ten classes 25,450 parameters (2022: 50,890).

    Source: EE449 homework 1, question 3; 2022 by two students' code.
    """
    return _ee449("ee449_mlp_1", edition, activation)


def ee449_mlp_2(edition: Any = "2024", activation: Any = "relu") -> Part:
    """dense 32, activation, dense 64 without bias or activation (2022: 16 and 64). 27,818 parameters (2022: 14,234).

    Source: EE449 homework 1, question 3; 2022 by two students' code.
    """
    return _ee449("ee449_mlp_2", edition, activation)


def ee449_cnn_3(edition: Any = "2024", activation: Any = "relu") -> Part:
    """conv 16 3x3, conv 8 5x5, pool, conv 16 7x7 without activation, pool (2022: kernels 3, 7, 5).

    10,306 parameters (2022: 11,106). `edition="report"` is the network that the report trained: a zero around every
    convolution and no second pool, 22,626 parameters.
    Source: EE449 homework 1, question 3; 2022 by two students' code.
    """
    return _ee449("ee449_cnn_3", edition, activation)


def ee449_cnn_4(edition: Any = "2024", activation: Any = "relu") -> Part:
    """conv 16 3x3, conv 8 3x3, conv 16 5x5, pool, conv 16 5x5, pool (2022: 16 3x3, 8 5x5, 8 3x3, pool, 16 5x5, pool).

    12,402 parameters (2022: 8,618). `edition="report"`: a zero around every convolution, no activation behind the last,
    14,962 parameters.
    Source: EE449 homework 1, question 3; 2022 by two students' code.
    """
    return _ee449("ee449_cnn_4", edition, activation)


def ee449_cnn_5(edition: Any = "2024", activation: Any = "relu") -> Part:
    """conv 8, 16, 8, 16, pool, conv 16, 8, pool, all kernels 3x3 (2022: conv 16, 8, 8, 8, pool, 16, 16, pool).

    7,786 parameters (2022: 7,426). `edition="report"`: a zero around every convolution, 10,986 parameters.
    Source: EE449 homework 1, question 3; 2022 by two students' code.
    """
    return _ee449("ee449_cnn_5", edition, activation)


def _ee449(name: str, edition: Any, activation: Any) -> Part:
    chosen = one_of(str(plain(edition)), EDITIONS, f"the edition of {name}", PartError)
    return part("model", name, edition=chosen, activation=activation_of(activation))


def _lenet5(padding: int, pool: str) -> list[Part]:
    pooled = layers.max_pool(2) if pool == "max" else layers.average_pool(2)
    convolutions = [layers.conv(6, 5, padding=padding), layers.activation(), pooled, layers.conv(16, 5),
                    layers.activation(), pooled]  # fmt: skip
    return [*convolutions, layers.dense(120), layers.activation(), layers.dense(84), layers.activation()]


def _mini_googlenet(width: float, dropout: Any = None) -> list[Part]:
    def module(channels: int, kernel: int, stride: int = 1) -> list[Part]:
        wide = max(1, round(channels * width))
        return [layers.conv(wide, kernel, stride, padding="same"), layers.batch_norm(), layers.activation()]

    def inception(narrow: int, broad: int) -> Part:
        return layers.parallel(module(narrow, 1), module(broad, 3))

    def downsample(channels: int) -> Part:
        return layers.parallel(module(channels, 3, stride=2), [layers.max_pool(3, 2, padding="same")])

    found = [*module(96, 3), inception(32, 32), inception(32, 48), downsample(80)]
    found += [inception(112, 48), inception(96, 64), inception(80, 80), inception(48, 96), downsample(96)]
    found += [inception(176, 160), inception(176, 160)]
    return [*found, layers.global_average_pool(), *([] if dropout is None else [layers.dropout(dropout)])]


def _ee449_mlp(widths: Sequence[int]) -> list[Part]:
    first, *second = widths
    return [layers.dense(first), layers.activation(), *(layers.dense(width, bias=False) for width in second)]


def _ee449_cnn(words: str, padding: int) -> list[Part]:
    """Layers from "16:3 8:5 pool 16:7- pool": channels and kernel, a minus where no activation follows."""
    found: list[Part] = []
    for word in words.split():
        if word == "pool":
            found.append(layers.max_pool(2))
            continue
        channels, _, kernel = word.rstrip("-").partition(":")
        found.append(layers.conv(int(channels), int(kernel), padding=padding or "valid"))
        found += [] if word.endswith("-") else [layers.activation()]
    return found


NETS: Mapping[str, Mapping[str, tuple[int, ...] | str]] = {
    "ee449_mlp_1": {"2024": (32,), "2022": (64,), "report": (32,)},
    "ee449_mlp_2": {"2024": (32, 64), "2022": (16, 64), "report": (32, 64)},
    "ee449_cnn_3": {
        "2024": "16:3 8:5 pool 16:7- pool", "2022": "16:3 8:7 pool 16:5- pool", "report": "16:3 8:5 pool 16:7-",
    },
    "ee449_cnn_4": {
        "2024": "16:3 8:3 16:5 pool 16:5 pool", "2022": "16:3 8:5 8:3 pool 16:5 pool",
        "report": "16:3 8:3 16:5 pool 16:5- pool",
    },
    "ee449_cnn_5": {
        "2024": "8:3 16:3 8:3 16:3 pool 16:3 8:3 pool", "2022": "16:3 8:3 8:3 8:3 pool 16:3 16:3 pool",
        "report": "8:3 16:3 8:3 16:3 pool 16:3 8:3 pool",
    },
}  # fmt: skip


def _net(name: str, edition: str) -> list[Part]:
    chosen = NETS[name][edition]
    return _ee449_cnn(chosen, int(edition == "report")) if isinstance(chosen, str) else _ee449_mlp(chosen)


TABLE = {
    word.__name__: word
    for word in (
        sequential, lenet5, mini_googlenet, ee449_mlp_1, ee449_mlp_2, ee449_cnn_3, ee449_cnn_4, ee449_cnn_5,
    )
}  # fmt: skip
LISTS: Mapping[str, Callable[..., list[Part]]] = {
    "lenet5": _lenet5,
    "mini_googlenet": _mini_googlenet,
    **{name: partial(_net, name) for name in NETS},
}
