"""Initial draws in jax: `f(key, shape, dtype, **dials)` gives one weight array, or the pair (weight, bias).

Where it gives the weight alone, biases are set by `parts.redraw`. Shapes follow jax's order (*space, in, out):
fan_in = in * space, fan_out = out * space. Dials may be traced. A function of `jax.nn.initializers` fits in the same
place. Laws and sources stand in `seedbed.vocabulary.initializers`.
Each draw is one call of `jax.random` with a fixed law, scaled afterwards: threefry is slow to compile on CPU, and so
programs that differ in scale alone share it.
"""

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike, DTypeLike
from jaxtyping import Array, Float, PRNGKeyArray

from seedbed.errors import PartError

Weight = Float[Array, "..."]
Shape = Sequence[int]


def constant(key: PRNGKeyArray, shape: Shape, dtype: DTypeLike = jnp.float32, *, value: ArrayLike) -> Weight:  # noqa: ARG001
    """Every weight equals `value`."""
    return jnp.full(shape, value, dtype)


def zeros(key: PRNGKeyArray, shape: Shape, dtype: DTypeLike = jnp.float32) -> Weight:  # noqa: ARG001
    """Every weight is 0."""
    return jnp.zeros(shape, dtype)


def normal(key: PRNGKeyArray, shape: Shape, dtype: DTypeLike = jnp.float32, *, std: ArrayLike) -> Weight:
    """w ~ N(0, std^2)."""
    return jnp.asarray(std, dtype) * jax.random.normal(key, shape, dtype)


def truncated_normal(key: PRNGKeyArray, shape: Shape, dtype: DTypeLike = jnp.float32, *, std: ArrayLike) -> Weight:
    """w ~ N(0, std^2) given |w| <= 2 std.

    Elsewhere: jax.nn.initializers.truncated_normal widens the law until its deviation is std.
    """
    return jnp.asarray(std, dtype) * jax.random.truncated_normal(key, -2.0, 2.0, shape, dtype)


def uniform(key: PRNGKeyArray, shape: Shape, dtype: DTypeLike = jnp.float32, *, bound: ArrayLike) -> Weight:
    """w ~ U(-bound, bound)."""
    return jnp.asarray(bound, dtype) * jax.random.uniform(key, shape, dtype, -1.0, 1.0)


def glorot_normal(key: PRNGKeyArray, shape: Shape, dtype: DTypeLike = jnp.float32, *, gain: ArrayLike = 1.0) -> Weight:
    """w ~ N(0, 2 gain^2 / (fan_in + fan_out))."""
    return normal(key, shape, dtype, std=jnp.asarray(gain) * math.sqrt(2 / sum(fans(shape))))


def glorot_uniform(key: PRNGKeyArray, shape: Shape, dtype: DTypeLike = jnp.float32, *, gain: ArrayLike = 1.0) -> Weight:
    """w ~ U(-r, r), r = gain sqrt(6 / (fan_in + fan_out))."""
    return uniform(key, shape, dtype, bound=jnp.asarray(gain) * math.sqrt(6 / sum(fans(shape))))


def he_normal(key: PRNGKeyArray, shape: Shape, dtype: DTypeLike = jnp.float32, *, gain: ArrayLike = 1.0) -> Weight:
    """w ~ N(0, 2 gain^2 / fan_in)."""
    return normal(key, shape, dtype, std=jnp.asarray(gain) * math.sqrt(2 / fans(shape)[0]))


def he_uniform(key: PRNGKeyArray, shape: Shape, dtype: DTypeLike = jnp.float32, *, gain: ArrayLike = 1.0) -> Weight:
    """w ~ U(-r, r), r = gain sqrt(6 / fan_in)."""
    return uniform(key, shape, dtype, bound=jnp.asarray(gain) * math.sqrt(6 / fans(shape)[0]))


def lecun_normal(key: PRNGKeyArray, shape: Shape, dtype: DTypeLike = jnp.float32, *, gain: ArrayLike = 1.0) -> Weight:
    """w ~ N(0, gain^2 / fan_in)."""
    return normal(key, shape, dtype, std=jnp.asarray(gain) * math.sqrt(1 / fans(shape)[0]))


def lecun_uniform(key: PRNGKeyArray, shape: Shape, dtype: DTypeLike = jnp.float32, *, gain: ArrayLike = 1.0) -> Weight:
    """w ~ U(-r, r), r = gain sqrt(3 / fan_in)."""
    return uniform(key, shape, dtype, bound=jnp.asarray(gain) * math.sqrt(3 / fans(shape)[0]))


def orthogonal(key: PRNGKeyArray, shape: Shape, dtype: DTypeLike = jnp.float32, *, gain: ArrayLike = 1.0) -> Weight:
    """The matrix (fan_in, out) is gain times one with orthonormal columns, or rows where out is the larger."""
    fans(shape)  # refuses a vector
    return jnp.asarray(gain, dtype) * jax.nn.initializers.orthogonal()(key, shape, dtype)


def rai(
    key: PRNGKeyArray, shape: Shape, dtype: DTypeLike = jnp.float32, *, gain: ArrayLike = 0.6007
) -> tuple[Weight, Weight]:
    """The weights and the bias of a unit ~ N(0, gain^2 / fan_in), then one of them, drawn evenly, ~ Beta(2, 1)."""
    fan_in, _ = fans(shape)
    rows, chosen, root = (jax.random.fold_in(key, number) for number in range(3))
    row = (fan_in + 1, shape[-1])
    plain = normal(rows, row, dtype, std=jnp.asarray(gain) * math.sqrt(1 / fan_in))
    positive = jnp.sqrt(jax.random.uniform(root, row[1:], dtype))  # P(root < x) = x^2, which is Beta(2, 1)
    here = jnp.arange(row[0])[:, None] == jax.random.randint(chosen, row[1:], 0, row[0])[None]
    drawn = jnp.where(here, positive[None], plain)
    return drawn[:-1].reshape(*shape), drawn[-1]


def fans(shape: Shape) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight of shape (*space, in, out).

    Raises: PartError for a vector or a scalar, which has neither.

    >>> fans((3, 3, 16, 8))
    (144, 72)
    """
    if len(shape) < 2:
        raise PartError(
            f"an initial draw by fan-in needs a weight of shape (*space, in, out), got {tuple(shape)}; reshape it"
        )
    *space, into, out = shape
    return into * math.prod(space), out * math.prod(space)


INITIALIZERS = {
    "constant": constant,
    "zeros": zeros,
    "normal": normal,
    "truncated_normal": truncated_normal,
    "uniform": uniform,
    "glorot_normal": glorot_normal,
    "glorot_uniform": glorot_uniform,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "lecun_normal": lecun_normal,
    "lecun_uniform": lecun_uniform,
    "orthogonal": orthogonal,
    "rai": rai,
}
