"""A single neuron's output, losses and gradients as surfaces over its weight and bias."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

REACH = 6.0
STARTS = {"(5, 5)": (5.0, 5.0), "(3, -1)": (3.0, -1.0), "(-4, 1)": (-4.0, 1.0)}
POINTS = {"smoke": 25, "quick": 121, "full": 201}
STEPS = {"smoke": 500, "quick": 150_000, "full": 150_000}
NEURON = sb.Spec(data=sb.data.point(x=1.0, y=0.5), model="neuron", loss="l2", optimizer=sb.optimizers.sgd(0.1), steps=1)
RYBKIN, ZHANG_LI = "Rybkin 2017, task 1", "Zhang & Li 2018, section 1"
STATEMENTS = (
    ("rybkin-cross-entropy-rises", RYBKIN, "mean(rise_of_the_cross_entropy) > 1.5",
     "The cross-entropy rises with the error (by half or more from w = b = 3 to 6)"),
    ("rybkin-l2-stops-rising", RYBKIN, "mean(rise_of_the_l2_loss) < 1.05",
     "The L2 loss stops rising (by less than 5 % from w = b = 3 to 6)"),
    ("rybkin-gradient-stays", RYBKIN, "mean(least_cross_entropy_gradient_where_wrong) > 0.4",
     "The gradient of the cross-entropy stays large where the error is (above 0.4 wherever the prediction is off by "
     "more than 0.45)"),
    ("rybkin-gradient-vanishes", RYBKIN, "mean(flat_share_where_wrong) > 0.5",
     "The gradient of the L2 loss vanishes at large errors (below 0.01 on most of the square where the prediction is "
     "off by more than 0.45)"),
    ("rybkin-stuck", RYBKIN, "mean(steps_under_l2_for_one_under_cross_entropy) > 100",
     "From weight 5 and bias 5, descent on the L2 loss is as good as stuck (over 100 times the steps that the "
     "cross-entropy takes)"),
    ("zhang-li-steeper", ZHANG_LI, "mean(share_steeper_under_cross_entropy) > 0.99999",
     "The gradient of the cross-entropy is greater than that of the L2 loss (at every point of the square where the "
     "prediction is wrong)"),
)  # fmt: skip
Z_LABELS = {"prediction": "output ŷ", "objective": "loss", "gradient_weight": "∂L/∂w"}


def measure(lab: sb.Lab) -> dict[str, xr.Dataset]:
    """Surfaces of the sigmoid under both losses, of another output under L2, and descents under both losses."""
    axis = np.linspace(-REACH, REACH, POINTS[lab.profile])
    sigmoid = NEURON.replace(output="sigmoid").vary(loss=["l2", "cross_entropy"])
    other = NEURON.replace(output="relu").vary(output=["relu"])
    return {
        "sigmoid": lab.landscape(sigmoid, axis, axis, "sigmoid", changeable=False),
        "other": lab.landscape(other, axis, axis, "other"),
        "descent": lab.run(descent(lab.profile), "descent", seeds=1, changeable=False),
    }


def descent(profile: str) -> sb.Spec:
    """Gradient descent on one neuron from chosen starts until the error is below 0.05."""
    starts = {name: {"initializer": sb.initializers.constant(w, bias=b)} for name, (w, b) in STARTS.items()}
    question = NEURON.replace(
        output="sigmoid", initializer=sb.initializers.constant(0.0), metrics=sb.metrics.within(0.05),
        stop=sb.reaches("train_within", 1.0), steps=STEPS[profile], probes=("parameters",),
    )  # fmt: skip
    return question.vary(loss=["l2", "cross_entropy"], start=starts)


def tell(records: Mapping[str, xr.Dataset]) -> sb.Page:
    """The page: surfaces, what they show, and what it does to a descent."""
    sigmoid, other, run = records["sigmoid"], records["other"], records["descent"]
    found = readings(sigmoid, run)
    sections = [
        sb.Section("The sigmoid neuron", [SET_UP, LOSSES, GRADIENTS, sigmoid_figure(sigmoid)]),
        sb.Section("Other activations under the L2 loss", list(other_items(other))),
        sb.Section("What the surfaces show", [sb.Prose(observations(found))]),
        sb.Section("What that does to a descent", list(descent_items(sigmoid, run, found))),
    ]
    return sb.Page(sections, found)


def outcomes(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """What the surfaces and descents say in numbers that no seed could have changed."""
    sigmoid, run = records["sigmoid"], records["descent"]
    found = readings(sigmoid, run)
    steps = {loss: run["hit_step"].sel(loss=loss, start="(5, 5)").fillna(run.attrs["cap"]).item()
             for loss in ("l2", "cross_entropy")}  # fmt: skip
    numbers = {
        "flat_share_where_wrong": found["share_of_wrong_that_is_flat"],
        "share_steeper_under_cross_entropy": found["share_steeper_under_cross_entropy"],
        "least_cross_entropy_gradient_where_wrong": found["smallest_cross_entropy_gradient_where_wrong"],
        "rise_of_the_l2_loss": found["rise"]["l2"], "rise_of_the_cross_entropy": found["rise"]["cross_entropy"],
        "steps_under_l2_for_one_under_cross_entropy": steps["l2"] / steps["cross_entropy"],
    }  # fmt: skip
    arrays = {name: np.array([number]) for name, number in numbers.items()}
    return {"neuron": sb.derive(run, lambda *_: arrays, axes={}, seeds=[0], exact=True, of="sigmoid descent")}


SET_UP = sb.Prose(
    "One neuron with input x = 1 and target y = 0.5: z = w x + b, and the prediction is ŷ = σ(z). "
    f"All surfaces share the range [-{REACH:g}, {REACH:g}] of weight and bias, centered at 0. Nothing is drawn at "
    "random here, so nothing has an interval."
)
LOSSES = sb.Formula(
    "hat(y) = 1 / (1 + e^(-(w + b))), quad L_2 = (hat(y) - y)^2, "
    "quad L_(C E) = -(y log hat(y) + (1 - y) log(1 - hat(y)))",
    "prediction: sigmoid of weight plus bias; L2: squared difference; cross-entropy: minus y log y-hat minus "
    "(1 minus y) log (1 minus y-hat)",
)
GRADIENTS = sb.Formula(
    "(partial L_2) / (partial w) = 2 (hat(y) - y) hat(y) (1 - hat(y)) x, "
    "quad (partial L_(C E)) / (partial w) = (hat(y) - y) x",
    "the L2 gradient is two times the error times y-hat times one minus y-hat; the cross-entropy gradient is the error",
)


def sigmoid_figure(record: xr.Dataset) -> sb.Figure:
    """The five surfaces the sheet asks for."""
    l2, cross = (surface(record, loss=loss) for loss in ("l2", "cross_entropy"))
    panels = [
        l2("prediction", "Output of the sigmoid"), l2("objective", "L2 loss"),
        l2("gradient_weight", "Gradient of the L2 loss"),
        cross("objective", "Cross-entropy loss", "loss (nats)"),
        cross("gradient_weight", "Gradient of the cross-entropy loss"),
    ]  # fmt: skip
    return figure("surfaces_sigmoid", panels, "The sigmoid neuron over weight and bias: output, both losses, and their "
                  "gradients with respect to the weight. Exact values, nothing drawn at random.")  # fmt: skip


def other_items(record: xr.Dataset) -> Iterator[sb.Prose | sb.Figure]:
    """Three surfaces for each other activation, as in the sheet's own example with ReLU."""
    yield sb.Prose(
        "The same three pictures for other output activations, under the L2 loss: the sheet's own example shows ReLU, "
        "and part 4 asks for an activation of one's choice (`seedbed run neuron_surfaces --set output=elu,gelu`)."
    )
    for name in record["output"].values.tolist() if "output" in record.dims else ["relu"]:
        of = surface(record, output=name) if "output" in record.dims else surface(record)
        panels = [
            of("prediction", f"Output of {name}"),
            of("objective", "L2 loss"),
            of("gradient_weight", "Gradient of the L2 loss"),
        ]
        caption = f"A neuron with activation {name} under the L2 loss, target 0.5. Exact values."
        yield figure(f"surfaces_{sb.pieces.file_name(name)}", panels, caption)


