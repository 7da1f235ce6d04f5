"""A course's kernels and the digits they belong to: `kernel.npy` and `samples_<digit>.npy` in one folder.

The files are the course's and are not shipped; copies are read from wherever a user keeps them. Where there are none,
`pictures` has other images, and kernels can be written down by anyone.
Source: EE449 homework 1 (2024), question 2.
"""

from pathlib import Path

import numpy as np

from seedbed.datasets.npy import read_array
from seedbed.errors import DataError

FILE = "kernel.npy"
SAMPLES = "samples_*.npy"


def read_kernels(folder: str | Path) -> np.ndarray:
    """The kernels of `kernel.npy`, float64 (kernel, height, width); the file has (kernel, 1, height, width).

    Raises: DataError where the file is missing or damaged, has another shape, or holds what is not a finite number.
    """
    return _of_one_channel(Path(folder), FILE)


def read_samples(folder: str | Path) -> dict[str, np.ndarray]:
    """The gray images of every `samples_<digit>.npy`, float64 (image, height, width), under their digit, not rescaled.

    The files have (image, 1, height, width). Raises: DataError where there is none, or one will not do.
    """
    root = Path(folder)
    names = sorted(path.name for path in root.glob(SAMPLES))
    if not names:
        raise DataError(
            f"no {SAMPLES} in {root}, got none to convolve; give the folder that has samples_0.npy or another"
        )
    found = {name.removeprefix("samples_").removesuffix(".npy"): _of_one_channel(root, name) for name in names}
    sizes = {images.shape[1:] for images in found.values()}
    if len(sizes) > 1:
        listed = " and ".join(f"{height} x {width}" for height, width in sorted(sizes))
        raise DataError(f"the images of {root / SAMPLES} have different sizes, got {listed}; give images of one size")
    return found


def _of_one_channel(root: Path, name: str) -> np.ndarray:
    """A stack (number, 1, height, width) without its channel axis."""
    array = read_array(root, name)
    if array.dtype.kind not in "buif":
        raise DataError(f"{root / name} holds {array.dtype}, not real numbers; save it again from an array of numbers")
    if array.ndim != 4 or array.shape[1] != 1 or not array.size:
        raise DataError(
            f"{root / name} must have shape (number, 1, height, width), gray images or kernels of one channel, "
            f"got {array.shape}; reshape it"
        )
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        at = tuple(bad[0].tolist())
        raise DataError(f"{root / name} holds {array[at]:g} at index {at}; give finite numbers only")
    return array[:, 0].astype(np.float64)
