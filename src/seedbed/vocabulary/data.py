"""Data sets by name: generators of a stated law, and a user's own files or arrays.

A data set is one common draw for all members (`fresh=False`), or a draw of each member's own (`fresh=True`).
"""

from collections.abc import Mapping
from typing import Any

from seedbed.errors import PartError, one_of, shown
from seedbed.vocabulary.given import Arrays, pair
from seedbed.vocabulary.numbers import MOST_LETTERS, Number, Switch, Whole, Word, number, plain, switch, whole
from seedbed.vocabulary.part import Part, own, part

KINDS = ("binary", "classes", "sign", "real")
STANDARDIZATIONS = ("none", "scalar", "pixel", "half")
SUBSETS = ("first", "drawn", "stratified")
CLASSES: Mapping[str, tuple[str, ...]] = {
    "mnist": tuple("0123456789"),
    "fashion_mnist": ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag",
                      "ankle boot"),
}  # fmt: skip
CURVES = ("abs", "x_sin_5x", "step_sin_5x")


def random_images(
    n: Whole = 64,
    shape: Any = (4, 4),
    ones: Number = 11 / 64,
    labels: Word = "separable",
    draw: Whole = 0,
    fresh: Switch = False,
) -> Part:
    """`n` different images of independent fair bits, of which exactly round(ones * n) have label 1.

    `labels="separable"`: label 1 goes to the images with the largest inner product with one normal direction, so a
    line separates the set, as it does the course's own (11 ones among 64). `labels="independent"`: label 1 goes to
    images drawn at random. `draw` numbers the common draw.
    Source: CIS680 assignment 1, part 2.
    """
    share = number(ones, "share of ones")
    if not 0 <= share <= 1:
        raise PartError(f"the share of ones must lie between 0 and 1, got {share:g}; write for instance ones=0.17")
    one_of(labels, ("separable", "independent"), "labels of random_images", PartError)
    options = {"n": whole(n, "n of random_images"), "shape": _sides(shape), "ones": share, "labels": labels}
    return part("data", "random_images", **options, **_draws("random_images", draw, fresh))


def lines(n: Whole = 64, size: Whole = 16, draw: Whole = 0, fresh: Switch = False) -> Part:
    """`n` images of a vertical bar and a filled square: label 1 where the square lies left of the bar, 0 right of it.

    The first half has label 1, the second 0. `size` is the side of an image, 8 or more: the course's files are 16 x 16,
    its sheet says 8 x 8. `draw` numbers the common draw. Source: CIS680 assignment 1, part 3.
    """
    return _shapes("lines", n, size, draw, fresh)


def detection(n: Whole = 64, size: Whole = 16, draw: Whole = 0, fresh: Switch = False) -> Part:
    """`n` images of a diamond (label 0) or a square (label 1), with two things to predict: the label and the width.

    The first half has label 0, the second 1. The width is a half-width w: 1 to 7 where `size`, the side of an image, is
    16; `size` is 8 or more. Heads: "label", binary; "width", real. `draw` numbers the common draw.
    Source: CIS680 assignment 1, part 3.
    """
    return _shapes("detection", n, size, draw, fresh)


def diagonal(n: Whole = 20, test: Whole = 1_000, draw: Whole = 0, fresh: Switch = False) -> Part:
    """`n` points uniform in the unit square, +1 where x1 > x2 and -1 elsewhere, and a test split by the same law.

    Few points may all be of one class. Source: Dube, homework 2, problem 1.
    """
    return _counted("diagonal", {"n": n, "test": test}, draw=draw, fresh=fresh)


def curve(
    formula: Word = "abs",
    n: Whole = 3_000,
    low: Number = -(7**0.5),
    high: Number = 7**0.5,
    draw: Whole = 0,
    fresh: Switch = False,
) -> Part:
    """`n` numbers uniform in [low, high], and a function of them: "abs", "x_sin_5x" or "step_sin_5x".

    |x|, x sin 5x, and 1 for x > 0 plus 0.2 sin 5x. Source: Lu, Shin, Su, Karniadakis 2020, Dying ReLU and
    initialization.
    """
    one_of(formula, CURVES, "the formula of curve", PartError)
    left, right = number(low, "low end of a curve"), number(high, "high end of a curve")
    if not left < right:
        raise PartError(f"a curve needs low < high, got {left:g} and {right:g}; exchange them")
    return _counted("curve", {"n": n}, formula=formula, low=left, high=right, draw=draw, fresh=fresh)


