"""What the members of one setting have in common: a question and its data, with every name turned into a function.

Nothing is trained here; what the reference engine cannot do is refused here, before anything starts. What each head is
to learn is settled in `seedbed.reference.goals`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from seedbed.errors import DataError, PartError, SpecError
from seedbed.reference.goals import Goal, Head, goals_for
from seedbed.reference.layers import concatenate, concatenate_pullback
from seedbed.reference.losses import signs
from seedbed.reference.models import network_for
from seedbed.reference.network import Network
from seedbed.reference.optimizers import OPTIMIZERS, Optimizer
from seedbed.reference.options import numbers
from seedbed.reference.schedules import at_step
from seedbed.reference.twin import Array
from seedbed.resolve import Resolved, Shape, resolve
from seedbed.spec import PARTS, Spec
from seedbed.vocabulary import Part
from seedbed.vocabulary.lengths import steps_per_epoch
from seedbed.vocabulary.walk import flat, walk


@runtime_checkable
class Dataset(Protocol):
    """What is asked of a data set: inputs `(example, *shape)` and targets; a member axis in front of both if `fresh`.

    `heads` has something with a name, a kind and units for each thing to predict. Several of them have `target`
    "several" and targets `(example, column)`: their columns side by side, one with the number of the class for a head
    of classes. The validation and test splits, where there are any, are shared by all members, or fresh for each, like
    the rest.
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
    def heads(self) -> tuple[Any, ...]: ...  # noqa: D102
    @property
    def fresh(self) -> bool: ...  # noqa: D102
    @property
    def test_inputs(self) -> np.ndarray | None: ...  # noqa: D102
    @property
    def test_targets(self) -> np.ndarray | None: ...  # noqa: D102
    @property
    def valid_inputs(self) -> np.ndarray | None: ...  # noqa: D102
    @property
    def valid_targets(self) -> np.ndarray | None: ...  # noqa: D102


@dataclass(frozen=True)
class Batch:
    """Examples: `x` `([member,] example, *shape)`, `truth` `([member,] example, unit)`.

    The units of all heads stand side by side in the truth, classes one-hot, signs as -1 and 1.
    """

    x: Array
    truth: Array

    @property
    def examples(self) -> int:
        """How many there are, of each member."""
        return self.truth.shape[-2]

    @property
    def own(self) -> bool:
        """Whether every member has its own."""
        return self.truth.ndim == 3

    def chosen(self, index: tuple[np.ndarray | slice, ...]) -> "Batch":
        """The examples that an index into the leading axes chooses."""
        return Batch(self.x[index], self.truth[index])

    def part(self, examples: slice) -> "Batch":
        """Some of the examples, of each member."""
        return self.chosen((slice(None), examples) if self.own else (examples,))


@dataclass(frozen=True)
class Task:
    """One setting, ready to train. Options are bound into the functions already."""

    train: Batch
    held: Mapping[str, Batch]  # the splits that are not trained on, by name
    network: Network
    goals: tuple[Goal, ...]
    optimizer: Optimizer
    dials: Mapping[str, float]
    batch_size: int | None
    resolved: Resolved

    def split(self, name: str) -> Batch:
        """A split by its name."""
        return self.train if name == "train" else self.held[name]

    @property
    def examples(self) -> int:
        """The number of examples in the training set."""
        return self.train.examples


def task_at(task: Task, spec: Spec, data: Dataset, step: int, taken: int) -> Task:
    """The task of a step: where the question has schedules, its functions with the numbers of that step.

    `taken` is how many batches, or micro-batches, all steps before it took.
    """
    now = at_step(spec, step, steps_per_epoch(task.examples, task.batch_size), taken)
    return task if now is spec else replace(task, **functions_of(now, data))


def task_for(spec: Spec, data: Dataset) -> Task:
    """Resolve a question without factors on its data; schedules have their value at step 0.

    Raises: PartError for a user's own part or one that only the jax engine has; and whatever `resolve` raises.
    """
    refuse_own_parts(spec)
    if spec.accumulates and any(stage.kind == "batch_norm" for stage in flat(walk(spec.model, shape_of(data).inputs))):
        raise SpecError(
            "batch norm sees each micro-batch by itself, and the reference engine takes a batch as a whole; use the "
            "engine jax, or one batch_size"
        )
    functions = functions_of(at_step(spec, 0, 1), data)
    network = functions["network"]
    return Task(
        train=batch_for(data, network, data.inputs, data.targets),
        held={name: batch_for(data, network, *arrays) for name, arrays in held_out(data).items()},
        optimizer=OPTIMIZERS[spec.optimizer.name],
        batch_size=spec.at_once,
        resolved=resolve(spec, shape_of(data)),
        **functions,
    )


def shape_of(data: Dataset) -> Shape:
    """What of a data set a question is resolved on."""
    first = 1 if data.fresh else 0
    held = tuple((name, inputs.shape[first]) for name, (inputs, _) in held_out(data).items())
    splits = (("train", data.inputs.shape[first]), *held)
    return Shape(tuple(data.inputs.shape[first + 1 :]), tuple(heads_of(data)), splits)


def functions_of(spec: Spec, data: Dataset) -> dict[str, Any]:
    """What of a task depends on the numbers of a question, which has no schedule any more."""
    heads = heads_of(data)
    shape = data.inputs.shape[2 if data.fresh else 1 :]
    network = network_for(spec.model, shape, [head.units for head in heads])
    return {"network": network, "goals": goals_for(spec, heads), "dials": numbers(spec.optimizer)}


def heads_of(data: Dataset) -> list[Head]:
    """What there is to predict; the head of a data set that has one needs no name."""
    if data.target != "several":
        return [Head("", data.target, data.units)]
    return [Head(head.name, head.kind, head.units) for head in data.heads]


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
        for inner in part.parts():
            yield from _parts(inner)


def held_out(data: Dataset) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Inputs and targets of the splits that are not trained on, those there are."""
    splits = {"valid": (data.valid_inputs, data.valid_targets), "test": (data.test_inputs, data.test_targets)}
    return {name: (x, y) for name, (x, y) in splits.items() if x is not None and y is not None}


def batch_for(data: Dataset, network: Network, inputs: np.ndarray, targets: np.ndarray) -> Batch:
    """Arrays of a data set in double precision, in the shapes that the network sees and the heads are judged by."""
    leading = inputs.shape[: 2 if data.fresh else 1]
    return Batch(inputs.reshape(*leading, *network.sees).astype(np.float64), truth_for(data, targets, leading))


def truth_for(data: Dataset, targets: np.ndarray, leading: tuple[int, ...]) -> Array:
    """Targets as `([member,] example, unit)`, the units of all heads side by side."""
    heads = heads_of(data)
    columns = [1 if head.kind == "classes" else head.units for head in heads]
    wanted = leading if data.target == "classes" else (*leading, sum(columns))
    if targets.shape != wanted:
        raise DataError(f"targets of shape {wanted} are needed here, got {targets.shape}; give one row per example")
    parts = concatenate_pullback(targets.reshape(*leading, -1).astype(np.float64), columns)
    return concatenate([as_units(head, part) for head, part in zip(heads, parts, strict=True)])


def as_units(head: Head, targets: Array) -> Array:
    """The targets of one head `(..., column)` as the truth of its units: classes one-hot, signs as -1 and 1."""
    if head.kind == "classes":
        return np.eye(head.units)[targets[..., 0].astype(np.int64)]
    return signs(targets) if head.kind == "sign" else targets
