"""Predictions against the truth, over members: one network's answers, and what all networks answer."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from seedbed.errors import SpecError
from seedbed.figures.axes import panel_title
from seedbed.figures.style import (
    GREY,
    MARKERS,
    PALETTE,
    applied,
    columns_for,
    legend_below,
    multiples,
    outer_labels,
)
from seedbed.figures.traces import quantiles

SHAPES = {"diamond": "D", "square": "s"}  # a kind called like a shape looks like it
BODY = 0.14  # half the width of a box, in units of the truth


def agreement(
    truth: np.ndarray,
    predictions: Mapping[str, np.ndarray],
    kinds: Sequence[str],
    *,
    tolerance: float = 0.5,
    names: tuple[str, str] = ("true value", "predicted value"),
) -> Figure:
    """Predictions (member, example) of every setting against the `truth` (example,), a panel each.

    Boxes: the middle half and 5-95 % of all members' answers to all examples of that truth. Points: the first member's
    answers, a marker for each of the `kinds` (example,), beside the box. Grey is the truth plus or minus the tolerance.
    Answers that are not finite are left out; the axis holds the truth and the middle 90 % of answers.

    Raises: SpecError unless predictions, truth and kinds have the same examples.
    """
    truth, arrays = np.asarray(truth, float), {name: np.asarray(one, float) for name, one in predictions.items()}
    if not arrays or len(kinds) != len(truth) or any(one.shape[1:] != truth.shape for one in arrays.values()):
        shapes = ", ".join(str(one.shape) for one in arrays.values()) or "nothing"
        raise SpecError(
            f"predictions must be (member, example) with {len(truth)} examples and kinds, got {shapes} and "
            f"{len(kinds)} kinds; give one of each"
        )
    with applied():
        columns = columns_for(len(arrays))
        titles = [panel_title(name, "", columns) for name in arrays]
        figure, grid = multiples(len(arrays), columns, titles, shape=0.8)
        low, high = float(truth.min()) - 1, float(truth.max()) + 1
        for axes, title, values in zip(grid, titles, arrays.values(), strict=True):
            axes.set_title(title)
            _boxes(axes, truth, values, tolerance)
            for index, kind in enumerate(dict.fromkeys(kinds)):
                chosen = np.array([one == kind for one in kinds]) & np.isfinite(values[0])
                beside = 0.26 + 0.09 * index
                axes.plot(
                    truth[chosen] + beside,
                    values[0, chosen],
                    SHAPES.get(kind, MARKERS[index + 1]),
                    color=PALETTE[index + 1],
                    markersize=2.6,
                    alpha=0.8,
                    markeredgewidth=0,
                    zorder=3,
                )
            axes.set_xlim(low + 0.4, high - 0.2)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        bands = np.concatenate([quantiles(one.reshape(-1, 1), (0.05, 0.95)).ravel() for one in arrays.values()])
        bands = bands[np.isfinite(bands)].tolist()
        grid[0].set_ylim(min([low + 0.3, *bands]), max([high - 0.3, *bands]))
        outer_labels(grid, columns, *names)
        legend_below(figure, _legend(kinds, tolerance), 3)
    return figure


def _boxes(axes: Axes, truth: np.ndarray, values: np.ndarray, tolerance: float) -> None:
    for at in np.unique(truth):
        beside = [at - 2 * BODY, at + 0.5]
        axes.fill_between(beside, at - tolerance, at + tolerance, color="#EDEDED", linewidth=0, zorder=0.5)
        axes.plot(beside, [at, at], color=GREY, linewidth=0.7, zorder=0.6)
        low, lower, middle, upper, high = quantiles(values[:, truth == at].reshape(-1, 1))[:, 0]
        axes.plot([at, at], [low, high], color=PALETTE[0], linewidth=1, solid_capstyle="butt", zorder=2)
        axes.fill_between([at - BODY, at + BODY], lower, upper, color=PALETTE[0], alpha=0.45, linewidth=0, zorder=2.1)
        axes.plot([at - BODY, at + BODY], [middle, middle], color=PALETTE[0], linewidth=1.6, zorder=2.2)


def _legend(kinds: Sequence[str], tolerance: float) -> list[Line2D | Patch]:
    points = [
        Line2D(
            [],
            [],
            marker=SHAPES.get(kind, MARKERS[index + 1]),
            color=PALETTE[index + 1],
            linestyle="none",
            markersize=4,
            label=f"{kind}, one member",
        )
        for index, kind in enumerate(dict.fromkeys(kinds))
    ]
    return [
        Patch(color=PALETTE[0], alpha=0.45, linewidth=0, label="25–75 % of members' answers, median"),
        Line2D([], [], color=PALETTE[0], linewidth=1, label="5–95 % of members' answers"),
        Patch(color="#EDEDED", label=f"the truth, and {tolerance:g} around it"),
        *points,
    ]
