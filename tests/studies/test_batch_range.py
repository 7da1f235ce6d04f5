"""Batch sizes: what a size costs, what each way of choosing says, its regret, and what the page tells."""

import json

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.report.context import Context
from seedbed.studies import TABLE
from seedbed.studies.batch_range import read, show

SIZES = np.array([16.0, 64.0, 256.0])


def reach():
    """Three rates, three sizes, two seeds: each size is best at a rate of its own, and one network never arrives."""
    hits = np.full((3, 3, 2), 400.0)
    hits[0, 0], hits[1, 1], hits[2, 2] = [100, 100], [40, 50], [30, np.nan]
    hits[2, 0] = np.nan
    axes = {"learning_rate": [0.01, 0.1, 1.0], "size": ["16", "64", "256"], "seed": [0, 1]}
    return xr.Dataset({"hit_step": (tuple(axes), hits)}, axes)


def test_each_size_is_taken_at_its_best_rate():
    sizes, updates = read.costs_of(reach())
    assert list(updates) == ["0.01", "0.1", "1", read.BEST]
    np.testing.assert_array_equal(sizes, SIZES)
    np.testing.assert_array_equal(updates[read.BEST], [[100, 100], [40, 50], [400, 400]])


def test_regret_counts_doublings_of_updates_times_examples():
    updates = np.array([[100.0, 100.0], [40.0, 50.0], [30.0, np.nan]])
    costs = read.doublings(SIZES, updates)
    assert costs[0, 0] == pytest.approx(np.log2(100**2 * 16))
    assert costs[2, 1] == pytest.approx(np.log2(200**2 * 256))  # never: twice the most
    found = read.regret_at(SIZES, updates, np.array([64.0, np.nan]))
    assert found[0] == 0
    assert found[1] == pytest.approx(costs[2, 1] - costs[1, 1])  # no size counts as the largest
    low, middle = (read.regret_at(SIZES, updates, np.full(2, size)) for size in (2.0, 32.0))
    np.testing.assert_allclose(low, costs[0] - costs[1])
    np.testing.assert_allclose(middle, (costs[0] - costs[1]) / 2)


def test_the_page_answers_with_n_and_shows_the_algorithm(smoke):
    folder = smoke("batch_range")
    summary = json.loads((folder / "summary.json").read_text())
    answers = {one["question"]: one["answer"] for one in summary["in_short"]["answers"]}
    asked = [section.asks for section in TABLE["batch_range"].page if section.asks]
    assert list(answers) == asked
    assert all("n = 4" in answer or "n = 3" in answer or "of 4" in answer for answer in answers.values())
    assert (folder / "figures" / "algorithm.svg").stat().st_size > 5_000
    readings = summary["readings"]
    assert set(readings["loss_by_size"]) == {"after 2 epochs", "after 4 updates", "after 4 updates at lr_max"}
    assert readings["grown_to"]["without"] <= 4
    assert {"noise_scale", "critical_batch", "gap_large", "gap_to_updates"} <= set(readings)


def test_the_answer_on_the_curve_is_read_from_the_losses():
    """A loss with a minimum, and a network that diverged, are told; nothing is asserted beforehand."""
    sizes, seeds = [64, 128, 256], 6
    rng = np.random.default_rng(0)
    final = np.array([1.0, 0.5, 2.0])[:, None] + rng.normal(0, 0.01, (3, seeds))
    steps = np.arange(9)
    record = xr.Dataset(
        {
            "final_train_loss": (("batch_size", "seed"), final),
            "stop_step": (("batch_size", "seed"), np.repeat([[8], [4], [2]], seeds, axis=1)),
            "diverged_step": (
                ("batch_size", "seed"),
                np.where(np.arange(seeds) == 5, [[np.nan], [np.nan], [1]], np.nan),
            ),
            "batch_loss": (("batch_size", "seed", "step"), np.ones((3, seeds, 9))),
        },
        {"batch_size": sizes, "seed": range(seeds), "step": steps},
        {"cap": 8, "factors": "batch_size"},
    )
    study = TABLE["batch_range"]
    found = list(show.the_same_curve(Context(study, study.profile("smoke"), {"epochs": record})))
    (reading,) = (one.value for one in found if isinstance(one, sb.Reading) and one.name.startswith("lower"))
    assert reading == [128.0]
    assert "in batches of 128, and 1 of 18 networks diverged" in found[-1].text
    assert show.ONE_WAY not in found
