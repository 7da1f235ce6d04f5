"""One look for every figure: colors, line styles, sizes in centimeters, and how a figure is written to files.

The look is light, readable in print at 16 cm, and safe for color-blind readers: the Okabe-Ito colors (without yellow,
which vanishes on white paper), and a line style and a marker of its own per setting, so that a grey copy still tells
them apart. Figures are built without pyplot, so drawing leaves no state behind. Which figure shows what is the
business of the other modules here; where files belong is the business of `seedbed.report`.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from seedbed.errors import SpecError

WIDTH = 16.0  # cm: the text width of an A4 page
TALLEST = 22.0  # cm: what such a page holds beside a caption
CM = 1 / 2.54  # matplotlib sizes are in inches
DPI = 200
INK, GREY, GRID = "#222222", "#6B6B6B", "#E3E3E3"

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4D4D4D")
# Five line styles beside seven colors and eight markers: the triples repeat only after 280 settings.
DASHES: tuple[Any, ...] = (
    "solid",
    (0, (5, 1.5)),
    (0, (1.2, 1.2)),
    (0, (5, 1.5, 1.2, 1.5)),
    (0, (3, 1, 1, 1, 1, 1)),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")

RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters on every machine
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.titlelocation": "left",
    "axes.titlepad": 4,
    "axes.titley": 1.0,  # said, it need not be searched for above the ticks, which costs a tenth of a drawing
    "axes.labelsize": 8,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#9A9A9A",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.5,
    "text.color": INK,
    "lines.linewidth": 1.4,
    "lines.markersize": 4,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.dpi": 100,
    "figure.constrained_layout.w_pad": 0.03,
    "figure.constrained_layout.h_pad": 0.03,
    # Letters as outlines: typst draws a picture with its own few fonts only, and a reader's browser may lack ours;
    # outlines look alike in both. Each figure of a report carries its words beside it for search and screen readers.
    "svg.fonttype": "path",
    "svg.hashsalt": "seedbed",
}
TICKS: dict[str, Any] = {
    "labelsize": 7.5,
    "labelcolor": INK,
    "color": "#9A9A9A",
    "width": 0.6,
    "length": 2.5,
    "pad": 2.5,
}


@dataclass(frozen=True)
class Look:
    """How one setting is drawn in every figure of a record."""

    color: str
    dash: Any
    marker: str


def look(index: int) -> Look:
    """The look of setting number `index`, counted from 0."""
    return Look(PALETTE[index % len(PALETTE)], DASHES[index % len(DASHES)], MARKERS[index % len(MARKERS)])


def darker(color: str, share: float = 0.25) -> str:
    """A color mixed with black, for letters: what is a clear line may be too pale to read.

    >>> darker("#ff8000", 0.5)
    '#804000'
    """
    red, green, blue = to_rgb(color)
    return to_hex(((1 - share) * red, (1 - share) * green, (1 - share) * blue))


@contextmanager
def applied() -> Generator[None]:
    """The style for the length of a `with` block, on top of matplotlib's defaults whatever the user has set."""
    with matplotlib.style.context(["default", RC]):
        yield


class _Layout(ConstrainedLayoutEngine):
    """Constrained layout with rounded positions.

    Each run of it moves the panels by a last bit, and the names inside an SVG are made from those bits: without
    rounding, the same figure would be saved with other bytes the second time.
    """

    def execute(self, fig: Any) -> Any:
        result = super().execute(fig)
        for axes in fig.axes:
            bounds = [round(float(side), 5) for side in axes.get_position(original=True).bounds]
            axes.set_position(bounds, which="original")
            axes.set_in_layout(True)  # setting a position takes the axes out of the layout
        return result


class Shown(Figure):
    """A figure that a notebook shows where it is the last line of a cell, whether or not pyplot was imported."""

    def _repr_png_(self) -> bytes:
        pixels = BytesIO()
        with applied(), _laid_out(self):
            FigureCanvasAgg(self).print_png(pixels, metadata={"Software": None})
        return pixels.getvalue()


