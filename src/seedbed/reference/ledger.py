"""What a run writes down: traces on their grid of steps, the final values, and when and why each member stopped.

The ledger owns its arrays and fills them row by row as training goes on; `block` hands them over as a record's block.
What a member showed at its last step is its final value, whether or not that step is traced.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from seedbed import copies
from seedbed.record import START, Block
from seedbed.reference.network import Network, Weights
from seedbed.reference.twin import Array
from seedbed.resolve import Resolved, last_missed
from seedbed.vocabulary.probes import AT_THE_END, DIMS, LABELS


class Ledger:
    """Arrays of one run, member axis first; NaN where nothing was, or will ever be, measured."""

    def __init__(
        self, seeds: np.ndarray, grid: np.ndarray, judged: np.ndarray, network: Network, resolved: Resolved
    ) -> None:
        self._seeds, self._grid, self._judged, self._network = seeds, grid, judged, network
        self._axes, self._labels = {**DIMS, **resolved.class_dims}, {**LABELS, **resolved.class_labels}
        self._dims: dict[str, tuple[str, ...]] = {}
        self._arrays: dict[str, np.ndarray] = {
            "hit_step": np.full(len(seeds), np.nan),
            "diverged_step": np.full(len(seeds), np.nan),
            "stop_step": np.zeros(len(seeds), np.int64),
        }

    def begun(self, weights: Weights) -> None:
        """Write down what the members begin with, as a digest: equal ones are copies."""
        arrays = [array for layer in weights for array in layer.values()]
        self._arrays[START] = copies.digests(arrays, np.arange(len(self._seeds)))

    def wants(self, step: int) -> bool:
        """Whether traces are kept at this step."""
        return step in self._grid

    def judges(self, step: int) -> bool:
        """Whether whole splits are judged at this step."""
        return step in self._judged

    def trace(self, step: int, members: np.ndarray, values: Mapping[str, Array]) -> None:
        """Write values of these members (rows of the block) into their traces, if the grid has this step."""
        if not self.wants(step):
            return
        column = np.searchsorted(self._grid, step)
        for name, value in values.items():
            self._make_room(name, value)
            if name not in AT_THE_END:
                self._arrays[name][members, column] = value

    def close(self, step: int, members: np.ndarray, values: Mapping[str, Array]) -> None:
        """Write down these members' last step."""
        self._arrays["stop_step"][members] = step
        for name, value in values.items():
            self._arrays[f"final_{name}"][members] = value

    def mark(self, event: str, step: int, members: np.ndarray) -> None:
        """Write down the step of an event, "hit_step" or "diverged_step"."""
        self._arrays[event][members] = step

    def block(self, meta: Mapping[str, Any], scheduled: bool) -> Block:
        """Everything written down, as a block of a record; with `hit_after` where targets are judged on a schedule."""
        if scheduled:
            hit, stop = self._arrays["hit_step"], self._arrays["stop_step"]
            self._arrays["hit_after"] = last_missed(hit, stop, self._judged)
        used = {dim for dims in self._dims.values() for dim in dims}
        own = {"step": self._grid.tolist(), "layer": self._network.layers, "hidden": self._network.hidden}
        coords = {dim: named for dim, named in {**own, **self._labels}.items() if dim in used}
        return Block(self._seeds, self._arrays, self._dims, coords, meta)

    def _make_room(self, name: str, value: Array) -> None:
        """Arrays for a quantity that is heard of for the first time: at step 0, which every grid has."""
        if f"final_{name}" in self._arrays:
            return
        members, axes = len(self._seeds), self._axes.get(name, ())
        self._arrays[f"final_{name}"] = np.full((members, *value.shape[1:]), np.nan)
        self._dims[f"final_{name}"] = axes
        if name not in AT_THE_END:
            self._arrays[name] = np.full((members, len(self._grid), *value.shape[1:]), np.nan)
            self._dims[name] = ("step", *axes)
