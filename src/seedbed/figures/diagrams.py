"""The steps of an algorithm as a block diagram: boxes in a column, a decision, and the way back where it says no."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Polygon

from seedbed.errors import SpecError
from seedbed.figures.style import GREY, INK, PALETTE, WIDTH, applied, blank

LINE, GAP = 0.42, 0.75  # centimeters: height of a line of text, way between two blocks
BROAD, ASIDE = 8.6, 4.2  # centimeters: width of a block of the column, and of the one on the way back


@dataclass(frozen=True)
class FlowStep:
    """A block: its text, lines parted by newlines, and what it is: where one begins or ends, does, or decides.

    A decision goes on downward with `yes`; with `no` it goes through the block beside it, whose text is `otherwise`,
    back up to the block number `back`, counted from 0.
    """

    text: str
    kind: Literal["end", "do", "decide"] = "do"
    otherwise: str = ""
    back: int = 0


def block_diagram(steps: Sequence[FlowStep]) -> Figure:
    """Blocks from top to bottom with arrows between them; sizes follow from the lines of the texts.

    Raises: SpecError for fewer than two blocks, or a decision whose way back does not lead up.
    """
    if len(steps) < 2:
        raise SpecError(f"a block diagram has at least two blocks, got {len(steps)}; give a list of FlowStep")
    for place, step in enumerate(steps):
        if step.kind == "decide" and not 0 <= step.back < place:
            raise SpecError(f"the way back of a decision leads up, got block {step.back} from {place}; name one above")
    heights = [_height(step) for step in steps]
    whole = sum(heights) + GAP * (len(steps) - 1) + 0.4
    with applied():
        figure = blank(whole)
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, WIDTH), ylim=(0, whole))
        axes.axis("off")
        middles: list[float] = []
        top = whole - 0.2
        for height in heights:
            middles.append(top - height / 2)
            top -= height + GAP
        column = 0.4 + BROAD / 2
        for place, step in enumerate(steps):
            _block(axes, column, middles[place], heights[place], step)
            if place + 1 < len(steps):
                ends = middles[place] - heights[place] / 2, middles[place + 1] + heights[place + 1] / 2
                _arrow(axes, [(column, ends[0]), (column, ends[1])])
                if step.kind == "decide":
                    axes.text(column + 0.15, sum(ends) / 2, "yes", va="center", fontsize=8, color=INK)
            if step.kind == "decide":
                _way_back(axes, column, middles[place], middles[step.back], step.otherwise)
        figure.set_label(f"{len(steps)} blocks")
    return figure


def _height(step: FlowStep) -> float:
    lines = step.text.count("\n") + 1
    return LINE * lines * (1.9 if step.kind == "decide" else 1) + (0.9 if step.kind == "decide" else 0.5)


def _block(axes: Axes, x: float, y: float, height: float, step: FlowStep) -> None:
    color = {"end": GREY, "do": PALETTE[0], "decide": PALETTE[1]}[step.kind]
    if step.kind == "decide":
        corners = [(x - BROAD / 2, y), (x, y + height / 2), (x + BROAD / 2, y), (x, y - height / 2)]
        axes.add_patch(Polygon(corners, closed=True, facecolor=(*_pale(color), 1), edgecolor=color, linewidth=1.0))
    else:
        rounding = height / 2 if step.kind == "end" else 0.08
        _box(axes, x, y, BROAD, height, color, rounding)
    axes.text(x, y, step.text, ha="center", va="center", fontsize=8, color=INK, linespacing=1.25)


def _box(axes: Axes, x: float, y: float, width: float, height: float, color: str, rounding: float) -> None:
    style = f"round,pad=0,rounding_size={rounding}"
    corner = (x - width / 2, y - height / 2)
    axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=style, facecolor=(*_pale(color), 1), edgecolor=color,
                                  linewidth=1.0))  # fmt: skip


def _way_back(axes: Axes, column: float, low: float, high: float, text: str) -> None:
    """From the right corner of a decision through a block of its own to the right side of a block above."""
    right = column + BROAD / 2
    beside = WIDTH - 0.3 - ASIDE / 2
    axes.text(right + 0.1, low + 0.1, "no", va="bottom", fontsize=8, color=INK)
    if not text:
        _arrow(axes, [(right, low), (beside, low), (beside, high), (right, high)])
        return
    height, middle = LINE * (text.count("\n") + 1) + 0.5, (low + high) / 2
    _arrow(axes, [(right, low), (beside, low), (beside, middle - height / 2)])
    _box(axes, beside, middle, ASIDE, height, PALETTE[0], 0.08)
    axes.text(beside, middle, text, ha="center", va="center", fontsize=8, color=INK, linespacing=1.25)
    _arrow(axes, [(beside, middle + height / 2), (beside, high), (right, high)])


def _arrow(axes: Axes, way: Sequence[tuple[float, float]]) -> None:
    """A line through points, with its head at the last one."""
    axes.plot([x for x, _ in way[:-1]], [y for _, y in way[:-1]], color=INK, linewidth=1.0, solid_capstyle="butt")
    axes.annotate("", way[-1], way[-2], arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.0,
                                                    "shrinkA": 0, "shrinkB": 0})  # fmt: skip


def _pale(color: str) -> tuple[float, float, float]:
    """A color mixed with much white."""
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return 0.88 + 0.12 * red, 0.88 + 0.12 * green, 0.88 + 0.12 * blue
