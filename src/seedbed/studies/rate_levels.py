"""Three learning rates on one convolutional network, how noisy each is, and the rates at which networks die."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import seedbed as sb

RATES = (0.1, 0.01, 0.001)
EPOCHS = (1, 5, 10, 15, 20)
GRID = {"sgd": (0.158, 0.251, 0.398, 0.631, 1.0, 1.58), "adam": (0.0158, 0.0251, 0.0398, 0.0631)}
IPEK, AKMAN, DEEPOBS = "Ipek, EE449 (2022), question 5", "Akman, EE449 (2024), question 5", "DeepOBS baselines, 2c2d"
AS_IPEK = "cnn_3 of 2022 (`--set edition=2022`)"
AS_AKMAN = "grey values in [0, 1], a validation accuracy of single last batches of 50, averaged over the epoch"
AS_DEEPOBS = "a network of 3,274,634 parameters, batches of 128, truncated normal weights, 100 epochs"
REPORTED = {  # report, quantity: by rate, the values of epochs 1, 5, 10, 15, 20; one run
    ("ipek", "valid_accuracy"): {0.1: (0.850, 0.892, 0.887, 0.894, 0.884), 0.01: (0.781, 0.853, 0.868, 0.882, 0.888),
                                 0.001: (0.438, 0.746, 0.781, 0.809, 0.825)},
    ("akman", "valid_accuracy"): {0.1: (0.746, 0.878, 0.906, 0.905, 0.896), 0.01: (0.702, 0.855, 0.886, 0.887, 0.905),
                                  0.001: (0.253, 0.763, 0.770, 0.774, 0.775)},
    ("akman", "batch_loss"): {0.1: (0.735, 0.393, 0.325, 0.296, 0.268), 0.01: (0.811, 0.384, 0.325, 0.301, 0.271),
                              0.001: (2.039, 0.624, 0.534, 0.484, 0.437)},
    ("ipek", "batch_loss"): {0.1: (None,) * 4 + (0.195,), 0.01: (None,) * 4 + (0.299,), 0.001: (None,) * 4 + (0.481,)},
    ("deepobs", "valid_accuracy"): {0.1: (0.858, 0.900, None, None, 0.906), 0.01: (0.783, 0.857, None, None, 0.894),
                                    0.001: (0.663, 0.770, None, None, 0.832)},
}  # fmt: skip
SOURCES = {"ipek": (IPEK, AS_IPEK), "akman": (AKMAN, AS_AKMAN), "deepobs": (DEEPOBS, AS_DEEPOBS)}
DYING = """
    A network is dead where it gives every image the same output and no gradient reaches its first layer: a large step
    has pushed the ReLUs below zero for all images. Its numbers stay finite and its loss that of a constant, about
    ln 10. One epoch shows it: what lives through it has found a region in which steps are small enough."""
EFFECT = """
    A rate sets the length of a step along the gradient. Too small, and an epoch does not go far; large, and the loss
    falls fast at first but the steps are too long for the narrow directions of the loss, so the network goes on
    jumping around what it could reach; larger still, and one step destroys it."""


def ask(profile: sb.Profile) -> dict[str, Any]:
    """Three rates of SGD on cnn_3, and an epoch each at rates on a grid towards death, for SGD and Adam."""
    net = sb.Spec(
        data=sb.data.fashion_mnist(train=profile.train, test=1, valid=0.1, standardize="half", subset=profile.subset),
        model=sb.models.ee449_cnn_3(edition="report"),
        loss="cross_entropy",
        optimizer=sb.optimizers.sgd(0.1),
        batch_size=50,
        steps=sb.epochs(profile.epochs),
        trace=10,
        evaluate=profile.evaluate,
        splits=("valid",),
        probes=(),
    )
    epoch = net.replace(steps=sb.epochs(1), evaluate="epoch", splits=("train",), probes=("dead",))
    edges = {
        f"edges_{name}": sb.measures.train(
            epoch.replace(optimizer=getattr(sb.optimizers, name)(0.1)).vary(learning_rate=list(rates)),
            fixed=("learning_rate",),
        )
        for name, rates in GRID.items()
        if name in profile.edges
    }
    return {"levels": net.vary(learning_rate=list(RATES)), **edges}


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """Means by epoch; the last epoch's loss, the best epoch and the jitter of every member; who died at the edges."""
    levels = records["levels"]
    epochs = sb.show.by_epoch(levels, EPOCHS, "levels")
    length, cap = sb.show.steps_in_epoch(levels), levels.attrs["cap"]
    loss = levels["batch_loss"].sel(step=slice(max(cap - length, 0), cap - 1)).mean("step")

    def ends(chosen: dict[str, Any], part: Any) -> dict[str, np.ndarray]:
        valid = part["valid_accuracy"].transpose("seed", "step").values
        valid = valid[:, np.isfinite(valid).any(axis=0)]
        late = valid[:, valid.shape[1] // 2 :]
        jitter = np.abs(np.diff(late, axis=1)).mean(axis=1)
        best = valid.max(axis=1)
        return {"last_loss": loss.sel(chosen).values, "best_accuracy": best, "jitter_accuracy": jitter,
                "best_over_last": best - valid[:, -1]}  # fmt: skip

    def died(_: dict[str, Any], part: Any) -> dict[str, np.ndarray]:
        return {"died": (part["final_dead"].values == 1) | np.isfinite(part["diverged_step"].values)}

    edges = {
        name.replace("edges", "deaths"): sb.derive(one, died, of=name)
        for name, one in records.items()
        if "edges" in name
    }
    return {"by_epoch": epochs, "ends": sb.derive(levels, ends, of="levels"), **edges}


def speed_and_end(context: sb.Context) -> Iterator[Any]:
    """How fast each rate gets on, and where it ends: loss after the first epoch and in the last."""
    epochs, ends = context.record("by_epoch"), context.scored("ends", "last_loss", "lower")
    rows = []
    first: dict[float, Any] = {}
    for levels, part in sb.rows(epochs):
        if levels["epoch"] == "epoch 1":
            same = part["batch_loss"].sel(seed=ends.members.seeds)
            first[levels["learning_rate"]] = sb.stats.scores.mean(same.values)
    for levels, last in zip(ends.members.settings, ends.means, strict=True):
        rate = levels["learning_rate"]
        rows.append((f"{rate:g}", numbers(first[rate]) if rate in first else "—", numbers(last)))
    yield sb.Table(("rate", "mean training loss, first epoch", "last epoch"), rows,
                   f"Mean over an epoch's batches and n = {ends.n} members, 95 % BCa intervals.")  # fmt: skip
    yield sb.Answer(
        "Training loss in the first and in the last epoch: "
        + "; ".join(f"{one} and {two} at {rate}" for rate, one, two in rows)
        + f" (n = {ends.n}, 95 % intervals)."
    )


def numbers(value: Any) -> str:
    """A mean with its interval."""
    return sb.show.interval(value, sb.show.number)


def points(value: Any) -> str:
    """A share with its interval, in percentage points."""
    return sb.show.interval(value, lambda share: f"{100 * share:.2f}".replace("-", "−"))


def noise(context: sb.Context) -> Iterator[Any]:
    """How much validation accuracy moves from one look to the next in the second half, and what the best epoch adds."""
    jitter, best = context.scored("ends", "jitter_accuracy", "lower"), context.scored("ends", "best_over_last", "lower")
    rows = [
        (name, points(one), points(more))
        for name, one, more in zip(jitter.names, jitter.means, best.means, strict=True)
    ]
    yield sb.Table(
        ("setting", "mean |change| between looks", "best look minus last"),
        rows,
        "Validation accuracy in points: mean absolute change from one look to the next in the second half of "
        f"the run, and by how much the best look is above the last; n = {jitter.n}, 95 % intervals.",
    )
    yield sb.Reading("jitter", {name: one.plain() for name, one in zip(jitter.names, jitter.means, strict=True)})
    yield sb.Answer(
        "Between two looks in the second half validation accuracy moves by, in points: "
        f"{'; '.join(f'{one} with {name}' for name, one, _ in rows)}. The best look is above the last by "
        f"{'; '.join(f'{more} with {name}' for name, _, more in rows)} (n = {jitter.n}, 95 % intervals)."
    )


def deaths(context: sb.Context) -> Iterator[Any]:
    """The share of members dead or diverged after one epoch, by rate, for SGD and Adam."""
    for name in GRID:
        if not context.has(f"deaths_{name}"):
            continue
        scored = context.scored(f"deaths_{name}", "died", "lower")
        rates = [f"{levels['learning_rate']:g}" for levels in scored.members.settings]
        rows = list(zip(rates, scored.means, strict=True))
        yield sb.Figure(
            f"deaths_{name}",
            sb.figures.estimates([(rate, one.estimate, one.low, one.high) for rate, one in rows], "share dead"),
            f"Share of n = {scored.n} members that were dead or diverged after one epoch of {name}, by learning rate, "
            "with 95 % Wilson intervals.",
            f"Share dead by learning rate of {name}",
        )
        shares = [(rate, sb.show.share(one)) for rate, one in rows]
        caption = f"{name}: n = {scored.n} members per rate, Wilson 95 % intervals."
        yield sb.Table(("rate", "dead after one epoch"), shares, caption)
        yield sb.Reading(f"deaths_{name}", {rate: one.plain() for rate, one in rows})
        told = ", ".join(f"{share} at {rate}" for rate, share in shares)
        yield sb.Answer(f"Of {scored.n} networks, dead after one epoch of {name}: {told} (95 % intervals).")


def claims() -> Iterator[sb.Claim]:
    """Every published value by epoch, the orders, and the death edges."""
    for (who, variable), by_rate in REPORTED.items():
        source, differs = SOURCES[who]
        for rate, values in by_rate.items():
            for epoch, value in zip(EPOCHS, values, strict=True):
                if value is not None:
                    accuracy = "test accuracy" if who == "deepobs" else "validation accuracy"
                    what = accuracy if variable == "valid_accuracy" else "mean training loss"
                    yield sb.Claim(
                        id=f"{who}-{variable}-{rate}-{epoch}", source=source, value=value, differs=differs,
                        record="by_epoch", statement=f"Rate {rate}: {what} {value} after epoch {epoch}, one run",
                        check=f"one_run({variable}, learning_rate={rate}, epoch=epoch {epoch}) = {value}",
                    )  # fmt: skip
    terms = [f"mean({{}}, learning_rate={rate})" for rate in RATES]
    yield sb.Claim(id="loss-order", source=f"{IPEK}; Akman", record="ends",
                   statement="After 15 to 20 epochs the training loss is lowest at 0.1, then 0.01, then 0.001",
                   check=" < ".join(one.format("last_loss") for one in terms))  # fmt: skip
    yield sb.Claim(id="noisiest", source=IPEK, record="ends", statement="0.1 is the noisiest in validation accuracy",
                   check=f"{terms[1].format('jitter_accuracy')} < {terms[0].format('jitter_accuracy')}")  # fmt: skip
    yield sb.Claim(id="ipek-best", source=IPEK, value=0.9005, differs=AS_IPEK, record="ends",
                   statement="Rate 0.1: 90.05 % is the best validation accuracy of any look, one run of 20 epochs",
                   check="one_run(best_accuracy, learning_rate=0.1) = 0.9005")  # fmt: skip
    for name, alive, dead in (("sgd", 0.398, 0.631), ("adam", 0.0251, 0.0398)):
        for state, rate, sign in (("lives", alive, "<"), ("dies", dead, ">")):
            most = "less" if sign == "<" else "more"
            yield sb.Claim(
                id=f"{name}-{state}",
                source=DEEPOBS,
                differs=AS_DEEPOBS,
                record=f"deaths_{name}",
                statement=f"{name} at {rate} {state} ({most} than half of the networks dead after an epoch)",
                check=f"share(died, learning_rate={rate}) {sign} 50 %",
            )


study = sb.Study(
    name="rate_levels",
    title="Three learning rates, and where networks die",
    source="EE449 homework 1 (2024), question 5.1; reports of Ipek (2022) and Akman (2024); DeepOBS baselines",
    question="cnn_3 is trained on Fashion-MNIST by SGD with the rates 0.1, 0.01 and 0.001. How do training loss and "
    "validation accuracy develop, how does the rate change the speed and the end of it, how noisy is each, and at "
    "which rate do networks die?",
    ask=ask,
    profiles={
        "smoke": {"seeds": 3, "train": 140, "epochs": 2, "evaluate": 1, "edges": ("sgd",), "subset": "stratified",
                  "takes": "30 s", "reduced": "126 training images, 2 epochs; deaths under SGD only"},
        "quick": {"seeds": 16, "train": 2_500, "epochs": 8, "evaluate": 15, "edges": ("sgd", "adam"),
                  "subset": "stratified", "takes": "7 minutes",
                  "reduced": "2,250 training images of 54,000, 250 for validation, drawn stratified; 8 epochs of 20, "
                  "360 steps instead of 21,600"},
        "full": {"seeds": 16, "train": 60_000, "epochs": 20, "evaluate": 108, "edges": ("sgd", "adam"),
                 "subset": "first",
                 "takes": "6 hours on two cores: 21,600 steps of 50 images for each of 48 networks"},
    },
    score=sb.score("final_valid_accuracy", "higher", record="levels", words="validation accuracy"),
    page=[
        sb.Section("While they train", [sb.show.curves("batch_loss", "valid_accuracy", record="levels"),
                                        sb.show.by_epoch_table("valid_accuracy")],
                   asks="How do training loss and validation accuracy develop?"),
        sb.Section("Speed and end", [EFFECT, speed_and_end], asks="Question 1: How does the rate change the speed of "
                                                                  "learning?"),
        sb.Section("The rates compared", [sb.show.scores(), sb.show.compare()],
                   asks="Question 2: How does it change where learning ends?"),
        sb.Section("Noise", [noise], asks="How noisy is each rate?"),
        sb.Section("Where networks die", [DYING, deaths], asks="At which rate do networks die?"),
    ],
    outcomes=outcomes,
    decided=(
        "the network is cnn_3 as Akman's report trained it, 22,626 parameters; `--set edition=2022` is Ipek's",
        "10 % of the training images are held out stratified; the validation split is judged whole ten times an "
        "epoch, in quick three times, where the sheet asks for every ten steps",
        "the loss is that of the batch of every tenth step, before its update; means by epoch are over these",
        "dead: one output for all training images and no gradient in the first layer; a diverged network counts with "
        "them",
        "each rate starts from the same initial weights and sees the same batches, seed by seed",
    ),
    claims=tuple(claims()),
)  # fmt: skip
