"""A group's two programs, traced and lowered: one draws lanes, one trains them for a chunk.

Their arguments and results are bare arrays and plain tuples, so groups whose programs have the same text share them.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import jaxpr_as_fun
from jax.sharding import Mesh, NamedSharding

from seedbed.datasets.dataset import Dataset
from seedbed.engine import devices, naming, plan, room
from seedbed.engine.assemble import Member, assemble
from seedbed.engine.lanes import Lanes, Layout
from seedbed.engine.loop import Looks, chunk, look_at_lane, looks_of, start_lane, train_lane
from seedbed.engine.program import EVERYWHERE, MEMBERS, Program, trained_by
from seedbed.engine.shapes import data_arrays_of, most_in_slice, shape_of
from seedbed.engine.step import Lane
from seedbed.spec import Spec, recorded_steps
from seedbed.vocabulary.lengths import steps_per_epoch
from seedbed.vocabulary.probes import AT_THE_END


@dataclass(frozen=True)
class Lowered:
    """A group assembled and planned, with one step of one member traced.

    `member_shapes` is the shapes of one member, `step` the trace of what one step does to it, `training` the same as a
    function, `looks` how it is looked at.
    """

    spec: Spec
    member: Member
    sizes: plan.Sizes
    mesh: Mesh
    member_shapes: Any
    step: Any
    training: Callable[..., Any]
    looks: Looks
    own_data: bool

    @classmethod
    def of(cls, spec: Spec, dataset: Dataset) -> "Lowered":
        """Assemble and plan a recipe for all devices; every misfit is an error here."""
        member = assemble(spec, shape_of(dataset))
        mesh = devices.mesh()
        member_shapes = _one_lane(member, spec, dataset)
        at, live = jax.ShapeDtypeStruct((), jnp.int32), jax.ShapeDtypeStruct((), jnp.bool_)
        lane, rng_keys, dials, data_arrays = member_shapes
        training = partial(train_lane, member, spec.stop, spec.at_once)
        split_values = _split_value_shapes(member)
        epoch = steps_per_epoch(dataset.examples, spec.at_once)
        looks = looks_of(member, most_in_slice(member.example_bytes, 1), epoch)
        now = jax.eval_shape(looks.at_step, lane, trained_by(dials), at)[1]
        step = jax.jit(training).trace(lane, rng_keys, now, data_arrays, at, at, live, split_values, live)
        after = step.out_info
        judged = jax.eval_shape(looks.judge, lane, now, data_arrays)
        probed = jax.eval_shape(looks.probe, after[1], now, data_arrays)
        sizes = plan.sizes(*_bytes(spec, dataset, member_shapes, step.jaxpr, {**judged, **probed}), mesh.size)
        room.check(spec, mesh, sizes, lane, step.jaxpr)
        looks = looks_of(member, most_in_slice(member.example_bytes, sizes.at_once), epoch)
        looks = looks._replace(judged=judged, probed=probed)
        training = _traced(step.jaxpr, jax.tree.structure(after))
        return cls(spec, member, sizes, mesh, member_shapes, step, training, looks, dataset.fresh)

    def own_name(self) -> str:
        """What the user's functions in this question compute: the draw, a step and the looks of one member, as traced.

        Raises PartError where they call back into Python.
        """
        lane, _, dials, data_arrays = self.member_shapes
        seed = jax.ShapeDtypeStruct((), jnp.uint32)
        drawing = jax.jit(partial(start_lane, self.member)).trace(seed, dials)
        looking = jax.jit(partial(look_at_lane, self.looks)).trace(lane, self.step.out_info[1], dials, data_arrays)
        naming.stays_inside(self.spec, drawing, self.step, looking)
        labels = (self.layout.metrics, tuple(self.layout.probes), self.layout.layers, self.layout.hidden)
        return naming.short(naming.name_of(drawing, self.step, looking), repr(labels))

    @property
    def layout(self) -> Layout:
        """What the host must know of the lanes."""
        member, lane = self.member, self.member_shapes[0]
        return Layout(self.sizes, len(jax.tree.leaves((lane.network, lane.opt_state))), tuple(lane.last),
                      member.resolved, dict(member.probes), member.layers, member.hidden, self.own_data)  # fmt: skip

    def lower_start(self) -> Any:
        """What draws lanes, from bare arrays to bare arrays."""
        dials, names = self._many()[2], self.drawn_by
        seeds = jax.ShapeDtypeStruct((self.sizes.width * self.mesh.size,), jnp.uint32)
        rest = {name: jnp.float32(jnp.nan) for name in dials if name not in names}

        def draw(seed: Any, *values: Any) -> tuple[Any, ...]:
            return self._draw(seed, rest | dict(zip(names, values, strict=True)))

        drawing = self._shard(jax.vmap(draw), in_specs=MEMBERS, out_specs=MEMBERS)
        return jax.jit(drawing, keep_unused=True).lower(seeds, *(dials[name] for name in names))

    @cached_property
    def drawn_by(self) -> tuple[str, ...]:
        """The dials that the draw of a lane depends on, in order.

        Groups whose drawing programs have the same text share one program, and each hands over its own dials by
        position. So no other dial may stand among them: jax leaves unused arguments out of the text, and a program
        that was compiled for one group would take the argument of another group from the wrong place.
        """
        dials = self.member_shapes[2]
        names = sorted(dials)
        jaxpr = jax.make_jaxpr(self._draw)(jax.ShapeDtypeStruct((), jnp.uint32), {name: dials[name] for name in names})
        live = set(map(id, jaxpr.jaxpr.outvars))
        for equation in reversed(jaxpr.jaxpr.eqns):
            if any(id(out) in live for out in equation.outvars):
                live |= set(map(id, equation.invars))
        return tuple(name for name, var in zip(names, jaxpr.jaxpr.invars[1:], strict=True) if id(var) in live)

    def _draw(self, seed: Any, dials: Any) -> tuple[Any, ...]:
        """One lane, as bare arrays in a row."""
        lane, rng_keys = start_lane(self.member, seed, dials)
        return tuple(jax.tree.leaves((_bare(lane), rng_keys)))

    def lower_train(self) -> Any:
        """What trains lanes for a chunk."""
        own = MEMBERS if self.own_data else EVERYWHERE
        resolved = self.member.resolved
        judging = resolved.row_names if resolved.scheduled else ()
        body = partial(chunk, self.training, self.looks, self.own_data, self.sizes.at_once, judging)
        specs = (MEMBERS, MEMBERS, MEMBERS, own, EVERYWHERE, EVERYWHERE)
        lane, rng_keys, dials, all_data = self._many()
        structure = jax.tree.structure((lane.network, lane.opt_state))

        def train(lanes: Lanes, *rest: Any) -> tuple[Lanes, dict[str, Any]]:
            after, rows = body(_dressed(structure, lanes), *rest)
            return _bare(after), rows

        data_arrays = all_data if self.own_data else self.member_shapes[3]
        stops, looks, cap = (jax.ShapeDtypeStruct(shape, jnp.int32) for shape in ((plan.ROWS + 1,), (plan.ROWS,), ()))
        whole = self._shard(train, in_specs=specs, out_specs=MEMBERS)
        placed = tuple(NamedSharding(self.mesh, spec) for spec in specs)  # said: XLA would place what is left unused
        return jax.jit(whole, donate_argnums=0, in_shardings=placed).lower(
            _bare(lane), rng_keys, trained_by(dials), data_arrays, plan.Rows(stops, looks), cap
        )

    def compiled(self) -> Program:
        """Both programs here and now, for whoever needs one only; the programs of a run are a `Compiler`'s."""
        began = time.perf_counter()
        drawn, train = self.lower_start(), self.lower_train()
        seconds = time.perf_counter() - began
        return Program("", self.layout, self.mesh, self.drawn_by, drawn.compile(), train.compile(), seconds)

    def _many(self) -> Any:
        """The shapes of all lanes."""
        lanes = self.sizes.width * self.mesh.size
        return jax.tree.map(lambda a: jax.ShapeDtypeStruct((lanes, *a.shape), a.dtype), self.member_shapes)

    def _shard(self, function: Callable[..., Any], **specs: Any) -> Any:
        return jax.shard_map(function, mesh=self.mesh, check_vma=False, **specs)


