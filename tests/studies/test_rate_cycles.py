"""Cyclical rates: the policies between two bounds, what is read where cycles end, and what the page says."""

import json

import numpy as np
import pytest
import xarray as xr

from seedbed.studies import rate_cycles


def test_a_cycle_halves_what_decays_and_every_policy_lies_between_the_bounds():
    found = {name: one["optimizer.learning_rate"] for name, one in rate_cycles.policies(1e-3, 0.1, 2.0).items()}
    assert len(found) == 8
    for name in (rate_cycles.AMPLITUDE, rate_cycles.BOUNDS):
        assert found[name]["gamma"].value ** 4 == pytest.approx(0.5)  # a cycle is four epochs
    assert found[rate_cycles.AMPLITUDE]["reading"] == "amplitude"
    assert found[rate_cycles.BOUNDS]["reading"] == "bounds"
    decay = found[rate_cycles.DECAY]
    assert decay["start"].value * decay["factor"].value ** 12 == pytest.approx(1e-3)  # three cycles
    assert [dial.value for dial in found[rate_cycles.DROPS]["at"]] == [6, 9]


def test_ends_and_middles_of_cycles():
    accuracy = np.array([[0.0, 0.3, 0.5, 0.4, 0.6, 0.5, 0.7]])
    part = xr.Dataset({"test_accuracy": (("seed", "step"), accuracy)}, {"step": np.arange(7) * 40, "seed": [0]})
    found = rate_cycles.at_cycles(part)
    assert found["end"].tolist() == [0.7]
    assert found["after_first_cycle"].tolist() == [0.5]
    assert found["ends_above_middles"].tolist() == pytest.approx([0.6 - 0.4])


def test_policies_are_trained_between_the_bounds_that_the_sweep_gave(smoke):
    summary = json.loads((smoke("rate_cycles") / "summary.json").read_text())
    bounds = summary["readings"]["bounds"]
    assert 1e-9 < bounds["lr_min"] < bounds["lr_max"] < 10
    answers = {one["question"]: one["answer"] for one in summary["in_short"]["answers"]}
    assert len(answers) == 4
    assert "train loss" in answers["How do training and validation loss and accuracy develop?"]
    assert all("n = 4" in answer for answer in answers.values())
