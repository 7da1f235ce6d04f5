"""A store: a folder of files that keeps what was run, so that nothing is run twice and nothing is lost.

    seedbed-store.json                       the format
    settings/<key>.json                      what makes a setting what it is; the key is the digest of this
    blocks/<key>/<first>-<last>.<made by>.<sha256>.npz
                                             a stretch of seeds of one setting; finished when it is there
    questions/<name>.json                    which settings and seeds make up a record
    listed/<name>.json                       that there is a question of this name
    checkpoints/<name>.<count>.<sha256>.npz  unfinished work
    notes/<name>.json                        a few values about the folder itself
    locks/<name>                             who is at work on what

Embedded, without a server; any number of processes may share it. A block is never changed after it is written.
It deliberately does not know how a block is computed (`procedures`), nor read one in part.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed.store.checkpoints as checkpoints
import seedbed.store.checks as checks
import seedbed.store.questions as questions
from seedbed import record, spec
from seedbed.errors import StoreError
from seedbed.record import Block
from seedbed.spec import Spec, digest
from seedbed.store.blocks import BlockFile, Damage, block_file, pack_block, read_block
from seedbed.store.files import RefusedError, checked_name, claimed, explained, json_bytes, names_in, write_whole
from seedbed.store.gather import Seeds, absent, as_array, gather
from seedbed.store.questions import Question

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Store:
    """An open store. `create_or_open` and `open_existing` make one."""

    folder: Path
    without_checkpoints: list[str] = field(default_factory=list, compare=False, repr=False)  # why none is kept here

    def describe(self, key: str, identity: Mapping[str, Any]) -> None:
        """Keep what makes a setting what it is. Raises StoreError where `key` is not the digest of `identity`."""
        data = json_bytes(dict(identity), "identity of a setting")
        if key != (wanted := digest(json.loads(data))):
            raise StoreError(f"the setting {key} has the identity of {wanted}; use spec.digest(identity) as its key")
        path = self.folder / checks.SETTINGS / f"{key}.json"
        with explained("read", path):
            known = path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data
        if not known:
            write_whole(self.folder, path, data)

    def save(self, key: str, identity: Mapping[str, Any], block: Block) -> Path:
        """Write a block of the setting `key` = digest(identity); when this returns, it is on the disk."""
        name, data = pack_block(checked_name(key, "setting"), block)
        self.describe(key, identity)
        path = self.folder / checks.BLOCKS / key / name
        write_whole(self.folder, path, data)
        return path

    def seeds_of(self, key: str) -> np.ndarray:
        """The seeds stored for a setting, sorted; by the names of its blocks, without reading them."""
        held = [np.arange(file.first, file.last + 1) for file in self.files(key)]
        return np.unique(np.concatenate(held)) if held else np.empty(0, np.int64)

    def files(self, key: str) -> list[BlockFile]:
        """The blocks stored for a setting, whatever program made them."""
        folder = self.folder / checks.BLOCKS / checked_name(key, "setting")
        files = [file for name in names_in(folder) if (file := block_file(folder / name))]
        return sorted(files, key=lambda file: (file.first, -file.last, file.path.name))

    def missing(self, key: str, seeds: Seeds) -> list[int]:
        """Which of `seeds` are not stored for a setting, sorted."""
        return absent(self.files(key), seeds)

    def about(self, file: BlockFile) -> Mapping[str, Any]:
        """How a block was made: its meta. Raises DamagedError."""
        return read_block(file.path.parent.name, file).meta

    def load(self, key: str, seeds: Seeds, files: Sequence[BlockFile] | None = None) -> Block:
        """Exactly these seeds of a setting, in this order, every byte checked against its hash.

        `files` says which of the blocks may be used, those in front first; by default all of them. `meta` has one value
        where all blocks used agree, else the list of the distinct values.
        Raises StoreError naming the seeds that are missing, DamagedError naming the blocks that are damaged.
        """
        wanted = as_array(seeds)
        if wanted.size == 0:
            raise StoreError(f"no seeds were asked for of the setting {key}; ask for at least one")
        return gather(self.folder, key, self.files(key) if files is None else files, wanted)

    def verify(self) -> list[Damage]:
        """Derive every hash again; name every file that is not what its name says, and half-written leftovers."""
        return checks.verify(self.folder)

    def discard(self, damage: Damage) -> None:
        """Remove one damaged file, so that it alone is run again."""
        checks.discard(self.folder, damage)

    def sweep(self) -> list[Path]:
        """Remove what killed runs left half-written; returns what was removed."""
        return checks.sweep(self.folder)

    def claim(self, name: str, wait: bool = True) -> AbstractContextManager[bool]:
        """Work on a name alone: yields True when it is ours, False where another process has it and `wait` is False.

        Released when the block is left or the process dies. Not re-entrant. Without `fcntl` always True: see `locks`.
        """
        return claimed(self.folder / "locks" / checked_name(name, "claim"), wait)

    def save_checkpoint(self, name: str, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> None:
        """Keep unfinished work under a name; the previous checkpoint of that name is replaced.

        A checkpoint only saves time, so one that cannot be written is told once, and no more are tried.
        """
        if self.without_checkpoints:
            return
        try:
            checkpoints.save_checkpoint(self.folder, name, arrays, meta)
        except RefusedError as error:
            self.without_checkpoints.append(str(error))
            sys.stderr.write(f"{error} (the run goes on; killed now, it would begin its unfinished blocks again)\n")

    def load_checkpoint(self, name: str) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """Arrays and meta of the newest good checkpoint of a name; None where there is none."""
        return checkpoints.load_checkpoint(self.folder, name)

    def drop_checkpoint(self, name: str) -> None:
        """Forget the checkpoints of a name; one that cannot be removed does no harm."""
        with suppress(RefusedError):
            checkpoints.drop_checkpoint(self.folder, name)

    def write_question(
        self, name: str, question: Spec, keys: Sequence[str], seeds: spec.Seeds, provenance: Mapping[str, Any],
        programs: Sequence[Sequence[str]] = (),
    ) -> None:  # fmt: skip
        """Keep what makes up the record of a question: one setting key per setting of it, in their order.

        `programs` names, for each key, what made the blocks that may be used, in order; none: any.
        """
        if len(keys) != len(question.settings()):
            raise StoreError(f"{name} has {len(question.settings())} settings, got {len(keys)} keys; give one key each")
        factors = {factor.name: factor.labels for factor in question.factors}
        about = {**record.attributes(question), **provenance}
        questions.write_question(self.folder, name, Question(factors, keys, seeds, about, programs))

    def write_note(self, name: str, note: Mapping[str, Any]) -> None:
        """Keep a few JSON values about this folder, for instance what was asked for; replaces the note of that name."""
        path = self.folder / checks.NOTES / f"{checked_name(name, 'note')}.json"
        write_whole(self.folder, path, checks.write_note(name, note))

    def read_note(self, name: str) -> dict[str, Any] | None:
        """The note of that name, or None."""
        path = self.folder / checks.NOTES / f"{checked_name(name, 'note')}.json"
        return checks.read_note(path) if path.exists() else None

    def questions(self) -> list[str]:
        """The names of the records this store can give."""
        return questions.question_names(self.folder)

    def only(self) -> str | None:
        """The name of the only record that is not aside; None where there are several, or none."""
        return questions.only_question(self.folder)

    def read_question(self, name: str | None = None) -> Question:
        """A stored question; without a name, the only one there is."""
        return questions.read_question(self.folder, name)

    def record(self, name: str | None = None) -> xr.Dataset:
        """The record of a stored question, rebuilt from its blocks."""
        question = self.read_question(name)
        blocks = [self.load(key, question.seeds, files) for key, files in zip(*self._used(question), strict=True)]
        return record.put_together(question.factors, blocks, question.attributes)

    def _used(self, question: Question) -> tuple[Sequence[str], list[list[BlockFile]]]:
        """The settings of a question, and the blocks of each that its record is made of."""
        programs = question.programs or [[]] * len(question.keys)
        found = [
            [file for program in allowed for file in self.files(key) if file.program == program]
            if allowed else self.files(key)
            for key, allowed in zip(question.keys, programs, strict=True)
        ]  # fmt: skip
        return question.keys, found
