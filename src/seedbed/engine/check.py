"""Misfits found before anything runs, each told in one sentence."""

import contextlib
import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from seedbed.engine.own_parts import is_key, tried
from seedbed.errors import PartError
from seedbed.resolve import Shape, batch_of, check_normalized
from seedbed.spec import Spec


def built(spec: Spec, build: Callable[[], Any]) -> Any:
    """The structure of a model, or a sentence that says why its factory failed."""
    if isinstance(spec.model.function, eqx.Module):
        raise PartError(
            f'model "{spec.model.name}" is a model already, and every member draws its own; give its class, or a '
            "function of a key that returns it"
        )
    remedy = "a model is a function of a key that returns an Equinox module"
    return tried(build, f'model "{spec.model.name}" cannot be built', remedy)


def trainable(spec: Spec, model: Any) -> None:
    """A model has numbers to train, and holds no random key: it would draw the same numbers at every step."""
    if not any(hasattr(leaf, "shape") for leaf in jax.tree.leaves(model)):
        raise PartError(
            f'model "{spec.model.name}" has no arrays of its own, so there is nothing to train; return an '
            "equinox.Module with parameters"
        )
    for path, leaf in jax.tree_util.tree_leaves_with_path(model):
        if is_key(leaf):
            raise PartError(
                f'model "{spec.model.name}" draws from the key of its call alone, got a random key in '
                f"{jax.tree_util.keystr(path)}, with the same numbers at every step; write __call__(self, x, key=None)"
            )


def norms_fit(spec: Spec, shape: Shape, structure: Any, over_examples: Callable[..., Any]) -> None:
    """Equinox's own batch norm sees several numbers of a feature, as `resolve` asks of seedbed's."""

    def is_norm(node: Any) -> bool:
        return isinstance(node, eqx.nn.BatchNorm)

    model, state = structure
    if batch_of(spec, shape) != 1 or not any(map(is_norm, jax.tree.leaves(model, is_leaf=is_norm))):
        return
    places: list[tuple[int, ...]] = []

    class Watched(eqx.Module):
        norm: eqx.nn.BatchNorm

        def __call__(self, x: Any, state: Any, **how: Any) -> Any:
            places.append(x.shape[1:])
            return self.norm(x, state, **how)

    watched = jax.tree.map(lambda node: Watched(node) if is_norm(node) else node, model, is_leaf=is_norm)
    inputs = jax.ShapeDtypeStruct((*shape.inputs, 1), jnp.float32)
    with contextlib.suppress(Exception):  # what a call raises is told by `outputs_fit`, of the model as it is
        eqx.filter_eval_shape(over_examples, watched, state, inputs)
    check_normalized(places)


def judged_without_key(spec: Spec, shape: Shape, draws: bool, scores_of: Callable[..., Any]) -> None:
    """A model that draws answers without a key too: a split is judged as in inference, where nothing is drawn."""
    if not draws:
        return
    tried(
        lambda: scores_of(jax.ShapeDtypeStruct((*shape.inputs, 3), jnp.float32)),
        f'model "{spec.model.name}" cannot be judged without a key',
        "let its call take key=None, and draw nothing where eqx.nn.inference_mode is on",
    )


def outputs_fit(spec: Spec, shape: Shape, trace: Callable[..., Any], loss_of: Callable[..., Any]) -> int:
    """The model's outputs, the loss and the targets agree in shape; tried on three examples, without computing.

    `trace(inputs)` gives the program of the scores and their shape, `loss_of(scores, targets)` a shape. Returns how
    many bytes of intermediate results the scores of one example leave.
    """
    inputs = jax.ShapeDtypeStruct((*shape.inputs, 3), jnp.float32)
    classes = [head.kind for head in shape.heads] == ["classes"]
    columns = sum(1 if head.kind == "classes" else head.units for head in shape.heads)
    targets = jax.ShapeDtypeStruct((3,) if classes else (columns, 3), jnp.int32 if classes else jnp.float32)
    wanted = (shape.units,)
    traced, scores = tried(
        lambda: trace(inputs),
        f'model "{spec.model.name}" does not take inputs of shape {shape.inputs}',
        f"let it turn one example into {wanted}",
    )
    if getattr(scores, "shape", None) is None:
        raise PartError(f'model "{spec.model.name}" must return an array for one example, got {type(scores).__name__}')
    if scores.shape != (*wanted, 3):
        raise PartError(
            f'model "{spec.model.name}" must return {wanted} for one example under loss "{spec.loss.name}", '
            f"got {tuple(scores.shape[:-1])}; change its last layer"
        )
    value = tried(
        lambda: loss_of(scores, targets),
        f'loss "{spec.loss.name}" does not fit outputs and targets of shape {wanted}',
        "let it return one number for an example",
    )
    if value.shape != ():
        raise PartError(f'loss "{spec.loss.name}" must return one number, got shape {value.shape}; sum over its units')
    return sum(4 * math.prod(out.aval.shape) for step in traced.eqns for out in step.outvars) // 3
