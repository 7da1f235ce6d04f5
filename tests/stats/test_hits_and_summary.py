"""From a record to hits, tables and JSON: shapes, counts by hand, records of other makings, and what is refused."""

import json
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

import seedbed.stats as sb_stats
from seedbed.errors import StatsError
from seedbed.stats import compare, hits, pairs, summarize

NAN = float("nan")
FACTORS = {"activation": ["relu", "sigmoid"], "loss": ["cross_entropy", "l2"]}


@pytest.fixture
def record(make_record, draw_hits):
    steps = np.stack([draw_hits("tied", share, 40) for share in (0.0, 0.2, 0.4, 0.8)]).reshape(2, 2, 40)
    return make_record(steps, FACTORS)


def test_the_public_face_is_listed():
    assert sorted(sb_stats.__all__) == list(sb_stats.__all__)
    assert all(getattr(sb_stats, name).__doc__ for name in sb_stats.__all__)


def test_importing_stats_is_light():
    """No framework, no drawing, and statsmodels only when a function needs it."""
    heavy = ("jax", "equinox", "optax", "matplotlib", "plotly", "statsmodels")
    code = f"import sys, seedbed.stats; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_hits_read_every_setting_in_the_records_order(record):
    ours = hits(record)
    assert ours.names == ("relu, cross_entropy", "relu, l2", "sigmoid, cross_entropy", "sigmoid, l2")
    for levels, name in zip(ours.members.settings, ours.names, strict=True):
        part = record["hit_step"].sel(levels).values
        survival = ours.survival(levels)
        assert np.array_equal(survival.hit_step, part, equal_nan=True)
        assert ours.shares()[name].estimate == np.mean(np.isfinite(part))
        assert ours.restricted_means()[ours.names.index(name)] == survival.restricted_mean()


def test_the_order_of_axes_does_not_matter(record):
    turned = record.assign(hit_step=record["hit_step"].transpose("seed", "loss", "activation"))
    assert json.dumps(summarize(record)) == json.dumps(summarize(turned))
    assert json.dumps(compare(record)) == json.dumps(compare(turned))


def test_the_order_of_seeds_does_not_matter_to_estimates(record):
    turned = record.isel(seed=slice(None, None, -1))
    for one, other in zip(compare(record), compare(turned), strict=True):
        assert one["difference"]["estimate"] == pytest.approx(other["difference"]["estimate"])
        assert one["a_beats_b"] == other["a_beats_b"]
        assert one["one_run_misleads"]["estimate"] == pytest.approx(other["one_run_misleads"]["estimate"])


def test_a_summary_has_the_shape_of_summary_json(record):
    entries = json.loads(json.dumps(summarize(record), allow_nan=False))
    assert [entry["factors"] for entry in entries] == [
        {"activation": activation, "loss": loss} for activation in FACTORS["activation"] for loss in FACTORS["loss"]
    ]
    for entry in entries:
        assert set(entry) == {"factors", "n", "hit_share", "hit_step", "diverged", "dead", "final"}
        assert set(entry["hit_step"]) == {"median", "q05", "q25", "q75", "q95", "rmst"}
        interval = {"estimate", "low", "high", "level", "method", "n"}
        assert all(set(value) == interval for value in [entry["hit_share"], *entry["hit_step"].values()])
        assert {"mean", "median", "low", "high", "n", "not_finite"} <= set(entry["final"]["final_train_loss"])
        assert entry["n"] == 40
        assert entry["dead"] is None


def test_a_summary_by_hand(make_record):
    steps = [10.0, 20.0, 30.0, NAN]
    losses, diverged = [0.1, 0.2, 0.3, NAN], [NAN, NAN, NAN, 7.0]
    (entry,) = summarize(make_record(steps, cap=100, final_train_loss=losses, diverged_step=diverged))
    assert entry["factors"] == {}
    assert (entry["n"], entry["diverged"]) == (4, 1)
    assert entry["hit_share"]["estimate"] == 0.75
    assert [entry["hit_step"][name]["estimate"] for name in ("q05", "q25", "median", "q75", "q95")] == [
        10,
        10,
        20,
        30,
        None,
    ]
    assert entry["hit_step"]["rmst"]["estimate"] == (10 + 20 + 30 + 100) / 4
    final = entry["final"]["final_train_loss"]
    assert (final["mean"], final["median"]) == pytest.approx((0.2, 0.2))
    assert (final["n"], final["not_finite"]) == (3, 1)


def test_a_diverged_member_counts_as_one_that_never_arrives(make_record):
    """It stays at risk to the cap: where it broke changes nothing."""
    steps = [10.0, 20.0, 30.0, NAN, NAN]
    early = make_record(steps, cap=100, diverged_step=[NAN, NAN, NAN, 1.0, NAN], stop_step=[10, 20, 30, 1, 100])
    late = make_record(steps, cap=100)
    assert [entry["hit_step"] for entry in summarize(early)] == [entry["hit_step"] for entry in summarize(late)]
    assert hits(early).survival().restricted_mean().estimate == (10 + 20 + 30 + 100 + 100) / 5


def test_dead_members_are_counted_at_their_last_reading(make_record):
    record = make_record([10.0, NAN, NAN], cap=100)
    trace = np.array([[0.0, NAN, NAN], [0.0, 1.0, 1.0], [1.0, 0.0, NAN]])
    traced = record.assign(dead=(("seed", "step"), trace)).assign_coords(step=[0, 50, 100])
    assert summarize(traced)[0]["dead"] == 1
    assert summarize(record.assign(final_dead=("seed", [0.0, 1.0, 1.0])))[0]["dead"] == 2


