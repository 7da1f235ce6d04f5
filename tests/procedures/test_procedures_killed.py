"""Killed at any moment, again and again, `four_settings` ends with the bits of an undisturbed run."""

import os
import random
import subprocess
import sys
import time

import pytest
import xarray as xr

from seedbed import store

PROGRAM = """
import sys
from seedbed.engine import ensemble
ensemble.CHECKPOINT_SECONDS = 0.1
from seedbed.procedures.run import run
from seedbed.studies.four_settings import study
print("ready", flush=True)
run(study.asked(study.profile("quick")).replace(steps=1500), 40, store=sys.argv[1])
"""


def start(folder):
    as_for_a_user = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)], stdout=subprocess.PIPE, text=True, env=as_for_a_user
    )
    with process.stdout as said:
        assert said.readline() == "ready\n"
    return process


@pytest.mark.parametrize("times", [pytest.param(3, marks=pytest.mark.slow), pytest.param(20, marks=pytest.mark.long)])
def test_killed_again_and_again(tmp_path, times):
    assert start(tmp_path / "whole").wait() == 0  # compiles, so it says nothing of how long the others will take
    process = start(tmp_path / "again")
    began = time.monotonic()
    assert process.wait() == 0
    seconds = time.monotonic() - began
    compare(tmp_path / "whole", tmp_path / "again")
    dice, kills, finished = random.Random(20261121 + times), 0, 0
    while kills < times:
        folder = tmp_path / f"broken-{finished}"
        process = start(folder)
        try:
            process.wait(timeout=dice.uniform(0.0, 0.9) * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
            continue
        finished += 1  # it got through between two kills: compare, and begin a new one
        compare(tmp_path / "whole", folder)
    assert start(folder).wait() == 0
    compare(tmp_path / "whole", folder)


def compare(whole, broken):
    assert not [damage for damage in store.open_existing(broken).verify() if not damage.harmless]
    expected, found = store.open_record(whole), store.open_record(broken)
    xr.testing.assert_equal(expected, found)
    assert expected.attrs["width"] == found.attrs["width"]


@pytest.mark.slow
def test_two_processes_on_one_store(tmp_path):
    both = [start(tmp_path / "shared") for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert start(tmp_path / "alone").wait() == 0
    compare(tmp_path / "alone", tmp_path / "shared")
