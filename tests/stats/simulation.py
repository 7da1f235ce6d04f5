"""How often every interval of `stats` holds the truth, and how often every test raises a false alarm: by simulation.

One table of cases drives three things: `test_coverage` runs a few of them small in `make test` and all of them at
`make test-long`, and `make coverage` writes docs/coverage.md from the full simulation. A case draws members from a
known law, asks the interval or the test, and compares with the truth. `documented` is what the method's docstring
admits where it is less than nominal. Where the answer depends on a count alone it is asked once per count that occurs.

python -m tests.stats.simulation > docs/coverage.md
"""

import os
import sys
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small products: threads only wait for each other

import numpy as np

from seedbed import stats as ours
from seedbed.stats import curves, equivalence, luck, pairs, proportions, resampling, scores, sequential, two_sample

CAP, MANY, DRAWS, FEWER = 1000.0, 400_000, 2_000, 999
SIZES = (5, 20, 100, 1000)
CENSORED = (0.0, 0.5, 0.9)


@dataclass(frozen=True)
class Case:
    """`simulate(rng, draws)` says of each draw whether the interval held the truth, or whether the test was silent."""

    method: str
    data: str
    n: int
    nominal: float
    documented: float
    simulate: Callable[[np.random.Generator, int], np.ndarray]
    alarm: bool = False

    @property
    def name(self):
        return f"{self.method}, {self.data}, n = {self.n}"

    def run(self, draws=DRAWS):
        """The share of draws with a true answer, and their number; the same numbers at every call."""
        with fewer_resamples():
            held = self.simulate(np.random.default_rng(zlib.crc32(self.name.encode())), draws)
        return float(np.mean(held)), len(held)

    def floor(self, count):
        """What is documented, less three standard errors of the simulation."""
        return self.documented - 3 * np.sqrt(self.documented * (1 - self.documented) / count)


# ---- data ----


def steps(law, rng, size):
    draw = {"skewed": rng.standard_exponential, "tied": rng.standard_exponential, "heavy": partial(rng.lognormal, 0, 1)}
    return draw[law](size=size)


@cache
def scale(law, censored):
    """The factor that leaves this share of members beyond the cap."""
    many = steps(law, np.random.default_rng(1), MANY)
    return CAP / (np.quantile(many, 1 - censored) if censored else many.max())


def hits(law, censored, rng, size):
    """Steps of arrival, NaN for never; tied ones are multiples of 20."""
    grain = 20 if law == "tied" else 0.001
    found = np.ceil(steps(law, rng, size) * scale(law, censored) / grain) * grain
    return np.where(found < CAP, found, np.nan)


def cut(found):
    return np.where(np.isnan(found), CAP, found)


def both(law, censored, rng, size, gain=0.7):
    """Two settings under common seeds: half of the seeds share their draw, b is faster by `gain`."""
    a, other = hits(law, censored, rng, size), hits(law, censored, rng, size)
    return cut(a), cut(gain * np.where(rng.random(size) < 0.5, a, other))


@cache
def many_both(law, censored):
    return both(law, censored, np.random.default_rng(2), MANY)


LAWS = {
    "normal": lambda rng, size: rng.normal(3, 1, size),
    "log-normal": lambda rng, size: rng.lognormal(0, 1, size),
    "tied": lambda rng, size: np.round(rng.standard_exponential(size), 0) + 1,
}
MEANS = {"normal": 3.0, "log-normal": float(np.exp(0.5))}


@cache
def many_scores(law):
    return np.sort(LAWS[law](np.random.default_rng(3), 4_000_000))


def true_mean(law):
    return MEANS.get(law) or float(many_scores(law).mean())


# ---- how intervals are asked ----


def holds(interval, truth):
    """A bound that does not exist excludes nothing."""
    return not (interval.low > truth + 1e-9 or interval.high < truth - 1e-9)


