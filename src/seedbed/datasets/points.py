"""Points of the line and of the plane with something to predict: small worlds whose truth is known everywhere.

A key is a `numpy.random.Generator`; names and options are checked in `vocabulary.data`. A test split is drawn after the
training points, by the same law: how many test points there are changes none of those to train on.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy import ndarray

Curve = Callable[[ndarray], ndarray]
CURVES: Mapping[str, Curve] = {
    "abs": np.abs,
    "x_sin_5x": lambda x: x * np.sin(5 * x),
    "step_sin_5x": lambda x: (x > 0) + 0.2 * np.sin(5 * x),
}
CORNERS = np.array([(0, 0), (0, 1), (1, 0), (1, 1)], float)
BLOBS = np.array([(1, 1), (1, -1), (-1, -1), (-1, 1)], float)  # in order; label 1 at the second and fourth
LARGEST = 512.0  # Eggholder's square reaches from -512 to 512 on both axes


def diagonal(rng: np.random.Generator, n: int, test: int) -> dict[str, Any]:
    """`n` points uniform in the unit square, +1 where x1 > x2 and -1 elsewhere; and `test` more.

    A draw of few points may hold one class only. Source: Dube, homework 2, problem 1.
    """

    def some(count: int) -> tuple[ndarray, ndarray]:
        points = rng.random((count, 2))
        return points, np.where(points[:, 0] > points[:, 1], 1.0, -1.0)

    return _with_test(some, n, test, "sign")


def curve(rng: np.random.Generator, n: int, formula: str, low: float, high: float) -> tuple[ndarray, ndarray, str]:
    """`n` numbers x uniform in [low, high] and what a function of `CURVES` says of them.

    |x|, x sin 5x, and 1 for x > 0 plus 0.2 sin 5x. Source: Lu, Shin, Su, Karniadakis 2020, Dying ReLU and
    initialization; the third could not be checked against the paper.
    """
    x = rng.uniform(low, high, (n, 1))
    return x, CURVES[formula](x), "real"


def corners(_: np.random.Generator) -> tuple[ndarray, ndarray, str]:
    """The four corners of the unit square, label 1 where exactly one coordinate is 1. Nothing is drawn."""
    return CORNERS.copy(), CORNERS.sum(axis=1) % 2, "binary"


def xor_blobs(rng: np.random.Generator, n: int, test: int, std: float) -> dict[str, Any]:
    """`n` points in four normal blobs about (1, 1), (1, -1), (-1, -1), (-1, 1), label 1 in the second and fourth.

    The blobs hold equally many points, the first ones one more where 4 does not divide `n`; their order is drawn.
    Source: EE449 homework 1 (2024), part 1.
    """

    def some(count: int) -> tuple[ndarray, ndarray]:
        blob = rng.permutation(np.arange(count) % len(BLOBS))
        return BLOBS[blob] + std * rng.standard_normal((count, 2)), (blob % 2).astype(float)

    return _with_test(some, n, test, "binary")


def circles(rng: np.random.Generator, n: int, test: int, radius: float, noise: float) -> dict[str, Any]:
    """`n` points on circles of radius 1 (label 0) and `radius` (label 1) about 0, angles uniform, plus normal noise.

    The circles hold equally many points, the outer one the odd one; their order is drawn.
    """

    def some(count: int) -> tuple[ndarray, ndarray]:
        label = rng.permutation(np.arange(count) % 2)
        angle, far = 2 * np.pi * rng.random(count), np.where(label == 1, radius, 1.0)
        return _around(rng, far, angle, noise), label.astype(float)

    return _with_test(some, n, test, "binary")


def spirals(rng: np.random.Generator, n: int, test: int, turns: float, noise: float) -> dict[str, Any]:
    """`n` points on two arms, at radius t and angle 2 pi turns t + pi label, t uniform in [0, 1], plus normal noise.

    The arms hold equally many points, the first the odd one; their order is drawn. Source: Lang and Witbrock 1988.
    """

    def some(count: int) -> tuple[ndarray, ndarray]:
        label = rng.permutation(np.arange(count) % 2)
        t = rng.random(count)
        return _around(rng, t, 2 * np.pi * turns * t + np.pi * label, noise), label.astype(float)

    return _with_test(some, n, test, "binary")


def eggholder(rng: np.random.Generator, n: int, test: int, noise: float, scale: float) -> dict[str, Any]:
    """`n` points uniform in the square, inputs divided by 512; `eggholder_of` them plus normal noise of that deviation.

    The noisy targets are divided by `scale`. Source: Dube, homework 2, problem 5.
    """

    def some(count: int) -> tuple[ndarray, ndarray]:
        points = rng.uniform(-LARGEST, LARGEST, (count, 2))
        return points / LARGEST, (eggholder_of(*points.T) + noise * rng.standard_normal(count)) / scale

    return _with_test(some, n, test, "real")


def eggholder_of(a: ndarray, b: ndarray) -> ndarray:
    """-(b + 47) sin sqrt|a/2 + b + 47| - a sin sqrt|a - b - 47|.

    >>> eggholder_of(np.array([512.0]), np.array([404.2319])).round(4).tolist()
    [-959.6407]
    """
    c = b + 47
    return -c * np.sin(np.sqrt(abs(a / 2 + c))) - a * np.sin(np.sqrt(abs(a - c)))


def _around(rng: np.random.Generator, radius: ndarray, angle: ndarray, noise: float) -> ndarray:
    """Points `(point, 2)` at polar coordinates, plus normal noise of that deviation."""
    exact = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return exact + noise * rng.standard_normal(exact.shape)


def _with_test(some: Callable[[int], tuple[ndarray, ndarray]], n: int, test: int, kind: str) -> dict[str, Any]:
    """`n` examples to train on and, where any are asked for, `test` more, as keywords of `dataset`."""
    inputs, targets = some(n)
    found = {"inputs": inputs, "targets": targets, "target": kind}
    if not test:
        return found
    test_inputs, test_targets = some(test)
    return {**found, "test_inputs": test_inputs, "test_targets": test_targets}


# How names of `vocabulary.data` become arrays.
LAWS: Mapping[str, Callable[..., Any]] = {
    "diagonal": diagonal,
    "curve": curve,
    "corners": corners,
    "xor_blobs": xor_blobs,
    "circles": circles,
    "spirals": spirals,
    "eggholder": eggholder,
}
