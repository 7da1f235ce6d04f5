"""Five networks on Fashion-MNIST: which generalizes best, what size and depth have to do with it, what is learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.five_nets.published import EPOCHS, NETS, claims
from seedbed.studies.five_nets.weights import clearest, specialized, weights

MEANT = """
    Generalization is how well a classifier does on examples that it was not trained on. What it lacks there is the
    *gap*: accuracy in training minus accuracy on the test split. A network overfits where the gap grows while the
    accuracy in training still rises. The accuracy in training is the mean over the batches of the last epoch, each
    judged before its own update, as the sheet records it."""
PLOTS = """
    A curve of the training loss alone says nothing about it: it falls for a network that learns the images by heart
    too. Two pictures do: accuracy in training and on the validation split against the step, of which the distance is
    the gap while it forms, and accuracy on the test split against accuracy in training. A report that puts a single
    last batch into the second picture shows mostly noise: of 96 images a share near 90 % has a
    deviation of 3 points."""
ONE_BATCH = """
    Akman's report finds that “cnn_5 is even better on the test split than in training”. That point was the last single
    batch; over his last epoch the same run has 92.5 % in training and 90.9 % on the test split."""
SMALL = "With so few networks no correlation is certain; only the order of pairs above has intervals of its own."


def ask(profile: sb.Profile) -> dict[str, Any]:
    """The five networks under Adam, some of them at ten times the rate, and images to compare first weights with."""
    images = {"standardize": "half", "subset": profile.subset}
    net = sb.Spec(
        data=sb.data.fashion_mnist(train=profile.train, test=profile.test, valid=0.1, **images),
        model=sb.models.ee449_mlp_1(edition="report"),
        loss="cross_entropy",
        optimizer=sb.optimizers.adam(1e-3),
        batch_size=50,
        steps=sb.epochs(profile.epochs),
        trace=10,
        evaluate="epoch",
        splits=("valid", "test"),
        probes=("first_weights",),
    )
    few = sb.data.fashion_mnist(train=min(profile.train, 2_000), test=1, **{**images, "subset": "stratified"})
    fast = of(net.replace(learning_rate=0.01, probes=()), profile.fast)
    return {
        "nets": of(net, profile.nets),
        "fast": sb.measures.train(fast, fixed=("learning_rate",), unless=("learning_rate",)),
        "examples": sb.measures.examples(net.replace(data=few)),
    }


def of(net: sb.Spec, names: tuple[str, ...]) -> sb.Spec:
    """The question over networks, in the edition of its model."""
    models = {name: getattr(sb.models, f"ee449_{name}")(edition="report") for name in names}
    return net.vary(network={name: {"model": model} for name, model in models.items()})


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """Means by epoch, and by member the last epoch's training accuracy, the gap, and what Adam at 0.01 costs."""
    nets = records["nets"]
    found = {"by_epoch": sb.show.by_epoch(nets, EPOCHS, "nets")}
    length, cap = sb.show.steps_in_epoch(nets), nets.attrs["cap"]
    last = nets["batch_accuracy"].sel(step=slice(cap - length, cap - 1)).mean("step")

    def ends(levels: dict[str, Any], part: Any) -> dict[str, np.ndarray]:
        trained, tested = last.sel(levels).values, part["final_test_accuracy"].values
        return {"training_accuracy": trained, "gap_accuracy": trained - tested}

    found["ends"] = sb.derive(nets, ends, of="nets")
    if "fast" in records:
        fast = records["fast"]

        def lost(levels: dict[str, Any], part: Any) -> dict[str, np.ndarray]:
            slow = nets["final_test_accuracy"].sel(levels).values
            return {"lost_accuracy": slow - part["final_test_accuracy"].values}

        found["rate"] = sb.derive(fast, lost, of="nets fast")
    return found


def sizes(context: sb.Context) -> Iterator[Any]:
    """Layers, parameters and multiply-adds of every network."""
    spec = context.spec("nets")
    rows = [(name, len(one), sb.show.parameter_count(one), sum(layer.multiply_adds for layer in one))
            for name, one in counted(spec).items()]  # fmt: skip
    yield sb.Reading("parameters", {name: count for name, _, count, _ in rows})
    caption = "The networks: layers with weights, parameters (exact), multiply-adds of one image forward."
    yield sb.Table(("network", "layers", "parameters", "multiply-adds"), rows, caption)


