"""The cheap benchmarks run, and leave their table. Counts and signs only: a second is never asserted."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHEAP = (
    "seedbed",
    "torch",
    "numpy",
    "jax",
    "c++",
    "seedbed-narrow",
    "torch-narrow",
    "seedbed-3x3",
    "torch-3x3",
    "pool-seedbed-6",
    "help",
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    results = tmp_path_factory.mktemp("benchmarks") / "results.jsonl"
    command = (sys.executable, "-m", "benchmarks", *CHEAP, "--tiny", "--rounds", "1", "--results", str(results))
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout, [json.loads(line) for line in results.read_text().splitlines()]


def test_one_dated_line_is_written_with_the_machine_and_every_case(ran):
    _, (line,) = ran
    assert line["date"][:2] == "20"
    assert line["rounds"] == 1
    assert {"processor", "cores", "load", "python", "jax", "torch", "numpy", "compiler"} <= set(line["machine"])
    assert [row["name"] for row in line["results"]] == list(CHEAP)


def test_the_table_has_a_line_for_every_case(ran):
    text, (line,) = ran
    assert all(row["words"] in text for row in line["results"])


@pytest.mark.parametrize("name", CHEAP)
def test_a_case_gives_a_positive_number(ran, name):
    (row,) = (row for row in ran[1][0]["results"] if row["name"] == name)
    if "skipped" in row:
        pytest.skip(row["skipped"])
    assert row["seconds" if row["suite"] == "start" else "us"] > 0


def test_the_c_loop_is_checked_against_numpy(ran):
    row = {row["name"]: row for row in ran[1][0]["results"]}["c++"]
    if "skipped" in row:
        pytest.skip(row["skipped"])
    assert 0 <= row["differs_by"] <= 1e-3


def test_a_wrong_c_loop_is_found_out(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    floor = importlib.import_module("benchmarks.dense_floor")
    broken = lambda packed, x, y, steps, threads: (packed[0] * 0, packed[0] * 0)  # noqa: E731
    assert floor.disagreement(broken, 16, 1) > floor.TOLERANCE


def test_ratios_are_those_of_the_medians(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    table = importlib.import_module("benchmarks.table")
    rows = [{"name": "torch", "us": 800.0}, {"name": "seedbed", "us": 0.5}, {"name": "c++2", "skipped": "no compiler"}]
    assert table.ratios(rows) == {"torch / seedbed": 1600.0}


def test_an_unknown_case_is_one_sentence():
    said = subprocess.run((sys.executable, "-m", "benchmarks", "desne"), cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 2
    assert said.stderr.startswith('no case "desne"; choose from ')
