"""What the first layer has learned: pictures of its weights, how smooth they are, whether they belong to classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import seedbed as sb

ALIKE = 0.5  # a correlation from which a unit is called much like a class


def weights(context: sb.Context) -> Iterator[Any]:
    """The first layer's weights of one member of every network, and how alike neighbouring weights are."""
    record = context.record("nets")
    pictures: dict[str, np.ndarray] = {}
    smooth: dict[str, Any] = {}
    for levels, part in sb.rows(record):
        images = pictured(part["final_first_weights"].values)
        pictures[sb.name_of(levels)] = images[0]
        smooth[sb.name_of(levels)] = sb.stats.scores.mean([neighbours(one) for one in images])
    for side, name in ((28, "first_weights_dense"), (0, "first_weights_kernels")):
        shown = {net: one[:16] for net, one in pictures.items() if (one.shape[-1] == 28) == (side == 28)}
        if shown:
            yield sb.Figure(name, sb.figures.kernel_grid(shown),
                            f"First weights after training, the first 16 units of one member of each network (seed "
                            f"{int(record['seed'].values[0])}), all on one scale: single runs.",
                            f"Weights of the first layer of {', '.join(shown)}")  # fmt: skip
    yield sb.Reading("neighbouring_weights", {name: one.plain() for name, one in smooth.items()})
    yield sb.Table(
        ("network", "correlation of neighbouring weights"),
        [(name, plain(one)) for name, one in smooth.items()],
        f"Correlation of weights next to one another in the picture, mean over n = {record.sizes['seed']} members with "
        "95 % intervals; independent draws, as at the start, have 0.",
    )
    context.kept["smooth"] = smooth
    ranked = sorted(smooth.items(), key=lambda one: -one[1].estimate)
    told = " and ".join(f"{plain(one)} in {name}" for name, one in (ranked[0], ranked[-1]))
    seen = "Partly" if ranked[0][1].low > 0 else "Not in this run"
    yield sb.Answer(
        f"{seen}. Weights next to one another correlate by {told} (n = {record.sizes['seed']} members, 95 % intervals; "
        "0 before training). A kernel of 3 × 3 can be read as an edge or a blur, a dense unit only as a rough outline."
    )


def plain(value: Any) -> str:
    """A correlation with its interval."""
    return sb.show.interval(value, lambda one: f"{one:.2f}")


def pictured(weights: np.ndarray) -> np.ndarray:
    """First weights (member, unit, input) as square pictures, without what only fills up smaller layers."""
    own = np.isfinite(weights[0])
    kept = weights[:, own.any(axis=1)][:, :, own.any(axis=0)]
    side = int(np.sqrt(kept.shape[-1]))
    return kept.reshape(*kept.shape[:2], side, -1)


def neighbours(images: np.ndarray) -> float:
    """The correlation of pixels next to one another, over all pictures (unit, row, column) of a member."""
    pairs = [(images[:, 1:], images[:, :-1]), (images[:, :, 1:], images[:, :, :-1])]
    a, b = (np.concatenate([pair[side].ravel() for pair in pairs]) for side in (0, 1))
    return float(np.corrcoef(a, b)[0, 1])


def clearest(context: sb.Context) -> Iterator[Any]:
    """Which network's first weights are the smoothest."""
    ranked = sorted(context.kept["smooth"].items(), key=lambda one: -one[1].estimate)
    (name, best), *others = ranked
    rest = ", ".join(f"{net} {one.estimate:.2f}" for net, one in others)
    said = (
        f"By how much neighbouring weights agree, those of {name}: {plain(best)} (n = {context.score.n}, 95 % "
        f"interval), against {rest}. Nine numbers of a kernel are easier to name than 784, whatever their smoothness."
    )
    yield said
    yield sb.Answer(said)


def specialized(context: sb.Context) -> Iterator[Any]:
    """How far a dense unit's weights are the picture of one class."""
    inputs, labels = sb.show.images_of(context.record("examples"))
    means = np.stack([inputs[labels == label].mean(axis=0) for label in np.unique(labels)])
    classes = (means - inputs.mean(axis=0)).reshape(len(means), -1)
    classes = (classes - classes.mean(axis=1, keepdims=True)) / classes.std(axis=1, keepdims=True)
    found: dict[str, Any] = {}
    for levels, part in sb.rows(context.record("nets")):
        images = pictured(part["final_first_weights"].values)
        if images.shape[-2:] == inputs.shape[1:]:
            flat = images.reshape(*images.shape[:2], -1)
            flat = (flat - flat.mean(axis=-1, keepdims=True)) / flat.std(axis=-1, keepdims=True)
            alike = np.abs(flat @ classes.T / flat.shape[-1]).max(axis=-1).mean(axis=-1)
            found[sb.name_of(levels)] = sb.stats.scores.mean(alike)
    if not found:
        return
    yield sb.Reading("likeness_to_classes", {name: one.plain() for name, one in found.items()})
    told = " and ".join(f"{plain(one)} in {name}" for name, one in found.items())
    answer = "Hardly" if max(one.high for one in found.values()) < ALIKE else "To some extent"
    said = (
        f"{answer}. The largest |correlation| of a dense unit's weights with the mean picture of any class (less the "
        f"mean of all) is {told}, the mean over units, n = {context.score.n} members, 95 % intervals; a unit that "
        "were the template of a class would have 1. A convolution's kernels see a few pixels anywhere, so they cannot "
        "belong to a class."
    )
    yield said
    yield sb.Answer(said)
