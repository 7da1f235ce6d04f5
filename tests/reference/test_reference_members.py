"""Members, seeds, batches and data of one's own in the reference engine."""

import numpy as np
from small_questions import SEEDS, ask, bits, falling, line, start

from seedbed.datasets.dataset import dataset
from seedbed.reference import train
from seedbed.reference.chance import generator, orders
from seedbed.spec import falls_to, trace_steps
from seedbed.vocabulary import models, optimizers


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
    np.testing.assert_allclose(block.arrays["batch_loss"][0], losses, rtol=1e-10)
    np.testing.assert_allclose(block.arrays["train_loss"][0, 0], np.mean((x @ np.full(2, 0.1) + 0.2 - y) ** 2))
    np.testing.assert_allclose(block.arrays["final_train_loss"][0], block.arrays["train_loss"][0, -1])


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
    stopped = train(
        ask(trace=5, initializer=start(0.0), optimizer=optimizers.sgd(0.05), stop=falls_to("train_loss", 1.0)),
        split,
        SEEDS,
    )
    stop = stopped.arrays["stop_step"][0]
    assert 0 < stop < 20
    np.testing.assert_array_equal(np.isnan(stopped.arrays["test_loss"][0]), trace_steps(20, 5) > stop)
    assert np.isfinite(stopped.arrays["final_test_loss"]).all()
    unseen = train(ask(trace=5, initializer=start(0.0), optimizer=optimizers.sgd(0.05)), data, SEEDS)
    np.testing.assert_array_equal(seen.arrays["train_loss"], unseen.arrays["train_loss"])
