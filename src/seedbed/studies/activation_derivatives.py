"""Activations beside their derivatives: by hand, by automatic differentiation, and by central differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

REACH = 2.0
POINTS = {"smoke": 81, "quick": 801, "full": 4001}
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


def ask(_: str) -> sb.Spec:
    """A neuron of weight z and input 1 whose loss grows as fast as its output: the gradient is f'(z)."""
    rule = sb.optimizers.sgd(0.1)  # which nothing here follows
    neuron = sb.Spec(
        data=sb.data.generator(far_below), model="neuron", loss="mae", output="tanh", optimizer=rule, steps=1
    )
    return neuron.vary(output=[*ASKED, *MORE])


def far_below(_: np.random.Generator) -> tuple[np.ndarray, np.ndarray, str]:
    """Input 1, and a target so low that the absolute error is the output plus a constant."""
    return np.ones((1, 1)), np.full((1, 1), -1e3), "real"


def measure(lab: sb.Lab) -> dict[str, xr.Dataset]:
    """f and f' on a grid by the engine, the same by hand, and f by hand a little to either side of it."""
    grid, question = np.linspace(-REACH, REACH, POINTS[lab.profile]), ask(lab.profile)
    return {
        "engine": lab.landscape(question, grid, np.zeros(1), "engine"),
        "by_hand": lab.landscape(question, grid, np.array([-WIDTH / 2, 0.0, WIDTH / 2]), "by_hand", engine="reference"),
    }


def tell(records: Mapping[str, xr.Dataset]) -> sb.Page:
    """The page: derivations, curves beside formulas, and how far the three ways of differentiating differ."""
    engine, by_hand = records["engine"], records["by_hand"]
    names = engine["output"].values.tolist()
    found = {name: differences(name, engine, by_hand) for name in names}
    asked = [name for name in names if name in ASKED]
    more = [name for name in names if name not in ASKED]
    sections = [
        *([sb.Section("Derivatives by hand", list(derivations(asked)))] if asked else []),
        *(sb.Section(title, list(curves(number, chosen, by_hand)))
          for number, (title, chosen) in enumerate((("The three activations", asked), ("Further activations", more)))
          if chosen),
        sb.Section("Checked", list(checks(found, engine))),
    ]  # fmt: skip
    return sb.Page(sections, {"differences": found, "largest": extremes(names, by_hand)})


def derivations(names: list[str]) -> Iterator[sb.Prose | sb.Formula]:
    """How each of the three derivatives is found."""
    for name in names:
        words, formula = STEPS[name]
        yield sb.Prose(f"**{name}.** {words}")
        yield sb.Formula(formula, f"the derivative of {name}, step by step")


def curves(number: int, names: list[str], by_hand: xr.Dataset) -> Iterator[sb.Prose | sb.Figure | sb.Formula]:
    """f and f' as curves, and each formula under its name."""
    rows = []
    for name in names:
        z, value, slope = on_grid(name, by_hand)
        rows.append(sb.figures.FunctionRow(name, z, value, np.where(jump(z, slope), np.nan, slope)))
    yield sb.Figure(f"curves_{number}", sb.figures.function_and_derivative(rows),
                    f"Activations f and their derivatives f′ on [−{REACH:g}, {REACH:g}], {len(rows[0].z):,} points. "
                    "Exact values: nothing is drawn at random, so nothing has an interval.",
                    f"Curves of {', '.join(names)} and their derivatives")  # fmt: skip
    for name in names:
        formula = FORMULAS.get(name.partition("(")[0])
        yield sb.Prose(f"**{name}**" + ("" if formula else ": an activation of one's own, known by its curve only."))
        if formula:
            yield sb.Formula(formula, f"{name} and its derivative")


def on_grid(name: str, record: xr.Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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
    return {"engine": float(np.abs(automatic - slope)[away].max()),
            "central": float(np.abs(central - slope)[away].max())}  # fmt: skip


def extremes(names: list[str], by_hand: xr.Dataset) -> dict[str, float]:
    """The largest derivative of each activation on the grid."""
    return {name: float(on_grid(name, by_hand)[2].max()) for name in names}


def checks(found: Mapping[str, Mapping[str, float]], engine: xr.Dataset) -> Iterator[sb.Prose | sb.Table]:
    """A table of the largest differences."""
    automatic = engine["gradient_weight"].dtype == np.float32
    how = "automatic differentiation in float32" if automatic else "itself (the reference engine differentiates so)"
    rows: list[tuple[Any, ...]] = [(name, f"{one['engine']:.1e}", f"{one['central']:.1e}")
                                   for name, one in found.items()]  # fmt: skip
    yield sb.Prose(
        f"The derivative by hand, in double precision, beside {how} and beside a central difference of width "
        f"{WIDTH:g}. At z = 0 an activation with a kink has no derivative: that point is left out."
    )
    yield sb.Table(("activation", "largest difference to the engine", "to a central difference"), rows,
                   f"Largest absolute differences of the derivatives on {engine.sizes['weight']:,} points of "
                   f"[−{REACH:g}, {REACH:g}]. Deterministic.")  # fmt: skip


study = sb.Study(
    name="activation_derivatives",
    title="Activations and their derivatives",
    source="EE449 homework 1 (2024), question 1.1, and the report on it",
    question="What are the derivatives of tanh, sigmoid and ReLU, and of any other activation, and does what a "
    "framework computes agree with the formulas?",
    measure=measure,
    tell=tell,
    seeds={"smoke": 1, "quick": 1, "full": 1},
    decided=(
        "the interval is [-2, 2]; the report says nothing of the number of points",
        "the derivative of ReLU at 0, which does not exist, is taken as 0 in training and drawn as a gap",
        "prelu and rrelu are leaky ReLU with a slope that is learned or drawn, crelu is two ReLUs side by side: none "
        "is a function of one number with a derivative of its own, so none is among the further activations",
    ),
    reduced={"smoke": "81 points instead of 801"},
    takes={"smoke": "10 s", "quick": "10 s", "full": "10 s"},
    figures=("tanh, sigmoid and ReLU with their derivatives", "further activations with theirs"),
)
