"""Three ways to a derivative agree, and what is known of the three activations holds."""

import json

import numpy as np
import pytest

import seedbed as sb
from seedbed.catalogue import run_study
from seedbed.studies import activation_derivatives
from seedbed.studies.activation_derivatives import ASKED, MORE, jump


@pytest.fixture
def readings(smoke):
    return json.loads((smoke("activation_derivatives") / "summary.json").read_text())["readings"]


def test_autodiff_and_central_differences_agree_with_the_formulas(readings):
    assert set(readings["differences"]) == {*ASKED, *MORE}
    for name, found in readings["differences"].items():
        assert found["engine"] < 2e-6, name
        assert found["central"] < 1e-8, name


def test_the_largest_slopes_are_the_known_ones(readings):
    assert readings["largest"]["tanh"] == 1
    assert readings["largest"]["sigmoid"] == 0.25
    assert readings["largest"]["relu"] == 1


def test_a_level_of_one_s_own_has_a_page_without_the_three(tmp_path):
    changes = {"output": ["leaky_relu(slope=0.3)"]}
    done = run_study(activation_derivatives.study, profile="smoke", seeds=range(1), out=tmp_path, changes=changes)
    assert done.summary["readings"]["largest"] == {"leaky_relu(slope=0.3)": 1}
    page = (done.folder / "report.html").read_text()
    assert "Derivatives by hand" not in page
    assert "known by its curve only" not in page


def test_a_wrong_derivative_would_be_seen(smoke):
    from seedbed.store import open_record

    folder = smoke("activation_derivatives") / "record"
    engine, by_hand = (open_record(folder, name) for name in ("engine", "by_hand"))
    wrong = engine.assign(gradient_weight=engine["gradient_weight"] * 1.001)
    assert activation_derivatives.differences("tanh", wrong, by_hand)["engine"] > 5e-4
    study = activation_derivatives.study
    for records, answer in (({"engine": engine}, "Yes: on 81 points"), ({"engine": wrong}, "Not everywhere")):
        context = sb.Context(study, study.profile("smoke"), {**records, "by_hand": by_hand})
        (told,) = (one for one in activation_derivatives.checks(context) if isinstance(one, sb.Answer))
        assert told.text.startswith(answer)


def test_every_question_is_answered_first(smoke):
    short = json.loads((smoke("activation_derivatives") / "summary.json").read_text())["in_short"]
    assert [one["section"] for one in short["answers"]] == [
        "Derivatives by hand", "The three activations", "Further activations", "Checked",
    ]  # fmt: skip
    assert "sigmoid 0.25" in short["answers"][1]["answer"]


def test_only_a_jump_is_drawn_as_a_gap():
    z = np.linspace(-2, 2, 81)
    assert jump(z, (z > 0).astype(float)).sum() == 1
    assert jump(z, 1 - np.tanh(z) ** 2).sum() == 0
    assert jump(z, np.ones_like(z)).sum() == 0
