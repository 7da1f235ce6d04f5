"""The integrity of a store: every hash derived again, every file that does not belong named, every loss told.

A record needs its question, and of each setting of it the description and a sound block for every seed. Checking
changes nothing. `discard` removes what was found damaged, so that it alone is run again; `sweep` removes what killed
runs left half-written.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import seedbed.store.checkpoints as checkpoints
import seedbed.store.questions as questions
from seedbed.errors import StoreError
from seedbed.spec import digest
from seedbed.store.blocks import BlockFile, Damage, DamagedError, block_file, damaged, read_block
from seedbed.store.files import PARTIAL, UnreadableError, explained, names_in, read_json, readable, remove
from seedbed.store.gather import absent, seed_ranges
from seedbed.store.locks import hold, writing

BLOCKS, SETTINGS, NOTES, LOCKS = "blocks", "settings", "notes", "locks"
FOLDERS = (BLOCKS, SETTINGS, questions.FOLDER, questions.LISTED, checkpoints.FOLDER, NOTES, LOCKS)
LEFTOVER = "half-written: a run is writing it now, or was killed before it finished; harmless"
AGAIN = "the same run makes it again"


def verify(root: Path) -> list[Damage]:
    """Everything in the store that is not what its name says, and everything its records lack; empty for a sound store.

    What is lost has no file to be removed: its `path` is where it should be.
    """
    odd = [Damage(path, _odd(path)) for path in _not_folders(root)]
    found = [damage for path in _files(root) for damage in inspect(root, path)]
    return odd + found + list(_lost(root, found)) + [Damage(path, LEFTOVER, harmless=True) for path in leftovers(root)]


def inspect(root: Path, path: Path) -> tuple[Damage, ...]:
    """What is wrong with one file of the store; nothing for a sound one."""
    try:
        _read(path, path.relative_to(root).parts)
    except DamagedError as error:
        return error.damages
    return ()


def discard(root: Path, damage: Damage) -> None:
    """Remove a damaged file; one that a run has made good in the meantime stays.

    What is lost needs no removal, but a question that is gone is no longer listed.

    Raises StoreError for a file outside the store, or a folder in place of a file that holds something.
    """
    place = damage.path.relative_to(root).parts if damage.path.is_relative_to(root) else ()
    if not place or (place[0] not in FOLDERS and not damage.harmless):
        raise StoreError(f"{damage.path} is not a block of the store {root}; discard what its own store named")
    if damage.harmless:
        sweep(root)
        return
    if os.path.lexists(damage.path) and not damage.lost:
        if not (damage.path in _not_folders(root) or inspect(root, damage.path)):
            return
        remove(damage.path)
    if place[0] == questions.FOLDER:
        remove(root / questions.LISTED / damage.path.name)


def sweep(root: Path) -> list[Path]:
    """Remove what killed runs left half-written, unless a run is writing just now; returns what was removed."""
    with explained("clean", root), hold(writing(root), wait=False) as alone:
        gone = leftovers(root) if alone else []
        for path in gone:
            path.unlink(missing_ok=True)
    return gone


def leftovers(root: Path) -> list[Path]:
    """Every half-written file below the store, sorted."""
    found = [
        Path(folder, name)
        for folder, _, names in os.walk(root)
        for name in names
        if name.startswith(".") and name.endswith(PARTIAL)
    ]
    return sorted(found)


def check_setting(path: Path) -> None:
    """Raise DamagedError unless the identity in a settings file has the digest that is its name."""
    try:
        good = digest(read_json(path)) == path.stem
    except UnreadableError as why:
        raise damaged(path, str(why)) from why
    except (ValueError, RecursionError):
        good = False
    if not good or path.suffix != ".json":
        raise damaged(path, "it does not describe the setting its name says")


def write_note(name: str, note: Mapping[str, Any]) -> bytes:
    """A note as the bytes of its file, sealed with its own name and hash."""
    return questions.sealed("note", {"name": name, "says": dict(note)})


def read_note(path: Path) -> dict[str, Any]:
    """What a note says. Raises DamagedError for a file that was altered, exchanged, or is no note."""
    content = questions.unsealed(path, "note")
    if not isinstance(content.get("says"), dict) or "name" not in content:
        raise damaged(path, "it is not a note")
    return content["says"]


def _not_folders(root: Path) -> list[Path]:
    """What stands where a folder of the store belongs and is none."""
    inner = [root / BLOCKS / name for name in names_in(root / BLOCKS)]
    return [root / name for name in FOLDERS if os.path.lexists(root / name) and not (root / name).is_dir()] + [
        path for path in inner if path.is_symlink()
    ]


def _odd(path: Path) -> str:
    return "it is a link, where a folder of blocks belongs" if path.is_symlink() else "it is not a folder"


def _files(root: Path) -> list[Path]:
    found = [root / SETTINGS / name for name in names_in(root / SETTINGS)]
    found += [path for key in names_in(root / BLOCKS) for path in _inside(root / BLOCKS / key)]
    further = [folder for folder in FOLDERS if folder not in (SETTINGS, BLOCKS, LOCKS)]
    return found + [root / folder / name for folder in further for name in names_in(root / folder)]


def _inside(path: Path) -> list[Path]:
    if path.is_symlink():
        return []  # told by `_not_folders`
    return [path / name for name in names_in(path)] if path.is_dir() else [path]


def _read(path: Path, place: tuple[str, ...]) -> None:
    if place[0] == SETTINGS:
        check_setting(path)
    elif place[0] == questions.FOLDER:
        questions.parse_question(path)
    elif place[0] == questions.LISTED:
        questions.unsealed(path, "listed")
    elif place[0] == checkpoints.FOLDER:
        checkpoints.read_checkpoint(path)
    elif place[0] == NOTES:
        read_note(path)
    else:
        file = block_file(path)
        if file is None or len(place) != 3:
            raise damaged(path, "its name is not that of a block")
        read_block(place[1], file)


def _lost(root: Path, found: Sequence[Damage]) -> Iterator[Damage]:
    """What the records of the store lack and no damaged file stands for."""
    bad = {damage.path for damage in found}
    for name in names_in(root / questions.LISTED):
        file = root / questions.FOLDER / name
        if not os.path.lexists(file) and root / questions.LISTED / name not in bad:
            yield Damage(file, f'the question of the record "{readable(file.stem)}" is gone; {AGAIN}', lost=True)
    lacking: dict[tuple[Path, str], list[str]] = {}
    for name in questions.question_names(root):
        path = root / questions.FOLDER / f"{name}{questions.ENDING}"
        for one in _lacking(root, questions.parse_question(path)) if path not in bad else ():
            lacking.setdefault(one, []).append(f'"{name}"')
    for (path, what), names in lacking.items():
        yield Damage(path, f"{what} of the record {' and '.join(names)} is gone; {AGAIN}", lost=True)


def _lacking(root: Path, question: questions.Question) -> Iterator[tuple[Path, str]]:
    """What a question needs and the store does not have: where it should be, and what it is."""
    programs = question.programs or [()] * len(question.keys)
    for key, allowed in dict(zip(question.keys, programs, strict=True)).items():
        described = root / SETTINGS / f"{key}.json"
        if not os.path.lexists(described):
            yield described, "the description of a setting"
        missing = absent(_held(root / BLOCKS / key, allowed), question.seeds)
        if missing:
            seeds = ", ".join(f"{part.start}-{part.stop - 1}" for part in seed_ranges(missing))
            yield root / BLOCKS / key, f"what was trained with seeds {seeds}"


def _held(folder: Path, programs: Sequence[str]) -> list[BlockFile]:
    """The blocks in the folder of a setting that a record may use; those damaged are told for themselves."""
    names = [] if folder.is_symlink() else names_in(folder)
    files = [file for name in names if (file := block_file(folder / name))]
    return [file for file in files if not programs or file.program in programs]
