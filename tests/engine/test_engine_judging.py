"""Targets, `train_*`, `dead` and its like speak of whole splits in inference mode, and are looked at where traced."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest_engine import Trainer

from seedbed.datasets.dataset import dataset
from seedbed.datasets.load import load
from seedbed.engine import shapes
from seedbed.engine.assemble import assemble as assembled
from seedbed.engine.chance import seed_key
from seedbed.engine.schedules import dials_of
from seedbed.engine.splits import Split
from seedbed.errors import SpecError
from seedbed.record import assemble, looked_at
from seedbed.spec import Spec, every, falls_to, reaches, trace_steps
from seedbed.stats import curves
from seedbed.vocabulary import data, initializers, models, optimizers

SEEDS = tuple(range(8))


def xor(rng: np.random.Generator) -> dict[str, Any]:
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return {"inputs": corners, "targets": [0, 1, 1, 0], "target": "binary"}


def coins(rng: np.random.Generator) -> dict[str, Any]:
    return {"inputs": rng.normal(size=(64, 3)), "targets": rng.integers(0, 2, 64), "target": "binary"}


def pairs(rng: np.random.Generator) -> dict[str, Any]:
    x = rng.normal(size=(130, 3)).astype(np.float32)
    y = (x.sum(axis=1) > 0).astype(int)
    return {"inputs": x[:90], "targets": y[:90], "target": "binary", "test_inputs": x[90:], "test_targets": y[90:]}


def ask(source: Any, **changes: Any) -> Spec:
    return Spec(**{"data": data.generator(source), "model": models.mlp([4], "tanh"), "loss": "cross_entropy",
                   "optimizer": optimizers.sgd(0.5), "steps": 60, "trace": 1, **changes})  # fmt: skip


def first_at(values: np.ndarray, threshold: float) -> np.ndarray:
    return np.array([np.flatnonzero(row >= threshold)[0] if (row >= threshold).any() else np.nan for row in values])


def test_xor_with_batches_of_one_arrives_when_all_corners_are_right(train: Trainer) -> None:
    asked = ask(xor, batch_size=1, steps=600, model=models.mlp([8], "tanh"), initializer=initializers.normal(1.5))
    (free,) = train(asked, SEEDS)
    (block,) = train(asked.replace(stop=reaches("train_accuracy", 1.0)), SEEDS)
    expected = first_at(free.arrays["train_accuracy"], 1.0)
    assert np.isfinite(expected).sum() > 4
    assert np.nanmin(expected) > 4
    np.testing.assert_array_equal(block.arrays["hit_step"], expected)
    assert "hit_after" not in block.arrays  # judged at every step, so exact
    assert block.meta["judged"] == "every step"
    ran = free.arrays["batch_accuracy"]
    assert set(np.unique(ran)) == {0.0, 1.0}  # of a single example
    assert np.nanmin(first_at(ran, 1.0)) == 0


def test_coin_flips_are_not_learned_in_four_steps(train: Trainer) -> None:
    (block,) = train(ask(coins, batch_size=1, steps=8, stop=reaches("train_accuracy", 1.0)), SEEDS)
    assert np.isnan(block.arrays["hit_step"]).all()
    (running,) = train(ask(coins, batch_size=1, steps=8, stop=reaches("batch_accuracy", 1.0)), SEEDS)
    assert np.isfinite(running.arrays["hit_step"]).mean() > 0.5  # whoever asks for the running value has it


def test_train_values_are_those_of_the_split(train: Trainer) -> None:
    """A minibatch changes the path only: at step 0 the split says the same under any batch size."""
    (whole,) = train(ask(pairs, steps=3), SEEDS)
    (batch,) = train(ask(pairs, steps=3, batch_size=7), SEEDS)
    for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy"):
        np.testing.assert_allclose(batch.arrays[name][:, 0], whole.arrays[name][:, 0], rtol=1e-6)
        np.testing.assert_allclose(batch.arrays[f"final_{name}"], batch.arrays[name][:, -1], rtol=1e-6)
    assert "batch_loss" not in whole.arrays
    assert (np.abs(batch.arrays["batch_loss"] - batch.arrays["train_loss"])[:, 0] > 1e-4).any()


def test_dropout_is_off_where_a_split_is_judged(train: Trainer) -> None:
    (plain,) = train(ask(pairs, steps=2, model=models.mlp([8], "tanh")), SEEDS)
    (dropped,) = train(ask(pairs, steps=2, model=models.mlp([8], "tanh", dropout=0.6)), SEEDS)
    np.testing.assert_allclose(dropped.arrays["train_loss"][:, 0], plain.arrays["train_loss"][:, 0], rtol=1e-5)
    assert (np.abs(dropped.arrays["batch_loss"][:, 0] / plain.arrays["train_loss"][:, 0] - 1) > 0.01).any()


def test_a_target_on_the_test_split(train: Trainer) -> None:
    asked = ask(pairs, optimizer=optimizers.sgd(0.2))
    (free,) = train(asked, SEEDS)
    (block,) = train(asked.replace(stop=reaches("test_accuracy", 0.9), trace=60), SEEDS)
    expected = first_at(free.arrays["test_accuracy"], 0.9)
    assert len(set(expected)) > 2
    np.testing.assert_array_equal(block.arrays["hit_step"], expected)
    stop = block.arrays["stop_step"]
    np.testing.assert_allclose(
        block.arrays["final_test_accuracy"], free.arrays["test_accuracy"][np.arange(len(SEEDS)), stop]
    )


def test_targets_on_both_splits_hold_together(train: Trainer) -> None:
    asked = ask(pairs, optimizer=optimizers.sgd(0.2), batch_size=30)
    (free,) = train(asked, SEEDS)
    target = every(reaches("test_accuracy", 0.9), falls_to("train_loss", 0.45))
    (block,) = train(asked.replace(stop=target), SEEDS)
    holds = (free.arrays["test_accuracy"] >= 0.9) & (free.arrays["train_loss"] <= 0.45)
    np.testing.assert_array_equal(block.arrays["hit_step"], first_at(holds.astype(float), 1.0))


def many(rng: np.random.Generator) -> dict[str, Any]:
    x = rng.normal(size=(2_000, 3)).astype(np.float32)
    return {"inputs": x, "targets": (x.sum(axis=1) > 0).astype(int), "target": "binary"}


def test_a_large_split_is_judged_where_traces_are_kept_and_the_record_says_so(train: Trainer) -> None:
    asked = ask(many, batch_size=4, optimizer=optimizers.sgd(0.1), steps=200)
    (free,) = train(asked, SEEDS)
    (block,) = train(asked.replace(stop=reaches("train_accuracy", 0.9), trace=20), SEEDS)
    grid = trace_steps(200, 20)
    expected = grid[np.argmax(free.arrays["train_accuracy"][:, grid] >= 0.9, axis=1)].astype(float)
    assert len(set(expected)) > 2
    np.testing.assert_array_equal(block.arrays["hit_step"], expected)
    np.testing.assert_array_equal(block.arrays["hit_after"], np.where(expected > 0, expected - 20, np.nan))
    assert block.meta["judged"] == "the traced steps"
    np.testing.assert_array_equal(
        block.arrays["final_train_accuracy"], free.arrays["train_accuracy"][np.arange(len(SEEDS)), expected.astype(int)]
    )
    record = assemble(asked, [block], block.meta)
    assert record["hit_after"].dims == ("seed",)
    assert record.attrs["judged"] == "the traced steps"


@pytest.mark.parametrize("judge", [7, 1])
def test_a_user_says_how_often_targets_are_judged(train: Trainer, judge: int) -> None:
    asked = ask(many, batch_size=4, optimizer=optimizers.sgd(0.1), steps=200)
    (free,) = train(asked, SEEDS)
    (block,) = train(asked.replace(stop=reaches("train_accuracy", 0.9), trace=100, judge=judge), SEEDS)
    grid = np.union1d(trace_steps(200, 100), np.arange(0, 200, judge))
    at = np.argmax(free.arrays["train_accuracy"][:, grid] >= 0.9, axis=1)
    np.testing.assert_array_equal(block.arrays["hit_step"], grid[at])
    assert block.meta["judged"] == ("every 7 steps" if judge == 7 else "every step")
    if judge == 7:
        np.testing.assert_array_equal(block.arrays["hit_after"], np.where(at > 0, grid[np.maximum(at - 1, 0)], np.nan))


def test_splits_are_judged_on_fewer_steps_than_the_batch(train: Trainer) -> None:
    asked = ask(many, batch_size=4, steps=50, trace=5, probes=("dead", "gradient_norm"))
    (often,) = train(asked, SEEDS)
    (seldom,) = train(asked.replace(evaluate=20), SEEDS)
    grid = np.union1d(trace_steps(50, 5), [0, 20, 40, 50])
    assert seldom.coords["step"] == grid.tolist()
    at = np.isin(grid, [0, 20, 40, 50])
    for name in ("train_loss", "train_accuracy", "dead"):
        np.testing.assert_array_equal(seldom.arrays[name][:, at], often.arrays[name][:, at])
        assert np.isnan(seldom.arrays[name][:, ~at]).all()
    for name in ("batch_loss", "gradient_norm", "final_train_loss", "final_dead"):
        np.testing.assert_array_equal(seldom.arrays[name], often.arrays[name])
    record = assemble(asked, [seldom], seldom.meta)
    assert looked_at(record, "train_loss")["step"].values.tolist() == [0, 20, 40, 50]
    assert looked_at(record, "batch_loss").sizes["step"] == len(grid)
    assert set(curves.bands(record, "train_loss")["the only setting"].step) == {0, 20, 40, 50}
    several = assemble(asked.vary(activation=["tanh", "relu"]), [seldom, seldom], seldom.meta)
    (gap,) = curves.at_steps(several, "train_loss", [40])[40]
    assert gap.difference.estimate == 0


def test_a_target_is_judged_where_its_split_is(train: Trainer) -> None:
    asked = ask(many, batch_size=4, optimizer=optimizers.sgd(0.1), steps=200)
    stopped = asked.replace(stop=reaches("train_accuracy", 0.9))
    (seldom,) = train(stopped.replace(trace=10, evaluate=20), SEEDS)
    (traced,) = train(stopped.replace(trace=20), SEEDS)
    for name in ("hit_step", "hit_after", "final_train_accuracy"):
        np.testing.assert_array_equal(seldom.arrays[name], traced.arrays[name])
    assert seldom.meta["judged"] == "every 20 steps"


def test_divergence_is_exact_at_every_step_beside_a_schedule(train: Trainer) -> None:
    asked = ask(many, batch_size=4, loss="l2", output="identity", optimizer=optimizers.sgd(1e4), steps=100, trace=100,
                stop=reaches("train_accuracy", 1.0))  # fmt: skip
    (block,) = train(asked, SEEDS)
    (dense,) = train(asked.replace(trace=1, stop=None), SEEDS)
    np.testing.assert_array_equal(block.arrays["diverged_step"], dense.arrays["diverged_step"])
    assert (block.arrays["diverged_step"] < 100).all()
    stop, after = block.arrays["stop_step"], block.arrays["hit_after"]
    np.testing.assert_array_equal(after, np.zeros(len(stop)))  # judged at step 0 only before it diverged


def lonely(rng: np.random.Generator) -> dict[str, Any]:
    """One example among 64 that a ReLU unit answers."""
    x = np.full((64, 1), -1.0, np.float32)
    x[17] = 1.0
    return {"inputs": x, "targets": np.zeros(64), "target": "real"}


def test_dead_and_dead_units_speak_of_the_whole_split(train: Trainer) -> None:
    start = initializers.constant(1.0)
    asked = ask(lonely, model=models.mlp([2], "relu"), loss="l2", initializer=start, batch_size=4, steps=20,
                optimizer=optimizers.sgd(0.0), probes=("dead", "dead_units", "predictions"))  # fmt: skip
    (block,) = train(asked, SEEDS)
    assert (block.arrays["dead"] == 0).all()
    assert (block.arrays["dead_units"] == 0).all()
    assert (block.arrays["batch_loss"] == 0).any()  # most batches do not hold the lonely example
    answers = block.arrays["final_predictions"]
    assert answers.shape == (len(SEEDS), 1, 64)
    np.testing.assert_allclose(answers[:, 0, 17], 2.0)
    (gone,) = train(asked.replace(initializer=initializers.constant(-1.0, bias=-2.0)), SEEDS)
    assert (gone.arrays["dead"] == 1).all()
    assert (gone.arrays["dead_units"] == 1).all()


def test_slices_say_what_the_whole_says(train: Trainer, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ask(pairs, batch_size=8, steps=12, probes=("dead", "dead_units", "predictions"),
                metrics=("accuracy", "f1", "balanced_accuracy"))  # fmt: skip
    (whole,) = train(asked, SEEDS)
    monkeypatch.setattr(shapes, "most_in_slice", lambda *_: 7)  # 90 and 40 examples: a rest of 6, one of 5
    monkeypatch.setattr("seedbed.engine.lowered.most_in_slice", lambda *_: 7)
    (sliced,) = Trainer()(asked, SEEDS)
    assert set(whole.arrays) == set(sliced.arrays)
    for name, values in whole.arrays.items():
        np.testing.assert_allclose(sliced.arrays[name], values, rtol=2e-6, atol=1e-6, err_msg=name)


@pytest.mark.parametrize(("bias", "gone", "slices"), [(0.5, 0, 1), (-2.0, 1, 9)])
def test_a_network_that_lives_is_asked_for_one_slice_only(bias: float, gone: int, slices: int) -> None:
    asked = ask(pairs, model=models.mlp([4], "relu"), initializer=initializers.constant(bias / 10, bias=bias * 5))
    given = load(asked.data)
    member, seen = assembled(asked, shapes.shape_of(given)), list[int]()

    def scores(network: Any, inputs: Any) -> Any:
        jax.debug.callback(lambda: seen.append(1))
        return member.split.scores(network, inputs)

    split, dials = replace(member.split, scores=scores), dials_of(asked)
    network, _ = member.start(seed_key(jnp.uint32(0)), dials)
    dead = split.dead(10, network, dials, jax.tree.map(jnp.asarray, shapes.data_arrays_of(given)))
    jax.effects_barrier()
    assert float(dead) == gone
    assert len(seen) == slices  # of 90 examples


def test_slices_of_a_split() -> None:
    assert shapes.slices(10_000, 600) == (500, 20)
    assert shapes.slices(64, 1_000) == (64, 1)
    assert shapes.slices(1, 1) == (1, 1)
    for examples in range(1, 60):
        for most in range(1, 70):
            size, count = shapes.slices(examples, most)
            assert size <= max(most, 1)
            assert 0 <= examples - size * count < size


def counted(monkeypatch: pytest.MonkeyPatch, asked: Spec) -> tuple[int, Any]:
    """How many times the splits of a lane were gone through while a question was trained."""
    calls: list[int] = []
    plain = Split.values_and_probes

    def values_and_probes(self: Split, splits: Any, *rest: Any) -> Any:
        if splits:
            jax.debug.callback(lambda: calls.append(1))
        return plain(self, splits, *rest)

    monkeypatch.setattr(Split, "values_and_probes", values_and_probes)
    (block,) = Trainer()(asked, SEEDS)
    jax.effects_barrier()
    monkeypatch.setattr(Split, "values_and_probes", plain)
    return len(calls), block


def test_splits_are_looked_at_where_traces_are_kept_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many chunks a run takes: two looks of two steps are as many as two looks of a thousand."""
    asked = ask(pairs, probes=())
    short, _ = counted(monkeypatch, asked.replace(steps=1, trace=1))
    long, block = counted(monkeypatch, asked.replace(steps=1_000, trace=1_000))
    assert short > 0
    assert long == short
    assert np.isfinite(block.arrays["final_test_loss"]).all()


