"""The numbers of a member at a step: its dials, and for each schedule of the question the value it has there.

Schedules stand where dials stand. Everything that takes dials is given those of `at_step`, and knows no schedule.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array

from seedbed.engine import own_parts
from seedbed.engine.options import Dials, resolved
from seedbed.parts.layers import Fixed
from seedbed.parts.schedules import SCHEDULES
from seedbed.spec import Spec
from seedbed.vocabulary import Part
from seedbed.vocabulary.schedules import is_schedule, schedules_in

Schedules = Mapping[str, Part]


def scheduled(question: Spec) -> Schedules:
    """Every schedule of a question by its dotted path."""
    found: dict[str, Part] = {}
    for name, part in question.parts().items():
        found |= {name: part} if is_schedule(part) else dict(schedules_in(part.options, name))
    return found


class Clock(NamedTuple):
    """The time of a schedule: the step for those that count steps; `taken` of `epoch` to a pass for the others.

    `taken` is the number of batches, or of micro-batches where a step adds up several, that all updates so far took.
    """

    step: Any
    taken: Any
    epoch: int


START = Clock(0, 0, 1)
BATCH_SIZE = "batch_size"  # the path of a batch size that follows a schedule


def dials_of(question: Spec, clock: Clock | None = None) -> Dials:
    """The numbers of a question without factors, as arrays, with its schedules at a time, at first the beginning."""
    dials = {path: jnp.float32(value) for path, value in question.dials().items()}
    return at_step(scheduled(question), dials, clock or START)


def at_step(schedules: Schedules, dials: Dials, clock: Clock) -> Dials:
    """The dials, and the value of every schedule at a time."""
    if not schedules:
        return dials
    step, taken = (jnp.asarray(count, jnp.result_type(float)) for count in (clock.step, clock.taken))
    time = Clock(step, taken, clock.epoch)
    return {**dials, **{path: _value(part, path, dials, time) for path, part in schedules.items()}}


def refreshed(fixed: Any, dials: Dials, schedules: Schedules) -> Any:
    """The fixed arrays of a network, those that follow a schedule of its model at the values of `dials`."""

    def now(node: Any) -> Any:
        follows = isinstance(node, Fixed) and node.path in schedules
        return Fixed(jnp.asarray(dials[node.path], node.value.dtype), node.path) if follows else node

    return jax.tree.map(now, fixed, is_leaf=lambda node: isinstance(node, Fixed))


def _value(part: Part, path: str, dials: Dials, clock: Clock) -> Array:
    options = {name: resolved(value, f"{path}.{name}", dials) for name, value in part.options if name != "then"}
    if part.function is not None:
        return jnp.asarray(own_parts.guarded(part)(clock.step, **options), clock.step.dtype)
    time, unit = (clock.taken, clock.epoch) if options.pop("unit", "step") == "epoch" else (clock.step, 1)
    if "then" in dict(part.options):
        options["then"] = _following(part["then"], f"{path}.then", dials, clock.epoch)
    return SCHEDULES[part.name](time, unit, **options)


def _following(then: Any, path: str, dials: Dials, epoch: int) -> Callable[[Array], Array]:
    """What a warm-up leads to, as a function of the warm-up's own time: a schedule, or a number."""
    if is_schedule(then):
        return lambda time: _value(then, path, dials, Clock(time, time, epoch))
    return lambda time: jnp.broadcast_to(dials[path], time.shape)
