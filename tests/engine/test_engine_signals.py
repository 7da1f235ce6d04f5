"""Probes of what passes the hidden layers: the engine's against the NumPy twins, and against their definitions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest_engine import Trainer, same

from seedbed.datasets.heads import Head
from seedbed.engine.assemble import assemble
from seedbed.engine.shapes import Shape
from seedbed.errors import PartError
from seedbed.reference.train import train as train_by_hand
from seedbed.spec import Spec
from seedbed.vocabulary import data, initializers, models, own, probes

SIGNALS = ("activation_moments", "activation_quantiles", "backward_moments", "backward_quantiles", "dead_units",
           "update_ratio", "gradient_moments")  # fmt: skip
AT_THE_END = ("first_weights",)


@pytest.mark.parametrize(
    "model", [models.mlp([5, 4], "tanh"), models.mlp([6], "crelu"), models.cnn([3, 2], 2)], ids=["mlp", "crelu", "cnn"]
)
def test_engines_agree(question: Spec, train: Trainer, model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both start from weights that are all alike, the one draw that two generators share."""
    alike = question.replace(model=model, initializer=initializers.constant(0.02, bias=0.05),
                             probes=SIGNALS + AT_THE_END, steps=6, stop=None, trace=1)  # fmt: skip
    (ours,) = train(alike, range(2))
    theirs = train_by_hand(alike, load_of(alike), np.arange(2))
    for name in (*SIGNALS, *(f"final_{one}" for one in AT_THE_END)):
        assert ours.dims[name] == theirs.dims[name]
        np.testing.assert_allclose(ours.arrays[name], theirs.arrays[name], rtol=2e-4, atol=1e-7, err_msg=name)
    assert list(ours.coords["hidden"]) == list(theirs.coords["hidden"])


def load_of(question: Spec):
    from seedbed.datasets.load import load

    return load(question.data)


def test_probes_change_no_bit(question: Spec, train: Trainer) -> None:
    (plain,) = train(question.replace(probes=(), steps=80), range(8))
    (probed,) = train(question.replace(probes=SIGNALS, steps=80), range(8))
    for name in plain.arrays:
        np.testing.assert_array_equal(plain.arrays[name], probed.arrays[name], err_msg=name)


@pytest.mark.usefixtures("double")
def test_backward_is_the_derivative_by_central_differences() -> None:
    """Of the batch's loss by the input of one unit for one example."""
    from seedbed.engine.signals import signals
    from seedbed.parts.activations import tanh
    from seedbed.parts.layers import Activation
    from seedbed.parts.networks import build
    from seedbed.vocabulary import models
    from seedbed.vocabulary.walk import walk

    stages = walk(models.mlp([4, 2], "tanh"), (3,))
    chain = build(jax.random.key(1), stages, 2, {"": 1}, {}, lambda *_: Activation(tanh, {}))
    inputs = jnp.asarray(np.random.default_rng(1).normal(size=(3, 6)))

    def loss_of(scores):
        return jnp.sum(jnp.sin(scores))

    found = signals(chain, None, inputs, None, loss_of)
    assert [layer.shape for layer in found.backward] == [(4, 6), (2, 6)]
    for hidden, (unit, example) in ((0, (2, 3)), (1, (1, 5))):

        def shifted(by, hidden=hidden, unit=unit, example=example):
            offsets = [jnp.zeros_like(layer) for layer in found.backward]
            offsets[hidden] = offsets[hidden].at[unit, example].set(by)
            return loss_of(jax.vmap(lambda x, *o: chain.followed(x, offsets=o)[0], -1, -1)(inputs, *offsets))

        slope = (shifted(1e-5) - shifted(-1e-5)) / 2e-5
        np.testing.assert_allclose(found.backward[hidden][unit, example], slope, rtol=1e-8)


