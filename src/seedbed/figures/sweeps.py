"""A sweep of the learning rate over many seeds: the loss against the rate as a fan, and what each rule reads."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from seedbed.figures.axes import plain, value_axis
from seedbed.figures.style import GREY, INK, PALETTE, TICKS, applied, blank, legend_below

LINES = 100  # members drawn at most


def sweep(
    rates: Float[np.ndarray, " step"],
    losses: Float[np.ndarray, "seed step"],
    suggestions: Mapping[str, Float[np.ndarray, " seed"]] | None = None,
    *,
    x_label: str = "learning rate",
    y_label: str = "loss of the batch, smoothed",
    noise: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None = None,
) -> Figure:
    """Above, the loss against the rate: members, the middle 50 and 90 %, the median. Below, a row for each rule.

    `noise`, for a sweep of the batch size: sizes, the noise scale there, and the ends of its interval (NaN: no bound),
    which stand in a panel between the two, with a line where the batch is as large as the noise scale. A rule's row has
    a dot for every seed and a bar at their median. Losses are NaN behind the step at which a network diverged; bands
    are over those that are still finite, and end where fewer than half are.
    """
    suggestions = suggestions or {}
    with applied():
        heights = [6.0, *([4.0] if noise else []), *([0.62 * len(suggestions) + 0.5] if suggestions else [])]
        figure = blank(sum(heights) + 1.9)
        panels = list(figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False).flat)
        _fan(panels[0], rates, losses)
        panels[0].set_ylabel(y_label)
        if noise:
            _noise(panels[1], rates, *noise)
        if suggestions:
            _rows(panels[-1], suggestions)
        lowest = panels[-1]
        lowest.set_xscale("log")
        lowest.set_xlim(rates[0], rates[-1])
        lowest.xaxis.set_major_locator(LogLocator(numticks=14))
        lowest.xaxis.set_major_formatter(FuncFormatter(plain))
        lowest.xaxis.set_minor_formatter(NullFormatter())
        lowest.set_xlabel(x_label)
        legend_below(figure, _legend(bool(suggestions)), 3)
        figure.set_label(f"n = {len(losses)} networks")
    return figure


def _fan(axes: Any, rates: np.ndarray, losses: np.ndarray) -> None:
    axes.tick_params(which="both", **TICKS)
    shown = np.linspace(0, len(losses) - 1, min(len(losses), LINES)).astype(int)
    for row in np.unique(shown):
        axes.plot(rates, losses[row], color=PALETTE[0], linewidth=0.5, alpha=0.25)
    there = np.isfinite(losses).mean(axis=0) >= 0.5
    low, first, middle, third, high = np.nanquantile(losses[:, there], (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    axes.fill_between(rates[there], low, high, color=PALETTE[0], alpha=0.15, linewidth=0)
    axes.fill_between(rates[there], first, third, color=PALETTE[0], alpha=0.25, linewidth=0)
    axes.plot(rates[there], middle, color=INK)
    top = float(np.nanmax(middle[: max(len(middle) // 2, 1)])) * 1.5  # what explodes goes out of the picture
    least = float(np.nanmin(low))
    value_axis(axes, least, max(top, least + 1e-6), False)


def _noise(axes: Any, sizes: np.ndarray, at: np.ndarray, middle: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """The noise scale with its interval, and the batch itself; both axes are logarithmic."""
    axes.tick_params(which="both", **TICKS)
    there = np.isfinite(middle) & (middle > 0)
    at, middle, low, high = (array[there] for array in (at, middle, low, high))
    low, high = np.where(low > 0, low, middle), np.where(np.isfinite(high), high, middle)
    axes.plot(sizes, sizes, color=GREY, linewidth=0.9, linestyle=(0, (4, 2)))
    axes.annotate("the batch itself", (sizes[len(sizes) // 6], sizes[len(sizes) // 6]), (4, -9), fontsize=7, color=GREY,
                  textcoords="offset points")  # fmt: skip
    axes.errorbar(at, middle, (middle - low, high - middle), color=PALETTE[1], marker="o", markersize=3, linewidth=1.2,
                  elinewidth=0.8)  # fmt: skip
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(plain))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylabel("noise scale")


def _rows(axes: Any, suggestions: Mapping[str, np.ndarray]) -> None:
    axes.tick_params(which="both", **TICKS)
    for place, values in enumerate(suggestions.values()):
        there = values[np.isfinite(values)]
        beside = place + 0.18 * np.sin(2.4 * np.arange(there.size))
        axes.plot(there, beside, "o", color=PALETTE[place % len(PALETTE)], markersize=2.6, alpha=0.6, markeredgewidth=0)
        if there.size:
            axes.plot([np.median(there)] * 2, [place - 0.32, place + 0.32], color=INK, linewidth=1.8)
        else:
            axes.annotate("no rate from any seed", (0.5, place), xycoords=("axes fraction", "data"), ha="center",
                          va="center", fontsize=7)  # fmt: skip
    axes.set_yticks(range(len(suggestions)), list(suggestions))
    axes.set_ylim(len(suggestions) - 0.5, -0.6)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


def _legend(rules: bool) -> list[Any]:
    handles: list[Any] = [
        Line2D([], [], color=INK, label="median"),
        Patch(color=PALETTE[0], alpha=0.4, label="middle 50 %"),
        Patch(color=PALETTE[0], alpha=0.15, label="middle 90 %"),
        Line2D([], [], color=PALETTE[0], linewidth=0.5, alpha=0.6, label="one network"),
    ]
    if rules:
        handles.append(Line2D([], [], marker="o", linestyle="", color=INK, markersize=2.6, label="one seed's answer"))
        handles.append(Line2D([], [], marker="|", linestyle="", color=INK, markersize=8, label="their median"))
    return handles
