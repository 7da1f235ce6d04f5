"""Which examples stand in which split, how they are standardized, and that both engines judge by them."""

import numpy as np
import pytest

import seedbed as sb
from seedbed.datasets import selection
from seedbed.datasets.arrays import FLOOR
from seedbed.datasets.dataset import dataset
from seedbed.datasets.load import load
from seedbed.errors import DataError, PartError
from seedbed.vocabulary import find, read_back

RNG = np.random.default_rng(5)
LABELS = np.repeat([0, 1, 2], [50, 30, 20])[np.random.default_rng(1).permutation(100)]


def counts(places):
    return np.bincount(LABELS[places], minlength=3).tolist()


def test_what_is_held_out_is_stratified_and_nothing_is_lost_or_doubled():
    kept = selection.splits(LABELS, valid=0.1, test=20)
    assert [counts(part) for part in kept] == [[36, 22, 14], [4, 2, 2], [10, 6, 4]]
    assert np.sort(np.concatenate(kept)).tolist() == list(range(100))
    assert all((np.diff(part) > 0).all() for part in kept)
    assert [len(part) for part in selection.splits(LABELS, train=40, valid=0.25)] == [30, 10, 0]


def test_what_is_drawn_follows_from_the_number_of_the_draw_alone():
    first, again, other = (selection.splits(LABELS, train=50, valid=5, rule="drawn", draw=draw) for draw in (0, 0, 1))
    np.testing.assert_array_equal(first.train, again.train)
    np.testing.assert_array_equal(first.valid, again.valid)
    assert set(first.train) != set(other.train)
    assert set(first.valid) != set(other.valid)


@pytest.mark.parametrize("rule", ["first", "drawn", "stratified"])
def test_a_smaller_subset_is_part_of_a_larger_one(rule):
    everything = np.arange(100)
    sets = [set(selection.subset(everything, LABELS, n, rule, selection.SUBSET, 0)) for n in (7, 30, 90, 100)]
    assert [len(one) for one in sets] == [7, 30, 90, 100]
    assert sets[0] < sets[1] < sets[2] < sets[3]


def test_a_stratified_subset_has_the_shares_of_the_set_and_a_drawn_one_need_not():
    def shares(rule, n):
        found = [selection.subset(np.arange(100), LABELS, n, rule, selection.SUBSET, draw) for draw in range(8)]
        return [counts(places) for places in found]

    for n in (10, 33, 71):
        assert all(abs(count - n * share) < 1 for found in shares("stratified", n)
                   for count, share in zip(found, (0.5, 0.3, 0.2), strict=True))  # fmt: skip
    assert len({tuple(found) for found in shares("drawn", 10)}) > 1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"valid": 100}, "valid=100 of these data would hold out 100 of 100 examples; hold out at least 1"),
        ({"valid": 0.001}, "would hold out 0 of 100"),
        ({"test": 60, "train": 41}, "has 40 images, got train=41 to keep"),
    ],
)
def test_splits_without_examples_are_one_sentence(asked, words):
    with pytest.raises(DataError, match=words):
        selection.splits(LABELS, **asked)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"valid": 1.5}, "valid of mnist is a share between 0 and 1 or a count, got 1.5"),
        ({"valid": 60_000}, "would hold out 60,000 of 60,000 training images"),
        ({"train": 100, "valid": 0.001}, "would hold out 0 of 100"),
        ({"subset": "last"}, 'subset of mnist is "first", "drawn" or "stratified", got \'last\''),
        ({"standardize": "pixels"}, 'True, False, "none" or "scalar" or "pixel" or "half", got \'pixels\''),
        ({"valid": "a tenth"}, "valid of mnist must be a whole number"),
    ],
)
def test_what_cannot_be_asked_for_is_one_sentence(asked, words):
    with pytest.raises(PartError, match=words):
        sb.data.mnist(**asked)


