"""In what a record was run differently from the question that its study asks in full, setting by setting, in words.

The number of seeds is no difference, nor is what is only watched (probes, traces, metrics). Questions are compared as
the plain data that a record carries, so that those with a user's own functions can be compared as well.
"""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import xarray as xr

from seedbed.datasets.load import IMAGES
from seedbed.datasets.npy import COURSE_HASHES
from seedbed.report.numbers import number, text
from seedbed.spec import Spec, canonical_json, levels_of

WATCHED = ("factors", "probes", "trace", "evaluate", "splits", "metrics")
COURSE = "course files"
Plain = Mapping[str, Any]


def differences(record: xr.Dataset, full: Spec, chosen: Sequence[Plain], *, arrived: bool = False) -> list[str]:
    """What differs in the settings that `chosen` name (levels; a factor left out means all of its levels), in words.

    `arrived`: every member was through before the cap, so that the cap made no difference.
    """
    here = _settings(json.loads(record.attrs["spec"]), json.loads(record.attrs.get("levels", "[]")))
    there = _settings(json.loads(canonical_json(full.canonical())), json.loads(json.dumps(levels_of(full))))
    found: dict[str, None] = {}
    for levels, ours in here:
        if any(_fits(levels, wanted) for wanted in chosen):
            theirs = next((spec for known, spec in there if _fits(known, levels)), there[0][1])
            found |= dict.fromkeys(_differ(ours, theirs, record.attrs, arrived))
    return list(found)


def own_data(record: xr.Dataset) -> bool:
    """Whether a record was run on the course's own files, as far as their contents are known here."""
    data = json.loads(record.attrs.get("spec", "{}")).get("data") or {}
    return data.get("part") == "files" and COURSE_HASHES.get(str(data.get("name")), "") in (
        "",
        record.attrs.get("data_hash"),
    )


def _differ(ours: Plain, theirs: Plain, attrs: Plain, arrived: bool) -> Iterator[str]:
    for name in theirs:
        if name in WATCHED or (name == "steps" and arrived):
            continue
        if name == "data":
            yield from _data(ours["data"], theirs["data"], attrs)
        else:
            yield from _words(name, ours.get(name), theirs[name])


def _data(ours: Any, theirs: Any, attrs: Plain) -> Iterator[str]:
    """The course's own files are what the generator of the same name stands for."""
    if ours.get("part") == "files" and ours.get("name") == IMAGES:
        yield f"other images than {theirs.get('part')}"
    elif ours.get("part") != "files" or theirs.get("part") == "files":
        yield from _words("data", ours, theirs)
    elif ours.get("name") in COURSE_HASHES and str(attrs.get("data_hash", "")) != COURSE_HASHES[ours["name"]]:
        yield f'other files for the set "{ours.get("name")}" than the course\'s'


def _words(name: str, ours: Any, theirs: Any) -> Iterator[str]:
    ours, theirs = _bare(ours), _bare(theirs)
    if ours == theirs:
        return
    if name == "steps":
        same = isinstance(ours, Mapping) == isinstance(theirs, Mapping)
        yield f"watched for {_length(ours)} instead of {_count(theirs) if same else _length(theirs)}"
        return
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping) and ours.get("part") == theirs.get("part"):
        for option in theirs:
            yield from _words(f"{name} {option}" if option != "part" else name, ours.get(option), theirs[option])
        return
    shown = f"{_shown(ours)} instead of {_shown(theirs)}"
    yield f"{name.replace('_', ' ')} {shown}"


def _length(value: Any) -> str:
    """A cap in steps, or in epochs."""
    return f"{_count(value)} {'epochs' if isinstance(value, Mapping) else 'steps'}"


def _count(value: Any) -> str:
    return number(value["epochs"] if isinstance(value, Mapping) else value)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        options = ", ".join(f"{key}={_shown(item)}" for key, item in value.items() if key != "part")
        return f"{value.get('part', 'own')}({options})" if options else str(value.get("part", "own"))
    if isinstance(value, list):
        return " and ".join(_shown(item) for item in value) if value and isinstance(value[0], Mapping) else text(value)
    return "none" if value is None else text(value)


def _bare(value: Any) -> Any:
    """A dial as its number."""
    if isinstance(value, Mapping):
        return _bare(value["dial"]) if set(value) == {"dial"} else {key: _bare(item) for key, item in value.items()}
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [_bare(item) for item in value] if isinstance(value, list) else value
    return float(value)


def _settings(spec: dict[str, Any], levels: Sequence[Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every setting of a question written as plain data: its levels, and the plain data with their changes made."""
    found: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for combination in itertools.product(*(listed for _, listed in levels)):
        changed = json.loads(json.dumps(spec))
        for _, changes in combination:
            for path, value in changes.items():
                _put(changed, path.split("."), value)
        labels = {name: label for (name, _), (label, _) in zip(levels, combination, strict=True)}
        found.append((labels, changed))
    return found


def _put(spec: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Put a value at a path; a path that begins deeper is looked for in every part."""
    if path[0] not in spec:
        inner = next((part for part in spec.values() if isinstance(part, dict) and path[0] in part), None)
        if inner is not None:
            _put(inner, path, value)
        return
    if len(path) == 1:
        spec[path[0]] = value
    elif isinstance(spec[path[0]], dict):
        _put(spec[path[0]], path[1:], value)


def _fits(levels: Plain, wanted: Plain) -> bool:
    """Whether two settings agree in every factor that both name."""
    return all(_same(levels[name], level) for name, level in wanted.items() if name in levels)


def _same(a: Any, b: Any) -> bool:
    try:
        return float(a) == float(b)
    except (TypeError, ValueError):
        return str(a) == str(b)
