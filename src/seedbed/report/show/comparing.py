"""Blocks that compare settings by the score: a table of it, pairs or a baseline, single runs, two factors together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb
from seedbed.record import name_of
from seedbed.report.context import Block, Context, Scored
from seedbed.report.numbers import interval, number, p_value, percent
from seedbed.report.page import Answer, Figure, Prose, Reading, Table

if TYPE_CHECKING:
    from seedbed.stats.comparisons import Comparison
    from seedbed.stats.interval import Interval
    from seedbed.stats.luck import Luck, Needed
    from seedbed.stats.order import Order

LEVEL = "95 %"
PICKED = 5
POWER = 0.8
MOST_NAMED = 5  # settings that an answer names one by one
MOST_IN_WORDS, FIRST, MOST_RANKED = 24, 5, 36  # settings told in words; of more, so many; those in the figure of ranks
MOST_PAIRS = 15  # that a reader goes through; of more, those that need the most seeds


def scores(*variables: str, record: str = "", better: str = "") -> Block:
    """A table of the score by setting (mean, median, 5–95 % of members), and the figure; of further variables too."""

    def items(context: Context) -> Iterator[Table | Figure | Prose | Answer]:
        for variable in variables or ("",):
            scored = context.scored(record, variable, better)
            if scored.n == 0:
                yield Prose(f"No seed has a finite {scored.words} under every setting, so there is nothing to compare.")
                continue
            yield score_table(scored)
            columns = dict(zip(scored.names, scored.members.values.T, strict=True))
            some = sb.figures.drawn_words(scored.record)
            if some:
                columns = {name: columns[name] for name in map(name_of, sb.figures.drawn(scored.record))}
            yield Figure(
                f"scores_{scored.score.variable}{'_' * bool(record)}{record}",
                sb.figures.strips([(scored.words, columns)], spread=scored.n > 60),
                f"{_capital(scored.words)} of n = {scored.n} members of each setting; the bar is the median."
                f"{f' {_capital(some)}.' if some else ''}",
                f"{_capital(scored.words)} by setting, a strip for each",
            )
            yield Answer(best_words(scored))

    return Block("The scores", items, variables, record)


def compare(
    *,
    to: str = "",
    record: str = "",
    variable: str = "",
    single_runs: bool = True,
    ranks: bool = True,
    suffix: str = "",
) -> Block:
    """Settings against one another, paired by seed, Holm-adjusted: all pairs, or each with the setting `to`.

    With all pairs: the order with its uncertainty, the pairs, and (`single_runs`) what one run would have said. `ranks`
    False leaves out the figure of ranks.
    """

    def items(context: Context) -> Iterator[Any]:
        scored = context.scored(record, variable)
        if not scored.several:
            return
        if to:
            yield from _to_baseline(scored, to)
            return
        if ranks:
            yield from order_items(scored, suffix)
        else:
            yield Prose(order_words(scored))
            yield pair_table(scored)
        yield Answer(order_answer(scored))
        if single_runs:
            yield from single_run_items(scored)

    return Block("The settings compared", items, (variable,) if variable else (), record)


def single_runs(*, record: str = "") -> Block:
    """What one run of each setting would have said, what picking the best seed gains, how many seeds are needed."""

    def items(context: Context) -> Iterator[Any]:
        scored = context.scored(record)
        if scored.several:
            yield from single_run_items(scored)
            yield Answer(one_run_words(scored))

    return Block("What one run would have said", items)


def interaction(a: str, b: str, *, record: str = "") -> Block:
    """Two factors together: the mean score of every combination, and how far their effects are from adding up.

    For two levels of each: (a2 b2 − a1 b2) − (a2 b1 − a1 b1), seed by seed, with a bootstrap over seeds.
    """

    def items(context: Context) -> Iterator[Table | Prose | Reading | Answer]:
        scored = context.scored(record)
        levels = [list(dict.fromkeys(one[factor] for one in scored.members.settings)) for factor in (a, b)]
        if scored.n < 2 or [len(one) for one in levels] != [2, 2] or len(scored.names) != 4:
            return
        at = {
            (one[a], one[b]): column
            for one, column in zip(scored.members.settings, scored.members.values.T, strict=True)
        }
        (a1, a2), (b1, b2) = levels
        effects = {level: at[a2, level] - at[a1, level] for level in (b1, b2)}
        found = {level: sb.stats.scores.mean(effect) for level, effect in effects.items()}
        gap = sb.stats.pairs.difference(effects[b2], effects[b1])
        yield Table(
            (b, f"{a2} − {a1}"),
            [(str(level), scored.interval(one)) for level, one in found.items()],
            f"What {a} changes in the mean {scored.words} under each {b}, paired by seed; n = {scored.n}, {LEVEL} "
            "bootstrap intervals.",
        )
        apart = "do not simply add up" if gap.low > 0 or gap.high < 0 else "add up, as far as this can be told"
        said = (
            f"The effects of {a} and {b} {apart}: between {b2} and {b1} the effect of {a} differs by "
            f"{scored.interval(gap)}{scored.unit} (n = {scored.n}, {LEVEL} interval)."
        )
        yield Prose(said)
        yield Answer(said)
        yield Reading(f"interaction_{a}_{b}", gap.plain())

    return Block(f"{_capital(a)} and {b} together", items)


def score_table(scored: Scored) -> Table:
    """One row per setting: mean, median, 5–95 % of members."""
    if scored.is_share:
        return Table(
            ("setting", scored.words),
            [(name, scored.interval(mean)) for name, mean in zip(scored.names, scored.means, strict=True)],
            f"Shares of n = {scored.n} members per setting; brackets are {LEVEL} intervals (Wilson).",
        )
    spread = [" … ".join(map(scored.shown, np.quantile(column, (0.05, 0.95)))) for column in scored.members.values.T]
    lost = f" {scored.lost} seeds under which a score is no number are left out." if scored.lost else ""
    return Table(
        ("setting", f"mean {scored.words}", "median", "5–95 % of members"),
        [
            (name, scored.interval(mean), scored.interval(median), wide)
            for name, mean, median, wide in zip(scored.names, scored.means, scored.medians, spread, strict=True)
        ],
        f"{_capital(scored.words)}: n = {scored.n} members per setting. Brackets are {LEVEL} intervals: BCa bootstrap "
        f"over seeds for means, order statistics for medians.{lost}",
    )


def best_words(scored: Scored) -> str:
    """The best and the last setting by mean, in a sentence."""
    sign = 1 if scored.score.better == "lower" else -1
    ranked = sorted(zip(scored.names, scored.means, strict=True), key=lambda one: sign * one[1].estimate)
    first, last = ranked[0], ranked[-1]
    if len(ranked) == 1:
        return f"Mean {scored.words}: {scored.interval(first[1])} (n = {scored.n}, {LEVEL} interval)."
    return (
        f"Best by mean {scored.words} is {first[0]} with {scored.interval(first[1])}, last {last[0]} with "
        f"{scored.interval(last[1])} (n = {scored.n} each, {LEVEL} intervals)."
    )


def order_items(scored: Scored, suffix: str = "") -> Iterator[Prose | Table | Figure]:
    """The order of settings with its uncertainty, in a sentence, a figure and a table of pairs."""
    order = scored.order
    ranked = list(zip(order.names, order.ranks, strict=True))
    half = MOST_RANKED // 2
    shown = ranked if len(ranked) <= MOST_RANKED else [*ranked[:half], *ranked[-half:]]
    rank_rows = [{"label": name, "rank": rank.estimate, "low": rank.low, "high": rank.high} for name, rank in shown]
    some = "" if shown is ranked else f" The first {half} and the last {half} of {len(ranked)} are drawn."
    yield Prose(order_words(scored))
    yield Figure(
        f"order_{suffix}" if suffix else "order",
        sb.figures.order(rank_rows),
        f"Rank of each setting by {_mean(scored)}, with {LEVEL} intervals "
        f"from resampled seeds; n = {scored.n} seeds, the same seeds for every setting.{some}",
        "Settings in order of arrival with rank intervals"
        if scored.hits
        else "Settings in order of their mean with rank intervals",
    )
    yield pair_table(scored)


def order_words(scored: Scored) -> str:
    """The order of settings as a sentence, with what cannot be told apart and how sure the order is."""
    order: Order = scored.order
    many = len(order.names) > MOST_IN_WORDS
    chain = ", then ".join(
        f"**{name}** ({scored.interval(mean)}{scored.unit})"
        for name, mean in list(zip(order.names, order.means, strict=True))[: FIRST if many else None]
    )
    if many:
        return (
            f"By {_mean(scored)}, the first {FIRST} of {len(order.names)} settings: {chain}. {apart_words(scored)} It "
            "was chosen by these same members, so among new ones it is likely to be a little worse than here. Every "
            "setting stands in `summary.json`."
        )
    likely, share = order.orders[0]
    first = "fastest first" if scored.hits else "best first"
    return (
        f"By {_mean(scored)}, {first}: {chain}. {apart_words(scored)} Over resampled seeds the order "
        f"{likely} came out in {percent(share)} of the draws (n = {scored.n} seeds)."
    )


def order_answer(scored: Scored) -> str:
    """The order of settings in a line: names and means without the tests behind them."""
    told = [
        f"{name.replace('_', ' ')} ({scored.interval(mean)})"
        for name, mean in zip(scored.order.names, scored.order.means, strict=True)
    ]
    many = len(told) > MOST_NAMED
    shown = [*told[:2], "…", told[-1]] if many else told
    level = many and any(len(group) > 1 for group in scored.order.groups)
    apart = "Not every pair can be told apart at 5 % (Holm-adjusted)." if level else apart_words(scored)
    return f"By {_mean(scored)}: {'; '.join(shown)} (n = {scored.n}, {LEVEL} intervals). {apart}"


def apart_words(scored: Scored) -> str:
    """Which settings cannot be told apart, in a sentence or several; of many only those like the best."""
    count = len(scored.order.names)
    if count > MOST_IN_WORDS:
        alike = len(scored.order.groups[0]) - 1
        which = f"{number(alike)} of the {number(count - 1)} others cannot" if alike else "All others can"
        return f"{which} be told apart from the best at 5 % (Holm-adjusted over {number(count - 1)} pairs)."
    together = [group for group in scored.order.groups if len(group) > 1]
    if not together:
        return "Every pair can be told apart at 5 % (Holm-adjusted over all pairs)."
    return " ".join(f"The settings {_listed(group)} cannot be told apart at 5 % (Holm-adjusted)." for group in together)


def pair_table(scored: Scored) -> Table:
    """Every compared pair: difference of means, adjusted p, who beats whom, what one run would have said."""
    table = [_pair_row(scored, pair, " − ".join(pair.names())) for pair in scored.pairs]
    of = "restricted means" if scored.hits else f"mean {scored.words}"
    before = "arrives before the member" if scored.hits else "is better than the member"
    columns = (
        "pair (a − b)",
        "difference in steps" if scored.hits else "difference",
        "p (Holm)",
        "a before b" if scored.hits else "a beats b",
        "one run misleads",
    )
    caption = (
        f"Differences of {of}, paired by seed, with {LEVEL} bootstrap intervals; p from sign flips or "
        f"paired t, Holm-adjusted over the pairs; “{columns[3]}” is the chance that a member of a {before} "
        "of b with the same seed, ties half; “one run misleads” is the chance that one run of each, seeds drawn "
        f"independently, gives the other order. n = {scored.n} seeds."
    )
    return Table(columns, table, caption)


def single_run_items(scored: Scored) -> Iterator[Prose | Table]:
    """The chance that one run misleads, the lucky-seed meter, and how many seeds would tell each pair apart."""
    yield Prose(one_run_words(scored))
    members, n = scored.members, scored.n
    if n <= PICKED:
        return
    better: Any = scored.score.better
    found = sb.stats.luck.seed_luck(members, ks=(PICKED,), better=better)
    seeds = sorted({seed for one in found for seed in one.beaten})
    what = "steps" if scored.hits else scored.words
    faster = "faster" if scored.hits else "better"
    yield Table(
        ("setting", f"mean {what}", f"best of {PICKED} is {faster} by", *(f"seed {seed} beats" for seed in seeds)),
        [
            (
                one.name,
                scored.interval(mean),
                interval(one.gains[PICKED], scored.shown),
                *(_beats(one, seed) for seed in seeds),
            )
            for one, mean in zip(found, scored.means, strict=True)
        ],
        f"Lucky seeds: who runs {PICKED} seeds and shows the best one shows a setting that is {faster} by so "
        f"{'many steps' if scored.hits else 'much'} than its mean{' (up to the cap)' if scored.hits else ''}. What "
        f"well-known seeds among these n = {n} beat: the share of the other seeds, "
        "ties half. 95 % intervals (BCa bootstrap; jackknife; Wilson).",
    )
    yield from _needed(sb.stats.luck.needed(members, powers=(POWER,)), n)


def one_run_words(scored: Scored) -> str:
    """How often one run per setting would have told another order, as a sentence."""
    said = scored.one_run
    free, same = said.independent, said.same_seed
    if np.isnan(free.misleads.estimate):
        return "The ensemble itself leaves settings level, so there is no order that one run could contradict."
    return (
        f"One run per setting gives another order than the ensemble in **{percent(free.misleads.estimate)}** of the "
        f"cases (95 % interval {percent(free.misleads.low)} to {percent(free.misleads.high)}, seeds drawn "
        f"independently, n = {free.misleads.n}); in {percent(free.ties)} it settles nothing, because "
        f"members tie. With one common seed for all settings the chance is {percent(same.misleads.estimate)} "
        f"({percent(same.misleads.low)} to {percent(same.misleads.high)})."
    )


def _to_baseline(scored: Scored, to: str) -> Iterator[Any]:
    """Each setting against one, paired by seed, Holm-adjusted over these pairs alone."""
    if to not in scored.names:
        yield Prose(f"This run has no setting {to}, so there is nothing to compare the others with.")
        return
    columns = dict(zip(scored.names, scored.members.values.T, strict=True))
    base, others = columns[to], [name for name in scored.names if name != to]
    better: Any = scored.score.better
    tests = [sb.stats.pairs.sign_flip(columns[name], base) for name in others]
    adjusted = sb.stats.holm([test.p for test in tests]).p
    limits = None if scored.hits is None else scored.hits.cap
    gaps = [sb.stats.pairs.difference(columns[name], base, cap=limits) for name in others]
    wins = [sb.stats.pairs.superiority(columns[name], base, better) for name in others]
    runs = [
        sb.stats.one_run(np.column_stack([columns[name], base]), ("a", "b"), better).independent.misleads
        for name in others
    ]
    verdicts = [_verdict(gap, float(p), scored) for gap, p in zip(gaps, adjusted, strict=True)]
    yield Table(
        ("setting", "difference", "p (Holm)", f"beats {to}", "one run misleads", "found"),
        [
            (name, _signed(scored, gap), p_value(float(p)), interval(win, percent), _chance(run), verdict)
            for name, gap, p, win, run, verdict in zip(others, gaps, adjusted, wins, runs, verdicts, strict=True)
        ],
        f"Each setting against {to} by mean {scored.words}, paired by seed; n = {scored.n}, {LEVEL} bootstrap "
        "intervals; p from sign flips or paired t, Holm-adjusted over these pairs; “one run misleads” is the chance "
        "that one run of each, seeds drawn independently, gives the other order.",
    )
    yield Reading(
        f"against_{''.join(sign if sign.isalnum() else '_' for sign in to)}",
        [
            {"setting": name, "difference": gap.plain(), "p": float(p), "beats": win.plain(), "found": verdict}
            for name, gap, p, win, verdict in zip(others, gaps, adjusted, wins, verdicts, strict=True)
        ],
    )
    sides = {
        side: [
            f"{name} ({_signed(scored, gap)}{scored.unit})"
            for name, gap, verdict in zip(others, gaps, verdicts, strict=True)
            if verdict == side
        ]
        for side in ("better", "worse", "not told apart")
    }
    told = "; ".join(f"{side}: {', '.join(listed)}" for side, listed in sides.items() if listed)
    yield Answer(f"Against {to}, by mean {scored.words}: {told} (n = {scored.n}, {LEVEL} intervals, Holm-adjusted).")


def _verdict(gap: Interval, p: float, scored: Scored) -> str:
    if not p < 0.05 or gap.low <= 0 <= gap.high:
        return "not told apart"
    return "better" if (gap.estimate < 0) == (scored.score.better == "lower") else "worse"


def _pair_row(scored: Scored, pair: Comparison, name: str) -> tuple[str, ...]:
    return (
        name,
        _signed(scored, pair.difference),
        p_value(pair.p),
        interval(pair.beats, percent),
        _chance(pair.one_run.misleads),
    )


def _signed(scored: Scored, gap: Interval) -> str:
    return scored.interval(gap)


def _chance(chance: Interval) -> str:
    return "no order" if np.isnan(chance.estimate) else interval(chance, percent)


def _needed(pairs: Sequence[Needed], n: int) -> Iterator[Table]:
    def weight(one: Needed) -> float:
        return -(one.expected[POWER] or np.inf)

    shown = pairs if len(pairs) <= MOST_PAIRS else sorted(pairs, key=weight)[:MOST_PAIRS]
    which = "" if shown is pairs else f" The {MOST_PAIRS} of {len(pairs)} pairs that need the most."
    yield Table(
        ("pair", "seeds, difference as seen", "seeds, cautiously"),
        [(f"{name_of(one.a)} against {name_of(one.b)}", _seeds(one.expected), _seeds(one.cautious)) for one in shown],
        f"How many seeds tell a pair apart with a power of {100 * POWER:.0f} % (paired t test at 5 %), from n = {n} "
        "here: if the difference is as seen, and if it is at the near end of its 95 % interval (—: that holds 0). "
        f"Very skewed differences need more.{which}",
    )


def _seeds(by_power: Mapping[float, int | None]) -> str:
    seeds = by_power[POWER]
    return "—" if seeds is None else number(seeds)


def _beats(one: Luck, seed: int) -> str:
    return interval(one.beaten[seed], percent)


def _mean(scored: Scored) -> str:
    return "restricted mean step" if scored.hits else f"mean {scored.words}"


def _listed(names: Sequence[str]) -> str:
    if any("," in name for name in names):  # relu, l2; relu, cross_entropy; and sigmoid, l2
        return "; ".join([*names[:-1], f"and {names[-1]}"])
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"
