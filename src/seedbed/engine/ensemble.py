"""Train a group: cohorts of members, packed into waves of lanes, chunk after chunk, back to the host in between.

Between chunks finished members are dropped and the rest packed into fewer waves of the same width, progress is told,
and a checkpoint may be written. Where a member stands in a wave, and which members stand beside it, changes nothing
of its numbers.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import numpy as np

from seedbed import copies
from seedbed.datasets.dataset import Dataset
from seedbed.engine import devices, plan
from seedbed.engine.compiler import Pending
from seedbed.engine.lanes import NEVER, Chances, Lanes
from seedbed.engine.program import Program
from seedbed.engine.shapes import Feed, feed_of
from seedbed.progress import Listener, Progress, silent
from seedbed.record import START, Block
from seedbed.resolve import judged_steps, last_missed
from seedbed.spec import recorded_steps
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


class Wave(NamedTuple):
    """Members that train together: their places in the cohort, the lanes they take, and their state on the devices."""

    places: np.ndarray
    seats: np.ndarray
    lanes: Lanes
    chances: Chances
    dials: Any
    feed: Feed


@dataclass
class Cohort:
    """Members trained side by side, and what is known of them so far. The only thing here that changes."""

    stretches: tuple[plan.Stretch, ...]
    seeds: np.ndarray
    dials: dict[str, np.ndarray]
    dataset: Dataset
    grid: np.ndarray
    judged: np.ndarray
    found: dict[str, np.ndarray]
    waves: list[Wave] = field(default_factory=list)
    at: int = 0


@dataclass
class Pace:
    """How fast a chunk goes, and how far the next one should."""

    steps: int = field(default_factory=lambda: FIRST_STEPS)
    per_step: float = 0.0

    def note(self, steps: int, seconds: float) -> None:
        """Learn from a chunk."""
        self.per_step = seconds / max(steps, 1)
        self.steps = int(np.clip(CHUNK_SECONDS / max(self.per_step, 1e-9), 1, 4 * self.steps))


def train(
    group: plan.Group, dataset_of: Any, pending: Pending, *, listen: Listener = silent, keep: Keep | None = None,
    mark: str = "", name: str = "", place: tuple[int, int] = (1, 1),
) -> Iterator[tuple[int, Block]]:  # fmt: skip
    """Train a group by its programs and yield (setting index, block) as they are finished.

    `dataset_of(seeds)` gives the data: the same for all seeds, or one set for each. `place` is this group's number
    among all groups and `name` what it is called, for progress. Checkpoints go to `keep` under names that begin with
    `mark`, which must tell apart everything that changes numbers.
    """
    tell = _Teller(listen, group, place, name)
    tell("compiling", 0, group.members)
    program = pending.program()
    for stretches in plan.cohorts(group, program.sizes.cohort):
        began = time.perf_counter()
        cohort = _begin(program, stretches, dataset_of)
        own_mark = f"{mark}-{program.name}-{stretches[0].setting}-{stretches[0].seeds[0]}-{len(cohort.seeds)}"
        _resume(program, cohort, keep.load_checkpoint(own_mark) if keep else None)
        _train_cohort(program, cohort, tell, keep, own_mark)
        yield from _blocks(program, cohort, time.perf_counter() - began)
        if keep:
            keep.drop_checkpoint(own_mark)
        tell("stored", int(cohort.grid[-1]), 0)


def final_arrays(
    program: Program, stretches: tuple[plan.Stretch, ...], dataset: Dataset
) -> tuple[list[Any], tuple[np.ndarray, ...]]:  # fmt: skip
    """The arrays of a single member at its last step, and its (hit_step, diverged_step, stop_step)."""
    cohort, pace = _begin(program, stretches, lambda _: dataset), Pace()
    _resume(program, cohort, None)
    (wave,), cap = cohort.waves, int(cohort.grid[-1])
    while (cohort.found["stop_step"] == NEVER).any():
        rows, index = plan.chunk_rows(cohort.grid, cohort.judged, cohort.at, pace.steps, cap)
        began = time.perf_counter()
        wave = _advance(program, cohort, wave, rows, index, cap)
        pace.note(int(rows.stops[-1] - rows.stops[0]), time.perf_counter() - began)
        cohort.at = int(rows.stops[-1])
    arrays = [array[wave.seats[0]] for array in wave.lanes.arrays]
    return arrays, tuple(_as_kept(name, cohort.found[name]) for name in ("hit_step", "diverged_step", "stop_step"))


def first_data(group: plan.Group, dataset_of: Any) -> Dataset:
    """The data of a group's first member: enough to compile for all."""
    return dataset_of(np.asarray(group.stretches[0].seeds[:1]))