def counted(spec: Any) -> dict[str, Any]:
    """The layers with weights of every network, by its name."""
    return {sb.name_of(one.levels): sb.show.layers(one.spec.model, (28, 28), (10,)) for one in spec.settings()}


def gaps(context: sb.Context) -> Iterator[Any]:
    """Accuracy in training and on the test split of every network, and the gap between them."""
    trained, tested, gap = (
        context.scored("ends", "training_accuracy", "higher"), context.score, context.scored("ends", "gap_accuracy")
    )  # fmt: skip
    rows = [(name, trained.interval(a), tested.interval(b), points(c))
            for name, a, b, c in zip(gap.names, trained.means, tested.means, gap.means, strict=True)]  # fmt: skip
    yield sb.Table(
        ("network", "training, last epoch", "test", "gap in points"),
        rows,
        f"Mean accuracy over n = {gap.n} members with 95 % BCa bootstrap intervals; gap: training minus test, paired.",
    )
    panels = dict(zip(gap.names, 100 * gap.members.values.T, strict=True))
    yield sb.Figure("gaps", sb.figures.strips([("training minus test accuracy, points", panels)]),
                    f"Gap of every member, n = {gap.n} per network; the bar is the median.",
                    "Training minus test accuracy by network")  # fmt: skip
    ranked = sorted(zip(gap.names, gap.means, strict=True), key=lambda one: one[1].estimate)
    (least, small), (most, large) = ranked[0], ranked[-1]
    yield sb.Reading("gap_points", {name: mean.plain() for name, mean in ranked})
    best = tested.order.names[0] if tested.several else tested.names[0]
    also = ", which is also the best by test accuracy" if best == least else f"; best by test accuracy is {best}"
    yield sb.Answer(
        f"How well it does on images that it was not trained on. The smallest gap between training and test accuracy "
        f"has "
        f"{least}, {points(small)} points, the largest {most}, {points(large)} (n = {gap.n}, 95 % intervals){also}."
    )


def noise(context: sb.Context) -> Iterator[Any]:
    """How far a single batch of the last epoch is from the mean of that epoch, and how far members are from another."""
    nets = context.record("nets")
    length, cap = sb.show.steps_in_epoch(nets), nets.attrs["cap"]
    last = nets["batch_accuracy"].sel(step=slice(max(cap - length, 0), cap - 1))
    within, between = last.std("step"), last.mean("step").std("seed", ddof=1)
    rows = []
    for levels, part in sb.rows(nets.assign(within=within, between=between)):
        apart = sb.stats.scores.mean(part["within"].values)
        rows.append((sb.name_of(levels), points(apart).replace("+", ""), f"{100 * part['between'].item():.1f}"))
    yield sb.Table(
        ("network", "deviation of single batches", "deviation of members' means"),
        rows,
        "Accuracy in training over the last epoch, in points: how far single batches deviate from their member's mean "
        f"(mean over n = {nets.sizes['seed']} members, 95 % intervals), and how far the means of members deviate.",
    )
    yield sb.Answer(
        "Accuracy in training and on the validation split against the step, and test against training accuracy, the "
        f"latter as a mean over an epoch: a single batch deviates from it by {rows[0][1]} points in {rows[0][0]} and "
        f"{rows[-1][1]} in {rows[-1][0]} (n = {nets.sizes['seed']}, 95 % intervals)."
    )


def points(value: Any) -> str:
    """A difference of shares with its interval, in percentage points."""
    return sb.show.interval(value, lambda share: f"{100 * share:+.1f}".replace("-", "−"))


def by_size(context: sb.Context) -> Iterator[Any]:
    """Test accuracy and gap beside the number of parameters."""
    counts = {name: sb.show.parameter_count(one) for name, one in counted(context.spec("nets")).items()}
    yield from beside(context, counts, "parameters")


def by_depth(context: sb.Context) -> Iterator[Any]:
    """Test accuracy and gap beside the number of layers."""
    yield from beside(context, {name: len(one) for name, one in counted(context.spec("nets")).items()}, "layers")


