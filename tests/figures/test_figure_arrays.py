"""Figures of plain arrays: asked what was drawn."""

import subprocess
import sys

import numpy as np
import pytest

from seedbed import figures
from seedbed.errors import SpecError
from seedbed.figures.surfaces import DIVERGING, SEQUENTIAL

X, Y = np.linspace(-2, 3, 11), np.linspace(-1, 1, 7)
Z = X[None, :] * Y[:, None]


def panel(title="product", x=X, y=Y, z=Z, **options):
    return figures.Panel(title, x, y, z, "z (nats)", **options)


def test_a_panel_wants_z_by_y_and_x():
    with pytest.raises(SpecError, match=r"z of shape \(y, x\) = \(7, 11\), got \(11, 7\)"):
        panel(z=Z.T)


def test_colors_diverge_around_zero_exactly_where_both_signs_occur():
    name, low, high = panel().colors()
    assert name == DIVERGING
    assert low == -high == -3
    assert panel(z=Z**2).colors()[0] == SEQUENTIAL
    assert panel(z=Z**2, diverging=True).colors() == (DIVERGING, -9, 9)
    assert panel(z=np.zeros_like(Z)).colors() == (SEQUENTIAL, 0, 1)
    assert panel(z=np.full_like(Z, np.nan)).colors() == (SEQUENTIAL, 0, 1)


def test_surfaces_share_their_ranges_and_name_their_axes():
    figure = figures.surfaces([panel(), panel("shifted", x=X + 4)], "weight", "bias")
    deep = [axes for axes in figure.axes if axes.name == "3d"]
    bars = [axes for axes in figure.axes if axes.name != "3d"]
    figure.draw_without_rendering()
    for axes in deep:
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("weight", "bias")
        assert axes.get_xlim() == (-2, 7)
        assert axes.get_ylim() == (-1, 1)
    assert [bar.get_xlabel() for bar in bars] == ["z (nats)", "z (nats)"]
    assert [text.get_text() for text in figure.texts] == ["product", "shifted"]


def test_same_z_gives_all_surfaces_one_range():
    figure = figures.surfaces([panel(), panel(z=5 * Z)], "w", "b", same_z=True)
    assert {axes.get_zlim() for axes in figure.axes if axes.name == "3d"} == {(-15, 15)}


@pytest.mark.parametrize("count", [1, 2, 4, 5, 8])
def test_interactive_surfaces_draw_one_scene_per_panel_as_float32(count):
    figure = figures.interactive_surfaces([panel(f"number {index}") for index in range(count)], "weight", "bias")
    assert len(figure.data) == count
    assert all(surface.z.dtype == np.float32 for surface in figure.data)
    assert figure.layout.scene.xaxis.title.text == "weight"
    assert tuple(figure.layout.scene.xaxis.range) == (-2, 3)
    assert figure.layout.scene.zaxis.title.text == "z (nats)"
    assert [note.text for note in figure.layout.annotations] == [f"number {index}" for index in range(count)]


def test_interactive_surfaces_write_the_same_page_twice():
    pages = {
        figures.interactive_surfaces([panel()], "w", "b").to_html(include_plotlyjs=False, div_id="one")
        for _ in range(2)
    }
    assert len(pages) == 1


def test_more_scenes_than_a_browser_draws_and_no_panels_are_errors():
    with pytest.raises(SpecError, match="at most 8 surfaces to turn, got 9"):
        figures.interactive_surfaces([panel()] * 9, "w", "b")
    for draw in (figures.surfaces, figures.interactive_surfaces):
        with pytest.raises(SpecError, match="at least one panel"):
            draw([], "w", "b")


def test_heat_shows_the_way_of_a_descent_from_ring_to_dot():
    way = figures.Descent("from (2, 1)", np.array([2.0, 1.0, 0.5]), np.array([1.0, 0.5, 0.2]))
    axes, bar = figures.heat(panel(), "weight", "bias", paths=[way]).axes
    assert (axes.get_xlabel(), axes.get_ylabel(), bar.get_ylabel()) == ("weight", "bias", "z (nats)")
    assert [text.get_text() for text in axes.texts] == ["from (2, 1)"]
    start, end = axes.lines[-2:]
    assert (*start.get_xdata(), *start.get_ydata()) == (2.0, 1.0)
    assert (*end.get_xdata(), *end.get_ydata()) == (0.5, 0.2)
    assert axes.get_xlim() == (-2, 3)


