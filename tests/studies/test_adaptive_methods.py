"""Five adaptive methods: first updates by law, Zeiler's cells, and what the page answers at smoke."""

import json

import numpy as np
import pytest
import xarray as xr

from seedbed.studies.adaptive_methods import study
from seedbed.studies.adaptive_methods.methods import TABLE_1, TABLE_2, table_1, table_2, zeiler
from seedbed.studies.adaptive_methods.rates import outcomes


@pytest.fixture(scope="module")
def summary(smoke):
    return json.loads((smoke("adaptive_methods") / "summary.json").read_text())


def test_first_updates_obey_their_formulas(summary):
    """AdaGrad and Adam move every weight by their rate, AdaDelta by at most sqrt(eps / (1 - rho)) of its rate."""
    first = {name: one["estimate"] for name, one in summary["readings"]["first_update"].items()}
    assert first["AdaGrad"] / first["Adam"] == pytest.approx(10, rel=1e-2)
    assert first["AdaDelta"] / first["AdaDelta at 0.001"] == pytest.approx(1000, rel=1e-3)
    assert 0 < first["AdaDelta"] / first["Adam"] < 1e3 * (1e-6 / 0.05) ** 0.5


def test_zeilers_cells_are_all_asked_and_all_claimed():
    question = zeiler(1_000, 100, 1)
    assert len(table_1(question).settings()) == 15
    assert len(table_2(question).settings()) == 12
    cells = {claim.value for claim in study.claims if claim.source.startswith("Zeiler") and claim.value is not None}
    theirs = np.concatenate([*TABLE_1.values(), *TABLE_2])
    assert cells == {round(error / 100, 6) for error in theirs}


def test_a_diverged_network_is_wrong_nine_times_in_ten():
    def record(axes, accuracy, diverged):
        shape = (*map(len, axes.values()), 2)
        dims = (*axes, "seed")
        return xr.Dataset(
            {"final_test_accuracy": (dims, np.broadcast_to(accuracy, shape)),
             "diverged_step": (dims, np.broadcast_to(diverged, shape))},
            {**axes, "seed": [0, 1]}, {"factors": " ".join(axes)},
        )  # fmt: skip

    rates = record({"method": ["SGD"], "learning_rate": [1.0, 0.1]}, [[[0.97, 0.5], [0.98, 0.99]]],
                   [[[np.nan, 7.0], [np.nan, np.nan]]])  # fmt: skip
    ada = record({"eps": [1e-6], "decay": [0.9, 0.95]}, [[[0.98, 0.97], [0.97, 0.98]]], np.nan)
    found = outcomes({"rates": rates, "adadelta": ada})
    np.testing.assert_allclose(found["errors"]["error"].sel({"method": "SGD", "learning_rate": 1.0}), [0.03, 0.9])
    spans = found["spans"]["span"]
    np.testing.assert_allclose(spans.sel({"method": "SGD"}), [0.01, 0.89])
    np.testing.assert_allclose(spans.sel({"method": "AdaDelta"}), [0.01, 0.01])


def test_only_dropout_changes_between_the_two_regularizers():
    settings = study.asked(study.profile("quick"))["nets"].settings()
    assert len(settings) == 12
    assert {setting.spec.optimizer["l2"].value for setting in settings} == {1e-4}
    dropped = [setting.spec.model.label().count("dropout(") for setting in settings]
    assert dropped == [0, 3] * 6


def test_every_question_of_the_sheet_has_an_answer(summary):
    asked = {one["question"] for one in summary["in_short"]["answers"]}
    assert {section.asks for section in study.page if section.asks and not section.needs} <= asked
    assert all("n = " in one["answer"] for one in summary["in_short"]["answers"])


def test_the_noise_of_dropout_is_told_apart(smoke):
    pictures = {path.stem for path in (smoke("adaptive_methods") / "figures").iterdir()}
    assert {"train_loss_L2", "train_loss_L2_and_dropout", "batch_loss_L2_and_dropout"} <= pictures
