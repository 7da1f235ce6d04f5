"""Losses once more, in plain NumPy, with gradients worked out by hand.

A loss takes what the model says and what is true, both of shape `(..., example, unit)`, and gives one number per
example, `(..., example)`. Its gradient, `(..., example, unit)`, is with respect to the first argument: the score z for
the names in `seedbed.vocabulary.losses.ON_SCORE`, the prediction y_hat for the others. Class labels come one-hot.
How the examples of a batch are combined (mean or sum) is not decided here but in `seedbed.reference.evaluation`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import expit, logsumexp

from seedbed.reference.activations import softmax

Units = Float[np.ndarray, "... example unit"]
Examples = Float[np.ndarray, "... example"]


@dataclass(frozen=True)
class Loss:
    """The value per example, `value(said, true, **dials)`, and its `gradient` with respect to what was said."""

    value: Callable[..., Examples]
    gradient: Callable[..., Units]


def l2(y_hat: Units, y: Units) -> Examples:
    """L = sum_u (y_hat_u - y_u)^2."""
    return np.sum((y_hat - y) ** 2, axis=-1)


def l2_gradient(y_hat: Units, y: Units) -> Units:
    """dL/dy_hat_u = 2 (y_hat_u - y_u)."""
    return 2 * (y_hat - y)


def mse(y_hat: Units, y: Units) -> Examples:
    """L = (1/U) sum_u (y_hat_u - y_u)^2 over the U output units."""
    return np.mean((y_hat - y) ** 2, axis=-1)


def mse_gradient(y_hat: Units, y: Units) -> Units:
    """dL/dy_hat_u = 2 (y_hat_u - y_u) / U."""
    return 2 * (y_hat - y) / y_hat.shape[-1]


def mae(y_hat: Units, y: Units) -> Examples:
    """L = (1/U) sum_u |y_hat_u - y_u| over the U output units."""
    return np.mean(np.abs(y_hat - y), axis=-1)


def mae_gradient(y_hat: Units, y: Units) -> Units:
    """dL/dy_hat_u = sign(y_hat_u - y_u) / U, and 0 where they agree."""
    return np.sign(y_hat - y) / y_hat.shape[-1]


def cross_entropy(z: Units, y: Units) -> Examples:
    """L = sum_u -(y log s + (1 - y) log(1 - s)) with s = sigmoid(z), y in [0, 1].

    Since log s = -log(1 + exp(-z)) and log(1 - s) = -z + log s, L = max(z, 0) - y z + log(1 + exp(-|z|)) per unit:
    no exponent is ever positive.

    >>> cross_entropy(np.zeros((1, 1)), np.full((1, 1), 0.5)).round(6).tolist()  # log 2
    [0.693147]
    """
    return np.sum(np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z))), axis=-1)


def cross_entropy_gradient(z: Units, y: Units) -> Units:
    """dL/dz = s - y: the slope s (1 - s) of the sigmoid cancels against the 1/s and 1/(1 - s) of the logarithms."""
    return expit(z) - y


def softmax_cross_entropy(z: Units, y: Units) -> Examples:
    """L = -log softmax(z)[true class] = log sum_c exp(z_c) - sum_c y_c z_c, for one-hot y."""
    return logsumexp(z, axis=-1) - np.sum(y * z, axis=-1)


def softmax_cross_entropy_gradient(z: Units, y: Units) -> Units:
    """dL/dz_c = softmax(z)_c - y_c."""
    return softmax(z) - y


def perceptron(z: Units, y: Units) -> Examples:
    """L = sum_u max(0, -y_u z_u), y in {-1, 1}."""
    return hinge(z, y, margin=0.0)


def perceptron_gradient(z: Units, y: Units) -> Units:
    """dL/dz = -y where y z < 0, else 0. So a net whose scores are all 0 never starts to learn."""
    return hinge_gradient(z, y, margin=0.0)


def hinge(z: Units, y: Units, margin: float = 1.0) -> Examples:
    """L = sum_u max(0, margin - y_u z_u), y in {-1, 1}."""
    return np.sum(np.maximum(0, margin - y * z), axis=-1)


def hinge_gradient(z: Units, y: Units, margin: float = 1.0) -> Units:
    """dL/dz = -y where y z < margin, else 0."""
    return np.where(y * z < margin, -y, 0.0)


def signs(y: Units) -> Units:
    """Labels {0, 1} or {-1, 1} as {-1, 1}: what `perceptron` and `hinge` compare the score with."""
    return np.where(y > 0, 1.0, -1.0)


def loss_for(name: str, target: str) -> Loss:
    """The loss of this name for targets of this kind, "binary", "sign", "real" or "classes"; see `resolve.FITTING`."""
    return SOFTMAX if (name, target) == ("cross_entropy", "classes") else LOSSES[name]


SOFTMAX = Loss(softmax_cross_entropy, softmax_cross_entropy_gradient)
LOSSES = {
    "l2": Loss(l2, l2_gradient),
    "mse": Loss(mse, mse_gradient),
    "mae": Loss(mae, mae_gradient),
    "cross_entropy": Loss(cross_entropy, cross_entropy_gradient),
    "perceptron": Loss(perceptron, perceptron_gradient),
    "hinge": Loss(hinge, hinge_gradient),
}
