"""Who trains a group: the jax engine, the NumPy reference, or a function that measures; and what each is named by."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

import seedbed
from seedbed.datasets.dataset import Dataset
from seedbed.engine import plan
from seedbed.procedures import engines
from seedbed.progress import Listener, silent
from seedbed.record import Block
from seedbed.spec import Spec

Ahead = Sequence[tuple[plan.Group, Callable[[np.ndarray], Any]]]


@runtime_checkable
class Executor(Protocol):
    """Trains groups, and says beforehand what will train them."""

    def names(self, spec: Spec, dataset: Dataset) -> tuple[str, str]:
        """What the user's own functions in a question compute ("": there are none), and what trains it as a whole."""
        ...

    def stamp(self) -> str:
        """What the program of a question without such functions follows from, found out without tracing it."""
        ...

    def __call__(self, group: plan.Group, dataset_of: Any, **how: Any) -> Iterator[tuple[int, Block]]:
        """The blocks of a group, as they are finished."""
        ...


def executor(engine: str) -> Executor:
    """What trains a group under an engine's name."""
    engines.known(engine)
    return _Jax() if engine == "jax" else _Reference()


class _Jax:
    """The jax engine; it compiles the groups named in `ahead` while it trains the first."""

    def __init__(self) -> None:
        self._devices, self._ensemble = (engines.module("jax", name) for name in ("devices", "ensemble"))
        self._compiler, self._own = engines.module("jax", "compiler").shared(), {}
        self._try_out, self._tried = engines.module("jax", "trial").try_out, set[str]()

    def names(self, spec: Spec, dataset: Dataset) -> tuple[str, str]:
        """Both names, from the traced programs."""
        return self.request(spec, dataset, compiling=False).names()

    def stamp(self) -> str:
        """The sources, the devices and the settings of jax."""
        return self._devices.stamp(sources())

    def __call__(
        self, group: plan.Group, dataset_of: Any, *, ahead: Ahead = (), **how: Any
    ) -> Iterator[tuple[int, Block]]:
        groups = ((group, dataset_of), *ahead)
        pending, *_ = [self.request(one.spec, self._ensemble.first_data(one, its_data)) for one, its_data in groups]
        yield from self._ensemble.train(group, dataset_of, pending, **how)

    def request(self, spec: Spec, dataset: Dataset, compiling: bool = True) -> Any:
        """The programs of a recipe, after the user's own functions in it have been tried on its first data."""
        recipe = spec.recipe()
        if recipe not in self._tried:
            self._try_out(spec, dataset, 0)
            self._tried.add(recipe)
        return self._compiler.request(spec, dataset, self._own, compiling)


class _Reference:
    """The engine in NumPy. It takes no functions of a user's own; what trains is the source of this package."""

    def names(self, spec: Spec, dataset: Dataset) -> tuple[str, str]:  # noqa: ARG002
        """No functions of a user's own, and the sources."""
        return "", sources()

    def stamp(self) -> str:
        """The sources."""
        return sources()

    def __call__(
        self, group: plan.Group, dataset_of: Any, *, listen: Listener = silent, **_: Any
    ) -> Iterator[tuple[int, Block]]:
        train = engines.module("reference", "train").train
        for planned in group.planned_blocks:
            seeds = np.asarray(planned.seeds)
            block = train(planned.spec, dataset_of(seeds), seeds, listen)
            yield planned.setting, _by(sources(), block)


class Measuring:
    """A function that measures a group in place of an engine that trains it; it is named by the sources of seedbed.

    What functions of a user's own compute in its questions is found out by tracing their training.
    """

    def __init__(self, measure: Callable[..., Iterator[tuple[int, Block]]]) -> None:
        self._measure, self._engine = measure, None

    def names(self, spec: Spec, dataset: Dataset) -> tuple[str, str]:
        """The user's own functions as the jax engine traces them, and the sources."""
        if not spec.functions(["data"]):
            return "", sources()
        self._engine = self._engine or executor("jax")
        return self._engine.names(spec, dataset)[0], sources()

    def stamp(self) -> str:
        """The sources."""
        return sources()

    def __call__(self, group: plan.Group, dataset_of: Any, **how: Any) -> Iterator[tuple[int, Block]]:
        """What the function measures, each block with its name."""
        for setting, block in self._measure(group, dataset_of, **how):
            yield setting, _by(sources(), block)


def _by(program: str, block: Block) -> Block:
    return replace(block, meta={**block.meta, "program": program})


@cache
def sources() -> str:
    """Sixteen hexadecimal digits of every source file of seedbed, of Python and of the libraries that seedbed needs."""
    needed = [re.split(r"[^\w.-]", line)[0] for line in requires("seedbed") or () if "extra ==" not in line]
    digest = sha256(" ".join([sys.version, *(f"{name} {version(name)}" for name in ("jaxlib", *needed))]).encode())
    for path in sorted(Path(seedbed.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
