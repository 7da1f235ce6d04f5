"""The exact meaning of steps, hits, divergence and traces in the reference engine."""

import numpy as np
from small_questions import SEEDS, ask, bits, falling, line, point, start

from seedbed.datasets.dataset import dataset
from seedbed.record import assemble
from seedbed.reference import PROBES, train
from seedbed.spec import every, falls_to, reaches, trace_steps
from seedbed.vocabulary import models, optimizers

EXPECTED_KEYS = {"hit_step", "diverged_step", "stop_step", "train_loss", "final_train_loss", "start"}


def test_without_a_target_members_stop_at_the_cap():
    block = falling()
    assert (block.arrays["stop_step"] == 60).all()
    assert block.arrays["stop_step"].dtype == np.int64
    assert np.isnan(block.arrays["hit_step"]).all()
    assert np.isnan(block.arrays["diverged_step"]).all()
    assert np.isfinite(block.arrays["train_loss"]).all()


def test_hit_is_the_first_step_at_which_the_target_holds():
    free = falling().arrays["train_loss"]
    expected = np.argmax(free <= 1.0, axis=1)
    assert len(set(expected)) > 2
    block = falling(stop=falls_to("train_loss", 1.0))
    np.testing.assert_array_equal(block.arrays["hit_step"], expected)
    np.testing.assert_array_equal(block.arrays["stop_step"], expected)
    after = np.arange(61) > expected[:, None]
    np.testing.assert_allclose(block.arrays["train_loss"], np.where(after, np.nan, free), rtol=1e-12)
    np.testing.assert_allclose(block.arrays["final_train_loss"], free[np.arange(6), expected], rtol=1e-12)


def test_a_target_that_holds_at_the_draw_is_hit_at_step_0():
    block = falling(stop=falls_to("train_loss", 1e6))
    assert (block.arrays["hit_step"] == 0).all()
    assert (block.arrays["stop_step"] == 0).all()


def test_a_target_reached_at_the_cap_counts():
    free = falling().arrays["train_loss"][0, -1]
    block = train(ask(optimizer=optimizers.sgd(0.05), steps=60, stop=falls_to("train_loss", float(free))),
                  line(), np.array([0]))  # fmt: skip
    assert block.arrays["hit_step"].tolist() == [60]


def test_a_loss_that_is_not_finite_marks_its_own_step():
    """z_0 = 1e30; w_1 = -2e98, loss 4e256; w_2 = 4e196, and the square of 4e226 overflows."""
    block = train(
        ask(optimizer=optimizers.sgd(1e38), initializer=start(1.0)), point(1e30, 0.0, "real"), np.array([0, 1])
    )
    assert block.arrays["diverged_step"].tolist() == [2, 2]
    assert block.arrays["stop_step"].tolist() == [2, 2]
    assert np.isinf(block.arrays["train_loss"][:, 2]).all()
    assert np.isnan(block.arrays["train_loss"][:, 3:]).all()
    assert np.isinf(block.arrays["final_train_loss"]).all()
    assert np.isnan(block.arrays["hit_step"]).all()


def test_a_weight_that_is_not_finite_marks_the_next_step_and_is_not_taken():
    """Eight weights w = 3.1e38 in a row: the loss 2 w^8 = 1.7e308 is finite, the update 2 w^7 3.4e38 is not."""
    data = dataset([[1.0], [1.0]], [0.0, 0.0], "real")
    asked = ask(
        model=models.mlp([1] * 7, activation="identity"), loss="mae(reduction='sum')", optimizer=optimizers.sgd(3.4e38),
        initializer=start(3.1e38), probes=("weight_norm",),
    )  # fmt: skip
    block = train(asked, data, np.array([0]))
    assert block.arrays["diverged_step"].tolist() == [1]
    assert block.arrays["stop_step"].tolist() == [0]
    w = float(np.float32(3.1e38))
    np.testing.assert_allclose(block.arrays["final_train_loss"], [2 * w**8], rtol=1e-6)
    np.testing.assert_allclose(block.arrays["final_weight_norm"], [[w] * 8], rtol=1e-6)


