"""MNIST and sets of its format: four idx files, compressed or not, checked against their known SHA-256.

Reads local copies only; `fetch` downloads. Pixel values are divided by 255, and standardized where that is asked for.
"""

import gzip
import math
import zlib
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.datasets import selection
from seedbed.datasets.dataset import Dataset, dataset
from seedbed.datasets.downloads import VARIABLE, Download, File, find, folders, whereabouts
from seedbed.errors import DataError

GZIP = b"\x1f\x8b"
BYTES = 0x08  # the idx type code of unsigned bytes


def load_mnist(name: str, **how: Any) -> Dataset:
    """MNIST or Fashion-MNIST: float32 images (60000, 28, 28) in [0, 1], int32 classes, and the 10,000 test images.

    `how` is what `load_idx` takes. Raises DataError where the files are absent or damaged.
    """
    return load_idx(find(name), **how)


def located(download: Download) -> Path:
    """The folder with the files of a download. Raises DataError where there is none."""
    folder = whereabouts(download)
    if folder is None:
        looked = ", ".join(map(str, folders(download)))
        raise DataError(
            f"{download.name} is not on this machine (looked in {looked}); "
            f"run: seedbed data fetch {download.name}, or set {VARIABLE} to a folder with its files"
        )
    return folder


def load_idx(
    download: Download,
    train: int | None = None,
    test: int | None = None,
    standardize: str | bool = False,
    valid: float | None = None,
    subset: selection.Rule = "first",
    draw: int = 0,
) -> Dataset:
    """A download as a data set of ten classes.

    `train` and `test` images are kept by the rule `subset`, then `valid` is held out of the training images.
    """
    folder = located(download)
    arrays = [read_idx(read_checked(folder, file), str(folder / file.name)) for file in download.files]
    images, labels, test_images, test_labels = arrays
    for wanted, all_images in ((train, images), (test, test_images)):
        if wanted is not None and not 1 <= wanted <= len(all_images):
            raise DataError(
                f"{download.name} has {len(all_images)} images, got {wanted} to keep; ask for 1 or more of them"
            )
    chosen = selection.splits(labels, train=train, valid=valid, rule=subset, draw=draw, origin=download.name)
    everything, wanted = np.arange(len(test_labels)), len(test_labels) if test is None else test
    tested = selection.subset(everything, test_labels, wanted, subset, selection.TEST, draw)
    held: dict[str, Any] = (
        {} if valid is None else {"valid_inputs": _grey(images, chosen.valid), "valid_targets": labels[chosen.valid]}
    )
    return dataset(
        _grey(images, chosen.train),
        labels[chosen.train],
        "classes",
        units=10,
        origin=download.name,
        **held,
        test_inputs=_grey(test_images, tested),
        test_targets=test_labels[tested],
        standardize=standardize,
    )


def _grey(images: np.ndarray, places: np.ndarray) -> np.ndarray:
    """These images, in [0, 1]."""
    chosen = images if len(places) == len(images) else images[places]
    return chosen / np.float32(255)


def read_checked(folder: Path, file: File) -> bytes:
    """The uncompressed content of a file, compressed or plain, after checking its SHA-256. Raises DataError."""
    path = folder / file.name if (folder / file.name).is_file() else folder / file.plain_name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}; put that right and try again") from error
    packed = data.startswith(GZIP)
    if sha256(data).hexdigest() != (file.sha256 if packed else file.plain_sha256):
        raise DataError(
            f"{path} is not the published file (another SHA-256, {len(data)} bytes): damaged, truncated or of another "
            "data set; delete it and fetch it again"
        )
    return unzip(data, str(path)) if packed else data


def unzip(data: bytes, what: str) -> bytes:
    """The content of a gzip file. Raises DataError for a damaged one."""
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{what} is a damaged gzip file ({error}); delete it and fetch it again") from None


def read_idx(data: bytes, what: str) -> np.ndarray:
    """The array in an idx file of unsigned bytes: two zero bytes, type, number of axes, lengths (big-endian), values.

    Raises DataError for another magic number, a truncated file, or bytes left over.
    """
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] != BYTES or data[3] == 0:
        raise DataError(
            f"{what} is not an idx file of bytes, it begins with {data[:4].hex() or 'nothing'}; get it anew"
        )
    axes = data[3]
    start = 4 + 4 * axes
    if len(data) < start:
        raise DataError(f"{what} is truncated in its header, it has {len(data)} of {start} bytes; get it anew")
    shape = tuple(int(length) for length in np.frombuffer(data, ">u4", axes, offset=4))
    if len(data) - start != math.prod(shape):
        raise DataError(f"{what} announces {math.prod(shape)} values, it has {len(data) - start}; get it anew")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
