"""Shares with their bands and fitted functions: what is drawn is what was given, and what is refused."""

import numpy as np
import pytest

from seedbed import figures
from seedbed.errors import SpecError

STEPS = np.array([0, 10, 20])
CURVES = [
    figures.ShareCurve("nine", STEPS, np.array([0.5, 0.6, 0.7]), np.array([0.4, 0.5, 0.6]), np.array([0.6, 0.7, 0.8])),
    figures.ShareCurve("ten", STEPS, np.array([0.8, 0.8, 0.9]), np.array([0.7, 0.7, 0.8]), np.array([0.9, 0.9, 1.0])),
]
X = np.linspace(-1, 1, 5)


def test_curves_and_bands_are_drawn_as_given():
    (axes,) = figures.shares(CURVES, "share of the dead").axes
    lines = [line for line in axes.lines if len(line.get_xdata()) == 3]
    assert [line.get_ydata().tolist() for line in lines] == [[0.5, 0.6, 0.7], [0.8, 0.8, 0.9]]
    heights = [band.get_paths()[0].vertices[:, 1] for band in axes.collections]
    assert [(float(h.min()), float(h.max())) for h in heights] == [(0.4, 0.8), (0.7, 1.0)]
    assert axes.get_ylabel() == "share of the dead"
    assert [text.get_text() for text in axes.texts] == ["nine", "ten"]


def test_the_axis_may_begin_above_zero_but_not_above_a_share():
    (axes,) = figures.shares(CURVES, "share", lowest=0.4).axes
    assert 0.35 < axes.get_ylim()[0] <= 0.4
    with pytest.raises(SpecError, match="below the axis at 0"):
        figures.shares(CURVES, "share", lowest=0.6)


def test_a_panel_holds_the_function_and_the_answer():
    panels = [figures.Fit(f"seed {seed}", X, np.abs(X), np.full(5, float(seed))) for seed in range(4)]
    drawn = figures.fits(panels).axes
    assert [axes.get_title(loc="left") or axes.get_title() for axes in drawn] == [panel.name for panel in panels]
    for seed, axes in enumerate(drawn):
        truth, answer = axes.lines
        assert truth.get_ydata().tolist() == np.abs(X).tolist()
        assert answer.get_ydata().tolist() == [seed] * 5


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: figures.shares([], "share"), "at least one curve"),
        (lambda: figures.shares([figures.ShareCurve("a", STEPS, X, X, X)], "share"), "of one shape"),
        (lambda: figures.fits([]), "at least one network"),
        (lambda: figures.fits([figures.Fit("a", X, X, X[:2])]), "of one shape"),
    ],
)
def test_what_does_not_fit_is_a_sentence(draw, words):
    with pytest.raises(SpecError, match=words):
        draw()


def test_bands_draw_medians_of_every_group_and_leave_zeros_out_of_a_log_axis():
    steps, values = np.array([0, 5]), np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 4.0]])
    panels = [(title, {"grows": (steps, values), "rests": (steps, 0 * values)}) for title in ("one", "two")]
    drawn = figures.bands(panels, "drift", log=True).axes
    assert [axes.get_title(loc="left") for axes in drawn] == ["one", "two"]
    for axes in drawn:
        (line,) = axes.lines  # the group that rests at 0 has none
        assert line.get_xdata().tolist() == [5]
        assert line.get_ydata().tolist() == [2.0]
    assert drawn[0].get_yscale() == "log"
    with pytest.raises(SpecError, match="panels of the same groups"):
        figures.bands([panels[0], ("two", {"grows": (steps, values)})], "drift")
