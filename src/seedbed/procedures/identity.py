"""What a stored result is the answer to: the question with its data by their arrays, and a user's own functions by what
they compute. Which program trained it is another matter, see `procedures.run`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seedbed.datasets.dataset import Dataset
from seedbed.datasets.load import load
from seedbed.engine import plan
from seedbed.errors import DataError
from seedbed.procedures.epochs import in_steps
from seedbed.procedures.executors import Executor, executor
from seedbed.resolve import check_batch_size
from seedbed.spec import Seeds, Setting, Spec, canonical_json, digest
from seedbed.vocabulary import Part

SAMPLE = range(4)  # seeds whose data name the law of data that every member draws for itself


def is_fresh(part: Part) -> bool:
    """Whether every member draws a data set of its own."""
    return bool(dict(part.options).get("fresh", False))


def is_own_law(part: Part) -> bool:
    """Whether every member draws its data from a generator of the user's own."""
    return is_fresh(part) and part.function is not None


class Sources:
    """The data sets of a run, each loaded once. Data of each member's own are drawn when their seeds are known."""

    def __init__(self) -> None:
        self._common: dict[str, Dataset] = {}
        self._samples: dict[str, Dataset] = {}

    def identity(self, part: Part) -> Any:
        """What the data are: the contents of a common set; the law and a few sets of those of each member's own."""
        if not is_fresh(part):
            return {"sha256": self._load(part).sha256}
        return {**part.canonical(), "sample": self._sample(part).sha256}

    def first(self, spec: Spec) -> Dataset:
        """The data of a question's first member: enough to trace it."""
        return self._sample(spec.data) if is_fresh(spec.data) else self._load(spec.data)

    def made_by(self, program: str, part: Part, seeds: range) -> str:
        """What made a block: its program, with the arrays that a generator of the user's own gave for its seeds."""
        if not is_own_law(part):
            return program
        return digest([program, load(part, seeds).sha256])

    def in_steps(self, setting: Setting) -> Setting:
        """The setting with epochs turned into steps; its data are loaded where that is needed."""
        spec = setting.spec
        if spec.accumulates:
            check_batch_size(spec, self.first(spec).examples)
        return Setting(setting.levels, in_steps(spec, self.first(spec).examples)) if spec.in_epochs else setting

    def of(self, group: plan.Group) -> Callable[[np.ndarray], Dataset]:
        """The data of a group, as a function of seeds."""
        part = group.spec.data
        return lambda seeds: load(part, seeds) if is_fresh(part) else self._load(part)

    def advice(self, settings: Sequence[Setting], seeds: Seeds) -> list[str]:
        """A line for each set whose inputs have a scale that no initial draw is made for."""
        fresh = {canonical_json(setting.spec.data.canonical()): setting.spec.data for setting in settings
                 if is_fresh(setting.spec.data) and setting.spec.data.function is not None}  # fmt: skip
        drawn = [load(part, seeds[:1]) for part in fresh.values()]
        return [one.advice for one in (*self._common.values(), *drawn) if one.advice]

    def provenance(self) -> dict[str, Any]:
        """Where the common sets came from."""
        sets = list(self._common.values())
        return {
            "data": "; ".join(one.origin for one in sets),
            "data_size": "; ".join(f"{one.examples} of {'x'.join(map(str, one.shape))}" for one in sets),
            "data_hash": " ".join(one.sha256[:16] for one in sets),
        }

    def _load(self, part: Part) -> Dataset:
        return self._once(part, None)

    def _sample(self, part: Part) -> Dataset:
        return self._once(part, SAMPLE)

    def _once(self, part: Part, seeds: range | None) -> Dataset:
        """A data set, loaded once. A user's own generator is asked twice: it must give the same arrays."""
        kept = self._common if seeds is None else self._samples
        key = f"{canonical_json(part.canonical())} {[id(function) for function in part.functions()]}"
        if key not in kept:
            kept[key] = load(part, seeds)
            if part.function is not None and load(part, seeds).sha256 != kept[key].sha256:
                raise DataError(
                    f"{part.label()} gives other arrays on a second call with the same generator; draw everything that "
                    "is random from the generator it is given"
                )
        return kept[key]


def identity(setting: Setting, sources: Sources, engine: str, trainer: Executor) -> dict[str, Any]:
    """What a stored block is the answer to, apart from its seeds and from the program that gave it.

    Functions of a user's own are named by what they compute (`engine.naming`), data by their arrays.
    """
    plain = setting.spec.canonical()
    del plain["factors"]
    plain["data"] = sources.identity(setting.spec.data)
    own = trainer.names(setting.spec, sources.first(setting.spec))[0] if setting.spec.functions(["data"]) else ""
    return {**plain, "engine": engine, **({"own": own} if own else {})}


def key_of(setting: Setting) -> str:
    """Under which name a setting that the jax engine trains is kept."""
    sources = Sources()
    return digest(identity(sources.in_steps(setting), sources, "jax", executor("jax")))
