"""Convolution and pooling of one image `(channel, height, width)`, fast where many networks train at once on a CPU.

`lax.conv` batched over networks is a grouped convolution, ten to twenty times slower than a product there. A
convolution is a dense layer with a pattern: stretched over a tile of output rows, the kernel becomes a banded matrix,
and the image, laid out once per column shift, a matrix with (column, example) in its last axis. One long product does
the rest, and its derivatives are two more of the same kind: nothing kernel-squared times larger than the image is ever
stored. `form` says where another way is faster: many channels, or a GPU. `lax.conv` is the oracle in the tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
MANY = 48  # channels from which on a product of one row's own is long enough


class Conv2d(eqx.Module):
    """Cross-correlation: y[o, i, j] = b[o] + sum over c, a, e of w[o, c, a, e] x[c, s i + a, s j + e], s the stride.

    weight `(out, in, height, width)`, bias `(out,)` or None. `padding` is "valid" (none), "same" (zeros until the
    image keeps ceil(size / stride), the odd one below and right) or zeros on every side. The first draw is uniform in
    +-1/sqrt(in * height * width), as in Equinox and PyTorch.
    """

    weight: Float[Array, "out into height width"]
    bias: Float[Array, " out"] | None
    stride: int = eqx.field(static=True)
    padding: Padding = eqx.field(static=True)

    def __init__(
        self, into: int, out: int, kernel: int, key: PRNGKeyArray, stride: int = 1, padding: Padding = "valid",
        bias: bool = True,
    ) -> None:  # fmt: skip
        bound = 1 / (into * kernel**2) ** 0.5
        wkey, bkey = jax.random.split(key)
        self.weight = jax.random.uniform(wkey, (out, into, kernel, kernel), minval=-bound, maxval=bound)
        self.bias = jax.random.uniform(bkey, (out,), minval=-bound, maxval=bound) if bias else None
        self.stride, self.padding = stride, padding

    def __call__(self, x: Float[Array, "into height width"]) -> Float[Array, "out rows columns"]:
        """Apply the layer to one image."""
        bias = jnp.zeros(self.weight.shape[:1], self.weight.dtype) if self.bias is None else self.bias
        return _correlation(self.stride, self.padding)(self.weight, bias, x)


class MaxPool2d(eqx.Module):
    """Largest value of each window; of equal ones the first, row by row, gets the gradient.

    Padding, as a convolution's, is with minus infinity.
    """

    window: int = eqx.field(static=True)
    stride: int = eqx.field(static=True)
    padding: Padding = eqx.field(static=True, default="valid")

    def __call__(self, x: Float[Array, "channel height width"]) -> Float[Array, "channel rows columns"]:
        """Apply the layer to one image."""
        if self.padding != "valid":
            x = _bordered(self.window, self.stride, self.padding)(x)
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


@dataclass(frozen=True)
class Form:
    """How a convolution is computed: "banded" over `tile` output rows, "rows", "product" or "lax"."""

    name: str
    tile: int = 1


def form(into: int, kernel: Pair, stride: int, rows: int, backend: str) -> Form:
    """The fastest form of a convolution of `into` channels that gives `rows` rows.

    Measured with batches of 64 on one core (AVX-512; milliseconds of all three products; channels to channels,
    kernel, side of the image): "product" against "banded" where the kernel is a single number, 96 to 32 on 28: 32 and
    50, 60 to 44 on 7: 0.6 and 1.9. "rows" against "banded": 240 to 160, 3x3 on 7: 70 and 136; 160 to 80, 3x3 on 14:
    120 and 204; 96 to 32, 3x3 on 28: 185 and 231; 144 to 96, 3x3 on 14 with stride 2: 40 and 85; 60 to 40, 3x3 on 7:
    7 and 8; 40 to 20, 3x3 on 14: 14 and 12; 24 to 8, 3x3 on 28: 33 and 28; 16 to 8, 5x5 on 26: 37 and 25. Tiles of 4
    and of 8 rows: 16 to 8, 5x5 on 26: 25 and 22; 8 to 16, 7x7 on 11: 1.04 and 0.76; 8 to 16, 3x3 on 26: 5.1 and 6.8.
    Of one channel 2 and 8: 3x3 on 28: 0.74 and 2.2. `lax.conv` inside a loop is five times slower at least on a CPU;
    a GPU has it in a library.
    """
    if backend != "cpu":
        return Form("lax")
    if kernel == (1, 1) and stride == 1:
        return Form("product")
    if into >= MANY:
        return Form("rows")
    if into == 1:
        return Form("banded", 2 if max(kernel) <= 3 and rows > 16 else 16)
    return Form("banded", 8 if max(kernel) >= 7 or (max(kernel) >= 5 and rows > 8) else 4)


@cache
def _correlation(stride: int, padding: Padding) -> Any:
    def on_batch(w: Array, b: Array, x: Array) -> Array:
        high, wide = w.shape[2:]
        x = jnp.pad(x, ((0, 0), *margins(x.shape[1:3], (high, wide), stride, padding), (0, 0)))
        chosen = form(w.shape[1], (high, wide), stride, (x.shape[1] - high) // stride + 1, jax.default_backend())
        if chosen.name == "banded":
            return _banded(w, b, x, chosen.tile, stride)
        if chosen.name == "product":
            y = jnp.tensordot(w[:, :, 0, 0], x, 1)
        elif chosen.name == "rows":
            y = _by_rows(stride)(w, x)
        else:
            y = lax.conv_general_dilated(
                x, w, (stride, stride), "VALID", dimension_numbers=("CHWN", "OIHW", "CHWN"), precision="highest"
            )
        return y + b[:, None, None, None]

    return over_batch(on_batch)


def _banded(w: Array, b: Array, x: Array, most: int, stride: int) -> Array:
    """The correlation with a padded image by one product for tiles of at most `most` output rows."""
    out, _, high, wide = w.shape
    rows, columns = (x.shape[1] - high) // stride + 1, (x.shape[2] - wide) // stride + 1
    tiles = -(-rows // most)
    tile = -(-rows // tiles)
    # The bias is added here, not to the images below: so its gradient sums the matrix that the others need too.
    y = _product(tile, stride)(w, windows(x, (high, wide), tile, stride)) + jnp.repeat(b, tile)[:, None]
    y = y.reshape(out, tile, tiles, columns, x.shape[-1]).swapaxes(1, 2)
    return y.reshape(out, tiles * tile, columns, x.shape[-1])[:, :rows]


@cache
def _by_rows(stride: int) -> Any:
    """The correlation with a padded image, one output row after the other, so that what a row sees stays in a cache.

    Backward, a row's gradient meets what the row saw for that of w, and w for that of the image, where it is added.
    """

    def seen(w: Array, x: Array, row: Array) -> Array:
        """What an output row sees: `(high * wide * into, columns * example)`."""
        lines = lax.dynamic_slice_in_dim(x, row * stride, w.shape[2], 1)
        return windows(lines, (w.shape[2], w.shape[3]), 1, stride)

    def sizes(w: Array, x: Array) -> Pair:
        rows, columns = ((size - side) // stride + 1 for size, side in zip(x.shape[1:3], w.shape[2:], strict=True))
        return rows, columns

    @jax.custom_vjp
    def correlation(w: Array, x: Array) -> Array:
        (rows, columns), block = sizes(w, x), banded(w, 1, stride)

        def of_row(row: Array, y: Array) -> Array:
            line = (block @ seen(w, x, row)).reshape(len(w), 1, columns, x.shape[-1])
            return lax.dynamic_update_slice_in_dim(y, line, row, 1)

        return lax.fori_loop(0, rows, of_row, jnp.zeros((len(w), rows, columns, x.shape[-1]), x.dtype))

    def forward(w: Array, x: Array) -> tuple[Array, tuple[Array, Array]]:
        return correlation(w, x), (w, x)

    def backward(kept: tuple[Array, Array], upstream: Array) -> tuple[Array, Array]:
        w, x = kept
        out, into, high, wide = w.shape
        (rows, columns), turned = sizes(w, x), banded(w, 1, stride).T

        def of_row(row: Array, sums: tuple[Array, Array]) -> tuple[Array, Array]:
            block, image = sums
            line = lax.dynamic_slice_in_dim(upstream, row, 1, 1).reshape(out, -1)
            shares = (turned @ line).reshape(high, wide, into, columns, x.shape[-1])
            lines = lax.dynamic_slice_in_dim(image, row * stride, high, 1)
            for shift in range(wide):
                columns_of = slice(shift, shift + (columns - 1) * stride + 1, stride)
                lines = lines.at[:, :, columns_of].add(shares[:, shift].swapaxes(0, 1))
            image = lax.dynamic_update_slice_in_dim(image, lines, row * stride, 1)
            return block + line @ seen(w, x, row).T, image

        none = jnp.zeros((out, high * wide * into), w.dtype), jnp.zeros_like(x)
        block, image = lax.fori_loop(0, rows, of_row, none)
        return block.reshape(out, high, wide, into).transpose(0, 3, 1, 2), image

    correlation.defvjp(forward, backward)
    return correlation


@cache
def _product(tile: int, stride: int) -> Any:
    """`banded(w) @ seen`, with a gradient of w whose product lays out anew only the smaller of its two matrices.

    A library that multiplies by a transposed matrix copies it first. jax asks for that of the windows, which for most
    layers are many times larger than what comes from above: half of the time of that product (LOG.md).
    """

    @jax.custom_vjp
    def product(w: Array, seen: Array) -> Array:
        return banded(w, tile, stride) @ seen

    def forward(w: Array, seen: Array) -> tuple[Array, tuple[Array, Array]]:
        return product(w, seen), (w, seen)

    def backward(kept: tuple[Array, Array], upstream: Array) -> tuple[Array, Array]:
        w, seen = kept
        out, into, high, wide = w.shape
        size, step = high * wide * into, stride * wide * into
        if len(seen) > len(upstream):
            turned = seen @ upstream.T
            parts = [turned[r * step : r * step + size, r::tile] for r in range(tile)]
            block = sum(parts[1:], parts[0]).T
        else:
            band = upstream @ seen.T
            parts = [band[r::tile, r * step : r * step + size] for r in range(tile)]
            block = sum(parts[1:], parts[0])
        return block.reshape(out, high, wide, into).transpose(0, 3, 1, 2), banded(w, tile, stride).T @ upstream

    product.defvjp(forward, backward)
    return product


def banded(w: Float[Array, "out into high wide"], tile: int, stride: int) -> Float[Array, "line pixel"]:
    """The kernel over the rows that `tile` output rows see, `taken = (tile - 1) stride + high`, once per output row.

    Shape `(out * tile, taken * wide * into)`: line (o, r) holds all of w[o] in one block, moved on by r strides.
    """
    out, into, _, wide = w.shape
    block, step = w.transpose(0, 2, 3, 1).reshape(out, -1), stride * wide * into
    lines = [jnp.pad(block, ((0, 0), (r * step, (tile - 1 - r) * step))) for r in range(tile)]
    return jnp.stack(lines, axis=1).reshape(out * tile, -1)


def windows(
    x: Float[Array, "into height width example"], kernel: Pair, tile: int, stride: int
) -> Float[Array, "pixel place"]:
    """What each tile of output rows sees of the image, once per column of the kernel.

    Shape `(taken * wide * into, tiles * columns * example)`.
    """
    into, height, width, examples = x.shape
    high, wide = kernel
    rows, columns = (height - high) // stride + 1, (width - wide) // stride + 1
    tiles, taken = -(-rows // tile), (tile - 1) * stride + high
    seen = _tiles(x, tiles, taken, tile * stride)
    shifted = [seen[..., shift : shift + (columns - 1) * stride + 1 : stride, :] for shift in range(wide)]
    return jnp.stack(shifted, axis=1).reshape(taken * wide * into, tiles * columns * examples)


def _tiles(x: Array, tiles: int, taken: int, step: int) -> Array:
    """The rows that each tile sees, `(taken, into, tiles, width, example)`; a tile begins `step` rows after the last.

    The image is cut into blocks of `step` rows, of which a tile sees one and what it needs of the next. Cut out tile by
    tile the derivative is a sum of as many padded images, which took half of a step on 28x28 images (LOG.md). A single
    tile is no cut at all, and blocks would only cost a derivative.
    """
    into, height, width, examples = x.shape
    if tiles == 1:
        return x[:, :taken].swapaxes(0, 1)[:, :, None]
    parts = -(-taken // step)
    whole = (tiles - 1 + parts) * step
    x = jnp.pad(x, ((0, 0), (0, max(whole - height, 0)), (0, 0), (0, 0)))[:, :whole]
    blocks = x.reshape(into, tiles - 1 + parts, step, width, examples).transpose(2, 0, 1, 3, 4)
    return jnp.concatenate([blocks[: taken - part * step, :, part : part + tiles] for part in range(parts)])


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
def _bordered(window: int, stride: int, padding: Padding) -> Any:
    def on_batch(x: Array) -> Array:
        borders = margins(x.shape[1:3], (window, window), stride, padding)
        return jnp.pad(x, ((0, 0), *borders, (0, 0)), constant_values=-jnp.inf)

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


__all__ = ["AvgPool2d", "Conv2d", "MaxPool2d", "banded", "form", "margins", "out_size", "windows"]
