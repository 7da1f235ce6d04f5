"""A schedule as one line of a terminal: how a dial moves over the steps or epochs of a question.

Blocks of eight heights stand for values sampled over the whole length; the scale is logarithmic where the values are
positive and span more than a factor of 20. Curves with axes are figures of reports.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from seedbed.report.numbers import number
from seedbed.vocabulary.lengths import Epochs

if TYPE_CHECKING:
    from seedbed.spec import Spec
    from seedbed.vocabulary import Part

HEIGHTS = "▁▂▃▄▅▆▇█"
WIDTH = 48
MANY = 20  # a span from which on the scale is logarithmic
EPOCH = 10_000  # steps of an epoch for those that count epochs: the picture needs their share of it, not their number


def pictures(question: Spec) -> list[tuple[str, str]]:
    """Every schedule of a question with its picture, settings that differ by their names.

    A function of one's own, and a schedule in steps where the question lasts epochs (or the reverse), have none.
    """
    from seedbed.record import name_of

    found: dict[tuple[str, str], None] = {}
    for setting in question.settings():
        for path, part in _scheduled(setting.spec):
            if shown := picture(part, setting.spec.steps):
                names = ", ".join(filter(None, (path.rpartition(".")[2].replace("_", " "), name_of(setting.levels))))
                found[names, shown] = None
    return list(found)


def picture(schedule: Part, length: int | Epochs) -> str:
    """A schedule over so many steps or epochs, and its first, lowest, highest and last value where they differ.

    >>> from seedbed.vocabulary import schedules
    >>> picture(schedules.drops([0.1, 0.01], at=[2], unit="epoch"), Epochs(4))
    '████████████████████████▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  0.1 to 0.01 in 4 epochs'
    """
    from seedbed.reference.schedules import value_at

    units = set(_units(schedule))
    by_epoch = isinstance(length, Epochs)
    if schedule.function is not None or units - {"epoch" if by_epoch else "step"}:
        return ""
    whole = length.count * EPOCH if isinstance(length, Epochs) else length
    steps = [math.floor(whole * at / WIDTH) for at in range(WIDTH)]
    values = [float(value_at(schedule, step, EPOCH if by_epoch else 1)) for step in steps]
    ends = dict.fromkeys([values[0], min(values), max(values), values[-1]])
    over = f"{number(length.count)} epochs" if isinstance(length, Epochs) else f"{number(length)} steps"
    return f"{_blocks(values)}  {' to '.join(map(number, ends))} in {over}"


def _blocks(values: list[float]) -> str:
    low, high = min(values), max(values)
    logarithmic = low > 0 and high / low > MANY
    heights = [math.log(value) for value in values] if logarithmic else values
    least, span = min(heights), max(heights) - min(heights)
    return "".join(HEIGHTS[-1 if not span else round((one - least) / span * (len(HEIGHTS) - 1))] for one in heights)


def _units(schedule: Part) -> Iterator[str]:
    """The units of a schedule and of what it leads to; a reciprocal has that of its inner one."""
    options = dict(schedule.options)
    inner = [one for one in options.values() if hasattr(one, "options") and one.kind == "schedule"]
    if "unit" in options or not inner:
        yield str(options.get("unit", "step"))
    for one in inner:
        yield from _units(one)


def _scheduled(question: Spec) -> Iterator[tuple[str, Part]]:
    from seedbed.vocabulary.schedules import is_schedule, schedules_in

    for name, part in question.parts().items():
        if is_schedule(part):
            yield name, part
        else:
            yield from schedules_in(part.options, name)
