"""A convolutional network on the course's line images, and how it compares with the dense network of part 2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

import seedbed as sb

CONVOLUTIONAL, PADDED = "convolutional", "convolutional with padding"
DENSE, PART_2 = "dense on line images", "dense of part 2"
RATIOS = ((PART_2, CONVOLUTIONAL), (PART_2, DENSE), (DENSE, CONVOLUTIONAL))
PUBLISHED = (  # id, source, step, set-up where it is another one
    ("zhang-20", "Zhang & Li 2018, section 4.1", 20, ""),
    ("rybkin-25", "Rybkin 2017, figures 5 and 7", 25, ""),
    ("rybkin-22", "Rybkin 2017, figures 5 and 7", 22, "leaky ReLU with slope 0.1 (study own_activation)"),
    ("lnmangione-16", "lnmangione, CIS581 project 4 (2019)", 16,
     "summed instead of mean loss, weights from the untruncated normal distribution"),
    ("oliverchanyw-34", "oliverchanyw, CIS680 homework 1 (2018)", 34, "padding 3, initial draw of the framework"),
)  # fmt: skip


ORDERS = (  # id, source, statement, check
    ("zhang-li-faster-than-part-2", "Zhang & Li 2018, section 4.1; Rybkin 2017, task 3",
     "The convolutional network on the line images learns much quicker than the network of part 2 (taken as in less "
     "than half the steps)", f"2 * mean(hit_step, network={CONVOLUTIONAL}) < mean(hit_step, network={PART_2})"),
    ("zhang-li-convolution", "Zhang & Li 2018, section 4.1",
     "It is quicker because the images are convolved before the dense layer",
     f"mean(hit_step, network={CONVOLUTIONAL}) < mean(hit_step, network={DENSE})"),
    ("rybkin-images", "Rybkin 2017, task 3", "It is quicker because the images are larger, and so easier to memorize",
     f"mean(hit_step, network={DENSE}) < mean(hit_step, network={PART_2})"),
)  # fmt: skip
BETWEEN = f"""
    Between part 2 and this network two things change: the images (4 × 4 random bits there, bars and squares here) and
    the network. So a third one stands between them: “{DENSE}” is part 2's dense network with four hidden units, ReLU
    and cross-entropy on the images of this part."""
ZEROS = """
    With zeros around the images (padding “same”) both convolutions keep the size of the image, and the last layer sees
    all of it. Both networks are compared over the seeds that both have."""
RUNS = """
    The published runs used the course's own 64 images; a generated set of the same law is another set (`--data DIR`
    runs the original files). Programs differ by one step in whether they measure the accuracy before or after an
    update; step s here is after s updates."""


def ask(profile: sb.Profile) -> dict[str, Any]:
    """The network, its padded variant, the two dense networks it is compared with, its initial kernels, its images."""
    net = sb.Spec(
        data=sb.data.lines(64, 16),
        model=sb.models.cnn([16, 8], kernel=7, activation="relu", padding="valid"),
        initializer=sb.initializers.truncated_normal(0.1, bias=0.1),
        loss="cross_entropy",
        optimizer=sb.optimizers.sgd(0.1),
        stop=sb.reaches("train_accuracy", 1.0),
        steps=profile.steps,
        probes=("dead", "first_kernels"),
    )
    dense = net.replace(model=sb.models.mlp([4], activation="relu"), probes=("dead",))
    padded = net.replace(steps=profile.padded_steps).vary(padding=["same"])
    question = net.vary(padding=["valid"])
    return {
        "lines": question,
        "padded": sb.measures.train(padded, at_most=profile.padded_seeds, unless=("padding",)),
        "dense": sb.measures.train(dense, fixed=True),
        "part2": sb.measures.train(dense.replace(data=sb.data.random_images(64, (4, 4))), fixed=True),
        "start": sb.measures.train(question.replace(steps=0, stop=None), fixed=("steps",), auxiliary=True),
        "examples": sb.measures.examples(question),
    }


def one_pixel(context: sb.Context) -> Iterator[Any]:
    """How much a single pixel gives away."""
    images, labels = sb.show.images_of(context.record("examples"))
    same = (images == labels[:, None, None]).mean(axis=0)
    best = float(np.maximum(same, 1 - same).max())
    yield sb.Reading("best_single_pixel", best)
    yield f"""
        Each image holds a vertical bar and a filled square. Label 1 means that the square is left of the bar, label 0
        that it is right of it. The best single pixel, alone, gives {sb.show.percent(best)} of these {len(labels)}
        labels."""


def images_or_network(context: sb.Context) -> Iterator[Any]:
    """What the ratios of medians say: in steps, in operations, and how much of it the images alone account for."""
    whole, images, network = found = [sb.show.ratio(context, "networks", *pair) for pair in RATIOS]
    named = zip(RATIOS, found, strict=True)
    yield sb.Reading("ratios_of_median_steps", {f"{a} / {b}": one.plain() for (a, b), one in named})
    if not np.isfinite([whole.low, images.low, network.low]).all():
        return
    yield f"""
        **In steps, and in samples** (64 a step), the median member of part 2 needs {sb.show.times(whole)} as many as
        that of the convolutional network; n = {whole.n} members each, 95 % bootstrap intervals here and below. The
        images alone, with a dense network on both sides, account for a factor of {sb.show.plain(images)}; the network
        alone, on the same images, for {sb.show.plain(network)}."""
    costs = sb.show.costs(context, "networks")
    if all(cost.layers for cost in costs.values()):
        ours = next(iter(costs.values())).operations
        part_2, dense = ours / costs[PART_2].operations, ours / costs[DENSE].operations
        yield f"""
            **In floating-point operations** a step of the convolutional network costs {part_2:,.0f} times as much as
            one of part 2, and {dense:,.0f} times as much as one of the dense network on the same images. Until the
            median member arrived, it spent {sb.show.times(turned(whole, part_2))} the operations of part 2 and
            {sb.show.times(turned(network, dense))} those of the dense network on these images."""
    most = "neither factor is clearly the larger one here."
    if images.low > network.high:
        most = "most of the ratio comes with the images, before any convolution is added."
    elif network.low > images.high:
        most = "most of the ratio comes with the network, not with the images."
    yield f"""
        Zhang & Li explain the fewer steps by the convolution, Rybkin by larger images and more parameters. The dense
        network on the line images separates the two: {most}"""
    yield sb.Answer(
        f"Part 2 takes {sb.show.times(whole)} as many steps and samples; of this, the images alone account for "
        f"{sb.show.times(images)} and the network for {sb.show.times(network)} (n = {whole.n}): {most}"
    )


def turned(ratio: Any, factor: float) -> Any:
    """The operations of `b` over those of `a`, from their ratio of steps a / b and the cost of a step b / a."""
    return replace(ratio, estimate=factor / ratio.estimate, low=factor / ratio.high, high=factor / ratio.low)


study = sb.Study(
    name="lines",
    title="Left or right of the bar: a convolutional network on 64 images",
    source="CIS680 assignment 1 (2017), part 3.1; reports of Rybkin (2017) and of Zhang & Li (CIS581, 2018)",
    question="Two convolutions (7x7 with 16 and with 8 kernels, ReLU), a dense layer and a sigmoid learn by full-batch "
    "gradient descent on which side of a bar a square stands. How do loss and accuracy develop, when does the accuracy "
    "reach 100 %, and how does that compare with part 2 in steps, samples and floating-point operations?",
    ask=ask,
    profiles={
        "smoke": {
            "seeds": 4,
            "steps": 300,
            "padded_seeds": 2,
            "padded_steps": 40,
            "takes": "20 s",
            "reduced": "the cap is 300 steps instead of 10,000; with padding 2 seeds and a cap of 40",
        },
        "quick": {
            "seeds": 256,
            "steps": 10_000,
            "padded_seeds": 16,
            "padded_steps": 300,
            "takes": "50 s",
            "reduced": "with padding, where a step costs eleven times as much, 16 seeds and a cap of 300 steps",
        },
        "full": {
            "seeds": 1024,
            "steps": 10_000,
            "padded_seeds": 256,
            "padded_steps": 10_000,
            "takes": "3 minutes",
            "reduced": "256 seeds with padding",
        },
    },
    score=sb.score("hit_step", record="networks"),
    page=[
        sb.Section("What the network sees", [one_pixel, sb.show.images()]),
        sb.Section(
            "Loss and accuracy while it trains",
            [sb.show.curves("train_loss", "train_accuracy", record="lines", until_last=True)],
        ),
        sb.Section(
            "When it reaches 100 % accuracy",
            [sb.show.arrivals(record="lines", until_last=30), sb.show.fates(record="lines")],
            asks="When does the accuracy reach 100 %?",
        ),
        sb.Section(
            "Compared with part 2",
            [BETWEEN, sb.show.cost("networks", figure="effort"), images_or_network, sb.show.compare()],
            asks="How does that compare with part 2?",
        ),
        sb.Section(
            "With padding",
            [
                ZEROS,
                sb.show.curves(
                    "train_loss", "train_accuracy", record="padded", until_last=True, of="with padding", suffix="padded"
                ),
                sb.show.cost("paddings", reading="padded"),
                sb.show.arrivals(record="paddings", figures=False),
                sb.show.compare(record="paddings", ranks=False, single_runs=False),
            ],
            needs="padded",
        ),
        sb.Section("The first kernels", [sb.show.kernels(record="lines")]),
        sb.Section("Published single runs beside the distribution", [sb.show.published(record="lines"), RUNS]),
    ],
    together={
        "networks": {CONVOLUTIONAL: "lines", DENSE: "dense", PART_2: "part2"},
        "paddings": {CONVOLUTIONAL: "lines", PADDED: "padded"},
    },
    decided=(
        "images are 16 x 16, as the course's files are; the sheet says 8 x 8, on which two 7 x 7 kernels without "
        "padding do not fit",
        "padding, left open by the sheet and not stated by Zhang & Li: none (7,209 parameters), as in Rybkin's report; "
        "with padding “same” as a second record (9,129 parameters)",
        "stride 1, no pooling, a bias per kernel",
        "step s counts updates: the accuracy after s updates is compared with 1, so step 0 is the initial draw",
        "without `--data`, one common set of 64 generated images serves all members",
        "part 2 means its setting with ReLU and cross-entropy; samples are steps times the 64 images of a batch",
        "a member that never arrives counts with the cap in the restricted mean",
    ),
    claims=(
        *sb.Claim.table("id source statement check", ORDERS, record="networks"),
        *sb.Claim.table(
            "id source value differs",
            PUBLISHED,
            statement="The line images are learned after {value} iterations",
            check="one_run(hit_step, padding=valid) = {value}",
            assumes="course files",
        ),
    ),
)