@pytest.mark.parametrize("z", [np.ones_like(Z), np.exp(5 * Z), -np.ones_like(Z)])
def test_heat_draws_flat_and_steep_surfaces(z):
    figure = figures.heat(panel(z=z), "w", "b")
    figure.draw_without_rendering()
    assert len(figure.axes) == 2


def test_order_puts_the_best_on_top_with_its_interval():
    rows = [{"label": "b", "rank": 2, "low": 1, "high": 3}, {"label": "a", "rank": 1, "low": 1, "high": 2}]
    axes = figures.order(rows).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert axes.yaxis_inverted()
    assert [tuple(line.get_xdata()) for line in axes.lines] == [(1, 2), (1, 3), (1, 2)]
    assert axes.get_xlabel()


def test_probabilities_write_each_pair_once_and_nothing_on_the_diagonal():
    pairs = [{"row": "a", "column": "b", "probability": 0.999}, {"row": "b", "column": "a", "probability": 0.0}]
    axes = figures.probabilities(pairs).axes[0]
    assert [(text.get_position(), text.get_text()) for text in axes.texts] == [((1, 0), ">.99"), ((0, 1), "0.00")]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: figures.order([]), "at least one row"),
        (lambda: figures.order([{"label": "a", "rank": 1}]), "add low, high"),
        (lambda: figures.probabilities([{"row": "a", "column": "b", "probability": 1.2}]), "between 0 and 1, got 1.2"),
        (lambda: figures.image_grid(np.zeros((3, 4)), ["a"] * 3), r"\(image, height, width\), got \(3, 4\)"),
        (lambda: figures.image_grid(np.zeros((3, 4, 4)), ["a"]), "3 images and 1 titles"),
        (lambda: figures.labelled_images(np.zeros((3, 4, 4)), np.zeros(2)), "belong together"),
        (lambda: figures.function_and_derivative([]), "at least one function"),
        (lambda: figures.function_and_derivative([figures.FunctionRow("f", X, X, Y)]), "one shape"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_sentence(draw, message):
    with pytest.raises(SpecError, match=message):
        draw()


def test_image_grid_shows_every_image_under_its_title_on_one_scale():
    images = np.arange(10 * 3 * 3).reshape(10, 3, 3)
    figure = figures.image_grid(images, [f"number {index}" for index in range(10)])
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == [f"number {index}" for index in range(10)]
    assert {image.get_clim() for image in axes.images} == {(0, 89)}
    assert all(np.array_equal(shown.get_array(), image) for shown, image in zip(axes.images, images, strict=True))
    assert len({tuple(image.get_extent()) for image in axes.images}) == 10


def test_labelled_images_show_the_first_eight_of_every_label_in_rows():
    labels = np.array([1] * 11 + [0] * 3)
    images = np.arange(14)[:, None, None] * np.ones((14, 2, 2))
    figure = figures.labelled_images(images, labels)
    (axes,) = figure.axes
    shown = [int(image.get_array()[0, 0]) for image in axes.images]
    assert shown == [11, 12, 13, 0, 1, 2, 3, 4, 5, 6, 7]
    assert [text.get_text() for text in axes.texts] == ["label 0", "label 1"]


@pytest.mark.parametrize("count", [1, 5, 20])
def test_functions_stand_beside_their_derivatives(count):
    rows = [figures.FunctionRow(f"tanh {index}", X, np.tanh(X), 1 - np.tanh(X) ** 2) for index in range(count)]
    figure = figures.function_and_derivative(rows)
    assert len(figure.axes) == count
    for axes in figure.axes:
        assert np.array_equal(axes.lines[2].get_ydata(), np.tanh(X))
        assert np.array_equal(axes.lines[3].get_ydata(), 1 - np.tanh(X) ** 2)
    assert figure.axes[0].get_ylabel()
    assert figure.axes[-1].get_xlabel() == "z"


def test_figures_load_neither_jax_nor_pyplot():
    code = (
        "import sys, seedbed.figures; "
        "print([name for name in ('jax', 'equinox', 'optax', 'matplotlib.pyplot') if name in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "[]"
    )
