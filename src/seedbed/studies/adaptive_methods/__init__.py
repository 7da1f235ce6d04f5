"""Five adaptive methods on a network of two hidden layers, with L2 and with dropout, and Zeiler's map of rates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.adaptive_methods.methods import (
    ADADELTA,
    DROP,
    L2,
    SLOW,
    deadly,
    methods,
    network,
    table_1,
    table_2,
    zeiler,
)
from seedbed.studies.adaptive_methods.rates import cells, deaths, outcomes, zeiler_maps
from seedbed.studies.adaptive_methods.updates import formulas

KINGMA = "Kingma & Ba 2015 (1412.6980), figure 2a"
AT_195 = {"AdaGrad": 0.0189, "RMSProp": 0.0149, ADADELTA: 0.0137, "Adam": 0.0070}  # read off its vector paths
NOISE = """
    Two numbers can be called “the training loss” under dropout. With the noise: the loss of the batch on which a step
    is made, half of the units missing. Without: the training images judged as the finished network is used, nothing
    dropped. The first is much larger, and it is what most programs print."""
SCALING = """
    The sheet scales the weights by the share kept when testing. Here the numbers that are kept are divided by that
    share while training (“inverted dropout”), which makes the same expectation on both sides and leaves the weights as
    they are in testing: the sheet's scaling, done beforehand."""
ZEILER = """
    Zeiler (2012) trains 784-500-300-10 with ReLU for six epochs of batches of 100 and shows the test error over
    methods and rates: the case for AdaDelta is not that it is best, but that it hardly minds its numbers. His momentum
    coefficient, first draw and scaling of the inputs are not given: here 0.9, uniform ±1/√fan-in, grey values
    between 0 and 1 as they are. A network of tanh units is told of apart (2.00 % with ε 10⁻⁶ and ρ 0.95)."""
FIGURE = """
    The problem repeats Kingma and Ba's figure 2a, where Adam ends lowest, then AdaDelta, RMSProp and AdaGrad, all with
    dropout, after 200 passes, each at the best rate of a grid. The rates, the L2 constant, the dropout rates and
    whether the noise was on are not stated; their fifth method is SGD with Nesterov momentum. The methods here have
    their textbook rates, untuned, and tuning may change the order. The statements stand at the end of the page."""
DYING = """
    Garbin, Zhu and Marques (2020) report that with dropout 0.1 and 0.5 two settings die in every repeat (11.35 and
    10.28 % test accuracy): SGD at 0.1 with momentum 0.99, and RMSProp at 0.01. RMSProp at 0.001 reaches 98.4 %."""


def ask(profile: sb.Profile) -> dict[str, Any]:
    """The methods with and without dropout, their seconds, Zeiler's tables and his tanh network, Garbin's deaths."""
    net = sb.Spec(
        data=sb.data.mnist(train=profile.train, test=profile.test),
        model=network((profile.width, profile.width)),
        loss="cross_entropy",
        optimizer=methods(1e-4)["Adam"]["optimizer"],
        batch_size=128,
        steps=sb.epochs(profile.epochs),
        trace=sb.epochs(profile.epochs / profile.looks),
        probes=("update_ratio",),
    )
    dropped = network((profile.width, profile.width), 0.2, 0.5)
    chosen = {name: one for name, one in methods(1e-4).items() if name in profile.methods}
    question = net.vary(method=chosen).vary(regularizer={L2: {"model": net.model}, DROP: {"model": dropped}})
    cell = zeiler(profile.zeiler, profile.zeiler_test, profile.zeiler_epochs)
    tanh = cell.replace(optimizer=sb.optimizers.adadelta(1.0, decay=0.95, eps=1e-6), activation="tanh")
    few = {"at_most": profile.few, "fixed": True}
    found = {
        "nets": question,
        "times": sb.measures.timed(question, repeats=profile.repeats, least=profile.least),
        "rates": sb.measures.train(table_1(cell), **few),
        "adadelta": sb.measures.train(table_2(cell), **few),
        "tanh": sb.measures.train(tanh, **few, auxiliary=True),
        "deadly": sb.measures.train(
            deadly(profile.zeiler, profile.zeiler_test, profile.deadly_epochs, profile.deadly_width), **few
        ),
    }
    return {name: one for name, one in found.items() if name not in profile.leaves_out}


