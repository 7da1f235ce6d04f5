"""Intervals hold the truth as often as they say, and tests raise as few false alarms: the table of `simulation`.

A few rows with few draws here, all rows in full at `make test-long`; `make coverage` writes them into docs/coverage.md.
Means, pairs, single runs and ranks, at other sizes and with more draws: `test_intervals`.
The floor is what is nominal, or documented where the method is, less three standard errors of the simulation.
"""

import re
from pathlib import Path

import numpy as np
import pytest
import simulation

ROOT = Path(__file__).parents[2]
CASES = simulation.cases()
# The first row of every method with 20 seeds or more: gross faults only, at 100 draws.
FEW = list({case.method: case for case in reversed(CASES) if case.n in (20, 128)}.values())
SLOW = ("sequential", "interquartile", "crossed", "rank")


def check(case, draws):
    share, count = case.run(draws)
    assert share >= case.floor(count), f"{case.name}: {share:.3f} of {count} draws; documented {case.documented}"


@pytest.mark.parametrize("case", FEW, ids=lambda case: case.name)
def test_the_truth_is_held(case):
    check(case, 30 if case.method.startswith(SLOW) else 100)


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_truth_is_held_in_full(case):
    check(case, simulation.DRAWS)


def test_every_row_stands_in_the_docs_within_its_floor():
    """docs/coverage.md has the rows of the table, no others, and each of them meets what is documented."""
    text = (ROOT / "docs" / "coverage.md").read_text()
    found = re.findall(r"^\| (.+?) \| (.+?) \| (\d+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]*) +\|$", text, re.MULTILINE)
    rows = {f"{method}, {data}, n = {n}": tuple(rest) for method, data, n, *rest in found}
    assert list(rows) == [case.name for case in sorted(CASES, key=lambda case: case.alarm)]
    for case in CASES:
        nominal, seen, documented = (float(cell or "nan") for cell in rows[case.name])
        held = 1 - seen if case.alarm else seen
        assert held >= case.floor(simulation.DRAWS) - 5e-4, case.name
        assert (1 - nominal if case.alarm else nominal) == pytest.approx(case.nominal)
        assert np.isnan(documented) == (case.documented == case.nominal)


def test_an_interval_that_is_too_short_would_be_caught():
    """The plain normal interval without widening fails the floor that ours passes."""
    case = next(case for case in CASES if case.method == "restricted mean" and case.n == 20)
    found = simulation.cut(simulation.hits("skewed", 0.0, np.random.default_rng(0), (20, 2_000)))
    truth = float(simulation.many_both("skewed", 0.0)[0].mean())
    mean, error = found.mean(axis=0), found.std(axis=0) / np.sqrt(20)
    assert np.mean(np.abs(mean - truth) <= 1.96 * error) < case.floor(2_000)


@pytest.mark.parametrize("draws", [40, pytest.param(1_000, marks=pytest.mark.long)])
def test_taking_the_first_low_p_for_an_answer_would_be_caught(draws):
    held = simulation.silent_peeking("skewed", 0.5, 128, np.random.default_rng(0), draws, naive=True)
    assert np.mean(held) < 0.95
    if draws == 1_000:
        assert np.mean(held) < 0.95 - 3 * np.sqrt(0.05 * 0.95 / draws)
