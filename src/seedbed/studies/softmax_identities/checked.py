"""What is measured about the identities: errors of three ways, lost digits, steps of differences, the naive formula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

import seedbed as sb
import seedbed.studies.softmax_identities.ways as compute
from seedbed.studies.softmax_identities.ways import KINDS, LAWS, NORMAL, WIDTH

CLASSES = (2, 3, 10, 100)
LABELED = 1  # the class that the sweeps call true
DIFFERENCES = "central differences"
WAYS = {"engine": "automatic", "by_hand": "by hand"}
SWEPT = {"engine_ahead": "automatic", "by_hand_ahead": "by hand in double precision"}
TITLES = {"jacobian": "the Jacobian of softmax", "gradient": "the gradient of cross-entropy"}
PRECISIONS = {"single precision": np.float32, "double precision": np.float64}
SWEEPS = {"(c, 0)": lambda c: np.stack([c, 0 * c], axis=1), "(0, −c)": lambda c: np.stack([0 * c, -c], axis=1)}
Errors = Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]  # kind of scores -> way -> one for each classes


def truth(context: sb.Context, name: str) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Scores, labels and the exact numbers of an engine's record, computed once for all blocks."""
    if ("exact", name) not in context.kept:
        record = context.record(name).isel(seed=0)
        z, labels = record["scores"].values, record["targets"].values
        context.kept["exact", name] = z, labels, compute.exact(z, labels)
    return context.kept["exact", name]


def measured(context: sb.Context, name: str, what: str) -> np.ndarray:
    """What a record says of every point, in double precision."""
    return context.record(name)[what].values[0].astype(float)


def parts(count: int) -> Iterator[tuple[str, slice]]:
    """Where each kind of scores stands among so many points."""
    each = count // len(KINDS)
    return ((kind, slice(at * each, (at + 1) * each)) for at, kind in enumerate(KINDS))


def checked(context: sb.Context) -> Iterator[Any]:
    """Largest errors by kind of scores and by way, what they were found at, and the laws of the Jacobian."""
    found, laws = {what: dict[str, dict[str, list[dict[str, Any]]]]() for what in TITLES}, list[dict[str, Any]]()
    for classes in CLASSES:
        z, labels, true = truth(context, f"engine_{classes}")
        by_difference = compute.central(z, labels)
        felt = np.abs(z).max(axis=1) * np.finfo(float).eps < WIDTH / 100  # else a score does not feel the step
        for what, kinds in found.items():
            ways = {way: measured(context, f"{name}_{classes}", what) for name, way in WAYS.items()}
            for kind, part in parts(len(z)):
                for way, values in {**ways, DIFFERENCES: by_difference[what]}.items():
                    if way != DIFFERENCES or felt[part].all():
                        one = {"classes": classes, **compute.worst(values[part], true[what][part])}
                        kinds.setdefault(kind, {}).setdefault(way, []).append(one)
        engine = (measured(context, f"engine_{classes}", what) for what in TITLES)
        laws.append({"classes": classes, "points": len(z), **compute.laws_of(*engine)})
    total = sum(one["points"] for one in laws)
    yield from (sb.Reading(*one) for one in (("largest_errors", found), ("laws", laws), ("points", total)))
    single = context.record(f"engine_{CLASSES[0]}").attrs["dtype"] == "float32"
    yield f"""
        {total:,} points: eight kinds of scores, {", ".join(map(str, CLASSES))} classes, half of the labels on the
        largest score. **Automatic** is the engine's own differentiation of the softmax and the cross-entropy it trains
        with{", in single precision" if single else " (here the reference engine stands in its place: by hand)"}. **By
        hand** are the two formulas in double precision. **Central differences** have steps of ±{WIDTH:g}, in double
        precision; where scores are so large that the step is lost in their rounding, there are none. The truth is the
        closed form in double precision, with 1 − o_i summed over the other classes."""
    for what, title in TITLES.items():
        yield sb.Table(
            ("scores", *(f"{way}: absolute; relative" for way in WAYS.values()), DIFFERENCES),
            [
                (kind, *(cell(ways.get(way)) for way in (*WAYS.values(), DIFFERENCES)))
                for kind, ways in found[what].items()
            ],
            f"Largest errors of {title} over all numbers of classes. Relative errors are of entries of at least "
            f"{NORMAL:.1e}, the smallest normal number of single precision. Deterministic.",
        )
        yield worst_words(title, found[what])
    yield sb.Table(
        ("classes", "points", "largest row sum", "largest asymmetry", "least eigenvalue", "largest gradient sum"),
        [(one["classes"], one["points"], *(f"{one[law]:.1e}" for law in LAWS)) for one in laws],
        "What must be 0, 0, not negative, and 0 in exact arithmetic, over all points of the engine's derivatives. "
        "Deterministic.",
    )
    off = {what: max(one["absolute"] for ways in found[what].values() for one in ways["automatic"]) for what in TITLES}
    told = " and ".join(f"{sb.show.number(off[what], 2)} in {title}" for what, title in TITLES.items())
    yield sb.Answer(
        f"At {total:,} points, extreme ones among them, the engine is off by at most {told} (deterministic)."
    )


