"""A question is data: its grid is spelled out in order, its recipe holds no dial, its hash holds everything."""

import subprocess
import sys

import numpy as np
import pytest

import seedbed as sb
from seedbed.errors import PartError, SpecError
from seedbed.spec import Spec, levels_of, reaches, read_back, read_seeds, trace_steps


@pytest.fixture
def question() -> Spec:
    return Spec(data=sb.data.random_images(64, (4, 4)), model=sb.models.mlp([4], activation="relu"), loss="l2",
                optimizer=sb.optimizers.sgd(0.5), steps=100)  # fmt: skip


def test_the_grid_is_spelled_out_with_the_last_factor_fastest(question):
    varied = question.vary(activation=["relu", "tanh"], learning_rate=[0.1, 0.5])
    assert [setting.levels for setting in varied.settings()] == [
        {"activation": "relu", "learning_rate": 0.1}, {"activation": "relu", "learning_rate": 0.5},
        {"activation": "tanh", "learning_rate": 0.1}, {"activation": "tanh", "learning_rate": 0.5},
    ]  # fmt: skip


def test_a_dial_changes_the_hash_and_not_the_recipe(question):
    other = question.replace(learning_rate=0.1)
    assert other.recipe() == question.recipe()
    assert other.hash() != question.hash()
    assert question.change("model.activation", "tanh").recipe() != question.recipe()


def test_equal_questions_have_equal_hashes(question):
    again = Spec(optimizer="sgd(learning_rate=0.5)", loss=sb.losses.l2(), steps=100,
                 model=sb.models.mlp([4], activation=sb.activations.relu()),
                 data=sb.data.random_images(64, (4, 4)))  # fmt: skip
    assert again.hash() == question.hash()


def test_options_and_fields_are_replaced_together(question):
    other = question.replace(steps=9, learning_rate=0.1, model__activation="tanh")
    assert (other.steps, other.dials()["optimizer.learning_rate"]) == (9, 0.1)
    assert other.model["activation"].name == "tanh"
    assert question.steps == 100


@pytest.mark.parametrize(("name", "sentence"), [
    ("learning_rat", 'no factor "learning_rat" in this question; did you mean "learning_rate"?'),
    ("momentum", 'no factor "momentum" in this question'),
])  # fmt: skip
def test_a_name_without_a_place_is_told_with_its_nearest(question, name, sentence):
    for ask in (lambda: question.replace(**{name: 0.1}), lambda: question.vary(**{name: [0.1]}),
                lambda: question.change(name, 0.1)):  # fmt: skip
        with pytest.raises(SpecError) as caught:
            ask()
        assert sentence in str(caught.value)


@pytest.mark.parametrize("levels", [[], "tanh", [0.1, 0.1]])
def test_levels_are_a_list_of_different_ones(question, levels):
    with pytest.raises(SpecError, match="levels of learning_rate"):
        question.vary(learning_rate=levels)


def test_a_question_is_read_back_from_its_plain_form(question):
    varied = question.vary(activation=["relu", "tanh"], learning_rate=[0.1, 0.5])
    assert read_back(varied.canonical(), levels_of(varied)).hash() == varied.hash()


@pytest.mark.parametrize(("told", "seeds"), [
    (3, [0, 1, 2]), ("2:5", [2, 3, 4]), (range(7, 9), [7, 8]), ([7, 8], [7, 8]), (np.arange(2), [0, 1]),
    (f"{2**32 - 1}:{2**32}", [2**32 - 1]),
])  # fmt: skip
def test_seeds_are_a_number_or_a_range(told, seeds):
    assert list(read_seeds(told)) == seeds


@pytest.mark.parametrize("told", [
    0, -1, "5:2", "a:b", range(0), [2, 9, 2], [], np.array([0.5, 1.5]),
    2**40, "0:99999999999", f"{2**32 - 1}:{2**32 + 1}",
])  # fmt: skip
def test_seeds_that_are_none_are_refused(told):
    with pytest.raises(SpecError):
        read_seeds(told)


def test_what_types_would_refuse_is_refused_in_words_without_them():
    """As for a user, whose calls nobody checks: a stop that is no target; a whole number of NumPy's is one."""
    code = """
import numpy as np
from seedbed.errors import PartError, SpecError
from seedbed.spec import Spec
rest = {"data": "random_images", "model": "neuron", "loss": "l2", "optimizer": "sgd(learning_rate=1)"}
for stop in ("train_accuracy", 1.0):
    try:
        Spec(**rest, steps=9, stop=stop)
    except SpecError as error:
        print(error)
print(type(Spec(**rest, steps=np.int64(9)).steps).__name__)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == [
        "stop must be a target, got 'train_accuracy'; write stop=reaches('train_accuracy', 1.0)",
        "stop must be a target, got 1.0; write stop=reaches('train_accuracy', 1.0)",
        "int",
    ]


def test_a_target_needs_steps(question):
    with pytest.raises(SpecError, match="a target needs steps in which to arrive, got steps=0"):
        question.replace(stop=reaches("train_accuracy", 1.0), steps=0)


def test_functions_of_one_name_are_to_be_named(question):
    with pytest.raises(SpecError, match=r"must differ, got <lambda>, <lambda>; name the functions: activation="):
        question.vary(activation=[lambda z: z, lambda z: 2 * z])


@pytest.mark.parametrize(
    ("activation", "sentence"),
    [("relu(0.1)", "relu has no options, got some; write activation=relu"),
     ("leaky_relu(slop=0.1)", 'leaky_relu has no option "slop"; did you mean "slope"?'),
     ("leaky_relu(0.1, 2)", r"leaky_relu takes slope: .*; write for instance activation=leaky_relu\(slope=...\)")],
)  # fmt: skip
def test_options_that_a_part_has_not(question, activation, sentence):
    with pytest.raises(PartError, match=sentence):
        question.change("model.activation", activation)


def test_traced_steps_begin_at_0_and_end_at_the_cap():
    assert trace_steps(10, 4).tolist() == [0, 4, 8, 10]
    log = trace_steps(10_000, "log")
    assert (log[0], log[-1]) == (0, 10_000)
    assert (np.diff(log) > 0).all()


def test_splits_on_fewer_steps_are_a_question_of_their_own_that_is_read_back(question):
    asked = question.replace(trace=10, evaluate="epoch", batch_size=5)
    assert read_back(asked.canonical(), []) == asked
    assert asked.in_epochs
    assert asked.in_steps(100).evaluate == 20
    assert asked.recipe() == asked.replace(evaluate="traced").recipe()
    assert asked.hash() != asked.replace(evaluate="traced").hash()
    assert "evaluate" not in asked.replace(evaluate="traced").canonical()  # questions without it keep their names
