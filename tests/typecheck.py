"""Type hints checked at run time: jaxtyping with beartype, and Python's own rule that an int may stand for a float.

A check costs more than many a function of NumPy's: of a study in the reference engine it took two thirds. So a test
has the first calls of every function checked, and one of many after them; and what checks a function is made when it is
needed first (made for all of them while modules are imported, it took twenty seconds a process).
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import jaxtyping
from beartype import BeartypeConf, beartype

FIRST, THEN = 30, 100  # calls of a function in one test that are checked: the first 30, and every hundredth

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
test = 0  # how many tests have begun in this process
_all_checked = jaxtyping.jaxtyped


def some_checked(*, typechecker: Any) -> Callable[[Any], Any]:
    """A decorator: of a function, the shapes and types of some calls are checked; a class is left to jaxtyping."""

    def decorate(function: Any) -> Any:
        if inspect.isclass(function):
            return _all_checked(function, typechecker=typechecker)
        made: list[Callable[..., Any]] = []
        calls, begun = 0, 0

        @wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal calls, begun
            if begun != test:
                calls, begun = 0, test
            calls += 1
            if calls > FIRST and calls % THEN:
                return function(*arguments, **named)
            if not made:
                made.append(_all_checked(function, typechecker=typechecker))
            return made[0](*arguments, **named)

        return call

    return decorate


def install() -> None:
    """Check `seedbed` as it is imported from here on."""
    jaxtyping.jaxtyped = some_checked
    jaxtyping.install_import_hook("seedbed", "typecheck.checked")
