"""Arrays of a user's own and tables in text files as data sets, with the splits that are held out of them.

Names of classes become numbers in the order of the alphabet. Files of images are read in `npy`.
"""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.datasets import selection
from seedbed.datasets.dataset import Dataset, dataset
from seedbed.errors import DataError, nearest, shown
from seedbed.vocabulary.given import Arrays
from seedbed.vocabulary.part import Part

CHOICES = ("train", "valid", "test", "draw")


def given(part: Part, held: Arrays) -> Dataset:
    """The data set of a part that `vocabulary.data.arrays` has made. Raises DataError."""
    return _cut({"train": held.train, "valid": held.valid, "test": held.test}, dict(part.options), part.name)


def table(path: str, target: str, **options: Any) -> Dataset:
    """The rows of a file of comma-separated values whose first line names the columns; `target` is one of these.

    Raises DataError where the file cannot be read, the target is no column, or another column holds no numbers.
    """
    place = Path(path)
    try:
        with place.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file, strict=True) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{place} cannot be read as comma-separated values: {error}; check the path") from None
    if len(rows) < 2:
        raise DataError(f"{place} has {len(rows)} lines, where a line of names and rows belong; look at the file")
    names, body = [name.strip() for name in rows[0]], rows[1:]
    if target not in names:
        raise DataError(f"{place} has no column {shown(target)}{nearest(target, names)} (it has {', '.join(names)})")
    uneven = next((at for at, row in enumerate(body, start=2) if len(row) != len(names)), None)
    if uneven is not None:
        raise DataError(f"{place} has {len(names)} columns, got {len(body[uneven - 2])} in row {uneven}; mend that row")
    at = names.index(target)
    features = [_column(place, name, [row[i] for row in body]) for i, name in enumerate(names) if i != at]
    if not features:
        raise DataError(f"{place} has no column but {target}, so there are no inputs; add some")
    labels = np.array([row[at].strip() for row in body])
    try:
        targets = labels.astype(np.float64)
    except ValueError:
        targets = labels
    return _cut({"train": (np.stack(features, axis=1), targets)}, options, place.name)


def _column(place: Path, name: str, cells: list[str]) -> np.ndarray:
    for row, cell in enumerate(cells, start=2):
        try:
            float(cell)
        except ValueError:
            raise DataError(
                f"column {shown(name)} of {place} holds no number in row {row}, got {shown(cell)}; fill it in, drop "
                "the column, or make numbers of it"
            ) from None
    return np.array(cells, np.float64)


def _cut(splits: dict[str, Any], options: dict[str, Any], origin: str) -> Dataset:
    """A data set of these splits, with what the options hold out of the training split."""
    splits = {name: held for name, held in splits.items() if held is not None}
    kind = options.get("kind")
    if any(y.dtype.kind == "U" for _, y in splits.values()):
        splits, kind = _numbered(splits, kind, origin)
    inputs, targets = splits.pop("train")
    kind = kind or _kind(targets, origin)
    whole = dataset(inputs, targets, kind, origin=origin)
    choices = {name: options[name] for name in CHOICES if name in options}
    rule = options.get("subset", "first")
    kept = selection.splits(selection.strata(targets, whole.heads[0].kind), **choices, rule=rule, origin=origin)
    splits |= {
        name: (inputs[places], targets[places]) for name, places in kept._asdict().items()
        if name != "train" and len(places)
    }  # fmt: skip
    held = {f"{name}_{what}": array for name, pair in splits.items()
            for what, array in zip(("inputs", "targets"), pair, strict=True)}  # fmt: skip
    units = whole.units
    if kind == "classes":
        units = max([units, *(int(np.max(y, initial=0)) + 1 for _, y in splits.values())])
    return dataset(inputs[kept.train], targets[kept.train], kind, units=units, origin=origin,
                   standardize=options.get("standardize", False), **held)  # fmt: skip


def _numbered(splits: dict[str, Any], kind: str | None, origin: str) -> tuple[dict[str, Any], str]:
    """Names of classes as numbers from 0, in the order of the alphabet over all splits."""
    names = np.unique(np.concatenate([np.asarray(y).astype(str).reshape(-1) for _, y in splits.values()]))
    if kind in ("real", "sign") or (kind == "binary" and len(names) != 2):
        raise DataError(
            f'the targets of {origin} are text of {len(names)} values, got the kind "{kind}"; write kind="classes"'
        )
    numbered = {name: (x, np.searchsorted(names, np.asarray(y).astype(str))) for name, (x, y) in splits.items()}
    return numbered, kind or "classes"


def _kind(targets: np.ndarray, origin: str) -> str:
    if (targets.ndim == 1 or targets.shape[1:] == (1,)) and np.isin(targets, (0, 1)).all():
        return "binary"
    raise DataError(
        f"the targets of {origin}, {targets.dtype} {targets.shape}, could be of several kinds, got no kind; write "
        'kind="classes" (whole numbers from 0), "real", "sign" (-1 or 1) or "binary"'
    )
