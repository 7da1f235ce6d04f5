"""How alike the outputs of several kernels on several images are, place by place and in the values they hold.

Maps are (image, kernel, row, column): the outputs of one kernel are a column of the usual figure, those of one image a
row. Pairs of maps share members, so they are described, not tested: no intervals are given. Nothing is convolved here.
"""

from dataclasses import dataclass

import numpy as np

from seedbed.errors import StatsError


@dataclass(frozen=True)
class Pairs:
    """Every pair of two maps, once: what they share, and two measures of how alike they are.

    `correlation` is Pearson's, over places: 1 for the same pattern in the same place, NaN where a map is constant.
    `distance` forgets places: the mean distance between the sorted values (Wasserstein's of order 1), in the unit of
    the maps, 0 for the same values in any order.
    """

    same_kernel: np.ndarray
    same_image: np.ndarray
    correlation: np.ndarray
    distance: np.ndarray

    def groups(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """The finite values of one measure by what the pairs share."""
        parts = {
            "same kernel (a column)": self.same_kernel,
            "same image (a row)": self.same_image,
            "neither": ~self.same_kernel & ~self.same_image,
        }
        return {name: values[mask & np.isfinite(values)] for name, mask in parts.items()}


@dataclass(frozen=True)
class Nearest:
    """Of all maps, the share whose most similar other map has the same kernel, and the same image."""

    same_kernel: float
    same_image: float


def pairs(maps: np.ndarray) -> Pairs:
    """All pairs of maps (image, kernel, row, column). Raises StatsError for fewer than two images or kernels."""
    image, kernel = _places(maps)
    correlation, distance = _correlation(maps), _distance(maps)
    one, other = np.triu_indices(len(image), 1)
    return Pairs(kernel[one] == kernel[other], image[one] == image[other],
                 correlation[one, other], distance[one, other])  # fmt: skip


def nearest(maps: np.ndarray) -> dict[str, Nearest]:
    """What the most similar other map of each map shares with it: by `correlation`, by `distance`, and by `chance`."""
    image, kernel = _places(maps)
    correlation, distance = _correlation(maps), _distance(maps)
    np.fill_diagonal(correlation, np.nan)
    np.fill_diagonal(distance, np.nan)
    told = np.isfinite(correlation).any(axis=1)  # a constant map correlates with none
    most = {"correlation": np.where(np.isfinite(correlation), correlation, -np.inf).argmax(axis=1),
            "distance": np.nanargmin(distance, axis=1)}  # fmt: skip
    used = {"correlation": told, "distance": np.ones_like(told)}
    found = {
        name: Nearest(float(np.mean((kernel[at] == kernel)[used[name]])),
                      float(np.mean((image[at] == image)[used[name]])))
        for name, at in most.items()
    }  # fmt: skip
    images, kernels = maps.shape[:2]
    others = images * kernels - 1
    return {**found, "chance": Nearest((images - 1) / others, (kernels - 1) / others)}


def variance_shares(values: np.ndarray) -> dict[str, float]:
    """How much of the variance of values (image, kernel) is due to the kernel, to the image, and to neither alone.

    The shares of the sums of squares in a two-way table with one value per cell; they sum to 1. All NaN where all
    values are equal.

    >>> variance_shares(np.array([[0.0, 1.0], [0.0, 1.0]]))
    {'kernel': 1.0, 'image': 0.0, 'together': 0.0}
    """
    center = values.mean()
    total = float(((values - center) ** 2).mean())
    if total == 0:
        return dict.fromkeys(("kernel", "image", "together"), float("nan"))
    kernel = float(((values.mean(axis=0) - center) ** 2).mean()) / total
    image = float(((values.mean(axis=1) - center) ** 2).mean()) / total
    return {"kernel": kernel, "image": image, "together": max(0.0, 1 - kernel - image)}


def windows(images: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of what a window of this shape sees at each place: how bright, and how uneven.

    Images are (image, row, column), the results (image, place).
    """
    seen = np.lib.stride_tricks.sliding_window_view(images, shape, (1, 2))
    return tuple(part.reshape(len(images), -1) for part in (seen.mean(axis=(-2, -1)), seen.std(axis=(-2, -1))))


def roughness(maps: np.ndarray) -> np.ndarray:
    """The mean absolute difference of neighbors along rows and columns, of maps (..., row, column)."""
    down, across = (abs(np.diff(maps, axis=axis)).mean(axis=(-2, -1)) for axis in (-2, -1))
    return np.asarray((down + across) / 2)


def foretold(kernels: np.ndarray, maps: np.ndarray) -> float:
    """How well the cosine of two kernels (kernel, a, b) foretells how their maps of one image correlate: the
    correlation of the two over all pairs of kernels, the second being the median over images. NaN below three pairs."""
    flat = kernels.reshape(len(kernels), -1)
    norm = np.linalg.norm(flat, axis=1)
    pair = np.triu_indices(len(kernels), 1)
    cosine = (flat @ flat.T / np.maximum(np.outer(norm, norm), 1e-300))[pair]
    by_image = np.stack([_correlation(of_image[None])[pair] for of_image in maps])
    told = np.isfinite(by_image).any(axis=0)
    if told.sum() < 3:
        return float("nan")
    return float(np.corrcoef(cosine[told], np.nanmedian(by_image[:, told], axis=0))[0, 1])


def _places(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number of the image and of the kernel of each map, maps in one row."""
    if maps.ndim != 4 or min(maps.shape[:2]) < 2:
        raise StatsError(
            f"maps must be (image, kernel, row, column) of two images and two kernels or more, got {maps.shape}; "
            "add some"
        )
    image, kernel = np.divmod(np.arange(maps.shape[0] * maps.shape[1]), maps.shape[1])
    return image, kernel


def _correlation(maps: np.ndarray) -> np.ndarray:
    flat = maps.reshape(maps.shape[0] * maps.shape[1], -1).astype(np.float64)
    flat = flat - flat.mean(axis=1, keepdims=True)
    norm = np.sqrt((flat**2).sum(axis=1, keepdims=True))
    flat = np.divide(flat, norm, out=np.full_like(flat, np.nan), where=norm > 0)
    return flat @ flat.T


def _distance(maps: np.ndarray) -> np.ndarray:
    ordered = np.sort(maps.reshape(maps.shape[0] * maps.shape[1], -1).astype(np.float64), axis=1)
    return np.stack([abs(ordered - one).mean(axis=1) for one in ordered])