def beside(context: sb.Context, counts: Mapping[str, int], what: str) -> Iterator[Any]:
    """How test accuracy and gap rise with a count: rank correlation over networks, with a bootstrap over seeds."""
    if len(counts) < 3:
        return
    told: list[str] = []
    for record, variable, words in (("nets", "final_test_accuracy", "test accuracy"), ("ends", "gap_accuracy", "gap")):
        members = context.scored(record, variable).members
        order = np.argsort(np.argsort([counts[name] for name in members.names]))
        columns = tuple(members.values.T)

        def correlation(*columns: np.ndarray, axis: int = -1, order: np.ndarray = order) -> Any:
            ranks = np.argsort(np.argsort(np.stack([np.mean(one, axis=axis) for one in columns]), axis=0), axis=0)
            centered = ranks - ranks.mean(axis=0)
            own = (order - order.mean()).reshape(-1, *[1] * (ranks.ndim - 1))
            return (own * centered).sum(axis=0) / np.sum((order - order.mean()) ** 2)

        found = sb.stats.scores.by_scipy(columns, correlation, 0.95)
        yield sb.Reading(f"rank_correlation_{what}_{variable.removeprefix('final_')}", found.plain())
        told.append(f"{words} {found.estimate:+.1f} [{found.low:+.1f}, {found.high:+.1f}]".replace("-", "−"))
    said = (
        f"Rank correlation with the number of {what} over {len(counts)} networks: {'; '.join(told)} (mean of n = "
        f"{context.score.n} members each, 95 % bootstrap intervals over seeds). The networks differ in more than this "
        "number, so it is no law."
    )
    yield said
    yield sb.Answer(said)


def structures(context: sb.Context) -> Iterator[Any]:
    """The next larger or deeper network against the one before, paired by seed."""
    scored = context.score
    at = {
        levels["network"]: column
        for levels, column in zip(scored.members.settings, scored.members.values.T, strict=True)
    }
    pairs = [(b, a) for a, b in (("mlp_1", "mlp_2"), ("mlp_2", "cnn_3"), ("cnn_3", "cnn_4"), ("cnn_4", "cnn_5"))
             if a in at and b in at]  # fmt: skip
    if scored.n < 2 or not pairs:
        return
    found = {f"{b} − {a}": sb.stats.pairs.difference(at[b], at[a]) for b, a in pairs}
    yield sb.Reading("structures", {name: one.plain() for name, one in found.items()})
    told = "; ".join(f"{name} {points(one)}" for name, one in found.items())
    yield f"""
        **mlp_2** puts a linear layer of 64 behind mlp_1's hidden layer: more parameters, no function that mlp_1 could
        not have. **cnn_3** to **cnn_5** trade wide kernels for more layers of narrow ones. Test accuracy in points,
        paired by seed (n = {scored.n}, 95 % intervals): {told}."""
    yield sb.Answer(f"In points of test accuracy, paired by seed: {told} (n = {scored.n}, 95 % intervals).")


def choice(context: sb.Context) -> Iterator[Any]:
    """Which network to pick, by the order and what cannot be told apart from its first."""
    scored = context.score
    if not scored.several:
        return
    first, value = scored.order.names[0], scored.interval(scored.order.means[0])
    alike = [name for name in scored.order.groups[0] if name != first]
    rest = "every other can be told apart from it"
    if alike:
        rest = f"{' and '.join(alike)} cannot be told apart from it, so size and time of a step may decide"
    said = f"{first}: {value} of the test images right (n = {scored.n}, 95 % interval); {rest} (5 %, Holm-adjusted)."
    yield f"Of these, by test accuracy, {said}"
    yield sb.Answer(f"By test accuracy {said}")


def ten_times(context: sb.Context) -> Iterator[Any]:
    """What Adam at 0.01 costs against 0.001, network by network."""
    lost = context.scored("rate", "lost_accuracy")
    rows = [(name, points(mean)) for name, mean in zip(lost.names, lost.means, strict=True)]
    yield sb.Table(("network", "0.001 minus 0.01, points"), rows,
                   f"Test accuracy under Adam at 0.001 minus that at 0.01, paired by seed; mean over n = {lost.n} "
                   "members, 95 % BCa bootstrap intervals.")  # fmt: skip
    yield sb.Answer(
        f"Adam at 0.01 instead of 0.001 costs, in points of test accuracy: "
        f"{'; '.join(f'{name} {cost}' for name, cost in rows)} (n = {lost.n}, 95 % intervals)."
    )


