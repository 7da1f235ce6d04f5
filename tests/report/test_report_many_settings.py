"""A report of hundreds of settings: figures show some of them and say so, long tables go on in a file."""

import csv
import json
import os

import numpy as np
import pytest
import xarray as xr

from seedbed import figures
from seedbed.report import show
from seedbed.report.compose import compose
from seedbed.report.context import Context
from seedbed.report.long_tables import shortened
from seedbed.report.page import Figure, Page, Section, Table
from seedbed.report.write import write
from seedbed.study import Study

STUDY = Study(name="many", title="Many settings", source="s", question="q")


def record(count, seeds=6):
    rng = np.random.default_rng(count)
    hit = rng.integers(5, 50, (count, seeds)).astype(float) + np.arange(count)[:, None]
    steps = [0, 1, 2, 4, 8, 16, 32, 64]
    loss = np.exp(-np.array(steps) / hit[..., None])
    variables = {
        "hit_step": (("learning_rate", "seed"), hit),
        "stop_step": (("learning_rate", "seed"), hit),
        "diverged_step": (("learning_rate", "seed"), np.full(hit.shape, np.nan)),
        "train_loss": (("learning_rate", "seed", "step"), loss),
        "gradient_norm": (("learning_rate", "seed", "step", "layer"), np.stack([loss, loss / 2], -1)),
    }
    coords = {"learning_rate": np.arange(1.0, count + 1), "seed": np.arange(seeds), "step": steps, "layer": ["1", "2"]}
    return xr.Dataset(
        variables, coords, {"cap": 5000, "target": "train_accuracy at least 1", "factors": "learning_rate"}
    )


@pytest.fixture(scope="module")
def many():
    return record(150)


@pytest.mark.parametrize(
    "draw",
    [
        lambda one: figures.curves(one, "train_loss"),
        lambda one: figures.by_layer(one, "gradient_norm"),
        lambda one: figures.arrivals(one),
        lambda one: figures.hit_distribution(one),
    ],
    ids=["curves", "by_layer", "arrivals", "hit_distribution"],
)
def test_a_figure_draws_some_settings_of_many_and_says_so(many, draw):
    figure = draw(many)
    assert "12 of 150 settings drawn, evenly spaced in their order" in figure.get_label()
    assert len(figure.axes) <= 12
    assert "settings drawn" not in draw(many.isel(learning_rate=slice(36))).get_label()


def test_the_settings_drawn_begin_with_the_first_and_end_with_the_last(many):
    shown = [levels["learning_rate"] for levels in figures.drawn(many)]
    assert len(shown) == 12
    assert (shown[0], shown[-1]) == (1.0, 150.0)
    assert len(figures.drawn(many.isel(learning_rate=slice(36)))) == 36


def items(block, record):
    return list(block(Context(STUDY, STUDY.profile("quick"), {"record": record})))


def test_captions_say_how_many_settings_are_drawn(many):
    shown = [*items(show.curves("train_loss"), many), *items(show.arrivals(), many)]
    captions = [item.caption for item in shown if isinstance(item, Figure)]
    assert len(captions) == 3
    assert all("12 of 150 settings drawn" in caption for caption in captions)
    few = next(show.arrival_figures(many.isel(learning_rate=slice(4))))
    assert "settings drawn" not in few.caption


def test_the_order_of_many_settings_is_told_by_its_ends(many):
    prose, figure, *_ = items(show.compare(single_runs=False), many)
    assert "the first 5 of 150 settings: **learning_rate=" in prose.text
    assert "Holm-adjusted over 149 pairs" in prose.text
    assert len(prose.text) < 1_000
    assert "The first 18 and the last 18 of 150 are drawn." in figure.caption
    assert len(figure.figure.axes[0].get_yticks()) == 36
    few, *_ = items(show.compare(single_runs=False), many.isel(learning_rate=slice(24)))
    assert "fastest first" in few.text


def test_a_long_table_goes_on_in_a_file_and_a_short_one_does_not():
    rows = [(f"setting {at}, a", at / 3, "1 [0.5, 2]") for at in range(101)]
    page = Page([Section("s", [Table(("name", "value", "range"), rows[:100], "Short."),
                               Table(("name", "value", "range"), rows, "Long.")])], {"a": 1})  # fmt: skip
    cut, files = shortened(page)
    assert list(files) == ["tables/table-2.csv"]
    short, long = cut.sections[0].items
    assert short is page.sections[0].items[0]
    assert long.caption == "Long. The first 40 of 101 rows; all are in tables/table-2.csv."
    assert list(long.rows) == rows[:40]
    assert cut.readings == {"a": 1}
    found = list(csv.reader(files["tables/table-2.csv"].decode().splitlines()))
    assert found[0] == ["name", "value", "range"]
    assert [(name, float(value), words) for name, value, words in found[1:]] == rows
    few = Page([Section("s", [short])])
    assert shortened(few) == (few, {})


def test_a_page_of_many_settings_is_composed_of_few_items(many):
    page = compose(Context(STUDY, STUDY.profile("quick"), {"record": many}))
    assert page.short is not None
    assert len(page.short.sentences) < 1_500
    assert "the first 18 and the last 18 of 150" in page.short.figure.caption
    cut, files = shortened(page)
    assert cut.short is page.short
    assert len(files) >= 3
    assert all(len(item.rows) <= 100 for section in cut.sections for item in section.items if isinstance(item, Table))


def test_files_of_long_tables_come_and_go_with_the_report(tmp_path):
    rows = [(str(at), at) for at in range(150)]
    for count, files in ((150, ["table-2.csv"]), (3, [])):
        page = Page([Section("s", [Table(("name", "value"), rows[:count], "Numbers.")])])
        write(tmp_path, STUDY, page, profile="quick", seeds=6, command="x", records={}, summary={}, provenance={})
        assert sorted(path.name for path in (tmp_path / "tables").iterdir()) == files
        told = json.loads((tmp_path / "summary.json").read_text())
        assert told.get("tables", []) == [f"tables/{name}" for name in files]
        assert (tmp_path / "report.html").read_text().count("all are in tables/") == len(files)


def test_what_a_killed_run_left_half_written_goes_with_the_next_report(tmp_path):
    old, new = tmp_path / ".report.pdf.1.partial", tmp_path / ".report.pdf.2.partial"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    page = Page([Section("s", [Table(("name",), [("a",)], "One.")])])
    write(tmp_path, STUDY, page, profile="quick", seeds=6, command="x", records={}, summary={}, provenance={})
    assert not old.exists()
    assert new.exists()
