"""How much networks of one input vary over an interval, layer by layer, from the rows of the probe `parameters`.

A network that has collapsed answers every input alike. Equal answers alone do not show it: beside a bias of 1 a slope
of 1e-20 is rounded away. So the slope of every layer is carried along with its values (the chain rule, forward), where
a layer of dead units has slope exactly 0. The answers themselves: `seedbed.reference.replay`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from seedbed.errors import PartError, SpecError
from seedbed.reference.activations import ACTIVATIONS
from seedbed.reference.options import numbers
from seedbed.reference.portions import in_portions
from seedbed.reference.twin import Array
from seedbed.vocabulary import Part, find

NOT_ELEMENTWISE = ("crelu", "softmax")
AT_ONCE = 100_000  # numbers in the widest layer of the members that run together: they stay near the caches


@dataclass(frozen=True)
class Variation:
    """`lowest` and `highest` answer over the points, and `steepest`, the largest |d layer / dx| of each layer.

    `lowest` and `highest` are `(...)`, `steepest` is `(..., layer)`: the hidden layers behind their activations, then
    the answer. A layer that is flat at every point but stepped between two of them has the mean slope of its steps. So
    where the steepest of a layer is 0, the layer says the same at every point, and so do all behind it.
    """

    lowest: Array
    highest: Array
    steepest: Array

    @property
    def constant(self) -> np.ndarray:
        """Whether all answers are the same number, in the precision they were computed in."""
        return np.asarray(self.lowest == self.highest)

    @property
    def still(self) -> np.ndarray:
        """Whether some layer has slope 0 at every point, whatever rounding does to the answers."""
        return np.asarray((self.steepest == 0).any(axis=-1))

    @property
    def first_still(self) -> np.ndarray:
        """The number of the first layer, from 1, that says the same at every point; 0 where none does."""
        found = self.steepest == 0
        return np.where(found.any(axis=-1), found.argmax(axis=-1) + 1, 0)


def variation(model: Any, parameters: ArrayLike, inputs: ArrayLike, *, dtype: DTypeLike = np.float64) -> Variation:
    """How much members with these `parameters` `(..., parameter)` vary over `inputs` `(point,)`.

    Value and slope of a dense layer: z = W x + b, z' = W x'; of an activation: f(z), f'(z) z'; at the first layer
    x' = 1. f' at a kink is 0 for ReLU, as in training. All of it is computed in `dtype`. A member with NaN is neither
    constant nor still.

    Raises: SpecError for inputs of more than one number, or rows of a wrong length; PartError for a model that is no
    mlp with an elementwise activation of the package.

    >>> found = variation("mlp([1])", [[1.0, -9.0, 1.0, 0.5], [1.0, 0.0, 1.0, 0.5]], [-2.0, 0.0, 2.0])
    >>> found.still.tolist(), found.first_still.tolist(), found.highest.tolist()
    ([True, False], [1, 0], [0.5, 2.5])
    """
    x, rows = np.asarray(inputs, dtype), np.asarray(parameters, dtype)
    if x.ndim != 1 or x.size < 2:
        raise SpecError(f"variation is over points of one number, at least two, got an array of shape {x.shape}")
    part = _checked(find("model", model))
    widths = (1, *part["hidden"], 1)
    wanted = sum(out * (into + 1) for into, out in pairwise(widths))
    if rows.ndim < 1 or rows.shape[-1] != wanted:
        got = rows.shape[-1] if rows.ndim else "no"
        raise SpecError(f"{part.label()} has {wanted} weights and biases, got rows of {got} numbers; give all of them")
    flat = rows.reshape(-1, wanted)
    parts = in_portions(partial(_of, part["activation"], widths, x), flat, AT_ONCE // (len(x) * max(widths)))
    lowest, highest, steepest = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    lead = rows.shape[:-1]
    return Variation(lowest.reshape(lead), highest.reshape(lead), steepest.reshape(*lead, -1))


def _checked(model: Part) -> Part:
    """The model. Raises PartError unless a slope can be carried through it, number by number."""
    inner = dict(model.options).get("activation")
    if model.name == "mlp" and isinstance(inner, Part) and inner.function is None and inner.name not in NOT_ELEMENTWISE:
        return model
    raise PartError(f'variation needs an mlp with an elementwise activation of the package, got "{model.label()}"')


def _of(activation: Part, widths: tuple[int, ...], x: Array, rows: Array) -> tuple[Array, Array, Array]:
    """Lowest and highest answer `(member,)` and the steepest slope of each layer `(member, layer)`."""
    with np.errstate(all="ignore"):  # a network that diverged overflows here once more
        layers = list(_layers(activation, widths, rows, x))
        answer = layers[-1][0][:, 0]
        return answer.min(axis=1), answer.max(axis=1), np.stack([steep for _, steep in layers], axis=-1)


def _layers(activation: Part, widths: tuple[int, ...], rows: Array, x: Array) -> Iterator[tuple[Array, Array]]:
    """Values `(member, unit, point)` and steepest slopes `(member,)` behind every activation, then of the answer."""
    twin, options = ACTIVATIONS[activation.name], numbers(activation)
    value, slope = (np.broadcast_to(one, (len(rows), 1, len(x))) for one in (x, np.ones_like(x)))
    first = 0
    for number, (into, out) in enumerate(pairwise(widths), start=2):
        weight = rows[:, first : first + out * into].reshape(-1, out, into)
        first += out * (into + 1)
        z, slope = _product(weight, value) + rows[:, first - out : first, None], _product(weight, slope)
        if number < len(widths):
            slope = twin.pullback(z, slope, **options).astype(x.dtype)  # f' z', forward as backward
            value = twin.value(z, **options).astype(x.dtype)
        else:
            value = z
        steep, reach = np.abs(slope).max(axis=(1, 2)), (value.max(axis=2) - value.min(axis=2)).max(axis=1)
        yield value, np.where(steep == 0, reach / np.ptp(x), steep)


def _product(weight: Array, x: Array) -> Array:
    """weight x, input by input: a library's product may round its last columns otherwise, where points are alike."""
    terms = [weight[:, :, k, None] * x[:, None, k] for k in range(x.shape[1])]
    return sum(terms[1:], terms[0])
