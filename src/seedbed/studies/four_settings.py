"""Two activations and two losses on the 4x4 random images: which setting learns the set first, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import seedbed as sb

RYBKIN, ZHANG_LI = "Rybkin 2017", "Zhang & Li 2018"
RYBKIN_WHERE, ZHANG_LI_WHERE = f"{RYBKIN}, figures 3 and 4", f"{ZHANG_LI}, section 2.5"
MANGIONE = "lnmangione, CIS581 project 4 (2019), pp. 3-5"
UNTIED = "a bias for every example (388 parameters instead of 73): another network"
SUMMED = "losses summed over the 64 images, which makes the rate 64 times as large, and untruncated normal weights"
SIGMOID_L2, SIGMOID_CE, RELU_L2, RELU_CE = (
    f"mean(hit_step, activation={activation}, loss={loss})"
    for activation in ("sigmoid", "relu")
    for loss in ("l2", "cross_entropy")
)
ORDERS = (  # id, source, statement, check, what was different there, the claim it contradicts
    ("zhang-li-sigmoid", ZHANG_LI_WHERE, "Sigmoid: cross-entropy needs fewer steps than L2 (4,680, not 9,623)",
     f"{SIGMOID_CE} < {SIGMOID_L2}", "", "rybkin-sigmoid"),
    ("rybkin-sigmoid", f"{RYBKIN}, table 1", "Sigmoid: L2 needs fewer steps than cross-entropy (2,100, not 4,616)",
     f"{SIGMOID_L2} < {SIGMOID_CE}", UNTIED, ""),
    ("zhang-li-order", ZHANG_LI_WHERE,
     "Order: ReLU + cross-entropy, ReLU + L2, sigmoid + cross-entropy, and last sigmoid + L2",
     f"{RELU_CE} < {RELU_L2} < {SIGMOID_CE} < {SIGMOID_L2}", "", ""),
    ("zhang-li-relu", ZHANG_LI_WHERE, "ReLU is faster than sigmoid, even with L2 against cross-entropy",
     f"{RELU_L2} < {SIGMOID_CE}", "", ""),
    ("cross-entropy-faster", f"{RYBKIN}, task 2; {ZHANG_LI_WHERE}", "ReLU: cross-entropy converges faster than L2",
     f"{RELU_CE} < {RELU_L2}", "", ""),
    ("oliverchanyw-relu", "oliverchanyw, CIS680 homework 1 (2018)",
     "ReLU is faster than sigmoid, and cross-entropy than L2",
     f"{RELU_CE} < {RELU_L2} < {SIGMOID_CE} < {SIGMOID_L2}", "the framework's own initial draw", ""),
)  # fmt: skip
RUNS = (  # id, source, activation, loss, step, what was different there, what it assumes
    ("rybkin", RYBKIN_WHERE, "sigmoid", "l2", 2100, UNTIED, "course files"),
    ("zhang", ZHANG_LI_WHERE, "sigmoid", "l2", 9623, "", "course files"),
    ("rybkin", RYBKIN_WHERE, "sigmoid", "cross_entropy", 4616, "", "course files"),
    ("zhang", ZHANG_LI_WHERE, "sigmoid", "cross_entropy", 4680, "", "course files"),
    ("rybkin", RYBKIN_WHERE, "relu", "l2", 2038, "", "course files"),
    ("zhang", ZHANG_LI_WHERE, "relu", "l2", 2095, "", "course files"),
    ("rybkin", RYBKIN_WHERE, "relu", "cross_entropy", 853, "", "course files"),
    ("zhang", ZHANG_LI_WHERE, "relu", "cross_entropy", 917, "", "course files"),
    ("lnmangione", MANGIONE, "sigmoid", "l2", 147, SUMMED, ""),
    ("lnmangione", MANGIONE, "relu", "cross_entropy", 138, SUMMED, ""),
    ("lnmangione", MANGIONE, "relu", "l2", 94, SUMMED, ""),
    ("lnmangione", MANGIONE, "sigmoid", "cross_entropy", 77, SUMMED, ""),
)  # fmt: skip


def ask(profile: sb.Profile) -> sb.Spec:
    """The question at the sheet's own numbers; smoke only stops earlier."""
    question = sb.Spec(
        data=sb.data.random_images(64, (4, 4)),
        model=sb.models.mlp([4], activation="sigmoid"),
        initializer=sb.initializers.truncated_normal(0.1, bias=0.1),
        loss="l2",
        optimizer=sb.optimizers.sgd(0.1),
        stop=sb.reaches("train_accuracy", 1.0),
        steps=profile.steps,
        probes=("dead", "gradient_norm"),
    )
    return question.vary(activation=["sigmoid", "relu"], loss=["l2", "cross_entropy"])


