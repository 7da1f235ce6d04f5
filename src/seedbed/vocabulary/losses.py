"""Losses by name, each for one example, with how the examples of a batch are combined.

`y_hat` is the prediction (the output activation applied), `z` the raw output of the model, called a score or a
logit. Losses in `ON_SCORE` take z, because computing them from y_hat would overflow; the others take y_hat.
"""

from typing import Any

from seedbed.errors import PartError, one_of
from seedbed.vocabulary.numbers import Number, Word
from seedbed.vocabulary.part import Dial, Part, part
from seedbed.vocabulary.schedules import dial, levels
from seedbed.vocabulary.words import find_in

WEIGHT = "_weight"
ON_SCORE = frozenset({"cross_entropy", "perceptron", "hinge"})
SIGNED = frozenset({"perceptron", "hinge"})  # they compare with signs


def l2(reduction: Word = "mean") -> Part:
    """L = sum over output units of (y_hat - y)^2, without the factor 1/2 that some texts put in front.

    Of classes, y is the one-hot vector of the label and y_hat the softmax of the scores.
    Source: CIS680 assignment 1, part 1, question 2.
    """
    return _loss("l2", reduction)


def mse(reduction: Word = "mean") -> Part:
    """L = mean over output units of (y_hat - y)^2; for one unit the same as l2. A class counts as in l2."""
    return _loss("mse", reduction)


def mae(reduction: Word = "mean") -> Part:
    """L = mean over output units of |y_hat - y|, gradient 0 at 0. A class counts as in l2."""
    return _loss("mae", reduction)


def cross_entropy(reduction: Word = "mean") -> Part:
    """Binary targets: L = -(y log y_hat + (1 - y) log(1 - y_hat)), y_hat = sigmoid(z), summed over output units.

    Classes: L = -log softmax(z)[y]. In nats, computed from z without overflow; dL/dz = y_hat - y. So the output
    activation belongs to the loss, and no other may be asked for.

    Source: CIS680 assignment 1, part 1, question 4; Dube homework 2, problem 2.
    """
    return _loss("cross_entropy", reduction)


def perceptron(reduction: Word = "mean") -> Part:
    """L = sum over output units of max(0, -y z), y in {-1, 1} (labels 0 and 1 are mapped to them).

    Gradient 0 at y z = 0. Source: Dube homework 2, problem 1 (a = 0).
    """
    return _loss("perceptron", reduction)


def hinge(margin: Number = 1.0, reduction: Word = "mean") -> Part:
    """L = sum over output units of max(0, margin - y z), y in {-1, 1} (labels 0 and 1 are mapped to them).

    The margin is a dial. Source: Dube homework 2, problem 1 (a = 1).
    """
    return _loss("hinge", reduction, margin=margin)


def heads(shared: Word = "weighted", **options: Any) -> Part:
    """A loss for each thing to predict: L = sum over heads h of weight_h L_h.

    One keyword per head of the data set, `heads(label="cross_entropy", width="l2")`, and `<head>_weight` for its weight
    (1 if absent), which is a dial. `shared="weighted"`: every weight follows the gradient of L; under plain gradient
    descent with rate r this is a learning rate r weight_h for each loss, and the shared layers follow the sum of both.
    `shared="sum"`: the shared layers follow the plain sum of the L_h, and only the layers of head h itself are trained
    weight_h times as fast; the loss kept is the plain sum.

    Source: CIS680 assignment 1, part 3, question 2 (rate 0.1 for the cross-entropy, 0.001 for L2).
    """
    names = [name for name in options if not name.endswith(WEIGHT)]
    one_of(shared, ("weighted", "sum"), "shared of heads", PartError)
    if not names:
        raise PartError('heads takes a loss per head, got none; write heads(label="cross_entropy", width="l2")')
    if stray := [name for name in options if name.endswith(WEIGHT) and name.removesuffix(WEIGHT) not in names]:
        raise PartError(f"{stray[0]} weighs no head of this loss (it has {', '.join(names)}); name its loss too")
    chosen = {name: find_in(TABLE, "loss", options[name]) for name in names}
    if inner := [name for name, loss in chosen.items() if loss.name == "heads" and loss.function is None]:
        raise PartError(f"the loss of head {inner[0]} has heads itself; give it the loss of one head")
    weights = {name + WEIGHT: _weight(name, options.get(name + WEIGHT, 1.0)) for name in names}
    return Part("loss", "heads", tuple(sorted({"shared": shared, **chosen, **weights}.items())))


def of_head(loss: Part, name: str) -> Part:
    """The loss of one head; a question about a single thing has a head without a name."""
    return loss[name] if name else loss


def head_names(loss: Part) -> tuple[str, ...]:
    """The heads a loss names, in alphabetical order; none where it is the loss of a single thing."""
    if loss.name != "heads" or loss.function is not None:
        return ()
    return tuple(name for name, value in loss.options if isinstance(value, Part) and value.kind == "loss")


def _weight(name: str, value: Any) -> Dial | Part:
    made = dial(value, f"weight of head {name}")
    for weight in levels(made):
        if weight < 0:
            raise PartError(f"the weight of head {name} must not be negative, got {weight:g}; write 0 or more")
    return made


def _loss(name: str, reduction: Word, **dials: Number) -> Part:
    one_of(reduction, ("mean", "sum"), f"the reduction of {name}", PartError)
    return part("loss", name, reduction=reduction, **{key: dial(v, f"{key} of {name}") for key, v in dials.items()})


TABLE = {word.__name__: word for word in (l2, mse, mae, cross_entropy, perceptron, hinge, heads)}
