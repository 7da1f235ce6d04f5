"""Published statements beside their verdicts: the sentence of a verdict, and the section that every report has of them.

Input is plain data, as `stats.verdicts` writes it and `seedbed.catalogue` completes it. No number is computed here, and
none is told without its n and its interval.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from seedbed.report.numbers import SPACE, is_missing, number, percent
from seedbed.report.page import Prose, Section, Table

Plain = Mapping[str, Any]
SIGNS = {"supported": "✓", "refuted": "✗", "cannot be told": "?", "set-up differs": "≠"}
UNLIKELY = 0.05
NOWHERE, CUT = "not reached", "mean up to the cap"
UNITS = {"steps": f"{SPACE}steps", "share": "", "1": ""}
TITLE = "Published statements, judged"
RULE = (
    "A statement is supported where the 95 % interval of what was measured lies wholly on its side, refuted where it "
    "lies wholly on the other, and cannot be told where it reaches over the border. Each statement is judged on its "
    "own: of those that lie just at the border, about one in twenty is told wrong. Where the published run, or this "
    "one, had another set-up, that is said instead, beside the evidence."
)


def sentence(verdict: Plain, note: int = 0) -> str:
    """The evidence of a verdict in sentences that can be read aloud, with n, intervals, and what one run would say.

    With a `note` the set-up's difference is named by that number instead of being told.
    """
    if verdict.get("reason"):
        return " ".join([*_differs(verdict, note), *_measured(verdict), f"This cannot be told: {verdict['reason']}."])
    return " ".join([*_differs(verdict, note), *_measured(verdict), *_misleads(verdict)])


def setting_words(levels: Plain) -> str:
    """A setting in words: levels joined by `and`, a number with its factor's name.

    >>> setting_words({"activation": "relu", "loss": "cross_entropy", "learning_rate": 0.1})
    'relu, cross entropy and learning rate 0.1'
    """
    words = [
        level.replace("_", " ") if isinstance(level, str) else f"{name.replace('_', ' ')} {number(level)}"
        for name, level in levels.items()
    ]
    if not words:
        return "the only setting"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def short(verdict: Plain, named: bool = False, counted: bool = False) -> str:
    """The evidence in a line or two for a screen; `named`: what differs was said already, `counted`: n was."""
    findings: Sequence[Plain] = verdict["findings"]
    told = [f"{verdict['reason']}"] if verdict.get("reason") else []
    certain = bool(findings) and findings[0]["method"] == "exact"
    basis = "" if counted or certain else f", n{SPACE}={SPACE}{number(verdict['n'])}"
    if findings and (verdict.get("effect") or {}).get("kind") == "ratio":
        told.append(f"ratio {_interval(verdict['effect'], '1')}{basis}")
    elif findings:
        names = dict.fromkeys(_statistic(one) for one in findings)
        if CUT in names:  # with no member cut, the mean up to the cap is the mean
            names.pop("mean", None)
        values = [("" if one["times"] == 1 else f"{number(one['times'])} × ") + _bounds(one) for one in findings]
        unit = UNITS[findings[0]["unit"]]
        told.append(f"{' and '.join(names)} {' against '.join(values)}{unit}{basis}")
    if verdict.get("one_run") and not verdict.get("differs"):
        told.append(f"single runs mislead in {_share(verdict['one_run'])}")
    if verdict.get("differs"):
        under = {"supported": "supported", "refuted": "refuted"}.get(verdict["under"], "not decided")
        told.insert(0, f"as run here {under}" if named else f"{verdict['differs']}; as run here {under}")
    return "; ".join(told)


def single(verdict: Plain) -> tuple[str, str, str, str] | None:
    """A published single run in cells: the number, who, the setting, the share of runs as far out; None for others."""
    if (verdict.get("effect") or {}).get("kind") != "tail":
        return None
    one = verdict["findings"][0]
    setting = setting_words(one["levels"]) if one["levels"] else "the only setting"
    return _published(verdict), verdict["source"].partition(",")[0], setting, _share(verdict["effect"])


def single_notes(verdicts: Sequence[Plain]) -> list[str]:
    """What differed in published single runs, every reason once with the runs it is about."""
    notes: dict[str, list[str]] = {}
    for one in verdicts:
        cells = single(one)
        if cells and one["differs"]:
            notes.setdefault(one["differs"], []).append(f"{cells[0]} ({cells[1]})")
    return [f"{', '.join(whose)}: {why}" for why, whose in notes.items()]


def sign(verdict: str) -> str:
    """The verdict with its sign, which a reader sees without color."""
    return f"{SIGNS[verdict]}{SPACE}{verdict.replace(' ', SPACE)}"


def undecided(claims: Sequence[Plain]) -> str:
    """How many statements had another set-up than this run, what would decide them, and the verdicts as run here."""
    other = [one for one in claims if one["verdict"] == "set-up differs"]
    if not other:
        return ""
    under = [
        f"{sum(one['under'] == kind for one in other)} {kind}"
        for kind in SIGNS
        if any(one["under"] == kind for one in other)
    ]
    said = f"**{len(other)} of {len(claims)} statements had another set-up than this run.** As run here: "
    said += f"{', '.join(under)}."
    for command in sorted({str(one.get("decided_by", "")) for one in other}, reverse=True):
        count = sum(one.get("decided_by", "") == command for one in other)
        if command:
            data = " (DIR is a folder with the course's own files)" if "--data" in command else ""
            said += f" `{command}` decides {count} of them{data}."
        else:
            said += f" {count} are about published runs that were set up otherwise; no run of this study decides them."
    return said


def verdict_cell(claim: Plain) -> str:
    """The verdict with its sign; where the set-up differs, what it is as run here."""
    shown = sign(claim["verdict"])
    under = {"supported": "supported", "refuted": "refuted"}.get(str(claim.get("under")), "not decided")
    return f"{shown}; as run here {under}" if claim["verdict"] == "set-up differs" else shown


def statements(claims: Sequence[Plain]) -> Section:
    """The section of published statements; those that contradict one another come first, single runs last."""
    runs = [one for one in claims if single(one)]
    said = [one for one in paired(claims) if one not in runs]
    notes = numbered(said + runs)
    rows = [
        (f"{one['statement']} ({one['source']})", verdict_cell(one), sentence(one, notes.get(one["differs"], 0)))
        for one in said
    ]
    items: list[Prose | Table] = [Prose(text) for text in (undecided(claims), *disputes(claims)) if text]
    items += [Table(("statement", "verdict", "evidence here"), rows, RULE)] * bool(rows)
    listed = "\n".join(f"{number}. {why}" for why, number in notes.items())
    differing = [Prose(f"What differs, by the numbers in the tables:\n\n{listed}")] * bool(notes)
    return Section(TITLE, [*items, *_single_runs(runs, notes), *differing])


def numbered(claims: Sequence[Plain]) -> dict[str, int]:
    """What differed in the set-up, every reason once with its number, in the order of the claims."""
    return {why: at + 1 for at, why in enumerate(dict.fromkeys(one["differs"] for one in claims if one["differs"]))}


def _single_runs(runs: Sequence[Plain], notes: Mapping[str, int]) -> list[Table]:
    """Published single runs in a table, a line for each, with the number of what is known to differ."""
    if not runs:
        return []
    rows: list[tuple[str, ...]] = []
    for one in runs:
        (middle,) = one["findings"]
        share = "unknown" if one.get("reason") else _share(one["effect"])
        note = f" (difference {notes[one['differs']]})" if one["differs"] else ""
        told = share, _interval(middle, middle["unit"]), verdict_cell(one) + note
        rows.append((f"{one['statement']} ({one['source']})", *told))
    sizes = " and ".join(number(n) for n in sorted({one["n"] for one in runs}))
    table = Table(
        ("published single run", "runs as far out", "median here", "verdict"),
        rows,
        f"Published single runs beside n = {sizes} networks of each setting. Runs as far out: the share of "
        "networks that lie at least as far from the middle, both sides together; medians; 95 % intervals. A "
        "run is supported where it is an ordinary one, and refuted where these networks do not give "
        "it.",
    )
    return [table]


def paired(claims: Sequence[Plain]) -> list[Plain]:
    """The claims in order, those that contradict one another first."""
    named = {one["id"]: one for one in claims}
    first: dict[str, Plain] = {}
    for one in claims:
        if one.get("contradicts") in named:
            first |= {key: named[key] for key in sorted((one["id"], one["contradicts"]))}
    order = sorted(first.values(), key=lambda one: one["verdict"] != "supported")
    return order + [one for one in claims if one["id"] not in first]


def disputes(claims: Sequence[Plain]) -> list[str]:
    """A paragraph for every two claims that say opposite things: which holds here, and why the other came about."""
    named = {one["id"]: one for one in claims}
    told: list[str] = []
    for one in claims:
        other = named.get(str(one.get("contradicts")))
        if other is not None:
            told.append(_dispute(one, other))
    return told


def _dispute(one: Plain, other: Plain) -> str:
    words = [f"**Two reports contradict each other.** {_says(one)}; {_says(other)}."]
    for claim in sorted((one, other), key=lambda claim: claim["under"] != "supported"):
        here = {"supported": "holds here", "refuted": "does not hold here"}.get(claim["under"], "cannot be told here")
        why = f"; its set-up differs: {claim['differs']}" if claim["differs"] else ""
        words.append(f"That of {claim['source']} {here}{why}.")
    chances = [claim["one_run"] for claim in (one, other) if claim["under"] == "supported" and claim["one_run"]]
    if chances:
        low, high = chances[0]["low"], chances[0]["high"]
        alone = "cannot be ruled out as the reason for"
        if high < UNLIKELY or low > UNLIKELY:
            alone = "hardly explains" if high < UNLIKELY else "may explain"
        words.append(
            f"One run of each setting would have told the opposite in {_share(chances[0])} of cases, so chance alone "
            f"{alone} the contradiction."
        )
    return " ".join(words)


def _says(claim: Plain) -> str:
    return f"{claim['source']}: {claim['statement'][:1].lower()}{claim['statement'][1:]}"


def _differs(verdict: Plain, note: int) -> list[str]:
    if not verdict.get("differs"):
        return []
    under = {"supported": " it is supported", "refuted": " it is refuted"}.get(verdict["under"], "")
    return [f"The set-up differs{f' (difference {note})' if note else ': ' + verdict['differs']}. As run here{under}:"]


def _measured(verdict: Plain) -> list[str]:
    findings: Sequence[Plain] = verdict["findings"]
    if not findings:
        return []
    effect = verdict.get("effect")
    told = [_finding(one) for one in findings]
    if effect is None:
        return [f"{'; '.join(told)} ({_basis(findings[0])})."]
    if effect["kind"] == "tail":
        return [_tail(verdict, findings[0], effect)]
    beside = ""
    if effect["kind"] == "difference":
        which = "the closest difference is" if len(findings) > 2 else "the difference is"
        beside = f"; {which} {_interval(effect, effect['unit'])}{_p(effect)}"
    elif effect["kind"] == "ratio":
        beside = f"; the ratio is {_interval(effect, '1')}"
    return [f"{'; '.join(told)}{beside} ({_basis(findings[0])})."]


def _finding(one: Plain) -> str:
    """One term: `relu and l2: mean 2,031 [1,980, 2,090] steps`."""
    what, shown = _statistic(one), _interval(one, one["unit"])
    setting = setting_words(one["levels"]) if one["levels"] else ""
    before = f"{number(one['times'])} times " if one.get("times", 1) != 1 else ""
    return f"{setting}{': ' * bool(setting)}{before}{what} {shown}"


def _statistic(one: Plain) -> str:
    steps, name = one["unit"] == "steps", str(one["variable"]).replace("_", " ")
    if one["unit"] == "share":
        return {"hit_step": "arrived", "diverged_step": "diverged"}.get(one["variable"], name)
    if one["method"] == "exact" and one["statistic"] == "mean":
        return name
    of = "" if steps and one["variable"] == "hit_step" else f" of {name}"
    mean = CUT if one.get("never") else "mean"
    return {
        "mean": mean,
        "median": "median",
        "one_run": "median",
        "iqm": "interquartile mean",
        "quantile": f"{percent(one['q'])} quantile",
    }[one["statistic"]] + of


def _tail(verdict: Plain, one: Plain, effect: Plain) -> str:
    """A published single run beside the distribution."""
    published = _published(verdict)
    answer = {"supported": "an ordinary run", "refuted": "no run that these networks give"}.get(
        verdict.get("under", verdict["verdict"]), "perhaps an unusual run"
    )
    setting = setting_words(one["levels"]) if one["levels"] else ""
    return (
        f"{published} is {answer}: {_share(effect)} of {number(effect['n'])} networks"
        f"{f' with {setting}' * bool(setting)} lie at least as far out (both sides together); their median is "
        f"{_interval(one, one['unit'])} (95 % intervals)."
    )


def _published(verdict: Plain) -> str:
    text = str(verdict["check"]).rpartition("=")[2].strip()
    return number(float(text))


def _misleads(verdict: Plain) -> list[str]:
    chance = verdict.get("one_run")
    if not chance:
        return []
    several = len({str(one["levels"]) for one in verdict["findings"]}) > 1
    return [f"{'One run of each setting' if several else 'One run'} would have said the opposite in {_share(chance)}."]


def _share(interval: Plain) -> str:
    return _interval(interval, "share")


def _interval(interval: Plain, unit: str) -> str:
    """`905 [885, 922] steps`; `exact` stands for the bounds where there is nothing to estimate."""
    if interval["method"] == "exact":
        return f"{number(interval['estimate'], 4)}{UNITS[unit]} (exact)"
    shown = _bounds({**interval, "unit": unit})
    return shown if shown == NOWHERE else shown + UNITS[unit]


def _bounds(interval: Plain) -> str:
    """The same without its unit."""
    unit = interval["unit"]
    if interval["method"] == "exact":
        return f"{number(interval['estimate'], 4)} (exact)"
    show: Callable[[Any], str] = percent if unit == "share" else partial(number, digits=4 if unit == "1" else 3)
    if is_missing(interval["estimate"]):
        low = interval["low"]
        return NOWHERE if is_missing(low) or low == 0 else f"{NOWHERE}, above {show(low)}"
    low = "…" if is_missing(interval["low"]) else show(interval["low"])
    high = "…" if is_missing(interval["high"]) else show(interval["high"])
    return f"{show(interval['estimate'])} [{low},{SPACE}{high}]"


def _basis(one: Plain) -> str:
    if one["method"] == "exact":
        return "nothing is left to chance"
    return f"{number(one['n'])} networks, {percent(one['level'])} intervals"


def _p(effect: Plain) -> str:
    p = effect.get("p")
    if p is None or is_missing(p):
        return ""
    return f", p{SPACE}<{SPACE}0.0001" if p < 1e-4 else f", p{SPACE}={SPACE}{number(p, 2)}"
