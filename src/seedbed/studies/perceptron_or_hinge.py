"""Twenty points, a line through the origin, two criteria: is the perceptron or the hinge loss more accurate, and "
"when?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

    from seedbed.stats.interval import Interval


N, TEST, INSTANCES = 20, 1_000, 1  # the instances that all members label are draw number 1, the training sets draw 0
KINK = 1e-30  # a margin so small that it only decides what happens at w . x = 0: there the perceptron moves
MARGINS = {"perceptron": KINK, "hinge": 1.0}
RATES = {"perceptron": [0.05, 1.0], "hinge": [0.01, 0.05, 0.1, 1.0, 10.0]}
PASSES = {"smoke": 6, "quick": 300, "full": 1_000}
EVERY = {"smoke": 1, "quick": 1, "full": 5}  # passes between two points of a trace
SHEET = 100  # passes of both published reports; the sheet names no number
STARTS: dict[str, dict[str, Any]] = {
    "perceptron from 0, no step at w · x = 0": {"loss.margin": 0.0},
    **{f"{criterion} from {std:g}" if not std else f"{criterion}, deviation {std:g}":
       {"loss.margin": MARGINS[criterion], "initializer.std": std}
       for criterion in MARGINS for std in (0.0, 1.0, 10.0, 100.0)},
}  # fmt: skip
PUBLISHED = (
    ("wesleycheong314", "perceptron", 1.0, 0.978, ""),
    ("wesleycheong314", "hinge", 1.0, 0.886, "a decaying L2 pull on the weights, which the sheet rules out"),
    ("xp2030", "perceptron", 0.05, 0.9712, ""),
    ("xp2030", "hinge", 0.05, 0.9712, ""),
)


def ask(criterion: str, profile: str) -> sb.Spec:
    """One update per example, in an order drawn anew for every pass; every seed has a training and a test set."""
    question = sb.Spec(
        data=sb.data.diagonal(N, TEST, fresh=True), model=sb.models.neuron(bias=False), batch_size=1,
        initializer=sb.initializers.normal(0.0), loss=sb.losses.hinge(MARGINS[criterion]),
        optimizer=sb.optimizers.sgd(1.0), steps=N * PASSES[profile], trace=N * EVERY[profile], probes=("parameters",),
    )  # fmt: skip
    return question.vary(learning_rate=RATES[criterion])


def batch(profile: str) -> sb.Spec:
    """All 20 points in every update, until no point is within the margin: then the gradient is 0 for good."""
    question = ask("hinge", profile).replace(factors=(), batch_size=None, steps=4 * PASSES[profile], trace="log",
                                             stop=sb.falls_to("train_loss", 0.0))  # fmt: skip
    margins = {name: {"loss.margin": margin} for name, margin in MARGINS.items()}
    return question.vary(margin=margins, learning_rate=[1.0, 10.0])


def starts(profile: str) -> sb.Spec:
    """Initial weights of several sizes, at rate 1."""
    steps = N * min(SHEET, PASSES[profile])
    return ask("hinge", profile).replace(factors=(), steps=steps, trace=steps).vary(start=STARTS)


def measure(lab: sb.Lab) -> dict[str, xr.Dataset]:
    """Both criteria at several rates; in full batches; from other weights; the training sets; common test instances."""
    asked = {criterion: ask(criterion, lab.profile) for criterion in MARGINS}
    instances = asked["hinge"].replace(data=sb.data.diagonal(TEST, 0, draw=INSTANCES))
    return {
        **{criterion: lab.run(question, criterion) for criterion, question in asked.items()},
        "batch": lab.run(batch(lab.profile), "batch"),
        "starts": lab.run(starts(lab.profile), "starts"),
        "examples": lab.examples(asked["hinge"], seeds=lab.seeds),
        "instances": lab.examples(instances, "instances", changeable=False),
    }


@dataclass(frozen=True)
class Run:
    """One setting over its seeds: passes (point,), weights (member, point, 2), accuracy on own test sets."""

    name: str
    criterion: str
    rate: float
    n: int
    passes: np.ndarray
    weights: np.ndarray
    tested: np.ndarray

    @cached_property
    def accuracy(self) -> np.ndarray:
        """The exact accuracy (member, point)."""
        return accuracy(self.weights)

    def at(self, passes: float) -> int:
        """The last point at which at most so many passes were made."""
        return int(np.flatnonzero(self.passes <= passes)[-1])


def runs(record: xr.Dataset, criterion: str = "", full_batch: bool = False) -> list[Run]:
    """Every setting of a record; where a member stopped, its last weights count on."""
    found: list[Run] = []
    for levels, part in sb.rows(record):
        n = int(levels.get("n", N))
        name = sb.name_of(levels).replace("learning_rate=", "rate ")
        name = f"{criterion}, {name}" if criterion else name
        weights, last = part["parameters"].values.astype(float), part["final_parameters"].values.astype(float)
        tested, final = part["test_accuracy"].values, part["final_test_accuracy"].values
        gone = np.asarray(np.isnan(weights).any(axis=-1))
        found.append(Run(
            name, criterion or name.split(",")[0], float(levels.get("learning_rate", 1.0)), n,
            part["step"].values / (1 if full_batch else n), np.where(gone[..., None], last[:, None], weights),
            np.where(gone, final[:, None], tested),
        ))  # fmt: skip
    return found


def accuracy(weights: np.ndarray) -> np.ndarray:
    """The share of the unit square that sign(w . x) labels as x1 > x2 does, for weights (..., 2): a closed form."""
    first, second = weights[..., 0], weights[..., 1]
    small, large = (fold(abs(first), abs(second)) for fold in (np.minimum, np.maximum))
    ratio = np.divide(small, large, out=np.zeros_like(small), where=large > 0)
    return 0.5 + 0.5 * ratio * ((first > 0) & (second < 0)) - 0.5 * ratio * ((first < 0) & (second > 0))


def angle(weights: np.ndarray) -> np.ndarray:
    """The angle between w and (1, -1) in degrees, 0 to 180: that between the learned line and the true one."""
    return np.abs(np.degrees(np.arctan2(weights[..., 0] + weights[..., 1], weights[..., 0] - weights[..., 1])))


def direction(weights: np.ndarray) -> np.ndarray:
    """The angle of the line w . x = 0 above the x1 axis in degrees; 45 is right, below 0 or above 90 misses the square.

    45 plus or minus `angle`.
    """
    return 45 + np.degrees(np.arctan2(weights[..., 0] + weights[..., 1], weights[..., 0] - weights[..., 1]))


def gap(points: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Between which angles a line separates points (..., point, 2): behind the last +1, before the first -1."""
    angles = np.degrees(np.arctan2(points[..., 1], points[..., 0]))
    low = np.where(labels > 0, angles, 0.0).max(axis=-1)
    return low, np.where(labels > 0, 90.0, angles).min(axis=-1)


