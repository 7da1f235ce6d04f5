"""A question, as data: what to train, how, until when, and over which settings.

A `Spec` computes nothing and imports nothing heavy. `settings()` spells out the grid of factor
levels; each setting splits into a *recipe* (what changes the compiled program) and *dials*
(numbers on the member axis). Seeds are not part of a question: they are asked for when it is run.
"""

import dataclasses
import hashlib
import itertools
import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seedbed import markup
from seedbed.errors import LETTERS, SpecError, nearest, shown
from seedbed.stopping import Every, Stop, Target, every, falls_to, reaches
from seedbed.vocabulary import TABLES, Dial, Part, find, optional, schedules
from seedbed.vocabulary import read_back as part_back
from seedbed.vocabulary.lengths import Epochs, length_back, plain_length
from seedbed.vocabulary.numbers import MOST, MOST_LETTERS, as_option, plain
from seedbed.vocabulary.probes import DIMS
from seedbed.vocabulary.schedules import dial, is_schedule, levels

PARTS = ("data", "model", "loss", "optimizer", "initializer", "output")
LENGTHS = ("steps", "trace", "evaluate")  # what may be counted in epochs
WORDS = {"trace": "log", "judge": "auto", "evaluate": "traced"}  # what stands for no number of steps
TRACE_DENSE, TRACE_RATIO = 64, 1.02
MEASURED = ("hit_step", "diverged_step", "stop_step", "hit_after", "copy_of")  # what a record may have
EXAMPLES = ("batch_examples", "examples_seen")  # of a step, and of all before it, where the batch size changes
SPLITS = ("train", "test", "valid", "batch", "final")  # a variable of a record is <split>_<quantity>
AXES = ("seed", "step", "layer")  # of every record, beside its factors
Seeds = range | tuple[int, ...]  # consecutive, or any others in the order asked for
LAST_SEED, MOST_SEEDS = 2**32 - 1, 10_000_000  # a seed is 32 bits of a key; more at once would not fit into memory


