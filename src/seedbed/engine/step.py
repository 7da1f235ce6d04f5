"""One step of one member, pure: `(lane, batch, ...) -> lane`. Stops, hits and divergence are exact here.

Step s judges the weights after s updates, on the batch of step s and by what whole splits said of them where they were
asked, and then makes update s + 1. A member that has arrived, diverged or reached the cap keeps its weights: its lane
runs on, frozen.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array

from seedbed.engine.assemble import Member, Network, StepTrace
from seedbed.engine.lanes import NEVER
from seedbed.engine.options import Dials
from seedbed.stopping import Stop, Target


class Lane(NamedTuple):
    """Everything a member carries from step to step. `last` holds what is known at every step, at its last one."""

    network: Network
    opt_state: Any
    hit_step: Array
    diverged_step: Array
    stop_step: Array
    last: dict[str, Array]


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
    member: Member, stop: Stop | None, lane: Lane, inputs: Array, targets: Array, key: Array | None,
    dials: Dials, at: Array, cap: Array, live: Array, split_values: dict[str, Array], judged: Array,
) -> tuple[Lane, StepTrace]:  # fmt: skip
    """Judge the member at step `at`; unless that ends it, update it. Where not `live`, nothing of the lane changes.

    `split_values` is what whole splits say of the member, by which it can arrive where this step is `judged`.
    """
    active, split = running(lane) & live, member.resolved.step
    gradient_of = jax.value_and_grad(member.objective, has_aux=True)
    network = lane.network
    (loss, (scores, metrics, state)), raw = gradient_of(network.trained, network, inputs, targets, key, dials)
    gradient = member.scale_head_gradients(raw, dials)
    measures = {f"{split}_{name}": value for name, value in {"loss": loss, **metrics}.items()} | split_values
    finite = jnp.isfinite(loss)
    arrived = finite & judged & holds(stop, measures)
    updates, opt_state = member.optimizer(dials).update(gradient, lane.opt_state, network.trained)
    trained = optax.apply_updates(network.trained, updates)
    sound = all_finite(trained)
    ends = ~finite | arrived | (at >= cap)
    moves = active & ~ends & sound

    def keep(new: Any, old: Any) -> Any:
        return jax.tree.map(lambda a, b: jnp.where(moves, a, b), new, old)

    broken = active & ~ends & ~sound
    diverged = jnp.where(active & ~finite, at, jnp.where(broken, at + 1, lane.diverged_step))
    after = Lane(
        network=Network(keep(trained, network.trained), network.fixed, keep(state, network.state)),
        opt_state=keep(opt_state, lane.opt_state),
        hit_step=jnp.where(active & arrived, at, lane.hit_step),
        diverged_step=diverged,
        stop_step=jnp.where(active & (ends | broken), at, lane.stop_step),
        last={name: jnp.where(active, measures[name], lane.last[name]) for name in lane.last},
    )
    return after, StepTrace(network, inputs, targets, key, scores, loss, gradient, updates)


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
