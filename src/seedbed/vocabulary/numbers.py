"""Numbers, switches and words as users give them, made plain: NumPy's and jax's become Python's own.

Every word of the vocabulary and every level of a factor passes through here, so that a float32 of NumPy, an array of
one axis or a bool means the same wherever it stands.
"""

from typing import Any

from seedbed.errors import PartError, shown

Number = Any  # a number of Python's, NumPy's or jax's, as `number` checks it
Whole = Any  # the same without a fraction, as `whole` checks it
Switch = Any  # True or False, as `switch` checks it
Word = Any  # one of a few words, as `errors.one_of` checks it
GREATEST, SMALLEST = 3.4028234e38, 1.4e-45  # of the numbers of single precision, what a dial is computed in
MOST = 2**31 - 2  # steps and draws are counted in 32 bits
MOST_LETTERS = 200  # of a name: it becomes part of names of files, axes and lines of a table


def plain(value: Any) -> Any:
    """`value` in Python's own numbers; an array becomes a list, and what is no array stays what it is.

    A float of lower precision becomes the shortest decimal that means it, as it is printed.

    >>> import numpy as np
    >>> plain(np.float32(0.1)), plain(np.arange(2)), plain([np.int64(3), "relu"])
    (0.1, [0, 1], [3, 'relu'])
    """
    if type(value) is list or type(value) is tuple:
        return type(value)(plain(item) for item in value)
    if not (hasattr(value, "dtype") and hasattr(value, "__array__")) or isinstance(value, type):
        return value
    array = value.__array__()
    return [plain(item) for item in array] if array.ndim else _scalar(array[()])


def _scalar(value: Any) -> Any:
    if not hasattr(value, "dtype"):  # of an array of objects
        return value
    if value.dtype.kind in "fV" and value.dtype.itemsize < 8 and hasattr(value, "__float__"):
        return float(str(value))
    return value.item()


def number(value: Any, what: str) -> float:
    """`value` as a float, or a sentence that says what should have been a number."""
    value = plain(value)
    try:
        if isinstance(value, bool | str | bytes):
            raise TypeError
        return float(value)
    except (TypeError, ValueError):
        remedy = (
            'give a number, or a schedule of your own: sb.own("schedule", f)' if callable(value) else "give a number"
        )
        raise PartError(f"the {what} must be a number, got {shown(value)}; {remedy}") from None
    except OverflowError:
        raise PartError(f"the {what} must be a number below 1e308, got {shown(value)}; give a smaller one") from None


def whole(value: Any, what: str, least: int = 1, most: int = MOST) -> int:
    """`value` as a whole number from `least` to `most`, or a sentence that says what should have been one."""
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        too_many = isinstance(value, int) and value > most
        limits = f"from {least:,} to {most:,}" if too_many or most < MOST else f"from {least:,}"
        raise PartError(f"{what} must be a whole number {limits}, got {shown(value)}; give such a number")
    return value


def switch(value: Any, what: str, remedy: str = "write one of the two") -> bool:
    """`value` as True or False, or a sentence that says what should have been one of the two."""
    value = plain(value)
    if not isinstance(value, bool):
        raise PartError(f"{what} is True or False, got {shown(value)}; {remedy}")
    return value


def in_single_precision(value: float) -> bool:
    """Whether a finite number is one in single precision too: neither infinite there nor rounded to 0."""
    return value == 0 or SMALLEST <= abs(value) <= GREATEST


def as_option(value: Any) -> Any:
    """An option of a user's own function: arrays and lists as tuples, which can be compared and written down."""
    value = plain(value)
    return tuple(as_option(item) for item in value) if isinstance(value, list | tuple) else value
