"""Update rules once more, in plain NumPy: `(gradient, opt_state, step, **dials) -> (update, opt_state)`.

The update is ADDED to the weight: w <- w + update. `step` counts from 1. The memory is a mapping from the names in the
rule's row of the table to arrays shaped like the gradient, all zero before the first step. Nothing is changed in
place. The formulas, their sources and where other libraries differ stand in `seedbed.vocabulary.optimizers`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from seedbed.reference.twin import Array

OptState = Mapping[str, Array]
Step = tuple[Array, OptState]


@dataclass(frozen=True)
class Optimizer:
    """An update rule and the names of what it remembers from step to step."""

    update: Callable[..., Step]
    remembers: tuple[str, ...] = ()

    def start(self, weight: Array) -> OptState:
        """The memory before the first step: zeros."""
        return {name: np.zeros_like(weight) for name in self.remembers}

    def step(
        self,
        w: Array,
        g: Array,
        opt_state: OptState,
        step: int,
        l2: float = 0.0,
        weight_decay: float = 0.0,
        **dials: float,
    ) -> Step:
        """The update of a weight w with gradient g: the rule for g + l2 w, and -learning_rate weight_decay w beside it.

        >>> OPTIMIZERS["sgd"].step(np.ones(1), np.zeros(1), {}, 1, l2=0.5, learning_rate=0.1)[0].tolist()
        [-0.05]
        """
        update, after = self.update(g + l2 * w, opt_state, step, **dials)
        return (update - dials["learning_rate"] * weight_decay * w if weight_decay else update), after


def sgd(g: Array, opt_state: OptState, step: int, learning_rate: float) -> Step:  # noqa: ARG001
    """w <- w - learning_rate g."""
    return -learning_rate * g, opt_state


def momentum(g: Array, opt_state: OptState, step: int, learning_rate: float, momentum: float = 0.9) -> Step:  # noqa: ARG001
    """v <- momentum v + g; w <- w - learning_rate v."""
    v = momentum * opt_state["v"] + g
    return -learning_rate * v, {"v": v}


def nesterov(g: Array, opt_state: OptState, step: int, learning_rate: float, momentum: float = 0.9) -> Step:  # noqa: ARG001
    """v <- momentum v + g; w <- w - learning_rate (g + momentum v)."""
    v = momentum * opt_state["v"] + g
    return -learning_rate * (g + momentum * v), {"v": v}


def adagrad(g: Array, opt_state: OptState, step: int, learning_rate: float = 0.01, eps: float = 1e-10) -> Step:  # noqa: ARG001
    """s <- s + g^2; w <- w - learning_rate g / (sqrt(s) + eps)."""
    s = opt_state["s"] + g**2
    return -learning_rate * g / (np.sqrt(s) + eps), {"s": s}


def rmsprop(
    g: Array,
    opt_state: OptState,
    step: int,  # noqa: ARG001
    learning_rate: float = 0.01,
    decay: float = 0.99,
    eps: float = 1e-8,
) -> Step:
    """s <- decay s + (1 - decay) g^2; w <- w - learning_rate g / (sqrt(s) + eps)."""
    s = decay * opt_state["s"] + (1 - decay) * g**2
    return -learning_rate * g / (np.sqrt(s) + eps), {"s": s}


def rmsprop_nesterov(
    g: Array,
    opt_state: OptState,
    step: int,  # noqa: ARG001
    learning_rate: float = 0.01,
    decay: float = 0.99,
    momentum: float = 0.9,
    eps: float = 1e-8,
) -> Step:
    """s as in rmsprop; u = g / (sqrt(s) + eps); v <- momentum v + u; w <- w - learning_rate (u + momentum v)."""
    s = decay * opt_state["s"] + (1 - decay) * g**2
    u = g / (np.sqrt(s) + eps)
    v = momentum * opt_state["v"] + u
    return -learning_rate * (u + momentum * v), {"s": s, "v": v}


def adadelta(
    g: Array,
    opt_state: OptState,
    step: int,  # noqa: ARG001
    learning_rate: float = 1.0,
    decay: float = 0.9,
    eps: float = 1e-6,
) -> Step:
    """s <- decay s + (1 - decay) g^2; u = g sqrt(d + eps) / sqrt(s + eps); d <- decay d + (1 - decay) u^2.

    w <- w - learning_rate u: the past updates (d) over the past gradients (s) give the step its unit.
    """
    s = decay * opt_state["s"] + (1 - decay) * g**2
    u = g * np.sqrt(opt_state["d"] + eps) / np.sqrt(s + eps)
    d = decay * opt_state["d"] + (1 - decay) * u**2
    return -learning_rate * u, {"s": s, "d": d}


def adam(
    g: Array,
    opt_state: OptState,
    step: int,
    learning_rate: float = 0.001,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
) -> Step:
    """m <- b1 m + (1 - b1) g; s <- b2 s + (1 - b2) g^2; w <- w - learning_rate m' / (sqrt(s') + eps).

    m' = m / (1 - b1^t) and s' = s / (1 - b2^t) undo the pull towards the zeros that m and s started from.
    """
    m = b1 * opt_state["m"] + (1 - b1) * g
    s = b2 * opt_state["s"] + (1 - b2) * g**2
    m_fair, s_fair = m / (1 - b1**step), s / (1 - b2**step)
    return -learning_rate * m_fair / (np.sqrt(s_fair) + eps), {"m": m, "s": s}


OPTIMIZERS = {
    "sgd": Optimizer(sgd),
    "momentum": Optimizer(momentum, ("v",)),
    "nesterov": Optimizer(nesterov, ("v",)),
    "adagrad": Optimizer(adagrad, ("s",)),
    "rmsprop": Optimizer(rmsprop, ("s",)),
    "rmsprop_nesterov": Optimizer(rmsprop_nesterov, ("s", "v")),
    "adadelta": Optimizer(adadelta, ("s", "d")),
    "adam": Optimizer(adam, ("m", "s")),
    "adamw": Optimizer(adam, ("m", "s")),  # its weight_decay stands in `Optimizer.step`
}
