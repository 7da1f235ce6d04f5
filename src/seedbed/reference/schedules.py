"""Schedules once more, in plain Python: `f(t, **numbers)` is the value at time t, in the unit of the schedule.

The formulas, their sources and where other libraries differ stand in `seedbed.vocabulary.schedules`. `at_step` puts the
values of one step into a question, so that everything below it sees plain numbers.
"""

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from seedbed.errors import PartError
from seedbed.spec import LENGTHS, PARTS, Spec
from seedbed.vocabulary import Dial, Part
from seedbed.vocabulary.lengths import Epochs, steps_per_epoch

Time = float | Fraction
HALF = 0.501  # as in the other engine, whose single precision may give a little less than a half


def constant(t: Time, value: float) -> float:  # noqa: ARG001
    """f(t) = value."""
    return value


def drops(t: Time, values: Sequence[float], at: Sequence[float]) -> float:
    """f(t) = values[k], k the number of entries of `at` that are at most t.

    >>> [drops(t, [0.1, 0.01], at=[2]) for t in (0, 1, 2, 3)]
    [0.1, 0.1, 0.01, 0.01]
    """
    return values[sum(when <= t for when in at)]


def exponential(t: Time, start: float, factor: float, every: float = 1.0, staircase: bool = False) -> float:
    """f(t) = start factor^(t / every), the exponent rounded down where it is a staircase."""
    exponent = float(t) / every
    return start * power(factor, math.floor(Fraction(t) / Fraction(every)) if staircase else exponent)


def cosine(t: Time, high: float, length: float, low: float = 0.0) -> float:
    """f(t) = low + (high - low) (1 + cos(pi t / length)) / 2 up to t = length, then low."""
    return low + (high - low) * (1 + math.cos(math.pi * min(float(t) / length, 1))) / 2


def warm_up(t: Time, then: Callable[[Time], float], length: float, start: float = 0.0) -> float:
    """f(t) = start + (g(0) - start) t / length up to t = length, then g(t - length).

    >>> [warm_up(t, lambda _: 1.0, length=4) for t in (0, 1, 4, 9)]
    [0.0, 0.25, 1.0, 1.0]
    """
    if t >= length:
        return then(Fraction(t) - Fraction(length))  # exact, so that a cycle of g ends on its own step
    return start + (then(0) - start) * float(t) / length


def one_cycle(
    t: Time, high: float, length: float, pct_start: float = 0.3, div_factor: float = 25.0,
    final_div_factor: float = 1e4, anneal: str = "cosine", three_phase: bool = False, unit: int = 1,
) -> float:  # fmt: skip
    """Phase by phase, in steps: (last step, value at its beginning, value at its end)."""
    step, steps = float(t) * unit, length * unit
    low = high / div_factor
    least = low / final_div_factor
    phases = [(pct_start * steps - 1, low, high), (steps - 1, high, least)]
    if three_phase:
        phases = [phases[0], (2 * pct_start * steps - 2, high, low), (steps - 1, low, least)]
    began = 0.0
    for ended, first, last in phases:
        if step <= ended:
            share = (step - began) / (ended - began) if ended > began else 0.0
            return first + (last - first) * share if anneal == "linear" else _eased(first, last, share)
        began = ended
    return least


def _eased(first: float, last: float, share: float) -> float:
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2


def power(base: float, exponent: float) -> float:
    """base^exponent, infinite where it is too large for a number, as in the other engine."""
    with np.errstate(over="ignore"):
        return float(np.power(base, float(exponent)))


