"""`live`: a question trained a few steps at a time by the same engine as `run`, to be watched, and turned, meanwhile.

Nothing is stored and no record is made: `run` does that, and gives the same numbers bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seedbed.datasets.dataset import Dataset
from seedbed.engine import plan
from seedbed.errors import SpecError, shown
from seedbed.procedures import engines
from seedbed.procedures.executors import executor
from seedbed.procedures.identity import Sources
from seedbed.spec import Seeds, Setting, Spec, read_seeds

LIVE_PARTS = ("optimizer", "loss")  # their numbers are read at every step; all others have done their work at step 0
MARGIN = 0.1  # of a map beyond the training examples, as a share of their spread
ON_A_MAP = 100  # training examples at most that stand for inputs which are no points


@dataclass(frozen=True)
class Twins:
    """The members of one setting at a step; the first axis of every array is the seed.

    `steps` are those reached so far on which traces are kept, and `traces` `(seed, step)`, NaN after a member stopped;
    `finals` `(seed,)` are their values at the last step of a member, NaN before that.
    `hit_step`, `diverged_step` and `stop_step` are NaN as long as that has not happened. `maps` are the answers at
    `points` of the live question, `(seed, unit, point)`, of a member that stopped those at its last step.
    """

    levels: Mapping[str, Any]
    steps: np.ndarray
    traces: Mapping[str, np.ndarray]
    finals: Mapping[str, np.ndarray]
    hit_step: np.ndarray
    diverged_step: np.ndarray
    stop_step: np.ndarray
    maps: np.ndarray | None

    def held(self, name: str) -> np.ndarray:
        """A trace with every member that stopped at its last value from then on, NaN where it diverged."""
        trace, final = self.traces[name], self.finals[name]
        after = (self.steps > self.stop_step[:, None]) & np.isnan(self.diverged_step)[:, None]
        return np.where(after, final[:, None], trace)


@dataclass(frozen=True)
class Frame:
    """All members at a step: `settings` in the order of the question's, `running` of all members still train."""

    step: int
    running: int
    settings: tuple[Twins, ...]


@dataclass(frozen=True)
class Points:
    """The inputs `(point, ...)` at which the members of a setting are asked: `shape` is how they lie on a map.

    `bounds` are (low, high) of each axis of a map of the plane (x of its columns, y of its rows, rising) or of the
    line; None where the points are training examples or a user's own.
    """

    inputs: np.ndarray
    shape: tuple[int, ...]
    bounds: tuple[tuple[float, float], ...] | None


class Live:
    """A question in training. Iterating gives a `Frame` for every `every` steps, until all members have stopped."""

    def __init__(self, question: Spec, seeds: Seeds, maps: Any, every: int) -> None:
        sources = Sources()
        settings = [sources.in_steps(setting) for setting in question.settings()]
        self.question, self.seeds, self.every, self.step = question, seeds, every, 0
        self.cap = max(setting.spec.steps for setting in settings)
        self.data: list[Dataset] = [sources.first(setting.spec) for setting in settings]
        self.points = [points_of(one, maps) for one in self.data]
        self._settings: Sequence[Setting] = settings
        train: Any = executor("jax")
        live = engines.module("jax", "live")
        groups = plan.groups(settings, [list(seeds)] * len(settings))
        first = [group.planned_blocks[0].setting for group in groups]
        pending = [train.request(group.spec, self.data[at]) for group, at in zip(groups, first, strict=True)]
        self._groups = [
            live.LiveGroup(group, sources.of(group), program, None if at is None else at.inputs)
            for group, program, at in zip(groups, pending, [self.points[at] for at in first], strict=True)
        ]

    def __iter__(self) -> Iterator[Frame]:
        yield self.frame()
        while self.running:
            yield self.advance(self.every)

    @property
    def running(self) -> int:
        """How many members still train."""
        return sum(group.running for group in self._groups)

    def advance(self, steps: int) -> Frame:
        """Train so many steps more, and show what is there."""
        self.step = min(self.step + steps, self.cap)
        for group in self._groups:
            group.train_to(self.step + (self.step == self.cap))  # at the cap all are judged once more, and stop
        return self.frame()

    def frame(self) -> Frame:
        """What is known now."""
        parts: dict[int, list[Any]] = {}
        for group in self._groups:
            for part in group.parts():
                parts.setdefault(part.setting, []).append(part)
        twins = [self._twins(setting.levels, parts[at]) for at, setting in enumerate(self._settings)]
        return Frame(self.step, self.running, tuple(twins))

    def change(self, **numbers: Any) -> None:
        """Train on with other numbers: `change(learning_rate=0.1)`, named as in `Spec.replace`. Nothing is compiled.

        The numbers of the optimizer and of the loss can be changed so, all others have done their work before the first
        step. Raises SpecError for anything else, and for a number whose levels are compared.
        """
        other = self.question.replace(**numbers)
        pairs = [
            (old.spec, new.spec.in_steps(data.examples))
            for old, new, data in zip(self._settings, other.settings(), self.data, strict=True)
        ]
        turned = {path for old, new in pairs for path, value in new.dials().items() if old.dials().get(path) != value}
        wrong = sorted(path for path in turned if path.partition(".")[0] not in LIVE_PARTS)
        if wrong or any(old.recipe() != new.recipe() or old.steps != new.steps for old, new in pairs):
            raise SpecError(
                f"only numbers of the optimizer and of the loss can be changed while networks train, got "
                f"{shown(wrong[0] if wrong else dict(numbers))}; begin anew with them"
            )
        if not turned and other != self.question:
            raise SpecError(f"{', '.join(numbers)} has levels that are compared, so it stays; begin anew with others")
        self._settings = [Setting(was.levels, new) for was, (_, new) in zip(self._settings, pairs, strict=True)]
        self.question = other
        for group in self._groups:
            group.turn([setting.spec for setting in self._settings])

    def layers(self, seed: int, setting: int = 0, points: Points | None = None) -> Any:
        """One member from inside at `points` (those of its map): its answers, hidden layers `(unit, point)`, weights.

        Raises SpecError for a seed or setting that is not trained here.
        """
        inputs = points or (self.points[setting] if 0 <= setting < len(self._settings) else None)
        if seed not in self.seeds or inputs is None:
            raise SpecError(f"no member with seed {seed} of setting {setting} is trained here; name one that is")
        for group in self._groups:
            if any(setting == one.setting for one in group.group.planned_blocks):
                return group.layers(setting, seed, inputs.inputs)
        raise AssertionError(setting)

    def _twins(self, levels: Mapping[str, Any], parts: Sequence[Any]) -> Twins:
        """The parts of one setting joined, its seeds in the order asked for."""
        seeds = np.concatenate([np.asarray(part.seeds) for part in parts])
        order = np.argsort(seeds)[np.argsort(np.argsort(np.asarray(self.seeds)))]
        grid = parts[0].steps
        reached = int(np.searchsorted(grid, self.step + (self.step == self.cap)))  # judged when it is trained from

        def joined(name: str) -> np.ndarray:
            never = [np.full(len(part.seeds), np.nan, np.float32) for part in parts]
            return np.concatenate([part.found.get(name, none) for part, none in zip(parts, never, strict=True)])[order]

        hit, diverged, stop = (
            np.where((now := joined(f"{name}_step")) < 0, np.nan, now) for name in ("hit", "diverged", "stop")
        )
        names = [name for name, array in parts[0].found.items()
                 if array.ndim == 2 and array.shape[1] == len(grid) and not name.startswith("final_")]  # fmt: skip
        maps = None if parts[0].maps is None else np.concatenate([part.maps for part in parts])[order]
        traces = {name: joined(name)[:, :reached] for name in names}
        finals = {name: joined(f"final_{name}") for name in names}
        return Twins(levels, grid[:reached], traces, finals, hit, diverged, stop, maps)


