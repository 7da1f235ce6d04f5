"""What each head is to learn: its columns, its output activation, its loss, what that counts, and its metrics.

Everything about heads that does not depend on weights is settled here, before training; most data sets have one head,
without a name. What is computed with it stands in `seedbed.reference.moment`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from seedbed.errors import DataError, PartError, SpecError
from seedbed.reference.activations import ACTIVATIONS, OUTPUTS
from seedbed.reference.losses import Examples, Loss, Units, loss_for, signs
from seedbed.reference.metrics import METRICS
from seedbed.reference.options import numbers
from seedbed.reference.twin import Twin
from seedbed.spec import Spec
from seedbed.vocabulary import Part
from seedbed.vocabulary.losses import ON_SCORE, WEIGHT, head_names


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
    metrics: Mapping[str, partial[Examples]]
    weight: float = 1.0
    rate: float = 1.0

    def called(self, quantity: str) -> str:
        """The name of a quantity of this head: with the head's name in front, where it has one."""
        return f"{self.name}_{quantity}" if self.name else quantity


def goals_for(spec: Spec, heads: Sequence[Head]) -> tuple[Goal, ...]:
    """One goal for each head of the data, in order.

    Raises: PartError for parts that do not fit the heads; DataError for targets of an unknown kind; SpecError for two
    metrics of one name.
    """
    for head in heads:
        if head.kind not in OUTPUTS:
            raise DataError(f'targets are of kind {", ".join(OUTPUTS)}, got "{head.kind}"; give the data one of these')
    losses, shared = losses_for(spec.loss, heads)
    metrics = metrics_for(spec.metrics, heads)
    goals: list[Goal] = []
    first = 0
    for head, (loss, weight), judged in zip(heads, losses, metrics, strict=True):
        goals.append(
            Goal(
                name=head.name,
                columns=slice(first, first + head.units),
                output=output_for(spec.output, heads, head.kind),
                loss=bound(loss, head.kind),
                on_score=loss.name in ON_SCORE,
                reduction=loss["reduction"],
                metrics=judged,
                weight=weight if shared == "weighted" else 1.0,
                rate=weight if shared == "sum" else 1.0,
            )
        )
        first += head.units
    return tuple(goals)


def losses_for(loss: Part, heads: Sequence[Head]) -> tuple[list[tuple[Part, float]], str]:
    """Loss and weight of each head, and what the weight acts on, "weighted" or "sum".

    "weighted": every weight of the network follows the gradient of sum_h weight_h L_h. "sum": the trunk follows that
    of sum_h L_h, and the last layer of head h follows weight_h dL_h: the weights are learning rates of the heads.
    """
    names = [head.name for head in heads]
    if len(heads) == 1:
        if loss.name == "heads":
            raise PartError('the loss "heads" needs data with several heads, got one head; take for instance l2')
        return [(loss, 1.0)], "weighted"
    if loss.name != "heads":
        raise PartError(f'the heads {", ".join(names)} need a loss each, got {loss.name}; take the loss "heads"')
    options = numbers(loss)
    shared = options["shared"]
    told = head_names(loss)
    if set(told) != set(names):
        raise PartError(f"the heads are {', '.join(names)}, got losses for {', '.join(told)}; give one for each head")
    if shared not in ("weighted", "sum"):
        raise PartError(f'the shared layers follow the "weighted" losses or their "sum", got "{shared}"; take one')
    return [(options[name], options[name + WEIGHT]) for name in names], shared


def bound(part: Part, kind: str) -> Loss:
    """The loss that a part names, for targets of this kind, its numbers filled in."""
    options = numbers(part)
    del options["reduction"]
    loss = loss_for(part.name, kind)
    value, gradient = partial(loss.value, **options), partial(loss.gradient, **options)
    if part.name not in ("perceptron", "hinge"):
        return Loss(value, gradient)

    def signed_value(said: Units, true: Units) -> Examples:
        return value(said, signs(true))

    def signed_gradient(said: Units, true: Units) -> Units:
        return gradient(said, signs(true))

    return Loss(signed_value, signed_gradient)


def output_for(output: Part | None, heads: Sequence[Head], kind: str) -> Twin:
    """The output activation of a head: the one asked for, or the one that goes with its targets."""
    if output is None:
        return OUTPUTS[kind]
    if len(heads) > 1:
        raise PartError(
            f"each of {len(heads)} heads has the output of its kind, got {output.name} for all; leave it out"
        )
    twin = ACTIVATIONS[output.name]
    if twin.learned or twin.drawn or output.name == "crelu":
        raise PartError(
            f'the output cannot be "{output.name}", which learns, draws or doubles; take a plain activation'
        )
    options = numbers(output)
    return Twin(partial(twin.value, **options), partial(twin.pullback, **options))


def metrics_for(metrics: tuple[Part, ...], heads: Sequence[Head]) -> list[dict[str, partial[Examples]]]:
    """The metrics of each head by name: those that fit it; accuracy where none is asked for and it has labels."""
    if len({part.name for part in metrics}) < len(metrics):
        raise SpecError(f"the metrics must differ in name, got {', '.join(part.label() for part in metrics)}; drop one")
    for part in metrics:
        if not any(fits(part.name, head, heads) for head in heads):
            kinds = " and ".join(f'"{head.kind}"' for head in heads)
            needs, other = ("labels", "within(tolerance=0.5)") if part.name == "accuracy" else ("numbers", "accuracy")
            raise PartError(f"{part.name} needs {needs}, got targets of kind {kinds}; take the metric {other}")
    asked = {part.name: numbers(part) for part in metrics} or {"accuracy": {}}
    return [
        {name: partial(METRICS[name], target=head.kind, **options) for name, options in asked.items()
         if fits(name, head, heads)}
        for head in heads
    ]  # fmt: skip


def fits(metric: str, head: Head, heads: Sequence[Head]) -> bool:
    """Whether a metric is taken of a head: accuracy of labels, the others of real numbers, or of an only head."""
    return head.kind != "real" if metric == "accuracy" else head.kind == "real" or len(heads) == 1
