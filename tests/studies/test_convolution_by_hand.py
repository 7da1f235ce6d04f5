"""The study of convolution by hand: with drawn shapes, with a course's files, and what it says where numbers differ."""

import json

import numpy as np
import pytest

from seedbed.catalogue import retell, run_study
from seedbed.datasets import downloads
from seedbed.errors import DataError
from seedbed.studies import TABLE
from seedbed.studies import convolution_by_hand as told

STUDY = TABLE["convolution_by_hand"]


@pytest.fixture(autouse=True)
def nothing_local(tmp_path, monkeypatch):
    monkeypatch.delenv("SEEDBED_DATA", raising=False)
    monkeypatch.setattr(downloads.platformdirs, "user_cache_dir", lambda name: str(tmp_path / "cache" / name))


@pytest.fixture
def course(tmp_path):
    """Made-up files of the course's names: small strokes, kernels of 4 x 4."""
    folder, rng = tmp_path / "course", np.random.default_rng(4)
    folder.mkdir()
    np.save(folder / "kernel.npy", rng.normal(size=(3, 1, 4, 4)))
    for digit in (0, 1):
        images = np.zeros((3, 1, 12, 12), np.uint8)
        images[:, :, 3:9, 4 + digit : 7 + digit] = rng.integers(100, 256, (3, 1, 6, 3))
        np.save(folder / f"samples_{digit}.npy", images)
    return folder


def summary(folder):
    return json.loads((folder / "summary.json").read_text())


def test_drawn_shapes_answer_all_questions(tmp_path):
    folder = run_study(STUDY, profile="smoke", out=tmp_path, engine="reference", command="x").folder
    page = (folder / "report.html").read_text()
    assert "shapes drawn by seedbed" in page
    for number in range(1, 7):
        assert f"{number}. " in page
    (readings,) = summary(folder)["readings"].values()
    assert max(readings["largest_difference_from_loops"].values()) < 1e-12
    assert readings["dark"]["largest_output"] == 0
    assert sum(readings["variance_shares"]["mean"].values()) == pytest.approx(1)


def test_a_courses_files_take_the_place_of_shapes(tmp_path, course):
    folder = run_study(STUDY, profile="smoke", out=tmp_path, data=course, command="x").folder
    found = summary(folder)["readings"]
    assert set(found) == {"bank", "sheet"}
    assert found["sheet"]["largest_difference_from_loops"]["engine"] < 1e-5
    assert found["sheet"]["first_kind"] == "digit 0"
    pictures = {path.stem for path in (folder / "figures").iterdir()}
    assert {"kernels_sheet", "kernels_bank", "grid_sheet", "grid_kinds", "grid_bank", "times"} <= pictures
    before = (folder / "report.html").read_bytes()
    retell(folder)
    assert (folder / "report.html").read_bytes() == before


def test_a_folder_without_the_files_is_one_sentence(tmp_path):
    with pytest.raises(DataError, match=r"no samples_\*.npy in"):
        run_study(STUDY, profile="smoke", out=tmp_path / "out", data=tmp_path, engine="reference", command="x")


def test_the_published_range_is_compared_only_where_it_can_be():
    assert "**the same range**" in told.published_range(-827.951, 678.374, "digit 0", 5)
    assert "**another range**" in told.published_range(-827.9, 678.374, "digit 0", 5)
    assert "not compared" in told.published_range(-827.951, 678.374, "digit 0", 2)
    assert "not compared" in told.published_range(-827.951, 678.374, "digit 7", 5)


def test_a_difference_is_told():
    assert "the same numbers" in told.agreement({"bank": {"patches": 1e-16, "engine": 1e-7}})
    assert "**other** numbers" in told.agreement({"bank": {"patches": 1e-3, "engine": 1e-7}})
    assert "**does not agree**" in told.agreement({"bank": {"patches": 0.0, "engine": 1e-3}})
    assert "reference engine" in told.agreement({"bank": {"patches": 0.0}})


def test_likeness_within_columns_and_rows_is_told_from_the_same_numbers(tmp_path):
    """The answer to question 4 names the medians of `summary.json`, of columns and of rows each."""
    done = summary(run_study(STUDY, profile="smoke", out=tmp_path, engine="reference", command="x").folder)
    distance = done["readings"]["bank"]["distance"]
    column, row = (distance[name]["median"] for name in ("same kernel (a column)", "same image (a row)"))
    assert round(column) != round(row)
    answers = {one["question"][:3]: one["answer"] for one in done["in_short"]["answers"]}
    assert f"a column differ by {column:.0f} in the median" in answers["(4)"]
    assert f"two of a row by {row:.0f}." in answers["(4)"]
    *told, judged = done["in_short"]["answers"]
    assert len(told) == 7
    assert all("n = " in one["answer"] for one in told)
    assert judged["section"] == "Published statements, judged"
    assert judged["answer"] == "Of 2 published statements, 2 cannot be told."
    assert done["in_short"]["sentences"] == ""
