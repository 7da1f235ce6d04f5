"""Narrow, deep ReLU networks that collapse to a constant: how many, when, at which layer, and to which constant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

REACH = 7**0.5
NAMES = {"abs": "|x|", "x_sin_5x": "x sin 5x", "step_sin_5x": "1[x > 0] + 0.2 sin 5x", "l2": "mean squared error",
         "mae": "mean absolute error"}  # fmt: skip
DEPTHS = {f"{hidden} hidden": {"model": sb.models.mlp([2] * hidden)} for hidden in (9, 10)}
BATCH, EXAMPLES = 64, 3_000
EPOCH = EXAMPLES // BATCH  # 46 steps; the 56 examples left over differ from epoch to epoch
EPOCHS = {"smoke": 2, "quick": 100, "full": 100}
FURTHER = {"smoke": (4, 2), "quick": (256, 60), "full": (1_000, 100)}  # seeds and epochs of all but the first setting
LAW = REACH * ((2 * np.arange(100_000) + 1) / 100_000 - 1)  # the middles of so many equal parts of the interval
FINE, COARSE = np.linspace(-REACH, REACH, 1_025), np.linspace(-REACH, REACH, 129)
CLOSE = 0.05  # of the constant of a dead network to what it should tend to
FATES = ("alive", "alive again", "died in training", "born dead", "not finite")
DRAWN, NUMBER = 200_000, 1903  # networks per depth drawn here, and the number of their generator
MONTE_CARLO = {1: 0.0, 2: 0.157, 5: 0.621, 8: 0.841, 9: 0.879, 10: 0.910, 11: 0.933}
LU_2018 = "Lu, Su, Karniadakis 2018, Collapse of deep and narrow neural nets"
LU = "Lu, Shin, Su, Karniadakis 2020"


def question(profile: str) -> sb.Spec:
    """One function, the first reading of "10-layer": nine hidden layers of two units, then a linear output."""
    base = sb.Spec(
        data=sb.data.curve("abs", n=EXAMPLES, fresh=True), model=sb.models.mlp([2] * 9, activation="relu"),
        initializer=sb.initializers.he_normal(), loss="l2", optimizer=sb.optimizers.adam(0.001), batch_size=BATCH,
        steps=EPOCH * EPOCHS[profile], trace=EPOCH, probes=("dead", "parameters"),
    )  # fmt: skip
    return base.vary(formula=["abs"], depth={"9 hidden": DEPTHS["9 hidden"]})


def measure(lab: sb.Lab) -> dict[str, xr.Dataset]:
    """The first setting under all seeds, its first epoch step by step; other functions, depth and loss under fewer."""
    asked, (count, epochs) = question(lab.profile), FURTHER[lab.profile]
    further, some = asked.replace(steps=EPOCH * epochs), lab.seeds[:count]
    ten = further.set_levels("depth", {"10 hidden": DEPTHS["10 hidden"]})
    if lab.profile == "full":
        ten = ten.set_levels("formula", list(sb.formulas))
    return {
        "main": lab.run(asked, "main"),
        "first_epoch": lab.run(asked.replace(steps=EPOCH, trace=1), "first_epoch", aside=True),
        "others": lab.run(further.set_levels("formula", ["x_sin_5x", "step_sin_5x"]), "others", seeds=some),
        "ten": lab.run(ten, "ten", seeds=some),
        "absolute": lab.run(further.set_levels("formula", ["x_sin_5x"]).vary(loss=["mae"]), "absolute", seeds=some),
    }


def tell(records: Mapping[str, xr.Dataset]) -> sb.Page:
    """The page: theory, how the networks end, by step and layer, to which constant, what is left, what was said."""
    early = [part for _, part in sb.rows(records["first_epoch"])]
    found = {name: [end_of(levels, part, early[index] if name == "main" else None)
                    for index, (levels, part) in enumerate(sb.rows(record))]
             for name, record in records.items() if name != "first_epoch"}  # fmt: skip
    main, every = found["main"], different([one for told in found.values() for one in told])
    sections = [
        sb.Section("Dead before the first step", list(born_items(every))),
        sb.Section("How the networks end", list(end_items(main, every))),
        sb.Section("By step and by layer", list(when_items(main, every))),
        sb.Section("The constant they answer", list(constant_items(every))),
        sb.Section("What the networks look like", list(look_items(main))),
        sb.Section("Dead, or only rounded", [sb.Prose(precision_words(every))]),
        sb.Section("What was published", [sb.Prose(published_words(main))]),
    ]
    shown = {name: [{key: value for key, value in one.items() if key != "members"} for one in every]
             for name, every in found.items()}  # fmt: skip
    return sb.Page(sections, {"ends": shown})


def outcomes(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """Of every member: collapsed, born dead, and if collapsed whether its answer is nearer to mean or median."""
    return {f"{name}_ends": sb.derive(record, fate_of, of=name) for name, record in records.items()
            if name != "first_epoch"}  # fmt: skip


def fate_of(levels: Mapping[str, Any], part: xr.Dataset) -> dict[str, np.ndarray]:
    """Yes or no for every member; `nearer_to_mean` is NaN where the member did not collapse."""
    last = part["final_parameters"].transpose("seed", ...).values
    first = part["parameters"].transpose("seed", "step", ...).values[:, 0]
    model = sb.models.mlp([2] * ((last.shape[-1] - 1) // 6))
    end = sb.variation(model, last, FINE)
    lost = end.still & ~np.isfinite(part["diverged_step"].values)
    law = sb.formulas[formula_of(levels)](LAW)
    nearer = np.abs(end.lowest - np.mean(law)) < np.abs(end.lowest - np.median(law))
    born = sb.variation(model, first, COARSE, dtype=np.float32).still
    return {"collapsed": lost, "born_dead": born, "nearer_to_mean": np.where(lost, nearer, np.nan)}


def end_of(levels: Mapping[str, Any], part: xr.Dataset, early: xr.Dataset | None = None) -> dict[str, Any]:
    """What became of the members of one setting: numbers for `summary.json`, and arrays over members for the page.

    `early` is the same setting over its first epoch, step by step.
    """
    (steps, rows), last = traced(part, early), part["final_parameters"].transpose("seed", ...).values
    hidden = (last.shape[-1] - 1) // 6  # h hidden layers of two units have 4 + 6 (h - 1) + 3 weights and biases
    model = sb.models.mlp([2] * hidden)
    path = sb.variation(model, rows, COARSE, dtype=np.float32)
    end, single = sb.variation(model, last, FINE), sb.variation(model, last, FINE, dtype=np.float32)
    broken, born, dead = np.isfinite(part["diverged_step"].values), path.still[:, 0], end.still
    masks = (~broken & ~dead & ~path.still.any(axis=1), ~broken & ~dead & path.still.any(axis=1),
             ~broken & dead & ~born, ~broken & dead & born, broken)  # fmt: skip
    n, truth = len(last), sb.formulas[formula_of(levels)](FINE)
    answers = sb.replay(model, last, FINE[:, None])[..., 0]
    error = np.mean((answers - truth) ** 2, axis=1)
    since = np.where(path.still[:, -1], last_change(path.still), len(steps))  # the first step of lasting death
    seen = since < len(steps)
    law = sb.formulas[formula_of(levels)](LAW)
    target = float((np.median if levels.get("loss") == "mae" else np.mean)(law))
    return {
        "setting": setting_of(levels), "levels": dict(levels), "n": n, "hidden": hidden,
        "counts": {fate: int(mask.sum()) for fate, mask in zip(FATES, masks, strict=True)},
        "collapsed": sb.stats.wilson(int((dead & ~broken).sum()), n), "born": sb.stats.wilson(int(born.sum()), n),
        "still_by_step": {"step": steps.tolist(), "count": path.still.sum(axis=0).tolist()},
        "layers": {kind: np.bincount(layer[mask], minlength=hidden + 2)[1:].tolist()
                   for kind, layer, mask in (("born dead", path.first_still[:, 0], born & dead),
                                             ("died in training", end.first_still, masks[2]))},
        "died_at": sb.stats.scores.spread(steps[since[masks[2] & seen]]),
        "tends_to": target, "constant": sb.stats.scores.spread((end.lowest - target)[dead & ~broken]),
        "close": close(path, steps, target), "nearer": nearer(end.lowest[dead & ~broken], law, levels),
        "error": {"dead": sb.stats.scores.spread(error[dead & ~broken]),
                                                       "alive": sb.stats.scores.spread(error[~dead & ~broken])},
        "spread_of_targets": float(np.var(law)),
        "learned": sb.stats.wilson(int((error[~broken] < 0.1 * np.var(law)).sum()), n),
        "precision": {"constant in single precision, not dead": int((single.constant & ~dead).sum()),
                      "constant in double precision, not dead": int((end.constant & ~dead).sum()),
                      "dead, not constant in double precision": int((~end.constant & dead).sum()),
                      "the training's own verdict on its 3,000 points differs":
                          int(((part["final_dead"].values == 1) != dead).sum()),
                      "still on the coarse grid only": int((path.still[:, -1] & ~dead).sum())},
        "members": {"seed": part["seed"].values, "dead": dead & ~broken, "broken": broken, "answers": answers,
                    "error": error, "gap": end.lowest - target},
    }  # fmt: skip


def traced(part: xr.Dataset, early: xr.Dataset | None) -> tuple[np.ndarray, np.ndarray]:
    """Steps, and parameters `(seed, step, parameter)`: those of the first epoch, where given, before the others."""
    steps, rows = part["step"].values, part["parameters"].transpose("seed", "step", ...).values
    if early is None:
        return steps, rows
    first, later = early["step"].values, steps > early["step"].values[-1]
    begin = early["parameters"].transpose("seed", "step", ...).values
    return np.concatenate([first, steps[later]]), np.concatenate([begin, rows[:, later]], axis=1)


def formula_of(levels: Mapping[str, Any]) -> str:
    """The function of a setting."""
    return str(levels["formula"])


def setting_of(levels: Mapping[str, Any]) -> str:
    """A setting in words, the functions as they are written."""
    return sb.name_of({key: NAMES.get(str(value), value) for key, value in levels.items()})


def last_change(still: np.ndarray) -> np.ndarray:
    """The first index from which on a row is true to its end; its length where the last is false."""
    return still.shape[1] - np.argmin(np.column_stack([still[:, ::-1], np.zeros(len(still), bool)]), axis=1)


def nearer(constants: np.ndarray, law: np.ndarray, levels: Mapping[str, Any]) -> dict[str, Any]:
    """How many constants lie nearer to the mean of the targets than to their median."""
    mean, (low, high) = float(np.mean(law)), (np.quantile(law, 0.5, method=side) for side in ("lower", "higher"))
    median = (float(low) + float(high)) / 2
    count = int((np.abs(constants - mean) < np.abs(constants - median)).sum())
    middle = float(np.median(constants)) if len(constants) else float("nan")
    return {"loss": str(levels.get("loss", "l2")), "mean": mean, "median": median,
            "medians": [float(low), float(high)], "n": len(constants),
            "nearer_to_mean": count, "middle": middle}  # fmt: skip


def close(path: Any, steps: np.ndarray, target: float) -> dict[str, Any]:
    """Of the members dead at the last traced step: how many then answer what they should tend to, and since when."""
    near = path.still & (np.abs(path.lowest - target) <= CLOSE)
    dead = path.still[:, -1]
    since = last_change(near)[dead & near[:, -1]]
    return {
        "dead": int(dead.sum()),
        "near": int((dead & near[:, -1]).sum()),
        "since": sb.stats.scores.spread(steps[since]),
    }


def born_dead(layers: int) -> sb.stats.Interval:
    """The share of networks with so many hidden layers that are dead as drawn, from `DRAWN` draws of their own."""
    rng, signs = np.random.default_rng(NUMBER), np.array([[1.0], [-1.0]])
    h = np.maximum(signs * rng.standard_normal((DRAWN, 1, 2)), 0)
    for _ in range(layers - 1):
        h = np.maximum(h @ rng.standard_normal((DRAWN, 2, 2)), 0)
    return sb.stats.wilson(int((h == 0).all(axis=(1, 2)).sum()), DRAWN)


def born_items(every: Sequence[Mapping[str, Any]]) -> Iterator[sb.Prose | sb.Formula | sb.Table]:
    """Why most of these networks are dead as drawn: bounds, simulation, and what the runs drew."""
    yield sb.Prose(
        "A ReLU unit whose input is below 0 everywhere answers 0 and gets no gradient. Where all units of one layer "
        "do, nothing behind that layer can see x any more, and no gradient gets in front of it: the network answers "
        "one constant. With biases of 0 all is decided by two inputs, for the network then scales: f(c x) = c f(x) "
        "for c > 0, so what it says at 1 and at −1 it says of every x of that sign. Of two units, each with a "
        "symmetric weight vector, both answer 0 to a given input with chance 1/4. One sign therefore gets through h "
        "hidden layers with chance (3/4)ʰ, both are lost at least where one is, and at most both get through:"
    )
    yield sb.Formula(
        '1 - 2 (3\\/4)^h <= P("born dead") <= 1 - (3\\/4)^h, quad "in general with" 1 - 2^(-n) "for" n "units"',
        "the chance to be born dead lies between 1 minus twice (3/4) to the h and 1 minus (3/4) to the h",
    )
    by_depth: dict[int, list[str]] = {}
    for one in every:
        by_depth.setdefault(one["hidden"], []).append(
            f"{sb.pieces.tenths(one['born'])} ({one['setting']}, n = {one['n']:,})"
        )
    rows = []
    for layers, published in MONTE_CARLO.items():
        low, high = max(1 - 2 * 0.75**layers, 0.0), 1 - 0.75**layers
        seen = by_depth.get(layers, [])
        rows.append((layers, f"{100 * low:.1f} % to {100 * high:.1f} %", f"{100 * published:.1f} %",
                     sb.pieces.tenths(born_dead(layers)), seen[0] if seen else "—"))  # fmt: skip
    yield sb.Table(
        ("hidden layers", "bounds", "published", "drawn here", "the networks trained below"),
        rows,
        f"Share of networks that are dead as drawn: He initialization, biases 0, width 2. Published: "
        f"simulation of 200,000 networks. Drawn here: {DRAWN:,} networks per depth, generator number "
        f"{NUMBER}, 95 % intervals (Wilson). With one hidden layer no network is born dead, whatever the "
        "bounds allow: a weight is below 0 for one sign of x only.",
    )


def end_items(
    main: Sequence[Mapping[str, Any]], every: Sequence[Mapping[str, Any]]
) -> Iterator[sb.Prose | sb.Figure | sb.Table]:
    """The sheet's fraction; then every setting."""
    yield from (sb.Prose(answer(one)) for one in main)
    yield sb.Figure("ends", sb.figures.fates([(one["setting"], one["counts"]) for one in every]),
                    "How the networks ended, a bar per setting, numbers of networks in the bars; n = "
                    f"{' and '.join(dict.fromkeys(str(one['n']) for one in every))}. Alive again: dead at some traced "
                    "step, alive at the end.", f"A stacked bar per setting: {', '.join(FATES)}")  # fmt: skip
    shown = ("alive", "died in training", "alive again", "not finite")
    rows = [(one["setting"], one["n"], *(sb.pieces.tenths(one[what]) for what in ("collapsed", "born")),
             *(one["counts"][fate] for fate in shown)) for one in every]  # fmt: skip
    yield sb.Table(("setting", "n", "collapsed at the end", "dead as drawn", *shown), rows,
                   "Shares with 95 % intervals (Wilson), and numbers of networks. Collapsed: some layer has slope 0 at "
                   f"all of {len(FINE):,} points of the interval.")  # fmt: skip


