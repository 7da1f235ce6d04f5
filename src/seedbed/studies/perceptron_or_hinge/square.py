"""The unit square, in which everything is known in closed form, and the runs of a record seen in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.stats.interval import Interval

N, TEST, INSTANCES = 20, 1_000, 1  # the instances that all members label are draw number 1, the training sets draw 0
KINK = 1e-30  # a margin so small that it only decides what happens at w . x = 0: there the perceptron moves
MARGINS = {"perceptron": KINK, "hinge": 1.0}
SHEET = 100  # passes of both published reports; the sheet names no number


@dataclass(frozen=True)
class Run:
    """One setting over its seeds: passes (point,), weights (member, point, 2), accuracy on own test sets."""

    name: str
    criterion: str
    rate: float
    n: int
    passes: np.ndarray
    weights: np.ndarray
    tested: np.ndarray

    @cached_property
    def accuracy(self) -> np.ndarray:
        """The exact accuracy (member, point)."""
        return accuracy(self.weights)

    @property
    def rate_name(self) -> str:
        """The name without the criterion."""
        return self.name.removeprefix("hinge, ")

    def at(self, passes: float) -> int:
        """The last point at which at most so many passes were made."""
        return int(np.flatnonzero(self.passes <= passes)[-1])


def runs(record: xr.Dataset, criterion: str = "", full_batch: bool = False) -> list[Run]:
    """Every setting of a record; where a member stopped, its last weights count on."""
    found: list[Run] = []
    for levels, part in sb.rows(record):
        n = int(levels.get("n", N))
        name = sb.name_of(levels).replace("learning_rate=", "rate ")
        name = f"{criterion}, {name}" if criterion else name
        weights, last = part["parameters"].values.astype(float), part["final_parameters"].values.astype(float)
        gone = np.asarray(np.isnan(weights).any(axis=-1))
        run = Run(
            name,
            criterion or name.split(",")[0],
            float(levels.get("learning_rate", 1.0)),
            n,
            part["step"].values / (1 if full_batch else n),
            np.where(gone[..., None], last[:, None], weights),
            np.where(gone, part["final_test_accuracy"].values[:, None], part["test_accuracy"].values),
        )
        found.append(run)
    return found


def main_runs(context: sb.Context) -> list[Run]:
    """The runs with single points, of both criteria."""
    if "main" not in context.kept:
        records = {name: context.record(name) for name in MARGINS}
        context.kept["main"] = [run for name, record in records.items() for run in runs(record, name)]
    return context.kept["main"]


def training_sets(context: sb.Context) -> tuple[np.ndarray, np.ndarray]:
    """Points (member, point, 2) and labels (member, point) of the training sets."""
    record = context.record("examples")
    return record["inputs"].values.astype(float), record["target"].values


def like(main: Sequence[Run], run: Run) -> Run:
    """The first perceptron on the same training sets."""
    return next(one for one in main if one.criterion == "perceptron" and one.n == run.n)


def budgets(run: Run) -> list[int]:
    """The numbers of passes at which settings are set side by side."""
    return sorted({int(run.passes[run.at(passes)]) for passes in (run.passes[1], 10, SHEET, run.passes[-1])})


def ends(run: Run) -> list[int]:
    """The numbers of passes that most is told of: those of the reports, and all."""
    last = max(budgets(run))
    return sorted({min(SHEET, last), last})


def by_budget(main: Sequence[Run], columns: Sequence[int], what: str) -> dict[str, dict[int, Interval]]:
    """Means over members at every budget, setting by setting, from one draw of members for all."""
    table = np.stack([getattr(run, what)[:, run.at(passes)] for run in main for passes in columns], axis=1)
    found = iter(sb.stats.scores.means(table))
    return {run.name: {passes: next(found) for passes in columns} for run in main}


def mean_accuracy(context: sb.Context) -> Mapping[str, Mapping[int, Interval]]:
    """The mean exact accuracy of every setting at every budget."""
    if "means" not in context.kept:
        main = main_runs(context)
        context.kept["means"] = by_budget(main, budgets(main[0]), "accuracy")
    return context.kept["means"]


def pct(value: float) -> str:
    """A share in percent with one decimal."""
    return f"{100 * value:.1f}"


def shown(value: Interval, form: Callable[[float], str] = pct) -> str:
    """An estimate with its interval, a share in percent."""
    return sb.show.interval(value, form)


def points_of(value: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    return f"{100 * value:+.1f}".replace("-", "−")


def passes_text(passes: int) -> str:
    """A number of passes in words."""
    return f"{passes:,} {'pass' if passes == 1 else 'passes'}"


def accuracy(weights: np.ndarray) -> np.ndarray:
    """The share of the unit square that sign(w . x) labels as x1 > x2 does, for weights (..., 2): a closed form."""
    first, second = weights[..., 0], weights[..., 1]
    small, large = (fold(abs(first), abs(second)) for fold in (np.minimum, np.maximum))
    ratio = np.divide(small, large, out=np.zeros_like(small), where=large > 0)
    return 0.5 + 0.5 * ratio * ((first > 0) & (second < 0)) - 0.5 * ratio * ((first < 0) & (second > 0))


def turn(weights: np.ndarray) -> np.ndarray:
    """The angle from (1, -1) to w in degrees, positive against the clock, -180 to 180."""
    return np.degrees(np.arctan2(weights[..., 0] + weights[..., 1], weights[..., 0] - weights[..., 1]))


def angle(weights: np.ndarray) -> np.ndarray:
    """The angle between the learned line and the true one in degrees, 0 to 180."""
    return np.abs(turn(weights))


def direction(weights: np.ndarray) -> np.ndarray:
    """The angle of the line w . x = 0 above the x1 axis in degrees; 45 is right, below 0 or above 90 misses the square.

    45 plus or minus `angle`.
    """
    return 45 + turn(weights)


def line_accuracy(degrees: np.ndarray) -> np.ndarray:
    """The accuracy of a line at so many degrees, 0 to 90."""
    radians = np.radians(degrees)
    return accuracy(np.stack([np.sin(radians), -np.cos(radians)], axis=-1))


def gap(points: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Between which angles a line separates points (..., point, 2): behind the last +1, before the first -1."""
    angles = np.degrees(np.arctan2(points[..., 1], points[..., 0]))
    low = np.where(labels > 0, angles, 0.0).max(axis=-1)
    return low, np.where(labels > 0, 90.0, angles).min(axis=-1)


def resting(run: Run, points: np.ndarray, labels: np.ndarray) -> tuple[int, int]:
    """Members that no longer moved once all points were right, and members that ever had all points right."""
    scores = np.einsum("mpk,mtk->mtp", labels[..., None] * points, run.weights)
    right = (scores > 0).all(axis=-1)
    moved = np.any(np.diff(run.weights, axis=1) != 0, axis=-1)
    after = np.maximum.accumulate(right[:, :-1], axis=1) & moved
    return int((right.any(axis=1) & ~after.any(axis=1)).sum()), int(right.any(axis=1).sum())


def within(distance: np.ndarray, weight: np.ndarray, share: float) -> float:
    """The distance within which a share of the whole weight lies."""
    order = np.argsort(distance)
    total = np.cumsum(weight[order])
    return float(distance[order][np.searchsorted(total, share * total[-1])]) if total[-1] > 0 else 0.0
