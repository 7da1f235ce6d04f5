"""From questions to compiled programs: each recipe is traced once and each program compiled once in a process.

Tracing holds Python's lock, so one thread traces group after group; XLA compiles without it, so a pool of threads
compiles beside, while further groups are traced and the first ones train. Programs are told apart by their text, so
groups share them: activations and losses do not change how lanes are drawn, nor initializers how they are trained. What
an earlier process has compiled, jax takes from its persistent cache.

A recipe of seedbed's own parts is traced once in a process. One with functions of a user's own is traced anew in every
run, since what they read may have changed, and twice, since what they compute must not change from call to call.
"""

import time
from collections.abc import MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import jax

from seedbed.datasets.dataset import Dataset
from seedbed.engine import devices, naming
from seedbed.engine.lowered import Lowered
from seedbed.engine.program import Program
from seedbed.engine.shapes import data_arrays_of, shape_of
from seedbed.errors import StoreError
from seedbed.spec import Spec

Key = tuple[Any, ...]
ENTRIES = 4  # of jax's cache, that are looked at for a program
OPTION = "xla_gpu_autotune_max_solutions"  # does nothing on a CPU; another value is another entry of the cache


@dataclass(frozen=True)
class Traced:
    """A group's programs, traced and lowered: what they are called and what is to be compiled.

    `own` names what the user's functions in it compute, "" where there are none. `drawing` and `training` are lowered
    programs, each with its name. `began` and `ended` are `perf_counter` times.
    """

    own: str
    group: Lowered
    drawing: tuple[str, Any]
    training: tuple[str, Any]
    began: float
    ended: float

    @property
    def name(self) -> str:
        """What the programs compute, and the versions, settings and devices they run on."""
        return naming.short(self.drawing[0], self.training[0], devices.kind())


class Compiled(NamedTuple):
    """A compiled program, and when it was ready."""

    program: Any
    ended: float


@dataclass(frozen=True)
class Pending:
    """The programs of a group, being traced; compiled when they are asked for."""

    compiler: "Compiler"
    traced: Future[Traced]

    def names(self) -> tuple[str, str]:
        """What the user's own functions compute, and what the programs as a whole do; waits for the trace.

        Whatever is wrong with the question is raised here.
        """
        traced = self.traced.result()
        return traced.own, traced.name

    def lowered(self) -> Lowered:
        """What the programs are made from; waits for the trace."""
        return self.traced.result().group

    def program(self) -> Program:
        """The compiled programs; waits for both."""
        traced = self.traced.result()
        drawn, trained = (self.compiler.compiled(*one).result() for one in (traced.drawing, traced.training))
        seconds = max(drawn.ended, trained.ended, traced.ended) - traced.began
        group = traced.group
        return Program(
            traced.name, group.layout, group.mesh, group.drawn_by, drawn.program, trained.program, seconds
        )  # fmt: skip


Kept = MutableMapping[Key, Pending]


class Compiler:
    """Traces and compiles in the background. `shared` gives the one of this process."""

    def __init__(self) -> None:
        self._tracing = ThreadPoolExecutor(1, thread_name_prefix="trace")
        self._compiling = ThreadPoolExecutor(devices.cores(), thread_name_prefix="compile")
        self._pending: Kept = {}
        self._compiled: dict[str, Future[Compiled]] = {}

    def request(self, spec: Spec, dataset: Dataset, run: Kept, compiling: bool = True) -> Pending:
        """The programs of a recipe, now or later; a second request for the same ones costs nothing.

        `run` keeps what has functions of a user's own for the length of a run. With `compiling`, they are compiled as
        soon as they are traced.
        """
        kept = run if spec.functions(["data"]) else self._pending
        key = _key(spec, dataset)
        if key not in kept:
            kept[key] = Pending(self, self._tracing.submit(self._trace, spec, dataset, compiling))
        elif compiling:
            kept[key].traced.add_done_callback(self._compile_both)
        return kept[key]

    def compiled(self, name: str, lowered: Any) -> Future[Compiled]:
        """A program, compiled by the first that asks for it."""
        if name not in self._compiled:
            self._compiled[name] = self._compiling.submit(_compiled, name, lowered)
        return self._compiled[name]

    def _trace(self, spec: Spec, dataset: Dataset, compiling: bool) -> Traced:
        began = time.perf_counter()
        group, own = _traced(spec, dataset)
        drawing = _named(group.lower_start())
        if compiling:  # before the other one is lowered
            self.compiled(*drawing)
        training = _named(group.lower_train())
        if compiling:
            self.compiled(*training)
        return Traced(own, group, drawing, training, began, time.perf_counter())

    def _compile_both(self, traced: Future[Traced]) -> None:
        if traced.exception() is None:
            self.compiled(*traced.result().drawing)
            self.compiled(*traced.result().training)


@cache
def shared() -> Compiler:
    """The compiler of this process."""
    return Compiler()


def _traced(spec: Spec, dataset: Dataset) -> tuple[Lowered, str]:
    """A group assembled and traced, and the name of what the user's functions in it compute."""
    functions = spec.functions(["data"])
    for function in functions:
        # A jitted function remembers its trace, and what it read may have changed.
        getattr(function, "clear_cache", lambda: None)()
    group = Lowered.of(spec, dataset)
    if not functions:
        return group, ""
    own = group.own_name()
    naming.same_twice(spec, own, Lowered.of(spec, dataset).own_name())
    return group, own


def _key(spec: Spec, dataset: Dataset) -> Key:
    """What tracing a recipe depends on, beside what functions of a user's own read."""
    arrays = data_arrays_of(dataset, 0)
    seen = tuple(None if one is None else (one.shape, str(one.dtype)) for one in arrays)
    settings = repr(sorted(jax.config.values.items()))
    return (
        spec.recipe(["data"]),
        shape_of(dataset),
        seen,
        dataset.fresh,
        *spec.dials(),
        spec.steps,
        spec.trace,
        spec.evaluate,
        settings,
    )


def _named(lowered: Any) -> tuple[str, Any]:
    return naming.text_name(lowered), lowered


def _compiled(name: str, lowered: Any) -> Compiled:
    """A program compiled, or taken from jax's cache; an entry there that is another program is passed over."""
    naming.sign(lowered, name)
    for entry in range(ENTRIES):
        options = {"compiler_options": {OPTION: 32 + entry}} if entry else {}
        try:
            program = lowered.compile(**options)
        except Exception:  # what jax says of an entry that takes other arguments, or of a program that XLA refuses
            if entry == ENTRIES - 1:
                raise
            continue
        if naming.signature(program) == naming.signed(name):
            return Compiled(program, time.perf_counter())
    folder = jax.config.jax_compilation_cache_dir  # pyright: ignore[reportAttributeAccessIssue]
    raise StoreError(f"{folder} holds other compiled programs than the names of its files say; delete that folder")