@dataclass(frozen=True)
class Factor:
    """One axis of the grid: its name, the labels of its levels, and the changes each level makes."""

    name: str
    labels: tuple[str | float, ...]
    changes: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Setting:
    """One combination of factor levels, and the question it makes."""

    levels: Mapping[str, str | float]
    spec: "Spec"


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A question about training.

    Parts (`data`, `model`, `loss`, `optimizer`, `initializer`, `output`) take a name, a `Part` or a function of
    one's own. `initializer=None` keeps the model's own initial draw. `output` turns the model's raw output into a
    prediction; None derives it from the targets (sigmoid for labels in {0, 1}, softmax for classes, identity for
    real numbers). `steps` is the cap in updates, or `epochs(15)`; `batch_size=None` is full-batch training;
    a schedule of it takes as many micro-batches of `micro_batch` examples as it asks for (its least value, unless
    given), and a number with `micro_batch` as many as make it up; their gradients are added. `trace`
    says which steps traces are kept on: "log" (every step up to 64, then 2 % apart), a whole number (every so many),
    "epoch" or `epochs(2)`. Wherever an option is a dial, a schedule may stand (`seedbed list schedules`).
    `judge` says when a target is judged on a split that a step does not see as a whole: every so many steps, and
    where traces are kept; "auto" takes every step where that costs at most a few times the training, else the traced
    steps. `splits` names the splits that are judged at all: a long trace of the batches of a large set is cheap with
    `splits=()`. `evaluate` says on which steps they are judged: "traced", or fewer than the batch and the probes are
    looked at, such as `trace=10, evaluate=epochs(1)`; elsewhere the traces of splits are NaN.
    """

    data: Any
    model: Any
    loss: Any
    optimizer: Any
    steps: Any
    initializer: Any = None
    output: Any = None
    batch_size: Any = None
    micro_batch: Any = None
    stop: Any = None
    metrics: Any = ()
    probes: Any = ("dead",)
    trace: Any = "log"
    judge: Any = "auto"
    evaluate: Any = "traced"
    splits: Any = "all"
    factors: tuple[Factor, ...] = ()

    def __post_init__(self) -> None:
        for name in PARTS:
            value = getattr(self, name)
            if value is not None or name not in ("initializer", "output"):
                object.__setattr__(self, name, find(_kind_of(name), value))
        for name, kind in (("metrics", "metric"), ("probes", "probe")):
            object.__setattr__(self, name, _parts_of(kind, getattr(self, name)))
        if self.stop is not None and not hasattr(self.stop, "targets"):
            raise SpecError(f"stop must be a target, got {shown(self.stop)}; write stop=reaches('train_accuracy', 1.0)")
        _fix_batch_size(self)
        _settle_lengths(self)
        object.__setattr__(self, "splits", _splits(self.splits))
        if self.stop is not None and self.steps == 0:
            raise SpecError("a target needs steps in which to arrive, got steps=0; give at least 1, or no target")
        _names_differ(self)

    def __repr__(self) -> str:
        varied = [f"{factor.name} of {', '.join(map(str, factor.labels))}" for factor in self.factors]
        words = [
            f"{name} {text}" for name, text in self._rows() if name not in {factor.name for factor in self.factors}
        ]
        return f"<Spec: {'; '.join(words + varied)}>"

    def _repr_html_(self) -> str:
        return markup.table(["part", "what it is"], self._rows())

    def _rows(self) -> list[list[str]]:
        """What the question says, field by field, then its factors with their levels."""
        rows = [[name, part.label()] for name, part in self.parts().items()]
        rows += [["steps", str(self.steps)]]
        rows += [] if self.stop is None else [["stop", str(self.stop)]]
        rows += [] if self.batch_size is None or self.accumulates else [["batch_size", str(self.batch_size)]]
        return rows + [[factor.name, ", ".join(map(str, factor.labels))] for factor in self.factors]

    def replace(self, **changes: Any) -> "Spec":
        """The same question with some fields replaced, or options of its parts: `replace(steps=8, learning_rate=0.1)`.

        An option is named as in `vary`; one that is varied keeps its levels.

        >>> question = Spec(data="random_images", model="neuron", loss="l2", optimizer="sgd(learning_rate=1)", steps=9)
        >>> question.replace(steps=8, learning_rate=0.25).optimizer["learning_rate"].value
        0.25
        """
        fields = {field.name for field in dataclasses.fields(self)}
        question = dataclasses.replace(self, **{name: value for name, value in changes.items() if name in fields})
        for name, value in changes.items():
            if name not in fields:
                question = question.change(name.replace("__", "."), value)
        return question

    def vary(self, **levels: Any) -> "Spec":
        """The question over a grid: one factor per keyword, one level per item.

        A factor is named by the field or option it changes (`activation`, `loss`, `learning_rate`, or with its
        path, `optimizer__learning_rate`). A mapping gives levels of one's own making: label -> {path: value}.
        Among the levels of a part, "all" stands for every name of its table.
        """
        question = self
        for name, values in levels.items():
            question = dataclasses.replace(question, factors=_with_factor(question, name.replace("__", "."), values))
        question.settings()  # every level must fit somewhere
        return question

    def fits(self, name: str) -> bool:
        """Whether a factor of that name is varied, or could be."""
        if name in {factor.name for factor in self.factors}:
            return True
        try:
            _place(self.settings()[0].spec, name.replace("__", "."))
        except SpecError:
            return False
        return True

    def set_levels(self, name: str, levels: Any) -> "Spec":
        """The question with other levels of a factor, in its place, or with a new factor; levels as for `vary`."""
        before = [factor.name for factor in self.factors]
        short = name.replace("__", ".").rpartition(".")[2]
        rest = dataclasses.replace(self, factors=tuple(factor for factor in self.factors if factor.name != short))
        varied = rest.vary(**{name: levels})
        if short not in before:
            return varied
        order = sorted(varied.factors, key=lambda factor: before.index(factor.name))
        return dataclasses.replace(varied, factors=tuple(order))

    def settings(self) -> list[Setting]:
        """Every combination of factor levels, in the order the factors were declared, last factor fastest."""
        bare = dataclasses.replace(self, factors=())
        return [_setting(bare, choice) for choice in itertools.product(*(_levels(factor) for factor in self.factors))]

    @property
    def usual_batch(self) -> float | None:
        """About how many examples a step takes: the mean of the numbers that a schedule names; None for all."""
        known = list(levels(self.batch_size)) if self.accumulates else []
        return sum(known) / len(known) if known else self.at_once

    def change(self, path: str, value: Any) -> "Spec":
        """Replace the field or option that `path` names; a bare name must fit exactly one place."""
        full, value = _place(self, path), plain(value)
        head, _, rest = full.partition(".")
        if not rest:
            return dataclasses.replace(self, **{head: value})
        return dataclasses.replace(self, **{head: _change_option(getattr(self, head), rest, value)})

    def dials(self) -> dict[str, float]:
        """Every dial of the question, by dotted path."""
        return {f"{name}.{path}": number for name, part in self.parts().items() for path, number in part.dials()}

    def parts(self) -> dict[str, Part]:
        """The parts there are, by field; the batch size is one where it follows a schedule."""
        found = {name: getattr(self, name) for name in (*PARTS, "batch_size")}
        return {name: part for name, part in found.items() if isinstance(part, Part)}

    @property
    def accumulates(self) -> bool:
        """Whether a step adds up the gradients of several micro-batches."""
        return isinstance(self.batch_size, Part)

    @property
    def at_once(self) -> int | None:
        """The examples of one gradient: those of a micro-batch, or of the whole batch; None for all there are."""
        if not self.accumulates:
            return self.batch_size
        return round(min(levels(self.batch_size))) if self.micro_batch is None else self.micro_batch

    @property
    def in_epochs(self) -> bool:
        """Whether steps or traces of some setting are counted in epochs, so that only the data say what they are."""
        levels = [change.get("steps") for factor in self.factors for change in factor.changes]
        return any(isinstance(length, Epochs) for length in (self.steps, self.trace, self.evaluate, *levels))

    def in_steps(self, examples: int) -> "Spec":
        """The same question, for data of so many examples, with epochs turned into steps.

        Where the batch size changes, `reference.schedules.in_steps` counts the updates of an epoch.
        """
        found = {name: getattr(self, name) for name in LENGTHS if isinstance(getattr(self, name), Epochs)}
        steps = {name: length.in_steps(examples, self.at_once) for name, length in found.items()}
        return dataclasses.replace(self, **steps) if steps else self

    def functions(self, without: Collection[str] = ()) -> list[Callable[..., Any]]:
        """The user's own functions in this question, in a fixed order; `without` leaves fields out."""
        parts = [part for name, part in self.parts().items() if name not in without]
        parts += [part for name in ("metrics", "probes") if name not in without for part in getattr(self, name)]
        return [function for part in parts for function in part.functions()]

    def canonical(self) -> dict[str, Any]:
        """The question as JSON-ready data; functions of a user's own stand in it by name only."""
        plain: dict[str, Any] = {name: _part_or_none(getattr(self, name)) for name in PARTS}
        plain |= {"steps": plain_length(self.steps), "batch_size": self.batch_size, "trace": plain_length(self.trace)}
        if self.accumulates:
            plain |= {"batch_size": self.batch_size.canonical(), "micro_batch": self.at_once}
        plain |= {} if self.judge == "auto" else {"judge": self.judge}
        plain |= {} if self.evaluate == "traced" else {"evaluate": plain_length(self.evaluate)}
        plain |= {} if self.splits == "all" else {"splits": list(self.splits)}
        plain["stop"] = [dataclasses.asdict(target) for target in self.stop.targets] if self.stop else None
        plain["metrics"] = [metric.canonical() for metric in self.metrics]
        plain["probes"] = [probe.canonical() for probe in self.probes]
        plain["factors"] = {factor.name: list(factor.labels) for factor in self.factors}
        return plain

    def recipe(self, without: Collection[str] = ()) -> str:
        """The part of the question that changes the compiled program, as canonical JSON.

        `without` leaves parts out: a program knows only the shapes of its data. A user's own functions stand in it as
        objects of this process: two of them are different until their traces say otherwise.
        """
        plain = self.canonical()
        for name in ("steps", "trace", "evaluate", "factors", *without):
            plain.pop(name, None)
        return canonical_json([_without_dials(plain), [id(function) for function in self.functions(without)]])

    def hash(self) -> str:
        """Sixteen hexadecimal digits of this question, in which functions of a user's own stand by name only.

        What such functions compute is in the names under which results are kept, see `procedures.run.identity`.
        """
        return digest(self.canonical() | {"settings": [setting.spec.canonical() for setting in self.settings()]})