def test_what_is_usual_is_no_part_of_the_question():
    plain = sb.data.mnist()
    assert plain == sb.data.mnist(standardize="none", subset="first", draw=0) == sb.data.mnist(standardize=False)
    assert sb.data.mnist(standardize="scalar") == sb.data.mnist(standardize=True)
    asked = sb.data.mnist(train=600, standardize="pixel", valid=0.1, subset="stratified", draw=3)
    assert read_back("data", asked.canonical()) == asked
    assert find("data", "mnist(train=600, standardize=pixel, valid=0.1, subset=stratified, draw=3)") == asked


def folder_with(tmp_path, images, labels, **more):
    for name, array in {"imgs": images, "labs": labels, **more}.items():
        np.save(tmp_path / f"mine_{name}.npy", array)
    return str(tmp_path)


def test_splits_of_ones_own_files(tmp_path):
    images = RNG.random((100, 4, 4))
    folder = folder_with(tmp_path, images, LABELS)
    kept = selection.splits(LABELS, valid=0.2, test=0.1)
    one = load(sb.data.files(folder, "mine", kind="classes", valid=0.2, test=0.1))
    assert dict(one.sizes) == {"train": 72, "valid": 18, "test": 10}
    np.testing.assert_array_equal(one.inputs, images[kept.train].astype(np.float32))
    np.testing.assert_array_equal(one.valid_targets, LABELS[kept.valid])
    np.testing.assert_array_equal(one.test_targets, LABELS[kept.test])
    few = load(sb.data.files(folder, "mine", kind="classes", train=4))
    assert (few.units, few.examples) == (3, 4)  # as many outputs as the set has classes, in however few images


def test_a_test_split_in_files_of_its_own(tmp_path):
    images, more = RNG.random((100, 4, 4)), RNG.random((10, 4, 4))
    folder = folder_with(tmp_path, images, LABELS, test_imgs=more, test_labs=np.arange(10) % 4)
    one = load(sb.data.files(folder, "mine", kind="classes", standardize="scalar", valid=0.1))
    assert (one.units, dict(one.sizes)) == (4, {"train": 90, "valid": 10, "test": 10})
    training = images[selection.splits(LABELS, valid=0.1).train]
    np.testing.assert_allclose(one.test_inputs, (more - training.mean()) / training.std(), rtol=1e-4, atol=1e-5)
    assert len(load(sb.data.files(folder, "mine", kind="classes", test=4)).test_inputs) == 4
    with pytest.raises(DataError, match=r"mine_test_imgs\.npy has 10 images, got test=11"):
        load(sb.data.files(folder, "mine", kind="classes", test=11))


