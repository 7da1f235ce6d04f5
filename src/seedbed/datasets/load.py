"""From the data a question names to arrays: the one function that engines call."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from seedbed.datasets.dataset import Dataset
from seedbed.datasets.downloads import DATASETS, find
from seedbed.datasets.generators import LAWS, draw, point
from seedbed.datasets.given import given, table
from seedbed.datasets.idx import load_mnist, located
from seedbed.datasets.npy import files
from seedbed.errors import DataError, nearest
from seedbed.vocabulary import data as data_words
from seedbed.vocabulary.given import Arrays
from seedbed.vocabulary.part import Part

# How each name of `vocabulary.data` that does not depend on seeds becomes arrays.
FIXED: Mapping[str, Callable[[Part], Dataset]] = {
    "point": lambda part: point(part["x"], part["y"]),
    "files": lambda part: files(**dict(part.options)),
    "csv": lambda part: table(**dict(part.options)),
    "mnist": lambda part: load_mnist("mnist", **dict(part.options)),
    "fashion_mnist": lambda part: load_mnist("fashion_mnist", **dict(part.options)),
}
# Under which name files of one's own can take the place of a data set: those of the course, and any set of images.
COURSE = {"random_images": "random", "lines": "line", "detection": "detection"}
IMAGES = "images"


def load(part: Part, seeds: Sequence[int] | np.ndarray | None = None) -> Dataset:
    """The arrays of a data part; `seeds` are needed where every seed has a draw of its own. Raises DataError."""
    if isinstance(part.function, Arrays):
        return given(part, part.function)
    if part.function is not None or part.name in LAWS:
        return draw(part, seeds)
    if part.name not in FIXED:
        raise DataError(f'no data "{part.name}"{nearest(part.name, [*FIXED, *LAWS])} (seedbed list datasets)')
    return FIXED[part.name](part)


def at_hand(part: Part) -> None:
    """Raise DataError where the data are a download that is not on this machine; nothing is read."""
    if part.function is None and part.name in DATASETS:
        located(find(part.name))


def course_name(part: Part) -> str | None:
    """The name under which files of one's own can take the place of a data set; None where none can."""
    if part.function is not None:
        return None
    return IMAGES if part.name in DATASETS else COURSE.get(part.name)


def own_files(part: Part, folder: Path) -> Part:
    """The files of a folder in the place of a data set; images of classes keep what is held out, chosen and scaled."""
    name = course_name(part)
    if name != IMAGES:
        return data_words.files(str(folder), name)
    kept = {option: value for option, value in part.options if option in ("standardize", "valid", "draw")}
    return data_words.files(str(folder), IMAGES, kind="classes", **kept)
