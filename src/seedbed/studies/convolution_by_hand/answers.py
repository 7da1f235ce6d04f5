"""The sheet's six questions, each answered beside a picture and a measurement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import seedbed as sb
from seedbed.studies.convolution_by_hand.outputs import Outputs, outputs_of

COLUMN, ROW = "same kernel (a column)", "same image (a row)"
DOUBLE, SINGLE = 1e-12, 1e-5  # relative differences that rounding explains, many times over
WINDOW = """
    A small window slides over the image. At each place, what the window sees is multiplied number by number by the
    kernel and added up; the sum is one number of the output. The same few weights serve every place."""
USED = """
    How it is used is the choice of kernel. Weights that are all positive and sum to 1 average: they blur, and take away
    noise. Weights that sum to 0 answer 0 wherever the window sees one shade, and so find edges. A center larger than
    what is taken off around it sharpens. In a convolutional network nobody chooses: the weights are learned."""


def use(context: sb.Context) -> Iterator[Any]:
    """One place, the laws, and what the named kernels are used for."""
    bank = outputs_of(context, "bank")
    yield WINDOW
    yield sb.Formula(
        "z_(o i j) = sum_(c, a, e) x_(c, i + a, j + e) w_(o c a e)",
        "output o at row i and column j is the sum, over channels c, kernel rows a and kernel columns e, of the image "
        "at row i plus a and column j plus e times the kernel there",
    )
    yield place_figure(outputs_of(context))
    linear, shift = (max(bank.of_each(law).values()) for law in ("linear_error", "shift_error"))
    turned = bank.of_each("turned_error")
    same, other = ([name for name in turned if (turned[name] <= DOUBLE) is alike] for alike in (True, False))
    yield f"""
        Two laws make it what it is{"; both hold here, to rounding" if max(linear, shift) < SINGLE else ""}. *Linear*:
        the outputs of 0.3 x − 1.7 y, for two images x and y, are the same mix of their outputs, {up_to(linear)}.
        *Blind to place*: an image moved by 2 rows and 3 columns gives outputs moved as far, {up_to(shift)}.
        Mathematicians turn the kernel by 180 degrees first; that changes nothing for {listed(same)}, and it changes
        {listed(other)} by up to {max(turned.values()):.2g} times the largest output, 2 being a change of sign."""
    yield grid_figure(
        bank, bank.one_of_each, "grid_bank", "One image of each kind under every named kernel", same_scale=False
    )
    yield USED
    size, rough = np.sqrt((bank.maps**2).mean(axis=(0, 2, 3))), sb.stats.maps.roughness(bank.maps).mean(axis=0)
    weights, one = bank.record["kernels"].values.sum(axis=(1, 2)), bank.names("kernel").index("identity")
    below = [sb.show.percent(share) for share in (bank.maps < 0).mean(axis=(0, 2, 3))]
    yield sb.Table(
        ("kernel", "sum of weights", "RMS of outputs", "difference of neighbors", "outputs below 0"),
        list(zip(bank.names("kernel"), weights, size / size[one], rough / rough[one], below, strict=True)),
        f"What each named kernel does, over n = {bank.of['image']} images; RMS and the mean absolute difference of "
        "neighboring outputs are relative to the identity's.",
    )
    yield sb.Answer(
        "It asks every place of an image the same question: how far does what the window sees match the kernel? The "
        f"kernel is the use: blur, edges, sharpening. Over n = {bank.of['image']} images outputs of a sum are sums of "
        f"outputs, {up_to(linear)}, and outputs of a moved image are moved outputs, {up_to(shift)}."
    )


def place_figure(own: Outputs) -> sb.Figure:
    """The place where one kernel answers the first image most strongly."""
    names = own.names("kernel")
    which = names.index("Sobel vertical") if "Sobel vertical" in names else 0
    output, kernel = own.maps[0, which], own.record["kernels"].values[which]
    row, column = (int(at) for at in np.unravel_index(abs(output).argmax(), output.shape))
    image = own.record["images"].values[0]
    window = image[row : row + kernel.shape[0], column : column + kernel.shape[1]]
    return sb.Figure(
        "one_place",
        sb.figures.one_place(image, (row, column), window, kernel, window * kernel, output),
        f"“{names[which]}” on {own.names('image')[0]}, at the place of the largest output: row {row}, column {column}, "
        "counted from 0.",
        "An image with a frame, the numbers in it, the kernel, their product, and the output",
    )


def grid_figure(own: Outputs, images: Sequence[int], name: str, what: str, *, same_scale: bool = True) -> sb.Figure:
    """Inputs, kernels and outputs, a row per image and a column per kernel."""
    part = Outputs(own.record.isel(image=list(images)))
    arrays = (part.record["images"].values, part.record["kernels"].values, part.maps)
    scale = "on one scale for all outputs"
    scale = scale if same_scale else "on a scale for each column, whose end is written below it"
    return sb.Figure(
        name,
        sb.figures.responses(*arrays, part.names("image"), part.names("kernel"), same_scale=same_scale),
        f"{what}: inputs at the left (white is 255), kernels on top; outputs are blue below 0, white at 0, red above, "
        f"{scale}.",
        "A grid of outputs, a row per image, a column per kernel",
        dense=True,
    )


def sizes(context: sb.Context) -> Iterator[Any]:
    """The axes of kernel, input and output, and the size of the output."""
    own = outputs_of(context)
    of, error = own.of, own.record["channel_error"].item()
    kernel, side = (of["kernel_row"], of["kernel_column"]), (of["output_row"], of["output_column"])
    out_in, channels = "channels out, channels in, height, width", "batch, channels out, height, width"
    shapes = (
        ("input", (of["image"], 1, of["row"], of["column"]), "batch, channels in, height, width"),
        ("kernel", (of["kernel"], 1, *kernel), out_in),
        ("output", (of["image"], of["kernel"], *side), channels),
    )
    yield sb.Table(
        ("array", "shape", "axes"),
        [(name, str(shape), axes) for name, shape, axes in shapes],
        "The axes of the arrays, and their sizes here.",
    )
    cases = [tuple(int(value) for value in row) for row in own.record["sizes"].values]
    right = sum(case[-1] == case[-2] for case in cases)
    yield f"""
        *Channels out* ({of["kernel"]} here) is the number of kernels, hence of outputs per image. *Channels in* (1:
        gray; a color image has 3) must be that of the input: a kernel has a sheet of weights for each and adds their
        sums. *Height* and *width* ({of["kernel_row"]} x {of["kernel_column"]}) are the window. *Batch* is an axis of
        input and output, not of the kernel: the same kernels serve every image. So the kernel has four sizes, not the
        five that one published report lists. That channels are added was checked: a kernel of three channels gives the
        sum of three kernels of one, {up_to(error)}. The side of the output is floor((size + 2 padding − kernel) /
        stride) + 1, here {of["row"]} − {of["kernel_row"]} + 1 = {of["output_row"]}; the loops gave what the formula
        says in {right} of the {len(cases)} cases below."""
    yield sb.Table(
        ("image side", "kernel side", "stride", "padding", "output by the formula", "output of the loops"),
        cases,
        "Sides of outputs by the formula and as found.",
    )
    yield sb.Answer(
        f"To {out_in}: here {of['kernel']}, 1, {of['kernel_row']} and {of['kernel_column']}. The formula for the side "
        f"of the output was right in {right} of n = {len(cases)} cases (exact)."
    )


def happened(context: sb.Context) -> Iterator[Any]:
    """The sheet's figure and a description of the outputs."""
    own, sheet = outputs_of(context), context.has("sheet")
    of, maps, (black, answer), told = own.of, own.maps, own.dark, own.follows
    if sheet:
        first = np.flatnonzero(own.record["kind"].values == own.first_kind).tolist()
        yield grid_figure(own, first, "grid_sheet", f"The sheet's figure: images of {own.first_kind}")
    below, outside = (sb.show.percent(mask.mean()) for mask in (maps < 0, (maps < 0) | (maps > 1)))
    low, high = (sb.show.number(bound, 4) for bound in (maps.min(), maps.max()))
    yield f"""
        Each of the {of["image"]} images became {of["kernel"]} images of {of["output_row"]} x
        {of["output_column"]}{"" if sheet else " (see the grid under question 1)"}: the same drawing, redrawn in what
        each kernel answers to. The outputs are no gray levels: they run from {low} to {high}, {below} of them below 0.
        {outside} lie outside 0 to 1, so a viewer that takes decimals for shades from 0 to 1 paints these plain black or
        white; blue and red show what that would hide. Where the window sees nothing but black
        ({sb.show.percent(black)} of all places) the output is {"exactly 0" if answer == 0 else "not 0"} under every
        kernel."""
    weights, shares = own.record["kernels"].values.sum(axis=(1, 2)), (maps < 0).mean(axis=(0, 2, 3))
    yield sb.Table(
        ("kernel", "sum of weights", "least output", "greatest", "below 0", "r with bright", "r with uneven"),
        [
            (name, weights[at], maps[:, at].min(), maps[:, at].max(), sb.show.percent(shares[at]), *told[name])
            for at, name in enumerate(told)
        ],
        f"The outputs of each kernel over n = {len(maps)} images, and how they correlate, over all places, with the "
        "mean of what the window sees (bright: what is filled) and with its standard deviation (uneven: contours).",
    )
    brightest = max(told, key=lambda name: told[name][0])
    yield (
        f"“{brightest}” follows brightness most closely (r = {signed(told[brightest][0])}): it paints shapes filled. "
        f"{akman(told) if sheet and len(told) == 8 else ''}"
    ).strip()
    yield sb.Answer(
        f"Each became {of['kernel']} redrawings of itself in what each kernel answers to, with numbers from {low} to "
        f"{high}, {below} of them below 0 (n = {of['image']} images; nothing is drawn at random)."
    )


