"""Members that begin with the same arrays under different seeds: told apart by a digest of what each one starts from.

Copies are no independent members. `record` looks for them among the seeds of a setting, and statistics leave them out.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from seedbed.spec import Spec
from seedbed.vocabulary import Part

NOISE = ("rrelu",)  # activations that draw at every step


def start_decides(spec: Spec, fresh: bool, examples: int) -> bool:
    """Whether members with equal starts are copies of one another, on so many examples, their own where `fresh`.

    Not where the start is common on purpose, which only a named initializer can ask for (constant weights, a deviation
    of 0, `draw=`), and the seed still stands for something else: data of each member's own, the order of examples, or
    noise. Without a named initializer an equal start means that the key was not used.
    """
    on_purpose = spec.initializer is not None and spec.initializer.function is None
    ordered = spec.at_once is not None and spec.at_once < examples
    return not (on_purpose and (fresh or ordered or _draws(spec.model)))


def digests(arrays: Sequence[Any], lanes: np.ndarray) -> np.ndarray:
    """A number `(lane,)` for what each of these lanes holds: equal where all arrays `(lane, ...)` are, bit by bit."""
    rows = [np.ascontiguousarray(np.asarray(array)) for array in arrays]
    found = [hashlib.blake2b(b"".join(row[lane].tobytes() for row in rows), digest_size=8).digest() for lane in lanes]
    return np.frombuffer(b"".join(found), np.int64)


def _draws(model: Part) -> bool:
    options = dict(model.options)
    activation = options.get("activation")
    noisy = isinstance(activation, Part) and activation.name in NOISE and activation.function is None
    return noisy or options.get("dropout") is not None or model.function is not None
