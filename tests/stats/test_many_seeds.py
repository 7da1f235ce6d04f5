"""All statistics of a report at 10,000 seeds: they come, no table grows with seeds times resamples, and no jax."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = """
import json, sys, tracemalloc
from benchmarks import statistics
from seedbed import stats
from seedbed.stats import resampling
largest = []
kept = resampling._counts
def counted(rng, rows, n):
    largest.append(rows * n)
    return kept(rng, rows, n)
resampling._counts = counted
resampling.LEAST = resampling.MOST = {resamples}
found = statistics.tell(stats, statistics.members({seeds}, 8))
print(json.dumps(found | {{"largest": max(largest), "jax": "jax" in sys.modules}}))
"""


def told(seeds, resamples):
    code = CODE.format(seeds=seeds, resamples=resamples)
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


@pytest.mark.parametrize(("seeds", "resamples"), [(10_000, 50), (100, 500)])
def test_a_report_s_statistics_stay_small_and_need_no_jax(seeds, resamples):
    found = told(seeds, resamples)
    assert found["settings"] == 8
    assert found["pairs"] == found["needed"] == 28
    assert found["answers"] == 8 + 28 + 8 + 1 + 8 + 28 + 8 + 8 + 28
    assert found["largest"] <= 50_000  # cells of a table of counts at any time, whatever the number of resamples
    assert found["jax"] is False
