"""What single runs would have said: how often they mislead, what picking the best one gains, how many are needed."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from seedbed.record import name_of
from seedbed.report.numbers import interval, number, percent
from seedbed.report.page import Prose, Table
from seedbed.stats import luck
from seedbed.stats.hits import Hits
from seedbed.stats.luck import Luck, Needed

PICKED = 5
POWER = 0.8
MOST_PAIRS = 15  # that a reader goes through; of more, those that need the most seeds


def one_run_words(hits: Hits) -> str:
    """How often one run per setting would have told another order, as a sentence."""
    said = hits.one_run()
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


def single_run_items(hits: Hits) -> Iterator[Prose | Table]:
    """The chance that one run misleads, the lucky-seed meter, and how many seeds would tell each pair apart."""
    yield Prose(one_run_words(hits))
    members = hits.restricted()
    n = len(members.values)
    if n <= PICKED:
        return
    found = luck.meter(members, ks=(PICKED,))
    seeds = sorted({seed for one in found for seed in one.beaten})
    yield Table(
        ("setting", "mean steps", f"best of {PICKED} is faster by", *(f"seed {seed} beats" for seed in seeds)),
        [(one.name, interval(mean), interval(one.gains[PICKED]), *(_share(one, seed) for seed in seeds))
         for one, mean in zip(found, hits.restricted_means(), strict=True)],
        f"Lucky seeds: who runs {PICKED} seeds and shows the best one shows a setting that is faster by so many steps "
        f"than its mean (up to the cap). What well-known seeds among these n = {n} beat: the share of the other seeds, "
        "ties half. 95 % intervals (BCa bootstrap; jackknife; Wilson).",
    )  # fmt: skip
    yield from _needed(luck.needed(members, powers=(POWER,)), n)


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
    )  # fmt: skip


def _seeds(by_power: Mapping[float, int | None]) -> str:
    seeds = by_power[POWER]
    return "—" if seeds is None else number(seeds)


def _share(one: Luck, seed: int) -> str:
    share = one.beaten[seed]
    return interval(share, percent)
