"""What a question means on data of a given shape, worked out once for both engines and for the tables of reports.

Pure Python: no arrays and no mathematics. `resolve` settles heads, outputs, losses, metrics, the names of all traces,
when the splits are judged, and raises every misfit that does not depend on a user's own function. Layers are walked in
`vocabulary.walk`. What the words compute stands in `seedbed.parts` and, in NumPy, in `seedbed.reference`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np

from seedbed.errors import DataError, PartError, SpecError, nearest
from seedbed.spec import EXAMPLES, Spec, evaluated_steps
from seedbed.stopping import Target
from seedbed.vocabulary import Part, find
from seedbed.vocabulary.activations import DRAWS, LEARNS, WIDENS
from seedbed.vocabulary.losses import ON_SCORE, SIGNED, WEIGHT, head_names, of_head
from seedbed.vocabulary.metrics import OF_LABELS, SHARES
from seedbed.vocabulary.probes import AT_THE_END, BY_CLASS, DIMS, ON_SPLIT
from seedbed.vocabulary.schedules import is_schedule, levels
from seedbed.vocabulary.walk import Stage, flat, walk

OUTPUTS = {"binary": "sigmoid", "classes": "softmax", "real": "identity", "sign": "identity"}
FITTING = {
    "l2": ("binary", "sign", "real", "classes"),
    "mse": ("binary", "sign", "real", "classes"),
    "mae": ("binary", "sign", "real", "classes"),
    "cross_entropy": ("binary", "classes"),
    "perceptron": ("binary", "sign"),
    "hinge": ("binary", "sign"),
}
PASSES, TIMES, LEAST = 3, 4, 32


@runtime_checkable
class Head(Protocol):
    """One thing to predict: its name ("" where it is the only one), the kind of its targets, its output units."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def units(self) -> int: ...  # noqa: D102


class Shape(NamedTuple):
    """What of a data set a question is resolved on: the shape of an input, the heads, the examples of each split."""

    inputs: tuple[int, ...]
    heads: tuple[Any, ...]
    splits: tuple[tuple[str, int], ...] = ()

    @property
    def units(self) -> int:
        """Outputs that a model needs, over all heads."""
        return sum(head.units for head in self.heads)

    @property
    def examples(self) -> int:
        """Examples of the training split."""
        return dict(self.splits)["train"]


@dataclass(frozen=True)
class Goal:
    """What one head learns.

    `rows` are its outputs among those of all heads, `columns` its targets where several stand side by side. `output`
    is the name of the output activation, or the question's own part. `on_score` says whether the loss takes the score,
    `labels` what it takes as the truth: targets "as they are", as "signs", or "one_hot". `metric_kind` is the kind that
    metrics judge by: "logit" for binary labels behind a sigmoid. `weight` counts the head's loss in the loss of all,
    `rate` multiplies the gradient of the head's own layer; both are paths of dials, or None for 1.
    """

    name: str
    kind: str
    units: int
    rows: slice
    columns: slice
    output: str | Part
    loss: Part
    on_score: bool
    labels: Literal["as they are", "signs", "one_hot"]
    reduction: str
    metrics: tuple[Part, ...]
    metric_kind: str
    weight: str | None
    rate: str | None

    @property
    def path(self) -> str:
        """The dotted path of the head's loss among the parts of the question."""
        return f"loss.{self.name}" if self.name else "loss"

    def called(self, quantity: str) -> str:
        """The name of a quantity of this head: with the head's name in front, where it has one."""
        return f"{self.name}_{quantity}" if self.name else quantity


