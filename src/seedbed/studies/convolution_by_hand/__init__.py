"""Convolution in nested loops, beside the engine's and SciPy's: the same numbers, and what its outputs look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb
from seedbed.studies.convolution_by_hand import answers
from seedbed.studies.convolution_by_hand.answers import DOUBLE, SINGLE, listed, signed
from seedbed.studies.convolution_by_hand.outputs import Outputs, outputs_of

if TYPE_CHECKING:
    import xarray as xr

BANK = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "box blur": [[1 / 9] * 3] * 3,
    "Gaussian": [[1 / 16, 2 / 16, 1 / 16], [2 / 16, 4 / 16, 2 / 16], [1 / 16, 2 / 16, 1 / 16]],
    "diagonal blur": [[1 / 3, 0, 0], [0, 1 / 3, 0], [0, 0, 1 / 3]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "Laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "Sobel horizontal": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "Sobel vertical": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
}
WAYS = {
    "loops": "nested loops",
    "patches": "one product of patches (NumPy)",
    "engine": "the engine (jax)",
    "scipy": "scipy.signal.correlate2d",
}
PUBLISHED = (-828.0, 678.4)
ABSENT = (
    "The sheet's own kernel is the course's and is not shipped: `--data DIR` with `kernel.npy` and `samples_*.npy` "
    "runs it too."
)


def ask(profile: sb.Profile) -> dict[str, Any]:
    """Named kernels on the images at hand, and the course's kernel on its own digits where they are given."""
    how = {name: getattr(profile, name) for name in ("kinds", "each", "timed", "repeats")}
    return {"bank": sb.measures.filtered(BANK, **how), "sheet": sb.measures.filtered(None, **how)}