def levels_of(question: Spec) -> list[Any]:
    """What every level of every factor changes, as JSON-ready data: [[factor, [[label, {path: value}], ...]], ...]."""
    return [
        [factor.name, [[label, {path: _plain(value) for path, value in changes.items()}] for label, changes in
                       zip(factor.labels, factor.changes, strict=True)]] for factor in question.factors
    ]  # fmt: skip


def read_back(plain: Mapping[str, Any], levels: Sequence[Any]) -> Spec:
    """The question that `canonical` and `levels_of` have written as plain data.

    Raises PartError where it has parts of a user's own: only their names were written.
    """
    fields: dict[str, Any] = {
        name: None if plain[name] is None else part_back(_kind_of(name), plain[name]) for name in PARTS
    }
    fields |= {name: length_back(plain[name]) for name in ("steps", "trace")}
    batch_size = plain["batch_size"]
    fields["batch_size"] = part_back("schedule", batch_size) if isinstance(batch_size, Mapping) else batch_size
    fields["micro_batch"] = plain.get("micro_batch")
    fields |= {"evaluate": length_back(plain.get("evaluate", "traced"))}
    fields |= {name: plain.get(name, usual) for name, usual in (("judge", "auto"), ("splits", "all"))}
    fields |= {f"{kind}s": tuple(part_back(kind, one) for one in plain[f"{kind}s"]) for kind in ("metric", "probe")}
    targets = tuple(Target(**target) for target in plain["stop"] or ())
    question = Spec(**fields, stop=Every(targets) if len(targets) > 1 else targets[0] if targets else None)
    factors = tuple(
        Factor(name, tuple(label for label, _ in found), tuple(_changes_back(question, one) for _, one in found))
        for name, found in levels
    )
    return dataclasses.replace(question, factors=factors)