@dataclass(frozen=True)
class Resolved:
    """A question on data of a known shape.

    quantities   what a batch or a split is told to be: "loss", "accuracy", ..., in their order
    step         the split of the step's own values: "train" where a step is judged on the whole training split as it
                 is, else "batch"
    at_steps     splits judged at every step besides, because a target needs them and can afford it
    at_rows      splits judged on the steps of `evaluate`, and where `judge` asks for it
    on_split     probes of the whole training split that the step's own batch cannot answer
    accumulates  whether a step adds up micro-batches: then it also knows `batch_examples`, how many examples it takes,
                 and `examples_seen`, those of all updates before it
    judged       when targets are judged: "every step", "the traced steps", or "every k steps"; "" without a target
    splits       examples of every split
    by_class     probes of classes, of each split in `classed`, by the labels of the goal in place `class_goal`
    """

    goals: tuple[Goal, ...]
    quantities: tuple[str, ...]
    step: str
    at_steps: tuple[str, ...]
    at_rows: tuple[str, ...]
    on_split: tuple[str, ...]
    judged: str
    splits: Mapping[str, int]
    accumulates: bool = False
    by_class: tuple[str, ...] = ()
    classed: tuple[str, ...] = ()
    class_goal: int = 0

    @property
    def class_dims(self) -> dict[str, tuple[str, ...]]:
        """Names of what the probes of classes give, `<split>_<probe>`, each with its axes."""
        called = self.goals[self.class_goal].called
        return {f"{split}_{called(name)}": DIMS[name] for split in self.classed for name in self.by_class}

    @property
    def class_labels(self) -> dict[str, tuple[int, ...]]:
        """The labels along the axes of the probes of classes."""
        goal = self.goals[self.class_goal]
        labels = {"binary": (0, 1), "sign": (-1, 1)}.get(goal.kind, tuple(range(goal.units)))
        return dict.fromkeys((axis for name in self.by_class for axis in DIMS[name]), labels)

    @property
    def step_names(self) -> tuple[str, ...]:
        """Names of what is known at every step."""
        names = tuple(f"{split}_{quantity}" for split in (self.step, *self.at_steps) for quantity in self.quantities)
        return (*names, *EXAMPLES) if self.accumulates else names

    @property
    def row_names(self) -> tuple[str, ...]:
        """Names of what is judged where traces are kept."""
        return tuple(f"{split}_{quantity}" for split in self.at_rows for quantity in self.quantities)

    @property
    def scheduled(self) -> bool:
        """Whether targets are judged on a schedule, so that arrivals lie between two judged steps."""
        return self.judged not in ("", "every step")


def resolve(spec: Spec, shape: Shape, *, changes_in_training: bool | None = None) -> Resolved:
    """What a question without factors means on data of this shape.

    `changes_in_training` says whether the network behaves otherwise in training than when it is judged (dropout, batch
    norm); None works it out, which nobody but an engine can for a model of a user's own.

    Raises: SpecError, PartError or DataError for every misfit of question and data.
    """
    if spec.factors:
        raise SpecError(
            f"one setting is trained at a time, got {len(spec.factors)} factors; take one of spec.settings()"
        )
    for head in shape.heads:
        if head.kind not in OUTPUTS:
            raise DataError(f'targets are of kind {", ".join(OUTPUTS)}, got "{head.kind}"; give the data one of these')
    goals = goals_of(spec, shape.heads)
    check_batch(spec, shape)
    stages = flat(walk(spec.model, shape.inputs)) if spec.model.function is None else []
    check_norm(spec, shape, stages)
    check_parts_of_batches(spec, shape, goals)
    changes = trains_otherwise(stages) if changes_in_training is None else changes_in_training
    quantities = quantities_of(goals)
    step = "train" if spec.batch_size is None and not changes else "batch"
    splits = dict(shape.splits)
    judged = judged_splits(spec, splits)
    wanted = check_targets(spec, quantities, step, judged)
    besides = tuple(split for split in judged if split != step)
    needed = tuple(split for split in besides if split in wanted)
    every_step = bool(needed) and judged_at_every_step(spec, sum(splits[split] for split in needed), splits)
    at_steps = needed if every_step else ()
    by_class = tuple(part.name for part in spec.probes if part.function is None and part.name in BY_CLASS)
    return Resolved(
        goals=goals,
        quantities=quantities,
        step=step,
        at_steps=at_steps,
        at_rows=tuple(split for split in besides if split not in at_steps),
        on_split=tuple(part.name for part in spec.probes if is_on_split(part)) if step == "batch" else (),
        judged=_schedule(spec, bool(needed), every_step),
        splits=splits,
        accumulates=spec.accumulates,
        by_class=by_class,
        classed=tuple(judged) if by_class else (),
        class_goal=goal_of_classes(goals, by_class[0]) if by_class else 0,
    )


def variables(spec: Spec, resolved: Resolved) -> set[str]:
    """The names of what a record of this question will hold: steps, traces and probes, and each at the end."""
    probes = {part.name for part in spec.probes if part.name not in resolved.by_class} | {*resolved.class_dims}
    measured = {*resolved.step_names, *resolved.row_names, *probes}
    arrivals = {"hit_step", "diverged_step", "stop_step"} | ({"hit_after"} if resolved.scheduled else set())
    return arrivals | {name for name in measured if name not in AT_THE_END} | {f"final_{name}" for name in measured}


def goal_of_classes(goals: Sequence[Goal], probe: str) -> int:
    """The place of the only goal that has labels of classes. Raises PartError unless there is exactly one."""
    found = [place for place, goal in enumerate(goals) if goal.kind == "classes" or _is_one_label(goal)]
    if len(found) != 1:
        kinds = " and ".join(f'"{goal.kind}" ({goal.units} outputs)' for goal in goals)
        raise PartError(
            f"the probe {probe} needs one head of classes, got targets of kind {kinds}; leave it out, or take data "
            'with one label per example, of kind "classes", "binary" or "sign"'
        )
    return found[0]


