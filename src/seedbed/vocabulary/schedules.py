"""Schedules by name: how a number changes while a network trains. One may stand wherever a dial stands.

`sgd(triangular(1e-4, 1e-1, half_cycle=2, unit="epoch"))`, `mlp([64], dropout=drops([0.5, 0.2], at=[10]))`. Every
number of a schedule is a dial; `unit` says what its lengths count. t is the time in that unit: t = s at step s, or
t = s / n with n steps to an epoch (the examples divided by the batch size, rounded down; 1 in full-batch training).
The value at step s makes update s + 1, so the first update has the value at t = 0. Behind its end a schedule keeps its
last value, unless its docstring says otherwise. `parts.schedules` and `reference.schedules` compute them.
"""

import math
from collections.abc import Iterator
from typing import Any

from seedbed.errors import PartError, one_of, shown
from seedbed.vocabulary.numbers import Number, Switch, Word, number, plain, switch
from seedbed.vocabulary.part import Dial, Part, part
from seedbed.vocabulary.words import find_in

UNITS = ("step", "epoch")


def constant(value: Number) -> Part:
    """f(t) = value. The same number without a schedule gives the same path.

    Elsewhere: PyTorch's ConstantLR is not constant; it multiplies the rate by 1/3 for the first five calls.
    """
    return _schedule("constant", value=_number("constant", "value", value))


def drops(values: Any, at: Any, unit: Word = "step") -> Part:
    """f(t) = values[k], k the number of entries of `at` that are at most t: one value more than there are drops.

    `drops([0.1, 0.01, 0.001], at=[1, 2], unit="epoch")` trains one epoch at 0.1, one at 0.01, the rest at 0.001.

    Source: EE449 report, question 5. Elsewhere: PyTorch's MultiStepLR gives a factor instead of the values.
    """
    numbers, times = _list("drops", "values", values), _list("drops", "at", at)
    if len(numbers) != len(times) + 1:
        raise PartError(
            f"drops takes one value more than there are drops, got {len(numbers)} values and {len(times)} drops; write "
            "for instance drops([0.1, 0.01], at=[1000])"
        )
    if any(later <= earlier for earlier, later in zip((0.0, *times), times, strict=False)):
        raise PartError(f"the drops of a schedule lie at rising times above 0, got {times}; put them in order")
    return _schedule("drops", unit, values=tuple(map(Dial, numbers)), at=tuple(map(Dial, times)))


def exponential(
    start: Number, factor: Number, every: Number = 1.0, staircase: Switch = False, unit: Word = "step"
) -> Part:
    """f(t) = start factor^(t / every); with `staircase`, the exponent is rounded down. It has no end.

    Elsewhere: PyTorch's ExponentialLR has every=1 and counts its own calls, StepLR is the staircase; optax's
    exponential_decay calls `every` transition_steps.
    """
    staircase = switch(staircase, "the staircase of exponential")
    return _schedule(
        "exponential", unit, start=_number("exponential", "start", start),
        factor=_number("exponential", "factor", factor, above=0),
        every=_number("exponential", "every", every, above=0), staircase=staircase,
    )  # fmt: skip


def cosine(high: Number, length: Number, low: Number = 0.0, unit: Word = "step") -> Part:
    """f(t) = low + (high - low) (1 + cos(pi t / length)) / 2 up to t = length, then low.

    Source: Loshchilov, Hutter 2016, SGDR, equation 5, a single period.
    Elsewhere: PyTorch's CosineAnnealingLR rises again behind its T_max.
    """
    return _schedule("cosine", unit, high=_number("cosine", "high", high), low=_number("cosine", "low", low),
                     length=_number("cosine", "length", length, above=0))  # fmt: skip


def warm_up(then: Any, length: Number, start: Number = 0.0, unit: Word = "step") -> Part:
    """f(t) = start + (g(0) - start) t / length up to t = length, then g(t - length), g the schedule or number `then`.

    The lengths of g count g's own unit.

    Source: Goyal et al. 2017, Accurate, large minibatch SGD, section 2.2.
    Elsewhere: PyTorch's LinearLR starts at a third of the rate, and its ChainedScheduler does not shift g.
    """
    return _schedule("warm_up", unit, then=dial(then, "schedule that follows warm_up"),
                     length=_number("warm_up", "length", length, above=0),
                     start=_number("warm_up", "start", start))  # fmt: skip


