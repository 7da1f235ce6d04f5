"""How a member ended is one of five fates, told apart exactly; whether those that arrive are faster."""

import json

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.catalogue.questions import asked_of
from seedbed.measures import specs
from seedbed.studies import loss_scale
from seedbed.studies.loss_scale import SCALES
from seedbed.studies.loss_scale.ends import FATES, SHEET, against_the_sheet, end_of, exploded

NAN, INF = np.nan, np.inf
STEPS = [0, 1, 2, 5, 10]


def asked(profile):
    """The two questions by record."""
    return specs(asked_of(loss_scale.study, loss_scale.study.profile(profile)))


def members():
    """Six members of one setting: arrived, still training, dead, huge and dead, huge and then NaN, NaN at once."""
    weight = np.array([
        [1, 1, 2, NAN, NAN],
        [1, 1, 1, 1, 1],
        [1, 9, 9, 9, 9],
        [1, 1, 2e30, 2e30, 2e30],
        [1, 1, 5e30, NAN, NAN],
        [1, NAN, NAN, NAN, NAN],
    ])  # fmt: skip
    dead = np.where(np.isnan(weight), NAN, 0.0)
    dead[2, 2:] = 1
    dead[3, 3:] = 1
    return xr.Dataset(
        {"hit_step": ("seed", [2.0, NAN, NAN, NAN, NAN, NAN]), "diverged_step": ("seed", [NAN] * 4 + [4.0, 1.0]),
         "stop_step": ("seed", [2, 10, 10, 10, 4, 1]), "largest_weight": (("seed", "step"), weight),
         "dead": (("seed", "step"), dead), "final_dead": ("seed", [0, 0, 1.0, 1.0, 0, 0]),
         "final_largest_weight": ("seed", [2, 1, 9, 2e30, INF, 1.0])},
        {"seed": np.arange(6), "step": STEPS},
    )  # fmt: skip


def test_every_member_has_one_fate():
    end = end_of({"scale": "summed"}, members())
    assert end.counts == dict(zip(FATES, (1, 1, 1, 1, 2), strict=True))
    assert sum(share.estimate for share in end.shares.values()) == pytest.approx(1)


def test_who_exploded_never_arrived():
    assert exploded(members()).tolist() == [False, False, False, True, True, True]
    assert end_of({"scale": "summed"}, members()).diverged.estimate == pytest.approx(3 / 6)


def test_when_each_fate_came():
    when = end_of({"scale": "summed"}, members()).when
    assert (when["arrived"]["median"], when["dead"]["median"]) == (2, 2)
    assert when["dead"]["n"] == 1
    assert when["dead"]["interval"].estimate == 2
    assert "still training" not in when
    assert (when["weights beyond 1e30"]["median"], when["weights beyond 1e30"]["n"]) == (2, 2)
    assert (when["not finite"]["least"], when["not finite"]["most"]) == (1, 4)


def test_what_a_test_on_nan_misses_is_counted():
    said = loss_scale.missed({"lines": [end_of({"scale": "summed"}, members())]})
    assert "4 were lost" in said
    assert "finds 2 of them" in said


def paired(sheet, changed, cap=100):
    values = np.array([sheet, changed], dtype=float)
    return xr.Dataset(
        {"hit_step": (("scale", "seed"), values), "stop_step": (("scale", "seed"), np.nan_to_num(values, nan=cap))},
        {"scale": [SHEET, "summed"], "seed": np.arange(values.shape[1])}, {"cap": cap, "target": "x"},
    )  # fmt: skip


def test_faster_where_both_arrive_and_slower_over_all():
    """Half of the members die, the other half is ten times as fast: both have to be said."""
    (found,) = against_the_sheet(sb.stats.hits(paired([20.0] * 16, [2.0, NAN] * 8)))
    assert (found.arrived, found.both) == (8, 8)
    assert found.times.estimate == pytest.approx(10)
    assert found.difference.estimate == pytest.approx((8 * -18 + 8 * 80) / 16)
    assert loss_scale.times_text(found.times).replace("\u00a0", " ") == "10.0 [10.0, 10.0]"
    assert found.found == "slower, though some arrive"


def test_none_arrives():
    (found,) = against_the_sheet(sb.stats.hits(paired([20.0] * 8, [NAN] * 8)))
    assert (found.times, found.found) == (None, "no member arrived")
    assert loss_scale.times_text(found.times) == "—"


def test_the_answers_have_members_and_intervals(smoke):
    told = json.loads((smoke("loss_scale") / "summary.json").read_text())["in_short"]["answers"]
    assert [one["section"] for one in told] == [
        "How they end", "When they end", "Those that arrive nevertheless: faster or not"]  # fmt: skip
    for one in told:
        assert "n = 4" in one["answer"], one
        assert "95 % intervals" in one["answer"], one


def test_both_kinds_of_network_are_asked_under_every_scale():
    for question in asked("quick").values():
        scales = {setting.levels["scale"]: setting.spec for setting in question.settings()}
        assert list(scales) == list(SCALES)
        assert scales["summed"].loss["reduction"] == "sum"
        assert scales["deviation 1"].initializer["std"].value == 1.0
        assert scales[SHEET].loss["reduction"] == "mean"
    assert len(asked("full")["small"].settings()) == 16


def test_a_loss_chosen_from_outside_is_summed_too():
    """The scale has to act on the loss that was asked for, not the other way round."""
    for question in asked("quick").values():
        chosen = question.set_levels("loss", ["l2"]).settings()
        assert {one.spec.loss["reduction"] for one in chosen if one.levels["scale"] in ("summed", "both")} == {"sum"}
