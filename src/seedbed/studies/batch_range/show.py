"""How the study is told: losses against sizes, the noise in training, costs, the block diagram, and the regrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.batch_range.networks import NORMED
from seedbed.studies.batch_range.read import (
    ALWAYS,
    BEST,
    GROWING,
    HYPERBOLA,
    NOISE,
    USUAL,
    costs_of,
    doublings,
    growing,
)

GUESSING = float(np.log(10))  # the loss of a network that gives each of ten classes the same chance
WINDOWS = 6
number, interval, hundredths = sb.show.number, sb.show.interval, sb.show.hundredths
ALGORITHM = """
    The Keras learning-rate finder lets the rate grow from batch to batch and watches the loss. With the batch size that
    would say nothing: at a fixed small rate the loss goes on falling whatever the batch, and no size makes it explode.
    What a batch size should be compared with is the noise of the gradient. A batch of B has a gradient g with E|g|² =
    |G|² + tr(Σ) / B: below the *noise scale* B = tr(Σ) / |G|² it is mostly noise, above it mostly signal, and more
    examples buy little. So the batch is grown until it has reached the noise scale that is measured on the way."""
WAYS = f"""
    Four ways are compared. *{GROWING}*: the algorithm above, in one training. *{NOISE}*: tr(Σ) / |G|² over the second
    half of a training with batches of 64. *{HYPERBOLA}*: trainings with several sizes to a target, each at its best
    rate; S = S_min (1 + B_crit / B) is fitted to their updates, and B_crit is the answer. *{ALWAYS}*: no choice at all.
    A size is judged by what it costs to get to the target: S updates, which is time, and E = S B examples, which is
    work. S E is least where both are, by the hyperbola, twice their own least. Regret is log2(S E) at the size that a
    way says minus that at the best size of the grid: 1 means twice the cost."""
ONE_WAY = """
    Against the rate, the loss has a plateau, a fall, a minimum and an explosion, so that both ends of a useful range
    can be seen. Against the batch size at a small fixed rate it has one direction: a larger batch makes fewer updates
    in an epoch and is that much further behind, until it has made so few that the loss is still on its plateau. Read
    from right to left it looks like the left half of the other curve, with updates in the place of the rate."""
COST = """
    The sheet's own network costs 1.2 GFLOP for each image trained on: eight sizes of five epochs are 3.4 PFLOP for each
    seed, 9 hours on two cores at 0.1 TFLOP a second, a thousand updates at every size 20 PFLOP more; `--profile full`
    asks for both and wants a GPU. Not measured here: the generalization of large batches (Keskar and others 2016,
    network F1: 98.03 % with small batches against 97.81 %), 52 TFLOP a run until both have converged, and the noise
    scale at the end of a training on MNIST (900 in McCandlish and others), 5 TFLOP for each epoch."""


def losses_of(record: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sizes, the training losses at the end (seed, size), guessing for those that diverged, and the updates."""
    ordered = record.transpose("batch_size", "seed", ...)
    losses = ordered["final_train_loss"].values.T
    updates = ordered["stop_step"].values[:, 0]
    return record["batch_size"].values.astype(float), np.where(np.isfinite(losses), losses, GUESSING), updates


def _diverged(context: sb.Context, records: Iterable[str]) -> str:
    """How many networks of these records diverged, and what they count as; nothing where none did."""
    lost = sum(int(np.isfinite(context.record(name)["diverged_step"].values).sum())
               for name in records if context.has(name))  # fmt: skip
    return f"; {lost} networks diverged and count as guessing" if lost else ""


