"""When a member has arrived: a target on a metric, or several that must hold at the same step."""

import math
from dataclasses import dataclass
from typing import Any

from seedbed.errors import LETTERS, SpecError, shown
from seedbed.vocabulary.numbers import number


@dataclass(frozen=True)
class Target:
    """A condition on a metric; the first step at which it holds is the hit."""

    metric: str
    value: float
    direction: str  # "at least" | "at most"

    def __str__(self) -> str:
        return f"{self.metric} {self.direction} {self.value:g}"

    @property
    def targets(self) -> tuple["Target", ...]:
        """The conditions that have to hold: this one."""
        return (self,)


@dataclass(frozen=True)
class Every:
    """Several targets; the first step at which all of them hold is the hit."""

    targets: tuple[Target, ...]

    def __str__(self) -> str:
        return " and ".join(map(str, self.targets))


Stop = Target | Every


def reaches(metric: Any, value: Any) -> Target:
    """Stop a member at the first step at which `metric` is at least `value`.

    >>> str(reaches("train_accuracy", 1.0))
    'train_accuracy at least 1'
    """
    return _target(metric, value, "at least")


def falls_to(metric: Any, value: Any) -> Target:
    """Stop a member at the first step at which `metric` is at most `value`."""
    return _target(metric, value, "at most")


def every(*targets: Stop) -> Every:
    """Stop a member at the first step at which all targets hold together.

    >>> str(every(reaches("train_label_accuracy", 1.0), falls_to("train_width_loss", 0.1)))
    'train_label_accuracy at least 1 and train_width_loss at most 0.1'
    """
    if not targets:
        raise SpecError('every needs at least one target, got none; write every(reaches("train_accuracy", 1.0))')
    return Every(tuple(single for target in targets for single in target.targets))


def _target(metric: Any, value: Any, direction: str) -> Target:
    if not isinstance(metric, str):
        raise SpecError(f'a target names what it watches, got {shown(metric)}; write reaches("train_accuracy", 1.0)')
    limit = number(value, f"target for {metric[:LETTERS]}")
    if not math.isfinite(limit):
        raise SpecError(f"a target for {metric[:LETTERS]} must be a finite number, got {limit}; give a finite one")
    return Target(metric, limit, direction)
