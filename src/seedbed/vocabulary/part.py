"""A part of a question, as data: its kind, its name and its options.

Nothing here computes. `seedbed.parts` holds the same names as jax functions,
`seedbed.reference` as NumPy twins. A part says which of its numbers are *dials*:
numbers that may differ from member to member of one compiled program.
"""

import hashlib
import math
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seedbed.errors import PartError

PLAIN = bool | int | float | complex | str | bytes | types.NoneType | types.EllipsisType


@dataclass(frozen=True)
class Dial:
    """A number on the member axis: changing it never recompiles."""

    value: float


@dataclass(frozen=True)
class Part:
    """One ingredient of a question.

    `options` are sorted pairs of plain values, dials and further parts. A user's own
    function stands in `function`, and `digest` is the fingerprint of what it computes.
    """

    kind: str
    name: str
    options: tuple[tuple[str, Any], ...] = ()
    function: Callable[..., Any] | None = field(default=None, compare=False, repr=False)
    digest: str = ""

    def __post_init__(self) -> None:
        for name, value in self.options:
            number = value.value if isinstance(value, Dial) else value
            if isinstance(number, float) and not math.isfinite(number):
                raise PartError(
                    f'the {name} of {self.kind} "{self.name}" must be a finite number, got {number}; give a finite one'
                )

    def __getitem__(self, option: str) -> Any:
        return dict(self.options)[option]

    def with_option(self, option: str, value: Any) -> "Part":
        """The same part with one option replaced; a dial stays a dial."""
        options = dict(self.options)
        if isinstance(options[option], Dial) and not isinstance(value, Part):  # a schedule may stand in its place
            value = value if isinstance(value, Dial) else Dial(number(value, f"{option} of {self.kind} {self.name}"))
        options[option] = value
        return Part(self.kind, self.name, tuple(sorted(options.items())), self.function, self.digest)

    def canonical(self) -> dict[str, Any]:
        """The part as JSON-ready data, the same for equal parts."""
        own = {"own": self.digest} if self.function is not None else {}
        return {"part": self.name, **own, **{name: _canonical(value) for name, value in self.options}}

    def dials(self) -> Iterator[tuple[str, float]]:
        """Every dial of this part and of the parts inside it, as (dotted path, value)."""
        for name, value in self.options:
            yield from _dials(name, value)

    def label(self) -> str:
        """What stands on an axis: `relu`, `leaky_relu(slope=0.1)`."""
        shown = [f"{name}={_text(value)}" for name, value in self.options]
        return f"{self.name}({', '.join(shown)})" if shown else self.name


def part(kind: str, name: str, **options: Any) -> Part:
    """Build a part from keyword options."""
    return Part(kind, name, tuple(sorted(options.items())))


def own(kind: str, function: Callable[..., Any], **options: Any) -> Part:
    """A part from a user's own function; every float option becomes a dial, handed over by name."""
    named = {name: Dial(value) if isinstance(value, float) else value for name, value in options.items()}
    name = getattr(function, "__name__", type(function).__name__)
    return Part(kind, name, tuple(sorted(named.items())), function, fingerprint(function))


