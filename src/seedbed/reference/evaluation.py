"""One step, evaluated: what the members say of a batch, how wrong that is, and the gradient of every weight.

This is the whole of backpropagation in one page: forward, loss, gradient of the loss, backward. It changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from seedbed.reference.goals import Goal
from seedbed.reference.layers import concatenate
from seedbed.reference.metrics import finished
from seedbed.reference.network import Draws, Weights, backward, carried, estimated, forward, judged, signals
from seedbed.reference.task import Batch, Task
from seedbed.reference.twin import Array


@dataclass(frozen=True)
class ProbeContext:
    """All members at one step.

    `weights`, `gradients` and `updates` one dictionary per step of the network, member axis first; `score` and
    `prediction` `(member, example, unit)`, all heads side by side; `measured` holds `train_loss`, `train_accuracy` ...,
    `(member,)` each, or `batch_loss` ... where the batch is not judged as the split would be. `signals()` is what
    passes the activations, forward and backward, and their inputs, `(member, example, ...)` each; `carried` the state
    of each step after the batch. `judged()` are the activations as the network is judged, `estimated()` the state that
    the batch alone would give. `of_part(examples)` are the gradients of the mean loss of some of the batch's examples,
    and `at_once` is how many of them are a micro-batch.
    """

    weights: Weights
    score: Array
    loss: Array
    prediction: Array
    measured: Mapping[str, Array]
    gradients: Sequence[Mapping[str, Array]]
    signals: Callable[[], tuple[list[Array], list[Array], list[Array]]]
    carried: Sequence[Mapping[str, Array]] = ()
    updates: Sequence[Mapping[str, Array]] = ()
    judged: Callable[[], list[Array]] = list
    estimated: Callable[[], list[dict[str, Array]]] = list
    of_part: Callable[[slice], Sequence[Mapping[str, Array]]] = lambda _: ()
    at_once: int = 0


def look(task: Task, weights: Weights, batch: Batch, drawn: Draws = ()) -> ProbeContext:
    """Evaluate the members on a training batch.

    With heads h and examples e of a batch of n: loss = sum_h weight_h loss_h, where loss_h = (1/n) sum_e L_he, or
    sum_e L_he, by the reduction of the head's loss. The gradient of a head's own layer is multiplied by its rate.
    """
    score, kept = forward(task.network, weights, batch.x, drawn)
    prediction = predict(task, score)
    upstream = concatenate([goal.weight * slope(goal, score, prediction, batch) for goal in task.goals])
    gradients = backward(task.network, kept, upstream)
    first = len(gradients) - len(task.goals)
    for number, goal in enumerate(task.goals, start=first):
        gradients[number] = {name: goal.rate * gradient for name, gradient in gradients[number].items()}
    measures = judge(task, score, prediction, batch)
    measured = {f"{task.resolved.step}_{name}": value for name, value in measures.items()}
    passed = partial(signals, task.network, kept, upstream)
    return ProbeContext(
        weights, score, measures["loss"], prediction, measured, gradients, passed, carried(task.network, kept),
        judged=partial(judged, task.network, weights, batch.x),
        estimated=partial(estimated, task.network, weights, batch.x),
        of_part=lambda examples: look(task, weights, batch.part(examples), part_of(drawn, examples, batch)).gradients,
    )  # fmt: skip


def part_of(drawn: Draws, examples: slice, batch: Batch) -> Draws:
    """What was drawn for some of a batch's examples; what was drawn once for all of them stays."""
    return [
        {name: own[:, examples] if own.shape[1] == batch.examples else own for name, own in layer.items()}
        for layer in drawn
    ]


def predict(task: Task, score: Array) -> Array:
    """What is predicted of scores: every head's output activation, `(..., example, unit)`."""
    return concatenate([goal.output.value(score[..., goal.columns]) for goal in task.goals])


def slope(goal: Goal, score: Array, prediction: Array, batch: Batch) -> Array:
    """The gradient of one head's loss with respect to its scores.

    It follows through the output activation where the loss is a function of the prediction.
    """
    z, y_hat, y = (array[..., goal.columns] for array in (score, prediction, batch.truth))
    if goal.on_score:
        return share(goal, batch) * goal.loss.gradient(z, y)
    return goal.output.pullback(z, share(goal, batch) * goal.loss.gradient(y_hat, y))


def judge(task: Task, score: Array, prediction: Array, batch: Batch) -> dict[str, Array]:
    """The loss, and the loss of each head where there are several, and its metrics: of scores on a batch, `(member,)`.

    The loss of a head is told as it is; its weight counts in the loss of all.
    """
    total = np.zeros(score.shape[:-2])
    measured: dict[str, Array] = {}
    for goal in task.goals:
        z, y_hat, y = (array[..., goal.columns] for array in (score, prediction, batch.truth))
        loss = share(goal, batch) * goal.loss.value(z if goal.on_score else y_hat, y).sum(axis=-1)
        total = total + goal.weight * loss
        measured |= {goal.called("loss"): loss} if goal.name else {}
        measured |= {goal.called(name): finished(name, metric(z, y_hat, y), goal.kind)
                     for name, metric in goal.metrics.items()}  # fmt: skip
    return {"loss": total, **measured}


def share(goal: Goal, batch: Batch) -> float:
    """What one example counts in the loss of a batch of n: 1/n in a mean, 1 in a sum."""
    return 1 / batch.examples if goal.reduction == "mean" else 1.0


def all_finite(weights: Weights) -> np.ndarray:
    """Which members have finite weights only, `(member,)`."""
    arrays = [array.reshape(len(array), -1) for layer in weights for array in layer.values()]
    return np.all(np.isfinite(np.concatenate(arrays, axis=-1)), axis=-1)
