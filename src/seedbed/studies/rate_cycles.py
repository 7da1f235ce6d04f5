"""Cyclical learning rates with exponential decay, in both readings, against other policies at equal updates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

import seedbed as sb

AMPLITUDE, BOUNDS = "cycles, amplitude decays", "cycles, both bounds decay"
TRIANGULAR, TRIANGULAR2, DECAY, DROPS = "triangular", "triangular2", "decay only", "drops"
AT_LOW, AT_HIGH = "constant lr_min", "constant lr_max"
RULE = "Smith"  # whose reading of the sweep gives the bounds
USUAL = (1e-4, 1e-2)  # where no seed's sweep has a fall to read
CYCLES = 3
NETWORKS = {"": "LeNet-5", "googlenet_": "MiniGoogLeNet"}
SMITH = "Smith 2015, Cyclical learning rates, table 1"
CIFAR = "CIFAR-10 and a Caffe network, batches of 100"
ARTICLE = "Rosebrock, Keras learning rate finder (2019)"
OLDER = "Rosebrock, Cyclical learning rates with Keras (2019)"
FORTY_EIGHT = "MiniGoogLeNet with augmentation, 48 epochs in cycles of 16, rates from 1e-5 to 1e-2"
NINETY_SIX = "CIFAR-10 and MiniGoogLeNet with augmentation, 96 epochs in cycles of 16, rates from 1e-7 to 1e-2"
ORDERS = (  # id, source, record, statement, check, what was different there
    ("triangular-above-triangular2", OLDER, "rates", "Triangular ends above triangular2 (.9146 against .9007)",
     f"mean(final_test_accuracy, policy={TRIANGULAR2}) < mean(final_test_accuracy, policy={TRIANGULAR})", NINETY_SIX),
    ("by-a-point", OLDER, "rates", "Triangular ends 1.4 points above triangular2 (taken as by more than 1 %)",
     f"1.01 * mean(final_test_accuracy, policy={TRIANGULAR2}) < mean(final_test_accuracy, policy={TRIANGULAR})",
     NINETY_SIX),
    ("decay-loses", SMITH, "rates", "At equal updates, letting the rate only decay ends below triangular2 (78.5, 81.4)",
     f"mean(final_test_accuracy, policy={DECAY}) < mean(final_test_accuracy, policy={TRIANGULAR2})", CIFAR),
    ("exp-range-above-fixed", SMITH, "rates", "Cycles with exponential decay end above a policy of fixed drops "
     "(82.2, 81.4; there with fewer updates)",
     f'mean(final_test_accuracy, policy={DROPS}) < mean(final_test_accuracy, policy="{BOUNDS}")', CIFAR),
    ("a-third", SMITH, "cycles", "Triangular2 is after about a third of the updates where fixed drops end (taken as "
     "after the first of three cycles)",
     f"mean(end, policy={DROPS}) <= mean(after_first_cycle, policy={TRIANGULAR2})", CIFAR),
    ("peaks", OLDER, "cycles", "Validation accuracy is higher where a cycle ends than at its middle",
     f"mean(ends_above_middles, policy={TRIANGULAR}) > 0", NINETY_SIX),
)  # fmt: skip
RUNS = (  # id, source, policy, variable, value, what was different there
    ("article-accuracy", ARTICLE, TRIANGULAR, "final_test_accuracy", 0.9433, FORTY_EIGHT),
    ("article-loss", ARTICLE, TRIANGULAR, "final_test_loss", 0.1741, FORTY_EIGHT),
    ("rerun-accuracy", "manhhv87, Keras-learning-rate-finder", TRIANGULAR, "final_test_accuracy", 0.944, FORTY_EIGHT),
    ("cifar-triangular", OLDER, TRIANGULAR, "final_test_accuracy", 0.9146, NINETY_SIX),
    ("cifar-triangular2", OLDER, TRIANGULAR2, "final_test_accuracy", 0.9007, NINETY_SIX),
    ("smith-fixed", SMITH, DROPS, "final_test_accuracy", 0.814, CIFAR),
    ("smith-triangular2", SMITH, TRIANGULAR2, "final_test_accuracy", 0.814, CIFAR),
    ("smith-decay", SMITH, DECAY, "final_test_accuracy", 0.785, CIFAR),
    ("smith-exp-range", SMITH, BOUNDS, "final_test_accuracy", 0.822, CIFAR),
)  # fmt: skip
READINGS = f"""
    With p rising from 0 to 1 in the first half of a cycle and falling back in the second, and t in epochs. The sheet
    asks for the last two lines; what decays is read in two ways. Smith's paper lets both boundary values decline
    (“{BOUNDS}”), Keras' callback and PyTorch's `CyclicLR` the amplitude alone (“{AMPLITUDE}”). γ is chosen so that a
    cycle halves what decays, as triangular2 does in steps. “{DECAY}” falls exponentially from lr_max to lr_min,
    “{DROPS}” divides lr_max by ten after half and after three quarters of the updates."""
COST = """
    48 epochs of the sheet's own network are 4.0 PFLOP for each seed and policy, 11 hours on two cores at 0.1 TFLOP a
    second; `--profile full` asks for it and wants a GPU."""


def ask(profile: sb.Profile) -> dict[str, Any]:
    """For each network a sweep, and the policies between the bounds that are read from it."""
    asked = questions(profile, "", profile.network, profile.seeds)
    if not profile.googlenet_seeds:
        return asked
    network = sb.models.mini_googlenet(width=profile.googlenet_width)
    return asked | questions(profile, "googlenet_", network, profile.googlenet_seeds)


def questions(profile: sb.Profile, which: str, model: Any, seeds: int) -> dict[str, Any]:
    """The questions of one network; validation images are the test images, as in the article."""
    net = sb.Spec(
        data=sb.data.fashion_mnist(train=profile.train, test=profile.test),
        model=model,
        initializer=sb.initializers.glorot_uniform(),
        loss="cross_entropy",
        optimizer=sb.optimizers.momentum(0.01),
        batch_size=64,
        steps=sb.epochs(2 * CYCLES * profile.half_cycle),
        trace=sb.epochs(profile.trace),
    )
    rate = sb.schedules.sweep(1e-9, 10.0, length=profile.sweep_steps - 1)
    sweep = net.replace(learning_rate=rate, steps=profile.sweep_steps, trace=1, splits=(), probes=())
    return {
        f"{which}sweep": sb.measures.train(sweep, at_most=seeds, auxiliary=True),
        f"{which}rates": sb.after(
            f"{which}sweep",
            lambda record: sb.measures.train(
                net.vary(policy=policies(*sb.stats.ranges.bounds(record, USUAL, RULE), profile.half_cycle)),
                at_most=seeds,
            ),
        ),
    }


def policies(low: float, high: float, half: float) -> dict[str, dict[str, Any]]:
    """Every policy between two rates, by name; a cycle is twice `half` epochs."""
    words, whole = sb.schedules, 2 * CYCLES * half
    cycle = {"low": low, "high": high, "half_cycle": half, "unit": "epoch"}
    decaying = partial(words.exp_range, **cycle, gamma=0.5 ** (1 / (2 * half)))
    rates = {
        AMPLITUDE: decaying(reading="amplitude"),
        BOUNDS: decaying(reading="bounds"),
        TRIANGULAR: words.triangular(**cycle),
        TRIANGULAR2: words.triangular2(**cycle),
        AT_LOW: low,
        AT_HIGH: high,
        DROPS: words.drops([high, high / 10, high / 100], at=[whole / 2, 0.75 * whole], unit="epoch"),
        DECAY: words.exponential(high, (low / high) ** (1 / whole), unit="epoch"),
    }
    return {name: {"optimizer.learning_rate": rate} for name, rate in rates.items()}


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """Test accuracy at the end, after the first cycle, and at the ends of cycles against their middles."""
    return {
        f"{which}cycles": sb.derive(records[f"{which}rates"], lambda _, part: at_cycles(part), of=f"{which}rates")
        for which in NETWORKS
        if f"{which}rates" in records
    }


def at_cycles(part: Any) -> dict[str, np.ndarray]:
    """Of every seed: readings of the test accuracy where cycles end and at their middles."""
    cap = part["step"].values[-1]
    at = [
        part["test_accuracy"].sel(step=round(cap * half / (2 * CYCLES)), method="nearest").values
        for half in range(2 * CYCLES + 1)
    ]
    gap = np.mean(at[2::2], axis=0) - np.mean(at[1::2], axis=0)
    return {"end": at[-1], "after_first_cycle": at[2], "ends_above_middles": gap}


def policies_in_formulas(context: sb.Context) -> Iterator[Any]:
    """The bounds that were found, and the policies between them."""
    low, high = sb.stats.ranges.bounds(context.record("sweep"), USUAL, RULE)
    yield f"The bounds are the medians over seeds of what rule “{RULE}” reads: **lr_min = {low:g}, lr_max = {high:g}**."
    yield sb.Reading("bounds", {"lr_min": low, "lr_max": high})
    (read,) = (one for one in sb.show.spreads_of(context) if one.rule == RULE)
    decades = sb.show.number(read.decades, 2)
    yield sb.Answer(
        f"Rule “{RULE}” reads lr_min = {low:g} and lr_max = {high:g} ({sb.show.interval(read.median, sb.show.number)}; "
        f"median of n = {read.median.n} seeds, 95 % interval); single sweeps spread over {decades} decades (middle "
        "90 %)."
    )
    yield sb.Formula(
        '"triangular:" quad r = l + (h - l) p, quad "triangular2:" quad r = l + (h - l) p \\/ 2^c, \\ '
        '"amplitude:" quad r = l + (h - l) p gamma^t, quad "bounds:" quad r = (l + (h - l) p) gamma^t',
        "the rate r between the lower bound l and the upper bound h, p the share of the rise, c the number of cycles "
        "that have passed, gamma to the power of t the decay",
    )
    yield READINGS


def developed(which: str) -> Any:
    """The test accuracy of all policies in one figure, and where loss and accuracy end."""

    def items(context: sb.Context) -> Iterator[Any]:
        rates = f"{which}rates"
        yield sb.Figure(
            f"{which}policies",
            sb.figures.overlay(context.record(rates), "test_accuracy", step="linear"),
            f"Test accuracy against step, a line per policy: medians of n = {context.record(rates).sizes['seed']} "
            "networks and their middle halves.",
            "Curves of the test accuracy, one per policy",
        )
        told = []
        for name in (AMPLITUDE, BOUNDS):
            one = {
                key: context.scored(rates, f"final_{key}", "lower")
                for key in ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
            }
            if name in one["test_loss"].names:
                ends = ", ".join(f"{key.replace('_', ' ')} {scored[name]}" for key, scored in one.items())
                told.append(f"With {name}, {NETWORKS[which]} ends at {ends} (n = {one['test_loss'].n})")
        if told:
            yield sb.Answer(f"{'. '.join(told)}; means with 95 % intervals.")

    return items


def at_the_ends(which: str) -> Any:
    """Whether accuracy is higher where a cycle ends than at its middle, policy by policy."""

    def items(context: sb.Context) -> Iterator[Any]:
        found = context.scored(f"{which}cycles", "ends_above_middles", "higher")
        gaps = dict(zip(found.names, found.means, strict=True))
        yield sb.Table(
            ("policy", "ends − middles, points"),
            [(name, sb.show.interval(gap, points)) for name, gap in gaps.items()],
            f"Test accuracy where cycles end minus at their middles, means over {CYCLES} cycles and n = {found.n} "
            "networks with 95 % bootstrap intervals. A policy without cycles shows what training longer gives.",
        )
        if {TRIANGULAR, AT_HIGH} <= gaps.keys():
            cyclic, constant = (sb.show.interval(gaps[one], points) for one in (TRIANGULAR, AT_HIGH))
            yield sb.Answer(
                f"With {TRIANGULAR} the test accuracy of {NETWORKS[which]} is {cyclic} points higher where a cycle "
                f"ends than at its middle, with a constant rate of lr_max {constant} points at the same steps "
                f"(n = {found.n}, 95 % intervals)."
            )

    return items


def points(share: float) -> str:
    """A difference of shares in points of a hundred."""
    return sb.show.number(100 * share)


def page_of(which: str) -> list[sb.Section]:
    """The sections of one network."""
    rates, suffix = f"{which}rates", which.rstrip("_")
    of = f" with {NETWORKS[which]}" if which else ""
    return [
        sb.Section(
            f"{NETWORKS[which]}: loss and accuracy",
            [
                sb.show.curves("train_loss", "test_loss", "train_accuracy", "test_accuracy", record=rates,
                               suffix=suffix),
                developed(which),
            ],
            asks=f"How do training and validation loss and accuracy develop{of}?",
            needs=rates,
        ),
        sb.Section(
            f"{NETWORKS[which]}: the policies compared",
            [
                sb.show.compare(to=AMPLITUDE, record=rates, variable="final_test_accuracy"),
                sb.show.scores("final_test_accuracy", "final_test_loss", "final_train_loss", record=rates),
            ],
            asks=f"Is the cyclical rate with exponential decay better than other policies{of}?",
            needs=rates,
        ),
        sb.Section(
            f"{NETWORKS[which]}: where cycles end",
            [at_the_ends(which)],
            asks=f"Is a network better where a cycle ends{of}?",
            needs=rates,
        ),
    ]  # fmt: skip


study = sb.Study(
    name="rate_cycles",
    title="Cyclical learning rates with exponential decay, and what else one could do",
    source="Dube, homework 2 (2019), problem 6.3; Smith 2015; Rosebrock, Keras learning rate finder (2019)",
    question="Between lr_min and lr_max, found by a range test, the learning rate goes up and down in cycles with "
    "exponential decay while a network learns Fashion-MNIST in batches of 64. How do training and validation loss "
    "and accuracy develop, and is that policy better than triangular cycles, a constant rate, drops or decay alone "
    "after as many updates?",
    ask=ask,
    profiles={
        "smoke": {"seeds": 4, "network": "mlp([8])", "train": 256, "test": 64, "half_cycle": 1, "trace": 1,
                  "sweep_steps": 50, "googlenet_seeds": 0, "takes": "a minute",
                  "reduced": "a layer of 8 units in place of LeNet-5, 256 training images, cycles of 8 updates and a "
                  "sweep of 50 steps; no MiniGoogLeNet"},
        "quick": {"seeds": 16, "network": "lenet5", "train": 2_560, "test": 1_000, "half_cycle": 1, "trace": 1,
                  "sweep_steps": 640, "googlenet_seeds": 0, "takes": "3 minutes",
                  "reduced": "the first 2,560 training and 1,000 test images, and three cycles of 80 updates instead "
                  "of three of 15,000; no MiniGoogLeNet"},
        "full": {"seeds": 32, "network": "lenet5", "train": 60_000, "test": 10_000, "half_cycle": 8, "trace": 1,
                 "sweep_steps": 2_814, "googlenet_seeds": 16, "googlenet_width": 1.0,
                 "takes": "weeks on two cores; a day on a GPU"},
    },
    score=sb.score("final_test_accuracy", "higher", record="rates"),
    page=[
        sb.Section(
            "The bounds, from a sweep", [policies_in_formulas, sb.show.sweep()], asks="Which are lr_min and lr_max?"
        ),
        *page_of(""),
        *page_of("googlenet_"),
        sb.Section("What the sheet's own network costs", [COST]),
    ],
    outcomes=outcomes,
    decided=(
        "the sheet names MiniGoogLeNet; LeNet-5 stands first, since every training of it is 250 times cheaper",
        f"lr_min and lr_max are the medians over seeds of what rule “{RULE}” reads from a sweep: 10 % and 90 % of the "
        "fall of the loss",
        "three whole cycles, as in the article, so that training ends where a cycle ends; γ halves in a cycle",
        "gradient descent with momentum 0.9, Glorot's uniform initial draw, no augmentation; validation images are the "
        "test images, as in the article",
        "a cycle's middle is where the rate is highest, its end where it is lowest",
    ),
    claims=(
        *(
            sb.Claim(id=name, source=source, record=record, statement=said, check=check, differs=differs)
            for name, source, record, said, check, differs in ORDERS
        ),
        *(
            sb.Claim(id=name, source=source, record="rates", value=value, differs=differs,
                     statement=f"With {policy} the {variable[6:].replace('_', ' ')} ends at {value:g}",
                     check=f'one_run({variable}, policy="{policy}") = {value:g}')
            for name, source, policy, variable, value, differs in RUNS
        ),
    ),
)  # fmt: skip
