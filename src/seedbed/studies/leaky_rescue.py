"""Does a leaky ReLU, or another initial draw, keep narrow, deep networks from collapsing to a constant?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import seedbed as sb

REACH = 7**0.5
HE, RAI = {"initializer": sb.initializers.he_normal()}, {"initializer": sb.initializers.rai()}
FRAMEWORK = {"initializer": None}
BATCH, EXAMPLES = 64, 3_000
EPOCH = EXAMPLES // BATCH
FINE, COARSE = np.linspace(-REACH, REACH, 1_025), np.linspace(-REACH, REACH, 129)
FLAT = 0.01  # answers that reach over less than this share of the range of the function are nearly constant
ALIKE = 0.95  # the published test: more than this share of the rounded answers are one whole number
FATES = ("varies", "nearly constant", "constant by rounding", "collapsed", "not finite")
SHARES = ("collapsed", "constant or nearly")
EXACT, ALL = "exact collapse", "answering one constant exactly or nearly"
XIANG, LU = "Xiang-Pan 2022, NYU DL systems homework 2", "Lu, Shin, Su, Karniadakis 2020"
RUNNING = (
    "the answers given while training were rounded, over 47 batches of which the last is short; here those at the end"
)
PUBLISHED = (  # id, initial draw, slope, networks of 1,000 that collapsed, which networks
    ("xiang-pan-relu", "framework", 0.0, 909, "ReLU networks"),
    ("xiang-pan-leaky", "framework", 0.01, 896, "leaky ReLU networks"),
    ("xiang-pan-rai", "RAI", 0.0, 817, "ReLU networks drawn by RAI"),
)
COUNTS = {(start, slope): count for _, start, slope, count, _ in PUBLISHED}
PROFILES: Any = {
    "smoke": {"seeds": 4, "epochs": 2, "one_epoch": None, "takes": "20 s", "reduced": "4 seeds and 2 epochs"},
    "quick": {"seeds": 100, "epochs": 100, "one_epoch": 1_000, "takes": "60 s", "reduced": "100 seeds instead of 1,000 "
              "(but 1,000 for the one epoch of the published set-up)"},
    "full": {"seeds": 1_000, "epochs": 100, "one_epoch": 1_000, "takes": "5 minutes"},
}  # fmt: skip
LEAK = sb.Formula(
    'phi(z) = cases(z &"if" z > 0, a z &"if" z <= 0), quad (dif y) / (dif x) = W_10 thin D_9 W_9 dots D_1 W_1, '
    'quad D_l = "diag"(1 "or" a)',
    "leaky ReLU with slope a; the slope of the network is the product of its weights and of diagonal matrices with "
    "entries 1 or a",
)
LEAKY = f"""
    **Leaky ReLU.** With a > 0 no factor of that product is 0, so a network whose weights have full rank never answers
    exactly one constant and always gets some gradient: it cannot be dead. But where k layers lie below 0 for all x,
    slope and gradient are about aᵏ times what they would be, for a = 0.01 and k = 5 already 1e-10. Adam divides by the
    size of the gradient plus 1e-8, so a gradient far below 1e-8 hardly moves a weight. Such a network is *quiet*: not
    dead, and hardly to be told from it by its answers. So two fractions are told: **collapsed**, a layer with slope
    exactly 0 for all x, and **nearly constant**, answers that reach over less than {FLAT:.0%} of the range of the
    function. **Constant by rounding** is in between: the slope is not 0, but all answers in single precision are the
    same number."""
DRAW = sb.Formula(
    '(w_(i 1), dots, w_(i n), b_i) tilde cal(N)(0, 0.6007^2 / n), quad "then one of the" n + 1 "numbers, drawn '
    'evenly," tilde "Beta"(2, 1)',
    "RAI: the weights and the bias of a unit are normal with deviation 0.6007 over the root of fan-in; then one of "
    "them is replaced by a draw of Beta(2, 1)",
)
ASYMMETRIC = """
    **RAI**, the randomized asymmetric initialization of Lu et al., leaves ReLU as it is and draws the start otherwise:
    one number of each unit, weight or bias, is positive (density 2x on [0, 1]), so that fewer units begin below 0 for
    every input."""
ONE_EPOCH = f"""
    {XIANG} found 909 of 1,000 ReLU networks collapsed, 896 with leaky ReLU and 817 with RAI, after one epoch from a
    framework's default draw (weights and biases uniform within one over the root of fan-in) and by rounding the answers
    to whole numbers: collapsed where one number has more than {ALIKE:.0%} of them. The same is run here, with the
    answers at the end of the epoch on a grid; he took those given while training, and 47 batches, the last one short,
    where 46 are made here. The counts need not agree: an answer that drifts past a half while it is trained is two
    whole numbers in his test and one in this."""


def ask(profile: sb.Profile) -> dict[str, Any]:
    """Nine hidden layers of two units, all slopes from He's draw (0 is ReLU), two from RAI; the published set-up."""
    net = sb.Spec(
        data=sb.data.curve("abs", n=EXAMPLES, fresh=True),
        model=sb.models.mlp([2] * 9, activation=sb.activations.leaky_relu(0.01)),
        initializer=sb.initializers.he_normal(),
        loss="l2",
        optimizer=sb.optimizers.adam(0.001),
        batch_size=BATCH,
        steps=EPOCH * profile.epochs,
        trace=EPOCH,
        probes=("dead", "parameters"),
    )
    question = net.vary(start={"He": HE}, slope=[0.0, 0.001, 0.01, 0.1, 0.3])
    some = question.set_levels("slope", [0.0, 0.01])
    short = some.replace(steps=EPOCH).set_levels("start", {"framework": FRAMEWORK, "RAI": RAI})
    return {
        "slopes": question,
        "rai": some.set_levels("start", {"RAI": RAI}),
        "one_epoch": sb.measures.train(short, seeds=profile.one_epoch, fixed=True),
    }