def corners() -> Part:
    """The four corners of the unit square, label 1 where exactly one coordinate is 1: XOR.

    Source: Goodfellow, Bengio, Courville, Deep Learning, 6.1.
    """
    return part("data", "corners")


def xor_blobs(n: Whole = 1_000, test: Whole = 100, std: Number = 0.4, draw: Whole = 0, fresh: Switch = False) -> Part:
    """`n` points in normal blobs about the corners (+-1, +-1), label 1 where the signs differ, and a test split.

    Every blob holds a quarter of the points. Source: EE449 homework 1 (2024), part 1.
    """
    spread = number(std, "deviation of the blobs")
    if not spread >= 0:
        raise PartError(f"the deviation of the blobs must be 0 or more, got {spread:g}; write for instance std=0.4")
    return _counted("xor_blobs", {"n": n, "test": test}, std=spread, draw=draw, fresh=fresh)


def circles(
    n: Whole = 200, test: Whole = 100, radius: Number = 0.5, noise: Number = 0.1, draw: Whole = 0, fresh: Switch = False
) -> Part:
    """`n` points on two circles about 0, label 0 at radius 1 and label 1 at `radius`, and a test split.

    Angles are uniform, and normal noise of deviation `noise` is added to both coordinates. Each circle holds half of
    the points. Elsewhere: scikit-learn's make_circles spaces the angles evenly.
    """
    inner, spread = number(radius, "radius of the inner circle"), _deviation(noise, "circles", 0.1)
    if not 0 < inner < 1:
        raise PartError(f"the radius of the inner circle lies between 0 and 1, got {inner:g}; write radius=0.5")
    return _counted("circles", {"n": n, "test": test}, radius=inner, noise=spread, draw=draw, fresh=fresh)


def spirals(
    n: Whole = 200, test: Whole = 100, turns: Number = 1.5, noise: Number = 0.02, draw: Whole = 0, fresh: Switch = False
) -> Part:
    """`n` points on two arms of a spiral about 0, labels 0 and 1, and a test split.

    A point at t of an arm, t uniform in [0, 1], lies at radius t and angle 2 pi turns t, of the second arm pi further;
    normal noise of deviation `noise` is added to both coordinates. Each arm holds half of the points.
    Source: Lang and Witbrock 1988, Learning to tell two spirals apart (three turns, evenly spaced, no noise).
    """
    around, spread = number(turns, "turns of the spirals"), _deviation(noise, "spirals", 0.02)
    if not 0 < around <= 10:
        raise PartError(f"the turns of spirals are above 0 and at most 10, got {around:g}; write turns=1.5")
    return _counted("spirals", {"n": n, "test": test}, turns=around, noise=spread, draw=draw, fresh=fresh)


def eggholder(
    n: Whole = 80_000,
    test: Whole = 20_000,
    noise: Number = 0.3,
    scale: Number = 1.0,
    draw: Whole = 0,
    fresh: Switch = False,
) -> Part:
    """The Eggholder function on [-512, 512]^2, inputs divided by 512, with normal noise of that standard deviation.

    f(a, b) = -(b + 47) sin sqrt|a/2 + b + 47| - a sin sqrt|a - b - 47|, mean -4 and deviation 298 on the square. The
    targets, noise included, are divided by `scale`: a squared error is then one in units of scale^2.
    Source: Dube, homework 2, problem 5.
    """
    noise, scale = number(noise, "deviation of the noise"), number(scale, "scale of the targets")
    if not noise >= 0:
        raise PartError(f"the deviation of the noise must be 0 or more, got {noise:g}; write for instance noise=0.3")
    if not 0 < scale < float("inf"):
        raise PartError(f"the scale of the targets must be above 0, got {scale:g}; write for instance scale=300")
    return _counted("eggholder", {"n": n, "test": test}, noise=noise, scale=scale, draw=draw, fresh=fresh)


def point(x: Number = 1.0, y: Number = 0.5) -> Part:
    """One example: input x, target probability y.

    Source: CIS680 assignment 1, part 1 (x = 1, y = 0.5).
    """
    return part("data", "point", x=number(x, "x of point"), y=number(y, "y of point"))