def surface(record: xr.Dataset, **levels: Any) -> Callable[..., sb.figures.Panel]:
    """A function that makes panels of one setting of a landscape."""
    part = record.sel(seed=0, **levels)

    def panel(variable: str, title: str, z_label: str = "") -> sb.figures.Panel:
        z_label = z_label or Z_LABELS[variable]
        return sb.figures.Panel(title, part["weight"].values, part["bias"].values, part[variable].values, z_label)

    return panel


def figure(name: str, panels: Sequence[sb.figures.Panel], caption: str) -> sb.Figure:
    """Static and turning surfaces."""
    labels = "weight w", "bias b"
    words = "Surfaces over weight and bias: " + ", ".join(panel.title for panel in panels)
    return sb.Figure(
        name,
        sb.figures.surfaces(panels, *labels),
        caption,
        words,
        sb.figures.interactive_surfaces(panels, *labels),
        dense=True,
    )


def readings(record: xr.Dataset, run: xr.Dataset) -> dict[str, Any]:
    """Numbers behind the three explanations."""
    l2, cross = (record.sel(loss=loss, seed=0) for loss in ("l2", "cross_entropy"))
    error = np.abs(l2["prediction"].values - 0.5)
    flat = np.abs(l2["gradient_weight"].values) < 0.01
    wrong = error > 0.45
    hits = {f"{loss}, from {start}": run["hit_step"].sel(loss=loss, start=start).values[0].item()
            for loss in ("l2", "cross_entropy") for start in STARTS}  # fmt: skip
    at = l2["weight"].values
    corner, half, whole = ({axis: at[np.abs(at - where).argmin()] for axis in ("weight", "bias")}
                           for where in (5, REACH / 2, REACH))  # fmt: skip
    steeper = np.abs(cross["gradient_weight"].values) > np.abs(l2["gradient_weight"].values)
    return {
        "rise": {loss: float(part["objective"].sel(whole) / part["objective"].sel(half))
                 for loss, part in (("l2", l2), ("cross_entropy", cross))},
        "share_steeper_under_cross_entropy": float(steeper[error > 0].mean()),
        "largest_l2": float(l2["objective"].max()), "largest_cross_entropy": float(cross["objective"].max()),
        "largest_l2_gradient": float(np.abs(l2["gradient_weight"]).max()),
        "largest_cross_entropy_gradient": float(np.abs(cross["gradient_weight"]).max()),
        "share_of_square_wrong": float(wrong.mean()), "share_of_wrong_that_is_flat": float(flat[wrong].mean()),
        "smallest_cross_entropy_gradient_where_wrong": float(np.abs(cross["gradient_weight"].values)[wrong].min()),
        "l2_gradient_at_5_5": float(l2["gradient_weight"].sel(corner)),
        "cross_entropy_gradient_at_5_5": float(cross["gradient_weight"].sel(corner)),
        "descent_steps": hits, "descent_cap": int(run.attrs["cap"]),
    }  # fmt: skip


