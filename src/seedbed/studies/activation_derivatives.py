"""Activations beside their derivatives: by hand, by automatic differentiation, and by central differences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

REACH = 2.0
ROUNDING = 1e-5  # a larger difference is no matter of single precision
WIDTH = 1e-4  # of a central difference, whose error is about WIDTH^2 / 24 times the third derivative
ASKED = ("tanh", "sigmoid", "relu")
MORE = ("identity", "leaky_relu(slope=0.01)", "elu(alpha=1.0)", "selu", "softplus", "gelu", "silu")
FORMULAS = {
    "identity": "f(z) = z, quad f'(z) = 1",
    "sigmoid": "f(z) = 1 / (1 + e^(-z)), quad f'(z) = f(z) (1 - f(z))",
    "tanh": "f(z) = tanh z, quad f'(z) = 1 - f(z)^2",
    "relu": "f(z) = max(0, z), quad f'(z) = cases(1 &\"if\" z > 0, 0 &\"if\" z < 0)",
    "leaky_relu": "f(z) = cases(z &\"if\" z > 0, a z &\"if\" z <= 0), "
                  "quad f'(z) = cases(1 &\"if\" z > 0, a &\"if\" z < 0), quad a \"the slope\"",
    "elu": "f(z) = cases(z &\"if\" z > 0, alpha (e^z - 1) &\"if\" z <= 0), "
           "quad f'(z) = cases(1 &\"if\" z > 0, alpha e^z &\"if\" z < 0)",
    "selu": "f(z) = lambda cases(z &\"if\" z > 0, alpha (e^z - 1) &\"if\" z <= 0), "
            "quad f'(z) = lambda cases(1 &\"if\" z > 0, alpha e^z &\"if\" z < 0), quad lambda = 1.0507, alpha = 1.6733",
    "softplus": "f(z) = log(1 + e^z), quad f'(z) = 1 / (1 + e^(-z))",
    "gelu": "f(z) = z Phi(z), quad f'(z) = Phi(z) + z phi(z)",
    "silu": "f(z) = z sigma(z), quad f'(z) = sigma(z) + z sigma(z) (1 - sigma(z))",
}  # fmt: skip
STEPS = {
    "tanh": (
        "Write tanh as a quotient, differentiate the quotient, and read the square of a quotient in the result.",
        "(dif) / (dif z) (e^(2 z) - 1) / (e^(2 z) + 1) = (2 e^(2 z) (e^(2 z) + 1) - 2 e^(2 z) (e^(2 z) - 1)) / "
        "(e^(2 z) + 1)^2 = (4 e^(2 z)) / (e^(2 z) + 1)^2 = 1 - ((e^(2 z) - 1) / (e^(2 z) + 1))^2 = 1 - tanh^2 z",
    ),
    "sigmoid": (
        "The chain rule on a reciprocal; what is left factors into the function and one minus the function.",
        "(dif) / (dif z) (1 + e^(-z))^(-1) = e^(-z) / (1 + e^(-z))^2 = 1 / (1 + e^(-z)) dot "
        "(1 - 1 / (1 + e^(-z))) = sigma(z) (1 - sigma(z))",
    ),
    "relu": (
        "Linear on each side of 0. At 0 itself no derivative exists; every value between 0 and 1 is a subgradient, "
        "and training takes 0 here, as most frameworks do.",
        "(dif) / (dif z) max(0, z) = cases(1 &\"if\" z > 0, 0 &\"if\" z < 0)",
    ),
}  # fmt: skip
IN_A_LINE = {
    "tanh": "tanh′(z) = 1 − tanh²(z)",
    "sigmoid": "σ′(z) = σ(z) (1 − σ(z))",
    "relu": "ReLU′(z) = 1 above 0 and 0 below",
}
Grid = tuple[np.ndarray, np.ndarray, np.ndarray]  # z, f(z), f'(z)


def ask(profile: sb.Profile) -> dict[str, Any]:
    """A neuron of weight z and input 1 whose loss grows as fast as its output: the gradient is f'(z).

    f and f' on a grid by the engine, the same by hand, and f by hand a little to either side of it.
    """
    rule = sb.optimizers.sgd(0.1)  # which nothing here follows
    neuron = sb.Spec(
        data=sb.data.generator(far_below), model="neuron", loss="mae", output="tanh", optimizer=rule, steps=1
    ).vary(output=[*ASKED, *MORE])
    grid, sides = np.linspace(-REACH, REACH, profile.points), np.array([-WIDTH / 2, 0.0, WIDTH / 2])
    return {
        "engine": sb.measures.landscape(neuron, grid, np.zeros(1)),
        "by_hand": sb.measures.landscape(neuron, grid, sides, engine="reference"),
    }


def far_below(_: np.random.Generator) -> tuple[np.ndarray, np.ndarray, str]:
    """Input 1, and a target so low that the absolute error is the output plus a constant."""
    return np.ones((1, 1)), np.full((1, 1), -1e3), "real"


def derivations(context: sb.Context) -> Iterator[Any]:
    """How each of the three derivatives is found."""
    names = [name for name in outputs(context) if name in STEPS]
    for name in names:
        words, formula = STEPS[name]
        yield f"**{name}.** {words}"
        yield sb.Formula(formula, f"the derivative of {name}, step by step")
    if names:
        lines = "; ".join(IN_A_LINE[name] for name in names)
        yield sb.Answer(f"In a line each: {lines}. Derived step by step, so nothing is uncertain.")


def asked_curves(context: sb.Context) -> Iterator[Any]:
    """The three activations that are asked for."""
    return curves("curves_0", [name for name in outputs(context) if name in ASKED], context)


def further_curves(context: sb.Context) -> Iterator[Any]:
    """All others."""
    return curves("curves_1", [name for name in outputs(context) if name not in ASKED], context)


def outputs(context: sb.Context) -> list[str]:
    """The activations of this run."""
    return context.record("by_hand")["output"].values.tolist()


def curves(name: str, chosen: list[str], context: sb.Context) -> Iterator[Any]:
    """f and f' as curves, each formula under its name, and the largest slope of each in a sentence."""
    found = {one: on_grid(one, context.record("by_hand")) for one in chosen}
    if not found:
        return
    rows = [
        sb.figures.FunctionRow(one, z, value, np.where(jump(z, slope), np.nan, slope))
        for one, (z, value, slope) in found.items()
    ]
    yield sb.Figure(
        name,
        sb.figures.function_and_derivative(rows),
        f"Activations f and their derivatives f′ on [−{REACH:g}, {REACH:g}], {len(rows[0].z):,} points. "
        "Exact values: nothing is drawn at random, so nothing has an interval.",
        f"Curves of {', '.join(found)} and their derivatives",
    )
    for one in found:
        formula = FORMULAS.get(one.partition("(")[0])
        yield f"**{one}**" + ("" if formula else ": an activation of one's own, known by its curve only.")
        if formula:
            yield sb.Formula(formula, f"{one} and its derivative")
    slopes = ", ".join(f"{one} {slope.max():.3g}" for one, (_, _, slope) in found.items())
    yield sb.Answer(f"The largest slope of each there: {slopes} (exact, no interval).")


