"""A network in plain NumPy: a chain of steps, the trunk, and one dense layer for each head; forward and backward.

`seedbed.reference.models` describes networks; `initial_weights` draws one; `forward` computes its scores and keeps what
`backward` needs. The scores of all heads stand side by side, raw: output activation and loss belong to
`seedbed.reference.evaluation`. Weights are one dictionary per step, those of the heads last; a step that learns nothing
has an empty one. Leading axes are members.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from seedbed.reference.layers import Scores, concatenate, concatenate_pullback
from seedbed.reference.steps import Given, Step, dense_step
from seedbed.reference.twin import Array
from seedbed.vocabulary import Part

Weights = Sequence[Mapping[str, Array]]
Draws = Sequence[Mapping[str, Array]]


@dataclass(frozen=True)
class Network:
    """Steps in a row for examples of shape `sees`; what they compute, `features` numbers, feeds every head.

    `units` are the widths of the heads, `bias` says whether they have one.
    """

    sees: tuple[int, ...]
    trunk: tuple[Step, ...]
    features: int
    units: tuple[int, ...]
    bias: bool = True

    @cached_property
    def heads(self) -> tuple[Step, ...]:
        """The last layers: one for each head, next to one another."""
        return tuple(dense_step(self.features, units, self.bias) for units in self.units)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps in the order of their weights."""
        return (*self.trunk, *self.heads)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, which are the steps with a weight: "1 conv2d", "2 dense", ..."""
        kinds = [kind for step in self.steps for kind in step.layers]
        return tuple(f"{number} {kind}" for number, kind in enumerate(kinds, start=1))

    @property
    def hidden(self) -> tuple[str, ...]:
        """Names of the activations between the layers: "hidden 1", "hidden 2", ..."""
        return tuple(f"hidden {number}" for number in range(1, len(self.active) + 1))

    @property
    def active(self) -> tuple[int, ...]:
        """Which steps of the trunk are activations."""
        return tuple(number for number, step in enumerate(self.trunk) if step.kind == "activation")


@dataclass(frozen=True)
class Kept:
    """What the backward pass needs of one step: its input, its weights and what it drew."""

    x: Array
    given: Given


def initial_weights(network: Network, initializer: Part | None, rng: np.random.Generator) -> Weights:
    """Draw one network, step by step, weight before bias."""
    return [step.start(initializer, rng) for step in network.steps]


def draws(network: Network, examples: int, rng: np.random.Generator) -> Draws:
    """What is drawn anew at a training step, per step of the chain: `rrelu` draws one slope per number."""
    return [step.noise(rng, examples) for step in network.steps]


def forward(network: Network, weights: Weights, x: Array, drawn: Draws = ()) -> tuple[Scores, list[Kept]]:
    """From examples to scores: x_2 = f_1(x_1), x_3 = f_2(x_2), ..., then every head on the same x; and what to keep.

    Without `drawn` the network is in evaluation, where a random activation takes its mean.
    """
    given = [{**own, **(drawn[number] if drawn else {})} for number, own in enumerate(weights)]
    kept: list[Kept] = []
    for step, own in zip(network.trunk, given, strict=False):
        kept.append(Kept(x, own))
        x = step.value(x, own)
    kept += [Kept(x, own) for own in given[len(network.trunk) :]]
    last = zip(network.heads, kept[len(network.trunk) :], strict=True)
    return concatenate([head.value(here.x, here.given) for head, here in last]), kept


def backward(network: Network, kept: Sequence[Kept], upstream: Scores) -> list[dict[str, Array]]:
    """The gradient of every weight, from the gradient of the scores: the chain rule, last step first.

    Where the heads part, their gradients add up: the trunk answers for all of them.
    """
    trunk, fed = len(network.trunk), concatenate_pullback(upstream, network.units)
    heads = list(zip(network.heads, kept[trunk:], fed, strict=True))
    gradients = [gradient_of(head, here, part) for head, here, part in heads]
    if trunk == 0:
        return gradients
    upstream = np.sum([head.pullback(here.x, here.given, part) for head, here, part in heads], axis=0)
    for number in range(trunk - 1, -1, -1):
        step, here = network.trunk[number], kept[number]
        gradients.insert(0, gradient_of(step, here, upstream))
        if number > 0:  # the input of the first step is data: nobody asks for its gradient
            upstream = step.pullback(here.x, here.given, upstream)
    return gradients


def carried(network: Network, kept: Sequence[Kept]) -> list[dict[str, Array]]:
    """The state of every step after the batch that passed: the running averages of batch norm."""
    return [step.carried(here.x, here.given) for step, here in zip(network.steps, kept, strict=True)]


def signals(network: Network, kept: Sequence[Kept], upstream: Scores) -> tuple[list[Array], list[Array], list[Array]]:
    """What passes each activation of the trunk: its result a going forward, dL/dz of its input z going back, and z."""
    fed = concatenate_pullback(upstream, network.units)
    heads = zip(network.heads, kept[len(network.trunk) :], fed, strict=True)
    back = np.sum([head.pullback(here.x, here.given, part) for head, here, part in heads], axis=0)
    backward: dict[int, Array] = {}
    for number in reversed(range(len(network.trunk))):
        back = network.trunk[number].pullback(kept[number].x, kept[number].given, back)
        backward[number] = back
    forward = [network.trunk[number].value(kept[number].x, kept[number].given) for number in network.active]
    chosen = network.active
    return forward, [backward[number] for number in chosen], [kept[number].x for number in chosen]


def judged(network: Network, weights: Weights, x: Array) -> list[Array]:
    """The result of each activation as the network is judged: nothing drawn, batch norm with its running averages."""
    _, kept = forward(network, weights, x)
    return [network.trunk[number].value(kept[number].x, kept[number].given) for number in network.active]


def estimated(network: Network, weights: Weights, x: Array) -> list[dict[str, Array]]:
    """The running averages of every step as this batch alone gives them, with nothing dropped.

    An average r moves to (1 - m) r + m b. From 0 that gives m b, from 1 it gives 1 - m + m b; both give b.
    """
    marks = [
        {name: array for name, array in noise.items() if name.rpartition(".")[2] == "batch"}
        for noise in draws(network, x.shape[-1 - len(network.sees)], np.random.default_rng(0))
    ]

    def moved(start: float) -> list[dict[str, Array]]:
        begun = [
            {name: np.full_like(array, start) if ".running" in f".{name}" else array for name, array in own.items()}
            for own in weights
        ]
        return carried(network, forward(network, begun, x, marks)[1])

    return [
        {name: zero[name] / (1 - (one[name] - zero[name])) for name in zero}
        for zero, one in zip(moved(0.0), moved(1.0), strict=True)
    ]


def gradient_of(step: Step, here: Kept, upstream: Array) -> dict[str, Array]:
    """The gradient of every weight of one step."""
    return {name: pullback(here.x, here.given, upstream) for name, pullback in step.weights.items()}