def _train_cohort(program: Program, cohort: Cohort, tell: "_Teller", keep: Keep | None, mark: str) -> None:
    pace, cap, saved = Pace(), int(cohort.grid[-1]), time.monotonic()
    while cohort.waves:
        rows, index = plan.chunk_rows(cohort.grid, cohort.judged, cohort.at, pace.steps, cap)
        began, end = time.perf_counter(), int(rows.stops[-1])
        for number, wave in enumerate(cohort.waves):
            cohort.waves[number] = _advance(program, cohort, wave, rows, index, cap)
            tell("training", end, _alive(cohort), pace)
        pace.note(end - cohort.at, time.perf_counter() - began)
        cohort.at = end
        _repack(program, cohort)
        if keep and cohort.waves and time.monotonic() - saved > CHECKPOINT_SECONDS:
            keep.save_checkpoint(mark, *_snapshot(cohort))
            saved = time.monotonic()


def _begin(program: Program, stretches: tuple[plan.Stretch, ...], dataset_of: Any) -> Cohort:
    seeds = np.concatenate([np.asarray(stretch.seeds, np.uint32) for stretch in stretches])
    counts = [len(stretch.seeds) for stretch in stretches]
    dialled = [stretch.spec.dials() for stretch in stretches]
    dials = {path: np.repeat(np.array([one[path] for one in dialled], np.float32), counts) for path in dialled[0]}
    spec = stretches[0].spec
    grid = recorded_steps(spec)
    never = np.full(len(seeds), NEVER, np.int32)
    found: dict[str, np.ndarray] = {"hit_step": never, "diverged_step": never.copy(), "stop_step": never.copy()}
    judged, dataset = judged_steps(spec, program.layout.resolved), dataset_of(seeds)
    if copies.start_decides(spec, dataset.fresh, dataset.examples):
        found[START] = np.zeros(len(seeds), np.int64)
    return Cohort(stretches, seeds, dials, dataset, grid, judged, found)


def _resume(program: Program, cohort: Cohort, saved: Any) -> None:
    """Take up a checkpoint of the same members, or draw them."""
    places = np.arange(len(cohort.seeds))
    if saved is None or not np.array_equal(saved[0].get("seeds"), cohort.seeds):
        cohort.waves = [_draw(program, cohort, part) for part in _parts(places, program.lanes)]
        return
    arrays, meta = saved
    cohort.at = int(meta["at"])
    cohort.found = {name.removeprefix("found/"): np.array(a) for name, a in arrays.items() if name.startswith("found/")}
    structure = program.layout.structure
    states = jax.tree.unflatten(structure, [arrays[f"leaf/{number}"] for number in range(structure.num_leaves)])
    cohort.waves = _pack(program, cohort, arrays["places"], states)


def _draw(program: Program, cohort: Cohort, places: np.ndarray) -> Wave:
    """A wave of freshly drawn members."""
    seats = _seats(program, len(places))
    padded = _padded(places, seats, program.lanes)
    dials = program.on_members({path: values[padded] for path, values in cohort.dials.items()})
    lanes, chances = program.start(program.on_members(cohort.seeds[padded]), dials)
    stop_step = program.on_members(_unused_stopped(np.asarray(lanes.stop_step), seats))
    if START in cohort.found:
        cohort.found[START][places] = copies.digests(lanes.arrays, seats)
    return Wave(places, seats, lanes._replace(stop_step=stop_step), chances, dials, _feed(program, cohort, padded))


def _pack(program: Program, cohort: Cohort, places: np.ndarray, states: Any) -> list[Wave]:
    """Waves for members whose states lie on the host, in the order of `places`."""
    waves: list[Wave] = []
    for part in _parts(np.arange(len(places)), program.lanes):
        seats = _seats(program, len(part))
        rows = _padded(part, seats, program.lanes)
        lanes, chances = jax.tree.map(lambda a, rows=rows: a[rows], states)
        lanes = lanes._replace(stop_step=_unused_stopped(lanes.stop_step, seats))
        lanes, chances = program.on_members((lanes, chances))
        padded = places[rows]
        dials = program.on_members({path: values[padded] for path, values in cohort.dials.items()})
        waves.append(Wave(places[part], seats, lanes, chances, dials, _feed(program, cohort, padded)))
    return waves


