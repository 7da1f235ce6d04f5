"""The reference engine against closed forms; every part in it; and what it says where it cannot train."""

import math
import subprocess
import sys

import numpy as np
import pytest
from small_questions import SEEDS, ask, bits, line, point, start

from seedbed.datasets.dataset import dataset
from seedbed.errors import DataError, PartError, SpecError
from seedbed.reference import OPTIMIZERS, PROBES, train
from seedbed.spec import reaches
from seedbed.vocabulary import models, optimizers
from seedbed.vocabulary.probes import BY_CLASS, DIMS


def test_one_neuron_under_l2_by_hand():
    """x = 1, y = 1/2: w and b both move by -lr 2 (s - 1/2) s (1 - s)."""
    w, b, losses = 2.0, 0.5, []
    for _ in range(21):
        s = 1 / (1 + math.exp(-(w + b)))
        losses.append((s - 0.5) ** 2)
        slope = 2 * (s - 0.5) * s * (1 - s)
        w, b = w - 0.5 * slope, b - 0.5 * slope
    block = train(ask(initializer=start(2.0, 0.5)), point(), np.array([7]))
    np.testing.assert_allclose(block.arrays["train_loss"][0], losses, rtol=1e-12)
    assert block.arrays["final_train_loss"] == pytest.approx(losses[-1])


def test_one_neuron_under_cross_entropy_by_hand():
    """dL/dw = s - 1/2, and the loss falls towards log 2, which no probability of 1/2 can beat."""
    w, losses = 3.0, []
    for _ in range(21):
        s = 1 / (1 + math.exp(-2 * w))  # weight and bias start equal and, at x = 1, stay equal
        losses.append(-0.5 * math.log(s) - 0.5 * math.log(1 - s))
        w -= 0.5 * (s - 0.5)
    block = train(ask(loss="cross_entropy", initializer=start(3.0, 3.0)), point(), np.array([0]))
    np.testing.assert_allclose(block.arrays["train_loss"][0], losses, rtol=1e-12)
    assert block.arrays["final_train_loss"].item() > math.log(2)


def test_linear_descent_follows_the_powers_of_its_curvature():
    """x = 2, y = 0: the score z = w x + b moves by -2 lr (x^2 + 1) z, so that z_s = z_0 (1 - 2 lr (x^2 + 1))^s."""
    block = train(ask(optimizer=optimizers.sgd(0.03), initializer=start(1.0)), point(2.0, 0.0, "real"), np.array([0]))
    z = 2.0 * (1 - 2 * 0.03 * (2.0**2 + 1)) ** np.arange(21)
    np.testing.assert_allclose(block.arrays["train_loss"][0], z**2, rtol=1e-9)


def test_mean_and_sum_differ_by_the_number_of_examples():
    mean = train(ask(steps=1, loss="l2", initializer=start(0.3)), line(), SEEDS)
    total = train(ask(steps=1, loss="l2(reduction='sum')", initializer=start(0.3)), line(), SEEDS)
    ratio = total.arrays["train_loss"][:, 0] / mean.arrays["train_loss"][:, 0]
    np.testing.assert_allclose(ratio, 12)
    same = train(ask(steps=1, loss="l2(reduction='sum')", optimizer=optimizers.sgd(0.5 / 12), initializer=start(0.3)),
                 line(), SEEDS)  # fmt: skip
    np.testing.assert_allclose(same.arrays["train_loss"][:, 1], 12 * mean.arrays["train_loss"][:, 1])


@pytest.mark.parametrize("loss", ["perceptron", "hinge"])
def test_labels_0_and_1_become_signs(loss):
    zero_one = bits()
    signs = dataset(zero_one.inputs, 2 * zero_one.targets - 1, "sign")
    first, second = train(ask(loss=loss), zero_one, SEEDS), train(ask(loss=loss), signs, SEEDS)
    np.testing.assert_array_equal(first.arrays["train_loss"], second.arrays["train_loss"])
    np.testing.assert_array_equal(first.arrays["train_accuracy"], second.arrays["train_accuracy"])


