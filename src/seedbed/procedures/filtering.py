"""Filtering: images under kernels by nested loops, as a product of patches, by the engine and by SciPy, with seconds.

Nothing is trained and nothing drawn at random; the result is kept like any other record, under seed 0. What a
convolution must obey whatever the kernel is measured in `laws`; how alike the outputs are is `stats.maps`.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import scipy
import xarray as xr
from scipy.signal import correlate2d

from seedbed.datasets.pictures import Pictures
from seedbed.errors import SpecError
from seedbed.procedures import engines, laws
from seedbed.procedures.keeping import SEEDS
from seedbed.procedures.machine import processor
from seedbed.procedures.measure import measure
from seedbed.record import Block
from seedbed.reference.convolution import conv2d, conv2d_loops
from seedbed.reference.windows import places
from seedbed.store import Store

Way = Callable[[np.ndarray, np.ndarray], np.ndarray]
DIMS = {
    "images": ("image", "row", "column"),
    "kind": ("image",),
    "kernels": ("kernel", "kernel_row", "kernel_column"),
    "outputs": ("way", "image", "kernel", "output_row", "output_column"),
    "seconds": ("way", "repeat"),
    **laws.DIMS,
}


def filtered(
    pictures: Pictures, kernels: Mapping[str, Any], *,
    timed: int = 5, repeats: int = 5, store: Store | None = None, name: str = "filtered", engine: str = "jax",
) -> xr.Dataset:  # fmt: skip
    """The record of images under kernels, no border, stride 1; every variable has a first axis `seed` of length 1.

    images   (image, row, column), their `kind` (image), and kernels (kernel, kernel_row, kernel_column)
    outputs  (way, image, kernel, output_row, output_column): "loops" and "patches" in NumPy, "engine" (left out where
             the engine is the reference, whose convolution is the patches) and "scipy"
    seconds  (way, repeat) of one pass of the first `timed` images under all kernels, ways in turn, from NumPy arrays to
             NumPy arrays; each way has been called once before, and compiling is not in it (`compile_seconds`)
    Further: what `laws` measures of the engine's convolution.
    Raises: SpecError for kernels of several shapes, a kernel larger than the images, or less than one repeat.
    """
    weights = _stacked(kernels)
    places((pictures.images.shape[1], pictures.images.shape[2]), (weights.shape[1], weights.shape[2]), 1)
    engines.known(engine)
    if timed < 1 or repeats < 1:
        raise SpecError(f"times need at least one image and one repeat, got {timed} and {repeats}; ask for more")
    given = {
        "images": pictures.images,
        "kernels": weights,
        "names": list(kernels),
        "kinds": list(pictures.kinds),
        "timed": timed,
        "repeats": repeats,
    }
    notes = {"data": pictures.origin, "data_hash": _sha256(pictures.images, weights)[:16]}

    def block() -> Block:
        return _block(pictures, weights, list(kernels), engine, timed, repeats)

    return measure("filtering", given, None, block, store=store, name=name, engine=engine, notes=notes)


def _block(
    pictures: Pictures, kernels: np.ndarray, names: Sequence[str], engine: str, timed: int, repeats: int
) -> Block:
    images, few, began = pictures.images, pictures.images[:timed], time.perf_counter()
    ways, of_few, compiling = _ways(engine, images, few, kernels)
    outputs = {way: function(images, kernels) for way, function in ways.items()}
    seconds = np.array([[_seconds(function, few, kernels) for function in of_few.values()] for _ in range(repeats)]).T
    arrays = {
        "images": images, "kind": np.array(pictures.kinds), "kernels": kernels,
        "outputs": np.stack(list(outputs.values())), "seconds": seconds,
        **laws.measured(ways["engine" if "engine" in ways else "patches"], images, kernels),
    }  # fmt: skip
    numbered = [sum(kind == other for other in pictures.kinds[:at]) + 1 for at, kind in enumerate(pictures.kinds)]
    coords = {
        "image": [f"{kind}, no. {number}" for kind, number in zip(pictures.kinds, numbered, strict=True)],
        "kernel": list(names), "way": list(ways), **laws.COORDS,
    }  # fmt: skip
    meta = {
        "engine": engine, "device": processor(), **_versions(engine), "timed": len(few),
        "wall_seconds": round(time.perf_counter() - began, 3), "compile_seconds": round(compiling, 3),
    }  # fmt: skip
    return Block(np.asarray(SEEDS), {key: values[None] for key, values in arrays.items()}, DIMS, coords, meta)


def _ways(
    engine: str, images: np.ndarray, few: np.ndarray, kernels: np.ndarray
) -> tuple[dict[str, Way], dict[str, Way], float]:
    """The ways to convolve all images and the few timed ones, and the seconds spent on compiling for the first."""
    plain: dict[str, Way] = {"loops": by_loops, "patches": by_patches, "scipy": by_scipy}
    if engine == "reference":
        return plain, plain, 0.0
    compiled = engines.module(engine, "filters").compiled
    began = time.perf_counter()
    for_all = compiled(images, kernels)
    took = time.perf_counter() - began
    for_few = compiled(few, kernels)
    order = ("loops", "patches", "engine", "scipy")
    all_ways, few_ways = {**plain, "engine": for_all}, {**plain, "engine": for_few}
    for_few(few, kernels)
    return {way: all_ways[way] for way in order}, {way: few_ways[way] for way in order}, took


def by_loops(images: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """Outputs (image, kernel, row, column) in nested loops, a multiplication at a time."""
    return np.stack([conv2d_loops(image[None], kernels[:, None], np.zeros(len(kernels))) for image in images])


def by_patches(images: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """The same as one product: a row for what the window sees at each place, a column for each kernel."""
    return conv2d(images[:, None], kernels[:, None], np.zeros(len(kernels)))


def by_scipy(images: np.ndarray, kernels: np.ndarray) -> np.ndarray:
    """The same by `scipy.signal.correlate2d`, image by image and kernel by kernel."""
    rows = [[correlate2d(image, kernel, mode="valid") for kernel in kernels] for image in images]
    return np.array(rows, dtype=np.float64)


def _seconds(way: Way, images: np.ndarray, kernels: np.ndarray) -> float:
    began = time.perf_counter()
    way(images, kernels)
    return time.perf_counter() - began


def _stacked(kernels: Mapping[str, Any]) -> np.ndarray:
    """Kernels as one array (kernel, height, width)."""
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in kernels.items()}
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2:
        got = ", ".join(f"{name} {array.shape}" for name, array in arrays.items()) or "none"
        raise SpecError(f"kernels must be matrices of one shape, got {got}; pad the smaller ones with zeros")
    return np.stack(list(arrays.values()))


def _sha256(*arrays: np.ndarray) -> str:
    whole = hashlib.sha256()
    for array in arrays:
        whole.update(f"{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()


def _versions(engine: str) -> dict[str, str]:
    versions = {"numpy": np.__version__, "scipy": scipy.__version__, "dtype": "float64"}
    if engine == "reference":
        return versions
    return {**versions, "dtype": "float64, in the engine float32", "jax": version("jax")}
