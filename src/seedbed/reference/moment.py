"""A moment of training: what the members say of a batch, how wrong that is, and the gradient of every weight.

This is the whole of backpropagation in one page: forward, loss, gradient of the loss, backward. It changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seedbed.reference.models import Draws, Weights, backward, forward
from seedbed.reference.task import Batch, Task
from seedbed.reference.twin import Array


@dataclass(frozen=True)
class Moment:
    """All members at one step.

    `weights` and `gradients` one dictionary per layer, member axis first; `score` `(member, example, unit)`;
    `measured` holds `train_loss`, `train_accuracy` ..., `(member,)` each.
    """

    weights: Weights
    score: Array
    measured: Mapping[str, Array]
    gradients: Sequence[Mapping[str, Array]]


def look(task: Task, weights: Weights, batch: Batch, drawn: Draws = ()) -> Moment:
    """Evaluate the members on a training batch.

    With examples e of a batch of n: loss = (1/n) sum_e L_e, or sum_e L_e, by the loss's reduction; the gradient of
    the score follows through the output activation where the loss is a function of the prediction.
    """
    score, kept = forward(task.network, weights, batch.x, drawn)
    said = score if task.on_score else task.output.value(score)
    upstream = share(task, batch) * task.loss.gradient(said, batch.labels)
    if not task.on_score:
        upstream = task.output.pullback(score, upstream)
    measured = {f"train_{name}": value for name, value in judge(task, score, batch).items()}
    return Moment(weights, score, measured, backward(task.network, weights, kept, upstream))


def look_at_test(task: Task, weights: Weights) -> dict[str, Array]:
    """Loss and metrics on the test split, `test_loss` and so on; nothing where there is none. Nothing is drawn."""
    if task.test is None:
        return {}
    score, _ = forward(task.network, weights, task.test.x)
    return {f"test_{name}": value for name, value in judge(task, score, task.test).items()}


def judge(task: Task, score: Array, batch: Batch) -> dict[str, Array]:
    """The loss and the metrics of scores on a batch, `(member,)` each."""
    prediction = task.output.value(score)
    per_example = task.loss.value(score if task.on_score else prediction, batch.labels)
    metrics = {name: metric(score, prediction, batch.truth).mean(axis=-1) for name, metric in task.metrics.items()}
    return {"loss": share(task, batch) * per_example.sum(axis=-1), **metrics}


def share(task: Task, batch: Batch) -> float:
    """What one example counts in the loss of a batch of n: 1/n in a mean, 1 in a sum."""
    return 1 / batch.x.shape[-2] if task.reduction == "mean" else 1.0


def all_finite(weights: Weights) -> np.ndarray:
    """Which members have finite weights only, `(member,)`."""
    arrays = [array.reshape(len(array), -1) for layer in weights for array in layer.values()]
    return np.all(np.isfinite(np.concatenate(arrays, axis=-1)), axis=-1)
