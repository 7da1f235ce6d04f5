import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

from seedbed.errors import SpecError
from seedbed.figures.axes import LineEnd, count_text, label_ends, quantity, spread, step_axis, value_axis
from seedbed.figures.style import applied, single
from seedbed.figures.traces import quantiles, thinned


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0.01, 0.08))
def test_spread_places_do_not_overlap_stay_inside_and_keep_the_order(wanted, size):
    wanted, sizes = np.array(wanted), np.full(len(wanted), size)
    places = spread(wanted, sizes)
    ordered = np.sort(places)
    assert (np.diff(ordered) >= size - 1e-9).all()
    assert ordered[0] >= size / 2 - 1e-9
    assert ordered[-1] <= 1 - size / 2 + 1e-9
    strictly = wanted[:, None] < wanted[None, :]
    assert (places[:, None] < places[None, :])[strictly].all()


@given(st.lists(st.floats(0.1, 0.9), min_size=1, max_size=6, unique_by=lambda value: round(value * 10)))
def test_spread_leaves_alone_what_has_room(wanted):
    wanted = np.round(np.array(wanted), 1)
    assert np.allclose(spread(wanted, np.full(len(wanted), 0.05)), wanted)


def test_spread_of_equal_wishes_puts_the_first_on_top():
    assert spread(np.full(3, 0.5), np.full(3, 0.1)).tolist() == [0.6, 0.5, 0.4]


def test_the_log_step_axis_shows_step_zero_and_the_cap():
    with applied():
        _, axes = single(6)
        step_axis(axes, 10_000, "log")
    assert axes.get_xlim() == (0, 10_000)
    assert axes.get_xscale() == "symlog"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1", "10", "100", "1k", "10k"]
    zero, one, ten, hundred = (axes.transData.transform((step, 0))[0] for step in (0, 1, 10, 100))
    assert zero < one < ten
    assert ten - one == pytest.approx(hundred - ten)


def test_a_short_log_step_axis_names_parts_of_a_decade():
    with applied():
        _, axes = single(6)
        step_axis(axes, 10_000, "log", first=500)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["500", "1k", "2k", "5k", "10k"][1:]


def test_small_ticks_are_one_artist_and_leave_out_the_named_ones():
    with applied():
        figure, axes = single(6)
        step_axis(axes, 10_000, "log", first=500)
        value_axis(axes, 0.02, 0.9, True)
        figure.draw_without_rendering()
    assert not axes.lines
    assert not len(axes.xaxis.get_minorticklocs())
    assert not len(axes.yaxis.get_minorticklocs())
    steps, values = figure.artists
    assert np.allclose(
        steps.get_xdata(), [600, 700, 800, 900, *range(3_000, 5_000, 1_000), *range(6_000, 10_000, 1_000)]
    )
    assert np.allclose(values.get_ydata(), [0.03, 0.04, 0.06, 0.07, 0.08, 0.09, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9])
    foot, beside = (line.get_window_extent() for line in (steps, values))
    assert foot.y1 <= axes.bbox.y0 + 2
    assert beside.x1 <= axes.bbox.x0 + 2


def test_an_unknown_step_scale_is_an_error():
    with applied():
        _, axes = single(6)
    with pytest.raises(SpecError, match=r'"log" or "linear", got .sqrt.'):
        step_axis(axes, 10, "sqrt")


@pytest.mark.parametrize(
    ("low", "high", "log"), [(0.3, 0.7, False), (2.0, 2.0, False), (1e-7, 1.0, True), (0.02, 0.9, True)]
)
def test_the_value_axis_holds_its_values_with_a_margin_and_names_at_least_two(low, high, log):
    with applied():
        figure, axes = single(6)
        value_axis(axes, low, high, log)
        figure.draw_without_rendering()
    bottom, top = axes.get_ylim()
    assert bottom < low <= high < top
    named = [tick for tick, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True) if label.get_text()]
    assert sum(bottom <= tick <= top for tick in named) >= 2


def test_labels_at_line_ends_do_not_overlap_when_drawn():
    with applied():
        figure, axes = single(8)
        axes.set(xlim=(0, 1), ylim=(0, 1))
        ends = [
            LineEnd(1.0, 0.5 + 0.001 * index, f"setting number {index}, with a long name", "#000000")
            for index in range(7)
        ]
        label_ends(axes, ends, 6.4)
        figure.draw_without_rendering()
        boxes = [Text.get_window_extent(text) for text in axes.texts]
    assert len(boxes) == 7
    assert not any(a.overlaps(b) for index, a in enumerate(boxes) for b in boxes[index + 1 :])
    assert all(box.x1 <= figure.bbox.x1 for box in boxes)


def test_names_of_axes_carry_units_only_where_there_are_some():
    assert quantity("train_loss", "nats") == "train loss (nats)"
    assert quantity("gradient_norm", "1") == "gradient norm"
    assert quantity("hit_step", "steps") == "hit step (updates)"
    assert count_text(12_500) == "12.5k"


def test_quantiles_agree_with_a_slow_loop_and_leave_out_what_is_missing():
    values = np.random.default_rng(1).normal(size=(40, 7, 3))
    values[5:20, 2] = np.nan
    values[:, 4, 1] = np.nan
    levels = (0.05, 0.5, 0.95)
    got = quantiles(values, levels)
    assert got.shape == (3, 7, 3)
    assert np.isnan(got[:, 4, 1]).all()
    for step, layer in np.ndindex(7, 3):
        known = values[np.isfinite(values[:, step, layer]), step, layer]
        if len(known):
            assert np.allclose(got[:, step, layer], np.quantile(known, levels))


@given(st.integers(1, 3_000))
def test_thinned_members_are_even_distinct_and_hold_the_first_and_the_last(count):
    shown = thinned(count)
    assert len(shown) == min(count, 300)
    assert shown[0] == 0
    assert shown[-1] == count - 1
    gaps = np.diff(shown)
    assert not len(gaps) or gaps.max() - gaps.min() <= 1


def test_a_curve_without_an_end_has_no_label():
    """Of a setting whose members have all diverged nothing is left at the cap."""
    figure = Figure()
    axes = figure.add_subplot()
    label_ends(axes, [LineEnd(1.0, float("nan"), "gone", "#333333"), LineEnd(1.0, 0.5, "there", "#333333")], 6.4)
    assert [text.get_text() for text in axes.texts] == ["there"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", ["log", "linear"])
def test_an_axis_of_no_steps_has_a_length(scale):
    axes = Figure().add_subplot()
    step_axis(axes, 0, scale)
    low, high = axes.get_xlim()
    assert low <= 0 < high
