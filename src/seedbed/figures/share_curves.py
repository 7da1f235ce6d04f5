"""Shares of members against the step, each with its interval as a band. Shares that arrived at a target: `arrivals`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from seedbed.errors import SpecError
from seedbed.figures.axes import STEP, LineEnd, Scale, label_ends, share_axis, step_axis
from seedbed.figures.style import applied, look, single


@dataclass(frozen=True)
class ShareCurve:
    """A share over steps with the bounds of its interval, all of shape (step,)."""

    name: str
    steps: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray


def shares(curves: Sequence[ShareCurve], what: str, *, step: Scale = "linear", lowest: float = 0.0) -> Figure:
    """One curve with its band per entry, labelled at its end; each value holds until the next one is known.

    `what` names the share, `lowest` is the foot of the axis.

    Raises: SpecError for no curves, arrays that do not belong together, or a share below `lowest`.
    """
    if not curves:
        raise SpecError("shares needs at least one curve, got none; give a list of ShareCurve")
    for curve in curves:
        if len({np.shape(one) for one in (curve.steps, curve.share, curve.low, curve.high)}) > 1:
            raise SpecError(f"{curve.name} needs steps, share, low and high of one shape; use one grid for all")
        if np.min(curve.share) < lowest:
            raise SpecError(f"{curve.name} falls to {np.min(curve.share):g}, below the axis at {lowest:g}; lower it")
    with applied():
        height = max(8.0, 0.85 * len(curves) + 1.8)
        figure, axes = single(height)
        for index, curve in enumerate(curves):
            its = look(index)
            bounds: Any = (curve.steps, curve.low, curve.high)
            axes.fill_between(*bounds, step="post", color=its.color, alpha=0.13, linewidth=0)
            axes.step(curve.steps, curve.share, where="post", color=its.color, linestyle=its.dash)
        step_axis(axes, max(float(curve.steps[-1]) for curve in curves), step)
        share_axis(axes.yaxis, lowest)
        axes.set_xlabel(STEP)
        axes.set_ylabel(what)
        ends = [LineEnd(float(curve.steps[-1]), float(curve.share[-1]), curve.name, look(index).color)
                for index, curve in enumerate(curves)]  # fmt: skip
        label_ends(axes, ends, height - 1.6)
    return figure