def _changes_back(question: Spec, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes of a level; what is a part is read as a part of the kind that stands there."""
    return {path: _level_back(question, path, value) for path, value in changes.items()}


def _level_back(question: Spec, path: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if set(value) == {"epochs"}:
        return length_back(value)
    return part_back(_kind_at(question, _place(question, path)) or "schedule", value)


def _kind_of(field: str) -> str:
    return "activation" if field == "output" else field


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return value.canonical()
    return list(value) if isinstance(value, tuple) else plain_length(value)


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces; refuses NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any) -> str:
    """Sixteen hexadecimal digits of the SHA-256 of canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:16]


def _splits(splits: Any) -> str | tuple[str, ...]:
    """The splits that are judged, by name; "all" of them."""
    if splits == "all":
        return "all"
    names = (splits,) if isinstance(splits, str) else splits
    if not isinstance(names, (tuple, list)) or not all(isinstance(name, str) for name in names):
        raise SpecError(
            f'splits are "all" or names of splits, got {shown(splits)}; write splits=("test",), or () for none'
        )
    return tuple(dict.fromkeys(names))


def trace_steps(steps: int, trace: str | int) -> np.ndarray:
    """The steps on which traces are kept, from 0 to the cap, both included.

    >>> trace_steps(10, 4).tolist()
    [0, 4, 8, 10]
    """
    if trace == "log":
        spread = TRACE_DENSE * TRACE_RATIO ** np.arange(
            0, 1 + math.log(max(steps / TRACE_DENSE, 1)) / math.log(TRACE_RATIO)
        )
        kept = np.concatenate([np.arange(TRACE_DENSE), np.rint(spread)])
    else:
        kept = np.arange(0, steps, int(trace))
    return np.unique(np.append(kept[kept < steps], steps)).astype(np.int64)


def evaluated_steps(spec: Spec) -> np.ndarray:
    """The steps on which whole splits are judged, the first and the last among them."""
    return trace_steps(spec.steps, spec.trace if spec.evaluate == "traced" else spec.evaluate)


def recorded_steps(spec: Spec) -> np.ndarray:
    """The steps of a record: those on which traces are kept, and those on which splits are judged."""
    return np.union1d(trace_steps(spec.steps, spec.trace), evaluated_steps(spec))


