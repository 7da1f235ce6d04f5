"""Models by name. Input and output widths follow from the data, so a model names only what lies between."""

from collections.abc import Sequence
from typing import Any

from seedbed.errors import PartError
from seedbed.vocabulary.part import Part, own, part


def neuron() -> Part:
    """A single linear unit per output, z = w . x + b; the output activation is the question's `output`.

    Source: CIS680 assignment 1, part 1.
    """
    return part("model", "neuron")


def mlp(hidden: Sequence[int], activation: Any = "relu") -> Part:
    """Fully connected layers of the given widths, each followed by `activation`, then a linear layer of output width.

    Image inputs are flattened. `mlp([4])` on 4x4 images with one output has 16*4 + 4 + 4 + 1 = 73 parameters.
    Source: CIS680 assignment 1, part 2.
    """
    widths = _widths(hidden)
    if not widths or not all(isinstance(width, int) and not isinstance(width, bool) and width > 0 for width in widths):
        raise PartError(f"the hidden widths of mlp must be whole numbers of at least 1, got {hidden!r}; write mlp([4])")
    return part("model", "mlp", activation=_activation(activation), hidden=widths)


def _widths(hidden: Any) -> tuple[Any, ...]:
    return tuple(hidden) if isinstance(hidden, Sequence) and not isinstance(hidden, str) else (hidden,)


def _activation(value: Any) -> Part:
    if isinstance(value, Part):
        return value
    if callable(value):
        return own("activation", value)
    from seedbed.vocabulary import find

    return find("activation", value)


TABLE = {word.__name__: word for word in (neuron, mlp)}
