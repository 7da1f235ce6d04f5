"""Arrays and update rules that a user already has, held so that they can stand where a part stands.

Nothing is checked here that needs the rest of the question: `datasets.given` makes a data set of the arrays.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seedbed.errors import PartError, shown

if TYPE_CHECKING:
    import numpy as np

Held = tuple["np.ndarray", "np.ndarray"]


@dataclass(frozen=True, eq=False)
class Arrays:
    """Inputs `(example, *shape)` and targets of the training split, and of other splits where these were given.

    They are copies, so that a later change of the user's own arrays changes no question.
    """

    train: Held
    valid: Held | None = None
    test: Held | None = None

    def __call__(self, *_: Any) -> Held:
        """The training split, as a generator gives it."""
        return self.train


@dataclass(frozen=True, eq=False)
class Rule:
    """An update rule that is built already, such as `optax.lion(1e-3)`; called, it gives that rule."""

    rule: Any

    def __call__(self) -> Any:
        """The rule itself."""
        return self.rule


def pair(inputs: Any, targets: Any, what: str) -> Held:
    """Copies of inputs and targets as arrays. Raises PartError for columns of text, lost rows or another order."""
    x, y = _array(inputs, f"the inputs of {what}"), _array(targets, f"the targets of {what}", text=True)
    if x.ndim < 2 or y.ndim < 1 or len(x) != len(y):
        remedy = "write X[:, None] for one number in each example" if x.ndim == 1 else "give one target for each"
        raise PartError(
            f"{what} has inputs of shape {x.shape} and targets of shape {y.shape}, where (example, feature) and "
            f"(example,) belong; {remedy}"
        )
    rows, others = getattr(inputs, "index", None), getattr(targets, "index", None)
    same = getattr(rows, "equals", None)  # of an index of pandas; a list's `index` is something else
    if same is not None and hasattr(others, "equals") and not same(others):
        raise PartError(
            f"the inputs and targets of {what} have other row labels, so rows would be paired by their place alone; "
            "give targets.loc[inputs.index], or both with .to_numpy()"
        )
    return x, y


def is_rule(value: Any) -> bool:
    """Whether this is an update rule of optax that is built already: a pair of functions init and update."""
    return isinstance(value, tuple) and callable(getattr(value, "init", None)) and callable(
        getattr(value, "update", None)
    )  # fmt: skip


def name_of_rule(rule: Any) -> str:
    """What a built rule consists of, from the names of the functions inside it, such as "lion-scale"."""
    found = list(dict.fromkeys(_names(rule.update, 4)))
    return "-".join(name.removeprefix("scale_by_") for name in found if name not in ("chain", "identity")) or "rule"


def _names(function: Any, deep: int) -> list[str]:
    inside: list[str] = []
    for cell in getattr(function, "__closure__", None) or ():
        held: Any = cell.cell_contents
        for item in held if isinstance(held, tuple | list) else (held,):
            if deep and (callable(item) or is_rule(item)):
                inside += _names(getattr(item, "update", item), deep - 1)
    made = re.match(r"(\w+)\.<locals>", getattr(function, "__qualname__", ""))
    return inside or ([made[1]] if made else [])


def _array(values: Any, what: str, *, text: bool = False) -> "np.ndarray":
    import numpy as np  # the words of a question load nothing heavy

    columns: Callable[..., Any] | None = getattr(values, "select_dtypes", None)
    if columns is not None and not text:
        others = list(columns(exclude=["number", "bool"]).columns)
        if others:
            raise PartError(
                f"{what} have columns that are no numbers, got {', '.join(map(str, others[:5]))}; drop them, or make "
                "numbers of them, for instance by pandas.get_dummies"
            )
    try:
        array = np.array(values)
    except (ValueError, TypeError, RuntimeError):
        raise PartError(f"{what} are not one array, got {shown(values)}; give rows of one length") from None
    if text and array.dtype.kind == "O" and all(isinstance(item, str) for item in array.flat):
        array = array.astype(str)
    if array.dtype.kind not in ("biufU" if text else "biuf"):
        raise PartError(f"{what} are no numbers, got {shown(values)}; convert them first")
    array.setflags(write=False)
    return array
