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

from seedbed.cli.screen import console, terminal
from seedbed.progress import Listener, Progress, line, pace, reached, silent

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
                else [reached(event), f"{event.running}/{event.members} training", *pace(event, "steps/s")]
            )
            place = f"[{event.group}/{event.groups}] {event.label}"
            total = None if compiling else event.cap
            bars.update(task, description=place, facts="  ".join(facts), total=total, completed=event.step)

        yield listen
