"""Narrow, deep ReLU networks that collapse to a constant: how many, when, at which layer, and to which constant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.dying_relu.fates import CLOSE, COARSE, DRAWN, FATES, FINE, NUMBER, Ends, born_dead, end_of, fate_of

DEPTHS = {f"{hidden} hidden": {"model": sb.models.mlp([2] * hidden)} for hidden in (9, 10)}
BATCH, EXAMPLES = 64, 3_000
EPOCH = EXAMPLES // BATCH  # 46 steps; the 56 examples left over differ from epoch to epoch
MONTE_CARLO = {1: 0.0, 2: 0.157, 5: 0.621, 8: 0.841, 9: 0.879, 10: 0.910, 11: 0.933}
LU_2018, LU = "Lu, Su, Karniadakis 2018, Collapse of deep and narrow neural nets", "Lu, Shin, Su, Karniadakis 2020"
PROFILES: Any = {
    "smoke": {"seeds": 6, "epochs": 2, "further": 4, "further_epochs": 2, "ten": ("abs",), "takes": "20 s",
              "reduced": "6 seeds (4 for all but the first setting) and 2 epochs"},
    "quick": {"seeds": 1_000, "epochs": 100, "further": 256, "further_epochs": 60, "ten": ("abs",),
              "takes": "3 minutes", "reduced": "all but the first setting: 256 seeds and 60 epochs instead of 1,000 "
              "and 100, and ten hidden layers on |x| only"},
    "full": {"seeds": 1_000, "epochs": 100, "further": 1_000, "further_epochs": 100, "takes": "8 minutes",
             "ten": ("abs", "x_sin_5x", "step_sin_5x")},
}  # fmt: skip
CONSTANTS = "(nine in ten are nearer to it than to the"
CLAIMS = (  # id, source, record, published figure, statement, check, what was different there
    *((f"lu-over-90-{hidden}", LU, record, 0.9, "Over 90 % of 1,000 trainings of a 10-layer ReLU network of width 2 "
       f"collapse ({hidden} hidden layers)", "share(collapsed, formula=abs) > 90 %", "")
      for hidden, record in ((9, "main_ends"), (10, "ten_ends"))),
    ("xiang-pan-relu", "Xiang-Pan 2022, NYU DL systems homework 2", "main_ends", 0.909,
     "909 of 1,000 ReLU networks collapse (within 3 points)", "share(collapsed, formula=abs) = 90.9 % within 0.03",
     "one epoch from the framework's draw, judged by rounded answers (leaky_rescue runs that)"),
    *((f"born-dead-{hidden}", "simulation of 200,000 networks", record, value, f"With {hidden} hidden layers "
       f"{100 * value:.1f} % of networks are dead as drawn (within 5 points)",
       f"share(born_dead, formula=abs) = {value} within 0.05", "")
      for hidden, value, record in ((9, 0.879, "main_ends"), (10, 0.910, "ten_ends"))),
    ("lu-mean", LU_2018, "others_ends", None, "Under the squared error a collapsed network answers the mean of the "
     f"targets {CONSTANTS} median)", "share(nearer_to_mean, formula=x_sin_5x) > 90 %", ""),
    ("lu-median", LU_2018, "absolute_ends", None, "Under the absolute error a collapsed network answers the median of "
     f"the targets {CONSTANTS} mean)", "share(nearer_to_mean, formula=x_sin_5x) < 10 %", ""),
)  # fmt: skip
SIGNS = """
    A ReLU unit whose input is below 0 everywhere answers 0 and gets no gradient. Where all units of one layer do,
    nothing behind that layer can see x any more, and no gradient gets in front of it: the network answers one constant.
    With biases of 0 all is decided by two inputs, for the network then scales: f(c x) = c f(x) for c > 0, so what it
    says at 1 and at −1 it says of every x of that sign. Of two units, each with a symmetric weight vector, both answer
    0 to a given input with chance 1/4. One sign therefore gets through h hidden layers with chance (3/4)ʰ, both are
    lost at least where one is, and at most both get through:"""
BOUNDS = sb.Formula(
    '1 - 2 (3\\/4)^h <= P("born dead") <= 1 - (3\\/4)^h, quad "in general with" 1 - 2^(-n) "for" n "units"',
    "the chance to be born dead lies between 1 minus twice (3/4) to the h and 1 minus (3/4) to the h",
)
BIASES = """
    Behind the dead layer only biases are left to train, and one number to answer with. The mean squared error of a
    constant is least at the mean of the targets, the mean absolute error at their median. Adam moves a number by at
    most about its rate, 0.001, per step, so a dead network needs at least about 1,000 steps for each unit between its
    first answer, 0, and that constant, and more as it comes near, where gradients change their sign from batch to
    batch."""


def ask(profile: sb.Profile) -> dict[str, Any]:
    """Nine hidden layers of two units on |x| under all seeds; other functions, depth and loss under fewer."""
    net = sb.Spec(
        data=sb.data.curve("abs", n=EXAMPLES, fresh=True),
        model=sb.models.mlp([2] * 9, activation="relu"),
        initializer=sb.initializers.he_normal(),
        loss="l2",
        optimizer=sb.optimizers.adam(0.001),
        batch_size=BATCH,
        steps=EPOCH * profile.epochs,
        trace=EPOCH,
        probes=("dead", "parameters"),
    )
    question = net.vary(formula=["abs"], depth={"9 hidden": DEPTHS["9 hidden"]})
    further = question.replace(steps=EPOCH * profile.further_epochs)
    ten = further.set_levels("depth", {"10 hidden": DEPTHS["10 hidden"]}).set_levels("formula", list(profile.ten))
    absolute = further.set_levels("formula", ["x_sin_5x"]).vary(loss=["mae"])
    return {
        "main": question,
        "first_epoch": sb.measures.train(question.replace(steps=EPOCH, trace=1), auxiliary=True),
        "others": sb.measures.train(
            further.set_levels("formula", ["x_sin_5x", "step_sin_5x"]), at_most=profile.further
        ),
        "ten": sb.measures.train(ten, at_most=profile.further),
        "absolute": sb.measures.train(absolute, at_most=profile.further),
    }


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """Of every member: collapsed, born dead, and if collapsed whether its answer is nearer to mean or median."""
    return {
        f"{name}_ends": sb.derive(record, fate_of, of=name) for name, record in records.items() if name != "first_epoch"
    }


def ends(context: sb.Context) -> dict[str, list[Ends]]:
    """How the members of every setting ended, by record; the first record with its first epoch step by step."""
    if "ends" not in context.kept:
        early = [part for _, part in sb.rows(context.record("first_epoch"))]
        context.kept["ends"] = {
            name: [
                end_of(levels, part, early[place] if name == "main" else None)
                for place, (levels, part) in enumerate(sb.rows(record))
            ]
            for name, record in context.records.items()
            if name != "first_epoch"
        }
    return context.kept["ends"]


def every(context: sb.Context) -> list[Ends]:
    """All settings, without those that were already told of under more seeds."""
    told: dict[str, Ends] = {}
    for one in (one for found in ends(context).values() for one in found):
        told.setdefault(one["setting"], one)
    return list(told.values())


def born(context: sb.Context) -> Iterator[Any]:
    """How many are dead as drawn: bounds, simulation, and what the runs drew."""
    yield sb.Reading("ends", {name: [one.reading for one in found] for name, found in ends(context).items()})
    seen = {one["hidden"]: one for one in reversed(every(context))}
    rows: list[tuple[Any, ...]] = []
    for layers, published in MONTE_CARLO.items():
        low, high = max(1 - 2 * 0.75**layers, 0.0), 1 - 0.75**layers
        one = seen.get(layers)
        ours = f"{sb.show.tenths(one['born'])} ({one['setting']}, n = {one['n']:,})" if one else "—"
        bounds = f"{100 * low:.1f} % to {100 * high:.1f} %"
        rows.append((layers, bounds, f"{100 * published:.1f} %", sb.show.tenths(born_dead(layers)), ours))
    yield sb.Table(
        ("hidden layers", "bounds", "published", "drawn here", "the networks trained below"),
        rows,
        f"Share of networks that are dead as drawn: He initialization, biases 0, width 2. Published: simulation of "
        f"200,000 networks. Drawn here: {DRAWN:,} networks per depth, generator number {NUMBER}, 95 % intervals "
        "(Wilson). With one hidden layer no network is born dead, whatever the bounds allow: a weight is below 0 for "
        "one sign of x only.",
    )
    first = ends(context)["main"][0]
    yield sb.Answer(
        f"Most are dead before the first step: {sb.show.tenths(first['born'])} as drawn ({first['setting']}, n = "
        f"{first['n']:,}, 95 % interval), since a layer of two ReLU units loses each sign of x with chance 1/4."
    )


def ended(context: sb.Context) -> Iterator[Any]:
    """The sheet's fraction; then every setting."""
    main, found = ends(context)["main"], every(context)
    yield from (answer(one) for one in main)
    yield sb.Answer(f"{answer(main[0]).replace('**', '')} Brackets hold the 95 % interval.")
    yield sb.Figure(
        "ends",
        sb.figures.fates([(one["setting"], one["counts"]) for one in found]),
        "How the networks ended, a bar per setting, numbers of networks in the bars; n = "
        f"{' and '.join(dict.fromkeys(str(one['n']) for one in found))}. Alive again: dead at some traced step, alive "
        "at the end.",
        f"A stacked bar per setting: {', '.join(FATES)}",
    )
    shown = ("alive", "died in training", "alive again", "not finite")
    yield sb.Table(
        ("setting", "n", "collapsed at the end", "dead as drawn", *shown),
        [
            (
                one["setting"],
                one["n"],
                *(sb.show.tenths(one[what]) for what in ("collapsed", "born")),
                *(one["counts"][fate] for fate in shown),
            )
            for one in found
        ],
        "Shares with 95 % intervals (Wilson), and numbers of networks. Collapsed: some layer has slope 0 at all of "
        f"{len(FINE):,} points of the interval.",
    )


