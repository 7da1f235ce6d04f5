"""Another activation in the sheet's own nets, against ReLU: its surfaces, its training, and whether it does the same.

`own_activation(f)` builds this study for a function of one's own; the catalogue holds it for the leaky ReLU.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.stats.equivalence import Equivalence
    from seedbed.stats.interval import Interval

RELU, LEAKY = "relu", "leaky_relu(slope=0.1)"
MARGIN, WITHIN = 0.2, "20 %"
RYBKIN = "Rybkin 2017"
PUBLISHED = {"lines": {RELU: 25, LEAKY: 22}, "detection": {RELU: 844, LEAKY: 1304}}
SET_UP = {
    "lines": "as the sheet says",
    "detection": "biases of their own at every pixel (9,042 parameters), rate 0.01 for the label and in effect 0.0032 "
    "for the width: another set-up",
}
POINTS = {"smoke": 25, "quick": 81, "full": 121}
CAPS = {
    "lines": {"smoke": 40, "quick": 500, "full": 10_000},
    "detection": {"smoke": 10, "quick": 3_000, "full": 10_000},
}
SWEEP = 4  # more activations than this are a sweep: a ranking instead of a picture of each
SEEDS_OF_A_SWEEP, SEEDS_OF_DETECTION = {"quick": 64}, {"quick": 32, "full": 256}
COMPARED = {  # what is compared at steps named in advance
    "lines": ("train_accuracy", "training accuracy", (10, 20)),
    "detection": ("train_width_within", "share of widths predicted to within 0.5", (100, 500)),
}
TITLES = {"lines": "the line set", "detection": "the detection set"}
NEURON = sb.Spec(data=sb.data.point(x=1.0, y=0.5), model="neuron", loss="l2", optimizer=sb.optimizers.sgd(0.1), steps=1)
NO_NEURON = ("crelu",)  # answers with two numbers where a single neuron has one


def own_activation(*activations: Any, name: str = "") -> sb.Study:
    """The study of activations of one's own, functions or names, against ReLU: `study = sb.own_activation(f)`.

    A function takes an array and returns one of the same shape, written with `jax.numpy`; `sb.own("activation", f,
    width=2.0)` hands it options. The study is called `name`, or after its first activation.
    """
    if not activations:
        raise sb.errors.SpecError("own_activation takes at least one activation, got none; write own_activation(f)")
    parts = [lines("smoke", [activation]).factors[0].changes[0]["model.activation"] for activation in activations]
    return replace(
        study,
        name=name or f"own_activation_{parts[0].name}",
        title=f"Does {parts[0].label()} do what ReLU does?",
        ask=partial(lines, activations=with_relu(activations)),
        measure=partial(measure, activations=activations),
        claims=(),
    )


def with_relu(activations: Sequence[Any]) -> list[Any]:
    """The activations with ReLU among them, which everything is compared with."""
    return list(activations) if RELU in [one for one in activations if isinstance(one, str)] else [RELU, *activations]


def lines(profile: str, activations: Sequence[Any] = (RELU, LEAKY)) -> sb.Spec:
    """The sheet's convolutional net on the line set."""
    question = sb.Spec(
        data=sb.data.lines(64, 16), model=sb.models.cnn([16, 8], kernel=7, activation=RELU, padding="valid"),
        initializer=sb.initializers.truncated_normal(0.1, bias=0.1), loss="cross_entropy",
        optimizer=sb.optimizers.sgd(0.1), stop=sb.reaches("train_accuracy", 1.0), steps=CAPS["lines"][profile],
        probes=("dead", "gradient_norm"),
    )  # fmt: skip
    return question.vary(activation=list(activations))


def detection(profile: str, activations: Sequence[Any]) -> sb.Spec:
    """The same net with a second output on the detection set: label and width."""
    return lines(profile, activations).replace(
        data=sb.data.detection(64, 16),
        loss=sb.losses.heads(label="cross_entropy", width="l2", width_weight=0.01, shared="weighted"),
        metrics=("accuracy", "within"), stop=sb.reaches("train_width_within", 1.0), probes=("dead",),
        steps=CAPS["detection"][profile],
    )  # fmt: skip


