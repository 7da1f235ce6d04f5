"""Both identities, by ways that share nothing; what the page counts as an error is one."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest

from seedbed.studies.softmax_identities.ways import KINDS, central, exact, last_finite, naive, scores_of, worst


@pytest.fixture
def readings(smoke):
    return json.loads((smoke("softmax_identities") / "summary.json").read_text())["readings"]


def by_fractions(scores, label):
    """Jacobian and gradient in rational arithmetic, from exponentials that are rational numbers: scores log(p)."""
    total = sum(scores)
    o = [Fraction(one, total) for one in scores]
    jacobian = [[o[i] * ((i == j) - o[j]) for j in range(len(o))] for i in range(len(o))]
    return np.array(jacobian, float), np.array([o[i] - (i == label) for i in range(len(o))], float)


@pytest.mark.parametrize("weights", [(1, 1), (1, 2, 5), (1, 10**12), (3, 1, 4, 1, 5, 9)])
def test_the_closed_form_against_rational_numbers(weights):
    z = np.log(np.array([weights], float))
    for label in range(len(weights)):
        jacobian, gradient = by_fractions(weights, label)
        found = exact(z, np.array([label]))
        np.testing.assert_allclose(found["jacobian"][0], jacobian, rtol=1e-13)
        np.testing.assert_allclose(found["gradient"][0], gradient, rtol=1e-13)
        np.testing.assert_allclose(
            found["loss"][0], math.log1p((sum(weights) - weights[label]) / weights[label]), rtol=1e-12
        )


def test_the_closed_form_keeps_its_digits_where_one_minus_o_has_none():
    found = exact(np.array([[60.0, 0.0]]), np.array([0]))
    assert 1 - found["output"][0, 0] == 0
    np.testing.assert_allclose(found["jacobian"][0], math.exp(-60) * np.array([[1, -1], [-1, 1]]), rtol=1e-13)
    np.testing.assert_allclose(found["gradient"][0], [-math.exp(-60), math.exp(-60)], rtol=1e-13)
    np.testing.assert_allclose(found["loss"], math.exp(-60), rtol=1e-13)


def test_differences_agree_with_the_closed_form_and_see_a_wrong_one():
    rng = np.random.default_rng(0)
    z, labels = rng.standard_normal((30, 5)), rng.integers(0, 5, 30)
    truth, found = exact(z, labels), central(z, labels)
    for what in ("jacobian", "gradient"):
        np.testing.assert_allclose(found[what], truth[what], atol=1e-9)
        assert worst(found[what], truth[what] * 1.001)["absolute"] > 1e-5


def test_kinds_hold_what_they_say():
    rng, count = np.random.default_rng(1), 400
    made = {kind: scores_of(kind, rng, count, 3) for kind in KINDS}
    assert all(one.dtype == np.float32 and np.isfinite(one).all() and one.shape == (400, 3) for one in made.values())
    assert np.abs(made["up to the limits of float32"]).max() > 3e38
    ties = made["ties: whole numbers 0 to 2"]
    assert (np.sort(ties, axis=1)[:, -1] == np.sort(ties, axis=1)[:, -2]).mean() > 0.2
    assert np.abs(made["±10,000 each"]).min() > 9_900
    assert np.abs(made["all near 0: N(0, 1) × 1e-30"]).max() < 1e-28


def test_errors_are_found_where_they_are():
    true = np.array([[1.0, 1e-20], [0.5, 1e-40]])
    one = worst(np.array([[1.25, 1e-20], [0.5, 0.0]]), true)
    assert (one["absolute"], one["absolute_at"], one["relative"]) == (0.25, [0, 0], 0.25)  # 1e-40 is not counted
    two = worst(np.array([[1.0, 3e-20], [0.5, 0.0]]), true)
    assert two["relative"] == pytest.approx(2)
    assert two["relative_at"] == [0, 1]


def test_the_engine_and_the_formulas_by_hand_agree(readings):
    for kinds in readings["largest_errors"].values():
        for ways in kinds.values():
            for way, bound in (("automatic", 4e-7), ("by hand", 1e-14)):
                assert all(one["finite"] and one["absolute"] < bound for one in ways[way]), (ways, way)
            for one in ways.get("central differences", []):
                assert one["absolute"] < 1e-6
    for law in readings["laws"]:
        assert max(law["row_sum"], law["asymmetry"], law["gradient_sum"], -law["eigenvalue"]) < 2e-6


def test_digits_are_lost_where_arithmetic_says(readings):
    """Half a unit in the last place below 1: 2^-25 in single precision, 2^-54 in double."""
    lost = readings["all_digits_lost_from_a_lead_of"]
    for name, value in lost.items():
        assert value == pytest.approx((54 if "double" in name else 25) * math.log(2), rel=0.15), name


def test_the_formula_as_written_ends_where_exponentials_do(readings):
    limits = readings["last_finite_c"]
    assert limits["(c, 0), single precision"] == pytest.approx(math.log(np.finfo(np.float32).max), abs=1e-3)
    assert limits["(c, 0), double precision"] == pytest.approx(math.log(np.finfo(np.float64).max), abs=1e-3)
    assert 103 < limits["(0, −c), single precision"] < 104.1
    assert 744 < limits["(0, −c), double precision"] < 745.3
    assert readings["engine_loss_error"]["relative"] < 1e-6
    failed = readings["not_finite"]
    assert failed["ordinary: N(0, 1)"]["single precision"] == 0
    shifted = failed["shifted by ±10,000"]
    assert shifted["single precision"] == shifted["double precision"] == shifted["points"] > 0
    assert all(one["engine"] <= one["loss_beyond_float32"] for one in failed.values())


def test_naive_is_the_definition_where_it_works():
    z = np.log(np.array([[1.0, 3.0]]))
    o, loss = naive(z, np.array([1]))
    np.testing.assert_allclose(o, [[0.25, 0.75]])
    np.testing.assert_allclose(loss, -math.log(0.75))
    assert last_finite(lambda c: c < 12.5, 1.0, 20.0) == pytest.approx(12.5, abs=1e-5)


def test_answers_stand_before_the_figure_and_follow_the_readings(smoke, readings):
    folder = smoke("softmax_identities")
    page = (folder / "report.html").read_text()
    assert page.index('class="answers"') < page.index('<figure class="picture">')
    said = {
        one["section"]: one["answer"]
        for one in json.loads((folder / "summary.json").read_text())["in_short"]["answers"]
    }
    failed = sum(one["single precision"] for one in readings["not_finite"].values())
    assert (
        f"no number at {failed} of {readings['points']} points in single" in said["The formula as it is written fails"]
    )
    lost = readings["all_digits_lost_from_a_lead_of"]
    first = min(value for name, value in lost.items() if name.endswith("automatic"))
    assert f"from c = {first:.1f} (automatic)" in said["Where digits are lost"]
