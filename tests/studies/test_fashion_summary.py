"""The data card: what it counts, what it shows, and on a set of one's own."""

import json

import numpy as np
import pytest

import seedbed as sb
from seedbed.catalogue import run_study
from seedbed.datasets.card import card_of
from seedbed.datasets.dataset import dataset
from seedbed.errors import DataError
from seedbed.studies import TABLE

RNG = np.random.default_rng(2)


def strips(labels):
    """Images 6 x 6, of class k bright in row k, with some noise."""
    images = 0.1 * RNG.random((len(labels), 6, 6))
    images[np.arange(len(labels)), labels] += 0.8
    return images


LABELS = np.repeat([0, 1, 2], [20, 15, 10])
IMAGES = strips(LABELS)


def card(images, labels, **more):
    return card_of(dataset(images, labels, "classes", **more), 4, np.random.default_rng(0)).arrays


def test_it_counts_classes_grey_values_and_constant_pixels():
    images = IMAGES.copy()
    images[:, 5, 5] = 0
    found = card(images, LABELS, test_inputs=strips(np.array([2, 2])), test_targets=[2, 2])
    assert found["count"].tolist() == [[20, 15, 10], [0, 0, 2]]
    assert found["last_count"].tolist() == [0, 0, 7]
    assert found["constant_pixels"] == 1
    np.testing.assert_allclose(found["value_mean"][0], images.mean(), rtol=1e-5)
    np.testing.assert_allclose(found["value_std"][0], images.std(), rtol=1e-5)
    np.testing.assert_allclose(found["mean_image"][1], images[LABELS == 1].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found["zero_share"][0], 1 / 36, rtol=1e-6)
    assert found["nearest_right"].tolist() == [1, 1]


def test_an_image_with_another_label_is_the_oddest_of_its_class():
    labels = LABELS.copy()
    labels[3] = 2  # drawn as class 0
    found = card(IMAGES, labels)
    assert (found["odd_place"][2, 0], found["odd_like"][2, 0]) == (3, 0)
    np.testing.assert_allclose(found["odd"][2, 0], IMAGES[3], rtol=1e-6)
    own = IMAGES[labels == 1].reshape(15, -1)
    apart = np.linalg.norm(own - own.mean(axis=0), axis=1)
    assert found["near_place"][1].tolist() == (np.flatnonzero(labels == 1)[np.argsort(apart)[:4]]).tolist()
    assert set(found["drawn_place"][1]) <= set(np.flatnonzero(labels == 1))


def test_copies_are_counted_within_and_across_splits_with_their_labels():
    images = IMAGES.copy()
    images[1], images[2] = images[0], images[0]
    labels = LABELS.copy()
    labels[2] = 1
    made = card_of(dataset(images, labels, "classes", test_inputs=images[[0, 30]], test_targets=[0, 2]), 2, RNG)
    found = dict(
        zip(made.coords["pair"], zip(made.arrays["copies"], made.arrays["relabelled"], strict=True), strict=True)
    )
    assert found == {"within train": (2, 1), "within test": (0, 0), "test in train": (2, 1)}


def test_a_class_with_few_images_leaves_places_empty():
    labels = np.array([0] * 44 + [2])
    found = card(IMAGES, labels)
    assert np.isnan(found["near"][2, 1:]).all()
    assert found["near_place"][2].tolist() == [44, -1, -1, -1]
    assert np.isnan(found["mean_image"][1]).all()


@pytest.mark.parametrize("data", [sb.data.curve(n=5), sb.data.xor_blobs(n=8, test=0)])
def test_what_is_no_set_of_labelled_images_is_refused(data):
    question = sb.Spec(data=data, model="neuron", loss="l2", optimizer="sgd(0.1)", steps=0)
    study = sb.Study(name="t", title="t", source="s", question="q", ask=lambda _: sb.measures.data_card(question))
    with pytest.raises(DataError, match="a data card needs images with one label each"):
        run_study(study, profile="smoke", command="x")


def test_a_set_of_ones_own(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    np.save(folder / "images_imgs.npy", IMAGES)
    np.save(folder / "images_labs.npy", LABELS)
    study = TABLE["fashion_summary"]
    made = run_study(study, profile="smoke", data=folder, out=tmp_path, command="x").folder
    found = json.loads((made / "summary.json").read_text())
    images = found["readings"]["images"]
    assert {name: sum(of.values()) for name, of in images.items()} == {"training": 41, "validation": 4}
    assert set(images["training"]) == {"class 0", "class 1", "class 2"}
    assert found["readings"]["copies"]["within train"] == 0
    assert {claim["verdict"] for claim in found["claims"]} == {"set-up differs"}
    with pytest.raises(DataError, match=r"no images_imgs\.npy in"):
        run_study(study, profile="smoke", data=tmp_path, out=tmp_path / "b", command="x")


def test_at_smoke_nothing_is_decided_and_every_question_answered(smoke):
    found = json.loads((smoke("fashion_summary") / "summary.json").read_text())
    assert {claim["verdict"] for claim in found["claims"]} == {"set-up differs"}
    assert [len(one["answer"]) > 20 for one in found["in_short"]["answers"]] == [True] * 5
    assert sum(found["readings"]["images"]["training"].values()) == 540