def by_column(ask, tables, truth):
    """`ask` takes a column of each table and the resampled means of the first one's columns."""
    held = []
    for start in range(0, tables[0].shape[1], 500):
        part = [table[:, start : start + 500] for table in tables]
        drawn = [resampling.resampled_means(table) for table in part]
        held += [
            holds(ask(*(t[:, j] for t in part), *(d[:, j] for d in drawn)), truth) for j in range(part[0].shape[1])
        ]
    return np.array(held)


def by_count(ask, counts, truth):
    """`ask` takes the counts of a draw; every combination that occurs is asked once."""
    seen, drawn = np.unique(np.asarray(counts), axis=1, return_inverse=True)
    return np.array([holds(ask(*map(int, column)), truth) for column in seen.T])[drawn.ravel()]


@contextmanager
def fewer_resamples(count=FEWER):
    """As many resamples as a simulation can afford."""
    before = resampling.resamples, scores.resamples
    resampling.resamples = scores.resamples = lambda n: count
    try:
        yield
    finally:
        resampling.resamples, scores.resamples = before


# ---- intervals: shares and curves of arrival ----


def wilson(p, n, rng, draws):
    return by_count(lambda k: ours.wilson(k, n), [rng.binomial(n, p, draws)], p)


def newcombe(p, q, n, rng, draws):
    counts = [rng.binomial(n, p, draws), rng.binomial(n, q, draws)]
    return by_count(lambda a, b: proportions.unpaired(a, n, b, n), counts, p - q)


def tango(p, n, rng, draws):
    """Share of a is p; b is no with chance 1/3 where a is yes."""
    yes = rng.binomial(n, p, draws)
    only = rng.binomial(yes, 1 / 3)
    other = rng.binomial(n - yes, 0.1)

    def ask(more, less):
        outcome = np.zeros((2, n))
        outcome[0, :more], outcome[1, more : more + less] = 1, 1
        return pairs.share_difference(*outcome)

    return by_count(ask, [only, other], p / 3 - (1 - p) * 0.1)


def curve_at(p, n, rng, draws):
    """Kaplan-Meier where a share p has arrived."""

    def ask(k):
        survival = ours.Survival(np.r_[np.arange(1.0, k + 1), np.arange(n + 2.0, 2 * n - k + 2)], 3.0 * n)
        curve = survival.curve()
        at = np.searchsorted(curve.step, n + 1.0, side="right") - 1
        return ours.Interval(curve.share[at], curve.low[at], curve.high[at], 0.95, "", n)

    return by_count(ask, [rng.binomial(n, p, draws)], 1 - p)


def curve_band(law, censored, n, rng, draws):
    many = np.sort(cut(hits(law, censored, np.random.default_rng(4), MANY)))
    held = []
    for found in hits(law, censored, rng, (n, draws)).T:
        curve = ours.Survival(found, CAP).curve(simultaneous=True)
        after = 1 - np.searchsorted(many, curve.step[:-1], side="right") / MANY
        before = 1 - np.searchsorted(many, curve.step[1:], side="left") / MANY  # just before the next arrival
        low, high = curve.low[:-1] - 1e-9, curve.high[:-1] + 1e-9
        held.append(((low <= before) & (before <= high) & (low <= after) & (after <= high)).all())
    return np.array(held)


def median_of_hits(q, n, rng, draws):
    """Members number 1 to k arrive before the true q-quantile."""

    def ask(k):
        found = np.r_[np.arange(1.0, k + 1), np.arange(n + 1.0, 2 * n - k + 1)]
        interval = ours.Survival(found, 3.0 * n).quantile(q)
        return ours.Interval(0, interval.low, interval.high, 0.95, "", n)

    def inside(k):
        interval = ask(k)
        return not interval.low > n + 0.5 and not interval.high <= n + 0.5

    counts, drawn = np.unique(rng.binomial(n, q, draws), return_inverse=True)
    return np.array([inside(int(k)) for k in counts])[drawn]