def outcomes(records: Mapping[str, Any]) -> dict[str, Any]:
    """Of every member: collapsed, and what the published test says of its answers; all settings side by side."""
    found = {f"{name}_ends": sb.derive(record, fate_of, of=name) for name, record in records.items()}
    lost = {
        setting_of(levels): part["collapsed"].values
        for name in ("slopes", "rai")
        for levels, part in sb.rows(found[f"{name}_ends"])
    }

    def beside(factor: str, names: Mapping[str, str]) -> Any:
        """A record of what collapsed, with the settings named as levels of one factor."""
        return sb.derive(
            records["slopes"],
            lambda levels, _: {"collapsed": lost[names[levels[factor]]]},
            of="slopes rai",
            axes={factor: list(names)},
        )

    found["ends"] = beside("network", {name: name for name in lost})
    relu = {"He": "ReLU, He", "RAI": "ReLU, RAI"}
    return {**found, "relu_ends": beside("start", relu)} if set(relu.values()) <= set(lost) else found


def model_of(levels: Mapping[str, Any], parameters: np.ndarray) -> Any:
    """The network of a setting, its depth from the number of its weights."""
    hidden = (parameters.shape[-1] - 1) // 6
    return sb.models.mlp([2] * hidden, activation=sb.activations.leaky_relu(levels["slope"]))


def fate_of(levels: Mapping[str, Any], part: Any) -> dict[str, np.ndarray]:
    """Yes or no for every member."""
    last = part["final_parameters"].transpose("seed", ...).values
    model = model_of(levels, last)
    lost = sb.variation(model, last, FINE).still & ~np.isfinite(part["diverged_step"].values)
    return {"collapsed": lost, "one_rounded_answer": rounded(sb.replay(model, last, FINE[:, None])[..., 0])}


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


@dataclass(frozen=True, eq=False)
class Ends:
    """One setting: its `reading` for `summary.json`, and arrays over members."""

    reading: dict[str, Any]
    seed: np.ndarray
    collapsed: np.ndarray
    flat: np.ndarray
    broken: np.ndarray
    answers: np.ndarray
    error: np.ndarray

    def __getitem__(self, name: str) -> Any:
        """A number of the reading."""
        return self.reading[name]

    @property
    def is_base(self) -> bool:
        """Whether this is ReLU from He's draw, which the others are compared with."""
        return self["levels"]["slope"] == 0 and self["levels"]["start"] == "He"


