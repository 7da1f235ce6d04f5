"""Planes, maps of shares and histograms: what was drawn is what was given, and what does not fit is a sentence."""

import numpy as np
import pytest

from seedbed import figures
from seedbed.errors import SpecError

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
XOR = np.array([0, 1, 1, 0])
AXIS = np.linspace(-1, 1, 21)


def plane(title="a plane", **more):
    return figures.Plane(title, CORNERS, XOR, **more)


def test_points_stand_where_they_are_by_label():
    axes = figures.planes([plane()], "x1", "x2", limits=(-1, 2)).axes[0]
    drawn = [np.column_stack(line.get_data()).tolist() for line in axes.lines]
    assert drawn == [[[0, 0], [1, 1]], [[0, 1], [1, 0]]]
    assert axes.get_xlim() == axes.get_ylim() == (-1, 2)


@pytest.mark.parametrize("line", [(1.0, 1.0, -0.5), (0.0, 2.0, 1.0), (3.0, 0.0, -1.5), (1e-3, 1.0, 0.2)])
def test_a_line_satisfies_its_equation_and_crosses_the_panel(line):
    axes = figures.planes([plane(lines=[line])], "x1", "x2", limits=(-1, 2)).axes[0]
    x, y = axes.lines[0].get_data()
    a, b, c = line
    np.testing.assert_allclose(a * np.asarray(x) + b * np.asarray(y) + c, 0, atol=1e-12)
    assert max(np.ptp(x), np.ptp(y)) >= 3


def test_a_line_without_direction_and_a_field_without_boundary_draw_nothing():
    flat = np.full((21, 21), 0.4)
    panel = plane(lines=[(0.0, 0.0, 1.0)], x=AXIS, y=AXIS, z=flat, contours=[flat, np.full((21, 21), np.nan)])
    axes = figures.planes([panel], "x1", "x2", limits=(-1, 2)).axes[0]
    assert len(axes.lines) == 2  # the points of two labels
    assert len(axes.collections) == 1  # the colors


def test_a_plane_without_points_is_laid_out_and_names_no_labels(tmp_path):
    empty = figures.Plane("no points", CORNERS[:0], XOR[:0], x=AXIS, y=AXIS, z=np.tile((AXIS + 1) / 2, (21, 1)))
    drawn = figures.planes([empty, empty], "x1", "x2", limits=(-1, 1), z_label="share")
    figures.save(drawn, tmp_path / "empty", dense=True)  # a layout that fails is a warning, and so an error here
    assert [text.get_text() for text in drawn.legends[0].get_texts()] == ["boundary: 1/2"]


def test_a_boundary_is_where_the_answer_is_one_half():
    x, _ = np.meshgrid(AXIS, AXIS)
    axes = figures.planes([plane(x=AXIS, y=AXIS, z=(x + 1) / 2 - 0.15)], "x1", "x2", limits=(-1, 1)).axes[0]
    (path,) = axes.collections[-1].get_paths()
    np.testing.assert_allclose(path.vertices[:, 0], 0.3, atol=1e-9)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: figures.planes([], "x", "y", limits=(0, 1)), "at least one panel"),
        (lambda: figures.Plane("p", CORNERS, XOR[:3]), r"got \(4, 2\) and 3 labels"),
        (lambda: plane(x=AXIS, y=AXIS, z=np.zeros((3, 3))), r"fields of shape \(y, x\) = \(21, 21\)"),
        (lambda: plane(z=np.zeros((3, 3))), "needs fields"),
        (lambda: figures.share_map(np.zeros((2, 2)), ["a"], ["b", "c"], row_label="", column_label="", what=""),
         "a map of 1 rows and 2 columns"),
        (lambda: figures.histograms({}, "x"), "need values"),
        (lambda: figures.histograms({"p": {"a": np.ones(2)}, "q": {"b": np.ones(2)}}, "x"), "same groups"),
    ],
)  # fmt: skip
def test_what_is_refused(make, sentence):
    with pytest.raises(SpecError, match=sentence):
        make()


def test_every_cell_of_a_map_names_its_share_and_interval():
    shares = np.array([[0.5, 1.0], [0.0, 0.254]])
    axes = figures.share_map(shares, ["a", "b"], ["c", "d"], row_label="r", column_label="k", what="share",
                             low=shares * 0.5, high=np.minimum(shares + 0.1, 1)).axes[0]  # fmt: skip
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["50 %", "25–60", "100 %", "50–100", "0 %", "0–10", "25 %", "13–35"]
    assert axes.get_xlabel() == "k"


def test_every_member_is_in_one_bar_also_those_beyond_the_limits():
    groups = {"right": np.array([0.1, 0.1, 5.0]), "wrong": np.array([-3.0, 0.9])}
    axes = figures.histograms({"p": groups}, "x", limits=(0, 1), bins=10, marks={"half": 0.5}).axes[0]
    bars = [bar for bar in axes.patches if bar.get_height() > 0]
    assert sum(bar.get_height() for bar in bars) == 5
    assert {round(bar.get_x(), 1) for bar in bars} == {0.0, 0.1, 0.9}
    top = [bar for bar in bars if round(bar.get_x(), 1) == 0.9]
    assert sorted((bar.get_y(), bar.get_height()) for bar in top) == [(0, 1), (1, 1)]
