"""Seeds: a number, a range, or any list, which is kept in the order given."""

import numpy as np
import pytest

import seedbed as sb
from seedbed.catalogue import retell
from seedbed.cli.pick import pick
from seedbed.errors import SpecError
from seedbed.spec import plain_seeds, read_seeds, seeds_back

FILE = """
import seedbed as sb

question = sb.Spec(data="corners", model="mlp([2])", loss="l2", optimizer="sgd(0.1)", steps=3)
"""
QUESTION = sb.Spec(data=sb.data.random_images(8, (2, 2)), model="mlp([2])", loss="l2", optimizer="sgd(0.1)", steps=3)


@pytest.mark.parametrize(("asked", "seeds"), [
    (4, range(4)), ("4", range(4)), ("2:5", range(2, 5)), (range(2, 5), range(2, 5)), (np.int64(3), range(3)),
    ("42,123,3407", (42, 123, 3407)), ([42, 7], (42, 7)), ("42, 7", (42, 7)), (np.array([9, 3]), (9, 3)),
    ("42,", range(42, 43)), ([4, 5, 6], range(4, 7)), ([6, 5, 4], (6, 5, 4)), (range(0, 6, 2), (0, 2, 4)),
], ids=str)  # fmt: skip
def test_seeds_as_they_are_asked_for(asked, seeds):
    assert read_seeds(asked) == seeds
    assert seeds_back(plain_seeds(read_seeds(asked))) == seeds


@pytest.mark.parametrize(("asked", "sentence"), [
    (0, "positive"), (-4, "positive"), ("few", 'got "few"'), ("5:3", "rising"), ([], "list"), ([1, -2], "from 0"),
    ([1.5, 2], "whole"), (1.5, "got 1.5"), (True, "got True"), (None, "got None"), ("1,x", 'got "1,x"'),
    ("42,7,42", "got 42 twice"), (10**30, "at most 10,000,000"), ([2**32], "none beyond"), ({1, 2}, "list"),
], ids=str)  # fmt: skip
def test_what_are_no_seeds(asked, sentence):
    with pytest.raises(SpecError, match=sentence):
        read_seeds(asked)


@pytest.mark.parametrize("stored", [True, False])
def test_listed_seeds_are_trained_and_recorded_in_their_order(tmp_path, stored):
    store = tmp_path / "store" if stored else None
    whole = sb.run(QUESTION, range(8))
    record = sb.run(QUESTION, [5, 0, 3], store=store)
    assert record["seed"].values.tolist() == [5, 0, 3]
    np.testing.assert_array_equal(record["final_train_loss"], whole["final_train_loss"].sel(seed=[5, 0, 3]))
    if stored:
        again = sb.open(store)
        assert again["seed"].values.tolist() == [5, 0, 3]
        assert again.identical(record)


def test_a_study_under_listed_seeds_is_told_again(tmp_path):
    file = tmp_path / "few.py"
    file.write_text(FILE)
    (study,) = pick([str(file)]).values()
    outcome = sb.run_study(study, profile="smoke", seeds="42,7,3407", out=tmp_path, source=file)
    assert outcome.summary["seeds"] == "42, 7, 3407"
    assert retell(outcome.folder).summary["seeds"] == "42, 7, 3407"
