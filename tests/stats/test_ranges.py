"""Learning-rate finders: curves with a known answer, the same in plain loops, curves where they are known to fail."""

import math

import numpy as np
import pytest
import xarray as xr

import seedbed as sb
from seedbed.errors import StatsError
from seedbed.stats import ranges
from seedbed.stats.ranges import RULES, Rule, over_seeds

RATES = np.geomspace(1e-7, 10, 161)  # 20 steps to a decade


def curve(rates=RATES, falls_at=1e-4, lowest_at=1e-2, explodes_at=1.0):
    """Flat at 2.3, straight down in the logarithm of the rate, flat at 0.3, then up steeply."""
    logs = np.log10(rates)
    down = np.clip((logs - math.log10(falls_at)) / (math.log10(lowest_at) - math.log10(falls_at)), 0, 1)
    return 2.3 - 2 * down + 10 ** np.clip(3 * (logs - math.log10(explodes_at)), None, 8) * (rates > explodes_at)


def noisy(seed):
    return curve() * (1 + 0.1 * np.random.default_rng(seed).standard_normal(len(RATES)))


# Each tool once more, in plain loops over Python numbers: another way to the same rate.
def averages(losses, beta, correct, start=0.0):
    average, found = start, []
    for t, loss in enumerate(losses, start=1):
        average = beta * average + (1 - beta) * loss
        found.append(average / correct(t))
    return found


def cut(losses, factor, first=1):
    best = losses[0]
    for t, loss in enumerate(losses):
        if not math.isfinite(loss):
            return t
        if t >= first and loss > factor * best:
            return t + 1
        best = min(best, loss)
    return len(losses)


def fastai(losses):
    smooth = averages(losses, 0.98, lambda t: 1 - 0.98**t)
    return smooth, len(losses) // 10, cut(smooth, 4) - 5


def lightning(losses):
    smooth = averages(losses, 0.98, lambda t: 1 - 0.98 ** (t + 1))
    return smooth, 10, cut(smooth, 4, 2) - 1


def lr_finder(losses):
    smooth = [losses[0], *averages(losses[1:], 0.95, lambda t: 1, losses[0])]
    return smooth, 10, cut(smooth, 5) - 5


def minimum(rates, smooth):
    return rates[smooth.index(min(smooth))] / 10


def steep(rates, smooth):
    slopes = [(b - a) / math.log(s / r) for a, b, r, s in zip(smooth, smooth[1:], rates, rates[1:], strict=False)]
    return rates[slopes.index(min(slopes))]


def central(smooth):
    inner = [(after - before) / 2 for before, after in zip(smooth, smooth[2:], strict=False)]
    return [smooth[1] - smooth[0], *inner, smooth[-1] - smooth[-2]]


def by_step(rates, smooth):
    return rates[central(smooth).index(min(central(smooth)))]


def by_rate(rates, smooth):
    slopes = [(smooth[1] - smooth[0]) / (rates[1] - rates[0])]
    for i in range(1, len(rates) - 1):
        d, e = rates[i] - rates[i - 1], rates[i + 1] - rates[i]
        slopes.append((d * d * smooth[i + 1] + (e * e - d * d) * smooth[i] - e * e * smooth[i - 1]) / (d * e * (d + e)))
    return rates[slopes.index(min(slopes))]


def slide(rates, smooth):
    slope, right = central(smooth), len(smooth) - 1
    rate = rates[right - 15]
    while right >= 15 and abs(slope[right] - slope[right - 15]) > 0.005:
        rate, right = rates[right - 15], right - 1
    return rate


