"""Files of a user's own: the course's names, MNIST's format, mirrors that fail. Nothing here opens a connection."""

import gzip
import os
from hashlib import sha256
from pathlib import Path

import numpy as np
import pooch
import pytest

from seedbed.datasets import downloads, idx
from seedbed.datasets.downloads import DATASETS, MNIST, Download, File, available, cache, find
from seedbed.datasets.fetch import fetch
from seedbed.datasets.load import load
from seedbed.datasets.npy import files, whereabouts
from seedbed.errors import DataError, PartError
from seedbed.vocabulary import data as words

HERE = os.environ.get("SEEDBED_DATA")
with_copies = pytest.mark.skipif(HERE is None, reason="SEEDBED_DATA names no folder with copies of the data sets")
rng = np.random.default_rng(0)


@pytest.fixture
def course(tmp_path):
    np.save(tmp_path / "random_imgs.npy", rng.integers(0, 2, (8, 4, 4)))
    np.save(tmp_path / "random_labs.npy", np.array([0.0, 1, 0, 0, 1, 0, 0, 1]))
    return tmp_path


def test_the_courses_names(course):
    one = load(words.files(str(course), "random"))
    assert (one.inputs.shape, one.targets.shape, one.target) == ((8, 4, 4), (8, 1), "binary")
    np.testing.assert_array_equal(one.inputs, np.load(course / "random_imgs.npy"))


def imgs(array, **options):
    return lambda folder: np.save(folder / "random_imgs.npy", array, **options)


def labs(array):
    return lambda folder: np.save(folder / "random_labs.npy", array)


def archive(folder):
    np.savez(folder / "a.npz", a=np.ones(3))
    (folder / "a.npz").replace(folder / "random_imgs.npy")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda f: (f / "random_labs.npy").unlink(), r"no random_labs.npy in .*, it holds random_imgs.npy; give"),
        (imgs(np.zeros((7, 4, 4))), r"inputs \(7, 4, 4\) but targets \(8,\)"),
        (imgs(np.zeros(8)), r"inputs of .*random_\*.npy have shape \(8,\)"),
        (imgs(np.full((8, 2), np.nan)), "hold nan"),
        (labs(np.arange(8)), "must be 0 or 1, got 2"),
        (labs(np.array(["a"] * 8)), "not numbers"),
        (imgs(np.array([{}] * 8), allow_pickle=True), "holds pickled objects, which are never opened"),
        (lambda f: (f / "random_imgs.npy").write_bytes(b"hello"), "random_imgs.npy .*numpy.save"),
        (lambda f: (f / "random_imgs.npy").write_bytes(b""), "not a whole npy file"),
        (
            lambda f: (f / "random_imgs.npy").write_bytes((f / "random_imgs.npy").read_bytes()[:-9]),
            "not a whole npy file",
        ),
        (archive, "not a whole npy file"),
    ],
)
def test_a_file_that_will_not_do_is_one_sentence(course, harm, words):
    harm(course)
    with pytest.raises(DataError, match=words) as caught:
        files(course, "random")
    assert "\n" not in str(caught.value)


@pytest.fixture
def shapes(tmp_path):
    np.save(tmp_path / "detection_imgs.npy", rng.integers(0, 2, (4, 16, 16)).astype(float))
    np.save(tmp_path / "detection_labs.npy", np.array([0.0, 0, 1, 1]))
    np.save(tmp_path / "detection_width.npy", np.array([2.0, 7, 1, 3]))
    return tmp_path


def test_the_courses_detection_set_has_two_heads(shapes):
    one = load(words.files(str(shapes), "detection"))
    assert one.target == "several"
    assert [(head.name, head.kind, head.units) for head in one.heads] == [("label", "binary", 1), ("width", "real", 1)]
    assert one.targets.tolist() == [[0, 2], [0, 7], [1, 1], [1, 3]]
    np.testing.assert_array_equal(one.inputs, np.load(shapes / "detection_imgs.npy"))


def saved(part, array):
    return lambda folder: np.save(folder / f"detection_{part}.npy", array)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda f: (f / "detection_width.npy").unlink(), r"no detection_width.npy in .*, it holds detection_imgs.npy"),
        (saved("width", np.ones(3)), r'head "width" of .*detection_\*.npy has inputs \(4, 16, 16\) but targets \(3,\)'),
        (saved("width", np.ones((4, 2))), 'head "width" of .* has 2 numbers for each example; give one, of shape'),
        (saved("width", np.array([1, np.nan, 1, 1])), r'targets of head "width" of .* hold nan at index \(1,\)'),
        (
            saved("width", np.array([1, 1, 17, 1])),
            'width" of .* holds 17 at index 2, the images are 16 x 16; give',
        ),
        (saved("width", np.array([1, 1, 1, -1])), "holds -1 at index 3, .*; give widths from 0 to 16"),
        (saved("labs", np.array([0, 1, 2, 1])), 'labels of head "label" of .* must be 0 or 1, got 2'),
        (saved("imgs", np.ones((5, 16, 16))), r"has inputs \(5, 16, 16\) but targets \(4,\)"),
    ],
)
def test_a_detection_set_that_will_not_do_is_one_sentence(shapes, harm, words):
    harm(shapes)
    with pytest.raises(DataError, match=words) as caught:
        files(shapes, "detection")
    assert "\n" not in str(caught.value)


