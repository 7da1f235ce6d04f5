"""What reaches each of five hidden layers, forward and backward, for activations and initial draws: before training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import seedbed as sb

WIDTH, DEPTH, PIXELS = 100, 5, 784
FANS = [(PIXELS, WIDTH), *[(WIDTH, WIDTH)] * (DEPTH - 1)]
GLOROT, HE = "Glorot", "He"
KNOWN = ("identity", "sigmoid", "tanh", "relu", "selu", "softplus", "gelu", "silu")  # the activations theory knows
EDGES = {"tanh": (-0.99, 0.99), "sigmoid": (0.01, 0.99)}  # a unit beyond them is saturated
WAYS = {"forward": ("activation_moments", 0, -1), "backward": ("backward_moments", -1, 0)}  # from layer, to layer
SIZES = {"forward": "root mean square of the activations", "backward": "root mean square of ∂L/∂z"}
GONE = 99.0  # decades, of a signal of which nothing is left
TENFOLD = 1.0  # decades: a signal that changes by more between the first and the last layer vanishes or explodes
FATES = {
    "vanishes": "The gradient **vanishes** on its way to the first layer",
    "explodes": "It **explodes**",
    "is kept": "It stays within a factor of 10",
    "cannot be told": "Whether it stays within a factor of 10 cannot be told",
}
BOTH = {
    "forward": "From the first hidden layer to the fifth the activations change",
    "backward": "From the fifth to the first the gradient changes",
}
SHEET = "Dube, homework 2, problem 3.1"
HE_BETTER = "He's initialization works better than Glorot's for ReLU (the signal {} changes by fewer decades)"
GLOROT_HELPS = (
    "Glorot's initialization keeps gradients from vanishing or exploding with {} (less than tenfold over the layers)"
)
CLAIMS = (  # id, statement, check
    ("he-better-for-relu-forward", HE_BETTER.format("forward"),
     "mean(forward, activation=relu, draw=He) < mean(forward, activation=relu, draw=Glorot)"),
    ("he-better-for-relu-backward", HE_BETTER.format("backward"),
     "mean(backward, activation=relu, draw=He) < mean(backward, activation=relu, draw=Glorot)"),
    ("glorot-helps-tanh", GLOROT_HELPS.format("tanh"), "quantile(backward, 0.95, activation=tanh, draw=Glorot) < 1"),
    ("glorot-helps-sigmoid", GLOROT_HELPS.format("sigmoid"),
     "quantile(backward, 0.95, activation=sigmoid, draw=Glorot) < 1"),
)  # fmt: skip
ALL, FEWER = ["tanh", "sigmoid", "relu"], ["tanh", "relu"]
PROFILES: Any = {
    "smoke": {"seeds": 4, "images": 256, "batch": 32, "activations": FEWER, "deviations": (0.1, 0.28), "takes": "30 s",
              "reduced": "32 images a network of the first 256, two normal draws, no sigmoid"},
    "quick": {"seeds": 48, "images": 2_000, "batch": 128, "activations": ALL, "takes": "2 minutes",
              "deviations": (0.01, 0.1, 0.14, 0.28, 1.0), "reduced": "128 images a network of the first 2,000 and five "
              "normal draws, instead of 512 of 10,000 and seven"},
    "full": {"seeds": 256, "images": 10_000, "batch": 512, "activations": ALL, "takes": "15 minutes",
             "deviations": (0.01, 0.05, 0.1, 0.14, 0.2, 0.28, 1.0)},
}  # fmt: skip
PRODUCTS = """
    Backward, the loss gradient at a layer is the one behind it, multiplied by the weights between them and by the
    activation's slopes. Forward, the activations of a layer are those in front of it, multiplied by the weights and
    passed through the activation. In both directions one factor per layer is multiplied up, so a factor that is not
    close to 1 grows or shrinks exponentially with depth."""
FACTORS = sb.Formula(
    '"Var" z^((l)) = n_(l-1) sigma^2 thin EE (a^((l-1)))^2, quad quad '
    "EE (partial L \\/ partial z^((l)))^2 = n_(l+1) sigma^2 thin EE f'(z^((l)))^2 thin "
    "EE (partial L \\/ partial z^((l+1)))^2",
    "the variance of a layer's input is the fan-in times the variance of the weights times the mean square of the "
    "activations in front of it; the mean square of the gradient is that of the layer behind, times the fan-out, "
    "the variance of the weights and the mean square of the slope",
)
TERMS = """
    *Vanishing* is a gradient that reaches the first layer at a small fraction of what it is at the last: the first
    layers hardly learn. *Exploding* is the opposite: the first update throws the first layers far away. The slope of a
    sigmoid is at most 1/4, and nearly 0 where the unit is saturated; that of tanh is at most 1; that of ReLU is 1 for
    half of the numbers that have a symmetric law and 0 for the others. Glorot's draw sets the variance of the weights
    to 2 / (fan-in + fan-out), which keeps both products near 1 where the slope is 1 (tanh near 0). He's sets it to
    2 / fan-in, which makes up for the half that ReLU drops."""
SHRUNK = (
    "One factor per layer is multiplied up, so the gradient shrinks or grows exponentially with depth. The first of "
    "five layers gets from"
)
GROWTH = "From the first layer to the fifth the activations (their root mean square) change by a factor from"
WHY = """
    Glorot's variance is the harmonic mean of what the fan-in and the fan-out ask for: between two layers of 100 it is
    half of He's. ReLU passes any positive factor on, and under one seed both draws take the same normal numbers, so
    He's and Glorot's networks differ by exactly √2 in each of the four steps between the hidden layers: by 4 in all,
    whatever the seed. Twice the variance makes up for the half of the numbers that ReLU drops."""


def ask(profile: sb.Profile) -> dict[str, Any]:
    """Five hidden layers of 100 on digits before the first update, and the images that theory starts from."""
    normals = {f"normal {std:g}": sb.initializers.normal(std) for std in profile.deviations}
    draws = {**normals, GLOROT: sb.initializers.glorot_normal(), HE: sb.initializers.he_normal()}
    net = sb.Spec(
        data=sb.data.mnist(train=profile.images, test=1),
        model=sb.models.mlp([WIDTH] * DEPTH, activation="tanh"),
        initializer=draws[GLOROT],
        loss="cross_entropy",
        optimizer=sb.optimizers.sgd(0.1),
        batch_size=profile.batch,
        steps=0,
        trace=1,
        probes=("activation_moments", "activation_quantiles", "backward_moments", "dead_units"),
    )
    question = net.vary(
        activation=profile.activations, draw={name: {"initializer": part} for name, part in draws.items()}
    )
    return {"signal": question, "images": sb.measures.examples(question)}


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """Of every member: the decades by which its signal changes from end to end, as such and up or down alike."""

    def of(_: Any, part: Any) -> dict[str, np.ndarray]:
        changes = {way: change(part, way) for way in WAYS}
        return {
            **{way: np.abs(found) for way, found in changes.items()},
            **{f"{way}_change": changes[way] for way in WAYS},
        }

    return {
        "decades": sb.derive(records["signal"].sel(step=0).assign_attrs(factors="activation draw"), of, of="signal")
    }


def size(part: Any, way: str) -> np.ndarray:
    """Root mean square (member, hidden) of activations or gradients, from their mean and deviation."""
    moments = part[WAYS[way][0]]
    return np.hypot(moments.sel(moment="mean").values, moments.sel(moment="std").values)


def change(part: Any, way: str) -> np.ndarray:
    """Decades by which a signal changes on its way through the layers, for each member; where it is gone, -99."""
    _, first, last = WAYS[way]
    values = size(part, way)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(np.log10(values[:, last] / values[:, first]), nan=-GONE, neginf=-GONE, posinf=GONE)


def fate(backward: Any) -> str:
    """Vanishes, explodes or is kept, by the interval of the median change of the gradient."""
    low, high = (backward.estimate if np.isnan(end) else end for end in (backward.low, backward.high))
    if high < -TENFOLD:
        return "vanishes"
    if low > TENFOLD:
        return "explodes"
    return "is kept" if low > -TENFOLD and high < TENFOLD else "cannot be told"


def settings(context: sb.Context) -> list[tuple[dict[str, Any], Any, Any]]:
    """Levels, record and theory of every setting; None as theory of activations it does not know."""
    if "settings" not in context.kept:
        squares = (context.record("images")["inputs"].isel(seed=0).values.astype(float) ** 2).mean(axis=(1, 2))
        context.kept["settings"] = [
            (levels, part, theory(levels, squares)) for levels, part in sb.rows(context.record("signal").sel(step=0))
        ]
    return context.kept["settings"]


def theory(levels: Mapping[str, Any], squares: np.ndarray) -> Any:
    """What infinite width expects of images with these mean squares."""
    if levels["activation"] in KNOWN:
        return sb.stats.propagation(levels["activation"], deviations(levels["draw"]), FANS, squares)
    return None


def deviations(draw: str) -> list[float]:
    """The deviation of the weights into each hidden layer."""
    if draw == GLOROT:
        return [(2 / (into + out)) ** 0.5 for into, out in FANS]
    if draw == HE:
        return [(2 / into) ** 0.5 for into, _ in FANS]
    return [float(draw.removeprefix("normal "))] * DEPTH


def factor(decades: float) -> str:
    """A number of decades as a factor: `0.25`, `10^−3.2`, and 0 where nothing is left."""
    if np.isnan(decades):
        return "–"
    if decades <= -90:
        return "0"
    return f"{10**decades:.2g}" if -2 < decades < 3 else f"10^{decades:.1f}".replace("-", "−")


def factors(value: Any) -> str:
    """A change with its interval, as a factor."""
    return sb.show.interval(value, factor)


def changes(context: sb.Context, way: str) -> Any:
    """The changes of a signal, member by member; their medians with exact intervals."""
    return context.scored("decades", f"{way}_change")


def extremes(way: str, before: str, behind: str = "") -> Any:
    """A block that only answers: the settings between which a signal changes least and most."""

    def items(context: sb.Context) -> Iterator[Any]:
        found = changes(context, way)
        ranked = sorted(zip(found.names, found.medians, strict=True), key=lambda one: one[1].estimate)
        told = " to ".join(f"{factors(value)} with {name}" for name, value in (ranked[0], ranked[-1]))
        yield sb.Answer(f"{before} {told}{behind} (medians of n = {found.n} networks, 95 % intervals).")

    return items


def violins(context: sb.Context) -> Iterator[Any]:
    """A figure per activation: a violin per layer for every draw; draws with numbers that are not finite left out."""
    panels: dict[str, list[Any]] = {}
    for levels, part, known in settings(context):
        layers = [part["activation_quantiles"].isel(hidden=hidden).values.ravel() for hidden in range(DEPTH)]
        if all(np.isfinite(layer).all() for layer in layers):
            its = sb.figures.Spread(levels["draw"], layers, known and (known.mean, known.std))
            panels.setdefault(levels["activation"], []).append(its)
    for activation, shown in panels.items():
        yield sb.Figure(
            f"activations_{sb.show.file_name(activation)}",
            sb.figures.violins(shown, "hidden layer", f"activation of {activation}"),
            f"Activations of {activation} at each hidden layer before training, a panel per initial draw, each with an "
            "axis of its own. A violin holds 100 quantiles of each of n = "
            f"{context.record('signal').sizes['seed']} networks (every unit, every image of its batch); white line: "
            "median, grey bar: middle half. Whiskers: mean ± one deviation that theory expects of infinitely wide "
            "layers. No interval: this is the distribution itself.",
            f"Violins of activations of {activation} by layer for every initial draw",
        )


def lines(context: sb.Context) -> Iterator[Any]:
    """How large activations and gradients are at each layer, with theory."""
    for way, what in SIZES.items():
        panels: dict[str, dict[str, Any]] = {}
        for levels, part, known in settings(context):
            low, mid, high = np.quantile(size(part, way), (0.05, 0.5, 0.95), axis=0)
            line = known and (np.hypot(known.mean, known.std) if way == "forward" else known.backward * mid[-1])
            shown = panels.setdefault(levels["activation"], {})
            shown[levels["draw"]] = sb.figures.AcrossLayers(mid, low, high, line)
        anchored = " Theory tells each layer relative to the last, where it begins." if way == "backward" else ""
        yield sb.Figure(
            way,
            sb.figures.across_layers(panels, "hidden layer", what),
            f"{what[:1].upper()}{what[1:]} at each hidden layer before training: median and 5–95 % of n = "
            f"{context.record('signal').sizes['seed']} networks, a panel per activation, a line per initial draw; "
            f"dashed: theory of infinitely wide layers.{anchored}",
            f"{what} against the layer",
        )


def verdicts(context: sb.Context) -> Iterator[Any]:
    """One row per setting, and which of them vanish, explode or keep the gradient."""
    forward, backward = (changes(context, way) for way in WAYS)
    rows: list[dict[str, Any]] = []
    for place, (levels, part, _) in enumerate(settings(context)):
        last, edges = part["activation_quantiles"].isel(hidden=-1).values, EDGES.get(levels["activation"])
        gone = {way: int((np.abs(changes(context, way).members.values[:, place]) == GONE).sum()) for way in WAYS}
        rows.append(
            {
                "setting": sb.name_of(levels),
                "levels": levels,
                "n": forward.n,
                "gone": gone,
                "forward": forward.medians[place],
                "backward": backward.medians[place],
                "dead": float(part["dead_units"].isel(hidden=-1).mean()),
                "saturated": None if edges is None else float(((last < edges[0]) | (last > edges[1])).mean()),
                "fate": fate(backward.medians[place]),
            }
        )
    yield sb.Reading("settings", rows)
    ends = ("activations, layer 5 / layer 1", "gradient, layer 1 / layer 5")
    shares = ("saturated at layer 5", "dead units at layer 5")
    yield sb.Table(
        ("activation, draw", *ends, *shares, "the gradient"),
        [
            (
                one["setting"],
                *(factors(one[way]) for way in WAYS),
                *(sb.show.percent(one[what]) for what in ("saturated", "dead")),
                one["fate"],
            )
            for one in rows
        ],
        "Change of the root mean square from the first hidden layer to the last (activations) and back (gradient "
        f"∂L/∂z) before training: median over n = {forward.n} networks with its exact 95 % interval from order "
        "statistics. Saturated: share of activations beyond ±0.99 (tanh) or outside [0.01, 0.99] (sigmoid), from 100 "
        "quantiles. Dead: mean share of units that answer all training images alike. A gradient vanishes where "
        "the interval lies below 1/10, explodes above 10.",
    )
    of = {kind: [one["setting"] for one in rows if one["fate"] == kind] for kind in FATES}
    told = [f"{said}: {'; '.join(of[kind])}." for kind, said in FATES.items() if of[kind]]
    yield "\n\n".join([*told, f"Each by the interval over n = {forward.n} networks in the table."])
    glorot = [
        f"{one['levels']['activation']}: {factors(one['backward'])} times, {one['fate']}"
        for one in rows
        if one["levels"]["draw"] == GLOROT
    ]
    yield sb.Answer(
        f"On its way to the first layer it vanishes in {len(of['vanishes'])} and explodes in {len(of['explodes'])} of "
        f"{len(rows)} settings (more than tenfold, n = {forward.n})."
        + f" With Glorot's draw: {'; '.join(glorot)} (medians, 95 % intervals)."
        * bool(glorot)
    )


def he_or_glorot(context: sb.Context) -> Iterator[Any]:
    """He against Glorot for ReLU under the same seeds, and which of the two is nearer to no change."""
    if not {"relu, He", "relu, Glorot"} <= set(changes(context, "forward").names):
        yield sb.Reading("he_against_glorot", None)
        yield "ReLU with both draws was not part of this run."
        return
    found: dict[str, Any] = {"n": changes(context, "forward").n}
    told: list[str] = []
    for way, start in BOTH.items():
        scored = changes(context, way)
        places = [scored.names.index(f"relu, {draw}") for draw in (HE, GLOROT)]
        he, glorot = scored.members.values[:, places].T
        medians = dict(zip(("he", "glorot"), (scored.medians[place] for place in places), strict=True))
        both = (np.abs(he) < GONE) & (np.abs(glorot) < GONE)
        gap = sb.stats.pairs.difference(he[both], glorot[both]) if both.sum() > 1 else None
        nearer = sb.stats.wilson(int((np.abs(he) < np.abs(glorot)).sum()), len(he))
        found[way] = {**medians, "difference": gap, "nearer": nearer}
        by = f"{factors(medians['he'])} under He's draw and {factors(medians['glorot'])} under Glorot's"
        if gap is not None and np.isfinite(gap.low):
            apart = "apart" if gap.low > 0 or gap.high < 0 else "not told apart"
            by += (
                f"; paired by seed, He's factor is {10**gap.estimate:.2f} times Glorot's (geometric mean, 95 % "
                f"interval {10**gap.low:.2f} to {10**gap.high:.2f}, n = {gap.n}), so the two are {apart}"
            )
        told.append(
            f"{start} by the factor {by}. He's is nearer to 1 in {sb.show.share(nearer)} of {len(he)} networks."
        )
    yield sb.Reading("he_against_glorot", found)
    verdict = he_verdict(*(found[way]["nearer"] for way in WAYS))
    yield "\n\n".join([f"**{verdict}** {told[0]}", *told[1:], WHY])
    shares = " and ".join(f"{sb.show.share(found[way]['nearer'])} of networks {way}" for way in WAYS)
    yield sb.Answer(f"{verdict} It changes the signal less than Glorot's in {shares} (n = {found['n']}).")


def he_verdict(forward: Any, backward: Any) -> str:
    """Which draw keeps the signal better, by the shares of networks in which He's is nearer to no change."""
    sides = (("the activations", forward), ("the gradient", backward))
    he, glorot = [what for what, share in sides if share.low > 0.5], [what for what, share in sides if share.high < 0.5]
    if he and glorot:
        return f"For ReLU, He's draw keeps {he[0]} better, Glorot's {glorot[0]}."
    for draw, other, better in (("He's", "Glorot's", he), ("Glorot's", "He's", glorot)):
        if better:
            return f"For ReLU, {draw} draw keeps {' and '.join(better)} better than {other}."
    return "Neither draw is shown to keep the signal better."


