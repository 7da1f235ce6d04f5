"""Images of simple shapes drawn by the law of the course's sets: a bar beside a square, a diamond or a square.

Every law is stated on the course's grid of 16 x 16 cells and scaled to other sizes: an edge e goes to e * size // 16, a
half-width w to w * size // 16, and a range of cells to the cells in which the middles of its first and last cell lie.
At size 16 nothing changes. Keys and names are `generators` and `vocabulary.data`; the course's own files are `npy`.
"""

import numpy as np

from seedbed.errors import DataError

GRID = 16  # the side of the course's images
SMALLEST = 8  # below, a bar two cells wide would vanish
# On the grid. Counts are those of the course's 64 images, drawn with these frequencies.
BAR_ROWS = ((1, 13, 3), (1, 14, 8), (1, 15, 14), (2, 13, 6), (2, 14, 17), (2, 15, 5), (3, 14, 5), (3, 15, 6))
BAR_MIDDLES = (4, 10)  # by label: the line about which the bar lies, one to each side of it likewise
SQUARE_COLUMNS = ((7, 12), (1, 5))  # by label: the first and last column of the center of the square
HALF_SIDES = (7, 15, 32, 7, 2, 1)  # images with a square of side 2k + 1, k from 0
CENTERS = (4, 11)  # the first and last row of a center; in detection the columns too
WIDTHS = ((0, 0, 5, 12, 8, 5, 1, 1), (0, 4, 4, 9, 10, 4, 1, 0))  # by label: images of half-width w from 0


def lines(rng: np.random.Generator, n: int, size: int) -> tuple[np.ndarray, np.ndarray, str]:
    """`n` images `(n, size, size)` in {0, 1} of a vertical bar and a filled square, and their labels `(n,)`.

    Label 1, the first ceil(n / 2): the square lies left of the bar; label 0, the others: right of it. The two may
    touch, never overlap, and nothing is clipped. At size 16, independently for every image:
    the rows of the bar `[upper, lower)` by the counts `BAR_ROWS`, heights 11 to 14;
    its columns `[m - a, m + b)`, m uniform on {9, 10, 11} for label 1 and {3, 4, 5} for label 0, a and b on {1, 2};
    the side 2k + 1 of the square, k by the counts `HALF_SIDES` of those that have room beside this bar;
    its center uniform where it fits, in rows 4 to 11, and columns 1 to 5 for label 1, 7 to 12 for label 0.
    Exact for the course's 64 images: that each is one such bar and square with this label, and the counts of rows and
    sides. Inferred from them: the columns of the bar (chi-square p = 0.22 over its 10 widths and places), the uniform
    centers (rows p = 0.84), and that all else is independent. Ours: the scaling to other sizes.
    Raises DataError for `n` below 1 or `size` below 8.
    Source: CIS680 assignment 1, part 3; line_imgs.npy and line_labs.npy. The sheet says 8 x 8, the files are 16 x 16.
    """
    _check(n, size)
    labels = _halves(n, first=1)
    upper, lower, _ = np.array(BAR_ROWS)[_chosen(rng, np.tile([count for *_, count in BAR_ROWS], (n, 1)))].T
    middle = np.array(BAR_MIDDLES)[labels] + rng.integers(-1, 2, n)
    left, right = _edge(middle - rng.integers(1, 3, n), size), _edge(middle + rng.integers(1, 3, n), size)
    bar = _between(_edge(upper, size), _edge(lower, size), size)[:, :, None] & _between(left, right, size)[:, None, :]

    k = np.arange(len(HALF_SIDES)) * size // GRID
    start, stop = np.where(labels == 1, 0, right), np.where(labels == 1, left, size)
    columns = _cell(np.array(SQUARE_COLUMNS)[labels].T, size)[:, :, None]
    low, high = np.maximum(columns[0], start[:, None] + k), np.minimum(columns[1], stop[:, None] - 1 - k)
    picked = _chosen(rng, np.where(low <= high, HALF_SIDES, 0))
    every = np.arange(n)
    column = rng.integers(low[every, picked], high[every, picked] + 1)
    row = _inside(rng, k[picked], size)
    down, across = _distances(row, column, size)
    square = np.maximum(down, across) <= k[picked][:, None, None]
    return (bar | square).astype(np.float32), labels.astype(np.float32), "binary"


