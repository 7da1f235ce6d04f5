"""Initial draws once more, in plain NumPy: `f(rng, (*space, in, out), **numbers)` gives one array of weights, or the
pair (weights, biases).

A dense weight has no space: its shape is `(fan_in, fan_out)`, so that a layer is x @ w + b. That of a convolution is
drawn as `(a, b, in, out)`. The laws and their sources stand in `seedbed.vocabulary.initializers`; these draws follow
the same laws as `seedbed.parts`, from other random numbers.
"""

import math

import numpy as np
from jaxtyping import Float

Weight = Float[np.ndarray, "*space into out"]
Shape = tuple[int, ...]


def fans(shape: Shape) -> tuple[int, int]:
    """(fan_in, fan_out): how many numbers one unit sees, and how many units see one number (borders left aside).

    >>> fans((7, 7, 16, 8))
    (784, 392)
    """
    *space, into, out = shape
    return into * math.prod(space), out * math.prod(space)


def constant(rng: np.random.Generator, shape: Shape, value: float) -> Weight:  # noqa: ARG001
    """Every weight equals `value`."""
    return np.full(shape, value)


def zeros(rng: np.random.Generator, shape: Shape) -> Weight:  # noqa: ARG001
    """Every weight is 0."""
    return np.zeros(shape)


def normal(rng: np.random.Generator, shape: Shape, std: float) -> Weight:
    """w ~ N(0, std^2)."""
    return std * rng.standard_normal(shape)


def truncated_normal(rng: np.random.Generator, shape: Shape, std: float) -> Weight:
    """w ~ N(0, std^2), redrawn until |w| <= 2 std: literally so."""
    w = rng.standard_normal(shape)
    while np.any(outside := np.abs(w) > 2):
        w[outside] = rng.standard_normal(outside.sum())
    return std * w


def uniform(rng: np.random.Generator, shape: Shape, bound: float) -> Weight:
    """w ~ U(-bound, bound)."""
    return rng.uniform(-bound, bound, shape)


def glorot_normal(rng: np.random.Generator, shape: Shape, gain: float = 1.0) -> Weight:
    """Var w = 2 gain^2 / (fan_in + fan_out): between what keeps the signal and what keeps the gradient at its size."""
    return normal(rng, shape, gain * np.sqrt(2 / sum(fans(shape))))


def glorot_uniform(rng: np.random.Generator, shape: Shape, gain: float = 1.0) -> Weight:
    """The same variance from U(-r, r), whose variance is r^2 / 3: r = gain sqrt(6 / (fan_in + fan_out))."""
    return uniform(rng, shape, gain * np.sqrt(6 / sum(fans(shape))))


def he_normal(rng: np.random.Generator, shape: Shape, gain: float = 1.0) -> Weight:
    """Var w = 2 gain^2 / fan_in: the 2 makes up for the half of the signal that a rectifier cuts off."""
    return normal(rng, shape, gain * np.sqrt(2 / fans(shape)[0]))


def he_uniform(rng: np.random.Generator, shape: Shape, gain: float = 1.0) -> Weight:
    """The same variance from U(-r, r): r = gain sqrt(6 / fan_in)."""
    return uniform(rng, shape, gain * np.sqrt(6 / fans(shape)[0]))


def lecun_normal(rng: np.random.Generator, shape: Shape, gain: float = 1.0) -> Weight:
    """Var w = gain^2 / fan_in: a sum over fan_in inputs of variance 1 has variance gain^2."""
    return normal(rng, shape, gain / np.sqrt(fans(shape)[0]))


def lecun_uniform(rng: np.random.Generator, shape: Shape, gain: float = 1.0) -> Weight:
    """The same variance from U(-r, r): r = gain sqrt(3 / fan_in)."""
    return uniform(rng, shape, gain * np.sqrt(3 / fans(shape)[0]))


def orthogonal(rng: np.random.Generator, shape: Shape, gain: float = 1.0) -> Weight:
    """The matrix (fan_in, out) is gain Q with orthonormal columns (rows, where fan_in < out), uniform among all such.

    Q is the orthogonal factor of a normal matrix. A QR factorization is unique only up to the sign of each column;
    choosing a positive diagonal of R makes Q uniform. Source: Mezzadri 2007, How to generate random matrices.
    """
    into, out = fans(shape)[0], shape[-1]
    q, r = np.linalg.qr(rng.standard_normal((max(into, out), min(into, out))))
    q = q * np.sign(np.diagonal(r))
    return gain * (q if into >= out else q.T).reshape(shape)


def rai(rng: np.random.Generator, shape: Shape, gain: float = 0.6007) -> tuple[Weight, Float[np.ndarray, " out"]]:
    """Unit by unit: its weights and its bias in a row ~ N(0, gain^2 / fan_in), then one of the row ~ Beta(2, 1)."""
    into, out = fans(shape)[0], shape[-1]
    rows = gain / np.sqrt(into) * rng.standard_normal((out, into + 1))
    for row in rows:
        row[rng.integers(into + 1)] = rng.beta(2, 1)
    return rows[:, :-1].T.reshape(shape), rows[:, -1]


INITIALIZERS = {
    "constant": constant,
    "zeros": zeros,
    "normal": normal,
    "truncated_normal": truncated_normal,
    "uniform": uniform,
    "glorot_normal": glorot_normal,
    "glorot_uniform": glorot_uniform,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "lecun_normal": lecun_normal,
    "lecun_uniform": lecun_uniform,
    "orthogonal": orthogonal,
    "rai": rai,
}
