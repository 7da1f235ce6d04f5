"""Numbers as a reader wants them: 917, 4,680, 0.27, 12 %, and a dash where there is none.

Significant digits, never fewer than the whole part has. No statistics here: those are `seedbed.stats`.
The standard library has no column-wise formatting that lines up decimal points, so that is written here.
"""

import math
import numbers
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MISSING = "—"
SPACE = "\u00a0"  # keeps a number and its unit on one line
MINUS = "−"
LEAST, MOST = 1e-4, 1e15  # outside, powers of ten read better
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
NUMERIC_TEXT = re.compile(r"[<>≤≥~+−-]?\s?\d[\d,.]*(\s?[%×])?")


@dataclass(frozen=True)
class Cell:
    """A table cell: what is shown, and the invisible tail that lines its decimal point up with its neighbours'."""

    text: str
    tail: str = ""


@dataclass(frozen=True)
class Column:
    """The cells of one column, and whether they are set flush right."""

    cells: tuple[Cell, ...]
    numeric: bool


def number(value: Any, digits: int = 3) -> str:
    """A number in words' company, with `digits` significant digits and thousands set off.

    >>> number(4680.2), number(0.2748), number(917.0), number(None), number(float("nan"))
    ('4,680', '0.275', '917', '—', '—')
    >>> number(-0.5), number(3.2e-7), number(float("inf"))
    ('−0.5', '3.2 × 10⁻⁷', '∞')
    """
    if is_missing(value):
        return MISSING
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if isinstance(value, numbers.Integral):
        return _signed(f"{int(value):,}")
    plain = float(value)
    if not math.isfinite(plain):
        return _signed("-∞" if plain < 0 else "∞")
    if plain and not LEAST <= abs(plain) < MOST:
        return _power_of_ten(plain, digits)
    return _signed(_trimmed(f"{plain:,.{_places(plain, digits)}f}"))


def percent(share: float | int | None) -> str:
    """A share in percent; only none is 0 % and only all is 100 %.

    >>> percent(0.123), percent(0.9996), percent(1.0), percent(None)
    ('12\\xa0%', '99.96\\xa0%', '100\\xa0%', '—')
    """
    if is_missing(share):
        return MISSING
    value = 100 * float(share)  # pyright: ignore[reportArgumentType]
    from_edge = min(value, 100 - value)
    places = max(0, -math.floor(math.log10(from_edge))) if 0 < from_edge < 1 else 0
    return f"{_signed(_trimmed(f'{value:.{min(places, 6)}f}'))}{SPACE}%"


def hundredths(share: float | int | None) -> str:
    """A share in percent with two decimals, signed if it is a difference below 0; what rounds to 0 has no sign.

    >>> hundredths(0.99041), hundredths(-0.0012), hundredths(-0.000001), hundredths(None)
    ('99.04\\xa0%', '−0.12\\xa0%', '0.00\\xa0%', '—')
    """
    if is_missing(share):
        return MISSING
    shown = f"{100 * float(share):.2f}"  # pyright: ignore[reportArgumentType]
    return f"{_signed(shown if float(shown) else shown.removeprefix('-'))}{SPACE}%"


def steps(count: float | int | None) -> str:
    """A number of updates with its unit.

    >>> steps(9623), steps(1), steps(12.5)
    ('9,623\\xa0steps', '1\\xa0step', '12.5\\xa0steps')
    """
    return f"{number(count)}{SPACE}{'step' if count == 1 else 'steps'}"


def counted(count: int, noun: str) -> str:
    """So many of a thing: a noun that takes an s unless there is one.

    >>> counted(1, "network"), counted(4096, "network")
    ('1 network', '4,096 networks')
    """
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def p_value(value: float) -> str:
    """A p value in a cell.

    >>> p_value(0.0004), p_value(0.25), p_value(float("nan"))
    ('< 0.001', '0.250', 'undefined')
    """
    if math.isnan(value):
        return "undefined"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def column(values: Sequence[Any], digits: int = 3) -> Column:
    """One table column: numbers brought to common decimals and lined up at the point, text left as it is.

    >>> [cell.text + "_" * len(cell.tail) for cell in column([0.273, 0.3, 12.25, None]).cells]
    ['0.273', '0.300', '12.2__', '—____']
    """
    shown = max((_decimals(number(value, digits)) for value in values if _is_number(value)), default=0)
    texts = [_to_places(value, digits, shown) if _is_number(value) else text(value) for value in values]
    kept = max((_decimals(item) for item, value in zip(texts, values, strict=True) if _is_number(value)), default=0)
    numeric = bool(values) and all(_is_number(value) or _looks_numeric(value) for value in values)
    lines_up = numeric and any(_is_number(value) for value in values)
    return Column(tuple(Cell(item, _tail(item, kept) if lines_up else "") for item in texts), numeric)


