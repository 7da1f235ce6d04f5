"""Metrics in jax, for one example. They are measured, never trained on.

What they give is summed over the examples of a split, slice by slice, and `finished` makes the split's value of the
sum: the mean over examples, or, where `RATES` has the name, a rate of counts.

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
    if kind == "classes":
        right = _is_first_largest(score, target)
    else:
        right = _same_side(*_sides(score, prediction, target, kind))
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


def counts(
    score: Float[Array, " unit"], prediction: Float[Array, " unit"], target: Array, kind: str
) -> Float[Array, "3 class"]:
    """Of every class, whether this example has it and is given it (TP), is given it, and has it (P): 0 or 1 each.

    Classes are those of the labels; of binary labels and signs, the positive one of every output, then the negative
    ones. A NaN is given no class. Raises: PartError where targets are real numbers.
    """
    if kind == "classes":
        unit = jnp.arange(score.size)
        given = jax.vmap(lambda label: _is_first_largest(score, label))(unit)
        true = unit == target
    else:
        above, below, positive = _sides(score, prediction, target, kind)
        given, true = jnp.concatenate([above, below]), jnp.concatenate([positive, ~positive])
    return jnp.stack([given & true, given, true]).astype(score.dtype)


def balanced_accuracy(found: Float[Array, "3 class"], kind: str) -> Float[Array, ""]:  # noqa: ARG001 - all rates alike
    """Mean of TP / P over the classes that occur, of binary labels over both."""
    both, _, true = found
    return _mean_where(true > 0, _ratio(both, true))


def precision(found: Float[Array, "3 class"], kind: str) -> Float[Array, ""]:
    """TP / given, 0 where none is given."""
    both, given, true = _positive(found, kind)
    return _mean_where((true > 0) | (kind != "classes"), _ratio(both, given))


def recall(found: Float[Array, "3 class"], kind: str) -> Float[Array, ""]:
    """TP / P."""
    both, _, true = _positive(found, kind)
    return _mean_where((true > 0) | (kind != "classes"), _ratio(both, true))


def f1(found: Float[Array, "3 class"], kind: str) -> Float[Array, ""]:
    """2 TP / (P + given)."""
    both, given, true = _positive(found, kind)
    return _mean_where((true > 0) | (kind != "classes"), _ratio(2 * both, true + given))


def finished(name: str, total: Array, examples: int | Array, kind: str) -> Float[Array, ""]:
    """The value of a metric on a split, from what its examples gave in sum; a user's own metric is a mean."""
    return RATES[name](total, kind) if name in RATES else total / examples


def _positive(found: Array, kind: str) -> Array:
    return found if kind == "classes" else found[:, : found.shape[1] // 2]


def _ratio(part: Array, whole: Array) -> Array:
    return part / jnp.maximum(whole, 1)  # of counts: where the whole is 0, so is the part


def _mean_where(chosen: Array, values: Array) -> Array:
    return jnp.sum(jnp.where(chosen, values, 0)) / jnp.maximum(jnp.sum(chosen), 1)


def _sides(score: Array, prediction: Array, target: Array, kind: str) -> tuple[Array, Array, Array]:
    """Of every output, whether it says the upper label, whether it says the lower one, and whether the upper is true.

    Raises: PartError where targets are real numbers.
    """
    if kind == "binary":
        return prediction > 0.5, prediction <= 0.5, target > 0.5
    if kind == "logit":
        return score > 0, score <= 0, target > 0.5
    if kind == "sign":
        return score > 0, score <= 0, target > 0
    raise PartError(
        f'accuracy needs targets that are labels, got targets of kind "{kind}"; take within or squared_error'
    )


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


RATES = {"balanced_accuracy": balanced_accuracy, "precision": precision, "recall": recall, "f1": f1}
METRICS = {"accuracy": accuracy, "within": within, "squared_error": squared_error, **dict.fromkeys(RATES, counts)}
