"""Measure what a study asks for: one table of kinds, each with the module that knows how.

What a user changes has been applied before (`catalogue.questions`). A kind's module is loaded when it is asked for,
since some need SciPy or xarray, which a training does not wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.datasets.kernels import read_kernels
from seedbed.datasets.pictures import pictures
from seedbed.errors import DataError
from seedbed.measures import Asked
from seedbed.procedures.run import run
from seedbed.progress import Listener, silent
from seedbed.spec import Seeds
from seedbed.store import Store
from seedbed.study import ProfileName

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Bench:
    """What stays the same while a study is measured."""

    store: Store | None
    seeds: Seeds
    profile: ProfileName = "quick"
    engine: str = "jax"
    listen: Listener = silent
    data: Path | None = None
    keep_older: bool = False


def measured(asked: Asked, name: str, bench: Bench) -> xr.Dataset:
    """The record of what is asked for, kept in the bench's store under `name`; what is there is not measured again."""
    return KINDS[asked.kind](asked, name, bench)


def _training(asked: Asked, name: str, bench: Bench) -> xr.Dataset:
    notes = {"profile": bench.profile, **({"aside": True} if asked.auxiliary else {})}
    spec: Any = asked.spec
    how: dict[str, Any] = {"notes": notes, "listen": bench.listen, "keep_older": bench.keep_older}
    return run(spec, asked.over(bench.seeds), **how, **_kept(asked, name, bench))


def _landscape(asked: Asked, name: str, bench: Bench) -> xr.Dataset:
    return _late("landscape")(asked.spec, **asked.parameters, **_kept(asked, name, bench))


def _timed(asked: Asked, name: str, bench: Bench) -> xr.Dataset:
    return _late("timing", "timed")(asked.spec, **asked.parameters, listen=bench.listen, **_kept(asked, name, bench))


def _examples(asked: Asked, name: str, bench: Bench) -> xr.Dataset:
    spec = asked.spec.settings()[0].spec  # pyright: ignore[reportOptionalMemberAccess]
    return _late("examples")(spec, seeds=_from_zero(asked, bench), store=bench.store, name=name)


def _card(asked: Asked, name: str, bench: Bench) -> xr.Dataset:
    spec = asked.spec.settings()[0].spec  # pyright: ignore[reportOptionalMemberAccess]
    return _late("card", "data_card")(spec, **asked.parameters, store=bench.store, name=name)


def _derivatives(asked: Asked, name: str, bench: Bench) -> xr.Dataset:
    return _late("derivatives")(**asked.parameters, **_kept(asked, name, bench))


def _filtered(asked: Asked, name: str, bench: Bench) -> xr.Dataset:
    how: Mapping[str, Any] = asked.parameters
    kernels = how["kernels"]
    if kernels is None:
        if bench.data is None:
            raise DataError("kernel.npy is read from a user's own folder, got none; give --data DIR")
        kernels = {f"kernel {at}": matrix for at, matrix in enumerate(read_kernels(bench.data))}
    shown = pictures(bench.data, kinds=how["kinds"], each=how["each"])
    return _late("filtering", "filtered")(
        shown, kernels, timed=how["timed"], repeats=how["repeats"], **_kept(asked, name, bench)
    )


KINDS: Mapping[str, Callable[[Asked, str, Bench], Any]] = {
    "training": _training,
    "landscape": _landscape,
    "timed": _timed,
    "examples": _examples,
    "card": _card,
    "derivatives": _derivatives,
    "filtered": _filtered,
}


def _kept(asked: Asked, name: str, bench: Bench) -> dict[str, Any]:
    return {"store": bench.store, "name": name, "engine": asked.engine or bench.engine}


def _from_zero(asked: Asked, bench: Bench) -> Seeds:
    """Example sets stand for themselves: so many of them count from seed 0, whatever the run's first seed is."""
    return bench.seeds if asked.seeds is None else range(asked.seeds)


def _late(module: str, name: str = "") -> Callable[..., xr.Dataset]:
    return getattr(import_module(f"seedbed.procedures.{module}"), name or module)
