"""What must be known of a run before anything else: networks that are copies, runs in which every network was lost."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from seedbed.record import factors, name_of, rows
from seedbed.report.page import Prose, Section


def cautions(records: Mapping[str, xr.Dataset]) -> list[str]:
    """Sentences, none where all is well; each begins with the record's name where there are several."""
    trained = {name: record for name, record in records.items() if "stop_step" in record}
    several = len(trained) > 1
    return [f"{name}: {told}" if several else told for name, record in trained.items() for told in _of(record)]


def first_section(told: list[str]) -> list[Section]:
    """The sentences as the first section of a page, or nothing."""
    return [Section("To be known first", [Prose(sentence) for sentence in told])] if told else []


def _of(record: xr.Dataset) -> list[str]:
    told = [str(record.attrs["copies"]).capitalize() + "."] if record.attrs.get("copies") else []
    if "diverged_step" not in record or not record.sizes["seed"]:
        return told
    lost = [(name_of(levels), _fate(part)) for levels, part in rows(record)]
    ended = [(name, fate) for name, fate in lost if fate]
    if not ended:
        return told
    if len(ended) == len(lost) and len({fate for _, fate in ended}) == 1:
        where = " of every setting" if factors(record) else ""
        return [*told, f"Every network{where} {ended[0][1]}: nothing here tells how such networks learn."]
    names = "; ".join(f"{name} ({fate})" for name, fate in ended[:4])
    more = f" and {len(ended) - 4} more" if len(ended) > 4 else ""
    return [*told, f"Every network was lost in {len(ended)} of {len(lost)} settings: {names}{more}."]


def _fate(part: Any) -> str:
    """How all members of a setting were lost, or nothing where some were not."""
    diverged = np.isfinite(part["diverged_step"].values)
    if diverged.all():
        return f"diverged, half of them by step {np.median(part['diverged_step'].values):,.0f}"
    arrived = np.isfinite(part["hit_step"].values) if "hit_step" in part else np.zeros(diverged.shape, bool)
    dead = part["final_dead"].values == 1 if "final_dead" in part else np.zeros(diverged.shape, bool)
    gone = diverged | dead
    if gone.all() and not arrived.any():
        return "died" if not diverged.any() else "diverged or died"
    return ""