def _is_one_label(goal: Goal) -> bool:
    return goal.kind in ("binary", "sign") and goal.units == 1


def judged_splits(spec: Spec, splits: Mapping[str, int]) -> dict[str, int]:
    """The splits that the question wants judged, with their examples. Raises SpecError for one that there is not."""
    if spec.splits == "all" or not splits:
        return dict(splits)
    for name in spec.splits:
        if name not in splits:
            raise SpecError(f'no split "{name}"{nearest(name, splits)}; the data have {", ".join(splits)}')
    return {name: examples for name, examples in splits.items() if name in spec.splits}


def judged_at_every_step(spec: Spec, judged: int, splits: Mapping[str, int]) -> bool:
    """Whether targets on splits of so many examples are judged at every step: as `judge` says, else where affordable.

    A step costs about three passes over its batch (one forward, twice that backward), and never less than the passes
    of 32 examples, below which a product costs no more than what surrounds it. Judging, one pass over the splits, may
    take up to four times the time of the steps: judged <= 4 * 3 * max(batch, 32).
    """
    if spec.judge != "auto":
        return spec.judge == 1
    batch = splits["train"] if spec.at_once is None else spec.at_once
    return judged <= TIMES * PASSES * max(batch, LEAST)


def judged_steps(spec: Spec, resolved: Resolved) -> np.ndarray:
    """The steps on which splits are judged: those of `evaluate`, and those of `judge` where a target needs them."""
    evaluated = evaluated_steps(spec)
    if not resolved.scheduled or spec.judge == "auto":
        return evaluated
    return np.union1d(evaluated, np.arange(0, spec.steps, int(spec.judge)))


