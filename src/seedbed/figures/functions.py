"""Functions of one number beside their derivatives: activations as a learner meets them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seedbed.errors import SpecError
from seedbed.figures.axes import panel_title
from seedbed.figures.style import GREY, PALETTE, applied, columns_for, legend_below, multiples, outer_labels


@dataclass(frozen=True)
class FunctionRow:
    """A function on a grid: its name, `z`, f(z) and f'(z), all of shape (point,)."""

    name: str
    z: np.ndarray
    value: np.ndarray
    derivative: np.ndarray


def function_and_derivative(rows: Sequence[FunctionRow], *, z_label: str = "z") -> Figure:
    """f and f' over z as small multiples with shared axes; a jump of f' is drawn as a gap where its value is NaN.

    Raises: SpecError for no rows, or arrays that do not belong together.
    """
    if not rows:
        raise SpecError("function_and_derivative needs at least one function, got none; give a list of FunctionRow")
    for row in rows:
        if not np.shape(row.z) == np.shape(row.value) == np.shape(row.derivative):
            got = f"{np.shape(row.z)}, {np.shape(row.value)} and {np.shape(row.derivative)}"
            raise SpecError(f"{row.name} needs z, value and derivative of one shape, got {got}; use one grid for all")
    with applied():
        columns = columns_for(len(rows))
        titles = [panel_title(row.name, "", columns) for row in rows]
        figure, grid = multiples(len(rows), columns, titles, shape=0.8)
        for axes, row, title in zip(grid, rows, titles, strict=True):
            axes.axhline(0, color=GREY, linewidth=0.5)
            axes.axvline(0, color=GREY, linewidth=0.5)
            axes.plot(row.z, row.value, color=PALETTE[0], linewidth=1.5)
            axes.plot(row.z, row.derivative, color=PALETTE[1], linewidth=1.3, linestyle=(0, (4, 1.5)))
            axes.set_title(title)
            axes.set_xlim(float(np.min(row.z)), float(np.max(row.z)))
        outer_labels(grid, columns, z_label, f"f({z_label}),  f′({z_label})")
        handles = [
            Line2D([], [], color=PALETTE[0], linewidth=1.5, label=f"f({z_label})"),
            Line2D([], [], color=PALETTE[1], linewidth=1.3, linestyle=(0, (4, 1.5)), label=f"f′({z_label})"),
        ]
        legend_below(figure, handles, 2)
    return figure