study = sb.Study(
    name="five_nets",
    title="Five networks on Fashion-MNIST: dense or convolutional, wide or deep",
    source="EE449 homework 1 (2024), question 3; reports of Akman (2024), Ipek and Aydin (2022)",
    question="Two dense and three convolutional networks with 10,986 to 27,818 parameters are trained on Fashion-MNIST "
    "by Adam. How do loss and accuracy develop, which generalizes best, what do parameters and depth have to do with "
    "it, can the first layer's weights be read, and which network would one pick?",
    ask=ask,
    profiles={
        "smoke": {
            "seeds": 3,
            "train": 140,
            "test": 40,
            "epochs": 2,
            "subset": "stratified",
            "nets": ("mlp_1", "mlp_2", "cnn_5"),
            "fast": ("mlp_1",),
            "takes": "20 s",
            "reduced": "three of the networks, 126 training images, 40 test images, 2 epochs",
        },
        "quick": {
            "seeds": 16,
            "train": 2_500,
            "test": 1_000,
            "epochs": 6,
            "subset": "stratified",
            "nets": NETS,
            "fast": ("mlp_1", "mlp_2"),
            "takes": "6 minutes",
            "reduced": "2,250 training images of 54,000, 250 for validation and 1,000 test images of 10,000, drawn "
            "stratified, and 6 epochs of 15; Adam at 0.01 with the dense networks only",
        },
        "full": {
            "seeds": 16,
            "train": 60_000,
            "test": 10_000,
            "epochs": 15,
            "subset": "first",
            "nets": NETS,
            "fast": NETS,
            "takes": "12 hours on two cores: 16,200 steps of 50 images for each of 160 networks",
        },
    },
    score=sb.score("final_test_accuracy", "higher"),
    page=[
        sb.Section(
            "Loss and accuracy while they train",
            [
                sizes,
                sb.show.curves("batch_loss", "batch_accuracy", "valid_accuracy", record="nets"),
                sb.show.by_epoch_table("batch_loss", "batch_accuracy", "valid_accuracy"),
            ],
            asks="How do loss and accuracy develop, and how many parameters are there?",
        ),
        sb.Section(
            "What generalization is", [MEANT, gaps], asks="Question 1: What is the generalization of a classifier?"
        ),
        sb.Section(
            "Which pictures tell",
            [PLOTS, noise, ONE_BATCH],
            asks="Question 2: Which plots tell of it?",
        ),
        sb.Section(
            "The networks compared",
            [sb.show.scores(), sb.show.compare()],
            asks="Question 3: How do the networks compare?",
        ),
        sb.Section("Parameters", [SMALL, by_size], asks="Question 4: What does the number of parameters do?"),
        sb.Section("Depth", [by_depth], asks="Question 5: What does depth do?"),
        sb.Section("The first layer's weights", [weights], asks="Question 6: Can the weights be read?"),
        sb.Section("Are units specialized?", [specialized], asks="Question 7: Do units belong to classes?"),
        sb.Section("Whose weights are clearest", [clearest], asks="Question 8: Whose weights can be read best?"),
        sb.Section("Structures", [structures], asks="Question 9: How do the structures compare?"),
        sb.Section("Which network to pick", [choice], asks="Question 10: Which network would one pick?"),
        sb.Section(
            "What the best of ten adds",
            [sb.show.best_of(10)],
            asks="What does a best of ten add, as the reports of 2022 publish it?",
        ),
        sb.Section("Adam at ten times the rate", [ten_times], needs="rate", asks="What does Adam at 0.01 cost?"),
    ],
    outcomes=outcomes,
    decided=(
        "the networks are those that Akman's report trained: a zero around every convolution, and in cnn_3 no second "
        "pool; `--set edition=2024` and `--set edition=2022` are the sheets' own",
        "grey values (x − 0.5) / 0.5, 10 % of the training images held out stratified, batches of 50: as the sheet",
        "training loss and accuracy are those of the batch of every tenth step, before its update; validation and test "
        "splits are judged whole, once an epoch: every ten steps, as the sheet asks, costs more than the training",
        "initial weights uniform up to one over the root of the inputs, as PyTorch and Equinox draw them",
        "a best of ten has its median at the 0.933 quantile of single runs, which is what such figures are held "
        "against",
    ),
    claims=tuple(claims()),
)
