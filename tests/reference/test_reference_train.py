"""The reference engine against closed forms and plain loops, and the exact meaning of steps, stops and traces."""

import math
import subprocess
import sys

import numpy as np
import pytest

from seedbed.data.dataset import dataset
from seedbed.errors import DataError, PartError, SpecError
from seedbed.record import assemble
from seedbed.reference import OPTIMIZERS, PROBES, train
from seedbed.reference.chance import generator, orders
from seedbed.reference.probes import DIMS
from seedbed.spec import Spec, falls_to, reaches, trace_steps
from seedbed.vocabulary import initializers, models, optimizers

SEEDS = np.arange(3)
EXPECTED_KEYS = {"hit_step", "diverged_step", "stop_step", "train_loss", "final_train_loss"}


def ask(**changes) -> Spec:
    given = {
        "data": "point",
        "model": "neuron",
        "loss": "l2",
        "optimizer": optimizers.sgd(0.5),
        "steps": 20,
        "trace": 1,
    }
    return Spec(**{**given, **changes})


def start(weight: float, bias: float = 0.0):
    return initializers.constant(weight, bias)


def point(x: float = 1.0, y: float = 0.5, target: str = "binary"):
    return dataset([[x]], [y], target, soft=target == "binary")


def line(n: int = 12, features: int = 2, seed: int = 0):
    """Real targets on a plane, so that a neuron can fit them."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, features)).astype(np.float32)
    return dataset(x, x @ np.arange(1, features + 1) + 0.5, "real")


def bits(seed: int = 1):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, (16, 2, 3))
    return dataset(x, (x.sum((1, 2)) > 3).astype(float), "binary")


# --- closed forms -----------------------------------------------------------------------------------------------


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


# --- steps, stops, divergence, traces ---------------------------------------------------------------------------


def falling(**changes):
    """Members with their own initial draws on the plane; their losses fall steadily, each from its own height."""
    return train(ask(optimizer=optimizers.sgd(0.05), steps=60, **changes), line(), np.arange(6))


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
    """w_1 = -2e100, loss 4e200; w_2 = 4e200, whose square overflows."""
    block = train(
        ask(optimizer=optimizers.sgd(1e100), initializer=start(1.0)), point(1.0, 0.0, "real"), np.array([0, 1])
    )
    assert block.arrays["diverged_step"].tolist() == [2, 2]
    assert block.arrays["stop_step"].tolist() == [2, 2]
    assert np.isinf(block.arrays["train_loss"][:, 2]).all()
    assert np.isnan(block.arrays["train_loss"][:, 3:]).all()
    assert np.isinf(block.arrays["final_train_loss"]).all()
    assert np.isnan(block.arrays["hit_step"]).all()


def test_a_weight_that_is_not_finite_marks_the_next_step_and_is_not_taken():
    """Under the sum of two absolute errors the gradient is 2, and 2 * 1.7e308 overflows at once."""
    data = dataset([[1.0], [1.0]], [0.0, 0.0], "real")
    asked = ask(
        loss="mae(reduction='sum')", optimizer=optimizers.sgd(1.7e308), initializer=start(3.0), probes=("weight_norm",)
    )
    block = train(asked, data, np.array([0]))
    assert block.arrays["diverged_step"].tolist() == [1]
    assert block.arrays["stop_step"].tolist() == [0]
    assert block.arrays["final_train_loss"].tolist() == [6.0]
    assert block.arrays["final_weight_norm"].tolist() == [[3.0]]


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


def test_a_probe_keeps_the_first_grid_step_from_the_stop_on():
    """The loss is NaN after the stop; a probe is also shown once at the next grid step, on the stopped weights."""
    target = falls_to("train_loss", 1.0)
    dense = falling(stop=target, probes=("weight_norm", "gradient_norm"))
    coarse = falling(stop=target, probes=("weight_norm", "gradient_norm"), trace=7)
    grid, stops = trace_steps(60, 7), dense.arrays["stop_step"]
    for member, stop in enumerate(stops):
        for name in ("weight_norm", "gradient_norm"):
            trace, every = coarse.arrays[name][member], dense.arrays[name][member]
            before, first = grid < stop, np.searchsorted(grid, stop)
            np.testing.assert_allclose(trace[before], every[grid[before]], rtol=1e-12)
            np.testing.assert_allclose(trace[first], every[stop], rtol=1e-12)
            np.testing.assert_allclose(coarse.arrays[f"final_{name}"][member], every[stop], rtol=1e-12)
            assert np.isnan(trace[first + 1 :]).all()
        assert np.isnan(coarse.arrays["train_loss"][member, grid > stop]).all()
    assert len(set(stops % 7)) > 1  # some member stopped off the grid


def test_block_becomes_a_record():
    asked = ask(model=models.mlp([4]), loss="cross_entropy", probes=tuple(PROBES), stop=reaches("train_accuracy", 1.0))
    block = train(asked, bits(), SEEDS)
    expected = EXPECTED_KEYS | {"train_accuracy", "final_train_accuracy"} | set(PROBES) | {f"final_{p}" for p in PROBES}
    assert set(block.arrays) == expected
    for name, array in block.arrays.items():
        sizes = {"step": 21, "layer": 2, "parameter": 6 * 4 + 4 + 4 + 1}
        assert array.shape == (3, *(sizes[dim] for dim in block.dims.get(name, ())))
    record = assemble(asked, [block], block.meta)
    assert record["gradient_norm"].dims == ("seed", "step", "layer")
    assert record["layer"].values.tolist() == ["1 linear", "2 linear"]
    assert record.attrs["engine"] == "reference"


# --- members, seeds, data ---------------------------------------------------------------------------------------


def test_a_member_does_not_depend_on_its_company():
    asked = ask(model=models.mlp([4], "rrelu"), batch_size=5, stop=falls_to("train_loss", 0.12), steps=40)
    crowd = train(asked, bits(), np.array([5, 9, 2]))
    for place, seed in enumerate([5, 9, 2]):
        alone = train(asked, bits(), np.array([seed]))
        for name in alone.arrays:
            np.testing.assert_allclose(crowd.arrays[name][place], alone.arrays[name][0], rtol=1e-10)


def test_seeds_differ_and_repeat():
    first, again = falling(), falling()
    np.testing.assert_array_equal(first.arrays["train_loss"], again.arrays["train_loss"])
    assert len(set(first.arrays["train_loss"][:, 0])) == 6


def test_settings_share_their_draws():
    """The same seed starts from the same weights under another loss, optimizer or activation of the same shapes."""
    plain = train(ask(model=models.mlp([4]), probes=("parameters",)), bits(), SEEDS)
    other = train(ask(model=models.mlp([4], "tanh"), loss="cross_entropy", probes=("parameters",)), bits(), SEEDS)
    np.testing.assert_array_equal(plain.arrays["parameters"][:, 0], other.arrays["parameters"][:, 0])


def test_data_of_ones_own():
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((3, 8, 2)).astype(np.float32), rng.standard_normal((3, 8, 1)).astype(np.float32)
    for size in (None, 3):
        asked = ask(optimizer=optimizers.sgd(0.05), batch_size=size)
        together = train(asked, dataset(x, y, "real", fresh=True), SEEDS)
        for seed in SEEDS:
            alone = train(asked, dataset(x[seed], y[seed], "real"), np.array([seed]))
            np.testing.assert_allclose(together.arrays["train_loss"][seed], alone.arrays["train_loss"][0], rtol=1e-10)


def test_orders_are_permutations_of_each_members_own():
    order = orders(np.array([0, 1]), 0, 10)
    np.testing.assert_array_equal(np.sort(order), np.tile(np.arange(10), (2, 1)))
    assert (order[0] != order[1]).any()
    assert (orders(np.array([0, 1]), 1, 10) != order).any()
    np.testing.assert_array_equal(orders(np.array([1]), 0, 10)[0], order[1])


def test_purposes_do_not_share_numbers():
    drawn = [
        generator(*key).random() for key in [(1, "init"), (1, "order"), (2, "init"), (1, "order", 0), (1, "order", 1)]
    ]
    assert len(set(drawn)) == len(drawn)


def test_minibatches_against_a_loop():
    """12 examples in batches of 5: two steps an epoch, and two examples left out, others in every epoch."""
    data, lr = line(), 0.05
    x, y = data.inputs.astype(float), data.targets[:, 0].astype(float)
    w, b, losses = np.full(2, 0.1), 0.2, []
    for step in range(21):
        epoch, place = divmod(step, 2)
        order = orders(np.array([4]), epoch, 12)[0]
        chosen = order[5 * place : 5 * place + 5]
        error = x[chosen] @ w + b - y[chosen]
        losses.append(np.mean(error**2))
        w, b = w - lr * 2 * np.mean(error[:, None] * x[chosen], axis=0), b - lr * 2 * np.mean(error)
    asked = ask(optimizer=optimizers.sgd(lr), batch_size=5, initializer=start(0.1, 0.2))
    block = train(asked, data, np.array([4]))
    np.testing.assert_allclose(block.arrays["train_loss"][0], losses, rtol=1e-10)


def test_a_batch_of_all_examples_is_full_batch_training():
    whole, batch = falling(), falling(batch_size=12)
    np.testing.assert_allclose(whole.arrays["train_loss"], batch.arrays["train_loss"], rtol=1e-9)


def test_the_test_split_is_seen_on_the_grid_and_never_trained_on():
    data = line()
    split = dataset(data.inputs, data.targets, "real", test_inputs=[[1.0, 0.0]], test_targets=[3.0])
    seen = train(
        ask(trace=5, initializer=start(0.0), optimizer=optimizers.sgd(0.05), probes=("parameters",)), split, SEEDS
    )
    w1, _, b = seen.arrays["parameters"][0].T
    np.testing.assert_allclose(seen.arrays["test_loss"][0], (w1 + b - 3) ** 2, rtol=1e-12)
    np.testing.assert_allclose(seen.arrays["final_test_loss"], seen.arrays["test_loss"][:, -1])
    unseen = train(ask(trace=5, initializer=start(0.0), optimizer=optimizers.sgd(0.05)), data, SEEDS)
    np.testing.assert_array_equal(seen.arrays["train_loss"], unseen.arrays["train_loss"])


# --- targets, losses, probes ------------------------------------------------------------------------------------


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


def test_dead_needs_one_output_for_all_and_no_gradient_at_all():
    """Behind a rectified output, a bias of -1 lets nothing through; one of +1 lets the gradient through."""
    asked = ask(model=models.mlp([4]), output="relu", probes=("dead",))
    gone = train(asked.replace(initializer=start(0.0, -1.0)), bits(), SEEDS)
    assert (gone.arrays["dead"] == 1).all()
    assert (gone.arrays["final_dead"] == 1).all()
    alive = train(asked.replace(initializer=start(0.0, 1.0)), bits(), SEEDS)
    assert (alive.arrays["dead"][:, 0] == 0).all()


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
    assert set(DIMS) == set(PROBES)


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


# --- words ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"model": models.mlp([4], lambda z: z)}, PartError, "use --engine jax"),
        ({"loss": lambda score, target: 0.0}, PartError, "your own loss"),
        ({"metrics": (lambda *_: 0.0,)}, PartError, "your own metric"),
        ({"batch_size": 17}, SpecError, "17 does not fit in 16 examples"),
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
        "from seedbed.data.dataset import dataset",
        "from seedbed.spec import Spec",
        "train(Spec(data='point', model='neuron', loss='l2', optimizer='sgd(0.1)', steps=2),"
        " dataset([[1.0]], [1.0], 'binary'), np.arange(2))",
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'jax', 'equinox', 'optax', 'torch'}))",
    ]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