def _feed(program: Program, cohort: Cohort, padded: np.ndarray) -> Feed:
    feed = feed_of(cohort.dataset, padded)
    return program.on_members(feed) if program.layout.own_data else program.everywhere(feed)


def _advance(
    program: Program, cohort: Cohort, wave: Wave, rows: plan.Rows, index: np.ndarray, cap: int
) -> Wave:  # fmt: skip
    """Train one wave for a chunk and write down what it showed."""
    lanes, shown = program.train(wave.lanes, wave.chances, wave.dials, wave.feed,
                                 program.everywhere(rows), program.everywhere(np.int32(cap)))  # fmt: skip
    used = wave.seats
    facts = {name: np.asarray(getattr(lanes, name))[used] for name in ("hit_step", "diverged_step", "stop_step")}
    was = cohort.found["stop_step"][wave.places]
    for name, values in facts.items():
        cohort.found[name][wave.places] = values
    ended = (was == NEVER) & (facts["stop_step"] != NEVER)
    resolved, judged = program.layout.resolved, np.where(rows.looks & plan.JUDGED, index, -1)
    by_split = {*resolved.row_names, *resolved.on_split}
    for names, places in ((by_split, judged), (shown.keys() - by_split, index)):
        _write_rows(cohort, wave.places, places, {name: np.asarray(shown[name])[used] for name in sorted(names)})
    final = {name: np.asarray(value)[used] for name, value in lanes.last.items()}
    looked = _looked_at(rows, facts["stop_step"])
    final |= {name: np.asarray(a)[used, looked].astype(np.float32) for name, a in shown.items() if name not in final}
    for name, values in final.items():
        _final(cohort, name, values)[wave.places[ended]] = values[ended]
    return wave._replace(lanes=lanes)


def _looked_at(rows: plan.Rows, stop_step: np.ndarray) -> np.ndarray:
    """The row that looked at each member's last step: the one that begins there and keeps traces, else the last."""
    traced = (rows.looks == plan.TRACED) & (rows.stops[:-1] == stop_step[:, None])
    return np.where(traced.any(axis=1), traced.argmax(axis=1), len(rows.looks) - 1)


def _write_rows(cohort: Cohort, places: np.ndarray, index: np.ndarray, rows: dict[str, np.ndarray]) -> None:
    kept = np.flatnonzero(index >= 0)
    stop = cohort.found["stop_step"][places]
    after = (stop[:, None] != NEVER) & (cohort.grid[index[kept]][None, :] > stop[:, None])
    for name, values in rows.items():
        if name not in AT_THE_END:
            values = values.astype(np.float32)
            gone = after.reshape(*after.shape, *(1,) * (values.ndim - 2))
            shown = np.where(gone, np.float32(np.nan), values[:, kept])
            _trace(cohort, name, values)[np.ix_(places, index[kept])] = shown


def _trace(cohort: Cohort, name: str, like: np.ndarray) -> np.ndarray:
    if name not in cohort.found:
        shape = (len(cohort.seeds), len(cohort.grid), *like.shape[2:])
        cohort.found[name] = np.full(shape, np.nan, np.float32)
    return cohort.found[name]


def _final(cohort: Cohort, name: str, like: np.ndarray) -> np.ndarray:
    if f"final_{name}" not in cohort.found:
        cohort.found[f"final_{name}"] = np.full((len(cohort.seeds), *like.shape[1:]), np.nan, np.float32)
    return cohort.found[f"final_{name}"]


def _repack(program: Program, cohort: Cohort) -> None:
    """Drop finished members; when the rest would be trained in fewer products, pack it anew."""
    alive = [cohort.found["stop_step"][wave.places] == NEVER for wave in cohort.waves]
    going = np.arange(sum(int(mask.sum()) for mask in alive))
    rounds = sum(plan.rounds(wave.seats[mask], program.sizes) for wave, mask in zip(cohort.waves, alive, strict=True))
    parts = _parts(going, program.lanes)
    if sum(plan.rounds(_seats(program, len(part)), program.sizes) for part in parts) < rounds:
        cohort.waves = _pack(program, cohort, *_gather(cohort))
    else:
        cohort.waves = [wave for wave, mask in zip(cohort.waves, alive, strict=True) if mask.any()]


