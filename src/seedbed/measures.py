"""What a study can ask for by the name of a record: training, and what is measured without it.

Words only: `catalogue` applies what a user changes and measures, `procedures` computes. A bare `Spec` is training.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seedbed.spec import Seeds, Spec


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One thing that a study asks for.

    `kind` names how it is measured and `parameters` what that takes besides the question. `seeds` asks for so many from
    the first seed on whatever the profile says, `at_most` for no more than so many of the profile's. `fixed` questions
    ignore what a user sets and take a user's own data only where there are such files; a tuple names the factors to
    ignore. A question is left out where a user sets a factor of `unless`, or where `needs_data` and none are given.
    `then` makes the final question, or another thing asked for, of the one a user has changed (None: left out). What is
    `auxiliary` helps to tell a page, and appears in no list of settings. `engine` overrides that of the run.
    """

    kind: str = "training"
    spec: Spec | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seeds: int | None = None
    at_most: int | None = None
    fixed: bool | tuple[str, ...] = False
    unless: tuple[str, ...] = ()
    needs_data: bool = False
    then: Callable[[Spec], Any] | None = None
    auxiliary: bool = False
    engine: str = ""

    def over(self, seeds: Seeds) -> Seeds:
        """The seeds this is measured over, where a run is over `seeds`."""
        if self.seeds is not None:
            return range(seeds[0], seeds[0] + self.seeds)
        return seeds if self.at_most is None else seeds[: self.at_most]


@dataclass(frozen=True)
class After:
    """A question that needs an earlier record: `function` makes it of the record of that name."""

    record: str
    function: Callable[[Any], "Spec | Asked"]


def train(spec: Spec, **how: Any) -> Asked:
    """Train a question, with any of the fields of `Asked` besides: `sb.measures.train(spec, at_most=16)`."""
    return Asked(spec=spec, **how)


def after(record: str, function: Callable[[Any], Spec | Asked]) -> After:
    """Ask what `function` makes of an earlier record: `sb.after("range", lambda record: ...)`."""
    return After(record, function)


def landscape(spec: Spec, weight: Any, bias: Any, **how: Any) -> Asked:
    """Output, loss and gradient of a single neuron over a grid of weights and biases."""
    return Asked(kind="landscape", spec=spec, parameters={"weight": weight, "bias": bias}, **how)


def timed(spec: Spec, *, repeats: int = 5, least: float = 0.3, **how: Any) -> Asked:
    """Seconds of a training step of every setting, `repeats` times over at least `least` seconds each."""
    return Asked(kind="timed", spec=spec, parameters={"repeats": repeats, "least": least}, **how)


def examples(spec: Spec, *, seeds: int | None = 1, **how: Any) -> Asked:
    """What a question trains on, in its first setting; one set for each seed, `seeds=None` for all of the run."""
    return Asked(kind="examples", spec=spec, seeds=seeds, **how)


def data_card(spec: Spec, *, few: int = 6, **how: Any) -> Asked:
    """What the data of a question are made of: sizes, classes, grey values, representative images, copies.

    `few` images of each class are shown of every kind. See `datasets.card.card_of` for what the record holds.
    """
    return Asked(kind="card", spec=spec, parameters={"few": few}, **how)


def derivatives(
    scores: Any,
    targets: Any,
    *,
    loss: Any = "cross_entropy",
    output: Any = None,
    targets_are: str = "classes",
    **how: Any,
) -> Asked:
    """Jacobian of an output activation and gradient of a loss at scores (point, unit)."""
    parameters = {"scores": scores, "targets": targets, "loss": loss, "output": output, "kind": targets_are}
    return Asked(kind="derivatives", parameters=parameters, **how)


def filtered(
    kernels: Mapping[str, Any] | None = None,
    *,
    kinds: int = 5,
    each: int = 5,
    timed: int = 5,
    repeats: int = 5,
    **how: Any,
) -> Asked:
    """Gray images under kernels, by hand, by the engine and by a library; None: `kernel.npy` of a user's own data."""
    numbers = {"kinds": kinds, "each": each, "timed": timed, "repeats": repeats}
    return Asked(kind="filtered", parameters={"kernels": kernels, **numbers}, needs_data=kernels is None, **how)


def as_asked(found: "Spec | Asked | After | None") -> "Asked | After | None":
    """A bare question as one to be trained."""
    return Asked(spec=found) if isinstance(found, Spec) else found


def settled(asked: Asked, spec: Spec) -> "Asked | None":
    """What is asked for with the question that a user has changed; None where it is left out."""
    if asked.then is None:
        return replace(asked, spec=spec)
    made = as_asked(asked.then(spec))
    return made if made is None or isinstance(made, Asked) else None


def specs(asked: Mapping[str, Asked | After], kinds: Sequence[str] = ("training",)) -> dict[str, Spec]:
    """The questions of some kinds by record, those that need an earlier record left out."""
    return {
        name: one.spec
        for name, one in asked.items()
        if isinstance(one, Asked) and one.spec is not None and one.kind in kinds
    }
