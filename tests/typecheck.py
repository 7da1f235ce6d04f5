"""The run-time type checker of the tests: beartype, with Python's own rule that an int may stand for a float.

A check is made when it is needed first: to make all of them while modules are imported takes twenty seconds a process.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from beartype import BeartypeConf, beartype

_checked = beartype(conf=BeartypeConf(is_pep484_tower=True))


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, checked from its first call on."""
    made: list[Callable[..., Any]] = []

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        if not made:
            made.append(_checked(function))
        return made[0](*arguments, **named)

    return call
