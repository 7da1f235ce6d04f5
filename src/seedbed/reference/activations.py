"""Activations once more, in plain NumPy, with derivatives worked out by hand.

Each name has a function f(z) and its derivative f'(z) as written on paper; the table `ACTIVATIONS` at the foot joins
them. z may have any axes. Only `crelu` and `softmax` see an axis: the last one, which holds the units.
Formulas and sources stand in `seedbed.vocabulary.activations`; the versions that train fast in `seedbed.parts`.
"""

from dataclasses import replace

import numpy as np
from scipy.special import expit, ndtr

from seedbed.reference.twin import Array, Twin, elementwise

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def identity(z: Array) -> Array:
    """f(z) = z."""
    return z


def identity_derivative(z: Array) -> Array:
    """f'(z) = 1."""
    return np.ones_like(z)


def sigmoid(z: Array) -> Array:
    """f(z) = 1 / (1 + exp(-z)), computed without overflow.

    >>> sigmoid(np.array([0.0, -800.0, 800.0])).tolist()
    [0.5, 0.0, 1.0]
    """
    return expit(z)


def sigmoid_derivative(z: Array) -> Array:
    """f' = f (1 - f), written as f(z) f(-z) so that 1 - f does not lose its digits for large z."""
    return expit(z) * expit(-z)


def tanh(z: Array) -> Array:
    """f(z) = tanh z."""
    return np.tanh(z)


def tanh_derivative(z: Array) -> Array:
    """f' = 1 - f^2."""
    return 1 - np.tanh(z) ** 2


def relu(z: Array) -> Array:
    """f(z) = max(0, z)."""
    return np.maximum(z, 0)


def relu_derivative(z: Array) -> Array:
    """f'(z) = 1 where z > 0, else 0; at the kink the value is a choice, here 0."""
    return (z > 0).astype(z.dtype)


def leaky_relu(z: Array, slope: float | Array = 0.01) -> Array:
    """f(z) = z where z > 0, else slope z."""
    return np.where(z > 0, z, slope * z)


def leaky_relu_derivative(z: Array, slope: float | Array = 0.01) -> Array:
    """f'(z) = 1 where z > 0, else slope."""
    return np.where(z > 0, 1.0, slope)


def prelu_slope_gradient(z: Array, upstream: Array) -> Array:
    """df/da = z where z <= 0, else 0; summed over examples and units, for they share the one slope: `(..., 1)`."""
    return np.sum(upstream * np.minimum(z, 0), axis=(-2, -1), keepdims=True)[..., 0]


def rrelu(z: Array, lower: float = 1 / 8, upper: float = 1 / 3, slope: Array | None = None) -> Array:
    """f(z) = z where z > 0, else a z; a is the drawn `slope` in training, (lower + upper) / 2 in evaluation."""
    return leaky_relu(z, (lower + upper) / 2 if slope is None else slope)


def rrelu_derivative(z: Array, lower: float = 1 / 8, upper: float = 1 / 3, slope: Array | None = None) -> Array:
    """f'(z) = 1 where z > 0, else a. The draw does not depend on z, so it is a constant here."""
    return leaky_relu_derivative(z, (lower + upper) / 2 if slope is None else slope)


def rrelu_slope(rng: np.random.Generator, shape: tuple[int, ...], lower: float = 1 / 8, upper: float = 1 / 3) -> Array:
    """One slope for every example and unit, a ~ U(lower, upper)."""
    return rng.uniform(lower, upper, shape)


def crelu(z: Array) -> Array:
    """f(z) = [max(0, z), max(0, -z)], joined along the LAST axis: `(..., unit)` becomes `(..., 2 unit)`."""
    return np.concatenate([relu(z), relu(-z)], axis=-1)


def crelu_pullback(z: Array, upstream: Array) -> Array:
    """The first half of upstream where z > 0, minus the second half where z < 0."""
    positive, negative = np.split(upstream, 2, axis=-1)
    return positive * relu_derivative(z) - negative * relu_derivative(-z)


def elu(z: Array, alpha: float = 1.0) -> Array:
    """f(z) = z where z > 0, else alpha (exp(z) - 1)."""
    # np.where computes both branches: min keeps exp of a large z from overflowing in the branch not taken.
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def elu_derivative(z: Array, alpha: float = 1.0) -> Array:
    """f'(z) = 1 where z > 0, else alpha exp(z)."""
    return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0)))


def selu(z: Array) -> Array:
    """f(z) = scale * elu(z), with the one alpha and scale that keep mean 0 and variance 1 from layer to layer."""
    return SELU_SCALE * elu(z, SELU_ALPHA)


def selu_derivative(z: Array) -> Array:
    """f'(z) = scale where z > 0, else scale alpha exp(z)."""
    return SELU_SCALE * elu_derivative(z, SELU_ALPHA)


def softplus(z: Array) -> Array:
    """f(z) = log(1 + exp(z)) = log(exp(0) + exp(z)), computed without overflow."""
    return np.logaddexp(0, z)


def softplus_derivative(z: Array) -> Array:
    """f'(z) = exp(z) / (1 + exp(z)) = sigmoid(z)."""
    return expit(z)


def gelu(z: Array) -> Array:
    """f(z) = z Phi(z)."""
    return z * ndtr(z)


def gelu_derivative(z: Array) -> Array:
    """f'(z) = Phi(z) + z phi(z), phi(z) = exp(-z^2 / 2) / sqrt(2 pi) the normal density."""
    return ndtr(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def silu(z: Array) -> Array:
    """f(z) = z s, s = sigmoid(z)."""
    return z * expit(z)


def silu_derivative(z: Array) -> Array:
    """f'(z) = s + z s (1 - s)."""
    return expit(z) + z * sigmoid_derivative(z)


def softmax(z: Array) -> Array:
    """f_i = exp(z_i) / sum_j exp(z_j) along the LAST axis; shifting z by its largest entry changes nothing."""
    grown = np.exp(z - z.max(axis=-1, keepdims=True))
    return grown / grown.sum(axis=-1, keepdims=True)


def softmax_pullback(z: Array, upstream: Array) -> Array:
    """df_i/dz_j = f_i (1[i = j] - f_j), hence f_j (upstream_j - sum_i upstream_i f_i)."""
    share = softmax(z)
    return share * (upstream - np.sum(upstream * share, axis=-1, keepdims=True))


ACTIVATIONS = {
    "identity": elementwise(identity, identity_derivative),
    "sigmoid": elementwise(sigmoid, sigmoid_derivative),
    "tanh": elementwise(tanh, tanh_derivative),
    "relu": elementwise(relu, relu_derivative),
    "leaky_relu": elementwise(leaky_relu, leaky_relu_derivative),
    "prelu": replace(elementwise(leaky_relu, leaky_relu_derivative), learned={"slope": prelu_slope_gradient}),
    "rrelu": replace(elementwise(rrelu, rrelu_derivative), drawn={"slope": rrelu_slope}),
    "crelu": Twin(crelu, crelu_pullback),
    "elu": elementwise(elu, elu_derivative),
    "selu": elementwise(selu, selu_derivative),
    "softplus": elementwise(softplus, softplus_derivative),
    "gelu": elementwise(gelu, gelu_derivative),
    "silu": elementwise(silu, silu_derivative),
}

OUTPUTS = {
    "binary": ACTIVATIONS["sigmoid"],
    "sign": ACTIVATIONS["identity"],
    "real": ACTIVATIONS["identity"],
    "classes": Twin(softmax, softmax_pullback),
}
