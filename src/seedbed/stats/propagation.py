"""How a signal passes a deep net of random weights: what infinitely wide layers predict of it.

With independent weights of mean 0 and deviation s, zero biases and a fan-in of n, a unit of the next layer is given
z ~ N(0, q) for an example whose activations have mean square m, q = n s^2 m; so m of the next layer is E f(z)^2.
Backward, dL/dz of a layer has the mean square of the next one times N s^2 E f'(z)^2, N being the fan-out.
Source: Glorot, Bengio 2010; He et al. 2015; Poole et al. 2016, Exponential expressivity in deep neural networks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from seedbed.errors import StatsError
from seedbed.reference.activations import ACTIVATIONS

NODES = 200  # of the Gauss-Hermite rule; an even number, for none may lie on the kink at 0


@dataclass(frozen=True)
class Propagation:
    """For each hidden layer: mean and deviation of its activations, and the root mean square of dL/dz over the last's.

    Over all units and examples. `backward` ends with 1; it takes what comes back to the last layer to be equally large
    for all examples.
    """

    mean: Float[np.ndarray, " hidden"]
    std: Float[np.ndarray, " hidden"]
    backward: Float[np.ndarray, " hidden"]


def propagation(
    activation: str, deviations: Sequence[float], fans: Sequence[tuple[int, int]],
    mean_squares: Float[np.ndarray, " example"],
) -> Propagation:  # fmt: skip
    """What to expect of hidden layers behind weights with these deviations and (fan-in, fan-out).

    `mean_squares` is the mean square of each example's inputs. The activation is one by name, elementwise, with its
    default options.

    Raises: StatsError for another activation, or other numbers of deviations and fans.

    >>> he = propagation("relu", [(2 / 100) ** 0.5] * 2, [(100, 100)] * 2, np.ones(1))
    >>> (he.mean**2 + he.std**2).round(3).tolist(), he.backward.round(3).tolist()
    ([1.0, 1.0], [1.0, 1.0])
    """
    if activation not in ACTIVATIONS or ACTIVATIONS[activation].learned or ACTIVATIONS[activation].drawn:
        raise StatsError(f'nothing is predicted for the activation "{activation}"; take an elementwise one by name')
    if len(deviations) != len(fans):
        raise StatsError(f"each deviation belongs to a layer, got {len(deviations)} for {len(fans)}; give as many")
    twin = ACTIVATIONS[activation]
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    square = np.asarray(mean_squares, float)
    means, squares, slopes = [], [], []
    for deviation, (fan_in, _) in zip(deviations, fans, strict=True):
        z = np.sqrt(fan_in * deviation**2 * square)[:, None] * nodes
        a, slope = twin.value(z), twin.pullback(z, np.ones_like(z))
        square = a**2 @ weights
        means.append((a @ weights).mean())
        squares.append(square.mean())
        slopes.append(slope**2 @ weights)
    gradient = [slopes[-1]]
    for layer in range(len(fans) - 2, -1, -1):
        gradient.insert(0, gradient[0] * fans[layer + 1][1] * deviations[layer + 1] ** 2 * slopes[layer])
    sizes, mean, mean_square = np.mean(gradient, axis=1), np.array(means), np.array(squares)
    backward = np.sqrt(np.divide(sizes, sizes[-1], out=np.zeros_like(sizes), where=sizes[-1] > 0))
    return Propagation(mean, np.sqrt(np.maximum(mean_square - mean**2, 0)), backward)