def measure(lab: sb.Lab, activations: Sequence[Any] = (RELU, LEAKY)) -> dict[str, xr.Dataset]:
    """The neuron's surfaces, which show at once what does not fit, and the trainings; a sweep does with less."""
    asked = lab.ask(lines(lab.profile, activations))
    levels = parts_of(asked)
    sweep = len(levels) > SWEEP
    shown = {label: {"output": part} for label, part in levels.items() if part.name not in NO_NEURON and not sweep}
    axis = np.linspace(-6, 6, POINTS[lab.profile])
    neuron = lab.landscape(NEURON.vary(output=shown), axis, axis, "neuron", changeable=False) if shown else None
    seeds = lab.seeds[: SEEDS_OF_A_SWEEP.get(lab.profile)] if sweep else lab.seeds
    found = {"lines": lab.run(over(asked, levels), "lines", seeds=seeds, changeable=False)}
    if not sweep or lab.profile == "full":
        question = over(lab.ask(detection(lab.profile, activations)), levels)
        seeds = lab.seeds[: SEEDS_OF_DETECTION.get(lab.profile)]
        found["detection"] = lab.run(question, "detection", seeds=seeds, changeable=False)
    return found if neuron is None else {**found, "neuron": neuron}


def parts_of(question: sb.Spec) -> dict[str, sb.Part]:
    """The activations of a question by their labels, with ReLU put first where it is missing."""
    factor = next(factor for factor in question.factors if factor.name == "activation")
    levels = {
        str(label): change["model.activation"] for label, change in zip(factor.labels, factor.changes, strict=True)
    }
    return levels if RELU in levels else {RELU: sb.activations.relu(), **levels}


def over(question: sb.Spec, levels: Mapping[str, sb.Part]) -> sb.Spec:
    """The question over these activations."""
    return question.set_levels("activation", {label: {"model.activation": part} for label, part in levels.items()})


def tell(records: Mapping[str, xr.Dataset]) -> sb.Page:
    """The page: surfaces, training, arrival, the comparison with ReLU, a ranking of many, and what is published."""
    trained = {name: records[name] for name in ("lines", "detection") if name in records}
    compared = {name: against_relu(record) for name, record in trained.items() if sb.pieces.several(record)}
    ratios, found = gradient_ratios(records["lines"]), beside_published(trained)
    sections = [sb.Section("The activation as a neuron", list(surface_items(records.get("neuron"))))]
    sections += [sb.Section(f"Training on {TITLES[name]}", list(training(name, record)))
                 for name, record in trained.items()]  # fmt: skip
    sections += [sb.Section(f"When they arrive on {TITLES[name]}", list(arriving(name, record)))
                 for name, record in trained.items()]  # fmt: skip
    if any(compared.values()):
        sections.append(sb.Section("More or less the same as ReLU?", list(comparison(trained, compared))))
    sections += [sb.Section(f"The activations ranked on {TITLES[name]}", list(ranking(name, record)))
                 for name, record in trained.items() if compared.get(name) and levels_of(record) > 2]  # fmt: skip
    if any(compared.values()):
        sections.append(sb.Section("What one run would have said", [sb.Prose(one_run(trained))]))
    if ratios:
        sections.append(sb.Section("Why the rates differ", list(explanation(records["lines"], ratios))))
    if found:
        items = list(published_items(found, by_chance(trained)))
        sections.append(sb.Section("Published single runs beside the distribution", items))
    plain = {
        name: [{**one, "equivalence": one["equivalence"].plain()} for one in every] for name, every in compared.items()
    }
    return sb.Page(sections, {"margin": MARGIN, "against_relu": plain, "gradient_ratios": ratios, "published": found})