def answer(one: Ends) -> str:
    """The fraction that collapsed, and whether it is close to over 90 %."""
    found, counts = one["collapsed"], one["counts"]
    where = "not told apart from 90 % by these seeds"
    if found.low > 0.9 or found.high < 0.9:
        where = f"{'above' if found.low > 0.9 else 'below'} 90 %, with all of its interval"
    return (
        f"**{one['setting']}: {round(found.estimate * found.n):,} of {found.n:,} networks collapsed**, "
        f"{sb.show.tenths(found)}: {where}. {counts['born dead']:,} of them were dead as drawn and stayed so, "
        f"{counts['died in training']:,} died in training; {counts['alive again']:,} networks were dead at some traced "
        "step and ended alive."
    )


def when(context: sb.Context) -> Iterator[Any]:
    """Share of dead networks against the step; the layers at which they are dead."""
    found = every(context)
    curves = [
        sb.show.share_curve(one["setting"], one["still_by_step"]["step"], one["still_by_step"]["count"], one["n"])
        for one in found
    ]
    foot = 0.1 * int(10 * min(float(np.min(curve.low)) for curve in curves))
    yield sb.Figure(
        "deaths",
        sb.figures.shares(curves, "share of networks that are dead", step="log", lowest=foot),
        f"Share of networks that are dead, seen every {EPOCH} steps (an epoch; in the first setting at every step of "
        f"the first epoch) on {len(COARSE)} points of the interval; bands are pointwise 95 % intervals (Wilson), n as "
        "in the table above.",
        "Curves of the share of dead networks against the step",
    )
    yield "\n".join(f"- **{one['setting']}**: {died(one)}" for one in found)
    for one in ends(context)["main"]:
        pairs = enumerate(zip(*one["layers"].values(), strict=True), start=1)
        rows = [(f"{layer} hidden" if layer <= one["hidden"] else "answer", *counts) for layer, counts in pairs]
        yield sb.Table(
            ("first dead layer", *one["layers"]),
            [row for row in rows if row[0] != "answer" or any(row[1:])],
            f"Where the dead networks of {one['setting']} stop seeing x: number of networks by the first layer that "
            f"answers the same to every x, as drawn or at the end of training; n = {one['n']:,}.",
        )


