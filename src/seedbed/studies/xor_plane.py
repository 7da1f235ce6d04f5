"""XOR with two hidden units: how the hidden plane comes to be divided by a line, how often, and where it gets stuck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

CORNERS = np.array([(0, 0), (0, 1), (1, 0), (1, 1)], float)
XOR = np.array([0, 1, 1, 0])
NAMES = ("label 0", "label 1")
CAP = {"smoke": 1_000, "quick": 10_000, "full": 10_000}
STDS, RATES = [0.1, 0.3, 1.0, 3.0, 10.0], [0.03, 0.1, 0.3, 1.0, 3.0, 10.0]
SEEDS_OF_MAP = {"smoke": 4, "quick": 128, "full": 1024}
MOMENTS = (0.0, 0.25, 0.5, 0.75, 0.9)  # of the way to the hit, then the hit itself
LEVELS = {
    "all four alike": np.log(2),
    "three alike": 0.75 * (np.log(3) - 2 / 3 * np.log(2)),
    "two alike": 0.5 * np.log(2),
}
NEAR = 0.02  # nats
KINDS = (*LEVELS, "elsewhere")
STILL = 0.01  # a loss that changes by less than this share over the second half of the run stands still


def ask(profile: str) -> sb.Spec:
    """The sheet's network and the same without its activation, every step watched for four points right."""
    question = sb.Spec(
        data=sb.data.corners(), model=sb.models.mlp([2], activation="tanh"), loss="cross_entropy",
        initializer=sb.initializers.normal(1.0), optimizer=sb.optimizers.sgd(0.1),
        stop=sb.reaches("train_accuracy", 1.0), steps=CAP[profile], probes=("dead", "parameters"),
    )  # fmt: skip
    return question.vary(activation=["tanh", "identity"])


