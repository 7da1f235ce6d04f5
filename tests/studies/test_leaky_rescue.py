"""Collapsed, constant by rounding, nearly constant and varying are told apart; pairs count the seeds that differ."""

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.report.context import Context
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
    assert "exact collapse is less frequent by 84.6\xa0%" in leaky_rescue.helped(exact, flat)
    turned = leaky_rescue.helped(*leaky_rescue.against_relu([levelled(ends[1]), levelled(ends[0], start="RAI")]))
    assert "exact collapse is more frequent by 84.6\xa0%" in turned
    few = [replace(end, collapsed=end.collapsed[:2], flat=end.flat[:2]) for end in ends]
    found = leaky_rescue.against_relu(few)
    assert "no effect on exact collapse was shown" in leaky_rescue.helped(*found)
    assert leaky_rescue.grouped(found[:1], "collapse") == "collapse: no effect shown with ReLU from RAI"
    assert "less frequent with ReLU from RAI (by 84.6" in leaky_rescue.grouped([exact], "collapse")


def levelled(end, **levels):
    """The same end of another setting."""
    return replace(end, reading={**end.reading, "levels": {**LEVELS, **levels}})


def test_nothing_is_compared_without_relu_or_with_one_seed():
    leaky = leaky_rescue.end_of({**LEVELS, "slope": 0.1}, record("varies", "varies"))
    alone = leaky_rescue.end_of(LEVELS, record("varies"))
    assert leaky_rescue.against_relu([leaky]) == leaky_rescue.against_relu([alone]) == []
    context = Context(leaky_rescue.study, leaky_rescue.study.profile("smoke"), {})
    context.kept["ends"] = {"slopes": [leaky], "rai": []}
    assert any(isinstance(one, str) and "Nothing is compared" in one for one in leaky_rescue.pairs(context))


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


def test_the_share_that_collapsed_stands_first_and_every_question_is_answered(smoke):
    summary = json.loads((smoke("leaky_rescue") / "summary.json").read_text())
    relu = summary["readings"]["ends"]["slopes"][0]
    assert summary["in_short"]["sentences"].startswith("Of 4 networks each, 0.0 % (95 % interval")
    assert f"{100 * relu['shares']['collapsed']['estimate']:.1f} % (" in summary["in_short"]["sentences"]
    answers = {one["section"]: one["answer"] for one in summary["in_short"]["answers"]}
    assert answers["What fraction collapses"].startswith("“leaky 0.01, He”: 0 of 4 networks collapsed exactly")
    assert answers["Against ReLU under the same seeds"].startswith("Against ReLU, He: exact collapse: ")
    assert answers["The published test"].count("here") == len(leaky_rescue.PUBLISHED)


def test_all_settings_stand_side_by_side_in_one_outcome():
    def part(start, slopes):
        rows = xr.concat([record("varies", "collapsed")] * len(slopes), "slope").assign_coords(slope=slopes)
        return rows.expand_dims({"start": [start]}).assign_attrs(factors="start slope", cap=92)

    found = leaky_rescue.outcomes({"slopes": part("He", [0.0, 0.1]), "rai": part("RAI", [0.0])})
    assert found["ends"]["network"].values.tolist() == ["ReLU, He", "leaky 0.1, He", "ReLU, RAI"]
    assert found["relu_ends"]["start"].values.tolist() == ["He", "RAI"]
    scored = Context(leaky_rescue.study, leaky_rescue.study.profile("smoke"), {}, found).score
    assert scored.means[0] == sb.stats.wilson(1, 2)
