"""Learning-rate finders: what each well-known tool reads from the loss of a sweep of the learning rate.

A sweep trains one network while its rate grows from step to step. Every tool smooths the loss, stops where the loss
explodes, drops points at both ends and picks a rate. Here each tool is a `Rule`, a pure function of two arrays: the
rates and the losses of single batches. So the tools can be compared on the same curve, and over many seeds:

>>> rates = np.geomspace(1e-6, 1, 121)
>>> losses = np.r_[np.full(40, 2.3), np.linspace(2.3, 0.5, 61), np.full(20, 5.0)]
>>> [f"{RULES[name](rates, losses).rate:.2g}" for name in ("fastai minimum", "fastai valley", "torch-lr-finder")]
['0.01', '0.0025', '0.089']

Where a tool fails on its own terms (a filter that lags, an answer that depends on the spacing of the sweep), it fails
here too: that is what is studied.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import signal

import seedbed.stats.scores as scores
from seedbed.errors import StatsError
from seedbed.stats.interval import Interval

Curve = Float[np.ndarray, " step"]


@dataclass(frozen=True)
class Suggestion:
    """The rate that a rule names, NaN where it names none; `low` is the lower end of a range, for rules that give one.

    `reason` is empty, or a sentence that says why the rate is missing or means nothing: then it is not `usable`.
    """

    rate: float
    low: float = np.nan
    reason: str = ""

    @property
    def usable(self) -> bool:
        """Whether the rule named a rate on a curve that falls."""
        return not self.reason and bool(np.isfinite(self.rate))


@dataclass(frozen=True)
class Rule:
    """One tool's way from a curve to a rate.

    `smooth` filters the losses. The sweep ends at the first point, not before the step `judged_from`, whose smoothed
    loss is above `explodes` times the best so far (never, for infinity), and at the first that is not finite. `skip`
    says how many points are dropped at the start (below 1: which share of the sweep) and at the end. `choose` picks
    from the rest, and gives the rate and the lower end of a range or NaN.
    """

    name: str
    choose: Callable[[Curve, Curve], tuple[float, float]]
    smooth: Callable[[Curve], Curve]
    skip: tuple[float, int] = (0, 0)
    explodes: float = np.inf
    judged_from: int = 1
    source: str = ""

    def kept(self, rates: ArrayLike, losses: ArrayLike) -> tuple[Curve, Curve]:
        """The rates and smoothed losses that the tool reads its answer from, at most as many as there are steps."""
        rates, losses = _checked(rates, losses)
        with np.errstate(over="ignore", invalid="ignore"):
            smoothed = self.smooth(losses)
        end = ends_at(smoothed, self.explodes, self.judged_from)
        start, last = self.skip
        first = int(start if start >= 1 else start * len(losses))
        read = slice(first, max(end - last, first))
        return rates[read], smoothed[read]

    def __call__(self, rates: ArrayLike, losses: ArrayLike) -> Suggestion:
        """What the rule reads from one curve.

        Raises: StatsError where rates and losses are not two rows of equal length, or the rates do not grow.
        """
        rates, losses = _checked(rates, losses)
        if not np.isfinite(losses[0]):
            return Suggestion(np.nan, reason="the loss is not finite from the first step on")
        read, smoothed = self.kept(rates, losses)
        if len(read) < 3:
            why = "the curve has too few points" if len(rates) < 20 else "the loss explodes at once"
            return Suggestion(np.nan, reason=f"{why}: {len(read)} of {len(rates)} are left to read, 3 are needed")
        rate, low = self.choose(read, smoothed)
        if not falls(losses):
            return Suggestion(rate, low, "the loss never falls below its start, so no rate of this curve is better")
        if np.isnan(rate):
            return Suggestion(rate, low, "the rule finds no such point on this curve")
        return Suggestion(rate, low)


@dataclass(frozen=True)
class Spread:
    """A rule over many seeds: each seed's rate (or batch size), NaN where it is not usable, and how far they lie apart.

    `median` is the median of the usable rates with its exact interval, `decades` the width of the middle 90 % of
    log10(rate). `without` counts the seeds whose curve gave no usable rate.
    """

    rule: str
    rates: Float[np.ndarray, " seed"]
    lows: Float[np.ndarray, " seed"]
    median: Interval
    decades: float
    without: int


def swept(record: Any) -> tuple[Curve, Float[np.ndarray, "seed step"]]:
    """The rates and the losses of batches of a record whose learning rate is `schedules.sweep`, one setting.

    The loss of step t is that of the batch before the update with the rate of step t. The last row of a record, behind
    its last update, is left out.

    Raises: StatsError where the record's question has no sweep, or its trace leaves steps out.
    """
    rule = json.loads(record.attrs.get("spec", "{}")).get("optimizer", {}).get("learning_rate", {})
    steps = record["step"].values if "step" in record.dims else np.zeros(0)
    if rule.get("part") != "sweep" or len(steps) < 2 or np.diff(steps).max() > 1:
        raise StatsError(
            "a sweep is read from a record whose learning rate is sb.schedules.sweep(...) with a trace of every step, "
            f"got {rule.get('part', 'no schedule')} and {len(steps)} traced steps; ask for it with trace=1"
        )
    low, high, length = (rule[name]["dial"] for name in ("low", "high", "length"))
    shares = np.minimum(steps[:-1] / length, 1.0)
    rates = low * (high / low) ** shares if rule["growth"] == "exponential" else low + (high - low) * shares
    losses = record["batch_loss" if "batch_loss" in record else "train_loss"].transpose("seed", "step").values
    return rates, losses[:, :-1].astype(float)


def over_seeds(
    rates: ArrayLike, losses: ArrayLike, rules: Mapping[str, Rule] | None = None, level: float = 0.95
) -> list[Spread]:
    """Every rule on every seed's curve; losses `(seed, step)`, NaN behind the step at which a network diverged."""
    table = np.atleast_2d(np.asarray(losses, float))
    spreads = []
    for name, rule in (RULES if rules is None else rules).items():
        read = [rule(rates, losses) for losses in table]
        usable = np.array([suggestion.rate if suggestion.usable else np.nan for suggestion in read])
        lows = np.array([suggestion.low if suggestion.usable else np.nan for suggestion in read])
        spreads.append(spread(name, usable, lows, level))
    return spreads