def test_pixels_that_hardly_vary_are_divided_by_a_floor():
    images = RNG.random((40, 3, 3))
    images[:, 0, 0], images[:, 1, 1] = 0.25, np.where(np.arange(40) == 0, 0.001, 0)
    test = np.ones((2, 3, 3))
    one = dataset(images, np.arange(40) % 2, "binary", standardize="pixel", test_inputs=test, test_targets=[0, 1])
    floor = FLOOR * images.std()
    deviation = np.maximum(images.std(axis=0), floor)
    np.testing.assert_allclose(one.inputs, (images - images.mean(axis=0)) / deviation, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(one.test_inputs[0, 0, 0], 0.75 / floor, rtol=1e-4)
    assert (one.inputs[:, 0, 0] == 0).all()
    np.testing.assert_allclose(one.inputs[:, 2].std(axis=0), 1, rtol=1e-4)


def test_half_brings_grey_values_to_minus_one_to_one():
    images = RNG.random((6, 2, 2))
    one = dataset(images, np.arange(6) % 2, "binary", standardize="half")
    np.testing.assert_allclose(one.inputs, 2 * images - 1, atol=1e-6)
    with pytest.raises(DataError, match=r'"half" is for inputs in \[0, 1\], those of these data lie in \[0, 25'):
        dataset(255 * images / images.max(), np.arange(6) % 2, "binary", standardize="half")
    with pytest.raises(DataError, match=r'are rows of shape .*, got standardize="pixel"; write standardize=True'):
        dataset(images.reshape(6, 4), np.arange(6) % 2, "binary", standardize="pixel")


def test_statistics_come_from_the_training_split_only():
    images = RNG.random((50, 4, 4))
    images[40:] += 3
    split = {"valid_inputs": images[40:45], "valid_targets": [0, 1, 0, 1, 0], "test_inputs": images[45:],
             "test_targets": [0, 1, 0, 1, 0]}  # fmt: skip
    for how in ("scalar", "pixel"):
        one = dataset(images[:40], np.arange(40) % 2, "binary", standardize=how, **split)
        assert abs(one.inputs.mean()) < 1e-4
        assert one.valid_inputs.mean() > 5
        np.testing.assert_allclose(one.valid_inputs.mean(), one.test_inputs.mean(), rtol=0.1)


def test_the_hash_tells_a_validation_split_from_a_test_split():
    x, y = RNG.random((8, 2)), np.arange(8) % 2
    plain = dataset(x, y, "binary")
    tested = dataset(x, y, "binary", test_inputs=x, test_targets=y)
    checked = dataset(x, y, "binary", valid_inputs=x, valid_targets=y)
    assert len({plain.sha256, tested.sha256, checked.sha256}) == 3
    with pytest.raises(DataError, match="only one of valid inputs and valid targets"):
        dataset(x, y, "binary", valid_inputs=x)


def three_splits(rng):
    x = rng.normal(size=(60, 3))
    y = (x[:, 0] > 0).astype(int)
    return {"inputs": x[:32], "targets": y[:32], "target": "binary", "valid_inputs": x[32:48],
            "valid_targets": 1 - y[32:48], "test_inputs": x[48:], "test_targets": y[48:]}  # fmt: skip


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_both_engines_judge_and_stop_by_the_validation_split(engine):
    question = sb.Spec(
        data=sb.data.generator(three_splits), model=sb.models.mlp([4]), loss="cross_entropy",
        optimizer=sb.optimizers.sgd(0.5), steps=30, trace=10, batch_size=8,
    )  # fmt: skip
    record = sb.run(question, seeds=3, engine=engine)
    # the labels of this validation split are turned round: who is right elsewhere is wrong there
    assert (record["final_valid_accuracy"] < 0.5).all()
    assert (record["final_test_accuracy"] > 0.5).all()
    assert record["valid_loss"].dims == ("seed", "step")
    assert (record["valid_loss"].sel(step=30) > record["valid_loss"].sel(step=0)).all()
    stopped = sb.run(question.replace(stop=sb.falls_to("valid_accuracy", 0.3)), seeds=3, engine=engine)
    assert np.isfinite(stopped["hit_step"]).all()
    assert (stopped["final_valid_accuracy"] <= 0.3).all()


def test_every_seed_may_have_three_splits_of_its_own():
    data = load(sb.data.generator(three_splits, fresh=True), [4, 5])
    assert dict(data.sizes) == {"train": 32, "valid": 16, "test": 12}
    np.testing.assert_array_equal(data.valid_inputs[1], load(sb.data.generator(three_splits, draw=5)).valid_inputs)
    question = sb.Spec(
        data=sb.data.generator(three_splits, fresh=True), model=sb.models.mlp([2]), loss="cross_entropy",
        optimizer="sgd(0.5)", steps=2,
    )  # fmt: skip
    ours, twin = (sb.run(question, seeds=2, engine=engine) for engine in ("jax", "reference"))
    assert {"final_valid_loss", "final_test_loss"} <= set(ours) == set(twin)


def test_a_study_can_vary_how_inputs_are_standardized(tmp_path):
    folder = folder_with(tmp_path, RNG.random((30, 4, 4)), LABELS[:30])
    question = sb.Spec(
        data=sb.data.files(folder, "mine", kind="classes", valid=0.2), model=sb.models.mlp([4]), loss="cross_entropy",
        optimizer="sgd(0.1)", steps=2,
    )  # fmt: skip
    grid = question.vary(standardize=["none", "scalar", "pixel", "half"])
    record = sb.run(grid, seeds=2)
    assert record["standardize"].values.tolist() == ["none", "scalar", "pixel", "half"]
    assert len(np.unique(record["final_valid_loss"].values.round(6))) == 8
