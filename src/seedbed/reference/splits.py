"""What whole splits say of the members, nothing drawn: losses and metrics, and the probes that speak of a split.

A split goes through the network in slices of `SLICE` examples, so that no product holds all of it.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from seedbed.reference.evaluation import judge, look, predict
from seedbed.reference.layers import concatenate
from seedbed.reference.metrics import counts
from seedbed.reference.network import Weights, forward
from seedbed.reference.probes import alike, layered
from seedbed.reference.task import Batch, Task
from seedbed.reference.twin import Array

SLICE = 512


def split_values(task: Task, weights: Weights, rows: np.ndarray, splits: Iterable[str]) -> dict[str, Array]:
    """`<split>_<quantity>` of the members `rows` on these splits, `(member,)` each."""
    found: dict[str, Array] = {}
    for name in splits:
        split = of_members(task.split(name), rows)
        score = scores(task, weights, split)
        found |= {f"{name}_{key}": value for key, value in judge(task, score, predict(task, score), split).items()}
    return found


def probed(task: Task, weights: Weights, rows: np.ndarray, names: Sequence[str]) -> dict[str, Array]:
    """The named probes of the whole training split: `dead`, `dead_units`, `predictions`."""
    if not names:
        return {}
    split = of_members(task.train, rows)
    made = {"dead": dead, "dead_units": dead_units, "predictions": predictions}
    return {name: made[name](task, weights, split) for name in names}


def by_class(task: Task, weights: Weights, rows: np.ndarray) -> dict[str, Array]:
    """What the probes of classes say of every judged split, by name: `(member, true, predicted)`, `(member, class)`."""
    resolved = task.resolved
    found: dict[str, Array] = {}
    for name in resolved.classed:
        split = of_members(task.split(name), rows)
        made = {"confusion": (table := confusion(task, weights, split)), "class_accuracy": class_accuracy(table)}
        called = resolved.goals[resolved.class_goal].called
        found |= {f"{name}_{called(probe)}": made[probe] for probe in resolved.by_class}
    return found


def confusion(task: Task, weights: Weights, split: Batch) -> Array:
    """How many examples of each class are given each class, `(member, true, predicted)`."""
    goal = task.goals[task.resolved.class_goal]
    score = scores(task, weights, split)
    z, y_hat, y = (array[..., goal.columns] for array in (score, predict(task, score), split.truth))
    _, given, true = np.moveaxis(counts(z, y_hat, y, goal.kind), -2, 0)  # of two labels the upper one first
    order = 1 if goal.kind == "classes" else -1
    return np.einsum("met,mep->mtp", true[..., ::order], given[..., ::order])


def class_accuracy(table: Array) -> Array:
    """The share of each class that is given it, of tables `(member, true, predicted)`: NaN for a class without any."""
    total = table.sum(axis=-1)
    return np.where(total > 0, np.diagonal(table, axis1=-2, axis2=-1) / np.maximum(total, 1), np.nan)


def dead(task: Task, weights: Weights, split: Batch) -> Array:
    """1 where all examples get the same scores and no slice gives the first layer a gradient, at a finite loss."""
    score = scores(task, weights, split)
    same = np.all(score == score[:, :1], axis=(1, 2))
    finite = np.isfinite(judge(task, score, predict(task, score), split)["loss"])
    still = np.ones(len(same), bool)
    for part in slices(split):
        first = layered(look(task, weights, part).gradients)[0]
        still &= np.all([np.all(array.reshape(len(array), -1) == 0, axis=1) for array in first], axis=0)
    return (same & still & finite).astype(float)


def dead_units(task: Task, weights: Weights, split: Batch) -> Array:
    """Share of units of each hidden layer that answer all of the split alike, `(member, hidden)`."""
    ends = [[(layer.min(axis=1), layer.max(axis=1)) for layer in look(task, weights, part).signals()[0]]
            for part in slices(split)]  # fmt: skip
    layers = [np.stack([end for pair in found for end in pair], axis=1) for found in zip(*ends, strict=True)]
    return np.stack([alike(layer) for layer in layers], axis=1)


def predictions(task: Task, weights: Weights, split: Batch) -> Array:
    """The prediction of each example, `(member, output, example)`."""
    return predict(task, scores(task, weights, split)).swapaxes(-1, -2)


def scores(task: Task, weights: Weights, split: Batch) -> Array:
    """The raw scores of all heads, `(member, example, unit)`."""
    return concatenate([forward(task.network, weights, part.x)[0] for part in slices(split)], axis=-2)


def slices(split: Batch) -> Iterator[Batch]:
    """The split in its order, `SLICE` examples at a time."""
    lead = (slice(None),) if split.own else ()
    for first in range(0, split.examples, SLICE):
        yield split.chosen((*lead, slice(first, first + SLICE)))


def of_members(split: Batch, rows: np.ndarray) -> Batch:
    """A split as these members see it: their own, where each has its own."""
    return split.chosen((rows,)) if split.own else split