def spread(rule: str, answers: Curve, lows: Curve | None = None, level: float = 0.95) -> Spread:
    """What a rule says for each seed, NaN where it says nothing; `lows` are the lower ends, where it has any."""
    there = answers[np.isfinite(answers)]
    median = scores.median(there, level) if there.size else Interval(np.nan, np.nan, np.nan, level, "no answer", 0)
    ends = np.quantile(np.log10(there), [0.05, 0.95]) if there.size else (np.nan, np.nan)
    lows = np.full(len(answers), np.nan) if lows is None else lows
    return Spread(rule, answers, lows, median, float(ends[1] - ends[0]), int(len(answers) - there.size))


def bounds(record: Any, usual: tuple[float, float], rule: str = "Smith") -> tuple[float, float]:
    """lr_min and lr_max of a record that is a sweep: medians over seeds of what a rule reads, to two digits.

    `usual` where no seed's curve falls, so that there is nothing to read.
    """
    (found,) = over_seeds(*swept(record), {rule: RULES[rule]})
    if not np.isfinite(found.rates).any():
        return usual
    low, high = (float(f"{np.nanmedian(ends):.2g}") for ends in (found.lows, found.rates))
    return (low, high) if low < high else usual


def corrected(losses: Curve, beta: float = 0.98) -> Curve:
    """s_t = a_t / (1 - beta^t), a_t = beta a_(t-1) + (1 - beta) l_t, a_0 = 0 and t from 1.

    It lags by about 1 / (1 - beta) steps. Source: Gugger 2018, How do you find a good learning rate.
    """
    return _averaged(losses, beta) / (1 - beta ** np.arange(1, len(losses) + 1))


def corrected_late(losses: Curve, beta: float = 0.98) -> Curve:
    """As `corrected` with the exponent t + 1, as Lightning has it: the first smoothed loss is 0.505 of the loss."""
    return _averaged(losses, beta) / (1 - beta ** np.arange(2, len(losses) + 2))


def from_first(losses: Curve, beta: float = 0.95) -> Curve:
    """s_1 = l_1, s_t = beta s_(t-1) + (1 - beta) l_t, as torch-lr-finder has it."""
    return np.asarray(signal.lfilter([1 - beta], [1, -beta], losses, zi=[beta * losses[0]])[0])


def unsmoothed(losses: Curve) -> Curve:
    """The losses as they are."""
    return losses


def ends_at(smoothed: Curve, explodes: float, judged_from: int = 1) -> int:
    """How many points there are up to the first above `explodes` times the best before it, that one included.

    A point that is not finite, and what follows, is left out. Points before the index `judged_from` end nothing.
    """
    finite = np.isfinite(smoothed)
    end = len(smoothed) if finite.all() else int(np.argmin(finite))
    best = np.minimum.accumulate(smoothed[:end])
    above = smoothed[:end] > explodes * best if np.isfinite(explodes) else np.zeros(end, bool)
    above[:judged_from] = False
    return int(np.argmax(above)) + 1 if above.any() else end


def falls(losses: Curve) -> bool:
    """Whether the smoothed loss comes below its start by more than rounding, before it is not finite."""
    smoothed = corrected(losses)
    there = smoothed[: ends_at(smoothed, np.inf)]
    return bool(there.min() < there[0] - 1e-9 * abs(there[0]))


def lowest(rates: Curve, smoothed: Curve) -> tuple[float, float]:
    """A tenth of the rate at the lowest loss (fastai's `minimum`)."""
    return float(rates[np.argmin(smoothed)]) / 10, np.nan


