"""What is read from the trainings: the cost of a batch size, the noise of the gradient, each way's choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import seedbed as sb

USUAL = (1e-3, 1e-2)  # where no seed's sweep has a fall to read
GROWING, NOISE, HYPERBOLA, ALWAYS = "grown to the noise", "noise scale", "hyperbola", "always 64"
METHODS = (GROWING, NOISE, HYPERBOLA, ALWAYS)
BEST = "best rate"


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """Of every seed: its noise scale and critical batch, each way's choice and regret, and the gap of batch norm."""
    found: dict[str, Any] = {}
    if {"reach", "fixed", "growth"} <= records.keys():
        fixed, growth, reach = (records[name] for name in ("fixed", "growth", "reach"))
        sizes, updates = costs_of(reach)
        seeds = fixed["seed"].values.tolist()
        last = int(fixed["step"].values[-1])
        noise = {
            "early_noise_scale": sb.stats.noise.of_seeds(fixed, until=last // 8),
            "late_noise_scale": sb.stats.noise.of_seeds(fixed, since=last // 2),
            "critical_batch": critical_batches(sizes, updates[BEST]),
        }
        found["noise"] = sb.derive(fixed, lambda *_: noise, of="fixed reach")
        says = choices(growth, noise["late_noise_scale"], noise["critical_batch"])

        def regrets(levels: Mapping[str, Any], _: Any) -> dict[str, np.ndarray]:
            chosen = says[levels["method"]]
            lowest = next(iter(updates))
            return {"size": chosen, "regret": regret_at(sizes, updates[BEST], chosen),
                    "regret_at_lr_min": regret_at(sizes, updates[lowest], chosen)}  # fmt: skip

        found["regrets"] = sb.derive(reach, regrets, axes={"method": list(METHODS)}, seeds=seeds,
                                     of="reach fixed growth")  # fmt: skip
    if "batch_norm" in records:

        def gap(_: Any, part: Any) -> dict[str, np.ndarray]:
            batch, judged = part["final_batch_accuracy"].values, part["final_train_accuracy"].values
            return {"in_training": batch, "judged": judged, "gap": batch - judged}

        found["normed"] = sb.derive(records["batch_norm"], gap, of="batch_norm")
    return found


def costs_of(reach: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The sizes, and the updates to the target (size, seed), at every rate and at the best one of each size.

    NaN: never. The best rate of a size is the one with the lowest median, a network that never arrives counting with
    more than any other.
    """
    hits = reach["hit_step"].transpose("learning_rate", "size", "seed").values
    sizes = np.array([float(size) for size in reach["size"].values])
    rates = [f"{rate:g}" for rate in reach["learning_rate"].values]
    best = np.median(np.where(np.isfinite(hits), hits, np.inf), axis=2).argmin(axis=0)
    tuned = hits[best, np.arange(len(sizes))]
    return sizes, dict(zip(rates, hits, strict=True)) | {BEST: tuned}


def critical_batches(sizes: np.ndarray, updates: np.ndarray) -> np.ndarray:
    """B_crit of every seed, from its own updates (size, seed)."""
    return np.array([sb.stats.noise.critical_batch(sizes, np.maximum(own, 1))[1] for own in updates.T])


def choices(growth: Any, noise: np.ndarray, critical: np.ndarray) -> dict[str, np.ndarray]:
    """What each way says for every seed; NaN where it says nothing."""
    sizes, squares, variances = growing(growth)
    grown = sb.stats.noise.grown_until_noise(sizes, squares, variances)
    return {GROWING: grown, NOISE: noise, HYPERBOLA: critical, ALWAYS: np.full(len(noise), 64.0)}


def growing(growth: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sizes, |G|^2 and tr(Sigma) of a training whose batch grows, (seed, step), behind the last update left out."""
    ordered = growth["gradient_noise"].transpose("estimate", "seed", "step").values[:, :, :-1]
    return growth["batch_examples"].transpose("seed", "step").values[:, :-1], ordered[0], ordered[1]


def doublings(sizes: np.ndarray, updates: np.ndarray) -> np.ndarray:
    """log2(S E) of every size and seed, E = S B; a seed that never arrives counts with twice the most updates."""
    counted = np.where(np.isfinite(updates), np.maximum(updates, 1), 2 * max(np.nanmax(updates, initial=1), 1))
    return np.log2(counted**2 * sizes[:, None])


def regret_at(sizes: np.ndarray, updates: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """log2 of S E at each seed's own choice, between sizes interpolated, minus that at the size with the lowest median.

    A choice beyond the sizes that were trained counts as the nearest one, and none as the largest.
    """
    cost = doublings(sizes, updates)
    best = int(np.median(cost, axis=1).argmin())
    at = np.log2(np.where(np.isfinite(chosen), chosen, sizes[-1]))
    read = [np.interp(size, np.log2(sizes), own) for size, own in zip(at, cost.T, strict=True)]
    return np.array(read) - cost[best]
