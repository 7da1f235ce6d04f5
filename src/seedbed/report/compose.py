"""A study's page from its blocks: sections for the report, readings for `summary.json`, answers for *In short*."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from seedbed.errors import SpecError
from seedbed.report import show
from seedbed.report.context import Block, Context
from seedbed.report.in_short import in_short
from seedbed.report.page import Answer, Figure, Formula, Page, Prose, Reading, Section, Table

PLURAL = re.compile(r"\bn = 1 (network|member|seed|run)s\b")
SHOWN = (Prose, Formula, Table, Figure)


def compose(context: Context) -> Page:
    """The page that a study's blocks make of a context; sections without anything to show are left out."""
    made = [_made(section, context) for section in _sections(context.study.page or usual_page(context), context)]
    made = [
        (section, found) for section, found in made if section.items or any(isinstance(one, Reading) for one in found)
    ]
    readings = {one.name: one.value for _, found in made for one in found if isinstance(one, Reading)}
    answers = [(section, next((one.text for one in found if isinstance(one, Answer)), "")) for section, found in made]
    shown = [section for section, _ in made if section.items]
    return Page(shown, readings, in_short(context, shown, answers))


def usual_page(context: Context) -> list[Any]:
    """What a study shows that lists no blocks: every trace, how members end, and the settings by the score."""
    several = len([one for one in context.records.values() if "stop_step" in one]) > 1
    return [
        section
        for name, record in context.records.items()
        if "stop_step" in record
        for section in _usual(name, record, f"{name}: " if several else "")
    ]


def _usual(name: str, record: Any, before: str) -> Iterator[Section]:
    suffix = name if before else ""
    yield Section(
        f"{before}While they train",
        [
            show.curves(record=name, suffix=suffix),
            *(
                show.by_layer(str(key), record=name)
                for key, values in record.data_vars.items()
                if {"step", "layer"} <= set(values.dims)
            ),
        ],
    )
    yield Section(f"{before}How they ended", [show.fates(record=name)])
    if record.attrs.get("target"):
        yield Section(f"{before}Arrival", [show.arrivals(record=name, suffix=suffix)])
        yield Section(
            f"{before}The order of the settings", [show.compare(record=name, single_runs=False, suffix=suffix)]
        )
        yield Section(f"{before}What one run would have said", [show.single_runs(record=name)])
    else:
        yield Section(f"{before}The scores", [show.scores(record=name), show.compare(record=name, suffix=suffix)])


def _sections(page: Sequence[Any], context: Context) -> Iterator[Section]:
    """The entries of a page as sections: a block alone stands under its own heading, and may itself yield sections."""
    for entry in page:
        if isinstance(entry, Section):
            if not entry.needs or context.has(entry.needs):
                yield entry
        elif callable(entry):
            found = _shown(entry, context)
            yield from (one for one in found if isinstance(one, Section))
            rest = [one for one in found if not isinstance(one, Section)]
            if rest:
                yield Section(_title(entry), rest)
        else:
            raise SpecError(f"a page lists sections and blocks, got {entry!r}; put it into sb.Section(title, [...])")


def _made(section: Section, context: Context) -> tuple[Section, list[Any]]:
    found = [item for entry in section.items for item in _items(entry, context)]
    strange = [one for one in found if not isinstance(one, (*SHOWN, Reading, Answer))]
    if strange:
        raise SpecError(
            f'the section "{section.title}" shows prose, formulas, tables, figures, got {strange[0]!r}; wrap it in one'
        )
    return Section(section.title, [one for one in found if isinstance(one, SHOWN)], section.asks), found


def _items(entry: Any, context: Context) -> Iterator[Any]:
    """What one entry of a section gives: a block its items, a text prose, anything else itself."""
    for one in _shown(entry, context) if callable(entry) else [entry]:
        if isinstance(one, str):
            if text := _filled(one, context):
                yield _singular(Prose(text))
        else:
            yield _singular(one)


def _singular(item: Any) -> Any:
    """The same item, where a run has a single network: "n = 1 network" in its texts."""
    texts = {name: getattr(item, name, None) for name in ("text", "caption", "words")}
    changed = {name: new for name, text in texts.items() if text and (new := PLURAL.sub(r"n = 1 \1", text)) != text}
    return replace(item, **changed) if changed else item


def _shown(block: Any, context: Context) -> list[Any]:
    return list(block(context) or ())


def _filled(text: str, context: Context) -> str:
    """A text with the score of settings in its places; empty where such a setting was not run."""
    if "{score[" not in text:
        return text
    try:
        return text.format(score=context.score)
    except ValueError:  # the setting is none of this run's
        return ""


def _title(entry: Block | Callable[..., Any]) -> str:
    words = entry.title if isinstance(entry, Block) else getattr(entry, "__name__", "Further")
    return words.replace("_", " ").capitalize() if not isinstance(entry, Block) else words