def observations(found: Mapping[str, Any]) -> str:
    """The three explanations the sheet asks for, with their numbers."""
    ratio = found["cross_entropy_gradient_at_5_5"] / found["l2_gradient_at_5_5"]
    return f"""
**The losses.** The L2 loss is bounded: it never exceeds {found["largest_l2"]:.3f} here, however wrong the neuron is.
The cross-entropy keeps growing almost linearly with |w + b| and reaches {found["largest_cross_entropy"]:.2f} nats at
the corner. Both are smallest on the line w + b = 0; the cross-entropy is ln 2 = 0.693 there, because the target 0.5 is
itself uncertain.

**The gradients.** The L2 gradient is largest ({found["largest_l2_gradient"]:.4f}) at a moderate error and *vanishes*
when the sigmoid saturates: the prediction is off by more than 0.45 (of at most 0.5) on
{found["share_of_square_wrong"]:.0%} of the square, and on {found["share_of_wrong_that_is_flat"]:.0%} of that region the
gradient is below 0.01. The cross-entropy gradient is the error itself: nowhere in that region is it below
{found["smallest_cross_entropy_gradient_where_wrong"]:.2f}, and it approaches
{found["largest_cross_entropy_gradient"]:.2f}.

**What to expect of learning.** Near (5, 5) the error is the same for both losses, but the cross-entropy pushes
{ratio:,.0f} times harder ({found["cross_entropy_gradient_at_5_5"]:.3f} against {found["l2_gradient_at_5_5"]:.2g}). A
neuron that starts badly wrong should therefore learn at once under cross-entropy and hardly at all under L2; one
that starts nearly right should see at most a factor of two.
"""


