"""Schedules: `f(step, unit, **numbers)` is the value at a step, traced. Formulas: `seedbed.vocabulary.schedules`.

`unit` is how many steps the unit of a schedule has: 1, or those of an epoch. Lengths are multiplied by it rather than
the step divided: products of whole numbers are exact, so that a drop after two epochs falls on its own step.
"""

from collections.abc import Callable, Mapping, Sequence

import jax.numpy as jnp
from jaxtyping import Array

Number = float | Array
Value = Callable[[Array], Array]


def constant(step: Array, unit: int, value: Number) -> Array:  # noqa: ARG001
    """f(t) = value."""
    return jnp.asarray(value, step.dtype)


def drops(step: Array, unit: int, values: Sequence[Number], at: Sequence[Number]) -> Array:
    """f(t) = values[k], k the number of entries of `at` that are at most t."""
    value = jnp.asarray(values[0], step.dtype)
    for after, when in zip(values[1:], at, strict=True):
        value = jnp.where(step >= when * unit, after, value)
    return value


def exponential(
    step: Array, unit: int, start: Number, factor: Number, every: Number = 1.0, staircase: bool = False
) -> Array:
    """f(t) = start factor^(t / every), the exponent rounded down where it is a staircase."""
    period = every * unit
    done = (step - jnp.mod(step, period)) / period
    return start * factor ** (jnp.round(done) if staircase else step / period)


def cosine(step: Array, unit: int, high: Number, length: Number, low: Number = 0.0) -> Array:
    """f(t) = low + (high - low) (1 + cos(pi t / length)) / 2 up to t = length, then low."""
    return _eased(high, low, _share(step, length * unit))


def warm_up(step: Array, unit: int, then: Value, length: Number, start: Number = 0.0) -> Array:
    """f(t) = start + (g(0) - start) t / length up to t = length, then g(t - length); `then` is g, of steps."""
    end = length * unit
    rising = start + (then(jnp.zeros_like(step)) - start) * _share(step, end)
    return jnp.where(step < end, rising, then(jnp.maximum(step - end, 0)))


def one_cycle(
    step: Array, unit: int, high: Number, length: Number, pct_start: Number = 0.3, div_factor: Number = 25.0,
    final_div_factor: Number = 1e4, anneal: str = "cosine", three_phase: bool = False,
) -> Array:  # fmt: skip
    """Up from high / div_factor to high, then down to high / (div_factor final_div_factor)."""
    whole, low = length * unit, high / div_factor
    least, top = low / final_div_factor, pct_start * whole - 1
    ends = [(top, low, high)]
    ends += [(2 * pct_start * whole - 2, high, low), (whole - 1, low, least)] if three_phase else []
    ends += [] if three_phase else [(whole - 1, high, least)]
    between = _eased if anneal == "cosine" else _straight
    value, began = jnp.asarray(least, step.dtype), [jnp.zeros_like(step), *(end for end, _, _ in ends)]
    for first, (end, a, b) in reversed(list(zip(began, ends, strict=False))):
        value = jnp.where(step <= end, between(a, b, _share(step - first, end - first)), value)
    return value


def triangular(step: Array, unit: int, low: Number, high: Number, half_cycle: Number) -> Array:
    """f(t) = low + (high - low) p, p a triangle from 0 to 1 and back."""
    return low + (high - low) * _triangle(step, half_cycle * unit)[0]


def triangular2(step: Array, unit: int, low: Number, high: Number, half_cycle: Number) -> Array:
    """f(t) = low + (high - low) p / 2^c in cycle c."""
    p, cycle = _triangle(step, half_cycle * unit)
    return low + (high - low) * p * 0.5**cycle


def exp_range(
    step: Array, unit: int, low: Number, high: Number, half_cycle: Number, gamma: Number, reading: str = "amplitude"
) -> Array:
    """f(t) = low + (high - low) p gamma^t, or (low + (high - low) p) gamma^t where the bounds decline."""
    rise, less = (high - low) * _triangle(step, half_cycle * unit)[0], gamma ** (step / unit)
    return low + rise * less if reading == "amplitude" else (low + rise) * less


def sweep(step: Array, unit: int, low: Number, high: Number, length: Number, growth: str = "exponential") -> Array:
    """From low to high in `length`, by equal factors or in a straight line."""
    share = _share(step, length * unit)
    return low * (high / low) ** share if growth == "exponential" else _straight(low, high, share)


def reciprocal(step: Array, unit: int, then: Value) -> Array:  # noqa: ARG001
    """f(t) = 1 / g(t); `then` is g, of steps."""
    return 1 / then(step)


def _share(step: Array, length: Number) -> Array:
    """How much of a stretch has passed, from 0 to 1; all of one without length."""
    none = jnp.asarray(length) <= 0
    return jnp.where(none, jnp.where(step > 0, 1.0, 0.0), jnp.clip(step / jnp.where(none, 1, length), 0, 1))


def _straight(a: Number, b: Number, share: Array) -> Array:
    return a * (1 - share) + b * share  # exactly a and b at its ends


def _eased(a: Number, b: Number, share: Array) -> Array:
    return b + (a - b) * (1 + jnp.cos(jnp.pi * share)) / 2


def _triangle(step: Array, half: Number) -> tuple[Array, Array]:
    """The height p of the triangle and the number c of the cycle. A remainder is exact, so p does not drift."""
    place = jnp.mod(step, 2 * half)
    return 1 - jnp.abs(place / half - 1), jnp.round((step - place) / (2 * half))


SCHEDULES: Mapping[str, Callable[..., Array]] = {
    "constant": constant,
    "drops": drops,
    "exponential": exponential,
    "cosine": cosine,
    "warm_up": warm_up,
    "one_cycle": one_cycle,
    "triangular": triangular,
    "triangular2": triangular2,
    "exp_range": exp_range,
    "sweep": sweep,
    "reciprocal": reciprocal,
}
