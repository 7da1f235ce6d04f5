"""Losses summed instead of averaged, initial weights ten times as wide: who explodes, dies, or learns nevertheless."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import seedbed as sb
from seedbed.studies.loss_scale.ends import FATES, LOST, SHEET, End, changed, count, exploded, measured

RYBKIN = "Rybkin 2017, task 3"
SUMMED, WIDE = {"loss.reduction": "sum"}, {"initializer.std": 1.0}
SCALES = {SHEET: {}, "summed": SUMMED, "deviation 1": WIDE, "both": {**SUMMED, **WIDE}}
TITLES = {"small": "the 16-4-1 networks", "lines": "the convolutional network"}
DIVERGES = "weights of the convolutional network diverge to about 1e30, or to NaN (in one of twenty at least)"
SOME = "some networks train all the same (one of twenty at least)"
PARAGRAPH = (  # id, statement, record, check
    ("rybkin-summed-explodes", f"With summed losses {DIVERGES}", "lines_ends", "share(exploded, scale=summed) > 5 %"),
    ("rybkin-summed-some-arrive", f"With summed losses {SOME}", "lines", "share(hit_step, scale=summed) > 5 %"),
    ("rybkin-deviation-explodes", f"With initial weights of deviation 1 instead of 0.1 {DIVERGES}", "lines_ends",
     "share(exploded, scale=deviation 1) > 5 %"),
    ("rybkin-deviation-some-arrive", f"With initial weights of deviation 1 instead of 0.1 {SOME}", "lines",
     "share(hit_step, scale=deviation 1) > 5 %"),
    ("rybkin-few-steps", "With summed losses some train in a small number of steps (one of twenty within the median "
     "time of mean losses)", "lines",
     f"quantile(hit_step, 0.05, scale=summed) < median(hit_step, scale={SHEET})"),
)  # fmt: skip
BOTH = ("l2", "cross_entropy")
PROFILES: dict[Any, Any] = {
    "smoke": {"seeds": 4, "steps": 100, "losses": BOTH[1:], "lines_seeds": 4, "lines_steps": 20, "takes": "30 s",
              "reduced": "cross-entropy only; caps of 100 steps (16-4-1) and 20 steps (convolutional) instead of "
              "10,000"},
    "quick": {"seeds": 128, "steps": 10_000, "losses": BOTH, "lines_seeds": 32, "lines_steps": 300,
              "takes": "3 minutes",
              "reduced": "the convolutional network: the first 32 seeds, and a cap of 300 steps instead of 10,000"},
    "full": {"seeds": 1024, "steps": 10_000, "losses": BOTH, "lines_seeds": 256, "lines_steps": 10_000,
             "takes": "3 hours", "reduced": "the convolutional network: the first 256 seeds"},
}  # fmt: skip
FORMULA = sb.Formula(
    'L_"mean" = 1/64 sum_(i=1)^64 L_i, quad L_"sum" = sum_(i=1)^64 L_i = 64 thin L_"mean", '
    'quad w arrow.l w - 0.1 thin (partial L_"sum") / (partial w) = w - 6.4 thin (partial L_"mean") / (partial w)',
    "the summed loss is 64 times the mean loss, so a step of rate 0.1 along its gradient is a step of rate 6.4 "
    "along the gradient of the mean",
)
CHANGED = """
    *Summed* is therefore the sheet's question at 64 times its learning rate, and nothing else. *Deviation 1* draws the
    initial weights ten times as wide (truncated normal; biases stay at 0.1), and *both* does both. A member ends in one
    of five ways. **Arrived**: accuracy 1. **Not finite**: a loss or weight that is no number. **Weights beyond 1e30**:
    finite, but a weight or bias larger than that. **Dead**: finite weights, the same output for every image, and a
    gradient of exactly 0 in the first layer: it can never tell two images apart again, and a test for NaN sees nothing
    wrong with it. **Still training** is the rest."""
WHY = """
    What differs is whether a step that is too long can be taken back. A sigmoid unit that was thrown far out answers
    nearly 0 or 1; its derivative h(1 − h) is small but not 0 until single precision rounds it away, and it bounds every
    gradient in front of it. A ReLU unit that was thrown below 0 for all images has derivative 0 for all of them and
    stays there; above 0 it bounds nothing, so the next step can be longer still. Where the last unit of a layer is
    gone, the network answers every image alike: it is dead, its weights are finite."""
PUBLISHED = """
    Rybkin reports that his convolutional network, with losses summed over the batch, went to weights of about 1e30 and
    sometimes to NaN, that initial weights of variance 1 did much the same, and that a few of his trials under either
    change nevertheless learned the set, in few steps. What became of the same network here stands above, scale by
    scale: how many had such weights, met a number that is not finite or died under “How they end”, the largest weights
    under “When they end”, and how much faster those were that arrived under “Those that arrive nevertheless”. Each of
    his clauses is judged below."""
FASTER = ("setting", "arrived", "steps more than the sheet's", "p (Holm)", "over all members", "both arrive",
          "times as fast where both arrive")  # fmt: skip
FASTER_CAPTION = (
    "Each change on {} against the sheet's scale under the same seeds, n = {}. Steps: difference of restricted means "
    "with its 95 % interval; a member that never arrives counts with the cap of {:,}, so that a setting in which some "
    "arrive sooner can be slower over all. Times as fast: median of the sheet's step divided by the changed one's over "
    "the seeds where both arrive, a selection, with its exact 95 % interval (open below 6 seeds)."
)


def ask(profile: sb.Profile) -> dict[str, Any]:
    """The four settings of part 2 and the convolutional network of part 3, each under every scale."""
    small = sb.Spec(
        data=sb.data.random_images(64, (4, 4)),
        model=sb.models.mlp([4], activation="sigmoid"),
        initializer=sb.initializers.truncated_normal(0.1, bias=0.1),
        loss="l2",
        optimizer=sb.optimizers.sgd(0.1),
        stop=sb.reaches("train_accuracy", 1.0),
        steps=profile.steps,
        probes=("dead", "largest_weight"),
    )
    lines = small.replace(
        data=sb.data.lines(64, 16),
        model=sb.models.cnn([16, 8], kernel=7, activation="relu", padding="valid"),
        loss="cross_entropy",
        steps=profile.lines_steps,
    ).vary(activation=["relu"], loss=["cross_entropy"], scale=SCALES)
    return {
        "small": small.vary(activation=["sigmoid", "relu"], loss=list(profile.losses), scale=SCALES),
        "lines": sb.measures.train(lines, at_most=profile.lines_seeds),
    }


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """Of every member: whether its weights went beyond 1e30 or stopped being numbers."""
    return {
        f"{name}_ends": sb.derive(record, lambda _, part: {"exploded": exploded(part)}, of=name)
        for name, record in records.items()
    }


def how_they_end(context: sb.Context) -> Iterator[Any]:
    """How many members ended how, for both kinds of network; then what a test on NaN misses."""
    found, _ = measured(context)
    yield sb.Reading("ends", found)
    for name, every in found.items():
        n, cap = every[0].n, context.record(name).attrs["cap"]
        yield sb.Figure(
            f"{name}_ends",
            sb.figures.fates([(one.setting, one.counts) for one in every]),
            f"How the members of {TITLES[name]} ended within {cap:,} steps; n = {n} per setting.",
            f"A stacked bar per setting: {', '.join(FATES)}",
        )
        yield sb.Table(
            ("setting", *FATES),
            [(one.setting, *map(sb.show.share, one.shares.values())) for one in every],
            f"Shares of members of {TITLES[name]} with 95 % intervals (Wilson); n = {n} per setting, cap {cap:,} "
            "steps. The five shares of a setting sum to 100 %.",
        )
    yield missed(found)
    shares = "; ".join(
        f"with {one.levels['scale']} {sb.show.share(one.diverged)} diverged, {sb.show.share(one.shares['dead'])} ended "
        f"dead, {sb.show.share(one.shares['arrived'])} arrived"
        for one in changed(found["lines"])
    )
    ranked = sorted(changed(found["small"]), key=lambda one: one.counts["arrived"])
    few, many = (f"{sb.show.share(one.shares['arrived'])} with {one.setting}" for one in (ranked[0], ranked[-1]))
    yield sb.Answer(
        f"Of the convolutional network, n = {found['lines'][0].n} under each scale (95 % intervals): {shares}. Of the "
        f"16-4-1 networks, n = {ranked[0].n} each, from {few} to {many} arrived."
    )


def missed(found: Mapping[str, Sequence[End]]) -> str:
    """How many of the members that will never arrive a test on NaN would have found."""
    told = [
        f"Of all {sum(one.n for one in every):,} members of {TITLES[name]}, {count(every, *LOST):,} were lost (dead, "
        f"huge or not finite), and a test on NaN finds {count(every, 'not finite'):,} of them."
        if count(every, *LOST)
        else f"No member of {TITLES[name]} was lost."
        for name, every in found.items()
    ]
    told.append("These count all settings of the same seeds together; the shares of each stand above.")
    return "**What a test on NaN misses.** " + " ".join(told)


def when_they_end(context: sb.Context) -> Iterator[Any]:
    """The steps at which members arrived, died or broke, and how large weights were in the end."""
    for name, every in measured(context)[0].items():
        weights = (f"{one.largest_weight['median']:.2g} … {one.largest_weight['most']:.2g}" for one in every)
        yield sb.Table(
            ("setting", *every[0].when, "largest weight"),
            [
                (one.setting, *map(steps_text, one.when.values()), size)
                for one, size in zip(every, weights, strict=True)
            ],
            f"When the members of {TITLES[name]} ended: median step, middle half in brackets, number of members. "
            "Arrival and numbers that are not finite are exact; death and huge weights are seen on the grid of the "
            "traces (every step up to 64, then 2 % apart). Largest weight: median … maximum of the finite values at "
            f"the last step of n = {every[0].n} members.",
        )
    told = "; ".join(
        f"{one.levels['scale']}: {fate} at step {sb.show.interval(at['interval'])} (n = {at['n']})"
        for one in changed(measured(context)[0]["lines"])
        for fate, at in one.when.items()
        if at["n"]
    )
    if told:
        yield sb.Answer(f"Convolutional network, median steps with 95 % intervals (open below 6 members): {told}.")


def steps_text(found: Mapping[str, Any]) -> str:
    """Steps in a cell."""
    if not found["n"]:
        return "—"
    return f"{found['median']:,.0f} [{found['q25']:,.0f}, {found['q75']:,.0f}], {found['n']:,}"


def arrivals_by_scale(context: sb.Context) -> Iterator[sb.Figure]:
    """Curves of arrival, the four scales of a network in one picture."""
    for name, record in context.records.items():
        for levels in (one.levels for one in measured(context)[0][name] if one.levels["scale"] == SHEET):
            others = {factor: [level] for factor, level in levels.items() if factor != "scale"}
            setting = sb.name_of({factor: level for factor, (level,) in others.items()})
            figure, _ = sb.show.arrival_figures(record.sel(others))
            yield replace(
                figure,
                name=f"{name}_{sb.show.file_name(setting)}_arrivals",
                caption=f"{TITLES[name].capitalize()} with {setting}. {figure.caption}",
            )


def faster_or_not(context: sb.Context) -> Iterator[Any]:
    """Steps beside the sheet's: over all members, and where both arrive."""
    _, pairs = measured(context)
    yield sb.Reading("against_the_sheet", pairs)
    for name, every in pairs.items():
        cells = [
            (
                one.setting,
                f"{one.arrived} of {one.n}",
                sb.show.interval(one.difference),
                sb.show.p_value(one.p),
                one.found,
                one.both,
                times_text(one.times),
            )
            for one in every
        ]
        if every:
            yield sb.Table(
                FASTER, cells, FASTER_CAPTION.format(TITLES[name], every[0].n, context.record(name).attrs["cap"])
            )
    told = "; ".join(
        f"{one.levels['scale']}: {one.found} ({sb.show.interval(one.difference)} steps more, n = {one.n})"
        + f", {times_text(one.times)} times as fast where both arrive (n = {one.both})" * bool(one.both)
        for one in pairs["lines"]
    )
    if told:
        yield sb.Answer(f"Over all members of the convolutional network, with 95 % intervals: {told}.")


