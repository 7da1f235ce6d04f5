"""Noisy XOR: what correct training gives beside the published accuracies, and why boundaries change from run to run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.stats.crossed import Crossed

EXAMPLES = {"smoke": 60, "quick": 250, "full": 1_000}
CAP = {"smoke": 200, "quick": 10_000, "full": 10_000}
SHORTER = {"smoke": 200, "quick": 4_000, "full": 10_000}  # steps of the crossed design
SIDE = {"smoke": 4, "quick": 16, "full": 32}  # data sets, and initial draws, of the crossed design
WITNESSES, THEIR_DRAW = {"smoke": 400, "quick": 4_000, "full": 4_000}, 1_000_003
MEAN, REPORT, SUMMED = "mean at 0.001", "sum at 0.00001", "sum at 0.001"
RATES = {MEAN: 0.001, REPORT: 0.01, SUMMED: 1.0}  # of the mean loss: a sum over 1,000 points is 1,000 times the mean
STD, REACH = 0.4, 2.2
MISSED = 0.5 * math.erfc(1 / STD / math.sqrt(2))  # a coordinate that ends on the wrong side of its axis
BEST = 1 - 2 * MISSED * (1 - MISSED)
PUBLISHED = {"sigmoid": 35, "tanh": 95, "relu": 99}  # of 100 points
BROKEN = "its program does not follow the gradient: errors skip the output weights, and a rounded output is trained"
PRINTED = {
    "sigmoid": (1.553, 0.501, 0.429, 0.407, 0.414, 0.445, 0.597, 0.639, 0.633, 0.625),
    "tanh": (2.148, 0.747, 0.132, 0.060, 0.062, 0.067, 0.060, 0.060, 0.070, 0.063),
    "relu": (1.685, 0.075, 0.030, 0.023, 0.018, 0.017, 0.017, 0.016, 0.017, 0.015),
}
SHARED = {"same_row": "data shared, initial weights differ", "same_column": "initial weights shared, data differ",
          "neither": "both differ"}  # fmt: skip
SOURCES = {"columns": "initial weights", "rows": "data", "together": "both together"}
AXIS = np.linspace(-REACH, REACH, 89)
THIN = 24  # networks whose own boundary is drawn


def ask(profile: str) -> sb.Spec:
    """The assignment's network on data of each member's own, under three combinations of loss and rate."""
    question = sb.Spec(
        data=sb.data.xor_blobs(EXAMPLES[profile], test=100, std=STD, fresh=True),
        model=sb.models.mlp([4], activation="sigmoid"), initializer=sb.initializers.normal(1.0), output="identity",
        loss="mse", optimizer=sb.optimizers.sgd(0.001), steps=CAP[profile], metrics="accuracy",
        probes=("dead", "parameters"),
    )  # fmt: skip
    rates = {name: {"optimizer.learning_rate": rate} for name, rate in RATES.items()}
    return question.vary(activation=["sigmoid", "tanh", "relu"], rate=rates)


def measure(lab: sb.Lab) -> dict[str, xr.Dataset]:
    """The training, the crossed design, one layer alone, and common points to judge all of them by."""
    whole = ask(lab.profile)
    base = whole.replace(factors=(), optimizer=sb.optimizers.sgd(RATES[REPORT]), trace=CAP[lab.profile])
    crossing = SHORTER[lab.profile]
    side = SIDE[lab.profile]
    starts = {f"{draw}": {"initializer.draw": draw} for draw in range(side)}
    design = base.replace(initializer=sb.initializers.normal(1.0, draw=0), steps=crossing, trace=crossing).vary(
        activation=["sigmoid", "tanh", "relu"], start=starts)  # fmt: skip
    points = base.replace(data=sb.data.xor_blobs(WITNESSES[lab.profile], test=0, std=STD, draw=THEIR_DRAW))
    single = base.replace(model="neuron", steps=min(CAP[lab.profile], 2_000), trace=min(CAP[lab.profile], 2_000))
    return {
        "training": lab.run(whole, "training"),
        "crossed": lab.run(design, "crossed", seeds=side, aside=True),
        "one_layer": lab.run(single, "one_layer", changeable=False),
        "points": lab.examples(points, "points"),
    }


def tell(records: Mapping[str, xr.Dataset]) -> sb.Page:
    """The page: the data, how well they learn, the published numbers, boundaries, and where their spread comes from."""
    training, design = records["training"], records["crossed"]
    points = records["points"]["inputs"].values.reshape(-1, 2)
    labels = records["points"]["target"].values.reshape(-1)
    n = examples_of(training)
    members = [reading(levels, part, points, labels) for levels, part in sb.rows(training)]
    sources = sources_of(design, points, labels)
    shown = [one for one in members if one["levels"].get("rate") != SUMMED] or members
    sections = [
        sb.Section("The data, and the best that can be done", list(data_items(points, labels, records["one_layer"]))),
        sb.Section("How well they learn", list(learning_items(training, members, n))),
        sb.Section("Beside the published numbers", list(published_items(training, members))),
        sb.Section("Boundaries of single networks", list(single_items(shown, points, labels))),
        sb.Section("Boundaries of all networks", list(all_items(shown, points, labels))),
        sb.Section("Why boundaries change from run to run", list(source_items(design, sources, points, labels))),
        sb.Section("The activations side by side", list(activation_items(members))),
    ]
    told = [{name: value for name, value in one.items() if name not in ("rows", "accuracies", "part")}
            for one in members]  # fmt: skip
    crossed = [{"setting": one["setting"], **{kind: getattr(one["maps"], kind) for kind in SHARED},
                "shares": dict(one["maps"].shares), "accuracy_shares": dict(one["accuracy"].shares)}
               for one in sources]  # fmt: skip
    return sb.Page(sections, {"best_accuracy": BEST, "settings": told, "crossed": crossed})


def examples_of(record: xr.Dataset) -> int:
    """How many points each network was trained on."""
    return int(json.loads(record.attrs["spec"])["data"].get("n", 0))


def answers(levels: Mapping[str, Any], rows: np.ndarray, points: np.ndarray) -> np.ndarray:
    """What networks answer at points, (member, point)."""
    model = sb.models.mlp([4], activation=levels.get("activation", "sigmoid"))
    return sb.replay(model, rows, points, output=levels.get("output", "identity"))[..., 0]


def outcomes(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """Of every member: accuracy on its own test points, and the share of common points where it and the next differ."""
    points = records["points"]["inputs"].isel(seed=0).values

    def found(levels: Mapping[str, Any], part: xr.Dataset) -> dict[str, np.ndarray]:
        rows, broken = part["final_parameters"].transpose("seed", "parameter").values, part["diverged_step"].values
        said = answers(levels, rows, points) > 0.5
        return {"accuracy": np.where(np.isfinite(broken), 0.5, part["final_test_accuracy"].values),
                "said_otherwise": (said != np.roll(said, 1, axis=0)).mean(axis=1)}  # fmt: skip

    return {"tested": sb.derive(records["training"], found, of="training")}


def reading(levels: Mapping[str, Any], part: xr.Dataset, points: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """One setting: accuracies on the members' own 100 test points and on the common points, errors, broken members."""
    rows = part["final_parameters"].transpose("seed", "parameter").values
    said = answers(levels, rows, points) > 0.5
    loss, own = part["final_train_loss"].values, part["final_test_accuracy"].values
    broken = np.isfinite(part["diverged_step"].values)
    accuracies = np.where(broken, 0.5, (said == labels).mean(axis=1))
    huge = np.where(np.isfinite(loss) & ~broken, loss, np.inf)
    return {
        "setting": sb.name_of(levels) or "the network", "levels": dict(levels), "n": int(own.size), "rows": rows,
        "part": part, "accuracies": accuracies, "accuracy": sb.stats.scores.mean(accuracies),
        "own_test_accuracy": sb.stats.scores.mean(np.where(broken, 0.5, own)),
        "quantiles": dict(zip(("q05", "q25", "q50", "q75", "q95"),
                              np.quantile(accuracies, (0.05, 0.25, 0.5, 0.75, 0.95)).tolist(), strict=True)),
        "near_best": sb.stats.wilson(int((accuracies > BEST - 0.02).sum()), own.size),
        "diverged": int(broken.sum()), "dead": int((part["final_dead"].values == 1).sum()),
        "median_mse": float(np.median(huge)),
    }  # fmt: skip


