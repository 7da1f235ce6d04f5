"""ReLU and sigmoid by depth: when a loss has left ln 10, and both measures of one gradient."""

import json

import numpy as np
import pytest
import xarray as xr

from seedbed.studies.gradients_by_depth import leaving, measured


def test_leaving_takes_two_records_on_end():
    loss = [[2.3, 2.1, 2.3, 2.2, 2.0], [2.3, 2.3, 2.3, 2.3, 2.1], [2.1, 2.2, 2.3, 2.3, 2.3]]
    record = xr.Dataset(
        {"batch_loss": (("seed", "step"), np.array(loss)), "stop_step": ("seed", np.full(3, 40))},
        {"seed": range(3), "step": range(0, 50, 10)},
        {"cap": 40},
    )
    found = leaving(record, "nets")
    np.testing.assert_array_equal(found["hit_step"], [30, np.nan, 0])
    np.testing.assert_array_equal(found["stop_step"], [30, 40, 0])
    assert found.attrs["target"] == "batch_loss at most 2.2"


def test_the_norm_counts_every_weight_and_the_mean_loses_its_sign():
    gradient = np.array([3.0, -1.0, -4.0, -2.0])
    moments = np.array([gradient.mean(), gradient.std()]).reshape(1, 1, 1, 2)
    first = np.full((1, 2, 3), np.nan)
    first[:, :2, :2] = 1
    record = xr.Dataset(
        {
            "gradient_moments": (("seed", "step", "layer", "moment"), moments),
            "final_first_weights": (("seed", "first_unit", "first_input"), first),
        },
        {"seed": [0], "step": [0], "layer": ["1 dense"], "moment": ["mean", "std"]},
    )
    found = measured(record)
    assert found["batch_gradient"].item() == pytest.approx(np.linalg.norm(gradient))
    assert found["batch_signed"].item() == 1


def test_a_run_tells_both_measures_and_both_activations(smoke):
    summary = json.loads((smoke("gradients_by_depth") / "summary.json").read_text())
    assert set(summary["readings"]["relu_over_sigmoid"]) == {"mlp_1", "mlp_2"}
    assert all(one["estimate"] > 1 for one in summary["readings"]["relu_over_sigmoid"].values())
    assert len(summary["in_short"]["answers"]) == 7
    claims = {one["id"]: one for one in summary["claims"]}
    assert claims["ipek-ratio-mlp_1"]["findings"]
    assert claims["sigmoid-cnn-5-never"]["verdict"] == "cannot be told"  # smoke has the dense networks alone