def times_text(times: Any) -> str:
    """A factor with its interval; an end that so few seeds do not bound stays open."""
    return "—" if times is None else sb.show.interval(times, "{:.1f}".format)


def contrast(context: sb.Context) -> Iterator[Any]:
    """The activations side by side under the changed scales: counted, then why."""
    every = measured(context)[0]["small"]
    activations = list(dict.fromkeys(one.levels["activation"] for one in every))
    own = {name: [one for one in changed(every) if one.levels["activation"] == name] for name in activations}
    yield sb.Prose(
        "\n".join(
            f"- **{name}**: of the {sum(one.n for one in settings):,} members under the changed scales "
            f"{count(settings, 'arrived'):,} arrived and {count(settings, *LOST):,} were lost."
            for name, settings in own.items()
            if settings
        )
    )
    yield f"""
        These count several settings of the same {every[0].n} seeds together; the shares of each setting, with their
        intervals, stand under “How they end”."""
    if {"sigmoid", "relu"} <= set(activations):
        yield WHY


study = sb.Study(
    name="loss_scale",
    title="Summed losses and wide initial weights: exploding, dying, or learning faster",
    source="CIS680 assignment 1 (2017), parts 2 and 3; report of Rybkin (2017), task 3, on exploding gradients",
    question="The losses of a batch are summed instead of averaged, the initial weights have deviation 1 instead of "
    "0.1, both, or neither. What share of networks diverges, what share ends dead, when, what share arrives "
    "nevertheless, and are those faster? For the four settings of part 2 and for the convolutional network of part 3.",
    ask=ask,
    profiles=PROFILES,
    score=sb.score("hit_step", record="lines"),
    picture="lines_ends",
    outcomes=outcomes,
    page=[
        sb.Section("What is changed", [FORMULA, CHANGED]),
        sb.Section("How they end", [how_they_end], asks="What share diverges, ends dead, or arrives nevertheless?"),
        sb.Section("When they end", [when_they_end], asks="When do they?"),
        sb.Section(
            "What it looks like",
            [
                sb.show.renamed(
                    "lines_{}",
                    sb.show.curves(
                        "train_loss",
                        "largest_weight",
                        record="lines",
                        says={"largest_weight": "Largest weight or bias"},
                    ),
                ),
                arrivals_by_scale,
            ],
        ),
        sb.Section(
            "Those that arrive nevertheless: faster or not", [faster_or_not], asks="Are those that arrive faster?"
        ),
        sb.Section("The activations side by side", [contrast]),
        sb.Section("The published paragraph", [PUBLISHED]),
    ],
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
    claims=tuple(
        sb.Claim(id=name, source=RYBKIN, statement=said, record=record, check=check)
        for name, said, record, check in PARAGRAPH
    ),
)
