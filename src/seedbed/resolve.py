"""What a question means on data of a given shape, worked out once for both engines and for the tables of reports.

Pure Python: no arrays and no mathematics. `resolve` settles heads, outputs, losses, metrics, the names of all traces,
when the splits are judged, and raises every misfit that does not depend on a user's own function; `layers` counts a
network. What the words compute stands in `seedbed.parts` and, in NumPy, in `seedbed.reference`.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np

from seedbed.errors import DataError, PartError, SpecError, nearest
from seedbed.spec import Spec, trace_steps
from seedbed.vocabulary import Part, find
from seedbed.vocabulary.activations import DRAWS, LEARNS, WIDENS
from seedbed.vocabulary.losses import ON_SCORE, SIGNED, WEIGHT, head_names, of_head
from seedbed.vocabulary.metrics import OF_LABELS
from seedbed.vocabulary.probes import ON_SPLIT

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
    at_rows      splits judged where traces are kept, and where `judge` asks for it
    on_split     probes of the whole training split that the step's own batch cannot answer
    judged       when targets are judged: "every step", "the traced steps", or "every k steps"; "" without a target
    splits       examples of every split
    """

    goals: tuple[Goal, ...]
    quantities: tuple[str, ...]
    step: str
    at_steps: tuple[str, ...]
    at_rows: tuple[str, ...]
    on_split: tuple[str, ...]
    judged: str
    splits: Mapping[str, int]

    @property
    def step_names(self) -> tuple[str, ...]:
        """Names of what is known at every step."""
        return tuple(f"{split}_{quantity}" for split in (self.step, *self.at_steps) for quantity in self.quantities)

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
    if spec.model.function is None:
        for _ in walk(words_of(spec.model, [head.units for head in shape.heads]), shape.inputs):
            pass  # a layer that does not fit raises
    changes = trains_otherwise(spec.model) if changes_in_training is None else changes_in_training
    quantities = quantities_of(goals)
    step = "train" if spec.batch_size is None and not changes else "batch"
    splits = dict(shape.splits)
    wanted = check_targets(spec, quantities, step, splits)
    besides = tuple(split for split in splits if split != step)
    needed = tuple(split for split in besides if split in wanted)
    every_step = bool(needed) and judged_at_every_step(spec, sum(splits[split] for split in needed), splits)
    at_steps = needed if every_step else ()
    return Resolved(
        goals=goals,
        quantities=quantities,
        step=step,
        at_steps=at_steps,
        at_rows=tuple(split for split in besides if split not in at_steps),
        on_split=tuple(part.name for part in spec.probes if is_on_split(part)) if step == "batch" else (),
        judged=_schedule(spec, bool(needed), every_step),
        splits=splits,
    )


def judged_at_every_step(spec: Spec, judged: int, splits: Mapping[str, int]) -> bool:
    """Whether targets on splits of so many examples are judged at every step: as `judge` says, else where affordable.

    A step costs about three passes over its batch (one forward, twice that backward), and never less than the passes
    of 32 examples, below which a product costs no more than what surrounds it. Judging, one pass over the splits, may
    take up to four times the time of the steps: judged <= 4 * 3 * max(batch, 32).
    """
    if spec.judge != "auto":
        return spec.judge == 1
    batch = splits["train"] if spec.batch_size is None else spec.batch_size
    return judged <= TIMES * PASSES * max(batch, LEAST)


def judged_steps(spec: Spec, resolved: Resolved) -> np.ndarray:
    """The steps at which targets on a schedule are judged: the traced ones, and those of `judge`."""
    traced = trace_steps(spec.steps, spec.trace)
    if not resolved.scheduled or spec.judge == "auto":
        return traced
    return np.union1d(traced, np.arange(0, spec.steps, int(spec.judge)))


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


def trains_otherwise(model: Part) -> bool:
    """Whether a named model behaves otherwise in training than when it is judged."""
    options = dict(model.options) if model.function is None else {}
    activation = options.get("activation")
    drawn = isinstance(activation, Part) and activation.function is None and activation.name in DRAWS
    return drawn or options.get("norm", "none") != "none" or "dropout" in options


