"""A convolutional network on the course's line images, and how it compares with the dense network of part 2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.stats.hits import Hits

CAP = {"smoke": 300, "quick": 10_000, "full": 10_000}
PADDED_CAP = {"smoke": 40, "quick": 300, "full": 10_000}
PADDED_SEEDS = {"smoke": 2, "quick": 16, "full": 256}
CONVOLUTIONAL, PADDED = "convolutional", "convolutional with padding"
DENSE, PART_2 = "dense on line images", "dense of part 2"
PUBLISHED = (
    ("Zhang & Li 2018", 20, "as the sheet says; padding not stated", "valid"),
    ("Rybkin 2017", 25, "as the sheet says", "valid"),
    ("Rybkin 2017", 22, "leaky ReLU with slope 0.1 (study own_activation)", ""),
    ("lnmangione", 16, "summed instead of mean loss, weights from the untruncated normal distribution", ""),
    ("oliverchanyw", 34, "padding 3, initial draw of the framework", ""),
)  # report, steps, set-up, the padding it can be set beside
PLACES = {"Zhang & Li 2018": ", section 4.1", "Rybkin 2017": ", figures 5 and 7", "lnmangione":
          ", CIS581 project 4 (2019)", "oliverchanyw": ", CIS680 homework 1 (2018)"}  # fmt: skip


def ask(profile: str) -> sb.Spec:
    """The sheet's network on its line images."""
    return sb.Spec(
        data=sb.data.lines(64, 16),
        model=sb.models.cnn([16, 8], kernel=7, activation="relu", padding="valid"),
        initializer=sb.initializers.truncated_normal(0.1, bias=0.1),
        loss="cross_entropy",
        optimizer=sb.optimizers.sgd(0.1),
        stop=sb.reaches("train_accuracy", 1.0),
        steps=CAP[profile],
        probes=("dead", "first_kernels"),
    ).vary(padding=["valid"])


def dense(profile: str) -> sb.Spec:
    """The network of part 2 on the line images: 256 inputs instead of 16."""
    return ask(profile).replace(model=sb.models.mlp([4], activation="relu"), probes=("dead",), factors=())


def part_2(profile: str) -> sb.Spec:
    """ReLU and cross-entropy of part 2: the 16-4-1 network on its random images."""
    return dense(profile).replace(data=sb.data.random_images(64, (4, 4)))


def measure(lab: sb.Lab) -> dict[str, xr.Dataset]:
    """The network, its padded variant, the two dense networks it is compared with, its initial kernels, its images."""
    question, few = ask(lab.profile), lab.seeds[: PADDED_SEEDS[lab.profile]]
    padded = question.replace(factors=(), steps=PADDED_CAP[lab.profile]).vary(padding=["same"])
    found = {"lines": lab.run(question, "lines")}
    if "padding" not in lab.changes:
        found["padded"] = lab.run(padded, "padded", seeds=few)
    found["dense"] = lab.run(dense(lab.profile), "dense", changeable=False)
    found["part2"] = lab.run(part_2(lab.profile), "part2", changeable=False)
    if {"learning_rate", "optimizer"}.isdisjoint(lab.changes):
        start = lab.ask(question).replace(optimizer=sb.optimizers.sgd(0.0), steps=1)  # leaves the initial draw
        found["start"] = lab.run(start, "start", changeable=False, aside=True)
    return {**found, "examples": lab.examples(question)}


def tell(records: Mapping[str, xr.Dataset]) -> sb.Page:
    """The page: images, curves, arrival, comparison with part 2, padding, kernels, published runs."""
    record, examples = records["lines"], records["examples"]
    compared, costs = compare(records)
    found = beside_published(record)
    readings: dict[str, Any] = {"published": found, "costs": cost_readings(costs)}
    sections = [
        sb.Section("What the network sees", list(image_items(examples, readings))),
        sb.Section("Loss and accuracy while it trains", list(curve_items(record))),
        sb.Section("When it reaches 100 % accuracy", list(arrival_items(record))),
        sb.Section("Compared with part 2", list(compared_items(compared, costs, readings))),
    ]
    if "padded" in records:
        sections.append(sb.Section("With padding", list(padded_items(records, readings))))
    start = records.get("start")
    sections.append(sb.Section("The first kernels", list(sb.pieces.kernel_items(record, start))))
    if start is not None:
        readings["first_kernels_moved"] = sb.pieces.kernels_moved(record, start)
    sections.append(sb.Section("Published single runs beside the distribution", list(published_items(found))))
    return sb.Page(sections, readings)


