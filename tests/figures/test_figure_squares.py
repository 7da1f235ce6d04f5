"""Lines and maps in the unit square, and quantities against anything: asked what was drawn."""

import numpy as np
import pytest

from seedbed import figures
from seedbed.errors import SpecError

POINTS = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])


def square(**weights):
    return figures.Square("set 0", POINTS, np.array([1, -1, 1]), weights)


def test_every_point_of_a_line_has_score_zero():
    weight = np.array([3.0, -2.0])
    (axes,) = figures.separators([square(learned=weight)]).axes
    lines = [line.get_xydata() for line in axes.lines if line.get_linestyle() != "None"]
    np.testing.assert_allclose(lines[0] @ [1, -1], 0, atol=1e-12)
    np.testing.assert_allclose(lines[1] @ weight, 0, atol=1e-12)
    points = [line.get_xydata() for line in axes.lines if line.get_linestyle() == "None"]
    np.testing.assert_array_equal(points[0], POINTS[[0, 2]])
    np.testing.assert_array_equal(points[1], POINTS[[1]])


def test_no_weight_no_line():
    (axes,) = figures.separators([square(learned=np.zeros(2))]).axes
    assert sum(line.get_linestyle() != "None" for line in axes.lines) == 1


@pytest.mark.parametrize("squares", [[], [square()], [square(a=POINTS[0]), square(b=POINTS[0])]])
def test_squares_name_the_same_weights(squares):
    with pytest.raises(SpecError, match="same weights"):
        figures.separators(squares)


def test_maps_share_one_scale_and_keep_every_point():
    values = {"a": np.array([0.1, 0.5, 0.2]), "b": np.zeros(3), "c": np.zeros(3), "d": np.ones(3) / 4}
    figure = figures.square_maps(POINTS, values, "chance")
    *panels, bar = figure.axes
    assert len(panels) == 4
    assert bar.get_xlabel() == "chance"
    for axes, one in zip(panels, values.values(), strict=True):
        (shown,) = axes.collections
        assert shown.get_clim() == (0, 0.5)
        order = np.lexsort(POINTS.T)
        drawn = np.lexsort(np.asarray(shown.get_offsets()).T)
        np.testing.assert_array_equal(np.asarray(shown.get_array())[drawn], one[order])
    figure.draw_without_rendering()


def test_maps_need_a_value_for_every_point():
    with pytest.raises(SpecError, match="each of the 3 points"):
        figures.square_maps(POINTS, {"a": np.zeros(2)}, "x")


def test_against_draws_median_and_middle_half():
    x, values = np.array([1.0, 10.0, 100.0]), np.arange(1.0, 13.0).reshape(4, 3)
    figure = figures.against({"a": (x, values)}, "passes", "angle", marks=[("floor", 2.0)], first=2)
    axes = figure.axes[0]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), np.median(values, axis=0))
    band = axes.collections[0].get_paths()[0].vertices
    np.testing.assert_allclose(band[:, 1].min(), np.quantile(values, 0.25, axis=0).min())
    assert axes.lines[0].get_color() == figures.against({str(n): (x, values) for n in range(3)}, "", "").axes[0].lines[
        2].get_color()  # fmt: skip
    assert {"floor", "a"} <= {text.get_text() for text in axes.texts}
    figure.draw_without_rendering()


def test_against_leaves_gaps_where_a_logarithm_has_no_place():
    figure = figures.against({"a": (np.array([0.5, 1.0]), np.array([[0.0, 1.0]] * 3))}, "x", "y")
    np.testing.assert_array_equal(np.isnan(figure.axes[0].lines[0].get_ydata()), [True, False])
    figure.draw_without_rendering()


GROUPS = [(np.arange(3), np.ones((2, 3))), (np.ones(3), np.ones((2, 4))), (np.ones(3), np.ones(3))]


@pytest.mark.parametrize("group", GROUPS)
def test_against_needs_points_that_belong_together(group):
    with pytest.raises(SpecError, match="same points"):
        figures.against({"a": group}, "x", "y")


def test_against_needs_a_group():
    with pytest.raises(SpecError, match="at least one group"):
        figures.against({}, "x", "y")