def test_a_member_that_stops_between_two_traces_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ask(pairs, probes=("gradient_norm",), optimizer=optimizers.sgd(0.2), batch_size=30, steps=40)
    (dense,) = Trainer()(asked, SEEDS)
    one, _ = counted(monkeypatch, asked.replace(steps=1, trace=1))
    stop = falls_to("batch_loss", 0.55)
    looked, block = counted(monkeypatch, asked.replace(stop=stop, trace=40))
    stops = block.arrays["stop_step"]
    assert (stops < 16).all()  # all within the first chunk
    assert (stops > 0).sum() > 4
    assert looked == one  # step 0, and the end of the chunk
    for name in ("gradient_norm", "train_loss", "test_loss", "batch_loss"):
        expected = dense.arrays[name][np.arange(len(SEEDS)), stops]
        np.testing.assert_allclose(block.arrays[f"final_{name}"], expected, rtol=1e-6, err_msg=name)


def test_settings_of_one_record_may_be_judged_differently(train: Trainer) -> None:
    asked = ask(pairs, steps=5, stop=falls_to("train_loss", -1.0))
    levels = {"batch": {"batch_size": 10}, "whole": {"batch_size": None}}
    varied = asked.vary(how=levels)
    record = assemble(varied, train(varied, SEEDS), {})
    assert np.isfinite(record["batch_loss"].sel(how="batch")).all()
    assert np.isnan(record["batch_loss"].sel(how="whole")).all()
    assert np.isfinite(record["train_loss"]).all()


