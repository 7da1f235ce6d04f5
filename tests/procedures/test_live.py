"""`live` shows, a few steps at a time, what `run` records: the same programs, the same bits."""

from itertools import pairwise

import numpy as np
import pytest

from seedbed.datasets.load import load
from seedbed.engine import lowered
from seedbed.errors import SpecError
from seedbed.procedures.live import live
from seedbed.procedures.run import run
from seedbed.spec import Spec, reaches
from seedbed.vocabulary import data, models, optimizers


@pytest.fixture(scope="module")
def net():
    return Spec(
        data=data.corners(), model=models.mlp([3], activation="relu"), initializer="he_normal", loss="cross_entropy",
        optimizer=optimizers.sgd(1.0), stop=reaches("train_accuracy", 1.0), steps=60,
    ).vary(activation=["relu", "tanh"], learning_rate=[0.5, 40.0])  # fmt: skip


@pytest.fixture(scope="module")
def frames(net):
    watched = live(net, [5, 2, 9, 0, 1, 3], maps=5, every=7)
    return watched, list(watched)


def test_what_live_shows_is_what_run_records(net, frames):
    record = run(net, [5, 2, 9, 0, 1, 3])
    last = frames[1][-1]
    assert (last.step, last.running) == (60, 0)
    for twins in last.settings:
        part = record.sel(twins.levels)
        for name in ("hit_step", "diverged_step", "stop_step"):
            np.testing.assert_array_equal(getattr(twins, name), part[name].values.astype(float))
        assert {"train_loss", "train_accuracy", "dead"} <= set(twins.traces)
        for name, trace in twins.traces.items():
            np.testing.assert_array_equal(trace, part[name].values)
    assert np.isfinite(record["hit_step"].values).any()
    assert np.isnan(record["hit_step"].values).any()


def test_a_frame_shows_the_steps_so_far(frames):
    _, shown = frames
    assert [frame.step for frame in shown[:4]] == [0, 7, 14, 21]
    assert shown[0].settings[0].traces == {}
    for before, after in pairwise(shown[1:]):
        assert after.running <= before.running
        for was, now in zip(before.settings, after.settings, strict=True):
            assert len(was.steps) <= len(now.steps)
            known = len(was.steps)
            np.testing.assert_array_equal(was.traces["train_loss"], now.traces["train_loss"][:, :known])
            arrived = ~np.isnan(was.hit_step)
            np.testing.assert_array_equal(was.hit_step[arrived], now.hit_step[arrived])


def test_the_map_of_a_stopped_member_is_what_its_network_answers(net, frames):
    watched, shown = frames
    record = run(net, [5, 2, 9, 0, 1, 3])
    points = watched.points[0]
    assert points.shape == (5, 5)
    np.testing.assert_allclose(points.bounds, [(-0.1, 1.1)] * 2, rtol=1e-6)
    for at, seed in ((0, 5), (2, 9)):
        member = record.member(seed=seed, activation="tanh", learning_rate=0.5)
        expected = np.asarray(member.predict(points.inputs)).T
        np.testing.assert_allclose(shown[-1].settings[2].maps[at], expected, rtol=1e-4, atol=1e-6)
        inside = watched.layers(seed, setting=2)
        np.testing.assert_allclose(inside.answers, expected, rtol=1e-4, atol=1e-6)
        assert [layer.shape for layer in inside.hidden] == [(3, 25)]
        assert [array.shape for array in inside.weights.values()] == [(3, 2), (3,), (1, 3), (1,)]
        by_hand = np.tanh(inside.weights["1 dense.weight"] @ points.inputs.T + inside.weights["1 dense.bias"][:, None])
        np.testing.assert_allclose(inside.hidden[0], by_hand, rtol=1e-4, atol=1e-5)


def test_a_rate_turned_while_it_trains_compiles_nothing_and_acts_from_the_next_step(net, monkeypatch):
    single = net.replace(factors=(), stop=None, learning_rate=0.5)
    watched, steady = (live(single, 4, maps=4) for _ in range(2))
    before, _ = watched.advance(10), steady.advance(10)
    monkeypatch.setattr(lowered.Lowered, "of", None)  # a trace would fail
    watched.change(learning_rate=0.0)
    after = watched.advance(10)
    np.testing.assert_array_equal(after.settings[0].maps, before.settings[0].maps)
    assert watched.question.optimizer["learning_rate"].value == 0
    watched.change(learning_rate=0.5)
    watched.advance(10)
    np.testing.assert_array_equal(watched.frame().settings[0].maps, steady.advance(10).settings[0].maps)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"gain": 2.0}, "only numbers of the optimizer and of the loss can be changed .* got 'initializer.gain'"),
        ({"batch_size": 2}, "only numbers .*'batch_size': 2"),
        ({"steps": 90}, "only numbers .*'steps': 90"),
        ({"learning_rate": 3.0}, "learning_rate has levels that are compared"),
        ({"learning_rats": 3.0}, 'did you mean "learning_rate"'),
    ],
)
def test_what_cannot_be_turned_is_one_sentence(frames, change, wrong):
    with pytest.raises(SpecError, match=wrong):
        frames[0].change(**change)


@pytest.mark.parametrize(
    ("part", "shape"), [(data.curve(n=20), (6,)), (data.random_images(9), (9,)), (data.diagonal(20), (6, 6))]
)
def test_members_are_asked_on_a_line_on_a_map_or_at_their_examples(part, shape):
    question = Spec(data=part, model="mlp([2])", loss="l2", optimizer="sgd(0.1)", steps=1)
    watched = live(question, 2, maps=6)
    assert watched.points[0].shape == shape
    assert watched.frame().settings[0].maps.shape == (2, 1, int(np.prod(shape)))
    if shape == (9,):
        np.testing.assert_array_equal(watched.points[0].inputs, load(part).inputs)


def test_inputs_of_ones_own_and_none():
    question = Spec(data=data.corners(), model="neuron", loss="l2", optimizer="sgd(0.1)", steps=1)
    assert live(question, 2, maps=None).frame().settings[0].maps is None
    assert live(question, 2, maps=[[0.5, 0.5]]).frame().settings[0].maps.shape == (2, 1, 1)
    for wrong in (1, 513, [[1.0]], "all", [["a", "b"]]):
        with pytest.raises(SpecError, match=r"maps is a number of cells from 2 to 512, or inputs \(point, 2\)"):
            live(question, 2, maps=wrong)
    with pytest.raises(SpecError, match="no member with seed 7 of setting 0"):
        live(question, 2).layers(7)
