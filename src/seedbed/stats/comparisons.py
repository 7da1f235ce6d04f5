"""Every pair of settings at once, as a table: difference, test adjusted for the family, who beats whom, one run.

Which pairs: all of them up to eight settings; above, only those that differ in one factor, because no reader weighs
hundreds of pairs and every pair more makes Holm's adjustment harsher. Where these are more than 300 still, only each
level of a factor against its first one, all else equal, which takes time in proportion to the settings. The first level
is named before anything is seen, unlike the best one. Single pairs: `pairs`.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from seedbed import markup
from seedbed.errors import StatsError
from seedbed.record import name_of
from seedbed.stats.families import holm
from seedbed.stats.interval import Interval, Significance, finite
from seedbed.stats.members import ALONE, Members
from seedbed.stats.pairs import Better, checked_better, sign_flip, superiority, wilcoxon
from seedbed.stats.resampling import difference_interval, resampled_means
from seedbed.stats.scores import checked
from seedbed.stats.single_run import Chance, one_run

ALL_PAIRS_UP_TO, MOST_PAIRS = 8, 300


@dataclass(frozen=True, eq=False)
class Comparison:
    """Setting `a` against setting `b`, paired by seed.

    `difference` is mean(a) - mean(b) (restricted means, for hits); `test` is the test of that difference and `p` its
    Holm-adjusted p value. `wilcoxon` asks about typical seeds instead of the mean; `wilcoxon_p` is adjusted in a family
    of its own. `beats` is P(a beats b), ties half; `ties` counts them, and `both_never` those where neither arrived.
    """

    a: Mapping[str, Any]
    b: Mapping[str, Any]
    difference: Interval
    test: Significance
    p: float
    wilcoxon: Significance
    wilcoxon_p: float
    family: str
    beats: Interval
    ties: int
    both_never: int
    one_run: Chance
    one_run_same_seed: Chance

    def __repr__(self) -> str:
        return f"<Comparison: {'; '.join(f'{what} {value}' for what, value in zip(*self._row(), strict=True))}>"

    def _repr_html_(self) -> str:
        head, row = self._row()
        return markup.table(head, [row])

    def _row(self) -> tuple[list[str], list[str]]:
        head = ["A", "B", "mean(A) - mean(B)", "p (Holm)", "P(A beats B)", "n"]
        return head, [*self.names(), str(self.difference), f"{self.p:.2g}", str(self.beats), str(self.difference.n)]

    def names(self) -> tuple[str, str]:
        """Both settings in words."""
        return name_of(self.a) or ALONE, name_of(self.b) or ALONE

    def plain(self) -> dict[str, Any]:
        """JSON-ready data: one entry of `comparisons` in `summary.json`."""
        return {
            "a": dict(self.a), "b": dict(self.b), "difference": self.difference.plain(),
            "p": finite(self.p), "p_raw": finite(self.test.p), "test": f"{self.test.method}; {self.family}",
            "wilcoxon_p": finite(self.wilcoxon_p), "wilcoxon": f"{self.wilcoxon.method}; {self.family}",
            "a_beats_b": self.beats.plain(), "ties": self.ties, "both_never": self.both_never,
            "one_run_misleads": self.one_run.misleads.plain(),
            "one_run_ties": finite(self.one_run.ties),
            "one_run_misleads_same_seed": self.one_run_same_seed.misleads.plain(),
        }  # fmt: skip


def pairwise(
    members: Members,
    better: Better = "lower",
    level: float = 0.95,
    bounds: tuple[float, float] | None = None,
    never: np.ndarray | None = None,
) -> list[Comparison]:
    """Compare the settings of a table in pairs; `bounds` limit every value, `never` marks members without arrival.

    Raises: StatsError for fewer than two seeds or settings, or values that are not finite.
    """
    values = members.values
    checked_better(better)
    checked(values.ravel())
    if len(members.settings) < 2 or len(values) < 2:
        shape = f"{len(members.settings)} by {len(values)}"
        raise StatsError(
            f"a comparison needs at least 2 settings and 2 seeds, got {shape}; vary something, or add seeds"
        )
    pairs = chosen_pairs(members.settings)
    resampled = resampled_means(values)
    limits = None if bounds is None else (bounds[0] - bounds[1], bounds[1] - bounds[0])
    tests = [sign_flip(values[:, i], values[:, j]) for i, j in pairs]
    ranks = [wilcoxon(values[:, i], values[:, j]) for i, j in pairs]
    family, rank_family = holm([test.p for test in tests]), holm([test.p for test in ranks])
    compared = []
    for k, (i, j) in enumerate(pairs):
        a, b = values[:, i], values[:, j]
        run = one_run(values[:, [i, j]], ("a", "b"), better, level)
        compared.append(
            Comparison(
                members.settings[i],
                members.settings[j],
                difference_interval(a - b, resampled[:, i] - resampled[:, j], level, limits),
                tests[k],
                float(family.p[k]),
                ranks[k],
                float(rank_family.p[k]),
                family.method,
                superiority(a, b, better, level),
                int(np.sum(a == b)),
                _both(never, i, j),
                run.independent,
                run.same_seed,
            )
        )
    return compared


def chosen_pairs(settings: tuple[Mapping[str, Any], ...]) -> list[tuple[int, int]]:
    """The pairs to compare, as indices: all up to eight settings, above those that differ in one factor.

    Of more than 300 of these, only those with the first level of the factor.
    """
    if len(settings) <= ALL_PAIRS_UP_TO:
        return list(itertools.combinations(range(len(settings)), 2))
    groups: dict[Any, list[int]] = {}
    for index, levels in enumerate(settings):
        for name in levels:
            rest = tuple((other, level) for other, level in levels.items() if other != name)
            groups.setdefault((name, rest), []).append(index)
    if sum(len(group) * (len(group) - 1) // 2 for group in groups.values()) > MOST_PAIRS:
        return sorted((group[0], other) for group in groups.values() for other in group[1:])
    return sorted(pair for group in groups.values() for pair in itertools.combinations(group, 2))


def _both(never: Float[np.ndarray, "seed setting"] | np.ndarray | None, i: int, j: int) -> int:
    return 0 if never is None else int(np.sum(never[:, i] & never[:, j]))
