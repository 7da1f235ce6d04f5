"""A question with functions of a user's own, tried on its first examples before any group is trained.

The network of the first member is drawn and shown some of its data; what its own activations are given there, and what
they make of it, is looked at. Nothing is trained and nothing is compiled but this one look.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from seedbed.datasets.dataset import Dataset
from seedbed.engine import own_parts
from seedbed.engine.assemble import assemble, structure_of
from seedbed.engine.chance import seed_key
from seedbed.engine.schedules import dials_of
from seedbed.engine.shapes import shape_of
from seedbed.parts.models import Chain, hidden_of
from seedbed.spec import Spec
from seedbed.vocabulary import Part

MOST_EXAMPLES = 256


def try_out(spec: Spec, dataset: Dataset, seed: int) -> None:
    """Raise PartError where a function of a user's own does not fit the question, or has no value or slope on its data.

    Questions without such functions are not looked at.
    """
    parts = (spec.model, spec.loss, spec.optimizer, spec.initializer, spec.output, *spec.metrics, *spec.probes)
    if not any(_is_own(part) for part in parts):
        return
    member = assemble(spec, shape_of(dataset))
    if not any(True for _ in own_parts.own_activations(spec)):
        return
    dials = dials_of(spec)
    network, _ = member.start(seed_key(jnp.uint32(seed)), dials)
    plain, state_plain = structure_of(spec, shape_of(dataset))
    model = eqx.combine(network.trained, network.fixed, plain)
    model = eqx.nn.inference_mode(model) if member.draws else model
    hidden, scores = _passed(model, eqx.combine(network.state, state_plain), _examples(dataset))
    for part in own_parts.own_activations(spec):
        for z in (scores,) if part is spec.output else hidden:
            own_parts.activations_fit_values(part, np.asarray(z), f"seed {seed} of this question")


def _is_own(part: Part | None) -> bool:
    if part is None:
        return False
    return part.function is not None or any(map(_is_own, part.parts()))


def _examples(dataset: Dataset) -> np.ndarray:
    """Some training examples of the first member, in the last axis."""
    inputs = dataset.inputs[0] if dataset.fresh else dataset.inputs
    return np.moveaxis(inputs[:MOST_EXAMPLES], 0, -1)


def _passed(model: Any, state: Any, inputs: np.ndarray) -> tuple[list[Any], Any]:
    """What each hidden activation is given, and the scores, of all examples; only these without a chain."""
    stateful = bool(jax.tree.leaves(state))

    def one(x: Any) -> tuple[list[Any], Any]:
        if not isinstance(model, Chain) or not hidden_of(model):
            scores = model(x, state)[0] if stateful else model(x)
            return [], scores
        scores, _, hidden = model.followed(x, state if stateful else None)
        return [z for z, _ in hidden], scores

    many = jax.vmap(one, in_axes=-1, out_axes=-1, axis_name="batch")
    return eqx.filter_jit(many)(jnp.asarray(inputs))
