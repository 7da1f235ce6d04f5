"""What whole splits say of one member, in inference mode and slice by slice; nothing here trains.

A slice gives sums, extremes and parts; they are joined once all slices are through. Examples come first in a split and
last in a slice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array

from seedbed.engine.judging import Judging
from seedbed.engine.options import Dials
from seedbed.engine.shapes import DataArrays, slices
from seedbed.parts.models import layers_of
from seedbed.resolve import Resolved


class Network(NamedTuple):
    """The arrays of one member: what is trained, what stays fixed, and the state that layers carry."""

    trained: Any
    fixed: Any
    state: Any


@dataclass(frozen=True)
class Split:
    """How a member is judged on splits: `scores(network, inputs)` and `hidden(network, inputs)` as in inference."""

    resolved: Resolved
    judge: Judging
    scores: Callable[[Network, Array], Array]
    hidden: Callable[[Network, Array], tuple[Array, ...]]
    scale_head_gradients: Callable[[Any, Dials], Any]

    def values(
        self, splits: Sequence[str], most: int, network: Network, dials: Dials, data_arrays: DataArrays
    ) -> dict[str, Array]:
        """`<split>_<quantity>` of the given splits, in slices of at most `most` examples; no probes."""
        values: dict[str, Array] = {}
        for name in splits:
            inputs, targets = data_arrays.split(name)
            values |= self._named(name, self._through(network, dials, inputs, targets, most, ()), len(inputs), dials)
        return values

    def values_and_probes(
        self, splits: Sequence[str], most: int, network: Network, dials: Dials, data_arrays: DataArrays
    ) -> dict[str, Array]:
        """The same, with what splits say to the probes of `on_split` (training split) and `by_class` (each split)."""
        resolved, values = self.resolved, dict[str, Array]()
        asked = tuple(name for name in resolved.on_split if name != "dead")
        if "dead" in resolved.on_split:
            values["dead"] = self.dead(most, network, dials, data_arrays)
        first = [name for name in dict.fromkeys((*splits, *resolved.classed)) if name != "train" or not asked]
        for name in (*first, *(("train",) if asked else ())):
            inputs, targets = data_arrays.split(name)
            further = ("confusion",) if name in resolved.classed else ()
            wanted = (*(asked if name == "train" else ()), *further)
            seen = self._through(network, dials, inputs, targets, most, wanted)
            values |= self._named(name, seen, len(inputs), dials) if name in splits else {}
            values |= self._by_class(name, seen["confusion"]) if further else {}
            values |= self._of_training(seen, asked) if name == "train" else {}
        return values

    def _by_class(self, split: str, confusion: Array) -> dict[str, Array]:
        called = self.resolved.goals[self.resolved.class_goal].called
        total = jnp.sum(confusion, axis=1)
        right = jnp.where(total > 0, jnp.diagonal(confusion) / jnp.maximum(total, 1), jnp.nan)
        given = {"confusion": confusion, "class_accuracy": right}
        return {f"{split}_{called(name)}": given[name] for name in self.resolved.by_class}

    def _of_training(self, seen: Any, asked: Sequence[str]) -> dict[str, Array]:
        """What the probes of the training split make of a pass over it."""
        values: dict[str, Array] = {}
        if "dead_units" in asked:
            ends = zip(seen["lowest"], seen["highest"], strict=True)
            values["dead_units"] = jnp.stack([jnp.mean(low == high) for low, high in ends])
        if "predictions" in asked:
            values["predictions"] = seen["predictions"]
        return values

    def dead(self, most: int, network: Network, dials: Dials, data_arrays: DataArrays) -> Array:
        """1 where all of the training split gets the same scores, a finite loss, and no gradient in the first layer.

        Asked slice after slice, as long as nothing speaks against it: a network that lives needs the first one only.
        The last slice may share examples with the one before.
        """
        inputs, targets = data_arrays.split("train")
        examples = inputs.shape[0]
        size = slices(examples, most)[0]

        def scores_and_gradient(at: Array) -> tuple[Array, Array, Any]:
            first = jnp.minimum(at * size, examples - size)
            cut = [jnp.moveaxis(lax.dynamic_slice_in_dim(array, first, size), 0, -1) for array in (inputs, targets)]

            def loss(trained: Any) -> tuple[Array, Array]:
                scores = self.scores(network._replace(trained=trained), cut[0])
                return self.judge(scores, cut[1], dials)[0], scores

            (value, scores), gradient = jax.value_and_grad(loss, has_aux=True)(network.trained)
            return value, scores, self.scale_head_gradients(gradient, dials)

        def look(carry: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
            at, low, high, _ = carry
            value, scores, gradient = scores_and_gradient(at)
            low, high = jnp.minimum(low, jnp.min(scores, axis=-1)), jnp.maximum(high, jnp.max(scores, axis=-1))
            reached = [layer for _, layer in layers_of(gradient)][:1] or [gradient]
            unmoved = jnp.stack([jnp.all(array == 0) for array in jax.tree.leaves(reached)]).all()
            return at + 1, low, high, jnp.isfinite(value) & jnp.all(low == high) & unmoved

        units = jnp.zeros(jax.eval_shape(scores_and_gradient, 0)[1].shape[:1])
        start = jnp.int32(0), units + jnp.inf, units - jnp.inf, jnp.bool_(True)
        *_, dead = lax.while_loop(lambda carry: (carry[0] * size < examples) & carry[3], look, start)
        return dead.astype(jnp.float32)

    def _named(self, split: str, seen: Any, examples: int, dials: Dials) -> dict[str, Array]:
        loss, values = self.judge.finished(seen["sums"], examples, dials)
        return {f"{split}_loss": loss, **{f"{split}_{name}": value for name, value in values.items()}}

    def _through(
        self, network: Network, dials: Dials, inputs: Array, targets: Array, most: int, asked: Sequence[str]
    ) -> dict[str, Any]:
        """One pass over a split: the sums of the judge, and what the probes in `asked` need, joined over slices."""

        def of_slice(inputs: Array, targets: Array) -> dict[str, Any]:
            scores = self.scores(network, inputs)
            seen: dict[str, Any] = {"sums": self.judge.sums(scores, targets, dials)}
            if "dead_units" in asked:
                rows = [layer.reshape(layer.shape[0], -1) for layer in self.hidden(network, inputs)]
                seen["lowest"] = [jnp.min(row, axis=1) for row in rows]
                seen["highest"] = [jnp.max(row, axis=1) for row in rows]
            if "predictions" in asked:
                seen["predictions"] = self.judge.predictions(scores, dials)
            if "confusion" in asked:
                seen["confusion"] = self.judge.confusion(self.resolved.class_goal, scores, targets, dials)
            return seen

        whole, rest = _each(of_slice, inputs, targets, most)
        return _joined(whole, rest)


def _each(function: Callable[..., Any], inputs: Array, targets: Array, most: int) -> tuple[Any, Any]:
    """`function` of every whole slice, stacked, and of the rest, None where there is none."""
    size, count = slices(inputs.shape[0], most)

    def of(inputs: Array, targets: Array) -> Any:
        return function(jnp.moveaxis(inputs, 0, -1), jnp.moveaxis(targets, 0, -1))

    cut = size * count
    rest = of(inputs[cut:], targets[cut:]) if cut < inputs.shape[0] else None
    if count == 1:
        return jax.tree.map(lambda a: a[None], of(inputs[:cut], targets[:cut])), rest
    stacked = tuple(array[:cut].reshape(count, size, *array.shape[1:]) for array in (inputs, targets))
    return lax.map(lambda part: of(*part), stacked), rest


JOINED = {"sums": jnp.sum, "lowest": jnp.min, "highest": jnp.max, "confusion": jnp.sum}


def _joined(whole: dict[str, Any], rest: dict[str, Any] | None) -> dict[str, Any]:
    """What all slices say together."""
    values: dict[str, Any] = {}
    for name, join in JOINED.items():
        if name in whole:
            values[name] = jax.tree.map(lambda a, join=join: join(a, axis=0), whole[name])
            if rest is not None:
                values[name] = jax.tree.map(
                    lambda a, b, join=join: join(jnp.stack([a, b]), axis=0), values[name], rest[name]
                )
    if "predictions" in whole:
        parts = jnp.moveaxis(whole["predictions"], 0, 1)  # (unit, slice, example)
        parts = parts.reshape(parts.shape[0], -1)
        values["predictions"] = parts if rest is None else jnp.concatenate([parts, rest["predictions"]], axis=1)
    return values
