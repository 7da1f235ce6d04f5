"""How a run is watched: a bar for a person at a terminal, a plain line now and then for a log.

Everything goes to standard error. A pipe, a CI log and TERM=dumb get lines without control codes; rich's own bar would
show nothing there until the end, and control codes under FORCE_COLOR.
"""

import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import typer

from seedbed.cli.answer import duration
from seedbed.cli.screen import console, terminal
from seedbed.progress import Listener, Progress, silent

PAUSE = 5.0  # seconds between two plain lines


@contextmanager
def watching(quiet: bool) -> Generator[Listener, None, None]:
    """A listener for the length of a run. With `quiet`, only a person at a terminal is told anything."""
    if terminal(sys.stderr) and not os.environ.get("CI"):
        with _bar() as listen:
            yield listen
    else:
        yield silent if quiet else lines(lambda line: typer.echo(line, err=True))


def lines(write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> Listener:
    """A listener that writes a line when a group is done, and otherwise at most every few seconds."""
    last = -PAUSE

    def listen(event: Progress) -> None:
        nonlocal last
        if event.phase in ("stored", "note") or clock() - last >= PAUSE:
            last = clock()
            write(line(event))

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
    facts = [_reached(event), f"{event.running} of {event.members} still training", *_pace(event, "network-steps/s")]
    return f"{place}: {', '.join(facts)}"


def _reached(event: Progress) -> str:
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


def _pace(event: Progress, unit: str) -> list[str]:
    pace = [f"{short(event.rate)} {unit}"] if event.rate else []
    if event.left is None:
        return pace
    return [*pace, f"{'at most ' if event.stops_early else ''}{duration(event.left)} left"]


@contextmanager
def _bar() -> Generator[Listener, None, None]:
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars
    from rich.table import Column

    label = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    columns = [
        TextColumn("{task.description}", markup=False, table_column=label),
        BarColumn(bar_width=10),
        TextColumn("{task.fields[facts]}", markup=False),
    ]
    # Standard output is a result and stays untouched; a warning on standard error is shown above the bar.
    with Bars(*columns, console=console(sys.stderr), transient=True, redirect_stdout=False, expand=True) as bars:
        task = bars.add_task("starting", total=None, facts="")

        def listen(event: Progress) -> None:
            if event.phase == "note":
                bars.console.print(event.label, markup=False, highlight=False)
                return
            compiling = event.phase == "compiling"
            facts = (
                ["compiling"]
                if compiling
                else [_reached(event), f"{event.running}/{event.members} training", *_pace(event, "steps/s")]
            )
            place = f"[{event.group}/{event.groups}] {event.label}"
            total = None if compiling else event.cap
            bars.update(task, description=place, facts="  ".join(facts), total=total, completed=event.step)

        yield listen
