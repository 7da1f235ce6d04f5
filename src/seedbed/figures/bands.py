"""A quantity of several groups of members against the step: medians with their middle halves, a panel per condition."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from seedbed.errors import SpecError
from seedbed.figures.axes import STEP, power_of_ten
from seedbed.figures.style import INK, TICKS, WIDTH, applied, blank, legend_below, look

Group = tuple[np.ndarray, np.ndarray]  # steps (step,) and values (member, step), a grid of its own for every group


def bands(panels: Sequence[tuple[str, Mapping[str, Group]]], what: str, *, log: bool = False) -> Figure:
    """One panel per (title, group -> (steps, values)), side by side on one scale; all panels have the same groups.

    `what` names the quantity. On a `log` axis values of 0 or below are left out.

    Raises: SpecError for no panel, or other groups in another panel.
    """
    names = list(panels[0][1]) if panels else []
    if not names or any(list(groups) != names for _, groups in panels):
        raise SpecError(
            f"bands need panels of the same groups, got {[list(groups) for _, groups in panels]}; give them"
        )
    with applied():
        figure = blank(8.6 + 0.35 * len(names) / 2, WIDTH)
        row = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axes, (title, groups) in zip(row, panels, strict=True):
            axes.tick_params(which="both", **TICKS)
            for index, (steps, values) in enumerate(groups.values()):
                its, shown = look(index), np.where(np.asarray(values) > 0, values, np.nan) if log else values
                there = np.isfinite(shown).mean(axis=0) >= 0.5
                if there.any():
                    low, middle, high = np.nanquantile(shown[:, there], (0.25, 0.5, 0.75), axis=0)
                    axes.fill_between(steps[there], low, high, color=its.color, alpha=0.15, linewidth=0)
                    axes.plot(steps[there], middle, color=its.color, linestyle=its.dash)
            axes.set_title(title)
            axes.set_xlabel(STEP)
        if log:
            row[0].set_yscale("log")
            row[0].yaxis.set_major_locator(LogLocator(numticks=12))
            row[0].yaxis.set_major_formatter(FuncFormatter(power_of_ten))
            row[0].yaxis.set_minor_formatter(NullFormatter())
        row[0].set_ylabel(what)
        lines = [
            Line2D([], [], color=look(i).color, linestyle=look(i).dash, label=name) for i, name in enumerate(names)
        ]
        legend_below(figure, [*lines, Patch(color=INK, alpha=0.15, label="25–75 % of members")], 3)
    return figure
