"""The tables that `seedbed list` and `seedbed claims` show, as plain rows of text.

Everything comes from the vocabulary's docstrings and the studies themselves: a new part appears here by being in its
table. How rows are drawn is `screen`'s business. Every row has `name` and `says`; what else it has is shown below them.
"""

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

from seedbed.errors import UserError, nearest
from seedbed.study import Study
from seedbed.vocabulary import PLURALS, TABLES

Row = dict[str, Any]
KINDS = ("studies", *(PLURALS[kind] for kind in TABLES), "claims")


def rows(kind: str) -> list[Row]:
    """The rows of one kind of thing that seedbed knows by name."""
    if kind not in KINDS:
        raise UserError(f'there is no list "{kind}"{nearest(kind, KINDS)} (there are {", ".join(KINDS)})')
    if kind in ("studies", "claims"):
        from seedbed.studies import TABLE

        studies = list(TABLE.values())
        return claim_rows(studies) if kind == "claims" else [study_row(study) for study in studies]
    table = next(TABLES[singular] for singular, plural in PLURALS.items() if plural == kind)
    return [part_row(name, word) for name, word in table.items()]


def part_row(name: str, word: Callable[..., Any]) -> Row:
    """A word of the vocabulary: the first line of its docstring, its options with defaults, its source."""
    text = inspect.getdoc(word) or ""
    first = text.split("\n", 1)[0].split(" Source:")[0].split(" Elsewhere:")[0]
    options = [_option(option) for option in inspect.signature(word).parameters.values()]
    return {"name": name, "says": first, "options": ", ".join(options), "source": _source(text)}


def study_row(study: Study) -> Row:
    """A study: its title, and where the question comes from."""
    return {"name": study.name, "says": study.title, "source": study.source}


def claim_rows(studies: Sequence[Study]) -> list[Row]:
    """Every published claim of these studies, with the figure that its source gives."""
    return [
        {
            "name": claim.id,
            "says": claim.statement,
            "study": study.name,
            "published": claim.value,
            "source": claim.source,
        }
        for study in studies
        for claim in study.claims
    ]


def _option(option: inspect.Parameter) -> str:
    if option.default is inspect.Parameter.empty:
        return option.name
    default = f"{option.default:g}" if isinstance(option.default, float) else str(option.default)
    return f"{option.name}={default}"


def _source(text: str) -> str:
    found = re.search(r"\bSource:\s*(.+?)(?=\s+Elsewhere:|\n\s*\n|\Z)", text, re.DOTALL)
    return " ".join(found.group(1).split()) if found else ""
