"""A group trained a few steps at a time, to be looked at in between: what members answer at chosen inputs, and one
member's layers.

Training is that of `ensemble`, by the same programs, so its numbers are the same bit for bit. What stands here only
reads networks: it is compiled besides, and looks at members in the middle of training as well as at their last step.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from seedbed.engine import plan
from seedbed.engine.compiler import Pending
from seedbed.engine.ensemble import Pack, advance, begin, first_data, turn
from seedbed.engine.lanes import NEVER
from seedbed.engine.lowered import Lowered
from seedbed.engine.options import Dials
from seedbed.engine.program import EVERYWHERE, MEMBERS, Program
from seedbed.engine.schedules import Clock, at_step, refreshed
from seedbed.engine.splits import Network
from seedbed.parts.models import layers_of
from seedbed.spec import Spec
from seedbed.vocabulary.lengths import steps_per_epoch


class Layers(NamedTuple):
    """One network from inside: `answers` `(unit, point)`, what each hidden layer says `(unit, point)`, activation
    applied, and of each layer the weight `(unit, feature)` and bias by their names."""

    answers: np.ndarray
    hidden: list[np.ndarray]
    weights: dict[str, np.ndarray]


class Part(NamedTuple):
    """What is known of the members of one planned block: its setting, its seeds, their traces and fates, their maps.

    `found` is that of `ensemble.Cohort`, cut to these members; a step that has not come yet is -1. `maps`
    `(member, unit, point)`, None where there are no inputs to look at.
    """

    setting: int
    seeds: tuple[int, ...]
    steps: np.ndarray
    found: dict[str, np.ndarray]
    maps: np.ndarray | None


class LiveGroup:
    """Members of one recipe that are trained a few steps at a time. `points` are the inputs that all are asked at."""

    def __init__(self, group: plan.Group, dataset_of: Any, pending: Pending, points: np.ndarray | None) -> None:
        self.group, self._lowered, self._program = group, pending.lowered(), pending.program()
        self.points = None if points is None else np.moveaxis(points, 0, -1).astype(np.float32)
        dataset = first_data(group, dataset_of)
        epoch = steps_per_epoch(dataset.examples, group.spec.batch_size)
        self._lanes = jax.jit(_over_lanes(self._program, _answering(self._lowered, epoch)))
        self._one = jax.jit(_opening(self._lowered, epoch))
        planned_blocks = plan.cohorts(group, self._program.sizes.cohort)
        self._cohorts = [begin(self._program, one, dataset_of) for one in planned_blocks]
        self._maps: list[Any] = [None for _ in self._cohorts]
        self._ended: list[dict[int, list[np.ndarray]]] = [{} for _ in self._cohorts]
        for number, cohort in enumerate(self._cohorts):
            for pack in cohort.packs:
                self._watch(number, pack, 0)

    @property
    def running(self) -> int:
        """How many members still train."""
        return sum(int((cohort.results["stop_step"] == NEVER).sum()) for cohort in self._cohorts)

    def train_to(self, step: int) -> None:
        """Train every member up to a step, unless it stops before."""
        for number, cohort in enumerate(self._cohorts):
            while cohort.packs and cohort.at < step:
                advance(self._program, cohort, step - cohort.at, lambda pack, at, n=number: self._watch(n, pack, at))

    def turn(self, specs: Sequence[Spec]) -> None:
        """Give members the dials of other questions of the same recipes, by setting, from their next step on."""
        for cohort in self._cohorts:
            dialled = [(specs[one.setting].dials(), len(one.seeds)) for one in cohort.planned_blocks]
            turn(self._program, cohort, {
                path: np.concatenate([np.full(count, dials[path]) for dials, count in dialled]) for path in cohort.dials
            })  # fmt: skip

    def parts(self) -> Iterator[Part]:
        """What is known of all members, planned block by planned block."""
        for cohort, maps in zip(self._cohorts, self._maps, strict=True):
            first = 0
            for planned in cohort.planned_blocks:
                own = slice(first, first + len(planned.seeds))
                first = own.stop
                found = {name: array[own] for name, array in cohort.results.items()}
                yield Part(planned.setting, planned.seeds, cohort.grid, found, None if maps is None else maps[own])

    def layers(self, setting: int, seed: int, points: np.ndarray) -> Layers:
        """One member from inside, at inputs `(point, ...)`."""
        listed = [
            [(block.setting, own) for block in cohort.planned_blocks for own in block.seeds] for cohort in self._cohorts
        ]
        number = next(number for number, members in enumerate(listed) if (setting, seed) in members)
        place = listed[number].index((setting, seed))
        cohort = self._cohorts[number]
        dials = {path: jnp.float32(values[place]) for path, values in cohort.dials.items()}
        stop, inputs = int(cohort.results["stop_step"][place]), np.moveaxis(points, 0, -1).astype(np.float32)
        arrays = self._arrays(number, place)
        answers, hidden = self._one(arrays, dials, jnp.int32(cohort.at if stop == NEVER else stop), inputs)
        network = _network(self._lowered, arrays)
        weights = {f"{label}.{name}": np.asarray(value) for label, layer in layers_of(network.trained)
                   for name in ("weight", "bias") if (value := getattr(layer, name, None)) is not None}  # fmt: skip
        return Layers(np.asarray(answers), [np.asarray(one).reshape(-1, len(points)) for one in hidden], weights)

    def _watch(self, number: int, pack: Pack, step: int) -> None:
        """Ask the members of a pack at the points, and keep the networks of those that have stopped."""
        cohort = self._cohorts[number]
        stopped = cohort.results["stop_step"][pack.member_index] != NEVER
        ended = self._ended[number]
        new = [at for at in np.flatnonzero(stopped) if int(pack.member_index[at]) not in ended]
        arrays = [np.asarray(array) for array in pack.lanes.arrays] if new else []
        for at in new:
            ended[int(pack.member_index[at])] = [array[pack.lane_index[at]] for array in arrays]
        if self.points is None:
            return
        steps = jnp.where(pack.lanes.stop_step == NEVER, jnp.int32(step), pack.lanes.stop_step)
        answers = np.asarray(self._lanes(pack.lanes.arrays, pack.dials, steps, self.points))[pack.lane_index]
        if self._maps[number] is None:
            self._maps[number] = np.zeros((len(cohort.seeds), *answers.shape[1:]), np.float32)
        self._maps[number][pack.member_index] = answers

    def _arrays(self, number: int, place: int) -> list[Any]:
        if place in self._ended[number]:
            return self._ended[number][place]
        for pack in self._cohorts[number].packs:
            if place in pack.member_index:
                seat = pack.lane_index[np.flatnonzero(pack.member_index == place)[0]]
                return [np.asarray(array)[seat] for array in pack.lanes.arrays]
        raise AssertionError(place)  # a member that has not stopped is in a pack


def _network(lowered: Lowered, arrays: Any) -> Network:
    """The network of a member, whose arrays lie in a row with those of the optimizer behind them."""
    lane = lowered.member_shapes[0]
    network, _ = jax.tree.unflatten(jax.tree.structure((lane.network, lane.opt_state)), arrays)
    return network


def _network_at(lowered: Lowered, epoch: int, arrays: Any, dials: Dials, step: Array) -> tuple[Network, Dials]:
    """The network of a member and its dials, as the question's schedules have them at a step."""
    schedules = lowered.member.schedules
    now = at_step(schedules, dials, Clock(step, step, epoch))
    network = _network(lowered, arrays)
    return network._replace(fixed=refreshed(network.fixed, now, schedules)), now


