"""The C++ loop of floor.cpp, compiled here for this processor and checked against NumPy before it is timed."""

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import dense_numpy
from benchmarks.problem import RATE, SHAPES, AbsentError, images, microseconds, weights

FLAGS = ("-O3", "-march=native", "-ffast-math", "-std=c++17", "-shared", "-fPIC", "-pthread", "-Wno-psabi")
# GCC otherwise keeps to half the register width on processors that slow down under the full one
WIDE = "-mprefer-vector-width=512"
Array = np.ndarray
CHECKED_STEPS, TOLERANCE = 50, 1e-3


def compiler() -> str:
    """The C++ compiler of this machine."""
    for name in ("g++", "clang++", "c++"):
        if path := shutil.which(name):
            return path
    raise AbsentError("no C++ compiler (g++, clang++ or c++)")


def build(folder: Path) -> Any:
    """The compiled loop, as a function of arrays: `train(packed, x, y, steps, threads) -> (loss, accuracy)`."""
    library, source = folder / "floor.so", Path(__file__).with_name("floor.cpp")
    ends = (str(source), "-o", str(library), "-lm")
    if _compile(*FLAGS, WIDE, *ends) and (complaint := _compile(*FLAGS, *ends)):
        raise AbsentError(f"floor.cpp does not compile: {complaint}")
    function = ctypes.CDLL(str(library)).train
    function.restype = None

    def train(packed: Array, x: Array, y: Array, steps: int, threads: int) -> tuple[Array, Array]:
        members = packed.shape[1]
        loss, accuracy = np.zeros(members, np.float32), np.zeros(members, np.float32)
        function(pointer(packed), pointer(x), pointer(y), members, len(x), steps, ctypes.c_float(RATE), threads,
                 pointer(loss), pointer(accuracy))  # fmt: skip
        return loss, accuracy

    return train


def _compile(*options: str) -> str:
    """What the compiler complains of, if it fails."""
    made = subprocess.run((compiler(), *options), capture_output=True, text=True, check=False)
    return (made.stderr.strip().splitlines() or ["no words"])[-1] if made.returncode else ""


def pointer(array: np.ndarray) -> Any:
    return np.ctypeslib.as_ctypes(array.reshape(-1))


def pack(w: dict[str, np.ndarray]) -> np.ndarray:
    """Weights (73, members), the member axis last."""
    return np.ascontiguousarray(np.concatenate([w[name].reshape(len(w[name]), -1) for name in SHAPES], axis=1).T)


def disagreement(train: Any, members: int, threads: int) -> float:
    """The largest difference from NumPy in any weight, loss or accuracy after some steps."""
    (x, y), w = images(), weights(members)
    packed = pack(w)
    loss, accuracy = train(packed, x, y, CHECKED_STEPS, threads)
    worst = 0.0
    for member in range(members):
        own = {name: value[member] for name, value in w.items()}
        after, own_loss, own_accuracy = dense_numpy.train(own, x, y, CHECKED_STEPS)
        wanted = np.concatenate([after[name].reshape(-1) for name in SHAPES])
        gaps = (packed[:, member] - wanted, loss[member] - own_loss, accuracy[member] - own_accuracy)
        worst = max(worst, *(float(np.abs(gap).max()) for gap in gaps))
    return worst


def measure(steps: int, members: int, threads: int) -> dict[str, Any]:
    """Check, then time."""
    with tempfile.TemporaryDirectory() as folder:
        train = build(Path(folder))
        gap = disagreement(train, members, threads)
        if gap > TOLERANCE:
            raise ArithmeticError(f"floor.cpp differs from NumPy by {gap:.2g} after {CHECKED_STEPS} steps")
        x, y = images()
        packed = pack(weights(members))
        return {**microseconds(lambda: train(packed, x, y, steps, threads), steps * members), "differs_by": gap}
