"""Data drawn by a stated law, from NumPy generators keyed by a number and a purpose.

A common draw is keyed by its draw number, a fresh draw by the seed of its member, so what a member sees never
depends on which other seeds were asked for. Names and options are checked in `vocabulary.data`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from seedbed import memory
from seedbed.datasets.arrays import numbers
from seedbed.datasets.dataset import Dataset, dataset
from seedbed.datasets.heads import Kind, by_head
from seedbed.datasets.points import LAWS as OF_POINTS
from seedbed.datasets.shapes import detection, lines
from seedbed.errors import DataError, SeedbedError
from seedbed.vocabulary.part import Dial, Part

DATA = 0x64617461  # the purpose "data", as the four letters spell it
HELD = ("valid", "test")  # the splits beside the training split
PAIRS = tuple(f"{split}_{what}" for split in HELD for what in ("inputs", "targets"))
KEYWORDS = ("inputs", "targets", "target", "units", *PAIRS)  # what a mapping may hold
OURS = (
    "draw",
    "fresh",
    "standardize",
)  # what says how data are drawn; other options go to the function


def random_images(
    rng: np.random.Generator, n: int, shape: Sequence[int], ones: float, labels: str
) -> tuple[np.ndarray, np.ndarray]:
    """`n` different images of fair bits `(n, *shape)` and their labels `(n,)`, exactly round(ones * n) of them 1.

    Every ordered choice of `n` different images is equally likely. "separable": the images with the largest inner
    product with one standard normal direction have label 1; "independent": a uniformly drawn set of images has.
    Raises DataError where there are fewer than `n` different images.
    Source: CIS680 assignment 1, part 2.
    """
    pixels = _pixels(n, shape)
    if not 0 <= ones <= 1 or labels not in ("separable", "independent"):
        raise DataError(
            f'random images take 0 <= ones <= 1 and labels "separable" or "independent", got {ones}, {labels}'
        )
    images = _different(rng, n, pixels)
    score = images @ rng.standard_normal(pixels) if labels == "separable" else rng.random(n)
    marked = np.argsort(score)[n - round(ones * n) :]
    targets = np.zeros(n)
    targets[marked] = 1
    return images.reshape(n, *shape).astype(np.float32), targets


def point(x: float, y: float) -> Dataset:
    """One example: input x, target probability y. Raises DataError unless 0 <= y <= 1.

    Source: CIS680 assignment 1, part 1.
    """
    return dataset([[x]], [[y]], "binary", origin=f"point(x={x:g}, y={y:g})", soft=True)


def draw(part: Part, seeds: Sequence[int] | np.ndarray | None = None) -> Dataset:
    """What a generating part gives: one common draw, or with `fresh=True` one draw for each of `seeds`, stacked."""
    options = dict(part.options)
    _has_room(part, len(seeds) if options.get("fresh", False) and seeds is not None else 1)
    if not options.get("fresh", False):
        return _one(part, options.get("draw", 0), part.label())
    if seeds is None or len(seeds) == 0:
        raise DataError(f"{part.label()} is drawn afresh for every seed, got no seeds; say for which seeds")
    if part.function is None:
        parts = [_one(part, int(seed), f"{part.label()} of seed {seed}") for seed in seeds]
    else:
        parts = [_own(part, int(seed), f"{part.label()} of seed {seed}", known_units=True) for seed in seeds]
    return _stacked(parts, part.label())


def generator(number: int) -> np.random.Generator:
    """The generator of data for a draw number or a seed. Raises DataError for anything but a whole number from 0."""
    if number != int(number) or number < 0:
        raise DataError(f"draws and seeds are numbered from 0, got {number}; give a whole number")
    return np.random.default_rng(np.random.SeedSequence([int(number), DATA]))


def _has_room(part: Part, draws: int) -> None:
    """Raise DataError for a set that the memory cannot hold; the size of a user's own is not known before it is drawn.

    An example takes 4 bytes a number where it is kept, and as many again while it is drawn.
    """
    if part.function is not None:
        return
    options = dict(part.options)
    examples = options.get("n", 1) + options.get("test", 0)
    numbers = math.prod(options.get("shape", (options.get("size", 1),) * 2))
    told = f"{part.label()}{f' for {draws:,} seeds' if draws > 1 else ''}"
    memory.check(8 * draws * examples * numbers, told, "ask for fewer or smaller examples", DataError)


def _one(part: Part, number: int, origin: str) -> Dataset:
    if part.function is not None:
        return _own(part, number, origin)
    options = {name: value for name, value in part.options if name not in OURS}
    return dataset(**_named(LAWS[part.name](generator(number), **options), origin), origin=origin)


def _own(part: Part, number: int, origin: str, known_units: bool = False) -> Dataset:
    function: Callable[..., Any] = part.function  # type: ignore[assignment]
    options = {
        name: value.value if isinstance(value, Dial) else value for name, value in part.options if name not in OURS
    }
    given = _named(_called(lambda: function(generator(number), **options), origin), origin)
    if known_units and _uncounted(given["target"], given.get("units")):
        # a draw in which the last class is absent must not need fewer outputs than its neighbors
        raise DataError(f"{origin} has classes drawn afresh, without their number; return a mapping with units=...")
    return dataset(**given, origin=origin, standardize=dict(part.options).get("standardize", False))


def _called(attempt: Callable[[], Any], origin: str) -> Any:
    """What a user's function gives; whatever it raises becomes a sentence."""
    try:
        return attempt()
    except SeedbedError:
        raise
    except (Exception, SystemExit) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise DataError(
            f"{origin} fails: {first}; a generator is called as f(rng, **options) and returns (inputs, targets)"
        ) from error


