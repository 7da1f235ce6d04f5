"""What `--set` asks for fits some question of the study, or nothing is trained and nothing is written."""

import pytest

import seedbed as sb
from seedbed.cli.levels import changes
from seedbed.errors import SpecError
from seedbed.studies import TABLE

TRAINED = ["four_settings", "dying_relu", "lines", "own_activation", "xor_boundaries", "perceptron_or_hinge"]


@pytest.mark.parametrize("name", TABLE)
def test_a_wrong_factor_is_told_before_any_study_begins(name, tmp_path):
    with pytest.raises(SpecError, match='factor "learnin_rate"'):
        sb.run_study(TABLE[name], profile="smoke", changes={"learnin_rate": [1.0]}, out=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", TRAINED)
@pytest.mark.parametrize(("word", "sentence"), [
    ("learning_rate=fast", "must be a number, got 'fast'"),
    ("learning_rate=0.5,-1", "cannot be negative, got -1"),
    ("fresh=maybe", "is True or False, got 'maybe'"),
    ("draw=1e400", "must be"),
])  # fmt: skip
def test_a_wrong_level_is_told_before_any_study_begins(name, word, sentence, tmp_path):
    with pytest.raises(SpecError, match=sentence):
        sb.run_study(TABLE[name], profile="smoke", changes=changes([word]), out=tmp_path)
    assert not list(tmp_path.iterdir())


def test_questions_before_one_that_needs_a_record_are_checked(tmp_path):
    def second(record):
        return question.replace(steps=int(record["stop_step"].max()))

    question = sb.Spec(data="corners", model="mlp([2])", loss="l2", optimizer="sgd(0.1)", steps=4)
    study = sb.Study(name="two", title="t", source="s", question="q",
        ask=lambda profile: {"first": question, "second": sb.after("first", second)})  # fmt: skip
    with pytest.raises(SpecError, match="must be a number, got 'fast'"):
        sb.run_study(study, profile="smoke", seeds=range(2), changes={"learning_rate": ["fast"]}, out=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("word", "level"), [
    ("fresh=False", False), ("fresh=no", False), ("fresh=off", False), ("fresh=TRUE", True), ("fresh=yes", True),
    ("batch_size=None", None), ("std=\N{MINUS SIGN}0.5", -0.5), ("std=1e-3", 1e-3), ("pool=none", "none"),
    ("fresh=maybe", "maybe"), ("n=" + "[" * 9_000, "[" * 9_000),
], ids=lambda value: str(value)[:12])  # fmt: skip
def test_switches_and_numbers_are_read_as_they_are_printed(word, level):
    (found,) = changes([word]).values()
    assert found == [level]
    assert type(found[0]) is type(level)
