"""The range test of the learning rate: what eight finders read from it, over seeds, and how good their answers are."""

from __future__ import annotations

from typing import Any

import seedbed as sb
from seedbed.studies.rate_range.read import (
    HIGH,
    LOW,
    NETWORKS,
    by_eye,
    fixed_rates,
    median_answers,
    outcomes,
    scored,
)

CANDIDATES = (1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0)  # the sheet's ten
BETWEEN = (3e-4, 3e-3, 3e-2, 0.3)  # so that the best rate lies on the grid
ARTICLE = "Rosebrock, Keras learning rate finder (2019)"
RERUN = "manhhv87, Keras-learning-rate-finder: a second run of the article's code"
OTHER_NETWORK = "LeNet-5 without augmentation, where the article trains MiniGoogLeNet with it"
NO_AUGMENTATION = "the article moves and mirrors its images at random and pads them to 32 x 32"
LANDMARKS = (  # id, source, statement, check
    ("flat", ARTICLE, "The loss does not move while the rate is below 1e-6 (taken as by less than 2 %)",
     "median(change_at_1e_6) < 0.02"),
    ("steepest", RERUN, "The loss falls fastest at a rate between 1e-4 and 1e-3",
     "0.0001 < median(steepest_rate) < 0.001"),
    ("minimum", RERUN, "The loss is lowest at a rate between 1e-2 and 1e-1", "0.01 < median(lowest_rate) < 0.1"),
    ("explodes", ARTICLE, "The loss is above its start again at a rate between 1 and 10",
     "1 < median(explosion_rate) < 10"),
)  # fmt: skip
CHOSEN = (  # id, source, variable, rate, what was different there
    ("article-low", ARTICLE, "lower_rate", 1e-5, ""),
    ("article-high", ARTICLE, "rate", 1e-2, ""),
    ("xp2030-low", "xp2030, homework 2", "lower_rate", 1e-8, "Adam, and read from ten trainings of five epochs"),
    ("xp2030-high", "xp2030, homework 2", "rate", 1e-4, "Adam, and read from ten trainings of five epochs"),
    ("wesleycheong-low", "wesleycheong314, homework 2", "lower_rate", 1e-3, "the network had diverged before the test"),
    ("wesleycheong-high", "wesleycheong314, homework 2", "rate", 10.0, "the network had diverged before the test"),
)  # fmt: skip
XP2030 = {1e-7: 2.071, 1e-6: 0.881, 1e-5: 0.328, 1e-4: 0.1585, 1e-3: 0.1701, 1e-2: 0.2117, 0.1: 0.370, 1.0: 2.378,
          10.0: 2.886}  # fmt: skip
HOW = """
    Each rule is scored by training with what it says. *At its own answer*: every seed's network at the rate that the
    rule read from that seed's sweep, its loss interpolated between the neighbouring rates of the grid (linear in the
    logarithm of the rate). *At the median answer*: all networks trained at the median over seeds, nothing
    interpolated. Regret is that loss minus the same seed's loss at the rate of the grid whose median loss is lowest. A
    network that diverges, dies or does not beat guessing counts with the loss of guessing, ln 10 = 2.303, and so does a
    rule that finds no rate."""
WHY = """
    Where rules fail, they do so by construction. *Lightning* takes the slope by the rate itself, which is the slope by
    its logarithm divided by the rate: noise at the smallest rates outweighs the whole fall. *fastai slide* compares
    slopes fifteen steps apart with a fixed threshold, and where the end of the curve is rugged it does not leave it;
    another spacing or another scale of the loss gives another answer. *fastai valley* takes the length of a falling
    subsequence for that of a run, and the smoothing of *pyimagesearch* and the fastai rules averages over 50 steps,
    0.8 decades where a decade has 64. The sweep itself trains, and a network has made most of its steps at rates that
    do nothing, so that the lowest loss lies further to the right than in a training at one rate."""
COST = """
    The sheet's own network costs 1.2 GFLOP for each image trained on: 252 TFLOP for one sweep of one seed as in the
    article, and 4.2 PFLOP for ten rates of five epochs. At 0.1 TFLOP a second, which two cores do, that is 42 minutes
    and 12 hours for each seed; `--profile full` asks for it and wants a GPU."""


def ask(profile: sb.Profile) -> dict[str, Any]:
    """For each network: a sweep in one run, trainings at fixed rates, and trainings at what each rule says."""
    asked = questions(profile, "", profile.network, profile.steps, profile.sweep_steps)
    if not profile.googlenet_seeds:
        return asked
    network = sb.models.mini_googlenet(width=profile.googlenet_width)
    steps, sweep_steps = profile.googlenet_steps, profile.googlenet_sweep_steps
    return asked | questions(profile, "googlenet_", network, steps, sweep_steps, profile.googlenet_seeds)


def questions(
    profile: sb.Profile, which: str, model: Any, steps: Any, sweep_steps: int, seeds: int | None = None
) -> dict[str, Any]:
    """The questions of one network; without `steps` only the sweep."""
    net = sb.Spec(
        data=sb.data.fashion_mnist(train=profile.train, test=1),
        model=model,
        initializer=sb.initializers.glorot_uniform(),
        loss="cross_entropy",
        optimizer=sb.optimizers.momentum(0.01),
        batch_size=64,
        steps=steps or 1,
        trace=1_000_000,
        splits=("train",),
    )
    rate = sb.schedules.sweep(LOW, HIGH, length=sweep_steps - 1)
    sweep = net.replace(learning_rate=rate, steps=sweep_steps, trace=1, splits=(), probes=())
    asked = {f"{which}sweep": sb.measures.train(sweep, at_most=seeds)}
    if not steps:
        return asked
    grid = net.vary(learning_rate=sorted(CANDIDATES + BETWEEN))

    def suggested(record: Any) -> Any:
        rates = median_answers(record)
        some = min(filter(None, (profile.few, seeds)))
        return sb.measures.train(net.vary(learning_rate=sorted(set(rates.values()))), at_most=some) if rates else None

    return {
        **asked,
        f"{which}rates": sb.measures.train(grid, at_most=seeds),
        f"{which}suggested": sb.after(f"{which}sweep", suggested),
    }