def data_items(
    points: np.ndarray, labels: np.ndarray, single: xr.Dataset
) -> Iterator[sb.Prose | sb.Figure | sb.Formula]:
    """The law of the data, its best boundary and accuracy, and one layer on it."""
    yield sb.Prose(
        "Four normal blobs of deviation 0.4 about (1, 1), (−1, −1), with label 0, and (1, −1), (−1, 1), with label 1. "
        "By symmetry the likelier label changes at the axes only: the best boundary is the cross x₁ x₂ = 0. "
        "A point is beyond an axis of its own blob with probability"
    )
    yield sb.Formula(f"q = Phi(-1 / 0.4) = {MISSED:.5f}, quad 1 - 2 q (1 - q) = {BEST:.4f}",
                     "the best accuracy is one minus twice q times one minus q")  # fmt: skip
    deviation = math.sqrt(BEST * (1 - BEST) / 100)
    yield sb.Prose(
        f"so no rule is right more often than {BEST:.2%} in the long run. On 100 points the best rule itself scores "
        f"{BEST:.1%} with a standard deviation of {deviation:.1%}: one or two points more or less say nothing. So "
        f"networks are also judged here on {len(labels):,} common points (draw {THEIR_DRAW:,} of the same law, which "
        "no network was trained on)."
    )
    some = slice(0, 400)
    cross = [sb.figures.Plane("400 points, and the best boundary", points[some], labels[some],
                              [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0)])]  # fmt: skip
    yield sb.Figure("data", sb.figures.planes(cross, "x₁", "x₂", limits=(-REACH, REACH)),
                    "The first 400 common points with the boundary that is best under their law.",
                    "Four blobs with labels by sign of x1 x2")  # fmt: skip
    final = single["final_test_accuracy"].values
    yield sb.Prose(
        f"**One layer cannot.** A line leaves at least one blob on the wrong side, so it is right for about three "
        f"quarters of the points at most; and a single linear unit under MSE does not even find such a line, because "
        f"the blobs' pull on its weights cancels: over n = {final.size} seeds it was right for "
        f"{sb.pieces.interval(sb.stats.scores.mean(final), sb.pieces.percent)} of its 100 test points (mean, 95 % "
        f"BCa), the best of them for {final.max():.0%}."
    )


