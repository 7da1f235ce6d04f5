"""The closed forms of the square, one training done twice, and words that follow the numbers."""

import json

import numpy as np
import pytest

import seedbed as sb
from seedbed.catalogue import run_study
from seedbed.datasets.load import load
from seedbed.studies.perceptron_or_hinge import full_batches, single_points, study
from seedbed.studies.perceptron_or_hinge.learning import compared, overall, verdicts
from seedbed.studies.perceptron_or_hinge.square import (
    KINK,
    Run,
    accuracy,
    angle,
    direction,
    gap,
    line_accuracy,
    resting,
    within,
)

SMOKE = study.profile("smoke")


@pytest.fixture
def readings(smoke):
    return json.loads((smoke("perceptron_or_hinge") / "summary.json").read_text())["readings"]


def test_accuracy_is_the_share_of_the_square():
    """Against a grid that is fine enough for three digits, in every direction, and where there is no line."""
    side = (np.arange(400) + 0.5) / 400
    points = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    truth = points[:, 0] > points[:, 1]
    weights = np.concatenate([np.random.default_rng(0).standard_normal((40, 2)), [[0, 0], [1, 0], [-1, 0], [1, -1]]])
    found = ((weights @ points.T > 0) == truth).mean(axis=1)
    found[-1] = 1  # the grid has points on the diagonal
    np.testing.assert_allclose(accuracy(weights), found, atol=3e-3)
    assert accuracy(np.array([[-2.0, 2.0]])) == 0
    np.testing.assert_allclose(accuracy(weights), accuracy(37 * weights))


def test_the_angle_says_the_same_as_the_accuracy():
    degrees = np.linspace(0, 44, 12)
    for sign in (1, -1):
        turned = np.radians(-45 + sign * degrees)
        weights = np.stack([np.cos(turned), np.sin(turned)], axis=-1)
        np.testing.assert_allclose(angle(weights), degrees, atol=1e-9)
        np.testing.assert_allclose(direction(weights), 45 + sign * degrees, atol=1e-9)
        np.testing.assert_allclose(accuracy(weights), 0.5 + 0.5 * np.tan(np.radians(45 - degrees)), atol=1e-12)
        np.testing.assert_allclose(line_accuracy(45 + sign * degrees), accuracy(weights), atol=1e-12)


def test_a_line_separates_exactly_inside_the_gap():
    rng = np.random.default_rng(1)
    points = rng.random((50, 20, 2))
    labels = np.where(points[..., 0] > points[..., 1], 1.0, -1.0)
    low, high = gap(points, labels)
    assert ((low < 45) & (high > 45)).all()
    weights = rng.standard_normal((50, 2)) * 0.1 + [1, -1]
    right = (labels * np.einsum("mpk,mk->mp", points, weights) > 0).all(axis=1)
    np.testing.assert_array_equal(right, (direction(weights) > low) & (direction(weights) < high))
    assert right.any()
    assert not right.all()


def test_a_class_that_is_absent_leaves_the_gap_open_to_its_side():
    points = np.array([[[0.9, 0.1], [0.8, 0.2]]])
    low, high = gap(points, np.ones((1, 2)))
    np.testing.assert_allclose(low, np.degrees(np.arctan(0.25)))
    assert high == 90


def by_hand(points, labels, margin, rate, passes):
    """Full batches in plain Python, with no array operation on examples."""
    w = [0.0, 0.0]
    for _ in range(passes):
        step = [0.0, 0.0]
        for (x1, x2), y in zip(points.tolist(), labels.tolist(), strict=True):
            if y * (w[0] * x1 + w[1] * x2) < margin:
                step = [step[0] + y * x1, step[1] + y * x2]
        w = [w[k] + rate * step[k] / len(points) for k in (0, 1)]
    return w


@pytest.mark.parametrize(("margin", "name"), [(KINK, "perceptron"), (1.0, "hinge")])
@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_full_batches_against_a_loop(margin, name, engine):
    question = full_batches(SMOKE).replace(steps=9)
    record = sb.run(question.set_levels("learning_rate", [1.0]), 3, engine=engine)
    sets = load(question.data, range(3))
    for seed in range(3):
        expected = by_hand(sets.inputs[seed].astype(float), sets.targets[seed].ravel(), margin, 1.0, 9)
        found = record.sel(margin=name, learning_rate=1.0, seed=seed)["final_parameters"]
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)


def test_single_points_visit_every_example_once_in_a_pass():
    """At a margin no score reaches, a pass adds every y x once, in whatever order: the sum is known."""
    question = single_points("hinge", SMOKE).replace(steps=40, trace=20).set_levels("learning_rate", [0.001])
    record = sb.run(question, 4)
    sets = load(question.data, range(4))
    total = (sets.targets * sets.inputs).sum(axis=1)
    found = record["parameters"].sel(learning_rate=0.001).transpose("seed", "step", "parameter").values
    np.testing.assert_allclose(found[:, 1], 0.001 * total, rtol=1e-4)
    np.testing.assert_allclose(found[:, 2], 0.002 * total, rtol=1e-4)


