"""The exact laws of what is drawn, and what a draw depends on."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import linprog

from seedbed.datasets.dataset import Head
from seedbed.datasets.generators import LAWS, draw, generator, point, random_images
from seedbed.datasets.load import FIXED, course_name, load
from seedbed.errors import DataError
from seedbed.spec import Spec
from seedbed.vocabulary import data as words
from seedbed.vocabulary import find, models, optimizers
from seedbed.vocabulary.part import own

FALSE_ALARM = 1e-6  # chance that a right generator fails one of the tests of chance below; keys are fixed besides


def separable(images, labels):
    """Whether some plane has all ones on one side and all zeros on the other: a linear program without an objective."""
    x = np.column_stack([images.reshape(len(images), -1), np.ones(len(images))])
    sign = np.where(labels.ravel() == 1, 1.0, -1.0)
    found = linprog(np.zeros(x.shape[1]), A_ub=-sign[:, None] * x, b_ub=-np.ones(len(x)), bounds=(None, None))
    return found.status == 0


@given(
    n=st.integers(1, 40), shape=st.sampled_from([(6,), (2, 3), (4, 4), (1, 3, 3)]), ones=st.floats(0, 1),
    labels=st.sampled_from(["separable", "independent"]), number=st.integers(0, 2**40),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_images_differ_are_bits_and_have_exactly_their_ones(n, shape, ones, labels, number):
    images, targets = random_images(generator(number), n, shape, ones, labels)
    assert images.shape == (n, *shape)
    assert set(np.unique(images)) <= {0.0, 1.0}
    assert len(np.unique(images.reshape(n, -1), axis=0)) == n
    assert targets.sum() == round(ones * n)
    assert labels == "independent" or separable(images, targets)


def test_separable_is_a_property_that_can_fail():
    verdicts = [separable(*random_images(generator(k), 64, (4, 4), 0.5, "independent")) for k in range(20)]
    assert not any(verdicts)


def test_all_images_there_are():
    images, _ = random_images(generator(0), 16, (2, 2), 0.5, "separable")
    assert sorted(map(tuple, images.reshape(16, 4).astype(int))) == list(itertools.product((0, 1), repeat=4))


def test_every_ordered_choice_of_different_images_is_equally_likely():
    draws = 2400
    pairs = [random_images(generator(k), 2, (2,), 0.0, "independent")[0] @ [2, 1] for k in range(draws)]
    code = np.array(pairs).astype(int)
    counts = np.bincount(code[:, 0] * 4 + code[:, 1], minlength=16).reshape(4, 4)
    assert (np.diag(counts) == 0).all()
    assert stats.chisquare(counts[~np.eye(4, dtype=bool)]).pvalue > FALSE_ALARM


def test_bits_are_fair_in_every_pixel():
    draws, n = 400, 16
    images = np.concatenate([random_images(generator(k), n, (4, 4), 0.2, "separable")[0] for k in range(draws)])
    share = images.reshape(-1, 16).sum(axis=0)
    low, high = stats.binom.ppf([FALSE_ALARM / 32, 1 - FALSE_ALARM / 32], draws * n, 0.5)
    assert ((share >= low) & (share <= high)).all()


def test_independent_labels_fall_on_every_image_alike():
    draws, n = 1500, 8
    ones = sum(random_images(generator(k), n, (4,), 0.25, "independent")[1] for k in range(draws))
    assert ones.sum() == 2 * draws
    low, high = stats.binom.ppf([FALSE_ALARM / 16, 1 - FALSE_ALARM / 16], draws, 0.25)
    assert ((ones >= low) & (ones <= high)).all()


def test_separable_labels_know_no_direction():
    """Over many draws a pixel of a one is on as often as that of another: the direction is uniform."""
    draws, n = 1000, 8
    on = np.zeros(4)
    for k in range(draws):
        images, labels = random_images(generator(k), n, (4,), 0.5, "separable")
        on += images[labels == 1].sum(axis=0) > images[labels == 0].sum(axis=0)
    more = stats.binom.ppf([FALSE_ALARM / 8, 1 - FALSE_ALARM / 8], draws, on.mean() / draws)
    assert ((on >= more[0]) & (on <= more[1])).all()


@pytest.mark.parametrize(
    ("n", "shape", "words"),
    [(17, (2, 2), "only 16 different images of 4 pixels, got n=17"), (0, (2,), "n=0"), (2, (), "shape=()"),
     (2, (2, 0), "sides of at least 1")],
)  # fmt: skip
def test_impossible_images_are_refused(n, shape, words):
    with pytest.raises(DataError) as caught:
        random_images(generator(0), n, shape, 0.5, "separable")
    assert words in str(caught.value)


def test_options_that_bypass_the_words_are_refused_too():
    with pytest.raises(DataError, match="0 <= ones <= 1"):
        load(words.random_images().with_option("ones", 2.0))
    with pytest.raises(DataError, match="numbered from 0, got -1"):
        load(words.random_images().with_option("draw", -1))


def test_the_same_key_gives_the_same_arrays_and_another_draw_others():
    first, again, other = (load(words.random_images(draw=number)) for number in (0, 0, 1))
    assert first.sha256 == again.sha256 != other.sha256
    assert first.inputs.tobytes() == again.inputs.tobytes()
    assert not np.array_equal(first.inputs, other.inputs)
    assert (first.target, first.units, first.examples, first.shape, first.fresh) == ("binary", 1, 64, (4, 4), False)
    assert first.targets.shape == (64, 1)
    assert first.targets.sum() == 11


def test_the_common_draw_is_pinned():
    """Stored records name this hash: a change of the generator must be seen."""
    assert load(words.random_images()).sha256[:16] == "fa7d2f4b86dcd090"


def test_a_fresh_draw_depends_on_its_own_seed_alone():
    part = words.random_images(16, fresh=True)
    crowd, few = load(part, seeds=range(10)), load(part, seeds=np.array([7, 3]))
    assert crowd.fresh
    assert crowd.inputs.shape == (10, 16, 4, 4)
    assert (crowd.examples, crowd.shape) == (16, (4, 4))
    np.testing.assert_array_equal(few.inputs, crowd.inputs[[7, 3]])
    np.testing.assert_array_equal(few.targets, crowd.targets[[7, 3]])
    assert len({one.tobytes() for one in crowd.inputs}) == 10
    with pytest.raises(DataError, match="drawn afresh for every seed, got no seeds"):
        load(part)


def test_a_point():
    one = load(words.point(1.5, 0.25))
    assert (one.inputs.tolist(), one.targets.tolist(), one.target, one.units) == ([[1.5]], [[0.25]], "binary", 1)
    with pytest.raises(DataError, match=r"labels of point\(x=1, y=2\) must be"):
        point(1.0, 2.0)


def noisy_line(rng, n=20, noise=0.1):
    x = rng.standard_normal((n, 2))
    return x, x.sum(axis=1) + noise * rng.standard_normal(n), "real"


def coin(rng):
    return rng.standard_normal((6, 2)), rng.integers(0, 2, 6)


def test_a_generator_of_ones_own():
    one = load(words.generator(noisy_line, noise=0.0))
    assert (one.target, one.units, one.examples) == ("real", 1, 20)
    np.testing.assert_allclose(one.targets[:, 0], one.inputs.sum(axis=1), rtol=1e-5)
    assert load(words.generator(noisy_line, n=5)).examples == 5
    assert load(words.generator(noisy_line, draw=1)).sha256 != load(words.generator(noisy_line)).sha256
    assert load(own("data", noisy_line)).sha256 == load(words.generator(noisy_line)).sha256
    spec = Spec(data=coin, model=models.mlp([4]), loss="l2", optimizer=optimizers.sgd(0.1), steps=1)
    assert load(spec.data).target == "binary"
    fresh = words.generator(noisy_line, fresh=True)
    np.testing.assert_array_equal(load(fresh, [4]).targets[0], load(fresh, range(6)).targets[4])


def test_the_kind_of_targets_is_never_guessed():
    cases = [
        lambda rng: (np.ones((3, 2)), [0, 1, 2]),
        lambda rng: (np.ones((3, 2)), [0.5, 1, 0]),
        lambda rng: (np.ones((3, 2)), [-1, 1, 1]),
        lambda rng: (np.ones((3, 2)), np.eye(3)),
    ]
    for case in cases:
        with pytest.raises(DataError, match="could be of several kinds; return"):
            load(own("data", case))
    with pytest.raises(DataError, match="returned list; return"):
        load(own("data", lambda rng: [np.ones((3, 2)), [0, 1, 1]]))
    with pytest.raises(DataError, match='write "binary"'):
        load(own("data", lambda rng: (np.ones((3, 2)), [0, 1, 1], "labels")))


def test_a_mapping_gives_a_test_split_too():
    def split(rng, n):
        x = rng.standard_normal((n, 3))
        return {"inputs": x[2:], "targets": x[2:] @ [1, 2, 3], "target": "real", "test_inputs": x[:2],
                "test_targets": x[:2] @ [1, 2, 3]}  # fmt: skip

    one = load(words.generator(split, n=8))
    assert one.test_inputs.shape == (2, 3)
    assert one.test_targets.shape == (2, 1)
    many = load(words.generator(split, n=8, fresh=True), range(4))
    assert many.test_inputs.shape == (4, 2, 3)
    with pytest.raises(DataError, match="returned inputs, target; name"):
        load(own("data", lambda rng: {"inputs": [[1.0]], "target": "real"}))
    with pytest.raises(DataError, match="weights; name inputs"):
        load(own("data", lambda rng: {"inputs": [[1.0]], "targets": [1], "target": "real", "weights": 3}))


def test_fresh_draws_must_have_one_form():
    with pytest.raises(DataError, match="draw one form for all seeds"):
        load(words.generator(lambda rng: (rng.random((rng.integers(1, 9), 2)).repeat(2, 0)[:, :], np.ones(2), "real")
                             if False else (np.ones((n := int(rng.integers(1, 50)), 1)), np.ones(n), "real"),
                             fresh=True), range(6))  # fmt: skip


def test_fresh_classes_say_how_many_there_are():
    def classes(rng):
        return rng.random((4, 2)), rng.integers(0, 3, 4), "classes"

    with pytest.raises(DataError, match="return a mapping with units="):
        load(words.generator(classes, fresh=True), range(3))

    def counted(rng):
        return dict(zip(("inputs", "targets", "target"), classes(rng), strict=True)) | {"units": 3}

    many = load(words.generator(counted, fresh=True), range(5))
    assert many.units == 3
    assert many.targets.shape == (5, 4)
    assert many.targets.dtype == np.int32


def two_heads(rng, n=5):
    x, kind = rng.random((n, 2)), rng.integers(0, 3, n)
    return x, {"label": kind > 0, "kind": kind}, {"label": "binary", "kind": "classes"}


def test_a_generator_of_several_heads():
    one = load(words.generator(two_heads, n=40))
    assert (one.target, one.heads) == ("several", (Head("label", "binary", 1), Head("kind", "classes", 3)))
    np.testing.assert_array_equal(one.targets[:, 0], one.targets[:, 1] > 0)
    with pytest.raises(DataError, match="targets by name without their kinds; return"):
        load(own("data", lambda rng: two_heads(rng)[:2]))


def test_several_heads_drawn_afresh():
    def counted(rng, heads=("label", "kind")):
        x, targets, kinds = two_heads(rng)
        kinds = {name: kinds[name] for name in heads}
        return {"inputs": x, "targets": targets, "target": kinds, "units": {"kind": 3}, "test_inputs": x[:1],
                "test_targets": {name: values[:1] for name, values in targets.items()}}  # fmt: skip

    part = words.generator(counted, fresh=True)
    many, few = load(part, range(6)), load(part, [4])
    assert many.heads == (Head("label", "binary", 1), Head("kind", "classes", 3))
    assert (many.targets.shape, many.test_targets.shape, many.units) == ((6, 5, 2), (6, 1, 2), 4)
    np.testing.assert_array_equal(few.targets[0], many.targets[4])
    np.testing.assert_array_equal(many.test_targets, many.targets[:, :1])
    with pytest.raises(DataError, match="classes drawn afresh, without their number"):
        load(words.generator(two_heads, fresh=True), range(3))
    turned = words.generator(lambda rng: counted(rng, ("label", "kind")[:: rng.choice((-1, 1))]), fresh=True)
    with pytest.raises(DataError, match=r"is (label|kind) .* units for .*; draw one form for all seeds"):
        load(turned, range(20))


def test_every_word_has_its_arrays():
    assert set(words.TABLE) == {*FIXED, *LAWS}
    assert course_name(words.random_images()) == "random"
    assert course_name(words.lines()) == "line"
    assert course_name(words.detection()) == "detection"
    assert course_name(words.point()) is None
    assert course_name(own("data", random_images)) is None
    assert find("data", "files('somewhere', name='line')")["name"] == "line"
    assert draw(words.random_images()).origin.startswith("random_images(")
