"""What trained networks answer at points of the plane, and the maps drawn from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

MEAN, REPORT, SUMMED = "mean at 0.001", "sum at 0.00001", "sum at 0.001"
REACH = 2.2
LIMITS = (-REACH, REACH)
AXIS = np.linspace(*LIMITS, 89)
THIN = 24  # networks whose own boundary is drawn
SHARE = "share of networks that answer label 1"


@dataclass(frozen=True)
class Networks:
    """The trained networks of one setting: parameters (network, parameter), and their scores on the common points."""

    name: str
    levels: Mapping[str, Any]
    seeds: Sequence[int]
    rows: np.ndarray
    accuracies: np.ndarray


def drawn(context: sb.Context) -> list[Networks]:
    """The settings that are drawn: those that overshoot are left out unless there are no others."""
    scored, found = context.score, list[Networks]()
    parts = zip(scored.names, sb.rows(context.record("training")), scored.members.values.T, strict=True)
    for name, (levels, part), accuracies in parts:
        rows = part["final_parameters"].transpose("seed", "parameter").values
        found.append(Networks(name, levels, part["seed"].values.tolist(), rows, accuracies))
    return [one for one in found if one.levels["rate"] != SUMMED] or found


def common_points(records: Mapping[str, xr.Dataset]) -> tuple[np.ndarray, np.ndarray]:
    """The points (point, 2) that no network was trained on, with their labels (point,)."""
    return records["points"]["inputs"].values.reshape(-1, 2), records["points"]["target"].values.ravel()


def answers(levels: Mapping[str, Any], rows: np.ndarray, points: np.ndarray) -> np.ndarray:
    """What networks answer at points, (network, point)."""
    model = sb.models.mlp([4], activation=levels.get("activation", "sigmoid"))
    return sb.replay(model, rows, points, output=levels.get("output", "identity"))[..., 0]


def fields(levels: Mapping[str, Any], rows: np.ndarray) -> np.ndarray:
    """What networks answer over the plane, (network, y, x)."""
    grid = np.stack(np.meshgrid(AXIS, AXIS), axis=-1).reshape(-1, 2)
    return answers(levels, rows, grid).reshape(-1, AXIS.size, AXIS.size)


def share_panel(title: str, levels: Mapping[str, Any], rows: np.ndarray) -> Any:
    """How many of the networks answer label 1 at each place, with the boundaries of the first of them."""
    said = fields(levels, rows)
    own = [np.nan_to_num(field, posinf=1e9, neginf=-1e9) for field in said[:THIN]]
    share, nowhere = (said > 0.5).mean(axis=0), np.empty((0, 2))
    return sb.figures.Plane(title, nowhere, np.empty(0), x=AXIS, y=AXIS, z=share, contours=own)


def planes(panels: Sequence[Any], z_label: str, columns: int = 0) -> Any:
    """Panels of the plane of the inputs, three in a row where they are many."""
    columns = columns or (2 if len(panels) < 7 else 3)
    return sb.figures.planes(panels, "x₁", "x₂", limits=LIMITS, z_label=z_label, columns=columns)


def single_networks(context: sb.Context) -> Iterator[Any]:
    """The network with the median accuracy of every setting, its answers and its boundary."""
    points, labels = (some[:100] for some in common_points(context.records))
    panels = []
    for one in drawn(context):
        order = np.argsort(one.accuracies, kind="stable")
        member = int(order[(order.size - 1) // 2])
        title = f"{one.name}: seed {one.seeds[member]}, {one.accuracies[member]:.0%}"
        z = np.clip(fields(one.levels, one.rows[[member]])[0], 0, 1)
        panels.append(sb.figures.Plane(title, points, labels, x=AXIS, y=AXIS, z=z))
    yield sb.Figure(
        "single",
        planes(panels, "answer, cut at 0 and 1"),
        "Answer and boundary of one network per setting, each the network with the median accuracy of its setting on "
        f"the common points (of n = {context.score.n}; title: its seed and that accuracy), with 100 of the common "
        "points.",
        "Decision boundaries of single networks",
        dense=True,
    )


def all_networks(context: sb.Context) -> Iterator[Any]:
    """How many networks answer label 1 at every place, and how much of the data lies where they disagree."""
    points, labels = common_points(context.records)
    otherwise = context.scored("tested", "said_otherwise", "lower")
    shown, n = drawn(context), otherwise.n
    yield sb.Figure(
        "all",
        planes([share_panel(one.name, one.levels, one.rows) for one in shown], SHARE),
        f"Share of n = {n} networks, each with its own data and initial weights, that answer label 1; thick: where it "
        f"is one half; thin: the boundaries of the first {min(THIN, n)} networks.",
        "Maps of how many networks answer label 1",
        dense=True,
    )
    torn = []
    for one in shown:
        share = (answers(one.levels, one.rows, points) > 0.5).mean(axis=0)
        torn.append(f"{one.name}: {((share > 0.1) & (share < 0.9)).mean():.1%}")
    yield (
        "How much of the data lies where networks disagree, that is where between 10 % and 90 % of them answer label 1 "
        f"(share of the {len(labels):,} common points): {'; '.join(torn)}."
    )
    names = {one.name for one in shown}
    means = zip(otherwise.names, otherwise.means, strict=True)
    apart = [f"{name}: {sb.show.tenths(mean)}" for name, mean in means if name in names]
    yield sb.Answer(
        "In another place in each network: two networks of one setting label so many of the common points otherwise: "
        f"{'; '.join(apart)} (n = {n} each, 95 % intervals)."
    )
