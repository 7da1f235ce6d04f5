"""What the engine's automatic differentiation says of an output activation and a loss at given scores."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from seedbed.datasets.heads import Head, Kind
from seedbed.engine import naming
from seedbed.engine.judging import Judging
from seedbed.engine.schedules import dials_of
from seedbed.errors import PartError
from seedbed.resolve import goals_of
from seedbed.spec import Spec

MOST = 2**22  # numbers of Jacobians that are computed at once


def derivatives(spec: Spec, scores: np.ndarray, targets: np.ndarray, kind: Kind) -> dict[str, np.ndarray]:
    """Of scores (point, unit) and targets: `output`, its `jacobian` (point, unit, score), `loss`, its `gradient`.

    Everything in float32, by the functions that training uses; derivatives are with respect to the scores.
    """
    points, units = scores.shape
    to, at = _at(spec, units, kind)
    program, few = jax.jit(jax.vmap(at)), max(1, min(points, MOST // units**2))
    found: list[dict[str, np.ndarray]] = []
    for first in range(0, points, few):
        chosen = np.arange(first, first + few) % points  # the last lot is filled up, so that one program serves all
        part = program(jnp.asarray(scores[chosen], jnp.float32), jnp.asarray(targets[chosen], to))
        found.append({name: np.asarray(values)[: points - first] for name, values in part.items()})
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def own_name(spec: Spec, scores: np.ndarray, targets: np.ndarray, kind: Kind) -> str:
    """What a user's own functions compute here: the name of the traced program. Raises PartError, see `naming`."""

    def named() -> str:
        to, at = _at(spec, scores.shape[1], kind)
        shapes = jax.ShapeDtypeStruct(scores.shape[1:], jnp.float32), jax.ShapeDtypeStruct(targets.shape[1:], to)
        traced = jax.jit(at).trace(*shapes)
        naming.stays_inside(spec, traced)
        return naming.name_of(traced)

    first = named()
    naming.same_twice(spec, first, named())
    return first


def _at(spec: Spec, units: int, kind: Kind) -> tuple[Any, Callable[[Array, Array], dict[str, Array]]]:
    """The type of targets, and the function of one score and target."""
    judge = Judging(goals_of(spec, (Head("", kind, units),)))
    dials = dials_of(spec)
    to = jnp.int32 if kind == "classes" else jnp.float32

    def predict(score: Array) -> Array:
        return judge.predictions(score[:, None], dials)[:, 0]

    kept = jax.eval_shape(predict, jax.ShapeDtypeStruct((units,), jnp.float32)).shape  # a user's own may do anything
    if kept != (units,):
        raise PartError(f"an output activation keeps the shape {(units,)}, got {kept}; take another as the output")

    def loss(score: Array, target: Array) -> Array:
        return judge(score[:, None], target[..., None], dials)[0]

    def at(score: Array, target: Array) -> dict[str, Array]:
        value, gradient = jax.value_and_grad(loss)(score, target)
        return {"output": predict(score), "jacobian": jax.jacrev(predict)(score), "loss": value, "gradient": gradient}

    return to, at
