"""Arrays as they come in from outside, checked and converted: finite numbers, a target for each example, right values.

Each function looks at one array or one head; `dataset` says which. Everything that will not do is one sentence.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from seedbed.datasets.heads import Kind
from seedbed.errors import DataError

EXAMPLES_COMPARED, KEPT_SHARE = 1024, 0.9  # where values that differ are looked for, and how many must stay so
STANDARDIZATIONS = ("none", "scalar", "pixel", "half")  # of images; rows are standardized feature by feature
FLOOR = 0.1  # of the deviation of all pixels: the least deviation by which one pixel is divided
LABELS = {"binary": "0 or 1", "classes": "whole numbers from 0", "sign": "-1 or 1"}


@dataclass(frozen=True)
class Scale:
    """What is subtracted from inputs and what they are divided by: one number, or one for each feature or pixel."""

    mean: np.ndarray
    deviation: np.ndarray


def checked_inputs(values: Any, fresh: bool, origin: str, scale: Scale | None = None) -> np.ndarray:
    """Inputs as float32 `(example, *shape)`, with `fresh` a member axis in front. Raises DataError.

    `scale` is subtracted and divided by first, in double precision.
    """
    x = numbers(values, f"the inputs of {origin}")
    x = x if scale is None else (x.astype(np.float64) - scale.mean) / scale.deviation
    if x.ndim <= (2 if fresh else 1):
        raise DataError(f"the inputs of {origin} have shape {x.shape}; give {'member, ' * fresh}example, then features")
    if x.size == 0:
        raise DataError(f"{origin} has no examples, its inputs have shape {x.shape}; give at least one")
    _still_distinct(x.reshape(-1, *x.shape[2:]) if fresh else x, f"the inputs of {origin}")
    return sealed(x.astype(np.float32))


def scale_of(values: Any, how: str | bool, origin: str) -> Scale | None:
    """The scale of training inputs `(example, *shape)`; None for "none" and False. Raises DataError.

    "scalar": mean and standard deviation of all numbers together. "pixel": of each pixel of images, the deviation at
    least `FLOOR` times that of all pixels, because some pixels never vary. "half": (x - 0.5) / 0.5, which brings
    inputs in [0, 1] to [-1, 1]. True: of each feature of rows, "scalar" for images. Where nothing varies at all, the
    deviation is 1.
    """
    if how in ("none", False):
        return None
    x = numbers(values, f"the inputs of {origin}")
    if how == "half":
        _check_unit(x, origin)
        return Scale(np.asarray(0.5), np.asarray(0.5))
    if how == "pixel" and x.ndim == 2:
        raise DataError(
            f'the inputs of {origin} are rows of shape {x.shape}, got standardize="pixel"; write standardize=True, '
            "which standardizes rows feature by feature"
        )
    axes = 0 if how == "pixel" or (how is True and x.ndim == 2) else None
    mean, deviation = np.mean(x, axis=axes, dtype=np.float64), np.std(x, axis=axes, dtype=np.float64)
    if how == "pixel":
        deviation = np.maximum(deviation, FLOOR * np.std(x, dtype=np.float64))
    return Scale(np.asarray(mean), np.where(deviation > 0, deviation, 1.0))


def _check_unit(x: np.ndarray, origin: str) -> None:
    low, high = float(x.min(initial=0)), float(x.max(initial=0))
    if low < 0 or high > 1:
        raise DataError(
            f'standardize="half" is for inputs in [0, 1], those of {origin} lie in [{low:g}, {high:g}]; '
            'divide them first, or write standardize="scalar"'
        )


def _still_distinct(x: np.ndarray, what: str) -> None:
    """Values that differ still differ in single precision; looked for feature by feature in some examples."""
    if x.dtype.kind == "b" or x.dtype.itemsize <= 2 or x.dtype == np.float32:
        return
    some = np.sort(x[:EXAMPLES_COMPARED].reshape(min(len(x), EXAMPLES_COMPARED), -1), axis=0)
    before = 1 + (np.diff(some, axis=0) > 0).sum(axis=0)
    after = 1 + (np.diff(some.astype(np.float32), axis=0) > 0).sum(axis=0)
    lost = after < KEPT_SHARE * before
    if lost.any():
        at = int(np.flatnonzero(lost)[0])
        raise DataError(
            f"{what} have {before[at]} different values of feature {at} in {len(some)} examples, and {after[at]} in "
            "single precision, in which networks compute; subtract what they have in common first, for instance by "
            "standardize=True"
        )


def checked_targets(values: Any, kind: Kind, inputs: np.ndarray, fresh: bool, soft: bool, origin: str) -> np.ndarray:
    """Targets of one head for these inputs: float32 `(example, unit)`, or int32 `(example,)` for classes.

    With `fresh` a member axis in front. Raises DataError.
    """
    y = numbers(values, f"the targets of {origin}")
    if kind in ("classes", "binary") and not fresh and _one_hot(y):
        raise DataError(
            f"the targets of {origin} are rows with a single 1, of shape {y.shape}: classes, one-hot; give the numbers "
            'of the classes, targets.argmax(axis=1), and the kind "classes"'
        )
    if kind == "real":
        _still_distinct(y, f"the targets of {origin}")
    lead = 2 if fresh else 1
    if y.ndim == lead + 1 and kind == "classes" and y.shape[-1] == 1:
        y = y[..., 0]
    if y.shape[:lead] != inputs.shape[:lead] or y.ndim not in ((lead,) if kind == "classes" else (lead, lead + 1)):
        raise DataError(f"{origin} has inputs {inputs.shape} but targets {y.shape}; give one target for each example")
    _check_values(y, kind, soft and kind == "binary", origin)
    if kind == "classes":
        return sealed(y.astype(np.int32))
    return sealed((y if y.ndim == lead + 1 else y[..., None]).astype(np.float32))


def checked_units(y: np.ndarray, kind: Kind, units: int | None, origin: str) -> int:
    """The number of outputs these targets need; `units`, where given, must not be too few. Raises DataError."""
    found = int(y.max()) + 1 if kind == "classes" else y.shape[-1]
    if units is None or units == found or (kind == "classes" and units > found):
        return found if units is None else units
    raise DataError(f"the targets of {origin} need {found} units, got units={units}; give at least {found}")


def numbers(values: Any, what: str) -> np.ndarray:
    """An array of finite numbers. Raises DataError."""
    if np.ma.is_masked(values):
        raise DataError(
            f"{what} hold {np.ma.count_masked(values)} masked values, which networks would see; drop these examples, "
            "or fill them in"
        )
    try:
        array = np.asarray(values)
    except (ValueError, TypeError):  # rows of different lengths
        raise DataError(f"{what} are not one array; give rows of one length") from None
    if array.dtype.kind not in "biuf":
        raise DataError(f"{what} have type {array.dtype}, not numbers; convert them first")
    with np.errstate(over="ignore"):  # what overflows is named below
        bad = ~np.isfinite(array.astype(np.float32, copy=False))
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise DataError(
            f"{what} hold {array[where]} at index {where} ({bad.sum()} such); give finite numbers of float32"
        )
    return array


def _one_hot(y: np.ndarray) -> bool:
    """Whether these are at least two columns, every row of them has exactly one 1, and each column some."""
    if y.ndim != 2 or y.shape[1] < 2 or len(y) < 4 or not np.isin(y, (0, 1)).all():
        return False
    return bool((y.sum(axis=1) == 1).all() and (y.sum(axis=0) > 0).all())


def sealed(array: np.ndarray) -> np.ndarray:
    """A view of the array that cannot be written to."""
    array = array.view()
    array.setflags(write=False)
    return array


def _check_values(y: np.ndarray, kind: Kind, soft: bool, origin: str) -> None:
    if kind == "real":
        return
    good = (y >= 0) & (y <= 1) if soft else _allowed(y, kind)
    if not good.all():
        raise DataError(
            f"labels of {origin} must be {LABELS[kind]}, got {y[~good].flat[0]:g}; relabel them, or name another kind"
        )


def _allowed(y: np.ndarray, kind: Kind) -> np.ndarray:
    if kind == "classes":
        return (y >= 0) & (y == np.floor(y))
    return (y == 1) | (y == (0 if kind == "binary" else -1))