def page_of(which: str) -> list[sb.Section]:
    """The sections of one network."""
    network, needs, at = NETWORKS[which], f"{which}rates", f" with {NETWORKS[which]}" if which else ""
    return [
        sb.Section(
            f"{network}: the loss against the rate in one sweep",
            [sb.show.sweep(record=f"{which}sweep", suffix=which.rstrip("_")), by_eye(which)],
            asks=f"What do the finders read as the rate{at}, and how far do seeds spread?",
            needs=f"{which}sweep",
        ),
        sb.Section(
            f"{network}: ten rates, each trained by itself",
            [fixed_rates(which)],
            asks=f"Which are lr_min and lr_max{at}?",
            needs=needs,
        ),
        sb.Section(
            f"{network}: how good the answers are",
            [HOW, scored(which), WHY],
            asks=f"Which rule should be trusted{at}?",
            needs=needs,
        ),
    ]


study = sb.Study(
    name="rate_range",
    title="Which learning rate? What range tests say, seed by seed",
    source="Dube, homework 2 (2019), problem 6.2; Rosebrock, Keras learning rate finder (2019); Smith 2015",
    question="A network is trained on Fashion-MNIST in batches of 64 while its learning rate grows from 1e-9 to 10, or "
    "once at each of ten rates in between. From the training loss against the rate, which are lr_min and lr_max? How "
    "far do the answers of well-known finders spread over seeds, and how good is training with what they say?",
    ask=ask,
    profiles={
        "smoke": {"seeds": 4, "few": 4, "network": "mlp([8])", "train": 320, "steps": 6, "sweep_steps": 50,
                  "googlenet_seeds": 0, "takes": "30 s",
                  "reduced": "a layer of 8 units in place of LeNet-5, 320 images, a sweep of 50 steps and trainings of "
                  "6; no MiniGoogLeNet"},
        "quick": {"seeds": 16, "few": 8, "network": "lenet5", "train": 6_400, "steps": 200, "sweep_steps": 640,
                  "googlenet_seeds": 8, "googlenet_width": 0.125, "googlenet_steps": 0, "googlenet_sweep_steps": 640,
                  "takes": "7 minutes",
                  "reduced": "the first 6,400 training images and 200 steps at each rate (two passes) instead of five "
                  "passes over 60,000; a sweep of 640 steps, as the 64 a decade of `find_rate`; at the rules' median "
                  "answers the first 8 seeds; of MiniGoogLeNet only the sweep, with an eighth of the channels (1/64 of "
                  "the work) and 8 seeds"},
        "full": {"seeds": 32, "few": 32, "network": "lenet5", "train": 60_000, "steps": sb.epochs(5),
                 "sweep_steps": 2_814, "googlenet_seeds": 16, "googlenet_width": 1.0,
                 "googlenet_steps": sb.epochs(5), "googlenet_sweep_steps": 2_814,
                 "takes": "days on two cores; hours on a GPU"},
    },
    score=sb.score("regret", record="regrets", words="regret"),
    picture="sweep",
    page=[
        *page_of(""),
        *page_of("googlenet_"),
        sb.Section("What the sheet's own network costs", [COST]),
    ],
    outcomes=outcomes,
    decided=(
        "the sheet names MiniGoogLeNet; LeNet-5 stands first, since every training of it is 250 times cheaper",
        "gradient descent with momentum 0.9 and Glorot's uniform initial draw, as in the article's code; no "
        "augmentation; grey values in [0, 1]",
        "“10 candidate learning rates between 1e-9 and 1e1” are the decades without 1e-8, at which nothing moves; four "
        "rates between them are added, so that the best one lies on the grid",
        "training loss: after the last step, on all training images, as in inference",
        "rules by eye are made exact: the rates at which the loss has come down by 10 % and 90 % of its whole fall "
        "(Smith), by 5 % and 95 % of the smoothed fall (pyimagesearch)",
        "landmarks are read from a curve smoothed with 0.92, which lags by 0.2 decades, as the article's 0.98 does at "
        "its 256 steps a decade",
    ),
    claims=(
        *(
            sb.Claim(id=f"{which}{name}", source=source, statement=f"{said} ({NETWORKS[which]})", check=check,
                     record=f"{which}landmarks", differs=NO_AUGMENTATION if which else OTHER_NETWORK)
            for which in NETWORKS
            for name, source, said, check in LANDMARKS
        ),
        *(
            sb.Claim(id=name, source=source, value=rate, record="answers",
                     statement=f"The {'upper' if variable == 'rate' else 'lower'} end read by eye is {rate:g}",
                     check=f"one_run({variable}, rule=pyimagesearch) = {rate:g}",
                     differs="; ".join(filter(None, [OTHER_NETWORK, differs])))
            for name, source, variable, rate, differs in CHOSEN
        ),
        *(
            sb.Claim(id=f"xp2030-{rate:g}", source="xp2030, homework 2", value=loss, record="googlenet_rates",
                     statement=f"After five epochs at rate {rate:g} the training loss is {loss:g}",
                     check=f"one_run(final_train_loss, learning_rate={rate:g}) = {loss:g}",
                     differs="Adam, and the loss is the mean over the last epoch")
            for rate, loss in XP2030.items()
        ),
    ),
)  # fmt: skip
