"""How the two criteria learn: one update, accuracy and which is better, the way there, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import seedbed as sb
import seedbed.studies.perceptron_or_hinge.square as square
from seedbed.studies.perceptron_or_hinge.square import SHEET, TEST, Run, budgets, passes_text, points_of, shown

VERDICTS = {
    "hinge": "the hinge loss is better at",
    "perceptron": "the perceptron is better than the hinge loss at",
    "not told apart": "they cannot be told apart at",
}
RULE = """
    Predictions depend on the direction of w alone, so w may be divided by the step size η. From w = 0 only a/η is left:
    **the perceptron (a = 0) takes the same way at every η, and the hinge loss (a = 1) is a perceptron that also
    corrects points whose score is right but below 1/η.** A large η makes it a perceptron; a small one makes every point
    count for a long time. At w = 0 the loss with a = 0 has the derivative 0 and training would never begin; the
    classical perceptron moves there, and so it does here."""
WAY = """
    While every score is below 1, the hinge loss adds all points in every pass, so w is η × passes times the sum of all
    y x: a direction that more passes do not change, and that follows whichever class happens to have more and larger
    points. Only when scores pass 1 do the easy points drop out, and the points near the line decide. For small steps
    that happens at the same step size × passes, which is why those curves fall on one another. The weights have to grow
    to about one over the distance of the closest point from the line before the last of them is satisfied."""


def rule(context: sb.Context) -> Iterator[Any]:
    """The losses and their update; what a step size can change at all; training sets of one class; examples."""
    yield sb.Formula(
        'L = max{0, a - y (w dot x)}, quad w arrow.l w + eta y x quad "if" y (w dot x) < a, quad u = w / eta : '
        'quad u arrow.l u + y x quad "if" y (u dot x) < a / eta',
        "the loss; its gradient step adds eta y x whenever y w.x is below a; divided by eta, the same step with a / "
        "eta",
    )
    yield RULE
    points, labels = square.training_sets(context)
    members, count = labels.shape
    single = int((np.ptp(labels, axis=1) == 0).sum())
    yield sb.Reading("one_class", {"training_sets": members, "points": count, "of_one_class": single})
    yield f"""
        **Training sets of one class.** {single} of {members:,} training sets of {count} points hold a single class (the
        law gives each a chance of {2.0 ** (1 - count):.2g}: {members * 2.0 ** (1 - count):.2g} sets expected). Such a
        member is kept: it learns that everything is of that class, its accuracy is near 1/2, and it counts in every
        average."""
    here = [run for run in square.main_runs(context) if run.n == count]
    perceptrons, hinges = ([run for run in here if run.criterion == name] for name in ("perceptron", "hinge"))
    if chosen := [*perceptrons[:1], *hinges[1::2]][:3]:
        squares = [
            sb.figures.Square(
                f"training set {seed}",
                points[seed],
                labels[seed],
                {run.name: run.weights[seed, run.at(SHEET)] for run in chosen},
            )
            for seed in range(min(3, members))
        ]
        yield sb.Figure(
            "lines",
            sb.figures.separators(squares),
            f"The first {len(squares)} training sets of {count} points, the true line, and lines learned in "
            f"{chosen[0].passes[chosen[0].at(SHEET)]:.0f} passes. Single members, hence no interval.",
            "Training points in the unit square with learned and true lines",
        )


def which_is_better(context: sb.Context) -> Iterator[Any]:
    """Distributions of accuracy, and differences under the same training sets at several budgets."""
    main, means = square.main_runs(context), square.mean_accuracy(context)
    columns, members, several = budgets(main[0]), len(main[0].weights), square.ends(main[0])
    yield sb.Formula(
        '"accuracy"(w) = 1/2 + 1/2 thin tan(45 degree - delta) quad (delta <= 45 degree "between" w "and" (1, -1))',
        "the accuracy over the whole square as a function of the angle delta between the learned and the true line",
    )
    panels = [
        (
            f"accuracy on {TEST:,} own test points after {passes} passes",
            {run.name: run.tested[:, run.at(passes)] for run in main},
        )
        for passes in several
    ]
    yield sb.Figure(
        "accuracy",
        sb.figures.strips(panels, spread=True),
        f"Test accuracy of n = {members:,} members per setting, each with a training set and {TEST:,} test points of "
        "its own: median, middle half (thick), 5–95 % (thin). No intervals of estimates: these are distributions of "
        "members.",
        "Distributions of test accuracy per criterion and rate",
    )
    yield sb.Table(
        ("setting", *map(passes_text, columns)),
        [(name, *(shown(one[passes]) for passes in columns)) for name, one in means.items()],
        f"Mean accuracy over the whole square in percent, by the closed form (the {TEST:,} test points add noise and "
        f"nothing else), n = {members:,} training sets per setting, 95 % bootstrap intervals.",
    )
    yield sb.Reading("mean_accuracy", means)
    yield sb.Reading("mean_test_accuracy", square.by_budget(main, columns, "tested"))
    if members < 2:
        return
    pairs = compared(main, columns)
    yield sb.Reading("hinge_minus_perceptron", pairs)
    yield sb.Table(
        ("hinge at", "passes", "difference in points", "p (Holm)", "hinge better in % of sets", "better"),
        [
            (
                one["setting"],
                one["passes"],
                shown(one["difference"], points_of),
                sb.show.p_value(one["p"]),
                shown(one["beats"]),
                one["verdict"],
            )
            for one in pairs
        ],
        "Exact accuracy of the hinge loss minus that of the perceptron in percentage points, paired by training set "
        f"and order of visits; n = {members:,} pairs, 95 % bootstrap intervals; p Holm-adjusted over the table; a tie "
        "counts half in the share of sets (Tango interval).",
    )
    said = {passes: verdicts(pairs, passes) for passes in columns}
    lines = [f"- After {passes_text(passes)}: {one}." for passes, one in said.items()]
    yield "\n".join([*lines, "", overall(pairs)])
    yield sb.Answer(
        f"After {passes_text(several[0])}, of {members:,} training sets each: {said[several[0]]} (exact accuracy; the "
        f"perceptron's mean is {sb.show.tenths(means[main[0].name][several[0]])}; Holm-adjusted). {overall(pairs)}"
    )


def compared(main: Sequence[Run], columns: Sequence[int]) -> list[dict[str, Any]]:
    """Every hinge setting against the perceptron of the same data at every budget."""
    keys = [(run, square.like(main, run), passes) for run in main if run.criterion == "hinge" for passes in columns]
    a = np.stack([run.accuracy[:, run.at(passes)] for run, _, passes in keys], axis=1)
    b = np.stack([other.accuracy[:, other.at(passes)] for _, other, passes in keys], axis=1)
    adjusted = sb.stats.holm([sb.stats.pairs.sign_flip(a[:, at], b[:, at]).p for at in range(len(keys))]).p.tolist()
    found: list[dict[str, Any]] = []
    for at, ((run, _, passes), difference, p) in enumerate(
        zip(keys, sb.stats.pairs.differences(a, b), adjusted, strict=True)
    ):
        better = "hinge" if difference.estimate > 0 else "perceptron"
        one = {
            "setting": run.rate_name,
            "passes": passes,
            "n": len(a),
            "difference": difference,
            "p": p,
            "beats": sb.stats.pairs.superiority(a[:, at], b[:, at], better="higher"),
            "verdict": better if p < 0.05 else "not told apart",
        }
        found.append(one)
    return found


def verdicts(pairs: Sequence[Mapping[str, Any]], passes: int) -> str:
    """Who is better at which rate, after so many passes."""
    kinds = {
        kind: [one["setting"] for one in pairs if one["passes"] == passes and one["verdict"] == kind]
        for kind in VERDICTS
    }
    return "; ".join(f"{VERDICTS[kind]} {', '.join(names)}" for kind, names in kinds.items() if names)


def overall(pairs: Sequence[Mapping[str, Any]]) -> str:
    """Whether the verdict depends on the budget."""
    winners = {one["verdict"] for one in pairs} - {"not told apart"}
    if len(winners) == 2:
        return "**So the answer to question 3 depends on the budget**: on the step size and on the number of passes."
    if winners:
        return f"Wherever the two can be told apart here, the {' and '.join(winners)} is better."
    return "So few training sets tell the two apart nowhere."


def way(context: sb.Context) -> Iterator[Any]:
    """The angle against passes, and the error of the hinge loss against rate times passes."""
    main = square.main_runs(context)
    hinges = [run for run in main if run.criterion == "hinge"]
    drawn = [run for run in main if run.criterion == "hinge" or run is square.like(main, run)]
    members = len(main[0].weights)
    yield sb.Figure(
        "angle",
        sb.figures.against(
            {run.name: (run.passes[1:], square.angle(run.weights[:, 1:])) for run in drawn},
            "passes over the training set",
            "angle to the true line (degrees)",
        ),
        "Angle between the learned and the true line against the number of passes: median and middle half of "
        f"n = {members:,} members per setting. The perceptron takes the same way at every rate.",
        "Angle to the true line against passes, by setting",
    )
    marks = [
        (f"perceptron after {run.passes[-1]:.0f} passes", float(np.median(1 - run.accuracy[:, -1])))
        for run in main
        if run.criterion == "perceptron"
    ]
    yield sb.Figure(
        "error",
        sb.figures.against(
            {run.rate_name: (run.rate * run.passes[1:], 1 - run.accuracy[:, 1:]) for run in hinges},
            "step size × passes",
            "wrongly labeled share of the square",
            marks=marks[:1],
            first=1,
        ),
        "Wrongly labeled share of the square under the hinge loss against step size times passes: median and middle "
        f"half of n = {members:,} members per rate; dotted: the perceptron's median at the end.",
        "Error of the hinge loss against step size times passes",
    )
    yield WAY


def why(context: sb.Context) -> Iterator[Any]:
    """Where in the gap between the classes the learned line ends."""
    points, labels = square.training_sets(context)
    low, high = square.gap(points, labels)
    members, count = labels.shape
    best = square.line_accuracy((low + high) / 2)
    anywhere = square.line_accuracy(low[:, None] + (high - low)[:, None] * (np.arange(32) + 0.5) / 32).mean(axis=1)
    chosen = [run for run in square.main_runs(context) if run.n == count]
    *last, random_one, ideal, width = sb.stats.scores.means(
        np.stack([*(run.accuracy[:, -1] for run in chosen), anywhere, best, high - low], axis=1)
    )
    rows, inside, found = list[tuple[str, ...]](), dict[str, np.ndarray](), dict[str, dict[str, Any]]()
    for run, mean in zip(chosen, last, strict=True):
        place = (square.direction(run.weights[:, -1]) - low) / (high - low)
        separating = (place > 0) & (place < 1)
        share = sb.stats.wilson(int(separating.sum()), members)
        aside = sb.stats.scores.mean(np.abs(place[separating] - 0.5)) if separating.any() else None
        rest = square.resting(run, points, labels) if run.criterion == "perceptron" else None
        found[run.name] = {"separates": share, "distance_from_middle": aside, "rests": rest}
        middle = "—" if aside is None else shown(aside, places)
        rows.append((run.name, shown(share), middle, shown(mean)))
        if separating.any():
            inside[run.name] = place[separating]
    rows += [
        ("any line of the gap, equally likely", "100", "0.25 (exact)", shown(random_one)),
        ("the middle of the gap", "100", "0 (exact)", shown(ideal)),
    ]
    yield sb.Reading("gap", {"degrees": width, "runs": found, "anywhere": random_one, "middle": ideal})
    yield f"""
        A line through the origin separates the training points exactly if its angle lies behind the last point of +1
        and before the first of −1. That gap, which also holds the truth, is all that the training set says:
        {width.estimate:.1f} degrees [{width.low:.1f}, {width.high:.1f}] wide on average here (95 % bootstrap interval,
        n = {members:,} sets of {count} points). Which line of the gap is learned is decided by the criterion."""
    passes = f"{chosen[0].passes[-1]:.0f} passes" if chosen else "no pass"
    yield sb.Table(
        ("learner", "separates all points (%)", "distance from the middle", "accuracy (%)"),
        rows,
        f"After {passes}: share of members whose line lies in the gap (Wilson); distance of those lines from the "
        "middle of the gap, in widths of the gap (0.5 is its edge); mean exact accuracy. 95 % intervals, "
        f"n = {members:,}. Last rows: two ideal learners for the same training sets.",
    )
    if inside:
        yield sb.Figure(
            "gap",
            sb.figures.strips([("place in the gap (0: at the last +1, 1: at the first −1)", inside)], spread=True),
            f"Where in the gap the learned line lies after {passes}, of the members that separate their training set "
            f"(of n = {members:,}): median, middle half, 5–95 %.",
            "Place of the learned line in the gap between the classes",
        )
    yield from why_words(found, members)


def why_words(found: Mapping[str, Mapping[str, Any]], members: int) -> Iterator[Any]:
    """What the table says of the two criteria."""
    lines = [
        f"**{name}** was found with all points right in {one['rests'][1]:,} members, and in {one['rests'][0]:,} of "
        "them no weight moved afterwards."
        for name, one in found.items()
        if one["rests"] is not None
    ]
    lines.append("A perceptron is content with the first line that separates: any line of the gap may be the last one.")
    aside = {name: one["distance_from_middle"] for name, one in found.items() if one["distance_from_middle"]}
    hinge = {name: value for name, value in aside.items() if name.startswith("hinge")}
    other = next((value for name, value in aside.items() if name.startswith("perceptron")), None)
    if not hinge or other is None:
        yield " ".join(lines)
        yield sb.Answer(f"The perceptron stops at any line that separates its points (n = {members:,}).")
        return
    name, least = min(hinge.items(), key=lambda item: item[1].estimate)
    closer = [name for name, value in hinge.items() if value.high < other.low]
    clearly = "In these runs no rate came clearly closer than the perceptron."
    if closer:
        clearly = (
            f"Clearly closer than the perceptron: {'; '.join(closer)}. So there are two forces: what the hinge loss "
            "gains is the place in the gap, what it pays is time, because until its scores have grown it may not even "
            "separate the points (second column)."
        )
    lines.append(
        f"The perceptron's last lines lie {places(other.estimate)} widths from the middle of the gap on average, where "
        "0.25 is pure chance. The hinge loss goes on as long as a point scores below 1, which pushes the line away "
        f"from the points on both sides; closest to the middle came {name} with {places(least.estimate)} "
        f"[{places(least.low)}, {places(least.high)}]. {clearly}"
    )
    yield " ".join(lines)
    gained = "the hinge loss goes on toward it" if closer else "no rate of the hinge loss came clearly closer"
    yield sb.Answer(
        f"The perceptron stops at the first line that separates its points, {shown(other, places)} widths of the gap "
        f"between the classes from its middle; {gained} ({name}: {shown(least, places)}; 95 % intervals, n at most "
        f"{members:,})."
    )


def places(value: float) -> str:
    """A place in the gap."""
    return f"{value:.3f}"
