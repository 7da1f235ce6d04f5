"""An output activation and a loss at given scores, in double precision, with derivatives found by hand."""

from typing import Any

import numpy as np

from seedbed.errors import PartError
from seedbed.reference.goals import Head, goals_for
from seedbed.spec import Spec


def derivatives(spec: Spec, scores: np.ndarray, targets: np.ndarray, kind: str) -> dict[str, np.ndarray]:
    """Of scores (point, unit) and targets: `output`, its `jacobian` (point, unit, score), `loss`, its `gradient`.

    A row of the Jacobian is the pullback of a unit vector; the gradient goes through the output where the loss does.
    """
    z = np.asarray(scores, np.float64)
    units = z.shape[1]
    (goal,) = goals_for(spec, (Head("", kind, units),))
    y = np.eye(units)[targets] if kind == "classes" else np.asarray(targets, np.float64).reshape(z.shape)
    output = goal.output.value(z)
    rows = [goal.output.pullback(z, np.broadcast_to(unit, z.shape)) for unit in np.eye(units)]
    if goal.on_score:
        loss, gradient = goal.loss.value(z, y), goal.loss.gradient(z, y)
    else:
        loss, gradient = goal.loss.value(output, y), goal.output.pullback(z, goal.loss.gradient(output, y))
    return {"output": output, "jacobian": np.stack(rows, axis=1), "loss": loss, "gradient": gradient}


def own_name(*_: Any) -> str:
    """Raise PartError: a user's own functions are differentiated by jax only."""
    raise PartError('the reference engine differentiates named functions only, got one of your own; use engine="jax"')
