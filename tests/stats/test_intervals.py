"""Intervals hold the truth as often as they say, and tests raise as few false alarms: by simulation.

Members are skewed, tied or heavy-tailed and 0-90 % of them never arrive. `b` shares half of its seeds with `a`, as
settings under common seeds do. Floors are 0.95 where nothing is said, or the documented deviation, less three standard
errors of the simulation. Quantiles and shares need no simulation: their coverage is summed exactly in
`test_survival` and `test_scores`. Every method at a few sizes, as the docs have it: `test_coverage`.
"""

import numpy as np
import pytest

from seedbed.stats import holm, one_run, order, pairs, resampling, scores

CAP, MANY = 1000.0, 200_000
LAWS, CENSORED, SIZES = ("skewed", "tied", "heavy"), (0.0, 0.5, 0.9), (8, 30, 200)


@pytest.fixture
def settings(rng, draw_hits):
    """min(T, cap) under settings a and b, each (seed, draw); b is faster by `gain` and correlated with a."""

    def make(law, censored, size, gain=0.7):
        a, other = draw_hits(law, censored, size), draw_hits(law, censored, size)
        b = gain * np.where(rng.random(size) < 0.5, a, other)
        return np.where(np.isnan(a), CAP, a), np.where(np.isnan(b), CAP, b)

    return make


def held(intervals, truth):
    """The share of intervals that hold the truth, and their number; a bound that does not exist excludes nothing."""
    inside = [not (interval.low > truth + 1e-9 or interval.high < truth - 1e-9) for interval in intervals]
    return float(np.mean(inside)), len(inside)


def at_least(intervals, truth, documented=0.95):
    share, count = held(intervals, truth)
    floor = documented - 3 * np.sqrt(documented * (1 - documented) / count)
    assert share >= floor, f"{share:.3f} of {count} intervals hold {truth:.4g}; documented {documented}"


def in_portions(ours, values, **limits):
    """An interval of every column: `ours` takes a column and its resampled means."""
    found = []
    for start in range(0, values.shape[1], 500):
        part = values[:, start : start + 500]
        resampled = resampling.resampled_means(part)
        found += [ours(part[:, j], resampled[:, j], 0.95, **limits) for j in range(part.shape[1])]
    return found


def check_means(settings, law, censored, n, draws):
    a, b = settings(law, censored, (n, draws))
    many_a, many_b = settings(law, censored, MANY)
    documented = {8: 0.85, 30: 0.91, 200: 0.94} if (law, censored) == ("heavy", 0.0) else {8: 0.91, 30: 0.91, 200: 0.94}
    at_least(in_portions(resampling.mean_interval, a, bounds=(0.0, CAP)), many_a.mean(), documented[n])
    gaps = in_portions(resampling.difference_interval, a - b, bounds=(-CAP, CAP))
    at_least(gaps, many_a.mean() - many_b.mean(), 0.93)


def check_superiority(settings, law, censored, n, draws):
    a, b = settings(law, censored, (n, draws))
    many_a, many_b = settings(law, censored, MANY)
    truth = np.mean(many_a < many_b) + np.mean(many_a == many_b) / 2
    counts = np.sum(a < b, axis=0) * (n + 1) + np.sum(a > b, axis=0)
    _, first, drawn = np.unique(counts, return_index=True, return_inverse=True)  # only wins and losses matter
    found = [pairs.superiority(a[:, j], b[:, j]) for j in first]
    at_least([found[i] for i in drawn], truth, 0.94)


def check_one_run(settings, law, censored, n, draws):
    """Against the truth of the order that each ensemble showed, right or wrong."""
    a, b = settings(law, censored, (n, draws))
    many = dict(zip("ab", settings(law, censored, MANY), strict=True))
    seen = [one_run(np.c_[a[:, j], b[:, j]], ("a", "b")) for j in range(draws)]
    shares, counts = [], []
    for first, second in ("ab", "ba"):
        behind = np.searchsorted(np.sort(many[second]), many[first], side="left").mean() / MANY
        same = np.mean(many[second] < many[first])
        ordered = [run for run in seen if run.order == (first, second) and not np.isnan(run.independent.agrees)]
        if ordered:
            independent = held([run.independent.misleads for run in ordered], behind)
            same_seed = held([run.same_seed.misleads for run in ordered], same)
            shares.append((independent[0], same_seed[0]))
            counts.append(len(ordered))
    share = np.average(shares, axis=0, weights=counts)
    assert share.min() >= 0.93 - 3 * np.sqrt(0.93 * 0.07 / sum(counts)), share


CHECKS = {"means": check_means, "superiority": check_superiority, "one_run": check_one_run}
CASES = [
    (check, law) for check in CHECKS for law in LAWS if check == "means" or law != "heavy"
]  # others see ranks only


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(("law", "censored"), [("skewed", 0.5), ("tied", 0.9)])
def test_intervals_hold_the_truth(settings, check, law, censored):
    CHECKS[check](settings, law, censored, 30, 300)


@pytest.mark.long
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("censored", CENSORED)
@pytest.mark.parametrize(("check", "law"), CASES)
def test_intervals_hold_the_truth_everywhere(settings, check, law, censored, n):
    CHECKS[check](settings, law, censored, n, 2_000)


