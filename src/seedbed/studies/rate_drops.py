"""A learning rate that drops once or twice against constant ones and against Adam."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import seedbed as sb

CONSTANT, SMALL, ONCE, TWICE, ADAM = "constant 0.1", "constant 0.01", "one drop", "two drops", "Adam 0.001"
SHARP, THREE = "7 epochs, then 0.001", "drops at 7 and 18"
EPOCHS = (1, 4, 5, 10, 30)
IPEK, AKMAN = "Ipek, EE449 (2022), question 5", "Akman, EE449 (2024), question 5"
TRUSTED = 0.05  # a chance of another order above which one run is not to be trusted
AS_IPEK = "cnn_3 of 2022 (`--set edition=2022`)"
DROPPED = {1: 0.852, 4: 0.886, 5: 0.898, 10: 0.903, 30: 0.905}  # epoch: validation accuracy, drop at epoch 4 (Ipek)
WORK = """
    At a large rate the network moves fast and then jumps around: its accuracy goes up and down with every batch. A
    smaller rate takes shorter steps, so the jumps shrink and the network settles in the valley it is in. That is why
    loss and accuracy improve within a few steps of a drop: noise is taken away, nothing new is learned at once."""
RERUN = """
    Akman reports that the same drop gave quite different results on other machines and leaves it as an unsolved
    problem of seeds. The spread of members below is what seeds alone do."""


def ask(profile: sb.Profile) -> dict[str, sb.Spec]:
    """cnn_3 under every schedule."""
    net = sb.Spec(
        data=sb.data.fashion_mnist(
            train=profile.train, test=profile.test, valid=0.1, standardize="half", subset=profile.subset
        ),
        model=sb.models.ee449_cnn_3(edition="report"),
        loss="cross_entropy",
        optimizer=sb.optimizers.sgd(0.1),
        batch_size=50,
        steps=sb.epochs(profile.epochs),
        trace=10,
        evaluate="epoch",
        splits=("valid", "test"),
        probes=(),
    )
    first, second = profile.drops
    rates = {CONSTANT: 0.1, SMALL: 0.01, ONCE: drops((0.1, 0.01), first)}
    rates[TWICE] = drops((0.1, 0.01, 0.001), first, second)
    if profile.name == "full":
        rates |= {SHARP: drops((0.1, 0.001), 7), THREE: drops((0.1, 0.01, 0.001), 7, 18)}
    levels = {name: {"optimizer": sb.optimizers.sgd(rate)} for name, rate in rates.items()}
    if profile.name != "smoke":
        levels[ADAM] = {"optimizer": sb.optimizers.adam(1e-3)}
    return {"nets": net.vary(schedule=levels)}


def drops(rates: tuple[float, ...], *at: int) -> Any:
    """The rates one after the other, from these epochs on."""
    return sb.schedules.drops(list(rates), at=list(at), unit="epoch")


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """Validation accuracy by epoch; the last epoch's loss and what changes in the epoch after the first drop."""
    nets = records["nets"]
    length, cap = sb.show.steps_in_epoch(nets), nets.attrs["cap"]
    dropped = first_drop(nets)
    found = {"by_epoch": sb.show.by_epoch(nets, EPOCHS, "nets")}

    def ends(_: dict[str, Any], part: Any) -> dict[str, np.ndarray]:
        loss, grid = part["batch_loss"].transpose("seed", "step").values, part["step"].values
        valid = part["valid_accuracy"].transpose("seed", "step").values
        at = {epoch: valid[:, np.searchsorted(grid, epoch * length)] for epoch in (dropped, dropped + 1)}
        last = loss[:, (grid >= cap - length) & (grid < cap)].mean(axis=1)
        return {"last_loss": last, "after_drop_accuracy": at[dropped + 1] - at[dropped]}

    found["ends"] = sb.derive(nets, ends, of="nets")
    return found


def first_drop(nets: Any) -> int:
    """The epoch of the first drop in the schedule that has one."""
    levels = dict(dict(json.loads(nets.attrs["levels"]))["schedule"])
    return int(levels[ONCE]["optimizer"]["learning_rate"]["at"][0]["dial"])