def sizes_against_loss(context: sb.Context) -> Iterator[Any]:
    """The sheet's figure, at equal epochs and at equal updates."""
    low, high = sb.stats.ranges.bounds(context.record("sweep"), USUAL)
    passes, count = context.profile.epochs, context.profile.updates
    named = {f"after {passes} epochs": "epochs", f"after {count} updates": "updates",
             f"after {count} updates at lr_max": "updates_at_lr_max"}  # fmt: skip
    lines = {name: losses_of(context.record(record)) for name, record in named.items() if context.has(record)}
    epochs = lines[f"after {passes} epochs"]
    n = {name: len(losses) for name, (_, losses, _) in lines.items()}
    yield (
        f"The rate is lr_min = {low:g}, which Smith's rule reads from sweeps in batches of 64 (median over seeds), and "
        f"for comparison lr_max = {high:g}. Shallue and others (2019) found that the two ways to compare sizes, after "
        "as many epochs and after as many updates, give opposite answers, and that few say which one they use."
    )
    yield sb.Figure(
        "epochs",
        sb.figures.against({name: one[:2] for name, one in lines.items()}, "examples in a batch", "training loss",
                           log=False, marks=[("guessing", GUESSING)]),
        f"Loss on the whole training set against the batch size at lr_min = {low:g} unless said otherwise: medians and "
        f"middle halves, "
        + ", ".join(f"n = {count} {name}" for name, count in n.items()) + f"{_diverged(context, named.values())}.",
        "Training loss against batch size at equal epochs and at equal updates",
    )  # fmt: skip
    middles = {name: [sb.stats.scores.median(column) for column in losses.T] for name, (_, losses, _) in lines.items()}
    yield sb.Table(
        ("batch size", "updates", *lines),
        [
            (f"{size:,.0f}", f"{updates:,}", *(interval(found[place], number) if place < len(found) else "—"
                                               for found in middles.values()))
            for place, (size, updates) in enumerate(zip(epochs[0], epochs[2], strict=True))
        ],
        "Medians of the training loss with 95 % intervals (order statistics), "
        + ", ".join(f"n = {count} {name}" for name, count in n.items())
        + f"; the updates are those of {passes} epochs.",
    )  # fmt: skip
    plain = {name: {f"{size:.0f}": middle.plain() for size, middle in zip(lines[name][0], found, strict=True)}
             for name, found in middles.items()}  # fmt: skip
    yield sb.Reading("loss_by_size", plain)
    told = [
        f"{name} the training loss goes from {interval(found[0], number)} with batches of {lines[name][0][0]:,.0f} to "
        f"{interval(found[-1], number)} with batches of {lines[name][0][-1]:,.0f} (n = {n[name]})"
        for name, found in middles.items()
    ]
    yield sb.Answer(f"At lr_min = {low:g} unless said otherwise: {'; '.join(told)}; medians with 95 % intervals.")


def the_same_curve(context: sb.Context) -> Iterator[Any]:
    """Whether the loss against the size says more than the loss against the number of updates."""
    sizes, losses, updates = losses_of(context.record("epochs"))
    batches = context.record("epochs").transpose("batch_size", "seed", "step", ...)["batch_loss"].values[0]
    steps = context.record("epochs")["step"].values
    traced = np.isfinite(batches).all(axis=0)
    smooth = np.stack([sb.stats.ranges.corrected(row[traced], 0.8) for row in batches])
    grid = steps[traced]
    kept = grid > 0
    rows = {"sizes": (updates[::-1].astype(float), losses[:, ::-1]),
            f"{sizes[0]:.0f}, step by step": (grid[kept].astype(float), smooth[:, kept])}  # fmt: skip
    n = len(losses)
    yield sb.Figure(
        "updates_made",
        sb.figures.against(rows, "updates made", "training loss", log=False, marks=[("guessing", GUESSING)]),
        f"The losses of the figure above against the number of updates that a size makes in as many epochs (“sizes”), "
        f"and the loss of the batch, smoothed over five steps, of a training in batches of {sizes[0]:.0f}; medians and "
        f"middle halves of n = {n} networks.",
        "Training loss against the number of updates",
    )
    nearest = np.array([int(np.abs(grid - count).argmin()) for count in updates])
    gaps = [sb.stats.scores.median(losses[:, place] - smooth[:, at]) for place, at in enumerate(nearest)]
    widest = max(gaps, key=lambda gap: abs(gap.estimate))
    yield sb.Reading("gap_to_updates", {f"{size:.0f}": gap.plain() for size, gap in zip(sizes, gaps, strict=True)})
    turns = [float(sizes[place + 1]) for place, step in enumerate(np.diff(losses, axis=1).T)
             if sb.stats.scores.mean(step).high < 0]  # fmt: skip
    lost = int(np.isfinite(context.record("epochs")["diverged_step"].values).sum())
    if not turns and not lost:
        yield ONE_WAY
    yield sb.Reading("lower_than_at_the_size_before", turns)
    shape = (
        f"the loss is lower than at the next smaller size in batches of {', '.join(f'{size:,.0f}' for size in turns)}"
        if turns
        else "no size has a lower loss than the next smaller one, so there is no minimum to read"
    )
    yield sb.Answer(
        f"At lr_min {shape}, and {lost} of {losses.size} networks diverged. Loss after equal epochs minus that "
        f"of a training in batches of {sizes[0]:.0f} after as many updates: the largest median gap of all sizes is "
        f"{interval(widest, number)} nats (n = {n}, 95 % intervals)."
    )


