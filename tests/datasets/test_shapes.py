"""The exact law of lines and detection: every image there is, with its chance, against what is drawn."""

import os
from collections import Counter
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from seedbed.datasets.generators import generator
from seedbed.datasets.load import load
from seedbed.datasets.shapes import detection, lines
from seedbed.errors import DataError, PartError
from seedbed.vocabulary import data as words

FALSE_ALARM = 1e-6  # chance that a right generator fails one of the chi-square tests below; the key is fixed besides
FOLDERS = [
    *([Path(os.environ["SEEDBED_DATA"]) / "cis680"] if "SEEDBED_DATA" in os.environ else []),
    Path(__file__).parents[3] / "shared" / "data" / "cis680",
]
COURSE = next((folder for folder in FOLDERS if (folder / "line_imgs.npy").is_file()), None)
with_lines = pytest.mark.skipif(
    COURSE is None, reason="no line_imgs.npy in SEEDBED_DATA/cis680 nor beside the checkout in shared/data/cis680"
)
BOTH = pytest.mark.parametrize("draw", [lines, detection])
SIZES = pytest.mark.parametrize("size", [8, 11, 16])


def key(image):
    """An image as one whole number."""
    return int.from_bytes(np.packbits(np.asarray(image, bool)).tobytes(), "big")


def painted(size, cells):
    image = np.zeros((size, size), bool)
    for row, column in cells:
        image[row, column] = True
    return key(image)


def middle(cell, size):
    """Where the middle of a cell of the course's grid comes to lie."""
    return int((cell + 0.5) / 16 * size)


def edge(line, size):
    return line * size // 16


# The counts of the course's images, written down a second time: by height and first row, and by half side.
HEIGHTS = {(12, 1): 3, (13, 1): 8, (14, 1): 14, (11, 2): 6, (12, 2): 17, (13, 2): 5, (11, 3): 5, (12, 3): 6}
HALF_SIDES = {0: 7, 1: 15, 2: 32, 3: 7, 4: 2, 5: 1}


def bars(label, size):
    """Every bar (first row, last row, first column, last column) of a label, with its chance."""
    chance = Counter()
    for ((height, top), count), m, a, b in product(HEIGHTS.items(), (-1, 0, 1), (1, 2), (1, 2)):
        m += 10 if label else 4
        bar = (edge(top, size), edge(top + height, size) - 1, edge(m - a, size), edge(m + b, size) - 1)
        chance[bar] += Fraction(count, 64) / 12
    return chance


def squares(label, bar, size):
    """Every square (half side, row, column) beside a bar, with its chance."""
    first, last = (0, bar[2] - 1) if label else (bar[3] + 1, size - 1)
    low, high = (middle(1, size), middle(5, size)) if label else (middle(7, size), middle(12, size))
    places, counts = {}, Counter()
    for half, count in HALF_SIDES.items():
        half = half * size // 16
        fits = [
            (half, row, column)
            for row in range(max(middle(4, size), half), min(middle(11, size), size - 1 - half) + 1)
            for column in range(low, high + 1)
            if first <= column - half and column + half <= last
        ]
        if fits:
            places[half] = fits
            counts[half] += count
    total = sum(counts.values())
    return {s: Fraction(counts[half], total * len(fits)) for half, fits in places.items() for s in fits}


@cache
def bar_and_square(size):
    """Every image of a label: its one bar, its one square and their chance. Fails where one image is two of them."""
    law = {}
    box = cache(lambda top, bottom, left, right: painted(size, product(range(top, bottom + 1), range(left, right + 1))))
    for label in (0, 1):
        for bar, p in bars(label, size).items():
            for (half, row, column), q in squares(label, bar, size).items():
                image = box(*bar) | box(row - half, row + half, column - half, column + half)
                assert image not in law
                law[image] = ((label, bar, (half, row, column)), float(p * q))
    return law


WIDTHS = {0: {2: 5, 3: 12, 4: 8, 5: 5, 6: 1, 7: 1}, 1: {1: 4, 2: 4, 3: 9, 4: 10, 5: 4, 6: 1}}


