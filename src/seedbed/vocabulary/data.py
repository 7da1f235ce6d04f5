"""Data sets by name: generators of a stated law, and a user's own files or arrays.

A data set is one common draw for all members (`fresh=False`), or a draw of each member's own (`fresh=True`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seedbed.errors import PartError, nearest
from seedbed.vocabulary.part import Part, own, part

CURVES = ("abs", "x_sin_5x", "step_sin_5x")


def random_images(
    n: int = 64,
    shape: Sequence[int] = (4, 4),
    ones: float = 11 / 64,
    labels: str = "separable",
    draw: int = 0,
    fresh: bool = False,
) -> Part:
    """`n` different images of independent fair bits, of which exactly round(ones * n) have label 1.

    `labels="separable"`: label 1 goes to the images with the largest inner product with one normal direction, so a
    line separates the set, as it does the course's own (11 ones among 64). `labels="independent"`: label 1 goes to
    images drawn at random. `draw` numbers the common draw.
    Source: CIS680 assignment 1, part 2.
    """
    if not 0 <= ones <= 1:
        raise PartError(f"the share of ones must lie between 0 and 1, got {ones:g}; write for instance ones=0.17")
    if labels not in ("separable", "independent"):
        raise PartError(f'labels are "separable" or "independent", got "{labels}"; write one of the two')
    options = {"n": n, "shape": tuple(shape), "ones": float(ones), "labels": labels, "draw": draw, "fresh": fresh}
    return part("data", "random_images", **options)


def lines(n: int = 64, size: int = 16, draw: int = 0, fresh: bool = False) -> Part:
    """`n` images of a vertical bar and a filled square: label 1 where the square lies left of the bar, 0 right of it.

    The first half has label 1, the second 0. `size` is the side of an image, 8 or more: the course's files are 16 x 16,
    its sheet says 8 x 8. `draw` numbers the common draw. Source: CIS680 assignment 1, part 3.
    """
    return _shapes("lines", n, size, draw, fresh)


def detection(n: int = 64, size: int = 16, draw: int = 0, fresh: bool = False) -> Part:
    """`n` images of a diamond (label 0) or a square (label 1), with two things to predict: the label and the width.

    The first half has label 0, the second 1. The width is a half-width w: 1 to 7 where `size`, the side of an image, is
    16; `size` is 8 or more. Heads: "label", binary; "width", real. `draw` numbers the common draw.
    Source: CIS680 assignment 1, part 3.
    """
    return _shapes("detection", n, size, draw, fresh)


def diagonal(n: int = 20, test: int = 1_000, draw: int = 0, fresh: bool = False) -> Part:
    """`n` points uniform in the unit square, +1 where x1 > x2 and -1 elsewhere, and a test split by the same law.

    Few points may all be of one class. Source: Dube, homework 2, problem 1.
    """
    return _counted("diagonal", {"n": n, "test": test}, draw=draw, fresh=fresh)


def curve(
    formula: str = "abs",
    n: int = 3_000,
    low: float = -(7**0.5),
    high: float = 7**0.5,
    draw: int = 0,
    fresh: bool = False,
) -> Part:
    """`n` numbers uniform in [low, high], and a function of them: "abs", "x_sin_5x" or "step_sin_5x".

    |x|, x sin 5x, and 1 for x > 0 plus 0.2 sin 5x. Source: Lu, Shin, Su, Karniadakis 2020, Dying ReLU and
    initialization.
    """
    if formula not in CURVES:
        raise PartError(f'no curve "{formula}"{nearest(formula, CURVES)}; write one of {", ".join(CURVES)}')
    if not low < high:
        raise PartError(f"a curve needs low < high, got {low:g} and {high:g}; exchange them")
    return _counted("curve", {"n": n}, formula=formula, low=float(low), high=float(high), draw=draw, fresh=fresh)


def corners() -> Part:
    """The four corners of the unit square, label 1 where exactly one coordinate is 1: XOR.

    Source: Goodfellow, Bengio, Courville, Deep Learning, 6.1.
    """
    return part("data", "corners")


def xor_blobs(n: int = 1_000, test: int = 100, std: float = 0.4, draw: int = 0, fresh: bool = False) -> Part:
    """`n` points in normal blobs about the corners (+-1, +-1), label 1 where the signs differ, and a test split.

    Every blob holds a quarter of the points. Source: EE449 homework 1 (2024), part 1.
    """
    if not std >= 0:
        raise PartError(f"the deviation of the blobs must be 0 or more, got {std:g}; write for instance std=0.4")
    return _counted("xor_blobs", {"n": n, "test": test}, std=float(std), draw=draw, fresh=fresh)


def eggholder(
    n: int = 80_000, test: int = 20_000, noise: float = 0.3, scale: float = 1.0, draw: int = 0, fresh: bool = False
) -> Part:
    """The Eggholder function on [-512, 512]^2, inputs divided by 512, with normal noise of that standard deviation.

    f(a, b) = -(b + 47) sin sqrt|a/2 + b + 47| - a sin sqrt|a - b - 47|, mean -4 and deviation 298 on the square. The
    targets, noise included, are divided by `scale`: a squared error is then one in units of scale^2.
    Source: Dube, homework 2, problem 5.
    """
    if not noise >= 0:
        raise PartError(f"the deviation of the noise must be 0 or more, got {noise:g}; write for instance noise=0.3")
    if not 0 < scale < float("inf"):
        raise PartError(f"the scale of the targets must be above 0, got {scale:g}; write for instance scale=300")
    counts = {"n": n, "test": test}
    return _counted("eggholder", counts, noise=float(noise), scale=float(scale), draw=draw, fresh=fresh)


def point(x: float = 1.0, y: float = 0.5) -> Part:
    """One example: input x, target probability y.

    Source: CIS680 assignment 1, part 1 (x = 1, y = 0.5).
    """
    return part("data", "point", x=float(x), y=float(y))


def files(folder: str, name: str) -> Part:
    """A user's own `NAME_imgs.npy` and `NAME_labs.npy` in `folder`, under the names the course gives its sets.

    The course's are "random", "line" and "detection"; the last has `detection_width.npy` too, and two heads.
    """
    return Part("data", "files", (("folder", str(folder)), ("name", name)))


def generator(function: Callable[..., Any], draw: int = 0, fresh: bool = False, **options: Any) -> Part:
    """A generator of one's own: `function(rng, **options)` returns `(inputs, targets)` or `(inputs, targets, kind)`.

    `rng` is a `numpy.random.Generator`, kind is "binary", "classes", "sign" or "real"; a mapping with these names
    (and `test_inputs`, `test_targets`, `units`) gives a test split too. Several things to predict are named: targets
    and kind are then mappings, `{"label": ..., "width": ...}` and `{"label": "binary", "width": "real"}`.
    `draw` numbers the common draw; with `fresh=True` every seed has a draw of its own. Every float option becomes a
    dial of the data.
    """
    return own("data", function, draw=draw, fresh=fresh, **options)


def mnist(train: int = 60_000, test: int = 10_000) -> Part:
    """Handwritten digits: 28 x 28 grey values in [0, 1], ten classes; the first `train` and `test` images of each part.

    Downloaded once by `seedbed data fetch mnist`. Source: LeCun, Cortes, Burges, The MNIST database (CC BY-SA 3.0).
    """
    return _images("mnist", train, test)


def fashion_mnist(train: int = 60_000, test: int = 10_000) -> Part:
    """Pieces of clothing in the format of MNIST: 28 x 28 grey values in [0, 1], ten classes.

    Downloaded once by `seedbed data fetch fashion_mnist`.
    Source: Xiao, Rasul, Vollgraf 2017, Fashion-MNIST: a novel image dataset (MIT).
    """
    return _images("fashion_mnist", train, test)


def _counted(word: str, counts: Mapping[str, Any], **options: Any) -> Part:
    """A data part with numbers of points: at least one to train on, any number to test."""
    for what, number in counts.items():
        least = 0 if what == "test" else 1
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise PartError(
                f"{word} needs {what} to be a whole number from {least}, got {number!r}; give such a number"
            )
    return part("data", word, **counts, **options)


def _shapes(name: str, n: Any, size: Any, draw: int, fresh: bool) -> Part:
    for what, number, least in (("n", n, 1), ("size", size, 8)):
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise PartError(f"{name} need {what} to be a whole number from {least}, got {number!r}; give such a number")
    return part("data", name, n=n, size=size, draw=draw, fresh=fresh)


def _images(name: str, train: Any, test: Any) -> Part:
    for what, number, most in (("training", train, 60_000), ("test", test, 10_000)):
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= most:
            raise PartError(f"{name} has {most} {what} images, got {number!r}; ask for 1 to {most}")
    return part("data", name, train=train, test=test)


WORDS = (random_images, lines, detection, diagonal, curve, corners, xor_blobs, eggholder, point, files, mnist,
         fashion_mnist)  # fmt: skip
TABLE = {word.__name__: word for word in WORDS}
