"""`measure`: keep what is measured without training, by its kind, what it was given, and the question, if there is one.

Everything that is not training comes through here: landscapes, timings, examples, derivatives, filtered images. A
result is named by kind, parameters (arrays by their bytes), engine, question and the sources of seedbed, so another
grid, kernel or table of scores is another result. What trains is `run`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed import record
from seedbed.engine import plan
from seedbed.procedures.keeping import kept
from seedbed.procedures.run import run
from seedbed.progress import Listener, Progress, silent
from seedbed.record import Block
from seedbed.spec import Spec, digest
from seedbed.store import Store

if TYPE_CHECKING:
    import xarray as xr


def measure(
    kind: str,
    parameters: Mapping[str, Any],
    spec: Spec | None,
    compute: Callable[..., Block],
    *,
    store: Store | None = None,
    name: str,
    engine: str = "jax",
    seeds: Any = 1,
    per_setting: bool = True,
    listen: Listener = silent,
    notes: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """The record of what `compute` gives; what the store holds already is not computed again.

    With a question, `compute(setting's question, data of seeds, seeds)` gives the block of one setting; where settings
    of one recipe would give the same, `per_setting=False` computes it once for all of them. Without one, `compute()`
    gives the only block.
    """
    told = {key: named(value) for key, value in parameters.items()}
    if spec is None:
        about = dict(notes or {})
        block = kept(kind, {"engine": engine, **told}, compute, store=store, name=name, attributes=about)
        return record.put_together({}, [block], {**block.meta, **about})
    train = _by(compute, kind, per_setting, listen)
    whose = f"{engine} {kind} {digest(told)}".strip()
    return run(spec, seeds, store=store, name=name, engine=whose, train=train, listen=listen, notes=notes)


def named(value: Any) -> Any:
    """A parameter as JSON-ready data: an array, or several by name, by shape and bytes.

    >>> named(np.zeros(3))["shape"], named(0.5)
    ([3], 0.5)
    """
    if isinstance(value, Mapping):
        return {str(key): named(one) for key, one in value.items()}
    if not isinstance(value, np.ndarray):
        return value
    whole = np.ascontiguousarray(value)
    return {
        "dtype": str(whole.dtype),
        "shape": list(whole.shape),
        "sha256": hashlib.sha256(whole.tobytes()).hexdigest(),
    }


def _by(compute: Callable[..., Block], kind: str, per_setting: bool, listen: Listener) -> Any:
    """A function that "trains" a group by computing the blocks of its settings."""

    def train(
        group: plan.Group, dataset_of: Any, *, name: str = "", group_number: tuple[int, int] = (1, 1), **_: Any
    ) -> Iterator[tuple[int, Block]]:
        cap, done = group.spec.steps, None
        listen(Progress("training", f"{kind} of {name}", *group_number, 0, cap, 1, 1))
        for planned in group.planned_blocks:
            seeds = np.asarray(planned.seeds)
            if done is None or per_setting:
                done = compute(planned.spec, dataset_of, seeds)
            yield planned.setting, Block(seeds, done.arrays, done.dims, done.coords, done.meta)
        listen(Progress("stored", f"{kind} of {name}", *group_number, cap, cap, 0, 1))

    return train
