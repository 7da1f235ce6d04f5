"""Steps made of steps: a list in a row, lists side by side, and a list around which its input is carried.

The weights of an inner step are those of the outer one, under names with the inner step's number in front:
"2.weight". A composed step keeps nothing between forward and backward: its pullbacks go forward once more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from seedbed.reference.layers import concatenate, concatenate_pullback
from seedbed.reference.steps import Given, Pullback, Step
from seedbed.reference.twin import Array


def row_step(steps: Sequence[Step]) -> Step:
    """f_n(... f_2(f_1(x))): the chain rule, last step first."""

    def passed(x: Array, given: Given) -> list[Array]:
        """The input of every step, and what the last one gives."""
        found = [x]
        for number, step in enumerate(steps):
            found.append(step.value(found[-1], inside(given, number)))
        return found

    def arriving(x: Array, given: Given, upstream: Array) -> list[Array]:
        """What arrives at the input of every step, and at the end, from above."""
        seen, found = passed(x, given), [upstream]
        for number in reversed(range(len(steps))):
            found.insert(0, steps[number].pullback(seen[number], inside(given, number), found[0]))
        return found

    def of_weight(number: int, pullback: Pullback, x: Array, given: Given, upstream: Array) -> Array:
        return pullback(passed(x, given)[number], inside(given, number), arriving(x, given, upstream)[number + 1])

    def carried(x: Array, given: Given) -> dict[str, Array]:
        seen = passed(x, given)
        return named([step.carried(seen[number], inside(given, number)) for number, step in enumerate(steps)])

    return Step(
        kind="row",
        value=lambda x, given: passed(x, given)[-1],
        pullback=lambda x, given, upstream: arriving(x, given, upstream)[0],
        weights={
            f"{number}.{name}": partial(of_weight, number, pullback)
            for number, step in enumerate(steps)
            for name, pullback in step.weights.items()
        },
        start=lambda initializer, rng: named([step.start(initializer, rng) for step in steps]),
        noise=lambda rng, examples: named([step.noise(rng, examples) for step in steps]),
        carried=carried,
        layers=tuple(layer for step in steps for layer in step.layers),
    )


def parallel_step(branches: Sequence[Step], sizes: Sequence[int], axis: int) -> Step:
    """Branches on the same x, side by side along an axis on which they give `sizes`; what comes back to x adds up."""

    def value(x: Array, given: Given) -> Array:
        parts = [branch.value(x, inside(given, number)) for number, branch in enumerate(branches)]
        lead = np.broadcast_shapes(*(part.shape[:axis] for part in parts))  # x may be shared by all members
        return concatenate([np.broadcast_to(part, (*lead, *part.shape[axis:])) for part in parts], axis)

    def pullback(x: Array, given: Given, upstream: Array) -> Array:
        fed = concatenate_pullback(upstream, sizes, axis)
        shares = [
            branch.pullback(x, inside(given, number), part)
            for number, (branch, part) in enumerate(zip(branches, fed, strict=True))
        ]
        return np.sum(shares, axis=0)

    def of_weight(number: int, inner: Pullback, x: Array, given: Given, upstream: Array) -> Array:
        return inner(x, inside(given, number), concatenate_pullback(upstream, sizes, axis)[number])

    return composed("parallel", branches, value, pullback, of_weight)


def residual_step(inner: Step) -> Step:
    """y = x + f(x): upstream goes past f, and through it."""

    def of_weight(_: int, pullback: Pullback, x: Array, given: Given, upstream: Array) -> Array:
        return pullback(x, inside(given, 0), upstream)

    return composed(
        "residual",
        [inner],
        lambda x, given: x + inner.value(x, inside(given, 0)),
        lambda x, given, upstream: upstream + inner.pullback(x, inside(given, 0), upstream),
        of_weight,
    )


def composed(
    kind: str, inner: Sequence[Step], value: Callable[[Array, Given], Array], pullback: Pullback,
    of_weight: Callable[[int, Pullback, Array, Given, Array], Array],
) -> Step:  # fmt: skip
    """A step whose inner steps all see its own x, but for what it computes with them."""
    return replace(
        row_step(inner),
        kind=kind,
        value=value,
        pullback=pullback,
        weights={
            f"{number}.{name}": partial(of_weight, number, own)
            for number, step in enumerate(inner)
            for name, own in step.weights.items()
        },
        carried=lambda x, given: named([step.carried(x, inside(given, number)) for number, step in enumerate(inner)]),
    )


def inside(given: Given, number: int) -> Given:
    """What an inner step is given.

    >>> given = {"0.weight": np.zeros(2), "1.weight": np.ones(2), "1.0.bias": np.zeros(1)}
    >>> {name: array.tolist() for name, array in inside(given, 1).items()}
    {'weight': [1.0, 1.0], '0.bias': [0.0]}
    """
    prefix = f"{number}."
    return {name.removeprefix(prefix): array for name, array in given.items() if name.startswith(prefix)}


def named(parts: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """What inner steps have, under the names of the outer one."""
    return {f"{number}.{name}": array for number, part in enumerate(parts) for name, array in part.items()}
