"""A chunk: many steps of a device's lanes in one compiled program, with traces kept at the steps that are asked for.

`stops` is data, not shape: row i measures the probes at step stops[i] and trains up to, not including, stops[i + 1].
One program therefore serves every chunk of a run, whatever its length, and rows may be empty.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Int

from seedbed.engine.assemble import Evidence, Member
from seedbed.engine.chance import Purpose, noise_key, purpose_key, seed_key
from seedbed.engine.lanes import Chances
from seedbed.engine.options import Dials
from seedbed.engine.schedules import at_step, refreshed
from seedbed.engine.shapes import Feed
from seedbed.engine.step import Lane, fresh_lane, running, step
from seedbed.parts.batching import batch_positions
from seedbed.stopping import Stop
from seedbed.vocabulary.lengths import steps_per_epoch

Unseen = Mapping[str, jax.ShapeDtypeStruct]
Training = Callable[..., tuple[Lane, Evidence]]
Looking = Callable[..., dict[str, Array]]


def start_lane(member: Member, seed: Array, dials: Dials) -> tuple[Lane, Chances]:
    """Draw one member."""
    key = seed_key(seed)
    network, memory = member.start(key, dials)
    order = jax.random.key_data(purpose_key(key, Purpose.ORDER))
    noise = jax.random.key_data(purpose_key(key, Purpose.NOISE))
    return fresh_lane(member, network, memory), Chances(order, noise)


def batch_of(feed: Feed, order: Array, at: Array, size: int | None) -> tuple[Array, Array]:
    """The batch of step `at`, the example axis last."""
    if size is None:
        return jnp.moveaxis(feed.inputs, 0, -1), jnp.moveaxis(feed.targets, 0, -1)
    chosen = batch_positions(order, at, feed.inputs.shape[0], size)
    return jnp.moveaxis(feed.inputs[chosen], 0, -1), jnp.moveaxis(feed.targets[chosen], 0, -1)


def train_lane(
    member: Member, stop: Stop | None, size: int | None, lane: Lane, chances: Chances, dials: Dials, feed: Feed,
    at: Array, cap: Array, live: Array,
) -> tuple[Lane, Evidence]:  # fmt: skip
    """One step of one lane, and what it was made from."""
    inputs, targets = batch_of(feed, chances.order, at, size)
    dials = at_step(member.schedules, dials, at, steps_per_epoch(feed.inputs.shape[0], size))
    lane = _with_schedules(member, lane, dials)
    noise = noise_key(chances.noise, at) if member.draws else None
    return step(member, stop, lane, inputs, targets, noise, dials, at, cap, live)


def _with_schedules(member: Member, lane: Lane, dials: Dials) -> Lane:
    """A lane whose model has this step's numbers where they follow a schedule; one that stopped keeps its last."""
    if not any(path.startswith("model.") for path in member.schedules):
        return lane
    now = refreshed(lane.network.fixed, dials, member.schedules)
    fixed = jax.tree.map(lambda new, old: jnp.where(running(lane), new, old), now, lane.network.fixed)
    return lane._replace(network=lane.network._replace(fixed=fixed))


def look_at_lane(
    member: Member, size: int | None, evidence: Evidence, dials: Dials, feed: Feed, at: Array
) -> dict[str, Array]:
    """What the probes and the test set say of one lane at a step."""
    dials = at_step(member.schedules, dials, at, steps_per_epoch(feed.inputs.shape[0], size))
    seen = member.probe(evidence, dials)
    if feed.test_inputs is not None:
        test = (jnp.moveaxis(feed.test_inputs, 0, -1), jnp.moveaxis(feed.test_targets, 0, -1))
        seen |= {f"test_{name}": value for name, value in member.measure(evidence.network, *test, dials).items()}
    return seen


def chunk(
    training: Training, looking: Looking, own_data: bool, at_once: int, unseen: Unseen,
    lanes: Lane, chances: Chances, dials: Mapping[str, Array], feed: Feed, stops: Int[Array, " rows"], cap: Array,
) -> tuple[Lane, dict[str, Array]]:  # fmt: skip
    """Train all lanes of a device from stops[0] to stops[-1]; `at_once` of them in one product.

    `training` is `train_lane` and `looking` `look_at_lane` of a member, `unseen` the shape of what one lane shows at a
    step. Returns the lanes and the rows: each measure `(lane, row, ...)`, one row less than stops.
    """
    fed = partial(_chunk_at_once, training, looking, own_data, unseen)
    together = (lanes, chances, dials, feed if own_data else None)
    count = jax.tree.leaves(lanes)[0].shape[0]
    if at_once >= count:
        return fed(together, feed, stops, cap)
    parts = jax.tree.map(lambda a: a.reshape(count // at_once, at_once, *a.shape[1:]), together)
    done = lax.map(lambda part: fed(part, feed, stops, cap), parts)
    return jax.tree.map(lambda a: a.reshape(count, *a.shape[2:]), done)


def _chunk_at_once(
    training: Training, looking: Looking, own_data: bool, unseen: Unseen,
    together: tuple[Lane, Chances, Any, Feed | None], shared: Feed, stops: Array, cap: Array,
) -> tuple[Lane, dict[str, Array]]:  # fmt: skip
    lanes, chances, dials, own = together
    count = lanes.stop_step.shape[0]
    feed = own if own is not None else shared
    data_axis = Feed(0, 0, *(None if array is None else 0 for array in feed[2:])) if own_data else None
    train = _over_lanes(training, (0, 0, 0, data_axis, None, None, None), count)
    look = _over_lanes(looking, (0, 0, data_axis, None), count)

    last = stops.shape[0] - 2
    began = running(lanes).any()
    nothing = {name: jnp.zeros((count, *one.shape), one.dtype) for name, one in unseen.items()}

    def row(lanes: Lane, i: Array) -> tuple[Lane, dict[str, Array]]:
        first, end = stops[i], stops[i + 1]

        def body(carry: tuple[Array, Lane, dict[str, Array], dict[str, Array]]) -> tuple[Any, ...]:
            at, lanes, kept, seen = carry
            lanes, evidence = train(lanes, chances, dials, feed, at, cap, at < end)
            kept = {name: jnp.where(at == first, lanes.last[name], kept[name]) for name in kept}
            if seen:
                seen = lax.cond(at == first, lambda: look(evidence, dials, feed, at), lambda: seen)
            return at + 1, lanes, kept, seen

        def goes_on(carry: tuple[Array, Lane, dict[str, Array], dict[str, Array]]) -> Array:
            at, lanes, *_ = carry
            # The last row, which is empty, is gone through once all the same: its probes tell how the chunk ends.
            return ((at < end) & running(lanes).any()) | ((i == last) & (at == first) & began)

        _, lanes, kept, seen = lax.while_loop(goes_on, body, (first, lanes, lanes.last, nothing))
        return lanes, {**{f"train_{name}": value for name, value in kept.items()}, **seen}

    lanes, rows = lax.scan(row, lanes, jnp.arange(last + 1))
    return lanes, jax.tree.map(lambda a: jnp.moveaxis(a, 0, 1), rows)


def _over_lanes(function: Callable[..., Any], axes: tuple[Any, ...], count: int) -> Callable[..., Any]:
    """`function` over the lanes. A single lane goes without an axis of length 1, which would slow every product."""
    if count > 1:
        return jax.vmap(function, in_axes=axes)

    def alone(*arrays: Any) -> Any:
        bare = [
            tree if axis is None else jax.tree.map(lambda a: a[0], tree)
            for tree, axis in zip(arrays, axes, strict=True)
        ]
        return jax.tree.map(lambda a: a[None], function(*bare))

    return alone