def _traced(step: Any, structure: Any) -> Callable[..., Any]:
    """A function from its trace, which is not made a second time: of arguments and results of the same structure."""
    run = jaxpr_as_fun(step)
    return lambda *arguments: jax.tree.unflatten(structure, run(*jax.tree.leaves(arguments)))


def _bare(lane: Lane) -> Lanes:
    """A lane, or all lanes of a pack, as they lie between two chunks."""
    arrays = tuple(jax.tree.leaves((lane.network, lane.opt_state)))
    return Lanes(arrays, lane.hit_step, lane.diverged_step, lane.stop_step, lane.last)


def _dressed(structure: Any, lanes: Lanes) -> Lane:
    """The reverse of `_bare`, given how the arrays make up (network, opt_state)."""
    network, opt_state = jax.tree.unflatten(structure, lanes.arrays)
    return Lane(network, opt_state, lanes.hit_step, lanes.diverged_step, lanes.stop_step, lanes.last)


def _split_value_shapes(member: Member) -> dict[str, jax.ShapeDtypeStruct]:
    """Shapes of what whole splits say of a member before a step: scalars, by which it can arrive."""
    resolved = member.resolved
    names = [f"{split}_{quantity}" for split in resolved.at_steps for quantity in resolved.quantities]
    names += resolved.row_names if resolved.scheduled else ()
    return dict.fromkeys(names, jax.ShapeDtypeStruct((), jnp.float32))


def _one_lane(member: Member, spec: Spec, dataset: Dataset) -> Any:
    """Shapes of (lane, rng_keys, dials, data_arrays) of one member."""
    dials = {path: jax.ShapeDtypeStruct((), jnp.float32) for path in spec.dials()}
    seed = jax.ShapeDtypeStruct((), jnp.uint32)
    lane, rng_keys = jax.eval_shape(partial(start_lane, member), seed, dials)
    data_arrays = data_arrays_of(dataset, 0)
    return lane, rng_keys, dials, jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), data_arrays)


def _bytes(
    spec: Spec, dataset: Dataset, member_shapes: Any, step: Any, shown: Mapping[str, Any]
) -> tuple[int, int, int]:
    """Bytes of state, of intermediate results of a step, and of what is kept, of one member."""
    lane, _, dials, data_arrays = member_shapes
    work = sum(_size(out.aval) for equation in step.eqns for out in equation.outvars)
    state = sum(_size(leaf) for leaf in jax.tree.leaves((lane, dials, data_arrays if dataset.fresh else None)))
    final = sum(map(_size, shown.values()))
    row = sum(_size(value) for name, value in shown.items() if name not in AT_THE_END) + 4 * len(lane.last)
    return state, work, final + row * len(recorded_steps(spec))


def _size(value: Any) -> int:
    shape = getattr(value, "shape", ())
    size = 1
    for length in shape:
        size *= length
    return size * (value.dtype.itemsize if hasattr(value, "dtype") and hasattr(value.dtype, "itemsize") else 4)
