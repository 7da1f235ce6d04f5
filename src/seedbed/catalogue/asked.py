"""What a study asks in full, without asking it: the questions by the names of their records."""

from typing import Any

from seedbed.catalogue.questions import all_at_hand, asked_specs
from seedbed.datasets.load import at_hand
from seedbed.errors import UserError
from seedbed.procedures.lab import Lab
from seedbed.spec import Seeds, Spec
from seedbed.study import ProfileName, Study


class Asking(Lab):
    """A lab that notes every question and runs none: its records are None."""

    def __init__(self, seeds: Seeds, profile: ProfileName, **further: Any) -> None:
        super().__init__(None, seeds, profile=profile, **further)
        self.questions: dict[str, Spec] = {}
        self.refused: UserError | None = None

    def ask(self, question: Spec) -> Spec:
        """The question with a user's own levels; a level that it refuses is noted in `refused`."""
        try:
            return super().ask(question)
        except UserError as error:
            self.refused = error
            raise

    def run(self, question: Spec, name: str = "record", *, changeable: bool = True, **_: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Note the question."""
        self.questions[name] = self.ask(question) if changeable else question

    def _asked(self, question: Spec, *_: Any, changeable: bool = True, **__: Any) -> Any:
        if changeable:
            self.ask(question)

    def _nothing(self, *_: Any, **__: Any) -> Any:
        return None

    timed = landscape = examples = _asked  # pyright: ignore[reportAssignmentType]
    derivatives = filtered = _nothing  # pyright: ignore[reportAssignmentType]


def rehearse(study: Study, lab: Asking) -> None:
    """Ask all of a study's questions and train nothing: levels that fit no question are an error before anything runs.

    Where `measure` looks into a record it is followed up to there: the levels of its first questions are checked, and
    whether a factor fits any question at all is known when it has run.
    """
    if study.measure is None:
        return
    try:
        study.measure(lab)
    except Exception:  # what it looks into is None here
        if lab.refused is not None:
            raise lab.refused from None
        return
    lab.settled()


def questions(study: Study, profile: ProfileName = "full") -> dict[str, Spec] | None:
    """The questions of a study by record, or None where its `measure` looks into what it has run."""
    if not study.is_old:
        return asked_specs(study, profile) if study.ask else {}
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
        all_at_hand(study, profile)
        return
    for question in (questions(study, profile) or {}).values():
        for setting in question.settings():
            at_hand(setting.spec.data)