def test_classes_are_learned():
    rng = np.random.default_rng(5)
    centers = 4 * np.eye(3)
    labels = np.arange(30) % 3
    data = dataset(centers[labels] + 0.3 * rng.standard_normal((30, 3)), labels, "classes")
    block = train(ask(loss="cross_entropy", stop=reaches("train_accuracy", 1.0), steps=200), data, SEEDS)
    assert np.isfinite(block.arrays["hit_step"]).all()
    assert (block.arrays["final_train_accuracy"] == 1).all()


def test_metrics_asked_for_are_measured():
    asked = ask(metrics=("squared_error", "within(tolerance=1.5)"), optimizer=optimizers.sgd(0.05), steps=80)
    block = train(asked, line(), SEEDS)
    np.testing.assert_allclose(block.arrays["train_squared_error"], block.arrays["train_loss"])
    assert (block.arrays["final_train_within"] == 1).all()
    assert "train_accuracy" not in block.arrays


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_trains(name):
    asked = ask(model=models.mlp([4], "tanh"), loss="cross_entropy", optimizer=f"{name}(learning_rate=0.1)", steps=30)
    loss = train(asked, bits(), SEEDS).arrays["train_loss"]
    assert (loss[:, -1] < loss[:, 0]).all()


def test_dead_needs_one_output_for_all_and_no_gradient_in_the_first_layer():
    """With biases of -1 nothing passes the hidden layer, and only the constant answer still moves."""
    asked = ask(model=models.mlp([4]), probes=("dead", "gradient_norm"))
    gone = train(asked.replace(initializer=start(0.0, -1.0)), bits(), SEEDS)
    assert (gone.arrays["dead"] == 1).all()
    assert (gone.arrays["final_dead"] == 1).all()
    assert (gone.arrays["gradient_norm"][..., 1] > 0).all()
    alive = train(asked.replace(initializer=start(0.1, 1.0)), bits(), SEEDS)
    assert (alive.arrays["dead"] == 0).all()
    same = dataset([[1.0], [1.0]], [0.0, 1.0], "binary")  # one answer to all, for they are one; the gradient flows
    assert (train(asked.replace(initializer=start(0.1, 1.0)), same, SEEDS).arrays["dead"][:, 0] == 0).all()


def test_the_largest_weight_is_that_of_all_parameters():
    seen = train(ask(model=models.mlp([4]), probes=("largest_weight", "parameters")), bits(), SEEDS).arrays
    np.testing.assert_array_equal(seen["largest_weight"], np.abs(seen["parameters"]).max(axis=-1))


def test_predictions_are_kept_at_the_end_only():
    """Of a neuron on the plane, output after example: w . x + b with the last weights."""
    data = line()
    seen = train(ask(optimizer=optimizers.sgd(0.05), probes=("predictions", "parameters")), data, SEEDS).arrays
    assert "predictions" not in seen
    weight, bias = seen["final_parameters"][:, :2], seen["final_parameters"][:, 2:]
    np.testing.assert_allclose(seen["final_predictions"][:, 0], weight @ data.inputs.T + bias, rtol=1e-6)
    with pytest.raises(PartError, match="begins with a convolution"):
        train(ask(probes=("first_kernels",)), data, SEEDS)


def test_norms_by_layer_are_those_of_the_parameters():
    asked = ask(model=models.mlp([4]), probes=("weight_norm", "gradient_norm", "parameters"), steps=1)
    seen = train(asked, bits(), SEEDS).arrays
    layers = np.split(seen["parameters"], [28], axis=-1)
    np.testing.assert_allclose(seen["weight_norm"], np.stack([np.linalg.norm(a, axis=-1) for a in layers], axis=-1))
    moved = np.split(seen["parameters"][:, 0] - seen["parameters"][:, 1], [28], axis=-1)
    expected = np.stack([np.linalg.norm(a, axis=-1) / 0.5 for a in moved], axis=-1)
    np.testing.assert_allclose(seen["gradient_norm"][:, 0], expected, rtol=1e-9)


