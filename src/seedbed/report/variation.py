"""Where the variation comes from, told: a crossing of initial weights, data and order as a section of a page."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from seedbed.errors import StatsError
from seedbed.record import SEED, name_of
from seedbed.report.numbers import interval, tenths
from seedbed.report.page import Prose, Section, Table
from seedbed.stats.interval import Interval
from seedbed.stats.sources import Sources, sources


def variation(
    record: xr.Dataset, axes: Mapping[str, str], missing: Sequence[str]
) -> tuple[Section, list[dict[str, Any]]]:
    """The section, and the same as data for `summary.json`. `axes`: words for dimensions."""
    crossed = {dim: words for dim, words in axes.items() if record.sizes.get(dim, 1) > 1}
    values, what = outcome(record)
    found: list[tuple[str, Sources | str]] = []
    others = [str(dim) for dim in values.dims if dim not in crossed and dim != SEED]
    for chosen in itertools.product(*(values[dim].values.tolist() for dim in others)):
        levels = dict(zip(others, chosen, strict=True))
        found.append((name_of(levels), _of(values.sel(levels), crossed)))
    items = list(_items(found, list(crossed.values()), what, missing))
    plain = [{"setting": name, "of": what, **(one.plain() if isinstance(one, Sources) else {"missing": one})}
             for name, one in found]  # fmt: skip
    return Section("Where the variation comes from", items), plain


def outcome(record: xr.Dataset) -> tuple[xr.DataArray, str]:
    """One number per member: the step of arrival up to the cap where there is a target, else the last loss."""
    if record.attrs.get("target"):
        return record["hit_step"].fillna(record.attrs["cap"]), "steps to arrive (at most the cap)"
    name = "final_test_loss" if "final_test_loss" in record else "final_train_loss"
    return record[name], f"last {'test' if 'test' in name else 'training'} loss"


def _of(values: xr.DataArray, crossed: Mapping[str, str]) -> Sources | str:
    table = values.transpose(*crossed, ...).values.reshape([values.sizes[dim] for dim in crossed])
    try:
        return sources(np.asarray(table, float), list(crossed.values()))
    except StatsError as why:
        return str(why)


def _items(
    found: Sequence[tuple[str, Sources | str]], names: Sequence[str], what: str, missing: Sequence[str]
) -> Iterator[Prose | Table]:
    known = [(name, one) for name, one in found if isinstance(one, Sources)]
    yield Prose(
        f"Each network's {', '.join(names[:-1])} and {names[-1]} were drawn apart and crossed: every level of one "
        f"meets every level of the others. The share of a source is the part of the variance of the {what} that is "
        "gone when that source alone is held fixed; *together* is what no source explains alone."
        + "".join(f" Not crossed: {why}." for why in missing)
    )
    if known:
        counts = " × ".join(f"{count} {name}" for name, count in known[0][1].levels.items())
        yield Table(
            ("setting", "standard deviation", *names, "together"),
            [(name or "all", interval(one.deviation, lambda value: f"{value:.3g}"),
              *(_share(one.shares[source]) for source in names), _share(one.together)) for name, one in known],
            f"{what.capitalize()}: {counts} per setting; shares of the variance with 95 % intervals (levels of all "
            "sources resampled).",
        )  # fmt: skip
        yield Prose("\n".join(f"- {_sentence(name, one)}" for name, one in known))
    for name, one in found:
        if isinstance(one, str):
            yield Prose(f"{name or 'The networks'}: no shares, {one}.")


def _share(share: Interval) -> str:
    return "—" if np.isnan(share.estimate) else tenths(share)


def _sentence(name: str, one: Sources) -> str:
    """Which source weighs most, where the intervals allow to say so."""
    of = f"**{name}**: " if name else ""
    parts = {**one.shares, "their acting together": one.together}
    if any(np.isnan(share.estimate) for share in parts.values()):
        return f"{of}all networks agree, so there is nothing to divide."
    first, *others = sorted(parts, key=lambda key: -parts[key].estimate)
    clear = all(parts[first].low > parts[other].high for other in others)
    most = f"{first} {'weighs' if clear else 'seems to weigh'} most, {tenths(parts[first])} of the variance"
    return f"{of}{most}" + (
        "." if clear else "; the intervals of the shares overlap, so more levels may say otherwise."
    )