def number(value: Any, what: str) -> float:
    """`value` as a float, or a sentence that says what should have been a number."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise PartError(f"the {what} must be a number, got {value!r}; give a number") from None


def fingerprint(thing: Any) -> str:
    """A digest of what a function, class or value computes: its code, its constants and what it calls.

    Comments and line numbers do not count. Functions and classes of the same module that it names
    count too, so editing a helper changes the fingerprint; those of other modules count by name.
    """
    digest = hashlib.sha256()
    for line in _traits(thing, set()):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()[:16]


def _traits(thing: Any, seen: set[int]) -> Iterator[str]:
    """The lines that say what a thing computes; a thing met again is not told again."""
    if isinstance(thing, PLAIN):  # always told: equal numbers may be one object, and 1, 2, 1 is not 1, 2, 2
        yield repr(thing)
        return
    if id(thing) in seen:
        return
    seen.add(id(thing))
    describe = next((describe for belongs, describe in _KINDS if belongs(thing)), _object_traits)
    yield from describe(thing, seen)


def _function_traits(function: types.FunctionType, seen: set[int]) -> Iterator[str]:
    code = function.__code__
    yield from _code_traits(code)
    for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield from _traits(value, seen)
    for cell in function.__closure__ or ():
        yield from _traits(cell.cell_contents, seen)
    for name in sorted(_names(code) & function.__globals__.keys()):
        yield name
        yield from _named(function.__globals__[name], function.__module__, seen)


def _class_traits(thing: type, seen: set[int]) -> Iterator[str]:
    yield thing.__qualname__
    for name, value in sorted(vars(thing).items()):
        if isinstance(value, types.FunctionType) and not name.startswith("__eq"):
            yield name
            yield from _traits(value, seen)


def _partial_traits(thing: Any, seen: set[int]) -> Iterator[str]:
    yield from _traits(thing.func, seen)
    yield from _sequence_traits(thing.args, seen)
    yield from _mapping_traits(dict(sorted(thing.keywords.items())), seen)


def _mapping_traits(thing: Mapping[Any, Any], seen: set[int]) -> Iterator[str]:
    for key, value in thing.items():
        yield repr(key)
        yield from _traits(value, seen)


def _sequence_traits(thing: Sequence[Any], seen: set[int]) -> Iterator[str]:
    for value in thing:
        yield from _traits(value, seen)


def _array_traits(thing: Any, _: set[int]) -> Iterator[str]:
    yield hashlib.sha256(thing.tobytes()).hexdigest()


def _module_traits(thing: types.ModuleType, _: set[int]) -> Iterator[str]:
    yield thing.__name__


def _callable_traits(thing: Any, _: set[int]) -> Iterator[str]:
    yield f"{getattr(thing, '__module__', '')}.{thing.__qualname__}"


def _object_traits(thing: Any, seen: set[int]) -> Iterator[str]:
    yield f"{type(thing).__module__}.{type(thing).__qualname__}"
    yield from _mapping_traits(getattr(thing, "__dict__", {}), seen)


_KINDS: tuple[tuple[Callable[[Any], bool], Callable[[Any, set[int]], Iterator[str]]], ...] = (
    (lambda thing: isinstance(thing, types.FunctionType), _function_traits),
    (lambda thing: isinstance(thing, type), _class_traits),
    (lambda thing: hasattr(thing, "func") and hasattr(thing, "keywords"), _partial_traits),  # functools, jax
    (lambda thing: isinstance(thing, Mapping), _mapping_traits),
    (lambda thing: isinstance(thing, tuple | list), _sequence_traits),
    (lambda thing: hasattr(thing, "tobytes"), _array_traits),
    (lambda thing: isinstance(thing, types.ModuleType), _module_traits),
    (lambda thing: callable(thing) and hasattr(thing, "__qualname__"), _callable_traits),
)  # the first that fits


def _named(value: Any, module: str, seen: set[int]) -> Iterator[str]:
    """What a global name contributes: its content if it is of the same module or plain data, else its name."""
    home = getattr(value, "__module__", module)
    if home == module or not (callable(value) or isinstance(value, types.ModuleType)):
        yield from _traits(value, seen)
    else:
        yield f"{home}.{getattr(value, '__qualname__', value)}"


def _code_traits(code: types.CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    yield " ".join(code.co_names)
    for constant in code.co_consts[1:] if code.co_consts and isinstance(code.co_consts[0], str) else code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _code_traits(constant)
        else:
            yield repr(constant)


def _names(code: types.CodeType) -> set[str]:
    inner = (_names(constant) for constant in code.co_consts if isinstance(constant, types.CodeType))
    return set(code.co_names).union(*inner)


def _dials(path: str, value: Any) -> Iterator[tuple[str, float]]:
    """The dials of an option's value by path; the items of a tuple are numbered from 1."""
    if isinstance(value, Dial):
        yield path, value.value
    elif isinstance(value, Part):
        yield from (found for name, inner in value.options for found in _dials(f"{path}.{name}", inner))
    elif isinstance(value, tuple):
        yield from (found for place, item in enumerate(value, start=1) for found in _dials(f"{path}.{place}", item))


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