def read_seeds(seeds: Any) -> Seeds:
    """The seeds that 256 or "256" (the first so many), "8:16" or range(8, 16), "42,7" or [42, 7] ask for.

    A range where they are consecutive and rising, else a tuple in the order given.

    >>> read_seeds("8:16"), read_seeds([42, 123, 3407]), read_seeds("8,9,10")
    (range(8, 16), (42, 123, 3407), range(8, 11))
    """
    received = f'"{seeds[:LETTERS]}"' if isinstance(seeds, str) else shown(seeds)
    asked: Any = _seeds_of_text(seeds) if isinstance(seeds, str) else plain(seeds)
    if isinstance(asked, int) and not isinstance(asked, bool):
        asked = range(asked)
    rising = isinstance(asked, range) and asked.step == 1
    listed: Any = asked if rising else _listed_seeds(asked)
    first, last, count = (
        (listed.start, listed.stop - 1, listed.stop - listed.start) if rising else
        (min(listed), max(listed), len(listed)) if listed else (0, 0, 0)
    )  # fmt: skip
    if count < 1 or first < 0:
        raise SpecError(
            "seeds are a positive number, a rising range or a list of whole numbers from 0, got "
            f"{received}; write 256, or 0:1000, or 42,123,3407"
        )
    if count > MOST_SEEDS or last > LAST_SEED:
        raise SpecError(
            f"seeds are at most {MOST_SEEDS:,} at once, none beyond {LAST_SEED:,}, got {received}; write 256"
        )
    if not rising and len(set(listed)) < count:
        double = next(seed for index, seed in enumerate(listed) if seed in listed[:index])
        raise SpecError(f"every seed is trained once, got {double} twice; drop the doubles")
    whole = range(first, first + count)
    return whole if listed == whole or listed == tuple(whole) else listed


def _listed_seeds(asked: Any) -> tuple[int, ...]:
    """The whole numbers of a list, or none where it is no list of them."""
    if not isinstance(asked, Sequence) or isinstance(asked, str | bytes) or len(asked) > MOST_SEEDS:
        return ()
    whole = all(isinstance(seed, int) and not isinstance(seed, bool) for seed in asked)
    return tuple(asked) if whole else ()


def _seeds_of_text(text: str) -> Any:
    """The number, range or list that a text writes; the text itself where it writes none."""
    first, colon, last = text.partition(":")
    try:
        if colon:
            return range(int(first), int(last))
        return [int(piece) for piece in text.split(",") if piece.strip()] if "," in text else int(text)
    except ValueError:
        return text


def plain_seeds(seeds: Seeds) -> dict[str, list[int]] | list[int]:
    """Seeds as JSON-ready data: [start, stop] of a range, {"listed": [...]} of others; `seeds_back` reads both."""
    return [seeds.start, seeds.stop] if isinstance(seeds, range) else {"listed": list(seeds)}


def seeds_back(plain: Any) -> Seeds:
    """The seeds that `plain_seeds` has written. Raises TypeError, KeyError or ValueError for anything else."""
    return tuple(int(seed) for seed in plain["listed"]) if isinstance(plain, Mapping) else range(*plain)


def _parts_of(kind: str, listed: Any) -> tuple[Part, ...]:
    """The parts of a list; a bare name, part or function is a list of one."""
    if isinstance(listed, str | Part) or callable(listed):
        return (find(kind, listed),)
    if not isinstance(plain(listed), Collection) or isinstance(listed, Mapping | bytes):
        raise SpecError(f"{kind}s must be a list of names or functions, got {shown(listed)}; write {kind}s=[...]")
    return tuple(find(kind, item) for item in plain(listed))


def _settle_lengths(question: Spec) -> None:
    """Steps, batches and paces are whole numbers, epochs or the words that stand for none."""
    for name in ("trace", "evaluate"):
        if getattr(question, name) == "epoch":
            object.__setattr__(question, name, Epochs(1.0))
    for name, least in (("steps", 0), ("batch_size", 1), ("trace", 1), ("judge", 1), ("evaluate", 1)):
        value = plain(getattr(question, name))
        if isinstance(value, Epochs) and name in LENGTHS:
            continue
        if (name == "batch_size" and (value is None or is_schedule(value))) or value == WORDS.get(name):
            continue
        _whole(name, value, least)
        object.__setattr__(question, name, value)


def _whole(name: str, value: Any, least: int = 1) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise SpecError(f"{name} must be a whole number of at least {least}, got {shown(value)}; give one")
    if value > MOST:
        raise SpecError(f"{name} must be at most {MOST:,}, got {shown(value)}; give fewer")


