"""What can be chosen on the page: fields of words and numbers, each of up to four levels, and the question they make.

A state is `{field: [text, ...]}`, as it stands in the address of the page. Nothing in it is ever evaluated: a word is
looked up in the vocabulary, a number is read as one, and everything has a limit. A mistake names its field.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seedbed.errors import SeedbedError, UserError, nearest, shown
from seedbed.spec import Spec, falls_to, reaches, read_seeds
from seedbed.vocabulary import TABLES, Part, data, losses, models, optimizers, schedules

MOST_LEVELS, MOST_SETTINGS, MOST_TWINS, MOST_LETTERS = 4, 16, 1024, 60
State = Mapping[str, Sequence[str]]


class FieldError(UserError):
    """A field that cannot be taken as it stands."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Field:
    """A field of the page: its name and label, its usual text, and the words it takes, if it takes words.

    `several` says whether its levels can be compared, `live` whether its number can be changed during training.
    """

    name: str
    label: str
    usual: str
    words: tuple[str, ...] = ()
    hint: str = ""
    several: bool = True
    live: bool = False


DATA: Mapping[str, tuple[str, Callable[[int, float | None], Part]]] = {
    "xor_blobs": ("binary", lambda n, noise: data.xor_blobs(n, 100, 0.4 if noise is None else noise)),
    "circles": ("binary", lambda n, noise: data.circles(n, 100, noise=0.1 if noise is None else noise)),
    "spirals": ("binary", lambda n, noise: data.spirals(n, 100, noise=0.02 if noise is None else noise)),
    "corners": ("binary", lambda _, __: data.corners()),
    "diagonal": ("sign", lambda n, _: data.diagonal(n, 100)),
    "curve": ("real", lambda n, _: data.curve("x_sin_5x", n)),
    "eggholder": ("real", lambda n, noise: data.eggholder(n, 100, 0.3 if noise is None else noise, scale=300)),
    "random_images": ("binary", lambda n, _: data.random_images(n)),
    "lines": ("binary", lambda n, _: data.lines(n, 8)),
}
LOSSES = {"binary": ("cross_entropy", "l2"), "sign": ("hinge", "perceptron", "l2"), "real": ("l2", "mae")}
SCALES = {"normal": "std", "truncated_normal": "std", "uniform": "bound", "constant": "value"}  # of others the gain
SCHEDULES: Mapping[str, Callable[[float, int], Part | float]] = {
    "constant": lambda rate, _: rate,
    "cosine": lambda rate, steps: schedules.cosine(rate, length=steps),
    "halved": lambda rate, steps: schedules.exponential(rate, factor=0.5, every=max(steps // 5, 1), staircase=True),
    "warm_up": lambda rate, steps: schedules.warm_up(rate, length=max(steps // 10, 1)),
    "one_cycle": lambda rate, steps: schedules.one_cycle(rate, length=steps),
}
DRAWS = tuple(name for name in TABLES["initializer"] if name not in ("zeros", "rai"))

FIELDS = (
    Field("data", "Data", "xor_blobs", tuple(DATA)),
    Field("points", "Examples", "200", hint="1 to 2,000"),
    Field("noise", "Noise", "", hint="empty: as usual for the data"),
    Field("layers", "Hidden layers", "4", hint="widths, such as 8 4; empty for none"),
    Field("activation", "Activation", "relu", tuple(TABLES["activation"])),
    Field("initializer", "Initial weights", "he_normal", DRAWS),
    Field("scale", "Their scale", "1", hint="gain, or deviation"),
    Field("loss", "Loss", "cross_entropy", ("cross_entropy", "l2", "mae", "hinge", "perceptron")),
    Field("optimizer", "Optimizer", "sgd", tuple(TABLES["optimizer"])),
    Field("rate", "Learning rate", "0.1", live=True),
    Field("schedule", "Schedule", "constant", tuple(SCHEDULES)),
    Field("decay", "Weight decay (l2)", "", hint="empty: none"),
    Field("batch", "Batch size", "", hint="empty: all examples"),
    Field("dropout", "Dropout", "", hint="empty: none"),
    Field("norm", "Normalization", "none", ("none", "batch")),
    Field("target", "Arrived at", "0.95", hint="training accuracy; loss for real targets; empty: never", several=False),
    Field("steps", "Steps at most", "2000", hint="up to 100,000", several=False),
    Field("seeds", "Seeds", "64", hint="how many, or 100:164", several=False),
)
BY_NAME = {field.name: field for field in FIELDS}


@dataclass(frozen=True)
class Asked:
    """What a state asks: the question and its seeds."""

    question: Spec
    seeds: Any


def read(state: Any) -> dict[str, list[str]]:
    """A state as it came from a browser, with every field in it. Raises FieldError."""
    if not isinstance(state, Mapping):
        raise FieldError("", f"a state maps fields to lists of texts, got {shown(state)}; reload the page")
    for name in state:
        if name not in BY_NAME:
            raise FieldError("", f"no field {shown(name)}{nearest(str(name), BY_NAME)}; take it out of the address")
    return {field.name: _levels(field, state.get(field.name, [field.usual])) for field in FIELDS}


def asked(state: Any) -> Asked:
    """The question that a state asks. Raises FieldError."""
    texts = read(state)
    first = {name: values[0] for name, values in texts.items()}
    single = _Reader(first)
    question = _at("", lambda: single.question())
    for name, values in texts.items():
        if len(values) > 1:
            _compared_alone(name, texts)
            levels = {_label(name, value): _Reader({**first, name: value}).change(name) for value in values}
            if len(levels) < len(values):
                raise FieldError(name, f"the levels must differ, got {', '.join(values)}; take one of them out")
            question = _at(name, lambda q=question, n=name, found=levels: q.vary(**{n: found}))
    seeds = _at("seeds", lambda: read_seeds(first["seeds"]))
    count = len(question.settings())
    if count > MOST_SETTINGS:
        raise FieldError("", f"at most {MOST_SETTINGS} settings fit side by side, got {count}; compare fewer levels")
    if count * len(seeds) > MOST_TWINS:
        raise FieldError(
            "seeds",
            f"at most {MOST_TWINS:,} twins train at once, got {count} x {len(seeds):,}; take "
            f"{MOST_TWINS // count} seeds or fewer",
        )
    return Asked(question, seeds)


class _Reader:
    """One text of each field, read as what it means."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def question(self) -> Spec:
        """The question, all fields at one level."""
        kind = self.kind()
        target = self.number("target", 0.0, 1e6)
        stop = None
        if target is not None:
            stop = falls_to("train_loss", target) if kind == "real" else reaches("train_accuracy", target)
            if kind != "real" and target > 1:
                raise FieldError("target", f"an accuracy is at most 1, got {target:g}; write 0.95")
        return Spec(
            data=self.data(), model=self.model(), initializer=self.initializer(), loss=self.loss(),
            optimizer=self.optimizer(), batch_size=self.batch(), steps=self.whole("steps", 1, 100_000), stop=stop,
        )  # fmt: skip

    def change(self, name: str) -> dict[str, Any]:
        """What a level of a field changes in a question."""
        part = {"data": "data", "points": "data", "noise": "data", "loss": "loss", "initializer": "initializer",
                "scale": "initializer", "optimizer": "optimizer", "decay": "optimizer"}.get(name)  # fmt: skip
        if part is not None:
            return {part: getattr(self, part)()}
        if name in ("rate", "schedule"):
            return {"optimizer.learning_rate": self.rate()}
        if name == "batch":
            return {"batch_size": self.batch()}
        model = self.model()
        if model.name == "neuron":
            raise FieldError(
                name, f"without hidden layers there is no {BY_NAME[name].label.lower()} to compare; write 4 there"
            )
        if name == "norm":
            return {"model.norm": self.word("norm")}
        option = {"layers": "hidden", "activation": "activation"}.get(name)
        return {"model": model} if option is None else {f"model.{option}": model[option]}

    def kind(self) -> str:
        """What the targets of the data are."""
        return DATA[self.word("data")][0]

    def data(self) -> Part:
        """The data."""
        make, noise = DATA[self.word("data")][1], self.number("noise", 0.0, 100.0)
        return _at("points", lambda: make(self.whole("points", 1, 2_000), noise))

    def model(self) -> Part:
        """The network: fully connected, without hidden layers a single neuron."""
        widths = [_whole("layers", text, 1, 64) for text in re.split(r"[\s,;x-]+", self.texts["layers"]) if text]
        if len(widths) > 6:
            raise FieldError("layers", f"at most 6 hidden layers fit on the page, got {len(widths)}; take fewer")
        dropout = self.number("dropout", 0.0, 0.99)
        if not widths:
            return models.neuron()
        return models.mlp(widths, self.word("activation"), norm=self.word("norm"), dropout=dropout)

    def initializer(self) -> Part:
        """The initial draw."""
        word, scale = self.word("initializer"), self.number("scale", 0.0, 1e6)
        option = SCALES.get(word, "gain")
        return TABLES["initializer"][word](**{option: 1.0 if scale is None else scale})

    def loss(self) -> Part:
        """The loss."""
        word, fits = self.word("loss"), LOSSES[self.kind()]
        if word not in fits:
            raise FieldError("loss", f"{word} does not fit {self.word('data')}; take {' or '.join(fits)}")
        return losses.TABLE[word]()

    def optimizer(self) -> Part:
        """The update rule with its rate."""
        decay = self.number("decay", 0.0, 1e3)
        more = {} if decay is None else {"l2": decay}
        return optimizers.TABLE[self.word("optimizer")](learning_rate=self.rate(), **more)

    def rate(self) -> Part | float:
        """The learning rate, or its schedule."""
        rate = self.number("rate", 0.0, 1e6)
        if rate is None:
            raise FieldError("rate", "a learning rate is a number, got nothing; write 0.1")
        return _at("schedule", lambda: SCHEDULES[self.word("schedule")](rate, self.whole("steps", 1, 100_000)))

    def batch(self) -> int | None:
        """The batch size, None for all examples."""
        return self.whole("batch", 1, 2_000) if self.texts["batch"] else None

    def word(self, name: str) -> str:
        """A word that the field knows."""
        text, words = self.texts[name], BY_NAME[name].words
        if text not in words:
            close = nearest(text, words) or f"; take one of {', '.join(words)}"
            raise FieldError(name, f"no {BY_NAME[name].label.lower()} {shown(text)}{close}")
        return text

    def whole(self, name: str, least: int, most: int) -> int:
        """A whole number."""
        return _whole(name, self.texts[name], least, most)

    def number(self, name: str, least: float, most: float) -> float | None:
        """A number, with a decimal point or comma; None where the field is empty."""
        text = self.texts[name]
        if not text:
            return None
        found = number(text)
        if found is None or not least <= found <= most:
            raise FieldError(name, f"a number from {least:g} to {most:g} belongs here, got {shown(text)}; write 0.1")
        return found


def number(text: str) -> float | None:
    """The number that a text writes, with a decimal point or a decimal comma; None where it writes none.

    >>> number("0,5"), number("1e-3"), number("1.000,5"), number("nan")
    (0.5, 0.001, None, None)
    """
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    plain = plain.replace(",", ".") if plain.count(",") == 1 and "." not in plain else plain
    return float(plain) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", plain) else None


def _whole(name: str, text: str, least: int, most: int) -> int:
    found = number(text)
    if found is None or found != int(found) or not least <= found <= most:
        raise FieldError(
            name, f"whole numbers from {least:,} to {most:,} belong here, got {shown(text)}; write for instance {least}"
        )
    return int(found)


def _levels(field: Field, values: Any) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(text, str) and len(text) <= MOST_LETTERS for text in values):
        raise FieldError(field.name, f"a field takes texts of at most {MOST_LETTERS} letters, got {shown(values)}")
    most = MOST_LEVELS if field.several else 1
    if not 1 <= len(values) <= most:
        raise FieldError(field.name, f"{field.label} takes 1 to {most} levels, got {len(values)}; take some out")
    return [text.strip() for text in values]


def _compared_alone(name: str, texts: Mapping[str, Sequence[str]]) -> None:
    """Two fields that make one part of the question cannot both have levels: one would undo the other."""
    for family in (("data", "points", "noise", "loss"), ("initializer", "scale"),
                   ("optimizer", "rate", "schedule", "decay"), ("layers", "dropout")):  # fmt: skip
        others = [BY_NAME[other].label.lower() for other in family if other != name and len(texts[other]) > 1]
        if name in family and others and {name, *family} != {"data", "loss"}:
            raise FieldError(
                name,
                f"levels of {BY_NAME[name].label.lower()} cannot be combined with those of {others[0]}; compare one",
            )


def _label(name: str, text: str) -> str | float:
    """The label of a level: a number as such, a word as it is."""
    found = None if BY_NAME[name].words or name == "layers" else number(text)
    return found if found is not None else text or {"batch": "all", "noise": "usual"}.get(name, "none")


def _at(name: str, make: Callable[[], Any]) -> Any:
    """What `make` gives; a mistake in it belongs to the field."""
    try:
        return make()
    except FieldError:
        raise
    except SeedbedError as error:
        raise FieldError(name, str(error)) from error
