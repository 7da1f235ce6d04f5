"""Softmax and cross-entropy: both derivatives step by step, and three ways to compute them, also where it gets hard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

CLASSES = (2, 3, 10, 100)
POINTS = {"smoke": 10, "quick": 250, "full": 1_000}  # of a kind and number of classes, fewer where there are many
DRAW = 20_191_015  # the sheet's date: seeds the scores and labels, which nothing else depends on
WIDTH = 1e-5  # of a central difference, to either side
NORMAL = float(np.finfo(np.float32).tiny)  # smaller numbers lose digits in single precision, or are flushed to 0
LABELED = 1  # the class that the sweeps call true
LEADS = {"smoke": (24, 5), "quick": (120, 25), "full": (240, 50)}  # leads along a sweep, and members at each
SHOWN = {"all equal": (0.0, 0.0, 0.0, 0.0), "2, 1, 0, −1": (2.0, 1.0, 0.0, -1.0), "4, 0, 0, 0": (4.0, 0.0, 0.0, 0.0),
         "a tie at 10,000": (1e4, 1e4, 0.0, -1e4)}  # fmt: skip
WAYS = {"engine": "automatic", "by_hand": "by hand"}


def scores_of(kind: str, rng: np.random.Generator, count: int, classes: int) -> np.ndarray:
    """Scores (point, class) of one kind, in single precision."""
    plain = rng.standard_normal((count, classes))
    ahead = 10.0 ** rng.uniform(0, 4, (count, 1)) * np.eye(classes)[rng.integers(0, classes, count)]
    largest = 0.999 * float(np.finfo(np.float32).max)
    made = {
        "ordinary: N(0, 1)": plain,
        "wide: N(0, 30²)": 30 * plain,
        "ties: whole numbers 0 to 2": rng.integers(0, 3, (count, classes)),
        "shifted by ±10,000": plain + rng.choice([-1e4, 1e4], (count, 1)),
        "one ahead by 1 to 10,000": plain + ahead,
        "±10,000 each": plain + rng.choice([-1e4, 1e4], (count, classes)),
        "up to the limits of float32": rng.choice([-largest, largest], (count, classes))
        * 10.0 ** -rng.uniform(0, 8, (count, classes)),
        "all near 0: N(0, 1) × 1e-30": 1e-30 * plain,
    }
    return made[kind].astype(np.float32)


KINDS = ("ordinary: N(0, 1)", "wide: N(0, 30²)", "ties: whole numbers 0 to 2", "shifted by ±10,000",
         "one ahead by 1 to 10,000", "±10,000 each", "up to the limits of float32",
         "all near 0: N(0, 1) × 1e-30")  # fmt: skip


def drawn(profile: str, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of every kind in turn (point, class) and a label for each: half of the time the largest score's class."""
    count, rng = count_of(profile, classes), np.random.default_rng([DRAW, classes])
    scores = np.concatenate([scores_of(kind, rng, count, classes) for kind in KINDS])
    labels = rng.integers(0, classes, len(scores))
    return scores, np.where(rng.random(len(scores)) < 0.5, scores.argmax(axis=1), labels)