def _fix_batch_size(question: Spec) -> None:
    """A batch size that changes, or is added up from micro-batches, becomes a schedule in numbers of examples."""
    size, micro = plain(question.batch_size), question.micro_batch
    if micro is not None:
        _whole("micro_batch", plain(micro))
        object.__setattr__(question, "micro_batch", plain(micro))
    if isinstance(size, str) or is_schedule(size) or (isinstance(size, Part) and micro is not None):
        size = dial(size, "batch size")
    elif micro is not None:
        if size is None:
            raise SpecError("micro-batches add up to a batch, got no batch_size; give one, such as batch_size=1024")
        _whole("batch_size", size)
        size = schedules.constant(size)
    object.__setattr__(question, "batch_size", size)
    if not isinstance(size, Part):
        return
    known = list(levels(size))
    if micro is None and not known:
        raise SpecError("a batch size by a schedule of your own needs to know its micro-batch; give micro_batch=64")
    if known and not min(known) >= 1:
        raise SpecError(f"a batch has at least 1 example, got a schedule down to {min(known):g}; begin higher")
    if micro is not None and size.name == "constant" and size["value"].value % micro:
        raise SpecError(
            f"a batch is made of whole micro-batches, got a batch of {size['value'].value:g} in micro-batches of "
            f"{micro}; take a multiple"
        )


def _names_differ(question: Spec) -> None:
    """Every name a record will hold means one thing: metrics, probes, factors and what is always measured."""
    for kind, parts in (("metric", question.metrics), ("probe", question.probes)):
        names = [part.name for part in parts]
        double = next((name for name in names if names.count(name) > 1), None)
        if double is not None:
            raise SpecError(
                f'two {kind}s are named "{double}", and a record keeps one of a name; drop one, or write each as a '
                "function with a name of its own (def, not lambda)"
            )
        taken = (
            {"loss", "hit", "diverged", "stop"}
            if kind == "metric"
            else {*TABLES["probe"], *MEASURED, *AXES, "start", *(dim for dims in DIMS.values() for dim in dims)}
        )
        for part in parts:
            ours = kind == "probe" and _of_a_split(part.name)
            if part.function is not None and (part.name in taken or ours):
                raise SpecError(
                    f'a {kind} of your own is named "{part.name}", as what seedbed itself measures is; rename the '
                    f"function, for instance my_{part.name}"
                )
    axes = {dim for part in question.probes for dim in DIMS.get(part.name, ())}
    for factor in question.factors:
        _factor_name(factor.name, {*AXES, *axes, *MEASURED, *(part.name for part in question.probes)})


def _of_a_split(name: str) -> bool:
    return name != "batch_size" and any(name.startswith(f"{split}_") for split in SPLITS)


def _factor_name(name: Any, taken: Collection[str]) -> None:
    if not isinstance(name, str) or not name or len(name) > MOST_LETTERS or not name.isprintable():
        raise SpecError(
            f"a factor's name is a word of at most {MOST_LETTERS} letters, got {shown(name)}; give it a shorter one"
        )
    if name in taken or _of_a_split(name):
        raise SpecError(
            f'a factor cannot be named "{name}", as an axis or a variable of the record is; give its levels another '
            f'name: my_{name}={{"label": {{path: value}}, ...}}'
        )


def _with_factor(question: Spec, name: str, values: Any) -> tuple[Factor, ...]:
    values = plain(values)
    if isinstance(values, str | bytes) or not isinstance(values, Sequence | Mapping) or len(values) == 0:
        raise SpecError(f"the levels of {name} must be a list of at least one, got {shown(values)}; write {name}=[...]")
    first = question.settings()[0].spec
    if isinstance(values, Mapping):
        named = [(_label(name, label), _normal(first, name, label, change)) for label, change in values.items()]
    else:
        path = _place(first, name)
        levels = [_named_level(first, path, value) for value in _spelled_out(first, path, values)]
        named = [(label, {path: level}) for label, level in levels]
    labels, changes = _alike([label for label, _ in named]), tuple(change for _, change in named)
    if len(set(labels)) < len(labels):
        own = any(callable(value) for value in values)
        advice = (
            f"name the functions: {name}={{'label': {{'{name}': function}}, ...}}" if own else "drop the double one"
        )
        raise SpecError(f"the levels of {name} must differ, got {', '.join(map(str, labels))}; {advice}")
    _told_apart(first, name, changes)
    short = name.rpartition(".")[2]
    if short in {factor.name for factor in question.factors}:
        raise SpecError(f"{short} is varied twice; name all its levels in one list")
    return (*question.factors, Factor(short, labels, changes))


def _label(name: str, label: Any) -> str | float:
    """The label of a level of one's own making: a text or a finite number."""
    label = plain(label)
    text = isinstance(label, str) and 0 < len(label) <= MOST_LETTERS
    if not text and (isinstance(label, bool) or not isinstance(label, int | float) or not math.isfinite(label)):
        raise SpecError(
            f"a level of {name} is labelled by a finite number or a text of at most {MOST_LETTERS} letters, got "
            f'{shown(label)}; write {name}={{"label": {{path: value}}, ...}}'
        )
    return label


