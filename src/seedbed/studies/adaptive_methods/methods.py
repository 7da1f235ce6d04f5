"""The methods and networks of the sheet, and those of Zeiler's and of Garbin's tables."""

from __future__ import annotations

from typing import Any

import seedbed as sb

L2, DROP = "L2", "L2 and dropout"
ADADELTA, SLOW = "AdaDelta", "AdaDelta at 0.001"
RATES = (1.0, 0.1, 0.01, 0.001, 0.0001)
TABLE_1 = {  # test error in percent at these rates: Zeiler 2012, table 1
    "SGD": (2.26, 2.51, 7.02, 17.01, 58.10),
    "momentum": (89.68, 2.03, 2.68, 6.98, 16.98),
    "AdaGrad": (43.76, 2.82, 1.79, 5.21, 12.59),
}
EPSILONS, RHOS = (1e-2, 1e-4, 1e-6, 1e-8), (0.9, 0.95, 0.99)
TABLE_2 = ((2.59, 2.58, 2.32), (2.05, 1.99, 2.28), (1.90, 1.83, 2.05), (2.29, 2.13, 2.00))  # epsilon by rho: table 2
DEADLY = ("RMSProp 0.01", "SGD 0.1, momentum 0.99", "RMSProp 0.001")


def methods(l2: float) -> dict[str, dict[str, Any]]:
    """The sheet's five methods, AdaDelta at the paper's rate and at Keras's."""
    words = sb.optimizers
    found = {
        "AdaGrad": words.adagrad(0.01, l2=l2),
        "RMSProp": words.rmsprop(0.001, decay=0.9, l2=l2),
        "RMSProp + Nesterov": words.rmsprop_nesterov(0.001, decay=0.9, momentum=0.9, l2=l2),
        ADADELTA: words.adadelta(1.0, decay=0.95, l2=l2),
        SLOW: words.adadelta(0.001, decay=0.95, l2=l2),
        "Adam": words.adam(0.001, l2=l2),
    }
    return {name: {"optimizer": one} for name, one in found.items()}


def network(widths: tuple[int, ...], of_input: float = 0.0, hidden: float = 0.0) -> Any:
    """Dense layers of ReLU units; with dropout on the input and behind every hidden layer where it is not 0."""
    layers = sb.layers
    found = [layers.flatten(), *[layers.dropout(of_input)] * (of_input > 0)]
    for width in widths:
        found += [layers.dense(width), layers.activation(), *[layers.dropout(hidden)] * (hidden > 0)]
    return sb.models.sequential(found, activation="relu")


def zeiler(train: int, test: int, epochs: float) -> sb.Spec:
    """784-500-300-10, ReLU, batches of 100: the network of both tables."""
    return sb.Spec(
        data=sb.data.mnist(train=train, test=test),
        model=network((500, 300)),
        loss="cross_entropy",
        optimizer=sb.optimizers.sgd(0.1),
        batch_size=100,
        steps=sb.epochs(epochs),
        trace=sb.epochs(epochs),
        splits=("test",),
        probes=(),
    )


def table_1(question: sb.Spec) -> sb.Spec:
    """SGD, momentum 0.9 and AdaGrad at five rates."""
    words = sb.optimizers
    rules = (words.sgd(0.1), words.momentum(0.1), words.adagrad(0.1))
    methods = {name: {"optimizer": rule} for name, rule in zip(TABLE_1, rules, strict=True)}
    return question.vary(method=methods).vary(learning_rate=RATES)


def table_2(question: sb.Spec) -> sb.Spec:
    """AdaDelta at four epsilons and three rhos."""
    asked = question.replace(optimizer=sb.optimizers.adadelta(1.0, decay=0.95, eps=1e-6))
    return asked.vary(eps=EPSILONS, decay=RHOS)


def deadly(train: int, test: int, epochs: float, width: int) -> sb.Spec:
    """Two hidden layers with dropout 0.1 and 0.5 under three optimizers, two of which are said to kill it (Garbin)."""
    words = sb.optimizers
    rules = (words.rmsprop(0.01, decay=0.9), words.momentum(0.1, momentum=0.99), words.rmsprop(0.001, decay=0.9))
    question = sb.Spec(
        data=sb.data.mnist(train=train, test=test),
        model=network((width, width), 0.1, 0.5),
        loss="cross_entropy",
        optimizer=rules[0],
        batch_size=128,
        steps=sb.epochs(epochs),
        trace=sb.epochs(epochs),
        splits=("test",),
        probes=(),
    )
    return question.vary(optimizer={name: {"optimizer": rule} for name, rule in zip(DEADLY, rules, strict=True)})