def measure(lab: sb.Lab) -> dict[str, xr.Dataset]:
    """The two networks step by step; one layer alone; tanh over initial scales and learning rates."""
    base = ask(lab.profile)
    one_layer = base.replace(model="neuron", factors=(), initializer=sb.initializers.normal(1.0))
    spread = base.replace(factors=(), trace=max(CAP[lab.profile] // 2, 1), probes=("dead",))
    some = {"smoke": (STDS[1:4:2], RATES[1:5:3])}.get(lab.profile, (STDS, RATES))
    return {
        "two_layers": lab.run(base, "two_layers"),
        "one_layer": lab.run(one_layer, "one_layer", changeable=False),
        "map": lab.run(spread.vary(std=some[0], learning_rate=some[1]), "map",
                       seeds=lab.seeds[: SEEDS_OF_MAP[lab.profile]]),
    }  # fmt: skip


def tell(records: Mapping[str, xr.Dataset]) -> sb.Page:
    """The page: one line, two layers, how often and how fast, where it gets stuck, and no activation."""
    two, one, spread = records["two_layers"], records["one_layer"], records["map"]
    lines, shares, stuck = best_lines(), share_table(spread), stuck_members(spread)
    linear = {sb.name_of(levels) or "the network": linear_reading(part) for levels, part in sb.rows(two)}
    linear["one layer"] = linear_reading(one)
    settings = [(sb.name_of(levels) or "tanh", levels, part) for levels, part in sb.rows(two)]
    curved = [item for item in settings if item[1].get("activation", "tanh") != "identity"]
    straight = [item for item in settings if item[1].get("activation", "tanh") == "identity"]
    sections = [
        sb.Section("Four points, one line", list(one_line_items(lines, linear["one layer"]))),
        *(sb.Section(f"The hidden plane: {name}", list(plane_items(name, levels, part)))
          for name, levels, part in curved),
        sb.Section("How often, and how fast", list(often_items(two, spread, shares))),
        sb.Section("Where the others are", list(stuck_items(spread, stuck))),
        sb.Section("Without the hidden activation", list(linear_items(straight, linear))),
        sb.Section("The report's reasons", [sb.Prose(reasons(lines, linear, curved))]),
    ]  # fmt: skip
    return sb.Page(sections, {"labelings": lines["labelings"], "best_of_a_line": lines["best"], "linear": linear,
                              "map": shares, "stuck": stuck})  # fmt: skip


def best_lines() -> dict[str, Any]:
    """Every way in which a line can label the corners, by sweeping a line in all directions, and the best of them."""
    found: dict[tuple[int, ...], tuple[float, float, float]] = {}
    for angle in np.deg2rad(np.arange(0, 360, 1) + 0.5):  # never along an edge or a diagonal: no two points tie
        way = np.array([np.cos(angle), np.sin(angle)])
        along = np.sort(CORNERS @ way)
        for cut in [along[0] - 1, *((along[:-1] + along[1:]) / 2), along[-1] + 1]:
            labels = tuple((CORNERS @ way > cut).astype(int).tolist())
            middle = abs((angle % (np.pi / 2)) - np.pi / 4)  # of all lines that label alike, one nearest a diagonal
            if labels not in found or middle < found[labels][0]:
                found[labels] = (float(middle), float(angle), float(cut))
    right = {labels: float(np.mean(np.array(labels) == XOR)) for labels in found}
    best = max(right.values())
    chosen = [(np.cos(angle), np.sin(angle), -cut)
              for labels, (_, angle, cut) in sorted(found.items()) if right[labels] == best]  # fmt: skip
    return {"labelings": len(found), "best": best, "lines": chosen}


def one_line_items(lines: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[sb.Prose | sb.Figure | sb.Formula]:
    """The points; why no line divides them; the best lines; what one layer learns."""
    panels = [sb.figures.Plane("The four points", CORNERS, XOR)]
    for number, line in enumerate(lines["lines"], start=1):
        panels.append(sb.figures.Plane(f"Best line {number}: {lines['best']:.0%} right", CORNERS, XOR, [line]))
    yield sb.Prose(
        "The label is 1 where exactly one coordinate is 1. A line labels a point by the sign of z(x₁, x₂) = w₁ x₁ + "
        "w₂ x₂ + b. For every such z, whatever w and b:"
    )
    yield sb.Formula("z(0, 0) + z(1, 1) = w_1 + w_2 + 2 b = z(0, 1) + z(1, 0)",
                     "the scores of the two points of label 0 have the same sum as those of label 1")  # fmt: skip
    yield sb.Prose(
        "All four right would need the left side to be at most 0 and the right side above 0. So one layer gets at most "
        f"three of four. Sweeping a line over the points in all directions finds {lines['labelings']} of the 16 "
        f"labelings; the two that are missing are XOR and its opposite, and {len(lines['lines'])} have "
        f"{lines['best']:.0%} of the points right: each cuts off one corner."
    )
    yield sb.Figure("one_line", sb.figures.planes(panels, "x₁", "x₂", limits=(-0.6, 1.6), names=NAMES, columns=3),
                    "The data, and every kind of best line. Exact: nothing is drawn at random.",
                    "Four points, and lines that each leave one of them on the wrong side")  # fmt: skip
    yield sb.Prose(
        "**What cross-entropy makes of it.** With ŷ = σ(z), the gradient of the mean loss is the mean of (ŷ − y) x. At "
        "w = 0, b = 0 every ŷ is 1/2, and ŷ − y is +1/2 at (0, 0) and (1, 1), −1/2 at the others: the mean of (ŷ − y), "
        "of (ŷ − y) x₁ and of (ŷ − y) x₂ are all 0. The loss is convex in w and b, strictly so here, so this is the "
        "only minimum: **one layer learns to answer 1/2 everywhere**, with a loss of ln 2 = 0.693, and which points "
        "it then gets right is decided by rounding."
    )
    yield sb.Prose(one_layer_words(found))


def one_layer_words(found: Mapping[str, Any]) -> str:
    """What single layers learned, measured."""
    return (
        f"Measured: {found['n']} single layers, learning rate 0.1, weights from N(0, 1), {found['cap']:,} steps. Final "
        f"loss {found['least']:.5f} to {found['most']:.5f} nats beside ln 2 = {np.log(2):.5f}; "
        f"{found['arrived']} of {found['n']} ever had four points right."
    )


def plane_items(name: str, levels: Mapping[str, Any], part: xr.Dataset) -> Iterator[sb.Prose | sb.Figure]:
    """One member on its way: the images of the points with the line, and the answer in the plane of the inputs."""
    seed, rule = chosen(part)
    member = part.sel(seed=seed)
    steps, rows = moments(member)
    model = sb.models.mlp([2], activation=levels.get("activation", "tanh"))
    try:
        hidden, _ = sb.replay_layers(model, rows, CORNERS)
    except sb.errors.PartError as error:
        yield sb.Prose(f"The hidden plane of {name} cannot be drawn: {error}.")
        return
    titles = [f"step {step:,}" for step in steps]
    panels = [sb.figures.Plane(title, images, XOR, [last_layer(row)])
              for title, images, row in zip(titles, hidden, rows, strict=True)]  # fmt: skip
    reach = max(1.0, float(np.abs(hidden).max())) * 1.15
    label = sb.pieces.file_name(name)
    yield sb.Prose(
        "A hidden unit is h = f(w · x + b), so the two hidden units carry the four points into a plane of their own, "
        "and the last layer is a line there: v₁ h₁ + v₂ h₂ + c = 0. Learning means moving the images of the points "
        f"until a line can divide them. Shown is seed {seed}, {rule}."
    )
    yield sb.Figure(f"hidden_plane_{label}",
                    sb.figures.planes(panels, "h₁", "h₂", limits=(-reach, reach), names=NAMES, columns=3),
                    f"Images of the four points in the (h₁, h₂) plane and the line of the last layer, {name}, at "
                    f"several steps of one member (seed {seed}, {rule}; n = 1). The last panel is "
                    f"{'the step of arrival' if np.isfinite(member['hit_step']) else 'the last step'}.",
                    "Four points wander in the plane of two hidden units until a line divides them")  # fmt: skip
    axis = np.linspace(-0.6, 1.6, 111)
    x, y = np.meshgrid(axis, axis)
    answers = sb.replay(model, rows, np.column_stack([x.ravel(), y.ravel()]), output="sigmoid")
    panels = [sb.figures.Plane(title, CORNERS, XOR, x=axis, y=axis, z=answer.reshape(x.shape))
              for title, answer in zip(titles, answers, strict=True)]  # fmt: skip
    yield sb.Figure(f"input_plane_{label}",
                    sb.figures.planes(panels, "x₁", "x₂", limits=(-0.6, 1.6), names=NAMES, columns=3,
                                      z_label="answer ŷ"),
                    f"The same moments of the same member in the plane of the inputs: its answer ŷ, and where it is "
                    f"1/2 ({name}, seed {seed}; n = 1).", "The answer over the plane of the inputs",
                    dense=True)  # fmt: skip


def chosen(part: xr.Dataset) -> tuple[int, str]:
    """A member by a rule: the median step of arrival, or where none arrives, the median final loss."""
    hit, loss, seeds = part["hit_step"].values, part["final_train_loss"].values, part["seed"].values
    arrived = np.isfinite(hit)
    if arrived.any():
        order = np.argsort(np.where(arrived, hit, np.inf), kind="stable")
        rule = f"the member with the median step of arrival among the {arrived.sum()} of {hit.size} that arrived"
        return int(seeds[order[(arrived.sum() - 1) // 2]]), rule
    order = np.argsort(loss, kind="stable")
    return int(
        seeds[order[(loss.size - 1) // 2]]
    ), f"the member with the median final loss of {loss.size}; none arrived"


def moments(member: xr.Dataset) -> tuple[list[int], np.ndarray]:
    """Traced steps near fixed parts of a member's way and where it stopped, and its parameters there."""
    steps, stop = member["step"].values, int(member["stop_step"].values)
    rows = member["parameters"].transpose("step", "parameter").values
    traced = np.flatnonzero(np.isfinite(rows).all(axis=1) & (steps < stop))
    at = (
        sorted({int(traced[np.abs(steps[traced] - share * stop).argmin()]) for share in MOMENTS}) if traced.size else []
    )
    return [*steps[at].tolist(), stop], np.vstack([rows[at], member["final_parameters"].values])


def last_layer(row: np.ndarray) -> tuple[float, float, float]:
    """(v1, v2, c) of a row of parameters: four weights and two biases of the first layer stand before them."""
    v1, v2, c = row[6:9].tolist()
    return v1, v2, c


def often_items(
    two: xr.Dataset, spread: xr.Dataset, shares: Sequence[Mapping[str, Any]]
) -> Iterator[sb.Prose | sb.Figure | sb.Table]:
    """Arrivals of the base settings; the map over initial scale and learning rate; what it says."""
    yield sb.pieces.arrival_table(sb.stats.hits(two))
    yield next(sb.pieces.arrival_figures(two))
    yield sb.pieces.fan(two, "train_loss", "Training loss (nats)")
    factors = [name for name in ("std", "learning_rate") if name in spread.dims]
    if len(factors) == 2:
        yield from map_figures(spread, shares)
    rows = [(one["setting"], sb.pieces.interval(one["share"], sb.pieces.percent), sb.pieces.interval(one["median"]))
            for one in shares]  # fmt: skip
    yield sb.Table(("setting", "arrived", "median step"), rows,
                   f"Every setting of the map: share that has four points right within {spread.attrs['cap']:,} steps "
                   f"(95 %, Wilson) and median step (Brookmeyer–Crowley); n = {spread.sizes['seed']} "
                   "each.")  # fmt: skip
    yield sb.Prose(map_words(shares))


def map_figures(spread: xr.Dataset, shares: Sequence[Mapping[str, Any]]) -> Iterator[sb.Figure]:
    """A map of shares for every combination of further factors."""
    stds, rates = spread["std"].values.tolist(), spread["learning_rate"].values.tolist()
    others: dict[str, list[Mapping[str, Any]]] = {}
    for one in shares:
        rest = {name: level for name, level in one["levels"].items() if name not in ("std", "learning_rate")}
        others.setdefault(sb.name_of(rest), []).append(one)
    for rest, some in others.items():
        table = {(one["levels"]["std"], one["levels"]["learning_rate"]): one["share"] for one in some}
        share, low, high = (np.array([[getattr(table[std, rate], part) for rate in rates] for std in stds])
                            for part in ("estimate", "low", "high"))  # fmt: skip
        figure = sb.figures.share_map(
            share, [f"{std:g}" for std in stds], [f"{rate:g}" for rate in rates], low=low, high=high,
            row_label="deviation of the initial weights", column_label="learning rate", what="four points right",
        )  # fmt: skip
        yield sb.Figure(f"map{'_' * bool(rest)}{sb.pieces.file_name(rest)}", figure,
                        f"Share of networks{' with ' * bool(rest)}{rest} that get all four points right within "
                        f"{spread.attrs['cap']:,} steps, in percent, with 95 % intervals (Wilson) below; n = "
                        f"{spread.sizes['seed']} per cell, the same seeds in every cell.",
                        "Success by initial scale and learning rate")  # fmt: skip


def share_table(spread: xr.Dataset) -> list[dict[str, Any]]:
    """Share that arrived and median step of every setting of the map."""
    hits = sb.stats.hits(spread)
    shares = hits.shares()
    return [{"setting": name, "levels": dict(levels), "share": shares[name],
             "median": hits.survival(levels if levels else None).median()}
            for name, levels in zip(hits.names, hits.members.settings, strict=True)]  # fmt: skip


def map_words(shares: Sequence[Mapping[str, Any]]) -> str:
    """The best and the worst setting, and what scale and rate each do."""
    best = max(shares, key=lambda one: one["share"].estimate)
    worst = min(shares, key=lambda one: one["share"].estimate)
    told = [f"The largest share, {sb.pieces.interval(best['share'], sb.pieces.percent)}, is that of {best['setting']}; "
            f"the smallest, {sb.pieces.interval(worst['share'], sb.pieces.percent)}, that of "
            f"{worst['setting']}."]  # fmt: skip
    if best["share"].low <= worst["share"].high:
        told.append("Their intervals overlap: over this map no effect of scale or rate on the share was shown.")
    else:
        told.append("These are the extremes of a table, so each lies a little beyond what the same cell would show "
                    "again; their intervals do not overlap.")  # fmt: skip
    for factor, what in (("std", "initial deviation"), ("learning_rate", "learning rate")):
        levels = sorted({one["levels"][factor] for one in shares if factor in one["levels"]})
        if len(levels) > 1:
            means = [np.mean([one["share"].estimate for one in shares if one["levels"][factor] == level])
                     for level in levels]  # fmt: skip
            told.append(f"By {what}, averaged over the rest of the table: "
                        + ", ".join(f"{mean:.0%} at {level:g}" for level, mean in zip(levels, means, strict=True))
                        + ".")  # fmt: skip
    return " ".join(told)


def stuck_members(spread: xr.Dataset) -> list[dict[str, Any]]:
    """The members that never arrived, by what their final loss is near: how many, points right, still moving or not."""
    found: list[dict[str, Any]] = []
    for levels, part in sb.rows(spread):
        failed = ~np.isfinite(part["hit_step"].values)
        loss, right = part["final_train_loss"].values, np.rint(4 * part["final_train_accuracy"].values)
        before = part["train_loss"].isel(step=part.sizes["step"] // 2).values
        kind = kinds_of(loss)
        with np.errstate(all="ignore"):
            still = np.abs(before - loss) < STILL * before
        found += [{"levels": dict(levels), "kind": kind[i], "right": int(right[i]) if np.isfinite(right[i]) else 0,
                   "still": bool(still[i]), "loss": float(loss[i])} for i in np.flatnonzero(failed)]  # fmt: skip
    return found


def kinds_of(loss: np.ndarray) -> list[str]:
    """Of each loss, the level it is near, or "elsewhere"."""
    levels = np.array(list(LEVELS.values()))
    gaps = np.abs(np.nan_to_num(loss, nan=np.inf, posinf=np.inf)[:, None] - levels)
    return [KINDS[i] if gap < NEAR else KINDS[-1] for i, gap in zip(gaps.argmin(axis=1), gaps.min(axis=1), strict=True)]


def stuck_items(spread: xr.Dataset, stuck: Sequence[Mapping[str, Any]]) -> Iterator[sb.Prose | sb.Figure | sb.Table]:
    """The losses at which members stop getting better, as a table and as a histogram."""
    yield sb.Prose(
        "A network that cannot tell some of the points apart has to give them one answer, and the best common answer "
        "is the share of label 1 among them. That gives three losses to look for. All four alike, ŷ = 1/2 at each: "
        f"ln 2 = {LEVELS['all four alike']:.4f}. Three alike and one right, ŷ = 1/3 or 2/3 at the three: "
        f"{LEVELS['three alike']:.4f}. Two of opposite labels alike and the others right, ŷ = 1/2 at both: "
        f"(ln 2)/2 = {LEVELS['two alike']:.4f}. The last two are approached only as weights grow without bound, so a "
        "member on its way there keeps creeping: its loss falls ever more slowly, and no finite step ends it."
    )
    members = spread["hit_step"].size
    if not stuck:
        yield sb.Prose(f"All {members:,} members of the map arrived.")
        return
    rows = []
    for kind in KINDS:
        some = [one for one in stuck if one["kind"] == kind]
        level = f"{LEVELS[kind]:.4f}" if kind in LEVELS else "—"
        count = [sum(one["right"] == number for one in some) for number in (1, 2, 3, 4)]
        rows.append((kind, level, f"{len(some):,}", *count, sum(one["still"] for one in some)))
    yield sb.Table(("the final loss is that of", "nats", "members", "1 right", "2 right", "3 right", "4 right",
                    "standing still"), rows,
                   f"The {len(stuck):,} of {members:,} members of the whole map that never had four points right, by "
                   f"the level within {NEAR:g} nats of their final loss. Standing still: the loss changed by less than "
                   f"{STILL:.0%} over the second half of the run. Counts over settings that share seeds, so without "
                   "intervals; those of each setting are in the map.")  # fmt: skip
    loss = np.array([one["loss"] for one in stuck])
    right = np.array([one["right"] for one in stuck])
    groups = {f"{number} of 4 right": loss[(right == number) & np.isfinite(loss)] for number in (1, 2, 3)}
    if sum(map(np.size, groups.values())):
        marks = {name: float(level) for name, level in LEVELS.items()}
        yield sb.Figure("stuck_losses", sb.figures.histograms({"": groups}, "final loss (nats)", marks=marks,
                                                              limits=(0.0, 1.0), bins=100),
                        f"Final loss of the {len(stuck):,} members of the map that never arrived, by points right at "
                        "the end; dashed: the three levels. Losses above 1 are counted in the last bin.",
                        "A histogram of final losses with peaks at the levels")  # fmt: skip
    yield sb.Prose(stuck_words(stuck, members))


def stuck_words(stuck: Sequence[Mapping[str, Any]], members: int) -> str:
    """What became of the members that never arrived, in sentences."""
    near = {kind: [one for one in stuck if one["kind"] == kind] for kind in KINDS}
    most = max(LEVELS, key=lambda kind: len(near[kind]))
    at_levels = len(stuck) - len(near["elsewhere"])
    still = sum(one["still"] for one in stuck)
    told = [f"{len(stuck):,} of {members:,} members never had four points right; {at_levels:,} of them ended within "
            f"{NEAR:g} nats of one of the three levels, most often “{most}” ({len(near[most]):,}). {still:,} stand "
            "still; the losses of the others were still moving when the cap came, and a higher cap could let some of "
            "them arrive."]  # fmt: skip
    rates = sorted({one["levels"]["learning_rate"] for one in stuck if "learning_rate" in one["levels"]})
    if len(rates) > 1 and near["elsewhere"]:
        fast = sum(one["levels"]["learning_rate"] == rates[-1] for one in near["elsewhere"])
        told.append(f"Of the {len(near['elsewhere']):,} elsewhere, {fast:,} had the largest learning rate of the map, "
                    f"{rates[-1]:g}: steps that overshoot end at no stationary point.")  # fmt: skip
    pair = near["two alike"]
    wrong = sum(one["right"] == 2 for one in pair)
    if pair:
        told.append(f"At “two alike” the pair is answered with 1/2 up to a tiny difference, and in {wrong:,} of "
                    f"{len(pair):,} members that difference has the wrong sign, so that both points of the pair count "
                    "as wrong: an accuracy of 1/2 hides that two points are answered rightly and with "
                    "certainty.")  # fmt: skip
    return " ".join(told)


def linear_reading(part: xr.Dataset) -> dict[str, Any]:
    """Of one setting: members that ever arrived, the best accuracy on the traced steps, and the final losses."""
    loss, accuracy = part["final_train_loss"].values, part["train_accuracy"].values
    arrived = int(np.isfinite(part["hit_step"].values).sum())
    best = float(np.nanmax([np.nanmax(accuracy), np.nanmax(part["final_train_accuracy"].values)]))
    return {"n": int(loss.size), "cap": int(part.attrs["cap"]), "arrived": arrived,
            "share": sb.stats.wilson(arrived, loss.size), "best_accuracy": best,
            "least": float(np.nanmin(loss)), "most": float(np.nanmax(loss))}  # fmt: skip


def linear_items(
    straight: Sequence[tuple[str, Mapping[str, Any], xr.Dataset]], linear: Mapping[str, Mapping[str, Any]]
) -> Iterator[sb.Prose | sb.Figure | sb.Formula | sb.Table]:
    """The proof that two linear layers are one; what they do; the hidden plane of one of them."""
    yield sb.Prose("With f(z) = z the two layers are")
    yield sb.Formula("z = v^T (W x + b) + c = (v^T W) x + (v^T b + c) = u^T x + d",
                     "the last layer of the first layer is again linear in x, with weights u and bias d")  # fmt: skip
    yield sb.Prose(
        "so the network is one layer with u = Wᵀv and d = vᵀb + c, whatever its weights, and all that was shown of one "
        "layer holds: at most three of four right, at every step of every training. In the hidden plane the images of "
        "the points stay the corners of a parallelogram, whose diagonals cross: no line separates their ends. The "
        "report leaves the biases out; with them the argument is the same."
    )
    rows = [(name, one["n"], f"{one['arrived']}, {sb.pieces.interval(one['share'], sb.pieces.percent)}",
             f"{one['best_accuracy']:.0%}", f"{one['least']:.4f} … {one['most']:.4f}")
            for name, one in linear.items()]  # fmt: skip
    yield sb.Table(("network", "members", "ever four right", "best accuracy of any", "final loss (nats)"), rows,
                   "Members that ever had four points right (watched at every step; 95 %, Wilson), the largest "
                   "accuracy of any member at any traced step, and the range of final losses.")  # fmt: skip
    for name, levels, part in straight:
        seed, rule = chosen(part)
        steps, parameters = moments(part.sel(seed=seed))
        hidden, _ = sb.replay_layers(sb.models.mlp([2], activation="identity"), parameters[[0, -1]], CORNERS)
        panels = [
            sb.figures.Plane(f"step {step:,}", images, XOR, [last_layer(row)])
            for step, images, row in zip((steps[0], steps[-1]), hidden, parameters[[0, -1]], strict=True)
        ]
        middle, reach = float((hidden.max() + hidden.min()) / 2), float(np.ptp(hidden)) * 0.62 + 1e-6
        yield sb.Figure(f"hidden_plane_{sb.pieces.file_name(sb.name_of(levels) or name)}",
                        sb.figures.planes(panels, "h₁", "h₂", limits=(middle - reach, middle + reach), names=NAMES),
                        f"The images of the four points without an activation, first and last step (seed {seed}, "
                        f"{rule}; n = 1): a parallelogram both times, which may be flat. The line is that of the last "
                        "layer, where it crosses the panel.",
                        "Two parallelograms with opposite labels at neighboring corners")  # fmt: skip


def reasons(
    lines: Mapping[str, Any], linear: Mapping[str, Mapping[str, Any]],
    curved: Sequence[tuple[str, Mapping[str, Any], xr.Dataset]],
) -> str:  # fmt: skip
    """The statements of the report, each with what was found here."""
    told = [
        f"- *One layer can never divide the set.* Proved above; the best line has {lines['best']:.0%} of the points.",
        "- *Without the hidden activation two layers are still linear, so it is critical to have one.* Proved above; "
        f"measured, {sum(one['arrived'] for name, one in linear.items() if name in ('identity', 'one layer'))} linear "
        "networks ever had four points right.",
    ]
    for name, _, part in curved:
        hit = np.isfinite(part["hit_step"].values)
        share = sb.pieces.interval(sb.stats.wilson(int(hit.sum()), hit.size), sb.pieces.percent)
        told.append(f"- *With it, two layers divide the points.* They can; whether gradient descent finds such a line "
                    f"is a matter of the seed: with {name} {share} of n = {hit.size} networks do within "
                    f"{part.attrs['cap']:,} steps. One picture of one run that worked does not show that.")  # fmt: skip
    return "\n".join(told)


study = sb.Study(
    name="xor_plane",
    title="XOR with two hidden units: the points in the hidden plane",
    source="CIS581 assignment 4 (2018), part 3, in the report of Zhang and Li; CIS680 assignment 1 (2018), section 4",
    question="Why can one layer not learn XOR, how does a network with two hidden tanh units come to divide the four "
    "points by a line in its hidden plane, what share of networks does so for which initial scale and learning rate, "
    "where are the others, and what happens without the hidden activation?",
    ask=ask,
    measure=measure,
    tell=tell,
    seeds={"smoke": 8, "quick": 256, "full": 1024},
    decided=(
        "the sheet gives no learning rate, initial draw or number of steps: the member shown and the base setting use "
        "learning rate 0.1 (a solution of the 2018 sheet), weights from N(0, 1), biases 0, and 10,000 steps as a cap",
        "the loss is the mean cross-entropy of the four points, the update full-batch gradient descent",
        "a network has arrived at the first step at which all four points are on their side of 1/2, and stops there",
        "the member that is shown has the median step of arrival among those that arrived",
        "Zhang and Li's network has no biases in its formulas; here every layer has one, as in the sheet's figure",
    ),
    reduced={
        "smoke": "a cap of 1,000 steps instead of 10,000; two initial scales and two learning rates with 4 seeds",
        "quick": "the map over scale and rate: the first 128 seeds",
    },
    takes={"smoke": "20 s", "quick": "50 s", "full": "4 minutes"},
    figures=("the four points and the best lines", "the hidden plane at several steps of one member",
             "its answers in the plane of the inputs", "arrivals and losses over steps",
             "share that arrives over initial scale and learning rate", "final losses of those that never arrive",
             "the hidden plane without an activation"),
    claims=(
        sb.Claim(id="zhang-li-one-layer", source="Zhang & Li 2018, section 3.1", value=0.75, record="one_layer",
                 statement="A single-layer perceptron can never divide the four points (less than one in twenty does)",
                 check="share(hit_step) < 5 %"),
        sb.Claim(id="zhang-li-two-layers", source="Zhang & Li 2018, section 3.1", record="two_layers",
                 statement="A two-layer perceptron with tanh can divide the four points (one in twenty at least)",
                 check="share(hit_step, activation=tanh) > 5 %"),
        sb.Claim(id="zhang-li-activation", source="Zhang & Li 2018, section 3.3", record="two_layers",
                 statement="Without the hidden activation two layers cannot either (less than one in twenty does)",
                 check="share(hit_step, activation=identity) < 5 %"),
    ),
)  # fmt: skip
