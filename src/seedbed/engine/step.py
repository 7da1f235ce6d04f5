"""One step of one member, pure: `(lane, batch, ...) -> lane`. Stops, hits and divergence are exact here.

Step s judges the weights after s updates, on the batch of step s and by what whole splits said of them where they were
asked, and then makes update s + 1. A member that has arrived, diverged or reached the cap keeps its weights: its lane
runs on, frozen.

A batch too large for one pass, or of a size that changes, is taken as micro-batches of one size, whose losses and
gradients are added: for losses of single examples the same as one pass over all of them. Batch norm sees each
micro-batch by itself ("ghost batch norm"), and its running averages move once for each. Probes of the batch see the
first micro-batch, with the gradient of all.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import lax
from jaxtyping import Array

from seedbed.engine.assemble import Accumulation, Member, Network, StepTrace
from seedbed.engine.lanes import NEVER
from seedbed.engine.options import Dials
from seedbed.stopping import Stop, Target

HALF = 0.501  # in single precision a half may come out a little less


class Lane(NamedTuple):
    """Everything a member carries from step to step. `last` holds what is known at every step, at its last one."""

    network: Network
    opt_state: Any
    hit_step: Array
    diverged_step: Array
    stop_step: Array
    last: dict[str, Array]


class Batch(NamedTuple):
    """Examples in the last axis, and the key of the noise inside the layers, None where there is none."""

    inputs: Array
    targets: Array
    key: Array | None


class Backward(NamedTuple):
    """A batch's loss, scores and metrics, the state that layers carry on, the gradient, and how many parts it had."""

    batch: Batch
    loss: Array
    scores: Array
    metrics: dict[str, Array]
    state: Any
    gradient: Any
    parts: Array | int = 1


def backward_of(member: Member, network: Network, batch: Batch, dials: Dials) -> Backward:
    """One pass over a batch, there and back."""
    gradient_of = jax.value_and_grad(member.objective, has_aux=True)
    (loss, (scores, metrics, state)), gradient = gradient_of(network.trained, network, *batch, dials)
    return Backward(batch, loss, scores, metrics, state, gradient)


def backward_of_several(
    member: Member, lane: Lane, batch: Callable[[Array], Batch], count: Array, dials: Dials
) -> Backward:
    """Passes over `count` micro-batches, the next ones that the member has not taken yet, added up."""
    gradient_of = jax.value_and_grad(member.part_of_objective, has_aux=True)
    network, taken = lane.network, taken_by(member, lane, 0)
    first = batch(taken)
    examples = count * first.inputs.shape[-1]

    def part(batch: Batch, state: Any) -> tuple[Any, Array]:
        here = network._replace(state=state)
        (_, (scores, sums, state)), gradient = gradient_of(network.trained, here, *batch, dials, examples)
        return (sums, state, gradient), scores

    (sums, state, gradient), scores = part(first, network.state)

    def add(carry: Any) -> Any:
        number, sums, state, gradient = carry
        (more, state, further), _ = part(batch(taken + number), state)
        sums, gradient = jax.tree.map(jnp.add, (sums, gradient), (more, further))
        return number + 1, sums, state, gradient

    start = (jnp.int32(1), sums, state, gradient)
    _, sums, state, gradient = lax.while_loop(lambda carry: carry[0] < count, add, start)
    loss, metrics = member.finished(sums, examples, dials)
    return Backward(first, loss, scores, metrics, state, gradient, count)


def micro_batches(examples: Array, size: int) -> Array:
    """How many micro-batches of `size` come nearest to so many examples, at least 1; halves are rounded up."""
    return jnp.maximum(jnp.floor(examples / size + HALF), 1).astype(jnp.int32)


def taken_by(member: Member, lane: Lane, at: Array | int) -> Array:
    """How many batches, or micro-batches, a lane has taken before the step `at`."""
    return lane.opt_state.taken if member.resolved.accumulates else jnp.int32(at)


def fresh_lane(member: Member, network: Network, opt_state: Any) -> Lane:
    """A member before its first step."""
    never = jnp.int32(NEVER)
    return Lane(
        network, opt_state, never, never, never, {name: jnp.float32(jnp.nan) for name in member.resolved.step_names}
    )


def running(lane: Lane) -> Array:
    """Whether a member still trains: neither arrived, nor diverged, nor at the cap."""
    return lane.stop_step == NEVER


def step(
    member: Member, stop: Stop | None, lane: Lane, backward: Backward,
    dials: Dials, at: Array, cap: Array, live: Array, split_values: dict[str, Array], judged: Array,
) -> tuple[Lane, StepTrace]:  # fmt: skip
    """Judge the member at step `at`; unless that ends it, update it. Where not `live`, nothing of the lane changes.

    `split_values` is what whole splits say of the member, by which it can arrive where this step is `judged`.
    """
    active, split = running(lane) & live, member.resolved.step
    network, loss = lane.network, backward.loss
    gradient = member.scale_head_gradients(backward.gradient, dials)
    measures = {f"{split}_{name}": value for name, value in {"loss": loss, **backward.metrics}.items()} | split_values
    finite = jnp.isfinite(loss)
    arrived = finite & judged & holds(stop, measures)
    before: Any = lane.opt_state
    if member.resolved.accumulates:
        size, before = backward.batch.inputs.shape[-1], before.optimizer
        taken = lane.opt_state.taken
        measures |= {"batch_examples": backward.parts * size * 1.0, "examples_seen": taken * size * 1.0}
    updates, opt_state = member.optimizer(dials).update(gradient, before, network.trained)
    if member.resolved.accumulates:
        opt_state = Accumulation(opt_state, lane.opt_state.taken + backward.parts)
    trained = optax.apply_updates(network.trained, updates)
    sound = all_finite(trained)
    ends = ~finite | arrived | (at >= cap)
    moves = active & ~ends & sound

    def keep(new: Any, old: Any) -> Any:
        return jax.tree.map(lambda a, b: jnp.where(moves, a, b), new, old)

    broken = active & ~ends & ~sound
    diverged = jnp.where(active & ~finite, at, jnp.where(broken, at + 1, lane.diverged_step))
    after = Lane(
        network=Network(keep(trained, network.trained), network.fixed, keep(backward.state, network.state)),
        opt_state=keep(opt_state, lane.opt_state),
        hit_step=jnp.where(active & arrived, at, lane.hit_step),
        diverged_step=diverged,
        stop_step=jnp.where(active & (ends | broken), at, lane.stop_step),
        last={name: jnp.where(active, measures[name], lane.last[name]) for name in lane.last},
    )
    parts = jnp.asarray(backward.parts) if member.resolved.accumulates else None
    return after, StepTrace(network, *backward.batch, backward.scores, loss, gradient, updates, parts)


def all_finite(tree: Any) -> Array:
    """Whether every number of every array is finite.

    Asked of all of them in one row: an answer per array would be joined anew in the update of each array, and for a
    deep net that costs more than the update (LOG.md, 2026-11-21).
    """
    return jnp.isfinite(jnp.concatenate([jnp.ravel(array) for array in jax.tree.leaves(tree)])).all()


def holds(stop: Stop | None, measures: dict[str, Array]) -> Array:
    """Whether every target of the stop rule holds."""
    if stop is None:
        return jnp.bool_(False)
    return jnp.stack([_holds(target, measures) for target in stop.targets]).all()


def _holds(target: Target, measures: dict[str, Array]) -> Array:
    value = measures[target.metric]
    return value >= target.value if target.direction == "at least" else value <= target.value
