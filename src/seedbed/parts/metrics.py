"""Metrics in jax, for one example; a split's value is their mean over examples. They are measured, never trained on.

All have the signature `(score, prediction, target, kind, **options)`, `kind` being the kind of target: "binary",
"sign", "classes" or "real"; accuracy knows "logit" too, binary labels behind a sigmoid. Formulas stand in
`seedbed.vocabulary.metrics`. A NaN is never right.
"""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float

from seedbed.errors import PartError


def accuracy(
    score: Float[Array, " unit"], prediction: Float[Array, " unit"], target: Array, kind: str
) -> Float[Array, ""]:
    """1 for an example labelled rightly, else 0; with several binary outputs, all of them must be right.

    "binary": y_hat > 1/2; "logit": the same behind a sigmoid, told by z > 0 without computing y_hat; "sign": z > 0;
    "classes": the largest score, the first of equals. Raises: PartError where targets are real numbers.
    """
    if kind == "binary":
        right = _same_side(prediction > 0.5, prediction <= 0.5, target > 0.5)
    elif kind == "logit":
        right = _same_side(score > 0, score <= 0, target > 0.5)
    elif kind == "sign":
        right = _same_side(score > 0, score <= 0, target > 0)
    elif kind == "classes":
        right = _is_first_largest(score, target)
    else:
        raise PartError(
            f'accuracy needs targets that are labels, got targets of kind "{kind}"; take within or squared_error'
        )
    return right.astype(score.dtype)


def within(
    score: Float[Array, " unit"],
    prediction: Float[Array, " unit"],
    target: Array,
    kind: str,
    tolerance: ArrayLike = 0.5,
) -> Float[Array, ""]:
    """1 where |y_hat - y| < tolerance in every output unit, else 0; a class counts as its one-hot vector."""
    error = prediction - _per_unit(target, prediction, kind)
    return jnp.all(jnp.abs(error) < tolerance).astype(score.dtype)


def squared_error(
    score: Float[Array, " unit"],  # noqa: ARG001  (one signature for all metrics)
    prediction: Float[Array, " unit"],
    target: Array,
    kind: str,
) -> Float[Array, ""]:
    """Mean over output units of (y_hat - y)^2; a class counts as its one-hot vector."""
    return jnp.mean((prediction - _per_unit(target, prediction, kind)) ** 2)


def _same_side(above: Array, below: Array, true: Array) -> Bool[Array, ""]:
    # Both sides are told, for NaN is on neither; above == true would call it right for half the labels.
    return jnp.all(jnp.where(true, above, below))


def _is_first_largest(score: Array, label: Array) -> Bool[Array, ""]:
    """Whether argmax(score) is the label: comparisons instead of argmax, slow over members and fond of NaN."""
    unit = jnp.arange(score.size)
    own = jnp.sum(jnp.where(unit == label, score, 0))
    return jnp.all(jnp.where(unit < label, score < own, score <= own))


def _per_unit(target: Array, prediction: Array, kind: str) -> Array:
    return jax.nn.one_hot(target, prediction.size, dtype=prediction.dtype) if kind == "classes" else target


METRICS = {"accuracy": accuracy, "within": within, "squared_error": squared_error}
