"""What the page on signals says: verdicts by their intervals, He against Glorot, and the theory beside them."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from seedbed.cli.main import app
from seedbed.datasets import downloads
from seedbed.stats import Interval
from seedbed.studies.signal_by_layer import deviations, fate, he_verdict


@pytest.fixture
def readings(smoke):
    return json.loads((smoke("signal_by_layer") / "summary.json").read_text())["readings"]


def test_he_and_glorot_differ_by_four(readings):
    """Under one seed both draws take the same normal numbers and ReLU passes factors on: sqrt(2) in each step."""
    for direction in ("forward", "backward"):
        he, glorot = (readings["he_against_glorot"][direction][draw]["estimate"] for draw in ("he", "glorot"))
        assert 10 ** (he - glorot) == pytest.approx(4, rel=0.05)
    assert 10 ** readings["he_against_glorot"]["forward"]["difference"]["estimate"] == pytest.approx(4, rel=1e-3)


def test_theory_foretells_the_networks(readings):
    assert max(readings["theory"].values()) < np.log10(1.6)


def test_a_wide_normal_draw_explodes_under_relu_and_saturates_tanh(readings):
    found = {one["setting"]: one for one in readings["settings"]}
    assert found["relu, normal 0.28"]["backward"]["estimate"] > 1
    assert found["tanh, normal 0.28"]["saturated"] > 0.1 > found["tanh, Glorot"]["saturated"]
    assert found["relu, Glorot"]["forward"]["estimate"] < found["relu, He"]["forward"]["estimate"]


def test_a_verdict_follows_the_interval():
    def of(low, high):
        return fate(Interval((low + high) / 2, low, high, 0.95, "", 9))

    assert [of(-3, -2), of(-3, -0.5), of(-0.5, 0.5), of(0.5, 3), of(2, 3)] == [
        "vanishes", "cannot be told", "is kept", "cannot be told", "explodes"]  # fmt: skip


def test_a_draw_is_better_where_the_interval_of_its_share_excludes_one_half():
    def of(low, high):
        return Interval((low + high) / 2, low, high, 0.95, "", 9)

    more, less, open_ = of(0.6, 0.9), of(0.1, 0.4), of(0.4, 0.6)
    assert he_verdict(more, more) == "For ReLU, He's draw keeps the activations and the gradient better than Glorot's."
    assert he_verdict(less, open_) == "For ReLU, Glorot's draw keeps the activations better than He's."
    assert he_verdict(more, less) == "For ReLU, He's draw keeps the activations better, Glorot's the gradient."
    assert he_verdict(open_, open_) == "Neither draw is shown to keep the signal better."


def test_every_question_of_the_sheet_is_answered_from_the_run(smoke, readings):
    summary = json.loads((smoke("signal_by_layer") / "summary.json").read_text())["in_short"]
    answers = {one["section"]: one["answer"] for one in summary["answers"]}
    assert len(answers) == 4
    assert all("n = 4" in answer for answer in answers.values())
    explodes = [one["setting"] for one in readings["settings"] if one["fate"] == "explodes"]
    assert f"explodes in {len(explodes)} of 8 settings" in answers["Which draws keep the signal"]
    assert "with relu, normal 0.28 of what the last layer gets" in answers["What vanishes and what explodes"]


def test_deviations_are_those_of_the_draws():
    np.testing.assert_allclose(deviations("He"), [np.sqrt(2 / 784), *[np.sqrt(0.02)] * 4])
    np.testing.assert_allclose(deviations("Glorot"), [np.sqrt(2 / 884), *[0.1] * 4])
    assert deviations("normal 0.28") == [0.28] * 5


def test_absent_data_are_told_before_another_study_runs(tmp_path, monkeypatch):
    monkeypatch.delenv("SEEDBED_DATA", raising=False)
    monkeypatch.setattr(downloads.platformdirs, "user_cache_dir", lambda name: str(tmp_path / "cache" / name))
    out = tmp_path / "out"
    words = ["run", "softmax_identities", "signal_by_layer", "--profile", "smoke", "--out", str(out)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert "mnist is not on this machine" in result.stderr
    assert not out.exists()
