"""Gradients the slow, obvious way."""

import numpy as np

from seedbed import vocabulary
from seedbed.reference.models import numbers


def default_options(name: str) -> dict[str, float]:
    return numbers(vocabulary.find("activation", name))


def differences(f, at: np.ndarray, h: float = 1e-6) -> np.ndarray:
    """Central differences of a number-valued f with respect to every entry of `at`."""
    gradient = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (f(up) - f(down)) / (2 * h)
    return gradient


def away_from_kinks(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.05, 3, shape)
