"""A cyclical batch size at the lowest rate against a cyclical rate, and whether equal noise means equal training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

import seedbed as sb

RATE = "cyclical rate"
GROWING, SHRINKING = "growing cyclical batch", "shrinking cyclical batch"
STEADY, AT_HIGH = "steady cyclical batch", "growing cyclical batch at the highest rate"
SMALL, LARGE = "constant smallest batch", "constant largest batch"
DECAY, GROWTH = "rate falls (within N/10)", "batch grows (within N/10)"
FURTHER, BEYOND = "rate falls (beyond N/10)", "batch grows (beyond N/10)"
PAIRS = ((DECAY, GROWTH), (FURTHER, BEYOND))  # of equal noise: by the rate, by the batch
CYCLES = 3
USUAL = (1e-4, 1e-2)  # where no seed's sweep has a fall to read
MARGIN = 0.01  # of test accuracy: what lies closer counts as equal
number, interval, hundredths = sb.show.number, sb.show.interval, sb.show.hundredths
SMITH = "Smith, Kindermans, Ying, Le 2018, Don't decay the learning rate"
CLAIMS = (  # id, source, statement, check, what was different there
    ("growth-is-decay", SMITH, "Growing the batch as much as the rate would fall trains as well (taken as to within a "
     "point of test accuracy)",
     f'mean(final_test_accuracy, policy="{GROWTH}") = mean(final_test_accuracy, policy="{DECAY}") within {MARGIN}',
     "CIFAR-10 and a Wide ResNet, rates that drop in steps"),
    ("not-beyond", SMITH, "The rule needs batches far below the training set: grown to most of it, the batch ends "
     "lower than the rate that falls as much (taken as by more than 1 %)",
     f'1.01 * mean(final_test_accuracy, policy="{BEYOND}") < mean(final_test_accuracy, policy="{FURTHER}")',
     "the paper states the limit and stays within it"),
    ("growing-is-right", "Dube, lecture 3", "As a rate should fall, a cyclical batch size should grow: it ends above "
     "one that shrinks",
     f'mean(final_test_accuracy, policy="{SHRINKING}") < mean(final_test_accuracy, policy="{GROWING}")', ""),
    ("rate-is-best", "wesleycheong314, homework 2", "The cyclical rate gives the better best accuracy",
     f'mean(best_test_accuracy, policy="{GROWING}") < mean(best_test_accuracy, policy="{RATE}")',
     "cycles of twenty updates up to a rate of 10, which diverged; the cyclical batch was not run"),
)  # fmt: skip
TRAJECTORY = """
    The noise of an update is proportional to g = ε (N / B − 1) / (1 − m), about ε N / B, with the rate ε, B of N
    examples in a batch, and momentum m. A cycle of the rate therefore has its mirror image in a cycle of 1 / B: where
    the rate is high, the batch is small. A rate that decays lowers the noise as training goes on, and so does a batch
    that grows. The counterpart of the exponential decay is therefore an exponential *increase* of the batch size. With
    p rising from 0 to 1 in the first half of a cycle and falling back in the second, and γ halving in a cycle:"""
WHY = """
    Equal noise is equal training only while three things hold. *The batch is a small part of the set*: for B = N / 10
    the noise N / B − 1 is 9, a tenth below N / B; for B = 0.8 N it is 0.25, a fifth of N / B, so that the batch has far
    less noise than the rate it stands for, and at B = N it has none. *Updates are many*: with equal ε / B, as many
    examples make fewer updates, each larger by the same factor, and gradient descent must still be able to follow the
    loss in such steps. *Steps are stable*: a rate that stays at its highest value stays near the edge at which training
    diverges, which a falling one leaves behind."""
COST = """
    48 epochs of the sheet's own network are 4.0 PFLOP for each seed and policy, 11 hours on two cores at 0.1 TFLOP a
    second, and the whole study with 16 seeds about 700 PFLOP; `--profile full` asks for it and wants a GPU."""


def ask(profile: sb.Profile) -> dict[str, Any]:
    """A sweep of the rate, and the policies between the bounds that are read from it."""
    net = sb.Spec(
        data=sb.data.fashion_mnist(train=profile.train, test=profile.test),
        model=profile.network,
        initializer=sb.initializers.glorot_uniform(),
        loss="cross_entropy",
        optimizer=sb.optimizers.momentum(0.01),
        batch_size=profile.smallest,
        steps=sb.epochs(2 * CYCLES * profile.half_cycle),
        trace=sb.epochs(0.125),
        evaluate=sb.epochs(1),
    )
    rate = sb.schedules.sweep(1e-9, 10.0, length=profile.sweep_steps - 1)
    sweep = net.replace(learning_rate=rate, steps=profile.sweep_steps, trace=1, splits=(), probes=())
    training = net.replace(micro_batch=profile.micro)

    def between(record: Any) -> sb.Spec:
        rates = sb.stats.ranges.bounds(record, USUAL)
        sizes = (profile.smallest, profile.largest, profile.beyond)
        return training.vary(policy=policies(rates, sizes, profile.half_cycle))

    return {
        "sweep": sb.measures.train(sweep, at_most=profile.few, auxiliary=True),
        "policies": sb.after("sweep", between),
    }


def policies(rates: tuple[float, float], sizes: tuple[int, int, int], half: float) -> dict[str, dict[str, Any]]:
    """Every policy by name, between two rates and between batch sizes; a cycle is twice `half` epochs."""
    (low, high), (least, most, beyond), words = rates, sizes, sb.schedules
    whole = 2 * CYCLES * half
    cycle = {"half_cycle": half, "unit": "epoch"}
    decaying = partial(words.exp_range, **cycle, gamma=0.5 ** (1 / (2 * half)))
    growing = words.reciprocal(decaying(low=1 / most, high=1 / least))

    def at(rate: Any, size: Any) -> dict[str, Any]:
        return {"optimizer.learning_rate": rate, "batch_size": size}

    def falls(end: int) -> dict[str, Any]:
        return at(words.sweep(high, high * least / end, length=whole, unit="epoch"), least)

    def grows(end: int) -> dict[str, Any]:
        return at(high, words.sweep(least, end, length=whole, unit="epoch"))

    return {
        RATE: at(decaying(low=low, high=high), least),
        GROWING: at(low, growing),
        SHRINKING: at(low, words.reciprocal(decaying(low=1 / least, high=1 / most))),
        STEADY: at(low, words.reciprocal(words.triangular(1 / most, 1 / least, **cycle))),
        AT_HIGH: at(high, growing),
        SMALL: at(low, least),
        LARGE: at(low, most),
        DECAY: falls(most),
        GROWTH: grows(most),
        FURTHER: falls(beyond),
        BEYOND: grows(beyond),
    }


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """Of every seed and policy: the best test accuracy of all that were measured, the last one, and the updates."""
    if "policies" not in records:
        return {}

    def ends(_: Any, part: Any) -> dict[str, np.ndarray]:
        found = {name: part[name].values for name in ("final_test_accuracy", "final_test_loss", "final_train_loss")}
        best, updates = part["test_accuracy"].max("step").values, part["stop_step"].values.astype(float)
        return {"best_test_accuracy": best, "updates": updates, **found}

    return {"ends": sb.derive(records["policies"], ends, of="policies")}


def examples(context: sb.Context) -> int:
    """N, how many images are trained on."""
    return int(context.record("policies").attrs["data_size"].split()[0])


def passes(context: sb.Context, name: str, variable: str) -> tuple[np.ndarray, np.ndarray]:
    """A trace of a policy (seed, point) against passes over the training set."""
    part = context.record("policies").sel(policy=name).transpose("seed", "step", ...)
    seen = part["examples_seen"].values[0]
    values = part[variable].values
    there = np.isfinite(seen) & np.isfinite(values).any(axis=0)
    return seen[there] / examples(context), values[:, there]


def bounds(context: sb.Context) -> Iterator[Any]:
    """The bounds of rate and batch size."""
    low, high = sb.stats.ranges.bounds(context.record("sweep"), USUAL)
    few, many, beyond = (getattr(context.profile, name) for name in ("smallest", "largest", "beyond"))
    n = context.record("sweep").sizes["seed"]
    yield (
        f"**lr_min = {low:g} and lr_max = {high:g}** are medians over n = {n} seeds of what Smith's rule reads from a "
        f"sweep: the rates at which the loss has come down by 10 % and by 90 % of its fall. **b_min = {few}** is the "
        f"batch size at which the cyclical rate is trained, and **b_max = {many}** the largest up to which equal noise "
        f"may mean equal training: about N / 10 of N = {examples(context):,} images. “{BEYOND}” goes on to {beyond:,}."
    )
    yield sb.Reading("bounds", {"lr_min": low, "lr_max": high, "b_min": few, "b_max": many, "beyond": beyond})
    yield sb.Answer(
        f"Smith's rule reads lr_min = {low:g} and lr_max = {high:g} (medians of n = {n} seeds; each seed's reading is "
        f"in the section); b_min = {few} is where the rate is cycled, and b_max = {many} a tenth of the training set."
    )


def trajectories(context: sb.Context) -> Iterator[Any]:
    """The batch sizes of the policies, and which way they should drift."""
    yield TRAJECTORY
    yield sb.Formula(
        '"growing:" quad 1 \\/ B = 1 \\/ b_"max" + (1 \\/ b_"min" - 1 \\/ b_"max") p gamma^t, \\ '
        '"shrinking:" quad 1 \\/ B = 1 \\/ b_"min" - (1 \\/ b_"min" - 1 \\/ b_"max") p gamma^t',
        "one over the batch size B between one over its bounds; p the share of the rise, gamma to the power of t the "
        "decay, t in epochs",
    )
    shown = [name for name in (GROWING, SHRINKING, STEADY, GROWTH) if name in context.scored("ends").names]
    yield sb.Figure(
        "batch_sizes",
        sb.figures.against(
            {name: (x, sizes[:1]) for name in shown for x, sizes in [passes(context, name, "batch_examples")]},
            "passes over the training set", "examples in a batch", log_x=False,
        ),
        "Examples of an update against passes over the training set, a line per policy, the same for all seeds.",
        "Batch sizes of four policies, in cycles and growing",
    )  # fmt: skip
    updates = context.record("ends")["updates"].isel(seed=0)
    yield sb.Reading("updates", {str(name): int(updates.sel(policy=name)) for name in updates["policy"].values})


def which_way(context: sb.Context) -> Iterator[Any]:
    """Whether the batch that grows ends above the one that shrinks."""
    last = dict(zip(context.scored("ends", "final_test_accuracy", "higher").names,
                    context.scored("ends", "final_test_accuracy", "higher").members.values.T, strict=True))  # fmt: skip
    if not {GROWING, SHRINKING} <= last.keys():
        return
    gap = sb.stats.pairs.difference(last[GROWING], last[SHRINKING])
    updates = context.record("ends")["updates"].isel(seed=0)
    counts = [int(updates.sel(policy=name)) for name in (GROWING, SHRINKING)]
    ahead = "the growing one ends higher" if gap.low > 0 else "the shrinking one ends higher"
    found = ahead if gap.low * gap.high > 0 else "the two cannot be told apart"
    yield sb.Reading("growing_minus_shrinking", gap.plain())
    yield sb.Answer(
        f"By the noise, an increase: a growing batch is the counterpart of a falling rate. At lr_min, however, after "
        f"as many examples {found}: growing minus shrinking is {interval(gap, points)} points of final test accuracy "
        f"(mean of n = {gap.n} paired seeds, 95 % interval); growing makes {counts[0]:,} updates, shrinking "
        f"{counts[1]:,}."
    )


def developed(context: sb.Context) -> Iterator[Any]:
    """Test accuracy and training loss of the policies against passes over the training set."""
    names = [name for name in (RATE, GROWING, SHRINKING, AT_HIGH, SMALL, LARGE) if name in context.scored("ends").names]
    n = context.record("policies").sizes["seed"]
    for variable, words in (("test_accuracy", "test accuracy"), ("train_loss", "training loss")):
        yield sb.Figure(
            variable,
            sb.figures.against({name: passes(context, name, variable) for name in names},
                               "passes over the training set", words, log=False, log_x=False),
            f"The {words} against passes over the training set: medians of n = {n} networks and their middle halves.",
            f"Curves of the {words}, one per policy",
        )  # fmt: skip


def best_accuracies(context: sb.Context) -> Iterator[Any]:
    """Best and last accuracy of every policy, and the two policies of the sheet side by side."""
    best, last = (context.scored("ends", f"{when}_test_accuracy", "higher") for when in ("best", "final"))
    loss, updates = context.scored("ends", "final_train_loss", "lower"), context.record("ends")["updates"].isel(seed=0)
    losses = dict(zip(loss.names, loss.means, strict=True))
    yield sb.Table(
        ("policy", "updates", "best test accuracy", "last test accuracy", "last training loss"),
        [
            (name, f"{int(updates.sel(policy=name)):,}", interval(top, hundredths), interval(end, hundredths),
             interval(losses[name], number) if name in losses else "—")
            for name, top, end in zip(best.names, best.means, last.means, strict=True)
        ],
        f"After as many examples under every policy: the best test accuracy among those measured, the last one, and "
        f"the training loss; means over n = {best.n} networks with 95 % bootstrap intervals.",
    )  # fmt: skip
    if not {RATE, GROWING, SHRINKING} <= set(best.names):
        return
    columns = dict(zip(best.names, best.members.values.T, strict=True))
    gaps = {name: sb.stats.pairs.difference(columns[RATE], columns[name]) for name in (GROWING, SHRINKING, AT_HIGH)}
    yield sb.Reading("best_of_rate_minus_batch", {name: gap.plain() for name, gap in gaps.items()})
    yield sb.Answer(
        f"The best accuracy is {best[RATE]} with the cyclical rate, {best[GROWING]} with the cyclical batch that grows "
        f"and {best[SHRINKING]} with the one that shrinks, both at lr_min. Rate minus growing batch is "
        f"{interval(gaps[GROWING], points)} points, and {interval(gaps[AT_HIGH], points)} with the same batch at "
        f"lr_max (means, n = {best.n}, paired, 95 % intervals)."
    )


def equal_noise(context: sb.Context) -> Iterator[Any]:
    """A rate that falls against a batch that grows by the same factor, within and beyond a tenth of the set."""
    last = context.scored("ends", "final_test_accuracy", "higher")
    columns = dict(zip(last.names, last.members.values.T, strict=True))
    rows, told = [], []
    sizes = {GROWTH: context.profile.largest, BEYOND: context.profile.beyond}
    updates = context.record("ends")["updates"].isel(seed=0)
    for by_rate, by_batch in PAIRS:
        if not {by_rate, by_batch} <= columns.keys():
            continue
        found = sb.stats.equivalence.by_difference(columns[by_batch], columns[by_rate], MARGIN)
        factor = sizes[by_batch] / context.profile.smallest
        gap = sb.stats.pairs.difference(columns[by_batch], columns[by_rate])
        verdict = "equal" if found.equivalent else "different" if gap.low * gap.high > 0 else "cannot be told"
        counts = " and ".join(f"{int(updates.sel(policy=name)):,}" for name in (by_rate, by_batch))
        rows.append((f"{factor:g}", f"{sizes[by_batch]:,}", f"{examples(context) / sizes[by_batch]:.3g}", last[by_rate],
                     last[by_batch], interval(gap, points), verdict))  # fmt: skip
        told.append(f"By a factor of {factor:g} (batches of up to N / {examples(context) / sizes[by_batch]:.3g}; "
                    f"{counts} updates) the growing batch ends {interval(gap, points)} points from the falling rate: "
                    f"{verdict}")  # fmt: skip
        yield sb.Reading(f"equal_noise_{factor:g}", {"gap": gap.plain(), "p": found.p, "equal": found.equivalent})
    yield sb.Table(
        ("factor", "largest batch", "N / B there", "rate falls", "batch grows", "batch − rate, points", "verdict"),
        rows,
        f"Final test accuracy where the rate falls, or the batch grows, exponentially by the same factor; means over n "
        f"= {last.n} paired seeds with 95 % intervals. Equal: two one-sided t tests put the gap within "
        f"{100 * MARGIN:g} point (p below 0.05); different: not so, and the interval leaves out 0.",
    )  # fmt: skip
    yield WHY
    if told:
        yield sb.Answer(f"{'. '.join(told)} (means, n = {last.n}, paired, 95 % intervals; equal is within "
                        f"{100 * MARGIN:g} point).")  # fmt: skip


def points(share: float) -> str:
    """A difference of shares in points of a hundred."""
    return number(100 * share)


study = sb.Study(
    name="batch_cycles",
    title="A cyclical batch size against a cyclical learning rate",
    source="Dube, homework 2 (2019), problems 6.6 and 6.7; Smith, Kindermans, Ying, Le 2018",
    question="A network learns Fashion-MNIST at the rate lr_min while its batch size goes up and down between b_min "
    "and b_max. Should the batch size grow or shrink in the course of training? Which of the two policies, cycles of "
    "the rate or cycles of the batch size, gives the best accuracy after as many examples? And is training with equal "
    "noise equal training?",
    ask=ask,
    profiles={
        "smoke": {"seeds": 4, "few": 4, "network": "mlp([8])", "train": 640, "test": 64, "half_cycle": 1,
                  "smallest": 8, "largest": 64, "beyond": 512, "micro": 8, "sweep_steps": 50, "takes": "40 s",
                  "reduced": "a layer of 8 units in place of LeNet-5, 640 training images in batches of 8 to 64 (512 "
                  "beyond a tenth), and a sweep of 50 steps"},
        "quick": {"seeds": 16, "few": 8, "network": "lenet5", "train": 5_120, "test": 1_000, "half_cycle": 1,
                  "smallest": 64, "largest": 512, "beyond": 4_096, "micro": 32, "sweep_steps": 640,
                  "takes": "6 minutes",
                  "reduced": "LeNet-5 instead of MiniGoogLeNet, the first 5,120 training and 1,000 test images, and "
                  "three cycles of two epochs instead of three of 16"},
        "full": {"seeds": 16, "few": 16, "network": "mini_googlenet", "train": 60_000, "test": 10_000, "half_cycle": 8,
                 "smallest": 64, "largest": 6_016, "beyond": 48_000, "micro": 64, "sweep_steps": 2_814,
                 "takes": "months on two cores; days on a GPU"},
    },
    score=sb.score("best_test_accuracy", "higher", record="ends"),
    page=[
        sb.Section(
            "The bounds", [bounds, sb.show.sweep()], asks="Which are lr_min, lr_max, b_min and b_max?", needs="sweep"
        ),
        sb.Section(
            "Cycles of the batch size",
            [trajectories, which_way],
            asks="Should the batch size increase or decrease as training goes on?",
            needs="policies",
        ),
        sb.Section(
            "The two policies: best accuracy",
            [best_accuracies, developed, sb.show.compare(to=RATE)],
            asks="Which policy gives the best accuracy, the cyclical rate or the cyclical batch size?",
            needs="policies",
        ),
        sb.Section(
            "Equal noise, equal training?", [equal_noise], asks="Does equal noise mean equal training?",
            needs="policies",
        ),
        sb.Section("What the sheet's own network costs", [COST]),
    ],
    outcomes=outcomes,
    decided=(
        "the policies are compared after as many examples (epochs), which is what the sheet's training curves count; "
        "a policy with larger batches makes fewer updates, and the table says how many",
        "the cyclical rate is the one of the sheet's part 3: between lr_min and lr_max in batches of b_min, the "
        "amplitude halved in a cycle; the cyclical batch size is its mirror image in 1 / B at lr_min",
        "b_max is a tenth of the training set, up to which equal noise may mean equal training; b_min the batch size "
        "of the cyclical rate",
        "best accuracy: the highest test accuracy among those measured after each epoch, as the sheet asks; "
        "that is a maximum of several, so the last accuracy stands beside it",
        "gradient descent with momentum 0.9, Glorot's uniform initial draw, no augmentation; batches are added up from "
        "micro-batches, which for LeNet-5 is exact",
    ),
    claims=tuple(
        sb.Claim(id=name, source=source, record="ends", statement=said, check=check, differs=differs)
        for name, source, said, check, differs in CLAIMS
    ),
)  # fmt: skip
