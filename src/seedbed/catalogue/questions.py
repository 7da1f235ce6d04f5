"""What a study asks under a profile, with everything a user changes from outside applied: the one place for that.

`run`, `show`, estimates, claims and "set-up differs" all read this dictionary. Nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.datasets.load import at_hand, course_name, own_files
from seedbed.errors import SpecError
from seedbed.measures import After, Asked, as_asked, settled, specs
from seedbed.spec import Spec
from seedbed.study import Profile, ProfileName, Study

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Changes:
    """What a user changes: levels of factors (`--set`), and a folder of data files (`--data`)."""

    levels: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    data: Path | None = None


def asked_of(study: Study, profile: Profile, changes: Changes | None = None) -> dict[str, Asked | After]:
    """What is asked for by record, in the study's order; what needs an earlier record is still a function.

    Raises: SpecError for a level that fits no question.
    """
    changes = changes or Changes()
    found = study.asked(profile)
    listed: Mapping[str, Any] = found if isinstance(found, Mapping) else {"record": found}
    made = {name: one if isinstance(one, After) else changed(as_asked(one), changes) for name, one in listed.items()}
    kept = {name: one for name, one in made.items() if one is not None}
    _all_fit(listed, changes)
    return kept


def changed(asked: Any, changes: Changes) -> Asked | None:
    """One thing asked for, with a user's data and levels in place; None where it is left out."""
    if asked is None or set(asked.unless) & set(changes.levels) or (asked.needs_data and changes.data is None):
        return None
    if asked.spec is None:
        return asked
    spec = _on_own_data(asked.spec, changes.data, needed=asked.fixed is not True)
    for name, levels in changes.levels.items():
        if _open(asked, name) and spec.fits(name):
            spec = spec.set_levels(name, levels)
    return settled(asked, spec)


def carried_out(
    asked: Mapping[str, Asked | After], changes: Changes, measure: Callable[[Asked, str], xr.Dataset]
) -> dict[str, xr.Dataset]:
    """The records of everything asked for, in order; a question after a record is made when that record is there."""
    records: dict[str, xr.Dataset] = {}
    for name, one in asked.items():
        ready = changed(as_asked(one.function(records[one.record])), changes) if isinstance(one, After) else one
        if ready is not None:
            records[name] = measure(ready, name)
    return records


def questions_of(study: Study, profile: ProfileName = "full", kinds: Sequence[str] = ("training",)) -> dict[str, Spec]:
    """The questions of a study by record, as it asks them: the trained ones; none where nothing is trained."""
    return specs(asked_of(study, study.profile(profile)), kinds) if study.ask else {}


def data_at_hand(study: Study, profile: ProfileName) -> None:
    """Raise DataError where the study asks of a download that is not on this machine."""
    asked = asked_of(study, study.profile(profile))
    for question in specs(asked, ("training", "examples", "card", "timed")).values():
        for setting in question.settings():
            at_hand(setting.spec.data)


def _open(asked: Asked, name: str) -> bool:
    """Whether a user may set this factor here."""
    return not asked.fixed if isinstance(asked.fixed, bool) else name not in asked.fixed


def _all_fit(listed: Mapping[str, Any], changes: Changes) -> None:
    """Every level must fit a question that is known before anything is trained."""
    open_to = [(one, one.spec) for one in map(as_asked, listed.values()) if isinstance(one, Asked) and one.spec]
    for name, levels in changes.levels.items():
        if any(_open(one, name) and spec.fits(name) for one, spec in open_to):
            continue
        if len(open_to) == 1:
            open_to[0][1].set_levels(name, levels)  # says what is closest
        raise SpecError(f'no question of this study has a factor "{name}", got --set {name}=...; see: seedbed show')


def _on_own_data(question: Spec, folder: Path | None, needed: bool) -> Spec:
    name = course_name(question.data)
    if folder is None or name is None or not (needed or (folder / f"{name}_imgs.npy").exists()):
        return question
    return question.replace(data=own_files(question.data, folder))
