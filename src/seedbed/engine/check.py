"""Misfits found before anything runs, each told in one sentence."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from seedbed.engine.own_parts import tried
from seedbed.errors import PartError
from seedbed.spec import Spec
from seedbed.vocabulary.losses import ON_SCORE, head_names, of_head


def built(spec: Spec, build: Callable[[], Any]) -> Any:
    """The structure of a model, or a sentence that says why its factory failed."""
    if isinstance(spec.model.function, eqx.Module):
        raise PartError(
            f'model "{spec.model.name}" is a model already, and every member draws its own; give its class, or a '
            "function of a key that returns it"
        )
    remedy = "a model is a function of a key that returns an Equinox module"
    return tried(build, f'model "{spec.model.name}" cannot be built', remedy)


def loss_fits(spec: Spec, heads: Sequence[Any]) -> None:
    """There is a loss for each head, one for its kind of target."""
    wanted, named = sorted(head.name for head in heads if head.name), sorted(head_names(spec.loss))
    if wanted != named:
        raise PartError(
            f'the loss "{spec.loss.name}" is for {_listed(named)}, the data set asks for {_listed(wanted)}; write '
            + (f"heads({', '.join(f'{name}=...' for name in wanted)})" if wanted else "the loss of a single thing")
        )
    if wanted and spec.output is not None:
        raise PartError(
            f"the output activation is {spec.output.label()}, but each of {len(wanted)} heads has its own; leave it "
            "out, it follows from the kinds of targets"
        )
    for head in heads:
        loss = of_head(spec.loss, head.name)
        if loss.function is None and loss.name not in ON_SCORE and head.kind == "classes":
            raise PartError(f'loss "{loss.name}" does not fit class labels; use cross_entropy')


def metrics_fit(spec: Spec, told: Sequence[str]) -> None:
    """Every metric of the question is measured on some head."""
    for part in spec.metrics:
        if not any(name == part.name or name.endswith(f"_{part.name}") for name in told):
            raise PartError(
                f'metric "{part.name}" fits none of the things to predict; leave it out, or change the data'
            )


def _listed(names: Sequence[str]) -> str:
    return "the heads " + " and ".join(names) if names else "a single thing"


def trainable(spec: Spec, model: Any) -> None:
    """A model has numbers to train."""
    if not any(hasattr(leaf, "shape") for leaf in jax.tree.leaves(model)):
        raise PartError(
            f'model "{spec.model.name}" has no arrays of its own, so there is nothing to train; return an '
            "equinox.Module with parameters"
        )


def outputs_fit(spec: Spec, shape: Any, scores_of: Callable[..., Any], loss_of: Callable[..., Any]) -> None:
    """The model's outputs, the loss and the targets agree in shape; tried on three examples, without computing.

    `scores_of(inputs)` and `loss_of(scores, targets)` turn shapes into shapes.
    """
    inputs = jax.ShapeDtypeStruct((*shape.inputs, 3), jnp.float32)
    classes = [head.kind for head in shape.heads] == ["classes"]
    columns = sum(head.columns for head in shape.heads)
    targets = jax.ShapeDtypeStruct((3,) if classes else (columns, 3), jnp.int32 if classes else jnp.float32)
    wanted = (shape.units,)
    scores = tried(
        lambda: scores_of(inputs),
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


def target_known(spec: Spec, metrics: tuple[str, ...]) -> None:
    """The metrics of the stop rule are measured at every step."""
    known = [f"train_{name}" for name in metrics]
    for target in spec.stop.targets if spec.stop else ():
        if target.metric not in known:
            raise PartError(
                f'no metric "{target.metric}" to stop on; this question measures {", ".join(known)} at every step'
            )


def batch_fits(spec: Spec, examples: int) -> None:
    """A minibatch is no larger than the data set."""
    if spec.batch_size is not None and spec.batch_size > examples:
        raise PartError(
            f"a batch of {spec.batch_size} was asked for, the data set has {examples} examples; ask for fewer"
        )
