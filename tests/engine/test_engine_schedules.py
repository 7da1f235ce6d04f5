"""Schedules in a training: both engines, the same program for other numbers, every kind of place."""

import jax.numpy as jnp
import numpy as np
import pytest
from conftest_engine import same

from seedbed import reference
from seedbed.datasets.load import load
from seedbed.engine import devices
from seedbed.errors import PartError
from seedbed.procedures.members import member
from seedbed.procedures.run import run
from seedbed.spec import Spec
from seedbed.vocabulary import data, initializers, layers, losses, models, optimizers, own
from seedbed.vocabulary.lengths import epochs
from seedbed.vocabulary.schedules import constant, cosine, drops, exponential, triangular, warm_up

devices.prepare()
TRACES = ("train_loss", "train_accuracy")


def plain(**fields):
    """A question that draws nothing: both engines go the same way."""
    return Spec(**{
        "data": data.random_images(32, (4, 4)), "model": models.neuron(), "loss": "cross_entropy",
        "initializer": initializers.zeros(), "optimizer": optimizers.sgd(0.5), "steps": 30, "trace": 1, "probes": (),
    } | fields)  # fmt: skip


PLACES = {
    "rate": plain(optimizer=optimizers.sgd(triangular(0.01, 1, half_cycle=4))),
    "rate and momentum": plain(
        optimizer=optimizers.nesterov(warm_up(cosine(0.5, 20), 5), momentum=drops([0.5, 0.9], at=[7]))
    ),
    "b1 and l2 of adam": plain(optimizer=optimizers.adam(0.05, b1=drops([0.9, 0.5], at=[9]), l2=cosine(0.1, 30))),
    "weight decay": plain(optimizer=optimizers.adamw(0.05, weight_decay=cosine(0.5, 30))),
    "margin of the loss": plain(loss=losses.hinge(margin=drops([1, 0.2], at=[12]))),
}


@pytest.mark.parametrize("name", PLACES)
def test_both_engines_follow_it(train, name):
    question = PLACES[name]
    ours = train(question, [0])[0]
    by_hand = reference.train(question, load(question.data), np.array([0]))
    for trace in TRACES:
        np.testing.assert_allclose(ours.arrays[trace], by_hand.arrays[trace], rtol=1e-4, atol=1e-5)


def test_a_constant_schedule_is_the_number(train, question):
    schedule = question.replace(learning_rate=constant(0.5), steps=60)
    ours, number = train(schedule, range(4))[0], train(question.replace(steps=60), range(4))[0]
    for name in TRACES:
        np.testing.assert_array_equal(ours.arrays[name], number.arrays[name])


def test_a_drop_to_zero_stops_the_weights(train):
    found = train(plain(optimizer=optimizers.sgd(drops([0.5, 0.0], at=[10]))), [0])[0].arrays["train_loss"][0]
    assert (np.diff(found[:11]) < 0).all()
    assert (found[10:] == found[10]).all()


def test_an_epoch_has_the_steps_of_its_batches(train):
    """32 examples in batches of 8: a drop after two epochs falls on step 8."""
    shared = {"batch_size": 8, "model": models.mlp([4]), "initializer": initializers.glorot_normal()}
    ours = train(plain(optimizer=optimizers.sgd(drops([0.5, 0.1], at=[2], unit="epoch")), **shared), range(3))[0]
    steps = train(plain(optimizer=optimizers.sgd(drops([0.5, 0.1], at=[8])), **shared), range(3))[0]
    other = train(plain(optimizer=optimizers.sgd(drops([0.5, 0.1], at=[9])), **shared), range(3))[0]
    same(ours, steps)
    assert not np.array_equal(ours.arrays["train_loss"][:, 9:], other.arrays["train_loss"][:, 9:])


def test_other_numbers_take_the_same_program(train):
    """One recipe, one compile: the numbers of a schedule stand on the member axis."""
    base = plain(model=models.mlp([4]), initializer=initializers.glorot_normal(), optimizer=optimizers.sgd(
        triangular(0.01, 1, half_cycle=4)))  # fmt: skip
    varied = base.vary(high=[0.1, 1.0, 2.0], half_cycle=[2, 5])
    assert len({setting.spec.recipe() for setting in varied.settings()}) == 1
    together = train(varied, range(3))
    for setting, block in zip(varied.settings(), together, strict=True):
        same(block, train(setting.spec, range(3))[0])
    losses = np.stack([block.arrays["train_loss"][:, -1] for block in together])
    assert len(np.unique(losses)) == losses.size