def count_of(profile: str, classes: int) -> int:
    """Points of each kind: a Jacobian holds classes² numbers."""
    return max(5, min(POINTS[profile], POINTS[profile] * 1_000 // classes**2))


def leads(profile: str) -> np.ndarray:
    """Leads c of a first class over a second, rising, in groups of members that lie close together."""
    points, members = LEADS[profile]
    return np.geomspace(0.1, 2_000, points * members).astype(np.float32)


def measure(lab: sb.Lab) -> dict[str, xr.Dataset]:
    """Output, Jacobian, loss and gradient by the engine and by hand, at every kind of scores and along a sweep."""
    records: dict[str, xr.Dataset] = {}
    for classes in CLASSES:
        scores, labels = drawn(lab.profile, classes)
        records[f"engine_{classes}"] = lab.derivatives(scores, labels, f"engine_{classes}")
        records[f"by_hand_{classes}"] = lab.derivatives(scores, labels, f"by_hand_{classes}", engine="reference")
    c = leads(lab.profile)
    for name, label in (("ahead", 0), ("behind", LABELED)):
        pairs, labels = np.stack([c, np.zeros_like(c)], axis=1), np.full(len(c), label)
        records[f"engine_{name}"] = lab.derivatives(pairs, labels, f"engine_{name}")
        records[f"by_hand_{name}"] = lab.derivatives(pairs, labels, f"by_hand_{name}", engine="reference")
    records["shown"] = lab.derivatives(np.array(list(SHOWN.values())), np.zeros(len(SHOWN), int), "shown")
    return records


def exact(scores: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """The identities in double precision, with 1 - o_i summed over the others: nothing is subtracted that is nearly "
      "equal.

    `output` (point, class), `jacobian` (point, class, class), `loss` (point,), `gradient` (point, class).
    """
    z, points = scores.astype(float), np.arange(len(scores))
    grown = np.exp(z - z.max(axis=1, keepdims=True))
    o = grown / grown.sum(axis=1, keepdims=True)
    one = np.eye(z.shape[1])
    rest = o @ (1 - one)
    others = np.where(one[labels] == 1, -np.inf, z - z[points, labels][:, None])  # how far each is above the true class
    most = np.maximum(others.max(axis=1), 0)
    small = np.exp(others - most[:, None]).sum(axis=1)
    loss = most + np.where(most > 0, np.log(np.exp(-most) + small), np.log1p(small))
    return {"output": o, "jacobian": one * (o * rest)[:, :, None] - (1 - one) * o[:, :, None] * o[:, None, :],
            "loss": loss, "gradient": o * (1 - one[labels]) - rest * one[labels]}  # fmt: skip


def central(scores: np.ndarray, labels: np.ndarray, width: float = WIDTH, dtype: Any = float) -> dict[str, np.ndarray]:
    """Central differences of softmax and of its cross-entropy, computed with the largest score taken off first."""
    z, count = scores.astype(dtype), scores.shape[1]
    jacobian, gradient = np.empty((*z.shape, count)), np.empty(z.shape)
    for at in range(count):
        sides = [z + dtype(side * width) * np.eye(count, dtype=dtype)[at] for side in (1, -1)]
        (o_up, l_up), (o_down, l_down) = (stable(side, labels) for side in sides)
        jacobian[:, :, at], gradient[:, at] = (o_up - o_down) / (2 * width), (l_up - l_down) / (2 * width)
    return {"jacobian": jacobian, "gradient": gradient}


def stable(z: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Softmax and cross-entropy with the largest score taken off."""
    low = z - z.max(axis=1, keepdims=True)
    total = np.exp(low).sum(axis=1, keepdims=True)
    return np.exp(low) / total, (np.log(total) - low[np.arange(len(z)), labels][:, None])[:, 0]


def naive(z: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Softmax and cross-entropy as the sheet writes them, in the precision of z."""
    with np.errstate(all="ignore"):  # which is what is to be shown
        o = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        return o, -np.log(o[np.arange(len(z)), labels])


def tell(records: Mapping[str, xr.Dataset]) -> sb.Page:
    """The page: two derivations, three ways of computing them, lost digits, differences, the naive formula."""
    readings: dict[str, Any] = {}
    sections = [
        sb.Section("The derivative of softmax", SOFTMAX),
        sb.Section("The derivative of cross-entropy behind softmax", CROSS_ENTROPY),
        sb.Section("What the Jacobian looks like", list(shown_items(records["shown"]))),
        sb.Section("Checked at random scores", list(checked_items(records, readings))),
        sb.Section("Where digits are lost", list(lead_items(records, readings))),
        sb.Section("How wide a difference should be", list(width_items(records, readings))),
        sb.Section("The formula as it is written fails", list(naive_items(records, readings))),
    ]
    return sb.Page(sections, readings)


SOFTMAX = [
    sb.Prose(
        "Write S for the sum of all exponentials. It contains every v_j, so o_i depends on every v_j, and the "
        "quotient rule has two cases: the numerator depends on v_j only if j = i."
    ),
    sb.Formula("o_i = e^(v_i) / S, quad S = sum_(m=1)^k e^(v_m), quad (partial S) / (partial v_j) = e^(v_j)",
               "o_i is the exponential of v_i divided by S; the derivative of S by v_j is the exponential of v_j"),
    sb.Prose("**i = j.** Numerator and denominator both change."),
    sb.Formula("(partial o_i) / (partial v_i) = (e^(v_i) S - e^(v_i) e^(v_i)) / S^2 = e^(v_i) / S dot (S - e^(v_i)) "
               "/ S = o_i (1 - o_i)",
               "for i = j the quotient rule gives o_i times one minus o_i"),
    sb.Prose("**i ≠ j.** The numerator is a constant; only S changes."),
    sb.Formula("(partial o_i) / (partial v_j) = (0 dot S - e^(v_i) e^(v_j)) / S^2 = - e^(v_i) / S dot e^(v_j) / S = "
               "- o_i o_j",
               "for i not equal to j the quotient rule gives minus o_i o_j"),
    sb.Prose("Both cases in one line, and as a matrix. The sheet prints ∂o_i/∂v_i for both; the second case needs "
             "v_j."),
    sb.Formula("(partial o_i) / (partial v_j) = o_i (delta_(i j) - o_j), quad J = \"diag\"(o) - o o^T",
               "the derivative is o_i times Kronecker delta minus o_j; the Jacobian is the diagonal matrix of o "
               "minus o times o transposed"),
    sb.Prose(
        "Three things follow, and are measured below. Every row of J sums to 0, because probabilities keep the sum 1 "
        "and because adding a number to all scores changes nothing. J is symmetric. No eigenvalue is negative: for "
        "any u, uᵀJu is the variance of u under the probabilities o."
    ),
]  # fmt: skip
CROSS_ENTROPY = [
    sb.Prose("The chain rule through every o_i, with the first result put in; the term i = j is taken out of the sum."),
    sb.Formula("(partial L) / (partial v_j) = - sum_(i=1)^k y_i / o_i (partial o_i) / (partial v_j) = - y_j / o_j "
               "o_j (1 - o_j) + sum_(i != j) y_i / o_i o_i o_j",
               "the derivative of L is minus the sum of y_i over o_i times the derivative of o_i"),
    sb.Prose("The outputs in the denominators cancel. What is left is o_j times the sum of all y_i, and that sum is "
             "1."),
    sb.Formula("(partial L) / (partial v_j) = - y_j + y_j o_j + sum_(i != j) y_i o_j = - y_j + o_j sum_(i=1)^k y_i = "
               "o_j - y_j",
               "the outputs cancel, the labels sum to one, and o_j minus y_j is left"),
    sb.Prose(
        "That y is one-hot was used only through its sum: the identity holds for any label distribution. The "
        "division by o_j, which would be a division by 0 for a class that is out of the question, happens on paper "
        "only: whoever computes o − y never meets it."
    ),
]  # fmt: skip


def shown_items(record: xr.Dataset) -> Iterator[sb.Figure]:
    """The Jacobian at four sets of scores."""
    yield sb.Figure("jacobians", sb.figures.matrices(record["jacobian"].values[0], list(SHOWN), columns=2),
                    "Jacobian of softmax at four scores of four classes, by the engine. Rows are outputs, columns "
                    "scores. Blue is below 0, red above. "
                    "Deterministic.", "Four Jacobians with their numbers")  # fmt: skip


def worst(found: np.ndarray, true: np.ndarray) -> dict[str, Any]:
    """The largest errors: absolute, and relative where the true value is a normal number of single precision."""
    error = np.abs(found - true)
    counts = np.abs(true) >= NORMAL
    relative = np.divide(error, np.abs(true), out=np.zeros_like(error), where=counts)
    absolute_at, relative_at = (np.unravel_index(int(one.argmax()), one.shape) for one in (error, relative))
    return {"absolute": float(error[absolute_at]), "relative": float(relative[relative_at]),
            "absolute_at": [int(one) for one in absolute_at], "relative_at": [int(one) for one in relative_at],
            "true": float(true[relative_at]), "found": float(found[relative_at]),
            "finite": bool(np.isfinite(found).all()), "numbers": int(true.size)}  # fmt: skip


def checked_items(records: Mapping[str, xr.Dataset], readings: dict[str, Any]) -> Iterator[Any]:
    """Largest errors by kind of scores and by way, what they were found at, and the laws of the Jacobian."""
    found = {"jacobian": {}, "gradient": {}}
    laws, total = [], 0
    for classes in CLASSES:
        engine, hand = (records[f"{way}_{classes}"].isel(seed=0) for way in WAYS)
        z, labels = engine["scores"].values, engine["targets"].values
        count, truth, by_difference = len(z) // len(KINDS), exact(z, labels), central(z, labels)
        total += len(z)
        steps = np.abs(z).max(axis=1) * np.finfo(float).eps < WIDTH / 100  # else a score does not feel the step
        for at, kind in enumerate(KINDS):
            part = np.arange(at * count, (at + 1) * count)
            for what in found:
                ways = {WAYS["engine"]: engine[what].values[part], WAYS["by_hand"]: hand[what].values[part]}
                ways |= {"central differences": by_difference[what][part]} if steps[part].all() else {}
                for way, values in ways.items():
                    one = {"classes": classes, **worst(values.astype(float), truth[what][part])}
                    found[what].setdefault(kind, {}).setdefault(way, []).append(one)
        laws.append({"classes": classes, "points": len(z), **laws_of(engine)})
    readings["largest_errors"], readings["laws"], readings["points"] = found, laws, total
    single = records[f"engine_{CLASSES[0]}"].attrs["dtype"] == "float32"
    yield sb.Prose(
        f"{total:,} points: eight kinds of scores, {', '.join(map(str, CLASSES))} classes, half of the labels on the "
        "largest score. **Automatic** is the engine's own differentiation of the softmax and the cross-entropy it "
        "trains "
        f"with{', in single precision' if single else ' (here the reference engine stands in its place: by hand)'}. "
        f"**By hand** are the two formulas in double precision. **Central differences** have steps of ±{WIDTH:g}, in "
        "double precision; where scores are so large that the step is lost in their rounding, there are none. The "
        "truth is the closed form in double precision, with 1 − o_i summed over the other classes."
    )
    for what, title in (("jacobian", "the Jacobian of softmax"), ("gradient", "the gradient of cross-entropy")):
        rows = [(kind, *(cell(ways.get(way)) for way in (*WAYS.values(), "central differences")))
                for kind, ways in found[what].items()]  # fmt: skip
        yield sb.Table(("scores", *(f"{way}: absolute; "
                                    "relative" for way in WAYS.values()), "central differences"), rows,
                       f"Largest errors of {title} over all numbers of classes. Relative errors are of entries of at "
                       f"least {NORMAL:.1e}, the smallest normal number of single precision. "
                       "Deterministic.")  # fmt: skip
        yield sb.Prose(worst_words(title, found[what]))
    yield sb.Table(("classes", "points", "largest row "
                                         "sum", "largest asymmetry", "least eigenvalue", "largest gradient sum"),
                   [(one["classes"], one["points"], *(f"{one[law]:.1e}" for law in LAWS)) for one in laws],
                   "What must be 0, 0, not negative, and 0 in exact arithmetic, over all points of the engine's "
                   "derivatives. Deterministic.")  # fmt: skip


LAWS = ("row_sum", "asymmetry", "eigenvalue", "gradient_sum")


def laws_of(record: xr.Dataset) -> dict[str, float]:
    """Sums of rows, asymmetry and least eigenvalue of the Jacobians, sums of gradients."""
    jacobian = record["jacobian"].values.astype(float)
    few = jacobian[:: max(1, jacobian.shape[1] // 10)]  # eigenvalues of large matrices take their time
    found = (np.abs(jacobian.sum(axis=2)).max(), np.abs(jacobian - jacobian.transpose(0, 2, 1)).max(),
             np.linalg.eigvalsh((few + few.transpose(0, 2, 1)) / 2).min(),
             np.abs(record["gradient"].values.astype(float).sum(axis=1)).max())  # fmt: skip
    return dict(zip(LAWS, map(float, found), strict=True))


def cell(found: list[dict[str, Any]] | None) -> str:
    """The largest absolute and relative error over numbers of classes."""
    if not found:
        return "—"
    if not all(one["finite"] for one in found):
        return "not finite"
    return "; ".join(short(max(one[key] for one in found)) for key in ("absolute", "relative"))


def short(error: float) -> str:
    """An error in a cell."""
    return f"{error:.1e}" if error else "0"


def worst_words(title: str, found: Mapping[str, Mapping[str, list[dict[str, Any]]]]) -> str:
    """Where the largest errors of each way stand."""
    lines = []
    for way in (*WAYS.values(), "central differences"):
        every = [(kind, one) for kind, ways in found.items() for one in ways.get(way, [])]
        if not every:
            continue
        (kind, most), (other, least) = (max(every, key=lambda item: item[1][key]) for key in ("absolute", "relative"))
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


def lead_items(records: Mapping[str, xr.Dataset], readings: dict[str, Any]) -> Iterator[Any]:
    """Relative errors against how far one class leads."""
    engine, hand = (records[f"{way}_ahead"].isel(seed=0) for way in WAYS)
    z, labels = engine["scores"].values, engine["targets"].values
    truth, lines, lost = exact(z, labels), {}, {}
    for record, way in ((engine, "automatic"), (hand, "by hand in double precision")):
        for what, name in (("gradient", "o − 1 of the true class"), ("jacobian", "o (1 − o)")):
            first = (slice(None), 0) if what == "gradient" else (slice(None), 0, 0)
            true = truth[what][first]
            error = np.abs(record[what].values.astype(float)[first] - true) / np.abs(np.where(true == 0, 1, true))
            error = np.where(np.abs(true) < NORMAL, np.nan, error)
            lines[f"{name}, {way}"] = grouped(z[:, 0], error)
            gone = z[:, 0][(np.nan_to_num(error) >= 0.99)]
            lost[f"{name}, {way}"] = float(gone.min()) if gone.size else None
    readings["all_digits_lost_from_a_lead_of"] = lost
    label = "lead c of the true class: scores (c, 0)"
    yield sb.Figure("lost_digits", sb.figures.against(lines, label, "relative error"),
                    "Relative error of two derivatives of two classes against the lead of the true one: median and "
                    f"middle half of {z[:, 0].size // lines_of(lines)} leads that lie close together; 1 means that no "
                    "digit is right. Where a line is missing its error is 0, or the value too small for single "
                    "precision. Deterministic.", "Relative errors of o minus 1 and of o times 1 minus o")  # fmt: skip
    found = "; ".join(f"{name} from c = {value:.1f}" for name, value in lost.items() if value is not None)
    yield sb.Prose(
        "Both identities subtract from 1 what is nearly 1. A number of seven digits (single precision; sixteen in "
        "double) that agrees with 1 in the first five has two digits left to say by how much it is less. In the end "
        "o is 1 exactly and both derivatives are 0, where the truth is about exp(−c)"
        + (f": {found}" if found else "") + ". The absolute error stays below the rounding of 1, so training does "
        "not notice: a gradient of exp(−17) moves nothing. Whoever needs the small number itself (an importance "
        "weight, a logarithm of it) has to sum the other outputs instead, as the truth of this page does."
    )  # fmt: skip


def grouped(x: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Neighbors along a sweep as members of a point: x (point,), values (member, point)."""
    members = next(members for points, members in LEADS.values() if points * members == len(x))
    return np.exp(np.log(x.astype(float)).reshape(-1, members).mean(axis=1)), values.reshape(-1, members).T


def lines_of(lines: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> int:
    """Points of a line."""
    return len(next(iter(lines.values()))[0])


def width_items(records: Mapping[str, xr.Dataset], readings: dict[str, Any]) -> Iterator[Any]:
    """The error of central differences against their width, in both precisions."""
    record = records["engine_10"].isel(seed=0)
    some = slice(0, min(len(record["point"]) // len(KINDS), 100))
    z, labels = record["scores"].values[some], record["targets"].values[some]
    truth, widths, lines, best = exact(z, labels)["jacobian"], np.geomspace(1e-12, 1, 61), {}, {}
    for name, dtype in (("double precision", np.float64), ("single precision", np.float32)):
        kept = widths[widths > 10 * np.finfo(dtype).eps]
        error = np.stack([np.abs(central(z, labels, width, dtype)["jacobian"] - truth).max(axis=(1, 2))
                          for width in kept], axis=1)  # fmt: skip
        lines[name] = kept, error
        at = int(np.median(error, axis=0).argmin())
        best[name] = {"width": float(kept[at]), "error": float(np.median(error[:, at]))}
    readings["best_width"] = best
    yield sb.Figure("widths", sb.figures.against(lines, "step to either side", "largest absolute error"),
                    "Largest error of a Jacobian of 10 classes by central differences against their step: median and "
                    f"middle half of {len(z)} ordinary points. Deterministic.",
                    "Error of central differences against the step")  # fmt: skip
    yield sb.Prose(
        "A step h to either side is wrong by about h² (the third derivative) plus the rounding of the function "
        "divided by h. The best compromise here: "
        + "; ".join(f"h = {one['width']:.1e} in {name}, with an error of {one['error']:.1e}" for name, one in
                    best.items())
        + ". So differences confirm a formula to about ten digits at most, and automatic differentiation in single "
        "precision is checked better against the closed form than against differences in the same precision."
    )  # fmt: skip


def naive_items(records: Mapping[str, xr.Dataset], readings: dict[str, Any]) -> Iterator[Any]:
    """Where exp(v) / sum exp(v) and -log of it stop being numbers, counted and along a sweep."""
    table, counts = [], {}
    for at, kind in enumerate(KINDS):
        failed, total, engine, beyond = dict.fromkeys(PRECISIONS, 0), 0, 0, 0
        for classes in CLASSES:
            record = records[f"engine_{classes}"].isel(seed=0)
            count = len(record["point"]) // len(KINDS)
            part = slice(at * count, (at + 1) * count)
            z, labels = record["scores"].values[part], record["targets"].values[part]
            total += count
            engine += int((~np.isfinite(record["loss"].values[part])).sum())
            beyond += int((exact(z, labels)["loss"] > np.finfo(np.float32).max).sum())
            for name, dtype in PRECISIONS.items():
                o, loss = naive(z.astype(dtype), labels)
                failed[name] += int((~np.isfinite(o).all(axis=1) | ~np.isfinite(loss)).sum())
        counts[kind] = {**failed, "engine": engine, "loss_beyond_float32": beyond, "points": total}
        table.append((kind, total, *(f"{value:,}" for value in failed.values()), f"{engine:,}"))
    readings["not_finite"] = counts
    yield sb.Formula("o_i = e^(v_i) / (sum_j e^(v_j)) = e^(v_i - m) / (sum_j e^(v_j - m)), quad L = - log o_y = (m - "
                     "v_y) + log sum_j e^(v_j - m), quad m = max_j v_j",
                     "taking the largest score off every score changes nothing and keeps every exponential at most "
                     "1")  # fmt: skip
    yield sb.Table(("scores", "points", *(f"as written, {name}" for name in PRECISIONS), "engine"), table,
                   "Points at which the output or the loss is not finite, of all points of a kind: the formulas as "
                   "the sheet writes them, and the engine, which takes the largest score off. Counts, "
                   "deterministic.")  # fmt: skip
    yield sb.Prose(excused(counts))
    lines, limits = {}, readings.setdefault("last_finite_c", {})
    for name, dtype in PRECISIONS.items():
        for words, pair in SWEEPS.items():
            c = leads_of(records)
            _, loss = naive(pair(c).astype(dtype), np.full(len(c), LABELED))
            lines[f"scores {words}, {name}"] = grouped(c, np.where(np.isfinite(loss), loss, np.nan))
            limits[f"{words}, {name}"] = last_finite(partial(written, pair, dtype))
    record = records["engine_behind"].isel(seed=0)
    lines["engine"] = grouped(leads_of(records), record["loss"].values.astype(float))
    true = exact(record["scores"].values, record["targets"].values)["loss"]
    readings["engine_loss_error"] = worst(record["loss"].values.astype(float), true)
    names = "c: the true class is c behind the other", "cross-entropy (nats)"
    yield sb.Figure("naive", sb.figures.against(lines, *names),
                    "Cross-entropy of two classes against how far the true one is behind. The lines of the formula "
                    "as written end where its value is no longer a number; they lie on one another before. "
                    "Deterministic.", "Cross-entropy as written and by the engine against the distance")  # fmt: skip
    yield sb.Prose(
        "The formula as written ends at "
        + "; ".join(f"c = {value:.2f} ({name})" for name, value in limits.items())
        + ": with scores (c, 0) the exponential overflows and infinity is divided by infinity, with scores (0, −c) the "
        "output of the true class underflows to 0, whose logarithm is −∞. The largest relative error of the engine's "
        f"loss along the whole sweep is {readings['engine_loss_error']['relative']:.1e}. Double precision moves the "
        "cliff, it does not remove it."
    )  # fmt: skip


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


PRECISIONS = {"single precision": np.float32, "double precision": np.float64}
SWEEPS = {"(c, 0)": lambda c: np.stack([c, 0 * c], axis=1), "(0, −c)": lambda c: np.stack([0 * c, -c], axis=1)}


def leads_of(records: Mapping[str, xr.Dataset]) -> np.ndarray:
    """The leads of the sweep."""
    return records["engine_behind"]["scores"].values[0, :, 0]


def written(pair: Any, dtype: Any, c: float) -> bool:
    """Whether the formula as written gives a number at c."""
    o, loss = naive(pair(np.array([c], dtype)), np.array([LABELED]))
    return bool(np.isfinite(o).all() and np.isfinite(loss).all())


def last_finite(good: Any, low: float = 1.0, high: float = 2_000.0) -> float:
    """The last c at which `good` holds, by bisection to 1e-6."""
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if good(middle) else (low, middle)
    return low


study = sb.Study(
    name="softmax_identities",
    title="Softmax and cross-entropy: two derivatives, shown and checked",
    source="Dube, homework 2 (2019), problem 2",
    question="Show that the derivative of a softmax output o_i by the score v_j is o_i (1 − o_i) for i = j and −o_i "
             "o_j "
    "otherwise, and with it that the derivative of the cross-entropy by v_i is o_i − y_i. Does what a framework "
    "computes agree with that, at ordinary scores and at extreme ones?",
    measure=measure,
    tell=tell,
    seeds={"smoke": 1, "quick": 1, "full": 1},
    decided=(
        "the sheet asks for the derivations only; the checks are added",
        "the sheet prints ∂o_i/∂v_i in question 1; what it asks for is ∂o_i/∂v_j, as its two cases say",
        "logarithms are natural; a relative error is counted where the true value is a normal number of single "
        "precision",
        "scores are numbers of single precision, so that every way of computing starts from the same ones",
    ),
    reduced={"smoke": "10 points of each kind instead of 1,000", "quick": "250 points of each kind instead of 1,000"},
    takes={"smoke": "10 s", "quick": "15 s", "full": "1 minute"},
    figures=("four Jacobians", "relative errors against the lead", "error of differences against their step",
             "the formula as written against the engine"),
)  # fmt: skip
