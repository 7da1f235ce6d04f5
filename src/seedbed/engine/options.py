"""The options of a part as keyword arguments, with this member's dials in their places."""

from collections.abc import Mapping
from typing import Any

from jaxtyping import Array

from seedbed.vocabulary import Dial, Part

Dials = Mapping[str, Array]


def options(part: Part, path: str, dials: Dials) -> dict[str, Any]:
    """The options of a part as keyword arguments, its dials taken from `dials`; inner parts are left out."""
    return {
        name: dials[f"{path}.{name}"] if isinstance(value, Dial) else value
        for name, value in part.options
        if not isinstance(value, Part)
    }