def surface_items(record: xr.Dataset | None) -> Iterator[sb.Prose | sb.Figure]:
    """Three surfaces for each activation: output, loss and gradient, as part 1 of the sheet has them."""
    if record is None:
        yield sb.Prose(
            f"With more than {SWEEP} activations their surfaces are left out; `seedbed run neuron_surfaces --set "
            "output=elu,gelu` draws them."
        )
        return
    yield sb.Prose("One neuron with input x = 1 and target y = 0.5: z = w x + b, prediction ŷ = f(z), loss (ŷ − y)². "
                   "Exact values; nothing is drawn at random here.")  # fmt: skip
    what = {"prediction": ("Output", "output ŷ"), "objective": ("L2 loss", "loss"),
            "gradient_weight": ("Gradient of the loss", "∂L/∂w")}  # fmt: skip
    for label in record["output"].values.tolist():
        part = record.sel(output=label, seed=0)
        panels = [sb.figures.Panel(f"{title} of {label}" if title == "Output" else title, part["weight"].values,
                                   part["bias"].values, part[variable].values, z_label)
                  for variable, (title, z_label) in what.items()]  # fmt: skip
        axes = "weight w", "bias b"
        yield sb.Figure(f"surfaces_{sb.pieces.file_name(label)}",
                        sb.figures.surfaces(panels, *axes),
                        f"A neuron with activation {label} under the L2 loss, target 0.5, over weight and bias.",
                        f"Surfaces over weight and bias: output, loss and gradient of a neuron with {label}",
                        sb.figures.interactive_surfaces(panels, *axes) if record.sizes["output"] < 3 else None,
                        dense=True)  # fmt: skip


def training(name: str, record: xr.Dataset) -> Iterator[sb.Figure | sb.Table | sb.Prose]:
    """The figures that part 3 of the sheet asks for, two on lines, four on detection; and the settings step by step."""
    wanted = {"train_loss": "Cross-entropy", "train_accuracy": "Accuracy"}
    if name == "detection":
        wanted = {"train_label_loss": "Cross-entropy of the label", "train_label_accuracy": "Accuracy of the label",
                  "train_width_loss": "L2 loss of the width",
                  "train_width_within": "Share of widths predicted to within 0.5"}  # fmt: skip
    for variable, what in wanted.items():
        yield replace(sb.pieces.fan(record, variable, what), name=f"{name}_{variable}")
    if sb.pieces.several(record) and levels_of(record) <= SWEEP:
        for item in sb.pieces.over_time_items(record, *COMPARED[name]):
            yield replace(item, name=f"{name}_{item.name}") if isinstance(item, sb.Figure) else item


def arriving(name: str, record: xr.Dataset) -> Iterator[sb.Figure | sb.Table]:
    """Table and figures of arrival."""
    hits = sb.stats.hits(record)
    marks = [
        (label, step, RYBKIN) for label, step in PUBLISHED[name].items() if label in hits.names and step <= hits.cap
    ]
    yield sb.pieces.arrival_table(hits)
    for figure in sb.pieces.arrival_figures(record, marks):
        if figure.name != "arrivals" or levels_of(record) <= SWEEP:  # the bands of many curves hide one another
            yield replace(figure, name=f"{name}_{figure.name}")
    yield sb.pieces.fate_table(record)


def against_relu(record: xr.Dataset) -> list[dict[str, Any]]:
    """Every activation against ReLU, paired by seed: difference, ratio, tests, equivalence, who is first."""
    hits = sb.stats.hits(record)
    steps, arrived = hits.restricted().values, (~hits.never).mean(axis=0)
    pairs = [(hits.members.column(levels), hits.members.column({**levels, "activation": RELU}))
             for levels in hits.members.settings if levels["activation"] != RELU]  # fmt: skip
    if not pairs or not all(steps[:, j].mean() > 0 for _, j in pairs):
        return []
    same = [sb.stats.equivalence.by_ratio(steps[:, i], steps[:, j], MARGIN) for i, j in pairs]
    apart = sb.stats.holm([sb.stats.pairs.sign_flip(steps[:, i], steps[:, j]).p for i, j in pairs])
    alike = sb.stats.holm([one.p for one in same])
    return [{"activation": hits.names[i], "n": len(steps),
             "difference": sb.stats.pairs.difference(steps[:, i], steps[:, j], cap=hits.cap), "p": float(apart.p[k]),
             "equivalence": same[k], "equivalence_p": float(alike.p[k]), "family": apart.method,
             "before_relu": sb.stats.pairs.superiority(steps[:, i], steps[:, j]),
             "arrived": float(arrived[i]), "relu_arrived": float(arrived[j])}
            for k, (i, j) in enumerate(pairs)]  # fmt: skip


