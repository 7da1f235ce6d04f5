"""Which examples stand in which split: subsets of a set, and what is held out of the training split.

Every rule is an order of the examples, of which the first so many are taken; so a smaller subset is part of a larger
one. Orders are keyed by the number of a draw and never by the seed of a member: all members share one copy of the data,
and settings are compared on the same examples. Kept examples stay in the order of the set.
"""

from typing import Literal, NamedTuple

import numpy as np

from seedbed.datasets.heads import Kind
from seedbed.errors import DataError

Rule = Literal["first", "drawn", "stratified"]
SUBSET, VALID, TEST = 0x73756273, 0x76616C69, 0x74657374  # purposes, as four letters spell them


class Chosen(NamedTuple):
    """The places of the examples of each split, rising; `valid` and `test` may be empty."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def splits(
    labels: np.ndarray,
    *,
    train: int | None = None,
    valid: float | None = None,
    test: float | None = None,
    rule: Rule = "first",
    draw: int = 0,
    origin: str = "these data",
) -> Chosen:
    """Split a set of these labels `(example,)`, the number of its class for each.

    `test` is held out first, then `train` examples of the rest are kept by the rule, then `valid` is held out of these.
    Counts are whole numbers, shares of what is left lie between 0 and 1. What is held out is stratified.
    Raises DataError where a split would have no examples, or more than there are.
    """
    rest, tested = _held_out(np.arange(len(labels)), labels, test, TEST, draw, f"test={test} of {origin}")
    wanted = len(rest) if train is None else train
    if not 1 <= wanted <= len(rest):
        raise DataError(f"{origin} has {len(rest)} images, got train={wanted} to keep; ask for 1 or more of them")
    kept = subset(rest, labels, wanted, rule, SUBSET, draw)
    kept, validated = _held_out(kept, labels, valid, VALID, draw, f"valid={valid} of {origin}")
    return Chosen(kept, validated, tested)


def subset(places: np.ndarray, labels: np.ndarray, count: int, rule: Rule, purpose: int, draw: int) -> np.ndarray:
    """`count` of these places, rising: the first, some drawn at random, or some drawn class by class.

    >>> labels = np.array([0] * 6 + [1] * 3)
    >>> subset(np.arange(9), labels, 3, "first", SUBSET, 0).tolist()
    [0, 1, 2]
    >>> labels[subset(np.arange(9), labels, 3, "stratified", SUBSET, 0)].tolist()
    [0, 0, 1]
    """
    if rule == "first":
        return places[:count]
    rng = np.random.default_rng(np.random.SeedSequence([draw, purpose]))
    order = rng.permutation(len(places))
    if rule == "stratified":
        order = order[_stratified(labels[places[order]])]
    return np.sort(places[order[:count]])


def strata(targets: np.ndarray, kind: Kind) -> np.ndarray:
    """The class of each example `(example,)`; a single one for real numbers and for several outputs."""
    if kind == "real" or (targets.ndim > 1 and targets.shape[1] > 1):
        return np.zeros(len(targets), np.int64)
    return np.unique(targets.reshape(-1), return_inverse=True)[1]


def _stratified(labels: np.ndarray) -> np.ndarray:
    """An order in which every class has its share of the first n, for any n.

    By Webster's rule: the example of rank r of a class of N examples stands at (r + 1/2) / N.
    """
    at = np.empty(len(labels))
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        at[own] = (np.arange(len(own)) + 0.5) / len(own)
    return np.lexsort((labels, at))


def _held_out(
    places: np.ndarray, labels: np.ndarray, wanted: float | None, purpose: int, draw: int, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """These places without those held out, and those held out: a count, or a share of them, stratified."""
    if wanted is None:
        return places, places[:0]
    count = count_of(wanted, len(places))
    if not 1 <= count < len(places):
        raise DataError(
            f"{what} would hold out {count} of {len(places)} examples; hold out at least 1 and leave at least 1"
        )
    out = subset(places, labels, count, "stratified", purpose, draw)
    return np.setdiff1d(places, out, assume_unique=True), out


def count_of(wanted: float, examples: int) -> int:
    """How many examples a count or a share (a number with a fraction) of so many is.

    >>> count_of(0.1, 60_000), count_of(500, 60_000)
    (6000, 500)
    """
    return round(wanted * examples) if isinstance(wanted, float) else wanted