def akman(told: Mapping[str, tuple[float, float]]) -> str:
    """The published description of two kernels beside what was measured."""
    (bright_4, uneven_4), (bright_6, uneven_6) = told["kernel 4"], told["kernel 6"]
    return (
        "Akman's report says that kernel 4 enhances the contours and kernel 6 the filled part. Counted from 0, by "
        f"these measures, kernel 4 has {signed(uneven_4)} for contours and {signed(bright_4)} for what is filled, "
        f"kernel 6 {signed(uneven_6)} and {signed(bright_6)}."
    )


def columns(context: sb.Context) -> Iterator[Any]:
    """Likeness of outputs within a column."""
    own, of = outputs_of(context), sb.show.percent
    r, d, near, pairs = own.likeness["correlation"], own.likeness["distance"], own.nearest, own.pairs
    if context.has("sheet"):
        yield grid_figure(own, own.one_of_each, "grid_kinds", "One image of each digit under every kernel of the sheet")
    (dc, dr), (rc, rr) = ([by[which]["median"] for which in (COLUMN, ROW)] for by in (d, r))
    place = "the other way round" if dc < dr and rc < rr else "so" if rc >= rr else "rows that are alike"
    yield f"""
        The outputs of a column share their kernel. The images are made of the same things, bright shapes on a dark
        ground, so the window meets the same views in all of them, only elsewhere, and one kernel answers the same view
        with the same number. One expects a column to share **which numbers occur, not where**. Measured without regard
        to place, two outputs of a column differ by {dc:.0f} in the median, two of a row by {dr:.0f}: columns are
        {"the more alike" if dc < dr else "not the more alike"}. The output whose numbers are most similar has the same
        kernel in {of(near["distance"].same_kernel)} of the cases (by chance it would in
        {of(near["chance"].same_kernel)}).

        Place by place it is {place}: two outputs of a column correlate with {signed(rc)} in the median, two of a row
        with {signed(rr)}, and the output with the highest correlation has the same kernel in
        {of(near["correlation"].same_kernel)}, the same image in {of(near["correlation"].same_image)}."""
    panels = [
        ("correlation, place by place", pairs.groups(pairs.correlation)),
        ("distance of sorted numbers", pairs.groups(pairs.distance)),
    ]
    yield sb.Figure(
        "likeness",
        sb.figures.strips(panels, spread=True),
        f"How alike two outputs are, for all {len(pairs.distance):,} pairs of outputs of {own.of['image']} images "
        f"under {own.of['kernel']} kernels: median, middle half and 5–95 % of the pairs. Left: 1 is the same pattern "
        "in the same place. Right: the mean difference of the sorted numbers, 0 where both hold the same numbers, "
        "wherever.",
        "Correlation and distance of pairs of outputs that share kernel, image, or neither",
    )
    yield sb.Answer(
        "Their kernel is the same, so the same views get the same numbers, only elsewhere: without regard to place two "
        f"outputs of a column differ by {dc:.0f} in the median (5–95 % of n = {d[COLUMN]['n']:,} pairs: "
        f"{d[COLUMN]['q05']:.0f} to {d[COLUMN]['q95']:.0f}), two of a row by {dr:.0f}."
    )


