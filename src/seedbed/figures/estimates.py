"""Estimates with their intervals, a row each: the smallest figure that answers which setting is ahead."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from seedbed.errors import SpecError
from seedbed.figures.axes import plain, wrapped
from seedbed.figures.style import PALETTE, applied, single

WIDE = 8  # estimates further apart than this factor are drawn on a logarithmic axis


def estimates(rows: Sequence[tuple[str, float, float, float]], what: str) -> Figure:
    """A point and its interval for each row (name, estimate, low, high), the first on top; NaN bounds are left out.

    Raises: SpecError for no row, or an estimate that is no number.
    """
    if not rows or not np.isfinite([row[1] for row in rows]).all():
        raise SpecError(f"estimates need at least one row (name, estimate, low, high) of numbers, got {list(rows)}")
    with applied():
        figure, axes = single(0.5 * len(rows) + 1.4, width=14)
        for place, (_, middle, low, high) in enumerate(rows):
            color = PALETTE[place % len(PALETTE)]
            ends = [middle if np.isnan(bound) else bound for bound in (low, high)]
            axes.plot(ends, [place, place], color=color, linewidth=2.4, alpha=0.45, solid_capstyle="butt")
            axes.plot([middle], [place], "o", color=color, markersize=4.5)
        axes.set_yticks(range(len(rows)), [wrapped(row[0].replace("_", " "), 5.0) for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        values = np.array([row[1] for row in rows])
        if values.min() > 0 and values.max() / values.min() > WIDE:
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(numticks=9, subs=(1, 2, 5)))
            axes.xaxis.set_minor_formatter(NullFormatter())
        else:
            axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(plain))
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(what)
        axes.margins(x=0.05)
    return figure
