"""Data that train, but not on what was meant: told or refused before anything runs; and `standardize`."""

import struct

import numpy as np
import pytest

import seedbed as sb
from seedbed.datasets.dataset import dataset
from seedbed.datasets.load import load
from seedbed.errors import DataError, PartError

RNG = np.random.default_rng(0)
QUESTION = sb.Spec(
    data="corners", model="mlp([2])", initializer="he_normal", loss="cross_entropy", optimizer="sgd(0.1)", steps=2
)
SECONDS = 1_700_000_000 + np.arange(200)


def saved(folder, images, labels):
    np.save(folder / "mine_imgs.npy", images)
    np.save(folder / "mine_labs.npy", labels)
    return folder


def test_masked_values_are_refused_and_a_mask_of_nothing_is_not():
    x = np.ma.masked_array(RNG.random((4, 2)), mask=[[0, 0], [0, 1], [0, 0], [0, 0]])
    with pytest.raises(DataError, match=r"hold 1 masked values.*drop these examples"):
        dataset(x, [0, 1, 0, 1], "binary")
    assert dataset(np.ma.masked_array(np.ones((4, 2))), [0, 1, 0, 1], "binary").examples == 4


@pytest.mark.parametrize("values", [SECONDS, SECONDS.astype(float), 1 + 1e-9 * np.arange(200)])
def test_values_that_single_precision_cannot_tell_apart_are_refused(values):
    x = np.stack([RNG.random(200), values], axis=1)
    with pytest.raises(DataError, match=r"200 different values of feature 1 in 200 examples, and \d+ in single"):
        dataset(x, np.arange(200) % 2, "binary")
    one = dataset(x, np.arange(200) % 2, "binary", standardize=True)
    assert len(np.unique(one.inputs[:, 1])) == 200


def test_ordinary_doubles_are_not_refused():
    for x in (RNG.random((5_000, 2)), RNG.normal(size=(1_000, 3)) * 1e6, RNG.integers(0, 256, (50, 8, 8))):
        assert dataset(x, np.arange(len(x)) % 2, "binary").examples == len(x)


@pytest.mark.parametrize("kind", ["binary", "classes"])
def test_one_hot_labels_are_named(kind):
    with pytest.raises(DataError, match=r"rows with a single 1, of shape \(6, 3\): classes, one-hot; .*argmax"):
        dataset(RNG.random((6, 2)), np.eye(3)[[0, 1, 2, 0, 1, 2]], kind)
    several = np.array([[1, 1], [0, 1], [0, 0], [1, 0]])
    assert dataset(RNG.random((4, 2)), several, "binary").units == 2


@pytest.mark.parametrize(("kind", "labels", "units"), [
    ("classes", [0, 2, 1, 2], 3), ("sign", [-1, 1, 1, -1], 1), ("real", [0.5, 2.5, -1.0, 3.0], 1),
    ("binary", [0, 1, 1, 0], 1),
])  # fmt: skip
def test_files_with_any_kind_of_labels(tmp_path, kind, labels, units):
    part = sb.data.files(str(saved(tmp_path, RNG.random((4, 2, 2)), np.array(labels))), "mine", kind=kind)
    found = load(part)
    assert (found.target, found.units, found.targets.ravel().tolist()) == (kind, units, labels)
    loss = {"real": "l2", "sign": "hinge"}.get(kind, "cross_entropy")
    assert np.isfinite(sb.run(QUESTION.replace(data=part, loss=loss), seeds=2)["final_train_loss"]).all()


def test_labels_of_another_kind_are_told(tmp_path):
    folder = str(saved(tmp_path, RNG.random((4, 2, 2)), np.array([0, 2, 1, 2])))
    with pytest.raises(DataError, match="must be 0 or 1, got 2; relabel them, or name another kind"):
        load(sb.data.files(folder, "mine"))