def test_where_the_courses_files_lie(shapes, tmp_path, monkeypatch):
    monkeypatch.delenv("SEEDBED_DATA", raising=False)
    assert whereabouts("detection") is None
    monkeypatch.setenv("SEEDBED_DATA", str(shapes))
    assert whereabouts("detection") == shapes
    assert whereabouts("line") is None
    (tmp_path / "cis680").mkdir()
    for file in list(shapes.glob("*.npy")):
        (tmp_path / "cis680" / file.name).write_bytes(file.read_bytes())
    assert whereabouts("detection") == tmp_path / "cis680"
    (tmp_path / "cis680" / "detection_width.npy").unlink()
    assert whereabouts("detection") == shapes


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="which is not a folder"):
        files(tmp_path / "absent", "random")
    with pytest.raises(DataError, match="it is empty"):
        files(tmp_path, "random")


@with_copies
def test_the_courses_own_random_set():
    one = load(words.files(str(Path(HERE) / "cis680"), "random"))
    assert one.inputs.shape == (64, 4, 4)
    assert np.flatnonzero(one.targets).tolist() == [0, 5, 7, 16, 19, 24, 25, 27, 35, 44, 54]
    assert len(np.unique(one.inputs.reshape(64, 16), axis=0)) == 64
    line = load(words.files(str(Path(HERE) / "cis680"), "line"))
    assert line.inputs.shape == (64, 16, 16)
    assert line.targets[:32].all()


def idx_bytes(array):
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


ARRAYS = (rng.integers(0, 256, (12, 3, 3), np.uint8), np.arange(12, dtype=np.uint8) % 10,
          rng.integers(0, 256, (5, 3, 3), np.uint8), np.arange(5, dtype=np.uint8))  # fmt: skip


def tiny(folder, packed=True):
    """A made-up download of 12 + 5 images, with its files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    described = []
    for file, array in zip(MNIST.files, ARRAYS, strict=True):
        plain = idx_bytes(array)
        data = gzip.compress(plain, mtime=0)
        (folder / (file.name if packed else file.plain_name)).write_bytes(data if packed else plain)
        described.append(File(file.name, len(data), sha256(data).hexdigest(), sha256(plain).hexdigest()))
    return Download("tiny", "made up", "none", "here", ("http://a/", "http://b/", "http://c/"), tuple(described))


@pytest.fixture
def local(tmp_path, monkeypatch):
    (tmp_path / "copies").mkdir()
    monkeypatch.setenv("SEEDBED_DATA", str(tmp_path / "copies"))
    monkeypatch.setattr(downloads.platformdirs, "user_cache_dir", lambda name: str(tmp_path / "cache" / name))
    return tmp_path / "copies"


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("below", ["", "tiny"])
def test_images_and_classes_come_back(local, packed, below):
    one = idx.load_idx(tiny(local / below, packed))
    assert (one.target, one.units, one.examples, one.origin) == ("classes", 10, 12, "tiny")
    np.testing.assert_array_equal(one.inputs, (ARRAYS[0] / 255).astype(np.float32))
    np.testing.assert_array_equal(one.targets, ARRAYS[1])
    np.testing.assert_array_equal(one.test_inputs, (ARRAYS[2] / 255).astype(np.float32))
    np.testing.assert_array_equal(one.test_targets, ARRAYS[3])


def test_the_first_so_many(local):
    download = tiny(local)
    one = idx.load_idx(download, train=4, test=2)
    assert one.inputs.shape == (4, 3, 3)
    assert one.test_targets.tolist() == [0, 1]
    for wrong in (0, -1, 13):
        with pytest.raises(DataError, match="has 12 images"):
            idx.load_idx(download, train=wrong)
    with pytest.raises(PartError, match="train of mnist must be a whole number from 1 to 60,000, got 60001"):
        words.mnist(train=60_001)
    with pytest.raises(PartError, match="test of fashion_mnist must be a whole number from 1 to 10,000, got 0"):
        words.fashion_mnist(test=0)


def test_damaged_files_are_named(local):
    download = tiny(local)
    path = local / download.files[0].name
    good = path.read_bytes()
    for bad in (
        good[:-4],
        b"",
        bytes([*good[:30], good[30] ^ 1, *good[31:]]),
        (local / download.files[1].name).read_bytes(),
    ):
        path.write_bytes(bad)
        with pytest.raises(DataError, match=r"train-images\S+ is not the published file .another SHA-256, \d+ bytes"):
            idx.load_idx(download)
    path.unlink()
    with pytest.raises(DataError, match=r"tiny is not on this machine .*seedbed data fetch tiny, or set SEEDBED_DATA"):
        idx.load_idx(download)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "begins with nothing"),
        (b"\0\0\x09\x01\0\0\0\0", "not an idx file of bytes, it begins with 00000901"),
        (b"\x93NUMPY", "not an idx file"),
        (b"\0\0\x08\x03\0\0\0\x01", "truncated in its header, it has 8 of 16 bytes"),
        (idx_bytes(np.ones((2, 3), np.uint8))[:-1], "announces 6 values, it has 5"),
        (idx_bytes(np.ones((2, 3), np.uint8)) + b"x", "announces 6 values, it has 7"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "announces 79228162458924105385300197375 values, it has 0"),
    ],
)
def test_an_idx_file_that_is_none(data, words):
    with pytest.raises(DataError, match=words):
        idx.read_idx(data, "this file")


def test_an_idx_file_of_any_shape():
    for array in ARRAYS:
        np.testing.assert_array_equal(idx.read_idx(idx_bytes(array), "this file"), array)
    with pytest.raises(DataError, match="damaged gzip file"):
        idx.unzip(gzip.compress(b"abc" * 99)[:-9], "this file")
    with pytest.raises(DataError, match="damaged gzip file"):
        idx.unzip(b"\x1f\x8bnonsense", "this file")


def mirrors(monkeypatch, answers):
    """Let each mirror answer with a function of the file's name that gives bytes or raises; returns the urls asked."""
    asked = []

    class Download:
        def __call__(self, url, output_file, pooch_object, check_only=False):
            asked.append(url)
            mirror, _, name = url.rpartition("/")
            Path(output_file).write_bytes(answers[mirror + "/"](name))

    monkeypatch.setattr(pooch.core, "choose_downloader", lambda url, progressbar=False: Download())
    return asked


