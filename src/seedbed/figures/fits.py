"""What networks of one input answer, over the function they were to learn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seedbed.errors import SpecError
from seedbed.figures.axes import panel_title
from seedbed.figures.style import GREY, PALETTE, applied, legend_below, multiples, outer_labels

COLUMNS = 3


@dataclass(frozen=True)
class Fit:
    """A network's answers (point,) beside the function itself (point,) at the inputs (point,)."""

    name: str
    x: np.ndarray
    truth: np.ndarray
    answer: np.ndarray


def fits(panels: Sequence[Fit], *, columns: int = COLUMNS, x_label: str = "x", y_label: str = "y") -> Figure:
    """A panel per network, `columns` of them in a row, with shared axes.

    Raises: SpecError for no panels, or arrays that do not belong together.
    """
    if not panels:
        raise SpecError("fits needs at least one network, got none; give a list of Fit")
    for panel in panels:
        if not np.shape(panel.x) == np.shape(panel.truth) == np.shape(panel.answer):
            got = f"{np.shape(panel.x)}, {np.shape(panel.truth)} and {np.shape(panel.answer)}"
            raise SpecError(f"{panel.name} needs x, truth and answer of one shape, got {got}; use one grid for all")
    with applied():
        columns = min(columns, len(panels))
        titles = [panel_title(panel.name, "", columns) for panel in panels]
        figure, grid = multiples(len(panels), columns, titles, shape=0.66)
        for axes, panel, title in zip(grid, panels, titles, strict=True):
            axes.plot(panel.x, panel.truth, color=GREY, linewidth=1.0)
            axes.plot(panel.x, panel.answer, color=PALETTE[1], linewidth=1.6)
            axes.set_title(title)
            axes.set_xlim(float(panel.x.min()), float(panel.x.max()))
        outer_labels(grid, columns, x_label, y_label)
        handles = [
            Line2D([], [], color=GREY, linewidth=1.0, label="the function to learn"),
            Line2D([], [], color=PALETTE[1], linewidth=1.6, label="what the network answers"),
        ]
        legend_below(figure, handles, 2)
    return figure
