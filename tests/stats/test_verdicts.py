"""Verdicts on records whose truth is known: each rule, its error at the border, and what leaves a check open."""

import numpy as np
import pytest
import xarray as xr

from seedbed.errors import StatsError
from seedbed.stats import judge, parse
from seedbed.stats.single_run import rising

CAP = 10_000


def record(seed=0, n=200, **columns):
    """Hits of four settings whose means are 900, 2,000, 4,600 and about 9,000 with a third never there."""
    rng = np.random.default_rng(seed)
    hits = np.stack([rng.normal(mean, width, n) for mean, width in ((900, 100), (2000, 300), (4600, 400), (9000, 300))])
    hits[3, rng.random(n) < 0.33] = np.nan
    hits[hits > CAP] = np.nan
    variables = {
        "hit_step": (("s", "seed"), np.round(hits)),
        "accuracy": (("s", "seed"), rng.normal([[0.9], [0.9], [0.8], [0.8]], 0.02, (4, n))),
        "dead": (("s", "seed"), rng.random((4, n)) < [[0.05], [0.3], [0.3], [0.95]]),
        **{name: (("s", "seed"), values) for name, values in columns.items()},
    }
    return xr.Dataset(variables, {"s": list("abcd"), "seed": np.arange(n)}, {"cap": CAP, "target": "a target"})


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("median(hit_step, s=a) < 1000", "supported"),
        ("median(hit_step, s=a) > 1000", "refuted"),
        ("1000 > median(hit_step, s=a)", "supported"),
        ("800 < median(hit_step, s=a) < 1000", "supported"),
        ("950 < median(hit_step, s=a) < 1000", "refuted"),
        ("median(hit_step, s=a) = 900 within 10 %", "supported"),
        ("median(hit_step, s=a) = 1100 within 10 %", "refuted"),
        ("iqm(hit_step, s=b) < 2500", "supported"),
        ("quantile(hit_step, 0.9, s=b) < 2000", "refuted"),
        ("quantile(hit_step, 0.9, s=d) > 9500", "supported"),
        ("share(hit_step, s=d) > 90 %", "refuted"),
        ("share(dead, s=d) > 90 %", "supported"),
        ("share(dead, s=a) < share(dead, s=b)", "supported"),
        ("share(dead, s=b) = share(dead, s=c) within 0.2", "supported"),
        ("mean(hit_step, s=a) < mean(hit_step, s=b) < mean(hit_step, s=c) < mean(hit_step, s=d)", "supported"),
        ("mean(hit_step, s=a) < mean(hit_step, s=c) < mean(hit_step, s=b)", "refuted"),
        ("mean(accuracy, s=a) > mean(accuracy, s=b)", "cannot be told"),
        ("mean(accuracy, s=a) < mean(accuracy, s=b) < mean(accuracy, s=c)", "refuted"),
        ("mean(accuracy, s=c) < mean(accuracy, s=a) < mean(accuracy, s=b)", "cannot be told"),
        ("mean(accuracy, s=a) = mean(accuracy, s=b) within 2 %", "supported"),
        ("mean(accuracy, s=a) = mean(accuracy, s=c) within 2 %", "refuted"),
        ("mean(accuracy, s=a) = mean(accuracy, s=c) within 0.05", "refuted"),
        ("2 * mean(hit_step, s=a) < mean(hit_step, s=c)", "supported"),
        ("3 * median(hit_step, s=a) < median(hit_step, s=b)", "refuted"),
        ("one_run(hit_step, s=a) = 917", "supported"),
        ("one_run(hit_step, s=a) = 2917", "refuted"),
    ],
)
def test_the_truth_decides(line, answer):
    found = judge(line, record())
    assert found.answer == answer
    assert found.findings[0].value.n == 200
    assert found.plain()["verdict"] == answer
    silent = "quantile" in line or "one_run" in line or ("share" in line and "within" in line)  # of single runs
    assert (found.one_run is None) == (answer == "cannot be told" or silent)
    if found.one_run is not None:
        assert found.one_run.low <= found.one_run.estimate <= found.one_run.high


