"""Both engines on the same questions: refusals in the same sentence, the same names, judged at the same steps."""

import numpy as np
import pytest

from seedbed.datasets.dataset import dataset
from seedbed.engine import devices, plan
from seedbed.errors import SeedbedError
from seedbed.reference import train as train_by_hand
from seedbed.spec import Spec, every, falls_to, reaches
from seedbed.vocabulary import activations, initializers, losses, models, optimizers

X = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
SIGN = np.where(X.sum(axis=1) > 0, 1.0, -1.0)
BIT = (SIGN > 0).astype(float)
CLASS = np.arange(12) % 3
IMAGES = np.random.default_rng(1).normal(size=(12, 6, 6)).astype(np.float32)
DATA = {
    "binary": dataset(X, BIT, "binary"),
    "sign": dataset(X, SIGN, "sign"),
    "classes": dataset(X, CLASS, "classes"),
    "real": dataset(X, X[:, 0], "real"),
    "images": dataset(IMAGES, BIT, "binary"),
    "one": dataset(X[:1], BIT[:1], "binary"),
    "two": dataset(X, {"label": BIT, "width": X[:, 0]}, {"label": "binary", "width": "real"}),
    "tested": dataset(X, BIT, "binary", test_inputs=X[:5], test_targets=BIT[:5]),
}


def ask(**changes):
    given = {
        "data": "point",
        "model": "neuron",
        "loss": "cross_entropy",
        "optimizer": "sgd(0.1)",
        "steps": 4,
        "trace": 1,
    }
    return Spec(**{**given, **changes})


def train_by_jax(spec, data, seeds=(0, 1)):
    devices.prepare()
    from seedbed.engine.compiler import Compiler
    from seedbed.engine.ensemble import train

    group = plan.Group(spec, (plan.PlannedBlock(0, spec, tuple(seeds)),))
    ((_, block),) = train(group, lambda _: data, Compiler().request(spec, data, {}))
    return block


