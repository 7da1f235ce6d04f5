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
L2, CROSS_ENTROPY = LOSSES = ("l2", "cross_entropy")
NAMES = {L2: "L2 loss", CROSS_ENTROPY: "cross-entropy loss"}
RISES = {L2: "rise_of_the_l2_loss", CROSS_ENTROPY: "rise_of_the_cross_entropy"}
LABELS = "weight w", "bias b"
Z_LABELS = {"prediction": "output ŷ", "objective": "loss", "gradient_weight": "∂L/∂w"}
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
SET_UP = f"""
    One neuron with input x = 1 and target y = 0.5: z = w x + b, and the prediction is ŷ = σ(z). All surfaces share the
    range [-{REACH:g}, {REACH:g}] of weight and bias, centered at 0. Nothing is drawn at random here, so nothing has an
    interval."""
BOTH_LOSSES = sb.Formula(
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
OTHERS = """
    The same three pictures for other output activations, under the L2 loss: the sheet's own example shows ReLU, and
    part 4 asks for an activation of one's choice (`seedbed run neuron_surfaces --set output=elu,gelu`)."""


def ask(profile: sb.Profile) -> dict[str, Any]:
    """Surfaces of the sigmoid under both losses, of another output under L2, and descents under both losses.

    A descent starts from a chosen point and ends when the error is below 0.05.
    """
    neuron = sb.Spec(
        data=sb.data.point(x=1.0, y=0.5), model="neuron", loss=L2, optimizer=sb.optimizers.sgd(0.1), steps=1
    )
    sigmoid, axis = neuron.replace(output="sigmoid"), np.linspace(-REACH, REACH, profile.points)
    descent = sigmoid.replace(
        initializer=sb.initializers.constant(0.0),
        metrics=sb.metrics.within(0.05),
        stop=sb.reaches("train_within", 1.0),
        steps=profile.steps,
        probes=("parameters",),
    )
    starts = {name: {"initializer": sb.initializers.constant(w, bias=b)} for name, (w, b) in STARTS.items()}
    return {
        "sigmoid": sb.measures.landscape(sigmoid.vary(loss=LOSSES), axis, axis, fixed=True),
        "other": sb.measures.landscape(neuron.replace(output="relu").vary(output=["relu"]), axis, axis),
        "descent": sb.measures.train(descent.vary(loss=LOSSES, start=starts), seeds=1, fixed=True),
    }


def outcomes(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """What the surfaces and descents say in numbers that no seed could have changed."""
    surfaces, run = records["sigmoid"].sel(seed=0), records["descent"]
    parts = {loss: surfaces.sel(loss=loss) for loss in LOSSES}
    steep = {loss: np.abs(part["gradient_weight"].values) for loss, part in parts.items()}
    error, at = np.abs(parts[L2]["prediction"].values - 0.5), parts[L2]["weight"].values
    wrong, steps = error > 0.45, run["hit_step"].sel(start="(5, 5)").fillna(run.attrs["cap"])
    near_5, half, whole = (
        {axis: at[np.abs(at - where).argmin()] for axis in ("weight", "bias")} for where in (5, REACH / 2, REACH)
    )
    numbers = {
        "flat_share_where_wrong": (steep[L2] < 0.01)[wrong].mean(),
        "share_steeper_under_cross_entropy": (steep[CROSS_ENTROPY] > steep[L2])[error > 0].mean(),
        "least_cross_entropy_gradient_where_wrong": steep[CROSS_ENTROPY][wrong].min(),
        "steps_under_l2_for_one_under_cross_entropy": (steps.sel(loss=L2) / steps.sel(loss=CROSS_ENTROPY)).item(),
        "share_of_square_wrong": wrong.mean(),
    }
    for loss, part in parts.items():
        value = part["objective"]
        numbers[RISES[loss]] = (value.sel(whole) / value.sel(half)).item()
        numbers[f"largest_{loss}"] = value.values.max()
        numbers[f"largest_{loss}_gradient"] = steep[loss].max()
        numbers[f"{loss}_gradient_at_5_5"] = part["gradient_weight"].sel(near_5).item()
    arrays = {name: np.array([number], float) for name, number in numbers.items()}
    return {"neuron": sb.derive(run, lambda *_: arrays, axes={}, seeds=[0], exact=True, of="sigmoid descent")}


def numbers_of(context: sb.Context) -> dict[str, float]:
    """The outcome as plain numbers."""
    return {str(name): values.item() for name, values in context.record("neuron").data_vars.items()}


def sigmoid_surfaces(context: sb.Context) -> Iterator[Any]:
    """The five surfaces the sheet asks for."""
    l2, cross = (surface(context.record("sigmoid"), loss=loss) for loss in LOSSES)
    panels = [
        l2("prediction", "Output of the sigmoid"),
        l2("objective", "L2 loss"),
        l2("gradient_weight", "Gradient of the L2 loss"),
        cross("objective", "Cross-entropy loss", "loss (nats)"),
        cross("gradient_weight", "Gradient of the cross-entropy loss"),
    ]
    caption = (
        "The sigmoid neuron over weight and bias: output, both losses, and their gradients with respect to the weight. "
        "Exact values, nothing drawn at random."
    )
    yield turning("surfaces_sigmoid", panels, caption)
    yield sb.Answer(
        "The output is a slope from 0 to 1 across the line w + b = 0, where both losses are smallest; the L2 loss ends "
        f"at {panels[1].z.max():.2f}, the cross-entropy at {panels[3].z.max():.2f} nats; their gradients change sign "
        "on that line (exact, no interval)."
    )


def other_surfaces(context: sb.Context) -> Iterator[Any]:
    """Three surfaces for each other activation, as in the sheet's own example with ReLU."""
    record, told = context.record("other"), list[str]()
    for name in record["output"].values.tolist():
        of = surface(record, output=name)
        panels = [
            of("prediction", f"Output of {name}"),
            of("objective", "L2 loss"),
            of("gradient_weight", "Gradient of the L2 loss"),
        ]
        caption = f"A neuron with activation {name} under the L2 loss, target 0.5. Exact values."
        yield turning(f"surfaces_{sb.show.file_name(name)}", panels, caption)
        flat = sb.show.percent(float((np.abs(panels[2].z) < 0.01).mean()))
        told.append(f"{name} has an L2 loss of up to {panels[1].z.max():.3g}, its gradient below 0.01 on {flat}")
    yield sb.Answer(f"On the square {'; '.join(told)} of it (exact, no interval).")


def surface(record: xr.Dataset, **levels: Any) -> Callable[..., sb.figures.Panel]:
    """A function that makes panels of one setting of a landscape."""
    part = record.sel(seed=0, **levels)

    def panel(variable: str, title: str, z_label: str = "") -> sb.figures.Panel:
        z_label = z_label or Z_LABELS[variable]
        return sb.figures.Panel(title, part["weight"].values, part["bias"].values, part[variable].values, z_label)

    return panel


def turning(name: str, panels: Sequence[sb.figures.Panel], caption: str) -> sb.Figure:
    """Surfaces to look at, and to turn."""
    words = "Surfaces over weight and bias: " + ", ".join(panel.title for panel in panels)
    still, turned = sb.figures.surfaces(panels, *LABELS), sb.figures.interactive_surfaces(panels, *LABELS)
    return sb.Figure(name, still, caption, words, turned, dense=True)


def observations(context: sb.Context) -> Iterator[Any]:
    """The three explanations the sheet asks for, with their numbers."""
    found = numbers_of(context)
    ratio = found["cross_entropy_gradient_at_5_5"] / found["l2_gradient_at_5_5"]
    least, flat = found["least_cross_entropy_gradient_where_wrong"], found["flat_share_where_wrong"]
    named = {name: number for name, number in found.items() if name.startswith(("largest", "share", *LOSSES))}
    renamed = {"share_of_wrong_that_is_flat": flat, "smallest_cross_entropy_gradient_where_wrong": least}
    readings = {**named, **renamed, "rise": {loss: found[rise] for loss, rise in RISES.items()}}
    yield from (sb.Reading(name, value) for name, value in readings.items())
    yield f"""
**The losses.** The L2 loss is bounded: it never exceeds {found["largest_l2"]:.3f} here, however wrong the neuron is.
The cross-entropy keeps growing almost linearly with |w + b| and reaches {found["largest_cross_entropy"]:.2f} nats at
the corner. Both are smallest on the line w + b = 0; the cross-entropy is ln 2 = 0.693 there, because the target 0.5 is
itself uncertain.

**The gradients.** The L2 gradient is largest ({found["largest_l2_gradient"]:.4f}) at a moderate error and *vanishes*
when the sigmoid saturates: the prediction is off by more than 0.45 (of at most 0.5) on
{found["share_of_square_wrong"]:.0%} of the square, and on {flat:.0%} of that region the gradient is below 0.01. The
cross-entropy gradient is the error itself: nowhere in that region is it below {least:.2f}, and it approaches
{found["largest_cross_entropy_gradient"]:.2f}.

**What to expect of learning.** Near (5, 5) the error is the same for both losses, but the cross-entropy pushes
{ratio:,.0f} times harder ({found["cross_entropy_gradient_at_5_5"]:.3f} against {found["l2_gradient_at_5_5"]:.2g}). A
neuron that starts badly wrong should therefore learn at once under cross-entropy and hardly at all under L2; one
that starts nearly right should see at most a factor of two."""
    l2, cross = (surface(context.record("sigmoid"), loss=loss) for loss in LOSSES)
    panels = [
        l2("prediction", "Output of the sigmoid"),
        l2("gradient_weight", "Gradient of the L2 loss"),
        cross("gradient_weight", "Gradient of the cross-entropy loss"),
    ]
    yield sb.Figure(
        "gradients",
        sb.figures.surfaces(panels, *LABELS, same_z=True),
        "Output and both gradients with respect to the weight, on one scale. Exact values, nothing drawn at random.",
        "The output and both gradients as surfaces over weight and bias, on one scale",
        dense=True,
    )
    yield sb.Answer(
        f"The L2 loss never exceeds {found['largest_l2']:.3f}, the cross-entropy grows with |w + b|. Where the "
        f"prediction is off by more than 0.45, the L2 gradient is below 0.01 on {flat:.0%} of the region, that of the "
        f"cross-entropy nowhere below {least:.2f} (exact, no interval)."
    )


def descents(context: sb.Context) -> Iterator[Any]:
    """Paths over the loss, and how many steps each took."""
    run, cap = context.record("descent").sel(seed=0), context.record("descent").attrs["cap"]
    taken = {(loss, start): run["hit_step"].sel(loss=loss, start=start).item() for loss in LOSSES for start in STARTS}
    yield sb.Reading("descent_steps", {f"{loss}, from {start}": steps for (loss, start), steps in taken.items()})
    yield sb.Reading("descent_cap", int(cap))
    yield f"""
        Gradient descent with learning rate 0.1 from three starts, until the prediction is within 0.05 of the target or
        {cap:,} steps have passed. The gradients with respect to weight and bias are equal here (x = 1), so every path
        is a straight line; what differs is how long it takes."""
    for loss in LOSSES:
        name = f"{NAMES[loss][:1].upper()}{NAMES[loss][1:]}"
        panel = surface(context.record("sigmoid"), loss=loss)("objective", f"{name}, with descents")
        ways = [
            sb.figures.Descent(f"{start}: {arrival(taken[loss, start])}", *path(run.sel(loss=loss, start=start)))
            for start in STARTS
        ]
        yield sb.Figure(
            f"descent_{loss}",
            sb.figures.heat(panel, *LABELS, paths=ways),
            f"Descents on the {name} of the sigmoid neuron, learning rate 0.1; one deterministic run each.",
            f"{name} as colors, with three descent paths",
        )
    rows = [(start, *(arrival(taken[loss, start]) for loss in LOSSES)) for start in STARTS]
    yield sb.Table(
        ("start (w, b)", "steps under L2", "steps under cross-entropy"),
        rows,
        "Steps until the prediction is within 0.05 of the target. One deterministic run each (n = 1).",
    )
    told = "; ".join(f"{start}: {l2} under L2, {cross} under cross-entropy" for start, l2, cross in rows)
    yield sb.Answer(f"Steps of a descent by start (w, b), up to {cap:,}: {told} (n = 1 each, exact, no interval).")


def path(part: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias along a descent, up to where it stopped."""
    parameters = part["parameters"].values
    kept = parameters[np.isfinite(parameters).all(axis=-1)]
    way = np.vstack([kept, part["final_parameters"].values])
    return way[:, 0], way[:, 1]


def arrival(steps: float) -> str:
    """Steps in words."""
    return "not within the cap" if np.isnan(steps) else f"{steps:,.0f}"


study = sb.Study(
    name="neuron_surfaces",
    title="One neuron: what the loss does to the gradient",
    source="CIS680 assignment 1 (2017), part 1, and part 4.1 for any activation",
    question="Over weight and bias of a single sigmoid neuron, how do the output, the L2 loss, the cross-entropy and "
    "their gradients look, how do the two losses and gradients differ, and what does that do to learning?",
    ask=ask,
    profiles={
        "smoke": {"seeds": 1, "points": 25, "steps": 500, "reduced": "a coarse grid, and descents capped at 500 steps"},
        "quick": {"seeds": 1, "points": 121, "steps": 150_000},
        "full": {"seeds": 1, "points": 201, "steps": 150_000},
    },
    picture="gradients",
    page=[
        sb.Section(
            "The sigmoid neuron",
            [SET_UP, BOTH_LOSSES, GRADIENTS, sigmoid_surfaces],
            asks="How do output, losses and gradients look over weight and bias?",
        ),
        sb.Section(
            "Other activations under the L2 loss",
            [OTHERS, other_surfaces],
            asks="How do they look for another activation?",
        ),
        sb.Section("What the surfaces show", [observations], asks="How do the two losses and their gradients differ?"),
        sb.Section("What that does to a descent", [descents], "What does that do to learning?"),
    ],
    outcomes=outcomes,
    decided=(
        "the range of weight and bias, left open by the sheet, is [-6, 6], as in Rybkin's report",
        "the losses of other activations are shown under L2 only: cross-entropy needs a prediction between 0 and 1",
        "part 1 gives no learning rate: the descents use 0.1, that of parts 2 and 3",
    ),
    claims=tuple(
        sb.Claim(id=name, source=source, record="neuron", statement=statement, check=check)
        for name, source, check, statement in STATEMENTS
    ),
)
