"""The studies of the line and detection images: what they count, what they claim, what they do without a record."""

import json

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.catalogue import run_study
from seedbed.report.context import Context
from seedbed.studies import TABLE, detection


@pytest.fixture
def told(smoke):
    """Folder and summary of a study, by its name."""
    return lambda name: (smoke(name), json.loads((smoke(name) / "summary.json").read_text()))


def test_lines_count_parameters_and_operations(told):
    costs = told("lines")[1]["readings"]["costs"]
    assert costs["convolutional"]["parameters"] == 7209
    assert costs["convolutional"]["multiply_adds"] == [10 * 10 * 49 * 16, 4 * 4 * 16 * 49 * 8, 128]
    assert costs["convolutional"]["operations_per_step"] == 64 * (4 * 78_400 + 6 * (100_352 + 128))
    assert costs["dense of part 2"] == {"parameters": 73, "multiply_adds": [64, 4],
                                        "operations_per_step": 64 * 280}  # fmt: skip
    assert costs["dense on line images"]["parameters"] == 256 * 4 + 4 + 4 + 1
    assert told("lines")[1]["readings"]["padded"]["convolutional with padding"]["parameters"] == 800 + 6280 + 2049


def test_detection_counts_both_heads(told):
    costs = told("detection")[1]["readings"]["costs"]
    assert {cost["parameters"] for cost in costs.values()} == {7209, 7338}


def test_detection_answers_the_sheet_with_members_and_intervals(told):
    summary = told("detection")[1]
    answers = {one["section"]: one["answer"] for one in summary["in_short"]["answers"]}
    assert list(answers) == [
        "Both losses and both accuracies", "When every width is right", "Compared with the line images"]  # fmt: skip
    assert "Accuracy of the label" in answers["Both losses and both accuracies"]
    assert all("95 % interval" in one for one in answers.values()), answers


def test_detection_says_beside_which_record_a_published_run_stands(told):
    beside = {one["step"]: (one["record"], one["setting"]) for one in told("detection")[1]["readings"]["published"]}
    assert beside == {507: ("detection", "the only setting"), 1000: ("detection", "the only setting"),
                      844: ("rates", "Rybkin's rates"), 1304: ("rates", "Rybkin's rates")}  # fmt: skip


def test_detection_compares_steps_where_half_arrive():
    """Medians in the ratio of 3 and 5 to 1, and what is said of them."""
    rng = np.random.default_rng(2)
    base = rng.uniform(90, 110, 30)
    steps = np.array([base, 3 * base, 5 * base])
    record = xr.Dataset(
        {"hit_step": (("network", "seed"), steps), "stop_step": (("network", "seed"), steps)},
        {"network": [detection.LINES, detection.LABEL, detection.WIDTH], "seed": np.arange(30)},
        {"cap": 10_000, "target": "x", "factors": "network"},
    )
    context = Context(detection.study, detection.study.profile("smoke"), {"x": record}, {"targets": record})
    found = list(detection.how_many_times(context))
    (reading,) = (one.value for one in found if isinstance(one, sb.Reading))
    assert [one["estimate"] for one in reading.values()] == [pytest.approx(3), pytest.approx(5)]
    assert "**3 [3,\N{NO-BREAK SPACE}3] times** as many steps until every label is right" in found[-1].text
    assert "n = 30" in found[-1].text


@pytest.mark.parametrize(("name", "steps"), [("lines", {16, 20, 22, 25, 34}), ("detection", {507, 844, 1000, 1304})])
def test_lines_and_detection_state_every_published_run(told, name, steps):
    summary = told(name)[1]
    assert {claim["published"] for claim in summary["claims"]} - {None} == steps
    assert {one["step"] for one in summary["readings"]["published"]} == steps


def test_lines_set_beside_them_only_runs_of_this_network(told):
    published = told("lines")[1]["readings"]["published"]
    assert {one["step"] for one in published if one["same_set_up"]} == {20, 25}


def test_lines_initial_kernels_are_those_that_training_began_with(told):
    from seedbed.store import open_record

    folder, summary = told("lines")
    start, trained = (open_record(folder / "record", name) for name in ("start", "lines"))
    assert np.abs(start["final_first_kernels"].values).max() <= 0.2  # the draw is cut at two standard deviations
    moved = summary["readings"]["first_kernels_moved"]
    assert 0 < moved["median"] < 1
    assert not np.array_equal(start["final_first_kernels"], trained["final_first_kernels"])


def test_lines_leave_what_only_helps_to_tell_out_of_the_settings(told):
    assert {one["record"] for one in told("lines")[1]["settings"]} == {"lines", "padded", "dense", "part2"}
    page = (told("lines")[0] / "report.html").read_text()
    assert "Where the runs of this report differ" in page
    assert ">padded</td>" in page
    assert ">start</td>" not in page


def test_lines_with_one_level_set(tmp_path, monkeypatch):
    monkeypatch.setattr("seedbed.catalogue.reporting.write", lambda *_, **__: [])  # asked for numbers only
    changes = {"padding": ["same"], "activation": ["leaky_relu"]}
    done = run_study(TABLE["lines"], profile="smoke", seeds=range(1), out=tmp_path, changes=changes)
    settings = {one["record"]: one["factors"] for one in done.summary["settings"]}
    assert settings["lines"] == {"padding": "same", "activation": "leaky_relu"}
    assert "padded" not in settings
    assert done.summary["readings"]["costs"]["convolutional"]["parameters"] == 800 + 6280 + 2049


def test_lines_and_what_they_are_compared_with_take_a_user_s_files_where_there_are(tmp_path):
    rng = np.random.default_rng(0)
    images = np.zeros((8, 16, 16))
    images[:4, :, 2:4] = images[4:, :, 10:12] = 1
    np.save(tmp_path / "line_imgs.npy", np.where(rng.random(images.shape) < 0.02, 1 - images, images))
    np.save(tmp_path / "line_labs.npy", np.repeat([1.0, 0.0], 4))
    done = run_study(TABLE["lines"], profile="smoke", seeds=range(1), out=tmp_path / "out", data=tmp_path)
    costs = done.summary["readings"]["costs"]
    assert costs["convolutional"]["operations_per_step"] == 8 * (4 * 78_400 + 6 * (100_352 + 128))
    page = (done.folder / "report.html").read_text()
    assert "random images" in page  # part 2 keeps its generator: the folder has no random_imgs.npy
