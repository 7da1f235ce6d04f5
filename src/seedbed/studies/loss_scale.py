"""Losses summed instead of averaged, initial weights ten times as wide: who explodes, dies, or learns nevertheless."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.stats.interval import Interval

SHEET = "as the sheet"
SUMMED, WIDE = {"loss.reduction": "sum"}, {"initializer.std": 1.0}
SCALES = {SHEET: {}, "summed": SUMMED, "deviation 1": WIDE, "both": {**SUMMED, **WIDE}}
HUGE = 1e30
FATES = ("arrived", "still training", "dead", "weights beyond 1e30", "not finite")
CAPS = {"small": {"smoke": 100, "quick": 10_000, "full": 10_000}, "lines": {"smoke": 20, "quick": 300, "full": 10_000}}
SEEDS_OF_LINES = {"smoke": 4, "quick": 32, "full": 256}
TITLES = {"small": "the 16-4-1 networks", "lines": "the convolutional network"}
RYBKIN = "Rybkin 2017"


def small(profile: str) -> sb.Spec:
    """The four settings of part 2, each under every scale."""
    question = sb.Spec(
        data=sb.data.random_images(64, (4, 4)), model=sb.models.mlp([4], activation="sigmoid"),
        initializer=sb.initializers.truncated_normal(0.1, bias=0.1), loss="l2", optimizer=sb.optimizers.sgd(0.1),
        stop=sb.reaches("train_accuracy", 1.0), steps=CAPS["small"][profile], probes=("dead", "largest_weight"),
    )  # fmt: skip
    losses = ["cross_entropy"] if profile == "smoke" else ["l2", "cross_entropy"]
    return question.vary(activation=["sigmoid", "relu"], loss=losses, scale=SCALES)


def lines(profile: str) -> sb.Spec:
    """The convolutional network of part 3 on the line set, under every scale."""
    question = small(profile).replace(
        data=sb.data.lines(64, 16), model=sb.models.cnn([16, 8], kernel=7, activation="relu", padding="valid"),
        loss="cross_entropy", steps=CAPS["lines"][profile], factors=(),
    )  # fmt: skip
    return question.vary(activation=["relu"], loss=["cross_entropy"], scale=SCALES)


def measure(lab: sb.Lab) -> dict[str, xr.Dataset]:
    """Both kinds of network; the convolutional one for fewer seeds."""
    return {
        "small": lab.run(small(lab.profile), "small"),
        "lines": lab.run(lines(lab.profile), "lines", seeds=lab.seeds[: SEEDS_OF_LINES[lab.profile]]),
    }


def tell(records: Mapping[str, xr.Dataset]) -> sb.Page:
    """The page: what is changed, how the members end and when, whether those that arrive are faster, the claim."""
    ends = {name: [end_of(levels, part) for levels, part in sb.rows(record)] for name, record in records.items()}
    pairs = {name: against_the_sheet(record) for name, record in records.items()}
    sections = [
        sb.Section("What is changed", CHANGED),
        sb.Section("How they end", list(end_items(records, ends))),
        sb.Section("When they end", list(when_items(ends))),
        sb.Section("What it looks like", list(curve_items(records))),
        sb.Section("Those that arrive nevertheless: faster or not", list(faster_items(records, pairs))),
        sb.Section("The activations side by side", [sb.Prose(contrast(ends["small"]))]),
        sb.Section("The published paragraph", [sb.Prose(published_words(ends["lines"], pairs["lines"]))]),
    ]
    return sb.Page(sections, {"ends": ends, "against_the_sheet": pairs})


CHANGED = [
    sb.Formula(
        'L_"mean" = 1/64 sum_(i=1)^64 L_i, quad L_"sum" = sum_(i=1)^64 L_i = 64 thin L_"mean", '
        'quad w arrow.l w - 0.1 thin (partial L_"sum") / (partial w) = w - 6.4 thin (partial L_"mean") / (partial w)',
        "the summed loss is 64 times the mean loss, so a step of rate 0.1 along its gradient is a step of rate 6.4 "
        "along the gradient of the mean",
    ),
    sb.Prose(
        "*Summed* is therefore the sheet's question at 64 times its learning rate, and nothing else. *Deviation 1* "
        "draws the initial weights ten times as wide (truncated normal; biases stay at 0.1), and *both* does both. A "
        "member ends in one of five ways. **Arrived**: accuracy 1. **Not finite**: a loss or weight that is no number. "
        "**Weights beyond 1e30**: finite, but a weight or bias larger than that. **Dead**: finite weights, the same "
        "output for every image, and a gradient of exactly 0 in the first layer: it can never tell two images apart "
        "again, and a test for NaN sees nothing wrong with it. **Still training** is the rest."
    ),
]  # fmt: skip


def outcomes(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """Of every member: whether its weights went beyond 1e30 or stopped being numbers."""
    return {f"{name}_ends": sb.derive(record, lambda _, part: {"exploded": exploded(part)}, of=name)
            for name, record in records.items()}  # fmt: skip


def exploded(part: xr.Dataset) -> np.ndarray:
    """Which members have a weight beyond 1e30, or a number that is none, and did not arrive."""
    beyond = np.isfinite(first_step(part["largest_weight"].values, HUGE, part["step"].values))
    lost = beyond | (part["final_largest_weight"].values > HUGE) | np.isfinite(part["diverged_step"].values)
    return lost & ~np.isfinite(part["hit_step"].values)


def end_of(levels: Mapping[str, Any], part: xr.Dataset) -> dict[str, Any]:
    """How the members of one setting ended: numbers, shares with intervals, and at which steps."""
    steps = part["step"].values
    hit, broken = part["hit_step"].values, part["diverged_step"].values
    huge, dead = (
        first_step(part[name].values, bound, steps) for name, bound in (("largest_weight", HUGE), ("dead", 0.5))
    )
    arrived, not_finite = np.isfinite(hit), np.isfinite(broken)
    beyond = (np.isfinite(huge) | (part["final_largest_weight"].values > HUGE)) & ~arrived & ~not_finite
    lost = (part["final_dead"].values == 1) & ~arrived & ~not_finite & ~beyond
    masks = (arrived, ~(arrived | not_finite | beyond | lost), lost, beyond, not_finite)
    when = {"arrived": hit[arrived], "dead": dead[lost], "weights beyond 1e30": huge, "not finite": broken}
    return {
        "setting": sb.name_of(levels), "levels": dict(levels), "n": int(hit.size),
        "counts": {fate: int(mask.sum()) for fate, mask in zip(FATES, masks, strict=True)},
        "shares": {fate: sb.stats.wilson(int(mask.sum()), hit.size) for fate, mask in zip(FATES, masks, strict=True)},
        "when": {fate: sb.stats.scores.spread(values) for fate, values in when.items()},
        "largest_weight": sb.stats.scores.spread(part["final_largest_weight"].values),
    }  # fmt: skip


def first_step(values: np.ndarray, bound: float, steps: np.ndarray) -> np.ndarray:
    """The first traced step at which a trace (member, step) exceeds a bound; NaN: never."""
    over = np.nan_to_num(values, nan=-np.inf, posinf=np.inf) > bound
    return np.where(over.any(axis=1), steps[over.argmax(axis=1)], np.nan)


def end_items(
    records: Mapping[str, xr.Dataset], ends: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterator[sb.Figure | sb.Table | sb.Prose]:
    """How many members ended how, for both kinds of network; then what a test on NaN misses."""
    for name, every in ends.items():
        n, cap = every[0]["n"], records[name].attrs["cap"]
        yield sb.Figure(f"{name}_ends", sb.figures.fates([(one["setting"], one["counts"]) for one in every]),
                        f"How the members of {TITLES[name]} ended within {cap:,} steps; n = {n} per setting.",
                        f"A stacked bar per setting: {', '.join(FATES)}")  # fmt: skip
        rows = [(one["setting"], *(sb.pieces.interval(one["shares"][fate], sb.pieces.percent) for fate in FATES))
                for one in every]  # fmt: skip
        yield sb.Table(("setting", *FATES), rows,
                       f"Shares of members of {TITLES[name]} with 95 % intervals (Wilson); n = {n} per setting, cap "
                       f"{cap:,} steps. The five shares of a setting sum to 100 %.")  # fmt: skip
    yield sb.Prose(missed(ends))


def missed(ends: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """How many of the members that will never arrive a test on NaN would have found."""
    lines = []
    for name, every in ends.items():
        count = {fate: sum(one["counts"][fate] for one in every) for fate in FATES}
        lost = count["dead"] + count["weights beyond 1e30"] + count["not finite"]
        if lost:
            lines.append(f"Of all {sum(one['n'] for one in every):,} members of {TITLES[name]}, {lost:,} were lost "
                         f"(dead, huge or not finite), and a test on NaN finds {count['not finite']:,} of "
                         "them.")  # fmt: skip
        else:
            lines.append(f"No member of {TITLES[name]} was lost.")
    lines.append("These count all settings of the same seeds together; the shares of each stand above.")
    return "**What a test on NaN misses.** " + " ".join(lines)


def when_items(ends: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[sb.Table]:
    """The steps at which members arrived, died or broke, and how large weights were in the end."""
    for name, every in ends.items():
        rows = [(one["setting"], *(steps_text(one["when"][fate]) for fate in one["when"]),
                 f"{one['largest_weight']['median']:.2g} … {one['largest_weight']['most']:.2g}")
                for one in every]  # fmt: skip
        yield sb.Table(("setting", *every[0]["when"], "largest weight"), rows,
                       f"When the members of {TITLES[name]} ended: median step, middle half in brackets, number of "
                       "members. Arrival and numbers that are not finite are exact; death and huge weights are seen on "
                       "the grid of the traces (every step up to 64, then 2 % apart). Largest weight: median … maximum "
                       f"of the finite values at the last step of n = {every[0]['n']} members.")  # fmt: skip


def steps_text(found: Mapping[str, float]) -> str:
    """Steps in a cell."""
    if not found["n"]:
        return "—"
    return f"{found['median']:,.0f} [{found['q25']:,.0f}, {found['q75']:,.0f}], {found['n']:,}"


def curve_items(records: Mapping[str, xr.Dataset]) -> Iterator[sb.Figure]:
    """Loss and largest weight of the convolutional network, and arrival of all."""
    for variable, what in (("train_loss", "Training loss"), ("largest_weight", "Largest weight or bias")):
        yield replace(sb.pieces.fan(records["lines"], variable, what), name=f"lines_{variable}")
    for name, record in records.items():
        for levels in (levels for levels, _ in sb.rows(record) if levels["scale"] == SHEET):
            others = {factor: [level] for factor, level in levels.items() if factor != "scale"}
            arrivals, _ = sb.pieces.arrival_figures(record.sel(others))
            setting = sb.name_of({factor: level for factor, (level,) in others.items()})
            yield replace(arrivals, name=f"{name}_{sb.pieces.file_name(setting)}_arrivals",
                          caption=f"{TITLES[name][:1].upper()}{TITLES[name][1:]} with {setting}. "
                          f"{arrivals.caption}")  # fmt: skip


def against_the_sheet(record: xr.Dataset) -> list[dict[str, Any]]:
    """Every changed scale against the sheet's under the same seeds: over all members, and where both arrive."""
    hits = sb.stats.hits(record)
    pairs = [(dict(levels), hits.members.column(levels), hits.members.column({**levels, "scale": SHEET}))
             for levels in hits.members.settings if levels["scale"] != SHEET]  # fmt: skip
    if len(hits.never) < 2:
        return []
    cut = hits.restricted().values
    family = sb.stats.holm([sb.stats.pairs.sign_flip(cut[:, i], cut[:, j]).p for _, i, j in pairs])
    found: list[dict[str, Any]] = []
    for (levels, i, j), p in zip(pairs, family.p.tolist(), strict=True):
        both = ~hits.never[:, i] & ~hits.never[:, j] & (cut[:, j] > 0)
        times = sb.stats.scores.quantile(cut[both, j] / np.maximum(cut[both, i], 1), 0.5) if both.any() else None
        found.append({"setting": sb.name_of(levels), "levels": levels, "n": len(cut), "p": p, "family": family.method,
                      "difference": sb.stats.pairs.difference(cut[:, i], cut[:, j], cap=hits.cap),
                      "arrived": int((~hits.never[:, i]).sum()), "both": int(both.sum()), "times": times})  # fmt: skip
    return found


