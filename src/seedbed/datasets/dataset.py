"""A data set as arrays that have been checked once, where they came in.

The only place that decides what is a valid data set. It knows no names and reads no files: see `load`.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeGuard, get_args

import numpy as np

from seedbed.errors import DataError

Kind = Literal["binary", "classes", "sign", "real"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LABELS = {"binary": "0 or 1", "classes": "whole numbers from 0", "sign": "-1 or 1"}


@dataclass(frozen=True, eq=False)
class Dataset:
    """Examples with their targets, ready to train on; `dataset` makes and checks one.

    `inputs` float32 `(example, *shape)`; `targets` float32 `(example, unit)`, for classes int32 `(example,)`.
    With `fresh=True` both have a leading axis of members, each with a draw of its own. `units` is the number of
    outputs a model needs. The arrays are read-only.
    """

    inputs: np.ndarray
    targets: np.ndarray
    target: Kind
    units: int
    fresh: bool
    origin: str
    test_inputs: np.ndarray | None = None
    test_targets: np.ndarray | None = None

    @property
    def examples(self) -> int:
        """The number of training examples of one member."""
        return self.inputs.shape[1 if self.fresh else 0]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input."""
        return self.inputs.shape[2 if self.fresh else 1 :]

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the contents: kind, shapes, types and bytes of all arrays."""
        digest = hashlib.sha256(f"{self.target} {self.units} {self.fresh}".encode())
        for array in (self.inputs, self.targets, self.test_inputs, self.test_targets):
            digest.update(b"|absent" if array is None else f"|{array.dtype.str} {array.shape}|".encode())
            digest.update(b"" if array is None else np.ascontiguousarray(array).data)
        return digest.hexdigest()


def dataset(
    inputs: Any,
    targets: Any,
    target: str,
    *,
    units: int | None = None,
    fresh: bool = False,
    origin: str = "these data",
    test_inputs: Any = None,
    test_targets: Any = None,
    soft: bool = False,
) -> Dataset:
    """Check arrays and make a data set of them.

    Targets of shape `(example,)` stand for one unit. `units` is needed where not every class occurs in `targets`.
    `soft=True` allows binary targets between 0 and 1, as probabilities. Raises DataError.
    """
    if not _is_kind(target):
        raise DataError(f'the targets of {origin} are of kind {target!r}; write "binary", "classes", "sign" or "real"')
    if soft and target != "binary":
        raise DataError(f'{origin} has soft targets of kind "{target}"; only binary targets can be probabilities')
    if (test_inputs is None) != (test_targets is None):
        raise DataError(f"{origin} has only one of test inputs and test targets; give both or none")
    x, y = _split(inputs, targets, target, fresh, soft, f"{origin}")
    outputs = _units(y, target, units, origin)
    if test_inputs is None:
        return Dataset(x, y, target, outputs, fresh, origin)
    test_x, test_y = _split(test_inputs, test_targets, target, fresh, soft, f"the test split of {origin}")
    lead = 1 if fresh else 0
    if test_x.shape[:lead] != x.shape[:lead] or test_x.shape[lead + 1 :] != x.shape[lead + 1 :]:
        raise DataError(f"{origin} has inputs {x.shape} but test inputs {test_x.shape}; give examples of one shape")
    if _units(test_y, target, outputs, f"the test split of {origin}") != outputs:
        raise DataError(f"{origin} has targets {y.shape} but test targets {test_y.shape}; give the same units")
    return Dataset(x, y, target, outputs, fresh, origin, test_x, test_y)


def _is_kind(target: str) -> TypeGuard[Kind]:
    return target in KINDS


def _split(
    inputs: Any, targets: Any, target: Kind, fresh: bool, soft: bool, origin: str
) -> tuple[np.ndarray, np.ndarray]:
    x = _numbers(inputs, f"the inputs of {origin}")
    y = _numbers(targets, f"the targets of {origin}")
    lead = 2 if fresh else 1
    if x.ndim <= lead:
        raise DataError(f"the inputs of {origin} have shape {x.shape}; give {'member, ' * fresh}example, then features")
    if x.size == 0:
        raise DataError(f"{origin} has no examples, its inputs have shape {x.shape}; give at least one")
    if y.ndim == lead + 1 and target == "classes" and y.shape[-1] == 1:
        y = y[..., 0]
    if y.shape[:lead] != x.shape[:lead] or y.ndim not in ((lead,) if target == "classes" else (lead, lead + 1)):
        raise DataError(f"{origin} has inputs {x.shape} but targets {y.shape}; give one target for each example")
    _check_values(y, target, soft, origin)
    if target == "classes":
        return _sealed(x.astype(np.float32)), _sealed(y.astype(np.int32))
    y = y if y.ndim == lead + 1 else y[..., None]
    return _sealed(x.astype(np.float32)), _sealed(y.astype(np.float32))


def _numbers(values: Any, what: str) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
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


def _check_values(y: np.ndarray, target: Kind, soft: bool, origin: str) -> None:
    if target == "real":
        return
    good = (y >= 0) & (y <= 1) if soft else _allowed(y, target)
    if not good.all():
        raise DataError(
            f"labels of {origin} must be {LABELS[target]}, got {y[~good].flat[0]:g}; relabel them, or name another kind"
        )


def _allowed(y: np.ndarray, target: Kind) -> np.ndarray:
    if target == "classes":
        return (y >= 0) & (y == np.floor(y))
    return (y == 1) | (y == (0 if target == "binary" else -1))


def _units(y: np.ndarray, target: Kind, units: int | None, origin: str) -> int:
    found = int(y.max()) + 1 if target == "classes" else y.shape[-1]
    if units is None or units == found or (target == "classes" and units > found):
        return found if units is None else units
    raise DataError(f"the targets of {origin} need {found} units, got units={units}; give at least {found}")


def _sealed(array: np.ndarray) -> np.ndarray:
    array = array.view()
    array.setflags(write=False)
    return array
