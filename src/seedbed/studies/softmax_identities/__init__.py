"""Softmax and cross-entropy: both derivatives step by step, and three ways to compute them, also where it gets hard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.softmax_identities import checked
from seedbed.studies.softmax_identities.derived import CROSS_ENTROPY, SOFTMAX
from seedbed.studies.softmax_identities.ways import KINDS, scores_of

DRAW = 20_191_015  # the sheet's date: seeds the scores and labels, which nothing else depends on
SHOWN = {
    "all equal": (0.0, 0.0, 0.0, 0.0),
    "2, 1, 0, −1": (2.0, 1.0, 0.0, -1.0),
    "4, 0, 0, 0": (4.0, 0.0, 0.0, 0.0),
    "a tie at 10,000": (1e4, 1e4, 0.0, -1e4),
}


def ask(profile: sb.Profile) -> dict[str, Any]:
    """Output, Jacobian, loss and gradient by the engine and by hand, at every kind of scores and along two sweeps."""
    points = {str(classes): drawn(profile.points, classes) for classes in checked.CLASSES}
    c = np.geomspace(0.1, 2_000, profile.leads * profile.members).astype(np.float32)  # neighbors are members of a lead
    for name, label in (("ahead", 0), ("behind", checked.LABELED)):
        points[name] = np.stack([c, np.zeros_like(c)], axis=1), np.full(len(c), label)
    asked: dict[str, Any] = {}
    for name, (scores, labels) in points.items():
        asked[f"engine_{name}"] = sb.measures.derivatives(scores, labels)
        asked[f"by_hand_{name}"] = sb.measures.derivatives(scores, labels, engine="reference")
    return {**asked, "shown": sb.measures.derivatives(np.array(list(SHOWN.values())), np.zeros(len(SHOWN), int))}


def drawn(points: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of every kind in turn (point, class) and a label for each: half of the time the largest score's class.

    So many points of a kind, fewer where there are many classes: a Jacobian holds classes² numbers.
    """
    count, rng = max(5, min(points, points * 1_000 // classes**2)), np.random.default_rng([DRAW, classes])
    scores = np.concatenate([scores_of(kind, rng, count, classes) for kind in KINDS])
    labels = rng.integers(0, classes, len(scores))
    return scores, np.where(rng.random(len(scores)) < 0.5, scores.argmax(axis=1), labels)


def jacobians(context: sb.Context) -> Iterator[sb.Figure]:
    """The Jacobian at four sets of scores."""
    yield sb.Figure(
        "jacobians",
        sb.figures.matrices(context.record("shown")["jacobian"].values[0], list(SHOWN), columns=2),
        "Jacobian of softmax at four scores of four classes, by the engine. Rows are outputs, columns scores. Blue is "
        "below 0, red above. Deterministic.",
        "Four Jacobians with their numbers",
    )


study = sb.Study(
    name="softmax_identities",
    title="Softmax and cross-entropy: two derivatives, shown and checked",
    source="Dube, homework 2 (2019), problem 2",
    question="Show that the derivative of a softmax output o_i by the score v_j is o_i (1 − o_i) for i = j and "
    "−o_i o_j otherwise, and with it that the derivative of the cross-entropy by v_i is o_i − y_i. Does what a "
    "framework computes agree with that, at ordinary scores and at extreme ones?",
    ask=ask,
    profiles={
        "smoke": {
            "seeds": 1,
            "points": 10,
            "leads": 24,
            "members": 5,
            "takes": "10 s",
            "reduced": "10 points of each kind instead of 1,000",
        },
        "quick": {
            "seeds": 1,
            "points": 250,
            "leads": 120,
            "members": 25,
            "takes": "15 s",
            "reduced": "250 points of each kind instead of 1,000",
        },
        "full": {"seeds": 1, "points": 1_000, "leads": 240, "members": 50, "takes": "1 minute"},
    },
    picture="naive",
    page=[
        sb.Section("The derivative of softmax", SOFTMAX, "Why is ∂o_i/∂v_j = o_i (1 − o_i) for i = j, else −o_i o_j?"),
        sb.Section("The derivative of cross-entropy behind softmax", CROSS_ENTROPY, "Why is ∂L/∂v_i = o_i − y_i?"),
        sb.Section("What the Jacobian looks like", [jacobians]),
        sb.Section("Checked at random scores", [checked.checked], "Does what a framework computes agree with that?"),
        sb.Section("Where digits are lost", [checked.leads], "Where are digits lost?"),
        sb.Section("How wide a difference should be", [checked.widths]),
        sb.Section("The formula as it is written fails", [checked.as_written], "What happens at extreme scores?"),
    ],
    decided=(
        "the sheet asks for the derivations only; the checks are added",
        "the sheet prints ∂o_i/∂v_i in question 1; what it asks for is ∂o_i/∂v_j, as its two cases say",
        "logarithms are natural; a relative error is counted where the true value is a normal number of single "
        "precision",
        "scores are numbers of single precision, so that every way of computing starts from the same ones",
    ),
)