def died(one: Ends) -> str:
    """When the networks that died in training did."""
    at = one["died_at"]
    if not at["n"]:
        return "no network was seen to die in training."
    return (
        f"{at['n']} seen to die in training, half of them by step {at['median']:,.0f} (middle half {at['q25']:,.0f} to "
        f"{at['q75']:,.0f})."
    )


def constants(context: sb.Context) -> Iterator[Any]:
    """What the dead networks answer, against mean and median of the targets."""
    found = every(context)
    yield sb.Table(
        ("setting", "tends to", "value", "answer − value", f"within {CLOSE:g}", "since step"),
        [
            (
                one["setting"],
                "median" if one["levels"].get("loss") == "mae" else "mean",
                f"{one['tends_to']:.4f}",
                spread(one["constant"], ("q05", "q95"), "+.3f"),
                f"{one['close']['near']} of {one['close']['dead']}",
                spread(one["close"]["since"], ("q25", "q75"), ",.0f"),
            )
            for one in found
        ],
        "The constant that dead networks answer at the end, beside mean or median of the targets under their law: "
        "median of the difference with the 5 % and 95 % quantiles of the dead networks; how many end within "
        f"{CLOSE:g} of it, and since which traced step (median, middle half). A network's own {EXAMPLES:,} points have "
        f"a mean that deviates from the law's by {(found[0]['spread_of_targets'] / EXAMPLES) ** 0.5:.3f} (standard "
        f"deviation, {found[0]['setting']}).",
    )
    yield "\n".join(f"- **{one['setting']}**: {nearer_words(one['nearer'])}" for one in found)
    gaps = {one["setting"]: one.gap[one.dead] for one in found if one.dead.any()}
    if gaps:
        label = "answer of a dead network − what it should tend to (y)"
        yield sb.Figure(
            "constants",
            sb.figures.strips([(label, gaps)], spread=True),
            "The constants of the dead networks at the end, less the mean of the targets (median for the absolute "
            "error). Bar: median; thick: middle half; thin: 5 % to 95 % of the dead networks.",
            "Strips of differences, a row per setting",
        )


