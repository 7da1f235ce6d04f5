"""What the sections of the page share: the networks of a run, RMSE against an effort, and who wins at what price."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.depth_or_width.networks import (
    BASELINE,
    THEIRS,
    WORDS,
    Errors,
    Hidden,
    Reading,
    at_equal_units,
    at_totals,
    reading,
    smallest_winners,
)


@dataclass(frozen=True, eq=False)
class Tried:
    """The networks of a run: readings, RMSE of the members by name, and what shows which of them are better."""

    found: list[dict[str, Any]]
    errors: dict[str, np.ndarray]
    versus: list[dict[str, Any]]
    wins: dict[str, list[dict[str, Any]]]

    @property
    def n(self) -> int:
        """Seeds of every network."""
        return self.found[0]["n"]

    @property
    def cap(self) -> str:
        """Steps of every network."""
        return f"{self.found[0]['cap']:,}"


def tried(context: sb.Context) -> Tried:
    """All networks of the run."""
    if "tried" not in context.kept:
        scored, times = context.score, context.record("times")
        errors = dict(zip(scored.names, scored.members.values.T, strict=True))
        found = [
            reading(levels, part, times.sel(levels), mean, context.profile.batch)
            for (levels, part), mean in zip(sb.rows(context.record("networks")), scored.means, strict=True)
        ]
        wins = {unit: smallest_winners(found, errors, unit) for unit in ("parameters", "alone")}
        context.kept["tried"] = Tried(found, errors, at_equal_units(found, errors), wins)
    return context.kept["tried"]


def shown(value: Any) -> str:
    """An RMSE with its interval."""
    return sb.show.interval(value, lambda rmse: f"{rmse:.1f}")


def lines(
    found: Sequence[Reading],
    errors: Errors,
    x: str,
    published: Mapping[Hidden, Any],
) -> dict[str, Any]:
    """A line per number of layers: RMSE with its interval against the mean of `x` over networks of one total."""
    found = [one for one in found if np.isfinite(one[x])]
    table: dict[str, list[Any]] = {}
    for (group, _), (those, values) in at_totals(found, errors).items():
        table.setdefault(group, []).append((np.mean([one[x] for one in those]), sb.stats.scores.mean(values)))
    drawn = {}
    for group, points in table.items():
        its = [one for one in found if one["group"] == group]
        points.sort(key=lambda point: point[0])
        theirs = [
            (at, THEIRS[hidden][0])
            for hidden, at in published.items()
            if len(hidden) == its[0]["layers"] and group == WORDS[len(hidden)]
        ]
        several = len(its) > len(points)
        drawn[group] = sb.figures.TradeOff(
            np.array([at for at, _ in points]),
            *(np.array([getattr(value, end) for _, value in points]) for end in ("estimate", "low", "high")),
            single=(np.array([one[x] for one in its]), np.array([one["rmse"].estimate for one in its]))
            if several
            else None,
            published=(np.array([at for at, _ in theirs]), np.array([y for _, y in theirs])) if theirs else None,
        )
    return drawn


def rmse_figure(title: str, drawn: Mapping[str, Any], x_label: str, run: Tried) -> sb.Figure:
    """Test RMSE against something, a line per number of layers."""
    hollow = any(line.published is not None for line in drawn.values())
    note = " Hollow: xp2030's single runs of 2,000 epochs, with batch norm in every network." if hollow else ""
    return sb.Figure(
        title,
        sb.figures.trade_offs(
            {"": drawn},
            x_label,
            "test RMSE (units of the function)",
            marks=[("the best constant", BASELINE)],
            theirs="xp2030, 2,000 epochs, one run",
        ),
        f"Test RMSE after {run.cap} steps against the {x_label}, a line per number of hidden layers: mean "
        f"over networks of the same total of hidden units and over n = {run.n} seeds, bars are 95 % intervals "
        "over seeds (BCa bootstrap); small points are the single networks, where a total has several. Dotted: the "
        f"deviation of the function, {BASELINE:g}, which the best constant leaves.{note}",
        f"RMSE against the {x_label} for one, two and three layers",
    )


def winner_words(wins: Sequence[Reading], unit: str, told_of: Callable[[Reading], str]) -> str:
    """The cheapest deeper networks that are shown to be better than the best shallower one."""
    if not wins:
        return "There is one seed or one number of layers only: nothing is compared."
    told = []
    for one in wins:
        best, won, times = one["best"], one["winner"], one["ratio"]
        line = f"- The best of {best['group']} is **{best['setting']}** ({told_of(best)}). "
        if won is None:
            which = "The one network" if one["tried"] == 1 else f"None of the {one['tried']} networks"
            line += f"{which} of {one['deeper']} is {'not ' * (one['tried'] == 1)}shown to be better."
        else:
            ratio = f"{times:.2g} times {'as many' if unit == 'parameters' else 'the time'}"
            least = {"alone": "time"}.get(unit, unit)
            line += (
                f"{one['winners']} of {one['tried']} networks of {one['deeper']} are shown to be better (5 %, "
                f"Holm, paired by seed, n = {best['n']}); the one with the least {least} is **{won['setting']}** "
                f"({told_of(won)}): {ratio}."
            )
        told.append(line)
    return "\n".join(told)


def milli(one: Reading, way: str) -> str:
    """Seconds of a step in a cell, in milliseconds."""
    low, high = one[f"{way}_range"]
    return "diverged" if np.isnan(low) else f"{1e3 * one[way]:.2g} [{1e3 * low:.2g}, {1e3 * high:.2g}]"