def test_dropout_follows_a_schedule(train):
    """Dropout that ends at step 10: from there on the path is that of a network without, from the same weights."""
    shared = {"initializer": initializers.glorot_normal(), "steps": 40}
    ending = plain(model=models.mlp([8], dropout=drops([0.5, 0.0], at=[10])), **shared)
    noisy, quiet = (plain(model=models.mlp([8], dropout=rate), **shared) for rate in (0.5, 0.0))
    ours, half, none = (train(one, range(4))[0].arrays["train_loss"] for one in (ending, noisy, quiet))
    np.testing.assert_array_equal(ours[:, :10], half[:, :10])
    assert not np.array_equal(ours[:, 10:], half[:, 10:])
    late = plain(model=models.mlp([8], dropout=drops([0.0, 0.5], at=[10])), **shared)
    np.testing.assert_array_equal(train(late, range(4))[0].arrays["train_loss"][:, :10], none[:, :10])


def test_a_slope_follows_a_schedule(train):
    shared = {"initializer": initializers.glorot_normal(), "steps": 20}

    def traced(slope):
        part = {"activation": f"leaky_relu(slope={slope})"}
        return train(plain(model=models.mlp([8], **part), **shared), range(4))[0].arrays["train_loss"]

    ours, low, high = traced("'drops([0.1, 0.9], at=[6])'"), traced(0.1), traced(0.9)
    np.testing.assert_array_equal(ours[:, :6], low[:, :6])
    assert not np.array_equal(ours[:, 6:], low[:, 6:])
    np.testing.assert_array_equal(traced("'drops([0.1, 0.9], at=[50])'"), low)
    assert not np.array_equal(low, high)


def test_epochs_and_schedules_in_a_run(tmp_path):
    """A run finds out how many steps an epoch has, keeps that, and opens a member of it."""
    asked = plain(model=models.mlp([4], activation="leaky_relu(slope='cosine(0.5, 3, unit=\"epoch\")')"), batch_size=8,
                  initializer=initializers.glorot_normal(), steps=epochs(3), trace="epoch")  # fmt: skip
    record = run(asked, 4, store=tmp_path / "store")
    assert record["step"].values.tolist() == [0, 4, 8, 12]
    assert record.attrs["cap"] == 12
    batches = run(asked.vary(batch_size=[8, 16]), 2)
    assert batches.attrs["cap"] == 6
    assert batches.attrs["longest"] == 12
    kept = run(asked, 4, store=tmp_path / "store")
    np.testing.assert_array_equal(kept["train_loss"], record["train_loss"])
    opened = member(record, 1)
    inputs = load(asked.data).inputs
    assert opened.predict(inputs).shape[0] == len(inputs)


def halving(step, start, every):
    return start * 0.5 ** (step // every)


def test_a_schedule_of_one_s_own(train):
    """A function of the step with dials of its own; what it raises or returns wrongly is a sentence before training."""
    ours = plain(optimizer=optimizers.sgd(own("schedule", halving, start=0.5, every=10.0)))
    named = plain(optimizer=optimizers.sgd(exponential(0.5, 0.5, every=10, staircase=True)))
    same(train(ours, [0])[0], train(named, [0])[0])
    varied = ours.vary(start=[0.5, 0.1]).settings()
    assert len({setting.spec.recipe() for setting in varied}) == 1
    with pytest.raises(PartError, match='schedule "halving" fails'):
        train(plain(optimizer=optimizers.sgd(own("schedule", halving, start=0.5))), [0])
    with pytest.raises(PartError, match="must return one number"):
        train(plain(optimizer=optimizers.sgd(own("schedule", lambda step: (step, step)))), [0])
    with pytest.raises(PartError, match="use --engine jax"):
        reference.train(ours, load(ours.data), np.array([0]))


def test_an_activation_of_one_s_own_inside_a_list(train):
    def square(z):
        return z * jnp.abs(z)

    def listed(inside):
        model = models.sequential([layers.dense(6), layers.residual([layers.dense(6), layers.activation(inside)])])
        return plain(model=model, initializer=initializers.glorot_normal())

    own_one, tanh = listed(square), listed("tanh")
    assert list(own_one.functions()) == [square]
    assert own_one.recipe() != tanh.recipe()
    ours, theirs = (train(one, range(2))[0].arrays["train_loss"] for one in (own_one, tanh))
    assert not np.array_equal(ours, theirs)
    with pytest.raises(PartError, match='activation "broken" fails'):
        train(listed(broken), range(2))


def broken(z):
    raise ValueError("no value")
