"""What the surfaces say in numbers, by the closed forms of one sigmoid neuron, and the answers made of them."""

import json

import numpy as np
import pytest

from seedbed.studies.neuron_surfaces import study


@pytest.fixture
def summary(smoke):
    return json.loads((smoke("neuron_surfaces") / "summary.json").read_text())


def test_the_numbers_are_those_of_the_closed_forms(summary):
    axis = np.linspace(-6, 6, study.profile("smoke").points)
    output = 1 / (1 + np.exp(-(axis[:, None] + axis[None])))
    error = output - 0.5
    slope = np.abs(2 * error * output * (1 - output))
    wrong = np.abs(error) > 0.45
    found = summary["readings"]
    assert found["share_of_square_wrong"] == pytest.approx(wrong.mean())
    assert found["share_of_wrong_that_is_flat"] == pytest.approx((slope < 0.01)[wrong].mean())
    assert found["largest_l2_gradient"] == pytest.approx(slope.max(), rel=1e-5)
    assert found["smallest_cross_entropy_gradient_where_wrong"] == pytest.approx(np.abs(error)[wrong].min(), rel=1e-5)
    assert found["rise"]["l2"] == pytest.approx(
        ((1 / (1 + np.exp(-12)) - 0.5) / (1 / (1 + np.exp(-6)) - 0.5)) ** 2, rel=1e-5
    )


def test_a_descent_is_answered_by_its_steps(summary):
    steps = summary["readings"]["descent_steps"]
    assert steps["l2, from (5, 5)"] is None
    answer = next(one for one in summary["in_short"]["answers"] if one["question"] == "What does that do to learning?")
    assert "(5, 5): not within the cap under L2, 131 under cross-entropy" in answer["answer"]
    for loss, words in (("l2", "under L2"), ("cross_entropy", "under cross-entropy")):
        assert f"{steps[f'{loss}, from (3, -1)']:.0f} {words}" in answer["answer"]