def quantile_of_scores(q, n, rng, draws):
    """By ranks: the true quantile has k members below it."""
    interval = scores.quantile(np.arange(1.0, n + 1), q)

    counts = rng.binomial(n, q, draws)
    low = -np.inf if np.isnan(interval.low) else interval.low
    high = np.inf if np.isnan(interval.high) else interval.high
    return (low <= counts) & (counts < high)


# ---- intervals: means ----


def restricted_mean(law, censored, n, rng, draws):
    ask = lambda a, drawn: resampling.mean_interval(a, drawn, 0.95, (0.0, CAP))  # noqa: E731
    return by_column(ask, [cut(hits(law, censored, rng, (n, draws)))], float(many_both(law, censored)[0].mean()))


def running_time(law, censored, n, rng, draws):
    found = hits(law, censored, rng, (n, draws))
    many = hits(law, censored, np.random.default_rng(5), MANY)
    truth = float(cut(many).mean() / np.isfinite(many).mean())

    def ask(times, arrived, drawn_times, drawn_arrived):
        if 0 < arrived.sum() < n:
            return resampling.ratio_interval(times, arrived, np.column_stack([drawn_times, drawn_arrived]))
        return ours.Survival(np.where(arrived > 0, times, np.nan), CAP).running_time()

    return by_column(ask, [cut(found), np.isfinite(found).astype(float)], truth)


def mean_of_scores(law, n, rng, draws):
    return by_column(resampling.mean_interval, [LAWS[law](rng, (n, draws))], true_mean(law))


def middle_mean(law, n, rng, draws):
    truth = float(many_scores(law)[1_000_000:3_000_000].mean())
    return np.array([holds(scores.interquartile_mean(one), truth) for one in LAWS[law](rng, (draws, n))])


def paired_difference(law, censored, n, rng, draws):
    a, b = both(law, censored, rng, (n, draws))
    many_a, many_b = many_both(law, censored)
    ask = lambda gaps, drawn: resampling.difference_interval(gaps, drawn, 0.95, (-CAP, CAP))  # noqa: E731
    return by_column(ask, [a - b], float(many_a.mean() - many_b.mean()))


def unpaired_difference(law, n, rng, draws):
    """Twice as many members on the other side, scaled by 0.7."""
    a, b = LAWS[law](rng, (n, draws)), 0.7 * LAWS[law](rng, (2 * n, draws))
    sides = [resampling.mean_intervals(side) for side in (a, b)]
    return np.array(
        [holds(two_sample.recovered(*both_sides), 0.3 * true_mean(law)) for both_sides in zip(*sides, strict=True)]
    )


def median_difference(law, n, rng, draws):
    """Under common seeds: half of them share their draw, b is 0.5 times as large."""
    a, other = LAWS[law](rng, (draws, n)), LAWS[law](rng, (draws, n))
    b = 0.5 * np.where(rng.random((draws, n)) < 0.5, a, other)
    truth = 0.5 * float(np.median(many_scores(law)))
    return np.array([holds(pairs.difference(a[i], b[i], "median"), truth) for i in range(draws)])


def ratio(law, censored, n, rng, draws):
    """Fieller's interval of a ratio of restricted means, 90 %."""
    a, b = both(law, censored, rng, (n, draws))
    many_a, many_b = many_both(law, censored)
    truth = float(many_a.mean() / many_b.mean())
    return np.array([holds(equivalence.by_ratio(a[:, j], b[:, j], 0.5).estimate, truth) for j in range(draws)])


# ---- intervals: who wins ----


def beats(law, censored, n, rng, draws):
    a, b = both(law, censored, rng, (n, draws))
    many_a, many_b = many_both(law, censored)
    truth = float(np.mean(many_a < many_b) + np.mean(many_a == many_b) / 2)
    counts = [np.sum(a < b, axis=0), np.sum(a > b, axis=0)]
    place = np.arange(n)
    ask = lambda wins, losses: pairs.superiority(np.where(place < wins, -1.0, place < wins + losses), 0.0 * place)  # noqa: E731
    return by_count(ask, counts, truth)