def cell(found: Sequence[Mapping[str, Any]] | None) -> str:
    """The largest absolute and relative error over numbers of classes."""
    if not found:
        return "—"
    if not all(one["finite"] for one in found):
        return "not finite"
    largest = [max(one[key] for one in found) for key in ("absolute", "relative")]
    return "; ".join(f"{error:.1e}" if error else "0" for error in largest)


def worst_words(title: str, found: Errors) -> str:
    """Where the largest errors of each way stand."""
    lines: list[str] = []
    for way in (*WAYS.values(), DIFFERENCES):
        every = [(kind, one) for kind, ways in found.items() for one in ways.get(way, [])]
        if every:
            (kind, most), (other, least) = (
                max(every, key=lambda item: item[1][key]) for key in ("absolute", "relative")
            )
            lines.append(
                f"- **{way[:1].upper()}{way[1:]}**: off by at most {most['absolute']:.1e} ({kind}; {most['classes']} "
                f"classes); relatively by at most {least['relative']:.1e} ({other}; {least['classes']} classes), where "
                f"{least['true']:.3g} came out as {least['found']:.3g}."
            )
    return (
        f"Where the largest errors of {title} stand:\n\n" + "\n".join(lines) + "\n\nA relative error of about 1 is a "
        "small number that came out as 0 (see the next section); that of a difference may be any number, where the "
        "true value is smaller than the rounding of what is subtracted."
    )


def leads(context: sb.Context) -> Iterator[Any]:
    """Relative errors against how far one class leads."""
    z, _, true = truth(context, "engine_ahead")
    lines, lost = dict[str, tuple[np.ndarray, np.ndarray]](), dict[str, float | None]()
    for record, way in SWEPT.items():
        for what, name, at in (("gradient", "o − 1 of the true class", (0,)), ("jacobian", "o (1 − o)", (0, 0))):
            right, found = true[what][:, *at], measured(context, record, what)[:, *at]
            error = np.abs(found - right) / np.abs(np.where(right == 0, 1, right))
            error = np.where(np.abs(right) < NORMAL, np.nan, error)
            lines[f"{name}, {way}"] = grouped(context, z[:, 0], error)
            gone = z[:, 0][np.nan_to_num(error) >= 0.99]
            lost[f"{name}, {way}"] = float(gone.min()) if gone.size else None
    yield sb.Reading("all_digits_lost_from_a_lead_of", lost)
    yield sb.Figure(
        "lost_digits",
        sb.figures.against(lines, "lead c of the true class: scores (c, 0)", "relative error"),
        "Relative error of two derivatives of two classes against the lead of the true one: median and middle half of "
        f"{context.profile.members} leads that lie close together; 1 means that no digit is right. Where a line is "
        "missing its error is 0, or the value too small for single precision. Deterministic.",
        "Relative errors of o minus 1 and of o times 1 minus o",
    )
    told = "; ".join(f"{name} from c = {value:.1f}" for name, value in lost.items() if value is not None)
    yield f"""
        Both identities subtract from 1 what is nearly 1. A number of seven digits (single precision; sixteen in double)
        that agrees with 1 in the first five has two digits left to say by how much it is less. In the end o is 1
        exactly and both derivatives are 0, where the truth is about exp(−c){f": {told}" if told else ""}. The absolute
        error stays below the rounding of 1, so training does not notice: a gradient of exp(−17) moves nothing. Whoever
        needs the small number itself (an importance weight, a logarithm of it) has to sum the other outputs instead, as
        the truth of this page does."""
    first = {way: [c for name, c in lost.items() if name.endswith(way) and c] for way in SWEPT.values()}
    said = " and ".join(f"from c = {min(ends):.1f} ({way})" for way, ends in first.items() if ends)
    yield sb.Answer(
        f"Where one class leads by c, the derivatives have no right digit {said or 'nowhere'} ({len(z):,} leads, "
        "deterministic); the absolute error stays below the rounding of 1."
    )


