"""Two activations and two losses on the 4x4 random images: which setting learns the set first, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.stats.hits import Hits

RYBKIN = "Rybkin 2017"
ZHANG_LI = "Zhang & Li 2018"
PUBLISHED = {
    ("sigmoid", "l2"): {RYBKIN: 2100, ZHANG_LI: 9623},
    ("sigmoid", "cross_entropy"): {RYBKIN: 4616, ZHANG_LI: 4680},
    ("relu", "l2"): {RYBKIN: 2038, ZHANG_LI: 2095},
    ("relu", "cross_entropy"): {RYBKIN: 853, ZHANG_LI: 917},
}
UNTIED = "a bias for every example (388 parameters instead of 73): another network"
SUMMED = "losses summed over the 64 images, which makes the rate 64 times as large, and untruncated normal weights"
FRAMEWORK = "the framework's own initial draw"
COMPARED_AT = (10, 100, 1_000)  # steps at which the accuracies of the settings are compared
SUMMED_STEPS = {("sigmoid", "l2"): 147, ("relu", "cross_entropy"): 138, ("relu", "l2"): 94,
                ("sigmoid", "cross_entropy"): 77}  # fmt: skip


def ask(profile: str) -> sb.Spec:
    """The question at the sheet's own numbers; smoke only stops earlier."""
    question = sb.Spec(
        data=sb.data.random_images(64, (4, 4)),
        model=sb.models.mlp([4], activation="sigmoid"),
        initializer=sb.initializers.truncated_normal(0.1, bias=0.1),
        loss="l2",
        optimizer=sb.optimizers.sgd(0.1),
        stop=sb.reaches("train_accuracy", 1.0),
        steps=200 if profile == "smoke" else 10_000,
        probes=("dead", "gradient_norm"),
    )
    return question.vary(activation=["sigmoid", "relu"], loss=["l2", "cross_entropy"])


def tell(records: Mapping[str, xr.Dataset]) -> sb.Page:
    """The page: curves, arrival, order, single runs, explanation; the published numbers are among the claims."""
    record = records["record"]
    hits = sb.stats.hits(record)
    marks = published_marks(hits)
    sections = [
        sb.Section("Loss and accuracy while they train", [
            sb.pieces.fan(record, "train_loss", "Training loss"),
            sb.pieces.fan(record, "train_accuracy", "Training accuracy"),
        ]),
        sb.Section("When they reach 100 % accuracy", [
            sb.pieces.arrival_table(hits), *sb.pieces.arrival_figures(record, marks), sb.pieces.fate_table(record),
        ]),
    ]  # fmt: skip
    if sb.pieces.several(record):
        items = sb.pieces.over_time_items(record, "train_accuracy", "training accuracy", COMPARED_AT)
        sections += [
            sb.Section("How far they are at the same step", list(items)),
            sb.Section("The settings sorted", list(sb.pieces.order_items(hits))),
            sb.Section("What one run would have said", list(sb.pieces.single_run_items(hits))),
        ]
    sections.append(sb.Section("Why the rates differ", list(explanation(record))))
    return sb.Page(sections, {"published": beside_published(record), "gradient_ratios": gradient_ratios(record)})


def published_marks(hits: Hits) -> list[sb.pieces.Mark]:
    """Published steps of the settings that were run."""
    known = {", ".join(levels): runs for levels, runs in PUBLISHED.items()}
    return [(name, step, who) for name in hits.names for who, step in known.get(name, {}).items() if step <= hits.cap]


def explanation(record: xr.Dataset) -> Iterator[sb.Figure | sb.Table | sb.Formula | sb.Prose]:
    """Gradient norms by layer, and what they say."""
    yield sb.Figure("gradient_norm", sb.figures.by_layer(record, "gradient_norm"),
                    "Norm of the loss gradient by layer against step: median, 25–75 % and 5–95 % of "
                    f"n = {record.sizes['seed']} members; a member that stopped keeps its last value.",
                    "Gradient norm of the first and second layer against step, a panel per setting")  # fmt: skip
    yield sb.Table(("setting", "layer", "step 0", "step 100", "step 300"), gradient_rows(record),
                   f"Median gradient norm over n = {record.sizes['seed']} members (25–75 % of members in "
                   "brackets).")  # fmt: skip
    yield sb.Formula(
        "(partial L_2) / (partial z) = 2 (hat(y) - y) hat(y) (1 - hat(y)), "
        "quad (partial L_(C E)) / (partial z) = hat(y) - y, "
        "quad (partial L) / (partial W_1) = ((partial L) / (partial z) w_2 dot.o f'(z_1)) x^T",
        "the L2 loss multiplies the error by two y-hat times one minus y-hat, cross-entropy passes it on as it is; the "
        "first layer sees it through the second weights and the derivative of the activation",
    )
    if said := words_of_explanation(gradient_ratios(record)):
        yield sb.Prose(said)


