"""The options of a part as plain keyword arguments."""

from typing import Any

from seedbed.vocabulary import Part
from seedbed.vocabulary.part import Dial


def numbers(part: Part) -> dict[str, Any]:
    """The options of a part by name, dials as their numbers."""
    return {name: value.value if isinstance(value, Dial) else value for name, value in part.options}