def files(
    folder: str,
    name: Any,
    kind: Word = "binary",
    standardize: Word = None,
    train: Whole = None,
    valid: Number = None,
    test: Number = None,
    subset: Word = None,
    draw: Whole = None,
) -> Part:
    """A user's own `NAME_imgs.npy` and `NAME_labs.npy` in `folder`, under the names the course gives its sets.

    `kind` says what the labels are: "binary" (0 or 1), "classes" (whole numbers from 0, one for each example), "sign"
    (-1 or 1) or "real" (any numbers, `(example,)` or `(example, unit)`). `NAME_test_imgs.npy` and `NAME_test_labs.npy`,
    where there are both, are the test split; else `test` (a count or a share) of the set is held out, stratified.
    `standardize=True` subtracts the mean of each feature of the training inputs and divides by its deviation; of
    images, the mean and deviation of all pixels together; its other words, `train`, `valid`, `subset` and `draw` are
    those of `mnist`. The course's sets are "random", "line" and "detection"; the last has `detection_width.npy` too,
    and two heads, whatever `kind` says.
    """
    if not isinstance(name, str) or not name or len(name) > MOST_LETTERS or "/" in name or "\0" in name:
        raise PartError(
            f"the name of files is how NAME_imgs.npy begins, at most {MOST_LETTERS} letters without /, got "
            f'{shown(name)}; write for instance files("data", "line")'
        )
    one_of(kind, KINDS, "the kind of files", PartError)
    further = {"kind": kind} if kind != "binary" else {}  # left out: questions without it keep their names
    kept = None if train is None else whole(train, "train of files")
    counts: dict[str, Any] = {} if kept is None else {"train": kept}
    counts |= {} if test is None else {"test": _held_out(test, "test of files", None)}
    chosen = _selected("files", valid, subset, draw, kept)
    return part("data", "files", folder=str(folder), name=name, **further, **counts,
                **_standardized("files", standardize), **chosen)  # fmt: skip


def arrays(
    inputs: Any,
    targets: Any,
    kind: Word = None,
    standardize: Word = None,
    train: Whole = None,
    valid: Any = None,
    test: Any = None,
    subset: Word = None,
    draw: Whole = None,
    name: Word = "arrays",
) -> Part:
    """Arrays of one's own: inputs `(example, feature)` or `(example, channel, height, width)`, targets `(example,)`.

    Anything that NumPy makes an array of: lists, a pandas DataFrame and Series, tensors. `kind` is that of `files`;
    without one, targets of 0 and 1 are "binary" and text is "classes", numbered in the order of the alphabet. `valid`
    and `test` are a count or a share to hold out, stratified, or a pair of arrays `(inputs, targets)`; the other
    options are those of `files`. `name` stands on axes and in tables. `data=(X, y)` and `data=(X, y, kind)` say the
    same in short. Arrays are copied. Raises PartError where there is not one target for each example.

    >>> arrays([[0.0, 1.0], [1.0, 0.0]], [0, 1], name="two points").label()
    'two points'
    """
    if not isinstance(name, str) or not name or len(name) > MOST_LETTERS:
        raise PartError(f"the name of arrays is a short text, got {shown(name)}; write for instance name='flowers'")
    held: dict[str, Any] = {
        split: pair(value[0], value[1], f"the {split} split of {name}")
        for split, value in (("valid", valid), ("test", test))
        if isinstance(value, tuple | list) and len(value) == 2
    }
    options = _of_table("arrays", kind, standardize, train, None if "valid" in held else valid,
                        None if "test" in held else test, subset, draw)  # fmt: skip
    return Part("data", name, tuple(sorted(options.items())), Arrays(pair(inputs, targets, name), **held))


def csv(
    path: Any,
    target: Word,
    kind: Word = None,
    standardize: Word = None,
    train: Whole = None,
    valid: Number = None,
    test: Number = None,
    subset: Word = None,
    draw: Whole = None,
) -> Part:
    """A file of comma-separated values whose first line names the columns; `target` is the column to predict.

    Every other column is an input and holds numbers. The options are those of `arrays`.
    """
    if not isinstance(target, str) or not target:
        raise PartError(f"the target of csv is the name of a column, got {shown(target)}; write target='species'")
    further = _of_table("csv", kind, standardize, train, valid, test, subset, draw)
    return part("data", "csv", path=str(path), target=target, **further)