def losses(regularizer: str, variables: dict[str, str]) -> Any:
    """A block: the training loss of every method by epoch, under one regularizer, and which is lowest."""

    def items(context: sb.Context) -> Iterator[Any]:
        record = context.record()
        if regularizer not in record["regularizer"].values:
            return
        part = record.sel(regularizer=regularizer)
        n, per_epoch = record.sizes["seed"], _per_epoch(record)
        for variable, words in variables.items():
            steps = part["step"].values
            late = steps > 0
            groups = {
                str(name): (
                    steps[late] / per_epoch,
                    part[variable].sel({"method": name}).transpose("seed", "step").values[:, late],
                )
                for name in part["method"].values
            }
            yield sb.Figure(
                f"{variable}_{sb.show.file_name(regularizer)}",
                sb.figures.against(groups, "epoch", f"{words}"),
                f"{words[:1].upper()}{words[1:]} by epoch with {regularizer}: median and middle half of n = {n} "
                "members of each method. Both axes are logarithmic; the start, epoch 0, has no place on them.",
                f"{words} of every method against the epoch",
            )
        said = best(context, regularizer)
        yield said
        yield sb.Answer(said)

    return items


def _per_epoch(record: Any) -> float:
    """Steps of an epoch: examples over batch, rounded down."""
    examples = int(str(record.attrs["data_size"]).split(" of ")[0])
    return float(max(examples // 128, 1))


def best(context: sb.Context, regularizer: str) -> str:
    """The method with the lowest training loss, whether it can be told apart from the next, and the last."""
    part = context.record().sel(regularizer=regularizer)
    values = {str(name): part["final_train_loss"].sel({"method": name}).values for name in part["method"].values}
    values = {name: np.where(np.isfinite(one), one, np.inf) for name, one in values.items()}
    known = {name: one for name, one in values.items() if np.isfinite(one).all()}
    lost = [name for name in values if name not in known]
    ranked = sorted(known, key=lambda name: known[name].mean())
    means = {name: sb.show.plain(sb.stats.scores.mean(known[name])) for name in ranked}
    n = part.sizes["seed"]
    if len(ranked) < 2:
        return f"With {regularizer} fewer than two methods ended with finite losses (n = {n})."
    gap = sb.stats.pairs.difference(known[ranked[0]], known[ranked[1]])
    apart = "can be told apart from" if n > 1 and gap.high < 0 else "cannot be told apart from"
    return (
        f"With {regularizer}, {ranked[0]} has the lowest training loss, {means[ranked[0]]}, and {apart} {ranked[1]} "
        f"({means[ranked[1]]}; difference {sb.show.plain(gap)}); then "
        + ", ".join(f"{name} {means[name]}" for name in ranked[2:])
        + (f"; diverged: {', '.join(lost)}" if lost else "")
        + f" (means without noise, n = {n}, paired, 95 % intervals)."
    )


def with_and_without(variable: str, words: str, form: Any) -> Any:
    """A block: dropout minus no dropout in one number, method by method, paired by seed."""

    def items(context: sb.Context) -> Iterator[Any]:
        record = context.record()
        if not {L2, DROP} <= set(record["regularizer"].values) or record.sizes["seed"] < 2:
            return
        n, rows, told = record.sizes["seed"], [], []
        for name in record["method"].values.tolist():
            pair = [record[variable].sel({"method": name, "regularizer": one}).values for one in (L2, DROP)]
            kept = np.isfinite(pair[0]) & np.isfinite(pair[1])
            without, dropped = (sb.stats.scores.mean(one[kept]) for one in pair)
            gap = sb.stats.pairs.difference(pair[1][kept], pair[0][kept])
            rows.append((name, *(sb.show.interval(one, form) for one in (without, dropped, gap))))
            told.append(f"{name} {sb.show.interval(gap, form)}")
        yield sb.Table(
            ("method", L2, DROP, "difference"),
            rows,
            f"Mean {words} with and without dropout, and the difference paired by seed; n = {n}, 95 % bootstrap "
            "intervals.",
        )
        yield sb.Answer(f"Dropout changes the {words} by: {'; '.join(told)} (n = {n}, paired, 95 % intervals).")

    return items


def dropout_time(context: sb.Context) -> Iterator[Any]:
    """How many times as long a step takes with dropout, method by method."""
    times = context.record("times")["alone"].isel(seed=0)
    if not {L2, DROP} <= set(times["regularizer"].values):
        return
    repeats, rows = times.sizes["repeat"], []
    for name in times["method"].values.tolist():
        without, dropped = (1e3 * times.sel({"method": name, "regularizer": one}).values for one in (L2, DROP))
        each = dropped / without
        rows.append((name, *map(sb.show.number, (np.median(without), np.median(dropped), np.median(each))),
                     f"{each.min():.2f} to {each.max():.2f}"))  # fmt: skip
    yield sb.Table(
        ("method", "ms a step", "ms with dropout", "times as long", "range"),
        rows,
        f"Milliseconds of a training step of one network alone on one core, {context.record('times').attrs['device']}; "
        f"medians of n = {repeats} repeats, and the range of the ratio over repeats. 200 epochs of 60,000 images are "
        "93,600 steps.",
    )
    yield sb.Answer(
        "A step with dropout takes this many times as long: "
        + "; ".join(f"{row[0]} {row[3]} ({row[4]})" for row in rows)
        + f" (medians and ranges of n = {repeats} repeats)."
    )


TEST = "final_test_accuracy"
CLAIMS: Any = (  # id, source, record, statement, check, what was different there
    ("kingma-order", KINGMA, "nets", "With dropout Adam ends lowest, then AdaDelta, RMSProp and AdaGrad",
     " < ".join(f"mean(final_train_loss, method={one}, regularizer={DROP})"
                for one in ("Adam", ADADELTA, "RMSProp", "AdaGrad")), "every method at the best rate of a grid"),
    ("kingma-factor", KINGMA, "nets", "AdaGrad ends 2.7 times as high as Adam",
     f"mean(final_train_loss, method=AdaGrad, regularizer={DROP}) = 2.7 * mean(final_train_loss, method=Adam, "
     f"regularizer={DROP}) within 20 %", "every method at the best rate of a grid"),
    ("adadelta-rate", "TensorFlow 1 and Keras default", "nets",
     "AdaDelta is hopeless at the rate 0.001 that libraries give it (taken as: more than twice the loss at 1)",
     f"2 * mean(final_train_loss, method={ADADELTA}, regularizer={L2}) < mean(final_train_loss, method={SLOW}, "
     f"regularizer={L2})", ""),
    ("zeiler-best", "Zeiler 2012, table 1", "errors", "AdaGrad at 0.01 is better than SGD and momentum at their best",
     "mean(error, method=AdaGrad, learning_rate=0.01) < mean(error, method=momentum, learning_rate=0.1) < "
     "mean(error, method=SGD, learning_rate=1)", ""),
    ("zeiler-span", "Zeiler 2012, tables 1 and 2", "spans",
     "The cells of AdaDelta span less than a point, every column of table 1 more than 40",
     "10 * mean(span, method=AdaDelta) < mean(span, method=AdaGrad)", ""),
    ("zeiler-tanh", "Zeiler 2012, section 4.1", "errors_tanh", "With tanh, ε 10⁻⁶ and ρ 0.95: 2.00 % after six epochs",
     "one_run(error) = 0.02", ""),
    ("garbin-rmsprop-dies", "Garbin, Zhu & Marques 2020", "dead", "RMSProp at 0.01 with dropout dies",
     "share(dead, optimizer=RMSProp 0.01) > 50 %", ""),
    ("garbin-sgd-dies", "Garbin, Zhu & Marques 2020", "dead", "SGD at 0.1 with momentum 0.99 and dropout dies",
     "share(dead, optimizer=\"SGD 0.1, momentum 0.99\") > 50 %", ""),
    ("garbin-rmsprop-lives", "Garbin, Zhu & Marques 2020", "dead", "RMSProp at 0.001 with dropout does not die",
     "share(dead, optimizer=RMSProp 0.001) < 50 %", ""),
)  # fmt: skip

study = sb.Study(
    name="adaptive_methods",
    title="AdaGrad, RMSProp, Nesterov, AdaDelta, Adam: 784-1000-1000-10",
    source="Dube, homework 2 (2019), problem 7",
    question="How do five adaptive methods update a weight, and what do AdaDelta and Adam change in RMSProp? Which "
    "reaches the lowest training loss with L2, and which with dropout? What does dropout cost in time, and how do the "
    "test accuracies compare?",
    ask=ask,
    profiles={
        "smoke": {
            "methods": ("AdaGrad", ADADELTA, SLOW, "Adam"), "leaves_out": ("times", "tanh"),
            "seeds": 2, "train": 256, "test": 100, "width": 16, "epochs": 2, "looks": 2, "zeiler": 200,
            "zeiler_test": 100, "zeiler_epochs": 1, "few": 2, "deadly_epochs": 2, "deadly_width": 16, "repeats": 2,
            "least": 0.01, "takes": "1 minute",
            "reduced": "16 hidden units instead of 1,000, 256 images, 2 epochs, without both RMSProp and the times; "
            "Zeiler's cells for 2 steps",
        },
        "quick": {
            "methods": tuple(methods(0.0)), "leaves_out": (),
            "seeds": 16, "train": 1_280, "test": 1_000, "width": 1_000, "epochs": 8, "looks": 4, "zeiler": 6_000,
            "zeiler_test": 10_000, "zeiler_epochs": 2, "few": 4, "deadly_epochs": 2, "deadly_width": 1_024,
            "repeats": 5, "least": 0.1, "takes": "9 minutes",
            "reduced": "1,280 of 60,000 images and 8 epochs of 200 (80 steps instead of 93,600); Zeiler's cells with 4 "
            "seeds, 6,000 images and 2 epochs of 6; Garbin's networks of 1,024 instead of 2,048 units, 4 seeds, 92 "
            "steps",
        },
        "full": {
            "methods": tuple(methods(0.0)), "leaves_out": (),
            "seeds": 16, "train": 60_000, "test": 10_000, "width": 1_000, "epochs": 200, "looks": 200, "zeiler": 60_000,
            "zeiler_test": 10_000, "zeiler_epochs": 6, "few": 10, "deadly_epochs": 20, "deadly_width": 2_048,
            "repeats": 9, "least": 1.0,
            "takes": "weeks on two cores: 129 TFLOP a network and setting; Zeiler's 27 cells are 1.2 TFLOP each",
        },
    },
    score=sb.score("final_train_loss", words="training loss"),
    page=[
        sb.Section("The five updates", [formulas], asks="How do AdaDelta and Adam differ from RMSProp?"),
        sb.Section("Training loss with L2", [losses(L2, {"train_loss": "training loss"})],
                   asks="Which method has the lowest training loss with L2?"),
        sb.Section("Training loss with dropout",
                   [NOISE, losses(DROP, {"train_loss": "training loss, nothing dropped",
                                         "batch_loss": "loss of the batch, noise on"}),
                    with_and_without("final_train_loss", "training loss", sb.show.number)],
                   asks="Which method performs best with dropout?"),
        sb.Section("All settings", [sb.show.scores(), sb.show.compare(to=f"Adam, {L2}"), sb.show.single_runs()]),
        sb.Section("Time with and without dropout", [dropout_time], needs="times",
                   asks="What does dropout cost in training time?"),
        sb.Section("Test accuracy", [SCALING, sb.show.scores("final_test_accuracy", better="higher"),
                                     with_and_without("final_test_accuracy", "test accuracy", sb.show.hundredths)],
                   asks="How do test accuracies compare with and without dropout?"),
        sb.Section("Zeiler's tables as a map over rates", [ZEILER, zeiler_maps], asks="How much do the rates matter?"),
        sb.Section("Kingma and Ba's figure", [FIGURE]),
        sb.Section("Settings that die", [DYING, deaths]),
    ],
    outcomes=outcomes,
    decided=(
        "grey values from 0 to 1; the first draw is uniform in ±1/√fan-in, weights and biases, as PyTorch has it",
        "L2 is λ/2 |w|² with λ = 10⁻⁴ on everything trained, coupled: its gradient λ w is added before the method "
        "scales it; it is not part of the loss that is told. The sheet gives no constant",
        "“add dropout” is read as: the L2 stays, so that only dropout changes",
        "dropout 0.2 on the input and 0.5 behind each hidden layer",
        "the rates are textbook ones, untuned: AdaGrad 0.01, RMSProp and Adam 0.001, AdaDelta 1 and 0.001; who wins "
        "depends on that",
        "RMSProp forgets with ρ 0.9 (Hinton), AdaDelta with 0.95 (Zeiler)",
        "the training loss that methods are ranked by is that of the whole training set with nothing dropped",
    ),
    claims=(
        *(
            sb.Claim(id=name, source=source, record=record, statement=said, check=check, differs=differs)
            for name, source, record, said, check, differs in CLAIMS
        ),
        *(
            sb.Claim(
                id=f"kingma-{method.lower()}",
                source=KINGMA,
                record="nets",
                value=loss,
                statement=f"{method} with dropout ends at a training cost of {loss:.4f} after 200 epochs",
                check=f"one_run(final_train_loss, method={method}, regularizer={DROP}) = {loss}",
                differs="the best rate of a grid; whether the noise was on is not stated",
            )
            for method, loss in AT_195.items()
        ),
        *cells(),
    ),
)  # fmt: skip
