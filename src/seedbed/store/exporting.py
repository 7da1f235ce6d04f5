"""A record as plain tables for other programs: one line for each network, and one for each network and step."""

from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr

from seedbed.record import SEED, factors
from seedbed.store.files import explained

if TYPE_CHECKING:
    import pandas as pd


def tables(record: xr.Dataset) -> "dict[str, pd.DataFrame]":
    """Tables by name, with the factors and the seed as first columns.

    `members` has one line for each network; `traces` one for each network and step; what is measured by layer or by
    class as well stands in tables such as `traces_by_layer`. Numbers are those of the record, in full. A line without
    any number, such as a step that a setting was not traced on, is left out.
    """
    settings = [*factors(record), SEED]
    grouped: dict[tuple[str, ...], list[str]] = {}
    for name, variable in record.data_vars.items():
        if SEED in variable.dims:
            further = tuple(sorted((str(dim) for dim in variable.dims if dim not in settings), key="step".__ne__))
            grouped.setdefault(further, []).append(str(name))
    found: dict[str, pd.DataFrame] = {}
    for further, names in grouped.items():
        table = record[names].to_dataframe(dim_order=[*settings, *further])
        found[_name(further)] = table.reindex(columns=names).dropna(how="all")
    return found


def write_csv(record: xr.Dataset, folder: Path) -> list[Path]:
    """Write every table of a record as NAME.csv into a folder, made if absent; a number that is none is left empty.

    Raises: StoreError where the folder cannot be written.
    """
    written: list[Path] = []
    with explained("write tables into", folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables(record).items():
            written.append(folder / f"{name}.csv")
            table.to_csv(written[-1])
    return written


def _name(further: tuple[str, ...]) -> str:
    by = "".join(f"_by_{dim}" for dim in further if dim != "step")
    return ("traces" if "step" in further else "members") + by
