"""Variables that a study names, in its score, blocks and claims, looked up before anything is trained."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from seedbed.errors import SpecError, nearest
from seedbed.measures import After, Asked
from seedbed.procedures.identity import Sources
from seedbed.resolve import Shape, resolve, variables
from seedbed.spec import Spec
from seedbed.study import Study

Named = tuple[str, str, str]  # who names it, the record ("": the usual one), the variable


def check_names(study: Study, asked: Mapping[str, Asked | After], claimed: Iterable[Named]) -> None:
    """Raise SpecError for a variable that the record it is read from will not have, or a record that is not asked for.

    `claimed` are the variables of the claims. What a study derives from its records, or asks for after a record, is not
    known before.
    """
    known: dict[str, set[str]] = {}
    first = next(iter(asked), "")
    for what, record, variable in (*_named(study, first), *claimed):
        name = record or first
        if name not in asked:
            if not study.outcomes and name not in study.together:
                listed = [*asked, *study.together]
                raise SpecError(f'{what} is about a record that is not asked for, got "{name}"'
                                f"{nearest(name, listed)}; name one of {', '.join(listed)}")  # fmt: skip
            continue
        one = asked[name]
        if isinstance(one, After) or one.kind != "training" or one.spec is None:
            continue
        known[name] = known.get(name) or _variables(one.spec)
        if variable not in known[name]:
            traces = sorted(each for each in known[name] if f"final_{each}" in known[name])
            raise SpecError(f'{what} names a variable that the record "{name}" will not have, got "{variable}"'
                            f"{nearest(variable, known[name])}; there are hit_step, {', '.join(traces)}, "
                            "and final_ in front of a trace")  # fmt: skip


def _named(study: Study, first: str) -> Iterator[Named]:
    main = (study.score.record if study.score else "") or first
    if study.score is not None:
        yield "the score", main, study.score.variable
    for entry in study.page:
        blocks: Any = (entry,) if callable(entry) else entry.items
        for block in blocks:
            for variable in getattr(block, "variables", ()):
                yield f'the block "{block.title}"', block.record or main, variable


def _variables(question: Spec) -> set[str]:
    """The variables of a question's record, over all its settings."""
    sources, found = Sources(), set[str]()
    for setting in question.settings():
        spec, data = sources.in_steps(setting).spec, sources.first(setting.spec)
        shape = Shape(data.shape, tuple(data.heads), data.sizes)
        own = spec.model.function is not None  # whether it changes in training is known only when it is traced
        for changes in (None, True) if own else (None,):
            found |= variables(spec, resolve(spec, shape, changes_in_training=changes))
    return found
