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
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seedbed.errors import SpecError, nearest
from seedbed.stopping import Every, Stop, Target, every, falls_to, reaches
from seedbed.vocabulary import TABLES, Dial, Part, find, optional
from seedbed.vocabulary import read_back as part_back
from seedbed.vocabulary.lengths import Epochs, length_back, plain_length
from seedbed.vocabulary.schedules import dial, is_schedule

PARTS = ("data", "model", "loss", "optimizer", "initializer", "output")
TRACE_DENSE, TRACE_RATIO = 64, 1.02
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
    real numbers). `steps` is the cap in updates, or `epochs(15)`; `batch_size=None` is full-batch training. `trace`
    says which steps traces are kept on: "log" (every step up to 64, then 2 % apart), a whole number (every so many),
    "epoch" or `epochs(2)`. Wherever an option is a dial, a schedule may stand (`seedbed list schedules`).
    `judge` says when a target is judged on a split that a step does not see as a whole: every so many steps, and
    where traces are kept; "auto" takes every step where that costs at most a few times the training, else the traced
    steps.
    """

    data: Any
    model: Any
    loss: Any
    optimizer: Any
    steps: Any
    initializer: Any = None
    output: Any = None
    batch_size: int | None = None
    stop: Stop | None = None
    metrics: Any = ()
    probes: Any = ("dead",)
    trace: Any = "log"
    judge: str | int = "auto"
    factors: tuple[Factor, ...] = ()

    def __post_init__(self) -> None:
        for name in PARTS:
            value = getattr(self, name)
            if value is not None or name not in ("initializer", "output"):
                object.__setattr__(self, name, find(_kind_of(name), value))
        for name, kind in (("metrics", "metric"), ("probes", "probe")):
            object.__setattr__(self, name, _parts_of(kind, getattr(self, name)))
        if self.stop is not None and not hasattr(self.stop, "targets"):
            raise SpecError(f"stop must be a target, got {self.stop!r}; write stop=reaches('train_accuracy', 1.0)")
        if self.trace == "epoch":
            object.__setattr__(self, "trace", Epochs(1.0))
        for name, least in (("steps", 0), ("batch_size", 1), ("trace", 1), ("judge", 1)):
            value = getattr(self, name)
            if value is None or isinstance(value, Epochs) or (name, value) in (("trace", "log"), ("judge", "auto")):
                continue
            _whole(name, value, least)
            object.__setattr__(self, name, int(value))
        if self.stop is not None and self.steps == 0:
            raise SpecError("a target needs steps in which to arrive, got steps=0; give at least 1, or no target")

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

    def vary(self, **levels: Sequence[Any] | Mapping[str, Mapping[str, Any]]) -> "Spec":
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

    def set_levels(self, name: str, levels: Sequence[Any] | Mapping[str, Mapping[str, Any]]) -> "Spec":
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

    def change(self, path: str, value: Any) -> "Spec":
        """Replace the field or option that `path` names; a bare name must fit exactly one place."""
        full = _place(self, path)
        head, _, rest = full.partition(".")
        if not rest:
            return dataclasses.replace(self, **{head: value})
        return dataclasses.replace(self, **{head: _change_option(getattr(self, head), rest, value)})

    def dials(self) -> dict[str, float]:
        """Every dial of the question, by dotted path."""
        parts = ((name, getattr(self, name)) for name in PARTS)
        return {f"{name}.{path}": number for name, part in parts if part is not None for path, number in part.dials()}

    @property
    def in_epochs(self) -> bool:
        """Whether steps or traces of some setting are counted in epochs, so that only the data say what they are."""
        levels = [change.get("steps") for factor in self.factors for change in factor.changes]
        return any(isinstance(length, Epochs) for length in (self.steps, self.trace, *levels))

    def in_steps(self, examples: int) -> "Spec":
        """The same question, for data of so many examples, with epochs turned into steps."""
        found = {name: getattr(self, name) for name in ("steps", "trace") if isinstance(getattr(self, name), Epochs)}
        steps = {name: length.in_steps(examples, self.batch_size) for name, length in found.items()}
        return dataclasses.replace(self, **steps) if steps else self

    def canonical(self) -> dict[str, Any]:
        """The question as JSON-ready data: equal questions give equal data."""
        plain: dict[str, Any] = {name: _part_or_none(getattr(self, name)) for name in PARTS}
        plain |= {"steps": plain_length(self.steps), "batch_size": self.batch_size, "trace": plain_length(self.trace)}
        plain |= {} if self.judge == "auto" else {"judge": self.judge}
        plain["stop"] = [dataclasses.asdict(target) for target in self.stop.targets] if self.stop else None
        plain["metrics"] = [metric.canonical() for metric in self.metrics]
        plain["probes"] = [probe.canonical() for probe in self.probes]
        plain["factors"] = {factor.name: list(factor.labels) for factor in self.factors}
        return plain

    def recipe(self, without: Collection[str] = ()) -> str:
        """The part of the question that changes the compiled program, as canonical JSON.

        `without` leaves parts out: a program knows only the shapes of its data, and what trains does not draw.
        """
        plain = self.canonical()
        for name in ("steps", "trace", "factors", *without):
            del plain[name]
        return canonical_json(_without_dials(plain))

    def hash(self) -> str:
        """Sixteen hexadecimal digits that name this question."""
        return digest(self.canonical() | {"settings": [setting.spec.canonical() for setting in self.settings()]})


def levels_of(question: Spec) -> list[Any]:
    """What every level of every factor changes, as JSON-ready data: [[factor, [[label, {path: value}], ...]], ...]."""
    return [
        [factor.name, [[label, {path: _plain(value) for path, value in changes.items()}] for label, changes in
                       zip(factor.labels, factor.changes, strict=True)]] for factor in question.factors
    ]  # fmt: skip


def read_back(plain: Mapping[str, Any], levels: Sequence[Any]) -> Spec:
    """The question that `canonical` and `levels_of` have written as plain data.

    Raises PartError where it has parts of a user's own: only their fingerprints were written.
    """
    fields: dict[str, Any] = {
        name: None if plain[name] is None else part_back(_kind_of(name), plain[name]) for name in PARTS
    }
    fields |= {name: length_back(plain[name]) for name in ("steps", "batch_size", "trace")}
    fields["judge"] = plain.get("judge", "auto")
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


def read_seeds(seeds: int | str | Sequence[int] | np.ndarray | range) -> range:
    """The seeds that "256", 256, "0:1000", range(8, 16) or [8, 9, 10] ask for, as a range; they are consecutive."""
    if not isinstance(seeds, int | str | range) and np.ndim(seeds) == 1 and len(seeds):
        listed = np.asarray(seeds)
        rising = listed.dtype.kind in "iu" and (np.diff(listed) == 1).all()
        seeds = range(int(listed[0]), int(listed[-1]) + 1) if rising else f"{', '.join(map(str, listed[:4]))}, ..."
    if isinstance(seeds, range) and len(seeds) > 1 and seeds.step != 1:
        raise SpecError(f"seeds are consecutive, got every {seeds.step} in {seeds}; write range(start, stop)")
    text = f"{seeds.start}:{seeds.stop}" if isinstance(seeds, range) else str(seeds)
    first, colon, last = text.partition(":")
    try:
        start, stop = (int(first), int(last)) if colon else (0, int(first))
    except ValueError:
        raise SpecError(f'seeds are a number or a rising range, got "{text}"; write 256, or 0:1000') from None
    if start < 0 or stop <= start:
        raise SpecError(f'seeds must be a positive number or a rising range, got "{text}"; write 256, or 0:1000')
    if stop > LAST_SEED + 1 or stop - start > MOST_SEEDS:
        raise SpecError(
            f'seeds are at most {MOST_SEEDS:,} at once, none beyond {LAST_SEED:,}, got "{text}"; write 256, or 0:1000'
        )
    return range(start, stop)


def _parts_of(kind: str, listed: Any) -> tuple[Part, ...]:
    """The parts of a list; a bare name, part or function is a list of one."""
    items = (listed,) if isinstance(listed, str | Part) or callable(listed) else tuple(listed)
    return tuple(find(kind, item) for item in items)


def _whole(name: str, value: Any, least: int = 1) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise SpecError(f"{name} must be a whole number of at least {least}, got {value!r}; give one")


def _with_factor(question: Spec, name: str, values: Any) -> tuple[Factor, ...]:
    if isinstance(values, str) or not isinstance(values, Sequence | Mapping | np.ndarray) or len(values) == 0:
        raise SpecError(f"the levels of {name} must be a list of at least one, got {values!r}; write {name}=[...]")
    if isinstance(values, Mapping):
        labels, changes = tuple(values), tuple(dict(change) for change in values.values())
    else:
        path = _place(question.settings()[0].spec, name)
        named = [_named_level(question, path, value) for value in _spelled_out(question, path, values)]
        labels, changes = tuple(label for label, _ in named), tuple({path: level} for _, level in named)
    if len(set(labels)) < len(labels):
        own = any(callable(value) for value in values)
        advice = (
            f"name the functions: {name}={{'label': {{'{name}': function}}, ...}}" if own else "drop the double one"
        )
        raise SpecError(f"the levels of {name} must differ, got {', '.join(map(str, labels))}; {advice}")
    short = name.rpartition(".")[2]
    if short in {factor.name for factor in question.factors}:
        raise SpecError(f"{short} is varied twice; name all its levels in one list")
    return (*question.factors, Factor(short, labels, changes))


def _spelled_out(question: Spec, path: str, values: Any) -> list[Any]:
    """The levels with "all" replaced by the names of the table that are not listed themselves."""
    kind = _kind_at(question.settings()[0].spec, path)
    if kind is None or not any(isinstance(value, str) and value == "all" for value in values):
        return list(values)
    listed = [value for value in values if not (isinstance(value, str) and value == "all")]
    return listed + [name for name in TABLES[kind] if name not in {str(value) for value in listed}]


def _named_level(question: Spec, path: str, value: Any) -> tuple[str | float, Any]:
    """The label of a level, and the level as it will be put in place."""
    kind = _kind_at(question.settings()[0].spec, path)
    if kind is not None and value is not None:
        level = find(kind, value)
        plain = isinstance(value, str)
        return (value if plain else level.label()), level
    if isinstance(value, Part):  # a schedule
        return value.label(), value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value), value
    return float(value), value


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
    inner = [
        f"{name}.{path}" for name in PARTS if getattr(spec, name) is not None for path in _options(getattr(spec, name))
    ]
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
    changed = _changed(dict(part.options).get(name), rest, value, f"{name} of {part.kind} {part.name}")
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


__all__ = ["PARTS", "TABLES", "Dial", "Every", "Factor", "Part", "Setting", "Spec", "Stop", "Target", "canonical_json",
           "digest", "every", "falls_to", "levels_of", "reaches", "read_back", "read_seeds", "trace_steps"]  # fmt: skip
