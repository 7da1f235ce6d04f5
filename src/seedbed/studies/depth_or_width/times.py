"""Training time: seconds of a step against parameters and operations, and whether depth saves them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.depth_or_width.networks import THEIR_STEPS, THEIRS, Reading
from seedbed.studies.depth_or_width.tried import lines, milli, rmse_figure, shown, tried, winner_words

UNSTEADY = 1.5  # most by least of the repeats beyond which a time is told to be disturbed


def seconds(context: sb.Context) -> Iterator[Any]:
    """Seconds against parameters and operations, RMSE against seconds, and whether time is traded like parameters."""
    run, device = tried(context), context.record("times").attrs["device"]
    timed = [one for one in run.found if np.isfinite([one["alone"], one["wave"]]).all()]
    repeats, first = run.found[0]["repeats"], lanes(run.found)
    yield f"""
        Measured on: {device}. **Alone**: one network in a program of its own, compiled and warm, on one device (one
        core of a CPU): what training a single network takes. **In a wave**: the engine trains many networks side by
        side on all devices; the time of a step of all, divided by their number. Both are differences of a long and a
        short call, so neither compiling nor the test set nor the start of a call is in them; median of {repeats}
        repeats."""
    if not timed:
        yield "Every network diverged while it was timed: there are no seconds to show."
        return
    for x, label in (("parameters", "number of parameters"), ("operations", "floating-point operations of a step")):
        panels = {
            title: {
                group: time_line([one for one in timed if one["group"] == group], x, way)
                for group in dict.fromkeys(one["group"] for one in timed)
            }
            for way, title in (("alone", "one network alone"), ("wave", "each network of a wave"))
        }
        yield sb.Figure(
            f"seconds_by_{x}",
            sb.figures.trade_offs(panels, label, "milliseconds of a training step", log=True),
            f"Milliseconds of a training step against the {label}, a point per network: median of {repeats} repeats, "
            f"bars from the least to the most of them. Left: one network by itself; right: one of {lanes(timed)} side "
            "by side. Parameters and operations are exact.",
            f"Time of a step against the {label}, alone and in a wave",
        )
    yield sb.Table(
        ("hidden layers", "parameters", "MFLOP a step", "ms a step, alone", "ms a step, in a wave", "trained alone in"),
        [
            (
                one["setting"],
                one["parameters"],
                one["operations"] / 1e6,
                milli(one, "alone"),
                milli(one, "wave"),
                duration(one["alone"] * one["cap"]),
            )
            for one in run.found
        ],
        "Parameters, and operations of the matrix products of a step (exact counts); milliseconds a step and network: "
        f"median of {repeats} repeats, least to most in brackets; in a wave: of {first} networks side by side. Last: "
        f"the median of one network alone times {run.cap} steps.",
    )
    said = range_words(timed)
    yield "\n\n".join(said)
    spent = [{**one, "spent": one["alone"] * one["cap"]} for one in timed]
    drawn = lines(spent, run.errors, "spent", {})
    yield rmse_figure("rmse_by_seconds", drawn, "seconds of training one network alone", run)
    yield "**Is time traded like parameters?** The networks that beat the best shallower one, by time:"
    yield winner_words(
        run.wins["alone"], "alone", lambda one: f"{1e3 * one['alone']:.2g} ms a step, RMSE {shown(one['rmse'])}"
    )
    alike = similar_words(run.wins)
    yield alike
    yield sb.Answer(
        f"{said[0].partition('. ')[0]} (medians of {repeats} repeats). "
        + alike.replace("**", "").replace("- ", "").replace("\n", " ")
        + f" Errors: n = {run.n} seeds, 5 %, Holm-adjusted."
    )


def lanes(found: Sequence[Reading]) -> str:
    """How many networks a wave holds, over all settings."""
    few, many = (pick(one["lanes"] for one in found) for pick in (min, max))
    return str(few) if few == many else f"{few} to {many}"


def duration(seconds: float) -> str:
    """Seconds as a reader wants them."""
    if np.isnan(seconds):
        return "—"
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def time_line(those: Sequence[Reading], x: str, way: str) -> Any:
    """Milliseconds of a step against parameters or operations, with the range of the repeats."""
    those = sorted(those, key=lambda one: one[x])
    low, high = 1e3 * np.array([one[f"{way}_range"] for one in those]).T
    return sb.figures.TradeOff(
        np.array([one[x] for one in those], float), 1e3 * np.array([one[way] for one in those]), low, high
    )


def range_words(timed: Sequence[Reading]) -> list[str]:
    """How seconds go with parameters and operations, over the networks that were timed; a paragraph for each point."""
    few, many = (pick(timed, key=lambda one: one["parameters"]) for pick in (min, max))
    rates = [one["operations"] / one["alone"] / 1e9 for one in timed]
    gains = [one["alone"] / one["wave"] for one in timed]
    said = [
        f"From {few['setting']} to {many['setting']} the parameters grow {many['parameters'] / few['parameters']:,.3g} "
        f"times, the operations of a step {many['operations'] / few['operations']:,.3g} times, and the time of a step "
        f"alone {many['alone'] / few['alone']:.2g} times. One network alone does {min(rates):.2g} to {max(rates):.2g} "
        "thousand million operations a second: where layers are narrow, a step spends its time on activations, batch "
        "norm and their gradients, which grow with the units and not with the weights between them.",
        f"In a wave a network costs {min(1 / gain for gain in gains):.2g} to {max(1 / gain for gain in gains):.2g} of "
        "what it costs alone. These are times of this machine at this moment, medians of the repeats in the table; the "
        "counts are exact.",
    ]
    unsteady = [one["setting"] for one in timed if one["alone_range"][1] > UNSTEADY * one["alone_range"][0]]
    if unsteady:
        said.append(
            f"The repeats of {', '.join(unsteady)} alone differ by more than a factor of {UNSTEADY:g}: the "
            "machine did other things meanwhile, and these times are too long."
        )
    cells = {(one["total"], one["layers"]): one for one in timed if len(set(one["hidden"])) == 1 and not one["others"]}
    shared = [units for units, layers in cells if layers == 1 and (units, 2) in cells]
    if shared:
        one, two = (cells[max(shared), layers] for layers in (1, 2))
        said.append(
            f"At {max(shared)} units, {two['setting']} takes {two['alone'] / one['alone']:.2g} times as long a "
            f"step as {one['setting']}, with {two['parameters'] / one['parameters']:.2g} times the "
            "parameters."
        )
    theirs = {one["hidden"]: THEIRS[one["hidden"]][1] / THEIR_STEPS * 1e3 for one in timed if one["hidden"] in THEIRS}
    if len(theirs) > 1:
        ours = [one["alone"] for one in timed if one["hidden"] in theirs]
        low, high = min(theirs.values()), max(theirs.values())
        said.append(
            f"xp2030's seconds for the {len(theirs)} of these networks are 7 to 8 ms a step whatever the "
            f"network ({low:.2f} to {high:.2f}, a factor of {high / low:.2f}); here the same ones differ by a "
            f"factor of {max(ours) / min(ours):.2g}. A time that does not feel the network is the time of "
            "something else: reading batches and starting operations one by one."
        )
    return said


def similar_words(wins: Mapping[str, Sequence[Reading]]) -> str:
    """Whether depth saves time as it saves parameters, pair by pair."""
    said = []
    for by_size, by_time in zip(wins["parameters"], wins["alone"], strict=True):
        if by_size["winner"] is None or by_time["winner"] is None:
            continue
        saves = ["saves" if one["ratio"] < 1 else "costs" for one in (by_size, by_time)]
        alike = "a similar trade-off" if saves[0] == saves[1] else "no similar trade-off"
        said.append(
            f"- {by_size['deeper']} against {by_size['best']['group']}: the cheapest better network {saves[0]} "
            f"parameters ({by_size['ratio']:.2g} times those of the best shallower one) and {saves[1]} time "
            f"({by_time['ratio']:.2g} times): **{alike}**."
        )
    return "\n".join(said) or "Nothing deeper is shown to be better here, so there is no trade-off to compare."
