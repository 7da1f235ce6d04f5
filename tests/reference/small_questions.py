"""Small questions and data sets that the tests of the reference engine share."""

import numpy as np

from seedbed.datasets.dataset import dataset
from seedbed.reference import initial_weights, train
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


def pictures(n: int = 6, size: int = 6, channels: int = 1, seed: int = 2):
    """Images with two things to predict: which half is the brighter one, and by how much."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, channels, size, size) if channels > 1 else (n, size, size))
    more = x[..., : size // 2].sum(tuple(range(1, x.ndim))) - x[..., size // 2 :].sum(tuple(range(1, x.ndim)))
    return x, {"side": (more > 0).astype(float), "much": more / size}


def two_heads(**sizes):
    x, targets = pictures(**sizes)
    return dataset(x, targets, {"side": "binary", "much": "real"})


def one_head(**sizes):
    x, targets = pictures(**sizes)
    return dataset(x, targets["side"], "binary")


def one_member(network, rng):
    """The weights of a single member, with its axis."""
    return [{part: array[np.newaxis] for part, array in own.items()} for own in initial_weights(network, None, rng)]


def parameter_count(network) -> int:
    drawn = initial_weights(network, None, np.random.default_rng(0))
    return sum(array.size for layer in drawn for array in layer.values())
