"""What a line can do with four points, which member is shown and when, and what the stuck members are near."""

import itertools
import json

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.studies import xor_plane
from seedbed.studies.xor_plane import CORNERS, LEVELS, XOR


@pytest.fixture
def readings(smoke):
    return json.loads((smoke("xor_plane") / "summary.json").read_text())["readings"]


def test_a_line_makes_fourteen_labelings_and_the_best_have_three_points_right():
    found = xor_plane.best_lines()
    assert (found["labelings"], found["best"], len(found["lines"])) == (14, 0.75, 4)
    wrong = set()
    for a, b, c in found["lines"]:
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
    named = xor_plane.kinds_of(np.array([0.3466, 0.355, 0.478, 0.69, 0.6, 3.0, np.nan, np.inf]))
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
    seed, rule = xor_plane.chosen(member([900.0, np.nan, 100.0, 400.0], [0.1, 0.2, 0.3, 0.4]))
    assert seed == 13  # hits 100, 400, 900: the median is 400
    assert "median step of arrival among the 3 of 4" in rule
    seed, rule = xor_plane.chosen(member([np.nan] * 3, [0.5, 0.3, 0.4]))
    assert seed == 12
    assert "none arrived" in rule


def test_the_last_moment_is_the_hit_and_its_line_divides_the_images(smoke):
    """Replayed from the record: at the step of arrival every image is on its side of the last layer's line."""
    from seedbed.store import open_record

    two = open_record(smoke("xor_plane") / "record", "two_layers").sel(activation="tanh")
    arrived = two["seed"].values[np.isfinite(two["hit_step"].values)]
    assert arrived.size
    for seed in arrived:
        steps, rows = xor_plane.moments(two.sel(seed=seed))
        assert steps[-1] == two["hit_step"].sel(seed=seed)
        assert steps == sorted(set(steps))
        hidden, score = sb.replay_layers(sb.models.mlp([2], activation="tanh"), rows, CORNERS)
        np.testing.assert_array_equal(score[-1, :, 0] > 0, XOR == 1)
        for images, row, z in zip(hidden, rows, score, strict=True):
            np.testing.assert_allclose(images @ row[6:8] + row[8], z[:, 0], rtol=1e-12)


def test_words_stay_true_where_nobody_fails_or_all_do():
    share = {"setting": "std=1", "levels": {"std": 1.0}, "share": sb.stats.wilson(8, 8)}
    assert "overlap: over this map no effect" in xor_plane.map_words([share])
    stuck = [{"kind": "two alike", "right": 2, "still": True, "loss": 0.3466, "levels": {}}] * 3
    assert "3 of 3 members never had four points right; 3 of them" in xor_plane.stuck_words(stuck, 3)
    spread = xr.Dataset({"hit_step": ("seed", np.ones(4))})
    *_, last = xor_plane.stuck_items(spread, [])
    assert last.text == "All 4 members of the map arrived."


@pytest.mark.long
def test_levels_from_outside_are_told(tmp_path):
    changes = {"activation": ["relu", "prelu"], "std": [1.0]}
    done = sb.perform(xor_plane.study, profile="smoke", seeds=range(2), out=tmp_path, changes=changes)
    page = (done.folder / "report.html").read_text()
    assert "cannot be drawn: prelu learns its slope" in page
