"""Batch norm and dropout once more, in plain NumPy, with hand-derived pullbacks.

x is `(..., example, unit)`; images `(..., example, channel, height, width)` are normalized after their places have been
moved among the examples, which `steps.batch_norm_step` does.
"""

import numpy as np

from seedbed.reference.layers import Bias, Features
from seedbed.reference.twin import Array

EPS = 1e-5


def batch_norm(x: Features, scale: Bias, shift: Bias) -> Features:
    """y = scale (x - m) / sqrt(v + 1e-5) + shift, with the mean m and variance v (dividing by n) of the examples.

    >>> batch_norm(np.array([[1.0], [3.0]]), np.ones(1), np.zeros(1)).round(3).tolist()
    [[-1.0], [1.0]]
    """
    return normalized(x) * scale[..., np.newaxis, :] + shift[..., np.newaxis, :]


def batch_norm_evaluated(x: Features, scale: Bias, shift: Bias, average: tuple[Bias, Bias]) -> Features:
    """y = scale (x - m) / sqrt(v + 1e-5) + shift, with running averages m and v.

    >>> one = np.ones(1)
    >>> batch_norm_evaluated(np.array([[1.0], [3.0]]), one, one, (one, one)).round(3).tolist()
    [[1.0], [3.0]]
    """
    mean, variance = (one[..., np.newaxis, :] for one in average)
    return (x - mean) / np.sqrt(variance + EPS) * scale[..., np.newaxis, :] + shift[..., np.newaxis, :]


def normalized(x: Features) -> Features:
    """h = (x - m) / sqrt(v + 1e-5) over the examples."""
    return (x - x.mean(axis=-2, keepdims=True)) / deviation(x)


def deviation(x: Features) -> Array:
    """sqrt(v + 1e-5) over the examples, which stay as an axis of length 1."""
    return np.sqrt(x.var(axis=-2, keepdims=True) + EPS)


def batch_norm_pullback(x: Features, scale: Bias, upstream: Features) -> Features:
    """dL/dx = scale / sqrt(v + 1e-5) (u - mean(u) - h mean(u h)), u the upstream: m and v answer for every example.

    Source: Ioffe, Szegedy 2015, section 3, simplified.
    """
    h = normalized(x)
    centered = upstream - upstream.mean(axis=-2, keepdims=True) - h * (upstream * h).mean(axis=-2, keepdims=True)
    return centered * scale[..., np.newaxis, :] / deviation(x)


def batch_norm_scale_pullback(x: Features, upstream: Features) -> Bias:
    """dL/dscale = sum over examples of u h."""
    return (upstream * normalized(x)).sum(axis=-2)


def batch_norm_shift_pullback(upstream: Features) -> Bias:
    """dL/dshift = sum over examples of u."""
    return upstream.sum(axis=-2)


def running(average: tuple[Bias, Bias], x: Features, momentum: float = 0.1) -> tuple[Bias, Bias]:
    """Averages of mean and variance after one more batch: r + momentum (batch - r), the variance dividing by n - 1."""
    mean, variance = average
    return mean + momentum * (x.mean(axis=-2) - mean), variance + momentum * (x.var(axis=-2, ddof=1) - variance)


def dropout(x: Array, kept: np.ndarray, rate: float) -> Array:
    """x / (1 - rate) where `kept`, else 0."""
    return np.where(kept, x / (1 - rate), 0)


def dropout_pullback(kept: np.ndarray, upstream: Array, rate: float) -> Array:
    """dL/dx = upstream / (1 - rate) where `kept`, else 0."""
    return np.where(kept, upstream / (1 - rate), 0)