def last_missed(hit: np.ndarray, stop: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """`hit_after`: the last judged step at which the target did not hold, NaN where it held when first judged.

    `hit` and `stop` are `(member,)`, `hit` NaN for those that never arrived; `judged` rises.

    >>> last_missed(np.array([20.0, np.nan, 0.0]), np.array([20, 47, 0]), np.array([0, 10, 20, 30, 40])).tolist()
    [10.0, 40.0, nan]
    """
    before = np.where(
        np.isfinite(hit),
        np.searchsorted(judged, np.nan_to_num(hit), side="left"),
        np.searchsorted(judged, stop, side="right"),
    )
    return np.where(before > 0, judged[np.maximum(before - 1, 0)], np.nan)


def is_on_split(part: Part) -> bool:
    """Whether a probe speaks of the whole training split, in inference mode, and not of the batch of a step."""
    return part.function is None and part.name in ON_SPLIT


def trains_otherwise(stages: Sequence[Stage]) -> bool:
    """Whether layers behave otherwise in training than when they are judged."""
    return any(stage.kind in ("batch_norm", "dropout") or _draws(stage) for stage in stages)


def _draws(stage: Stage) -> bool:
    if stage.kind != "activation":
        return False
    function: Part = stage.part["function"]
    return function.function is None and function.name in DRAWS


def _schedule(spec: Spec, needed: bool, every_step: bool) -> str:
    if spec.stop is None:
        return ""
    if not needed or every_step:
        return "every step"
    every = spec.judge if spec.judge != "auto" else spec.evaluate
    return "the traced steps" if every == "traced" else f"every {every} steps"


# What each head learns


def goals_of(spec: Spec, heads: Sequence[Head]) -> tuple[Goal, ...]:
    """One goal for each head, in order. Raises PartError or SpecError where parts and heads do not fit."""
    check_heads(spec, heads)
    metrics = metrics_of(spec.metrics, heads)
    goals: list[Goal] = []
    row = column = 0
    for head, judged in zip(heads, metrics, strict=True):
        loss = of_head(spec.loss, head.name)
        check_loss(loss, head)
        check_output(spec.output, loss, head)
        rows = slice(row, row + head.units)
        columns = slice(column, column + (1 if head.kind == "classes" else head.units))
        row, column = rows.stop, columns.stop
        weighed = f"loss.{head.name}{WEIGHT}" if head.name else None
        summed = bool(head.name) and spec.loss["shared"] == "sum"
        output = OUTPUTS[head.kind] if spec.output is None else spec.output
        goals.append(
            Goal(head.name, head.kind, head.units, rows, columns, output, loss, is_on_score(loss),
                 truth_of(loss, head.kind), loss["reduction"] if loss.function is None else "mean", judged,
                 "logit" if head.kind == "binary" and _is_sigmoid(output) else head.kind,
                 None if summed else weighed, weighed if summed else None)
        )  # fmt: skip
    return tuple(goals)


def quantities_of(goals: Sequence[Goal]) -> tuple[str, ...]:
    """What a split is told to be: the loss, that of each head where there are several, then the metrics."""
    losses = [goal.called("loss") for goal in goals if goal.name]
    return ("loss", *losses, *(goal.called(part.name) for goal in goals for part in goal.metrics))


def is_on_score(loss: Part) -> bool:
    """Whether a loss takes the score and not the prediction; a user's own takes the score."""
    return loss.function is not None or loss.name in ON_SCORE


def truth_of(loss: Part, kind: str) -> Literal["as they are", "signs", "one_hot"]:
    """What a loss compares with: labels in {0, 1} become signs under perceptron and hinge, classes one-hot under l2."""
    if loss.function is not None:
        return "as they are"
    if loss.name in SIGNED and kind == "binary":
        return "signs"
    return "one_hot" if kind == "classes" and loss.name not in ON_SCORE else "as they are"


def check_heads(spec: Spec, heads: Sequence[Head]) -> None:
    """There is a loss for each head, and no output activation where there are several."""
    wanted, named = sorted(head.name for head in heads if head.name), sorted(head_names(spec.loss))
    if wanted != named:
        raise PartError(
            f'the loss "{spec.loss.name}" is for {_listed(named)}, the data set asks for {_listed(wanted)}; write '
            + (f"heads({', '.join(f'{name}=...' for name in wanted)})" if wanted else "the loss of a single thing")
        )
    if wanted and spec.output is not None:
        raise PartError(
            f"the output activation is {spec.output.label()}, but each of {len(wanted)} heads has its own; leave it "
            "out, it follows from the kinds of targets"
        )


def check_loss(loss: Part, head: Head) -> None:
    """The loss is one for this kind of target."""
    if loss.function is not None:
        return
    fitting = FITTING[loss.name]
    if head.kind not in fitting:
        other = {"classes": "cross_entropy", "binary": "cross_entropy", "sign": "hinge"}.get(head.kind, "l2")
        raise PartError(
            f'the loss {loss.name} needs targets of kind {" or ".join(fitting)}, got "{head.kind}"{_of(head)}; '
            f"take for instance {other}"
        )


def check_output(output: Part | None, loss: Part, head: Head) -> None:
    """The output activation keeps its width and learns nothing, and a loss of the score has the output of its own."""
    if output is None:
        return
    if output.function is None and output.name in {*LEARNS, *DRAWS, *WIDENS}:
        raise PartError(
            f'the output cannot be "{output.name}", which learns, draws or doubles; take a plain activation'
        )
    belongs = OUTPUTS[head.kind]
    if loss.function is None and loss.name in ON_SCORE and (output.name != belongs or output.function is not None):
        raise PartError(
            f"the loss {loss.name} of {head.kind} targets is computed from scores behind {belongs}, got the output "
            f'"{output.label()}", by which only the metrics would judge; leave the output out, or take a loss of '
            "predictions such as l2"
        )


def metrics_of(metrics: Sequence[Part], heads: Sequence[Head]) -> list[tuple[Part, ...]]:
    """The metrics of each head: those that fit it; accuracy where none is asked for and it has labels."""
    for part in metrics:
        if not any(fits(part, head, heads) for head in heads):
            kinds = " and ".join(f'"{head.kind}"' for head in heads)
            labels = part.name in OF_LABELS
            needs, other = ("labels", "within(tolerance=0.5)") if labels else ("numbers", "accuracy")
            raise PartError(f"{part.name} needs {needs}, got targets of kind {kinds}; take the metric {other}")
    asked = tuple(metrics) or (find("metric", "accuracy"),)
    return [tuple(part for part in asked if fits(part, head, heads)) for head in heads]


def fits(metric: Part, head: Head, heads: Sequence[Head]) -> bool:
    """Whether a metric is taken of a head: shares of right labels of labels, the others of numbers or an only head."""
    if metric.function is not None:
        return True
    if metric.name in OF_LABELS:
        return head.kind != "real"
    return head.kind == "real" or len(heads) == 1


def check_batch(spec: Spec, shape: Shape) -> None:
    """A batch is no larger than the training split."""
    if spec.accumulates and any(map(_mixes_units, spec.parts().values())):
        raise SpecError(
            "where batches add up micro-batches, a warm-up and what follows it count alike, got one in steps and one "
            'in epochs; give both the same unit, such as unit="step"'
        )
    if shape.splits:
        check_batch_size(spec, shape.examples)


def check_batch_size(spec: Spec, examples: int) -> None:
    """The same, where the examples are counted: a program serves other numbers of a schedule too."""
    sizes = levels(spec.batch_size) if spec.accumulates else ()
    most = max((*filter(math.isfinite, sizes), spec.at_once or 1))
    if most > examples:
        raise SpecError(f"a batch of {most:g} was asked for, the data set has {examples} examples; ask for fewer")


def _mixes_units(part: Part) -> bool:
    """Whether a schedule in a part, or it itself, leads to one of another unit."""
    then = dict(part.options).get("then") if is_schedule(part) else None
    mixed = isinstance(then, Part) and dict(then.options).get("unit", "step") != part["unit"]
    return mixed or any(map(_mixes_units, part.parts()))


def check_norm(spec: Spec, shape: Shape, stages: Sequence[Stage]) -> None:
    """Batch norm sees several numbers of every feature or channel: an image has one at each of its places."""
    if batch_of(spec, shape) == 1:
        check_normalized([stage.takes[1:] for stage in stages if stage.kind == "batch_norm"])


def check_normalized(places: Iterable[Sequence[int]]) -> None:
    """Raise SpecError where a batch norm of one example sees a single number: an image has one at each place."""
    if any(math.prod(size) == 1 for size in places):
        raise SpecError(
            "batch norm needs more than one example in a batch, got 1: the values of one example have no variance to "
            "be divided by; take a larger batch_size, or no batch norm"
        )


def check_parts_of_batches(spec: Spec, shape: Shape, goals: Sequence[Goal]) -> None:
    """Raise PartError where the gradient of a batch cannot be compared with those of its parts."""
    for probe in spec.probes:
        if probe.function is not None or probe.name != "gradient_noise":
            continue
        if any(goal.reduction == "sum" for goal in goals):
            raise PartError(
                "gradient_noise compares means over batches of two sizes, got a loss that is a sum over examples; "
                'take reduction="mean", or leave the probe out'
            )
        batch = batch_of(spec, shape)
        if batch % probe["parts"]:
            raise PartError(
                f"gradient_noise cuts a batch into equal parts, got {probe['parts']} parts of {batch} examples; take "
                "a number that divides them"
            )


def batch_of(spec: Spec, shape: Shape) -> int:
    """The examples of a step; 0 where the data are not known yet."""
    if not shape.splits:
        return 0
    return shape.examples if spec.at_once is None else spec.at_once


def _can_be_reached(spec: Spec, target: Target) -> None:
    """Raise SpecError for a share of examples, such as an accuracy, that is asked to leave 0 to 1."""
    own = {part.name for part in spec.metrics if part.function is not None}
    share = next((name for name in SHARES - own if target.metric.endswith(f"_{name}")), "")
    over, under = (
        target.direction == "at least" and target.value > 1,
        target.direction == "at most" and target.value < 0,
    )
    if share and (over or under):
        percent = f'reaches("{target.metric}", {target.value / 100:g})' if 2 <= target.value <= 100 else "a share"
        raise SpecError(f"{target.metric} is a share from 0 to 1, got the target {target.value:g}; write {percent}")


def check_targets(spec: Spec, quantities: Sequence[str], step: str, splits: Mapping[str, int]) -> set[str]:
    """The splits that the stop rule asks for, all of them measured. Raises SpecError for a target that is not."""
    measured = dict.fromkeys((*splits, step))
    known = [f"{split}_{quantity}" for split in measured for quantity in quantities]
    wanted: set[str] = set()
    for target in spec.stop.targets if spec.stop else ():
        if target.metric not in known:
            close = nearest(target.metric, known)
            raise SpecError(f'no quantity "{target.metric}" to stop at{close} (this question has {", ".join(known)})')
        _can_be_reached(spec, target)
        wanted |= {split for split in measured if target.metric in {f"{split}_{quantity}" for quantity in quantities}}
    return wanted


def _is_sigmoid(output: str | Part) -> bool:
    """Whether scores become predictions by seedbed's sigmoid, and no function of a user's."""
    return output == "sigmoid" if isinstance(output, str) else output.name == "sigmoid" and output.function is None


def _listed(names: Sequence[str]) -> str:
    return "the heads " + " and ".join(names) if names else "a single thing"


def _of(head: Head) -> str:
    return f' of the head "{head.name}"' if head.name else ""


__all__ = [
    "FITTING",
    "OUTPUTS",
    "Goal",
    "Head",
    "Resolved",
    "Shape",
    "goals_of",
    "is_on_split",
    "judged_steps",
    "last_missed",
    "resolve",
]
