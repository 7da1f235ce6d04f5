"""What is read from the sweeps and the trainings: landmarks, the rules' answers, their regret, and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

import seedbed as sb

LOW, HIGH = 1e-9, 10.0
GUESSING = float(np.log(10))  # the loss of a network that gives each of ten classes the same chance
EYE = 0.92  # smoothing that lags by 0.2 decades at 64 steps a decade, as the article's 0.98 does at 256
NETWORKS = {"": "LeNet-5", "googlenet_": "MiniGoogLeNet"}
FALLEN = 0.95  # a median loss below this share of guessing has left the plateau
LANDMARKS = {"change_at_1e_6": "change of the loss up to a rate of 1e-6", "steepest_rate": "rate of the steepest fall",
             "lowest_rate": "rate of the lowest loss",
             "explosion_rate": "rate from which it is above its start again"}  # fmt: skip
Block = Callable[[sb.Context], Iterator[Any]]
number, interval, share = sb.show.number, sb.show.interval, sb.show.share


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """Of every seed: where its sweep is flat, steepest, lowest and explodes; each rule's rate; each rule's regret."""
    swept = [which for which in NETWORKS if f"{which}sweep" in records]
    return {name: found for which in swept for name, found in outcomes_of(which, records).items()}


def outcomes_of(which: str, records: Mapping[str, Any]) -> dict[str, Any]:
    """The outcomes of one network."""
    sweep, trained = records[f"{which}sweep"], records.get(f"{which}rates")
    rates, losses = sb.stats.ranges.swept(sweep)
    spreads = {one.rule: one for one in sb.stats.ranges.over_seeds(rates, losses)}
    axes, of = {"rule": list(spreads)}, f"{which}sweep"

    def answers(levels: Mapping[str, Any], _: Any) -> dict[str, np.ndarray]:
        return {"rate": spreads[levels["rule"]].rates, "lower_rate": spreads[levels["rule"]].lows}

    def regrets(levels: Mapping[str, Any], _: Any) -> dict[str, np.ndarray]:
        return {"regret": regret_at(trained, spreads[levels["rule"]].rates)}

    return {
        f"{which}landmarks": sb.derive(sweep, lambda *_: landmarks(rates, losses), of=of),
        f"{which}answers": sb.derive(sweep, answers, of=of, axes=axes),
        **(
            {f"{which}regrets": sb.derive(sweep, regrets, of=f"{of} {which}rates", axes=axes)}
            if trained is not None
            else {}
        ),
    }


def median_answers(sweep: Any) -> dict[str, float]:
    """The median rate of every rule that names one, to four digits."""
    found = sb.stats.ranges.over_seeds(*sb.stats.ranges.swept(sweep))
    return {one.rule: float(f"{one.median.estimate:.4g}") for one in found if np.isfinite(one.median.estimate)}


def landmarks(rates: np.ndarray, losses: np.ndarray) -> dict[str, np.ndarray]:
    """Four readings of each seed's smoothed curve; a curve that never explodes explodes at the end of the sweep."""
    smooth = np.stack([sb.stats.ranges.corrected(row, EYE) for row in losses])
    smooth = np.where(np.isfinite(smooth), smooth, np.inf)
    start = losses[:, rates <= 10 * LOW].mean(axis=1)
    slopes = np.gradient(np.minimum(smooth, 2 * start[:, None]), axis=1)
    lowest = smooth.argmin(axis=1)
    behind = (np.arange(len(rates)) > lowest[:, None]) & (smooth > start[:, None])
    exploded = np.where(behind.any(axis=1), rates[behind.argmax(axis=1)], HIGH)
    change = np.abs(smooth[:, np.searchsorted(rates, 1e-6)] / start - 1)
    steepest = rates[slopes[:, : lowest.max() + 1].argmin(axis=1)]
    return {"change_at_1e_6": change, "steepest_rate": steepest, "lowest_rate": rates[lowest],
            "explosion_rate": exploded}  # fmt: skip


def ends(record: Any) -> tuple[np.ndarray, np.ndarray]:
    """Training losses at the end (..., seed), guessing for those that failed, and which failed."""
    losses = record["final_train_loss"].values
    failed = ~(losses < GUESSING) | (record["final_dead"].values == 1)
    return np.where(failed, GUESSING, losses), failed


def grid_of(record: Any) -> tuple[np.ndarray, np.ndarray, int]:
    """The rates of the grid, their losses (rate, seed), and the index of the rate with the lowest median."""
    losses, _ = ends(record.transpose("learning_rate", "seed", ...))
    return record["learning_rate"].values.astype(float), losses, int(np.median(losses, axis=1).argmin())


def regret_at(record: Any, chosen: np.ndarray) -> np.ndarray:
    """Each seed's loss at a rate of its own, interpolated, minus its loss at the best rate; NaN is guessing."""
    rates, losses, best = grid_of(record)
    read = [
        np.interp(np.log(rate), np.log(rates), column) if np.isfinite(rate) else GUESSING
        for rate, column in zip(chosen, losses.T, strict=True)
    ]
    return np.array(read) - losses[best]


