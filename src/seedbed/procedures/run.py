"""`run`: plan a question, ask the store what is missing, train that, save it, return the record.

The function that trains a group is handed in (`Train`), so that one machine, one GPU, the reference engine or a
cluster can stand behind the same call. Without a store the result lives in memory only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed import record
from seedbed.datasets.dataset import Dataset
from seedbed.datasets.load import load
from seedbed.engine import plan
from seedbed.errors import SpecError
from seedbed.procedures.accessor import with_members
from seedbed.procedures.executors import executor
from seedbed.progress import Listener, silent
from seedbed.record import Block
from seedbed.spec import Setting, Spec, canonical_json, digest, read_seeds
from seedbed.store import DamagedError, Store, create_or_open
from seedbed.vocabulary import Part

if TYPE_CHECKING:
    import xarray as xr

Train = Callable[..., Iterator[tuple[int, Block]]]
NUMERICS = 1  # rises when the same question would give other numbers; part of every stored identity


def run(
    question: Spec,
    seeds: int | str | range = 256,
    *,
    store: Store | Path | str | None = None,
    name: str = "record",
    engine: str = "jax",
    train: Train | None = None,
    listen: Listener = silent,
    notes: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """The record of a question for the given seeds; only what the store lacks is trained.

    `seeds` is a number (256: seeds 0 to 255), a text "0:1000" or a range. `store` is an open store or a folder, made
    if absent; without one the record lives in memory only. `name` is what the record is called in its store. `engine`
    is "jax" or "reference"; `train` replaces it by a function of one's own. `notes` go into the record's attributes.
    """
    if not hasattr(question, "settings"):
        raise SpecError(
            f"run takes a question, sb.Spec(...), got {question!r}; studies of the catalogue run by seedbed run NAME"
        )
    wanted = read_seeds(seeds)
    store = create_or_open(store) if isinstance(store, str | Path) else store
    sources = _Sources()
    settings = [sources.in_steps(setting) for setting in question.settings()]
    train = train or executor(engine)
    identities = [identity(setting, sources, engine) for setting in settings]
    if store is None:
        blocks = _in_memory(settings, wanted, train, sources, listen)
    else:
        work = _Work(store, settings, identities, wanted, train, sources, listen)
        blocks = _stored(work)
    caps = [setting.spec.steps for setting in settings]  # in steps, where the question has epochs
    provenance = {"cap": min(caps), "longest": max(caps)} if question.in_epochs else {}
    provenance |= {**_provenance(blocks, settings), **sources.provenance(), **(notes or {})}
    with_members()
    result = record.assemble(question, blocks, provenance)
    if store is not None:
        store.write_question(name, question, [digest(one) for one in identities], wanted, provenance)
    return result


def identity(setting: Setting, sources: _Sources, engine: str) -> dict[str, Any]:
    """What a stored block is the answer to, apart from its seeds."""
    plain = setting.spec.canonical()
    del plain["factors"]
    plain["data"] = sources.identity(setting.spec.data)
    return {**plain, "engine": engine, "numerics": NUMERICS}


def _in_memory(
    settings: Sequence[Setting], seeds: range, train: Train, sources: _Sources, listen: Listener
) -> list[Block]:
    found: dict[int, list[Block]] = {}
    work = plan.groups(settings, [seeds] * len(settings))
    for number, group in enumerate(work, start=1):
        how = {"name": _label(group, settings), "place": (number, len(work)), "ahead": _ahead(work[number:], sources)}
        for index, block in train(group, sources.of(group), listen=listen, **how):
            found.setdefault(index, []).append(block)
    return [record.join(found[index]) for index in range(len(settings))]


@dataclass(frozen=True)
class _Work:
    """A run with a store: what is wanted, and who trains it."""

    store: Store
    settings: Sequence[Setting]
    identities: Sequence[Mapping[str, Any]]
    seeds: range
    train: Train
    sources: _Sources
    listen: Listener

    @property
    def keys(self) -> list[str]:
        """The store's names of the settings."""
        return [digest(identity) for identity in self.identities]

    def missing(self) -> list[list[int]]:
        """The seeds that the store lacks, setting by setting."""
        return [self.store.missing(key, self.seeds) for key in self.keys]


def _stored(work: _Work) -> list[Block]:
    """The blocks of all settings, trained where they are missing; a damaged block is discarded and trained again."""
    _fill(work)
    try:
        return [work.store.load(key, work.seeds) for key in work.keys]
    except DamagedError:
        for damage in work.store.verify():
            work.store.discard(damage)
        _fill(work)
        return [work.store.load(key, work.seeds) for key in work.keys]