def grouped(context: sb.Context, x: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Neighbors along a sweep as members of a point: x (point,), values (member, point)."""
    members = context.profile.members
    return np.exp(np.log(x.astype(float)).reshape(-1, members).mean(axis=1)), values.reshape(-1, members).T


def widths(context: sb.Context) -> Iterator[Any]:
    """The error of central differences against their step, in both precisions."""
    z, labels, true = truth(context, "engine_10")
    some = slice(0, min(len(z) // len(KINDS), 100))
    z, labels, jacobian = z[some], labels[some], true["jacobian"][some]
    lines, best = dict[str, tuple[np.ndarray, np.ndarray]](), dict[str, dict[str, float]]()
    for name, dtype in reversed(PRECISIONS.items()):
        steps = np.geomspace(1e-12, 1, 61)
        steps = steps[steps > 10 * np.finfo(dtype).eps]
        errors = [
            np.abs(compute.central(z, labels, step, dtype)["jacobian"] - jacobian).max(axis=(1, 2)) for step in steps
        ]
        medians = np.median(errors, axis=1)
        at = int(medians.argmin())
        lines[name] = steps, np.stack(errors, axis=1)
        best[name] = {"width": float(steps[at]), "error": float(medians[at])}
    yield sb.Reading("best_width", best)
    yield sb.Figure(
        "widths",
        sb.figures.against(lines, "step to either side", "largest absolute error"),
        "Largest error of a Jacobian of 10 classes by central differences against their step: median and middle half "
        f"of {len(z)} ordinary points. Deterministic.",
        "Error of central differences against the step",
    )
    told = "; ".join(
        f"h = {one['width']:.1e} in {name}, with an error of {one['error']:.1e}" for name, one in best.items()
    )
    yield f"""
        A step h to either side is wrong by about h² (the third derivative) plus the rounding of the function divided by
        h. The best compromise here: {told}. So differences confirm a formula to about ten digits at most, and automatic
        differentiation in single precision is checked better against the closed form than against differences in the
        same precision."""


def as_written(context: sb.Context) -> Iterator[Any]:
    """Where exp(v) / sum exp(v) and -log of it stop being numbers, counted and along a sweep."""
    counts = {kind: not_finite(context, kind) for kind in KINDS}
    yield sb.Reading("not_finite", counts)
    yield sb.Formula(
        "o_i = e^(v_i) / (sum_j e^(v_j)) = e^(v_i - m) / (sum_j e^(v_j - m)), quad L = - log o_y = (m - v_y) + log "
        "sum_j e^(v_j - m), quad m = max_j v_j",
        "taking the largest score off every score changes nothing and keeps every exponential at most 1",
    )
    yield sb.Table(
        ("scores", "points", *(f"as written, {name}" for name in PRECISIONS), "engine"),
        [
            (kind, one["points"], *(f"{one[name]:,}" for name in (*PRECISIONS, "engine")))
            for kind, one in counts.items()
        ],
        "Points at which the output or the loss is not finite, of all points of a kind: the formulas as the sheet "
        "writes them, and the engine, which takes the largest score off. Counts, deterministic.",
    )
    yield excused(counts)
    c, loss = truth(context, "engine_behind")[0][:, 0], measured(context, "engine_behind", "loss")
    lines, limits = dict[str, tuple[np.ndarray, np.ndarray]](), dict[str, float]()
    for name, dtype in PRECISIONS.items():
        for words, pair in SWEEPS.items():
            _, written = compute.naive(pair(c).astype(dtype), np.full(len(c), LABELED))
            lines[f"scores {words}, {name}"] = grouped(context, c, np.where(np.isfinite(written), written, np.nan))
            limits[f"{words}, {name}"] = compute.last_finite(partial(is_number, pair, dtype))
    lines["engine"] = grouped(context, c, loss)
    off = compute.worst(loss, truth(context, "engine_behind")[2]["loss"])
    yield sb.Reading("last_finite_c", limits)
    yield sb.Reading("engine_loss_error", off)
    yield sb.Figure(
        "naive",
        sb.figures.against(lines, "c: the true class is c behind the other", "cross-entropy (nats)"),
        "Cross-entropy of two classes against how far the true one is behind. The lines of the formula as written end "
        "where its value is no longer a number; they lie on one another before. Deterministic.",
        "Cross-entropy as written and by the engine against the distance",
    )
    ends = "; ".join(f"c = {value:.2f} ({name})" for name, value in limits.items())
    yield f"""
        The formula as written ends at {ends}: with scores (c, 0) the exponential overflows and infinity is divided by
        infinity, with scores (0, −c) the output of the true class underflows to 0, whose logarithm is −∞. The largest
        relative error of the engine's loss along the whole sweep is {off["relative"]:.1e}. Double precision moves the
        cliff, it does not remove it."""
    total = {name: sum(one[name] for one in counts.values()) for name in next(iter(counts.values()))}
    beyond = f" (the true loss exceeds single precision at {total['loss_beyond_float32']:,})" if total["engine"] else ""
    yield sb.Answer(
        f"As the sheet writes it, the formula gives no number at {total['single precision']:,} of {total['points']:,} "
        f"points in single and {total['double precision']:,} in double precision; the engine, which takes the largest "
        f"score off, at {total['engine']:,}{beyond}; counts, deterministic."
    )


def not_finite(context: sb.Context, kind: str) -> dict[str, int]:
    """At how many points of a kind the formula as written, and the engine, give no number."""
    found = dict.fromkeys((*PRECISIONS, "engine", "loss_beyond_float32", "points"), 0)
    for classes in CLASSES:
        z, labels, true = truth(context, f"engine_{classes}")
        part = dict(parts(len(z)))[kind]
        for name, dtype in PRECISIONS.items():
            o, loss = compute.naive(z[part].astype(dtype), labels[part])
            found[name] += int((~np.isfinite(o).all(axis=1) | ~np.isfinite(loss)).sum())
        found["engine"] += int((~np.isfinite(measured(context, f"engine_{classes}", "loss")[part])).sum())
        found["loss_beyond_float32"] += int((true["loss"][part] > np.finfo(np.float32).max).sum())
        found["points"] += len(z[part])
    return found


def excused(counts: Mapping[str, Mapping[str, int]]) -> str:
    """Whether the engine ever fails where an answer exists."""
    failed, beyond = (sum(one[key] for one in counts.values()) for key in ("engine", "loss_beyond_float32"))
    if not failed:
        return "The engine gives a number at every point."
    return (
        f"The engine's loss is infinite at {failed:,} points. At {beyond:,} points the true loss, the distance "
        "between two scores at the limits, is itself larger than the largest number of single precision. Its "
        "gradient is finite everywhere if the tables above say no other."
    )


def is_number(pair: Any, dtype: Any, c: float) -> bool:
    """Whether the formula as written gives a number at c."""
    o, loss = compute.naive(pair(np.array([c], dtype)), np.array([LABELED]))
    return bool(np.isfinite(o).all() and np.isfinite(loss).all())
