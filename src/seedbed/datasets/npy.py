"""A user's own sets under the names the course gives them: `NAME_imgs.npy` and `NAME_labs.npy` in one folder.

The set "detection" has a second thing to predict, in `detection_width.npy`.

The course's files are not shipped; copies are read from wherever a user keeps them. Pickled arrays are refused,
because reading one can run any program.
"""

import math
import os
from pathlib import Path
from tokenize import TokenError
from typing import Any, BinaryIO

import numpy as np

from seedbed.datasets import selection
from seedbed.datasets.dataset import Dataset, dataset
from seedbed.datasets.downloads import VARIABLE
from seedbed.datasets.heads import by_head
from seedbed.errors import DataError, shown

COURSE = "cis680"  # the folder of the course's own files below SEEDBED_DATA
# How `Dataset.sha256` of the course's own sets begins, in the digits that records keep: so they are known again in any
# folder. That of "detection" is not known here.
COURSE_HASHES = {
    "random": "53a921e441f2c18e",
    "line": "73ee9bd71078e87a",
}
MOST_TOLD = 10**18  # bytes that a sentence writes out
WITH_WIDTH = ("detection",)  # the sets whose examples have a width besides the label


def files(
    folder: str | Path,
    name: str,
    kind: str = "binary",
    standardize: str | bool = False,
    train: int | None = None,
    valid: float | None = None,
    test: float | None = None,
    subset: selection.Rule = "first",
    draw: int = 0,
) -> Dataset:
    """The images `(example, *shape)` and labels `(example,)` of one named set; `kind` says what labels these are.

    "detection" has two heads, "label" and "width", the second real, from `detection_width.npy` `(example,)`.
    `NAME_test_imgs.npy` and `NAME_test_labs.npy`, where there are both, are the test split, or `test` of them; else
    `test` is held out of the set. `train`, `valid`, `subset` and `draw` are those of `selection.splits`.
    Raises DataError where a file is missing or damaged, or does not fit the images.
    """
    root, origin = Path(folder), f"{Path(folder) / name}_*.npy"
    images, labels = read_array(root, f"{name}_imgs.npy"), read_array(root, f"{name}_labs.npy")
    targets: Any = labels
    kinds: Any = kind
    if name in WITH_WIDTH:
        targets = {"label": labels, "width": read_array(root, f"{name}_width.npy")}
        kinds = {"label": "binary", "width": "real"}
    whole = dataset(images, targets, kinds, origin=origin, standardize=standardize)
    if name in WITH_WIDTH:
        _check_width(whole, origin)
    tested = _own_test(root, name)
    kept = selection.splits(_strata(whole), train=train, valid=valid, test=None if tested else test, rule=subset,
                            draw=draw, origin=origin)  # fmt: skip
    if len(kept.train) == whole.examples and tested is None:
        return whole
    held: dict[str, Any] = {
        f"{split}_{what}": values
        for split, places in (("valid", kept.valid), ("test", kept.test))
        if len(places)
        for what, values in (("inputs", images[places]), ("targets", _at(targets, places)))
    }
    units: Any = {head.name: head.units for head in whole.heads} if name in WITH_WIDTH else whole.units
    if tested is not None:
        more, their = tested
        checked = dataset(more, their, kinds, origin=f"the test split of {origin}", standardize=standardize)
        wanted = checked.examples if test is None else selection.count_of(test, checked.examples)
        if not 1 <= wanted <= checked.examples:
            raise DataError(f"{name}_test_imgs.npy has {checked.examples} images, got test={test}; ask for 1 to all")
        places = np.arange(checked.examples)
        places = selection.subset(places, _strata(checked), wanted, subset, selection.TEST, draw)
        held |= {"test_inputs": more[places], "test_targets": their[places]}
        units = max(units, checked.units) if kind == "classes" else units
    return dataset(images[kept.train], _at(targets, kept.train), kinds, units=units, origin=origin,
                   standardize=standardize, **held)  # fmt: skip


