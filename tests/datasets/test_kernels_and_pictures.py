"""A course's kernels and samples, and the images that stand in for them. Nothing here opens a connection."""

import os
from pathlib import Path

import numpy as np
import pytest

from seedbed.datasets import downloads
from seedbed.datasets.kernels import read_kernels, read_samples
from seedbed.datasets.pictures import pictures
from seedbed.errors import DataError

HERE = os.environ.get("SEEDBED_DATA")
with_copies = pytest.mark.skipif(
    HERE is None or not Path(HERE, "ee449").is_dir(),
    reason="SEEDBED_DATA names no folder with the course's ee449 files",
)
rng = np.random.default_rng(0)


@pytest.fixture
def course(tmp_path):
    np.save(tmp_path / "kernel.npy", rng.normal(size=(3, 1, 4, 2)))
    for digit in (0, 7):
        np.save(tmp_path / f"samples_{digit}.npy", rng.integers(0, 256, (4, 1, 9, 8), np.uint8))
    return tmp_path


@pytest.fixture
def nothing_local(tmp_path, monkeypatch):
    monkeypatch.delenv("SEEDBED_DATA", raising=False)
    monkeypatch.setattr(downloads.platformdirs, "user_cache_dir", lambda name: str(tmp_path / "cache" / name))


def test_the_channel_is_dropped_and_nothing_is_rescaled(course):
    assert read_kernels(course).shape == (3, 4, 2)
    samples = read_samples(course)
    assert list(samples) == ["0", "7"]
    np.testing.assert_array_equal(samples["7"], np.load(course / "samples_7.npy")[:, 0])
    assert samples["7"].dtype == np.float64


def read_both(folder):
    return read_kernels(folder), read_samples(folder)


def saved(name, array, **options):
    return lambda folder: np.save(folder / name, array, **options)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda f: (f / "kernel.npy").unlink(), r"no kernel.npy in .*, it holds samples_0.npy, .*; give the folder"),
        (
            saved("kernel.npy", np.ones((3, 4, 4))),
            r"kernel.npy must have shape \(number, 1, height, width\).*\(3, 4, 4\)",
        ),
        (saved("kernel.npy", np.ones((3, 2, 4, 4))), r"of one channel, got \(3, 2, 4, 4\); reshape it"),
        (saved("kernel.npy", np.ones((0, 1, 4, 4))), r"got \(0, 1, 4, 4\)"),
        (
            saved("kernel.npy", np.full((1, 1, 2, 2), np.nan)),
            r"kernel.npy holds nan at index \(0, 0, 0, 0\); give finite",
        ),
        (saved("kernel.npy", np.array([[[["a"]]]])), "holds <U1, not real numbers"),
        (saved("kernel.npy", np.array([{}]), allow_pickle=True), "holds pickled objects, which are never opened"),
        (lambda f: (f / "samples_0.npy").write_bytes(b"hello"), "samples_0.npy is not a whole npy file"),
        (saved("samples_7.npy", np.ones((4, 1, 9, 9))), "have different sizes, got 9 x 8 and 9 x 9; give"),
        (lambda f: [path.unlink() for path in f.glob("samples_*")], r"no samples_\*.npy in .*; give the folder"),
    ],
)
def test_a_file_that_will_not_do_is_one_sentence(course, harm, words):
    harm(course)
    with pytest.raises(DataError, match=words) as caught:
        read_both(course)
    assert "\n" not in str(caught.value)


def test_the_first_images_of_the_first_kinds(course):
    chosen = pictures(course, kinds=1, each=3)
    assert chosen.kinds == ("digit 0",) * 3
    np.testing.assert_array_equal(chosen.images, np.load(course / "samples_0.npy")[:3, 0])
    assert pictures(course, kinds=9, each=9).images.shape == (8, 9, 8)
    with pytest.raises(DataError, match="at least one kind and one image of it, got 0 and 3"):
        pictures(course, kinds=0, each=3)


def test_shapes_are_drawn_where_there_is_nothing_else(nothing_local):
    drawn = pictures(kinds=4, each=3)
    assert drawn.images.shape == (12, 28, 28)
    assert set(np.unique(drawn.images)) == {0.0, 255.0}
    assert drawn.kinds[::3] == ("square left of bar", "square right of bar", "diamond", "square")
    np.testing.assert_array_equal(drawn.images, pictures(kinds=4, each=3).images)


@with_copies
def test_the_courses_samples_are_the_first_test_images_of_mnist():
    theirs, ours = pictures(Path(HERE, "ee449")), pictures()
    assert ours.origin.startswith("MNIST")
    assert theirs.kinds == ours.kinds
    np.testing.assert_array_equal(theirs.images, ours.images)
