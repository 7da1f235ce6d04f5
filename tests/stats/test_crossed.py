"""Shares of two crossed sources: unbiased under an additive law, by hand on a small table, intervals that cover."""

import numpy as np
import pytest

from seedbed import stats
from seedbed.errors import StatsError


def table(rng, rows, columns, places, r, c, e):
    return (r * rng.standard_normal((rows, 1, places)) + c * rng.standard_normal((1, columns, places))
            + e * rng.standard_normal((rows, columns, places)))  # fmt: skip


def test_pairs_by_hand():
    """Three rows, two columns, two places: every pair counted by a loop."""
    values = np.array([[[0, 1], [1, 1]], [[0, 0], [1, 0]], [[1, 1], [1, 0]]], float)
    kinds = {"row": [], "column": [], "neither": []}
    cells = [(i, j) for i in range(3) for j in range(2)]
    for one in cells:
        for other in cells:
            if one != other:
                kind = "row" if one[0] == other[0] else "column" if one[1] == other[1] else "neither"
                kinds[kind].append(np.mean(values[one] != values[other]))
    found = stats.crossed(values)
    assert found.same_row.estimate == pytest.approx(np.mean(kinds["row"]))
    assert found.same_column.estimate == pytest.approx(np.mean(kinds["column"]))
    assert found.neither.estimate == pytest.approx(np.mean(kinds["neither"]))
    assert sum(share.estimate for share in found.shares.values()) == pytest.approx(1)


def test_shares_are_those_of_the_law():
    rng = np.random.default_rng(7)
    found = stats.crossed(table(rng, 12, 14, 4_000, 1.0, 2.0, 1.0))  # variances 1, 4, 1
    for name, share in {"rows": 1 / 6, "columns": 4 / 6, "together": 1 / 6}.items():
        assert found.shares[name].estimate == pytest.approx(share, abs=0.02), name


def test_transposing_exchanges_the_sources():
    values = table(np.random.default_rng(8), 5, 7, 20, 1.0, 0.5, 0.2)
    one, other = stats.crossed(values), stats.crossed(values.swapaxes(0, 1))
    assert one.shares["rows"].estimate == pytest.approx(other.shares["columns"].estimate)
    assert one.same_row.estimate == pytest.approx(other.same_column.estimate)


def test_intervals_cover():
    """80 tables of 12 x 12 with one place, where they are hardest: few cover less than four fifths of the time."""
    rng = np.random.default_rng(9)
    truth = {"rows": 0.25, "columns": 0.5, "together": 0.25}
    inside = dict.fromkeys(truth, 0)
    for _ in range(80):
        found = stats.crossed(table(rng, 12, 12, 1, 1.0, 2**0.5, 1.0))
        for name, share in truth.items():
            inside[name] += found.shares[name].low <= share <= found.shares[name].high
    assert all(count >= 0.85 * 80 for count in inside.values()), inside


def test_members_that_are_all_alike_have_no_shares():
    found = stats.crossed(np.ones((3, 3, 2)))
    assert (found.same_row.estimate, found.neither.estimate) == (0, 0)
    assert np.isnan(found.shares["rows"].estimate)


@pytest.mark.parametrize("values", [np.ones((1, 3, 2)), np.ones((3, 3, 0)), np.full((2, 2, 1), np.nan)])
def test_what_is_refused(values):
    with pytest.raises(StatsError):
        stats.crossed(values)
