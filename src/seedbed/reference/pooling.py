"""Pooling: one number for each window of an image, its maximum or its mean; in loops to read, and without loops.

In the loops x is one example `(channel, height, width)`, without loops `(..., height, width)`. What is left over at
the lower and right border, where the window does not fit any more, is not looked at.
"""

import numpy as np
from jaxtyping import Float

from seedbed.reference.windows import Images, Windows, places, windows, windows_pullback

Image = Float[np.ndarray, "channel height width"]
Map = Float[np.ndarray, "channel row column"]
Maps = Float[np.ndarray, "... row column"]


def max_pool_loops(x: Image, window: int = 2, stride: int = 2) -> Map:
    """y_cij = max over a, b < window of x_{c, stride i + a, stride j + b}.

    >>> max_pool_loops(np.arange(16.0).reshape(1, 4, 4)).tolist()
    [[[5.0, 7.0], [13.0, 15.0]]]
    """
    out = np.zeros((len(x), *places(x.shape[1:], (window, window), stride)))
    for c, i, j in np.ndindex(out.shape):
        a, b = first_maximum(x, (c, stride * i, stride * j), window)
        out[c, i, j] = x[c, a, b]
    return out


def max_pool_pullback_loops(x: Image, upstream: Map, window: int = 2, stride: int = 2) -> Image:
    """The whole of upstream goes to the first maximum of its window, row by row; the others get nothing.

    Elsewhere: jax.numpy.max shares it among equals.
    """
    gradient = np.zeros(x.shape)
    for c, i, j in np.ndindex(upstream.shape):
        a, b = first_maximum(x, (c, stride * i, stride * j), window)
        gradient[c, a, b] += upstream[c, i, j]
    return gradient


def first_maximum(x: Image, corner: tuple[int, int, int], window: int) -> tuple[int, int]:
    """Where the maximum of a window lies, the first in the order of reading; `corner` is (channel, top, left)."""
    c, top, left = corner
    best = top, left
    for a, b in np.ndindex(window, window):
        if x[c, top + a, left + b] > x[c, *best]:
            best = top + a, left + b
    return best


def average_pool_loops(x: Image, window: int = 2, stride: int = 2) -> Map:
    """y_cij = (1 / window^2) sum over a, b < window of x_{c, stride i + a, stride j + b}."""
    out = np.zeros((len(x), *places(x.shape[1:], (window, window), stride)))
    for c, i, j in np.ndindex(out.shape):
        for a, b in np.ndindex(window, window):
            out[c, i, j] += x[c, stride * i + a, stride * j + b] / window**2
    return out


def average_pool_pullback_loops(x: Image, upstream: Map, window: int = 2, stride: int = 2) -> Image:
    """Every number of a window gets the same share of upstream, 1 / window^2."""
    gradient = np.zeros(x.shape)
    for c, i, j in np.ndindex(upstream.shape):
        for a, b in np.ndindex(window, window):
            gradient[c, stride * i + a, stride * j + b] += upstream[c, i, j] / window**2
    return gradient


def max_pool(x: Images, window: int = 2, stride: int = 2) -> Maps:
    """`max_pool_loops` without loops."""
    return windows(x, (window, window), stride).max(axis=(-2, -1))


def max_pool_pullback(x: Images, upstream: Maps, window: int = 2, stride: int = 2) -> Images:
    """`max_pool_pullback_loops` without loops: argmax gives the first maximum."""
    seen = windows(x, (window, window), stride)
    # seen may lack the member axis that upstream has: compared and multiplied, the two broadcast.
    first = seen.reshape(*seen.shape[:-2], -1).argmax(axis=-1)[..., np.newaxis, np.newaxis]
    chosen = first == np.arange(window**2).reshape(window, window)
    return windows_pullback(chosen * upstream[..., np.newaxis, np.newaxis], x.shape[-2:], stride)


def average_pool(x: Images, window: int = 2, stride: int = 2) -> Maps:
    """`average_pool_loops` without loops."""
    return windows(x, (window, window), stride).mean(axis=(-2, -1))


def average_pool_pullback(x: Images, upstream: Maps, window: int = 2, stride: int = 2) -> Images:
    """`average_pool_pullback_loops` without loops."""
    share: Windows = np.broadcast_to(upstream[..., np.newaxis, np.newaxis], (*upstream.shape, window, window))
    return windows_pullback(share / window**2, x.shape[-2:], stride)
