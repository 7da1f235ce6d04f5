"""The networks of one budget of units: their sizes, their errors, and which of them is shown to be better.

`found` are readings, one for each network (see `reading`), and `errors` the RMSE of its members by its name. The words
and figures are in the study.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import seedbed as sb

SCALE = 300.0  # targets are divided by it: their deviation is then about 1
BASELINE = 298.4  # root mean square of what is left by the best constant, the deviation of the function
BUDGET, WIDTHS = 512, (16, 32, 64, 128, 256, 512)
WORDS = {1: "one layer", 2: "two layers", 3: "three layers"}
ORDER = ("128", "64-64", "32-64-32")  # the networks of the order that was published, from one layer to three
Hidden = tuple[int, ...]
Reading = Mapping[str, Any]
Errors = Mapping[str, np.ndarray]
SHEET: tuple[Hidden, ...] = tuple(
    hidden for depth in WORDS for hidden in itertools.product(WIDTHS, repeat=depth) if sum(hidden) <= BUDGET
)

# xp2030, one run each: RMSE on the test set, seconds for 160,000 steps
THEIRS: Mapping[Hidden, tuple[float, float]] = {
    (32,): (259.7, 1260), (64,): (274.5, 1260), (128,): (274.5, 1258), (256,): (244.4, 1256), (512,): (217.1, 1273),
    (32, 32): (234.8, 1213), (64, 64): (99.5, 1212), (128, 128): (103.7, 1222), (256, 256): (97.8, 1220),
    (32, 64, 32): (80.8, 1131), (64, 128, 64): (65.4, 1146), (128, 256, 128): (58.8, 1138),
}  # fmt: skip
THEIR_STEPS = 160_000


def name(hidden: Hidden, norm: str = "sheet") -> str:
    """The widths: `64-128-64`; where batch norm is turned, that is said."""
    widths = "-".join(map(str, hidden))
    return f"{widths} {'with' if len(hidden) == 1 else 'without'} batch norm" if norm == "turned" else widths


def model(hidden: Hidden, norm: str = "sheet", activation: str = "relu") -> Any:
    """A network; the sheet has batch norm behind each of two or three hidden layers and none behind a single one."""
    with_norm = {"sheet": len(hidden) > 1, "turned": len(hidden) == 1}[norm]
    return sb.models.mlp(hidden, activation=activation, norm="batch" if with_norm else "none")


def rmse(part: Any, levels: Mapping[str, Any]) -> np.ndarray:
    """Test RMSE of every member at its last step, in the function's own units; who diverged counts as a constant."""
    return in_units(part["final_test_squared_error"].values, part["diverged_step"].values, levels)


def in_units(squared: np.ndarray, diverged: np.ndarray, levels: Mapping[str, Any]) -> np.ndarray:
    """The root of a squared error (member, ...) times the scale of the targets; BASELINE where there is none."""
    lost = np.isfinite(diverged).reshape(-1, *(1,) * (squared.ndim - 1)) | ~np.isfinite(squared)
    return np.where(lost, BASELINE, levels.get("scale", SCALE) * np.sqrt(np.where(lost, 0.0, squared)))


def reading(levels: Mapping[str, Any], part: Any, times: Any, mean: Any, batch: int) -> dict[str, Any]:
    """One network: its size, its mean RMSE over seeds, its operations and seconds."""
    hidden = tuple(map(int, levels["network"].split("-")))
    others = {factor: level for factor, level in levels.items() if factor != "network"}
    its = sb.show.layers(model(hidden, activation=levels.get("activation", "relu")), (2,))
    return {
        "setting": sb.name_of(levels),
        "hidden": hidden,
        "layers": len(hidden),
        "total": sum(hidden),
        "group": ", ".join([WORDS[len(hidden)], *([sb.name_of(others)] if others else [])]),
        "others": others,
        "parameters": sb.show.parameter_count(its),
        "operations": int(levels.get("batch_size", batch)) * sb.show.training_operations(its),
        "rmse": mean,
        "n": part.sizes["seed"],
        "diverged": int(np.isfinite(part["diverged_step"].values).sum()),
        "cap": int(part.attrs["cap"]),
        **seconds_of(times),
    }


def seconds_of(times: Any) -> dict[str, Any]:
    """Median, least and most seconds of a step over the repeats; NaN where a network diverged while it was timed."""
    found: dict[str, Any] = {"lanes": times["lanes"].values.item(), "repeats": times.sizes["repeat"]}
    for way in ("alone", "wave"):
        values = times[way].values.ravel()
        whole = np.isfinite(values).all()
        middle, low, high = np.quantile(values, (0.5, 0, 1)).tolist() if whole else [float("nan")] * 3
        found |= {way: middle, f"{way}_range": (low, high)}
    return found


