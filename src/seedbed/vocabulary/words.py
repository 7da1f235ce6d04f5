"""From a name, a text such as "leaky_relu(slope=0.1)" or a user's own function to a part, given a table of words.

The tables themselves stand at the foot of the modules of their kind; `seedbed.vocabulary` has all of them.
"""

import ast
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from seedbed.errors import LETTERS, PartError, nearest, shown
from seedbed.vocabulary.data import arrays
from seedbed.vocabulary.given import Rule, is_rule, name_of_rule
from seedbed.vocabulary.part import Part, own

Table = Mapping[str, Callable[..., Part]]
PLURALS = {"activation": "activations", "data": "datasets", "initializer": "initializers", "layer": "layers",
           "loss": "losses", "metric": "metrics", "model": "models", "optimizer": "optimizers", "probe": "probes",
           "schedule": "schedules"}  # fmt: skip


def find_in(table: Table, kind: str, value: Any) -> Part:
    """The part of a kind that `value` names in its table. Raises PartError for anything else."""
    if isinstance(value, Part):
        if value.kind != kind:
            raise PartError(f'{value.label()} is of kind "{value.kind}", where a part of kind "{kind}" belongs')
        return value
    if isinstance(value, str):
        name, arguments, options = _read(kind, value)
        return build(table, kind, name, arguments, options)
    if kind == "data" and isinstance(value, tuple) and len(value) in (2, 3):
        return arrays(*value)
    if kind == "optimizer" and is_rule(value):
        return Part(kind, name_of_rule(value), (), Rule(value))
    if kind == "optimizer" and callable(value):
        _has_what_it_needs(value)
    if callable(value):
        return own(kind, value)
    if kind == "data" and hasattr(value, "shape"):
        raise PartError(f"data are inputs with targets, got {shown(value)} alone; write data=(X, y)")
    raise PartError(
        f'"{kind}" takes a name, a part or a function, got {shown(value)}; see: seedbed list {PLURALS[kind]}'
    )


def _has_what_it_needs(rule: Callable[..., Any]) -> None:
    """Raise PartError for an update rule with a number that nobody gave, such as `optax.lion` by itself."""
    try:
        options = inspect.signature(rule).parameters.values()
    except (TypeError, ValueError):
        return
    required = [option for option in options if option.default is option.empty]
    needed = [option.name for option in required if option.kind not in (option.VAR_POSITIONAL, option.VAR_KEYWORD)]
    if needed:
        name = getattr(rule, "__name__", type(rule).__name__)
        given = ", ".join(f"{option}=..." for option in needed)
        raise PartError(
            f'the optimizer "{name}" needs {" and ".join(needed)}, got none; write {name}({given}), or '
            f'sb.own("optimizer", {name}, {given}), whose numbers can be varied'
        )


def _literal(node: ast.expr) -> Any:
    """A number, text or list as it is written; a name, or another part with its options, as its text."""
    if isinstance(node, ast.List | ast.Tuple):
        return [_literal(item) for item in node.elts]
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Call) else ast.literal_eval(node)


def build(table: Table, kind: str, name: str, arguments: list[Any], options: dict[str, Any]) -> Part:
    """The part that a word of a table gives for these arguments. Raises PartError for what it does not take."""
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