def valley(rates, smooth):
    length = [1] * len(smooth)
    for i in range(len(smooth)):
        for j in range(i):
            if smooth[j] > smooth[i]:
                length[i] = max(length[i], length[j] + 1)
    end = length.index(max(length))
    return rates[end - length[end] + length[end] // 3 + length[end] // 6]


TOOLS = {
    "fastai valley": (fastai, valley), "fastai slide": (fastai, slide), "fastai minimum": (fastai, minimum),
    "fastai steep": (fastai, steep), "Lightning": (lightning, by_rate), "torch-lr-finder": (lr_finder, by_step),
}  # fmt: skip


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("seed", range(5))
def test_a_rule_reads_what_its_tool_reads(name, seed):
    read, choose = TOOLS[name]
    smooth, first, last = read(list(noisy(seed)))
    by_hand = choose(list(RATES)[first:last], smooth[first:last])
    assert RULES[name](RATES, noisy(seed)).rate == pytest.approx(by_hand, rel=1e-9)


def test_readings_by_eye_name_the_ends_of_the_fall():
    plain = Rule("plain", ranges.fall_between(0.1, 0.9), ranges.unsmoothed)
    read = plain(RATES, curve())
    assert (read.low, read.rate) == pytest.approx((10**-3.8, 10**-2.2), rel=0.13)  # one step is a factor of 1.12


def test_the_lowest_loss_lies_where_it_lies():
    plain = Rule("plain", ranges.lowest, ranges.unsmoothed)
    assert plain(RATES, curve()).rate == pytest.approx(1e-3, rel=0.13)


def test_smoothing_lags_by_decades_in_a_short_sweep():
    """50 steps of lag are 0.2 decades at 256 steps a decade, and 4 decades at 12.5: the fall is read too far right."""
    lags = []
    for steps in (100, 2048):
        rates = np.geomspace(1e-7, 10, steps)
        middle = rates[np.argmax(ranges.corrected(curve(rates)) < 1.3)]
        lags.append(np.log10(middle) - -3)
    assert 0.1 < lags[1] < 0.3
    assert lags[0] > 1


def test_lightning_s_first_smoothed_losses_are_too_small():
    assert ranges.corrected_late(np.ones(11))[[0, 1, 10]] == pytest.approx([0.505, 0.673, 0.926], abs=1e-3)
    assert ranges.corrected(np.ones(11)) == pytest.approx(np.ones(11))


def test_a_slope_by_the_rate_favours_small_rates():
    rates, losses = RATES, curve()
    kept = RULES["Lightning"].kept(rates, losses)
    assert ranges.steepest_by_rate(*kept)[0] < ranges.steepest(*kept)[0]


def test_slide_depends_on_the_scale_of_the_loss():
    assert RULES["fastai slide"](RATES, curve() / 100).rate > RULES["fastai slide"](RATES, curve()).rate


def test_a_sweep_ends_at_the_explosion_and_before_what_is_not_finite():
    assert ranges.ends_at(np.array([1.0, 0.5, 2.1, 9.0]), 4) == 3
    assert ranges.ends_at(np.array([1.0, 0.5, np.nan, 0.1]), 4) == 2
    assert ranges.ends_at(np.array([1.0, 9.0, 0.5]), 4, judged_from=2) == 3
    assert ranges.ends_at(np.array([1.0, 9.0]), np.inf) == 2


HOPELESS = {
    "flat": (np.full(161, 2.3), "never falls"),
    "rises": (np.linspace(1, 3, 161), "never falls"),
    "not finite": (np.full(161, np.nan), "not finite from the first step"),
    "explodes": (np.r_[2.3, np.full(160, 1e9)], "explodes at once|never falls"),
    "diverges": (np.r_[2.3, np.full(160, np.nan)], "explodes at once"),
}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize(("losses", "why"), HOPELESS.values(), ids=HOPELESS)
def test_a_curve_that_tells_nothing_is_told_so(name, losses, why):
    read = RULES[name](RATES, losses)
    assert not read.usable
    assert any(part in read.reason for part in why.split("|"))


@pytest.mark.parametrize("name", RULES)
def test_one_point_is_no_curve(name):
    assert "too few points: " in RULES[name]([0.1], [2.3]).reason


@pytest.mark.parametrize(
    ("rates", "losses", "part"),
    [([1, 2], [1], "shapes"), ([2, 1], [1, 1], "grow"), ([0, 1], [1, 1], "above 0"), ([], [], "shapes")],
)
def test_what_is_no_curve_is_refused(rates, losses, part):
    with pytest.raises(StatsError, match=part):
        RULES["fastai valley"](rates, losses)


def test_over_seeds_counts_those_without_an_answer():
    table = np.stack([*(noisy(seed) for seed in range(8)), np.full(161, np.nan)])
    spreads = {spread.rule: spread for spread in over_seeds(RATES, table)}
    assert set(spreads) == set(RULES)
    for spread in spreads.values():
        assert spread.without == np.isnan(spread.rates).sum() >= 1
        assert spread.median.estimate == pytest.approx(np.nanmedian(spread.rates))
    logs = np.log10(spreads["fastai steep"].rates[:-1])
    assert spreads["fastai steep"].decades == pytest.approx(np.diff(np.quantile(logs, [0.05, 0.95]))[0])


def a_sweep(trace=1):
    question = sb.Spec(
        data=sb.data.xor_blobs(64, 1), model=sb.models.mlp([2]), loss="cross_entropy", batch_size=16, steps=5,
        optimizer=sb.optimizers.sgd(sb.schedules.sweep(1e-4, 1.0, length=4)), trace=trace, splits=(),
    )  # fmt: skip
    return sb.run(question, 2, engine="reference")


def test_a_sweep_is_read_from_its_record():
    record = a_sweep()
    rates, losses = ranges.swept(record)
    assert rates.tolist() == pytest.approx([1e-4, 1e-3, 1e-2, 0.1, 1.0])
    assert losses.tolist() == record["batch_loss"].transpose("seed", "step").values[:, :5].tolist()


def test_a_record_without_a_sweep_or_with_gaps_is_refused():
    with pytest.raises(StatsError, match="trace=1"):
        ranges.swept(a_sweep(trace=2))
    with pytest.raises(StatsError, match="got no schedule and 0 traced steps"):
        ranges.swept(xr.Dataset())


def test_bounds_are_medians_of_what_a_rule_reads_or_the_usual_ones():
    record = a_sweep()
    row = np.array([2.3, 2.3, 1.3, 0.3, 0.3, 0.3])  # a tenth of the fall is passed at 1e-2, nine tenths at 0.1
    falling, flat = (record.assign(batch_loss=record["batch_loss"] * 0 + losses) for losses in (row, 2.3))
    assert ranges.bounds(falling.transpose("seed", "step", ...), (1e-9, 1e-8)) == pytest.approx((1e-2, 0.1))
    assert ranges.bounds(flat, (1e-9, 1e-8)) == (1e-9, 1e-8)