def at_totals(found: Sequence[Reading], errors: Errors) -> dict[tuple[str, int], Any]:
    """(group, total units) -> its networks and, for each seed, the mean of their RMSE, as the sheet asks."""
    kinds = dict.fromkeys((one["group"], one["total"]) for one in found)
    own = {kind: [one for one in found if (one["group"], one["total"]) == kind] for kind in kinds}
    return {kind: (those, np.mean([errors[one["setting"]] for one in those], axis=0)) for kind, those in own.items()}


def compared(a: np.ndarray, b: np.ndarray) -> tuple[Any, float]:
    """RMSE of a minus b under the same seeds with its interval, and p by sign flips; b is the shallower."""
    return sb.stats.pairs.difference(a, b), sb.stats.pairs.sign_flip(a, b).p


def verdict(gap: Any, p: float) -> str:
    """Whether the deeper network of a pair is better, worse, or not told apart at 5 %."""
    return ("better" if gap.estimate < 0 else "worse") if p < 0.05 else "not told apart"


def at_equal_units(found: Sequence[Reading], errors: Errors) -> list[dict[str, Any]]:
    """Every two numbers of layers at every common total: RMSE of the deeper minus the shallower, Holm over all."""
    cells = at_totals(found, errors)
    first = {kind: those[0] for kind, (those, _) in cells.items()}
    pairs = [
        (a, b)
        for a, b in itertools.permutations(cells, 2)
        if a[1] == b[1] and first[a]["others"] == first[b]["others"] and first[a]["layers"] < first[b]["layers"]
    ]
    if not pairs or found[0]["n"] < 2:
        return []
    told = [compared(cells[deep][1], cells[shallow][1]) for shallow, deep in pairs]
    adjusted = sb.stats.holm([p for _, p in told]).p.tolist()
    return [
        {"total": a[1], "shallow": a[0], "deep": b[0], "difference": gap, "p": p, "verdict": verdict(gap, p)}
        for (a, b), (gap, _), p in zip(pairs, told, adjusted, strict=True)
    ]


def smallest_winners(found: Sequence[Reading], errors: Errors, unit: str) -> list[dict[str, Any]]:
    """For each number of layers its best network, and the deeper one with the least `unit` shown to be better."""
    groups = {one["group"]: one for one in found}
    told: list[dict[str, Any]] = []
    for shallow, deep in itertools.permutations(groups.values(), 2):
        if shallow["layers"] >= deep["layers"] or shallow["others"] != deep["others"] or found[0]["n"] < 2:
            continue
        best = best_of(found, shallow["group"])
        deeper = [one for one in found if one["group"] == deep["group"]]
        gaps = [compared(errors[one["setting"]], errors[best["setting"]]) for one in deeper]
        adjusted = sb.stats.holm([p for _, p in gaps]).p
        winners = [
            one
            for one, (gap, _), p in zip(deeper, gaps, adjusted, strict=True)
            if verdict(gap, p) == "better" and np.isfinite(one[unit])
        ]
        won = min(winners, key=lambda one: one[unit]) if winners else None
        counts = {"tried": len(deeper), "winners": len(winners)}
        ratio = won[unit] / best[unit] if won else None
        told.append({"best": best, "deeper": deep["group"], **counts, "winner": won, "ratio": ratio})
    return told


def best_of(found: Sequence[Reading], group: str) -> Reading:
    """The network of a group with the least mean RMSE."""
    return min((one for one in found if one["group"] == group), key=lambda one: one["rmse"].estimate)


def controls(record: Any, errors: Errors) -> list[dict[str, Any]]:
    """Networks whose batch norm was turned, beside the sheet's under the same seeds."""
    told: list[dict[str, Any]] = []
    for levels, part in sb.rows(record):
        widths, _, how = levels["network"].partition(" ")
        sheet = sb.name_of({**levels, "network": widths})
        values = rmse(part, levels)
        if sheet in errors:
            gap, p = compared(values, errors[sheet]) if len(values) > 1 else (None, float("nan"))
            told.append(
                {
                    "setting": sb.name_of(levels),
                    "sheet": sheet,
                    "with": how.startswith("with "),
                    "p": p,
                    "turned_rmse": sb.stats.scores.mean(values),
                    "difference": gap,
                    "widths": widths,
                    "sheet_rmse": sb.stats.scores.mean(errors[sheet]),
                }
            )
    adjusted = sb.stats.holm([one["p"] for one in told]).p.tolist() if told else []
    return [{**one, "p": p} for one, p in zip(told, adjusted, strict=True)]


def order_at_128(errors: Errors) -> dict[str, Any] | None:
    """The published order of 128 units, three layers before two before one, by the same networks; None without them."""
    if not set(ORDER) <= set(errors) or len(errors["128"]) < 2:
        return None
    told = [compared(errors[deep], errors[shallow]) for shallow, deep in itertools.pairwise(ORDER)]
    verdicts = [verdict(gap, p) for (gap, _), p in zip(told, sb.stats.holm([p for _, p in told]).p, strict=True)]
    whole = "holds" if set(verdicts) == {"better"} else "does not hold" if "worse" in verdicts else "is not decided"
    return {"verdict": whole, "differences": [gap for gap, _ in told], "n": len(errors["128"])}
