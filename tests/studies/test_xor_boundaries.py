"""The best accuracy of the law, sums as means, the sources of spread, and a page that stays true for other levels."""

import json

import numpy as np
import pytest

import seedbed as sb
from seedbed.studies import xor_boundaries
from seedbed.studies.xor_boundaries import BEST, RATES
from seedbed.studies.xor_boundaries.networks import MEAN, REPORT, SUMMED, all_networks, answers
from seedbed.studies.xor_boundaries.sources import Design, designs, source_words


def asked(profile):
    """The training that the study asks for."""
    return xor_boundaries.ask(xor_boundaries.study.profile(profile))["training"]


@pytest.fixture
def readings(smoke):
    return json.loads((smoke("xor_boundaries") / "summary.json").read_text())["readings"]


def test_the_best_accuracy_is_that_of_the_cross():
    from seedbed.datasets.load import load

    data = load(sb.data.xor_blobs(200_000, test=0, draw=5))
    said = data.inputs[:, 0] * data.inputs[:, 1] < 0
    right = np.mean(said == data.targets.ravel())
    assert right == pytest.approx(BEST, abs=4 * np.sqrt(BEST * (1 - BEST) / 200_000))


def test_a_sum_over_a_thousand_points_is_the_mean_at_a_thousand_times_the_rate():
    base = asked("full").replace(factors=(), steps=20, trace=20)
    summed = base.replace(loss=sb.losses.mse(reduction="sum"), optimizer=sb.optimizers.sgd(1e-5))
    mean = base.replace(optimizer=sb.optimizers.sgd(RATES[REPORT]))
    one, other = (sb.run(question, seeds=2, engine="reference")["final_parameters"] for question in (summed, mean))
    np.testing.assert_allclose(one, other, rtol=1e-9)
    assert RATES[SUMMED] == 1_000 * RATES[MEAN]


@pytest.mark.long
def test_replayed_accuracy_is_the_engine_s_own(smoke):
    """On the very test points of a member that the engine judged it by."""
    from seedbed.datasets.load import load
    from seedbed.store import open_record

    training = open_record(smoke("xor_boundaries") / "record", "training").sel(rate=MEAN)
    data = load(asked("smoke").data, training["seed"].values)
    for levels, part in sb.rows(training):
        rows = part["final_parameters"].transpose("seed", "parameter").values
        for member, row in enumerate(rows):
            said = answers(levels, row, data.test_inputs[member]) > 0.5
            right = np.mean(said == data.test_targets[member].ravel())
            assert right == pytest.approx(float(part["final_test_accuracy"].values[member]), abs=1e-6)


def test_members_of_the_crossed_design_share_what_they_should(smoke):
    """At the same initial draw and with the same data a member is that of the plain question."""
    design = asked("smoke").replace(factors=(), steps=1, trace=1)
    start = {f"{draw}": {"initializer.draw": draw} for draw in range(3)}
    question = design.replace(initializer=sb.initializers.normal(1.0, draw=0)).vary(start=start)
    first = sb.run(question, seeds=3, engine="reference")["parameters"].isel(step=0)
    plain = sb.run(design, seeds=3, engine="reference")
    for draw in range(3):
        of_draw = first.sel(start=str(draw)).values
        assert (of_draw == plain["parameters"].isel(step=0).values[draw]).all()
    crossed = sb.run(question, seeds=3, engine="reference")["final_parameters"].transpose("start", "seed", ...)
    same = crossed.values[np.arange(3), np.arange(3)]
    np.testing.assert_array_equal(same, plain["final_parameters"].values)


def test_shares_of_the_page_sum_to_one(readings):
    for one in readings["crossed"]:
        estimates = [share["estimate"] for share in one["shares"].values()]
        assert None in estimates or sum(estimates) == pytest.approx(1)
        assert 0 <= one["neither"]["estimate"] <= 1


def source(rows, columns):
    """A table whose labels are decided by the row, the column, or both."""
    rng = np.random.default_rng(3)
    values = rows * rng.standard_normal((12, 1, 60)) + columns * rng.standard_normal((1, 12, 60))
    found = sb.stats.crossed((values > 0).astype(float))
    return [Design("tanh", {}, values, found, found)]


def test_the_words_name_the_source_that_was_put_in():
    (said,) = source_words(source(0.0, 1.0))
    assert "initial weights decide" in said
    (said,) = source_words(source(1.0, 0.0))
    assert "the data decide" in said
    (said,) = source_words(source(1.0, 1.0))
    assert "not shown by so few draws" in said
    alike = sb.stats.crossed(np.ones((3, 3, 4)))
    (said,) = source_words([Design("x", {}, np.ones((3, 3, 4)), alike, alike)])
    assert "label the points alike" in said


def test_the_design_is_read_by_data_set_and_initial_draw(smoke):
    """Networks of one row share the data set, those of one column the initial draw."""
    from seedbed.store import open_record

    record = open_record(smoke("xor_boundaries") / "record", "crossed")
    first, *_ = designs(record, np.array([[0.5, 0.5], [-1.0, 1.0]]), np.array([0.0, 1.0]))
    assert first.setting == "sigmoid"
    part = record["final_parameters"].sel(activation="sigmoid", start="2", seed=1).values
    np.testing.assert_array_equal(first.rows[1, 2], part)


def test_a_network_that_diverged_counts_as_half_right(smoke):
    from seedbed.store import open_record

    folder = smoke("xor_boundaries") / "record"
    records = {name: open_record(folder, name).load() for name in ("training", "points")}
    records["training"]["diverged_step"][...] = 3.0
    tested = xor_boundaries.outcomes(records)["tested"]
    assert (tested["accuracy"] == 0.5).all()
    assert (tested["common_accuracy"] == 0.5).all()


def test_a_single_network_has_none_to_differ_from(smoke):
    from seedbed.report.context import Context
    from seedbed.store import open_record

    def answers_of(seeds):
        folder, study = smoke("xor_boundaries") / "record", xor_boundaries.study
        records = {name: open_record(folder, name) for name in ("training", "points")}
        records["training"] = records["training"].isel(seed=seeds).load()
        context = Context(study, study.profile("smoke"), records, xor_boundaries.outcomes(records))
        return [one for one in all_networks(context) if isinstance(one, sb.Answer)]

    assert answers_of([0]) == []
    (answer,) = answers_of([0, 1, 2])
    assert "n = 3 each" in answer.text


def test_every_question_is_answered_with_how_many_networks(smoke):
    short = json.loads((smoke("xor_boundaries") / "summary.json").read_text())["in_short"]
    assert len(short["answers"]) == 6
    assert all("n = " in one["answer"] and "95 % interval" in one["answer"] for one in short["answers"])


@pytest.mark.long
def test_another_output_and_activation_are_told_without_published_numbers(tmp_path):
    changes = {"activation": ["gelu"], "output": ["sigmoid"]}
    done = sb.run_study(xor_boundaries.study, profile="smoke", seeds=range(2), out=tmp_path, changes=changes)
    page = (done.folder / "report.html").read_text()
    assert "None of the activations run here has a published number" in page
