"""A part of a question, as data: its kind, its name and its options.

Nothing here computes. `seedbed.parts` holds the same names as jax functions,
`seedbed.reference` as NumPy twins. A part says which of its numbers are *dials*:
numbers that may differ from member to member of one compiled program.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from seedbed.errors import PartError, one_of, shown
from seedbed.vocabulary.numbers import MOST_LETTERS, as_option, in_single_precision, number

KINDS = ("activation", "data", "initializer", "loss", "metric", "model", "optimizer", "probe", "schedule")


@dataclass(frozen=True)
class Dial:
    """A number on the member axis: changing it never recompiles."""

    value: float


@dataclass(frozen=True)
class Part:
    """One ingredient of a question.

    `options` are sorted pairs of plain values, dials and further parts. A user's own function stands in `function`;
    two functions are the same only where they are one object. What a function computes is known when it is traced at
    the shapes of a question: `engine.naming` makes its name of that, and nothing here looks at source or bytecode.
    """

    kind: str
    name: str
    options: tuple[tuple[str, Any], ...] = ()
    function: Callable[..., Any] | None = field(default=None, compare=False, repr=False)
    token: int = field(default=0, init=False, repr=False)  # compared and hashed in place of the function

    def __post_init__(self) -> None:
        object.__setattr__(self, "token", 0 if self.function is None else id(self.function))
        for name, value in self.options:
            number = value.value if isinstance(value, Dial) else value
            if isinstance(number, float) and not math.isfinite(number):
                raise PartError(
                    f'the {name} of {self.kind} "{self.name}" must be a finite number, got {number}; give a finite one'
                )
            if isinstance(value, Dial) and not in_single_precision(value.value):
                raise PartError(
                    f'the {name} of {self.kind} "{self.name}" must be a number of single precision, got {number:g}, '
                    f"which is {'infinite' if abs(value.value) > 1 else '0'} there; give another"
                )

    def __getitem__(self, option: str) -> Any:
        return dict(self.options)[option]

    def with_option(self, option: str, value: Any) -> "Part":
        """The same part with one option replaced; a dial stays a dial."""
        options = dict(self.options)
        if isinstance(options[option], Dial) and not isinstance(value, Part):  # a schedule may stand in its place
            value = value if isinstance(value, Dial) else Dial(number(value, f"{option} of {self.kind} {self.name}"))
        options[option] = value
        return Part(self.kind, self.name, tuple(sorted(options.items())), self.function)

    def canonical(self) -> dict[str, Any]:
        """The part as JSON-ready data; of a user's own function it holds the name and the options only."""
        own = {"own": True} if self.function is not None else {}
        return {"part": self.name, **own, **{name: _canonical(value) for name, value in self.options}}

    def functions(self) -> Iterator[Callable[..., Any]]:
        """The user's own functions in this part and in the parts inside it, in a fixed order."""
        if self.function is not None:
            yield self.function
        for part in self.parts():
            yield from part.functions()

    def parts(self) -> Iterator["Part"]:
        """The parts that stand in the options of this one, those of a list one by one; not the ones inside them."""
        for _, value in self.options:
            yield from _parts(value)

    def dials(self) -> Iterator[tuple[str, float]]:
        """Every dial of this part and of the parts inside it, as (dotted path, value)."""
        for name, value in self.options:
            yield from _dials(name, value)

    def label(self) -> str:
        """What stands on an axis: `relu`, `leaky_relu(slope=0.1)`."""
        shown = [f"{name}={_text(value)}" for name, value in self.options]
        return f"{self.name}({', '.join(shown)})" if shown else self.name


def part(kind: str, name: str, /, **options: Any) -> Part:
    """Build a part from keyword options."""
    return Part(kind, name, tuple(sorted(options.items())))


def own(kind: Any, function: Any, /, **options: Any) -> Part:
    """A part from a user's own function; every float option becomes a dial, handed over by name.

    Whole numbers, strings and booleans stay fixed, and so do lists and arrays, which the function is given as tuples.
    """
    one_of(kind, KINDS, "the kind of a part", PartError)
    if not callable(function):
        raise PartError(f"{kind} of your own is a function, got {shown(function)}; give one, or write the part's name")
    plain = {name: as_option(value) for name, value in options.items()}
    named = {name: Dial(value) if isinstance(value, float) else value for name, value in plain.items()}
    name = getattr(function, "__name__", type(function).__name__)
    if not isinstance(name, str) or len(name) > MOST_LETTERS:
        raise PartError(f"the name of a function has at most {MOST_LETTERS} letters, got {shown(name)}; shorten it")
    return Part(kind, name, tuple(sorted(named.items())), function)


def _dials(path: str, value: Any) -> Iterator[tuple[str, float]]:
    """The dials of an option's value by path; the items of a tuple are numbered from 1."""
    if isinstance(value, Dial):
        yield path, value.value
    elif isinstance(value, Part):
        yield from (found for name, inner in value.options for found in _dials(f"{path}.{name}", inner))
    elif isinstance(value, tuple):
        yield from (found for place, item in enumerate(value, start=1) for found in _dials(f"{path}.{place}", item))


def _parts(value: Any) -> Iterator[Part]:
    if isinstance(value, Part):
        yield value
    elif isinstance(value, tuple):
        yield from (part for item in value for part in _parts(item))


def _canonical(value: Any) -> Any:
    if isinstance(value, Part):
        return value.canonical()
    if isinstance(value, Dial):
        return {"dial": value.value}
    if isinstance(value, tuple | list):
        return [_canonical(item) for item in value]
    return value


def _text(value: Any) -> str:
    if isinstance(value, Part):
        return value.label()
    if isinstance(value, Dial):
        return f"{value.value:g}"
    if isinstance(value, tuple):
        return "-".join(_text(item) for item in value)
    return str(value)