def gradient_rows(record: xr.Dataset) -> list[tuple[str, ...]]:
    """Median and middle half of the gradient norms at some steps."""
    steps = [step for step in (0, 100, 300) if step <= record.attrs["cap"]]
    found: list[tuple[str, ...]] = []
    for levels, part in sb.rows(record):
        for layer in record["layer"].values.tolist():
            at = [part["gradient_norm"].sel(layer=layer).sel(step=step, method="nearest").values for step in steps]
            cells = [middle_half(values) for values in at]
            found.append((sb.name_of(levels), layer, *cells, *["—"] * (3 - len(cells))))
    return found


def middle_half(values: np.ndarray) -> str:
    """Median with its middle half, of the members still training."""
    values = values[np.isfinite(values)]
    if not values.size:
        return "—"
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    return f"{middle:.2g} [{low:.2g}, {high:.2g}]"


def gradient_ratios(record: xr.Dataset) -> dict[str, float]:
    """Ratios of median initial gradient norms that the explanation rests on; empty where a level was not run."""
    norms = record["gradient_norm"].sel(step=0).median("seed")
    found: dict[str, float] = {}
    axes = {axis: record[axis].values.tolist() for axis in ("activation", "loss") if axis in norms.dims}
    if {"l2", "cross_entropy"} <= set(axes.get("loss", [])):
        ratio = norms.sel(loss="cross_entropy") / norms.sel(loss="l2")
        found["cross_entropy_over_l2_last_layer"] = float(ratio.isel(layer=-1).median())
    if {"sigmoid", "relu"} <= set(axes.get("activation", [])):
        ratio = norms.sel(activation="relu") / norms.sel(activation="sigmoid")
        found["relu_over_sigmoid_first_layer"] = float(ratio.isel(layer=0).median())
    return found


def words_of_explanation(ratios: Mapping[str, float]) -> str:
    """The explanation the sheet asks for, with the ratios measured here."""
    lines: list[str] = []
    if "cross_entropy_over_l2_last_layer" in ratios:
        lines.append(
            "**The loss.** Under L2 the error reaches the output unit multiplied by 2ŷ(1 − ŷ), which is 1/2 at ŷ = 1/2 "
            "and falls toward 0 as the unit saturates; cross-entropy passes the error on as it is. At the initial draw "
            f"the gradient of the last layer is {ratios['cross_entropy_over_l2_last_layer']:.1f} times larger under "
            "cross-entropy. Once the network answers every image with the share of ones, p, the L2 factor is down to "
            "2 p (1 − p), which is 0.28 for the 11 ones among 64 images of the course's set, so the way from there on "
            "is longer still."
        )
    if "relu_over_sigmoid_first_layer" in ratios:
        lines.append(
            "**The activation.** A sigmoid hidden unit multiplies what reaches the first layer by h(1 − h), at most "
            "1/4; an active ReLU multiplies it by 1, an inactive one by 0. At the initial draw the first layer's "
            f"gradient is {ratios['relu_over_sigmoid_first_layer']:.1f} times larger with ReLU. With the sheet's small "
            "weights all sigmoid units start near h = 1/2, so they first have to grow apart before the images can be "
            "told apart."
        )
    if len(ratios) == 2:
        lines.append(
            "**Together.** The learning rate is the same everywhere, so smaller gradients mean more steps, and the two "
            "factors multiply: one expects sigmoid with L2 last and ReLU with cross-entropy first. Whether that "
            "is the order found here stands above, under the settings sorted."
        )
    return "\n\n".join(lines)


def beside_published(record: xr.Dataset) -> list[dict[str, Any]]:
    """Each published run: where it lies in the distribution of its setting."""
    found: list[dict[str, Any]] = []
    for levels, part in sb.rows(record):
        steps = part["hit_step"].values
        for who, step in PUBLISHED.get(tuple(levels.values()), {}).items():
            untied = who == RYBKIN and tuple(levels.values()) == ("sigmoid", "l2")
            found.append({"setting": sb.name_of(levels), "who": who, "step": step, "n": int(steps.size),
                          "share_of_members_faster": float(np.mean(np.nan_to_num(steps, nan=np.inf) < step)),
                          "set_up_differs": UNTIED if untied else ""})  # fmt: skip
    return found


