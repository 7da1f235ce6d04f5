"""Trade-off lines: what is drawn where, bounds that are open, and what is refused."""

import numpy as np
import pytest

from seedbed import figures
from seedbed.errors import SpecError
from seedbed.figures import TradeOff

X, Y = np.array([32.0, 64.0, 128.0]), np.array([280.0, 260.0, 250.0])
LINE = TradeOff(X, Y, Y - 5, Y + 10)


def test_lines_bars_points_and_marks_stand_where_they_belong():
    rich = TradeOff(X, Y - 100, Y - 101, Y - 99, single=(X, Y - 90), published=(np.array([512.0]), np.array([60.0])))
    drawn = {"": {"one layer": LINE, "two layers": rich}}
    figure = figures.trade_offs(drawn, "units", "RMSE", marks=[("the best constant", 298.4)], theirs="xp")
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_xscale(), axes.get_yscale()) == (
        "units", "RMSE", "log", "linear")  # fmt: skip
    bars = [np.array(segment) for one in axes.collections for segment in one.get_segments()]
    np.testing.assert_allclose(bars[0][:, 1], [275, 290])
    assert axes.get_xlim()[0] < 32 < 512 < axes.get_xlim()[1]
    assert axes.get_ylim()[0] < 60 < 298.4 < axes.get_ylim()[1]
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "none"]
    assert [line.get_ydata().tolist() for line in hollow] == [[60.0]]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["one layer", "two layers", "xp"]
    assert "the best constant" in [text.get_text() for text in axes.texts]


def test_a_bound_that_is_not_known_draws_no_bar():
    open_ends = TradeOff(X, Y, np.full(3, np.nan), np.full(3, np.nan))
    (axes,) = figures.trade_offs({"": {"a": open_ends}}, "x", "y").axes
    for one in axes.collections:
        for segment in one.get_segments():
            assert np.ptp(np.array(segment)[:, 1]) == 0


def test_panels_share_their_axes_and_names_their_looks():
    figure = figures.trade_offs({"alone": {"a": LINE}, "wave": {"b": LINE, "a": LINE}}, "x", "y", log=True)
    left, right = figure.axes
    assert [axes.get_title(loc="left") for axes in (left, right)] == ["alone", "wave"]
    assert left.get_xlim() == right.get_xlim()
    assert left.get_yscale() == right.get_yscale() == "log"
    assert left.lines[0].get_color() == right.lines[-1].get_color() or left.lines[0].get_color() in {
        line.get_color() for line in right.lines
    }


@pytest.mark.parametrize("line", [TradeOff(X[:2], Y, Y, Y), TradeOff(-X, Y, Y, Y), TradeOff(X[:0], *[Y[:0]] * 3)])
def test_what_is_refused(line):
    with pytest.raises(SpecError, match="needs x above 0"):
        figures.trade_offs({"": {"a": line}}, "x", "y")
    with pytest.raises(SpecError, match="no line to draw"):
        figures.trade_offs({"": {}}, "x", "y")