def _gather(cohort: Cohort) -> tuple[np.ndarray, Any]:
    """All members still running: their places and their states on the host."""
    chosen = [np.flatnonzero(cohort.found["stop_step"][wave.places] == NEVER) for wave in cohort.waves]
    places = np.concatenate([wave.places[rows] for wave, rows in zip(cohort.waves, chosen, strict=True)])
    states = [jax.tree.map(lambda a, taken=wave.seats[rows]: np.asarray(a)[taken], (wave.lanes, wave.chances))
              for wave, rows in zip(cohort.waves, chosen, strict=True)]  # fmt: skip
    return places, jax.tree.map(lambda *parts: np.concatenate(parts), *states)


def _snapshot(cohort: Cohort) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    places, states = _gather(cohort)
    leaves = {f"leaf/{number}": leaf for number, leaf in enumerate(jax.tree.leaves(states))}
    found = {f"found/{name}": array for name, array in cohort.found.items()}
    return {"seeds": cohort.seeds, "places": places, **leaves, **found}, {"at": cohort.at}


def _blocks(program: Program, cohort: Cohort, seconds: float) -> Iterator[tuple[int, Block]]:
    """What was found, stretch by stretch."""
    arrays = {name: _as_kept(name, array) for name, array in cohort.found.items()}
    resolved = program.layout.resolved
    if resolved.scheduled:
        arrays["hit_after"] = last_missed(arrays["hit_step"], arrays["stop_step"], cohort.judged)
    dims = {name: _dims(program, name) for name in arrays}
    layout = program.layout
    coords: dict[str, Sequence[Any]] = {"step": cohort.grid.tolist(), "layer": layout.layers, "hidden": layout.hidden}
    coords |= LABELS
    coords = {dim: labels for dim, labels in coords.items() if any(dim in names for names in dims.values())}
    first = 0
    for stretch in cohort.stretches:
        chosen = slice(first, first + len(stretch.seeds))
        first = chosen.stop
        meta = {**devices.describe(), "engine": "jax", "program": program.name, "dtype": "float32",
                "width": program.sizes.width,
                "at_once": program.sizes.at_once, "compile_seconds": program.compile_seconds,
                **({"judged": resolved.judged} if resolved.judged else {}),
                "wall_seconds": seconds * len(stretch.seeds) / len(cohort.seeds)}  # fmt: skip
        block = {name: array[chosen] for name, array in arrays.items()}
        yield stretch.setting, Block(np.asarray(stretch.seeds, np.int64), block, dims, coords, meta)


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


def _alive(cohort: Cohort) -> int:
    return int((cohort.found["stop_step"] == NEVER).sum())


def _parts(places: np.ndarray, size: int) -> list[np.ndarray]:
    return [places[first : first + size] for first in range(0, len(places), size)]


def _seats(program: Program, members: int) -> np.ndarray:
    return plan.seats(members, program.sizes, program.mesh.size)


def _padded(places: np.ndarray, seats: np.ndarray, lanes: int) -> np.ndarray:
    """`places` at their seats in a whole wave, the first of them everywhere else; what is there never trains."""
    whole = np.full(lanes, places[0])
    whole[seats] = places
    return whole


def _unused_stopped(stop_step: np.ndarray, seats: np.ndarray) -> np.ndarray:
    """The steps at which lanes stopped, those that no member takes before the first one: they cost no product."""
    stopped = np.zeros_like(stop_step)
    stopped[seats] = stop_step[seats]
    return stopped


class _Teller:
    """Turns what the loop knows into progress messages."""

    def __init__(self, listen: Listener, group: plan.Group, place: tuple[int, int], label: str) -> None:
        self.listen, self.group, self.place, self.label = listen, group, place, label

    def __call__(self, phase: Any, step: int, running: int, pace: Pace | None = None) -> None:
        number, groups = self.place
        cap = self.group.spec.steps
        left = rate = None
        if pace is not None and pace.per_step:
            rate = running / pace.per_step
            left = (cap - step) * pace.per_step + (groups - number) * cap * pace.per_step
        self.listen(Progress(phase, self.label, number, groups, min(int(step), cap), cap, running, self.group.members,
                             rate or 0.0, left))  # fmt: skip