def outcomes(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """Test accuracy after the passes of both published reports, at the rates that both criteria were run at."""
    found = {(one.criterion, one.rate): one for name in MARGINS for one in runs(records[name], name)}
    rates = [rate for criterion, rate in found if criterion == "perceptron" and ("hinge", rate) in found]
    if not rates:
        return {}

    def tested(levels: Mapping[str, Any], _: Any) -> dict[str, np.ndarray]:
        one = found[levels["criterion"], levels["learning_rate"]]
        return {"test_accuracy": one.tested[:, one.at(SHEET)]}

    return {"after_100_passes": sb.derive(records["hinge"], tested, of="perceptron hinge", read_at=SHEET * N,
                                          axes={"criterion": list(MARGINS), "learning_rate": rates})}  # fmt: skip


def tell(records: Mapping[str, xr.Dataset]) -> sb.Page:
    """The page: the question, accuracy, the way there, why, other training points, batches, starts, published runs."""
    main = [run for criterion in MARGINS for run in runs(records[criterion], criterion)]
    sets = {name: records["examples"][name].values for name in ("inputs", "target")}
    test = records["instances"]["inputs"].values[0]
    readings: dict[str, Any] = {}
    sections = [
        sb.Section("Two criteria, one update", list(rule_items(main, sets, readings))),
        sb.Section("Accuracy, and which is better", list(accuracy_items(main, readings))),
        sb.Section("The way there", list(way_items(main))),
        sb.Section("Why", list(why_items(main, sets, readings))),
        sb.Section("Another 20 points: what happens to the same test "
                   "instances", list(change_items(main, test, readings))),
        sb.Section("All points in every update", list(batch_items(records["batch"], readings))),
        sb.Section("Where the weights start", list(start_items(runs(records["starts"]), readings))),
        sb.Section("Published single runs", list(published_items(main, readings))),
    ]  # fmt: skip
    return sb.Page(sections, readings)


def budgets(run: Run) -> list[int]:
    """The numbers of passes at which settings are set side by side."""
    return sorted({int(run.passes[run.at(passes)]) for passes in (run.passes[1], 10, SHEET, run.passes[-1])})


def pct(value: float) -> str:
    """A share in percent with one decimal."""
    return f"{100 * value:.1f}"


def points_of(value: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    return f"{100 * value:+.1f}".replace("-", "−")


def rule_items(main: Sequence[Run], sets: Mapping[str, np.ndarray], readings: dict[str, Any]) -> Iterator[Any]:
    """The losses and their update; what a step size can change at all; training sets of one class; examples."""
    yield sb.Formula(
        "L = max{0, a - y (w dot x)}, quad w arrow.l w + eta y x quad \"if\" y (w dot x) < a, quad u = w / eta : "
        "quad u arrow.l u + y x quad \"if\" y (u dot x) < a / eta",
        "the loss; its gradient step adds eta y x whenever y w.x is below a; divided by eta, the same step with a / "
        "eta",
    )  # fmt: skip
    yield sb.Prose(
        "Predictions depend on the direction of w alone, so w may be divided by the step size η. From w = 0 only a/η "
        "is left: **the perceptron (a = 0) takes the same way at every η, and the hinge loss (a = 1) is a perceptron "
        "that also corrects points whose score is right but below 1/η.** A large η makes it a perceptron; a small "
        "one makes every point count for a long time. At w = 0 the loss with a = 0 has the derivative 0 and training "
        "would never begin; the classical perceptron moves there, and so it does here."
    )
    count, members = sets["target"].shape[1], len(sets["target"])
    single = int((np.ptp(sets["target"], axis=1) == 0).sum())
    readings["one_class"] = {"training_sets": members, "points": count, "of_one_class": single}
    yield sb.Prose(
        f"**Training sets of one class.** {single} of {members:,} training sets of {count} points hold a single class "
        f"(the law gives each a chance of {2.0 ** (1 - count):.2g}: {members * 2.0 ** (1 - count):.2g} sets "
        "expected). Such a member is kept: it learns that everything is of that class, its accuracy is near 1/2, and "
        "it counts in every average."
    )
    passes, shown = SHEET, [run for run in main if run.n == count]
    chosen = [*[run for run in shown if run.criterion == "perceptron"][:1],
              *[run for run in shown if run.criterion == "hinge"][1::2]][:3]  # fmt: skip
    if chosen:
        squares = [
            sb.figures.Square(f"training set {seed}", sets["inputs"][seed], sets["target"][seed],
                              {run.name: run.weights[seed, run.at(passes)] for run in chosen})
            for seed in range(min(3, members))
        ]  # fmt: skip
        yield sb.Figure("lines", sb.figures.separators(squares),
                        f"The first {len(squares)} training sets of {count} points, the true line, and lines learned "
                        f"in {chosen[0].passes[chosen[0].at(passes)]:.0f} passes. Single members, hence no interval.",
                        "Training points in the unit square with learned and true lines")  # fmt: skip


def accuracy_items(main: Sequence[Run], readings: dict[str, Any]) -> Iterator[Any]:
    """Distributions of accuracy, and differences under the same training sets at several budgets."""
    last, members = max(budgets(main[0])), len(main[0].weights)
    several = sorted({min(SHEET, last), last})
    yield sb.Formula(
        "\"accuracy\"(w) = 1/2 + 1/2 thin tan(45 degree - delta) quad (delta <= 45 degree \"between\" w \"and\" (1, "
        "-1))",
        "the accuracy over the whole square as a function of the angle delta between the learned and the true line",
    )  # fmt: skip
    panels = [(f"accuracy on {TEST:,} own test points after {passes} passes",
               {run.name: run.tested[:, run.at(passes)] for run in main}) for passes in several]  # fmt: skip
    yield sb.Figure("accuracy", sb.figures.strips(panels, spread=True),
                    f"Test accuracy of n = {members:,} members per setting, each with a training set and {TEST:,} "
                    "test points of its own: median, middle half (thick), 5–95 % (thin). No intervals of estimates: "
                    "these are distributions of members.",
                    "Distributions of test accuracy per criterion and rate")  # fmt: skip
    columns = budgets(main[0])
    means = by_budget(main, columns, "accuracy")
    yield sb.Table(("setting", *(passes_text(passes) for passes in columns)),
                   [(name, *(sb.pieces.interval(one[passes], pct) for passes in columns))
                    for name, one in means.items()],
                   f"Mean accuracy over the whole square in percent, by the closed form (the {TEST:,} test points add "
                   f"noise and nothing else), n = {members:,} training sets per setting, 95 % bootstrap "
                   "intervals.")  # fmt: skip
    readings["mean_accuracy"] = means
    readings["mean_test_accuracy"] = by_budget(main, columns, "tested")
    if members < 2:
        return
    pairs = compared(main, columns)
    readings["hinge_minus_perceptron"] = pairs
    table = [(one["setting"], one["passes"], sb.pieces.interval(one["difference"], points_of),
              sb.pieces.p_value(one["p"]), sb.pieces.interval(one["beats"], pct), one["verdict"])
             for one in pairs]  # fmt: skip
    yield sb.Table(("hinge at", "passes", "difference in points", "p (Holm)", "hinge better in % of sets", "better"),
                   table,
                   "Exact accuracy of the hinge loss minus that of the perceptron in percentage points, paired by "
                   f"training set and order of visits; n = {members:,} pairs, 95 % bootstrap intervals; p "
                   "Holm-adjusted over the table; a tie counts half in the share of sets (Tango "
                   "interval).")  # fmt: skip
    yield sb.Prose(verdict_words(pairs, columns))


def by_budget(main: Sequence[Run], columns: Sequence[int], what: str) -> dict[str, dict[int, Interval]]:
    """Means over members at every budget, setting by setting, from one draw of members for all."""
    table = np.stack([getattr(run, what)[:, run.at(passes)] for run in main for passes in columns], axis=1)
    found = iter(sb.stats.scores.means(table))
    return {run.name: {passes: next(found) for passes in columns} for run in main}


def passes_text(passes: int) -> str:
    """A number of passes in words."""
    return f"{passes:,} {'pass' if passes == 1 else 'passes'}"


def like(main: Sequence[Run], run: Run) -> Run:
    """The first perceptron on the same training sets."""
    return next(one for one in main if one.criterion == "perceptron" and one.n == run.n)


def compared(main: Sequence[Run], columns: Sequence[int]) -> list[dict[str, Any]]:
    """Every hinge setting against the perceptron of the same data at every budget."""
    keys = [(run, like(main, run), passes)
            for run in main if run.criterion == "hinge" for passes in columns]  # fmt: skip
    a, b = (np.stack([(run, other)[side].accuracy[:, (run, other)[side].at(passes)] for run, other, passes in keys], 1)
            for side in (0, 1))  # fmt: skip
    found: list[dict[str, Any]] = [
        {"setting": run.name.removeprefix("hinge, "), "passes": passes, "n": len(a), "difference": difference,
         "p": sb.stats.pairs.sign_flip(a[:, at], b[:, at]).p,
         "beats": sb.stats.pairs.superiority(a[:, at], b[:, at], better="higher")}
        for at, ((run, _, passes), difference) in enumerate(zip(keys, sb.stats.pairs.differences(a, b), strict=True))
    ]  # fmt: skip
    adjusted = sb.stats.holm([one["p"] for one in found]).p.tolist()
    for one, p in zip(found, adjusted, strict=True):
        sign = "hinge" if one["difference"].estimate > 0 else "perceptron"
        one |= {"p": p, "verdict": sign if p < 0.05 else "not told apart"}
    return found


def verdict_words(pairs: Sequence[Mapping[str, Any]], columns: Sequence[int]) -> str:
    """Question 3 in words: who is better at which budget, and whether the verdict depends on it."""
    lines: list[str] = []
    for passes in columns:
        kinds = {kind: [one["setting"] for one in pairs if one["passes"] == passes and one["verdict"] == kind]
                 for kind in ("hinge", "perceptron", "not told apart")}  # fmt: skip
        words = {"hinge": "the hinge loss is better at",
                 "perceptron": "the perceptron is better than the hinge loss at",
                 "not told apart": "they cannot be told apart at"}  # fmt: skip
        said = "; ".join(f"{words[kind]} {', '.join(names)}" for kind, names in kinds.items() if names)
        lines.append(f"- After {passes_text(passes)}: {said}.")
    winners = {one["verdict"] for one in pairs} - {"not told apart"}
    summed = {2: "**So the answer to question 3 depends on the budget**: on the step size and on the number of passes.",
              1: f"Wherever the two can be told apart here, the {' and '.join(winners)} is better.",
              0: "So few training sets tell the two apart nowhere."}  # fmt: skip
    return "\n".join([*lines, "", summed[len(winners)]])


def way_items(main: Sequence[Run]) -> Iterator[Any]:
    """The angle against passes, and the error of the hinge loss against rate times passes."""
    drawn = [run for run in main if run.criterion == "hinge" or run is like(main, run)]
    members, angles = len(main[0].weights), {run.name: (run.passes[1:], angle(run.weights[:, 1:])) for run in drawn}
    labels = "passes over the training set", "angle to the true line (degrees)"
    yield sb.Figure("angle", sb.figures.against(angles, *labels),
                    "Angle between the learned and the true line against the number of passes: median and middle "
                    f"half of n = {members:,} members per setting. The perceptron takes the same way at every rate.",
                    "Angle to the true line against passes, by setting")  # fmt: skip
    hinge = {run.name.removeprefix("hinge, "): (run.rate * run.passes[1:], 1 - run.accuracy[:, 1:])
             for run in main if run.criterion == "hinge"}  # fmt: skip
    marks = [(f"perceptron after {run.passes[-1]:.0f} passes", float(np.median(1 - run.accuracy[:, -1])))
             for run in main if run.criterion == "perceptron"][:1]  # fmt: skip
    yield sb.Figure("error", sb.figures.against(hinge, "step size × passes", "wrongly labeled share of the square",
                                                marks=marks, first=1),
                    "Wrongly labeled share of the square under the hinge loss against step size times passes: median "
                    f"and middle half of n = {members:,} members per rate; dotted: the perceptron's median at the "
                    "end.",
                    "Error of the hinge loss against step size times passes")  # fmt: skip
    yield sb.Prose(
        "While every score is below 1, the hinge loss adds all points in every pass, so w is η × passes times the "
        "sum of all y x: a direction that more passes do not change, and that follows whichever class happens to "
        "have more and larger points. Only when scores pass 1 do the easy points drop out, and the points near the "
        "line decide. For small steps that happens at the same step size × passes, which is why those curves fall on "
        "one another. The weights have to grow to about one over the distance of the closest point from the line "
        "before the last of them is satisfied."
    )


def why_items(main: Sequence[Run], sets: Mapping[str, np.ndarray], readings: dict[str, Any]) -> Iterator[Any]:
    """Where in the gap between the classes the learned line ends."""
    low, high = gap(sets["inputs"].astype(float), sets["target"])
    count, members = sets["target"].shape[1], len(low)
    shares = (np.arange(32) + 0.5) / 32
    best = line_accuracy((low + high) / 2)
    anywhere = line_accuracy(low[:, None] + (high - low)[:, None] * shares).mean(axis=1)
    rows, inside, found = [], {}, {}
    chosen = [run for run in main if run.n == count]
    *ends, random_one, ideal, width = sb.stats.scores.means(
        np.stack([*(run.accuracy[:, -1] for run in chosen), anywhere, best, high - low], axis=1)
    )
    for run, mean in zip(chosen, ends, strict=True):
        weights = run.weights[:, -1]
        place = (direction(weights) - low) / (high - low)
        within = (place > 0) & (place < 1)
        share = sb.stats.wilson(int(within.sum()), members)
        aside = sb.stats.scores.mean(np.abs(place[within] - 0.5)) if within.any() else None
        rest = resting(run, sets) if run.criterion == "perceptron" else None
        found[run.name] = {"separates": share, "distance_from_middle": aside, "rests": rest}
        rows.append((run.name, sb.pieces.interval(share, pct),
                     "—" if aside is None else sb.pieces.interval(aside, places),
                     sb.pieces.interval(mean, pct)))  # fmt: skip
        if within.any():
            inside[run.name] = place[within]
    rows += [("any line of the gap, equally likely", "100", "0.25 (exact)",
              sb.pieces.interval(random_one, pct)),
             ("the middle of the gap", "100", "0 (exact)", sb.pieces.interval(ideal, pct))]  # fmt: skip
    readings["gap"] = {"degrees": width, "runs": found, "anywhere": random_one, "middle": ideal}
    yield sb.Prose(
        "A line through the origin separates the training points exactly if its angle lies behind the last point of "
        "+1 and before the first of −1. That gap, which also holds the truth, is all that the training set says: "
        f"{width.estimate:.1f} degrees [{width.low:.1f}, {width.high:.1f}] wide on average here (95 % bootstrap "
        f"interval, n = {members:,} sets of {count} points). Which line of the gap is learned is decided by the "
        "criterion."
    )
    passes = f"{main[0].passes[-1]:.0f} passes"
    yield sb.Table(("learner", "separates all points (%)", "distance from the middle", "accuracy (%)"), rows,
                   f"After {passes}: share of members whose line lies in the gap (Wilson); distance of those lines "
                   "from the middle of the gap, in widths of the gap (0.5 is its edge); mean exact accuracy. 95 % "
                   f"intervals, n = {members:,}. Last rows: two ideal learners for the same training "
                   "sets.")  # fmt: skip
    if inside:
        label = "place in the gap (0: at the last +1, 1: at the first −1)"
        yield sb.Figure("gap", sb.figures.strips([(label, inside)], spread=True),
                        f"Where in the gap the learned line lies after {passes}, of the members that separate their "
                        f"training set (of n = {members:,}): median, middle half, 5–95 %.",
                        "Place of the learned line in the gap between the classes")  # fmt: skip
    yield sb.Prose(why_words(found))


def line_accuracy(degrees: np.ndarray) -> np.ndarray:
    """The accuracy of a line at so many degrees, 0 to 90."""
    radians = np.radians(degrees)
    return accuracy(np.stack([np.sin(radians), -np.cos(radians)], axis=-1))


def places(value: float) -> str:
    """A place in the gap."""
    return f"{value:.3f}"


def resting(run: Run, sets: Mapping[str, np.ndarray]) -> tuple[int, int]:
    """Of the members that a trace ever shows with all points right, how many never moved again; and how many those "
    "are."""
    scores = np.einsum("mpk,mtk->mtp", sets["target"][..., None] * sets["inputs"], run.weights)
    right = (scores > 0).all(axis=-1)
    moved = np.any(np.diff(run.weights, axis=1) != 0, axis=-1)
    after = np.maximum.accumulate(right[:, :-1], axis=1) & moved
    return int((right.any(axis=1) & ~after.any(axis=1)).sum()), int(right.any(axis=1).sum())


def why_words(found: Mapping[str, Mapping[str, Any]]) -> str:
    """What the table says of the two criteria."""
    lines = [f"**{name}** was found with all points right in {one['rests'][1]:,} members, and in {one['rests'][0]:,} "
             "of them no weight moved "
             "afterwards." for name, one in found.items() if one["rests"] is not None]  # fmt: skip
    lines.append("A perceptron is content with the first line that separates: any line of the gap may be the last one.")
    asides = {
        name: one["distance_from_middle"] for name, one in found.items() if one["distance_from_middle"] is not None
    }
    hinge = {name: value for name, value in asides.items() if name.startswith("hinge")}
    other = next((value for name, value in asides.items() if name.startswith("perceptron")), None)
    if hinge and other is not None:
        name, least = min(hinge.items(), key=lambda item: item[1].estimate)
        closer = [name for name, value in hinge.items() if value.high < other.low]
        lines.append(
            f"The perceptron's last lines lie {other.estimate:.3f} widths from the middle of the gap on average, "
            "where 0.25 is pure chance. The hinge loss goes on as long as a point scores below 1, which pushes the "
            f"line away from the points on both sides; closest to the middle came {name} with {least.estimate:.3f} "
            f"[{least.low:.3f}, {least.high:.3f}]. "
            + (f"Clearly closer than the perceptron: {'; '.join(closer)}. So there are two forces: what the hinge loss "
               "gains is the place in the gap, what it pays is time, because until its scores have grown it may not "
               "even separate the points (second column)." if closer else
               "In these runs no rate came clearly closer than the perceptron.")
        )  # fmt: skip
    return " ".join(lines)


def change_items(main: Sequence[Run], test: np.ndarray, readings: dict[str, Any]) -> Iterator[Any]:
    """Question 4: the share of the common instances whose label changes with other training points, and where."""
    members, last = len(main[0].weights) // 2 * 2, max(budgets(main[0]))
    if members < 4:
        yield sb.Prose("To draw the 20 points anew takes at least four training sets (`--seeds 4`).")
        return
    several = sorted({min(SHEET, last), last})
    labels = {(run.name, p): run.weights[:members, run.at(p)] @ test.T > 0 for run in main for p in several}
    changed = {key: (one[::2] != one[1::2]).mean(axis=1) for key, one in labels.items()}
    table = np.stack(list(changed.values()), axis=1)
    shares = dict(zip(changed, sb.stats.scores.means(table), strict=True))
    first = np.stack([changed[like(main, run).name, p] for run in main for p in several], axis=1)
    more = dict(zip(changed, sb.stats.pairs.differences(table, first), strict=True))
    where = {key: 2 * (p := one.mean(axis=0)) * (1 - p) * members / (members - 1) for key, one in labels.items()}
    off = np.abs(test[:, 0] - test[:, 1]) / np.sqrt(2)
    yield sb.Prose(
        f"One common set of {len(test):,} test instances, drawn by the procedure of the training points, is labeled "
        "by every member. Members 0 and 1, 2 and 3, and so on, differ in nothing but the training points and the "
        f"order in which they are visited: {members // 2:,} independent redraws."
    )
    rows, found, means = [], [], by_budget(main, several, "accuracy")
    for run in main:
        for passes in several:
            key = run.name, passes
            reach = within(off, where[key], 0.9)
            beside = "—" if run is like(main, run) else sb.pieces.interval(more[key], points_of)
            rows.append((run.name, passes, sb.pieces.interval(shares[key], pct), beside, f"{reach:.2f}"))
            found.append({"setting": run.name, "criterion": run.criterion, "passes": passes, "changed": shares[key],
                          "more_than_perceptron": more[key], "nine_tenths_within": reach,
                          "accuracy": means[run.name][passes]})  # fmt: skip
    readings["changed_by_other_training_points"] = found
    head = "setting", "passes", "changed (%)", "more than the perceptron (points)", "nine in ten within"
    yield sb.Table(head, rows,
                   f"Share of the {len(test):,} common instances whose label changes when the training points are "
                   f"drawn anew: mean over {members // 2:,} redraws, 95 % bootstrap interval over redraws, for this "
                   "one set of instances; the difference is paired by redraw. Nine in ten of all changes lie within "
                   "the given distance of the diagonal.")  # fmt: skip
    yield sb.Prose(change_words(found, several))
    drawn = [run for run in main if run.criterion == "perceptron"][:1] + [
        run for run in main if run.criterion == "hinge" and run.rate in (0.05, 1.0, 10.0)][:2]  # fmt: skip
    drawn = drawn if len(drawn) > 1 else list(main[:3])
    yield sb.Figure("changes", sb.figures.square_maps(test, {f"{run.name}, {p} passes": where[run.name, p]
                                                              for p in several for run in drawn},
                                                      "chance that the label changes"),
                    f"For each of the {len(test):,} instances: the chance that two members trained on different "
                    f"points label it differently, estimated over all pairs of n = {members:,} members (the 95 % "
                    f"interval of a chance of 1/2 is ±{0.98 / np.sqrt(members):.2f} or less).",
                    "Chance of a changed label at every test instance in the square", dense=True)  # fmt: skip


def within(distance: np.ndarray, weight: np.ndarray, share: float) -> float:
    """The distance within which a share of the whole weight lies."""
    order = np.argsort(distance)
    total = np.cumsum(weight[order])
    return float(distance[order][np.searchsorted(total, share * total[-1])]) if total[-1] > 0 else 0.0


def change_words(found: Sequence[Mapping[str, Any]], several: Sequence[int]) -> str:
    """Question 4 in words, by budget."""
    lines: list[str] = []
    for passes in several:
        here = [one for one in found if one["passes"] == passes]
        least = min(here, key=lambda one: one["changed"].estimate)
        told = {kind: [one["setting"].removeprefix("hinge, ") for one in here
                       if one["criterion"] == "hinge" and sign * one["more_than_perceptron"].estimate > 0
                       and one["more_than_perceptron"].low * one["more_than_perceptron"].high > 0]
                for kind, sign in (("fewer labels change than with the perceptron", -1),
                                   ("more labels change than with the perceptron", 1))}  # fmt: skip
        said = "; ".join(f"with the hinge loss at {', '.join(names)} {kind}" for kind, names in told.items() if names)
        lines.append(
            f"**After {passes} passes** the fewest labels change with {least['setting']} "
            f"({sb.pieces.interval(least['changed'], pct)} %){'; ' + said if said else ''}."
        )
    changed, right = ([one[key].estimate for one in found] for key in ("changed", "accuracy"))
    together = np.corrcoef(changed, right)[0, 1] if np.ptp(changed) > 0 and np.ptp(right) > 0 else np.nan
    lines.append(
        "A line that is close to the true one for every training set can change few labels, so stability and accuracy "
        f"belong together: over the {len(found)} rows of the table the correlation of the changed share with the mean "
        f"accuracy is {together:.2f}".replace("-", "−") + ". All lines meet at the origin, so what changes lies in a "
        "wedge around the diagonal that widens away from it."
    )  # fmt: skip
    return " ".join(lines)


def batch_items(record: xr.Dataset, readings: dict[str, Any]) -> Iterator[Any]:
    """The same comparison without an order of visits."""
    found = runs(record, full_batch=True)
    members = len(found[0].weights)
    errors = {run.name: (run.passes[1:], 1 - run.accuracy[:, 1:]) for run in found}
    labels = "passes (updates with all points)", "wrongly labeled share of the square"
    yield sb.Figure("batch", sb.figures.against(errors, *labels),
                    "Wrongly labeled share of the square when every update uses the mean gradient of all points: "
                    f"median and middle half of n = {members:,} members per setting.",
                    "Error against passes in full batches")  # fmt: skip
    rows, means = [], by_budget(found, [int(found[0].passes[-1])], "accuracy")
    for run, (_, part) in zip(found, sb.rows(record), strict=True):
        over = np.isfinite(part["hit_step"].values)
        readings.setdefault("batch", {})[run.name] = means[run.name][int(found[0].passes[-1])]
        middle = f"{np.median(part['hit_step'].values[over]):,.0f}" if over.mean() > 0.5 else "not reached by half"
        rows.append((run.name, sb.pieces.interval(readings["batch"][run.name], pct),
                     sb.pieces.interval(sb.stats.wilson(int(over.sum()), members), pct), middle))  # fmt: skip
    yield sb.Table(("setting", "accuracy (%)", "training over (%)", "passes of those"), rows,
                   f"Full batches after {found[0].passes[-1]:,.0f} passes: mean exact accuracy with its bootstrap "
                   "interval; share of members with a loss of exactly 0, whose weights will never move again "
                   f"(Wilson), and the median pass at which that happened. n = {members:,}, 95 % "
                   "intervals.")  # fmt: skip
    yield sb.Prose(
        "A mean over 20 points at rate η moves as far in a pass as single points at rate η/20. Nothing here depends "
        "on an order of visits, so what remains of the difference between the criteria is due to the criteria."
    )


def start_items(found: Sequence[Run], readings: dict[str, Any]) -> Iterator[Any]:
    """What initial weights of other sizes change."""
    members, passes = len(found[0].weights), found[0].passes[-1]
    rows = []
    means = by_budget(found, [int(passes)], "accuracy")
    readings["starts"] = {name: one[int(passes)] for name, one in means.items()}
    for run in found:
        value = readings["starts"][run.name]
        still = int((run.weights[:, -1] == run.weights[:, 0]).all(axis=-1).sum())
        rows.append((run.name, sb.pieces.interval(value, pct), f"{still:,} of {members:,}"))
    yield sb.Table(("start", "accuracy (%)", "never moved"), rows,
                   f"Rate 1, single points, {passes:.0f} passes, initial weights normal with the given deviation: "
                   f"mean exact accuracy with its 95 % bootstrap interval, n = {members:,}, and members whose weights "
                   "are what they were.")  # fmt: skip
    yield sb.Prose(
        "For the perceptron only the ratio of the initial weights to the step size counts: deviation 100 at rate 1 "
        "is deviation 1 at rate 0.01. A large start has to be unlearned point by point, unless the random line "
        "happens to separate the training points: then the perceptron keeps it. The first row is the sheet's loss "
        "differentiated as it stands: at w = 0 its gradient is 0, and nothing is ever learned."
    )


def published_items(main: Sequence[Run], readings: dict[str, Any]) -> Iterator[Any]:
    """Each published accuracy in the distribution of the same criterion, rate and number of passes."""
    rows, found = [], []
    for who, criterion, rate, value, differs in PUBLISHED:
        run = next((one for one in main if one.name == f"{criterion}, rate {rate:g}"), None)
        if run is None or run.passes[-1] < SHEET:
            rows.append((who, f"{criterion}, rate {rate:g}", pct(value), "not run here", differs or "—"))
            continue
        tested = run.tested[:, run.at(SHEET)]
        low, high = np.quantile(tested, (0.025, 0.975)).tolist()
        below = sb.stats.wilson(int((tested < value).sum()), len(tested))
        verdict = ("another set-up, not judged" if differs else
                   "an ordinary run" if low <= value <= high else "outside 95 % of the runs here")  # fmt: skip
        found.append({"who": who, "criterion": criterion, "rate": rate, "published": value, "below": below,
                      "middle_95": [low, high], "n": len(tested), "verdict": verdict})  # fmt: skip
        rows.append((who, run.name, pct(value), f"{pct(low)} … {pct(high)}; {sb.pieces.interval(below, pct)} below",
                     differs or verdict))  # fmt: skip
    readings["published"] = found
    yield sb.Table(("report", "setting", "published (%)", "95 % of members here", "verdict, or how it differs"), rows,
                   f"Published test accuracies after {SHEET} passes beside the same setting here: the middle 95 % of "
                   "the members, and the share of members below the published value (Wilson interval). The reports' "
                   "initial weights and order of visits are not known.")  # fmt: skip
    yield sb.Prose(
        "One training set of 20 points leaves the accuracy open by as much as the table shows, so a single run of "
        "each criterion can rank them either way; the column “hinge better in % of sets” above says how often."
    )


study = sb.Study(
    name="perceptron_or_hinge",
    title="Perceptron or hinge: which learns a line better from 20 points?",
    source="Dube, homework 2 (2019), problem 1; reports of wesleycheong314 (2020) and xp2030",
    question="Twenty random points of the unit square are labeled by x1 > x2. A unit without bias is trained on them "
             "with "
    "the perceptron criterion (a = 0) or the hinge loss (a = 1), without regularization, and tested on 1,000 points. "
    "Which gives the better accuracy and why, and with which do the labels of the same 1,000 instances change less "
    "when the 20 points are drawn anew?",
    measure=measure,
    tell=tell,
    outcomes=outcomes,
    seeds={"smoke": 8, "quick": 1_000, "full": 4_000},
    decided=(
        "the sheet asks for one training set; here every seed has its own, with 1,000 test points of its own; both "
        "criteria see the same points in the same order under a seed, and for question 4 all members label one common "
        "set of 1,000 instances",
        "initial weights, step size, order and number of passes are open: weights start at 0, the order is drawn "
        "anew for every pass, one update per point; step sizes and passes are varied, and other starts and full "
        "batches are sections of their own",
        "at w · x = 0 the loss with a = 0 has no derivative: the perceptron moves there, as the classical rule says "
        "(a = 1e-30 in the program)",
        "the output is +1 where w · x > 0 and −1 elsewhere, as the labels are",
        "a training set of one class is kept and counted",
        "training is never stopped early with single points; in full batches a member stops when its loss is exactly 0",
    ),
    reduced={"smoke": "6 passes instead of 300",
             "quick": "300 passes and 1,000 training sets instead of 1,000 and 4,000"},
    takes={"smoke": "15 s", "quick": "50 s", "full": "10 minutes"},
    figures=("training points with learned lines", "distributions of test accuracy", "angle against passes",
             "error against step size times passes", "place in the gap", "where labels change", "full batches"),
    claims=(
        *(sb.Claim(id=f"{who}-{criterion}", source=f"{who}, homework 2", value=value, differs=differs,
                   statement=f"{criterion} at rate {rate:g}, 100 epochs: {100 * value:g} % on 1,000 test points",
                   record="after_100_passes",
                   check=f"one_run(test_accuracy, criterion={criterion}, learning_rate={rate:g}) = {value:g}")
          for who, criterion, rate, value, differs in PUBLISHED),
        sb.Claim(id="xp2030-alike", source="xp2030, homework 2", record="after_100_passes",
                 statement="Perceptron and hinge loss reach the same accuracy at rate 0.05 (taken as within 1 point)",
                 check="mean(test_accuracy, criterion=hinge, learning_rate=0.05) = "
                 "mean(test_accuracy, criterion=perceptron, learning_rate=0.05) within 0.01"),
        sb.Claim(id="wesleycheong314-perceptron-better", source="wesleycheong314, homework 2", differs=PUBLISHED[1][4],
                 statement="The perceptron is more accurate than the hinge loss at rate 1", record="after_100_passes",
                 check="mean(test_accuracy, criterion=perceptron, learning_rate=1) > "
                 "mean(test_accuracy, criterion=hinge, learning_rate=1)"),
    ),
)  # fmt: skip
