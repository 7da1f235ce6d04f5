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

from seedbed.engine.assemble import Member, StepTrace
from seedbed.engine.chance import Purpose, noise_key, purpose_key, seed_key
from seedbed.engine.lanes import RngKeys
from seedbed.engine.options import Dials
from seedbed.engine.plan import JUDGED, PROBED, TRACED, Rows
from seedbed.engine.schedules import BATCH_SIZE, Clock, at_step, refreshed
from seedbed.engine.shapes import DataArrays
from seedbed.engine.step import (
    Batch,
    Lane,
    backward_of,
    backward_of_several,
    fresh_lane,
    micro_batches,
    running,
    step,
    taken_by,
)
from seedbed.parts.batching import batch_positions
from seedbed.stopping import Stop

Unseen = Mapping[str, jax.ShapeDtypeStruct]
Training = Callable[..., tuple[Lane, StepTrace]]
SplitValues = dict[str, Array]


class Looks(NamedTuple):
    """The functions by which a lane is looked at, `(lane, dials, data_arrays) -> {name: value}` unless said otherwise.

    `always` judges splits at every step and `judge` those of a row, each before the step's update; `probe(step_trace,
    dials, data_arrays)` measures on the step's batch. `judged` and `probed` are the shapes of what one lane shows.
    `at_step(lane, dials, step)` gives the lane and the dials as the question's schedules have them at a step; all
    others take these dials.
    """

    always: Callable[..., SplitValues]
    judge: Callable[..., SplitValues]
    probe: Callable[..., SplitValues]
    at_step: Callable[..., tuple[Lane, Dials]]
    judged: Unseen
    probed: Unseen


def start_lane(member: Member, seed: Array, dials: Dials) -> tuple[Lane, RngKeys]:
    """Draw one member."""
    key = seed_key(seed)
    network, opt_state = member.start(key, dials)
    order = jax.random.key_data(purpose_key(key, Purpose.ORDER))
    noise = jax.random.key_data(purpose_key(key, Purpose.NOISE))
    return fresh_lane(member, network, opt_state), RngKeys(order, noise)


def batch_of(data_arrays: DataArrays, order: Array, at: Array, size: int | None) -> tuple[Array, Array]:
    """The batch of step `at`, the example axis last."""
    if size is None:
        return jnp.moveaxis(data_arrays.inputs, 0, -1), jnp.moveaxis(data_arrays.targets, 0, -1)
    chosen = batch_positions(order, at, data_arrays.inputs.shape[0], size)
    return jnp.moveaxis(data_arrays.inputs[chosen], 0, -1), jnp.moveaxis(data_arrays.targets[chosen], 0, -1)


def train_lane(
    member: Member, stop: Stop | None, size: int | None,
    lane: Lane, rng_keys: RngKeys, dials: Dials, data_arrays: DataArrays,
    at: Array, cap: Array, live: Array, split_values: SplitValues, judged: Array,
) -> tuple[Lane, StepTrace]:  # fmt: skip
    """One step of one lane, and what it was made from; `size` is the examples of a batch, or of a micro-batch."""

    def batch(number: Array) -> Batch:
        inputs, targets = batch_of(data_arrays, rng_keys.order, number, size)
        return Batch(inputs, targets, noise_key(rng_keys.noise, number) if member.draws else None)

    if member.resolved.accumulates:
        count = micro_batches(dials[BATCH_SIZE], size or 1)
        backward = backward_of_several(member, lane, batch, count, dials)
    else:
        backward = backward_of(member, lane.network, batch(at), dials)
    return step(member, stop, lane, backward, dials, at, cap, live, split_values, judged)


def looks_of(member: Member, most: int, epoch: int) -> Looks:
    """How the lanes of a recipe are looked at, in slices of at most `most` examples; the shapes are not known yet.

    An epoch has `epoch` batches, or micro-batches.
    """
    resolved, split = member.resolved, member.split

    def always(lane: Lane, dials: Dials, data_arrays: DataArrays) -> SplitValues:
        return split.values(resolved.at_steps, most, lane.network, dials, data_arrays)

    def judge(lane: Lane, dials: Dials, data_arrays: DataArrays) -> SplitValues:
        return split.values_and_probes(resolved.at_rows, most, lane.network, dials, data_arrays)

    def probe(step_trace: StepTrace, dials: Dials, _: DataArrays) -> SplitValues:
        return member.probe(step_trace, dials)

    def numbers(lane: Lane, dials: Dials, at: Array) -> tuple[Lane, Dials]:
        now = at_step(member.schedules, dials, Clock(at, taken_by(member, lane, at), epoch))
        fixed = refreshed(lane.network.fixed, now, member.schedules)
        return lane._replace(network=lane.network._replace(fixed=fixed)), now

    return Looks(always, judge, probe, numbers, {}, {})


