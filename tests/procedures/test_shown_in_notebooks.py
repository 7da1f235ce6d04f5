"""What a notebook or a terminal shows of questions, numbers and figures, and of a run while it lasts."""

import io
import sys
from types import ModuleType

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.progress import Progress, interactive, one_line, silent, watched

QUESTION = sb.Spec(
    data="random_images",
    model="mlp([4])",
    loss="l2",
    optimizer="sgd(0.1)",
    stop=sb.reaches("train_accuracy", 1),
    steps=9,
).vary(activation=["relu", "sigmoid"])


@pytest.fixture
def record():
    steps = np.array([[3.0, 4, 5, 6, 4, 3], [7, 8, 9, np.nan, 8, 9]])
    return xr.Dataset(
        {
            "hit_step": (("activation", "seed"), steps),
            "train_loss": (("activation", "seed", "step"), np.ones((2, 6, 3))),
        },
        {"activation": ["relu", "<b>"], "seed": np.arange(6), "step": [0, 4, 8]},
        {"cap": 10, "target": "train_accuracy >= 1"},
    )


def test_a_question_is_a_line_and_a_table():
    assert repr(QUESTION).startswith("<Spec: data random_images(")
    assert "activation of relu, sigmoid" in repr(QUESTION)
    assert len(repr(QUESTION)) < 400
    assert "<tr><td>activation</td><td>relu, sigmoid</td></tr>" in QUESTION._repr_html_()


def test_numbers_are_tables_with_their_intervals_and_escaped_names(record):
    hits = sb.stats.hits(record)
    assert "relu     6 of 6" in repr(hits)
    assert "<td>relu</td><td>6 of 6</td>" in hits._repr_html_()
    pair = hits.compare().pairs[0]
    assert repr(pair).startswith("<Comparison: A relu; B <b>; mean(A) - mean(B) ")
    verdict = sb.stats.judge("median(hit_step, activation=relu) < 10", record)
    assert repr(verdict).startswith("<Verdict: supported: median(hit_step, activation=relu) < 10.0; ")
    assert "n = 6" in repr(verdict)
    for shown in (hits, pair, hits.compare(), verdict):
        text = shown._repr_html_()
        assert text.count("<table>") == text.count("</table>") > 0
        assert "<b>" not in text
        assert len(repr(shown)) < 2_000


def test_a_figure_shows_itself_and_is_saved_as_before(record, tmp_path):
    plain, shown = (sb.figures.curves(record, "train_loss") for _ in range(2))
    assert shown._repr_png_().startswith(b"\x89PNG")
    for name, figure in (("plain", plain), ("shown", shown)):
        sb.figures.save(figure, tmp_path / name)
    assert (tmp_path / "plain.svg").read_bytes() == (tmp_path / "shown.svg").read_bytes()


def event(phase, step=0, label="relu"):
    return Progress(phase, label, 1, 1, step, 100, 4, 4)


def test_one_line_is_written_over_and_cleared():
    stream, times = io.StringIO(), iter([0.0, 0.1, 1.0, 1.0, 1.1, 9.0, 9.0])
    listen = one_line(stream, lambda: next(times))
    listen(event("compiling"))  # too soon to be worth a line
    assert stream.getvalue() == ""
    listen(event("training", 50))
    assert "step 50 of 100" in stream.getvalue()
    assert "\n" not in stream.getvalue()
    listen(event("training", 60))  # too soon after the last
    assert "step 60" not in stream.getvalue()
    listen(event("stored", 100))
    assert stream.getvalue().endswith(" \r")


def test_notes_stay():
    stream = io.StringIO()
    one_line(stream, lambda: 0.0)(event("note", label="trained anew"))
    assert stream.getvalue() == "\rtrained anew\n"


def test_progress_is_shown_where_someone_looks(monkeypatch):
    assert not interactive()
    assert watched(None, silent) is silent
    assert watched(True, silent) is not silent
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    assert watched(None, silent) is not silent
    assert watched(False, silent) is silent
    heard = []
    assert watched(True, heard.append) == heard.append
