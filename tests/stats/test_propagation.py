"""The theory of wide layers against wide layers that were drawn, and against closed forms."""

import numpy as np
import pytest

from seedbed import stats
from seedbed.errors import StatsError
from seedbed.reference import ACTIVATIONS

WIDE = 400


@pytest.mark.parametrize(("activation", "std"), [("tanh", 0.07), ("sigmoid", 0.25), ("relu", 0.07)])
def test_theory_is_what_wide_layers_do(activation, std):
    """Forty nets of four layers, forward and (from a random gradient at the last) backward; about 1 % of noise."""
    rng = np.random.default_rng(11)
    twin, x = ACTIVATIONS[activation], rng.normal(0, [[0.5], [1.5]], (2, WIDE)).repeat(4, axis=0)
    squares, back = [], []
    for _ in range(40):
        a, forward, weights = x, [], []
        for _ in range(4):
            weights.append(rng.normal(0, std, (WIDE, WIDE)))
            z = a @ weights[-1]
            a = twin.value(z)
            forward.append((z, a))
        delta = twin.pullback(forward[-1][0], rng.normal(size=a.shape))
        sizes = [(delta**2).mean()]
        for layer in (2, 1, 0):
            delta = twin.pullback(forward[layer][0], delta @ weights[layer + 1].T)
            sizes.insert(0, (delta**2).mean())
        squares.append([(a**2).mean() for _, a in forward])
        back.append(sizes)
    found = stats.propagation(activation, [std] * 4, [(WIDE, WIDE)] * 4, (x**2).mean(axis=1))
    np.testing.assert_allclose(found.mean**2 + found.std**2, np.mean(squares, axis=0), rtol=0.04)
    measured = np.sqrt(np.mean(back, axis=0) / np.mean(back, axis=0)[-1])
    np.testing.assert_allclose(found.backward, measured, rtol=0.06)


def test_relu_halves_the_mean_square():
    """E max(0, z)^2 = q / 2 and E 1[z > 0] = 1/2; the mean of |z| / 2 is sqrt(q / (2 pi))."""
    found = stats.propagation("relu", [0.3, 0.2], [(10, 20), (20, 30)], np.array([2.0]))
    q1 = 10 * 0.09 * 2.0
    q2 = 20 * 0.04 * q1 / 2
    np.testing.assert_allclose(found.mean, np.sqrt(np.array([q1, q2]) / (2 * np.pi)), rtol=3e-3)
    np.testing.assert_allclose(found.mean**2 + found.std**2, [q1 / 2, q2 / 2], rtol=1e-3)
    np.testing.assert_allclose(found.backward, [np.sqrt(30 * 0.04 / 2), 1], rtol=1e-3)


@pytest.mark.parametrize("activation", ["softmax", "prelu", "rrelu"])
def test_what_is_not_known_is_refused(activation):
    with pytest.raises(StatsError, match="nothing is predicted"):
        stats.propagation(activation, [0.1], [(2, 2)], np.ones(1))
    with pytest.raises(StatsError, match="each deviation belongs to a layer"):
        stats.propagation("tanh", [0.1], [(2, 2)] * 2, np.ones(1))
