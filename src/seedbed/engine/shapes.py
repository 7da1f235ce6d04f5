"""The data of a group as the engine takes it: what it must know before anything is traced, and the arrays themselves.

Nothing here traces, so that a program kept from an earlier process runs without what traces one.
"""

from typing import Any, NamedTuple

from seedbed.datasets.dataset import Dataset
from seedbed.resolve import Shape


class DataArrays(NamedTuple):
    """The data of a chunk: training examples, and (or None) those of the other splits, the example axis first."""

    inputs: Any
    targets: Any
    test_inputs: Any
    test_targets: Any
    valid_inputs: Any = None
    valid_targets: Any = None

    def split(self, name: str) -> tuple[Any, Any]:
        """Inputs and targets of a split: "train", "valid" or "test"."""
        at = {"train": 0, "test": 2, "valid": 4}[name]
        return self[at], self[at + 1]


def shape_of(dataset: Dataset) -> Shape:
    """What assembling needs to know of a data set."""
    return Shape(dataset.shape, tuple(dataset.heads), dataset.sizes)


SLICE_BYTES = 16 * 2**20  # of intermediate results of a slice, over the members that are judged in one product
LEAST_IN_SLICE = 8  # examples of all members in a slice: fewer make short products


def slices(examples: int, most: int) -> tuple[int, int]:
    """Examples of a slice, at most `most`, and how many whole slices a split of so many examples makes.

    Slices without a rest are preferred, as long as they are at least half as large.

    >>> slices(10_000, 600), slices(10_000, 20_000), slices(97, 10)
    ((500, 20), (10000, 1), (10, 9))
    """
    most = min(max(most, 1), examples)
    even = next((size for size in range(most, most // 2, -1) if examples % size == 0), most)
    return even, examples // even


def most_in_slice(example_bytes: int, members: int) -> int:
    """The examples of a slice, where judging one of one member leaves so many bytes of intermediate results."""
    return max(SLICE_BYTES // max(example_bytes * members, 1), LEAST_IN_SLICE // members, 1)


def data_arrays_of(dataset: Dataset, members: Any = slice(None)) -> DataArrays:
    """The arrays of a data set, of the given members where each has its own."""
    arrays = (dataset.inputs, dataset.targets, dataset.test_inputs, dataset.test_targets, dataset.valid_inputs,
              dataset.valid_targets)  # fmt: skip
    return (
        DataArrays(*(None if array is None else array[members] for array in arrays))
        if dataset.fresh
        else DataArrays(*arrays)
    )
