"""What a store can answer: each named question with its settings, factors and seeds, as JSON with its own hash.

A question's file is all that is needed to rebuild its record from blocks; the study that asked is not. The name of the
question is hashed with it, so that two exchanged files are found out. `listed/<name>.json` says that there is a
question of that name, so that a question that was deleted is missed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seedbed.errors import StoreError, nearest
from seedbed.spec import MOST_SEEDS, Seeds, plain_seeds, seeds_back
from seedbed.store.blocks import damaged
from seedbed.store.files import (
    UnreadableError,
    checked_name,
    json_bytes,
    names_in,
    read_json,
    readable,
    sha256,
    write_whole,
)

FOLDER, LISTED = "questions", "listed"
ENDING = ".json"


@dataclass(frozen=True)
class Question:
    """A stored question: factor names with labels, one setting key per combination (last factor fastest), the seeds,
    and the attributes of its record (spec as canonical JSON, hash, cap, target, provenance). `programs` names for each
    key what made the blocks to use, in order; none: any."""

    factors: Mapping[str, Sequence[Any]]
    keys: Sequence[str]
    seeds: Seeds
    attributes: Mapping[str, Any]
    programs: Sequence[Sequence[str]] = ()


def write_question(root: Path, name: str, question: Question) -> None:
    """Keep a question under a name; one already there is replaced."""
    content = {
        "name": name,
        "factors": [[factor, list(labels)] for factor, labels in question.factors.items()],  # a list keeps the order
        "keys": list(question.keys),
        "seeds": plain_seeds(question.seeds),
        "attributes": dict(question.attributes),
        "programs": [list(names) for names in question.programs],
    }
    file = checked_name(name, "question") + ENDING
    write_whole(root, root / FOLDER / file, sealed("question", content))
    write_whole(root, root / LISTED / file, sealed("listed", {"name": name}))


def sealed(kind: str, content: Mapping[str, Any]) -> bytes:
    """JSON-ready content under the name of its kind, with its own hash."""
    body = json_bytes(dict(content), kind)
    return json_bytes({kind: json.loads(body), "sha256": sha256(body)}, kind)


def unsealed(path: Path, kind: str) -> dict[str, Any]:
    """The content of a sealed file, whose `name`, where it states one, is the file's. Raises DamagedError."""
    try:
        outer = read_json(path)
        content = outer[kind]
        intact = sha256(json_bytes(content, kind)) == outer["sha256"]
        named = content.get("name", path.stem)
    except UnreadableError as why:
        raise damaged(path, str(why)) from why
    except (KeyError, TypeError, AttributeError, StoreError):
        raise damaged(path, f"it is not a {kind}") from None
    if not intact:
        raise damaged(path, "its content has another hash than it states")
    if named != path.stem or path.suffix != ENDING:
        raise damaged(path, f'it is the {kind} "{readable(str(named))}"')
    return content


def question_names(root: Path) -> list[str]:
    """The names of the questions in a store."""
    return [name.removesuffix(ENDING) for name in names_in(root / FOLDER) if name.endswith(ENDING)]


def only_question(root: Path) -> str | None:
    """The name of the only question of a store, None where there are several: then it takes a name.

    Auxiliary questions (`measures.train(..., auxiliary=True)`, stored as `aside`) help to tell a page and are no answer
    of their own; they are left out where there are others.
    """
    known = question_names(root)
    if len(known) > 1:
        known = [name for name in known if not parse_question(root / FOLDER / (name + ENDING)).attributes.get("aside")]
    return known[0] if len(known) == 1 else None


def read_question(root: Path, name: str | None = None) -> Question:
    """A question by name; without a name, the only one there is, see `only_question`.

    Raises StoreError where it is not there, DamagedError where its file was altered.
    """
    known = question_names(root)
    if not known:
        raise StoreError(f"the store {root} holds no record yet; run a study into it first")
    name = only_question(root) if name is None else name
    if name is None:
        raise StoreError(f"the store {root} holds {len(known)} records, {', '.join(known)}; name one of them")
    if name not in known:
        raise StoreError(f'no record "{name}" in {root}{nearest(name, known)}; it has {", ".join(known)}')
    return parse_question(root / FOLDER / (name + ENDING))


def parse_question(path: Path) -> Question:
    """The question in a file. Raises DamagedError."""
    content = unsealed(path, "question")
    try:
        factors = {factor: tuple(labels) for factor, labels in content["factors"]}
        keys, programs = tuple(content["keys"]), content.get("programs", [])
        if programs and len(programs) != len(keys):
            raise ValueError("each setting has its programs")
        seeds = seeds_back(content["seeds"])
        if not 0 < len(seeds) <= MOST_SEEDS:
            raise ValueError("no run has so many seeds")
        return Question(factors, keys, seeds, content["attributes"], programs)
    except (ValueError, KeyError, TypeError, OverflowError):
        raise damaged(path, "it is not a question") from None
