"""One number per member, read out of a record as a plain table of seeds by settings.

The other modules of this package compute on these tables, so that any Dataset with a `seed` axis will do, whatever
its factors. Nothing is averaged or dropped here.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from seedbed.errors import StatsError, nearest
from seedbed.record import SEED, factors, independent, name_of

ALONE = "the only setting"


@dataclass(frozen=True, eq=False)
class Members:
    """`values[i, j]` belongs to seed `seeds[i]` under `settings[j]`; the last factor is the fastest."""

    settings: tuple[Mapping[str, Any], ...]
    seeds: np.ndarray
    values: Float[np.ndarray, "seed setting"]

    @property
    def names(self) -> tuple[str, ...]:
        """The settings in words."""
        return tuple(name_of(levels) or ALONE for levels in self.settings)

    def column(self, levels: Mapping[str, Any] | None = None) -> int:
        """The index of the setting with exactly these levels; None where there is only one setting."""
        if levels is None and len(self.settings) == 1:
            return 0
        for index, known in enumerate(self.settings):
            if levels is not None and dict(levels) == dict(known):
                return index
        received = "none" if levels is None else name_of(levels) or "{}"
        raise StatsError(f'levels must name one setting, got "{received}"; give one of: {"; ".join(self.names)}')


def read(record: xr.Dataset, variable: str) -> Members:
    """The members' values of one variable; its axes must be `seed` and factors, which keep the record's order.

    Seeds that are copies of others (`record.independent`) are no members of their own and left out.
    Raises: StatsError for a variable that is absent, has no seeds, or has further axes.
    """
    if not hasattr(record, "data_vars"):  # a DataArray, as a rule
        raise StatsError(
            f"members are read from an xarray Dataset, got {type(record).__name__}; write array.to_dataset(name=...)"
        )
    record = independent(record)
    if variable not in record:
        known = ", ".join(map(str, record.data_vars))
        raise StatsError(
            f'no variable "{variable}" in this record{nearest(variable, map(str, record))} (it has {known})'
        )
    axes = axes_of(record, variable)
    if record[variable].dtype.kind not in "biuf":
        raise StatsError(
            f"{variable} must hold numbers, got {record[variable].dtype}; write NaN where there is none, and yes or no "
            "as 1 or 0"
        )
    part = record[variable].transpose(SEED, *axes)
    if part.sizes[SEED] == 0:
        raise StatsError(f"{variable} has no seeds, got an axis of length 0; run some seeds first")
    seeds = part[SEED].values
    if len(np.unique(seeds)) < len(seeds):
        raise StatsError(
            f"every seed may appear once, got {len(seeds) - len(np.unique(seeds))} repeated; drop the doubles"
        )
    values = part.values.astype(np.float64).reshape(len(seeds), -1)
    levels = itertools.product(*(part[axis].values.tolist() for axis in axes))
    return Members(tuple(dict(zip(axes, chosen, strict=True)) for chosen in levels), seeds, values)


def axes_of(record: xr.Dataset, variable: str) -> list[str]:
    """The factor axes of a variable, in the record's order."""
    dims = [str(dim) for dim in record[variable].dims]
    if SEED not in dims:
        raise StatsError(
            f"{variable} has no seed axis, got axes {', '.join(dims) or 'none'}; name the axis of members seed"
        )
    further = [dim for dim in ("step", "layer") if dim in dims]
    if further:
        raise StatsError(
            f"{variable} must hold one number per member, got an axis {further[0]}; select one {further[0]} first"
        )
    known = [dim for dim in factors(record) if dim in dims]
    return known + [dim for dim in dims if dim not in (SEED, *known)]
