"""Depth or width: the Eggholder function learned with one to three hidden layers from one budget of hidden units."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.depth_or_width.networks import (
    BASELINE,
    SCALE,
    SHEET,
    THEIR_STEPS,
    THEIRS,
    Hidden,
    Reading,
    best_of,
    controls,
    in_units,
    model,
    name,
    order_at_128,
    rmse,
)
from seedbed.studies.depth_or_width.times import seconds
from seedbed.studies.depth_or_width.tried import Tried, lines, milli, rmse_figure, shown, tried, winner_words

XP2030 = "xp2030, homework 2, problem 5"
THEIR_SET_UP = (
    "batch norm behind single layers too, rate 0.05, the root of the squared error as loss, a slip of sign in the data"
)
QUICK: tuple[Hidden, ...] = (
    (32,), (64,), (128,), (256,), (16, 16), (16, 32), (32, 16), (32, 32), (64, 64),
    (16, 16, 16), (16, 32, 16), (32, 64, 32),
)  # fmt: skip
PROFILES: Any = {
    "smoke": {"seeds": 4, "networks": ((16,), (8, 8), (4, 8, 4)), "controls": ((16,), (8, 8)), "examples": 1_000,
              "batch": 100, "epochs": 5, "timed": (2, 0.02), "takes": "30 s",
              "reduced": "three networks of 16 units, 1,000 points, batches of 100, 5 epochs"},
    "quick": {"seeds": 16, "networks": QUICK, "controls": ((128,), (64, 64)), "examples": 20_000, "batch": 1_000,
              "epochs": 60, "timed": (5, 0.15), "takes": "5 minutes", "reduced": "12 of the 143 networks, up to 256 "
              "units; 20,000 training points of 80,000 and 60 epochs of 2,000: 1,200 steps instead of 160,000"},
    "full": {"seeds": 16, "networks": SHEET, "controls": ((128,), (64, 64), (32, 64, 32)), "examples": 80_000,
             "batch": 1_000, "epochs": 2_000, "timed": (9, 1.0),
             "takes": "weeks on two cores: all 143 networks, 160,000 steps each"},
}  # fmt: skip
BUDGETS = """
    **The trade-off.** One layer of w units on 2 inputs has 4w + 1 parameters; a second layer of w adds about w²: units
    are cheap in a shallow network, and a budget of units is no budget of parameters. So the question is how many
    parameters a deeper network needs to be better than the best shallower one of this run."""
TURNED = """
    The sheet gives batch norm to two and three layers and none to one. Depth and batch norm therefore change together
    in every figure above, and what looks like depth could be batch norm. So a few networks are trained with it turned:
    one layer with, more layers without, everything else alike."""
THEIR_RUN = """
    xp2030 (homework 2, problem 5) reports one run per network of 2,000 epochs of 80,000 points. What differs: the
    second term of the function has a sign slip (|x₁ − x₂ + 47| instead of |x₁ − x₂ − 47|; deviation 296.0), the RMSE
    itself is the loss on unscaled targets, batch norm stands in every network, one layer included, and no interval is
    given; the learning rate is 0.05. Momentum 0.9 and the noise's variance 0.3 are the same as here. The figures can
    therefore be compared in order and in kind, not digit by digit."""


def ask(profile: sb.Profile) -> dict[str, Any]:
    """The networks, those with batch norm turned, and the seconds of a step of each network."""
    repeats, least = profile.timed
    question = nets(profile, profile.networks)
    return {
        "networks": question,
        "controls": nets(profile, profile.controls, "turned"),
        "times": sb.measures.timed(question, repeats=repeats, least=least),
    }


def nets(profile: sb.Profile, hidden: Sequence[Hidden], norm: str = "sheet") -> sb.Spec:
    """The question for some networks, with batch norm as the sheet has it, or "turned"."""
    steps = profile.epochs * (profile.examples // profile.batch)
    net = sb.Spec(
        data=sb.data.eggholder(profile.examples, profile.examples // 4, noise=0.3**0.5, scale=SCALE),
        model=model((16,)),
        loss="mse",
        initializer=sb.initializers.glorot_uniform(),
        optimizer=sb.optimizers.nesterov(0.01, 0.9),
        batch_size=profile.batch,
        steps=steps,
        trace=max(steps // 8, 1),
        metrics="squared_error",
    )
    return net.vary(network={name(one, norm): {"model": model(one, norm)} for one in hidden})


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """The test error of every member, and the seconds of a step in the repeats that were timed."""
    errors = sb.derive(records["networks"], lambda levels, part: {"rmse": rmse(part, levels)}, of="networks")
    times = records["times"]
    seconds = times[["alone"]].isel(seed=0, drop=True).rename(repeat="seed")
    seconds = seconds.assign_coords(seed=range(times.sizes["repeat"]))
    return {"errors": errors, "seconds": seconds.assign_attrs(of="", factors="network")}


def by_units(context: sb.Context) -> Iterator[Any]:
    """RMSE against the total of hidden units, then every two depths at the same total."""
    run = tried(context)
    yield sb.Reading("networks", run.found)
    yield sb.Reading("equal_units", run.versus)
    theirs = {hidden: float(sum(hidden)) for hidden in THEIRS}
    drawn = lines(run.found, run.errors, "total", theirs)
    yield rmse_figure("rmse_by_units", drawn, "total number of hidden units", run)
    yield equal_words(run.versus)
    told = "; ".join(
        f"{deep} against {shallow}: {parts} units" for (deep, shallow), parts in verdicts(run.versus).items()
    )
    yield sb.Answer(best_words(run) + f" With equal units, {told}." * bool(told))
    if run.versus:
        yield sb.Table(
            ("hidden units", "layers", "difference in RMSE", "p (Holm)", "the deeper is"),
            [
                (
                    one["total"],
                    f"{one['deep']} − {one['shallow']}",
                    shown(one["difference"]),
                    sb.show.p_value(one["p"]),
                    one["verdict"],
                )
                for one in run.versus
            ],
            "RMSE of the deeper minus the shallower networks of the same total, the mean of those of one total, paired "
            f"by seed: mean with its 95 % bootstrap interval, n = {run.n} seeds; p by sign flips (paired t above 13 "
            "seeds), Holm-adjusted over the table.",
        )
    yield sb.Table(
        ("hidden layers", "units", "parameters", "test RMSE", "diverged"),
        [(one["setting"], one["total"], one["parameters"], shown(one["rmse"]), one["diverged"]) for one in run.found],
        f"Every network after {run.cap} steps: mean test RMSE over n = {run.n} seeds with its 95 % interval (BCa "
        "bootstrap). Parameters (exact) include scale and shift of batch norm.",
    )
    lost = "; ".join(f"{one['diverged']} of {one['n']} of {one['setting']}" for one in run.found if one["diverged"])
    if lost:
        yield f"Diverged: {lost}. They count with the RMSE of the best constant, {BASELINE:g}."


def best_words(run: Tried) -> str:
    """The best network of each number of layers."""
    best = [best_of(run.found, group) for group in dict.fromkeys(one["group"] for one in run.found)]
    told = "; ".join(f"{one['group']}: {one['setting']}, RMSE {shown(one['rmse'])}" for one in best)
    return f"Best of {told} (n = {run.n}, 95 % intervals)."


def equal_words(versus: Sequence[Reading]) -> str:
    """Whether depth pays at an equal number of units, counted, with the difference at the largest total."""
    told = []
    for (deep, shallow), parts in verdicts(versus).items():
        last = max((one for one in versus if (one["deep"], one["shallow"]) == (deep, shallow)), key=itemgetter("total"))
        told.append(
            f"- **{deep} against {shallow}** with the same number of units: {parts}. At {last['total']:,} units the "
            f"difference in RMSE is {shown(last['difference'])} (95 % interval, n = {last['difference'].n})."
        )
    nothing = "No two numbers of layers share a total here, or there is one seed only: depth is not compared."
    return "\n".join(told) or nothing


def verdicts(versus: Sequence[Reading]) -> dict[tuple[str, str], str]:
    """By deeper and shallower group: at which totals the deeper is better, worse, or not told apart."""
    told: dict[tuple[str, str], str] = {}
    for pair in dict.fromkeys((one["deep"], one["shallow"]) for one in versus):
        totals: dict[str, list[str]] = {"better": [], "worse": [], "not told apart": []}
        for one in versus:
            if (one["deep"], one["shallow"]) == pair:
                totals[one["verdict"]].append(f"{one['total']:,}")
        told[pair] = "; ".join(f"{kind} at {', '.join(those)}" for kind, those in totals.items() if those)
    return told


def by_parameters(context: sb.Context) -> Iterator[Any]:
    """RMSE against parameters, and what depth saves or costs of them."""
    run = tried(context)
    yield sb.Reading("smallest_winners", run.wins)
    theirs = {
        hidden: float(sb.show.parameter_count(sb.show.layers(sb.models.mlp(hidden, norm="batch"), (2,))))
        for hidden in THEIRS
    }
    drawn = lines(run.found, run.errors, "parameters", theirs)
    yield rmse_figure("rmse_by_parameters", drawn, "number of parameters", run)
    yield BUDGETS
    said = winner_words(
        run.wins["parameters"], "parameters", lambda one: f"{one['parameters']:,} parameters, RMSE {shown(one['rmse'])}"
    )
    yield said
    said = said.replace("**", "").replace("- ", "").replace("\n", " ")
    yield sb.Answer(f"{said} (n = {run.n} seeds, 95 % intervals.)")


def depth_or_norm(context: sb.Context) -> Iterator[Any]:
    """What batch norm does to networks of each depth, since the sheet gives it to the deeper ones only."""
    told = controls(context.record("controls"), tried(context).errors)
    yield sb.Reading("controls", told)
    yield TURNED
    if not told:
        yield "None of the controls has its sheet's network in this run."
        return
    yield sb.Table(
        ("hidden layers", "batch norm", "RMSE", "RMSE of the sheet's", "difference", "p (Holm)"),
        [
            (
                one["widths"],
                "with" if one["with"] else "without",
                shown(one["turned_rmse"]),
                shown(one["sheet_rmse"]),
                "—" if one["difference"] is None else shown(one["difference"]),
                sb.show.p_value(one["p"]),
            )
            for one in told
        ],
        "Networks with batch norm turned beside the same widths as the sheet has them: means over n = "
        f"{told[0]['sheet_rmse'].n} seeds and their paired difference (turned minus sheet's) with 95 % bootstrap "
        "intervals; p by sign flips, Holm-adjusted.",
    )
    yield control_words(told)


def control_words(told: Sequence[Reading]) -> str:
    """What is left of depth when batch norm is the same on both sides."""
    said = []
    alike = [(a, b) for a, b in itertools.permutations(told, 2) if a["with"] and not b["with"] and total(a) == total(b)]
    for one, more in alike:
        for how, shallow, deep in (
            ("without batch norm on either side", one["sheet_rmse"], more["turned_rmse"]),
            ("with batch norm on both", one["turned_rmse"], more["sheet_rmse"]),
        ):
            apart = (
                ""
                if np.isnan([shallow.low, deep.low]).any()
                else (
                    ", the two intervals do not overlap"
                    if deep.high < shallow.low or shallow.high < deep.low
                    else ", the two intervals overlap"
                )
            )
            said.append(f"- {how}: {one['widths']} has RMSE {shown(shallow)}, {more['widths']} {shown(deep)}{apart}.")
    return (
        "Depth at the same number of units and like for like:\n\n" + "\n".join(said)
        if said
        else ("No two of these have the same number of units: depth is not compared like for like here.")
    )


def total(one: Reading) -> int:
    """Hidden units of a control."""
    return sum(map(int, one["widths"].split("-")))


def progress(context: sb.Context) -> Iterator[Any]:
    """Test RMSE against the step for the best network of each depth, and what the last quarter still brought."""
    run = tried(context)
    parts = {sb.name_of(levels): (levels, part) for levels, part in sb.rows(context.record("networks"))}
    curves, said = {}, []
    for one in (best_of(run.found, group) for group in dict.fromkeys(one["group"] for one in run.found)):
        levels, part = parts[one["setting"]]
        steps = part["step"].values
        values = in_units(part["test_squared_error"].values, part["diverged_step"].values, levels)
        curves[one["setting"]] = (steps[steps > 0].astype(float), values[:, steps > 0])
        before = int(np.searchsorted(steps, 0.75 * steps[-1]))
        if one["n"] > 1 and 0 < before < len(steps) - 1:
            gap = sb.stats.pairs.difference(run.errors[one["setting"]], values[:, before])
            falls = "still falling" if gap.high < 0 else "not shown to fall any more"
            said.append(
                f"- {one['setting']}: from step {steps[before]:,} to {steps[-1]:,} the RMSE changed by {shown(gap)} "
                f"(mean, 95 % interval, n = {gap.n}): {falls}."
            )
    marks = [("the best constant", BASELINE)]
    yield sb.Figure(
        "curves",
        sb.figures.against(curves, "step (updates)", "test RMSE (units of the function)", log=False, marks=marks),
        "Test RMSE against the step for the best network of each number of layers: median and middle half of n = "
        f"{run.n} seeds. Dotted: the deviation of the function.",
        "Learning curves of the best network of each depth",
    )
    if said:
        yield "What the last quarter of the training brought:"
        yield "\n".join(said)


def published(context: sb.Context) -> Iterator[Any]:
    """xp2030's table beside the same widths here, and the order of 128 units."""
    run = tried(context)
    order = order_at_128(run.errors)
    yield sb.Reading("order_at_128", order)
    rows = [
        (
            one["setting"],
            THEIRS[one["hidden"]][0],
            shown(one["rmse"]),
            1e3 * THEIRS[one["hidden"]][1] / THEIR_STEPS,
            milli(one, "alone"),
        )
        for one in run.found
        if one["hidden"] in THEIRS
    ]
    if rows:
        yield sb.Table(
            ("hidden layers", "published RMSE", "RMSE here", "published ms a step", "ms a step here"),
            rows,
            f"Published single runs after 160,000 steps beside this run after {run.cap}: mean over n = {run.n} seeds "
            "with 95 % interval. Published milliseconds: the whole time divided by 160,000 steps, one run.",
        )
    if order is None:
        yield """
            The networks of 128 units that the published order is about were not all part of this run, or for one seed
            only: the order is not judged."""
        return
    two, three = (shown(gap) for gap in order["differences"])
    yield f"""
        **With 128 hidden units, three layers before two before one**: the published order {order["verdict"]} here.
        64-64 minus 128: {two}; 32-64-32 minus 64-64: {three} (RMSE, paired by seed, 95 % intervals, n =
        {order["n"]})."""