HEADS = losses.heads(label="cross_entropy", width="l2")
MISFITS = {
    "signs under cross-entropy": ("sign", {}, "the loss cross_entropy needs targets of kind binary or classes"),
    "numbers under cross-entropy": ("real", {}, "the loss cross_entropy needs targets of kind binary or classes"),
    "numbers under hinge": ("real", {"loss": "hinge"}, "the loss hinge needs targets of kind binary or sign"),
    "numbers under perceptron": ("real", {"loss": "perceptron"}, "the loss perceptron needs targets of kind binary"),
    "classes under hinge": ("classes", {"loss": "hinge"}, "take for instance cross_entropy"),
    "classes under perceptron": ("classes", {"loss": "perceptron"}, "take for instance cross_entropy"),
    "another output under cross-entropy": (
        "binary",
        {"output": "identity"},
        "computed from scores behind sigmoid, got",
    ),
    "sigmoids under softmax": ("classes", {"output": "sigmoid"}, "computed from scores behind softmax, got the output"),
    "another output under hinge": (
        "sign",
        {"loss": "hinge", "output": "tanh"},
        "the loss hinge of sign targets is comp",
    ),
    "an output that doubles": ("real", {"loss": "l2", "output": "crelu"}, 'the output cannot be "crelu"'),
    "an output that learns": ("real", {"loss": "l2", "output": "prelu"}, 'the output cannot be "prelu"'),
    "accuracy of numbers": (
        "real",
        {"loss": "l2", "metrics": "accuracy"},
        "accuracy needs labels, got targets of kind",
    ),
    "f1 of numbers": ("real", {"loss": "l2", "metrics": "f1"}, "f1 needs labels, got targets of kind"),
    "a batch too large": ("binary", {"batch_size": 13}, "a batch of 13 was asked for, the data set has 12 examples"),
    "batch norm of one": (
        "binary",
        {"model": models.mlp([4], norm="batch"), "batch_size": 1},
        "the values of one example have no variance",
    ),
    "batch norm of one in all": (
        "one",
        {"model": models.mlp([4], norm="batch")},
        "batch norm needs more than one example",
    ),
    "a kernel too large": (
        "images",
        {"model": models.cnn([2, 2], 5)},
        "layer 2: a kernel of 5x5 does not fit the 2x2 image",
    ),
    "no image": ("binary", {"model": models.cnn([2], 3)}, "cnn needs images (height, width) or"),
    "an unknown target": ("binary", {"stop": reaches("train_f1", 1.0)}, 'no quantity "train_f1" to stop at'),
    "an accuracy in per cent": (
        "binary",
        {"stop": reaches("train_accuracy", 95)},
        'train_accuracy is a share from 0 to 1, got the target 95; write reaches("train_accuracy", 0.95)',
    ),
    "an accuracy below 0": ("binary", {"stop": falls_to("train_accuracy", -1)}, "is a share from 0 to 1, got"),
    "no test split": ("binary", {"stop": reaches("test_accuracy", 1.0)}, 'no quantity "test_accuracy" to stop at'),
    "no batch beside the split": (
        "binary",
        {"stop": falls_to("batch_loss", 0.1)},
        'no quantity "batch_loss" to stop at',
    ),
    "one of several targets": (
        "tested",
        {"stop": every(reaches("test_accuracy", 1.0), falls_to("test_los", 1.0))},
        'did you mean "test_loss"',
    ),
    "a loss for several": (
        "binary",
        {"loss": HEADS},
        "is for the heads label and width, the data set asks for a single",
    ),
    "one loss for two": ("two", {}, 'the loss "cross_entropy" is for a single thing, the data set asks for the heads'),
    "other heads": (
        "two",
        {"loss": losses.heads(label="hinge", size="l2")},
        "is for the heads label and size, the data",
    ),
    "a loss of the wrong head": (
        "two",
        {"loss": losses.heads(label="l2", width="hinge")},
        'got "real" of the head "width"',
    ),
    "an output for two": ("two", {"loss": HEADS, "output": "tanh"}, "but each of 2 heads has its own; leave it out"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_both_engines_refuse_in_the_same_sentence(name):
    kind, changes, words = MISFITS[name]
    said = []
    for train in (lambda spec, data: train_by_hand(spec, data, np.arange(2)), train_by_jax):
        with pytest.raises(SeedbedError) as refused:
            train(ask(**changes), DATA[kind])
        said.append((type(refused.value), str(refused.value)))
    assert said[0] == said[1]
    assert words in said[0][1]


FITS = {
    "full batch": ("tested", {}),
    "batches": ("tested", {"batch_size": 3}),
    "a target on the test split": ("tested", {"batch_size": 3, "stop": falls_to("test_loss", -1.0)}),
    "a schedule": ("tested", {"batch_size": 3, "judge": 3, "trace": 2, "stop": falls_to("train_loss", -1.0)}),
    "splits on fewer steps": ("tested", {"batch_size": 3, "evaluate": 3, "trace": 2, "steps": 7}),
    "a target on fewer steps": ("tested", {"batch_size": 3, "evaluate": 3, "stop": falls_to("test_loss", -1.0)}),
    "several": ("two", {"loss": HEADS, "batch_size": 5, "metrics": ("accuracy", "recall", "squared_error")}),
    "drawn slopes": ("binary", {"model": models.mlp([3], activations.rrelu())}),
    "one-hot classes": ("classes", {"loss": "l2", "metrics": ("accuracy", "balanced_accuracy", "f1", "precision")}),
    "one-hot in the mean": ("classes", {"loss": "mae", "batch_size": 4}),
}


@pytest.mark.parametrize("name", FITS)
def test_both_engines_measure_the_same_things_at_the_same_steps(name):
    kind, changes = FITS[name]
    asked = ask(
        initializer=initializers.constant(0.3, bias=0.1), probes=("dead", "predictions", "weight_norm"), **changes
    )
    ours, theirs = train_by_jax(asked, DATA[kind]), train_by_hand(asked, DATA[kind], np.arange(2))
    assert set(ours.arrays) == set(theirs.arrays)
    assert ours.meta.get("judged") == theirs.meta.get("judged")
    split = [one for one in ours.arrays if one.startswith(("train_", "test_", "dead", "weight_norm", "hit_after"))]
    for one in split:  # orders of examples differ, so only the first step is alike
        first = (slice(None), 0) if ours.arrays[one].ndim > 1 else slice(None)
        np.testing.assert_allclose(
            ours.arrays[one][first], theirs.arrays[one][first], rtol=1e-5, atol=1e-6, err_msg=one
        )
    for one in set(ours.arrays) - {"hit_step", "diverged_step"}:
        np.testing.assert_array_equal(np.isnan(ours.arrays[one]), np.isnan(theirs.arrays[one]), err_msg=one)


def test_class_labels_under_l2_are_one_hot_against_the_softmax():
    """By hand: two updates of l2 between softmax(W x + b) and the one-hot label."""
    asked = ask(loss="l2", initializer=initializers.constant(0.0), optimizer=optimizers.sgd(0.5), steps=2)
    w, b, y = np.zeros((3, 3)), np.zeros(3), np.eye(3)[CLASS]
    expected = []
    for _ in range(3):
        z = X @ w + b
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        expected.append(((p - y) ** 2).sum(axis=1).mean())
        up = 2 * (p - y) / len(X)
        dz = p * (up - (up * p).sum(axis=1, keepdims=True))
        w, b = w - 0.5 * X.T @ dz, b - 0.5 * dz.sum(axis=0)
    for block in (train_by_jax(asked, DATA["classes"]), train_by_hand(asked, DATA["classes"], np.arange(2))):
        np.testing.assert_allclose(block.arrays["train_loss"][0], expected, rtol=1e-5)


def test_arrivals_and_dead_networks_agree_on_data_of_a_few_examples():
    """A neuron whose order of examples does not matter: every example is the same."""
    data = dataset(np.ones((40, 1)), np.ones(40), "binary")
    asked = ask(batch_size=1, steps=60, stop=falls_to("train_loss", 0.2), initializer=initializers.constant(0.0),
                optimizer="sgd(0.5)")  # fmt: skip
    for judge in ("auto", 7):
        blocks = [
            train(asked.replace(judge=judge, trace=30), data)
            for train in (train_by_jax, lambda spec, data: train_by_hand(spec, data, np.arange(2)))
        ]
        for name in ("hit_step", "stop_step", "dead", *(["hit_after"] if judge == 7 else [])):
            np.testing.assert_array_equal(blocks[0].arrays[name], blocks[1].arrays[name], err_msg=name)
        assert np.isfinite(blocks[0].arrays["hit_step"]).all()
