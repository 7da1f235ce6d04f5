"""Two settings against each other: paired where the seeds are the same, independent and said so where not."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from seedbed.errors import StatsError
from seedbed.stats import Hits, Interval, Members, logrank, pairs, proportions, two_sample, wilson


def side(values, name="a", first=0):
    values = np.asarray(values, dtype=float)
    return Members(({"setting": name},), np.arange(first, first + len(values)), values[:, None])


def test_under_the_same_seeds_everything_is_paired(rng):
    a, b = rng.normal(3, 1, 30), rng.normal(4, 1, 30)
    found = two_sample.compare(side(a), side(b, "b"))
    assert found.paired
    assert found.test == pairs.sign_flip(a, b)
    assert found.difference == pairs.difference(a, b)
    assert found.beats == pairs.superiority(a, b)
    assert found.sentence().startswith("a has a lower mean than b, on average by ")
    assert found.sentence().endswith("30 seeds each, paired).")


def test_the_order_of_the_seeds_does_not_matter(rng):
    a, b = rng.normal(3, 1, 30), rng.normal(4, 1, 30)
    turned = Members(({"setting": "b"},), np.arange(30)[::-1], b[::-1, None])
    assert two_sample.compare(side(a), turned).difference == two_sample.compare(side(a), side(b, "b")).difference


def test_under_other_seeds_members_are_independent_and_that_is_said(rng):
    a, b = rng.lognormal(0, 1, 20), rng.lognormal(0.1, 1, 50)
    found = two_sample.compare(side(a), side(b, "b", 100), what="mean final_train_loss")
    assert not found.paired
    assert found.test.p == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue)
    assert found.ranks.p == pytest.approx(stats.mannwhitneyu(a, b).pvalue)
    u = stats.mannwhitneyu(b, a).statistic / 1000
    assert found.beats.estimate == pytest.approx(u)
    assert found.one_run.misleads.estimate == pytest.approx(1 - u if a.mean() < b.mean() else u)
    assert "20 and 50 seeds, unpaired" in found.sentence()


def test_ties_and_chances_against_all_pairs(rng):
    a, b = rng.integers(0, 4, 9).astype(float), rng.integers(1, 5, 14).astype(float)
    every = np.subtract.outer(a, b)
    ours = two_sample.independent_superiority(a, b)
    assert ours.estimate == pytest.approx(np.mean(every < 0) + np.mean(every == 0) / 2)
    chance = two_sample.compare(side(a), side(b, "b", 50)).one_run
    assert a.mean() < b.mean()
    assert chance.misleads.estimate == pytest.approx(np.mean(every > 0))
    assert (chance.agrees, chance.ties) == pytest.approx((np.mean(every < 0), np.mean(every == 0)))


def test_hits_of_other_seeds_have_a_logrank_and_a_difference_of_shares(rng):
    steps = rng.uniform(0, 1500, (2, 40))
    steps[steps > 1000] = np.nan
    a, b = (Hits(side(one, name, first), 1000.0) for one, name, first in zip(steps, "ab", (0, 40), strict=True))
    found = two_sample.compare(a, b)
    arrived = (~np.isnan(steps)).sum(axis=1).tolist()
    assert found.curves == logrank(a.survival(), b.survival())
    assert found.shares == proportions.unpaired(arrived[0], 40, arrived[1], 40)
    table = [[arrived[0], 40 - arrived[0]], [arrived[1], 40 - arrived[1]]]
    assert found.share_test.p == pytest.approx(stats.fisher_exact(table).pvalue)
    assert json.loads(json.dumps(found.plain(), allow_nan=False))["paired"] is False
    same = two_sample.compare(a, Hits(side(steps[1], "b"), 1000.0))
    assert same.curves is None
    assert same.share_test == pairs.mcnemar(*(~np.isnan(steps)).astype(float))


def test_what_never_arrived_is_not_told_apart():
    nobody = np.full(8, np.nan)
    for first in (0, 8):
        found = two_sample.compare(Hits(side(nobody), 10.0), Hits(side(nobody, "b", first), 10.0))
        assert "never arrived" in found.sentence()
        assert found.p == 1
        assert found.needed.expected == {0.8: None, 0.9: None}
        json.dumps(found.plain(), allow_nan=False)


def test_a_higher_score_can_be_better(rng):
    a, b = rng.normal(0.9, 0.01, 20), rng.normal(0.8, 0.01, 20)
    found = two_sample.compare(side(a), side(b, "b"), better="higher", what="mean accuracy")
    assert found.sentence().startswith("a has a higher mean accuracy than b, on average by 0.09")
    assert found.beats.estimate == 1


def test_several_comparisons_are_one_family(rng):
    found = two_sample.together(
        [two_sample.compare(side(rng.normal(0, 1, 20)), side(rng.normal(m, 1, 20), "b")) for m in (0, 3)]
    )
    assert found[1].p == pytest.approx(2 * found[1].test.p)
    assert "Holm over 2 tests" in found[1].sentence()


def test_newcombe_is_statsmodels():
    from statsmodels.stats.proportion import confint_proportions_2indep

    for counts in ((56, 70, 48, 80), (0, 10, 0, 20), (10, 10, 0, 20), (9, 10, 3, 10)):
        ours = proportions.unpaired(*counts)
        theirs = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
        assert (ours.low, ours.high) == pytest.approx(theirs)


def test_a_share_against_a_published_one_is_scipy_s():
    found = proportions.against(868, 1000, 0.909)
    assert found.p == stats.binomtest(868, 1000, 0.909).pvalue
    assert found.statistic == pytest.approx(-0.041)
    with pytest.raises(StatsError, match="divide percentages by 100"):
        proportions.against(9, 10, 90.9)


def test_constant_sides_keep_a_sense_of_what_was_missed():
    assert two_sample.welch(np.ones(4), np.ones(6)).p == 1
    assert two_sample.welch(np.ones(4), np.zeros(6)).p == pytest.approx(2 / 210)
    assert two_sample.mann_whitney(np.ones(4), np.ones(6)).p == 1
    bounded = two_sample.independent_difference(np.full(8, 10.0), np.full(8, 10.0), bounds=(0.0, 10.0))
    assert bounded.low < 0 < bounded.high
    assert wilson(0, 8).high > 0


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (
            lambda: two_sample.compare(side([1, 2]), Hits(side([1, 2]), 10.0)),
            "hits on one side and scores on the other",
        ),
        (lambda: two_sample.compare(side([1]), side([1])), "two seeds on each side, got 1"),
        (lambda: two_sample.compare(side([1, np.nan]), side([1, 2])), "must be finite"),
        (lambda: two_sample.compare(Hits(side([1, 2]), 10.0), Hits(side([1, 2]), 20.0)), "one cap, got 10 and 20"),
        (
            lambda: two_sample.compare(Members(({"s": 1}, {"s": 2}), np.arange(2), np.ones((2, 2))), side([1, 2])),
            "each side must be one setting, got 2",
        ),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(ask, words):
    with pytest.raises(StatsError, match=words):
        ask()


@pytest.mark.parametrize("better", ["lower", "higher"])
@pytest.mark.parametrize("shift", [-1.0, 1.0])
def test_the_interval_of_a_sentence_holds_its_estimate(rng, better, shift):
    """The difference is told as how far the better one is ahead: a positive number, between its own bounds."""
    a = rng.normal(3, 1, 30)
    said = two_sample.compare(side(a), side(a + shift + rng.normal(0, 0.5, 30), "b"), better=better).sentence()
    found = re.search(r"by ([\d.]+) \(95 % interval ([-\d.]+) to ([-\d.]+),", said)
    estimate, low, high = map(float, found.groups())
    assert 0 < low < estimate < high


def test_no_order_is_claimed_where_interval_and_test_disagree():
    gap = Interval(-21.0, -51.0, 9.0, 0.95, "by hand", 7)
    a, b = np.arange(8.0), np.arange(8.0) + 2
    found = replace(two_sample.compare(side(a), side(b, "b")), difference=gap, p=0.04)
    assert not found.told_apart
    assert "cannot be told apart" in found.sentence()
    assert found.sentence().endswith("Interval and test disagree, so no order is claimed.")


def test_the_test_rejects_at_the_level_of_the_interval(rng):
    a = rng.normal(0, 1, 20)
    b = a + rng.normal(0.6, 1, 20)
    for level in (0.8, 0.9, 0.95, 0.99, 0.999):
        found = two_sample.compare(side(a), side(b, "b"), level=level)
        assert found.told_apart == (found.p < 1 - level and not found.difference.low <= 0 <= found.difference.high)


def test_seeds_in_common_are_counted_where_members_are_taken_as_independent(rng):
    found = two_sample.compare(side(rng.normal(size=10)), side(rng.normal(size=9), "b", 1))
    assert not found.paired
    assert found.common == 9


def test_means_that_a_cap_has_cut_say_so():
    arrived, some = np.arange(1.0, 9.0), np.array([6.0, 7, 8, 9, np.nan, np.nan, np.nan, np.nan])
    assert two_sample.compare(Hits(side(arrived), 10.0), Hits(side(some, "b"), 10.0)).sentence().endswith(
        ", counted up to step 10.")  # fmt: skip
    assert "counted" not in two_sample.compare(Hits(side(arrived), 10.0), Hits(side(arrived + 1, "b"), 10.0)).sentence()
