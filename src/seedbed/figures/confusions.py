"""Confusion matrices as heat maps: which class was taken for which, with the shares written in."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seedbed.errors import SpecError
from seedbed.figures.axes import wrapped
from seedbed.figures.style import INK, TALLEST, WIDTH, applied, blank

COLUMNS, LABELS = 2, 1.8  # panels in a row; cm left of a panel and below it for names of classes
FAINT = 0.0005  # shares below are left blank


def confusions(tables: Mapping[str, np.ndarray], classes: Sequence[str]) -> Figure:
    """Shares (true, predicted) of each setting, rows of which add up to 1: percent in every cell, darker for more.

    The diagonal is blue (right), all else orange (wrong), each on a scale of its own, so that a few per cent of
    confusion can be seen beside a diagonal near 100 %.

    Raises: SpecError unless the tables are square, with a class for each row.
    """
    arrays = {name: np.asarray(table, float) for name, table in tables.items()}
    if not arrays or any(array.shape != (len(classes), len(classes)) for array in arrays.values()):
        shapes = ", ".join(str(array.shape) for array in arrays.values()) or "nothing"
        raise SpecError(f"confusion matrices need shares (true, predicted) of {len(classes)} classes, got {shapes}; "
                        "give a square table each")  # fmt: skip
    with applied():
        columns = min(COLUMNS, len(arrays))
        rows = -(-len(arrays) // columns)
        width = WIDTH if columns > 1 else min(WIDTH, 4 + 0.95 * len(classes))
        side = width / columns - LABELS
        figure = blank(min(rows * (side + LABELS + 0.9), TALLEST), width=width)
        wrong = [array[~np.eye(len(array), dtype=bool)] for array in arrays.values()]
        most = max((float(np.nanmax(values, initial=0)) for values in wrong), default=0.0) or 1.0
        panels = figure.subplots(rows, columns, squeeze=False)
        for axes in panels.flat[len(arrays) :]:
            axes.remove()
        for place, (axes, (name, array)) in enumerate(zip(panels.flat, arrays.items(), strict=False)):
            _panel(axes, array, classes, most, side / len(classes))
            axes.set_title(wrapped(name, side))
            if place % columns == 0:
                axes.set_ylabel("true class")
            if place + columns >= len(arrays):
                axes.set_xlabel("given class")
    return figure


def _panel(axes: Axes, table: np.ndarray, classes: Sequence[str], most: float, cell: float) -> None:
    own = np.eye(len(table), dtype=bool)
    for shares, cmap, high in (
        (np.where(own, table, np.nan), "Blues", 1.0),
        (np.where(own, np.nan, table), "Oranges", most),
    ):
        axes.imshow(shares, cmap=cmap, vmin=0, vmax=high * 1.15, interpolation="nearest")
    size = float(np.clip(cell * 9.5, 4, 8))
    for row, column in np.ndindex(table.shape):
        share = float(table[row, column])
        if not share >= FAINT:
            continue
        light = share < 0.6 * (1.0 if row == column else most)
        axes.text(
            column, row, _percent(share), ha="center", va="center", fontsize=size, color=INK if light else "white"
        )
    ticks = range(len(classes))
    axes.set_xticks(ticks, classes, rotation=60, ha="right", rotation_mode="anchor", fontsize=7)
    axes.set_yticks(ticks, classes, fontsize=7)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def _percent(share: float) -> str:
    """A share in percent in as few letters as a cell holds.

    >>> _percent(0.923), _percent(0.0071), _percent(1.0)
    ('92', '.7', '100')
    """
    value = 100 * share
    return f"{value:.0f}" if value >= 0.95 else f"{value:.1f}".removeprefix("0")