def spread(found: Mapping[str, float], ends: tuple[str, str], form: str) -> str:
    """A median with two quantiles in a cell."""
    low, high = (format(found[end], form) for end in ends)
    return f"{found['median']:{form}} [{low}, {high}]" if found["n"] else "—"


def nearer_words(found: Mapping[str, Any]) -> str:
    """Whether dead networks answer the mean of the targets or their median."""
    told, (low, high) = f"the targets have mean {found['mean']:.3f}", found["medians"]
    if high - low > CLOSE:
        return (
            f"{told}, and every number from {low:.3f} to {high:.3f} is a median of them, so no constant tells the two "
            f"apart (median answer of {found['n']:,} dead networks: {found['middle']:.3f})."
        )
    told += f" and median {found['median']:.3f}"
    if not found["n"]:
        return f"{told}; no network is dead."
    if abs(found["mean"] - found["median"]) < CLOSE:
        return f"{told}, too near to one another to tell which of them the {found['n']:,} dead networks answer."
    return (
        f"{told}; {found['nearer_to_mean']:,} of the {found['n']:,} dead networks answer a number nearer to the mean, "
        f"{found['n'] - found['nearer_to_mean']:,} one nearer to the median (median answer {found['middle']:.3f})."
    )


def looks(context: sb.Context) -> Iterator[Any]:
    """Fitted functions of the first living and dead seeds, and how far all are from the function."""
    for place, one in enumerate(ends(context)["main"]):
        truth = sb.formulas[one["levels"]["formula"]](FINE)
        panels = [
            sb.figures.Fit(f"{kind}, seed {one.seed[at]}, error {one.error[at]:.3g}", FINE, truth, one.answers[at])
            for kind, mask in (("alive", one.alive), ("dead", one.dead))
            for at in np.flatnonzero(mask)[:3]
        ]
        if panels:
            yield sb.Figure(
                f"fits_{place}",
                sb.figures.fits(panels),
                f"{one['setting']}: the first three seeds that ended alive and the first three that ended dead, chosen "
                "by their numbers alone. Error: mean squared error over the interval.",
                "Panels of answers over the function",
            )
        learned = one.alive & (one.error < 0.1 * one["spread_of_targets"])
        masks = {"alive, learned": learned, "alive, not learned": one.alive & ~learned, "dead": one.dead}
        above = one.error > 0  # the axis is logarithmic; an error of exactly 0 has no place on it
        groups = {kind: one.error[mask & above] for kind, mask in masks.items() if (mask & above).any()}
        if groups:
            yield sb.Figure(
                f"errors_{place}",
                sb.figures.strips([("mean squared error over the interval (y²)", groups)], log=True, spread=True),
                f"{one['setting']}: final error of every network on {len(FINE):,} points, "
                f"{'; '.join(f'n = {len(values):,} {kind}' for kind, values in groups.items())}. Learned: less than a "
                "tenth of the error of the best constant. Bar: median; thick: middle half; thin: 5 % to 95 %. The best "
                f"constant has error {one['spread_of_targets']:.4f}, the variance of the targets.",
                "Strips of final errors, alive and dead",
            )
        yield living(one)


def living(one: Ends) -> str:
    """Whether the living networks learned."""
    alive = one["error"]["alive"]
    if not alive["n"]:
        return f"**{one['setting']}**: no network was alive at the end."
    count = round(one["learned"].estimate * one["n"])
    return (
        f"**{one['setting']}**: {count:,} of all {one['n']:,} networks learned the function "
        f"({sb.show.tenths(one['learned'])}), {alive['n'] - count:,} live and did not; the median error of the "
        f"{alive['n']:,} living ones is {alive['median']:.3g}, where the best constant has "
        f"{one['spread_of_targets']:.3g}. Being alive is not having learned: a network may see one part of the "
        "interval only."
    )


