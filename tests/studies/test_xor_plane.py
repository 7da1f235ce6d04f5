"""What a line can do with four points, which member is shown and when, and what the stuck members are near."""

import itertools
import json

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.report.context import Context
from seedbed.studies import xor_plane
from seedbed.studies.xor_plane.plane import CORNERS, XOR, best_lines, chosen, moments
from seedbed.studies.xor_plane.stuck import LEVELS, kinds_of, stuck_items


@pytest.fixture
def readings(smoke):
    return json.loads((smoke("xor_plane") / "summary.json").read_text())["readings"]


def test_a_line_makes_fourteen_labelings_and_the_best_have_three_points_right():
    labelings, best, lines = best_lines()
    assert (labelings, best, len(lines)) == (14, 0.75, 4)
    wrong = set()
    for a, b, c in lines:
        labels = (CORNERS @ (a, b) + c > 0).astype(int)
        assert (labels == XOR).sum() == 3
        wrong.add(int(np.flatnonzero(labels != XOR)[0]))
    assert wrong == {0, 1, 2, 3}


def test_the_levels_are_the_losses_of_common_answers():
    """Points grouped in every way that leaves some alike: the best common answer is their share of label 1."""

    def loss(group):
        p = XOR[list(group)].mean()
        return -sum(np.log(p if y else 1 - p) for y in XOR[list(group)]) / 4

    assert {round(loss(g), 6) for g in itertools.combinations(range(4), 3)} == {round(LEVELS["three alike"], 6)}
    opposite = [g for g in itertools.combinations(range(4), 2) if XOR[list(g)].sum() == 1]
    assert {round(loss(g), 6) for g in opposite} == {round(LEVELS["two alike"], 6)}
    assert round(loss(range(4)), 6) == round(LEVELS["all four alike"], 6)


def test_a_loss_is_named_by_the_level_it_is_near():
    named = kinds_of(np.array([0.3466, 0.355, 0.478, 0.69, 0.6, 3.0, np.nan, np.inf]))
    assert named == ["two alike", "two alike", "three alike", "all four alike", *["elsewhere"] * 4]


def test_linear_networks_never_have_four_points_right(readings):
    for name in ("identity", "one layer"):
        assert readings["linear"][name]["arrived"] == 0
        assert readings["linear"][name]["best_accuracy"] <= 0.75
        assert readings["linear"][name]["least"] >= np.log(2) - 1e-6


def member(hits, losses):
    return xr.Dataset({"hit_step": ("seed", hits), "final_train_loss": ("seed", losses)},
                      {"seed": np.arange(10, 10 + len(hits))})  # fmt: skip


def test_the_member_shown_follows_the_rule():
    seed, rule = chosen(member([900.0, np.nan, 100.0, 400.0], [0.1, 0.2, 0.3, 0.4]))
    assert seed == 13  # hits 100, 400, 900: the median is 400
    assert "median step of arrival among the 3 of 4" in rule
    seed, rule = chosen(member([np.nan] * 3, [0.5, 0.3, 0.4]))
    assert seed == 12
    assert "none arrived" in rule


def test_the_last_moment_is_the_hit_and_its_line_divides_the_images(smoke):
    """Replayed from the record: at the step of arrival every image is on its side of the last layer's line."""
    from seedbed.store import open_record

    two = open_record(smoke("xor_plane") / "record", "two_layers").sel(activation="tanh")
    arrived = two["seed"].values[np.isfinite(two["hit_step"].values)]
    assert arrived.size
    for seed in arrived:
        steps, rows = moments(two.sel(seed=seed))
        assert steps[-1] == two["hit_step"].sel(seed=seed)
        assert steps == sorted(set(steps))
        hidden, score = sb.replay_layers(sb.models.mlp([2], activation="tanh"), rows, CORNERS)
        np.testing.assert_array_equal(score[-1, :, 0] > 0, XOR == 1)
        for images, row, z in zip(hidden, rows, score, strict=True):
            np.testing.assert_allclose(images @ row[6:8] + row[8], z[:, 0], rtol=1e-12)


def spread(hits, losses, right):
    """A map of two settings and four seeds, the loss the same all along: hit steps, losses, points right."""

    def column(values):
        return (("learning_rate", "seed"), np.array([values, values], float))

    loss, dims = np.array([losses, losses], float), ("learning_rate", "seed", "step")
    return xr.Dataset(
        {
            "hit_step": column(hits),
            "final_train_loss": column(losses),
            "final_train_accuracy": column(np.array(right) / 4),
            "train_loss": (dims, np.repeat(loss[..., None], 3, axis=-1)),
        },
        {"learning_rate": [0.1, 3.0], "seed": np.arange(4)},
        {"factors": "learning_rate", "target": "train_accuracy at least 1", "cap": 10},
    )


def told(items):
    """The prose of a block, its answer and its readings."""
    items = list(items)
    (answer,) = (one.text for one in items if isinstance(one, sb.Answer))
    readings = {one.name: one.value for one in items if isinstance(one, sb.Reading)}
    return " ".join(one for one in items if isinstance(one, str)), answer, readings


def test_stuck_members_are_counted_by_the_level_they_are_near():
    words, answer, readings = told(stuck_items(spread([np.nan] * 3 + [7], [0.3466, 0.3466, 5.0, 0.1], [2, 3, 2, 4])))
    assert readings["stuck"]["two alike"] == {"members": 4, "right": [0, 2, 2, 0], "still": 4}
    assert readings["stuck"]["elsewhere"]["members"] == 2
    assert "Of the 2 elsewhere, 1 had the largest learning rate of the map, 3:" in words
    assert "in 2 of 4 members that difference has the wrong sign" in words
    assert answer.startswith("6 of n = 8 networks of the map never had four points right; 67\u00a0% [")
    assert words.startswith(answer)


def test_words_stay_true_where_nobody_fails():
    words, answer, _ = told(stuck_items(spread([1, 2, 3, 4], [0.1] * 4, [4] * 4)))
    assert words == "All 8 members of the map arrived."
    assert "all n = 8 networks" in answer


def test_a_map_without_a_difference_says_so():
    study = xor_plane.study
    context = Context(study, study.profile("smoke"), {"map": spread([1, 2, np.nan, 4], [0.1] * 4, [4] * 4)})
    words, answer, readings = told(xor_plane.over_scale_and_rate(context))
    assert "overlap: over this map no effect" in words
    assert "n = 4 each" in answer
    assert [one["share"].estimate for one in readings["map"]] == [0.75, 0.75]


@pytest.mark.long
def test_levels_from_outside_are_told(tmp_path):
    changes = {"activation": ["relu", "prelu"], "std": [1.0]}
    done = sb.run_study(xor_plane.study, profile="smoke", seeds=range(2), out=tmp_path, changes=changes)
    page = (done.folder / "report.html").read_text()
    assert "cannot be drawn: prelu learns its slope" in page


def test_every_question_is_answered_with_how_many_networks(smoke):
    short = json.loads((smoke("xor_plane") / "summary.json").read_text())["in_short"]
    assert len(short["answers"]) == 5
    assert all("n = " in one["answer"] and "95 % interval" in one["answer"] for one in short["answers"])
