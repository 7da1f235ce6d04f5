"""The language of claims: a statement about a record in one line of text, parsed into data. Nothing is judged here.

    median(hit_step, activation=relu, loss=cross_entropy) < 1000
    mean(hit_step, loss=cross_entropy) < mean(hit_step, loss=l2) < 2 * mean(hit_step, loss=hinge)
    share(hit_step, activation=relu) > 90 %             the share that arrived; of a yes-or-no outcome, the share of yes
    median(hit_step) = 900 within 10 %                  about 900
    mean(accuracy, criterion=hinge) = mean(accuracy, criterion=perceptron) within 0.01
    one_run(hit_step, activation=relu) = 917            is 917 what one such run gives?

Grammar: check = side (relation side)+ ["within" number ["%"]], side = number | [number "*"] statistic
"(" variable ["," q] {"," factor "=" level} ")". A level is written as the record labels it; one with a comma or an
unmatched bracket stands in double quotes. A number may end in %, which divides it by 100. What a check means for a
record: `verdicts`.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from seedbed.errors import StatsError, nearest

STATISTICS = ("mean", "median", "iqm", "quantile", "share", "one_run")
RELATIONS = ("<=", ">=", "<", ">", "=")
NUMBER = re.compile(r"[-+]?(\d[\d_]*)?\.?\d+(e[-+]?\d+)?|[-+]?\d[\d_]*\.?(e[-+]?\d+)?", re.IGNORECASE)
NAME = re.compile(r"[A-Za-z_]\w*")
PLAIN_LEVEL = re.compile(r'[^\s",()][^",()]*(\([^"()]*\))?')


@dataclass(frozen=True)
class Term:
    """A statistic of one variable under some levels, times a number; `q` belongs to quantiles alone."""

    statistic: str
    variable: str
    levels: Mapping[str, str] = field(default_factory=dict)
    q: float | None = None
    times: float = 1.0

    def __str__(self) -> str:
        levels = [f"{name}={_quoted(level)}" for name, level in self.levels.items()]
        inside = ", ".join([self.variable, *([] if self.q is None else [f"{self.q!r}"]), *levels])
        return ("" if self.times == 1 else f"{self.times!r} * ") + f"{self.statistic}({inside})"


@dataclass(frozen=True)
class Check:
    """Sides and the relations between neighbours; `margin` belongs to "=", in percent if `relative`."""

    sides: tuple[Term | float, ...]
    relations: tuple[str, ...]
    margin: float | None = None
    relative: bool = False

    @property
    def terms(self) -> tuple[Term, ...]:
        """The sides that are read from a record."""
        return tuple(side for side in self.sides if isinstance(side, Term))

    def __str__(self) -> str:
        words = [_side(self.sides[0])]
        for relation, side in zip(self.relations, self.sides[1:], strict=True):
            words += [relation, _side(side)]
        if self.margin is not None:
            words.append(f"within {self.margin!r}" + " %" * self.relative)
        return " ".join(words)


def parse(text: str) -> Check:
    """The check that a line states.

    Raises: StatsError with the place of the first thing that cannot be read, and the nearest word there is.

    >>> check = parse("median(hit_step, activation=relu) < 1000")
    >>> check.terms[0].levels, check.relations, check.sides[1]
    ({'activation': 'relu'}, ('<',), 1000.0)
    """
    reader = _Reader(text)
    sides, relations, margin, relative = [_read_side(reader)], [], None, False
    while (relation := reader.relation()) is not None:
        relations.append(relation)
        sides.append(_read_side(reader))
    if reader.word("within"):
        margin, relative = reader.margin()
    reader.end()
    if not relations:
        reader.fail("a relation was expected", 'compare with a number or another term, such as "< 1000"')
    check = Check(tuple(sides), tuple(relations), margin, relative)
    _check_meaning(check, text)
    return check


def _check_meaning(check: Check, text: str) -> None:
    """What is grammatical and still says nothing."""
    if not check.terms:
        raise StatsError(f'a check says something of a record, got "{text}" with numbers alone; write median(hit_step)')
    equal = "=" in check.relations
    if equal and len(check.relations) > 1:
        raise StatsError(f'"=" stands alone in a check, got "{text}"; state each equality as a check of its own')
    single = any(term.statistic == "one_run" for term in check.terms)
    if single:
        first, second = check.sides[0], check.sides[-1]
        if not equal or check.margin is not None or not isinstance(first, Term) or isinstance(second, Term):
            raise StatsError(f'one_run(...) is compared as "one_run(hit_step) = 917", got "{text}"; write it so')
        if first.times != 1:
            raise StatsError(f'one_run(...) takes no factor, got "{text}"; divide the number instead')
    elif equal and check.margin is None:
        raise StatsError(f'"=" needs a margin, got "{text}"; add for instance "within 10 %"')
    if check.margin is not None and not equal:
        raise StatsError(f'"within" belongs to "=", got "{text}"; leave it out, or write "="')
    if equal and not isinstance(check.sides[0], Term):
        raise StatsError(f'a number stands right of "=", got "{text}"; turn the two sides around')


def _read_side(reader: "_Reader") -> Term | float:
    number = reader.number()
    if number is None:
        return _read_call(reader, 1.0)
    if not reader.sign("*"):
        return number
    if number <= 0:
        reader.fail(f"a factor before a statistic must be positive, got {number:g}", "turn the relation around instead")
    return _read_call(reader, number)


def _read_call(reader: "_Reader", times: float) -> Term:
    statistic = reader.name("a statistic or a number", f"use one of {', '.join(STATISTICS)}")
    if statistic not in STATISTICS:
        close = nearest(statistic, STATISTICS)
        reader.fail(f'there is no statistic "{statistic}"{close}', f"use one of {', '.join(STATISTICS)}", reader.before)
    reader.need("(", f'"{statistic}" takes a variable in brackets')
    variable, q, levels = reader.name("a variable", "name one, such as hit_step"), None, dict[str, str]()
    while reader.sign(","):
        if not levels and q is None and (q := reader.number()) is not None:
            _check_q(reader, statistic, q)
            continue
        place = reader.at
        factor = reader.name("a factor", "write factor=level")
        reader.need("=", f'after the factor "{factor}" its level was expected')
        if factor in levels:
            reader.fail(f"{factor} is given twice", "name one level of it", place)
        levels[factor] = reader.level(factor)
    reader.need(")", f'the bracket of "{statistic}" is not closed')
    if statistic == "quantile" and q is None:
        reader.fail("quantile needs its q", "write quantile(hit_step, 0.9)")
    return Term(statistic, variable, levels, q, times)


def _check_q(reader: "_Reader", statistic: str, q: float) -> None:
    if statistic != "quantile":
        reader.fail(f'"{statistic}" takes no number', "only quantile does: quantile(hit_step, 0.9)", reader.before)
    if not 0 < q < 1:
        reader.fail(f"the q of a quantile lies between 0 and 1, got {q:g}", "write 0.9 or 90 %", reader.before)


class _Reader:
    """A line and the place reached in it; every method moves on over what it has read, and over blanks."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.before = text, 0, 0
        self._blanks()

    def fail(self, wrong: str, remedy: str, at: int | None = None) -> NoReturn:
        """Raises: StatsError, with the rest of the line at a place, by default the one reached."""
        place = self.at if at is None else at
        rest = self.text[place:]
        found = f'at "{rest[:24]}{"…" * (len(rest) > 24)}" (character {place + 1})' if rest else "at its end"
        raise StatsError(f'the check "{self.text}" cannot be read {found}: {wrong}; {remedy}')

    def number(self) -> float | None:
        """A number, in percent or not; None where there is none."""
        found, start = NUMBER.match(self.text, self.at), self.at
        if found is None:
            return None
        self._over(found.group())
        value = float(found.group().replace("_", ""))
        value = value / 100 if self.sign("%") else value
        if math.isinf(value):
            self.fail("this number is too large", "write a smaller one", start)
        self.before = start
        return value

    def margin(self) -> tuple[float, bool]:
        """The number after "within", and whether it is in percent."""
        found = NUMBER.match(self.text, self.at)
        if found is None or float(found.group().replace("_", "")) <= 0:
            self.fail('"within" takes a positive number', 'write "within 10 %" or "within 5"')
        self._over(found.group())
        start, value, relative = self.before, float(found.group().replace("_", "")), self.sign("%")
        if relative and value >= 100:
            self.fail("a margin in percent lies below 100", 'write "within 10 %"', start)
        return value, relative

    def relation(self) -> str | None:
        """The relation that stands here, or None."""
        if self.text.startswith(("==", "=<", "=>", "<>", "!="), self.at):
            self.fail(f'there is no relation "{self.text[self.at : self.at + 2]}"', f"use {' '.join(RELATIONS)}")
        return next((sign for sign in RELATIONS if self.sign(sign)), None)

    def name(self, what: str, remedy: str) -> str:
        """A name that must stand here."""
        found = NAME.match(self.text, self.at)
        if found is None:
            self.fail(f"{what} was expected", remedy)
        self._over(found.group())
        return found.group()

    def level(self, factor: str) -> str:
        """A level, quoted or as it stands up to a comma or the closing bracket."""
        if self.text.startswith('"', self.at):
            stop = self.text.find('"', self.at + 1)
            if stop < 0:
                self.fail("the quotation mark is not closed", "close it")
            found = self.text[self.at + 1 : stop]
            self._over(self.text[self.at : stop + 1])
            return found
        match = PLAIN_LEVEL.match(self.text, self.at)
        if match is None:
            self.fail(f"a level of {factor} was expected", f"write {factor}=level")
        self._over(match.group())
        return match.group().strip()

    def sign(self, sign: str) -> bool:
        """Whether a sign stands here; if so, it is read."""
        stands = self.text.startswith(sign, self.at)
        if stands:
            self._over(sign)
        return stands

    def word(self, word: str) -> bool:
        """Whether a word stands here; if so, it is read."""
        found = NAME.match(self.text, self.at)
        return found is not None and found.group() == word and self.sign(word)

    def need(self, sign: str, wrong: str) -> None:
        """Reads a sign that must stand here."""
        if not self.sign(sign):
            self.fail(wrong, f'write "{sign}" here')

    def end(self) -> None:
        """Nothing may follow."""
        if self.at < len(self.text):
            self.fail("nothing more was expected", f"join terms by {' '.join(RELATIONS)}, or take the rest away")

    def _over(self, read: str) -> None:
        self.before = self.at
        self.at += len(read)
        self._blanks()

    def _blanks(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1


def _side(side: Term | float) -> str:
    return str(side) if isinstance(side, Term) else repr(side)


def _quoted(level: str) -> str:
    found = PLAIN_LEVEL.fullmatch(level)
    return level if found and level == level.strip() else f'"{level}"'
