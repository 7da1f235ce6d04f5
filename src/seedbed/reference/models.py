"""Models once more, in plain NumPy: a chain of dense layers, its forward pass and its backward pass.

`neuron` and `mlp` describe a network; `initial_weights` draws it; `forward` computes its score and keeps what
`backward` needs. The score is the raw output: the output activation and the loss are `seedbed.reference.moment`'s.
Weights are one dictionary per layer with "weight" `(..., fan_in, fan_out)`, "bias" `(..., fan_out)`, and, where the
activation learns one, "slope" `(..., 1)`. Leading axes are members.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seedbed.errors import PartError
from seedbed.reference.activations import ACTIVATIONS
from seedbed.reference.initializers import INITIALIZERS
from seedbed.reference.layers import (
    Features,
    Scores,
    dense,
    dense_bias_pullback,
    dense_input_pullback,
    dense_weight_pullback,
)
from seedbed.reference.twin import Array
from seedbed.vocabulary import Part
from seedbed.vocabulary.part import Dial

Weights = Sequence[Mapping[str, Array]]
Draws = Sequence[Mapping[str, Array]]


@dataclass(frozen=True)
class Network:
    """Dense layers of the given (fan_in, fan_out), with `activation` after each but the last."""

    shapes: tuple[tuple[int, int], ...]
    activation: str = "identity"
    options: Mapping[str, float] = field(default_factory=dict)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers: "1 dense", "2 dense", ..."""
        return tuple(f"{number} dense" for number in range(1, len(self.shapes) + 1))


@dataclass(frozen=True)
class Kept:
    """What the backward pass needs of one layer: its input, its score, and the options of its activation."""

    x: Features
    z: Scores
    options: Mapping[str, Any]


def neuron(features: int, units: int) -> Network:
    """A single linear layer: z = w . x + b."""
    return Network(((features, units),))


def mlp(
    features: int,
    units: int,
    hidden: Sequence[int],
    activation: str = "relu",
    options: Mapping[str, float] | None = None,
) -> Network:
    """Hidden layers of the given widths, then a linear layer; `crelu` doubles what the next layer sees.

    >>> mlp(16, 1, [4]).shapes
    ((16, 4), (4, 1))
    """
    seen = [width * (2 if activation == "crelu" else 1) for width in hidden]
    return Network(tuple(zip([features, *seen], [*hidden, units], strict=True)), activation, options or {})


def network_for(model: Part, features: int, units: int) -> Network:
    """The network that a part of kind "model" describes, for data with this many features and output units."""
    if model.name == "neuron":
        return neuron(features, units)
    if model.name == "mlp":
        activation = model["activation"]
        return mlp(features, units, model["hidden"], activation.name, numbers(activation))
    raise PartError(f'the reference engine knows {", ".join(MODELS)}, got the model "{model.name}"; use --engine jax')


def numbers(part: Part) -> dict[str, Any]:
    """The options of a part as plain keyword arguments, dials as their numbers."""
    return {name: value.value if isinstance(value, Dial) else value for name, value in part.options}


def initial_weights(network: Network, initializer: Part | None, rng: np.random.Generator) -> Weights:
    """Draw one network, layer by layer, weight before bias.

    Without an initializer every weight and bias is U(-1/sqrt(fan_in), 1/sqrt(fan_in)).
    """
    weights: list[dict[str, Array]] = []
    for shape in network.shapes:
        if initializer is None:
            bound = 1 / np.sqrt(shape[0])
            weight, bias = rng.uniform(-bound, bound, shape), rng.uniform(-bound, bound, shape[1])
        else:
            dials = numbers(initializer)
            bias = np.full(shape[1], dials.pop("bias"))
            weight = INITIALIZERS[initializer.name](rng, shape, **dials)
        weights.append({"weight": weight, "bias": bias})
    for layer in weights[:-1]:
        layer |= {name: np.full(1, network.options[name]) for name in ACTIVATIONS[network.activation].learned}
    return weights


def draws(network: Network, examples: int, rng: np.random.Generator) -> Draws:
    """What the activation draws anew at a training step, per hidden layer: `rrelu` draws one slope per number."""
    drawn = ACTIVATIONS[network.activation].drawn
    hidden = [(examples, width) for _, width in network.shapes[:-1]]
    return [{name: draw(rng, shape, **network.options) for name, draw in drawn.items()} for shape in hidden]


def forward(network: Network, weights: Weights, x: Features, drawn: Draws = ()) -> tuple[Scores, list[Kept]]:
    """From the input to the score: z_1 = x w_1 + b_1, x_2 = f(z_1), z_2 = x_2 w_2 + b_2, ...; and what to keep.

    Without `drawn` the network is in evaluation, where a random activation takes its mean.
    """
    twin = ACTIVATIONS[network.activation]
    kept: list[Kept] = []
    for number, layer in enumerate(weights):
        z = dense(x, layer["weight"], layer["bias"])
        if number == len(weights) - 1:
            return z, [*kept, Kept(x, z, {})]
        learned = {name: layer[name][..., np.newaxis] for name in twin.learned}
        options = {**network.options, **learned, **(drawn[number] if drawn else {})}
        kept.append(Kept(x, z, options))
        x = twin.value(z, **options)
    raise PartError("a network needs at least one layer, got none; give it one")


def backward(network: Network, weights: Weights, kept: Sequence[Kept], upstream: Scores) -> list[dict[str, Array]]:
    """The gradient of every weight, from the gradient of the score: the chain rule, last layer first."""
    twin = ACTIVATIONS[network.activation]
    last = len(weights) - 1
    gradients: list[dict[str, Array]] = []
    for number in range(last, -1, -1):
        here, gradient = kept[number], dict[str, Array]()
        if number < last:
            # Here upstream is the gradient of this layer's activated output, which was the next layer's input.
            upstream = dense_input_pullback(weights[number + 1]["weight"], upstream)
            gradient |= {name: pull(here.z, upstream) for name, pull in twin.learned.items()}
            upstream = twin.pullback(here.z, upstream, **here.options)
        gradient["weight"] = dense_weight_pullback(here.x, upstream)
        gradient["bias"] = dense_bias_pullback(upstream)
        gradients.append(gradient)
    return gradients[::-1]


MODELS = {"neuron": neuron, "mlp": mlp}
