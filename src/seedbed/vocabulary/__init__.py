"""The words of the field, one table per kind of part, without any mathematics.

`find` turns a name, a text such as "leaky_relu(slope=0.1)", or a user's own function into a `Part`.
What a name computes stands in `seedbed.parts` (jax) and once more in `seedbed.reference` (NumPy);
tests hold the three to the same names.
"""

import ast
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from seedbed.errors import LETTERS, PartError, nearest, shown
from seedbed.vocabulary import (
    activations,
    data,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    probes,
    schedules,
)
from seedbed.vocabulary.part import Dial, Part, own, part

TABLES: Mapping[str, Mapping[str, Callable[..., Part]]] = {
    "activation": activations.TABLE,
    "data": data.TABLE,
    "initializer": initializers.TABLE,
    "layer": layers.TABLE,
    "loss": losses.TABLE,
    "metric": metrics.TABLE,
    "model": models.TABLE,
    "optimizer": optimizers.TABLE,
    "probe": probes.TABLE,
    "schedule": schedules.TABLE,
}
PLURALS = {"activation": "activations", "data": "datasets", "initializer": "initializers", "layer": "layers",
           "loss": "losses", "metric": "metrics", "model": "models", "optimizer": "optimizers", "probe": "probes",
           "schedule": "schedules"}  # fmt: skip


def find(kind: str, value: Any) -> Part:
    """The part that `value` names.

    >>> find("activation", "leaky_relu(slope=0.1)")["slope"]
    Dial(value=0.1)
    """
    if isinstance(value, Part):
        if value.kind != kind:
            raise PartError(f'{value.label()} is of kind "{value.kind}", where a part of kind "{kind}" belongs')
        return value
    if isinstance(value, str):
        name, arguments, options = _read(kind, value)
        return _build(kind, name, arguments, options)
    if callable(value):
        return own(kind, value)
    raise PartError(
        f'"{kind}" takes a name, a part or a function, got {shown(value)}; see: seedbed list {PLURALS[kind]}'
    )


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
    return _build(kind, name, [], options)


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


def _literal(node: ast.expr) -> Any:
    """A number, text or list as it is written; a name, or another part with its options, as its text."""
    if isinstance(node, ast.List | ast.Tuple):
        return [_literal(item) for item in node.elts]
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Call) else ast.literal_eval(node)


def _build(kind: str, name: str, arguments: list[Any], options: dict[str, Any]) -> Part:
    table = TABLES[kind]
    if name not in table:
        raise PartError(f'no {kind} "{name[:LETTERS]}"{nearest(name, table)} (seedbed list {PLURALS[kind]})')
    signature = inspect.signature(table[name])
    try:
        signature.bind(*arguments, **options)
    except TypeError as error:
        known = list(signature.parameters)
        if not known:
            raise PartError(f"{name} has no options, got some; write {kind}={name}") from None
        wrong = next((option for option in options if option not in known), None)
        if wrong is not None:
            close = nearest(wrong, known)
            raise PartError(f'{name} has no option "{wrong}"{close} (it has {", ".join(known)})') from None
        example = f"{kind}={name}({known[0]}=...)"
        raise PartError(f"{name} takes {', '.join(known)}: {error}; write for instance {example}") from None
    return table[name](*arguments, **options)


def _read(kind: str, text: str) -> tuple[str, list[Any], dict[str, Any]]:
    """Split "name(1, option=2)" into its name and literal arguments."""
    if "(" not in text:
        return text.strip(), [], {}
    try:
        call = ast.parse(text.strip(), mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            raise ValueError
        arguments = [_literal(node) for node in call.args]
        return call.func.id, arguments, {str(node.arg): _literal(node.value) for node in call.keywords}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise PartError(
            f'cannot read the {kind} "{text[:LETTERS]}"; write a name, or a name with numbers: name(option=0.1)'
        ) from None


__all__ = ["PLURALS", "TABLES", "Dial", "Part", "find", "optional", "own", "part", "read_back"]
