"""One network in NumPy, forward and backward by hand. Also what the C++ loop is checked against."""

from typing import Any

import numpy as np

from benchmarks.problem import RATE, images, microseconds, weights

Weights = dict[str, np.ndarray]


def train(w: Weights, x: np.ndarray, y: np.ndarray, steps: int) -> tuple[Weights, float, float]:
    """Weights after some steps, with loss and accuracy of the last step."""
    w1, b1, w2, b2 = (w[name].copy() for name in ("w1", "b1", "w2", "b2"))
    loss = accuracy = np.float32(np.nan)
    for _ in range(steps):
        before = x @ w1.T + b1
        hidden = np.maximum(before, 0)
        score = hidden @ w2.T + b2
        prediction = 1 / (1 + np.exp(-score))
        loss = np.mean(np.maximum(score, 0) - y * score + np.log1p(np.exp(-np.abs(score))))
        accuracy = np.mean((prediction > 0.5) == (y > 0.5))
        error = (prediction - y) / len(x)
        upstream = (error @ w2) * (before > 0)
        w2 -= RATE * error.T @ hidden
        b2 -= RATE * error.sum(0)
        w1 -= RATE * upstream.T @ x
        b1 -= RATE * upstream.sum(0)
    return {"w1": w1, "b1": b1, "w2": w2, "b2": b2}, float(loss), float(accuracy)


def measure(steps: int) -> dict[str, Any]:
    """Time the loop."""
    x, y = images()
    w = {name: value[0] for name, value in weights(1).items()}
    return microseconds(lambda: train(w, x, y, steps), steps)
