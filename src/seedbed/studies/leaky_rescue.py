"""Does a leaky ReLU, or another initial draw, keep narrow, deep networks from collapsing to a constant?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

REACH = 7**0.5
SLOPES = [0.0, 0.001, 0.01, 0.1, 0.3]
HE, RAI = {"initializer": sb.initializers.he_normal()}, {"initializer": sb.initializers.rai()}
FRAMEWORK = {"initializer": None}
BATCH, EXAMPLES = 64, 3_000
EPOCH = EXAMPLES // BATCH
EPOCHS = {"smoke": 2, "quick": 100, "full": 100}
OF_ONE_EPOCH = {"smoke": 4, "quick": 1_000, "full": 1_000}  # seeds of the published set-up
FINE, COARSE = np.linspace(-REACH, REACH, 1_025), np.linspace(-REACH, REACH, 129)
FLAT = 0.01  # answers that reach over less than this share of the range of the function are nearly constant
ALIKE = 0.95  # the published test: more than this share of the rounded answers are one whole number
FATES = ("varies", "nearly constant", "constant by rounding", "collapsed", "not finite")
PUBLISHED = {("framework", 0.0): 909, ("framework", 0.01): 896, ("RAI", 0.0): 817}
RUNNING = (
    "the answers given while training were rounded, over 47 batches of which the last is short; here those at the end"
)
XIANG, LU = "Xiang-Pan 2022, NYU DL systems homework 2", "Lu, Shin, Su, Karniadakis 2020"


def question(profile: str) -> sb.Spec:
    """Nine hidden layers of two units with a leaky ReLU whose slope is a dial; slope 0 is ReLU."""
    base = sb.Spec(
        data=sb.data.curve("abs", n=EXAMPLES, fresh=True),
        model=sb.models.mlp([2] * 9, activation=sb.activations.leaky_relu(0.01)),
        initializer=sb.initializers.he_normal(), loss="l2", optimizer=sb.optimizers.adam(0.001), batch_size=BATCH,
        steps=EPOCH * EPOCHS[profile], trace=EPOCH, probes=("dead", "parameters"),
    )  # fmt: skip
    return base.vary(start={"He": HE}, slope=SLOPES)


def measure(lab: sb.Lab) -> dict[str, xr.Dataset]:
    """All slopes from He's draw; ReLU and the sheet's leaky ReLU from RAI; the published set-up for one epoch."""
    asked = question(lab.profile)
    some = asked.set_levels("slope", [0.0, 0.01])
    short = some.replace(steps=EPOCH).set_levels("start", {"framework": FRAMEWORK, "RAI": RAI})
    seeds = lab.seeds if lab.profile == "smoke" else range(lab.seeds[0], lab.seeds[0] + OF_ONE_EPOCH[lab.profile])
    return {
        "slopes": lab.run(asked, "slopes"),
        "rai": lab.run(some.set_levels("start", {"RAI": RAI}), "rai"),
        "one_epoch": lab.run(short, "one_epoch", seeds=seeds, changeable=False),
    }


def tell(records: Mapping[str, xr.Dataset]) -> sb.Page:
    """The page: why it may help, the fraction, pairs by seed, when, what was learned, the published set-up."""
    found = {name: [end_of(levels, part) for levels, part in sb.rows(record)] for name, record in records.items()}
    every = [*found["slopes"], *found["rai"]]
    pairs = against_relu(every)
    sections = [
        sb.Section("Two ways out", WAYS),
        sb.Section("What fraction collapses", list(end_items(every))),
        sb.Section("Against ReLU under the same seeds", list(pair_items(every, pairs))),
        sb.Section("When", list(when_items(every))),
        sb.Section("What is learned", list(learned_items(every))),
        sb.Section("The published test", list(published_items(found["one_epoch"], every))),
        sb.Section("Dead, quiet or rounded", [sb.Prose(precision_words(every))]),
    ]
    shown = {name: [{key: value for key, value in one.items() if key != "members"} for one in told]
             for name, told in found.items()}  # fmt: skip
    return sb.Page(sections, {"ends": shown, "against_relu": pairs})


WAYS = [
    sb.Formula(
        'phi(z) = cases(z &"if" z > 0, a z &"if" z <= 0), quad (dif y) / (dif x) = W_10 thin D_9 W_9 dots D_1 W_1, '
        'quad D_l = "diag"(1 "or" a)',
        "leaky ReLU with slope a; the slope of the network is the product of its weights and of diagonal matrices with "
        "entries 1 or a",
    ),
    sb.Prose(
        "**Leaky ReLU.** With a > 0 no factor of that product is 0, so a network whose weights have full rank never "
        "answers exactly one constant and always gets some gradient: it cannot be dead. But where k layers lie below 0 "
        "for all x, slope and gradient are about aᵏ times what they would be, for a = 0.01 and k = 5 already 1e-10. "
        "Adam divides by the size of the gradient plus 1e-8, so a gradient far below 1e-8 hardly moves a weight. Such "
        "a network is *quiet*: not dead, and hardly to be told from it by its answers. So two fractions are told: "
        f"**collapsed**, a layer with slope exactly 0 for all x, and **nearly constant**, answers that reach over less "
        f"than {FLAT:.0%} of the range of the function. **Constant by rounding** is in between: the slope is not 0, "
        "but all answers in single precision are the same number."
    ),
    sb.Formula(
        '(w_(i 1), dots, w_(i n), b_i) tilde cal(N)(0, 0.6007^2 / n), quad "then one of the" n + 1 "numbers, drawn '
        'evenly," tilde "Beta"(2, 1)',
        "RAI: the weights and the bias of a unit are normal with deviation 0.6007 over the root of fan-in; then one of "
        "them is replaced by a draw of Beta(2, 1)",
    ),
    sb.Prose(
        "**RAI**, the randomized asymmetric initialization of Lu et al., leaves ReLU as it is and draws the start "
        "otherwise: one number of each unit, weight or bias, is positive (density 2x on [0, 1]), so that fewer units "
        "begin below 0 for every input."
    ),
]  # fmt: skip


def outcomes(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """Of every member: collapsed, and what the published test says of its answers; He's draw and RAI side by side."""
    found = {f"{name}_ends": sb.derive(record, fate_of, of=name) for name, record in records.items()}
    parts = {str(levels["start"]): part for name in ("slopes", "rai") if f"{name}_ends" in found
             for levels, part in sb.rows(found[f"{name}_ends"]) if levels["slope"] == 0}  # fmt: skip
    if {"He", "RAI"} <= set(parts):
        found["relu_ends"] = sb.derive(
            records["slopes"],
            lambda levels, _: {"collapsed": parts[levels["start"]]["collapsed"].values},
            of="slopes rai",
            axes={"start": ["He", "RAI"]},
        )
    return found  # fmt: skip