def faster_items(
    records: Mapping[str, xr.Dataset], pairs: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterator[sb.Table | sb.Prose]:
    """Steps beside the sheet's: over all members, and where both arrive; then in words."""
    for name, every in pairs.items():
        if not every:
            continue
        rows = [(one["setting"], f"{one['arrived']} of {one['n']}", sb.pieces.interval(one["difference"]),
                 sb.pieces.p_value(one["p"]), one["both"], times_text(one["times"]))
                for one in every]  # fmt: skip
        yield sb.Table(("setting", "arrived", "steps more than the sheet's", "p (Holm)", "both arrive",
                        "times as fast where both arrive"), rows,
                       f"Each change on {TITLES[name]} against the sheet's scale under the same seeds, n = "
                       f"{every[0]['n']}. Steps: difference of restricted means with its 95 % interval; a member that "
                       f"never arrives counts with the cap of {records[name].attrs['cap']:,}. Times as fast: median "
                       "of the sheet's step divided by the changed one's over the seeds where both arrive, a "
                       "selection, with its exact 95 % interval (open below 6 seeds).")  # fmt: skip
    said = [f"- {line}" for name, every in pairs.items() for line in faster_words(name, every)]
    if said:
        yield sb.Prose("\n".join(said))


def times_text(times: Interval | None) -> str:
    """A factor with its interval; an end that so few seeds do not bound stays open."""
    if times is None:
        return "—"
    low, high = ("–" if np.isnan(value) else f"{value:.1f}" for value in (times.low, times.high))
    return f"{times.estimate:.1f} [{low}, {high}]"


def faster_words(name: str, pairs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The settings of one kind of network by what became of their speed over all members."""
    kinds: dict[str, list[str]] = {}
    for one in pairs:
        faster = one["difference"].estimate < 0
        shown = one["p"] < 0.05
        kind = "faster" if shown and faster else "slower" if shown else "unshown"
        kinds.setdefault(kind if one["arrived"] else "none", []).append(one["setting"])
    words = {"faster": "faster over all members than with the sheet's scale",
             "slower": "slower over all members, those that never arrive counting with the cap, though some arrive",
             "unshown": "no difference over all members was shown", "none": "no member arrived"}  # fmt: skip
    for kind, text in words.items():
        if kind in kinds:
            yield f"{TITLES[name][:1].upper()}{TITLES[name][1:]}, {text}: {'; '.join(kinds[kind])}."


def contrast(ends: Sequence[Mapping[str, Any]]) -> str:
    """The activations side by side under the changed scales: counted, then why."""
    lines: list[str] = []
    for activation in dict.fromkeys(one["levels"]["activation"] for one in ends):
        own = [one for one in ends if one["levels"]["activation"] == activation and one["levels"]["scale"] != SHEET]
        n = sum(one["n"] for one in own)
        arrived, lost = (sum(sum(one["counts"][fate] for fate in fates) for one in own)
                         for fates in (("arrived",), ("dead", "weights beyond 1e30", "not finite")))  # fmt: skip
        if n:
            lines.append(f"- **{activation}**: of the {n:,} members under the changed scales {arrived:,} arrived and "
                         f"{lost:,} were lost.")  # fmt: skip
    lines.append(f"\nThese count several settings of the same {ends[0]['n']} seeds together; the shares of each "
                 "setting, with their intervals, stand under “How they end”.")  # fmt: skip
    if not {"sigmoid", "relu"} <= {one["levels"]["activation"] for one in ends}:
        return "\n".join(lines)
    lines.append(
        "\nWhat differs is whether a step that is too long can be taken back. A sigmoid unit that was thrown far out "
        "answers nearly 0 or 1; its derivative h(1 − h) is small but not 0 until single precision rounds it away, and "
        "it bounds every gradient in front of it. A ReLU unit that was thrown below 0 for all images has derivative 0 "
        "for all of them and stays there; above 0 it bounds nothing, so the next step can be longer still. Where the "
        "last unit of a layer is gone, the network answers every image alike: it is dead, its weights are finite."
    )
    return "\n".join(lines)


def published_words(ends: Sequence[Mapping[str, Any]], pairs: Sequence[Mapping[str, Any]]) -> str:
    """Rybkin's paragraph, clause by clause, beside what the convolutional network did here."""
    told = []
    for one in ends:
        if one["levels"]["scale"] == SHEET:
            continue
        counts, large = one["counts"], one["largest_weight"]
        times = next((pair["times"] for pair in pairs if pair["setting"] == one["setting"]), None)
        fast = f", {times_text(times)} times as fast as with the sheet's scale" if times is not None else ""
        told.append(f"- **{one['setting']}**: {counts['weights beyond 1e30']} of {one['n']} members had weights beyond "
                    f"1e30 and {counts['not finite']} met a number that is not finite (largest weight: median "
                    f"{large['median']:.2g}, maximum {large['most']:.2g}); {counts['dead']} ended dead; "
                    f"{counts['arrived']} arrived, {sb.pieces.interval(one['shares']['arrived'], sb.pieces.percent)}"
                    f"{fast}.")  # fmt: skip
    return (
        "Rybkin reports that his convolutional network, with losses summed over the batch, went to weights of about "
        "1e30 and sometimes to NaN, that initial weights of variance 1 did much the same, and that a few of his trials "
        "under either change nevertheless learned the set, in few steps. Here:\n\n" + "\n".join(told)
    )


study = sb.Study(
    name="loss_scale",
    title="Summed losses and wide initial weights: exploding, dying, or learning faster",
    source="CIS680 assignment 1 (2017), parts 2 and 3; report of Rybkin (2017), task 3, on exploding gradients",
    question="The losses of a batch are summed instead of averaged, the initial weights have deviation 1 instead of "
    "0.1, both, or neither. What share of networks diverges, what share ends dead, when, what share arrives "
    "nevertheless, and are those faster? For the four settings of part 2 and for the convolutional network of part 3.",
    ask=small,
    measure=measure,
    tell=tell,
    outcomes=outcomes,
    seeds={"smoke": 4, "quick": 128, "full": 1024},
    decided=(
        "the report says variance 1 instead of 0.1; the sheet gives the deviation 0.1, so deviation 1 is meant",
        "“deviation 1” changes the weights only; biases start at 0.1 as on the sheet",
        "the report names the convolutional network and does not say which set: here the line set; its ReLU and "
        "cross-entropy as on the sheet",
        "diverged is a loss or weight that is not finite, or a weight beyond 1e30 (the report's number); dead is a "
        "network with finite weights that answers every image alike and whose first layer gets a gradient of exactly 0",
        "cross-entropy is computed from the raw output without overflow; a program that takes the logarithm of a "
        "rounded sigmoid can meet log 0, and so NaN, at weights that are still small",
        "a member that never arrives counts with the cap in restricted means, whatever became of it",
    ),
    reduced={
        "smoke": "cross-entropy only; caps of 100 steps (16-4-1) and 20 steps (convolutional) instead of 10,000",
        "quick": "the convolutional network: the first 32 seeds, and a cap of 300 steps instead of 10,000",
        "full": "the convolutional network: the first 256 seeds",
    },
    takes={"smoke": "30 s", "quick": "3 minutes", "full": "3 hours"},
    figures=("how members end, 16-4-1 and convolutional", "loss and largest weight against step, convolutional",
             "share arrived against step, a figure per activation and loss"),
    claims=(
        *(sb.Claim(id=f"rybkin-{key}-{what}", source=f"{RYBKIN}, task 3", record=record, statement=statement,
                 check=f"share({variable}, scale={scale}) > 5 %")
        for key, scale, how in (("summed", "summed", "summed losses"),
                                ("deviation", "deviation 1", "initial weights of deviation 1 instead of 0.1"))
        for what, record, variable, statement in (
            ("explodes", "lines_ends", "exploded",
             f"With {how} weights of the convolutional network diverge to about 1e30, or to NaN (in one of twenty at "
             "least)"),
            ("some-arrive", "lines", "hit_step",
             f"With {how} some networks train all the same (one of twenty at least)"))),
        sb.Claim(id="rybkin-few-steps", source=f"{RYBKIN}, task 3", record="lines",
                 statement="With summed losses some train in a small number of steps (one of twenty within the median "
                 "time of mean losses)",
                 check=f"quantile(hit_step, 0.05, scale=summed) < median(hit_step, scale={SHEET})"),
    ),
)  # fmt: skip
