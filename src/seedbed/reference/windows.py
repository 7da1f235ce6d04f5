"""Windows that slide over images: how a border of zeros is set, which numbers a window sees, and both pullbacks.

An image stands in the last two axes, `(..., height, width)`; what leads (member, example, channel) broadcasts.
`seedbed.reference.convolution` multiplies what a window sees by weights, `seedbed.reference.pooling` takes its maximum
or mean.
"""

import numpy as np
from jaxtyping import Float

from seedbed.errors import PartError

Images = Float[np.ndarray, "... height width"]
Padded = Float[np.ndarray, "... high wide"]
Windows = Float[np.ndarray, "... row column a b"]
Padding = str | int
Border = tuple[tuple[int, int], tuple[int, int]]


def border(size: tuple[int, int], window: tuple[int, int], stride: int, padding: Padding) -> Border:
    """Zeros (before, after) along height and along width.

    "valid": none. A whole number: so many on every side. "same": as few as give ceil(size / stride) places to the
    window, half of them on either side and an odd one after: p = max(0, (ceil(size/stride) - 1) stride + window - size)

    >>> border((16, 16), (7, 7), 1, "same"), border((5, 5), (2, 2), 1, "same")
    (((3, 3), (3, 3)), ((0, 1), (0, 1)))
    """
    if padding == "valid":
        return (0, 0), (0, 0)
    if isinstance(padding, int) and padding >= 0:
        return (padding, padding), (padding, padding)
    if padding != "same":
        raise PartError(f'padding is "valid", "same" or a number of zeros, got {padding!r}; write padding="same"')
    missing = [max(0, (-(-n // stride) - 1) * stride + k - n) for n, k in zip(size, window, strict=True)]
    return (missing[0] // 2, missing[0] - missing[0] // 2), (missing[1] // 2, missing[1] - missing[1] // 2)


def places(size: tuple[int, int], window: tuple[int, int], stride: int, padding: Padding = "valid") -> tuple[int, int]:
    """How many places a window finds along height and width: floor((size + zeros - window) / stride) + 1 each.

    Raises: PartError where the window does not fit even once.

    >>> places((16, 16), (7, 7), 1), places((16, 16), (7, 7), 2, "same")
    ((10, 10), (8, 8))
    """
    whole = [n + sum(zeros) for n, zeros in zip(size, border(size, window, stride, padding), strict=True)]
    if whole[0] < window[0] or whole[1] < window[1]:
        seen, given = (f"{height} x {width}" for height, width in (window, whole))
        raise PartError(f"a window of {seen} does not fit in an image of {given}; take a smaller one, or more padding")
    return (whole[0] - window[0]) // stride + 1, (whole[1] - window[1]) // stride + 1


def pad(x: Images, zeros: Border) -> Padded:
    """The images with a border of zeros."""
    return np.pad(x, [(0, 0)] * (x.ndim - 2) + [*zeros])


def pad_pullback(upstream: Padded, zeros: Border) -> Images:
    """The border is cut off again: zeros answer for nothing."""
    (top, bottom), (left, right) = zeros
    return upstream[..., top : upstream.shape[-2] - bottom, left : upstream.shape[-1] - right]


def windows(x: Images, window: tuple[int, int], stride: int) -> Windows:
    """What a window sees at each of its places: y_ijab = x_{stride i + a, stride j + b}. A view, nothing is copied.

    >>> windows(np.arange(9.0).reshape(3, 3), (2, 2), 1)[1, 0].tolist()
    [[3.0, 4.0], [6.0, 7.0]]
    """
    return np.lib.stride_tricks.sliding_window_view(x, window, (-2, -1))[..., ::stride, ::stride, :, :]


def windows_pullback(upstream: Windows, size: tuple[int, int], stride: int) -> Images:
    """dL/dx_{stride i + a, stride j + b} += upstream_ijab: a number answers for every window that sees it."""
    *lead, high, wide, tall, broad = upstream.shape
    gradient = np.zeros((*lead, *size))
    for i, j in np.ndindex(high, wide):  # place by place, not number by number: whole windows lie together in memory
        top, left = stride * i, stride * j
        gradient[..., top : top + tall, left : left + broad] += upstream[..., i, j, :, :]
    return gradient
