"""Another activation in the sheet's own nets, against ReLU: its surfaces, its training, and whether it does the same.

`own_activation(f)` builds this study for a function of one's own; the catalogue holds it for the leaky ReLU.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.own_activation.against import MARGIN, RELU, TITLES, WITHIN, Against, against_relu, grouped, verdict

LEAKY, RYBKIN = "leaky_relu(slope=0.1)", "Rybkin 2017"
SWEEP = 4  # more activations than this are a sweep: a ranking instead of a picture of each
NEURON = sb.Spec(data=sb.data.point(x=1.0, y=0.5), model="neuron", loss="l2", optimizer=sb.optimizers.sgd(0.1), steps=1)
NO_NEURON = ("crelu",)  # answers with two numbers where a single neuron has one
SURFACES = {
    "prediction": ("Output", "output ŷ"),
    "objective": ("L2 loss", "loss"),
    "gradient_weight": ("Gradient of the loss", "∂L/∂w"),
}
SHOWN = {
    "lines": {"train_loss": "Cross-entropy", "train_accuracy": "Accuracy"},
    "detection": {
        "train_label_loss": "Cross-entropy of the label",
        "train_label_accuracy": "Accuracy of the label",
        "train_width_loss": "L2 loss of the width",
        "train_width_within": "Share of widths predicted to within 0.5",
    },
}
TIED = (
    "biases of their own at every pixel (9,042 parameters), rate 0.01 for the label and in effect 0.0032 for the "
    "width: another set-up"
)
SAME = f"mean(hit_step, activation={LEAKY}) = mean(hit_step, activation={RELU}) within {WITHIN}"
WORDS = (  # id, source, record, statement, check, what was different there
    ("rybkin-same-lines", f"{RYBKIN}, task 4", "lines",
     "Leaky ReLU performs more or less as ReLU does (line set; taken as within 20 %)", SAME, ""),
    ("rybkin-same-detection", f"{RYBKIN}, task 4", "detection",
     "Leaky ReLU performs more or less as ReLU does (detection set; taken as within 20 %)", SAME, TIED),
    ("rybkin-slightly-longer", f"{RYBKIN}, task 4", "detection",
     "Leaky ReLU trains slightly longer than ReLU (detection set)",
     f"mean(hit_step, activation={RELU}) < mean(hit_step, activation={LEAKY})", TIED),
    ("oliverchanyw-leaky", "oliverchanyw, CIS680 homework 1 (2018)", "lines",
     "Leaky ReLU needs a third of the epochs of ReLU on the line set (taken as less than half)",
     f"2 * mean(hit_step, activation={LEAKY}) < mean(hit_step, activation={RELU})",
     "slope 0.01, padding 3, initial draw of the framework"),
)  # fmt: skip
RUNS = (  # record, activation, step, what was different there
    ("lines", RELU, 25, ""), ("lines", LEAKY, 22, ""), ("detection", RELU, 844, TIED), ("detection", LEAKY, 1304, TIED),
)  # fmt: skip
PROFILES: dict[Any, Any] = {
    "smoke": {"seeds": 4, "sweep_seeds": None, "detection_seeds": None, "steps": 40, "detection_steps": 10,
              "points": 25, "takes": "30 s",
              "reduced": "caps of 40 steps (lines) and 10 steps (detection) instead of 10,000: hardly any member "
              "arrives"},
    "quick": {"seeds": 256, "sweep_seeds": 64, "detection_seeds": 32, "steps": 500, "detection_steps": 3_000,
              "points": 81, "takes": "5 minutes",
              "reduced": "the cap is 500 steps on lines and 3,000 on detection instead of 10,000; on detection the "
              "first 32 seeds only; a sweep takes the first 64 seeds, on lines only"},
    "full": {"seeds": 1024, "sweep_seeds": None, "detection_seeds": 256, "steps": 10_000, "detection_steps": 10_000,
             "points": 121, "takes": "an hour", "reduced": "on detection the first 256 seeds only"},
}  # fmt: skip
NOT_DRAWN = f"""
    With more than {SWEEP} activations their surfaces are left out; `seedbed run neuron_surfaces --set output=elu,gelu`
    draws them."""
ONE_NEURON = """
    One neuron with input x = 1 and target y = 0.5: z = w x + b, prediction ŷ = f(z), loss (ŷ − y)². Exact values;
    nothing is drawn at random here."""
WHAT_IS_THE_SAME = f"""
    “The same” is a claim that has to be shown, not the absence of a difference. Here it means: **the mean number of
    steps is within {WITHIN} of ReLU's**. Why a fifth: in the published runs of part 2 the choice of activation and loss
    changes the number of steps by factors from 2 to 10, so a fifth is small among them, and nobody would choose an
    activation to save a fifth of so short a training. The margin is a constant of this study, whatever the record says.
    Two one-sided paired t tests (TOST) decide: both ends, −{WITHIN} and +{WITHIN}, have to be excluded at 5 %, which is
    the case exactly where the 90 % interval of the ratio lies between them (of several activations, each p value is
    raised by Holm's rule)."""
AGAINST = ("set", "activation", "steps more than ReLU", "p (Holm)", "steps ÷ ReLU's", "p of TOST (Holm)",
           "before ReLU", "seeds")  # fmt: skip


def own_activation(*activations: Any, name: str = "") -> sb.Study:
    """The study of activations of one's own, functions or names, against ReLU: `study = sb.own_activation(f)`.

    A function takes an array and returns one of the same shape, written with `jax.numpy`; `sb.own("activation", f,
    width=2.0)` hands it options. The study is called `name`, or after its first activation.
    """
    if not activations:
        raise sb.errors.SpecError("own_activation takes at least one activation, got none; write own_activation(f)")
    varied = ask(study.profile("smoke"), activations)["lines"].spec.factors[0]
    first = varied.changes[0]["model.activation"]
    return replace(
        study,
        name=name or f"own_activation_{first.name}",
        title=f"Does {first.label()} do what ReLU does?",
        ask=partial(ask, activations=activations),
        claims=(),
    )


def ask(profile: sb.Profile, activations: tuple[Any, ...] = (RELU, LEAKY)) -> dict[str, Any]:
    """The sheet's convolutional net on the line set, the same with a second output on the detection set, and a neuron:
    each with ReLU among the activations; a sweep does with less."""
    lines = sb.Spec(
        data=sb.data.lines(64, 16),
        model=sb.models.cnn([16, 8], kernel=7, activation=RELU, padding="valid"),
        initializer=sb.initializers.truncated_normal(0.1, bias=0.1),
        loss="cross_entropy",
        optimizer=sb.optimizers.sgd(0.1),
        stop=sb.reaches("train_accuracy", 1.0),
        steps=profile.steps,
        probes=("dead", "gradient_norm"),
    ).vary(activation=list(activations))
    detection = lines.replace(
        data=sb.data.detection(64, 16),
        loss=sb.losses.heads(label="cross_entropy", width="l2", width_weight=0.01, shared="weighted"),
        metrics=("accuracy", "within"),
        stop=sb.reaches("train_width_within", 1.0),
        probes=("dead",),
        steps=profile.detection_steps,
    )
    axis = np.linspace(-6, 6, profile.points)

    def on_lines(spec: sb.Spec) -> Any:
        return sb.measures.train(with_relu(spec), at_most=profile.sweep_seeds if is_sweep(spec) else None)

    def on_detection(spec: sb.Spec) -> Any:
        left_out = is_sweep(spec) and profile.name != "full"
        return None if left_out else sb.measures.train(with_relu(spec), at_most=profile.detection_seeds)

    def as_neuron(spec: sb.Spec) -> Any:
        kept = {label: {"output": part} for label, part in parts_of(spec).items() if part.name not in NO_NEURON}
        return None if is_sweep(spec) else sb.measures.landscape(NEURON.vary(output=kept), axis, axis)

    return {
        "lines": sb.measures.train(lines, then=on_lines),
        "detection": sb.measures.train(detection, then=on_detection),
        "neuron": sb.measures.train(lines, then=as_neuron),
    }


def parts_of(question: sb.Spec) -> dict[str, sb.Part]:
    """The activations of a question by their labels, with ReLU put first where it is missing."""
    factor = next(factor for factor in question.factors if factor.name == "activation")
    levels = {
        str(label): change["model.activation"] for label, change in zip(factor.labels, factor.changes, strict=True)
    }
    return levels if RELU in levels else {RELU: sb.activations.relu(), **levels}


def with_relu(question: sb.Spec) -> sb.Spec:
    """The question with ReLU among its activations, which everything is compared with."""
    levels = {label: {"model.activation": part} for label, part in parts_of(question).items()}
    return question.set_levels("activation", levels)


def is_sweep(question: sb.Spec) -> bool:
    """Whether there are so many activations that they are ranked instead of shown one by one."""
    return len(parts_of(question)) > SWEEP


def sets(context: sb.Context) -> dict[str, Any]:
    """The records that were trained on, and how many activations each has."""
    return {name: context.record(name).sizes.get("activation", 1) for name in TITLES if context.has(name)}


def unless_sweep(name: str, block: Any) -> Any:
    """A block that a sweep leaves out, with a line that says so."""
    line = sb.Answer(f"More than {SWEEP} activations are compared by when they arrive and ranked, not one by one.")
    return lambda context: block(context) if sets(context)[name] <= SWEEP else [line]


def surfaces(context: sb.Context) -> Iterator[Any]:
    """Three surfaces for each activation: output, loss and gradient, as part 1 of the sheet has them."""
    if not context.has("neuron"):
        yield NOT_DRAWN
        yield sb.Answer(" ".join(NOT_DRAWN.split()))
        return
    yield ONE_NEURON
    record, told = context.record("neuron"), list[str]()
    for label in record["output"].values.tolist():
        part = record.sel(output=label, seed=0)
        weights, biases = part["weight"].values, part["bias"].values
        panels = [
            sb.figures.Panel(
                f"{title} of {label}" if title == "Output" else title, weights, biases, part[key].values, axis
            )
            for key, (title, axis) in SURFACES.items()
        ]
        axes = "weight w", "bias b"
        yield sb.Figure(
            f"surfaces_{sb.show.file_name(label)}",
            sb.figures.surfaces(panels, *axes),
            f"A neuron with activation {label} under the L2 loss, target 0.5, over weight and bias.",
            f"Surfaces over weight and bias: output, loss and gradient of a neuron with {label}",
            sb.figures.interactive_surfaces(panels, *axes) if record.sizes["output"] < 3 else None,
            dense=True,
        )
        slope = np.abs(part["gradient_weight"].values)
        told.append(
            f"with {label} it is 0 on {sb.show.percent(float((slope == 0).mean()))} and at most {slope.max():.3g}"
        )
    yield sb.Answer(
        f"Three surfaces for each. The gradient over a grid of weights and biases from −6 to 6: {'; '.join(told)} "
        f"(n = {record['weight'].size * record['bias'].size:,} exact values, no sample)."
    )


def arriving(name: str) -> Any:
    """When they arrive on a set; of a sweep without the curves, whose bands hide one another."""
    block = sb.show.renamed(f"{name}_{{}}", sb.show.arrivals(record=name))

    def items(context: sb.Context) -> Iterator[Any]:
        for item in block(context):
            if sets(context)[name] <= SWEEP or getattr(item, "name", "") != f"{name}_arrivals":
                yield item

    return items


def compared(context: sb.Context) -> dict[str, list[Against]]:
    """Every activation against ReLU on each set, computed once for all blocks."""
    if "against_relu" not in context.kept:
        scored = {name: context.scored(name, "hit_step", "lower") for name in sets(context)}
        context.kept["against_relu"] = {name: against_relu(one.hits) for name, one in scored.items() if one.several}
    return context.kept["against_relu"]


def the_same_or_not(context: sb.Context) -> Iterator[Any]:
    """What "the same" means here, the numbers, and a verdict for each activation and each set."""
    found = {name: every for name, every in compared(context).items() if every}
    plain = {
        name: [{**vars(one), "equivalence": one.equivalence.plain()} for one in every]
        for name, every in compared(context).items()
    }
    yield sb.Reading("margin", MARGIN)
    yield sb.Reading("against_relu", plain)
    if not found:
        return
    yield WHAT_IS_THE_SAME
    caps = " and ".join(f"{context.record(name).attrs['cap']:,} on {TITLES[name]}" for name in sets(context))
    cells = [
        (
            TITLES[name],
            one.activation,
            sb.show.interval(one.difference),
            sb.show.p_value(one.p),
            one.ratio,
            sb.show.p_value(one.equivalence_p),
            sb.show.share(one.before_relu),
            one.n,
        )
        for name, every in found.items()
        for one in every
    ]
    yield sb.Table(
        AGAINST,
        cells,
        "Each activation against ReLU under the same seeds, by restricted mean step (a member that never arrives "
        f"counts with the cap: {caps}). Difference with its 95 % bootstrap interval and the p value of no difference; "
        "ratio of means with Fieller's 90 % interval and the p value of a difference of a fifth or more, Holm-adjusted "
        "over the activations of a set; chance to arrive before ReLU under one seed, ties half, with its 95 % "
        "interval.",
    )
    said = [
        line
        for name, every in found.items()
        for line in (grouped(name, every) if len(every) >= SWEEP else [verdict(name, one) for one in every])
    ]
    yield sb.Prose("\n".join(f"- {line}" for line in said))
    yield sb.Answer(" ".join(said))


def ranking(name: str) -> Any:
    """The order of more than two activations with its uncertainty; of a sweep without the table of all pairs."""
    block = sb.show.renamed(f"{name}_{{}}", sb.show.compare(record=name, single_runs=False))

    def items(context: sb.Context) -> Iterator[Any]:
        if context.has(name) and sets(context)[name] > 2 and compared(context).get(name):
            table = sets(context)[name] <= SWEEP
            yield from (item for item in block(context) if table or not isinstance(item, sb.Table))

    return items


def one_run(context: sb.Context) -> Iterator[str]:
    """How often a single run of each would have told another order."""
    for name in sets(context):
        for item in sb.show.single_runs(record=name)(context):
            if isinstance(item, sb.Answer):
                yield f"On {TITLES[name]}: {item.text}"


def gradient_ratios(record: Any) -> dict[str, dict[str, Any]]:
    """Gradient norms at the initial draw over ReLU's under the same seed, by activation and layer."""
    norms = record["gradient_norm"].sel(step=0)
    if "activation" not in norms.dims or RELU not in norms["activation"].values:
        return {}
    ratios = {name: norms.sel(activation=name) / norms.sel(activation=RELU) for name in norms["activation"].values}
    layers = norms["layer"].values.tolist()
    return {
        str(name): {layer: ratio.sel(layer=layer).values.ravel() for layer in layers}
        for name, ratio in ratios.items()
        if name != RELU
    }


def quartiles(values: np.ndarray) -> dict[str, float]:
    """The middle half of some numbers."""
    return {key: value for key, value in sb.stats.scores.spread(values).items() if key in ("q25", "median", "q75")}


def explanation(context: sb.Context) -> Iterator[Any]:
    """How large the first step is in each layer beside ReLU's, and what the published explanation would need."""
    record = context.record("lines")
    ratios, n = gradient_ratios(record), record.sizes["seed"]
    found = {name: {layer: quartiles(values) for layer, values in of.items()} for name, of in ratios.items()}
    yield sb.Reading("gradient_ratios", found)
    if not ratios:
        return
    if sets(context)["lines"] <= SWEEP:
        yield from sb.show.renamed("lines_{}", sb.show.by_layer("gradient_norm", record="lines"))(context)
    cell = "{median:.2f} [{q25:.2f}, {q75:.2f}]"
    yield sb.Table(
        ("activation", *record["layer"].values.tolist()),
        [(name, *(cell.format(**one) for one in of.values())) for name, of in found.items()],
        "Gradient norm at the initial draw divided by ReLU's under the same seed, by layer, on the line set: median of "
        f"n = {n} seeds, middle half of seeds in brackets.",
    )
    ends = record["final_dead"].sel(activation=RELU).values
    yield """
        The learning rate is the same for all, so the first step moves a layer in proportion to its gradient: an
        activation whose gradient is larger than ReLU's starts faster, and one whose gradient is smaller starts slower.
        The figures above say how much of that there is; they do not prove that it makes the whole difference."""
    yield f"""
        The advantage claimed for a slope below zero is that it revives units that answer 0 to every image. With ReLU
        {(ends == 1).sum()} of {ends.size} networks on the line set ended dead as a whole (the same output for every
        image, no gradient); units that are dead inside a network that learns are not counted here."""
    name, of = next(iter(ratios.items()))
    medians = {layer: sb.stats.scores.median(values) for layer, values in of.items()}
    told = ", ".join(f"{layer} {sb.show.interval(one, '{:.2f}'.format)}" for layer, one in medians.items())
    yield sb.Answer(
        f"At the initial draw the gradient of {name}, over ReLU's by layer, is {told} (medians of n = {n} seeds, 95 % "
        "intervals), and its first steps are in these proportions; that this is the whole difference is not shown."
    )


def by_chance(context: sb.Context) -> Iterator[Any]:
    """The share of pairs of ReLU members whose steps are as far apart, as a ratio, as the two published runs."""
    published = {name: [step for record, _, step, _ in RUNS if record == name] for name in TITLES}
    apart = []
    for name in sets(context):
        hits: Any = context.scored(name, "hit_step", "lower").hits
        if RELU not in hits.names or not context.study.claims:  # no longer what was published
            continue
        steps = np.maximum(hits.restricted().values[:, hits.names.index(RELU)], 1)
        pairs = steps[: steps.size // 2 * 2].reshape(-1, 2)  # no seed twice, so that the pairs are independent
        if len(pairs):
            far = pairs.max(axis=1) / pairs.min(axis=1) >= max(published[name]) / min(published[name])
            share = sb.stats.wilson(int(far.sum()), len(pairs))
            apart.append(f"{sb.show.share(share)} on {TITLES[name]} (n = {share.n} pairs)")
    if apart:
        yield f"""
            Rybkin used the course's own images (`--data DIR` runs them); a generated set of the same law is another
            set. Of these runs he writes that the leaky ReLU “performs more or less the same”, and that random initial
            weights can as well explain the differences: 22 steps against 25 on the line set, 1,304 against 844 on the
            detection set. The second half of that can be tested with ReLU alone: two networks *with ReLU*, which differ
            in their seed only, took steps at least as far apart, as a ratio, in the following share of pairs:
            {" and ".join(apart)}. The first half stands above."""


def trained(name: str, compared_at: str, what: str, steps: tuple[int, ...]) -> list[Any]:
    """The figures that part 3 of the sheet asks for, two on lines, four on detection; and the settings step by step."""
    return [
        sb.show.renamed(f"{name}_{{}}", sb.show.curves(*SHOWN[name], record=name, says=SHOWN[name])),
        unless_sweep(
            name,
            sb.show.renamed(f"{name}_{{}}", sb.show.over_time(compared_at, steps=steps, record=name, what=what)),
        ),
    ]


study = sb.Study(
    name="own_activation",
    title="Another activation: more or less the same as ReLU?",
    source="CIS680 assignment 1 (2017), part 4; report of Rybkin (2017), task 4",
    question="Part 1 (output, loss and gradient of a neuron) and part 3 (the line set and the detection set) are done "
    "again with another activation and otherwise the exact same setting. How do its figures look, does it learn faster "
    "or slower than ReLU or more or less the same, and why?",
    ask=ask,
    profiles=PROFILES,
    score=sb.score("hit_step", record="lines"),
    page=[
        sb.Section("The activation as a neuron", [surfaces], asks="How do output, loss and gradient look?"),
        sb.Section(
            "Training on the line set",
            trained("lines", "train_accuracy", "training accuracy", (10, 20)),
            asks="How do the figures of part 3 look?",
        ),
        sb.Section(
            "Training on the detection set",
            trained("detection", "train_width_within", "share of widths predicted to within 0.5", (100, 500)),
            needs="detection",
        ),
        sb.Section("When they arrive on the line set", [arriving("lines"), sb.show.fates(record="lines")]),
        sb.Section(
            "When they arrive on the detection set",
            [arriving("detection"), sb.show.fates(record="detection")],
            needs="detection",
        ),
        sb.Section(
            "More or less the same as ReLU?",
            [the_same_or_not],
            asks="Does it learn faster or slower than ReLU, or more or less the same?",
        ),
        sb.Section("The activations ranked on the line set", [ranking("lines")]),
        sb.Section("The activations ranked on the detection set", [ranking("detection")]),
        sb.Section("What one run would have said", [one_run]),
        sb.Section("Why the rates differ", [explanation], asks="Why?"),
        sb.Section(
            "Published single runs beside the distribution",
            [sb.show.published(record=("lines", "detection")), by_chance],
        ),
    ],
    decided=(
        "the images are 16 × 16, as in the course's files (the sheet says 8 × 8); 16 and 8 kernels of 7 × 7 without "
        "padding, as in the sheet's figure: 7,209 parameters",
        "the loss of the detection set is the cross-entropy of the label plus 0.01 times the squared error of the "
        "width: under plain gradient descent with rate 0.1 this is the sheet's rate of 0.001 for the width",
        "training on the detection set stops, as the sheet says, when every width is right to within 0.5; Rybkin "
        "waited for the labels too",
        "pairs share the seed: the same initial weights, where the activation leaves their shapes alone",
        f"“the same” means within {WITHIN} of ReLU's mean number of steps, by two one-sided tests at 5 %",
        f"more than {SWEEP} activations are a sweep: one ranking on the line set, without surfaces; the detection set "
        "then takes part in the profile full only",
    ),
    claims=(
        *(
            sb.Claim(id=name, source=source, record=record, statement=said, check=check, differs=differs)
            for name, source, record, said, check, differs in WORDS
        ),
        *(
            sb.Claim(
                id=f"rybkin-{record}-{'relu' if label == RELU else 'leaky'}",
                source=f"{RYBKIN}, figures 5 and 7",
                statement=f"{label} reaches the target on {TITLES[record]} after {step:,} iterations",
                value=step,
                record=record,
                check=f"one_run(hit_step, activation={label}) = {step}",
                assumes="course files",
                differs=differs,
            )
            for record, label, step, differs in RUNS
        ),
    ),
)
