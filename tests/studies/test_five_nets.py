"""The five networks of the EE449 sheet: what is counted, what the blocks compute, and what a run answers."""

import json

import numpy as np
import pytest

import seedbed as sb
from seedbed.catalogue.questions import questions_of
from seedbed.studies import five_nets
from seedbed.studies.five_nets.published import NETS
from seedbed.studies.five_nets.weights import neighbours, pictured


def test_the_networks_are_those_that_the_report_trained():
    spec = questions_of(five_nets.study, "full")["nets"]
    counts = [sb.show.parameter_count(one) for one in five_nets.counted(spec).values()]
    assert counts == [25_450, 27_818, 22_626, 14_962, 10_986]
    older = five_nets.counted(spec.set_levels("edition", ["2022"]))
    assert [sb.show.parameter_count(one) for one in older.values()] == [50_890, 14_234, 11_106, 8_618, 7_426]


def test_every_question_of_the_sheet_is_asked_and_answered(smoke):
    summary = json.loads((smoke("five_nets") / "summary.json").read_text())
    asked = [one["question"] for one in summary["in_short"]["answers"]]
    assert [one.partition(":")[0] for one in asked if ":" in one] == [f"Question {number}" for number in range(1, 11)]
    told = {one["question"]: one["answer"] for one in summary["in_short"]["answers"]}
    silent = [question for question, answer in told.items() if answer == "This run does not tell."]
    assert silent == ["What does a best of ten add, as the reports of 2022 publish it?"]  # of three seeds
    assert summary["readings"]["parameters"] == {"mlp_1": 25_450, "mlp_2": 27_818, "cnn_5": 10_986}


def test_published_numbers_name_what_was_different_there(smoke):
    claims = {one["id"]: one for one in json.loads((smoke("five_nets") / "summary.json").read_text())["claims"]}
    assert {claims[f"akman-{net}"]["published"] for net in NETS} == {0.8605, 0.8675, 0.90505, 0.91046, 0.90915}
    assert "best of ten" in claims["ipek-cnn_4"]["statement"]
    assert "edition=2022" in claims["ipek-cnn_4"]["differs"]
    assert claims["akman-mlp_1"]["verdict"] == "set-up differs"
    assert claims["akman-loss-mlp_1-1"]["findings"]  # two epochs are trained at smoke
    assert claims["akman-loss-mlp_1-15"]["under"] == "cannot be told"


def test_weights_become_pictures_without_what_fills_up_smaller_layers():
    weights = np.full((2, 3, 9), np.nan)
    weights[:, :2, :4] = np.arange(16).reshape(2, 2, 4)
    assert pictured(weights).shape == (2, 2, 2, 2)
    assert neighbours(np.tile(np.arange(5.0), (2, 5, 1))) == pytest.approx(1.0, abs=0.2)
    assert abs(neighbours(np.random.default_rng(0).normal(size=(40, 28, 28)))) < 0.02