def test_the_perceptron_takes_the_same_way_at_every_rate_and_the_hinge_loss_does_not():
    for criterion, same in (("perceptron", True), ("hinge", False)):
        question = single_points(criterion, SMOKE).replace(steps=100, trace=20).set_levels("learning_rate", [0.25, 1.0])
        path = sb.run(question, 6)["parameters"]  # a rate that is a power of two: rounding is the same, too
        slow, fast = (path.sel(learning_rate=rate).values / rate for rate in (0.25, 1.0))
        assert np.array_equal(slow, fast) == same


def test_the_plain_loss_never_starts_from_zero(readings):
    starts = readings["starts"]
    assert starts["perceptron from 0, no step at w · x = 0"]["estimate"] == 0.5
    assert starts["perceptron from 0"]["estimate"] > 0.6


def test_test_accuracy_agrees_with_the_closed_form(readings):
    """Two measurements of one thing: the engine's own test points, and the area. Noise of 8 x 1,000 points."""
    for name, exact in readings["mean_accuracy"].items():
        for passes, value in exact.items():
            tested = readings["mean_test_accuracy"][name][passes]["estimate"]
            assert abs(tested - value["estimate"]) < 5 * np.sqrt(0.25 / 8000), (name, passes)


def run_of(name, weights, criterion="perceptron"):
    weights = np.asarray(weights, float)
    passes = np.arange(weights.shape[1], dtype=float)
    return Run(name, criterion, 1.0, 2, passes, weights, accuracy(weights))


def test_rest_is_seen_and_so_is_a_move_after_it():
    points, labels = np.tile([[0.9, 0.1], [0.1, 0.9]], (3, 1, 1)), np.tile([1.0, -1.0], (3, 1))
    right, wrong = [1.0, -1.0], [1.0, 1.0]
    run = run_of("x", [[wrong, right, right], [wrong, right, [2.0, -1.0]], [wrong, wrong, wrong]])
    assert resting(run, points, labels) == (1, 2)


def test_words_follow_the_verdicts():
    def pair(setting, passes, verdict):
        return {"setting": setting, "passes": passes, "verdict": verdict}

    both = [pair("rate 1", 1, "perceptron"), pair("rate 1", 100, "hinge"), pair("rate 2", 100, "not told apart")]
    assert verdicts(both, 1) == "the perceptron is better than the hinge loss at rate 1"
    assert verdicts(both, 100) == "the hinge loss is better at rate 1; they cannot be told apart at rate 2"
    assert "depends on the budget" in overall(both)
    assert "the hinge is better" in overall([pair("rate 1", 1, "hinge")])
    assert "nowhere" in overall([pair("rate 1", 1, "not told apart")])


def test_the_questions_of_the_sheet_are_answered_first(smoke, readings):
    short = json.loads((smoke("perceptron_or_hinge") / "summary.json").read_text())["in_short"]
    better, why, stable = (one["answer"] for one in short["answers"])
    assert better.startswith("After 6 passes, of 8 training sets each: ")
    found = {name: one for name, one in readings["gap"]["runs"].items() if one["distance_from_middle"]}
    assert f"{found['perceptron, rate 0.05']['distance_from_middle']['estimate']:.3f} [" in why
    least = min(readings["changed_by_other_training_points"], key=lambda one: one["changed"]["estimate"])
    assert f"the fewest labels change with {least['setting']} ({100 * least['changed']['estimate']:.1f} [" in stable
    assert "The mean test accuracy of 8 networks each" in short["sentences"]


def test_a_verdict_is_paired_and_adjusted():
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 0.3, (200, 1, 2))
    base, better = (np.tile([1.0, -1.0], (200, 1, 1)) + shrink * noise for shrink in (1.0, 0.5))
    (one,) = compared([run_of("perceptron", base), run_of("hinge, x", better, "hinge")], [0])
    assert one["verdict"] == "hinge"
    assert one["beats"].estimate > 0.9
    assert one["difference"].low > 0


def test_sets_of_one_class_are_counted_and_kept(tmp_path, monkeypatch):
    """Two points are of one class half of the time; a page is told all the same, with one budget and few seeds."""
    pages = []
    monkeypatch.setattr("seedbed.catalogue.reporting.write", lambda folder, study, page, **_: pages.append(page) or [])
    done = run_study(study, profile="smoke", seeds=range(12), out=tmp_path, changes={"n": [2]})
    found = done.summary["readings"]["one_class"]
    assert (found["training_sets"], found["points"]) == (12, 2)
    assert 1 <= found["of_one_class"] <= 11
    assert pages[0].sections


def test_redraws_change_labels_near_the_diagonal(readings):
    found = readings["changed_by_other_training_points"]
    assert {one["criterion"] for one in found} == {"perceptron", "hinge"}
    for one in found:
        assert 0 < one["changed"]["estimate"] < 0.7
        assert one["changed"]["n"] == 4
    assert within(np.array([0.1, 0.2, 0.3]), np.array([1.0, 1.0, 0.0]), 0.9) == 0.2
    assert within(np.array([0.1, 0.2]), np.zeros(2), 0.9) == 0