def detection(rng: np.random.Generator, n: int, size: int) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, str]]:
    """`n` images `(n, size, size)` in {0, 1} of one diamond or one square, the labels `(n,)` and the widths `(n,)`.

    Label 0, the first ceil(n / 2): the diamond |dy| + |dx| <= w; label 1, the others: the square max(|dy|, |dx|) <= w.
    w is the width, a half-width: the full extent is 2w + 1. At size 16, independently for every image: w by the counts
    `WIDTHS` of its label; row and column of the center uniform on 4 to 11 where the shape is not clipped, so on
    max(4, w) to min(11, 15 - w). At other sizes w * size // 16 takes the place of w, but at least 1: a diamond and a
    square of half-width 0 are the same.
    Exact, by the description of the course's files: the two shapes, the counts of widths, the range of the centers.
    Assumed: that centers are uniform and independent. The course's are more alike: 53 of its 64 images differ, where
    this law gives 60.6 on average and 53 or fewer once in 4000 sets.
    Raises DataError for `n` below 1 or `size` below 8.
    Source: CIS680 assignment 1, part 3; detection_imgs.npy, detection_labs.npy and detection_width.npy.
    """
    _check(n, size)
    labels = _halves(n, first=0)
    width = np.maximum(1, _chosen(rng, np.array(WIDTHS)[labels]) * size // GRID)
    down, across = _distances(_inside(rng, width, size), _inside(rng, width, size), size)
    distance = np.where(labels[:, None, None] == 1, np.maximum(down, across), down + across)
    images = (distance <= width[:, None, None]).astype(np.float32)
    targets = {"label": labels.astype(np.float32), "width": width.astype(np.float32)}
    return images, targets, {"label": "binary", "width": "real"}


def _check(n: int, size: int) -> None:
    if n != int(n) or n < 1 or size != int(size) or size < SMALLEST:
        raise DataError(
            f"images of shapes need n of at least 1 and a size of at least {SMALLEST}, got n={n}, size={size}; "
            "give whole numbers"
        )


def _halves(n: int, first: int) -> np.ndarray:
    """Labels of `n` examples: the first ceil(n / 2) are `first`, the others the other one of 0 and 1."""
    return np.where(np.arange(n) < (n + 1) // 2, first, 1 - first)


def _chosen(rng: np.random.Generator, counts: np.ndarray) -> np.ndarray:
    """For every row of whole numbers `(n, choice)`, the number of a choice drawn with these frequencies."""
    ends = counts.cumsum(axis=1)
    return (ends <= rng.integers(0, ends[:, -1])[:, None]).sum(axis=1)


def _edge(edge: np.ndarray, size: int) -> np.ndarray:
    return edge * size // GRID


def _cell(cell: np.ndarray, size: int) -> np.ndarray:
    """The cell in which the middle of a cell of the grid lies."""
    return (2 * cell + 1) * size // (2 * GRID)


def _inside(rng: np.random.Generator, half: np.ndarray, size: int) -> np.ndarray:
    """For every half-width, a row (or column) of a center in its range, at which nothing is clipped."""
    first, last = _cell(np.array(CENTERS), size)
    return rng.integers(np.maximum(first, half), np.minimum(last, size - 1 - half) + 1)


def _between(start: np.ndarray, stop: np.ndarray, size: int) -> np.ndarray:
    """Which cells lie in `[start, stop)`, `(n, size)`."""
    cells = np.arange(size)
    return (cells >= start[:, None]) & (cells < stop[:, None])


def _distances(row: np.ndarray, column: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """How far down and across every cell lies from a center, `(n, size, 1)` and `(n, 1, size)`."""
    cells = np.arange(size)
    return abs(cells - row[:, None])[:, :, None], abs(cells - column[:, None])[:, None, :]