def _schedule(spec: Spec, needed: bool, every_step: bool) -> str:
    if spec.stop is None:
        return ""
    if not needed or every_step:
        return "every step"
    return "the traced steps" if spec.judge == "auto" else f"every {spec.judge} steps"


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
    """A batch is no larger than the training split, and has several examples where batch norm looks at them."""
    if not shape.splits:
        return
    if spec.batch_size is not None and spec.batch_size > shape.examples:
        raise SpecError(
            f"a batch of {spec.batch_size} was asked for, the data set has {shape.examples} examples; ask for fewer"
        )
    batch = shape.examples if spec.batch_size is None else spec.batch_size
    if batch == 1 and spec.model.function is None and dict(spec.model.options).get("norm") == "batch":
        raise SpecError(
            "batch norm needs more than one example in a batch, got 1: the values of one example have no variance to "
            "be divided by; take a larger batch_size, or norm='none'"
        )


def check_targets(spec: Spec, quantities: Sequence[str], step: str, splits: Mapping[str, int]) -> set[str]:
    """The splits that the stop rule asks for, all of them measured. Raises SpecError for a target that is not."""
    measured = dict.fromkeys((*splits, step))
    known = [f"{split}_{quantity}" for split in measured for quantity in quantities]
    wanted: set[str] = set()
    for target in spec.stop.targets if spec.stop else ():
        if target.metric not in known:
            close = nearest(target.metric, known)
            raise SpecError(f'no quantity "{target.metric}" to stop at{close} (this question has {", ".join(known)})')
        wanted |= {split for split in measured if target.metric in {f"{split}_{quantity}" for quantity in quantities}}
    return wanted


def _is_sigmoid(output: str | Part) -> bool:
    """Whether scores become predictions by seedbed's sigmoid, and no function of a user's."""
    return output == "sigmoid" if isinstance(output, str) else output.name == "sigmoid" and output.function is None


def _listed(names: Sequence[str]) -> str:
    return "the heads " + " and ".join(names) if names else "a single thing"


def _of(head: Head) -> str:
    return f' of the head "{head.name}"' if head.name else ""


# Layers


class Word(NamedTuple):
    """A layer before its shapes are known; `units` are a dense layer's or the channels of a convolution's result."""

    kind: str
    units: int = 0
    kernel: int = 0
    stride: int = 1
    padding: str | int = "valid"
    bias: bool = True


class Stage(NamedTuple):
    """A layer on its shapes: what it takes and hands on for one example, its parameters and multiply-adds forward."""

    word: Word
    takes: tuple[int, ...]
    gives: tuple[int, ...]
    parameters: int = 0
    multiply_adds: int = 0


@dataclass(frozen=True)
class Layer:
    """A layer with weights, and what belongs to it: the shape handed on, and multiply-adds for one example forward."""

    name: str
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int


def layers(model: Part, inputs: Sequence[int], units: Sequence[int] = (1,)) -> list[Layer]:
    """The layers of a `neuron`, `mlp` or `cnn` on examples of shape `inputs`, with a linear layer per head at the end.

    `units` are the outputs of each head. The scale and shift of batch norm, 2 numbers for each of its units, count
    with the layer in front of it. Raises: SpecError for another model.

    >>> from seedbed.vocabulary import models
    >>> [layer.parameters for layer in layers(models.cnn([16, 8], 7), (16, 16))]
    [800, 6280, 129]
    """
    if model.function is not None or model.name not in WORDS:
        raise SpecError(f'the layers of model "{model.name}" are not known here; count those of {", ".join(WORDS)}')
    found: list[Layer] = []
    for stage in walk(words_of(model, units), inputs):
        if stage.word.kind in WEIGHTED:
            name = f"{len(found) + 1} {stage.word.kind}"
            found.append(Layer(name, stage.gives, stage.parameters, stage.multiply_adds))
        elif found and stage.word.kind in BELONGING:
            last = found[-1]
            found[-1] = Layer(last.name, stage.gives, last.parameters + stage.parameters, last.multiply_adds)
    return found


def walk(words: Iterable[Word], inputs: Sequence[int]) -> Iterator[Stage]:
    """The layers one after the other on their shapes, which is all that counting and building need to know of a net.

    Linear layers of several heads stand last and all take what the layer in front of them gives. Raises PartError for
    a layer that does not fit what it is given.
    """
    shape, given = tuple(inputs), tuple(inputs)
    number = 1
    for word in words:
        stage = _stage(word, given if word.kind == "head" else shape, number)
        number += stage.word.kind in WEIGHTED
        yield stage
        shape, given = stage.gives, given if word.kind == "head" else stage.gives