def test_parameters_run_unit_after_unit():
    """Two inputs of which only the first ever moves anything: it is the first number of each unit's row."""
    data = dataset([[1.0, 0.0]], [[5.0, 7.0]], "real")
    seen = train(ask(initializer=start(0.0), probes=("parameters",), steps=1), data, np.array([0]))
    np.testing.assert_allclose(seen.arrays["parameters"][0, 1], [5, 0, 7, 0, 5, 7])
    assert set(DIMS) == set(PROBES) | BY_CLASS


def test_learned_slope_moves_and_drawn_slope_varies():
    steps = {}
    for name in ("leaky_relu(slope=0.25)", "prelu", "rrelu"):
        loss = train(ask(model=models.mlp([4], name)), bits(), SEEDS).arrays["train_loss"]
        assert np.isfinite(loss).all()
        steps[name] = loss
    fixed, learned, drawn = steps.values()
    np.testing.assert_array_equal(fixed[:, 0], learned[:, 0])
    assert (fixed[:, 1] == learned[:, 1]).mean() < 1
    assert (drawn[:, 0] != fixed[:, 0]).all()


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"model": models.mlp([4], lambda z: z)}, PartError, "use --engine jax"),
        ({"loss": lambda score, target: 0.0}, PartError, "your own loss"),
        ({"metrics": (lambda *_: 0.0,)}, PartError, "your own metric"),
        ({"batch_size": 17}, SpecError, "a batch of 17 was asked for, the data set has 16 examples"),
        ({"stop": reaches("train_acuracy", 1.0)}, SpecError, 'did you mean "train_accuracy"'),
        ({"output": "crelu"}, PartError, "take a plain activation"),
        ({"metrics": ("within(tolerance=1.5)", "within(tolerance=2.5)")}, SpecError, "drop one"),
    ],
)
def test_what_cannot_be_trained_is_said(changes, error, words):
    with pytest.raises(error, match=words):
        train(ask(**changes), bits(), SEEDS)


def test_what_does_not_fit_the_data_is_said():
    with pytest.raises(PartError, match="binary or sign"):
        train(ask(loss="hinge"), line(), SEEDS)
    with pytest.raises(PartError, match="accuracy needs labels"):
        train(ask(metrics=("accuracy",)), line(), SEEDS)
    with pytest.raises(SpecError, match="got 1 factors"):
        train(ask().vary(loss=["l2", "mae"]), line(), SEEDS)
    with pytest.raises(SpecError, match="got none"):
        train(ask(), line(), np.array([], int))
    fresh = dataset(np.ones((2, 4, 1)), np.zeros((2, 4)), "real", fresh=True)
    with pytest.raises(DataError, match="got 2 for 3 seeds"):
        train(ask(), fresh, SEEDS)


def test_progress_counts_up_and_ends():
    heard = []
    train(ask(steps=300, optimizer=optimizers.sgd(0.01)), line(), SEEDS, heard.append)
    assert [message.step for message in heard] == [0, 256, 300]
    assert [message.running for message in heard] == [3, 3, 0]
    assert all(message.cap == 300 and message.members == 3 and message.rate > 0 for message in heard)


def test_the_reference_needs_no_framework():
    """A fresh interpreter trains a network and has loaded no part of jax, equinox or optax."""
    lines = [
        "import sys, numpy as np",
        "from seedbed.reference import train",
        "from seedbed.datasets.dataset import dataset",
        "from seedbed.spec import Spec",
        "train(Spec(data='point', model='neuron', loss='l2', optimizer='sgd(0.1)', steps=2),"
        " dataset([[1.0]], [1.0], 'binary'), np.arange(2))",
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'jax', 'equinox', 'optax', 'torch'}))",
    ]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