def beats_unpaired(law, n, rng, draws):
    a, b = LAWS[law](rng, (n, draws)), 0.7 * LAWS[law](rng, (2 * n, draws))
    many = many_scores(law)
    strictly, weakly = (np.searchsorted(0.7 * many, many, side=side).mean() / many.size for side in ("left", "right"))
    truth = 1 - (strictly + weakly) / 2
    return np.array([holds(two_sample.independent_superiority(a[:, j], b[:, j]), truth) for j in range(draws)])


def one_run(law, censored, n, rng, draws, same=False):
    """Against the truth of the order that each ensemble showed, right or wrong; no order excludes nothing."""
    a, b = both(law, censored, rng, (n, draws))
    many = dict(zip("ab", many_both(law, censored), strict=True))
    truths = {}
    for first, second in ("ab", "ba"):
        behind = np.searchsorted(np.sort(many[second]), many[first], side="left").mean() / MANY
        truths[first, second] = float(np.mean(many[second] < many[first])) if same else float(behind)
    runs = [ours.one_run(np.c_[a[:, j], b[:, j]], ("a", "b")) for j in range(draws)]
    return np.array([holds((run.same_seed if same else run.independent).misleads, truths[run.order]) for run in runs])


def ranks(n, rng, draws):
    """Three settings at 0, 0.3 and 0.6 standard deviations: every true rank is in its interval."""
    inside = []
    for _ in range(draws):
        found = ours.order(rng.normal([0, 0.3, 0.6], 1, (n, 3)), ("1", "2", "3"))
        inside += [rank.low <= int(name) <= rank.high for name, rank in zip(found.names, found.ranks, strict=True)]
    return np.array(inside)


def gain(law, better, n, rng, draws):
    many = np.random.default_rng(6)
    sample = LAWS[law](many, (5, 1_000_000))
    best = sample.max(axis=0) if better == "higher" else sample.min(axis=0)
    truth = abs(float(best.mean() - sample.mean()))
    return np.array([holds(luck.gain(one, 5, better), truth) for one in LAWS[law](rng, (draws, n))])


# ---- intervals: curves, crossed ----


def traces(law, n, rng):
    """Falling curves of 20 steps; a member's level and its slope are its own."""
    at = np.arange(20) / 20
    return LAWS[law](rng, (n, 1)) * np.exp(-at * (1 + 0.5 * rng.random((n, 1)))) + 0.05 * rng.normal(size=(n, 20))


@cache
def true_curve(law, statistic):
    many = traces(law, 400_000, np.random.default_rng(7))
    return many.mean(axis=0) if statistic == "mean" else np.median(many, axis=0)


def curve_band_of(law, statistic, n, rng, draws):
    """All steps of the true curve lie inside."""
    truth, make = true_curve(law, statistic), curves._BANDS[statistic, True]
    held = []
    for _ in range(draws):
        _, low, high, _ = make(traces(law, n, rng), 0.95)
        held.append(not ((low > truth) | (high < truth)).any())
    return np.array(held)


def crossed_share(levels, rng, draws):
    """Shares of 0.5 (rows), 0.3 (columns), 0.2 (together): that of the rows."""
    held = []
    for _ in range(draws):
        r, c = rng.normal(size=(levels, 1, 1)), rng.normal(size=(1, levels, 1))
        table = 0.5**0.5 * r + 0.3**0.5 * c + 0.2**0.5 * rng.normal(size=(levels, levels, 1))
        held.append(holds(ours.crossed(table).shares["rows"], 0.5))
    return np.array(held)


# ---- tests: silent where nothing is to be found ----


