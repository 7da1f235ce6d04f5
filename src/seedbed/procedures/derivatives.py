"""Derivatives: an output activation's Jacobian and a loss's gradient at given scores, as an engine computes them.

Nothing is trained and nothing drawn at random; the result is kept like any other record, under seed 0. The gradient of
a neuron's loss by its weight and bias is a `landscape`.
"""

import time
from typing import Any

import numpy as np
import xarray as xr

from seedbed.errors import SpecError, one_of
from seedbed.procedures import engines
from seedbed.procedures.keeping import SEEDS
from seedbed.procedures.machine import processor
from seedbed.procedures.measure import measure
from seedbed.record import Block
from seedbed.spec import Spec
from seedbed.store import Store
from seedbed.vocabulary import data, optimizers

DIMS = {
    "scores": ("point", "unit"),
    "targets": ("point",),
    "output": ("point", "unit"),
    "jacobian": ("point", "unit", "score"),
    "loss": ("point",),
    "gradient": ("point", "score"),
}
KINDS = {"classes": "int", "binary": "float", "sign": "float", "real": "float"}


def derivatives(
    scores: Any, targets: Any, *, loss: Any = "cross_entropy", output: Any = None, kind: str = "classes",
    store: Store | None = None, name: str = "derivatives", engine: str = "jax",
) -> xr.Dataset:  # fmt: skip
    """The record at scores (point, unit) and targets (point,), or (point, unit) where they are no class numbers.

    output    the output activation of the scores (point, unit); None derives it from `kind`, as `Spec` does
    jacobian  d output[unit] / d score (point, unit, score)
    loss      the loss of each point, by itself
    gradient  d loss / d score (point, score)
    scores, targets  as given, in single precision where the engine computes in it

    Engine "jax": automatic differentiation in float32 of what training uses; "reference": by hand in float64, at the
    same scores, rounded to float32. Every variable has a first axis `seed` of length 1.
    Raises: SpecError for scores that are no table of finite numbers, or targets that do not belong to them.
    """
    z, y = _checked(scores, targets, kind)
    spec = Spec(data=data.point(), model="neuron", loss=loss, output=output, optimizer=optimizers.sgd(1.0), steps=1)
    differentiating = engines.module(engine, "derivatives")

    def block() -> Block:
        began = time.perf_counter()
        arrays = {"scores": z, "targets": y, **differentiating.derivatives(spec, z, y, kind)}
        meta = {"engine": engine, "device": processor(), "dtype": "float32" if engine == "jax" else "float64",
                "wall_seconds": round(time.perf_counter() - began, 3), "compile_seconds": 0.0}  # fmt: skip
        dims = {**DIMS, "targets": ("point", "unit")[: y.ndim]}
        return Block(np.asarray(SEEDS), {one: values[None] for one, values in arrays.items()}, dims, {}, meta)

    parts = {"loss": spec.loss.canonical(), "output": spec.output.canonical() if spec.output else None}
    given = {"scores": z, "targets": y, "targets_are": kind, **parts}
    if spec.functions():
        given["own"] = differentiating.own_name(spec, z, y, kind)
    return measure("derivatives", given, None, block, store=store, name=name, engine=engine)


def _checked(scores: Any, targets: Any, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Scores in single precision, and targets as the kind has them."""
    one_of(kind, tuple(KINDS), "the kind of the targets")
    z, y = np.ascontiguousarray(scores, np.float32), np.asarray(targets)
    if z.ndim != 2 or not z.size or not np.isfinite(z).all():
        raise SpecError(f"scores must be finite numbers (point, unit), got the shape {z.shape}; give such a table")
    if kind == "classes":
        whole = y.shape == z.shape[:1] and np.issubdtype(y.dtype, np.integer)
        if not whole or y.min() < 0 or y.max() >= z.shape[1]:
            raise SpecError(f"targets must be a class of 0 to {z.shape[1] - 1} for each of {len(z)} points; give these")
        return z, np.ascontiguousarray(y, np.int32)
    if y.shape != z.shape:
        raise SpecError(f"targets of kind {kind} have the shape of the scores {z.shape}, got {y.shape}; give these")
    return z, np.ascontiguousarray(y, np.float32)
