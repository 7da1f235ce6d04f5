"""Every part in jax equals its NumPy twin: values, and gradients that were derived by hand there and traced here."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seedbed import reference
from seedbed.parts.activations import ACTIVATIONS
from seedbed.parts.losses import LOSSES
from seedbed.parts.optimizers import OPTIMIZERS
from seedbed.vocabulary import TABLES, Dial

Z = np.array([-40.0, -7.0, -1.5, -0.3, -1e-3, 0.0, 1e-3, 0.2, 0.9, 3.0, 25.0])


def numbers(part):
    return {name: value.value if isinstance(value, Dial) else value for name, value in part.options}


@pytest.mark.parametrize("name", TABLES["activation"])
def test_activation(name, double):
    options = numbers(TABLES["activation"][name]())
    twin, upstream = reference.ACTIVATIONS[name], np.linspace(-1, 2, len(Z) * (2 if name == "crelu" else 1))
    if name == "rrelu":  # in evaluation the slope is the mean of its bounds; in training it is drawn
        slope = (options["lower"] + options["upper"]) / 2
        value, pullback = np.where(Z > 0, Z, slope * Z), upstream * np.where(Z > 0, 1, slope)
    else:
        value, pullback = twin.value(Z, **options), twin.pullback(Z, upstream, **options)
    ours, back = jax.vjp(lambda z: ACTIVATIONS[name](z, **options), jnp.asarray(Z))
    np.testing.assert_allclose(ours, value, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(back(jnp.asarray(upstream))[0], pullback, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_loss(name, double):
    options = {key: value for key, value in numbers(TABLES["loss"][name]()).items() if key != "reduction"}
    signed = name in ("perceptron", "hinge")
    outputs = np.array([-2.0, -0.4, 0.3, 1.7, 0.6])[:, None]
    targets = np.array([1.0, -1.0, 1.0, -1.0, 1.0] if signed else [0.0, 1.0, 1.0, 0.0, 1.0])[:, None]
    twin = reference.loss_for(name, "sign" if signed else "binary")
    value, gradient = twin.value(outputs, targets, **options), twin.gradient(outputs, targets, **options)
    one = jax.value_and_grad(lambda output, target: LOSSES[name](output, target, **options))
    ours, slope = jax.vmap(one)(jnp.asarray(outputs), jnp.asarray(targets))
    np.testing.assert_allclose(ours, value, rtol=1e-12)
    np.testing.assert_allclose(slope, gradient, rtol=1e-12)


@pytest.mark.parametrize("name", TABLES["optimizer"])
def test_optimizer(name, double):
    given = {"learning_rate": 0.05, "l2": 0.02} if name in ("sgd", "momentum", "nesterov") else {"l2": 0.02}
    options = numbers(TABLES["optimizer"][name](**given))
    rule, twin = OPTIMIZERS[name](**options), reference.OPTIMIZERS[name]
    weights, ours = np.array([1.0, -2.0, 0.5]), jnp.array([1.0, -2.0, 0.5])
    opt_state = {remembered: np.zeros(3) for remembered in twin.remembers}
    state = rule.init(ours)
    for step in range(1, 21):
        update, opt_state = twin.step(weights, np.sin(3 * weights) + weights, opt_state, step, **options)
        weights = weights + update
        updates, state = rule.update(jnp.sin(3 * ours) + ours, state, ours)
        ours = ours + updates
    np.testing.assert_allclose(ours, weights, rtol=1e-9)
