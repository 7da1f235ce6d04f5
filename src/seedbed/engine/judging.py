"""What the loss and the metrics say of the scores of a batch, head by head; the batch stands in the last axis.

A split is judged in slices: `sums` adds up what the examples of a slice give, `finished` makes the values of the sums
of all slices.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from seedbed.engine import own_parts
from seedbed.engine.options import Dials, options
from seedbed.parts.activations import ACTIVATIONS
from seedbed.parts.losses import LOSSES, reduce
from seedbed.parts.metrics import METRICS, counts, finished
from seedbed.resolve import Goal
from seedbed.vocabulary import Part

Sums = dict[str, dict[str, Array]]


@dataclass(frozen=True)
class _Judge:
    """The functions of one head, each for one example."""

    goal: Goal
    alone: bool
    predict: Callable[[Array, Dials], Array]
    loss: Callable[..., Array]
    metrics: Mapping[str, Callable[..., Array]]

    def sums(self, scores: Array, targets: Array, dials: Dials) -> dict[str, Array]:
        """The sums over the examples, of the loss under "loss" and of each metric under its name."""
        scores = scores[self.goal.rows]
        targets = targets if self.alone else self._own(targets)
        predictions = jax.vmap(self.predict, in_axes=(-1, None), out_axes=-1)(scores, dials)
        each = jax.vmap(self.loss, in_axes=(-1, -1, -1, None))(scores, predictions, targets, dials)
        told = {
            name: jnp.sum(jax.vmap(metric, in_axes=(-1, -1, -1))(scores, predictions, targets), axis=0)
            for name, metric in self.metrics.items()
        }
        return {"loss": reduce(each, "sum"), **told}

    def confusion(self, scores: Array, targets: Array, dials: Dials) -> Array:
        """How many examples of each class are given each class, `(true, predicted)`."""
        scores = scores[self.goal.rows]
        targets = targets if self.alone else self._own(targets)
        predictions = jax.vmap(self.predict, in_axes=(-1, None), out_axes=-1)(scores, dials)
        each = jax.vmap(partial(counts, kind=self.goal.metric_kind), in_axes=-1, out_axes=-1)
        _, given, true = each(scores, predictions, targets)  # (class, example); of two labels the upper one first
        found = jnp.einsum("te,pe->tp", true, given)
        return found if self.goal.kind == "classes" else found[::-1, ::-1]

    def _own(self, targets: Array) -> Array:
        own = targets[self.goal.columns]
        return own[0].astype(jnp.int32) if self.goal.kind == "classes" else own


class Judging:
    """The loss of a batch, as it is trained on and as it is told, and every metric, by the goals of the heads."""

    def __init__(self, goals: tuple[Goal, ...]) -> None:
        self._judges = [_Judge(goal, len(goals) == 1, _output(goal), _loss(goal), _metrics(goal)) for goal in goals]

    def __call__(self, scores: Array, targets: Array, dials: Dials) -> tuple[Array, dict[str, Array]]:
        """The loss of a batch, and everything else that is told of it."""
        return self.finished(self.sums(scores, targets, dials), scores.shape[-1], dials)

    def sums(self, scores: Array, targets: Array, dials: Dials) -> Sums:
        """What the examples give in sum, head by head."""
        return {judge.goal.name: judge.sums(scores, targets, dials) for judge in self._judges}

    def finished(self, sums: Sums, examples: int | Array, dials: Dials) -> tuple[Array, dict[str, Array]]:
        """The loss, and everything else that is told, of so many examples, from their sums."""
        parts: list[Array] = []
        told: dict[str, Array] = {}
        for judge in self._judges:
            goal, found = judge.goal, sums[judge.goal.name]
            loss = found["loss"] / examples if goal.reduction == "mean" else found["loss"]
            told |= {goal.called("loss"): loss} if goal.name else {}
            told |= {
                goal.called(part.name): finished(_rate(part), found[part.name], examples, goal.metric_kind)
                for part in goal.metrics
            }
            parts.append(loss if goal.weight is None else dials[goal.weight] * loss)
        return sum(parts[1:], parts[0]), told

    def confusion(self, goal: int, scores: Array, targets: Array, dials: Dials) -> Array:
        """How many examples of each class are given each class by the head in that place, `(true, predicted)`."""
        return self._judges[goal].confusion(scores, targets, dials)

    def predictions(self, scores: Array, dials: Dials) -> Array:
        """The predictions of all heads, `(unit, example)`."""
        each = [
            jax.vmap(judge.predict, in_axes=(-1, None), out_axes=-1)(scores[judge.goal.rows], dials)
            for judge in self._judges
        ]
        return jnp.concatenate(each)


def _output(goal: Goal) -> Callable[[Array, Dials], Array]:
    """Raw outputs of one example to its prediction."""
    part = goal.output
    if isinstance(part, str):
        named: Any = jax.nn.softmax if part == "softmax" else ACTIVATIONS[part]
        return lambda score, _: named(score)
    function = part.function or ACTIVATIONS[part.name]
    return lambda score, dials: function(score, **options(part, "output", dials))


def _loss(goal: Goal) -> Callable[..., Array]:
    function: Any = own_parts.guarded(goal.loss) if goal.loss.function else LOSSES[goal.loss.name]

    def truth(target: Array) -> Array:
        if goal.labels == "one_hot":
            return jax.nn.one_hot(target, goal.units, dtype=jnp.float32)
        return 2 * target - 1 if goal.labels == "signs" else target

    def loss(score: Array, prediction: Array, target: Array, dials: Dials) -> Array:
        chosen = {name: value for name, value in options(goal.loss, goal.path, dials).items() if name != "reduction"}
        return function(score if goal.on_score else prediction, truth(target), **chosen)

    return loss


def _metrics(goal: Goal) -> dict[str, Callable[..., Array]]:
    return {part.name: _metric(part, goal.metric_kind) for part in goal.metrics}


def _metric(part: Part, kind: str) -> Callable[..., Array]:
    if part.function is not None:
        return partial(own_parts.guarded(part), **dict(part.options))
    return partial(METRICS[part.name], kind=kind, **dict(part.options))


def _rate(part: Part) -> str:
    """The name by which a metric is finished; none for a user's own, whatever he calls it."""
    return "" if part.function is not None else part.name