def test_moments_of_the_gradient_give_the_step_of_the_weights(question: Spec, train: Trainer) -> None:
    """Under SGD without momentum: sqrt(n (mean^2 + std^2)) is ||w' - w|| / rate, the mean that of (w - w') / rate."""
    asked = question.replace(model=models.cnn([3], 2), optimizer="sgd(0.5)", stop=None, steps=1, trace=1,
                             probes=("parameters", "gradient_moments", "first_weights"))  # fmt: skip
    (block,) = train(asked, range(3))
    inputs = load_of(asked).inputs.shape[1:]
    assert len(inputs) == 2
    weights = block.arrays["final_first_weights"]
    assert weights.shape == (3, 3, 4)
    np.testing.assert_array_equal(weights.reshape(3, -1), block.arrays["final_parameters"][:, :12])
    moved = (block.arrays["parameters"][:, 0] - block.arrays["parameters"][:, 1])[:, : 3 * 2 * 2] / 0.5
    mean, std = block.arrays["gradient_moments"][:, 0, 0].T
    np.testing.assert_allclose(np.sqrt(12 * (mean**2 + std**2)), np.linalg.norm(moved, axis=1), rtol=1e-4)
    np.testing.assert_allclose(mean, moved.mean(axis=1), rtol=1e-3, atol=1e-6)


def test_a_unit_that_never_answers_is_dead(question: Spec, train: Trainer) -> None:
    """All biases far below zero: every ReLU is silent; above: none is."""
    silent = question.replace(steps=1, trace=1, probes=("dead_units",))
    for bias, share in ((-9.0, 1.0), (9.0, 0.0)):
        (block,) = train(silent.change("initializer.bias", bias), range(3))
        np.testing.assert_array_equal(block.arrays["dead_units"][:, 0], share)


def test_a_model_that_is_no_chain_has_no_hidden_layers() -> None:
    import equinox as eqx

    asked = Spec(data=data.xor_blobs(16, test=0), model=own("model", lambda key: eqx.nn.Linear(2, 1, key=key)),
                 loss="cross_entropy", optimizer="sgd(0.1)", steps=1, probes=(probes.dead_units(),))  # fmt: skip
    member = assemble(asked, Shape((2,), (Head("", "binary", 1),)))
    assert member.hidden == ()
    with pytest.raises(PartError, match="no hidden layers"):
        Trainer()(asked, range(2))


@pytest.mark.parametrize(
    "model", [models.mlp([4], norm="batch"), models.mlp([4, 3], dropout=0.4)], ids=["norm", "drop"]
)
def test_order_and_company_change_no_bit(question: Spec, train: Trainer, model) -> None:
    """Batch norm's averages and dropout's draws are each member's own."""
    asked = question.replace(model=model, batch_size=16, steps=40, stop=None)
    (together,) = train(asked, range(12))
    (turned,) = train(asked, tuple(range(12))[::-1])
    (alone,) = train(asked, range(5, 9))
    same(together, turned)
    same(alone, together, range(5, 9))


def test_the_rate_of_dropout_is_a_dial(question: Spec, train: Trainer) -> None:
    asked = question.replace(model=models.mlp([8], dropout=0.5), steps=30, stop=None).vary(dropout=[0.0, 0.5])
    assert len({setting.spec.recipe() for setting in asked.settings()}) == 1
    none, half = train(asked, range(4))
    (plain,) = train(question.replace(model=models.mlp([8]), steps=30, stop=None), range(4))
    np.testing.assert_allclose(none.arrays["final_train_loss"], plain.arrays["final_train_loss"], rtol=1e-6)
    assert not np.allclose(half.arrays["final_train_loss"], plain.arrays["final_train_loss"], rtol=1e-3)


def test_the_test_split_is_judged_by_running_averages(train: Trainer) -> None:
    """A network that hardly moves and is to answer 0, told its own training set as a test set: in the end the same."""

    def twice(rng: np.random.Generator) -> dict:
        x, zeros = rng.normal(3, 2, (64, 2)), np.zeros(64)
        return {"inputs": x, "targets": zeros, "target": "real", "test_inputs": x, "test_targets": zeros}

    asked = Spec(data=data.generator(twice), model=models.mlp([8], "tanh", norm="batch"), loss="mse",
                 optimizer="sgd(1e-6)", steps=150, probes=())  # fmt: skip
    (block,) = train(asked, range(3))
    first = np.abs(block.arrays["test_loss"][:, 0] / block.arrays["batch_loss"][:, 0] - 1)
    last = np.abs(block.arrays["final_test_loss"] / block.arrays["final_batch_loss"] - 1)
    assert (first > 0.05).all()
    assert (last < 0.02).all()  # what remains is n - 1 for n
    np.testing.assert_allclose(block.arrays["train_loss"], block.arrays["test_loss"], rtol=1e-5)  # both as in inference
