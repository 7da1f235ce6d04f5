"""Commands that only look: list, show. They run nothing and write nothing."""

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from seedbed.cli.pick import pick
from seedbed.cli.pictures import pictures
from seedbed.cli.rows import KINDS, rows
from seedbed.cli.screen import write_json, write_rows, write_table
from seedbed.progress import duration, short
from seedbed.study import PROFILES, Study

if TYPE_CHECKING:
    from seedbed.spec import Spec
    from seedbed.vocabulary import Part
    from seedbed.vocabulary.lengths import Epochs

Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]


def list_words(
    kind: Annotated[str, typer.Argument(metavar="KIND", show_default=False, help=", ".join(KINDS))] = "studies",
    as_json: Json = False,
) -> None:
    """List the studies, or the words of a question.

    Without KIND, the studies.
    """
    found = rows(kind)
    if as_json:
        write_json(found)
    else:
        write_rows(found)


def show(
    study: Annotated[str, typer.Argument(metavar="STUDY", show_default=False, help="A name, or FILE.py.")],
) -> None:
    """Tell what a study asks and how long it takes.

    The question, its source, the set-up, the claims, and the time per profile. Runs nothing.
    """
    for one in pick([study]).values():
        _show(one)


def _show(study: Study) -> None:
    facts = [("question", study.question), ("source", study.source)]
    facts += [("decided", line) for line in study.decided]
    facts += [("shows", entry.title) for entry in study.page if hasattr(entry, "title")]
    typer.echo(f"{study.name}: {study.title}\n")
    write_rows([{"name": name, "says": text} for name, text in _once(facts)])
    from seedbed.catalogue import questions_of

    asked = questions_of(study, "full")
    for name, question in asked.items():
        typer.echo(f"\nset-up (full{f', {name}' if len(asked) > 1 else ''})")
        first = next(iter(asked.values()))
        known = _setup(first) if question is not first else []
        write_rows([{"name": what, "says": text} for what, text in _setup(question) if (what, text) not in known])
    if study.claims:
        typer.echo("\nclaims")
        write_rows([{"name": claim.id, "says": claim.statement, "source": claim.source} for claim in study.claims])
    typer.echo()
    _profiles(study)


def _once(facts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A heading stands only beside the first of its lines."""
    return [(name if not at or facts[at - 1][0] != name else "", text) for at, (name, text) in enumerate(facts)]


def _setup(question: "Spec") -> list[tuple[str, str]]:
    from seedbed.spec import PARTS

    varied = {factor.name: ", ".join(map(str, factor.labels)) for factor in question.factors}
    parts = {name: getattr(question, name) for name in PARTS if name not in varied}
    facts = [(f"{name} (varied)", levels) for name, levels in varied.items()]
    facts += [(name, _fixed(part, varied)) for name, part in parts.items() if part is not None]
    facts += [("batch", _batch(question))]
    facts += pictures(question)
    return [*facts, ("stop", f"{question.stop or 'never'}, or after {_length(question.steps)}")]


def _batch(question: "Spec") -> str:
    if question.accumulates:
        return f"{question.batch_size.label()} examples, in micro-batches of {question.at_once}"
    return "full" if question.batch_size is None else f"{question.batch_size} examples"


def _length(steps: "int | Epochs") -> str:
    return f"{steps:,} steps" if isinstance(steps, int) else str(steps)


def _fixed(part: "Part", varied: Collection[str]) -> str:
    """A part without the options that the grid varies anyway."""
    return replace(part, options=tuple(option for option in part.options if option[0] not in varied)).label()


def _profiles(study: Study) -> None:
    from seedbed.catalogue import estimate, price, questions_of

    body: list[list[str]] = []
    for profile in PROFILES:
        asked = list(questions_of(study, profile).values())
        size = [str(len(asked[0].settings())), str(study.profile(profile).seeds)] if asked else ["-", "-"]
        found = price(study, profile)
        cost = ["-"] * 4
        if found.networks:
            cost = [f"{found.networks:,}", f"{short(found.operations)}FLOP", f"{short(found.memory)}B",
                    f"about {duration(found.gpu_seconds)}"]  # fmt: skip
        body.append([profile, *size, *cost, estimate(study, profile)])
    write_table(["profile", "settings", "seeds", "networks", "operations", "memory", "on a GPU", "time here"], body)
    typer.echo(
        "Operations of the layers: 6 per multiply-add and example of a step, 2 where a split is judged, as if none "
        "stopped before its cap. Memory: data, and what networks side by side carry. On a GPU: at an assumed 3 TFLOP/s."
    )
    for profile in PROFILES:
        if told := study.profile(profile).reduced:
            typer.echo(f"{profile}: {told}")
