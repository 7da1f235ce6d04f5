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
from collections.abc import Iterable


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
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f'; did you mean "{close[0]}"?' if close else ""