def triangle(t: Time, half_cycle: float) -> tuple[float, int]:
    """The height p = 1 - |t / half_cycle - 2c - 1| of the triangle, and the cycle c = floor(t / (2 half_cycle)).

    >>> [triangle(t, 2)[0] for t in range(5)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    cycle = math.floor(Fraction(t) / (2 * Fraction(half_cycle)))
    return float(1 - abs(Fraction(t) / Fraction(half_cycle) - 2 * cycle - 1)), cycle


def triangular(t: Time, low: float, high: float, half_cycle: float) -> float:
    """f(t) = low + (high - low) p."""
    return low + (high - low) * triangle(t, half_cycle)[0]


def triangular2(t: Time, low: float, high: float, half_cycle: float) -> float:
    """f(t) = low + (high - low) p / 2^c."""
    p, cycle = triangle(t, half_cycle)
    return low + (high - low) * p * power(0.5, cycle)


def exp_range(
    t: Time, low: float, high: float, half_cycle: float, gamma: float, reading: str = "amplitude"
) -> float:  # fmt: skip
    """f(t) = low + (high - low) p gamma^t, or (low + (high - low) p) gamma^t where the bounds decline."""
    rise, less = (high - low) * triangle(t, half_cycle)[0], power(gamma, float(t))
    return (low + rise) * less if reading == "bounds" else low + rise * less


def sweep(t: Time, low: float, high: float, length: float, growth: str = "exponential") -> float:
    """From low to high in `length`, by equal factors or in a straight line."""
    share = min(float(t) / length, 1)
    return low + (high - low) * share if growth == "linear" else low * (high / low) ** share


def reciprocal(t: Time, then: Callable[[Time], float]) -> float:
    """f(t) = 1 / g(t)."""
    return 1 / then(t)


def value_at(schedule: Part, step: Time, epoch: int, taken: int | None = None) -> float:
    """The value of a schedule at a step, where an epoch has so many steps.

    Where steps add up micro-batches, an epoch has so many of these, and `taken` is how many there were before.

    >>> from seedbed.vocabulary import schedules
    >>> value_at(schedules.triangular(0, 1, half_cycle=1, unit="epoch"), 5, epoch=10)
    0.5
    """
    if schedule.function is not None:
        raise PartError(
            f'the reference engine has named parts only, got your own schedule "{schedule.name}"; use --engine jax'
        )
    options = {name: _plain(value) for name, value in schedule.options}
    by_epoch = options.pop("unit", "step") == "epoch"
    unit = epoch if by_epoch else 1
    if isinstance(then := options.get("then"), Part):
        options["then"] = lambda later: value_at(then, later * unit, epoch)
    elif then is not None:
        options["then"] = lambda _: then
    further = {"unit": unit} if schedule.name == "one_cycle" else {}
    time = step if taken is None or not by_epoch else taken
    return SCHEDULES[schedule.name](Fraction(time) / unit, **options, **further)


def micro_batches(question: Spec, examples: int) -> Iterator[tuple[int, int]]:
    """For each step, without end: how many micro-batches all steps before it took, and how many it takes.

    As many as come nearest to the batch size at that step, halves rounded up, and at least one.
    """
    size, epoch = question.at_once or examples, steps_per_epoch(examples, question.at_once)
    taken = 0
    for step in itertools.count():
        count = 1
        if question.accumulates:
            count = max(1, math.floor(value_at(question.batch_size, step, epoch, taken) / size + HALF))
        yield taken, count
        taken += count


def in_steps(question: Spec, examples: int) -> Spec:
    """`Spec.in_steps`, where the batch size changes: an epoch ends with the update that completes its micro-batches.

    >>> from seedbed.vocabulary import schedules
    >>> question = Spec(data="xor_blobs", model="neuron", loss="l2", optimizer="sgd(1)", steps=Epochs(2),
    ...                 batch_size=schedules.drops([10, 20], at=[5]))
    >>> in_steps(question, examples=100).steps
    13
    """
    epoch = steps_per_epoch(examples, question.at_once)

    def updates(length: Epochs) -> int:
        return next(step for step, (taken, _) in enumerate(micro_batches(question, examples))
                    if step and taken >= round(length.count * epoch))  # fmt: skip

    changed = {name: updates(length) for name in LENGTHS if isinstance(length := getattr(question, name), Epochs)}
    return dataclasses.replace(question, **changed) if changed else question


def at_step(question: Spec, step: int, epoch: int, taken: int | None = None) -> Spec:
    """The question with every schedule of its parts replaced by its value at a step; see `value_at`."""
    found = {name: part for name in PARTS if (part := getattr(question, name)) is not None and has_schedule(part)}
    changed = {name: _at(part, step, epoch, taken) for name, part in found.items()}
    return dataclasses.replace(question, **changed) if changed else question


def has_schedule(part: Part) -> bool:
    """Whether a schedule stands somewhere in a part."""
    return any(inner.kind == "schedule" or has_schedule(inner) for inner in part.parts())


def _at(part: Part, step: int, epoch: int, taken: int | None) -> Part:
    def changed(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(changed(item) for item in value)
        if not isinstance(value, Part):
            return value
        if value.kind == "schedule":
            return Dial(value_at(value, step, epoch, taken))
        return _at(value, step, epoch, taken)

    return dataclasses.replace(part, options=tuple((name, changed(value)) for name, value in part.options))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Dial) else value


SCHEDULES: Mapping[str, Callable[..., float]] = {
    "constant": constant,
    "drops": drops,
    "exponential": exponential,
    "cosine": cosine,
    "warm_up": warm_up,
    "one_cycle": one_cycle,
    "triangular": triangular,
    "triangular2": triangular2,
    "exp_range": exp_range,
    "sweep": sweep,
    "reciprocal": reciprocal,
}
