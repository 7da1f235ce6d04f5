"""A level may be written as a table prints it, wherever a record is asked for one."""

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.errors import SpecError, StatsError
from seedbed.record import as_labelled, as_printed, select

RATES = [float(rate) for rate in np.logspace(-3, 0, 7)]


@pytest.fixture
def record():
    losses = np.arange(42.0).reshape(7, 6)
    return xr.Dataset(
        {"final_train_loss": (("learning_rate", "seed"), losses)},
        {"learning_rate": RATES, "seed": np.arange(6)},
        {"factors": "learning_rate"},
    )


@pytest.mark.parametrize("written", [0.00316228, "0.00316228", RATES[1], str(RATES[1])])
def test_a_printed_number_stands_for_its_label(record, written):
    assert as_labelled(record, {"learning_rate": written}) == {"learning_rate": RATES[1]}
    assert select(record, {"learning_rate": written})["final_train_loss"].values.tolist() == [6, 7, 8, 9, 10, 11]


def test_a_statement_takes_the_printed_label(record):
    found = sb.stats.judge("mean(final_train_loss, learning_rate=0.00316228) < 100", record)
    assert found.findings[0].value.estimate == 8.5


def test_what_is_printed_otherwise_is_no_label_and_the_printed_ones_are_named(record):
    for level in (0.0032, 0.003):
        with pytest.raises(SpecError, match=r"it has 0.001, 0.00316228, 0.01, 0.0316228"):
            select(record, {"learning_rate": level})
        with pytest.raises(StatsError, match="no level"):
            sb.stats.judge(f"mean(final_train_loss, learning_rate={level}) < 1", record)


def test_two_labels_that_are_printed_alike_must_be_written_in_full():
    labels = [0.12345678, 0.12345679]
    assert as_printed("0.123457", labels) == "0.123457"
    assert as_printed("0.12345679", labels) == labels[1]
    assert as_printed(True, ["True", "False"]) == "True"