def test_chance_of_one_run_is_counted_as_defined():
    data = record()
    a, b = data["hit_step"].sel(s="a").values, data["hit_step"].sel(s="b").values
    assert judge("median(hit_step, s=a) < 1000", data).one_run.estimate == np.mean(a >= 1000)
    assert judge("share(hit_step, s=d) > 90 %", data).one_run.estimate == np.isfinite(data["hit_step"][3]).mean()
    opposite = np.mean(a[:, None] > b[None, :])
    assert judge("mean(hit_step, s=a) < mean(hit_step, s=b)", data).one_run.estimate == pytest.approx(opposite)
    assert judge("mean(hit_step, s=b) < mean(hit_step, s=a)", data).one_run.estimate == pytest.approx(opposite)
    chain = np.stack([a, b], axis=1)
    assert rising(chain).estimate + rising(-chain, strict=True).estimate == pytest.approx(1)


def test_one_run_is_a_doubled_tail_over_all_members():
    data = record()
    found = judge("one_run(hit_step, s=d) = 9000", data).effect.effect
    hits = data["hit_step"].sel(s="d").values
    below, above = np.mean(hits <= 9000), 1 - np.mean(hits < 9000)
    assert found.estimate == pytest.approx(2 * min(below, above))


def test_what_the_cap_hides_is_not_judged():
    data = record()
    late = judge("mean(hit_step, s=d) < 20000", data)
    assert (late.answer, late.reason) == ("cannot be told", "watching ended at step 10000, before 20000")
    assert judge("one_run(hit_step, s=d) = 20000", data).answer == "cannot be told"
    none = np.full((4, 200), np.nan)
    never = record(never_step=none)
    never["never_step"].attrs["cap"] = CAP
    assert judge("median(never_step, s=a) < 1000", never).answer == "refuted"
    assert judge("mean(never_step, s=a) < mean(never_step, s=b)", never).answer == "cannot be told"
    alike = judge("mean(never_step, s=a) = mean(never_step, s=b) within 10 %", never)
    assert alike.answer == "cannot be told"
    assert alike.reason == "100% of a never arrive, and the cap alone makes them alike"


def test_what_leaves_a_check_open_is_said():
    data = record()
    assert judge("median(hit_step, s=a) < 1000", data.isel(seed=[3])).reason == (
        "one seed says nothing of others; run more seeds"
    )
    few = record(n=4, same=np.ones((4, 4)))
    assert judge("mean(same, s=a) > 0.9", few).answer == "cannot be told"
    assert judge("mean(same, s=a) > 0.9", record(same=np.ones((4, 200)))).answer == "supported"
    assert judge("mean(same, s=a) < mean(same, s=b)", record(same=np.ones((4, 200)))).answer == "cannot be told"
    holes = data["accuracy"].values.copy()
    holes[0, :3] = np.nan
    assert judge("mean(holes, s=a) < 1", record(holes=holes)).reason == "3 of the 200 values of holes are not finite"
    rare = np.where(np.arange(200) < 50, 1.0, np.nan) * np.ones((4, 1))
    shares = judge("share(rare, s=a) > 50 %", record(rare=rare))
    assert (shares.answer, shares.findings[0].value.n) == ("supported", 50)
    assert (
        judge("share(rare, s=a) > 0.5", record(rare=rare * np.nan)).reason == "rare applies to none of the 200 members"
    )


def test_exact_numbers_are_compared_as_they_are():
    data = xr.Dataset({"least": ("seed", [-828.01])}, {"seed": [0]})
    data["least"].attrs["exact"] = True
    found = judge("mean(least) = -828 within 0.05", data)
    assert (found.answer, found.effect.effect.method, found.one_run) == ("supported", "exact", None)
    assert judge("mean(least) = -829 within 0.05", data).answer == "refuted"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("median(hit_stp) < 3", 'no variable "hit_stp" in this record; did you mean "hit_step"? (it has hit_step, '
         "accuracy, dead)"),
        ("median(hit_step) < 3", "median(hit_step) leaves s open, which has the levels a, b, c, d; name one of them, "
         "because nothing is averaged over settings"),
        ("median(hit_step, s=e) < 3", 'no level "e" of s in this record (it has a, b, c, d)'),
        ("median(hit_step, t=a) < 3", 'no factor "t" of hit_step in this record (it has s)'),
        ("share(accuracy, s=a) < 3", "share(...) is of steps or of a yes-or-no outcome, got other numbers in accuracy; "
         "take mean(...) or median(...)"),
        ("mean(accuracy, s=a) < mean(hit_step, s=a)", "mean(accuracy, s=a) is a pure number and mean(hit_step, s=a) is "
         "steps; compare like with like"),
        ("median(hit_step, s=a) = median(hit_step, s=b) within 5 %", "a margin in percent between two terms needs "
         'means, got "median(hit_step, s=a) = median(hit_step, s=b) within 5.0 %"; give a plain number'),
    ],
)  # fmt: skip
def test_what_a_record_lacks_is_one_sentence(line, sentence):
    with pytest.raises(StatsError) as caught:
        judge(line, record(n=10))
    assert str(caught.value) == sentence