def _alike(labels: Sequence[str | float]) -> tuple[str | float, ...]:
    """The labels of one factor: all numbers or all texts, because an axis of a record is one or the other."""
    if any(isinstance(label, str) for label in labels):
        return tuple(label if isinstance(label, str) else f"{label:g}" for label in labels)
    return tuple(labels)


def _normal(question: Spec, name: str, label: Any, changes: Any) -> dict[str, Any]:
    """What a level of one's own making changes, with a part in every place where parts belong."""
    if not isinstance(changes, Mapping):
        raise SpecError(
            f"level {shown(label)} of {name} must say what it changes, got {shown(changes)}; write "
            f'{name}={{"label": {{path: value}}, ...}}'
        )
    normal: dict[str, Any] = {}
    for path, value in changes.items():
        if not isinstance(path, str):
            raise SpecError(
                f"level {shown(label)} of {name} changes something without a name, got {shown(path)}; write the path "
                'of a field or an option, for instance "learning_rate"'
            )
        kind = _kind_at(question, _place(question, path))
        normal[path] = plain(value) if kind is None or value is None else find(kind, value)
        question = question.change(path, normal[path])
    return normal


def _told_apart(question: Spec, name: str, changes: Sequence[Mapping[str, Any]]) -> None:
    """Levels of a dial differ in single precision too, which is what they are computed in."""
    dials = question.dials()
    found = [
        (np.float32(value), value)
        for change in changes
        for path, value in change.items()
        if len(change) == 1 and _place(question, path) in dials and isinstance(value, int | float)
    ]
    for index, (rounded, value) in enumerate(found):
        same = next((other for single, other in found[:index] if single == rounded), None)
        if same is not None:
            raise SpecError(
                f"the levels of {name} must differ in single precision, got {same!r} and {value!r}; drop one of them"
            )


def _spelled_out(first: Spec, path: str, values: Any) -> list[Any]:
    """The levels with "all" replaced by the names of the table that are not listed themselves."""
    kind = _kind_at(first, path)
    if kind is None or not any(isinstance(value, str) and value == "all" for value in values):
        return list(values)
    listed = [value for value in values if not (isinstance(value, str) and value == "all")]
    return listed + [name for name in TABLES[kind] if name not in {str(value) for value in listed}]


def _named_level(first: Spec, path: str, value: Any) -> tuple[str | float, Any]:
    """The label of a level, and the level as it will be put in place."""
    kind = _kind_at(first, path)
    if kind is not None and value is not None:
        level = find(kind, value)
        plainly = isinstance(value, str) and len(value) <= MOST_LETTERS
        return (value if plainly else level.label()), level
    if isinstance(value, Part):  # a schedule
        return value.label(), value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(list(value) if isinstance(value, tuple) else value), value
    try:
        return float(value), value
    except OverflowError:
        raise SpecError(f"a level of {path} is too large, got {shown(value)}; give a smaller one") from None


def _levels(factor: Factor) -> list[tuple[str, str | float, Mapping[str, Any]]]:
    return [(factor.name, label, change) for label, change in zip(factor.labels, factor.changes, strict=True)]


def _setting(spec: Spec, choice: Sequence[tuple[str, str | float, Mapping[str, Any]]]) -> Setting:
    for _, _, changes in choice:
        for path, value in changes.items():
            spec = spec.change(path, value)
    return Setting({name: label for name, label, _ in choice}, spec)


def _places(spec: Spec) -> list[str]:
    """Every dotted path that a factor can change."""
    fields = [field.name for field in dataclasses.fields(spec) if field.name != "factors"]
    inner = [f"{name}.{path}" for name, part in spec.parts().items() for path in _options(part)]
    return fields + inner


def _options(part: Part) -> list[str]:
    deeper = [path for name, value in part.options for path in _inside(name, value)]
    return [name for name, _ in part.options] + deeper


def _inside(name: str, value: Any) -> list[str]:
    """The paths inside an option's value: the options of a part, the places of a tuple of parts or dials, from 1."""
    if isinstance(value, Part):
        return [f"{name}.{path}" for path in _options(value)]
    if isinstance(value, tuple) and any(isinstance(item, Part | Dial | tuple) for item in value):
        places = [(f"{name}.{place}", item) for place, item in enumerate(value, start=1)]
        return [path for place, item in places for path in (place, *_inside(place, item))]
    return []