def noise_in_training(context: sb.Context) -> Iterator[Any]:
    """The noise scale in stretches of a training with batches of 64."""
    record = context.record("fixed")
    last, n = int(record["step"].values[-1]), record.sizes["seed"]
    edges = np.unique(np.round(last * np.linspace(0, 1, WINDOWS + 1)).astype(int))
    pairs = [(int(first) + int(first > 0), int(end)) for first, end in pairwise(edges)]
    found = [sb.stats.noise.of_record(record, since=first, until=end) for first, end in pairs]
    middle = [max((first + end) / 2, 0.5) for first, end in pairs]
    shown = [place for place, one in enumerate(found) if np.isfinite(one.estimate) and one.estimate > 0]
    if shown:
        values = [[getattr(found[place], name) for place in shown] for name in ("estimate", "low", "high")]
        low, mid, high = (np.array(one) for one in (values[1], values[0], values[2]))
        line = sb.figures.TradeOff(np.array([middle[place] for place in shown]), mid, low, high)
        yield sb.Figure(
            "noise",
            sb.figures.trade_offs({"noise scale": {"tr(Σ) / |G|²": line}}, "step", "examples", log=True,
                                  marks=[("the batch, 64", 64)]),
            f"The noise scale in stretches of a training in batches of 64: the ratio of means over the steps of the "
            f"stretch and n = {n} seeds, with 95 % bootstrap intervals over seeds.",
            "Noise scale against step",
        )  # fmt: skip
    yield sb.Table(
        ("steps", "noise scale, examples"),
        [(f"{first}–{end}", interval(one, number)) for (first, end), one in zip(pairs, found, strict=True)],
        f"tr(Σ) / |G|² from the gradients of {context.profile.parts} parts of every second batch; n = {n} seeds, 95 % "
        "bootstrap intervals; a dash: |G|² cannot be told from 0, or has no bound.",
    )
    yield sb.Reading(
        "noise_scale", {f"{first}-{end}": one.plain() for (first, end), one in zip(pairs, found, strict=True)}
    )
    yield sb.Answer(
        f"The noise scale is {interval(found[0], number)} examples in the first {pairs[0][1]} steps and "
        f"{interval(found[-1], number)} in the last {pairs[-1][1] - pairs[-1][0] + 1} of {last} (n = {n}, 95 % "
        "intervals)."
    )


def what_it_costs(context: sb.Context) -> Iterator[Any]:
    """Updates and examples to the target for each size and rate, the hyperbola, and b_min and b_max."""
    record = context.record("reach")
    sizes, updates = costs_of(record)
    n, target = record.sizes["seed"], context.profile.target

    def middle(own: np.ndarray) -> Any:
        members = sb.stats.Members(({},), record["seed"].values, own[:, np.newaxis])
        return sb.stats.Hits(members, float(record.attrs["cap"])).survival({}).median()

    medians = {name: [middle(own) for own in table] for name, table in updates.items()}
    lines = {}
    for name, found in medians.items():
        there = [place for place, one in enumerate(found) if np.isfinite(one.estimate)]
        if there and name != BEST:
            values = [
                np.array([getattr(found[place], part) for place in there]) for part in ("estimate", "low", "high")
            ]
            lines[f"rate {name}"] = sb.figures.TradeOff(sizes[there], values[0], values[1], values[2])
    if lines:
        yield sb.Figure(
            "updates_to_target",
            sb.figures.trade_offs({f"to a test loss of {target:g}": lines}, "examples in a batch", "updates", log=True),
            f"Updates until the test loss is {target:g}, against the batch size, at three rates from lr_min to lr_max: "
            f"medians of n = {n} networks with 95 % intervals. Sizes that more than half of the networks do not bring "
            "there are left out.",
            "Updates to the target against the batch size",
        )
    cells = []
    for place, size in enumerate(sizes):
        best = medians[BEST][place]
        cells.append((f"{size:.0f}", *(interval(found[place], number) for name, found in medians.items()
                                       if name != BEST),
                      number(best.estimate * size) if np.isfinite(best.estimate) else "not reached"))  # fmt: skip
    yield sb.Table(
        ("batch size", *(f"updates at {name}" for name in medians if name != BEST), "examples at the best rate"),
        cells,
        f"Median updates until the test loss is {target:g}, judged every second step, n = {n} networks for each, with "
        "95 % intervals, in which a network that never gets there counts as later than all that do.",
    )
    critical = context.record("noise")["critical_batch"].values
    there = critical[np.isfinite(critical)]
    if not there.size:
        yield "Too few sizes reach the target for a hyperbola to be fitted."
        return
    found = sb.stats.scores.median(there)
    yield sb.Formula(
        'S = S_"min" (1 + B_"crit" \\/ B), quad E = S B = E_"min" (1 + B \\/ B_"crit")',
        "updates S and examples E to the target against the batch size B, S_min and E_min their least",
    )
    yield sb.Reading("critical_batch", found.plain())
    cheapest = sizes[int(np.median(doublings(sizes, updates[BEST]), axis=1).argmin())]
    yield sb.Answer(
        f"From costs: with the best rate for each size B_crit is "
        f"{interval(found, number)} examples (median of n = {there.size} seeds, 95 % interval), where updates and "
        f"examples are both twice their least. So b_min = B_crit / 4 = {number(found.estimate / 4, 2)} and b_max = 4 "
        f"B_crit = {number(4 * found.estimate, 2)}, at which the dearer of the two is five times and the other 1.25 "
        f"times its least. The cheapest size trained is {cheapest:.0f}."
    )


