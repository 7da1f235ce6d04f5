"""Carry a study out: its records into the store, its answer into a report. Nothing is computed here.

Telling (`telling`) needs SciPy, matplotlib and Typst, which take as long to load as everything a run needs before its
first step. So they are loaded on a thread, beside the training.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

from seedbed import store
from seedbed.catalogue.asked import Asking, rehearse
from seedbed.catalogue.own import from_file
from seedbed.catalogue.request import CROSSED, REQUEST
from seedbed.errors import SpecError, StoreError, one_of
from seedbed.procedures.crossing import crossing
from seedbed.procedures.lab import Lab
from seedbed.progress import Listener, Progress, silent
from seedbed.spec import Seeds, plain_seeds, read_seeds
from seedbed.studies import TABLE
from seedbed.study import PROFILES, Profile, Study


@dataclass(frozen=True)
class Outcome:
    """What a study left: its folder, the content of `summary.json`, the files written, the seconds it took."""

    folder: Path
    summary: Mapping[str, Any]
    written: list[Path]
    seconds: float


def perform(
    study: Study, *, profile: Profile = "quick", seeds: Any = None,
    changes: Mapping[str, Sequence[Any]] | None = None, data: Path | None = None, out: Path = Path("seedbed-runs"),
    engine: str = "jax", listen: Listener = silent, command: str = "", source: Path | None = None,
    settle_within: float | None = None, sources: int | None = None,
) -> Outcome:  # fmt: skip
    """Measure what is missing, then write `report.html`, `report.pdf`, `summary.json` and the figures.

    `command` is how a reader runs it again; `source` is the file a user's own study came from. With `settle_within`,
    a share, seeds are added in blocks, at most `seeds` of them, until every pair of settings is told apart or agrees
    to within that share (`until`). With `sources`, initial weights, data and order are crossed besides, with so many
    levels each (`procedures.crossing`).
    """
    began = time.perf_counter()
    one_of(profile, PROFILES, "the profile")
    folder = out / study.name
    _fits(study, profile, changes or {})
    seeds = read_seeds(study.seeds[profile] if seeds is None else seeds)
    if changes:
        rehearse(study, Asking(seeds, profile, data=data, engine=engine, changes=changes))
    kept, hear = store.create_or_open(folder / "record"), _loading(listen)

    def measured(some: Seeds) -> tuple[Lab, dict[str, Any]]:
        lab = Lab(kept, some, profile=profile, data=data, engine=engine, listen=hear, changes=changes)
        if sources is not None and not study.measure:
            crossing(lab.ask(question_of(study, profile)), sources)  # what cannot be crossed is said before training
        found = dict(study.measure(lab)) if study.measure else {"record": lab.run(question_of(study, profile))}
        lab.settled()
        return lab, found

    until = None if settle_within is None else {"most": len(seeds), "margin": settle_within}
    if settle_within is None:
        lab, records = measured(seeds)
    else:
        from seedbed.catalogue.until import Until, added  # late: it needs SciPy

        lab, records, seeds = added(measured, seeds, Until(len(seeds), settle_within))
    if sources is not None:
        records[CROSSED] = lab.crossed(sources, CROSSED)
    request = {"study": study.name, "profile": profile, "seeds": plain_seeds(seeds), "command": command,
               "records": list(records), "source": str(source.resolve()) if source else None,
               "until": until}  # fmt: skip
    kept.write_note(REQUEST, request)
    told, written = _telling().tell(folder, study, records, request)
    return Outcome(folder, told, written, time.perf_counter() - began)


def retell(folder: Path) -> Outcome:
    """Write the report of a folder again from its records; nothing is run."""
    began = time.perf_counter()
    study, records, request = _finished(store.open_existing(folder / "record"), folder)
    told, written = _telling().tell(folder, study, records, request)
    return Outcome(folder, told, written, time.perf_counter() - began)


def outcomes_of(kept: store.Store) -> Mapping[str, Any]:
    """The outcomes that the study of a finished run derives from its records; none where it derives none."""
    study, records, _ = _finished(kept, kept.folder)
    return study.outcomes(records) if study.outcomes else {}


def verdict_of(check: str, record: Any) -> dict[str, Any]:
    """What a record says of a check, as plain data with a sentence. Raises StatsError for what cannot be read."""
    from seedbed.catalogue import claims

    return claims.verdict_of(check, record)


def _finished(kept: store.Store, folder: Path) -> tuple[Study, dict[str, Any], Mapping[str, Any]]:
    """The study, the records and the request of a finished run."""
    request = kept.read_note(REQUEST)
    if request is None:
        raise StoreError(f"{folder} holds no finished run to tell of; run the study first")
    source = request["source"]
    if source is None and request["study"] not in TABLE:
        raise SpecError(f'no study "{request["study"]}" in this catalogue; report it with the version that ran it')
    study = from_file(Path(source)) if source else TABLE[request["study"]]
    return study, {name: store.open_record(kept.folder, name) for name in request["records"]}, request


def question_of(study: Study, profile: Profile) -> Any:
    """The question that a study asks under a profile."""
    if study.ask is None:
        raise SpecError(f'study "{study.name}" has neither a question nor a measure; give it ask= or measure=')
    return study.ask(profile)


def _fits(study: Study, profile: Profile, changes: Mapping[str, Sequence[Any]]) -> None:
    """Levels that fit no factor are an error before anything runs, where the study has one question."""
    if study.measure is None:
        question = question_of(study, profile)
        for name, levels in changes.items():
            question = question.set_levels(name, levels)


def _telling() -> ModuleType:
    from seedbed.catalogue import telling

    return telling


def _loading(listen: Listener) -> Listener:
    """The listener; when it first hears of training, what telling needs is loaded meanwhile."""
    loading = Thread(target=_telling, name="load the report")

    def hear(event: Progress) -> None:
        if event.phase == "training" and loading.ident is None:
            loading.start()
        listen(event)

    return hear