def end_of(levels: Mapping[str, Any], part: Any) -> Ends:
    """What became of the members of one setting."""
    steps, last = part["step"].values, part["final_parameters"].transpose("seed", ...).values
    model, n = model_of(levels, last), len(last)
    truth = sb.formulas[str(levels.get("formula", "abs"))](FINE)
    bound, best = FLAT * np.ptp(truth), float(np.var(truth))
    rows = part["parameters"].transpose("seed", "step", ...).values
    path = sb.variation(model, rows, COARSE, dtype=np.float32)
    end, single = sb.variation(model, last, FINE), sb.variation(model, last, FINE, dtype=np.float32)
    broken, moves = np.isfinite(part["diverged_step"].values), ~end.still
    flat = end.highest - end.lowest < bound
    near, collapsed = ~broken & flat & moves, ~broken & end.still
    masks = (~broken & ~flat, near & ~single.constant, near & single.constant, collapsed, broken)
    first = np.flatnonzero(steps >= EPOCH)[:1].tolist() or [-1]
    early, answers = (sb.replay(model, its, FINE[:, None])[..., 0] for its in (rows[:, first[0]], last))
    error = np.mean((answers - truth) ** 2, axis=1)
    shares = zip(SHARES, (collapsed, flat & ~broken), strict=True)
    reading = {
        "setting": setting_of(levels),
        "levels": dict(levels),
        "n": n,
        "counts": {fate: int(mask.sum()) for fate, mask in zip(FATES, masks, strict=True)},
        "shares": {name: sb.stats.wilson(int(mask.sum()), n) for name, mask in shares},
        "rounded": {
            when: sb.stats.wilson(int(rounded(its).sum()), n)
            for when, its in (("after one epoch", early), ("at the end", answers))
        },
        "flat_by_step": {"step": steps.tolist(), "count": (path.highest - path.lowest < bound).sum(axis=0).tolist()},
        "error": sb.stats.scores.spread(error[~broken]),
        "best_constant": best,
        "learned": sb.stats.wilson(int((error[~broken] < 0.1 * best).sum()), n),
        "quiet": {
            "slope 0 in single precision, not in double": int((single.still & moves).sum()),
            "answers equal in single precision, slope not 0": int((single.constant & moves).sum()),
            "answers equal in double precision, slope not 0": int((end.constant & moves).sum()),
            "steepest slope of the answer below 1e-8, not 0": int(((end.steepest[:, -1] < 1e-8) & moves).sum()),
        },
    }
    return Ends(reading, part["seed"].values, collapsed, flat & ~broken, broken, answers, error)


def ends(context: sb.Context, *names: str) -> list[Ends]:
    """How the members of every setting of some records ended; by default those that are compared."""
    if "ends" not in context.kept:
        context.kept["ends"] = {
            name: [end_of(levels, part) for levels, part in sb.rows(record)] for name, record in context.records.items()
        }
    return [one for name in names or ("slopes", "rai") for one in context.kept["ends"][name]]


def fractions(context: sb.Context) -> Iterator[Any]:
    """The bonus question's fraction, then every setting."""
    every = ends(context)
    n = every[0]["n"]
    yield sb.Reading("ends", {name: [one.reading for one in ends(context, name)] for name in context.records})
    yield "\n".join(f"- {answer(one)}" for one in every)
    sheet = [one for one in every if one["setting"] in ("leaky 0.01, He", "ReLU, He")]
    told = [answer(one).replace("**", "“", 1).replace("**", "”") for one in sheet[::-1]]
    yield sb.Answer(f"{' '.join(told)} Brackets hold 95 % intervals.")
    yield sb.Figure(
        "ends",
        sb.figures.fates([(one["setting"], one["counts"]) for one in every]),
        f"How the networks ended, numbers of networks in the bars; n = {n:,} seeds, the same for every setting.",
        f"A stacked bar per setting: {', '.join(FATES)}",
    )
    yield sb.Table(
        ("setting", *SHARES, "learned", "median error"),
        [
            (
                one["setting"],
                *(sb.show.tenths(share) for share in (*one["shares"].values(), one["learned"])),
                f"{one['error']['median']:.3g}",
            )
            for one in every
        ],
        f"Shares with 95 % intervals (Wilson), n = {n:,} per setting. Nearly constant: the answers reach over less "
        f"than {FLAT:.0%} of the range of the function. Learned: mean squared error over the interval below a tenth of "
        f"what the best constant has ({every[0]['best_constant']:.3f}).",
    )


def answer(one: Ends) -> str:
    """How many collapsed, and how many are nearly constant."""
    exact, flat = one["shares"].values()
    return (
        f"**{one['setting']}**: {round(exact.estimate * exact.n):,} of {one['n']:,} networks collapsed exactly "
        f"({sb.show.tenths(exact)}); {round(flat.estimate * flat.n):,} answer one constant exactly or nearly "
        f"({sb.show.tenths(flat)})."
    )