def steepest(rates: Curve, smoothed: Curve) -> tuple[float, float]:
    """The rate at which the loss falls most on the way to the next point, per unit of log rate (fastai's `steep`)."""
    slopes = np.diff(smoothed) / np.diff(np.log(rates))
    return float(rates[np.argmin(slopes)]), np.nan


def steepest_by_step(rates: Curve, smoothed: Curve) -> tuple[float, float]:
    """The rate with the most negative central difference of the loss per step (torch-lr-finder)."""
    return float(rates[np.argmin(np.gradient(smoothed))]), np.nan


def steepest_by_rate(rates: Curve, smoothed: Curve) -> tuple[float, float]:
    """The rate with the most negative slope of the loss per unit of rate, not of its logarithm (Lightning).

    The slope by the rate is that by its logarithm divided by the rate: small rates are favoured.
    """
    return float(rates[np.argmin(np.gradient(smoothed, rates))]), np.nan


def valley(rates: Curve, smoothed: Curve) -> tuple[float, float]:
    """A point in the middle of the longest strictly decreasing subsequence of losses (fastai's `valley`).

    With its last point e and its length L, the subsequence is taken to begin at e - L, as if it had no gaps; the
    answer stands at (e - L) + floor(L / 3) + floor(L / 6).
    """
    longest = np.ones(len(smoothed), int)
    for last in range(1, len(smoothed)):
        above = longest[:last][smoothed[:last] > smoothed[last]]
        longest[last] = 1 + above.max(initial=0)
    end = int(np.argmax(longest))
    length = int(longest[end])
    start = end - length
    return float(rates[start + int(length / 3) + int(length / 6)]), np.nan


def slide(rates: Curve, smoothed: Curve, apart: int = 15, threshold: float = 0.005) -> tuple[float, float]:
    """The left of two points `apart` steps apart that move left from the end while their slopes differ (fastai).

    They stop where the slopes of the loss per step differ by at most `threshold`; NaN with too few points.
    """
    slopes = np.gradient(smoothed)
    if len(slopes) <= apart:
        return np.nan, np.nan
    left = len(slopes) - 1 - apart
    rate = rates[left]
    while left >= 0 and abs(slopes[left + apart] - slopes[left]) > threshold:
        rate = rates[left]
        left -= 1
    return float(rate), np.nan


def fall_between(begun: float, done: float) -> Callable[[Curve, Curve], tuple[float, float]]:
    """The rates at which the loss has first come down by these two shares of its whole fall: a reading by eye."""

    def choose(rates: Curve, smoothed: Curve) -> tuple[float, float]:
        fallen = (smoothed[0] - smoothed) / ((smoothed[0] - smoothed.min()) or 1.0)
        low, high = (rates[np.argmax(fallen >= share)] for share in (begun, done))
        return float(high), float(low)

    return choose


def _averaged(losses: Curve, beta: float) -> Curve:
    return np.asarray(signal.lfilter([1 - beta], [1, -beta], losses))


def _checked(rates: ArrayLike, losses: ArrayLike) -> tuple[Curve, Curve]:
    rates, losses = np.asarray(rates, float), np.asarray(losses, float)
    if rates.ndim != 1 or rates.shape != losses.shape or not rates.size:
        raise StatsError(
            f"a rule reads one row of rates and one of losses, got the shapes {rates.shape} and {losses.shape}; give "
            "two rows of equal length"
        )
    if not (np.isfinite(rates).all() and (rates > 0).all() and (np.diff(rates) > 0).all()):
        raise StatsError("the rates of a sweep grow from step to step and are above 0; sort them, and leave out ties")
    return rates, losses


FASTAI = "fastai 2, callback.schedule"
_ALL = (
    Rule("Smith", fall_between(0.1, 0.9), unsmoothed,
         source="Smith 2015, section 3.3, read by eye: here 10 % and 90 % of the whole fall of the unsmoothed loss"),
    Rule("pyimagesearch", fall_between(0.05, 0.95), corrected, (10, 1), 4.0,
         source="Rosebrock 2019, Keras learning rate finder, by eye: here 5 % and 95 % of the fall"),
    Rule("fastai valley", valley, corrected, (0.1, 5), 4.0, source=FASTAI),
    Rule("fastai slide", slide, corrected, (0.1, 5), 4.0, source=FASTAI),
    Rule("fastai minimum", lowest, corrected, (0.1, 5), 4.0, source=FASTAI),
    Rule("fastai steep", steepest, corrected, (0.1, 5), 4.0, source=FASTAI),
    Rule("Lightning", steepest_by_rate, corrected_late, (10, 1), 4.0, 2,
         source="PyTorch Lightning 2, tuner.lr_finder"),
    Rule("torch-lr-finder", steepest_by_step, from_first, (10, 5), 5.0, source="torch-lr-finder 0.2"),
)  # fmt: skip
RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.name: rule for rule in _ALL})
