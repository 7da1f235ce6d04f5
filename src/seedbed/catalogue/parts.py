"""A run in parts, for any batch system: part k of n trains its share of the seeds, and parts are merged afterwards.

A part trains what a study asks for beforehand. What needs a whole earlier record (`sb.after`), and what is measured
without training (timings, landscapes), is left to the run after merging, which finds all else in the store and writes
the report. A member's numbers do not depend on how many others were asked for, so the merged record is that of a
single run on machines of the same kind, bit for bit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seedbed import store
from seedbed.catalogue.own import checked_name
from seedbed.catalogue.questions import Changes, asked_of
from seedbed.catalogue.request import REQUEST
from seedbed.catalogue.run_study import check_own
from seedbed.errors import SpecError, StoreError, UserError
from seedbed.measures import Asked
from seedbed.procedures.measured import Bench, measured
from seedbed.progress import Listener, silent, watched
from seedbed.spec import Seeds, plain_seeds, read_seeds
from seedbed.store.merging import Merged, merge
from seedbed.study import ProfileName, Study

WRITTEN = re.compile(r"(\d{1,6})/(\d{1,6})")
NOTE = re.compile(r"part-(\d+)-of-(\d+)")
SAME = ("study", "profile", "seeds", "parts")  # what parts of one run agree on
OTHER = {"settings": "of another question", "programs": "made by another program or kind of device"}


@dataclass(frozen=True)
class RunPart:
    """Part `number` of `count`, counted from 1."""

    number: int
    count: int

    def of(self, seeds: Seeds) -> Seeds:
        """Its share of the seeds: a stretch, as long as the others' or one longer; empty where parts outnumber seeds.

        >>> [RunPart(k, 3).of(range(8)) for k in (1, 2, 3)]
        [range(0, 2), range(2, 5), range(5, 8)]
        """
        n = len(seeds)
        return seeds[(self.number - 1) * n // self.count : self.number * n // self.count]

    @property
    def note(self) -> str:
        """The note that a part leaves in its store: first that it has begun, then what it has made."""
        return f"part-{self.number}-of-{self.count}"


@dataclass(frozen=True)
class PartDone:
    """What a part has trained: its folder, seeds by record, and the records left to the run after merging."""

    folder: Path
    seeds: Mapping[str, int]
    left: Sequence[str]


@dataclass(frozen=True)
class PartsMerged:
    """What `merge_parts` has put together for one study: where, what was copied, and which parts are missing."""

    study: str
    folder: Path
    command: str
    merged: Merged
    missing: Sequence[int]
    parts: int


def read_part(text: str) -> RunPart:
    """`3/16` as a part. Raises UserError for anything else.

    >>> read_part("3/16")
    RunPart(number=3, count=16)
    """
    match = WRITTEN.fullmatch(text.strip())
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise UserError(f'a part is written 3/16, from 1/16 to 16/16, got "{text}"; count parts from 1')
    return RunPart(int(match[1]), int(match[2]))


def run_part(
    study: Study,
    part: RunPart,
    *,
    profile: ProfileName = "quick",
    seeds: Any = None,
    changes: Mapping[str, Sequence[Any]] | None = None,
    data: Path | None = None,
    out: Path = Path("seedbed-runs"),
    engine: str = "jax",
    listen: Listener = silent,
    command: str = "",
    keep_older: bool = False,
) -> PartDone:
    """Train a part's share of a study; `command` is the command of the whole run. The options are those of `run_study`.

    Raises: SpecError for a study that trains nothing which is known beforehand, StoreError where `out` has a whole run.
    """
    folder = out / checked_name(study)
    changed = Changes(changes or {}, data)
    wanted = read_seeds(study.profile(profile).seeds if seeds is None else seeds)
    asked = asked_of(study, study.profile(profile, engine), changed)
    check_own(study, asked)
    now = {name: one for name, one in asked.items() if isinstance(one, Asked) and one.kind == "training"}
    if not now:
        raise SpecError(f"{study.name} trains nothing that is known beforehand, so it has no parts; leave out --part")
    kept, hear = store.create_or_open(folder / "record"), watched(None, listen)
    if kept.read_note(REQUEST) is not None:
        raise StoreError(f"{folder} holds a whole run, whose records a part would cut short; give another --out")
    told = {"study": study.name, "profile": profile, "seeds": plain_seeds(wanted), "parts": part.count}
    trained: dict[str, int] = {}
    programs: dict[str, str] = {}
    settings: dict[str, str] = {}

    def note(done: bool) -> None:
        made = {"settings": settings, "programs": programs, "command": command, "done": done}
        kept.write_note(part.note, told | made)

    note(done=False)
    for name, one in now.items():
        share = part.of(one.over(wanted))
        if not len(share):
            continue
        exactly = replace(one, seeds=None, at_most=None)
        found = measured(exactly, name, Bench(kept, share, profile, engine, hear, data, keep_older))
        trained[name], programs[name], settings[name] = len(share), found.attrs["program"], found.attrs["keys"]
        note(done=False)
    note(done=True)
    return PartDone(folder, trained, [name for name in asked if name not in now])


def merge_parts(folders: Sequence[Path], out: Path = Path("seedbed-runs")) -> list[PartsMerged]:
    """Put the parts under `folders` together under `out`, study by study; nothing is trained.

    Of a part that was killed, what it has stored is taken over, and it counts as missing.

    Raises: StoreError where there are no parts, and, before anything is copied, for parts of different runs or
    programs.
    """
    found: dict[str, list[store.Store]] = {}
    for folder in folders:
        if not folder.is_dir():
            raise StoreError(f'no folder "{folder}" here; name the --out of a part')
        stores = [store.open_existing(path.parent) for path in sorted(folder.rglob("seedbed-store.json"))]
        parts = [one for one in stores if list(_notes(one))]
        if not parts:
            raise StoreError(f'no part lies under "{folder}"; run one: seedbed run STUDY --part 1/16 --out DIR')
        for one in parts:
            found.setdefault(next(_notes(one))[1]["study"], []).append(one)
    for study, parts in found.items():
        _check_same([*parts, *_there(out / study)])
    return [_merged(study, parts, out) for study, parts in found.items()]


def _merged(study: str, parts: Sequence[store.Store], out: Path) -> PartsMerged:
    target = store.create_or_open(out / study / "record")
    each = [merge(target, one) for one in parts if one.folder.resolve() != target.folder.resolve()]
    notes = dict(_notes(target))
    for name, note in (told for one in parts for told in _notes(one)):
        if not notes.get(name, {}).get("done"):
            target.write_note(name, note)
            notes[name] = note
    first = next(iter(notes.values()))
    done = {int(match[1]) for name, note in notes.items() if note["done"] and (match := NOTE.fullmatch(name))}
    damaged = [damage for one in each for damage in one.damaged]
    whole = Merged(sum(one.copied for one in each), sum(one.there for one in each), damaged)
    missing = [number for number in range(1, first["parts"] + 1) if number not in done]
    return PartsMerged(study, out / study, first["command"], whole, missing, first["parts"])


def _there(folder: Path) -> list[store.Store]:
    """The store that parts are merged into, where it is there already."""
    place = folder / "record"
    return [store.open_existing(place)] if (place / "seedbed-store.json").exists() else []


def _notes(kept: store.Store) -> Iterator[tuple[str, dict[str, Any]]]:
    """What parts have left in a store, by name."""
    for path in sorted((kept.folder / "notes").glob("part-*-of-*.json")):
        note = kept.read_note(path.stem)
        if note is not None and NOTE.fullmatch(path.stem):
            yield path.stem, note


def _check_same(stores: Sequence[store.Store]) -> None:
    """Raise StoreError for parts of different runs, or made by different programs."""
    listed = [(one.folder, name, note) for one in stores for name, note in _notes(one)]
    first, _, known = listed[0]
    made: dict[tuple[str, str], tuple[Path, str]] = {}
    for folder, name, note in listed:
        for what in SAME:
            if known[what] != note[what]:
                raise StoreError(
                    f"{folder} ({name}) is part of another run than {first}: {what} {note[what]} against "
                    f"{known[what]}; merge them into different folders"
                )
        for what, why in OTHER.items():
            for record, value in note[what].items():
                place, before = made.setdefault((what, record), (folder, value))
                if before != value:
                    raise StoreError(
                        f"{folder} ({name}) is {why} than {place} ({record}), and results of two are not mixed; run it "
                        "again as the others were run"
                    )