def learning_items(
    training: xr.Dataset, members: Sequence[Mapping[str, Any]], n: int
) -> Iterator[sb.Prose | sb.Figure | sb.Table]:
    """What the three rates are, accuracies as table and histograms, the loss over steps."""
    yield sb.Prose(
        "The assignment gives rate 0.001, 10,000 epochs, normal weights, biases 0 and MSE, and not whether the loss is "
        "a mean or a sum over the points. That decides everything: over 1,000 points a sum is 1,000 times the mean, "
        f"and so is its gradient. “{MEAN}” is the mean; “{SUMMED}” is a sum at the same rate, that is rate 1 on the "
        f"mean; “{REPORT}” is the report's combination, rate 0.01 on the mean."
        + ("" if n == 1_000 else f" This run has {n} points per network instead of 1,000; the rates are those that "
           "these names mean for 1,000 points.")
    )  # fmt: skip
    rows = [(one["setting"], sb.pieces.interval(one["own_test_accuracy"], sb.pieces.percent),
             sb.pieces.interval(one["accuracy"], sb.pieces.percent),
             f"{one['quantiles']['q05']:.0%} … {one['quantiles']['q95']:.0%}",
             sb.pieces.interval(one["near_best"], sb.pieces.percent), mse_text(one["median_mse"]),
             one["diverged"], one["dead"]) for one in members]  # fmt: skip
    yield sb.Table(("setting", "own 100 points", "common points", "5–95 %", "near the best", "median MSE", "diverged",
                    "dead"), rows,
                   f"Accuracy after {training.attrs['cap']:,} steps, n = {training.sizes['seed']} networks per "
                   "setting, each with its own data and initial weights: mean with 95 % interval (BCa) on its own 100 "
                   "test points and on the common points; range of the middle 90 % of networks on the common points; "
                   f"share within 2 points of the best possible {BEST:.1%} (Wilson). A network that diverged answers "
                   "nothing and counts as 50 %.")  # fmt: skip
    panels = {one["setting"]: {"networks": one["accuracies"]} for one in members}
    yield sb.Figure("accuracies", sb.figures.histograms(panels, "accuracy on the common points",
                                                        limits=(0.3, 1.0), marks={"best possible": BEST}, bins=35),
                    f"Accuracy of every network, n = {training.sizes['seed']} per panel; dashed: the best "
                    "possible.",
                    "Histograms of accuracy per setting")  # fmt: skip
    kept = training
    if "rate" in training.dims and training.sizes["rate"] > 1:
        kept = training.sel(rate=[name for name in training["rate"].values.tolist() if name != SUMMED])
    yield sb.pieces.fan(kept, "train_loss", "Mean squared error on the training points")
    yield sb.Prose("\n\n".join(learning_words(members)))


