"""Stops, hits, divergence and traces are exact; a broken member never touches its neighbors."""

import jax
import numpy as np
import pytest
from conftest_engine import Trainer, same
from jaxtyping import Array

from seedbed.datasets.load import load
from seedbed.errors import SpecError
from seedbed.spec import Spec, falls_to, reaches, trace_steps
from seedbed.vocabulary import data, initializers, models, optimizers

SEEDS = tuple(range(16))


def compiles(trainer: Trainer) -> tuple[int, int]:
    """How many groups a trainer has prepared, and how many programs it has compiled for them."""
    inner = vars(trainer.compiler)
    return len(inner["_pending"]), len(inner["_compiled"])


def test_hit_is_the_first_step_that_holds(question: Spec, train: Trainer) -> None:
    (block,) = train(question.replace(trace=1), SEEDS)
    accuracy, hit = block.arrays["train_accuracy"], block.arrays["hit_step"]
    assert np.isfinite(hit).any()
    for row, step in zip(accuracy, hit, strict=True):
        first = np.flatnonzero(row >= 1.0)
        assert (len(first) == 0 and np.isnan(step)) or first[0] == step
    np.testing.assert_array_equal(block.arrays["stop_step"], np.where(np.isnan(hit), 300, hit))


def test_nothing_is_measured_after_the_stop(question: Spec, train: Trainer) -> None:
    (block,) = train(question, SEEDS)
    grid = trace_steps(300, "log")
    after = grid[None, :] > block.arrays["stop_step"][:, None]
    for name in ("train_loss", "train_accuracy", "dead"):
        np.testing.assert_array_equal(np.isnan(block.arrays[name]), after, err_msg=name)
    np.testing.assert_array_equal(np.isnan(block.arrays["gradient_norm"]).all(axis=-1), after)
    assert np.isfinite(block.arrays["final_gradient_norm"]).all()


def test_final_values_are_those_of_the_stop(question: Spec, train: Trainer) -> None:
    (block,) = train(question.replace(trace=1), SEEDS)
    stop = block.arrays["stop_step"]
    for name in ("train_loss", "train_accuracy", "gradient_norm"):
        at_stop = block.arrays[name][np.arange(len(SEEDS)), stop]
        np.testing.assert_array_equal(block.arrays[f"final_{name}"], at_stop, err_msg=name)


def test_without_a_target_every_member_reaches_the_cap(question: Spec, train: Trainer) -> None:
    (block,) = train(question.replace(stop=None, steps=20), SEEDS)
    assert (block.arrays["stop_step"] == 20).all()
    assert np.isnan(block.arrays["hit_step"]).all()


def test_a_falling_target(question: Spec, train: Trainer) -> None:
    (block,) = train(question.replace(stop=falls_to("train_loss", 0.4), trace=1), SEEDS)
    for row, step in zip(block.arrays["train_loss"], block.arrays["hit_step"], strict=True):
        assert step == np.flatnonzero(row <= 0.4)[0]


def test_a_diverged_member_is_marked_and_leaves_its_neighbors_alone(question: Spec, train: Trainer) -> None:
    question = question.replace(loss="l2", output="identity", stop=None, steps=80, trace=1, metrics=("squared_error",))
    (calm,) = train(question.change("optimizer.learning_rate", 0.01), SEEDS)
    both = train(question.vary(learning_rate=[0.01, 50.0]), SEEDS)
    wild = both[1].arrays
    assert np.isfinite(wild["diverged_step"]).all()
    assert (wild["stop_step"] <= wild["diverged_step"]).all()
    assert np.isfinite(wild.get("final_weight_norm", 0)).all()
    for name in calm.arrays:
        np.testing.assert_array_equal(both[0].arrays[name], calm.arrays[name], err_msg=name)