def fate_of(levels: Mapping[str, Any], part: xr.Dataset) -> dict[str, np.ndarray]:
    """Yes or no for every member."""
    last = part["final_parameters"].transpose("seed", ...).values
    model = sb.models.mlp([2] * ((last.shape[-1] - 1) // 6), activation=sb.activations.leaky_relu(levels["slope"]))
    answers = sb.replay(model, last, FINE[:, None])[..., 0]
    lost = sb.variation(model, last, FINE).still & ~np.isfinite(part["diverged_step"].values)
    return {"collapsed": lost, "one_rounded_answer": rounded(answers)}


def end_of(levels: Mapping[str, Any], part: xr.Dataset) -> dict[str, Any]:
    """What became of the members of one setting: numbers for `summary.json`, and arrays over members for the page."""
    steps, last = part["step"].values, part["final_parameters"].transpose("seed", ...).values
    model = sb.models.mlp([2] * ((last.shape[-1] - 1) // 6), activation=sb.activations.leaky_relu(levels["slope"]))
    truth = sb.formulas[str(levels.get("formula", "abs"))](FINE)
    bound = FLAT * np.ptp(truth)
    rows = part["parameters"].transpose("seed", "step", ...).values
    path = sb.variation(model, rows, COARSE, dtype=np.float32)
    end, single = sb.variation(model, last, FINE), sb.variation(model, last, FINE, dtype=np.float32)
    broken = np.isfinite(part["diverged_step"].values)
    flat = end.highest - end.lowest < bound
    masks = (~broken & ~flat, ~broken & flat & ~single.constant & ~end.still,
             ~broken & flat & single.constant & ~end.still, ~broken & end.still, broken)  # fmt: skip
    answers = sb.replay(model, last, FINE[:, None])[..., 0]
    early = sb.replay(model, rows[:, np.flatnonzero(steps >= EPOCH)[:1].tolist() or -1].reshape(len(rows), -1),
                      FINE[:, None])[..., 0]  # fmt: skip
    error, n = np.mean((answers - truth) ** 2, axis=1), len(last)
    return {
        "setting": setting_of(levels), "levels": dict(levels), "n": n,
        "counts": {fate: int(mask.sum()) for fate, mask in zip(FATES, masks, strict=True)},
        "shares": {"collapsed": sb.stats.wilson(int(masks[3].sum()), n),
                   "constant or nearly": sb.stats.wilson(int((flat & ~broken).sum()), n)},
        "rounded": {"after one epoch": sb.stats.wilson(int(rounded(early).sum()), n),
                    "at the end": sb.stats.wilson(int(rounded(answers).sum()), n)},
        "flat_by_step": {"step": steps.tolist(),
                         "count": (path.highest - path.lowest < bound).sum(axis=0).tolist()},
        "error": sb.stats.scores.spread(error[~broken]), "best_constant": float(np.var(truth)),
        "learned": sb.stats.wilson(int((error[~broken] < 0.1 * np.var(truth)).sum()), n),
        "quiet": {"slope 0 in single precision, not in double": int((single.still & ~end.still).sum()),
                  "answers equal in single precision, slope not 0": int((single.constant & ~end.still).sum()),
                  "answers equal in double precision, slope not 0": int((end.constant & ~end.still).sum()),
                  "steepest slope of the answer below 1e-8, not 0":
                      int(((end.steepest[:, -1] < 1e-8) & ~end.still).sum())},
        "members": {"seed": part["seed"].values, "collapsed": masks[3], "flat": flat & ~broken, "broken": broken,
                    "answers": answers, "error": error},
    }  # fmt: skip


def setting_of(levels: Mapping[str, Any]) -> str:
    """A setting in words; slope 0 is ReLU."""
    slope = levels["slope"]
    further = [str(value) for key, value in levels.items() if key not in ("slope", "start")]
    return ", ".join(["ReLU" if slope == 0 else f"leaky {slope:g}", str(levels["start"]), *further])


def rounded(answers: np.ndarray) -> np.ndarray:
    """The published test, row by row: whether one whole number has more than 95 % of the rounded answers."""
    near = np.rint(answers)
    middle = np.median(near, axis=1, keepdims=True)  # a value that more than half share is the median
    return np.mean(near == middle, axis=1) > ALIKE


def end_items(every: Sequence[Mapping[str, Any]]) -> Iterator[sb.Prose | sb.Figure | sb.Table]:
    """The bonus question's fraction, then every setting."""
    yield sb.Prose("\n".join(f"- {answer(one)}" for one in every))
    yield sb.Figure("ends", sb.figures.fates([(one["setting"], one["counts"]) for one in every]),
                    f"How the networks ended, numbers of networks in the bars; n = {every[0]['n']:,} seeds, the same "
                    "for every setting.", f"A stacked bar per setting: {', '.join(FATES)}")  # fmt: skip
    rows = [(one["setting"], *(sb.pieces.tenths(found) for found in one["shares"].values()),
             sb.pieces.tenths(one["learned"]), f"{one['error']['median']:.3g}") for one in every]  # fmt: skip
    yield sb.Table(("setting", *every[0]["shares"], "learned", "median error"), rows,
                   f"Shares with 95 % intervals (Wilson), n = {every[0]['n']:,} per setting. Nearly constant: the "
                   f"answers reach over less than {FLAT:.0%} of the range of the function. Learned: mean squared error "
                   "over the interval below a tenth of what the best constant has "
                   f"({every[0]['best_constant']:.3f}).")  # fmt: skip


def answer(one: Mapping[str, Any]) -> str:
    """How many collapsed, and how many are nearly constant."""
    exact, flat = one["shares"].values()
    return (f"**{one['setting']}**: {round(exact.estimate * exact.n):,} of {one['n']:,} networks collapsed exactly "
            f"({sb.pieces.tenths(exact)}); {round(flat.estimate * flat.n):,} answer one constant exactly or "
            f"nearly ({sb.pieces.tenths(flat)}).")  # fmt: skip


def against_relu(every: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every setting against ReLU from He's draw, seed by seed: differences of both shares, exact tests, Holm."""
    base = next((one for one in every if one["levels"]["slope"] == 0 and one["levels"]["start"] == "He"), None)
    if base is None or base["n"] < 2:
        return []
    found: list[dict[str, Any]] = []
    for one in every:
        if one is base:
            continue
        for what in ("collapsed", "flat"):
            a, b = one["members"][what].astype(float), base["members"][what].astype(float)
            found.append({"setting": one["setting"], "base": base["setting"], "what": what, "n": len(a),
                          "difference": sb.stats.pairs.share_difference(a, b), "test": sb.stats.pairs.mcnemar(a, b),
                          "only_here": int((a > b).sum()), "only_base": int((a < b).sum())})  # fmt: skip
    adjusted = sb.stats.holm([one["test"].p for one in found])
    return [{**one, "p": p, "family": adjusted.method} for one, p in zip(found, adjusted.p.tolist(), strict=True)]


def pair_items(
    every: Sequence[Mapping[str, Any]], pairs: Sequence[Mapping[str, Any]]
) -> Iterator[sb.Prose | sb.Table | sb.Figure]:
    """Differences of shares, and whether each change helped."""
    if not pairs:
        yield sb.Prose("Nothing is compared: it takes ReLU (slope 0) from He's draw, and at least two seeds.")
        return
    words = {"collapsed": "collapsed", "flat": "constant or nearly"}
    rows = [(one["setting"], words[one["what"]], one["only_here"], one["only_base"],
             sb.pieces.tenths(one["difference"]), sb.pieces.p_value(one["p"])) for one in pairs]  # fmt: skip
    yield sb.Table(("setting", "share", "here only", "ReLU only", "difference to ReLU", "p (Holm)"), rows,
                   f"Each setting against {pairs[0]['base']} under the same n = {pairs[0]['n']:,} seeds: how many "
                   "seeds have the outcome in one of the two only, and the difference of shares with Tango's 95 % "
                   f"interval; p by McNemar's exact test, Holm-adjusted over {len(pairs)} comparisons. The same "
                   "seed means the same points and order, and for one draw the same initial weights.")  # fmt: skip
    yield sb.Prose("\n".join(f"- {helped(*(one for one in pairs if one['setting'] == name))}"
                             for name in dict.fromkeys(one["setting"] for one in pairs)))  # fmt: skip
    base = next(one for one in every if one["setting"] == pairs[0]["base"])
    lost = np.flatnonzero(base["members"]["collapsed"])[:2]
    chosen = [one for one in every if one is not base][:5]
    truth = sb.formulas[str(base["levels"].get("formula", "abs"))](FINE)
    panels = [sb.figures.Fit(f"seed {base['members']['seed'][at]}: {one['setting']}", FINE, truth,
                             one["members"]["answers"][at]) for one in [base, *chosen] for at in lost]  # fmt: skip
    if panels:
        yield sb.Figure("fits", sb.figures.fits(panels, columns=4),
                        f"The first seeds that collapsed under {base['setting']}, and what the same seeds became "
                        "otherwise; chosen by their numbers alone.", "Panels of answers over the function")  # fmt: skip


def helped(exact: Mapping[str, Any], flat: Mapping[str, Any]) -> str:
    """Whether a change helped against collapse, and against answering nearly one constant."""
    lines = []
    for one, what in ((exact, "exact collapse"), (flat, "answering one constant exactly or nearly")):
        gap = one["difference"]
        if one["p"] >= 0.05:
            lines.append(f"no effect on {what} was shown")
        else:
            how = "less" if gap.estimate < 0 else "more"
            lines.append(f"{what} is {how} frequent by {sb.pieces.tenths(size_of(gap))}")
    return f"**{exact['setting']}**: {'; '.join(lines)}."


def size_of(gap: Any) -> Any:
    """The size of a difference: the same interval, turned around where the estimate is below 0."""
    return gap if gap.estimate >= 0 else replace(gap, estimate=-gap.estimate, low=-gap.high, high=-gap.low)


def when_items(every: Sequence[Mapping[str, Any]]) -> Iterator[sb.Figure]:
    """The share of constant or nearly constant networks against the step."""
    curves = []
    for one in every:
        counts = one["flat_by_step"]["count"]
        bounds = [sb.stats.wilson(count, one["n"]) for count in counts]
        curves.append(sb.figures.ShareCurve(one["setting"], np.array(one["flat_by_step"]["step"]),
                                            *(np.array([getattr(bound, name) for bound in bounds])
                                              for name in ("estimate", "low", "high"))))  # fmt: skip
    yield sb.Figure("flat", sb.figures.shares(curves, "share that answers one constant, exactly or nearly"),
                    f"Share of networks whose answers reach over less than {FLAT:.0%} of the range of the function, "
                    f"every {EPOCH} steps (an epoch) on {len(COARSE)} points; bands are pointwise 95 % intervals "
                    f"(Wilson), n = {every[0]['n']:,} per setting.",
                    "Curves of the share of nearly constant networks against the step")  # fmt: skip


def learned_items(every: Sequence[Mapping[str, Any]]) -> Iterator[sb.Prose | sb.Figure]:
    """The final errors, and which setting learned most often."""
    groups = {one["setting"]: one["members"]["error"][~one["members"]["broken"]] for one in every}
    groups = {name: values for name, values in groups.items() if len(values)}
    if groups:
        yield sb.Figure("errors", sb.figures.strips([("mean squared error over the interval (y²)", groups)], log=True,
                                                    spread=True),
                        f"Final error of every network on {len(FINE):,} points of the interval, n = "
                        f"{every[0]['n']:,} per setting. Bar: median; thick: middle half; thin: 5 % to 95 %. The best "
                        f"constant has {every[0]['best_constant']:.3f}.", "Strips of errors per setting")  # fmt: skip
    most = max(one["learned"].estimate for one in every)
    best = [one for one in every if one["learned"].estimate == most]
    if most == 0:
        yield sb.Prose("No network of any setting came below a tenth of the error of the best constant.")
        return
    yield sb.Prose(f"Most often learned: {' and '.join(one['setting'] for one in best)}, "
                   f"{sb.pieces.tenths(best[0]['learned'])} of the networks. Not to collapse is not to learn: "
                   "a living network of width 2 may still bend at the wrong place, or once too little.")  # fmt: skip


def published_items(
    short: Sequence[Mapping[str, Any]], every: Sequence[Mapping[str, Any]]
) -> Iterator[sb.Prose | sb.Table]:
    """One epoch from a framework's draw, judged by rounding, as published; and by slope."""
    yield sb.Prose(
        f"{XIANG} found 909 of 1,000 ReLU networks collapsed, 896 with leaky ReLU and 817 with RAI, after one epoch "
        "from a framework's default draw (weights and biases uniform within one over the root of fan-in) and by "
        f"rounding the answers to whole numbers: collapsed where one number has more than {ALIKE:.0%} of them. The "
        "same is run here, with the answers at the end of the epoch on a grid; he took those given while training, and "
        "47 batches, the last one short, where 46 are made here. The counts need not agree: an answer that drifts past "
        "a half while it is trained is two whole numbers in his test and one in this."
    )
    rows = []
    for one in short:
        published = PUBLISHED.get((one["levels"]["start"], one["levels"]["slope"]))
        told = one["rounded"]["at the end"]
        rows.append((one["setting"], sb.pieces.tenths(told), f"{published / 10:.1f} %" if published else "—",
                     verdict(told, published), *(sb.pieces.tenths(found)
                                                 for found in one["shares"].values())))  # fmt: skip
    yield sb.Table(("setting", "one rounded answer", "published", "", "collapsed", "constant or nearly"), rows,
                   f"One epoch, n = {short[0]['n']:,} seeds, 95 % intervals (Wilson). One rounded answer: the "
                   "published test. Collapsed and nearly constant as above, by slope and by range.")  # fmt: skip
    rows = [(one["setting"], *(sb.pieces.tenths(found) for found in one["rounded"].values()),
             sb.pieces.tenths(one["shares"]["collapsed"])) for one in every]  # fmt: skip
    columns = (*(f"one rounded answer, {when}" for when in every[0]["rounded"]), "collapsed, at the end")
    yield sb.Table(("setting", *columns), rows,
                   f"What the published test says of the networks of this page, n = {every[0]['n']:,}, 95 % intervals "
                   "(Wilson): it counts living networks that have learned little as collapsed.")  # fmt: skip
    yield sb.Prose(rai_words(short, every))


def rai_words(short: Sequence[Mapping[str, Any]], every: Sequence[Mapping[str, Any]]) -> str:
    """Collapse of ReLU networks drawn by RAI, after one epoch and at the end, beside Lu et al."""
    told = [f"{sb.pieces.tenths(one['shares']['collapsed'])} {when} (n = {one['n']:,})"
            for when, group in (("after one epoch", short), ("at the end", every)) for one in group
            if one["levels"]["start"] == "RAI" and one["levels"]["slope"] == 0]  # fmt: skip
    return (
        "**RAI.** Lu et al. report that it lowers the share of collapsed networks from 91.9 % to 29.2 % in one "
        "one-dimensional example and from 93.8 % to 32.6 % in another; how long they trained is not known here. ReLU "
        f"networks drawn by RAI, by exact collapse: {' and '.join(told) or 'not run'}. Networks that are alive as "
        "drawn can die while they are trained, so the share depends on when it is taken."
    )


def verdict(found: Any, published: int | None) -> str:
    """Whether a published count of 1,000 is one that these networks would give: both shares with their intervals."""
    if published is None:
        return ""
    other = sb.stats.wilson(published, 1_000)
    apart = other.low > found.high or other.high < found.low
    return "differs" if apart else "agrees"


def precision_words(every: Sequence[Mapping[str, Any]]) -> str:
    """How often rounding or underflow alone makes a network look dead."""
    lines = []
    for one in every:
        told = "; ".join(f"{what}: {count:,}" for what, count in one["quiet"].items() if count)
        lines.append(f"- **{one['setting']}**: {told or 'none of these'}.")
    return (
        "A leaky network can look dead without being so: its slope can fall below what single precision holds (1e-45), "
        "or be so small that its answers are rounded to one number beside the bias. Numbers of networks out of "
        f"{every[0]['n']:,} per setting at the end, slopes carried in double precision from the weights that training "
        "in single precision left:\n\n" + "\n".join(lines)
    )


study = sb.Study(
    name="leaky_rescue",
    title="Leaky ReLU and RAI: who is rescued from collapse",
    source="Dube, homework 2 (2019), problem 3.3 (bonus); Lu, Shin, Su, Karniadakis 2020, Dying ReLU and "
    "initialization",
    question="The networks of the dying-ReLU experiment with leaky ReLU, slope 0.01, everything else the same: what "
    "fraction collapses? Did leaky ReLU help? What of other slopes, and of the randomized asymmetric initialization "
    "that was proposed against collapse?",
    ask=question,
    measure=measure,
    tell=tell,
    outcomes=outcomes,
    seeds={"smoke": 4, "quick": 100, "full": 1_000},
    decided=(
        "“10-layer” is nine hidden layers of two units and a linear output; the function is |x|; He normal weights, "
        "biases 0, Adam with rate 0.001, mean squared error, 100 epochs of 46 minibatches of 64, as in dying_relu",
        "slopes 0 (which is ReLU), 0.001, 0.01 (the sheet's), 0.1 and 0.3 under the same seeds",
        "collapsed: some layer has slope exactly 0 at 1,025 points of the interval; nearly constant: the answers reach "
        "over less than 1 % of the range of the function there",
        "RAI is written as it is commonly coded: one number of each unit, weight or bias, is Beta(2, 1), the others "
        "normal with deviation 0.6007 over the root of fan-in; it sets the output layer too",
    ),
    reduced={
        "smoke": "4 seeds and 2 epochs",
        "quick": "100 seeds instead of 1,000 (but 1,000 for the one epoch of the published set-up)",
    },
    takes={"smoke": "20 s", "quick": "60 s", "full": "5 minutes"},
    figures=(
        "how the networks ended",
        "collapsed seeds under other slopes and draws",
        "share of nearly constant networks against the step",
        "final errors",
    ),
    claims=(
        *(
            sb.Claim(
                id=f"xiang-pan-{key}",
                source=XIANG,
                value=count / 1000,
                record="one_epoch_ends",
                differs=RUNNING,
                statement=f"{count} of 1,000 {what} collapse (one epoch, rounded answers; within 3 points)",
                check=f"share(one_rounded_answer, start={start}, slope={slope:g}) = {count / 1000} within 0.03",
            )
            for (start, slope), count, key, what in zip(
                PUBLISHED,
                PUBLISHED.values(),
                ("relu", "leaky", "rai"),
                ("ReLU networks", "leaky ReLU networks", "ReLU networks drawn by RAI"),
                strict=True,
            )
        ),
        sb.Claim(
            id="lu-rai-helps",
            source=LU,
            record="relu_ends",
            statement="RAI lowers the share of networks that collapse, compared with He's draw",
            check="share(collapsed, start=RAI) < share(collapsed, start=He)",
        ),
        sb.Claim(
            id="lu-rai",
            source=LU,
            value=0.292,
            record="relu_ends",
            check="share(collapsed, start=RAI) < 33.3 %",
            statement="With RAI less than a third collapses (29.2 % and 32.6 % in two one-dimensional examples)",
            differs="how long they trained, and on which interval, is not known here",
        ),
    ),
)
