"""Small questions and data sets that the tests of the reference engine share."""

import numpy as np

from seedbed.datasets.dataset import dataset
from seedbed.reference import train
from seedbed.spec import Spec
from seedbed.vocabulary import initializers, optimizers

SEEDS = np.arange(3)


def ask(**changes) -> Spec:
    given = {
        "data": "point",
        "model": "neuron",
        "loss": "l2",
        "optimizer": optimizers.sgd(0.5),
        "steps": 20,
        "trace": 1,
    }
    return Spec(**{**given, **changes})


def start(weight: float, bias: float = 0.0):
    return initializers.constant(weight, bias)


def point(x: float = 1.0, y: float = 0.5, target: str = "binary"):
    return dataset([[x]], [y], target, soft=target == "binary")


def line(n: int = 12, features: int = 2, seed: int = 0):
    """Real targets on a plane, so that a neuron can fit them."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, features)).astype(np.float32)
    return dataset(x, x @ np.arange(1, features + 1) + 0.5, "real")


def bits(seed: int = 1):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, (16, 2, 3))
    return dataset(x, (x.sum((1, 2)) > 3).astype(float), "binary")


def falling(**changes):
    """Members with their own initial draws on the plane; their losses fall steadily, each from its own height."""
    return train(ask(optimizer=optimizers.sgd(0.05), steps=60, **changes), line(), np.arange(6))
