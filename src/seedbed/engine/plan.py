"""From a grid of settings to groups, cohorts and chunks. Numbers only: no arrays, no jax.

A group is all members that share a recipe, hence a compiled program. A cohort is as many of them as memory holds at
once. The width (lanes per device) and how many lanes go into one product follow from the recipe alone, so that a
member's numbers do not depend on how many others were asked for, nor on the number of devices.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from seedbed.spec import Setting, Spec, canonical_json

MAX_WIDTH = 128
STATE_BYTES = 256 * 2**20  # all lanes of a device: weights, state of the optimizer, own data
PRODUCT_BYTES = 8 * 2**20  # lanes in one product: what a step touches should stay near the caches
PARTS = 8  # products in a pack at most: more would only be more lanes to fill up where few members are left
COHORT_BYTES = 768 * 2**20  # all members trained side by side: states and traces
BLOCK = 256  # seeds of one setting in one stored block
ROWS = 32  # rows of a chunk


@dataclass(frozen=True)
class PlannedBlock:
    """Seeds of one setting that are trained and stored together."""

    setting: int
    spec: Spec
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Group:
    """Blocks of one recipe."""

    spec: Spec
    planned_blocks: tuple[PlannedBlock, ...]

    @property
    def members(self) -> int:
        """How many networks."""
        return sum(len(planned.seeds) for planned in self.planned_blocks)


@dataclass(frozen=True)
class Sizes:
    """The planning numbers of a recipe: lanes per device, lanes in one product, members side by side."""

    width: int
    at_once: int
    cohort: int


def limits() -> tuple[int, ...]:
    """What the planning numbers of a recipe follow from, beside the recipe."""
    return MAX_WIDTH, STATE_BYTES, PRODUCT_BYTES, PARTS, COHORT_BYTES, ROWS


def groups(settings: Sequence[Setting], missing: Sequence[Sequence[int]]) -> list[Group]:
    """The groups that train `missing[i]` seeds of `settings[i]`, in the order of the settings.

    Members of a group share its data, so settings that differ in a number of their data are groups of their own.
    """
    by_recipe: dict[tuple[str, int, str], list[PlannedBlock]] = {}
    for index, (setting, seeds) in enumerate(zip(settings, missing, strict=True)):
        key = (setting.spec.recipe(), setting.spec.steps, canonical_json(setting.spec.data.canonical()))
        by_recipe.setdefault(key, []).extend(PlannedBlock(index, setting.spec, part) for part in _consecutive(seeds))
    return [Group(found[0].spec, tuple(found)) for found in by_recipe.values() if found]


def cohorts(group: Group, size: int) -> Iterator[tuple[PlannedBlock, ...]]:
    """The group's blocks, as many at a time as `size` members allow, at least one."""
    waiting: list[PlannedBlock] = []
    for planned in group.planned_blocks:
        if waiting and sum(len(one.seeds) for one in waiting) + len(planned.seeds) > size:
            yield tuple(waiting)
            waiting = []
        waiting.append(planned)
    yield tuple(waiting)


def sizes(state_bytes: int, work_bytes: int, trace_bytes: int, devices: int) -> Sizes:
    """The planning numbers for a member of so many bytes of state, of intermediate results, of traces."""
    width = _power_below(STATE_BYTES / max(state_bytes, 1), MAX_WIDTH)
    at_once = _power_below(PRODUCT_BYTES / max(work_bytes, 1), width)
    width = min(width, PARTS * at_once)
    lanes = width * devices
    cohort = max(int(COHORT_BYTES / (state_bytes + trace_bytes)) // lanes, 1) * lanes
    return Sizes(width, at_once, cohort)


def lane_index(members: int, sizes: Sizes, devices: int) -> np.ndarray:
    """The lanes that so many members take: as many on every device, there from the first lane on."""
    share = -(-members // devices)
    device, lane = np.divmod(np.arange(members), max(share, 1))
    return device * sizes.width + lane


def sequential_products(taken: np.ndarray, sizes: Sizes) -> int:
    """How many products the busiest device makes of a step, one after the other, while members run in these lanes."""
    device, lane = np.divmod(taken, sizes.width)
    products = np.unique(np.stack([device, lane // sizes.at_once]), axis=1)
    return int(np.bincount(products[0]).max(initial=0))


class Rows(NamedTuple):
    """The rows of a chunk: row i trains from stops[i] up to stops[i + 1], and `looks[i]` says what is looked at there.

    0: nothing; JUDGED: the whole splits; PROBED: the probes, of which a trace is kept; TRACED: both.
    """

    stops: Any
    looks: Any


JUDGED, PROBED, TRACED = 1, 2, 3


def chunk_rows(
    grid: np.ndarray, judged: np.ndarray, at: int, steps: int, cap: int
) -> tuple[Rows, np.ndarray]:  # fmt: skip
    """The rows of a chunk that begins at step `at` and makes about `steps` steps, and the grid index of each.

    A row begins at every step of `grid`, on which traces are kept, and of `judged`, on which whole splits are judged.
    The last row is always empty: it looks at those that stopped in between. Rows off the grid have index -1.
    """
    end = min(at + max(steps, 1), cap + 1)
    rising = np.union1d(grid, judged)
    rows = [int(step) for step in rising[slice(*np.searchsorted(rising, [at, end]))]]
    starts = rows if rows and rows[0] == at else [at, *rows]
    if len(starts) > ROWS - 1:
        end, starts = starts[ROWS - 1], starts[: ROWS - 1]
    rest = ROWS - len(starts)
    traced = np.isin(starts, grid)
    looks = np.where(traced, PROBED, 0) + np.where(np.isin(starts, judged), JUDGED, 0)
    index = np.where(traced, np.searchsorted(grid, starts), -1)
    stops = np.array([*starts, *[end] * (rest + 1)], np.int32)
    return Rows(stops, np.pad(looks, (0, rest)).astype(np.int32)), np.pad(index, (0, rest), constant_values=-1)


def _consecutive(seeds: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Runs of consecutive seeds, cut at multiples of the block size."""
    run: list[int] = []
    for seed in sorted(seeds):
        if run and (seed != run[-1] + 1 or seed % BLOCK == 0):
            yield tuple(run)
            run = []
        run.append(seed)
    if run:
        yield tuple(run)


def _power_below(limit: float, most: int) -> int:
    power = 1
    while power * 2 <= min(limit, most):
        power *= 2
    return power