def look_at_lane(
    looks: Looks, lane: Lane, step_trace: StepTrace, dials: Dials, data_arrays: DataArrays
) -> dict[str, Any]:
    """All that one lane can be asked, at once: what names the functions behind it."""
    asked = {"always": looks.always, "judge": looks.judge}
    return {name: look(lane, dials, data_arrays) for name, look in asked.items()} | {
        "probe": looks.probe(step_trace, dials, data_arrays)
    }


def chunk(
    training: Training, looks: Looks, own_data: bool, at_once: int, judging: tuple[str, ...],
    lanes: Lane, rng_keys: RngKeys, dials: Mapping[str, Array], data_arrays: DataArrays, rows: Rows, cap: Array,
) -> tuple[Lane, dict[str, Array]]:  # fmt: skip
    """Train all lanes of a device from the first stop to the last; `at_once` of them in one product.

    `training` is `train_lane` and `looks` `looks_of` a member; `judging` names what targets are judged by at rows.
    Returns the lanes and the rows: each measure `(lane, row, ...)`.
    """
    train_part = partial(_chunk_at_once, training, looks, own_data, judging)
    together = (lanes, rng_keys, dials, data_arrays if own_data else None)
    count = jax.tree.leaves(lanes)[0].shape[0]
    if at_once >= count:
        return train_part(together, data_arrays, rows, cap)
    parts = jax.tree.map(lambda a: a.reshape(count // at_once, at_once, *a.shape[1:]), together)
    done = lax.map(lambda part: train_part(part, data_arrays, rows, cap), parts)
    return jax.tree.map(lambda a: a.reshape(count, *a.shape[2:]), done)


def _chunk_at_once(
    training: Training, looks: Looks, own_data: bool, judging: tuple[str, ...],
    together: tuple[Lane, RngKeys, Any, DataArrays | None], shared: DataArrays, rows: Rows, cap: Array,
) -> tuple[Lane, dict[str, Array]]:  # fmt: skip
    lanes, rng_keys, dials, own = together
    count = lanes.stop_step.shape[0]
    data_arrays = own if own is not None else shared
    data_axis = DataArrays(0, 0, *(None if array is None else 0 for array in data_arrays[2:])) if own_data else None
    train = _over_lanes(training, (0, 0, 0, data_axis, 0, None, None, 0, None), count)
    always, judge, probe = (_over_lanes(look, (0, 0, data_axis), count) for look in looks[:3])
    numbers = _over_lanes(looks.at_step, (0, 0, 0), count)

    stops, last = rows.stops, rows.looks.shape[0] - 1
    began = running(lanes)
    unjudged, unprobed = (
        {name: jnp.zeros((count, *one.shape), one.dtype) for name, one in shapes.items()}
        for shapes in (looks.judged, looks.probed)
    )

    def row(lanes: Lane, i: Array) -> tuple[Lane, dict[str, Array]]:
        first, end, final = stops[i], stops[i + 1], i == last
        seen_at = (rows.looks == TRACED) & (stops[:-1] == lanes.stop_step[:, None])
        unseen = (began & ~running(lanes) & ~seen_at.any(axis=1)).any()  # some member's last step is not looked at yet

        def body(carry: tuple[Array, Lane, SplitValues, SplitValues, SplitValues]) -> tuple[Any, ...]:
            at, lanes, kept, split_values, seen = carry
            begins, own_step = at == first, jnp.where(running(lanes), at, lanes.stop_step)
            lanes, now = numbers(lanes, dials, own_step)
            judges = begins & (final | ((rows.looks[i] & JUDGED) > 0))
            if split_values:
                split_values = lax.cond(judges, lambda: judge(lanes, now, data_arrays), lambda: split_values)
            by = {**always(lanes, now, data_arrays), **{name: split_values[name] for name in judging}}
            judged = judges & ~final if judging else jnp.bool_(True)
            lanes, step_trace = train(lanes, rng_keys, now, data_arrays, own_step, cap, at < end, by, judged)
            kept = {name: jnp.where(begins, lanes.last[name], kept[name]) for name in kept}
            if seen:
                probes = begins & (final | (rows.looks[i] >= PROBED))
                seen = lax.cond(probes, lambda: probe(step_trace, now, data_arrays), lambda: seen)
            return at + 1, lanes, kept, split_values, seen

        def goes_on(carry: tuple[Array, Lane, SplitValues, SplitValues, SplitValues]) -> Array:
            at, lanes, *_ = carry
            return ((at < end) & running(lanes).any()) | (final & (at == first) & unseen)

        _, lanes, kept, split_values, seen = lax.while_loop(
            goes_on, body, (first, lanes, lanes.last, unjudged, unprobed)
        )
        return lanes, {**kept, **split_values, **seen}

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
