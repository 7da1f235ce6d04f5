"""What `--set factor=level,level` means. Which factors there are, and whether a level fits, is for `Spec` to say."""

import ast
import re
from collections.abc import Sequence
from typing import Any

from seedbed.errors import LETTERS, UserError

SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def changes(words: Sequence[str]) -> dict[str, list[Any]]:
    """The levels of each factor named.

    >>> changes(["learning_rate=0.1,1", "activation=relu,leaky_relu(slope=0.1)", "hidden=[4],[8,8]"])
    {'learning_rate': [0.1, 1], 'activation': ['relu', 'leaky_relu(slope=0.1)'], 'hidden': [[4], [8, 8]]}
    >>> changes(["fresh=no"])
    {'fresh': [False]}

    Raises: UserError for a word without levels, or a factor named twice.
    """
    asked: dict[str, list[Any]] = {}
    for word in words:
        name, equals, levels = word.partition("=")
        name = name.strip()
        pieces = [piece.strip() for piece in _split(levels)]
        if not name or not equals or "" in pieces:
            raise UserError(
                f'--set takes factor=level,level, got "{word[:LETTERS]}"; write for instance --set activation=relu,tanh'
            )
        if name in asked:
            raise UserError(f"--set names {name[:LETTERS]} twice; name all its levels at once, separated by commas")
        asked[name] = [_level(piece) for piece in pieces]
    return asked


def _split(text: str) -> list[str]:
    """Split on commas that stand outside all brackets."""
    pieces, depth = [""], 0
    for sign in text:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += sign
    return pieces


def _level(text: str) -> Any:
    """A number, a list of numbers, a switch or None if it is written as one, else the text itself."""
    if text.lower() in SWITCHES:
        return SWITCHES[text.lower()]
    if text == "None":
        return None
    number = text.replace("\N{MINUS SIGN}", "-")  # as reports print it
    if re.match(r"[-+.\d\[]", number) is None:
        return text
    try:
        return ast.literal_eval(number)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
