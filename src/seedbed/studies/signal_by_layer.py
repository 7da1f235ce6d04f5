"""What reaches each of five hidden layers, forward and backward, for activations and initial draws: before training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

WIDTH, DEPTH, PIXELS, CLASSES = 100, 5, 784, 10
FANS = [(PIXELS, WIDTH), *[(WIDTH, WIDTH)] * (DEPTH - 1)]
NORMALS = {"smoke": (0.1, 0.28), "quick": (0.01, 0.1, 0.14, 0.28, 1.0), "full": (0.01, 0.05, 0.1, 0.14, 0.2, 0.28, 1.0)}
IMAGES = {"smoke": 256, "quick": 2_000, "full": 10_000}
BATCH = {"smoke": 32, "quick": 128, "full": 512}
GLOROT, HE = "Glorot", "He"
PROBES = ("activation_moments", "activation_quantiles", "backward_moments", "dead_units")
TENFOLD = 1.0  # decades: a signal that changes by more between the first and the last layer vanishes or explodes


def draws(profile: str) -> dict[str, Mapping[str, Any]]:
    """The initial draws by name: normal ones of a fixed deviation, then those that look at the fans."""
    normals = {f"normal {std:g}": {"initializer": sb.initializers.normal(std)} for std in NORMALS[profile]}
    fans = {GLOROT: sb.initializers.glorot_normal(), HE: sb.initializers.he_normal()}
    return {**normals, **{name: {"initializer": part} for name, part in fans.items()}}


def ask(profile: str) -> sb.Spec:
    """Five hidden layers of 100 on digits, looked at before the first update."""
    net = sb.Spec(
        data=sb.data.mnist(train=IMAGES[profile], test=1), model=sb.models.mlp([WIDTH] * DEPTH, activation="tanh"),
        initializer=sb.initializers.glorot_normal(), loss="cross_entropy", optimizer=sb.optimizers.sgd(0.1),
        batch_size=BATCH[profile], steps=0, trace=1, probes=PROBES,
    )  # fmt: skip
    activations = ["tanh", "relu"] if profile == "smoke" else ["tanh", "sigmoid", "relu"]
    return net.vary(activation=activations, draw=draws(profile))


def measure(lab: sb.Lab) -> dict[str, xr.Dataset]:
    """The networks before training, and the images for what theory expects."""
    question = ask(lab.profile)
    return {"signal": lab.run(question, "signal"), "images": lab.examples(question, "images")}


def tell(records: Mapping[str, xr.Dataset]) -> sb.Page:
    """The page: what vanishes and what explodes, the signal by layer with theory beside it, He or Glorot."""
    record = records["signal"].sel(step=0)
    squares = (records["images"]["inputs"].isel(seed=0).values.astype(float) ** 2).mean(axis=(1, 2))
    expected = theory(record, squares)
    found = [reading(levels, part) for levels, part in sb.rows(record)]
    versus = against(record)
    sections = [
        sb.Section("What vanishes and what explodes", EXPLAINED),
        sb.Section("Activations at each layer", list(violin_items(record, expected))),
        sb.Section("From layer to layer", list(line_items(record, expected))),
        sb.Section("Which draws keep the signal", [table(found, record), sb.Prose(named(found))]),
        sb.Section("He or Glorot for ReLU", [sb.Prose(words(versus))]),
        sb.Section("Theory beside the networks", [sb.Prose(fit_words(record, expected))]),
    ]
    return sb.Page(sections, {"settings": found, "he_against_glorot": versus, "theory": fit(record, expected)})


EXPLAINED = [
    sb.Prose(
        "Backward, the loss gradient at a layer is the one behind it, multiplied by the weights between them and by "
        "the activation's slopes. Forward, the activations of a layer are those in front of it, multiplied by the "
        "weights and passed through the activation. In both directions one factor per layer is multiplied up, so a "
        "factor that is not close to 1 grows or shrinks exponentially with depth."
    ),
    sb.Formula(
        "\"Var\" z^((l)) = n_(l-1) sigma^2 thin EE (a^((l-1)))^2, quad quad "
        "EE (partial L \\/ partial z^((l)))^2 = n_(l+1) sigma^2 thin EE f'(z^((l)))^2 thin "
        "EE (partial L \\/ partial z^((l+1)))^2",
        "the variance of a layer's input is the fan-in times the variance of the weights times the mean square of the "
        "activations in front of it; the mean square of the gradient is that of the layer behind, times the fan-out, "
        "the variance of the weights and the mean square of the slope",
    ),
    sb.Prose(
        "*Vanishing* is a gradient that reaches the first layer at a small fraction of what it is at the last: the "
        "first layers hardly learn. *Exploding* is the opposite: the first update throws the first layers far away. "
        "The slope of a sigmoid is at most 1/4, and nearly 0 where the unit is saturated; that of tanh is at most 1; "
        "that of ReLU is 1 for half of the numbers that have a symmetric law and 0 for the others. Glorot's draw sets "
        "the variance of the weights to 2 / (fan-in + fan-out), which keeps both products near 1 where the slope is 1 "
        "(tanh near 0). He's sets it to 2 / fan-in, which makes up for the half that ReLU drops."
    ),
]  # fmt: skip


def theory(record: xr.Dataset, squares: np.ndarray) -> dict[tuple[str, str], Any]:
    """What infinite width expects, by (activation, draw); nothing for activations it does not know."""
    found = {}
    for levels, _ in sb.rows(record):
        activation, draw = levels["activation"], levels["draw"]
        if activation in KNOWN:
            found[activation, draw] = sb.stats.propagation(activation, deviations(draw), FANS, squares)
    return found


KNOWN = ("identity", "sigmoid", "tanh", "relu", "selu", "softplus", "gelu", "silu")


def deviations(draw: str) -> list[float]:
    """The deviation of the weights into each hidden layer."""
    if draw == GLOROT:
        return [(2 / (into + out)) ** 0.5 for into, out in FANS]
    if draw == HE:
        return [(2 / into) ** 0.5 for into, _ in FANS]
    return [float(draw.removeprefix("normal "))] * DEPTH


def spread(part: xr.Dataset, variable: str) -> np.ndarray:
    """Root mean square (member, hidden) of a quantity, from its mean and deviation."""
    moments = part[variable]
    return np.hypot(moments.sel(moment="mean").values, moments.sel(moment="std").values)


def violin_items(record: xr.Dataset, expected: Mapping[tuple[str, str], Any]) -> Iterator[sb.Figure]:
    """A figure per activation: a violin per layer for every draw."""
    n = record.sizes["seed"]
    for activation in record["activation"].values.tolist():
        panels = []
        for draw in record["draw"].values.tolist():
            quantiles = record["activation_quantiles"].sel(activation=activation, draw=draw)
            layers = [quantiles.isel(hidden=hidden).values.ravel() for hidden in range(DEPTH)]
            if not all(np.isfinite(layer).all() for layer in layers):
                continue  # said in the table
            known = expected.get((activation, draw))
            panels.append(sb.figures.Spread(draw, layers, None if known is None else (known.mean, known.std)))
        if not panels:
            continue
        yield sb.Figure(
            f"activations_{sb.pieces.file_name(activation)}",
            sb.figures.violins(panels, "hidden layer", f"activation of {activation}"),
            f"Activations of {activation} at each hidden layer before training, a panel per initial draw, each with an "
            f"axis of its own. A violin holds 100 quantiles of each of n = {n} networks (every unit, every image of "
            "its batch); white line: median, grey bar: middle half. Whiskers: mean ± one deviation that theory expects "
            "of infinitely wide layers. No interval: this is the distribution itself.",
            f"Violins of activations of {activation} by layer for every initial draw",
        )  # fmt: skip


def line_items(record: xr.Dataset, expected: Mapping[tuple[str, str], Any]) -> Iterator[sb.Figure]:
    """How large activations and gradients are at each layer, with theory."""
    for variable, what, name in (("activation_moments", "root mean square of the activations", "forward"),
                                 ("backward_moments", "root mean square of ∂L/∂z", "backward")):  # fmt: skip
        panels: dict[str, dict[str, Any]] = {}
        for levels, part in sb.rows(record):
            low, middle, high = np.quantile(spread(part, variable), (0.05, 0.5, 0.95), axis=0)
            known, line = expected.get((levels["activation"], levels["draw"])), None
            if known is not None:
                line = np.hypot(known.mean, known.std) if name == "forward" else known.backward * middle[-1]
            lines = panels.setdefault(levels["activation"], {})
            lines[levels["draw"]] = sb.figures.AcrossLayers(middle, low, high, line)
        anchored = " Theory tells each layer relative to the last, where it begins." if name == "backward" else ""
        yield sb.Figure(
            name, sb.figures.across_layers(panels, "hidden layer", what),
            f"{what[:1].upper()}{what[1:]} at each hidden layer before training: median and 5–95 % of "
            f"n = {record.sizes['seed']} networks, a panel per activation, a line per initial draw; dashed: theory of "
            f"infinitely wide layers.{anchored}",
            f"{what} against the layer",
        )  # fmt: skip


def change(part: xr.Dataset, variable: str, first: int, last: int) -> np.ndarray:
    """Decades by which a quantity changes from one layer to another, for each member; -inf where it is gone."""
    values = spread(part, variable)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log10(values[:, last] / values[:, first])


def outcomes(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """Of every member: by how many decades its signal changes from end to end, forward and backward, up or down."""
    before = records["signal"].sel(step=0).assign_attrs(factors="activation draw")
    return {"decades": sb.derive(before, lambda _, part: {
        "forward": off_one(change(part, "activation_moments", 0, -1)),
        "backward": off_one(change(part, "backward_moments", -1, 0)),
    }, of="signal")}  # fmt: skip


def off_one(decades: np.ndarray) -> np.ndarray:
    """How far a change is from none, in decades; a signal that is gone counts as 99."""
    return np.abs(np.nan_to_num(decades, nan=99.0, neginf=99.0, posinf=99.0))


def reading(levels: Mapping[str, Any], part: xr.Dataset) -> dict[str, Any]:
    """How the signal of one setting changes, over seeds."""
    forward, backward = change(part, "activation_moments", 0, -1), change(part, "backward_moments", -1, 0)
    last = part["activation_quantiles"].isel(hidden=-1).values
    edges = {"tanh": np.abs(last) > 0.99, "sigmoid": (last < 0.01) | (last > 0.99)}.get(levels["activation"])
    gone = {"forward": int((~np.isfinite(forward)).sum()), "backward": int((~np.isfinite(backward)).sum())}
    return {
        "setting": sb.name_of(levels), "levels": dict(levels), "n": len(forward), "gone": gone,
        "forward": median(forward), "backward": median(backward),
        "dead": float(part["dead_units"].isel(hidden=-1).mean()),
        "saturated": None if edges is None else float(edges.mean()),
        "fate": fate(median(backward)),
    }  # fmt: skip


def median(decades: np.ndarray) -> Any:
    """The median change over members with its exact interval; a signal that is gone counts as 99 decades less."""
    return sb.stats.scores.median(np.nan_to_num(decades, nan=-99.0, neginf=-99.0, posinf=99.0))


def fate(backward: Any) -> str:
    """What becomes of the gradient on its way to the first layer, by the interval of its median change."""
    low, high = (backward.estimate if np.isnan(end) else end for end in (backward.low, backward.high))
    if high < -TENFOLD:
        return "vanishes"
    if low > TENFOLD:
        return "explodes"
    return "is kept" if low > -TENFOLD and high < TENFOLD else "cannot be told"


def decades(value: Any) -> str:
    """A change in a cell: as a factor."""

    def factor(exponent: float) -> str:
        if exponent <= -90:
            return "0"
        return f"{10**exponent:.2g}" if -2 < exponent < 3 else f"10^{exponent:.1f}".replace("-", "−")

    low, high = ("–" if np.isnan(end) else factor(end) for end in (value.low, value.high))
    return f"{factor(value.estimate)} [{low}, {high}]"


def table(found: Sequence[Mapping[str, Any]], record: xr.Dataset) -> sb.Table:
    """One row per setting."""
    rows = [(one["setting"], decades(one["forward"]), decades(one["backward"]),
             "—" if one["saturated"] is None else sb.pieces.percent(one["saturated"]), sb.pieces.percent(one["dead"]),
             one["fate"]) for one in found]  # fmt: skip
    return sb.Table(
        ("activation, draw", "activations, layer 5 / layer 1", "gradient, layer 1 / layer 5", "saturated at layer 5",
         "dead units at layer 5", "the gradient"), rows,
        "Change of the root mean square from the first hidden layer to the last (activations) and back (gradient "
        f"∂L/∂z) before training: median over n = {record.sizes['seed']} networks with its exact 95 % interval from "
        "order statistics. Saturated: share of activations beyond ±0.99 (tanh) or outside [0.01, 0.99] (sigmoid), from "
        "100 quantiles. Dead: mean share of units that answer all training images alike. A gradient vanishes "
        "where the interval lies below 1/10, explodes above 10.",
    )  # fmt: skip


def named(found: Sequence[Mapping[str, Any]]) -> str:
    """Which settings vanish, explode or keep the gradient, in words."""
    lines = []
    for kind, text in (("vanishes", "The gradient **vanishes** on its way to the first layer"),
                       ("explodes", "It **explodes**"), ("is kept", "It stays within a factor of 10"),
                       ("cannot be told", "Whether it stays within a factor of 10 cannot be told")):  # fmt: skip
        those = [one["setting"] for one in found if one["fate"] == kind]
        if those:
            lines.append(f"{text}: {'; '.join(those)}.")
    lines.append(f"Each by the interval over n = {found[0]['n']} networks in the table.")
    return "\n\n".join(lines)


def against(record: xr.Dataset) -> dict[str, Any] | None:
    """He minus Glorot for ReLU under the same seeds, in decades of change; None where one of them was not run."""
    if "relu" not in record["activation"].values or not {GLOROT, HE} <= set(record["draw"].values.tolist()):
        return None
    parts = {draw: record.sel(activation="relu", draw=draw) for draw in (HE, GLOROT)}
    found: dict[str, Any] = {"n": record.sizes["seed"]}
    directions = (("forward", "activation_moments", 0, -1), ("backward", "backward_moments", -1, 0))
    for name, variable, first, last in directions:
        he, glorot = (change(parts[draw], variable, first, last) for draw in (HE, GLOROT))
        both = np.isfinite(he) & np.isfinite(glorot)
        found[name] = {
            "he": median(he), "glorot": median(glorot),
            "difference": sb.stats.pairs.difference(he[both], glorot[both]) if both.sum() > 1 else None,
            "nearer": sb.stats.wilson(int((np.abs(he) < np.abs(glorot)).sum()), len(he)),
        }  # fmt: skip
    return found


def words(versus: Mapping[str, Any] | None) -> str:
    """He against Glorot in sentences."""
    if versus is None:
        return "ReLU with both draws was not part of this run."
    told = []
    for name, what in (("forward", "From the first hidden layer to the fifth the activations change"),
                       ("backward", "From the fifth to the first the gradient changes")):  # fmt: skip
        one = versus[name]
        line = f"{what} by the factor {decades(one['he'])} under He's draw and {decades(one['glorot'])} under Glorot's"
        difference = one["difference"]
        if difference is not None and np.isfinite(difference.low):
            side = "apart" if difference.low > 0 or difference.high < 0 else "not told apart"
            line += (f"; paired by seed, He's factor is {10**difference.estimate:.2f} times Glorot's (geometric mean, "
                     f"95 % interval {10**difference.low:.2f} to {10**difference.high:.2f}, n = {difference.n}), so "
                     f"the two are {side}")  # fmt: skip
        line += (f". He's is nearer to 1 in {sb.pieces.interval(one['nearer'], sb.pieces.percent)} of "
                 f"{one['nearer'].n} networks.")  # fmt: skip
        told.append(line)
    better = [name for name in ("forward", "backward") if versus[name]["nearer"].low > 0.5]
    worse = [name for name in ("forward", "backward") if versus[name]["nearer"].high < 0.5]
    directions = {"forward": "the activations", "backward": "the gradient"}
    verdict = "Neither draw is shown to keep the signal better."
    if better and not worse:
        verdict = f"For ReLU, He's draw keeps {' and '.join(directions[name] for name in better)} better than Glorot's."
    elif worse and not better:
        verdict = f"For ReLU, Glorot's draw keeps {' and '.join(directions[name] for name in worse)} better than He's."
    elif better and worse:
        verdict = f"For ReLU, He's draw keeps {directions[better[0]]} better, Glorot's {directions[worse[0]]}."
    why = ("Glorot's variance is the harmonic mean of what the fan-in and the fan-out ask for: between two layers of "
           "100 it is half of He's. ReLU passes any positive factor on, and under one seed both draws take the same "
           "normal numbers, so He's and Glorot's networks differ by exactly √2 in each of the four steps between the "
           "hidden layers: by 4 in all, whatever the seed. Twice the variance makes up for the half of the numbers "
           "that ReLU drops.")  # fmt: skip
    return f"**{verdict}** " + "\n\n".join([*told, why])


def fit(record: xr.Dataset, expected: Mapping[tuple[str, str], Any]) -> dict[str, float]:
    """The largest distance, in decades, of the median network from theory, where a signal reaches all layers."""
    found = {}
    for levels, part in sb.rows(record):
        known = expected.get((levels["activation"], levels["draw"]))
        middle = np.median(spread(part, "activation_moments"), axis=0)
        if known is not None and (middle > 0).all():
            found[sb.name_of(levels)] = float(np.abs(np.log10(middle / np.hypot(known.mean, known.std))).max())
    return found


def fit_words(record: xr.Dataset, expected: Mapping[tuple[str, str], Any]) -> str:
    """How well theory foretells the activations."""
    gaps = fit(record, expected)
    if not gaps:
        return "Theory says nothing of the activations of this run."
    worst = max(gaps, key=lambda name: gaps[name])
    return (
        f"The median network's activations lie within a factor {10 ** gaps[worst]:.2f} of the theory of infinitely "
        f"wide layers at every layer of every setting it covers (the largest distance: {worst}; n = "
        f"{record.sizes['seed']}). That theory knows only the fans, the deviation of the weights and the mean square "
        "of each image, so it can be used before anything is run: choose the deviation that makes the factor per "
        "layer 1."
    )  # fmt: skip


study = sb.Study(
    name="signal_by_layer",
    title="Vanishing and exploding signals, layer by layer",
    source="Dube, homework 2 (2019), problem 3.1; the article it refers to, on weight initialization (intoli.com)",
    question="How do activations and gradients change from layer to layer of a deep network, for tanh, sigmoid and "
    "ReLU, under normal draws of several deviations, Glorot's and He's? Where do they vanish or explode, and is He's "
    "draw better than Glorot's for ReLU?",
    ask=ask,
    measure=measure,
    tell=tell,
    outcomes=outcomes,
    seeds={"smoke": 4, "quick": 48, "full": 256},
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
    reduced={
        "smoke": "32 images a network of the first 256, two normal draws, no sigmoid",
        "quick": "128 images a network of the first 2,000 and five normal draws, instead of 512 of 10,000 and seven",
    },
    takes={"smoke": "30 s", "quick": "2 minutes", "full": "15 minutes"},
    figures=("activations by layer for tanh, sigmoid and ReLU, a panel per draw",
             "size of activations against the layer", "size of gradients against the layer"),
    claims=(
        *(sb.Claim(id=f"he-better-for-relu-{way}", source="Dube, homework 2, problem 3.1", record="decades",
                   statement=f"He's initialization works better than Glorot's for ReLU (the signal {way} changes by "
                   "fewer decades)",
                   check=f"mean({way}, activation=relu, draw=He) < mean({way}, activation=relu, draw=Glorot)")
          for way in ("forward", "backward")),
        *(sb.Claim(id=f"glorot-helps-{name}", source="Dube, homework 2, problem 3.1", record="decades",
                   statement=f"Glorot's initialization keeps gradients from vanishing or exploding with {name} (less "
                   "than tenfold over the layers)",
                   check=f"quantile(backward, 0.95, activation={name}, draw=Glorot) < 1")
          for name in ("tanh", "sigmoid")),
    ),
)  # fmt: skip