def test_seeds_that_were_not_run_are_refused():
    data = record(n=10, stop_step=np.where(np.eye(4, 10) > 0, np.nan, 5.0))
    with pytest.raises(StatsError, match="without a stop_step"):
        judge("median(hit_step, s=a) < 1000", data)


def false_verdicts(draws, n, line, law, seed=7):
    """How often a line that is just at the border of its truth is called supported, and refuted."""
    rng, check = np.random.default_rng(seed), parse(line)
    axes = {"s": ["a", "b"], "seed": np.arange(n)}
    answers = [judge(check, xr.Dataset({"x": (("s", "seed"), law(rng, n))}, axes)).answer for _ in range(draws)]
    return np.mean([answer == "supported" for answer in answers]), np.mean([answer == "refuted" for answer in answers])


def normal(rng, n):
    return 1 + 0.3 * rng.standard_normal((2, n))


def yes_or_no(rng, n):
    return (rng.random((2, n)) < 0.5).astype(float)


LINES = [
    ("mean(x, s=a) < 1", normal),
    ("mean(x, s=a) < mean(x, s=b)", normal),
    ("median(x, s=a) < 1", normal),
    ("share(x, s=a) > share(x, s=b)", yes_or_no),
    ("mean(x, s=a) = mean(x, s=b) within 0.000001", normal),
]


@pytest.mark.parametrize(("line", "law"), LINES[1:4])
def test_wrong_verdicts_at_the_border_are_rare(line, law):
    """Of 80 draws at 2.5 % each, 9 or more have a chance of 0.02 %."""
    supported, refuted = false_verdicts(80, 40, line, law)
    assert supported < 9 / 80
    assert refuted < 9 / 80


@pytest.mark.long
@pytest.mark.parametrize(("line", "law"), LINES)
def test_wrong_verdicts_at_the_border_keep_their_rate(line, law):
    supported, refuted = false_verdicts(2000, 60, line, law)
    most = 0.05 if "within" in line else 0.025  # a margin of nothing has its border on both sides
    assert supported < 0.025 + 3 * (0.025 / 2000) ** 0.5
    assert refuted < most + 3 * (most / 2000) ** 0.5


def of_hits(*columns, cap=100.0, **more):
    """Hits of settings a, b, ... as given."""
    table = np.array(columns, dtype=float)
    axes = {"s": list("abcd"[: len(table)]), "seed": np.arange(table.shape[1])}
    variables = {"hit_step": (("s", "seed"), table), **{name: (("s", "seed"), values) for name, values in more.items()}}
    return xr.Dataset(variables, axes, {"cap": cap, "target": "a target"})


@pytest.mark.parametrize(
    ("line", "answer"),
    [("< 100", "refuted"), ("<= 100", "refuted"), ("> 100", "supported"), (">= 100", "supported"),
     ("> 99", "supported"), ("> 101", "cannot be told"), ("< 101", "cannot be told")],
)  # fmt: skip
def test_who_never_arrived_lies_beyond_the_cap_and_not_at_it(line, answer):
    assert judge(f"median(hit_step) {line}", of_hits(np.full(40, np.nan))).answer == answer


def test_a_single_run_that_never_arrives_lies_beyond_the_cap_too():
    found = judge("median(hit_step) <= 100", of_hits(np.full(40, np.nan)))
    assert found.answer == "refuted"
    assert found.one_run.estimate == 0


