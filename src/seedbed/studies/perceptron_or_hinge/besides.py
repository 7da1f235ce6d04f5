"""Other training points, full batches, other initial weights, and published runs beside the distribution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import seedbed as sb
import seedbed.studies.perceptron_or_hinge.square as square
from seedbed.studies.perceptron_or_hinge.square import SHEET, pct, points_of, shown

PUBLISHED = (  # who, criterion, learning rate, test accuracy, what was different there
    ("wesleycheong314", "perceptron", 1.0, 0.978, ""),
    ("wesleycheong314", "hinge", 1.0, 0.886, "a decaying L2 pull on the weights, which the sheet rules out"),
    ("xp2030", "perceptron", 0.05, 0.9712, ""),
    ("xp2030", "hinge", 0.05, 0.9712, ""),
)
BATCHES = """
    A mean over 20 points at rate η moves as far in a pass as single points at rate η/20. Nothing here depends on an
    order of visits, so what remains of the difference between the criteria is due to the criteria."""
STARTED = """
    For the perceptron only the ratio of the initial weights to the step size counts: deviation 100 at rate 1 is
    deviation 1 at rate 0.01. A large start has to be unlearned point by point, unless the random line happens to
    separate the training points: then the perceptron keeps it. The first row is the sheet's loss differentiated as it
    stands: at w = 0 its gradient is 0, and nothing is ever learned."""
SINGLE = """
    One training set of 20 points leaves the accuracy open by as much as the table shows, so a single run of each
    criterion can rank them either way; the column “hinge better in % of sets” above says how often."""


def other_points(context: sb.Context) -> Iterator[Any]:
    """Question 4: the share of the common instances whose label changes with other training points, and where."""
    main, means = square.main_runs(context), square.mean_accuracy(context)
    test = context.record("instances")["inputs"].values[0]
    members, several = len(main[0].weights) // 2 * 2, square.ends(main[0])
    if members < 4:
        yield "To draw the 20 points anew takes at least four training sets (`--seeds 4`)."
        return
    keys = [(run, passes) for run in main for passes in several]
    labels = [run.weights[:members, run.at(passes)] @ test.T > 0 for run, passes in keys]
    changed = np.stack([(one[::2] != one[1::2]).mean(axis=1) for one in labels], axis=1)
    first = changed[:, [keys.index((square.like(main, run), passes)) for run, passes in keys]]
    chances = [2 * (p := one.mean(axis=0)) * (1 - p) * members / (members - 1) for one in labels]
    off = np.abs(test[:, 0] - test[:, 1]) / np.sqrt(2)
    found: list[dict[str, Any]] = [
        {
            "setting": run.name,
            "criterion": run.criterion,
            "passes": passes,
            "changed": share,
            "more_than_perceptron": more,
            "nine_tenths_within": square.within(off, chance, 0.9),
            "accuracy": means[run.name][passes],
        }
        for (run, passes), chance, share, more in zip(
            keys, chances, sb.stats.scores.means(changed), sb.stats.pairs.differences(changed, first), strict=True
        )
    ]
    yield f"""
        One common set of {len(test):,} test instances, drawn by the procedure of the training points, is labeled by
        every member. Members 0 and 1, 2 and 3, and so on, differ in nothing but the training points and the order in
        which they are visited: {members // 2:,} independent redraws."""
    yield sb.Reading("changed_by_other_training_points", found)
    references = {square.like(main, run).name for run in main}
    yield sb.Table(
        ("setting", "passes", "changed (%)", "more than the perceptron (points)", "nine in ten within"),
        [
            (
                one["setting"],
                one["passes"],
                shown(one["changed"]),
                "—" if one["setting"] in references else shown(one["more_than_perceptron"], points_of),
                f"{one['nine_tenths_within']:.2f}",
            )
            for one in found
        ],
        f"Share of the {len(test):,} common instances whose label changes when the training points are drawn anew: "
        f"mean over {members // 2:,} redraws, 95 % bootstrap interval over redraws, for this one set of instances; the "
        "difference is paired by redraw. Nine in ten of all changes lie within the given distance of the diagonal.",
    )
    said = {passes: change_words([one for one in found if one["passes"] == passes]) for passes in several}
    yield " ".join([*(f"**After {passes} passes** {one}." for passes, one in said.items()), together_words(found)])
    yield sb.Answer(
        f"After {several[0]} passes {said[several[0]]}; mean over {members // 2:,} redraws, 95 % intervals."
    )
    perceptrons = [run for run in main if run.criterion == "perceptron"][:1]
    hinges = [run for run in main if run.criterion == "hinge" and run.rate in (0.05, 1.0, 10.0)][:2]
    drawn = [*perceptrons, *hinges] if hinges else list(main[:3])
    maps = {f"{run.name}, {passes} passes": chances[keys.index((run, passes))] for passes in several for run in drawn}
    yield sb.Figure(
        "changes",
        sb.figures.square_maps(test, maps, "chance that the label changes"),
        f"For each of the {len(test):,} instances: the chance that two members trained on different points label it "
        f"differently, estimated over all pairs of n = {members:,} members (the 95 % interval of a chance of 1/2 is "
        f"±{0.98 / np.sqrt(members):.2f} or less).",
        "Chance of a changed label at every test instance in the square",
        dense=True,
    )


def change_words(found: Sequence[Mapping[str, Any]]) -> str:
    """Question 4 in words, for one budget."""
    least = min(found, key=lambda one: one["changed"].estimate)
    told = [f"the fewest labels change with {least['setting']} ({shown(least['changed'])} %)"]
    apart = [
        one
        for one in found
        if one["criterion"] == "hinge" and one["more_than_perceptron"].low * one["more_than_perceptron"].high > 0
    ]
    for kind, sign in (("fewer", -1), ("more", 1)):
        names = [
            one["setting"].removeprefix("hinge, ") for one in apart if sign * one["more_than_perceptron"].estimate > 0
        ]
        if names:
            told.append(f"with the hinge loss at {', '.join(names)} {kind} labels change than with the perceptron")
    return "; ".join(told)


def together_words(found: Sequence[Mapping[str, Any]]) -> str:
    """How stability and accuracy belong together."""
    changed, right = ([one[key].estimate for one in found] for key in ("changed", "accuracy"))
    together = np.corrcoef(changed, right)[0, 1] if np.ptp(changed) > 0 and np.ptp(right) > 0 else np.nan
    return f"""
        A line that is close to the true one for every training set can change few labels, so stability and accuracy
        belong together: over the {len(found)} rows of the table the correlation of the changed share with the mean
        accuracy is {sb.show.number(round(together, 2), 2)}. All lines meet at the origin, so what changes lies in a
        wedge around the diagonal that widens away from it."""


def full_batches(context: sb.Context) -> Iterator[Any]:
    """The same comparison without an order of visits."""
    record = context.record("batch")
    found = square.runs(record, full_batch=True)
    members, last = len(found[0].weights), int(found[0].passes[-1])
    means = {name: one[last] for name, one in square.by_budget(found, [last], "accuracy").items()}
    yield sb.Reading("batch", means)
    yield sb.Figure(
        "batch",
        sb.figures.against(
            {run.name: (run.passes[1:], 1 - run.accuracy[:, 1:]) for run in found},
            "passes (updates with all points)",
            "wrongly labeled share of the square",
        ),
        "Wrongly labeled share of the square when every update uses the mean gradient of all points: median and middle "
        f"half of n = {members:,} members per setting.",
        "Error against passes in full batches",
    )
    rows: list[tuple[str, ...]] = []
    for run, (_, part) in zip(found, sb.rows(record), strict=True):
        hits = part["hit_step"].values
        over = np.isfinite(hits)
        middle = f"{np.median(hits[over]):,.0f}" if over.mean() > 0.5 else "not reached by half"
        done = sb.stats.wilson(int(over.sum()), members)
        rows.append((run.name, shown(means[run.name]), shown(done), middle))
    yield sb.Table(
        ("setting", "accuracy (%)", "training over (%)", "passes of those"),
        rows,
        f"Full batches after {last:,} passes: mean exact accuracy with its bootstrap interval; share of members with a "
        "loss of exactly 0, whose weights will never move again (Wilson), and the median pass at which that happened. "
        f"n = {members:,}, 95 % intervals.",
    )
    yield BATCHES


def other_starts(context: sb.Context) -> Iterator[Any]:
    """What initial weights of other sizes change."""
    found = square.runs(context.record("starts"))
    members, passes = len(found[0].weights), int(found[0].passes[-1])
    means = {name: one[passes] for name, one in square.by_budget(found, [passes], "accuracy").items()}
    still = [int((run.weights[:, -1] == run.weights[:, 0]).all(axis=-1).sum()) for run in found]
    yield sb.Reading("starts", means)
    yield sb.Table(
        ("start", "accuracy (%)", "never moved"),
        [
            (name, shown(mean), f"{count:,} of {members:,}")
            for (name, mean), count in zip(means.items(), still, strict=True)
        ],
        f"Rate 1, single points, {passes} passes, initial weights normal with the given deviation: mean exact accuracy "
        f"with its 95 % bootstrap interval, n = {members:,}, and members whose weights are what they were.",
    )
    yield STARTED


def published_runs(context: sb.Context) -> Iterator[Any]:
    """Each published accuracy in the distribution of the same criterion, rate and number of passes."""
    named = {run.name: run for run in square.main_runs(context) if run.passes[-1] >= SHEET}
    rows, found = list[tuple[str, ...]](), list[dict[str, Any]]()
    for who, criterion, rate, value, differs in PUBLISHED:
        name = f"{criterion}, rate {rate:g}"
        if name not in named:
            rows.append((who, name, pct(value), "not run here", differs or "—"))
            continue
        tested = named[name].tested[:, named[name].at(SHEET)]
        low, high = np.quantile(tested, (0.025, 0.975)).tolist()
        below = sb.stats.wilson(int((tested < value).sum()), len(tested))
        verdict = "an ordinary run" if low <= value <= high else "outside 95 % of the runs here"
        verdict = "another set-up, not judged" if differs else verdict
        one = {"who": who, "criterion": criterion, "rate": rate, "published": value, "below": below}
        found.append({**one, "middle_95": [low, high], "n": len(tested), "verdict": verdict})
        middle = f"{pct(low)} … {pct(high)}; {shown(below)} below"
        rows.append((who, name, pct(value), middle, differs or verdict))
    yield sb.Reading("published", found)
    yield sb.Table(
        ("report", "setting", "published (%)", "95 % of members here", "verdict, or how it differs"),
        rows,
        f"Published test accuracies after {SHEET} passes beside the same setting here: the middle 95 % of the members, "
        "and the share of members below the published value (Wilson interval). The reports' initial weights and order "
        "of visits are not known.",
    )
    yield SINGLE
