"""The same training once more: how far it drifts from itself when almost nothing, or nothing at all, is different."""

from __future__ import annotations

from typing import Any

import seedbed as sb
from seedbed.studies.reruns.drifting import (
    AGAIN,
    ALL,
    ARITHMETIC,
    NONE,
    ONE,
    ORDER,
    PERCENT,
    PROGRAM,
    SEED,
    control,
    nothing_changed,
    outcomes,
    when_and_how_far,
    which_answers,
)

RATES = (0.1, 0.01)
BATCH = 50
STARTS = {
    name: {f"initializer.{option}": value for option, value in zip(("one", "every", "share"), moved, strict=True)}
    for name, moved in ((NONE, (0.0, 0.0, 0.0)), (ONE, (1.0, 0.0, 0.0)), (ALL, (0.0, 1.0, 0.0)),
                        (PERCENT, (0.0, 0.0, 0.01)))
}  # fmt: skip
SUMMERS = "Summers & Dinneen 2021, Nondeterminism and instability in neural network optimization"
ZHUANG = "Zhuang et al. 2022, Randomness in neural network training"
CIFAR = "CIFAR-10, residual networks and hundreds of epochs; here a small network after a few epochs"
WHAT = f"""
    One network is trained again and again under the same seed, which fixes initial weights and the order of images:
    “{AGAIN}” by the same compiled program, but in other company, in another place among the networks trained at once,
    and with other pauses; “{PROGRAM}” by the rule with momentum 0, the same formulas compiled to another program;
    “{ARITHMETIC}” with losses summed and the rate divided by the batch size, the same mathematics rounded otherwise, as
    another device or library would; “{ONE}” with the centre weight of the first kernel moved to the next number of
    single precision (its last bit), “{ALL}” with all weights moved so, “{PERCENT}” with that one weight larger by 1 %.
    “{ORDER}” keeps the initial weights and draws the order of images anew, “{SEED}” draws both anew: seed i against the
    seed behind it. Drift is ‖W − W′‖ ÷ ‖W′‖ over all weights and biases."""
COST = """
    What is not measured here: other devices (a GPU against a CPU) take the same comparison with records of two machines
    (`seedbed compare`); Zhuang et al. report that forcing GPUs to be deterministic costs up to 746 % of time, which
    needs their three generations of GPUs; Summers & Dinneen train hundreds of networks for hundreds of epochs, about
    10,000 times the work of this study."""