study = sb.Study(
    name="depth_or_width",
    title="Depth or width: one budget of units",
    source="Dube, homework 2 (2019), problem 5",
    question="With at most 512 hidden units in all, does one wide layer or do two or three narrower ones learn the "
    "Eggholder function best? How does the error trade against the number of parameters and against training time?",
    ask=ask,
    profiles=PROFILES,
    score=sb.score("rmse", record="errors", words="test RMSE"),
    picture="rmse_by_units",
    page=[
        sb.Section(
            "RMSE against hidden units", [by_units], asks="Which depth errs least for its total of hidden units?"
        ),
        sb.Section(
            "RMSE against parameters", [by_parameters], asks="How is RMSE traded against the number of parameters?"
        ),
        sb.Section("Depth, or batch norm?", [depth_or_norm]),
        sb.Section("Training time", [seconds], asks="Is training time traded like parameters?"),
        sb.Section("How far the training is", [progress]),
        sb.Section("Beside a published run", [THEIR_RUN, published]),
    ],
    outcomes=outcomes,
    decided=(
        "N(0, 0.3) is read as variance 0.3 (deviation 0.55), as the notation has it and xp2030 too; a deviation of "
        "0.3 would change nothing that can be seen beside a deviation of the function of 298",
        "inputs are divided by 512; targets by 300, since the squared error of raw targets diverges at this rate; "
        "every RMSE is told in the function's own units, on the test points with their noise, after the last step",
        "the budget is at most 512 units in all; the sheet's “less than 512” for two layers is read so too, as its "
        "one layer may have all 512",
        "Nesterov momentum 0.9 at the constant learning rate 0.01, Keras's default; xp2030's 0.05 belongs to another "
        "loss: under the squared error 4 of 16 networks of 128 units with batch norm diverged with it in a first try",
        "mean squared error; weights by Glorot's uniform draw and biases 0, as Keras has them by default",
        "batch norm before the activation of each hidden layer, running averages in testing (PyTorch's conventions)",
        "all networks and seeds learn and are tested on the same points; seeds differ in initial weights and in the "
        "order of the points",
        "a network that diverged predicts nothing and counts with the RMSE of the best constant, 298.4",
        "training time is seconds of a step, measured apart from the training, times the steps",
        "progress is saved network by network and, in long trainings, every few seconds",
    ),
    claims=(
        sb.Claim(
            id="deeper-is-better-at-128",
            source=XP2030,
            record="errors",
            differs=THEIR_SET_UP,
            statement="With 128 hidden units three layers (32-64-32, RMSE 80.8) beat two (64-64, 99.5), and two beat "
            "one (128, 274.5)",
            check="mean(rmse, network=32-64-32) < mean(rmse, network=64-64) < mean(rmse, network=128)",
        ),
        *(
            sb.Claim(
                id=f"xp2030-{name(hidden)}",
                source=XP2030,
                value=error,
                record="errors",
                differs=THEIR_SET_UP,
                check=f"one_run(rmse, network={name(hidden)}) = {error}",
                statement=f"{name(hidden)} hidden units reach a test RMSE of {error} after 2,000 epochs",
            )
            for hidden, (error, _) in THEIRS.items()
            if hidden in SHEET
        ),
        sb.Claim(
            id="time-is-flat",
            source=XP2030,
            record="seconds",
            differs="another program, whose time went into loading data",
            statement="Networks train equally long, whatever their size (32 and 32-64-32 units: 1,260 and 1,131 s; "
            "taken as within 20 %)",
            check="mean(alone, network=32-64-32) = mean(alone, network=32) within 20 %",
        ),
    ),
)