def alike(law, censored, rng, n, settings=2):
    """Settings that are alike, under common seeds: half of the draws are shared."""
    common = hits(law, censored, rng, (n, 1))
    return cut(np.where(rng.random((n, settings)) < 0.5, common, hits(law, censored, rng, (n, settings))))


def silent(test, law, censored, n, rng, draws):
    def p(values):
        return test(values[:, 0], values[:, 1]).p

    return np.array([not p(alike(law, censored, rng, n)) < 0.05 for _ in range(draws)])


def silent_family(law, censored, n, rng, draws):
    def p(values):
        return ours.holm([pairs.sign_flip(values[:, i], values[:, j]).p for i in range(4) for j in range(i)]).p.min()

    return np.array([not p(alike(law, censored, rng, n, 4)) < 0.05 for _ in range(draws)])


def silent_mcnemar(p, n, rng, draws):
    a, b = (rng.binomial(n, p, draws) for _ in range(2))
    place = np.arange(n)
    counts = np.array([a, b])
    seen, drawn = np.unique(counts, axis=1, return_inverse=True)
    quiet = [not pairs.mcnemar((place < x).astype(float), (place >= n - y).astype(float)).p < 0.05 for x, y in seen.T]
    return np.array(quiet)[drawn.ravel()]


def silent_against(p, n, rng, draws):
    counts, drawn = np.unique(rng.binomial(n, p, draws), return_inverse=True)
    return np.array([not proportions.against(int(k), n, p).p < 0.05 for k in counts])[drawn]


def silent_logrank(groups, law, censored, n, rng, draws):
    quiet = []
    for _ in range(draws):
        found = [ours.Survival(hits(law, censored, rng, n), CAP) for _ in range(groups)]
        quiet.append(not ours.logrank(*found).p < 0.05)
    return np.array(quiet)


def silent_unpaired(test, law, n, rng, draws):
    return np.array([not test(LAWS[law](rng, n), LAWS[law](rng, 2 * n)).p < 0.05 for _ in range(draws)])


def silent_tost(law, censored, n, rng, draws, cap=None):
    """The true ratio lies at the upper end of the margin, so that nothing is equivalent."""
    many_a, many_b = many_both(law, censored)
    margin = float(many_a.mean() / many_b.mean()) - 1
    a, b = both(law, censored, rng, (n, draws))
    return np.array([not equivalence.by_ratio(a[:, j], b[:, j], margin, cap=cap).equivalent for j in range(draws)])