def _stage(word: Word, takes: tuple[int, ...], number: int) -> Stage:
    match word.kind:
        case "image":
            return Stage(word, takes, image(takes))
        case "flatten":
            return Stage(word, takes, (math.prod(takes),))
        case "dense" | "head":
            into = takes[0]
            dense = word._replace(kind="dense")
            return Stage(dense, takes, (word.units,), word.units * (into + word.bias), into * word.units)
        case "conv2d":
            into, *size = takes
            after = [places(length, word.kernel, word.stride, word.padding) for length in size]
            if min(after) < 1:
                raise PartError(
                    f"a kernel of {word.kernel}x{word.kernel} does not fit the {size[0]}x{size[1]} image that layer "
                    f'{number} sees; take a smaller one, fewer layers, or padding="same"'
                )
            weights = into * word.kernel**2 * word.units
            return Stage(word, takes, (word.units, *after), weights + word.units, weights * math.prod(after))
        case "pool":
            into, *size = takes
            return Stage(word, takes, (into, *(length // 2 for length in size)) if min(size) >= 2 else takes)
        case "norm":
            return Stage(word, takes, takes, 2 * takes[0])
        case "doubling":
            return Stage(word, takes, (2 * takes[0], *takes[1:]))
        case _:
            return Stage(word, takes, takes)


def places(length: int, side: int, stride: int, padding: str | int) -> int:
    """Where along a side of this length a window fits: with padding "same", length / stride, rounded up."""
    if padding == "same":
        return -(-length // stride)
    return (length + (0 if padding == "valid" else 2 * int(padding)) - side) // stride + 1


CHANNELS = (1, 3, 4)  # grey, colors, colors with transparency


def image(shape: Sequence[int]) -> tuple[int, int, int]:
    """(channel, height, width) of inputs of this shape; an image without channels has one. Raises PartError."""
    if len(shape) not in (2, 3):
        raise PartError(
            f"cnn needs images (height, width) or (channel, height, width), got examples of shape {tuple(shape)}; "
            "take mlp, or other data"
        )
    if len(shape) == 3 and shape[2] in CHANNELS and min(shape[:2]) > max(CHANNELS):
        raise PartError(
            f"cnn needs images (channel, height, width), got {tuple(shape)}, which look like (height, width, channel); "
            "put the channel first: np.moveaxis(images, -1, 1)"
        )
    return (1, *shape) if len(shape) == 2 else tuple(shape)  # pyright: ignore[reportReturnType] - of 2 or 3 numbers


def words_of(model: Part, units: Sequence[int]) -> list[Word]:
    """The layers of a named model, with a linear layer for each head."""
    return WORDS[model.name](dict(model.options), units)


def _neuron(options: Mapping[str, Any], units: Sequence[int]) -> list[Word]:
    return [Word("flatten"), *_heads(units, options.get("bias", True))]


def _mlp(options: Mapping[str, Any], units: Sequence[int]) -> list[Word]:
    return [Word("flatten"), *_hidden(options), *_heads(units)]


def _cnn(options: Mapping[str, Any], units: Sequence[int]) -> list[Word]:
    found = [Word("image")]
    for width, side, stride in zip(options["channels"], options["kernel"], options["stride"], strict=True):
        found.append(Word("conv2d", width, side, stride, options["padding"]))
        found += _activation(options)
        found += [Word("pool")] if options["pool"] != "none" else []
    return [*found, Word("flatten"), *_hidden(options), *_heads(units)]


def _hidden(options: Mapping[str, Any]) -> list[Word]:
    norm = [Word("norm")] if options.get("norm", "none") == "batch" else []
    dropout = [Word("dropout")] if "dropout" in options else []
    between = [*norm, *_activation(options), *dropout]
    return [word for width in options["hidden"] for word in (Word("dense", width), *between)]


def _activation(options: Mapping[str, Any]) -> list[Word]:
    part = options["activation"]
    return [Word("doubling" if part.function is None and part.name in WIDENS else "activation")]


def _heads(units: Sequence[int], bias: bool = True) -> list[Word]:
    return [Word("head", width, bias=bias) for width in units]


WORDS = {"neuron": _neuron, "mlp": _mlp, "cnn": _cnn}
WEIGHTED = ("dense", "conv2d")
BELONGING = ("norm", "activation", "doubling", "dropout", "pool")

__all__ = [
    "FITTING",
    "OUTPUTS",
    "Goal",
    "Head",
    "Layer",
    "Resolved",
    "Shape",
    "goals_of",
    "image",
    "is_on_split",
    "judged_steps",
    "last_missed",
    "layers",
    "resolve",
]
