"""A moment of training: what the members say of a batch, how wrong that is, and the gradient of every weight.

This is the whole of backpropagation in one page: forward, loss, gradient of the loss, backward. It changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seedbed.reference.models import Draws, Weights, backward, forward
from seedbed.reference.task import Task
from seedbed.reference.twin import Array


@dataclass(frozen=True)
class Batch:
    """Examples of one step: `x` `([member,] example, feature)`, `truth` and `labels` `([member,] example, unit)`."""

    x: Array
    truth: Array
    labels: Array


@dataclass(frozen=True)
class Moment:
    """All members at one step.

    `weights` and `gradients` one dictionary per layer, member axis first; `score` `(member, example, unit)`;
    `measured` holds `train_loss` and the metrics, `(member,)` each.
    """

    weights: Weights
    score: Array
    measured: Mapping[str, Array]
    gradients: Sequence[Mapping[str, Array]]


def look(task: Task, weights: Weights, batch: Batch, drawn: Draws = ()) -> Moment:
    """Evaluate the members on a batch.

    With examples e of a batch of n: loss = (1/n) sum_e L_e, or sum_e L_e, by the loss's reduction; the gradient of
    the score follows through the output activation where the loss is a function of the prediction.
    """
    score, kept = forward(task.network, weights, batch.x, drawn)
    prediction = task.output.value(score)
    said = score if task.on_score else prediction
    per_example = task.loss.value(said, batch.labels)
    share = 1 / per_example.shape[-1] if task.reduction == "mean" else 1.0
    upstream = share * task.loss.gradient(said, batch.labels)
    if not task.on_score:
        upstream = task.output.pullback(score, upstream)
    metrics = {name: metric(score, prediction, batch.truth).mean(axis=-1) for name, metric in task.metrics.items()}
    measured = {"train_loss": share * per_example.sum(axis=-1), **metrics}
    return Moment(weights, score, measured, backward(task.network, weights, kept, upstream))


def all_finite(weights: Weights) -> np.ndarray:
    """Which members have finite weights only, `(member,)`."""
    arrays = [array.reshape(len(array), -1) for layer in weights for array in layer.values()]
    return np.all(np.isfinite(np.concatenate(arrays, axis=-1)), axis=-1)