def one_cycle(
    high: Number, length: Number, pct_start: Number = 0.3, div_factor: Number = 25.0, final_div_factor: Number = 1e4,
    anneal: Word = "cosine", three_phase: Switch = False, unit: Word = "step",
) -> Part:  # fmt: skip
    """From high / div_factor up to high at t = pct_start T - 1, then down to high / (div_factor final_div_factor).

    T is `length` in steps, and t counts steps from 0 to T - 1. Each phase from a to b goes by a + (b - a) p ("linear")
    or b + (a - b) (1 + cos(pi p)) / 2 ("cosine"), p its share that has passed. With `three_phase` the way down to
    high / div_factor is as long as the way up, ends at 2 pct_start T - 2, and the last phase goes on from there.

    Source: Smith, Topin 2017, Super-convergence, in the form of PyTorch's OneCycleLR.
    Elsewhere: PyTorch also turns momentum the other way (write a schedule for it too), and fails behind its last step.
    """
    one_of(anneal, ("cosine", "linear"), "the anneal of one_cycle", PartError)
    three_phase = switch(three_phase, "the three_phase of one_cycle")
    rise = _number("one_cycle", "pct_start", pct_start, above=0)
    if rise.value >= (0.5 if three_phase else 1):
        raise PartError(
            f"the pct_start of one_cycle is a share below {'1/2 with three phases' if three_phase else '1'}, got "
            f"{rise.value:g}; write for instance pct_start=0.3"
        )
    return _schedule(
        "one_cycle", unit, high=_number("one_cycle", "high", high),
        length=_number("one_cycle", "length", length, above=0), pct_start=rise,
        div_factor=_number("one_cycle", "div_factor", div_factor, above=0),
        final_div_factor=_number("one_cycle", "final_div_factor", final_div_factor, above=0),
        anneal=anneal, three_phase=three_phase,
    )  # fmt: skip


def triangular(low: Number, high: Number, half_cycle: Number, unit: Word = "step") -> Part:
    """f(t) = low + (high - low) p, p rising from 0 to 1 in `half_cycle` and falling back in another, again and again.

    p = 1 - |t / half_cycle - 2c - 1| in cycle c = floor(t / (2 half_cycle)).

    Source: Smith 2015, Cyclical learning rates, section 3.1 (his stepsize is half_cycle).
    Elsewhere: the same as PyTorch's CyclicLR and Keras' callback, both counted in steps.
    """
    return _cyclic("triangular", unit, low, high, half_cycle)


def triangular2(low: Number, high: Number, half_cycle: Number, unit: Word = "step") -> Part:
    """f(t) = low + (high - low) p / 2^c: as `triangular`, the rise halved after every cycle c.

    Source: Smith 2015, section 3.1. Elsewhere: the same as PyTorch's CyclicLR in mode "triangular2".
    """
    return _cyclic("triangular2", unit, low, high, half_cycle)


def exp_range(
    low: Number, high: Number, half_cycle: Number, gamma: Number, reading: Word = "amplitude", unit: Word = "step"
) -> Part:
    """f(t) = low + (high - low) p gamma^t, p as in `triangular`.

    With `reading="bounds"`, f(t) = (low + (high - low) p) gamma^t.

    Source: Smith 2015, section 3.1, where each boundary declines by gamma^t: that is reading "bounds".
    Elsewhere: PyTorch's CyclicLR and Keras' callback lower the amplitude alone, which is the default here.
    """
    one_of(reading, ("amplitude", "bounds"), "the reading of exp_range", PartError)
    return _cyclic("exp_range", unit, low, high, half_cycle,
                   gamma=_number("exp_range", "gamma", gamma, above=0), reading=reading)  # fmt: skip


def sweep(low: Number, high: Number, length: Number, growth: Word = "exponential", unit: Word = "step") -> Part:
    """The range test: from low at t = 0 to high at t = length, by low (high / low)^(t / length), then high.

    With `growth="linear"`, low + (high - low) t / length.

    Source: Smith 2015, section 3.3 (linear); Gugger 2018, How do you find a good learning rate (exponential).
    Elsewhere: torch-lr-finder divides by length - 1, so that its last step has the rate `high`.
    """
    one_of(growth, ("exponential", "linear"), "the growth of sweep", PartError)
    least = 0.0 if growth == "exponential" else None
    return _schedule("sweep", unit, low=_number("sweep", "low", low, above=least),
                     high=_number("sweep", "high", high, above=least),
                     length=_number("sweep", "length", length, above=0), growth=growth)  # fmt: skip


