"""One member trained once more, to have its network: the same program, so the same numbers bit for bit."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array

from seedbed.datasets.dataset import Dataset
from seedbed.engine import plan
from seedbed.engine.assemble import network_of, structure_of
from seedbed.engine.compiler import shared
from seedbed.engine.ensemble import final_arrays
from seedbed.engine.judging import Judging
from seedbed.engine.options import Dials
from seedbed.engine.own_parts import tried
from seedbed.engine.schedules import Clock, dials_of
from seedbed.engine.shapes import shape_of
from seedbed.resolve import resolve
from seedbed.spec import Spec
from seedbed.vocabulary.lengths import steps_per_epoch


class Opened(eqx.Module):
    """A trained network: an Equinox module for one example that returns its raw outputs, as in inference.

    `model` is the module itself, with its trained weights; `state` the running averages of its layers, or None.
    """

    model: Any
    state: Any
    judge: Judging = eqx.field(static=True)
    dials: Dials
    inputs: tuple[int, ...] = eqx.field(static=True)

    def __call__(self, x: ArrayLike) -> Array:
        """The raw outputs for one example, all heads in a row."""
        x = jnp.asarray(x)
        return self.model(x) if self.state is None else self.model(x, self.state)[0]

    def predict(self, inputs: ArrayLike) -> Array:
        """What is predicted of examples `(example, ...)`: `(example, output)`, behind the output activation.

        Raises PartError for examples of a shape that the network does not take.
        """
        examples = jnp.asarray(inputs)
        wanted = ", ".join(map(str, ("example", *self.inputs)))
        scores = tried(
            lambda: jax.vmap(self)(examples),
            f"the network cannot predict examples of shape {examples.shape}",
            f"give them as ({wanted})",
        )
        return self.judge.predictions(scores.T, self.dials).T


class Replay(NamedTuple):
    """A member at its last step: its network, and the steps at which it arrived, diverged (NaN: never) and stopped."""

    opened: Opened
    hit_step: float
    diverged_step: float
    stop_step: int


def replay(spec: Spec, dataset: Dataset, seed: int) -> Replay:
    """Train one member of a setting again, to its last step."""
    group = plan.Group(spec, (plan.PlannedBlock(0, spec, (seed,)),))
    program = shared().request(spec, dataset, {}).program()
    arrays, found = final_arrays(program, group.planned_blocks, dataset)
    shape = shape_of(dataset)
    network, opt_state = network_of(spec, shape, arrays)
    plain, state_plain = structure_of(spec, shape)
    model = eqx.nn.inference_mode(eqx.combine(network.trained, network.fixed, plain))
    state = eqx.combine(network.state, state_plain) if jax.tree.leaves(network.state) else None
    stopped = found[2].item()
    taken = opt_state.taken if spec.accumulates else stopped
    dials = dials_of(spec, Clock(stopped, taken, steps_per_epoch(dataset.examples, spec.at_once)))
    opened = Opened(model, state, Judging(resolve(spec, shape).goals), dials, shape.inputs)
    return Replay(opened, *(value.item() for value in found))