def outcomes(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """The range of the first kind of image, where that is the course's five zeros: nothing in it is left to chance."""
    if "sheet" not in records:
        return {}
    sheet = Outputs(records["sheet"].sel(seed=0))
    zeros = sheet.maps[sheet.record["kind"].values == "digit 0"]
    if len(zeros) != 5:
        return {}
    found = {"least": np.array([zeros.min()]), "greatest": np.array([zeros.max()])}
    return {"five_zeros": sb.derive(sheet.record, lambda *_: found, axes={}, seeds=[0], exact=True)}


def what_is_convolved(context: sb.Context) -> Iterator[Any]:
    """The images and the kernels, with their matrices."""
    bank = outputs_of(context, "bank")
    kinds = ", ".join(dict.fromkeys(bank.names("kind")))
    yield f"""
        {bank.of["image"]} gray images of {bank.of["row"]} x {bank.of["column"]} pixels, levels from 0 to 255:
        {bank.record.attrs["data"]} ({kinds}). Nothing is trained, and nothing is drawn at random between these images
        and their outputs, so no number here has an interval. {"" if context.has("sheet") else ABSENT}"""
    if context.has("sheet"):
        words = "The sheet's kernels, from kernel.npy, rounded to two places, with one scale of colors for all"
        yield matrices_figure(outputs_of(context), "kernels_sheet", words)
    yield matrices_figure(bank, "kernels_bank", "Named kernels, each with its own scale of colors", same_scale=False)
    for name in context.records:
        yield sb.Reading(name, outputs_of(context, name).plain())


def matrices_figure(own: Outputs, name: str, caption: str, *, same_scale: bool = True) -> sb.Figure:
    """The kernels of a record as matrices."""
    names = own.names("kernel")
    picture = sb.figures.matrices(
        own.record["kernels"].values, names, same_scale=same_scale, columns=min(5, -(-len(names) // 2))
    )
    return sb.Figure(name, picture, f"{caption}: blue below 0, red above.", f"Matrices of kernels: {', '.join(names)}")


def by_all_ways(context: sb.Context) -> Iterator[Any]:
    """That all ways give the same numbers, the published range, and what each way costs."""
    found = {name: outputs_of(context, name) for name in context.records}
    own = outputs_of(context)
    agrees = agreement({name: one.apart for name, one in found.items()})
    yield agrees
    cells = [
        (
            f"{'kernel.npy' if name == 'sheet' else 'named kernels'}: {one.of['kernel']} of {one.of['kernel_row']} x "
            f"{one.of['kernel_column']}",
            WAYS[way],
            largest,
        )
        for name, one in found.items()
        for way, largest in one.apart.items()
    ]
    yield sb.Table(
        ("kernels", "way", "largest difference from the loops"),
        cells,
        "Largest absolute difference from the nested loops over all outputs, divided by the largest absolute output; "
        f"{own.of['image']} images.",
        digits=2,
    )
    if context.has("sheet"):
        first = own.of_first_kind
        yield published_range(float(first.min()), float(first.max()), own.first_kind, len(first))
    yield from what_it_costs(own, agrees)


def agreement(apart: Mapping[str, Mapping[str, float]]) -> str:
    """Whether all ways agree, in a sentence that follows from the differences."""
    double = max(value for one in apart.values() for way, value in one.items() if way != "engine")
    same = "the same numbers, to the rounding of double precision" if double < DOUBLE else "**other** numbers"
    words = (
        "The loops multiply and add one pair of numbers at a time, in double precision. Patches and SciPy give "
        f"{same} (largest relative difference {sb.show.number(double, 2)})."
    )
    if not all("engine" in one for one in apart.values()):
        return f"{words} The reference engine was asked for: its convolution is the product of patches."
    single = max(one["engine"] for one in apart.values())
    told = "agrees to its rounding" if single < SINGLE else "**does not agree**"
    return f"{words} The engine computes in single precision and {told} ({sb.show.number(single, 2)})."


def published_range(low: float, high: float, kind: str, count: int) -> str:
    """The range of the course's out_0 beside ours."""
    here = f"[{signed(low, 1)}, {signed(high, 1)}]"
    if kind != "digit 0" or count != 5:
        return (
            f"The outputs of {count} images of {kind} lie in {here}. The published range is that of five images of "
            "digit 0, so the two are not compared."
        )
    same = "the same range" if (round(low, 1), round(high, 1)) == PUBLISHED else "another range"
    return (
        f"The published outputs of the sheet's five zeros (out_0, Akman 2024) lie in [{signed(PUBLISHED[0], 1)}, "
        f"{signed(PUBLISHED[1], 1)}]; here they lie in {here}: **{same}**. With gray levels from 0 to 1 the numbers "
        "would be 255 times smaller, so the published images were not rescaled."
    )


def what_it_costs(own: Outputs, agrees: str) -> Iterator[Any]:
    """What each way costs."""
    seconds, about = own.seconds(), own.record.attrs
    middle = {way: float(np.median(values)) for way, values in seconds.items()}
    passes, count = own.of["repeat"], int(about["timed"])
    axes = ("kernel", "output_row", "output_column", "kernel_row", "kernel_column")
    many = count * int(np.prod([own.of[axis] for axis in axes]))
    faster = [f"{WAYS[way]} took 1/{middle['loops'] / one:,.0f}" for way, one in middle.items() if way != "loops"]
    compiling = f"; compiling the engine's program ({about['compile_seconds']:.2g} s) is not in them"
    yield f"""
        **Time.** In the median of {passes} passes the loops took {middle["loops"]:.3g} s,
        {1e6 * middle["loops"] / many:.2g} microseconds for every multiplication, nearly all of it Python's own
        bookkeeping: for the same sums, {listed(faster)} of that. Times run from NumPy arrays to NumPy arrays, on
        {about["device"]}{compiling if "engine" in middle else ""}."""
    milliseconds = {WAYS[way]: 1e3 * values for way, values in seconds.items()}
    yield sb.Figure(
        "times",
        sb.figures.strips([("milliseconds (log scale)", milliseconds)], log=True),
        f"Time of one pass of {count} image{'s' * (count != 1)} under {own.of['kernel']} kernels, n = {passes} passes "
        "of each way, the ways in turn; bars are medians, lines run from the fastest to the slowest pass.",
        "Milliseconds of each way to convolve, on a logarithmic scale",
    )
    cells = []
    for name, values in milliseconds.items():
        typical = float(np.median(values))
        cells.append((name, typical, values.min(), values.max(), 1e3 * middle["loops"] / typical, 1e6 * typical / many))
    yield sb.Table(
        ("way", "median (ms)", "fastest (ms)", "slowest (ms)", "times as fast as loops", "ns per product"),
        cells,
        f"The same times; {many:,} products of two numbers a pass, n = {passes} passes.",
    )
    ends = {way: np.quantile(1e3 * values, (0, 1)) for way, values in seconds.items()}
    slow, fast = (" to ".join(map(sb.show.number, ends[way])) for way in ("loops", "scipy"))
    yield sb.Answer(
        f"{agrees.partition('. ')[2]} A pass took the loops {slow} ms, SciPy {fast} ms (fastest to slowest of n = "
        f"{passes} passes)."
    )


study = sb.Study(
    name="convolution_by_hand",
    title="Convolution by hand: what a kernel does to an image",
    source="EE449 homework 1 (2024), question 2; report of Akman (2024)",
    question="A convolution written as nested loops: does it give the numbers of a library, and what does it cost? "
    "(1) What does a two-dimensional convolution do, and how is it used? (2) What do the sizes of the kernel "
    "correspond to? (3) What happened to the images? (4) Why do outputs in one column look alike although they belong "
    "to different images? (5) Why do outputs in one row look different although they come from one image? (6) What "
    "follows from 4 and 5?",
    ask=ask,
    profiles={
        "smoke": {
            "seeds": 1,
            "kinds": 2,
            "each": 2,
            "timed": 1,
            "repeats": 3,
            "reduced": "two images of each of two kinds; one image timed, three times",
        },
        "quick": {"seeds": 1, "kinds": 5, "each": 5, "timed": 5, "repeats": 7},
        "full": {"seeds": 1, "kinds": 5, "each": 5, "timed": 5, "repeats": 21},
    },
    outcomes=outcomes,
    picture="grid_bank",
    page=[
        sb.Section("What is convolved", [what_is_convolved]),
        sb.Section(
            "By hand, by the engine and by the library",
            [by_all_ways],
            asks="Do nested loops give the numbers of a library, and what do they cost?",
        ),
        sb.Section(
            "1. What a convolution does, and how it is used",
            [answers.use],
            asks="(1) What does a convolution do, and how is it used?",
        ),
        sb.Section(
            "2. What the sizes of the kernel correspond to",
            [answers.sizes],
            asks="(2) What do the sizes of the kernel correspond to?",
        ),
        sb.Section("3. What happened", [answers.happened], asks="(3) What happened to the images?"),
        sb.Section(
            "4. Why outputs in one column look alike",
            [answers.columns],
            asks="(4) Why do outputs in one column look alike?",
        ),
        sb.Section(
            "5. Why outputs in one row look different",
            [answers.in_rows],
            asks="(5) Why do outputs in one row look different?",
        ),
        sb.Section("6. What follows from 4 and 5", [answers.deduced], asks="(6) What follows from 4 and 5?"),
    ],
    decided=(
        "“convolution” is cross-correlation, as in deep learning: the kernel is not turned; no border, stride 1",
        "gray levels are left at 0 to 255, as the course's files have them",
        "with `--data DIR` the images are `samples_*.npy` there; else MNIST's first five test images of each of the "
        "digits 0 to 4, where MNIST is on this machine; else drawn shapes",
        "which named kernels to show is our choice; all are 3 x 3",
        "outputs can be alike place by place (correlation) or in the numbers they hold (distance of sorted numbers); "
        "the sheet does not say which it means, so both are measured",
    ),
    claims=tuple(
        sb.Claim(
            id=f"akman-out-0-{which}",
            source="Akman 2024, saved outputs of part 2 (out_0)",
            value=value,
            statement=f"The {which} output of the sheet's kernel on its five zeros is {value}",
            record="five_zeros",
            check=f"mean({which}) = {value} within 0.05",
        )
        for which, value in zip(("least", "greatest"), PUBLISHED, strict=True)
    ),
)
