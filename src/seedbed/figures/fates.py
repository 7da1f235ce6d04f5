"""How the members of each setting ended, as stacked bars of their shares. When they ended: `arrivals`, `curves`."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from seedbed.errors import SpecError
from seedbed.figures.axes import wrapped
from seedbed.figures.style import INK, applied, legend_below, single

COLORS = ("#0072B2", "#D9D9D9", "#4D4D4D", "#E69F00", "#D55E00")  # good to bad; they differ in lightness side by side
NARROW = 0.04  # a share below this has no room for its number


def fates(settings: Sequence[tuple[str, Mapping[str, int]]]) -> Figure:
    """A bar per (setting, fate -> number of members), of length 1, the first setting on top; numbers stand in the bars.

    All settings have the same fates, at most five, best first.

    Raises: SpecError for no settings, other fates in another setting, more than five, or a setting without members.
    """
    names = list(settings[0][1]) if settings else []
    if not 0 < len(names) <= len(COLORS):
        raise SpecError(
            f"fates need one to {len(COLORS)} fates of at least one setting, got {names}; give their counts"
        )
    for name, counts in settings:
        if list(counts) != names or sum(counts.values()) == 0:
            raise SpecError(f'"{name}" needs members that had the fates {names}, got {dict(counts)}; count them')
    with applied():
        figure, axes = single(0.55 * len(settings) + 2.1)
        left = np.zeros(len(settings))
        totals = np.array([sum(counts.values()) for _, counts in settings])
        places = np.arange(len(settings))
        for fate, color in zip(names, COLORS, strict=False):
            counted = np.array([counts[fate] for _, counts in settings])
            shares = counted / totals
            axes.barh(places, shares, left=left, height=0.74, color=color, edgecolor="white", linewidth=0.6)
            for place, count, share, start in zip(places, counted, shares, left, strict=True):
                if share >= NARROW:
                    ink = "white" if np.mean(to_rgb(color)) < 0.45 else INK
                    axes.text(
                        float(start + share / 2),
                        float(place),
                        f"{count:,}",
                        ha="center",
                        va="center",
                        fontsize=7,
                        color=ink,
                    )
            left += shares
        axes.set_yticks(places, [wrapped(name, 6.5) for name, _ in settings])
        axes.set_ylim(len(settings) - 0.4, -0.6)
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f} %"))
        axes.grid(visible=False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("share of members; their number in the bar")
        legend_below(figure, [Patch(color=color, label=fate) for fate, color in zip(names, COLORS, strict=False)], 3)
    return figure
