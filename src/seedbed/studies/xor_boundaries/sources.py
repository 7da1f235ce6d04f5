"""Data sets crossed with initial draws: how much of what differs between networks is due to each, and to both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.xor_boundaries.networks import REPORT, SHARE, THIN, answers, common_points, planes, share_panel

SHARED = {
    "same_row": "data shared, initial weights differ",
    "same_column": "initial weights shared, data differ",
    "neither": "both differ",
}
SOURCES = {"columns": "initial weights", "rows": "data", "together": "both together"}


@dataclass(frozen=True)
class Design:
    """One setting of the crossed design: parameters (data set, initial draw, parameter), and sources of variance."""

    setting: str
    levels: Mapping[str, Any]
    rows: np.ndarray
    maps: Any  # of labels at the common points, a `stats.Crossed`
    accuracy: Any  # of the accuracy there


def designs(record: Any, points: np.ndarray, labels: np.ndarray) -> list[Design]:
    """Of every setting of the crossed design: differences of labels and of accuracies, and their sources."""
    found: dict[str, tuple[dict[str, Any], list[np.ndarray]]] = {}
    for levels, part in sb.rows(record):  # of one initial draw
        rest = {name: level for name, level in levels.items() if name != "start"}
        of_draw = part["final_parameters"].transpose("seed", "parameter").values
        found.setdefault(sb.name_of(rest) or "the network", (rest, []))[1].append(of_draw)
    made = []
    for name, (levels, draws) in found.items():
        rows = np.stack(draws, axis=1)
        said = (answers(levels, rows, points) > 0.5).astype(float)
        right = (said == labels).mean(axis=2, keepdims=True)
        made.append(Design(name, levels, rows, sb.stats.crossed(said), sb.stats.crossed(right)))
    return made


def where_spread_comes_from(context: sb.Context) -> Iterator[Any]:
    """The crossed design in words, tables of disagreement and of shares, maps, and the answer."""
    record, (points, labels) = context.record("crossed"), common_points(context.records)
    found = designs(record, points, labels)
    data, starts = record.sizes["seed"], record.sizes["start"]
    yield f"""
        The report says that boundaries change in each run because initial weights and data are drawn at random. Which
        of the two is it? Here {data} data sets are crossed with {starts} initial draws: every network of a {data} ×
        {starts} table is trained, for {record.attrs["cap"]:,} steps at “{REPORT}”, so any two networks share their
        data, their initial weights, or neither. Two networks *disagree* at a point where they give it different
        labels."""
    yield sb.Table(
        ("setting", *SHARED.values()),
        [(one.setting, *(sb.show.tenths(getattr(one.maps, kind)) for kind in SHARED)) for one in found],
        f"Share of the {len(labels):,} common points on which two networks disagree, averaged over all pairs of that "
        f"kind among {data * starts} networks per setting; 95 % intervals from resampling data sets and initial draws "
        "independently.",
    )
    named = [f"{of}: {name}" for of in ("labels", "accuracy") for name in SOURCES.values()]
    yield sb.Table(
        ("setting", *named),
        [
            (one.setting, *(sb.show.share(of.shares[kind]) for of in (one.maps, one.accuracy) for kind in SOURCES))
            for one in found
        ],
        "Where the variance between networks comes from, of their labels at the common points and of their accuracy "
        "there: initial weights alone, data alone, and what neither explains alone. Shares of the variance between "
        "networks with both drawn anew, with 95 % intervals as above; unbiased, so a share that is nothing can come "
        "out a little below 0.",
    )
    yield sb.Figure(
        "crossed",
        planes([panel for one in found for panel in ways(one)], SHARE, columns=3),
        f"Left: {starts} initial draws on data set 0. Middle: initial draw 0 on {data} data sets. Right: data set i "
        "with initial draw i. Colors and thick lines as before, thin the boundary of each network (the first "
        f"{THIN}).",
        "Boundaries with data shared, with initial weights shared, with neither",
        dense=True,
    )
    told = list(source_words(found))
    yield "\n".join(f"- {line}" for line in told)
    said = " ".join(line.replace("**", "“", 1).replace("**", "”") for line in told)
    yield sb.Answer(f"{said} (n = {data} data sets × {starts} initial draws of each, 95 % intervals.)")
    yield sb.Reading(
        "crossed",
        [
            {"setting": one.setting, **{kind: getattr(one.maps, kind) for kind in SHARED}}
            | {"shares": dict(one.maps.shares), "accuracy_shares": dict(one.accuracy.shares)}
            for one in found
        ],
    )


def ways(one: Design) -> Iterator[Any]:
    """Panels of networks that share their data, their initial draw, or neither."""
    both = np.arange(min(one.rows.shape[:2]))
    some = {"one data set": one.rows[0], "one initial draw": one.rows[:, 0], "both differ": one.rows[both, both]}
    for way, rows in some.items():
        yield share_panel(f"{one.setting}: {way}", one.levels, rows)


def source_words(found: Sequence[Design]) -> Iterator[str]:
    """Which source weighs more, where the intervals allow to say so."""
    for one in found:
        start, data, together = (one.maps.shares[kind] for kind in SOURCES)
        if np.isnan(start.estimate) or np.isnan(start.low):
            yield f"**{one.setting}**: all networks label the points alike, so there is nothing to divide."
            continue
        said = "which of the two weighs more was not shown by so few draws"
        if start.low > data.high:
            said = "the initial weights decide, far more than the data"
        elif data.low > start.high:
            said = "the data decide, far more than the initial weights"
        alone = [sb.show.share(share) for share in (start, data, together)]
        yield (
            f"**{one.setting}**: {said}. Of the variance of labels initial weights alone account for {alone[0]}, data "
            f"alone for {alone[1]}, and {alone[2]} is due to neither alone (the same data move some starts and not "
            "others)."
        )
