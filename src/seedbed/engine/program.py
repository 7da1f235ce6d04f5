"""The two compiled programs of a group: one draws lanes, one trains them for a chunk. Each is compiled exactly once.

Groups share them: activations and losses do not change how lanes are drawn, nor initializers how they are trained.

A `Compiler` makes the programs of a run ahead of time. Tracing holds Python's lock, so one thread traces group after
group, and the first group waits for no other; XLA compiles without the lock, so a pool of threads compiles beside it,
while further groups are traced and the first ones train.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from seedbed.datasets.dataset import Dataset
from seedbed.engine import check, devices, interpreter, plan
from seedbed.engine.assemble import Member, Shape, assemble
from seedbed.engine.judging import Head
from seedbed.engine.loop import Feed, chunk, look_at_lane, start_lane, train_lane
from seedbed.spec import Spec, trace_steps
from seedbed.vocabulary.probes import AT_THE_END

MEMBERS, EVERYWHERE = P(devices.AXIS), P()


@dataclass(frozen=True)
class Program:
    """A group's programs, with the numbers they were planned by."""

    member: Member
    sizes: plan.Sizes
    mesh: Mesh
    drawn: Callable[..., Any]
    structure: Any
    trained: Callable[..., Any]
    own_data: bool
    compile_seconds: float

    def start(self, seeds: Any, dials: Any) -> Any:
        """Draw lanes: (lanes, chances). The program takes and gives bare arrays, so that other groups can share it."""
        return jax.tree.unflatten(self.structure, self.drawn(seeds, *(dials[name] for name in sorted(dials))))

    def train(self, lanes: Any, chances: Any, dials: Any, feed: Any, stops: Any, cap: Any) -> Any:
        """Train lanes for a chunk: (lanes, rows). The lanes that were given are used up."""
        return self.trained(lanes, chances, trained_by(dials), feed, stops, cap)

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
    heads = tuple(Head(head.name, head.kind, head.units) for head in dataset.heads)
    return Shape(tuple(dataset.inputs.shape[first:]), heads)


Key = tuple[Any, ...]
DRAWN = "initializer"


class Compiler:
    """The programs of a run, each asked for by the recipe and the shapes of the data, compiled once."""

    def __init__(self) -> None:
        self._tracing = ThreadPoolExecutor(1, thread_name_prefix="trace")
        self._compiling = ThreadPoolExecutor(devices.cores(), thread_name_prefix="compile")
        self._programs: dict[Key, Coming] = {}
        self._starts: dict[Key, Future[Compiled]] = {}
        self._trains: dict[Key, Future[Compiled]] = {}

    def request(self, spec: Spec, dataset: Dataset) -> "Coming":
        """The program of a recipe, now or later; a second request for the same one costs nothing."""
        arrays = feed_of(dataset, 0)
        seen = tuple(None if one is None else (one.shape, str(one.dtype)) for one in arrays)
        shapes = (*shape_of(dataset), seen, dataset.fresh)
        key = spec.recipe(["data"]), *shapes, *spec.dials(), spec.steps, spec.trace
        if key not in self._programs:
            trained = spec.recipe(["data", DRAWN]), *shapes, *trained_by(spec.dials())
            self._programs[key] = Coming(self._tracing.submit(self._make, spec, dataset, trained))
        return self._programs[key]

    def _make(self, spec: Spec, dataset: Dataset, trained: Key) -> "Traced":
        """Trace what is not compiled yet and send it to be compiled, the drawing one as soon as it is traced."""
        began = time.perf_counter()
        with interpreter.unswept(), interpreter.sharing():
            draft = Draft.of(spec, dataset)
            drawn = self._start_once(draft.lower_start())
            if trained not in self._trains:
                self._trains[trained] = self._compiling.submit(_compiled, draft.lower_train())
        return Traced(draft, drawn, self._trains[trained], began, time.perf_counter())

    def _start_once(self, lowered: Any) -> "Future[Compiled]":
        """Compile what draws lanes, unless another group draws alike."""
        key = lowered.as_text(), lowered.in_tree  # the text says nothing of dials that no draw needs
        if key not in self._starts:
            self._starts[key] = self._compiling.submit(_compiled, lowered)
        return self._starts[key]


class Compiled(NamedTuple):
    """A compiled program, and when it was ready."""

    program: Any
    ended: float


def _compiled(lowered: Any) -> Compiled:
    return Compiled(lowered.compile(), time.perf_counter())


def trained_by(dials: Mapping[str, Any]) -> dict[str, Any]:
    """The dials that training needs: all but those of the initial draw."""
    return {path: value for path, value in dials.items() if not path.startswith(f"{DRAWN}.")}


@dataclass(frozen=True)
class Traced:
    """A group whose programs are being compiled, by itself or by a group that has the same; `perf_counter` times."""

    draft: "Draft"
    drawn: Future[Compiled]
    train: Future[Compiled]
    began: float
    ended: float

    def finished(self) -> Program:
        """Wait for both."""
        drawn, train, draft = self.drawn.result(), self.train.result(), self.draft
        seconds = max(drawn.ended, train.ended, self.ended) - self.began
        return Program(
            draft.member,
            draft.sizes,
            draft.mesh,
            drawn.program,
            draft.structure,
            train.program,
            draft.own_data,
            seconds,
        )


@dataclass(frozen=True)
class Coming:
    """A program that is being traced, and after that compiled."""

    traced: Future[Traced]

    def result(self) -> Program:
        """The program, when it is ready; whatever was wrong with the question is raised here."""
        return self.traced.result().finished()


