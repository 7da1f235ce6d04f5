"""Matrices, grids of outputs and strips: asked what was drawn."""

import numpy as np
import pytest

from seedbed import figures
from seedbed.errors import SpecError

rng = np.random.default_rng(3)
IMAGES, KERNELS = rng.uniform(0, 255, (2, 7, 7)), rng.normal(size=(3, 2, 2))
OUTPUTS = rng.normal(size=(2, 3, 6, 6)) * np.array([1.0, 10.0, 100.0])[None, :, None, None]
NAMES = ["first", "second"], ["a", "b", "c"]


def words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_matrices_have_their_numbers_written_in_and_colors_about_zero():
    figure = figures.matrices(np.array([[[0.25, -1.0]], [[0.0, 3.0]]]), ["one", "two"])
    assert words(figure) == [".25", "−1", "0", "3"]
    assert {image.get_clim() for axes in figure.axes for image in axes.images} == {(-3, 3)}
    own = figures.matrices(np.array([[[0.25, -1.0]], [[0.0, 3.0]]]), ["one", "two"], same_scale=False)
    assert [axes.images[0].get_clim() for axes in own.axes] == [(-1, 1), (-3, 3)]
    assert [axes.get_title() for axes in own.axes] == ["one", "two"]
    with pytest.raises(SpecError, match=r"one title each, got \(3, 2, 2\) and 1 titles"):
        figures.matrices(KERNELS, ["only one"])


def test_a_matrix_of_zeros_is_drawn():
    assert words(figures.matrices(np.zeros((1, 1, 1)), ["nothing"])) == ["0"]


def test_one_place_frames_the_window_and_tells_the_sum():
    window = IMAGES[0][2:4, 3:5]
    output = np.zeros((6, 6))
    output[2, 3] = -12.5
    figure = figures.one_place(IMAGES[0], (2, 3), window, KERNELS[0], window * KERNELS[0], output)
    frames = [patch.get_bbox().bounds for axes in figure.axes for patch in axes.patches]
    assert frames == [(2.5, 1.5, 2, 2), (2.5, 1.5, 1, 1)]
    assert figure.axes[-1].get_title() == "… adds up to −12.5"
    with pytest.raises(SpecError, match=r"one shape, got \(2, 2\), \(2, 2\) and \(1, 2\)"):
        figures.one_place(IMAGES[0], (2, 3), window, KERNELS[0], window[:1], output)


def test_a_grid_has_a_tile_for_each_input_kernel_and_output():
    figure = figures.responses(IMAGES, KERNELS, OUTPUTS, *NAMES)
    panel, bar = figure.axes
    shown = [image.get_clim() for image in panel.images]
    assert len(shown) == 2 + 3 + 6
    most = abs(OUTPUTS).max()
    assert set(shown[5:]) == {(-most, most)}
    assert bar.get_xlabel() == "output"
    assert [text.get_text() for text in panel.texts] == NAMES[1]
    assert [label.get_text() for label in panel.get_yticklabels()] == NAMES[0]
    np.testing.assert_array_equal(panel.images[-1].get_array(), OUTPUTS[1, 2])


def test_a_scale_for_every_column_is_written_below_it():
    panel, _ = figures.responses(IMAGES, KERNELS, OUTPUTS, *NAMES, same_scale=False).axes
    reach = abs(OUTPUTS).max(axis=(0, 2, 3))
    assert [image.get_clim()[1] for image in panel.images[5:8]] == reach.tolist()
    assert [label.get_text() for label in panel.get_xticklabels()] == [f"±{most:,.0f}" for most in reach]


def test_outputs_that_do_not_belong_are_refused():
    with pytest.raises(SpecError, match=r"of 2 images and 3 kernels, got \(3, 2, 6, 6\)"):
        figures.responses(IMAGES, KERNELS, OUTPUTS.swapaxes(0, 1), *NAMES)


def test_strips_draw_few_values_one_by_one_and_say_the_median():
    figure = figures.strips([("ms", {"few": np.array([1.0, 2.0, 40.0]), "many": np.arange(1.0, 102.0)})], log=True)
    (axes,) = figure.axes
    assert words(figure) == ["2", "51"]
    assert axes.get_xscale() == "log"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["few", "many"]
    points = [line.get_xdata() for line in axes.lines if line.get_marker() == "o"]
    assert [len(values) for values in points] == [3]
    assert [list(line.get_xdata()) for line in axes.lines[:1]] == [[1.0, 40.0]]


def test_strips_of_a_spread_run_over_quantiles():
    (axes,) = figures.strips([("r", {"one": np.arange(101.0)})], spread=True).axes
    assert [list(line.get_xdata()) for line in axes.lines[:2]] == [[5, 95], [25, 75]]


@pytest.mark.parametrize(
    ("panels", "how", "message"),
    [
        ([], {}, "at least one group, got none"),
        ([("x", {"a": np.array([])})], {}, '"a" needs values for "x"'),
        ([("x", {"a": np.array([0.0])})], {"log": True}, '"a" needs values above 0'),
        ([("x", {"a": np.ones(1)}), ("y", {"b": np.ones(1)})], {}, r"same groups, got \['b'\] for \"y\""),
    ],
)
def test_strips_that_make_no_sense(panels, how, message):
    with pytest.raises(SpecError, match=message):
        figures.strips(panels, **how)
