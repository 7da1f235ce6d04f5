"""From the data a question names to arrays: the one function that engines call."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from seedbed.datasets.dataset import Dataset
from seedbed.datasets.downloads import DATASETS, find
from seedbed.datasets.generators import LAWS, draw, point
from seedbed.datasets.idx import load_mnist, located
from seedbed.datasets.npy import files
from seedbed.errors import DataError, nearest
from seedbed.vocabulary.part import Part

# How each name of `vocabulary.data` that does not depend on seeds becomes arrays.
FIXED: Mapping[str, Callable[[Part], Dataset]] = {
    "point": lambda part: point(part["x"], part["y"]),
    "files": lambda part: files(**dict(part.options)),
    "mnist": lambda part: load_mnist("mnist", **dict(part.options)),
    "fashion_mnist": lambda part: load_mnist("fashion_mnist", **dict(part.options)),
}
# Under which name the course has files of its own for a generator.
COURSE = {"random_images": "random", "lines": "line", "detection": "detection"}


def load(part: Part, seeds: Sequence[int] | np.ndarray | None = None) -> Dataset:
    """The arrays of a data part; `seeds` are needed where every seed has a draw of its own. Raises DataError."""
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
    """The name under which the course's own files can take the place of a generator; None where there are none."""
    return COURSE.get(part.name) if part.function is None else None
