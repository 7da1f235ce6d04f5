"""Softmax and its cross-entropy with their derivatives: exactly, by differences, and as the sheet writes them.

Scores are (point, class) and labels (point,) everywhere; a Jacobian is (point, output, score).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

WIDTH = 1e-5  # of a central difference, to either side
NORMAL = float(np.finfo(np.float32).tiny)  # smaller numbers lose digits in single precision, or are flushed to 0
LAWS = ("row_sum", "asymmetry", "eigenvalue", "gradient_sum")
KINDS = (
    "ordinary: N(0, 1)",
    "wide: N(0, 30²)",
    "ties: whole numbers 0 to 2",
    "shifted by ±10,000",
    "one ahead by 1 to 10,000",
    "±10,000 each",
    "up to the limits of float32",
    "all near 0: N(0, 1) × 1e-30",
)


def scores_of(kind: str, rng: np.random.Generator, count: int, classes: int) -> np.ndarray:
    """Scores of one kind, in single precision."""
    plain = rng.standard_normal((count, classes))
    ahead = 10.0 ** rng.uniform(0, 4, (count, 1)) * np.eye(classes)[rng.integers(0, classes, count)]
    largest = 0.999 * float(np.finfo(np.float32).max)
    made = (
        plain,
        30 * plain,
        rng.integers(0, 3, (count, classes)),
        plain + rng.choice([-1e4, 1e4], (count, 1)),
        plain + ahead,
        plain + rng.choice([-1e4, 1e4], (count, classes)),
        rng.choice([-largest, largest], (count, classes)) * 10.0 ** -rng.uniform(0, 8, (count, classes)),
        1e-30 * plain,
    )
    return made[KINDS.index(kind)].astype(np.float32)


def exact(scores: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Output, Jacobian, loss and gradient by the identities, in double precision.

    1 - o_i is summed over the other classes, so no two numbers that are nearly equal are subtracted.
    """
    z, points = scores.astype(float), np.arange(len(scores))
    grown = np.exp(z - z.max(axis=1, keepdims=True))
    o = grown / grown.sum(axis=1, keepdims=True)
    one = np.eye(z.shape[1])
    rest = o @ (1 - one)
    others = np.where(one[labels] == 1, -np.inf, z - z[points, labels][:, None])  # how far each is above the true class
    most = np.maximum(others.max(axis=1), 0)
    small = np.exp(others - most[:, None]).sum(axis=1)
    loss = most + np.where(most > 0, np.log(np.exp(-most) + small), np.log1p(small))
    jacobian = one * (o * rest)[:, :, None] - (1 - one) * o[:, :, None] * o[:, None, :]
    return {"output": o, "jacobian": jacobian, "loss": loss, "gradient": o * (1 - one[labels]) - rest * one[labels]}


def central(scores: np.ndarray, labels: np.ndarray, width: float = WIDTH, dtype: Any = float) -> dict[str, np.ndarray]:
    """Central differences of softmax and of its cross-entropy, computed with the largest score taken off first."""
    z, count = scores.astype(dtype), scores.shape[1]
    jacobian, gradient = np.empty((*z.shape, count)), np.empty(z.shape)
    for at in range(count):
        sides = [z + dtype(side * width) * np.eye(count, dtype=dtype)[at] for side in (1, -1)]
        (o_up, l_up), (o_down, l_down) = (stable(side, labels) for side in sides)
        jacobian[:, :, at], gradient[:, at] = (o_up - o_down) / (2 * width), (l_up - l_down) / (2 * width)
    return {"jacobian": jacobian, "gradient": gradient}


def stable(z: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Softmax and cross-entropy with the largest score taken off."""
    low = z - z.max(axis=1, keepdims=True)
    total = np.exp(low).sum(axis=1, keepdims=True)
    return np.exp(low) / total, (np.log(total) - low[np.arange(len(z)), labels][:, None])[:, 0]


def naive(z: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Softmax and cross-entropy as the sheet writes them, in the precision of z."""
    with np.errstate(all="ignore"):  # which is what is to be shown
        o = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        return o, -np.log(o[np.arange(len(z)), labels])


def worst(found: np.ndarray, true: np.ndarray) -> dict[str, Any]:
    """The largest errors: absolute, and relative where the true value is a normal number of single precision."""
    error = np.abs(found - true)
    counts = np.abs(true) >= NORMAL
    relative = np.divide(error, np.abs(true), out=np.zeros_like(error), where=counts)
    absolute_at, relative_at = (np.unravel_index(int(one.argmax()), one.shape) for one in (error, relative))
    return {
        "absolute": float(error[absolute_at]),
        "relative": float(relative[relative_at]),
        "absolute_at": [int(one) for one in absolute_at],
        "relative_at": [int(one) for one in relative_at],
        "true": float(true[relative_at]),
        "found": float(found[relative_at]),
        "finite": bool(np.isfinite(found).all()),
        "numbers": int(true.size),
    }


def laws_of(jacobian: np.ndarray, gradient: np.ndarray) -> dict[str, float]:
    """Largest sum of a row and asymmetry, least eigenvalue of the Jacobians, largest sum of a gradient."""
    few = jacobian[:: max(1, jacobian.shape[1] // 10)]  # eigenvalues of large matrices take their time
    found = (
        np.abs(jacobian.sum(axis=2)).max(),
        np.abs(jacobian - jacobian.transpose(0, 2, 1)).max(),
        np.linalg.eigvalsh((few + few.transpose(0, 2, 1)) / 2).min(),
        np.abs(gradient.sum(axis=1)).max(),
    )
    return dict(zip(LAWS, map(float, found), strict=True))


def last_finite(good: Callable[[float], bool], low: float = 1.0, high: float = 2_000.0) -> float:
    """The last c at which `good` holds, by bisection to 1e-6."""
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if good(middle) else (low, middle)
    return low
