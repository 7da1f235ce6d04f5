"""What the loss and the metrics say of the scores of a batch, head by head; the batch stands in the last axis."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from seedbed.datasets.heads import Head
from seedbed.engine import own_parts
from seedbed.engine.options import Dials, options
from seedbed.parts.activations import ACTIVATIONS
from seedbed.parts.losses import LOSSES, reduce
from seedbed.parts.metrics import METRICS
from seedbed.spec import Spec
from seedbed.vocabulary import Part
from seedbed.vocabulary.losses import ON_SCORE, WEIGHT, of_head

DEFAULT_OUTPUT = {"binary": "sigmoid", "classes": "softmax", "real": "identity", "sign": "identity"}
SIGNED_LOSSES = ("perceptron", "hinge")
LABELS = ("binary", "classes", "sign")


@dataclass(frozen=True)
class _Judge:
    """The functions of one head, each for one example, and where its scores and targets stand."""

    head: Head
    rows: slice
    columns: slice
    alone: bool
    predict: Callable[[Array, Dials], Array]
    loss: Callable[..., Array]
    reduction: str
    metrics: Mapping[str, Callable[..., Array]]

    def __call__(self, scores: Array, targets: Array, dials: Dials) -> tuple[Array, dict[str, Array]]:
        scores = scores[self.rows]
        targets = targets if self.alone else self._own(targets)
        predictions = jax.vmap(self.predict, in_axes=(-1, None), out_axes=-1)(scores, dials)
        each = jax.vmap(self.loss, in_axes=(-1, -1, -1, None))(scores, predictions, targets, dials)
        metrics = {
            name: jnp.mean(jax.vmap(metric, in_axes=(-1, -1, -1))(scores, predictions, targets))
            for name, metric in self.metrics.items()
        }
        return reduce(each, self.reduction), metrics

    def _own(self, targets: Array) -> Array:
        own = targets[self.columns]
        return own[0].astype(jnp.int32) if self.head.kind == "classes" else own


class Judging:
    """The loss of a batch, as it is trained on and as it is told, and every metric; `names` lists what is told."""

    def __init__(self, spec: Spec, heads: tuple[Head, ...]) -> None:
        self._loss = spec.loss
        self._judges = _judges(spec, heads)
        told = [name for judge in self._judges for name in ((_named(judge.head, "loss"),) if judge.head.name else ())]
        self.names = ("loss", *told, *(name for judge in self._judges for name in judge.metrics))

    def __call__(self, scores: Array, targets: Array, dials: Dials) -> tuple[Array, dict[str, Array]]:
        """The loss, and everything else that is told at a step."""
        found = {judge.head: judge(scores, targets, dials) for judge in self._judges}
        if len(found) == 1:
            return next(iter(found.values()))
        told = {_named(head, "loss"): loss for head, (loss, _) in found.items()}
        told |= {name: value for _, metrics in found.values() for name, value in metrics.items()}
        plain = self._loss["shared"] == "sum"
        parts = [loss if plain else dials[f"loss.{head.name}{WEIGHT}"] * loss for head, (loss, _) in found.items()]
        return sum(parts[1:], parts[0]), told

    def predictions(self, scores: Array, dials: Dials) -> Array:
        """The predictions of all heads, `(unit, example)`."""
        each = [
            jax.vmap(judge.predict, in_axes=(-1, None), out_axes=-1)(scores[judge.rows], dials)
            for judge in self._judges
        ]
        return jnp.concatenate(each)


def _judges(spec: Spec, heads: tuple[Head, ...]) -> list[_Judge]:
    judges: list[_Judge] = []
    unit = column = 0
    for head in heads:
        loss = of_head(spec.loss, head.name)
        rows, columns = slice(unit, unit + head.units), slice(column, column + head.columns)
        unit, column = rows.stop, columns.stop
        reduction = loss["reduction"] if loss.function is None else "mean"
        path = f"loss.{head.name}" if head.name else "loss"
        judges.append(_Judge(head, rows, columns, len(heads) == 1, _output(spec, head.kind),
                             _loss(loss, path, head.kind), reduction, _metrics(spec, head)))  # fmt: skip
    return judges


def _named(head: Head, quantity: str) -> str:
    return f"{head.name}_{quantity}" if head.name else quantity


def _output(spec: Spec, kind: str) -> Callable[[Array, Dials], Array]:
    """Raw outputs of one example to its prediction."""
    part = spec.output
    name = DEFAULT_OUTPUT[kind] if part is None else part.name
    if name == "softmax":
        return lambda score, _: jax.nn.softmax(score)
    function = ACTIVATIONS[name] if part is None or part.function is None else part.function
    return lambda score, dials: function(score, **(options(part, "output", dials) if part is not None else {}))


def _is_sigmoid(output: Part | None) -> bool:
    """Whether binary scores become predictions by seedbed's sigmoid, and no function of a user's."""
    return output is None or (output.name == "sigmoid" and output.function is None)


def _loss(part: Part, path: str, kind: str) -> Callable[..., Array]:
    function: Any = own_parts.guarded(part) if part.function else LOSSES[part.name]
    on_score = part.function is not None or part.name in ON_SCORE
    to_sign = part.name in SIGNED_LOSSES and kind == "binary"

    def loss(score: Array, prediction: Array, target: Array, dials: Dials) -> Array:
        chosen = {name: value for name, value in options(part, path, dials).items() if name != "reduction"}
        return function(score if on_score else prediction, 2 * target - 1 if to_sign else target, **chosen)

    return loss


def _metrics(spec: Spec, head: Head) -> dict[str, Callable[..., Array]]:
    """The metrics of a head by the name they are told under: every metric that fits it, or accuracy for labels."""
    kind = "logit" if head.kind == "binary" and _is_sigmoid(spec.output) else head.kind
    if not spec.metrics:
        return {_named(head, "accuracy"): partial(METRICS["accuracy"], kind=kind)} if head.kind in LABELS else {}
    fitting = [part for part in spec.metrics if not head.name or _fits(part, head.kind)]
    return {_named(head, part.name): _metric(part, kind) for part in fitting}


def _fits(part: Part, kind: str) -> bool:
    """Whether one of several heads is measured by a metric: shares of right labels for labels, errors for numbers."""
    return part.function is not None or (part.name == "accuracy") == (kind in LABELS)


def _metric(part: Part, kind: str) -> Callable[..., Array]:
    if part.function is not None:
        return partial(own_parts.guarded(part), **dict(part.options))
    return partial(METRICS[part.name], kind=kind, **dict(part.options))