def generator(
    function: Any, /, draw: Whole = 0, fresh: Switch = False, standardize: Word = None, **options: Any
) -> Part:
    """A generator of one's own: `function(rng, **options)` returns `(inputs, targets)` or `(inputs, targets, kind)`.

    `rng` is a `numpy.random.Generator` keyed by the draw, and the only source of chance: the same rng must give the
    same arrays. Inputs are numbers `(example, *shape)`, targets `(example,)` or `(example, unit)`.
    kind is "binary" (0 or 1), "classes" (whole numbers from 0), "sign" (-1 or 1) or "real"; without one, targets of 0
    and 1 are binary. A mapping with the names inputs, targets, target (the kind), and at most valid_inputs,
    valid_targets, test_inputs, test_targets and units (the number of outputs) gives a validation and a test split too.
    Several things to predict are named: targets and kind are then mappings, `{"label": ..., "width": ...}` and
    `{"label": "binary", "width": "real"}`.

    `draw` numbers the common draw; with `fresh=True` every seed has a draw of its own. `standardize=True` subtracts the
    mean of the training inputs from all inputs and divides by their standard deviation, for each draw by itself. Every
    float option becomes a dial of the data; strings, booleans and whole numbers stay as they are.

    >>> def ring(rng, radius):
    ...     points = rng.normal(size=(100, 2))
    ...     return points, (points**2).sum(axis=1) > radius**2
    >>> generator(ring, radius=1.2)["radius"]
    Dial(value=1.2)
    """
    if not callable(function):
        raise PartError(
            f"a generator is a function f(rng) that returns arrays, got {shown(function)}; for arrays that are there "
            "already write sb.data.arrays(X, y)"
        )
    further = _standardized("the generator", standardize)
    return own("data", function, **_draws("the generator", draw, fresh), **further, **options)


def mnist(
    train: Whole = 60_000,
    test: Whole = 10_000,
    standardize: Word = None,
    valid: Number = None,
    subset: Word = None,
    draw: Whole = None,
) -> Part:
    """Handwritten digits: 28 x 28 grey values in [0, 1], ten classes; `train` and `test` images of the two parts.

    `subset` says which images these are: "first" (the usual), "drawn" at random, or "stratified", drawn class by class
    so that every class keeps its share. `valid`, a count or a share such as 0.1, is held out of the `train` images,
    stratified, as the split "valid" (`valid_loss`, `valid_accuracy`). What is drawn follows from `draw` (0) alone, so
    that all members, and all settings, have the same examples.

    `standardize` prepares the grey values x, by numbers of the training split for every split: "scalar" or True,
    (x - mean) / deviation with those of all values used (.1307 and .3081 on all 60,000); "pixel", with those of each
    pixel, its deviation at least 0.1 of that of all values, because 67 pixels of MNIST never vary (171 more lie under
    that floor); "half", (x - 0.5) / 0.5; "none".
    Downloaded once by `seedbed data fetch mnist`. Source: LeCun, Cortes, Burges, The MNIST database (CC BY-SA 3.0).
    """
    return _images("mnist", train, test, standardize, valid, subset, draw)


def fashion_mnist(
    train: Whole = 60_000,
    test: Whole = 10_000,
    standardize: Word = None,
    valid: Number = None,
    subset: Word = None,
    draw: Whole = None,
) -> Part:
    """Pieces of clothing in the format of MNIST: 28 x 28 grey values in [0, 1], ten classes.

    Options as for `mnist`. Downloaded once by `seedbed data fetch fashion_mnist`.
    Source: Xiao, Rasul, Vollgraf 2017, Fashion-MNIST: a novel image dataset (MIT).
    """
    return _images("fashion_mnist", train, test, standardize, valid, subset, draw)


def class_names(name: str) -> tuple[str, ...]:
    """What the classes of a data set are called, in the order of their numbers; () where that is not known."""
    return CLASSES.get(name, ())


