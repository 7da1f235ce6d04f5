"""Surfaces over a plane in three dimensions: matplotlib for paper, plotly for a page where a reader can turn them.

Both draw the same panels with the same x and y ranges and the same colors. A flat picture of a surface is in `heat`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.colors import Normalize, to_hex
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from seedbed.errors import SpecError
from seedbed.figures.axes import plain, wrapped
from seedbed.figures.style import CM, INK, TICKS, WIDTH, Shown, applied, columns_for

if TYPE_CHECKING:
    from mpl_toolkits.mplot3d import Axes3D

SEQUENTIAL, DIVERGING = "viridis", "RdBu_r"
FACETS = 128  # at most so many along an axis: finer ones cannot be seen in print
MOST_SCENES = 8  # browsers stop at about sixteen WebGL pictures per page, and a page may hold two of these


@dataclass(frozen=True)
class Panel:
    """A surface: `z[j, i]` stands at `x[i]`, `y[j]`; all axes rising.

    `diverging` colors the values around 0; None does so where z takes both signs.
    """

    title: str
    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    z_label: str
    diverging: bool | None = None

    def __post_init__(self) -> None:
        shape, wanted = np.shape(self.z), (len(self.y), len(self.x))
        if np.ndim(self.x) != 1 or np.ndim(self.y) != 1 or shape != wanted:
            raise SpecError(
                f'the surface "{self.title}" needs z of shape (y, x) = {wanted}, got {shape}; transpose or resample'
            )

    def colors(self, limits: tuple[float, float] | None = None) -> tuple[str, float, float]:
        """Name of the color map, and the values at its ends; `limits` replaces the panel's own range of z."""
        finite = self.z[np.isfinite(self.z)]
        low, high = limits or ((float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0))
        if low < 0 < high if self.diverging is None else self.diverging:
            reach = max(abs(low), abs(high)) or 1.0
            return DIVERGING, -reach, reach
        return SEQUENTIAL, low, high if high > low else low + 1.0


