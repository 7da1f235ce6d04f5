"""One convolutional network, two things to predict: the shape and the width of what an image shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import seedbed as sb

WIDTH, LABEL, LINES = "widths of detection", "labels of detection", "labels of lines"
SUM = {"loss.label.reduction": "sum", "loss.width.reduction": "sum"}
SEPARATE, RYBKIN = "separate rates", "Rybkin's rates"
RATES: dict[str, dict[str, Any]] = {
    SEPARATE: {},
    "own rate in the width layer": {"loss.shared": "sum"},
    RYBKIN: {"learning_rate": 0.01, "loss.width_weight": 0.32},
}
LARGE: dict[str, dict[str, Any]] = {
    "one shared rate": {"loss.width_weight": 1.0},
    "sums at separate rates": SUM,
    "sums at one rate": {**SUM, "loss.width_weight": 1.0},
}
SHOWN = {
    "train_label_loss": "Cross-entropy of the label",
    "train_label_accuracy": "Accuracy of the label",
    "train_width_loss": "L2 of the width",
    "train_width_within": "Share of widths within 0.5",
}
UNTIED = "a bias for every place of an image (9,042 parameters); rate 0.01 on mean CE + 0.01 · sum of squares / 2"
RUNS = (  # id, source, step, record and setting beside it, set-up
    ("rybkin-844", "Rybkin 2017, figure 5", 844, "rates", f", rates={RYBKIN}",
     f"{UNTIED}; stops when both accuracies are 1"),
    ("rybkin-1304", "Rybkin 2017, figure 7", 1304, "rates", f", rates={RYBKIN}",
     f"leaky ReLU with slope 0.1 (study own_activation); {UNTIED}; stops when both are 1"),
    ("lnmangione-507", "lnmangione, CIS581 project 4 (2019)", 507, "detection", "",
     "untruncated normal weights, rate 0.001 on (0.01 · CE + 0.001 · L2) / 0.011, both summed"),
    ("oliverchanyw-1000", "oliverchanyw, CIS680 homework 1 (2018)", 1000, "detection", "",
     "about; padding 3, initial draw of the framework, CE + 0.01 · L2 at rate 0.1"),
)  # fmt: skip
WORDS = (  # id, source, statement, record, check, what was different there
    ("rybkin-much-longer", "Rybkin 2017, task 3",
     "Label and width together take much longer than the line images (taken as more than twice the steps)",
     "targets", f"mean(hit_step, network={WIDTH}) > 2 * mean(hit_step, network={LINES})", ""),
    ("zhang-li-widths-later", "Zhang & Li 2018, section 4.2", "The widths take more iterations than the labels",
     "targets", f"mean(hit_step, network={WIDTH}) > mean(hit_step, network={LABEL})", ""),
    ("zhang-li-labels-alike", "Zhang & Li 2018, section 4.2",
     "The labels take about as many iterations as in the previous question (taken as within 20 %)",
     "targets", f"mean(hit_step, network={LABEL}) = mean(hit_step, network={LINES}) within 20 %", ""),
    ("rybkin-sums-arrive", "Rybkin 2017, task 3",
     "With summed losses some networks still learn the set (taken as one in twenty)",
     "large", "share(hit_step, rates=sums at separate rates) > 5 %", UNTIED),
)  # fmt: skip
PROFILES: dict[Any, Any] = {
    "smoke": {"seeds": 2, "few": 2, "steps": 12, "rates_steps": 12, "large_steps": 12, "takes": "30 s",
              "reduced": "the cap is 12 steps, at which no width is right, and 2 seeds"},
    "quick": {"seeds": 64, "few": 16, "steps": 10_000, "rates_steps": 2_000, "large_steps": 200, "takes": "4 minutes",
              "reduced": "other readings of the rates with 16 seeds and a cap of 2,000 steps; one rate for both losses "
              "and summed losses with 16 seeds and a cap of 200 steps"},
    "full": {"seeds": 1024, "few": 256, "steps": 10_000, "rates_steps": 10_000, "large_steps": 1_000,
             "takes": "2 hours", "reduced": "other readings of the rates with 256 seeds; one rate for both losses and "
             "summed losses with 256 seeds and a cap of 1,000 steps"},
}  # fmt: skip
HEADS = """
    The dense layer behind the convolutions is doubled: one unit with a sigmoid answers with the label, a linear one
    with the width (7,338 parameters). A width counts as right within 0.5 of the true one."""
PREVIOUS = f"""
    “{LINES}” is the previous question: the same network with the label head alone, on the line images. “{LABEL}” is
    this network, watched until every label is right for the first time; “{WIDTH}” until every width is."""
FORMULA = sb.Formula(
    "theta arrow.l theta - 0.1 (partial L_(C E)) / (partial theta) - 0.001 (partial L_2) / (partial theta)",
    "every weight follows the cross-entropy at rate 0.1 and the L2 loss at rate 0.001",
)
READINGS = f"""
    The sheet gives everything the rate 0.1, and the L2 loss a rate of its own, 0.001. “{SEPARATE}” is the formula
    above, and what the rest of this page uses. “own rate in the width layer” lets the convolutions follow the plain sum
    of both losses at rate 0.1, and only the layer of the width itself has 0.001. “{RYBKIN}” are 0.01 for the
    cross-entropy and 0.0032 for the mean squared error, which his sum of squares over 64 images, halved and weighted by
    0.01, comes to."""
SUMS = """
    “one shared rate” is 0.1 for both losses. The sum of the losses of a batch instead of their mean makes every rate 64
    times as large. Rybkin reports that sums let his weights grow to 1e30 and his outputs become NaN, and that some runs
    nevertheless learned the set in few steps."""


def ask(profile: sb.Profile) -> dict[str, Any]:
    """The network with a linear head for the width; the step at which its labels are right; the previous question;
    other readings of the rates."""
    net = sb.Spec(
        data=sb.data.detection(64, 16),
        model=sb.models.cnn([16, 8], kernel=7, activation="relu", padding="valid"),
        initializer=sb.initializers.truncated_normal(0.1, bias=0.1),
        loss=sb.losses.heads(label="cross_entropy", width="l2", width_weight=0.01, shared="weighted"),
        optimizer=sb.optimizers.sgd(0.1),
        metrics=("accuracy", sb.metrics.within(0.5)),
        stop=sb.reaches("train_width_within", 1.0),
        steps=profile.steps,
        probes=("dead", "first_kernels", "predictions"),
    )
    dead = net.replace(probes=("dead",))
    lines = dead.replace(data=sb.data.lines(64, 16), loss="cross_entropy", metrics=())
    rates = net.replace(steps=profile.rates_steps, probes=("dead", "predictions")).vary(rates=RATES)
    large = net.replace(steps=profile.large_steps, probes=("dead", "largest_weight")).vary(rates=LARGE)
    return {
        "detection": net,
        "label": dead.replace(stop=sb.reaches("train_label_accuracy", 1.0)),
        "lines": sb.measures.train(lines.replace(stop=sb.reaches("train_accuracy", 1.0)), fixed=True),
        "rates": sb.measures.train(rates, at_most=profile.few, fixed=True),
        "large": sb.measures.train(large, at_most=profile.few, fixed=True),
        "examples": sb.measures.examples(net),
    }


def shapes(context: sb.Context) -> Iterator[Any]:
    """Images of both labels with their widths, and what is right without looking at all."""
    images, labels = sb.show.images_of(context.record("examples"), "label")
    _, widths = sb.show.images_of(context.record("examples"), "width")
    values, counts = np.unique(widths, return_counts=True)
    usual, right = float(values[counts.argmax()]), float(counts.max() / len(widths))
    yield sb.Reading("best_constant_width", {"width": usual, "right": right})
    yield sb.Reading("variance_of_width", float(widths.var()))
    yield f"""
        Each image holds a diamond (label 0) or a square (label 1). Its width w is counted from the center: the shape is
        2w + 1 pixels wide. Answering w = {usual:g} to everything is right for {sb.show.percent(right)} of these
        {len(widths)} images, and the mean width has an L2 loss of {widths.var():.3g}."""
    shown = np.concatenate([np.flatnonzero(labels == label)[:8] for label in (0, 1)])
    yield sb.Figure(
        "images",
        sb.figures.image_grid(images[shown], [f"w = {widths[at]:g}" for at in shown]),
        f"The first images of label 0, then of label 1, among the {len(labels)} of the set; all of them are shown in "
        "every step.",
        "Diamonds and squares with their widths",
    )


def where_they_stopped(context: sb.Context) -> Iterator[Any]:
    """Both losses and both accuracies at the last step of the median member."""
    found = {words: context.scored("detection", f"final_{name}", "lower") for name, words in SHOWN.items()}
    told = "; ".join(f"{words} {one.interval(one.medians[0])}" for words, one in found.items())
    n = min(one.n for one in found.values())
    yield sb.Answer(f"Where training stopped, the median member had these values: {told} (n = {n}, 95 % intervals).")


def widths(context: sb.Context) -> Iterator[Any]:
    """Answers of the width head against the truth, where each member stopped."""
    record = context.record("detection")
    _, labels = sb.show.images_of(context.record("examples"), "label")
    _, truth = sb.show.images_of(context.record("examples"), "width")
    answers = {sb.name_of(levels): part["final_predictions"].isel(output=1).values for levels, part in sb.rows(record)}
    kinds = ["diamond" if label == 0 else "square" for label in labels]
    yield sb.Figure(
        "widths",
        sb.figures.agreement(truth, answers, kinds, names=("true width", "predicted width")),
        f"Predicted against true width of the {len(truth)} images, at the step where each of n = "
        f"{record.sizes['seed']} members stopped. Boxes are over members and images of a width; points are the answers "
        f"of one member (seed {int(record['seed'].values[0])}).",
        "Predicted width against true width",
    )
    errors = np.concatenate([(values - truth).ravel() for values in answers.values()])
    errors = errors[np.isfinite(errors)]
    inside, size = float(np.mean(np.abs(errors) < 0.5)), float(np.sqrt(np.mean(errors**2)))
    yield sb.Reading("widths_where_members_stopped", {"within_0.5": inside, "rmse": size, "answers": len(errors)})
    yield f"""
        Where they stopped, {sb.show.percent(inside)} of all {len(errors):,} answers lie within 0.5 of the truth; the
        root mean square error is {size:.2g}. These are the images trained on; nothing here says how the network would
        do on others."""


def how_many_times(context: sb.Context) -> Iterator[Any]:
    """How many times as many steps the labels and the widths take, and what the reports said of it."""
    found = {ours: sb.show.ratio(context, "targets", ours, LINES) for ours in (LABEL, WIDTH)}
    yield sb.Reading("ratios_of_median_steps", {f"{ours} / {LINES}": one.plain() for ours, one in found.items()})
    n = context.score.n
    told = [
        f"**{sb.show.times(one)}** as many steps until every {what} is right"
        for one, what in zip(found.values(), ("label", "width"), strict=True)
        if np.isfinite(one.low)
    ]
    if not told:
        return
    yield f"""
        Compared with the line images, the median member needs {", and ".join(told)} (n = {n} members of each, 95 %
        bootstrap intervals of ratios of medians). Zhang & Li report that the labels take about as many steps as in the
        previous question, and the widths more; Rybkin that the two tasks together take much more. The images differ
        too: the ratio for the labels is due to other images and to the second task together."""
    yield sb.Answer(f"The median member needs {', and '.join(told)} (n = {n} of each, 95 % intervals).")


def weights(context: sb.Context) -> Iterator[Any]:
    """How many members arrived with larger rates, and how far their weights went."""
    record, found = context.record("large"), list[dict[str, Any]]()
    for levels, part in sb.rows(record):
        traced = part["largest_weight"].transpose("seed", "step").values
        tops = np.where(np.isfinite(traced), traced, 0).max(axis=1)
        found.append(
            {
                "setting": sb.name_of(levels),
                "n": int(part.sizes["seed"]),
                "arrived": int(np.isfinite(part["hit_step"].values).sum()),
                "diverged": int(np.isfinite(part["diverged_step"].values).sum()),
                "dead": int((part["final_dead"].values == 1).sum()),
                "largest_weight": {"median": float(np.median(tops)), "largest": float(tops.max())},
            }
        )
    yield sb.Reading("large_rates", found)
    cap, n = record.attrs["cap"], record.sizes["seed"]
    yield sb.Table(
        ("setting", "arrived", "largest weight, median", "largest of all members"),
        [
            (one["setting"], f"{one['arrived']} of {n}", *(f"{size:.1e}" for size in one["largest_weight"].values()))
            for one in found
        ],
        f"Members that arrived within {cap:,} steps, and the largest absolute weight or bias that the traces of n = "
        f"{n} members show, as far as finite.",
    )
    sums = [one["arrived"] for one in found if one["setting"] != "one shared rate"]
    yield f"With sums, {sum(sums)} of {n * len(sums)} members here had every width right within {cap:,} steps."


def both_rules(context: sb.Context) -> Iterator[str]:
    """Whether Rybkin's rule, both accuracies, would have stopped the same members in the same step."""
    record = context.record("rates").sel(rates=RYBKIN)
    arrived = np.isfinite(record["hit_step"].values)
    if arrived.any():
        both = int((record["final_train_label_accuracy"].values[arrived] == 1).sum())
        yield f"""
            Rybkin stopped when both accuracies were 1. With his rates, {both} of the {int(arrived.sum())} members that
            arrived had every label right in that step too, so that for them both rules give one number."""


