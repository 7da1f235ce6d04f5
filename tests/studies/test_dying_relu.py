"""A network is dead exactly where no slope is left; when, at which layer and at which constant is read off truly."""

import json

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.report.context import Context
from seedbed.studies import dying_relu
from seedbed.studies.dying_relu import MONTE_CARLO
from seedbed.studies.dying_relu import fates as analysis
from seedbed.studies.dying_relu.fates import DRAWN, FATES, FINE, LAW, REACH

HIDDEN = 2


def network(first, second, last):
    """Parameters of a 1-2-2-1 net: weights and biases, layer after layer."""
    return [*first, *second, *last]


ON = ([1.0, -1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0, 0.0, 0.0], [1.0, 1.0, 0.0])  # is |x|
OFF = ([1.0, -1.0, 0.0, 0.0], [-1.0, 0.0, 0.0, -1.0, 0.0, 0.0], [1.0, 1.0, 1.25])  # second layer dead, answers 1.25
STEPS = [0, 46, 92, 138]


def record():
    """Alive; dead as drawn; dies at 92; dead at 46 only; not finite from 92 on."""
    on, off, gone = network(*ON), network(*OFF), [np.nan] * 13
    paths = np.array([[on] * 4, [off] * 4, [on, on, off, off], [on, off, on, on], [on, on, gone, gone]])
    last = paths[:, -1].copy()
    last[4] = on
    nan = np.nan
    return xr.Dataset(
        {"parameters": (("seed", "step", "parameter"), paths), "final_parameters": (("seed", "parameter"), last),
         "diverged_step": ("seed", [nan, nan, nan, nan, 90.0]), "stop_step": ("seed", [138] * 4 + [90]),
         "final_dead": ("seed", [0, 1, 1, 0, 0])},
        {"seed": np.arange(5), "step": STEPS}, {"cap": 138},
    )  # fmt: skip


LEVELS = {"formula": "abs", "depth": "2 hidden"}


def test_every_network_has_one_fate():
    end = analysis.end_of(LEVELS, record())
    assert end["counts"] == dict(zip(FATES, (1, 1, 1, 1, 1), strict=True))
    assert (end["collapsed"].estimate, end["born"].estimate) == (2 / 5, 1 / 5)
    assert end["hidden"] == HIDDEN


def test_step_and_layer_of_death():
    end = analysis.end_of(LEVELS, record())
    assert end["died_at"]["median"] == 92
    assert end["layers"] == {"born dead": [0, 1, 0], "died in training": [0, 1, 0]}
    assert end["still_by_step"] == {"step": STEPS, "count": [1, 2, 2, 2]}


def test_a_first_epoch_step_by_step_takes_the_place_of_its_border():
    whole = record()
    early = xr.Dataset({"parameters": whole["parameters"].isel(step=[0, 1, 1])}, {"seed": whole["seed"]})
    early = early.assign_coords(step=[0, 1, 46])
    steps, rows = analysis.traced(whole, early)
    assert steps.tolist() == [0, 1, 46, 92, 138]
    np.testing.assert_array_equal(rows[:, -1], whole["parameters"][:, -1])
    assert analysis.end_of(LEVELS, whole, early)["still_by_step"]["count"] == [1, 2, 2, 2, 2]


def test_errors_and_constants():
    end = analysis.end_of(LEVELS, record())
    assert end["tends_to"] == pytest.approx(REACH / 2, abs=1e-9)
    assert end["constant"]["median"] == pytest.approx(1.25 - REACH / 2)
    assert end["error"]["alive"]["q95"] == pytest.approx(0, abs=1e-12)
    assert end["spread_of_targets"] == pytest.approx(7 / 12, rel=1e-6)
    expected = np.mean((np.abs(FINE) - 1.25) ** 2)
    assert end["error"]["dead"]["median"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("still", "since"),
    [([0, 0, 0], 3), ([1, 1, 1], 0), ([1, 0, 1], 2), ([0, 1, 1], 1), ([1, 1, 0], 3)],
)
def test_the_first_step_of_lasting_death(still, since):
    assert analysis.last_change(np.array([still], bool)).tolist() == [since]


def test_the_law_of_the_targets():
    """Means and medians by hand: |x| has both at sqrt 7 / 2; the integral of x sin 5x is sin(5x)/25 - x cos(5x)/5."""
    by_hand = (np.sin(5 * REACH) / 25 - REACH * np.cos(5 * REACH) / 5) / REACH
    assert sb.formulas["x_sin_5x"](LAW).mean() == pytest.approx(by_hand, abs=1e-6)
    assert np.median(np.abs(LAW)) == pytest.approx(REACH / 2, abs=1e-4)