@pytest.mark.parametrize("channels", [[4, 2], [16, 8]], ids=["many lanes in a product", "few lanes in a product"])
def test_a_diverged_convolution_leaves_its_neighbors_alone(question: Spec, train: Trainer, channels: list[int]) -> None:
    """Patches and kernels of many members may share one product: a NaN of one must not reach another's sums."""
    net = models.cnn(channels, 3, activation="leaky_relu(slope=0.5)")
    question = question.replace(data=data.lines(64, 8), model=net, loss="l2", output="identity", stop=None, steps=40,
                                trace=1, metrics=("squared_error",), probes=("dead", "largest_weight"))  # fmt: skip
    (calm,) = train(question.change("optimizer.learning_rate", 0.01), SEEDS)
    wild, still = train(question.vary(learning_rate=[50.0, 0.01]), SEEDS)
    assert np.isfinite(wild.arrays["diverged_step"]).all()
    assert np.isnan(still.arrays["diverged_step"]).all()
    assert np.isfinite(still.arrays["final_train_loss"]).all()
    same(still, calm)


def test_dead_is_told_from_slow(question: Spec, train: Trainer) -> None:
    stuck = question.replace(model="neuron", loss="l2", initializer=initializers.constant(0.0, bias=300.0), steps=5)
    slow = question.replace(model="neuron", loss="l2", initializer=initializers.constant(0.0, bias=8.0), steps=5)
    assert (train(stuck, SEEDS)[0].arrays["final_dead"] == 1).all()
    assert (train(slow, SEEDS)[0].arrays["final_dead"] == 0).all()


def test_one_compile_per_group(question: Spec) -> None:
    varied = question.replace(steps=10).vary(learning_rate=[0.1, 0.2, 0.4], activation=["relu", "tanh"])
    trainer = Trainer()
    trainer(varied, SEEDS)
    first = compiles(trainer)
    trainer(varied.set_levels("learning_rate", [0.3, 0.6]), range(100, 140))
    assert first == (2, 3)  # one that trains for each, and one that draws for both
    assert compiles(trainer) == (2, 3)


def test_closed_form_of_one_neuron(train: Trainer) -> None:
    """One step of gradient descent on L2 from (0, 0.4) with x = 1, y = 0.5, by hand."""
    question = Spec(data=data.point(1.0, 0.5), model="neuron", loss="l2", optimizer=optimizers.sgd(0.1), steps=1,
                    trace=1, initializer=initializers.constant(0.0, bias=0.4), probes=("parameters",))  # fmt: skip
    (block,) = train(question, (0,))
    s = 1 / (1 + np.exp(-0.4))
    gradient = 2 * (s - 0.5) * s * (1 - s)
    np.testing.assert_allclose(
        block.arrays["parameters"][0, :, :], [[0, 0.4], [-0.1 * gradient, 0.4 - 0.1 * gradient]], rtol=1e-5, atol=1e-7
    )
    np.testing.assert_allclose(block.arrays["train_loss"][0, 0], (s - 0.5) ** 2, rtol=1e-6)


def test_minibatches_and_full_batch_agree_on_one_batch(question: Spec, train: Trainer) -> None:
    full = train(question.replace(stop=None, steps=10, trace=1), SEEDS)[0]
    batch = train(question.replace(stop=None, steps=10, trace=1, batch_size=64), SEEDS)[0]
    np.testing.assert_allclose(full.arrays["train_loss"], batch.arrays["train_loss"], rtol=1e-5)


def test_accuracy_follows_an_output_function_of_ones_own_whatever_its_name(question: Spec, train: Trainer) -> None:
    def sigmoid(z: Array) -> Array:
        return 0.4 * jax.nn.sigmoid(z)

    (block,) = train(question.replace(output=sigmoid, loss="l2", steps=20), SEEDS)
    zeros = 1 - load(question.data, None).targets.mean()  # all that can be right where no answer exceeds 1/2
    np.testing.assert_allclose(block.arrays["train_accuracy"], zeros)


def test_target_must_be_measured(question: Spec, train: Trainer) -> None:
    with pytest.raises(SpecError, match=r'no quantity "test_accuracy" to stop at.*train_loss, train_accuracy'):
        train(question.replace(stop=reaches("test_accuracy", 1.0)), SEEDS)


def test_groups_with_other_dials_share_what_draws_them(question: Spec, train: Trainer) -> None:
    """Settings that draw alike but name their dials differently: one drawing program, two trainings."""
    varied = question.replace(steps=3).vary(activation=["leaky_relu(slope=0.1)", "elu(alpha=0.5)"])
    first, second = train(varied, SEEDS)
    assert np.isfinite(first.arrays["final_train_loss"]).all()
    assert np.isfinite(second.arrays["final_train_loss"]).all()