def descent_items(
    record: xr.Dataset, run: xr.Dataset, found: Mapping[str, Any]
) -> Iterator[sb.Prose | sb.Figure | sb.Table]:
    """Paths over the loss, and how many steps each took."""
    yield sb.Prose(
        "Gradient descent with learning rate 0.1 from three starts, until the prediction is within 0.05 of the target "
        f"or {found['descent_cap']:,} steps have passed. The gradients with respect to weight and bias are equal here "
        "(x = 1), so every path is a straight line; what differs is how long it takes."
    )
    for loss, name in (("l2", "L2 loss"), ("cross_entropy", "Cross-entropy loss")):
        part, paths = record.sel(loss=loss, seed=0), run.sel(loss=loss, seed=0)
        ways = [sb.figures.Descent(descent_label(start, found["descent_steps"][f"{loss}, from {start}"]),
                                   *path(paths.sel(start=start))) for start in STARTS]  # fmt: skip
        panel = sb.figures.Panel(
            f"{name}, with descents", part["weight"].values, part["bias"].values, part["objective"].values, "loss"
        )
        yield sb.Figure(f"descent_{loss}", sb.figures.heat(panel, "weight w", "bias b", paths=ways),
                        f"Descents on the {name} of the sigmoid neuron, learning rate 0.1; one deterministic run each.",
                        f"{name} as colors, with three descent paths")  # fmt: skip
    rows = [(start, *(arrival(found["descent_steps"][f"{loss}, from {start}"]) for loss in ("l2", "cross_entropy")))
            for start in STARTS]  # fmt: skip
    yield sb.Table(("start (w, b)", "steps under L2", "steps under cross-entropy"), rows,
                   "Steps until the prediction is within 0.05 of the target. One deterministic run each "
                   "(n = 1).")  # fmt: skip


def path(part: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias along a descent, up to where it stopped."""
    parameters = part["parameters"].values
    kept = parameters[np.isfinite(parameters).all(axis=-1)]
    way = np.vstack([kept, part["final_parameters"].values])
    return way[:, 0], way[:, 1]


def descent_label(start: str, steps: float) -> str:
    """How long a descent took, beside its end."""
    return f"{start}: {arrival(steps)}"


def arrival(steps: float) -> str:
    """Steps in words."""
    return "not within the cap" if np.isnan(steps) else f"{steps:,.0f}"


study = sb.Study(
    name="neuron_surfaces",
    title="One neuron: what the loss does to the gradient",
    source="CIS680 assignment 1 (2017), part 1, and part 4.1 for any activation",
    question="Over weight and bias of a single sigmoid neuron, how do the output, the L2 loss, the cross-entropy and "
    "their gradients look, how do the two losses and gradients differ, and what does that do to learning?",
    measure=measure,
    tell=tell,
    outcomes=outcomes,
    seeds={"smoke": 1, "quick": 1, "full": 1},
    decided=(
        "the range of weight and bias, left open by the sheet, is [-6, 6], as in Rybkin's report",
        "the losses of other activations are shown under L2 only: cross-entropy needs a prediction between 0 and 1",
        "part 1 gives no learning rate: the descents use 0.1, that of parts 2 and 3",
    ),
    reduced={"smoke": "a coarse grid, and descents capped at 500 steps"},
    figures=(
        "five surfaces of the sigmoid neuron",
        "three surfaces for each other activation",
        "descents on both losses",
    ),
    claims=tuple(
        sb.Claim(id=name, source=source, record="neuron", statement=statement, check=check)
        for name, source, check, statement in STATEMENTS
    ),
)
