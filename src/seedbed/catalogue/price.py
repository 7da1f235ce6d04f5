"""What a study will cost: networks, operations, memory and time, told before anything is trained."""

import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seedbed.catalogue.questions import asked_of
from seedbed.datasets.dataset import Dataset
from seedbed.datasets.load import load
from seedbed.engine.plan import COHORT_BYTES
from seedbed.errors import SeedbedError
from seedbed.measures import Asked
from seedbed.procedures.epochs import in_steps
from seedbed.report.operations import layers, parameter_count
from seedbed.spec import Setting, Spec, canonical_json, evaluated_steps
from seedbed.study import ProfileName, Study

CORE_RATE = 2e10  # operations in a second that one core makes of small networks: measured, two cores of a Xeon
GPU_RATE = 3e12  # assumed: a twentieth of the peak of a large GPU in single precision
STEP_SECONDS = 1e-7  # of one network at least, however small
COMPILE_SECONDS = 3.0
COPIES = 4  # of the weights: themselves, their gradient and what most optimizers carry


@dataclass(frozen=True)
class Price:
    """What a profile of a study asks for, as if no network stopped before its cap.

    `operations` counts multiplications and additions of layers: 2 forward and 4 backward for each multiply-add of an
    example, 2 where a split is judged. `memory` is bytes: data sets, and weights with what optimizers carry of the
    networks that are trained side by side. `programs` are compiled once each.
    """

    networks: int = 0
    operations: float = 0.0
    memory: float = 0.0
    programs: int = 0
    least: float = 0.0

    @property
    def seconds(self) -> float:
        """About how long this machine takes, by the rate of its cores."""
        work = self.operations / (CORE_RATE * (os.cpu_count() or 1))
        return max(work, self.least) + COMPILE_SECONDS * self.programs

    @property
    def gpu_seconds(self) -> float:
        """How long a GPU takes that is assumed to make 3e12 operations in a second."""
        return self.operations / GPU_RATE + COMPILE_SECONDS * self.programs


def price(study: Study, profile: ProfileName) -> Price:
    """The price of what is trained under a profile; questions that need an earlier record are not in it."""
    how, data = study.profile(profile), _Data()
    asked = asked_of(study, how).values() if study.ask else ()
    networks, operations, least, state = 0, 0.0, 0.0, 0.0
    programs: set[str] = set()
    for one in asked:
        if not (isinstance(one, Asked) and one.kind == "training" and one.spec):
            continue
        seeds = len(one.over(range(how.seeds)))
        for setting in one.spec.settings():
            spec, multiply_adds, parameters = data.sized(setting)
            steps = spec.steps if isinstance(spec.steps, int) else 0
            networks += seeds
            operations += seeds * multiply_adds * (6 * steps * data.batch(spec) + 2 * data.judged(spec))
            least += seeds * steps * STEP_SECONDS
            state += seeds * 4 * COPIES * parameters
            programs.add(spec.recipe())
    return Price(networks, operations, min(state, COHORT_BYTES) + data.bytes, len(programs), least)


def estimate(study: Study, profile: ProfileName) -> str:
    """A phrase such as "1,024 networks, at most about 20 s"; an upper bound, as if no member stopped before the cap.

    >>> from seedbed.studies import TABLE
    >>> estimate(TABLE["four_settings"], "smoke").split(",")[0]
    '32 networks'
    """
    if takes := study.profile(profile).takes:
        return f"about {takes}"
    found = price(study, profile)
    return f"{found.networks:,} networks, at most about {duration(found.seconds)}" if found.networks else "seconds"


def duration(seconds: float) -> str:
    """Seconds, minutes or hours, roughly.

    >>> [duration(seconds) for seconds in (0.2, 100, 7200)]
    ['1 s', '2 minutes', '2.0 hours']
    """
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    return f"{round(seconds / 60)} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


@dataclass
class _Data:
    """The data sets of a study, each loaded once; one that is not on this machine has the size of MNIST's."""

    found: dict[str, Dataset | None] = field(default_factory=dict)

    @property
    def bytes(self) -> float:
        """Of all arrays."""
        sets = [one for one in self.found.values() if one is not None]
        return float(sum(np.asarray(one.inputs).nbytes + np.asarray(one.targets).nbytes for one in sets))

    def of(self, spec: Spec) -> Dataset | None:
        """The data of a question, of its first member; None where they cannot be had."""
        key = canonical_json(spec.data.canonical())
        if key not in self.found:
            try:
                self.found[key] = load(spec.data, np.array([0]))
            except SeedbedError:
                self.found[key] = None
        return self.found[key]

    def sized(self, setting: Setting) -> tuple[Spec, int, int]:
        """The question in steps, and the multiply-adds of one example forward and the parameters of its model."""
        data = self.of(setting.spec)
        spec = in_steps(setting.spec, data.examples if data else 60_000)
        shape = data.inputs.shape[2 if data.fresh else 1 :] if data else (28, 28)
        units = [head.units for head in data.heads] if data else [10]
        try:
            found = layers(spec.model, shape, units)
        except SeedbedError:
            return spec, 0, 0
        return spec, sum(layer.multiply_adds for layer in found), parameter_count(found)

    def batch(self, spec: Spec) -> float:
        """The examples of a step."""
        data = self.of(spec)
        return spec.usual_batch or (data.examples if data else 60_000)

    def judged(self, spec: Spec) -> float:
        """The examples of all splits that are judged while a network trains."""
        if spec.splits == () or not isinstance(spec.steps, int):
            return 0
        data = self.of(spec)
        sizes: dict[str, Any] = {"train": data.examples if data else 60_000}
        for name in ("test", "valid"):
            inputs = getattr(data, f"{name}_inputs", None)
            sizes |= {} if inputs is None else {name: inputs.shape[1 if data and data.fresh else 0]}
        wanted = sizes if spec.splits == "all" else spec.splits
        return len(evaluated_steps(spec)) * sum(sizes.get(name, 0) for name in wanted)


__all__ = ["Price", "duration", "estimate", "price"]