def _fill(work: _Work) -> None:
    """Train and save what the store lacks. A group that another process trains is waited for, then asked again."""
    groups = plan.groups(work.settings, work.missing())
    for number, group in enumerate(groups, start=1):
        mark = f"group-{digest([work.keys[stretch.setting] for stretch in group.stretches])}"
        with work.store.claim(mark):
            rest = _rest(group, work.missing())
            if rest is not None:
                ahead = _ahead(groups[number:], work.sources)
                _train_group(work, rest, mark, ahead, (number, len(groups)))


def _train_group(work: _Work, group: plan.Group, mark: str, ahead: Any, place: tuple[int, int]) -> None:
    label = _label(group, work.settings)
    how = {"listen": work.listen, "keep": work.store, "mark": mark, "name": label, "place": place, "ahead": ahead}
    for index, block in work.train(group, work.sources.of(group), **how):
        work.store.save(work.keys[index], work.identities[index], block)


def _ahead(groups: Sequence[plan.Group], sources: _Sources) -> list[tuple[plan.Group, Callable[..., Dataset]]]:
    """The groups that come next, with their data, for an engine that prepares them meanwhile."""
    return [(group, sources.of(group)) for group in groups]


def _rest(group: plan.Group, missing: Sequence[Sequence[int]]) -> plan.Group | None:
    """The group without what has been stored since it was planned."""
    left = [set(seeds) for seeds in missing]
    stretches = [
        plan.Stretch(stretch.setting, stretch.spec, kept)
        for stretch in group.stretches
        if (kept := tuple(seed for seed in stretch.seeds if seed in left[stretch.setting]))
    ]
    return plan.Group(group.spec, tuple(stretches)) if stretches else None


def _label(group: plan.Group, settings: Sequence[Setting]) -> str:
    """The settings of a group in words."""
    indices = sorted({stretch.setting for stretch in group.stretches})
    first = record.name_of(settings[indices[0]].levels) or "one setting"
    return first if len(indices) == 1 else f"{first} and {len(indices) - 1} more"


def _provenance(blocks: Sequence[Block], settings: Sequence[Setting]) -> dict[str, Any]:
    """How the blocks were made: what they agree on, and the seconds in all."""
    metas = [block.meta for block in blocks]
    shared = {name: value for name, value in metas[0].items() if not name.endswith("_seconds")}
    differing = {name for name in shared if any(meta.get(name) != shared[name] for meta in metas)}
    told = {
        name: "various" if name in differing or isinstance(value, list) else value for name, value in shared.items()
    }
    compiled = {
        setting.spec.recipe(): _seconds(meta, "compile_seconds") for setting, meta in zip(settings, metas, strict=True)
    }
    wall = sum(_seconds(meta, "wall_seconds") for meta in metas)
    return {**told, "wall_seconds": round(wall, 3), "compile_seconds": round(sum(compiled.values()), 3)}


def _seconds(meta: Mapping[str, Any], name: str) -> float:
    """Seconds in all; blocks made at different times bring a list."""
    value = meta.get(name, 0.0)
    return float(sum(value)) if isinstance(value, list) else float(value)


def is_fresh(part: Part) -> bool:
    """Whether every member draws a data set of its own."""
    return bool(dict(part.options).get("fresh", False))


class _Sources:
    """The data sets of a run, each loaded once. Data of each member's own are drawn when their seeds are known."""

    def __init__(self) -> None:
        self._common: dict[str, Dataset] = {}

    def identity(self, part: Part) -> Any:
        """What the data are: the contents of a common set, the law of a set of each member's own."""
        return part.canonical() if is_fresh(part) else {"sha256": self._load(part).sha256}

    def in_steps(self, setting: Setting) -> Setting:
        """The setting with epochs turned into steps; its data are loaded where that is needed."""
        spec = setting.spec
        if not spec.in_epochs:
            return setting
        data = load(spec.data, np.arange(1)) if is_fresh(spec.data) else self._load(spec.data)
        return Setting(setting.levels, spec.in_steps(data.examples))

    def of(self, group: plan.Group) -> Callable[[np.ndarray], Dataset]:
        """The data of a group, as a function of seeds."""
        part = group.spec.data
        return lambda seeds: load(part, seeds) if is_fresh(part) else self._load(part)

    def provenance(self) -> dict[str, Any]:
        """Where the common sets came from."""
        sets = list(self._common.values())
        return {
            "data": "; ".join(one.origin for one in sets),
            "data_size": "; ".join(f"{one.examples} of {'x'.join(map(str, one.shape))}" for one in sets),
            "data_hash": " ".join(one.sha256[:16] for one in sets),
        }

    def _load(self, part: Part) -> Dataset:
        key = canonical_json(part.canonical())
        if key not in self._common:
            self._common[key] = load(part)
        return self._common[key]
