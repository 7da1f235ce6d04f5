"""Convolution and pooling: against jax's own, against the loops of the reference, and where they keep a batch."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from seedbed.parts import convolution
from seedbed.parts.activations import ACTIVATIONS
from seedbed.parts.batched import elementwise, over_batch, works_number_by_number
from seedbed.parts.convolution import MANY, AvgPool2d, Conv2d, Form, MaxPool2d, form, out_size
from seedbed.reference.convolution import conv2d_loops
from seedbed.reference.pooling import average_pool_loops, max_pool_loops

CASES = [  # channels, height, width, kernel, out, stride, padding
    (1, 8, 8, 3, 16, 1, "valid"), (3, 9, 7, 2, 4, 2, "same"), (2, 30, 6, 3, 3, 1, 1), (1, 20, 5, 4, 2, 3, "same"),
    (2, 9, 9, 3, 2, 2, 2), (2, 18, 8, 7, 3, 1, "valid"), (2, 29, 6, 2, 3, 3, "valid"),
    (3, 19, 6, 5, 2, 1, "same"), (MANY, 7, 6, 3, 4, 1, "same"), (MANY, 8, 5, 3, 3, 2, "same"), (5, 4, 3, 1, 2, 1, 0),
    (5, 7, 4, 1, 2, 3, "valid"),
]  # fmt: skip


def over_examples(layer, xs):
    return jax.vmap(layer, in_axes=-1, out_axes=-1)(xs)


def oracle(layer, xs, stride, padding):
    """The same by jax's own convolution, examples last."""
    pads = {"valid": "VALID", "same": "SAME"}.get(padding, [(padding, padding)] * 2)
    y = lax.conv_general_dilated(jnp.moveaxis(xs, -1, 0), layer.weight, (stride, stride), pads)
    return jnp.moveaxis(y, 0, -1) + layer.bias[:, None, None, None]


