"""The two compiled programs of a group: one draws lanes, one trains them for a chunk. Each is compiled exactly once.

A `Compiler` compiles the groups of a run side by side and ahead of time: XLA leaves Python's lock while it compiles, so
on two cores the second group's program is ready while the first one's is being made or trained.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from seedbed.datasets.dataset import Dataset
from seedbed.engine import check, devices, plan
from seedbed.engine.assemble import Member, Shape, assemble
from seedbed.engine.loop import Feed, chunk, look_at_lane, start_lane, train_lane
from seedbed.spec import Spec, trace_steps

MEMBERS, EVERYWHERE = P(devices.AXIS), P()


@dataclass(frozen=True)
class Program:
    """A group's programs, with the numbers they were planned by."""

    member: Member
    sizes: plan.Sizes
    mesh: Mesh
    drawn: Callable[..., Any]
    structure: Any
    train: Callable[..., Any]
    own_data: bool
    compile_seconds: float

    def start(self, seeds: Any, dials: Any) -> Any:
        """Draw lanes: (lanes, chances). The program takes and gives bare arrays, so that other groups can share it."""
        return jax.tree.unflatten(self.structure, self.drawn(seeds, *(dials[name] for name in sorted(dials))))

    @property
    def lanes(self) -> int:
        """Lanes in all: the width times the devices."""
        return self.sizes.width * self.mesh.size

    def on_members(self, tree: Any) -> Any:
        """Put arrays on the devices, sharded over their first axis."""
        return jax.device_put(tree, NamedSharding(self.mesh, MEMBERS))

    def everywhere(self, tree: Any) -> Any:
        """Put arrays on every device."""
        return jax.device_put(tree, NamedSharding(self.mesh, EVERYWHERE))


def shape_of(dataset: Dataset) -> Shape:
    """What assembling needs to know of a data set."""
    first = 2 if dataset.fresh else 1
    return Shape(tuple(dataset.inputs.shape[first:]), dataset.units, dataset.target)


class Compiler:
    """The programs of a run, each asked for by the recipe and the shapes of the data, compiled once."""

    def __init__(self) -> None:
        self._workers = ThreadPoolExecutor(devices.cores(), thread_name_prefix="compile")
        self._programs: dict[tuple[str, Any], Future[Program]] = {}
        self._starts: dict[str, Any] = {}
        self._lock = threading.Lock()

    def request(self, spec: Spec, dataset: Dataset) -> "Future[Program]":
        """The program of a recipe, now or later; a second request for the same one costs nothing."""
        key = spec.recipe(), (*shape_of(dataset), dataset.examples, dataset.fresh, spec.steps, spec.trace)
        if key not in self._programs:
            self._programs[key] = self._workers.submit(compile_group, spec, dataset, self._start_once)
        return self._programs[key]

    def _start_once(self, lowered: Any) -> Any:
        """Compile what draws lanes; groups that differ in loss or activation draw alike and share it."""
        text = lowered.as_text()
        with self._lock:
            if text not in self._starts:
                self._starts[text] = lowered.compile()
            return self._starts[text]


def compile_group(spec: Spec, dataset: Dataset, compile_start: Callable[[Any], Any]) -> Program:
    """Assemble, plan and compile the programs for one recipe on all devices."""
    began = time.perf_counter()
    member = assemble(spec, shape_of(dataset))
    check.target_known(spec, member.metrics)
    check.batch_fits(spec, dataset.examples)
    mesh = devices.mesh()
    one = _one_lane(member, spec, dataset)
    sizes = plan.sizes(*_bytes(member, spec, dataset, one), mesh.size)
    lanes = sizes.width * mesh.size
    many = jax.tree.map(lambda a: jax.ShapeDtypeStruct((lanes, *a.shape), a.dtype), one)
    seeds = jax.ShapeDtypeStruct((lanes,), jnp.uint32)
    dials = many[2]
    shard = partial(jax.shard_map, mesh=mesh, check_vma=False)
    names = sorted(dials)

    def draw(seed: Any, *values: Any) -> tuple[Any, ...]:
        return tuple(jax.tree.leaves(start_lane(member, seed, dict(zip(names, values, strict=True)))))

    drawing = shard(jax.vmap(draw), in_specs=MEMBERS, out_specs=MEMBERS)
    start = jax.jit(drawing).lower(seeds, *(dials[name] for name in names))
    own = MEMBERS if dataset.fresh else EVERYWHERE
    body = partial(chunk, member, spec.stop, spec.batch_size, dataset.fresh, sizes.at_once)
    whole = shard(body, in_specs=(MEMBERS, MEMBERS, MEMBERS, own, EVERYWHERE, EVERYWHERE), out_specs=MEMBERS)
    stops, cap = jax.ShapeDtypeStruct((plan.ROWS + 1,), jnp.int32), jax.ShapeDtypeStruct((), jnp.int32)
    feed = many[3] if dataset.fresh else one[3]
    train = jax.jit(whole, donate_argnums=0).lower(*many[:3], feed, stops, cap).compile()
    return Program(
        member,
        sizes,
        mesh,
        compile_start(start),
        jax.tree.structure(one[:2]),
        train,
        dataset.fresh,
        time.perf_counter() - began,
    )


def feed_of(dataset: Dataset, members: Any = slice(None)) -> Feed:
    """The arrays of a data set, of the given members where each has its own."""
    if dataset.fresh:
        return Feed(dataset.inputs[members], dataset.targets[members], None, None)
    return Feed(dataset.inputs, dataset.targets, dataset.test_inputs, dataset.test_targets)


def _one_lane(member: Member, spec: Spec, dataset: Dataset) -> Any:
    """Shapes of (lane, chances, dials, feed) of one member."""
    dials = {path: jax.ShapeDtypeStruct((), jnp.float32) for path in spec.dials()}
    seed = jax.ShapeDtypeStruct((), jnp.uint32)
    lane, chances = jax.eval_shape(partial(start_lane, member), seed, dials)
    feed = feed_of(dataset, 0)
    return lane, chances, dials, jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), feed)


def _bytes(member: Member, spec: Spec, dataset: Dataset, one: Any) -> tuple[int, int, int]:
    """Bytes of state, of intermediate results of a step, and of traces, of one member."""
    lane, chances, dials, feed = one
    at = jax.ShapeDtypeStruct((), jnp.int32)
    step = jax.make_jaxpr(partial(train_lane, member, spec.stop, spec.batch_size))(*one, at, at)
    work = sum(_size(out.aval) for equation in step.jaxpr.eqns for out in equation.outvars)
    state = sum(_size(leaf) for leaf in jax.tree.leaves((lane, dials, feed if dataset.fresh else None)))
    row = jax.eval_shape(partial(look_at_lane, member, spec.batch_size), lane, chances, dials, feed, at)
    width = sum(_size(leaf) for leaf in jax.tree.leaves(row)) + 4 * len(member.metrics)
    return state, work, width * len(trace_steps(spec.steps, spec.trace))


def _size(value: Any) -> int:
    shape = getattr(value, "shape", ())
    size = 1
    for length in shape:
        size *= length
    return size * (value.dtype.itemsize if hasattr(value, "dtype") and hasattr(value.dtype, "itemsize") else 4)
