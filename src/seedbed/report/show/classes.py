"""A block about classes: which are learned well, and which are taken for which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import seedbed as sb
from seedbed.record import name_of, rows
from seedbed.report.context import Block, Context
from seedbed.report.numbers import MISSING, percent, tenths
from seedbed.report.page import Answer, Figure, Prose, Reading, Table
from seedbed.report.show.training import SPLITS

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.stats.interval import Interval

PANELS, COLUMNS = 4, 6  # settings drawn, and settings in the table


class Counted(NamedTuple):
    """The shares of one setting: `shares` (member, true, predicted), rows of which add up to 1, and the means of the
    diagonal with their intervals."""

    name: str
    shares: np.ndarray
    right: list[Interval]


def confusion(split: str = "test", *, record: str = "", names: Sequence[str] = ()) -> Block:
    """The confusion matrix of a split where members stopped, as shares of each true class, and a table by class.

    The record needs the probe `confusion`. `names` of classes, by default those of a known data set, else numbers.
    """

    def items(context: Context) -> Iterator[Any]:
        found = context.record(record)
        variable = variable_of(found, split)
        if not variable:
            yield Prose(f"This run kept no confusion matrix of the {SPLITS.get(split, split).lower()} split.")
            return
        spec = context.spec(record)
        labels = [f"{label}" for label in found["true"].values.tolist()]
        known = tuple(names) or (sb.data.class_names(spec.data.name) if spec is not None else ())
        classes = known if len(known) == len(labels) else tuple(labels)
        yield from class_items(found, variable, classes, split)

    return Block("Class by class", items)


def variable_of(record: xr.Dataset, split: str) -> str:
    """The name under which a record holds the confusion matrix of a split where members stopped; "" for none."""
    found = [str(name) for name in record.data_vars if str(name).startswith(f"final_{split}_")]
    return next((name for name in found if name.endswith("confusion")), "")


def class_items(record: xr.Dataset, variable: str, classes: Sequence[str], split: str) -> Iterator[Any]:
    """Figure, table, sentences and readings of a record's confusion matrices."""
    counted = [one for one in (_counted(levels, part[variable].values) for levels, part in rows(record)) if one]
    if not counted:
        yield Prose("No member has a confusion matrix of finite answers.")
        return
    where = SPLITS.get(split, split).lower()
    drawn = counted[:PANELS]
    some = f" The first {PANELS} of {len(counted)} settings are drawn." if len(counted) > PANELS else ""
    n = _sizes(drawn)
    yield Figure(
        f"confusion_{split}", sb.figures.confusions({one.name: one.shares.mean(axis=0) for one in drawn}, classes),
        f"Of every true class of the {where} split (rows) the share, in percent, that is given each class (columns), "
        f"mean of {n}; cells below 0.05 % are blank.{some}",
        f"Confusion matrices of the {where} split, classes {', '.join(classes)}",
    )  # fmt: skip
    shown = counted[:COLUMNS]
    yield Table(
        ("class", *(one.name or "share right" for one in shown)),
        [(name, *(_cell(one.right[place]) for one in shown)) for place, name in enumerate(classes)],
        f"Share of the {where} images of each class that are given it: mean over {_sizes(shown)}, with 95 % intervals "
        f"(BCa bootstrap over seeds).{f' {COLUMNS} of {len(counted)} settings.' if len(counted) > COLUMNS else ''}",
    )
    said = " ".join(sentence(one, classes, where) for one in counted[:PANELS])
    yield Prose(said)
    yield Answer(sentence(counted[0], classes, where))
    yield Reading(
        f"class_accuracy_{split}",
        {one.name or "record": {name: right.plain() for name, right in zip(classes, one.right, strict=True)}
         for one in counted},
    )  # fmt: skip


def sentence(one: Counted, classes: Sequence[str], where: str) -> str:
    """The hardest class of a setting, what it is taken for, and the easiest one."""
    mean = one.shares.mean(axis=0)
    diagonal = np.diagonal(mean)
    hard, easy = int(np.nanargmin(diagonal)), int(np.nanargmax(diagonal))
    others = np.where(np.arange(len(classes)) == hard, -1, mean[hard])
    taken = int(np.argmax(others))
    lost = sb.stats.scores.mean(one.shares[:, hard, taken])
    lead = f"{one.name}: the" if one.name else "The"
    mistaken = f", most often taken for {classes[taken]} ({tenths(lost)})" if lost.estimate > 0 else ""
    return (
        f"{lead} hardest class of the {where} split is {classes[hard]}, {tenths(one.right[hard])} of which are told "
        f"rightly{mistaken}; the easiest is {classes[easy]} with {percent(one.right[easy].estimate)} "
        f"(n = {len(one.shares)}, 95 % intervals)."
    )


def _counted(levels: dict[str, Any], tables: np.ndarray) -> Counted | None:
    """The shares of a setting, over the members that answered all examples by some class; None for none."""
    totals = tables.sum(axis=2, keepdims=True)
    answered = totals.sum(axis=(1, 2))  # examples that were given some class
    whole = np.isfinite(answered) & (answered > 0) & (answered == np.nanmax(answered, initial=0))
    if not whole.any():
        return None
    with np.errstate(invalid="ignore"):
        shares = (tables / totals)[whole]
    right = [_mean(column) for column in np.diagonal(shares, axis1=1, axis2=2).T]
    return Counted(name_of(levels), shares, right)


def _mean(values: np.ndarray) -> Interval:
    if np.isfinite(values).all():
        return sb.stats.scores.mean(values)
    return sb.stats.Interval(np.nan, np.nan, np.nan, 0.95, "no examples", 0)


def _cell(right: Interval) -> str:
    return MISSING if np.isnan(right.estimate) else tenths(right)


def _sizes(shown: Sequence[Counted]) -> str:
    sizes = sorted({len(one.shares) for one in shown})
    return f"n = {' to '.join(map(str, dict.fromkeys((sizes[0], sizes[-1]))))} networks"
