"""The data of a group as the engine takes it: what it must know before anything is traced, and the arrays themselves.

Nothing here traces, so that a program kept from an earlier process runs without what traces one.
"""

from typing import Any, NamedTuple

from seedbed.datasets.dataset import Dataset
from seedbed.datasets.heads import Head


class Shape(NamedTuple):
    """What the engine must know of a data set to assemble a member: the shape of an input, and what to predict."""

    inputs: tuple[int, ...]
    heads: tuple[Head, ...]

    @property
    def units(self) -> int:
        """Outputs that a model needs, over all heads."""
        return sum(head.units for head in self.heads)


class Feed(NamedTuple):
    """The data of a chunk: training and (or None) test examples, the example axis first."""

    inputs: Any
    targets: Any
    test_inputs: Any
    test_targets: Any


def shape_of(dataset: Dataset) -> Shape:
    """What assembling needs to know of a data set."""
    first = 2 if dataset.fresh else 1
    return Shape(tuple(dataset.inputs.shape[first:]), tuple(dataset.heads))


def feed_of(dataset: Dataset, members: Any = slice(None)) -> Feed:
    """The arrays of a data set, of the given members where each has its own."""
    arrays = dataset.inputs, dataset.targets, dataset.test_inputs, dataset.test_targets
    return Feed(*(None if array is None else array[members] for array in arrays)) if dataset.fresh else Feed(*arrays)