def block_diagram(context: sb.Context) -> Iterator[Any]:
    """The algorithm as a block diagram, as figure 1 of the sheet's reference."""
    profile = context.profile
    growth = (profile.largest / profile.smallest) ** (1 / (profile.growth_steps - 1)) - 1
    step, parts = sb.figures.FlowStep, profile.parts
    yield ALGORITHM
    yield sb.Figure(
        "algorithm",
        sb.figures.block_diagram([
            step(f"Draw a network; rate lr_min, batch B = {profile.smallest}", "end"),
            step("Train one update with B examples; g is its gradient"),
            step(f"From the gradients of {parts} parts of the first {profile.smallest} examples:\ntr(Σ), the variance "
                 "for one example;\nthen |G|² = |g|² − tr(Σ) / B"),
            step("Average both over about the last ten updates"),
            step("|G|² > 0 and\nB ≥ tr(Σ) / |G|² ?", "decide", otherwise=f"B larger by {100 * growth:.1f} %", back=1),
            step("Suggest B, a range from B / 4 to 4 B,\nand throw the network away", "end"),
        ]),
        "The algorithm as a block diagram: the batch grows until it is as large as the noise scale.",
        "Block diagram of the batch-size finder",
    )  # fmt: skip


def chosen(context: sb.Context) -> Iterator[Any]:
    """The noise scale on the way of the growing batch, and the size at which they meet."""
    sizes, squares, variances = growing(context.record("growth"))
    found = sb.stats.noise.grown_until_noise(sizes, squares, variances)
    n, without = len(found), int(np.isnan(found).sum())
    width = max(len(sizes[0]) // 12, 1)
    at = [slice(first, first + width) for first in range(0, len(sizes[0]) - width + 1, width)]
    tables = [[table[:, one].mean(axis=1, keepdims=True) for table in (squares, variances)] for one in at]
    ratios = [sb.stats.noise.noise_scale(square, variance)[0] for square, variance in tables]
    middles = np.array([float(np.mean(sizes[0][one])) for one in at])
    there = [place for place, one in enumerate(ratios) if np.isfinite(one.estimate) and one.estimate > 0]
    if there:
        values = [np.array([getattr(ratios[place], name) for place in there]) for name in ("estimate", "low", "high")]
        batch = sb.figures.TradeOff(middles, middles, middles, middles)
        noise = sb.figures.TradeOff(middles[there], values[0], values[1], values[2])
        yield sb.Figure(
            "growing_batch",
            sb.figures.trade_offs({"on the way": {"noise scale": noise,
                                                  "the batch itself": batch}},
                                  "examples in a batch", "examples", log=True),
            f"The noise scale while the batch grows, in twelve stretches: ratios of means over n = {n} seeds with 95 % "
            "bootstrap intervals. Where the lines cross, the batch is as large as the noise scale.",
            "Noise scale and batch size against the batch size",
        )  # fmt: skip
    usable = found[np.isfinite(found)]
    if usable.size:
        middle = sb.stats.scores.median(usable)
        ends = " to ".join(f"{end:.0f}" for end in np.quantile(usable, (0.05, 0.95)))
        yield sb.Reading("grown_to", {"median": middle.plain(), "without": without})
        yield sb.Answer(
            f"By growing the batch until it is as large as the noise scale: it stops at {interval(middle, number)} "
            f"examples (median of n = {usable.size} seeds, 95 % interval; single trainings {ends}, 5–95 %); "
            f"{without} of {n} never get there up to {context.profile.largest:,}."
        )


def which_method(context: sb.Context) -> Iterator[Any]:
    """The regret of each way, at the best rate of each size and at lr_min."""
    own, low = (context.scored("regrets", name, "lower") for name in ("regret", "regret_at_lr_min"))
    record = context.record("regrets").transpose("method", "seed", ...)
    columns = dict(zip(own.names, own.members.values.T, strict=True))
    yield WAYS
    yield sb.Figure(
        "regrets", sb.figures.strips([("doublings of S E", columns)], spread=own.n > 60),
        f"Regret of every seed at the size that a way says for it, each size at its best rate, n = {own.n}; the bar is "
        "the median, which stands beside it.", "Regret by way of choosing, a strip for each",
    )  # fmt: skip
    cells = []
    for place, (name, best, at_low) in enumerate(zip(own.names, own.means, low.means, strict=True)):
        says = record["size"].values[place]
        there = says[np.isfinite(says)]
        middle = interval(sb.stats.scores.median(there), number) if there.size else "—"
        cells.append((name, middle, len(says) - there.size, interval(best, number), interval(at_low, number)))
    yield sb.Table(
        ("way", "batch size it says", "seeds without", "regret at the best rate", "regret at lr_min"),
        cells,
        f"The size that each way says (median with 95 % interval), and its regret in doublings of S E where each size "
        f"is trained at its best rate, and where all are at lr_min: means over n = {own.n} seeds with 95 % bootstrap "
        "intervals. A way that says nothing counts with the largest size, one beyond the sizes trained with the "
        "nearest; a network that never gets to the target counts with twice the most updates of those that do. The "
        "best size is the one with the lowest median, so that a seed may do better with another: its regret "
        "is below 0.",
    )
    ranked = sorted(zip(own.names, own.means, strict=True), key=lambda one: one[1].estimate)
    (first, least), (last, most) = ranked[0], ranked[-1]
    cheapest, cost = min(zip(low.names, low.means, strict=True), key=lambda one: one[1].estimate)
    yield sb.Answer(
        f"With the best rate for each size {first} costs {interval(least, number)} doublings more than the best size "
        f"of the grid and {last} {interval(most, number)}. With every size at lr_min the least is that of {cheapest}, "
        f"{interval(cost, number)} (means, n = {own.n}, 95 % intervals)."
    )


def normalized(context: sb.Context) -> Iterator[Any]:
    """With batch norm: the accuracy of the batch as it is trained on, and as the training set is judged."""
    found, record = context.record("normed"), context.record("batch_norm")
    n = found.sizes["seed"]
    sizes = {"small": 64, "large": context.profile.norm_size}
    rows, told = [], []
    for name in map(str, found["size"].values):
        part = found.sel(size=name)
        inside, judged, gap = (sb.stats.scores.mean(part[key].values) for key in ("in_training", "judged", "gap"))
        updates = int(record["stop_step"].sel(size=name).values[0])
        rows.append((f"{sizes[name]:,}", f"{updates:,}", interval(inside, hundredths), interval(judged, hundredths),
                     interval(gap, hundredths)))  # fmt: skip
        told.append(f"with batches of {sizes[name]:,} ({updates:,} updates) accuracy is {interval(inside, hundredths)} "
                    f"in training and {interval(judged, hundredths)} when judged, a gap of "
                    f"{interval(gap, hundredths)}")  # fmt: skip
        yield sb.Reading(f"gap_{name}", gap.plain())
    yield sb.Table(
        ("batch size", "updates", "in training, by the batch", "judged, by running averages", "gap"),
        rows,
        f"{NORMED[context.profile.normed][0]} with batch norm before every activation, Adam at 0.001, after "
        f"{context.profile.norm_epochs} epochs: accuracy on the last batch with that batch's own mean and variance, "
        f"and on the training set with running averages; means over n = {n} networks with 95 % bootstrap intervals.",
    )
    yield """
        Each update moves a running average by a tenth of the way to the batch (Keras: by a hundredth). After u updates
        a share of 0.9^u of it is still the value it began with, and it follows weights that move fast. A large batch
        makes few updates, so that its network is judged by averages of layers it no longer has. Statistics estimated
        anew on the training set before judging would remove that; here the batch's own statistics show the same."""
    yield sb.Answer(f"{'; '.join(told).capitalize()} (means, n = {n}, 95 % intervals).")
