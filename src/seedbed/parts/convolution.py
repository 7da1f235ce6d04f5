"""Convolution and pooling of one image `(channel, height, width)`, fast where many networks train at once on a CPU.

`lax.conv` batched over networks is a grouped convolution, ten to twenty times slower than a product there. A
convolution is a dense layer with a pattern: stretched over a tile of output rows, the kernel becomes a banded matrix,
and the image, laid out once per column shift, a matrix with (column, example) in its last axis. One long product does
the rest, and its derivative, found by jax, is two more of the same kind: nothing is written by hand, and nothing
kernel-squared times larger than the image is ever stored. `lax.conv` is the oracle in the tests.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, PRNGKeyArray

from seedbed.parts.batched import over_batch

Pair = tuple[int, int]
Padding = str | int  # "valid", "same", or zeros on every side
# Rows of output in one banded matrix. Taller is a longer product with more zeros in it; measured on 8x8, 16x16 and
# 28x28 images with kernels of 3, 5 and 7 (LOG.md, 2026-11-21).
TILE, TILE_OF_ONE_CHANNEL = 4, 16


class Conv2d(eqx.Module):
    """Cross-correlation: y[o, i, j] = b[o] + sum over c, a, e of w[o, c, a, e] x[c, s i + a, s j + e], s the stride.

    weight `(out, in, height, width)`, bias `(out,)`. `padding` is "valid" (none), "same" (zeros until the image keeps
    ceil(size / stride), the odd one below and right) or zeros on every side. The first draw is uniform in
    +-1/sqrt(in * height * width), as in Equinox and PyTorch.
    """

    weight: Float[Array, "out into height width"]
    bias: Float[Array, " out"]
    stride: int = eqx.field(static=True)
    padding: Padding = eqx.field(static=True)

    def __init__(
        self, into: int, out: int, kernel: int, key: PRNGKeyArray, stride: int = 1, padding: Padding = "valid"
    ) -> None:
        bound = 1 / (into * kernel**2) ** 0.5
        wkey, bkey = jax.random.split(key)
        self.weight = jax.random.uniform(wkey, (out, into, kernel, kernel), minval=-bound, maxval=bound)
        self.bias = jax.random.uniform(bkey, (out,), minval=-bound, maxval=bound)
        self.stride, self.padding = stride, padding

    def __call__(self, x: Float[Array, "into height width"]) -> Float[Array, "out rows columns"]:
        """Apply the layer to one image."""
        return _correlation(self.stride, self.padding)(self.weight, self.bias, x)


class MaxPool2d(eqx.Module):
    """Largest value of each window, without padding; of equal ones the first, row by row, gets the gradient."""

    window: int = eqx.field(static=True)
    stride: int = eqx.field(static=True)

    def __call__(self, x: Float[Array, "channel height width"]) -> Float[Array, "channel rows columns"]:
        """Apply the layer to one image."""
        return _largest(self.window, self.stride)(x)


class AvgPool2d(eqx.Module):
    """Mean of each window, without padding."""

    window: int = eqx.field(static=True)
    stride: int = eqx.field(static=True)

    def __call__(self, x: Float[Array, "channel height width"]) -> Float[Array, "channel rows columns"]:
        """Apply the layer to one image."""
        return _mean(self.window, self.stride)(x)


def out_size(size: int, kernel: int, stride: int, padding: Padding) -> int:
    """The side of the result of a convolution or pooling; 0 or less where the kernel does not fit."""
    low, high = margins((size,), (kernel,), stride, padding)[0]
    return (size + low + high - kernel) // stride + 1


def margins(sizes: Sequence[int], kernel: Sequence[int], stride: int, padding: Padding) -> tuple[Pair, ...]:
    """Zeros before and after each axis."""
    if padding == "valid":
        return tuple((0, 0) for _ in sizes)
    if padding == "same":
        wanted = [
            max((-(-size // stride) - 1) * stride + side - size, 0) for size, side in zip(sizes, kernel, strict=True)
        ]
        return tuple((zeros // 2, zeros - zeros // 2) for zeros in wanted)
    return tuple((int(padding), int(padding)) for _ in sizes)


@cache
def _correlation(stride: int, padding: Padding) -> Any:
    def on_batch(w: Array, b: Array, x: Array) -> Array:
        out, _, high, wide = w.shape
        x = jnp.pad(x, ((0, 0), *margins(x.shape[1:3], (high, wide), stride, padding), (0, 0)))
        rows, columns = (x.shape[1] - high) // stride + 1, (x.shape[2] - wide) // stride + 1
        tile = min(rows, TILE if w.shape[1] > 1 else TILE_OF_ONE_CHANNEL)
        tiles = -(-rows // tile)
        # The bias is added here, not to the images below: so its gradient sums the matrix that the others need too.
        y = banded(w, tile, stride) @ windows(x, (high, wide), tile, stride) + jnp.repeat(b, tile)[:, None]
        y = y.reshape(out, tile, tiles, columns, x.shape[-1]).swapaxes(1, 2)
        return y.reshape(out, tiles * tile, columns, x.shape[-1])[:, :rows]

    return over_batch(on_batch)


def banded(w: Float[Array, "out into high wide"], tile: int, stride: int) -> Float[Array, "line pixel"]:
    """The kernel over the rows that `tile` output rows see, `taken = (tile - 1) stride + high`, once per output row.

    Shape `(out * tile, wide * into * taken)`.

    Row (o, r) holds w[o] moved down by r strides: written `tile` times in a row with `stride` zeros too many each
    time, and cut into rows of the right length, the copies slide by themselves.
    """
    out, into, high, wide = w.shape
    taken = (tile - 1) * stride + high
    longer = jnp.pad(w.transpose(0, 3, 1, 2), ((0, 0), (0, 0), (0, 0), (0, taken + stride - high)))
    copies = jnp.broadcast_to(longer[:, :, :, None], (out, wide, into, tile, taken + stride))
    slid = copies.reshape(out, wide, into, -1)[..., : tile * taken].reshape(out, wide, into, tile, taken)
    return slid.transpose(0, 3, 1, 2, 4).reshape(out * tile, wide * into * taken)


def windows(
    x: Float[Array, "into height width example"], kernel: Pair, tile: int, stride: int
) -> Float[Array, "pixel place"]:
    """What each tile of output rows sees of the image, once per column of the kernel.

    Shape `(wide * into * taken, tiles * columns * example)`.
    """
    into, height, width, examples = x.shape
    high, wide = kernel
    rows, columns = (height - high) // stride + 1, (width - wide) // stride + 1
    tiles, taken = -(-rows // tile), (tile - 1) * stride + high
    x = jnp.pad(x, ((0, 0), (0, max((tiles * tile - 1) * stride + high - height, 0)), (0, 0), (0, 0)))
    shifted = [x[:, :, shift : shift + (columns - 1) * stride + 1 : stride] for shift in range(wide)]
    starts = [number * tile * stride for number in range(tiles)]
    seen = [jnp.stack([one[:, start : start + taken] for start in starts], axis=2) for one in shifted]
    return jnp.stack(seen).reshape(wide * into * taken, tiles * columns * examples)


@cache
def _largest(window: int, stride: int) -> Any:
    @jax.custom_vjp
    def on_batch(x: Array) -> Array:
        return forward(x)[0]

    def forward(x: Array) -> tuple[Array, tuple[Array, Array]]:
        if x.shape[0] % 2:
            best, which = _first_of_the_largest(x, window, stride)
        else:  # what leaves a loop is kept; otherwise XLA would compare anew at every place of the image, backward
            halves = x.reshape(2, x.shape[0] // 2, *x.shape[1:])
            both = lax.map(lambda half: _first_of_the_largest(half, window, stride), halves)
            best, which = (part.reshape(-1, *part.shape[2:]) for part in both)
        return best, (which, x)

    def backward(kept: tuple[Array, Array], upstream: Array) -> tuple[Array]:
        which, x = kept
        if window == stride:
            return (_to_the_chosen(which, upstream, x.shape[1:3], window),)
        shares = [jnp.where(which == number, upstream, 0) for number in range(window**2)]
        return (_spread(shares, x.shape[1:3], window, stride),)

    on_batch.defvjp(forward, backward)
    return over_batch(on_batch)


@cache
def _mean(window: int, stride: int) -> Any:
    def on_batch(x: Array) -> Array:
        parts = _parts(x, window, stride)
        return sum(parts[1:], parts[0]) / window**2

    return over_batch(on_batch)


def _parts(x: Array, window: int, stride: int) -> list[Array]:
    """The numbers at each place of the window, `(channel, rows, columns, ...)`, the places row by row."""
    rows, columns = ((size - window) // stride + 1 for size in x.shape[1:3])
    return [
        x[:, i : i + (rows - 1) * stride + 1 : stride, j : j + (columns - 1) * stride + 1 : stride]
        for i in range(window)
        for j in range(window)
    ]


def _first_of_the_largest(x: Array, window: int, stride: int) -> tuple[Array, Array]:
    """The largest number of each window, and the place in the window where it stands first."""
    parts = _parts(x, window, stride)
    best, which = parts[0], jnp.zeros(parts[0].shape, jnp.int8)
    for number, part in enumerate(parts[1:], start=1):
        better = part > best
        best, which = jnp.where(better, part, best), jnp.where(better, jnp.int8(number), which)
    return best, which


def _to_the_chosen(which: Array, upstream: Array, sizes: Sequence[int], window: int) -> Array:
    """Each number of `upstream` at the place of its window that `which` names, zeros at the others.

    For windows that do not overlap: one pass over the image, a sixth faster than interleaving a share for each place.
    """
    channels, rows, columns, examples = upstream.shape
    place = jnp.arange(window**2, dtype=which.dtype).reshape(1, 1, window, 1, window, 1)
    whole = jnp.where(which[:, :, None, :, None] == place, upstream[:, :, None, :, None], 0)
    whole = whole.reshape(channels, rows * window, columns * window, examples)
    rest = sizes[0] - rows * window, sizes[1] - columns * window
    return jnp.pad(whole, ((0, 0), (0, rest[0]), (0, rest[1]), (0, 0)))


def _spread(shares: Sequence[Array], sizes: Sequence[int], window: int, stride: int) -> Array:
    """The transpose of `_parts`: what belongs to each place of the window, added up at its place in the image."""
    height, width = sizes
    channels, rows, columns, examples = shares[0].shape
    total = jnp.zeros((channels, height, width, examples), shares[0].dtype)
    for place, share in enumerate(shares):
        low = divmod(place, window)
        edges = [
            (first, size - first - (count - 1) * stride - 1, stride - 1)
            for first, size, count in zip(low, sizes, (rows, columns), strict=True)
        ]
        total += lax.pad(share, jnp.zeros((), share.dtype), ((0, 0, 0), *edges, (0, 0, 0)))
    return total


__all__ = ["AvgPool2d", "Conv2d", "MaxPool2d", "banded", "margins", "out_size", "windows"]