def fixed_rates(which: str) -> Block:
    """The sheet's literal form: a training at each of ten rates, its loss against the rate."""

    def items(context: sb.Context) -> Iterator[Any]:
        record = context.record(f"{which}rates").transpose("learning_rate", "seed", ...)
        (losses, failed), (rates, _, best), n = ends(record), grid_of(record), record.sizes["seed"]
        cap = record.attrs["cap"]
        yield sb.Figure(
            f"{which}rates",
            sb.figures.sweep(rates, losses.T, y_label=f"training loss after {cap:,} steps"),
            f"Loss on the whole training set after {cap:,} steps at each of {len(rates)} rates, n = {n} networks for "
            "each; a network that diverged, died or does not beat guessing is drawn at ln 10.",
            "Training loss against fixed learning rates as a fan over seeds",
        )
        middles = [sb.stats.scores.median(row) for row in losses]
        yield sb.Table(
            ("rate", "median loss", "diverges, dies or is no better than guessing"),
            [
                (f"{rate:g}", interval(middle, number), share(sb.stats.wilson(int(bad.sum()), n)))
                for rate, middle, bad in zip(rates, middles, failed, strict=True)
            ],
            f"Training loss after {cap:,} steps at fixed rates, n = {n} for each, and the share of networks that "
            "diverge, die or end at ln 10 or above, as those do that have not begun to learn; 95 % intervals (order "
            "statistics, Wilson).",
        )  # fmt: skip
        falls = [rate for rate, middle in zip(rates, middles, strict=True) if middle.high < FALLEN * GUESSING]
        works = [rate for rate, bad in zip(rates, failed, strict=True) if bad.mean() < 0.05]
        yield sb.Reading(f"{which}fixed_rates", {"best": rates[best], "n": n})
        if falls and works:
            yield sb.Answer(
                f"With {NETWORKS[which]} the training loss after {cap:,} steps has left the plateau from {falls[0]:g} "
                f"on, is lowest at {rates[best]:g} ({interval(middles[best], number)}; n = {n}, 95 % "
                f"interval), and up to {max(works):g} fewer than one network in twenty fails: lr_min {falls[0]:g} and "
                f"lr_max {max(works):g} on this grid."
            )

    return items


def by_eye(which: str) -> Block:
    """The landmarks of the curve, which a reader of the article looks for."""

    def items(context: sb.Context) -> Iterator[Any]:
        found = context.record(f"{which}landmarks")
        middles = {name: sb.stats.scores.median(found[name].values.ravel()) for name in LANDMARKS}
        cells = [
            (said, interval(middles[name], number),
             " … ".join(map(number, np.quantile(found[name].values, (0.05, 0.95)))))
            for name, said in LANDMARKS.items()
        ]  # fmt: skip
        n = found.sizes["seed"]
        caption = f"Where the smoothed curve of a sweep turns, n = {n} seeds; medians with 95 % intervals."
        yield sb.Table(("reading", "median", "5–95 % of seeds"), cells, caption)
        yield sb.Reading(f"{which}landmarks", {name: one.plain() for name, one in middles.items()})

    return items


def scored(which: str) -> Block:
    """Each rule's regret, and how often what it says fails."""

    def items(context: sb.Context) -> Iterator[Any]:
        own = context.scored(f"{which}regrets", "regret", "lower")
        _, losses, best = grid_of(context.record(f"{which}rates"))
        trained: dict[str, tuple[Any, Any, float]] = {}
        if context.has(f"{which}suggested"):
            record = context.record(f"{which}suggested").transpose("learning_rate", "seed", ...)
            for rule, rate in median_answers(context.record(f"{which}sweep")).items():
                end, failed = ends(record.sel(learning_rate=rate, method="nearest"))
                gap = sb.stats.scores.median(end - losses[best][: end.size])  # the first seeds
                trained[rule] = gap, sb.stats.wilson(int(failed.sum()), failed.size), float(np.median(end))
        columns = dict(zip(own.names, own.members.values.T, strict=True))
        yield sb.Figure(
            f"{which}regrets", sb.figures.strips([("regret in nats", columns)], spread=own.n > 60),
            f"Regret of every seed at the rate that a rule reads from that seed's sweep, n = {own.n}; the bar is the "
            "median, which stands beside it.", "Regret by rule, a strip for each",
        )  # fmt: skip
        blank = ("—", "—")
        cells = [
            (rule, interval(middle, number),
             " … ".join(map(number, np.quantile(columns[rule], (0.05, 0.95)))),
             *((interval(trained[rule][0], number), share(trained[rule][1]))
               if rule in trained else blank))
            for rule, middle in zip(own.names, own.means, strict=True)
        ]  # fmt: skip
        heads = ("rule", "regret at its own answer", "5–95 % of seeds", "at the median answer", "fails there")
        n = next((gap.n for gap, _, _ in trained.values()), 0)
        some = f", at the median answer medians over the first {n} of them with exact intervals" if n else ""
        caption = (f"Regret in nats, means over n = {own.n} seeds with 95 % bootstrap intervals{some}; shares of "
                   "networks that fail with Wilson's.")  # fmt: skip
        yield sb.Table(heads, cells, caption)
        yield sb.Reading(f"{which}regret_at_the_median_answer", {name: one[0].plain() for name, one in trained.items()})
        ranked = sorted(zip(own.names, own.means, strict=True), key=lambda one: one[1].estimate)
        (first, least), (last, most) = ranked[0], ranked[-1]
        died = "; ".join(f"{rule} {share(bad)}" for rule, (_, bad, _) in trained.items() if bad.estimate > 0)
        there = f" At the median answer (n = {n}) these fail: {died}." if died else ""
        yield sb.Answer(
            f"Trained at what it reads from its own sweep, {NETWORKS[which]} loses {interval(least, number)} "
            f"nats against the best rate by {first} and {interval(most, number)} by {last} (means, "
            f"n = {own.n}, 95 % intervals).{there}"
        )

    return items