def different(every: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The settings without those that were already told of under more seeds."""
    told: dict[str, Mapping[str, Any]] = {}
    for one in every:
        told.setdefault(one["setting"], one)
    return list(told.values())


def answer(one: Mapping[str, Any]) -> str:
    """The fraction that collapsed, and whether it is close to over 90 %."""
    found, counts = one["collapsed"], one["counts"]
    where = ("above 90 %, with all of its interval" if found.low > 0.9 else "below 90 %, with all of its interval"
             if found.high < 0.9 else "not told apart from 90 % by these seeds")  # fmt: skip
    return (
        f"**{one['setting']}: {round(found.estimate * found.n):,} of {found.n:,} networks collapsed**, "
        f"{sb.pieces.tenths(found)}: {where}. {counts['born dead']:,} of them were dead as drawn and stayed "
        f"so, {counts['died in training']:,} died in training; {counts['alive again']:,} networks were dead at some "
        "traced step and ended alive."
    )


def when_items(
    main: Sequence[Mapping[str, Any]], every: Sequence[Mapping[str, Any]]
) -> Iterator[sb.Prose | sb.Figure | sb.Table]:
    """Share of dead networks against the step; the layers at which they are dead."""
    curves = [curve_of(one) for one in every]
    foot = 0.1 * int(10 * min(float(np.min(curve.low)) for curve in curves))
    yield sb.Figure("deaths", sb.figures.shares(curves, "share of networks that are dead", step="log", lowest=foot),
                    f"Share of networks that are dead, seen every {EPOCH} steps (an epoch; in the first setting at "
                    f"every step of the first epoch) on {len(COARSE)} points of the interval; bands "
                    "are pointwise 95 % intervals (Wilson), n as in the table above.",
                    "Curves of the share of dead networks against the step")  # fmt: skip
    yield sb.Prose("\n".join(f"- **{one['setting']}**: {died_words(one)}" for one in every))
    for one in main:
        rows = [(f"{number} hidden" if number <= one["hidden"] else "answer", born, died)
                for number, (born, died) in enumerate(zip(*one["layers"].values(), strict=True), start=1)]  # fmt: skip
        rows = [row for row in rows if row[0] != "answer" or any(row[1:])]
        yield sb.Table(("first dead layer", *one["layers"]), rows,
                       f"Where the dead networks of {one['setting']} stop seeing x: number of networks by the first "
                       "layer that answers the same to every x, as drawn or at the end of training; n = "
                       f"{one['n']:,}.")  # fmt: skip


def curve_of(one: Mapping[str, Any]) -> sb.figures.ShareCurve:
    """The share of dead networks of a setting, with Wilson's interval at every traced step."""
    counts = one["still_by_step"]["count"]
    known = {count: sb.stats.wilson(count, one["n"]) for count in set(counts)}
    bounds = [known[count] for count in counts]
    return sb.figures.ShareCurve(one["setting"], np.array(one["still_by_step"]["step"]),
                                 *(np.array([getattr(bound, name) for bound in bounds])
                                   for name in ("estimate", "low", "high")))  # fmt: skip


def died_words(one: Mapping[str, Any]) -> str:
    """When the networks that died in training did."""
    at = one["died_at"]
    if not at["n"]:
        return "no network was seen to die in training."
    return (f"{at['n']} seen to die in training, half of them by step {at['median']:,.0f} (middle half "
            f"{at['q25']:,.0f} to {at['q75']:,.0f}).")  # fmt: skip


def constant_items(every: Sequence[Mapping[str, Any]]) -> Iterator[sb.Prose | sb.Figure | sb.Table]:
    """What the dead networks answer, against mean and median of the targets."""
    yield sb.Prose(
        "Behind the dead layer only biases are left to train, and one number to answer with. The mean squared error of "
        "a constant is least at the mean of the targets, the mean absolute error at their median. Adam moves a number "
        "by at most about its rate, 0.001, per step, so a dead network needs at least about 1,000 steps for each unit "
        "between its first answer, 0, and that constant, and more as it comes near, where gradients change their sign "
        "from batch to batch."
    )
    rows = [(one["setting"], "median" if one["levels"].get("loss") == "mae" else "mean", f"{one['tends_to']:.4f}",
             spread(one["constant"]), f"{one['close']['near']} of {one['close']['dead']}",
             steps_text(one["close"]["since"])) for one in every]  # fmt: skip
    yield sb.Table(("setting", "tends to", "value", "answer − value", f"within {CLOSE:g}", "since step"), rows,
                   "The constant that dead networks answer at the end, beside mean or median of the targets under "
                   "their law: median of the difference with the 5 % and 95 % quantiles of the dead networks; how many "
                   f"end within {CLOSE:g} of it, and since which traced step (median, middle half). A network's own "
                   f"{EXAMPLES:,} points have a mean that deviates from the law's by {deviation(every[0]):.3f} "
                   f"(standard deviation, {every[0]['setting']}).")  # fmt: skip
    yield sb.Prose("\n".join(f"- **{one['setting']}**: {nearer_words(one['nearer'])}" for one in every))
    gaps = {one["setting"]: gap for one in every if len(gap := one["members"]["gap"][one["members"]["dead"]])}
    if gaps:
        label = "answer of a dead network − what it should tend to (y)"
        yield sb.Figure("constants", sb.figures.strips([(label, gaps)], spread=True),
                        "The constants of the dead networks at the end, less the mean of the targets (median for the "
                        "absolute error). Bar: median; thick: middle half; thin: 5 % to 95 % of the dead networks.",
                        "Strips of differences, a row per setting")  # fmt: skip


def nearer_words(found: Mapping[str, Any]) -> str:
    """Whether dead networks answer the mean of the targets or their median."""
    told = f"the targets have mean {found['mean']:.3f} and median {found['median']:.3f}"
    low, high = found["medians"]
    if high - low > CLOSE:
        return (f"the targets have mean {found['mean']:.3f}, and every number from {low:.3f} to {high:.3f} is a median "
                f"of them, so no constant tells the two apart (median answer of {found['n']:,} dead networks: "
                f"{found['middle']:.3f}).")  # fmt: skip
    if not found["n"]:
        return f"{told}; no network is dead."
    if abs(found["mean"] - found["median"]) < CLOSE:
        return f"{told}, too near to one another to tell which of them the {found['n']:,} dead networks answer."
    return (f"{told}; {found['nearer_to_mean']:,} of the {found['n']:,} dead networks answer a number nearer to the "
            f"mean, {found['n'] - found['nearer_to_mean']:,} one nearer to the median (median answer "
            f"{found['middle']:.3f}).")  # fmt: skip


def deviation(one: Mapping[str, Any]) -> float:
    """Standard deviation of the mean of so many targets."""
    return (one["spread_of_targets"] / EXAMPLES) ** 0.5


def spread(found: Mapping[str, float]) -> str:
    """A median with its 5 % and 95 % quantiles."""
    return f"{found['median']:+.3f} [{found['q05']:+.3f}, {found['q95']:+.3f}]" if found["n"] else "—"


def steps_text(found: Mapping[str, float]) -> str:
    """Steps in a cell."""
    return f"{found['median']:,.0f} [{found['q25']:,.0f}, {found['q75']:,.0f}]" if found["n"] else "—"


def look_items(main: Sequence[Mapping[str, Any]]) -> Iterator[sb.Prose | sb.Figure | sb.Table]:
    """Fitted functions of the first living and dead seeds, and how far all are from the function."""
    for number, one in enumerate(main):
        members, truth = one["members"], sb.formulas[formula_of(one["levels"])](FINE)
        chosen = [
            (kind, at)
            for kind, mask in (("alive", ~members["dead"] & ~members["broken"]), ("dead", members["dead"]))
            for at in np.flatnonzero(mask)[:3]
        ]
        panels = [sb.figures.Fit(f"{kind}, seed {members['seed'][at]}, error {members['error'][at]:.3g}", FINE, truth,
                                 members["answers"][at]) for kind, at in chosen]  # fmt: skip
        if panels:
            yield sb.Figure(f"fits_{number}", sb.figures.fits(panels),
                            f"{one['setting']}: the first three seeds that ended alive and the first three that ended "
                            "dead, chosen by their numbers alone. Error: mean squared error over the interval.",
                            "Panels of answers over the function")  # fmt: skip
        alive = ~members["dead"] & ~members["broken"]
        learned = alive & (members["error"] < 0.1 * one["spread_of_targets"])
        masks: dict[str, np.ndarray] = {
            "alive, learned": learned,
            "alive, not learned": alive & ~learned,
            "dead": members["dead"],
        }
        above = members["error"] > 0  # the axis is logarithmic; an error of exactly 0 has no place on it
        groups = {kind: members["error"][mask & above] for kind, mask in masks.items() if (mask & above).any()}
        if groups:
            label = "mean squared error over the interval (y²)"
            yield sb.Figure(f"errors_{number}", sb.figures.strips([(label, groups)], log=True, spread=True),
                            f"{one['setting']}: final error of every network on {len(FINE):,} points, "
                            f"{'; '.join(f'n = {len(values):,} {kind}' for kind, values in groups.items())}. Learned: "
                            "less than a tenth of the error of the best constant. Bar: median; thick: "
                            "middle half; thin: 5 % to 95 %. The best constant has error "
                            f"{one['spread_of_targets']:.4f}, the variance of the targets.",
                            "Strips of final errors, alive and dead")  # fmt: skip
        yield sb.Prose(alive_words(one))


def alive_words(one: Mapping[str, Any]) -> str:
    """Whether the living networks learned."""
    alive, best = one["error"]["alive"], one["spread_of_targets"]
    if not alive["n"]:
        return f"**{one['setting']}**: no network was alive at the end."
    count = round(one["learned"].estimate * one["n"])
    return (f"**{one['setting']}**: {count:,} of all {one['n']:,} networks learned the function "
            f"({sb.pieces.tenths(one['learned'])}), {alive['n'] - count:,} live and did not; the median error "
            f"of the {alive['n']:,} living ones is {alive['median']:.3g}, where the best constant has {best:.3g}. "
            "Being alive is not having learned: a network may see one part of the interval only.")  # fmt: skip


def precision_words(every: Sequence[Mapping[str, Any]]) -> str:
    """How often the verdict depends on precision, on the grid or on who asks."""
    total = sum(one["n"] for one in every)
    counted = {what: sum(one["precision"][what] for one in every) for what in every[0]["precision"]}
    return (
        "A network is called dead where the slope of a whole layer is exactly 0 at every point of the grid; no "
        "tolerance enters, and nothing is rounded to whole numbers. The slope is carried through the layers in double "
        "precision from the weights that training in single precision left. Whether the answers are equal is another "
        f"question, which rounding can decide. Over all {total:,} networks told of here (seeds that occur in several "
        "settings count in each):\n\n"
        + "\n".join(f"- {what}: {count:,}" for what, count in counted.items())
        + f"\n\nA network that is alive only between two neighbors of the {len(FINE):,} points, "
        f"{FINE[1] - FINE[0]:.4f} apart, would be missed. The training's own verdict (the probe *dead*) is on its "
        f"{EXAMPLES:,} points, and in single precision."
    )


def published_words(main: Sequence[Mapping[str, Any]]) -> str:
    """The published shares beside the first setting."""
    lines = []
    for one in main:
        found = one["collapsed"]
        told = sb.pieces.tenths(found)
        over = "agrees" if found.low > 0.9 else "does not agree" if found.high < 0.9 else "does not decide it"
        student = "contains" if found.low <= 0.909 <= found.high else "does not contain"
        lines.append(
            f"- **{one['setting']}** ({told}, n = {found.n:,}). Lu et al., over 90 % of 1,000 trainings: the share "
            f"here {over}. Xiang-Pan 2022, 909 of 1,000: the interval here "
            f"{student} it, but his set-up is another one: a framework's default draw with biases instead of He's, one "
            "epoch instead of 100, and collapse by rounding the answers to whole numbers, which counts living networks "
            "too. Where the two shares are alike they are so for different reasons; the study *leaky_rescue* runs his "
            "set-up."
        )
    return "\n".join(lines)


study = sb.Study(
    name="dying_relu",
    title="Dying ReLU: narrow, deep networks that answer one constant",
    source="Dube, homework 2 (2019), problem 3.2; Lu, Shin, Su, Karniadakis 2020, Dying ReLU and initialization",
    question="Of 1,000 ReLU networks with 10 layers of width 2, each trained on its own 3,000 points of a "
    "one-dimensional function on [−√7, √7] in minibatches of 64, what fraction collapses to a constant function? Is "
    "that close to the published “over 90 %”?",
    ask=question,
    measure=measure,
    tell=tell,
    outcomes=outcomes,
    seeds={"smoke": 6, "quick": 1_000, "full": 1_000},
    decided=(
        "“10-layer” is read in two ways: nine hidden layers of two units and a linear output, which is the first "
        "setting, and ten hidden layers; the output is linear, not a ReLU",
        "initial weights: He normal, biases 0; Adam with rate 0.001; mean squared error; 100 epochs",
        "an epoch is 46 minibatches of 64 of the 3,000 points; the 56 left over are others in every epoch",
        "each network draws its own 3,000 points; there is no noise",
        "the first setting is |x|, which a network with one hidden layer of two units represents exactly; the third "
        "function is recalled as 1 for x > 0 plus 0.2 sin 5x and could not be checked against the paper",
        "collapsed: some layer has slope exactly 0 at 1,025 points of the interval, ends included",
        "the constant under the mean absolute error is looked at on x sin 5x: on |x| mean and median of the targets "
        "are the same, and on the third function the median is not one number",
    ),
    reduced={
        "smoke": "6 seeds (4 for all but the first setting) and 2 epochs",
        "quick": "all but the first setting: 256 seeds and 60 epochs instead of 1,000 and 100, and ten hidden layers "
        "on |x| only",
    },
    takes={"smoke": "20 s", "quick": "3 minutes", "full": "8 minutes"},
    figures=("how the networks ended", "share of dead networks against the step", "the constants of dead networks",
             "functions of three living and three dead networks", "final errors, alive and dead"),
    claims=(
        *(sb.Claim(id=f"lu-over-90-{hidden}", source=LU, record=record, value=0.9,
                   check="share(collapsed, formula=abs) > 90 %",
                   statement="Over 90 % of 1,000 trainings of a 10-layer ReLU network of width 2 collapse "
                   f"({hidden} hidden layers)") for hidden, record in ((9, "main_ends"), (10, "ten_ends"))),
        sb.Claim(id="xiang-pan-relu", source="Xiang-Pan 2022, NYU DL systems homework 2", value=0.909,
                 record="main_ends", statement="909 of 1,000 ReLU networks collapse (within 3 points)",
                 check="share(collapsed, formula=abs) = 90.9 % within 0.03",
                 differs="one epoch from the framework's draw, judged by rounded answers (leaky_rescue runs that)"),
        *(sb.Claim(id=f"born-dead-{hidden}", source="simulation of 200,000 networks", record=record, value=value,
                   statement=f"With {hidden} hidden layers {100 * value:.1f} % of networks are dead as drawn (within 5 "
                   "points)",
                   check=f"share(born_dead, formula=abs) = {value} within 0.05")
          for hidden, value, record in ((9, 0.879, "main_ends"), (10, 0.910, "ten_ends"))),
        sb.Claim(id="lu-mean", source=f"{LU_2018}", record="others_ends",
                 statement="Under the squared error a collapsed network answers the mean of the targets (nine in ten "
                 "are nearer to it than to the median)", check="share(nearer_to_mean, formula=x_sin_5x) > 90 %"),
        sb.Claim(id="lu-median", source=f"{LU_2018}", record="absolute_ends",
                 statement="Under the absolute error a collapsed network answers the median of the targets (nine in "
                 "ten are nearer to it than to the mean)", check="share(nearer_to_mean, formula=x_sin_5x) < 10 %"),
    ),
)  # fmt: skip