def nudged(key: Any, shape: Any, dtype: Any = None, *, one: Any = 0.0, every: Any = 0.0, share: Any = 0.0) -> Any:
    """Glorot's uniform draw, with the centre weight of the first kernel or all weights moved by so many last bits.

    The last bit of w is the distance to the next larger number of w's precision; `share` is a part of w itself.
    """
    import jax
    import jax.numpy as jnp

    weight = jax.nn.initializers.glorot_uniform()(key, shape, dtype or jnp.float32)
    bit = jnp.nextafter(weight, jnp.full_like(weight, jnp.inf)) - weight
    moved = weight + every * bit
    if len(shape) != 4 or shape[2] != 1:  # only the first convolution has one channel
        return moved
    at = (shape[0] // 2, shape[1] // 2, 0, 0)
    return moved.at[at].add(one * bit[at] + share * weight[at])


def ask(profile: sb.Profile) -> dict[str, Any]:
    """The network with four starts; again; by another program; in other arithmetic; with one start for all seeds."""
    net = sb.Spec(
        data=sb.data.fashion_mnist(train=profile.train, test=profile.test),
        model=sb.models.cnn(profile.channels, kernel=5, pool="max"),
        initializer=sb.own("initializer", nudged, one=0.0, every=0.0, share=0.0),
        loss="cross_entropy",
        optimizer=sb.optimizers.sgd(RATES[0]),
        batch_size=BATCH,
        steps=profile.steps,
        trace=profile.every,
        evaluate=profile.steps,
        probes=("parameters", "predictions"),
        splits=("test",),
    )
    summed = net.replace(loss=sb.losses.cross_entropy("sum")).vary(learning_rate=[rate / BATCH for rate in RATES])
    common = net.replace(initializer=sb.initializers.glorot_uniform(draw=0)).vary(learning_rate=list(RATES))
    other_steps = net.replace(trace=2 * profile.every).vary(learning_rate=list(reversed(RATES)))
    momentum = net.replace(optimizer=sb.optimizers.momentum(RATES[0], momentum=0.0)).vary(learning_rate=list(RATES))
    line = sb.Spec(
        data=sb.data.random_images(64, (4, 4), labels="independent", fresh=True),
        model="neuron",
        initializer=sb.initializers.zeros(),
        loss="cross_entropy",
        optimizer=sb.optimizers.sgd(RATES[0]),
        steps=profile.steps,
        trace=profile.every,
        probes=("parameters",),
    )
    return {
        "nets": own(net.vary(change=STARTS, learning_rate=list(RATES))),
        "again": own(other_steps),
        "program": own(momentum),
        "arithmetic": own(summed),
        "order": own(common),
        "single": sb.measures.train(line, fixed=True, engine="jax", auxiliary=True),
        "double": sb.measures.train(line, fixed=True, engine="reference", auxiliary=True),
    }


def own(question: sb.Spec) -> Any:
    """A question as it stands, by the engine that knows a draw of one's own: reruns of one another, all or none."""
    return sb.measures.train(question, fixed=True, engine="jax")


def same(change: str, rate: float) -> str:
    """The check that a change moves as many predictions as a new seed, to within a tenth."""
    at = f"learning_rate={rate:g}"
    return f'mean(flips, change="{change}", {at}) = mean(flips, change="{SEED}", {at}) within 10 %'


study = sb.Study(
    name="reruns",
    title="The same training once more: how far does it drift?",
    source="EE449 report (METU), question 5, on reruns; Summers & Dinneen 2021; Zhuang et al. 2022",
    question="A training with identical settings and seed is run again: by the same program in other company, by "
    "another program, in arithmetic that rounds otherwise, or with the last bit of one weight changed. How far do "
    "weights, losses and predictions drift, how fast, and does a rerun differ less than a new seed?",
    ask=ask,
    profiles={
        "smoke": {"seeds": 4, "channels": [2], "train": 200, "test": 50, "steps": 8, "every": 1, "takes": "40 s",
                  "reduced": "one convolution of two kernels, 200 images and 8 steps: nothing has time to drift"},
        "quick": {"seeds": 16, "channels": [6, 12], "train": 3_000, "test": 1_000, "steps": 300, "every": 15,
                  "takes": "4 minutes",
                  "reduced": "the first 3,000 training and 1,000 test images and 300 steps (five passes) instead of "
                  "twenty passes over 60,000"},
        "full": {"seeds": 32, "channels": [6, 12], "train": 60_000, "test": 10_000, "steps": 24_000, "every": 400,
                 "takes": "3 hours on two cores"},
    },
    score=sb.score("flips", record="predictions", words="share of predictions that change (rate 0.1)"),
    picture="drift",
    page=[
        sb.Section("What is changed", [WHAT]),
        sb.Section("Nothing changed", [nothing_changed], asks="Does a rerun by the same program differ at all?"),
        sb.Section(
            "How fast the weights drift", [when_and_how_far], asks="How far and how fast do weights and losses drift?"
        ),
        sb.Section(
            "Predictions: a rerun against a new seed",
            [which_answers, sb.show.scores()],
            asks="Does a rerun differ less than a new seed?",
        ),
        sb.Section(
            "A problem without drift", [control], asks="Do double precision and single precision drift apart as well?"
        ),
        sb.Section("What is not measured here", [COST]),
    ],
    outcomes=outcomes,
    decided=(
        "the report trains five networks on GPUs; here a network with two convolutions (3,898 parameters) on a CPU, so "
        "that every weight can be followed",
        "predictions are those for the training images, the class with the largest score",
        "a network's drift is measured against the same seed without a change; a new seed is the next one, the first "
        "behind the last, so that neighbouring pairs share a network and the intervals of new seeds are a little "
        "narrow",
        "doubling time: from the steps at which the drift lies between 1e-7 and 1e-2, by least squares on its "
        "logarithm",
    ),
    claims=(
        *(
            sb.Claim(id=f"{name}-{rate:g}", source=SUMMERS, statement=f"{said} (rate {rate:g})", record="drift",
                     check=same(change, rate), differs=CIFAR)
            for rate in RATES
            for name, change, said in (
                ("one-bit", ONE, "Changing one weight by one bit moves as many predictions as a new seed (taken as to "
                 "within 10 %)"),
                ("order-alone", ORDER, "The order of images alone causes as much diversity as everything together "
                 "(taken as to within 10 %)"),
            )
        ),
        *(
            sb.Claim(id=f"accuracy-stays-{rate:g}", source=ZHUANG, record="drift", differs=CIFAR,
                     statement=f"Other arithmetic leaves the accuracy about unchanged (taken as to within half a "
                     f"point; rate {rate:g})",
                     check=f'mean(accuracy_change, change="{ARITHMETIC}", learning_rate={rate:g}) = 0 within 0.005')
            for rate in RATES
        ),
        sb.Claim(id="examples-move", source=ZHUANG, record="drift", differs=CIFAR,
                 statement="Other arithmetic moves single predictions (taken as more than 1 in 100; rate 0.1)",
                 check=f'mean(flips, change="{ARITHMETIC}", learning_rate=0.1) > 0.01'),
        sb.Claim(id="quite-different", source="EE449 report (METU), question 5", record="drift",
                 statement="The same set-up, run on other devices at rate 0.1, gives quite different results (taken as "
                 "more than 5 of 100 predictions)",
                 check=f'mean(flips, change="{ARITHMETIC}", learning_rate=0.1) > 0.05',
                 differs="other devices instead of other arithmetic, larger networks, 30 epochs with a drop of the "
                 "rate"),
    ),
)  # fmt: skip
