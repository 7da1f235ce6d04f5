"""A member of a record is opened as the network that was trained, or refused in a sentence."""

import json

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

import seedbed as sb
from seedbed.engine import devices
from seedbed.errors import PartError, SpecError, StoreError
from seedbed.procedures.members import chosen
from seedbed.spec import levels_of, read_back

devices.prepare()
QUESTION = sb.Spec(
    data=sb.data.random_images(32, (3, 3)), model=sb.models.mlp([3], activation="relu"), loss="cross_entropy",
    initializer=sb.initializers.truncated_normal(0.3, bias=0.1), optimizer=sb.optimizers.sgd(0.3),
    stop=sb.reaches("train_accuracy", 1.0), steps=200, probes=("parameters", "predictions"),
)  # fmt: skip


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    folder = tmp_path_factory.mktemp("members")
    varied = QUESTION.vary(activation=["relu", "leaky_relu(slope=0.1)"], learning_rate=[0.1, 0.3])
    sb.run(varied, 6, store=folder)
    return sb.open(folder)


def test_a_member_is_the_network_at_its_last_step(record):
    """Its weights and its answers are those that the probes saw, to the last bit but the sums' order."""
    levels = {"activation": "leaky_relu(slope=0.1)", "learning_rate": 0.3}
    opened = record.member(seed=4, **levels)
    assert isinstance(opened, eqx.Module)
    one = record.sel(seed=4, **levels)
    weights = [np.ravel(array) for layer in opened.model.layers if hasattr(layer, "weight")
               for array in (layer.weight, layer.bias)]  # fmt: skip
    np.testing.assert_array_equal(np.concatenate(weights), one["final_parameters"])
    from seedbed.datasets.load import load

    images = load(QUESTION.data).inputs
    np.testing.assert_allclose(opened.predict(images)[:, 0], one["final_predictions"][0], rtol=1e-5, atol=1e-6)
    assert opened(jnp.asarray(images[0])).shape == (1,)


def test_a_member_of_a_selected_part_is_that_of_the_record(record):
    levels = {"activation": "leaky_relu(slope=0.1)", "learning_rate": 0.3}
    image = np.ones((1, 3, 3))
    selected = record.sel(learning_rate=0.3).member(4, activation="leaky_relu(slope=0.1)")
    np.testing.assert_array_equal(selected.predict(image), record.member(4, **levels).predict(image))


def test_examples_of_another_shape_are_one_sentence(record):
    opened = record.member(4, activation="relu", learning_rate=0.3)
    for given, told in ((np.ones(3), r"\(3,\)"), (np.zeros((2, 5, 5)), r"\(2, 5, 5\)")):
        with pytest.raises(PartError, match=rf"cannot predict examples of shape {told}: .*as \(example, 3, 3\)"):
            opened.predict(given)


def test_choices_mean_what_they_say():
    import xarray as xr

    hits = np.array([30.0, np.nan, 10.0, 50.0, 10.0])
    part = xr.Dataset({"hit_step": ("seed", hits), "diverged_step": ("seed", np.full(5, np.nan)),
                       "final_train_loss": ("seed", [3.0, 1.0, 2.0, 5.0, 4.0])}, {"seed": range(20, 25)},
                      {"target": "x"})  # fmt: skip
    assert [chosen(part, what) for what in ("best", "median", "worst", "failed", 23)] == [22, 20, 21, 21, 23]
    free = part.assign_attrs(target="")
    assert [chosen(free, what) for what in ("best", "median", "worst")] == [21, 20, 23]
    with pytest.raises(SpecError, match="no member of this setting failed"):
        chosen(free, "failed")
    with pytest.raises(SpecError, match="seed 3 is not in this record"):
        chosen(part, 3)
    with pytest.raises(SpecError, match="best, median, worst, failed"):
        chosen(part, "nicest")


def test_what_names_no_member_is_a_sentence(record):
    with pytest.raises(SpecError, match="learning_rate has 2 levels here"):
        record.member(seed=1, activation="relu")
    with pytest.raises(SpecError, match='no level "tanh" of activation'):
        record.member(seed=1, activation="tanh", learning_rate=0.1)
    with pytest.raises(SpecError, match='no factor "slope"'):
        record.member(seed=1, slope=0.1)


def test_a_member_that_would_be_another_is_refused(record):
    other = record.copy()
    other["stop_step"] = other["stop_step"] + 1
    with pytest.raises(StoreError, match="so the network would be another"):
        other.member(seed=0, activation="relu", learning_rate=0.1)
    with pytest.raises(StoreError, match="not the one of this record"):
        record.member(seed=0, question=QUESTION, activation="relu", learning_rate=0.1)


def test_a_record_of_another_engine_is_refused():
    by_hand = sb.run(QUESTION.replace(steps=2), 2, engine="reference")
    with pytest.raises(SpecError, match="only networks of the jax engine"):
        by_hand.member(seed=0)


def test_own_parts_need_the_question():
    def cube(z):
        return z**3

    asked = QUESTION.replace(steps=3).change("model.activation", sb.own("activation", cube))
    record = sb.run(asked, 2)
    with pytest.raises(PartError, match='activation "cube" is a function of your own'):
        record.member(seed=1)
    assert record.member(seed=1, question=asked).predict(np.ones((5, 3, 3), np.float32)).shape == (5, 1)


def test_batch_norm_answers_by_its_running_averages():
    asked = QUESTION.replace(model=sb.models.mlp([3], norm="batch"), steps=40, stop=None, probes=("predictions",))
    opened = sb.run(asked, 2).member(seed="best")
    x = np.random.default_rng(0).random((8, 3, 3), np.float32)
    np.testing.assert_allclose(opened.predict(x)[:1], opened.predict(x[:1]), rtol=1e-5)  # not by this batch's own


@pytest.mark.parametrize("name", ["four_settings", "detection", "loss_scale", "signal_by_layer", "neuron_surfaces"])
def test_a_question_is_read_back_as_it_was(name):
    from seedbed.catalogue import TABLE, questions_of

    asked = next(iter(questions_of(TABLE[name], "quick").values()))
    back = read_back(json.loads(json.dumps(asked.canonical())), json.loads(json.dumps(levels_of(asked))))
    assert back.hash() == asked.hash()
    assert [one.levels for one in back.settings()] == [one.levels for one in asked.settings()]
