"""What a running engine says between chunks, and how a call from Python shows it.

The command line draws its own bars, in `cli.progress`.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

PAUSE = 0.5  # seconds before the first line, and between two


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


def watched(progress: bool | None, listen: Listener) -> Listener:
    """Who listens to a call from Python: `listen` where one is given, else a line on standard error, else nobody.

    `progress=None` shows the line where someone looks, in a notebook or a terminal; True shows it anywhere.
    """
    if listen is not silent or not (interactive() if progress is None else progress):
        return listen
    return one_line(sys.stderr)


def interactive() -> bool:
    """Whether someone looks at this process: it is the kernel of a notebook, or standard error is a terminal."""
    return "ipykernel" in sys.modules or sys.stderr.isatty()


def one_line(stream: Any, clock: Callable[[], float] = time.monotonic) -> Listener:
    """A listener that writes one line over and over, and clears it when a group of networks is stored."""
    last, wide = clock(), 0

    def listen(event: Progress) -> None:
        nonlocal last, wide
        text = "" if event.phase == "stored" else line(event)[:110]
        if event.phase == "note":
            stream.write(f"\r{text.ljust(wide)}\n")
            wide = 0
        elif (text and clock() - last >= PAUSE) or (wide and not text):
            stream.write(f"\r{text.ljust(wide)}" + ("" if text else "\r"))
            last, wide = clock(), len(text)
        stream.flush()

    return listen


def line(event: Progress) -> str:
    """An event as one line of a log."""
    if event.phase == "note":
        return event.label
    place = f"[{event.group}/{event.groups}] {event.label}"
    if event.phase == "compiling":
        return f"{place}: compiling"
    if event.phase == "stored":
        return f"{place}: stored, {event.members} networks"
    facts = [reached(event), f"{event.running} of {event.members} still training", *pace(event, "network-steps/s")]
    return f"{place}: {', '.join(facts)}"


def reached(event: Progress) -> str:
    """How far the training is, in epochs where it has whole ones, and the loss so far."""
    if 1 < event.epoch <= event.cap:
        reached = f"epoch {event.step / event.epoch:.1f} of {event.cap / event.epoch:g}"
    else:
        reached = f"step {event.step:,} of {event.cap:,}"
    return reached if event.loss is None else f"{reached}, loss {event.loss:.3g}"


def short(number: float) -> str:
    """A count with three digits and a unit.

    >>> short(950), short(12_345), short(3_210_000), short(1.5e15)
    ('950', '12.3 k', '3.21 M', '1.5 P')
    """
    for size, unit in ((1e15, " P"), (1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return f"{number:.3g}"


def pace(event: Progress, unit: str) -> list[str]:
    """How fast the training is, and how long it still takes; nothing where that is not known."""
    pace = [f"{short(event.rate)} {unit}"] if event.rate else []
    if event.left is None:
        return pace
    return [*pace, f"{'at most ' if event.stops_early else ''}{duration(event.left)} left"]


def duration(seconds: float) -> str:
    """A stretch of time in words.

    >>> duration(7.24), duration(192), duration(7500)
    ('7.2 s', '3 min 12 s', '2 h 5 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
