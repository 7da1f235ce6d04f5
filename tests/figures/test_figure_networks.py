"""Kernels, predictions against the truth, and arrivals against effort: asked what was drawn."""

import numpy as np
import pytest

from seedbed import figures
from seedbed.errors import SpecError


def test_kernels_stand_eight_in_a_row_on_one_scale_around_zero():
    rng = np.random.default_rng(0)
    groups = {"before": rng.normal(size=(16, 7, 7)), "after": 3 * rng.normal(size=(16, 7, 7))}
    figure = figures.kernel_grid(groups)
    shown = figure.axes[0].images
    assert len(shown) == 32
    reach = max(abs(array).max() for array in groups.values())
    assert {image.get_clim() for image in shown} == {(-reach, reach)}
    np.testing.assert_array_equal(shown[16].get_array(), groups["after"][0])
    assert [text.get_text() for text in figure.axes[0].texts if text.get_text()] == ["before", "after"]
    assert figure.axes[1].get_ylabel() == "weight"
    assert len({tuple(image.get_extent()) for image in shown}) == 32


@pytest.mark.parametrize("groups", [{}, {"a": np.zeros((3, 3))}, {"a": np.zeros((0, 3, 3))}])
def test_kernels_of_another_shape_are_an_error(groups):
    with pytest.raises(SpecError, match="kernel, row, column"):
        figures.kernel_grid(groups)


def test_agreement_draws_a_box_for_each_truth_and_the_answers_of_the_first_member():
    truth = np.array([1.0, 1.0, 2.0, 3.0])
    answers = truth + np.linspace(-0.2, 0.2, 9)[:, None]
    figure = figures.agreement(truth, {"a": answers}, ["diamond", "square", "diamond", "square"])
    (axes,) = figure.axes
    points = np.sort(np.concatenate([line.get_ydata() for line in axes.lines if line.get_linestyle() == "None"]))
    np.testing.assert_allclose(points, np.sort(answers[0]))
    medians = [line.get_ydata()[0] for line in axes.lines if line.get_linewidth() == 1.6]
    np.testing.assert_allclose(medians, [1, 2, 3])


def test_agreement_survives_answers_that_are_not_finite():
    figure = figures.agreement(np.array([1.0, 2.0]), {"a": np.full((3, 2), np.inf)}, ["x", "x"])
    figure.draw_without_rendering()


def test_agreement_wants_the_same_examples_everywhere():
    with pytest.raises(SpecError, match="2 examples"):
        figures.agreement(np.zeros(2), {"a": np.zeros((3, 4))}, ["x", "x"])


def test_effort_scales_steps_by_what_a_step_costs():
    arrived = {"a": np.array([10.0, 20.0, np.nan, 40.0]), "b": np.array([np.nan] * 4)}
    figure = figures.by_effort(arrived, {"steps": {"a": 1, "b": 1}, "operations": {"a": 1000, "b": 5}})
    first, second = (axes.lines[0].get_xdata() for axes in figure.axes)
    np.testing.assert_allclose(np.asarray(second), 1000 * np.asarray(first))
    assert figure.axes[0].lines[0].get_ydata()[-1] == 0.75
    figure.draw_without_rendering()


def test_effort_without_a_cost_is_an_error():
    with pytest.raises(SpecError, match="no cost of a step for b"):
        figures.by_effort({"a": np.ones(2), "b": np.ones(2)}, {"steps": {"a": 1}})
