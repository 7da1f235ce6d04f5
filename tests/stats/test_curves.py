"""Bands of traces, and settings compared at named steps and by area."""

import numpy as np
import pytest
import xarray as xr

from seedbed import figures
from seedbed.errors import StatsError
from seedbed.stats import curves, pairs, resampling, scores

STEPS = np.array([0, 1, 2, 5, 10, 100])


@pytest.fixture
def record(rng):
    """Two settings, 12 seeds, an uneven grid; seed 3 of b stopped at step 5."""
    values = rng.normal(size=(2, 12, 1)) * 0.1 + np.array([1.0, 2.0])[:, None, None] / (1 + STEPS)
    values[1, 3, 4:] = np.nan
    stop = np.full((2, 12), 100.0)
    stop[1, 3] = 5
    return xr.Dataset(
        {
            "train_loss": (("loss", "seed", "step"), values),
            "final_train_loss": (("loss", "seed"), np.where(stop < 100, 0.25, values[:, :, -1])),
            "stop_step": (("loss", "seed"), stop),
            "diverged_step": (("loss", "seed"), np.full((2, 12), np.nan)),
        },
        {"loss": ["a", "b"], "seed": np.arange(12), "step": STEPS},
    )


def test_a_mean_at_each_step_is_that_of_its_members(record):
    band = curves.bands(record, "train_loss")["a"]
    for at in (0, 3):
        one = scores.mean(record["train_loss"].values[0, :, at])
        assert (band.estimate[at], band.low[at], band.high[at]) == pytest.approx((one.estimate, one.low, one.high))
    assert (band.n == 12).all()
    assert band.step.tolist() == STEPS.tolist()


def test_a_median_at_each_step_has_the_exact_interval(record):
    band = curves.bands(record, "train_loss", "median")["b"]
    for at in (0, 4):
        column = curves.held(record.sel(loss="b"), "train_loss")[:, at]
        one = scores.median(column)
        assert (band.estimate[at], band.low[at], band.high[at]) == (one.estimate, one.low, one.high)


@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_a_band_for_all_steps_is_wider_than_one_for_each(rng, statistic):
    values = rng.normal(size=(40, 30))  # steps that have nothing to do with each other: much to pay for all
    record = xr.Dataset({"x": (("seed", "step"), values)}, {"seed": np.arange(40), "step": np.arange(30)})
    (each,), (whole,) = (curves.bands(record, "x", statistic, simultaneous=wide).values() for wide in (False, True))
    assert (whole.low < each.low + 1e-12).all()
    assert (whole.high - whole.low).mean() > 1.2 * (each.high - each.low).mean()
    assert whole.estimate == pytest.approx(each.estimate)
    assert "30 steps" in whole.method


def test_seeds_that_move_together_pay_for_one_step_only(rng):
    """Whole seeds are resampled: with parallel curves the band for all steps is that for one."""
    values = rng.normal(size=(60, 1)) + np.linspace(0, 9, 50)
    record = xr.Dataset({"x": (("seed", "step"), values)}, {"seed": np.arange(60), "step": np.arange(50)})
    (each,), (whole,) = (curves.bands(record, "x", simultaneous=wide).values() for wide in (False, True))
    assert (whole.high - whole.low).mean() == pytest.approx((each.high - each.low).mean(), rel=0.1)


def test_a_stopped_member_keeps_its_last_value_as_in_the_figures(record):
    ours = curves.held(record.sel(loss="b"), "train_loss")
    assert (ours[3, 4:] == 0.25).all()
    theirs = figures.traces.read(record, "train_loss", True)[1].held
    assert np.array_equal(ours, theirs, equal_nan=True)


def test_a_diverged_member_leaves_the_band_and_stops_comparisons(record):
    record["diverged_step"][1, 3] = 6
    band = curves.bands(record, "train_loss")["b"]
    assert band.n.tolist() == [12, 12, 12, 12, 11, 11]
    theirs = figures.traces.read(record, "train_loss", True)[1].held
    assert np.array_equal(curves.held(record.sel(loss="b"), "train_loss"), theirs, equal_nan=True)
    for ask in (lambda: curves.by_area(record, "train_loss"), lambda: curves.at_steps(record, "train_loss", (1,))):
        with pytest.raises(StatsError, match="1 of b diverged"):
            ask()


def test_named_steps_are_one_family(record):
    found = curves.at_steps(record, "train_loss", (0, 10))
    a, b = (curves.held(record.sel(loss=name), "train_loss") for name in "ab")
    for step, at in ((0, 0), (10, 4)):
        (one,) = found[step]
        assert one.test.p == pairs.sign_flip(a[:, at], b[:, at]).p
        assert one.difference == pairs.difference(a[:, at], b[:, at])
        assert one.family == "Holm over 2 tests (2 steps named in advance)"
    raw = sorted(found[step][0].test.p for step in (0, 10))
    assert sorted(found[step][0].p for step in (0, 10)) == pytest.approx([min(2 * raw[0], 1), max(2 * raw[0], raw[1])])


def test_the_area_is_the_time_mean_over_an_uneven_grid(record):
    found = curves.time_means(record, "train_loss").values
    trace = record["train_loss"].values[0, 5]
    slow = sum((trace[i] + trace[i + 1]) / 2 * (STEPS[i + 1] - STEPS[i]) for i in range(5)) / 100
    assert found[5, 0] == pytest.approx(slow)
    (one,) = curves.by_area(record, "train_loss")
    assert one.difference.estimate == pytest.approx(np.mean(found[:, 0] - found[:, 1]))


def test_the_same_curve_gives_the_same_band(record):
    one, two = (curves.bands(record, "train_loss", simultaneous=True)["a"] for _ in range(2))
    assert np.array_equal(one.low, two.low)


def test_members_that_agree_have_a_point(record):
    record["train_loss"][:] = 3.0
    record["final_train_loss"][:] = 3.0
    for statistic in ("mean", "median"):
        band = curves.bands(record, "train_loss", statistic, simultaneous=True)["a"]
        assert (band.low[~np.isnan(band.low)] == 3).all()


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda r: curves.at_steps(r, "train_loss", (7,)), "not recorded at step 7; the nearest recorded step is 5"),
        (lambda r: curves.at_steps(r, "train_loss", ()), "named in advance, got none"),
        (lambda r: curves.bands(r, "final_train_loss"), "no step axis"),
        (lambda r: curves.bands(r, "train_los"), 'no variable "train_los"'),
        (lambda r: curves.bands(r.isel(seed=[0]), "train_loss"), "two seeds, got 1"),
        (lambda r: curves.bands(r, "train_loss", level=2.0), "between 0 and 1"),
        (lambda r: curves.time_means(r.isel(step=[0]), "train_loss"), "two recorded steps, got 1"),
    ],
)
def test_what_cannot_be_drawn_is_one_sentence(record, ask, words):
    with pytest.raises(StatsError, match=words):
        ask(record)


def test_resamples_are_shared_with_every_other_interval():
    counts = np.vstack(list(resampling.drawn_counts(7)))
    assert (counts.sum(axis=1) == 7).all()
    values = np.arange(7.0)[:, None]
    assert np.allclose(resampling.resampled_means(values), counts @ values / 7)