def points(value: Any) -> str:
    """A difference of shares with its interval, in percentage points."""
    return sb.show.interval(value, lambda share: f"{100 * share:+.2f}".replace("-", "−"))


def after_drop(context: sb.Context) -> Iterator[Any]:
    """How validation accuracy changes in the epoch after the first drop, under every schedule."""
    scored, drop = context.scored("ends", "after_drop_accuracy", "higher"), first_drop(context.record("nets"))
    rows = [(name, points(mean)) for name, mean in zip(scored.names, scored.means, strict=True)]
    yield WORK
    yield sb.Table(("schedule", f"change from epoch {drop} to {drop + 1}, points"), rows,
                   f"Validation accuracy at the end of epoch {drop + 1} minus that at the end of epoch {drop}, after "
                   f"which the schedules with drops go on at 0.01: mean over n = {scored.n} members, 95 % BCa "
                   f"bootstrap "
                   "intervals.")  # fmt: skip
    yield sb.Reading("after_drop", {name: mean.plain() for name, mean in zip(scored.names, scored.means, strict=True)})
    at = dict(zip(scored.names, scored.members.values.T, strict=True))
    if scored.n < 2 or not {CONSTANT, ONCE} <= set(at):
        return
    gap = sb.stats.pairs.difference(at[ONCE], at[CONSTANT])
    found = "more than" if gap.low > 0 else "less than" if gap.high < 0 else "not told apart from"
    changes = dict(rows)
    yield sb.Answer(
        f"In the epoch after it, validation accuracy changes by {changes[ONCE]} points with the drop and by "
        f"{changes[CONSTANT]} at the constant rate: {found} without, by {points(gap)} paired by seed (n = {scored.n}, "
        "95 % intervals)."
    )


def second(context: sb.Context) -> Iterator[Any]:
    """What the second drop adds to the first."""
    scored = context.score
    at = dict(zip(scored.names, scored.members.values.T, strict=True))
    if not {ONCE, TWICE} <= set(at) or scored.n < 2:
        return
    gap = sb.stats.pairs.difference(at[TWICE], at[ONCE])
    yield sb.Reading("second_drop", gap.plain())
    said = f"""The second drop adds {points(gap)} points of test accuracy to the first (paired by seed, n = {scored.n},
        95 % interval)."""
    yield said
    yield sb.Answer(" ".join(said.split()))


def spread(context: sb.Context) -> Iterator[Any]:
    """How far single runs of one schedule lie apart."""
    scored = context.score
    if scored.n < 2:
        return
    rows = [(name, f"{100 * column.std(ddof=1):.2f}", f"{100 * np.ptp(column):.2f}")
            for name, column in zip(scored.names, scored.members.values.T, strict=True)]  # fmt: skip
    yield RERUN
    yield sb.Table(("schedule", "deviation, points", "best minus worst, points"), rows,
                   f"Test accuracy over n = {scored.n} seeds of each schedule, in points.")  # fmt: skip
    misleads = scored.one_run.independent.misleads
    if np.isfinite(misleads.estimate):
        told = sb.show.interval(misleads, sb.show.percent)
        apart = {row[0]: row[2] for row in rows}.get(ONCE, "—")
        trusted = "No" if misleads.low > TRUSTED else "Not for sure" if misleads.high > TRUSTED else "Here it can"
        yield sb.Answer(
            f"{trusted}: one run of each schedule gives another order in {told} of cases (n = {scored.n}, 95 % "
            f"interval), "
            f"with nothing changed but the seed; runs of {ONCE} alone lie up to {apart} points apart."
        )


def term(schedule: str, variable: str = "final_test_accuracy") -> str:
    """The mean of a schedule in a check."""
    return f"mean({variable}, schedule={schedule})"


