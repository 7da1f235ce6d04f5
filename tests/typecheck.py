"""Type hints checked at run time: jaxtyping with beartype, and Python's own rule that an int may stand for a float.

A check costs more than many a function of NumPy's: of a study in the reference engine it took two thirds. What it
looks at is only what `kind` tells of a value, so a call of kinds that have passed is not checked again. What checks a
function is made when it is needed first: for all of them while modules are imported, it took twenty seconds a process.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import jaxtyping
from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
_all_checked = jaxtyping.jaxtyped
_kinds: dict[type, Callable[[Any, bool], Any] | None] = {}


def kind(value: Any, exact: bool) -> Any:
    """What a hint can tell two values apart by: type, shape, dtype, parts; of strings the value, of ints if `exact`."""
    its = type(value)
    if its not in _kinds:
        _kinds[its] = _kind_of_a(its)
    found = _kinds[its]
    if found is None:
        return (its, value) if exact and its is int else its
    return found(value, exact)


def _kind_of_a(its: type) -> Callable[[Any, bool], Any] | None:
    """How values of a type are told apart; None if by their type alone."""
    if its in (type(None), str) or issubclass(its, type):
        return lambda value, _: (its, value)
    if hasattr(its, "shape") and hasattr(its, "dtype"):
        return lambda value, _: (its, value.shape, value.dtype)
    if issubclass(its, tuple):
        return lambda value, exact: (its, *[kind(part, exact) for part in value])
    if issubclass(its, (list, set, frozenset)):
        return lambda value, exact: (its, frozenset([kind(part, exact) for part in value]))
    if issubclass(its, dict):
        return lambda value, exact: (
            its,
            frozenset([(kind(key, exact), kind(part, exact)) for key, part in value.items()]),
        )
    return None


def once_of_a_kind(*, typechecker: Any) -> Callable[[Any], Any]:
    """A decorator: a function's calls are checked once for what they are given and give; a class as jaxtyping does."""

    def decorate(function: Any) -> Any:
        if inspect.isclass(function):
            return _all_checked(function, typechecker=typechecker)
        passed: set[Any] = set()
        answers: list[Any] = []
        made: list[Callable[..., Any]] = []
        exact: list[bool] = []

        def checking(through: Callable[..., Any]) -> Callable[..., Any]:
            return _all_checked(wraps(function)(through), typechecker=typechecker)

        @wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            if not made:
                exact.append("{" in str(inspect.signature(function)))  # a shape that names the value of an argument
                made.extend((_all_checked(function, typechecker=typechecker), checking(lambda *_, **__: answers.pop())))
            given = kind((arguments, *named.items()), exact[0])
            if given not in passed:
                answer = made[0](*arguments, **named)
                passed.update((given, (given, kind(answer, exact[0]))))
                return answer
            answer = function(*arguments, **named)
            both = given, kind(answer, exact[0])
            if both not in passed:
                answers.append(answer)
                made[1](*arguments, **named)
                passed.add(both)
            return answer

        return call

    return decorate


def install() -> None:
    """Check `seedbed` as it is imported from here on."""
    jaxtyping.jaxtyped = once_of_a_kind
    jaxtyping.install_import_hook("seedbed", "typecheck.checked")
