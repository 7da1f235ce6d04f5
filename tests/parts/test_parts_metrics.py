"""Laws of the metrics: each against its slow twin, and a NaN is never right."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seedbed import vocabulary
from seedbed.errors import PartError
from seedbed.parts.metrics import METRICS

KINDS = ("binary", "logit", "sign", "classes", "real")
BINARY = ("binary", "logit")


def examples(kind, n=200, units=4):
    """Scores on a coarse grid, so that ties and zeros are common."""
    rng = np.random.default_rng(0)
    score = rng.integers(-2, 3, (n, units)).astype(np.float32)
    probability = 1 / (1 + np.exp(-score))
    prediction = {**dict.fromkeys(BINARY, probability),
                  "classes": np.exp(score) / np.exp(score).sum(1, keepdims=True)}  # fmt: skip
    target = {
        **dict.fromkeys(BINARY, rng.integers(0, 2, (n, units)).astype(np.float32)),
        "sign": rng.choice([-1.0, 1.0], (n, units)).astype(np.float32),
        "classes": rng.integers(0, units, n).astype(np.int32),
        "real": rng.integers(-2, 3, (n, units)).astype(np.float32),
    }[kind]
    return score, prediction.get(kind, score).astype(np.float32), target


def slow_accuracy(score, prediction, target, kind):
    if kind == "classes":
        return float(np.argmax(score) == target)
    said = prediction > 0.5 if kind in BINARY else score > 0
    return float(all(a == b for a, b in zip(said, target > (0.5 if kind in BINARY else 0), strict=True)))


def slow_within(score, prediction, target, kind, tolerance=0.5):
    true = np.eye(prediction.size)[target] if kind == "classes" else target
    return float(all(abs(a - b) < tolerance for a, b in zip(prediction, true, strict=True)))


def slow_squared_error(score, prediction, target, kind):
    true = np.eye(prediction.size)[target] if kind == "classes" else target
    return float(np.mean((prediction.astype(float) - true) ** 2))


TWINS = {"accuracy": slow_accuracy, "within": slow_within, "squared_error": slow_squared_error}


@pytest.fixture(params=sorted(METRICS))
def name(request):
    return request.param


def test_names_are_those_of_the_vocabulary():
    assert set(METRICS) == set(vocabulary.TABLES["metric"]) == set(TWINS)


def test_signatures_are_alike(name, defaults):
    taken = list(inspect.signature(METRICS[name]).parameters)
    assert taken == ["score", "prediction", "target", "kind", *defaults("metric", name)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("units", [1, 4])
def test_twin(name, kind, units, defaults):
    if (name, kind) == ("accuracy", "real"):
        return
    columns = examples(kind, units=units)
    options = defaults("metric", name)

    def one(*example):
        return METRICS[name](*example, kind=kind, **options)

    fast = jax.vmap(one, in_axes=(-1, -1, -1))(*(jnp.moveaxis(jnp.asarray(column), 0, -1) for column in columns))
    slow = [TWINS[name](*example, kind, **options) for example in zip(*columns, strict=True)]
    assert fast.dtype == jnp.float32
    np.testing.assert_allclose(fast, slow, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_nan_is_never_right(name, kind):
    if (name, kind) == ("accuracy", "real"):
        return
    said = jnp.array([jnp.nan, 1.0])
    for target in jnp.array([0, 1]) if kind == "classes" else jnp.array([[0.0, 1.0], [-1.0, 1.0], [1.0, 1.0]]):
        value = METRICS[name](said, said, target, kind)
        assert value == 0 or jnp.isnan(value)


def test_binary_accuracy_follows_the_prediction_where_there_is_no_sigmoid():
    score = jnp.array([0.3])  # a linear unit trained on labels: above 0, and yet nearer to label 0
    assert METRICS["accuracy"](score, score, jnp.zeros(1), "binary") == 1


def test_dead_scores_all_name_the_first_class():
    score = jnp.zeros(3)
    assert [METRICS["accuracy"](score, score, jnp.int32(label), "classes") for label in range(3)] == [1, 0, 0]


def test_accuracy_refuses_real_targets():
    with pytest.raises(PartError, match=r'accuracy needs .*, got targets of kind "real"; take'):
        METRICS["accuracy"](jnp.ones(1), jnp.ones(1), jnp.ones(1), "real")
