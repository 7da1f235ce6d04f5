"""Gray images of a few kinds to look at, not to train on: a course's digits, else MNIST's, else drawn shapes.

Values are gray levels from 0 to 255, as the course's files have them. Sets to train on are `load`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seedbed.datasets.downloads import find, whereabouts
from seedbed.datasets.idx import read_checked, read_idx
from seedbed.datasets.kernels import read_samples
from seedbed.datasets.load import load
from seedbed.errors import DataError
from seedbed.vocabulary import data as words

SIDE, WHITE = 28, 255.0


@dataclass(frozen=True)
class Pictures:
    """Images (image, height, width), the kind of each, and where they came from; images of a kind stand together."""

    images: np.ndarray
    kinds: tuple[str, ...]
    origin: str


def pictures(folder: Path | None = None, *, kinds: int = 5, each: int = 5) -> Pictures:
    """The first `each` images of the first `kinds` kinds: the course's digits in `folder` where one is given, else the
    test images of MNIST where they are on this machine, else drawn shapes.

    Raises: DataError where the folder lacks the files or they will not do, or for less than one image of one kind.
    """
    if kinds < 1 or each < 1:
        raise DataError(f"pictures need at least one kind and one image of it, got {kinds} and {each}; ask for more")
    if folder is not None:
        return _chosen({f"digit {kind}": found for kind, found in read_samples(folder).items()}, kinds, each,
                       f"samples_*.npy in {folder}")  # fmt: skip
    if whereabouts(find("mnist")) is not None:
        return _chosen(_mnist(), kinds, each, "MNIST, the first test images of each digit")
    return _chosen(_shapes(each), kinds, each, "shapes drawn by seedbed")


def _chosen(found: Mapping[str, np.ndarray], kinds: int, each: int, origin: str) -> Pictures:
    few = {kind: images[:each] for kind, images in list(found.items())[:kinds]}
    names = tuple(kind for kind, images in few.items() for _ in images)
    return Pictures(np.concatenate(list(few.values())).astype(np.float64), names, origin)


def _mnist() -> dict[str, np.ndarray]:
    """The test images of every digit; the 60,000 training images are not read."""
    download = find("mnist")
    folder = whereabouts(download)
    if folder is None:
        raise DataError("MNIST is not on this machine, got no folder with its files; run: seedbed data fetch mnist")
    images, labels = (read_idx(read_checked(folder, file), str(folder / file.name)) for file in download.files[2:])
    return {f"digit {digit}": images[labels == digit] for digit in range(10)}


def _shapes(each: int) -> dict[str, np.ndarray]:
    """Bars with squares, diamonds and squares, `each` of every kind, as white on black."""
    found: dict[str, np.ndarray] = {}
    for part, first, second in (
        (words.lines(2 * each, SIDE), "square left of bar", "square right of bar"),
        (words.detection(2 * each, SIDE), "diamond", "square"),
    ):
        images = load(part).inputs * WHITE
        found |= {first: images[:each], second: images[each:]}
    return found
