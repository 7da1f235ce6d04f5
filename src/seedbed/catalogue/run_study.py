"""Carry a study out: its records into the store, its answer into a report. Nothing is computed here.

The report (`reporting`) needs SciPy, matplotlib and Typst, which take as long to load as everything a run needs before
its first step. So they are loaded on a thread, beside the training.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

from seedbed import store
from seedbed.catalogue.names import check_names
from seedbed.catalogue.own import checked_name, from_file
from seedbed.catalogue.questions import Changes, asked_of, carried_out
from seedbed.catalogue.request import CROSSED, REQUEST
from seedbed.errors import SpecError, StoreError, one_of
from seedbed.measures import After, Asked, specs
from seedbed.procedures.crossing import Crossing, crossing
from seedbed.procedures.measured import Bench, measured
from seedbed.procedures.run import run
from seedbed.progress import Listener, Progress, silent, watched
from seedbed.spec import Seeds, Spec, plain_seeds, read_seeds
from seedbed.studies import TABLE
from seedbed.study import PROFILES, ProfileName, Study


@dataclass(frozen=True)
class Outcome:
    """What a study left: its folder, the content of `summary.json`, the files written, the seconds it took."""

    folder: Path
    summary: Mapping[str, Any]
    written: list[Path]
    seconds: float


def run_study(
    study: Study,
    *,
    profile: ProfileName = "quick",
    seeds: Any = None,
    changes: Mapping[str, Sequence[Any]] | None = None,
    data: Path | None = None,
    out: Path = Path("seedbed-runs"),
    engine: str = "jax",
    listen: Listener = silent,
    command: str = "",
    source: Path | None = None,
    settle_within: float | None = None,
    sources: int | None = None,
    keep_older: bool = False,
) -> Outcome:
    """Measure what is missing, then write `report.html`, `report.pdf`, `summary.json` and the figures.

    `command` is how a reader runs it again; `source` is the file a user's own study came from. With `settle_within`,
    a share, seeds are added in blocks, at most `seeds` of them, until every pair of settings is told apart or agrees
    to within that share (`until`). With `sources`, initial weights, data and order are crossed besides, with so many
    levels each (`procedures.crossing`). `keep_older` is that of `sb.run`.
    """
    began = time.perf_counter()
    one_of(profile, PROFILES, "the profile")
    folder = out / checked_name(study)
    changed = Changes(changes or {}, data)
    seeds = read_seeds(study.profile(profile).seeds if seeds is None else seeds)
    asked = asked_of(study, study.profile(profile, engine), changed)
    check_own(study, asked)
    crossed = None if sources is None else _crossing(next(iter(specs(asked).values()), None), sources)
    kept, hear = store.create_or_open(folder / "record"), _loading(watched(None, listen))
    _is_its_own(kept, folder, source)

    def bench(some: Seeds) -> Bench:
        return Bench(kept, some, profile, engine, hear, data, keep_older)

    def measure(some: Seeds) -> dict[str, Any]:
        return carried_out(asked, changed, lambda one, name: measured(one, name, bench(some)))

    until: dict[str, Any] | None = None
    if settle_within is not None:
        until = {"most": len(seeds), "margin": settle_within}
        until |= {"variable": study.score.variable, "better": study.score.better} if study.score else {}
    if until is None:
        records = measure(seeds)
    else:
        looks = _late("until")
        records, seeds = looks.added(measure, seeds, looks.Until(**until))
    if crossed is not None:
        records[CROSSED] = _crossed(crossed, bench(seeds))
    request = {
        "study": study.name,
        "profile": profile,
        "seeds": plain_seeds(seeds),
        "command": command,
        "records": list(records),
        "source": str(source.resolve()) if source else None,
        "until": until,
    }
    kept.write_note(REQUEST, request)
    content, written = _late("reporting").write_report(folder, study, records, request)
    return Outcome(folder, content, written, time.perf_counter() - began)


def check_own(study: Study, asked: Mapping[str, Asked | After]) -> None:
    """Check every name that a user's own study uses, before training; those of the catalogue are checked in its tests.

    Raises: SpecError for a variable that no record will have.
    """
    if TABLE.get(study.name) is not study:
        check_names(study, asked, _late("claims").claimed(study) if study.claims else ())


def retell(folder: Path) -> Outcome:
    """Write the report of a folder again from its records; nothing is run."""
    began = time.perf_counter()
    study, records, request = _finished(store.open_existing(folder / "record"), folder)
    content, written = _late("reporting").write_report(folder, study, records, request)
    return Outcome(folder, content, written, time.perf_counter() - began)


def outcomes_of(kept: store.Store) -> Mapping[str, Any]:
    """The outcomes that the study of a finished run derives from its records; none where it derives none."""
    study, records, _ = _finished(kept, kept.folder)
    return _late("claims").outcomes_of(study, records)


def verdict_of(check: str, record: Any) -> dict[str, Any]:
    """What a record says of a check, as plain data with a sentence. Raises StatsError for what cannot be read."""
    return _late("claims").verdict_of(check, record)


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


def _crossing(question: Spec | None, levels: int) -> Crossing:
    """The first question with initial weights, data and order numbered apart; what cannot be crossed is refused."""
    if question is None:
        raise SpecError("nothing is trained here, so there are no sources of chance to cross; leave out --sources")
    return crossing(question, levels)


def _crossed(found: Crossing, bench: Bench) -> Any:
    """The record of the first question once more, its sources of chance crossed."""
    notes = {"profile": bench.profile, "aside": True, "not_crossed": list(found.missing)}
    return run(
        found.question,
        found.seeds,
        store=bench.store,
        name=CROSSED,
        engine=bench.engine,
        listen=bench.listen,
        notes=notes,
        keep_older=bench.keep_older,
    )


def _late(module: str) -> Any:
    """A module of this package that needs SciPy, loaded when it is asked for."""
    return import_module(f"seedbed.catalogue.{module}")


def _is_its_own(kept: store.Store, folder: Path, source: Path | None) -> None:
    """Refuse to write over what another file of the same name has left, as long as that file is there."""
    try:
        request = kept.read_note(REQUEST) or {}
    except StoreError:
        return  # damaged: it is written anew
    before = request.get("source")
    if source is None or not before or Path(before) == source.resolve() or not Path(before).is_file():
        return
    raise StoreError(
        f"{folder} holds what {before} has left, and {source} has the same name; rename one of them, or give --out"
    )


def _loading(listen: Listener) -> Listener:
    """The listener; when it first hears of training, what the report needs is loaded meanwhile."""
    loading = Thread(target=_late, args=("reporting",), name="load the report")

    def hear(event: Progress) -> None:
        if event.phase == "training" and loading.ident is None:
            loading.start()
        listen(event)

    return hear