def silent_peeking(law, censored, n, rng, draws, naive=False):
    """Three settings that are alike, looked at four times; `naive` takes p < 0.05 (Holm) at any look for an answer."""
    quiet, plan = [], sequential.looks(n // 8, n)
    for _ in range(draws):
        values, found = alike(law, censored, rng, plan[-1], 3), None
        members = ours.Members(({"s": "a"}, {"s": "b"}, {"s": "c"}), np.arange(plan[-1]), values)
        if naive:
            tests = [
                [pairs.sign_flip(values[:n, i], values[:n, j]).p for i in range(3) for j in range(i)] for n in plan
            ]
            quiet.append(all(ours.holm(p).p.min() >= 0.05 for p in tests))
            continue
        for size in plan:
            part = ours.Members(members.settings, members.seeds[:size], values[:size])
            found = sequential.group_sequential(part, plan, found, margin=1e-6)
        quiet.append(all(one.state in ("open", "equivalent") for one in found.decisions))
    return np.array(quiet)


def silent_equivalence_under_peeking(law, censored, n, rng, draws):
    """Two settings whose ratio lies at the margin: never equivalent, whatever else is found."""
    many_a, many_b = many_both(law, censored)
    margin = float(many_a.mean() / many_b.mean()) - 1
    quiet, plan = [], sequential.looks(n // 8, n)
    for _ in range(draws):
        values, found = np.column_stack(both(law, censored, rng, plan[-1])), None
        for size in plan:
            part = ours.Members(({"s": "a"}, {"s": "b"}), np.arange(size), values[:size])
            found = sequential.group_sequential(part, plan, found, margin=margin)
        quiet.append(found.decisions[0].state != "equivalent")
    return np.array(quiet)


# ---- the table ----


DOCUMENTED: dict[tuple[str, str], dict[int, float]] = {
    ("Wilson", "share 0.1"): {5: 0.91},
    ("Wilson", "share 0.02"): {5: 0.91},
    ("Newcombe, two shares", "shares 0.5 and 0.5"): {100: 0.93},
    ("Kaplan-Meier at one step", "10% arrived"): {5: 0.91},
    ("quantile of hits", "q = 0.1"): {5: 0.92},
    ("restricted mean", "skewed, 0% never arrive"): {5: 0.88, 20: 0.92},
    ("restricted mean", "skewed, 50% never arrive"): {5: 0.92},
    ("restricted mean", "skewed, 90% never arrive"): {20: 0.91},
    ("restricted mean", "tied, 50% never arrive"): {5: 0.92},
    ("restricted mean", "tied, 90% never arrive"): {20: 0.92},
    ("restricted mean", "heavy, 0% never arrive"): {5: 0.8, 20: 0.9, 100: 0.92, 1000: 0.93},
    ("restricted mean", "heavy, 50% never arrive"): {5: 0.93},
    ("ratio (Fieller)", "tied, 90% never arrive"): {5: 0.52, 20: 0.84},
    ("P(A beats B), paired", "heavy, 0% never arrive"): {5: 0.93},
    ("mean", "normal"): {5: 0.92},
    ("mean", "log-normal"): {5: 0.81, 20: 0.9, 100: 0.92},
    ("mean", "tied"): {5: 0.89, 20: 0.92},
    ("difference, unpaired", "log-normal"): {5: 0.87, 20: 0.91, 100: 0.92},
    ("difference, unpaired", "tied"): {5: 0.92, 20: 0.93},
    ("interquartile mean", "log-normal"): {5: 0.93},
    ("gain of the best of 5", "normal, lower is better"): {20: 0.93},
    ("gain of the best of 5", "log-normal, lower is better"): {20: 0.88, 100: 0.91},
    ("gain of the best of 5", "log-normal, higher is better"): {20: 0.79, 100: 0.89, 1000: 0.92},
    ("curve of the mean, all steps", "normal"): {5: 0.92},
    ("curve of the mean, all steps", "log-normal"): {5: 0.78, 20: 0.83, 100: 0.9},
    ("TOST at the margin", "tied, 90% never arrive"): {5: 0.53, 20: 0.92},
    ("log-rank, 2 groups", "skewed, 50% never arrive"): {5: 0.93},
}
HALF, MOST, TIED, HEAVY = ("skewed", 0.5), ("skewed", 0.9), ("tied", 0.9), ("heavy", 0.0)


def rows(method, ask, data, sizes=SIZES, nominal=0.95, alarm=False):
    """One case for each kind of data and each size; `ask` takes what the data are made of, and n."""
    for words, made in data.items():
        for n in sizes:
            documented = DOCUMENTED.get((method, words), {}).get(n, nominal)
            yield Case(method, words, n, nominal, documented, partial(ask, *made, n), alarm)


def of_hits(*kinds):
    return {f"{law}, {censored:.0%} never arrive": (law, censored) for law, censored in kinds}


def of_shares(*shares):
    return {f"share {p:g}": (p,) for p in shares}


def of_scores(*laws):
    return {law: (law,) for law in laws}


def cases():
    """Every row of docs/coverage.md."""
    return [*_intervals_of_hits(), *_intervals_of_scores(), *_alarms_of_hits(), *_alarms_of_the_rest()]


def _intervals_of_hits():
    arrived = {f"{p:.0%} arrived": (p,) for p in (0.5, 0.1, 0.9)}
    every = of_hits(("skewed", 0.0), HALF, MOST, ("tied", 0.5), TIED, HEAVY, ("heavy", 0.5))
    some = of_hits(("skewed", 0.0), HALF, TIED, HEAVY)
    pairs_of_shares = {f"shares {p:g} and {q:g}": (p, q) for p, q in ((0.5, 0.5), (0.9, 0.5), (0.1, 0.02))}
    yield from rows("Wilson", wilson, of_shares(0.5, 0.1, 0.02))
    yield from rows("Newcombe, two shares", newcombe, pairs_of_shares)
    yield from rows("Tango, paired shares", tango, of_shares(0.5, 0.1))
    yield from rows("Kaplan-Meier at one step", curve_at, arrived)
    yield from rows("Kaplan-Meier, all steps", curve_band, of_hits(("skewed", 0.0), ("tied", 0.5)))
    yield from rows("quantile of hits", median_of_hits, {f"q = {q:g}": (q,) for q in (0.5, 0.1, 0.9)})
    yield from rows("restricted mean", restricted_mean, every)
    yield from rows("expected running time", running_time, of_hits(HALF, MOST, TIED, ("heavy", 0.5)))
    yield from rows("difference, paired", paired_difference, every)
    yield from rows("ratio (Fieller)", ratio, some, nominal=0.9)
    yield from rows("P(A beats B), paired", beats, some)
    yield from rows("one run misleads", one_run, of_hits(HALF, TIED))
    yield from rows("one run misleads, same seed", partial(one_run, same=True), of_hits(HALF), (5, 20, 100))


def _intervals_of_scores():
    laws = of_scores(*LAWS)
    good = {f"{law}, {way} is better": (law, way)
            for law, way in (("normal", "lower"), ("log-normal", "lower"), ("log-normal", "higher"))}  # fmt: skip
    yield from rows("mean", mean_of_scores, laws)
    yield from rows("difference, unpaired", unpaired_difference, laws)
    yield from rows("interquartile mean", middle_mean, of_scores("log-normal"))
    yield from rows("difference of medians, paired", median_difference, of_scores("log-normal"), (20, 100))
    yield from rows("quantile of scores", quantile_of_scores, {f"q = {q:g}": (q,) for q in (0.5, 0.1)})
    yield from rows("P(A beats B), unpaired", beats_unpaired, of_scores("normal", "tied"))
    yield from rows("gain of the best of 5", gain, good, (20, 100, 1000))
    yield from rows("rank", ranks, {"three settings, 0.3 apart": ()}, (20,))
    for statistic, sizes in (("mean", (5, 20, 100)), ("median", (20, 100))):
        made = {law: (law, statistic) for law in ("normal", "log-normal")}
        yield from rows(f"curve of the {statistic}, all steps", curve_band_of, made, sizes)
    yield from rows("crossed, share of the rows", crossed_share, {"normal": ()}, (8,))


def _alarms_of_hits():
    some, two_kinds = of_hits(("skewed", 0.0), HALF, TIED, HEAVY), of_hits(HALF, TIED)
    yield from rows("sign flips or paired t", partial(silent, pairs.sign_flip), some, alarm=True)
    yield from rows("Wilcoxon", partial(silent, pairs.wilcoxon), two_kinds, alarm=True)
    yield from rows("TOST at the margin", silent_tost, some, alarm=True)
    yield from rows("TOST at the margin, cap given", partial(silent_tost, cap=CAP), of_hits(TIED), alarm=True)
    yield from rows("Holm, 6 pairs", silent_family, two_kinds, alarm=True)
    yield from rows("log-rank, 2 groups", partial(silent_logrank, 2), two_kinds, (5, 20, 100), alarm=True)
    yield from rows("log-rank, 3 groups", partial(silent_logrank, 3), of_hits(HALF), (5, 20, 100), alarm=True)
    yield from rows("sequential, 4 looks, 3 pairs", silent_peeking, of_hits(HALF, TIED, HEAVY), (128,), alarm=True)
    yield from rows(
        "sequential, equivalent", silent_equivalence_under_peeking, of_hits(HALF, HEAVY), (128,), alarm=True
    )


def _alarms_of_the_rest():
    yield from rows("McNemar", silent_mcnemar, of_shares(0.5, 0.1), alarm=True)
    yield from rows("binomial against a value", silent_against, of_shares(0.5, 0.1), alarm=True)
    yield from rows("Welch", partial(silent_unpaired, two_sample.welch), of_scores("log-normal"), alarm=True)
    yield from rows(
        "Welch", partial(silent_unpaired, two_sample.welch), of_scores("normal", "tied"), (5, 20), alarm=True
    )
    yield from rows("Mann-Whitney", partial(silent_unpaired, two_sample.mann_whitney), of_scores("log-normal", "tied"),
                    (5, 20, 100), alarm=True)  # fmt: skip


TOP = """\
# How often the intervals are right

Every interval and every test of `seedbed.stats`, on members drawn from laws that are known: how often an interval holds
the truth, and how often a test is silent where there is nothing to find. Written by `make coverage` from
`tests/stats/simulation.py` ({draws:,} draws a row); `make test-long` checks every row against what is documented,
`make test` some of them with fewer draws.

- **n** is the number of seeds (of the smaller side, where there are two; the other has twice as many).
- **nominal** is what the method promises, **seen** what happened; the standard error of a seen 0.95 is 0.005.
- **documented** stands where the method's docstring admits less than nominal. More than nominal is common where counts
  are whole or values tie, and is not marked.
- *skewed*: exponential steps. *tied*: the same in multiples of 20 steps, or scores that are whole numbers. *heavy* and
  *log-normal*: sigma 1. *never arrive*: the share of members beyond the cap.
- Kaplan-Meier bands, running times and restricted means are of hits; means and interquartile means of scores. A band
  at each step is the mean, or the quantile, of that step. An interval without a bound excludes nothing on that side.
- Bootstraps have {fewer} resamples here, where 2,000 to 9,999 are in use.
"""


def timed(at, draws):
    """What case number `at` finds, and the seconds it takes; by number, since a function inside a case has no name."""
    began = time.perf_counter()
    seen, _ = cases()[at].run(draws)
    return seen, time.perf_counter() - began


def table(draws=DRAWS, say=lambda text: None):
    """docs/coverage.md."""
    every = cases()
    lines = {False: [], True: []}
    with ProcessPoolExecutor() as workers:
        found = [workers.submit(timed, at, draws) for at in range(len(every))]
        for one, future in zip(every, found, strict=True):
            seen, seconds = future.result()
            say(f"{seconds:6.1f} s  {seen:.3f} of {one.nominal:g}  {one.name}")
            less = f"{one.documented:.2f}" if one.documented < one.nominal else ""
            if one.alarm:
                less = f"{1 - one.documented:.2f}" if less else ""
                cells = [one.method, one.data, f"{one.n}", f"{1 - one.nominal:.2f}", f"{1 - seen:.3f}", less]
            else:
                cells = [one.method, one.data, f"{one.n}", f"{one.nominal:.2f}", f"{seen:.3f}", less]
            lines[one.alarm].append(f"| {' | '.join(cells)} |")
    text = [TOP.format(draws=draws, fewer=FEWER)]
    for alarms, title in (
        (False, "Intervals: how often they hold the truth"),
        (True, "Tests: how often they raise a false alarm"),
    ):
        head = "| method | data | n | nominal | seen | documented |\n|---|---|---|---|---|---|"
        text.append("\n".join([f"## {title}\n", head, *lines[alarms], ""]))
    return "\n".join(text)


if __name__ == "__main__":
    sys.stdout.write(
        table(int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS, lambda text: sys.stderr.write(text + "\n") and None)
    )
