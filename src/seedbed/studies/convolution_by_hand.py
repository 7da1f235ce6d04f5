"""Convolution in nested loops, beside the engine's and SciPy's: the same numbers, and what its outputs look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

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
SIZES = {
    "smoke": {"kinds": 2, "each": 2, "timed": 1, "repeats": 3},
    "quick": {"kinds": 5, "each": 5, "timed": 5, "repeats": 7},
    "full": {"kinds": 5, "each": 5, "timed": 5, "repeats": 21},
}
WAYS = {
    "loops": "nested loops", "patches": "one product of patches (NumPy)", "engine": "the engine (jax)",
    "scipy": "scipy.signal.correlate2d",
}  # fmt: skip
PUBLISHED = (-828.0, 678.4)
DOUBLE, SINGLE = 1e-12, 1e-5  # relative differences that rounding explains, many times over


def measure(lab: sb.Lab) -> dict[str, xr.Dataset]:
    """Named kernels on the images at hand, and the course's kernel on its own digits where they are given."""
    how = SIZES[lab.profile]
    records = {"bank": lab.filtered(BANK, "bank", **how)}
    return records if lab.data is None else {**records, "sheet": lab.filtered(None, "sheet", **how)}


def tell(records: Mapping[str, xr.Dataset]) -> sb.Page:
    """The page: the same numbers three times, then the six questions, each beside a picture and a measurement."""
    records = {name: record.sel(seed=0) for name, record in records.items()}
    main, bank = records.get("sheet", records["bank"]), records["bank"]
    found = {name: readings(record) for name, record in records.items()}
    own = found.get("sheet", found["bank"])
    sections = [
        sb.Section("What is convolved", list(what_items(records))),
        sb.Section("By hand, by the engine and by the library", list(equal_items(records, found, main))),
        sb.Section("1. What a convolution does, and how it is used", list(use_items(main, bank, found["bank"]))),
        sb.Section("2. What the sizes of the kernel correspond to", list(size_items(main))),
        sb.Section("3. What happened", list(happened_items(main, own, "sheet" in records))),
        sb.Section("4. Why outputs in one column look alike", list(column_items(main, own, "sheet" in records))),
        sb.Section("5. Why outputs in one row look different", list(row_items(main, own))),
        sb.Section("6. What follows from 4 and 5", list(deduced_items(own))),
    ]
    return sb.Page(sections, found)


def readings(record: xr.Dataset) -> dict[str, Any]:
    """Every number that the answers rest on."""
    maps = outputs_of(record)
    pairs, near = sb.stats.maps.pairs(maps), sb.stats.maps.nearest(maps)
    names = record["kernel"].values.tolist()
    first = maps[record["kind"].values == record["kind"].values[0]]
    size = np.sqrt((maps**2).mean(axis=(2, 3)))
    shares = {"mean": maps.mean(axis=(2, 3)), "size (logarithm of RMS)": np.log(np.maximum(size, 1e-12)),
              "share below 0": (maps < 0).mean(axis=(2, 3))}  # fmt: skip
    seconds = {way: record["seconds"].sel(way=way).values for way in record["way"].values.tolist()}
    return {
        "images": maps.shape[0], "kernels": maps.shape[1], "pairs": len(pairs.distance),
        "largest_difference_from_loops": differences(record),
        "range": [maps.min(), maps.max()], "range_of_first_kind": [first.min(), first.max()],
        "images_of_first_kind": len(first), "first_kind": str(record["kind"].values[0]),
        "share_below_0": (maps < 0).mean(), "share_outside_0_to_1": ((maps < 0) | (maps > 1)).mean(),
        "seconds": {way: {"median": np.median(one), "least": one.min(), "greatest": one.max(), "n": one.size}
                    for way, one in seconds.items()},
        "correlation": spread_of(pairs.groups(pairs.correlation)), "distance": spread_of(pairs.groups(pairs.distance)),
        "nearest": near, "variance_shares": {name: sb.stats.maps.variance_shares(of) for name, of in shares.items()},
        "rms_by_kernel": dict(zip(names, size.mean(axis=0), strict=True)),
        "row_likeness_foretold": sb.stats.maps.foretold(record["kernels"].values, maps), "dark": dark(record),
        **{law: dict(zip(names, record[law].values, strict=True))
           for law in ("linear_error", "shift_error", "turned_error")},
        "channel_error": record["channel_error"].item(),
    }  # fmt: skip