def explanation(context: sb.Context) -> Iterator[Any]:
    """What the losses and the activations do to the gradient, with the ratios measured at the initial draw."""
    yield sb.Formula(
        "(partial L_2) / (partial z) = 2 (hat(y) - y) hat(y) (1 - hat(y)), "
        "quad (partial L_(C E)) / (partial z) = hat(y) - y, "
        "quad (partial L) / (partial W_1) = ((partial L) / (partial z) w_2 dot.o f'(z_1)) x^T",
        "the L2 loss multiplies the error by two y-hat times one minus y-hat, cross-entropy passes it on as it is; the "
        "first layer sees it through the second weights and the derivative of the activation",
    )
    found = gradient_ratios(context)
    yield sb.Reading("gradient_ratios", {name: ratio.estimate for name, ratio in found.items()})
    loss, activation = found.get("cross_entropy_over_l2_last_layer"), found.get("relu_over_sigmoid_first_layer")
    if loss:
        yield (
            "**The loss.** Under L2 the error reaches the output unit multiplied by 2ŷ(1 − ŷ), which is 1/2 at ŷ = 1/2 "
            "and falls toward 0 as the unit saturates; cross-entropy passes the error on as it is. At the initial draw "
            f"the gradient of the last layer is {loss.estimate:.1f} times larger under "
            "cross-entropy. Once the network answers every image with the share of ones, p, the L2 factor is down to "
            "2 p (1 − p), which is 0.28 for the 11 ones among 64 images of the course's set, so the way from there on "
            "is longer still."
        )
    if activation:
        yield (
            "**The activation.** A sigmoid hidden unit multiplies what reaches the first layer by h(1 − h), at most "
            "1/4; an active ReLU multiplies it by 1, an inactive one by 0. At the initial draw the first layer's "
            f"gradient is {activation.estimate:.1f} times larger with ReLU. With the sheet's small "
            "weights all sigmoid units start near h = 1/2, so they first have to grow apart before the images can be "
            "told apart."
        )
    if loss and activation:
        yield (
            "**Together.** The learning rate is the same everywhere, so smaller gradients mean more steps, and the two "
            "factors multiply: one expects sigmoid with L2 last and ReLU with cross-entropy first. Whether that "
            "is the order found here stands above, under the settings sorted."
        )
        yield sb.Answer(
            f"Their first gradients differ: at the initial draw cross-entropy gives the last layer {times(loss)} the "
            f"gradient of L2, and ReLU the first layer {times(activation)} that of sigmoid "
            f"(n = {loss.n}, 95 % intervals); at one learning rate, smaller gradients mean more steps."
        )


def gradient_ratios(context: sb.Context) -> dict[str, Any]:
    """Ratios of median gradient norms at the initial draw, with intervals; empty where a level was not run."""
    norms = context.record()["gradient_norm"].sel(step=0)
    found: dict[str, Any] = {}
    for name, factor, above, below, layer in (
        ("cross_entropy_over_l2_last_layer", "loss", "cross_entropy", "l2", -1),
        ("relu_over_sigmoid_first_layer", "activation", "relu", "sigmoid", 0),
    ):
        if factor in norms.dims and {above, below} <= set(norms[factor].values.tolist()):
            sides = [norms.isel(layer=layer).sel({factor: level}).values for level in (above, below)]
            columns = tuple(np.vstack([side.reshape(-1, norms.sizes["seed"]) for side in sides]))
            found[name] = sb.stats.scores.by_scipy(columns, middle_ratio, 0.95)
    return found


def middle_ratio(*columns: np.ndarray, axis: int = -1) -> Any:
    """The median of the columns in the first half over that of their partners in the second, in the middle of these."""
    medians = np.stack([np.median(column, axis=axis) for column in columns])
    half = len(columns) // 2
    return np.median(medians[:half] / medians[half:], axis=0)


def times(ratio: Any) -> str:
    """A ratio with its interval in a sentence."""
    return f"{ratio.estimate:.3g} times ({ratio.low:.3g} to {ratio.high:.3g})"


study = sb.Study(
    name="four_settings",
    title="Sigmoid or ReLU, L2 or cross-entropy: which learns first?",
    source="CIS680 assignment 1 (2017), part 2; reports of Rybkin (2017) and of Zhang & Li (CIS581, 2018)",
    question="A 16-4-1 network with sigmoid output memorizes 64 binary images by full-batch gradient descent. How do "
    "loss and accuracy develop with a sigmoid or ReLU hidden layer under L2 or cross-entropy, in which order do the "
    "four settings reach 100 % accuracy, and why do their rates differ?",
    ask=ask,
    profiles={
        "smoke": {
            "seeds": 8,
            "steps": 200,
            "reduced": "the cap is 200 steps instead of 10,000, so hardly any member arrives",
        },
        "quick": {"seeds": 256, "steps": 10_000},
        "full": {"seeds": 1024, "steps": 10_000},
    },
    score=sb.score("hit_step"),
    page=[
        sb.Section("Loss and accuracy while they train", [sb.show.curves("train_loss", "train_accuracy")]),
        sb.Section(
            "When they reach 100 % accuracy",
            [
                sb.show.arrivals(),
                sb.show.fates(),
                sb.show.published(table=False),
            ],
        ),
        sb.Section(
            "How far they are at the same step",
            [sb.show.over_time("train_accuracy", steps=(10, 100, 1_000))],
            asks="How do loss and accuracy develop?",
        ),
        sb.Section(
            "The settings sorted",
            [sb.show.compare(single_runs=False)],
            asks="In which order do the four settings reach 100 %?",
        ),
        sb.Section("What one run would have said", [sb.show.single_runs()]),
        sb.Section(
            "Why the rates differ",
            [sb.show.by_layer("gradient_norm", steps=(0, 100, 300)), explanation],
            asks="Why do their rates differ?",
        ),
    ],
    decided=(
        "step s counts updates: the accuracy after s updates is compared with 1, so step 0 is the initial draw",
        "without `--data`, one common set of 64 generated images serves all members; like the course's own set it has "
        "11 labels 1 and is linearly separable",
        "a prediction is right if it is above 1/2 exactly when the label is 1",
        "truncated normal means: drawn again beyond two standard deviations, as TensorFlow does; the deviation 0.1 is "
        "that before truncation",
        "a member that never arrives counts with the cap in the restricted mean",
    ),
    claims=(
        *sb.Claim.table("id source statement check differs contradicts", ORDERS),
        *sb.Claim.table(
            "who source activation loss step differs assumes",
            RUNS,
            id="{who}-{activation}-{loss}",
            value="{step}",
            statement="{activation} + {loss} reaches 100 % accuracy after {step:,} iterations",
            check="one_run(hit_step, activation={activation}, loss={loss}) = {step}",
        ),
    ),
)
