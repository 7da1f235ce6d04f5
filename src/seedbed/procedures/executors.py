"""Who trains a group: the jax engine, or the NumPy reference. The engine is imported only when it is asked for, so
that the reference runs where jax is absent."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from seedbed.engine import interpreter, plan
from seedbed.errors import SpecError, nearest
from seedbed.progress import Listener, silent
from seedbed.record import Block

ENGINES = ("jax", "reference")
Ahead = Sequence[tuple[plan.Group, Callable[[np.ndarray], Any]]]


def executor(engine: str) -> Callable[..., Iterator[tuple[int, Block]]]:
    """The function that trains a group under an engine's name."""
    _known(engine)
    return _Jax() if engine == "jax" else _reference


class _Jax:
    """The jax engine; it compiles the groups named in `ahead` while it trains the first."""

    def __init__(self) -> None:
        with interpreter.unswept():
            from seedbed.engine import devices

            devices.prepare()
            from seedbed.engine import ensemble, program, trial

        self._ensemble, self._compiler, self._try_out = ensemble, program.Compiler(), trial.try_out
        self._tried: set[int] = set()

    def __call__(
        self, group: plan.Group, dataset_of: Any, *, ahead: Ahead = (), **how: Any
    ) -> Iterator[tuple[int, Block]]:
        for one, its_data in ((group, dataset_of), *ahead):
            self._try(one, its_data)
        for one, its_data in ((group, dataset_of), *ahead):
            self._compiler.request(one.spec, self._ensemble.first_data(one, its_data))
        yield from self._ensemble.train(group, dataset_of, self._compiler, **how)

    def _try(self, group: plan.Group, dataset_of: Any) -> None:
        """Functions of a user's own, of all groups, before the first of them is trained."""
        if id(group) not in self._tried:
            self._tried.add(id(group))
            self._try_out(group.spec, self._ensemble.first_data(group, dataset_of), group.stretches[0].seeds[0])


def _reference(
    group: plan.Group, dataset_of: Any, *, listen: Listener = silent, **_: Any
) -> Iterator[tuple[int, Block]]:
    from seedbed.reference import train

    for stretch in group.stretches:
        seeds = np.asarray(stretch.seeds)
        yield stretch.setting, train(stretch.spec, dataset_of(seeds), seeds, listen)


def surface_of(engine: str) -> Callable[..., dict[str, np.ndarray]]:
    """The function that evaluates a single neuron on a grid under an engine's name."""
    _known(engine)
    if engine == "reference":
        from seedbed.reference.surface import surface

        return surface
    from seedbed.engine import devices

    devices.prepare()
    from seedbed.engine.surface import surface as jax_surface

    return jax_surface


def timing_of(engine: str) -> Callable[..., dict[str, np.ndarray]]:
    """The function that measures the seconds of a step under an engine's name."""
    _known(engine)
    if engine == "reference":
        from seedbed.reference.timing import seconds

        return seconds
    from seedbed.engine import devices

    devices.prepare()
    from seedbed.engine.timing import seconds as jax_seconds

    return jax_seconds


def derivatives_of(engine: str) -> Callable[..., dict[str, np.ndarray]]:
    """The function that differentiates an output activation and a loss at given scores under an engine's name."""
    _known(engine)
    if engine == "reference":
        from seedbed.reference.derivatives import derivatives

        return derivatives
    from seedbed.engine import devices

    devices.prepare()
    from seedbed.engine.derivatives import derivatives as jax_derivatives

    return jax_derivatives


def _known(engine: str) -> None:
    if engine not in ENGINES:
        raise SpecError(f'no engine "{engine}"{nearest(engine, ENGINES)}; use jax or reference')
