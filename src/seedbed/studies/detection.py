"""One convolutional network, two things to predict: the shape and the width of what an image shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.stats.hits import Hits

CAP = {"smoke": 12, "quick": 10_000, "full": 10_000}
RATES_CAP = {"smoke": 12, "quick": 2_000, "full": 10_000}
LARGE_CAP = {"smoke": 12, "quick": 200, "full": 1_000}
FEW = {"smoke": 2, "quick": 16, "full": 256}
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
WIDTH, LABEL, LINES = "widths of detection", "labels of detection", "labels of lines"
UNTIED = "a bias for every place of an image (9,042 parameters); rate 0.01 on mean CE + 0.01 · sum of squares / 2"
PUBLISHED = (
    ("Rybkin 2017", 844, f"{UNTIED}; stops when both accuracies are 1"),
    ("Rybkin 2017", 1304, f"leaky ReLU with slope 0.1 (study own_activation); {UNTIED}; stops when both are 1"),
    ("lnmangione", 507, "untruncated normal weights, rate 0.001 on (0.01 · CE + 0.001 · L2) / 0.011, both summed"),
    ("oliverchanyw", 1000, "about; padding 3, initial draw of the framework, CE + 0.01 · L2 at rate 0.1"),
)


def ask(profile: str) -> sb.Spec:
    """The network of the line images with a second, linear head for the width; each loss at its own rate."""
    return sb.Spec(
        data=sb.data.detection(64, 16),
        model=sb.models.cnn([16, 8], kernel=7, activation="relu", padding="valid"),
        initializer=sb.initializers.truncated_normal(0.1, bias=0.1),
        loss=sb.losses.heads(label="cross_entropy", width="l2", width_weight=0.01, shared="weighted"),
        optimizer=sb.optimizers.sgd(0.1),
        metrics=("accuracy", sb.metrics.within(0.5)),
        stop=sb.reaches("train_width_within", 1.0),
        steps=CAP[profile],
        probes=("dead", "first_kernels", "predictions"),
    )


def lines(profile: str) -> sb.Spec:
    """The previous question: the same network with one head, on the line images."""
    return ask(profile).replace(data=sb.data.lines(64, 16), loss="cross_entropy", metrics=(), probes=("dead",),
                                stop=sb.reaches("train_accuracy", 1.0))  # fmt: skip


def measure(lab: sb.Lab) -> dict[str, xr.Dataset]:
    """The question; the step at which its labels are right; the previous question; other readings of the rates."""
    question, few = ask(lab.profile), lab.seeds[: FEW[lab.profile]]
    label = question.replace(stop=sb.reaches("train_label_accuracy", 1.0), probes=("dead",))
    rates = question.replace(steps=RATES_CAP[lab.profile], probes=("dead", "predictions")).vary(rates=RATES)
    large = question.replace(steps=LARGE_CAP[lab.profile], probes=("dead", "largest_weight")).vary(rates=LARGE)
    return {
        "detection": lab.run(question, "detection"),
        "label": lab.run(label, "label"),
        "lines": lab.run(lines(lab.profile), "lines", changeable=False),
        "rates": lab.run(rates, "rates", seeds=few, changeable=False),
        "large": lab.run(large, "large", seeds=few, changeable=False),
        "examples": lab.examples(question),
    }


def tell(records: Mapping[str, xr.Dataset]) -> sb.Page:
    """The page: images, four curves, arrival, widths, comparison with the lines, rates, sums, published runs."""
    record, examples = records["detection"], records["examples"]
    readings: dict[str, Any] = {}
    sections = [
        sb.Section("What the network sees", list(image_items(examples, readings))),
        sb.Section("Both losses and both accuracies", list(curve_items(record))),
        sb.Section("When every width is right", list(arrival_items(record))),
        sb.Section("Predicted and true widths", list(width_items(record, examples, readings))),
        sb.Section("Compared with the line images", list(compared_items(records, readings))),
        sb.Section("What “the learning rate for L2” can mean", list(rate_items(records["rates"]))),
        sb.Section("One rate for both losses, and summed losses", list(large_items(records["large"], readings))),
        sb.Section("The first kernels", list(sb.pieces.kernel_items(record))),
        sb.Section("Published single runs", list(published_items(records, readings))),
    ]
    return sb.Page(sections, readings)


def image_items(examples: xr.Dataset, readings: dict[str, Any]) -> Iterator[sb.Prose | sb.Figure]:
    """Images of both labels with their widths, and what is right without looking at all."""
    images, labels, widths = (examples[name].isel(seed=0).values for name in ("inputs", "target_label", "target_width"))
    labels, widths = labels.ravel(), widths.ravel()
    values, counts = np.unique(widths, return_counts=True)
    constant = readings["best_constant_width"] = {"width": float(values[counts.argmax()]),
                                                  "right": float(counts.max() / len(widths))}  # fmt: skip
    readings["variance_of_width"] = float(widths.var())
    yield sb.Prose(
        "Each image holds a diamond (label 0) or a square (label 1). Its width w is counted from the center: the shape "
        f"is 2w + 1 pixels wide. Answering w = {constant['width']:g} to everything is right for "
        f"{sb.pieces.percent(constant['right'])} of these {len(widths)} images, and the mean width has an L2 loss of "
        f"{widths.var():.3g}."
    )
    shown = np.concatenate([np.flatnonzero(labels == label)[:8] for label in (0, 1)])
    titles = [f"w = {widths[at]:g}" for at in shown]
    yield sb.Figure("images", sb.figures.image_grid(images[shown], titles),
                    f"The first images of label 0, then of label 1, among the {len(labels)} of the set; all of them "
                    "are shown in every step.", "Diamonds and squares with their widths")  # fmt: skip


def curve_items(record: xr.Dataset) -> Iterator[sb.Prose | sb.Figure]:
    """The four curves that the sheet asks for."""
    yield sb.Prose(
        "The dense layer behind the convolutions is doubled: one unit with a sigmoid answers with the label, a linear "
        "one with the width (7,338 parameters). A width counts as right within 0.5 of the true one."
    )
    shown = sb.pieces.until_last(record)
    for variable, what in (("train_label_loss", "Cross-entropy of the label"),
                           ("train_label_accuracy", "Accuracy of the label"), ("train_width_loss", "L2 of the width"),
                           ("train_width_within", "Share of widths within 0.5")):  # fmt: skip
        yield sb.pieces.fan(shown, variable, what)


def arrival_items(record: xr.Dataset) -> Iterator[sb.Table | sb.Figure]:
    """When the width of every image is right."""
    named = sb.pieces.side_by_side({WIDTH: record})
    yield sb.pieces.arrival_table(sb.stats.hits(named))
    yield from sb.pieces.arrival_figures(sb.pieces.until_last(named))
    yield sb.pieces.fate_table(named)


def width_items(record: xr.Dataset, examples: xr.Dataset, readings: dict[str, Any]) -> Iterator[sb.Prose | sb.Figure]:
    """Answers of the width head against the truth, where each member stopped."""
    labels, truth = (examples[name].isel(seed=0).values.ravel() for name in ("target_label", "target_width"))
    answers = {sb.name_of(levels): part["final_predictions"].isel(output=1).values for levels, part in sb.rows(record)}
    kinds = ["diamond" if label == 0 else "square" for label in labels]
    yield sb.Figure("widths", sb.figures.agreement(truth, answers, kinds, names=("true width", "predicted width")),
                    f"Predicted against true width of the {len(truth)} images, at the step where each of n = "
                    f"{record.sizes['seed']} members stopped. Boxes are over members and images of a width; points are "
                    f"the answers of one member (seed {int(record['seed'].values[0])}).",
                    "Predicted width against true width")  # fmt: skip
    errors = np.concatenate([(values - truth).ravel() for values in answers.values()])
    errors = errors[np.isfinite(errors)]
    inside, largest = float(np.mean(np.abs(errors) < 0.5)), float(np.sqrt(np.mean(errors**2)))
    readings["widths_where_members_stopped"] = {"within_0.5": inside, "rmse": largest, "answers": len(errors)}
    yield sb.Prose(
        f"Where they stopped, {sb.pieces.percent(inside)} of all {len(errors):,} answers lie within 0.5 of the truth; "
        f"the root mean square error is {largest:.2g}. These are the images trained on; nothing here says how the "
        "network would do on others."
    )


def compared_items(records: Mapping[str, xr.Dataset], readings: dict[str, Any]) -> Iterator[Any]:
    """Both targets of this question beside the previous one: steps, samples, operations."""
    used = compared_records(records)
    profile, inputs = records["detection"].attrs["profile"], records["examples"]["inputs"].isel(seed=0).shape
    asked = {LINES: lines(profile), LABEL: ask(profile), WIDTH: ask(profile)}
    costs = sb.pieces.costs(asked, used, dict.fromkeys(used, inputs), {LABEL: (1, 1), WIDTH: (1, 1)})
    hits = sb.stats.hits(sb.pieces.side_by_side(used))
    readings["costs"] = {name: {"parameters": sb.pieces.parameter_count(cost.layers),
                                "operations_per_step": cost.operations} for name, cost in costs.items()}  # fmt: skip
    yield sb.Prose(
        f"“{LINES}” is the previous question: the same network with the label head alone, on the line images. "
        f"“{LABEL}” is this network, watched until every label is right for the first time; “{WIDTH}” until every "
        "width is."
    )
    yield sb.pieces.cost_table(hits, costs)
    yield sb.pieces.cost_figure(hits, costs, "effort")
    if said := words_of_comparison(hits, readings):
        yield sb.Prose(said)
    if len(hits.never) > 1:
        yield sb.Prose(sb.pieces.order_words(hits))
        yield sb.pieces.pair_table(hits)


def outcomes(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """Both targets beside the previous question as one record, for statements that compare them."""
    return {"targets": sb.pieces.side_by_side(compared_records(records), "target").assign_attrs(
        of="lines label detection")}  # fmt: skip


def compared_records(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """The previous question and both targets of this one by their names."""
    return {LINES: records["lines"], LABEL: records["label"], WIDTH: records["detection"]}


def words_of_comparison(hits: Hits, readings: dict[str, Any]) -> str:
    """How many times as many steps the labels and the widths take, and what the reports said of it."""
    told: list[str] = []
    for ours, what in ((LABEL, "until every label is right"), (WIDTH, "until every width is right")):
        if {ours, LINES} <= set(hits.names):
            ratio = sb.pieces.ratio_of_medians(hits, ours, LINES)
            readings.setdefault("ratios_of_median_steps", {})[f"{ours} / {LINES}"] = ratio.plain()
            if np.isfinite(ratio.low):
                told.append(f"**{ratio.estimate:.3g} times** [{ratio.low:.3g}, {ratio.high:.3g}] as many steps {what}")
    if not told:
        return ""
    return (
        f"Compared with the line images, the median member needs {', and '.join(told)} (n = {len(hits.never)} members "
        "of each, 95 % bootstrap intervals of ratios of medians). Zhang & Li report that the labels take about as many "
        "steps as in the previous question, and the widths more; Rybkin that the two tasks together take much more. "
        "The images differ too: the ratio for the labels is due to other images and to the second task together."
    )


def rate_items(record: xr.Dataset) -> Iterator[Any]:
    """Three ways to give the L2 loss its rate."""
    yield sb.Formula(
        "theta arrow.l theta - 0.1 (partial L_(C E)) / (partial theta) - 0.001 (partial L_2) / (partial theta)",
        "every weight follows the cross-entropy at rate 0.1 and the L2 loss at rate 0.001",
    )
    yield sb.Prose(
        "The sheet gives everything the rate 0.1, and the L2 loss a rate of its own, 0.001. "
        f"“{SEPARATE}” is the formula above, and what the rest of this page uses. “own rate in the width layer” lets "
        "the convolutions follow the plain sum of both losses at rate 0.1, and only the layer of the width itself has "
        f"0.001. “{RYBKIN}” are 0.01 for the cross-entropy and 0.0032 for the mean "
        "squared error, which his sum of squares over 64 images, halved and weighted by 0.01, comes to."
    )
    hits = sb.stats.hits(record)
    yield sb.pieces.arrival_table(hits)
    yield sb.pieces.fate_table(record)
    for name, variable, what in (("rates_widths", "train_width_within", "Share of widths within 0.5"),
                                 ("rates_labels", "train_label_accuracy", "Accuracy of the label")):  # fmt: skip
        yield replace(sb.pieces.fan(record, variable, what), name=name)
    if sb.pieces.several(record):
        yield from sb.pieces.order_items(hits)
        yield from sb.pieces.single_run_items(hits)


def large_items(record: xr.Dataset, readings: dict[str, Any]) -> Iterator[Any]:
    """What larger rates do: 0.1 for the L2 loss too, and sums over the batch in place of means."""
    yield sb.Prose(
        "“one shared rate” is 0.1 for both losses. The sum of the losses of a batch instead of their mean makes every "
        "rate 64 times as large. Rybkin reports that sums let his weights grow to 1e30 and his outputs become NaN, and "
        "that some runs nevertheless learned the set in few steps."
    )
    yield sb.pieces.fate_table(record)
    found = readings["large_rates"] = [large_reading(levels, part) for levels, part in sb.rows(record)]
    rows = [(one["setting"], f"{one['arrived']} of {one['n']}",
             *(f"{one['largest_weight'][key]:.1e}" for key in ("median", "largest"))) for one in found]  # fmt: skip
    yield sb.Table(("setting", "arrived", "largest weight, median", "largest of all members"), rows,
                   f"Members that arrived within {record.attrs['cap']:,} steps, and the largest absolute weight or "
                   f"bias that the traces of n = {record.sizes['seed']} members show, as far as finite.")  # fmt: skip
    sums = [one for one in found if one["setting"] != "one shared rate"]
    yield sb.Prose(
        f"With sums, {sum(one['arrived'] for one in sums)} of {sum(one['n'] for one in sums)} members here had every "
        f"width right within {record.attrs['cap']:,} steps."
    )
    shown = sb.pieces.fan(record, "largest_weight", "Largest absolute weight or bias")
    yield replace(shown, name="large_rates_weights")


def large_reading(levels: Mapping[str, Any], part: xr.Dataset) -> dict[str, Any]:
    """How far weights went, by setting."""
    weights = part["largest_weight"].transpose("seed", "step").values
    tops = np.where(np.isfinite(weights), weights, 0).max(axis=1)
    return {"setting": sb.name_of(levels), "n": int(part.sizes["seed"]),
            "arrived": int(np.isfinite(part["hit_step"].values).sum()),
            "diverged": int(np.isfinite(part["diverged_step"].values).sum()),
            "dead": int((part["final_dead"].values == 1).sum()),
            "largest_weight": {"median": float(np.median(tops)), "largest": float(tops.max())}}  # fmt: skip


def published_items(records: Mapping[str, xr.Dataset], readings: dict[str, Any]) -> Iterator[sb.Table | sb.Prose]:
    """The published runs, none of which is this set-up, and where Rybkin's lies beside his rates."""
    beside = [(sb.name_of(levels) or WIDTH, part) for levels, part in sb.rows(records["detection"])]
    beside += [(name, part) for levels, part in sb.rows(records["rates"]) if (name := sb.name_of(levels)) == RYBKIN]
    found: list[dict[str, Any]] = [
        {"who": who, "step": step, "set_up": set_up, "beside": name, "n": int(part.sizes["seed"]),
         "share_of_members_faster": faster(part, step).plain()}
        for name, part in beside for who, step, set_up in PUBLISHED if name != RYBKIN or (who, step) == PUBLISHED[0][:2]
    ]  # fmt: skip
    readings["published"] = found
    rows = [(one["who"], one["step"], interval(one["share_of_members_faster"]), one["n"], one["beside"], one["set_up"])
            for one in found]  # fmt: skip
    yield sb.Table(("report", "published step", "members faster", "n", "beside", "its own set-up"), rows,
                   "Published single runs, and the share of members here that arrived in fewer steps (95 % Wilson "
                   "intervals). Every one of them had another set-up, so they are listed beside, not judged.",
                   )  # fmt: skip
    part = next((part for name, part in beside if name == RYBKIN), None)
    if part is not None and (arrived := np.isfinite(part["hit_step"].values)).any():
        both = int((part["final_train_label_accuracy"].values[arrived] == 1).sum())
        yield sb.Prose(
            f"Rybkin stopped when both accuracies were 1. With his rates, {both} of the {int(arrived.sum())} members "
            "that arrived had every label right in that step too, so that for them both rules give one number."
        )


