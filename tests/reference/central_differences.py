"""Gradients the slow, obvious way."""

import numpy as np

from seedbed import vocabulary
from seedbed.reference.options import numbers


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


def weights_by_differences(f, weights) -> list[dict[str, np.ndarray]]:
    """Central differences of a number-valued f of the weights of a network, with respect to every one of them."""

    def with_part(n, part, at):
        return [{**own, part: at} if k == n else own for k, own in enumerate(weights)]

    return [
        {part: differences(lambda at, n=n, part=part: f(with_part(n, part, at)), layer[part]) for part in layer}
        for n, layer in enumerate(weights)
    ]


def slopes_agree(gradients, f, weights, atol: float = 1e-8, h: float = 1e-5) -> None:
    """Each gradient against the slope of f along three random directions: what whole nets have the time for."""
    rng = np.random.default_rng(20)
    for n, part in [(n, part) for n, layer in enumerate(weights) for part in layer for _ in range(3)]:
        along = rng.standard_normal(weights[n][part].shape)

        def outcome(t, n=n, part=part, along=along):
            return f([{**own, part: own[part] + t * along} if k == n else own for k, own in enumerate(weights)])

        slope = (outcome(h) - outcome(-h)) / (2 * h)
        np.testing.assert_allclose(np.sum(gradients[n][part] * along), slope, atol=atol, rtol=1e-6)


def gradients_agree(ours, expected, atol: float = 1e-7) -> None:
    """The same gradients of the same weights, step by step of a network."""
    assert [set(layer) for layer in ours] == [set(layer) for layer in expected]
    for one, other in zip(ours, expected, strict=True):
        for part in one:
            np.testing.assert_allclose(one[part], other[part], atol=atol)


def away_from_kinks(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.05, 3, shape)
