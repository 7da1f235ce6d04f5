"""Layers once more, in plain NumPy: the dense layer and its three pullbacks; flattening and joining, and theirs.

Examples are rows: x is `(..., example, feature)`, a weight `(..., feature, unit)`, a bias `(..., unit)`. Leading axes
broadcast, so one call serves one network or many: x without a member axis is shared by all members. Images have layers
of their own in `seedbed.reference.convolution` and `seedbed.reference.pooling`.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from seedbed.reference.twin import Array

Features = Float[np.ndarray, "... example feature"]
Scores = Float[np.ndarray, "... example unit"]
Weight = Float[np.ndarray, "... feature unit"]
Bias = Float[np.ndarray, "... unit"]


def dense(x: Features, w: Weight, b: Bias | None = None) -> Scores:
    """z = x w + b; per example and unit, z_eu = sum_f x_ef w_fu + b_u, the last term only where there is a bias.

    >>> dense(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0])).tolist()
    [[16.0]]
    """
    return x @ w if b is None else x @ w + b[..., np.newaxis, :]


def dense_weight_pullback(x: Features, upstream: Scores) -> Weight:
    """dL/dw_fu = sum_e x_ef upstream_eu, that is x^T upstream: examples are summed, for they share the weight."""
    return x.swapaxes(-1, -2) @ upstream


def dense_bias_pullback(upstream: Scores) -> Bias:
    """dL/db_u = sum_e upstream_eu."""
    return upstream.sum(axis=-2)


def dense_input_pullback(w: Weight, upstream: Scores) -> Features:
    """dL/dx_ef = sum_u upstream_eu w_fu, that is upstream w^T: a feature answers for every unit it feeds."""
    return upstream @ w.swapaxes(-1, -2)


def flatten(x: Array, axes: int = 3) -> Array:
    """The last `axes` axes as one, by default `(..., channel, height, width)` as `(..., feature)`; width runs fastest.

    >>> flatten(np.arange(8.0).reshape(1, 2, 2, 2)).tolist()
    [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]]
    """
    return x.reshape(*x.shape[: x.ndim - axes], -1)


def flatten_pullback(upstream: Array, shape: tuple[int, ...]) -> Array:
    """The same numbers in the shape they had, `(..., *shape)`: nothing was computed, only renamed."""
    return upstream.reshape(*upstream.shape[:-1], *shape)


def concatenate(parts: Sequence[Array], axis: int = -1) -> Array:
    """Parts side by side: scores of several heads along the units (axis -1), features along the channels (axis -3)."""
    return np.concatenate(parts, axis=axis)


def concatenate_pullback(upstream: Array, sizes: Sequence[int], axis: int = -1) -> list[Array]:
    """To each part the stretch of upstream that came of it; `sizes` are the parts' lengths along the axis.

    >>> [part.tolist() for part in concatenate_pullback(np.array([1.0, 2.0, 3.0]), (1, 2))]
    [[1.0], [2.0, 3.0]]
    """
    return np.split(upstream, np.cumsum(sizes)[:-1], axis=axis)