def _answering(lowered: Lowered, epoch: int) -> Callable[..., Array]:
    """`(arrays, dials, step, points) -> answers` of one member, as in inference."""
    split = lowered.member.split

    def answers(arrays: Any, dials: Dials, step: Array, points: Array) -> Array:
        network, now = _network_at(lowered, epoch, arrays, dials, step)
        return split.judge.predictions(split.scores(network, points), now)

    return answers


def _opening(lowered: Lowered, epoch: int) -> Callable[..., tuple[Array, tuple[Array, ...]]]:
    """The same with what each hidden layer says."""
    answering = _answering(lowered, epoch)

    def layers(arrays: Any, dials: Dials, step: Array, points: Array) -> tuple[Array, tuple[Array, ...]]:
        network, _ = _network_at(lowered, epoch, arrays, dials, step)
        return answering(arrays, dials, step, points), lowered.member.split.hidden(network, points)

    return layers


def _over_lanes(program: Program, answers: Callable[..., Array]) -> Callable[..., Array]:
    """The answers of all lanes of a pack, on the devices where they lie."""
    many = jax.vmap(answers, in_axes=(0, 0, 0, None))
    specs = (MEMBERS, MEMBERS, MEMBERS, EVERYWHERE)
    return jax.shard_map(many, mesh=program.mesh, in_specs=specs, out_specs=MEMBERS, check_vma=False)
