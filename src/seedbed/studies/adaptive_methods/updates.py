"""The five updates as formulas, each term explained, and how large the first update of each is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import seedbed as sb

BEGIN = """
    Everywhere g is the gradient of the loss of a batch with respect to one weight w, L2 included (g + λ w stands for
    g), and every product, square and root is taken weight by weight. η is the **learning rate**, ε a small number that
    keeps a division by zero away. What a method remembers starts at 0."""
FORMULAS = (  # method, Typst, in words, what its terms and hyperparameters are
    ("AdaGrad", "s <- s + g^2, quad w <- w - eta / (sqrt(s) + epsilon) g",
     "s grows by the squared gradient; the weight moves by the rate over root s plus epsilon, times the gradient",
     "**AdaGrad** (Duchi, Hazan, Singer 2011). s is the sum of all squared gradients that this weight has ever had, so "
     "η/√s is a rate of its own for every weight: large where gradients were rare or small. The sum never falls, so "
     "every rate falls for ever, about as 1/√t. Hyperparameters: η (0.01), ε (10⁻¹⁰)."),
    ("RMSProp", "s <- rho s + (1 - rho) g^2, quad w <- w - eta / (sqrt(s) + epsilon) g",
     "s is a running mean of squared gradients; the weight moves by the rate over root s plus epsilon, times g",
     "**RMSProp** (Hinton 2012). The sum becomes a running mean that forgets: ρ is the share kept at each step, so s "
     "remembers about 1/(1 − ρ) steps, 10 here, and rates can rise again. Hyperparameters: η (0.001), ρ (0.9), ε "
     "(10⁻⁸)."),
    ("RMSProp with Nesterov momentum", "u = g / (sqrt(s) + epsilon), quad v <- mu v + u, quad w <- w - eta (u + mu v)",
     "u is the scaled gradient, v a momentum of it; the weight moves by the rate times u plus mu times v",
     "**RMSProp with Nesterov momentum.** s as in RMSProp. v gathers the scaled gradients u: what points the same way "
     "again and again is taken up to 1/(1 − μ) times, 10 times here. The update looks one step of momentum ahead "
     "(u + μ v instead of v). This is not Nadam, which averages g before it is scaled. Hyperparameters: η (0.001), ρ "
     "(0.9), μ (0.9), ε (10⁻⁸)."),
    ("AdaDelta", "s <- rho s + (1 - rho) g^2, quad u = sqrt(d + epsilon) / sqrt(s + epsilon) g, quad "
     "d <- rho d + (1 - rho) u^2, quad w <- w - eta u",
     "s is the running mean of squared gradients, d that of squared updates; u is root d over root s, times g",
     "**AdaDelta** (Zeiler 2012). d is the running mean of the squared updates u. The ratio √d/√s has the unit of a "
     "weight over a gradient, so the update has the unit of a weight and needs no rate: η is 1 in the paper. At the "
     "start d is 0, and ε alone decides how fast anything begins. Hyperparameters: ρ (0.95), ε (10⁻⁶), and η, which "
     "Keras sets to 0.001: both are run here."),
    ("Adam", "m <- beta_1 m + (1 - beta_1) g, quad s <- beta_2 s + (1 - beta_2) g^2, quad "
     "hat(m) = m / (1 - beta_1^t), quad hat(s) = s / (1 - beta_2^t), quad "
     "w <- w - eta / (sqrt(hat(s)) + epsilon) hat(m)",
     "m and s are running means of the gradient and its square, each divided by what corrects its start at zero",
     "**Adam** (Kingma and Ba 2014). m is a running mean of the gradient itself, a momentum, and s that of its square, "
     "over about 10 and 1,000 steps. Both start at 0 and are therefore too small at first; after t steps 1 − βᵗ is the "
     "share of the weights of the mean that has been given out, and dividing by it corrects that. Hyperparameters: η "
     "(0.001), β₁ (0.9), β₂ (0.999), ε (10⁻⁸)."),
)  # fmt: skip
DIFFERENT = (
    "AdaDelta replaces RMSProp's rate η by the running size √d of its own past updates; Adam adds a momentum m of the "
    "gradient and corrects both running means for their start at 0"
)


def formulas(context: sb.Context) -> Iterator[Any]:
    """Every update with its terms, and the size of its first step."""
    yield BEGIN
    for _, typst, words, terms in FORMULAS:
        yield sb.Formula(typst, words)
        yield terms
    yield f"**What differs from RMSProp.** {DIFFERENT}."
    record = context.record()
    if "update_ratio" not in record:
        return
    first = record["update_ratio"].sel(step=0).isel(layer=0)
    n, kept = record.sizes["seed"], record["regularizer"].values[0]
    sizes = {
        name: sb.stats.scores.mean(first.sel({"method": name, "regularizer": kept}).values)
        for name in first["method"].values
    }
    yield sb.Reading("first_update", sizes)
    yield sb.Table(
        ("method", "first update / weights"),
        [(name, sb.show.interval(one, sb.show.number)) for name, one in sizes.items()],
        f"Norm of the first update of the first layer over the norm of its weights ({kept}): mean over n = {n} members "
        "with 95 % intervals. Where the gradient is large beside ε, a first update moves a weight by η with AdaGrad "
        "and Adam, by η/√(1 − ρ) = 3.2 η with RMSProp, and by √(ε/(1 − ρ)) η = 0.0045 η with AdaDelta; AdaDelta's ε is "
        "added under the root, so that weights with gradients below about 0.004 move less than that.",
    )
    told = "; ".join(f"{name} {sb.show.interval(one, sb.show.number)}" for name, one in sizes.items())
    yield sb.Answer(
        f"{DIFFERENT}. How each begins, as the first update of the first layer over its weights: {told} (n = {n}, 95 % "
        "intervals)."
    )