def precision(context: sb.Context) -> Iterator[Any]:
    """How often the verdict depends on precision, on the grid or on who asks."""
    found = every(context)
    counted = {what: sum(one["precision"][what] for one in found) for what in found[0]["precision"]}
    yield f"""
        A network is called dead where the slope of a whole layer is exactly 0 at every point of the grid; no tolerance
        enters, and nothing is rounded to whole numbers. The slope is carried through the layers in double precision
        from the weights that training in single precision left. Whether the answers are equal is another question,
        which rounding can decide. Over all {sum(one["n"] for one in found):,} networks told of here (seeds that occur
        in several settings count in each):"""
    yield "\n".join(f"- {what}: {count:,}" for what, count in counted.items())
    yield f"""
        A network that is alive only between two neighbors of the {len(FINE):,} points, {FINE[1] - FINE[0]:.4f} apart,
        would be missed. The training's own verdict (the probe *dead*) is on its {EXAMPLES:,} points, and in single
        precision."""


def published(context: sb.Context) -> Iterator[Any]:
    """The published shares beside the first setting."""
    found = ends(context)
    yield "\n".join(
        f"- **{one['setting']}** ({sb.show.tenths(one['collapsed'])}, n = {one['n']:,}). Lu et al., over 90 % of 1,000 "
        f"trainings: the share here {over_90(one)}. Xiang-Pan 2022, 909 of 1,000: the interval here "
        f"{'contains' if one['collapsed'].low <= 0.909 <= one['collapsed'].high else 'does not contain'} it, but his "
        "set-up is another one: a framework's default draw with biases instead of He's, one epoch instead of 100, and "
        "collapse by rounding the answers to whole numbers, which counts living networks too. Where the two shares are "
        "alike they are so for different reasons; the study *leaky_rescue* runs his set-up."
        for one in found["main"]
    )
    told = [
        f"with {one['setting']} the share {over_90(one)} ({sb.show.tenths(one['collapsed'])}, n = {one['n']:,})"
        for one in (found["main"][0], *found.get("ten", ())[:1])
    ]
    yield sb.Answer(f"Over 90 % of 1,000 trainings were reported: {'; '.join(told)}.")


def over_90(one: Ends) -> str:
    """What the interval of the share says of "over 90 %"."""
    found = one["collapsed"]
    return "agrees" if found.low > 0.9 else "does not agree" if found.high < 0.9 else "does not decide it"


study = sb.Study(
    name="dying_relu",
    title="Dying ReLU: narrow, deep networks that answer one constant",
    source="Dube, homework 2 (2019), problem 3.2; Lu, Shin, Su, Karniadakis 2020, Dying ReLU and initialization",
    question="Of 1,000 ReLU networks with 10 layers of width 2, each trained on its own 3,000 points of a "
    "one-dimensional function on [−√7, √7] in minibatches of 64, what fraction collapses to a constant function? Is "
    "that close to the published “over 90 %”?",
    ask=ask,
    profiles=PROFILES,
    score=sb.score("collapsed", record="main_ends", words="collapsed to a constant"),
    picture="ends",
    page=[
        sb.Section("Dead before the first step", [SIGNS, BOUNDS, born], asks="Why do they collapse?"),
        sb.Section("How the networks end", [ended], asks="What fraction collapses to a constant function?"),
        sb.Section("By step and by layer", [when]),
        sb.Section("The constant they answer", [BIASES, constants]),
        sb.Section("What the networks look like", [looks]),
        sb.Section("Dead, or only rounded", [precision]),
        sb.Section("What was published", [published], asks="Is that close to the published “over 90 %”?"),
    ],
    outcomes=outcomes,
    decided=(
        "“10-layer” is read in two ways: nine hidden layers of two units and a linear output, which is the first "
        "setting, and ten hidden layers; the output is linear, not a ReLU",
        "initial weights: He normal, biases 0; Adam with rate 0.001; mean squared error; 100 epochs",
        "an epoch is 46 minibatches of 64 of the 3,000 points; the 56 left over are others in every epoch",
        "each network draws its own 3,000 points; there is no noise",
        "the first setting is |x|, which a network with one hidden layer of two units represents exactly; the third "
        "function is recalled as 1 for x > 0 plus 0.2 sin 5x and could not be checked against the paper",
        "collapsed: some layer has slope exactly 0 at 1,025 points of the interval, ends included",
        "the constant under the mean absolute error is looked at on x sin 5x: on |x| mean and median of the targets "
        "are the same, and on the third function the median is not one number",
    ),
    claims=tuple(
        sb.Claim(id=name, source=source, record=record, value=value, statement=said, check=check, differs=differs)
        for name, source, record, value, said, check, differs in CLAIMS
    ),
)
