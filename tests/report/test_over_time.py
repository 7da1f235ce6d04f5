"""A share of settings while they train: bands, the steps named in advance, and why nothing is compared."""

import re

import numpy as np
import pytest
import xarray as xr

from seedbed.report.page import Answer, Figure, Prose, Table
from seedbed.report.show.training import over_time_items
from seedbed.stats import curves

STEPS = np.array([0, 1, 2, 5, 11, 98, 100])


@pytest.fixture
def record():
    """Two settings, 12 seeds; b learns what a does not."""
    rng = np.random.default_rng(5)
    learned = np.array([0.0, 0.4])[:, None, None] * STEPS / (1 + STEPS)
    values = 0.5 + learned + rng.uniform(-0.05, 0.05, (2, 12, len(STEPS)))
    return xr.Dataset(
        {
            "train_accuracy": (("loss", "seed", "step"), values),
            "stop_step": (("loss", "seed"), np.full((2, 12), 100.0)),
            "diverged_step": (("loss", "seed"), np.full((2, 12), np.nan)),
        },
        {"loss": ["a", "b"], "seed": np.arange(12), "step": STEPS},
        {"factors": "loss"},
    )


def shown(record, steps):
    """What stands on the page."""
    items = over_time_items(record, "train_accuracy", "accuracy", steps)
    return [one for one in items if not isinstance(one, Answer)]


def test_the_recorded_steps_next_to_the_named_ones_are_compared(record):
    figure, table = shown(record, (10, 97, 1_000))
    assert isinstance(figure, Figure)
    assert isinstance(table, Table)
    assert table.columns == ("pair (a − b)", "at step 11", "at step 98", "over all steps")
    ((pair, early, late, area),) = table.rows
    assert pair == "a − b"
    expected = curves.at_steps(record, "train_accuracy", (11, 98), better="higher")
    gaps = [expected[11][0], expected[98][0], *curves.by_area(record, "train_accuracy", better="higher")]
    for cell, gap in zip((early, late, area), gaps, strict=True):
        numbers = [float(text.replace("−", "-")) for text in re.findall(r"[+−]?[\d.]+", cell.partition(" (")[0])]
        bounds = [gap.difference.estimate, gap.difference.low, gap.difference.high]
        assert numbers == pytest.approx([100 * bound for bound in bounds], abs=0.051)
        assert cell.endswith("(<\u00a00.001)") == (gap.p < 0.001)


def test_a_run_that_ended_before_the_named_steps_is_compared_by_area(record):
    figure, table = shown(record, (1_000,))
    assert isinstance(figure, Figure)
    assert isinstance(table, Table)
    assert table.columns == ("pair (a − b)", "over all steps")


def test_settings_that_lost_members_are_not_compared_and_the_reason_is_given(record):
    record["train_accuracy"][1, 3, 4:] = np.nan
    record["diverged_step"][1, 3] = 7
    figure, words = shown(record, (10,))
    assert isinstance(figure, Figure)
    assert isinstance(words, Prose)
    assert "1 of b diverged" in words.text
