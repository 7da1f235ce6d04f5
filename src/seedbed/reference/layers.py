"""Layers once more, in plain NumPy: the dense layer and its three pullbacks.

Examples are rows: x is `(..., example, feature)`, a weight `(..., feature, unit)`, a bias `(..., unit)`. Leading axes
broadcast, so one call serves one network or many: x without a member axis is shared by all members.
"""

import numpy as np
from jaxtyping import Float

Features = Float[np.ndarray, "... example feature"]
Scores = Float[np.ndarray, "... example unit"]
Weight = Float[np.ndarray, "... feature unit"]
Bias = Float[np.ndarray, "... unit"]


def dense(x: Features, w: Weight, b: Bias) -> Scores:
    """z = x w + b; per example and unit, z_eu = sum_f x_ef w_fu + b_u.

    >>> dense(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), np.array([5.0])).tolist()
    [[16.0]]
    """
    return x @ w + b[..., np.newaxis, :]


def dense_weight_pullback(x: Features, upstream: Scores) -> Weight:
    """dL/dw_fu = sum_e x_ef upstream_eu, that is x^T upstream: examples are summed, for they share the weight."""
    return x.swapaxes(-1, -2) @ upstream


def dense_bias_pullback(upstream: Scores) -> Bias:
    """dL/db_u = sum_e upstream_eu."""
    return upstream.sum(axis=-2)


def dense_input_pullback(w: Weight, upstream: Scores) -> Features:
    """dL/dx_ef = sum_u upstream_eu w_fu, that is upstream w^T: a feature answers for every unit it feeds."""
    return upstream @ w.swapaxes(-1, -2)