def check_by_scipy(monkeypatch, rng, n, draws):
    """Statistics that scipy resamples; fewer resamples than in use, to keep the simulation short."""
    monkeypatch.setattr(scores, "resamples", lambda _: 999)
    data = rng.exponential(1, (n, draws))
    many = np.sort(rng.exponential(1, 1_000_000))
    quarter = many[250_000:750_000].mean()
    at_least([scores.interquartile_mean(data[:, j]) for j in range(draws)], quarter, {8: 0.9, 30: 0.93, 200: 0.94}[n])
    other = 0.5 * np.where(rng.random((n, draws)) < 0.5, data, rng.exponential(1, (n, draws)))
    gaps = [pairs.difference(data[:, j], other[:, j], "median") for j in range(draws)]
    at_least(gaps, 0.5 * np.log(2), {8: 0.9, 30: 0.92, 200: 0.93}[n])


def test_interquartile_means_and_medians_hold_the_truth(monkeypatch, rng):
    check_by_scipy(monkeypatch, rng, 30, 100)


@pytest.mark.long
@pytest.mark.parametrize("n", SIZES)
def test_interquartile_means_and_medians_hold_the_truth_everywhere(monkeypatch, rng, n):
    check_by_scipy(monkeypatch, rng, n, 2_000)


def check_ranks(monkeypatch, rng, n, draws):
    """Three settings at 0, 0.3 and 0.6 standard deviations; every setting's true rank is in its interval."""
    monkeypatch.setattr(resampling, "resamples", lambda _: 999)
    inside = []
    for _ in range(draws):
        ours = order(rng.normal([0, 0.3, 0.6], 1, (n, 3)), ("1", "2", "3"))
        inside += [rank.low <= int(name) <= rank.high for name, rank in zip(ours.names, ours.ranks, strict=True)]
    assert np.mean(inside) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / draws)


def test_rank_intervals_hold_the_true_ranks(monkeypatch, rng):
    check_ranks(monkeypatch, rng, 30, 50)


@pytest.mark.long
@pytest.mark.parametrize("n", SIZES)
def test_rank_intervals_hold_the_true_ranks_everywhere(monkeypatch, rng, n):
    check_ranks(monkeypatch, rng, n, 2_000)


def check_whole_order(rng, n, draws):
    """Four settings; the truth is the chance under the laws themselves, for the order they really have."""
    shift = np.array([0, 1.0, 2.0, 3.0])
    runs = rng.normal(shift, 1, (MANY, 4))
    truth = np.mean((np.diff(runs, axis=1) < 0).any(axis=1))
    seen = [one_run(rng.normal(shift, 1, (n, 4)), ("1", "2", "3", "4")) for _ in range(draws)]
    right = [run for run in seen if run.order == ("1", "2", "3", "4")]
    at_least([run.independent.misleads for run in right], truth, 0.93)
    at_least([run.same_seed.misleads for run in right], truth, 0.94)


def test_the_chance_of_a_whole_order_holds_the_truth(rng):
    check_whole_order(rng, 30, 300)


@pytest.mark.long
@pytest.mark.parametrize("n", SIZES)
def test_the_chance_of_a_whole_order_holds_the_truth_everywhere(rng, n):
    check_whole_order(rng, n, 2_000)


def check_false_alarms(rng, draw_hits, law, censored, n, draws):
    """Four settings that are alike, under common seeds: single tests and the whole family keep 5 %."""
    single, ranked, family = [], [], []
    for _ in range(draws):
        common = draw_hits(law, censored, (n, 1))
        values = np.where(rng.random((n, 4)) < 0.5, common, draw_hits(law, censored, (n, 4)))
        values = np.where(np.isnan(values), CAP, values)
        tests = [pairs.sign_flip(values[:, i], values[:, j]).p for i in range(4) for j in range(i)]
        single.append(tests[0])
        family.append(holm(tests).p.min())
        ranked.append(pairs.wilcoxon(values[:, 0], values[:, 1]).p)
    ceiling = 0.05 + 3 * np.sqrt(0.05 * 0.95 / draws)
    for p in (single, ranked, family):
        assert np.mean(np.array(p) < 0.05) <= ceiling


@pytest.mark.parametrize(("law", "censored", "n"), [("skewed", 0.5, 8), ("tied", 0.9, 30)])
def test_false_alarms_are_rare(rng, draw_hits, law, censored, n):
    check_false_alarms(rng, draw_hits, law, censored, n, 200)


@pytest.mark.long
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("censored", CENSORED)
@pytest.mark.parametrize("law", ["tied", "heavy"])
def test_false_alarms_are_rare_everywhere(rng, draw_hits, law, censored, n):
    check_false_alarms(rng, draw_hits, law, censored, n, 2_000)


def test_an_effect_is_found(rng):
    """The tests are not merely silent: half a standard deviation at 100 seeds is nearly always seen."""
    found = [pairs.sign_flip(rng.normal(0, 1, 100), rng.normal(0.7, 1, 100)).p < 0.05 for _ in range(200)]
    assert np.mean(found) > 0.95


def test_an_interval_that_is_too_short_would_be_caught(settings):
    """The plain normal interval without widening fails the check that ours passes."""
    a, _ = settings("skewed", 0.0, (8, 2_000))
    many, _ = settings("skewed", 0.0, MANY)
    mean, error = a.mean(axis=0), a.std(axis=0) / np.sqrt(8)
    share = np.mean(np.abs(mean - many.mean()) <= 1.96 * error)
    assert share < 0.91 - 3 * np.sqrt(0.91 * 0.09 / 2_000)