@cache
def diamond_or_square(size):
    """Every image of a label: its width and center, and their chance."""
    law = {}
    for label, counts in WIDTHS.items():
        chances = Counter()
        for width, count in counts.items():
            chances[max(1, width * size // 16)] += count
        for width, count in chances.items():
            cells = range(max(middle(4, size), width), min(middle(11, size), size - 1 - width) + 1)
            for row, column in product(cells, cells):
                near = [
                    (i, j)
                    for i, j in product(range(size), repeat=2)
                    if (max(abs(i - row), abs(j - column)) if label else abs(i - row) + abs(j - column)) <= width
                ]
                assert len(near) == ((2 * width + 1) ** 2 if label else 2 * width**2 + 2 * width + 1)  # nothing clipped
                image = painted(size, near)
                assert image not in law
                law[image] = ((label, width, row, column), count / 32 / len(cells) ** 2)
    return law


def agree(observed, law, label, feature):
    """The p-value of what was drawn of one label, told apart by a feature; rare features are taken together."""
    expected = Counter()
    for description, p in law.values():
        if description[0] == label:
            expected[feature(description)] += p
    found = Counter(feature(description) for description in observed if description[0] == label)
    n = found.total()
    assert abs(sum(expected.values()) - 1) < 1e-9
    common = [name for name, p in expected.items() if n * p >= 5]
    o, e = [found[name] for name in common], [n * expected[name] for name in common]
    if n - sum(e) > 1e-6 * n:
        o, e = [*o, n - sum(o)], [*e, n - sum(e)]
    return stats.chisquare(o, e).pvalue if len(o) > 1 else 1.0


@SIZES
def test_a_drawn_image_is_one_bar_and_one_square_by_the_law(size):
    law = bar_and_square(size)
    images, labels, kind = lines(generator(0), 12_000, size)
    assert kind == "binary"
    observed = [law[key(image)][0] for image in images]
    assert [label for label, *_ in observed] == labels.tolist()
    assert labels.tolist() == [1] * 6000 + [0] * 6000
    features = {
        "rows of the bar": lambda d: d[1][:2],
        "columns of the bar": lambda d: d[1][2:],
        "bar": lambda d: d[1],
        "half side": lambda d: d[2][0],
        "center": lambda d: d[2][1:],
        "square": lambda d: d[2],
        "room and column": lambda d: (d[1][2:], d[2][0], d[2][2]),
        "rows of both": lambda d: (d[1][:2], d[2][1]),
    }
    for label, (name, feature) in product((0, 1), features.items()):
        assert agree(observed, law, label, feature) > FALSE_ALARM, (label, name)


@SIZES
def test_a_drawn_image_is_one_shape_of_its_width_by_the_law(size):
    law = diamond_or_square(size)
    images, targets, kinds = detection(generator(0), 12_000, size)
    assert kinds == {"label": "binary", "width": "real"}
    observed = [law[key(image)][0] for image in images]
    assert [label for label, *_ in observed] == targets["label"].tolist()
    assert [width for _, width, *_ in observed] == targets["width"].tolist()
    assert targets["label"].tolist() == [0] * 6000 + [1] * 6000
    features = {"width": lambda d: d[1], "row": lambda d: d[2], "center": lambda d: d[2:], "all": lambda d: d[1:]}
    for label, (name, feature) in product((0, 1), features.items()):
        assert agree(observed, law, label, feature) > FALSE_ALARM, (label, name)


def test_the_test_of_chance_sees_a_small_fault():
    """Where one square in twelve has another side, or another column, the chi-square test above fails."""
    law = bar_and_square(16)
    images, *_ = lines(generator(0), 12_000, 16)
    observed = [law[key(image)][0] for image in images]
    wrong = [d if i % 12 else (d[0], d[1], (3, *d[2][1:])) for i, d in enumerate(observed)]
    assert agree(wrong, law, 1, lambda d: d[2][0]) < FALSE_ALARM
    wrong = [d if i % 12 else (d[0], d[1], (*d[2][:2], 5)) for i, d in enumerate(observed)]
    assert agree(wrong, law, 1, lambda d: d[2][2]) < FALSE_ALARM


@with_lines
def test_the_courses_own_lines_are_of_the_law():
    one = load(words.files(str(COURSE), "line"))
    law = bar_and_square(16)
    found = [law[key(image)][0] for image in one.inputs]
    assert [label for label, *_ in found] == one.targets[:, 0].tolist() == [1] * 32 + [0] * 32
    rows = Counter((bottom - top + 1, top) for _, (top, bottom, _, _), _ in found)
    assert rows == HEIGHTS
    assert Counter(half for *_, (half, _, _) in found) == HALF_SIDES
    assert Counter(right - left + 1 for _, (_, _, left, right), _ in found) == {2: 15, 3: 32, 4: 17}
    # what the docstring calls inferred: the p-values it gives, of the columns of the bar and of the rows of centers
    columns = Counter((right - left, left - 6 * label) for label, (_, _, left, right), _ in found)
    share = Counter()
    for m, a, b in product((3, 4, 5), (1, 2), (1, 2)):
        share[a + b - 1, m - a] += 64 / 12
    assert columns.keys() <= share.keys()
    assert stats.chisquare([columns[c] for c in share], [*share.values()]).pvalue == pytest.approx(0.22, abs=0.005)
    centers = Counter(row for *_, (_, row, _) in found)
    assert stats.chisquare([centers[row] for row in range(4, 12)]).pvalue == pytest.approx(0.84, abs=0.005)
    for label, feature in product((0, 1), (lambda d: d[1][2:], lambda d: d[2][2], lambda d: d[2][1])):
        assert agree(found, law, label, feature) > 0.01


def test_the_mean_of_detection_is_the_courses():
    """The counts of widths are exact: they give the published mean of the pixels and of the widths."""
    pixels = sum(n * (2 * w + 1) ** 2 for w, n in WIDTHS[1].items())
    pixels += sum(n * (2 * w * w + 2 * w + 1) for w, n in WIDTHS[0].items())
    assert pixels / 64 / 256 == pytest.approx(0.1975, abs=5e-5)
    widths = np.repeat(*np.array([pair for counts in WIDTHS.values() for pair in counts.items()]).T)
    assert widths.mean() == pytest.approx(3.453, abs=5e-4)
    assert widths.var() == pytest.approx(1.560, abs=5e-4)


@BOTH
@SIZES
@pytest.mark.parametrize("n", [1, 2, 7])
def test_the_first_half_has_one_label_and_the_second_the_other(draw, size, n):
    images, targets, _ = draw(generator(3), n, size)
    labels = targets["label"] if isinstance(targets, dict) else targets
    assert images.shape == (n, size, size)
    assert images.dtype == np.float32
    first = 1.0 if draw is lines else 0.0
    assert labels.tolist() == [first] * ((n + 1) // 2) + [1 - first] * (n // 2)


@BOTH
@pytest.mark.parametrize("size", range(8, 41))
def test_any_size_has_room(draw, size):
    images, targets, _ = draw(generator(1), 300, size)
    assert set(np.unique(images)) == {0, 1}
    if draw is detection:
        w, label = targets["width"], targets["label"]
        assert images.sum((1, 2)).tolist() == np.where(label == 1, (2 * w + 1) ** 2, 2 * w * (w + 1) + 1).tolist()
        assert w.max() <= 7 * size // 16
        assert w.min() >= 1
    else:
        assert (images.max(axis=1).sum(axis=1) >= 2).all()  # a bar of one column or more, a square of another


@BOTH
def test_the_same_key_gives_the_same_arrays_and_another_others(draw):
    part = words.TABLE[draw.__name__]
    first, again, other = load(part()), load(part()), load(part(draw=1))
    assert first.sha256 == again.sha256 != other.sha256
    assert first.inputs.tobytes() == again.inputs.tobytes()
    assert first.targets.tobytes() == again.targets.tobytes()
    assert (first.examples, first.shape, first.fresh) == (64, (16, 16), False)
    assert load(part(9, size=8)).inputs.shape == (9, 8, 8)


def test_the_common_draws_are_pinned():
    """Stored records name these hashes: a change of a generator must be seen."""
    assert load(words.lines()).sha256[:16] == "0ad5d3cc9c0b4535"
    assert load(words.detection()).sha256[:16] == "67149deec1464ead"


@BOTH
def test_a_fresh_draw_depends_on_its_own_seed_alone(draw):
    part = words.TABLE[draw.__name__](12, size=8, fresh=True)
    crowd, few = load(part, seeds=range(10)), load(part, seeds=np.array([7, 3]))
    assert crowd.fresh
    assert crowd.heads == load(words.TABLE[draw.__name__](12, size=8)).heads
    np.testing.assert_array_equal(few.inputs, crowd.inputs[[7, 3]])
    np.testing.assert_array_equal(few.targets, crowd.targets[[7, 3]])
    assert len({one.tobytes() for one in crowd.inputs}) == 10


def test_detection_has_two_heads():
    one = load(words.detection(6))
    assert (one.target, one.units) == ("several", 2)
    assert [(head.name, head.kind, head.units) for head in one.heads] == [("label", "binary", 1), ("width", "real", 1)]
    images, targets, _ = detection(generator(0), 6, 16)
    np.testing.assert_array_equal(one.inputs, images)
    np.testing.assert_array_equal(one.targets, np.stack([targets["label"], targets["width"]], axis=1))


@BOTH
@pytest.mark.parametrize(("option", "value"), [("n", 0), ("n", -3), ("size", 7), ("size", 0)])
def test_impossible_shapes_are_one_sentence(draw, option, value):
    part = words.TABLE[draw.__name__]
    least = 8 if option == "size" else 1
    with pytest.raises(PartError, match=f"{option} of {draw.__name__} must be a whole .* from {least}, got {value};"):
        part(**{option: value})
    with pytest.raises(DataError, match=f"size of at least 8, got .*{option}={value}") as caught:
        load(part().with_option(option, value))
    assert "\n" not in str(caught.value)
