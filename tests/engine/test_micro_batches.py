"""Batches of a size that changes, added up from micro-batches: the same as batches taken whole, in both engines."""

from typing import Any

import numpy as np
import pytest

import seedbed as sb
from seedbed.errors import SpecError
from seedbed.reference.schedules import in_steps
from seedbed.spec import read_back
from seedbed.vocabulary import layers, schedules

SEEDS = 3


def ask(**changes: Any) -> sb.Spec:
    return sb.Spec(
        **{"data": sb.data.xor_blobs(n=64), "model": sb.models.mlp([4], "tanh"), "loss": "cross_entropy", "trace": 1,
           "optimizer": sb.optimizers.adam(0.01), "batch_size": 32, "steps": 11, "metrics": ["accuracy", "f1"],
           "probes": ["gradient_norm"], "initializer": sb.initializers.constant(0.1), **changes}
    )  # fmt: skip


def test_micro_batches_add_up_to_the_batch() -> None:
    """Also where an epoch ends, and for metrics that no mean over micro-batches would give."""
    whole, parts = sb.run(ask(), SEEDS), sb.run(ask(micro_batch=8), SEEDS)
    for name in ("batch_loss", "batch_accuracy", "batch_f1", "train_loss", "gradient_norm", "final_test_loss"):
        np.testing.assert_allclose(parts[name], whole[name], rtol=2e-5, atol=1e-6, err_msg=name)
    np.testing.assert_array_equal(parts["batch_examples"], 32)
    np.testing.assert_array_equal(parts["examples_seen"][0], 32 * np.arange(12))
    assert parts["examples_seen"].attrs["units"] == "examples"


def test_a_loss_that_is_summed_stays_summed() -> None:
    loss = sb.losses.cross_entropy(reduction="sum")
    whole, parts = (sb.run(ask(loss=loss, micro_batch=micro), SEEDS) for micro in (None, 16))
    np.testing.assert_allclose(parts["batch_loss"], whole["batch_loss"], rtol=2e-5)


RISING = schedules.triangular(8, 32, half_cycle=3)


def test_both_engines_take_the_same_examples() -> None:
    """From the same weights and with equal examples, so that the order of each engine's own draw says nothing."""
    same = sb.data.generator(lambda rng: {"inputs": np.ones((64, 2)), "targets": [0, 1] * 32, "target": "binary"})
    asked = ask(
        data=same,
        batch_size=RISING,
        metrics=["accuracy"],
        optimizer=sb.optimizers.sgd(sb.schedules.exponential(0.5, 0.5, every=0.25, unit="epoch")),
        probes=(),
    )
    one, other = (sb.run(asked, SEEDS, engine=engine) for engine in ("jax", "reference"))
    np.testing.assert_array_equal(one["batch_examples"][0], [8, 16, 24, 32, 24, 16, 8, 16, 24, 32, 24, 16])
    for name in ("batch_examples", "examples_seen"):
        np.testing.assert_array_equal(one[name], other[name])


def test_an_epoch_ends_with_the_update_that_completes_it() -> None:
    steps = in_steps(ask(batch_size=RISING, steps=sb.epochs(2)), 64).steps
    taken = np.cumsum([8, 16, 24, 32, 24, 16, 8])
    assert steps == 1 + int(np.argmax(taken >= 128))
    assert sb.run(ask(batch_size=RISING, steps=sb.epochs(2), probes=()), 2)["examples_seen"].values[0, -1] >= 128


def test_rates_count_epochs_by_examples() -> None:
    """With batches of twice the size from step 2 on, a drop after one epoch comes after 1 + 1 + 2 + ... batches."""
    rate = sb.schedules.drops([0.1, 0.0], at=[1], unit="epoch")
    asked = ask(
        optimizer=sb.optimizers.sgd(rate), batch_size=schedules.drops([16, 32], at=[2]), probes=["update_ratio"]
    )
    moved = (sb.run(asked, 2)["update_ratio"].isel(seed=0, layer=0).values > 0).tolist()
    assert moved == [True] * 3 + [False] * 9


