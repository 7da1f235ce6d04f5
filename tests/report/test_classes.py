"""The block about classes: shares, intervals, words and what is left out."""

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.report.compose import compose
from seedbed.report.context import Context
from seedbed.report.page import Figure, Prose, Table
from seedbed.study import Profile

TABLES = np.array([[[8, 2, 0], [1, 9, 0], [0, 0, 10]], [[6, 4, 0], [0, 10, 0], [0, 1, 9]]])


def page_of(tables, names=(), split="test", **factors):
    tables = np.asarray(tables, float)
    dims = [*factors, "seed", "true", "predicted"]
    record = xr.Dataset(
        {
            "final_test_confusion": (dims, tables),
            "stop_step": (dims[:-2], np.full(tables.shape[:-2], 9.0)),
            "final_test_loss": (dims[:-2], np.arange(tables[..., 0, 0].size).reshape(tables.shape[:-2]) * 0.1),
        },
        {**factors, "seed": np.arange(tables.shape[-3]), "true": range(3), "predicted": range(3)},
        {"factors": " ".join(factors)},
    )
    section = sb.Section("Classes", [sb.show.confusion(split, names=names)], asks="Which are hard?")
    study = sb.Study(name="tried", title="t", source="s", question="q", page=[section])
    return compose(Context(study, Profile("smoke", 2), {"record": record}))


def test_shares_of_each_true_class_with_their_intervals():
    page = page_of(TABLES, names=("cat", "dog", "owl"))
    figure, table, said = page.sections[0].items
    assert [type(one) for one in (figure, table, said)] == [Figure, Table, Prose]
    assert [row[0] for row in table.rows] == ["cat", "dog", "owl"]
    assert table.rows[0][1].startswith("70.0\u00a0% [")
    assert "n = 2 networks" in table.caption
    assert "n = 2 networks" in figure.caption
    assert "hardest class of the test split is cat, 70.0\u00a0% [" in said.text
    assert "most often taken for dog (30.0" in said.text
    assert page.readings["class_accuracy_test"]["record"]["owl"]["estimate"] == pytest.approx(0.95)
    assert page.short.answers[0][1].startswith("The hardest class of the test split is cat")


def test_members_that_answer_nothing_are_left_out_and_absent_classes_have_no_share():
    broken = np.zeros((3, 3))
    page = page_of([*TABLES, broken])
    assert "n = 2 networks" in page.sections[0].items[1].caption
    absent = TABLES.copy()
    absent[:, 2] = 0
    table = page_of(absent).sections[0].items[1]
    assert (table.rows[2][0], table.rows[2][1]) == ("2", "—")
    (none,) = page_of([broken, broken]).sections[0].items
    assert none.text.startswith("No member")


def test_settings_stand_side_by_side():
    items = page_of([TABLES, TABLES[::-1]], net=["a", "b"]).sections[0].items
    assert items[1].columns == ("class", "a", "b")
    assert len(items[0].figure.axes) == 2
    assert items[2].text.count("hardest class") == 2


def test_a_run_without_the_probe_says_so():
    (said,) = page_of(TABLES, split="valid").sections[0].items
    assert said.text == "This run kept no confusion matrix of the validation split."


def test_tables_must_fit_the_classes():
    with pytest.raises(sb.errors.SpecError, match=r"of 2 classes, got \(3, 3\)"):
        sb.figures.confusions({"a": np.eye(3)}, ["x", "y"])
