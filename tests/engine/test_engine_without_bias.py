"""A neuron without bias: drawn, trained, measured and stored as the neuron with one, but for the bias."""

import jax
import numpy as np
import pytest
from conftest_engine import Trainer

from seedbed.datasets.load import load
from seedbed.errors import PartError, SpecError
from seedbed.parts.models import layers_of
from seedbed.parts.networks import build
from seedbed.parts.redraw import initialize
from seedbed.procedures.landscape import landscape
from seedbed.reference import train as by_hand
from seedbed.spec import Spec
from seedbed.vocabulary import data, find, initializers, losses, models, optimizers

SEEDS = range(4)
BARE = models.neuron(bias=False)
PROBES = ("parameters", "weight_norm", "gradient_norm", "largest_weight", "dead")


def ask(**changes) -> Spec:
    given = {"data": data.diagonal(12, 30), "model": BARE, "loss": "hinge", "optimizer": optimizers.sgd(0.1),
             "initializer": initializers.constant(0.3), "steps": 12, "trace": 1, "probes": PROBES}  # fmt: skip
    return Spec(**{**given, **changes})


def test_the_neuron_with_a_bias_is_the_part_it_was():
    assert models.neuron().canonical() == models.neuron(bias=True).canonical() == {"part": "neuron"}
    assert find("model", "neuron(bias=False)").canonical() == {"part": "neuron", "bias": False}
    assert ask(model="neuron").hash() == ask(model=models.neuron(True)).hash() != ask().hash()
    assert ask().change("model.bias", True).model == models.neuron()


@pytest.mark.parametrize("wrong", [0, "no", None, 0.5])
def test_a_bias_is_there_or_not(wrong):
    with pytest.raises(PartError, match="write neuron"):
        models.neuron(bias=wrong)


def test_the_weight_is_drawn_alike_with_and_without_a_bias():
    key = jax.random.key(3)
    bare, full = (build(key, (), 5, {"": 2}, {}, no_activation, bias) for bias in (False, True))
    (_, layer), (_, other) = layers_of(bare)[0], layers_of(full)[0]
    assert layer.bias is None
    np.testing.assert_array_equal(layer.weight, other.weight)
    again = [initialize(model, initializers_normal, 0.7, key) for model in (bare, full)]
    np.testing.assert_array_equal(*(layers_of(model)[0][1].weight for model in again))
    assert layers_of(again[0])[0][1].bias is None
    assert (layers_of(again[1])[0][1].bias == 0.7).all()


def no_activation(part, path):
    raise AssertionError("a neuron has no hidden activation")


def initializers_normal(key, shape, dtype):
    return jax.random.normal(key, shape, dtype)


@pytest.mark.parametrize("loss", ["perceptron", "hinge", losses.hinge(0.2, reduction="sum")], ids=str)
def test_both_engines_train_it_alike(train: Trainer, loss):
    question = ask(loss=loss)
    (block,) = train(question, SEEDS)
    twin = by_hand(question, load(question.data), np.asarray(SEEDS))
    assert block.arrays["parameters"].shape == (len(SEEDS), 13, 2)
    assert set(block.arrays) == set(twin.arrays)
    for name in set(block.arrays) - {"start"}:  # digests of arrays in other precision
        np.testing.assert_allclose(block.arrays[name], twin.arrays[name], rtol=2e-5, atol=2e-6, err_msg=name)


def test_one_step_by_hand(train: Trainer):
    """Hinge from (0.3, 0.3): every example is within the margin, so the step is the mean of y x."""
    question = ask(steps=1)
    points = load(question.data)
    (block,) = train(question, (0,))
    step = 0.1 * (points.targets * points.inputs).mean(axis=0)
    np.testing.assert_allclose(block.arrays["parameters"][0, 1], 0.3 + step, rtol=1e-5)


def test_norms_are_those_of_the_weights_alone(train: Trainer):
    (block,) = train(ask(), (0,))
    path = block.arrays["parameters"][0]
    np.testing.assert_allclose(block.arrays["weight_norm"][0, :, 0], np.linalg.norm(path, axis=-1), rtol=1e-6)
    np.testing.assert_allclose(block.arrays["largest_weight"][0], abs(path).max(axis=-1), rtol=1e-6)


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_a_landscape_over_weight_and_bias_needs_a_bias(engine):
    question = Spec(data=data.point(), model=BARE, loss="l2", optimizer=optimizers.sgd(0.1), steps=1)
    with pytest.raises(SpecError, match="weight and bias"):
        landscape(question, np.zeros(2), np.zeros(2), engine=engine)