@pytest.mark.parametrize("layers", [1, 2, 9, 10])
def test_the_chance_to_be_born_dead(layers):
    """The study's simulation within Monte-Carlo error of the published one, inside the bounds; exact for 1 and 2."""
    found = analysis.born_dead(layers)
    error = np.sqrt(2 * 0.25 / DRAWN)
    assert abs(found.estimate - MONTE_CARLO[layers]) < 4 * error + 0.0005  # published with three digits
    assert 1 - 2 * 0.75**layers <= found.estimate + 4 * error
    assert found.estimate <= 1 - 0.75**layers
    exact = {1: 0.0, 2: 1 / 2 * 1 / 4 + 1 / 2 * 1 / 16}  # both units on one side, or one on each
    if layers in exact:
        assert abs(found.estimate - exact[layers]) < 4 * error


def test_the_engine_draws_networks_that_are_born_dead_as_often():
    """2,000 networks drawn by the engine, nine hidden layers, against 0.879: false alarm 1e-4."""
    spec = (
        dying_relu.ask(dying_relu.study.profile("smoke"))["main"]
        .settings()[0]
        .spec.replace(data=sb.data.curve("abs", n=2), batch_size=None, steps=1, trace=1)
    )
    rows = sb.run(spec, seeds=2_000)["parameters"].isel(step=0).transpose("seed", ...).values
    found = sb.variation(spec.model, rows, [-REACH, 0.0, REACH]).still.mean()
    assert abs(found - 0.879) < 3.9 * np.sqrt(0.879 * 0.121 / 2_000)


def test_mean_or_median_is_told_only_where_they_differ():
    """|x|: the same; x sin 5x: apart; the third function: every number of a gap is a median."""
    said = {}
    for name, function in sb.formulas.items():
        law = function(LAW)
        said[name] = dying_relu.nearer_words(analysis.nearer(np.array([law.mean()] * 3), law, {"formula": name}))
    assert "too near to one another" in said["abs"]
    assert "3 of the 3 dead networks answer a number nearer to the mean" in said["x_sin_5x"]
    assert "every number from 0.200 to 0.800 is a median" in said["step_sin_5x"]


def test_words_hold_when_all_or_none_collapse():
    whole = record()
    for seeds in ([0], [1], [2], [3]):
        few = whole.isel(seed=seeds).expand_dims({"formula": ["abs"], "depth": ["2 hidden"]})
        records = {"main": few.assign_attrs(factors="formula depth"), "first_epoch": few.isel(step=[0, 1])}
        records["first_epoch"] = records["first_epoch"].assign_attrs(factors="formula depth")
        context = Context(dying_relu.study, dying_relu.study.profile("smoke"), records)
        for block in (dying_relu.born, dying_relu.ended, dying_relu.when, dying_relu.constants, dying_relu.looks,
                      dying_relu.precision, dying_relu.published):  # fmt: skip
            words = [one for one in block(context) if isinstance(one, str | sb.Answer)]
            assert "nan" not in str(words), block


def test_the_fraction_is_answered_with_its_interval(smoke):
    summary = json.loads((smoke("dying_relu") / "summary.json").read_text())
    answers = {one["section"]: one["answer"] for one in summary["in_short"]["answers"]}
    (main,) = summary["readings"]["ends"]["main"]
    collapsed = main["counts"]["born dead"] + main["counts"]["died in training"]
    assert f"{collapsed} of 6 networks collapsed" in answers["How the networks end"]
    assert answers["What was published"].startswith("Over 90 % of 1,000 trainings were reported")
    assert f"Of 6 networks, {100 * collapsed / 6:.1f} % (95 % interval" in summary["in_short"]["sentences"]


def test_smoke_tells_of_every_setting(smoke):
    ends = json.loads((smoke("dying_relu") / "summary.json").read_text())["readings"]["ends"]
    assert [len(ends[name]) for name in ("main", "others", "ten", "absolute")] == [1, 2, 1, 1]
    (main,) = ends["main"]
    assert sum(main["counts"].values()) == main["n"] == 6
    assert main["still_by_step"]["step"][:47] == list(range(47))
    assert main["precision"]["dead, not constant in double precision"] == 0
