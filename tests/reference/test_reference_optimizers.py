"""Every update rule against its formula, written out once more for one number on a quadratic."""

import math

import numpy as np
import pytest

from seedbed import vocabulary
from seedbed.reference import OPTIMIZERS
from seedbed.reference.options import numbers

CURVATURE, STEPS = 3.0, 12


def sgd(w, lr=0.1):
    for _ in range(STEPS):
        w = w - lr * CURVATURE * w
        yield w


def momentum(w, lr=0.1, mu=0.8):
    v = 0.0
    for _ in range(STEPS):
        v = mu * v + CURVATURE * w
        w = w - lr * v
        yield w


def nesterov(w, lr=0.1, mu=0.8):
    v = 0.0
    for _ in range(STEPS):
        g = CURVATURE * w
        v = mu * v + g
        w = w - lr * (g + mu * v)
        yield w


def adagrad(w, lr=0.1, eps=0.01):
    s = 0.0
    for _ in range(STEPS):
        g = CURVATURE * w
        s = s + g * g
        w = w - lr * g / (math.sqrt(s) + eps)
        yield w


def rmsprop(w, lr=0.1, rho=0.7, eps=0.01):
    s = 0.0
    for _ in range(STEPS):
        g = CURVATURE * w
        s = rho * s + (1 - rho) * g * g
        w = w - lr * g / (math.sqrt(s) + eps)
        yield w


def rmsprop_nesterov(w, lr=0.1, rho=0.7, mu=0.8, eps=0.01):
    s = v = 0.0
    for _ in range(STEPS):
        g = CURVATURE * w
        s = rho * s + (1 - rho) * g * g
        u = g / (math.sqrt(s) + eps)
        v = mu * v + u
        w = w - lr * (u + mu * v)
        yield w


def adadelta(w, lr=0.1, rho=0.7, eps=0.01):
    s = d = 0.0
    for _ in range(STEPS):
        g = CURVATURE * w
        s = rho * s + (1 - rho) * g * g
        u = math.sqrt(d + eps) / math.sqrt(s + eps) * g
        d = rho * d + (1 - rho) * u * u
        w = w - lr * u
        yield w


def adam(w, lr=0.1, b1=0.6, b2=0.7, eps=0.01):
    m = s = 0.0
    for t in range(1, STEPS + 1):
        g = CURVATURE * w
        m = b1 * m + (1 - b1) * g
        s = b2 * s + (1 - b2) * g * g
        w = w - lr * (m / (1 - b1**t)) / (math.sqrt(s / (1 - b2**t)) + eps)
        yield w


def adamw(w, lr=0.1, b1=0.6, b2=0.7, eps=0.01, decay=0.2):
    m = s = 0.0
    for t in range(1, STEPS + 1):
        g = CURVATURE * w
        m = b1 * m + (1 - b1) * g
        s = b2 * s + (1 - b2) * g * g
        w = w - lr * decay * w - lr * (m / (1 - b1**t)) / (math.sqrt(s / (1 - b2**t)) + eps)
        yield w


WRITTEN_OUT = {
    "sgd": (sgd, {}),
    "momentum": (momentum, {"momentum": 0.8}),
    "nesterov": (nesterov, {"momentum": 0.8}),
    "adagrad": (adagrad, {"eps": 0.01}),
    "rmsprop": (rmsprop, {"decay": 0.7, "eps": 0.01}),
    "rmsprop_nesterov": (rmsprop_nesterov, {"decay": 0.7, "momentum": 0.8, "eps": 0.01}),
    "adadelta": (adadelta, {"decay": 0.7, "eps": 0.01}),
    "adam": (adam, {"b1": 0.6, "b2": 0.7, "eps": 0.01}),
    "adamw": (adamw, {"b1": 0.6, "b2": 0.7, "eps": 0.01, "weight_decay": 0.2}),
}


def path(name: str, start: np.ndarray, **dials: float) -> list[np.ndarray]:
    rule, w = OPTIMIZERS[name], start
    opt_state, visited = rule.start(w), []
    for step in range(1, STEPS + 1):
        update, opt_state = rule.step(w, CURVATURE * w, opt_state, step, **dials)
        w = w + update
        visited.append(w)
    return visited


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_path_on_a_quadratic(name):
    written_out, dials = WRITTEN_OUT[name]
    start = np.array([1.5, -0.2])
    expected = np.transpose([list(written_out(float(w))) for w in start])
    np.testing.assert_allclose(path(name, start, learning_rate=0.1, **dials), expected, rtol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_defaults_are_those_of_the_vocabulary(name):
    """The function's own defaults give the same path as the dials that the vocabulary spells out."""
    dials = numbers(vocabulary.find("optimizer", f"{name}(learning_rate=0.05)"))
    start, decay = np.array([1.0]), {key: dials[key] for key in ("weight_decay",) if key in dials}
    np.testing.assert_array_equal(path(name, start, **dials), path(name, start, learning_rate=0.05, **decay))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_l2_stands_in_the_gradient(name):
    """A weight that is pulled by l2 alone goes the way of a quadratic of that curvature."""
    _, dials = WRITTEN_OUT[name]
    rule, w = OPTIMIZERS[name], np.array([1.5, -0.2])
    opt_state = rule.start(w)
    for step, expected in enumerate(path(name, w, learning_rate=0.1, **dials), start=1):
        update, opt_state = rule.step(w, 0 * w, opt_state, step, l2=CURVATURE, learning_rate=0.1, **dials)
        w = w + update
        np.testing.assert_allclose(w, expected, rtol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_nothing_is_changed_in_place(name):
    rule, gradient = OPTIMIZERS[name], np.array([1.0, -2.0])
    opt_state = rule.start(gradient)
    assert set(opt_state) == set(rule.remembers)
    _, after = rule.update(gradient, opt_state, 1, learning_rate=0.1)
    assert set(after) == set(opt_state)
    assert all((opt_state[part] == 0).all() for part in opt_state)
    np.testing.assert_array_equal(gradient, [1.0, -2.0])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_gradient_no_step(name):
    rule, gradient = OPTIMIZERS[name], np.zeros(3)
    update, _ = rule.update(gradient, rule.start(gradient), 1, learning_rate=0.1)
    np.testing.assert_array_equal(update, np.zeros(3))
