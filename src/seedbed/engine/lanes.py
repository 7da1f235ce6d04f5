"""The lanes of a pack as they lie between two chunks, and what the host must know of them.

Networks and the states of their optimizers cross as bare arrays in a row: what they are part of, an Equinox model for
instance, is known only where a program is traced. A program kept from an earlier process needs none of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax

from seedbed.engine.plan import Sizes
from seedbed.resolve import Resolved

NEVER = -1


class RngKeys(NamedTuple):
    """The keys a member needs while it trains: the order of its examples, and noise inside its layers."""

    order: Any
    noise: Any


class Lanes(NamedTuple):
    """Members between two chunks: their arrays, when each arrived, diverged and stopped, and its last measures."""

    arrays: tuple[Any, ...]
    hit_step: Any
    diverged_step: Any
    stop_step: Any
    last: dict[str, Any]


@dataclass(frozen=True)
class Layout:
    """What the host must know of a group's lanes.

    sizes     the planning numbers
    arrays    how many arrays a network and the state of its optimizer are
    metrics   names of what is known at every step
    resolved  what the question means on its data: names, and when splits are judged
    probes    names of the probes, each with its axes beside the step
    layers    labels of the layers that hold weights, `hidden` of the activations between them
    own_data  whether each member has its own data
    """

    sizes: Sizes
    arrays: int
    metrics: tuple[str, ...]
    resolved: Resolved
    probes: Mapping[str, tuple[str, ...]]
    layers: tuple[str, ...]
    hidden: tuple[str, ...]
    own_data: bool

    @property
    def structure(self) -> Any:
        """How the arrays of a pack, all in a row, make up (lanes, rng_keys)."""
        return jax.tree.structure((Lanes((0,) * self.arrays, 0, 0, 0, dict.fromkeys(self.metrics, 0)), RngKeys(0, 0)))