def live(question: Spec, seeds: Any = 64, *, maps: Any = 24, every: int = 10) -> Live:
    """Train a question live: iterate over it for a `Frame` every so many steps, until all members have stopped.

    `seeds` are those of `run`, to whose record everything shown is equal, bit for bit. `maps` is what members are asked
    meanwhile: a number of cells per side of a map over the data (of points of the plane; of numbers, so many along the
    line; of anything else, the first 100 training examples), inputs `(point, ...)` of one's own, or None for no maps.

    >>> import seedbed as sb
    >>> net = sb.Spec(data="corners", model="mlp([4])", loss="l2", optimizer="sgd(0.5)", steps=20)
    >>> [(frame.step, frame.settings[0].maps.shape) for frame in live(net, 8, maps=4)]
    [(0, (8, 1, 16)), (10, (8, 1, 16)), (20, (8, 1, 16))]
    """
    if not hasattr(question, "settings"):
        raise SpecError(f"live takes a question, sb.Spec(...), got {question!r}; write sb.live(question, seeds=64)")
    return Live(question, read_seeds(seeds), maps, every)


def points_of(data: Dataset, maps: Any) -> Points | None:
    """The inputs at which members are asked, see `live`. Raises SpecError for inputs that do not fit the data."""
    if maps is None:
        return None
    inputs = data.inputs[0] if data.fresh else data.inputs
    if isinstance(maps, int) and not isinstance(maps, bool) and 1 < maps <= 512:
        if data.shape not in ((1,), (2,)):
            return Points(inputs[:ON_A_MAP], (min(len(inputs), ON_A_MAP),), None)
        low, high = inputs.min(axis=0), inputs.max(axis=0)
        wide = MARGIN * np.maximum(high - low, 1e-3)
        bounds = tuple((float(a), float(b)) for a, b in zip(low - wide, high + wide, strict=True))
        axes = [np.linspace(*one, maps, dtype=np.float32) for one in bounds]
        flat = np.stack([axis.ravel() for axis in np.meshgrid(*axes)], axis=1)
        return Points(flat, (maps,) * len(axes), bounds)
    try:
        own = np.asarray(maps, np.float32)
    except (TypeError, ValueError):
        own = np.zeros(0, np.float32)
    if own.shape[1:] != data.shape or len(own) == 0:
        raise SpecError(
            f"maps is a number of cells from 2 to 512, or inputs (point, {', '.join(map(str, data.shape))}), got "
            f"{shown(maps)}; write maps=24"
        )
    return Points(own, (len(own),), None)


__all__ = ["Frame", "Live", "Points", "Twins", "live"]
