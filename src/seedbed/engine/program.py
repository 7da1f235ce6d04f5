"""The two compiled programs of a group, one that draws lanes and one that trains them, and how the host runs them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from seedbed.engine import devices, plan
from seedbed.engine.lanes import Lanes, Layout, RngKeys
from seedbed.engine.shapes import DataArrays

MEMBERS, EVERYWHERE = P(devices.AXIS), P()
DRAWN = "initializer"


@dataclass(frozen=True)
class Program:
    """A group's programs, with what the host must know to use them; `name` says what they compute, and on what.

    `drawn_by` names the dials that the drawing program takes, in its order.
    """

    name: str
    layout: Layout
    mesh: Mesh
    drawn_by: tuple[str, ...]
    drawn: Callable[..., Any]
    trained: Callable[..., Any]
    compile_seconds: float

    def start(self, seeds: Any, dials: Any) -> tuple[Lanes, RngKeys]:
        """Draw lanes. The program gives arrays in a row, so that other groups can share it."""
        drawn = self.drawn(seeds, *(dials[name] for name in self.drawn_by))
        return jax.tree.unflatten(self.layout.structure, drawn)

    def train(
        self, lanes: Lanes, rng_keys: RngKeys, dials: Any, data_arrays: DataArrays, rows: plan.Rows, cap: Any
    ) -> Any:
        """Train lanes for a chunk: (lanes, what each row showed). The lanes that were given are used up."""
        return self.trained(lanes, rng_keys, trained_by(dials), data_arrays, rows, cap)

    @property
    def sizes(self) -> plan.Sizes:
        """The numbers it was planned by."""
        return self.layout.sizes

    @property
    def lanes(self) -> int:
        """Lanes in all: the width times the devices."""
        return self.sizes.width * self.mesh.size

    def on_members(self, tree: Any) -> Any:
        """Put arrays on the devices, sharded over their first axis."""
        return jax.device_put(tree, NamedSharding(self.mesh, MEMBERS))

    def everywhere(self, tree: Any) -> Any:
        """Put arrays on every device."""
        return jax.device_put(tree, NamedSharding(self.mesh, EVERYWHERE))


def trained_by(dials: Mapping[str, Any]) -> dict[str, Any]:
    """The dials that training needs: all but those of the initial draw."""
    return {path: value for path, value in dials.items() if not path.startswith(f"{DRAWN}.")}
