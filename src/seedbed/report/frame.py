"""What surrounds a study's own page: title, question, set-up, what was decided, how to run it again, provenance.

Only words are arranged here. The frame is made of the same sections as the page, so both formats set it alike.
"""

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seedbed.report import glossary
from seedbed.report.cautions import cautions, first_section
from seedbed.report.numbered import Header
from seedbed.report.numbers import number, text
from seedbed.report.page import Page, Prose, Section, Table
from seedbed.report.prose import listing
from seedbed.study import ProfileName, Study
from seedbed.vocabulary.lengths import Epochs, length_back

PARTS = ("data", "model", "loss", "initializer", "optimizer", "output")
MOST_LEVELS = 50  # of a factor, in the table of the set-up


def frame(
    study: Study,
    page: Page,
    *,
    profile: ProfileName,
    seeds: Sequence[int] | int,
    command: str,
    records: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> tuple[Header, Page]:
    """The header, and the page with the sections that every report has put around the study's own."""
    count = seeds if isinstance(seeds, int) else len(seeds)
    byline = f"seedbed · {study.name} · profile {profile}" + (
        f" · {number(count)} seed{'s' * (count != 1)}" if records else ""
    )
    before = [*first_section(cautions(records)), Section("The set-up", list(_setup(study, profile, seeds, records)))]
    trained = any("stop_step" in record for record in records.values())
    terms = glossary.used(text_of(page))
    after = [Section(glossary.HEADING, [Prose(glossary.listed(terms))])] if terms else []
    after += [Section("How to run this again", list(_again(command, provenance, trained)))]
    return Header(study.title, study.source, study.question, byline), Page(
        [*before, *page.sections, *after], page.readings, page.short
    )


def text_of(page: Page) -> str:
    """All that a page says in words, for whoever looks for some of them."""
    items = [item for section in page.sections for item in section.items]
    said = [getattr(item, "text", "") or getattr(item, "caption", "") for item in items]
    heads = [" ".join(item.columns) for item in items if isinstance(item, Table)]
    return " ".join([*said, *heads, page.short.sentences if page.short else ""])


def seeds_text(seeds: Sequence[int] | int) -> str:
    """Seeds as the command line takes them.

    >>> seeds_text(256), seeds_text(range(8, 16))
    ('0:256', '8:16')
    >>> seeds_text((42, 7, 3407))
    '42, 7, 3407'
    """
    listed = range(seeds) if isinstance(seeds, int) else seeds
    if not listed:
        return "none"
    first, last = listed[0], listed[-1] + 1
    return f"{first}:{last}" if list(listed) == list(range(first, last)) else ", ".join(map(str, listed))


def wrapped(command: str, width: int = 76) -> str:
    """A command over several lines that a shell reads as one, broken between its options.

    >>> print(wrapped("seedbed run a --seeds 8", 16))
    seedbed run a \\
        --seeds 8
    """
    if len(command) <= width:
        return command
    chunks: list[str] = []  # an option stays on one line with its values
    for word in map(shlex.quote, shlex.split(command)):
        if chunks and not word.startswith("-"):
            chunks[-1] += f" {word}"
        else:
            chunks.append(word)
    lines = chunks[:1]
    for chunk in chunks[1:]:
        if len(lines[-1]) + 1 + len(chunk) > width:
            lines.append(chunk)
        else:
            lines[-1] += f" {chunk}"
    return " \\\n    ".join(lines)


def _setup(
    study: Study, profile: ProfileName, seeds: Sequence[int] | int, records: Mapping[str, Any]
) -> Iterable[Prose | Table]:
    asked = {name: json.loads(record.attrs["spec"]) for name, record in records.items() if "spec" in record.attrs}
    rows = [("profile", profile)]
    rows += [("seeds per setting", _seeds_row(seeds))] if records else []
    rows += [("reduced here", study.profile(profile).reduced or "nothing")]
    every = {name: _sized(dict(_question_rows(question)), records[name]) for name, question in asked.items()}
    shared = [
        row for row in next(iter(every.values()), {}).items() if all(row in own.items() for own in every.values())
    ]
    yield Table(("", ""), rows + shared, "What was run.")
    if len(every) > 1:
        own = [(_words(name), _own_rows(one, dict(shared))) for name, one in every.items()]
        yield Table(("run", "what it has of its own"), own, "Where the runs of this report differ.")
    if study.decided:
        yield Prose("What the source leaves open is settled here as follows.")
        yield Prose("\n".join(f"- {' '.join(line.split())}" for line in study.decided))


def _sized(rows: Mapping[str, str], record: Any) -> dict[str, str]:
    """The rows with the number and shape of the examples below the data, where all members have the same."""
    size = str(record.attrs.get("data_size") or "").replace("x", " × ")
    if not size:
        return dict(rows)
    return {"data": rows["data"], "examples": size, **rows}


def _own_rows(rows: Mapping[str, str], shared: Mapping[str, str]) -> str:
    """What a run does not share with all others, in a cell."""
    return "; ".join(f"{what}: {value}" for what, value in rows.items() if what not in shared) or "nothing"


def _seeds_row(seeds: Sequence[int] | int) -> str:
    listed = range(seeds) if isinstance(seeds, int) else seeds
    if ":" not in seeds_text(listed):
        return seeds_text(listed)
    return f"{number(len(listed))} (seed {number(listed[0])} to seed {number(listed[-1])})"


def _question_rows(question: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The canonical form of a question, one row per part; what is varied says so."""
    factors = question["factors"]
    rows = [(name, "varied" if name in factors else _part(question[name], factors)) for name in PARTS if question[name]]
    steps = length_back(question["steps"])
    rows += [("batch", _batch(question, factors))]
    rows += [("cap", str(steps) if isinstance(steps, Epochs) else f"{number(steps)} steps")]
    if question["stop"]:
        targets = [f"{_words(one['metric'])} {one['direction']} {number(one['value'])}" for one in question["stop"]]
        rows += [("target", " and ".join(targets))]
    return rows + [(f"varied: {_words(name)}", _levels(labels)) for name, labels in factors.items()]


def _levels(labels: Sequence[Any]) -> str:
    """The levels of a factor; of more than 50 the first and the last ones.

    >>> _levels([1, 2]), _levels(range(200))
    ('1, 2', '0, 1, 2, …, 197, 198, 199 (200 levels)')
    """
    if len(labels) <= MOST_LEVELS:
        return text(list(labels))
    return f"{text(list(labels[:3]))}, …, {text(list(labels[-3:]))} ({number(len(labels))} levels)"


def _batch(question: Mapping[str, Any], factors: Mapping[str, Any]) -> str:
    batch = question["batch_size"]
    if "batch_size" in factors:
        return "varied"
    if isinstance(batch, Mapping):
        return f"{_part(batch, factors)}, in micro-batches of {number(question['micro_batch'])} examples"
    return f"{number(batch)} examples" if batch else "the whole training set"


def _part(part: Mapping[str, Any], factors: Mapping[str, Any]) -> str:
    shown = {name: value for name, value in part.items() if name not in ("part", "own")}
    told = [
        f"{_words(name)} {'varied' if name in factors else _option(value, factors, ' × ' if name == 'shape' else '-')}"
        for name, value in shown.items()
    ]
    own = " (own function)" if "own" in part else ""
    return _words(part["part"]) + own + (f": {', '.join(told)}" if told else "")


def _option(value: Any, factors: Mapping[str, Any], between: str) -> str:
    if isinstance(value, Mapping) and "dial" in value:
        return number(value["dial"])
    if isinstance(value, Mapping) and "part" in value:
        inner = _part(value, factors)
        return f"({inner})" if ":" in inner else inner
    if isinstance(value, list):
        return between.join(_option(item, factors, between) for item in value) or "none"
    return text(value)


def _again(command: str, provenance: Mapping[str, Any], trained: bool) -> Iterable[Prose | Table]:
    yield Prose(f"The command below asks the same question{' of the same seeds' if trained else ''}.")
    yield Prose(listing(wrapped(command)))
    if trained:
        yield Prose(
            "A seed gives the same network on the same versions, kind of device and block width. Elsewhere single "
            "networks may take another course; what is said of all of them together should hold."
        )
    if provenance:
        yield Table(
            ("", ""),
            [(_words(name), text(value)) for name, value in provenance.items()],
            "What this report was made with.",
        )


def _words(name: str) -> str:
    return name.replace("_", " ")