def on_grid(name: str, record: xr.Dataset) -> Grid:
    """z, f(z) and f'(z) of one activation."""
    part = record.sel(output=name, seed=0).sel(bias=0.0, method="nearest")
    return part["weight"].values, part["prediction"].values, part["gradient_weight"].values


def jump(z: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Where a derivative jumps: between two neighbors it changes by more than 0.2 of its range, around z = 0."""
    spread = np.ptp(slope)
    return (np.abs(z) < 1e-9) & (np.abs(np.gradient(slope)).max() > 0.2 * spread) & (spread > 0)


def differences(name: str, engine: xr.Dataset, by_hand: xr.Dataset) -> dict[str, float]:
    """Largest distances on the grid between the three derivatives, leaving out z = 0 where no derivative exists."""
    z, _, slope = on_grid(name, by_hand)
    _, _, automatic = on_grid(name, engine)
    sides = by_hand.sel(output=name, seed=0)["prediction"].transpose("bias", "weight").values
    central = (sides[2] - sides[0]) / WIDTH
    away = np.abs(z) > WIDTH
    found = {"engine": automatic - slope, "central": central - slope}
    return {way: float(np.abs(error)[away].max()) for way, error in found.items()}


def checks(context: sb.Context) -> Iterator[Any]:
    """How far the three ways of differentiating differ."""
    engine, by_hand = context.record("engine"), context.record("by_hand")
    found = {name: differences(name, engine, by_hand) for name in outputs(context)}
    yield sb.Reading("differences", found)
    yield sb.Reading("largest", {name: float(on_grid(name, by_hand)[2].max()) for name in found})
    single = engine["gradient_weight"].dtype == np.float32
    how = "automatic differentiation in float32" if single else "itself (the reference engine differentiates so)"
    yield f"""
        The derivative by hand, in double precision, beside {how} and beside a central difference of width {WIDTH:g}.
        At z = 0 an activation with a kink has no derivative: that point is left out."""
    yield sb.Table(
        ("activation", "largest difference to the engine", "to a central difference"),
        [(name, f"{one['engine']:.1e}", f"{one['central']:.1e}") for name, one in found.items()],
        f"Largest absolute differences of the derivatives on {engine.sizes['weight']:,} points of "
        f"[−{REACH:g}, {REACH:g}]. Deterministic.",
    )
    most = {way: sb.show.number(max(one[way] for one in found.values()), 2) for way in ("engine", "central")}
    yield sb.Answer(
        f"Yes: on {engine.sizes['weight']:,} points, rounding apart, the engine's derivatives of {len(found)} "
        f"activations differ from the formulas by at most {most['engine']}, central differences by at most "
        f"{most['central']} (nothing drawn, no interval)."
        if max(one["engine"] for one in found.values()) < ROUNDING
        else f"Not everywhere: the engine's derivatives differ from the formulas by up to {most['engine']}."
    )


study = sb.Study(
    name="activation_derivatives",
    title="Activations and their derivatives",
    source="EE449 homework 1 (2024), question 1.1, and the report on it",
    question="What are the derivatives of tanh, sigmoid and ReLU, and of any other activation, and does what a "
    "framework computes agree with the formulas?",
    ask=ask,
    profiles={
        "smoke": {"seeds": 1, "points": 81, "takes": "10 s", "reduced": "81 points instead of 801"},
        "quick": {"seeds": 1, "points": 801, "takes": "10 s"},
        "full": {"seeds": 1, "points": 4_001, "takes": "10 s"},
    },
    picture="curves_0",
    page=[
        sb.Section("Derivatives by hand", [derivations], asks="What are the derivatives?"),
        sb.Section("The three activations", [asked_curves], asks="How do they and their derivatives look on [−2, 2]?"),
        sb.Section("Further activations", [further_curves], asks="How do other activations look there?"),
        sb.Section("Checked", [checks], asks="Does what a framework computes agree with the formulas?"),
    ],
    decided=(
        "the interval is [-2, 2]; the report says nothing of the number of points",
        "the derivative of ReLU at 0, which does not exist, is taken as 0 in training and drawn as a gap",
        "prelu and rrelu are leaky ReLU with a slope that is learned or drawn, crelu is two ReLUs side by side: none "
        "is a function of one number with a derivative of its own, so none is among the further activations",
    ),
)
