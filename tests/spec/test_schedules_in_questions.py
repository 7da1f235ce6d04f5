"""A schedule stands wherever a number stands, and is varied, replaced, written and read back like one."""

import json

import pytest

from seedbed.cli.levels import changes
from seedbed.errors import PartError, SpecError
from seedbed.spec import Spec, levels_of, read_back
from seedbed.vocabulary import find, optimizers
from seedbed.vocabulary.lengths import Epochs, epochs
from seedbed.vocabulary.schedules import cosine, drops, exponential, triangular, warm_up

RATE = triangular(1e-4, 1e-1, half_cycle=2, unit="epoch")


def question(optimizer=None, **fields):
    return Spec(**{"data": "random_images", "model": "mlp([4], activation='leaky_relu')", "loss": "hinge", "steps": 9,
                   "optimizer": optimizer or optimizers.sgd(RATE)} | fields)  # fmt: skip


def again(asked):
    """The question as a store keeps it."""
    return read_back(json.loads(json.dumps(asked.canonical())), json.loads(json.dumps(levels_of(asked))))


@pytest.mark.parametrize(
    "asked",
    [
        question(),
        question("adam(learning_rate='cosine(0.1, length=30)', b1='drops([0.9, 0.5], at=[4])', l2=1e-4)"),
        question(model=find("model", "mlp([4], dropout='drops([0.5, 0.1], at=[10])')")),
        question(loss="hinge(margin='exponential(1, 0.99)')"),
        question(steps=epochs(15), trace="epoch"),
        question(optimizers.sgd(warm_up(RATE, 5))).vary(high=[0.1, 0.2]),
        question().vary(learning_rate=[0.1, cosine(0.1, 5)], steps=[epochs(1), 7]),
    ],
)
def test_a_question_is_read_back_as_it_was_written(asked):
    assert again(asked) == asked
    assert again(asked).hash() == asked.hash()


def test_its_numbers_are_dials_and_its_kind_is_recipe():
    asked = question()
    assert asked.dials()["optimizer.learning_rate.half_cycle"] == 2
    assert asked.recipe() == question(optimizers.sgd(triangular(1, 2, half_cycle=3, unit="epoch"))).recipe()
    assert asked.recipe() != question(optimizers.sgd(triangular(1e-4, 1e-1, half_cycle=2))).recipe()
    assert asked.recipe() != question(optimizers.sgd(0.1)).recipe()


def test_a_number_replaces_a_schedule_and_a_schedule_a_number():
    assert question().replace(learning_rate=0.1).optimizer == optimizers.sgd(0.1)
    assert question(optimizers.sgd(0.1)).replace(learning_rate=RATE).optimizer == optimizers.sgd(RATE)
    assert question(optimizers.sgd(0.1)).replace(learning_rate="cosine(0.1, 5)").optimizer["learning_rate"] == cosine(
        0.1, 5
    )
    slope = question().replace(model__activation__slope=drops([0.1, 0.2], at=[3])).model["activation"]["slope"]
    assert slope == drops([0.1, 0.2], at=[3])


def test_levels_may_be_schedules_and_numbers_of_a_schedule():
    varied = question().vary(learning_rate=[0.1, RATE, "exponential(0.1, 0.9)"])
    found = [setting.spec.optimizer["learning_rate"] for setting in varied.settings()]
    assert [found[0].value, *found[1:]] == [0.1, RATE, exponential(0.1, 0.9)]
    heights = question().vary(high=[0.1, 0.2], optimizer__learning_rate__half_cycle=[1, 2])
    assert [s.spec.optimizer["learning_rate"]["high"].value for s in heights.settings()] == [0.1, 0.1, 0.2, 0.2]
    fallen = question(optimizers.sgd(drops([1, 0.5], at=[4]))).vary(**{"optimizer.learning_rate.values.2": [0.1, 0.2]})
    assert [s.spec.optimizer["learning_rate"]["values"][1].value for s in fallen.settings()] == [0.1, 0.2]


def test_the_command_line_sets_a_rate_whose_place_a_schedule_has():
    asked = question()
    for name, levels in changes(["learning_rate=0.1,drops([0.1, 0.01], at=[5])"]).items():
        asked = asked.set_levels(name, levels)
    rates = [setting.spec.optimizer["learning_rate"] for setting in asked.settings()]
    assert rates[0].value == 0.1
    assert rates[1] == drops([0.1, 0.01], at=[5])


def test_an_option_that_was_left_out_can_be_varied():
    decayed = question(optimizers.adam()).vary(l2=[0, 1e-4])
    assert [setting.spec.dials()["optimizer.l2"] for setting in decayed.settings()] == [0, 1e-4]
    dropped = question().replace(dropout=0.5)
    assert dropped.dials()["model.dropout"] == 0.5
    assert "l2" not in dict(optimizers.adam().options), "an option that is left out is left out of a question's name"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: optimizers.sgd(triangular(-1, 1, 3)), "learning_rate of sgd cannot be negative, got -1"),
        (lambda: optimizers.momentum(0.1, momentum=exponential(0.9, 1.1)), "momentum of momentum must be below 1"),
        (lambda: optimizers.adam(eps=cosine(1e-3, 5)), "eps of adam must be above 0"),
        (lambda: optimizers.sgd(0.1, l2=-1), "l2 of sgd cannot be negative"),
        (lambda: find("model", "mlp([4], dropout='drops([0.5, 1], at=[10])')"), "probability from 0 to below 1, got 1"),
        (lambda: find("activation", "rrelu(lower='drops([0.1, 0.5], at=[10])')"), "lower bound of rrelu cannot exceed"),
        (lambda: optimizers.sgd(find("activation", "relu")), "must be a number or a schedule, got relu"),
        (lambda: optimizers.sgd("triangulr(0, 1, 2)"), "must be a number"),
    ],
)
def test_what_cannot_follow_a_schedule_says_so(make, says):
    with pytest.raises(PartError, match=says):
        make()


def test_epochs_become_steps_where_the_data_are_known():
    asked = question(steps=epochs(15), trace=epochs(0.5), batch_size=50)
    known = asked.in_steps(60_000)
    assert (known.steps, known.trace) == (18_000, 600)
    assert question(steps=epochs(3), trace="epoch").in_steps(60_000).steps == 3, "full batch: a step is an epoch"
    assert question(trace="epoch").trace == Epochs(1.0)
    assert question().in_steps(10) == question()
    assert str(epochs(1)) == "1 epoch"
    for wrong in (0, -1, True, "3", float("nan")):
        with pytest.raises(SpecError, match="epochs must be a number above 0"):
            epochs(wrong)
