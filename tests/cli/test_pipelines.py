"""Commands inside a pipeline: exit codes that say what happened, and valid JSON whatever failed."""

import json
import sys

import numpy as np
import pytest

import seedbed as sb
from seedbed.catalogue.claims import verdict_of


def test_several_studies_are_one_list_also_where_one_fails(seedbed):
    answer = seedbed("run", "coin", "broken", "drawing", "--json")
    listed = json.loads(answer.stdout)
    assert [one["study"] for one in listed] == ["coin", "broken", "drawing"]
    assert listed[1]["error"].startswith("RunError: a worker was lost")
    assert answer.exit_code == 1
    assert "a worker was lost" in answer.stderr


def test_the_exit_code_is_that_of_the_first_failure(seedbed):
    assert seedbed("run", "misasked", "broken", "--json").exit_code == 2


@pytest.fixture
def folder(tmp_path):
    question = sb.Spec(
        data=(np.eye(4), [0, 1, 0, 1]), model="mlp([2])", loss="l2", optimizer="sgd(0.1)", steps=2, probes=[]
    )
    sb.run(question, seeds=8, store=tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize(("limit", "code"), [("< 1000", 0), ("> 1000", 3)])
def test_a_verdict_that_is_not_expected_ends_with_three(seedbed, folder, monkeypatch, limit, code):
    monkeypatch.setattr(sys.modules["seedbed.catalogue"], "verdict_of", verdict_of, raising=False)
    words = ("claims", "--check", f"mean(final_train_loss) {limit}", folder, "--expect", "supported")
    answer = seedbed(*words, "--json")
    assert answer.exit_code == code
    assert json.loads(answer.stdout)["verdict"] == ("supported" if code == 0 else "refuted")
    assert ('expected "supported", got 1 refuted' in answer.stderr) == (code == 3)
    assert seedbed(*words[:-2]).exit_code == 0


def test_statements_of_a_study_that_was_not_run_are_not_as_expected(seedbed):
    answer = seedbed("claims", "coin", "--expect", "supported", "--json")
    assert answer.exit_code == 3
    assert json.loads(answer.stdout)[0]["verdict"] == "not run yet"