def test_rows_are_standardized_by_feature_and_images_as_a_whole_by_the_training_split():
    x, test = RNG.normal([5, -3], [2, 0.1], (50, 2)), RNG.normal([5, -3], [2, 0.1], (10, 2))
    one = dataset(x, np.arange(50) % 2, "binary", test_inputs=test, test_targets=np.arange(10) % 2, standardize=True)
    np.testing.assert_allclose(one.inputs.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(one.inputs.std(axis=0), 1, rtol=1e-5)
    np.testing.assert_allclose(one.test_inputs, (test - x.mean(axis=0)) / x.std(axis=0), rtol=1e-4, atol=1e-5)
    images = np.concatenate([np.zeros((6, 4, 2)), RNG.random((6, 4, 2))], axis=2)  # half of each image never varies
    whole = dataset(images, np.arange(6) % 2, "binary", standardize=True).inputs
    np.testing.assert_allclose([whole.mean(), whole.std()], [0, 1], atol=1e-5)
    constant = dataset(np.ones((4, 2)), [0, 1, 0, 1], "binary", standardize=True)
    assert (constant.inputs == 0).all()


def drawn(rng, spread):
    x = rng.normal(3, spread, (20, 2))
    return x, (x[:, 0] > 3).astype(int)


@pytest.mark.parametrize("fresh", [False, True])
def test_a_generator_is_standardized_draw_by_draw(fresh):
    part = sb.data.generator(drawn, fresh=fresh, standardize=True, spread=4.0)
    inputs = load(part, [3, 4]).inputs
    np.testing.assert_allclose(inputs.mean(axis=-2), 0, atol=1e-6)
    plain = sb.data.generator(drawn, fresh=fresh, spread=4.0)
    assert part.canonical() != plain.canonical()
    assert "standardize" not in plain.canonical()


def pixels(rng):
    return 255 * rng.random((8, 4, 4)), np.arange(8) % 2


@pytest.mark.parametrize("fresh", [False, True])
def test_inputs_of_a_scale_no_draw_is_made_for_are_one_line_of_advice(fresh, capsys):
    sb.run(QUESTION.replace(data=sb.data.generator(pixels, fresh=fresh)), seeds=2)
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "root mean square" in line]
    assert "have a root mean square of 1" in line
    assert line.endswith("initial draws are made for numbers about 1 (0.01 to 10); divide them, or standardize=True")
    sb.run(QUESTION.replace(data=sb.data.generator(pixels, fresh=fresh, standardize=True)), seeds=2)
    assert "root mean square" not in capsys.readouterr().err


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_images_with_the_channel_last_are_recognised(engine):
    def colors(rng):
        return rng.random((4, 8, 8, 3)), np.arange(4) % 2

    asked = QUESTION.replace(data=sb.data.generator(colors), model="cnn([2], 3)")
    with pytest.raises(PartError, match=r"got \(8, 8, 3\), which look like \(height, width, channel\); .*moveaxis"):
        sb.run(asked, seeds=2, engine=engine)


def failing(rng):
    raise RuntimeError("no disk\nand more")


def leaving(rng):
    raise SystemExit(0)


def nothing(rng):
    return None


def ragged(rng):
    return [[1.0], [2.0, 3.0]], [0, 1]


@pytest.mark.parametrize(("function", "sentence"), [
    (failing, r"failing\(.*\) fails: no disk; a generator is called as f\(rng, \*\*options\) and returns"),
    (leaving, "fails: 0; a generator is called"),
    (nothing, r"returned NoneType; return \(inputs, targets\)"),
    (ragged, "are not one array; give rows of one length"),
    (lambda rng: (["a", "b"], [0, 1]), "have type <U1, not numbers"),
    (lambda rng: ([[1.0], [2.0]], [object(), 1]), "have type object, not numbers"),
])  # fmt: skip
def test_a_generator_that_fails_or_gives_something_else(function, sentence):
    with pytest.raises(DataError, match=sentence) as caught:
        sb.run(QUESTION.replace(data=sb.data.generator(function)), seeds=2)
    assert "\n" not in str(caught.value)


def header(text):
    body = text.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(body)) + body


@pytest.mark.parametrize(("content", "sentence"), [
    (header("{'descr': '<f4', 'fortran_order': False, 'shape': (10000000, 10000000), }"), "announces 400,000,000,0"),
    (header("{'descr': '<f4', 'fortran_order': False, 'shape': (9" + "0" * 40 + ",), }"), "announces the shape"),
    (header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"), "is not a whole npy file"),
    (header("{'descr': '<f4', 'fortran_order': False, 'shape': " + "(" * 60), "is not a whole npy file"),
    (header("{'descr': 'what', 'fortran_order': False, 'shape': (2,), }"), "is not a whole npy file"),
    (b"\x93NUMPY\x09\x00" + b"\0" * 200, "is not a whole npy file"),
    (b"", "is not a whole npy file"),
])  # fmt: skip
def test_an_absurd_header_is_a_sentence(tmp_path, content, sentence):
    saved(tmp_path, RNG.random((4, 2, 2)), np.array([0, 1, 1, 0]))
    (tmp_path / "mine_imgs.npy").write_bytes(content)
    with pytest.raises(DataError, match=sentence):
        load(sb.data.files(str(tmp_path), "mine"))


@pytest.mark.parametrize("name", ["../mine", "", "x" * 5_000, "a\0b", 5])
def test_a_name_that_is_no_beginning_of_a_file(name):
    with pytest.raises(PartError, match=r"the name of files is how NAME_imgs.npy begins"):
        sb.data.files("here", name)


@pytest.mark.parametrize("fresh", [False, True])
def test_labels_of_one_class_are_told(fresh, capsys):
    def alike(rng):
        return rng.random((8, 2)), np.ones(8, int)

    sb.run(QUESTION.replace(data=sb.data.generator(alike, fresh=fresh)), seeds=2)
    told = [line for line in capsys.readouterr().err.splitlines() if "same label" in line]
    assert len(told) == 1
    assert "have the same label, so a constant answer is right and nothing about classes is learned" in told[0]


def test_a_head_of_one_class_is_named(capsys):
    inputs = np.arange(8.0).reshape(4, 2)
    both = dataset(inputs, {"kind": np.zeros(4), "size": inputs[:, :1]}, {"kind": "binary", "size": "real"})
    assert "have the same label of kind, so" in both.advice
    assert dataset(inputs, np.array([0, 0, 0, 1]), "classes", units=2).advice == ""
    assert dataset(inputs, np.ones((4, 1)), "real").advice == ""
    assert dataset(inputs[:1], np.ones((1, 1)), "binary").advice == ""