def _of_table(word: str, kind: Any, standardize: Any, train: Any, valid: Any, test: Any, subset: Any, draw: Any
) -> dict[str, Any]:  # fmt: skip
    """The options of rows of one's own; what is not given is left out."""
    found: dict[str, Any] = {} if kind is None else {"kind": one_of(kind, KINDS, f"the kind of {word}", PartError)}
    kept = None if train is None else whole(train, f"train of {word}")
    found |= {} if kept is None else {"train": kept}
    found |= {} if test is None else {"test": _held_out(test, f"test of {word}", None)}
    return found | _standardized(word, standardize) | _selected(word, valid, subset, draw, kept)


def _counted(word: str, counts: Mapping[str, Any], draw: Any, fresh: Any, **options: Any) -> Part:
    """A data part with numbers of points: at least one to train on, any number to test."""
    checked = {what: whole(count, f"{what} of {word}", 0 if what == "test" else 1) for what, count in counts.items()}
    return part("data", word, **checked, **options, **_draws(word, draw, fresh))


def _deviation(noise: Any, word: str, usual: float) -> float:
    spread = number(noise, f"noise of {word}")
    if not spread >= 0:
        raise PartError(f"the noise of {word} must be 0 or more, got {spread:g}; write noise={usual:g}")
    return spread


def _shapes(name: str, n: Any, size: Any, draw: Any, fresh: Any) -> Part:
    sides = {"n": whole(n, f"n of {name}"), "size": whole(size, f"size of {name}", 8)}
    return part("data", name, **sides, **_draws(name, draw, fresh))


def _draws(name: str, draw: Any, fresh: Any) -> dict[str, Any]:
    """Which draw, or one for each seed."""
    return {"draw": whole(draw, f"draw of {name}", 0), "fresh": switch(fresh, f"fresh of {name}")}


def _sides(shape: Any) -> tuple[int, ...]:
    sides = plain(shape)
    if not isinstance(sides, list | tuple) or not sides:
        raise PartError(f"the shape of random images lists its sides, got {shown(shape)}; write for instance (4, 4)")
    return tuple(whole(side, "a side of random images") for side in sides)


def _images(name: str, train: Any, test: Any, standardize: Any, valid: Any, subset: Any, draw: Any) -> Part:
    counts = {"train": whole(train, f"train of {name}", 1, 60_000), "test": whole(test, f"test of {name}", 1, 10_000)}
    how = _standardized(name, True if standardize == "scalar" else standardize)
    return part("data", name, **counts, **how, **_selected(name, valid, subset, draw, counts["train"]))


def _standardized(name: str, standardize: Any) -> dict[str, str | bool]:
    """An option that is left out where nothing is standardized: questions without it keep their names."""
    standardize = plain(standardize)
    if standardize is None or standardize is False or standardize == "none":
        return {}
    if standardize is not True and standardize not in STANDARDIZATIONS:
        known = " or ".join(f'"{word}"' for word in STANDARDIZATIONS)
        raise PartError(f"standardize of {name} is True, False, {known}, got {shown(standardize)}; write one of these")
    return {"standardize": standardize}


def _selected(name: str, valid: Any, subset: Any, draw: Any, train: int | None) -> dict[str, Any]:
    """Which examples stand in which split; what is usual is left out, so that questions without it keep their names."""
    found: dict[str, Any] = {} if valid is None else {"valid": _held_out(valid, f"valid of {name}", train)}
    if subset is not None and one_of(subset, SUBSETS, f"subset of {name}", PartError) != "first":
        found["subset"] = subset
    number = 0 if draw is None else whole(draw, f"draw of {name}", 0)
    return found | ({"draw": number} if number else {})


def _held_out(value: Any, what: str, examples: int | None) -> float | int:
    """A count of examples to hold out, or a share of them between 0 and 1."""
    value = plain(value)
    count = value
    if isinstance(value, float):
        count = round(value * examples) if examples else 1
        if not 0 < value < 1:
            raise PartError(f"{what} is a share between 0 and 1 or a count, got {shown(value)}; write 0.1")
    else:
        whole(value, what)
    if examples is not None and not 1 <= count < examples:
        raise PartError(
            f"{what} would hold out {count:,} of {examples:,} training images; hold out at least 1 and leave at least 1"
        )
    return value


WORDS = (random_images, lines, detection, diagonal, curve, corners, xor_blobs, circles, spirals, eggholder,
         point, files, csv, mnist, fashion_mnist)  # fmt: skip
TABLE = {word.__name__: word for word in WORDS}