def test_divergence_of_one_member_leaves_the_others_alone():
    """Data of their own: the second member's inputs are so large that it diverges."""
    x = np.ones((2, 4, 1), np.float32)
    x[1] *= 1e30
    both = dataset(x, np.zeros((2, 4)), "real", fresh=True)
    first = dataset(x[:1], np.zeros((1, 4)), "real", fresh=True)
    asked = ask(optimizer=optimizers.sgd(0.1))
    crowd, alone = train(asked, both, np.array([3, 4])), train(asked, first, np.array([3]))
    assert np.isnan(crowd.arrays["diverged_step"][0])
    assert crowd.arrays["diverged_step"][1] > 0
    np.testing.assert_allclose(crowd.arrays["train_loss"][0], alone.arrays["train_loss"][0], rtol=1e-12)


def test_traces_lie_on_their_grid():
    dense, coarse = falling(), falling(trace=7)
    grid = trace_steps(60, 7)
    assert coarse.coords["step"] == grid.tolist()
    np.testing.assert_allclose(coarse.arrays["train_loss"], dense.arrays["train_loss"][:, grid], rtol=1e-12)


def test_a_probe_is_kept_up_to_the_stop():
    """A probe, like the loss, is NaN after the stop; its final value is that of the stopped weights."""
    target = falls_to("train_loss", 1.0)
    dense = falling(stop=target, probes=("weight_norm", "gradient_norm"))
    coarse = falling(stop=target, probes=("weight_norm", "gradient_norm"), trace=7)
    grid, stops = trace_steps(60, 7), dense.arrays["stop_step"]
    for member, stop in enumerate(stops):
        for name in ("weight_norm", "gradient_norm"):
            trace, every = coarse.arrays[name][member], dense.arrays[name][member]
            before = grid <= stop
            np.testing.assert_allclose(trace[before], every[grid[before]], rtol=1e-12)
            np.testing.assert_allclose(coarse.arrays[f"final_{name}"][member], every[stop], rtol=1e-12)
            assert np.isnan(trace[~before]).all()
        assert np.isnan(coarse.arrays["train_loss"][member, grid > stop]).all()
    assert len(set(stops % 7)) > 1  # some member stopped off the grid


def test_block_becomes_a_record():
    probes = tuple(set(PROBES) - {"first_kernels", "first_weights", "norm_parameters", "norm_inputs"})
    asked = ask(model=models.mlp([4]), loss="cross_entropy", probes=probes, stop=reaches("train_accuracy", 1.0))
    block = train(asked, bits(), SEEDS)
    traces = set(probes) - {"predictions"} | {"train_accuracy"}
    assert set(block.arrays) == EXPECTED_KEYS | traces | {f"final_{name}" for name in (*traces, "predictions")}
    for name, array in block.arrays.items():
        sizes = {"step": 21, "layer": 2, "parameter": 6 * 4 + 4 + 4 + 1, "output": 1, "example": 16, "hidden": 1,
                 "moment": 2, "quantile": 100, "percentile": 3, "estimate": 2}  # fmt: skip
        assert array.shape == (3, *(sizes[dim] for dim in block.dims.get(name, ())))
    record = assemble(asked, [block], block.meta)
    assert record["gradient_norm"].dims == ("seed", "step", "layer")
    assert record["layer"].values.tolist() == ["1 dense", "2 dense"]
    assert record.attrs["engine"] == "reference"


def test_several_targets_must_hold_at_one_step():
    """A floor and a ceiling of the same falling loss: together they hold from the first to the last step between."""
    free = falling().arrays["train_loss"]
    both = falling(stop=every(falls_to("train_loss", 1.0), reaches("train_loss", 0.5)))
    holds = (free <= 1.0) & (free >= 0.5)
    expected = np.where(holds.any(axis=1), holds.argmax(axis=1), np.nan)
    assert np.isfinite(expected).any()
    np.testing.assert_array_equal(both.arrays["hit_step"], expected)
    never = falling(stop=every(falls_to("train_loss", 1.0), reaches("train_loss", 2.0)))
    assert np.isnan(never.arrays["hit_step"]).all()
