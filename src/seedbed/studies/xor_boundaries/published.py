"""The published accuracies and errors beside those of correct training, with every difference of the set-ups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.xor_boundaries.networks import REPORT

PUBLISHED = {"sigmoid": 35, "tanh": 95, "relu": 99}  # of 100 points
PRINTED = {  # errors at epoch 0, 1,000, ... 9,000
    "sigmoid": (1.553, 0.501, 0.429, 0.407, 0.414, 0.445, 0.597, 0.639, 0.633, 0.625),
    "tanh": (2.148, 0.747, 0.132, 0.060, 0.062, 0.067, 0.060, 0.060, 0.070, 0.063),
    "relu": (1.685, 0.075, 0.030, 0.023, 0.018, 0.017, 0.017, 0.016, 0.017, 0.015),
}  # fmt: skip
PROGRAM = """
    The report prints 35 %, 95 % and 99 % of 100 points for sigmoid, tanh and ReLU, one run each. Its program, as
    published, is not gradient descent on the error: the output is *rounded*, in training too; the error that reaches
    the hidden layer is not multiplied by the output weights, and is multiplied by the derivative of the hidden
    activation twice; the output step has the derivative of the hidden activation at the rounded output as a factor;
    gradients are summed over the 1,000 points, at rate 0.00001 instead of the assignment's 0.001. The sigmoid run
    starts from one fixed seed and the other two go on with its random numbers. Here gradients are those of the mean
    squared error of the plain output."""


def beside_the_published(context: sb.Context) -> Iterator[Any]:
    """The published numbers, one run each, in the distribution of correct training."""
    scored, n = context.scored("tested", "accuracy"), context.score.n
    parts = dict(zip(scored.names, (part for _, part in sb.rows(context.record("training"))), strict=True))
    cells, told, errors = [], [], []
    columns = zip(scored.members.settings, scored.names, scored.members.values.T, scored.medians, strict=True)
    for levels, name, own, median in columns:
        activation = levels["activation"]
        if activation not in PUBLISHED:
            continue
        published, spread = PUBLISHED[activation], np.quantile(own, (0.05, 0.95))
        at_most = sb.stats.wilson(int((own <= published / 100 + 1e-6).sum()), n)
        lies = "inside" if spread[0] <= published / 100 <= spread[1] else "outside"
        shares = map(sb.show.share, (sb.stats.wilson(published, 100), median, at_most))
        cells.append((name, *shares, f"{spread[0]:.0%} … {spread[1]:.0%}", lies))
        if levels["rate"] == REPORT:
            told.append(f"{activation} {sb.show.share(median)} (published {published} %)")
            errors += printed_errors(activation, parts[name])
    yield PROGRAM
    if not cells:
        yield "None of the activations run here has a published number."
        return
    yield sb.Table(
        ("setting", "published, one run", "here, median", "networks at or below", "5–95 %", "published lies"),
        cells,
        "Accuracy on 100 test points. Published: one network, with the 95 % interval that 100 points leave (Wilson). "
        f"Here, under correct training: median over n = {n} networks (exact interval), the share of networks that "
        "score at most the published number (Wilson), and the middle 90 % of networks, in or out of which that lies.",
    )
    if context.record("training").attrs["cap"] >= 9_000 and errors:
        yield sb.Table(
            ("MSE at epoch", *(f"{k},000" if k else "0" for k in range(10))),
            errors,
            f"Errors as the report prints them, and the median of n = {n} networks at the nearest traced step under "
            f"“{REPORT}”. The printed ones are of rounded outputs: where these are 0 or 1, such an error is just the "
            "share of wrong points.",
        )
    below = sb.stats.wilson(35, 100)
    yield f"""
        35 % (interval {below.low:.0%} to {below.high:.0%}) is *below* guessing: a network that ended there had learned
        something, and the wrong way round. A program that follows another direction than the gradient can do that; an
        accuracy below one half is a sign to check the gradient, not the activation."""
    if told:
        yield sb.Answer(
            f"Median accuracy on 100 points of n = {n} networks at the report's step, 95 % intervals: "
            f"{', '.join(told)}. The published runs did not follow the gradient."
        )


def printed_errors(activation: str, part: Any) -> Iterator[tuple[str, ...]]:
    """The errors that the report prints for an activation, and the medians at the same epochs here."""
    steps, loss = part["step"].values, part["train_loss"].transpose("seed", "step").values
    at = [int(np.abs(steps - 1_000 * k).argmin()) for k in range(10)]
    ours = np.median(np.nan_to_num(loss[:, at], nan=np.inf), axis=0)
    yield (f"{activation}, printed", *map(str, PRINTED[activation]))
    yield (f"{activation}, here", *(f"{value:.3f}" for value in ours))