def _place(spec: Spec, path: str) -> str:
    places = _places(spec)
    if path in places:
        return path
    absent = [f"{name}.{option}" for name in PARTS if (part := getattr(spec, name)) is not None
              for option in optional(part)]  # fmt: skip
    fits = [place for place in places if place.endswith(f".{path}")]
    fits = fits or [place for place in absent if place == path or place.endswith(f".{path}")]
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise SpecError(f'"{path}" fits {len(fits)} places: {", ".join(fits)}; write one of these')
    known = {place.rpartition(".")[2] for place in places}
    raise SpecError(f'no factor "{path}" in this question{nearest(path, known)} (it has {", ".join(sorted(known))})')


def _kind_at(spec: Spec, path: str) -> str | None:
    """The kind of part that stands (or may stand) at a path; None for plain values."""
    head, _, rest = path.partition(".")
    if not rest:
        return _kind_of(head) if head in PARTS else None
    value: Any = getattr(spec, head)
    for name in rest.split("."):
        value = value[int(name) - 1] if isinstance(value, tuple) else dict(value.options).get(name)
    return value.kind if isinstance(value, Part) and not is_schedule(value) else None


def _change_option(part: Part, path: str, value: Any) -> Part:
    name, _, rest = path.partition(".")
    before = dict(part.options).get(name)
    changed = _changed(before, rest, value, f"{name} of {part.kind} {part.name}")
    if part.function is not None and not rest:
        changed = _own_option(part, name, before, changed)
    options = tuple(sorted({**dict(part.options), name: changed}.items()))
    return _checked(dataclasses.replace(part, options=options))


def _changed(inner: Any, rest: str, value: Any, what: str) -> Any:
    """What stands in an option's place after a change at the path `rest` inside it, or of the whole of it."""
    if isinstance(inner, Part) and rest:
        return _change_option(inner, rest, value)
    if isinstance(inner, tuple):
        return _with_item(inner, rest, value, what) if rest else value
    if isinstance(inner, Dial) or is_schedule(inner):
        return dial(value, what)
    return find(inner.kind, value) if isinstance(inner, Part) else value


def _with_item(items: tuple[Any, ...], path: str, value: Any, what: str) -> tuple[Any, ...]:
    place, _, deeper = path.partition(".")
    at = int(place) - 1
    return (*items[:at], _changed(items[at], deeper, value, what), *items[at + 1 :])


def _own_option(part: Part, name: str, before: Any, value: Any) -> Any:
    """An option of a user's own function keeps its type: a switch stays one, a word a word, a whole number whole."""
    if isinstance(before, Dial | Part) or before is None:
        return value
    value = as_option(value)
    fits = isinstance(value, type(before)) and isinstance(value, bool) == isinstance(before, bool)
    if not fits:
        names = {bool: "True or False", str: "a text", int: "a whole number", tuple: "a list"}
        wanted = names.get(type(before), type(before).__name__)
        raise SpecError(f"{name} of {part.kind} {part.name} must be {wanted}, got {shown(value)}; give one")
    return value


def _checked(part: Part) -> Part:
    """The same part as its word would build it, so that a varied number obeys the limits of a written one."""
    if part.function is not None:
        return part
    return TABLES[part.kind][part.name](**{name: _as_written(value) for name, value in part.options})


def _as_written(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_as_written(item) for item in value)
    return value.value if isinstance(value, Dial) else value


def _part_or_none(part: Part | None) -> Any:
    return None if part is None else part.canonical()


def _without_dials(value: Any) -> Any:
    if isinstance(value, dict):
        return "dial" if set(value) == {"dial"} else {key: _without_dials(item) for key, item in value.items()}
    return [_without_dials(item) for item in value] if isinstance(value, list) else value


__all__ = [
    "PARTS",
    "TABLES",
    "Dial",
    "Every",
    "Factor",
    "Part",
    "Setting",
    "Spec",
    "Stop",
    "Target",
    "canonical_json",
    "digest",
    "evaluated_steps",
    "every",
    "falls_to",
    "levels_of",
    "plain_seeds",
    "reaches",
    "read_back",
    "read_seeds",
    "recorded_steps",
    "seeds_back",
    "trace_steps",
]  # fmt: skip