def outcomes(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """The arrivals of the three networks as one record, for statements that compare them."""
    return {"networks": sb.pieces.side_by_side(compared_records(records)).assign_attrs(of="lines dense part2")}


def compared_records(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """The network and the two dense ones by their names."""
    return {CONVOLUTIONAL: records["lines"], DENSE: records["dense"], PART_2: records["part2"]}


def image_items(examples: xr.Dataset, readings: dict[str, Any]) -> Iterator[sb.Prose | sb.Figure]:
    """Images of both labels, and how much a single pixel gives away."""
    images, labels = examples["inputs"].isel(seed=0).values, examples["target"].isel(seed=0).values.ravel()
    same = (images == labels[:, None, None]).mean(axis=0)
    single = readings["best_single_pixel"] = float(np.maximum(same, 1 - same).max())
    yield sb.Prose(
        "Each image holds a vertical bar and a filled square. Label 1 means that the square is left of the bar, label "
        f"0 that it is right of it. The best single pixel, alone, gives {sb.pieces.percent(single)} of these "
        f"{len(labels)} labels."
    )
    yield sb.Figure("images", sb.figures.labelled_images(images, labels),
                    f"The first images of each label among the {len(labels)} of the set, of "
                    f"{images.shape[1]} × {images.shape[2]} pixels. All {len(labels)} are shown to the network in "
                    "every step.", "Line images with label 0 and with label 1")  # fmt: skip


def curve_items(record: xr.Dataset) -> Iterator[sb.Figure]:
    """Loss and accuracy of every member."""
    shown = sb.pieces.until_last(record)
    how = {"step": "linear"} if shown.attrs["cap"] <= 200 else {}
    yield sb.pieces.fan(shown, "train_loss", "Training loss", **how)
    yield sb.pieces.fan(shown, "train_accuracy", "Training accuracy", **how)


def arrival_items(record: xr.Dataset) -> Iterator[sb.Table | sb.Figure]:
    """Arrival at 100 % accuracy, with the published runs of this very network."""
    levels = record["padding"].values.tolist() if "padding" in record.dims else []
    names = sb.stats.hits(record).names
    marks = [(level, step, who) for who, step, _, level in PUBLISHED if level in levels and level in names]
    yield sb.pieces.arrival_table(sb.stats.hits(record))
    yield from sb.pieces.arrival_figures(sb.pieces.until_last(record, 30), marks)
    yield sb.pieces.fate_table(record)


def compare(records: Mapping[str, xr.Dataset]) -> tuple[Hits, dict[str, sb.pieces.Cost]]:
    """The network beside two dense ones, and what a step costs each."""
    profile, inputs = records["lines"].attrs["profile"], records["examples"]["inputs"].isel(seed=0).shape
    asked = {CONVOLUTIONAL: ask(profile), DENSE: dense(profile), PART_2: part_2(profile)}
    used = compared_records(records)
    shapes = {CONVOLUTIONAL: inputs, DENSE: inputs, PART_2: (64, 4, 4)}
    return sb.stats.hits(sb.pieces.side_by_side(used)), sb.pieces.costs(asked, used, shapes)


def compared_items(
    hits: Hits, costs: Mapping[str, sb.pieces.Cost], readings: dict[str, Any]
) -> Iterator[sb.Prose | sb.Table | sb.Figure]:
    """Steps, samples and operations of the three networks, and in which order they arrive."""
    yield sb.Prose(
        "Between part 2 and this network two things change: the images (4 × 4 random bits there, bars and squares "
        f"here) and the network. So a third one stands between them: “{DENSE}” is part 2's dense network with four "
        "hidden units, ReLU and cross-entropy on the images of this part."
    )
    yield sb.pieces.cost_table(hits, costs)
    yield sb.pieces.cost_figure(hits, costs, "effort")
    conv = next(iter(costs))
    pairs = [(PART_2, conv), (PART_2, DENSE), (DENSE, conv)]
    ratios = {f"{a} / {b}": sb.pieces.ratio_of_medians(hits, a, b) for a, b in pairs}
    readings["ratios_of_median_steps"] = {name: ratio.plain() for name, ratio in ratios.items()}
    if said := words_of_comparison(hits, costs, conv):
        yield sb.Prose(said)
    if len(hits.never) > 1:
        yield from sb.pieces.order_items(hits)
        yield from sb.pieces.single_run_items(hits)


def words_of_comparison(hits: Hits, costs: Mapping[str, sb.pieces.Cost], conv: str) -> str:
    """What the ratios of medians say: in steps, in operations, and how much of it the images alone account for."""
    whole, images, network = (sb.pieces.ratio_of_medians(hits, *pair) for pair in
                              ((PART_2, conv), (PART_2, DENSE), (DENSE, conv)))  # fmt: skip
    if not np.isfinite([whole.low, images.low, network.low]).all():
        return ""
    lines = [
        f"**In steps, and in samples** (64 a step), the median member of part 2 needs {times(whole)} as many as that "
        f"of the convolutional network; n = {whole.n} members each, 95 % bootstrap intervals here and below. The "
        f"images alone, with a dense network on both sides, account for a factor of {plain(images)}; the network "
        f"alone, on the same images, for {plain(network)}."
    ]
    if all(cost.layers for cost in costs.values()):
        ratio = {name: costs[conv].operations / costs[name].operations for name in (PART_2, DENSE)}
        lines.append(
            "**In floating-point operations** a step of the convolutional network costs "
            f"{ratio[PART_2]:,.0f} times as much as one of part 2, and {ratio[DENSE]:,.0f} times as much as one of the "
            f"dense network on the same images. Until the median member arrived, it spent "
            f"{times(scaled(whole, ratio[PART_2]))} the operations of part 2 and "
            f"{times(scaled(network, ratio[DENSE]))} those of the dense network on these images."
        )
    lines.append(
        "Zhang & Li explain the fewer steps by the convolution, Rybkin by larger images and more parameters. The dense "
        "network on the line images separates the two: "
        + ("most of the ratio comes with the images, before any convolution is added."
           if images.low > network.high else
           "most of the ratio comes with the network, not with the images." if network.low > images.high else
           "neither factor is clearly the larger one here.")
    )  # fmt: skip
    return "\n\n".join(lines)


def scaled(ratio: Any, factor: float) -> Any:
    """The operations of `b` over those of `a`, from their ratio of steps a / b and the cost of a step b / a."""
    return replace(ratio, estimate=factor / ratio.estimate, low=factor / ratio.high, high=factor / ratio.low)


def plain(ratio: Any) -> str:
    """A ratio with its interval."""
    return f"{ratio.estimate:.3g} [{ratio.low:.3g}, {ratio.high:.3g}]"


def times(ratio: Any) -> str:
    """A ratio in words."""
    return f"{plain(ratio)} times"


def padded_items(records: Mapping[str, xr.Dataset], readings: dict[str, Any]) -> Iterator[Any]:
    """The padded variant beside the network without padding, over the seeds that both have."""
    plain_one, padded = records["lines"], records["padded"]
    profile, inputs = padded.attrs["profile"], records["examples"]["inputs"].isel(seed=0).shape
    used = {CONVOLUTIONAL: plain_one, PADDED: padded}
    asked = {CONVOLUTIONAL: ask(profile), PADDED: ask(profile).replace(factors=()).vary(padding=["same"])}
    both = sb.pieces.side_by_side(used)
    hits, costs = sb.stats.hits(both), sb.pieces.costs(asked, used, dict.fromkeys(used, inputs))
    readings["padded"] = cost_readings(costs)
    yield sb.Prose(
        "With zeros around the images (padding “same”) both convolutions keep the size of the image, and the last "
        f"layer sees all of it. n = {both.sizes['seed']} seeds, the same for both networks."
    )
    shown = sb.pieces.until_last(padded)
    how = {"step": "linear"} if shown.attrs["cap"] <= 200 else {}
    for variable, what in (("train_loss", "Training loss"), ("train_accuracy", "Training accuracy")):
        figure = sb.pieces.fan(shown, variable, f"{what} with padding", **how)
        yield replace(figure, name=f"{variable}_padded")
    yield sb.pieces.cost_table(hits, costs)
    yield sb.pieces.arrival_table(hits)
    if len(hits.never) > 1:
        yield sb.Prose(sb.pieces.order_words(hits))
        yield sb.pieces.pair_table(hits)


def beside_published(record: xr.Dataset) -> list[dict[str, Any]]:
    """Each published run: where it lies in the distribution of the network it can be set beside."""
    found: list[dict[str, Any]] = []
    for levels, part in sb.rows(record):
        steps = np.nan_to_num(part["hit_step"].values, nan=np.inf)
        for who, step, set_up, level in PUBLISHED:
            share = sb.stats.wilson(int((steps < step).sum()), int(steps.size))
            same = level == levels.get("padding") and len(levels) == 1
            found.append({"setting": sb.name_of(levels), "who": who, "step": step, "n": int(steps.size),
                          "share_of_members_faster": share.plain(), "set_up": set_up, "same_set_up": same})  # fmt: skip
    return found


def published_items(found: Sequence[Mapping[str, Any]]) -> Iterator[sb.Table | sb.Prose]:
    """A table of the published runs."""
    table = [(one["who"], one["step"], share_words(one["share_of_members_faster"]), one["setting"], one["set_up"])
             for one in found]  # fmt: skip
    yield sb.Table(("report", "published step", "members faster", "beside", "its set-up"), table,
                   "Published single runs, and the share of members here that arrived in fewer steps, with 95 % Wilson "
                   f"intervals; n = {found[0]['n']} per setting. A run with another set-up is listed, not judged.",
                   )  # fmt: skip
    yield sb.Prose(
        "The published runs used the course's own 64 images; a generated set of the same law is another set (`--data "
        "DIR` runs the original files). Programs differ by one step in whether they measure the accuracy before or "
        "after an update; step s here is after s updates."
    )


def share_words(share: Mapping[str, Any]) -> str:
    """A share with its interval."""
    shown = [sb.pieces.percent(share[key]) for key in ("estimate", "low", "high")]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"


def cost_readings(costs: Mapping[str, sb.pieces.Cost]) -> dict[str, Any]:
    """Parameters and operations of a step, by network."""
    return {name: {"parameters": sb.pieces.parameter_count(cost.layers), "operations_per_step": cost.operations,
                   "multiply_adds": [layer.multiply_adds for layer in cost.layers]}
            for name, cost in costs.items() if cost.layers}  # fmt: skip


study = sb.Study(
    name="lines",
    title="Left or right of the bar: a convolutional network on 64 images",
    source="CIS680 assignment 1 (2017), part 3.1; reports of Rybkin (2017) and of Zhang & Li (CIS581, 2018)",
    question="Two convolutions (7x7 with 16 and with 8 kernels, ReLU), a dense layer and a sigmoid learn by full-batch "
    "gradient descent on which side of a bar a square stands. How do loss and accuracy develop, when does the accuracy "
    "reach 100 %, and how does that compare with part 2 in steps, samples and floating-point operations?",
    ask=ask,
    measure=measure,
    tell=tell,
    outcomes=outcomes,
    seeds={"smoke": 4, "quick": 256, "full": 1024},
    decided=(
        "images are 16 x 16, as the course's files are; the sheet says 8 x 8, on which two 7 x 7 kernels without "
        "padding do not fit",
        "padding, left open by the sheet: none (7,209 parameters), as in Rybkin's report; with padding “same” as a "
        "second record (9,129 parameters)",
        "stride 1, no pooling, a bias per kernel",
        "step s counts updates: the accuracy after s updates is compared with 1, so step 0 is the initial draw",
        "without `--data`, one common set of 64 generated images serves all members",
        "part 2 means its setting with ReLU and cross-entropy; samples are steps times the 64 images of a batch",
        "a member that never arrives counts with the cap in the restricted mean",
    ),
    reduced={
        "smoke": "the cap is 300 steps instead of 10,000; with padding 2 seeds and a cap of 40",
        "quick": "with padding, where a step costs eleven times as much, 16 seeds and a cap of 300 steps",
        "full": "256 seeds with padding",
    },
    takes={"smoke": "20 s", "quick": "50 s", "full": "3 minutes"},
    figures=("images of both labels", "loss against step", "accuracy against step", "share arrived against step",
             "hit steps with published runs", "share arrived against operations", "the first kernels"),
    claims=(
        sb.Claim(id="zhang-li-faster-than-part-2", source="Zhang & Li 2018, section 4.1; Rybkin 2017, task 3",
                 statement="The convolutional network on the line images learns much quicker than the network of part "
                 "2 (taken as in less than half the steps)", record="networks",
                 check=f"2 * mean(hit_step, network={CONVOLUTIONAL}) < mean(hit_step, network={PART_2})"),
        sb.Claim(id="zhang-li-convolution", source="Zhang & Li 2018, section 4.1", record="networks",
                 statement="It is quicker because the images are convolved before the dense layer",
                 check=f"mean(hit_step, network={CONVOLUTIONAL}) < mean(hit_step, network={DENSE})"),
        sb.Claim(id="rybkin-images", source="Rybkin 2017, task 3", record="networks",
                 statement="It is quicker because the images are larger, and so easier to memorize",
                 check=f"mean(hit_step, network={DENSE}) < mean(hit_step, network={PART_2})"),
        *(sb.Claim(id=f"{who.split()[0].lower()}-{step}", source=who + PLACES.get(who, ""), value=step,
                   statement=f"The line images are learned after {step} iterations", assumes="course files",
                   differs="" if padding else set_up, check=f"one_run(hit_step, padding=valid) = {step}")
          for who, step, set_up, padding in PUBLISHED),
    ),
)  # fmt: skip
