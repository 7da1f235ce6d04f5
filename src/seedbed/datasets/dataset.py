"""A data set as arrays that have been checked once, where they came in.

The only place that decides what is a valid data set. It knows no names and reads no files: see `load`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from seedbed.datasets.arrays import Scale, checked_inputs, checked_targets, checked_units, scale_of, sealed
from seedbed.datasets.heads import Head, Kind, Target, each, kinds, wanted_units
from seedbed.errors import DataError

LARGEST, LEAST = 10.0, 0.01  # of the root mean square of inputs; every initial draw is made for numbers about 1


@dataclass(frozen=True, eq=False)
class Dataset:
    """Examples with their targets, ready to train on; `dataset` makes and checks one.

    `inputs` float32 `(example, *shape)`; `targets` float32 `(example, unit)`, for classes int32 `(example,)`.
    With several heads `target` is "several", `targets` float32 `(example, column)`: the columns of `heads` side by
    side, the number of the class in the one column of a head of classes.
    With `fresh=True` both have a leading axis of members, each with a draw of its own. `units` is the number of
    outputs a model needs, over all heads. The splits "valid" and "test" are None where there are none. The arrays are
    read-only.
    """

    inputs: np.ndarray
    targets: np.ndarray
    target: Target
    units: int
    fresh: bool
    origin: str
    test_inputs: np.ndarray | None = None
    test_targets: np.ndarray | None = None
    heads: tuple[Head, ...] = ()
    valid_inputs: np.ndarray | None = None
    valid_targets: np.ndarray | None = None

    @property
    def splits(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Inputs and targets of every split there is: "train", and maybe "valid" and "test"."""
        held = {"valid": (self.valid_inputs, self.valid_targets), "test": (self.test_inputs, self.test_targets)}
        there = {name: (x, y) for name, (x, y) in held.items() if x is not None and y is not None}
        return {"train": (self.inputs, self.targets), **there}

    @property
    def sizes(self) -> tuple[tuple[str, int], ...]:
        """The examples of every split, of one member."""
        return tuple((name, x.shape[1 if self.fresh else 0]) for name, (x, _) in self.splits.items())

    @property
    def examples(self) -> int:
        """The number of training examples of one member."""
        return self.inputs.shape[1 if self.fresh else 0]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input."""
        return self.inputs.shape[2 if self.fresh else 1 :]

    @property
    def advice(self) -> str:
        """A line where all labels are of one class, or the inputs have a scale that no initial draw is made for."""
        return "; ".join(filter(None, (self._one_class, self._scale)))

    @property
    def _one_class(self) -> str:
        first, single = 0, list[str]()
        columns = self.targets.reshape(-1, 1 if self.targets.ndim == 1 + self.fresh else self.targets.shape[-1])
        for head in self.heads:
            part = columns[:, first : first + head.columns]
            first += head.columns
            if head.kind != "real" and self.examples > 1 and (part == part[0]).all():
                single.append(f" of {head.name}" if head.name else "")
        if not single:
            return ""
        return (
            f"all {self.examples} training examples of {self.origin} have the same label{' and'.join(single)}, so a "
            "constant answer is right and nothing about classes is learned; look at the labels, or at how examples "
            "were chosen"
        )

    @property
    def _scale(self) -> str:
        flat = self.inputs.reshape(-1)
        size = float(np.sqrt(np.vdot(flat, flat) / flat.size))
        if LEAST <= size <= LARGEST or size == 0:
            return ""
        return (
            f"the inputs of {self.origin} have a root mean square of {size:,.3g}, and initial draws are made for "
            f"numbers about 1 ({LEAST:g} to {LARGEST:g}); divide them, or standardize=True"
        )

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the contents: kinds, names of several heads, shapes, types and bytes of all arrays."""
        named = "".join(f" {head.name} {head.kind} {head.units}" for head in self.heads if head.name)
        digest = hashlib.sha256(f"{self.target} {self.units} {self.fresh}{named}".encode())
        for array in (self.inputs, self.targets, self.test_inputs, self.test_targets):
            digest.update(b"|absent" if array is None else f"|{array.dtype.str} {array.shape}|".encode())
            digest.update(b"" if array is None else np.ascontiguousarray(array).data)
        if self.valid_inputs is not None and self.valid_targets is not None:  # sets without keep their names
            for array in (self.valid_inputs, self.valid_targets):
                digest.update(f"|valid {array.dtype.str} {array.shape}|".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def dataset(
    inputs: Any,
    targets: Any,
    target: str | Mapping[str, str],
    *,
    units: int | Mapping[str, int] | None = None,
    fresh: bool = False,
    origin: str = "these data",
    valid_inputs: Any = None,
    valid_targets: Any = None,
    test_inputs: Any = None,
    test_targets: Any = None,
    soft: bool = False,
    standardize: str | bool = False,
) -> Dataset:
    """Check arrays and make a data set of them.

    Targets of shape `(example,)` stand for one unit. `units` is needed where not every class occurs in `targets`.
    `standardize=True` subtracts the mean of the training inputs from the inputs of every split and divides by their
    deviation: that of each feature where an example is a row, that of all numbers where it is an image; `scale_of` says
    what else it can be.
    `soft=True` allows binary targets between 0 and 1, as probabilities. Several things to predict are named: `target`
    maps each name to a kind, `targets` (and those of other splits, and `units` where needed) to what belongs to it.
    Raises DataError.

    >>> one = dataset([[1.0], [2.0]], {"label": [0, 1], "width": [3, 4]}, {"label": "binary", "width": "real"})
    >>> one.target, one.units, one.targets.tolist()
    ('several', 2, [[0.0, 3.0], [1.0, 4.0]])
    """
    named = kinds(target, origin)
    if soft and "binary" not in named.values():
        what = f'kind "{target}"' if isinstance(target, str) else f"the kinds {', '.join(named.values())}"
        raise DataError(f"{origin} has soft targets of {what}; only binary targets can be probabilities")
    further = {"valid": (valid_inputs, valid_targets), "test": (test_inputs, test_targets)}
    for name, (more, their) in further.items():
        if (more is None) != (their is None):
            raise DataError(f"{origin} has only one of {name} inputs and {name} targets; give both or none")
    asked = wanted_units(units, named, origin)
    scale = scale_of(inputs, standardize, origin)
    x, y, found = _split(inputs, targets, named, asked, fresh, soft, origin, scale)
    heads = tuple(Head(name, kind, count) for (name, kind), count in zip(named.items(), found, strict=True))
    kind: Target = heads[0].kind if len(heads) == 1 else "several"
    held: dict[str, np.ndarray] = {}
    for name, (more, their) in further.items():
        if more is None:
            continue
        where = f"the {name} split of {origin}"
        held_x, held_y, _ = _split(more, their, named, found, fresh, soft, where, scale)
        lead = 1 if fresh else 0
        if held_x.shape[:lead] != x.shape[:lead] or held_x.shape[lead + 1 :] != x.shape[lead + 1 :]:
            raise DataError(
                f"{origin} has inputs {x.shape} but {name} inputs {held_x.shape}; give examples of one shape"
            )
        held |= {f"{name}_inputs": held_x, f"{name}_targets": held_y}
    return Dataset(x, y, kind, sum(found), fresh, origin, heads=heads, **held)


def _split(
    inputs: Any,
    targets: Any,
    named: Mapping[str, Kind],
    units: list[int] | list[int | None],
    fresh: bool,
    soft: bool,
    origin: str,
    scale: Scale | None = None,
) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """The inputs, the targets of all heads in one array, and the units of each head."""
    x = checked_inputs(inputs, fresh, origin, scale)
    columns: list[np.ndarray] = []
    found: list[int] = []
    for (place, values), kind, asked in zip(each(targets, named, origin), named.values(), units, strict=True):
        y = checked_targets(values, kind, x, fresh, soft, place)
        found.append(checked_units(y, kind, asked, place))
        columns.append(y)
    if len(columns) == 1:
        return x, columns[0], found
    lead = 2 if fresh else 1
    wide = [y if y.ndim == lead + 1 else y[..., None] for y in columns]
    return x, sealed(np.concatenate(wide, axis=-1, dtype=np.float32)), found
