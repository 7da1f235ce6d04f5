"""seedbed find-rate and find-batch-size: a sentence, a table and a figure; one setting is swept."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seedbed.cli.main import app

QUESTION = """import seedbed as sb
question = sb.Spec(data=sb.data.xor_blobs(), model=sb.models.mlp([4]), loss="cross_entropy", batch_size=16,
                   optimizer=sb.optimizers.adam(1e-3), steps=50).vary(activation=["relu", "tanh"])
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(QUESTION)


def seedbed(*words: str):
    return CliRunner().invoke(app, ["find-rate", *words])


def test_it_tells_and_keeps_a_figure(asked: None) -> None:
    words = ("mine.py", "--set", "activation=tanh", "--seeds", "3", "--steps", "60")
    result = seedbed(*words)
    assert result.exit_code == 0, result.output
    assert "fastai valley" in result.stdout
    assert Path("seedbed-runs/mine-find-rate/rate_range.svg").stat().st_size > 1000
    again = seedbed(*words, "--json")
    assert json.loads(again.stdout)["sentence"] == result.stdout.splitlines()[0]


def test_a_batch_size_is_told_and_its_figure_kept(asked: None) -> None:
    words = ["find-batch-size", "mine.py", "--set", "activation=tanh", "--seeds", "3", "--steps", "20", "--low", "8",
             "--high", "128"]  # fmt: skip
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "grown to the noise" in result.stdout
    assert Path("seedbed-runs/mine-find-batch-size/batch_range.svg").stat().st_size > 1000
    again = CliRunner().invoke(app, [*words, "--json"])
    told = json.loads(again.stdout)
    assert told["sentence"] == result.stdout.splitlines()[0]
    assert {"size", "b_min", "b_max"} <= set(told["rules"][0])
    wrong = CliRunner().invoke(app, [*words[:-1], "4"])
    assert (wrong.exit_code, "high=4" in wrong.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("mine.py",), "choose one, for instance --set activation=relu"),
        (("mine.py", "--set", "activation=relu,tanh"), "got 2 levels"),
        (("mine.py", "--record", "other"), 'no question "other"'),
        (("convolution_by_hand",), "trains no networks"),
        (("mine.py", "--set", "activation=relu", "--low", "3", "--high", "1"), "low=3"),
    ],
)
def test_what_is_wrong_is_one_sentence(asked: None, words: tuple[str, ...], part: str) -> None:
    result = seedbed(*words)
    assert result.exit_code == 2
    assert part in result.stderr
    assert len(result.stderr.splitlines()) == 1
