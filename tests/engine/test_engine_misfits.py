"""What does not fit is told in one sentence before anything runs; a user's own parts fit wherever names do."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from conftest_engine import Trainer
from jaxtyping import Array

from seedbed.errors import PartError, SpecError
from seedbed.spec import Spec
from seedbed.vocabulary import own

SEEDS = tuple(range(6))


def by_numpy(z: Array) -> Any:
    return np.tanh(np.asarray(z))


def halving(z: Array) -> Array:
    return z[::2]


def whole(z: Array) -> Array:
    return (z > 0).astype(int)


def rooted(z: Array) -> Array:
    return jnp.sqrt(z)


def pole(z: Array) -> Array:
    return 1 / z


def half_guarded(z: Array) -> Array:
    return jnp.where(z > 0, jnp.sqrt(z), 0.0)


@pytest.mark.parametrize(
    ("activation", "sentence"),
    [
        (by_numpy, r'activation "by_numpy" cannot be differentiated by jax: .*; write it with jax.numpy'),
        (halving, r'activation "halving" must keep the shape of its input, got \(2,\) from \(4,\)'),
        (whole, r'activation "whole" must return floating point numbers, got int'),
        (rooted, r'activation "rooted" must be finite for every finite z, got nan at z = -3; return a number'),
        (pole, r'activation "pole" must be finite for every finite z, got inf at z = 0'),
        (
            half_guarded,
            r'activation "half_guarded" must have a finite slope for every finite z, got nan at z = -3; jnp',
        ),
    ],
)
def test_own_activation_that_does_not_fit(
    question: Spec, train: Trainer, activation: Callable[..., Any], sentence: str
) -> None:
    with pytest.raises(PartError, match=sentence):
        train(question.change("model.activation", activation), SEEDS)


def kinked(z: Array) -> Array:
    return jnp.sqrt(jnp.abs(z))


def test_own_activation_without_a_slope_at_zero(question: Spec, train: Trainer) -> None:
    """The slope of sqrt |z| at 0 is infinite, but no draw hits 0."""
    (block,) = train(question.replace(steps=20).change("model.activation", kinked), SEEDS)
    assert np.isfinite(block.arrays["final_train_loss"]).all()


def test_own_model_of_another_output_shape(question: Spec, train: Trainer) -> None:
    def three_outputs(key: Array) -> eqx.Module:
        return eqx.nn.Sequential([eqx.nn.Lambda(jnp.ravel), eqx.nn.Linear(16, 3, key=key)])

    with pytest.raises(PartError, match=r'model "three_outputs".*must return \(1,\) for one example .*got \(3,\)'):
        train(question.replace(model=three_outputs), SEEDS)


def test_own_model_that_fails(question: Spec, train: Trainer) -> None:
    def broken(key: Array) -> eqx.Module:
        raise ValueError("no such thing")

    with pytest.raises(PartError, match=r'model "broken" cannot be built: no such thing'):
        train(question.replace(model=broken), SEEDS)


def test_own_model_without_numbers_to_train(question: Spec, train: Trainer) -> None:
    def constant(key: Array) -> eqx.Module:
        return eqx.nn.Lambda(lambda x: jnp.ravel(x)[:1])

    with pytest.raises(PartError, match=r'model "constant" has no arrays of its own, so there is nothing to train'):
        train(question.replace(model=constant), SEEDS)


def test_own_model_that_returns_nothing(question: Spec, train: Trainer) -> None:
    class Silent(eqx.Module):
        layer: eqx.nn.Linear

        def __init__(self, key: Array) -> None:
            self.layer = eqx.nn.Linear(16, 1, key=key)

        def __call__(self, x: Array) -> None:
            return None

    with pytest.raises(PartError, match=r'model "Silent" must return an array for one example, got NoneType'):
        train(question.replace(model=Silent), SEEDS)


def test_own_model_that_is_drawn_already(question: Spec, train: Trainer) -> None:
    model = eqx.nn.MLP(16, 1, 4, 1, key=jax.random.key(0))
    with pytest.raises(PartError, match="is a model already, and every member draws its own; give its class"):
        train(question.replace(model=model), SEEDS)


def test_own_activation_that_ends_the_program(question: Spec, train: Trainer) -> None:
    def leaving(z: Array) -> Array:
        raise SystemExit("bye")

    with pytest.raises(PartError, match='activation "leaving" fails: bye; let it take one array'):
        train(question.change("model.activation", leaving), SEEDS)


def test_batch_larger_than_the_data(question: Spec, train: Trainer) -> None:
    with pytest.raises(SpecError, match="a batch of 65 was asked for, the data set has 64 examples"):
        train(question.replace(batch_size=65), SEEDS)


def test_own_parts_everywhere(question: Spec, train: Trainer) -> None:
    """An own model, activation, loss, optimizer, initializer and metric train; an own dial is on the member axis."""

    def my_net(key: Array) -> eqx.Module:
        first, second = jax.random.split(key)
        return eqx.nn.Sequential([eqx.nn.Lambda(jnp.ravel), eqx.nn.Linear(16, 4, key=first), eqx.nn.Lambda(jnp.tanh),
                                  eqx.nn.Linear(4, 1, key=second)])  # fmt: skip

    def my_loss(score: Array, target: Array) -> Array:
        return jnp.sum((score - target) ** 4)

    def my_rule(learning_rate: Any) -> optax.GradientTransformation:
        return optax.sgd(learning_rate)

    def my_metric(score: Array, prediction: Array, target: Array) -> Array:
        return jnp.abs(score - target).mean()

    asked = question.replace(
        model=my_net, loss=my_loss, optimizer=own("optimizer", my_rule, learning_rate=0.01),
        initializer=jax.nn.initializers.he_normal(), metrics=(my_metric,), stop=None, steps=30,
    )  # fmt: skip
    slow, fast = train(asked.vary(learning_rate=[0.0, 0.01]), SEEDS)
    assert (slow.arrays["final_train_loss"] == slow.arrays["train_loss"][:, 0]).all()
    assert (fast.arrays["final_train_loss"] < fast.arrays["train_loss"][:, 0]).all()
    assert np.isfinite(fast.arrays["final_train_my_metric"]).all()


def test_own_activation_equals_the_named_one(question: Spec, train: Trainer) -> None:
    def my_leaky(z: Array, slope: Array) -> Array:
        return jnp.where(z > 0, z, slope * z)

    asked = question.replace(steps=50)
    (mine,) = train(asked.change("model.activation", own("activation", my_leaky, slope=0.1)), SEEDS)
    (named,) = train(asked.change("model.activation", "leaky_relu(slope=0.1)"), SEEDS)
    np.testing.assert_allclose(mine.arrays["train_loss"], named.arrays["train_loss"], rtol=1e-5)