def against_relu(every: Sequence[Ends]) -> list[dict[str, Any]]:
    """Every setting against ReLU from He's draw, seed by seed: differences of both shares, exact tests, Holm."""
    base = next((one for one in every if one.is_base), None)
    if base is None or base["n"] < 2:
        return []
    found: list[dict[str, Any]] = []
    for one, what in ((one, what) for one in every if one is not base for what in ("collapsed", "flat")):
        a, b = (getattr(its, what).astype(float) for its in (one, base))
        found.append(
            {
                "setting": one["setting"],
                "base": base["setting"],
                "what": what,
                "n": len(a),
                "difference": sb.stats.pairs.share_difference(a, b),
                "test": sb.stats.pairs.mcnemar(a, b),
                "only_here": int((a > b).sum()),
                "only_base": int((a < b).sum()),
            }
        )
    adjusted = sb.stats.holm([one["test"].p for one in found])
    return [{**one, "p": p, "family": adjusted.method} for one, p in zip(found, adjusted.p.tolist(), strict=True)]


def pairs(context: sb.Context) -> Iterator[Any]:
    """Differences of shares, whether each change helped, and what the same seeds became."""
    every = ends(context)
    found = against_relu(every)
    yield sb.Reading("against_relu", found)
    if not found:
        yield "Nothing is compared: it takes ReLU (slope 0) from He's draw, and at least two seeds."
        return
    words = dict(zip(("collapsed", "flat"), SHARES, strict=True))
    yield sb.Table(
        ("setting", "share", "here only", "ReLU only", "difference to ReLU", "p (Holm)"),
        [
            (
                one["setting"],
                words[one["what"]],
                one["only_here"],
                one["only_base"],
                sb.show.tenths(one["difference"]),
                sb.show.p_value(one["p"]),
            )
            for one in found
        ],
        f"Each setting against {found[0]['base']} under the same n = {found[0]['n']:,} seeds: how many seeds have the "
        "outcome in one of the two only, and the difference of shares with Tango's 95 % interval; p by McNemar's exact "
        f"test, Holm-adjusted over {len(found)} comparisons. The same seed means the same points and order, and for "
        "one draw the same initial weights.",
    )
    yield "\n".join(f"- {helped(*both)}" for both in zip(found[::2], found[1::2], strict=True))
    yield sb.Answer(
        f"Against {found[0]['base']}: {grouped(found[::2], EXACT)}; {grouped(found[1::2], ALL)} (n = {found[0]['n']:,} "
        "seeds, 95 % intervals, Holm-adjusted)."
    )
    yield from rescued(every)


def rescued(every: Sequence[Ends]) -> Iterator[Any]:
    """The first seeds that collapsed under ReLU, and what they became otherwise."""
    base = next(one for one in every if one.is_base)
    chosen = [base, *[one for one in every if one is not base][:5]]
    truth = sb.formulas[str(base["levels"].get("formula", "abs"))](FINE)
    panels = [
        sb.figures.Fit(f"seed {base.seed[at]}: {one['setting']}", FINE, truth, one.answers[at])
        for one in chosen
        for at in np.flatnonzero(base.collapsed)[:2]
    ]
    if panels:
        yield sb.Figure(
            "fits",
            sb.figures.fits(panels, columns=4),
            f"The first seeds that collapsed under {base['setting']}, and what the same seeds became otherwise; chosen "
            "by their numbers alone.",
            "Panels of answers over the function",
        )


def effect(one: Mapping[str, Any]) -> str:
    """Which way a change was shown to go: less, more, or nothing."""
    if one["p"] >= 0.05:
        return ""
    return "less" if one["difference"].estimate < 0 else "more"


def helped(exact: Mapping[str, Any], flat: Mapping[str, Any]) -> str:
    """Whether a change helped against collapse, and against answering nearly one constant."""
    lines = [
        f"{what} is {effect(one)} frequent by {sb.show.tenths(size_of(one['difference']))}"
        if effect(one)
        else f"no effect on {what} was shown"
        for one, what in ((exact, EXACT), (flat, ALL))
    ]
    return f"**{exact['setting']}**: {'; '.join(lines)}."


