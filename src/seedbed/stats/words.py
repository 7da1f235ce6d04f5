"""The comparison of settings as plain text for a terminal. The sentences of a report are written elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from seedbed import markup
from seedbed.stats.comparisons import Comparison
from seedbed.stats.interval import Interval
from seedbed.stats.order import Order
from seedbed.stats.single_run import Chance, OneRun


@dataclass(frozen=True, repr=False, eq=False)
class Overview:
    """Settings by rank, pairs, and what one run would have said. `repr` gives all of it as text."""

    target: str
    cap: float
    shares: Mapping[str, Interval]
    medians: Mapping[str, Interval]
    order: Order
    pairs: tuple[Comparison, ...]
    one_run: OneRun

    def __repr__(self) -> str:
        parts = (
            _title(self),
            _settings(self),
            _groups(self.order),
            _pairs(self.pairs),
            _single(self.one_run),
            _methods(self),
        )
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        tables = markup.table(*_setting_rows(self), _title(self)) + markup.table(*_pair_rows(self.pairs))
        return tables + "".join(map(markup.paragraph, (_groups(self.order), _single(self.one_run), _methods(self))))


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Left-aligned plain-text columns, two blanks apart.

    >>> print(table(["rank", "setting"], [["1", "relu"]]))
    rank  setting
    1     relu
    """
    widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [columns, *rows]]
    return "\n".join(line.rstrip() for line in lines)


def _title(overview: Overview) -> str:
    n, k = overview.order.means[0].n, len(overview.order.names)
    target = f" until {overview.target}" if overview.target else ""
    return f"Steps{target}: {k} settings, {n} seeds each, watched to step {overview.cap:g}"


def _settings(overview: Overview) -> str:
    return table(*_setting_rows(overview))


def _setting_rows(overview: Overview) -> tuple[list[str], list[list[str]]]:
    rows: list[list[str]] = []
    for name, mean, rank in zip(overview.order.names, overview.order.means, overview.order.ranks, strict=True):
        share, median = overview.shares[name], overview.medians[name]
        arrived = f"{round(share.estimate * share.n)} of {share.n}"
        rows.append(
            [f"{rank.estimate:.0f}", f"{rank.low:.0f}-{rank.high:.0f}", name, arrived, median_text(median), str(mean)]
        )
    return ["rank", "interval", "setting", "arrived", "median step", "restricted mean"], rows


def median_text(median: Interval) -> str:
    """A median step with its interval, where half of the members arrived."""
    if median.estimate != median.estimate:
        return "not reached"
    return str(median).replace("-]", "not reached]")


def _groups(order: Order) -> str:
    alike = [" / ".join(group) for group in order.groups if len(group) > 1]
    if not alike:
        return "All settings can be told apart (5 %, Holm)."
    return "Cannot be told apart (5 %, Holm):\n" + "\n".join(f"  {group}" for group in alike)


def _pairs(pairs: Sequence[Comparison]) -> str:
    return table(*_pair_rows(pairs))


def _pair_rows(pairs: Sequence[Comparison]) -> tuple[list[str], list[list[str]]]:
    rows: list[list[str]] = []
    for pair in pairs:
        a, b = pair.names()
        rows.append(
            [f"{a} - {b}", str(pair.difference), _p(pair.p), str(pair.beats), str(pair.ties), _chance(pair.one_run)]
        )
    return ["A - B", "difference of means", "p (Holm)", "P(A beats B)", "ties", "one run misleads"], rows


def _single(run: OneRun) -> str:
    return (
        "One run per setting contradicts this order of all settings with probability\n"
        f"  {_chance(run.independent)}, seeds drawn independently\n"
        f"  {_chance(run.same_seed)}, the same seed for all settings"
    )


def _methods(overview: Overview) -> str:
    means, pairs, rank = overview.order.means, overview.pairs, overview.order.ranks[0]
    lines = (
        f"Intervals at {100 * rank.level:g} %. Ranks: {rank.method}. Medians: Kaplan-Meier, log-log.",
        f"Means: {_each(mean.method for mean in means)}.",
        f"Differences: {_each(pair.difference.method for pair in pairs)}.",
        f"p: {_each(pair.test.method for pair in pairs)}; {pairs[0].family}.",
        "P(A beats B): same seed, ties half, Tango score. One run misleads: independent seeds.",
        f"A member that never arrives counts as {overview.cap:g} in means.",
    )
    return "\n".join(lines)


def _each(methods: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(methods))


def _chance(chance: Chance) -> str:
    text = str(chance.misleads)
    if text == "none":
        return f"no order: {chance.misleads.method}"
    return f"{text} (ties {chance.ties:.2g})" if chance.ties > 0 else text


def _p(p: float) -> str:
    if p != p:
        return "-"
    return "< 0.0001" if p < 1e-4 else f"{p:.4f}"
