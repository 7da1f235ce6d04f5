"""The convolution of images, twice: in nested loops to read, and without loops to train; with all three pullbacks.

What deep learning calls a convolution is a cross-correlation: the kernel is laid on the image without being turned.
In the loops x is one example `(channel, height, width)`. Without loops it is `(..., example, channel, height, width)`,
leading axes are members, and the convolution is a dense layer on patches: each place of the window is one row of
features. A weight is `([...,] out, channel, a, b)`, a bias `([...,] out)`.
Source: Dumoulin, Visin 2016, A guide to convolution arithmetic for deep learning.
"""

import numpy as np
from jaxtyping import Float

from seedbed.reference.layers import dense, dense_input_pullback, dense_weight_pullback
from seedbed.reference.windows import Padding, border, pad, pad_pullback, places, windows, windows_pullback

Image = Float[np.ndarray, "channel height width"]
Kernel = Float[np.ndarray, "out channel a b"]
Bias = Float[np.ndarray, " out"]
Map = Float[np.ndarray, "out row column"]

Images = Float[np.ndarray, "... example channel height width"]
Kernels = Float[np.ndarray, "... out channel a b"]
Biases = Float[np.ndarray, "... out"]
Maps = Float[np.ndarray, "... example out row column"]
Pair = tuple[int, int]


def conv2d_loops(x: Image, w: Kernel, b: Bias, stride: int = 1, padding: Padding = "valid") -> Map:
    """z_oij = b_o + sum_cak x_{c, stride i + a, stride j + k} w_ocak, x within its border of zeros.

    >>> conv2d_loops(np.arange(9.0).reshape(1, 3, 3), np.ones((1, 1, 2, 2)), np.zeros(1)).tolist()
    [[[8.0, 12.0], [20.0, 24.0]]]
    """
    size, window = x.shape[1:], w.shape[2:]
    x = pad(x, border(size, window, stride, padding))
    out = np.zeros((len(w), *places(size, window, stride, padding)))
    for o, i, j in np.ndindex(out.shape):
        out[o, i, j] += b[o]
        for c, a, k in np.ndindex(w.shape[1:]):
            out[o, i, j] += x[c, stride * i + a, stride * j + k] * w[o, c, a, k]
    return out


def conv2d_input_pullback_loops(
    w: Kernel, upstream: Map, size: Pair, stride: int = 1, padding: Padding = "valid"
) -> Image:
    """The loops of `conv2d_loops` once more: where it read x and multiplied by w, upstream times w is added to dL/dx.

    `size` is the (height, width) of x.
    """
    zeros = border(size, w.shape[2:], stride, padding)
    gradient = pad(np.zeros((w.shape[1], *size)), zeros)
    for o, i, j in np.ndindex(upstream.shape):
        for c, a, k in np.ndindex(w.shape[1:]):
            gradient[c, stride * i + a, stride * j + k] += upstream[o, i, j] * w[o, c, a, k]
    return pad_pullback(gradient, zeros)


def conv2d_weight_pullback_loops(
    x: Image, upstream: Map, window: Pair, stride: int = 1, padding: Padding = "valid"
) -> Kernel:
    """The same loops: where x was multiplied by w, upstream times x is added to dL/dw. `window` is (a, b) of w."""
    x = pad(x, border(x.shape[1:], window, stride, padding))
    gradient = np.zeros((len(upstream), len(x), *window))
    for o, i, j in np.ndindex(upstream.shape):
        for c, a, k in np.ndindex(gradient.shape[1:]):
            gradient[o, c, a, k] += upstream[o, i, j] * x[c, stride * i + a, stride * j + k]
    return gradient


def conv2d_bias_pullback_loops(upstream: Map) -> Bias:
    """The same loops: dL/db_o = sum_ij upstream_oij, for all places share the bias."""
    gradient = np.zeros(len(upstream))
    for o, i, j in np.ndindex(upstream.shape):
        gradient[o] += upstream[o, i, j]
    return gradient


def conv2d(x: Images, w: Kernels, b: Biases, stride: int = 1, padding: Padding = "valid") -> Maps:
    """`conv2d_loops` of every example and member: a dense layer whose rows are patches."""
    high, wide = places(x.shape[-2:], w.shape[-2:], stride, padding)
    z = dense(patches(x, w.shape[-2:], stride, padding), matrix(w), b)
    z = z.reshape(*z.shape[:-2], x.shape[-4], high, wide, z.shape[-1])
    return np.moveaxis(z, -1, -3)


def conv2d_input_pullback(
    w: Kernels, upstream: Maps, size: Pair, stride: int = 1, padding: Padding = "valid"
) -> Images:
    """The gradient of each patch, as in a dense layer, added up where patches overlap."""
    zeros = border(size, w.shape[-2:], stride, padding)
    (top, bottom), (left, right) = zeros
    seen = dense_input_pullback(matrix(w), rows(upstream))
    example, _, high, wide = upstream.shape[-4:]
    seen = seen.reshape(*seen.shape[:-2], example, high, wide, *w.shape[-3:])
    whole = (size[0] + top + bottom, size[1] + left + right)
    return pad_pullback(windows_pullback(np.moveaxis(seen, -3, -5), whole, stride), zeros)


def conv2d_weight_pullback(
    x: Images, upstream: Maps, window: Pair, stride: int = 1, padding: Padding = "valid"
) -> Kernels:
    """patches^T upstream, as in a dense layer: examples and places are summed, for they share the weight."""
    gradient = dense_weight_pullback(patches(x, window, stride, padding), rows(upstream)).swapaxes(-1, -2)
    return gradient.reshape(*gradient.shape[:-1], x.shape[-3], *window)


def conv2d_bias_pullback(upstream: Maps) -> Biases:
    """dL/db_o = sum_eij upstream_eoij."""
    return upstream.sum(axis=(-4, -2, -1))


def patches(
    x: Images, window: Pair, stride: int = 1, padding: Padding = "valid"
) -> Float[np.ndarray, "... place feature"]:
    """What the window sees, one row for each place of each example, features in the order (channel, a, b)."""
    seen = windows(pad(x, border(x.shape[-2:], window, stride, padding)), window, stride)
    example, channel, high, wide, tall, broad = seen.shape[-6:]
    return np.moveaxis(seen, -5, -3).reshape(*x.shape[:-4], example * high * wide, channel * tall * broad)


def rows(z: Maps) -> Float[np.ndarray, "... place out"]:
    """A map of scores with one row for each place of each example, as `patches` orders them."""
    return np.moveaxis(z, -3, -1).reshape(*z.shape[:-4], -1, z.shape[-3])


def matrix(w: Kernels) -> Float[np.ndarray, "... feature out"]:
    """The weight of a convolution as that of a dense layer on patches."""
    return w.reshape(*w.shape[:-3], -1).swapaxes(-1, -2)
