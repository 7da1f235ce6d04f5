"""How long a network trains, in epochs: turned into steps as soon as the data are known."""

import math
from dataclasses import dataclass
from typing import Any

from seedbed.errors import SpecError, shown
from seedbed.vocabulary.numbers import plain


@dataclass(frozen=True)
class Epochs:
    """A number of passes over the training set; a pass has n // batch_size steps, one in full-batch training."""

    count: float

    def __str__(self) -> str:
        return f"{self.count:g} epoch{'' if self.count == 1 else 's'}"

    def in_steps(self, examples: int, batch_size: int | None) -> int:
        """How many steps these epochs are, rounded to the nearest and at least 1.

        >>> Epochs(15).in_steps(60_000, 128)
        7020
        """
        return max(1, round(self.count * steps_per_epoch(examples, batch_size)))


def epochs(count: Any) -> Epochs:
    """Passes over the training set, where steps are asked for: `steps=epochs(15)`, `trace=epochs(1)`.

    Raises: SpecError for anything but a number above 0.
    """
    count = plain(count)
    if isinstance(count, bool) or not isinstance(count, int | float) or not (0 < count < math.inf):
        raise SpecError(f"epochs must be a number above 0, got {shown(count)}; write for instance steps=epochs(15)")
    return Epochs(float(count))


def steps_per_epoch(examples: int, batch_size: int | None) -> int:
    """How many steps pass over the training set once: what is left over at its end is left for other epochs."""
    return 1 if batch_size is None else max(1, examples // batch_size)


def plain_length(value: Any) -> Any:
    """Steps, or epochs as JSON-ready data."""
    return {"epochs": value.count} if isinstance(value, Epochs) else value


def length_back(value: Any) -> Any:
    """What `plain_length` has written."""
    return Epochs(value["epochs"]) if isinstance(value, dict) else value


__all__ = ["Epochs", "epochs", "length_back", "plain_length", "steps_per_epoch"]