def test_comparisons_have_every_number(record):
    entries = json.loads(json.dumps(compare(record), allow_nan=False))
    assert len(entries) == 6
    settings = hits(record).members
    for entry in entries:
        a, b = (record["hit_step"].sel(entry[side]).values for side in "ab")
        assert entry["difference"] == pairs.difference(a, b, cap=1000).plain()
        cut = [np.where(np.isnan(steps), 1000.0, steps) for steps in (a, b)]
        assert entry["a_beats_b"] == pairs.superiority(*cut).plain()
        assert entry["p_raw"] == pairs.sign_flip(*cut).p
        assert entry["p_raw"] <= entry["p"] <= 1
        assert entry["ties"] == np.sum(cut[0] == cut[1])
        assert entry["both_never"] == np.sum(np.isnan(a) & np.isnan(b))
        assert 0 <= entry["one_run_misleads"]["estimate"] <= 1
    assert settings.values.shape == (40, 4)


def test_more_than_eight_settings_are_compared_one_factor_at_a_time(make_record, draw_hits):
    record = make_record(
        draw_hits("skewed", 0.2, (3, 3, 10)), {"activation": list("xyz"), "learning_rate": [0.1, 0.2, 0.4]}
    )
    entries = compare(record)
    assert len(entries) == 9 * 4 // 2
    for entry in entries:
        assert sum(entry["a"][name] != entry["b"][name] for name in entry["a"]) == 1


def test_compare_tells_everything_in_plain_text(record):
    told = hits(record).compare()
    text = repr(told)
    for name in hits(record).names:
        assert name in text
    for words in ("4 settings, 40 seeds each", "train_accuracy at least 1", "restricted mean", "P(A beats B)", "Holm",
                  "One run per setting contradicts", "Intervals at 95 %"):  # fmt: skip
        assert words in text
    assert told.order.names == hits(record).order().names
    assert told.one_run == hits(record).one_run()
    assert text == repr(hits(record).compare())
    assert max(map(len, text.splitlines())) < 160


def test_compare_tells_what_never_arrives(make_record):
    steps = np.stack([np.arange(1.0, 11), np.full(10, NAN), np.full(10, NAN)])
    text = repr(hits(make_record(steps, {"loss": ["a", "b", "c"]})).compare())
    assert "not reached" in text
    assert "0 of 10" in text
    assert "Cannot be told apart (5 %, Holm):\n  b / c" in text
    assert "no order" in text
    assert "count as one" not in text.split("\n\n")[0]


def test_a_dataset_of_ones_own(rng):
    mine = xr.Dataset(
        {"first_success": (("dose", "seed"), rng.exponential(10, (3, 20)).clip(0, 50))}, {"dose": [1, 2, 3]}
    )
    ours = hits(mine, "first_success", cap=50)
    assert ours.names == ("1", "2", "3")
    assert len(ours.pairs()) == 3
    assert "first_success" not in repr(ours.compare())
    with pytest.raises(StatsError, match=r"hits\(record, cap=...\)"):
        hits(mine, "first_success")


def test_a_record_without_a_target_has_no_hits(record):
    aimless = record.assign_attrs(target="").assign(hit_step=record["hit_step"] * NAN)
    entry = summarize(aimless)[0]
    assert (entry["hit_share"], entry["hit_step"]) == (None, None)
    assert entry["final"]["final_train_loss"]["n"] == 40
    assert compare(aimless) == []
    with pytest.raises(StatsError, match="its question had no target"):
        hits(aimless)
    assert compare(record.drop_vars("hit_step")) == []


def test_one_seed_and_one_setting(make_record):
    alone = make_record([[5.0], [9.0]], {"loss": ["a", "b"]})
    assert compare(alone) == []
    assert json.dumps(summarize(alone), allow_nan=False)
    for ask in (hits(alone).compare, hits(alone).pairs, hits(alone).order):
        with pytest.raises(StatsError, match="at least"):
            ask()
    single = make_record([1.0, 2.0, NAN])
    assert compare(single) == []
    assert hits(single).survival().n == 3
    with pytest.raises(StatsError, match="at least two settings"):
        hits(single).compare()


def test_what_cannot_be_read_is_refused(record, make_record):
    with pytest.raises(StatsError, match='no variable "hit_stp" in this record; did you mean "hit_step"'):
        hits(record, "hit_stp")
    with pytest.raises(StatsError, match="no seed axis"):
        hits(record.isel(seed=0))
    with pytest.raises(StatsError, match="select one step first"):
        hits(record.expand_dims(step=3))
    with pytest.raises(StatsError, match="an axis of length 0"):
        summarize(record.isel(seed=slice(0)))
    with pytest.raises(StatsError, match="1 repeated"):
        hits(record.isel(seed=[0, 1, 1]))
    with pytest.raises(StatsError, match="a summary needs hit_step"):
        summarize(record[["diverged_step"]])
    with pytest.raises(StatsError, match="got 40 of 160 members without a stop_step"):
        hits(record.assign(stop_step=record["stop_step"].where(np.arange(4).reshape(2, 2, 1) > 0)))
    with pytest.raises(StatsError, match="write NaN for never"):
        hits(record, cap=10)
    with pytest.raises(StatsError, match="levels must name one setting"):
        hits(record).survival()
    with pytest.raises(StatsError, match="levels must name one setting"):
        hits(record).survival({"activation": "relu"})
