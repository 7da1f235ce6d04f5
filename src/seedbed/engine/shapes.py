"""The data of a group as the engine takes it: what it must know before anything is traced, and the arrays themselves.

Nothing here traces, so that a program kept from an earlier process runs without what traces one.
"""

from typing import Any, NamedTuple

from seedbed.datasets.dataset import Dataset


class Head(NamedTuple):
    """One thing to predict: its name ("" where it is the only one), its kind of target, its number of units."""

    name: str
    kind: str
    units: int

    @property
    def columns(self) -> int:
        """Columns of its targets beside those of other heads."""
        return 1 if self.kind == "classes" else self.units


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
    heads = tuple(Head(head.name, head.kind, head.units) for head in dataset.heads)
    return Shape(tuple(dataset.inputs.shape[first:]), heads)


def feed_of(dataset: Dataset, members: Any = slice(None)) -> Feed:
    """The arrays of a data set, of the given members where each has its own."""
    arrays = dataset.inputs, dataset.targets, dataset.test_inputs, dataset.test_targets
    return Feed(*(None if array is None else array[members] for array in arrays)) if dataset.fresh else Feed(*arrays)