def test_counts_of_unbalanced_labels(train: Trainer) -> None:
    """One positive among ten: always 0 is right in nine of ten, and half of both labels."""
    few = dataset(np.ones((10, 1)), [1] + [0] * 9, "binary")

    def source(rng: np.random.Generator) -> dict[str, Any]:
        return {"inputs": few.inputs, "targets": few.targets, "target": "binary"}

    asked = ask(source, model="neuron", initializer=initializers.constant(0.0, bias=-3.0), steps=1,
                metrics=("accuracy", "balanced_accuracy", "precision", "recall", "f1"))  # fmt: skip
    (block,) = train(asked, (0,))
    found = {name: block.arrays[f"train_{name}"][0, 0].item() for name in ("accuracy", "balanced_accuracy", "f1")}
    assert found == pytest.approx({"accuracy": 0.9, "balanced_accuracy": 0.5, "f1": 0.0})
    (hit,) = train(asked.replace(stop=reaches("train_balanced_accuracy", 0.5)), (0,))
    assert hit.arrays["hit_step"].tolist() == [0]
    assert load(asked.data, None).examples == 10


def test_only_the_named_splits_are_judged_and_the_rest_stays_as_it_is(train: Trainer) -> None:
    asked = ask(pairs, batch_size=10, steps=6)
    (whole,) = train(asked, SEEDS)
    (some,) = train(asked.replace(splits=("test",)), SEEDS)
    assert {"train_loss", "train_accuracy"} <= set(whole.arrays) - set(some.arrays)
    assert {"test_loss", "batch_loss", "dead"} <= set(some.arrays)
    for name in ("test_loss", "batch_loss", "hit_step"):
        np.testing.assert_allclose(some.arrays[name], whole.arrays[name], rtol=1e-5)
    (none,) = train(asked.replace(splits=(), probes=()), SEEDS)
    assert not [name for name in none.arrays if name.removeprefix("final_").startswith(("train", "test"))]


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"splits": ("tset",)}, 'no split "tset"; did you mean "test"'),
        ({"splits": 3}, 'splits are "all" or names of splits'),
        ({"splits": "test", "stop": reaches("train_accuracy", 1.0)}, 'no quantity "train_accuracy" to stop at'),
    ],
)
def test_splits_that_are_not_there_are_told(train: Trainer, changes: dict[str, Any], part: str) -> None:
    with pytest.raises(SpecError, match=part):
        train(ask(pairs, batch_size=10, steps=6).replace(**changes), SEEDS)
