"""What a running engine says between chunks; how it is shown is the business of whoever listens."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Progress:
    """One message of a run.

    `group` counts compiled programs from 1 to `groups`; `step` is the step reached by the members still running, of
    at most `cap`; `running` of `members` in this group still train; `rate` is in network-steps per second;
    `left` is the estimated time left for the whole run in seconds, None while nothing is known; an upper bound where
    `stops_early`, because members may then stop before the cap. `epoch` is how many steps pass over the training set
    once, 1 where each does; `loss` the median loss of the members' last batches. A "note" is a sentence for the user,
    in `label`; its numbers say nothing.
    """

    phase: Literal["compiling", "training", "stored", "note"]
    label: str
    group: int
    groups: int
    step: int
    cap: int
    running: int
    members: int
    rate: float = 0.0
    left: float | None = None
    stops_early: bool = False
    epoch: int = 1
    loss: float | None = None


Listener = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """A listener that says nothing."""
