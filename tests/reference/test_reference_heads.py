"""Several heads on one trunk: what is measured, what each weight of the net follows, and what is refused."""

import numpy as np
import pytest
from central_differences import slopes_agree
from small_questions import SEEDS, ask, one_head, one_member, pictures, two_heads

from seedbed.datasets.dataset import dataset
from seedbed.errors import PartError, SpecError
from seedbed.reference import look, task_for, train
from seedbed.spec import every, falls_to, reaches
from seedbed.vocabulary import losses, models, optimizers

SMALL = {
    "cnn": models.cnn([2, 2], [3, 2], "tanh", pool="max"),
    "mlp": models.mlp([3], "crelu"),
    "neuron": models.neuron(),
}


def both(shared="weighted", side_weight=0.7, much_weight=0.2):
    return losses.heads(shared, side="cross_entropy", much="l2(reduction='sum')", side_weight=side_weight,
                        much_weight=much_weight)  # fmt: skip


def outcome_of(task, *names):
    def outcome(changed):
        measured = look(task, changed, task.train).measured
        return sum(measured[name].item() for name in names)

    return outcome


@pytest.mark.parametrize("model", SMALL)
def test_weighted_every_weight_follows_the_weighted_sum(model):
    task = task_for(ask(model=SMALL[model], loss=both()), two_heads())
    weights = one_member(task.network, np.random.default_rng(0))
    context = look(task, weights, task.train)
    total = 0.7 * context.measured["train_side_loss"] + 0.2 * context.measured["train_much_loss"]
    np.testing.assert_allclose(context.measured["train_loss"], total)
    slopes_agree(context.gradients, outcome_of(task, "train_loss"), weights)


@pytest.mark.parametrize("model", SMALL)
def test_sum_the_trunk_follows_the_plain_sum_and_each_head_its_own_rate(model):
    task = task_for(ask(model=SMALL[model], loss=both("sum")), two_heads())
    weights = one_member(task.network, np.random.default_rng(0))
    context = look(task, weights, task.train)
    plain = context.measured["train_side_loss"] + context.measured["train_much_loss"]
    np.testing.assert_allclose(context.measured["train_loss"], plain)
    *trunk, side, much = context.gradients
    at_rate_1 = [*trunk, *({name: g / rate for name, g in head.items()} for head, rate in ((side, 0.7), (much, 0.2)))]
    slopes_agree(at_rate_1, outcome_of(task, "train_side_loss", "train_much_loss"), weights)


def test_both_readings_agree_where_all_weights_are_1():
    asked = ask(model=SMALL["cnn"], optimizer=optimizers.sgd(0.01), probes=("parameters",))
    readings = [asked.replace(loss=both(shared, 1.0, 1.0)) for shared in ("weighted", "sum")]
    first, second = (train(reading, two_heads(), SEEDS).arrays for reading in readings)
    np.testing.assert_array_equal(first["parameters"], second["parameters"])


def test_a_head_of_weight_0_leaves_the_other_as_it_is_alone():
    """Weights of the trunk are drawn first, then the heads in order: the first head starts as it would alone."""
    asked = ask(model=SMALL["cnn"], optimizer=optimizers.sgd(0.1))
    together = train(asked.replace(loss=both(side_weight=1.0, much_weight=0.0)), two_heads(), SEEDS)
    alone = train(asked.replace(loss="cross_entropy"), one_head(), SEEDS)
    np.testing.assert_allclose(together.arrays["train_side_loss"], alone.arrays["train_loss"], rtol=1e-9)
    np.testing.assert_allclose(together.arrays["train_side_accuracy"], alone.arrays["train_accuracy"])


def three_kinds():
    """A class of three, a real number in two units, and a sign; the same once more as a test split."""
    x, targets = pictures(n=9)
    place = np.stack([targets["much"], x[:, 0, 0]], axis=1)
    named = {"which": np.arange(9) % 3, "place": place, "sign": 2 * targets["side"] - 1}
    kinds = {"which": "classes", "place": "real", "sign": "sign"}
    return dataset(x, named, kinds, test_inputs=x, test_targets=named)


