"""Train a group: cohorts of members, packed into lanes, chunk after chunk, back to the host in between.

Between chunks finished members are dropped and the rest packed into fewer packs of the same width, progress is told,
and a checkpoint may be written. Where a member stands in a pack, and which members stand beside it, changes nothing
of its numbers.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import numpy as np

from seedbed import copies
from seedbed.datasets.dataset import Dataset
from seedbed.engine import devices, plan
from seedbed.engine.compiler import Pending
from seedbed.engine.lanes import NEVER, Lanes, RngKeys
from seedbed.engine.program import Program
from seedbed.engine.shapes import DataArrays, data_arrays_of
from seedbed.progress import Listener, Progress, silent
from seedbed.record import START, Block
from seedbed.resolve import judged_steps, last_missed
from seedbed.spec import recorded_steps
from seedbed.vocabulary.lengths import steps_per_epoch
from seedbed.vocabulary.probes import AT_THE_END, LABELS

FIRST_STEPS = 16
CHUNK_SECONDS = 1.5
CHECKPOINT_SECONDS = 5.0


@runtime_checkable
class Keep(Protocol):
    """Where a cohort's checkpoints go."""

    def load_checkpoint(self, name: str) -> tuple[Mapping[str, np.ndarray], Mapping[str, Any]] | None:
        """The checkpoint of that name, or None."""
        ...

    def save_checkpoint(self, name: str, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> None:
        """Replace the checkpoint of that name."""
        ...

    def drop_checkpoint(self, name: str) -> None:
        """Remove the checkpoint of that name, if there is one."""
        ...


class Pack(NamedTuple):
    """Members that one call trains, one in each lane: which of the cohort, in which lanes, and their state."""

    member_index: np.ndarray
    lane_index: np.ndarray
    lanes: Lanes
    rng_keys: RngKeys
    dials: Any
    data_arrays: DataArrays


@dataclass
class Cohort:
    """Members trained side by side, and what is known of them so far. The only thing here that changes."""

    planned_blocks: tuple[plan.PlannedBlock, ...]
    seeds: np.ndarray
    dials: dict[str, np.ndarray]
    dataset: Dataset
    grid: np.ndarray
    judged: np.ndarray
    results: dict[str, np.ndarray]
    packs: list[Pack] = field(default_factory=list)
    at: int = 0


@dataclass
class ChunkTimer:
    """How fast a chunk goes, and how far the next one should."""

    steps: int = field(default_factory=lambda: FIRST_STEPS)
    per_step: float = 0.0

    def note(self, steps: int, seconds: float) -> None:
        """Learn from a chunk."""
        self.per_step = seconds / max(steps, 1)
        self.steps = int(np.clip(CHUNK_SECONDS / max(self.per_step, 1e-9), 1, 4 * self.steps))


def train(
    group: plan.Group, dataset_of: Any, pending: Pending, *, listen: Listener = silent, keep: Keep | None = None,
    mark: str = "", name: str = "", group_number: tuple[int, int] = (1, 1),
) -> Iterator[tuple[int, Block]]:  # fmt: skip
    """Train a group by its programs and yield (setting index, block) as they are finished.

    `dataset_of(seeds)` gives the data: the same for all seeds, or one set for each. `group_number` is which of all
    groups this is (from 1, of how many) and `name` what it is called, for progress. Checkpoints go to `keep`
    under names that begin with `mark`, which must tell apart everything that changes numbers.
    """
    tell = _Teller(listen, group, group_number, name)
    tell("compiling", 0, group.members)
    program = pending.program()
    for planned_blocks in plan.cohorts(group, program.sizes.cohort):
        began = time.perf_counter()
        cohort = _begin(program, planned_blocks, dataset_of)
        tell.epoch = 1 if group.spec.accumulates else steps_per_epoch(cohort.dataset.examples, group.spec.batch_size)
        own_mark = f"{mark}-{program.name}-{planned_blocks[0].setting}-{planned_blocks[0].seeds[0]}-{len(cohort.seeds)}"
        _resume(program, cohort, keep.load_checkpoint(own_mark) if keep else None)
        _train_cohort(program, cohort, tell, keep, own_mark)
        yield from _blocks(program, cohort, time.perf_counter() - began)
        if keep:
            keep.drop_checkpoint(own_mark)
        tell("stored", int(cohort.grid[-1]), 0)


def final_arrays(
    program: Program, planned_blocks: tuple[plan.PlannedBlock, ...], dataset: Dataset
) -> tuple[list[Any], tuple[np.ndarray, ...]]:  # fmt: skip
    """The arrays of a single member at its last step, and its (hit_step, diverged_step, stop_step)."""
    cohort, timer = _begin(program, planned_blocks, lambda _: dataset), ChunkTimer()
    _resume(program, cohort, None)
    (pack,), cap = cohort.packs, int(cohort.grid[-1])
    while (cohort.results["stop_step"] == NEVER).any():
        rows, index = plan.chunk_rows(cohort.grid, cohort.judged, cohort.at, timer.steps, cap)
        began = time.perf_counter()
        pack = _advance(program, cohort, pack, rows, index, cap)
        timer.note(int(rows.stops[-1] - rows.stops[0]), time.perf_counter() - began)
        cohort.at = int(rows.stops[-1])
    arrays = [array[pack.lane_index[0]] for array in pack.lanes.arrays]
    return arrays, tuple(_as_kept(name, cohort.results[name]) for name in ("hit_step", "diverged_step", "stop_step"))


def first_data(group: plan.Group, dataset_of: Any) -> Dataset:
    """The data of a group's first member: enough to compile for all."""
    return dataset_of(np.asarray(group.planned_blocks[0].seeds[:1]))


def _train_cohort(program: Program, cohort: Cohort, tell: "_Teller", keep: Keep | None, mark: str) -> None:
    timer, saved = ChunkTimer(), time.monotonic()
    while cohort.packs:
        began, first = time.perf_counter(), cohort.at

        def after(pack: Pack, end: int) -> None:
            tell("training", end, _alive(cohort), timer, _loss(program, pack))

        advance(program, cohort, timer.steps, after)
        timer.note(cohort.at - first, time.perf_counter() - began)
        if keep and cohort.packs and time.monotonic() - saved > CHECKPOINT_SECONDS:
            keep.save_checkpoint(mark, *_snapshot(cohort))
            saved = time.monotonic()


def begin(program: Program, planned_blocks: tuple[plan.PlannedBlock, ...], dataset_of: Any) -> Cohort:
    """A cohort whose members are drawn, and have made no step."""
    cohort = _begin(program, planned_blocks, dataset_of)
    _resume(program, cohort, None)
    return cohort


def advance(program: Program, cohort: Cohort, steps: int, after: Callable[[Pack, int], None]) -> None:
    """Train a cohort for a chunk of about so many steps, and drop the members that finished.

    `after(pack, step)` is called when a pack has reached the end of the chunk, before its finished members are dropped.
    """
    rows, index = plan.chunk_rows(cohort.grid, cohort.judged, cohort.at, steps, int(cohort.grid[-1]))
    end = int(rows.stops[-1])
    for number, pack in enumerate(cohort.packs):
        cohort.packs[number] = _advance(program, cohort, pack, rows, index, int(cohort.grid[-1]))
        after(cohort.packs[number], end)
    cohort.at = end
    _repack(program, cohort)


def turn(program: Program, cohort: Cohort, dials: Mapping[str, np.ndarray]) -> None:
    """Give the members of a cohort other dials, one number each, from their next step on."""
    cohort.dials = {path: np.asarray(values, np.float32) for path, values in dials.items()}
    for number, pack in enumerate(cohort.packs):
        padded = _padded(pack.member_index, pack.lane_index, program.lanes)
        placed = program.on_members({path: values[padded] for path, values in cohort.dials.items()})
        cohort.packs[number] = pack._replace(dials=placed)


def _begin(program: Program, planned_blocks: tuple[plan.PlannedBlock, ...], dataset_of: Any) -> Cohort:
    seeds = np.concatenate([np.asarray(planned.seeds, np.uint32) for planned in planned_blocks])
    counts = [len(planned.seeds) for planned in planned_blocks]
    dialled = [planned.spec.dials() for planned in planned_blocks]
    dials = {path: np.repeat(np.array([one[path] for one in dialled], np.float32), counts) for path in dialled[0]}
    spec = planned_blocks[0].spec
    grid = recorded_steps(spec)
    never = np.full(len(seeds), NEVER, np.int32)
    results: dict[str, np.ndarray] = {"hit_step": never, "diverged_step": never.copy(), "stop_step": never.copy()}
    judged, dataset = judged_steps(spec, program.layout.resolved), dataset_of(seeds)
    if copies.start_decides(spec, dataset.fresh, dataset.examples):
        results[START] = np.zeros(len(seeds), np.int64)
    return Cohort(planned_blocks, seeds, dials, dataset, grid, judged, results)


def _resume(program: Program, cohort: Cohort, saved: Any) -> None:
    """Take up a checkpoint of the same members, or draw them."""
    member_index = np.arange(len(cohort.seeds))
    if saved is None or not np.array_equal(saved[0].get("seeds"), cohort.seeds):
        cohort.packs = [_draw(program, cohort, part) for part in _parts(member_index, program.lanes)]
        return
    arrays, meta = saved
    cohort.at = int(meta["at"])
    cohort.results = {
        name.removeprefix("found/"): np.array(a) for name, a in arrays.items() if name.startswith("found/")
    }
    structure = program.layout.structure
    states = jax.tree.unflatten(structure, [arrays[f"leaf/{number}"] for number in range(structure.num_leaves)])
    cohort.packs = _pack(program, cohort, arrays["places"], states)


def _draw(program: Program, cohort: Cohort, member_index: np.ndarray) -> Pack:
    """A pack of freshly drawn members."""
    lane_index = _lane_index(program, len(member_index))
    padded = _padded(member_index, lane_index, program.lanes)
    dials = program.on_members({path: values[padded] for path, values in cohort.dials.items()})
    lanes, rng_keys = program.start(program.on_members(cohort.seeds[padded]), dials)
    stop_step = program.on_members(_unused_stopped(np.asarray(lanes.stop_step), lane_index))
    if START in cohort.results:
        cohort.results[START][member_index] = copies.digests(lanes.arrays, lane_index)
    lanes = lanes._replace(stop_step=stop_step)
    return Pack(member_index, lane_index, lanes, rng_keys, dials, _data_arrays(program, cohort, padded))


def _pack(program: Program, cohort: Cohort, member_index: np.ndarray, states: Any) -> list[Pack]:
    """Packs for members whose states lie on the host, in the order of `member_index`."""
    packs: list[Pack] = []
    for part in _parts(np.arange(len(member_index)), program.lanes):
        lane_index = _lane_index(program, len(part))
        rows = _padded(part, lane_index, program.lanes)
        lanes, rng_keys = jax.tree.map(lambda a, rows=rows: a[rows], states)
        lanes = lanes._replace(stop_step=_unused_stopped(lanes.stop_step, lane_index))
        lanes, rng_keys = program.on_members((lanes, rng_keys))
        padded = member_index[rows]
        dials = program.on_members({path: values[padded] for path, values in cohort.dials.items()})
        packs.append(
            Pack(member_index[part], lane_index, lanes, rng_keys, dials, _data_arrays(program, cohort, padded))
        )
    return packs


def _data_arrays(program: Program, cohort: Cohort, padded: np.ndarray) -> DataArrays:
    data_arrays = data_arrays_of(cohort.dataset, padded)
    return program.on_members(data_arrays) if program.layout.own_data else program.everywhere(data_arrays)


def _advance(
    program: Program, cohort: Cohort, pack: Pack, rows: plan.Rows, index: np.ndarray, cap: int
) -> Pack:  # fmt: skip
    """Train one pack for a chunk and write down what it showed."""
    lanes, shown = program.train(pack.lanes, pack.rng_keys, pack.dials, pack.data_arrays,
                                 program.everywhere(rows), program.everywhere(np.int32(cap)))  # fmt: skip
    used = pack.lane_index
    facts = {name: np.asarray(getattr(lanes, name))[used] for name in ("hit_step", "diverged_step", "stop_step")}
    was = cohort.results["stop_step"][pack.member_index]
    for name, values in facts.items():
        cohort.results[name][pack.member_index] = values
    ended = (was == NEVER) & (facts["stop_step"] != NEVER)
    resolved, judged = program.layout.resolved, np.where(rows.looks & plan.JUDGED, index, -1)
    by_split = {*resolved.row_names, *resolved.on_split}
    for names, at in ((by_split, judged), (shown.keys() - by_split, index)):
        _write_rows(cohort, pack.member_index, at, {name: np.asarray(shown[name])[used] for name in sorted(names)})
    final = {name: np.asarray(value)[used] for name, value in lanes.last.items()}
    looked = _looked_at(rows, facts["stop_step"])
    final |= {name: np.asarray(a)[used, looked].astype(np.float32) for name, a in shown.items() if name not in final}
    for name, values in final.items():
        _final(cohort, name, values)[pack.member_index[ended]] = values[ended]
    return pack._replace(lanes=lanes)


def _looked_at(rows: plan.Rows, stop_step: np.ndarray) -> np.ndarray:
    """The row that looked at each member's last step: the one that begins there and keeps traces, else the last."""
    traced = (rows.looks == plan.TRACED) & (rows.stops[:-1] == stop_step[:, None])
    return np.where(traced.any(axis=1), traced.argmax(axis=1), len(rows.looks) - 1)


def _write_rows(cohort: Cohort, member_index: np.ndarray, index: np.ndarray, rows: dict[str, np.ndarray]) -> None:
    kept = np.flatnonzero(index >= 0)
    stop = cohort.results["stop_step"][member_index]
    after = (stop[:, None] != NEVER) & (cohort.grid[index[kept]][None, :] > stop[:, None])
    for name, values in rows.items():
        if name not in AT_THE_END:
            values = values.astype(np.float32)
            gone = after.reshape(*after.shape, *(1,) * (values.ndim - 2))
            shown = np.where(gone, np.float32(np.nan), values[:, kept])
            _trace(cohort, name, values)[np.ix_(member_index, index[kept])] = shown


def _trace(cohort: Cohort, name: str, like: np.ndarray) -> np.ndarray:
    if name not in cohort.results:
        shape = (len(cohort.seeds), len(cohort.grid), *like.shape[2:])
        cohort.results[name] = np.full(shape, np.nan, np.float32)
    return cohort.results[name]


def _final(cohort: Cohort, name: str, like: np.ndarray) -> np.ndarray:
    if f"final_{name}" not in cohort.results:
        cohort.results[f"final_{name}"] = np.full((len(cohort.seeds), *like.shape[1:]), np.nan, np.float32)
    return cohort.results[f"final_{name}"]


def _repack(program: Program, cohort: Cohort) -> None:
    """Drop finished members; when the rest would be trained in fewer products, pack it anew."""
    alive = [cohort.results["stop_step"][pack.member_index] == NEVER for pack in cohort.packs]
    going = np.arange(sum(int(mask.sum()) for mask in alive))
    pairs = list(zip(cohort.packs, alive, strict=True))
    products = sum(plan.sequential_products(pack.lane_index[mask], program.sizes) for pack, mask in pairs)
    packed = [_lane_index(program, len(part)) for part in _parts(going, program.lanes)]
    if sum(plan.sequential_products(lanes, program.sizes) for lanes in packed) < products:
        cohort.packs = _pack(program, cohort, *_gather(cohort))
    else:
        cohort.packs = [pack for pack, mask in pairs if mask.any()]


def _gather(cohort: Cohort) -> tuple[np.ndarray, Any]:
    """All members still running: which of the cohort they are, and their states on the host."""
    chosen = [np.flatnonzero(cohort.results["stop_step"][pack.member_index] == NEVER) for pack in cohort.packs]
    member_index = np.concatenate([pack.member_index[rows] for pack, rows in zip(cohort.packs, chosen, strict=True)])
    states = [jax.tree.map(lambda a, taken=pack.lane_index[rows]: np.asarray(a)[taken], (pack.lanes, pack.rng_keys))
              for pack, rows in zip(cohort.packs, chosen, strict=True)]  # fmt: skip
    return member_index, jax.tree.map(lambda *parts: np.concatenate(parts), *states)


def _snapshot(cohort: Cohort) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    member_index, states = _gather(cohort)
    leaves = {f"leaf/{number}": leaf for number, leaf in enumerate(jax.tree.leaves(states))}
    results = {f"found/{name}": array for name, array in cohort.results.items()}
    return {"seeds": cohort.seeds, "places": member_index, **leaves, **results}, {"at": cohort.at}


def _blocks(program: Program, cohort: Cohort, seconds: float) -> Iterator[tuple[int, Block]]:
    """What was found, block by block."""
    arrays = {name: _as_kept(name, array) for name, array in cohort.results.items()}
    resolved = program.layout.resolved
    if resolved.scheduled:
        arrays["hit_after"] = last_missed(arrays["hit_step"], arrays["stop_step"], cohort.judged)
    dims = {name: _dims(program, name) for name in arrays}
    layout = program.layout
    coords: dict[str, Sequence[Any]] = {"step": cohort.grid.tolist(), "layer": layout.layers, "hidden": layout.hidden}
    coords |= {**LABELS, **resolved.class_labels}
    coords = {dim: labels for dim, labels in coords.items() if any(dim in names for names in dims.values())}
    first = 0
    for planned in cohort.planned_blocks:
        chosen = slice(first, first + len(planned.seeds))
        first = chosen.stop
        meta = {**devices.describe(), "engine": "jax", "program": program.name, "dtype": "float32",
                "width": program.sizes.width,
                "at_once": program.sizes.at_once, "compile_seconds": program.compile_seconds,
                **({"judged": resolved.judged} if resolved.judged else {}),
                "wall_seconds": seconds * len(planned.seeds) / len(cohort.seeds)}  # fmt: skip
        block = {name: array[chosen] for name, array in arrays.items()}
        yield planned.setting, Block(np.asarray(planned.seeds, np.int64), block, dims, coords, meta)


def _as_kept(name: str, array: np.ndarray) -> np.ndarray:
    if name in ("hit_step", "diverged_step"):
        return np.where(array == NEVER, np.nan, array).astype(np.float64)
    return array.astype(np.int64) if name == "stop_step" else array


def _dims(program: Program, name: str) -> tuple[str, ...]:
    if name.endswith("_step") or name in ("hit_after", START):
        return ()
    base = name.removeprefix("final_")
    further = program.layout.probes.get(base, ())
    return further if name.startswith("final_") else ("step", *further)


def _loss(program: Program, pack: Pack) -> float | None:
    """The median loss of the last batches of a pack's members, None where none is finite."""
    losses = np.asarray(pack.lanes.last[f"{program.layout.resolved.step}_loss"])[pack.lane_index]
    finite = losses[np.isfinite(losses)]
    return float(np.median(finite)) if finite.size else None


def _alive(cohort: Cohort) -> int:
    return int((cohort.results["stop_step"] == NEVER).sum())


def _parts(member_index: np.ndarray, size: int) -> list[np.ndarray]:
    return [member_index[first : first + size] for first in range(0, len(member_index), size)]


def _lane_index(program: Program, members: int) -> np.ndarray:
    return plan.lane_index(members, program.sizes, program.mesh.size)


def _padded(member_index: np.ndarray, lane_index: np.ndarray, lanes: int) -> np.ndarray:
    """`member_index` in their lanes of a whole pack, the first of them in all others, which never train."""
    whole = np.full(lanes, member_index[0])
    whole[lane_index] = member_index
    return whole


def _unused_stopped(stop_step: np.ndarray, lane_index: np.ndarray) -> np.ndarray:
    """The steps at which lanes stopped, those that no member takes before the first one: they cost no product."""
    stopped = np.zeros_like(stop_step)
    stopped[lane_index] = stop_step[lane_index]
    return stopped


class _Teller:
    """Turns what the loop knows into progress messages."""

    def __init__(self, listen: Listener, group: plan.Group, group_number: tuple[int, int], label: str) -> None:
        self.listen, self.group, self.group_number, self.label = listen, group, group_number, label
        self.epoch = 1

    def __call__(
        self, phase: Any, step: int, running: int, timer: ChunkTimer | None = None, loss: float | None = None
    ) -> None:
        number, groups = self.group_number
        spec = self.group.spec
        cap = spec.steps
        left = rate = None
        if timer is not None and timer.per_step:
            rate = running / timer.per_step
            left = (cap - step) * timer.per_step + (groups - number) * cap * timer.per_step
        self.listen(Progress(phase, self.label, number, groups, min(int(step), cap), cap, running, self.group.members,
                             rate or 0.0, left, spec.stop is not None, self.epoch, loss))  # fmt: skip
