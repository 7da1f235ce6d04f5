"""The range test: what is read from a curve, what regret is, and what the page says."""

import json

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.studies import rate_range
from seedbed.studies.rate_range import read

RATES = np.geomspace(1e-9, 10, 641)


def grid(losses):
    """A record of trainings at three rates, (rate, seed)."""
    losses = np.asarray(losses, float)
    dims = ("learning_rate", "seed")
    ends = {"final_train_loss": (dims, losses), "final_dead": (dims, np.zeros(losses.shape))}
    coordinates = {"learning_rate": [1e-4, 1e-2, 1.0], "seed": range(losses.shape[1])}
    return xr.Dataset(ends, coordinates)


def test_the_sheets_ten_rates_are_among_the_grid():
    asked = rate_range.study.asked(rate_range.study.profile("quick"))
    levels = [float(label) for label in asked["rates"].spec.factors[0].labels]
    assert len(rate_range.CANDIDATES) == 10
    assert set(rate_range.CANDIDATES) < set(levels)
    assert (min(levels), max(levels)) == (1e-9, 10.0)
    assert asked["sweep"].spec.splits == ()


def test_full_asks_for_the_sheets_own_network():
    asked = rate_range.study.asked(rate_range.study.profile("full"))
    assert asked["googlenet_rates"].spec.model["width"] == 1.0
    assert str(asked["googlenet_rates"].spec.steps) == "5 epochs"


def test_regret_is_read_between_the_rates_of_the_grid():
    record = grid([[2.0, 2.0], [1.0, 1.0], [np.nan, 5.0]])  # the best is 1e-2; at 1 one diverged, one is lost
    assert read.regret_at(record, np.array([1e-2, 1e-4])).tolist() == [0.0, 1.0]
    assert read.regret_at(record, np.array([1e-3, 1e-3])).tolist() == pytest.approx([0.5, 0.5])
    guessing = read.GUESSING - 1
    assert read.regret_at(record, np.array([1.0, 1.0])).tolist() == pytest.approx([guessing, guessing])
    assert read.regret_at(record, np.array([np.nan, 1e-2])).tolist() == pytest.approx([guessing, 0.0])


def test_landmarks_of_a_curve_lie_where_it_turns():
    logs = np.log10(RATES)
    fall = 2.3 - 2 * np.clip((logs + 4) / 2, 0, 1)  # from 1e-4 to 1e-2
    losses = np.where(RATES < 1, fall, 4.0)
    found = read.landmarks(RATES, np.stack([losses, fall]))
    assert np.all(found["change_at_1e_6"] < 1e-9)
    assert np.all((found["steepest_rate"] > 1e-4) & (found["steepest_rate"] < 2e-2))
    assert np.all((found["lowest_rate"] >= 1e-2) & (found["lowest_rate"] <= 10))
    assert 1 <= found["explosion_rate"][0] < 2
    assert found["explosion_rate"][1] == 10  # it never does


def test_the_page_names_every_rule_and_answers_with_n_and_interval(smoke):
    summary = json.loads((smoke("rate_range") / "summary.json").read_text())
    assert [one["rule"] for one in summary["readings"]["rules"]] == list(sb.stats.ranges.RULES)
    answers = [one["answer"] for one in summary["in_short"]["answers"]]
    assert len(answers) == 3  # no MiniGoogLeNet at smoke
    assert "n = 4" in answers[0]
    assert "n = 4" in answers[2]
