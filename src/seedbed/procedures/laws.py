"""What a convolution must obey whatever its kernel is, measured: linear, blind to place, of a known size.

Every error is the largest absolute difference divided by the largest absolute output of that kernel.
"""

from collections.abc import Callable

import numpy as np
from scipy.signal import convolve2d, correlate2d

from seedbed.reference.convolution import conv2d_loops

DOWN, RIGHT = 2, 3  # how far an image is moved
A, B = 0.3, -1.7  # how two images are mixed
# (size, kernel, stride, zeros on every side)
CASES = ((28, 4, 1, 0), (28, 3, 1, 0), (28, 3, 1, 1), (28, 5, 1, 2), (28, 4, 2, 0), (28, 7, 3, 1), (28, 28, 1, 0))
DIMS = {
    "linear_error": ("kernel",),
    "shift_error": ("kernel",),
    "turned_error": ("kernel",),
    "channel_error": (),
    "sizes": ("case", "part"),
}
COORDS = {"part": ["size", "kernel", "stride", "padding", "formula", "found"]}


def measured(
    way: Callable[[np.ndarray, np.ndarray], np.ndarray], images: np.ndarray, kernels: np.ndarray
) -> dict[str, np.ndarray]:
    """Of a function from images (image, height, width) and kernels (kernel, a, b) to outputs (image, kernel, ...):

    linear_error   outputs of a mix of two images against the same mix of their outputs
    shift_error    outputs of a moved image against the moved outputs, where both are inside
    turned_error   convolution in the mathematician's sense, with the kernel turned by 180 degrees, against ours (SciPy)
    channel_error  one kernel of three channels against the sum of three of one channel (loops)
    sizes          the side of the output by the formula and as found (loops)
    """
    outputs, others = way(images, kernels), np.roll(images, 1, axis=0)
    mixed = way(A * images + B * others, kernels)
    moved = np.zeros_like(images)
    moved[:, DOWN:, RIGHT:] = images[:, :-DOWN, :-RIGHT]
    after = way(moved, kernels)[:, :, DOWN:, RIGHT:]
    return {
        "linear_error": _error(mixed, A * outputs + B * np.roll(outputs, 1, axis=0)),
        "shift_error": _error(after, outputs[:, :, :-DOWN, :-RIGHT]),
        "turned_error": _turned(images, kernels),
        "channel_error": _channels(images, kernels),
        "sizes": np.array([(*case, _formula(*case), _found(*case)) for case in CASES]),
    }


def _error(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """By kernel; 0 where there is nothing but zeros, NaN where there is nothing."""
    if not expected.size:
        return np.full(expected.shape[1], np.nan)
    apart = abs(found - expected).max(axis=(0, 2, 3))
    largest = abs(expected).max(axis=(0, 2, 3))
    return np.divide(apart, largest, out=np.zeros(len(apart)), where=largest > 0).astype(np.float64)


def _turned(images: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    ours = np.array([[correlate2d(image, kernel, mode="valid") for kernel in kernels] for image in images])
    turned = np.array([[convolve2d(image, kernel, mode="valid") for kernel in kernels] for image in images])
    return _error(turned, ours)


def _channels(images: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """Three images as the channels of one, three kernels as the channels of one; fewer where there are fewer."""
    count, none = min(3, len(images), len(kernels)), np.zeros(1)
    whole = conv2d_loops(images[:count], kernels[None, :count], none)
    each = [conv2d_loops(images[at : at + 1], kernels[None, at : at + 1], none) for at in range(count)]
    return np.asarray(_error(whole[None], np.sum(each, axis=0)[None])[0])


def _formula(size: int, kernel: int, stride: int, padding: int) -> int:
    return (size + 2 * padding - kernel) // stride + 1


def _found(size: int, kernel: int, stride: int, padding: int) -> int:
    """The size of what the loops return, for an image and a kernel of ones."""
    ones = np.ones((1, size, size)), np.ones((1, 1, kernel, kernel))
    _, high, wide = conv2d_loops(*ones, np.zeros(1), stride, padding).shape
    return high if high == wide else -1