def surfaces(panels: Sequence[Panel], x_label: str, y_label: str, *, same_z: bool = False) -> Figure:
    """Surfaces as small multiples with one x and one y range; `same_z` also gives them one z range and its colors.

    Raises: SpecError for no panels.
    """
    x_range, y_range, z_range = _ranges(panels, same_z)
    with applied():
        columns = min(columns_for(len(panels)), 3)
        rows = -(-len(panels) // columns)
        cell = _Cell(columns, rows)
        figure = Shown(figsize=(cell.total[0] * CM, cell.total[1] * CM))  # placed by hand: layouts misjudge 3-D axes
        for index, panel in enumerate(panels):
            axes: Axes3D = figure.add_axes(cell.surface(index), projection="3d")  # pyright: ignore[reportAssignmentType]
            cmap, low, high = panel.colors(z_range)
            x, y = np.meshgrid(panel.x, panel.y)
            style: dict[str, Any] = {"cmap": cmap, "vmin": low, "vmax": high, "rcount": FACETS, "ccount": FACETS}
            # Thousands of facets are pixels inside the SVG; the axes around them stay lines and letters.
            drawn = axes.plot_surface(x, y, panel.z, **style, linewidth=0, antialiased=False, rasterized=True)
            axes.set(xlim=x_range, ylim=y_range)
            if z_range is not None:
                axes.set_zlim(*z_range)
            x, y = cell.title(index)
            figure.text(x, y, wrapped(panel.title, cell.width - 0.6), ha="center", va="top")
            _dress(axes, x_label, y_label, columns)
            bar = figure.colorbar(drawn, cax=figure.add_axes(cell.bar(index)), orientation="horizontal")
            bar.set_label(panel.z_label, labelpad=1)
            bar.ax.tick_params(**TICKS)
            bar.locator = MaxNLocator(4, steps=[1, 2, 5, 10])
            bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return figure


class _Cell:
    """Where the parts of each panel stand, in fractions of the figure."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.width = columns, WIDTH / columns if columns > 1 else 12.0
        self.height = 0.85 * self.width + 1.75
        self.total = (self.width * columns, self.height * rows)

    def _box(self, index: int, left: float, bottom: float, width: float, height: float) -> tuple[float, ...]:
        row, column = divmod(index, self.columns)
        x, y = column * self.width + left, self.total[1] - (row + 1) * self.height + bottom
        return x / self.total[0], y / self.total[1], width / self.total[0], height / self.total[1]

    def surface(self, index: int) -> Any:
        return self._box(index, 0.0, 1.45, 0.9 * self.width, self.height - 1.6)

    def bar(self, index: int) -> Any:
        return self._box(index, 0.16 * self.width, 1.0, 0.68 * self.width, 0.2)

    def title(self, index: int) -> Any:
        return self._box(index, 0.5 * self.width, self.height - 0.1, 0.0, 0.0)[:2]


def _dress(axes: "Axes3D", x_label: str, y_label: str, columns: int) -> None:
    small = columns > 2
    axes.set_xlabel(x_label, labelpad=-7 if small else -3)
    axes.set_ylabel(y_label, labelpad=-7 if small else -3)
    axes.view_init(elev=27, azim=-58)
    axes.set_box_aspect((1, 1, 0.75), zoom=0.98)  # pyright: ignore[reportArgumentType]
    three: list[Any] = [axes.xaxis, axes.yaxis, axes.zaxis]  # pyright: ignore[reportAttributeAccessIssue]
    for axis in three:
        # The x and y axes meet in the near corner, where two labels would collide.
        prune = "upper" if axis is axes.xaxis else None
        axis.set_major_locator(MaxNLocator(4 if small else 5, steps=[1, 2, 5, 10], prune=prune))
        axis.set_major_formatter(FuncFormatter(plain))
        axis.set_pane_color((1, 1, 1, 0))
        axis.line.set_color("#9A9A9A")
    axes.tick_params(labelsize=6.5 if small else 7.5, labelcolor=INK, color="#9A9A9A", pad=-3 if small else -1)
    axes.tick_params(axis="z", pad=0)  # pyright: ignore[reportArgumentType]


def interactive_surfaces(panels: Sequence[Panel], x_label: str, y_label: str, *, same_z: bool = False) -> Any:
    """The same surfaces as a plotly figure (`plotly.graph_objects.Figure`), to be turned with the mouse.

    Raises: SpecError for no panels or more than eight, because a browser draws only so many WebGL scenes on a page.
    """
    from plotly.subplots import make_subplots  # only this function needs plotly, and it costs 0.1 s

    if len(panels) > MOST_SCENES:
        raise SpecError(
            f"a page holds at most {MOST_SCENES} surfaces to turn, got {len(panels)}; draw fewer, or use surfaces()"
        )
    x_range, y_range, z_range = _ranges(panels, same_z)
    columns = min(len(panels), 2)
    rows = -(-len(panels) // columns)
    scenes = [[{"type": "surface"} if row * columns + column < len(panels) else None for column in range(columns)]
              for row in range(rows)]  # fmt: skip
    titles = [panel.title for panel in panels]
    figure = make_subplots(
        rows=rows,
        cols=columns,
        specs=scenes,
        subplot_titles=titles,
        horizontal_spacing=0.05,
        vertical_spacing=0.1 / rows,
    )
    for index, panel in enumerate(panels):
        row, column = divmod(index, columns)
        figure.add_surface(**_plotly_surface(panel, z_range), row=row + 1, col=column + 1)
        scene: Any = figure.layout["scene" if index == 0 else f"scene{index + 1}"]
        scene.zaxis.update(title=panel.z_label, range=_with_margin(panel, z_range))
        _place_bar(figure.data[-1], scene.domain, 0.13 / rows)
    axis = {
        "backgroundcolor": "white",
        "gridcolor": "#D9D9D9",
        "zerolinecolor": "#B0B0B0",
        "showbackground": True,
        "nticks": 6,
    }
    figure.update_scenes(
        xaxis={"title": x_label, "range": x_range, **axis},
        yaxis={"title": y_label, "range": y_range, **axis},
        zaxis=axis,
        camera={"eye": {"x": 1.5, "y": -2.19, "z": 1.31}, "center": {"x": -0.1, "y": -0.07, "z": -0.12}},
        aspectmode="cube",
    )
    figure.update_layout(
        template="none",
        height=470 * rows + 60,
        margin={"l": 0, "r": 0, "t": 60, "b": 8},
        font={"family": "system-ui, sans-serif", "size": 12, "color": "#222222"},
        paper_bgcolor="white",
        showlegend=False,
    )
    figure.update_annotations(font_size=14)
    return figure


def _plotly_surface(panel: Panel, z_range: tuple[float, float] | None) -> dict[str, Any]:
    cmap, low, high = panel.colors(z_range)
    small = {name: np.asarray(getattr(panel, name), dtype=np.float32) for name in ("x", "y", "z")}
    bar = {"orientation": "h", "thickness": 10, "nticks": 5, "outlinewidth": 0, "tickfont": {"size": 11}}
    words = f"x %{{x:.3g}}, y %{{y:.3g}}<br>{panel.z_label} %{{z:.4g}}<extra></extra>"
    light = {"ambient": 0.75, "diffuse": 0.5, "specular": 0.05, "roughness": 0.9}
    return {**small, "colorscale": _colorscale(cmap), "cmin": low, "cmax": high, "colorbar": bar, "lighting": light,
            "hovertemplate": words, "name": panel.title}  # fmt: skip


def _with_margin(panel: Panel, z_range: tuple[float, float] | None) -> list[float]:
    """The range of the z axis, with room below: in the corner the lowest tick of z would cover one of x."""
    finite = panel.z[np.isfinite(panel.z)]
    low, high = z_range or ((float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0))
    span = high - low or 1.0
    return [low - 0.1 * span, high + 0.02 * span]


def _place_bar(surface: Any, domain: Any, room: float) -> None:
    """Make room under a scene, and put the color bar of its surface there."""
    (left, right), (bottom, top) = domain.x, domain.y
    domain.y = (bottom + room, top)
    surface.colorbar.update(
        x=(left + right) / 2, xanchor="center", y=bottom, yanchor="bottom", len=0.62 * (right - left)
    )


def _colorscale(cmap: str) -> list[list[Any]]:
    """A matplotlib color map in plotly's words, so that paper and page agree."""
    norm, colors = Normalize(0, 16), matplotlib.colormaps[cmap]
    return [[index / 16, to_hex(colors(float(norm(index))))] for index in range(17)]


def _ranges(panels: Sequence[Panel], same_z: bool) -> tuple[tuple[float, float], tuple[float, float], Any]:
    if not panels:
        raise SpecError("surfaces need at least one panel, got none; give a list of Panel(title, x, y, z, z_label)")
    x = min(float(np.min(panel.x)) for panel in panels), max(float(np.max(panel.x)) for panel in panels)
    y = min(float(np.min(panel.y)) for panel in panels), max(float(np.max(panel.y)) for panel in panels)
    finite = [panel.z[np.isfinite(panel.z)] for panel in panels]
    z = np.concatenate([values.ravel() for values in finite])
    return x, y, (float(z.min()), float(z.max())) if same_z and z.size else None
