"""The words of the field, one table per kind of part, without any mathematics.

`find` turns a name, a text such as "leaky_relu(slope=0.1)", or a user's own function into a `Part`.
What a name computes stands in `seedbed.parts` (jax) and once more in `seedbed.reference` (NumPy);
tests hold the three to the same names.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from seedbed.errors import PartError
from seedbed.vocabulary.activations import TABLE as ACTIVATIONS
from seedbed.vocabulary.data import TABLE as DATA
from seedbed.vocabulary.initializers import TABLE as INITIALIZERS
from seedbed.vocabulary.layers import TABLE as LAYERS
from seedbed.vocabulary.losses import TABLE as LOSSES
from seedbed.vocabulary.metrics import TABLE as METRICS
from seedbed.vocabulary.models import TABLE as MODELS
from seedbed.vocabulary.optimizers import TABLE as OPTIMIZERS
from seedbed.vocabulary.part import Dial, Part, own, part
from seedbed.vocabulary.probes import TABLE as PROBES
from seedbed.vocabulary.schedules import TABLE as SCHEDULES
from seedbed.vocabulary.words import PLURALS, build, find_in

TABLES: Mapping[str, Mapping[str, Callable[..., Part]]] = {
    "activation": ACTIVATIONS,
    "data": DATA,
    "initializer": INITIALIZERS,
    "layer": LAYERS,
    "loss": LOSSES,
    "metric": METRICS,
    "model": MODELS,
    "optimizer": OPTIMIZERS,
    "probe": PROBES,
    "schedule": SCHEDULES,
}


def find(kind: str, value: Any) -> Part:
    """The part that `value` names.

    >>> find("activation", "leaky_relu(slope=0.1)")["slope"]
    Dial(value=0.1)
    """
    return find_in(TABLES[kind], kind, value)


def optional(part: Part) -> list[str]:
    """The options that a part of the tables could have and was built without, such as the `l2` of an optimizer."""
    if part.function is not None or part.name not in TABLES[part.kind]:
        return []
    known = inspect.signature(TABLES[part.kind][part.name]).parameters.values()
    there = dict(part.options)
    return [option.name for option in known if option.default is None and option.name not in there]


def read_back(kind: str, plain: Mapping[str, Any]) -> Part:
    """The part that `Part.canonical` has written as plain data.

    Raises PartError for a function of a user's own, of which only the name was written.
    """
    name = plain["part"]
    if "own" in plain:
        raise PartError(
            f'the {kind} "{name}" is a function of your own, which no record can hold; give the question too'
        )
    options = {key: _read_value(kind, value) for key, value in plain.items() if key != "part"}
    return build(TABLES[kind], kind, name, [], options)


def _read_value(kind: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return value["dial"] if "dial" in value else read_back(_kind_inside(kind, value["part"]), value)
    return tuple(_read_value(kind, item) for item in value) if isinstance(value, list) else value


def _kind_inside(kind: str, name: str) -> str:
    """The kind of a part that stands inside another of a kind; one of a user's own, in no table, is of the first kind.

    A model holds activations and layers, a loss those of its heads; where a dial stands, a schedule may.
    """
    inside = {"model": ("activation", "layer"), "layer": ("activation", "layer"), "loss": ("loss",)}.get(kind, ())
    possible = (*inside, "schedule")
    return next((inner for inner in possible if name in TABLES[inner]), possible[0])


__all__ = ["PLURALS", "TABLES", "Dial", "Part", "find", "optional", "own", "part", "read_back"]