def theory_beside(context: sb.Context) -> Iterator[Any]:
    """The largest distance, in decades, of the median network from theory, where a signal reaches all layers."""
    gaps: dict[str, float] = {}
    for levels, part, known in settings(context):
        mid = np.median(size(part, "forward"), axis=0)
        if known is not None and (mid > 0).all():
            gaps[sb.name_of(levels)] = float(np.abs(np.log10(mid / np.hypot(known.mean, known.std))).max())
    yield sb.Reading("theory", gaps)
    if not gaps:
        yield "Theory says nothing of the activations of this run."
        return
    worst = max(gaps, key=lambda name: gaps[name])
    yield f"""
        The median network's activations lie within a factor {10 ** gaps[worst]:.2f} of the theory of infinitely wide
        layers at every layer of every setting it covers (the largest distance: {worst}; n =
        {context.record("signal").sizes["seed"]}). That theory knows only the fans, the deviation of the weights and
        the mean square of each image, so it can be used before anything is run: choose the deviation that makes the
        factor per layer 1."""


study = sb.Study(
    name="signal_by_layer",
    title="Vanishing and exploding signals, layer by layer",
    source="Dube, homework 2 (2019), problem 3.1; the article it refers to, on weight initialization (intoli.com)",
    question="How do activations and gradients change from layer to layer of a deep network, for tanh, sigmoid and "
    "ReLU, under normal draws of several deviations, Glorot's and He's? Where do they vanish or explode, and is He's "
    "draw better than Glorot's for ReLU?",
    ask=ask,
    profiles=PROFILES,
    score=sb.score("backward", record="decades", words="change of the gradient over the layers (decades)"),
    picture="backward",
    page=[
        sb.Section(
            "What vanishes and what explodes",
            [PRODUCTS, FACTORS, TERMS, extremes("backward", SHRUNK, " of what the last layer gets")],
            asks="What are vanishing and exploding gradients?",
        ),
        sb.Section(
            "Activations at each layer",
            [violins, extremes("forward", GROWTH)],
            asks="How do activations change from layer to layer?",
        ),
        sb.Section("From layer to layer", [lines]),
        sb.Section(
            "Which draws keep the signal",
            [verdicts],
            asks="Where does the gradient vanish or explode, and does Glorot's draw help?",
        ),
        sb.Section("He or Glorot for ReLU", [he_or_glorot], asks="Is He's draw better than Glorot's for ReLU?"),
        sb.Section("Theory beside the networks", [theory_beside]),
    ],
    outcomes=outcomes,
    decided=(
        "five hidden layers of 100 units, each with the activation, and an output layer of 10; the article's program "
        "puts one more linear layer of 100 in front, which its figures skip",
        "images are scaled to [0, 1], biases are 0, nothing is trained",
        "deviations 0.10, 0.14 and 0.28 are the article's; between layers of 100, He's is 0.14 and Glorot's 0.10",
        "a gradient is the one of the mean loss of a batch by a layer's input z, for each unit and image",
        "a gradient vanishes or explodes where the median network's changes by more than a factor of 10 over the five "
        "layers",
        "activations and gradients are those of a batch of each network's own, from the first images of the training "
        "set; units are dead by all of these images",
    ),
    claims=tuple(
        sb.Claim(id=name, source=SHEET, record="decades", statement=said, check=check) for name, said, check in CLAIMS
    ),
)