def test_what_is_measured():
    loss = losses.heads(which="cross_entropy", place="mse", sign="hinge", sign_weight=0.5)
    asked = ask(model=models.mlp([4]), loss=loss, optimizer=optimizers.sgd(0.05), probes=("predictions",))
    seen = train(asked.replace(metrics=("accuracy", "squared_error")), three_kinds(), SEEDS).arrays
    told = {"loss", "which_loss", "place_loss", "sign_loss", "which_accuracy", "sign_accuracy", "place_squared_error"}
    assert {name.removeprefix("train_") for name in seen if name.startswith("train_")} == told
    assert {name.removeprefix("final_test_") for name in seen if name.startswith("final_test_")} == told
    np.testing.assert_allclose(seen["train_place_squared_error"], seen["train_place_loss"])
    total = seen["train_which_loss"] + seen["train_place_loss"] + 0.5 * seen["train_sign_loss"]
    np.testing.assert_allclose(seen["train_loss"], total)
    np.testing.assert_allclose(seen["final_test_loss"], seen["final_train_loss"])
    assert seen["final_predictions"].shape == (3, 6, 9)
    np.testing.assert_allclose(seen["final_predictions"][:, :3].sum(axis=1), 1)
    by_default = set(train(asked, three_kinds(), SEEDS).arrays)
    assert {"train_which_accuracy", "train_sign_accuracy"} <= by_default
    assert by_default.isdisjoint({"train_place_accuracy", "train_place_squared_error"})


def test_both_heads_are_learned_to_a_target():
    asked = ask(
        model=models.mlp([8]), loss=losses.heads(side="cross_entropy", much="l2"), optimizer=optimizers.sgd(0.05),
        stop=every(reaches("train_side_accuracy", 1.0), falls_to("train_much_loss", 0.05)), steps=200,
        batch_size=3,
    )  # fmt: skip
    seen = train(asked, two_heads(), SEEDS).arrays
    assert np.isfinite(seen["hit_step"]).all()
    assert (seen["final_train_side_accuracy"] == 1).all()
    assert (seen["final_train_much_loss"] <= 0.05).all()


def test_heads_on_data_of_ones_own():
    x, targets = pictures(n=12)
    own = dataset(
        x.reshape(3, 4, 6, 6), {name: values.reshape(3, 4) for name, values in targets.items()},
        {"side": "binary", "much": "real"}, fresh=True,
    )  # fmt: skip
    asked = ask(model=SMALL["cnn"], loss=both(), optimizer=optimizers.sgd(0.01))
    together = train(asked, own, SEEDS).arrays
    for seed in SEEDS:
        piece = {name: values[4 * seed : 4 * seed + 4] for name, values in targets.items()}
        alone = dataset(x[4 * seed : 4 * seed + 4], piece, {"side": "binary", "much": "real"})
        single = train(asked, alone, np.array([seed])).arrays
        np.testing.assert_allclose(together["train_loss"][seed], single["train_loss"][0], rtol=1e-9)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"loss": "l2"}, PartError, "is for a single thing, the data set asks for the heads much and side"),
        (
            {"loss": losses.heads(side="l2")},
            PartError,
            "is for the heads side, the data set asks for the heads much and side",
        ),
        ({"loss": losses.heads(side="hinge", much="hinge")}, PartError, "needs targets of kind binary or sign"),
        ({"output": "tanh"}, PartError, "but each of 2 heads has its own; leave it out"),
        ({"stop": every(reaches("train_accuracy", 1.0))}, SpecError, "train_side_accuracy"),
    ],
)
def test_what_does_not_fit_the_heads_is_said(changes, error, words):
    with pytest.raises(error, match=words):
        train(ask(**{"loss": both(), **changes}), two_heads(), SEEDS)


def test_a_metric_that_fits_no_head_is_said():
    x, targets = pictures()
    labels = dataset(x, {"one": targets["side"], "two": targets["side"]}, {"one": "binary", "two": "binary"})
    with pytest.raises(PartError, match='within needs numbers, got targets of kind "binary" and "binary"'):
        train(ask(loss=losses.heads(one="l2", two="l2"), metrics=("within",)), labels, SEEDS)
    with pytest.raises(PartError, match="is for the heads one, the data set asks for a single thing"):
        train(ask(loss=losses.heads(one="l2")), one_head(), SEEDS)
