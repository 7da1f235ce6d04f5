"""`run`: plan a question, ask the store what is missing, train that, save it, return the record.

The function that trains a group is handed in (`Train`), so that one machine, one GPU, the reference engine or a
cluster can stand behind the same call. Without a store the result lives in memory only.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed import memory, record
from seedbed.datasets.dataset import Dataset
from seedbed.engine import plan
from seedbed.errors import SpecError, StoreError, shown
from seedbed.procedures.executors import Executor, Measuring, executor
from seedbed.procedures.identity import Sources, identity, is_own_law
from seedbed.procedures.members import with_members
from seedbed.progress import Listener, Progress, silent, watched
from seedbed.record import Block
from seedbed.spec import Seeds, Setting, Spec, digest, read_seeds, trace_steps
from seedbed.store import BlockFile, DamagedError, Store, absent, create_or_open
from seedbed.store.files import checked_name
from seedbed.vocabulary import Part

if TYPE_CHECKING:
    import xarray as xr

Train = Callable[..., Iterator[tuple[int, Block]]]


def run(
    question: Spec,
    seeds: Any = 256,
    *,
    store: Any = None,
    name: str = "record",
    engine: str = "jax",
    train: Train | None = None,
    progress: bool | None = None,
    listen: Listener = silent,
    notes: Mapping[str, Any] | None = None,
    keep_older: bool = False,
) -> xr.Dataset:
    """The record of a question for the given seeds; only what the store lacks is trained.

    What was stored by another program (another version, device or source of seedbed, other settings of jax) is trained
    anew, which is said in a sentence; with `keep_older` it is kept, and the record says how many programs made it.

    `seeds` is a number (256: seeds 0 to 255), a range ("0:1000", range(8, 16)) or a list ("42,7", [42, 7]), which the
    record keeps in the order given. `store` is an open store or a folder, made if absent; without one the record lives
    in memory only. `name` is what the record is called in its store. `engine`
    is "jax" or "reference"; `train` replaces it by a function of one's own. `progress` shows one line on standard error
    while networks train: None in a notebook or a terminal, True anywhere, False nowhere; `listen` is told instead.
    `notes` go into the record's attributes.
    """
    if not hasattr(question, "settings"):
        raise SpecError(
            f"run takes a question, sb.Spec(...), got {question!r}; studies of the catalogue run by seedbed run NAME"
        )
    wanted = read_seeds(seeds)
    if store is not None and not isinstance(store, str | Path | Store):
        raise StoreError(f'a store is a folder, got {shown(store)}; write store="seedbed-runs/my_run", or leave it out')
    store = create_or_open(store) if isinstance(store, str | Path) else store
    checked_name(name, "record")
    sources = Sources()
    settings = [sources.in_steps(setting) for setting in question.settings()]
    _has_room(settings, len(wanted))
    trainer = executor(engine) if train is None else Measuring(train)
    identities = [identity(setting, sources, engine, trainer) for setting in settings]
    keys = [digest(one) for one in identities]
    for advice in sources.advice(settings, wanted):
        sys.stderr.write(f"seedbed: {advice}\n")
    work = _Work(store, settings, identities, keys, wanted, trainer, sources, watched(progress, listen), keep_older)
    blocks = _in_memory(work) if store is None else _stored(work)
    caps = [setting.spec.steps for setting in settings]  # in steps, where the question has epochs
    provenance = {"cap": min(caps), "longest": max(caps)} if question.in_epochs else {}
    provenance |= {**_provenance(blocks, settings), **sources.provenance(), "keys": " ".join(keys), **(notes or {})}
    if store is not None:
        for key, one in zip(keys, identities, strict=True):  # a description that was lost comes back
            store.describe(key, one)
    with_members()
    result = record.assemble(question, blocks, provenance)
    if "copies" in result.attrs:
        sys.stderr.write(f"seedbed: {result.attrs['copies']}\n")  # warnings get lost while another thread compiles
    if store is not None:
        store.write_question(name, question, keys, wanted, provenance, [work.programs(at) for at in range(len(keys))])
    return result


def _traced_steps(spec: Spec) -> int:
    """How many steps traces are kept on, counted without listing a step for each of a hundred million."""
    every = [one for one in (spec.trace, spec.evaluate) if one not in ("log", "traced")]
    rows = len(trace_steps(spec.steps, "log")) if spec.trace == "log" else 0
    return rows + sum(2 + spec.steps // one for one in every)


def _has_room(settings: Sequence[Setting], seeds: int) -> None:
    """Raise SpecError for a record that the memory cannot hold: at least its traces, as blocks and joined."""
    rows = sum(_traced_steps(setting.spec) for setting in settings)
    traces = 1 + len(settings[0].spec.metrics)
    remedy = "ask for fewer seeds, levels or traced steps"
    what = f"a record of {len(settings):,} settings, {seeds:,} seeds and {rows // len(settings):,} traced steps"
    memory.check(8 * traces * rows * seeds, what, remedy, SpecError)


@dataclass(frozen=True)
class _Work:
    """A run: what is wanted, who trains it, and where it is kept."""

    store: Store | None
    settings: Sequence[Setting]
    identities: Sequence[Mapping[str, Any]]
    keys: Sequence[str]
    seeds: Seeds
    trainer: Executor
    sources: Sources
    listen: Listener
    keep_older: bool
    known: dict[int, str] = field(default_factory=dict)

    def program(self, at: int) -> str:
        """What would train a setting now."""
        if at not in self.known:
            self.known[at] = self._stamped(at) or self._traced(at)
        return self.known[at]

    def _traced(self, at: int) -> str:
        spec = self.settings[at].spec
        return self.trainer.names(spec, self.sources.first(spec))[1]

    def _stamped(self, at: int) -> str:
        """What made a stored block under the same stamp: it need not be traced. "" where none has that stamp."""
        store: Any = self.store
        if self.settings[at].spec.functions():
            return ""
        for file in store.files(self.keys[at]):
            if (meta := store.about(file)).get("stamp") == self.trainer.stamp():
                return str(meta.get("program", ""))
        return ""

    def held(self, at: int) -> list[BlockFile]:
        """The stored blocks of a setting that this program made; with `keep_older`, those of others behind them."""
        files = self.answers(at)
        if not files:
            return []
        program, part = self.program(at), self.settings[at].spec.data
        now = [file for file in files if file.program == self.sources.made_by(program, part, file.seeds)]
        return now + [file for file in files if file not in now] if self.keep_older else now

    def answers(self, at: int) -> list[BlockFile]:
        """The stored blocks of a setting, whatever program made them, on the data that its seeds have now."""
        files = self.store.files(self.keys[at]) if self.store else []
        part = self.settings[at].spec.data
        return files if not files or not is_own_law(part) else [file for file in files if self._same_data(file, part)]

    def _same_data(self, file: BlockFile, part: Part) -> bool:
        store: Any = self.store
        program = store.about(file).get("program", "")
        return file.program == self.sources.made_by(program, part, file.seeds)

    def programs(self, at: int) -> list[str]:
        """The names of what made the stored blocks that answer for a setting, the first before the others."""
        return list(dict.fromkeys(file.program for file in self.held(at)))

    def missing(self) -> list[list[int]]:
        """The seeds that the store lacks, setting by setting."""
        return [absent(self.held(at), self.seeds) for at in range(len(self.keys))]


def _in_memory(work: _Work) -> list[Block]:
    found: dict[int, list[Block]] = {}
    groups = plan.groups(work.settings, [work.seeds] * len(work.settings))
    for number, group in enumerate(groups, start=1):
        how = {"name": _label(group, work.settings), "group_number": (number, len(groups))}
        ahead = _ahead(groups[number:], work.sources)
        for index, block in work.trainer(group, work.sources.of(group), listen=work.listen, ahead=ahead, **how):
            found.setdefault(index, []).append(block)
    return [record.join(found[index]).in_order(work.seeds) for index in range(len(work.settings))]


def _stored(work: _Work) -> list[Block]:
    """The blocks of all settings, trained where they are missing; a damaged block is discarded and trained again."""
    store: Any = work.store
    try:
        return _filled(work)
    except DamagedError:
        for damage in store.verify():
            if not damage.lost:
                store.discard(damage)
        return _filled(work)


def _filled(work: _Work) -> list[Block]:
    store: Any = work.store
    _tell_of_older(work)
    _fill(work)
    return [store.load(key, work.seeds, work.held(at)) for at, key in enumerate(work.keys)]


def _tell_of_older(work: _Work) -> None:
    """Say in one sentence which settings are trained anew, because another program trained them."""
    store: Any = work.store
    older: dict[str, BlockFile] = {}
    for at, setting in enumerate(work.settings):
        files, held = work.answers(at), work.held(at)
        lost = np.setdiff1d(absent(held, work.seeds), absent(files, work.seeds))
        if lost.size:
            older[record.name_of(setting.levels) or "one setting"] = next(file for file in files if file not in held)
    if not older:
        return
    first, file = next(iter(older.items()))
    more = f" and {len(older) - 1} more" if len(older) > 1 else ""
    was = store.about(file)
    with_what = ", ".join(f"{name} {was[name]}" for name in ("jax", "devices", "device") if name in was)
    sentence = (
        f"{first}{more}: what is stored was trained by another program ({with_what or 'another version'}), and is "
        "trained anew, for results of two programs are not mixed; keep_older=True (--keep-older) keeps it"
    )
    if work.listen is silent:
        warnings.warn(sentence, stacklevel=4)
    work.listen(Progress("note", sentence, 1, 1, 0, 0, 0, 0))


def _fill(work: _Work) -> None:
    """Train and save what the store lacks. A group that another process trains is waited for, then asked again."""
    store: Any = work.store
    groups = plan.groups(work.settings, work.missing())
    for number, group in enumerate(groups, start=1):
        mark = f"group-{digest([work.keys[planned.setting] for planned in group.planned_blocks])}"
        with store.claim(mark):
            rest = _rest(group, work.missing())
            if rest is not None:
                ahead = _ahead(groups[number:], work.sources)
                _train_group(work, rest, mark, ahead, (number, len(groups)))


def _train_group(work: _Work, group: plan.Group, mark: str, ahead: Any, group_number: tuple[int, int]) -> None:
    store: Any = work.store
    label = _label(group, work.settings)
    how = {
        "listen": work.listen,
        "keep": store,
        "mark": mark,
        "name": label,
        "group_number": group_number,
        "ahead": ahead,
    }
    for index, block in work.trainer(group, work.sources.of(group), **how):
        program, part = block.meta.get("program", ""), work.settings[index].spec.data
        seeds = range(int(block.seeds[0]), int(block.seeds[-1]) + 1)
        made_by = work.sources.made_by(program, part, seeds)
        made = replace(block, meta={**block.meta, "made_by": made_by, "stamp": work.trainer.stamp()})
        store.save(work.keys[index], work.identities[index], made)


def _ahead(groups: Sequence[plan.Group], sources: Sources) -> list[tuple[plan.Group, Callable[..., Dataset]]]:
    """The groups that come next, with their data, for an engine that prepares them meanwhile."""
    return [(group, sources.of(group)) for group in groups]


def _rest(group: plan.Group, missing: Sequence[Sequence[int]]) -> plan.Group | None:
    """The group without what has been stored since it was planned."""
    left = [set(seeds) for seeds in missing]
    planned_blocks = [
        plan.PlannedBlock(planned.setting, planned.spec, kept)
        for planned in group.planned_blocks
        if (kept := tuple(seed for seed in planned.seeds if seed in left[planned.setting]))
    ]
    return plan.Group(group.spec, tuple(planned_blocks)) if planned_blocks else None


def _label(group: plan.Group, settings: Sequence[Setting]) -> str:
    """The settings of a group in words."""
    indices = sorted({planned.setting for planned in group.planned_blocks})
    first = record.name_of(settings[indices[0]].levels) or "one setting"
    return first if len(indices) == 1 else f"{first} and {len(indices) - 1} more"


def _provenance(blocks: Sequence[Block], settings: Sequence[Setting]) -> dict[str, Any]:
    """How the blocks were made: what they agree on, their programs, and the seconds in all.

    `program` names all programs together, `programs` is how many made the blocks of one setting, at most.
    """
    metas = [
        {name: value for name, value in block.meta.items() if name not in ("made_by", "stamp")} for block in blocks
    ]
    programs = [_listed(meta.pop("program", "")) for meta in metas]
    shared = {name: value for name, value in metas[0].items() if not name.endswith("_seconds")}
    differing = {name for name in shared if any(meta.get(name) != shared[name] for meta in metas)}
    told = {
        name: "various" if name in differing or isinstance(value, list) else value for name, value in shared.items()
    }
    compiled = {
        setting.spec.recipe(): _seconds(meta, "compile_seconds") for setting, meta in zip(settings, metas, strict=True)
    }
    wall = sum(_seconds(meta, "wall_seconds") for meta in metas)
    return {**told, "program": digest(programs), "programs": max(map(len, programs)), "wall_seconds": round(wall, 3),
            "compile_seconds": round(sum(compiled.values()), 3)}  # fmt: skip


def _listed(value: Any) -> list[Any]:
    """The values of what a block says of itself; blocks made at different times bring a list."""
    return value if isinstance(value, list) else [value]


def _seconds(meta: Mapping[str, Any], name: str) -> float:
    """Seconds in all."""
    return float(sum(_listed(meta.get(name, 0.0))))
