"""Twenty points, a line through the origin, two criteria: when is the perceptron more accurate, when the hinge loss?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb
from seedbed.studies.perceptron_or_hinge import besides, learning
from seedbed.studies.perceptron_or_hinge.besides import PUBLISHED
from seedbed.studies.perceptron_or_hinge.square import INSTANCES, MARGINS, SHEET, TEST, N, runs

if TYPE_CHECKING:
    import xarray as xr

RATES = {"perceptron": [0.05, 1.0], "hinge": [0.01, 0.05, 0.1, 1.0, 10.0]}
STARTS: dict[str, dict[str, Any]] = {
    "perceptron from 0, no step at w · x = 0": {"loss.margin": 0.0},
    **{
        f"{criterion}, deviation {std:g}" if std else f"{criterion} from 0": {
            "loss.margin": margin,
            "initializer.std": std,
        }
        for criterion, margin in MARGINS.items()
        for std in (0.0, 1.0, 10.0, 100.0)
    },
}


def ask(profile: sb.Profile) -> dict[str, Any]:
    """Both criteria at several rates; in full batches; from other weights; the training sets; common test instances."""
    asked = {criterion: single_points(criterion, profile) for criterion in MARGINS}
    instances = asked["hinge"].replace(data=sb.data.diagonal(TEST, 0, draw=INSTANCES))
    return {
        **asked,
        "batch": full_batches(profile),
        "starts": other_starts(profile),
        "examples": sb.measures.examples(asked["hinge"], seeds=None),
        "instances": sb.measures.examples(instances, fixed=True),
    }


def single_points(criterion: str, profile: sb.Profile) -> sb.Spec:
    """One update per example, in an order drawn anew for every pass; every seed has a training and a test set."""
    question = sb.Spec(
        data=sb.data.diagonal(N, TEST, fresh=True),
        model=sb.models.neuron(bias=False),
        batch_size=1,
        initializer=sb.initializers.normal(0.0),
        loss=sb.losses.hinge(MARGINS[criterion]),
        optimizer=sb.optimizers.sgd(1.0),
        steps=N * profile.passes,
        trace=N * profile.every,
        probes=("parameters",),
    )
    return question.vary(learning_rate=RATES[criterion])


def full_batches(profile: sb.Profile) -> sb.Spec:
    """All 20 points in every update, until no point is within the margin: then the gradient is 0 for good."""
    question = single_points("hinge", profile).replace(
        factors=(), batch_size=None, steps=4 * profile.passes, trace="log", stop=sb.falls_to("train_loss", 0.0)
    )
    margins = {name: {"loss.margin": margin} for name, margin in MARGINS.items()}
    return question.vary(margin=margins, learning_rate=[1.0, 10.0])


def other_starts(profile: sb.Profile) -> sb.Spec:
    """Initial weights of several sizes, at rate 1."""
    steps = N * min(SHEET, profile.passes)
    return single_points("hinge", profile).replace(factors=(), steps=steps, trace=steps).vary(start=STARTS)


def outcomes(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """Test accuracy after the passes of both published reports, at the rates that both criteria were run at."""
    found = {(one.criterion, one.rate): one for name in MARGINS for one in runs(records[name], name)}
    rates = [rate for criterion, rate in found if criterion == "perceptron" and ("hinge", rate) in found]

    def tested(levels: Mapping[str, Any], _: Any) -> dict[str, np.ndarray]:
        one = found[levels["criterion"], levels["learning_rate"]]
        return {"test_accuracy": one.tested[:, one.at(SHEET)]}

    axes = {"criterion": list(MARGINS), "learning_rate": rates}
    made = sb.derive(records["hinge"], tested, of="perceptron hinge", read_at=SHEET * N, axes=axes)
    return {"after_100_passes": made}


study = sb.Study(
    name="perceptron_or_hinge",
    title="Perceptron or hinge: which learns a line better from 20 points?",
    source="Dube, homework 2 (2019), problem 1; reports of wesleycheong314 (2020) and xp2030",
    question="Twenty random points of the unit square are labeled by x1 > x2. A unit without bias is trained on them "
    "with the perceptron criterion (a = 0) or the hinge loss (a = 1), without regularization, and tested on 1,000 "
    "points. Which gives the better accuracy and why, and with which do the labels of the same 1,000 instances change "
    "less when the 20 points are drawn anew?",
    ask=ask,
    profiles={
        "smoke": {"seeds": 8, "passes": 6, "every": 1, "takes": "15 s", "reduced": "6 passes instead of 300"},
        "quick": {
            "seeds": 1_000,
            "passes": 300,
            "every": 1,
            "takes": "50 s",
            "reduced": "300 passes and 1,000 training sets instead of 1,000 and 4,000",
        },
        "full": {"seeds": 4_000, "passes": 1_000, "every": 5, "takes": "10 minutes"},
    },
    score=sb.score("test_accuracy", "higher", record="after_100_passes"),
    page=[
        sb.Section("Two criteria, one update", [learning.rule]),
        sb.Section("Accuracy, and which is better", [learning.which_is_better], "Which gives the better accuracy?"),
        sb.Section("The way there", [learning.way]),
        sb.Section("Why", [learning.why], "Why?"),
        sb.Section(
            "Another 20 points: what happens to the same test instances",
            [besides.other_points],
            "With which do the labels change less when the 20 points are drawn anew?",
        ),
        sb.Section("All points in every update", [besides.full_batches]),
        sb.Section("Where the weights start", [besides.other_starts]),
        sb.Section("Published single runs", [besides.published_runs]),
    ],
    outcomes=outcomes,
    decided=(
        "the sheet asks for one training set; here every seed has its own, with 1,000 test points of its own; both "
        "criteria see the same points in the same order under a seed, and for question 4 all members label one common "
        "set of 1,000 instances",
        "initial weights, step size, order and number of passes are open: weights start at 0, the order is drawn "
        "anew for every pass, one update per point; step sizes and passes are varied, and other starts and full "
        "batches are sections of their own",
        "at w · x = 0 the loss with a = 0 has no derivative: the perceptron moves there, as the classical rule says "
        "(a = 1e-30 in the program)",
        "the output is +1 where w · x > 0 and −1 elsewhere, as the labels are",
        "a training set of one class is kept and counted",
        "training is never stopped early with single points; in full batches a member stops when its loss is exactly 0",
    ),
    claims=(
        *sb.Claim.table(
            "who criterion rate value differs percent",
            [(*row, 100 * row[3]) for row in PUBLISHED],
            id="{who}-{criterion}",
            source="{who}, homework 2",
            statement="{criterion} at rate {rate:g}, 100 epochs: {percent:g} % on 1,000 test points",
            record="after_100_passes",
            check="one_run(test_accuracy, criterion={criterion}, learning_rate={rate:g}) = {value:g}",
        ),
        sb.Claim(
            id="xp2030-alike",
            source="xp2030, homework 2",
            record="after_100_passes",
            statement="Perceptron and hinge loss reach the same accuracy at rate 0.05 (taken as within 1 point)",
            check="mean(test_accuracy, criterion=hinge, learning_rate=0.05) = "
            "mean(test_accuracy, criterion=perceptron, learning_rate=0.05) within 0.01",
        ),
        sb.Claim(
            id="wesleycheong314-perceptron-better",
            source="wesleycheong314, homework 2",
            differs=PUBLISHED[1][4],
            statement="The perceptron is more accurate than the hinge loss at rate 1",
            record="after_100_passes",
            check="mean(test_accuracy, criterion=perceptron, learning_rate=1) > "
            "mean(test_accuracy, criterion=hinge, learning_rate=1)",
        ),
    ),
)
