"""How many members have which value: stacked histograms as small multiples. Spread of few groups: `strips`."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from seedbed.errors import SpecError
from seedbed.figures.axes import panel_title
from seedbed.figures.style import GREY, INK, applied, columns_for, legend_below, multiples, outer_labels

STACK = ("#0072B2", "#E69F00", "#999999", "#D55E00", "#009E73", "#CC79A7")
BINS = 48


def histograms(
    panels: Mapping[str, Mapping[str, np.ndarray]], x_label: str, *, marks: Mapping[str, float] | None = None,
    limits: tuple[float, float] | None = None, shares: bool = False, bins: int = BINS,
) -> Figure:  # fmt: skip
    """How many members have which value: a panel each, its groups (name -> values) stacked, on common axes.

    `marks` are values with a name, drawn as dashed lines in every panel. Values outside `limits` are counted in the
    first and last bin. With `shares` the axis is in percent.

    Raises: SpecError for no values, or other groups in another panel.
    """
    groups = list(next(iter(panels.values()), {}))
    values = [np.asarray(one, float) for panel in panels.values() for one in panel.values()]
    if not groups or any(list(panel) != groups for panel in panels.values()) or not sum(map(np.size, values)):
        raise SpecError(f"histograms need values in the same groups in every panel, got {groups}; give some")
    found = np.concatenate(values)
    first, last = limits or (float(found.min()), float(found.max()))
    edges = np.linspace(first, last if last > first else first + 1, bins + 1)
    with applied():
        columns = columns_for(len(panels))
        titles = [panel_title(title, "", columns) for title in panels]
        figure, grid = multiples(len(panels), columns, titles, shape=0.62 if len(panels) > 1 else 0.42)
        for axes, title, panel in zip(grid, titles, panels.values(), strict=True):
            axes.set_title(title)
            _stack(axes, [np.clip(np.asarray(one, float), *edges[[0, -1]]) for one in panel.values()], edges)
            for name, at in (marks or {}).items():
                axes.axvline(at, color=INK, linewidth=0.8, linestyle=(0, (4, 2)), zorder=0.9)
                axes.annotate(name, (at, 1), (2, -2), xycoords=("data", "axes fraction"), textcoords="offset points",
                              rotation=90, va="top", ha="left", fontsize=6.5, color=GREY)  # fmt: skip
            axes.set_xlim(edges[0], edges[-1])
            if shares:
                total = max(sum(np.size(one) for one in panel.values()), 1)
                axes.yaxis.set_major_formatter(FuncFormatter(lambda count, _, n=total: f"{100 * count / n:.0f} %"))
        outer_labels(grid, columns, x_label, "share of members" if shares else "members")
        handles = [Patch(color=color, label=name) for name, color in zip(groups, STACK, strict=False)]
        if len(groups) > 1:
            legend_below(figure, handles, 3)
    return figure


def _stack(axes: Axes, groups: Sequence[np.ndarray], edges: np.ndarray) -> None:
    """Bars of every group on those of the groups before."""
    below = np.zeros(len(edges) - 1)
    for values, color in zip(groups, STACK, strict=False):
        counts = np.histogram(values, edges)[0]
        axes.bar(edges[:-1], counts, np.diff(edges), below, align="edge", color=color, linewidth=0)
        below = below + counts
