"""ReLU or sigmoid in five networks of growing depth: the loss, and what is left of the gradient in the first layer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.gradients_by_depth.published import EPOCHS, NETS, claims

LEFT = 2.2  # a loss that has left ln 10 = 2.303, which a network has that answers all ten classes alike
WHY = """
    Going back through a layer multiplies the signal by the weights and by the derivative of the activation. Sigmoid's
    is at most 1/4, and with weights drawn up to one over the root of the inputs the weights do not make up for it; a
    ReLU passes 1 for every active unit. So with sigmoid the gradient of the first layer shrinks with every further
    layer, whatever the data. Forward it is the same: every sigmoid layer moves the activations of different images
    nearer to one another, until the output hardly depends on the image and the loss is that of a constant, ln 10."""
TWO_WAYS = """
    Akman's report takes the *mean* of the gradient over the weights, sign included: it is near 0 wherever positive and
    negative entries cancel, and says little about size. Ipek takes the norm of how far the weights moved, divided by
    the rate: under SGD without momentum that is the Euclidean norm of the gradient. Here both are from the same
    numbers."""
ONE_LAYER = """
    With one hidden layer, as in the XOR part of the sheet, there is one derivative between output and first layer, so
    the gradient is smaller by a factor and does not vanish."""


def ask(profile: sb.Profile) -> dict[str, Any]:
    """Every network under both activations, and the dense ones with sigmoid at other rates."""
    net = sb.Spec(
        data=sb.data.fashion_mnist(train=profile.train, test=1, valid=0.1, standardize="half", subset=profile.subset),
        model=sb.models.ee449_mlp_1(edition="report"),
        loss="cross_entropy",
        optimizer=sb.optimizers.sgd(0.01),
        batch_size=profile.batch,
        steps=profile.steps,
        trace=10,
        splits=(),
        probes=("gradient_moments", "first_weights"),
    )
    dense = of(net.replace(probes=()), profile.nets[:2])
    return {
        "nets": of(net, profile.nets).vary(activation=["relu", "sigmoid"]),
        "rates": sb.measures.train(
            dense.vary(activation=["sigmoid"], learning_rate=[0.01, 0.1, 1.0]), fixed=("activation", "learning_rate")
        ),
    }


def of(net: sb.Spec, names: tuple[str, ...]) -> sb.Spec:
    """The question over networks, as the report built them."""
    models = {name: getattr(sb.models, f"ee449_{name}")(edition="report") for name in names}
    return net.vary(network={name: {"model": model} for name, model in models.items()})


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """When members leave ln 10, and their first layer's gradient measured both ways: over the run and by epoch."""
    nets = records["nets"]
    traced = measured(nets)

    def over_run(levels: dict[str, Any], _: Any) -> dict[str, np.ndarray]:
        part = traced.sel(levels)
        norm = part["batch_gradient"].transpose("seed", "step").values
        tenth = max(norm.shape[1] // 10, 1)
        found = {name: part[name].mean("step").values for name in ("batch_gradient", "batch_signed")}
        return {**found, "growth": norm[:, -tenth:].mean(axis=1) / norm[:, :tenth].mean(axis=1)}

    whole = sb.derive(nets, over_run, of="nets")
    found = {"leaving": leaving(nets, "nets"), "leaving_rates": leaving(records["rates"], "rates"), "over_run": whole}
    found["by_epoch"] = sb.show.by_epoch(traced, EPOCHS, "nets")
    if {"relu", "sigmoid"} <= set(nets["activation"].values.tolist()):
        levels = {
            name: nets[name].values.tolist() for name in nets["stop_step"].dims if name not in ("seed", "activation")
        }

        def ratio(chosen: dict[str, Any], _: Any) -> dict[str, np.ndarray]:
            sides = [whole["batch_gradient"].sel({**chosen, "activation": one}).values for one in ("relu", "sigmoid")]
            return {"ratio": sides[0] / sides[1]}

        found["ratios"] = sb.derive(nets, ratio, axes=levels, seeds=nets["seed"].values.tolist(), of="nets")
    return found


def measured(nets: Any) -> Any:
    """The record with the norm of the first layer's gradient and the size of its mean, as traces of the batch."""
    moments = nets["gradient_moments"].isel(layer=0)
    mean, deviation = (moments.sel(moment=name, drop=True) for name in ("mean", "std"))
    weights = np.isfinite(nets["final_first_weights"].isel(seed=0)).sum(("first_unit", "first_input"))
    return nets.assign(batch_gradient=np.sqrt(weights * (mean**2 + deviation**2)), batch_signed=abs(mean))


def leaving(record: Any, name: str) -> Any:
    """When the loss of the batch falls to 2.2 at two recorded steps on end: the first of them."""
    grid, cap = record["step"].values, record.attrs["cap"]

    def reading(_: dict[str, Any], part: Any) -> dict[str, np.ndarray]:
        low = part["batch_loss"].transpose("seed", "step").values <= LEFT
        both = low[:, :-1] & low[:, 1:]
        hit = np.where(both.any(axis=1), grid[both.argmax(axis=1)], np.nan)
        return {"hit_step": hit, "stop_step": np.nan_to_num(hit, nan=cap)}

    return sb.derive(record, reading, of=name, target=f"batch_loss at most {LEFT}", judged="every 10 steps")


def gradients(context: sb.Context) -> Iterator[Any]:
    """The norm of the first layer's gradient against the step, and ReLU over sigmoid, network by network."""
    traced, n = measured(context.record("nets")), context.score.n
    steps = traced["step"].values[1:]
    for activation in traced["activation"].values.tolist():
        groups = {
            sb.name_of(levels).replace(f", {activation}", ""): (steps, part["batch_gradient"].values[:, 1:])
            for levels, part in sb.rows(traced)
            if levels["activation"] == activation
        }
        yield sb.Figure(
            f"gradient_{activation}",
            sb.figures.against(groups, "step (updates)", "norm of the first layer's gradient"),
            f"Norm of the gradient of the first layer's weights with {activation}, every ten steps: median and 25–75 % "
            f"of n = {n} members of each network.",
            f"First-layer gradient against step with {activation}, a line per network",
        )
    if not context.has("ratios"):
        return
    ratios = {name: sb.stats.scores.median(column) for name, column in columns(context, "ratios", "ratio").items()}
    yield sb.Reading("relu_over_sigmoid", {name: one.plain() for name, one in ratios.items()})
    yield sb.Table(
        ("network", "norm, ReLU over sigmoid"),
        [(name, sb.show.interval(one, sb.show.number)) for name, one in ratios.items()],
        f"Mean norm over the run with ReLU, divided by that with sigmoid under the same seed: median of n = {n} "
        "members with 95 % intervals (order statistics).",
    )
    told = ", ".join(f"{sb.show.interval(one, sb.show.number)} in {name}" for name, one in ratios.items())
    yield sb.Answer(
        f"With ReLU the norm of the first layer's gradient is so many times that with sigmoid: {told} (medians, "
        f"n = {n}, 95 % intervals)."
    )


def columns(context: sb.Context, record: str, variable: str) -> dict[str, np.ndarray]:
    """One number per member, by setting."""
    return {sb.name_of(levels): part[variable].values for levels, part in sb.rows(context.record(record))}


def both_ways(context: sb.Context) -> Iterator[Any]:
    """The norm and the mean of the same gradients."""
    yield sb.Formula(
        'norm(g)_2 = norm(w\' - w)_2 / "rate" = sqrt(n ("mean"(g)^2 + "sd"(g)^2)), quad "signed mean" = "mean"(g)',
        "the norm of the gradient is the norm of the move of the weights over the rate, and the root of n times "
        "squared mean plus variance; the signed mean is one part of it",
    )
    norms, signed = (columns(context, "over_run", name) for name in ("batch_gradient", "batch_signed"))
    n = context.score.n
    rows = [
        (name, *(sb.show.interval(sb.stats.scores.mean(side[name]), sb.show.number) for side in (norms, signed)))
        for name in norms
    ]
    yield sb.Table(("setting", "norm", "|signed mean|"), rows,
                   f"Both measures of the first layer's gradient, mean over the run and over n = {n} members with 95 "
                   "% BCa bootstrap intervals.")  # fmt: skip
    first = rows[0]
    yield sb.Answer(f"Of the same gradients the norm is {first[1]} and the size of the signed mean {first[2]} in "
                    f"{first[0]} (n = {n}, 95 % intervals): cancelling hides the size, and only the norm compares "
                    f"networks.")  # fmt: skip


def over_time(context: sb.Context) -> Iterator[Any]:
    """Whether the gradient shrinks while a network learns: its last tenth over its first."""
    left = columns(context, "leaving", "hit_step")
    growth = {
        name: one
        for name, one in columns(context, "over_run", "growth").items()
        if np.isfinite(left[name]).mean() > 0.5
    }
    n = context.score.n
    found = {name: sb.stats.scores.median(one) for name, one in growth.items()}
    yield sb.Reading("growth", {name: one.plain() for name, one in found.items()})
    if not found:
        yield "No setting has half of its members leave ln 10 here, so none learns whose gradient could shrink."
        return
    yield sb.Table(
        ("setting", "last tenth over first tenth"),
        [(name, sb.show.interval(one, sb.show.number)) for name, one in found.items()],
        f"Norm of the first layer's gradient over the last tenth of the records, divided by that over the first "
        f"tenth: median of n = {n} "
        "members with 95 % intervals. Settings of which half left ln 10.",
    )
    grow, shrink = (
        [name for name, one in found.items() if one.low > 1],
        [name for name, one in found.items() if one.high < 1],
    )
    yield sb.Answer(f"Of {len(found)} settings that learn, the norm grows in {len(grow)}{listed(grow)} and shrinks in "
                    f"{len(shrink)}{listed(shrink)} from the first tenth of this run to the last (n = {n}, 95 % "
                    f"intervals).")  # fmt: skip


def listed(names: list[str]) -> str:
    """Names in brackets, nothing for none."""
    return f" ({'; '.join(names)})" if names else ""


def why(context: sb.Context) -> Iterator[Any]:
    """Why it is so, with what one layer does and what six do."""
    yield WHY
    yield ONE_LAYER
    if context.has("ratios"):
        found = columns(context, "ratios", "ratio")
        names = list(found)
        shown = {name: sb.stats.scores.median(found[name]) for name in (names[0], names[-1])}
        told = " and ".join(f"{sb.show.interval(one, sb.show.number)} in {name}" for name, one in shown.items())
        yield sb.Answer(f"Each sigmoid layer multiplies what comes back by at most 1/4, a ReLU by 1: ReLU over "
                        f"sigmoid is {told} (medians, n = {context.score.n}, 95 % intervals).")  # fmt: skip


study = sb.Study(
    name="gradients_by_depth",
    title="ReLU or sigmoid: the first layer's gradient in five networks of growing depth",
    source="EE449 homework 1 (2024), question 4; reports of Akman (2024) and Ipek (2022)",
    question="Two dense and three convolutional networks are trained on Fashion-MNIST by SGD with rate 0.01, with ReLU "
    "and with sigmoid. How do the loss and the gradient of the first layer develop, what does depth do to it and why, "
    "and when does a network leave the loss ln 10 of a constant answer?",
    ask=ask,
    profiles={
        "smoke": {"seeds": 3, "nets": NETS[:2], "train": 300, "batch": 10, "steps": 40, "subset": "stratified",
                  "takes": "20 s", "reduced": "the two dense networks, 270 training images, batches of 10, 40 steps"},
        "quick": {"seeds": 16, "nets": NETS, "train": 8_000, "batch": 10, "steps": 720, "subset": "stratified",
                  "takes": "7 minutes", "reduced": "batches of 10 images instead of 50, which makes a step four times "
                  "cheaper and the norm of its gradient noisier; 7,200 training images of 54,000; 720 steps, one "
                  "epoch of these, instead of 16,200"},
        "full": {"seeds": 16, "nets": NETS, "train": 60_000, "batch": 50, "steps": sb.epochs(15), "subset": "first",
                 "takes": "24 hours on two cores: 16,200 steps of 50 images for each of 160 networks"},
    },
    score=sb.score("hit_step", record="leaving"),
    page=[
        sb.Section("Loss while they train", [
            sb.show.curves("batch_loss", record="nets", says={"batch_loss": "Training loss of the batch"}),
            sb.show.by_epoch_table("batch_loss"),
        ], asks="How does the loss develop?"),
        sb.Section("When they leave ln 10", [
            f"A network that answers all ten classes alike has the loss ln 10 = {math.log(10):.3f}. It has left "
            f"where the loss of the batch is at most {LEFT} at two recorded steps on end.",
            sb.show.arrivals(record="leaving"), sb.show.compare(record="leaving", single_runs=False),
        ], asks="When does a network leave ln 10?"),
        sb.Section("The gradient of the first layer", [gradients],
                   asks="Question 1: How does the gradient behave, and what does depth do?"),
        sb.Section("Why", [why], asks="Question 2: Why?"),
        sb.Section("Two ways to measure it", [TWO_WAYS, both_ways], asks="What did the reports measure?"),
        sb.Section("While a network learns", [over_time], asks="Question 3: Does the gradient vanish over time?"),
        sb.Section("Another rate for the sigmoid", [
            "The dense networks with sigmoid at three rates, everything else alike.",
            sb.show.arrivals(record="leaving_rates", figures=False),
        ], asks="Question 4: Would another rate help the sigmoid?"),
    ],
    outcomes=outcomes,
    decided=(
        "the networks are those that Akman's report trained; its cnn_3 and cnn_4 have no activation behind the last "
        "convolution, with either activation; `--set edition=2024` and `--set edition=2022` are the sheets' own",
        "initial weights uniform up to one over the root of the inputs, as PyTorch draws them and both reports have "
        "them",
        "the loss is that of the batch of every tenth step, before its update; the gradient is that of the same batch",
        "the gradient of the first layer is that of its weights, without biases",
        "leaving is judged every ten steps, by two records on end, because the loss of a small batch is noisy",
    ),
    claims=tuple(claims()),
)  # fmt: skip