def comparison(
    records: Mapping[str, xr.Dataset], compared: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Iterator[sb.Prose | sb.Table]:
    """What "the same" means here, the numbers, and a verdict for each activation and each set."""
    yield sb.Prose(
        "“The same” is a claim that has to be shown, not the absence of a difference. Here it means: **the mean "
        f"number of steps is within {WITHIN} of ReLU's**. Why a fifth: in the published runs of part 2 the choice "
        "of activation and loss changes the number of steps by factors from 2 to 10, so a fifth is small among them, "
        "and nobody would choose an activation to save a fifth of so short a training. The margin is a constant of "
        "this study, whatever the record says. Two one-sided paired t tests (TOST) decide: both ends, "
        f"−{WITHIN} and +{WITHIN}, have to be excluded at 5 %, which is the case exactly where the 90 % "
        "interval of the ratio lies between them (of several activations, each p value is raised by Holm's rule)."
    )
    rows = [(TITLES[name], one["activation"], sb.pieces.interval(one["difference"]), sb.pieces.p_value(one["p"]),
             ratio_text(one["equivalence"]), sb.pieces.p_value(one["equivalence_p"]),
             sb.pieces.interval(one["before_relu"], sb.pieces.percent), one["n"])
            for name, every in compared.items() for one in every]  # fmt: skip
    columns = ("set", "activation", "steps more than ReLU", "p (Holm)", "steps ÷ ReLU's", "p of TOST (Holm)",
               "before ReLU", "seeds")  # fmt: skip
    caps = " and ".join(f"{record.attrs['cap']:,} on {TITLES[name]}" for name, record in records.items())
    yield sb.Table(columns, rows,
                   "Each activation against ReLU under the same seeds, by restricted mean step (a member that never "
                   f"arrives counts with the cap: {caps}). Difference with its 95 % bootstrap interval and the p value "
                   "of no difference; ratio of means with Fieller's 90 % interval and the p value of a difference of a "
                   "fifth or more, Holm-adjusted over the activations of a set; chance to arrive before ReLU under one "
                   "seed, ties half, with its 95 % interval.")  # fmt: skip
    said = (grouped(name, every) if len(every) >= SWEEP else [verdict(name, one) for one in every]
            for name, every in compared.items())  # fmt: skip
    yield sb.Prose("\n".join(f"- {line}" for lines in said for line in lines))


def kind_of(one: Mapping[str, Any]) -> str:
    """What a comparison has shown: the same, more steps, fewer steps, neither (undecided), or nothing (capped)."""
    if min(one["arrived"], one["relu_arrived"]) < 0.5:
        return "capped"
    if one["equivalence_p"] < one["equivalence"].alpha:
        return "same"
    return ("more" if one["difference"].estimate > 0 else "fewer") if one["p"] < 0.05 else "undecided"


def verdict(name: str, one: Mapping[str, Any]) -> str:
    """One comparison in a sentence."""
    kind, start, n = kind_of(one), f"On {TITLES[name]}, **{one['activation']}", one["n"]
    facts = f"{ratio_text(one['equivalence'])} times ReLU's steps (90 % interval, n = {n} seeds)"
    equal, gap = p_named(one["equivalence_p"]), p_named(one["p"])
    if kind == "capped":
        return (f"{start}**: no verdict. {sb.pieces.percent(one['arrived'])} of its members arrived and "
                f"{sb.pieces.percent(one['relu_arrived'])} of ReLU's (n = {n} each); where fewer than half arrive, the "
                "cap decides the mean.")  # fmt: skip
    if kind == "same":
        more = "A difference is there all the same, smaller than the margin" if one["p"] < 0.05 else "None was found"
        return (f"{start} does the same as ReLU to within {WITHIN}**: {facts}, {equal} for a difference of the margin "
                f"or more. {more} ({gap} for no difference).")  # fmt: skip
    if kind == "undecided":
        return (f"{start}: undecided**. {facts}; neither a difference ({gap}) nor equality to within {WITHIN} "
                f"({equal}) was shown; more seeds can decide it.")  # fmt: skip
    return (f"{start} takes {kind} steps than ReLU**: {facts}, {gap}; that it does the same to within {WITHIN} was not "
            f"shown ({equal}).")  # fmt: skip


def grouped(name: str, every: Sequence[Mapping[str, Any]]) -> list[str]:
    """Many comparisons by what they have shown."""
    words = {"same": f"the same as ReLU to within {WITHIN}", "fewer": "fewer steps than ReLU",
             "more": "more steps than ReLU", "undecided": "neither a difference nor equality was shown",
             "capped": "no verdict, because fewer than half of the members arrived"}  # fmt: skip
    kinds = {kind: [one["activation"] for one in every if kind_of(one) == kind] for kind in words}
    return [f"On {TITLES[name]}, {text} (n = {every[0]['n']} seeds, Holm-adjusted at 5 %): {', '.join(kinds[kind])}."
            for kind, text in words.items() if kinds[kind]]  # fmt: skip


def ratio_text(found: Equivalence) -> str:
    """A ratio with its interval."""
    return sb.pieces.interval(found.estimate, lambda value: f"{value:.2f}".replace("-", "−"))


def p_named(p: float) -> str:
    """A p value in a sentence."""
    text = sb.pieces.p_value(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def levels_of(record: xr.Dataset) -> int:
    """How many activations were compared."""
    return record.sizes.get("activation", 1)


def ranking(name: str, record: xr.Dataset) -> Iterator[sb.Prose | sb.Figure | sb.Table]:
    """The order with its uncertainty; of a sweep without the table of all pairs."""
    for item in sb.pieces.order_items(sb.stats.hits(record)):
        if isinstance(item, sb.Figure):
            yield replace(item, name=f"{name}_{item.name}")
        elif not isinstance(item, sb.Table) or levels_of(record) <= SWEEP:
            yield item


def one_run(records: Mapping[str, xr.Dataset]) -> str:
    """How often a single run of each would have told another order."""
    said = [f"On {TITLES[name]}: {sb.pieces.one_run_words(sb.stats.hits(record))}"
            for name, record in records.items() if sb.pieces.several(record)]  # fmt: skip
    return "\n\n".join(said)


def gradient_ratios(record: xr.Dataset) -> dict[str, dict[str, dict[str, float]]]:
    """Gradient norms at the initial draw over ReLU's under the same seed, by activation and layer: quartiles."""
    norms = record["gradient_norm"].sel(step=0)
    if "activation" not in norms.dims or RELU not in norms["activation"].values:
        return {}
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name in (name for name in norms["activation"].values.tolist() if name != RELU):
        ratio = norms.sel(activation=name) / norms.sel(activation=RELU)
        layers = {str(layer): ratio.sel(layer=layer).values.ravel() for layer in norms["layer"].values}
        found[name] = {layer: dict(zip(("q25", "median", "q75"), np.nanquantile(values, (0.25, 0.5, 0.75)).tolist(),
                                       strict=True)) for layer, values in layers.items()}  # fmt: skip
    return found


def explanation(
    record: xr.Dataset, ratios: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> Iterator[sb.Prose | sb.Figure | sb.Table]:
    """How large the first step is in each layer beside ReLU's, and what the published explanation would need."""
    n, layers = record.sizes["seed"], list(next(iter(ratios.values())))
    if levels_of(record) <= SWEEP:
        yield sb.Figure("lines_gradient_norm", sb.figures.by_layer(record, "gradient_norm"),
                        "Norm of the loss gradient by layer against step on the line set: median, 25–75 % and 5–95 % "
                        f"of n = {n} members; a member that stopped keeps its last value.",
                        "Gradient norm of each layer against step, a panel per activation")  # fmt: skip
    cell = "{median:.2f} [{q25:.2f}, {q75:.2f}]"
    rows = [(name, *(cell.format(**of[layer]) for layer in layers)) for name, of in ratios.items()]
    yield sb.Table(("activation", *layers), rows,
                   "Gradient norm at the initial draw divided by ReLU's under the same seed, by layer, on the line "
                   f"set: median of n = {n} seeds, middle half of seeds in brackets.")  # fmt: skip
    ends = record["final_dead"].sel(activation=RELU).values
    yield sb.Prose(
        "The learning rate is the same for all, so the first step moves a layer in proportion to its gradient: an "
        "activation whose gradient is larger than ReLU's starts faster, and one whose gradient is smaller starts "
        "slower. The figures above say how much of that there is; they do not prove that it makes the whole difference."
        "\n\nThe advantage claimed for a slope below zero is that it revives units that answer 0 to every image. "
        f"With ReLU {(ends == 1).sum()} of {ends.size} networks on the line set ended dead as a whole (the same output "
        "for every image, no gradient); units that are dead inside a network that learns are not counted here."
    )


def beside_published(records: Mapping[str, xr.Dataset]) -> list[dict[str, Any]]:
    """Each published run: the share of members that were faster, by Wilson."""
    found: list[dict[str, Any]] = []
    for name, record in records.items():
        for levels, part in sb.rows(record):
            step = PUBLISHED[name].get(sb.name_of(levels))
            if step is None:
                continue
            sooner = int((part["hit_step"].values < step).sum())
            found.append({"set": name, "setting": sb.name_of(levels), "who": RYBKIN, "step": step,
                          "faster": sb.stats.wilson(sooner, part.sizes["seed"]), "set_up": SET_UP[name]})  # fmt: skip
    return found


def by_chance(records: Mapping[str, xr.Dataset]) -> dict[str, Interval]:
    """The share of pairs of ReLU members whose steps are as far apart, as a ratio, as the two published runs."""
    found: dict[str, Interval] = {}
    for name, record in records.items():
        hits, (relu, leaky) = sb.stats.hits(record), PUBLISHED[name].values()
        if RELU not in hits.names:  # something else was changed too: no longer what was published
            continue
        steps = np.maximum(hits.restricted().values[:, hits.names.index(RELU)], 1)
        pairs = steps[: steps.size // 2 * 2].reshape(-1, 2)  # no seed twice, so that the pairs are independent
        if len(pairs):
            far = pairs.max(axis=1) / pairs.min(axis=1) >= max(relu, leaky) / min(relu, leaky)
            found[name] = sb.stats.wilson(int(far.sum()), len(pairs))
    return found


def published_items(
    found: Sequence[Mapping[str, Any]], chance: Mapping[str, Interval]
) -> Iterator[sb.Prose | sb.Table]:
    """A table of the published runs, and what the words "more or less the same" were said of."""
    rows = [(TITLES[one["set"]], one["setting"], f"{one['step']:,}",
             sb.pieces.interval(one["faster"], sb.pieces.percent), one["faster"].n, one["set_up"])
            for one in found]  # fmt: skip
    yield sb.Table(("set", "activation", "published step", "members faster", "n", "set-up"), rows,
                   f"Single runs of {RYBKIN}, and the share of members that arrived in fewer steps with its 95 % "
                   "interval (Wilson). He used the course's own images (--data DIR runs them); a generated set of "
                   "the same law is another set.")  # fmt: skip
    if not chance:
        return
    apart = " and ".join(f"{sb.pieces.interval(share, sb.pieces.percent)} on {TITLES[name]} (n = {share.n} pairs)"
                         for name, share in chance.items())  # fmt: skip
    yield sb.Prose(
        "Of these runs he writes that the leaky ReLU “performs more or less the same”, and that random initial weights "
        "can as well explain the differences: 22 steps against 25 on the line set, 1,304 against 844 on the detection "
        "set. The second half of that can be tested with ReLU alone: two networks *with ReLU*, which differ in their "
        f"seed only, took steps at least as far apart, as a ratio, in the following share of pairs: {apart}. The first "
        "half stands above."
    )


study = sb.Study(
    name="own_activation",
    title="Another activation: more or less the same as ReLU?",
    source="CIS680 assignment 1 (2017), part 4; report of Rybkin (2017), task 4",
    question="Part 1 (output, loss and gradient of a neuron) and part 3 (the line set and the detection set) are done "
    "again with another activation and otherwise the exact same setting. How do its figures look, does it learn faster "
    "or slower than ReLU or more or less the same, and why?",
    ask=lines,
    measure=measure,
    tell=tell,
    seeds={"smoke": 4, "quick": 256, "full": 1024},
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
    reduced={
        "smoke": "caps of 40 steps (lines) and 10 steps (detection) instead of 10,000: hardly any member arrives",
        "quick": "the cap is 500 steps on lines and 3,000 on detection instead of 10,000; on detection the first 32 "
        "seeds only; a sweep takes the first 64 seeds, on lines only",
        "full": "on detection the first 256 seeds only",
    },
    takes={"smoke": "30 s", "quick": "5 minutes", "full": "an hour"},
    figures=("three surfaces for each activation", "loss and accuracy on lines", "both losses and both accuracies on "
             "detection", "share arrived against step", "hit steps with published runs", "gradient norms by layer",
             "of a sweep: ranks"),
    claims=(
        sb.Claim(id="rybkin-same-lines", source=f"{RYBKIN}, task 4", record="lines",
                 statement="Leaky ReLU performs more or less as ReLU does (line set; taken as within 20 %)",
                 check=f"mean(hit_step, activation={LEAKY}) = mean(hit_step, activation={RELU}) within {WITHIN}"),
        sb.Claim(id="rybkin-same-detection", source=f"{RYBKIN}, task 4", record="detection",
                 differs=SET_UP["detection"],
                 statement="Leaky ReLU performs more or less as ReLU does (detection set; taken as within 20 %)",
                 check=f"mean(hit_step, activation={LEAKY}) = mean(hit_step, activation={RELU}) within {WITHIN}"),
        sb.Claim(id="rybkin-slightly-longer", source=f"{RYBKIN}, task 4", record="detection",
                 differs=SET_UP["detection"], statement="Leaky ReLU trains slightly longer than ReLU (detection set)",
                 check=f"mean(hit_step, activation={RELU}) < mean(hit_step, activation={LEAKY})"),
        sb.Claim(id="oliverchanyw-leaky", source="oliverchanyw, CIS680 homework 1 (2018)", record="lines",
                 statement="Leaky ReLU needs a third of the epochs of ReLU on the line set (taken as less than half)",
                 differs="slope 0.01, padding 3, initial draw of the framework",
                 check=f"2 * mean(hit_step, activation={LEAKY}) < mean(hit_step, activation={RELU})"),
        *(sb.Claim(id=f"rybkin-{name}-{'relu' if label == RELU else 'leaky'}", source=f"{RYBKIN}, figures 5 and 7",
                   statement=f"{label} reaches the target on {TITLES[name]} after {step:,} iterations", value=step,
                   record=name, check=f"one_run(hit_step, activation={label}) = {step}", assumes="course files",
                   differs="" if name == "lines" else SET_UP[name])
          for name, runs in PUBLISHED.items() for label, step in runs.items()),
    ),
)  # fmt: skip
