"""Rates on cnn_3 and their drops: jitter, deaths, what the schedules are, and outcomes by epoch."""

import json

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.catalogue.questions import questions_of
from seedbed.report.context import Context
from seedbed.report.show import by_epoch
from seedbed.studies import rate_drops, rate_levels


def test_drops_lie_where_the_profile_puts_them():
    at = {
        setting.levels["schedule"]: setting.spec.optimizer["learning_rate"]
        for setting in questions_of(rate_drops.study, "full")["nets"].settings()
    }
    assert [one.value for one in at[rate_drops.TWICE]["at"]] == [4, 15]
    assert [one.value for one in at[rate_drops.TWICE]["values"]] == [0.1, 0.01, 0.001]
    assert at[rate_drops.CONSTANT].value == 0.1
    assert [one.value for one in at[rate_drops.SHARP]["at"]] == [7]


def record_of(values, steps, cap, **attrs):
    about = {"cap": cap, "spec": '{"batch_size": 10}', "data_size": "30 of 28x28", **attrs}
    found = {name: (("seed", "step"), np.array(value)) for name, value in values.items()}
    size = len(next(iter(values.values())))
    return xr.Dataset({**found, "stop_step": ("seed", np.full(size, cap))}, {"seed": range(size), "step": steps}, about)


def test_an_epoch_is_the_mean_of_its_batches_and_the_end_of_its_splits():
    batch = [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 9.0]]
    split = [[0.1, np.nan, np.nan, 0.2, np.nan, np.nan, 0.3]]
    record = record_of({"batch_loss": batch, "valid_accuracy": split}, range(7), 6)
    found = by_epoch(record, (1, 5), "nets")
    assert found["epoch"].values.tolist() == ["epoch 1", "epoch 2"]  # the last one is always told
    np.testing.assert_allclose(found["batch_loss"].values.ravel(), [2.0, 5.0])
    np.testing.assert_allclose(found["valid_accuracy"].values.ravel(), [0.2, 0.3])


def test_jitter_is_of_the_second_half_and_the_best_look_of_the_whole():
    split = [[0.9, 0.5, 0.4, 0.6, 0.5]]
    record = record_of({"batch_loss": [[1.0] * 5], "valid_accuracy": split}, [0, 3, 6, 9, 12], 12)
    ends = rate_levels.outcomes({"levels": record})["ends"]
    assert ends["best_accuracy"].item() == 0.9
    assert ends["best_over_last"].item() == pytest.approx(0.4)
    assert ends["jitter_accuracy"].item() == pytest.approx(0.15)


@pytest.mark.parametrize("name", ["rate_levels", "rate_drops"])
def test_every_question_is_answered(smoke, name):
    summary = json.loads((smoke(name) / "summary.json").read_text())
    answers = [one["answer"] for one in summary["in_short"]["answers"]]
    assert len(answers) == 5
    assert all("n = 3" in one or "3 networks" in one for one in answers), answers


def test_deaths_are_told_for_every_rate_of_the_grid(smoke):
    readings = json.loads((smoke("rate_levels") / "summary.json").read_text())["readings"]
    assert list(readings["deaths_sgd"]) == ["0.158", "0.251", "0.398", "0.631", "1", "1.58"]
    assert "deaths_adam" not in readings  # at smoke
    assert all(0 <= one["estimate"] <= 1 for one in readings["deaths_sgd"].values())


def test_the_page_is_made_where_one_member_diverged():
    """Only its validation accuracy is no number late, so that fewer members have a jitter than a last accuracy."""
    rates, steps, seeds = [0.1, 0.01], [0, 3, 6, 9, 12], 4
    rng = np.random.default_rng(0)
    valid = rng.uniform(0.2, 0.8, (2, seeds, 5))
    valid[0, 1, 2:] = np.nan
    loss = np.where(np.isnan(valid), np.nan, 1 - valid)
    dims = ("learning_rate", "seed", "step")
    record = xr.Dataset(
        {
            "batch_loss": (dims, loss),
            "valid_accuracy": (dims, valid),
            "final_valid_accuracy": (dims[:2], np.where(np.isnan(valid[..., -1]), 0.1, valid[..., -1])),
            "stop_step": (dims[:2], np.full((2, seeds), 12)),
        },
        {"learning_rate": rates, "seed": range(seeds), "step": steps},
        {"cap": 12, "spec": '{"batch_size": 10}', "data_size": "30 of 28x28", "factors": "learning_rate"},
    )
    study = rate_levels.study
    records = {"levels": record, **rate_levels.outcomes({"levels": record})}
    context = Context(study, study.profile("smoke"), records)
    table, _, answer = rate_levels.noise(context)
    assert "n = 3" in table.caption
    assert "n = 3" in answer.text
    told = list(sb.show.by_epoch_table("valid_accuracy").items(context))
    assert told[0].rows[0][-1] == "(1 of 4 without a value)"
    assert told[1].value["learning_rate=0.1"]["epoch 4"] is None
    assert told[0].caption.endswith("there is no mean.")
