"""Every source of chance crossed with every other, for any question: initial weights, data, and the order of examples.

A member's seed stands for all three. Here initial weights and data are numbered draws of their own (factors
`initial_draw` and `data_draw`), so that the seed is left with the order of examples and the noise of layers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from seedbed.errors import SpecError
from seedbed.spec import Factor, Spec
from seedbed.vocabulary import Dial, Part

WEIGHTS, DATA, ORDER = "initial weights", "data", "order of examples"
INITIAL_DRAW, DATA_DRAW = "initial_draw", "data_draw"
AXES = {INITIAL_DRAW: WEIGHTS, DATA_DRAW: DATA, "seed": ORDER}
NOISE = ("rrelu", "dropout")


@dataclass(frozen=True)
class Crossing:
    """The question with the draws as factors, the seeds to run it for, and what cannot vary in it, in words."""

    question: Spec
    seeds: int
    missing: tuple[str, ...]


def crossing(question: Spec, levels: int) -> Crossing:
    """`levels` initial draws x `levels` data draws x `levels` seeds of a question.

    Data that are no draw (files, MNIST) stay as they are; where every step takes all examples and no layer is random,
    there is no order, and one seed is enough. Data of each member's own become common draws of the same law.

    Raises: SpecError for fewer than two levels, an initial draw that is a framework's own, or fewer than two sources.
    """
    if levels < 2:
        raise SpecError(f"a crossing needs at least two levels of each source, got {levels}; write 8")
    parts = [question.initializer, *_replaced(question, "initializer")]
    if any(part is None for part in parts):
        raise SpecError("a crossing numbers the initial draws, got the framework's own draw; name an initializer")
    missing: list[str] = []
    drawn = dict(question.data.options).keys() >= {"draw"}
    if not drawn:
        missing.append(f"the data are given ({question.data.name}), not drawn")
    ordered = question.batch_size is not None or _noisy(question)
    if not ordered:
        missing.append("every step takes all examples, so their order does nothing")
    if len(missing) == 2:
        raise SpecError(f"nothing but the initial weights varies here: {' and '.join(missing)}; there is no crossing")
    numbered = _numbered(question)
    draws: dict[str, Any] = {INITIAL_DRAW: {f"{i}": {"initializer.draw": i} for i in range(levels)}}
    if drawn:
        draws[DATA_DRAW] = {f"{i}": {"data.draw": i} for i in range(levels)}
    return Crossing(numbered.vary(**draws), levels if ordered else 1, tuple(missing))


def _numbered(question: Spec) -> Spec:
    """The same question where initial draws have a number, and data are one common draw."""
    factors = tuple(
        replace(factor, changes=tuple(_numbered_changes(changes) for changes in factor.changes))
        for factor in question.factors
    )
    fields = _numbered_changes({"initializer": question.initializer, "data": question.data})
    return replace(question, factors=factors, **fields)


def _numbered_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(changes)
    if isinstance(part := found.get("initializer"), Part):
        found["initializer"] = replace(part, options=tuple(sorted({**dict(part.options), "draw": Dial(0.0)}.items())))
    if isinstance(part := found.get("data"), Part) and "fresh" in dict(part.options):
        found["data"] = part.with_option("fresh", False)
    return found


def _replaced(question: Spec, name: str) -> list[Any]:
    factors: tuple[Factor, ...] = question.factors
    return [changes[name] for factor in factors for changes in factor.changes if name in changes]


def _noisy(question: Spec) -> bool:
    """Whether a layer of seedbed's own draws while it trains, under any setting."""
    return any(_draws(setting.spec.model) for setting in question.settings())


def _draws(part: Part) -> bool:
    options = dict(part.options)
    return part.name in NOISE or any(name in options for name in NOISE) or any(map(_draws, part.parts()))
