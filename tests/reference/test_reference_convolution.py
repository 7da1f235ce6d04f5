"""Convolution and pooling: loops against scipy and against differences, and without loops against the loops."""

import numpy as np
import pytest
from central_differences import differences
from scipy.signal import correlate2d

from seedbed.errors import PartError
from seedbed.reference import convolution, layers, pooling, windows

SHAPES = [
    (1, "valid", (6, 5), (3, 3)),
    (1, "same", (6, 5), (3, 3)),
    (1, "same", (5, 4), (2, 4)),
    (2, "valid", (7, 6), (3, 2)),
    (2, "same", (7, 6), (3, 2)),
    (2, 1, (6, 7), (3, 3)),
    (3, 2, (5, 6), (2, 3)),
]
SHAPE = ("stride", "padding", "size", "window")


def drawn(size, window, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((2, *size)), rng.standard_normal((3, 2, *window)), rng.standard_normal(3)


@pytest.mark.parametrize(SHAPE, SHAPES)
def test_loops_against_scipy(stride, padding, size, window):
    """scipy's cross-correlation at all places, of which every stride-th is kept."""
    x, w, b = drawn(size, window)
    padded = windows.pad(x, windows.border(size, window, stride, padding))
    each = [[correlate2d(image, kernel, "valid") for image, kernel in zip(padded, unit, strict=True)] for unit in w]
    expected = np.sum(each, axis=1)[:, ::stride, ::stride] + b[:, None, None]
    np.testing.assert_allclose(convolution.conv2d_loops(x, w, b, stride, padding), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(SHAPE, SHAPES)
def test_pullbacks_in_loops_against_differences(stride, padding, size, window):
    x, w, b = drawn(size, window)
    how = (stride, padding)
    upstream = np.random.default_rng(1).standard_normal(convolution.conv2d_loops(x, w, b, *how).shape)

    def outcome(x=x, w=w, b=b):
        return np.sum(upstream * convolution.conv2d(x[None], w, b, *how)[0])

    checks = [
        (convolution.conv2d_input_pullback_loops(w, upstream, size, *how), lambda at: outcome(x=at), x),
        (convolution.conv2d_weight_pullback_loops(x, upstream, window, *how), lambda at: outcome(w=at), w),
        (convolution.conv2d_bias_pullback_loops(upstream), lambda at: outcome(b=at), b),
    ]
    for ours, f, at in checks:
        np.testing.assert_allclose(ours, differences(f, at), atol=1e-8)


@pytest.mark.parametrize(SHAPE, SHAPES)
def test_without_loops_as_with_loops(stride, padding, size, window):
    """Two members with weights of their own, three examples, which the members share in half of the cases."""
    rng, how = np.random.default_rng(2), (stride, padding)
    shared = stride == 1
    x = rng.standard_normal((3, 2, *size) if shared else (2, 3, 2, *size))
    w, b = rng.standard_normal((2, 4, 2, *window)), rng.standard_normal((2, 4))
    z = convolution.conv2d(x, w, b, *how)
    upstream = rng.standard_normal(z.shape)
    dx = convolution.conv2d_input_pullback(w, upstream, size, *how)
    dw = convolution.conv2d_weight_pullback(x, upstream, window, *how)
    db = convolution.conv2d_bias_pullback(upstream)
    for m, own in enumerate([x, x] if shared else x):
        for e, one in enumerate(own):
            np.testing.assert_allclose(z[m, e], convolution.conv2d_loops(one, w[m], b[m], *how), atol=1e-12)
            expected = convolution.conv2d_input_pullback_loops(w[m], upstream[m, e], size, *how)
            np.testing.assert_allclose(dx[m, e], expected, atol=1e-12)
        pairs = list(zip(own, upstream[m], strict=True))
        each = [convolution.conv2d_weight_pullback_loops(one, given, window, *how) for one, given in pairs]
        np.testing.assert_allclose(dw[m], np.sum(each, axis=0), atol=1e-12)
        each = [convolution.conv2d_bias_pullback_loops(given) for given in upstream[m]]
        np.testing.assert_allclose(db[m], np.sum(each, axis=0), atol=1e-12)


@pytest.mark.parametrize("size", range(3, 9))
@pytest.mark.parametrize("window", [2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_same_keeps_the_size_over_the_stride_and_puts_the_odd_zero_after(size, window, stride):
    image, side = (size, size), (window, window)
    assert windows.places(image, side, stride, "same") == (-(-size // stride),) * 2
    (before, after), _ = windows.border(image, side, stride, "same")
    assert after - before in (0, 1)


def test_what_does_not_fit_is_said():
    with pytest.raises(PartError, match="window of 7 x 7 does not fit in an image of 4 x 4"):
        windows.places((4, 4), (7, 7), 1)
    with pytest.raises(PartError, match="got 'full'"):
        windows.border((4, 4), (2, 2), 1, "full")
    with pytest.raises(PartError, match="got -1"):
        windows.border((4, 4), (2, 2), 1, -1)


POOLS = {
    "max": (pooling.max_pool_loops, pooling.max_pool_pullback_loops, pooling.max_pool, pooling.max_pool_pullback),
    "average": (
        pooling.average_pool_loops,
        pooling.average_pool_pullback_loops,
        pooling.average_pool,
        pooling.average_pool_pullback,
    ),
}


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize(("window", "stride"), [(2, 2), (3, 2), (2, 1), (2, 3)])
@pytest.mark.parametrize("size", [(6, 6), (7, 5)])
def test_pooling(name, window, stride, size):
    """Loops against differences, no loops against loops; windows that overlap, touch, leave gaps, leave a rest."""
    loops, pullback_loops, pool, pullback = POOLS[name]
    rng = np.random.default_rng(3)
    x = rng.permutation(2 * 2 * 2 * size[0] * size[1]).reshape(2, 2, 2, *size) / 100  # no two alike
    y = pool(x, window, stride)
    upstream = rng.standard_normal(y.shape)
    back = pullback(x, upstream, window, stride)
    for place in np.ndindex(2, 2):
        np.testing.assert_allclose(y[place], loops(x[place], window, stride), rtol=1e-12)
        expected = pullback_loops(x[place], upstream[place], window, stride)
        np.testing.assert_allclose(back[place], expected, atol=1e-12)
    one, given = x[0, 0], upstream[0, 0]
    by_differences = differences(lambda at: np.sum(given * loops(at, window, stride)), one)
    np.testing.assert_allclose(pullback_loops(one, given, window, stride), by_differences, atol=1e-8)


def test_the_first_maximum_gets_the_whole_gradient():
    x = np.array([[[1.0, 3.0, 0.0, 0.0], [3.0, 3.0, 0.0, 0.0]]])
    upstream = np.array([[[5.0, 7.0]]])
    expected = [[[0, 5, 7, 0], [0, 0, 0, 0]]]
    np.testing.assert_array_equal(pooling.max_pool_pullback_loops(x, upstream), expected)
    np.testing.assert_array_equal(pooling.max_pool_pullback(x, upstream), expected)


def test_a_pooled_image_loses_what_is_left_over():
    x = np.arange(15.0).reshape(1, 3, 5)
    np.testing.assert_array_equal(pooling.max_pool(x), [[[6, 8]]])
    assert not pooling.average_pool_pullback(x, np.ones((1, 1, 2)))[:, 2].any()


def test_flattening_and_joining_give_back_what_they_took():
    rng = np.random.default_rng(4)
    x, upstream = rng.standard_normal((5, 2, 3, 4)), rng.standard_normal((5, 24))
    np.testing.assert_array_equal(layers.flatten(x), [one.ravel() for one in x])
    back = layers.flatten_pullback(upstream, (2, 3, 4))
    by_differences = differences(lambda at: np.sum(upstream * layers.flatten(at)), x)
    np.testing.assert_allclose(back, by_differences, atol=1e-8)
    parts, weights = [x, rng.standard_normal((5, 3, 3, 4))], rng.standard_normal((5, 5, 3, 4))
    assert layers.concatenate(parts, axis=-3).shape == (5, 5, 3, 4)
    shares = layers.concatenate_pullback(weights, (2, 3), axis=-3)
    for number, share in enumerate(shares):

        def outcome(at, number=number):
            changed = [at if place == number else part for place, part in enumerate(parts)]
            return np.sum(weights * layers.concatenate(changed, axis=-3))

        np.testing.assert_allclose(share, differences(outcome, parts[number]), atol=1e-8)
