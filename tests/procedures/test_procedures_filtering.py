"""Convolution three ways: the same numbers, the laws, the store; no test looks at seconds."""

import numpy as np
import pytest

from seedbed.datasets.pictures import Pictures
from seedbed.errors import PartError, SpecError
from seedbed.procedures import laws
from seedbed.procedures.filtering import by_loops, by_patches, by_scipy, filtered
from seedbed.store import create_or_open, open_record

rng = np.random.default_rng(1)
PICTURES = Pictures(rng.integers(0, 256, (3, 9, 8)).astype(float), ("a", "a", "b"), "made up")
KERNELS = {"one": rng.normal(size=(3, 2)), "two": rng.normal(size=(3, 2)), "even": np.ones((3, 2))}


@pytest.fixture(scope="module", params=["jax", "reference"])
def record(request):
    return filtered(PICTURES, KERNELS, timed=1, repeats=2, engine=request.param)


def test_every_way_gives_the_same_numbers(record):
    outputs = record["outputs"].sel(seed=0)
    loops = outputs.sel(way="loops").values
    assert loops.shape == (3, 3, 7, 7)
    by_word = sum(PICTURES.images[1, 2 + a, 4 + b] * KERNELS["two"][a, b] for a in range(3) for b in range(2))
    np.testing.assert_allclose(loops[1, 1, 2, 4], by_word)
    for way in record["way"].values:
        rounding = 1e-5 if way == "engine" else 1e-12
        np.testing.assert_allclose(outputs.sel(way=way), loops, rtol=rounding, atol=rounding * abs(loops).max())


def test_what_a_record_says(record):
    ways = record["way"].values.tolist()
    reference = record.attrs["engine"] == "reference"
    assert ways == (["loops", "patches", "scipy"] if reference else ["loops", "patches", "engine", "scipy"])
    assert record["seconds"].shape == (1, len(ways), 2)
    assert (record["seconds"] > 0).all()
    assert record["image"].values.tolist() == ["a, no. 1", "a, no. 2", "b, no. 1"]
    assert "core" in record.attrs["device"]


def test_the_laws_hold(record):
    assert record["linear_error"].max() < 1e-5
    assert record["shift_error"].max() < 1e-5
    assert record["channel_error"].max() < 1e-12
    turned = record["turned_error"].sel(seed=0)
    assert turned.sel(kernel="even") < 1e-12 < 0.01 < turned.sel(kernel="one")
    sizes = record["sizes"].sel(seed=0)
    np.testing.assert_array_equal(sizes.sel(part="found"), sizes.sel(part="formula"))


def test_a_wrong_convolution_breaks_the_laws():
    images, kernels = PICTURES.images, np.stack(list(KERNELS.values()))

    def clipped(images, kernels):
        return np.maximum(by_patches(images, kernels), 0)

    def placed(images, kernels):
        outputs = by_patches(images, kernels)
        return outputs * np.arange(1, 1 + outputs.shape[2])[:, None]

    assert laws.measured(clipped, images, kernels)["linear_error"].max() > 0.01
    assert laws.measured(placed, images, kernels)["shift_error"].max() > 0.01


def test_a_kernel_of_the_images_size_leaves_one_number_and_no_room_to_move():
    found = laws.measured(by_patches, PICTURES.images, rng.normal(size=(2, 9, 8)))
    assert np.isnan(found["shift_error"]).all()
    assert found["linear_error"].max() < 1e-12


def test_ways_of_many_shapes_agree():
    for shape in ((1, 1), (5, 5), (1, 4), (4, 1), (6, 7)):
        kernels = rng.normal(size=(2, *shape))
        images = rng.normal(size=(2, 6, 7))
        loops = by_loops(images, kernels)
        for way in (by_patches, by_scipy):
            np.testing.assert_allclose(way(images, kernels), loops, rtol=1e-12, atol=1e-12)


def test_what_is_kept_is_not_run_again(tmp_path, monkeypatch):
    store = create_or_open(tmp_path)
    how = {"timed": 1, "repeats": 2, "store": store, "name": "three", "engine": "reference"}
    first = filtered(PICTURES, KERNELS, **how)
    monkeypatch.setattr("seedbed.procedures.filtering._block", None)
    again = filtered(PICTURES, KERNELS, **how)
    assert first.identical(again)
    assert open_record(tmp_path, "three").identical(first)
    assert store.verify() == []
    with pytest.raises(TypeError):  # other kernels are another question
        filtered(PICTURES, {"one": KERNELS["one"]}, **how)


@pytest.mark.parametrize(
    ("kernels", "how", "error", "words"),
    [
        ({}, {}, SpecError, "one shape, got none; pad"),
        ({"a": np.ones((2, 2)), "b": np.ones((3, 3))}, {}, SpecError, r"got a \(2, 2\), b \(3, 3\); pad"),
        ({"a": np.ones(3)}, {}, SpecError, "must be matrices"),
        ({"a": np.ones((10, 2))}, {}, PartError, "a window of 10 x 2 does not fit in an image of 9 x 8"),
        (KERNELS, {"repeats": 0}, SpecError, "at least one image and one repeat, got 5 and 0"),
        (KERNELS, {"engine": "jaxx"}, SpecError, 'no engine "jaxx"; did you mean "jax"'),
    ],
)
def test_questions_that_make_no_sense(kernels, how, error, words):
    with pytest.raises(error, match=words):
        filtered(PICTURES, kernels, **how)
