"""A layer is written for examples in the last axis, and called with one example.

Differentiated and vectorized automatically, a product over a batch leaves the batch in the middle, and every layer
then pays a transposition: 1.07 instead of 0.67 microseconds per network and step for a 16-4-1 net (LOG.md,
2026-11-21). So the layers that matter state what they do to a whole batch, and this module hands it to `jax.vmap`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

CALLS = ("jaxpr", "call_jaxpr", "fun_jaxpr")  # where an equation that is a call keeps what it calls
NUMBER_BY_NUMBER = """
abs acos acosh add add_any and asin asinh atan atan2 atanh cbrt ceil clamp convert_element_type copy copy_p cos cosh
digamma div eq erf erf_inv erfc exp exp2 expm1 floor ge gt integer_pow is_finite le lgamma log log1p logistic lt max
min mul ne neg nextafter not or pow rem round rsqrt select_n sign sin sinh sqrt square stop_gradient sub tan tanh xor
"""  # the names of jax's elementwise operations
ELEMENTWISE = frozenset(NUMBER_BY_NUMBER.split())


def sum_over_examples(of_examples: Array) -> Array:
    """The sum over the last axis as a product with ones, which is vectorized; XLA's own sum over it is not (LOG.md).

    In full precision, which GPUs give to products only on demand.
    """
    ones = jnp.ones(of_examples.shape[-1], of_examples.dtype)
    return jnp.matmul(of_examples, ones, precision="highest")


def over_batch(on_batch: Callable[..., Array]) -> Callable[..., Array]:
    """`f(*weights, x)` for one example, from `on_batch(*weights, xs)` with the examples of `xs` and its result last.

    Under `jax.vmap` over x alone the whole batch goes to `on_batch` at once; where weights are vectorized too, what
    vmap would do anyway.
    """

    def on_one(*arrays: Array) -> Array:
        *weights, x = arrays
        return on_batch(*weights, x[..., None])[..., 0]

    function = jax.custom_batching.custom_vmap(on_one)

    @function.def_vmap
    def rule(size: int, batched: Any, *arrays: Array) -> tuple[Array, bool]:
        flags = tuple(batched)
        if flags == (*(False for _ in flags[1:]), True):
            *weights, xs = arrays
            return jnp.moveaxis(on_batch(*weights, jnp.moveaxis(xs, 0, -1)), -1, 0), True
        axes = tuple(0 if flag else None for flag in flags)
        return jax.vmap(on_one, in_axes=axes, axis_size=size)(*arrays), True

    return function


def over_batch_with_summary(on_batch: Callable[..., tuple[Array, Any]]) -> Callable[..., tuple[Array, Any]]:
    """The same for a layer that looks at a batch as a whole: `on_batch(*weights, xs)` returns (result, summary).

    Under `jax.vmap` over x alone the summary is one for the whole batch; an example by itself is a batch of one.
    """

    def on_one(*arrays: Array) -> tuple[Array, Any]:
        *weights, x = arrays
        out, summary = on_batch(*weights, x[..., None])
        return out[..., 0], summary

    function = jax.custom_batching.custom_vmap(on_one)

    @function.def_vmap
    def rule(size: int, batched: Any, *arrays: Array) -> tuple[tuple[Array, Any], tuple[bool, Any]]:
        flags = tuple(batched)
        if flags == (*(False for _ in flags[1:]), True):
            *weights, xs = arrays
            out, summary = on_batch(*weights, jnp.moveaxis(xs, 0, -1))
            return (jnp.moveaxis(out, -1, 0), summary), (True, jax.tree.map(lambda _: False, summary))
        axes = tuple(0 if flag else None for flag in flags)
        found = jax.vmap(on_one, in_axes=axes, axis_size=size)(*arrays)
        return found, jax.tree.map(lambda _: True, found)

    return function


def elementwise(function: Callable[..., Array]) -> Callable[..., Array]:
    """`f(*options, x)` for one example, from `function(x, *options)`, with the batch kept in the last axis.

    What lies between two layers must keep the batch where they have it, or each of them pays a transposition of
    everything it passes on: 5.4 instead of 1.8 milliseconds per step of two 7x7 convolutions (LOG.md, 2026-11-21).
    `jax.vmap` cannot promise that: it moves the batch to the front of any function with a derivative of its own, as
    `jax.nn.relu` is. So a function that works on each number by itself is called on the whole batch.
    """

    def on_batch(*arrays: Array) -> Array:
        *values, xs = arrays
        if works_number_by_number(function, len(values)):
            return function(xs, *values)
        return jax.vmap(lambda x: function(x, *values), in_axes=-1, out_axes=-1)(xs)

    return over_batch(on_batch)


def works_number_by_number(function: Callable[..., Any], options: int) -> bool:
    """Whether all that `function(x, *options)` does to x is elementwise, or joins along the first axis.

    >>> works_number_by_number(jax.nn.silu, 0), works_number_by_number(jax.nn.softmax, 0)
    (True, False)
    """
    number = jax.ShapeDtypeStruct((), jnp.float32)
    traced = jax.make_jaxpr(function)(jax.ShapeDtypeStruct((3, 5), jnp.float32), *[number] * options)
    return all(_is_elementwise(equation) for equation in _equations(traced.jaxpr))


def _equations(jaxpr: Any) -> Iterator[Any]:
    """All equations, those inside calls in place of the calls."""
    for equation in jaxpr.eqns:
        inner = [equation.params[name] for name in CALLS if name in equation.params]
        if inner:
            yield from _equations(getattr(inner[0], "jaxpr", inner[0]))
        else:
            yield equation


def _is_elementwise(equation: Any) -> bool:
    name = equation.primitive.name
    if name == "concatenate":
        return equation.params["dimension"] == 0
    if name == "broadcast_in_dim":  # a single number spread over an array
        return all(getattr(one.aval, "shape", ()) in ((), equation.outvars[0].aval.shape) for one in equation.invars)
    return name in ELEMENTWISE