def _uncounted(target: Any, units: Any) -> bool:
    """Whether some head has classes of unsaid number."""
    if not isinstance(target, Mapping):
        return target == "classes" and units is None
    counted = units if isinstance(units, Mapping) else {}
    return any(kind == "classes" and counted.get(name) is None for name, kind in target.items())


def _named(given: Any, origin: str) -> dict[str, Any]:
    """What a user's function returned, as keywords of `dataset`."""
    if isinstance(given, Mapping):
        if not set(KEYWORDS[:3]) <= set(given) <= set(KEYWORDS):
            names, more = ", ".join(map(str, given)), ", ".join(KEYWORDS[3:])
            raise DataError(
                f"{origin} returned {names}; name inputs, targets, target (the kind), at most {more} besides"
            )
        return dict(given)
    if not isinstance(given, tuple) or len(given) not in (2, 3):
        raise DataError(
            f"{origin} returned {type(given).__name__}; return (inputs, targets) or (inputs, targets, kind)"
        )
    inputs, targets = given[:2]
    return {"inputs": inputs, "targets": targets, "target": given[2] if len(given) == 3 else _kind(targets, origin)}


def _kind(targets: Any, origin: str) -> Kind:
    """Binary for one label of 0 or 1 each; anything else could be meant in several ways."""
    if isinstance(targets, Mapping):
        raise DataError(
            f"{origin} returned targets by name without their kinds; return (inputs, targets, kinds) with a mapping "
            'such as {"label": "binary"} for kinds'
        )
    y = numbers(targets, f"the targets of {origin}")
    if (y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1)) and np.isin(y, (0, 1)).all():
        return "binary"
    raise DataError(
        f"the targets of {origin}, {y.dtype} {y.shape}, could be of several kinds; return (inputs, targets, kind), "
        'kind "binary", "classes", "sign" or "real"'
    )


def _stacked(parts: Sequence[Dataset], origin: str) -> Dataset:
    first = parts[0]
    for one in parts[1:]:
        if _form(one) != _form(first):
            raise DataError(
                f"{one.origin} is {_form(one)}, {first.origin} is {_form(first)}; draw one form for all seeds"
            )
    heads, several = first.heads, first.target == "several"
    stacked: dict[str, Any] = {}
    for split in first.splits:
        inputs, columns = (np.stack([one.splits[split][place] for one in parts]) for place in (0, 1))
        targets = by_head(columns, heads)
        lead = "" if split == "train" else f"{split}_"
        stacked |= {f"{lead}inputs": inputs, f"{lead}targets": targets if several else targets[""]}
    return dataset(
        **stacked,
        target={head.name: head.kind for head in heads} if several else heads[0].kind,
        units={head.name: head.units for head in heads} if several else first.units,
        fresh=True,
        origin=origin,
    )


def _form(one: Dataset) -> str:
    held = "".join(f" and {x.shape} {name}" for name, (x, _) in one.splits.items() if name != "train")
    heads = [f"{head.name} {head.kind}".strip() + f" of {head.units} units" for head in one.heads]
    return f"{', '.join(heads)} for {one.inputs.shape}{held}"


def _pixels(n: int, shape: Sequence[int]) -> int:
    if n != int(n) or n < 1 or len(shape) == 0 or min(shape) < 1:
        raise DataError(
            f"random images need n and sides of at least 1, got n={n}, shape={tuple(shape)}; give whole numbers"
        )
    pixels = math.prod(shape)
    if pixels < n.bit_length() and 2**pixels < n:
        raise DataError(f"there are only {2**pixels} different images of {pixels} pixels, got n={n}; ask for fewer")
    return pixels


def _different(rng: np.random.Generator, n: int, pixels: int) -> np.ndarray:
    """The first `n` different images of an endless sequence of fair images, as bits `(n, pixels)`."""
    images = np.empty((0, pixels), np.uint8)
    while len(images) < n:
        images = np.concatenate([images, rng.integers(0, 2, (n, pixels), dtype=np.uint8)])
        _, first = np.unique(np.packbits(images, axis=1), axis=0, return_index=True)
        images = images[np.sort(first)]
    return images[:n]


# How each name of `vocabulary.data` that is drawn becomes arrays: (inputs, targets[, kinds]) or keywords.
LAWS: Mapping[str, Callable[..., Any]] = {
    "random_images": random_images,
    "lines": lines,
    "detection": detection,
    **OF_POINTS,
}