def grouped(found: Sequence[Mapping[str, Any]], what: str) -> str:
    """One outcome over all settings: where it is less frequent, where more, where no effect was shown."""
    told = []
    for way, before in (("less", "less frequent with"), ("more", "more frequent with"), ("", "no effect shown with")):
        those = [
            one["setting"].replace(", ", " from ") + f" (by {sb.show.tenths(size_of(one['difference']))})" * bool(way)
            for one in found
            if effect(one) == way
        ]
        told += [f"{before} {', '.join(those)}"] if those else []
    return f"{what}: {'; '.join(told)}"


def size_of(gap: Any) -> Any:
    """The size of a difference: the same interval, turned around where the estimate is below 0."""
    return gap if gap.estimate >= 0 else replace(gap, estimate=-gap.estimate, low=-gap.high, high=-gap.low)


def when(context: sb.Context) -> Iterator[Any]:
    """The share of constant or nearly constant networks against the step."""
    every = ends(context)
    curves = [
        sb.show.share_curve(one["setting"], one["flat_by_step"]["step"], one["flat_by_step"]["count"], one["n"])
        for one in every
    ]
    yield sb.Figure(
        "flat",
        sb.figures.shares(curves, "share that answers one constant, exactly or nearly"),
        f"Share of networks whose answers reach over less than {FLAT:.0%} of the range of the function, every {EPOCH} "
        f"steps (an epoch) on {len(COARSE)} points; bands are pointwise 95 % intervals (Wilson), n = "
        f"{every[0]['n']:,} per setting.",
        "Curves of the share of nearly constant networks against the step",
    )


def learned(context: sb.Context) -> Iterator[Any]:
    """The final errors, and which setting learned most often."""
    every = ends(context)
    groups = {one["setting"]: one.error[~one.broken] for one in every if not one.broken.all()}
    if groups:
        yield sb.Figure(
            "errors",
            sb.figures.strips([("mean squared error over the interval (y²)", groups)], log=True, spread=True),
            f"Final error of every network on {len(FINE):,} points of the interval, n = {every[0]['n']:,} per setting. "
            f"Bar: median; thick: middle half; thin: 5 % to 95 %. The best constant has "
            f"{every[0]['best_constant']:.3f}.",
            "Strips of errors per setting",
        )
    most = max(one["learned"].estimate for one in every)
    best = [one for one in every if one["learned"].estimate == most]
    if most == 0:
        yield "No network of any setting came below a tenth of the error of the best constant."
        return
    yield f"""
        Most often learned: {" and ".join(one["setting"] for one in best)}, {sb.show.tenths(best[0]["learned"])} of the
        networks. Not to collapse is not to learn: a living network of width 2 may still bend at the wrong place, or
        once too little."""


def published(context: sb.Context) -> Iterator[Any]:
    """One epoch from a framework's draw, judged by rounding, as published; and by slope."""
    short, every = ends(context, "one_epoch"), ends(context)
    rows, told = [], []
    for one in short:
        count = COUNTS.get((one["levels"]["start"], one["levels"]["slope"]))
        found = one["rounded"]["at the end"]
        ours, theirs = sb.show.tenths(found), f"{count / 10:.1f} %" if count else "—"
        shares = (sb.show.tenths(share) for share in one["shares"].values())
        rows.append((one["setting"], ours, theirs, verdict(found, count), *shares))
        told += [f"{one['setting']} {theirs}, here {ours} ({verdict(found, count)})"] if count else []
    yield sb.Table(
        ("setting", "one rounded answer", "published", "", *SHARES),
        rows,
        f"One epoch, n = {short[0]['n']:,} seeds, 95 % intervals (Wilson). One rounded answer: the published test. "
        "Collapsed and nearly constant as above, by slope and by range.",
    )
    yield sb.Table(
        (
            "setting",
            *(f"one rounded answer, {when}" for when in every[0]["rounded"]),
            "collapsed, at the end",
        ),
        [
            (
                one["setting"],
                *(sb.show.tenths(share) for share in (*one["rounded"].values(), one["shares"]["collapsed"])),
            )
            for one in every
        ],
        f"What the published test says of the networks of this page, n = {every[0]['n']:,}, 95 % intervals (Wilson): "
        "it counts living networks that have learned little as collapsed.",
    )
    yield rai_words(short, every)
    yield sb.Answer(f"By the published test after one epoch: {'; '.join(told)}; n = {short[0]['n']:,} each.")


