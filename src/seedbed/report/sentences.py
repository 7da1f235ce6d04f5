"""Results as sentences that can be read aloud, each with its n and its interval.

Input are the plain dictionaries of `summary.json` (an entry of `settings`, an entry of `comparisons`); output is plain
text. Nothing is computed beyond a count from a share and the sign of a difference: the numbers are `seedbed.stats`'.
"""

from collections.abc import Callable, Mapping
from typing import Any

from seedbed.report.numbers import SPACE, is_missing, number, percent, steps

Plain = Mapping[str, Any]
ALPHA = 0.05
SMALLEST_P = 1e-4


def share_sentence(entry: Plain, cap: float | int) -> str:
    """How many networks of a setting arrived before the cap, and how many diverged or ended dead.

    >>> share = {"estimate": 0.875, "low": 0.739, "high": 0.945, "level": 0.95, "n": 40}
    >>> share_sentence({"factors": {"loss": "l2"}, "n": 40, "hit_share": share}, 10_000).replace("\\xa0", " ")
    'Of 40 networks with l2, 35 arrived within 10,000 steps: 88 % (95 % interval 74 % to 94 %).'
    """
    share, n, who = entry["hit_share"], entry["n"], setting_words(entry["factors"])
    arrived, within = round(share["estimate"] * n), f"arrived within {steps(cap)}"
    bounds = interval_words(share, percent)
    if arrived == 0:
        told = f"The setting {who} never arrived: none of {number(n)} networks {within} ({bounds})."
    elif arrived == n:
        told = f"All {number(n)} networks with {who} {within} ({bounds})."
    else:
        told = (
            f"Of {number(n)} networks with {who}, {number(arrived)} {within}: {percent(share['estimate'])} ({bounds})."
        )
    return told + _lost(entry)


def median_sentence(entry: Plain, cap: float | int) -> str:
    """How long the median network of a setting took; says so where fewer than half arrived.

    >>> median = {"estimate": 917.0, "low": 850.0, "high": 990.0, "level": 0.95, "n": 256}
    >>> entry = {"factors": {"activation": "relu"}, "n": 256, "hit_step": {"median": median}}
    >>> median_sentence(entry, 10_000).replace("\\xa0", " ")
    'The median network with relu took 917 steps (95 % interval 850 to 990, n = 256).'
    """
    median, who = entry["hit_step"]["median"], setting_words(entry["factors"])
    count = f"n{SPACE}={SPACE}{number(entry['n'])}"
    if not is_missing(median["estimate"]):
        return f"The median network with {who} took {steps(median['estimate'])} ({interval_words(median)}, {count})."
    told = f"There is no median for {who}: fewer than half of its networks arrived within {steps(cap)} ({count}"
    return told + (f", {interval_words(median)})." if not is_missing(median["low"]) else ").")


def order_sentence(comparison: Plain, alpha: float = ALPHA) -> str:
    """Which of two settings arrives sooner, or that they cannot be told apart, or that both never arrived."""
    n = comparison["difference"]["n"]
    a, b = setting_words(comparison["a"]), setting_words(comparison["b"])
    seeds = f"n{SPACE}={SPACE}{number(n)} seeds"
    if comparison.get("both_never", 0) == n:
        return f"The settings {a} and {b} never arrived under any seed, so they cannot be told apart ({seeds})."
    gap, p = comparison["difference"], comparison["p"]
    if is_missing(p) or p >= alpha:
        shown = f"their mean times differ by {steps(gap['estimate'])} ({interval_words(gap)}, {_p(p)}, {seeds})"
        return f"The settings {a} and {b} cannot be told apart: {shown}."
    ahead = gap["estimate"] < 0
    first, second = (a, b) if ahead else (b, a)
    lead, wins = (_mirrored(gap), comparison["a_beats_b"]) if ahead else (gap, _complement(comparison["a_beats_b"]))
    return (
        f"With {first}, networks arrive sooner than with {second}, on average by {steps(lead['estimate'])} "
        f"({interval_words(lead)}, {_p(p)}, {seeds}). Under one and the same seed, {first} is first in "
        f"{percent(wins['estimate'])} of cases, ties counted half ({interval_words(wins, percent)})."
    )


def one_run_sentence(comparison: Plain) -> str:
    """How often one run of each setting would have told another order than all runs together."""
    chance = comparison["one_run_misleads"]
    a, b = setting_words(comparison["a"]), setting_words(comparison["b"])
    if is_missing(chance["estimate"]):
        return f"All runs together put {a} and {b} level, so there is no order that one run could contradict."
    told = (
        f"One run of {a} and one of {b} would have told the opposite order in {percent(chance['estimate'])} of cases "
        f"({interval_words(chance, percent)}, n{SPACE}={SPACE}{number(chance['n'])} seeds)"
    )
    ties = comparison.get("one_run_ties")
    return told + (f", and no order in {percent(ties)}." if ties else ".")


def interval_words(interval: Plain, show: Callable[[Any], str] = number) -> str:
    """An interval in words, open where the data set no bound.

    >>> interval_words({"low": 850.0, "high": None, "level": 0.95}).replace("\\xa0", " ")
    '95 % interval from 850 on'
    """
    name = f"{percent(interval.get('level', 0.95))} interval"
    low, high = interval["low"], interval["high"]
    if is_missing(low) and is_missing(high):
        return f"{name} without bounds"
    if is_missing(high):
        return f"{name} from {show(low)} on"
    return f"{name} up to {show(high)}" if is_missing(low) else f"{name} {show(low)} to {show(high)}"


def setting_words(levels: Plain) -> str:
    """A setting in words: levels joined by `and`, a number with its factor's name.

    >>> setting_words({"activation": "relu", "loss": "cross_entropy", "learning_rate": 0.1})
    'relu, cross entropy and learning rate 0.1'
    """
    words = [
        level.replace("_", " ") if isinstance(level, str) else f"{name.replace('_', ' ')} {number(level)}"
        for name, level in levels.items()
    ]
    if not words:
        return "the only setting"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _lost(entry: Plain) -> str:
    counts = [(entry.get("diverged"), "diverged"), (entry.get("dead"), "ended dead")]
    told = [f"{number(count)} {what}" for count, what in counts if count]
    return f" Of all {number(entry['n'])}, {' and '.join(told)}." if told else ""


def _mirrored(interval: Plain) -> Plain:
    low, high = interval["low"], interval["high"]
    turned = {"low": None if is_missing(high) else -high, "high": None if is_missing(low) else -low}
    return {**interval, **turned, "estimate": -interval["estimate"]}


def _complement(share: Plain) -> Plain:
    bounds = {"low": 1 - share["high"], "high": 1 - share["low"]}
    return {**share, **bounds, "estimate": 1 - share["estimate"]}


def _p(p: float | int | None) -> str:
    if is_missing(p):
        return "no test possible"
    return f"p{SPACE}<{SPACE}0.0001" if p < SMALLEST_P else f"p{SPACE}={SPACE}{number(p, 2)}"  # pyright: ignore
