"""The two compiled programs of a group: one draws lanes, one trains them for a chunk. Each is compiled exactly once.

Groups share them: activations and losses do not change how lanes are drawn, nor initializers how they are trained.

A `Compiler` makes the programs of a run ahead of time. Tracing holds Python's lock, so one thread traces group after
group, and the first group waits for no other; XLA compiles without the lock, so a pool of threads compiles beside it,
while further groups are traced and the first ones train. What an earlier process compiled is neither traced nor
compiled, and what is needed for that only is not even imported.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from seedbed.datasets.dataset import Dataset
from seedbed.engine import devices, interpreter, plan, program_cache
from seedbed.engine.lanes import Chances, Lanes, Layout
from seedbed.engine.shapes import Feed, feed_of, shape_of
from seedbed.spec import Spec

MEMBERS, EVERYWHERE = P(devices.AXIS), P()


@dataclass(frozen=True)
class Program:
    """A group's programs, with what the host must know to use them."""

    layout: Layout
    mesh: Mesh
    drawn: Callable[..., Any]
    trained: Callable[..., Any]
    compile_seconds: float

    def start(self, seeds: Any, dials: Any) -> tuple[Lanes, Chances]:
        """Draw lanes. The program gives arrays in a row, so that other groups can share it."""
        drawn = self.drawn(seeds, *(dials[name] for name in sorted(dials)))
        return jax.tree.unflatten(self.layout.structure, drawn)

    def train(self, lanes: Lanes, chances: Chances, dials: Any, feed: Feed, rows: plan.Rows, cap: Any) -> Any:
        """Train lanes for a chunk: (lanes, what each row showed). The lanes that were given are used up."""
        return self.trained(lanes, chances, trained_by(dials), feed, rows, cap)

    @property
    def sizes(self) -> plan.Sizes:
        """The numbers it was planned by."""
        return self.layout.sizes

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


Key = tuple[Any, ...]
DRAWN = "initializer"


def trained_by(dials: Mapping[str, Any]) -> dict[str, Any]:
    """The dials that training needs: all but those of the initial draw."""
    return {path: value for path, value in dials.items() if not path.startswith(f"{DRAWN}.")}


class Names(NamedTuple):
    """Under which names a group's programs are kept."""

    drawn: str
    trained: str


class Compiled(NamedTuple):
    """A compiled program, whether it was compiled here, and when it was ready."""

    program: Any
    anew: bool
    ended: float


class Compiler:
    """The programs of a run, each asked for by the recipe and the shapes of the data, compiled once."""

    def __init__(self) -> None:
        self._tracing = ThreadPoolExecutor(1, thread_name_prefix="trace")
        self._compiling = ThreadPoolExecutor(devices.cores(), thread_name_prefix="compile")
        self._keeping = ThreadPoolExecutor(1, thread_name_prefix="keep")
        self._programs: dict[Key, Coming] = {}
        self._compiled: dict[str, Future[Compiled]] = {}

    def request(self, spec: Spec, dataset: Dataset) -> "Coming":
        """The program of a recipe, now or later; a second request for the same one costs nothing."""
        arrays = feed_of(dataset, 0)
        seen = tuple(None if one is None else (one.shape, str(one.dtype)) for one in arrays)
        shapes = (*shape_of(dataset), seen, dataset.fresh)
        key = spec.recipe(["data"]), *shapes, *spec.dials(), spec.steps, spec.trace
        if key not in self._programs:
            trained = spec.recipe(["data", DRAWN]), *shapes, *trained_by(spec.dials())
            self._programs[key] = Coming(self._tracing.submit(self._make, spec, dataset, key, trained))
        return self._programs[key]

    def _make(self, spec: Spec, dataset: Dataset, key: Key, trained: Key) -> "Sent":
        """The group's programs as an earlier process kept them, or traced here and sent to be compiled."""
        began = time.perf_counter()
        with interpreter.unswept(), interpreter.sharing():
            group = program_cache.name_of("group", key, plan.limits())
            known = program_cache.recall(group)
            if known is not None and all(map(self._recalled, known[1])):
                layout, names = known
            else:
                layout, names = self._trace(spec, dataset, program_cache.name_of("trained", trained, plan.limits()))
                self._keeping.submit(program_cache.keep, group, (layout, names))
        return Sent(layout, self._compiled[names.drawn], self._compiled[names.trained], began, time.perf_counter())

    def _recalled(self, name: str) -> bool:
        """Whether a program is here, at last."""
        if name not in self._compiled:
            program = program_cache.recall_program(name)
            if program is None:
                return False
            self._compiled[name] = Future()
            self._compiled[name].set_result(Compiled(program, False, time.perf_counter()))
        return True

    def _trace(self, spec: Spec, dataset: Dataset, trained: str) -> tuple[Layout, Names]:
        """Trace what is not compiled yet and send it to be compiled, the drawing one as soon as it is traced."""
        from seedbed.engine.draft import Draft  # here: with all that it needs it takes longer than to recall a program

        draft = Draft.of(spec, dataset)
        drawing = draft.lower_start()  # its text says nothing of dials that no draw needs
        drawn = program_cache.name_of("drawn", hashlib.sha256(drawing.as_text().encode()).digest(), drawing.in_tree)
        self._compile(drawn, lambda: drawing)
        self._compile(trained, draft.lower_train)
        return draft.layout, Names(drawn, trained)

    def _compile(self, name: str, lower: Callable[[], Any]) -> None:
        """Compile a program that no other group had compiled, and keep it."""
        if name in self._compiled:
            return
        coming = self._compiled[name] = self._compiling.submit(_compiled, lower())
        self._keeping.submit(_keep, name, coming)


def _compiled(lowered: Any) -> Compiled:
    program, anew = program_cache.compiled(lowered)
    return Compiled(program, anew, time.perf_counter())


def _keep(name: str, coming: Future[Compiled]) -> None:
    if coming.result().anew:
        program_cache.keep_program(name, coming.result().program)


@dataclass(frozen=True)
class Sent:
    """A group whose programs are being compiled, by itself or by a group that has the same; `perf_counter` times."""

    layout: Layout
    drawn: Future[Compiled]
    train: Future[Compiled]
    began: float
    ended: float

    def finished(self) -> Program:
        """Wait for both."""
        drawn, train = self.drawn.result(), self.train.result()
        seconds = max(drawn.ended, train.ended, self.ended) - self.began
        return Program(self.layout, devices.mesh(), drawn.program, train.program, seconds)


@dataclass(frozen=True)
class Coming:
    """A program that is being recalled or traced, and after that compiled."""

    sent: Future[Sent]

    def result(self) -> Program:
        """The program, when it is ready; whatever was wrong with the question is raised here."""
        return self.sent.result().finished()
