"""Values of a few groups along one axis, a row per group: every value where they are few, else how they spread."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from seedbed.errors import SpecError
from seedbed.figures.axes import plain, wrapped
from seedbed.figures.style import INK, PALETTE, TICKS, WIDTH, applied, blank, darker

FEW = 60  # up to so many values of a group are drawn one by one
NAMES = 4.2  # cm left of the first panel


def strips(
    panels: Sequence[tuple[str, Mapping[str, np.ndarray]]], *, log: bool = False, spread: bool = False
) -> Figure:
    """One panel per (axis label, group -> values), side by side; all panels have the same groups, the first on top.

    A bar of each group marks its median, which is written beside it; a thin line runs from the least to the greatest
    value, or with `spread` from the 5 % to the 95 % quantile, with the middle half thicker.

    Raises: SpecError for no values, other groups in another panel, or values not above 0 on a log axis.
    """
    names = list(panels[0][1]) if panels else []
    for label, groups in panels:
        if list(groups) != names:
            raise SpecError(f'all panels show the same groups, got {list(groups)} for "{label}"; give {names}')
        for name, values in groups.items():
            if np.size(values) == 0 or (log and np.min(values) <= 0):
                raise SpecError(f'"{name}" needs {"values above 0" if log else "values"} for "{label}"; leave it out')
    if not names:
        raise SpecError("strips need at least one group, got none; give a mapping of names to values")
    with applied():
        figure = blank(0.78 * len(names) + 1.5, WIDTH if len(panels) > 1 else 14)
        row = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axes, (label, groups) in zip(row, panels, strict=True):
            axes.tick_params(which="both", **TICKS)
            for place, values in enumerate(groups.values()):
                _strip(axes, place, np.asarray(values, float), PALETTE[place % len(PALETTE)], spread)
            axes.tick_params(axis="y", length=0)
            axes.set_xlabel(wrapped(label, (WIDTH - NAMES) / len(panels)))
            _scale(axes, log)
        row[0].set_yticks(range(len(names)), [wrapped(name, NAMES) for name in names])
        row[0].set_ylim(len(names) - 0.4, -0.7)
    return figure


def _strip(axes: Axes, place: int, values: np.ndarray, color: str, spread: bool) -> None:
    low, first, middle, third, high = np.quantile(
        values, (0.05, 0.25, 0.5, 0.75, 0.95) if spread else (0, 0, 0.5, 1, 1)
    )
    axes.plot([low, high], [place, place], color=color, linewidth=1.1, solid_capstyle="butt")
    if spread:
        axes.plot([first, third], [place, place], color=color, linewidth=5, alpha=0.45, solid_capstyle="butt")
    if values.size <= FEW:
        aside = place + 0.16 * np.sin(2.4 * np.arange(values.size))  # aside, so that equal values are seen apart
        axes.plot(values, aside, "o", color=color, markersize=2.6, alpha=0.55, markeredgewidth=0)
    axes.plot([middle, middle], [place - 0.3, place + 0.3], color=INK, linewidth=1.8, solid_capstyle="butt")
    axes.annotate(
        _short(middle), (float(middle), place - 0.32), (0, 1), textcoords="offset points",
        ha="center", va="bottom", fontsize=7, color=darker(color, 0.4),
    )  # fmt: skip


def _short(value: float) -> str:
    """Three digits, or the whole number where it has more.

    >>> _short(0.0625), _short(-4.125), _short(1864.2)
    ('0.0625', '−4.12', '1,864')
    """
    return (f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}").replace("-", "−")


def _scale(axes: Axes, log: bool) -> None:
    axes.grid(visible=False, axis="y")
    if log:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(numticks=9))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(plain))
    axes.margins(x=0.09)
