"""*In short*: what stands first in every report. Sentences from the results, one figure, and each question's answer.

Every number comes with its n and its interval. Where nothing can be told, that is said, with what would be needed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.report import glossary
from seedbed.report.context import Context, Scored
from seedbed.report.numbers import SPACE, counted, number, percent, steps, whole
from seedbed.report.page import Figure, Section, Short
from seedbed.report.show.comparing import MOST_IN_WORDS, MOST_RANKED, POWER, apart_words
from seedbed.report.verdicts import TITLE

MOST = 4  # settings that are named one by one
PICTURE = "in_short"
STATEMENTS = "What becomes of the published statements?"
EXPLAINED = ("95 % interval", "told apart", "restricted mean", "one run misleads")  # where they are first met


def in_short(context: Context, sections: Sequence[Section], answers: Sequence[tuple[Section, str]]) -> Short | None:
    """The sentences, the figure and the answers; None where there is nothing of the kind."""
    told, judged = list(_of_score(context.score)) if context.is_trained else [], _of_claims(context.claims)
    listed = [
        (section.asks, answer or "This run does not tell.", section.title)
        for section, answer in answers
        if section.asks and section.items
    ]
    if judged and (told or not listed):
        told.append(judged)
    elif judged:  # without a score the answers are what is told, and statements come after them
        listed.append((STATEMENTS, judged, TITLE))
    if not told and not listed:
        return None
    said = _kept_together(" ".join(told))
    listed = [(asks, _kept_together(answer), title) for asks, answer, title in listed]
    terms = glossary.used(" ".join([said, *(answer for _, answer, _ in listed)]))
    notes = "; ".join(f"*{term}*: {meaning}" for term, meaning in terms.items() if term in EXPLAINED)
    return Short(said, _figure(context, sections), listed, f"{notes}." if notes else "")


def spoken(short: Short) -> dict[str, Any]:
    """The same for `summary.json` and a screen: sentences without marks of emphasis."""
    answers = [{"question": asks, "answer": _bare(answer), "section": title} for asks, answer, title in short.answers]
    return {"sentences": _bare(short.sentences), "answers": answers}


def _bare(text: str) -> str:
    return text.replace("**", "").replace("\u00a0", " ")


def _of_score(scored: Scored) -> Iterator[str]:
    if scored.n == 0:
        yield "**Nothing can be told**: under every seed a score is no number."
        return
    yield from _arrived(scored) if scored.hits is not None else _measured(scored)
    if scored.several:
        yield from _compared(scored)


def _arrived(scored: Scored) -> Iterator[str]:
    """Medians of arrival, best first; shares where fewer than half arrived."""
    hits: Any = scored.hits
    n, cap = scored.n, steps(hits.cap)
    if hits.never.all():
        missed = next(iter(hits.shares().values())).high
        yield (
            f"**Nothing can be told about arrival**: none of {counted(hits.never.size, 'network')} reached the target "
            f"({_goal(hits.target)}) within {cap} (95 % interval up to {percent(missed)} of each setting's), so more "
            "steps are needed, not more seeds."
        )
        return
    ranked = sorted(
        zip(scored.names, scored.medians, hits.shares().values(), strict=True),
        key=lambda one: (np.nan_to_num(one[1].estimate, nan=np.inf), -one[2].estimate),
    )
    reached = [(_words(name), median) for name, median, _ in ranked if not np.isnan(median.estimate)]
    short = [(_words(name), share) for name, median, share in ranked if np.isnan(median.estimate)]
    of = f"Of {counted(n, 'network')}" + " each" * (len(scored.names) > 1)
    if reached:
        told = _estimates(reached, whole, " steps")
        if len(scored.names) == 1:
            told = [told[0].rpartition(" with ")[0]]
        yield f"{of}, half reached the target ({_goal(hits.target)}) after {_and(told)}.{_single(n)}"
    if short:
        told = [f"{percent(one.estimate)} ({_range(one, percent)}) with {name}" for name, one in _ends(short)]
        where = "it" if reached else f"the target ({_goal(hits.target)})"
        yield f"Within {cap}, fewer than half reached {where}: {_and(told)}."


def _measured(scored: Scored) -> Iterator[str]:
    """Means of the score, best first."""
    sign = 1 if scored.score.better == "lower" else -1
    ranked = sorted(zip(map(_words, scored.names), scored.means, strict=True), key=lambda one: sign * one[1].estimate)
    told = _estimates(ranked, scored.shown)
    if len(ranked) == 1:
        told = [told[0].rpartition(" with ")[0]]
    each = "" if len(ranked) == 1 else " each"
    if scored.is_share:
        yield f"Of {counted(scored.n, 'network')}{each}, {_and(told)} {scored.words}."
        return
    yield f"The mean {scored.words} of {counted(scored.n, 'network')}{each} is {_and(told)}.{_single(scored.n)}"


def _compared(scored: Scored) -> Iterator[str]:
    """Which settings can be told apart, what that would need, and what one run of each would have said."""
    together = [group for group in scored.order.groups if len(group) > 1]
    if any(len(group) == len(scored.names) for group in together):
        yield f"**No two settings can be told apart** with {counted(scored.n, 'seed')}{_needed(scored)}."
        return
    if together and MOST < len(scored.names) <= MOST_IN_WORDS:
        yield f"Not every pair of the {len(scored.names)} settings can be told apart."
    else:
        yield re.sub(r" \(Holm-adjusted[^)]*\)", "", apart_words(scored))
    chance = scored.one_run.independent.misleads
    if np.isfinite(chance.estimate):
        share = f"{percent(chance.estimate)} of cases ({_range(chance, percent)})"
        yield f"One run of each would have given another order in {share}."


def _needed(scored: Scored) -> str:
    """How many seeds would tell the clearest pair apart."""
    expected = [one.expected[POWER] for one in sb.stats.luck.needed(scored.members, powers=(POWER,))]
    known = [seeds for seeds in expected if seeds is not None]
    if not known:
        return ", and no difference was seen from which the number of seeds needed could be told"
    return f"; the clearest difference, if it is as seen, needs about {number(min(known))} (power 80 %)"


def _of_claims(claims: Sequence[Mapping[str, Any]]) -> str:
    """How many published statements were decided, and how; empty where there are none."""
    if not claims:
        return ""
    found = [str(one["verdict"]) for one in claims]
    verbs = {"supported": "is supported", "refuted": "is refuted", "cannot be told": "cannot be told"}
    told = [
        f"{found.count(kind)} {verb.replace('is', 'are', found.count(kind) != 1)}"
        for kind, verb in verbs.items()
        if kind in found
    ]
    other = [one for one in claims if one["verdict"] == "set-up differs"]
    said = f"Of {counted(len(claims), 'published statement')}"
    said += f", {_and(told)}" if told else " none is decided"
    if other:
        under = [str(one["under"]) for one in other]
        said += (
            f"; {len(other)} had another set-up than this run (as run here {under.count('supported')} of these would "
            f"be supported, {under.count('refuted')} refuted)"
        )
    return f"{said}."


def _figure(context: Context, sections: Sequence[Section]) -> Figure | None:
    """The figure that the study names, else the score of every setting with its interval."""
    if context.study.picture:
        shown = (one for section in sections for one in section.items if isinstance(one, Figure))
        return next((one for one in shown if one.name == context.study.picture), None)
    if not context.is_trained or not context.score.several:
        return None
    scored = context.score
    estimates = scored.means
    what = "restricted mean step of arrival" if scored.hits else f"mean {scored.words}"
    rows = [(name, one.estimate, one.low, one.high) for name, one in zip(scored.names, estimates, strict=True)]
    sign = 1 if scored.score.better == "lower" else -1
    rows.sort(key=lambda row: sign * row[1])
    some = f"; the first {MOST_RANKED // 2} and the last {MOST_RANKED // 2} of {len(rows)}"
    some, rows = (
        (some, [*rows[: MOST_RANKED // 2], *rows[-MOST_RANKED // 2 :]]) if len(rows) > MOST_RANKED else ("", rows)
    )
    return Figure(
        PICTURE,
        sb.figures.estimates(rows, what),
        f"The {what} of every setting with its 95 % interval; n = {scored.n} each{some}"
        f"{', the cap counting for members that never arrive' if scored.hits else ''}.",
        f"The {what} of every setting, best on top",
    )


def _ends(ranked: Sequence[tuple[str, Any]]) -> Sequence[tuple[str, Any]]:
    """All settings where they are few, else the first two and the last."""
    return ranked if len(ranked) <= MOST else [*ranked[:2], ranked[-1]]


def _estimates(ranked: Sequence[tuple[str, Any]], show: Any, unit: str = "") -> list[str]:
    """Each estimate with its interval, where it has one, and its setting; the first says what stands in brackets."""
    told = []
    for at, (name, one) in enumerate(_ends(ranked)):
        bounds = (
            "" if np.isnan([one.low, one.high]).all() else f" ({'' if at else '95 % interval '}{_range(one, show)})"
        )
        told.append(f"**{show(one.estimate)}**{'' if at else unit}{bounds} with {name}")
    return told


def _single(n: int) -> str:
    """What is missing where every setting has a single network."""
    return " One network gives no interval: run more seeds." if n == 1 else ""


def _range(one: Any, show: Any) -> str:
    low = "no bound" if np.isnan(one.low) else show(one.low)
    return f"{low} to {'no bound' if np.isnan(one.high) else show(one.high)}"


def _goal(target: str) -> str:
    """A target in words: `training accuracy at least 1`."""
    return target.replace("train_", "training ").replace("_", " ")


def _words(name: str) -> str:
    """A setting in a sentence: `relu and cross entropy`."""
    return _and(name.replace("_", " ").split(", "))


def _kept_together(text: str) -> str:
    """The same, with no line broken inside `n = 256`."""
    return text.replace("n = ", f"n{SPACE}={SPACE}")


def _and(told: Sequence[str]) -> str:
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
