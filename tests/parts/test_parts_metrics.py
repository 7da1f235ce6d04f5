"""Laws of the metrics: each against its slow twin, and a NaN is never right."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seedbed import vocabulary
from seedbed.errors import PartError
from seedbed.parts.metrics import METRICS, RATES, finished
from seedbed.reference import metrics as reference
from seedbed.vocabulary.metrics import COUNTED

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


@pytest.fixture(params=sorted(TWINS))
def name(request):
    return request.param


def test_names_are_those_of_the_vocabulary():
    assert set(METRICS) == set(vocabulary.TABLES["metric"]) == set(TWINS) | set(RATES)
    assert set(RATES) == COUNTED


def confusion(scores, predictions, targets, kind, positive):
    """TP, given and P of one class, or of one label of one output, example by example."""
    both = given = true = 0
    for score, prediction, target in zip(scores, predictions, targets, strict=True):
        if kind == "classes":
            says, is_it = int(np.argmax(score)) == positive, target == positive
        else:
            unit, upper = positive
            above = prediction[unit] > 0.5 if kind in BINARY else score[unit] > 0
            says, is_it = bool(above) == upper, bool(target[unit] > (0.5 if kind in BINARY else 0)) == upper
        both, given, true = both + (says and is_it), given + says, true + is_it
    return both, given, true


def slow_rate(name, scores, predictions, targets, kind):
    units = scores.shape[1]
    listed = range(units) if kind == "classes" else [(u, True) for u in range(units)]
    if name == "balanced_accuracy" and kind != "classes":
        listed = [(u, upper) for u in range(units) for upper in (True, False)]
    found = [confusion(scores, predictions, targets, kind, one) for one in listed]
    if kind == "classes" or name == "balanced_accuracy":
        found = [one for one in found if one[2] > 0]
    value = {
        "balanced_accuracy": lambda both, given, true: both / true,
        "recall": lambda both, given, true: both / true if true else 0.0,
        "precision": lambda both, given, true: both / given if given else 0.0,
        "f1": lambda both, given, true: 2 * both / (given + true) if given + true else 0.0,
    }[name]
    return float(np.mean([value(*one) for one in found]))


@pytest.mark.parametrize("name", sorted(RATES))
@pytest.mark.parametrize("kind", ["binary", "logit", "sign", "classes"])
@pytest.mark.parametrize("units", [1, 4])
def test_rates_of_counts_equal_their_slow_twins_and_the_reference(name, kind, units):
    columns = list(examples(kind, n=60, units=units))
    if kind == "classes" and units == 4:
        columns[2] = np.minimum(columns[2], 2)  # the last class never occurs, and is given
    each = jax.vmap(lambda *example: METRICS[name](*example, kind=kind))(*map(jnp.asarray, columns))
    fast = finished(name, each.sum(axis=0), 60, kind)
    np.testing.assert_allclose(fast, slow_rate(name, *columns, kind), rtol=1e-6)
    z, y_hat, y = (*columns[:2], np.eye(units)[columns[2]] if kind == "classes" else columns[2])
    by_hand = reference.METRICS[name](z[None], y_hat[None], y[None], "binary" if kind == "logit" else kind)
    np.testing.assert_allclose(
        reference.finished(name, by_hand, "binary" if kind == "logit" else kind), fast, rtol=1e-6
    )


@pytest.mark.parametrize("name", sorted(RATES))
def test_rates_where_nothing_is_given_or_nothing_is_there(name):
    says_no, none_there = jnp.full((5, 1), -1.0), jnp.zeros((5, 1))
    each = jax.vmap(lambda z, y: METRICS[name](z, z, y, kind="logit"))(says_no, none_there)
    value = float(finished(name, each.sum(axis=0), 5, "logit"))
    assert value == (1.0 if name == "balanced_accuracy" else 0.0)


def test_a_nan_is_given_no_class():
    for kind, target in (("binary", jnp.zeros(1)), ("sign", -jnp.ones(1)), ("classes", jnp.int32(0))):
        both, given, true = METRICS["recall"](jnp.full(1, jnp.nan), jnp.full(1, jnp.nan), target, kind)
        assert not both.any()
        assert not given.any()
        assert true.any()


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
