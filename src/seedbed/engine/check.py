"""Misfits found before anything runs, each told in one sentence."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from seedbed.errors import PartError, SeedbedError
from seedbed.resolve import Shape
from seedbed.spec import Spec
from seedbed.vocabulary import Part


def activations_fit(spec: Spec) -> None:
    """Every own activation keeps the shape and kind of its input, and has a gradient."""
    for part in _own_activations(spec):
        _activation_fits(part)


def _own_activations(spec: Spec) -> Iterator[Part]:
    for part in (spec.model, spec.output):
        if part is not None and part.kind == "activation" and part.function is not None:
            yield part
        for _, value in part.options if part is not None else ():
            if isinstance(value, Part) and value.kind == "activation" and value.function is not None:
                yield value


def _activation_fits(part: Part) -> None:
    function: Any = part.function
    chosen = {name: dial.value for name, dial in part.options}
    probe, out = jax.ShapeDtypeStruct((4,), jnp.float32), None
    try:
        out = jax.eval_shape(lambda z: function(z, **chosen), probe)
        shaped = getattr(out, "shape", None) == (4,)
        floating = shaped and jnp.issubdtype(out.dtype, jnp.floating)
        if floating:
            jax.eval_shape(jax.grad(lambda z: function(z, **chosen).sum()), probe)
    except (Exception, SystemExit) as error:  # whatever a stranger's function raises becomes a sentence
        wrong, remedy = "fails", "let it take one array and return one of the same shape"
        if isinstance(error, jax.errors.JAXTypeError) or out is not None:
            wrong, remedy = "cannot be differentiated by jax", "write it with jax.numpy"
        raise PartError(f'activation "{part.name}" {wrong}: {_first_line(error)}; {remedy}') from error
    if not shaped:
        got = getattr(out, "shape", type(out).__name__)
        raise PartError(
            f'activation "{part.name}" must keep the shape of its input, got {got} from (4,); return one value for each'
        )
    if not floating:
        raise PartError(
            f'activation "{part.name}" must return floating point numbers, got {out.dtype}; return a float array'
        )
    _activation_is_finite(part, function, chosen)


def _activation_is_finite(part: Part, function: Any, chosen: dict[str, float]) -> None:
    """Values and slopes are numbers on both sides of 0; the slope at 0 itself may be anything, no draw hits it."""
    points = np.array([-3.0, -1.0, -0.1, 0.0, 0.1, 1.0, 3.0], np.float32)
    values, slopes = _values_and_slopes(function, chosen, points)
    for what, found, remedy in (
        ("be finite", values, "return a number there too"),
        ("have a finite slope", np.where(points == 0, 0, slopes), "jnp.where differentiates both of its branches, so "
         "make the input of each branch harmless too"),
    ):  # fmt: skip
        if not np.isfinite(found).all():
            at = int(np.flatnonzero(~np.isfinite(found))[0])
            raise PartError(
                f'activation "{part.name}" must {what} for every finite z, got {found[at]:g} at z = {points[at]:g}; '
                f"{remedy}"
            )


def _values_and_slopes(function: Any, chosen: dict[str, float], points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with jax.debug_nans(False):  # a user who looks for NaN elsewhere gets the sentence here
        values, pull = jax.vjp(lambda z: function(z, **chosen), points)
        return np.asarray(values), np.asarray(pull(jnp.ones_like(values))[0])


def built(spec: Spec, build: Callable[[], Any]) -> Any:
    """The structure of a model, or a sentence that says why its factory failed."""
    if isinstance(spec.model.function, eqx.Module):
        raise PartError(
            f'model "{spec.model.name}" is a model already, and every member draws its own; give its class, or a '
            "function of a key that returns it"
        )
    remedy = "a model is a function of a key that returns an Equinox module"
    return _tried(build, f'model "{spec.model.name}" cannot be built', remedy)


def trainable(spec: Spec, model: Any) -> None:
    """A model has numbers to train."""
    if not any(hasattr(leaf, "shape") for leaf in jax.tree.leaves(model)):
        raise PartError(
            f'model "{spec.model.name}" has no arrays of its own, so there is nothing to train; return an '
            "equinox.Module with parameters"
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
    traced, scores = _tried(
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
    value = _tried(
        lambda: loss_of(scores, targets),
        f'loss "{spec.loss.name}" does not fit outputs and targets of shape {wanted}',
        "let it return one number for an example",
    )
    if value.shape != ():
        raise PartError(f'loss "{spec.loss.name}" must return one number, got shape {value.shape}; sum over its units')
    return sum(4 * math.prod(out.aval.shape) for step in traced.eqns for out in step.outvars) // 3


def _tried(attempt: Callable[[], Any], wrong: str, remedy: str) -> Any:
    """The result of an attempt; whatever a stranger's code raises becomes a sentence."""
    try:
        return attempt()
    except SeedbedError:
        raise
    except (Exception, SystemExit) as error:
        raise PartError(f"{wrong}: {_first_line(error)}; {remedy}") from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