def in_rows(context: sb.Context) -> Iterator[Any]:
    """Differences of outputs within a row."""
    own = outputs_of(context)
    r, names = own.likeness["correlation"][ROW], own.names("kernel")
    loud = own.loudness.mean(axis=0)
    least, most = int(loud.argmin()), int(loud.argmax())
    yield f"""
        The outputs of a row share their image, and each kernel asks it another question. Shapes stay where they are,
        but what is red in one output may be blue in the next: correlations within a row run from {signed(r["q05"])} to
        {signed(r["q95"])} (5–95 % of n = {r["n"]:,} pairs). How far do the kernels alone foretell how alike two outputs
        of one image are? Over the pairs of kernels, the cosine of the two matrices and the correlation of their outputs
        (median over images) correlate with {signed(own.foretold)}. Kernels also differ in how loudly they answer: the
        RMS of the outputs, averaged over images, runs from {loud[least]:.0f} (“{names[least]}”) to {loud[most]:.0f}
        (“{names[most]}”)."""
    groups = dict(zip(names, own.loudness.T, strict=True))
    yield sb.Figure(
        "loudness",
        sb.figures.strips([("RMS of the output", groups)]),
        f"How loudly each kernel answers: root mean square of the output, a dot for each of n = {own.of['image']} "
        "images; bars are medians.",
        "RMS of outputs by kernel, a dot per image",
    )
    yield sb.Answer(
        "Each kernel asks the same image another question: shapes stay in place, but correlations within a row run "
        f"from {signed(r['q05'])} to {signed(r['q95'])} (5–95 % of n = {r['n']:,} pairs)."
    )


