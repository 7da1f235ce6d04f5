"""The lucky-seed meter against enumeration, and seeds needed against statsmodels."""

import itertools
import json

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from seedbed.errors import StatsError
from seedbed.stats import Members, luck


def table(values, seeds=None):
    settings = tuple({"activation": name} for name in "abcdefgh"[: values.shape[1]])
    return Members(settings, np.arange(len(values)) if seeds is None else np.array(seeds), values)


@pytest.mark.parametrize("k", [1, 2, 3, 6, 7])
@pytest.mark.parametrize("better", ["lower", "higher"])
def test_the_best_of_k_is_the_mean_over_all_choices(rng, k, better):
    values = np.round(rng.lognormal(size=7), 1)
    pick = min if better == "lower" else max
    slow = np.mean([pick(chosen) for chosen in itertools.combinations(values, k)])
    assert luck.best_of(values, k, better) == pytest.approx(slow)


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_the_gain_s_interval_is_the_jackknife_written_out(rng, better):
    from scipy import stats

    values, k = rng.normal(size=12), 4
    sign = 1 if better == "higher" else -1

    def gain(sample):
        return sign * (luck.best_of(sample, k, better) - np.mean(sample))

    without = np.array([gain(np.delete(values, i)) for i in range(12)])
    error = np.sqrt(11 / 12 * np.sum((without - without.mean()) ** 2))
    ours = luck.gain(values, k, better)
    assert ours.estimate == pytest.approx(gain(values))
    reach = np.exp(stats.t.ppf(0.975, 11) * error / ours.estimate)
    assert (ours.low, ours.high) == pytest.approx((ours.estimate / reach, ours.estimate * reach))


def test_a_gain_where_there_is_none():
    level = luck.gain(np.full(8, 3.0), 5)
    assert (level.estimate, level.low) == (0, 0)
    assert np.isnan(level.high)  # eight that agree do not say that no other is better
    assert luck.gain(np.arange(8.0), 1).estimate == 0
    few = luck.gain(np.arange(4.0), 5)
    assert np.isnan(few.estimate)
    assert "needs more than 5" in few.method


def test_many_members_do_not_overflow(rng):
    found = luck.gain(rng.normal(size=10_000), 10)
    assert found.low < 1.5388 < found.high  # the expected largest of ten normal members


def test_given_seeds_have_the_share_of_the_others_that_they_beat():
    values = np.array([[5.0], [1.0], [5.0], [9.0]])
    found = luck.seed_luck(table(values, (0, 42, 7, 8)))[0]
    assert found.beaten[0].estimate == pytest.approx(0.5)  # one worse, one tie, one better
    assert found.beaten[42].estimate == 1
    assert 3407 not in found.beaten
    assert found.beaten[42].n == 3
    assert luck.seed_luck(table(values, (0, 42, 7, 8)), "higher")[0].beaten[42].estimate == 0


def test_the_meter_is_plain(rng):
    found = luck.seed_luck(table(rng.normal(size=(8, 2))))
    plain = json.loads(json.dumps([one.plain() for one in found], allow_nan=False))
    assert plain[0]["best_of"]["3"]["gain"]["low"] > 0
    assert plain[0]["best_of"]["10"]["gain"]["estimate"] is None
    assert list(plain[0]["seeds"]) == ["0"]
    assert found[0].name == "a"


@pytest.mark.parametrize("effect", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("power", [0.8, 0.9])
def test_seeds_needed_are_those_of_the_exact_power(effect, power):
    exact = TTestPower().solve_power(effect_size=effect, alpha=0.05, power=power)
    assert abs(luck.seeds_for(effect, 1.0, power) - np.ceil(exact)) <= 1


def test_needed_seeds_come_from_a_pilot(rng):
    pilot = rng.normal([0, 0.5, 0.02], [1, 1, 1], (40, 3))
    first, second, _ = luck.needed(table(pilot))
    gaps = pilot[:, 0] - pilot[:, 1]
    assert first.expected[0.8] == luck.seeds_for(abs(gaps.mean()), gaps.std(ddof=1))
    assert first.cautious[0.8] is None or first.cautious[0.8] > first.expected[0.8]
    assert first.expected[0.9] > first.expected[0.8]
    assert second.cautious[0.8] is None  # its interval holds 0
    json.dumps(first.plain(), allow_nan=False)


def test_nothing_is_needed_where_nothing_differs():
    assert luck.needed(table(np.ones((5, 2))))[0].expected == {0.8: None, 0.9: None}


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: luck.best_of([1.0, 2.0], 3), "a k from 1 to the 2 members, got 3"),
        (lambda: luck.gain([1.0, float("nan")], 1), "1 of 2 that are not"),
        (lambda: luck.needed(table(np.ones((5, 1)))), "takes two settings"),
        (lambda: luck.needed(table(np.ones((1, 2)))), "at least two seeds"),
        (lambda: luck.seeds_for(1.0, 1.0, 80.0), "between 0 and 1, got 80"),
    ],
)
def test_what_has_no_answer_is_one_sentence(ask, words):
    with pytest.raises(StatsError, match=words):
        ask()


def test_no_fewer_seeds_are_named_than_a_test_can_reject_with(rng):
    """Five sign flips reach 2 / 32 at best, so nothing is told apart at 5 % by fewer than six seeds."""
    a = rng.normal(0, 0.01, 20)
    (one,) = luck.needed(table(np.column_stack([a, a + 1 + rng.normal(0, 0.001, 20)])))
    assert one.expected == {0.8: 6, 0.9: 6}