def blank(height: float | int, width: float | int = WIDTH) -> Figure:
    """An empty figure; sizes in centimeters."""
    return Shown(figsize=(width * CM, height * CM), layout=_Layout())


def single(height: float | int, width: float | int = WIDTH) -> tuple[Figure, Axes]:
    """A figure with one panel."""
    figure = blank(height, width)
    axes = figure.add_subplot()
    axes.tick_params(which="both", **TICKS)
    return figure, axes


def columns_for(count: int, last_factor: int = 1) -> int:
    """How many panels stand in a row of 16 cm: the levels of the last factor where they fit, else a near square.

    >>> [columns_for(count) for count in (1, 2, 3, 4, 6, 8, 12, 24)]
    [1, 2, 3, 2, 3, 4, 4, 6]
    """
    if 1 < last_factor <= 4 and last_factor < count <= 4 * last_factor:
        return last_factor
    if count <= 3:
        return count
    near_square = ((4, 2), (6, 3), (8, 4), (9, 3), (12, 4), (20, 5))
    return next((columns for most, columns in near_square if count <= most), 6)


def multiples(
    count: int, columns: int, titles: Sequence[str] = (), shape: float = 0.72, share: bool = True
) -> tuple[Figure, list[Axes]]:
    """A figure of `count` panels in rows, each `shape` times as high as wide; tick labels stand at the outer ones.

    `titles` makes room for titles of several lines; it does not set them.
    """
    rows = -(-count // columns)
    more = 0.36 * max((title.count("\n") for title in titles), default=0)
    height = min(max(WIDTH / columns * shape, 3.4) + more, 7.5, (TALLEST - 1.6) / rows) * rows + 1.6
    figure = blank(height)
    grid = figure.subplots(rows, columns, sharex=share, sharey=share, squeeze=False)
    panels = list(grid.flat)
    for unused in panels[count:]:
        unused.remove()
    for index, axes in enumerate(panels[:count]):
        axes.tick_params(which="both", **TICKS)
        if share and index + columns >= count:  # nothing stands below, also where the last row is not full
            axes.tick_params(labelbottom=True)
    return figure, panels[:count]


def outer_labels(panels: list[Axes], columns: int, x_label: str, y_label: str) -> None:
    """Name the axes once per row and column, at the outer panels."""
    for index, axes in enumerate(panels):
        if index % columns == 0:
            axes.set_ylabel(y_label)
        if index + columns >= len(panels):
            axes.set_xlabel(x_label)


def legend_below(figure: Figure, handles: list[Any], columns: int) -> None:
    """One legend under all panels."""
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, handlelength=2.2, columnspacing=1.6)


def save(figure: Figure, path: str | Path, dense: bool = False) -> tuple[Path, ...]:
    """Write `path`.svg and `path`.png (only the PNG when `dense`); the same figure gives the same bytes.

    Raises: SpecError when `path` already carries an ending.
    """
    path = Path(path)
    if path.suffix in (".svg", ".png", ".pdf"):
        raise SpecError(
            f'a figure is saved under a name without an ending, got "{path.name}"; drop the "{path.suffix}"'
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    drawing, pixels = (path.parent / f"{path.name}{ending}" for ending in (".svg", ".png"))
    with applied(), _laid_out(figure):
        FigureCanvasAgg(figure).print_png(pixels, metadata={"Software": None})
        if not dense:
            FigureCanvasSVG(figure).print_svg(drawing, metadata={"Date": None, "Creator": None})
    return (pixels,) if dense else (pixels, drawing)


@contextmanager
def _laid_out(figure: Figure) -> Generator[None]:
    """The figure at the resolution of its files, with its layout made once and then kept.

    `Figure.savefig` would lay a figure out twice and draw it twice for every file, which is most of a report's time;
    the canvases draw it once. A layout made again from its own result moves everything by a hundred-thousandth.
    """
    engine: Any = figure.get_layout_engine()
    dpi = figure.dpi
    figure.set_dpi(DPI)
    if engine is not None:
        engine.execute(figure)
    figure.set_layout_engine("none")
    try:
        yield
    finally:
        figure.set_dpi(dpi)
