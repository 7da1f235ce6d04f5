"""A quantity of every layer against the step, over seeds: where in a deep net the gradient lives, and when."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seedbed import record as records
from seedbed.figures.axes import STEP, Scale, panel_title, quantity, step_axis, value_axis
from seedbed.figures.style import DASHES, GREY, applied, columns_for, legend_below, multiples, outer_labels
from seedbed.figures.traces import chosen, drawn_words, held, last_factor, measured, members_text, need, quantiles


def by_layer(
    record: xr.Dataset,
    variable: str,
    *,
    step: Scale = "log",
    hold: bool = True,
    panels: Sequence[Mapping[str, Any]] | None = None,
) -> Figure:
    """Median and bands (25-75 %, 5-95 %) of `variable` (seed, step, layer): a color per layer, a panel per setting.

    Both axes are logarithmic where the values allow it. A zero has no place on a log axis: the panel says how many of
    its values are zero. With `hold`, a member that stopped counts with its last value; without, bands are over the
    members still training, which are ever fewer and ever slower ones.

    Raises: SpecError for an unknown variable or one that does not run over seed, step and layer.
    """
    need(record, variable, ("step", "layer"), "by_layer")
    with applied():
        settings = chosen(record, panels)
        values = [measured(part, variable, "layer") for _, part in settings]
        if hold:
            values = [held(part, variable, array) for (_, part), array in zip(settings, values, strict=True)]
        bands = [quantiles(array) for array in values]
        columns = columns_for(len(settings), last_factor(record) if panels is None else 1)
        layers = record["layer"].values.tolist()
        looks = [(_ordered(index, len(layers)), DASHES[index % len(DASHES)]) for index in range(len(layers))]
        low, high, log = _limits(np.stack(bands))
        notes = [_zeros(array) if log else "" for array in values]
        titles = [panel_title(name, note, columns) for (name, _), note in zip(settings, notes, strict=True)]
        figure, grid = multiples(len(settings), columns, titles)
        for axes, title, band in zip(grid, titles, bands, strict=True):
            for index, (color, dash) in enumerate(looks):
                _band(
                    axes, record["step"].values, np.where((band > 0) | (not log), band, np.nan)[..., index], color, dash
                )
            axes.set_title(title)
            step_axis(axes, float(record["step"].values[-1]), step)
            value_axis(axes, low, high, log)
        outer_labels(grid, columns, STEP, quantity(variable, str(record[variable].attrs.get("units", ""))))
        handles = [Line2D([], [], color=color, linestyle=dash, label=_layer(label))
                   for label, (color, dash) in zip(layers, looks, strict=True)]  # fmt: skip
        legend_below(figure, handles, min(len(layers), 6))
        whom = "a member that stopped keeps its last value" if hold else "bands over the members still training"
        some = drawn_words(record, panels)
        figure.set_label(
            f"{some}{'; ' * bool(some)}median, 25–75 % and 5–95 % of {members_text(record.sizes[records.SEED])}; {whom}"
        )
    return figure


def _ordered(index: int, count: int) -> str:
    """Layers have an order, so their colors rise in lightness from the first to the last, also in grey."""
    if count == 1:
        return GREY
    return to_hex(matplotlib.colormaps["viridis"](0.86 * index / (count - 1)))


def _band(axes: Axes, steps: np.ndarray, band: np.ndarray, color: str, dash: Any) -> None:
    low, lower, middle, upper, high = band
    axes.fill_between(steps, low, high, color=color, alpha=0.10, linewidth=0)
    axes.fill_between(steps, lower, upper, color=color, alpha=0.20, linewidth=0)
    axes.plot(steps, middle, color=color, linestyle=dash, linewidth=1.3)


def _limits(bands: np.ndarray) -> tuple[float, float, bool]:
    finite = bands[np.isfinite(bands)]
    positive = finite[finite > 0]
    if not len(positive) or (finite < 0).any():
        return (float(finite.min()), float(finite.max()), False) if len(finite) else (0.0, 1.0, False)
    low, high = float(positive.min()), float(positive.max())
    return low, high, high > 10 * low


def _zeros(values: np.ndarray) -> str:
    known = np.isfinite(values)
    zeros = int((values == 0).sum())
    return f"{100 * zeros / known.sum():.2g} % of values are 0" if zeros else ""


def _layer(label: Any) -> str:
    return f"layer {label:g}" if isinstance(label, int | float) else str(label)