def down(name):
    raise ConnectionError("no route to this mirror")


def test_the_first_good_mirror_is_taken(local, tmp_path, monkeypatch):
    download = tiny(tmp_path / "server")
    monkeypatch.setitem(DATASETS, "tiny", download)
    good = lambda name: (tmp_path / "server" / name).read_bytes()  # noqa: E731
    answers = {"http://a/": down, "http://b/": lambda name: b"<html>sign in</html>", "http://c/": good}
    asked = mirrors(monkeypatch, answers)
    assert available("tiny") is None
    folder = fetch("tiny")
    assert folder == cache(download) == available("tiny")
    assert [url.split("/")[2] for url in asked] == ["a", "b", "c"] * 4
    assert idx.load_idx(download).examples == 12
    asked.clear()
    assert fetch("tiny") == folder
    assert asked == []  # nothing is downloaded twice
    (folder / download.files[1].name).write_bytes(b"damaged")
    fetch("tiny")
    assert len(asked) == 3  # only what was damaged
    assert idx.load_idx(download).examples == 12


def test_no_good_mirror_is_one_sentence_and_leaves_nothing(local, tmp_path, monkeypatch):
    download = tiny(tmp_path / "server")
    monkeypatch.setitem(DATASETS, "tiny", download)
    mirrors(monkeypatch, {"http://a/": down, "http://b/": lambda name: b"wrong", "http://c/": down})
    with pytest.raises(
        DataError, match=r"http://a/: no route .*http://b/: .*hash.*http://c/: .*SEEDBED_DATA"
    ) as caught:
        fetch("tiny")
    assert "\n" not in str(caught.value)
    assert available("tiny") is None
    assert not cache(download).exists() or not list(cache(download).iterdir())


def test_local_copies_are_checked_not_downloaded(local, monkeypatch):
    download = tiny(local)
    monkeypatch.setitem(DATASETS, "tiny", download)
    asked = mirrors(monkeypatch, {})
    assert fetch("tiny") == local
    (local / download.files[3].name).write_bytes(b"x")
    with pytest.raises(DataError, match="is not the published file"):
        fetch("tiny")
    assert asked == []


def test_the_table_of_downloads():
    assert {*DATASETS} <= {*words.TABLE}
    for download in DATASETS.values():
        assert len(download.mirrors) >= 2
        assert all(mirror.endswith("/") for mirror in download.mirrors)
        assert download.licence
        assert {len(file.sha256) for file in download.files} == {64}
    assert MNIST.size == 11_594_722
    with pytest.raises(DataError, match='no data set "mnits" to download; did you mean "mnist"'):
        find("mnits")


@with_copies
@pytest.mark.parametrize(
    ("name", "labels", "mean", "test_mean"),
    [("mnist", [5, 0, 4, 1, 9], 0.1307, 0.1325), ("fashion_mnist", [9, 0, 0, 3, 0], 0.2860, 0.2868)],
)
def test_the_published_sets(name, labels, mean, test_mean):
    one = load(words.TABLE[name](train=5000))
    assert one.targets[:5].tolist() == labels
    whole = idx.load_mnist(name)
    assert whole.inputs.shape == (60_000, 28, 28)
    assert whole.test_inputs.shape == (10_000, 28, 28)
    assert whole.inputs.mean() == pytest.approx(mean, abs=1e-4)
    assert whole.test_inputs.mean() == pytest.approx(test_mean, abs=1e-4)
    assert (whole.inputs.min(), whole.inputs.max(), whole.units) == (0, 1, 10)
    np.testing.assert_array_equal(one.inputs, whole.inputs[:5000])
