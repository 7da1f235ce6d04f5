"""The data card of Fashion-MNIST: sizes, classes, grey values, images that stand for a class, and copies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import seedbed as sb

if TYPE_CHECKING:
    import xarray as xr

README = "Xiao, Rasul, Vollgraf 2017 (Fashion-MNIST, paper and README)"
WORDS = {"train": "training", "valid": "validation", "test": "test"}
NOT_DRAWN = "Nothing is drawn at random in these numbers, so they have no interval."
CLAIMS = (  # id, what is said, check, figure
    ("training-images", "60,000 training images", "mean(training_images) = 60000 within 0.5", 60_000),
    ("test-images", "10,000 test images", "mean(test_images) = 10000 within 0.5", 10_000),
    ("classes", "ten classes", "mean(classes) = 10 within 0.5", 10),
    ("images-of-a-class", "every class has 6,000 training images", "mean(fewest_of_a_class) = 6000 within 0.5", 6_000),
    ("mean-value", "the mean grey value is 0.2860", "mean(mean_value) = 0.2860 within 0.0001", 0.2860),
    ("deviation", "the standard deviation of grey values is 0.3530", "mean(deviation) = 0.3530 within 0.0001", 0.3530),
)  # fmt: skip


def ask(profile: sb.Profile) -> dict[str, Any]:
    """The set with a tenth held out for validation, and as it is published."""
    small = {"train": profile.train, "test": profile.test}

    def of(data: Any) -> sb.Spec:
        return sb.Spec(data=data, model="neuron", loss="cross_entropy", optimizer="sgd(0.1)", steps=0)

    split = sb.data.fashion_mnist(**small, valid=0.1, subset="stratified")
    whole = sb.data.fashion_mnist(**small)
    return {"card": sb.measures.data_card(of(split), few=profile.few), "whole": sb.measures.data_card(of(whole))}


def outcomes(records: Mapping[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    """What is published about the set, read from the set as it is."""
    card = records["whole"].isel(seed=0)
    count = card["count"].values
    found = {
        "training_images": count[0].sum(),
        "test_images": count[-1].sum(),
        "classes": count.shape[1],
        "fewest_of_a_class": count[0].min(),
        "mean_value": card["value_mean"].values[0],
        "deviation": card["value_std"].values[0],
    }
    arrays = {name: np.array([float(value)]) for name, value in found.items()}
    return {"published": sb.derive(card, lambda *_: arrays, axes={}, seeds=[0], of="whole", exact=True)}


def names_of(context: sb.Context) -> list[str]:
    """What the classes are called, or their labels."""
    spec, labels = context.spec("card"), context.record("card")["class"].values.tolist()
    named = sb.data.class_names(spec.data.name) if spec is not None else ()
    return list(named) if len(named) == len(labels) else [f"class {label}" for label in labels]


def sizes(context: sb.Context) -> Iterator[Any]:
    """How many images there are, of which class, in which split."""
    card, names = context.record("card").isel(seed=0), names_of(context)
    count, splits = card["count"].values, [str(name) for name in card["split"].values]
    totals = {WORDS[name]: int(row.sum()) for name, row in zip(splits, count, strict=True)}
    total = sum(totals.values())
    listed = ", ".join(f"{number:,} {name}" for name, number in totals.items())
    least, most = int(count[0].min()), int(count[0].max())
    each = f"{least:,} of every class" if least == most else f"{least:,} to {most:,} of a class"
    yield sb.Table(
        ("class", *(f"{name} images" for name in totals)),
        [(name, *map(int, column)) for name, column in zip(names, count.T, strict=True)] + [("all", *totals.values())],
        f"Images of every class in every split of {context.record('card').attrs['data']}; the validation images are "
        f"held out of the training images, class by class. {NOT_DRAWN}",
    )
    yield sb.Answer(
        f"{total:,} images of {card.sizes['row']} × {card.sizes['column']} pixels ({listed}) in {len(names)} classes: "
        f"{', '.join(names)}. Of the training images {each}. {NOT_DRAWN}"
    )
    last = context.record("whole").isel(seed=0)["last_count"].values
    yield (
        f"Who takes the last sixth of the published training images for validation gets {int(last.min()):,} to "
        f"{int(last.max()):,} images of a class ({', '.join(f'{int(value):,}' for value in last)}): the order of the "
        "set is not stratified."
        if last.min() < last.max()
        else "The last sixth of the training images is balanced."
    )
    yield sb.Reading("images", {name: dict(zip(names, map(int, row), strict=True))
                                for name, row in zip(totals, count, strict=True)})  # fmt: skip


def representatives(context: sb.Context) -> Iterator[Any]:
    """Images near the class mean, drawn, and those that look like another class."""
    card, names = context.record("card").isel(seed=0), names_of(context)
    shown = card.sizes["shown"]
    about = "one row per class; dark is a high value."
    yield sb.Figure(
        "class_means", sb.figures.image_grid(card["mean_image"].values, names, columns=5),
        f"The mean of the {int(card['count'].values[0].sum()):,} training images, class by class.", "Mean images",
    )  # fmt: skip
    for kind, words in (("near", "nearest to the mean of their class"), ("drawn", "drawn at random")):
        rows = dict(zip(names, card[kind].values, strict=True))
        yield sb.Figure(f"images_{kind}", sb.figures.image_rows(rows), f"{shown} training images of each class, "
                        f"{words}: {about}", f"Images {words}, for {', '.join(names)}")  # fmt: skip
    like = [[names[at] if at >= 0 else "" for at in row] for row in card["odd_like"].values]
    yield sb.Figure(
        "images_odd", sb.figures.image_rows(dict(zip(names, card["odd"].values, strict=True)), like),
        f"The {shown} training images of each class that look most like another one: far from the mean image of their "
        f"own class (named on the left) and near that of another (named above), by the ratio of the two distances; "
        f"{about} Some may be mislabelled.",
        "Images that look like another class",
    )  # fmt: skip
    right = dict(zip(card["split"].values.tolist(), card["nearest_right"].values.tolist(), strict=True))
    told = ", ".join(f"{sb.show.percent(share)} of the {WORDS[name]} images" for name, share in right.items())
    yield sb.Reading("nearest_mean_right", right)
    yield sb.Answer(
        f"The {shown} images of each class nearest to its mean stand for it. Mean images alone tell much: {told} are "
        f"nearest to the mean of their own class."
    )


def values(context: sb.Context) -> Iterator[Any]:
    """Grey values: mean, deviation, zeros, pixels that never vary, and the mean of every class."""
    card, names = context.record("whole").isel(seed=0), names_of(context)
    columns = [card[name].values for name in ("value_mean", "value_std", "zero_share")]
    yield sb.Table(
        ("split", "mean grey value", "standard deviation", "share of zeros"),
        [(WORDS[str(name)], *row) for name, *row in zip(card["split"].values, *columns, strict=True)],
        f"Grey values from 0 to 1 of the set as published. {NOT_DRAWN}", digits=4,
    )  # fmt: skip
    yield sb.Table(
        ("class", "mean grey value"), list(zip(names, card["mean_value"].values.tolist(), strict=True)),
        f"The mean grey value of the training images of each class. {NOT_DRAWN}",
    )  # fmt: skip
    constant, bright = int(card["constant_pixels"]), int(card["mean_value"].values.argmax())
    dark = int(card["mean_value"].values.argmin())
    yield sb.Answer(
        f"Training images have the mean grey value {columns[0][0]:.4f} and the standard deviation {columns[1][0]:.4f}; "
        f"{sb.show.percent(columns[2][0])} of the values are 0, and {constant} pixels are the same in every image. The "
        f"fullest class is {names[bright]}, the emptiest {names[dark]}."
    )
    yield sb.Reading("grey", {"mean": columns[0][0], "deviation": columns[1][0], "constant_pixels": constant})


def copies(context: sb.Context) -> Iterator[Any]:
    """Exact copies within and across splits."""
    card = context.record("card").isel(seed=0)
    rows = [(str(pair), int(count), int(other)) for pair, count, other in
            zip(card["pair"].values, card["copies"].values, card["relabelled"].values, strict=True)]  # fmt: skip
    yield sb.Table(("where", "exact copies", "with another label"), rows, "Images that equal an earlier one pixel by "
                   f"pixel, within a split and of a split in another one. {NOT_DRAWN}")  # fmt: skip
    total = sum(count for _, count, _ in rows)
    none = "No image is an exact copy of another one, within or across splits."
    yield sb.Answer(none if not total else f"There are {total:,} exact copies.")
    yield sb.Reading("copies", {pair: count for pair, count, _ in rows})


study = sb.Study(
    name="fashion_summary",
    title="What Fashion-MNIST is made of",
    source="Dube, homework 2, problem 6.1",
    question="How large are the set and its training and validation splits, how many classes are there, and how many "
    "images of each? Which images are representative of a class?",
    ask=ask,
    profiles={
        "smoke": {"seeds": 1, "train": 600, "test": 200, "few": 3, "reduced": "800 of the 70,000 images"},
        "quick": {"seeds": 1, "train": 60_000, "test": 10_000, "few": 6},
        "full": {"seeds": 1, "train": 60_000, "test": 10_000, "few": 6},
    },
    outcomes=outcomes,
    picture="images_near",
    page=[
        sb.Section("How many images of which class", [sizes],
                   asks="How large is the set, and how many images does each class have?"),
        sb.Section("Images that stand for a class", [representatives], asks="Which images are representative?"),
        sb.Section("Grey values", [values], asks="How are the grey values distributed?"),
        sb.Section("Copies", [copies], asks="Are images doubled, or shared by training and test?"),
    ],
    decided=(
        "a tenth of the training images is held out for validation, class by class: the sheet does not say how many",
        "“representative” is shown in three ways: nearest to the mean image of the class, drawn, and most like another "
        "class; distance is Euclidean in grey values",
        "`--data DIR` with `images_imgs.npy` and `images_labs.npy` (and `images_test_*.npy`) shows a set of your own; "
        "`--set data=mnist` MNIST",
    ),
    claims=tuple(
        sb.Claim(id=name, source=README, statement=said.capitalize(), value=figure, record="published", check=check)
        for name, said, check, figure in CLAIMS
    ),
)  # fmt: skip
