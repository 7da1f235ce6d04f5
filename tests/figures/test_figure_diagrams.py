"""Block diagrams and sweeps of the batch size: what is drawn where, and what is refused."""

import numpy as np
import pytest
from matplotlib.patches import FancyBboxPatch, Polygon

from seedbed import figures
from seedbed.errors import SpecError
from seedbed.figures import FlowStep

STEPS = [
    FlowStep("begin", "end"),
    FlowStep("train\na step"),
    FlowStep("enough?", "decide", otherwise="more", back=1),
    FlowStep("stop", "end"),
]


def test_blocks_stand_from_top_to_bottom_and_the_way_back_has_its_own():
    (axes,) = figures.block_diagram(STEPS).axes
    places = {text.get_text(): text.get_position() for text in axes.texts if text.get_text()}
    assert set(places) == {"begin", "train\na step", "enough?", "more", "stop", "yes", "no"}
    column = [places[name] for name in ("begin", "train\na step", "enough?", "stop")]
    assert len({x for x, _ in column}) == 1
    assert [y for _, y in column] == sorted((y for _, y in column), reverse=True)
    assert places["more"][0] > column[0][0]
    assert column[2][1] < places["more"][1] < column[1][1]
    kinds = [type(patch) for patch in axes.patches]
    assert (kinds.count(FancyBboxPatch), kinds.count(Polygon)) == (4, 1)
    for patch in axes.patches:  # nothing leaves the page
        box = patch.get_path().get_extents(patch.get_patch_transform())
        assert box.x0 >= 0
        assert box.x1 <= 16


def test_a_way_back_leads_up():
    with pytest.raises(SpecError, match="at least two blocks, got 1"):
        figures.block_diagram(STEPS[:1])
    with pytest.raises(SpecError, match="leads up, got block 1 from 1"):
        figures.block_diagram([STEPS[0], FlowStep("again?", "decide", back=1)])


def test_a_sweep_of_the_batch_size_has_its_noise_scale_in_the_middle():
    sizes, losses = np.geomspace(8, 128, 20), np.tile(np.linspace(2, 1, 20), (4, 1))
    noise = (np.array([10.0, 50.0, 100.0]), np.array([40.0, 60.0, np.nan]), np.array([30.0, 50.0, np.nan]),
             np.array([60.0, np.nan, np.nan]))  # fmt: skip
    above, middle, rows = figures.sweep(sizes, losses, {"a": np.full(4, 60.0)}, noise=noise).axes
    assert (middle.get_yscale(), middle.get_ylabel()) == ("log", "noise scale")
    batch, scale = middle.lines[0], middle.lines[1]
    np.testing.assert_array_equal(batch.get_xdata(), batch.get_ydata())
    np.testing.assert_array_equal(scale.get_ydata(), [40, 60])
    (bars,) = [np.array(one.get_segments()) for one in middle.collections if one.get_segments()]
    np.testing.assert_allclose(bars[:, :, 1], [[30, 60], [50, 60]])  # no bound above: the bar ends at the estimate
    assert above.get_shared_x_axes().joined(above, rows)


def test_a_linear_axis_begins_at_nothing():
    (axes,) = figures.against({"a": (np.array([1.0, 2.0, 3.0]), np.ones((2, 3)))}, "passes", "loss", log=False,
                              log_x=False).axes  # fmt: skip
    assert (axes.get_xscale(), axes.get_xlim()) == ("linear", (0.0, 3.0))
