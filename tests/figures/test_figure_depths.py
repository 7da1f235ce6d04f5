"""Violins and lines across layers: what is drawn where, and what is refused."""

import numpy as np
import pytest

from seedbed import figures
from seedbed.errors import SpecError
from seedbed.figures import AcrossLayers, Spread

LAYERS = [np.linspace(-1, 1, 50), np.linspace(0, 4, 50), np.zeros(50)]


def test_a_violin_per_layer_with_its_median():
    expected = (np.array([0.0, 2.0, 0.0]), np.array([0.5, 1.0, 0.0]))
    figure = figures.violins([Spread("He", LAYERS, expected), Spread("Glorot", LAYERS)], "hidden layer", "activation")
    first, second = figure.axes
    assert [first.get_title(loc="left"), second.get_title(loc="left")] == ["He", "Glorot"]
    bodies = [one for one in first.collections if len(one.get_paths()) and one.get_paths()[0].vertices.shape[0] > 20]
    assert len(bodies) == 2  # the layer of zeros is a line: a point mass has no density
    np.testing.assert_allclose(bodies[1].get_paths()[0].vertices[:, 0].mean(), 2, atol=0.05)
    medians = [line.get_ydata()[0] for line in first.lines if line.get_color() == "white"]
    np.testing.assert_allclose(medians, [0, 2], atol=1e-9)
    assert first.get_ylabel() == "activation"
    assert second.get_xlabel() == "hidden layer"


def test_lines_across_layers_leave_zeros_out_and_name_theory():
    line = AcrossLayers(np.array([1.0, 0.1, 0.0]), np.array([0.5, 0.05, 0.0]), np.array([2.0, 0.2, 0.0]))
    with_theory = AcrossLayers(line.middle + 1, line.low + 1, line.high + 1, np.array([1.0, 1.0, 1.0]))
    figure = figures.across_layers({"tanh": {"He": line}, "relu": {"He": line, "Glorot": with_theory}}, "layer", "size")
    left, right = figure.axes
    assert left.get_yscale() == "log"
    np.testing.assert_array_equal(left.lines[0].get_ydata(), [1.0, 0.1, np.nan])
    assert len(right.lines) == 3
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["He", "Glorot", "theory, infinite width"]
    assert right.lines[1].get_color() != right.lines[0].get_color()


def test_what_is_refused():
    for panels in ([], [Spread("a", [np.array([np.nan])])], [Spread("a", [np.array([])])]):
        with pytest.raises(SpecError, match="finite values at every layer"):
            figures.violins(panels, "layer", "a")
    for nothing in ({}, {"tanh": {}}):
        with pytest.raises(SpecError, match="no line to draw"):
            figures.across_layers(nothing, "layer", "size")