def test_an_arrival_at_the_cap_counts_as_one():
    assert judge("median(hit_step) <= 100", of_hits(np.full(40, 100.0))).answer == "supported"


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">="])
@pytest.mark.parametrize("term", ["median(hit_step, {})", "quantile(hit_step, 0.7, {})", "iqm(hit_step, {})"])
def test_two_that_were_not_reached_are_not_ordered(sign, term):
    hits = of_hits(*np.where(np.arange(40) < [[8], [4]], np.arange(40.0) + 1, np.nan))
    found = judge(f"{term.format('s=a')} {sign} {term.format('s=b')}", hits)
    assert found.answer == "cannot be told"
    assert "watching ended" in found.reason


def test_a_median_that_was_reached_comes_before_one_that_was_not():
    hits = of_hits(np.arange(40.0), np.full(40, np.nan))
    assert judge("median(hit_step, s=a) < median(hit_step, s=b)", hits).answer == "supported"


@pytest.mark.parametrize(
    ("line", "answer"),
    [("< 90", "cannot be told"), ("> 90", "cannot be told"), ("> 40", "supported"), ("< 40", "refuted"),
     ("= 65 within 20", "cannot be told"), ("= 20 within 10", "refuted")],
)  # fmt: skip
def test_a_mean_that_a_cap_has_cut_is_bounded_from_below_only(line, answer):
    found = judge(f"mean(hit_step) {line}", of_hits(np.tile([30.0, np.nan], 50)))
    assert found.answer == answer
    assert found.reason or answer != "cannot be told"


@pytest.mark.parametrize("n", [2, 3, 4, 5])
@pytest.mark.parametrize(
    "line",
    ["mean(x, s=a) < 5", "iqm(x, s=a) < 5", "median(x, s=a) < median(x, s=b)", "iqm(x, s=a) < iqm(x, s=b)",
     "mean(x, s=a) = mean(x, s=b) within 50", "mean(x, s=a) = mean(x, s=b) within 90 %", "mean(hit_step, s=a) < 90",
     "mean(hit_step, s=a) = mean(hit_step, s=b) within 50 %"],
)  # fmt: skip
def test_fewer_than_six_seeds_bound_no_mean(n, line):
    values = np.array([np.linspace(1, 1.1, n), np.linspace(2, 2.1, n)])
    assert judge(line, of_hits(*values, x=values)).answer == "cannot be told"


def test_six_seeds_may_bound_a_mean():
    values = np.array([np.linspace(1, 1.1, 6), np.linspace(2, 2.5, 6)])
    assert judge("mean(hit_step, s=a) < mean(hit_step, s=b)", of_hits(*values)).answer == "supported"


def test_a_range_of_shares_says_nothing_of_one_run():
    hits = of_hits(np.tile([30.0, np.nan], 50))
    found = judge("0.2 < share(hit_step) < 0.8", hits)
    assert found.answer == "supported"
    assert found.one_run is None


def test_a_divergence_after_the_target_is_not_known():
    stop = np.tile([40.0, 100.0], 20)
    hits = of_hits(np.where(stop < 100, stop, np.nan), diverged_step=np.full((1, 40), np.nan), stop_step=stop[None])
    found = judge("mean(diverged_step) > 50", hits)
    assert found.answer == "cannot be told"
    assert "20 of 40 members stopped at their target" in found.reason
    assert judge("share(diverged_step) < 50 %", hits).answer == "supported"


def test_where_steps_are_varied_each_setting_has_its_own_cap():
    hits = xr.Dataset(
        {"hit_step": (("steps", "seed"), np.tile([[np.nan], [150.0]], 40))},
        {"steps": [100.0, 200.0], "seed": np.arange(40)}, {"cap": 100, "longest": 200, "target": "a target"},
    )  # fmt: skip
    assert judge("median(hit_step, steps=200) < 160", hits).answer == "supported"
    assert judge("median(hit_step, steps=100) > 100", hits).answer == "supported"
    found = judge("median(hit_step, steps=100) < median(hit_step, steps=200)", hits)
    assert found.answer == "cannot be told"
    assert "watched for 100 steps and the other for 200" in found.reason