def claims() -> Iterator[sb.Claim]:
    """Ipek's values by epoch, and what both reports say of drops."""
    for epoch, value in DROPPED.items():
        yield sb.Claim(
            id=f"ipek-{epoch}", source=IPEK, value=value, differs=AS_IPEK, record="by_epoch",
            statement=f"With a drop from 0.1 to 0.01 at epoch 4: validation accuracy {100 * value:.1f} % after epoch "
                      f"{epoch}",
            check=f"one_run(valid_accuracy, schedule={ONCE}, epoch=epoch {epoch}) = {value}",
        )  # fmt: skip
    both = f"{IPEK}; Akman"
    for name, other in (("constant", CONSTANT), ("small", SMALL)):
        yield sb.Claim(id=f"drop-beats-{name}", source=both, statement=f"A drop at epoch 4 to 7 beats {other} at "
                                                                       f"epoch 30",
                       check=f"{term(other)} < {term(ONCE)}")  # fmt: skip
    yield sb.Claim(id="nearly-equal", source=IPEK, contradicts="drop-beats-constant",
                   statement="With and without drops end nearly equal (taken as within 0.5 points)",
                   check=f"{term(ONCE)} = {term(CONSTANT)} within 0.005")  # fmt: skip
    yield sb.Claim(id="second-drop", source=IPEK, statement="A second drop changes next to nothing (taken as 0.2 "
                                                            "points)",
                   check=f"{term(TWICE)} = {term(ONCE)} within 0.002")  # fmt: skip


study = sb.Study(
    name="rate_drops",
    title="A learning rate that drops: once, twice, or never",
    source="EE449 homework 1 (2024), question 5.2; reports of Ipek (2022) and Akman (2024)",
    question="cnn_3 is trained on Fashion-MNIST by SGD with rate 0.1, which drops to 0.01 and again to 0.001. What "
    "does a drop do, does a second one help, and how do scheduled rates compare with constant ones and with Adam?",
    ask=ask,
    profiles={
        "smoke": {"seeds": 3, "train": 140, "test": 40, "epochs": 3, "drops": (1, 2), "subset": "stratified",
                  "takes": "30 s", "reduced": "126 training images, 40 test images, 3 epochs with drops at 1 and 2; "
                  "without Adam"},
        "quick": {"seeds": 16, "train": 2_500, "test": 1_000, "epochs": 6, "drops": (2, 4), "subset": "stratified",
                  "takes": "7 minutes", "reduced": "2,250 training images of 54,000, 250 for validation and 1,000 test "
                  "images of 10,000, drawn stratified; 6 epochs of 30 with drops at 2 and 4 instead of 4 and 15: 270 "
                  "steps instead of 32,400; without Akman's two further schedules"},
        "full": {"seeds": 16, "train": 60_000, "test": 10_000, "epochs": 30, "drops": (4, 15), "subset": "first",
                 "takes": "18 hours on two cores: 32,400 steps of 50 images for each of 112 networks"},
    },
    score=sb.score("final_test_accuracy", "higher"),
    page=[
        sb.Section("While they train", [sb.show.curves("batch_loss", "valid_accuracy"),
                    sb.show.by_epoch_table("batch_loss", "valid_accuracy")],
                   asks="How do training loss and validation accuracy develop?"),
        sb.Section("What a drop does", [after_drop], asks="Question 1: What does a drop of the rate do?"),
        sb.Section("The second drop", [second], asks="Question 2: Does a second drop help?"),
        sb.Section("Schedules, constant rates and Adam", [sb.show.scores(), sb.show.compare(to=CONSTANT)],
                   asks="Question 3: How do scheduled rates compare with constant ones, and with Adam?"),
        sb.Section("Reruns", [spread], asks="Question 4: Can one run be trusted?"),
    ],
    outcomes=outcomes,
    decided=(
        "the network is cnn_3 as Akman's report trained it, 22,626 parameters; `--set edition=2022` is Ipek's",
        "the sheet drops the rate where validation accuracy stalls; here the drops are fixed: at epoch 4, where Ipek "
        "dropped, and at 15, where he dropped again",
        "full has Akman's two schedules too: 0.001 from epoch 7 on, and drops at 7 and 18",
        "validation and test splits are judged whole, once an epoch; the loss is that of the batch of every tenth step",
        "Adam at 0.001 is that of question 3, for the same number of epochs",
    ),
    claims=tuple(claims()),
)  # fmt: skip
