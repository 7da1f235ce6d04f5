"""What a data set asks to predict: one thing, or several named ones ("heads") with their columns side by side.

Names, kinds and columns only; the values themselves are checked in `arrays`, and `dataset` puts both together.
"""

import keyword
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard, get_args

import numpy as np

from seedbed.errors import DataError

Kind = Literal["binary", "classes", "sign", "real"]
Target = Literal["binary", "classes", "sign", "real", "several"]
KINDS: tuple[Kind, ...] = get_args(Kind)
RESERVED = ("shared", "_weight")  # what a loss of several parts calls its own option, and the weight of a head


@dataclass(frozen=True)
class Head:
    """One thing to predict. `units` is the number of outputs it needs; the head of a data set that has one is `""`."""

    name: str
    kind: Kind
    units: int

    @property
    def columns(self) -> int:
        """How many columns its targets take side by side with others: one for classes, else one for each unit."""
        return 1 if self.kind == "classes" else self.units


def kinds(target: str | Mapping[str, str], origin: str) -> dict[str, Kind]:
    """The kind of every head by its name, `{"": kind}` where there is one head. Raises DataError."""
    if not isinstance(target, Mapping):
        return {"": _kind(target, origin)}
    if len(target) < 2:
        raise DataError(
            f"{origin} has the kinds {dict(target)} by name, fewer than two; one thing to predict takes no name, "
            'only its kind, for instance target="binary"'
        )
    return {_name(name, origin): _kind(kind, _place(name, origin)) for name, kind in target.items()}


def each(values: Any, heads: Mapping[str, Any], origin: str) -> list[tuple[str, Any]]:
    """For every head, in order: how messages call it, and what belongs to it in `values`. Raises DataError.

    `values` is a mapping with the names of the heads where there are several, and the thing itself where there is one.
    """
    if list(heads) == [""]:
        if isinstance(values, Mapping):
            raise DataError(
                f"the targets of {origin} are named ({_listed(values)}), their kind is not; give a kind for each name"
            )
        return [(origin, values)]
    if not isinstance(values, Mapping):
        raise DataError(
            f"{origin} has the heads {_listed(heads)}, but its targets are of type {type(values).__name__}; "
            "give a mapping with one array for each head"
        )
    if set(values) != set(heads):
        raise DataError(
            f"{origin} has the heads {_listed(heads)}, but targets for {_listed(values)}; give one array for each head"
        )
    return [(_place(name, origin), values[name]) for name in heads]


def wanted_units(units: int | Mapping[str, int] | None, heads: Mapping[str, Kind], origin: str) -> list[int | None]:
    """For every head, in order, the number of units asked for; None where nothing is said. Raises DataError."""
    if list(heads) == [""] and not isinstance(units, Mapping):
        return [units]
    if units is None:
        return [None] * len(heads)
    if list(heads) == [""] or not isinstance(units, Mapping) or not set(units) <= set(heads):
        names = "one head" if list(heads) == [""] else f"the heads {_listed(heads)}"
        form = "a whole number" if list(heads) == [""] else "a mapping from names of heads to whole numbers"
        raise DataError(f"{origin} has {names}, got units={units!r}; give {form}")
    return [units.get(name) for name in heads]


def by_head(targets: np.ndarray, heads: Sequence[Head]) -> dict[str, np.ndarray]:
    """The targets of every head by its name, `(..., column)`; those of an only head as they are.

    >>> by_head(np.array([[1.0, 3.0], [0.0, 2.0]]), (Head("label", "binary", 1), Head("width", "real", 1)))["width"]
    array([[3.],
           [2.]])
    """
    if len(heads) == 1:
        return {heads[0].name: targets}
    ends = np.cumsum([head.columns for head in heads])
    return {head.name: targets[..., end - head.columns : end] for head, end in zip(heads, ends, strict=True)}


def _kind(kind: Any, origin: str) -> Kind:
    if not _is_kind(kind):
        raise DataError(f'the targets of {origin} are of kind {kind!r}; write "binary", "classes", "sign" or "real"')
    return kind


def _is_kind(kind: Any) -> TypeGuard[Kind]:
    return isinstance(kind, str) and kind in KINDS


def _name(name: Any, origin: str) -> str:
    option, weight = RESERVED
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        wrong = "a word of letters, digits and _ that Python does not reserve"
    elif name == option or name.endswith(weight):
        wrong = f'not "{option}", and does not end in "{weight}"'
    else:
        return name
    raise DataError(f'{origin} has a head called {name!r}; a name is {wrong}, for instance "label"')


def _place(name: Any, origin: str) -> str:
    return f'head "{name}" of {origin}'


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(map(str, names))
