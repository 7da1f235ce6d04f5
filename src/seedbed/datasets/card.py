"""What a set of labelled images is made of: sizes, classes, grey values, images that stand for a class, copies.

Pure NumPy on a `Dataset`; statistics of grey values and means of classes are those of the training split.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from seedbed.datasets.dataset import Dataset
from seedbed.datasets.heads import by_head
from seedbed.errors import DataError

BINS = 32  # of the histogram of grey values
LAST = 6  # the last one of so many parts of the training split is counted by class: who takes it for validation gets it


class Card(NamedTuple):
    """Arrays by name, the axes of each, and the labels along these axes."""

    arrays: dict[str, np.ndarray]
    dims: Mapping[str, tuple[str, ...]]
    coords: Mapping[str, list[Any]]


class Labelled(NamedTuple):
    """A split: images as rows (image, pixel) and the place of each one's class among the labels."""

    rows: np.ndarray
    classes: np.ndarray


def card_of(data: Dataset, few: int, rng: np.random.Generator) -> Card:
    """The data card of a set; `few` images of each class are shown of every kind.

    count             images (split, class); `last_count` those in the last sixth of the training split (class)
    mean_image        (class, row, column) of the training split; `mean_value` (class) its mean grey value
    value_mean, value_std, zero_share (split)  mean and deviation of grey values, share of the least value
    histogram         images' grey values (bin), shares of the training split; `edge` where a bin begins
    constant_pixels   pixels that are the same in every training image
    nearest_right     share of images nearest to the mean image of their own class (split)
    near, drawn, odd  images (class, shown, row, column): nearest to the class mean; drawn at random; far from their own
                      class mean and near another's, by the ratio of the two distances. `odd_like` the other's place,
                      `<kind>_place` the place of each image in the training split
    copies            images that are exact copies of an earlier one (pair): in a split, or of one in another split;
                      `relabelled` those that have another label there

    Raises: DataError for a set that is no set of images with one label each.
    """
    head = _labels(data)
    values = np.unique(by_head(data.targets, data.heads)[head.name])
    values = np.arange(head.units) if head.kind == "classes" else values
    splits = {
        name: Labelled(x.reshape(len(x), -1), np.searchsorted(values, by_head(y, data.heads)[head.name].reshape(-1)))
        for name, (x, y) in data.splits.items()
    }
    train, size = splits["train"], data.shape[-2:]
    means = np.stack([_mean(train.rows[train.classes == place]) for place in range(len(values))])
    arrays: dict[str, Any] = {
        "count": _counts(splits, len(values)),
        "last_count": np.bincount(train.classes[-(-len(train.classes) * (LAST - 1) // LAST) :], minlength=len(values)),
        "mean_image": _pictures(means, data.shape),
        "mean_value": means.mean(axis=1),
        "constant_pixels": np.array((train.rows == train.rows[0]).all(axis=0).sum()),
        **_grey(splits),
        **_shown(train, means, few, rng, data.shape),
        "nearest_right": np.array([(_distances(one.rows, means).argmin(axis=1) == one.classes).mean()
                                   for one in splits.values()]),
    }  # fmt: skip
    copies, pairs = _copies(splits)
    arrays |= copies
    dims = {name: DIMS[name] for name in arrays if DIMS[name]}
    coords = {"split": list(splits), "class": values.tolist(), "pair": pairs, "row": list(range(size[0])),
              "column": list(range(size[1]))}  # fmt: skip
    return Card(arrays, dims, coords)


IMAGES, PLACES = ("class", "shown", "row", "column"), ("class", "shown")
DIMS: Mapping[str, tuple[str, ...]] = {
    "count": ("split", "class"), "last_count": ("class",), "mean_image": ("class", "row", "column"),
    "mean_value": ("class",), "value_mean": ("split",), "value_std": ("split",), "zero_share": ("split",),
    "histogram": ("bin",), "edge": ("bin",), "constant_pixels": (), "nearest_right": ("split",),
    "near": IMAGES, "drawn": IMAGES, "odd": IMAGES, "near_place": PLACES, "drawn_place": PLACES, "odd_place": PLACES,
    "odd_like": PLACES, "copies": ("pair",), "relabelled": ("pair",),
}  # fmt: skip


def _labels(data: Dataset) -> Any:
    head = data.heads[0]
    if data.fresh or len(data.shape) < 2 or head.kind == "real" or (head.kind != "classes" and head.units != 1):
        raise DataError(
            f"a data card needs images with one label each, shared by all seeds, got {data.origin} of inputs "
            f'{data.shape} and labels of kind "{head.kind}"; give such a set'
        )
    return head


def _mean(rows: np.ndarray) -> np.ndarray:
    return rows.mean(axis=0, dtype=np.float64) if len(rows) else np.full(rows.shape[1], np.nan)


def _pictures(rows: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Rows as images (..., row, column), several channels as their mean."""
    images = rows.reshape(*rows.shape[:-1], *shape)
    return images if len(shape) == 2 else images.mean(axis=-3)


def _counts(splits: Mapping[str, Labelled], classes: int) -> np.ndarray:
    return np.stack([np.bincount(one.classes, minlength=classes) for one in splits.values()])


def _grey(splits: Mapping[str, Labelled]) -> dict[str, np.ndarray]:
    train = splits["train"].rows
    least, most = float(train.min()), float(train.max())
    count, edges = np.histogram(train, BINS, (least, most if most > least else least + 1))
    every = [one.rows for one in splits.values()]
    return {
        "value_mean": np.array([rows.mean(dtype=np.float64) for rows in every]),
        "value_std": np.array([rows.std(dtype=np.float64) for rows in every]),
        "zero_share": np.array([(rows == least).mean() for rows in every]),
        "histogram": count / train.size,
        "edge": edges[:-1],
    }


def _distances(rows: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Euclidean distance of each image to each class mean (image, class); infinite to a class without images."""
    known = np.nan_to_num(means).astype(np.float32)
    square = (rows**2).sum(axis=1)[:, None] - 2 * rows @ known.T + (known**2).sum(axis=1)
    return np.where(np.isnan(means[:, 0]), np.inf, np.sqrt(np.maximum(square, 0)))


def _shown(
    train: Labelled, means: np.ndarray, few: int, rng: np.random.Generator, shape: tuple[int, ...]
) -> dict[str, np.ndarray]:
    """The images of every kind, with their places; NaN, and -1, where a class has too few."""
    apart = _distances(train.rows, means)
    places = {kind: np.full((len(means), few), -1) for kind in ("near", "drawn", "odd")}
    like = np.full((len(means), few), -1)
    for label in range(len(means)):
        own = np.flatnonzero(train.classes == label)
        others = apart[own].copy()
        others[:, label] = np.inf
        ratio = apart[own, label] / np.maximum(others.min(axis=1), 1e-12)
        chosen = {
            "near": own[np.argsort(apart[own, label], kind="stable")],
            "drawn": rng.permutation(own),
            "odd": own[(order := np.argsort(-ratio, kind="stable"))],
        }
        for kind, found in chosen.items():
            places[kind][label, : len(found[:few])] = found[:few]
        like[label, : len(own[:few])] = others.argmin(axis=1)[order][:few]
    shown: dict[str, np.ndarray] = {"odd_like": like}
    for kind, found in places.items():
        pictures = _pictures(train.rows[np.maximum(found, 0)], shape).astype(np.float32)
        shown |= {kind: np.where(found[..., None, None] < 0, np.nan, pictures), f"{kind}_place": found}
    return shown


def _copies(splits: Mapping[str, Labelled]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Exact copies within every split, and of images of one split in a later one."""
    first: dict[str, dict[bytes, int]] = {}
    pairs: list[str] = []
    copies: list[int] = []
    relabelled: list[int] = []
    for name, split in splits.items():
        own: dict[bytes, int] = {}
        found = {earlier: [0, 0] for earlier in (name, *first)}
        for row, label in zip(split.rows, split.classes.tolist(), strict=True):
            key = row.tobytes()
            for earlier, known in ((name, own), *first.items()):
                if key in known:
                    found[earlier][0] += 1
                    found[earlier][1] += known[key] != label
            own.setdefault(key, label)
        first[name] = own
        for earlier, (count, other) in found.items():
            pairs.append(f"within {name}" if earlier == name else f"{name} in {earlier}")
            copies.append(count)
            relabelled.append(other)
    return {"copies": np.array(copies), "relabelled": np.array(relabelled)}, pairs