def deduced(context: sb.Context) -> Iterator[Any]:
    """What the kernel decides and what the image decides."""
    own, of = outputs_of(context), sb.show.percent
    shares, near, count = own.variance_shares, own.nearest, own.of["image"] * own.of["kernel"]
    ahead = sum(one["kernel"] > one["image"] for one in shares.values())
    by_number, by_place = near["distance"], near["correlation"]
    yield f"""
        **The kernel decides what is looked for, the image where it is found.** For properties of an output that say
        nothing of place, the kernel accounts for more of the variance than the image in {ahead} of {len(shares)}. By
        its numbers, wherever they stand, the most similar other output shares the kernel in {of(by_number.same_kernel)}
        of the cases and the image in {of(by_number.same_image)}; place by place, the kernel in
        {of(by_place.same_kernel)} and the image in {of(by_place.same_image)}. So a convolutional layer turns an image
        into maps of features: a fixed question per channel, asked everywhere, whose answers keep their places. Later
        layers can read a channel without knowing which image it was, and where the image moves, the answers move with
        it."""
    yield sb.Table(
        ("property of an output", "due to the kernel", "due to the image", "to both together"),
        [(name, *(of(one[part]) for part in ("kernel", "image", "together"))) for name, one in shares.items()],
        f"Shares of the variance over {own.of['image']} images and {own.of['kernel']} kernels (two-way table, sums of "
        "squares).",
    )
    named = {"distance": "by its numbers, wherever", "correlation": "place by place", "chance": "picked at random"}
    yield sb.Table(
        ("the most similar other output", "same kernel", "same image"),
        [(words, of(near[key].same_kernel), of(near[key].same_image)) for key, words in named.items()],
        f"What the most similar other output shares with an output, over n = {count} outputs.",
    )
    yield sb.Answer(
        "The kernel decides what is looked for, the image where it is found: by its numbers the most similar of n = "
        f"{count} outputs has the same kernel in {of(by_number.same_kernel)} of the cases, place by place the same "
        f"image in {of(by_place.same_image)} (by chance {of(near['chance'].same_kernel)} and "
        f"{of(near['chance'].same_image)})."
    )


def up_to(error: float) -> str:
    """A relative error in words."""
    return f"up to {sb.show.number(error, 2)} of the largest output" if error else "exactly"


def signed(value: float, places: int = 2) -> str:
    """A number with so many decimals and a real minus sign."""
    return f"{value:.{places}f}".replace("-", "−")


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names) or "none"
