"""LeNet-5 with batch norm and dropout: networks, outcomes, and what its page answers at smoke."""

import json

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.studies.normalize_or_drop import on_fashion, study
from seedbed.studies.normalize_or_drop.learned import by_layer
from seedbed.studies.normalize_or_drop.networks import INPUT, NORM, arms, fashion, one_epoch


@pytest.fixture(scope="module")
def summary(smoke):
    return json.loads((smoke("normalize_or_drop") / "summary.json").read_text())


def count(model, shape=(28, 28), units=10):
    return sb.show.parameter_count(sb.show.layers(model, shape, (units,)))


def test_the_networks_have_the_parameters_of_their_sources():
    plain = count(arms()["plain"]["model"])
    assert plain == 61_706
    assert count(arms()[NORM]["model"]) - plain == 2 * (6 + 16 + 120 + 84)
    assert count(arms()[INPUT]["model"]) - count(arms()[NORM]["model"]) == 2  # one channel: one scale, one shift
    assert count(fashion()["plain"]["model"]) == 61_706
    assert count(one_epoch(60_000, 235).model) == 215_194


def test_the_published_epoch_is_asked_for_as_it_was_run():
    question = study.asked(study.profile("quick"))["one_epoch"].spec
    assert (question.steps, question.batch_size) == (235, 256)
    rate = dict(question.optimizer.options)
    assert (rate["b1"].value, rate["b2"].value) == (0.7, 0.9)
    cycle = dict(rate["learning_rate"].options)
    assert [cycle[name].value for name in ("high", "length", "pct_start", "div_factor")] == [0.01, 235, 0.3, 25]


def test_more_seeds_of_two_arms_ask_the_same_settings_as_the_arms():
    """So that their common members are trained once."""
    asked = study.asked(study.profile("quick"))
    pair = {setting.levels["arm"]: setting.spec.hash() for setting in asked["inputs"].spec.settings()}
    every = {setting.levels["arm"]: setting.spec.hash() for setting in asked["nets"].settings()}
    assert pair == {name: every[name] for name in (NORM, INPUT)}
    before = asked["places"].spec.settings()[0].spec
    assert before.hash() == every[NORM]


def test_gains_are_paired_with_the_plain_network():
    nets = ["plain", "batch norm"]
    test, train = np.array([[0.80, 0.90], [0.85, 0.93]]), np.array([[0.90, 0.95], [0.99, 0.99]])
    learned = np.full((2, 2, 1, 4, 3, 4), np.nan)
    for place, scale in enumerate((1.1, 1.2, 1.3)):
        learned[1, :, :, place, : place + 1] = scale
    record = xr.Dataset(
        {"final_test_accuracy": (("net", "seed"), test), "final_train_accuracy": (("net", "seed"), train),
         "norm_parameters": (("net", "seed", "step", "norm", "unit", "learned"), learned)},
        {"net": nets, "seed": [0, 1], "step": [0],
         "learned": ["scale", "shift", "running mean", "running variance"]},
        {"factors": "net"},
    )  # fmt: skip
    found = on_fashion(record)
    np.testing.assert_allclose(found["fashion_gains"]["gain"].sel(net=NORM), [0.05, 0.03])
    np.testing.assert_allclose(found["fashion_gains"]["gap"].sel(net="plain"), [0.10, 0.05])
    np.testing.assert_allclose(found["fashion_scales"]["scale"].sel(behind="dense 1"), 1.3)


def test_the_input_is_the_first_layer_only_where_it_has_batch_norm(summary):
    learned = summary["readings"]["learned"]
    assert set(learned[NORM]) == {"conv 1", "conv 2", "dense 1", "dense 2"}
    assert set(learned[INPUT]) == {"input", *learned[NORM]}
    assert 0.05 < learned[INPUT]["input"]["running mean"]["estimate"] < 0.15  # grey values, .13 when it has settled


def test_places_left_over_are_no_units():
    widths = {"input": 1, "conv 1": 6, "conv 2": 16, "dense 1": 120, "dense 2": 84}
    learned = np.full((1, 2, 1, 5, 120, 1), np.nan)
    for place, width in enumerate(widths.values()):
        learned[:, :, :, place, :width] = place
    dims = ("arm", "seed", "step", "norm", "unit", "learned")
    found = by_layer(xr.Dataset({"norm_parameters": (dims, learned)}, {"arm": [INPUT]}), INPUT)
    assert {name: part.sizes["unit"] for name, part in found.items()} == widths
    assert [float(part.mean()) for part in found.values()] == [0, 1, 2, 3, 4]


def test_every_question_of_the_sheet_has_an_answer(summary):
    asked = {one["question"] for one in summary["in_short"]["answers"]}
    wanted = {section.asks for section in study.page if section.asks and not section.needs}
    assert wanted <= asked
    assert all("n = " in one["answer"] for one in summary["in_short"]["answers"])


def test_equivalence_needs_its_margin(summary):
    found = summary["readings"]["input_norm"]
    assert found["margin"] == [-0.001, 0.001]
    assert found["equivalent"] is False  # three members after eight steps
