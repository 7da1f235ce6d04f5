"""The options of a part as keyword arguments, with this member's dials in their places."""

from collections.abc import Mapping
from typing import Any

from jaxtyping import Array

from seedbed.vocabulary import Dial, Part
from seedbed.vocabulary.schedules import is_schedule

Dials = Mapping[str, Array]


def options(part: Part, path: str, dials: Dials) -> dict[str, Any]:
    """The options of a part as keyword arguments, its dials and schedules taken from `dials`; no inner parts."""
    return {
        name: resolved(value, f"{path}.{name}", dials)
        for name, value in part.options
        if not isinstance(value, Part) or is_schedule(value)
    }


def resolved(value: Any, path: str, dials: Dials) -> Any:
    """An option's value: the number of a dial or schedule, those of a tuple one by one, or what it is."""
    if isinstance(value, Dial) or is_schedule(value):
        return dials[path]
    if isinstance(value, tuple):
        return tuple(resolved(item, f"{path}.{place}", dials) for place, item in enumerate(value, start=1))
    return value
