"""A user's own sets under the names the course gives them: `NAME_imgs.npy` and `NAME_labs.npy` in one folder.

The course's files are not shipped; copies are read from wherever a user keeps them. Pickled arrays are refused,
because reading one can run any program.
"""

from pathlib import Path

import numpy as np

from seedbed.datasets.dataset import Dataset, dataset
from seedbed.errors import DataError


def files(folder: str | Path, name: str) -> Dataset:
    """The images `(example, *shape)` and labels in {0, 1} `(example,)` of one named set. Raises DataError."""
    root = Path(folder)
    images, labels = _array(root, f"{name}_imgs.npy"), _array(root, f"{name}_labs.npy")
    return dataset(images, labels, "binary", origin=f"{root / name}_*.npy")


def _array(root: Path, file: str) -> np.ndarray:
    path = root / file
    if not path.is_file():
        raise DataError(f"no {file} in {root}, {_holds(root)}; give the folder and the name of the set")
    try:
        with path.open("rb") as opened:
            return np.lib.format.read_array(opened, allow_pickle=False)
    except (ValueError, EOFError) as error:
        pickled = "allow_pickle" in str(error)
        reason = "holds pickled objects, which are never opened" if pickled else "is not a whole npy file"
        raise DataError(f"{path} {reason}; save it again with numpy.save from an array of numbers") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}; put that right and try again") from error


def _holds(root: Path) -> str:
    if not root.is_dir():
        return "which is not a folder"
    names = sorted(path.name for path in root.iterdir())
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return f"it holds {shown}" if names else "it is empty"
