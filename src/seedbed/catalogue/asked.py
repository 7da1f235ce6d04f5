"""What a study asks in full, without asking it: the questions by the names of their records."""

from typing import Any

from seedbed.catalogue import questions as newer
from seedbed.datasets.load import at_hand
from seedbed.procedures.lab import Lab
from seedbed.spec import Spec
from seedbed.study import ProfileName, Study


class Asking(Lab):
    """A lab that notes every question and runs none: its records are None."""

    def __init__(self, seeds: range, profile: ProfileName) -> None:
        super().__init__(None, seeds, profile=profile)
        self.questions: dict[str, Spec] = {}

    def run(self, question: Spec, name: str = "record", **_: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Note the question."""
        self.questions[name] = question

    def _nothing(self, *_: Any, **__: Any) -> Any:
        return None

    timed = landscape = derivatives = filtered = examples = _nothing  # pyright: ignore[reportAssignmentType]


def questions(study: Study, profile: ProfileName = "full") -> dict[str, Spec] | None:
    """The questions of a study by record, or None where its `measure` looks into what it has run."""
    if not study.is_old:
        return newer.questions(study, profile) if study.ask else {}
    if study.measure is None:
        return {} if study.ask is None else {"record": study.ask(profile)}
    lab = Asking(range(study.profile(profile).seeds), profile)
    try:
        study.measure(lab)
    except Exception:  # it has run before, or there were no records: what it lacks here is a record to look into
        return None
    return lab.questions


def questions_of(study: Study, profile: ProfileName) -> dict[str, Spec]:
    """The trained questions of a study under a profile, by record; none where nothing is trained."""
    return questions(study, profile) or {}


def data_at_hand(study: Study, profile: ProfileName) -> None:
    """Raise DataError where the study asks of a download that is not on this machine."""
    if not study.is_old:
        newer.data_at_hand(study, profile)
        return
    for question in (questions(study, profile) or {}).values():
        for setting in question.settings():
            at_hand(setting.spec.data)
