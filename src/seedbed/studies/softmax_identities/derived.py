"""Both derivatives, step by step: what the sheet asks to be shown."""

import seedbed as sb

SOFTMAX = [
    """
    Write S for the sum of all exponentials. It contains every v_j, so o_i depends on every v_j, and the quotient rule
    has two cases: the numerator depends on v_j only if j = i.""",
    sb.Formula(
        "o_i = e^(v_i) / S, quad S = sum_(m=1)^k e^(v_m), quad (partial S) / (partial v_j) = e^(v_j)",
        "o_i is the exponential of v_i divided by S; the derivative of S by v_j is the exponential of v_j",
    ),
    "**i = j.** Numerator and denominator both change.",
    sb.Formula(
        "(partial o_i) / (partial v_i) = (e^(v_i) S - e^(v_i) e^(v_i)) / S^2 = e^(v_i) / S dot (S - e^(v_i)) "
        "/ S = o_i (1 - o_i)",
        "for i = j the quotient rule gives o_i times one minus o_i",
    ),
    "**i ≠ j.** The numerator is a constant; only S changes.",
    sb.Formula(
        "(partial o_i) / (partial v_j) = (0 dot S - e^(v_i) e^(v_j)) / S^2 = - e^(v_i) / S dot e^(v_j) / S = - o_i o_j",
        "for i not equal to j the quotient rule gives minus o_i o_j",
    ),
    "Both cases in one line, and as a matrix. The sheet prints ∂o_i/∂v_i for both; the second case needs v_j.",
    sb.Formula(
        '(partial o_i) / (partial v_j) = o_i (delta_(i j) - o_j), quad J = "diag"(o) - o o^T',
        "the derivative is o_i times Kronecker delta minus o_j; the Jacobian is the diagonal matrix of o "
        "minus o times o transposed",
    ),
    """
    Three things follow, and are measured below. Every row of J sums to 0, because probabilities keep the sum 1 and
    because adding a number to all scores changes nothing. J is symmetric. No eigenvalue is negative: for any u, uᵀJu is
    the variance of u under the probabilities o.""",
    sb.Answer(
        "By the quotient rule: v_j is in the denominator of every o_i, which gives −o_i o_j, and in the numerator "
        "only for i = j, which adds o_i (derived step by step, nothing uncertain)."
    ),
]
CROSS_ENTROPY = [
    "The chain rule through every o_i, with the first result put in; the term i = j is taken out of the sum.",
    sb.Formula(
        "(partial L) / (partial v_j) = - sum_(i=1)^k y_i / o_i (partial o_i) / (partial v_j) = - y_j / o_j "
        "o_j (1 - o_j) + sum_(i != j) y_i / o_i o_i o_j",
        "the derivative of L is minus the sum of y_i over o_i times the derivative of o_i",
    ),
    "The outputs in the denominators cancel. What is left is o_j times the sum of all y_i, and that sum is 1.",
    sb.Formula(
        "(partial L) / (partial v_j) = - y_j + y_j o_j + sum_(i != j) y_i o_j = - y_j + o_j sum_(i=1)^k y_i = "
        "o_j - y_j",
        "the outputs cancel, the labels sum to one, and o_j minus y_j is left",
    ),
    """
    That y is one-hot was used only through its sum: the identity holds for any label distribution. The division by o_j,
    which would be a division by 0 for a class that is out of the question, happens on paper only: whoever computes
    o − y never meets it.""",
    sb.Answer(
        "By the chain rule through every output: the o_i in the denominators cancel, the labels sum to 1, and "
        "o_j − y_j is left (derived step by step, nothing uncertain)."
    ),
]
