"""What a run writes down: traces on their grid of steps, the final values, and when and why each member stopped.

The ledger owns its arrays and fills them row by row as training goes on; `block` hands them over as a record's block.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from seedbed.record import Block
from seedbed.reference.probes import LAYERED
from seedbed.reference.twin import Array


class Ledger:
    """Arrays of one run, member axis first; NaN where nothing was, or will ever be, measured."""

    def __init__(
        self, seeds: np.ndarray, grid: np.ndarray, layers: tuple[str, ...], measured: list[str], probes: list[str]
    ) -> None:
        self._seeds, self._grid, self._layers = seeds, grid, layers
        self._dims: dict[str, tuple[str, ...]] = {}
        self._arrays: dict[str, np.ndarray] = {
            "hit_step": np.full(len(seeds), np.nan),
            "diverged_step": np.full(len(seeds), np.nan),
            "stop_step": np.zeros(len(seeds), np.int64),
        }
        for name in [*measured, *probes]:
            axes, sizes = (("layer",), (len(layers),)) if name in LAYERED else ((), ())
            self._arrays[name] = np.full((len(seeds), len(grid), *sizes), np.nan)
            self._arrays[f"final_{name}"] = np.full((len(seeds), *sizes), np.nan)
            self._dims |= {name: ("step", *axes), f"final_{name}": axes}

    def wants(self, step: int) -> bool:
        """Whether traces are kept at this step."""
        return step in self._grid

    def trace(self, step: int, members: np.ndarray, values: Mapping[str, Array]) -> None:
        """Write values of these members (rows of the block) into their traces, if the grid has this step."""
        if self.wants(step):
            column = np.searchsorted(self._grid, step)
            for name, value in values.items():
                self._arrays[name][members, column] = value

    def close(self, step: int, members: np.ndarray, measured: Mapping[str, Array], probes: Mapping[str, Array]) -> None:
        """Write down these members' last step; a probe is also kept at the first step of the grid from here on."""
        column = np.searchsorted(self._grid, step)
        self._arrays["stop_step"][members] = step
        for name, value in {**measured, **probes}.items():
            self._arrays[f"final_{name}"][members] = value
        for name, value in probes.items():
            self._arrays[name][members, column] = value

    def mark(self, event: str, step: int, members: np.ndarray) -> None:
        """Write down the step of an event, "hit_step" or "diverged_step"."""
        self._arrays[event][members] = step

    def block(self, meta: Mapping[str, Any]) -> Block:
        """Everything written down, as a block of a record."""
        coords = {"step": self._grid.tolist(), "layer": list(self._layers)}
        return Block(self._seeds, self._arrays, self._dims, coords, meta)
