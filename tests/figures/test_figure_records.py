"""Figures of records: asked what was drawn."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.text import Text

from seedbed import figures
from seedbed.errors import SpecError

DRAWN = {
    "curves": lambda record: figures.curves(record, "train_loss"),
    "curves, linear, hits": lambda record: figures.curves(record, "train_accuracy", step="linear", hits=True),
    "overlay": lambda record: figures.overlay(record, "train_loss"),
    "arrivals": figures.arrivals,
    "hit_distribution": figures.hit_distribution,
    "by_layer": lambda record: figures.by_layer(record, "gradient_norm"),
}
NEVER = [1e9] * 4
RECORDS = {
    "four settings": {},
    "no factors": {"levels": {}},
    "one setting": {"levels": {"activation": ["relu"]}},
    "numeric levels": {"levels": {"learning_rate": [0.001, 0.01, 0.1]}},
    "nobody arrives": {"hits": NEVER},
    "one seed": {"members": 1},
    "one seed, never": {"members": 1, "hits": NEVER},
    "one layer": {"layers": 1},
    "some diverged": {"diverged": 3},
    "all diverged": {"diverged": 8, "members": 8},
    "twelve settings": {
        "levels": {"activation": ["relu", "tanh", "elu"], "learning_rate": [0.1, 0.2, 0.3, 0.4]},
        "members": 4,
    },
}


@pytest.mark.parametrize("drawn", DRAWN)
@pytest.mark.parametrize("kind", RECORDS)
def test_every_figure_of_every_kind_of_record_is_drawn_with_named_axes(make_record, drawn, kind):
    figure = DRAWN[drawn](make_record(**{"members": 8, **RECORDS[kind]}))
    figure.draw_without_rendering()
    assert any("updates" in axes.get_xlabel() for axes in figure.axes)
    if drawn != "hit_distribution":
        assert any(axes.get_ylabel() for axes in figure.axes)
    assert _inside(figure)


def _inside(figure):
    """Whether every drawn word lies within the paper."""
    words = [
        text
        for axes in figure.axes
        for text in [*axes.texts, axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
    ]
    boxes = [Text.get_window_extent(word) for word in words if word.get_text() and word.get_visible()]
    page = figure.bbox
    return all(box.x0 >= -1 and box.y0 >= -1 and box.x1 <= page.x1 + 1 and box.y1 <= page.y1 + 1 for box in boxes)


def _lines(axes):
    return next(item for item in axes.collections if isinstance(item, LineCollection)).get_segments()


def test_curves_gives_each_setting_a_panel_with_every_member_bands_median_and_one_run(make_record):
    record = make_record(members=32)
    figure = figures.curves(record, "train_loss")
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["relu, cross_entropy", "relu, l2", "sigmoid, cross_entropy", "sigmoid, l2"]
    for axes in figure.axes:
        assert len(_lines(axes)) == 32
        assert len(axes.lines) == 2
        assert len([item for item in axes.collections if not isinstance(item, LineCollection | PathCollection)]) == 3
    bottom = figure.axes[2]
    assert bottom.get_ylabel() == "train loss (nats)"
    assert bottom.get_xlabel() == "step (updates)"
    assert {axes.get_ylim() for axes in figure.axes} == {bottom.get_ylim()}
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "each of 32 members" in words
    assert "one single run (seed 0)" in words


def test_a_member_line_ends_where_the_member_stopped_with_its_final_value(make_record):
    record = make_record(members=5)
    one = record.sel(activation="relu", loss="l2")
    last = np.array([points[-1] for points in _lines(figures.curves(record, "train_loss").axes[1])])
    assert np.allclose(last, np.column_stack([one["stop_step"], one["final_train_loss"]]))


def test_the_median_holds_the_last_value_of_members_that_stopped(make_record):
    record = make_record(members=5)
    one = record.sel(activation="relu", loss="cross_entropy")
    held = np.where(
        record["step"].values > one["stop_step"].values[:, None],
        one["final_train_loss"].values[:, None],
        one["train_loss"],
    )
    median = figures.curves(record, "train_loss").axes[0].lines[0]
    assert np.allclose(median.get_ydata(), np.median(held, axis=0))
    assert np.isfinite(median.get_ydata()).all()
    running = figures.curves(record, "train_loss", hold=False).axes[0].lines[0]
    assert np.isnan(running.get_ydata()[-1])


def test_a_diverged_member_leaves_the_bands_is_counted_and_does_not_flatten_the_rest(make_record):
    record = make_record(members=20, diverged=2)
    record["train_loss"] = record["train_loss"].where(record["seed"] >= 2, record["train_loss"] * 1e12)
    calm = figures.curves(record.sel(seed=slice(2, None)), "train_loss").axes[0]
    axes = figures.curves(record, "train_loss").axes[0]
    assert axes.get_title(loc="left") == "relu, cross_entropy\n2 of 20 diverged"
    after = record["step"].values > 50
    assert np.allclose(axes.lines[0].get_ydata()[after], calm.lines[0].get_ydata()[after])


def test_many_members_are_thinned_evenly_and_the_figure_says_so(make_record):
    record = make_record(members=700, levels={})
    figure = figures.curves(record, "train_loss")
    assert len(_lines(figure.axes[0])) == 300
    assert "members (300 of 700 drawn)" in [text.get_text() for text in figure.legends[0].get_texts()]
    assert "300 of 700 members drawn, evenly spaced in the order of seeds" in figure.get_label()


def test_a_loss_over_decades_gets_a_log_axis_and_an_accuracy_never(make_record):
    record = make_record()
    assert figures.curves(record, "train_loss", hold=False).axes[0].get_yscale() == "log"
    record["train_loss"] = record["train_loss"].clip(0.3)
    record["final_train_loss"] = record["final_train_loss"].clip(0.3)
    assert figures.curves(record, "train_loss").axes[0].get_yscale() == "linear"
    accuracy = figures.curves(record, "train_accuracy").axes[0]
    assert accuracy.get_yscale() == "linear"
    assert 1 < accuracy.get_ylim()[1] < 1.05


def test_panels_picks_settings_and_keeps_their_colors(make_record):
    record = make_record()
    every = figures.curves(record, "train_loss").axes[3]
    picked = figures.curves(record, "train_loss", panels=[{"activation": "sigmoid", "loss": "l2"}]).axes
    assert [axes.get_title(loc="left") for axes in picked] == ["sigmoid, l2"]
    assert picked[0].lines[0].get_color() == every.lines[0].get_color()


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda record: figures.curves(record, "train_los"), 'no variable "train_los" .*did you mean "train_loss"'),
        (lambda record: figures.curves(record, "gradient_norm"), '"gradient_norm" runs over layer and seed and step'),
        (lambda record: figures.by_layer(record, "train_loss"), '"train_loss" runs over seed and step'),
        (lambda record: figures.overlay(record, "hit_step"), '"hit_step" runs over seed'),
        (lambda record: figures.arrivals(record.drop_vars("hit_step")), 'no variable "hit_step"'),
        (lambda record: figures.arrivals(record, [("relu, l3", 9, "x")]), 'did you mean "relu, l2"'),
        (lambda record: figures.hit_distribution(record, [("relu, l3", 9, "x")]), 'no setting "relu, l3"'),
        (lambda record: figures.curves(record, "train_loss", panels=[{"activation": "rel", "loss": "l2"}]), '"relu"'),
        (lambda record: figures.curves(record, "train_loss", panels=[{"activation": "relu"}]), "without loss"),
        (lambda record: figures.curves(record, "train_loss", panels=[]), "at least one setting"),
        (lambda record: figures.arrivals(record.drop_attrs()), "cap"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_said_in_one_sentence(make_record, draw, message):
    with pytest.raises(SpecError, match=message):
        draw(make_record(members=4))


def test_overlay_labels_every_line_at_its_end(make_record):
    axes = figures.overlay(make_record(), "train_loss").axes[0]
    assert len(axes.lines) == 4
    names = {" ".join(text.get_text().split()) for text in axes.texts}
    assert names == {"relu, cross_entropy", "relu, l2", "sigmoid, cross_entropy", "sigmoid, l2"}


@pytest.mark.parametrize("step", ["log", "linear"])
def test_arrivals_draws_the_share_of_all_members_that_hit_by_each_step(make_record, step):
    record = make_record(members=40)
    axes = figures.arrivals(record, step=step).axes[0]
    hits = record["hit_step"].values.reshape(4, 40)
    for line, steps in zip(axes.lines, hits, strict=True):
        x, y = line.get_data()
        assert np.allclose(y, [(steps <= at).mean() for at in x[:-1]] + [np.isfinite(steps).mean()])
        assert x[-1] == record.attrs["cap"]
    assert axes.get_ylabel() == "share of 40 members that arrived"
    assert len(axes.texts) == 4


def test_arrivals_shows_the_bands_and_marks_it_is_given(make_record):
    record = make_record(members=40)
    steps = np.array([0, 5_000, 10_000])
    band = (steps, np.array([0.0, 0.1, 0.2]), np.array([0.1, 0.4, 0.5]))
    marks = [("relu, l2", 2_095, "Zhang"), ("sigmoid, l2", 9_623, "Zhang"), ("relu, l2", 2_000, "Rybkin")]
    strip, axes = figures.arrivals(record, marks, bands={"relu, l2": band}).axes
    assert len(axes.collections) == 1
    assert [label.get_text() for label in strip.get_yticklabels()] == ["Zhang", "Rybkin"]
    drawn = [(line.get_xdata()[0], line.get_ydata()[0]) for line in strip.lines if len(line.get_xdata()) == 1]
    assert drawn == [(2_095, 0), (9_623, 0), (2_000, 1)]
    assert len([line for line in axes.lines if len(line.get_xdata()) > 1]) == 4


@pytest.mark.parametrize("draw", [figures.arrivals, figures.hit_distribution])
def test_a_published_value_beyond_the_cap_stretches_the_axis(make_record, draw, tmp_path):
    record = make_record(members=3).assign_attrs(cap=50)
    record["hit_step"][:] = np.nan
    figure = draw(record, [("relu, l2", 200, "Zhang")])
    assert figure.axes[-1].get_xlim()[1] > 200
    figures.save(figure, tmp_path / "late")


def test_hit_distribution_counts_over_all_members_and_says_who_never_arrived(make_record):
    record = make_record(members=40)
    hits = record["hit_step"].values.reshape(4, 40)
    figure = figures.hit_distribution(record, [("relu, l2", 2_095, "Zhang")])
    axes = figure.axes[0]
    notes = [text.get_text() for text in axes.texts]
    never = int(np.isnan(hits[3]).sum())
    assert never > 0
    assert notes[0] == "all arrived"
    assert f"({never} of 40)" in notes[3]
    medians = [line.get_xdata()[0] for line in axes.lines if line.get_linewidth() == 2.2]
    slow = [np.sort(np.nan_to_num(row, nan=np.inf))[19] for row in hits]
    assert medians == [value for value in slow if np.isfinite(value)]
    assert "Zhang" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_box_whose_upper_end_lies_beyond_the_cap_stays_open_at_the_cap(make_record):
    axes = figures.hit_distribution(make_record(members=40)).axes[0]
    outlines = [line.get_xydata() for line in axes.lines if line.get_linewidth() == 0.8]
    closed = [np.allclose(points[0], points[-1]) for points in outlines]
    assert closed == [True, True, True, False]
    assert outlines[3][0, 0] == 10_000


def test_by_layer_draws_a_median_and_two_bands_per_layer_in_every_panel(make_record):
    figure = figures.by_layer(make_record(layers=3), "gradient_norm")
    assert len(figure.axes) == 4
    for axes in figure.axes:
        assert len(axes.lines) == 3
        assert len(axes.collections) == 6
        assert axes.get_yscale() == "log"
        assert len({line.get_color() for line in axes.lines}) == 3
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["layer 1", "layer 2", "layer 3"]


def test_by_layer_says_how_many_values_a_log_axis_cannot_show(make_record):
    record = make_record(members=4, layers=2, levels={})
    record["gradient_norm"][0] = 0.0
    axes = figures.by_layer(record, "gradient_norm").axes[0]
    assert axes.get_title(loc="left") == "25 % of values are 0"
