"""A chunk: many steps of a device's lanes in one compiled program, with traces kept at the steps that are asked for.

`Rows` are data, not shape: row i looks at the members at step stops[i], as looks[i] says, and trains up to, not
including, stops[i + 1]. One program therefore serves every chunk of a run, whatever its length, and rows may be empty.
Splits and probes cost nothing at any other step. The last row is empty; where members stopped in this chunk at a step
that was not looked at, it looks at their last step, once.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array

from seedbed.engine.assemble import Evidence, Member
from seedbed.engine.chance import Purpose, noise_key, purpose_key, seed_key
from seedbed.engine.lanes import Chances
from seedbed.engine.options import Dials
from seedbed.engine.plan import JUDGED, PROBED, TRACED, Rows
from seedbed.engine.schedules import at_step, refreshed
from seedbed.engine.shapes import Feed
from seedbed.engine.splits import SAME
from seedbed.engine.step import Lane, fresh_lane, running, step
from seedbed.parts.batching import batch_positions
from seedbed.stopping import Stop

Unseen = Mapping[str, jax.ShapeDtypeStruct]
Training = Callable[..., tuple[Lane, Evidence]]
Told = dict[str, Array]


class Looks(NamedTuple):
    """The functions by which a lane is looked at, `(lane, dials, feed) -> {name: value}` where nothing else is said.

    `always` judges splits at every step and `judge` those of a row, each before the step's update; `probe(evidence,
    dials, feed)` measures on the step's batch. `still` is the second half of the probe `dead`, asked for only where
    some member answers every example alike. `judged` and `probed` are the shapes of what one lane shows.
    `at_step(lane, dials, step)` gives the lane and the dials as the question's schedules have them at a step; all
    others take these dials.
    """

    always: Callable[..., Told]
    judge: Callable[..., Told]
    probe: Callable[..., Told]
    still: Callable[..., Array]
    at_step: Callable[..., tuple[Lane, Dials]]
    judged: Unseen
    probed: Unseen


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
    at: Array, cap: Array, live: Array, told: Told, judged: Array,
) -> tuple[Lane, Evidence]:  # fmt: skip
    """One step of one lane, and what it was made from."""
    inputs, targets = batch_of(feed, chances.order, at, size)
    noise = noise_key(chances.noise, at) if member.draws else None
    return step(member, stop, lane, inputs, targets, noise, dials, at, cap, live, told, judged)


def looks_of(member: Member, most: int, epoch: int) -> Looks:
    """How the lanes of a recipe are looked at, in slices of at most `most` examples; the shapes are not known yet.

    An epoch has `epoch` steps.
    """
    resolved, split = member.resolved, member.split

    def always(lane: Lane, dials: Dials, feed: Feed) -> Told:
        return split.told(resolved.at_steps, most, lane.network, dials, feed)

    def judge(lane: Lane, dials: Dials, feed: Feed) -> Told:
        return split.looked(resolved.at_rows, most, lane.network, dials, feed)

    def probe(evidence: Evidence, dials: Dials, _: Feed) -> Told:
        return member.probe(evidence, dials)

    def still(lane: Lane, dials: Dials, feed: Feed) -> Array:
        return split.still(most, lane.network, dials, feed)

    def numbers(lane: Lane, dials: Dials, at: Array) -> tuple[Lane, Dials]:
        now = at_step(member.schedules, dials, at, epoch)
        fixed = refreshed(lane.network.fixed, now, member.schedules)
        return lane._replace(network=lane.network._replace(fixed=fixed)), now

    return Looks(always, judge, probe, still, numbers, {}, {})


def look_at_lane(looks: Looks, lane: Lane, evidence: Evidence, dials: Dials, feed: Feed) -> dict[str, Any]:
    """All that one lane can be asked, at once: what names the functions behind it."""
    asked = {"always": looks.always, "judge": looks.judge, "still": looks.still}
    return {name: look(lane, dials, feed) for name, look in asked.items()} | {
        "probe": looks.probe(evidence, dials, feed)
    }


def chunk(
    training: Training, looks: Looks, own_data: bool, at_once: int, judging: tuple[str, ...],
    lanes: Lane, chances: Chances, dials: Mapping[str, Array], feed: Feed, rows: Rows, cap: Array,
) -> tuple[Lane, dict[str, Array]]:  # fmt: skip
    """Train all lanes of a device from the first stop to the last; `at_once` of them in one product.

    `training` is `train_lane` and `looks` `looks_of` a member; `judging` names what targets are judged by at rows.
    Returns the lanes and the rows: each measure `(lane, row, ...)`.
    """
    fed = partial(_chunk_at_once, training, looks, own_data, judging)
    together = (lanes, chances, dials, feed if own_data else None)
    count = jax.tree.leaves(lanes)[0].shape[0]
    if at_once >= count:
        return fed(together, feed, rows, cap)
    parts = jax.tree.map(lambda a: a.reshape(count // at_once, at_once, *a.shape[1:]), together)
    done = lax.map(lambda part: fed(part, feed, rows, cap), parts)
    return jax.tree.map(lambda a: a.reshape(count, *a.shape[2:]), done)


def _chunk_at_once(
    training: Training, looks: Looks, own_data: bool, judging: tuple[str, ...],
    together: tuple[Lane, Chances, Any, Feed | None], shared: Feed, rows: Rows, cap: Array,
) -> tuple[Lane, dict[str, Array]]:  # fmt: skip
    lanes, chances, dials, own = together
    count = lanes.stop_step.shape[0]
    feed = own if own is not None else shared
    data_axis = Feed(0, 0, *(None if array is None else 0 for array in feed[2:])) if own_data else None
    train = _over_lanes(training, (0, 0, 0, data_axis, 0, None, None, 0, None), count)
    always, judge, probe, still = (_over_lanes(look, (0, 0, data_axis), count) for look in looks[:4])
    numbers = _over_lanes(looks.at_step, (0, 0, 0), count)

    stops, last = rows.stops, rows.looks.shape[0] - 1
    began = running(lanes)
    unjudged, unprobed = (
        {name: jnp.zeros((count, *one.shape), one.dtype) for name, one in shapes.items()}
        for shapes in (looks.judged, looks.probed)
    )

    def judged_by_split(lanes: Lane, dials: Dials) -> Told:
        told = judge(lanes, dials, feed)
        if SAME not in told:
            return told
        same = told.pop(SAME)
        unmoved = lax.cond(same.any(), lambda: still(lanes, dials, feed), lambda: jnp.zeros_like(same))
        return {**told, "dead": (same & unmoved).astype(jnp.float32)}

    def row(lanes: Lane, i: Array) -> tuple[Lane, dict[str, Array]]:
        first, end, final = stops[i], stops[i + 1], i == last
        seen_at = (rows.looks == TRACED) & (stops[:-1] == lanes.stop_step[:, None])
        unseen = (began & ~running(lanes) & ~seen_at.any(axis=1)).any()  # some member's last step is not looked at yet

        def body(carry: tuple[Array, Lane, Told, Told, Told]) -> tuple[Any, ...]:
            at, lanes, kept, told, seen = carry
            begins, own_step = at == first, jnp.where(running(lanes), at, lanes.stop_step)
            lanes, now = numbers(lanes, dials, own_step)
            judges = begins & (final | ((rows.looks[i] & JUDGED) > 0))
            if told:
                told = lax.cond(judges, lambda: judged_by_split(lanes, now), lambda: told)
            by = {**always(lanes, now, feed), **{name: told[name] for name in judging}}
            judged = judges & ~final if judging else jnp.bool_(True)
            lanes, evidence = train(lanes, chances, now, feed, own_step, cap, at < end, by, judged)
            kept = {name: jnp.where(begins, lanes.last[name], kept[name]) for name in kept}
            if seen:
                probes = begins & (final | (rows.looks[i] >= PROBED))
                seen = lax.cond(probes, lambda: probe(evidence, now, feed), lambda: seen)
            return at + 1, lanes, kept, told, seen

        def goes_on(carry: tuple[Array, Lane, Told, Told, Told]) -> Array:
            at, lanes, *_ = carry
            return ((at < end) & running(lanes).any()) | (final & (at == first) & unseen)

        _, lanes, kept, told, seen = lax.while_loop(goes_on, body, (first, lanes, lanes.last, unjudged, unprobed))
        return lanes, {**kept, **told, **seen}

    lanes, shown = lax.scan(row, lanes, jnp.arange(last + 1))
    return lanes, jax.tree.map(lambda a: jnp.moveaxis(a, 0, 1), shown)


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
