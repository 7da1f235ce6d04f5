"""The networks that never had four points right: which of three losses they end near, and whether they still move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

LEVELS = {
    "all four alike": np.log(2),
    "three alike": 0.75 * (np.log(3) - 2 / 3 * np.log(2)),
    "two alike": 0.5 * np.log(2),
}
NEAR = 0.02  # nats
KINDS = (*LEVELS, "elsewhere")
STILL = 0.01  # a loss that changes by less than this share over the second half of the run stands still
WHY = f"""
    A network that cannot tell some of the points apart has to give them one answer, and the best common answer is the
    share of label 1 among them. That gives three losses to look for. All four alike, ŷ = 1/2 at each: ln 2 =
    {LEVELS["all four alike"]:.4f}. Three alike and one right, ŷ = 1/3 or 2/3 at the three:
    {LEVELS["three alike"]:.4f}. Two of opposite labels alike and the others right, ŷ = 1/2 at both: (ln 2)/2 =
    {LEVELS["two alike"]:.4f}. The last two are approached only as weights grow without bound, so a member on its way
    there keeps creeping: its loss falls ever more slowly, and no finite step ends it."""


def where_the_others_are(context: sb.Context) -> Iterator[Any]:
    """The losses at which members stop getting better, as a table and as a histogram, and in words."""
    yield WHY
    yield from stuck_items(context.record("map"))


def stuck_members(record: xr.Dataset) -> xr.Dataset:
    """The members of all settings that never arrived, one after the other: what their final loss is near (`kind`),
    how many points are `right`, whether the loss stands `still`."""
    loss, before = record["final_train_loss"], record["train_loss"].isel(step=record.sizes["step"] // 2, drop=True)
    found = record[["hit_step"]].assign(
        loss=loss,
        right=(4 * record["final_train_accuracy"]).round().fillna(0),
        still=np.abs(before - loss) < STILL * before,
        kind=(loss.dims, np.reshape(kinds_of(loss.values.ravel()), loss.shape)),
    )
    flat = found.stack(member=list(loss.dims), create_index=False)
    return flat.isel(member=np.isnan(flat["hit_step"].values))


def kinds_of(loss: np.ndarray) -> list[str]:
    """Of each loss, the level it is near, or "elsewhere"."""
    gaps = np.abs(np.nan_to_num(loss, nan=np.inf, posinf=np.inf)[:, None] - np.array(list(LEVELS.values())))
    return [KINDS[i] if gap < NEAR else KINDS[-1] for i, gap in zip(gaps.argmin(axis=1), gaps.min(axis=1), strict=True)]


def stuck_items(record: xr.Dataset) -> Iterator[Any]:
    """A table by level, a histogram of final losses, and what became of them in words."""
    stuck, members = stuck_members(record), record["hit_step"].size
    loss, right, count = stuck["loss"].values, stuck["right"].values, stuck.sizes["member"]
    counts = {kind: counted(stuck.isel(member=stuck["kind"].values == kind)) for kind in KINDS}
    yield sb.Reading("stuck", counts)
    if not count:
        yield f"All {members:,} members of the map arrived."
        yield sb.Answer(f"Nowhere: all n = {members:,} networks of the map arrived.")
        return
    yield sb.Table(
        ("the final loss is that of", "nats", "members", "1 right", "2 right", "3 right", "4 right", "standing still"),
        [
            (kind, f"{LEVELS[kind]:.4f}" if kind in LEVELS else "—", f"{one['members']:,}", *one["right"], one["still"])
            for kind, one in counts.items()
        ],
        f"The {count:,} of {members:,} members of the whole map that never had four points right, by the level within "
        f"{NEAR:g} nats of their final loss. Standing still: the loss changed by less than {STILL:.0%} over the second "
        "half of the run. Counts over settings that share seeds, so without intervals; those of each setting are in "
        "the map.",
    )
    groups = {f"{number} of 4 right": loss[(right == number) & np.isfinite(loss)] for number in (1, 2, 3)}
    if sum(map(np.size, groups.values())):
        marks = {name: float(level) for name, level in LEVELS.items()}
        yield sb.Figure(
            "stuck_losses",
            sb.figures.histograms({"": groups}, "final loss (nats)", marks=marks, limits=(0.0, 1.0), bins=100),
            f"Final loss of the {count:,} members of the map that never arrived, by points right at the end; dashed: "
            "the three levels. Losses above 1 are counted in the last bin.",
            "A histogram of final losses with peaks at the levels",
        )
    yield from stuck_words(stuck, counts, members)


def counted(some: xr.Dataset) -> dict[str, Any]:
    """How many there are, how many with 1, 2, 3 and 4 points right, and how many that stand still."""
    right = [int((some["right"] == number).sum()) for number in (1, 2, 3, 4)]
    return {"members": some.sizes["member"], "right": right, "still": int(some["still"].sum())}


def stuck_words(stuck: xr.Dataset, counts: Mapping[str, Any], members: int) -> Iterator[Any]:
    """What became of the members that never arrived; the first sentence is the answer, its interval over seeds."""
    kind, rates, pair = stuck["kind"].values, stuck.get("learning_rate"), counts["two alike"]
    most, still = max(LEVELS, key=lambda kind: counts[kind]["members"]), int(stuck["still"].sum())
    _, row = np.unique(stuck["seed"].values, return_inverse=True)
    of_seed = (np.bincount(row, kind != "elsewhere"), np.bincount(row).astype(float))
    share = sb.show.share(sb.stats.scores.by_scipy(of_seed, part_of, 0.95))
    answer = (
        f"{kind.size:,} of n = {members:,} networks of the map never had four points right; {share} of them ended "
        f"within {NEAR:g} nats of one of the three levels, most often “{most}” (95 % interval, seeds resampled)."
    )
    yield sb.Answer(answer)
    told = [
        f"{answer} {still:,} stand still; the losses of the others were still moving when the cap came, and a higher "
        "cap could let some of them arrive."
    ]
    if rates is not None and np.ptp(rates.values) and "elsewhere" in kind:
        fast, elsewhere = rates.values.max(), rates.values[kind == "elsewhere"]
        told.append(
            f"Of the {elsewhere.size:,} elsewhere, {int((elsewhere == fast).sum()):,} had the largest learning rate of "
            f"the map, {fast:g}: steps that overshoot end at no stationary point."
        )
    if pair["members"]:
        told.append(
            f"At “two alike” the pair is answered with 1/2 up to a tiny difference, and in {pair['right'][1]:,} of "
            f"{pair['members']:,} members that difference has the wrong sign, so that both points of the pair count as "
            "wrong: an accuracy of 1/2 hides that two points are answered rightly and with certainty."
        )
    yield " ".join(told)


def part_of(some: np.ndarray, whole: np.ndarray, axis: int = -1) -> Any:
    """The sum of one over the sum of the other."""
    return some.sum(axis=axis) / whole.sum(axis=axis)
