"""Several things to predict: a loss and a rate for each, stop rules over any of them, and what does not fit."""

import numpy as np
import pytest
from conftest_engine import Trainer

from seedbed.errors import PartError, SpecError
from seedbed.spec import Spec, every, falls_to, reaches
from seedbed.vocabulary import data, losses, models, optimizers

SEEDS = tuple(range(6))


@pytest.fixture
def two(question: Spec) -> Spec:
    """A small two-headed question on 8x8 images."""
    return question.replace(
        data=data.detection(24, 8), model=models.mlp([6]), metrics=("accuracy", "within"), stop=None, steps=30, trace=1,
        loss=losses.heads(label="cross_entropy", width="l2", width_weight=0.1), optimizer=optimizers.sgd(0.05),
        probes=("parameters", "predictions"),
    )  # fmt: skip


def test_the_loss_is_the_weighted_sum_of_those_of_the_heads(two: Spec, train: Trainer) -> None:
    (block,) = train(two, SEEDS)
    label, width = (block.arrays[f"train_{head}_loss"] for head in ("label", "width"))
    np.testing.assert_allclose(block.arrays["train_loss"], label + 0.1 * width, rtol=1e-6)
    assert {"train_label_accuracy", "train_width_within"} <= set(block.arrays)
    assert block.arrays["final_predictions"].shape == (len(SEEDS), 2, 24)
    assert "predictions" not in block.arrays  # kept at the end only


def test_a_weight_of_zero_leaves_a_head_as_it_was_drawn(two: Spec, train: Trainer) -> None:
    (block,) = train(two.change("loss.width_weight", 0.0), SEEDS)
    paths = block.arrays["parameters"]
    head = slice(-7, None)  # the width's layer, drawn last: six weights and a bias
    np.testing.assert_array_equal(paths[:, 0, head], paths[:, -1, head])
    assert (paths[:, 0, :-7] != paths[:, -1, :-7]).any(axis=1).all()


def test_a_rate_of_the_heads_own_slows_its_layer_and_leaves_the_trunk_to_the_sum(two: Spec, train: Trainer) -> None:
    one_step = two.replace(steps=1)
    paths = {
        name: train(asked, SEEDS)[0].arrays["parameters"]
        for name, asked in {
            "own": one_step.change("loss.shared", "sum"),
            "plain": one_step.change("loss.width_weight", 1.0),
        }.items()
    }
    moved = {name: path[:, 1] - path[:, 0] for name, path in paths.items()}
    np.testing.assert_allclose(moved["own"][:, :-7], moved["plain"][:, :-7], rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(moved["own"][:, -7:], 0.1 * moved["plain"][:, -7:], rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_each_head_is_reduced_by_its_own_rule(two: Spec, train: Trainer, reduction: str) -> None:
    (mean,), (block,) = (
        train(two.replace(steps=1).change("loss.width.reduction", name), SEEDS) for name in ("mean", reduction)
    )
    factor = 24 if reduction == "sum" else 1
    np.testing.assert_allclose(
        block.arrays["train_width_loss"][:, 0], factor * mean.arrays["train_width_loss"][:, 0], rtol=1e-5
    )


def test_a_stop_rule_over_both_heads_waits_for_the_later(two: Spec, train: Trainer) -> None:
    asked = two.replace(steps=200)
    label, width = reaches("train_label_accuracy", 0.6), falls_to("train_width_loss", 2.0)
    alone = [train(asked.replace(stop=stop), SEEDS)[0].arrays["hit_step"] for stop in (label, width)]
    (block,) = train(asked.replace(stop=every(label, width)), SEEDS)
    hits = block.arrays["hit_step"]
    assert np.isfinite(hits).any()
    reached = np.isfinite(hits)
    assert (hits[reached] >= np.fmax(*alone)[reached]).all()
    (row,) = {name: block.arrays[name] for name in ("train_label_accuracy",)}.values()
    assert (row[np.flatnonzero(reached), hits[reached].astype(int)] >= 0.6).all()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"loss": "cross_entropy"}, 'the loss "cross_entropy" is for a single thing, the data set asks for the heads'),
        (
            {"loss": losses.heads(label="cross_entropy", size="l2")},
            "is for the heads label and size, the data set asks",
        ),
        ({"data": data.lines(8, 8)}, "is for the heads label and width, the data set asks for a single thing"),
        ({"output": "sigmoid"}, "but each of 2 heads has its own"),
        ({"stop": reaches("train_accuracy", 1.0)}, 'no quantity "train_accuracy" to stop at; did you mean'),
    ],
)
def test_what_does_not_fit_is_one_sentence(two: Spec, train: Trainer, changes: dict, sentence: str) -> None:
    with pytest.raises((PartError, SpecError), match=sentence):
        train(two.replace(**changes), SEEDS)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: losses.heads(), "heads takes a loss per head"),
        (lambda: losses.heads(label="l2", shared="both"), 'shared of heads is "weighted" or "sum"'),
        (lambda: losses.heads(label="l2", width_weight=2.0), "width_weight weighs no head"),
        (lambda: losses.heads(label="l2", label_weight=-1.0), "must not be negative"),
        (lambda: models.cnn([]), "the channels of cnn must be whole numbers"),
        (lambda: models.cnn([4], kernel=[3, 3]), "the kernel of cnn must be whole numbers of at least 1, one per"),
        (lambda: models.cnn([4], padding="full"), "the padding of cnn is"),
        (lambda: models.cnn([4], pool="sum"), "the pool of cnn is"),
    ],
)
def test_words_that_say_nothing_sensible(made: object, sentence: str) -> None:
    with pytest.raises(PartError, match=sentence):
        made()


def test_a_kernel_larger_than_the_image(question: Spec, train: Trainer) -> None:
    with pytest.raises(PartError, match="layer 1: a kernel of 5x5 does not fit the 4x4 image that it sees"):
        train(question.replace(model=models.cnn([2], 5)), SEEDS)
