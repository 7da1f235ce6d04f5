"""What trained networks answer at points of one's own, from the rows of numbers that the probe `parameters` leaves.

A record says how members did on their data; a decision map, or the image of a point in a hidden layer, needs the
networks themselves. `parameters` is all of them, and here they run again, forward only, all members at once, without
jax. Nothing is trained here: gradients are in `seedbed.reference.network`, trainings in `seedbed.reference.train`.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from seedbed.errors import PartError, SpecError
from seedbed.reference.activations import ACTIVATIONS
from seedbed.reference.layers import concatenate
from seedbed.reference.models import network_for
from seedbed.reference.network import Network, Weights
from seedbed.reference.options import numbers
from seedbed.reference.portions import in_portions
from seedbed.reference.twin import Array
from seedbed.vocabulary import Part, find

AT_ONCE = 200_000  # numbers in the widest layer of the members that `replay` runs together: they stay near the caches


def replay(
    model: Any, parameters: ArrayLike, inputs: ArrayLike, *, units: int | Sequence[int] = 1,
    output: Any = "identity",
) -> Array:  # fmt: skip
    """The answers `(..., point, unit)` of members with these `parameters` `(..., parameter)` at the same inputs.

    y_hat = g(W_L f(... f(W_1 x + b_1) ...) + b_L). `inputs` are `(point, feature)`, for a cnn `(point, [channel,]
    height, width)`. `units` are the widths of the heads, which stand in a row in the answer. `output` is g, behind the
    last layer: "sigmoid" where a question leaves it to its labels; for classes the largest raw score decides. Leading
    axes of `parameters` (members, settings, steps) are kept, and a row with NaN answers NaN. In double precision: an
    engine that trains in single precision agrees to about six digits. Members run in portions, so memory is that of
    the answer.

    Raises: SpecError for rows of a wrong length; PartError for models with functions of one's own, or with learned
    slopes, which the probe does not record.

    >>> two = replay("neuron", [[1.0, 2.0, 0.5], [0.0, 0.0, -1.0]], [[1.0, 1.0], [0.0, 3.0]])
    >>> two[..., 0].tolist()
    [[3.5, 6.5], [-1.0, -1.0]]
    """
    points, rows = np.asarray(inputs, np.float64), np.asarray(parameters, np.float64)
    network = _network(model, points, units)
    flat = _rows(network, rows)

    answers = np.empty((len(flat), len(points), sum(network.units)))

    def fill(some: np.ndarray) -> None:
        answers[some] = deque(_layers(network, _weights(network, flat[some]), points), maxlen=1).pop()

    in_portions(fill, np.arange(len(flat)), AT_ONCE // (len(points) * _widest(network)))
    return _behind(output, answers).reshape(*rows.shape[:-1], *answers.shape[1:])


def replay_layers(
    model: Any, parameters: ArrayLike, inputs: ArrayLike, *, units: int | Sequence[int] = 1,
    output: Any = "identity",
) -> list[Array]:  # fmt: skip
    """What every hidden layer says, activation applied, and last what `replay` returns.

    `(..., point, unit)` each, of a convolution `(..., point, channel, height, width)`. All of it is in memory at once.

    >>> hidden, answer = replay_layers("mlp([1], 'relu')", [1.0, 1.0, -1.5, 2.0, 0.25], [[1.0, 1.0], [0.0, 1.0]])
    >>> hidden[:, 0].tolist(), answer[:, 0].tolist()
    ([0.5, 0.0], [1.25, 0.25])
    """
    points, rows = np.asarray(inputs, np.float64), np.asarray(parameters, np.float64)
    network = _network(model, points, units)
    *hidden, answers = _layers(network, _weights(network, _rows(network, rows)), points)
    return [layer.reshape(*rows.shape[:-1], *layer.shape[1:]) for layer in (*hidden, _behind(output, answers))]


def _network(model: Any, points: Array, units: int | Sequence[int]) -> Network:
    """The network of a model for these inputs. Raises PartError where `parameters` does not hold all of it."""
    part = find("model", model)
    inner = dict(part.options).get("activation")
    for one in (part, inner):
        if isinstance(one, Part) and one.function is not None:
            raise PartError(f'only named parts can be replayed, got your own {one.kind} "{one.name}"; run it in jax')
    if isinstance(inner, Part) and ACTIVATIONS[inner.name].learned:
        raise PartError(f"{inner.name} learns its slope, which the probe parameters leaves out; take leaky_relu")
    if points.ndim < 2:
        raise SpecError(f"inputs to replay are one row per point, got an array of shape {points.shape}; add an axis")
    return network_for(part, points.shape[1:], [units] if isinstance(units, int) else list(units))


def _shapes(network: Network) -> list[dict[str, tuple[int, ...]]]:
    """The shapes of the weights of every step, as the network keeps them."""
    trial = np.random.default_rng(0)  # a step tells its shapes by drawing them
    return [{name: array.shape for name, array in step.start(None, trial).items()} for step in network.steps]


def _rows(network: Network, rows: Array) -> Array:
    """Parameters as `(member, parameter)`. Raises SpecError where the length of a row is not the network's."""
    wanted = sum(int(np.prod(shape)) for step in _shapes(network) for shape in step.values())
    if rows.ndim < 1 or rows.shape[-1] != wanted:
        raise SpecError(
            f"this network has {wanted} weights and biases, got rows of {rows.shape[-1] if rows.ndim else 'no'} "
            "numbers; give the parameters of this very model, and inputs of its data"
        )
    return rows.reshape(-1, wanted)


def _weights(network: Network, rows: Array) -> Weights:
    """Rows `(member, parameter)` as the weights of the network's steps: layer by layer, unit after unit, then biases.

    A dense weight is `(unit, feature)` in the row and `(feature, unit)` in the network.
    """
    weights: list[dict[str, Array]] = []
    first = 0
    for step in _shapes(network):
        given: dict[str, Array] = {}
        for name in ("weight", "bias") if step else ():
            shape = step[name]
            dense = name == "weight" and len(shape) == 2
            last = first + int(np.prod(shape))
            part = rows[:, first:last].reshape(len(rows), *(shape[::-1] if dense else shape))
            given[name] = part.swapaxes(-1, -2) if dense else part
            first = last
        weights.append(given)
    return weights


def _layers(network: Network, weights: Weights, points: Array) -> Iterator[Array]:
    """What every activation says, `(member, point, ...)`, then the raw scores of all heads side by side."""
    x = points.reshape(len(points), *network.sees)
    with np.errstate(all="ignore"):  # a network that diverged overflows here once more
        for step, own in zip(network.trunk, weights, strict=False):
            x = step.value(x, own)
            if step.kind == "activation":
                yield x
        heads = zip(network.heads, weights[len(network.trunk) :], strict=True)
        yield concatenate([head.value(x, own) for head, own in heads])


def _behind(output: Any, scores: Array) -> Array:
    """Predictions of scores: the output activation applied."""
    part = find("activation", output)
    if part.function is not None or part.name not in ACTIVATIONS:
        raise PartError(f'only a named output can be replayed, got "{part.name}"; apply yours to the raw scores')
    return ACTIVATIONS[part.name].value(scores, **numbers(part))


def _widest(network: Network) -> int:
    """About how many numbers of one point the largest layer holds."""
    biases = [step["bias"][0] for step in _shapes(network) if step]
    return max(int(np.prod(network.sees)) * (max(biases) if len(network.sees) > 1 else 1), *biases)
