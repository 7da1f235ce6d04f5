"""Arrays, tables and update rules of a user's own stand where a part stands, and what does not fit is one sentence."""

import numpy as np
import optax
import pandas as pd
import pytest

import seedbed as sb
from seedbed.datasets.load import load
from seedbed.errors import DataError, PartError, shown

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = (X[:, 0] > 0).astype(int)
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
SPECIES = pd.Series(np.where(Y, "tulip", "rose"))


def question(**changes):
    usual = {"data": (X, Y), "model": sb.models.mlp([2]), "loss": "cross_entropy", "optimizer": "sgd(0.1)", "steps": 2}
    return sb.Spec(**(usual | changes))


def test_a_pair_of_arrays_is_a_data_set():
    found = load(question().data)
    assert found.target == "binary"
    assert np.array_equal(found.inputs, X.astype(np.float32))
    assert found.targets[:, 0].tolist() == Y.tolist()


def test_arrays_are_copied():
    mine = X.copy()
    part = sb.data.arrays(mine, Y)
    mine[:] = 0
    assert np.array_equal(load(part).inputs, X.astype(np.float32))


def test_text_is_classes_in_the_order_of_the_alphabet_over_all_splits():
    found = load(sb.data.arrays(FRAME, SPECIES, test=(FRAME[:3], ["violet", "rose", "tulip"])))
    assert (found.target, found.units) == ("classes", 3)
    assert found.targets.tolist() == Y.tolist()
    assert found.test_targets is not None
    assert found.test_targets.tolist() == [2, 0, 1]


def test_what_is_held_out_is_not_trained_on():
    found = load(sb.data.arrays(X, Y, test=0.25, valid=6, standardize=True))
    assert dict(found.sizes) == {"train": 24, "valid": 6, "test": 10}
    assert np.allclose(found.inputs.mean(axis=0), 0, atol=1e-6)
    rows = np.concatenate([part for part, _ in found.splits.values()])
    assert len(np.unique(rows, axis=0)) == 40


def test_a_table_in_a_file_gives_the_same_as_its_frame(tmp_path):
    FRAME.assign(species=SPECIES).to_csv(tmp_path / "flowers.csv", index=False)
    read = load(sb.data.csv(str(tmp_path / "flowers.csv"), target="species", test=10))
    given = load(sb.data.arrays(FRAME, SPECIES, test=10))
    assert np.allclose(read.inputs, given.inputs)
    assert read.targets.tolist() == given.targets.tolist()


@pytest.mark.parametrize(
    ("text", "target", "said"),
    [
        ("a,b\n1,0\n", "c", "no column 'c'"),
        ("a,b\n1,0\nx,1\n", "b", "'a' of .* holds no number in row 3, got 'x'"),
        ("a,b\n1,0\n1\n", "b", "got 1 in row 3"),
        ("a\n1\n", "a", "there are no inputs"),
        ("a,b\n", "b", "has 1 lines"),
    ],
)
def test_a_table_that_does_not_fit_names_the_place(tmp_path, text, target, said):
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        load(sb.data.csv(str(tmp_path / "bad.csv"), target=target))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (X, r"ndarray of shape \(40, 3\) and type float64 alone; write data=\(X, y\)"),
        ((X, Y[:5]), r"inputs of shape \(40, 3\) and targets of shape \(5,\)"),
        ((X[:, 0], Y), r"write X\[:, None\]"),
        ((FRAME.assign(species=SPECIES), Y), "columns that are no numbers, got species"),
        ((FRAME, SPECIES[::-1]), "other row labels"),
    ],
)
def test_arrays_that_do_not_fit_are_one_sentence(data, said):
    with pytest.raises(PartError, match=said) as told:
        question(data=data)
    assert len(str(told.value)) < 400


def test_whole_numbers_could_be_of_several_kinds():
    with pytest.raises(DataError, match='kind="classes"'):
        load(sb.data.arrays(X, np.arange(40) % 3))


def test_a_generator_that_is_no_function_is_told_of_arrays():
    with pytest.raises(PartError, match=r"sb\.data\.arrays\(X, y\)"):
        sb.data.generator((X, Y))


def test_no_message_writes_an_array_out():
    assert shown(np.zeros((3, 4))) == "ndarray of shape (3, 4) and type float64"
    assert shown(FRAME) == "DataFrame of shape (40, 3)"
    assert shown((X, 1)) == "(ndarray of shape (40, 3) and type float64, 1)"


def test_a_rule_that_is_built_stands_as_it_is():
    built = question(optimizer=optax.sgd(0.1, momentum=0.9), data=(X, Y))
    named = question(optimizer=sb.optimizers.momentum(0.1, momentum=0.9))
    assert built.optimizer.label() == "trace-scale"
    mine, theirs = (sb.run(asked, seeds=2)["final_train_loss"].values for asked in (built, named))
    assert np.allclose(mine, theirs, rtol=1e-6)


def test_rules_have_names_of_their_own():
    asked = question().vary(optimizer=[optax.lion(1e-3), optax.adam(1e-3)])
    assert [str(label) for label in asked.factors[0].labels] == ["lion-add_decayed_weights-scale", "adam-scale"]


def test_a_rule_without_its_rate_is_told_what_it_needs():
    with pytest.raises(PartError, match=r'"lion" needs learning_rate, got none; write lion\(learning_rate=...\)'):
        question(optimizer=optax.lion)