def curves(name: str, variable: str, record: str) -> Any:
    """Curves of one variable as the figure `name`."""
    words = {**SHOWN, "largest_weight": "Largest absolute weight or bias"}
    return sb.show.renamed(name, sb.show.curves(variable, record=record, says=words))


study = sb.Study(
    name="detection",
    title="What is it, and how wide: one network with two heads",
    source="CIS680 assignment 1 (2017), part 3.2; reports of Rybkin (2017) and of Zhang & Li (CIS581, 2018)",
    question="The network of the line images gets a second, linear head that predicts the width of a shape under an L2 "
    "loss with learning rate 0.001. How do both losses and both accuracies develop until every width is within 0.5 of "
    "the truth, and how does that compare with the previous question?",
    ask=ask,
    profiles=PROFILES,
    score=sb.score("hit_step", record="targets"),
    page=[
        sb.Section("What the network sees", [shapes]),
        sb.Section(
            "Both losses and both accuracies",
            [HEADS, sb.show.curves(*SHOWN, record="detection", until_last=True, says=SHOWN), where_they_stopped],
            asks="How do both losses and both accuracies develop?",
        ),
        sb.Section(
            "When every width is right",
            [sb.show.arrivals(record="detection", until_last=0), sb.show.fates(record="detection")],
            asks="When is every width within 0.5 of the truth?",
        ),
        sb.Section("Predicted and true widths", [widths]),
        sb.Section(
            "Compared with the line images",
            [
                PREVIOUS,
                sb.show.cost("targets", figure="effort", units={LABEL: (1, 1), WIDTH: (1, 1)}),
                how_many_times,
                sb.show.compare(ranks=False, single_runs=False),
            ],
            asks="How does that compare with the previous question?",
        ),
        sb.Section(
            "What “the learning rate for L2” can mean",
            [
                FORMULA,
                READINGS,
                sb.show.arrivals(record="rates", figures=False),
                sb.show.fates(record="rates"),
                curves("rates_widths", "train_width_within", "rates"),
                curves("rates_labels", "train_label_accuracy", "rates"),
                sb.show.compare(record="rates"),
            ],
        ),
        sb.Section(
            "One rate for both losses, and summed losses",
            [SUMS, sb.show.fates(record="large"), weights, curves("large_rates_weights", "largest_weight", "large")],
        ),
        sb.Section("The first kernels", [sb.show.kernels(record="detection")]),
        sb.Section("Published single runs", [sb.show.published(record=("detection", "rates")), both_rules]),
    ],
    together={"targets": {LINES: "lines", LABEL: "label", WIDTH: "detection"}},
    decided=(
        "“learning rate 0.001 for L2”: every weight follows the cross-entropy at rate 0.1 and the L2 loss at 0.001; "
        "other readings, and the rates of Rybkin's report, are run beside it",
        "the loss of each head is the mean over the 64 images; sums are run beside it",
        "the L2 loss is (predicted − true)² without a factor 1/2, as part 1 of the sheet has it",
        "training stops when every width is right, whatever the labels are, as the sheet says",
        "a width is right if it is off by less than 0.5; it is a half-width from 1 to 7, as in the course's files",
        "images are 16 x 16, as the course's files are; no padding, stride 1, no pooling",
        "step s counts updates: what is measured after s updates belongs to step s, so step 0 is the initial draw",
        "without `--data`, one common set of 64 generated images serves all members",
        "a member that never arrives counts with the cap in the restricted mean",
    ),
    claims=(
        *sb.Claim.table("id source statement record check differs", WORDS),
        *sb.Claim.table(
            "id source value record setting differs",
            RUNS,
            statement="Every width is right after {value:,} iterations",
            check="one_run(hit_step{setting}) = {value}",
        ),
    ),
)