def faster(part: xr.Dataset, step: float) -> Any:
    """The share of members that arrived before a step, with its interval."""
    steps = np.nan_to_num(part["hit_step"].values, nan=np.inf)
    return sb.stats.wilson(int((steps < step).sum()), int(steps.size))


def interval(share: Mapping[str, Any]) -> str:
    """A share with its interval."""
    shown: Sequence[str] = [sb.pieces.percent(share[key]) for key in ("estimate", "low", "high")]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"


study = sb.Study(
    name="detection",
    title="What is it, and how wide: one network with two heads",
    source="CIS680 assignment 1 (2017), part 3.2; reports of Rybkin (2017) and of Zhang & Li (CIS581, 2018)",
    question="The network of the line images gets a second, linear head that predicts the width of a shape under an L2 "
    "loss with learning rate 0.001. How do both losses and both accuracies develop until every width is within 0.5 of "
    "the truth, and how does that compare with the previous question?",
    ask=ask,
    measure=measure,
    tell=tell,
    outcomes=outcomes,
    seeds={"smoke": 2, "quick": 64, "full": 1024},
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
    reduced={
        "smoke": "the cap is 12 steps, at which no width is right, and 2 seeds",
        "quick": "other readings of the rates with 16 seeds and a cap of 2,000 steps; one rate for both losses and "
        "summed losses with 16 seeds and a cap of 200 steps",
        "full": "other readings of the rates with 256 seeds; one rate for both losses and summed losses with 256 seeds "
        "and a cap of 1,000 steps",
    },
    takes={"smoke": "30 s", "quick": "4 minutes", "full": "2 hours"},
    figures=("images with their widths", "cross-entropy, label accuracy, L2 and width accuracy against step",
             "share arrived against step", "predicted against true width", "share arrived against operations",
             "width accuracy for three readings of the rates", "largest weight under larger rates",
             "the first kernels"),
    claims=(
        sb.Claim(id="rybkin-much-longer", source="Rybkin 2017, task 3", record="targets",
                 statement="Label and width together take much longer than the line images (taken as more than twice "
                 "the steps)", check=f"mean(hit_step, target={WIDTH}) > 2 * mean(hit_step, target={LINES})"),
        sb.Claim(id="zhang-li-widths-later", source="Zhang & Li 2018, section 4.2", record="targets",
                 statement="The widths take more iterations than the labels",
                 check=f"mean(hit_step, target={WIDTH}) > mean(hit_step, target={LABEL})"),
        sb.Claim(id="zhang-li-labels-alike", source="Zhang & Li 2018, section 4.2", record="targets",
                 statement="The labels take about as many iterations as in the previous question (taken as within "
                 "20 %)",
                 check=f"mean(hit_step, target={LABEL}) = mean(hit_step, target={LINES}) within 20 %"),
        sb.Claim(id="rybkin-sums-arrive", source="Rybkin 2017, task 3", record="large",
                 statement="With summed losses some networks still learn the set (taken as one in twenty)",
                 check="share(hit_step, rates=sums at separate rates) > 5 %", differs=UNTIED),
        *(sb.Claim(id=f"{who.split()[0].lower()}-{step}", source=f"{who}, {place}", value=step, differs=set_up,
                   statement=f"Every width is right after {step:,} iterations", record=record,
                   check=f"one_run(hit_step{', rates=' + RYBKIN if record == 'rates' else ''}) = {step}")
          for (who, step, set_up), (record, place) in zip(PUBLISHED, (
              ("rates", "figure 5"), ("rates", "figure 7"), ("detection", "CIS581 project 4 (2019)"),
              ("detection", "CIS680 homework 1 (2018)")), strict=True)),
    ),
)  # fmt: skip
