"""Update rules: `f(**dials)` gives an optax transformation that includes the learning rate.

The formulas, which are PyTorch's, stand in `seedbed.vocabulary.optimizers`; optax's rules are called here with the
arguments that make them equal, and `adagrad` is written out because optax's cannot be made so. Every dial may be
traced: build the transformation inside the compiled step, from the dials of one member, and no value recompiles it.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array

Number = float | Array


def sgd(learning_rate: Number, l2: Number | None = None) -> optax.GradientTransformation:
    """w <- w - learning_rate g."""
    return _with_rate((), learning_rate, l2)


def momentum(learning_rate: Number, momentum: Number = 0.9, l2: Number | None = None) -> optax.GradientTransformation:
    """v <- momentum v + g; w <- w - learning_rate v."""
    return _with_rate((optax.trace(momentum),), learning_rate, l2)


def nesterov(learning_rate: Number, momentum: Number = 0.9, l2: Number | None = None) -> optax.GradientTransformation:
    """v <- momentum v + g; w <- w - learning_rate (g + momentum v)."""
    return _with_rate((optax.trace(momentum, nesterov=True),), learning_rate, l2)


def adagrad(
    learning_rate: Number = 0.01, eps: Number = 1e-10, l2: Number | None = None
) -> optax.GradientTransformation:
    """s <- s + g^2; w <- w - learning_rate g / (sqrt(s) + eps)."""
    return _with_rate((_scale_by_summed_squares(eps),), learning_rate, l2)


def rmsprop(
    learning_rate: Number = 0.01, decay: Number = 0.99, eps: Number = 1e-8, l2: Number | None = None
) -> optax.GradientTransformation:
    """s <- decay s + (1 - decay) g^2; w <- w - learning_rate g / (sqrt(s) + eps)."""
    return _with_rate((optax.scale_by_rms(decay, eps, eps_in_sqrt=False),), learning_rate, l2)


def rmsprop_nesterov(
    learning_rate: Number = 0.01,
    decay: Number = 0.99,
    momentum: Number = 0.9,
    eps: Number = 1e-8,
    l2: Number | None = None,
) -> optax.GradientTransformation:
    """u = g / (sqrt(s) + eps), s as in rmsprop; v <- momentum v + u; w <- w - learning_rate (u + momentum v)."""
    rule = optax.chain(optax.scale_by_rms(decay, eps, eps_in_sqrt=False), optax.trace(momentum, nesterov=True))
    return _with_rate((rule,), learning_rate, l2)


def adadelta(
    learning_rate: Number = 1.0, decay: Number = 0.9, eps: Number = 1e-6, l2: Number | None = None
) -> optax.GradientTransformation:
    """u = g sqrt(d + eps) / sqrt(s + eps), s and d running means of g^2 and u^2; w <- w - learning_rate u."""
    return _with_rate((optax.scale_by_adadelta(decay, eps),), learning_rate, l2)


def adam(
    learning_rate: Number = 0.001,
    b1: Number = 0.9,
    b2: Number = 0.999,
    eps: Number = 1e-8,
    l2: Number | None = None,
) -> optax.GradientTransformation:
    """w <- w - learning_rate m' / (sqrt(s') + eps), m' and s' the bias-corrected running means of g and g^2."""
    return _with_rate((optax.scale_by_adam(b1, b2, eps),), learning_rate, l2)


def adamw(
    learning_rate: Number = 0.001, b1: Number = 0.9, b2: Number = 0.999, eps: Number = 1e-8,
    weight_decay: Number = 0.01, l2: Number | None = None,
) -> optax.GradientTransformation:  # fmt: skip
    """As adam, and w <- w - learning_rate weight_decay w beside it."""
    return _with_rate((optax.scale_by_adam(b1, b2, eps), optax.add_decayed_weights(weight_decay)), learning_rate, l2)


class SummedSquares(NamedTuple):
    """What `adagrad` remembers: the sum of the squared gradients so far."""

    s: Any


def _scale_by_summed_squares(eps: Number) -> optax.GradientTransformation:
    """g / (sqrt(s) + eps). optax.scale_by_rss adds eps inside the root, where 1e-10 acts like 1e-5 outside it."""

    def init(params: Any) -> SummedSquares:
        return SummedSquares(optax.tree.zeros_like(params))

    def update(updates: Any, state: Any, params: Any = None) -> tuple[Any, SummedSquares]:  # noqa: ARG001
        s = jax.tree.map(_add_square, state.s, updates)
        return jax.tree.map(partial(_over_root, eps=eps), updates, s), SummedSquares(s)

    return optax.GradientTransformation(init, update)


def _add_square(s: Array, g: Array) -> Array:
    return s + g**2


def _over_root(g: Array, s: Array, eps: Number) -> Array:
    return g / (jnp.sqrt(s) + eps)


def _with_rate(
    rules: Sequence[optax.GradientTransformation], learning_rate: Number, l2: Number | None
) -> optax.GradientTransformation:
    """Coupled weight decay where it is asked for, the rule, the rate; nothing stands in a chain that does nothing."""
    coupled = () if l2 is None else (optax.add_decayed_weights(l2),)
    chain = (*coupled, *rules, optax.scale_by_learning_rate(learning_rate))
    return chain[0] if len(chain) == 1 else optax.chain(*chain)


OPTIMIZERS = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "rmsprop_nesterov": rmsprop_nesterov,
    "adadelta": adadelta,
    "adam": adam,
    "adamw": adamw,
}