def values_and_pulls(ours, theirs, upstream, *arguments):
    """The value of each function and its gradients along `upstream`, all in one program."""

    @jax.jit
    def compute(upstream, *arguments):
        pairs = [jax.vjp(function, *arguments) for function in (ours, theirs)]
        return [(value, back(upstream)) for value, back in pairs]

    return compute(upstream, *arguments)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_equals_lax_conv_with_all_gradients(case, double):
    channels, height, width, kernel, out, stride, padding = case
    layer = Conv2d(channels, out, kernel, jax.random.key(0), stride, padding)
    xs = jax.random.normal(jax.random.key(1), (channels, height, width, 5))
    shape = out, *(out_size(size, kernel, stride, padding) for size in (height, width)), 5
    upstream = jax.random.normal(jax.random.key(2), shape)
    (ours, mine), (theirs, others) = values_and_pulls(
        over_examples, lambda one, x: oracle(one, x, stride, padding), upstream, layer, xs
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
    for my, other in zip(jax.tree.leaves(mine), jax.tree.leaves(others), strict=True):
        np.testing.assert_allclose(my, other, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", ["banded", "rows", "lax"])
def test_every_form_gives_the_same_numbers(name, double, monkeypatch):
    monkeypatch.setattr(convolution, "form", lambda *_: Form(name, 2))
    layer = Conv2d(3, 4, 3, jax.random.key(0), 2, "same")
    xs, upstream = (jax.random.normal(jax.random.key(n), (n, *sides, 5)) for n, sides in ((3, (9, 7)), (4, (5, 4))))
    (ours, mine), (theirs, others) = values_and_pulls(
        over_examples, lambda one, x: oracle(one, x, 2, "same"), upstream, layer, xs
    )
    for my, other in zip(jax.tree.leaves((ours, mine)), jax.tree.leaves((theirs, others)), strict=True):
        np.testing.assert_allclose(my, other, rtol=1e-9, atol=1e-11)


def test_the_form_follows_from_shapes_and_the_backend():
    assert form(240, (3, 3), 1, 7, "cpu").name == "rows"
    assert form(240, (1, 1), 1, 7, "cpu").name == "product"
    assert form(240, (1, 1), 2, 7, "cpu").name == "rows"
    assert form(16, (5, 5), 1, 22, "cpu") == Form("banded", 8)
    assert form(16, (5, 5), 1, 22, "gpu").name == "lax"


@pytest.mark.parametrize(("stride", "padding"), [(1, "valid"), (2, "same"), (2, 2)])
def test_one_image_equals_the_loops_of_the_reference(stride, padding, double):
    layer = Conv2d(2, 3, 3, jax.random.key(3), stride, padding)
    x = np.random.default_rng(0).normal(size=(2, 7, 6))
    expected = conv2d_loops(x, np.asarray(layer.weight), np.asarray(layer.bias), stride, padding)
    np.testing.assert_allclose(layer(jnp.asarray(x)), expected, rtol=1e-10, atol=1e-12)


def test_gradient_is_the_central_difference(double):
    layer = Conv2d(2, 3, 3, jax.random.key(4), 2, "same")
    xs = jax.random.normal(jax.random.key(5), (2, 7, 6, 4))

    @jax.jit
    def loss(weight):
        return jnp.sum(jnp.sin(over_examples(Conv2dWith(layer, weight), xs)))

    gradient, h = jax.grad(loss)(layer.weight), 1e-6
    for place in [(0, 0, 0, 0), (2, 1, 2, 1), (1, 0, 1, 2)]:
        nudge = jnp.zeros_like(layer.weight).at[place].set(h)
        difference = (loss(layer.weight + nudge) - loss(layer.weight - nudge)) / (2 * h)
        np.testing.assert_allclose(gradient[place], difference, rtol=1e-7)


def Conv2dWith(layer, weight):
    import equinox as eqx

    return eqx.tree_at(lambda one: one.weight, layer, weight)


def test_weights_that_differ_from_example_to_example(double):
    """Not the engine's use, but a user may vectorize over anything."""
    layers = jax.vmap(lambda key: Conv2d(1, 2, 3, key))(jax.random.split(jax.random.key(6), 4))
    xs = jax.random.normal(jax.random.key(7), (4, 1, 6, 6))
    together = jax.jit(jax.vmap(lambda one, x: one(x)))(layers, xs)
    apply = jax.jit(lambda one, x: one(x))
    for index in range(4):
        alone = apply(jax.tree.map(lambda array, index=index: array[index], layers), xs[index])
        np.testing.assert_allclose(together[index], alone, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("window", "stride"), [(2, 2), (3, 2), (2, 3)])
def test_pooling_equals_reduce_window_ties_included(window, stride, double):
    rng = np.random.default_rng(1)
    xs = jnp.asarray(rng.integers(0, 3, (3, 9, 8, 6)).astype(float))  # many ties
    form = {"window_dimensions": (1, window, window, 1), "window_strides": (1, stride, stride, 1), "padding": "VALID"}

    def largest(x):
        return lax.reduce_window(x, -jnp.inf, lax.max, **form)

    def mean(x):
        return lax.reduce_window(x, 0.0, lax.add, **form) / window**2

    for pool, oracle in ((MaxPool2d(window, stride), largest), (AvgPool2d(window, stride), mean)):
        upstream = jnp.asarray(rng.normal(size=jax.eval_shape(oracle, xs).shape))
        (ours, mine), (theirs, others) = values_and_pulls(partial(over_examples, pool), oracle, upstream, xs)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
        np.testing.assert_allclose(mine[0], others[0], rtol=1e-12, atol=1e-14)


def test_pooling_of_one_image_equals_the_loops_of_the_reference(double):
    x = np.random.default_rng(2).normal(size=(2, 7, 6))
    np.testing.assert_allclose(MaxPool2d(2, 2)(jnp.asarray(x)), max_pool_loops(x, 2, 2))
    np.testing.assert_allclose(AvgPool2d(3, 2)(jnp.asarray(x)), average_pool_loops(x, 3, 2))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_named_activation_keeps_the_batch_in_its_place(name):
    options = [jnp.float32(0.1)] * {"leaky_relu": 1, "prelu": 1, "rrelu": 2, "elu": 1}.get(name, 0)
    assert works_number_by_number(ACTIVATIONS[name], len(options))
    layer = elementwise(ACTIVATIONS[name])
    traced = jax.make_jaxpr(jax.grad(lambda xs: jnp.sum(over_examples(lambda x: layer(*options, x), xs) ** 2)))
    moved = [equation for equation in traced(jnp.ones((3, 4, 5))).jaxpr.eqns if equation.primitive.name == "transpose"]
    there_and_back = [tuple(equation.params["permutation"]) for equation in moved]
    assert len(there_and_back) % 2 == 0  # each is undone by its neighbor, so XLA drops both


@pytest.mark.parametrize("function", [jax.nn.softmax, lambda x: x[::-1], lambda x: x - x.mean(), jnp.sort, jnp.cumsum])
def test_a_function_of_several_numbers_sees_one_example(function):
    assert not works_number_by_number(function, 0)
    xs = jax.random.normal(jax.random.key(8), (5, 7))
    expected = jnp.stack([function(xs[:, index]) for index in range(7)], axis=-1)
    np.testing.assert_allclose(over_examples(elementwise(function), xs), expected, rtol=1e-6)


def test_over_batch_hands_the_whole_batch_over_once():
    seen = []

    def on_batch(w, xs):
        seen.append(xs.shape)
        return w @ xs

    layer = over_batch(on_batch)
    over_examples(lambda x: layer(jnp.ones((2, 3)), x), jnp.ones((3, 11)))
    assert seen[-1] == (3, 11)  # what was seen before is one example, looked at and dropped