def mse_text(value: float) -> str:
    """An error in a cell."""
    return "not finite" if not np.isfinite(value) else f"{value:.3g}"


def learning_words(members: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What each rate does, from the table."""
    by_rate: dict[str, list[Mapping[str, Any]]] = {}
    for one in members:
        by_rate.setdefault(str(one["levels"].get("rate", "the rate")), []).append(one)
    for rate, some in by_rate.items():
        n, lost = sum(one["n"] for one in some), sum(one["diverged"] for one in some)
        low = min(some, key=lambda one: one["quantiles"]["q50"])
        high = max(some, key=lambda one: one["quantiles"]["q50"])
        span = f"of {low['quantiles']['q50']:.1%} throughout"
        if low["quantiles"]["q50"] < high["quantiles"]["q50"]:
            span = (f"from {low['quantiles']['q50']:.1%} ({low['setting']}) to {high['quantiles']['q50']:.1%} "
                    f"({high['setting']})")  # fmt: skip
        told = f"**{rate}.** A median accuracy {span}; {lost:,} of {n:,} networks diverged."
        if rate == SUMMED and high["quantiles"]["q50"] < 0.75:
            told += (
                " A step of rate 1 on a squared error overshoots: with an unbounded output the curvature of the "
                "loss along the output weights is several times what such a step allows, so weights are thrown "
                "out at once. A network whose hidden units are bounded can stay finite all the same, at an error as in "
                f"the table: {n - lost:,} networks did."
            )
        elif rate == MEAN and low["quantiles"]["q50"] < 0.9 < high["quantiles"]["q50"]:
            told += (
                f" 10,000 steps of 0.001 are short for {low['setting']} and enough for most networks of "
                f"{high['setting']}: where a rate is this small, the slope of the activation decides how far a "
                "network gets, and sigmoid's is at most 1/4."
            )
        yield told


def published_items(training: xr.Dataset, members: Sequence[Mapping[str, Any]]) -> Iterator[sb.Prose | sb.Table]:
    """The published accuracies and errors beside those of correct training, with every difference of the set-ups."""
    yield sb.Prose(
        "The report prints 35 %, 95 % and 99 % of 100 points for sigmoid, tanh and ReLU, one run each. Its program, as "
        "published, is not gradient descent on the error: the output is *rounded*, in training too; the error that "
        "reaches the hidden layer is not multiplied by the output weights, and is multiplied by the derivative of the "
        "hidden activation twice; the output step has the derivative of the hidden activation at the rounded output as "
        "a factor; gradients are summed over the 1,000 points, at rate 0.00001 instead of the assignment's 0.001. The "
        "sigmoid run starts from one fixed seed and the other two go on with its random numbers. Here gradients are "
        "those of the mean squared error of the plain output."
    )
    rows = []
    for one in members:
        known = PUBLISHED.get(str(one["levels"].get("activation")))
        if known is None:
            continue
        own = np.where(np.isfinite(one["part"]["diverged_step"].values), 0.5, one["part"]["final_test_accuracy"].values)
        at_most = sb.stats.wilson(int((own <= known / 100 + 1e-6).sum()), own.size)
        rows.append((one["setting"], sb.pieces.interval(sb.stats.wilson(known, 100), sb.pieces.percent),
                     sb.pieces.interval(sb.stats.scores.median(own), sb.pieces.percent),
                     sb.pieces.interval(at_most, sb.pieces.percent)))  # fmt: skip
    if not rows:
        yield sb.Prose("None of the activations run here has a published number.")
        return
    yield sb.Table(("setting", "published, one run", "correct training, median", "networks at or below"), rows,
                   "Accuracy on 100 test points. Published: one network, with the 95 % interval that 100 points leave "
                   f"(Wilson). Here: median over n = {training.sizes['seed']} networks (exact interval), and the share "
                   "of networks that score at most the published number (Wilson).")  # fmt: skip
    told = []
    for one in members:
        activation, rate = (one["levels"].get(name) for name in ("activation", "rate"))
        if activation in PRINTED and rate == REPORT:
            steps = one["part"]["step"].values
            at = [int(np.abs(steps - 1_000 * k).argmin()) for k in range(10)]
            ours = np.median(np.nan_to_num(one["part"]["train_loss"].values[:, at], nan=np.inf), axis=0)
            told += [(f"{activation}, printed", *PRINTED[activation]),
                     (f"{activation}, here", *(f"{value:.3f}" for value in ours))]  # fmt: skip
    if told and training.attrs["cap"] >= 9_000:
        yield sb.Table(("MSE at epoch", *(f"{k},000" if k else "0" for k in range(10))), told,
                       f"Errors as the report prints them, and the median of n = {training.sizes['seed']} networks at "
                       "the nearest traced step under “" + REPORT + "”. The printed ones are of rounded outputs: "
                       "where these are 0 or 1, such an error is just the share of wrong points.")  # fmt: skip
    yield sb.Prose(published_words(members))


def published_words(members: Sequence[Mapping[str, Any]]) -> str:
    """What of the published numbers correct training repeats, setting by setting."""
    told = []
    for one in members:
        activation, rate = (one["levels"].get(name) for name in ("activation", "rate"))
        if activation not in PUBLISHED or rate == SUMMED:
            continue
        own = np.where(np.isfinite(one["part"]["diverged_step"].values), 0.5, one["part"]["final_test_accuracy"].values)
        known, middle = PUBLISHED[activation] / 100, np.quantile(own, (0.05, 0.95))
        where = "inside" if middle[0] <= known <= middle[1] else "below" if known < middle[0] else "above"
        told.append(f"- **{one['setting']}**: the published {known:.0%} lies {where} the middle 90 % of networks, "
                    f"{middle[0]:.0%} to {middle[1]:.0%}.")  # fmt: skip
    below = sb.stats.wilson(35, 100)
    return "\n".join(told) + (
        f"\n\n35 % (interval {below.low:.0%} to {below.high:.0%}) is *below* guessing: a network that ended there had "
        "learned something, and the wrong way round. A program that follows another direction than the gradient can do "
        "that; an accuracy below one half is a sign to check the gradient, not the activation."
    )


def single_items(
    members: Sequence[Mapping[str, Any]], points: np.ndarray, labels: np.ndarray
) -> Iterator[sb.Prose | sb.Figure]:
    """The network with the median accuracy of every setting, its answers and its boundary."""
    x, y = np.meshgrid(AXIS, AXIS)
    grid = np.column_stack([x.ravel(), y.ravel()])
    panels, told = [], []
    for one in members:
        order = np.argsort(one["accuracies"], kind="stable")
        member = int(order[(order.size - 1) // 2])
        z = np.clip(answers(one["levels"], one["rows"][member], grid), 0, 1).reshape(x.shape)
        seed = int(one["part"]["seed"].values[member])
        panels.append(sb.figures.Plane(f"{one['setting']}: seed {seed}, {one['accuracies'][member]:.0%}",
                                       points[:100], labels[:100], x=AXIS, y=AXIS, z=z))  # fmt: skip
        told.append(seed)
    yield sb.Figure("single", sb.figures.planes(panels, "x₁", "x₂", limits=(-REACH, REACH), z_label="answer, cut at "
                                                "0 and 1", columns=2 if len(panels) < 7 else 3),
                    "Answer and boundary of one network per setting, each the network with the median accuracy of its "
                    f"setting on the common points (of n = {members[0]['n']}; title: its seed and that accuracy), with "
                    "100 of the common points.", "Decision boundaries of single networks", dense=True)  # fmt: skip


def all_items(
    members: Sequence[Mapping[str, Any]], points: np.ndarray, labels: np.ndarray
) -> Iterator[sb.Prose | sb.Figure]:
    """How many networks answer label 1 at every place."""
    x, y = np.meshgrid(AXIS, AXIS)
    grid = np.column_stack([x.ravel(), y.ravel()])
    panels, torn = [], []
    for one in members:
        said = answers(one["levels"], one["rows"], grid)
        share = (said > 0.5).mean(axis=0)
        own = [np.nan_to_num(field, posinf=1e9, neginf=-1e9).reshape(x.shape) for field in said[:THIN]]
        panels.append(sb.figures.Plane(one["setting"], points[:0], labels[:0], x=AXIS, y=AXIS,
                                       z=share.reshape(x.shape), contours=own))  # fmt: skip
        at = answers(one["levels"], one["rows"], points) > 0.5
        torn.append((one["setting"], float(((at.mean(axis=0) > 0.1) & (at.mean(axis=0) < 0.9)).mean())))
    yield sb.Figure("all", sb.figures.planes(panels, "x₁", "x₂", limits=(-REACH, REACH), z_label="share of networks "
                                             "that answer label 1", columns=2 if len(panels) < 7 else 3),
                    f"Share of n = {members[0]['n']} networks, each with its own data and initial weights, that answer "
                    "label 1; thick: where it is one half; thin: the boundaries of the first "
                    f"{min(THIN, members[0]['n'])} networks.",
                    "Maps of how many networks answer label 1", dense=True)  # fmt: skip
    lines = [f"{setting}: {share:.1%}" for setting, share in torn]
    yield sb.Prose(
        "How much of the data lies where networks disagree, that is where between 10 % and 90 % of them answer label "
        f"1 (share of the {len(labels):,} common points): " + "; ".join(lines) + "."
    )


def sources_of(design: xr.Dataset, points: np.ndarray, labels: np.ndarray) -> list[dict[str, Any]]:
    """Of every setting of the crossed design: differences of labels and of accuracies, and their sources."""
    found: list[dict[str, Any]] = []
    factors = [name for name in map(str, design["stop_step"].dims) if name not in ("start", "seed")]
    grids: list[dict[str, Any]] = [{}]
    for name in factors:
        grids = [{**levels, name: level} for levels in grids for level in design[name].values.tolist()]
    for levels in grids:
        part = design.sel(levels)
        rows = part["final_parameters"].transpose("seed", "start", "parameter").values
        said = (answers(levels, rows, points) > 0.5).astype(float)
        right = (said == labels).mean(axis=2, keepdims=True)
        found.append({"setting": sb.name_of(levels) or "the network", "levels": levels, "rows": rows,
                      "maps": sb.stats.crossed(said), "accuracy": sb.stats.crossed(right)})  # fmt: skip
    return found


def source_items(
    design: xr.Dataset, sources: Sequence[Mapping[str, Any]], points: np.ndarray, labels: np.ndarray
) -> Iterator[sb.Prose | sb.Figure | sb.Table]:
    """The crossed design in words, tables of disagreement and of shares, maps, and the answer."""
    data, starts = design.sizes["seed"], design.sizes["start"]
    yield sb.Prose(
        "The report says that boundaries change in each run because initial weights and data are drawn at random. "
        f"Which of the two is it? Here {data} data sets are crossed with {starts} initial draws: every network of a "
        f"{data} × {starts} table is trained, for {design.attrs['cap']:,} steps at “{REPORT}”, so any two networks "
        "share their data, their initial weights, or neither. Two networks *disagree* at a point where "
        "they give it different labels."
    )
    rows = [(one["setting"], *(sb.pieces.tenths(getattr(one["maps"], kind)) for kind in SHARED))
            for one in sources]  # fmt: skip
    yield sb.Table(("setting", *SHARED.values()), rows,
                   f"Share of the {len(labels):,} common points on which two networks disagree, averaged over all "
                   f"pairs of that kind among {data * starts} networks per setting; 95 % intervals from resampling "
                   "data sets and initial draws independently.")  # fmt: skip
    rows = [(one["setting"], *(sb.pieces.interval(one["maps"].shares[kind], sb.pieces.percent) for kind in SOURCES),
             *(sb.pieces.interval(one["accuracy"].shares[kind], sb.pieces.percent) for kind in SOURCES))
            for one in sources]  # fmt: skip
    yield sb.Table(("setting", *(f"labels: {name}" for name in SOURCES.values()),
                    *(f"accuracy: {name}" for name in SOURCES.values())), rows,
                   "Where the variance between networks comes from, of their labels at the common points and of their "
                   "accuracy there: initial weights alone, data alone, and what neither explains alone. Shares of the "
                   "variance between networks with both drawn anew, with 95 % intervals as above; unbiased, so a share "
                   "that is nothing can come out a little below 0.")  # fmt: skip
    x, y = np.meshgrid(AXIS, AXIS)
    grid = np.column_stack([x.ravel(), y.ravel()])
    panels = []
    for one in sources:
        ways = {"one data set": one["rows"][0], "one initial draw": one["rows"][:, 0],
                "both differ": one["rows"][np.arange(min(data, starts)), np.arange(min(data, starts))]}  # fmt: skip
        for way, some in ways.items():
            said = answers(one["levels"], some, grid)
            own = [np.nan_to_num(field, posinf=1e9, neginf=-1e9).reshape(x.shape) for field in said[:THIN]]
            panels.append(sb.figures.Plane(f"{one['setting']}: {way}", points[:0], labels[:0], x=AXIS, y=AXIS,
                                           z=(said > 0.5).mean(axis=0).reshape(x.shape), contours=own))  # fmt: skip
    yield sb.Figure("crossed", sb.figures.planes(panels, "x₁", "x₂", limits=(-REACH, REACH), columns=3,
                                                 z_label="share of networks that answer label 1"),
                    f"Left: {starts} initial draws on data set 0. Middle: initial draw 0 on {data} data sets. Right: "
                    "data set i with initial draw i. Colors and thick lines as before, thin the boundary of each "
                    f"network (the first {THIN}).",
                    "Boundaries with data shared, with initial weights shared, with neither", dense=True)  # fmt: skip
    yield sb.Prose("\n".join(f"- {line}" for line in source_words(sources)))


def source_words(sources: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Which source weighs more, where the intervals allow to say so."""
    for one in sources:
        shares: Mapping[str, Any] = one["maps"].shares
        start, data = shares["columns"], shares["rows"]
        if np.isnan(start.estimate) or np.isnan(start.low):
            yield f"**{one['setting']}**: all networks label the points alike, so there is nothing to divide."
            continue
        if start.low > data.high:
            said = "the initial weights decide, far more than the data"
        elif data.low > start.high:
            said = "the data decide, far more than the initial weights"
        else:
            said = "which of the two weighs more was not shown by so few draws"
        found: Crossed = one["maps"]
        yield (f"**{one['setting']}**: {said}. Alone, initial weights account for {start.estimate:.0%} of the variance "
               f"of labels and data for {data.estimate:.0%}; {shares['together'].estimate:.0%} is due to neither alone "
               f"(the same data move some starts and not others). New data with the old initial weights change "
               f"{found.same_column.estimate:.1%} of all labels, new initial weights on the old data "
               f"{found.same_row.estimate:.1%}.")  # fmt: skip


def activation_items(members: Sequence[Mapping[str, Any]]) -> Iterator[sb.Prose | sb.Table]:
    """Accuracy of every two activations under the same rate and seeds."""
    pairs = [(one, other) for at, one in enumerate(members) for other in members[at + 1 :]
             if {k: v for k, v in one["levels"].items() if k != "activation"}
             == {k: v for k, v in other["levels"].items() if k != "activation"}]  # fmt: skip
    if not pairs or members[0]["n"] < 2:
        yield sb.Prose("One activation or one seed was run, so there is nothing to compare.")
        return
    family = sb.stats.holm([sb.stats.pairs.sign_flip(a["accuracies"], b["accuracies"]).p for a, b in pairs])
    rows = [(f"{a['setting']} − {b['levels'].get('activation')}",
             sb.pieces.interval(sb.stats.pairs.difference(a["accuracies"], b["accuracies"]), points_text),
             sb.pieces.p_value(p)) for (a, b), p in zip(pairs, family.p.tolist(), strict=True)]  # fmt: skip
    yield sb.Table(("pair (a − b)", "difference (percentage points)", "p (Holm)"), rows,
                   f"Difference of mean accuracy on the common points under the same seeds, hence the same data and "
                   f"the same initial weights, n = {members[0]['n']} pairs; 95 % bootstrap intervals.")  # fmt: skip
    yield sb.Prose(
        "The report's reasons: sigmoid and tanh are bounded and smooth, ReLU is cheap, unbounded and has a kink. In "
        "this experiment what shows is their slope: h enters the step of the first layer with f′, at most 1/4 for "
        "sigmoid and 1 for the other two, so at one rate sigmoid networks get less far in the same number of steps. A "
        "difference in the table is one of speed within the cap as much as one of what can be represented: four units "
        "of any of the three can draw a boundary close to the cross."
    )


def points_text(value: float) -> str:
    """A difference of accuracies in percentage points."""
    return f"{round(100 * value, 1) + 0.0:.1f}".replace("-", "−")


study = sb.Study(
    name="xor_boundaries",
    title="Noisy XOR: boundaries, and why they change from run to run",
    source="EE449 homework 1 (2024), questions 1.2 and 1.3, and the report on it",
    question="Four hidden units with sigmoid, tanh or ReLU learn which of four noisy blobs a point belongs to. Where "
    "are their boundaries, how accurate are they beside the published 35, 95 and 99 %, and how much of the change "
    "from run to run is due to initial weights, to data, or to both?",
    ask=ask,
    measure=measure,
    tell=tell,
    outcomes=outcomes,
    seeds={"smoke": 4, "quick": 80, "full": 1024},
    decided=(
        "the output is the plain sum of the last layer, without an activation, as in the report, and label 1 where it "
        "is above 1/2; the assignment leaves it open (`--set output=sigmoid`)",
        "mean or summed loss is left open too: both are run. A sum over 1,000 points at rate r is the mean at rate "
        "1,000 r, to rounding, and is run as such",
        "full-batch gradient descent; weights from N(0, 1), biases 0, 10,000 steps, as the assignment says",
        "every network has its own data and initial weights, except in the crossed design, where each of the data sets "
        "meets each of the initial draws; that design is run at the report's step, a sum at 0.00001",
        "a network that diverged answers nothing, and counts as 50 % right",
        "the network shown of a setting has its median accuracy on the common points; of equals the lowest seed",
    ),
    reduced={
        "smoke": "60 training points instead of 1,000; 200 steps instead of 10,000; a crossed design of 4 × 4",
        "quick": "250 training points per network instead of 1,000, at the rates that belong to 1,000; a crossed "
        "design of 16 × 16 instead of 32 × 32, for 4,000 steps instead of 10,000",
    },
    takes={"smoke": "30 s", "quick": "90 s", "full": "40 minutes"},
    figures=("the data and the best boundary", "accuracies of all networks", "error over steps",
             "boundaries of single networks", "share of networks that answer label 1",
             "boundaries with data shared, initial weights shared, or neither"),
    claims=(
        *(sb.Claim(id=f"akman-{name}", source="EE449 report 2024, question 1.2", value=float(value), record="tested",
                   statement=f"A 2-4-1 network with {name} gets {value} of 100 points right", differs=BROKEN,
                   check=f"one_run(accuracy, activation={name}, rate={REPORT}) = {value / 100}")
          for name, value in PUBLISHED.items()),
        sb.Claim(id="akman-order", source="EE449 report 2024, question 1.2", record="tested", differs=BROKEN,
                 statement="ReLU is more accurate than tanh, and tanh than sigmoid",
                 check=" > ".join(f"mean(accuracy, activation={name}, rate={REPORT})"
                                  for name in ("relu", "tanh", "sigmoid"))),
        *(sb.Claim(id=f"akman-runs-differ-{name}", source="EE449 report 2024, question 1.3", record="tested",
                   statement=f"The boundary changes from run to run, as weights and points are drawn ({name}: two runs "
                   "differ on 1 % of points at least)",
                   check=f"mean(said_otherwise, activation={name}, rate={REPORT}) > 1 %")
          for name in PUBLISHED),
    ),
)  # fmt: skip