def test_one_program_serves_every_schedule_of_a_kind() -> None:
    asked = ask(batch_size=RISING, micro_batch=8)
    others = asked.replace(batch_size=schedules.triangular(8, 24, half_cycle=5))
    assert asked.recipe() == others.recipe()
    assert asked.recipe() != ask(batch_size=RISING, micro_batch=4).recipe()
    record = sb.run(asked.vary(**{"batch_size.high": [16, 24]}), 2)
    np.testing.assert_array_equal(record["batch_examples"].max(["seed", "step"]), [16, 24])


def test_batch_norm_sees_each_micro_batch_by_itself() -> None:
    net = sb.models.sequential([layers.dense(4), layers.batch_norm(), layers.activation()], activation="tanh")
    whole, parts = (sb.run(ask(model=net, micro_batch=micro, initializer=None), SEEDS) for micro in (None, 8))
    assert np.abs(whole["batch_loss"] - parts["batch_loss"]).max() > 1e-4
    assert np.isfinite(parts["train_loss"]).all()
    with pytest.raises(SpecError, match="batch norm sees each micro-batch by itself"):
        sb.run(ask(model=net, micro_batch=8, initializer=None), SEEDS, engine="reference")


def test_a_question_is_read_back() -> None:
    asked = ask(batch_size=RISING, micro_batch=4)
    assert read_back(asked.canonical(), []).hash() == asked.hash()


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"batch_size": None, "micro_batch": 8}, "micro-batches add up to a batch"),
        ({"micro_batch": 5}, "made of whole micro-batches"),
        ({"micro_batch": 0}, "micro_batch must be a whole number"),
        ({"batch_size": schedules.triangular(0, 32, half_cycle=3)}, "at least 1 example"),
        ({"batch_size": schedules.triangular(8, 1024, half_cycle=3)}, "a batch of 1024 was asked for"),
        ({"batch_size": "triangle"}, "batch"),
        ({"batch_size": schedules.warm_up(schedules.cosine(32, 1, low=8, unit="epoch"), length=2, start=8)},
         "count alike"),
    ],
)  # fmt: skip
def test_what_is_no_batch_size_is_told(changes: dict[str, Any], part: str) -> None:
    with pytest.raises(SpecError, match=part):
        sb.run(ask(**changes), 2)


def test_a_cycle_in_one_over_the_batch_size_is_that_of_the_rate_turned_over() -> None:
    cycle = schedules.reciprocal(schedules.triangular(1 / 32, 1 / 8, half_cycle=3))
    asked = ask(batch_size=cycle, metrics=["accuracy"], probes=(), steps=6)
    assert asked.at_once == 8
    one, other = (sb.run(asked, 2, engine=engine)["batch_examples"][0] for engine in ("jax", "reference"))
    np.testing.assert_array_equal(one, [32, 16, 8, 8, 8, 16, 32])  # 32 / (1 + 3 p) to the nearest 8
    np.testing.assert_array_equal(one, other)


def test_the_draw_of_a_group_does_not_depend_on_the_groups_before_it() -> None:
    """Seven dials each, of which other ones stand before those of the initializer."""
    start = {"initializer": sb.initializers.glorot_uniform(), "probes": ["weight_norm"], "steps": 2}
    rate = ask(optimizer=sb.optimizers.momentum(schedules.sweep(0.1, 0.01, length=4)), micro_batch=8, **start)
    batch = ask(optimizer=sb.optimizers.momentum(0.1), batch_size=schedules.sweep(8, 32, length=4), **start)
    assert len(rate.dials()) == len(batch.dials())
    plain = sb.run(ask(**start), SEEDS)
    for asked in (rate, batch):
        np.testing.assert_array_equal(sb.run(asked, SEEDS)["weight_norm"][:, 0], plain["weight_norm"][:, 0])