def outcomes(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """The range of the first kind of image, where that is the course's five zeros: nothing in it is left to chance."""
    if "sheet" not in records:
        return {}
    sheet = records["sheet"].sel(seed=0)
    zeros = outputs_of(sheet)[sheet["kind"].values == "digit 0"]
    if len(zeros) != 5:
        return {}
    found = {"least": np.array([zeros.min()]), "greatest": np.array([zeros.max()])}
    return {"five_zeros": sb.derive(sheet, lambda *_: found, axes={}, seeds=[0], exact=True)}


def outputs_of(record: xr.Dataset, way: str = "loops") -> np.ndarray:
    """Outputs (image, kernel, row, column) of one way to compute them."""
    return record["outputs"].sel(way=way).values


def differences(record: xr.Dataset) -> dict[str, float]:
    """The largest difference of each way from the loops, relative to the largest output."""
    loops = outputs_of(record)
    return {way: float(abs(outputs_of(record, way) - loops).max() / abs(loops).max())
            for way in record["way"].values.tolist() if way != "loops"}  # fmt: skip


def spread_of(groups: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Median and 5-95 % of each group, with the number of pairs."""
    quantiles = {name: np.quantile(values, (0.05, 0.5, 0.95)) for name, values in groups.items() if values.size}
    return {name: {"q05": low, "median": middle, "q95": high, "n": groups[name].size}
            for name, (low, middle, high) in quantiles.items()}  # fmt: skip


def dark(record: xr.Dataset) -> dict[str, float]:
    """How often the window sees nothing but black, and the largest output there."""
    shape = record.sizes["kernel_row"], record.sizes["kernel_column"]
    bright, _ = sb.stats.maps.windows(record["images"].values, shape)
    black = bright == 0
    answers = abs(outputs_of(record)).max(axis=1).reshape(len(bright), -1)[black]
    return {"share_of_places": black.mean(), "largest_output": answers.max() if answers.size else 0.0}


def what_items(records: Mapping[str, xr.Dataset]) -> Iterator[sb.Prose | sb.Figure]:
    """The images and the kernels, with their matrices."""
    bank = records["bank"]
    kinds = ", ".join(dict.fromkeys(bank["kind"].values.tolist()))
    absent = "" if "sheet" in records else (
        "The sheet's own kernel is the course's and is not shipped: `--data DIR` with `kernel.npy` and `samples_*.npy` "
        "runs it too."
    )  # fmt: skip
    yield sb.Prose(f"""
{bank.sizes["image"]} gray images of {bank.sizes["row"]} x {bank.sizes["column"]} pixels, levels from 0 to 255:
{bank.attrs["data"]} ({kinds}). Nothing is trained, and nothing is drawn at random between these images and their
outputs, so no number here has an interval. {absent}
""")
    if "sheet" in records:
        yield matrices_figure(records["sheet"], "kernels_sheet", "The sheet's kernels, from kernel.npy, rounded to two "
                              "places, with one scale of colors for all")  # fmt: skip
    yield matrices_figure(bank, "kernels_bank", "Named kernels, each with its own scale of colors", same_scale=False)


def matrices_figure(record: xr.Dataset, name: str, caption: str, *, same_scale: bool = True) -> sb.Figure:
    """The kernels of a record as matrices."""
    names = record["kernel"].values.tolist()
    columns = min(5, -(-len(names) // 2))
    picture = sb.figures.matrices(record["kernels"].values, names, same_scale=same_scale, columns=columns)
    return sb.Figure(name, picture, f"{caption}: blue below 0, red above.", f"Matrices of kernels: {', '.join(names)}")


def equal_items(
    records: Mapping[str, xr.Dataset], found: Mapping[str, Any], main: xr.Dataset
) -> Iterator[sb.Prose | sb.Table | sb.Figure]:
    """That all ways give the same numbers, the published range, and what each way costs."""
    apart = {name: found[name]["largest_difference_from_loops"] for name in records}
    yield sb.Prose(agreement(apart))
    titles = {name: f"{'kernel.npy' if name == 'sheet' else 'named kernels'}: {of.sizes['kernel']} of "
              f"{of.sizes['kernel_row']} x {of.sizes['kernel_column']}" for name, of in records.items()}  # fmt: skip
    rows = [(titles[name], WAYS[way], one) for name, by_way in apart.items() for way, one in by_way.items()]
    yield sb.Table(("kernels", "way", "largest difference from the loops"), rows,
                   "Largest absolute difference from the nested loops over all outputs, divided by the largest "
                   f"absolute output; {main.sizes['image']} images.", digits=2)  # fmt: skip
    if "sheet" in records:
        yield sb.Prose(published_range(found["sheet"]))
    yield from time_items(main)


def agreement(apart: Mapping[str, Mapping[str, float]]) -> str:
    """Whether all ways agree, in a sentence that follows from the differences."""
    double = max(value for one in apart.values() for way, value in one.items() if way != "engine")
    same = "the same numbers, to the rounding of double precision" if double < DOUBLE else "**other** numbers"
    words = (
        "The loops multiply and add one pair of numbers at a time, in double precision. Patches and SciPy give "
        f"{same} (largest relative difference {sb.pieces.number(double, 2)})."
    )
    if not all("engine" in one for one in apart.values()):
        return f"{words} The reference engine was asked for: its convolution is the product of patches."
    single = max(one["engine"] for one in apart.values())
    told = "agrees to its rounding" if single < SINGLE else "**does not agree**"
    return f"{words} The engine computes in single precision and {told} ({sb.pieces.number(single, 2)})."


def published_range(own: Mapping[str, Any]) -> str:
    """The range of the course's out_0 beside ours."""
    low, high = own["range_of_first_kind"]
    here = f"[{signed(low, 1)}, {signed(high, 1)}]"
    if own["first_kind"] != "digit 0" or own["images_of_first_kind"] != 5:
        return (
            f"The outputs of {own['images_of_first_kind']} images of {own['first_kind']} lie in {here}. The published "
            "range is that of five images of digit 0, so the two are not compared."
        )
    same = "the same range" if (round(low, 1), round(high, 1)) == PUBLISHED else "another range"
    return (
        f"The published outputs of the sheet's five zeros (out_0, Akman 2024) lie in [{signed(PUBLISHED[0], 1)}, "
        f"{signed(PUBLISHED[1], 1)}]; here they lie in {here}: **{same}**. With gray levels from 0 to 1 the numbers "
        "would be 255 times smaller, so the published images were not rescaled."
    )


def time_items(main: xr.Dataset) -> Iterator[sb.Prose | sb.Table | sb.Figure]:
    """What each way costs."""
    seconds = {way: main["seconds"].sel(way=way).values for way in main["way"].values.tolist()}
    middle = {way: float(np.median(values)) for way, values in seconds.items()}
    of, passes, count = main.sizes, main.sizes["repeat"], int(main.attrs["timed"])
    many = count * int(np.prod([of[name] for name in ("kernel", "output_row", "output_column", "kernel_row",
                                                      "kernel_column")]))  # fmt: skip
    faster = [f"{WAYS[way]} took 1/{middle['loops'] / one:,.0f}" for way, one in middle.items() if way != "loops"]
    compiling = f"; compiling the engine's program ({main.attrs['compile_seconds']:.2g} s) is not in them"
    compiling = compiling if "engine" in middle else ""
    yield sb.Prose(f"""
**Time.** In the median of {passes} passes the loops took {middle["loops"]:.3g} s, {1e6 * middle["loops"] / many:.2g}
microseconds for every multiplication, nearly all of it Python's own bookkeeping: for the same sums, {listed(faster)}
of that. Times run from NumPy arrays to NumPy arrays, on {main.attrs["device"]}{compiling}.
""")
    images = f"{count} image{'s' * (count != 1)}"
    milliseconds = {WAYS[way]: 1e3 * values for way, values in seconds.items()}
    yield sb.Figure("times", sb.figures.strips([("milliseconds (log scale)", milliseconds)], log=True),
                    f"Time of one pass of {images} under {of['kernel']} kernels, n = {passes} passes of each way, the "
                    "ways in turn; bars are medians, lines run from the fastest to the slowest pass.",
                    "Milliseconds of each way to convolve, on a logarithmic scale")  # fmt: skip
    yield sb.Table(("way", "median (ms)", "fastest (ms)", "slowest (ms)", "times as fast as loops", "ns per product"),
                   [(name, np.median(values), values.min(), values.max(), 1e3 * middle["loops"] / np.median(values),
                     1e6 * np.median(values) / many) for name, values in milliseconds.items()],
                   f"The same times; {many:,} products of two numbers a pass, n = {passes} passes.")  # fmt: skip


def use_items(main: xr.Dataset, bank: xr.Dataset, own: Mapping[str, Any]) -> Iterator[Any]:
    """One place, the laws, and what the named kernels are used for."""
    yield sb.Prose(
        "A small window slides over the image. At each place, what the window sees is multiplied number by number by "
        "the kernel and added up; the sum is one number of the output. The same few weights serve every place."
    )
    yield sb.Formula(
        "z_(o i j) = sum_(c, a, e) x_(c, i + a, j + e) w_(o c a e)",
        "output o at row i and column j is the sum, over channels c, kernel rows a and kernel columns e, of the image "
        "at row i plus a and column j plus e times the kernel there",
    )
    yield place_figure(main)
    linear, shift = (max(own[law].values()) for law in ("linear_error", "shift_error"))
    turned = own["turned_error"]
    yield sb.Prose(f"""
Two laws make it what it is{"; both hold here, to rounding" if max(linear, shift) < SINGLE else ""}. *Linear*: the
outputs of 0.3 x − 1.7 y, for two images x and y, are the same mix of their outputs, {up_to(linear)}. *Blind to place*:
an image moved by 2 rows and 3 columns gives outputs moved as far, {up_to(shift)}. Mathematicians turn the kernel by
180 degrees first; that changes nothing for {listed([name for name, error in turned.items() if error <= DOUBLE])}, and
it changes {listed([name for name, error in turned.items() if error > DOUBLE])} by up to {max(turned.values()):.2g}
times the largest output, 2 being a change of sign.
""")
    yield grid_figure(bank, one_of_each(bank), "grid_bank", "One image of each kind under every named kernel",
                      same_scale=False)  # fmt: skip
    yield sb.Prose(
        "How it is used is the choice of kernel. Weights that are all positive and sum to 1 average: they blur, and "
        "take away noise. Weights that sum to 0 answer 0 wherever the window sees one shade, and so find edges. A "
        "center larger than what is taken off around it sharpens. In a convolutional network nobody chooses: the "
        "weights are learned."
    )
    yield uses_table(bank)


def place_figure(record: xr.Dataset) -> sb.Figure:
    """The place where one kernel answers the first image most strongly."""
    names = record["kernel"].values.tolist()
    which = names.index("Sobel vertical") if "Sobel vertical" in names else 0
    output, kernel, image = outputs_of(record)[0, which], record["kernels"].values[which], record["images"].values[0]
    row, column = (int(at) for at in np.unravel_index(abs(output).argmax(), output.shape))
    window = image[row : row + kernel.shape[0], column : column + kernel.shape[1]]
    return sb.Figure("one_place", sb.figures.one_place(image, (row, column), window, kernel, window * kernel, output),
                     f"“{names[which]}” on {record['image'].values[0]}, at the place of the largest output: row {row}, "
                     f"column {column}, counted from 0.",
                     "An image with a frame, the numbers in it, the kernel, their product, and the output")  # fmt: skip


def one_of_each(record: xr.Dataset) -> list[int]:
    """The first image of each kind."""
    kinds = record["kind"].values.tolist()
    return [kinds.index(kind) for kind in dict.fromkeys(kinds)]


def grid_figure(
    record: xr.Dataset, images: Sequence[int], name: str, what: str, *, same_scale: bool = True
) -> sb.Figure:
    """Inputs, kernels and outputs, a row per image and a column per kernel."""
    part = record.isel(image=list(images))
    scale = (
        "on one scale for all outputs" if same_scale else "on a scale for each column, whose end is written below it"
    )
    picture = sb.figures.responses(part["images"].values, part["kernels"].values, outputs_of(part),
                                   part["image"].values.tolist(), part["kernel"].values.tolist(),
                                   same_scale=same_scale)  # fmt: skip
    return sb.Figure(name, picture, f"{what}: inputs at the left (white is 255), kernels on top; outputs are blue "
                     f"below 0, white at 0, red above, {scale}.",
                     "A grid of outputs, a row per image, a column per kernel",
                     dense=True)  # fmt: skip


def uses_table(bank: xr.Dataset) -> sb.Table:
    """What each named kernel does to size and smoothness."""
    maps, names = outputs_of(bank), bank["kernel"].values.tolist()
    size, rough = np.sqrt((maps**2).mean(axis=(0, 2, 3))), sb.stats.maps.roughness(maps).mean(axis=0)
    one = names.index("identity")
    rows = [(name, bank["kernels"].values[at].sum(), size[at] / size[one], rough[at] / rough[one],
             sb.pieces.percent((maps[:, at] < 0).mean())) for at, name in enumerate(names)]  # fmt: skip
    return sb.Table(("kernel", "sum of weights", "RMS of outputs", "difference of neighbors", "outputs below 0"), rows,
                    f"What each named kernel does, over n = {len(maps)} images; RMS and the mean absolute difference "
                    "of neighboring outputs are relative to the identity's.")  # fmt: skip


def size_items(main: xr.Dataset) -> Iterator[sb.Prose | sb.Table]:
    """The axes of kernel, input and output, and the size of the output."""
    of = main.sizes
    shapes = (
        ("input", (of["image"], 1, of["row"], of["column"]), "batch, channels in, height, width"),
        (
            "kernel",
            (of["kernel"], 1, of["kernel_row"], of["kernel_column"]),
            "channels out, channels in, height, width",
        ),
        (
            "output",
            (of["image"], of["kernel"], of["output_row"], of["output_column"]),
            "batch, channels out, height, width",
        ),
    )
    yield sb.Table(("array", "shape", "axes"), [(name, str(shape), axes) for name, shape, axes in shapes],
                   "The axes of the arrays, and their sizes here.")  # fmt: skip
    cases = [tuple(int(value) for value in row) for row in main["sizes"].values]
    right = sum(case[-1] == case[-2] for case in cases)
    yield sb.Prose(f"""
*Channels out* ({of["kernel"]} here) is the number of kernels, hence of outputs per image. *Channels in* (1: gray; a
color image has 3) must be that of the input: a kernel has a sheet of weights for each and adds their sums. *Height*
and *width* ({of["kernel_row"]} x {of["kernel_column"]}) are the window. *Batch* is an axis of input and output, not of
the kernel: the same kernels serve every image. So the kernel has four sizes, not the five that one published report
lists. That channels are added was checked: a kernel of three channels gives the sum of three kernels of one,
{up_to(main["channel_error"].item())}. The side of the output is floor((size + 2 padding − kernel) / stride) + 1, here
{of["row"]} − {of["kernel_row"]} + 1 = {of["output_row"]}; the loops gave what the formula says in {right} of the
{len(cases)} cases below.
""")
    yield sb.Table(("image side", "kernel side", "stride", "padding", "output by the formula", "output of the loops"),
                   cases, "Sides of outputs by the formula and as found.")  # fmt: skip


def happened_items(main: xr.Dataset, own: Mapping[str, Any], sheet: bool) -> Iterator[Any]:
    """The sheet's figure and a description of the outputs."""
    of = main.sizes
    if sheet:
        first = np.flatnonzero(main["kind"].values == own["first_kind"]).tolist()
        yield grid_figure(main, first, "grid_sheet", f"The sheet's figure: images of {own['first_kind']}")
    low, high = own["range"]
    yield sb.Prose(f"""
Each of the {of["image"]} images became {of["kernel"]} images of {of["output_row"]} x
{of["output_column"]}{"" if sheet else " (see the grid under question 1)"}: the same drawing, redrawn in what each
kernel answers to. The outputs are no gray levels: they run from {sb.pieces.number(low, 4)} to
{sb.pieces.number(high, 4)}, {sb.pieces.percent(own["share_below_0"])} of them below 0.
{sb.pieces.percent(own["share_outside_0_to_1"])} lie outside 0 to 1, so a viewer that takes decimals for shades from 0
to 1 paints these plain black or white; blue and red show what that would hide. Where the window sees nothing but black
({sb.pieces.percent(own["dark"]["share_of_places"])} of all places) the output is
{"exactly 0" if own["dark"]["largest_output"] == 0 else "not 0"} under every kernel.
""")
    told = describing(main)
    maps, weights = outputs_of(main), main["kernels"].values
    rows = [(name, weights[at].sum(), maps[:, at].min(), maps[:, at].max(), sb.pieces.percent((maps[:, at] < 0).mean()),
             *told[name]) for at, name in enumerate(told)]  # fmt: skip
    columns = ("kernel", "sum of weights", "least output", "greatest", "below 0", "r with bright", "r with uneven")
    yield sb.Table(columns, rows, f"The outputs of each kernel over n = {len(maps)} images, and how they correlate, "
                   "over all places, with the mean of what the window sees (bright: what is filled) and with its "
                   "standard deviation (uneven: contours).")  # fmt: skip
    brightest = max(told, key=lambda name: told[name][0])
    words = (
        f"“{brightest}” follows brightness most closely (r = {signed(told[brightest][0])}): it paints shapes filled."
    )
    yield sb.Prose(f"{words} {akman(told)}" if sheet and len(told) == 8 else words)


def describing(main: xr.Dataset) -> dict[str, tuple[float, float]]:
    """Each kernel's correlations of its outputs with how bright and with how uneven the window's view is."""
    names, maps = main["kernel"].values.tolist(), outputs_of(main)
    views = sb.stats.maps.windows(main["images"].values, (main.sizes["kernel_row"], main.sizes["kernel_column"]))
    bright, uneven = (np.array([np.corrcoef(maps[:, at].ravel(), view.ravel())[0, 1] for at in range(len(names))])
                      for view in views)  # fmt: skip
    return dict(zip(names, zip(bright.tolist(), uneven.tolist(), strict=True), strict=True))


def akman(told: Mapping[str, tuple[float, float]]) -> str:
    """The published description of two kernels beside what was measured."""
    (bright_4, uneven_4), (bright_6, uneven_6) = told["kernel 4"], told["kernel 6"]
    return (
        "Akman's report says that kernel 4 enhances the contours and kernel 6 the filled part. Counted from 0, by "
        f"these measures, kernel 4 has {signed(uneven_4)} for contours and {signed(bright_4)} for what is filled, "
        f"kernel 6 {signed(uneven_6)} and {signed(bright_6)}."
    )


COLUMN, ROW = "same kernel (a column)", "same image (a row)"


def column_items(main: xr.Dataset, own: Mapping[str, Any], sheet: bool) -> Iterator[Any]:
    """Likeness of outputs within a column."""
    if sheet:
        yield grid_figure(
            main, one_of_each(main), "grid_kinds", "One image of each digit under every kernel of the sheet"
        )
    r, d, near = own["correlation"], own["distance"], own["nearest"]
    closer, other = d[COLUMN]["median"] < d[ROW]["median"], r[COLUMN]["median"] < r[ROW]["median"]
    yield sb.Prose(f"""
The outputs of a column share their kernel. The images are made of the same things, bright shapes on a dark ground, so
the window meets the same views in all of them, only elsewhere, and one kernel answers the same view with the same
number. One expects a column to share **which numbers occur, not where**. Measured without regard to place, two outputs
of a column differ by {d[COLUMN]["median"]:.0f} in the median, two of a row by {d[ROW]["median"]:.0f}: columns are
{"the more alike" if closer else "not the more alike"}. The output whose numbers are most similar has the same kernel
in {sb.pieces.percent(near["distance"].same_kernel)} of the cases (by chance it would in
{sb.pieces.percent(near["chance"].same_kernel)}).

Place by place it is {"the other way round" if closer and other else "so" if not other else "rows that are alike"}: two
outputs of a column correlate with {signed(r[COLUMN]["median"])} in the median, two of a row with
{signed(r[ROW]["median"])}, and the output with the highest correlation has the same kernel in
{sb.pieces.percent(near["correlation"].same_kernel)}, the same image in
{sb.pieces.percent(near["correlation"].same_image)}.
""")
    pairs = sb.stats.maps.pairs(outputs_of(main))
    panels = [("correlation, place by place", pairs.groups(pairs.correlation)),
              ("distance of sorted numbers", pairs.groups(pairs.distance))]  # fmt: skip
    yield sb.Figure("likeness", sb.figures.strips(panels, spread=True),
                    f"How alike two outputs are, for all {own['pairs']:,} pairs of outputs of {own['images']} images "
                    f"under {own['kernels']} kernels: median, middle half and 5–95 % of the pairs. Left: 1 is the same "
                    "pattern in the same place. Right: the mean difference of the sorted numbers, 0 where both hold "
                    "the same numbers, wherever.",
                    "Correlation and distance of pairs of outputs that share kernel, image, or neither")  # fmt: skip


def row_items(main: xr.Dataset, own: Mapping[str, Any]) -> Iterator[sb.Prose | sb.Figure]:
    """Differences of outputs within a row."""
    r, loud = own["correlation"][ROW], own["rms_by_kernel"]
    least, most = (choose(loud, key=lambda name: loud[name]) for choose in (min, max))
    yield sb.Prose(f"""
The outputs of a row share their image, and each kernel asks it another question. Shapes stay where they are, but what
is red in one output may be blue in the next: correlations within a row run from {signed(r["q05"])} to
{signed(r["q95"])} (5–95 % of n = {r["n"]:,} pairs). How far do the kernels alone foretell how alike two outputs of one
image are? Over the pairs of kernels, the cosine of the two matrices and the correlation of their outputs (median over
images) correlate with {signed(own["row_likeness_foretold"])}. Kernels also differ in how loudly they answer: the RMS
of the outputs, averaged over images, runs from {loud[least]:.0f} (“{least}”) to {loud[most]:.0f} (“{most}”).
""")
    size = np.sqrt((outputs_of(main) ** 2).mean(axis=(2, 3)))
    groups = {name: size[:, at] for at, name in enumerate(main["kernel"].values.tolist())}
    yield sb.Figure("loudness", sb.figures.strips([("RMS of the output", groups)]),
                    f"How loudly each kernel answers: root mean square of the output, a dot for each of n = "
                    f"{len(size)} images; bars are medians.", "RMS of outputs by kernel, a dot per image")  # fmt: skip


def deduced_items(own: Mapping[str, Any]) -> Iterator[sb.Prose | sb.Table]:
    """What the kernel decides and what the image decides."""
    shares, near = own["variance_shares"], own["nearest"]
    ahead = [name for name, one in shares.items() if one["kernel"] > one["image"]]
    yield sb.Prose(f"""
**The kernel decides what is looked for, the image where it is found.** For properties of an output that say nothing of
place, the kernel accounts for more of the variance than the image in {len(ahead)} of {len(shares)}. By its numbers,
wherever they stand, the most similar other output shares the kernel in
{sb.pieces.percent(near["distance"].same_kernel)} of the cases and the image in
{sb.pieces.percent(near["distance"].same_image)}; place by place, the kernel in
{sb.pieces.percent(near["correlation"].same_kernel)} and the image in
{sb.pieces.percent(near["correlation"].same_image)}. So a convolutional layer turns an image into maps of features: a
fixed question per channel, asked everywhere, whose answers keep their places. Later layers can read a channel without
knowing which image it was, and where the image moves, the answers move with it.
""")
    yield sb.Table(("property of an output", "due to the kernel", "due to the image", "to both together"),
                   [(name, *(sb.pieces.percent(one[of]) for of in ("kernel", "image", "together")))
                    for name, one in shares.items()],
                   f"Shares of the variance over {own['images']} images and {own['kernels']} kernels (two-way table, "
                   "sums of squares).")  # fmt: skip
    named = {"distance": "by its numbers, wherever", "correlation": "place by place", "chance": "picked at random"}
    yield sb.Table(("the most similar other output", "same kernel", "same image"),
                   [(words, sb.pieces.percent(near[key].same_kernel), sb.pieces.percent(near[key].same_image))
                    for key, words in named.items()],
                   "What the most similar other output shares with an output, over n = "
                   f"{own['images'] * own['kernels']} outputs.")  # fmt: skip


def up_to(error: float) -> str:
    """A relative error in words."""
    return f"up to {sb.pieces.number(error, 2)} of the largest output" if error else "exactly"


def signed(value: float, places: int = 2) -> str:
    """A number with so many decimals and a real minus sign."""
    return f"{value:.{places}f}".replace("-", "−")


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names) or "none"


study = sb.Study(
    name="convolution_by_hand",
    title="Convolution by hand: what a kernel does to an image",
    source="EE449 homework 1 (2024), question 2; report of Akman (2024)",
    question="A convolution written as nested loops: does it give the numbers of a library, and what does it cost? "
    "(1) What does a two-dimensional convolution do, and how is it used? (2) What do the sizes of the kernel "
    "correspond to? (3) What happened to the images? (4) Why do outputs in one column look alike although they belong "
    "to different images? (5) Why do outputs in one row look different although they come from one image? (6) What "
    "follows from 4 and 5?",
    measure=measure,
    tell=tell,
    outcomes=outcomes,
    seeds={"smoke": 1, "quick": 1, "full": 1},
    decided=(
        "“convolution” is cross-correlation, as in deep learning: the kernel is not turned; no border, stride 1",
        "gray levels are left at 0 to 255, as the course's files have them",
        "with `--data DIR` the images are `samples_*.npy` there; else MNIST's first five test images of each of the "
        "digits 0 to 4, where MNIST is on this machine; else drawn shapes",
        "which named kernels to show is our choice; all are 3 x 3",
        "outputs can be alike place by place (correlation) or in the numbers they hold (distance of sorted numbers); "
        "the sheet does not say which it means, so both are measured",
    ),
    reduced={"smoke": "two images of each of two kinds; one image timed, three times"},
    figures=(
        "kernels with their matrices", "time of loops, patches, engine and library", "one place of a convolution",
        "grids of outputs: a row per image, a column per kernel", "likeness of outputs within columns and rows",
        "how loudly each kernel answers",
    ),
    claims=tuple(
        sb.Claim(id=f"akman-out-0-{which}", source="Akman 2024, saved outputs of part 2 (out_0)", value=value,
                 statement=f"The {which} output of the sheet's kernel on its five zeros is {value}",
                 record="five_zeros", check=f"mean({which}) = {value} within 0.05")
        for which, value in zip(("least", "greatest"), PUBLISHED, strict=True)
    ),
)  # fmt: skip
