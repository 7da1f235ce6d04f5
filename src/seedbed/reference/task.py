"""What the members of one setting have in common: a question and its data, with every name turned into a function.

Nothing is trained here; what the reference engine cannot do is refused here, before anything starts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol, runtime_checkable

import numpy as np

from seedbed.errors import DataError, PartError, SpecError, nearest
from seedbed.reference.activations import ACTIVATIONS, OUTPUTS
from seedbed.reference.losses import Examples, Loss, loss_for, signs
from seedbed.reference.metrics import METRICS
from seedbed.reference.models import Network, network_for, numbers
from seedbed.reference.optimizers import OPTIMIZERS, Rule
from seedbed.reference.twin import Array, Twin
from seedbed.spec import PARTS, Spec
from seedbed.vocabulary import Part
from seedbed.vocabulary.losses import ON_SCORE


@runtime_checkable
class Dataset(Protocol):
    """What is asked of a data set: inputs `(example, *shape)` and targets; a member axis in front of both if `fresh`.

    The test split, where there is one, is shared by all members; one that is fresh for each member is not looked at.
    """

    @property
    def inputs(self) -> np.ndarray: ...  # noqa: D102
    @property
    def targets(self) -> np.ndarray: ...  # noqa: D102
    @property
    def target(self) -> str: ...  # noqa: D102
    @property
    def units(self) -> int: ...  # noqa: D102
    @property
    def fresh(self) -> bool: ...  # noqa: D102
    @property
    def test_inputs(self) -> np.ndarray | None: ...  # noqa: D102
    @property
    def test_targets(self) -> np.ndarray | None: ...  # noqa: D102


@dataclass(frozen=True)
class Batch:
    """Examples: `x` `([member,] example, feature)`, `truth` `([member,] example, unit)` with classes one-hot.

    `labels` is the truth as the loss wants it: the same, or signs.
    """

    x: Array
    truth: Array
    labels: Array

    def chosen(self, index: tuple[np.ndarray, ...]) -> "Batch":
        """The examples that an index into the leading axes chooses."""
        return Batch(self.x[index], self.truth[index], self.labels[index])


@dataclass(frozen=True)
class Task:
    """One setting, ready to train. Options are bound into the functions already."""

    train: Batch
    test: Batch | None
    network: Network
    output: Twin
    loss: Loss
    on_score: bool
    reduction: str
    metrics: Mapping[str, partial[Examples]]
    rule: Rule
    batch_size: int | None

    @property
    def examples(self) -> int:
        """The number of examples in the training set."""
        return self.train.x.shape[-2]


def task_for(spec: Spec, data: Dataset) -> Task:
    """Resolve a question without factors on its data.

    Raises: SpecError for a question with factors or a batch larger than the data; PartError for a user's own part or
    parts that do not fit the targets; DataError for targets of an unknown kind.
    """
    if spec.factors:
        raise SpecError(
            f"one setting is trained at a time, got {len(spec.factors)} factors; take one of spec.settings()"
        )
    refuse_own_parts(spec)
    options = numbers(spec.loss)
    reduction = options.pop("reduction")
    loss, rule = loss_for(spec.loss.name, data.target), OPTIMIZERS[spec.optimizer.name]
    train = batch_for(spec, data, data.inputs, data.targets)
    task = Task(
        train=train,
        test=test_for(spec, data),
        network=network_for(spec.model, train.x.shape[-1], data.units),
        output=output_for(spec.output, data.target),
        loss=Loss(partial(loss.value, **options), partial(loss.gradient, **options)),
        on_score=spec.loss.name in ON_SCORE,
        reduction=reduction,
        metrics=metrics_for(spec.metrics, data.target),
        rule=Rule(partial(rule.update, **numbers(spec.optimizer)), rule.remembers),
        batch_size=spec.batch_size,
    )
    if spec.batch_size is not None and spec.batch_size > task.examples:
        raise SpecError(f"a batch of {spec.batch_size} does not fit in {task.examples} examples; give a smaller one")
    known = ["train_loss", *(f"train_{name}" for name in task.metrics)]
    if spec.stop is not None and spec.stop.metric not in known:
        close = nearest(spec.stop.metric, known)
        raise SpecError(f'no quantity "{spec.stop.metric}" to stop at{close} (this question has {", ".join(known)})')
    return task


def refuse_own_parts(spec: Spec) -> None:
    """Raise where a part that would have to be computed here is a user's own function."""
    computed = [getattr(spec, name) for name in PARTS if name != "data"]
    for part in [*computed, *spec.metrics, *spec.probes]:
        for inner in _parts(part):
            if inner.function is not None:
                own = f'{inner.kind} "{inner.name}"'
                raise PartError(f"the reference engine has named parts only, got your own {own}; use --engine jax")


def _parts(part: Part | None) -> Iterator[Part]:
    if part is not None:
        yield part
        for _, value in part.options:
            yield from _parts(value if isinstance(value, Part) else None)


def test_for(spec: Spec, data: Dataset) -> Batch | None:
    """The test split, where there is one that all members share."""
    if data.fresh or data.test_inputs is None or data.test_targets is None:
        return None
    return batch_for(spec, data, data.test_inputs, data.test_targets)


def batch_for(spec: Spec, data: Dataset, inputs: np.ndarray, targets: np.ndarray) -> Batch:
    """Arrays of a data set as examples in rows, in double precision, with targets as the loss and metrics want them."""
    leading = inputs.shape[: 2 if data.fresh else 1]
    truth = truth_for(data, targets, leading)
    labels = signs(truth) if spec.loss.name in ("perceptron", "hinge") else truth
    return Batch(inputs.reshape(*leading, -1).astype(np.float64), truth, labels)


def truth_for(data: Dataset, targets: np.ndarray, leading: tuple[int, ...]) -> Array:
    """Targets as `([member,] example, unit)`; classes one-hot, signs as -1 and 1."""
    if data.target not in OUTPUTS:
        raise DataError(f'targets are of kind {", ".join(OUTPUTS)}, got "{data.target}"; give the data one of these')
    wanted = leading if data.target == "classes" else (*leading, data.units)
    if targets.shape != wanted:
        raise DataError(f"targets of shape {wanted} are needed here, got {targets.shape}; give one row per example")
    if data.target == "classes":
        return np.eye(data.units)[targets]
    return signs(targets.astype(np.float64)) if data.target == "sign" else targets.astype(np.float64)


def output_for(output: Part | None, target: str) -> Twin:
    """The output activation: the one asked for, or the one that goes with the targets."""
    if output is None:
        return OUTPUTS[target]
    twin = ACTIVATIONS[output.name]
    if twin.learned or twin.drawn or output.name == "crelu":
        raise PartError(
            f'the output cannot be "{output.name}", which learns, draws or doubles; take a plain activation'
        )
    options = numbers(output)
    return Twin(partial(twin.value, **options), partial(twin.pullback, **options))


def metrics_for(metrics: tuple[Part, ...], target: str) -> dict[str, partial[Examples]]:
    """Metrics by name; accuracy where none is asked for and the targets are labels."""
    if not metrics and target != "real":
        return {"accuracy": partial(METRICS["accuracy"], target=target)}
    for metric in metrics:
        if (metric.name, target) == ("accuracy", "real"):
            raise PartError('accuracy needs labels, got targets of kind "real"; take the metric within(tolerance=0.5)')
    named = {part.name: partial(METRICS[part.name], target=target, **numbers(part)) for part in metrics}
    if len(named) < len(metrics):
        raise SpecError(f"the metrics must differ in name, got {', '.join(part.label() for part in metrics)}; drop one")
    return named