def claims() -> tuple[sb.Claim, ...]:
    """Both tables: the orders they show, where they contradict each other, and every number."""
    mean = {(a, b): f"mean(hit_step, activation={a}, loss={b})" for a, b in PUBLISHED}
    sigmoid = mean["sigmoid", "cross_entropy"], mean["sigmoid", "l2"]
    relu = mean["relu", "cross_entropy"], mean["relu", "l2"]
    orders = (
        sb.Claim(id="zhang-li-sigmoid", source=f"{ZHANG_LI}, section 2.5", contradicts="rybkin-sigmoid",
                 statement="Sigmoid: cross-entropy needs fewer steps than L2 (4,680, not 9,623)",
                 check=f"{sigmoid[0]} < {sigmoid[1]}"),
        sb.Claim(id="rybkin-sigmoid", source=f"{RYBKIN}, table 1", differs=UNTIED,
                 statement="Sigmoid: L2 needs fewer steps than cross-entropy (2,100, not 4,616)",
                 check=f"{sigmoid[1]} < {sigmoid[0]}"),
        sb.Claim(id="zhang-li-order", source=f"{ZHANG_LI}, section 2.5",
                 statement="Order: ReLU + cross-entropy, ReLU + L2, sigmoid + cross-entropy, and last sigmoid + L2",
                 check=" < ".join((*relu, *sigmoid))),
        sb.Claim(id="zhang-li-relu", source=f"{ZHANG_LI}, section 2.5", statement="ReLU is faster than sigmoid, "
                 "even with L2 against cross-entropy", check=f"{relu[1]} < {sigmoid[0]}"),
        sb.Claim(id="cross-entropy-faster", source=f"{RYBKIN}, task 2; {ZHANG_LI}, section 2.5",
                 statement="ReLU: cross-entropy converges faster than L2", check=f"{relu[0]} < {relu[1]}"),
        sb.Claim(id="oliverchanyw-relu", source="oliverchanyw, CIS680 homework 1 (2018)", differs=FRAMEWORK,
                 statement="ReLU is faster than sigmoid, and cross-entropy than L2",
                 check=f"{relu[0]} < {relu[1]} < {sigmoid[0]} < {sigmoid[1]}"),
    )  # fmt: skip
    numbers = tuple(
        sb.Claim(id=f"{who.split()[0].lower()}-{activation}-{loss}", value=step, assumes="course files",
                 source=f"{who}, {'figures 3 and 4' if who == RYBKIN else 'section 2.5'}",
                 statement=f"{activation} + {loss} reaches 100 % accuracy after {step:,} iterations",
                 check=f"one_run(hit_step, activation={activation}, loss={loss}) = {step}",
                 differs=UNTIED if step == 2100 else "")
        for (activation, loss), runs in PUBLISHED.items() for who, step in runs.items()
    )  # fmt: skip
    others = tuple(
        sb.Claim(id=f"lnmangione-{activation}-{loss}", value=step,
                 source="lnmangione, CIS581 project 4 (2019), pp. 3-5",
                 statement=f"{activation} + {loss} reaches 100 % accuracy after {step} iterations", differs=SUMMED,
                 check=f"one_run(hit_step, activation={activation}, loss={loss}) = {step}")
        for (activation, loss), step in SUMMED_STEPS.items()
    )  # fmt: skip
    return (*orders, *numbers, *others)


study = sb.Study(
    name="four_settings",
    title="Sigmoid or ReLU, L2 or cross-entropy: which learns first?",
    source="CIS680 assignment 1 (2017), part 2; reports of Rybkin (2017) and of Zhang & Li (CIS581, 2018)",
    question="A 16-4-1 network with sigmoid output memorizes 64 binary images by full-batch gradient descent. How do "
    "loss and accuracy develop with a sigmoid or ReLU hidden layer under L2 or cross-entropy, in which order do the "
    "four settings reach 100 % accuracy, and why do their rates differ?",
    ask=ask,
    tell=tell,
    seeds={"smoke": 8, "quick": 256, "full": 1024},
    decided=(
        "step s counts updates: the accuracy after s updates is compared with 1, so step 0 is the initial draw",
        "without `--data`, one common set of 64 generated images serves all members; like the course's own set it has "
        "11 labels 1 and is linearly separable",
        "a prediction is right if it is above 1/2 exactly when the label is 1",
        "truncated normal means: drawn again beyond two standard deviations, as TensorFlow does; the deviation 0.1 is "
        "that before truncation",
        "a member that never arrives counts with the cap in the restricted mean",
    ),
    reduced={"smoke": "the cap is 200 steps instead of 10,000, so hardly any member arrives"},
    figures=("loss against step", "accuracy against step", "share arrived against step",
             "hit steps with published runs", "ranks", "gradient norms by layer"),
    claims=claims(),
)  # fmt: skip