def text(value: Any, digits: int = 3) -> str:
    """Any value of a table or a provenance as text.

    >>> text([4, 0.5]), text({"a": 1}), text(""), text(None)
    ('4, 0.5', 'a: 1', '—', '—')
    """
    if isinstance(value, str):
        return value or MISSING
    if isinstance(value, dict):
        return "; ".join(f"{key}: {text(item, digits)}" for key, item in value.items()) or MISSING
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(text(item, digits) for item in value) or MISSING
    return number(value, digits) if _is_number(value) or is_missing(value) else str(value)


def is_missing(value: Any) -> bool:
    """Whether there is no number here: None or NaN."""
    return value is None or (isinstance(value, numbers.Real) and math.isnan(value))


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, numbers.Real) and not is_missing(value)


def _looks_numeric(value: Any) -> bool:
    return is_missing(value) or value == "" or (isinstance(value, str) and bool(NUMERIC_TEXT.fullmatch(value)))


def _places(value: float, digits: int) -> int:
    """Decimals that leave `digits` significant digits, after rounding."""
    rounded = abs(float(f"{value:.{digits - 1}e}"))
    return max(0, digits - 1 - (math.floor(math.log10(rounded)) if rounded else 0))


def _to_places(value: Any, digits: int, most: int) -> str:
    """`number`, with zeros kept up to the decimals that the column shows."""
    bare = number(value, digits)
    if isinstance(value, numbers.Integral) or "×" in bare or "∞" in bare:
        return bare
    return _signed(f"{float(value):,.{min(most, _places(float(value), digits))}f}")


def _decimals(shown: str) -> int:
    return 0 if "×" in shown else len(shown.partition(".")[2])


def _tail(shown: str, decimals: int) -> str:
    missing = decimals - _decimals(shown)
    return ("" if "." in shown else "." if decimals else "") + "0" * missing


def _trimmed(shown: str) -> str:
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _power_of_ten(value: float, digits: int) -> str:
    factor, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return f"{_signed(_trimmed(factor))} × 10{str(int(exponent)).translate(RAISED)}"


def _signed(shown: str) -> str:
    return MINUS + shown[1:] if shown.startswith("-") and shown.strip("-0.,") else shown.removeprefix("-")


def whole(value: float) -> str:
    """A step count in a table whose column names the unit."""
    return number(round(value))


def interval(value: Any, form: Any = whole) -> str:
    """An estimate with its interval in a cell: `912 [880, 940]`; an open side is shown as "not reached"."""
    if math.isnan(value.estimate):
        return f"not reached [{form(value.low)}, –]" if math.isfinite(value.low) and value.low > 0 else "not reached"
    low, high = ("–" if math.isnan(bound) else form(bound) for bound in (value.low, value.high))
    return f"{form(value.estimate)} [{low},{SPACE}{high}]"


def share(value: Any) -> str:
    """A share with its interval in percent.

    >>> from seedbed.stats.interval import Interval
    >>> share(Interval(0.92, 0.9, 0.94, 0.95, "Wilson", 1000))
    '92\\xa0% [90\\xa0%,\\xa094\\xa0%]'
    """
    return interval(value, percent)


def tenths(value: Any) -> str:
    """A share with its interval in percent with one digit after the point, for shares that lie near one another.

    >>> from seedbed.stats.interval import Interval
    >>> tenths(Interval(0.923, 0.905, 0.938, 0.95, "Wilson", 1000))
    '92.3\\xa0% [90.5\\xa0%,\\xa093.8\\xa0%]'
    """
    return interval(value, tenth)


def tenth(part: float) -> str:
    """A share in percent with one digit after the point.

    >>> tenth(0.923), tenth(-0.0512)
    ('92.3\\xa0%', '−5.1\\xa0%')
    """
    return f"{100 * part:.1f}{SPACE}%".replace("-", MINUS)


def file_name(words: str) -> str:
    """Words as the name of a figure.

    >>> file_name("elu(alpha=1)")
    'elu_alpha_1_'
    """
    return "".join(character if character.isalnum() else "_" for character in words)
