"""Collapsed, constant by rounding, nearly constant and varying are told apart; pairs count the seeds that differ."""

import json

import numpy as np
import pytest
import xarray as xr

from seedbed.studies import leaky_rescue
from seedbed.studies.leaky_rescue import FATES

LEVELS = {"start": "He", "slope": 0.0}
STEPS = [0, 46, 92]
ABS = [1.0, -1.0, 0.0, 0.0, 1.0, 1.0]  # the units x and -x of a 1-2-1 net, and their sum: |x|, without the last bias
SMALL = [1.0, -1.0, 0.0, 0.0, 1e-3, 1e-3]
TINY = [1.0, -1.0, 0.0, 0.0, 1e-12, 1e-12]
DEAD = [1.0, -1.0, -9.0, -9.0, 1.0, 1.0]
LAST = {"varies": [*ABS, 0.0], "nearly constant": [*SMALL, 1.0], "constant by rounding": [*TINY, 1.0],
        "collapsed": [*DEAD, 1.0]}  # fmt: skip


def record(*kinds, broken=()):
    rows = np.array([LAST[kind] for kind in kinds])
    return xr.Dataset(
        {"parameters": (("seed", "step", "parameter"), np.repeat(rows[:, None], 3, axis=1)),
         "final_parameters": (("seed", "parameter"), rows),
         "diverged_step": ("seed", [5.0 if seed in broken else np.nan for seed in range(len(kinds))])},
        {"seed": np.arange(len(kinds)), "step": STEPS}, {"cap": 92},
    )  # fmt: skip


def test_every_network_has_one_fate():
    end = leaky_rescue.end_of(LEVELS, record(*LAST, "varies", broken=(4,)))
    assert end["counts"] == dict.fromkeys(FATES, 1)
    assert {name: share.estimate for name, share in end["shares"].items()} == pytest.approx(
        {"collapsed": 1 / 5, "constant or nearly": 3 / 5}
    )
    assert end["flat_by_step"]["count"] == [3, 3, 3]
    assert end["learned"].estimate == 1 / 5


def test_what_only_looks_dead_is_counted():
    quiet = leaky_rescue.end_of(LEVELS, record(*LAST))["quiet"]
    assert quiet["answers equal in single precision, slope not 0"] == 1
    assert quiet["answers equal in double precision, slope not 0"] == 0
    assert quiet["steepest slope of the answer below 1e-8, not 0"] == 1


@pytest.mark.parametrize(
    ("answers", "alike"),
    [(np.linspace(-0.4, 0.4, 100), True), (np.linspace(-1, 1, 100), False),
     (np.r_[np.full(96, 1.2), np.full(4, 3.0)], True), (np.r_[np.full(95, 1.2), np.full(5, 3.0)], False)],
)  # fmt: skip
def test_the_published_test_by_rounding(answers, alike):
    assert leaky_rescue.rounded(answers[None]).tolist() == [alike]


def test_pairs_are_by_seed_and_words_follow_them():
    ends = [leaky_rescue.end_of(LEVELS, record(*["collapsed"] * 12, "varies")),
            leaky_rescue.end_of({**LEVELS, "start": "RAI"}, record(*["varies"] * 12, "collapsed"))]  # fmt: skip
    exact, flat = leaky_rescue.against_relu(ends)
    assert (exact["only_here"], exact["only_base"]) == (1, 12)
    assert exact["difference"].estimate == pytest.approx(-11 / 13)
    assert exact["p"] == flat["p"] < 0.05
    assert "exact collapse is less frequent by 84.6 %" in leaky_rescue.helped(exact, flat)
    other_way = [{**ends[1], "levels": LEVELS}, {**ends[0], "levels": {**LEVELS, "start": "RAI"}}]
    turned = leaky_rescue.helped(*leaky_rescue.against_relu(other_way))
    assert "exact collapse is more frequent by 84.6 %" in turned
    few = [{**end, "members": {name: values[..., :2] if name != "answers" else values[:2]
                               for name, values in end["members"].items()}} for end in ends]  # fmt: skip
    assert "no effect on exact collapse was shown" in leaky_rescue.helped(*leaky_rescue.against_relu(few))


def test_nothing_is_compared_without_relu_or_with_one_seed():
    leaky = leaky_rescue.end_of({**LEVELS, "slope": 0.1}, record("varies", "varies"))
    alone = leaky_rescue.end_of(LEVELS, record("varies"))
    assert leaky_rescue.against_relu([leaky]) == leaky_rescue.against_relu([alone]) == []
    assert "Nothing is compared" in next(leaky_rescue.pair_items([leaky], [])).text


def test_a_published_count_agrees_where_the_intervals_meet():
    end = leaky_rescue.end_of(LEVELS, record(*["collapsed"] * 9, "varies"))
    assert leaky_rescue.verdict(end["shares"]["collapsed"], 909) == "agrees"
    assert leaky_rescue.verdict(end["shares"]["collapsed"], 300) == "differs"
    assert leaky_rescue.verdict(end["shares"]["collapsed"], None) == ""


def test_relu_and_slope_0_are_one(smoke):
    """At smoke: slopes side by side from the same draws, and both kinds of start."""
    ends = json.loads((smoke("leaky_rescue") / "summary.json").read_text())["readings"]["ends"]
    assert [one["setting"] for one in ends["rai"]] == ["ReLU, RAI", "leaky 0.01, RAI"]
    assert len(ends["slopes"]) == 5
    leaky = [one for one in ends["slopes"] if one["levels"]["slope"] > 0]
    assert all(one["counts"]["collapsed"] == 0 for one in leaky)
