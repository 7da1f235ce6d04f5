"""Batch norm, dropout, or both: LeNet-5 on MNIST, what is learned, and what happens inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.normalize_or_drop.inside import TERMS, drift, repaired, shifts, together, variance_shift
from seedbed.studies.normalize_or_drop.learned import by_layer, input_or_not, parameters
from seedbed.studies.normalize_or_drop.networks import (
    BOTH,
    DROP,
    INPUT,
    LEARNED,
    NORM,
    PLAIN,
    SMALL,
    arms,
    fashion,
    lenet,
    one_epoch,
    places,
    three_sigmoids,
)
from seedbed.studies.normalize_or_drop.published import claims

NEARLY, GOAL = 0.99, 0.965
FASHION = """
    Two other exercises compare the same arms on Fashion-MNIST with tanh and average pools, and find batch norm two
    points ahead. Here with the Cornell network: Adam, rate 0.001, batches of 32, dropout 0.3 in front of the last layer
    only, and tanh in every hidden layer of every arm: there, plain and weight decay had ReLU in the dense layers."""
FAST = """
    A public speed test trains 215,194 parameters for one epoch and reports 99.041 % over 30 runs with a deviation of
    0.066 points: the one published number on this data with an honest n. Everything is as there but for two things. All
    of its runs share one order of the images, so that its deviation is that of the initial draw alone; here every seed
    has an order of its own too. And its 235th and last batch is the rest of 96 images; here it is a full one, the first
    of a second pass, at a rate that is practically 0 by then."""
ORDER = """
    The paper puts batch norm in front of the activation; many programs put it behind. The arm “before” is the sheet's
    “batch norm”."""


def ask(profile: sb.Profile) -> dict[str, Any]:
    """The arms, more seeds of the two inputs, the place of batch norm, and the networks of published runs."""
    net = sb.Spec(
        data=sb.data.mnist(train=profile.train, test=profile.test, standardize="scalar"),
        model=lenet(),
        loss="cross_entropy",
        optimizer=sb.optimizers.adam(1e-3),
        batch_size=64,
        steps=sb.epochs(profile.epochs),
        trace=sb.epochs(profile.epochs / profile.looks),
        probes=SMALL,
    )
    every = arms()
    clothes = net.replace(
        data=sb.data.fashion_mnist(train=profile.fashion, test=profile.test),
        model=fashion()[PLAIN]["model"],
        batch_size=32,
        steps=sb.epochs(profile.fashion_epochs),
        trace=sb.epochs(profile.fashion_epochs),
        probes=(),
    )
    found = {
        "nets": net.vary(arm=every),
        "inputs": sb.measures.train(net.vary(arm={name: every[name] for name in (NORM, INPUT)}), seeds=profile.pairs),
        "places": sb.measures.train(net.vary(place=places()), fixed=("arm",)),
        "anew": sb.measures.train(estimated_anew(net, profile.epochs), fixed=True, auxiliary=True),
        "fashion": sb.measures.train(clothes.vary(net=fashion()), at_most=profile.few, fixed=True),
        "sigmoids": sb.measures.train(three_sigmoids(profile.sigmoid_images, profile.sigmoid_steps), fixed=True),
        "one_epoch": sb.measures.train(
            one_epoch(profile.fast_images, profile.fast_steps), at_most=profile.fast, fixed=True, auxiliary=True
        ),
        "times": sb.measures.timed(net.vary(arm=every), repeats=profile.repeats, least=profile.least),
    }
    return {name: one for name, one in found.items() if name not in profile.leaves_out}


def estimated_anew(net: sb.Spec, epochs: float) -> sb.Spec:
    """The arm with both, and an epoch more in which only the running averages move: nothing dropped, the rate 0."""
    return net.replace(
        model=lenet("before", drop=True, until=epochs),
        optimizer=sb.optimizers.adam(sb.schedules.drops([1e-3, 0.0], at=[epochs], unit="epoch")),
        steps=sb.epochs(epochs + 1),
        trace=sb.epochs(epochs + 1),
        probes=LEARNED,
    )


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """What claims are about beside accuracies: gains and gaps, learned scales, steps to a goal, shifts, seconds."""
    nets, found = records["nets"], {}
    found["reached"] = sb.derive(records["sigmoids"], lambda _, part: {"steps": _first(part)}, of="sigmoids")
    found["one_epoch_99"] = sb.derive(
        records["one_epoch"],
        lambda _, part: {"reaches_99": part["final_test_accuracy"].values >= NEARLY},
        of="one_epoch",
    )
    if BOTH in nets["arm"].values:
        after, before = (one["final_test_accuracy"] for one in (records["anew"], nets.sel(arm=BOTH)))
        found["repair"] = sb.derive(records["anew"], lambda *_: {"gain": after.values - before.values}, of="anew")
        found["shifts"] = _by_name(nets, "behind", "shift", shifts(nets, BOTH), "nets")
    if "fashion" in records:
        found |= on_fashion(records["fashion"])
    if "times" in records:
        found["step_seconds"] = seconds(records["times"])
    return found


def on_fashion(clothes: Any) -> dict[str, Any]:
    """What each net gains over the plain one, its train-test gap, and the learned scales of batch norm."""
    plain = clothes["final_test_accuracy"].sel(net=PLAIN).values if PLAIN in clothes["net"].values else np.nan

    def gains(_: Any, part: Any) -> dict[str, np.ndarray]:
        test = part["final_test_accuracy"].values
        return {"gain": test - plain, "gap": part["final_train_accuracy"].values - test}

    found = {"fashion_gains": sb.derive(clothes, gains, of="fashion")}
    if NORM in clothes["net"].values:
        scales = {
            name: one.isel(step=-1).sel(learned="scale").mean("unit").values
            for name, one in by_layer(clothes, NORM, factor="net").items()
        }
        found["fashion_scales"] = _by_name(clothes, "behind", "scale", scales, "fashion")
    return found


def seconds(times: Any) -> Any:
    """Seconds of a step, an entry for each repeat."""
    alone = times["alone"].isel(seed=0)
    found = {arm: alone.sel(arm=arm).values for arm in alone["arm"].values.tolist()}
    return sb.derive(times, lambda levels, _: {"seconds": found[levels["arm"]]}, axes={"arm": list(found)},
                     seeds=range(times.sizes["repeat"]))  # fmt: skip


def _by_name(record: Any, axis: str, variable: str, values: Mapping[str, np.ndarray], of: str) -> Any:
    """An outcome of every member for each of the names along an axis of its own."""
    return sb.derive(record, lambda levels, _: {variable: values[levels[axis]]}, axes={axis: list(values)},
                     seeds=record["seed"].values.tolist(), of=of)  # fmt: skip


def _first(part: Any) -> np.ndarray:
    """The first traced step at which the test accuracy reached the goal; the cap where it never did."""
    reached = part["test_accuracy"].transpose("seed", "step").values >= GOAL
    return np.where(reached.any(axis=1), part["step"].values[reached.argmax(axis=1)], part.attrs["cap"]).astype(float)


def apart(first: str, second: str) -> Any:
    """A block that answers which of two arms has the higher test accuracy, paired by seed."""

    def items(context: sb.Context) -> Iterator[Any]:
        said = versus(context, first, second)
        if said:
            yield said
            yield sb.Answer(said)

    return items


def versus(context: sb.Context, first: str, second: str) -> str:
    """One arm against another in a sentence; empty where one was not run."""
    scored = context.score
    if not {first, second} <= set(scored.names) or scored.n < 2:
        return ""
    a, b = (scored.members.values[:, scored.names.index(name)] for name in (first, second))
    gap = sb.stats.pairs.difference(a, b)
    verdict = "better" if gap.low > 0 else "worse" if gap.high < 0 else "not told apart"
    return (
        f"{first[:1].upper()}{first[1:]} against {second}: {verdict}; test accuracy {scored[first]} against "
        f"{scored[second]}, difference {sb.show.interval(gap, sb.show.hundredths)} (n = {scored.n}, paired, 95 % "
        "intervals)."
    )


def dropped(context: sb.Context) -> Iterator[Any]:
    """Dropout alone against batch norm, on hidden layers and on the input too."""
    said = " ".join(
        filter(None, (versus(context, DROP, NORM), versus(context, DROP, INPUT), versus(context, DROP, PLAIN)))
    )
    if said:
        yield said
        yield sb.Answer(said)


def fast(context: sb.Context) -> Iterator[Any]:
    """Mean, deviation and share of runs that reach 99 % after one epoch."""
    accuracy = context.record("one_epoch")["final_test_accuracy"].values
    mean, n = sb.stats.scores.mean(accuracy), accuracy.size
    share = sb.stats.wilson(int((accuracy >= NEARLY).sum()), n)
    spread = 100 * float(accuracy.std(ddof=1)) if n > 1 else float("nan")
    yield sb.Reading("one_epoch", {"mean": mean, "deviation_points": spread, "reaches_99": share})
    said = (
        f"After one epoch the mean test accuracy is {100 * mean.estimate:.3f} % ({100 * mean.low:.3f} to "
        f"{100 * mean.high:.3f}), the deviation between runs {spread:.3f} points; {sb.show.share(share)} of runs reach "
        f"99 % (n = {n}, 95 % intervals). Published: 99.041 %, 0.066 points, n = 30."
    )
    yield said
    yield sb.Answer(said)


study = sb.Study(
    name="normalize_or_drop",
    title="Batch norm, dropout, or both: LeNet-5 on MNIST",
    source="Dube, homework 2 (2019), problem 4",
    question="LeNet-5 learns MNIST plain, with batch norm in the hidden layers and a standardized input, with batch "
    "norm on the input too, with dropout (0.2 and 0.5), and with both. What are the learned batch-norm parameters of "
    "each layer? Does batch norm on the input improve anything? How do test accuracies compare?",
    ask=ask,
    profiles={
        "smoke": {
            "seeds": 3,
            "pairs": 3,
            "few": 2,
            "fast": 2,
            "train": 256,
            "test": 100,
            "epochs": 2,
            "looks": 2,
            "fashion": 128,
            "fashion_epochs": 1,
            "sigmoid_images": 240,
            "sigmoid_steps": 40,
            "fast_images": 512,
            "fast_steps": 2,
            "repeats": 2,
            "least": 0.02,
            "leaves_out": ("places", "fashion", "times"),
            "takes": "1 minute",
            "reduced": "256 images and 2 epochs; the published networks for a few steps; without the place of batch "
            "norm, Fashion-MNIST and times",
        },
        "quick": {
            "seeds": 16,
            "pairs": 24,
            "few": 8,
            "fast": 8,
            "train": 6_400,
            "test": 10_000,
            "epochs": 3,
            "looks": 3,
            "fashion": 6_400,
            "fashion_epochs": 2,
            "sigmoid_images": 12_000,
            "sigmoid_steps": 2_000,
            "fast_images": 60_000,
            "fast_steps": 235,
            "repeats": 5,
            "least": 0.2,
            "leaves_out": (),
            "takes": "10 minutes",
            "reduced": "6,400 of 60,000 images and 3 epochs of 10 (300 steps instead of 9,370); on Fashion-MNIST 8 "
            "seeds, 6,400 images and 2 epochs of 10; the sigmoid network 2,000 of 50,000 steps; the one-epoch run in "
            "full, with 8 seeds",
        },
        "full": {
            "seeds": 32,
            "pairs": 32,
            "few": 32,
            "fast": 30,
            "train": 60_000,
            "test": 10_000,
            "epochs": 10,
            "looks": 10,
            "fashion": 48_000,
            "fashion_epochs": 10,
            "sigmoid_images": 60_000,
            "sigmoid_steps": 50_000,
            "fast_images": 60_000,
            "fast_steps": 235,
            "repeats": 9,
            "least": 1.0,
            "leaves_out": (),
            "takes": "6 hours on two cores: 1.5 TFLOP a network and arm",
        },
    },
    score=sb.score("final_test_accuracy", "higher", words="test accuracy"),
    page=[
        sb.Section("Two terms", [TERMS], asks=""),
        sb.Section("Covariate shift, measured", [drift], asks="What is internal covariate shift?"),
        sb.Section("Co-adaptation, measured", [together], asks="What is co-adaptation?"),
        sb.Section(
            "Accuracy and loss of every arm",
            [sb.show.curves("train_loss", "test_loss"), sb.show.scores(), sb.show.generalization(), sb.show.compare()],
            asks="Train and test accuracy and loss: how do the arms compare?",
        ),
        sb.Section("What batch norm has learned", [parameters], asks="What are the learned batch-norm parameters?"),
        sb.Section("Batch norm on the input", [input_or_not], asks="Did batch norm on the input improve performance?"),
        sb.Section("Dropout instead", [dropped], asks="How does dropout compare with batch norm?"),
        sb.Section(
            "Both together",
            [apart(BOTH, DROP), apart(BOTH, NORM), variance_shift, repaired],
            asks="How do both together compare with each alone?",
        ),
        sb.Section(
            "Before or after the activation",
            [ORDER, sb.show.scores(record="places"), sb.show.compare(record="places", ranks=False, single_runs=False)],
            needs="places",
        ),
        sb.Section("Time", [sb.show.step_times(to=PLAIN)], needs="times", asks="What does a step of each arm cost?"),
        sb.Section("On Fashion-MNIST", [FASHION, sb.show.generalization(record="fashion")], needs="fashion"),
        sb.Section("99 % in one epoch", [FAST, fast], needs="one_epoch"),
    ],
    outcomes=outcomes,
    decided=(
        "LeNet-5 in the form in which it is taught: ReLU, max pools, padding 2 around 28 × 28 (61,706 parameters), "
        "PyTorch's initial draw",
        "Adam at 0.001, batches of 64; the sheet names neither",
        "standard normalization: one mean and one deviation of all grey values of the training images; 67 pixels never "
        "vary, so pixel by pixel it would divide by 0",
        "batch norm before the activation of each of the four hidden layers, not on the output; running averages with "
        "momentum 0.1 in testing",
        "dropout 0.2 on the standardized input and 0.5 behind each hidden layer, behind the pool where there is one; "
        "what is kept is divided by its share, so that testing needs no scaling",
        "batch-norm statistics are estimated anew by one more epoch at rate 0 with nothing dropped, in which the "
        "weights stay as they are and the running averages forget all batches before",
        "“both” has the standardized input, batch norm in the hidden layers, and both dropouts",
        "accuracies are those of the last step, not of the best epoch",
        "the paper of Ioffe and Szegedy gives no rate and no deviation of the first weights, and binary images: here "
        "SGD at 0.1, deviation 0.1, grey values",
    ),
    claims=tuple(claims()),
)