def reciprocal(then: Any) -> Part:
    """f(t) = 1 / g(t), g the schedule or number `then`.

    Of a batch size B: the noise of an update is proportional to rate / B, so a cycle of the rate has its mirror image
    in a cycle of 1 / B. `reciprocal(triangular(1 / 512, 1 / 64, half_cycle=2, unit="epoch"))` goes from 512 examples
    to 64 and back.

    Source: Smith, Kindermans, Ying, Le 2018, Don't decay the learning rate, increase the batch size, section 2.
    Elsewhere: the CyclicBS of bs-scheduler is linear in B, and goes down from its base first, as here.
    """
    then = dial(then, "schedule that reciprocal turns over")
    return _schedule("reciprocal", then["unit"] if is_schedule(then) and "unit" in dict(then.options) else "step",
                     then=then)  # fmt: skip


def dial(value: Any, what: str) -> Dial | Part:
    """A number as a dial; a schedule, or a text that names one, as it is.

    >>> dial("cosine(0.1, length=50)", "learning rate").label()
    'cosine(high=0.1, length=50, low=0, unit=step)'

    Raises PartError for anything else.
    """
    if is_schedule(value):
        return value
    if isinstance(value, str) and value.partition("(")[0].strip() in TABLE:
        return find_in(TABLE, "schedule", value)
    if isinstance(value, Part):
        raise PartError(f"the {what} must be a number or a schedule, got {value.label()}; see: seedbed list schedules")
    return Dial(number(value, what))


def is_schedule(value: Any) -> bool:
    """Whether an option's value is a schedule."""
    return isinstance(value, Part) and value.kind == "schedule"


def schedules_in(items: Any, path: str) -> Iterator[tuple[str, Part]]:
    """Every schedule among named values and inside them, with its dotted path."""
    for name, value in items:
        at = f"{path}.{name}"
        if is_schedule(value):
            yield at, value
        elif isinstance(value, Part):
            yield from schedules_in(value.options, at)
        elif isinstance(value, tuple):
            yield from schedules_in(enumerate(value, start=1), at)


def levels(value: Dial | Part) -> Iterator[float]:
    """The numbers that a dial or a schedule never leaves the range of: for the limits of what it stands for.

    None of a schedule of a user's own, which nobody knows.
    """
    if isinstance(value, Dial):
        yield value.value
    if isinstance(value, Dial) or value.function is not None:
        return
    options = dict(value.options)
    if value.name == "reciprocal":
        yield from (1 / level if level else math.inf for level in levels(options["then"]))
        return
    for name in ("value", "start", "low", "high"):
        if name in options:
            yield options[name].value
    if "div_factor" in options:
        low = options["high"].value / options["div_factor"].value
        yield from (low, low / options["final_div_factor"].value)
    for one in options.get("values", ()):
        yield one.value
    if "then" in options:
        yield from levels(options["then"])
    if any(options[name].value > 1 for name in ("factor", "gamma") if name in options):
        yield math.inf


def _cyclic(name: str, unit: str, low: float, high: float, half_cycle: float, **further: Any) -> Part:
    return _schedule(name, unit, low=_number(name, "low", low), high=_number(name, "high", high),
                     half_cycle=_number(name, "half_cycle", half_cycle, above=0), **further)  # fmt: skip


def _schedule(name: str, unit: str | None = None, **options: Any) -> Part:
    if unit is None:
        return part("schedule", name, **options)
    one_of(unit, UNITS, f"the unit of {name}", PartError)
    return part("schedule", name, unit=unit, **options)


def _number(name: str, option: str, value: Any, above: float | None = None) -> Dial:
    made = number(value, f"{option} of {name}")
    if above is not None and not made > above:
        raise PartError(f"the {option} of {name} must be above {above:g}, got {made:g}; give a larger number")
    return Dial(made)


def _list(name: str, option: str, values: Any) -> tuple[float, ...]:
    values = plain(values)
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise PartError(f"the {option} of {name} are a list of numbers, got {shown(values)}; write {option}=[...]")
    made = tuple(number(value, f"{option} of {name}") for value in values)
    if not all(map(math.isfinite, made)):
        raise PartError(f"the {option} of {name} must be finite, got {made}; give finite numbers")
    return made


TABLE = {
    word.__name__: word
    for word in (
        constant,
        drops,
        exponential,
        cosine,
        warm_up,
        one_cycle,
        triangular,
        triangular2,
        exp_range,
        sweep,
        reciprocal,
    )
}