@dataclass(frozen=True)
class Draft:
    """A group assembled and planned; its programs are not traced yet.

    `one` is the shapes of one member, `shown` those of what it shows at a traced step.
    """

    spec: Spec
    member: Member
    sizes: plan.Sizes
    mesh: Mesh
    one: Any
    shown: Mapping[str, jax.ShapeDtypeStruct]
    own_data: bool

    @classmethod
    def of(cls, spec: Spec, dataset: Dataset) -> "Draft":
        """Assemble and plan a recipe for all devices; every misfit is an error here."""
        member = assemble(spec, shape_of(dataset))
        check.target_known(spec, member.metrics)
        check.batch_fits(spec, dataset.examples)
        mesh = devices.mesh()
        one = _one_lane(member, spec, dataset)
        at, live = jax.ShapeDtypeStruct((), jnp.int32), jax.ShapeDtypeStruct((), jnp.bool_)
        training = partial(train_lane, member, spec.stop, spec.batch_size)
        step, (_, evidence) = jax.make_jaxpr(training, return_shape=True)(*one, at, at, live)
        shown = jax.eval_shape(partial(look_at_lane, member), evidence, *one[2:])
        sizes = plan.sizes(*_bytes(spec, dataset, one, step, shown), mesh.size)
        return cls(spec, member, sizes, mesh, one, shown, dataset.fresh)

    @property
    def structure(self) -> Any:
        """How the arrays that are drawn make up (lane, chances)."""
        return jax.tree.structure(self.one[:2])

    def lower_start(self) -> Any:
        """What draws lanes, from bare arrays to bare arrays."""
        dials = self._many()[2]
        seeds = jax.ShapeDtypeStruct((self.sizes.width * self.mesh.size,), jnp.uint32)
        names = sorted(dials)

        def draw(seed: Any, *values: Any) -> tuple[Any, ...]:
            return tuple(jax.tree.leaves(start_lane(self.member, seed, dict(zip(names, values, strict=True)))))

        drawing = self._shard(jax.vmap(draw), in_specs=MEMBERS, out_specs=MEMBERS)
        return jax.jit(drawing).lower(seeds, *(dials[name] for name in names))

    def lower_train(self) -> Any:
        """What trains lanes for a chunk."""
        own = MEMBERS if self.own_data else EVERYWHERE
        spec, sizes = self.spec, self.sizes
        body = partial(chunk, self.member, spec.stop, spec.batch_size, self.own_data, sizes.at_once, self.shown)
        specs = (MEMBERS, MEMBERS, MEMBERS, own, EVERYWHERE, EVERYWHERE)
        lanes, chances, dials, feeds = self._many()
        feed = feeds if self.own_data else self.one[3]
        stops, cap = jax.ShapeDtypeStruct((plan.ROWS + 1,), jnp.int32), jax.ShapeDtypeStruct((), jnp.int32)
        whole = self._shard(body, in_specs=specs, out_specs=MEMBERS)
        placed = tuple(NamedSharding(self.mesh, spec) for spec in specs)  # said: XLA would place what is left unused
        return jax.jit(whole, donate_argnums=0, in_shardings=placed).lower(
            lanes, chances, trained_by(dials), feed, stops, cap
        )

    def compiled(self) -> Program:
        """Both programs here and now, for whoever needs one only; the programs of a run are a `Compiler`'s."""
        began = time.perf_counter()
        with interpreter.unswept(), interpreter.sharing():
            drawn, train = self.lower_start(), self.lower_train()
        return Program(self.member, self.sizes, self.mesh, drawn.compile(), self.structure, train.compile(),
                       self.own_data, time.perf_counter() - began)  # fmt: skip

    def _many(self) -> Any:
        """The shapes of all lanes."""
        lanes = self.sizes.width * self.mesh.size
        return jax.tree.map(lambda a: jax.ShapeDtypeStruct((lanes, *a.shape), a.dtype), self.one)

    def _shard(self, function: Callable[..., Any], **specs: Any) -> Any:
        return jax.shard_map(function, mesh=self.mesh, check_vma=False, **specs)


def feed_of(dataset: Dataset, members: Any = slice(None)) -> Feed:
    """The arrays of a data set, of the given members where each has its own."""
    arrays = dataset.inputs, dataset.targets, dataset.test_inputs, dataset.test_targets
    return Feed(*(None if array is None else array[members] for array in arrays)) if dataset.fresh else Feed(*arrays)


def _one_lane(member: Member, spec: Spec, dataset: Dataset) -> Any:
    """Shapes of (lane, chances, dials, feed) of one member."""
    dials = {path: jax.ShapeDtypeStruct((), jnp.float32) for path in spec.dials()}
    seed = jax.ShapeDtypeStruct((), jnp.uint32)
    lane, chances = jax.eval_shape(partial(start_lane, member), seed, dials)
    feed = feed_of(dataset, 0)
    return lane, chances, dials, jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), feed)


def _bytes(spec: Spec, dataset: Dataset, one: Any, step: Any, shown: Mapping[str, Any]) -> tuple[int, int, int]:
    """Bytes of state, of intermediate results of a step, and of what is kept, of one member."""
    lane, _, dials, feed = one
    work = sum(_size(out.aval) for equation in step.eqns for out in equation.outvars)
    state = sum(_size(leaf) for leaf in jax.tree.leaves((lane, dials, feed if dataset.fresh else None)))
    final = sum(map(_size, shown.values()))
    row = sum(_size(one) for name, one in shown.items() if name not in AT_THE_END) + 4 * len(lane.last)
    return state, work, final + row * len(trace_steps(spec.steps, spec.trace))


def _size(value: Any) -> int:
    shape = getattr(value, "shape", ())
    size = 1
    for length in shape:
        size *= length
    return size * (value.dtype.itemsize if hasattr(value, "dtype") and hasattr(value.dtype, "itemsize") else 4)
