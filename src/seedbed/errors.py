"""What can go wrong, and the words for it.

    SeedbedError
    ├── UserError            exit code 2: the question as asked cannot be answered
    │   ├── SpecError        a question that contradicts itself
    │   │   └── PartError    a part that does not exist, or does not fit
    │   ├── DataError        a data set that is missing, damaged or of another shape
    │   ├── StoreError       a store that cannot be read or written
    │   └── StatsError       a comparison that the record cannot support
    └── RunError             exit code 1: a run that failed

Every message has three clauses: what was wrong, what was received, what to do.
A diverged network is a result and never appears here.
"""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

LETTERS = 80  # of a received value that a sentence repeats


class SeedbedError(Exception):
    """Base of every error that seedbed raises on purpose."""

    exit_code = 1


class UserError(SeedbedError):
    """The request cannot be carried out as it stands; nothing was lost."""

    exit_code = 2


class SpecError(UserError):
    """A question that contradicts itself."""


class PartError(SpecError):
    """A part that does not exist, or whose options or shapes do not fit."""


class DataError(UserError):
    """A data set that is missing, damaged, or of another shape than asked for."""


class StoreError(UserError):
    """A store that cannot be read or written."""


class StatsError(UserError):
    """A comparison that the record cannot support."""


class RunError(SeedbedError):
    """A run that failed for a reason outside the question."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A half sentence that names the closest known word, or nothing.

    >>> nearest("relux", ["relu", "tanh"])
    '; did you mean "relu"?'
    >>> nearest("zzz", ["relu", "tanh"])
    ''
    """
    close = difflib.get_close_matches(name[:LETTERS], list(known), n=1, cutoff=0.5)
    return f'; did you mean "{close[0]}"?' if close else ""


def shown(value: Any) -> str:
    """A received value as a sentence repeats it: how Python writes it, cut short where that is long.

    >>> shown("relux"), len(shown("x" * 5_000))
    ("'relux'", 80)
    """
    shape, kind = getattr(value, "shape", None), getattr(value, "dtype", None)
    if isinstance(shape, tuple) and shape and not isinstance(value, type):  # an array or a table is never written out
        return f"{type(value).__name__} of shape {shape}" + (f" and type {kind}" if kind is not None else "")
    if isinstance(value, tuple) and any(hasattr(item, "shape") for item in value):
        return f"({', '.join(shown(item) for item in value)})"
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        text = "a whole number of thousands of digits"
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 4]} ..."


def one_of(value: Any, words: Sequence[str], what: str, error: type[SeedbedError] = SpecError) -> str:
    """`value` where it is one of a few words. Raises `error`, naming the words and the nearest.

    >>> one_of("higher", ("lower", "higher"), "better")
    'higher'
    """
    if isinstance(value, str) and value in words:
        return value
    listed = " or ".join([", ".join(f'"{word}"' for word in words[:-1]), f'"{words[-1]}"'] if words[1:] else words)
    close = nearest(value, words) if isinstance(value, str) else ""
    raise error(f"{what} is {listed}, got {shown(value)}{close}" + ("" if close else "; write one of these"))