def _own_test(root: Path, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Images and labels of a test split in files of its own, where there are both of them."""
    names = [f"{name}_test_{part}.npy" for part in ("imgs", "labs")]
    if name in WITH_WIDTH or not all((root / file).is_file() for file in names):
        return None
    return read_array(root, names[0]), read_array(root, names[1])


def _strata(whole: Dataset) -> np.ndarray:
    """The class of each example of a set; of several heads, by the first."""
    first = whole.heads[0]
    return selection.strata(by_head(whole.targets, whole.heads)[first.name], first.kind)


def _at(targets: Any, places: np.ndarray) -> Any:
    if isinstance(targets, dict):
        return {head: values[places] for head, values in targets.items()}
    return targets[places]


def whereabouts(name: str) -> Path | None:
    """The folder below SEEDBED_DATA, or itself, that has all files of one of the course's sets; None where none has."""
    own = os.environ.get(VARIABLE)
    parts = ("imgs", "labs", "width") if name in WITH_WIDTH else ("imgs", "labs")
    folders = [Path(own, COURSE), Path(own)] if own else []
    return next((root for root in folders if all((root / f"{name}_{part}.npy").is_file() for part in parts)), None)


def _check_width(one: Dataset, origin: str) -> None:
    """Widths are one number for each example, from 0 to the longest side of an image, which every shape fits."""
    if one.heads[1].units != 1:
        raise DataError(
            f'head "width" of {origin} has {one.heads[1].units} numbers for each example; give one, of shape (example,)'
        )
    width, most = one.targets[:, 1], max(one.shape)
    bad = (width < 0) | (width > most)
    if bad.any():
        raise DataError(
            f'head "width" of {origin} holds {width[bad][0]:g} at index {int(np.flatnonzero(bad)[0])}, the images are '
            f"{' x '.join(map(str, one.shape))}; give widths from 0 to {most}"
        )


def read_array(root: Path, file: str) -> np.ndarray:
    """The array in one npy file of a folder. Raises DataError where it is missing, damaged or pickled."""
    path = root / file
    if path.is_dir():
        raise DataError(f"{path} is a folder, a file is needed; give the folder that has it")
    if not path.is_file():
        raise DataError(f"no {file} in {root}, {_holds(root)}; give the folder that has it")
    try:
        with path.open("rb") as opened:
            shape, kind = _announced(opened)
            wanted, has = math.prod(shape) * kind.itemsize, path.stat().st_size - opened.tell()
            if kind.hasobject or wanted == has:
                opened.seek(0)
                return np.lib.format.read_array(opened, allow_pickle=False)
        told = f"{wanted:,} bytes of {kind}" if wanted < MOST_TOLD else f"the shape {shown(shape)}"
        reason = f"is not a whole npy file: it announces {told} and has {has:,} bytes"
        raise DataError(f"{path} {reason}; save it again with numpy.save from an array of numbers")
    except (
        ValueError,
        EOFError,
        OverflowError,
        MemoryError,
        SyntaxError,
        TypeError,
        RecursionError,
        TokenError,
        KeyError,
    ) as error:  # whatever a header that nobody has written by numpy.save makes of its reader
        pickled = "allow_pickle" in str(error)
        reason = "holds pickled objects, which are never opened" if pickled else "is not a whole npy file"
        raise DataError(f"{path} {reason}; save it again with numpy.save from an array of numbers") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}; put that right and try again") from error


def _announced(opened: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type in the header of an npy file. Raises ValueError for another format."""
    version = np.lib.format.read_magic(opened)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = read(opened)
    if version > (3, 0) or any(length < 0 for length in shape):
        raise ValueError
    return shape, kind


def _holds(root: Path) -> str:
    if not root.is_dir():
        return "which is not a folder"
    names = sorted(path.name for path in root.iterdir())
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return f"it holds {shown}" if names else "it is empty"
