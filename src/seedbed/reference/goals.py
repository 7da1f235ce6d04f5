"""What each head is to learn, in NumPy: the functions behind the words that `seedbed.resolve` has settled.

Everything about heads that does not depend on weights is ready here, before training; most data sets have one head,
without a name. What is computed with it stands in `seedbed.reference.evaluation`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from seedbed import resolve
from seedbed.reference.activations import ACTIVATIONS, OUTPUTS
from seedbed.reference.losses import Examples, Loss, Units, loss_for, signs
from seedbed.reference.metrics import METRICS
from seedbed.reference.options import numbers
from seedbed.reference.twin import Array, Twin
from seedbed.spec import Spec
from seedbed.vocabulary import Part


class Head(NamedTuple):
    """One thing to predict: its name (none where it is the only one), the kind of its targets, its output units."""

    name: str
    kind: str
    units: int


@dataclass(frozen=True)
class Goal:
    """What one head is to learn; `columns` are its own in the scores and in the truth, where classes are one-hot.

    `weight` is what its loss counts in the loss of all; `rate` multiplies the gradient of the head's own layer.
    """

    name: str
    columns: slice
    output: Twin
    loss: Loss
    on_score: bool
    reduction: str
    metrics: Mapping[str, partial[Array]]
    kind: str
    weight: float = 1.0
    rate: float = 1.0

    def called(self, quantity: str) -> str:
        """The name of a quantity of this head: with the head's name in front, where it has one."""
        return f"{self.name}_{quantity}" if self.name else quantity


def goals_for(spec: Spec, heads: Sequence[resolve.Head]) -> tuple[Goal, ...]:
    """One goal for each head of the data, in order. Raises what `resolve.goals_of` raises."""
    dials = spec.dials()
    return tuple(_goal(goal, dials) for goal in resolve.goals_of(spec, heads))


def _goal(goal: resolve.Goal, dials: Mapping[str, float]) -> Goal:
    return Goal(
        name=goal.name,
        columns=goal.rows,
        output=_output(goal.output),
        loss=_bound(goal),
        on_score=goal.on_score,
        reduction=goal.reduction,
        metrics={part.name: partial(METRICS[part.name], target=goal.kind, **numbers(part)) for part in goal.metrics},
        kind=goal.kind,
        weight=1.0 if goal.weight is None else dials[goal.weight],
        rate=1.0 if goal.rate is None else dials[goal.rate],
    )


def _bound(goal: resolve.Goal) -> Loss:
    """The loss of a head with its numbers filled in; `perceptron` and `hinge` compare with signs."""
    options = numbers(goal.loss)
    del options["reduction"]
    loss = loss_for(goal.loss.name, goal.kind)
    value, gradient = partial(loss.value, **options), partial(loss.gradient, **options)
    if goal.labels != "signs":
        return Loss(value, gradient)

    def signed_value(said: Units, true: Units) -> Examples:
        return value(said, signs(true))

    def signed_gradient(said: Units, true: Units) -> Units:
        return gradient(said, signs(true))

    return Loss(signed_value, signed_gradient)


def _output(output: str | Part) -> Twin:
    """The output activation: by name where it goes with the targets, or the part that was asked for."""
    if isinstance(output, str):
        return BY_NAME[output]
    twin, options = ACTIVATIONS[output.name], numbers(output)
    return Twin(partial(twin.value, **options), partial(twin.pullback, **options))


BY_NAME = {resolve.OUTPUTS[kind]: twin for kind, twin in OUTPUTS.items()}
