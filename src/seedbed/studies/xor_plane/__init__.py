"""XOR with two hidden units: how the hidden plane comes to be divided by a line, how often, and where it gets stuck."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.xor_plane.plane import CORNERS, INPUTS, XOR, best_lines, flat_plane, hidden_planes
from seedbed.studies.xor_plane.stuck import where_the_others_are

STDS, RATES = [0.1, 0.3, 1.0, 3.0, 10.0], [0.03, 0.1, 0.3, 1.0, 3.0, 10.0]
PROFILES: Any = {
    "smoke": {"seeds": 8, "steps": 1_000, "stds": [0.3, 3.0], "rates": [0.1, 3.0], "of_map": 4, "takes": "20 s",
              "reduced": "a cap of 1,000 steps instead of 10,000; two initial scales, two learning rates with 4 seeds"},
    "quick": {"seeds": 256, "steps": 10_000, "stds": STDS, "rates": RATES, "of_map": 128, "takes": "50 s",
              "reduced": "the map over scale and rate: the first 128 seeds"},
    "full": {"seeds": 1024, "steps": 10_000, "stds": STDS, "rates": RATES, "of_map": 1024, "takes": "4 minutes"},
}  # fmt: skip
IN_WORDS = {"std": "initial deviation", "learning_rate": "learning rate"}
LINE = """
    The label is 1 where exactly one coordinate is 1. A line labels a point by the sign of z(x₁, x₂) = w₁ x₁ + w₂ x₂ +
    b. For every such z, whatever w and b:"""
MEANS_NOTHING = """
    **What cross-entropy makes of it.** With ŷ = σ(z), the gradient of the mean loss is the mean of (ŷ − y) x. At w = 0,
    b = 0 every ŷ is 1/2, and ŷ − y is +1/2 at (0, 0) and (1, 1), −1/2 at the others: the mean of (ŷ − y), of (ŷ − y) x₁
    and of (ŷ − y) x₂ are all 0. The loss is convex in w and b, strictly so here, so this is the only minimum: **one
    layer learns to answer 1/2 everywhere**, with a loss of ln 2 = 0.693, and which points it then gets right is decided
    by rounding."""
ONE_LAYER_AGAIN = """
    so the network is one layer with u = Wᵀv and d = vᵀb + c, whatever its weights, and all that was shown of one layer
    holds: at most three of four right, at every step of every training. In the hidden plane the images of the points
    stay the corners of a parallelogram, whose diagonals cross: no line separates their ends. The report leaves the
    biases out; with them the argument is the same."""
OVERLAP = "Their intervals overlap: over this map no effect of scale or rate on the share was shown."
EXTREMES = (
    "These are the extremes of a table, so each lies a little beyond what the same cell would show again; their "
    "intervals do not overlap."
)
WHERE = "Zhang & Li 2018, section"
CLAIMS = (  # id, section, record, share that was published, statement, check
    ("zhang-li-one-layer", "3.1", "one_layer", 0.75,
     "A single-layer perceptron can never divide the four points (less than one in twenty does)",
     "share(hit_step) < 5 %"),
    ("zhang-li-two-layers", "3.1", "two_layers", None,
     "A two-layer perceptron with tanh can divide the four points (one in twenty at least)",
     "share(hit_step, activation=tanh) > 5 %"),
    ("zhang-li-activation", "3.3", "two_layers", None,
     "Without the hidden activation two layers cannot either (less than one in twenty does)",
     "share(hit_step, activation=identity) < 5 %"),
)  # fmt: skip


def ask(profile: sb.Profile) -> dict[str, Any]:
    """The sheet's network with and without its activation; one layer alone; tanh over initial scales and rates."""
    net = sb.Spec(
        data=sb.data.corners(),
        model=sb.models.mlp([2], activation="tanh"),
        loss="cross_entropy",
        initializer=sb.initializers.normal(1.0),
        optimizer=sb.optimizers.sgd(0.1),
        stop=sb.reaches("train_accuracy", 1.0),
        steps=profile.steps,
        probes=("dead", "parameters"),
    )
    spread = net.replace(trace=profile.steps // 2, probes=("dead",))
    return {
        "two_layers": net.vary(activation=["tanh", "identity"]),
        "one_layer": sb.measures.train(net.replace(model="neuron"), fixed=True),
        "map": sb.measures.train(spread.vary(std=profile.stds, learning_rate=profile.rates), at_most=profile.of_map),
    }


def four_points(context: sb.Context) -> Iterator[Any]:
    """The points; why no line divides them; the best lines; what one layer learns."""
    labelings, best, lines = best_lines()
    single = linear_readings(context)["one layer"]
    panels = [sb.figures.Plane("The four points", CORNERS, XOR)]
    for number, line in enumerate(lines, start=1):
        panels.append(sb.figures.Plane(f"Best line {number}: {best:.0%} right", CORNERS, XOR, [line]))
    yield LINE
    yield sb.Formula(
        "z(0, 0) + z(1, 1) = w_1 + w_2 + 2 b = z(0, 1) + z(1, 0)",
        "the scores of the two points of label 0 have the same sum as those of label 1",
    )
    yield f"""
        All four right would need the left side to be at most 0 and the right side above 0. So one layer gets at most
        three of four. Sweeping a line over the points in all directions finds {labelings} of the 16 labelings; the two
        that are missing are XOR and its opposite, and {len(lines)} have {best:.0%} of the points right: each cuts off
        one corner."""
    yield sb.Figure(
        "one_line",
        sb.figures.planes(panels, "x₁", "x₂", limits=INPUTS, columns=3),
        "The data, and every kind of best line. Exact: nothing is drawn at random.",
        "Four points, and lines that each leave one of them on the wrong side",
    )
    yield MEANS_NOTHING
    yield f"""
        Measured: {single["n"]} single layers, learning rate 0.1, weights from N(0, 1), {single["cap"]:,} steps. Final
        loss {single["least"]:.5f} to {single["most"]:.5f} nats beside ln 2 = {np.log(2):.5f}; {single["arrived"]} of
        {single["n"]} ever had four points right."""
    yield sb.Reading("labelings", labelings)
    yield sb.Reading("best_of_a_line", best)
    yield sb.Answer(
        f"It labels points by a line, and no line has more than {best:.0%} of them right (exact). Of n = {single['n']} "
        f"single layers {sb.show.share(single['share'])} ever had all four right (95 % interval)."
    )


def linear_readings(context: sb.Context) -> dict[str, dict[str, Any]]:
    """Of every setting of the network, and of one layer: members that ever arrived, best accuracy, final losses."""
    if "linear" in context.kept:
        return context.kept["linear"]
    parts = {sb.name_of(levels): part for levels, part in sb.rows(context.record("two_layers"))}
    found = context.kept["linear"] = {}
    for name, part in {**parts, "one layer": context.record("one_layer")}.items():
        loss, arrived = part["final_train_loss"].values, int(np.isfinite(part["hit_step"].values).sum())
        best = max(np.nanmax(part[name].values) for name in ("train_accuracy", "final_train_accuracy"))
        numbers = {"n": int(loss.size), "cap": int(part.attrs["cap"]), "arrived": arrived, "best_accuracy": float(best)}
        ends = {"least": float(np.nanmin(loss)), "most": float(np.nanmax(loss))}
        found[name] = {**numbers, **ends, "share": sb.stats.wilson(arrived, loss.size)}
    return found


def over_scale_and_rate(context: sb.Context) -> Iterator[Any]:
    """The share that arrives over initial scale and learning rate, as a map, a table, and in words."""
    scored = context.scored("map")
    hits: Any = scored.hits
    shares, n, within = list(hits.shares().values()), len(hits.never), f"within {hits.cap:,.0f} steps"
    ranked = sorted(zip(shares, scored.names, strict=True), key=lambda one: one[0].estimate)
    (worst, last), (best, first) = ranked[0], ranked[-1]
    told = f"The largest share, {sb.show.share(best)}, is that of {first}; the least, {sb.show.share(worst)}, of {last}"
    yield sb.Answer(f"{told} (n = {n} each, {within}, 95 % intervals).")
    words = [f"{told}. {OVERLAP if best.low <= worst.high else EXTREMES}"]
    factors = [str(name) for name in scored.record["hit_step"].dims if name != "seed"]
    if factors == list(IN_WORDS):
        levels = [scored.record[name].values.tolist() for name in factors]
        names = [[f"{level:g}" for level in one] for one in levels]
        parts = [[getattr(one, part) for one in shares] for part in ("estimate", "low", "high")]
        share, low, high = np.reshape(parts, (3, *map(len, levels)))
        labels = dict(zip(("row_label", "column_label"), IN_WORDS.values(), strict=True))
        yield sb.Figure(
            "map",
            sb.figures.share_map(share, *names, low=low, high=high, what="four points right", **labels),
            f"Share of networks that get all four points right {within}, in percent, with 95 % intervals (Wilson) "
            f"below; n = {n} per cell, the same seeds in every cell.",
            "Success by initial scale and learning rate",
        )
        for axis, (what, at) in enumerate(zip(IN_WORDS.values(), names, strict=True)):
            means = zip(share.mean(axis=1 - axis), at, strict=True)
            listed = ", ".join(f"{mean:.0%} at {level}" for mean, level in means)
            words += [f"By {what}, averaged over the rest of the table: {listed}."] * (len(at) > 1)
    yield " ".join(words)
    columns = zip(scored.names, scored.members.settings, shares, scored.medians, strict=True)
    yield sb.Reading("map", [dict(zip(("setting", "levels", "share", "median"), one, strict=True)) for one in columns])


def without_activation(context: sb.Context) -> Iterator[Any]:
    """The proof that two linear layers are one; what they do; the hidden plane of one of them."""
    found = linear_readings(context)
    yield "With f(z) = z the two layers are"
    yield sb.Formula(
        "z = v^T (W x + b) + c = (v^T W) x + (v^T b + c) = u^T x + d",
        "the last layer of the first layer is again linear in x, with weights u and bias d",
    )
    yield ONE_LAYER_AGAIN
    cells = []
    for name, one in found.items():
        ever, losses = f"{one['arrived']}, {sb.show.share(one['share'])}", f"{one['least']:.4f} … {one['most']:.4f}"
        cells.append((name, one["n"], ever, f"{one['best_accuracy']:.0%}", losses))
    yield sb.Table(
        ("network", "members", "ever four right", "best accuracy of any", "final loss (nats)"),
        cells,
        "Members that ever had four points right (watched at every step; 95 %, Wilson), the largest accuracy of any "
        "member at any traced step, and the range of final losses.",
    )
    yield sb.Reading("linear", found)
    for levels, part in sb.rows(context.record("two_layers")):
        if levels["activation"] == "identity":
            one = found[sb.name_of(levels)]
            yield flat_plane(sb.name_of(levels), part)
            yield sb.Answer(
                f"Two layers are then one, whatever their weights (exact). Of n = {one['n']} networks "
                f"{sb.show.share(one['share'])} ever had four points right (95 % interval)."
            )


study = sb.Study(
    name="xor_plane",
    title="XOR with two hidden units: the points in the hidden plane",
    source="CIS581 assignment 4 (2018), part 3, in the report of Zhang and Li; CIS680 assignment 1 (2018), section 4",
    question="Why can one layer not learn XOR, how does a network with two hidden tanh units come to divide the four "
    "points by a line in its hidden plane, what share of networks does so for which initial scale and learning rate, "
    "where are the others, and what happens without the hidden activation?",
    ask=ask,
    profiles=PROFILES,
    score=sb.score("hit_step", record="two_layers"),
    picture="map",
    page=[
        sb.Section("Four points, one line", [four_points], asks="Why can one layer not learn XOR?"),
        hidden_planes,
        sb.Section(
            "How often, and how fast",
            [
                over_scale_and_rate,
                sb.show.arrivals(record="map", figures=False),
                sb.show.arrivals(),
                sb.show.curves("train_loss"),
            ],
            asks="What share of networks does so, for which initial scale and learning rate?",
        ),
        sb.Section("Where the others are", [where_the_others_are], asks="Where are the others?"),
        sb.Section(
            "Without the hidden activation", [without_activation], asks="What happens without the hidden activation?"
        ),
    ],
    decided=(
        "the sheet gives no learning rate, initial draw or number of steps: the member shown and the base setting use "
        "learning rate 0.1 (a solution of the 2018 sheet), weights from N(0, 1), biases 0, and 10,000 steps as a cap",
        "the loss is the mean cross-entropy of the four points, the update full-batch gradient descent",
        "a network has arrived at the first step at which all four points are on their side of 1/2, and stops there",
        "the member that is shown has the median step of arrival among those that arrived",
        "Zhang and Li's network has no biases in its formulas; here every layer has one, as in the sheet's figure",
    ),
    claims=tuple(
        sb.Claim(id=name, source=f"{WHERE} {section}", record=record, statement=said, value=value, check=check)
        for name, section, record, value, said, check in CLAIMS
    ),
)