def rai_words(short: Sequence[Ends], every: Sequence[Ends]) -> str:
    """Collapse of ReLU networks drawn by RAI, after one epoch and at the end, beside Lu et al."""
    told = [
        f"{sb.show.tenths(one['shares']['collapsed'])} {when} (n = {one['n']:,})"
        for when, group in (("after one epoch", short), ("at the end", every))
        for one in group
        if one["levels"]["start"] == "RAI" and one["levels"]["slope"] == 0
    ]
    return f"""
        **RAI.** Lu et al. report that it lowers the share of collapsed networks from 91.9 % to 29.2 % in one
        one-dimensional example and from 93.8 % to 32.6 % in another; how long they trained is not known here. ReLU
        networks drawn by RAI, by exact collapse: {" and ".join(told) or "not run"}. Networks that are alive as drawn
        can die while they are trained, so the share depends on when it is taken."""


def verdict(found: Any, count: int | None) -> str:
    """Whether a published count of 1,000 is one that these networks would give: both shares with their intervals."""
    if count is None:
        return ""
    other = sb.stats.wilson(count, 1_000)
    return "differs" if other.low > found.high or other.high < found.low else "agrees"


def quiet(context: sb.Context) -> Iterator[Any]:
    """How often rounding or underflow alone makes a network look dead."""
    every = ends(context)
    yield f"""
        A leaky network can look dead without being so: its slope can fall below what single precision holds (1e-45), or
        be so small that its answers are rounded to one number beside the bias. Numbers of networks out of
        {every[0]["n"]:,} per setting at the end, slopes carried in double precision from the weights that training in
        single precision left:"""
    lines = []
    for one in every:
        told = "; ".join(f"{what}: {count:,}" for what, count in one["quiet"].items() if count)
        lines.append(f"- **{one['setting']}**: {told or 'none of these'}.")
    yield "\n".join(lines)


study = sb.Study(
    name="leaky_rescue",
    title="Leaky ReLU and RAI: who is rescued from collapse",
    source="Dube, homework 2 (2019), problem 3.3 (bonus); Lu, Shin, Su, Karniadakis 2020, Dying ReLU and "
    "initialization",
    question="The networks of the dying-ReLU experiment with leaky ReLU, slope 0.01, everything else the same: what "
    "fraction collapses? Did leaky ReLU help? What of other slopes, and of the randomized asymmetric initialization "
    "that was proposed against collapse?",
    ask=ask,
    profiles=PROFILES,
    score=sb.score("collapsed", record="ends", words="collapsed to exactly one constant"),
    picture="ends",
    page=[
        sb.Section("Two ways out", [LEAK, LEAKY, DRAW, ASYMMETRIC]),
        sb.Section("What fraction collapses", [fractions], asks="What fraction collapses?"),
        sb.Section(
            "Against ReLU under the same seeds",
            [pairs],
            asks="Did leaky ReLU help? What of other slopes, and of the asymmetric initialization (RAI)?",
        ),
        sb.Section("When", [when]),
        sb.Section("What is learned", [learned]),
        sb.Section("The published test", [ONE_EPOCH, published], asks="Do the published counts agree?"),
        sb.Section("Dead, quiet or rounded", [quiet]),
    ],
    outcomes=outcomes,
    decided=(
        "“10-layer” is nine hidden layers of two units and a linear output; the function is |x|; He normal weights, "
        "biases 0, Adam with rate 0.001, mean squared error, 100 epochs of 46 minibatches of 64, as in dying_relu",
        "slopes 0 (which is ReLU), 0.001, 0.01 (the sheet's), 0.1 and 0.3 under the same seeds",
        "collapsed: some layer has slope exactly 0 at 1,025 points of the interval; nearly constant: the answers reach "
        "over less than 1 % of the range of the function there",
        "RAI is written as it is commonly coded: one number of each unit, weight or bias, is Beta(2, 1), the others "
        "normal with deviation 0.6007 over the root of fan-in; it sets the output layer too",
    ),
    claims=(
        *sb.Claim.table(
            "id start slope count value what",
            [(*row[:4], row[3] / 1000, row[4]) for row in PUBLISHED],
            source=XIANG,
            record="one_epoch_ends",
            differs=RUNNING,
            statement="{count} of 1,000 {what} collapse (one epoch, rounded answers; within 3 points)",
            check="share(one_rounded_answer, start={start}, slope={slope:g}) = {value} within 0.03",
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
