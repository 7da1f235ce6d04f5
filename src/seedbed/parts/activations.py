"""Activations in jax, elementwise on one example. A network's layers, and what of them is learned, is `parts.layers`.

Formulas, defaults and sources stand in `seedbed.vocabulary.activations`; options come as keyword arguments and may be
traced. NaN in gives NaN out everywhere: a diverged network must not look alive behind a rectifier. Gradients stay
finite for any finite z: no branch that is not taken may overflow.
"""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PRNGKeyArray


def identity(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """f(z) = z."""
    return z


def sigmoid(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """f(z) = 1 / (1 + exp(-z))."""
    return jax.nn.sigmoid(z)


def tanh(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """f(z) = tanh z."""
    return jnp.tanh(z)


def relu(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """f(z) = max(0, z), with derivative 0 at 0.

    Elsewhere: `jnp.maximum(z, 0)` has derivative 1/2 at 0; `jax.nn.relu` makes vmap move the batch (see `batched`).
    """
    return jnp.where(z <= 0, 0, z)


def leaky_relu(z: Float[Array, "*shape"], slope: ArrayLike) -> Float[Array, "*shape"]:
    """f(z) = z where z > 0, else slope z; the derivative at 0 is the slope.

    Elsewhere: jax.nn.leaky_relu has derivative 1 at 0.
    """
    return jnp.where(z > 0, z, slope * z)


def prelu(z: Float[Array, "*shape"], slope: ArrayLike) -> Float[Array, "*shape"]:
    """f(z) = z where z > 0, else slope z; the layer that calls it learns the slope."""
    return leaky_relu(z, slope)


def rrelu(
    z: Float[Array, "*shape"], lower: ArrayLike, upper: ArrayLike, key: PRNGKeyArray | None = None
) -> Float[Array, "*shape"]:
    """f(z) = z where z > 0, else a z, with a ~ U(lower, upper) for every element; without a key a is their mean."""
    if key is None:
        return leaky_relu(z, (jnp.asarray(lower) + upper) / 2)
    return leaky_relu(z, jax.random.uniform(key, z.shape, z.dtype, lower, upper))


def crelu(z: Float[Array, "channel *space"]) -> Float[Array, "twice *space"]:
    """f(z) = [max(0, z), max(0, -z)] along axis 0, the channels."""
    return jnp.concatenate([relu(z), relu(-z)], axis=0)


def elu(z: Float[Array, "*shape"], alpha: ArrayLike) -> Float[Array, "*shape"]:
    """f(z) = z where z > 0, else alpha (exp(z) - 1); the derivative at 0 is alpha."""
    return jax.nn.elu(z, alpha)


def selu(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """f(z) = 1.0507 z where z > 0, else 1.0507 * 1.6733 (exp(z) - 1), with the constants in full precision."""
    return jax.nn.selu(z)


def softplus(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """f(z) = log(1 + exp(z))."""
    return jax.nn.softplus(z)


def gelu(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """f(z) = z Phi(z).

    Elsewhere: jax.nn.gelu approximates Phi by a tanh unless told not to.
    """
    return jax.nn.gelu(z, approximate=False)


def silu(z: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """f(z) = z sigmoid(z)."""
    return jax.nn.silu(z)


ACTIVATIONS = {
    "identity": identity,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "prelu": prelu,
    "rrelu": rrelu,
    "crelu": crelu,
    "elu": elu,
    "selu": selu,
    "softplus": softplus,
    "gelu": gelu,
    "silu": silu,
}
